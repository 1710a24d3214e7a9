"""Our import of ACLED files against DuckDB's own SQL, pandas in chunks and polars, each in a process of its own.

``python benchmarks/bench_import.py [N_ROWS ...]`` (by default 300,000 and 2,400,000, 1.4 GB, in the temporary folder)
prints CPU seconds, start and imports included, and peak resident memory, as Linux counts it. All read every column as
text, strip it, check the same shapes, and keep the first row of an id; a digest says whether they wrote the same
incidents. They differ in what else they do: ours says what it dropped and could not read, and by line; pandas cannot
sort what it reads in chunks, and does not; polars is a package that nothing else here needs, and is left out where it
is not installed; it takes all threads and all memory that it wants.
"""

import importlib.util
import json
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import acled_file

SIZES = (300_000, 2_400_000)
HERE = Path(__file__).parent
UNREAD = {"year", "iso", "timestamp"}
COLUMNS = [name for name in acled_file.NAMES if name not in UNREAD]
COUNTS = ("time_precision", "geo_precision", "fatalities")
KM = {1: 5, 2: 25, 3: 100}
CHUNK = 50_000
WHOLE, DECIMAL = r"^-?\d{1,9}(\.0+)?$", r"^-?\d{1,15}(\.\d+)?([eE]-?\d{1,2})?$"
DAY = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$"
DIGEST = """
    SELECT count(*), sum(hash(incident_id, date::DATE, date_low::DATE, date_high::DATE, killed_best::BIGINT,
                              n_reports::BIGINT, latitude, precision_km::BIGINT, location, notes))::VARCHAR
    FROM '{}'
"""


def import_ours(path, out):
    """By the command's own function."""
    from helpers.importers import convert

    convert.import_events("acled", [path], out, say=lambda line: None, keep_all=True)


def import_reference(path, out):
    """By the SQL beside this file."""
    import duckdb

    stripped = ", ".join(f"stripped({name}) AS {name}" for name in COLUMNS)
    sql = (HERE / "import_reference.sql").read_text(encoding="utf-8").replace("{stripped}", stripped)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"temp_directory": folder}) as con:
        con.execute(sql.replace("{path}", path).replace("{out}", out))


def import_pandas(path, out):
    """In chunks, unsorted."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    seen, writer = set(), None
    for text in pd.read_csv(path, dtype="str", usecols=COLUMNS, chunksize=CHUNK, keep_default_na=False):
        rows = _type_pandas(text.apply(lambda cells: cells.str.strip()).replace("", None))
        rows = rows[rows["incident_id"].notna() & rows["date"].notna()].drop_duplicates("incident_id")
        rows = rows[~rows["incident_id"].isin(seen)]
        seen.update(rows["incident_id"])
        table = pa.Table.from_pandas(rows, preserve_index=False)
        writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table.cast(writer.schema))
    writer.close()


def _type_pandas(cells):
    """The incidents of a chunk."""
    import pandas as pd

    def number(name, shape):
        return pd.to_numeric(cells[name].where(cells[name].str.match(shape, na=False)))

    day = pd.to_datetime(cells["event_date"].where(cells["event_date"].str.match(DAY, na=False)), errors="coerce")
    counts = {name: number(name, WHOLE).where(lambda values: values >= 0).astype("Int64") for name in COUNTS}
    latitude, longitude = (number(name, DECIMAL) for name in ("latitude", "longitude"))
    is_placed = latitude.abs().le(90) & longitude.abs().le(180)
    is_zero = counts["fatalities"].eq(0).fillna(False)
    notes = cells.loc[is_zero, "notes"]
    is_unknown, with_number, none = (notes.str.contains(words, regex=True, na=False) for words in _patterns())
    unknown = (is_unknown | (with_number & ~none)).reindex(cells.index, fill_value=False)
    week, month = (counts["time_precision"].eq(n).fillna(False) for n in (2, 3))
    three = pd.Timedelta(days=3)
    first = {
        "incident_id": cells["event_id_cnty"],
        "date": day,
        "date_low": day.where(~week, day - three).where(~month, day.dt.to_period("M").dt.start_time),
        "date_high": day.where(~week, day + three).where(~month, day + pd.offsets.MonthEnd(0)),
        "country": cells["country"],
        "killed_best": counts["fatalities"].mask(unknown),
        "n_reports": cells["source"].str.count(";") + 1,
        "latitude": latitude.where(is_placed),
        "longitude": longitude.where(is_placed),
        "precision_km": counts["geo_precision"].map(KM).astype("Int64"),
    }
    kept = cells.drop(columns=["event_id_cnty", "event_date", "country", "latitude", "longitude"]).assign(**counts)
    return pd.concat([pd.DataFrame(first), kept], axis=1)


def _patterns():
    """What says that a toll is unknown, that a number is, and that there is none."""
    from helpers.importers import acled

    capturing = re.compile(r"\((?!\?)")
    either = "|".join(
        [acled._TOLL_UNKNOWN, *(words.removeprefix("(?i)") for words in (acled._UNKNOWN_TOLL, acled._NO_WORD))]
    )
    return [capturing.sub("(?:", words) for words in (either, acled._UNKNOWN_NUMBER, acled._NONE)]


def import_polars(path, out):
    """By its streaming engine."""
    import polars as pl

    col = pl.col
    cells = pl.scan_csv(path, infer_schema=False).select(COLUMNS).with_row_index("place")
    stripped = col(COLUMNS).str.strip_chars()
    cells = cells.with_columns(pl.when(stripped != "").then(stripped).name.keep())

    def number(name, shape):
        return pl.when(col(name).str.contains(shape)).then(col(name)).cast(pl.Float64, strict=False)

    counts = {name: pl.when(number(name, WHOLE) >= 0).then(number(name, WHOLE)).cast(pl.Int64) for name in COUNTS}
    day = pl.when(col("event_date").str.contains(DAY)).then(col("event_date").str.slice(0, 10))
    cells = cells.with_columns(
        **counts,
        event_date=day.str.to_date("%Y-%m-%d", strict=False),
        latitude=number("latitude", DECIMAL),
        longitude=number("longitude", DECIMAL),
    )
    is_unknown, with_number, none = (col("notes").str.contains(words).fill_null(False) for words in _patterns())
    unknown = (col("fatalities") == 0) & (is_unknown | (with_number & ~none))
    is_placed = (col("latitude").abs() <= 90) & (col("longitude").abs() <= 180)
    date, precision = col("event_date"), col("time_precision")
    kept = [name for name in COLUMNS if name not in ("event_id_cnty", "event_date", "country", "latitude", "longitude")]
    rows = cells.select(
        "place",
        incident_id="event_id_cnty",
        date="event_date",
        date_low=pl.when(precision == 2).then(date.dt.offset_by("-3d"))
        .when(precision == 3).then(date.dt.month_start()).otherwise(date),
        date_high=pl.when(precision == 2).then(date.dt.offset_by("3d"))
        .when(precision == 3).then(date.dt.month_end()).otherwise(date),
        country="country",
        killed_best=pl.when(~unknown.fill_null(False)).then(col("fatalities")),
        n_reports=col("source").str.count_matches(";", literal=True) + 1,
        latitude=pl.when(is_placed).then(col("latitude")),
        longitude=pl.when(is_placed).then(col("longitude")),
        precision_km=col("geo_precision").replace_strict(KM, default=None, return_dtype=pl.Int64),
        **{name: name for name in kept},
    )  # fmt: skip
    rows = rows.filter(col("incident_id").is_not_null() & col("date").is_not_null())
    first = rows.group_by("incident_id").agg(col("place").min()).select("place")
    rows.join(first, on="place", how="semi").drop("place").sort("date", "incident_id").sink_parquet(out)


WAYS = {
    "ours": import_ours,
    "DuckDB SQL": import_reference,
    "pandas in chunks": import_pandas,
    "polars": import_polars,
}


def measure(way, path, out):
    """CPU seconds, peak memory in MiB and a digest of what was written, of one import in its own process."""
    import duckdb

    command = [sys.executable, str(HERE / "bench_import.py"), way, str(path), str(out)]
    text = subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("SET enable_progress_bar = false")
        return {"way": way, **json.loads(text), "digest": con.execute(DIGEST.format(out)).fetchone()}


def run(sizes=SIZES, ways=tuple(WAYS)):
    """All ways for files of so many rows; a list of dicts."""
    ways = [way for way in ways if way != "polars" or importlib.util.find_spec("polars")]
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for n_rows in sizes:
            path = Path(folder, f"{n_rows}.csv")
            acled_file.main(path, n_rows)
            results += [{"n_rows": n_rows, **measure(way, path, Path(folder, "out.parquet"))} for way in ways]
            path.unlink()
    return results


def table(results):
    """The results as text: seconds and memory, as they are and as parts of those of DuckDB's SQL."""
    lines = [f"{'import':20}{'rows':>12}{'CPU s':>10}{'ratio':>8}{'peak MiB':>12}{'ratio':>8}  same incidents"]
    for row in results:
        peer = next(r for r in results if (r["n_rows"], r["way"]) == (row["n_rows"], "DuckDB SQL"))
        cpu, peak = row["cpu_seconds"] / peer["cpu_seconds"], row["peak_mib"] / peer["peak_mib"]
        lines.append(
            f"{row['way']:20}{row['n_rows']:>12,}{row['cpu_seconds']:>10.1f}{cpu:>8.2f}{row['peak_mib']:>12,.0f}"
            f"{peak:>8.2f}  {'yes' if row['digest'] == peer['digest'] else 'NO'}"
        )
    sizes = sorted({row["n_rows"] for row in results})
    if len(sizes) > 1:
        few, many = (r["cpu_seconds"] for r in results if r["way"] == "ours" and r["n_rows"] in (sizes[0], sizes[-1]))
        lines.append(f"ours, {sizes[-1] / sizes[0]:.1f} times the rows: {many / few:.1f} times the CPU seconds")
    return "\n".join(lines)


def _import_alone(way, path, out):
    """Import, and print what it took."""
    WAYS[way](path, out)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # The peak of this process alone; that of getrusage may be its parent's.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))[1]
    print(json.dumps({"cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mib": int(peak) / 1024}))


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in WAYS:
        _import_alone(*sys.argv[1:])
    else:
        print(table(run([int(number) for number in sys.argv[1:]] or SIZES)))
