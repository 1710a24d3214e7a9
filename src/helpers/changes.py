"""What changed: the raw tables since a revision, with the incidents and findings that follow; or two event files.

What is told is Markdown that reads well as plain text. Every value stands as code, so that none is taken for markup.
"""

import io
import os
import re
import subprocess
from pathlib import Path

import duckdb
import ibis
import pandas as pd

from . import checks, files, incidents, load, schemas, tables
from .findings import NotAvailable, Results
from .importers import convert, layout, read

_OWN = layout.Layout("events of your own", {"incident_id": "id"}, ("incident_id",), {}, "")
# Tried in this order: a file of GDELT may come without names.
_LAYOUTS = sorted((module.LAYOUT for module in convert.SOURCES.values()), key=lambda one: bool(one.without_header))
_OF_SITES = ["site_name", "complex", "country"]  # columns of incidents that a row of sites.csv alone says
_ANSWERS = {"attacks_by_year": "span"} | dict.fromkeys(("anniversary", "embassy_vs_base", "coder_agreement"), "answer")
_N_EXAMPLES = 3  # of one column
_NEWER = "\x1fnewer"  # behind the name of a column, where both stand in one table; no name that is read ends so


class ChangesError(RuntimeError):
    """A revision that cannot be compared with: one line that says why."""


def compare_revision(revision: str = "HEAD", data_dir: str | Path | None = None, list_all: bool = False) -> list[str]:
    """Say what changed in the raw tables since a revision, and what follows for incidents and findings.

    Parameters
    ----------
    revision : str
        As git knows it.
    data_dir : path, optional
        The folder that holds ``raw/``; the repository's ``data/`` by default. Both states are read by its present
        codebook; columns that the older one lacks are empty there.
    list_all : bool
        Whether every row and incident is listed, and not the first of each kind.

    Returns
    -------
    list of str
        Lines of Markdown.

    Raises
    ------
    ChangesError
        Without git or a repository, and for a revision that is not there or has no tables.
    DataError
        With every fault of the present tables.

    Examples
    --------
    >>> compare_revision("HEAD~1")  # doctest: +SKIP
    """
    data_dir = Path(data_dir or tables.DATA_DIR)
    raw, schema = load.load_raw(data_dir), schemas.load_schema(data_dir)
    before, now = _files_at(revision, data_dir), _files_in(data_dir)
    rows = [*_rows(before, now, schema.raw, list_all)]
    beside = [*_other_files(before, now, schema.raw)]
    if not rows + beside:
        return [f"Nothing changed in the raw tables since {_code(revision)}."]
    lines = [f"# Changes since {_code(revision)}", "", *beside]
    if not rows:
        return [*lines, "", "No row changed, and so no incident and no finding."]
    if before.get("VERSION") and before["VERSION"] == now.get("VERSION"):
        lines.append(f"- VERSION: still {_code(tables.data_version(data_dir))}")
    lines += ["", "## Rows", "", *rows, ""]
    with files.temporary_folder() as folder:
        files.write_files(folder, _as_today(before, now, schema.raw))
        old, faults = checks.check_raw(Path(folder, "raw"))
        if faults:
            first = _code(str(faults[0]).replace(f"{folder}{os.sep}", ""))
            why = f"The older tables do not fit the present codebook (faults: {len(faults)}; the first is {first})"
            return [*lines, f"{why}, so incidents and findings cannot be compared."]
        states = [incidents.build_incidents(one, schema=schema) for one in (old, raw)]
        lines += ["## Incidents (counts as low/best/high)", "", *_incidents(*states, list_all)]
        return [*lines, "", "## Findings", "", *_findings(Results(data_dir=folder), Results(data_dir=data_dir))]


# --- two states of a folder -------------------------------------------------------------------------------------------


def _git(folder, *words):
    """What git prints, or why it cannot."""
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError:
        raise ChangesError("git is not installed, or not on the PATH; it knows the older tables") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ChangesError(f"{folder}: {said[0] if said else 'git knows no such revision'}")
    return done.stdout


def _files_at(revision, data_dir):
    """The tables of a revision and what lies beside them, by name."""
    _git(data_dir, "rev-parse", "--git-dir")
    try:
        words = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"]
        commit = _git(data_dir, *words).decode().strip()
    except ChangesError:
        raise ChangesError(
            f"no revision {revision!r} in the repository of {data_dir}; give one that git log shows, or two files"
        ) from None
    listed = _git(data_dir, "ls-tree", "-r", "-z", "--name-only", commit, "--", "raw", "schema", "VERSION").decode()
    names = [name for name in listed.split("\0") if name]
    if not any(name.endswith(".csv") for name in names):
        raise ChangesError(f"revision {revision!r} has no tables in {data_dir / 'raw'}")
    return {name: _git(data_dir, "cat-file", "blob", f"{commit}:./{name}") for name in names}


def _files_in(data_dir):
    """The same of the folder as it is."""
    paths = [path for part in ("raw/**/*", "schema/**/*", "VERSION") for path in sorted(data_dir.glob(part))]
    kept = {path.relative_to(data_dir).as_posix(): path for path in paths if path.is_file()}
    return {name: path.read_bytes() for name, path in kept.items() if "/." not in name}


def _text(content):
    """A table as text; none where it cannot be read."""
    try:
        rows = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False).fillna("")
    except ValueError:  # what pandas raises for bytes that are no table, and for letters that are no UTF-8
        return None
    return rows if isinstance(rows.index, pd.RangeIndex) else None  # rows longer than the header become labels


def _as_today(before, now, wanted):
    """The older tables with the present schema and, in each, the present columns."""
    contents = {name: content for name, content in now.items() if name.startswith("schema/")}
    for name, content in before.items():
        table = wanted.get(name.removeprefix("raw/").removesuffix(".csv"))
        rows = _text(content) if table else None
        if rows is not None and set(rows) != set(table.columns):
            kept = [
                column for column, about in table.columns.items() if column in rows or (about.required and about.empty)
            ]
            content = files.csv_bytes(rows.reindex(columns=kept))
        contents.setdefault(name, content)
    return contents


# --- what changed -----------------------------------------------------------------------------------------------------


def _code(value):
    """A value as Markdown shows it and does not read it."""
    text = " ".join(str(value).split())
    text = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    edge = " " if "`" in text else ""
    return f"{fence}{edge}{text}{edge}{fence}" if text else "empty"


def _other_files(before, now, wanted):
    """Files beside the tables that are not what they were, with the version in words."""
    coded = {f"raw/{name}.csv" for name in wanted}
    for name in sorted((before.keys() | now.keys()) - coded):
        old, new = before.get(name), now.get(name)
        if old != new:
            how = "is new" if old is None else "is gone" if new is None else "changed"
            if name == "VERSION" and old and new:
                how = f"{_code(old.decode(errors='replace'))} -> {_code(new.decode(errors='replace'))}"
            note = "; both states are read by the present one" if name.startswith("schema/") else ""
            yield f"- {_code(name)}: {how}{note}"


def _rows(before, now, wanted, list_all):
    """The rows of each table that were added, removed or changed."""
    for name, table in wanted.items():
        file = f"raw/{name}.csv"
        if before.get(file) == now.get(file):
            continue
        old, new = (_text(state[file]) if file in state else pd.DataFrame() for state in (before, now))
        if old is None or not set(table.key) <= set(old.columns if len(old.columns) else table.key):
            yield f"- `{name}.csv`: the older table cannot be read by {', '.join(table.key)}, and is not compared"
            continue
        for words, columns in (("lacks", new.columns.difference(old.columns)),
                               ("had", old.columns.difference(new.columns))):  # fmt: skip
            if len(columns) and len(old.columns) and len(new.columns):
                yield f"- `{name}.csv`: the older table {words} {', '.join(map(_code, columns))}"
        old, new = (_by_key(rows, table.key) for rows in (old, new))
        yield from _limited(_differences(old, new, f"`{name}.csv`, "), list_all)


def _by_key(rows, key):
    """Rows of text by their key; the first where it stands twice."""
    rows = rows if len(rows.columns) else pd.DataFrame(columns=key, dtype="str")
    rows = rows.set_axis(rows[key].agg(", ".join, axis=1) if len(rows) else [], axis=0).drop(columns=key)
    return rows[~rows.index.duplicated()]


def _differences(old, new, what="", words=("added", "removed")):
    """Lines for what stands in one frame of text alone, and for each row that differs, by kind."""
    kinds = {}
    for kind, rows, other in ((words[0], new, old), (words[1], old, new)):
        only = rows[~rows.index.isin(other.index)]
        kinds[kind] = [
            f"- {what}{kind} {_code(key)}: {'; '.join(f'{name} {_code(cell)}' for name, cell in row.items() if cell)}"
            for key, row in zip(only.index, only.to_dict("records"), strict=True)
        ]
    both, columns = old.index.intersection(new.index), list(new.columns)
    one, other = (rows.reindex(index=both, columns=columns, fill_value="") for rows in (old, new))
    differ = (one != other).to_numpy()
    kinds["changed"] = [
        f"- {what}changed {_code(key)}: "
        + "; ".join(
            f"{name} {_code(one.loc[key, name])} -> {_code(other.loc[key, name])}"
            for name, is_other in zip(columns, row, strict=True)
            if is_other
        )
        for key, row in zip(both, differ, strict=True)
        if row.any()
    ]
    return kinds


def _limited(kinds, list_all):
    """The lines of each kind, or the first of them with a count of the others."""
    for kind, lines in kinds.items():
        most = len(lines) if list_all else schemas.MOST_OF_KIND
        yield from lines[:most]
        if len(lines) > most:
            yield f"- and {len(lines) - most:,} more {kind}; --all lists them"


def _incidents(old, new, list_all):
    """The incidents that are new, gone or changed."""
    lines = [*_limited(_differences(*map(_incident_texts, (old, new)), words=("new", "gone")), list_all)]
    return lines or ["No incident changed."]


def _incident_texts(data):
    """Incidents as text by id, with one column a count."""
    rows = _text(files.csv_bytes(pd.DataFrame(data.drop(columns=["geometry", *_OF_SITES]))))
    for name in schemas.COUNTS:
        ends = [rows.pop(f"{name}_{end}") for end in ("low", "best", "high")]
        spans = pd.concat(ends, axis=1)
        rows[name] = spans.replace("", "?").agg("/".join, axis=1).where(spans.ne("").any(axis=1), "")
    return _by_key(rows, ["incident_id"])


def _findings(*results):
    """The headline findings that changed, as they are printed; of several sentences those that changed."""
    old, new = map(_headlines, results)
    lines = []
    for name in dict.fromkeys([*old, *new]):
        one, other = (re.split(r"(?<=\.) (?=[A-Z])", told.get(name, "not given")) for told in (old, new))
        gone, come = (
            " ".join(said for said in here if said not in there) for here, there in ((one, other), (other, one))
        )
        if gone or come:
            lines.append(f"- {name}: {gone or 'nothing'} -> {come or 'nothing'}")
    return lines or ["No headline finding changed, as printed."]


def _headlines(results):
    """The answers in words, and each row of the table of findings."""
    told = {f"in words ({name.replace('_', ' ')})": results.tell(name, part) for name, part in _ANSWERS.items()}
    table = results.summary
    if isinstance(table, NotAvailable):
        return told
    cells = table[["counts", "effect", "p_value"]].agg(lambda row: "; ".join(filter(None, row)), axis=1)
    return told | dict(zip(table["question"] + " " + table["measure"], cells, strict=True))


# --- two downloads ----------------------------------------------------------------------------------------------------


def compare_downloads(old: str, new: str, list_all: bool = False) -> list[str]:
    """Say which events of two downloads of one source are new, gone or revised, by the source's own id.

    Parameters
    ----------
    old, new : str
        Files of ACLED, UCDP, GTD or GDELT, or of your own with ``incident_id``; which of them is told by the columns.
        Cells are compared as text, without blanks around it.
    list_all : bool
        Whether every event and every revision is listed, and not the first of them.

    Returns
    -------
    list of str
        Lines of Markdown.

    Raises
    ------
    DataError
        Where a file cannot be read, or the two are of different sources.

    See Also
    --------
    helpers.compare_files.write_matches : two files of different sources, matched by place and time.

    Examples
    --------
    >>> compare_downloads("acled_may.csv", "acled_june.csv")  # doctest: +SKIP
    """
    with files.temporary_folder() as folder, convert.connect(folder) as con:
        (one, source), (other, later) = (_open(path, Path(folder, name)) for path, name in ((old, "old"), (new, "new")))
        if one is not other:
            raise _fault(new, f"a file of {other.name}", f"one of {one.name}, as {old}; match compares two sources")
        key = one.needed[0]
        staged = _stage(con, source, key, "old"), _stage(con, later, key, "new")
        return [f"# {one.name}: from {_code(old)} to {_code(new)}", "", *_revisions(con, *staged, key, list_all)]


def _open(path, folder):
    """A file as it is to be read, with the layout whose columns it has."""
    [found, *others] = read.find_files([path], Path())
    if others:
        raise _fault(path, f"{len(others) + 1} files", "one file; join the parts of a download first")
    for number, one in enumerate([*_LAYOUTS[:-1], _OWN, _LAYOUTS[-1]]):
        source = read.open_source(found, one, folder / str(number))
        if set(one.needed) <= set(source.names):
            if twice := sorted({name for name in source.names if name and source.names.count(name) > 1}):
                raise _fault(path, ", ".join(twice), "each column once, in whatever case; rename or remove the other")
            return one, source
    names = ", ".join(one.name for one in _LAYOUTS)
    shown = ", ".join(name for name in source.names if name)
    raise _fault(path, shown[: schemas.LONGEST], f"the columns of {names}, or incident_id of a file of your own")


def _fault(path, value, allowed):
    return tables.DataError([tables.Fault(str(path), 1, "", value, allowed)])


def _stage(con, source, key, name):
    """The events of a file as text, the first of each id, and how many rows that leaves out."""
    rows = read.read_text(con, source)
    rows = rows.select(**{column: rows[column].strip().nullif("") for column in source.names if column in rows.columns})
    try:
        events = con.create_table(name, rows.drop_null(key).distinct(on=key, keep="first"))
        return events, _number(rows.count()) - _number(events.count())
    except duckdb.Error as error:
        raise read.explain(source, error) from None


def _number(value):
    """What an expression comes to; 0 where there is no row to sum."""
    return value.to_pyarrow().as_py() or 0


def _revisions(con, before, now, key, list_all):
    """Events counted, then listed, then the revisions of each column."""
    (old, n_left_out), (new, n_others) = before, now
    shared = [name for name in old.columns if name in new.columns and name != key]
    both = old.select(key, *shared).inner_join(
        new.select(key, **{f"{name}{_NEWER}": new[name] for name in shared}), key
    )
    differs = [ibis.literal(False), *(~both[name].identical_to(both[f"{name}{_NEWER}"]) for name in shared)]
    revised = con.create_table("revised", both.filter(ibis.or_(*differs)))
    only = {"new": new.anti_join(old, key), "gone": old.anti_join(new, key)}
    n_new, n_gone = (_number(rows.count()) for rows in only.values())
    counts = f"{n_new:,} new, {n_gone:,} gone, {_number(revised.count()):,} revised"
    yield f"{_number(old.count()):,} events, now {_number(new.count()):,}: {counts}."
    for which, n, rows, other in (("older", n_left_out, old, new), ("newer", n_others, new, old)):
        if n:
            yield f"Rows of the {which} file without {key}, or with one that stands before, left out: {n:,}."
        if alone := [name for name in rows.columns if name not in other.columns]:
            yield f"Columns of the {which} file alone: {', '.join(map(_code, alone))}."
    yield ""
    for kind, rows in only.items():
        yield from _list_ids(kind, rows[key], list_all)
    yield from _list_revisions(revised, shared, key, list_all)


def _list_revisions(revised, names, key, list_all):
    """One line of revisions for each column that has some."""
    is_other = {name: ~revised[name].identical_to(revised[f"{name}{_NEWER}"]) for name in names}
    sums = {name: one.cast("int64").sum() for name, one in is_other.items()}
    for name, n in revised.aggregate(**sums).to_pyarrow().to_pylist()[0].items() if names else ():
        if n:
            pairs = revised.filter(is_other[name]).select(key, old=name, new=f"{name}{_NEWER}").order_by(key)
            shown = pairs.limit(None if list_all else _N_EXAMPLES).to_pyarrow().to_pylist()
            cells = (f"{_code(row[key])} {_code(row['old'] or '')} -> {_code(row['new'] or '')}" for row in shown)
            yield f"- {_code(name)}: {n:,} revised{', as' if len(shown) < n else ':'} {'; '.join(cells)}"


def _list_ids(kind, ids, list_all):
    """One line of events, where there are any."""
    most = None if list_all else schemas.MOST_OF_KIND
    n, shown = _number(ids.count()), ids.as_table().order_by(ids.get_name()).limit(most).to_pyarrow()[0].to_pylist()
    more = f" and {n - len(shown):,} more; --all lists them" if len(shown) < n else ""
    if n:
        yield f"- {kind}: {', '.join(map(_code, shown))}{more}"
