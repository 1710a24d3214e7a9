"""Statistics of two groups, each against a second route."""

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.proportion import confint_proportions_2indep

from helpers import two_groups


def test_the_score_interval_holds_the_ratios_its_test_keeps():
    for counts in [(5, 23, 20, 81), (15, 21, 60, 78), (1, 30, 5, 94), (2, 29, 18, 92)]:
        theirs = confint_proportions_2indep(*counts, method="score", compare="ratio", correction=False)
        assert two_groups._score_interval(*counts) == pytest.approx(theirs, rel=1e-6)


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_score_interval_holds_the_observed_ratio(n_1, n_2, data):
    count_1, count_2 = data.draw(st.integers(0, n_1)), data.draw(st.integers(0, n_2))
    if count_1 + count_2 == 0:
        return
    low, high = two_groups._score_interval(count_1, n_1, count_2, n_2)
    ratio = np.inf if count_2 == 0 else count_1 / n_1 / (count_2 / n_2)
    assert 0 <= low <= ratio <= high
    assert two_groups._score_interval(count_2, n_2, count_1, n_1) == pytest.approx(
        (1 / high if high else np.inf, 1 / low if low else np.inf), rel=1e-4
    )


@pytest.mark.parametrize(("n_1", "p_1", "n_2", "p_2"), [(20, 0.2, 40, 0.25), (21, 0.7, 30, 0.75), (12, 0.9, 15, 0.95)])
def test_the_score_interval_covers_by_enumeration(n_1, p_1, n_2, p_2):
    covered = 0
    for a in range(n_1 + 1):
        for b in range(n_2 + 1):
            weight = stats.binom.pmf(a, n_1, p_1) * stats.binom.pmf(b, n_2, p_2)
            if a + b and weight > 1e-6:  # the rest adds up to less than 0.3%
                low, high = two_groups._score_interval(a, n_1, b, n_2)
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
    assert two_groups.risk_ratio(first, second)[3] == pytest.approx(2 * min(tails), abs=2e-3)


def test_a_zero_count_leaves_that_side_open():
    ratio, low, high, *_ = two_groups.risk_ratio(np.zeros(20), np.repeat([1, 0], [5, 15]))
    assert (ratio, low) == (0, 0)
    assert 0 < high < 2
    ratio, low, high, *_ = two_groups.risk_ratio(np.repeat([1, 0], [5, 15]), np.zeros(20))
    assert (ratio, high) == (np.inf, np.inf)
    assert low > 0.5


numbers = st.lists(st.integers(0, 8), min_size=3, max_size=12)


@given(numbers, numbers)
def test_brunner_munzel_equals_scipy(first, second):
    first, second = np.array(first, float), np.array(second, float)
    counts, margins = two_groups.cross_tabulate(first, second)
    with np.errstate(all="ignore"):
        theirs = stats.brunnermunzel(second, first, distribution="normal").statistic
    if np.isfinite(theirs):
        assert two_groups._brunner_munzel(counts, margins) == pytest.approx(theirs)


@given(numbers, numbers)
def test_cliffs_delta_by_counting_pairs(first, second):
    by_hand = np.mean([np.sign(a - b) for a in first for b in second])
    assert two_groups.cliffs_delta(np.array(first, float), np.array(second, float)).effect == pytest.approx(by_hand)


def test_the_permutation_test_by_enumeration():
    first, second = np.array([1.0, 2, 2, 5]), np.array([3.0, 4, 6, 6, 7])
    pooled, reached = np.concatenate([first, second]), []
    for chosen in combinations(range(9), 4):
        mask = np.isin(np.arange(9), chosen)
        with np.errstate(divide="ignore"):
            reached.append(-stats.brunnermunzel(pooled[mask], pooled[~mask], distribution="normal").statistic)
    observed, reached = -stats.brunnermunzel(first, second).statistic, np.array(reached)
    tails = np.mean(reached <= observed + 1e-9), np.mean(reached >= observed - 1e-9)
    found = two_groups.cliffs_delta(first, second)
    assert found[3:] == (pytest.approx(2 * min(tails), abs=1e-9), "Brunner-Munzel, all permutations")


def test_groups_that_do_not_overlap_give_a_delta_of_one():
    delta, low, high, p_value, _ = two_groups.cliffs_delta(np.array([5.0, 6, 7, 8]), np.array([1.0, 2, 3, 4]))
    assert delta == 1
    assert np.isnan([low, high]).all()
    assert p_value == pytest.approx(2 / 70)


def test_whole_days_by_enumeration():
    """Three days of two incidents each, on one of which both fell on the embassy: three ways to place that day.

    The observed way and one other lie farthest from what is expected.
    """
    values = np.array([9.0, 8, 1, 2, 3, 4])
    embassy = np.array([True, True, False, False, False, False])
    days = np.array([1, 1, 2, 2, 3, 3])
    assert two_groups.permute_days(values, embassy, days) == pytest.approx(2 / 3, abs=0.02)
    # As single incidents the same data would look far stronger: two of fifteen pairs lie as far out.
    apart = two_groups.permute_days(values, embassy, np.arange(6))
    assert apart == pytest.approx(2 / 15, abs=0.02)


def test_drawn_permutations_agree_with_scipys():
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 40, 25).astype(float), rng.integers(4, 44, 60).astype(float)

    def statistic(x, y, axis):
        return stats.brunnermunzel(x, y, axis=axis).statistic

    theirs = stats.permutation_test((first, second), statistic, vectorized=True, n_resamples=1999, rng=rng)
    *_, p_value, test = two_groups.cliffs_delta(first, second)
    assert test == "Brunner-Munzel, 9,999 permutations"
    assert p_value == pytest.approx(theirs.pvalue, abs=0.02)


@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.data())
def test_label_tables_are_all_tables_with_their_probabilities(margins, data):
    margins = np.array(margins)
    n_first = data.draw(st.integers(1, int(margins.sum()) - 1))
    observed = np.bincount(np.repeat(np.arange(len(margins)), margins)[:n_first], minlength=len(margins))
    counts, weights, which = two_groups._label_tables(observed, margins)
    law = stats.multivariate_hypergeom(margins, n_first)
    assert which == "all permutations"
    assert weights == pytest.approx([law.pmf(row) for row in counts])
    assert weights.sum() == pytest.approx(1)
    assert len(np.unique(counts, axis=0)) == len(counts)


def test_fisher_freeman_halton_by_permuting_every_label():
    words, n_first = np.array(list("aaabbcdd")), 3
    first, second = np.array(list("abb")), np.array(list("aacdd"))
    kinds, margins = np.unique(words, return_counts=True)
    observed = stats.multivariate_hypergeom(margins, n_first).pmf([(first == kind).sum() for kind in kinds])
    unlikely = []
    for chosen in combinations(range(len(words)), n_first):
        drawn = [(words[list(chosen)] == kind).sum() for kind in kinds]
        unlikely.append(stats.multivariate_hypergeom(margins, n_first).pmf(drawn) <= observed + 1e-12)
    *_, p_value, test = two_groups.cramers_v(first, second)
    assert (p_value, test) == (pytest.approx(np.mean(unlikely)), "Fisher-Freeman-Halton, all permutations")


def test_fisher_freeman_halton_agrees_with_scipy():
    table = np.array([[27, 2, 1, 0], [71, 18, 2, 3]])
    groups = [np.repeat(list("abcd"), row) for row in table]
    sampled = stats.fisher_exact(table, method=stats.MonteCarloMethod(9999, rng=np.random.default_rng(1)))
    assert two_groups.cramers_v(*groups)[3] == pytest.approx(sampled.pvalue, abs=0.015)
    two = [np.repeat(list("ab"), row) for row in ([9, 3], [4, 11])]
    assert two_groups.cramers_v(*two)[3] == pytest.approx(stats.fisher_exact([[9, 3], [4, 11]]).pvalue)


def test_many_tables_are_drawn(monkeypatch):
    groups = [np.repeat(list("abcd"), row) for row in ([9, 5, 2, 4], [4, 11, 6, 3])]
    exact = two_groups.cramers_v(*groups)
    monkeypatch.setattr(two_groups, "_MOST_TABLES", 10)
    drawn = two_groups.cramers_v(*groups)
    assert drawn[4] == "Fisher-Freeman-Halton, 9,999 permutations"
    assert drawn[3] == pytest.approx(exact[3], abs=0.02)


def test_the_interval_of_v_by_mixing_central_chi_squares():
    table = np.array([[12, 4, 4], [10, 20, 16]])
    groups = [np.repeat(list("abc"), row) for row in table]
    statistic, freedom = stats.chi2_contingency(table, correction=False)[0::2][0], 2
    v, low, high, *_ = two_groups.cramers_v(*groups)
    assert v == pytest.approx(np.sqrt((statistic - freedom) / table.sum()))
    k = np.arange(400)
    for end, share in ((low, 0.975), (high, 0.025)):
        weights = stats.poisson.pmf(k, end**2 * table.sum() / 2)
        assert weights @ stats.chi2.cdf(statistic, freedom + 2 * k) == pytest.approx(share, abs=1e-6)


def test_mixes_more_alike_than_chance_have_no_effect():
    v, low, high, p_value, _ = two_groups.cramers_v(np.repeat(list("abc"), 10), np.repeat(list("abc"), 30))
    assert (v, low, high, p_value) == (0, 0, 0, pytest.approx(1))


def test_above_a_thousand_rows_the_tests_say_what_they_are():
    rng = np.random.default_rng(5)
    yes = [rng.binomial(1, 0.3, 600).astype(float) for _ in range(2)]
    found = two_groups.risk_ratio(*yes)
    counts = [[sum(group == value) for group in yes] for value in (1, 0)]
    assert found[3:] == (pytest.approx(stats.fisher_exact(counts).pvalue), "Fisher, over 1,000 rows")
    amounts = [rng.poisson(3, 600).astype(float) for _ in range(2)]
    found = two_groups.cliffs_delta(*amounts)
    assert found[3:] == (
        pytest.approx(stats.brunnermunzel(*amounts).pvalue), "Brunner-Munzel, asymptotic over 1,000 rows"
    )  # fmt: skip
    words = [rng.choice(list("abc"), 600) for _ in range(2)]
    counts = [[(group == word).sum() for word in "abc"] for group in words]
    assert two_groups.cramers_v(*words)[3:] == (
        pytest.approx(stats.chi2_contingency(counts).pvalue), "chi-squared, over 1,000 rows"
    )  # fmt: skip


def test_whole_days_of_words_by_enumeration():
    values, days = np.array(list("aabbab")), np.repeat([1, 2, 3], 2)
    embassy = np.array([True, True, False, False, False, False])
    apart = []
    for day in (1, 2, 3):
        counts = [[((days == day) == side)[values == word].sum() for word in "ab"] for side in (True, False)]
        apart.append(stats.chi2_contingency(counts, correction=False).statistic)
    expected = np.mean(np.array(apart) >= apart[0] - 1e-9)
    assert two_groups.permute_days(values, embassy, days) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("kind", ["numbers", "words"])
def test_the_limit_of_whole_days_agrees_with_their_permutations(kind, monkeypatch):
    rng = np.random.default_rng(8)
    days = np.sort(rng.integers(200, size=400))
    in_first = rng.random(400) < 0.3
    values = rng.poisson(3, 400) + in_first * rng.integers(0, 2, 400)
    values = values.astype(float) if kind == "numbers" else np.array(list("abc"))[values % 3]
    permuted = two_groups.permute_days(values, in_first, days)
    monkeypatch.setattr(two_groups, "EXACT_UP_TO", 100)
    assert two_groups.permute_days(values, in_first, days) == pytest.approx(permuted, abs=0.02)


def test_days_that_cannot_be_exchanged_tell_nothing(monkeypatch):
    values, in_first, days = np.array([1.0, 2, 3]), np.array([True, True, False]), np.array([1, 1, 2])
    assert two_groups.permute_days(values, in_first, days) == 1
    monkeypatch.setattr(two_groups, "EXACT_UP_TO", 2)
    assert two_groups.permute_days(values, in_first, days) == 1


def test_a_day_that_holds_both_groups_tells_whatever_its_order():
    """The first group always larger than the second of its day: strong evidence, in any order of rows."""
    days = np.repeat(np.arange(12), 2)
    values, in_first = np.tile([2.0, 1.0], 12) + 10 * days, np.tile([True, False], 12)
    turned = np.arange(24).reshape(12, 2)
    turned[::2] = turned[::2, ::-1]
    for rows in (np.arange(24), turned.ravel(), np.random.default_rng(1).permutation(24)):
        assert two_groups.permute_days(values[rows], in_first[rows], days[rows]) == pytest.approx(1 / 2**11, abs=0.001)


def endometrial():
    """79 cases of endometrial cancer, as Heinze and Schemper (2002) analysed them: constant, NV, PI, EH; HG."""
    rows = np.loadtxt(Path(__file__).with_name("endometrial.csv"), delimiter=",", skiprows=1, encoding="utf-8")
    return np.column_stack([np.ones(len(rows)), rows[:, :3]]), rows[:, 3]


def test_firth_gives_the_published_estimates_and_intervals():
    found = two_groups.firth_intervals(*endometrial())
    # As the R package logistf 1.24 gives them, to the digits it prints.
    assert found["coefficient"].to_numpy() == pytest.approx(
        [3.77455951, 2.92927330, -0.03475175, -2.60416387], rel=1e-6
    )
    assert found["ci_low"].to_numpy() == pytest.approx([1.0825371, 0.6097244, -0.1244587, -4.3651832], rel=1e-5)
    assert found["ci_high"].to_numpy() == pytest.approx([7.20928050, 7.85463171, 0.04045547, -1.23272106], rel=1e-5)


def test_firth_is_the_top_of_the_penalised_likelihood():
    design, outcome = endometrial()

    def short(beta):
        line = design @ beta
        chance = 1 / (1 + np.exp(-line))
        information = design.T @ (design * (chance * (1 - chance))[:, None])
        return -(outcome @ line - np.log1p(np.exp(line)).sum() + np.linalg.slogdet(information)[1] / 2)

    found = optimize.minimize(short, np.zeros(4), method="Nelder-Mead", options={"maxiter": 9000, "fatol": 1e-10})
    coefficients, top = two_groups._firth(design, outcome)
    assert top == pytest.approx(-found.fun, abs=1e-6)
    assert coefficients == pytest.approx(found.x, abs=1e-3)


@given(st.tuples(*[st.integers(0, 9)] * 4).filter(lambda n: n[0] + n[1] and n[2] + n[3]))
def test_firth_adds_one_half_to_each_cell(cells):
    a, b, c, d = cells
    side, outcome = np.repeat([1, 1, 0, 0], cells), np.repeat([1, 0, 1, 0], cells)
    coefficients, _ = two_groups._firth(np.column_stack([np.ones(len(side)), side]), outcome.astype(float))
    assert coefficients[1] == pytest.approx(np.log((a + 0.5) * (d + 0.5) / (b + 0.5) / (c + 0.5)), abs=1e-6)


def test_wald_intervals_above_a_thousand_rows_are_near_the_profile(monkeypatch):
    rng = np.random.default_rng(2)
    design = np.column_stack([np.ones(1200), rng.normal(size=1200)])
    outcome = (rng.random(1200) < 1 / (1 + np.exp(-0.5 * design[:, 1]))).astype(float)
    wald = two_groups.firth_intervals(design, outcome)
    monkeypatch.setattr(two_groups, "EXACT_UP_TO", 5000)
    ends = ["ci_low", "ci_high"]
    assert wald[ends].to_numpy() == pytest.approx(
        two_groups.firth_intervals(design, outcome)[ends].to_numpy(), abs=0.01
    )


def test_separation_is_seen():
    design = np.array([[1.0, 3], [2, 1], [3, 2], [6, 5], [7, 4], [5, 6]])
    assert two_groups.is_separable(design, np.array([0, 0, 0, 1, 1, 1]))
    assert not two_groups.is_separable(design, np.array([0, 1, 0, 1, 0, 1]))


def test_p_is_uniform_where_nothing_differs():
    """Four against five values without ties, every labelling compared: p is at most any level as often as it says."""
    values = np.arange(9.0)
    p_values = []
    for chosen in combinations(range(9), 4):
        mask = np.isin(np.arange(9), chosen)
        p_values.append(two_groups.cliffs_delta(values[mask], values[~mask]).p_value)
    p_values = np.array(p_values)
    for p_value in p_values:
        assert p_value - 0.06 <= np.mean(p_values <= p_value + 1e-9) <= p_value + 1e-9


def test_a_planted_difference_is_covered():
    rng, covered = np.random.default_rng(11), []
    truth = 2 * stats.norm.cdf(0.8 / np.sqrt(2)) - 1
    for _ in range(250):
        _, low, high, *_ = two_groups.cliffs_delta(rng.normal(0.8, 1, 8), rng.normal(size=7))
        covered.append(low <= truth <= high)
    assert 0.9 <= np.mean(covered) <= 0.985


def test_boschloos_test_of_shares_holds_its_level_by_enumeration():
    """Every pair of counts of seven and nine, at every common share: never more rejections than the level."""
    shares, rejections = np.linspace(0.02, 0.98, 49), np.zeros(49)
    for a, b in product(range(8), range(10)):
        groups = np.repeat([1, 0], [a, 7 - a]), np.repeat([1, 0], [b, 9 - b])
        if two_groups.risk_ratio(*groups).p_value <= 0.05:
            rejections += stats.binom.pmf(a, 7, shares) * stats.binom.pmf(b, 9, shares)
    assert 0.03 < rejections.max() <= 0.05
