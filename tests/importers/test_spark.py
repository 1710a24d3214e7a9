"""Spark reads and casts as DuckDB does, and what cannot be reached is said in one line."""

import shutil

import ibis
import pyarrow.parquet as pq
import pytest

from conftest import FROZEN
from helpers import cli, tables
from helpers.importers import convert

from . import event_files
from .event_files import ACLED, UCDP, write

LOCAL = "pyspark://?spark.master=local[1]"
# Blanks that engines take differently, quotation marks, backslashes, and cells of a shape that is not allowed.
ODD = [
    {"fatalities": " 7 ", "latitude": "\u00a033.5\u202f", "event_date": "2022-02-30", "notes": 'say ""hi"", "\nx'},
    {"fatalities": "many", "longitude": "1e1", "event_date": "2022-01-03T10:00:00Z", "notes": "\\n back\\slash 'q'"},
    {"fatalities": "-1", "latitude": "91", "event_date": "0025-01-01", "notes": "\v a\f"},
    {"fatalities": "7\u0085", "event_date": "2022-01-30\u2028", "notes": "death\u2003toll unknown"},
    {"fatalities": "0", "event_date": "2022-01-31", "country": "A\vB  C", "notes": "Casualties\vunknown"},
    {"fatalities": "", "event_date": "", "notes": ""},
]
DAYS = ["15 April 2022", "1-sept-2020", "03 Mar 2021"]


def dated(*days):
    """The events on other days, as they are written."""
    return [event | {"event_date": day} for event, day in zip(ACLED, days, strict=True)]


FILES = {
    "plain": ("acled", write(ACLED, event_files.ACLED_2023)),
    "odd": ("acled", write([ACLED[0] | {"event_id_cnty": f" X{n}\u00a0"} | odd for n, odd in enumerate(ODD)],
                           event_files.ACLED_2023, ";")),
    "lines above": ("acled", "sep=,\n" + write(dated(*DAYS), event_files.ACLED_29)),
    "month first": ("acled", write(dated("12/31/2022", "3.4.2022", "1/2/2022"), event_files.ACLED_2016)),
    "ucdp": ("ucdp", write(UCDP, event_files.UCDP_49)),
    "published": ("ucdp", (FROZEN / "ucdp_ged_200.csv").read_text(encoding="utf-8")),
}  # fmt: skip


@pytest.fixture
def java():
    """Skip where Spark cannot be."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'pyspark>=3.5,<4.1'")
    if not shutil.which("java"):
        pytest.skip("Java is not installed, and Spark runs on it")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ibis and Spark warn of each other's names
@pytest.mark.parametrize("name", FILES)
def test_duckdb_and_spark_give_equal_files(name, tmp_path, java):
    command, text = FILES[name]
    path = tmp_path / "events.csv"
    path.write_text(text, encoding="utf-8")
    outs = {backend: tmp_path / f"{len(backend)}.parquet" for backend in ("", LOCAL)}
    notes = [convert.import_events(command, [str(path)], out, print, backend) for backend, out in outs.items()]
    one, other = (pq.read_table(out) for out in outs.values())
    assert other.equals(one)
    assert notes[1] == notes[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("tail", "words"), [("a,b\n", ":6: -: 2 cells: 31"), ('a,"b\n', ":6: -: 2 cells: 31")])
def test_a_damaged_file_is_refused_by_line(tail, words, tmp_path, java):
    path = tmp_path / "events.csv"
    path.write_text(write(ACLED, event_files.ACLED_2023) + tail, encoding="utf-8")
    with pytest.raises(tables.DataError, match=words):
        convert.import_events("acled", [str(path)], tmp_path / "out.parquet", print, LOCAL)
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("sqlite://", None, "a URL that begins with pyspark://"),
        (LOCAL, ImportError(), "pyspark, which is not installed"),
        (
            "pyspark://?spark.master=spark://none",
            OSError("\nno answer\nat all"),
            "can be reached, with Java (no answer)",
        ),
    ],
)
def test_what_is_no_spark_is_one_line_and_nothing_is_written(url, error, words, tmp_path, monkeypatch, capsys):
    def connect(url):
        raise error

    monkeypatch.setattr(ibis, "connect", connect)
    (tmp_path / "a.csv").write_text(write(ACLED, event_files.ACLED_2023), encoding="utf-8")
    out = tmp_path / "out.parquet"
    assert cli.main(["import", "acled", f"{tmp_path}/a.csv", "--out", str(out), "--backend", url]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith(f"--backend:0: -: {url[:20]}")
    assert words in said[0]
    assert said[1] == "1 fault; nothing was written"
    assert not out.exists()
