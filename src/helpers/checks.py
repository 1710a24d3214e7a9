"""Every fault across tables and every warning, for raw tables and your own files alike.

What tables say of one another and cannot be true is a fault; what is worth a look is a warning. What the columns of
one table say of one another is one list of rules for every table, ``RULES``.
"""

import os
from collections.abc import Callable, Iterable
from itertools import combinations, permutations
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import is_datetime64_dtype, is_numeric_dtype

from . import geography, incidents, schemas, tables
from .tables import Fault, cell_faults

OPTIONAL_FILES = {geography.BASE_MAP.name: "base map", "second_coding": "second coding"}
# Columns whose values may only rise from left to right.
RISING = [["date_low", "date", "date_high"]]
RISING += [[count + end for end in ends] for count in schemas.COUNTS for ends in schemas.SPANS.values()]
COUNTS = {column for columns in RISING[1:] for column in columns} | set(schemas.US_TOLLS)
MOST_DAYS_FROM_ID = 3  # a coder's day may be that of another account, and clocks differ
MOST_DAYS_AHEAD = 1  # by which a day may follow its own publication: the clocks of the world
LEAST_DAYS_LATE = 365  # a day of the right month and the wrong year is this far from its publication
LONG_GAP, MOST_GAPS = 366, 20  # days; a gap over a year, and over so many of the usual ones, is doubtful
LONGEST_GAP = 3653  # days; ten years, which no collection leaves between two of its days
MOST_KM_APART = 1  # by which the positions of one site may differ
_MOST_EXAMPLES = 3  # of a kind of warning, where one line sums it up
BORDER_KM = 5  # by which a simplified border, and a position of unknown precision, may be off


def check_raw(
    raw_dir: str | Path, contents: dict[str, bytes] | None = None
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Read and check every raw table, the base map and ``VERSION``, each by itself and all against each other.

    Parameters
    ----------
    raw_dir : path
        ``second_coding/`` and the base map may be absent. A folder ``schema/`` beside it says what tables should hold.
    contents : dict of bytes, optional
        By name of a table: what is read in place of what its file holds, so that a change is checked before it is made.

    Returns
    -------
    dict of DataFrame
        By name, indexed by line number.
    list of Fault
        Sorted. Files are named below ``raw_dir`` as it was given.

    Raises
    ------
    DataError
        With every fault of the schema.

    Examples
    --------
    >>> raw, faults = check_raw("my_collection/raw")
    >>> str(faults[0])
    'my_collection/raw:1: -: no folder: the folder of the raw tables, such as data/raw'
    """
    raw_dir = Path(raw_dir)
    if not raw_dir.is_dir():
        found = "no folder" if not os.path.lexists(raw_dir) else "a file" if raw_dir.is_file() else "a broken link"
        return {}, [Fault(str(raw_dir), 1, "", found, "the folder of the raw tables, such as data/raw")]
    schema = _schema_beside(raw_dir).raw
    raw, faults = {}, []
    for name, table in schema.items():
        path = raw_dir / f"{name}.csv"
        wanted = path.parent == raw_dir and not table.optional
        if wanted or os.path.lexists(path if table.optional else path.parent):
            raw[name], found = tables.read_table(path, table, name, (contents or {}).get(name))
            faults += found
    readable = {name: table for name, table in raw.items() if set(schema[name].columns) <= set(table)}
    # An id or month that a table with unreadable rows or keys lacks may stand in one of those.
    spoilt = {f.file for f in faults if not f.column or set(f.column.split(", ")) & set(schema[f.file].key)}
    faults += _cross_faults(readable, set(readable) - spoilt)
    once = {fault[:3]: fault for fault in reversed(faults)}.values()
    beside = geography.base_map_faults(raw_dir / geography.BASE_MAP.name)
    beside += tables.read_version(Path(os.path.normpath(raw_dir / ".." / "VERSION")))[1]
    return raw, sorted(_in_folder(once, raw_dir) + beside)


def _schema_beside(raw_dir):
    return schemas.load_schema(os.path.dirname(os.path.realpath(raw_dir)))


def _cross_faults(raw, complete):
    """What one table, or one column, says of another and cannot be true; ``complete`` tables have all their keys."""
    for name, table in raw.items():
        yield from check_rows(table, name, hand_coded=True)
        if "date_basis" in table:
            yield from _silent_days(table, name)
    if "context_events" in raw:
        yield from _imprecise_days(raw["context_events"])
    if "distinct_pairs" in raw:
        pairs = raw["distinct_pairs"]
        itself = pairs["other_id"][pairs["incident_id"] == pairs["other_id"]]
        yield from cell_faults(itself, "distinct_pairs", "an incident other than incident_id")
    yield from _unresolved(raw, complete)
    if "search_log" in complete:
        yield from _outside_window(raw)
        if "coverage" in complete:
            yield from _uncovered_months(raw["search_log"]["month"], raw["coverage"]["month"])


def _silent_days(reports, name):
    """Days that are missing although the source is said to give one."""
    silent = reports["event_date"].isna() & (reports["date_basis"] != "unclear")
    for basis, rows in reports[silent].groupby("date_basis", observed=True):
        yield from cell_faults(rows["event_date"], name, f"a date, as date_basis is {basis}")


def _imprecise_days(events):
    """Dates whose form is not the one that date_precision says."""
    for precision, form, words in [("day", schemas.DAY_FORMAT, "YYYY-MM-DD"), ("month", "%Y-%m", "YYYY-MM")]:
        dates = events["date"][events["date_precision"] == precision].dropna()
        wrong = dates[pd.to_datetime(dates, format=form, errors="coerce").isna()]
        yield from cell_faults(wrong, "context_events", f"{words}, as date_precision says")


def _unresolved(raw, complete):
    """Ids that no row of the table they refer to has."""
    for referring, column, targets, key in tables.REFERENCES:
        if complete.issuperset(targets):
            known = pd.concat([raw[target][key] for target in targets])
            files = " or ".join(f"{target}.csv" for target in targets)
            for table in raw.keys() & set(referring):
                ids = raw[table][column].dropna()
                yield from cell_faults(ids[~ids.isin(known)], table, f"an id that stands as {key} in {files}")


def _outside_window(raw):
    """Gaps between the months of the search log or, if there is none, days outside them."""
    months = pd.PeriodIndex(raw["search_log"]["month"], freq="M")
    alone = raw["search_log"]["month"][(months != months.min()) & ~(months - 1).isin(months)]
    yield from cell_faults(alone, "search_log", "a month that follows another; months leave no gap")
    if len(alone):
        return
    first, last = tables.coded_window(raw["search_log"])
    # The ids of the first coding's reports are those of the register, and judged there.
    dated = [("reports", "event_date"), ("incident_register", "incident_id")]
    dated += [("second_coding/reports", column) for column in ("incident_id", "event_date")]
    for table, column in dated:
        if table in raw:
            cells = raw[table][column].dropna()
            days = tables.coder_days(cells) if column == "incident_id" else cells
            allowed = f"a date from {first.date()} to {last.date()}, the window of search_log.csv"
            yield from cell_faults(cells[~days.between(first, last)], table, allowed)


def _uncovered_months(searched, covered):
    """Months that were searched and have no coverage, and months that have one and were not searched."""
    strange = covered[~covered.isin(searched)].dropna()
    yield from cell_faults(strange, "coverage", "a month that stands in search_log.csv")
    for month in sorted(set(searched.dropna()) - set(covered)):
        yield Fault("coverage", 1, "month", f"no row for {month}", "one row for each month of search_log.csv")


# --- what the columns of one table say of one another ---------------------------------------------------------------
# A rule takes a typed frame, of which any column may be absent, and yields a fault for each cell, without a file.


def _exceeding(table, low, high, between=()):
    """Values of one column above those of another, where the columns between them say nothing."""
    if {low, high} <= set(table):
        above = (table[low] > table[high]).fillna(False)
        for column in set(between) & set(table):
            above &= table[column].isna()
        for line in table.index[above]:
            least, most = (str(value).removesuffix(" 00:00:00") for value in table.loc[line, [low, high]])
            yield Fault("", line, low, f"{least} ({high} {most})", f"at most {high}")


def _disordered(table):
    """Least above most, in all pairs."""
    for columns in RISING:
        for low, high in combinations(columns, 2):
            yield from _exceeding(table, low, high, columns[columns.index(low) + 1 : columns.index(high)])


def _negative(table):
    for column in sorted(COUNTS & set(table)):
        if is_numeric_dtype(table[column].dtype):
            yield from cell_faults(table[column][(table[column] < 0).fillna(False)], "", "0 or more")


def _half_points(table):
    if {"latitude", "longitude"} <= set(table):
        for column, other in permutations(["latitude", "longitude"]):
            half = table[column][table[column].isna() & table[other].notna()]
            yield from cell_faults(half, "", "both latitude and longitude, or neither")


def _more_americans(table):
    """More Americans than people; where no column holds the most, against the best number."""
    for americans in schemas.US_TOLLS:
        total = americans.removeprefix("us_")
        most = next((column for end in ("max", "high", "best") if (column := f"{total}_{end}") in table), "")
        yield from _exceeding(table, americans, most)


def _days(table):
    """The column of the days, and the first and last day that each row allows; nothing where there is none."""
    column = next((name for name in ("event_date", "date") if name in table), "")
    if {column, "date_precision", "clock"} <= set(table):
        ranges = tables.with_date_range(table)
        return column, ranges["date_low"], ranges["date_high"]
    return (column, table[column], table[column]) if _is_dated(table, column) else None


def _is_dated(table, column):
    return column in table and is_datetime64_dtype(table[column].dtype)


def _beside(table, column, other, rows, allowed):
    """Faults of days, each with the value of the column that contradicts it."""
    for line, day, value in table.loc[rows, [column, other]].astype("str").itertuples():
        yield Fault("", line, column, f"{day} ({other} {value})", allowed)


def _far_from_id(table):
    """Days far from the one that an id begins with; the id of an event may begin with a month."""
    for key, form in [("incident_id", r"^(\d{4}-\d{2}-\d{2})(?!\d)"), ("event_id", r"^(\d{4}-\d{2}(?:-\d{2})?)(?!\d)")]:
        if key in table and (found := _days(table)):
            column, low, high = found
            text = table[key].astype("str").str.extract(form, expand=False)
            first = pd.to_datetime(text, format="ISO8601", errors="coerce")
            last = first.where(text.str.len() > 7, first + pd.offsets.MonthEnd(0))
            gap = np.maximum((low - last).dt.days, (first - high).dt.days)
            allowed = f"at most {MOST_DAYS_FROM_ID} days from the day in {key}; is the year right?"
            yield from _beside(table, column, key, gap > MOST_DAYS_FROM_ID, allowed)


def _far_from_publication(table):
    found = _days(table)
    if found and _is_dated(table, "published"):
        column, low, high = found
        ahead, late = (low - table["published"]).dt.days, (table["published"] - high).dt.days
        words = f"at most {MOST_DAYS_AHEAD} day after its publication; is the year right?"
        yield from _beside(table, column, "published", ahead > MOST_DAYS_AHEAD, words)
        words = "less than a year before its publication; is the year right?"
        yield from _beside(table, column, "published", late >= LEAST_DAYS_LATE, words)


def _stray_days(table):
    """Days parted from most others by a long gap, beside the usual one; of several together the first."""
    found = _days(table) or (("published", table["published"]) if _is_dated(table, "published") else None)
    if not found:
        return
    column, days = found[0], found[1].dropna().sort_values(kind="stable")
    usual = days.drop_duplicates().diff().dt.days.median()
    if pd.isna(usual):
        return
    block = (days.diff().dt.days > min(LONGEST_GAP, max(LONG_GAP, MOST_GAPS * usual))).cumsum()
    most = days[block == _largest(block)]
    for _, some in days.drop(most.index).groupby(block):
        words = f"near the other days, {_span(most)}; is the year right?"
        yield Fault("", some.index[0], column, _span(some), words)


def _largest(block):
    """The block with most days; of several the last."""
    return block.value_counts().sort_index(ascending=False).idxmax()


def _span(days):
    first, last = days.min().date(), days.max().date()
    return f"{first} to {last}" if first < last else str(first)


def _days_of_no_calendar(table):
    """Days that are all the first of a year, as years alone give, or the first that a computer counts from."""
    found = _days(table)
    days = found[1][found[1] == found[2]].dropna() if found else pd.Series()
    if days.empty:
        return
    first = days.iloc[0]
    if (days == pd.Timestamp(0)).all():
        words = f"a day of the event; all dates here ({len(days)}) are this one: are they serial numbers?"
    elif len(days) > 1 and (days.dt.day_of_year == 1).all():
        words = f"a day of the event; all dates here ({len(days)}) are on 1 January: are they years alone?"
    else:
        return
    yield Fault("", days.index[0], found[0], str(first.date()), words)


def _scattered_sites(table):
    """Sites with positions far from each other: of each the one that is farthest from where it mostly is."""
    if not {"site_id", "latitude", "longitude"} <= set(table):
        return
    placed = table[["site_id", "latitude", "longitude"]].dropna()
    placed = placed[placed["latitude"].between(-90, 90)].astype({"latitude": float, "longitude": float})
    for site, points in placed.groupby("site_id", observed=True):
        usual = points[["latitude", "longitude"]].value_counts().idxmax()
        far, _ = _farthest(points, usual)
        other, apart = _farthest(points, points.loc[far, ["latitude", "longitude"]])
        if apart > MOST_KM_APART:
            value, beside = (
                f"{north:g}, {east:g}" for _, north, east in points.loc[[far, other]].itertuples(index=False)
            )
            words = f"at most {MOST_KM_APART} km from the site's other positions, such as {beside}"
            yield Fault("", far, "latitude", f"{value} (site_id {site}, {apart:,.1f} km apart)", words)


def _farthest(points, start):
    """Which point is farthest from another, and by how many kilometres."""
    north, east = (np.full(len(points), value) for value in start)
    metres = geography.GEOD.inv(east, north, points["longitude"].to_numpy(), points["latitude"].to_numpy())[2]
    return points.index[metres.argmax()], metres.max() / 1000


def _misplaced_targets(table):
    """Targets that are not the group of their site type."""
    if {"target", "target_by_type"} <= set(table):
        target, group = table["target"].astype("object"), table["target_by_type"]
        for line in table.index[target.notna() & group.notna() & (target != group)]:
            value = f"{target[line]!r} (site_type {table['site_type'][line]})"
            yield Fault("", line, "target", value, f"{group[line]}, the group of that site_type")


def _outside_region(table):
    if {"latitude", "longitude"} <= set(table):
        west, south, east, north = geography.REGION
        wanted = f"a point from {south:g} to {north:g} N and {west:g} to {east:g} E, which the maps show"
        point = table[["latitude", "longitude"]].dropna()
        inside = point["longitude"].between(west, east) & point["latitude"].between(south, north)
        for row in point[~inside].itertuples():
            turned = west <= row.latitude <= east and south <= row.longitude <= north
            hint = "; are latitude and longitude swapped?" if turned else ""
            yield Fault("", row.Index, "latitude", f"{row.latitude:g}, {row.longitude:g}", wanted + hint)


def _other_countries(table):
    """Countries that do not hold the position; one is told only of countries that the base map names."""
    if not {"country", "latitude", "longitude"} <= set(table) or not geography.BASE_MAP.exists():
        return
    placed = tables.with_points(table[["country", "latitude", "longitude"]].dropna())
    placed = placed[geography.in_region(placed.geometry)]
    named = placed["country"].astype("str").map(str.casefold)
    precision = table["precision_km"] if "precision_km" in table else pd.Series(None, table.index, "float")
    reach = BORDER_KM + pd.to_numeric(precision, errors="coerce").fillna(0)
    shapes, found = geography.load_base_map().dissolve("name").geometry if len(placed) else {}, []
    for country, shape in shapes.items():
        outside = placed.geometry[(named == country.casefold()) & ~placed.intersects(shape)]
        for line, km in geography.kilometres_to(outside, shape).items():
            if km > reach[line]:
                point = outside[line]
                there = ", ".join(shapes.index[shapes.intersects(point)])
                words = f"the position {point.y:g}, {point.x:g} lies {km:,.0f} km outside {country}"
                words += f", in {there}" if there else ""
                found.append(Fault("", line, "country", repr(str(placed["country"][line])), words))
    yield from sorted(found)


class _Rule(NamedTuple):
    """What cannot be true, or is worth a look, in one table."""

    kind: str  # what its warnings are called
    find: Callable[[pd.DataFrame], Iterable[Fault]]
    refuses: str = ""  # which files: all, or those coded by hand; any other may know better, and is warned about


# What warnings are called, those that matter most first.
KINDS = (
    "days that may be mistyped",
    "values out of order",
    "negative counts",
    "half of a point",
    "numbers that do not add up",
    "pairs that nobody judged",
    "pairs that may be one attack",
    "targets that are not of their site type",
    "points outside the region",
    "countries that do not match the position",
    "sites in several places",
    "sites without coordinates",
    "files that are not there",
    "launch areas without a place",
)
RULES = [
    _Rule("days that may be mistyped", _far_from_id),
    _Rule("days that may be mistyped", _far_from_publication),
    _Rule("days that may be mistyped", _days_of_no_calendar),
    _Rule("days that may be mistyped", _stray_days),
    _Rule("values out of order", _disordered, "all"),
    _Rule("negative counts", _negative, "all"),
    _Rule("half of a point", _half_points, "all"),
    _Rule("numbers that do not add up", _more_americans, "hand-coded"),
    _Rule("targets that are not of their site type", _misplaced_targets),
    _Rule("points outside the region", _outside_region),
    _Rule("countries that do not match the position", _other_countries),
    _Rule("sites in several places", _scattered_sites),
]


def check_rows(table: pd.DataFrame, name: str, hand_coded: bool = False) -> list[Fault]:
    """Check what the columns of any table say of one another and cannot be true.

    Parameters
    ----------
    table : DataFrame
        Typed, indexed by line; any column may be absent.
    name : str
        What the file is called in its faults.
    hand_coded : bool
        Whether it is a raw table, which is held to rules that another file may know better.

    Returns
    -------
    list of Fault

    See Also
    --------
    find_incident_warnings : what is worth a look.

    Examples
    --------
    >>> print(*check_rows(pd.DataFrame({"killed_low": [3], "killed_best": [2]}, index=[2]), "own.csv"))
    own.csv:2: killed_low: 3 (killed_best 2): at most killed_best
    """
    refusing = [rule for rule in RULES if rule.refuses == "all" or (rule.refuses and hand_coded)]
    return [fault._replace(file=name) for rule in refusing for fault in rule.find(table)]


def find_incident_warnings(incidents: pd.DataFrame, schema: schemas.Schema | None = None) -> list[tuple[str, str]]:
    """List what is worth a look in your own incidents, or in those of another collection.

    Parameters
    ----------
    incidents : DataFrame
        With ``incident_id``; any other column may be absent, and the point may be a geometry.
    schema : Schema, optional
        The package's by default.

    Returns
    -------
    list of tuple
        Kind and text, both in words; the kind that matters most first. Of one kind twenty, and how many more.

    See Also
    --------
    check_rows : what cannot be true.

    Examples
    --------
    >>> dated = pd.DataFrame({"incident_id": ["2022-01-05_conoco"], "date": pd.to_datetime(["2021-01-05"])})
    >>> print(*find_incident_warnings(dated)[0], sep="; ")  # doctest: +NORMALIZE_WHITESPACE
    days that may be mistyped; 2022-01-05_conoco: date: 2021-01-05 (incident_id 2022-01-05_conoco):
    at most 3 days from the day in incident_id; is the year right?
    """
    listed = [(kind, ": ".join(filter(None, words))) for kind, *words in _list_incident_warnings(incidents, schema)]
    shown, rest = schemas.first_of_kind(listed, lambda item: item[0])
    return _sort_kinds(shown + [(kind, f"{n:,} more {kind}") for kind, n in rest.items()])


def sum_up_incident_warnings(incidents: pd.DataFrame, schema: schemas.Schema | None = None) -> list[str]:
    """Say in one line for each kind what is worth a look in your own incidents.

    Parameters
    ----------
    incidents, schema
        As for :func:`find_incident_warnings`.

    Returns
    -------
    list of str
        The kind that matters most first; of several of a kind how many, and the first three.

    Examples
    --------
    >>> far = pd.DataFrame({"incident_id": list("abcde"), "latitude": range(40, 45), "longitude": 50})
    >>> print(*sum_up_incident_warnings(far))  # doctest: +NORMALIZE_WHITESPACE
    points outside the region (5): a: latitude: 40, 50; b: latitude: 41, 50; c: latitude: 42, 50; and 2 more:
    a point from 28.5 to 38.5 N and 35 to 50 E, which the maps show
    """
    found = {}
    for kind, subject, wanted in _list_incident_warnings(incidents, schema):
        found.setdefault(kind, []).append((subject, wanted))
    return [_sum_up(kind, rows) for kind, rows in found.items()]


def _sum_up(kind, rows):
    """One line for warnings of a kind; what is wanted is said once where it is the same for the first of them."""
    first = rows[:_MOST_EXAMPLES]
    wanted = {wanted for _, wanted in first}
    alike = wanted.pop() if len(wanted) == 1 else ""
    examples = [": ".join(filter(None, (subject, "" if alike else wanted))) for subject, wanted in first]
    more = [f"and {len(rows) - len(first):,} more"] if len(rows) > len(first) else []
    count = f" ({len(rows):,})" if len(rows) > 1 else ""
    return ": ".join(filter(None, (kind + count, "; ".join(examples + more), alike)))


def _list_incident_warnings(incidents, schema):
    """Kind, what it is about, and what is wanted, of each; the kind that matters most first."""
    table = pd.DataFrame(incidents).reset_index(drop=True)
    if isinstance(incidents, gpd.GeoDataFrame) and "latitude" not in incidents:
        points = incidents.geometry.where(incidents.geom_type == "Point")
        table = table.assign(latitude=points.y.to_numpy(), longitude=points.x.to_numpy())
    if {"site_type", "target"} <= set(table):
        table["target_by_type"] = schemas.target(table["site_type"], schema)
    ids, found = table["incident_id"], {}
    for rule, fault in _apply_rules(table):
        subject = f"{ids[fault.line]}: {fault.column}: {fault.value or 'empty'}"
        found.setdefault((rule.kind, fault.line, fault.column), (rule.kind, subject, fault.allowed))
    pairs = (
        f"{one} and {other} lie in {area} within a day; are they one attack?" for area, one, other in _pairs(table)
    )
    listed = [*found.values()]
    listed += [("numbers that do not add up", words, "") for words in _overcount_warnings(table)]
    listed += [("pairs that may be one attack", words, "") for words in pairs]
    return _sort_kinds(listed)


def _apply_rules(table):
    """Every fault of a table, with the rule that it breaks."""
    return [(rule, fault) for rule in RULES for fault in rule.find(table)]


def _sort_kinds(warnings):
    return sorted(warnings, key=lambda warning: KINDS.index(warning[0]))


# --- warnings of raw tables -----------------------------------------------------------------------------------------


def find_warnings(raw: dict[str, pd.DataFrame], raw_dir: str | Path) -> list[tuple[str, str]]:
    """List what is worth a look in tables without faults.

    Parameters
    ----------
    raw : dict of DataFrame
    raw_dir : path
        Where they were read.

    Returns
    -------
    list of tuple
        Kind and text, both in words; the kind that matters most first.

    Examples
    --------
    >>> raw, faults = check_raw("my_collection/raw")
    >>> find_warnings(raw, "my_collection/raw")[0][0]  # doctest: +SKIP
    'numbers that do not add up'
    """
    raw_dir = Path(raw_dir)
    data = incidents.build_incidents(raw, schema=_schema_beside(raw_dir))
    found = {
        "numbers that do not add up": [*_overcount_warnings(data), *_american_warnings(data)],
        "pairs that nobody judged": _unjudged_pairs(data, raw["distinct_pairs"]),
        "sites without coordinates": _in_folder(_unplaced_sites(raw["sites"]["latitude"]), raw_dir),
        "files that are not there": _absent_files(raw_dir),
        "launch areas without a place": _in_folder(_unmatched_areas(raw), raw_dir),
    }
    listed = [(kind, *_in_folder([fault], raw_dir)) for kind, fault in _row_warnings(raw)]
    listed += [(kind, text) for kind, texts in found.items() for text in texts]
    return [(kind, str(text)) for kind, text in _sort_kinds(listed)]


def _row_warnings(raw):
    """What each table says of itself, or of its sources, and is worth a look; of one cell the first of a kind."""
    found = {}
    for name, table in _with_publication(raw):
        for rule, fault in _apply_rules(table):
            found.setdefault((rule.kind, name, fault.line, fault.column), fault._replace(file=name))
    return [(kind, fault) for (kind, *_), fault in found.items()]


def _with_publication(raw):
    """Every table by name; of one with days and sources, the publication of each row's source beside it."""
    sources = {
        name: targets for names, column, targets, _ in tables.REFERENCES if column == "source_id" for name in names
    }
    for name, table in raw.items():
        if name in sources and _days(table):
            known = pd.concat([raw[target] for target in sources[name]]).drop_duplicates("source_id")
            table = table.assign(published=table["source_id"].map(known.set_index("source_id")["published"]))
        yield name, table


def _overcount_warnings(data):
    """Incidents whose numbers do not add up, where columns hold them."""
    parts = ["hit_best", "intercepted_best"]
    if "launched_best" not in data or not set(parts) & set(data):
        return
    for row in overcounts(data.reindex(columns=["incident_id", "launched_best", *parts])).itertuples():
        inside, intercepted = ("silence on" if pd.isna(n) else int(n) for n in (row.hit_best, row.intercepted_best))
        numbers = f"{inside} inside, {intercepted} intercepted, but {int(row.launched_best)} launched"
        yield f"{row.incident_id}: best numbers do not add up: {numbers}"


def _american_warnings(data):
    """Incidents with more Americans killed or injured than people, where one account gives the one, one the other."""
    for fault in _more_americans(data):
        yield f"{data['incident_id'][fault.line]}: {fault.column}: {fault.value}: {fault.allowed}"


def overcounts(incidents: pd.DataFrame) -> pd.DataFrame:
    """List incidents whose best hits and interceptions add up to more than their best launched.

    Parameters
    ----------
    incidents : DataFrame

    Returns
    -------
    DataFrame
        ``incident_id`` and the three numbers.

    Examples
    --------
    >>> numbers = {"launched_best": [3, 4], "hit_best": [2, 2], "intercepted_best": [2, 2]}
    >>> overcounts(pd.DataFrame({"incident_id": ["a", "b"], **numbers}))["incident_id"].tolist()
    ['a']
    """
    numbers = incidents[["incident_id", "launched_best", "hit_best", "intercepted_best"]]
    accounted = numbers[["hit_best", "intercepted_best"]].sum(axis=1)
    return numbers[(accounted > numbers["launched_best"]).fillna(False)].reset_index(drop=True)


def _pairs(data):
    """Pairs of one complex, or of one site where no complex is known, within a day of each other: where, and both."""
    places = [column for column in ("complex", "site_id", "site_name") if column in data]
    if not places or "date" not in data:
        return
    area = data[places].astype("object").bfill(axis=1).iloc[:, 0]
    dated = data.assign(area=area).dropna(subset=["area", "date"]).sort_values(["area", "date", "incident_id"])
    rows = list(dated[["area", "date", "incident_id"]].itertuples(index=False))
    for n, one in enumerate(rows):
        for other in (rows[m] for m in range(n + 1, len(rows))):
            if other.area != one.area or (other.date - one.date).days > 1:
                break
            yield one.area, *sorted((one.incident_id, other.incident_id))


def _unjudged_pairs(data, distinct_pairs):
    """Pairs that no coder has judged, and may be one attack."""
    judged = {frozenset(pair) for pair in distinct_pairs[["incident_id", "other_id"]].itertuples(index=False)}
    for area, *pair in _pairs(data):
        if frozenset(pair) not in judged:
            yield f"{' and '.join(pair)} lie in {area} within a day; judge them in distinct_pairs.csv"


def _unplaced_sites(latitude):
    return cell_faults(latitude[latitude.isna()], "sites", "without coordinates the site is on no map")


def _absent_files(raw_dir):
    absent = [name for name in OPTIONAL_FILES if not os.path.lexists(raw_dir / name)]
    return [f"{raw_dir / name}: not there; the data package will have no {OPTIONAL_FILES[name]}" for name in absent]


def _unmatched_areas(raw):
    """Launch areas that are the name of no place and no site."""
    names = geography.gazetteer(*(tables.with_points(raw[name]) for name in ("places", "sites")))
    areas = raw["reports"]["launch_area"].dropna()
    unmatched = areas[[not geography.match_area(text, names) for text in areas]]
    return cell_faults(unmatched, "reports", "holds no name or alias of a row in places.csv or sites.csv")


def _in_folder(faults, raw_dir):
    """Faults of tables as those of their files."""
    return [fault._replace(file=str(raw_dir / f"{fault.file}.csv")) for fault in faults]
