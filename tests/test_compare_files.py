"""Two files matched from the command line: what is said, what is written, and what is refused."""

import pandas as pd
import pytest

from helpers import cli

ROWS = pd.DataFrame({
    "incident_id": ["a1", "a2", "a3"],
    "date": ["2021-01-01", "2021-06-01", "2021-08-01"],
    "latitude": [33.3, 36.2, None],
    "longitude": [44.4, 44.0, None],
})  # fmt: skip


@pytest.fixture
def two(tmp_path, monkeypatch):
    """A folder with two files, one pair between them."""
    monkeypatch.chdir(tmp_path)
    ROWS.to_csv("ours.csv", index=False)
    ROWS.iloc[:2].assign(incident_id=["b1", "b2"], date=["2021-01-02", "2021-07-01"]).to_csv("theirs.csv", index=False)
    return tmp_path


def run(capsys, *words):
    status = cli.main(["match", *words])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_pairs_are_written_and_below_them_what_is_in_one_alone(two, capsys):
    status, out, err = run(capsys, "ours.csv", "theirs.csv", "--out", "found/matches.csv")
    assert (status, err) == (0, "")
    assert (two / "found" / "matches.csv").read_text(encoding="utf-8") == (
        "id_a,id_b,km,days,cost,only_in,reason\n"
        "a1,b1,0.0,1,1.0,,\n"
        "a2,,,,,A,no partner\n"
        "a3,,,,,A,no position or date\n"
        ",b2,,,,B,no partner\n"
    )
    assert "1 of the 2 events of ours.csv (50%; 95% interval 9% to 91%) has a partner in theirs.csv within 25 km" in out
    assert "1 event of ours.csv lacks a position or a date and cannot be matched." in out
    assert out.endswith("found/matches.csv: 1 pair, 3 in one alone\n")


def test_gates_are_the_commands_and_turning_the_files_turns_the_pairs(two, capsys):
    assert run(capsys, "theirs.csv", "ours.csv", "--days", "31")[0] == 0
    table = pd.read_csv("matches.csv")
    assert table.loc[table["only_in"].isna(), ["id_a", "id_b"]].to_numpy().tolist() == [["b1", "a1"], ["b2", "a2"]]


def test_the_coded_incidents_and_a_file_with_themselves(two, capsys, frozen_dir):
    status, out, _ = run(capsys, "coded", "coded", "--data", str(frozen_dir))
    assert status == 0
    assert "of the coded incidents (100%" in out
    assert "of the coded incidents (as B) (100%" in out
    table = pd.read_csv("matches.csv")
    assert (table["id_a"] == table["id_b"]).all()


def test_files_of_one_name_are_called_by_their_paths(two, capsys):
    (two / "below").mkdir()
    ROWS.to_csv("below/ours.csv", index=False)
    assert "of the 2 events of below/ours.csv" in run(capsys, "ours.csv", "below/ours.csv")[1]


def test_exchanged_coordinates_are_said(two, capsys):
    turned = ROWS.rename(columns={"latitude": "longitude", "longitude": "latitude"})
    turned.to_csv("turned.csv", index=False)
    status, out, _ = run(capsys, "ours.csv", "turned.csv")
    assert status == 0
    assert "0 of the 2 events of ours.csv" in out
    assert "warning: turned.csv: points outside the region" in out


@pytest.mark.parametrize(("words", "said"), [
    (["ours.csv", "theirs.csv", "--km", "-1"], "km must be a number of 0 or more, not -1"),
    (["ours.csv", "theirs.csv", "--days", "inf"], "days must be a number of 0 or more, not inf"),
    (["ours.csv", "bare.csv"], "B has no event with a position and a date: of 3, 0 have a position, 3 a date"),
    (["ours.csv", "early.csv"], "2021-08-01, B from 1991-01-01 to 1991-01-01 (A is ours.csv, B is early.csv)"),
    (["ours.csv", "theirs.csv", "--out", "./ours.csv"], "--out ours.csv is one of the files that are read; give"),
    (["coded", "theirs.csv", "--data", "set", "--out", "set/raw/reports.csv"], "one of the files that are read"),
    (["ours.csv", "theirs.csv", "--out", "matches.txt"], "--out must be a name that ends in .csv, not matches.txt"),
    (["ours.csv", "none.csv"], "none.csv:1: -: no file"),
    (["ours.csv", "none.txt"], "none.txt"),
])  # fmt: skip
def test_what_cannot_be_matched_is_refused_and_nothing_is_written(two, capsys, words, said):
    ROWS[["incident_id", "date"]].to_csv("bare.csv", index=False)
    ROWS.iloc[:1].assign(date="1991-01-01").to_csv("early.csv", index=False)
    before = (two / "ours.csv").read_bytes()
    status, out, err = run(capsys, *words)
    assert (status, out) == (1, "")
    assert said in err
    assert not (two / "matches.csv").exists()
    assert (two / "ours.csv").read_bytes() == before
