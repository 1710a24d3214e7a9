"""Our comparison of two groups against ``scipy.stats.permutation_test`` called measure by measure, in the same run.

Run by ``benchmarks/bench.py``. The peer is given the cheapest statistic that asks the same question (means of 0 and 1,
means of ranks made beforehand, chi-squared of whole numbers) and returns only p-values; ours gives effects, intervals
and worst-case bounds as well.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from helpers import comparison, findings, load_context_events, load_incidents, measures

RESAMPLES = 9999
SEED = 20200103
N_IMPORTED = 100_000


def ours(data):
    """The full table: exact tests of shares and tables, permutations of amounts."""
    return comparison.compare(data)["p_value"]


def ours_by_day(data):
    """The full table with whole days permuted for every measure."""
    return comparison.compare(data, unit="day")["p_value"]


def peer(data, tested):
    """p-values of the measures that ours tests, one permutation test each."""
    table = measures.measures(data)
    in_first = (data["target"] == "embassy").to_numpy()
    return pd.Series({name: _permuted(table[name], in_first, measures.MEASURES[name].kind) for name in tested})


def _permuted(values, in_first, kind):
    known = values.notna().to_numpy()
    codes = pd.factorize(values[known])[0] if kind == "category" else values[known].to_numpy(float)
    scores = stats.rankdata(codes) if kind == "amount" else codes
    groups = scores[in_first[known]], scores[~in_first[known]]
    statistic, side = (_chi_squared, "greater") if kind == "category" else (_difference, "two-sided")
    rng = np.random.default_rng(SEED)
    return stats.permutation_test(
        groups, statistic, vectorized=True, n_resamples=RESAMPLES, alternative=side, rng=rng
    ).pvalue


def _difference(first, second, axis):
    return first.mean(axis=axis) - second.mean(axis=axis)


def _chi_squared(first, second, axis):
    total = 0
    for code in range(int(max(first.max(), second.max())) + 1):
        a, b = (first == code).sum(axis=axis), (second == code).sum(axis=axis)
        total = total + (a / first.shape[axis] - b / second.shape[axis]) ** 2 / np.maximum(a + b, 1)
    return total


def imported(path):
    """A file of 100,000 made-up incidents: rows of ours drawn with replacement over 25 years, fixed seed."""
    rng, core = np.random.default_rng(SEED), load_incidents()
    big = core.iloc[rng.integers(len(core), size=N_IMPORTED)].reset_index(drop=True)
    days = pd.Timestamp("2000-01-01") + pd.to_timedelta(rng.integers(9131, size=N_IMPORTED), unit="D")
    big = big.assign(incident_id=[f"i{n}" for n in range(N_IMPORTED)], date=days, date_low=days, date_high=days)
    big.to_parquet(path)


READ_AND_COMPARE = """
import resource, sys, time
started = time.perf_counter()
from helpers import findings, load_context_events, load_incidents
findings.embassy_vs_base(load_incidents(dataset=sys.argv[1]), load_context_events()).text
print(time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
"""


def large():
    """Seconds and peak resident memory (MB, imports included) of every table of 100,000 imported incidents."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "imported.parquet"
        imported(path)
        command = [sys.executable, "-c", READ_AND_COMPARE, str(path)]
        seconds, memory = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return {"benchmark": f"{N_IMPORTED:,} imported incidents", "seconds": float(seconds), "peak_mb": float(memory)}


def run(timed, peak_memory):
    """All benchmarks of the comparison.

    Parameters
    ----------
    timed, peak_memory : callable
        Those of ``bench.py``.

    Returns
    -------
    list of dict
    """
    data = findings.in_context(load_incidents(), load_context_events())
    tested = ours(data).dropna().index
    peer_seconds, _ = timed(peer, data, tested, runs=3)
    results = []
    for name, function in (("full table", ours), ("full table, whole days", ours_by_day)):
        seconds, _ = timed(function, data, runs=3)
        results.append({
            "benchmark": f"{name}, {len(tested)} tests", "ours_seconds": seconds, "peer_seconds": peer_seconds,
            "ratio": peer_seconds / seconds, "ours_peak_mb": peak_memory(function, data),
            "peer_peak_mb": peak_memory(peer, data, tested),
        })  # fmt: skip
    return [*results, large()]


def table(results):
    """The results as text."""
    lines = [f"\n{'comparison':38}{'ours':>12}{'peer':>14}{'ratio':>10}{'peak memory (ours / peer)':>30}"]
    for row in results[:-1]:
        memory = f"{row['ours_peak_mb']:.1f} / {row['peer_peak_mb']:.1f} MB"
        lines.append(
            f"{row['benchmark']:38}{row['ours_seconds']:>10,.2f} s{row['peer_seconds']:>12,.2f} s{row['ratio']:>10,.1f}"
            f"{memory:>30}"
        )
    last = results[-1]
    lines += [
        f"{last['benchmark']:38}{last['seconds']:>10,.1f} s{'':>24}{last['peak_mb']:>19,.0f} MB in all",
        f"peer: permutation_test, {RESAMPLES:,} resamples a measure, only p-values.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    from bench import peak_memory, timed

    found = run(timed, peak_memory)
    print(table(found))
    print(json.dumps(found, indent=2))
