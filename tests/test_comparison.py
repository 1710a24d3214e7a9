from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from helpers import comparison


@pytest.fixture(scope="module")
def table(targets):
    return targets.table


def test_counts_shares_and_silence(table):
    row = table.loc["any round inside the perimeter"]
    assert (row["embassy_n"], row["embassy_missing"], row["base_n"], row["base_missing"]) == (21, 9, 78, 16)
    assert row["embassy_value"] == pytest.approx(15 / 21)
    assert row["effect"] == pytest.approx((15 / 21) / (60 / 78))
    assert (table[["embassy_n", "embassy_missing"]].sum(axis=1) == 30).all()
    assert (table[["base_n", "base_missing"]].sum(axis=1) == 94).all()


def test_worst_cases_fill_every_silence(table):
    row = table.loc["any round inside the perimeter"]
    assert row["worst_low"] == pytest.approx((15 / 30) / (76 / 94))
    assert row["worst_high"] == pytest.approx((24 / 30) / (60 / 94))
    assert (table["worst_low"] <= table["effect"]).loc[table["effect"].notna()].all()


def test_what_is_told_only_when_it_happened_is_not_estimable(table):
    for measure in ("any round intercepted", "defence active", "claimed"):
        assert table.loc[measure, "note"].startswith("not estimable")
        assert table.loc[measure, ["effect", "p_value", "p_adjusted"]].isna().all()
    assert (
        (table.loc[table["note"] == "", ["effect", "ci_low", "ci_high", "p_value", "p_adjusted"]].notna()).all().all()
    )


def test_p_values_are_adjusted_by_holm(table):
    tested = table.loc[table["note"] == ""].sort_values("p_value")
    by_hand = np.minimum(1, np.maximum.accumulate(tested["p_value"] * np.arange(len(tested), 0, -1)))
    assert tested["p_adjusted"].to_numpy() == pytest.approx(by_hand.to_numpy())


def test_the_score_interval_holds_the_ratios_its_test_keeps():
    for counts in [(5, 23, 20, 81), (15, 21, 60, 78), (1, 30, 5, 94), (2, 29, 18, 92)]:
        theirs = confint_proportions_2indep(*counts, method="score", compare="ratio", correction=False)
        assert comparison.score_interval(*counts) == pytest.approx(theirs, rel=1e-6)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_score_interval_holds_the_observed_ratio(n_1, n_2, data):
    count_1, count_2 = data.draw(st.integers(0, n_1)), data.draw(st.integers(0, n_2))
    if count_1 + count_2 == 0:
        return
    low, high = comparison.score_interval(count_1, n_1, count_2, n_2)
    ratio = np.inf if count_2 == 0 else count_1 / n_1 / (count_2 / n_2)
    assert 0 <= low <= ratio <= high
    assert comparison.score_interval(count_2, n_2, count_1, n_1) == pytest.approx(
        (1 / high if high else np.inf, 1 / low if low else np.inf), rel=1e-4
    )


@pytest.mark.parametrize(("n_1", "p_1", "n_2", "p_2"), [(30, 0.2, 94, 0.25), (21, 0.7, 78, 0.75), (12, 0.9, 15, 0.95)])
def test_the_score_interval_covers_by_enumeration(n_1, p_1, n_2, p_2):
    covered = 0
    for a in range(n_1 + 1):
        for b in range(n_2 + 1):
            if a + b:
                low, high = comparison.score_interval(a, n_1, b, n_2)
                weight = stats.binom.pmf(a, n_1, p_1) * stats.binom.pmf(b, n_2, p_2)
                covered += weight * (low <= p_1 / p_2 <= high)
    assert 0.93 <= covered <= 0.99


def test_boschloo_by_enumeration():
    first, second = np.array([1, 1, 1, 0]), np.array([0, 0, 0, 0, 1])
    grid, tails = np.linspace(0, 1, 2001), []
    for side in ("less", "greater"):
        observed = stats.fisher_exact([[3, 1], [1, 4]], alternative=side).pvalue
        reached = np.zeros_like(grid)
        for a in range(5):
            for b in range(6):
                if stats.fisher_exact([[a, b], [4 - a, 5 - b]], alternative=side).pvalue <= observed + 1e-12:
                    reached += stats.binom.pmf(a, 4, grid) * stats.binom.pmf(b, 5, grid)
        tails.append(reached.max())
    assert comparison.risk_ratio(first, second)[3] == pytest.approx(2 * min(tails), abs=2e-3)


def test_a_zero_count_leaves_that_side_open():
    ratio, low, high, _ = comparison.risk_ratio(np.zeros(20), np.repeat([1, 0], [5, 15]))
    assert (ratio, low) == (0, 0)
    assert 0 < high < 2
    ratio, low, high, _ = comparison.risk_ratio(np.repeat([1, 0], [5, 15]), np.zeros(20))
    assert (ratio, high) == (np.inf, np.inf)
    assert low > 0.5


numbers = st.lists(st.integers(0, 8), min_size=3, max_size=12)


@given(numbers, numbers)
def test_brunner_munzel_equals_scipy(first, second):
    first, second = np.array(first, float), np.array(second, float)
    ours = comparison.brunner_munzel(first, second)
    with np.errstate(all="ignore"):
        theirs = stats.brunnermunzel(second, first, distribution="normal").statistic
    if np.isfinite(theirs):
        assert ours == pytest.approx(theirs)


@given(numbers, numbers)
def test_cliffs_delta_by_counting_pairs(first, second):
    by_hand = np.mean([np.sign(a - b) for a in first for b in second])
    assert comparison._delta_of(np.array(first, float), np.array(second, float)) == pytest.approx(by_hand)


def test_the_permutation_test_by_enumeration():
    first, second = np.array([1.0, 2, 2, 5]), np.array([3.0, 4, 6, 6, 7])
    pooled = np.concatenate([first, second])
    observed = comparison.brunner_munzel(first, second)
    reached = []
    for chosen in combinations(range(9), 4):
        mask = np.isin(np.arange(9), chosen)
        reached.append(comparison.brunner_munzel(pooled[mask], pooled[~mask]))
    reached = np.array(reached)
    tails = np.mean(reached <= observed + 1e-9), np.mean(reached >= observed - 1e-9)
    assert comparison.cliffs_delta(first, second)[3] == pytest.approx(2 * min(tails), abs=1e-9)


def test_wholly_apart_groups_give_a_delta_of_one():
    delta, low, high, p_value = comparison.cliffs_delta(np.array([5.0, 6, 7, 8]), np.array([1.0, 2, 3, 4]))
    assert delta == 1
    assert np.isnan([low, high]).all()
    assert p_value == pytest.approx(2 / 70)


def frame(**columns):
    return pd.DataFrame({"target": ["embassy"] * 12 + ["base"] * 12, **columns})


def test_readings_move_disputed_counts():
    data = frame(
        launched_low=[1] * 24, launched_best=[2] * 24, launched_high=pd.array([9, None] * 12, dtype="Int64")
    )  # fmt: skip
    assert comparison.measures(data, "low")["munitions launched"].tolist() == [1] * 24
    assert comparison.measures(data, "high")["munitions launched"].tolist() == [9, 2] * 12  # open upwards: its best


def test_anyone_hurt_is_known_only_where_both_tolls_are_or_one_is_above_zero():
    data = frame(
        killed_best=pd.array([0, 0, None, None] * 6, dtype="Int64"),
        injured_best=pd.array([0, None, 2, None] * 6, dtype="Int64"),
    )
    hurt = comparison.measures(data)["anyone killed or injured"]
    assert hurt.astype("object").tolist()[:4] == [0, pd.NA, 1, pd.NA]


def test_columns_that_are_missing_leave_their_measures_out():
    assert list(comparison.compare(frame(weapon=["rocket", "drone"] * 12)).index) == ["weapon is a drone"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "colour"}, "no column 'colour'; choose from target"),
        ({"reading": "middle"}, "choose from low, best, high"),
        ({"groups": ["embassy", "ship"]}, "must give two groups"),
        ({"groups": ["base", "base"]}, "must give two groups"),
        ({"unit": "week"}, "choose from incident, day"),
    ],
)
def test_what_cannot_be_compared_is_told(options, message):
    with pytest.raises(ValueError, match=message):
        comparison.compare(frame(weapon=["rocket", "drone"] * 12), **options)


def test_one_group_alone_is_told():
    with pytest.raises(ValueError, match="must give two groups"):
        comparison.compare(frame(weapon=["rocket"] * 24).query("target == 'base'"))


def test_named_groups_keep_their_order():
    table = comparison.compare(frame(weapon=["rocket", "drone"] * 12), groups=["base", "embassy"])
    assert table.columns[0] == "base_n"


def test_nothing_to_compare_is_told():
    with pytest.raises(ValueError, match="nothing to compare: no column among target gives a measure"):
        comparison.compare(frame())


def test_whole_days_by_enumeration():
    """Three days of two incidents each, on one of which both fell on the embassy: three ways to place that day.

    The observed way and one other lie farthest from what is expected.
    """
    values = np.array([9.0, 8, 1, 2, 3, 4])
    embassy = np.array([True, True, False, False, False, False])
    days = np.array([1, 1, 2, 2, 3, 3])
    assert comparison.by_day(values, embassy, days) == pytest.approx(2 / 3, abs=0.02)
    # As single incidents the same data would look far stronger: two of fifteen pairs lie as far out.
    apart = comparison.by_day(values, embassy, np.arange(6))
    assert apart == pytest.approx(2 / 15, abs=0.02)


def test_silence_throughout_is_told_in_a_row():
    data = frame(weapon=["unknown"] * 24)
    row = comparison.compare(data).loc["weapon is a drone"]
    assert row["note"] == "not estimable: fewer than two incidents of a group tell it"


def test_any_two_groups_can_be_compared(core):
    table = comparison.compare(core, by="country")
    assert {"Iraq_n", "Syria_missing"} <= set(table.columns)


def test_no_difference_gives_p_values_that_reject_rarely():
    rng = np.random.default_rng(7)
    rejected = [
        comparison.risk_ratio(rng.binomial(1, 0.3, 30), rng.binomial(1, 0.3, 90))[3] <= 0.05 for _ in range(150)
    ]
    assert np.mean(rejected) <= 0.08
