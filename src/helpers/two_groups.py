"""Two groups of numbers or words: effect sizes, intervals and exact tests, and a logistic regression that stays finite.

Everything here takes and returns arrays; what the numbers mean is told in :mod:`helpers.comparison`.
"""

import numpy as np
import pandas as pd
from scipy import optimize, special, stats
from statsmodels.stats.nonparametric import rank_compare_2indep

EXACT_UP_TO = 1000  # rows
MOST_TABLES = 200_000  # enumerated; where there are more, some are drawn
N_RESAMPLES = 9999
SEED = 20200103
LEVEL = 0.95


def risk_ratio(first, second, tested=True):
    """The ratio of two shares, its score interval and an exact p-value.

    Parameters
    ----------
    first, second : ndarray of 0 and 1
        Not all 0 in both.
    tested : bool
        Without it, there is no p-value and no test: these take the time.

    Returns
    -------
    effect, low, high, p_value : float
        Ends of the 95% interval: :func:`score_interval`.
    test : str
        Boschloo's unconditional exact test (1970); Fisher's above 1,000 rows, where Boschloo's takes minutes.
    """
    yes, no = (first.sum(), second.sum()), (len(first) - first.sum(), len(second) - second.sum())
    low, high = score_interval(yes[0], len(first), yes[1], len(second))
    if not tested:
        return ratio_of(first, second), low, high, np.nan, ""
    few = len(first) + len(second) <= EXACT_UP_TO
    test, name = (stats.boschloo_exact, "Boschloo, exact") if few else (stats.fisher_exact, "Fisher, over 1,000 rows")
    return ratio_of(first, second), low, high, test([yes, no]).pvalue, name


def score_interval(count_1, n_1, count_2, n_2, level=0.95):
    """The ratios of two proportions that the score test keeps (Koopman 1984; Miettinen and Nurminen 1985).

    Parameters
    ----------
    count_1, n_1, count_2, n_2 : int
        Successes and trials of either group; not both counts 0.
    level : float

    Returns
    -------
    low, high : float
        0 where the first count is 0, infinite where the second is.

    Notes
    -----
    Without the factor n / (n - 1) of Miettinen and Nurminen. Written here because the routine of statsmodels 0.15
    fails where every trial of a group succeeds: its restricted estimate leaves [0, 1].

    Examples
    --------
    >>> [round(float(end), 2) for end in score_interval(5, 5, 4, 5)]
    [0.67, 2.66]
    """
    quantile = stats.norm.ppf((1 + level) / 2)

    def excess(log_ratio):
        """Squared score statistic less its critical value, cleared of fractions; below zero where it is kept."""
        ratio = np.exp(log_ratio)
        a, b = (n_1 + n_2) * ratio, n_1 * ratio + count_1 + n_2 + count_2 * ratio
        second = 2 * (count_1 + count_2) / (b + np.sqrt(max(b * b - 4 * a * (count_1 + count_2), 0)))
        first = min(ratio * second, 1)
        spread = first * (1 - first) / n_1 + ratio**2 * second * (1 - second) / n_2
        return (count_1 / n_1 - ratio * count_2 / n_2) ** 2 - quantile**2 * spread

    reach = 20
    estimate = np.log(count_1 / n_1 / (count_2 / n_2)) if count_1 and count_2 else (reach if count_1 else -reach)
    low = np.exp(optimize.brentq(excess, -reach, estimate - 1e-6)) if count_1 else 0.0
    high = np.exp(optimize.brentq(excess, estimate + 1e-6, reach)) if count_2 else np.inf
    return low, high


def label_tables(margins, n_first, n_resamples=N_RESAMPLES):
    """Every way in which the labels of two groups can fall on tied values, or a sample of them.

    To permute labels is to draw a table of two rows with fixed margins; where values are tied, many permutations give
    one table, so that the tables are few enough to enumerate or cheap to draw.

    Parameters
    ----------
    margins : ndarray of int, shape (k,)
        How many incidents have each value.
    n_first : int
        Size of the first group.
    n_resamples : int
        How many are drawn, with a fixed seed, where there are more than 200,000 of them.

    Returns
    -------
    counts : ndarray of int, shape (m, k)
        The first group's row of each table.
    weights : ndarray of float, shape (m,)
        Their probabilities; alike where they are drawn.
    exact : bool
        Whether these are all.

    Examples
    --------
    >>> counts, weights, exact = label_tables(np.array([2, 1]), 1)
    >>> counts.tolist(), weights.round(3).tolist(), exact
    ([[0, 1], [1, 0]], [0.333, 0.667], True)
    """
    if _number_of_tables(margins, n_first) > MOST_TABLES:
        draws = np.random.default_rng(SEED).multivariate_hypergeometric(margins, n_first, n_resamples, "marginals")
        return draws, np.full(n_resamples, 1 / n_resamples), False
    counts, left, after = np.zeros((1, 0), dtype=int), np.array([n_first]), int(margins.sum())
    for margin in margins:
        after -= int(margin)
        low, high = np.maximum(left - after, 0), np.minimum(left, margin)
        times = high - low + 1
        chosen = np.arange(times.sum()) + np.repeat(low - np.cumsum(times) + times, times)
        counts = np.column_stack([np.repeat(counts, times, axis=0), chosen])
        left = np.repeat(left, times) - chosen
    weights = np.exp(_log_chance(counts, margins) - _log_chance(np.array([n_first]), margins.sum()[None]))
    return counts, weights, True


def _number_of_tables(margins, n_first):
    """How many tables there are, or some number above the limit."""
    ways = np.ones(1)
    for margin in margins:
        ways = np.convolve(ways, np.ones(min(int(margin), n_first) + 1))[: n_first + 1]
        ways = np.minimum(ways, 10 * MOST_TABLES)
    return ways[n_first] if len(ways) > n_first else 0


def _log_chance(counts, margins):
    """Log of the number of labellings that give each table."""
    return (special.gammaln(margins + 1) - special.gammaln(counts + 1) - special.gammaln(margins - counts + 1)).sum(-1)


def _reached(in_tail, weights, exact):
    """Probability of a tail; among draws, the observed table counts as one more."""
    share = weights @ in_tail
    return min(share, 1.0) if exact else (1 + share * len(weights)) / (1 + len(weights))


def cross(first, second):
    """Sorted values of two groups: the values, the first group's counts of them, the counts of both."""
    values, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    return values, np.bincount(codes[: len(first)], minlength=len(values)), np.bincount(codes)


def brunner_munzel(counts, margins):
    """The Brunner-Munzel statistic of tables of tied values; positive where the first tend to be larger.

    Parameters
    ----------
    counts : ndarray of int, shape (..., k)
        How many of the first group have each value, values ascending.
    margins : ndarray of int, shape (k,)
        How many of both have it.

    Returns
    -------
    ndarray, shape (...)
        Brunner and Munzel (2000). Very large, not infinite, where one group lies wholly above the other.
    """
    parts, others = (counts, margins - counts), (margins - counts, counts)
    sizes = [part.sum(-1) for part in parts]
    below = [np.cumsum(other, -1) - other / 2 for other in others]
    means = [(part * placed).sum(-1) / n for part, placed, n in zip(parts, below, sizes, strict=True)]
    spread = sum(
        n * (part * (placed - mean[..., None]) ** 2).sum(-1) / (n - 1)
        for part, placed, mean, n in zip(parts, below, means, sizes, strict=True)
    )
    n, m = sizes
    return n * m * (means[0] / m - 0.5) / np.sqrt(np.maximum(spread, 1e-12))


def cliffs_delta(first, second, tested=True):
    """Cliff's delta, its interval and a p-value by permutation.

    Parameters
    ----------
    first, second : ndarray of float
    tested : bool
        Without it, there is no p-value and no test: these take the time.

    Returns
    -------
    effect, low, high, p_value : float
        Delta: the probability that one of the first is larger, less the probability that it is smaller (Cliff 1993);
        ends of the 95% interval of Brunner and Munzel (2000), from statsmodels. Groups that do not overlap leave no
        spread to build an interval from: its ends are missing then.
    test : str
        Their statistic with labels permuted (Neubert and Brunner 2007), enumerated or drawn 9,999 times with a fixed
        seed, both tails, the smaller doubled; asymptotic above 1,000 rows.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ranks = rank_compare_2indep(first, second)
        low, high = (2 * bound - 1 for bound in ranks.conf_int())
        asymptotic = ranks.test_prob_superior().pvalue
    low, high = (max(low, -1), min(high, 1)) if np.isfinite(ranks.statistic) else (np.nan, np.nan)
    if not tested:
        return 2 * ranks.prob1 - 1, low, high, np.nan, ""
    if len(first) + len(second) > EXACT_UP_TO:
        return 2 * ranks.prob1 - 1, low, high, asymptotic, "Brunner-Munzel, asymptotic over 1,000 rows"
    _, observed, margins = cross(first, second)
    counts, weights, exact = label_tables(margins, len(first))
    found, reference = brunner_munzel(observed, margins), brunner_munzel(counts, margins)
    slack = 1e-9 * max(1, abs(found))
    tails = [_reached(reference <= found + slack, weights, exact), _reached(reference >= found - slack, weights, exact)]
    name = f"Brunner-Munzel, {_how_many(counts, exact)}"
    return 2 * ranks.prob1 - 1, low, high, min(1, 2 * min(tails)), name


def _how_many(counts, exact):
    return "all permutations" if exact else f"{len(counts):,} permutations"


def cramers_v(first, second, tested=True):
    """Cramér's V of a table of two rows, its interval and an exact p-value.

    Parameters
    ----------
    first, second : ndarray of str
    tested : bool
        Without it, there is no p-value and no test: these take the time.

    Returns
    -------
    effect, low, high, p_value : float
        V less the part that chance alone would give it, and the ends of its 95% interval: both read the table's
        chi-squared as noncentral and look for the noncentrality behind it (Steiger and Fouladi 1997; Smithson 2003).
        Zero is no difference; large groups that share no value come near one. Where the groups are more alike than
        chance would have them, both ends are zero.
    test : str
        Fisher, Freeman and Halton's exact test (1951): the probability of tables no likelier than the observed,
        enumerated or drawn; chi-squared above 1,000 rows.
    """
    _, observed, margins = cross(first, second)
    n, freedom, statistic = len(first) + len(second), len(margins) - 1, chi_squared(observed, margins)
    noncentral = [max(statistic - freedom, 0), *_noncentralities(statistic, freedom)]
    effects = [min(np.sqrt(value / n), 1) for value in noncentral]
    if not tested:
        return *effects, np.nan, ""
    if n > EXACT_UP_TO:
        return *effects, stats.chi2.sf(statistic, freedom), "chi-squared, over 1,000 rows"
    counts, weights, exact = label_tables(margins, len(first))
    unlikely = _log_chance(counts, margins) <= _log_chance(observed, margins) + 1e-7
    return *effects, _reached(unlikely, weights, exact), f"Fisher-Freeman-Halton, {_how_many(counts, exact)}"


def chi_squared(counts, margins):
    """Pearson's statistic of tables of two rows, given the first."""
    expected = margins * counts.sum(-1, keepdims=True) / margins.sum()
    return ((counts - expected) ** 2 / (expected * (1 - expected / margins))).sum(-1)


def _noncentralities(statistic, freedom):
    """The noncentralities under which the statistic lies just within the middle 95%."""
    reach = statistic + 10 * np.sqrt(statistic + freedom) + 50
    ends = []
    for share in ((1 + LEVEL) / 2, (1 - LEVEL) / 2):
        below = stats.chi2.cdf(statistic, freedom)
        found = 0.0
        if below > share:
            found = optimize.brentq(lambda lam, share=share: stats.ncx2.cdf(statistic, freedom, lam) - share, 0, reach)
        ends.append(found)
    return ends


def ratio_of(first, second):
    """The ratio of two shares; missing where both are 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(first.mean(), second.mean())


def delta_of(first, second):
    """Cliff's delta of two groups."""
    return 2 * stats.mannwhitneyu(first, second, method="asymptotic").statistic / (len(first) * len(second)) - 1


def by_day(values, in_first, days, n_resamples=N_RESAMPLES):
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
    """
    order = np.argsort(days, kind="stable")
    scores, in_first = _scores(values)[order], in_first[order].astype(float)
    sizes = np.unique(days, return_counts=True)[1]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    blocks = [starts[sizes == size][:, None] + np.arange(size) for size in np.unique(sizes)]
    expected = sum(in_first[members].mean() * scores[members].sum((0, 1)) for members in blocks)
    observed = in_first @ scores - expected
    if len(values) > EXACT_UP_TO:
        return _by_limit(observed, scores, in_first, blocks)
    rng, sums = np.random.default_rng(SEED), np.zeros((n_resamples, scores.shape[1]))
    for members in blocks:
        if members.shape[1] == 1:  # incidents alone on their day: permuting labels is drawing from the values
            distinct, margins = np.unique(scores[members[:, 0]], axis=0, return_counts=True)
            sums += rng.multivariate_hypergeometric(margins, int(in_first[members].sum()), n_resamples) @ distinct
            continue
        numbers = np.broadcast_to(in_first[members].sum(1), (n_resamples, len(members)))
        place = rng.random((n_resamples, *members.shape)).argsort(axis=-1).argsort(axis=-1)
        labels = place < rng.permuted(numbers, axis=1)[:, :, None]
        sums += labels.reshape(n_resamples, -1) @ scores[members].reshape(-1, scores.shape[1])
    apart = ((sums - expected) ** 2).sum(1)
    return (1 + np.sum(apart >= observed @ observed - 1e-9)) / (1 + n_resamples)


def _scores(values):
    """What is added up over a group: ranks of numbers; of words, indicators whose squares add up to chi-squared."""
    if values.dtype.kind in "biuf":
        return stats.rankdata(values)[:, None]
    _, codes, margins = np.unique(values.astype("str"), return_inverse=True, return_counts=True)
    return np.eye(len(margins))[codes] / np.sqrt(margins)


def _by_limit(observed, scores, in_first, blocks):
    """The p-value of the observed sums when the permutations' are normal."""
    covariance = np.zeros((scores.shape[1], scores.shape[1]))
    for members in blocks:
        n_days, size = members.shape
        numbers, totals = in_first[members].sum(1), scores[members].sum(1)
        if n_days > 1:  # how many of a day are the first group's
            covariance += numbers.var(ddof=1) / size**2 * (totals - totals.mean(0)).T @ (totals - totals.mean(0))
        if size > 1:  # which of them they are
            within = (scores[members] - totals[:, None] / size).reshape(-1, scores.shape[1])
            covariance += (numbers * (size - numbers)).mean() / (size * (size - 1)) * within.T @ within
    rank = np.linalg.matrix_rank(covariance, hermitian=True)
    if not rank:
        return 1.0
    return float(stats.chi2.sf(observed @ np.linalg.pinv(covariance, hermitian=True) @ observed, rank))


def firth(design, outcome, fixed=None, start=None, max_steps=500):
    """Logistic regression with Firth's penalty (1993), which stays finite where groups are separated.

    Parameters
    ----------
    design : ndarray, shape (n, k)
        With a column of ones for the constant.
    outcome : ndarray of 0 and 1, shape (n,)
    fixed : dict, optional
        Coefficients held at a value, by column.
    start : ndarray, shape (k,), optional
        Where the search begins; by default at 0.
    max_steps : int

    Returns
    -------
    coefficients : ndarray, shape (k,)
    log_likelihood : float
        Penalised by half the log determinant of the information (Jeffreys' prior).

    Raises
    ------
    RuntimeError
        Where the steps do not settle.

    Examples
    --------
    For two shares the penalty adds one half to each cell: here 3 of 5 against 0 of 4.

    >>> design = np.column_stack([np.ones(9), [1] * 5 + [0] * 4])
    >>> coefficients, _ = firth(design, np.array([1, 1, 1, 0, 0, 0, 0, 0, 0]))
    >>> round(float(np.exp(coefficients[1])), 6) == round(3.5 * 4.5 / 2.5 / 0.5, 6)
    True
    """
    beta = np.zeros(design.shape[1]) if start is None else start.copy()
    for column, value in (fixed or {}).items():
        beta[column] = value
    free = [column for column in range(design.shape[1]) if column not in (fixed or {})]
    now, score, information = _penalised(design, outcome, beta)
    for _ in range(max_steps):
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
    raise RuntimeError(f"Firth's regression did not settle in {max_steps} steps")


def _penalised(design, outcome, beta):
    """Penalised log likelihood, its modified score, and the information."""
    line = design @ beta
    chance = special.expit(line)
    weight = chance * (1 - chance)
    information = (design.T * weight) @ design
    leverage = weight * ((design @ np.linalg.pinv(information, hermitian=True)) * design).sum(1)
    log_likelihood = outcome @ line - np.logaddexp(0, line).sum() + np.linalg.slogdet(information)[1] / 2
    return log_likelihood, design.T @ (outcome - chance + leverage * (0.5 - chance)), information


COEFFICIENTS = ["coefficient", "ci_low", "ci_high", "p_value"]


def firth_intervals(design, outcome):
    """Estimates of Firth's regression with profile intervals and likelihood-ratio tests (Heinze and Schemper 2002).

    Above 1,000 rows with Wald's, which are then the same for all that can be read.

    Parameters
    ----------
    design, outcome
        As for :func:`firth`.

    Returns
    -------
    DataFrame
        One row per column of the design: ``coefficient``, ``ci_low``, ``ci_high`` (95%), ``p_value``.
    """
    best, top = firth(design, outcome)
    spread = np.sqrt(np.diag(np.linalg.inv(_penalised(design, outcome, best)[2])))
    if len(outcome) > EXACT_UP_TO:
        reach = stats.norm.ppf((1 + LEVEL) / 2) * spread
        rows = np.column_stack([best, best - reach, best + reach, 2 * stats.norm.sf(np.abs(best) / spread)])
        return pd.DataFrame(rows, columns=COEFFICIENTS)
    limit = stats.chi2.ppf(LEVEL, 1) / 2
    rows = []
    for column, estimate in enumerate(best):

        def short(value, column=column):
            """How far the profile at a value stays above its limit."""
            return firth(design, outcome, {column: value}, best)[1] - top + limit

        ends = []
        for side in (-1, 1):
            far = estimate + side * 2.5 * spread[column]
            while short(far) > 0:
                far += side * 2.5 * spread[column]
            ends.append(optimize.brentq(short, *sorted([estimate, far]), xtol=1e-6 * spread[column]))
        p_value = stats.chi2.sf(max(2 * (top - firth(design, outcome, {column: 0}, best)[1]), 0), 1)
        rows.append((estimate, *ends, p_value))
    return pd.DataFrame(rows, columns=COEFFICIENTS)


def wholly_apart(design, outcome):
    """Whether some weighted sum of the predictors is larger for all of the first group (Konis 2007)."""
    side = np.where(outcome == 1, 1, -1)[:, None]
    constraint = -side * np.column_stack([np.ones(len(design)), design])
    unbounded = [(None, None)] * constraint.shape[1]
    return optimize.linprog(np.zeros(constraint.shape[1]), constraint, -np.ones(len(design)), bounds=unbounded).success
