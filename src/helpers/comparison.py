"""One group of incidents against another: effects, intervals, bounds, exact tests, and one model of all measures."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from pandas.api.types import is_hashable, is_numeric_dtype
from scipy import optimize

from . import anniversaries, tables, two_groups
from .anniversaries import Day
from .blanks import clean
from .measures import Wanted
from .measures import measures as measure_incidents
from .schemas import load_schema

Pair = tuple | list | None

MAX_SHARE_DENIED = 0.1  # with no more denials than this among mostly silent accounts, only what happened is reported
MIN_SHARE_REPORTED = 0.9  # a measure enters the model if a larger share of each group reports it
NO_EFFECT = {"risk ratio": 1, "Cliff's delta": 0}
_MOST_WORDS = 50  # a category of more is free text, or an id
_EVENTS_PER_PREDICTOR = 5  # what it takes to bear a predictor
_EFFECTS = {
    "share": ("risk ratio", two_groups.risk_ratio),
    "amount": ("Cliff's delta", two_groups.cliffs_delta),
    "category": ("Cramér's V", two_groups.cramers_v),
}
_FOUND = ["effect_type", "effect", "ci_low", "ci_high", "worst_low", "worst_high", "sign_survives", "test"]
_P_VALUES = ["p_value", "p_adjusted", "p_within_years", "p_within_adjusted"]
_ODDS = ["odds_ratio", "ci_low", "ci_high", "p_value", "p_adjusted"]


def compare(
    incidents: pd.DataFrame,
    by: str = "target",
    reading: str = "best",
    unit: str = "incident",
    groups: Pair = None,
    anchor: Day | None = None,
    measures: Wanted = None,
) -> pd.DataFrame:
    """One group of incidents against another, measure by measure.

    Parameters
    ----------
    incidents : DataFrame
        Any frame. A measure made of the column ``by`` is left out.
    by : str
        Column that holds the groups.
    reading : {"low", "best", "high"}
    unit : {"incident", "day"}
        What is taken as independent. With ``day``, p-values permute whole days
        (:func:`helpers.two_groups.permute_days`); effects and intervals stay those of incidents.
    groups : pair, optional
        The two groups, the first compared with the second; by default the column's two values, in order, but
        embassy before base. Rows of neither group are left out.
    anchor : date, optional
        Whose anniversaries are near; by default that of a collection's own incidents, and for other frames none. Where
        it is given, days to the nearest anniversary are added to ``measures``.
    measures : str, callable or list of these, optional
        What is compared: measures by name, columns of your own, functions of the whole frame; see
        :func:`helpers.measures.measures`. By default every known measure whose columns are there.

    Returns
    -------
    DataFrame
        One row per measure; ``attrs["not_compared"]`` names the columns of your own that are none, and
        ``attrs["left_out"]`` counts the rows of neither group by what ``by`` holds there, or ``missing``. For either
        group, n reported, ``missing`` and value (share, or median amount; none for a
        category, see :func:`counts`); ``effect_type``, ``effect``, ``ci_low``, ``ci_high``; ``worst_low``,
        ``worst_high``: the effect with every missing value against, then for, the first group; ``sign_survives``:
        whether both leave its sign as it is (missing for V, which has no sign); ``test``: what gave the ``p_value``;
        ``p_adjusted`` (Holm over the measures tested); ``p_within_years``, with labels permuted within calendar years
        alone (:func:`helpers.two_groups.permute_within_strata`), and ``p_within_adjusted``, its step-down minimum over
        the measures; ``note``: why there is no test, no interval, or no test within years.

    Raises
    ------
    ValueError
        For an unknown column, group, reading, unit or measure, where the column does not hold two groups, where a value
        differs from a group only by case, blanks or characters that nobody sees, or where no column gives a measure;
        and as :func:`helpers.measures.measures`.

    See Also
    --------
    model : All measures together.

    Examples
    --------
    >>> attacks = pd.DataFrame({"side": list("aaaabbbb"), "launched_best": [5, 6, 7, 8, 1, 2, 3, 9]})
    >>> compare(attacks, by="side").loc["munitions launched", ["a_value", "b_value", "effect"]].tolist()
    [6.5, 2.5, 0.5]
    >>> found = compare(attacks.assign(score=range(8)), by="side", measures=["score"])
    >>> found.loc["score", ["a_value", "b_value", "effect"]].tolist()
    [1.5, 5.5, -1.0]
    """
    tables.check_choice("unit", [unit], ["incident", "day"])
    groups = _find_groups(incidents, by, groups, [by, "date"] if unit == "day" else [by])
    table = _find_measures(incidents, by, reading, anchor, measures)
    of_groups, in_first = _tell_groups(incidents[by], groups)
    dates, undated = _find_dates(incidents[of_groups], unit)
    days = dates.to_numpy() if unit == "day" else None
    chosen = table[of_groups]
    chosen.attrs = {}  # which pandas would copy, tables and all, for every column
    rows = {name: _compare_measure(table, name, values, in_first, groups, days) for name, values in chosen.items()}
    result = pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")
    result = result.reindex(columns=[*result.columns[:6], *_FOUND, *_P_VALUES, "note"])
    result["p_adjusted"] = _adjust(result["p_value"])
    if dates is not None:
        tested = chosen.loc[:, result["p_value"].notna()]
        result.update(_permute_within_years(tested, in_first, dates, days))
    unsplit = result["p_value"].notna() & result["p_within_years"].isna()
    result.loc[unsplit, "note"] = [_join_notes(note, undated) for note in result.loc[unsplit, "note"]]
    result.attrs = _tell_left_out(table, incidents[by], groups)
    return result.astype({"sign_survives": "boolean"})


def _adjust(p_values):
    """P-values adjusted by Holm's method; the missing stay so and count for nothing."""
    # Written here because the routine of statsmodels collects garbage at every call, a third of a second each.
    tested = p_values.dropna().sort_values()
    return (tested * np.arange(len(tested), 0, -1)).cummax().clip(upper=1)


def _find_dates(incidents, unit):
    """The days of incidents, None where they cannot be had; and why nothing can be compared within their years."""
    if "date" not in incidents:
        return None, "the data have no date"
    try:
        return anniversaries.as_days(incidents["date"]), "no year with both groups in which it varies"
    except ValueError as error:
        if unit == "day":
            raise
        return None, str(error)


def _permute_within_years(tested, in_first, dates, days):
    """P-values of the measures that are tested, with labels permuted within calendar years."""
    columns = [column for _, column in tested.items()]
    values = [column.to_numpy(float if is_numeric_dtype(column) else object, na_value=np.nan) for column in columns]
    found = two_groups.permute_within_strata(values, in_first, dates.year.to_numpy(), days)
    return pd.DataFrame(dict(zip(_P_VALUES[2:], found, strict=True)), index=tested.columns)


def _join_notes(note, reason):
    return "; ".join(filter(None, [note, f"no test within years: {reason}"]))


def _tell_groups(column, groups):
    """Which incidents are of the two groups, and which of these of the first."""
    of_groups = column.isin(groups).to_numpy(bool)
    return of_groups, (column[of_groups] == groups[0]).to_numpy(bool)


def _tell_left_out(table, column, groups):
    """Columns that are not compared, and rows of neither group by value, blanks as ``missing``."""
    values = column[~_tell_groups(column, groups)[0]]
    values = values.astype("object").where(values.notna(), "")
    values = values.map(lambda value: value if clean(str(value)) else "missing")
    return {"not_compared": table.attrs["not_compared"], "left_out": values.value_counts(sort=False).to_dict()}


def _find_groups(incidents, by, groups, columns):
    """The two groups, as asked for or as they stand in the column."""
    for column in columns:
        if not is_hashable(column):
            raise ValueError(f"by is {column!r}; give the name of one column")
        if column not in incidents:
            raise ValueError(f"no column {column!r}; choose from {', '.join(map(str, incidents.columns))}")
        if (n := list(incidents.columns).count(column)) > 1:
            raise ValueError(f"the column {column!r} stands in the frame {n} times")
    if not incidents[by].dropna().map(is_hashable).all():
        raise ValueError(f"{by} holds lists or records; groups are words or numbers")
    present = list(pd.factorize(incidents[by].astype("object"), sort=True)[1])
    groups = [groups] if isinstance(groups, str) else groups
    if groups is None:
        ours = incidents.attrs.get("groups") or list(load_schema().collection.groups)
        groups = ours if set(present) == set(ours) else present
    if len(groups) != 2 or len(set(groups)) != 2 or not set(groups) <= set(present):
        there = ", ".join(map(str, present)) or "nothing"
        raise ValueError(f"{by} must give two groups, not {list(groups)}; it holds {there}")
    _refuse_look_alikes(by, groups, present)
    return groups


def _refuse_look_alikes(by, groups, present):
    """Refuse a value that differs from a group in nothing that a reader would call another group."""
    looks = {value: clean(str(value)).casefold() for value in present}
    pairs = [
        f"{group!r} and {other!r}"
        for i, group in enumerate(groups)
        for other in present
        if other not in groups[: i + 1] and looks[other] == looks[group]
    ]
    if pairs:
        raise ValueError(f"{by} holds {'; '.join(pairs)}, which differ only by case, blanks or unseen characters")


def _find_measures(incidents, by, reading, anchor, wanted):
    """The measures of the whole frame that do not part the groups by definition."""
    if wanted is None and by in load_schema().lists:
        # A measure made of it is left out below, so the words of a closed column may be any.
        table = measure_incidents(incidents.assign(**{by: None}), reading, anchor)
    else:
        table = measure_incidents(incidents, reading, anchor, wanted)
    own = [name for name, columns in table.attrs["columns"].items() if by in columns or name == by]
    if wanted is not None and own:
        raise ValueError(f"{', '.join(own)}: made of {by}, which holds the groups, so there is nothing to compare")
    if len(own) == len(table.columns):
        raise ValueError(f"nothing to compare: {by} gives the only measure, {own[0]}")
    table = table.drop(columns=own)
    table.attrs["not_compared"] = [column for column in table.attrs["not_compared"] if column != str(by)]
    return table


def _compare_measure(table, name, values, in_first, groups, days):
    """One row of :func:`compare`."""
    kind = table.attrs["kinds"][name]
    effect_type, find_effect = _EFFECTS[kind]
    known = values.notna().to_numpy()
    reported = values[known].to_numpy("str" if kind == "category" else float)
    parts = [reported[in_first[known]], reported[~in_first[known]]]
    n_missing = [int((~known & side).sum()) for side in (in_first, ~in_first)]
    row = {}
    for group, part, missing in zip(groups, parts, n_missing, strict=True):
        middle = np.nan if kind == "category" or not len(part) else (np.mean if kind == "share" else np.median)(part)
        row |= {f"{group}_n": len(part), f"{group}_missing": missing, f"{group}_value": middle}
    row |= {"effect_type": effect_type, "test": "", "note": _why_not_estimable(kind, parts, sum(n_missing))}
    if row["note"]:
        return row
    row |= find_effect(*parts)._asdict()
    row["worst_low"], row["worst_high"] = _find_bounds(kind, table.attrs["limits"][name], *parts, n_missing)
    row["sign_survives"] = _sign_survives(row)
    row["note"] = "no interval: the groups do not overlap" if np.isnan(row["ci_low"]) else ""
    if days is not None:
        few = len(reported) <= two_groups.EXACT_UP_TO
        row["test"] = f"whole days, {f'{two_groups.N_RESAMPLES:,} permutations' if few else 'normal limit'}"
        row["p_value"] = two_groups.permute_days(reported, in_first[known], days[known])
    return row


def _why_not_estimable(kind, parts, n_missing):
    """Why a measure has no test; empty if it has one."""
    pooled = np.concatenate(parts)
    n_no = int((pooled == 0).sum())
    n_yes = len(pooled) - n_no
    if kind == "share" and n_missing > len(pooled) > 0 and n_no <= MAX_SHARE_DENIED * len(pooled):
        return f"not estimable: reported almost only when it happened ({n_yes} yes, {n_no} no, {n_missing} missing)"
    if min(map(len, parts)) < 2:
        return "not estimable: fewer than two incidents of a group report it"
    if kind == "category" and len(set(pooled)) > _MOST_WORDS:
        return f"not estimable: {len(set(pooled))} different words, more than {_MOST_WORDS}"
    if len(set(pooled)) == 1:
        return f"not estimable: always {pooled[0] if kind == 'category' else format(pooled[0], 'g')}"
    return ""


def _sign_survives(row):
    """Whether the worst-case bounds leave the effect its sign; missing where it has none."""
    effects = np.array([row[name] for name in ("effect", "worst_low", "worst_high")], dtype=float)
    sides = np.sign(effects - NO_EFFECT.get(row["effect_type"], np.nan))
    return None if np.isnan(sides).any() or not sides[0] else bool((sides == sides[0]).all())


def _find_bounds(kind, limits, first, second, n_missing):
    """The effect with every missing value against, then for, the first group."""
    bounds = []
    if kind == "category":
        return _category_bounds(first, second, n_missing)
    limits, find = ((0, 1), two_groups.share_ratio) if kind == "share" else (limits, two_groups.rank_delta)
    for end, other in (limits, limits[::-1]):
        filled = np.append(first, np.repeat(end, n_missing[0])), np.append(second, np.repeat(other, n_missing[1]))
        bounds.append(find(*filled))
    return bounds


def _category_bounds(first, second, n_missing):
    """The smallest and largest V that the missing values leave room for, were they among the words reported."""
    counts, margins = two_groups.cross_tabulate(first, second)
    known, k = np.array([counts, margins - counts], dtype=float), len(margins)
    missing = np.array(n_missing, dtype=float)[:, None]

    def statistic(shares):
        table = known + missing * np.reshape(shares, (2, k))
        return two_groups.chi_squared(table[0], table.sum(0))

    # Chi-squared is convex in the counts: it is largest where each group's missing values all take one value, and
    # smallest at a point that descent finds (fractions of an incident allowed).
    ends = [statistic(np.eye(k)[list(chosen)]) for chosen in product(range(k), repeat=2)]
    totals = {"type": "eq", "fun": lambda shares: shares.reshape(2, k).sum(1) - 1}
    start = np.tile(margins / margins.sum(), 2)
    lowest = optimize.minimize(statistic, start, bounds=[(0, 1)] * len(start), constraints=totals, method="SLSQP")
    least = min(*ends, statistic(lowest.x))
    n = known.sum() + missing.sum()
    return [np.sqrt(max(value - (k - 1), 0) / n) for value in (least, max(ends))]


def counts(
    incidents: pd.DataFrame,
    by: str = "target",
    reading: str = "best",
    groups: Pair = None,
    anchor: Day | None = None,
    measures: Wanted = None,
) -> pd.DataFrame:
    """How often each value of each share and category is reported, and how often nothing is.

    Parameters
    ----------
    incidents, by, reading, groups, anchor, measures
        As for :func:`compare`.

    Returns
    -------
    DataFrame
        By ``measure`` and ``value`` (yes, no, or a word). For either group ``n``, ``share`` (of those reported) and
        ``missing``, the same for all values of a measure. ``attrs`` as for :func:`compare`.

    Raises
    ------
    ValueError
        As :func:`compare`.

    Examples
    --------
    >>> attacks = pd.DataFrame({"side": ["a", "a", "b"], "weapon": ["rocket", "unknown", "drone"]})
    >>> counts(attacks, by="side")[["a_n", "a_missing", "b_n", "b_missing"]].loc["weapon"].values.tolist()
    [[0, 1, 1, 0], [1, 1, 0, 0]]
    """
    groups = _find_groups(incidents, by, groups, [by])
    table = _find_measures(incidents, by, reading, anchor, measures)
    rows, kinds = {}, table.attrs["kinds"]
    for name in (name for name in table if kinds[name] != "amount"):
        values = table[name] if kinds[name] == "category" else table[name].map({1: "yes", 0: "no"})
        for value, group in product(sorted(values.dropna().unique()), groups):
            own = values[incidents[by] == group]
            n = int((own == value).sum())
            found = {f"{group}_n": n, f"{group}_share": n / max(own.count(), 1), f"{group}_missing": own.isna().sum()}
            rows[name, value] = rows.get((name, value), {}) | found
    columns = [f"{group}_{column}" for group in groups for column in ("n", "share", "missing")]
    index = pd.MultiIndex.from_tuples(rows, names=["measure", "value"])
    found = pd.DataFrame(list(rows.values()), index=index, columns=columns)
    found.attrs = _tell_left_out(table, incidents[by], groups)
    return found


@dataclass(frozen=True)
class Model:
    """One model of all measures together. See :func:`model`.

    Attributes
    ----------
    table : DataFrame
        By predictor: ``odds_ratio``, ``ci_low``, ``ci_high``, ``p_value``, ``p_adjusted`` (Holm). Empty where refused.
    p_value : float
        Of all predictors together; missing where refused.
    p_within_years : float
        The same with labels permuted within calendar years (:func:`helpers.two_groups.permute_within_strata`, of all
        predictors together); missing where refused, without dates, and where none varies in a year with both groups.
    n_first, n_second, n_left_out : int
        Incidents of either group in the model, and those left out since a predictor is not reported.
    refusal : str
        Why there is no model; empty where there is one.
    """

    table: pd.DataFrame
    p_value: float
    p_within_years: float
    n_first: int
    n_second: int
    n_left_out: int
    refusal: str


def model(
    incidents: pd.DataFrame,
    by: str = "target",
    reading: str = "best",
    groups: Pair = None,
    anchor: Day | None = None,
    measures: Wanted = None,
) -> Model:
    """The first group against the second on all measures together, by Firth's logistic regression.

    What enters is settled before any result: the measures reported in more than nine of ten incidents of each group. A
    category enters as its commonest word against the rest, an amount as the logarithm of one more than it, so that its
    odds ratio is that of a doubling of one more than it; an amount that can be negative enters as it is.

    Parameters
    ----------
    incidents, by, reading, groups, anchor, measures
        As for :func:`compare`.

    Returns
    -------
    Model
        Of rows of the two groups alone. Refused where the smaller group has fewer than five incidents per predictor
        (Vittinghoff and McCulloch 2007), or where the predictors separate the groups completely, so that the penalty
        alone would set the numbers.

    Raises
    ------
    ValueError
        As :func:`compare`.

    See Also
    --------
    helpers.two_groups.firth_intervals : The regression itself.

    Examples
    --------
    >>> attacks = pd.DataFrame({"side": list("aaaaabbbbb"), "launched_best": [5, 6, 7, 8, 2, 1, 2, 3, 4, 9]})
    >>> model(attacks, by="side").table["odds_ratio"].round(2).to_dict()
    {'munitions launched, plus one, doubled': 2.48}
    """
    groups = _find_groups(incidents, by, groups, [by])
    table = _find_measures(incidents, by, reading, anchor, measures)
    of_groups, in_first = _tell_groups(incidents[by], groups)
    predictors = _find_predictors(table[of_groups], in_first, table.attrs["kinds"])
    whole = predictors.notna().all(axis=1).to_numpy(bool)
    outcome, design = in_first[whole].astype(float), predictors[whole].astype(float)
    design = design.loc[:, design.nunique() > 1]
    n_first, n_second = int(outcome.sum()), int(len(outcome) - outcome.sum())
    refusal, table = _why_refused(design, min(n_first, n_second), outcome), pd.DataFrame(columns=_ODDS)
    p_value = p_within = np.nan
    if not refusal:
        try:
            table, p_value = _fit(design, outcome)
            p_within = _test_within_years(design, outcome, incidents[of_groups][whole])
        except RuntimeError as error:
            refusal = str(error)
    return Model(table, p_value, p_within, n_first, n_second, int((~whole).sum()), refusal)


def _test_within_years(design, outcome, incidents):
    """The p-value of all predictors together with labels permuted within years; missing where there are no days."""
    dates, _ = _find_dates(incidents, "incident")
    if dates is None:
        return np.nan
    return float(two_groups.permute_within_strata([design.to_numpy()], outcome == 1, dates.year.to_numpy())[0][0])


def _find_predictors(table, in_first, kinds):
    """The measures that enter the model, as numbers."""
    columns = {}
    for name, values in table.items():
        kind, reported = kinds[name], values.notna().to_numpy()
        if min(reported[in_first].mean(), reported[~in_first].mean()) <= MIN_SHARE_REPORTED:
            continue
        if kind == "category":
            common = values.value_counts().sort_index().idxmax()
            columns[f"{name} is {common}"] = (values == common).astype("Float64").where(values.notna())
        elif kind == "amount" and (values < 0).any():
            columns[name] = values.astype(float)
        elif kind == "amount":
            columns[f"{name}, plus one, doubled"] = np.log2(values.astype(float) + 1)
        else:
            columns[name] = values
    return pd.DataFrame(columns, index=table.index)


def _why_refused(design, n_smaller, outcome):
    """Why these data bear no model; empty if they do."""
    k = design.shape[1]
    if not k:
        return "no measure is reported in more than nine of ten incidents of each group, or all are alike"
    if n_smaller < _EVENTS_PER_PREDICTOR * k:
        return f"{n_smaller} incidents of the smaller group are too few for {k} predictors, at five each"
    if np.linalg.matrix_rank(design - design.mean()) < k:
        return "some predictors are sums of others"
    if two_groups.is_separable(design.to_numpy(), outcome):
        return "the predictors separate the groups completely, so that only the penalty would set the numbers"
    return ""


def _fit(design, outcome):
    """Odds ratios, and the p-value of all predictors together."""
    whole = np.column_stack([np.ones(len(design)), design])
    rows = two_groups.firth_intervals(whole, outcome).iloc[1:].set_axis(design.columns).rename_axis("predictor")
    odds = np.exp(rows[["coefficient", "ci_low", "ci_high"]]).rename(columns={"coefficient": "odds_ratio"})
    return odds.assign(p_value=rows["p_value"], p_adjusted=_adjust(rows["p_value"])), two_groups.firth_test(
        whole, outcome
    )
