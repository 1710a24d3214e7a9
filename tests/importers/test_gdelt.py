"""GDELT of every form: rows without a line of names, merged by place and day; what is counted, and what is refused."""

import datetime
import random
import tempfile
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import cli, load_incidents
from helpers.importers import convert, gdelt

from .event_files import ACLED, ACLED_2023, bring_in, names, write
from .test_convert import refuse
from .test_read import packed

DAY = datetime.date
ACTOR = "{0}Code {0}Name {0}CountryCode {0}KnownGroupCode {0}EthnicCode {0}Religion1Code {0}Religion2Code "
ACTOR += "{0}Type1Code {0}Type2Code {0}Type3Code "
GEO = "{0}_Type {0}_FullName {0}_CountryCode {0}_ADM1Code {0}_ADM2Code {0}_Lat {0}_Long {0}_FeatureID "
GDELT_61 = names(
    "GLOBALEVENTID SQLDATE MonthYear Year FractionDate " + ACTOR.format("Actor1") + ACTOR.format("Actor2")
    + "IsRootEvent EventCode EventBaseCode EventRootCode QuadClass GoldsteinScale NumMentions NumSources NumArticles "
    "AvgTone " + GEO.format("Actor1Geo") + GEO.format("Actor2Geo") + GEO.format("ActionGeo") + "DATEADDED SOURCEURL"
)  # fmt: skip
GDELT_58 = [name for name in GDELT_61 if not name.endswith("ADM2Code")]
GDELT_57 = GDELT_58[:-1]
ROW = {
    "globaleventid": "1000000002", "sqldate": "20220103", "monthyear": "202201", "actor1code": "GOV",
    "actor1name": 'THE "PRESIDENT', "actor1countrycode": "USA", "actor1type1code": "GOV", "actor2name": '"MILITIA',
    "isrootevent": "1", "eventcode": "0190", "eventbasecode": "019", "eventrootcode": "01", "quadclass": "4",
    "goldsteinscale": "-10.0", "nummentions": "3", "numsources": "1", "numarticles": "2", "avgtone": "-4.25",
    "actor1geo_lat": "38.9", "actor1geo_long": "-77", "actiongeo_type": "4",
    "actiongeo_fullname": "Baghdad, Baghdad, Iraq", "actiongeo_countrycode": "IZ", "actiongeo_adm1code": "IZ07",
    "actiongeo_adm2code": "x", "actiongeo_lat": "33.3386", "actiongeo_long": "44.3939",
    "actiongeo_featureid": "-3103581", "dateadded": "20220103120000", "sourceurl": "https://a.example/1?q=\"2\"",
}  # fmt: skip
COUNTRY = {"actiongeo_type": "1", "actiongeo_lat": "33", "actiongeo_long": "44"}
NOWHERE = {"actiongeo_type": "0", "actiongeo_lat": "", "actiongeo_long": "", "actiongeo_countrycode": ""}
CHANGES = [
    {},
    {"globaleventid": "999999999", "eventcode": "1831", "dateadded": "20220120120000"},
    {"globaleventid": "1000000003", "sourceurl": "https://b.example"},
    {"globaleventid": "1000000004", "sqldate": "20220104"},
    {"globaleventid": "1000000005", **COUNTRY},
    {"globaleventid": "1000000006", **NOWHERE},
    {"globaleventid": "1000000007", **NOWHERE},
    {"globaleventid": "1000000008", "actiongeo_countrycode": "FR", "actiongeo_lat": "48.9", "actiongeo_long": "2.35"},
]
ROWS = [ROW | change for change in CHANGES]


def without_header(rows, header=GDELT_61):
    """Rows as GDELT writes them: between tabs, without quotation marks around a cell, without a line of names."""
    return "".join("\t".join(row.get(name.lower(), "") for name in header) + "\n" for row in rows)


@cache
def baseline():
    """The incidents of these rows; not to be changed."""
    with tempfile.TemporaryDirectory() as folder:
        return bring_in("gdelt", convert.Path(folder), without_header(ROWS))[0]


def test_every_column_of_the_mapping(tmp_path):
    [row], _ = bring_in("gdelt", tmp_path, without_header([ROW]))
    kept = {name: row.pop(name) for name in gdelt._KEPT}
    assert row == {
        "incident_id": "1000000002",
        "date": DAY(2022, 1, 3),
        "date_low": DAY(2022, 1, 3),
        "date_high": DAY(2022, 1, 3),
        "country": "Iraq",
        "n_reports": 1,
        "latitude": 33.3386,
        "longitude": 44.3939,
        "precision_km": 5,
        "n_rows": 1,
    }
    numbers = {name: int(ROW[name]) for name in gdelt._COUNTS} | {"goldsteinscale": -10, "avgtone": -4.25}
    assert kept == {name: ROW.get(name) for name in gdelt._KEPT} | numbers, "codes keep their 0, quotation marks stay"


def test_rows_of_a_place_and_day_become_one_and_the_others_stay(tmp_path):
    rows, notes = bring_in("gdelt", tmp_path, without_header([*ROWS, ROW, ROW | {"sqldate": "20220231"}]))
    assert notes[0] == (
        "Imported from GDELT, 2.0, 1 file. Rows read: 10; kept: 6; merged into these: 2; dropped: 2 (no day that can "
        "be read: 1; an id that stands before: 1)."
    )
    assert notes[1].startswith("sqldate: 1 cell was not understood")
    assert notes[1].endswith("0events.csv:10: '20220231').")
    assert notes[2:6] == [
        "rows whose SQLDATE lies over 7 days before DATEADDED: 1.",
        "rows placed in the middle of a country, since no nearer place is known: 1.",
        "rows without a place, each left by itself: 2.",
        "rows of countries whose code is kept, having no name here: 1.",
    ]
    assert notes[6:] == list(gdelt.NOTES)
    found = {row["incident_id"]: row for row in rows}
    assert sorted(found) == [*(f"100000000{n}" for n in range(4, 9)), "999999999"]
    one = found["999999999"]
    assert (one["n_rows"], one["n_reports"], one["nummentions"], one["numarticles"]) == (3, 2, 9, 6)
    assert (one["numsources"], one["eventcode"]) == (3, "1831")
    assert {row["n_rows"] for name, row in found.items() if name != "999999999"} == {1}
    assert (found["1000000005"]["precision_km"], found["1000000006"]["precision_km"]) == (500, None)
    assert (found["1000000006"]["latitude"], found["1000000006"]["country"]) == (None, None)
    assert found["1000000008"]["country"] == "FR"


@pytest.mark.parametrize(
    ("header", "vintage"),
    [(GDELT_58, "1.0 since April 2013"), (GDELT_57, "1.0 before April 2013")],
    ids=["58", "57"],
)
def test_the_same_rows_import_alike_from_every_form(tmp_path, header, vintage):
    short = [row | {"dateadded": row["dateadded"][:8]} for row in ROWS]
    archive = packed(("20220103.export.CSV", without_header(short, header)))
    rows, notes = bring_in("gdelt", tmp_path, archive, name=".export.CSV.zip")
    assert f"GDELT, {vintage}, 1 file" in notes[0]
    assert notes[1].endswith("before DATEADDED: 1.")
    changes = {"n_reports": None} if header is GDELT_57 else {}
    wanted = [row | {"dateadded": row["dateadded"][:8]} | changes for row in baseline()]
    assert rows == [{name: row[name] for name in rows[0]} for row in wanted]
    assert set(wanted[0]) - set(rows[0]) == ({"sourceurl"} if header is GDELT_57 else set())


@pytest.mark.parametrize(("separator", "line_end"), [(None, "\r\n"), ("\t", "\n"), (",", "\r")])
def test_order_line_ends_and_a_line_of_names_change_nothing(tmp_path, separator, line_end):
    rows, header, shuffle = list(ROWS), list(GDELT_61), random.Random(0)
    shuffle.shuffle(rows)
    if separator:
        shuffle.shuffle(header)
    text = without_header(rows, header)
    if separator == "\t":
        text = "\t".join(header).lower() + "\n" + text
    if separator == ",":
        text = write(rows, [name.upper() for name in header])
    found, _ = bring_in("gdelt", tmp_path, text.replace("\n", line_end))
    assert found == baseline()


@settings(max_examples=2)
@given(st.integers(0, 99))
def test_dropped_merged_and_kept_are_read(seed):
    draw = random.Random(seed)
    rows = [
        ROW | {"globaleventid": draw.choice(["", *"123456789"]), "actiongeo_lat": draw.choice(["33", "34", "", "x"]),
               "sqldate": draw.choice(["20220103", "20220104", "00250101", "soon"])}
        for _ in range(20)
    ]  # fmt: skip
    # The first of an id, among rows that have an id and a day.
    first = {}
    for row in rows:
        if row["globaleventid"] and row["sqldate"].startswith("2022"):
            first.setdefault(row["globaleventid"], row)
    lowest = {}
    for name, row in sorted(first.items()):
        place = row["actiongeo_lat"] if row["actiongeo_lat"] in ("33", "34") else name
        lowest.setdefault((row["sqldate"], place), name)
    n_kept = len(lowest)
    with tempfile.TemporaryDirectory() as folder:
        found, notes = bring_in("gdelt", convert.Path(folder), without_header(rows))
    assert sorted(row["incident_id"] for row in found) == sorted(lowest.values())
    assert sum(row["n_rows"] for row in found) == len(first)
    merged = f"merged into these: {len(first) - n_kept}; " if len(first) > n_kept else ""
    assert f"Rows read: 20; kept: {n_kept}; {merged}dropped: {20 - len(first)} " in notes[0]


def test_damaged_files_say_where(tmp_path):
    text = without_header(ROWS)
    first, second, *_ = text.splitlines()
    cut = second.rsplit("\t", 1)[0]
    [fault] = refuse("gdelt", tmp_path, f"{first}\n{cut}\n")
    assert fault == "0events.csv:2: -: 60 cells: 61, as the first line has"
    [fault] = refuse("gdelt", tmp_path, f"{cut}\n{first}\n")
    wanted = "57 or 58 or 61 cells, separated by tabs, in a file that has no line of names"
    assert fault == f"0events.csv:1: -: 60 cells: {wanted}"
    _, notes = bring_in("gdelt", tmp_path, without_header([ROW | {"globaleventid": "1E9"}, ROW]))
    (tmp_path / "incidents.parquet").unlink()
    assert "Rows read: 2; kept: 1; dropped: 1 (no id: 1)" in notes[0]
    assert notes[1].endswith("0events.csv:1: '1E9').")
    [fault] = refuse("gdelt", tmp_path, packed(("a.CSV", text))[:-30], name=".zip")
    assert "damaged archive" in fault
    [fault] = refuse("gdelt", tmp_path, without_header([ROW | {"sqldate": ""}]))
    assert "no incident: Imported from GDELT, 2.0, 1 file. Rows read: 1; kept: 0; dropped: 1" in fault
    [fault] = refuse("gdelt", tmp_path, text, without_header(ROWS, GDELT_58))
    assert "files of one vintage" in fault


def test_what_is_no_event_file_of_gdelt_is_named(tmp_path):
    mentions = "1\t20220103120000\t20220103121500\t" + "\t".join("x" * 13) + "\n"
    [fault] = refuse("gdelt", tmp_path, mentions)
    assert "GDELT mentions" in fault
    [fault] = refuse("gdelt", tmp_path, packed(("20220103120000.mentions.CSV", mentions)), name=".zip")
    assert "GDELT mentions" in fault
    [fault] = refuse("gdelt", tmp_path, write(ACLED, ACLED_2023))
    assert fault.endswith("the columns of GDELT; this file is one of ACLED: import acled")
    [fault] = refuse("acled", tmp_path, without_header(ROWS))
    assert fault.endswith("the columns of ACLED; this file is one of GDELT: import gdelt")


def test_the_command_imports_what_load_and_validate_read(tmp_path, capsys):
    (tmp_path / "20220103.export.CSV").write_text(without_header(ROWS), encoding="utf-8")
    out = tmp_path / "incidents.parquet"
    assert cli.main(["import", "gdelt", f"{tmp_path}/*.CSV", "--out", str(out), "--keep", "all"]) == 0
    assert cli.main(["validate", str(out)]) == 0
    assert "6 rows: no faults" in capsys.readouterr().out
    incidents = load_incidents(dataset=out)
    assert incidents.set_index("incident_id")["n_reports"].loc["999999999"] == 2
    assert set(gdelt.NOTES) <= set(incidents.attrs["notes"])


def test_names_are_those_of_the_codebook():
    lower = [[name.lower() for name in header] for header in (GDELT_61, GDELT_58, GDELT_57)]
    assert gdelt.LAYOUT.without_header == {len(header): tuple(header) for header in lower}


def test_the_default_rule_keeps_fire_on_us_sites_before_rows_are_merged(tmp_path):
    asad = {"actiongeo_lat": "33.7856", "actiongeo_long": "42.4412", "actiongeo_fullname": "Ain Al Asad, Iraq"}
    fire = ROW | asad | {"eventcode": "194", "actor1countrycode": "IRN", "actor2countrycode": "USA"}
    changes = [{}, {"sourceurl": "https://b.example"}, {"eventcode": "042"}, {"actor1countrycode": "USA"},
               {"actor2countrycode": "IRQ"}, COUNTRY | {"actiongeo_fullname": "Iraq"}]  # fmt: skip
    rows = [fire | {"globaleventid": str(1000000002 + n)} | change for n, change in enumerate(changes)]
    [kept], notes = bring_in("gdelt", tmp_path, without_header(rows), keep_all=False)
    assert (kept["n_rows"], kept["n_reports"], kept["site_id"], kept["target"]) == (2, 2, "ain_al_asad", "base")
    assert "Rows read: 6; kept: 1; merged into these: 1; dropped: 4" in notes[0]
