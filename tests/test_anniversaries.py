import re
from bisect import bisect_left
from datetime import date, timedelta
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from benchmarks import answers, level, rate_limits
from helpers import anniversaries, exposure, findings, hawkes
from helpers.findings import Results

PERIOD = ("2020-01-04", "2023-09-30")


@pytest.fixture(scope="module")
def dates(bursts):
    """Synthetic dates in bursts, and a cluster around one anniversary."""
    planted = pd.Series(pd.date_range("2021-12-30", "2022-01-08"))
    return pd.concat([bursts(n=60, seed=3)["date"], planted], ignore_index=True)


# --- an independent enumeration, by calendar dates and no arrays ------------------------------------------------------


def nearest_by_search(day, month=1, dom=3):
    candidates = [date(year, month, dom) for year in range(day.year - 1, day.year + 2)]
    return min(((day - other).days for other in candidates), key=lambda apart: (abs(apart), apart))


def brute_force(days, years, windows, side):
    """Every rotation by hand: each date moved back s days inside its own block, wrapping at the block's ends."""
    blocks = [date(year, 1, 3) for year in years]
    inside = [(day - centre).days for day in days for centre in blocks if abs((day - centre).days) <= 182]
    low, high = {"around": (1, 1), "before": (1, 0), "after": (0, 1)}[side]
    counts = []
    for s in range(365):
        moved = [(offset - s + 182) % 365 - 182 for offset in inside]
        counts.append([sum(-low * w <= offset <= high * w for offset in moved) for w in windows])
    ordered = [sorted(column) for column in zip(*counts, strict=True)]
    p = [[365 - bisect_left(column, number) for column, number in zip(ordered, row, strict=True)] for row in counts]
    smallest = [min(row) for row in p]
    return counts[0], [value / 365 for value in p[0]], sum(value <= smallest[0] for value in smallest) / 365


@given(st.dates(date(2016, 1, 1), date(2028, 12, 31)))
def test_days_from_anniversary_by_search(day):
    assert anniversaries.days_from_anniversary([day]).tolist() == [nearest_by_search(day)]


def test_the_year_wraps():
    days = ["2021-12-31", "2022-01-03", "2022-01-13", "2020-02-29"]
    assert anniversaries.days_from_anniversary(days).tolist() == [-3, 0, 10, 57]


def test_a_tie_counts_as_before():
    # 2020 has 366 days, so one day is 183 from both anniversaries.
    assert anniversaries.days_from_anniversary(["2020-07-04"]).tolist() == [-183]


def test_an_anchor_on_29_february_falls_back_a_day():
    assert anniversaries.days_from_anniversary(["2021-02-28", "2024-02-29"], "2020-02-29").tolist() == [0, 0]


@pytest.mark.parametrize("side", ["around", "before", "after"])
def test_bursts_by_brute_force(dates, side):
    test = anniversaries.placebo_test(dates, study_period=PERIOD, side=side)
    observed, p_values, p_global = brute_force([day.date() for day in dates], [2021, 2022, 2023], range(1, 46), side)
    assert test.table["observed"].tolist() == observed
    assert test.table["p_value"].tolist() == pytest.approx(p_values)
    assert test.p_value == pytest.approx(p_global)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.dates(date(2020, 7, 5), date(2024, 7, 1)), min_size=1, max_size=25),
    st.integers(1, 4),
    st.sampled_from(["around", "before", "after"]),
)
def test_random_dates_by_brute_force(days, n_blocks, side):
    years, windows = list(range(2021, 2021 + n_blocks)), [0, 1, 7, 14, 45, 181]
    inside = [day for day in days if any(abs((day - date(year, 1, 3)).days) <= 182 for year in years)]
    if not inside:
        return
    test = anniversaries.placebo_test(
        days, windows=windows, study_period=("2020-01-04", "2024-07-10"), side=side, years=years
    )
    observed, p_values, p_global = brute_force(days, years, windows, side)
    assert test.table["observed"].tolist() == observed
    assert test.table["p_value"].tolist() == pytest.approx(p_values)
    assert test.p_value == pytest.approx(p_global)
    assert (test.n_inside, test.n_outside) == (len(inside), len(days) - len(inside))
    assert (test.p_value_ratio, test.p_value_z) == pytest.approx(
        ratio_and_z(test.placebos, test.n_inside, [sum(REACH[side]) * w + 1 for w in windows], 365)
    )


def ratio_and_z(placebos, total, lengths, circle):
    """Shares of placebos whose largest rate ratio, and whose largest z, reach those of the first."""
    sample, lengths = placebos.astype(float), np.array(lengths)
    with np.errstate(divide="ignore"):
        ratio = (sample / lengths / ((total - sample) / (circle - lengths))).max(axis=1)
    spread = np.where(sample.std(axis=0) > 0, sample.std(axis=0), 1)
    z = ((sample - sample.mean(axis=0)) / spread).max(axis=1)
    reached = ratio >= ratio[0] * (1 - 1e-9)
    return np.mean(reached), np.mean(z >= z[0] - 1e-9)


REACH = {"around": (1, 1), "before": (1, 0), "after": (0, 1)}


def min_p(counts):
    """Per-window and global p-values of an array of placebos whose first row is the truth, by comparing all pairs."""
    p = np.array([[np.mean(column >= value) for value in column] for column in counts.T]).T
    return p[0], np.mean(p.min(axis=1) <= p[0].min())


def shifted_counts(days, first, n_days, centres, windows, side):
    """Counts of every shift of the series by hand; a window does not reach from one end of the period to the other."""
    low, high = REACH[side]
    since, centres = [(day - first).days for day in days], [(day - first).days for day in centres]
    counts = []
    for s in range(n_days):
        apart = [[(day - s) % n_days - centre for centre in centres] for day in since]
        counts.append([sum(any(-low * w <= gap <= high * w for gap in gaps) for gaps in apart) for w in windows])
    return counts


@pytest.mark.parametrize("side", ["around", "before", "after"])
def test_shifts_by_brute_force(dates, side):
    first, windows = date(2020, 1, 4), [1, 3, 14]
    days = [day.date() for day in dates[::3]]
    counts = shifted_counts(days, first, 1366, [date(year, 1, 3) for year in (2021, 2022, 2023)], windows, side)
    p_values, p_global = min_p(np.array(counts))
    test = anniversaries.placebo_test(days, windows=windows, study_period=PERIOD, method="shift", side=side)
    assert test.table["observed"].tolist() == counts[0]
    assert test.table["p_value"].tolist() == pytest.approx(p_values.tolist())
    assert test.p_value == pytest.approx(p_global)
    assert test.n_inside == len(days)


@pytest.mark.parametrize("side", ["around", "before", "after"])
@pytest.mark.parametrize(
    "anchor", [date(2023, 1, 1), date(2023, 1, 3), date(2023, 6, 1), date(2023, 12, 28), date(2023, 12, 31)]
)
def test_anchors_at_the_ends_of_the_period_by_brute_force(anchor, side):
    """A window that touches the first or the last day of the period is cut there."""
    days = [
        date(2023, 12, 25),
        date(2023, 12, 31),
        date(2023, 5, 5),
        date(2023, 6, 6),
        date(2023, 1, 1),
        date(2023, 1, 7),
    ]
    first, windows = date(2023, 1, 1), [0, 3, 5, 30]
    counts = shifted_counts(days, first, 365, [anchor], windows, side)
    p_values, p_global = min_p(np.array(counts))
    test = anniversaries.placebo_test(days, [anchor], windows, (first, date(2023, 12, 31)), "shift", side)
    assert test.table["observed"].tolist() == counts[0]
    assert test.table["p_value"].tolist() == pytest.approx(p_values.tolist())
    assert test.p_value == pytest.approx(p_global)


@settings(max_examples=10, deadline=None)
@given(
    st.lists(st.dates(date(2020, 1, 4), date(2024, 8, 1)), min_size=1, max_size=12),
    st.integers(1, 4),
    st.sampled_from(["around", "before", "after"]),
)
def test_random_shifts_by_brute_force(days, n_blocks, side):
    first, last, windows = date(2020, 1, 4), date(2020 + n_blocks, 8, 1), [0, 2, 45]
    days = [day for day in days if day <= last] or [first]
    anchors = [date(2021 + block, 1, 3) for block in range(n_blocks)]
    counts = shifted_counts(days, first, (last - first).days + 1, anchors, windows, side)
    p_values, p_global = min_p(np.array(counts))
    test = anniversaries.placebo_test(days, windows=windows, study_period=(first, last), method="shift", side=side)
    assert test.table["p_value"].tolist() == pytest.approx(p_values.tolist())
    assert test.p_value == pytest.approx(p_global)


def block_counts(days, years, windows, low, high):
    """Counts of every rotation of every block by hand, one array per year."""
    parts = []
    for year in years:
        inside = np.array([(day - date(year, 1, 3)).days for day in days])
        inside = inside[np.abs(inside) <= 182]
        moved = (inside - np.arange(365)[:, None] + 182) % 365 - 182
        parts.append(np.column_stack([((moved >= -low * w) & (moved <= high * w)).sum(axis=1) for w in windows]))
    return parts


def all_sums(parts):
    """Every combination of rotations, one after the other."""
    sums = parts[0]
    for part in parts[1:]:
        sums = (sums[:, None, :] + part[None, :, :]).reshape(-1, sums.shape[1]).astype(np.int16)
    return sums


def smallest_p(sums):
    """p-values of every window of the first sum, and of the smallest of them, from all sums."""
    p = [[np.mean(column >= number) for number in range(column.max() + 1)] for column in sums.T]
    smallest = np.min([np.array(p[i])[column] for i, column in enumerate(sums.T)], axis=0)
    return [p[i][number] for i, number in enumerate(sums[0])], np.mean(smallest <= smallest[0] + 1e-12)


@pytest.mark.parametrize(
    ("n_blocks", "side"),
    [
        (1, "after"),
        (2, "before"),
        (2, "around"),
        pytest.param(3, "around", marks=pytest.mark.slow),
        pytest.param(3, "before", marks=pytest.mark.slow),
        pytest.param(3, "after", marks=pytest.mark.slow),
    ],
)
def test_independent_blocks_by_brute_force(dates, n_blocks, side):
    windows, years = [2, 14], [2021, 2022, 2023][:n_blocks]
    sums = all_sums(block_counts([day.date() for day in dates], years, windows, *REACH[side]))
    p_values, p_global = smallest_p(sums)
    test = anniversaries.placebo_test(
        dates, windows=windows, study_period=PERIOD, method="independent", side=side, years=years
    )
    assert test.exact
    assert test.table["p_value"].tolist() == pytest.approx(p_values)
    assert test.p_value == pytest.approx(p_global)


def summed(parts, window):
    """The chance of every sum of independent parts in one window, as a dict."""
    chance = {0: 1.0}
    for part in parts:
        step = {}
        for number, weight in chance.items():
            for other, times in zip(*np.unique(part[:, window], return_counts=True), strict=True):
                step[number + other] = step.get(number + other, 0) + weight * times / len(part)
        chance = step
    return chance


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.dates(date(2020, 7, 5), date(2024, 7, 1)), min_size=1, max_size=12),
    st.integers(1, 4),
    st.sampled_from(["around", "before", "after"]),
)
def test_random_independent_blocks_by_brute_force(days, n_blocks, side):
    windows, years = [0, 3, 45], list(range(2021, 2021 + n_blocks))
    parts = block_counts(days, years, windows, *REACH[side])
    if not any(len(part) and part.any() for part in parts):
        return
    period = ("2020-01-04", "2024-07-10")
    test = anniversaries.placebo_test(days, "2020-01-03", windows, period, "independent", side, years)
    seen = [sum(part[0, i] for part in parts) for i in range(len(windows))]
    chances = [summed(parts, i) for i in range(len(windows))]
    p_values = [sum(w for n, w in chance.items() if n >= s) for chance, s in zip(chances, seen, strict=True)]
    assert test.table["p_value"].tolist() == pytest.approx(p_values)
    if n_blocks <= 2:
        by_sums, p_global = smallest_p(all_sums(parts))
        assert p_values == pytest.approx(by_sums)
        assert test.p_value == pytest.approx(p_global)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_three_parts_on_a_small_circle_by_brute_force(data):
    """What is enumerated by sets of bits, on circles small enough to list every combination."""
    circle, n_windows = data.draw(st.integers(3, 11)), data.draw(st.integers(1, 3))
    number = st.lists(st.integers(0, 4), min_size=n_windows, max_size=n_windows)
    parts = [np.array(data.draw(st.lists(number, min_size=circle, max_size=circle))) for _ in range(3)]
    least = np.array(data.draw(st.lists(st.integers(0, 13), min_size=n_windows, max_size=n_windows)))
    expected = np.mean((all_sums(parts) >= least).any(axis=1))
    assert anniversaries._share_at_least(parts, least) == pytest.approx(expected)


def test_four_independent_blocks_are_drawn_and_say_so():
    rng = np.random.default_rng(5)
    days = [date(2020, 7, 5) + timedelta(days=int(n)) for n in rng.integers(0, 1460, 60)]
    days += [date(2022, 1, 3), date(2023, 1, 4), date(2024, 1, 2)]
    windows, years, period = [3, 14], [2021, 2022, 2023, 2024], ("2020-01-04", "2024-07-10")
    test = anniversaries.placebo_test(days, windows=windows, study_period=period, method="independent")
    assert not test.exact
    parts = block_counts(days, years, windows, 1, 1)
    chances = [summed(parts, i) for i in range(len(windows))]
    seen = [int(sum(part[0, i] for part in parts)) for i in range(len(windows))]
    by_hand = [sum(w for number, w in chance.items() if number >= s) for chance, s in zip(chances, seen, strict=True)]
    assert test.table["p_value"].tolist() == pytest.approx(by_hand)
    other = np.random.default_rng(99).integers(0, 365, (20000, 4))
    drawn = sum(part[column] for part, column in zip(parts, other.T, strict=True))
    least = [
        min(n for n in range(99) if sum(w for k, w in c.items() if k >= n) <= min(by_hand) + 1e-12) for c in chances
    ]
    assert test.p_value == pytest.approx(np.mean((drawn >= least).any(axis=1)), abs=0.01)


def test_many_independent_blocks_keep_their_p_values():
    rng = np.random.default_rng(8)
    days = pd.date_range("2012-07-04", "2023-07-04")[rng.integers(0, 4018, 200)]
    test = anniversaries.placebo_test(days, "2010-01-03", [3, 14], ("2011-01-04", "2023-09-30"), method="independent")
    assert len(test.anniversaries) == 12
    assert test.table["p_value"].between(0, 1).all()
    near = sum(np.abs(anniversaries.days_from_anniversary(days)) <= 14)
    assert test.table.loc[14, "observed"] == near
    # A sum of twelve independent parts is close to its normal limit.
    z = (near - 0.5 - test.placebos[:, 1].mean()) / test.placebos[:, 1].std()
    assert test.table.loc[14, "p_value"] == pytest.approx(stats.norm.sf(z), abs=0.04)


def test_the_ends_of_the_period_do_not_meet_in_a_true_window():
    days = ["2023-09-28", "2023-09-29", "2020-01-08"]
    test = anniversaries.placebo_test(days, ["2020-01-06"], [10], PERIOD, method="shift")
    assert test.table.loc[10, "observed"] == 1


def test_anchors_that_cover_every_day_are_refused():
    with pytest.raises(ValueError, match="a window of 40 days around the 16 anchors covers every day"):
        anniversaries.placebo_test(
            ["2021-05-05"],
            pd.date_range("2021-01-01", "2022-03-31", freq="30D"),
            [40],
            ("2021-01-01", "2022-03-31"),
            "shift",
        )


def test_an_anchor_may_have_a_time_zone():
    days = ["2021-01-03", "2022-06-01"]
    plain, zoned = (
        anniversaries.placebo_test(days, anchor, study_period=PERIOD)
        for anchor in ("2020-01-03", pd.Timestamp("2020-01-03 01:00", tz="Asia/Baghdad"))
    )
    pd.testing.assert_frame_equal(plain.table, zoned.table)


def test_one_block_is_the_same_folded_or_independent(dates):
    folded, independent = (
        anniversaries.placebo_test(dates, study_period=PERIOD, years=[2022], method=method)
        for method in ("folded", "independent")
    )
    pd.testing.assert_frame_equal(folded.table, independent.table)
    assert folded.p_value == independent.p_value


@pytest.mark.parametrize("method", ["folded", "shift", "independent"])
def test_ratio_and_z_by_brute_force(dates, method):
    """The two other global statistics, from the placebos themselves."""
    windows = [2, 14]
    test = anniversaries.placebo_test(dates, study_period=PERIOD, windows=windows, method=method, years=[2021, 2022])
    sample = test.placebos
    if method == "independent":
        sample = all_sums(block_counts([day.date() for day in dates], [2021, 2022], windows, 1, 1))
    circle = 1366 / 2 if method == "shift" else 365  # two anchors share the whole period
    expected = ratio_and_z(sample, test.n_inside, [5, 29], circle)
    assert (test.p_value_ratio, test.p_value_z) == pytest.approx(expected)


@pytest.mark.parametrize("years", [2022, {2022}, (2022,), range(2022, 2023)])
def test_one_year_may_be_asked_for_in_any_way(dates, years):
    test = anniversaries.placebo_test(dates, study_period=PERIOD, years=years)
    assert test.anniversaries.year.tolist() == [2022]


def test_listed_days_are_tested_themselves():
    strikes = ["2021-02-26", "2021-06-28", "2022-08-23"]
    days = ["2021-02-27", "2021-06-28", "2021-07-05", "2022-01-03", "2023-05-05", "2022-08-30"]
    test = anniversaries.placebo_test(days, strikes, [0, 7], PERIOD, method="shift", side="after")
    assert test.table["observed"].tolist() == [1, 4]
    assert test.anniversaries.strftime("%Y-%m-%d").tolist() == strikes
    with pytest.raises(ValueError, match="use method='shift'"):
        anniversaries.placebo_test(days, strikes, [7], PERIOD)


def test_listed_days_and_years_that_cannot_be_tested_are_said_to_be(dates):
    strikes = ["2019-02-26", "2021-06-28", "2022-08-23"]
    test = anniversaries.placebo_test(dates, strikes, [7], PERIOD, method="shift", years=[2021, 2023])
    assert test.anniversaries.strftime("%Y-%m-%d").tolist() == ["2021-06-28"]
    period = f"{pd.Timestamp(PERIOD[0]).date()} to {pd.Timestamp(PERIOD[1]).date()}"
    assert test.left_out == {
        "2019-02-26": f"outside the study period {period}",
        "2023": "no listed day in the study period",
    }
    why = "no anniversary after the anchor with 182 days either side inside the study period"
    asked = {"study_period": PERIOD, "years": [2022, 2030]}
    found = anniversaries.placebo_test(dates, **asked), anniversaries.smooth_test(dates, **asked)
    assert [test.left_out for test in found] == [{"2030": why}] * 2
    assert anniversaries.rate_limits(dates, **asked).attrs["left_out"] == {"2030": why}
    assert anniversaries.placebo_test(dates, study_period=PERIOD).left_out == {}


@pytest.mark.parametrize("years", ["2022", ["2022"], [2022.5], [True]])
def test_years_that_are_no_numbers_are_refused(dates, years):
    with pytest.raises(ValueError, match="years must be whole numbers such as 2021, not"):
        anniversaries.placebo_test(dates, study_period=PERIOD, years=years)


def test_the_naive_interval_is_that_of_two_poisson_rates(dates):
    test = anniversaries.placebo_test(dates, study_period=PERIOD, windows=[14])
    row, odds = test.table.loc[14], 29 / (365 - 29)
    ends = stats.binomtest(int(row["observed"]), test.n_inside).proportion_ci(method="exact")
    assert row["poisson_low"] == pytest.approx(ends.low / (1 - ends.low) / odds)
    assert row["poisson_high"] == pytest.approx(ends.high / (1 - ends.high) / odds)


@pytest.mark.parametrize("method", ["folded", "shift", "independent"])
def test_dispersion_is_the_variance_over_that_of_single_incidents(dates, method):
    """Incidents that each fall anywhere make a binomial number within the window."""
    windows = [14, 90]
    test = anniversaries.placebo_test(dates, study_period=PERIOD, windows=windows, method=method)
    shares = np.array([29, 181]) / 365 if method != "shift" else np.array([3 * 29, 3 * 181]) / 1366
    binomial = [stats.binom(test.n_inside, share).var() for share in shares]
    slack = 0.05 if method == "independent" else 1e-9  # its placebos are a sample
    assert test.table["dispersion"].to_numpy() == pytest.approx(test.placebos.var(axis=0) / binomial, rel=slack)


def test_attacks_one_by_one_are_not_dispersed():
    scattered = pd.date_range("2020-07-05", "2023-07-04", freq="5D")
    table = anniversaries.placebo_test(scattered.repeat(3), study_period=PERIOD, windows=[14]).table
    single = anniversaries.placebo_test(scattered, study_period=PERIOD, windows=[14]).table
    assert table.loc[14, "dispersion"] == pytest.approx(3 * single.loc[14, "dispersion"])


def test_intervals_hold_the_ratios_that_are_not_rejected(dates):
    window = 14
    test = anniversaries.placebo_test(dates, study_period=PERIOD, windows=[window])
    offsets, _ = anniversaries.offsets_in_blocks(anniversaries.as_days(dates), test.anniversaries)

    def tails(ratio):
        weights = np.where(np.abs(offsets) <= window, 1 / ratio, 1.0)
        moved = [(offsets - s + 182) % 365 - 182 for s in range(365)]
        sums = np.array([weights[np.abs(m) <= window].sum() for m in moved])
        return np.mean(sums >= sums[0] - 0.5), np.mean(sums <= sums[0] + 0.5)

    low, high = test.table.loc[window, ["ci_low", "ci_high"]]
    for ratio in np.geomspace(0.2, 20, 60):
        kept = min(tails(ratio)) > 0.025
        assert kept == (low <= ratio <= high), ratio


def test_an_interval_holds_one_unless_a_side_is_rejected(dates):
    table = anniversaries.placebo_test(dates, study_period=PERIOD).table
    assert ((table["ci_low"] > 1) == (table["p_value"] <= 0.025)).all()
    assert 0 < (table["ci_low"] > 1).sum() < 45


def test_an_interval_holds_its_estimate():
    clustered = ["2021-01-03", "2022-01-04", "2022-01-02", "2023-01-03", "2021-06-01", "2022-09-09"]
    scattered = ["2021-07-03", "2022-07-04", "2021-02-01", "2021-11-01", "2022-03-01"]
    for days in (clustered, scattered):
        table = anniversaries.placebo_test(days, windows=range(182), study_period=PERIOD).table
        assert (table["ci_low"] <= table["rate_ratio"]).all()
        assert (table["rate_ratio"] <= table["ci_high"]).all()


@pytest.mark.parametrize(("ratio", "burst", "least"), [(0.6, 1, 0.93), (2, 1, 0.95), (1, 3, 0.95), (0.3, 0.1, 0.75)])
def test_intervals_cover_the_planted_ratio(ratio, burst, least):
    """Attacks of a Poisson process, or bursts of them within a week, at another rate within the window.

    Below 1 the interval is known to be too narrow where there are many attacks: the last has ten times as many.
    """
    rng, blocks, days = np.random.default_rng(7), anniversaries.whole_blocks(PERIOD), np.arange(-182, 183)
    rates = np.where(np.abs(days) <= 14, ratio, 1) * 30 / 365 / burst
    covered = []
    for _ in range(100):
        bursts = [np.repeat(days, rng.poisson(rates)) for _ in blocks]
        bursts = [np.repeat(first, 1 + rng.poisson(max(burst - 1, 0), len(first))) for first in bursts]
        offsets = [first + (rng.integers(0, 7, len(first)) if burst > 1 else 0) for first in bursts]
        dates = np.concatenate([day + pd.to_timedelta(some, "D") for day, some in zip(blocks, offsets, strict=True)])
        row = anniversaries.placebo_test(dates, windows=[14], study_period=PERIOD).table.loc[14]
        covered.append(row["ci_low"] <= ratio <= row["ci_high"])
    assert least <= np.mean(covered) <= (0.93 if least < 0.9 else 1)


@pytest.mark.parametrize("days", [["2022-06-01"], ["2022-01-03", "2021-01-04"]])
def test_a_window_with_none_or_all_has_no_interval(days):
    row = anniversaries.placebo_test(days, study_period=PERIOD, windows=[7]).table.loc[7]
    assert (row["ci_low"], row["ci_high"]) == (0, np.inf)


def test_the_months_after_the_killing_can_never_count():
    january = pd.date_range("2020-01-04", "2020-01-31")
    later = pd.to_datetime(["2021-05-01"])
    test = anniversaries.placebo_test(january.append(later), study_period=PERIOD)
    assert (test.table["observed"] == 0).all()
    assert (test.n_inside, test.n_outside) == (1, len(january))
    earlier = anniversaries.placebo_test(january.append(later), study_period=("2015-01-01", "2023-09-30"))
    assert (earlier.table["observed"] == 0).all()  # not even where the data begin before the killing


def test_both_ends_of_a_window_count():
    days = ["2020-12-20", "2021-01-17", "2020-12-19", "2021-01-18"]
    table = anniversaries.placebo_test(days, study_period=PERIOD, windows=[14]).table
    assert table.loc[14, "observed"] == 2


def test_the_rate_ratio_is_inside_over_outside():
    days = ["2021-01-03", "2021-01-04", "2021-06-01", "2022-03-01", "2022-05-01"]
    row = anniversaries.placebo_test(days, study_period=PERIOD, windows=[1]).table.loc[1]
    assert row["expected"] == pytest.approx(3 / 362 * 3)
    assert row["rate_ratio"] == pytest.approx((2 / 3) / (3 / 362))


def test_a_leap_year_leaves_its_farthest_day_out():
    blocks = anniversaries.whole_blocks(("2023-01-01", "2025-12-31"))
    assert blocks.year.tolist() == [2024, 2025]
    days = pd.date_range("2023-07-05", "2025-07-04")
    offsets, block = anniversaries.offsets_in_blocks(days, blocks)
    assert np.bincount(block).tolist() == [365, 365]
    assert sorted(offsets[block == 0]) == list(range(-182, 183))
    left_out = days[~days.isin(blocks[block] + pd.to_timedelta(offsets, unit="D"))]
    assert left_out.strftime("%Y-%m-%d").tolist() == ["2024-07-04"]


def test_times_and_zones_become_local_days():
    days = pd.to_datetime(["2022-01-03 23:30", "2022-06-01 02:00"]).tz_localize("Asia/Baghdad")
    assert anniversaries.as_days(days).tolist() == [pd.Timestamp("2022-01-03"), pd.Timestamp("2022-06-01")]


def test_the_day_is_that_of_the_clock_that_gave_it():
    days = ["2022-01-03T23:30+03:00", "2022-01-03 23:30:00.000Z", date(2022, 1, 3), np.datetime64("2022-01-03")]
    clock = pd.Timestamp("2022-01-03 23:30", tz="America/New_York")
    assert set(anniversaries.as_days([*days, clock])) == {pd.Timestamp("2022-01-03")}
    assert anniversaries.as_days(pd.Series(days[:2]).astype("category")).tolist() == [pd.Timestamp("2022-01-03")] * 2


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, lambda days: pd.Series(days, dtype=object)])
@pytest.mark.parametrize(
    "value",
    ["2021", "2021-05", "today", "20210503", "2021-W18-1", "2021-123", " 2021-05-03", "2021-05-03T99:00", "2021-02-29",
     "0021-05-03", "03 May 2021", "٢٠٢١-٠٥-٠٣", ""],
)  # fmt: skip
def test_what_is_no_whole_day_is_refused(value, kind):
    days = ["2022-01-04", "2022-06-01", value]
    message = f"whole days of the years 1900 to 2100, such as 2020-01-03; 1 cannot be read: {re.escape(repr(value))}"
    for function in (anniversaries.as_days, anniversaries.days_from_anniversary, anniversaries.placebo_test):
        with pytest.raises(ValueError, match=message):
            function(kind(days))
    with pytest.raises(ValueError, match="the anchor must be one of the whole days"):
        anniversaries.as_anchor(value)


@pytest.mark.parametrize("unit", ["Y", "M", "W"])
def test_years_and_months_of_numpy_are_no_days(unit):
    dates = np.array(["2021-01-07", "2022-01-06"], f"M8[{unit}]")
    for some in (dates, list(dates)):
        with pytest.raises(ValueError, match="whole days of the years 1900 to 2100"):
            anniversaries.as_days(some)
    with pytest.raises(ValueError, match="the anchor must be one of the whole days"):
        anniversaries.as_anchor(dates[0])


@pytest.mark.parametrize(
    "dates", [{"2021-01-07"}, [["2021-01-07"]], pd.DataFrame({"date": ["2021-01-07"]}), "2021-01-07"]
)
def test_what_is_no_list_of_days_is_refused(dates):
    with pytest.raises(ValueError, match="dates must be one list or column of whole days"):
        anniversaries.as_days(dates)


def test_a_period_of_a_day_is_a_day():
    assert anniversaries.as_days(pd.period_range("2021-01-01", "2021-01-02", freq="D")).day.tolist() == [1, 2]


@pytest.mark.parametrize("value", ["2021", "2021-05", 2021, None])
def test_every_function_that_takes_days_refuses_what_is_none(few, value):
    days, period = ["2021-01-04", "2021-06-01"], ("2020-01-04", value)
    calls = [
        lambda: anniversaries.by_year([*days, value], study_period=PERIOD),
        lambda: anniversaries.rate_limits([*days, value], study_period=PERIOD),
        lambda: anniversaries.smooth_test(days, study_period=period),
        lambda: anniversaries.power(days, anchor=value, study_period=PERIOD),
        lambda: anniversaries.whole_blocks(period),
        lambda: hawkes.fit([*days, value], PERIOD),
        lambda: hawkes.fit(days, period),
        lambda: exposure.exposure(few, few, period),
        lambda: findings.anniversary(few, period),
        lambda: Results(period=period),
        lambda: Results(anchor=value or ""),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"whole days of the years|are missing"):
            call()


@pytest.mark.parametrize(
    "value", [2021, 20210503, 44000.0, True, pd.Period("2021-05", "M"), pd.Timestamp("2500-01-01")]
)
def test_a_number_or_a_period_among_dates_is_refused(value):
    for days in ([pd.Timestamp("2022-01-04"), value], pd.Series([value, value])):
        with pytest.raises(ValueError, match="cannot be read"):
            anniversaries.as_days(days)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dates": []}, "no dates"),
        ({"dates": ["2022-01-03", None]}, "1 of 2 dates are missing"),
        ({"study_period": ("2022-01-01", "2022-09-30")}, "182 days either side"),
        ({"study_period": ("2023-01-01", "2022-09-30")}, "before it begins"),
        ({"windows": [200]}, "whole days from 0 to 181"),
        ({"windows": [1.5]}, "whole days from 0 to 181"),
        ({"method": "bootstrap"}, "choose from folded, shift, independent"),
        ({"side": "left"}, "choose from around, before, after"),
        ({"dates": ["2022-01-03", "soon", "03/01/2022"]}, "2 cannot be read: 'soon', '03/01/2022'"),
        ({"dates": [2021, 2022]}, "2 cannot be read: '2021', '2022'"),
        ({"anchor": pd.NaT}, "whole days of the years 1900 to 2100"),
        ({"anchor": "03/01/2020"}, "such as 2020-01-03, not 03/01/2020"),
        ({"anchor": "2020-01"}, "such as 2020-01-03, not 2020-01"),
        ({"study_period": ("2020", "2023-09-30")}, "an end of the study period must be .*, not 2020"),
        ({"anchor": 2020}, "whole days of the years 1900 to 2100"),
        ({"anchor": ["soon"]}, "1 cannot be read: 'soon'"),
        ({"anchor": "0020-01-03"}, "whole days of the years 1900 to 2100"),
        ({"years": [2019]}, "no day to test in the study period for the years"),
        ({"dates": ["2020-01-10"]}, "no date lies within 182 days"),
    ],
)
def test_what_cannot_be_tested_says_why(options, message):
    with pytest.raises(ValueError, match=message):
        anniversaries.placebo_test(**{"dates": ["2022-01-03"], "study_period": PERIOD, **options})


def test_a_year_without_attacks_has_a_row():
    table = anniversaries.by_year(["2021-01-04", "2021-03-03"], 14, study_period=("2020-06-01", "2022-09-30"))
    row = table.loc["2022"]
    assert row[["n", "observed", "ci_low", "ci_high", "p_value", "global_p_value"]].tolist() == [0, 0, 0, np.inf, 1, 1]
    assert row[["rate_ratio", "dispersion"]].isna().all()
    with pytest.raises(ValueError, match="window must be a whole number of days from 1 to 45, not 46"):
        anniversaries.by_year(["2021-01-04"], 46)


def test_by_year_agrees_with_the_test_of_one_year(dates):
    table = anniversaries.by_year(dates, 14, study_period=PERIOD)
    alone = anniversaries.placebo_test(dates, study_period=PERIOD, years=[2022])
    assert list(table.index) == ["all", "2021", "2022", "2023", "without 2021", "without 2022", "without 2023"]
    offsets = anniversaries.days_from_anniversary(dates[dates.between("2021-07-05", "2022-07-04")])
    assert table.loc["2022", "observed"] == (np.abs(offsets) <= 14).sum() >= 10
    assert table.loc["2022", "p_value"] == alone.table.loc[14, "p_value"]
    assert table.loc["2022", "global_p_value"] == alone.p_value


@pytest.mark.parametrize(("n_sims", "most"), [(40, 0.1), pytest.param(300, 0.07, marks=pytest.mark.slow)])
def test_levels_of_two_worlds(n_sims, most):
    """Our tests hold their level where bursts make the Rayleigh test reject; the rest of the table is `make level`."""
    table = level.level_table(
        n_sims, worlds=("uniform", "bursts of 3"), years=(3.74,), tests=("Rayleigh", "folded", "shift")
    )
    rate = table.set_index(["world", "test"])["rate"]
    assert (rate.drop("Rayleigh", level="test") <= most).all()
    assert rate["bursts of 3", "Rayleigh"] > 0.4


def test_the_committed_levels_hold_every_cell():
    committed = pd.read_csv(level.OUT)
    assert (committed.groupby(["world", "years", "test"]).size() == 1).all()
    assert len(committed) == len(level.WORLDS) * len(level.PERIODS) * len(level.TESTS)
    assert committed["n_sims"].max() == level.SIMS


def test_a_planted_cluster_is_found():
    rng = np.random.default_rng(1)
    background = pd.date_range("2020-07-05", "2023-07-04")[rng.integers(0, 1095, 80)]
    planted = pd.DatetimeIndex([f"{year}-01-{day:02}" for year in (2021, 2022, 2023) for day in (1, 3, 4, 6, 8)])
    test = anniversaries.placebo_test(background.append(planted), study_period=PERIOD)
    assert test.table.loc[7, "p_value"] <= 0.02
    assert test.table.loc[7, "ci_low"] > 1
    assert test.p_value_z <= 0.02
    # Wide windows let neighbouring days share a sharp cluster, so the planned min-p is the bluntest of the three.
    assert 0.05 < test.p_value < 0.1


# --- what the data exclude, and what could have been seen -------------------------------------------------------------

EVEN = pd.date_range("2020-07-05", "2023-07-04", freq="13D")


def test_limits_without_bursts_are_those_of_the_conditional_binomial():
    """Dates spread evenly vary less than Poisson ones, which the limits do not take for more knowledge."""
    dates = EVEN.append(pd.DatetimeIndex(["2022-01-01", "2022-01-05", "2023-01-09"]))
    limits = anniversaries.rate_limits(dates, windows=[5, 14, 40], study_period=PERIOD)
    naive = anniversaries.placebo_test(dates, windows=[5, 14, 40], study_period=PERIOD).table
    assert limits["observed"].tolist() == naive["observed"].tolist()
    assert limits["rate_ratio"].tolist() == naive["rate_ratio"].tolist()
    np.testing.assert_allclose(limits["limit_low"], naive["poisson_low"], rtol=1e-3)
    np.testing.assert_allclose(limits["limit_high"], naive["poisson_high"], rtol=1e-3)
    inside, total = limits.loc[14, "observed"], len(dates)
    share = stats.binomtest(int(inside), total).proportion_ci(0.95, method="exact")  # Clopper and Pearson
    ratios = [end / (1 - end) * (365 - 29) / 29 for end in share]
    np.testing.assert_allclose(limits.loc[14, ["limit_low", "limit_high"]].astype(float), ratios, rtol=1e-3)


def test_bursts_widen_the_limits():
    rng = np.random.default_rng(2)
    starts = rng.choice(1095, 25)
    bursts = pd.Timestamp("2020-07-05") + pd.to_timedelta(np.minimum(np.repeat(starts, 4), 1094), unit="D")
    found = anniversaries.rate_limits(bursts, windows=[30], study_period=PERIOD).loc[30]
    naive = anniversaries.placebo_test(bursts, windows=[30], study_period=PERIOD).table.loc[30]
    assert found["limit_low"] < naive["poisson_low"]
    assert found["limit_high"] > naive["poisson_high"]


def test_limits_where_all_or_nothing_lies_near():
    def limits(dates):
        return anniversaries.rate_limits(dates, windows=[14], study_period=PERIOD).loc[14]

    none, every, one = (
        limits(["2021-06-01", "2022-09-09"]),
        limits(["2021-01-04", "2022-01-05"]),
        limits(["2022-01-03"]),
    )
    assert (none["observed"], none["limit_low"]) == (0, 0)
    assert 10 < none["limit_high"] < 100
    assert every["limit_high"] == one["limit_high"] == np.inf
    assert 0 < one["limit_low"] < every["limit_low"]
    with pytest.raises(ValueError, match="level must be a share between 0 and 1"):
        anniversaries.rate_limits(["2022-01-03"], study_period=PERIOD, level=95)


def test_limits_of_many_are_nearly_those_of_few(monkeypatch, bursts):
    dates = bursts(n=1500, seed=4)["date"]
    exact = anniversaries.rate_limits(dates, windows=[7, 30], study_period=PERIOD)
    monkeypatch.setattr(anniversaries, "_MANY", 10)
    many = anniversaries.rate_limits(dates, windows=[7, 30], study_period=PERIOD)
    np.testing.assert_allclose(exact, many, rtol=0.12)


def test_limits_hold_the_truth_under_bursts():
    """A few of the simulations that ``make level`` makes; the committed table is of hundreds in each world."""
    few = rate_limits.measure(sims=50, ratios=(1, 4), worlds=("bursts of 3",))
    assert (few["covered"] >= 0.84).all()
    committed = pd.read_csv(rate_limits.OUT)
    assert len(committed) == len(rate_limits.WORLDS) * len(rate_limits.RATIOS)
    assert (committed["covered"] + 2 * committed["standard_error"] >= 0.93).all()


def test_a_planted_ratio_is_the_ratio_of_the_simulated_rates():
    rng, near, away = np.random.default_rng(6), 0, 0
    for _ in range(60):
        days = rate_limits.simulate("bursts of 3", 2, rng)
        inside = np.abs(anniversaries.days_from_anniversary(days)) <= 14
        near, away = near + inside.sum(), away + (~inside).sum()
    exposed = np.abs(anniversaries.days_from_anniversary(pd.date_range(*PERIOD))) <= 14
    assert near / exposed.sum() / (away / (~exposed).sum()) == pytest.approx(2, rel=0.15)


def test_the_smooth_test_by_brute_force(dates):
    some = dates[dates.between("2020-07-05", "2022-07-04")]
    test = anniversaries.smooth_test(some, study_period=PERIOD, years=[2021, 2022])
    ranks = []
    for year in (2021, 2022):
        apart = (some - pd.Timestamp(year, 1, 3)).dt.days
        apart = apart[apart.abs() <= 182].to_numpy()
        scores = []
        for turn in range(365):
            near = (apart - turn + 182) % 365 - 182
            scores.append(round(np.exp(-np.abs(near) / 10).sum(), 9))
        ranks.append([sum(other <= score for other in scores) for score in scores])
    first, second = np.array(ranks)
    assert test.ranks.tolist() == [first[0] / 365, second[0] / 365]
    assert test.p_value == pytest.approx(np.mean(np.add.outer(first, second) >= first[0] + second[0]))
    assert test.p_folded == pytest.approx(np.mean(first + second >= first[0] + second[0]))


def test_the_smooth_test_holds_its_level_and_sees_an_excess_of_every_year():
    rng, days = np.random.default_rng(8), pd.date_range("2020-07-05", "2023-07-04")
    quiet = [anniversaries.smooth_test(days[rng.integers(len(days), size=60)], study_period=PERIOD) for _ in range(120)]
    assert np.mean([test.p_value <= 0.05 for test in quiet]) <= 0.1
    planted = pd.DatetimeIndex([f"{year}-01-{day:02}" for year in (2021, 2022, 2023) for day in (1, 3, 4, 6, 8)])
    assert anniversaries.smooth_test(EVEN.append(planted), study_period=PERIOD).p_value < 0.001
    one_year = pd.DatetimeIndex([f"2022-01-{day:02}" for day in range(1, 16)])
    few, many = (anniversaries.smooth_test(EVEN.append([one_year] * n), study_period=PERIOD) for n in (1, 4))
    assert few.p_value == pytest.approx(many.p_value, rel=0.3)  # one year weighs no more than another, however busy


def test_power_is_the_level_at_one_and_rises(bursts):
    curve = anniversaries.power(bursts(n=90, seed=2)["date"], study_period=PERIOD, ratios=[1, 3, 9], n_draws=60)
    assert (curve.loc[1] <= 0.15).all()
    assert (curve.loc[9] >= 0.8).all()
    assert (curve.diff().dropna() >= 0).all(axis=None)
    again = anniversaries.power(bursts(n=90, seed=2)["date"], study_period=PERIOD, ratios=[3], n_draws=60)
    assert list(again) == ["window", "global", "ratio", "z", "smooth"]


def test_what_is_planted_are_rotations_of_the_same_block():
    blocks = np.zeros((2, 365), dtype=int)
    blocks[0, :50], blocks[1, 100:110] = 1, 3
    near = np.isin(np.arange(365), [0, 1, 2, 363, 364])
    rng = np.random.default_rng(3)
    means = {}
    for ratio, draws in zip((1, 2.5, 4), anniversaries._plant(blocks, near, (1, 2.5, 4), 1000, rng), strict=True):
        means[ratio] = draws[:, :, near].sum(axis=2).mean(axis=0) / (blocks.sum(axis=1) * 5 / 365)
        assert (draws[:, :, ~near].sum(axis=2) <= blocks.sum(axis=1)).all()
    for ratio, mean in means.items():
        np.testing.assert_allclose(mean, ratio, rtol=0.2)


@pytest.mark.parametrize("options", [{"window": 60}, {"ratios": [0.5, 2]}, {"ratios": []}])
def test_power_of_what_cannot_be_planted_is_refused(options):
    with pytest.raises(ValueError, match="window must be one of 1 to 45 and ratios 1 or more"):
        anniversaries.power(EVEN, study_period=PERIOD, **options)


# --- days that answer incidents ---------------------------------------------------------------------------------------

FEW = ["2021-01-02", "2021-01-05", "2021-01-05", "2021-01-11", "2021-01-20", "2021-01-21", "2021-02-10"]


@pytest.mark.parametrize(("window", "lag"), [(14, 3), (3, 0), (5, 6)])
def test_answers_by_brute_force(window, lag):
    """Every set of placebo days, by plain loops over calendar dates."""
    period, strikes = (date(2021, 1, 4), date(2021, 2, 12)), [date(2021, 1, 8), date(2021, 1, 18)]
    incidents = [date.fromisoformat(day) for day in FEW]
    days = [period[0] + timedelta(n) for n in range((period[1] - period[0]).days + 1 - window)]

    def after(day):
        return sum(0 < (incident - day).days <= window for incident in incidents)

    def follows(day):
        return any(0 <= (day - incident).days <= lag for incident in incidents)

    placebos = [after(day) for day in days if follows(day)]
    observed = sum(map(after, strikes))
    found = anniversaries.answer_test(FEW, [*map(str, strikes), "2021-02-12", "2020-01-01"], window, lag, period)
    assert (found["days"], found["following"]) == (2, sum(map(follows, strikes)))
    assert (found["placebo_days"], found["observed"]) == (len(placebos), observed)
    assert found["expected"] == pytest.approx(2 * sum(placebos) / len(placebos))
    assert found["ratio"] == pytest.approx(observed / found["expected"])
    as_many = sum(sum(pair) >= observed for pair in product(placebos, repeat=2))
    assert found["p_value"] == pytest.approx(max(as_many, 1) / len(placebos) ** 2)


def test_an_answer_test_without_a_chance_of_its_count_has_that_of_one_set_of_placebos():
    days = ["2021-01-01", *["2021-03-02"] * 5, "2021-06-01"]
    found = anniversaries.answer_test(days, ["2021-03-01"], lag=0)
    assert (found["following"], found["observed"], found["p_value"]) == (0, 5, 0.5)
    none = anniversaries.answer_test(["2021-01-01", "2021-06-01"], ["2021-03-01", "2021-03-01"], lag=0)
    assert (none["days"], none["expected"], none["p_value"]) == (1, 0, 1)
    assert np.isnan(none["ratio"])


def test_a_time_left_out_counts_neither_as_tested_days_nor_as_placebos():
    """As if every day that it touches were not there, by plain loops."""
    period, without = (date(2021, 1, 4), date(2021, 2, 12)), ("2021-01-18", "2021-01-20")
    incidents = [date.fromisoformat(day) for day in FEW]
    days = [period[0] + timedelta(n) for n in range(40 - 5)]
    kept = [day for day in days if not date(2021, 1, 13) <= day <= date(2021, 1, 20)]
    after = [
        sum(0 < (incident - day).days <= 5 for incident in incidents)
        for day in kept
        if any(0 <= (day - incident).days <= 3 for incident in incidents)
    ]
    found = anniversaries.answer_test(FEW, ["2021-01-06", "2021-01-13", "2021-01-19"], 5, 3, period, without)
    assert (found["days"], found["placebo_days"], found["observed"]) == (1, len(after), 1)
    assert found["expected"] == pytest.approx(sum(after) / len(after))
    assert found["p_value"] == pytest.approx(sum(n >= 1 for n in after) / len(after))
    with pytest.raises(ValueError, match="no day to test has 5 days after it in the study period and outside the time"):
        anniversaries.answer_test(FEW, ["2021-01-13"], 5, 3, period, without)


def test_an_answer_test_says_what_it_lacks():
    with pytest.raises(ValueError, match="there are no dates to test"):
        anniversaries.answer_test([], ["2021-01-01"])
    for days in ([], ["2021-02-09"], ["2020-12-31"]):
        with pytest.raises(ValueError, match="no day to test has 14 days after it in the study period"):
            anniversaries.answer_test(FEW, days)
    with pytest.raises(ValueError, match="no day with 14 days after it in the study period follows an incident"):
        anniversaries.answer_test(["2019-12-31"], ["2021-01-01"], study_period=PERIOD)


def test_placebo_days_that_follow_attacks_reject_least_where_strikes_only_answer():
    few = answers.measure(60, ["bursts of 3"], answers.ANSWERS[:1]).set_index("test")
    assert few.index.tolist() == ["episodes", "strikes one by one", "episodes, all days shifted"]  # no campaign here
    assert few.loc["episodes", "rate"] <= 0.1 < few.loc["episodes, all days shifted", "rate"]
    committed = findings.load_strike_levels()
    assert list(committed) == list(few.reset_index()[list(committed)])
    cells = len(answers.WORLDS) * len(answers.ANSWERS)
    n_tests = committed["test"].value_counts()
    assert n_tests.pop(answers.TESTS[1]) == len(answers.CAMPAIGNS) * len(answers.ANSWERS)
    assert n_tests.to_dict() == dict.fromkeys((answers.TESTS[0], *answers.TESTS[2:]), cells)
    assert committed["n_sims"].max() == answers.SIMS
    assert {findings.FORESEEN, *answers.ANSWERS[:-1]} == set(committed["answered"])
    assert answers.TESTS[0] == findings.EPISODES
    rates = committed[committed["answered"] != findings.FORESEEN].groupby("test")["rate"].max()
    assert rates["episodes"] < 0.1 < 0.2 < rates["episodes, all days shifted"] < rates["strikes one by one"]


@pytest.mark.parametrize(("how", "world"), list(zip(answers.ANSWERS, answers.WORLDS[3:], strict=True)))
def test_simulated_strikes_answer_an_attack_and_form_as_many_episodes_as_those_of_the_tables(how, world):
    rng = np.random.default_rng(5)
    counts, campaign = answers.simulate(world, rng)
    strikes = answers.answer(counts, how, rng)
    assert 1 + sum(later - day > 30 for day, later in pairwise(strikes)) == answers.EPISODES
    assert all(counts[max(day - answers.LAG, 0) : day + 1].any() for day in strikes)
    assert (campaign is None) == (world not in answers.CAMPAIGNS)


def test_a_simulated_campaign_holds_most_attacks_and_simulated_strikes_choose_attacks():
    rng = np.random.default_rng(6)
    for world in answers.CAMPAIGNS:
        counts, (first, last) = answers.simulate(world, rng)
        assert last - first + 1 == answers.CAMPAIGN_DAYS
        assert counts[first : last + 1].mean() > 4 * np.delete(counts, range(first, last + 1)).mean()
    counts = np.zeros(answers.N_DAYS, dtype=int)
    counts[[100, 500, 503, 505]] = 1
    assert len(answers.answer(counts, "each attack alike", rng)) in (3, 4)  # all there are: too few for nine episodes
    counts = np.zeros(answers.N_DAYS, dtype=int)
    counts[40 : 40 + 60 * 12 : 60], counts[1000:1900:60] = 3, 1  # twelve weeks of three, and lonely attacks
    firsts = [answers.answer(counts, "third attack of the week", rng) for _ in range(5)]
    assert max(map(max, firsts)) < 1000


# --- anniversaries by the lunar year ----------------------------------------------------------------------------------

LUNAR = [date(2020, 12, 23), date(2021, 12, 12), date(2022, 12, 2)]


def rotate_by_hand(days, centres, windows, side="around", half=176):
    """Each date moved back s days inside its own block: incidents in each window, by s; and how many dates count."""
    circle = 2 * half + 1
    inside = [(day - centre).days for day in days for centre in centres if abs((day - centre).days) <= half]
    low, high = {"around": (1, 1), "before": (1, 0), "after": (0, 1)}[side]
    moved = [[(offset - s + half) % circle - half for offset in inside] for s in range(circle)]
    return [[sum(-low * w <= apart <= high * w for apart in row) for w in windows] for row in moved], len(inside)


@given(st.lists(st.dates(date(2020, 1, 4), date(2023, 9, 30)), min_size=1, max_size=25),
       st.sampled_from(["around", "before", "after"]))  # fmt: skip
@settings(max_examples=12, deadline=None)
def test_the_circle_of_lunar_years_by_counting(days, side):
    counts, n = rotate_by_hand(days, LUNAR, [0, 7, 30, 175], side)
    asked = {"windows": [0, 7, 30, 175], "study_period": PERIOD, "side": side, "calendar": "hijri"}
    if not n:
        with pytest.raises(ValueError, match="no date lies within 176 days of 2020-12-23, 2021-12-12, 2022-12-02"):
            anniversaries.placebo_test(days, **asked)
        return
    test = anniversaries.placebo_test(days, **asked)
    assert [day.date() for day in test.anniversaries] == LUNAR
    assert test.placebos.tolist() == counts
    assert (test.n_inside, test.n_outside) == (n, len(days) - n)
    ranks = [[sum(other >= row[w] for other in column) for w, column in enumerate(zip(*counts, strict=True))]
             for row in counts]  # fmt: skip
    assert test.table["p_value"].tolist() == pytest.approx([rank / 353 for rank in ranks[0]])
    assert test.p_value == pytest.approx(sum(min(row) <= min(ranks[0]) for row in ranks) / 353)
    share = (2 * 7 + 1 if side == "around" else 8) / 353
    expected = (n - counts[0][1]) / (1 - share) * share
    assert test.table.loc[7, "expected"] == pytest.approx(expected)


def test_each_lunar_year_rotated_by_itself(dates):
    """By convolution of counts that are made by hand, and the smooth test's ranks by sums over days."""
    days = [day.date() for day in dates]
    chances = np.ones(1)
    for centre in LUNAR:
        counts, _ = rotate_by_hand(days, [centre], [14])
        chances = np.convolve(chances, np.bincount(np.ravel(counts)) / 353)
    asked = {"study_period": PERIOD, "calendar": "hijri"}
    test = anniversaries.placebo_test(dates, windows=[14], method="independent", **asked)
    assert test.table.loc[14, "p_value"] == pytest.approx(chances[test.table.loc[14, "observed"] :].sum())
    ranks = anniversaries.smooth_test(dates, **asked).ranks
    offsets = [(day - LUNAR[1]).days for day in days if abs((day - LUNAR[1]).days) <= 176]
    sums = [sum(np.exp(-min((o - s) % 353, (s - o) % 353) / 10) for o in offsets) for s in range(353)]
    assert ranks[2021] == pytest.approx(np.mean([other <= sums[0] + 1e-9 for other in sums]))


def test_every_statistic_of_lunar_years_tests_the_same_days(dates):
    asked = {"study_period": PERIOD, "calendar": "hijri"}
    row = anniversaries.placebo_test(dates, windows=[14], **asked).row(14)
    assert anniversaries.rate_limits(dates, windows=[14], **asked).loc[14, "observed"] == row["observed"]
    years = anniversaries.by_year(dates, 14, **asked)
    assert years.loc["all", ["n", "observed", "p_value"]].tolist() == [
        row[name] for name in ("n", "observed", "p_value")
    ]
    assert years.loc[["2020", "2021", "2022"], "observed"].sum() == row["observed"]
    curve = anniversaries.power(dates, ratios=[1, 9], n_draws=20, **asked)
    assert (curve.loc[9] >= curve.loc[1]).all()


def test_two_lunar_anniversaries_in_one_year_share_a_row():
    """3 January and 23 December 2030 are both 28 Sha'ban."""
    blocks = anniversaries.whole_blocks(("2029-06-01", "2031-07-31"), "2020-04-21", "hijri")
    assert len(blocks) > len(blocks.year.unique())
    table = anniversaries.by_year(["2030-01-01", "2030-12-23"], 14, "2020-04-21", ("2029-06-01", "2031-07-31"),
                                  calendar="hijri")  # fmt: skip
    assert list(table.index) == ["all", "2030"]


def test_windows_and_anchors_of_lunar_years_need_fewer_days():
    asked = {"study_period": PERIOD, "calendar": "hijri"}
    with pytest.raises(ValueError, match="whole days from 0 to 175"):
        anniversaries.placebo_test(["2021-01-03"], windows=[176], **asked)
    with pytest.raises(ValueError, match="has 176 days either side"):
        anniversaries.placebo_test(["2022-01-03"], study_period=("2022-01-01", "2022-09-30"), calendar="hijri")
    listed = ["2021-01-03", "2021-12-22"]  # 353 days apart
    assert anniversaries.placebo_test(["2021-02-03"], listed, [14], **asked).n_inside == 1
    with pytest.raises(ValueError, match="no 182 days of their own"):
        anniversaries.placebo_test(["2021-02-03"], listed, [14], PERIOD)
