"""What every finding shares: its period and its source line."""

from collections.abc import Callable

import pandas as pd

from .. import anniversaries
from ..schemas import load_schema

WINDOW = 14
ALPHA = 0.05
FINDINGS = {}


def finding(function: Callable) -> Callable:
    """Register a function as a result of the collection, by its name.

    It raises ValueError, saying what is missing, for data that cannot give it: :class:`Results` then answers why.

    Parameters
    ----------
    function : callable
        Its parameters are named after other results, or after what :class:`Results` was asked for. ``anniversary``
        gives it the period, the anchor and the window.

    Returns
    -------
    callable
        The same.

    Examples
    --------
    >>> "anniversary" in FINDINGS
    True
    """
    FINDINGS[function.__name__] = function
    return function


def covered(incidents: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day that the data cover: ``attrs["window"]``, or the first and last date.

    Parameters
    ----------
    incidents : DataFrame
        With ``date``.

    Returns
    -------
    tuple of Timestamp

    Examples
    --------
    >>> first, last = covered(pd.DataFrame({"date": ["2021-01-03", "2022-05-01"]}))
    >>> f"{last:%Y-%m-%d}"
    '2022-05-01'
    """
    days = anniversaries.as_days(incidents.attrs.get("window") or incidents["date"])
    return days.min(), days.max()


def study_period(
    incidents: pd.DataFrame, anchor: anniversaries.Day = anniversaries.SOLEIMANI
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day on which an attack could have been an anniversary attack.

    Parameters
    ----------
    incidents : DataFrame
        ``attrs["window"]`` gives the days covered; without it, the first and last date do.
    anchor : date
        The period begins the day after, so that the event's own aftermath can be told apart.

    Returns
    -------
    tuple of Timestamp

    Raises
    ------
    ValueError
        If the data end before the anchor.

    Examples
    --------
    >>> first, last = study_period(pd.DataFrame({"date": ["2019-01-03", "2022-05-01"]}), "2020-01-03")
    >>> f"{first:%Y-%m-%d}"
    '2020-01-04'
    """
    (first, last), anchor = covered(incidents), anniversaries.as_anchor(anchor)
    if last <= anchor:
        raise ValueError(
            f"the incidents end on {last.date()}, before the anchor {anchor.date()} has an anniversary: choose an "
            "earlier anchor"
        )
    return max(first, anchor + pd.Timedelta(days=1)), last


def explored_period(
    incidents: pd.DataFrame, anchor: anniversaries.Day = anniversaries.SOLEIMANI
) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of the anniversaries that had been looked at before later ones were planned.

    Parameters
    ----------
    incidents : DataFrame
        ``attrs["explored_until"]``, which a collection has for its own anchor, ends them.
    anchor : date

    Returns
    -------
    tuple of Timestamp
        :func:`study_period` for any other data and anchor.

    Examples
    --------
    >>> rows = pd.DataFrame({"date": ["2019-01-03", "2022-05-01"]})
    >>> rows.attrs = {"anchor": "2020-01-03", "explored_until": "2021-12-31"}
    >>> f"{explored_period(rows, '2020-01-03')[1]:%Y-%m-%d}"
    '2021-12-31'
    """
    first, last = study_period(incidents, anchor)
    until = incidents.attrs.get("explored_until") if is_own_anchor(incidents, anchor) else None
    return first, min(last, pd.Timestamp(until)) if until and pd.Timestamp(until) > first else last


def source_line(incidents: pd.DataFrame, period: tuple | None = None, n_tested: int | None = None) -> str:
    """The source line of a chart: n, period and data version.

    Parameters
    ----------
    incidents : DataFrame
    period : pair of dates, optional
        By default the days that the data cover. Incidents outside it are not counted.
    n_tested : int, optional
        How many of them lie in the tested years.

    Returns
    -------
    str

    Examples
    --------
    >>> source_line(pd.DataFrame({"date": ["2021-01-03", "2022-05-01"]}))
    '2 incidents, 2021-01-03 to 2022-05-01. Source: own data.'
    """
    first, last = anniversaries.as_days(period) if period else covered(incidents)
    n = int(pd.Series(anniversaries.as_days(incidents["date"])).between(first, last).sum())
    near = "" if n_tested is None else f", {n_tested} of them within {anniversaries.HALF} days of a tested anniversary"
    source = incidents.attrs.get("source", "own data")
    return f"{n} incident{'' if n == 1 else 's'}, {first.date()} to {last.date()}{near}. Source: {source}."


def is_coded(incidents: pd.DataFrame) -> bool:
    """Whether incidents come from hand-coded tables, whose conventions are known, and not from your own file.

    Parameters
    ----------
    incidents : DataFrame

    Returns
    -------
    bool

    Examples
    --------
    >>> is_coded(pd.DataFrame({"date": ["2021-01-03"]}))
    False
    """
    return "anchor" in incidents.attrs


def is_own_anchor(incidents: pd.DataFrame, anchor: anniversaries.Day) -> bool:
    """Whether incidents are hand-coded, and an anchor is that of their collection.

    Parameters
    ----------
    incidents : DataFrame
    anchor : date

    Returns
    -------
    bool

    Examples
    --------
    >>> is_own_anchor(pd.DataFrame({"date": ["2021-01-03"]}), "2020-01-03")
    False
    """
    anchors = [anniversaries.as_anchor(day) for day in (incidents.attrs.get("anchor", anchor), anchor)]
    return is_coded(incidents) and anchors[0] == anchors[1]


def event_words(incidents: pd.DataFrame, anchor: anniversaries.Day) -> str:
    """What happened on the anchor: the collection's short word for it where it is its own, and else the day.

    Parameters
    ----------
    incidents : DataFrame
    anchor : date

    Returns
    -------
    str

    Examples
    --------
    >>> event_words(pd.DataFrame({"date": ["2021-01-03"]}), "2011-03-15")
    '15 March 2011'
    """
    day = anniversaries.as_anchor(anchor)
    return incidents.attrs["event_short"] if is_own_anchor(incidents, day) else f"{day.day} {day:%B %Y}"


def group_plurals() -> dict[str, str]:
    """What the sites of each group of targets are called, several of them, by the group's name.

    Returns
    -------
    dict of str

    Examples
    --------
    >>> group_plurals()
    {'embassy': 'diplomatic sites', 'base': 'bases'}
    """
    return {name: group.plural for name, group in load_schema().collection.groups.items()}


def group_pair() -> tuple[str, str]:
    """The two groups of targets that are compared, the first with the second.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        Where the collection has more groups than two, or one.

    Examples
    --------
    >>> group_pair()
    ('embassy', 'base')
    """
    groups = tuple(load_schema().collection.groups)
    if len(groups) != 2:
        raise ValueError(f"two groups of sites are compared, and the collection has {len(groups)}: {', '.join(groups)}")
    return groups


def require_targets(incidents: pd.DataFrame) -> None:
    """Say so where a data set does not tell to which of the two groups its incidents belong.

    Parameters
    ----------
    incidents : DataFrame

    Raises
    ------
    ValueError

    Examples
    --------
    >>> require_targets(pd.DataFrame({"target": ["base"]}))
    """
    first, second = (group_plurals()[name] for name in group_pair())
    require_columns(incidents, ["target"], f"comparing {first} with {second}")


def require_columns(incidents: pd.DataFrame, columns: list[str], purpose: str) -> None:
    """Say which columns a data set lacks for a purpose.

    Parameters
    ----------
    incidents : DataFrame
    columns : list of str
    purpose : str
        In words, as the subject of the message.

    Raises
    ------
    ValueError
        Naming them, and the columns that are there.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"date": []}), ["target"], "the comparison")
    Traceback (most recent call last):
    ValueError: the comparison needs the column(s) target; the data have date
    """
    missing = [column for column in columns if column not in incidents]
    if missing:
        there = ", ".join(map(str, incidents.columns))
        raise ValueError(f"{purpose} needs the column(s) {', '.join(missing)}; the data have {there}")


def event_days(events: pd.DataFrame, kind: str, column: str = "date_high") -> list[pd.Timestamp]:
    """Days of the events of one kind that are known to the day.

    Parameters
    ----------
    events : DataFrame
        As :func:`helpers.load_context_events` returns it; rows of one ``event_id`` are one event.
    kind : str
    column : {"date_high", "date_low"}
        The local day, as a source gives it or else the day after the US date; or the US date where a source gives it.

    Returns
    -------
    list of Timestamp
        One for each event; two on the same day count once.

    Examples
    --------
    >>> day = pd.Timestamp("2022-01-04")
    >>> rows = {"kind": ["us_strike"], "date_precision": ["day"], "date_low": [day], "date_high": [day]}
    >>> event_days(pd.DataFrame(rows), "us_strike")
    [Timestamp('2022-01-04 00:00:00')]
    """
    known = events[(events["date_precision"] == "day") & (events["kind"] == kind)]
    if "event_id" in known:  # the sources of an event may give both days
        by_us_date = known["date_low"] < known["date_high"]
        known = known.assign(last=by_us_date == (column == "date_high")).sort_values(["last", column])
        known = known.drop_duplicates("event_id")
    return sorted(known[column].unique())
