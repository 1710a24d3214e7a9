"""Two groups of numbers or words: effect sizes, intervals and exact tests, and a logistic regression that stays finite.

Everything here takes and returns arrays; :mod:`helpers.comparison` says what the numbers mean.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, special, stats
from statsmodels.stats.nonparametric import rank_compare_2indep

EXACT_UP_TO = 1000  # rows
N_RESAMPLES = 9999
LEVEL = 0.95
_MOST_TABLES = 200_000  # enumerated; where there are more, some are drawn
_SEED = 20200103
_MAX_STEPS = 500
_COEFFICIENTS = ["coefficient", "ci_low", "ci_high", "p_value"]


class Effect(NamedTuple):
    """How two groups differ.

    Attributes
    ----------
    effect, ci_low, ci_high : float
        The effect and its 95% interval.
    p_value : float
    test : str
        What gave the p-value.
    """

    effect: float
    ci_low: float
    ci_high: float
    p_value: float
    test: str


def risk_ratio(first: np.ndarray, second: np.ndarray) -> Effect:
    """The ratio of two shares, its score interval and an exact p-value.

    Parameters
    ----------
    first, second : ndarray of 0 and 1
        With all 0 in both, there is no effect: it is missing.

    Returns
    -------
    Effect
        The interval holds the ratios that the score test keeps (Koopman 1984; Miettinen and Nurminen 1985); the test
        is Boschloo's unconditional exact one (1970), or Fisher's above 1,000 rows, where Boschloo's takes minutes.

    Examples
    --------
    >>> risk_ratio(np.array([1, 1, 1, 0]), np.array([1, 0, 0, 0])).effect
    3.0
    """
    yes, no = (first.sum(), second.sum()), (len(first) - first.sum(), len(second) - second.sum())
    exact = len(first) + len(second) <= EXACT_UP_TO
    p_value = (stats.boschloo_exact if exact else stats.fisher_exact)([yes, no]).pvalue
    interval = _score_interval(yes[0], len(first), yes[1], len(second))
    return Effect(
        share_ratio(first, second), *interval, p_value, "Boschloo, exact" if exact else "Fisher, over 1,000 rows"
    )


def share_ratio(first: np.ndarray, second: np.ndarray) -> float:
    """The ratio of two shares alone.

    Parameters
    ----------
    first, second : ndarray of 0 and 1

    Returns
    -------
    float
        Infinite where the second share is 0, missing where both are.

    See Also
    --------
    risk_ratio : With interval and test.

    Examples
    --------
    >>> share_ratio(np.array([1, 1]), np.array([1, 0]))
    2.0
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.divide(first.mean(), second.mean()))


# Without the factor n / (n - 1) of Miettinen and Nurminen. Written here because the routine of statsmodels 0.15 fails
# where every trial of a group succeeds: its restricted estimate leaves [0, 1].
def _score_interval(count_1, n_1, count_2, n_2):
    """The ratios of two proportions that the score test keeps; 0 and infinite ends where a count is 0."""
    critical = stats.chi2.ppf(LEVEL, 1)

    def excess(log_ratio):
        """Squared score statistic less its critical value, cleared of fractions; below zero where it is kept."""
        ratio = np.exp(log_ratio)
        a, b = (n_1 + n_2) * ratio, n_1 * ratio + count_1 + n_2 + count_2 * ratio
        second = 2 * (count_1 + count_2) / (b + np.sqrt(max(b * b - 4 * a * (count_1 + count_2), 0)))
        first = min(ratio * second, 1)
        spread = first * (1 - first) / n_1 + ratio**2 * second * (1 - second) / n_2
        return (count_1 / n_1 - ratio * count_2 / n_2) ** 2 - critical * spread

    reach = 20
    estimate = np.log(count_1 / n_1 / (count_2 / n_2)) if count_1 and count_2 else (reach if count_1 else -reach)
    low = np.exp(optimize.brentq(excess, -reach, estimate - 1e-6)) if count_1 else 0.0
    high = np.exp(optimize.brentq(excess, estimate + 1e-6, reach)) if count_2 else np.inf
    return low, high


# To permute labels is to draw a table of two rows with fixed margins; where values are tied, many permutations give one
# table, so that the tables are few enough to enumerate or cheap to draw.
def _label_tables(observed, margins):
    """First rows of all tables that labels can make, or of 9,999 draws and the observed; their weights; which it is."""
    n_first, after = int(observed.sum()), int(margins.sum())
    counts, left = np.zeros((1, 0), dtype=int), np.array([n_first])
    for margin in margins:
        after -= int(margin)
        low, high = np.maximum(left - after, 0), np.minimum(left, margin)
        times = high - low + 1
        if times.sum() > _MOST_TABLES:  # each of these beginnings can be completed, so there are no fewer tables
            draws = np.random.default_rng(_SEED).multivariate_hypergeometric(margins, n_first, N_RESAMPLES, "marginals")
            weights = np.full(N_RESAMPLES + 1, 1 / (N_RESAMPLES + 1))
            return np.vstack([draws, observed]), weights, f"{N_RESAMPLES:,} permutations"
        chosen = np.arange(times.sum()) + np.repeat(low - np.cumsum(times) + times, times)
        counts = np.column_stack([np.repeat(counts, times, axis=0), chosen])
        left = np.repeat(left, times) - chosen
    weights = np.exp(_log_chance(counts, margins) - _log_chance(np.array([n_first]), margins.sum()[None]))
    return counts, weights, "all permutations"


def _log_chance(counts, margins):
    """Log of the number of labellings that give each table."""
    return (special.gammaln(margins + 1) - special.gammaln(counts + 1) - special.gammaln(margins - counts + 1)).sum(-1)


def cross_tabulate(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts of each distinct value, values ascending: in the first group, and in both.

    Parameters
    ----------
    first, second : ndarray

    Returns
    -------
    counts, margins : ndarray of int, shape (k,)

    Examples
    --------
    >>> counts, margins = cross_tabulate(np.array(["a", "b"]), np.array(["b", "c"]))
    >>> counts.tolist(), margins.tolist()
    ([1, 1, 0], [1, 2, 1])
    """
    values, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    return np.bincount(codes[: len(first)], minlength=len(values)), np.bincount(codes)


def _brunner_munzel(counts, margins):
    """Brunner and Munzel's statistic of tables of tied values; very large, not infinite, where groups lie apart."""
    n, mean, spread = _placements(counts, margins - counts)
    m, _, other_spread = _placements(margins - counts, counts)
    return n * m * (mean / m - 0.5) / np.sqrt(np.maximum(spread + other_spread, 1e-12))


def _placements(counts, others):
    """Size of a group, mean of how many of the others lie below each of it, and its size times their variance."""
    n, below = counts.sum(-1), np.cumsum(others, -1) - others / 2
    mean = (counts * below).sum(-1) / n
    return n, mean, n * (counts * (below - mean[..., None]) ** 2).sum(-1) / (n - 1)


def cliffs_delta(first: np.ndarray, second: np.ndarray) -> Effect:
    """Cliff's delta, its interval and a p-value by permutation.

    Parameters
    ----------
    first, second : ndarray of float

    Returns
    -------
    Effect
        Delta: the probability that one of the first is larger, less the probability that it is smaller (Cliff 1993).
        The interval is that of Brunner and Munzel (2000); its ends are missing where the groups do not overlap. The
        test permutes the labels of their statistic (Neubert and Brunner 2007), enumerated or drawn 9,999 times with a
        fixed seed, both tails, the smaller doubled; above 1,000 rows it is asymptotic.

    Examples
    --------
    >>> result = cliffs_delta(np.array([1.0, 2, 5]), np.array([3.0, 4, 6]))
    >>> round(float(result.effect), 2), result.test
    (-0.56, 'Brunner-Munzel, all permutations')
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ranks = rank_compare_2indep(first, second)
        low, high = (2 * bound - 1 for bound in ranks.conf_int())
        p_value, test = ranks.test_prob_superior().pvalue, "asymptotic over 1,000 rows"
    low, high = (max(low, -1), min(high, 1)) if np.isfinite(ranks.statistic) else (np.nan, np.nan)
    if len(first) + len(second) <= EXACT_UP_TO:
        counts, margins = cross_tabulate(first, second)
        tables, weights, test = _label_tables(counts, margins)
        observed, reference = _brunner_munzel(counts, margins), _brunner_munzel(tables, margins)
        slack = 1e-9 * max(1, abs(observed))
        tails = [reference <= observed + slack, reference >= observed - slack]
        p_value = min(1, 2 * min(weights @ tail for tail in tails))
    return Effect(2 * ranks.prob1 - 1, low, high, p_value, f"Brunner-Munzel, {test}")


def cramers_v(first: np.ndarray, second: np.ndarray) -> Effect:
    """Cramér's V of a table of two rows, its interval and an exact p-value.

    Parameters
    ----------
    first, second : ndarray of str

    Returns
    -------
    Effect
        V less the part that chance alone would give it: zero is no difference, and large groups that share no value
        come near one. V and its interval read the table's chi-squared as noncentral (Steiger and Fouladi 1997;
        Smithson 2003); where the groups are more alike than chance would have them, both ends are zero. The test is
        Fisher, Freeman and Halton's exact one (1951): the probability of tables no likelier than the observed,
        enumerated or drawn; chi-squared above 1,000 rows.

    Examples
    --------
    >>> result = cramers_v(np.array(["a", "a", "a"]), np.array(["b", "b", "b"]))
    >>> round(float(result.effect), 2), round(float(result.p_value), 2)
    (0.91, 0.1)
    """
    counts, margins = cross_tabulate(first, second)
    n, freedom, statistic = len(first) + len(second), len(margins) - 1, chi_squared(counts, margins)
    # Under the ends of the interval the statistic lies just within the middle 95%.
    shares = np.array([(1 + LEVEL) / 2, (1 - LEVEL) / 2])
    ends = np.where(stats.chi2.cdf(statistic, freedom) > shares, special.chndtrinc(statistic, freedom, shares), 0)
    effect = (min(np.sqrt(value / n), 1) for value in (max(statistic - freedom, 0), *ends))
    if n > EXACT_UP_TO:
        return Effect(*effect, stats.chi2.sf(statistic, freedom), "chi-squared, over 1,000 rows")
    tables, weights, which = _label_tables(counts, margins)
    unlikely = _log_chance(tables, margins) <= _log_chance(counts, margins) + 1e-7
    return Effect(*effect, min(weights @ unlikely, 1.0), f"Fisher-Freeman-Halton, {which}")


def chi_squared(counts: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Pearson's statistic of tables of two rows.

    Parameters
    ----------
    counts : ndarray, shape (..., k)
        The first row of each table.
    margins : ndarray, shape (k,)
        The sum of its two rows.

    Returns
    -------
    ndarray, shape (...)

    Examples
    --------
    >>> float(chi_squared(np.array([3, 1]), np.array([4, 4])))
    2.0
    """
    expected = margins * counts.sum(-1, keepdims=True) / margins.sum()
    return ((counts - expected) ** 2 / (expected * (1 - expected / margins))).sum(-1)


def rank_delta(first: np.ndarray, second: np.ndarray) -> float:
    """Cliff's delta alone, exact where groups are balanced; values may be infinite.

    Parameters
    ----------
    first, second : ndarray of float

    Returns
    -------
    float

    See Also
    --------
    cliffs_delta : With interval and test.

    Examples
    --------
    >>> float(rank_delta(np.array([1.0, 9]), np.array([0.0, np.inf])))
    0.0
    """
    return 2 * stats.mannwhitneyu(first, second, method="asymptotic").statistic / (len(first) * len(second)) - 1


def permute_days(values: np.ndarray, in_first: np.ndarray, days: np.ndarray, n_resamples: int = N_RESAMPLES) -> float:
    """A p-value for the difference of two groups that permutes whole days.

    Attacks of one day may be one decision, so how many incidents of a day are the first group's is exchanged with
    other days that have as many incidents; which of a day's incidents these are is drawn anew. This supposes that,
    where the groups do not differ, days of one size are alike, and so are the incidents of one day.

    Parameters
    ----------
    values : ndarray of float or str, shape (n,)
    in_first : ndarray of bool, shape (n,)
    days : ndarray, shape (n,)
    n_resamples : int

    Returns
    -------
    float
        Share of permutations, the observed one included, whose groups differ by at least as much: in mean rank for
        numbers, in chi-squared for words. Fixed seed. Above 1,000 rows by the normal limit of the permutations, whose
        mean and covariance are known (Hoeffding 1951).

    Examples
    --------
    >>> values, in_first = np.array([1.0, 2, 3, 4]), np.array([True, True, False, False])
    >>> permute_days(values, in_first, days=np.array([1, 1, 2, 2]))  # two days alone can be exchanged
    1.0
    """
    scores, in_first = _scores(values), in_first.astype(float)
    blocks = _exchangeable_days(days, np.zeros(len(days)))
    expected = sum(in_first[members].mean() * scores[members].sum((0, 1)) for members in blocks)
    observed = in_first @ scores - expected
    if len(values) > EXACT_UP_TO:
        return _normal_limit(observed, scores, in_first, blocks)
    rng, sums = np.random.default_rng(_SEED), np.zeros((n_resamples, scores.shape[1]))
    for members in blocks:
        if members.shape[1] == 1:  # incidents alone on their day: permuting labels is drawing from the values
            distinct, margins = np.unique(scores[members[:, 0]], axis=0, return_counts=True)
            sums += rng.multivariate_hypergeometric(margins, int(in_first[members].sum()), n_resamples) @ distinct
            continue
        labels = _draw_labels(rng, in_first, members, n_resamples)
        sums += labels.reshape(n_resamples, -1) @ scores[members].reshape(-1, scores.shape[1])
    distance = ((sums - expected) ** 2).sum(1)
    return float((1 + np.sum(distance >= observed @ observed - 1e-9)) / (1 + n_resamples))


def _exchangeable_days(days, strata):
    """Rows of the days of each stratum and size, shape (days, size): whole days that can be exchanged."""
    order = np.lexsort((days, strata))
    pairs = np.column_stack([np.unique(column, return_inverse=True)[1] for column in (strata, days)])[order]
    _, starts, sizes = np.unique(pairs, axis=0, return_index=True, return_counts=True)
    kinds, kind = np.unique(np.column_stack([pairs[starts, 0], sizes]), axis=0, return_inverse=True)
    return [order[starts[kind.ravel() == n][:, None] + np.arange(size)] for n, (_, size) in enumerate(kinds)]


def _draw_labels(rng, in_first, members, n_resamples):
    """Who is of the first group, shape (draws, days, size): numbers exchanged between days, drawn anew within each."""
    numbers = np.broadcast_to(in_first[members].sum(1), (n_resamples, len(members)))
    alone = members.shape[1] == 1
    place = 0 if alone else rng.random((n_resamples, *members.shape)).argsort(axis=-1).argsort(axis=-1)
    return place < rng.permuted(numbers, axis=1)[:, :, None]


def _scores(values):
    """What is added up over a group: ranks of numbers; of words, indicators whose squares add up to chi-squared."""
    if values.ndim == 2:
        return values
    if values.dtype.kind in "biuf":
        return stats.rankdata(values)[:, None]
    _, codes, margins = np.unique(values.astype("str"), return_inverse=True, return_counts=True)
    return np.eye(len(margins))[codes] / np.sqrt(margins)


def _normal_limit(observed, scores, in_first, blocks):
    """The p-value of the observed sums when the permutations' are normal."""
    covariance = _covariance(scores, in_first, blocks)
    rank = np.linalg.matrix_rank(covariance, hermitian=True)
    if not rank:
        return 1.0
    return float(stats.chi2.sf(observed @ np.linalg.pinv(covariance, hermitian=True) @ observed, rank))


def _covariance(scores, in_first, blocks):
    """Covariance, over all permutations of whole days, of what the first group's scores add up to (Hoeffding 1951)."""
    covariance = np.zeros((scores.shape[1], scores.shape[1]))
    for members in blocks:
        n_days, size = members.shape
        numbers, totals = in_first[members].sum(1), scores[members].sum(1)
        if n_days > 1:  # how many of a day are the first group's
            covariance += numbers.var(ddof=1) / size**2 * (totals - totals.mean(0)).T @ (totals - totals.mean(0))
        if size > 1:  # which of them they are
            within = (scores[members] - totals[:, None] / size).reshape(-1, scores.shape[1])
            covariance += (numbers * (size - numbers)).mean() / (size * (size - 1)) * within.T @ within
    return covariance


def permute_within_strata(
    measures: Sequence[np.ndarray],
    in_first: np.ndarray,
    strata: np.ndarray,
    days: np.ndarray | None = None,
    n_resamples: int = N_RESAMPLES,
) -> tuple[np.ndarray, np.ndarray]:
    """P-values of several measures of two groups whose labels are permuted within strata alone, such as years.

    What differs only since the strata differ, and the groups are not spread over them alike, is no difference here.

    Parameters
    ----------
    measures : sequence of ndarray of float or object, each of shape (n,) or (n, k)
        Numbers or words, or several numbers that are tested together as they are. What is missing is NaN or None and
        keeps its place; a row of several is missing where one of them is.
    in_first : ndarray of bool, shape (n,)
    strata : ndarray, shape (n,)
    days : ndarray, shape (n,), optional
        Permute whole days, as :func:`permute_days` does, within strata. By default each row by itself.
    n_resamples : int

    Returns
    -------
    p_values, adjusted : ndarray of float, shape (len(measures),)
        Missing where no stratum with both groups holds two different values of a measure.

    Raises
    ------
    ValueError
        For measures, labels and strata of other lengths, labels that are not true or false, and no draws.

    Notes
    -----
    The statistic of each measure is that of Mantel and Haenszel, generalised by Landis, Heyman and Koch (1978): of
    shares and of ranks, the squared sum over strata of what the first group has above its stratum's mean, over its
    variance; of words, the same for all their counts together. For two shares it is the chi-squared of Cochran, Mantel
    and Haenszel, without correction. Large values either way count, so the tests are two-sided.

    All measures share the draws of labels, with a fixed seed. A p-value is the share of draws, the observed one
    included, with a statistic as large; of 9,999 draws its Monte Carlo error is at most 0.005, and 0.002 near 0.05.
    ``adjusted`` is their step-down minimum over the measures (Westfall and Young 1993; Ge, Dudoit and Speed 2003),
    which keeps the chance of any false difference at its level and takes account of how measures go together. Above
    1,000 rows the statistics are drawn from the normal limit of the permutations.

    Examples
    --------
    The first group's values are larger, but only since most of them are of the second year.

    >>> values, years = np.array([1.0, 1, 1, 1, 9, 9, 9, 9]), np.repeat([2020, 2021], 4)
    >>> in_first = np.array([True, False, False, False, True, True, True, False])
    >>> permute_within_strata([values, values + np.arange(8) % 2], in_first, years)[0].round(1).tolist()
    [nan, 0.5]
    """
    measures, (in_first, strata) = [*map(np.asarray, measures)], map(np.asarray, (in_first, strata))
    lengths = {len(values) if values.ndim else None for values in (in_first, strata, *measures)}
    if len(lengths) > 1 or None in lengths or in_first.dtype != bool or n_resamples < 1:
        words = "every measure, in_first (true or false) and strata must have one value a row"
        raise ValueError(f"{words}, and n_resamples be 1 or more")
    if days is None:
        days = np.arange(len(in_first))
    else:  # those of one stratum that have as many incidents are exchanged, so these are the strata
        _, place, counts = np.unique(days, return_inverse=True, return_counts=True)
        strata = np.unique(np.column_stack([strata, counts[place]]), axis=0, return_inverse=True)[1].ravel()
    codes = np.unique(strata, return_inverse=True)[1]
    shares = np.bincount(codes, in_first) / np.bincount(codes)
    rows = np.flatnonzero(((shares > 0) & (shares < 1))[codes])  # in other strata no label can move
    in_first, codes = in_first[rows].astype(float), codes[rows]
    parts = [_centred_scores(values[rows], codes) for values in measures]
    p_values, adjusted = np.full((2, len(measures)), np.nan)
    varies = np.array([scores.any() for scores, _ in parts], dtype=bool)
    if varies.any():
        find = _drawn_statistics if len(rows) <= EXACT_UP_TO else _normal_statistics
        parts = [part for part, tested in zip(parts, varies, strict=True) if tested]
        statistics = find(parts, in_first, codes, _exchangeable_days(days[rows], codes), n_resamples)
        p_values[varies], adjusted[varies] = _step_down(statistics)
    return p_values, adjusted


def _centred_scores(values, codes):
    """Scores less their stratum's mean, each column of length one, shape (n, k), 0 where missing; and what is known."""
    known = pd.DataFrame(values).notna().all(axis=1).to_numpy()
    reported = _scores(values[known])
    scores = np.zeros((len(values), reported.shape[1]))
    if known.any():
        scores[known] = reported - pd.DataFrame(reported).groupby(codes[known]).transform("mean").to_numpy()
    scores[np.abs(scores) < 1e-9] = 0  # what is always the same is zero, not nearly so
    return scores / np.where(scores.any(0), np.linalg.norm(scores, axis=0), 1), known


def _drawn_statistics(parts, in_first, codes, blocks, n_resamples):
    """Statistics of each measure, shape (1 + draws, measures), the observed first."""
    rng, labels = np.random.default_rng(_SEED), np.tile(in_first, (n_resamples + 1, 1))
    for members in blocks:
        drawn = _draw_labels(rng, in_first, members, n_resamples)
        labels[1:, members.ravel()] = drawn.reshape(n_resamples, -1)
    return np.column_stack([_mantel_haenszel(labels, *part, codes) for part in parts])


def _mantel_haenszel(labels, scores, known, codes):
    """The generalised statistic of one measure for each row of labels."""
    strata = ((codes == np.unique(codes)[:, None]) & known).T.astype(float)
    n, n_first = strata.sum(0), labels @ strata
    weights = n_first * (n - n_first) / np.maximum(n * (n - 1), 1)
    inner = np.einsum("ns,ni,nj->sij", strata, scores, scores)
    return _quadratic_form(labels @ scores, np.tensordot(weights, inner, 1))


def _quadratic_form(sums, covariance):
    """Squared sums over their covariance; 0 where nothing varies."""
    if sums.shape[1] == 1:
        covariance = np.broadcast_to(covariance[:, 0, 0], len(sums))
        return np.divide(sums[:, 0] ** 2, covariance, out=np.zeros(len(sums)), where=covariance > 1e-9)
    inverse = np.linalg.pinv(covariance, rcond=1e-9, hermitian=True)
    return (np.matmul(sums[:, None], inverse)[:, 0] * sums).sum(1)


def _normal_statistics(parts, in_first, codes, blocks, n_resamples):
    """As :func:`_drawn_statistics`, with draws from the normal limit of the permutations."""
    scores = np.column_stack([scores for scores, _ in parts])
    covariance = _covariance(scores, in_first, blocks)
    sizes, directions = np.linalg.eigh(covariance)
    normal = np.random.default_rng(_SEED).standard_normal((n_resamples, len(sizes))) * np.sqrt(np.maximum(sizes, 0))
    sums = np.vstack([in_first @ scores, normal @ directions.T])
    ends = np.cumsum([scores.shape[1] for scores, _ in parts])
    spans = [slice(end - scores.shape[1], end) for end, (scores, _) in zip(ends, parts, strict=True)]
    return np.column_stack([_quadratic_form(sums[:, span], covariance[None, span, span]) for span in spans])


def _step_down(statistics):
    """P-values of the observed statistics, the first row, and their step-down minimum over the columns."""
    statistics, n = statistics.round(8), len(statistics)  # labellings that are alike may differ by rounding
    # How many draws reach each draw's statistic: a p-value of every draw, in whole numbers.
    reached = [n - np.searchsorted(np.sort(column), column) for column in statistics.T]
    order = np.argsort([column[0] for column in reached], kind="stable")
    least = np.minimum.accumulate(np.array(reached)[order][::-1])[::-1]
    adjusted = np.empty(len(order))
    adjusted[order] = np.maximum.accumulate((least <= least[:, :1]).mean(1))
    return np.array([column[0] for column in reached]) / n, adjusted


def _firth(design, outcome, fixed=None, start=None):
    """Coefficients and penalised log likelihood of Firth's regression; ``fixed`` holds coefficients, by column."""
    fixed = fixed or {}
    beta = np.zeros(design.shape[1]) if start is None else start.copy()
    beta[list(fixed)] = list(fixed.values())
    free = [column for column in range(design.shape[1]) if column not in fixed]
    now, score, information = _penalised(design, outcome, beta)
    for _ in range(_MAX_STEPS):
        if not free or np.abs(score[free]).max() < 1e-9 * max(len(outcome), 10):
            return beta, now
        step = np.zeros_like(beta)
        step[free] = np.linalg.solve(information[np.ix_(free, free)], score[free])
        step /= max(1, np.abs(step).max() / 5)
        after = _penalised(design, outcome, beta + step)
        while after[0] < now + 1e-4 * step @ score and np.abs(step).max() > 1e-12:
            step /= 2
            after = _penalised(design, outcome, beta + step)
        beta, (now, score, information) = beta + step, after
    raise RuntimeError(f"Firth's regression did not settle in {_MAX_STEPS} steps")


def _penalised(design, outcome, beta):
    """Penalised log likelihood, its modified score, and the information."""
    line = design @ beta
    chance = special.expit(line)
    weight = chance * (1 - chance)
    information = (design.T * weight) @ design
    leverage = weight * ((design @ np.linalg.pinv(information, hermitian=True)) * design).sum(1)
    log_likelihood = outcome @ line - np.logaddexp(0, line).sum() + np.linalg.slogdet(information)[1] / 2
    return log_likelihood, design.T @ (outcome - chance + leverage * (0.5 - chance)), information


def firth_intervals(design: np.ndarray, outcome: np.ndarray) -> pd.DataFrame:
    """Logistic regression with Firth's penalty, which stays finite where groups are separated.

    Parameters
    ----------
    design : ndarray, shape (n, k)
        With a column of ones for the constant.
    outcome : ndarray of 0 and 1, shape (n,)

    Returns
    -------
    DataFrame
        One row per column of the design: ``coefficient``, ``ci_low``, ``ci_high`` (95%), ``p_value``.

    Raises
    ------
    RuntimeError
        Where the steps do not settle.

    See Also
    --------
    firth_test : All predictors together.

    Notes
    -----
    The log likelihood is penalised by half the log determinant of the information (Firth 1993). Intervals are those of
    the profile, p-values those of the likelihood ratio (Heinze and Schemper 2002); above 1,000 rows both are Wald's,
    which are then the same for all that can be read.

    Examples
    --------
    For two shares the penalty adds one half to each cell: here 3 of 5 against 0 of 4.

    >>> design = np.column_stack([np.ones(9), [1] * 5 + [0] * 4])
    >>> odds_ratio = np.exp(firth_intervals(design, np.array([1, 1, 1, 0, 0, 0, 0, 0, 0])).loc[1, "coefficient"])
    >>> round(float(odds_ratio), 6) == round(3.5 * 4.5 / 2.5 / 0.5, 6)
    True
    """
    best, top = _firth(design, outcome)
    spread = np.sqrt(np.diag(np.linalg.inv(_penalised(design, outcome, best)[2])))
    if len(outcome) > EXACT_UP_TO:
        reach = stats.norm.ppf((1 + LEVEL) / 2) * spread
        rows = np.column_stack([best, best - reach, best + reach, 2 * stats.norm.sf(np.abs(best) / spread)])
        return pd.DataFrame(rows, columns=_COEFFICIENTS)
    limit = stats.chi2.ppf(LEVEL, 1) / 2
    rows = []
    for column, estimate in enumerate(best):

        def surplus(value, column=column):
            """How far the profile at a value stays above its limit."""
            return _firth(design, outcome, {column: value}, best)[1] - top + limit

        ends = []
        for side in (-1, 1):
            far = estimate + side * 2.5 * spread[column]
            while surplus(far) > 0:
                far += side * 2.5 * spread[column]
            ends.append(optimize.brentq(surplus, *sorted([estimate, far]), xtol=1e-6 * spread[column]))
        p_value = stats.chi2.sf(max(2 * (top - _firth(design, outcome, {column: 0}, best)[1]), 0), 1)
        rows.append((estimate, *ends, p_value))
    return pd.DataFrame(rows, columns=_COEFFICIENTS)


def firth_test(design: np.ndarray, outcome: np.ndarray) -> float:
    """The p-value of all predictors of Firth's regression together, by the likelihood ratio.

    Parameters
    ----------
    design, outcome : ndarray
        As for :func:`firth_intervals`; the constant is the first column.

    Returns
    -------
    float

    Raises
    ------
    RuntimeError
        Where the steps do not settle.

    Examples
    --------
    >>> design = np.column_stack([np.ones(8), [1, 1, 0, 0] * 2])
    >>> firth_test(design, np.array([1, 0, 1, 0, 1, 0, 1, 0]))  # half of either group
    1.0
    """
    without = dict.fromkeys(range(1, design.shape[1]), 0.0)
    gain = _firth(design, outcome)[1] - _firth(design, outcome, without)[1]
    return float(stats.chi2.sf(2 * gain, len(without)))


def is_separable(design: np.ndarray, outcome: np.ndarray) -> bool:
    """Whether some weighted sum of the predictors is larger for all of the first group (Konis 2007).

    Parameters
    ----------
    design : ndarray, shape (n, k)
        Without a column for the constant.
    outcome : ndarray of 0 and 1, shape (n,)

    Returns
    -------
    bool

    Examples
    --------
    >>> is_separable(np.array([[1.0], [2], [3]]), np.array([0, 1, 1]))
    True
    """
    side = np.where(outcome == 1, 1, -1)[:, None]
    constraint = -side * np.column_stack([np.ones(len(design)), design])
    unbounded = [(None, None)] * constraint.shape[1]
    return optimize.linprog(np.zeros(constraint.shape[1]), constraint, -np.ones(len(design)), bounds=unbounded).success
