"""UCDP GED and Candidate of every vintage, and 200 rows as they were published."""

import datetime

import pandas as pd
import pytest

from conftest import FROZEN
from helpers import load_incidents
from helpers.importers import convert, ucdp

from . import event_files
from .event_files import UCDP, baseline, bring_in, write

DAY = datetime.date


def test_every_column_of_the_mapping():
    rows, notes = baseline("ucdp")
    one, other = dict(rows[0]), rows[1]
    kept = {name: one.pop(name) for name in ucdp._KEPT}
    assert one == {
        "incident_id": "7",
        "date": DAY(2016, 1, 1),
        "date_low": DAY(2016, 1, 1),
        "date_high": DAY(2016, 1, 1),
        "date_end": DAY(2016, 1, 1),
        "country": "Syria",
        "killed_low": 3,
        "killed_best": 4,
        "killed_high": 6,
        "n_reports": 2,
        "latitude": 34.8,
        "longitude": 36.7,
        "precision_km": 5,
    }
    wanted = {name: UCDP[0].get(name) for name in ucdp._KEPT}
    assert kept == wanted | {name: int(wanted[name]) for name in ucdp._COUNTS}
    assert (other["date_low"], other["date_high"]) == (DAY(2016, 2, 1), DAY(2016, 2, 9))
    assert (other["precision_km"], other["n_reports"]) == (500, None), "-1 sources are not recorded"
    assert (other["killed_low"], other["killed_best"], other["killed_high"]) == (5, 4, 4)
    assert notes[1] == "killed_best outside killed_low to killed_high, kept as it is: 1."


@pytest.mark.parametrize(
    ("header", "vintage"),
    [(event_files.UCDP_42, "to 20.1"), (event_files.UCDP_HDX, "to 20.1, as HDX publishes it")],
    ids=["42", "43"],
)
def test_the_same_events_import_alike_from_every_vintage(tmp_path, header, vintage):
    wanted, _ = baseline("ucdp")
    rows, notes = bring_in("ucdp", tmp_path, write(UCDP, header))
    assert f"UCDP GED, {vintage}, 1 file" in notes[0]
    assert set(wanted[0]) - set(rows[0]) == {"code_status", "where_description"}
    assert rows == [{name: row[name] for name in rows[0]} for row in wanted]


def test_days_with_a_clock_and_a_line_of_tags(tmp_path):
    clocked = [e | {name: f"{e[name]} 00:00:00.000" for name in ("date_start", "date_end")} for e in UCDP]
    first, *lines = write(clocked, event_files.UCDP_49).split("\n")
    tags = ",".join(["#event+id", *[""] * 45, "#affected", "", ""])
    rows, notes = bring_in("ucdp", tmp_path, "\n".join([first, tags, *lines]))
    assert rows == baseline("ucdp")[0]
    assert "Rows read: 3; kept: 2; dropped: 1 (a line of tags (HXL): 1)." in notes[0]


def test_an_end_before_the_start_is_none(tmp_path):
    rows, _ = bring_in("ucdp", tmp_path, write([UCDP[1] | {"date_end": "2015-02-01"}], event_files.UCDP_49))
    assert rows[0]["date_high"] == rows[0]["date_low"] == DAY(2016, 2, 1)


def test_two_hundred_published_rows_by_another_route(tmp_path):
    """Read with pandas, row by row."""
    path = FROZEN / "ucdp_ged_200.csv"
    notes = convert.import_events("ucdp", [str(path)], tmp_path / "own.parquet", say=lambda line: None, keep_all=True)
    table = pd.read_csv(path, dtype={"id": str})
    found = load_incidents(dataset=tmp_path / "own.parquet").set_index("incident_id").loc[table["id"]]
    assert len(found) == len(table) == 200
    for name, column in {"date": "date_start", "date_low": "date_start", "date_high": "date_end"}.items():
        assert (found[name].to_numpy() == pd.to_datetime(table[column]).to_numpy()).all()
    for end in ("low", "best", "high"):
        assert found[f"killed_{end}"].tolist() == table[end].tolist()
    assert found.geometry.x.tolist() == table["longitude"].tolist()
    assert found.geometry.y.tolist() == table["latitude"].tolist()
    assert found["side_b"].tolist() == table["side_b"].tolist()
    assert found["precision_km"].tolist() == table["where_prec"].map(ucdp._KM).tolist()
    n_outside = ((table["best"] < table["low"]) | (table["best"] > table["high"])).sum()
    assert n_outside > 0
    assert f"killed_best outside killed_low to killed_high, kept as it is: {n_outside}." in notes
