"""Two files of events compared: what is in both, what is in one alone, and how much of that chance would give."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from . import files, findings, load, tables
from .match import MatchError

CODED = "coded"
_REASONS = ("no partner", "outside the dates of the other", "no position or date")
_SENTENCES = ("answer", "chance", "partners", "left_out", "limits")


def write_matches(
    a: str,
    b: str,
    km: float = 25,
    days: float = 1,
    out: str | Path = "matches.csv",
    data_dir: str | Path | None = None,
    progress: Callable = print,
) -> None:
    """Match the events of two files, say what was found, and write the pairs and what is in one file alone.

    Parameters
    ----------
    a, b : str
        Files as :func:`helpers.load_incidents` reads them, or ``coded`` for the core incidents of the hand-coded
        tables.
    km, days : float
        As for :func:`helpers.match.match_events`.
    out : path
        CSV to write: ``id_a``, ``id_b``, ``km``, ``days`` and ``cost`` of pairs; ``only_in`` (``A`` or ``B``) and
        ``reason`` (``no partner``, ``outside the dates of the other`` or ``no position or date``) of the others.
    data_dir : path, optional
        The folder that holds ``raw/``; the repository's ``data/`` by default.
    progress : callable
        Called with each sentence.

    Raises
    ------
    MatchError
        For what cannot be matched, and where ``out`` is one of the files that are read, or no CSV.
    DataError
        With every fault of a file.

    Examples
    --------
    >>> write_matches("coded", "my_events.csv", out="matches.csv")  # doctest: +SKIP
    """
    out, data_dir = Path(out), Path(data_dir or tables.DATA_DIR)
    for name in (a, b):
        _check_output(out, name, data_dir / "raw")
    one, other = _read(a, data_dir), _read(b, data_dir)
    names = _call(a, b)
    try:
        facts = findings.matched(one, other, km, days, names)
    except MatchError as error:
        raise MatchError(f"{error} (A is {names[0]}, B is {names[1]})") from None
    found = facts.pop("found")
    table = _list_matches(found)
    files.write_files(out.parent, {out.name: files.csv_bytes(files.without_formulas(table))}, "python -m helpers match")
    for part in _SENTENCES:
        if told := findings.tell(facts, part):
            progress(told)
    for name, events in zip(names, (one, other), strict=True):
        for note in events.attrs.get("notes", []):
            if "swapped" in note:
                progress(f"warning: {name}: {note}")
    n_pairs = len(found.pairs)
    progress(f"{out}: {n_pairs} pair{'' if n_pairs == 1 else 's'}, {len(table) - n_pairs} in one alone")


def _list_matches(found):
    """The pairs as a table, and below them what is in one collection alone."""
    others = [
        {own: event, "only_in": which, "reason": reason}
        for own, which, groups in (
            ("id_a", "A", (found.only_a, found.outside_a, found.unusable_a)),
            ("id_b", "B", (found.only_b, found.outside_b, found.unusable_b)),
        )
        for reason, ids in zip(_REASONS, groups, strict=True)
        for event in ids
    ]
    columns = ["id_a", "id_b", "km", "days", "cost", "only_in", "reason"]
    pairs = files.rounded(found.pairs).to_dict("records")
    return pd.DataFrame([*pairs, *others], columns=columns, dtype="object")


def _check_output(out, name, raw_dir):
    """Refuse what is no CSV file, and to write over what is read."""
    if out.suffix.lower() != ".csv":
        raise MatchError(f"--out must be a name that ends in .csv, not {out}")
    is_read = raw_dir.resolve() in out.resolve().parents if name == CODED else out.resolve() == Path(name).resolve()
    if is_read:
        raise MatchError(f"--out {out} is one of the files that are read; give another name")


def _call(a, b):
    """What the two collections are called: files by their names, or by their paths where the names are the same."""
    if a == b:
        return _call(a, "")[0], f"{_call(a, '')[0]} (as B)"
    is_file = a != CODED != b
    short = [Path(name).name for name in (a, b)]
    names = (a, b) if is_file and short[0] == short[1] else short
    return tuple("the coded incidents" if name == CODED else name for name in names)


def _read(name, data_dir):
    """The incidents of a file, or the coded ones."""
    try:
        return load.load_incidents(dataset=None if name == CODED else name, data_dir=data_dir)
    except tables.DataError:
        raise
    except ValueError as error:
        raise MatchError(f"{name}: {error}") from None
