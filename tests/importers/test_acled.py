"""ACLED of every vintage: each column of the mapping, and what is refused."""

import datetime

import ibis
import pytest

from helpers.importers import acled

from . import event_files
from .event_files import ACLED, baseline, bring_in, write

DAY = datetime.date
FORMS = {"iso": "{:%Y-%m-%d}", "long": "{0.day} {0:%B %Y}", "slash": "{:%d/%m/%Y}"}


def dated(form):
    """The events with their days written in another form."""
    return [e | {"event_date": FORMS[form].format(DAY.fromisoformat(e["event_date"]))} for e in ACLED]


def test_every_column_of_the_mapping():
    rows, notes = baseline("acled")
    assert [row["incident_id"] for row in rows] == ["IRQ2", "IRQ1", "SYR3"], "by day"
    one = dict(rows[1])
    kept = {name: one.pop(name) for name in acled._KEPT}
    assert one == {
        "incident_id": "IRQ1",
        "date": DAY(2022, 4, 15),
        "date_low": DAY(2022, 4, 15),
        "date_high": DAY(2022, 4, 15),
        "country": "Iraq",
        "killed_best": 0,
        "n_reports": 3,
        "latitude": 33.7856,
        "longitude": 42.4412,
        "precision_km": 5,
    }
    counts = {"time_precision": 1, "geo_precision": 1, "fatalities": 0}
    assert kept == {name: counts.get(name, ACLED[0].get(name)) for name in acled._KEPT}
    assert notes[0] == "Imported from ACLED, 2023 and later, 1 file. Rows read: 3; kept: 3; dropped: 0."
    assert notes[1] == "fatalities of 0 read as missing, since the notes call them unknown: 1."
    assert notes[2:] == list(acled.NOTES)


def test_precision_becomes_days_and_kilometres():
    rows, _ = baseline("acled")
    found = {row["incident_id"]: (row["date_low"], row["date_high"], row["precision_km"]) for row in rows}
    assert found["IRQ2"] == (DAY(2021, 12, 31), DAY(2022, 1, 6), 25)
    assert found["SYR3"] == (DAY(2024, 2, 1), DAY(2024, 2, 29), 100)


@pytest.mark.parametrize(
    ("header", "form", "vintage", "change"),
    [
        (event_files.ACLED_2016, "slash", "2016", lambda text: text.encode("cp1252")),
        (event_files.ACLED_29, "long", "2018 to 2022", lambda text: text),
        (event_files.ACLED_31, "long", "2018 to 2022", lambda text: "\ufeff" + text.replace("\n", "\r\n")),
        (event_files.ACLED_2025, "iso", "2023 and later", lambda text: text.encode("utf-16")),
    ],
    ids=["2016", "29", "31", "35"],
)
def test_the_same_events_import_alike_from_every_vintage(tmp_path, header, form, vintage, change):
    wanted, _ = baseline("acled")
    rows, notes = bring_in("acled", tmp_path, change(write(dated(form), header)))
    assert f"ACLED, {vintage}, 1 file" in notes[0]
    assert any("read as Windows-1252" in note for note in notes) == (vintage == "2016")
    lacking = {"disorder_type", "civilian_targeting", "tags", "sub_event_type", "region", "source_scale"}
    assert set(wanted[0]) - set(rows[0]) <= lacking
    assert rows == [{name: row[name] for name in rows[0]} for row in wanted]


@pytest.mark.parametrize(
    ("note", "is_unknown"),
    [
        ("Casualties unknown.", True),
        ("Unknown number killed.", True),
        ("Casualties reported as unknown", True),
        ("Casualty figures unknown", True),
        ("fatalities/injuries unknown", True),
        ("[casualties=unknown]", True),
        ("It is unknown if there were any casualties", True),
        ("casualties were not immediately known", True),
        ("unclear if any casualties", True),
        ("There is no word on casualties", True),
        ("killing an unspecified number of militants", True),
        ("Unreported fatalities.", True),
        ("The toll is unclear.", True),
        ("No information on casualties", True),
        ("It was not known if there were casualties.", True),
        ("No casualties were reported. Unknown gunmen fled.", False),
        ("No reports of casualties.", False),
        ("No fatalities. The motive is unknown.", False),
        ("Fatalities and injuries are unknown", True),
        ("The fatalities remain unclear.", True),
        ("Deaths were not\nreported.", True),
        ("Unknown casualties.", True),
        ("An unknown number of militants were killed.", True),
        ("Unspecified number of injuries and fatalities", True),
        ("Unknown gunmen fired rockets. No casualties.", False),
        ("An unknown number of rockets hit the base without casualties", False),
        ("An unknown number of drones; nobody was killed.", False),
        ("No casualties were reported.", False),
        ("", False),
        (None, False),
    ],
)
def test_where_notes_call_the_toll_unknown_zero_is_missing(note, is_unknown):
    table = ibis.memtable({"notes": [note], "fatalities": [0]}, schema={"notes": "string", "fatalities": "int64"})
    assert table.select(x=acled._is_unknown(table)).to_pyarrow()["x"].to_pylist() == [is_unknown]


def test_a_counted_toll_stays_whatever_the_notes_say(tmp_path):
    rows, _ = bring_in("acled", tmp_path, write([ACLED[1] | {"fatalities": "3"}], event_files.ACLED_2023))
    assert (rows[0]["killed_best"], rows[0]["fatalities"]) == (3, 3)


def test_a_file_without_notes_or_precision_is_read(tmp_path):
    header = [name for name in event_files.ACLED_2023 if name not in ("notes", "time_precision", "geo_precision")]
    rows, _ = bring_in("acled", tmp_path, write(ACLED, header))
    assert [row["killed_best"] for row in rows] == [0, 0, 12]
    assert {row["precision_km"] for row in rows} == {None}
    assert all(row["date_low"] == row["date"] == row["date_high"] for row in rows)
