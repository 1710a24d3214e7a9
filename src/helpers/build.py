"""Build ``data/processed/`` from ``data/raw/``."""

import io
import tempfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from . import incidents, schemas, tables
from .export import write_files

FIXED_DATE = "2020-01-03T00:00:00.000Z"


def build(data_dir=None, out=None, progress=print):
    """Derive the incidents and write them whole or not at all; the same bytes on every rebuild.

    Parameters
    ----------
    data_dir : path, optional
        The folder that holds ``raw/``; the repository's ``data/`` by default.
    out : path, optional
        ``data_dir/processed`` by default.
    progress : callable
        Called with one line per file.

    Raises
    ------
    DataError
        With every fault of the raw tables; nothing is written then.
    """
    data_dir = Path(data_dir or tables.DATA_DIR)
    raw = tables.load_raw(data_dir)
    files = processed_files(incidents.build_incidents(raw), raw["reports"])
    write_files(out or data_dir / "processed", files)
    for name, content in files.items():
        progress(f"{name}: {len(content):,} bytes")


def processed_files(data, reports):
    """The files of ``data/processed/``.

    Parameters
    ----------
    data : GeoDataFrame
        Incidents of every inclusion.
    reports : DataFrame

    Returns
    -------
    dict of bytes
        By file name.
    """
    return {
        "incidents.csv": _csv(data),
        "incidents.parquet": _in_memory(data.to_parquet),
        "incidents.gpkg": _geopackage(data),
        "reports.parquet": _in_memory(reports.to_parquet),
    }


def _csv(data):
    """Incidents with latitude and longitude in place of the point."""
    plain = pd.DataFrame(data.drop(columns="geometry")).assign(latitude=data.geometry.y, longitude=data.geometry.x)
    return plain.to_csv(index=False, lineterminator="\n", date_format=schemas.DAY_FORMAT).encode()


def _in_memory(write):
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def _geopackage(data):
    """A GeoPackage whose time stamp is fixed, so that the same incidents give the same bytes."""
    plain = data.astype(dict.fromkeys(data.select_dtypes("category"), "str"))
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED_DATE})
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "incidents.gpkg"
            gpd.GeoDataFrame(plain).to_file(path, layer="incidents", driver="GPKG", engine="pyogrio")
            return path.read_bytes()
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
