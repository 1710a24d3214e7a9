"""An import as a whole: what is dropped, what is said, and that nothing is left behind."""

import datetime
import random
import tempfile
from importlib.util import module_from_spec, spec_from_file_location

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT
from helpers import cli, load_incidents, tables
from helpers.findings import Results
from helpers.importers import convert

from .event_files import ACLED, ACLED_29, ACLED_2016, ACLED_2023, GTD, GTD_135, UCDP, UCDP_49, baseline, bring_in, write


def refuse(command, folder, *contents, **options):
    """The faults of files that are not imported, as lines without their folder; nothing may be written."""
    with pytest.raises(tables.DataError) as raised:
        bring_in(command, folder, *contents, **options)
    assert not [path for path in folder.iterdir() if path.name.startswith(("incidents", "."))]
    return [str(fault).replace(f"{folder}/", "") for fault in raised.value.faults]


def test_what_is_dropped_is_counted_by_reason_and_the_first_of_an_id_is_kept(tmp_path):
    days = {"A": "0025-01-01", "B": "", "C": "2022-02-30"}
    changes = [{}, {"fatalities": "9"}, {"event_id_cnty": ""}]
    changes += [{"event_id_cnty": name, "event_date": day} for name, day in days.items()]
    rows, notes = bring_in("acled", tmp_path, write([ACLED[2] | change for change in changes], ACLED_2023))
    assert [(row["incident_id"], row["killed_best"]) for row in rows] == [("SYR3", 12)]
    assert notes[0].split("Rows read: ")[1] == (
        "6; kept: 1; dropped: 5 (no id: 1; no day that can be read: 2; a day outside 1900 to 2100: 1; an id that "
        "stands before: 1)."
    )
    assert notes[1].endswith("0events.csv:7: '2022-02-30').")


def test_cells_that_are_not_understood_are_counted_with_ten_examples_by_line(tmp_path):
    bad = [ACLED[1] | {"event_id_cnty": f"X{n}", "fatalities": f"about {n:02}"} for n in range(12)]
    spaced = {"event_id_cnty": "Y", "latitude": "\u00a033.5\u202f", "longitude": "\u00a0144.4 E"}
    rows, notes = bring_in("acled", tmp_path, write([*bad, ACLED[1] | spaced], ACLED_2023))
    assert len(rows) == 13
    assert notes[1].startswith("fatalities: 12 cells were not understood, and read as missing (")
    places = [example.rsplit("/", 1)[1] for example in notes[1].split("; ")]
    assert places[:2] == ["0events.csv:2: 'about 00'", "0events.csv:4: 'about 01'"], "each row takes two lines"
    assert len(places) == 10
    assert notes[2].endswith("0events.csv:26: '\\xa0144.4 E').")
    assert (rows[-1]["latitude"], rows[-1]["longitude"]) == (None, None), "half of a point is none"


@settings(max_examples=6)
@given(st.randoms(use_true_random=False), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(",;\t"), st.booleans())
def test_order_line_ends_and_separators_change_nothing(shuffle, line_end, separator, is_upper):
    header, events = list(ACLED_2023), list(ACLED)
    shuffle.shuffle(header)
    shuffle.shuffle(events)
    text = write(events, [name.upper() if is_upper else name for name in header], separator)
    with tempfile.TemporaryDirectory() as folder:
        rows, _ = bring_in("acled", convert.Path(folder), text.replace("\n", line_end))
    assert rows == baseline("acled")[0]


@settings(max_examples=4)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.sampled_from(["2022-01-03", "0025-01-01", "soon", ""])),
                min_size=1, max_size=8))  # fmt: skip
def test_dropped_and_kept_are_read(cells):
    events = [ACLED[0] | {"event_id_cnty": name, "event_date": day} for name, day in [*cells, ("c", "2022-01-03")]]
    with tempfile.TemporaryDirectory() as folder:
        rows, notes = bring_in("acled", convert.Path(folder), write(events, ACLED_2023))
    kept = {name for name, day in cells if name and day == "2022-01-03"} | {"c"}
    assert {row["incident_id"] for row in rows} == kept
    expected = f"Rows read: {len(events)}; kept: {len(kept)}; dropped: {len(events) - len(kept)}"
    assert expected in notes[0]


def test_the_same_input_gives_the_same_bytes_and_leaves_nothing_behind(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    written = []
    for _ in range(2):
        bring_in("acled", tmp_path, write(ACLED, ACLED_2023), write([ACLED[0]], ACLED_2023))
        written.append((tmp_path / "incidents.parquet").read_bytes())
    assert written[0] == written[1]
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "0events.csv", "1events.csv", "incidents.parquet", "temporary",
    ]  # fmt: skip


def test_days_in_several_forms_are_refused_with_one_of_each(tmp_path):
    days = ["2022-01-03", "3 January 2022", "13/01/2022"]
    events = [ACLED[0] | {"event_date": day, "event_id_cnty": day} for day in days]
    wanted = "days of one form in a file; others are of another form"
    assert refuse("acled", tmp_path, write(events, ACLED_2023)) == [
        f"0events.csv:{line}: event_date: {day}: {wanted}" for line, day in enumerate(days, 2)
    ]


def test_what_comes_first_in_a_day_is_judged_for_the_file(tmp_path):
    def days(*texts):
        events = [ACLED[0] | {"event_id_cnty": str(n), "event_date": text} for n, text in enumerate(texts)]
        rows, notes = bring_in("acled", tmp_path, write(events, ACLED_2016))
        return [row["date"] for row in sorted(rows, key=lambda row: row["incident_id"])], notes[1]

    day = datetime.date
    found, note = days("03/04/2022", "12/31/2022")
    assert found == [day(2022, 3, 4), day(2022, 12, 31)]
    assert note.endswith("days are read month first, as some must be.")
    found, note = days("03/04/2022")
    assert found == [day(2022, 4, 3)]
    assert note.endswith("no day tells whether 04/05/2022 is day or month first; read as day first.")


def test_files_of_other_layouts_are_refused(tmp_path):
    [other] = refuse("acled", tmp_path, write(UCDP, UCDP_49))
    assert other.startswith("0events.csv:1: -: 49 columns: id, relid")
    assert other.endswith("the columns of ACLED; this file is one of UCDP GED: import ucdp")
    [poor] = refuse("ucdp", tmp_path, "id,date_start\n1,2022-01-03\n")
    assert poor.endswith(
        "the columns of UCDP GED; this file lacks date_end, country, latitude, longitude, low, best, high"
    )
    [mixed] = refuse("acled", tmp_path, write(ACLED, ACLED_2023), write(ACLED, ACLED_29))
    assert "0events.csv is of 2023 and later" in mixed
    assert mixed.endswith("files of one vintage, since ids and codes have changed; import each by itself")
    [none] = refuse("acled", tmp_path, write([], ACLED_2023))
    assert ": no incident: Imported from ACLED, 2023 and later, 1 file. Rows read: 0; kept: 0; dropped: 0." in none
    [name] = refuse("acled", tmp_path, write(ACLED, [*ACLED_2023, "NOTES"]))
    assert name == "0events.csv:1: -: repeated column notes: each column once"


def test_an_output_that_is_an_input_or_no_parquet_is_refused(tmp_path):
    path = tmp_path / "incidents.parquet"
    pd.DataFrame({"event_id_cnty": ["A"]}).to_parquet(path)
    before = path.read_bytes()
    with pytest.raises(tables.DataError, match="an output that is not an input"):
        convert.import_events("acled", [str(path)], path)
    assert path.read_bytes() == before
    with pytest.raises(tables.DataError, match=r"an output file whose name ends in \.parquet"):
        convert.import_events("acled", [str(path)], tmp_path / "incidents.csv")


@pytest.fixture(scope="module")
def sixty(tmp_path_factory):
    """Sixty events over four years, in two files, imported from the command line."""
    folder, draw = tmp_path_factory.mktemp("sixty"), random.Random(0)
    days = [datetime.date(2020, 1, 5) + datetime.timedelta(days=24 * n + draw.randrange(9)) for n in range(60)]
    events = [ACLED[n % 3] | {"event_id_cnty": f"IRQ{n}", "event_date": str(day)} for n, day in enumerate(days)]
    (folder / "a.csv").write_text(write(events[:30], ACLED_2023), encoding="utf-8")
    (folder / "b.csv").write_text(write(events[30:], ACLED_2023), encoding="utf-8")
    return folder


def test_the_command_line_imports_and_the_analyses_run_on_it(sixty, capsys):
    out = sixty / "incidents.parquet"
    assert cli.main(["import", "acled", f"{sixty}/*.csv", "--out", str(out), "--keep", "all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{sixty}/a.csv: 30 rows (1 of 2)"
    assert lines[2] == "Imported from ACLED, 2023 and later, 2 files. Rows read: 60; kept: 60; dropped: 0."
    assert lines[-1] == f"wrote {out}"
    assert set(lines[2:-1]) <= set(load_incidents(dataset=out).attrs["notes"])
    results = Results(dataset=out, anchor="2020-01-03")
    assert "anniversar" in results.tell("anniversary")
    assert cli.main(["validate", str(out)]) == 0


def test_the_command_line_says_that_nothing_was_written(sixty, capsys):
    assert cli.main(["import", "ucdp", f"{sixty}/*.csv", "--out", str(sixty / "no.parquet")]) == 1
    assert capsys.readouterr().err.endswith("import acled\n1 fault; nothing was written\n")
    assert not (sixty / "no.parquet").exists()


def test_disordered_tolls_of_an_import_are_warned_about_not_refused(tmp_path):
    bring_in("ucdp", tmp_path, write(UCDP, UCDP_49))
    notes = load_incidents(dataset=tmp_path / "incidents.parquet").attrs["notes"]
    assert any(note.startswith("values out of order") for note in notes)
    own = pq.read_table(tmp_path / "incidents.parquet").replace_schema_metadata(None)
    pq.write_table(own, tmp_path / "own.parquet")
    with pytest.raises(tables.DataError, match="at most killed_best"):
        load_incidents(dataset=tmp_path / "own.parquet")


def test_a_notebook_reads_events_without_writing_a_file_of_its_own(tmp_path):
    (tmp_path / "events.2021.csv").write_text(write(ACLED, ACLED_2023), encoding="utf-8")
    path = convert.read_events("acled", str(tmp_path / "*.csv"), keep_all=True)
    assert path.name == "events.parquet"
    assert len(load_incidents(dataset=path)) == len(baseline("acled")[0])
    assert [file.name for file in tmp_path.iterdir()] == ["events.2021.csv"]


def test_the_synthetic_file_is_marked_in_every_row_and_read_whole(tmp_path, frozen_dir):
    spec = spec_from_file_location("synthetic_acled", ROOT / "scripts" / "synthetic_acled.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    coded = load_incidents(data_dir=frozen_dir)
    rows = script.make_rows(coded)
    assert rows.equals(script.make_rows(coded))
    committed = pd.read_csv(ROOT / "notebooks" / "synthetic_acled.csv")
    for table in (rows, committed):
        assert list(table) == script.COLUMNS == [name.lower() for name in ACLED_2023]
        assert len(table) == 300
        assert table["event_id_cnty"].str.startswith("SYNTHETIC").all()
        assert table["notes"].str.startswith("An invented ").all()
    out = tmp_path / "incidents.parquet"
    path = str(ROOT / "notebooks" / "synthetic_acled.csv")
    notes = convert.import_events("acled", [path], out, lambda line: None, keep_all=True)
    assert "Rows read: 300; kept: 300; dropped: 0." in notes[0]


def test_swapped_positions_are_counted_and_only_where_the_country_tells(tmp_path):
    one = ACLED[0] | {"country": "Iraq", "latitude": "44.4", "longitude": "33.3"}
    places = [{}, {"country": "Ukraine"}, {"latitude": "33.3", "longitude": "44.4"}]
    events = [one | {"event_id_cnty": f"IRQ{n}"} | place for n, place in enumerate(places)]
    _, notes = bring_in("acled", tmp_path, write(events, ACLED_2023))
    assert f"{convert._SWAPPED}: 1." in notes


def test_codes_that_a_source_does_not_define_and_positions_of_zero_are_counted(tmp_path):
    odd = {"time_precision": "9", "geo_precision": "0", "latitude": "0", "longitude": "0"}
    [_, row], notes = bring_in("acled", tmp_path, write([ACLED[0] | odd, ACLED[1]], ACLED_2023))
    assert (row["date_low"], row["date_high"], row["precision_km"]) == (row["date"], row["date"], None)
    words = (
        "time_precision other than 1, 2 or 3, so that the day is taken as exact: 1.",
        "geo_precision other than 1, 2 or 3, so that precision_km is missing: 1.",
        f"{convert._NOWHERE}: 1.",
    )
    assert {*words} <= {*notes}
    odd = {"date_end": "2015-12-31", "where_prec": "8"}
    _, notes = bring_in("ucdp", tmp_path, write([UCDP[0] | odd, UCDP[1]], UCDP_49))
    assert "date_end before date_start, so that date_high is date_start: 1." in notes
    assert "where_prec other than 1 to 7, so that precision_km is missing: 1." in notes
    _, notes = bring_in("gtd", tmp_path, write([GTD[0] | {"specificity": "7"}], GTD_135))
    assert "specificity other than 1 to 5, so that precision_km is missing: 1." in notes


def test_what_one_file_leaves_open_about_its_days_another_tells(tmp_path):
    days = [["04/05/2022"], ["05/13/2022"]]
    files = [
        write([ACLED[0] | {"event_id_cnty": f"IRQ{n}", "event_date": day} for day in some], ACLED_2023)
        for n, some in enumerate(days)
    ]
    rows, notes = bring_in("acled", tmp_path, *files)
    assert [row["date"] for row in rows] == [datetime.date(2022, 4, 5), datetime.date(2022, 5, 13)]
    assert sum("read month first" in note for note in notes) == 2
    day_first = write([ACLED[0] | {"event_id_cnty": "IRQ9", "event_date": "25/12/2022"}], ACLED_2023)
    with pytest.raises(tables.DataError, match="days with the day first: days of one form in an import"):
        bring_in("acled", tmp_path, *files, day_first)


def test_what_nobody_sees_in_an_id_or_a_country_makes_no_other_incident(tmp_path):
    ids = ["IRQ1", "IRQ1\u00a0", "IRQ\u200b1", "IRQ\u00852", "IRQ\t2"]
    events = [ACLED[0] | {"event_id_cnty": text, "country": "Iraq\u00a0"} for text in ids]
    rows, notes = bring_in("acled", tmp_path, write(events, ACLED_2023))
    assert [(row["incident_id"], row["country"]) for row in rows] == [("IRQ 2", "Iraq"), ("IRQ1", "Iraq")]
    assert "an id that stands before: 3" in notes[0]
    assert len(load_incidents(dataset=tmp_path / "incidents.parquet")) == 2


def test_a_count_with_three_noughts_behind_a_point_is_not_understood(tmp_path):
    events = [ACLED[0] | {"event_id_cnty": f"IRQ{n}", "fatalities": text} for n, text in enumerate(["1.000", "3.0"])]
    rows, notes = bring_in("acled", tmp_path, write(events, ACLED_2023))
    assert [row["killed_best"] for row in rows] == [None, 3]
    assert any("fatalities: 1 cell was not understood" in note for note in notes)
