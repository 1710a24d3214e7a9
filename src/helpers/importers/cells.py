"""The cells of a file as users have them, and notes of what was done to it.

Only columns that are read may refuse a file. Readers take the columns of a schema by name and return the cells that
are there, indexed by line or row, the faults, and the notes: short sentences, so that nothing is changed unseen.
"""

import csv
import datetime
import io
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from pandas.api.types import is_datetime64_any_dtype, is_list_like, is_numeric_dtype
from shapely.errors import ShapelyError

from .. import blanks, tables
from ..schemas import Column, Fault

Cells = tuple[pd.DataFrame, list[Fault], list[str]]

_SEPARATORS = ",;\t|"
_LARGEST_FIELD = 2**31 - 1
_MOST_NAMES = 12
_GEOMETRY_NAMES = ("geometry", "geom", "the_geom", "wkb_geometry")
_NOT_UTF_8 = re.compile("[\0\udc80-\udcff]")
# Not 007, which is the name of something, nor a number of so many digits that its last ones would be lost.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?")
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
# What programs write where there is nothing.
_NOTHING = {"na", "n/a", "#n/a", "<na>", "nan", "nat", "none", "null", "-"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TIME_IN_UTC = r"[T ].*(?:Z|[+-]00:?00)$"
_TIME_OF_DAY = r"[T ](?!00:00(?::00(?:[.,]0+)?)?(?:Z|[+-]|$))\d\d:\d\d"


def read_csv(path: Path, name: str, columns: dict[str, Column]) -> Cells:
    """Read the columns of a CSV file as text.

    Parameters
    ----------
    path : Path
    name : str
        What the file is called in its faults.
    columns : dict of Column
        What to read. Names are matched whatever their case and the blanks around them.

    Returns
    -------
    DataFrame of str
        Indexed by line number. Empty cells are missing. Columns beyond these are kept, as numbers where all are, but
        for those without a name of their own.
    list of Fault
    list of str
        Notes.

    Examples
    --------
    >>> print(*read_csv(Path("none.csv"), "none.csv", {})[1])
    none.csv:1: -: no file: a readable CSV file (No such file or directory)
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        return pd.DataFrame(), [Fault(name, 1, "", "no file", f"a readable CSV file ({error.strerror})")], []
    if not text.strip():
        return pd.DataFrame(), [Fault(name, 1, "", "empty file", "a header row and data rows")], []
    text, separator = _find_separator(text, columns)
    limit = csv.field_size_limit(_LARGEST_FIELD)  # a column that is not read may hold long texts
    try:
        header, rows, faults, n_blank = _parse(text, name, separator)
    finally:
        csv.field_size_limit(limit)
    if undecoded := _NOT_UTF_8.search("".join(header)):
        return pd.DataFrame(), [Fault(name, 1, "", _as_byte(undecoded), tables.NOT_UTF_8)], []
    places, repeated = _match_names(header, columns)
    faults += [Fault(name, 1, column, "repeated column", "each column once") for column in repeated]
    if not rows and not faults:
        faults.append(Fault(name, 1, "", "a header alone", "a header row and data rows"))
    texts = {column: [row[place] for row in rows.values()] for column, place in places.items()}
    cells = pd.DataFrame(texts, index=pd.Index(rows, name="line", dtype="int64"), dtype="object")
    cells, notes = _strip(cells)
    if undecoded := list(_undecoded(cells, name)):
        return pd.DataFrame(), faults + undecoded, []
    cells, emptied = _empty_nothing(cells, columns)
    cells, notes = cells.astype("str"), notes + emptied
    faults += _control_faults(cells, name)
    if separator != ",":
        cells, commas = _point_decimals(cells, columns)
        notes += commas
    blank = [f"Blank rows were passed over: {n_blank}."] if n_blank else []
    others, unread, n_nameless = _keep_others(header, rows, columns)
    said = _column_notes(list(others), unread, n_nameless)
    if separator != ",":
        others, left = _leave_thousands(others, header, rows)
        said += left
    return cells.join(others), faults, said + blank + notes + _day_notes(cells, columns)


def _keep_others(header, rows, columns):
    """The columns that a schema does not name; those without a name of their own; how many cells have none at all."""
    names = [blanks.clean(name) for name in header]
    plain, kept, unread, n_nameless = [name.casefold() for name in names], {}, [], 0
    for place, name in enumerate(names):
        if plain[place] in columns:
            continue
        if not name:
            n_filled = sum(bool(blanks.clean(row[place])) for row in rows.values())
            unread += [_nameless(place)] if n_filled else []
            n_nameless += n_filled
            continue
        texts = [row[place].strip() or None for row in rows.values()]
        readable = not _NOT_UTF_8.search("".join(filter(None, texts)))
        if plain.count(plain[place]) > 1 or plain[place] == "geometry" or not readable:
            unread.append(name)
        elif any(texts) and all(_NUMBER.fullmatch(text) for text in texts if text):
            kept[name] = [float(text) if text else None for text in texts]
        else:
            kept[name] = texts
    kept = pd.DataFrame(kept, index=pd.Index(rows, name="line", dtype="int64"))
    return kept, list(dict.fromkeys(unread)), n_nameless


def _leave_thousands(others, header, rows):
    """Columns of numbers such as 1.234 alone as text, where a comma may be the decimal sign; and a note."""
    names = [blanks.clean(name) for name in header]
    doubtful = {}
    for name in others:
        texts = [row[names.index(name)].strip() or None for row in rows.values()]
        pointed = [text for text in texts if text and "." in text]
        if is_numeric_dtype(others[name].dtype) and pointed and all(map(_THOUSANDS.fullmatch, pointed)):
            doubtful[name] = texts
    note = f"Left as text, since 1.234 may be a thousand or a decimal: {_listed(list(doubtful))}."
    return others.assign(**doubtful), [note] if doubtful else []


def _nameless(place):
    return f"column {place + 1} (no name)"


def _column_notes(kept, unread, n_nameless):
    """What becomes of columns that a schema does not name."""
    notes = [f"Columns kept as they are: {_listed(kept)}."] if kept else []
    notes += [f"Columns not read: {_listed(unread)}."] if unread else []
    return notes + ([f"Filled cells in columns without a name: {n_nameless}."] if n_nameless else [])


def _find_separator(text, columns):
    """The text without a first line such as ``sep=;``, and what separates its columns."""
    if stated := re.match(r'"?sep=([^\w"\n])"?[,;\t| ]*\n', text, re.IGNORECASE):
        return "\n" + text[stated.end() :], stated[1]

    def n_known(separator):
        try:
            header = next(filter(any, csv.reader(io.StringIO(text), delimiter=separator)), [])
        except csv.Error:
            return 0
        return len(columns.keys() & set(map(_plain_name, header)))

    return text, max(_SEPARATORS, key=n_known)


def _parse(text, name, separator):
    """The header of a CSV text, its rows by line number, the faults of their length, and how many are blank."""
    header, rows, faults, n_blank, start = [], {}, [], 0, 1
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        for row in reader:
            filled = any(map(blanks.clean, row))
            if filled and not header:
                header = row
            elif filled:
                if not any(map(blanks.clean, row[len(header) :])):
                    row = row[: len(header)]  # spreadsheets put empty cells behind the last column
                if len(row) == len(header):
                    rows[start] = row
                else:
                    wanted = f"{len(header)} fields, as in the header"
                    faults.append(Fault(name, start, "", f"{len(row)} fields", wanted))
            elif header:
                n_blank += 1
            start = reader.line_num + 1
    except csv.Error as error:
        faults.append(Fault(name, start, "", str(error), "well-formed CSV; is a quote left open?"))
    return header, rows, faults, n_blank


def read_parquet(path: Path, name: str, columns: dict[str, Column]) -> Cells:
    """Read a Parquet or GeoParquet file.

    Parameters
    ----------
    path : Path
    name : str
        What the file is called in its faults.
    columns : dict of Column
        What to look for. Names are matched whatever their case and the blanks around them.

    Returns
    -------
    DataFrame or GeoDataFrame
        Indexed by row, from 1. Every column of the file that has a name, these columns by their own name and with text
        stripped; with a geometry where the file has one, in the file's coordinates.
    list of Fault
    list of str
        Notes.

    Examples
    --------
    >>> print(*read_parquet(Path("none.parquet"), "none.parquet", {})[1])
    none.parquet: -: no file: a readable Parquet file (No such file or directory)
    """
    try:
        has_geometry = b"geo" in (pq.read_schema(path).metadata or {})
        table = gpd.read_parquet(path) if has_geometry else _decode_geometry(pd.read_parquet(path))
    except FileNotFoundError:
        wanted = "a readable Parquet file (No such file or directory)"
        return pd.DataFrame(), [Fault(name, 0, "", "no file", wanted)], []
    except (AttributeError, OSError, ValueError, TypeError, KeyError, RuntimeError, ShapelyError) as error:
        return pd.DataFrame(), [Fault(name, 0, "", str(error), "a Parquet file of incidents")], []
    if table.empty:
        return pd.DataFrame(), [Fault(name, 0, "", "no rows", "a row for each incident")], []
    # What pandas keeps as labels of rows is a column to everyone else.
    named = [label for label in table.index.names if label is not None and label not in table]
    table = table.reset_index(named) if named else table
    table = table.set_axis(pd.RangeIndex(1, len(table) + 1, name="row"))
    places, repeated = _match_names(table.columns, columns)
    faults = [Fault(name, 0, column, "repeated column", "each column once") for column in repeated]
    if not faults:
        table = table.rename(columns={table.columns[place]: column for column, place in places.items()})
        faults = _nested_faults(table[list(places)], name)
    if faults:
        return pd.DataFrame(), faults, []
    cells, notes = _strip(pd.DataFrame(table[list(places)]))
    cells, emptied = _empty_nothing(cells, columns)
    notes += emptied
    table, said = _name_others(table, columns)
    return table.assign(**cells), _control_faults(cells, name), said + notes + _day_notes(cells, columns)


def _name_others(table, columns):
    """A Parquet file without columns that have no name, or that of the points to be made; and notes of the others."""
    used = getattr(table, "active_geometry_name", None)
    places = [place for place, column in enumerate(table) if not _plain_name(column)]
    n_nameless = int(table.iloc[:, places].notna().sum().sum())
    unread = [_nameless(place) for place in places if table.iloc[:, place].notna().any()]
    is_shape = table.dtypes.astype("str") == "geometry"
    shapes = [column for column in table if is_shape[column] or _plain_name(column) in _GEOMETRY_NAMES]
    dropped = [column for column in table if not _plain_name(column) or (column == "geometry" != used)]
    unread += [column for column in dropped if column == "geometry"]
    kept = [column for column in table if column not in {*columns, *dropped, used}]
    notes = _column_notes(kept, unread, n_nameless)
    if used is not None and len(shapes) > 1:
        others = _listed([column for column in shapes if column != used])
        notes.append(f"The file has several geometries; points are those of {used}, not of {others}.")
    return table.drop(columns=dropped), notes


def _nested_faults(cells, name):
    """Faults of cells that hold several values, or bytes."""
    faults = []
    for column in cells:
        nested = [is_list_like(value) or isinstance(value, bytes) for value in cells[column]]
        faults += tables.cell_faults(cells.loc[nested, column].map(repr), name, "text, a number or a date")
    return faults


def _decode_geometry(table):
    """A geometry of a file without metadata, which holds it as WKB, as a geometry without a coordinate system."""
    for column in (column for column in table if _plain_name(column) in _GEOMETRY_NAMES):
        if table[column].dropna().map(lambda value: isinstance(value, bytes)).all():
            return gpd.GeoDataFrame(table.assign(**{column: gpd.GeoSeries.from_wkb(table[column])}), geometry=column)
        raise ValueError(f"{column} is neither the geometry of a GeoParquet file nor WKB")
    return table


def _match_names(header, columns):
    """Where each column stands in a header, and which of them stand there twice."""
    plain = [_plain_name(name) for name in header]
    repeated = [column for column in columns if plain.count(column) > 1]
    places = {column: plain.index(column) for column in columns if column in plain}
    return places, repeated


def _plain_name(name):
    return blanks.clean(str(name)).casefold()


def _strip(cells):
    """Cells without blanks and unseen characters, empty ones missing; and a note of how many were changed."""
    is_text = [not is_numeric_dtype(kind) and not is_datetime64_any_dtype(kind) for kind in cells.dtypes]
    text = cells.loc[:, is_text].astype("object")
    text, counts = blanks.strip_blanks(text.where(text != "", None))
    n_changed = sum(counts.values())
    note = f"Blanks or invisible characters were removed from cells of {_listed(list(counts))}: {n_changed} in all."
    return cells.assign(**text), [note] if counts else []


def _empty_nothing(cells, columns):
    """Cells that say NA or the like as empty, but where a column may not be empty or knows the word; and a note."""
    emptied, n = {}, 0
    for name in (name for name in cells if columns[name].empty):
        words = _NOTHING - set(map(str.casefold, dict(columns[name])["values"]))
        nothing = np.array([isinstance(cell, str) and cell.casefold() in words for cell in cells[name]], dtype=bool)
        if nothing.any():
            emptied[name], n = cells[name].astype("object").mask(nothing, None), n + int(nothing.sum())
    note = f"Words for nothing, such as NA, were read as empty in {_listed(list(emptied))}: {n} in all."
    return cells.assign(**emptied), [note] if emptied else []


def _undecoded(cells, name):
    """Faults of cells that are not UTF-8, which were read as surrogates so that their line is known."""
    for column, values in cells.items():
        for line, value in values.dropna().items():
            if found := _NOT_UTF_8.search(value):
                yield Fault(name, line, column, _as_byte(found), tables.NOT_UTF_8)


def _as_byte(found):
    return repr(found[0].encode("utf-8", "surrogateescape").decode("latin-1"))


def _control_faults(cells, name):
    faults, wanted = [], "text without line breaks, tabs or control characters"
    for column in cells:
        broken = [isinstance(value, str) and bool(_CONTROL.search(value)) for value in cells[column]]
        faults += tables.cell_faults(cells.loc[broken, column], name, wanted)
    return faults


def _point_decimals(cells, columns):
    """Decimal commas as points, which only a file whose columns are separated otherwise may have; and a note."""
    decimal = [column for column in cells if columns[column].type == "decimal"]
    commas = {column: cells[column].str.fullmatch(r"-?[0-9]+,[0-9]+", na=False) for column in decimal}
    touched = [column for column in decimal if commas[column].any()]
    points = {column: cells[column].mask(commas[column], cells[column].str.replace(",", ".")) for column in touched}
    notes = [f"Commas were read as decimal points in {_listed(touched)}."] if touched else []
    return cells.assign(**points), notes


def _day_notes(cells, columns):
    """What a reader must know of days that came with a clock: whose day it is, and that the hour is left off."""
    notes = []
    for column in (column for column in cells if columns[column].type == "date"):
        values = cells[column].dropna()
        text = values.astype("str")
        n_times = int(text.str.contains(_TIME_OF_DAY).sum())
        if n_times:
            notes.append(f"{column}: the time of day was left off (rows: {n_times}); the day by its own clock is kept.")
        zone = getattr(values.dtype, "tz", None)
        if text.str.contains(_TIME_IN_UTC).any() and (zone is None or _is_utc(zone)):
            notes.append(f"{column}: days are those of a clock in UTC; local days may be one earlier or later.")
    return notes


def _is_utc(zone):
    """Whether a zone is never off UTC, as London is in summer."""
    offsets = {zone.utcoffset(datetime.datetime(2020, month, 1)) for month in (1, 7)}
    return offsets == {datetime.timedelta(0)}


def _listed(names):
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(map(str, names[:_MOST_NAMES])) + more
