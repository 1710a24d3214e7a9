"""How often does the rule of the analysis plan reject where there is no effect, and where a campaign covers the days?

``python -m benchmarks.planned [--sims N] [--out FILE.csv]`` simulates two anniversaries without an effect, blocks of 57
days each, and counts how often the p-value of the plan's statistic is at most 5%. The verdict is not simulated: it also
asks for two years on the same side.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from helpers import confirmatory

HALF = 28
DAYS = 2 * HALF + 1
SIMS, SEED = 4_000, 20200103
OUT = Path(__file__).resolve().parents[1] / "src" / "helpers" / "findings" / "planned_levels.csv"


def draw_bursts(rng, size, n=10):
    """A block of ``n`` incidents in bursts of some size, each spread over four days from a day drawn at random."""
    starts = rng.integers(-4, DAYS, max(n // size, 1))
    days = (starts[:, None] + rng.integers(0, 4, (len(starts), size))).ravel()
    return np.bincount(days[(days >= 0) & (days < DAYS)], minlength=DAYS)


def draw_campaign(rng):
    """A block inside a campaign: many attacks, at a rate that rises and falls over the whole block."""
    phase = rng.uniform(0, 2 * np.pi)
    return rng.poisson(0.6 * np.exp(0.3 * np.sin(np.arange(DAYS) / DAYS * 2 * np.pi + phase)))


def draw_start(rng):
    """A block in which a campaign begins on a day drawn at random, and goes on."""
    return rng.poisson(np.where(np.arange(DAYS) < rng.integers(DAYS), 0.05, 0.8))


def draw_peak(rng):
    """A block in the middle of a campaign that covers it, whose busiest days are those near the anniversary."""
    return rng.poisson(1.0 * np.exp(-((np.arange(DAYS) - HALF) ** 2) / (2 * 20**2)))


WORLDS = {
    "bursts of 1": lambda rng: [draw_bursts(rng, 1), draw_bursts(rng, 1)],
    "bursts of 3": lambda rng: [draw_bursts(rng, 3), draw_bursts(rng, 3)],
    "bursts of 5": lambda rng: [draw_bursts(rng, 5), draw_bursts(rng, 5)],
    "one year inside a campaign": lambda rng: [draw_campaign(rng), draw_bursts(rng, 3)],
    "a campaign begins in one year": lambda rng: [draw_start(rng), draw_bursts(rng, 3)],
    "a campaign peaks at the anniversary": lambda rng: [draw_peak(rng), draw_bursts(rng, 3)],
}


def measure(sims=SIMS):
    """The share of simulations that reject, by world.

    Parameters
    ----------
    sims : int

    Returns
    -------
    DataFrame
        ``world``, ``n_sims``, ``rate``, ``standard_error``.
    """
    weights, rows = confirmatory._plan_weights(HALF), []
    for number, (world, draw) in enumerate(WORLDS.items()):
        rng = np.random.default_rng([SEED, number])
        scores = (confirmatory._plan_scores(np.array(draw(rng)), weights) for _ in range(sims))
        rate = np.mean([confirmatory._share_reaching(each) <= 0.05 for each in scores])
        rows.append((world, sims, rate, np.sqrt(rate * (1 - rate) / sims)))
    return pd.DataFrame(rows, columns=["world", "n_sims", "rate", "standard_error"])


def main(arguments=None):
    """Print the table and write it as CSV."""
    parser = argparse.ArgumentParser(description="Rejection rates at 5% of the planned test where there is no effect.")
    parser.add_argument("--sims", type=int, default=SIMS, help="simulations per world (default %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="CSV to write (default: the published table)")
    options = parser.parse_args(arguments)
    table = measure(options.sims)
    table.round(4).to_csv(options.out, index=False, lineterminator="\n")
    print(table.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
