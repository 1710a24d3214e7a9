import json
import shutil
import time

import geopandas as gpd
import pandas as pd
import pytest

from helpers import build, codebook, load_incidents, tables


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("built")
    build.build(out=out, progress=lambda line: None)
    return out


@pytest.fixture(scope="module")
def own(built, tmp_path_factory):
    """A copy of the raw tables elsewhere, without a version, built later."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(tables.DATA_DIR / "raw", folder / "raw")
    time.sleep(1.1)  # long enough for a time stamp to show
    build.build(folder, progress=lambda line: None)
    return folder


def contents(folder):
    """Everything that a build writes."""
    paths = [folder / "README.md", folder / "datapackage.json", *(folder / "processed").iterdir()]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.locked
def test_the_committed_tables_are_not_stale(built):
    assert contents(built) == contents(tables.DATA_DIR), "run: make refresh"


def test_a_rebuild_changes_no_byte_but_the_version(built, own):
    files = contents(own)
    assert json.loads(files["datapackage.json"])["version"] == "unversioned"
    version = f'"version": "{tables.data_version()}"'.encode()
    files["datapackage.json"] = files["datapackage.json"].replace(b'"version": "unversioned"', version)
    assert files == contents(built)
    assert (own / "README.md").read_text() == codebook.codebook()


def test_every_format_holds_the_same_incidents(built, everything):
    parquet = gpd.read_parquet(built / "processed" / "incidents.parquet")
    package = gpd.read_file(built / "processed" / "incidents.gpkg")
    plain = load_incidents(inclusion=["core", "borderline", "excluded"], dataset=built / "processed" / "incidents.csv")
    for table in (parquet, package, plain):
        assert table["incident_id"].tolist() == everything["incident_id"].tolist()
        assert table["launched_best"].astype("Int64").tolist() == everything["launched_best"].tolist()
        assert table.geometry.geom_equals_exact(everything.geometry, 1e-9).all()
        assert table.crs == tables.CRS
    pd.testing.assert_frame_equal(pd.DataFrame(parquet), pd.DataFrame(everything))
    assert len(pd.read_parquet(built / "processed" / "reports.parquet")) == 510


def test_faulty_tables_change_nothing(own, tmp_path):
    folder = shutil.copytree(own, tmp_path / "own")
    path = folder / "raw" / "reports.csv"
    path.write_text(path.read_text().replace(",rocket,", ",rockt,", 1))
    with pytest.raises(tables.DataError, match="rockt"):
        build.build(folder, progress=lambda line: None)
    assert contents(folder) == contents(own)
