"""How often do the limits of the rate ratio hold the truth where attacks come in bursts?

``python -m benchmarks.rate_limits [--sims N] [--out FILE.csv]`` simulates three anniversaries in worlds whose rate near
them is a given multiple of the rate on other days, and counts the 95% limits that hold it. The worlds are those of
``level.py``; near the anniversaries they are laid upon each other.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import level
from helpers import anniversaries

PERIOD, RATIOS, WINDOW = level.PERIODS[3.74], (0.5, 1, 2, 4), level.WINDOW
WORLDS = ("bursts of 1", "bursts of 3", "bursts of 5")
SIMS, SEED, CHUNK = 600, 20200103, 50
OUT = Path(__file__).resolve().parents[1] / "src" / "helpers" / "findings" / "rate_limits.csv"


def simulate(world, ratio, rng):
    """Dates of incidents in a world whose rate near the anniversaries is a multiple of the rate on other days.

    Parameters
    ----------
    world : str
        One of ``WORLDS``.
    ratio : float
        Near the anniversaries as many worlds are laid upon each other; of a share of a world, each incident's burst is
        kept with that chance.
    rng : numpy.random.Generator

    Returns
    -------
    DatetimeIndex
    """
    dates = _draw(world, min(ratio, 1), rng, near_alone=False)
    for copy in range(int(np.ceil(ratio - 1))):
        dates = dates.append(_draw(world, min(ratio - 1 - copy, 1), rng, near_alone=True))
    return dates


def _draw(world, share, rng, near_alone):
    """One world, of which a share of the bursts is kept near the anniversaries; all of it or those days alone."""
    # A world does not say which of its incidents are one burst; a week stands for one.
    dates = level.simulate(world, PERIOD, rng)
    near = np.abs(anniversaries.days_from_anniversary(dates)) <= WINDOW
    week = (dates - pd.Timestamp(PERIOD[0])).days // level.BURST_DAYS
    kept = rng.random(week.max() + 1 if len(week) else 0)[week] < share
    return dates[(near & kept) | (~near & (not near_alone))]


def run_chunk(world, ratio, number):
    """How many limits of some simulations lie above the truth and below it."""
    rng = np.random.default_rng([SEED, WORLDS.index(world), RATIOS.index(ratio), number])
    found = []
    for _ in range(CHUNK):
        limits = anniversaries.rate_limits(simulate(world, ratio, rng), windows=[WINDOW], study_period=PERIOD)
        found.append(limits.loc[WINDOW, ["limit_low", "limit_high"]])
    low, high = np.array(found).T
    return [(low > ratio).sum(), (high < ratio).sum(), np.isinf(high).sum()]


def measure(sims=SIMS, ratios=RATIOS, worlds=WORLDS):
    """The coverage of each world and ratio.

    Parameters
    ----------
    sims : int
        Of each; in whole chunks.
    ratios, worlds : sequence

    Returns
    -------
    DataFrame
        ``world``, ``rate_ratio``, ``n_sims``; the shares in which the limits hold the truth (``covered``), the lower
        one lies above it, the upper one below it, and the upper one is infinite; ``standard_error`` of the first.
    """
    jobs = [(world, ratio, n) for world in worlds for ratio in ratios for n in range(max(sims // CHUNK, 1))]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        counts = np.array(list(pool.map(run_chunk, *zip(*jobs, strict=True))))
    rows = pd.DataFrame(counts, columns=["low_above", "high_below", "high_infinite"])
    rows = rows.assign(world=[job[0] for job in jobs], rate_ratio=[job[1] for job in jobs], n_sims=CHUNK)
    table = rows.groupby(["world", "rate_ratio"], sort=False).sum()
    shares = table[["low_above", "high_below", "high_infinite"]].div(table["n_sims"], axis=0)
    covered = 1 - shares["low_above"] - shares["high_below"]
    error = np.sqrt(covered * (1 - covered) / table["n_sims"])
    out = table[["n_sims"]].assign(covered=covered, **shares, standard_error=error)
    return out.round(4).reset_index()


def main():
    """Simulate, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sims", type=int, default=SIMS, help=f"simulations of each world and ratio (default {SIMS})")
    parser.add_argument("--out", type=Path, default=OUT, help=f"CSV to write (default benchmarks/{OUT.name})")
    options = parser.parse_args()
    table = measure(options.sims)
    print(table.to_string(index=False))
    table.to_csv(options.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
