"""How often does the test of US strikes reject where strikes only answer attacks, and no attack answers a strike?

``python -m benchmarks.answers [--sims N] [--out FILE.csv]`` simulates attacks and six strikes that answer them, and
counts the rejections of ``anniversaries.answer_test``, whose placebo days follow attacks too, and of the shift test,
whose placebos are all days. The worlds are those of ``level.py``, and one with a campaign.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import level
from helpers import anniversaries

PERIOD, WINDOW, LAG, STRIKES, WEEK = level.PERIODS[3.74], level.WINDOW, 3, 6, 7
FIRST = pd.Timestamp(PERIOD[0])
N_DAYS = (pd.Timestamp(PERIOD[1]) - FIRST).days + 1
CAMPAIGN, CAMPAIGN_DAYS, CAMPAIGN_RATE = "campaign", 120, 6
WORLDS = ("uniform", "bursts of 3", "bursts of 5", "falling trend", "aftermath", CAMPAIGN)
# The last does not only answer: a burst's size is known only once it is over.
ANSWERS = ("each attack alike", "attacks of the week", "third attack of the week", "size of the whole burst")
APART = (0, 30)
TESTS = ("placebo days after attacks", "all days shifted")
SIMS, SEED = 1000, 20200103
OUT = Path(__file__).resolve().parents[1] / "src" / "helpers" / "findings" / "strike_levels.csv"


def simulate(world, rng):
    """Attacks by day of the study period.

    Parameters
    ----------
    world : str
        One of ``WORLDS``: as in ``level.py``, or ``campaign``, 120 days from a random one on at six times the rate.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int, shape (days,)
    """
    if world != CAMPAIGN:
        return np.bincount((level.simulate(world, PERIOD, rng) - FIRST).days, minlength=N_DAYS)
    rates, start = np.ones(N_DAYS), rng.integers(N_DAYS - CAMPAIGN_DAYS)
    rates[start : start + CAMPAIGN_DAYS] = CAMPAIGN_RATE
    days = rng.choice(N_DAYS, size=rng.poisson(level.PER_YEAR * N_DAYS / 365.25), p=rates / rates.sum())
    return np.bincount(days, minlength=N_DAYS)


def answer(counts, how, apart, rng):
    """Days of strikes that answer attacks 0 to 3 days later, each day in that range alike.

    Parameters
    ----------
    counts : ndarray of int, shape (days,)
        Attacks by day.
    how : str
        One of ``ANSWERS``: days are answered with chances in proportion to their attacks, to the attacks of the week
        that they end, only where these are three or more (others when no such day is left), or in proportion to all
        attacks less than a week before or after, those still to come among them.
    apart : int
        Any two strikes lie more than so many days apart.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of int
        Six, or fewer where attacks are too few.
    """
    sums = np.cumsum(np.pad(counts, (WEEK, WEEK - 1)))
    week = sums[WEEK : WEEK + N_DAYS] - sums[:N_DAYS]
    around = sums[2 * WEEK - 1 :] - sums[:N_DAYS]
    weights = dict(zip(ANSWERS, (counts, week, np.where(week >= 3, 1, 1e-9), around), strict=True))[how] * (counts > 0)
    # In the order of exponential times with these rates: drawn one by one without replacement.
    days, strikes = np.flatnonzero(counts), []
    answered = days[np.argsort(rng.exponential(size=len(days)) / weights[days])]
    for day in answered + rng.integers(LAG + 1, size=len(days)):
        if day + WINDOW < N_DAYS and all(abs(day - other) > apart for other in strikes):
            strikes.append(day)
        if len(strikes) == STRIKES:
            break
    return np.array(strikes)


def run_cell(world, how, apart, sims=SIMS):
    """p-values of both tests in each simulation of one cell.

    Parameters
    ----------
    world, how : str
    apart : int
    sims : int

    Returns
    -------
    ndarray of float, shape (sims, 2)
    """
    rng = np.random.default_rng([SEED, WORLDS.index(world), ANSWERS.index(how), apart])
    return np.array([_test(counts := simulate(world, rng), answer(counts, how, apart, rng)) for _ in range(sims)])


def _test(counts, strikes):
    attacks = np.repeat(np.arange(N_DAYS), counts)
    dates, days = (FIRST + pd.to_timedelta(some, unit="D") for some in (attacks, strikes))
    ours = anniversaries.answer_test(dates, days, WINDOW, LAG, PERIOD)["p_value"]
    options = {"study_period": PERIOD, "method": "shift", "side": "after", "intervals": False}
    return ours, anniversaries.placebo_test(dates, days, [WINDOW], **options).p_value


def measure(sims=SIMS, worlds=WORLDS, answers=ANSWERS, apart=APART):
    """The rejection rates of each world, way to answer and distance between strikes.

    Parameters
    ----------
    sims : int
        Of each.
    worlds, answers, apart : sequence

    Returns
    -------
    DataFrame
        ``world``, ``answered``, ``days_apart``, ``test``, ``n_sims``, the ``rate`` of p-values of at most 5% and its
        ``standard_error``, and ``rate_half``, of at most 2.5%.
    """
    cells = list(product(worlds, answers, apart))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        p_values = list(pool.map(run_cell, *zip(*cells, strict=True), [sims] * len(cells)))
    rows = [
        (*cell, test, sims, (p <= level.LEVEL).mean(), (p <= level.LEVEL / 2).mean())
        for cell, both in zip(cells, p_values, strict=True)
        for test, p in zip(TESTS, both.T, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["world", "answered", "days_apart", "test", "n_sims", "rate", "rate_half"])
    return table.assign(standard_error=np.sqrt(table["rate"] * (1 - table["rate"]) / sims).round(4))


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
