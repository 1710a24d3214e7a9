"""The pre-specified test of later anniversaries: statistic, exact p-value, power and verdict of the analysis plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from . import tables
from .days import (
    SOLEIMANI,
    Dates,
    Day,
    Period,
    anniversaries_between,
    as_anchor,
    as_days,
    as_period,
    day_numbers,
    days_either_side,
)

# The test of the analysis plan: the width of its triangle, its days from the anniversary on, the power that makes an
# absence informative, and how many combinations can be enumerated.
_TRIANGLE, _DAYS_FROM, _ENOUGH_POWER, _MOST_COMBINATIONS, _MOST_FAULTS = 15, 10, 0.8, 1e9, 20
_MOST_IN_A_DRAW, _N_TURNS = 200_000, 4_999  # three blocks of 57 days are enumerated
COVERAGE = ("good", "thin", "saturated", "none")
_ALPHA, _SEED, _DRAWS, _REACH = 0.05, 20200103, 2_000, 7
# The same as plans print it.
RECIPE = {
    "triangle": _TRIANGLE,
    "days_from": _DAYS_FROM,
    "alpha": _ALPHA,
    "enough_power": _ENOUGH_POWER,
    "n_draws": _DRAWS,
    "reach": _REACH,
}


@dataclass(frozen=True)
class ConfirmatoryTest:
    """The result of :func:`confirmatory_test`.

    Attributes
    ----------
    verdict : str
        ``support``, ``one-year excess, no support``, ``no support`` or ``uninformative``.
    p_value : float
        Share of all combinations of rotations with a statistic at least the observed one. One-sided; missing without
        a block.
    statistic : float
        The larger of ``z``.
    z : Series of float
        ``around`` the anniversary and ``from`` it on, over the blocks.
    p_sides : Series of float
        The p-value of either side alone, which has no verdict.
    power : float
        Share of simulations at a rate ratio of 3 with a p-value of at most 5%.
    table : DataFrame
        Indexed by ``year``: ``n`` incidents of the block, ``around`` and ``from``, its z of either side (missing where
        it has no incident), ``coverage`` of its months, and ``note``, why the block is not used.
    """

    verdict: str
    p_value: float
    statistic: float
    z: pd.Series
    p_sides: pd.Series
    power: float
    table: pd.DataFrame


def confirmatory_test(
    dates: Dates,
    anchor: Day = SOLEIMANI,
    years: Sequence[int] = (2024, 2025),
    half: int = 28,
    coverage: pd.DataFrame | None = None,
    calendar: str = "gregorian",
) -> ConfirmatoryTest:
    """The test and the rule of the analysis plan, for anniversaries not looked at before.

    Parameters
    ----------
    dates : sequence of dates
        One per incident.
    anchor : date
    years : sequence of int
        Those whose anniversaries are tested.
    half : int
        Days of a block either side of the anniversary, 15 to 182, or by the lunar year to 176.
    coverage : DataFrame, optional
        ``month`` (``2024-01``) and ``coverage`` (``good``, ``thin``, ``saturated``, ``none``). A block with a month
        that is not there was not searched, and one whose months are all ``none`` was not covered: neither is used.
        Without it, every block counts as searched.
    calendar : {"gregorian", "hijri"}
        As for :func:`helpers.anniversaries.anniversaries_between`. The plan of this project is by the Gregorian one.

    Returns
    -------
    ConfirmatoryTest

    Raises
    ------
    ValueError
        For years that are no list of different whole numbers, or not after the event's own, are too many to enumerate
        or hold two anniversaries, another ``half`` or calendar, and a coverage with a month that is there twice or is
        no month, or with an unknown value.

    Notes
    -----
    On the circle of a block an incident counts 1 - e / 15 by its days e from the anniversary, and 1 in the 11 days
    from the anniversary on. Both sums are standardised over the rotations of the block, so that every year weighs the
    same, and summed over blocks, each rotated by itself; the statistic is the larger of the two. All combinations of
    rotations are enumerated: the test is exact under random rotation (Westfall and Young 1993, *Resampling-Based
    Multiple Testing*). ``docs/analysis-plan.md`` gives the rule.

    Examples
    --------
    >>> days = ["2021-01-03", "2021-01-05", "2021-01-06", "2022-01-04", "2022-01-04", "2022-01-28"]
    >>> test = confirmatory_test(days, years=[2021, 2022])
    >>> test.verdict, round(test.p_value, 4), test.table["n"].to_dict()
    ('support', 0.0043, {2021: 3, 2022: 3})
    """
    months = _check_coverage(coverage)
    anniversaries = _find_anniversaries(anchor, years, half, calendar)
    offsets = np.arange(-half, half + 1)
    counts, rows = {}, {}
    for year, day in anniversaries.items():
        if day <= (event := as_anchor(anchor)):
            raise ValueError(f"years must come after the event's own, {event.year}; {year} does not")
        block = _count_within(as_days(dates), day, half)
        searched, note = _describe_block(day + pd.to_timedelta(offsets, unit="D"), months)
        note = note or ("" if block.any() else "no incident")
        rows[year] = {"n": int(block.sum()), "coverage": searched, "note": note}
        if not note:
            counts[year] = block
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("year")
    weights = _plan_weights(half)
    scores = _plan_scores(np.array([*counts.values()]).reshape(-1, len(offsets)), weights)
    table[["around", "from"]] = pd.DataFrame(scores[..., 0].T, index=list(counts), columns=["around", "from"])
    if not counts:
        missing = pd.Series(np.nan, index=["around", "from"])
        return ConfirmatoryTest("uninformative", np.nan, np.nan, missing, missing, np.nan, table)
    z = pd.Series(scores[..., 0].sum(axis=1) / np.sqrt(len(counts)), index=["around", "from"])
    p_value = _share_reaching(scores)
    power = _plan_power(np.array([*counts.values()]), weights)
    verdict = _decide(table.loc[list(counts)], z.idxmax(), p_value, power)
    alone = pd.Series([_share_reaching(np.stack([side, side])) for side in scores], index=z.index)
    return ConfirmatoryTest(verdict, p_value, float(z.max()), z, alone, power, table)


def plan_blocks(
    anchor: Day = SOLEIMANI, years: Sequence[int] = (2024, 2025), half: int = 28, calendar: str = "gregorian"
) -> pd.DataFrame:
    """The blocks of days that a plan for later anniversaries is about.

    Parameters
    ----------
    anchor, years, half, calendar
        As for :func:`confirmatory_test`.

    Returns
    -------
    DataFrame
        Indexed by ``year``: ``anniversary``, ``first`` and ``last`` day of its block.

    Raises
    ------
    ValueError
        As for :func:`confirmatory_test`, and for a year whose anniversary does not lie after the anchor.

    Examples
    --------
    >>> plan_blocks("2020-01-03", [2027]).astype("str").to_dict("records")
    [{'anniversary': '2027-01-03', 'first': '2026-12-06', 'last': '2027-01-31'}]
    """
    anchor = as_anchor(anchor)
    days = pd.Series(_find_anniversaries(anchor, years, half, calendar), name="anniversary").rename_axis("year")
    if len(early := days[days <= anchor]):
        listed = ", ".join(map(str, early.index))
        raise ValueError(f"years must lie after the anchor, {anchor.date()}: {listed} has no anniversary of it")
    reach = pd.Timedelta(days=half)
    return pd.DataFrame({"anniversary": days, "first": days - reach, "last": days + reach})


def other_blocks(
    dates: Dates, planned: pd.DataFrame, study_period: Period, coverage: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Count incidents in blocks as long as the planned ones, laid one after another on all other days.

    Parameters
    ----------
    dates : sequence of dates
        One per incident. None within the planned blocks is counted.
    planned : DataFrame
        From :func:`plan_blocks`.
    study_period : pair of dates
        First and last day that was searched. Each stretch before, between and after the planned blocks is filled from
        its first day on; days that make no whole block are left out.
    coverage : DataFrame, optional
        As for :func:`confirmatory_test`. Left out are also blocks that its rule drops, and those with a saturated
        month, which it does not judge.

    Returns
    -------
    DataFrame, shape (blocks, days)
        Incidents of each day, indexed by the block's ``first`` day, by days from its middle.

    Examples
    --------
    >>> planned = plan_blocks("2020-01-03", [2022], half=15)
    >>> blocks = other_blocks(["2021-10-02", "2021-12-25"], planned, ("2021-10-01", "2022-02-20"))
    >>> blocks.sum(axis=1).set_axis(blocks.index.strftime("%d.%m.")).to_dict()
    {'01.10.': 1, '01.11.': 0, '19.01.': 0}
    """
    (first, last), months, one = as_period(study_period), _check_coverage(coverage), pd.Timedelta(days=1)
    length = planned["last"].iloc[0] - planned["first"].iloc[0] + one
    half, days, rows = length.days // 2, as_days(dates), {}
    starts = [first, *(max(first, day + one) for day in planned["last"])]
    ends = [*(min(last, day - one) for day in planned["first"]), last]
    for start, end in zip(starts, ends, strict=True):
        for begin in pd.date_range(start, end - length + one, freq=length):
            words, note = _describe_block(pd.date_range(begin, periods=length.days), months)
            if not note and "saturated" not in words:
                rows[begin] = _count_within(days, begin + pd.Timedelta(days=half), half)
    offsets = range(-half, half + 1)
    return pd.DataFrame.from_dict(rows, orient="index", columns=offsets, dtype=int).rename_axis("first")


def expected_power(blocks: pd.DataFrame, n_planned: int, ratio: int = 3) -> float:
    """The power that a plan can expect if its blocks are like other ones.

    Parameters
    ----------
    blocks : DataFrame, shape (blocks, days)
        From :func:`other_blocks`, at least as many as are planned.
    n_planned : int
        In each of 2,000 simulations so many are drawn, no block twice.
    ratio : int
        Rate ratio within 7 days of the anniversary.

    Returns
    -------
    float
        Share of simulations with a p-value of at most 5%; the simulation is that of :func:`confirmatory_test`. Where
        no more blocks are there than are planned, it is the power which that test reports on them.

    Raises
    ------
    ValueError
        Where there are fewer blocks than planned ones.

    Examples
    --------
    >>> blocks = pd.DataFrame([[0, 1, 0, 0, 1] * 7, [0, 0, 1, 0, 0] * 7], columns=range(-17, 18))
    >>> expected_power(blocks, 1, ratio=1) < expected_power(blocks, 2, ratio=5)
    True
    """
    if len(blocks) < n_planned:
        raise ValueError(f"power for {n_planned} blocks needs as many other ones, and there are {len(blocks)}")
    weights = _plan_weights(blocks.shape[1] // 2)
    return _plan_power(blocks.to_numpy(), weights, ratio, n_planned=n_planned)


def _find_anniversaries(anchor, years, half, calendar):
    """The anniversary of each year, of a design that can be tested."""
    years, most = _check_years(years), days_either_side(calendar)
    if not isinstance(half, int | np.integer) or not _TRIANGLE <= half <= most:
        raise ValueError(f"half must be a whole number of days from {_TRIANGLE} to {most}, not {half!r}")
    if (n_combinations := (2 * half + 1) ** len(years)) > _MOST_COMBINATIONS:
        raise ValueError(f"{len(years)} years have {n_combinations:,} combinations, too many to enumerate: test fewer")
    return {year: _find_anniversary(year, anchor, calendar) for year in years}


def _find_anniversary(year, anchor, calendar):
    """The anniversary of a year; by the lunar year there may be two, which the plan does not foresee."""
    days = anniversaries_between(year, year, anchor, calendar)
    if len(days) > 1:
        raise ValueError(f"{year} holds two anniversaries, {days[0].date()} and {days[1].date()}; choose other years")
    return days[0]


def _check_years(years):
    """Years in order, each once."""
    listed = list(years) if np.iterable(years) and not isinstance(years, str) else [years]
    whole = [year for year in listed if isinstance(year, int | np.integer) and year in tables.YEARS]
    if not listed or len(whole) < len(listed) or len(set(whole)) < len(whole):
        raise ValueError(f"years must be different whole years, such as (2024, 2025), not {years!r}")
    return sorted(map(int, whole))


def _check_coverage(coverage):
    """The coverage of each month by its name; None where there is none."""
    if coverage is None:
        return None
    if missing := [name for name in ("month", "coverage") if name not in coverage]:
        raise ValueError(f"the coverage lacks the column(s) {', '.join(missing)}")
    months, values = coverage["month"].astype("str"), coverage["coverage"].astype("object")
    named = months.str.fullmatch(r"\d{4}-(0[1-9]|1[0-2])")
    faults = [
        *(f"{month!r} is no month such as 2024-01" for month in months[~named]),
        *(f"{month} is there twice" for month in months[months.duplicated()]),
        *(f"{month}: {value!r} is none of {', '.join(COVERAGE)}" for month, value in zip(months, values, strict=True)
          if value not in COVERAGE),
    ]  # fmt: skip
    if faults:
        raise ValueError(f"coverage: {'; '.join(faults[:_MOST_FAULTS])}")
    return dict(zip(months, values, strict=True))


def _count_within(days, centre, half):
    """Incidents on each day of a block, from ``half`` days before its centre to as many after it."""
    offsets = day_numbers(days) - day_numbers(pd.DatetimeIndex([centre]))[0]
    return np.bincount(offsets[np.abs(offsets) <= half] + half, minlength=2 * half + 1)


def _describe_block(days, months):
    """The coverage of a block's months in words, and why the block is not used; nothing without a coverage."""
    if months is None:
        return "", ""
    names = days.strftime("%Y-%m").unique()
    values = [months.get(name, "not searched") for name in names]
    words = ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
    return words, "not searched" if "not searched" in values else "no coverage" if set(values) == {"none"} else ""


def _plan_weights(half):
    """What an incident counts, around the anniversary and from it on, shape (2, rotations, days); whole numbers."""
    apart = np.arange(-half, half + 1)
    shapes = np.array([np.maximum(_TRIANGLE - np.abs(apart), 0), (apart >= 0) & (apart <= _DAYS_FROM)])
    # Rotated so that the day in the middle of the circle is another one.
    turns = (np.arange(len(apart)) - np.arange(len(apart))[:, None]) % len(apart)
    return shapes[:, turns]


def _plan_scores(blocks, weights):
    """Standardised sums of each block at each rotation, shape (2, blocks, rotations); 0 where all are alike."""
    values = np.einsum("kst,bt->kbs", weights, blocks)
    spread = values.std(axis=-1, keepdims=True)
    return (values - values.mean(axis=-1, keepdims=True)) / np.where(spread > 0, spread, 1)


def _share_reaching(scores):
    """Share of all combinations of rotations whose larger sum reaches that of the first rotations."""
    n_blocks, n_turns = scores.shape[1:]
    least = scores[..., 0].sum(axis=1).max() - 1e-9 * np.sqrt(n_blocks)
    at_once = 4  # blocks; of more, one rotation of the first at a time
    firsts = np.arange(n_turns)[:, None] if n_blocks > at_once else np.arange(n_turns)[None]
    rest = [np.zeros(1), np.zeros(1)]
    for block in range(1, n_blocks):
        rest = [np.add.outer(sums, side[block]).ravel() for sums, side in zip(rest, scores, strict=True)]
    reached = 0
    for turns in firsts:
        around, since = (np.add.outer(side[0, turns], sums) for side, sums in zip(scores, rest, strict=True))
        reached += np.count_nonzero(np.maximum(around, since) >= least)
    return float(reached / n_turns**n_blocks)


def _plan_power(blocks, weights, ratio=3, n_draws=_DRAWS, reach=_REACH, *, n_planned=None):
    """Share of simulated excesses near the anniversary that the test finds, in all blocks or in some drawn anew."""
    rng, n_days, n_planned = np.random.default_rng(_SEED), blocks.shape[1], n_planned or len(blocks)
    near = np.abs(np.arange(n_days) - n_days // 2) <= reach
    shifts = rng.integers(n_days, size=(n_draws, ratio, n_planned, 1))
    # In order, so that of no more blocks than are planned each is drawn once, in its place.
    drawn = np.sort(rng.permuted(np.tile(np.arange(len(blocks)), (n_draws, 1)), axis=1)[:, :n_planned], axis=1)
    turned = np.take_along_axis(blocks[drawn][:, None], (np.arange(n_days) + shifts) % n_days, axis=-1)
    excess, share = turned[:, 0] + (turned[:, 1:] * near).sum(axis=1), _share_reaching
    if n_days**n_planned > _MOST_IN_A_DRAW:  # enumerated in each of the draws, four blocks would take minutes
        share = partial(_estimate_share, turns=rng.integers(n_days, size=(_N_TURNS, n_planned)))
    return float(np.mean([share(_plan_scores(draw, weights)) <= _ALPHA for draw in excess]))


def _estimate_share(scores, turns):
    """The share of :func:`_share_reaching` by combinations of rotations drawn at random, the first ones included."""
    sums = np.take_along_axis(scores, np.broadcast_to(turns.T, (2, *turns.T.shape)), axis=2).sum(axis=1)
    least = scores[..., 0].sum(axis=1).max() - 1e-9
    return (1 + np.count_nonzero(sums.max(axis=0) >= least)) / (1 + len(turns))


def _decide(used, side, p_value, power):
    """The verdict of the plan's rule, uninformative first."""
    several = used[used["n"] >= 2]
    if len(several) < 2 or used["coverage"].str.contains("saturated").any():
        return "uninformative"
    if p_value <= _ALPHA:
        return "support" if (several[side] > 0).sum() >= 2 else "one-year excess, no support"
    return "no support" if power >= _ENOUGH_POWER else "uninformative"
