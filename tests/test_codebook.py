import json
import re
import shutil
from dataclasses import replace

import frictionless
import pytest
from small_collection import write_small

from helpers import build, codebook, schemas
from helpers.schemas import load_schema

SCHEMA = load_schema()


@pytest.fixture(scope="module")
def page():
    return codebook.codebook(SCHEMA)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small collection with its codebook and package."""
    folder = write_small(tmp_path_factory.mktemp("built")).parent
    build.build(folder)
    return folder


def rows_of(page, path):
    """The rows of one table's section, by column."""
    section = page.split(f"## `{path}`")[1].split("\n## ")[0]
    return {row.split(" | ")[0][3:-1]: row for row in section.splitlines() if row.startswith("| `")}


@pytest.mark.parametrize(
    "path", ["raw/reports.csv", "raw/sites.csv", "raw/context_events.csv", "processed/incidents.csv"]
)
def test_a_table_is_described_in_the_order_of_its_file(built, page, path):
    header = (built / path).read_text(encoding="utf-8").splitlines()[0].split(",")
    assert list(rows_of(page, path)) == header


def test_every_value_of_every_list_is_defined(page):
    for name, values in SCHEMA.lists.items():
        assert f"### `{name}`" in page
        for value, words in values.items():
            assert f"| `{value}` | {words} |" in page


def test_the_kinds_of_missing_are_distinguished(page):
    reports = rows_of(page, "raw/reports.csv")
    assert reports["launched_max"].endswith("| a whole number, 0 or more | not reported |")
    assert reports["paragraph"].endswith("| numbers separated by ; | not applicable |")
    assert reports["date_basis"].endswith("| one of the list below | never empty |")
    assert rows_of(page, "raw/sources.csv")["published"].endswith("| not known |")
    for kind in ("not reported", "reported as unknown", "not known", "not applicable"):
        assert f"| {kind} |" in page


def test_the_words_of_the_schema_stand_on_the_page(page):
    for part in (SCHEMA.words.introduction.strip(), SCHEMA.words.base_map):
        assert part in page
    for item in (*SCHEMA.words.limits, *SCHEMA.words.edge_cases):
        assert f"\n- {item}\n" in page
    assert "| “at least four” | launched_min 4, launched_max empty: open upwards |" in page


def test_the_empty_cells_of_sources_are_counted(built, page):
    """The small collection has four sources: three without a title, one of these without a date."""
    text = (built / "README.md").read_text(encoding="utf-8")
    section = text.split("## What a source row tells\n")[1].split("\n## ")[0]
    assert SCHEMA.words.source_rows.strip() in section
    counted = "Empty cells, by column, in the rows of 4 sources: `publisher` 0, `title` 3, `published` 1, `url` 0."
    assert section.strip().endswith(counted)
    assert "Empty cells" not in page


def test_a_codebook_of_ones_own_may_say_nothing_of_source_rows():
    words = SCHEMA.words.model_copy(update={"source_rows": None})
    assert "What a source row tells" not in codebook.codebook(replace(SCHEMA, words=words))


def test_a_bar_in_a_cell_does_not_end_it(page):
    assert "other names, \\|-separated" in page


def test_frictionless_accepts_the_data_package(built):
    report = frictionless.validate(str(built / "datapackage.json"))
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])
    assert report.stats["tasks"] == 12


def test_frictionless_would_see_a_broken_reference(built, tmp_path):
    folder = shutil.copytree(built, tmp_path / "data")
    path = folder / "raw" / "incident_register.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",base_x,core", ",base_y,core", 1), encoding="utf-8")
    types = [row[0] for row in frictionless.validate(str(folder / "datapackage.json")).flatten(["type"])]
    assert "foreign-key" in types


def test_frictionless_accepts_a_second_coding_that_lacks_columns(tmp_path):
    folder = write_small(tmp_path)
    path = folder / "second_coding" / "reports.csv"
    rows = [line.rsplit(",", 4)[0] for line in path.read_text(encoding="utf-8").splitlines()]  # paragraph to note
    path.write_text("\n".join([*rows, ""]), encoding="utf-8")
    build.build(tmp_path)
    assert frictionless.validate(str(tmp_path / "datapackage.json")).valid


def resource(package, name):
    return next(resource for resource in json.loads(package)["resources"] if resource["name"] == name)


def test_the_package_has_keys_units_and_bounds(built):
    package = (built / "datapackage.json").read_text(encoding="utf-8")
    reports = resource(package, "reports")["schema"]
    assert reports["primaryKey"] == ["incident_id", "source_id"]
    assert [key["reference"]["resource"] for key in reports["foreignKeys"]] == ["incident-register", "sources", "sites"]
    fields = {field["name"]: field for field in reports["fields"]}
    assert fields["weapon"]["constraints"] == {"required": True, "enum": list(SCHEMA.lists["weapon"])}
    assert fields["killed_min"]["constraints"] == {"minimum": 0}
    assert (fields["killed_min"]["type"], fields["killed_min"]["unit"]) == ("integer", "people")
    sites = {field["name"]: field for field in resource(package, "sites")["schema"]["fields"]}
    assert sites["latitude"]["constraints"] == {"minimum": -90, "maximum": 90}
    assert re.fullmatch(sites["site_id"]["constraints"]["pattern"], "us_embassy")
    assert "foreignKeys" not in resource(package, "sites")["schema"]


def test_the_package_names_the_collection():
    licence = schemas._Licence(name="CC0-1.0", path="https://x.y")
    named = SCHEMA.collection.model_copy(update={"name": "mine", "title": "My attacks", "licence": licence})
    package = json.loads(codebook.data_package({}, "2.0", replace(SCHEMA, collection=named)))
    assert package == {
        "name": "mine",
        "title": "My attacks",
        "version": "2.0",
        "licenses": [{"name": "CC0-1.0", "path": "https://x.y"}],
        "resources": [],
    }


def test_the_base_map_has_a_licence_a_source_and_a_hash(page):
    found = resource(codebook.data_package({"raw/base_map.geojson": b"{}"}, "1", SCHEMA), "base-map")
    assert found["path"] == "raw/base_map.geojson"
    assert found["hash"] == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert [licence["name"] for licence in found["licenses"]] == ["PDDL-1.0", "CC-BY-4.0"]
    assert [source["title"] for source in found["sources"]] == ["Natural Earth 4.1.0", "GeoNames"]
    assert "## `raw/base_map.geojson`" in page
