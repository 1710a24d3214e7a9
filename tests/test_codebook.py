import json
import re
import shutil

import frictionless
import pytest

from helpers import codebook, schemas, tables


@pytest.fixture(scope="module")
def page():
    return codebook.codebook()


def test_every_column_and_every_value_is_in_the_codebook(page):
    for schema in {**schemas.RAW_TABLES, "incidents": schemas.INCIDENTS}.values():
        for name, rule in schema.columns.items():
            assert f"`{name}`" in page or name == "geometry"
            for value, words in (rule.metadata or {}).get("values", {}).items():
                assert f"| `{value}` | {words} |" in page


def test_the_kinds_of_missing_are_told_apart(page):
    row = {line.split(" | ")[0][2:]: line for line in page.splitlines() if line.startswith("| `")}
    assert row["`launched_max`"].endswith("| not reported |")
    assert "| `reason` | string |  | why not core | text | not applicable |" in page
    assert row["`published`"].endswith("| not known |")
    assert row["`date_basis`"].endswith("| never empty |")
    for kind in ("not reported", "reported as unknown", "not known", "not applicable"):
        assert f"| {kind} |" in page


def test_headers_of_the_tables_are_those_of_the_codebook(page):
    for path in sorted(tables.DATA_DIR.glob("*/*.csv")):
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        section = page.split(f"## `{path.relative_to(tables.DATA_DIR)}`")[1].split("\n## ")[0]
        assert re.findall(r"^\| `(\w+)`", section, re.M) == header, path


def test_conventions_hold_in_the_coded_rows(raw):
    reports = raw["reports"]
    assert (reports["launched_min"].isna() & (reports["launched_max"] == 12)).sum() == 1  # "up to twelve"
    assert reports.loc[reports["event_date"].isna(), "date_basis"].eq("unclear").all()


def test_frictionless_accepts_the_data_package():
    report = frictionless.validate(str(tables.DATA_DIR / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])
    assert report.stats["tasks"] == 13  # with the base map, whose hash is checked


def test_frictionless_would_see_a_broken_reference(tmp_path):
    shutil.copytree(tables.DATA_DIR, tmp_path / "data")
    path = tmp_path / "data" / "raw" / "incident_register.csv"
    path.write_text(path.read_text().replace(",k1,core", ",k9,core", 1))
    types = [row[0] for row in frictionless.validate(str(tmp_path / "data" / "datapackage.json")).flatten(["type"])]
    assert "foreign-key" in types


def test_the_data_package_tells_version_keys_and_hashes():
    package = json.loads((tables.DATA_DIR / "datapackage.json").read_text())
    assert package["version"] == tables.data_version()
    reports = next(resource for resource in package["resources"] if resource["name"] == "reports")
    assert reports["schema"]["primaryKey"] == ["incident_id", "source_id"]
    assert {key["reference"]["resource"] for key in reports["schema"]["foreignKeys"]} == {
        "incident-register",
        "sources",
        "sites",
    }
    weapon = next(field for field in reports["schema"]["fields"] if field["name"] == "weapon")
    assert weapon["constraints"]["enum"] == list(schemas.WEAPON)


def test_the_base_map_is_described_with_licence_and_source(page):
    package = json.loads((tables.DATA_DIR / "datapackage.json").read_text())
    resource = next(resource for resource in package["resources"] if resource["name"] == "base-map")
    assert resource["path"] == "raw/base_map.geojson"
    assert resource["sources"][0]["title"].startswith("Natural Earth")
    assert "## `raw/base_map.geojson`" in page
