"""Every fault across tables and every warning, for raw tables and files of one's own alike.

What tables say of one another and cannot be true is a fault; what is worth a look is a warning.
"""

import os
from itertools import combinations, pairwise, permutations
from pathlib import Path

import pandas as pd

from . import geography, incidents, schemas, tables
from .tables import Fault, cell_faults

OPTIONAL_FILES = {geography.BASE_MAP.name: "base map", "second_coding": "second coding"}
# Columns whose values may only rise from left to right.
RISING = [["date_low", "date", "date_high"]]
RISING += [[count + end for end in ends] for count in schemas.COUNTS for ends in schemas.SPANS.values()]


def check_raw(raw_dir: str | Path) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Read and check every raw table, the base map and ``VERSION``, each by itself and all against each other.

    Parameters
    ----------
    raw_dir : path
        ``second_coding/`` and the base map may be absent. A folder ``schema/`` beside it says what tables should hold.

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
    beside = geography.base_map_faults(raw_dir / geography.BASE_MAP.name)
    beside += tables.read_version(Path(os.path.normpath(raw_dir / ".." / "VERSION")))[1]
    return raw, sorted(_in_folder(once, raw_dir) + beside)


def _cross_faults(raw, complete):
    """What one table, or one column, says of another and cannot be true; ``complete`` tables have all their keys."""
    for name, table in raw.items():
        yield from check_rows(table, name)
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


def check_rows(table: pd.DataFrame, name: str) -> list[Fault]:
    """Check what the columns of any table say of one another: ranges in order, and points of two coordinates.

    Parameters
    ----------
    table : DataFrame
        Typed, indexed by line; any column may be absent.
    name : str
        What the file is called in its faults.

    Returns
    -------
    list of Fault

    Examples
    --------
    >>> print(*check_rows(pd.DataFrame({"killed_low": [3], "killed_best": [2]}, index=[2]), "own.csv"))
    own.csv:2: killed_low: 3: at most killed_best, here 2
    """
    faults = []
    for low, high in (pair for columns in RISING for pair in pairwise(columns)):
        if {low, high} <= set(table):
            wrong = table.loc[(table[low] > table[high]).fillna(False), [low, high]].astype("str")
            for line, least, most in wrong.itertuples():
                faults.append(Fault(name, line, low, least, f"at most {high}, here {most}"))
    if {"latitude", "longitude"} <= set(table):
        for column, other in permutations(["latitude", "longitude"]):
            half = table[column][table[column].isna() & table[other].notna()]
            faults += cell_faults(half, name, "both latitude and longitude, or neither")
    return faults


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
    data = incidents.build_incidents(raw, schema=schemas.load_schema(raw_dir.resolve().parent))
    found = {
        "numbers that do not add up": _overcount_warnings(data),
        "pairs that nobody judged": _unjudged_pairs(data, raw["distinct_pairs"]),
        "points outside the region": _in_folder(_outside_region(raw), raw_dir),
        "sites without coordinates": _in_folder(_unplaced_sites(raw["sites"]["latitude"]), raw_dir),
        "files that are not there": _absent_files(raw_dir),
        "launch areas without a place": _in_folder(_unmatched_areas(raw), raw_dir),
    }
    return [(kind, str(text)) for kind, texts in found.items() for text in texts]


def _overcount_warnings(data):
    """Incidents whose numbers do not add up."""
    for row in overcounts(data).itertuples():
        inside, intercepted = ("silence on" if pd.isna(n) else n for n in (row.hit_best, row.intercepted_best))
        numbers = f"{inside} inside, {intercepted} intercepted, but {row.launched_best} launched"
        yield f"{row.incident_id}: best numbers do not add up: {numbers}"


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


def _unjudged_pairs(data, distinct_pairs):
    """Pairs of one complex within a day of each other that no coder has judged, and may be one attack."""
    judged = {frozenset(pair) for pair in distinct_pairs[["incident_id", "other_id"]].itertuples(index=False)}
    for area, rows in data.groupby("complex"):
        for one, other in combinations(rows.sort_values("incident_id").itertuples(), 2):
            pair = one.incident_id, other.incident_id
            if abs(one.date - other.date).days <= 1 and frozenset(pair) not in judged:
                yield f"{' and '.join(pair)} lie in {area} within a day; judge them in distinct_pairs.csv"


def _outside_region(raw):
    west, south, east, north = geography.REGION
    wanted = f"a point from {south:g} to {north:g} N and {west:g} to {east:g} E, which the maps show"
    for name in ("sites", "places"):
        table = tables.with_points(raw[name])
        for row in table[table.geometry.notna() & ~geography.in_region(table.geometry)].itertuples():
            turned = west <= row.latitude <= east and south <= row.longitude <= north
            hint = "; are latitude and longitude swapped?" if turned else ""
            yield Fault(name, row.Index, "latitude", f"{row.latitude:g}, {row.longitude:g}", wanted + hint)


def _unplaced_sites(latitude):
    return cell_faults(latitude[latitude.isna()], "sites", "coordinates; without them the site is on no map")


def _absent_files(raw_dir):
    absent = [name for name in OPTIONAL_FILES if not (raw_dir / name).exists()]
    return [f"{raw_dir / name}: not there; the data package will have no {OPTIONAL_FILES[name]}" for name in absent]


def _unmatched_areas(raw):
    """Launch areas that are the name of no place and no site."""
    names = geography.gazetteer(*(tables.with_points(raw[name]) for name in ("places", "sites")))
    areas = raw["reports"]["launch_area"].dropna()
    unmatched = areas[[not geography.match_area(text, names) for text in areas]]
    return cell_faults(unmatched, "reports", "the name or an alias of a row in places.csv or sites.csv")


def _in_folder(faults, raw_dir):
    """Faults of tables as those of their files."""
    return [fault._replace(file=str(raw_dir / f"{fault.file}.csv")) for fault in faults]
