"""The specification curve against a loop over the public test, on the same specifications, in one run.

``benchmarks/bench.py`` prints and writes its row. Both give the folded p-value and the p-value by block of every
specification. The loop's time is that of every n-th specification, scaled; the curve also makes its joint tests.
"""

import numpy as np
import pandas as pd

from helpers import anniversaries, sensitivity

PERIOD = ("2020-01-04", "2023-09-30")
N_INCIDENTS, WINDOWS, EVERY = 130, (3, 7, 14, 21, 30), 40


def coded(n=N_INCIDENTS, seed=20200103):
    """Incidents with what choices rest on, fixed seed."""
    rng = np.random.default_rng(seed)
    days = pd.date_range(*PERIOD)
    date = days[np.sort(rng.integers(len(days), size=n))]
    low, high = (pd.to_timedelta(rng.integers(2, size=n), unit="D") for _ in range(2))
    return pd.DataFrame({
        "date": date,
        "date_low": date - low,
        "date_high": date + high,
        "inclusion": rng.choice(["core", "core", "core", "borderline"], size=n),
        "basis": rng.choice(["official", "official", "outlet"], size=n),
        "n_independent": rng.integers(1, 4, size=n),
        "found_by": rng.choice(["protocol", "protocol", "followup"], size=n),
    })  # fmt: skip


def dates_of(row, incidents):
    """The dates of one specification."""
    kept = incidents if "borderline" in row.inclusion else incidents[incidents["inclusion"] == "core"]
    kept = kept if row.basis == "any" else kept[kept["basis"] == "official"]
    kept = kept if row.accounts != "two or more" else kept[kept["n_independent"] > 1]
    kept = kept if row.searches == "all" else kept[kept["found_by"] == "protocol"]
    days = kept[{"earliest": "date_low", "latest": "date_high"}.get(row.dates, "date")]
    return days if row.unit == "incidents" else days.drop_duplicates()


def loop(rows, incidents):
    """Both p-values of some specifications by the public function."""
    found = []
    for row in rows.itertuples():
        years = [year for year in (2021, 2022, 2023) if str(year) != row.left_out]
        asked = {"windows": [row.window], "side": row.side, "years": years, "study_period": PERIOD, "intervals": False}
        days = dates_of(row, incidents)
        methods = ("folded", "independent")
        tests = [anniversaries.placebo_test(days, method=method, **asked) for method in methods]
        found.append([test.table["p_value"].iloc[0] for test in tests])
    return np.array(found)


def run(timed, peak_memory):
    """Times, ratio and memory of the curve and of the loop, and the largest difference between their p-values."""
    incidents = coded()

    def ours():
        return sensitivity.specification_curve(incidents, study_period=PERIOD, windows=WINDOWS)

    our_seconds, curve = timed(ours, runs=3)
    some = curve[curve["n"] > 0].iloc[::EVERY]
    peer_seconds, found = timed(loop, some, incidents, runs=1)
    peer_seconds *= len(curve) / len(some)
    return {
        "specifications": len(curve),
        "ours_seconds": our_seconds,
        "peer_seconds": peer_seconds,
        "ratio": peer_seconds / our_seconds,
        "ours_peak_mb": peak_memory(ours),
        "scaled_from": len(some),
        "largest_p_difference": float(np.abs(found - some[["p_value", "p_per_block"]].to_numpy()).max()),
    }


def table(row):
    """The result as text."""
    return (
        f"specification curve, {row['specifications']:,} specifications: {row['ours_seconds']:.2f} s with joint tests, "
        f"{row['ours_peak_mb']:.0f} MB; a loop over placebo_test {row['peer_seconds']:.0f} s (scaled from "
        f"{row['scaled_from']}), ratio {row['ratio']:.0f}; largest difference of p {row['largest_p_difference']:.0e}"
    )
