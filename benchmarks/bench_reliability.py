"""Our agreement of two coders against a loop over ``krippendorff.alpha``, in the same run.

``python benchmarks/bench_reliability.py`` prints one line. Both draw 19 months with replacement for each of 20 fields,
ten of closed lists and ten of numbers, on 150 units; ours also gives raw agreement, AC1 and the jackknife. The peer is
run with few draws and scaled linearly. The same draws must give the same alphas. ``krippendorff`` is a package that
nothing else here needs; the benchmark is left out where it is not installed.
"""

import importlib.util
import time

import numpy as np
import pandas as pd

from helpers import reliability

N_UNITS, N_MONTHS, N_FIELDS, N_DRAWS, FEW = 150, 19, 20, 10_000, 20
SEED = 20200103
VALUES = ["rocket", "drone", "mortar", "mixed", "unknown"]


def codings():
    """Two codings that agree on two units of three, one of five silent."""
    rng = np.random.default_rng(SEED)
    days = pd.Timestamp("2020-01-01") + pd.to_timedelta(31 * (np.arange(N_UNITS) % N_MONTHS), unit="D")
    first = pd.DataFrame({"incident_id": [f"{day:%Y-%m-%d}_s{n}" for n, day in enumerate(days)]})
    second = first.copy()
    for n in range(N_FIELDS):
        codes = rng.integers(5, size=(2, N_UNITS))
        codes[1] = np.where(rng.random(N_UNITS) < 0.6, codes[0], codes[1])
        for rows, said in zip((first, second), codes, strict=True):
            numbers = pd.Series(said, dtype="Int64").mask(said == len(VALUES) - 1)
            rows[f"field_{n}"] = pd.Categorical.from_codes(said, VALUES) if n < N_FIELDS / 2 else numbers
    return first, second


def ours(first, second, n_draws=N_DRAWS):
    """The whole table."""
    return reliability.agreement(first, second, on=["incident_id"], n_draws=n_draws)


def peer(first, second, n_draws):
    """The ends of the interval of each field's alpha, one call a draw and a field."""
    import krippendorff

    month = first["incident_id"].str[:7].to_numpy()
    units = [np.flatnonzero(month == name) for name in sorted(set(month))]
    drawn = [np.concatenate([np.tile(unit, int(n)) for unit, n in zip(units, weights, strict=True)])
             for weights in reliability.month_weights(len(units), n_draws)]  # fmt: skip
    ends = {}
    for name in first.columns[1:]:
        closed = isinstance(first[name].dtype, pd.CategoricalDtype)
        ratings = np.array([_numbers(rows[name], closed) for rows in (first, second)])
        level = "nominal" if closed else "interval"
        alphas = [krippendorff.alpha(ratings[:, chosen], level_of_measurement=level) for chosen in drawn]
        ends[name] = np.quantile(alphas, [0.025, 0.975])
    return pd.DataFrame(ends).T


def _numbers(values, closed):
    codes = values.cat.codes.replace(len(VALUES) - 1, np.nan) if closed else values.astype("Float64")
    return codes.to_numpy(float, na_value=np.nan)


def main():
    """Time both, compare what they give, and print it."""
    if not importlib.util.find_spec("krippendorff"):
        print("agreement of coders: left out, as krippendorff is not installed")
        return
    data = codings()
    ours(*data, n_draws=FEW)
    started = time.process_time()
    ours(*data)
    our_seconds = time.process_time() - started
    started = time.process_time()
    ends = peer(*data, FEW)
    peer_seconds = (time.process_time() - started) * N_DRAWS / FEW
    apart = np.abs(ours(*data, n_draws=FEW)[["alpha_low", "alpha_high"]].to_numpy() - ends.to_numpy()).max()
    print(f"agreement of coders, {N_DRAWS:,} draws of {N_FIELDS} fields: ours {our_seconds:.2f} s, krippendorff.alpha "
          f"{peer_seconds:,.0f} s (scaled from {FEW} draws), ratio {peer_seconds / our_seconds:,.0f}; "
          f"largest difference of an interval's end {apart:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
