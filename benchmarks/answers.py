"""How often does the test of US strikes reject where strikes only answer attacks, and no attack answers a strike?

``python -m benchmarks.answers [--sims N] [--out FILE.csv]`` simulates attacks and strikes that answer them, until these
form nine episodes as ``findings.episode_starts`` merges them, and counts the rejections of
``anniversaries.answer_test``, whose placebo days follow attacks too: of episodes, of episodes without the campaign, and
of strikes one by one; and of the shift test of episodes, whose placebos are all days. The worlds are those of
``level.py``, and two with a campaign like that of October 2023 to February 2024.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import level
from helpers import anniversaries, findings

# As in the tables: the study period and its episodes of strikes.
PERIOD, EPISODES = ("2020-01-04", "2025-07-31"), 9
WINDOW, LAG, WEEK = level.WINDOW, 3, 7
FIRST = pd.Timestamp(PERIOD[0])
N_DAYS = (pd.Timestamp(PERIOD[1]) - FIRST).days + 1
# Days of the campaign, attacks a year outside it, how many times as many in it, and the mean size of bursts.
CAMPAIGN_DAYS, PER_YEAR, CAMPAIGN_RATE = 111, 25, 9
CAMPAIGNS = {"campaign": 1, "campaign in bursts of 3": 3}
WORLDS = ("uniform", "bursts of 3", "bursts of 5", "falling trend", "aftermath", *CAMPAIGNS)
# The last does not only answer: a burst's size is known only once it is over.
ANSWERS = ("each attack alike", "attacks of the week", "third attack of the week", "size of the whole burst")
TESTS = ("episodes", "episodes without the campaign", "strikes one by one", "episodes, all days shifted")
SIMS, SEED = 600, 20200103
OUT = Path(__file__).resolve().parents[1] / "src" / "helpers" / "findings" / "strike_levels.csv"


def simulate(world, rng):
    """Attacks by day of the study period.

    Parameters
    ----------
    world : str
        One of ``WORLDS``: as in ``level.py``, or with a campaign, 111 days from a random one on at nine times the rate.
    rng : numpy.random.Generator

    Returns
    -------
    counts : ndarray of int, shape (days,)
    campaign : pair of int, or None
        Its first and last day.
    """
    if world not in CAMPAIGNS:
        return np.bincount((level.simulate(world, PERIOD, rng) - FIRST).days, minlength=N_DAYS), None
    rates, start = np.ones(N_DAYS), int(rng.integers(N_DAYS - CAMPAIGN_DAYS))
    rates[start : start + CAMPAIGN_DAYS] = CAMPAIGN_RATE
    size = CAMPAIGNS[world]
    bursts = rng.choice(N_DAYS, size=rng.poisson(PER_YEAR / 365.25 / size * rates.sum()), p=rates / rates.sum())
    days = np.repeat(bursts, rng.geometric(1 / size, size=len(bursts)))
    days = days + rng.integers(level.BURST_DAYS, size=len(days)) * (size > 1)
    return np.bincount(days[days < N_DAYS], minlength=N_DAYS), (start, start + CAMPAIGN_DAYS - 1)


def answer(counts, how, rng):
    """Days of strikes that answer attacks 0 to 3 days later, each day in that range alike.

    Parameters
    ----------
    counts : ndarray of int, shape (days,)
        Attacks by day.
    how : str
        One of ``ANSWERS``: days are answered with chances in proportion to their attacks, to the attacks of the week
        that they end, only where these are three or more (others when no such day is left), or in proportion to all
        attacks less than a week before or after, those still to come among them.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int
        In order, as many as it takes to form nine episodes; all there are where they do not.
    """
    sums = np.cumsum(np.pad(counts, (WEEK, WEEK - 1)))
    week = sums[WEEK : WEEK + N_DAYS] - sums[:N_DAYS]
    around = sums[2 * WEEK - 1 :] - sums[:N_DAYS]
    weights = dict(zip(ANSWERS, (counts, week, np.where(week >= 3, 1, 1e-9), around), strict=True))[how] * (counts > 0)
    # In the order of exponential times with these rates: drawn one by one without replacement.
    days = np.flatnonzero(counts)
    answered = days[np.argsort(rng.exponential(size=len(days)) / weights[days])]
    drawn = answered + rng.integers(LAG + 1, size=len(days))
    drawn = drawn[drawn + WINDOW < N_DAYS]
    for n in range(EPISODES, len(drawn)):
        strikes = np.sort(drawn[:n])
        if (np.diff(strikes) > findings.APART.days).sum() + 1 == EPISODES:
            return np.unique(strikes)
    return np.unique(drawn)


def run_cell(world, how, sims=SIMS):
    """p-values of each test in each simulation of one cell, and how many strikes it has.

    Parameters
    ----------
    world, how : str
    sims : int

    Returns
    -------
    p_values : ndarray of float, shape (sims, tests)
        Missing where a world has no campaign, or no episode begins outside it.
    strikes : ndarray of int, shape (sims,)
    """
    rng = np.random.default_rng([SEED, WORLDS.index(world), ANSWERS.index(how)])
    rows = [_test(*(attacks := simulate(world, rng)), answer(attacks[0], how, rng)) for _ in range(sims)]
    return np.array([row[:-1] for row in rows]), np.array([row[-1] for row in rows])


def _test(counts, campaign, strikes):
    dates, days = (FIRST + pd.to_timedelta(some, unit="D") for some in (np.repeat(np.arange(N_DAYS), counts), strikes))
    starts = findings.episode_starts(days).unique()
    ours, without, singly = (
        _answer_p_value(dates, *asked) for asked in ((starts, None), (starts, campaign), (days, None))
    )
    options = {"study_period": PERIOD, "method": "shift", "side": "after", "intervals": False}
    shifted = anniversaries.placebo_test(dates, starts, [WINDOW], **options).p_value
    return ours, np.nan if campaign is None else without, singly, shifted, len(days)


def _answer_p_value(dates, days, campaign):
    period = None if campaign is None else [FIRST + pd.Timedelta(days=day) for day in campaign]
    try:
        return anniversaries.answer_test(dates, days, WINDOW, LAG, PERIOD, period)["p_value"]
    except ValueError:  # no episode begins outside the campaign
        return np.nan


def measure(sims=SIMS, worlds=WORLDS, answers=ANSWERS):
    """The rejection rates of each world and way to answer.

    Parameters
    ----------
    sims : int
        Of each.
    worlds, answers : sequence

    Returns
    -------
    DataFrame
        ``world``, ``answered``, ``strikes``, their mean number, ``test``, ``n_sims``, those that the test could be
        made in, the ``rate`` of p-values of at most 5% and its ``standard_error``.
    """
    cells = list(product(worlds, answers))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(run_cell, *zip(*cells, strict=True), [sims] * len(cells)))
    rows = [
        (*cell, strikes.mean().round(1), test, len(known), (known <= level.LEVEL).mean())
        for cell, (p_values, strikes) in zip(cells, found, strict=True)
        for test, p in zip(TESTS, p_values.T, strict=True)
        if len(known := p[~np.isnan(p)])
    ]
    table = pd.DataFrame(rows, columns=["world", "answered", "strikes", "test", "n_sims", "rate"])
    errors = np.sqrt(table["rate"] * (1 - table["rate"]) / table["n_sims"])
    return table.assign(standard_error=errors).round({"rate": 4, "standard_error": 4})


def main():
    """Simulate, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sims", type=int, default=SIMS, help=f"simulations of each cell (default {SIMS})")
    parser.add_argument("--out", type=Path, default=OUT, help="CSV to write (default: the published table)")
    options = parser.parse_args()
    table = measure(options.sims)
    print(table.to_string(index=False))
    table.to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
