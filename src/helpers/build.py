"""Build ``data/processed/``, the codebook and the data package from ``data/raw/``."""

import io
import os
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from . import codebook, geography, incidents, load, schemas, tables
from .files import complete, csv_bytes, is_checkout, without_formulas, write_files

FIXED_DATE = "2020-01-03T00:00:00.000Z"


def build(data_dir: str | Path | None = None, out: str | Path | None = None, progress: Callable = print) -> None:
    """Write ``processed/``, the codebook and the data package, whole or not at all; the same bytes on every rebuild.

    Parameters
    ----------
    data_dir : path, optional
        The folder that holds ``raw/``; the repository's ``data/`` by default.
    out : path, optional
        ``data_dir`` by default; with neither, the checkout's ``data/``, or outside a checkout ``reports/data``.
        Another folder than ``data_dir`` gets a copy of the raw tables too.
    progress : callable
        Called with one line per file.

    Raises
    ------
    DataError
        With every fault of the raw tables.

    Examples
    --------
    >>> build("my_collection")  # doctest: +SKIP
    processed/incidents.csv: 35,824 bytes
    """
    out = Path(out or data_dir or (tables.DATA_DIR if is_checkout() else "reports/data"))
    data_dir = Path(data_dir or tables.DATA_DIR)
    complete(out)
    raw, schema = load.load_raw(data_dir), schemas.load_schema(data_dir)
    data = incidents.build_incidents(raw, schema=schema)
    # Incidents with latitude and longitude in place of the point.
    plain = pd.DataFrame(data.drop(columns="geometry")).assign(latitude=data.geometry.y, longitude=data.geometry.x)
    files = {
        "processed/incidents.csv": csv_bytes(without_formulas(plain)),
        "processed/incidents.parquet": _in_memory(data.to_parquet),
        "processed/incidents.gpkg": _geopackage(data),
        "processed/reports.parquet": raw["reports"].to_parquet(),
    }
    paths = [data_dir / "raw" / name for name in (*(f"{table}.csv" for table in raw), geography.BASE_MAP.name)]
    described = {path.relative_to(data_dir).as_posix(): path.read_bytes() for path in paths if path.exists()}
    if os.path.realpath(out) != os.path.realpath(data_dir):
        files |= described
    described["processed/incidents.csv"] = files["processed/incidents.csv"]
    files["README.md"] = codebook.codebook(schema, described["raw/sources.csv"]).encode()
    files["datapackage.json"] = codebook.data_package(described, tables.data_version(data_dir), schema)
    write_files(out, files, "python -m helpers build")
    for name, content in files.items():
        progress(f"{name}: {len(content):,} bytes")


def _in_memory(write, **options):
    buffer = io.BytesIO()
    write(buffer, **options)
    return buffer.getvalue()


def _geopackage(data):
    """A GeoPackage whose time stamp is fixed, so that the same incidents give the same bytes."""
    plain = gpd.GeoDataFrame(data.astype(dict.fromkeys(data.select_dtypes("category"), "str")))
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        return _in_memory(plain.to_file, layer="incidents", driver="GPKG", engine="pyogrio")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
