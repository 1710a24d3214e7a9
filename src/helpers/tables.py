"""Read a raw table, type it, return a DataFrame.

Every cell is read as text first, so that line numbers are true and nothing is padded or guessed;
every fault of a file is collected before any is reported. ``name`` is what a file is called in its faults. A loader
takes the folder that holds ``raw/``, by default the repository's ``data/``, and raises every fault of its table.
"""

import csv
import datetime
import io
import os
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

from .blanks import refuse_blanks
from .files import check_settled, home
from .schemas import DAY_FORMAT, Column, DataError, Fault, Table, load_schema

DATA_DIR = home("data")
CRS = "EPSG:4326"
LONGER_THAN_DAYS = ("Y", "M", "W")  # numpy's years, months and weeks are no days

# What a cell of each type looks like as text, and how to say so.
FORMS = {
    "whole": (r"-?[0-9]{1,15}", "a whole number, 0 or more"),
    "decimal": (r"-?[0-9]+(\.[0-9]+)?", "a number such as 33.25"),
    "date": (r"(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}", "a date that exists, as YYYY-MM-DD"),
}
# What a user's file may hold instead: numbers as programs write them; days are read by read_days. Not 1.000, which is a
# thousand to many.
_LENIENT_FORMS = {
    "whole": r"-?[0-9]{1,15}(\.(?!000$)0*)?",
    "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?",
}
YEARS = range(1900, 2101)
_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?", re.ASCII)
_MOST_DIGITS = 1e15  # larger floats are not exact
NOT_UTF_8 = "UTF-8 text; in a spreadsheet choose 'CSV UTF-8' when saving"

# (tables that refer, by which column, tables of which one must know the value, their column)
REFERENCES = [
    (["reports", "distinct_pairs", "incidents"], "incident_id", ["incident_register"], "incident_id"),
    (["distinct_pairs"], "other_id", ["incident_register"], "incident_id"),
    (["incident_register"], "incident_id", ["reports"], "incident_id"),
    (["reports", "context_events", "places", "tallies"], "source_id", ["sources"], "source_id"),
    (["second_coding/reports"], "source_id", ["second_coding/sources", "sources"], "source_id"),
    (["reports", "incident_register", "second_coding/reports", "incidents"], "site_id", ["sites"], "site_id"),
]


def check_choice(name: str, values: list, choices: list) -> None:
    """Refuse values that are no choice.

    Parameters
    ----------
    name : str
    values, choices : list

    Raises
    ------
    ValueError
        For no value at all, too.

    Examples
    --------
    >>> check_choice("scope", ["all"], ["all", "article"])
    """
    wrong = [value for value in values if value not in choices]
    if wrong or not values:
        raise ValueError(f"{name} is {', '.join(map(repr, wrong)) or 'empty'}; choose from {', '.join(choices)}")


def coded_window(search_log: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of the months that the search protocol covered.

    Parameters
    ----------
    search_log : DataFrame

    Returns
    -------
    tuple of Timestamp

    Examples
    --------
    >>> [str(day.date()) for day in coded_window(pd.DataFrame({"month": ["2019-10", "2020-02"]}))]
    ['2019-10-01', '2020-02-29']
    """
    months = pd.PeriodIndex(search_log["month"], freq="M")
    return months.min().start_time, months.max().end_time.normalize()


def cell_faults(cells: pd.Series, file: str, allowed: str) -> list[Fault]:
    """Make a fault of each cell of a column.

    Parameters
    ----------
    cells : Series
        Indexed by line; its name is the column's.
    file, allowed : str

    Returns
    -------
    list of Fault

    Examples
    --------
    >>> print(*cell_faults(pd.Series(["x"], index=[2], name="hit_min"), "reports.csv", "a whole number"))
    reports.csv:2: hit_min: 'x': a whole number
    """
    return [
        Fault(file, line, cells.name, repr(value) if isinstance(value, str) else "", allowed)
        for line, value in cells.astype("str").items()
    ]


def read_table(path: Path, table: Table, name: str, content: bytes | None = None) -> tuple[pd.DataFrame, list[Fault]]:
    """Read a CSV file and check it by itself.

    Parameters
    ----------
    path : Path
    table : Table
    name : str
    content : bytes, optional
        Read in place of what the file holds.

    Returns
    -------
    DataFrame
        Typed, indexed by line number.
    list of Fault

    Examples
    --------
    >>> print(*read_table(Path("none.csv"), load_schema().raw["sites"], "none.csv")[1])
    none.csv:1: -: no file: a readable CSV file (No such file or directory)
    """
    cells, faults = _read_cells(path, name, table.may_be_empty, content)
    cells, blank = refuse_blanks(cells, table, name)
    typed, more = check_cells(cells, table, name)
    return typed, faults + blank + more


def _read_cells(path, name, may_be_empty=False, content=None):
    """A CSV file as text by line number, empty cells missing, rows of a wrong length left out; and its faults."""
    check_settled(path)
    try:
        content = path.read_bytes() if content is None else content
    except OSError as error:
        return pd.DataFrame(), [Fault(name, 1, "", "no file", f"a readable CSV file ({error.strerror})")]
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="surrogateescape").read()
    # What is no UTF-8 was read as surrogates, so that its line is known; null bytes stand in UTF-16.
    if wrong := re.search("[\0\udc80-\udcff]", text):
        line, byte = 1 + text.count("\n", 0, wrong.start()), wrong[0].encode("utf-8", "surrogateescape")
        return pd.DataFrame(), [Fault(name, line, "", repr(byte.decode("latin-1")), NOT_UTF_8)]
    if not text.strip():
        return pd.DataFrame(), [Fault(name, 1, "", "empty file", "a header row and data rows")]
    cells, faults = _parse(text, name)
    if cells.empty and not faults and not may_be_empty:
        faults = [Fault(name, 1, "", "a header alone", "a header row and data rows")]
    return cells, faults


def _parse(text, name):
    """The cells of a CSV text by line number, and the faults of its rows; of its header alone where that has some."""
    header, rows, faults, start = None, {}, [], 1
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            if not any(row):
                faults.append(Fault(name, start, "", "blank row", "no blank rows; remove it"))
            elif header is None:
                header = row
            elif len(row) != len(header):
                faults.append(Fault(name, start, "", f"{len(row)} fields", f"{len(header)} fields, as in the header"))
            else:
                rows[start] = row
            start = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault(name, start, "", str(error), "well-formed CSV; is a quote left open?"))
    header_faults = _header_faults(name, header or [])
    if header_faults or not header:
        return pd.DataFrame(), header_faults or faults
    cells = pd.DataFrame(rows.values(), columns=header, index=pd.Index(rows, name="line", dtype="int64"), dtype="str")
    for column in cells:
        broken = cells[column].str.contains(r"[\x00-\x1f\x7f]")
        faults += cell_faults(cells[column][broken], name, "text without line breaks, tabs or control characters")
    return cells.mask(cells == ""), faults


def _header_faults(name, header):
    separator = re.search("[;\t]", header[0]) if len(header) == 1 else None
    if separator:
        return [Fault(name, 1, "", f"columns separated by {separator[0]!r}", "columns separated by commas")]
    repeated = sorted({column for column in header if header.count(column) > 1})
    return [Fault(name, 1, column, "repeated column", "each column once") for column in repeated]


def check_cells(cells: pd.DataFrame, table: Table, name: str, strict: bool = True) -> tuple[pd.DataFrame, list[Fault]]:
    """Check cells against what a table should hold.

    Parameters
    ----------
    cells : DataFrame
        Text, or columns that have a type already.
    table : Table
    name : str
    strict : bool
        Whether unknown columns are faults, and columns that may be absent are added without a value. If not, numbers
        and days may have the forms that :func:`type_column` allows a user's file.

    Returns
    -------
    DataFrame
        The table's columns in its order and types; faulty cells are missing.
    list of Fault

    Examples
    --------
    >>> search_log = load_schema().raw["search_log"]
    >>> cells = pd.DataFrame([["2019-10", "1", "8", "-1"]], index=[2], columns=list(search_log.columns), dtype="str")
    >>> print(*check_cells(cells, search_log, "search_log.csv")[1])
    search_log.csv:2: new_incidents: '-1': a whole number, 0 or more; not empty
    """
    faults, typed = [], {}
    if cells.columns.empty:  # the file could not be read, and that was the fault
        return cells, faults
    for key, column in table.columns.items():
        if key in cells:
            typed[key], more = _check_column(cells[key], column, name, strict)
            faults += more
        elif column.required:
            faults.append(Fault(name, 1, key, "missing column", "this column is required"))
        elif strict:
            typed[key] = type_column(pd.Series(None, cells.index, dtype="str"), column)
    if strict:
        unknown = [key for key in cells if key not in table.columns]
        faults += [Fault(name, 1, key, "unknown column", f"one of {', '.join(table.columns)}") for key in unknown]
    typed = pd.DataFrame(typed, index=cells.index)
    if set(table.key) <= set(typed):
        # Keys with a cell that is faulty or empty are judged by that cell alone.
        keys = typed[table.key].dropna().astype("str")
        for line, *values in keys[keys.duplicated()].itertuples():
            key, value = ", ".join(table.key), repr(", ".join(values))
            faults.append(Fault(name, line, key, value, "a key that no earlier row has"))
    return typed, faults


def _check_column(values, column, name, strict):
    """One column typed, and its faults. Each cell has one at most: the first that it fails is the truest."""
    typed, allowed = type_column(values, column, strict), describe_allowed(column)
    misshapen = values.notna() & typed.isna()
    unfit = typed.notna() & ~_fits(typed, column)
    empty = values.isna() & (column.empty == "")
    form = FORMS.get(column.type, (None, allowed))[1]
    faults = cell_faults(values[misshapen], name, form) + cell_faults(values[unfit | empty], name, allowed)
    return typed.mask(unfit) if unfit.any() else typed, faults


def type_column(values: pd.Series, column: Column, strict: bool = True) -> pd.Series:
    """Bring values to a column's type.

    Parameters
    ----------
    values : Series
    column : Column
    strict : bool
        Whether text must have the form that raw tables keep to. If not, ``3.0`` is a whole number, and a day may have a
        time of day.

    Returns
    -------
    Series
        Values that do not have the form of the type are missing.

    Examples
    --------
    >>> killed = load_schema().raw["reports"].columns["killed_min"]
    >>> type_column(pd.Series(["3", "three", None]), killed).tolist()
    [3, <NA>, <NA>]
    """
    if column.type == "list":
        return values.where(values.isin(column.values)).astype(pd.CategoricalDtype(list(column.values)))
    if column.type == "text":
        return values.astype("str")
    if column.type == "date":
        if strict and not is_datetime64_any_dtype(values.dtype):
            values = values.where(values.astype("str").str.fullmatch(FORMS["date"][0], na=False))
        return pd.Series(read_days(values), values.index).astype("datetime64[ns]")
    # True is no number here, though it counts as one in Python.
    if not is_numeric_dtype(values.dtype) or is_bool_dtype(values.dtype):
        values = values.astype("str")
        form = FORMS[column.type][0] if strict else _LENIENT_FORMS[column.type]
        values = values.where(values.str.fullmatch(form, na=False))
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    if column.type == "decimal":
        return numbers
    return numbers.where((numbers % 1 == 0) & (numbers.abs() < _MOST_DIGITS)).astype("Int64")


def read_days(dates: pd.Series) -> pd.DatetimeIndex:
    """Read whole days: the one rule for dates, from whatever file or caller they come.

    Parameters
    ----------
    dates : Series
        Dates, times, or text as in ISO 8601: a whole day, with or without a time of day. Of a time with a zone, the day
        by its own clock is kept, so that a time in UTC keeps the UTC day.

    Returns
    -------
    DatetimeIndex
        Without a time zone. Missing for anything else, as a number, a year, a month, or a day outside the years 1900 to
        2100.

    Examples
    --------
    >>> read_days(pd.Series(["2022-01-03T23:30+03:00", "2022-01"])).strftime("%Y-%m-%d").tolist()
    ['2022-01-03', nan]
    """
    if is_datetime64_any_dtype(dates.dtype):
        days = pd.DatetimeIndex(dates).tz_localize(None).normalize()
        return days.where(days.year.isin(YEARS))
    return pd.DatetimeIndex(np.array([read_day(date) for date in dates.astype(object)], "M8[D]"))


def read_day(value: object) -> datetime.date | None:
    """Read one whole day by the rule of :func:`read_days`: a year or a month is no day, and 03/01/2020 is two.

    Parameters
    ----------
    value : object

    Returns
    -------
    date or None

    Examples
    --------
    >>> read_day("2022-01-03 00:00:00.000")
    datetime.date(2022, 1, 3)
    """
    if isinstance(value, str):
        value = datetime.date.fromisoformat(value[:10]) if _is_day(value) else None
    elif isinstance(value, np.datetime64):
        value = None if np.datetime_data(value.dtype)[0] in LONGER_THAN_DAYS else pd.Timestamp(value)
    elif isinstance(value, pd.Period) and value.freqstr == "D":
        value = value.to_timestamp()
    if not isinstance(value, datetime.date) or pd.isna(value) or value.year not in YEARS:
        return None
    return value.date() if isinstance(value, datetime.datetime) else value


def _is_day(text):
    try:
        return bool(_ISO_DAY.fullmatch(text) and datetime.datetime.fromisoformat(text))
    except ValueError:
        return False


def _fits(typed, column):
    """Which values keep to the column's pattern and bounds; missing ones do not matter."""
    if column.pattern:
        return typed.str.match(column.pattern, na=False)
    if column.type in ("whole", "decimal"):
        return typed.between(column.least, column.most).fillna(False)
    return pd.Series(True, typed.index)


def describe_allowed(column: Column) -> str:
    """Say what a column allows.

    Parameters
    ----------
    column : Column

    Returns
    -------
    str

    Examples
    --------
    >>> describe_allowed(load_schema().raw["reports"].columns["date_basis"])
    'one of stated, weekday, relative, unclear; not empty'
    """
    words = column.allowed or FORMS.get(column.type, ("", "text"))[1]
    if column.type == "list":
        words = f"one of {', '.join(column.values)}"
    elif column.type == "decimal":
        words = f"a number from {column.least} to {column.most}"
    return words if column.empty else f"{words}; not empty"


def coder_days(incident_ids: pd.Series) -> pd.Series:
    """The coder's day in each incident id.

    Parameters
    ----------
    incident_ids : Series of str

    Returns
    -------
    Series of datetime64

    Examples
    --------
    >>> coder_days(pd.Series(["2022-01-13_us_embassy_baghdad"])).dt.day.tolist()
    [13]
    """
    return pd.to_datetime(incident_ids.str[:10], format=DAY_FORMAT, errors="coerce")


def _load(name, data_dir):
    """One raw table, checked by itself."""
    path = Path(data_dir or DATA_DIR) / "raw" / f"{name}.csv"
    table, faults = read_table(path, load_schema(path.parents[1]).raw[name], str(path))
    if faults:
        raise DataError(faults)
    return table.reset_index(drop=True)


def load_sources(data_dir: str | Path | None = None) -> pd.DataFrame:
    """Load the publications, one row each.

    Parameters
    ----------
    data_dir : path, optional

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> load_sources("my_collection")  # doctest: +SKIP
    """
    return _load("sources", data_dir)


def load_reports(data_dir: str | Path | None = None) -> pd.DataFrame:
    """Load the reports, one row per (incident, source).

    Parameters
    ----------
    data_dir : path, optional

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> load_reports("my_collection")  # doctest: +SKIP
    """
    return _load("reports", data_dir)


def load_search_log(data_dir: str | Path | None = None) -> pd.DataFrame:
    """Load the protocol's effort, one row per (month, query).

    Parameters
    ----------
    data_dir : path, optional

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> load_search_log("my_collection")  # doctest: +SKIP
    """
    return _load("search_log", data_dir)


def load_sites(data_dir: str | Path | None = None) -> gpd.GeoDataFrame:
    """Load the targets.

    Parameters
    ----------
    data_dir : path, optional

    Returns
    -------
    GeoDataFrame

    Examples
    --------
    >>> load_sites("my_collection")  # doctest: +SKIP
    """
    return with_points(_load("sites", data_dir))


def load_places(data_dir: str | Path | None = None) -> gpd.GeoDataFrame:
    """Load the launch and impact areas.

    Parameters
    ----------
    data_dir : path, optional

    Returns
    -------
    GeoDataFrame

    Examples
    --------
    >>> load_places("my_collection")  # doctest: +SKIP
    """
    return with_points(_load("places", data_dir))


def load_context_events(data_dir: str | Path | None = None) -> pd.DataFrame:
    """Load dated events that may drive attacks, one row per (event, source).

    Parameters
    ----------
    data_dir : path, optional

    Returns
    -------
    DataFrame
        As :func:`with_date_range` returns it.

    Examples
    --------
    >>> load_context_events("my_collection")  # doctest: +SKIP
    """
    return with_date_range(_load("context_events", data_dir))


def with_points(table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Make points of ``latitude`` and ``longitude``.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    GeoDataFrame
        WGS 84; no point where a coordinate is missing.

    Examples
    --------
    >>> with_points(pd.DataFrame({"latitude": [33.3, 33.3], "longitude": [44.4, None]})).geometry.isna().tolist()
    [False, True]
    """
    points = gpd.GeoSeries(gpd.points_from_xy(table["longitude"], table["latitude"], crs=CRS), index=table.index)
    located = table["latitude"].notna() & table["longitude"].notna()
    return gpd.GeoDataFrame(table, geometry=points.where(located), crs=CRS)


def with_date_range(events: pd.DataFrame) -> pd.DataFrame:
    """Add the local days on which each event may have happened: a day later than on the US clock, any of a month.

    Parameters
    ----------
    events : DataFrame

    Returns
    -------
    DataFrame
        With ``date_low`` and ``date_high``.

    Examples
    --------
    >>> events = pd.DataFrame({"date": ["2020-02", "2020-03-12"], "date_precision": ["month", "day"],
    ...                        "clock": ["local", "us"]})
    >>> with_date_range(events)[["date_low", "date_high"]].astype("str").to_numpy().tolist()
    [['2020-02-01', '2020-02-29'], ['2020-03-12', '2020-03-13']]
    """
    low = pd.to_datetime(events["date"], format="ISO8601").astype("datetime64[ns]")
    month_end = (low + pd.offsets.MonthEnd(0)).where(events["date_precision"] == "month", low)
    return events.assign(date_low=low, date_high=month_end.where(events["clock"] != "us", low + pd.Timedelta(days=1)))


def data_version(data_dir: str | Path | None = None) -> str:
    """Read the version of the tables from ``VERSION`` beside ``raw/``.

    Parameters
    ----------
    data_dir : path, optional

    Returns
    -------
    str
        ``unversioned`` where there is no such file.

    Raises
    ------
    DataError
        If the file is no version.

    Examples
    --------
    >>> data_version("no_such_folder")
    'unversioned'
    """
    version, faults = read_version(Path(data_dir or DATA_DIR) / "VERSION")
    if faults:
        raise DataError(faults)
    return version


def read_version(path: Path) -> tuple[str, list[Fault]]:
    """Read the version of the tables from a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        ``unversioned`` where there is no such file.
    list of Fault
        One where the file is no single line of text.

    Examples
    --------
    >>> read_version(Path("no_such_folder/VERSION"))
    ('unversioned', [])
    """
    wanted = "one line of UTF-8 text, such as 1.0.0; or no such file"
    check_settled(path)
    try:
        version = path.read_text(encoding="utf-8-sig").strip()
    except OSError as error:
        if not os.path.lexists(path):
            return "unversioned", []
        return "", [Fault(str(path), 1, "", "not readable", f"{wanted} ({error.strerror})")]
    except UnicodeDecodeError:
        return "", [Fault(str(path), 1, "", "not UTF-8", wanted)]
    if not version or not version.isprintable():
        return "", [Fault(str(path), 1, "", repr(version) if version else "empty", wanted)]
    return version, []
