"""Every fault across tables and every warning, for raw tables and files of one's own alike.

What tables say of one another and cannot be true is a fault; what is worth a look is a warning.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from . import geography, incidents, schemas, tables
from .tables import Fault

# Kinds of warning, what matters most first.
OVERCOUNT = "numbers that do not add up"
UNJUDGED = "pairs that nobody judged"
OUTSIDE = "points outside the region"
UNPLACED = "sites without coordinates"
ABSENT = "files that are not there"
UNMATCHED = "launch areas without a place"

OPTIONAL_FILES = {
    geography.BASE_MAP.name: "the data package will have no base map",
    "second_coding": "the data package will have no second coding",
}


class DataWarning(NamedTuple):
    """Something worth a look.

    Attributes
    ----------
    kind : str
        What kind of thing, in words.
    text : str
        Where, and what to look at.
    """

    kind: str
    text: str


def check_raw(raw_dir: str | Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Read and check every raw table and the base map, each by itself and all against each other.

    Parameters
    ----------
    raw_dir : path
        The folder that holds ``reports.csv`` and the others. ``second_coding/`` and the base map may be absent. A
        folder ``schema/`` beside it says what the tables should hold.

    Returns
    -------
    dict of DataFrame
        By name, indexed by line number.
    list of Fault
        Sorted; empty if all is well. Files are named below ``raw_dir`` as it was given.

    Raises
    ------
    DataError
        With every fault of the schema.

    Examples
    --------
    >>> raw, faults = check_raw("my_collection/raw")
    >>> str(faults[0])
    'my_collection/raw/context_events.csv:1: -: no file: a readable CSV file (No such file or directory)'
    """
    raw_dir = Path(raw_dir)
    schema = schemas.load_schema(raw_dir.resolve().parent).raw
    raw, faults = {}, []
    for name, table in schema.items():
        path = raw_dir / f"{name}.csv"
        if path.parent == raw_dir or path.parent.exists():
            raw[name], found = tables.read_table(path, table, name)
            faults += found
    readable = {name: table for name, table in raw.items() if set(schema[name].columns) <= set(table)}
    # An id or month that a table with unreadable rows or keys lacks may stand in one of those.
    spoilt = {f.file for f in faults if not f.column or set(f.column.split(", ")) & set(schema[f.file].key)}
    faults += _cross_faults(readable, set(readable) - spoilt)
    once = {fault[:3]: fault for fault in reversed(faults)}.values()
    return raw, sorted(
        [_in_folder(fault, raw_dir) for fault in once] + geography.base_map_faults(raw_dir / geography.BASE_MAP.name)
    )


def _cross_faults(raw, complete):
    """What one table, or one column, says of another and cannot be true; ``complete`` tables have all their keys."""
    for table in raw.keys() & {"reports", "second_coding/reports"}:
        spans = [(f"{name}_min", f"{name}_max") for name in schemas.COUNTS]
        yield from _reversed_ranges(raw[table], spans, table)
        yield from _silent_days(raw[table], table)
    for table in raw.keys() & {"sites", "places"}:
        yield from _half_points(raw[table], table)
    if "context_events" in raw:
        yield from _imprecise_days(raw["context_events"])
    if "distinct_pairs" in raw:
        pairs = raw["distinct_pairs"]
        for line, value in pairs["other_id"][pairs["incident_id"] == pairs["other_id"]].items():
            yield Fault("distinct_pairs", line, "other_id", repr(value), "an incident other than incident_id")
    yield from _unresolved(raw, complete)
    if "search_log" in complete:
        yield from _outside_window(raw)


def _reversed_ranges(table, spans, name):
    """Cells of ``low`` columns above their ``high``, for pairs of columns that are there."""
    for low, high in spans:
        if {low, high} <= set(table):
            for line, row in table[(table[low] > table[high]).fillna(False)].iterrows():
                yield Fault(name, line, low, _shown(row[low]), f"at most {high}, here {_shown(row[high])}")


def _shown(value):
    return f"{value:{schemas.DAY_FORMAT}}" if isinstance(value, pd.Timestamp) else str(value)


def _silent_days(reports, name):
    """Days that are missing although the source is said to give one."""
    silent = reports["event_date"].isna() & (reports["date_basis"] != "unclear") & reports["date_basis"].notna()
    for line, basis in reports["date_basis"][silent].items():
        yield Fault(name, line, "event_date", "", f"a date, as date_basis is {basis}")


def _half_points(table, name):
    """Rows with one coordinate of two."""
    points = table[["latitude", "longitude"]]
    for line in points.index[points.isna().sum(axis=1) == 1]:
        column = points.columns[points.loc[line].isna()][0]
        yield Fault(name, line, column, "", "both latitude and longitude, or neither")


def _imprecise_days(events):
    """Dates whose form is not the one that date_precision says."""
    for precision, form, words in [("day", schemas.DAY_FORMAT, "YYYY-MM-DD"), ("month", "%Y-%m", "YYYY-MM")]:
        dates = events["date"][events["date_precision"] == precision].dropna()
        for line, value in dates[pd.to_datetime(dates, format=form, errors="coerce").isna()].items():
            yield Fault("context_events", line, "date", repr(value), f"{words}, as date_precision says")


def _unresolved(raw, complete):
    """Ids that no row of the table they refer to has."""
    for table, column, targets, key in tables.REFERENCES:
        if table in raw and complete.issuperset(targets):
            known = pd.concat([raw[target][key] for target in targets])
            ids = raw[table][column].dropna()
            files = " or ".join(f"{target}.csv" for target in targets)
            for line, value in ids[~ids.isin(known)].items():
                yield Fault(table, line, column, repr(value), f"an id that stands as {key} in {files}")


def _outside_window(raw):
    """Gaps between the months of the search log or, if there is none, days outside them."""
    months = pd.PeriodIndex(raw["search_log"]["month"], freq="M")
    alone = (months != months.min()) & ~(months - 1).isin(months)
    for line, value in raw["search_log"]["month"][alone].items():
        yield Fault("search_log", line, "month", repr(value), "a month that follows another; months leave no gap")
    if alone.any():
        return
    first, last = tables.coded_window(raw["search_log"])
    allowed_days = f"a date from {first.date()} to {last.date()}, the window of search_log.csv"
    # The ids of the first coding's reports are those of the register, and judged there.
    for table, columns in {
        "reports": ["event_date"],
        "second_coding/reports": ["incident_id", "event_date"],
        "incident_register": ["incident_id"],
    }.items():
        for column in columns if table in raw else ():
            cells = raw[table][column].dropna()
            days = tables.coder_days(cells) if column == "incident_id" else cells
            for line, value in cells[~days.between(first, last)].items():
                yield Fault(table, line, column, repr(_shown(value)), allowed_days)


def check_incidents(data: pd.DataFrame, name: str) -> list[Fault]:
    """Check what the columns of a file of one's own say of one another.

    Parameters
    ----------
    data : DataFrame
        Typed incidents, indexed by line; any column may be absent.
    name : str
        The file's name in faults.

    Returns
    -------
    list of Fault

    Examples
    --------
    >>> print(*check_incidents(pd.DataFrame({"killed_low": [3], "killed_best": [2]}, index=[2]), "own.csv"))
    own.csv:2: killed_low: 3: at most killed_best, here 2
    """
    ends = [(f"{count}_low", f"{count}_best", f"{count}_high") for count in schemas.COUNTS]
    ends.append(("date_low", "date", "date_high"))
    spans = [pair for low, best, high in ends for pair in ((low, best), (best, high))]
    faults = list(_reversed_ranges(data, spans, name))
    if {"latitude", "longitude"} <= set(data):
        faults += _half_points(data, name)
    return faults


def find_warnings(raw: dict[str, pd.DataFrame], raw_dir: str | Path) -> list[DataWarning]:
    """List what is worth a look in tables without faults.

    Parameters
    ----------
    raw : dict of DataFrame
        As :func:`check_raw` returns them.
    raw_dir : path
        Where they were read.

    Returns
    -------
    list of DataWarning
        The kind that matters most first: numbers that do not add up, pairs that nobody judged, points outside the
        region, sites without coordinates, files that are not there, launch areas without a place.

    Examples
    --------
    >>> raw, faults = check_raw("my_collection/raw")
    >>> find_warnings(raw, "my_collection/raw")[0].kind  # doctest: +SKIP
    'numbers that do not add up'
    """
    raw_dir = Path(raw_dir)
    data = incidents.build_incidents(raw, schema=schemas.load_schema(raw_dir.resolve().parent))
    positions = _position_warnings(raw, raw_dir)
    absent = [
        DataWarning(ABSENT, f"{raw_dir / name}: not there; {loss}")
        for name, loss in OPTIONAL_FILES.items()
        if not (raw_dir / name).exists()
    ]
    found = [*_odd_incidents(data, raw["distinct_pairs"]), *positions, *absent]
    order = [OVERCOUNT, UNJUDGED, OUTSIDE, UNPLACED, ABSENT, UNMATCHED]
    return sorted(found, key=lambda warning: order.index(warning.kind))


def _odd_incidents(data, distinct_pairs):
    """Incidents whose numbers do not add up, and pairs that may be one attack."""
    for row in overcounts(data).itertuples():
        inside, intercepted = ("silence on" if pd.isna(n) else n for n in (row.hit_best, row.intercepted_best))
        numbers = f"{inside} inside, {intercepted} intercepted, but {row.launched_best} launched"
        yield DataWarning(OVERCOUNT, f"{row.incident_id}: best numbers do not add up: {numbers}")
    for row in _unjudged_pairs(data, distinct_pairs).itertuples():
        where = f"lie in {row.complex} within a day; judge them in distinct_pairs.csv"
        yield DataWarning(UNJUDGED, f"{row.incident_id} and {row.other_id} {where}")


def overcounts(incidents: pd.DataFrame) -> pd.DataFrame:
    """List incidents whose best hits and interceptions add up to more than their best launched.

    Parameters
    ----------
    incidents : DataFrame
        Incidents.

    Returns
    -------
    DataFrame
        ``incident_id``, ``launched_best``, ``hit_best``, ``intercepted_best``.

    Examples
    --------
    >>> incidents = pd.DataFrame({"incident_id": ["a", "b"], "launched_best": [3, 4], "hit_best": [2, 2],
    ...                      "intercepted_best": [2, 2]}).convert_dtypes()
    >>> overcounts(incidents)["incident_id"].tolist()
    ['a']
    """
    columns = ["incident_id", "launched_best", "hit_best", "intercepted_best"]
    accounted = incidents["hit_best"].fillna(0) + incidents["intercepted_best"].fillna(0)
    return incidents.loc[(accounted > incidents["launched_best"]).fillna(False), columns]


def _unjudged_pairs(data, distinct_pairs):
    """Incidents of one complex within a day of each other that no coder has judged; the earlier id first."""
    places = data[["incident_id", "complex", "date"]]
    pairs = places.merge(places.rename(columns={"incident_id": "other_id", "date": "other_date"}), on="complex")
    near = (pairs["incident_id"] < pairs["other_id"]) & ((pairs["date"] - pairs["other_date"]).abs().dt.days <= 1)
    judged = {frozenset(pair) for pair in distinct_pairs[["incident_id", "other_id"]].itertuples(index=False)}
    ids = pairs[["incident_id", "other_id"]].itertuples(index=False)
    unjudged = np.array([frozenset(pair) not in judged for pair in ids], dtype=bool)
    return pairs.loc[near & unjudged, ["incident_id", "other_id", "complex"]].reset_index(drop=True)


def _position_warnings(raw, raw_dir):
    """Points outside the region, sites without coordinates, and launch areas that match no place."""
    located = {name: tables.with_points(raw[name]) for name in ("sites", "places")}
    names, areas = geography.gazetteer(located["places"], located["sites"]), raw["reports"]["launch_area"].dropna()
    unmatched = areas[[not geography.match_area(text, names) for text in areas]]
    unplaced = raw["sites"].index[raw["sites"]["latitude"].isna()]
    coordinates = "coordinates; without them the site is on no map"
    listed = "the name or an alias of a row in places.csv or sites.csv"
    found = [
        *((OUTSIDE, fault) for name, table in located.items() for fault in _outside_region(name, table)),
        *((UNPLACED, Fault("sites", line, "latitude", "", coordinates)) for line in unplaced),
        *((UNMATCHED, Fault("reports", line, "launch_area", repr(text), listed)) for line, text in unmatched.items()),
    ]
    return [DataWarning(kind, str(_in_folder(fault, raw_dir))) for kind, fault in found]


def _in_folder(fault, raw_dir):
    """A fault of a table as one of its file."""
    return fault._replace(file=str(Path(raw_dir) / f"{fault.file}.csv"))


def _outside_region(name, table):
    west, south, east, north = geography.REGION
    wanted = f"a point from {south:g} to {north:g} N and {west:g} to {east:g} E, which the maps show"
    for row in table[table.geometry.notna() & ~geography.in_region(table.geometry)].itertuples():
        turned = west <= row.latitude <= east and south <= row.longitude <= north
        hint = "; are latitude and longitude swapped?" if turned else ""
        yield Fault(name, row.Index, "latitude", f"{row.latitude:g}, {row.longitude:g}", wanted + hint)
