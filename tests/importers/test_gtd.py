"""GTD, whole and in part: each column of the mapping, days and tolls that are not known, and ids that are spoiled."""

import datetime

import ibis
import pandas as pd
import pytest

from helpers import cli, load_incidents
from helpers.importers import gtd

from .event_files import ACLED, ACLED_2023, GTD, GTD_135, baseline, bring_in, write
from .test_convert import refuse
from .test_read import workbook

DAY = datetime.date
# What the mapping reads, and one column behind it.
SHORT = [
    *gtd.LAYOUT.needed, "country", "country_txt", "specificity", "extended", "resolution", "doubtterr", "multiple",
    "nkill", "nkillus", "nwound", "nwoundus", "gname", "gname2", "gname3", "claimed", "claim2", "claim3", "weaptype1",
    "weapsubtype1", "weapdetail", "scite1", "scite2", "scite3", "city",
]  # fmt: skip


def test_every_column_of_the_mapping():
    rows, notes = baseline("gtd")
    assert [row["incident_id"][:4] for row in rows] == ["2018", "2020", "2020"]
    one = dict(rows[2])
    kept = {name: one.pop(name) for name in gtd._KEPT}
    assert one == {
        "incident_id": "202003110001",
        "date": DAY(2020, 3, 12),
        "date_low": DAY(2020, 3, 12),
        "date_high": DAY(2020, 3, 12),
        "country": "Iraq",
        "weapon": "rocket",
        "killed_best": 3,
        "injured_best": 12,
        "us_killed": 2,
        "us_injured": 5,
        "claimed_by": "Group A|Group B",
        "n_reports": 2,
        "latitude": 33.7856,
        "longitude": 42.4412,
        "precision_km": 5,
    }
    numbers = {name: int(GTD[0][name]) if name in GTD[0] else None for name in (*gtd._CODES, *gtd._TOLLS)}
    assert kept == {name: GTD[0].get(name) for name in gtd._KEPT} | numbers
    assert notes[0] == "Imported from GTD, with labels, 1 file. Rows read: 3; kept: 3; dropped: 0."
    assert [note.rsplit(" ", 1)[1] for note in notes[1:6]] == ["1.", "1.", "1.", "1.", "1."]
    assert ["days unknown" in notes[1], "fraction" in notes[2], "doubtterr" in notes[4]] == [True] * 3
    assert notes[6:] == list(gtd.NOTES)
    assert set(gtd.LAYOUT.types) <= {name.lower() for name in GTD_135}


def test_days_places_and_tolls_that_are_not_known():
    year, month, _ = baseline("gtd")[0]
    assert (month["date"], month["date_low"], month["date_high"]) == (*[DAY(2020, 2, 1)] * 2, DAY(2020, 2, 29))
    assert (year["date"], year["date_low"]) == (DAY(2018, 1, 1), DAY(2018, 1, 1))
    assert (year["date_high"], year["resolution"]) == (DAY(2019, 1, 31), DAY(2019, 1, 31)), "the end of a long one"
    assert (year["latitude"], year["longitude"], year["precision_km"]) == (None, None, None)
    assert (year["killed_best"], year["injured_best"], year["nkill"]) == (None, None, -99)
    assert (month["killed_best"], month["nkill"], month["injured_best"]) == (None, 0.33, 3), "a share is no 0"
    assert (month["us_killed"], month["us_injured"]) == (0, None), "0 is none, empty is unknown"
    assert (month["claimed_by"], year["claimed_by"], month["n_reports"]) == (None, None, None)
    assert (month["weapon"], year["weapon"], month["precision_km"]) == ("drone", None, 100)


def test_first_and_last_day(tmp_path):
    june = {"imonth": "6", "iday": "3", "extended": "1"}
    cases = [
        ({"imonth": "0", "iday": "15"}, "2018-01-01", "2018-12-31"),
        ({"imonth": "12"}, "2018-12-01", "2018-12-31"),
        ({"imonth": "2", "iday": ""}, "2018-02-01", "2018-02-28"),
        (june | {"resolution": "6/15/2018"}, "2018-06-03", "2018-06-15"),
        (june | {"resolution": "6/5/2018"}, "2018-06-03", "2018-06-05"),
        (june | {"resolution": "2018-06-05 00:00:00"}, "2018-06-03", "2018-06-05"),
        (june | {"resolution": "6/15/2018", "extended": "0"}, "2018-06-03", "2018-06-03"),
        (june | {"resolution": "6/1/2018"}, "2018-06-03", "2018-06-03"),
        ({"imonth": "6", "extended": "1", "resolution": "6/5/2018"}, "2018-06-01", "2018-06-30"),
    ]
    events = [GTD[2] | {"eventid": f"{n:012}", "extended": "", "resolution": ""} | change
              for n, (change, *_) in enumerate(cases)]  # fmt: skip
    rows, _ = bring_in("gtd", tmp_path, write(events, SHORT))
    rows.sort(key=lambda row: row["incident_id"])
    assert [(str(row["date_low"]), str(row["date_high"])) for row in rows] == [case[1:] for case in cases]
    assert all(row["date"] == row["date_low"] for row in rows)


def test_impossible_days_and_spoiled_ids_are_counted(tmp_path):
    days = [{}, {"iday": "31"}, {"imonth": "13"}, {"iyear": ""}, {"iyear": "25"}]
    ids = ["202003110001.0", "2.02E+11", "2.0200311E11", "20200311001", "202003110003"]
    events = [GTD[1] | {"eventid": f"20200200000{n}"} | change for n, change in enumerate(days)]
    rows, notes = bring_in("gtd", tmp_path, write([*events, *(GTD[0] | {"eventid": name} for name in ids)], SHORT))
    assert [row["incident_id"] for row in rows] == ["202002000000", "202003110001", "202003110003"]
    assert notes[0].endswith(
        "Rows read: 10; kept: 3; dropped: 7 (no id: 3; no day that can be read: 3; a day outside 1900 to 2100: 1)."
    )
    assert notes[1].startswith("eventid: 3 cells were not understood")
    assert "0events.csv:8: '2.02E+11'; " in notes[1]


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_workbooks_and_parquet_hold_ids_as_numbers(tmp_path, name):
    frame = pd.DataFrame(GTD).reindex(columns=SHORT)
    cells = frame.astype("object").where(frame.notna(), "").to_numpy().tolist()
    (tmp_path / "a.xlsx").write_bytes(workbook([SHORT, *cells]))
    frame.assign(eventid=frame["eventid"].astype(float)).to_parquet(tmp_path / "a.parquet")
    rows, _ = bring_in("gtd", tmp_path, (tmp_path / name).read_bytes(), name=name)
    assert rows == [{column: row[column] for column in rows[0]} for row in baseline("gtd")[0]]


def test_a_subset_with_codes_alone_in_windows_letters_in_any_order(tmp_path):
    header = [name.upper() for name in reversed(SHORT) if not name.endswith("_txt")]
    events = [*GTD, GTD[1] | {"eventid": "202002000008", "country": "4"}]
    rows, notes = bring_in("gtd", tmp_path, write(events, header, line_end="\r\n").encode("cp1252"))
    assert "GTD, codes without labels, 1 file" in notes[0]
    assert [row["country"] for row in rows] == ["Iraq", "Syria", None, "Iraq"], "other codes are not guessed at"
    del rows[2]
    assert rows == [{name: row[name] for name in rows[0]} for row in baseline("gtd")[0]]


def test_a_subset_of_few_columns(tmp_path):
    header = [*gtd.LAYOUT.needed, "country_txt", "weaptype1_txt", "weapsubtype1_txt", "weapdetail"]
    rows, _ = bring_in("gtd", tmp_path, write(GTD[:1], header))
    assert (rows[0]["weapon"], rows[0]["country"]) == ("rocket", "Iraq")
    assert {rows[0][name] for name in ("killed_best", "us_killed", "claimed_by", "n_reports", "precision_km")} == {None}


def test_weapons_are_what_the_detail_names_of_the_kinds_that_may_be():
    cases = [
        (11, None, "Two Katyusha rockets", "rocket"),
        (16, 11, "Mortar shells", "mortar"),
        (11, None, "Rockets and mortars", "mixed"),
        (11, None, "A rocket-propelled grenade", None),
        (11, None, "Rocket launcher", None),
        (11, None, "Rocket-propelled grenades and a rocket", "rocket"),
        (11, None, "Zelzal ballistic missiles", "ballistic_missile"),
        (11, None, "Rockets fired from a drone", "mixed"),
        (11, None, None, None),
        (17, None, "An IED made of a mortar shell", None),
        (17, None, "UAV with explosives", "drone"),
        (None, None, None, None),
    ]
    names = ["weapsubtype1", "weapsubtype2", "weapdetail", "wanted"]
    types = dict(zip(names, ["int64", "int64", "string", "string"], strict=True)) | {"weaptype1": "int64"}
    table = ibis.memtable([dict(zip(names, case, strict=True)) | {"weaptype1": 6} for case in cases], schema=types)
    found = table.select("wanted", found=gtd._weapon(table)).to_pyarrow().to_pylist()
    assert [row["found"] for row in found] == [row["wanted"] for row in found]
    other = table.mutate(weaptype1=5)
    assert other.select(x=gtd._weapon(other)).to_pyarrow()["x"].to_pylist()[10] is None, "a drone among firearms"


def test_other_layouts_name_it_and_it_names_others(tmp_path):
    [fault] = refuse("acled", tmp_path, write(GTD, GTD_135))
    assert fault.endswith("the columns of ACLED; this file is one of GTD: import gtd")
    [fault] = refuse("gtd", tmp_path, write(ACLED, ACLED_2023))
    assert fault.endswith("the columns of GTD; this file is one of ACLED: import acled")
    [fault] = refuse("gtd", tmp_path, write(GTD, [name for name in GTD_135 if name != "iday"]))
    assert fault.endswith("the columns of GTD; this file lacks iday")


def test_the_command_imports_what_load_and_validate_read(tmp_path, capsys):
    (tmp_path / "gtd.csv").write_text(write(GTD, GTD_135), encoding="utf-8")
    out = tmp_path / "incidents.parquet"
    assert cli.main(["import", "gtd", str(tmp_path / "gtd.csv"), "--out", str(out), "--keep", "all"]) == 0
    assert cli.main(["validate", str(out)]) == 0
    assert "3 rows: no faults" in capsys.readouterr().out
    incidents = load_incidents(dataset=out)
    assert incidents["incident_id"].tolist() == [row["incident_id"] for row in baseline("gtd")[0]]
    assert incidents["killed_best"].tolist()[2] == 3
    assert set(gtd.NOTES) <= set(incidents.attrs["notes"])


def test_the_default_rule_keeps_projectiles_on_us_targets_at_a_site_with_labels_or_codes(tmp_path):
    one = GTD[0] | {"latitude": "33.79", "longitude": "42.44", "natlty1_txt": "United States", "natlty1": "217"}
    others = [{"natlty1_txt": "Iraq", "natlty1": "95", "natlty2_txt": "", "natlty2": ""},
              {"weapsubtype1_txt": "Vehicle", "weapsubtype1": "15", "weapdetail": "A car bomb"},
              {"latitude": "36.0", "longitude": "41.0", "city": "Nowhere", "location": "", "summary": "", "corp1": "",
               "target1": ""}]  # fmt: skip
    events = [one, *(one | {"eventid": f"20200401000{n}"} | change for n, change in enumerate(others))]
    for header in (GTD_135, [name for name in GTD_135 if not name.lower().endswith("_txt")]):
        rows, _ = bring_in("gtd", tmp_path, write(events, header), keep_all=False)
        assert [(row["incident_id"], row["target"]) for row in rows] == [(one["eventid"], "base")]
