"""The codebook as data: reads ``schema/*.toml`` into tables, columns and closed lists.

Checks, typed loading and the written codebook all read these, so they cannot drift apart.
"""

import datetime
import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from numbers import Real
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, TypeVar

import pandas as pd
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    Strict,
    StrictBool,
    StrictInt,
    TypeAdapter,
    ValidationError,
)

SCHEMA_DIR = Path(__file__).with_name("schema")
DAY_FORMAT = "%Y-%m-%d"
MOST_OF_KIND = 20  # faults and warnings of one kind that are listed; the rest are counted
LONGEST = 200  # characters of a cell that a fault shows

COUNTS = ("launched", "hit", "intercepted", "killed", "injured")
US_TOLLS = ("us_killed", "us_injured")
TOLLS = ("killed", "injured", *US_TOLLS)

TABLES = (
    *("sources", "sites", "places", "reports", "incident_register"),
    *("distinct_pairs", "context_events", "search_log", "coverage", "tallies", "incidents"),
)

# Types that stand for several columns of whole numbers, and what each of these means.
SPANS = {
    "range": {"_min": "least number of {} by this source", "_max": "largest number of {} by this source"},
    "low_best_high": {
        "_low": "smallest number of {} among accounts",
        "_best": "number of {} that most independent accounts allow",
        "_high": "largest number of {} among accounts; empty beside a best is open upwards",
    },
}
# Types of text that follows a rule: the pattern, and how to say it.
RULES = {
    "identifier": (r"^[a-z0-9_\-]+$", "lower-case letters, digits, _ and -"),
    "incident_id": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}_[a-z0-9_]+$", "YYYY-MM-DD_site"),
    "month": (r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", "YYYY-MM"),
}
# What a type says of its column.
IMPLIED = {
    **{kind: {"type": "text", "pattern": pattern, "allowed": words} for kind, (pattern, words) in RULES.items()},
    "date": {"unit": "local date"},
    **{kind: {"type": "whole", "least": 0} for kind in ("whole", *SPANS)},
}
TYPES = ("text", "list", "date", "whole", "decimal", *RULES, *SPANS)
# What a column of these types must say of itself.
NEEDED = {"whole": ("unit",), "decimal": ("unit", "least", "most"), **dict.fromkeys(SPANS, ("unit",))}
# Values that the rules name, so that no list of a collection's own can do without them.
RULE_VALUES = {
    "agency": ("own", "unknown"),
    "clock": ("us",),
    "coverage": ("good", "thin", "saturated", "none"),
    "damage": ("unknown",),
    "date_basis": ("unclear",),
    "date_precision": ("day", "month"),
    "defence_active": ("yes", "unknown"),
    "inclusion": ("core",),
    "part_of_day": ("unknown",),
    "weapon": ("mixed", "unknown"),
}
# What is wanted, by the kind of pydantic's error.
WANTED = {
    **dict.fromkeys(("string_type", "string_too_short"), "text in quotes, not empty"),
    "list_type": "a list in brackets, separated by commas",
    **dict.fromkeys(("dict_type", "model_type"), "a section with keys"),
    "bool_type": "true or false",
    "int_type": "whole numbers without quotes",
    "date_type": "a date without quotes, as 2020-01-03",
    "is_instance_of": "a number without quotes",
    "literal_error": f"one of {', '.join(TYPES)}",
}

_collection = ContextVar("collection", default=None)  # the folder whose schema stands for the package's
_groups = ContextVar("groups", default=())  # those of a file, which stand for the schema's

T = TypeVar("T")
Text = Annotated[str, Field(min_length=1)]
# TOML has no null, so None stands for a key that is missing, and is refused as any other value of a wrong kind.
Needed = Annotated[T, Field(validate_default=True)]


class _Section(BaseModel):
    """What a section of a schema file holds; other keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(NamedTuple):
    """One fault of one cell, row or file.

    Attributes
    ----------
    file : str
    line : int
    column, value : str
        Empty where the fault is not of one column, or the cell is empty.
    allowed : str
    """

    file: str
    line: int
    column: str
    value: str
    allowed: str

    def __str__(self):
        column, value = (_shorten(text) for text in (self.column or "-", self.value or "empty"))
        # The rows of a Parquet file have no lines; they are counted from 1, and 0 stands for the whole file.
        rows = f": row {self.line}" if self.line else ""
        place = rows if self.file.lower().endswith("parquet") else f":{self.line}"
        return _printable(f"{self.file}{place}: {column}: {value}: {self.allowed}")


def _printable(text):
    """A text in one line, in which every character is seen: of a file, it may hold line breaks and direction marks."""
    return text if text.isprintable() else "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _shorten(text):
    """A text that is short enough for a line."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text):,} characters)"


class DataError(ValueError):
    """Tables that do not hold what the codebook allows; ``faults`` lists every fault, the text the first of a kind."""

    def __init__(self, faults: list[Fault]):
        self.faults = sorted(set(faults))
        shown, rest = first_of_kind(self.faults, _kind)
        more = [
            _printable(f"{file}: {_shorten(column or '-')}: {n:,} more: {words}")
            for (file, column, words), n in rest.items()
        ]
        super().__init__("\n".join([*map(str, shown), *more]))


def _kind(fault):
    """What makes faults one of a kind: file, column and what is allowed; faults of a header are not of one column."""
    return fault.file, fault.column if fault.line > 1 else "", fault.allowed


def first_of_kind(items: list[T], kind: Callable[[T], Hashable]) -> tuple[list[T], dict[Hashable, int]]:
    """Take at most twenty of each kind, so that one mistake in every row of a file does not hide all others.

    Parameters
    ----------
    items : list
    kind : callable
        From an item to what kind it is.

    Returns
    -------
    list
        The first of each kind, in their order.
    dict of int
        By kind that has more: how many.

    Examples
    --------
    >>> shown, rest = first_of_kind(list(range(30)), lambda number: number % 2)
    >>> len(shown), rest
    (30, {})
    >>> first_of_kind(list(range(44)), lambda number: number % 2)[1]
    {0: 2, 1: 2}
    """
    seen, shown = Counter(), []
    for item in items:
        seen[kind(item)] += 1
        if seen[kind(item)] <= MOST_OF_KIND:
            shown.append(item)
    return shown, {each: n - MOST_OF_KIND for each, n in seen.items() if n > MOST_OF_KIND}


class _ColumnEntry(_Section):
    """A column as its file has it."""

    type: Needed[Literal[TYPES]] = None
    description: Needed[Text] = None
    unit: Text = ""
    empty: Text = ""
    least: InstanceOf[Real] = -inf
    most: InstanceOf[Real] = inf
    pattern: Text = ""
    allowed: Text = ""
    required: StrictBool = True


class Column(_ColumnEntry):
    """One column of a table.

    Attributes
    ----------
    type, description, unit, empty, least, most, pattern, allowed, required
        As ``schema/reports.toml`` explains them.
    values : dict of str
        A closed list: definitions by value.
    """

    values: dict[str, str] = {}


class Table(_Section):
    """One table.

    Attributes
    ----------
    description, key, may_be_empty, optional, second_coding_may_lack
        As ``schema/reports.toml`` explains them.
    columns : dict of Column
        While a file is being read, the entries that stand for them.
    """

    description: Needed[Text] = None
    key: Needed[list[Text]] = None
    columns: Needed[dict[str, _ColumnEntry]] = None
    may_be_empty: StrictBool = False
    optional: StrictBool = False
    second_coding_may_lack: list[Text] = []


class _Group(_Section):
    """A group of site types, to be compared with another."""

    label: Needed[Text] = None
    plural: Needed[Text] = None
    definition: Needed[Text] = None
    site_types: Needed[list[Text]] = None


class _Licence(_Section):
    """The licence of a collection."""

    name: Needed[Text] = None
    path: Needed[Text] = None


class _Anchor(_Section):
    """The day whose anniversaries are tested, and what happened on it."""

    date: Needed[Annotated[datetime.date, Strict()]] = None
    event: Needed[Text] = None
    short: Text | None = None
    explored_until: Annotated[datetime.date, Strict()] | None = None
    planned: list[StrictInt] = []


class _Collection(_Section):
    """What a collection is, its groups of sites in order, and its anchor."""

    name: Needed[Text] = None
    title: Needed[Text] = None
    year: Annotated[int, Strict()] | None = None
    licence: Needed[_Licence] = None
    groups: Needed[dict[str, _Group]] = None
    anchor: Needed[_Anchor] = None
    by_rule: dict[str, Text] = {}


class _Words(_Section):
    """The words of the codebook around the tables."""

    introduction: Needed[Text] = None
    limits: Needed[list[Text]] = None
    edge_cases: Needed[list[Text]] = None
    base_map: Needed[Text] = None
    source_rows: Text | None = None  # a collection's own codebook may lack it
    conventions: Needed[dict[str, Text]] = None
    missing: Needed[dict[str, Text]] = None


@dataclass(frozen=True)
class Schema:
    """The whole codebook as data.

    Attributes
    ----------
    raw : dict of Table
        The hand-coded tables, by path below ``raw/`` without ``.csv``.
    incidents, imported : Table
        Incidents, and those in your own file (an id and a date are enough).
    lists : dict of dict
        Closed lists: definitions by value. ``target`` is made of the groups.
    words : _Words
    collection : _Collection
    """

    raw: dict[str, Table]
    incidents: Table
    imported: Table
    lists: dict[str, dict[str, str]]
    words: _Words
    collection: _Collection


# What each file holds, and its sections.
FILES = dict.fromkeys(TABLES, Table) | {
    "lists": dict[str, dict[str, Text]],
    "codebook": _Words,
    "collection": _Collection,
}
SECTIONS = {"columns": _ColumnEntry, "groups": _Group, "licence": _Licence, "anchor": _Anchor}


def load_schema(data_dir: str | Path | None = None) -> Schema:
    """The codebook as data: a collection's own, or the package's.

    Parameters
    ----------
    data_dir : path, optional
        Each file in its ``schema/`` replaces the package's file of the same name. By default the collection that
        :func:`use_schema` names, or the package's.

    Returns
    -------
    Schema
        Read once for as long as no file changes.

    Raises
    ------
    DataError
        With every fault of the files.

    Examples
    --------
    >>> reports = load_schema().raw["reports"]
    >>> reports.key, list(reports.columns["defence_active"].values)
    (['incident_id', 'source_id'], ['yes', 'no', 'unknown'])
    """
    asked, data_dir = data_dir, data_dir or _collection.get()
    own = Path(data_dir) / "schema" if data_dir else SCHEMA_DIR
    if os.path.lexists(own) and not own.is_dir():
        raise DataError([Fault(str(own), 1, "", "no folder", "a folder of .toml files, or nothing of this name")])
    paths = {name: SCHEMA_DIR / f"{name}.toml" for name in FILES} | {path.stem: path for path in own.glob("*.toml")}
    schema = _read_schema(tuple((name, path, _changed(path)) for name, path in sorted(paths.items())))
    return with_groups(schema, _groups.get()) if _groups.get() and not asked else schema


def package_schema() -> Schema:
    """The schema of the package, whatever collection is in use.

    Returns
    -------
    Schema

    Examples
    --------
    >>> list(package_schema().collection.groups)
    ['embassy', 'base']
    """
    return load_schema(SCHEMA_DIR.parent)


@contextmanager
def use_schema(data_dir: str | Path | None, groups: Iterable[str] = ()) -> Iterator[None]:
    """Let a collection's schema stand for the package's, so that its groups and lists are those of every result.

    Parameters
    ----------
    data_dir : path or None
        As for :func:`load_schema`.
    groups : iterable of str
        Those of a file, if it has some of its own.

    Yields
    ------
    None

    Examples
    --------
    >>> with use_schema("my_collection"):  # without a schema of its own
    ...     load_schema() is package_schema()
    True
    """
    before = _collection.set(data_dir), _groups.set(tuple(groups))
    try:
        yield
    finally:
        _collection.reset(before[0])
        _groups.reset(before[1])


def with_groups(schema: Schema, groups: Iterable[str]) -> Schema:
    """A schema whose incidents belong to other groups of sites.

    Parameters
    ----------
    schema : Schema
    groups : iterable of str

    Returns
    -------
    Schema
        No site type belongs to these groups.

    Examples
    --------
    >>> schema = with_groups(load_schema(), ["mosque", "market"])
    >>> list(schema.lists["target"]), schema.collection.groups["mosque"].plural
    (['mosque', 'market'], 'mosque sites')
    """
    words = {name: {"label": f"{name} sites".capitalize(), "plural": f"{name} sites"} for name in groups}
    listed = {name: f"a site of the group {name}" for name in words}
    groups = {name: _Group(**about, definition=listed[name], site_types=[name]) for name, about in words.items()}
    tables = {}
    for kind in ("incidents", "imported"):
        columns = getattr(schema, kind).columns
        target = columns["target"].model_copy(update={"values": listed})
        tables[kind] = _with_columns(getattr(schema, kind), columns | {"target": target})
    collection = schema.collection.model_copy(update={"groups": groups})
    return replace(schema, **tables, lists=schema.lists | {"target": listed}, collection=collection)


def _changed(path):
    """When a file was changed; never where it cannot be had, which its reader tells."""
    return path.stat().st_mtime_ns if path.exists() else 0


@lru_cache(maxsize=8)
def _read_schema(files):
    """The schema from (name, path, time of change) of each file."""
    parts, faults = {}, []
    for name, path, _ in files:
        try:
            parts[name] = _read_file(name, path)
        except KeyError:
            faults.append(Fault(str(path), 1, "", path.name, f"one of {', '.join(f'{file}.toml' for file in FILES)}"))
        except OSError as error:
            faults.append(Fault(str(path), 1, "", "not readable", f"a TOML file ({error.strerror})"))
        except ValidationError as error:
            faults += [_fault(path, *_shape_fault(name, found)) for found in error.errors()]
        except ValueError as error:
            line = re.search(r"at line (\d+)", str(error))
            faults.append(Fault(str(path), int(line[1]) if line else 1, "", str(error), "well-formed TOML in UTF-8"))
    if not faults:  # what a section means can be judged only once all have the right shape
        faults = [_fault(path, *found) for name, path, _ in files for found in _meaning_faults(name, parts)]
    if faults:
        raise DataError(faults)
    return _assemble(parts)


def _read_file(name, path):
    return TypeAdapter(FILES[name]).validate_python(tomllib.loads(path.read_text(encoding="utf-8")))


def _fault(path, place, value, wanted):
    """A fault of the key at a place, which is its sections and itself, with the line of the key or its section."""
    section, dotted, line, here = ".".join(place[:-1]), ".".join(place), 1, ""
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        here = text[1:].split("]")[0] if text.startswith("[") else here
        if here in (section, dotted) and re.match(rf'\[|"?{re.escape(place[-1])}"?\s*=', text):
            line = number
    return Fault(str(path), line, dotted, value, wanted)


def _shape_fault(name, error):
    """Place, value and what is wanted, from an error of pydantic; a part of a list stands at the list's key."""
    place = [part for part in error["loc"] if isinstance(part, str)]
    if error["type"] == "extra_forbidden":
        kind = SECTIONS[place[0]] if len(place) > 1 else FILES[name]
        return place, "unknown key", f"one of {', '.join(kind.model_fields)}"
    value = "missing" if error["input"] is None else repr(error["input"])
    return place, value, WANTED.get(error["type"], error["msg"])


def _meaning_faults(name, parts):
    """Place, value and what is wanted, of what has the right shape and still cannot be meant."""
    lists = _lists(parts)
    if name == "lists":
        for key, values in RULE_VALUES.items():
            for value in set(values) - set(lists.get(key, ())):
                yield (key, value), "missing", "this value, which a rule names, with its definition"
    elif name == "collection":
        yield from _group_faults(parts["collection"].groups, list(lists.get("site_type", ())))
        yield from _plan_faults(parts["collection"].anchor)
        for incident, judgement in parts["collection"].by_rule.items():
            if judgement not in lists.get("inclusion", ()):
                yield ("by_rule", incident), repr(judgement), f"one of {', '.join(lists.get('inclusion', ()))}"
    elif name in TABLES:
        yield from _table_faults(parts[name], _read_file(name, SCHEMA_DIR / f"{name}.toml").columns, lists)


def _plan_faults(anchor):
    """What a plan must leave unseen: its years come after the event, each once, and after what is explored."""
    until = anchor.explored_until
    if until and until <= anchor.date:
        yield ("anchor", "explored_until"), str(until), f"a day after the anchor, {anchor.date}"
    if anchor.planned and not until:
        yield ("anchor", "explored_until"), "missing", "the last day that had been looked at, as years are planned"
    earliest = max(anchor.date, until or anchor.date)
    wrong = [year for year in anchor.planned if not earliest < _day_of_year(anchor.date, year)]
    for year in [*wrong, *(set(anchor.planned) if len(set(anchor.planned)) < len(anchor.planned) else ())]:
        wanted = f"different years whose anniversary comes after {earliest}"
        yield ("anchor", "planned"), str(year), wanted
        break


def _day_of_year(day, year):
    """The anniversary of a day in another year; of 29 February the day before."""
    year = min(max(year, 1), 9999)
    return day.replace(year=year, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _group_faults(groups, kinds):
    members = [kind for group in groups.values() for kind in group.site_types]
    for name, group in groups.items():
        for kind in group.site_types:
            if kind not in kinds or members.count(kind) > 1:
                yield ("groups", name, "site_types"), repr(kind), f"one of {', '.join(kinds)}, each in one group"
    for kind in set(kinds) - set(members):
        yield ("groups",), f"no group has {kind!r}", "each site type of lists.toml in one group"


def _table_faults(table, package, lists):
    names = _columns(table.columns, lists)
    for key in ("key", "second_coding_may_lack"):
        for column in set(getattr(table, key)) - set(names):
            yield (key,), repr(column), f"one of {', '.join(names)}"
    for key, entry in package.items():
        found = repr(table.columns[key].type) if key in table.columns else "missing"
        if found != repr(entry.type):
            yield ("columns", key, "type"), found, f"{entry.type}, which the rules read"
    for name, entry in table.columns.items():
        if entry.type == "list" and name not in lists:
            yield ("columns", name, "type"), f"no list {name!r}", f"a list of lists.toml: {', '.join(lists)}"
        for key in NEEDED.get(entry.type, ()):
            if key not in entry.model_fields_set:
                yield ("columns", name, key), "missing", f"every column of type {entry.type} says its {key}"
        try:
            re.compile(entry.pattern)
        except re.error as error:
            yield ("columns", name, "pattern"), repr(entry.pattern), f"a regular expression ({error})"


def _lists(parts):
    """The closed lists, with the groups of sites as ``target``."""
    return parts["lists"] | {"target": {name: group.definition for name, group in parts["collection"].groups.items()}}


def _columns(entries, lists):
    """The columns that the entries of a table stand for, by name."""
    columns = {}
    for name, entry in entries.items():
        for end, meaning in SPANS.get(entry.type, {"": "{}"}).items():
            about = {
                "description": meaning.format(entry.description),
                "empty": entry.empty or ("not reported" if end else ""),
                "values": lists.get(name, {}) if entry.type == "list" else {},
            }
            columns[name + end] = Column.model_construct(**vars(entry) | IMPLIED.get(entry.type, {}) | about)
    return columns


def _assemble(parts):
    """The schema from the checked parts of its files."""
    lists = _lists(parts)
    tables = {name: _with_columns(parts[name], _columns(parts[name].columns, lists)) for name in TABLES}
    incidents = tables.pop("incidents")
    for name in ("sources", "reports", "search_log"):
        tables[f"second_coding/{name}"] = _relax(tables[name], tables[name].second_coding_may_lack)
    beside = incidents.columns.keys() - {"incident_id", "date"}
    # A file may do without inclusion, but a row without one beside others that have it would be left out unsaid.
    imported = _relax(_relax(incidents, beside), beside - {"inclusion"}, empty="not reported")
    return Schema(tables, incidents, imported, lists, parts["codebook"], parts["collection"])


def _with_columns(table, columns):
    return table.model_copy(update={"columns": columns})


def _relax(table, names, **change):
    """A table whose columns of these names may be absent."""
    relaxed = {key: table.columns[key].model_copy(update={"required": False, **change}) for key in names}
    return _with_columns(table, table.columns | relaxed)


def target(site_type: pd.Series, schema: Schema | None = None) -> pd.Series:
    """The group of each site type; missing where the site type is.

    Parameters
    ----------
    site_type : Series
    schema : Schema, optional
        The package's by default.

    Returns
    -------
    Series of str

    Examples
    --------
    >>> target(pd.Series(["base", "green_zone", None])).tolist()
    ['base', 'embassy', nan]
    """
    groups = (schema or load_schema()).collection.groups
    return site_type.astype("object").map({kind: name for name, group in groups.items() for kind in group.site_types})
