"""Do attacks go with US strikes, truces or a deadline instead?"""

from functools import partial

import pandas as pd

from .. import anniversaries
from ..anniversaries import SOLEIMANI
from .anniversary import placebo_test, window_rows
from .basics import ALPHA, event_days, finding
from .tell import day, listed

# How long before the anniversary US combat forces were to have left, at the end of 2021.
DEADLINE = pd.Timedelta(days=3)
# A strike answers attacks of so many days before it and its own; one that lies farther from the last begins an episode.
LAG, APART = 3, pd.Timedelta(days=30)
# A third of all attacks were reported in these days, so that one episode could decide for all.
CAMPAIGN = ("2023-10-17", "2024-02-04")
# From here on strikes were sought by queries of their own; before, those were noted that pages on attacks named.
SOUGHT = pd.Timestamp("2023-10-01")
# Tests by the names of strike_levels.csv, and the way in which simulated strikes do more than answer.
EPISODES, WITHOUT_CAMPAIGN, SINGLY = "episodes", "episodes without the campaign", "strikes one by one"
FORESEEN = "size of the whole burst"
KINDS = {"truce_end": "truce ended", "truce_start": "truce begun", "us_strike": "US strike"}


@finding
def rival_dates(anniversary: dict, incidents: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The anniversary's test on other days that may draw attacks.

    Truces are days of their own, without anniversaries: the whole series is shifted against them, over all that the
    data cover. US strikes, which
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
    period, whole, anchor = (anniversary[name] for name in ("period", "whole", "anchor"))
    years = anniversaries.whole_blocks(period, anchor)
    tested = {
        day(anchor): (years, "folded", "around", period),
        **_deadline(years, period, anchor),
        "truces begun, after": (event_days(events, "truce_start"), "shift", "after", whole),
        "truces ended, after": (event_days(events, "truce_end"), "shift", "after", whole),
    }
    tests = {
        name: placebo_test(anniversary, incidents, anchor=list(days), method=method, side=side, study_period=covered)
        for name, (days, method, side, covered) in tested.items()
        if _inside(days, covered)
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
    return {f"{day(years[0] - DEADLINE)} (deadline for US combat forces)": (days, "folded", "around", period)}


def _inside(days, period):
    return [day for day in days if period[0] <= day <= period[1]]


def episode_starts(days: anniversaries.Dates) -> pd.Series:
    """The first day of each strike's episode: a strike more than 30 days after the one before begins another.

    Parameters
    ----------
    days : array-like of dates
        Of strikes; each day counts once.

    Returns
    -------
    Series of Timestamp
        By strike, in order.

    Examples
    --------
    >>> starts = episode_starts(["2023-10-27", "2023-11-13", "2024-07-30", "2023-12-13"])
    >>> starts.dt.strftime("%Y-%m-%d").tolist()
    ['2023-10-27', '2023-10-27', '2023-10-27', '2024-07-30']
    """
    days = pd.DatetimeIndex(anniversaries.as_days(days)).unique().sort_values().to_series()
    return days.where(~(days.diff() <= APART)).ffill().rename_axis("strike").rename("episode")


@finding
def strike_episodes(
    anniversary: dict, events: pd.DataFrame, month_coverage: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The US strikes of the period and the episodes that they form.

    A strike is taken at its local day where a source tells it, and else at the day after the US date, since an evening
    in the United States is the next day in the region. Events known to the month alone, and fire returned at once, are
    no strikes. An episode counts if its first strike lies in the period, with the days of the window after it.

    Parameters
    ----------
    anniversary : dict
    events : DataFrame
    month_coverage : DataFrame, optional
        ``month`` and its ``coverage``, where a collection rates its months.

    Returns
    -------
    DataFrame
        By ``strike``: the first day of its ``episode``; ``us_date``, whether only the US date is known; ``coverage`` of
        the months of the days after it, where it is not good throughout (missing without ratings).

    Raises
    ------
    ValueError
        Where no episode begins in the period, with the days after it.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> rows = {"kind": "us_strike", "date_precision": "day", "date_low": days[1:3], "date_high": days[1:3]}
    >>> table = strike_episodes(findings.anniversary(pd.DataFrame({"date": days})), pd.DataFrame(rows))
    >>> table["episode"].dt.strftime("%Y-%m-%d").tolist()
    ['2021-01-03', '2021-01-03']
    """
    episodes = _find_episodes(events, anniversary)
    if episodes.empty:
        raise ValueError("no US strike known to the day lies in the period")
    local = event_days(events[events["date_low"] == events["date_high"]], "us_strike")
    table = episodes.to_frame().assign(us_date=~episodes.index.isin(local), coverage=None)
    if month_coverage is not None:
        span = range(1, anniversary["window"] + 1)
        after = {
            strike: coverage_of([strike + pd.Timedelta(days=n) for n in span], month_coverage) for strike in table.index
        }
        table["coverage"] = [_rate(after[strike]) for strike in after]
    return table


def _rate(ratings):
    """The ratings of some days that are not good, in words."""
    return listed(ratings[ratings != "good"].unique().tolist() or ["good"])


def coverage_of(days: list, months: pd.DataFrame) -> pd.Series:
    """What the coders saw of the archive of each day's month.

    Parameters
    ----------
    days : array-like of dates
    months : DataFrame
        ``month`` and its ``coverage``; a month that is not there has none.

    Returns
    -------
    Series of str
        By day.

    Examples
    --------
    >>> coverage_of(["2024-11-30", "2024-12-01"], pd.DataFrame({"month": ["2024-11"], "coverage": ["thin"]})).tolist()
    ['thin', 'none']
    """
    ratings = pd.Series(months["coverage"].astype("str").to_numpy(), index=months["month"].astype("str").str[:7])
    days = pd.DatetimeIndex(days)
    return ratings.reindex(days.strftime("%Y-%m")).fillna("none").set_axis(days)


def _find_episodes(events, anniversary, column="date_high"):
    """Strikes of the period with their episodes, where these begin in it with the days of the window after them."""
    days = event_days(events, "us_strike", column)
    if not days:
        return pd.Series([], dtype="datetime64[ns]")
    (first, last), starts = anniversary["whole"], episode_starts(days)
    inside = starts.between(first, last - pd.Timedelta(days=anniversary["window"]))
    return starts[inside & (starts.index <= last)]


@finding
def after_strikes(
    anniversary: dict, incidents: pd.DataFrame, events: pd.DataFrame, strike_levels: pd.DataFrame
) -> pd.DataFrame:
    """Attacks after the first strikes of episodes against attacks after other days that follow an attack.

    Parameters
    ----------
    anniversary, incidents, events
        As for :func:`strike_episodes`, which says what an episode is.
    strike_levels : DataFrame
        As :func:`helpers.findings.load_strike_levels` returns it.

    Returns
    -------
    DataFrame
        :func:`helpers.anniversaries.answer_test` of ``all episodes``, of all ``by US date``, ``without the campaign``
        (its days, those whose window reaches into it, and the episodes that begin in it), and also without the two with
        most attacks after them; ``without`` each episode, and ``without both of`` the two; and, where episodes hold
        several, ``each strike by itself``, whose windows overlap. ``level``: the largest share of simulations in which
        the test rejects at 5% though strikes only answer attacks.

    Raises
    ------
    ValueError
        Where no episode begins in the period, with the days after it.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> attacks, levels = pd.DataFrame({"date": days}), findings.load_strike_levels()
    >>> event = {"kind": "us_strike", "date_precision": "day", "date_low": days[1], "date_high": days[1]}
    >>> table = after_strikes(findings.anniversary(attacks), attacks, pd.DataFrame([event]), levels)
    >>> table["observed"].to_dict()
    {'all episodes': 1, 'by US date': 1}
    """
    test = partial(_test_answers, anniversary, incidents)
    episodes = _find_episodes(events, anniversary)
    if episodes.empty:
        raise ValueError("no US strike known to the day lies in the period")
    starts = list(episodes.unique())
    rows = {"all episodes": test(starts), "by US date": test(_find_episodes(events, anniversary, "date_low").unique())}
    others = [day for day in starts if not _in_campaign(day, anniversary)]
    if 0 < len(others) < len(starts):
        rows["without the campaign"] = test(others, CAMPAIGN)
        rows |= {f"without the campaign and {both}": test(few, CAMPAIGN) for both, few in _leave_two_out(test, others)}
    if len(starts) > 1:
        rows |= {f"without {day:%Y-%m-%d}": test([other for other in starts if other != day]) for day in starts}
    rows |= {f"without both of {both}": test(few) for both, few in _leave_two_out(test, starts)}
    if len(episodes) > len(starts):
        rows["each strike by itself"] = test(episodes.index)
    table = pd.DataFrame(rows).T.rename_axis("strikes").rename(columns={"ratio": "rate_ratio"})
    tests = {"all episodes": EPISODES, "without the campaign": WITHOUT_CAMPAIGN, "each strike by itself": SINGLY}
    worst = strike_levels[strike_levels["answered"] != FORESEEN].groupby("test")["rate"].max()
    table["level"] = [worst.get(tests.get(name)) for name in table.index]
    return table.astype(dict.fromkeys(("days", "following", "placebo_days", "observed"), int) | {"level": float})


def _leave_two_out(test, days):
    """The two days with most attacks after them by name, and the others; nothing where there are no others."""
    if len(days) > 2:
        fewest_first = sorted(days, key=lambda day: test([day])["observed"])
        yield " and ".join(f"{day:%Y-%m-%d}" for day in sorted(fewest_first[-2:])), fewest_first[:-2]


def _in_campaign(day, anniversary):
    """Whether a day lies in the campaign, which is one of the collection about this anniversary alone."""
    first, last = map(pd.Timestamp, CAMPAIGN)
    return anniversary["anchor"] == pd.Timestamp(SOLEIMANI) and first <= day <= last


def _test_answers(anniversary, incidents, days, without=None):
    period, window = anniversary["whole"], anniversary["window"]
    return anniversaries.answer_test(incidents["date"], days, window, LAG, period, without)


@finding
def us_strikes(
    after_strikes: pd.DataFrame, strike_episodes: pd.DataFrame, strike_levels: pd.DataFrame, anniversary: dict
) -> dict:
    """Do more attacks follow US strikes than follow other attacks?

    Parameters
    ----------
    after_strikes, strike_episodes, strike_levels : DataFrame
    anniversary : dict

    Returns
    -------
    dict
        ``after``, the row of all episodes; ``most`` and ``most_two``, the largest p-value without one episode and
        without two (None with fewer than two and three); ``without_campaign``, that row, or None,
        ``most_two_without_campaign``, and ``depends``, whether p is at most 5% either with the campaign or without it;
        ``levels``, per cent rejected at 5% by the way in which simulated strikes answer and by test, the worst of the
        worlds; ``level``, the worst where strikes answer what has happened, ``foreseen`` where also what is to come,
        and ``n_sims``; ``holds``, whether the level is 5%, up to two standard errors; ``more``, whether it is and p is
        at most 5%; ``hangs``, whether p is above 5% without one episode; ``near``, episodes that begin so near a tested
        anniversary that the two windows share days. ``n_strikes``, how many of them ``by_us_date``, and ``noted``,
        before strikes were sought (None in another collection); ``coverage``, by episode and by rating of the days
        after strikes, good ones aside: how many, the first and the last.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> attacks, levels = pd.DataFrame({"date": days}), findings.load_strike_levels()
    >>> event = {"kind": "us_strike", "date_precision": "day", "date_low": days[1], "date_high": days[1]}
    >>> found, events = findings.anniversary(attacks), pd.DataFrame([event])
    >>> after = after_strikes(found, attacks, events, levels)
    >>> us_strikes(after, strike_episodes(found, events), levels, found)["more"]
    False
    """
    rows, starts = after_strikes.astype(object), pd.DatetimeIndex(strike_episodes["episode"].unique())
    after = rows.loc["all episodes"]
    one, two, campaign, quiet = (
        rows[rows.index.str.match(words)]
        for words in (r"without \d", "without both", "without the campaign$", "without the campaign and")
    )
    levels = strike_levels.pivot_table(index="answered", columns="test", values="rate", aggfunc="max", sort=False)
    ours = strike_levels[(strike_levels["test"] == EPISODES) & (strike_levels["answered"] != FORESEEN)]
    worst = ours.nlargest(1, "rate").iloc[0]
    holds = bool(worst["rate"] <= ALPHA + 2 * worst["standard_error"])
    significant = bool(after["p_value"] <= ALPHA)
    centres, reach = anniversary["test"].anniversaries, pd.Timedelta(days=2 * anniversary["window"])
    return {
        "page": "strikes",
        "deadline": anniversary["deadline"],
        "window": anniversary["window"],
        "lag": LAG,
        "apart": APART.days,
        "after": after,
        "most": one["p_value"].max() if len(one) else None,
        "most_two": two["p_value"].max() if len(two) else None,
        "without_campaign": campaign.iloc[0] if len(campaign) else None,
        "most_two_without_campaign": quiet["p_value"].max() if len(quiet) else None,
        "campaign": CAMPAIGN,
        "depends": bool(((campaign["p_value"] <= ALPHA) != significant).any()),
        "levels": (100 * levels).round(1),
        "level": worst["rate"],
        "foreseen": levels.loc[FORESEEN, EPISODES],
        "n_sims": worst["n_sims"],
        "holds": holds,
        "more": holds and significant,
        "hangs": bool((one["p_value"] > ALPHA).any()),
        "near": [day for day in starts if (abs(centres - day) <= reach).any()],
        **_describe_strikes(strike_episodes, anniversary),
    }


def _describe_strikes(strikes, anniversary):
    """How many strikes there are, how they are dated and known, and what the archive holds of the days after them."""
    days = strikes.index.to_series()
    rated = days[strikes["coverage"].notna() & (strikes["coverage"] != "good")]
    ratings = rated.groupby([strikes["episode"], strikes["coverage"]]).agg(n="size", first="min", last="max")
    return {
        "n_strikes": len(strikes),
        "by_us_date": strikes["us_date"].sum(),
        "noted": (days < SOUGHT).sum() if anniversary["anchor"] == pd.Timestamp(SOLEIMANI) else None,
        "sought": SOUGHT,
        "coverage": ratings.reset_index().sort_values("first", ignore_index=True),
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
    period, window = anniversary["whole"], anniversary["window"]
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
