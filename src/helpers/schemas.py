"""The codebook as data: reads ``schema/*.toml`` into tables, columns and closed lists.

Checks, typed loading and the written codebook all read these, so they cannot drift apart.
"""

import re
import tomllib
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import NamedTuple

import pandas as pd

SCHEMA_DIR = Path(__file__).with_name("schema")
DAY_FORMAT = "%Y-%m-%d"

MUNITIONS = ("launched", "hit", "intercepted")
TOLLS = ("killed", "injured")
US_TOLLS = ("us_killed", "us_injured")
COUNTS = MUNITIONS + TOLLS

SECOND_CODING = ("sources", "reports", "search_log")
TABLES = ("sources", "sites", "places", "reports", "incident_register", "distinct_pairs", "context_events")
TABLES += ("search_log",)
FILES = (*TABLES, "incidents", "lists", "codebook", "collection")

# Text that follows a rule: the rule, and how to say so.
TEXT_FORMS = {
    "identifier": (r"^[a-z0-9_\-]+$", "lower-case letters, digits, _ and -"),
    "incident_id": (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}_[a-z0-9_]+$", "YYYY-MM-DD_site"),
    "month": (r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", "YYYY-MM"),
}
# Types that stand for several columns of whole numbers, and what each of these means.
SPANS = {
    "range": {"min": "least number of {} by this source", "max": "largest number of {} by this source"},
    "low_best_high": {
        "low": "smallest number of {} among accounts",
        "best": "number of {} that most independent accounts allow",
        "high": "largest number of {} among accounts; empty beside a best is open upwards",
    },
}
TYPES = ("text", "list", "date", "whole", "decimal", "point", *TEXT_FORMS, *SPANS)
# What a column of these types must say of itself.
NEEDED = {"whole": ("unit",), "decimal": ("unit", "least", "most"), **dict.fromkeys(SPANS, ("unit",))}
# Values that the rules name, so that no list of one's own can do without them.
RULE_VALUES = {
    "agency": ("own", "unknown"),
    "clock": ("us",),
    "damage": ("unknown",),
    "date_basis": ("unclear",),
    "date_precision": ("day", "month"),
    "defence_active": ("yes", "unknown"),
    "inclusion": ("core",),
    "part_of_day": ("unknown",),
    "weapon": ("mixed", "unknown"),
}
KIND_WORDS = {
    str: "text in quotes, not empty",
    list: "texts in brackets, separated by commas",
    dict: "a section with keys",
    bool: "true or false",
    date: "a date without quotes, as 2020-01-03",
    int | float: "a number without quotes",
}


class Fault(NamedTuple):
    """One fault of one cell, row or file.

    Attributes
    ----------
    file : str
    line : int
    column, value : str
        Empty where the fault is not of one column, or the cell is empty.
    allowed : str
        What would be right, in words.
    """

    file: str
    line: int
    column: str
    value: str
    allowed: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.column or '-'}: {self.value or 'empty'}: {self.allowed}"


class DataError(ValueError):
    """Tables that do not hold what the codebook allows; ``faults`` lists every fault."""

    def __init__(self, faults: list[Fault]):
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    type, description, unit, least, most, pattern, allowed, required
        As ``schema/reports.toml`` explains them.
    empty : str
        The kind of missing that an empty cell is; without it no cell may be empty.
    name : str
    values : dict of str
        A closed list: definitions by value.
    """

    type: str
    description: str
    unit: str = ""
    empty: str = ""
    least: int | float = -inf
    most: int | float = inf
    pattern: str = ""
    allowed: str = ""
    required: bool = True
    name: str = ""
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    description, key, may_be_empty, second_coding_may_lack
        As ``schema/reports.toml`` explains them.
    columns : dict of Column
    strict : bool
        Whether columns that it does not name are faults.
    """

    description: str
    key: list
    columns: dict[str, Column]
    may_be_empty: bool = False
    second_coding_may_lack: list = field(default_factory=list)
    strict: bool = True


@dataclass(frozen=True)
class _Group:
    """A group of site types, to be compared with another."""

    label: str
    plural: str
    definition: str
    site_types: list


@dataclass(frozen=True)
class _Licence:
    """The licence of a collection."""

    name: str
    path: str


@dataclass(frozen=True)
class _Anchor:
    """The day whose anniversaries are tested, and what happened on it."""

    date: date
    event: str


@dataclass(frozen=True)
class _Collection:
    """What a collection is, its groups of sites in order, and its anchor."""

    name: str
    title: str
    licence: _Licence
    groups: dict[str, _Group]
    anchor: _Anchor


@dataclass(frozen=True)
class _Words:
    """The words of the codebook around the tables."""

    introduction: str
    limits: list
    edge_cases: list
    base_map: str
    conventions: dict[str, str]
    missing: dict[str, str]


@dataclass(frozen=True)
class Schema:
    """The whole codebook as data.

    Attributes
    ----------
    raw : dict of Table
        The hand-coded tables, by path below ``raw/`` without ``.csv``.
    incidents, processed, imported : Table
        Incidents in memory, in ``incidents.csv``, and in a file of one's own (an id and a date are enough).
    lists : dict of dict
        Closed lists: definitions by value. ``target`` is made of the groups.
    words : _Words
    collection : _Collection
    """

    raw: dict[str, Table]
    incidents: Table
    processed: Table
    imported: Table
    lists: dict[str, dict[str, str]]
    words: _Words
    collection: _Collection


# What the sections of a file hold, by key; those of SEVERAL have sections of their own, those of None any text.
SEVERAL = {"columns": Column, "groups": _Group}
SINGLE = {"licence": _Licence, "anchor": _Anchor, "conventions": None, "missing": None}
DERIVED = ("name", "values", "strict")  # what the files do not say of columns and tables


def load_schema(data_dir: str | Path | None = None) -> Schema:
    """The codebook as data: a collection's own, or the package's.

    Parameters
    ----------
    data_dir : path, optional
        The folder of a collection. Each file in its ``schema/`` replaces the package's file of the same name.

    Returns
    -------
    Schema
        Read once for as long as no file changes.

    Raises
    ------
    DataError
        With every fault of the files: an unknown key or type, a column without description, a list that is not there.

    Examples
    --------
    >>> reports = load_schema().raw["reports"]
    >>> reports.key, list(reports.columns["defence_active"].values)
    (['incident_id', 'source_id'], ['yes', 'no', 'unknown'])
    """
    own = Path(data_dir) / "schema" if data_dir else SCHEMA_DIR
    paths = {name: SCHEMA_DIR / f"{name}.toml" for name in FILES} | {path.stem: path for path in own.glob("*.toml")}
    return _read_schema(tuple((name, path, path.stat().st_mtime_ns) for name, path in sorted(paths.items())))


@lru_cache(maxsize=8)
def _read_schema(files):
    """The schema from (name, path, time of change) of each file."""
    texts, contents, faults = {}, {}, []
    for name, path, _ in files:
        try:
            texts[name] = path.read_text(encoding="utf-8")
            contents[name] = tomllib.loads(texts[name])
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            line = re.search(r"at line (\d+)", str(error))
            faults.append(Fault(str(path), int(line[1]) if line else 1, "", str(error), "well-formed TOML in UTF-8"))
    for check in (_shape_faults, _meaning_faults):
        if not faults:  # what a section means can be judged only once it has the right shape
            faults = [
                Fault(str(path), _line_of(texts[name], section, key), f"{section}.{key}".strip("."), value, words)
                for name, path, _ in files
                for section, key, value, words in check(name, contents)
            ]
    if faults:
        raise DataError(faults)
    return _assemble(contents)


def _line_of(text, section, key):
    """The line of a key in a section, or of the section where the key is missing."""
    lines = text.splitlines()
    start = lines.index(f"[{section}]") if f"[{section}]" in lines else -1
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if re.match(rf'"?{re.escape(key)}"?\s*=', line):
            return number
        if line.startswith("["):
            break
    return max(start + 1, 1)


def _shape_faults(name, contents):
    """Unknown files and keys, keys that are missing, and values of the wrong kind."""
    if name not in FILES:
        yield "", "", f"{name}.toml", f"one of {', '.join(f'{file}.toml' for file in FILES)}"
        return
    for section, content, kind in _sections(name, contents[name]):
        if not isinstance(content, dict):
            yield section, "", repr(content), KIND_WORDS[dict]
            continue
        shape, needed = _shape(kind) if kind else (dict.fromkeys(content, str), ())
        for key in needed:
            if key not in content:
                yield section, key, "missing", KIND_WORDS.get(shape[key], KIND_WORDS[dict])
        for key, value in content.items():
            expected = shape.get(key)
            if key not in shape:
                yield section, key, "unknown key", f"one of {', '.join(shape)}"
            elif expected in KIND_WORDS and (
                not isinstance(value, expected)
                or value == ""
                or (expected is list and not all(isinstance(part, str) for part in value))
            ):
                yield section, key, repr(value), KIND_WORDS[expected]


def _sections(name, content):
    """The sections of a file: path, content, and what each should hold."""
    if name == "lists":
        return [(key, part, None) for key, part in content.items()]
    sections = [("", content, {"codebook": _Words, "collection": _Collection}.get(name, Table))]
    for key, part in content.items():
        if key in SEVERAL and isinstance(part, dict):
            sections += [(f"{key}.{inner}", entry, SEVERAL[key]) for inner, entry in part.items()]
        elif key in SEVERAL or key in SINGLE:
            sections.append((key, part, SINGLE.get(key)))
    return sections


def _shape(kind):
    """The keys of a section that becomes a dataclass, with their types, and those that it must have."""
    own = [entry for entry in fields(kind) if kind not in (Column, Table) or entry.name not in DERIVED]
    needed = [entry.name for entry in own if entry.default is MISSING and entry.default_factory is MISSING]
    return {entry.name: entry.type for entry in own}, needed


def _meaning_faults(name, contents):
    """What has the right shape and still cannot be meant."""
    lists = _lists(contents)
    if name == "lists":
        for key, values in RULE_VALUES.items():
            for value in set(values) - set(lists.get(key, ())):
                yield key, value, "missing", "this value, which a rule names, with its definition"
    elif name == "collection":
        yield from _group_faults(contents["collection"]["groups"], list(contents["lists"].get("site_type", ())))
    elif name != "codebook":
        table, columns = contents[name], contents[name]["columns"]
        names = _columns(columns, lists)
        for key in ("key", "second_coding_may_lack"):
            for column in set(table.get(key, ())) - set(names):
                yield "", key, repr(column), f"one of {', '.join(names)}"
        package = tomllib.loads((SCHEMA_DIR / f"{name}.toml").read_text(encoding="utf-8"))["columns"]
        for key, entry in package.items():
            if columns.get(key, entry)["type"] != entry["type"] or key not in columns:
                found = repr(columns[key]["type"]) if key in columns else "missing"
                yield f"columns.{key}", "type", found, f"{entry['type']}, which the rules read"
        for key, entry in columns.items():
            for place, value, words in _column_faults(key, entry, lists):
                yield f"columns.{key}", place, value, words


def _group_faults(groups, kinds):
    members = [kind for group in groups.values() for kind in group["site_types"]]
    for name, group in groups.items():
        for kind in group["site_types"]:
            if kind not in kinds or members.count(kind) > 1:
                yield f"groups.{name}", "site_types", repr(kind), f"one of {', '.join(kinds)}, each in one group"
    for kind in set(kinds) - set(members):
        yield "groups", "", f"no group has {kind!r}", "each site type of lists.toml in one group"


def _column_faults(name, entry, lists):
    kind = entry["type"]
    if kind not in TYPES:
        yield "type", repr(kind), f"one of {', '.join(TYPES)}"
    if kind == "list" and name not in lists:
        yield "type", f"no list {name!r}", f"a list of lists.toml: {', '.join(lists)}"
    for key in set(NEEDED.get(kind, ())) - set(entry):
        yield key, "missing", f"every column of type {kind} says its {key}"
    try:
        re.compile(entry.get("pattern", ""))
    except re.error as error:
        yield "pattern", repr(entry["pattern"]), f"a regular expression ({error})"


def _lists(contents):
    """The closed lists, with the groups of sites as ``target``."""
    groups = contents["collection"]["groups"]
    return contents["lists"] | {"target": {name: group["definition"] for name, group in groups.items()}}


def _columns(sections, lists):
    """The columns that the sections of a table stand for, by name."""
    columns = {}
    for name, entry in sections.items():
        column = Column(**entry, name=name)
        if column.type in TEXT_FORMS:
            pattern, allowed = TEXT_FORMS[column.type]
            column = replace(column, type="text", pattern=pattern, allowed=allowed)
        elif column.type == "list":
            column = replace(column, values=lists.get(name, {}))
        elif column.type == "date":
            column = replace(column, unit="local date")
        elif column.type in ("whole", *SPANS):
            column = replace(column, type="whole", least=0)
        ends = SPANS.get(entry["type"], {})
        for end, meaning in ends.items():
            words, empty = meaning.format(column.description), column.empty or "not reported"
            columns[f"{name}_{end}"] = replace(column, name=f"{name}_{end}", description=words, empty=empty)
        if not ends:
            columns[name] = column
    return columns


def _assemble(contents):
    """The schema from the checked contents of its files."""
    lists, collection = _lists(contents), contents["collection"]
    tables = {
        name: Table(**contents[name] | {"columns": _columns(contents[name]["columns"], lists)})
        for name in (*TABLES, "incidents")
    }
    second = {
        f"second_coding/{name}": _relax(tables[name], tables[name].second_coding_may_lack) for name in SECOND_CODING
    }
    incidents = tables.pop("incidents")
    optional = _relax(incidents, incidents.columns.keys() - {"incident_id", "date"})
    imported = {
        key: replace(column, empty=column.empty or ("" if column.required else "not reported"))
        for key, column in optional.columns.items()
    }
    return Schema(
        raw=tables | second,
        incidents=_without(incidents, "latitude", "longitude"),
        processed=_without(incidents, "geometry"),
        imported=replace(optional, columns=imported, strict=False),
        lists=lists,
        words=_Words(**contents["codebook"]),
        collection=_Collection(
            **collection
            | {
                "licence": _Licence(**collection["licence"]),
                "groups": {name: _Group(**group) for name, group in collection["groups"].items()},
                "anchor": _Anchor(**collection["anchor"]),
            }
        ),
    )


def _relax(table, names):
    """A table in which some columns may be absent."""
    columns = {
        key: replace(column, required=column.required and key not in names) for key, column in table.columns.items()
    }
    return replace(table, columns=columns)


def _without(table, *names):
    return replace(table, columns={key: column for key, column in table.columns.items() if key not in names})


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
