"""One group against another: exact tests, effect sizes, intervals, bounds.

A measure is one number per incident: 1 or 0 for a share, any number for an amount, missing where no account tells.
"""

import numpy as np
import pandas as pd
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.nonparametric import rank_compare_2indep

READINGS = ("low", "best", "high")
EXACT_UP_TO = 1000
SEED = 20200103


def _reported(incidents, name, reading):
    """One reading of a count. The high reading of a count that is open upwards is its best."""
    column = incidents[f"{name}_{reading}"].astype("Float64")
    return column.fillna(incidents[f"{name}_best"].astype("Float64")) if reading == "high" else column


def _any(*names):
    """Whether a count is above zero: yes if any of the names is, no only if all are told to be zero."""

    def measure(incidents, reading):
        above = pd.concat([_reported(incidents, name, reading) > 0 for name in names], axis=1)
        return above.any(axis=1, skipna=True).astype("Float64").where(above.notna().all(axis=1) | above.any(axis=1))

    return [f"{name}_{{reading}}" for name in names] + [f"{name}_best" for name in names], measure


def _amount(name):
    """A count as it is."""
    return [f"{name}_{{reading}}", f"{name}_best"], lambda incidents, reading: _reported(incidents, name, reading)


def _is(field, positive, negative):
    """Whether a field has one of the positive values; missing where it has none of either list."""

    def measure(incidents, reading):
        values = incidents[field].astype("object")
        return values.isin(positive).astype("Float64").where(values.isin([*positive, *negative]))

    return [field], measure


def _told(field):
    """Whether a field says anything; silence is missing, never no."""
    return [
        field
    ], lambda incidents, reading: incidents[field].notna().astype("Float64").where(incidents[field].notna())


# name: (kind, (the columns it needs, incidents and reading -> measure))
MEASURES = {
    "weapon is a drone": ("share", _is("weapon", ["drone"], ["rocket", "mortar", "ballistic_missile"])),
    "munitions launched": ("amount", _amount("launched")),
    "any round inside the perimeter": ("share", _any("hit")),
    "any round intercepted": ("share", _any("intercepted")),
    "defence active": ("share", _is("defence_active", ["yes"], ["no"])),
    "anyone killed": ("share", _any("killed")),
    "anyone killed or injured": ("share", _any("killed", "injured")),
    "any damage": ("share", _is("damage", ["minor", "major"], ["none"])),
    "evening or night": ("share", _is("part_of_day", ["evening", "night"], ["morning", "afternoon"])),
    "claimed": ("share", _told("claimed_by")),
    "accounts dispute a field": (
        "share",
        (["disputed"], lambda incidents, reading: (incidents["disputed"] != "").astype("Float64")),
    ),
    "independent accounts": (
        "amount",
        (["n_independent"], lambda incidents, reading: incidents["n_independent"].astype("Float64")),
    ),
}


def measures(incidents, reading="best"):
    """Every measure of every incident.

    Parameters
    ----------
    incidents : DataFrame, n rows
    reading : {"low", "best", "high"}
        Which reading of disputed counts. The high reading of a count that is open upwards is its best.

    Returns
    -------
    DataFrame of Float64, n rows
        One column per measure whose columns are there; missing where no account tells.

    Raises
    ------
    ValueError
        For an unknown reading, or where there are no columns for any measure.
    """
    if reading not in READINGS:
        raise ValueError(f"reading is {reading!r}; choose from {', '.join(READINGS)}")
    columns = {
        name: measure(incidents, reading)
        for name, (_, (needs, measure)) in MEASURES.items()
        if {need.format(reading=reading) for need in needs} <= set(incidents.columns)
    }
    if not columns:
        raise ValueError(
            f"nothing to compare: no column among {', '.join(map(str, incidents.columns))} gives a measure"
        )
    return pd.DataFrame(columns)


def risk_ratio(first, second):
    """The ratio of two shares, its score interval and an exact p-value.

    Parameters
    ----------
    first, second : ndarray of 0 and 1
        Not all 0 in both.

    Returns
    -------
    tuple of float
        Effect, ends of the 95% interval, p-value. Interval: :func:`score_interval`. Test: Boschloo's unconditional
        exact test (1970); Fisher's above 1,000 rows, where Boschloo's takes minutes.
    """
    yes, no = (first.sum(), second.sum()), (len(first) - first.sum(), len(second) - second.sum())
    low, high = score_interval(yes[0], len(first), yes[1], len(second))
    test = stats.boschloo_exact if len(first) + len(second) <= EXACT_UP_TO else stats.fisher_exact
    return _ratio_of(first, second), low, high, test([yes, no]).pvalue


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


def brunner_munzel(first, second, axis=-1):
    """The Brunner-Munzel statistic, vectorised over leading axes; positive where the first tend to be larger.

    Parameters
    ----------
    first, second : ndarray, shape (..., n) and (..., m)
    axis : int
        The axis of the observations.

    Returns
    -------
    ndarray, shape (...)
        Very large, not infinite, where one group lies wholly above the other.
    """
    n, m = first.shape[axis], second.shape[axis]
    pooled = stats.rankdata(np.concatenate([first, second], axis=axis), axis=axis)
    ranks = np.split(pooled, [n], axis=axis)
    means = [group.mean(axis=axis, keepdims=True) for group in ranks]
    within = [stats.rankdata(group, axis=axis) for group in (first, second)]
    spread = sum(
        size * np.sum((r - w - mean + (size + 1) / 2) ** 2, axis=axis) / (size - 1)
        for r, w, mean, size in zip(ranks, within, means, (n, m), strict=True)
    )
    difference = (means[0] - means[1]).squeeze(axis)
    return n * m * difference / (n + m) / np.sqrt(np.maximum(spread, 1e-12))


def cliffs_delta(first, second):
    """Cliff's delta, its interval and a p-value by permutation.

    Parameters
    ----------
    first, second : ndarray of float

    Returns
    -------
    tuple of float
        Delta: the probability that one of the first is larger, less the probability that it is smaller (Cliff 1993);
        ends of the 95% interval of Brunner and Munzel (2000), from statsmodels; p-value of their statistic with
        labels permuted 9,999 times, fixed seed (Neubert and Brunner 2007), asymptotic above 1,000 rows. Groups that
        do not overlap leave no spread to build an interval from: its ends are missing then.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ranks = rank_compare_2indep(first, second)
        low, high = (2 * bound - 1 for bound in ranks.conf_int())
    if len(first) + len(second) > EXACT_UP_TO:
        with np.errstate(divide="ignore", invalid="ignore"):
            p_value = ranks.test_prob_superior().pvalue
    else:
        rng = np.random.default_rng(SEED)
        p_value = stats.permutation_test((first, second), brunner_munzel, vectorized=True, rng=rng).pvalue
    low, high = (max(low, -1), min(high, 1)) if np.isfinite(ranks.statistic) else (np.nan, np.nan)
    return 2 * ranks.prob1 - 1, low, high, p_value


EFFECTS = {"share": ("risk ratio", risk_ratio), "amount": ("Cliff's delta", cliffs_delta)}


def _why_not(kind, told, n_missing):
    """Why a measure has no test; empty if it has one."""
    pooled = np.concatenate(told)
    if min(map(len, told)) < 2:
        return "not estimable: fewer than two incidents of a group tell it"
    silent = n_missing > len(pooled)
    n_no = int(len(pooled) - pooled.sum())
    if kind == "share" and silent and n_no < 5:
        counts = f"{len(pooled) - n_no} yes, {n_no} no, {n_missing} silent"
        return f"not estimable: told almost only when it happened ({counts})"
    if len(set(pooled)) == 1:
        return f"not estimable: always {pooled[0]:g}"
    return ""


def _bounds(kind, first, second, n_missing):
    """The effect with every missing value against, then for, the first group."""
    effect, ends = (_ratio_of, (0, 1)) if kind == "share" else (_delta_of, (-np.inf, np.inf))
    return [
        effect(np.append(first, np.repeat(end, n_missing[0])), np.append(second, np.repeat(other, n_missing[1])))
        for end, other in (ends, ends[::-1])
    ]


def _ratio_of(first, second):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(first.mean(), second.mean())


def _delta_of(first, second):
    return 2 * stats.mannwhitneyu(first, second).statistic / (len(first) * len(second)) - 1


def by_day(values, in_first, days, n_resamples=9999):
    """A p-value for the difference of two groups that permutes whole days.

    Attacks of one day may be one decision, so the groups that a day's incidents fall in are kept together: they are
    exchanged with those of other days that have as many incidents.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
    in_first : ndarray of bool, shape (n,)
    days : ndarray, shape (n,)
    n_resamples : int

    Returns
    -------
    float
        Share of permutations, the observed one included, whose groups differ in mean rank by at least as much.
        Fixed seed.
    """
    rng = np.random.default_rng(SEED)
    order = np.argsort(days, kind="stable")
    ranks, in_first = stats.rankdata(values)[order], in_first[order]
    sizes = np.unique(days, return_counts=True)[1]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sums = np.zeros(n_resamples)
    for size in np.unique(sizes):
        members = starts[sizes == size][:, None] + np.arange(size)
        shuffled = rng.permuted(np.broadcast_to(np.arange(len(members)), (n_resamples, len(members))), axis=1)
        sums += np.einsum("rdk,dk->r", in_first[members][shuffled].astype(float), ranks[members])
    expected = ranks.mean() * in_first.sum()
    observed = abs(ranks[in_first].sum() - expected)
    return (1 + np.sum(np.abs(sums - expected) >= observed - 1e-9)) / (1 + n_resamples)


def compare(incidents, by="target", reading="best", unit="incident", groups=None):
    """One group of incidents against another, measure by measure.

    Parameters
    ----------
    incidents : DataFrame
    by : str
        Column that tells the groups apart.
    reading : {"low", "best", "high"}
        Which reading of disputed counts.
    unit : {"incident", "day"}
        What is taken as independent. With ``day``, ``p_value`` permutes whole days (:func:`by_day`); effects and
        intervals stay those of incidents.
    groups : pair of str, optional
        The two groups, the first compared with the second; by default the column's two values, alphabetically, but
        embassy before base.

    Returns
    -------
    DataFrame
        One row per measure. For either group, n told, ``missing`` and value (share, or median amount);
        ``effect_type``, ``effect``, ``ci_low``, ``ci_high``; ``worst_low``, ``worst_high``: the effect with every
        missing value against, then for, the first group; ``p_value``, ``p_adjusted`` (Holm over the measures tested);
        ``note``: why there is no test, or no interval.

    Raises
    ------
    ValueError
        For an unknown column, group, reading or unit, or where the column does not hold two groups.
    """
    if unit not in ("incident", "day"):
        raise ValueError(f"unit is {unit!r}; choose from incident, day")
    first, second = _two_groups(incidents, by, groups)
    table = measures(incidents, reading)
    in_first, in_second = (incidents[by] == first).to_numpy(), (incidents[by] == second).to_numpy()
    rows = {
        name: _compare_one(MEASURES[name][0], values[in_first], values[in_second], first, second)
        for name, values in table.items()
    }
    if unit == "day":
        for name, values in table.items():
            told = values.notna().to_numpy() & (in_first | in_second)
            if not np.isnan(rows[name]["p_value"]):
                days = incidents["date"].to_numpy()[told]
                rows[name]["p_value"] = by_day(values.to_numpy(float, na_value=np.nan)[told], in_first[told], days)
    result = pd.DataFrame(rows).T.infer_objects().rename_axis("measure")
    tested = result["p_value"].notna()
    result.insert(result.columns.get_loc("note"), "p_adjusted", np.nan)
    if tested.any():
        result.loc[tested, "p_adjusted"] = multipletests(result.loc[tested, "p_value"], method="holm")[1]
    return result


def _two_groups(incidents, by, groups):
    if by not in incidents:
        raise ValueError(f"no column {by!r}; choose from {', '.join(map(str, incidents.columns))}")
    present = sorted(incidents[by].dropna().unique())
    if groups is None:
        groups = ["embassy", "base"] if present == ["base", "embassy"] else present
    if len(set(groups)) != 2 or not set(groups) <= set(present):
        raise ValueError(f"{by} must give two groups, not {list(groups)}; it holds {', '.join(map(str, present))}")
    return groups


def _compare_one(kind, first, second, first_name, second_name):
    told = [values.dropna().to_numpy(float) for values in (first, second)]
    n_missing = [int(values.isna().sum()) for values in (first, second)]
    note = _why_not(kind, told, sum(n_missing))
    row = {}
    for name, values, missing in zip((first_name, second_name), told, n_missing, strict=True):
        middle = (np.mean if kind == "share" else np.median)(values) if len(values) else np.nan
        row |= {f"{name}_n": len(values), f"{name}_missing": missing, f"{name}_value": middle}
    effect_type, test = EFFECTS[kind]
    effect = dict.fromkeys(["effect", "ci_low", "ci_high", "worst_low", "worst_high", "p_value"], np.nan)
    if not note:
        numbers = [*test(*told), *_bounds(kind, *told, n_missing)]
        effect = dict(zip(["effect", "ci_low", "ci_high", "p_value", "worst_low", "worst_high"], numbers, strict=True))
        note = "no interval: the groups do not overlap" if np.isnan(effect["ci_low"]) else ""
    ordered = {key: effect[key] for key in ("effect", "ci_low", "ci_high", "worst_low", "worst_high", "p_value")}
    return {**row, "effect_type": effect_type, **ordered, "note": note}
