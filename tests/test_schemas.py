import os
import re
import shutil

import pandas as pd
import pytest

from helpers import schemas, tables
from helpers.schemas import load_schema

PACKAGE = load_schema()
ALL = {**PACKAGE.raw, "incidents": PACKAGE.incidents}


@pytest.fixture
def own(tmp_path):
    """A collection with a copy of every schema file, to change."""
    shutil.copytree(schemas.SCHEMA_DIR, tmp_path / "schema")
    return tmp_path


def change(own, file, old, new):
    path = own / "schema" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", ALL)
def test_every_table_has_a_key_and_every_number_a_unit(name):
    table = ALL[name]
    assert table.description.endswith(".")
    assert set(table.key) <= set(table.columns)
    for column in table.columns.values():
        assert column.description
        assert column.unit or column.type not in ("whole", "decimal", "date")
        assert column.type != "list" or "" not in dict(column.values).values()


def test_a_range_stands_for_two_columns():
    columns = PACKAGE.raw["reports"].columns
    assert list(columns)[8:10] == ["launched_min", "launched_max"]
    least = columns["launched_min"]
    assert least.description == "least number of munitions launched by this source"
    assert (least.type, least.unit, least.least, least.empty) == ("whole", "munitions", 0, "not reported")


def test_an_imported_file_needs_an_id_and_a_date():
    columns = PACKAGE.imported.columns
    assert {name for name, column in columns.items() if column.required} == {"incident_id", "date"}
    assert {name for name, column in columns.items() if not column.empty} == {"incident_id", "date", "inclusion"}
    assert PACKAGE.incidents.columns["weapon"].required


def test_a_second_coding_may_lack_what_the_first_must_have():
    assert PACKAGE.raw["reports"].columns["origin"].required
    assert not PACKAGE.raw["second_coding/reports"].columns["origin"].required
    assert PACKAGE.raw["second_coding/reports"].columns["weapon"].required


def test_every_site_type_has_its_group():
    found = schemas.target(pd.Series(["base", "green_zone", "consulate", None]))
    assert found.astype("object").where(found.notna(), None).tolist() == ["base", "embassy", "embassy", None]
    assert set(PACKAGE.lists["target"]) == {"embassy", "base"}


def test_a_file_of_ones_own_replaces_the_packages_file_alone(own):
    for path in (own / "schema").glob("*.toml"):
        if path.stem != "lists":
            path.unlink()
    change(own, "lists.toml", "[weapon]", '[weapon]\nsling = "stones"')
    schema = load_schema(own)
    assert schema.raw["reports"].columns["weapon"] != PACKAGE.raw["reports"].columns["weapon"]
    assert "sling" in tables.describe_allowed(schema.incidents.columns["weapon"])
    assert schema.raw["sites"] == PACKAGE.raw["sites"]
    assert "sling" not in PACKAGE.lists["weapon"]


def test_groups_and_anchor_of_ones_own_are_used(own):
    change(own, "collection.toml", "[groups.base]", "[groups.camp]")
    change(own, "collection.toml", "date = 2020-01-03", "date = 1991-02-28")
    schema = load_schema(own)
    assert schemas.target(pd.Series(["base"]), schema).tolist() == ["camp"]
    assert list(schema.incidents.columns["target"].values) == ["embassy", "camp"]
    assert str(schema.collection.anchor.date) == "1991-02-28"


def test_a_schema_is_read_once_until_a_file_changes(own):
    first = load_schema(own)
    assert load_schema(own) is first
    change(own, "sites.toml", "Targets, with", "Places, with")
    os.utime(own / "schema" / "sites.toml", ns=(1, 1))
    assert load_schema(own).raw["sites"].description.startswith("Places")


def test_a_collection_without_a_schema_has_the_packages(tmp_path):
    assert load_schema(tmp_path) is load_schema()


WRONG = {
    "unknown type": (
        ("sites.toml", 'type = "decimal"', 'type = "real"'),
        "sites.toml:LINE: columns.latitude.type: 'real': one of text, list, date, whole",
    ),
    "no description": (
        ("sites.toml", 'description = "the site"\n', ""),
        "sites.toml:7: columns.site_id.description: missing: text in quotes, not empty",
    ),
    "empty description": (
        ("sites.toml", 'description = "the site"', 'description = ""'),
        "sites.toml:9: columns.site_id.description: '': text in quotes, not empty",
    ),
    "a list that is not there": (
        ("lists.toml", "[damage]", "[harm]"),
        "reports.toml:LINE: columns.damage.type: no list 'damage': a list of lists.toml: agency, site_type",
    ),
    "a value that a rule names": (
        ("lists.toml", 'core = "meets', 'sure = "meets'),
        "lists.toml:LINE: inclusion.core: missing: this value, which a rule names",
    ),
    "a definition that is no text": (
        ("lists.toml", 'drone = "armed or exploding unmanned aircraft"', "drone = 3"),
        "lists.toml:LINE: weapon.drone: 3: text in quotes, not empty",
    ),
    "unknown key of a column": (
        ("sites.toml", "least = -90", "lest = -90"),
        "sites.toml:LINE: columns.latitude.lest: unknown key: one of type, description, unit",
    ),
    "a number without a unit": (
        ("sites.toml", 'unit = "km"\n', ""),
        "sites.toml:LINE: columns.precision_km.unit: missing: every column of type decimal says its unit",
    ),
    "a bound that is text": (
        ("sites.toml", "least = -90", 'least = "-90"'),
        "sites.toml:LINE: columns.latitude.least: '-90': a number without quotes",
    ),
    "a broken pattern": (
        ("sources.toml", "'^[a-z]{2,3}$'", "'^[a-z{2,3}$'"),
        "sources.toml:LINE: columns.language.pattern: '^[a-z{2,3}$': a regular expression (unterminated",
    ),
    "a column that the rules read": (
        ("reports.toml", "[columns.weapon]", "[columns.arm]"),
        "reports.toml:LINE: columns.weapon.type: missing: list, which the rules read",
    ),
    "a key that is no column": (
        ("sites.toml", 'key = ["site_id"]', 'key = ["site"]'),
        "sites.toml:LINE: key: 'site': one of site_id, name",
    ),
    "a site type in no group": (
        ("collection.toml", ', "green_zone"]', "]"),
        "collection.toml:LINE: groups: no group has 'green_zone': each site type of lists.toml in one group",
    ),
    "a site type in two groups": (
        ("collection.toml", '["base"]', '["base", "consulate"]'),
        "collection.toml:LINE: groups.base.site_types: 'consulate': one of embassy",
    ),
    "a section that is none": (
        ("collection.toml", "[anchor]\ndate = 2020-01-03\nevent", "[other]\nevent"),
        "collection.toml:LINE: anchor: missing: a section with keys",
    ),
    "an anchor that is no date": (
        ("collection.toml", "date = 2020-01-03", 'date = "3 January"'),
        "collection.toml:LINE: anchor.date: '3 January': a date without quotes, as 2020-01-03",
    ),
    "a limit that is no text": (
        ("codebook.toml", "limits = [", "limits = [ 3,"),
        "codebook.toml:LINE: limits: 3: text in quotes, not empty",
    ),
    "an anchor that is a number": (
        ("collection.toml", "date = 2020-01-03", "date = 0"),
        "collection.toml:LINE: anchor.date: 0: a date without quotes, as 2020-01-03",
    ),
    "a switch that is text": (
        ("sites.toml", "key = [", 'may_be_empty = "yes"\nkey = ['),
        "sites.toml:5: may_be_empty: 'yes': true or false",
    ),
    "a plan before what is explored": (
        ("collection.toml", "planned = [2024, 2025, 2026]", "planned = [2023, 2024]"),
        "collection.toml:LINE: anchor.planned: 2023: different years whose anniversary comes after 2023-09-30",
    ),
    "a planned year that stands there twice": (
        ("collection.toml", "planned = [2024, 2025, 2026]", "planned = [2024, 2024]"),
        "collection.toml:LINE: anchor.planned: 2024: different years",
    ),
    "a plan without what is explored": (
        ("collection.toml", "explored_until = 2023-09-30\n", ""),
        "collection.toml:LINE: anchor.explored_until: missing: the last day that had been looked at",
    ),
    "an end of what is explored before the anchor": (
        ("collection.toml", "explored_until = 2023-09-30", "explored_until = 2019-01-01"),
        "collection.toml:LINE: anchor.explored_until: 2019-01-01: a day after the anchor, 2020-01-03",
    ),
    "a judgement that is none": (
        ("collection.toml", '2021-12-31_shaddadi = "core"', '2021-12-31_shaddadi = "maybe"'),
        "collection.toml:LINE: by_rule.2021-12-31_shaddadi: 'maybe': one of core, borderline, excluded",
    ),
    "a key that is no list": (
        ("sites.toml", 'key = ["site_id"]', 'key = "site_id"'),
        "sites.toml:5: key: 'site_id': a list in brackets, separated by commas",
    ),
    "what the package derives": (
        ("sites.toml", "[columns.name]", '[columns.name]\nname = "x"'),
        "sites.toml:12: columns.name.name: unknown key: one of type, description, unit",
    ),
    "a section of an unknown name": (
        ("sites.toml", "[columns.name]", "[colums.name]"),
        "sites.toml:LINE: colums: unknown key: one of description, key, columns",
    ),
    "a list that is no section": (
        ("lists.toml", "[agency]", 'wire = "AP"\n[agency]'),
        "lists.toml:LINE: wire: 'AP': a section with keys",
    ),
    "no TOML": (("sites.toml", "key = [", "key = "), "sites.toml:5: -: "),
}


@pytest.mark.parametrize(("changed", "fault"), WRONG.values(), ids=WRONG)
def test_a_wrong_schema_is_a_fault_with_file_line_and_key(own, changed, fault):
    change(own, *changed)
    with pytest.raises(schemas.DataError) as raised:
        load_schema(own)
    pattern = re.escape(f"{own / 'schema'}/{fault}").replace("LINE", "[0-9]+")
    assert any(re.match(pattern, str(found)) for found in raised.value.faults), raised.value


def test_the_line_of_a_fault_is_that_of_its_key(own):
    change(own, "lists.toml", 'drone = "armed or exploding unmanned aircraft"', "drone = 3")
    with pytest.raises(schemas.DataError) as raised:
        load_schema(own)
    lines = (own / "schema" / "lists.toml").read_text(encoding="utf-8").splitlines()
    assert lines[raised.value.faults[0].line - 1] == "drone = 3"


def test_a_file_of_an_unknown_name_is_a_fault(own):
    (own / "schema" / "reprots.toml").write_text("", encoding="utf-8")
    with pytest.raises(schemas.DataError, match=r"reprots.toml:1: -: reprots.toml: one of sources.toml, sites.toml"):
        load_schema(own)


# --- many faults at once --------------------------------------------------------------------------------------------


def test_twenty_faults_of_a_kind_are_listed_and_the_rest_counted():
    many = [schemas.Fault("a.csv", line, "weapon", "'x'", "one of rocket") for line in range(2, 1002)]
    few = [schemas.Fault("a.csv", 900, "damage", "'x'", "one of minor"), schemas.Fault("b.csv", 2, "", "x", "y")]
    error = schemas.DataError(many + few)
    lines = str(error).splitlines()
    assert len(error.faults) == 1002
    assert lines[:20] == [f"a.csv:{line}: weapon: 'x': one of rocket" for line in range(2, 22)]
    assert lines[20:] == [
        "a.csv:900: damage: 'x': one of minor",
        "b.csv:2: -: x: y",
        "a.csv: weapon: 980 more: one of rocket",
    ]


def test_faults_of_a_header_are_one_kind_and_a_long_cell_is_cut():
    header = [schemas.Fault("a.csv", 1, f"c{n:03}", "unknown column", "one of date") for n in range(300)]
    assert str(schemas.DataError(header)).splitlines()[20:] == ["a.csv: -: 280 more: one of date"]
    [line] = str(schemas.DataError([schemas.Fault("a.csv", 2, "c", "x" * 100_000, "a day")])).splitlines()
    assert line == f"a.csv:2: c: {'x' * 200}... (100,000 characters): a day"
