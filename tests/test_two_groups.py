"""Statistics of two groups, each against a second route."""

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import StratifiedTable
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


# --- labels permuted within strata -----------------------------------------------------------------------------------


def labellings(in_first, strata):
    """Every way to give the labels of each stratum to its rows."""
    rows = [np.flatnonzero(strata == stratum) for stratum in np.unique(strata)]
    for chosen in product(*(combinations(members, int(in_first[members].sum())) for members in rows)):
        yield np.isin(np.arange(len(strata)), np.concatenate(chosen).astype(int))


def by_hand(values, in_first, strata):
    """The statistic of Landis, Heyman and Koch, stratum by stratum from its definition."""
    known = np.array([value is not None and value == value for value in values])
    kinds = None if values.dtype.kind == "f" else sorted(set(values[known]))
    ranks = np.full(len(values), np.nan)
    if kinds is None:
        ranks[known] = stats.rankdata(values[known])
    total, spread = 0, 0
    for stratum in np.unique(strata):
        rows = known & (strata == stratum)
        n, n_first = rows.sum(), (rows & in_first).sum()
        if n < 2:
            continue
        # All but one of the words: the last follows from the others.
        scores = ranks[rows][:, None] if kinds is None else np.equal.outer(values[rows], kinds[:-1]).astype(float)
        total = total + scores[in_first[rows]].sum(0) - n_first * scores.mean(0)
        spread = spread + n_first * (n - n_first) / n * np.cov(scores.T).reshape(scores.shape[1], -1)
    return float(total @ np.linalg.pinv(np.atleast_2d(spread)) @ total) if np.ndim(total) else 0.0


SMALL = {
    "shares": np.array([1.0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0]),
    "amounts with silence": np.array([5.0, np.nan, 3, 3, 1, np.nan, 7, 2, 4, 9, 1]),
    "words with silence": np.array(["a", "b", None, "a", "c", "b", "a", "c", "c", "a", None], dtype=object),
}
YEARS = np.repeat([2020, 2021, 2022], [4, 5, 2])
FIRST = np.isin(np.arange(11), [0, 2, 5, 6, 9])


@pytest.mark.parametrize("seed", [1, 10])
def test_labels_within_strata_by_trying_every_labelling(seed):
    """Raw and adjusted p-values, by plain loops over all 5C2 x 5C2 ways to give out the labels."""
    rng, years, first = np.random.default_rng(seed), np.repeat([2020, 2021], 5), np.isin(np.arange(10), [0, 2, 5, 6])
    amounts = rng.permutation(10).astype(float)
    more = np.where(np.arange(10) == 3, np.nan, amounts + rng.permutation(10) / 3)
    words = np.array(list("aabbcabcab"), dtype=object)[rng.permutation(10)]
    words[7] = None
    measures, ways = [amounts, more, words], list(labellings(first, years))
    assert len(ways) == 100
    table = np.array([[by_hand(values, way, years) for values in measures] for way in [first, *ways]]).round(8)
    reached = np.array([[(table[1:, k] >= row[k]).mean() for k in range(3)] for row in table])
    p_values, adjusted = reached[0], np.zeros(3)
    order = np.argsort(p_values)
    for step, k in enumerate(order):
        share = np.mean([min(row[j] for j in order[step:]) <= p_values[k] for row in reached[1:]])
        adjusted[k] = max(share, adjusted[order[step - 1]] if step else 0)
    found = two_groups.permute_within_strata(measures, first, years)
    assert found[0] == pytest.approx(p_values, abs=0.015)
    assert found[1] == pytest.approx(adjusted, abs=0.015)


@pytest.mark.parametrize("name", SMALL)
def test_the_statistic_within_strata_from_its_definition(name):
    scores, known = two_groups._centred_scores(SMALL[name], YEARS)
    labels = np.array([FIRST, *list(labellings(FIRST, YEARS))[::17]], dtype=float)
    found = two_groups._mantel_haenszel(labels, scores, known, YEARS)
    assert found == pytest.approx([by_hand(SMALL[name], row.astype(bool), YEARS) for row in labels])


def test_two_shares_within_strata_are_those_of_cochran_mantel_and_haenszel():
    rng = np.random.default_rng(3)
    strata, in_first = rng.integers(4, size=150), rng.random(150) < 0.3
    values = (rng.random(150) < 0.3 + 0.1 * strata + 0.15 * in_first).astype(float)
    cells = [[[np.sum((values == value) & (in_first == side) & (strata == stratum)) for value in (1, 0)]
              for side in (True, False)] for stratum in range(4)]  # fmt: skip
    theirs = StratifiedTable(np.array(cells, dtype=float).transpose(1, 2, 0)).test_null_odds(correction=False)
    scores, known = two_groups._centred_scores(values, strata)
    assert two_groups._mantel_haenszel(in_first[None].astype(float), scores, known, strata) == pytest.approx(
        theirs.statistic
    )
    (p_value,), (adjusted,) = two_groups.permute_within_strata([values], in_first, strata)
    assert p_value == pytest.approx(theirs.pvalue, abs=0.02)
    assert adjusted == p_value


def test_one_stratum_of_ranks_is_wilcoxons_test():
    first, second = np.arange(9.0) + 0.5, np.arange(12.0) + 3
    in_first = np.repeat([True, False], [9, 12])
    (p_value,), _ = two_groups.permute_within_strata([np.append(first, second)], in_first, np.zeros(21))
    assert p_value == pytest.approx(stats.mannwhitneyu(first, second, method="exact").pvalue, abs=0.015)


def test_several_numbers_together_are_a_regression_of_the_labels():
    """In one stratum the statistic is n - 1 times the share of the labels' variance that the numbers explain."""
    rng = np.random.default_rng(6)
    values, in_first = rng.normal(size=(40, 3)), rng.random(40) < 0.4
    values[3, 1] = np.nan
    scores, known = two_groups._centred_scores(values, np.zeros(40))
    found = two_groups._mantel_haenszel(in_first[None].astype(float), scores, known, np.zeros(40))
    outcome = in_first[known] - in_first[known].mean()
    rest = np.linalg.lstsq(values[known] - values[known].mean(0), outcome)[1][0]
    assert known.sum() == 39
    assert found == pytest.approx(38 * (1 - rest / (outcome @ outcome)))
    (p_value,), _ = two_groups.permute_within_strata([values], in_first, np.zeros(40))
    assert p_value == pytest.approx(stats.chi2.sf(found[0], 3), abs=0.03)


def test_step_down_by_plain_loops():
    statistics = np.random.default_rng(5).integers(0, 30, (80, 5)).astype(float)
    statistics[0] = [29, 27, 12, 27, 3]
    raw = np.array([[np.mean(statistics[:, k] >= row[k]) for k in range(5)] for row in statistics])
    order, found = np.argsort(raw[0], kind="stable"), two_groups._step_down(statistics)
    expected = [np.mean(raw[:, order[step:]].min(1) <= raw[0, k]) for step, k in enumerate(order)]
    assert found[0].tolist() == raw[0].tolist()
    assert found[1][order].tolist() == np.maximum.accumulate(expected).tolist()
    assert (found[1] >= found[0]).all()


def test_p_within_strata_is_uniform_where_only_the_strata_differ():
    """Years of another mix and another size of salvo: the free test rejects far too often, the other at its level."""
    rng, within, free = np.random.default_rng(9), [], []
    years = np.repeat([2020, 2021, 2022], [30, 30, 20])
    for _ in range(200):
        in_first = rng.random(80) < np.array([0.6, 0.2, 0.05])[years - 2020]
        values = rng.poisson(np.array([6, 3, 2])[years - 2020]).astype(float)
        silent = np.where(rng.random((2, 80)) < 0.2 + 0.2 * in_first, np.nan, [values, values[::-1]])
        within.append(two_groups.permute_within_strata(list(silent), in_first, years, n_resamples=199))
        free.append(stats.mannwhitneyu(values[in_first], values[~in_first]).pvalue)
    raw, adjusted = np.array(within).transpose(1, 0, 2)
    assert np.mean(np.array(free) <= 0.05) > 0.5
    for level in (0.05, 0.2, 0.5):
        allowed = 3 * np.sqrt(level * (1 - level) / 400)
        assert np.mean(raw <= level) == pytest.approx(level, abs=allowed)
    assert np.mean(adjusted.min(1) <= 0.05) == pytest.approx(0.05, abs=0.045)


@pytest.mark.parametrize("by_day", [False, True])
def test_the_limit_within_strata_agrees_with_its_draws(by_day, monkeypatch):
    rng = np.random.default_rng(8)
    days = np.sort(rng.integers(240, size=400))
    years, in_first = days // 60, rng.random(400) < 0.1 + 0.1 * (days // 60)
    amounts = rng.poisson(3, 400) + in_first * rng.integers(0, 2, 400) + years.astype(float)
    words = np.array(list("abc"), dtype=object)[(amounts.astype(int) + rng.integers(0, 2, 400)) % 3]
    words[::9] = None
    given = ([amounts, words, amounts[::-1].copy()], in_first, years, days if by_day else None)
    drawn = two_groups.permute_within_strata(*given)
    monkeypatch.setattr(two_groups, "EXACT_UP_TO", 100)
    assert np.array(two_groups.permute_within_strata(*given)) == pytest.approx(np.array(drawn), abs=0.03)


def test_whole_days_within_strata_by_enumeration():
    """Two years of three days of two: one day a year is the first group's, nine ways to place both."""
    values = np.array([9.0, 8, 1, 2, 3, 4, 7, 9, 5, 6, 1, 1])
    days, in_first = np.repeat(np.arange(6), 2), np.isin(np.arange(12) // 2, [0, 3])
    years = days // 3
    ways = [np.isin(days, pair) for pair in product([0, 1, 2], [3, 4, 5])]
    reached = np.array([by_hand(values, way, years) for way in ways])
    expected = np.mean(reached >= by_hand(values, in_first, years) - 1e-9)
    (p_value,), _ = two_groups.permute_within_strata([values], in_first, years, days)
    assert p_value == pytest.approx(expected, abs=0.015)


def test_what_varies_in_no_stratum_of_both_groups_is_missing():
    years, in_first = np.array([1, 1, 1, 2, 2]), np.array([True, False, False, True, True])
    constant, elsewhere, silent = np.full(5, 0.1), np.array([0.3, 0.3, 0.3, 1, 2]), np.full(5, np.nan)
    found = two_groups.permute_within_strata([constant, elsewhere, silent, np.arange(5.0)], in_first, years)
    assert np.isnan(found).all(axis=0).tolist() == [True, True, True, False]
    assert np.isnan(two_groups.permute_within_strata([np.arange(5.0)], in_first, np.arange(5))).all()
    assert two_groups.permute_within_strata([], in_first, years)[0].shape == (0,)


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


@pytest.mark.parametrize("change", [
    {"measures": np.arange(4.0)}, {"in_first": np.array(list("aabb"))}, {"in_first": np.array([True, False])},
    {"strata": np.array([1])}, {"measures": [np.arange(3.0)]}, {"n_resamples": 0},
])  # fmt: skip
def test_labels_within_strata_need_one_value_a_row(change):
    asked = {"measures": [np.arange(4.0)], "in_first": np.array([True, False] * 2), "strata": np.array([1, 1, 2, 2])}
    with pytest.raises(ValueError, match="must have one value a row"):
        two_groups.permute_within_strata(**(asked | change))
