"""A file of one's own, CSV, Parquet or GeoParquet, to the incident schema."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.errors import GEOSException

from .. import blanks, checks, files, schemas, tables


def read_dataset(path: str | Path, schema: schemas.Schema) -> gpd.GeoDataFrame:
    """Read incidents from a file in the incident schema, of which ``incident_id`` and ``date`` are enough.

    Parameters
    ----------
    path : path
        GeoParquet, Parquet or CSV. Columns beyond the schema are kept from Parquet alone.
    schema : Schema

    Returns
    -------
    GeoDataFrame
        Sorted by date, with ``target`` where there is a ``site_type``. ``attrs``: ``source``, the file's name,
        ``window``, its first and last day, and ``notes``, what was done to cells and what is worth a look.

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
    readers = {".csv": tables.read_cells, ".parquet": _read_parquet}
    if path.suffix not in readers:
        wanted = f"a name that ends in {' or '.join(readers)}"
        raise tables.DataError([tables.Fault(name, 1, "", path.name, wanted)])
    cells, faults = readers[path.suffix](path, name)
    cells, stripped = blanks.strip_blanks(cells)
    typed, more = tables.check_cells(cells, schema.imported, name, strict=False)
    faults += more + checks.check_rows(typed, name)
    if faults:
        raise tables.DataError(faults)
    table = typed.join(cells.drop(columns=typed.columns)) if path.suffix == ".parquet" else typed
    if "disputed" in table:
        table["disputed"] = table["disputed"].fillna("")
    if "site_type" in table and "target" not in table:
        table["target"] = schemas.target(table["site_type"], schema)
    incidents = _with_geometry(table).sort_values(["date", "incident_id"], ignore_index=True)
    days = incidents["date"].agg(["min", "max"])
    notes = [f"{column}: blanks or unseen characters removed from {n:,} cells" for column, n in stripped.items()]
    notes += [f"{kind}: {text}" for kind, text in checks.find_incident_warnings(incidents, schema)]
    incidents.attrs = {
        "source": path.name,
        "window": days.dt.strftime(schemas.DAY_FORMAT).tolist(),
        "notes": notes,
    }
    return incidents


def _read_parquet(path, name):
    """A Parquet file as a frame indexed by row number, and the fault that it is none."""
    files.check_settled(path)
    try:
        table = pd.read_parquet(path).reset_index(drop=True)
        if "geometry" in table:
            table["geometry"] = gpd.GeoSeries.from_wkb(table["geometry"], crs=tables.CRS)
        return table, []
    except (OSError, ValueError, GEOSException) as error:
        return pd.DataFrame(), [tables.Fault(name, 1, "", str(error), "a Parquet file of incidents")]


def _with_geometry(table):
    """Points as the file holds them, made from latitude and longitude, or none."""
    if "geometry" in table:
        return gpd.GeoDataFrame(table, geometry="geometry", crs=tables.CRS)
    located = table if {"latitude", "longitude"} <= set(table) else table.assign(latitude=np.nan, longitude=np.nan)
    return tables.with_points(located).drop(columns=["latitude", "longitude"])
