"""Tables for readers: a few columns under words, numbers rounded alike, a dash for what is not there."""

import pandas as pd

from .basics import group_plurals
from .tell import day, listed, number, p_value

MISSING = "–"
HEADINGS = {
    "observed": "reported",
    "ci_low": "95% from",
    "ci_high": "95% to",
    "limit_low": "95% from",
    "limit_high": "95% to",
    "p_value": "p",
    "p_adjusted": "adjusted p",
    "p_within_years": "p within years",
    "p_within_adjusted": "adjusted p within years",
    "global_p_value": "adjusted p",
    "global_p_ratio": "adjusted p, largest ratio",
    "global_p_z": "adjusted p, largest z",
    "n": "attacks",
    "n_matched": "with a partner",
    "n_outside": "outside the dates",
    "window": "headline window",  # of a test
    "global": "smallest p",
    "z": "largest z",
    "ratio": "largest ratio",
    "smooth": "smooth test",
    "around": "z around",
    "from": "z from the day on",
    "following": "preceded by an attack",
    "days_since_attack": "days since the last attack",
    "precision_km": "precision, km",
    "level": "false-positive rate",
    "us_date": "only the US date known",
    "n_one_silent": "one coder silent",
    "raw": "raw agreement",
    "alpha_low": "alpha from",
    "alpha_high": "alpha to",
    "alpha_jackknife_low": "jackknife from",
    "alpha_jackknife_high": "jackknife to",
    "ac1": "AC1",
    "ac1_low": "AC1 from",
    "ac1_high": "AC1 to",
}
INDEX_HEADINGS = {"window": "days either side", "from": "from"}  # where a name means another thing in a row's label


def show(table: pd.DataFrame, *columns: str, form: str | None = None) -> pd.DataFrame:
    """A table for readers.

    Parameters
    ----------
    table : DataFrame or Series
        A finding, or what stands for one that the data cannot give: that is returned as it is.
    *columns : str
        Those to show, in this order; by default all.
    form : str, optional
        A format for every number, as ``".0%"``.

    Returns
    -------
    DataFrame of str
        p-values have two significant digits, other numbers one decimal, two below one and none from ten on. What is
        missing is a dash; rows that are only numbered have no label.

    Examples
    --------
    >>> found = pd.DataFrame({"observed": [13], "expected": [6.904], "p_value": [0.1151]}, index=["all"])
    >>> show(found, "observed", "expected", "p_value")
        reported expected     p
    all       13      6.9  0.12
    """
    if not isinstance(table, pd.DataFrame | pd.Series):
        return table
    table = table.to_frame() if isinstance(table, pd.Series) else table
    chosen = table[list(columns) or list(table.columns)]
    texts = {name: [_cell_text(value, str(name), form) for value in chosen[name]] for name in chosen}
    shown = pd.DataFrame(texts, index=chosen.index).rename(columns=_heading).rename_axis(columns=None)
    if isinstance(table.index, pd.RangeIndex):
        return shown.set_axis([""] * len(shown))
    return shown.rename_axis(index=[name and INDEX_HEADINGS.get(name, _heading(name)) for name in shown.index.names])


def share(part: float, whole: float) -> str:
    """A count of a whole as text.

    Parameters
    ----------
    part, whole : int

    Returns
    -------
    str
        A dash where there is no whole.

    Examples
    --------
    >>> share(15, 21)
    '15 of 21 (71%)'
    """
    return f"{part:.0f} of {whole:.0f} ({part / whole:.0%})" if whole else MISSING


def _heading(name):
    return (HEADINGS | group_plurals()).get(name, str(name).replace("_", " "))


def _cell_text(value, column, form):
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return listed(value) if len(value) else MISSING
    if pd.isna(value):
        return MISSING
    if isinstance(value, pd.Timestamp):
        return f"{day(value)} {value.year}"
    if value is True or value is False or str(value) in ("True", "False"):
        return "yes" if value else "no"
    if form:
        return format(value, form)
    if "p_" in column or column.startswith(("p ", "p,")):
        return p_value(value).removeprefix("p = ").removeprefix("p ")
    return f"{value:.2f}" if 0 < abs(value) < 1 else number(value)
