"""Do attacks go with US strikes, truces or a deadline instead?"""

import pandas as pd

from .. import anniversaries
from ..anniversaries import SOLEIMANI
from .anniversary import placebo_test, window_rows
from .basics import ALPHA, event_days, finding
from .tell import day

# How long before the anniversary US combat forces were to have left, at the end of 2021.
DEADLINE = pd.Timedelta(days=3)
KINDS = {"truce_end": "truce ended", "truce_start": "truce begun", "us_strike": "US strike"}


@finding
def rival_dates(anniversary: dict, incidents: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The anniversary's test on other days that may draw attacks.

    Strikes and truces are days of their own, without anniversaries: the whole series is shifted against them. A strike
    of which only the US date is known is taken at the day after, since an evening in the United States is the next day
    in the region; the US dates as they stand are tested beside that. Events known to the month alone, and fire
    returned at once, are no anchors.

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame
    events : DataFrame

    Returns
    -------
    DataFrame
        By rival: ``days`` (how many were tested), the window's row of the test, and the global p-values.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> attacks = pd.DataFrame({"date": days})
    >>> event = {"kind": "us_strike", "date_precision": "day", "date_low": days[1], "date_high": days[2]}
    >>> rivals = rival_dates(findings.anniversary(attacks), attacks, pd.DataFrame([event]))
    >>> int(rivals.loc["US strikes, before", "observed"])
    2
    """
    period, anchor = anniversary["period"], anniversary["anchor"]
    years = anniversaries.whole_blocks(period, anchor)
    strikes, us_dates = event_days(events, "us_strike"), event_days(events, "us_strike", "date_low")
    tested = {
        day(anchor): (years, "folded", "around"),
        **_deadline(years, period, anchor),
        "US strikes, before": (strikes, "shift", "before"),
        "US strikes, after": (strikes, "shift", "after"),
        "US strikes by US date, before": (us_dates, "shift", "before"),
        "US strikes by US date, after": (us_dates, "shift", "after"),
        "truces begun, after": (event_days(events, "truce_start"), "shift", "after"),
        "truces ended, after": (event_days(events, "truce_end"), "shift", "after"),
    }
    tests = {
        name: placebo_test(anniversary, incidents, anchor=list(days), method=method, side=side)
        for name, (days, method, side) in tested.items()
        if _inside(days, period)
    }
    table = window_rows(tests, anniversary["window"]).rename_axis("rival")
    table.insert(0, "days", [len(test.anniversaries) for test in tests.values()])
    return table


def _deadline(years, period, anchor):
    """The deadline for US combat forces, which is a rival of this anniversary alone."""
    if anchor != pd.Timestamp(SOLEIMANI):
        return {}
    days = years - DEADLINE
    days = days[days - pd.Timedelta(days=anniversaries.HALF) >= period[0]]
    return {f"{day(years[0] - DEADLINE)} (deadline for US combat forces)": (days, "folded", "around")}


def _inside(days, period):
    return [day for day in days if period[0] <= day <= period[1]]


@finding
def strike_left_out(anniversary: dict, incidents: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The attacks after US strikes with one strike left out at a time.

    Parameters
    ----------
    anniversary, incidents, events
        As for :func:`rival_dates`.

    Returns
    -------
    DataFrame
        By the strike left out: the window's row of the test, and the global p-values; empty with fewer than two.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> attacks = pd.DataFrame({"date": days})
    >>> rows = {"kind": "us_strike", "date_precision": "day", "date_high": days[1:3]}
    >>> strike_left_out(findings.anniversary(attacks), attacks, pd.DataFrame(rows))["observed"].tolist()
    [1, 2]
    """
    strikes = _inside(event_days(events, "us_strike"), anniversary["period"])
    if len(strikes) < 2:
        return pd.DataFrame()
    tests = {}
    for strike in strikes:
        others = [day for day in strikes if day != strike]
        tests[strike] = placebo_test(anniversary, incidents, anchor=others, method="shift", side="after")
    return window_rows(tests, anniversary["window"]).rename_axis("left_out")


@finding
def us_strikes(rival_dates: pd.DataFrame, strike_left_out: pd.DataFrame, anniversary: dict) -> dict:
    """Do attacks go with US strikes?

    Parameters
    ----------
    rival_dates, strike_left_out : DataFrame
    anniversary : dict

    Returns
    -------
    dict
        ``before`` and ``after``, the rows of the strikes; ``together``, whether either of them passes half of 5%;
        ``most``, the largest global p-value with one strike left out; ``near``, strikes so near a tested anniversary
        that the two windows share days.

    Examples
    --------
    >>> us_strikes(pd.DataFrame(), pd.DataFrame(), {})
    Traceback (most recent call last):
    ValueError: no US strike known to the day lies in the period
    """
    if "US strikes, after" not in rival_dates.index:
        raise ValueError("no US strike known to the day lies in the period")
    after, before = (rival_dates.loc[f"US strikes, {side}"] for side in ("after", "before"))
    centres, reach = anniversary["test"].anniversaries, pd.Timedelta(days=2 * anniversary["window"])
    return {
        "page": "strikes",
        "deadline": anniversary["deadline"],
        "window": anniversary["window"],
        # Either side alone may show it, so each has half the level.
        "together": min(after["global_p_value"], before["global_p_value"]) <= ALPHA / 2,
        "after": after,
        "before": before,
        "most": strike_left_out["global_p_value"].max() if len(strike_left_out) else None,
        "near": [strike for strike in strike_left_out.index if (abs(centres - strike) <= reach).any()],
    }


@finding
def each_strike_and_truce(anniversary: dict, incidents: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Attacks before and after each US strike and each truce, one by one.

    Parameters
    ----------
    anniversary, incidents, events
        As for :func:`rival_dates`.

    Returns
    -------
    DataFrame
        By local day: ``kind``, attacks in the ``window`` days ``before``, ``on_day`` and in the ``window`` days
        ``after``; ``p_before`` and ``p_after``, the share of the period's days with as many or more in windows that
        hold the day itself; each day stands for itself, so no p-value is adjusted for there being several.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> attacks = pd.DataFrame({"date": days})
    >>> event = {"kind": "us_strike", "date_precision": "day", "date_high": days[1]}
    >>> table = each_strike_and_truce(findings.anniversary(attacks), attacks, pd.DataFrame([event]))
    >>> table[["on_day", "after"]].values.tolist()
    [[1, 1]]
    """
    period, window = anniversary["period"], anniversary["window"]
    days = {day: words for kind, words in KINDS.items() for day in _inside(event_days(events, kind), period)}
    rows = {}
    for strike, kind in sorted(days.items()):
        since = (incidents["date"] - strike).dt.days
        before, after = since.between(-window, -1).sum(), since.between(1, window).sum()
        rows[strike] = {"kind": kind, "before": before, "on_day": (since == 0).sum(), "after": after}
        for side in ("before", "after"):
            test = placebo_test(anniversary, incidents, anchor=[strike], windows=[window], method="shift", side=side)
            rows[strike][f"p_{side}"] = test.table.loc[window, "p_value"]
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("day")
