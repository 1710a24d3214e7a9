"""Do attacks go with US strikes, truces or a deadline instead?"""

from functools import partial

import pandas as pd

from .. import anniversaries
from ..anniversaries import SOLEIMANI
from .anniversary import placebo_test, window_rows
from .basics import ALPHA, event_days, finding
from .tell import day

# How long before the anniversary US combat forces were to have left, at the end of 2021.
DEADLINE = pd.Timedelta(days=3)
# A strike answers attacks of so many days before it and its own; simulated strikes lie as far apart as these, or not.
LAG, APART = 3, pd.Timedelta(days=30)
ANSWER_TEST, FORESEEN = "placebo days after attacks", "size of the whole burst"
KINDS = {"truce_end": "truce ended", "truce_start": "truce begun", "us_strike": "US strike"}


@finding
def rival_dates(anniversary: dict, incidents: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The anniversary's test on other days that may draw attacks.

    Truces are days of their own, without anniversaries: the whole series is shifted against them. US strikes, which
    answer attacks, have a test of their own: :func:`after_strikes`.

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
    >>> event = {"kind": "truce_end", "date_precision": "day", "date_high": days[1]}
    >>> rivals = rival_dates(findings.anniversary(attacks), attacks, pd.DataFrame([event]))
    >>> int(rivals.loc["truces ended, after", "observed"])
    2
    """
    period, anchor = anniversary["period"], anniversary["anchor"]
    years = anniversaries.whole_blocks(period, anchor)
    tested = {
        day(anchor): (years, "folded", "around"),
        **_deadline(years, period, anchor),
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
def after_strikes(anniversary: dict, incidents: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Attacks after US strikes against attacks after other days that follow an attack.

    A strike of which only the US date is known is taken at the day after, since an evening in the United States is the
    next day in the region; the US dates as they stand are tested beside that. Events known to the month alone, and fire
    returned at once, are no strikes.

    Parameters
    ----------
    anniversary, incidents, events
        As for :func:`rival_dates`.

    Returns
    -------
    DataFrame
        :func:`helpers.anniversaries.answer_test` of ``all`` strikes, of all ``by US date``, ``without`` each of them,
        and without the two with most attacks after them, ``without both of`` these.

    Raises
    ------
    ValueError
        Where no strike lies in the period, with the days after it.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> attacks = pd.DataFrame({"date": days})
    >>> event = {"kind": "us_strike", "date_precision": "day", "date_low": days[1], "date_high": days[1]}
    >>> after_strikes(findings.anniversary(attacks), attacks, pd.DataFrame([event]))["observed"].to_dict()
    {'all': 1, 'by US date': 1}
    """
    test = partial(_test_answers, anniversary, incidents)
    strikes = _tested(events, anniversary)
    if not strikes:
        raise ValueError("no US strike known to the day lies in the period")
    tested = {"all": strikes, "by US date": event_days(events, "us_strike", "date_low")}
    if len(strikes) > 1:
        tested |= {f"without {strike:%Y-%m-%d}": [day for day in strikes if day != strike] for strike in strikes}
    if len(strikes) > 2:
        fewest_first = sorted(strikes, key=lambda strike: test([strike])["observed"])
        both = " and ".join(f"{strike:%Y-%m-%d}" for strike in sorted(fewest_first[-2:]))
        tested[f"without both of {both}"] = fewest_first[:-2]
    rows = pd.DataFrame({name: test(days) for name, days in tested.items()}).T.rename_axis("strikes")
    return rows.astype(dict.fromkeys(("days", "following", "placebo_days", "observed"), int))


def _tested(events, anniversary):
    """The strikes in the period that the days after them lie in, too."""
    first, last = anniversary["period"]
    return _inside(event_days(events, "us_strike"), (first, last - pd.Timedelta(days=anniversary["window"])))


def _test_answers(anniversary, incidents, days):
    period, window = anniversary["period"], anniversary["window"]
    return anniversaries.answer_test(incidents["date"], days, window, LAG, period)


@finding
def us_strikes(
    after_strikes: pd.DataFrame, strike_levels: pd.DataFrame, anniversary: dict, events: pd.DataFrame
) -> dict:
    """Do more attacks follow US strikes than follow other attacks?

    Parameters
    ----------
    after_strikes, strike_levels : DataFrame
    anniversary : dict
    events : DataFrame

    Returns
    -------
    dict
        ``after``, the row of all strikes; ``most`` and ``most_two``, the largest p-value without one strike and without
        two (None with fewer than two and three); ``levels``, per cent rejected at 5% by the way in which simulated
        strikes answer and by test, the worst of the worlds, whose strikes lie ``apart`` by more than 30 days if these
        do; ``level``, the worst where strikes answer what has happened, ``foreseen`` where also what is to come, and
        ``n_sims``; ``holds``, whether the level is 5%, up to two standard errors; ``more``, whether it is and p is at
        most 5%; ``hangs``, whether p is above 5% without one strike; ``near``, strikes so near a tested anniversary
        that the two windows share days.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> attacks, levels = pd.DataFrame({"date": days}), findings.load_strike_levels()
    >>> event = {"kind": "us_strike", "date_precision": "day", "date_low": days[1], "date_high": days[1]}
    >>> found, events = findings.anniversary(attacks), pd.DataFrame([event])
    >>> us_strikes(after_strikes(found, attacks, events), levels, found, events)["more"]
    False
    """
    strikes, after = pd.DatetimeIndex(_tested(events, anniversary)), after_strikes.astype(object).loc["all"]
    without = after_strikes.filter(like="without", axis=0)["p_value"]
    both = without.index.str.startswith("without both")
    most = without[~both].max() if len(without) else None
    apart = bool((strikes[1:] - strikes[:-1] > APART).all())
    like_these = strike_levels[strike_levels["days_apart"] == APART.days] if apart else strike_levels
    levels = like_these.pivot_table(index="answered", columns="test", values="rate", aggfunc="max", sort=False)
    ours = like_these[like_these["test"] == ANSWER_TEST]
    worst = ours[ours["answered"] != FORESEEN].nlargest(1, "rate").iloc[0]
    holds = bool(worst["rate"] <= ALPHA + 2 * worst["standard_error"])
    centres, reach = anniversary["test"].anniversaries, pd.Timedelta(days=2 * anniversary["window"])
    return {
        "page": "strikes",
        "deadline": anniversary["deadline"],
        "window": anniversary["window"],
        "lag": LAG,
        "after": after,
        "most": most,
        "most_two": without[both].max() if both.any() else None,
        "apart": apart,
        "levels": (100 * levels).round(1),
        "level": worst["rate"],
        "foreseen": levels.loc[FORESEEN, ANSWER_TEST],
        "n_sims": worst["n_sims"],
        "holds": holds,
        "more": holds and bool(after["p_value"] <= ALPHA),
        "hangs": most is not None and bool(most > ALPHA),
        "near": [strike for strike in strikes if (abs(centres - strike) <= reach).any()],
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
        ``after``, and ``days_since_attack``, since the last one up to the day itself (missing where there is none).

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> attacks = pd.DataFrame({"date": days})
    >>> event = {"kind": "us_strike", "date_precision": "day", "date_high": pd.Timestamp("2021-01-04")}
    >>> table = each_strike_and_truce(findings.anniversary(attacks), attacks, pd.DataFrame([event]))
    >>> table[["before", "on_day", "after", "days_since_attack"]].values.tolist()
    [[1, 0, 1, 1]]
    """
    period, window = anniversary["period"], anniversary["window"]
    days = {day: words for kind, words in KINDS.items() for day in _inside(event_days(events, kind), period)}
    rows = {}
    for strike, kind in sorted(days.items()):
        since = (incidents["date"] - strike).dt.days
        rows[strike] = {
            "kind": kind,
            "before": since.between(-window, -1).sum(),
            "on_day": (since == 0).sum(),
            "after": since.between(1, window).sum(),
            "days_since_attack": -since[since <= 0].max(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("day")
