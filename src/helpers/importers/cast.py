"""Text to numbers and days: a cell is cast only where its shape allows it, and what is not understood is kept aside.

Expressions on Ibis tables, which hold whatever computes them. Three columns that begin with an underscore go along:
``_unread``, the cells that were not understood, and ``_style_...``, how a day is written.
"""

import operator
from collections.abc import Iterable
from functools import reduce

import ibis
import ibis.expr.types as ir

STYLE = "_style_"
_SEEN, _CELL = "_seen_", "_cell_"
BLANKS = " \t\n\r\v\f"  # what DuckDB strips from a cell; Python alone would strip more
CELL, ROW = "\x1f", "\x1e"  # between a column and its cell, and behind each of them, in _unread
_LONGEST_EXAMPLE = 60  # characters
# Patterns mean the same in RE2 (DuckDB, BigQuery) and in Java (Spark): \s and $ do not.
# What may stand unseen around a number: blanks of every kind, such as the no-break space, and marks without width.
_UNSEEN = r"[\t-\r \p{Z}\x{200b}-\x{200f}\x{2060}\x{feff}]+"
_BLANK = r"[\x{01}-\x{20}\x{7f}-\x{9f}\p{Z}]+"
_WHOLE = r"^-?\d{1,9}(\.0{1,2})?\z"  # 1.000 is a thousand to many
_DECIMAL = r"^-?\d{1,15}(\.\d+)?([eE]-?\d{1,2})?\z"
_MONTHS = "janfebmaraprmayjunjulaugsepoctnovdec"
_NAMES = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
_MONTH = f"{_NAMES}|nov(?:ember)?|dec(?:ember)?"
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\z"
_LONG = rf"(?i)^(\d{{1,2}})[ -]({_MONTH})[ -](\d{{4}})\z"
_SLASH = r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})\z"
_DIGITS = {"digits": r"^\d{1,18}(\.0+)?\z", "digits12": r"^\d{12}(\.0+)?\z"}
_MOST = {"latitude": 90, "longitude": 180}
ISO, LONG, DAY_FIRST, MONTH_FIRST, EITHER = "2022-04-15", "15 April 2022", "15/04/2022", "04/15/2022", "04/05/2022"


def cast_columns(table: ir.Table, types: dict[str, str], comma: bool = False, month_first: bool = False) -> ir.Table:
    """Cast the columns of a table of text.

    Parameters
    ----------
    table : Table
        Every column text; those of ``types`` may be absent.
    types : dict of str
        ``text`` and ``id`` (text on one line), ``whole``, ``count`` (0 or more), ``decimal``, ``latitude``,
        ``longitude``, ``day``, ``american_day`` (month first), ``compact_day`` (20220415), ``digits`` and
        ``digits12`` (text of any or of twelve digits: 2.02E+11 is none).
    comma : bool
        Whether decimals may have a comma.
    month_first : bool
        Whether 04/05/2022 is in April.

    Returns
    -------
    Table
        The columns of ``types`` that are there; ``_unread``; for each day ``_style_`` and its name.

    Examples
    --------
    >>> import pyarrow as pa
    >>> text = ibis.memtable(pa.table({"n": ["1", "many", ""], "day": ["15 April 2022", "", "31 June 2022"]}))
    >>> typed = cast_columns(text, {"n": "whole", "day": "day"})
    >>> typed.select("n", "day").to_pyarrow().to_pylist()[0]
    {'n': 1, 'day': datetime.date(2022, 4, 15)}
    >>> [cell and cell.split(CELL)[0] for cell in typed["_unread"].to_pyarrow().to_pylist()]
    [None, 'n', 'day']
    """
    # In steps, since an engine works out again what an expression names twice.
    text = table.select(**{name: _strip(table[name]) for name in types if name in table.columns})
    typed = {name: text[name] for name in text.columns if types[name] not in ("text", "id")}
    seen = text.mutate(**{f"{_SEEN}{name}": _see(cell) for name, cell in typed.items()})
    columns = {f"{_CELL}{name}": seen[name] for name in typed}
    for name in text.columns:
        cell = seen[f"{_SEEN}{name}" if name in typed else name]
        columns[name] = _cast(cell, types[name], comma, month_first)
        if types[name] == "day":
            columns[f"{STYLE}{name}"] = day_style(seen[name])
    rows = seen.select(**columns)
    unread = [ibis.literal("").concat("", *(_example(rows, name) for name in typed)).nullif("").name("_unread")]
    return rows.select(*(name for name in columns if not name.startswith(_CELL)), *unread)


def _example(rows, name):
    """The column and the cell of a value that is not understood; nothing for others."""
    cell = rows[f"{_CELL}{name}"]
    example = ibis.literal(f"{name}{CELL}") + cell.substr(0, _LONGEST_EXAMPLE) + ROW
    return ibis.ifelse(cell.notnull() & rows[name].isnull(), example, "")


def _strip(cell):
    """A cell without blanks around it; missing where nothing is left."""
    # Stripping reads a whole text, and few cells need it: those with a blank, which sorts before "!", at either end.
    may_need = reduce(operator.or_, map(cell.endswith, BLANKS), cell < "!")
    return ibis.ifelse(may_need, cell.strip().nullif(""), cell)


def _cast(cell, kind, comma, month_first):
    """A column of text as one of a type; missing where the shape of a cell does not allow it."""
    if kind == "text":
        return cell
    if kind == "id":
        # On one line, without characters that nobody sees; few cells need it.
        plain = cell.re_replace(r"[\x{200b}-\x{200f}\x{2060}\x{feff}]+", "").re_replace(_BLANK, " ").strip()
        return ibis.ifelse(cell.re_search(r"[^\x{21}-\x{7e} ]|  "), plain.nullif(""), cell)
    if kind in ("day", "american_day"):
        return _day(cell, month_first or kind == "american_day")
    if kind == "compact_day":
        parts = [cell.substr(start, length) for start, length in ((0, 4), (4, 2), (6, 2))]
        return ibis.ifelse(cell.re_search(r"^\d{8}\z"), _join(*parts), ibis.null("string")).try_cast("date")
    if kind in _DIGITS:
        return ibis.ifelse(cell.re_search(_DIGITS[kind]), cell.re_replace(r"\.0+\z", ""), ibis.null("string"))
    if comma:
        cell = cell.replace(",", ".")
    is_whole = kind in ("whole", "count")
    shape = _WHOLE if is_whole else _DECIMAL
    value = ibis.ifelse(cell.re_search(shape), cell, ibis.null("string")).try_cast("float64")
    if kind == "count":
        value = ibis.ifelse(value >= 0, value, ibis.null("float64"))
    if kind in _MOST:
        value = ibis.ifelse(value.abs() <= _MOST[kind], value, ibis.null("float64"))
    return value.cast("int64") if is_whole else value


def _see(cell):
    """A cell without what stands unseen around it, such as a no-break space."""
    # Replacing is slow, and few cells need it.
    return ibis.ifelse(cell.re_search(r"[^\x00-\x7f]"), cell.re_replace(rf"^{_UNSEEN}|{_UNSEEN}\z", ""), cell)


def _day(cell, month_first):
    """A day in any of three forms; which of them a file has is judged for the file, not here."""
    # Of each form the same three groups: what stands first, second and third.
    parts = {form: [cell.re_extract(form, place) for place in (1, 2, 3)] for form in (_LONG, _SLASH)}
    day, month, year = parts[_SLASH]
    word = (ibis.literal(_MONTHS).find(parts[_LONG][1].lower().substr(0, 3)) // 3 + 1).cast("string")
    text = ibis.cases(
        (cell.re_search(_ISO), cell.substr(0, 10)),
        (cell.re_search(_LONG), _join(parts[_LONG][2], word, parts[_LONG][0])),
        (cell.re_search(_SLASH), _join(year, day, month) if month_first else _join(year, month, day)),
        else_=ibis.null("string"),
    )
    return text.try_cast("date")


def _join(year, month, day):
    return year + "-" + month.lpad(2, "0") + "-" + day.lpad(2, "0")


def day_style(cell: ir.StringValue) -> ir.StringValue:
    """How a day is written; of 04/05/2022 no one can say which comes first.

    Parameters
    ----------
    cell : Column

    Returns
    -------
    Column
        ``ISO``, ``LONG``, ``DAY_FIRST``, ``MONTH_FIRST`` or ``EITHER``, each an example of itself; missing for others.

    Examples
    --------
    >>> import pyarrow as pa
    >>> text = ibis.memtable(pa.table({"day": ["1 May 2022", "31/12/2022", "soon"]}))
    >>> day_style(text["day"]).to_pyarrow().to_pylist()
    ['15 April 2022', '15/04/2022', None]
    """
    first, second = (cell.re_extract(_SLASH, place).try_cast("int64") for place in (1, 2))
    return ibis.cases(
        (cell.re_search(_ISO), ISO),
        (cell.re_search(_LONG), LONG),
        (cell.re_search(_SLASH) & (first > 12), DAY_FIRST),
        (cell.re_search(_SLASH) & (second > 12), MONTH_FIRST),
        (cell.re_search(_SLASH), EITHER),
        else_=ibis.null("string"),
    )


def select_columns(table: ir.Table, columns: dict[str, ir.Value], kept: tuple[str, ...]) -> ir.Table:
    """Put columns of the incident schema first, then those of the source that the file has.

    Parameters
    ----------
    table : Table
        As :func:`cast_columns` gives it.
    columns : dict of expressions
    kept : tuple of str
        Columns of the source; those that are absent stay so.

    Returns
    -------
    Table
        With the columns that begin with an underscore behind them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = ibis.memtable(pa.table({"id": ["a"], "n": [1], "_row": [0]}))
    >>> select_columns(table, {"incident_id": table["id"]}, ("n", "m")).columns
    ('incident_id', 'n', '_row')
    """
    own = [name for name in table.columns if name.startswith("_")]
    return table.select(**columns, **{name: table[name] for name in (*kept, *own) if name in table.columns})


def optional(table: ir.Table, name: str, kind: str) -> ir.Value:
    """A column of a table, or one without a value where it is absent.

    Parameters
    ----------
    table : Table
    name : str
    kind : str
        Its type for Ibis.

    Returns
    -------
    Column

    Examples
    --------
    >>> import pyarrow as pa
    >>> optional(ibis.memtable(pa.table({"n": [1]})), "m", "int64").type()
    Int64(nullable=True)
    """
    # Ibis compares no column with a missing literal, but with what is computed to be missing.
    return table[name] if name in table.columns else ibis.literal(0).nullif(0).cast(kind)


def unknown_code(table: ir.Table, name: str, known: Iterable[int]) -> ir.BooleanValue:
    """Where a column has a code that its source does not define.

    Parameters
    ----------
    table : Table
    name : str
        A column of whole numbers; nowhere, if the table lacks it.
    known : iterable of int

    Returns
    -------
    BooleanColumn

    Examples
    --------
    >>> import pyarrow as pa
    >>> table = ibis.memtable(pa.table({"n": [1, 9, None]}))
    >>> table.mutate(odd=unknown_code(table, "n", (1, 2)))["odd"].to_pyarrow().to_pylist()
    [False, True, False]
    """
    return ~optional(table, name, "int64").isin(list(known)).fill_null(True)
