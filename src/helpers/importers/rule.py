"""Which events are attacks on the sites: a rule of clauses, read from a small TOML, all of which an event must meet."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .. import tables
from . import gazetteer

_TESTS = ("any_of", "none_of", "contains", "lacks", "site")
_KEYS = {
    **dict.fromkeys(_TESTS[:4], ("name", "column", "or", *_TESTS)),
    "site": ("name", "site", "km", "names_in"),
}
_BETWEEN = " 0 "  # between the texts of two columns, so that no name reaches from one into the other


@dataclass(frozen=True)
class Rule:
    """Which events of a source are attacks on the sites.

    Attributes
    ----------
    path : Path
        Its file.
    clauses : tuple of dict
        In order, as the file has them, with lists where one text or several may stand, and ``line``. Only the last may
        ask for a site.
    note : str
        What the rule cannot know.
    sites : DataFrame or None
        As :func:`helpers.importers.gazetteer.read_sites` gives them, where a clause asks for a site.
    sites_path : path or None
        Whose, where they are one's own.
    """

    path: Path
    clauses: tuple[dict, ...]
    note: str = ""
    sites: pd.DataFrame | None = None
    sites_path: Path | None = None

    @property
    def groups(self) -> list[str]:
        """The two groups of sites of one's own; empty for the project's."""
        return self.sites["target"].unique().tolist() if self.sites_path else []


def read_rule(path: str | Path, sites_path: str | Path | None = None) -> Rule:
    """Read a rule and the sites that it asks for.

    Parameters
    ----------
    path : path
        A TOML file; docs/importing.md shows one. The defaults lie in ``importers/rules/``.
    sites_path : path, optional
        Sites of one's own; by default the project's.

    Returns
    -------
    Rule

    Raises
    ------
    DataError
        With every fault of the two files.

    Examples
    --------
    >>> read_rule(gazetteer.RULES_DIR / "acled.toml").clauses[-1]["name"]
    'at a site'
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
        found = tomllib.loads(text)
    except OSError as error:
        raise tables.DataError(
            [tables.Fault(str(path), 1, "", "not readable", f"a TOML file ({error.strerror})")]
        ) from None
    except ValueError as error:
        line = re.search(r"at line (\d+)", str(error))
        fault = tables.Fault(str(path), int(line[1]) if line else 1, "", str(error), "well-formed TOML in UTF-8")
        raise tables.DataError([fault]) from None
    if faults := [*_rule_faults(found, str(path), text)]:
        raise tables.DataError(faults)
    lines = _clause_lines(text, len(found["clause"]))
    clauses = tuple(_with_lists(clause) | {"line": line} for clause, line in zip(found["clause"], lines, strict=True))
    asks = "site" in clauses[-1]
    if sites_path is not None and not asks:
        fault = tables.Fault(
            str(path), lines[-1], "", "no site clause", "a last clause with site = true, to use --sites"
        )
        raise tables.DataError([fault])
    sites = gazetteer.read_sites(sites_path) if asks else None
    return Rule(path, clauses, found.get("note", ""), sites, Path(sites_path) if sites_path is not None else None)


def _clause_lines(text, n_clauses):
    """The lines at which clauses begin; the first for each, where they are written in another way."""
    lines = [n for n, line in enumerate(text.splitlines(), 1) if re.match(r"\s*\[\[\s*clause\s*\]\]", line)]
    return lines if len(lines) == n_clauses else [1] * n_clauses


def _with_lists(clause):
    several = ("column", "or", "names_in", *_TESTS[:4])
    return {key: [value] if key in several and isinstance(value, str) else value for key, value in clause.items()}


def _rule_faults(found, file, text):
    """Every fault of a rule that shows without the events."""
    for key in found.keys() - {"clause", "note"}:
        yield tables.Fault(file, 1, key, "unknown key", "note, or clauses that begin with [[clause]]")
    if not isinstance(found.get("note", ""), str):
        yield tables.Fault(file, 1, "note", repr(found["note"]), "text in quotes")
    clauses = found.get("clause")
    if not isinstance(clauses, list) or not clauses or not all(isinstance(clause, dict) for clause in clauses):
        yield tables.Fault(file, 1, "clause", "no clause", "at least one clause, which begins with [[clause]]")
        return
    for n, (clause, line) in enumerate(zip(clauses, _clause_lines(text, len(clauses)), strict=True)):
        for key, value, allowed in _clause_faults(clause, is_last=n == len(clauses) - 1):
            yield tables.Fault(file, line, ": ".join(filter(None, [_call(clause, n), key])), value, allowed)


def _call(clause, n):
    """What a clause is called in its faults."""
    name = clause.get("name")
    return name if isinstance(name, str) and name else f"clause {n + 1}"


def _clause_faults(clause, is_last):
    """Key, value and what is allowed, of the faults of one clause."""
    tests = [key for key in _TESTS if key in clause]
    if len(tests) != 1:
        yield "", " and ".join(tests) or "no test", f"one of {', '.join(_TESTS)}"
        return
    [test] = tests
    for key in clause.keys() - set(_KEYS[test]):
        yield (
            key,
            "unknown key",
            f"one of {', '.join(name for name in _KEYS[test] if name not in _TESTS or name == test)}",
        )
    if not isinstance(clause.get("name"), str) or not clause["name"].strip():
        yield "name", repr(clause.get("name", "missing")), "words in quotes, which are printed"
    for key in ("column", "or", "names_in", *_TESTS[:4]):
        values = [clause[key]] if isinstance(clause.get(key), str) else clause.get(key, ["-"])
        if not isinstance(values, list) or not values or not all(isinstance(v, str) and v.strip() for v in values):
            yield key, repr(clause[key]), "text in quotes, or a list of such texts"
        elif key in ("contains", "lacks") and key in clause:
            yield from _pattern_faults(key, values)
    if test != "site" and "column" not in clause:
        yield "column", "missing", "the name of a column, or a list of names"
    if test == "site":
        km = clause.get("km", 0)
        if clause["site"] is not True:
            yield "site", repr(clause["site"]), "true"
        if isinstance(km, bool) or not isinstance(km, int | float) or not 0 <= km < float("inf"):
            yield "km", repr(km), "a number of kilometres, 0 or more"
        if "km" not in clause and "names_in" not in clause:
            yield "km", "missing", "km, names_in, or both: near a site, or named"
        if not is_last:
            yield "site", "not the last clause", "a site clause that stands last, as it takes longest"


def _pattern_faults(key, values):
    """Faults of regular expressions, by the engine that the import uses as well."""
    for value in values:
        try:
            pc.match_substring_regex(pa.array([""]), value)
        except pa.ArrowInvalid as error:
            yield key, repr(value), f"a regular expression that RE2 reads ({str(error).rstrip('.')})"


def mark(events: ir.Table, rule: Rule, file: str) -> ir.Table:
    """Say of each event which clause it fails first, of those that look at columns alone.

    Parameters
    ----------
    events : Table
        With the columns of the incident schema, and the source's own.
    rule : Rule
    file : str
        What the file of the events is called in the error.

    Returns
    -------
    Table
        With ``_failed``, the place of that clause, from 1; missing where the event meets them all.

    Raises
    ------
    DataError
        For columns that the file lacks.

    Examples
    --------
    >>> events = ibis.memtable(pa.table({"actor1": ["Rebels", "Military Forces of the United States"]}))
    >>> clause = {"name": "not by the US", "column": ["actor1"], "lacks": ["united states"]}
    >>> mark(events, Rule(Path("mine.toml"), (clause,)), "acled.csv")["_failed"].to_pyarrow().to_pylist()
    [None, 1]
    """
    faults, failed = [], []
    own = [name for name in events.columns if not name.startswith("_")]
    for n, clause in enumerate(rule.clauses, 1):
        wanted = [*clause.get("column", clause.get("names_in", [])), *clause.get("or", [])]
        columns = _columns_of(clause, own)
        if wanted and not columns:
            value, allowed = f"no column {' or '.join(wanted)}", f"a column that {file} has: {', '.join(own)}"
            faults.append(tables.Fault(str(rule.path), clause.get("line", 1), clause["name"], value, allowed))
        elif "column" in clause:
            failed.append((~_meets([events[name] for name in columns], clause), n))
    if faults:
        raise tables.DataError(faults)
    none = ibis.null("int64")
    return events.mutate(_failed=ibis.cases(*failed, else_=none) if failed else none)


def _columns_of(clause, names):
    """The columns that a clause looks at, of those that a file has."""
    for key in ("column", "names_in", "or"):
        if found := [name.casefold() for name in clause.get(key, []) if name.casefold() in names]:
            return found
    return []


def _plain(cell):
    """A cell whose blanks are plain ones, which few cells need."""
    return ibis.ifelse(cell.re_search(r"[^\x{20}-\x{7e}]"), cell.re_replace(r"[\x{01}-\x{20}\p{Z}]+", " "), cell)


def _meets(columns, clause):
    """Which events meet a clause, by the cells of any of its columns; an empty cell holds nothing."""
    cells = [_plain(column.cast("string").fill_null("")) for column in columns]
    if values := clause.get("any_of") or clause.get("none_of"):
        plain = [value.strip().lower() for value in values]
        found = reduce(or_, (cell.strip().lower().isin(plain) for cell in cells))
    else:
        pattern = "|".join(f"(?:{value})" for value in clause.get("contains") or clause["lacks"])
        found = reduce(or_, (cell.re_search(f"(?i){pattern}") for cell in cells))
    return ~found if "none_of" in clause or "lacks" in clause else found


def find_sites(events: ir.Table, rule: Rule) -> ir.Table | None:
    """The events that meet the site clause, with their sites.

    Parameters
    ----------
    events : Table
        Those that meet the other clauses.
    rule : Rule

    Returns
    -------
    Table or None
        As :func:`helpers.importers.gazetteer.find_sites` gives it; None where the rule asks for no site.

    Examples
    --------
    >>> find_sites(ibis.memtable(pa.table({"_place": [0]})), Rule(Path("mine.toml"), ({"name": "all"},)))
    """
    if rule.sites is None:
        return None
    clause = rule.clauses[-1]
    texts = [events[name].cast("string").fill_null("") for name in _columns_of(clause, events.columns)]
    text = reduce(lambda one, other: one + _BETWEEN + other, texts or [ibis.literal("")])
    return gazetteer.find_sites(events, rule.sites, clause.get("km"), text)


def remarks(kept: ir.Table) -> dict[str, ir.BooleanValue]:
    """What is worth counting in the incidents that a rule has kept, in words.

    Parameters
    ----------
    kept : Table

    Returns
    -------
    dict of expressions
        True where it applies; none where no site was asked for.

    Examples
    --------
    >>> remarks(ibis.memtable(pa.table({"incident_id": ["IRQ1"]})))
    {}
    """
    if "placed_by" not in kept.columns:
        return {}
    return {
        "at a site by nearness alone, without its name": kept["placed_by"] == "distance",
        "target is missing, since sites of both groups are as likely": kept["target"].fill_null("") == "",
    }


def describe(rule: Rule, counts: dict[int | None, int], source: str, columns: Iterable[str]) -> list[str]:
    """The rule in words, with what each clause kept of what those before it had left.

    Parameters
    ----------
    rule : Rule
    counts : dict of int
        How many events fail each clause first, by its place; those that fail none under None.
    source : str
        What the source is called.
    columns : iterable of str
        What the files have.

    Returns
    -------
    list of str

    Examples
    --------
    >>> clauses = ({"name": "by rocket"}, {"name": "at a base"})
    >>> describe(Rule(Path("mine.toml"), clauses), {None: 1, 1: 60, 2: 9}, "ACLED", [])
    ['Rule mine.toml: by rocket: 10 of 70; at a base: 1.']
    """
    left, parts = sum(counts.values()), []
    total = f" of {left:,}"
    for n, clause in enumerate(rule.clauses, 1):
        left -= counts.get(n, 0)
        parts.append(f"{clause['name']}{_tell_columns(clause, columns)}: {left:,}{total if n == 1 else ''}")
    is_default = rule.path.parent == gazetteer.RULES_DIR
    title = f"Rule of {source}, the default" if is_default else f"Rule {rule.path.name}"
    sentences = [f"{title}: {'; '.join(parts)}."]
    if rule.sites is not None:
        sizes = ", ".join(f"{n} {group}" for group, n in rule.sites["target"].value_counts(sort=False).items())
        name = rule.sites_path.name if rule.sites_path else "sites.csv"
        sentences.append(f"Sites of {name}: {sizes}. A site that the text names comes before one that is near.")
    return [*sentences, *([rule.note] if rule.note else [])]


def _tell_columns(clause, names):
    """Which columns a clause did without, and which it took in their place."""
    wanted = [name.casefold() for name in [*clause.get("column", []), *clause.get("names_in", [])]]
    lacking, found = [name for name in wanted if name not in names], _columns_of(clause, names)
    if not lacking:
        return ""
    instead = f"; by {', '.join(found)}" if not set(found) & set(wanted) else ""
    return f" (without {', '.join(lacking)}{instead})"
