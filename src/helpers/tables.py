"""Read a raw table, check it, return a typed DataFrame.

Every cell is read as text first, so that line numbers are true and nothing is padded or guessed;
every fault of every file is collected before any is reported.
"""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from . import schemas
from .files import home

DATA_DIR = home("data")
CRS = "EPSG:4326"

# What a cell of each type looks like as text, and how to say so.
FORMS = {
    "Int64": (r"-?[0-9]{1,15}", "a whole number, 0 or more"),
    "float64": (r"-?[0-9]+(\.[0-9]+)?", "a number such as 33.25"),
    "datetime64[ns]": (r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", "a date that exists, as YYYY-MM-DD"),
}

UNIQUE = "a key that no earlier row has"
NOT_UTF_8 = "UTF-8 text; in a spreadsheet choose 'CSV UTF-8' when saving"

MAY_BE_EMPTY = {"distinct_pairs", "context_events"}

# (table, column, tables that must know the value, their column)
REFERENCES = [
    ("reports", "incident_id", ["incident_register"], "incident_id"),
    ("reports", "source_id", ["sources"], "source_id"),
    ("reports", "site_id", ["sites"], "site_id"),
    ("incident_register", "site_id", ["sites"], "site_id"),
    ("incident_register", "incident_id", ["reports"], "incident_id"),
    ("distinct_pairs", "incident_id", ["incident_register"], "incident_id"),
    ("distinct_pairs", "other_id", ["incident_register"], "incident_id"),
    ("context_events", "source_id", ["sources"], "source_id"),
    ("places", "source_id", ["sources"], "source_id"),
    ("second_coding/reports", "source_id", ["second_coding/sources", "sources"], "source_id"),
    ("second_coding/reports", "site_id", ["sites"], "site_id"),
]


class Fault(NamedTuple):
    """One fault of one cell, row or file."""

    file: str
    line: int
    column: str
    value: str
    allowed: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.column or '-'}: {self.value or 'empty'}: {self.allowed}"


class DataError(ValueError):
    """Tables that do not hold what the codebook allows; ``faults`` lists every fault."""

    def __init__(self, faults):
        self.faults = sorted(set(faults))
        super().__init__("\n".join(map(str, self.faults)))


def check_choice(name, values, choices):
    """Raise ValueError, naming what there is to choose from, for values that are no choice or for none at all."""
    wrong = [value for value in values if value not in choices]
    if wrong or not values:
        raise ValueError(f"{name} is {', '.join(map(repr, wrong)) or 'empty'}; choose from {', '.join(choices)}")


def coded_window(search_log):
    """First and last day of the months that the search protocol covered.

    Parameters
    ----------
    search_log : DataFrame
        With a ``month`` column, ``YYYY-MM``.

    Returns
    -------
    tuple of Timestamp
        First day of the first month, last day of the last.
    """
    months = pd.PeriodIndex(search_log["month"], freq="M")
    return months.min().start_time, months.max().end_time.normalize()


def read_cells(path, name, may_be_empty=False):
    """A CSV file as a frame of text, indexed by line number, and the faults of its shape.

    Parameters
    ----------
    path : Path
    name : str
        The file's name in fault messages.
    may_be_empty : bool
        Whether a header alone is enough.

    Returns
    -------
    cells : DataFrame of str
        Empty cells are missing; rows of a wrong length are left out.
    faults : list of Fault
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        return pd.DataFrame(), [Fault(name, 1, "", "no file", f"a readable CSV file ({error.strerror})")]
    try:
        decoded, wrong = content.decode("utf-8-sig"), content.find(b"\0")
    except UnicodeDecodeError as error:
        decoded, wrong = "", error.start
    if wrong >= 0:
        line = 1 + len(re.findall(rb"\r\n|\r|\n", content[:wrong]))
        return pd.DataFrame(), [Fault(name, line, "", repr(content[wrong : wrong + 1].decode("latin-1")), NOT_UTF_8)]
    if not decoded.strip():
        return pd.DataFrame(), [Fault(name, 1, "", "empty file", "a header row and data rows")]
    cells, faults = _parse(decoded, name)
    if cells.empty and not faults and not may_be_empty:
        faults = [Fault(name, 1, "", "a header alone", "a header row and data rows")]
    return cells, faults


def _parse(decoded, name):
    header, rows, lines, faults = None, [], [], []
    reader, start = csv.reader(io.StringIO(decoded, newline=""), strict=True), 1
    try:
        for row in reader:
            if not any(row):
                faults.append(Fault(name, start, "", "blank row", "no blank rows; remove it"))
            elif header is None:
                header = row
            elif len(row) != len(header):
                faults.append(Fault(name, start, "", f"{len(row)} fields", f"{len(header)} fields, as in the header"))
            else:
                rows.append(row)
                lines.append(start)
                faults += _control_characters(name, start, header, row)
            start = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault(name, start, "", str(error), "well-formed CSV; is a quote left open?"))
    header_faults = _header_faults(name, header) if header else []
    if header_faults or not header:
        return pd.DataFrame(), header_faults or faults
    cells = pd.DataFrame(rows, columns=header, index=pd.Index(lines, name="line", dtype="int64"), dtype="str")
    return cells.mask(cells == ""), faults


def _control_characters(name, line, header, row):
    """Cells with a line break, a tab or another character that does not print."""
    broken = [
        (column, value) for column, value in zip(header, row, strict=True) if re.search(r"[\x00-\x1f\x7f]", value)
    ]
    return [
        Fault(name, line, c, repr(value), "text without line breaks, tabs or control characters") for c, value in broken
    ]


def _header_faults(name, header):
    for separator in ";\t":
        if len(header) == 1 and separator in header[0]:
            return [Fault(name, 1, "", f"columns separated by {separator!r}", "columns separated by commas")]
    repeated = sorted({column for column in header if header.count(column) > 1})
    return [Fault(name, 1, column, "repeated column", "each column once") for column in repeated]


def check_cells(cells, schema, name):
    """Cells against a schema.

    Parameters
    ----------
    cells : DataFrame of str
        As :func:`read_cells` returns them.
    schema : pandera DataFrameSchema
    name : str
        The file's name in fault messages.

    Returns
    -------
    typed : DataFrame
        The schema's columns in the schema's order and types; faulty cells are missing.
    faults : list of Fault
    """
    faults = _column_faults(cells, schema, name)
    known = {column: rule for column, rule in schema.columns.items() if column in cells}
    cells, known_schema = cells[list(known)], pa.DataFrameSchema(known)
    for check in (_form_faults, _schema_faults):
        found = check(cells, known_schema, name)
        faults += found
        cells = _without(cells, found)
    if set(schema.unique) <= set(known):
        faults += _key_faults(cells, schema.unique, name)
    # A cell is told of once: the first check that it failed is the truest, those after it see a blank.
    once = {(fault.line, fault.column): fault for fault in reversed(faults)}
    return _typed(cells, known_schema), list(once.values())


def _column_faults(cells, schema, name):
    """Required columns that are missing and, where the schema is strict, columns that it does not know."""
    missing = [c for c, rule in schema.columns.items() if rule.required and c not in cells]
    unknown = [c for c in cells if c not in schema.columns] if schema.strict else []
    return [Fault(name, 1, c, "missing column", "this column is required") for c in missing] + [
        Fault(name, 1, c, "unknown column", f"one of {', '.join(schema.columns)}") for c in unknown
    ]


def _without(cells, faults):
    """The cells with the faulty ones blanked, so that the next check sees only what is still unjudged."""
    cells = cells.copy()
    for fault in faults:
        if fault.line in cells.index and fault.column in cells:
            cells.loc[fault.line, fault.column] = None
    return cells


def _form_faults(cells, schema, name):
    """Cells that do not look like their column's type."""
    faults = []
    for column, rule in schema.columns.items():
        form, allowed = FORMS.get(str(rule.dtype), (None, None))
        if form:
            wrong = cells[column].notna() & ~cells[column].str.fullmatch(form, na=False)
            faults += [Fault(name, line, column, repr(value), allowed) for line, value in cells[column][wrong].items()]
    return faults


def _key_faults(cells, key, name):
    """Keys that repeat; keys with a cell that is faulty or empty are judged by that cell alone."""
    keys = cells[key].dropna()
    repeated = keys[keys.duplicated()]
    return [
        Fault(name, line, ", ".join(key), repr(", ".join(values)), UNIQUE) for line, *values in repeated.itertuples()
    ]


def _schema_faults(cells, schema, name):
    """Cells that pandera rejects."""
    try:
        schema.validate(cells, lazy=True)
    except SchemaErrors as error:
        return failures(error, cells, schema, name)
    return []


def failures(error, cells, schema, name):
    """Pandera's failure cases as faults.

    Parameters
    ----------
    error : pandera SchemaErrors
    cells : DataFrame
        What was validated; its index gives the lines.
    schema : pandera DataFrameSchema
    name : str
        The file's name in fault messages.

    Returns
    -------
    list of Fault
    """
    faults = []
    for case in error.failure_cases.itertuples():
        if case.check == "column_in_dataframe":
            faults.append(Fault(name, 1, case.failure_case, "missing column", "this column is required"))
        elif pd.notna(case.index) and not case.check.startswith("dtype"):
            value = cells.loc[case.index, case.column]
            if pd.notna(value) or case.check == "not_nullable":
                words = UNIQUE if "unique" in case.check else allowed(schema.columns[case.column])
                faults.append(Fault(name, int(case.index), case.column, "" if pd.isna(value) else repr(value), words))
    return faults


def allowed(rule):
    """What a column allows, in words.

    >>> allowed(schemas.REPORTS.columns["date_basis"])
    'one of stated, weekday, relative, unclear; not empty'
    """
    metadata = rule.metadata or {}
    words = "text"
    if "values" in metadata:
        words = f"one of {', '.join(metadata['values'])}"
    elif "allowed" in metadata:
        words = metadata["allowed"]
    elif str(rule.dtype) == "float64":
        bounds = rule.checks[0].statistics
        words = f"a number from {bounds['min_value']} to {bounds['max_value']}"
    elif str(rule.dtype) in FORMS:
        words = FORMS[str(rule.dtype)][1]
    return words if rule.nullable else f"{words}; not empty"


def _typed(cells, schema):
    """Text to the schema's types; what is missing stays missing."""
    return pd.DataFrame(
        {column: rule.dtype.coerce(cells[column]) for column, rule in schema.columns.items()}, index=cells.index
    )


def check_raw(raw_dir):
    """Read and check every raw table, each by itself and all against each other.

    Parameters
    ----------
    raw_dir : path
        The folder that holds ``reports.csv`` and the others. ``second_coding/`` may be absent.

    Returns
    -------
    tables : dict of DataFrame
        By name, indexed by line number.
    faults : list of Fault
        Sorted; empty if all is well. Files are named below ``raw_dir`` as it was given.
    """
    tables, faults = {}, []
    for name, schema in schemas.RAW_TABLES.items():
        path = Path(raw_dir) / f"{name}.csv"
        if path.parent == Path(raw_dir) or path.parent.exists():
            cells, shape_faults = read_cells(path, name, may_be_empty=name in MAY_BE_EMPTY)
            tables[name], cell_faults = check_cells(cells, schema, name) if len(cells.columns) else (cells, [])
            faults += shape_faults + cell_faults
    readable = {name: table for name, table in tables.items() if set(schemas.RAW_TABLES[name].columns) <= set(table)}
    incomplete = {
        fault.file
        for fault in faults
        if not fault.column or set(fault.column.split(", ")) & set(schemas.RAW_TABLES[fault.file].unique)
    }
    faults += cross_faults(readable, incomplete)
    once = {fault[:3]: fault for fault in reversed(faults)}.values()
    return tables, sorted(fault._replace(file=str(Path(raw_dir) / f"{fault.file}.csv")) for fault in once)


def cross_faults(tables, incomplete=()):
    """What one table says of another, or one column of another, and cannot be true.

    Parameters
    ----------
    tables : dict of DataFrame
        Typed raw tables by name, indexed by line number; missing ones are skipped.
    incomplete : collection of str
        Tables with unreadable rows or keys: an id or month that they lack may stand in one of those.

    Returns
    -------
    list of Fault
    """
    complete = set(tables) - set(incomplete)
    rules = (_reversed_ranges, _silent_days, _imprecise, _half_points, _pairs_of_one)
    found = [fault for rule in rules for fault in rule(tables)]
    return [*found, *_unresolved(tables, complete), *(_outside_window(tables) if "search_log" in complete else [])]


def _unresolved(tables, complete):
    for table, column, targets, key in REFERENCES:
        if table in tables and complete.issuperset(targets):
            known = pd.concat([tables[target][key] for target in targets])
            ids = tables[table][column].dropna()
            where = " or ".join(f"{target}.csv" for target in targets)
            for line, value in ids[~ids.isin(known)].items():
                yield Fault(table, line, column, repr(value), f"an id that stands as {key} in {where}")


def _reversed_ranges(tables):
    for table in ("reports", "second_coding/reports"):
        for name in schemas.COUNTS if table in tables else ():
            low, high = tables[table][f"{name}_min"], tables[table][f"{name}_max"]
            for line in low.index[(low > high).fillna(False)]:
                yield Fault(table, line, f"{name}_min", str(low[line]), f"at most {name}_max, here {high[line]}")


def _silent_days(tables):
    for table in ("reports", "second_coding/reports"):
        if table in tables:
            reports = tables[table]
            silent = reports["event_date"].isna() & (reports["date_basis"] != "unclear") & reports["date_basis"].notna()
            for line, basis in reports["date_basis"][silent].items():
                yield Fault(table, line, "event_date", "", f"a date, as date_basis is {basis}")


def _outside_window(tables):
    months = pd.PeriodIndex(tables["search_log"]["month"], freq="M")
    alone = (months != months.min()) & ~(months - 1).isin(months)
    for line, value in tables["search_log"]["month"][alone].items():
        yield Fault("search_log", line, "month", repr(value), "a month that follows another; months leave no gap")
    if alone.any():
        return
    first, last = coded_window(tables["search_log"])
    allowed_days = f"a date from {first.date()} to {last.date()}, the window of search_log.csv"
    for table, column in [
        ("reports", "event_date"),
        ("second_coding/reports", "event_date"),
        ("incident_register", "incident_id"),
        ("second_coding/reports", "incident_id"),
    ]:
        if table in tables:
            cells = tables[table][column].dropna()
            days = coder_days(cells) if column == "incident_id" else cells
            for line, value in cells[~days.between(first, last)].items():
                yield Fault(table, line, column, repr(str(value).removesuffix(" 00:00:00")), allowed_days)


def _imprecise(tables):
    events = tables.get("context_events", pd.DataFrame(columns=["date", "date_precision"]))
    form = events["date_precision"].astype("str").map({"day": schemas.DAY_FORMAT, "month": "%Y-%m"})
    for line, (value, wanted) in pd.DataFrame({"date": events["date"], "form": form}).dropna().iterrows():
        if pd.isna(pd.to_datetime(value, format=wanted, errors="coerce")):
            words = "YYYY-MM-DD" if wanted == schemas.DAY_FORMAT else "YYYY-MM"
            yield Fault("context_events", line, "date", repr(value), f"{words}, as date_precision says")


def _half_points(tables):
    for table in ("sites", "places"):
        if table in tables:
            points = tables[table][["latitude", "longitude"]]
            for line in points.index[points.isna().sum(axis=1) == 1]:
                column = points.columns[points.loc[line].isna()][0]
                yield Fault(table, line, column, "", "both latitude and longitude, or neither")


def _pairs_of_one(tables):
    pairs = tables.get("distinct_pairs", pd.DataFrame(columns=["incident_id", "other_id"]))
    for line, value in pairs["other_id"][pairs["incident_id"] == pairs["other_id"]].items():
        yield Fault("distinct_pairs", line, "other_id", repr(value), "an incident other than incident_id")


def coder_days(incident_ids):
    """The coder's day in each incident id; missing where it is no date.

    >>> coder_days(pd.Series(["2022-01-13_us_embassy_baghdad"])).dt.day.tolist()
    [13]
    """
    return pd.to_datetime(incident_ids.str[:10], format=schemas.DAY_FORMAT, errors="coerce")


def load_raw(data_dir=None):
    """Every raw table, checked by itself and against the others.

    Parameters
    ----------
    data_dir : path, optional
        The folder that holds ``raw/``; the repository's ``data/`` by default.

    Returns
    -------
    dict of DataFrame
        By name, as in ``schemas.RAW_TABLES``.

    Raises
    ------
    DataError
        With every fault of every table.
    """
    tables, faults = check_raw(Path(data_dir or DATA_DIR) / "raw")
    if faults:
        raise DataError(faults)
    return {name: table.reset_index(drop=True) for name, table in tables.items()}


def _load(name, data_dir):
    path = Path(data_dir or DATA_DIR) / "raw" / f"{name}.csv"
    cells, faults = read_cells(path, str(path), may_be_empty=name in MAY_BE_EMPTY)
    if len(cells.columns):
        table, cell_faults = check_cells(cells, schemas.RAW_TABLES[name], str(path))
        faults += cell_faults
    if faults:
        raise DataError(faults)
    return table.reset_index(drop=True)


def load_sources(data_dir=None):
    """Publications, one row each. Raises DataError where the table is faulty."""
    return _load("sources", data_dir)


def load_reports(data_dir=None):
    """Reports, one row per (incident, source). Raises DataError where the table is faulty."""
    return _load("reports", data_dir)


def load_search_log(data_dir=None):
    """The search protocol's effort, one row per (month, query). Raises DataError where the table is faulty."""
    return _load("search_log", data_dir)


def load_sites(data_dir=None):
    """Targets as a GeoDataFrame of points; a site without coordinates has no point."""
    return with_points(_load("sites", data_dir))


def load_places(data_dir=None):
    """Launch and impact areas as a GeoDataFrame of points; a place without coordinates has no point."""
    return with_points(_load("places", data_dir))


def load_context_events(data_dir=None):
    """Dated events that may drive attacks, one row per (event, source).

    Returns
    -------
    DataFrame
        With ``date_low`` and ``date_high``: the days on which the event may have happened, local time.
        A month spans its days; a date on the US clock may be one day later locally.
    """
    return with_date_range(_load("context_events", data_dir))


def with_points(table):
    """A GeoDataFrame from ``latitude`` and ``longitude``; points are missing where either is."""
    points = gpd.GeoSeries(gpd.points_from_xy(table["longitude"], table["latitude"], crs=CRS), index=table.index)
    located = table["latitude"].notna() & table["longitude"].notna()
    return gpd.GeoDataFrame(table, geometry=points.where(located), crs=CRS)


def with_date_range(events):
    """Context events with ``date_low`` and ``date_high``."""
    low = pd.to_datetime(events["date"], format="ISO8601").astype("datetime64[ns]")
    month_end = (low + pd.offsets.MonthEnd(0)).where(events["date_precision"] == "month", low)
    return events.assign(date_low=low, date_high=month_end.where(events["clock"] != "us", low + pd.Timedelta(days=1)))


def data_version(data_dir=None):
    """The version of the tables, from ``VERSION`` beside them."""
    path = Path(data_dir or DATA_DIR) / "VERSION"
    return path.read_text(encoding="utf-8").strip() if path.exists() else "unversioned"


def iter_counts(tables) -> Iterator[str]:
    """One line per table: its name and how many rows it has."""
    for name, table in tables.items():
        yield f"{name}.csv: {len(table)} rows"
