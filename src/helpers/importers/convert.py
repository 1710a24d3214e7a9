"""Event files of others to one file of incidents, out of core: read as text, cast, judge, sort, write.

Each file is cast into a temporary Parquet file, so its text is parsed once; all that follows reads the columns that it
needs of these. Memory is bounded, and what does not fit lies in the temporary folder.
"""

import atexit
import errno
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
import ibis
import pyarrow.parquet as pq

from .. import files, geography, tables
from . import acled, cast, gazetteer, gdelt, gtd, layout, read, rule, spark, ucdp

# One entry for each source: a module with LAYOUT, NOTES, incidents and remarks; and group, where its rows are reports.
SOURCES = {"acled": acled, "ucdp": ucdp, "gtd": gtd, "gdelt": gdelt}
_LAYOUTS = {command: module.LAYOUT for command, module in SOURCES.items()}
# For DuckDB; Python and the packages need about half as much again. Each thread holds texts of its own, so that within
# this memory several spill to the disk, and are slower than one.
_MEMORY, _THREADS = "375MB", 1
_ROWS = 40_960  # of a row group: few enough that wide texts do not fill the memory
_FIRST_DAY, _LAST_DAY = "1900-01-01", "2100-12-31"
_MOST_EXAMPLES = 10
_NO_ID, _NO_DAY, _NO_SUCH_DAY = "no id", "no day that can be read", "a day outside 1900 to 2100"
_TAGS, _TWICE, _BY_RULE = "a line of tags (HXL)", "an id that stands before", "not kept by the rule"
_SWAPPED = "positions that lie in their country only if latitude and longitude are swapped"
_NOWHERE = "positions of latitude 0 and longitude 0, which may stand for unknown"
_KEEP_HINT = "If the sites are yours, are latitude and longitude swapped? --keep all keeps every event."
_NO_RULE = "Every event was kept, as asked: no rule chose those that are attacks on the sites, and target is missing."


_TEMPORARY = ExitStack()  # folders of files that were imported for this process alone
atexit.register(_TEMPORARY.close)


class _Part(NamedTuple):
    """One file, cast."""

    source: read.Source
    path: Path
    note: str
    forms: set[str]  # that its days have


def import_events(
    command: str,
    patterns: Iterable[str],
    out: str | Path,
    say: Callable[[str], object] = print,
    rule_path: str | Path | None = None,
    sites_path: str | Path | None = None,
    keep_all: bool = False,
    backend: str = "",
) -> list[str]:
    """Read the event files of a source, and write them as incidents to one Parquet file.

    Parameters
    ----------
    command : str
        A key of ``SOURCES``.
    patterns : iterable of str
        Files or globs, all of one vintage.
    out : path
        Ends in ``.parquet``. Sorted by day and id; the same input gives the same bytes.
    say : callable
        Takes a line for each file that was read.
    rule_path, sites_path : path, optional
        Which events are attacks on the sites, as :func:`helpers.importers.rule.read_rule` reads it; by default the
        source's rule, and the project's sites.
    keep_all : bool
        Whether every event is kept, by no rule.
    backend : str
        The Ibis URL of a Spark that reads and casts in place of DuckDB, such as ``pyspark://?spark.master=local[4]``.

    Returns
    -------
    list of str
        The summary in sentences, which the file holds as well: ``load_incidents(dataset=out)`` has it among its notes.

    Raises
    ------
    DataError
        Where a file cannot be read as one of the source, or no row is kept. Nothing is written then.

    See Also
    --------
    helpers.load.load_incidents : read the incidents.

    Examples
    --------
    >>> import_events("acled", ["acled/*.csv"], "incidents.parquet")  # doctest: +SKIP
    """
    out, module = _check_out(Path(out)), SOURCES[command]
    wanted = _choose_rule(command, rule_path, sites_path, keep_all)
    paths = read.find_files(patterns, out)
    with (
        files.temporary_folder() as folder,
        connect(folder) as con,
        spark.connect(backend, con) as engine,
    ):
        sources = [read.open_source(path, module.LAYOUT, Path(folder, str(n))) for n, path in enumerate(paths)]
        _check_sources(sources, module.LAYOUT)
        parts = _cast_files(con, engine, sources, module, folder, say, wanted)
        paths = [part.path for part in parts]
        rows = con.read_parquet(paths, union_by_name=True, file_row_number=True, filename=True)
        judged, said = _apply_rule(con, _judge(_number(rows)), wanted, module.LAYOUT.name)
        counts, kept = _count(judged, sources)
        events = judged.filter(judged["_dropped"].isnull())
        if _TWICE in counts:
            events = _first_of_each(con, events, Path(folder, "repeated.parquet"))
        remarks = _true(judged, {_SWAPPED: _is_swapped(judged), _NOWHERE: _is_nowhere(judged)})
        remarks |= _true(events, module.remarks(events) | rule.remarks(events))
        events, n_merged = _merge(events, module, kept)
        notes = [_sum_up(module.LAYOUT, sources, counts, kept - n_merged, n_merged), *said]
        notes += [*_unread_notes(rows, parts), *(f"{words}: {n:,}." for words, n in remarks.items() if n)]
        if not kept:
            hints = [_KEEP_HINT] if wanted and counts.get(_BY_RULE) else []
            raise tables.DataError([tables.Fault(str(out), 0, "", "no incident", " ".join([*notes, *hints]))])
        notes += [part.note for part in parts if part.note] + list(module.NOTES)
        metadata = {"source": module.LAYOUT.name, "notes": notes, "groups": wanted.groups if wanted else []}
        _write(con, events, out, {layout.IMPORT_KEY: json.dumps(metadata)})
    return notes


def read_events(command: str, patterns: str | Iterable[str], **rule: object) -> Path:
    """Import event files for a notebook: into a temporary file, which is removed when the process ends.

    Parameters
    ----------
    command : str
    patterns : str or iterable of str
    **rule
        As for :func:`import_events`.

    Returns
    -------
    Path
        A Parquet file called as the first of the files: a ``dataset`` of :func:`helpers.load.load_incidents`.

    Raises
    ------
    DataError
        As for :func:`import_events`.

    Examples
    --------
    >>> read_events("acled", "acled/*.csv", keep_all=True)  # doctest: +SKIP
    """
    patterns = [patterns] if isinstance(patterns, str) else list(patterns)
    first, *_ = read.find_files(patterns, Path())
    out = Path(_TEMPORARY.enter_context(files.temporary_folder()), f"{first.name.split('.')[0]}.parquet")
    import_events(command, patterns, out, lambda line: None, **rule)
    return out


def _check_out(out):
    """The output, if it is no folder and named as what it will be."""
    if out.suffix.lower() != ".parquet" or out.is_dir():
        raise tables.DataError([tables.Fault(str(out), 0, "", out.name, "an output file whose name ends in .parquet")])
    return out


@contextmanager
def connect(folder: str) -> Iterator[ibis.BaseBackend]:
    """DuckDB for one command, whose memory is bounded.

    Parameters
    ----------
    folder : str
        Temporary, for what does not fit into the memory.

    Yields
    ------
    backend

    Examples
    --------
    >>> with connect("temporary") as con:
    ...     con.name
    'duckdb'
    """
    con = ibis.duckdb.connect(memory_limit=_MEMORY, threads=_THREADS, temp_directory=str(Path(folder, "spilled")))
    sql = ibis.options.sql
    before, sql.fuse_selects = sql.fuse_selects, False  # DuckDB fuses them itself, in less time
    try:
        yield con
    finally:
        sql.fuse_selects = before
        con.disconnect()


def _check_sources(sources, wanted):
    """Refuse files of another layout, and files of several vintages at once."""
    for source in sources:
        layout.check_names(str(source.path), source.names, wanted, _LAYOUTS)
    vintages = {source.vintage: source for source in reversed(sources)}
    if len(vintages) > 1:
        found = "; ".join(f"{source.path.name} is of {vintage}" for vintage, source in sorted(vintages.items()))
        allowed = "files of one vintage, since ids and codes have changed; import each by itself"
        raise tables.DataError([tables.Fault(str(sources[0].path), 1, "", found, allowed)])


def _cast_files(con, engine, sources, module, folder, say, wanted):
    """Cast file by file, and say how far it is; what a file leaves open about its days, another may tell."""
    parts = []
    for n, source in enumerate(sources):
        parts.append(_cast_file(con, engine, source, module, Path(folder, f"{n:06}.parquet"), wanted))
        say(f"{source.path}: {pq.read_metadata(parts[-1].path).num_rows:,} rows ({n + 1} of {len(sources)})")
    like = next((part.source.path.name for part in parts if cast.MONTH_FIRST in part.forms), "")
    if not like:
        return parts
    if clash := next((part.source.path for part in parts if cast.DAY_FIRST in part.forms), None):
        allowed = f"days of one form in an import; {like} has the month first: import each by itself"
        raise tables.DataError([tables.Fault(str(clash), 1, "", "days with the day first", allowed)])
    return [
        _cast_file(con, engine, part.source, module, part.path, wanted, like) if part.forms == {cast.EITHER} else part
        for part in parts
    ]


# --- one file ---------------------------------------------------------------------------------------------------------


def _cast_file(con, engine, source, module, path, wanted, like=""):
    """Cast one file into a temporary one; days are read in the one form that the file has, or month first as others."""
    text, types = spark.read_text(engine, source, path.with_suffix("")), module.LAYOUT.types

    def events(**order):
        found = module.incidents(cast.cast_columns(text, types, source.separator != ",", **order))
        return rule.mark(found, wanted, str(source.path)) if wanted else found

    found = _stage(con, engine, source, events(), path)
    slashes = {cast.DAY_FIRST, cast.MONTH_FIRST, cast.EITHER} & set(found)
    if len(set(found) - slashes) + bool(slashes) > 1 or {cast.DAY_FIRST, cast.MONTH_FIRST} <= slashes:
        raise tables.DataError(sorted(_mixed_days(source, text, found)))
    note = ""
    if cast.MONTH_FIRST in found or like:
        _stage(con, engine, source, events(month_first=True), path)
        why = f"as in {like}, since none tells" if like else "as some must be"
        note = f"{source.path}: days are read month first, {why}."
    elif found.keys() == {cast.EITHER}:
        note = f"{source.path}: no day tells whether {cast.EITHER} is day or month first; read as day first."
    if source.encoding == "cp1252":
        note = f"{note} {source.path}: not UTF-8; read as Windows-1252.".strip()
    return _Part(source, path, note, set(found))


def _stage(con, engine, source, rows, path):
    """Write the rows of a file, and say which forms its days have, each with a column that has it."""
    try:
        if engine is not con:
            types, parts = dict(rows.schema().items()), spark.write_rows(engine, rows, path.with_suffix(".rows"))
            rows = con.read_parquet(parts).cast(types)
        _copy(con, rows, path)
    except (duckdb.Error, *spark.ERRORS) as error:
        raise read.explain(source, error) from None
    found, part = {}, con.read_parquet(path)
    for style in (name for name in part.columns if name.startswith(cast.STYLE)):
        forms = part.select(style).distinct().to_pyarrow()[style].to_pylist()
        found |= {form: style.removeprefix(cast.STYLE) for form in forms if form}
    return found


def _mixed_days(source, text, found):
    """Faults of a file whose days have several forms: one of each."""
    for form, name in found.items():
        cell = text[name].strip()
        one = cell.name("cell").as_table().filter(cast.day_style(cell) == form)["cell"].min().to_pyarrow().as_py()
        line = read.find_lines(source, [(name, one)])[name, one]
        yield tables.Fault(str(source.path), line, name, one, "days of one form in a file; others are of another form")


# --- all files --------------------------------------------------------------------------------------------------------


def _number(rows):
    """Rows with their file and place in it as one number, by which the first of several is known."""
    n_file = rows["filename"].re_extract(r"(\d+)\.parquet$", 1).cast("int64")
    return rows.mutate(_place=n_file * 2**40 + rows["file_row_number"]).drop("filename", "file_row_number")


def _judge(rows):
    """Rows with the reason why they are dropped, if they are."""
    day = rows["date"]
    reason = ibis.cases(
        (rows["incident_id"].isnull(), _NO_ID),
        (day.isnull(), _NO_DAY),
        (~day.between(ibis.date(_FIRST_DAY), ibis.date(_LAST_DAY)), _NO_SUCH_DAY),
        else_=ibis.null("string"),
    )
    is_placed = rows["latitude"].notnull() & rows["longitude"].notnull()
    whole = {
        name: ibis.ifelse(is_placed, rows[name], ibis.null(rows[name].type())) for name in ("latitude", "longitude")
    }
    return rows.mutate(**whole, _dropped=reason)


def _choose_rule(command, rule_path, sites_path, keep_all):
    """The rule that was asked for; None where every event is kept."""
    if keep_all and (rule_path or sites_path):
        allowed = "either every event, or those that a rule finds at the sites"
        raise tables.DataError([tables.Fault(str(rule_path or sites_path), 1, "", "beside --keep all", allowed)])
    return None if keep_all else rule.read_rule(rule_path or gazetteer.RULES_DIR / f"{command}.toml", sites_path)


def _apply_rule(con, judged, wanted, source):
    """Rows with their sites, those dropped that the rule does not keep; and the rule in words."""
    if not wanted:
        return judged, [_NO_RULE]
    is_valid = judged["_dropped"].isnull()
    sites = rule.find_sites(judged.filter(is_valid & judged["_failed"].isnull()), wanted)
    if sites is not None:
        sites = con.create_table("sites", sites)  # few, and dear to find
        judged = judged.left_join(sites.mutate(_at_site=True), "_place").drop("_place_right")
        judged = judged.relocate(*(name for name in gazetteer.SITE_COLUMNS if name in sites.columns), after="date")
        is_elsewhere = judged["_failed"].isnull() & judged["_at_site"].isnull()
        judged = judged.mutate(_failed=ibis.ifelse(is_elsewhere, len(wanted.clauses), judged["_failed"]))
    valid = judged.filter(judged["_dropped"].isnull())
    counts = valid.group_by("_failed").aggregate(n=valid.count()).to_pyarrow().to_pylist()
    is_left_out = judged["_dropped"].isnull() & judged["_failed"].notnull()
    judged = judged.mutate(_dropped=ibis.ifelse(is_left_out, _BY_RULE, judged["_dropped"]))
    counts = {row["_failed"]: row["n"] for row in counts}
    return judged, rule.describe(wanted, counts, source, judged.columns)


def _first_of_each(con, events, path):
    """Of events with the same id the first, in the order of files and lines."""
    # Which are repeated is found beforehand and by itself, so that the sort of all texts has the memory for itself.
    first = events.group_by("incident_id").aggregate(n=events.count(), first=events["_place"].min())
    repeated = events.join(first.filter(first["n"] > 1), "incident_id")
    _copy(con, repeated.filter(repeated["_place"] > repeated["first"]).select("_place"), path)
    return events.anti_join(con.read_parquet(path), "_place")


def _count(judged, sources):
    """How many rows are dropped, by reason, and how many are kept; together they are those that were read."""
    rows = judged.group_by("_dropped").aggregate(n=judged.count(), n_ids=judged["incident_id"].nunique())
    found = {row["_dropped"]: row for row in rows.to_pyarrow().to_pylist()}
    valid = found.pop(None, {"n": 0, "n_ids": 0})
    counts = {reason: found[reason]["n"] for reason in (_NO_ID, _NO_DAY, _NO_SUCH_DAY, _BY_RULE) if reason in found}
    counts |= {_TWICE: valid["n"] - valid["n_ids"], _TAGS: sum(source.n_tags for source in sources)}
    return {reason: n for reason, n in counts.items() if n}, valid["n_ids"]


def _merge(events, module, kept):
    """Events merged into incidents where the rows of a source are reports, and how many rows that takes away."""
    if not hasattr(module, "group"):
        return events, 0
    merged = module.group(events)
    return merged, kept - merged.count().to_pyarrow().as_py()


def _sum_up(wanted, sources, counts, kept, n_merged=0):
    """The first sentences of a summary."""
    n_dropped = sum(counts.values())
    why = f" ({'; '.join(f'{reason}: {n:,}' for reason, n in counts.items())})" if counts else ""
    merged = f"merged into these: {n_merged:,}; " if n_merged else ""
    n_files = f"{len(sources)} file{'' if len(sources) == 1 else 's'}"
    return (
        f"Imported from {wanted.name}, {sources[0].vintage}, {n_files}. Rows read: {kept + n_merged + n_dropped:,}; "
        f"kept: {kept:,}; {merged}dropped: {n_dropped:,}{why}."
    )


def _unread_notes(rows, parts):
    """For each column, how many cells were not understood, and the first of them by file and line."""
    unread = rows.filter(rows["_unread"].notnull())
    found = unread.select("filename", "file_row_number", cell=unread["_unread"].split(cast.ROW).unnest())
    found = found.mutate(column=found["cell"].split(cast.CELL)[0])
    # A cell that holds the sign between two of them comes in parts.
    found = found.filter(found["column"].isin(sorted({name for part in parts for name in part.source.names if name})))
    counts = found.group_by("column").aggregate(n=found.count()).order_by("column").to_pyarrow().to_pylist()
    for count in counts:
        some = found.filter(found["column"] == count["column"]).group_by("filename", "cell")
        some = some.aggregate(first=ibis._["file_row_number"].min()).order_by("filename", "first", "cell")
        some = some.limit(_MOST_EXAMPLES).to_pyarrow().to_pylist()
        places = sorted(_places(some, parts))
        examples = "; ".join(f"{path}:{line}: {text!r}" for path, line, text in places)
        words = "cell was" if count["n"] == 1 else "cells were"
        yield f"{count['column']}: {count['n']:,} {words} not understood, and read as missing ({examples})."


def _places(found, parts):
    """Where cells stand that a temporary file names."""
    by_path = {str(part.path): part.source for part in parts}
    for name in sorted({cell["filename"] for cell in found}):
        source = by_path[name]
        wanted = [tuple(cell["cell"].split(cast.CELL, 1)) for cell in found if cell["filename"] == name]
        for (_, text), line in read.find_lines(source, wanted).items():
            yield str(source.path), line, text


def _is_nowhere(events):
    return (events["latitude"] == 0) & (events["longitude"] == 0)


def _is_swapped(rows):
    """Where a position is off the base map, is on it the other way round, and the row names a country of it."""
    west, south, east, north = geography.REGION
    lat, lon = rows["latitude"], rows["longitude"]
    is_right = lat.between(south, north) & lon.between(west, east)
    is_turned = lon.between(south, north) & lat.between(west, east)
    country = cast.optional(rows, "country", "string")
    return country.isin(geography.load_base_map()["name"].tolist()) & is_turned & ~is_right


def _true(events, remarks):
    """How often each expression is true."""
    if not remarks:
        return {}
    flags = {f"n{n}": expression.fill_null(False).cast("int64") for n, expression in enumerate(remarks.values())}
    found = events.select(**flags)  # some may be of no column, where a file lacks it
    sums = found.aggregate(**{name: found[name].sum() for name in flags})
    return dict(zip(remarks, sums.to_pyarrow().to_pylist()[0].values(), strict=True))


def _write(con, events, out, metadata):
    """Write incidents in the order of their days, with what was said of them in the file's metadata."""
    ordered = events.order_by("date", "incident_id").drop(*(name for name in events.columns if name.startswith("_")))
    quoted = ", ".join(f"'{key}': {_quote(value)}" for key, value in metadata.items())
    with files.replacing(out) as waiting:
        _copy(con, ordered, waiting, f", COMPRESSION zstd, KV_METADATA {{{quoted}}}")


def _copy(con, rows, path, options=""):
    """Have DuckDB write a table to a Parquet file."""
    options = f"FORMAT parquet, ROW_GROUP_SIZE {_ROWS}{options}"
    try:
        con.raw_sql(f"COPY ({con.compile(rows)}) TO {_quote(str(path))} ({options})")
    except duckdb.IOException as error:
        if "write" not in str(error):
            raise
        raise OSError(errno.ENOSPC, str(error).splitlines()[0].rsplit(": ", 1)[-1], str(path)) from None


def _quote(text):
    return "'" + text.replace("'", "''") + "'"
