"""False-positive rates: how often does each test reject at 5% where there is no anniversary effect?

``python benchmarks/level.py [--sims N] [--out FILE.csv]`` simulates worlds without any anniversary effect and counts
the rejections of three tests that others use and of ours: three ways to make placebos, and of the first the two other
global statistics and the test of the days after. A test that holds its level rejects at most 5%.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.stats import rayleightest
from scipy.stats import binomtest

from helpers import anniversaries

ANCHOR = anniversaries.SOLEIMANI
WINDOW = 14
LEVEL = 0.05
PER_YEAR = 30
BURST_DAYS = 7
AFTERMATH_DAYS, AFTERMATH_HALF_LIFE, AFTERMATH_SHARE = 60, 20, 1 / 3
PERIODS = {
    1.5: ("2020-01-04", "2021-07-04"),
    3.74: ("2020-01-04", "2023-09-30"),
    5.0: ("2020-01-04", "2025-01-03"),
}
BURSTS = {"bursts of 1": 1, "bursts of 2": 2, "bursts of 3": 3, "bursts of 5": 5}
WORLDS = ("uniform", *BURSTS, "falling trend", "aftermath")
SIMS, SEED, CHUNK = 2000, 20200103, 25
# Global p-values of three independent blocks are enumerated over 365^3 rotations, which takes long: one in so many.
EVERY = {("independent", 3.74): 4}
OUT = Path(__file__).resolve().parents[1] / "src" / "helpers" / "findings" / "levels.csv"


def simulate(world, period, rng):
    """Dates of incidents in a world without any anniversary effect.

    Parameters
    ----------
    world : str
        One of ``WORLDS``. ``uniform``: every day alike. ``bursts of m``: bursts start on any day alike, their size is
        geometric with mean m, each incident falls on one of the seven days from the start. ``falling trend``: the
        rate falls by half each year. ``aftermath``: a third of the incidents in the first 60 days, with a half-life
        of 20 days, the rest as ``uniform``.
    period : pair of dates
        First and last day, both included.
    rng : numpy.random.Generator

    Returns
    -------
    DatetimeIndex
        Sorted; a Poisson number of incidents (of bursts) with 30 incidents a year expected over the period.

    Raises
    ------
    ValueError
        For an unknown world.
    """
    first = pd.Timestamp(period[0])
    n_days = (pd.Timestamp(period[1]) - first).days + 1
    if world in BURSTS:
        days = _bursts(BURSTS[world], n_days, rng)
    elif world in WORLDS:
        days = rng.choice(n_days, size=rng.poisson(PER_YEAR * n_days / 365.25), p=_daily_shares(world, n_days))
    else:
        raise ValueError(f"world is {world!r}; choose from {', '.join(WORLDS)}")
    return first + pd.to_timedelta(np.sort(days), unit="D")


def _bursts(mean_size, n_days, rng):
    """Days of incidents that come in bursts; bursts that began before the period reach into it."""
    lead = BURST_DAYS - 1
    n_bursts = rng.poisson(PER_YEAR / mean_size * (n_days + lead) / 365.25)
    starts = rng.integers(-lead, n_days, size=n_bursts)
    incidents = np.repeat(starts, rng.geometric(1 / mean_size, size=n_bursts))
    days = incidents + rng.integers(BURST_DAYS, size=len(incidents))
    return days[(days >= 0) & (days < n_days)]


@lru_cache
def _daily_shares(world, n_days):
    """Each day's share of the incidents expected."""
    day = np.arange(n_days)
    if world == "falling trend":
        rate = 0.5 ** (day / 365.25)
        return rate / rate.sum()
    even = np.full(n_days, 1 / n_days)
    if world == "uniform":
        return even
    decay = np.where(day < AFTERMATH_DAYS, 0.5 ** (day / AFTERMATH_HALF_LIFE), 0)
    return AFTERMATH_SHARE * decay / decay.sum() + (1 - AFTERMATH_SHARE) * even


def rayleigh(dates, period):
    """p-value of the Rayleigh test of days of the year as angles (Mardia and Jupp 2000, *Directional Statistics*)."""
    return float(rayleightest(2 * np.pi * dates.day_of_year.to_numpy() / 365.25)) if len(dates) else 1.0


def binomial_window(dates, period):
    """One-sided binomial p-value of the incidents within 14 days of an anniversary.

    The share expected is that of the period's days. The killing itself is no anniversary: January 2020 counts as
    outside the window, which is the better practice and favours this test after an aftermath.
    """
    inside = int(_near_anniversary(dates).sum())
    return float(binomtest(inside, len(dates), _window_share(period), alternative="greater").pvalue) if inside else 1.0


def _near_anniversary(days):
    offsets = anniversaries.days_from_anniversary(days, ANCHOR)
    after_the_anchor = days - pd.to_timedelta(offsets, unit="D") > pd.Timestamp(ANCHOR)
    return (np.abs(offsets) <= WINDOW) & after_the_anchor


@lru_cache
def _window_share(period):
    return float(_near_anniversary(pd.date_range(*period)).mean())


def calendar_rank(dates, period):
    """Share of the 365 calendar days whose incidents per exposed day are at least those of the anniversary.

    Incidents within 14 days of the calendar day in any year, the killing's own included, over the days of the period
    in those windows.
    """
    incidents = _by_calendar_day(dates)
    exposed = _exposed_days(period)
    today = pd.Timestamp(ANCHOR).day_of_year - 1
    return float(np.mean(incidents * exposed[today] >= incidents[today] * exposed))


@lru_cache
def _exposed_days(period):
    return _by_calendar_day(pd.date_range(*period))


def _by_calendar_day(days):
    """Dates within 14 days of each of the 365 calendar days; 29 February counts as 28 February."""
    day = days.day_of_year.to_numpy() - 1
    day = day - (days.is_leap_year & (day >= 59))
    sums = np.concatenate([[0], np.cumsum(np.tile(np.bincount(day, minlength=365), 3))])
    centre = 365 + np.arange(365)
    return sums[centre + WINDOW + 1] - sums[centre - WINDOW]


def placebo(dates, period, statistic="p_value", **options):
    """Global p-value of our placebo test over windows 1-45; 1 where no incident lies in any block."""
    blocks = anniversaries.whole_blocks(period, ANCHOR)
    offsets, _ = anniversaries.offsets_in_blocks(dates, blocks)
    if not len(offsets):
        return 1.0
    return getattr(anniversaries.placebo_test(dates, anchor=ANCHOR, study_period=period, **options), statistic)


TESTS = {
    "Rayleigh": rayleigh,
    "binomial window": binomial_window,
    "calendar rank": calendar_rank,
    **{method: partial(placebo, method=method) for method in anniversaries.METHODS},
    "folded by ratio": partial(placebo, statistic="p_value_ratio"),
    "folded by z": partial(placebo, statistic="p_value_z"),
    "folded after": partial(placebo, side="after"),
}


def count_rejections(world, years, tests, sims, seed):
    """Rejections of each test in some of the simulations of one cell.

    Parameters
    ----------
    world : str
    years : float
        A key of ``PERIODS``.
    tests : sequence of str
        Keys of ``TESTS``.
    sims : sequence of int
        Which simulations. Each has a seed of its own, so that neither the number of workers nor that of the
        simulations changes any one of them.
    seed : int

    Returns
    -------
    ndarray of int, shape (n tests, 2)
        Simulations and rejections. A test listed in ``EVERY`` takes one in so many of the simulations.
    """
    cell = (WORLDS.index(world), list(PERIODS).index(years))
    counts = np.zeros((len(tests), 2), dtype=int)
    for sim in sims:
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(*cell, sim)))
        dates = simulate(world, PERIODS[years], rng)
        for row, test in enumerate(tests):
            if sim % EVERY.get((test, years), 1) == 0:
                counts[row] += 1, TESTS[test](dates, PERIODS[years]) <= LEVEL
    return counts


def level_table(
    n_sims=SIMS, seed=SEED, worlds=WORLDS, years=tuple(PERIODS), tests=tuple(TESTS), workers=1, progress=None
):
    """Rejection rates at 5% under no effect.

    Parameters
    ----------
    n_sims : int
        Simulations of each world and period; a test listed in ``EVERY`` takes one in so many of them.
    seed : int
    worlds, years, tests : sequence
        Some of ``WORLDS``, of the keys of ``PERIODS`` and of the keys of ``TESTS``.
    workers : int
        Processes; the result does not depend on it.
    progress : callable, optional
        Called with a line of text after each part of a cell.

    Returns
    -------
    DataFrame
        One row per ``world``, ``years`` and ``test``: ``n_sims``, ``rejected``, ``rate``, ``standard_error``.
    """
    cells = [(world, length) for world in worlds for length in years]
    parts = [(*cell, range(at, min(at + CHUNK, n_sims))) for cell in cells for at in range(0, n_sims, CHUNK)]
    totals = {cell: np.zeros((len(tests), 2), dtype=int) for cell in cells}
    for number, (part, counts) in enumerate(_run(parts, tests, seed, workers), start=1):
        totals[part[:2]] += counts
        if progress:
            progress(f"{number} of {len(parts)} parts: {part[0]}, {part[1]} years")
    rows = [(*cell, test, *counts) for cell in cells for test, counts in zip(tests, totals[cell], strict=True)]
    table = pd.DataFrame(rows, columns=["world", "years", "test", "n_sims", "rejected"])
    rate = table["rejected"] / table["n_sims"]
    return table.assign(rate=rate, standard_error=np.sqrt(rate * (1 - rate) / table["n_sims"]))


def _run(parts, tests, seed, workers):
    """Each part with its counts, in order."""
    arguments = zip(*[(world, years, tests, sims, seed) for world, years, sims in parts], strict=True)
    if workers == 1:
        yield from zip(parts, map(count_rejections, *arguments), strict=True)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from zip(parts, pool.map(count_rejections, *arguments), strict=True)


def wide(table):
    """The table as people read it: a row per world and period, a column per test, rates in per cent."""
    columns = table.assign(percent=table["rate"].mul(100).round(1))
    columns = columns.pivot_table(index=["world", "years"], columns="test", values="percent", sort=False)
    return columns.loc[:, table["test"].unique()]


def main(arguments=None):
    """Print the table and write it as CSV."""
    parser = argparse.ArgumentParser(description="Rejection rates at 5% of several tests where there is no effect.")
    parser.add_argument("--sims", type=int, default=SIMS, help="simulations per world and period (default %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="CSV to write (default: the published table)")
    parser.add_argument(
        "--tests", nargs="+", choices=TESTS, default=list(TESTS), metavar="TEST", help="some tests only"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes; changes no number")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    table = level_table(options.sims, tests=options.tests, workers=options.workers, progress=_to_stderr(started))
    print(file=sys.stderr)
    table.round(4).to_csv(options.out, index=False, lineterminator="\n")
    print(f"Rejections at 5% under no effect, per cent of {options.sims} simulations\n")
    print(wide(table).to_string())


def _to_stderr(started):
    return lambda line: print(f"\r\x1b[K{time.monotonic() - started:4.0f} s  {line}", end="", file=sys.stderr)


if __name__ == "__main__":
    main()
