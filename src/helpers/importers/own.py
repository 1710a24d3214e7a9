"""Your own file, CSV, Parquet or GeoParquet, to the incident schema."""

from pathlib import Path

import geopandas as gpd
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

from .. import checks, files, schemas, tables
from . import cells, layout, points

_READERS = {
    **dict.fromkeys((".csv", ".tsv"), cells.read_csv),
    **dict.fromkeys((".parquet", ".geoparquet"), cells.read_parquet),
}

SUFFIXES = tuple(_READERS)


class _Import(BaseModel):
    notes: list[str] = []
    groups: list[str] = []


def read_dataset(path: str | Path, schema: schemas.Schema) -> gpd.GeoDataFrame:
    """Read incidents from a file in the incident schema, of which ``incident_id`` and ``date`` are enough.

    Parameters
    ----------
    path : path
        GeoParquet, Parquet or CSV, with columns in any order. Columns beyond the schema are kept.
    schema : Schema

    Returns
    -------
    GeoDataFrame
        Sorted by date, with ``target`` where there is a ``site_type``. ``attrs``: ``source``, the file's name,
        ``window``, its first and last day, and ``notes``, what was done to the file and what is worth a look; of an
        import with sites of one's own ``groups``, the two values of ``target``, and ``lists``.

    Raises
    ------
    DataError
        With every fault of the file.

    Examples
    --------
    >>> read_dataset("my_events.csv", schemas.load_schema()).attrs["window"]  # doctest: +SKIP
    ['2020-01-03', '2021-12-31']
    """
    path, name = Path(path), str(path)
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        *most, last = _READERS
        wanted = f"a name that ends in {', '.join(most)} or {last}"
        raise tables.DataError([tables.Fault(name, 1, "", path.name, wanted)])
    files.check_settled(path)
    found, faults, notes = _READERS[suffix](path, name, schema.imported.columns)
    if found.columns.empty:  # unreadable, or a file of other things
        needed = [column for column, entry in schema.imported.columns.items() if entry.required]
        missing = [tables.Fault(name, 1, column, "missing column", "this column is required") for column in needed]
        raise tables.DataError(faults or missing)
    imported, schema = _read_import(path, schema)
    typed, more = _check(found, schema, name, bool(imported))
    geometry = found.geometry if isinstance(found, gpd.GeoDataFrame) else None
    place, wrong, said = points.read_points(geometry, typed, name)
    if faults := faults + _name_source(more, found) + wrong:
        raise tables.DataError(faults)
    table = typed.drop(columns=["latitude", "longitude"], errors="ignore")
    if "disputed" in table:
        table["disputed"] = table["disputed"].fillna("")
    if "site_type" in table and "target" not in table:
        table["target"] = schemas.target(table["site_type"], schema)
    others = found.drop(columns=[*typed.columns, *([geometry.name] if geometry is not None else [])])
    table = table.join(others)
    incidents = gpd.GeoDataFrame(table, geometry=place).sort_values(["date", "incident_id"], ignore_index=True)
    window = incidents["date"].agg(["min", "max"]).dt.strftime(schemas.DAY_FORMAT).tolist()
    period = (
        f"Where no study period is given, it is taken from the file's first and last day, {window[0]} to {window[1]}; "
        "it decides which anniversaries are tested."
    )
    notes += said + checks.sum_up_incident_warnings(incidents, schema)
    incidents.attrs = {
        "source": path.name,
        "window": window,
        "notes": [*imported.get("notes", []), period, *notes],
        **_own_groups(imported, schema),
    }
    return incidents


def _check(found, schema, name, is_imported):
    """Cells typed, and every fault of them; a file without lines has its header in line 0."""
    typed, faults = tables.check_cells(found, schema.imported, name, strict=False)
    for column, other in [("latitude", "longitude"), ("longitude", "latitude")]:
        if column in typed and other not in typed:
            faults.append(tables.Fault(name, 1, other, "missing column", "both latitude and longitude, or neither"))
    if found.index.name == "row":
        faults = [fault._replace(line=0) if fault.value == "missing column" else fault for fault in faults]
    # A faulty cell is missing from here on, and no rule may call it empty.
    judged = {fault[:3] for fault in faults}
    more = [fault for fault in checks.check_rows(typed, name) if fault[:3] not in judged]
    if is_imported:
        # What a source says is kept as it says it: a best number outside its range is a warning.
        more = [fault for fault in more if fault.column not in checks.COUNTS]
    return typed, faults + more


def _name_source(faults, found):
    """The faults; where a file without date is one of a source, that fault names the import that reads it."""
    undated = next((fault for fault in faults if fault[2:4] == ("date", "missing column")), None)
    if not undated:
        return faults
    from .convert import SOURCES  # a database, which is loaded only where it is needed

    names = "\t".join(found).split("\t")  # GDELT's files have tabs and no header
    for command, module in SOURCES.items():
        if module.LAYOUT.fits(module.LAYOUT.plain_names(names)):
            hint = f"this looks like a file of {module.LAYOUT.name}: python -m helpers import {command} FILE"
            told = undated._replace(allowed=f"{undated.allowed}; {hint} makes incidents of it")
            return [told if fault == undated else fault for fault in faults]
    return faults


def _read_import(path, schema):
    """What an import has said of the file that it wrote, and the schema with its groups; nothing of any other file."""
    if _READERS[path.suffix.lower()] is not cells.read_parquet:
        return {}, schema
    try:
        metadata = (pq.read_schema(path).metadata or {}).get(layout.IMPORT_KEY.encode(), "{}")
        said = _Import.model_validate_json(metadata).model_dump(exclude_unset=True)
    except ValidationError as error:
        wanted = f"what an import has written ({error.errors()[0]['msg']}); import the events again"
        raise tables.DataError(
            [tables.Fault(str(path), 0, "", f"damaged metadata {layout.IMPORT_KEY}", wanted)]
        ) from None
    return said, schemas.with_groups(schema, said["groups"]) if said.get("groups") else schema


def _own_groups(imported, schema):
    """What the attributes of a file say of its groups of sites, if it has its own."""
    lists = {name: list(values) for name, values in schema.lists.items()}
    return {"groups": imported["groups"], "lists": lists} if imported.get("groups") else {}
