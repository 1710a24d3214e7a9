"""Words from numbers: the templates of ``pages/`` filled in. They choose and print; they compute nothing."""

import dataclasses
import re

import jinja2
import numpy as np
import pandas as pd

SMALL = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
LONGEST = 900  # what is longer is a series for charts, not a number to print


def plain(value: object) -> object:
    """A finding as what JSON can hold: what templates see, and what ``findings.json`` holds.

    Parameters
    ----------
    value : object
        A finding: a dict of numbers, tables and results with several parts.

    Returns
    -------
    dict, list, str, int, float, bool or None
        A table is a dict of rows by their labels, or a list of rows where these are only numbered; levels of a label
        are joined by `` | ``. Days are ISO dates, points latitude and longitude; what is missing is None, an open end
        ``"inf"``. Series of more than 900 values are left out.

    Examples
    --------
    >>> plain({"years": pd.DataFrame({"observed": [1.0, np.inf]}, index=[2021, 2022])})
    {'years': {'2021': {'observed': 1.0}, '2022': {'observed': 'inf'}}}
    """
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict | pd.Series):
        return {_label(key): plain(part) for key, part in value.items() if not _is_series(part)}
    if isinstance(value, pd.DataFrame):
        records = [plain(record) for record in split_points(value).astype("object").to_dict("records")]
        labels = map(_label, value.index)
        return records if isinstance(value.index, pd.RangeIndex) else dict(zip(labels, records, strict=True))
    if isinstance(value, list | tuple | pd.Index | np.ndarray | pd.api.extensions.ExtensionArray):
        return [plain(part) for part in value]
    return _plain_number(value)


def _plain_number(value):
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, np.generic):
        value = value.item()
    return str(value) if value in (float("inf"), -float("inf")) else value


def _label(key):
    return " | ".join(map(_label, key)) if isinstance(key, tuple) else str(plain(key))


def _is_series(value):
    return isinstance(value, np.ndarray | pd.Series) and value.size > LONGEST


def split_points(table: pd.DataFrame) -> pd.DataFrame:
    """Points as latitude and longitude where they are a table's geometry; other shapes are left out.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> from geopandas import GeoDataFrame, points_from_xy
    >>> split_points(GeoDataFrame({"place": ["Embassy"]}, geometry=points_from_xy([44.4], [33.3])))
         place  latitude  longitude
    0  Embassy      33.3       44.4
    """
    located = {"latitude": table.geometry.y, "longitude": table.geometry.x} if "geometry" in table else {}
    shapes = [column for column, kind in table.dtypes.items() if str(kind) == "geometry"]
    return pd.DataFrame(table.drop(columns=shapes)).assign(**located)


def day(date: object) -> str:
    """A day of the year as text.

    Parameters
    ----------
    date : date

    Returns
    -------
    str

    Examples
    --------
    >>> day("2020-01-03")
    '3 January'
    """
    date = pd.Timestamp(date)
    return f"{date.day} {date:%B}"


def _date(date):
    return f"{day(date)} {pd.Timestamp(date).year}"


def listed(items: object) -> str:
    """Items as text, in a row.

    Parameters
    ----------
    items : iterable

    Returns
    -------
    str

    Examples
    --------
    >>> listed([2021, 2022, 2023])
    '2021, 2022 and 2023'
    """
    *front, last = map(str, items)
    return f"{', '.join(front)} and {last}" if front else last


def p_value(p: float) -> str:
    """A p-value as text, two significant digits.

    Parameters
    ----------
    p : float

    Returns
    -------
    str

    Examples
    --------
    >>> p_value(0.1479), p_value(0.5), p_value(0.0004)
    ('p = 0.15', 'p = 0.50', 'p < 0.001')
    """
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.2f}" if 0.0995 <= p < 0.995 else f"p = {p:.2g}"


def number(value: float | str) -> str:
    """A number as text, one decimal below ten.

    Parameters
    ----------
    value : float

    Returns
    -------
    str

    Examples
    --------
    >>> number(6.904), number(13.0), number(float("inf"))
    ('6.9', '13', 'no upper limit')
    """
    value = float(value)
    if value == float("inf"):
        return "no upper limit"
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def _spelled(n):
    """A count in words up to ten, as in running prose: "ten", "13"."""
    return SMALL[int(n)] if 0 <= n < len(SMALL) else f"{n:.0f}"


def ordinal(n: int) -> str:
    """A rank as text.

    Parameters
    ----------
    n : int

    Returns
    -------
    str

    Examples
    --------
    >>> ordinal(1), ordinal(2), ordinal(11), ordinal(23)
    ('1st', '2nd', '11th', '23rd')
    """
    return f"{n}{'th' if 10 < n % 100 < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def ratio(row: dict) -> str:
    """A rate ratio with its interval as text.

    Parameters
    ----------
    row : dict or Series

    Returns
    -------
    str

    Examples
    --------
    >>> ratio({"rate_ratio": 1.88, "limit_low": 0.7, "limit_high": float("inf")})
    'rate ratio 1.9, 95% interval 0.7 to no upper limit'
    """
    value, low, high = (number(row[name]) for name in ("rate_ratio", "limit_low", "limit_high"))
    return f"rate ratio {value}, 95% interval {low} to {high}"


def effect(row: dict) -> str:
    """An effect with its interval as text.

    Parameters
    ----------
    row : dict
        As :func:`plain` gives it.

    Returns
    -------
    str

    Examples
    --------
    >>> effect({"effect_type": "risk ratio", "effect": 2.0, "ci_low": 0.5, "ci_high": "inf"})
    'risk ratio 2, 95% interval 0.5 to no upper limit'
    """
    value = f"{row['effect_type']} {float(row['effect']):.2g}"
    if row["ci_low"] is None:
        return f"{value}, no interval"
    high = "no upper limit" if row["ci_high"] == "inf" else f"{row['ci_high']:.2g}"
    return f"{value}, 95% interval {row['ci_low']:.2g} to {high}"


def _counted(n, one, several=None):
    """A number with what it counts: "1 measure", "15 measures"."""
    return f"{float(n):.0f} {one if n == 1 else several or f'{one}s'}"


def _excluded(row):
    """In words, the rate ratios outside the limits of a row of :func:`helpers.anniversaries.rate_limits`."""
    high = [] if row["limit_high"] == "inf" else [f"above {number(row['limit_high'])}"]
    low = [f"below {number(row['limit_low'])}"] if row["limit_low"] > 1 else []
    return f"ratios {' and '.join(high + low)}" if high or low else "no ratio"


def upper_first(sentence: str) -> str:
    """A sentence with its first letter large, the rest as it is.

    Parameters
    ----------
    sentence : str

    Returns
    -------
    str

    Examples
    --------
    >>> upper_first("no US strike")
    'No US strike'
    """
    return sentence[:1].upper() + sentence[1:]


def _form(value, form):
    """A number in a format of Python's; missing it comes as None, without an upper end as text."""
    return format(float(value or "nan") if value in (None, "inf", "-inf") else value, form)


def tell(facts: dict, part: str = "answer") -> str:
    """One part of a finding in words.

    Parameters
    ----------
    facts : dict
        A finding; its ``page`` names the template of ``pages/``.
    part : str
        A block of that template.

    Returns
    -------
    str
        Sentences in one line, items of a list in a line each; empty where there is nothing to say.

    Raises
    ------
    ValueError
        For a part that the page has not.

    Examples
    --------
    >>> tell({"page": "incidents", "n_months": 2, "n_queries": 10, "share_full": 1.0, "n_results": 8}, "effort")[:50]
    'At least 10 queries were made for each of 2 months'
    """
    page = PAGES.get_template(f"{facts['page']}.md")
    if part not in page.blocks:
        raise ValueError(f"no part {part!r} of {facts['page']}; choose from {', '.join(page.blocks)}")
    try:
        text = _render(page, part, facts)
    except jinja2.UndefinedError as error:
        told = [name for name in page.blocks if _is_told(page, name, facts)]
        raise ValueError(f"no part {part!r} of these facts ({error}); choose from {', '.join(told)}") from None
    return "\n".join(" ".join(lines.split()) for lines in re.split(r"\n\s*(?=- )", text.strip()))


def _render(page, part, facts):
    return "".join(page.blocks[part](page.new_context(plain(facts))))


def _is_told(page, part, facts):
    """Whether the facts hold what a block of their page needs."""
    try:
        return bool(_render(page, part, facts).strip())
    except jinja2.UndefinedError:
        return False


def fill(page: str, findings: dict) -> str:
    """A whole page in words.

    Parameters
    ----------
    page : str
        A template of ``pages/``.
    findings : dict
        Every finding that it names, by name.

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> fill("readme", {})
    Traceback (most recent call last):
    jinja2.exceptions.UndefinedError: 'attacks_by_year' is undefined
    """
    return PAGES.get_template(f"{page}.md").render(plain(findings))


PAGES = jinja2.Environment(loader=jinja2.PackageLoader("helpers.findings", "pages"), undefined=jinja2.StrictUndefined)
PAGES.filters |= {
    function.__name__: function for function in (day, listed, number, ordinal, ratio, effect, tell, upper_first)
}
PAGES.filters |= {
    "p": p_value,
    "counted": _counted,
    "spelled": _spelled,
    "date": _date,
    "form": _form,
    "excluded": _excluded,
}
