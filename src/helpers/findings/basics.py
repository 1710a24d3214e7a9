"""What every finding shares: its period, its source line, and numbers as words."""

import pandas as pd

from .. import anniversaries

WINDOW = 14
ALPHA = 0.05


def covered(data):
    """First and last day that the data cover: ``attrs["window"]``, or the first and last date."""
    days = anniversaries.as_days(data.attrs.get("window") or data["date"])
    return days.min(), days.max()


def study_period(data, anchor=anniversaries.SOLEIMANI):
    """First and last day on which an attack could have been an anniversary attack.

    Parameters
    ----------
    data : DataFrame
        Incidents. ``attrs["window"]`` gives the days covered; without it, the first and last date do.
    anchor : date
        The period begins the day after, so that the event's own aftermath can be told apart.

    Returns
    -------
    tuple of Timestamp

    Raises
    ------
    ValueError
        If the data end before the anchor.
    """
    (first, last), anchor = covered(data), anniversaries.as_anchor(anchor)
    if last <= anchor:
        raise ValueError(
            f"the incidents end on {last.date()}, before the anchor {anchor.date()} has an anniversary: choose an "
            "earlier anchor"
        )
    return max(first, anchor + pd.Timedelta(days=1)), last


def about(data, period=None, n_tested=None):
    """The source line of a chart: n, period and data version.

    Parameters
    ----------
    data : DataFrame
        Incidents.
    period : pair of dates, optional
        By default the days that the data cover. Incidents outside it are not counted.
    n_tested : int, optional
        How many of them lie in the tested years.

    Returns
    -------
    str
    """
    first, last = anniversaries.as_days(period) if period else covered(data)
    n = int(pd.Series(anniversaries.as_days(data["date"])).between(first, last).sum())
    tested = (
        f", {n_tested} of them within {anniversaries.HALF} days of a tested anniversary" if n_tested is not None else ""
    )
    return f"{n} incidents, {first.date()} to {last.date()}{tested}. Source: {data.attrs.get('source', 'own data')}."


def need(data, columns, purpose):
    """Say which columns a data set lacks for a purpose.

    Raises
    ------
    ValueError
        Naming them, and the columns that are there.
    """
    missing = [column for column in columns if column not in data]
    if missing:
        there = ", ".join(map(str, data.columns))
        raise ValueError(f"{purpose} needs the column(s) {', '.join(missing)}; the data have {there}")


def day_text(anchor):
    """The day of an anniversary as text.

    >>> day_text("2020-01-03")
    '3 January'
    """
    anchor = pd.Timestamp(anchor)
    return f"{anchor.day} {anchor:%B}"


def listed(items):
    """Items as text, in a row.

    >>> listed([2021, 2022, 2023])
    '2021, 2022 and 2023'
    """
    *front, last = map(str, items)
    return f"{', '.join(front)} and {last}" if front else last


def p_text(p):
    """A p-value as text, two significant digits.

    >>> p_text(0.1479), p_text(0.0004)
    ('p = 0.15', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def number_text(value):
    """A number as text, one decimal below ten.

    >>> number_text(6.904), number_text(13.0), number_text(float("inf"))
    ('6.9', '13', 'no upper limit')
    """
    if value == float("inf"):
        return "no upper limit"
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def ratio_text(row):
    """A rate or risk ratio with its interval as text."""
    ratio, low, high = (number_text(row[name]) for name in ("rate_ratio", "ci_low", "ci_high"))
    return f"rate ratio {ratio}, 95% interval {low} to {high}"


def effect_text(row):
    """An effect with its interval as text.

    >>> effect_text(pd.Series({"effect_type": "risk ratio", "effect": 2.0, "ci_low": 0.5, "ci_high": float("inf")}))
    'risk ratio 2, 95% interval 0.5 to no upper limit'
    """
    if pd.isna(row["ci_low"]):
        return f"{row['effect_type']} {row['effect']:.2g}, no interval"
    high = "no upper limit" if row["ci_high"] == float("inf") else f"{row['ci_high']:.2g}"
    return f"{row['effect_type']} {row['effect']:.2g}, 95% interval {row['ci_low']:.2g} to {high}"


def event_days(events, column):
    """Days of the events that are known to the day, by kind."""
    known = events[events["date_precision"] == "day"]
    return {kind: sorted(rows[column].unique()) for kind, rows in known.groupby("kind", observed=True)}
