"""Our exact placebo test against ``scipy.stats.monte_carlo_test``, our Knox test against pointpats, and our match of
two collections against ``geopandas.sjoin_nearest``, in one run.

``python benchmarks/bench.py [--out FILE.json]`` prints one table and writes it as JSON. Placebo tests: both test the
same 45 windows of the same dates; only ours gives global p-values and intervals as well, and it keeps the masks of its
windows from one call to the next, as in simulations. Knox tests: events within one year, at 40 places if
nothing else is said, so that both permute all dates; ours works out geodesic distances, the peer takes a plane.
"""

import argparse
import json
import platform
import statistics
import time
import tracemalloc
from functools import partial
from pathlib import Path

import bench_comparison
import bench_sensitivity
import geopandas as gpd
import numpy as np
import pandas as pd
import pointpats
import scipy
from scipy.stats import monte_carlo_test

from helpers import anniversaries, match, near_repeat, tables

PERIOD = ("2020-01-04", "2023-09-30")
WINDOWS = anniversaries.WINDOWS
RESAMPLES = 9999
SEED = 20200103
OUT = Path(__file__).with_name("results.json")


def events(n):
    """``n`` dates, every day of the period alike, fixed seed."""
    days = pd.date_range(*PERIOD)
    return days[np.sort(np.random.default_rng(SEED).integers(len(days), size=n))]


def ours(dates):
    """p-values of the windows by enumeration."""
    return anniversaries.placebo_test(dates, windows=WINDOWS, study_period=PERIOD).table["p_value"].to_numpy()


def peer_events(dates, n_resamples=RESAMPLES):
    """p-values of the windows from random rotations of the events, one Monte Carlo test per window."""
    offsets, _ = anniversaries.offsets_in_blocks(dates, anniversaries.whole_blocks(PERIOD))
    rng = np.random.default_rng(SEED)

    def rotated(size):
        shift = rng.integers(anniversaries.CIRCLE, size=(*size[:-1], 1))
        return (offsets + shift + anniversaries.HALF) % anniversaries.CIRCLE - anniversaries.HALF

    def inside(offsets, axis, window):
        return np.count_nonzero(np.abs(offsets) <= window, axis=axis)

    return _monte_carlo(offsets, rotated, inside, n_resamples)


def peer_days(dates, n_resamples=RESAMPLES):
    """The same from random rotations of the counts by day, as a user would who has many events."""
    offsets, _ = anniversaries.offsets_in_blocks(dates, anniversaries.whole_blocks(PERIOD))
    counts = np.bincount(offsets % anniversaries.CIRCLE, minlength=anniversaries.CIRCLE)
    turned = np.lib.stride_tricks.sliding_window_view(np.tile(counts, 2)[:-1], anniversaries.CIRCLE)
    rng = np.random.default_rng(SEED)

    def rotated(size):
        return turned[rng.integers(anniversaries.CIRCLE, size=size[0])]

    def inside(counts, axis, window):
        return counts[..., : window + 1].sum(axis=axis) + counts[..., -window:].sum(axis=axis)

    return _monte_carlo(counts, rotated, inside, n_resamples)


def _monte_carlo(data, rvs, statistic, n_resamples):
    """One Monte Carlo test per window, in batches of at most 10 million numbers."""
    batch = max(1, 10_000_000 // len(data))
    options = {"vectorized": True, "n_resamples": n_resamples, "batch": batch, "alternative": "greater"}
    return np.array([monte_carlo_test(data, rvs, partial(statistic, window=w), **options).pvalue for w in WINDOWS])


N_PLACES, NEAR_KM, NEAR_DAYS, NEAR_MATCH_KM = 40, 10, 14, 25
PLANE = "+proj=aeqd +lat_0=34 +lon_0=43 +datum=WGS84 +units=km"


def incidents(n, n_places=N_PLACES):
    """``n`` events at so many places on days of one year, fixed seed."""
    rng = np.random.default_rng(SEED)
    east, north = rng.uniform(40, 46, n_places), rng.uniform(32, 36, n_places)
    place, days = rng.integers(n_places, size=n), rng.integers(365, size=n)
    dates = pd.Timestamp("2021-01-01") + pd.to_timedelta(days, unit="D")
    points = gpd.points_from_xy(east[place], north[place], crs=tables.CRS)
    return gpd.GeoDataFrame({"date": dates}, geometry=points)


def our_knox(rows):
    """p-value of pairs within 10 km and 14 days."""
    return np.array([near_repeat.near_repeat(rows, (NEAR_KM,), (NEAR_DAYS,), RESAMPLES).p_value])


def peer_knox(rows, n_resamples=RESAMPLES):
    """The same by pointpats, which draws from numpy's global generator."""
    np.random.seed(SEED)  # noqa: NPY002
    points = rows.geometry.to_crs(PLANE)
    days = (rows["date"] - rows["date"].min()).dt.days.to_numpy(dtype=float)[:, None]
    test = pointpats.Knox(np.column_stack([points.x, points.y]), days, NEAR_KM, NEAR_DAYS, n_resamples)
    return np.array([test.p_sim])


MATCH_PERIOD = pd.date_range("2018-01-01", "2022-12-31")


def two_collections(n, n_places=None, corners=((36, 30), (48, 37))):
    """Two collections of ``n`` events over five years, fixed seed.

    Anywhere between corners, by default those of Iraq and Syria, or at so many places.
    """
    rng = np.random.default_rng(SEED)
    places = rng.uniform(*corners, (n_places or 2 * n, 2))
    rows = rng.integers(n_places, size=2 * n) if n_places else np.arange(2 * n)
    table = {"incident_id": np.arange(2 * n), "date": MATCH_PERIOD[rng.integers(len(MATCH_PERIOD), size=2 * n)]}
    points = gpd.points_from_xy(*places[rows].T, crs=tables.CRS)
    both = gpd.GeoDataFrame(table, geometry=points)
    return both[:n], both[n:].reset_index(drop=True)


def our_match(two):
    """Pairs within 25 km and a day, one to one."""
    return np.array([len(match.match_events(*two, NEAR_MATCH_KM, 1).pairs)])


def peer_nearest(two):
    """The nearest event of the other collection, on a plane, whatever its date and not one to one."""
    return np.array([len(gpd.sjoin_nearest(*two))])


def compare_matching(name, *collections):
    """Times, ratio and peak memory of a match, against one nearest join of the same points."""
    two = two_collections(*collections)
    flat = [events.to_crs(PLANE) for events in two]
    our_seconds, pairs = timed(our_match, two, runs=5)
    peer_seconds, _ = timed(peer_nearest, flat, runs=5)
    return {
        "benchmark": name,
        "ours_seconds": our_seconds,
        "peer_seconds": peer_seconds,
        "ratio": peer_seconds / our_seconds,
        "ours_peak_mb": peak_memory(our_match, two),
        "peer_peak_mb": peak_memory(peer_nearest, flat),
        "scaled_from": None,
        "n_pairs": int(pairs[0]),
    }


BENCHMARKS = (
    ("150 events", 150, peer_events, RESAMPLES),
    ("150 events, peer counts by day", 150, peer_days, RESAMPLES),
    ("1,000,000 events", 1_000_000, peer_events, 9),
    ("1,000,000 events, peer counts by day", 1_000_000, peer_days, RESAMPLES),
    ("Knox, 150 events", 150, peer_knox, RESAMPLES, incidents, our_knox),
    ("Knox, 2,000 events", 2_000, peer_knox, 99, incidents, our_knox),
    ("Knox, 20,000 events at 5,000 places", 20_000, peer_knox, 9, partial(incidents, n_places=5_000), our_knox),
)
MATCHES = (
    ("match, 10,000 with 10,000", 10_000),
    ("match, 10,000 with 10,000 at 40 places", 10_000, N_PLACES),
    ("match, 10,000 with 10,000 in one city", 10_000, None, ((44.3, 33.2), (44.5, 33.4))),
)


def compare(name, n_events, peer, n_resamples, make=events, ours=ours):
    """Times, ratio and peak memory of one benchmark.

    Parameters
    ----------
    name : str
    n_events : int
    peer : callable
    n_resamples : int
        That the peer is run with; its time is scaled to 9,999.
    make, ours : callable
        What makes the data, and what we do with them.

    Returns
    -------
    dict
        Seconds, MB, ``scaled_from`` (resamples, or None) and the largest difference between the p-values
        (None with few resamples).
    """
    data = make(n_events)
    our_seconds, exact = timed(ours, data, runs=201 if n_events < 1000 else 5 if n_events != 20_000 else 1)
    peer_seconds, sampled = timed(peer, data, n_resamples, runs=3 if n_resamples == RESAMPLES else 1)
    peer_seconds *= RESAMPLES / n_resamples
    return {
        "benchmark": name,
        "ours_seconds": our_seconds,
        "peer_seconds": peer_seconds,
        "ratio": peer_seconds / our_seconds,
        "ours_peak_mb": peak_memory(ours, data),
        "peer_peak_mb": peak_memory(peer, data, n_resamples),
        "scaled_from": None if n_resamples == RESAMPLES else n_resamples,
        "largest_p_difference": float(np.abs(exact - sampled).max()) if n_resamples == RESAMPLES else None,
    }


def timed(function, *arguments, runs):
    """Median seconds of several runs, after one to warm up if there are several, and the result."""
    if runs > 1:
        function(*arguments)
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        result = function(*arguments)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), result


def peak_memory(function, *arguments):
    """Largest memory allocated during one run, in MB; the arguments are not counted."""
    tracemalloc.start()
    try:
        function(*arguments)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def table(results):
    """The results as text, one line per benchmark."""
    lines = [f"{'benchmark':38}{'ours':>12}{'peer':>14}{'ratio':>10}{'peak memory (ours / peer)':>30}"]
    for row in results:
        peer = f"{row['peer_seconds']:,.3f} s" + ("*" if row["scaled_from"] else " ")
        memory = f"{row['ours_peak_mb']:.1f} / {row['peer_peak_mb']:.1f} MB"
        lines.append(
            f"{row['benchmark']:38}{row['ours_seconds'] * 1000:>9,.1f} ms{peer:>14}{row['ratio']:>10,.2f}{memory:>30}"
        )
    lines += [
        f"ours: exact p-values of {len(WINDOWS)} windows, with global p-values and intervals;"
        f" peer: monte_carlo_test, {RESAMPLES:,} resamples for each window.",
        f"Knox: {RESAMPLES:,} permutations on either side; the peer is pointpats.Knox.",
        "match: one to one within 25 km and a day; the peer is one geopandas.sjoin_nearest of the same points in a",
        "plane, which looks at no date and gives an event to several.",
        *{f"* run with {row['scaled_from']} resamples, scaled linearly." for row in results if row["scaled_from"]},
    ]
    return "\n".join(lines)


def main(arguments=None):
    """Run the benchmarks, print the table and write the JSON."""
    parser = argparse.ArgumentParser(description="Our tests against those of scipy and pointpats.")
    parser.add_argument("--out", type=Path, default=OUT, help="JSON to write (default benchmarks/results.json)")
    options = parser.parse_args(arguments)
    results = [compare(*benchmark) for benchmark in BENCHMARKS]
    results += [compare_matching(*benchmark) for benchmark in MATCHES]
    compared = bench_comparison.run(timed, peak_memory)
    curve = bench_sensitivity.run(timed, peak_memory)
    versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
                "pointpats": pointpats.__version__}  # fmt: skip
    written = {"versions": versions, "benchmarks": results, "comparison": compared, "curve": curve}
    options.out.write_text(json.dumps(written, indent=2) + "\n")
    print(table(results))
    print(bench_comparison.table(compared))
    print(bench_sensitivity.table(curve))


if __name__ == "__main__":
    main()
