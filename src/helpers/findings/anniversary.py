"""Do attacks cluster around the anniversary?"""

import numpy as np
import pandas as pd

from .. import anniversaries
from ..anniversaries import SOLEIMANI, Day
from .basics import (
    ALPHA,
    WINDOW,
    covered,
    explored_period,
    finding,
    group_pair,
    group_plurals,
    is_coded,
    is_own_anchor,
    require_targets,
    source_line,
    study_period,
)
from .show import show
from .tell import number

RELEVANT_RATIO = 2.0  # the smallest rate ratio that would matter to a reader: a doubling
FEWEST_DAYS = 10  # on which attacks were reported; of fewer, a single day may decide


@finding
def anniversary(
    incidents: pd.DataFrame, period: tuple | None = None, anchor: Day = SOLEIMANI, window: int = WINDOW
) -> dict:
    """Do attacks cluster around the anniversary?

    Parameters
    ----------
    incidents : DataFrame
        As :func:`helpers.load_incidents` returns them; ``date`` is enough.
    period : pair of dates, optional
        By default :func:`helpers.findings.explored_period`.
    anchor, window
        The event whose anniversaries are tested, and the headline window, 1-45 days either side.

    Returns
    -------
    dict
        ``period``, first and last day of the test, and ``whole``, those that the data cover; ``cut``, years whose block
        of days the period cuts, so that they are not tested; ``planned``, years that were set aside for a plan, and
        ``unplanned``, those of them that are explored all the same; ``test``, the PlaceboTest of all windows;
        ``limits`` of their rate ratios; ``headline``, both for the headline window; ``clustered``, whether its global
        p-value is at most 5%; ``verdict``, ``too few`` days with attacks to say, ``clustered``, ``excluded`` where the
        limits exclude a doubling, or else ``inconclusive``; ``busiest``, the anniversary with most attacks near it, and
        the ``others`` without it; ``half``, days of a block either side; ``years`` and ``sides``, the headline window
        of all anniversaries, each and all but each, and the same before and after; ``sharper``, the side with the
        smaller global p-value, without its busiest year; ``event``, what happened on a collection's own anchor;
        ``deadline``, whether a deadline for US forces is its rival; ``attack_days``, the test with each day counted
        once; ``smooth``, the SmoothTest; ``offsets``, each incident's days from its anniversary; ``tested``, the years.

    See Also
    --------
    helpers.anniversaries.placebo_test : the test itself, for any list of dates.

    Examples
    --------
    >>> days = ["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"]
    >>> found = anniversary(pd.DataFrame({"date": pd.to_datetime(days)}), anchor="2020-01-03")
    >>> int(found["headline"]["observed"]), found["tested"]
    (2, [2021])
    """
    _refuse_unsearched(incidents, period)
    whole, period = period or study_period(incidents, anchor), period or explored_period(incidents, anchor)
    test = anniversaries.placebo_test(incidents["date"], anchor, study_period=period)
    asked = incidents["date"], window, anchor, period
    limits = anniversaries.rate_limits(incidents["date"], anchor, study_period=period).filter(like="limit")
    sides = {side: anniversaries.by_year(*asked, side) for side in ("before", "after")}
    days = anniversaries.as_days(incidents["date"]).unique()
    attack_days = anniversaries.placebo_test(days, anchor, study_period=period)
    clustered, headline = test.p_value <= ALPHA, {**test.row(window), **limits.loc[window]}
    years, offsets = anniversaries.by_year(*asked), _block_offsets(incidents, test.anniversaries)
    return {
        "page": "anniversary",
        "anchor": anniversaries.as_anchor(anchor),
        "event": incidents.attrs.get("event") if is_own_anchor(incidents, anchor) else None,
        "deadline": is_own_anchor(incidents, anchor) and anniversaries.as_anchor(anchor) == pd.Timestamp(SOLEIMANI),
        "period": tuple(map(pd.Timestamp, period)),
        "whole": tuple(map(pd.Timestamp, whole)),
        "cut": _cut_years(test, anchor, period),
        **_planned_years(incidents, anchor, test),
        "window": window,
        "tested": test.anniversaries.year.tolist(),
        "half": anniversaries.HALF,
        "clustered": clustered,
        "verdict": _verdict(attack_days.n_inside, clustered, headline["limit_high"]),
        "headline": headline,
        "test": test,
        "limits": limits,
        "years": years,
        "busiest": _busiest_year(offsets[offsets["days"].abs() <= window], years),
        "sides": pd.concat(sides, names=["side"]),
        "sharper": _sharper_side(sides),
        "attack_days": attack_days,
        "smooth": anniversaries.smooth_test(incidents["date"], anchor, period),
        "offsets": offsets,
        "source_line": source_line(incidents, period, test.n_inside),
    }


def _refuse_unsearched(incidents, period):
    """Refuse days that nobody searched, which would count as days without attacks."""
    if period is not None and is_coded(incidents):
        (first, last), (start, end) = anniversaries.as_period(period), covered(incidents)
        if first < start or last > end:
            raise ValueError(
                f"the period {first.date()} to {last.date()} reaches beyond the days that the tables cover, "
                f"{start.date()} to {end.date()}"
            )


def _planned_years(incidents, anchor, test):
    """The years that were set aside for a plan, and those of them that are tested all the same."""
    planned = incidents.attrs.get("planned", []) if is_own_anchor(incidents, anchor) else []
    return {"planned": planned, "unplanned": [year for year in planned if year in test.anniversaries.year]}


def _cut_years(test, anchor, period):
    """The anniversaries of a period that are not tested, as the days either side of them do not all lie in it."""
    first, last = map(pd.Timestamp, period)
    days = anniversaries.anniversaries_between(first.year, last.year, anchor)
    after = max(first, anniversaries.as_anchor(anchor) + pd.Timedelta(days=1))
    return [day.year for day in days.difference(test.anniversaries) if after <= day <= last]


def _verdict(n_days, clustered, limit_high):
    """What the test says in a word; too few days say nothing."""
    if n_days < FEWEST_DAYS:
        return "too few"
    if clustered:
        return "clustered"
    return "excluded" if limit_high < RELEVANT_RATIO else "inconclusive"


def _busiest_year(near, years):
    """The anniversary with most attacks near it, how many on how many days, and all the others; None without any."""
    if near.empty:
        return None
    year = near["anniversary"].value_counts(sort=False).idxmax()
    rows = near[near["anniversary"] == year]
    others = f"without {year}"
    return {
        "year": int(year),
        "observed": len(rows),
        "days": rows["date"].nunique(),
        "others": years.loc[others, ["observed", "expected"]] if others in years.index else None,
    }


def _sharper_side(sides):
    """The side with the smaller global p-value, and its row without the year that has most attacks on it."""
    side = min(sides, key=lambda side: sides[side].loc["all", "global_p_value"])
    rows = sides[side]
    years = [name for name in rows.index if name.isdigit()]
    left_out = f"without {rows.loc[years, 'observed'].idxmax()}"
    return {"side": side, "left_out": left_out, **rows.loc[left_out]} if left_out in rows.index else None


def _block_offsets(incidents, blocks):
    """Per incident inside the blocks of anniversaries: its id, date, anniversary, days from it, and target."""
    # Numbered anew, since labels of rows may be called date, too.
    rows = incidents.filter(["incident_id", "target"]).reset_index(drop=True)
    rows = rows.assign(date=anniversaries.as_days(incidents["date"]))
    rows = rows.sort_values("date", kind="stable")
    offsets, block = anniversaries.offsets_in_blocks(pd.DatetimeIndex(rows["date"]), blocks)
    inside = rows["date"].isin(blocks[block] + pd.to_timedelta(offsets, unit="D"))
    rows = rows[inside].assign(anniversary=blocks[block].year, days=offsets).reset_index(drop=True)
    return rows.filter(["incident_id", "date", "anniversary", "days", "target"])


@finding
def power(anniversary: dict, incidents: pd.DataFrame, n_draws: int = 400, seed: int = 0) -> dict:
    """What each test could have found in the headline window.

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame
    n_draws, seed : int
        As for :func:`helpers.anniversaries.power`.

    Returns
    -------
    dict
        ``curve``, what :func:`helpers.anniversaries.power` returns; ``found`` by test: the rate ratio that it finds in
        half of all cases (``even``) and in four fifths (``likely``), between those of the curve; missing where the
        largest of these is found less often. ``n_anniversaries``, ``n_draws``.

    Examples
    --------
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-08-01", "2021-10-01"])
    >>> rows = pd.DataFrame({"date": days})
    >>> list(power(anniversary(rows), rows, n_draws=9)["found"])
    ['even', 'likely']
    """
    asked = {"study_period": anniversary["period"], "window": anniversary["window"]}
    curve = anniversaries.power(incidents["date"], anniversary["anchor"], **asked, n_draws=n_draws, seed=seed)
    found = {name: curve.apply(_first_ratio, share=share) for name, share in {"even": 0.5, "likely": 0.8}.items()}
    return {
        "page": "anniversary",
        "window": anniversary["window"],
        "curve": curve,
        "found": pd.DataFrame(found).rename_axis("test"),
        "n_anniversaries": len(anniversary["tested"]),
        "n_draws": n_draws,
    }


def _first_ratio(shares, share):
    """The first rate ratio of a curve that is found in a share of cases, between the points that are known."""
    rising = shares.cummax()
    return np.interp(share, rising, rising.index) if rising.iloc[-1] >= share else np.nan


@finding
def intervals(anniversary: dict) -> pd.DataFrame:
    """Three 95% intervals of the rate ratio, side by side.

    Parameters
    ----------
    anniversary : dict

    Returns
    -------
    DataFrame of str
        By window, the rate ratio and its intervals: ``Poisson``, attacks taken as independent; ``limits``, bursts
        allowed for; ``inverted test``, the placebo test's own. ``dispersion`` says how many times as much as
        independent attacks the counts of windows vary.

    Examples
    --------
    >>> days = ["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"]
    >>> list(intervals(anniversary(pd.DataFrame({"date": pd.to_datetime(days)}))).columns)
    ['rate ratio', 'Poisson', 'limits', 'inverted test', 'dispersion']
    """
    rows = anniversary["test"].table.join(anniversary["limits"]).loc[sorted({7, anniversary["window"], 30})]
    ends = {"Poisson": "poisson", "limits": "limit", "inverted test": "ci"}
    texts = {name: rows[[f"{end}_low", f"{end}_high"]].apply(_interval_text, axis=1) for name, end in ends.items()}
    return show(pd.DataFrame({"rate ratio": rows["rate_ratio"], **texts, "dispersion": rows["dispersion"]}))


def _interval_text(ends):
    low, high = ends
    return f"{number(low)} to {number(high)}"


@finding
def placebo_methods(anniversary: dict, incidents: pd.DataFrame) -> pd.DataFrame:
    """The headline window by each way of making placebos.

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame

    Returns
    -------
    DataFrame
        By method: the window's row of the test, and the global p-values.

    Examples
    --------
    >>> rows = pd.DataFrame({"date": pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-10-01"])})
    >>> placebo_methods(anniversary(rows), rows)["observed"].to_dict()
    {'folded': 2, 'shift': 2, 'independent': 2}
    """
    tests = {method: placebo_test(anniversary, incidents, method=method) for method in anniversaries.METHODS}
    return window_rows(tests, anniversary["window"]).rename_axis("method")


def placebo_test(anniversary: dict, incidents: pd.DataFrame, **options: object) -> anniversaries.PlaceboTest:
    """The test of an anniversary with other incidents, days or placebos.

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame
    **options
        As for :func:`helpers.anniversaries.placebo_test`.

    Returns
    -------
    PlaceboTest

    Examples
    --------
    >>> rows = pd.DataFrame({"date": pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-10-01"])})
    >>> placebo_test(anniversary(rows), rows, side="after").n_inside
    2
    """
    known = {"anchor": anniversary["anchor"], "study_period": anniversary["period"]}
    return anniversaries.placebo_test(incidents["date"], **(known | options))


def window_rows(tests: dict, window: int) -> pd.DataFrame:
    """One row per test: the window's row of its table, and the global p-values.

    Parameters
    ----------
    tests : dict of PlaceboTest
    window : int

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> test = anniversaries.placebo_test(["2020-06-01", "2021-01-03", "2021-10-01"])
    >>> window_rows({"mine": test}, 14).loc["mine", "observed"].item()
    1
    """
    rows = {name: test.row(window) for name, test in tests.items()}
    return pd.DataFrame(rows).T.astype({"n": int, "observed": int})


@finding
def by_target(anniversary: dict, incidents: pd.DataFrame) -> dict:
    """The test for the two groups of targets apart, and for their difference.

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame
        With ``target``.

    Returns
    -------
    dict
        ``table`` by target: the window's row of the test, and the global p-values. ``difference``: share of the first
        group's incidents in the window less that of the second's, ``points`` in percentage points. ``p_value``: the
        share of rotations, the same for both, whose difference is at least as large either way.

    Examples
    --------
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-05-01", "2021-10-01"])
    >>> rows = pd.DataFrame({"date": days, "target": ["base", "base", "embassy", "embassy", "base"]})
    >>> by_target(anniversary(rows), rows)["table"]["observed"].to_dict()
    {'embassy': 1, 'base': 1}
    """
    require_targets(incidents)
    first, second = group_pair()
    groups = {target: incidents[incidents["target"] == target] for target in (first, second)}
    if any(group.empty for group in groups.values()):
        raise ValueError("the data do not hold both targets")
    for target, group in groups.items():
        if _block_offsets(group, anniversary["test"].anniversaries).empty:
            raise ValueError(f"no attack on {group_plurals()[target]} lies in a tested year")
    tests = {target: placebo_test(anniversary, group) for target, group in groups.items()}
    column = anniversaries.WINDOWS.index(anniversary["window"])
    shares = [test.placebos[:, column] / test.n_inside for test in tests.values()]
    differences = shares[0] - shares[1]
    return {
        "page": "anniversary",
        "first": first,
        "second": second,
        "plurals": group_plurals(),
        "table": window_rows(tests, anniversary["window"]).rename_axis("target"),
        "difference": float(differences[0]),
        "points": round(100 * abs(differences[0])),
        "p_value": float((abs(differences) >= abs(differences[0]) - 1e-12).mean()),
    }
