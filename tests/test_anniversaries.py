from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import anniversaries

PERIOD = ("2020-01-04", "2023-09-30")

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
    p = [[sum(other[i] >= row[i] for other in counts) for i in range(len(windows))] for row in counts]
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
def test_real_dates_by_brute_force(core, side):
    test = anniversaries.placebo_test(core["date"], study_period=PERIOD, side=side)
    observed, p_values, p_global = brute_force(
        [day.date() for day in core["date"]], [2021, 2022, 2023], range(1, 46), side
    )
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


def test_intervals_hold_the_ratios_that_are_not_rejected(core):
    window = 14
    test = anniversaries.placebo_test(core["date"], study_period=PERIOD, windows=[window])
    offsets, _ = anniversaries.offsets_in_blocks(anniversaries.as_days(core["date"]), test.anniversaries)

    def tails(ratio):
        weights = np.where(np.abs(offsets) <= window, 1 / ratio, 1.0)
        moved = [(offsets - s + 182) % 365 - 182 for s in range(365)]
        sums = np.array([weights[np.abs(m) <= window].sum() for m in moved])
        return np.mean(sums >= sums[0] - 1e-9), np.mean(sums <= sums[0] + 1e-9)

    low, high = test.table.loc[window, ["ci_low", "ci_high"]]
    for ratio in np.geomspace(0.2, 20, 60):
        kept = min(tails(ratio)) > 0.025
        assert kept == (low <= ratio <= high), ratio


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dates": []}, "no dates"),
        ({"dates": ["2022-01-03", None]}, "1 of 2 dates are missing"),
        ({"study_period": ("2022-01-01", "2022-09-30")}, "182 days either side"),
        ({"study_period": ("2023-01-01", "2022-09-30")}, "before it begins"),
        ({"windows": [200]}, "whole days from 0 to 181"),
        ({"windows": [1.5]}, "whole days from 0 to 181"),
        ({"method": "bootstrap"}, "choose from folded"),
        ({"side": "left"}, "choose from around, before, after"),
        ({"years": [2019]}, "no whole block for the years"),
        ({"dates": ["2020-01-10"]}, "no date lies within 182 days"),
    ],
)
def test_what_cannot_be_tested_is_told(options, message):
    with pytest.raises(ValueError, match=message):
        anniversaries.placebo_test(**{"dates": ["2022-01-03"], "study_period": PERIOD, **options})


def test_by_year_agrees_with_the_test_of_one_year(core):
    table = anniversaries.by_year(core["date"], 14, study_period=PERIOD)
    alone = anniversaries.placebo_test(core["date"], study_period=PERIOD, years=[2022])
    assert list(table.index) == ["all", "2021", "2022", "2023", "without 2021", "without 2022", "without 2023"]
    assert table.loc["2022", "observed"] == 10
    assert table.loc["2022", "p_value"] == alone.table.loc[14, "p_value"]
    assert table.loc["2022", "global_p_value"] == alone.p_value


@pytest.mark.parametrize("burst", [1, 3])
def test_a_5_percent_test_rejects_at_most_7_percent_of_nothing(burst):
    """No season: bursts of a mean size start on any day, and their attacks spread over a week."""
    rng = np.random.default_rng(burst)
    all_days = pd.date_range("2020-01-04", "2023-09-30")
    rejected = []
    for _ in range(400):
        starts = rng.integers(0, len(all_days) - 7, 110 // burst)
        attacks = np.repeat(starts, rng.geometric(1 / burst, len(starts)))
        days = all_days[attacks + rng.integers(0, 7, len(attacks))]
        rejected.append(anniversaries.placebo_test(days, study_period=PERIOD).p_value <= 0.05)
    assert np.mean(rejected) <= 0.07


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
