import json
import shutil
import time

import geopandas as gpd
import pandas as pd
import pytest
from small_collection import spoil

from helpers import build, codebook, load_incidents, schemas, tables

INCLUSION = ["core", "borderline", "excluded"]


@pytest.fixture(scope="module")
def own(frozen_dir, tmp_path_factory):
    """The frozen tables elsewhere, built."""
    folder = tmp_path_factory.mktemp("own")
    shutil.copytree(frozen_dir / "raw", folder / "raw")
    build.build(folder)
    return folder


def contents(folder):
    """Everything that a build writes."""
    paths = [folder / "README.md", folder / "datapackage.json", *(folder / "processed").iterdir()]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.locked
def test_the_committed_tables_are_not_stale(tmp_path):
    build.build(out=tmp_path)
    assert contents(tmp_path) == contents(tables.DATA_DIR), "run: make refresh"


def test_a_rebuild_changes_no_byte_but_the_version(own, tmp_path):
    folder = shutil.copytree(own / "raw", tmp_path / "raw").parent
    (folder / "VERSION").write_text("3.1\n", encoding="utf-8")
    time.sleep(1.1)  # long enough for a time stamp to show
    build.build(folder)
    files, first = contents(folder), contents(own)
    assert json.loads(files["datapackage.json"])["version"] == "3.1"
    assert json.loads(first["datapackage.json"])["version"] == "unversioned"
    files["datapackage.json"] = files["datapackage.json"].replace(b'"version": "3.1"', b'"version": "unversioned"')
    assert files == first
    sources = (folder / "raw" / "sources.csv").read_bytes()
    assert files["README.md"].decode() == codebook.codebook(schemas.load_schema(), sources)


def test_every_format_holds_the_same_incidents(own, few_all):
    parquet = gpd.read_parquet(own / "processed" / "incidents.parquet")
    package = gpd.read_file(own / "processed" / "incidents.gpkg")
    plain = load_incidents(inclusion=INCLUSION, dataset=own / "processed" / "incidents.csv")
    for table in (parquet, package, plain):
        assert table["incident_id"].tolist() == few_all["incident_id"].tolist()
        assert table["launched_best"].astype("Int64").tolist() == few_all["launched_best"].tolist()
        assert table.geometry.geom_equals_exact(few_all.geometry, 1e-9).all()
        assert table.crs == tables.CRS
    pd.testing.assert_frame_equal(pd.DataFrame(parquet), pd.DataFrame(few_all))
    assert (plain["disputed"] == few_all["disputed"]).all()


def test_the_reports_are_written_as_they_were_coded(own, frozen):
    pd.testing.assert_frame_equal(pd.read_parquet(own / "processed" / "reports.parquet"), frozen["reports"])


def test_a_line_is_printed_for_each_file(frozen_dir, tmp_path, capsys):
    build.build(frozen_dir, out=tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert [name for name in (line.split(": ")[0] for line in lines) if not name.startswith("raw/")] == [
        "processed/incidents.csv",
        "processed/incidents.parquet",
        "processed/incidents.gpkg",
        "processed/reports.parquet",
        "README.md",
        "datapackage.json",
    ]


def test_faulty_tables_change_nothing(own, tmp_path):
    folder = shutil.copytree(own, tmp_path / "own")
    spoil(folder / "raw", "reports.csv", ",rocket,", ",rockt,")
    with pytest.raises(tables.DataError, match="rockt"):
        build.build(folder)
    assert contents(folder) == contents(own)


def test_a_schema_of_ones_own_is_written_into_codebook_and_package(own, tmp_path):
    folder = shutil.copytree(own / "raw", tmp_path / "raw").parent
    (folder / "schema").mkdir()
    text = (schemas.SCHEMA_DIR / "lists.toml").read_text(encoding="utf-8")
    text = text.replace('rocket = "unguided rockets"', 'rocket = "unguided rockets, improvised ones included"')
    (folder / "schema" / "lists.toml").write_text(text, encoding="utf-8")
    build.build(folder)
    assert "| `rocket` | unguided rockets, improvised ones included |" in (folder / "README.md").read_text("utf-8")
