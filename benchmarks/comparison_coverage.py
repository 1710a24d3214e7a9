"""Do the tests of the comparison reject at their level, and do its intervals cover at theirs?

``python benchmarks/comparison_coverage.py [--sims N] [--out FILE.csv]`` draws two groups as large as ours, alike or
with a difference planted, and counts. Without a difference p should be uniform, so that a test at 5% rejects 5% (exact
tests of few counts reject less); a 95% interval should hold the planted effect in 95%.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from helpers import two_groups

N_FIRST, N_SECOND = 30, 94
LEVELS, STATED = (0.01, 0.05, 0.1, 0.25, 0.5), 0.95
SIMS, SEED, CHUNK = 2000, 20200103, 50
MIX = np.array([0.78, 0.16, 0.03, 0.03])
PLANTED_MIX = np.array([0.5, 0.4, 0.05, 0.05])
PER_DAY, DAYS = 4, 30
# Three years: incidents of either group, and how salvos end; the groups are alike within each.
YEARS, ENDS, FAMILY = np.array([[21, 24], [7, 29], [2, 41]]), np.array([0.25, 0.35, 0.5]), 5
OUT = Path(__file__).resolve().parents[1] / "src" / "helpers" / "findings" / "comparison_coverage.csv"


@cache
def _of_shares(yes_first, yes_second):
    """The comparison of two shares; there are few different ones, so each is computed once."""
    first, second = (np.repeat([1.0, 0.0], [yes, n - yes])
                     for yes, n in ((yes_first, N_FIRST), (yes_second, N_SECOND)))  # fmt: skip
    return two_groups.risk_ratio(first, second) if yes_first + yes_second else (np.nan, 0, np.inf, 1.0, "")


def shares(rng, p_first, p_second):
    """Two shares: the p-value of Boschloo's test, and whether the interval holds the ratio."""
    _, low, high, p_value, _ = _of_shares(rng.binomial(N_FIRST, p_first), rng.binomial(N_SECOND, p_second))
    return p_value, low <= p_first / p_second <= high


def amounts(rng, shift):
    """Two skewed, tied amounts: the p-value of the Brunner-Munzel test, and whether the interval holds delta."""
    first, second = 1 + rng.geometric(0.35 - shift, N_FIRST), 1 + rng.geometric(0.35, N_SECOND)
    _, low, high, p_value, _ = two_groups.cliffs_delta(first.astype(float), second.astype(float))
    return p_value, low <= _delta(0.35 - shift, 0.35) <= high


def untied(rng):
    """Two amounts without ties, alike."""
    return two_groups.cliffs_delta(rng.normal(size=N_FIRST), rng.normal(size=N_SECOND))[3], True


@cache
def _delta(p_first, p_second):
    """Cliff's delta of two geometric distributions."""
    n = np.arange(1, 400)
    chance = stats.geom.pmf(n, p_first)
    return float(chance @ (stats.geom.cdf(n - 1, p_second) - stats.geom.sf(n, p_second)))


def mixes(rng, mix):
    """Two mixes of words: the p-value of the exact test, and whether the interval holds V."""
    words = np.array(["a", "b", "c", "d"])
    first, second = rng.choice(words, N_FIRST, p=mix), rng.choice(words, N_SECOND, p=MIX)
    if len(set(first) | set(second)) == 1:
        return 1.0, True
    _, low, high, p_value, _ = two_groups.cramers_v(first, second)
    return p_value, low <= _v(tuple(mix)) <= high


@cache
def _v(mix):
    """Cramér's V of the two mixes at the groups' sizes."""
    expected = np.array([N_FIRST * np.array(mix), N_SECOND * MIX])
    return float(np.sqrt(two_groups.chi_squared(expected[0], expected.sum(0)) / (N_FIRST + N_SECOND)))


def days(rng, naive):
    """Days of several incidents whose values and groups are alike: the p-value by incident or by day."""
    size = np.repeat(PER_DAY, DAYS)
    day = np.repeat(np.arange(DAYS), size)
    in_first = np.repeat(rng.random(DAYS) < 0.3, size)
    if in_first.all() or not in_first.any():
        return 1.0, True
    values = np.repeat(rng.normal(size=DAYS), size) + 0.7 * rng.normal(size=len(day))
    if naive:
        return two_groups.cliffs_delta(values[in_first], values[~in_first])[3], True
    return two_groups.permute_days(values, in_first, day, n_resamples=999), True


def years(rng, naive, n_measures):
    """Amounts that differ by year, and groups of other years: p with years pooled, or the smallest within them."""
    year = np.repeat(np.arange(len(YEARS)), YEARS.sum(1))
    in_first = np.concatenate([np.repeat([True, False], sizes) for sizes in YEARS])
    values = rng.geometric(ENDS[year], (n_measures, len(year))).astype(float)
    values[1:] = (values[1:] + values[0]) // 2  # so that measures go together
    if naive:
        return two_groups.cliffs_delta(values[0, in_first], values[0, ~in_first])[3], True
    return two_groups.permute_within_strata(list(values), in_first, year, n_resamples=999)[1].min(), True


# world, method: (what draws one, its arguments, what is counted)
CELLS = {
    ("alike, 25% each", "Boschloo"): (shares, (0.25, 0.25), "test"),
    ("alike, 5% each", "Boschloo"): (shares, (0.05, 0.05), "test"),
    ("alike, amounts", "Brunner-Munzel, permuted"): (amounts, (0.0,), "test"),
    ("alike, untied amounts", "Brunner-Munzel, permuted"): (untied, (), "test"),
    ("alike, mixes", "Fisher-Freeman-Halton"): (mixes, (MIX,), "test"),
    ("alike, days of four", "whole days permuted"): (days, (False,), "test"),
    ("alike, days of four", "Brunner-Munzel, naive"): (days, (True,), "test"),
    ("no difference, 25% each", "score interval"): (shares, (0.25, 0.25), "interval"),
    ("planted, 40% and 20%", "score interval"): (shares, (0.4, 0.2), "interval"),
    ("planted, 10% and 30%", "score interval"): (shares, (0.1, 0.3), "interval"),
    ("no difference, amounts", "interval of delta"): (amounts, (0.0,), "interval"),
    ("planted, amounts", "interval of delta"): (amounts, (0.15,), "interval"),
    ("no difference, mixes", "interval of V"): (mixes, (MIX,), "interval"),
    ("planted, mixes", "interval of V"): (mixes, (PLANTED_MIX,), "interval"),
    ("alike within years", "Brunner-Munzel, years pooled"): (years, (True, 1), "test"),
    ("alike within years", "permuted within years"): (years, (False, 1), "test"),
    ("alike within years", "any of five, step-down"): (years, (False, FAMILY), "test"),
}


def count(cell, sims):
    """How many of some simulations of a cell reject, at each level, or cover. Each simulation has a seed of its own."""
    draw, arguments, kind = CELLS[cell]
    number, found = list(CELLS).index(cell), []
    for sim in sims:
        p_value, covered = draw(
            np.random.default_rng(np.random.SeedSequence(SEED, spawn_key=(number, sim))), *arguments
        )
        found.append([covered] if kind == "interval" else [p_value <= level for level in LEVELS])
    return np.sum(found, axis=0)


def coverage_table(n_sims=SIMS, cells=tuple(CELLS), workers=1):
    """Rejection and coverage rates.

    Parameters
    ----------
    n_sims : int
    cells : sequence
        Some keys of ``CELLS``.
    workers : int
        Processes; the result does not depend on it.

    Returns
    -------
    DataFrame
        ``world``, ``method``, ``kind`` (``test`` or ``interval``), ``stated`` (a test's level, or 95%), ``n_sims``,
        ``rate``, ``standard_error``.
    """
    parts = [(cell, range(at, min(at + CHUNK, n_sims))) for cell in cells for at in range(0, n_sims, CHUNK)]
    if workers == 1:
        found = [count(*part) for part in parts]
    else:
        with ProcessPoolExecutor(workers) as pool:
            found = list(pool.map(count, *zip(*parts, strict=True)))
    rows = []
    for cell in cells:
        kind = CELLS[cell][2]
        totals = np.sum([counts for (other, _), counts in zip(parts, found, strict=True) if other == cell], axis=0)
        for stated, total in zip(LEVELS if kind == "test" else (STATED,), totals, strict=True):
            rows.append((*cell, kind, stated, n_sims, total / n_sims))
    table = pd.DataFrame(rows, columns=["world", "method", "kind", "stated", "n_sims", "rate"])
    return table.assign(standard_error=np.sqrt(table["rate"] * (1 - table["rate"]) / n_sims).round(5))


def main(arguments=None):
    """Print the table and write it as CSV."""
    parser = argparse.ArgumentParser(description="Rejection and coverage rates of the comparison's tests.")
    parser.add_argument("--sims", type=int, default=SIMS, help="simulations per row (default %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="CSV to write (default: the published table)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes; changes no number")
    options = parser.parse_args(arguments)
    table = coverage_table(options.sims, workers=options.workers)
    table.to_csv(options.out, index=False, lineterminator="\n")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
