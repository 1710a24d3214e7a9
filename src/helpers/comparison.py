"""One group against another: exact tests, effect sizes, intervals, bounds.

A measure is one value per incident, missing where no account tells: 1 or 0 for a share, a number for an amount, a word
for a table.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from scipy import optimize, stats
from statsmodels.stats.multitest import multipletests

from . import anniversaries, tables, two_groups

READINGS = ("low", "best", "high")
TOLD_FROM, EVENTS_PER_PREDICTOR = 0.9, 5  # what enters the model, and what it takes to bear it
AREA_KM = 20  # a site placed no better than this is an area
FEW_NO = 0.1  # no more denials than this share, among mostly silent accounts: told only when it happened


def _reported(incidents, name, reading):
    """One reading of a count. The high reading of a count that is open upwards is its best."""
    column = incidents[f"{name}_{reading}"].astype("Float64")
    return column.fillna(incidents[f"{name}_best"].astype("Float64")) if reading == "high" else column


def _hits(incidents, reading):
    """Rounds inside: as told, or none where the fewest interceptions told reach the most launched."""
    hits = _reported(incidents, "hit", reading)
    if not {"intercepted_low", "launched_high"} <= set(incidents):
        return hits
    launched = incidents["launched_high"].astype("Float64")
    all_stopped = (incidents["intercepted_low"].astype("Float64") >= launched) & (launched > 0)
    return hits.mask(hits.isna() & all_stopped.fillna(False), 0)


def _share_inside(incidents, reading):
    """Rounds inside per round launched; the low reading sets the fewest inside against the most launched."""
    launched = _reported(incidents, "launched", {"low": "high", "high": "low"}.get(reading, reading))
    return (_hits(incidents, reading) / launched.where(launched > 0)).clip(upper=1)


def _tolls(incidents, reading, who):
    """Killed and injured, of all or of some; where nobody was hurt, no American and no other was."""
    together = [_reported(incidents, name, reading) for name in ("killed", "injured")]
    if who == "all":
        return together
    told = [incidents[f"us_{name}"].astype("Float64") for name in ("killed", "injured")]
    nobody = [(total == 0).fillna(False) for total in together]
    americans = [us.mask(us.isna() & none, 0) for us, none in zip(told, nobody, strict=True)]
    if who == "us":
        return americans
    return [(total - us).clip(lower=0) for total, us in zip(together, americans, strict=True)]


def _any(*amounts):
    """Whether any amount is above zero: yes if one is, no only if all are told to be zero."""
    above = pd.concat([amount > 0 for amount in amounts], axis=1)
    return above.any(axis=1, skipna=True).astype("Float64").where(above.notna().all(axis=1) | above.any(axis=1))


def _is(field, positive, negative):
    """Whether a field has one of the positive values; missing where it has none of either list."""

    def measure(incidents, reading):
        values = incidents[field].astype("object")
        return values.isin(positive).astype("Float64").where(values.isin([*positive, *negative]))

    return [field], measure


def _code(field):
    """The words of a field; ``unknown`` is silence."""
    return [field], lambda incidents, reading: incidents[field].astype("object").where(incidents[field] != "unknown")


def _number(field):
    """The numbers of a field."""
    return [field], lambda incidents, reading: incidents[field].astype("Float64")


def _of_counts(names, measure, fields=()):
    """A measure made of counts."""
    return [*(f"{name}_{end}" for name in names for end in ("{reading}", "best")), *fields], measure


def _told(incidents, reading):
    """Whether anyone claimed it; silence is missing, never no."""
    claims = incidents["claimed_by"].notna()
    return claims.astype("Float64").where(claims)


def _disputes(incidents, reading):
    """Whether independent accounts cannot all be right; missing where there are not two."""
    return (incidents["disputed"] != "").astype("Float64").where(incidents["n_independent"] >= 2)


TOLLS, US = ("killed", "injured"), ("us_killed", "us_injured")
# name: (kind, (the columns it needs, incidents and reading -> measure))
MEASURES = {
    "weapon": ("table", _code("weapon")),
    "munitions launched": ("amount", _of_counts(["launched"], lambda i, r: _reported(i, "launched", r))),
    "any round inside the perimeter": ("share", _of_counts(["hit"], lambda i, r: _any(_hits(i, r)))),
    "share of rounds inside": ("amount", _of_counts(["hit", "launched"], _share_inside, ["launched_low"])),
    "any round intercepted": ("share", _of_counts(["intercepted"], lambda i, r: _any(_reported(i, "intercepted", r)))),
    "defence active": ("share", _is("defence_active", ["yes"], ["no"])),
    "anyone killed": ("share", _of_counts(["killed"], lambda i, r: _any(_reported(i, "killed", r)))),
    "anyone killed or injured": ("share", _of_counts(TOLLS, lambda i, r: _any(*_tolls(i, r, "all")))),
    "Americans killed or injured": ("share", _of_counts(TOLLS, lambda i, r: _any(*_tolls(i, r, "us")), US)),
    "others killed or injured": ("share", _of_counts(TOLLS, lambda i, r: _any(*_tolls(i, r, "others")), US)),
    "any damage": ("share", _is("damage", ["minor", "major"], ["none"])),
    "part of day": ("table", _code("part_of_day")),
    "claimed": ("share", (["claimed_by"], _told)),
    "independent accounts": ("amount", _number("n_independent")),
    "accounts dispute a field": ("share", (["disputed", "n_independent"], _disputes)),
    "launch distance (km)": ("amount", _number("launch_km")),
    "days to the nearest anniversary": ("amount", _number("days_to_anniversary")),
    "days since the last US strike": ("amount", _number("days_since_us_strike")),
}


def measures(incidents, reading="best", anchor=anniversaries.SOLEIMANI):
    """Every measure of every incident.

    Parameters
    ----------
    incidents : DataFrame, n rows
        Beside the columns of an incident, ``launch_km``, ``days_since_us_strike`` and ``days_to_anniversary`` are
        measures where they are there; the last is made from ``date`` where it is not.
    reading : {"low", "best", "high"}
        Which reading of disputed counts. The high reading of a count that is open upwards is its best.
    anchor : date
        The event whose anniversaries are meant.

    Returns
    -------
    DataFrame, n rows
        One column per measure whose columns are there, Float64, or words for a table; missing where no account tells.
        What is implied counts as told, and nothing else does: no hit where everything launched was intercepted, and
        no American hurt where nobody was. Whether accounts dispute each other is missing where there is but one.

    Raises
    ------
    ValueError
        For an unknown reading, or where there are no columns for any measure.
    """
    tables.check_choice("reading", [reading], READINGS)
    if "date" in incidents and "days_to_anniversary" not in incidents:
        days = np.abs(anniversaries.days_from_anniversary(incidents["date"], anchor))
        incidents = incidents.assign(days_to_anniversary=days)
    columns = {
        name: measure(incidents, reading)
        for name, (_, (needs, measure)) in MEASURES.items()
        if {need.format(reading=reading) for need in needs} <= set(incidents.columns)
    }
    if not columns:
        raise ValueError(
            f"nothing to compare: no column among {', '.join(map(str, incidents.columns))} gives a measure"
        )
    return pd.DataFrame(columns, index=incidents.index)


def days_since(dates, events):
    """Days since the last event before each date.

    Parameters
    ----------
    dates, events : Series of datetime64
        An event of the same day may have come after, and does not count.

    Returns
    -------
    Series of Float64
        Missing before the first event.

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2020-01-02", "2020-01-03", "2020-01-05"]))
    >>> days_since(dates, pd.Series(pd.to_datetime(["2020-01-03", "2020-01-02"]))).tolist()
    [<NA>, 1.0, 2.0]
    """
    known = np.sort(np.asarray(events, "datetime64[D]"))
    days = dates.to_numpy().astype("datetime64[D]")
    position = np.searchsorted(known, days, side="left") - 1
    since = (days - known[position]).astype(float) if len(known) else np.zeros(len(days))
    return pd.Series(since, index=dates.index, dtype="Float64").mask((position < 0) | dates.isna().to_numpy())


EFFECTS = {"share": ("risk ratio", two_groups.risk_ratio), "amount": ("Cliff's delta", two_groups.cliffs_delta),
           "table": ("Cramér's V", two_groups.cramers_v)}  # fmt: skip
NO_EFFECT = {"risk ratio": 1, "Cliff's delta": 0}


def _why_not(kind, told, n_missing):
    """Why a measure has no test; empty if it has one."""
    pooled = np.concatenate(told)
    n_no = int((pooled == 0).sum())
    n_yes = len(pooled) - n_no
    if kind == "share" and n_missing > len(pooled) > 0 and n_no <= FEW_NO * len(pooled):
        return f"not estimable: told almost only when it happened ({n_yes} yes, {n_no} no, {n_missing} silent)"
    if min(map(len, told)) < 2:
        return "not estimable: fewer than two incidents of a group tell it"
    if len(set(pooled)) == 1:
        return f"not estimable: always {pooled[0] if kind == 'table' else format(pooled[0], 'g')}"
    return ""


# Between what amounts can lie that nobody tells.
RANGES = {"share of rounds inside": (0, 1), "days to the nearest anniversary": (0, anniversaries.HALF + 1)}


def _bounds(name, first, second, n_missing):
    """The effect with every missing value against, then for, the first group."""
    kind = MEASURES[name][0]
    if kind == "table":
        return _table_bounds(first, second, n_missing)
    effect, ends = two_groups.share_ratio, (0, 1)
    if kind == "amount":
        effect, ends = two_groups.rank_delta, RANGES.get(name, (0, np.inf))
    return [
        effect(np.append(first, np.repeat(end, n_missing[0])), np.append(second, np.repeat(other, n_missing[1])))
        for end, other in (ends, ends[::-1])
    ]


def _table_bounds(first, second, n_missing):
    """The smallest and largest V that the missing values leave room for, were they among the words told.

    Chi-squared is convex in the counts: it is largest where each group's missing values all take one value, and
    smallest at a point that descent finds (fractions of an incident allowed).
    """
    counts, margins = two_groups.cross_tabulate(first, second)
    known, k = np.array([counts, margins - counts], dtype=float), len(margins)
    missing, silent = np.array(n_missing, dtype=float)[:, None], np.flatnonzero(n_missing)

    def statistic(shares):
        table = known.copy()
        table[silent] += missing[silent] * np.reshape(shares, (len(silent), k))
        return two_groups.chi_squared(table[0], table.sum(0))

    ends = [statistic(np.eye(k)[list(chosen)]) for chosen in product(range(k), repeat=len(silent))]
    least = min(ends)
    if len(silent):
        totals = {"type": "eq", "fun": lambda shares: shares.reshape(-1, k).sum(1) - 1}
        start = np.tile(margins / margins.sum(), len(silent))
        found = optimize.minimize(statistic, start, bounds=[(0, 1)] * len(start), constraints=totals, method="SLSQP")
        least = min(least, statistic(found.x))
    n = known.sum() + missing.sum()
    return [np.sqrt(max(value - (k - 1), 0) / n) for value in (least, max(ends))]


def compare(incidents, by="target", reading="best", unit="incident", groups=None, anchor=anniversaries.SOLEIMANI):
    """One group of incidents against another, measure by measure.

    Parameters
    ----------
    incidents : DataFrame
        See :func:`measures` for what is compared. A measure made of the column ``by`` is left out.
    by : str
        Column that tells the groups apart.
    reading : {"low", "best", "high"}
        Which reading of disputed counts.
    unit : {"incident", "day"}
        What is taken as independent. With ``day``, ``p_value`` permutes whole days
        (:func:`helpers.two_groups.permute_days`); effects and intervals stay those of incidents.
    groups : pair, optional
        The two groups, the first compared with the second; by default the column's two values, in order, but
        embassy before base.
    anchor : date
        The event whose anniversaries are meant.

    Returns
    -------
    DataFrame
        One row per measure. For either group, n told, ``missing`` and value (share, or median amount; none for a
        table, see :func:`counts`); ``effect_type``, ``effect``, ``ci_low``, ``ci_high``; ``worst_low``,
        ``worst_high``: the effect with every missing value against, then for, the first group; ``sign_survives``:
        whether both leave it on its side (missing for V, which has no sign); ``test``: what gave the ``p_value``;
        ``p_adjusted`` (Holm over the measures tested); ``note``: why there is no test, or no interval.

    Raises
    ------
    ValueError
        For an unknown column, group, reading or unit, or where the column does not hold two groups.
    """
    tables.check_choice("unit", [unit], ["incident", "day"])
    first, second = _two_groups(incidents, by, groups, [by, "date"] if unit == "day" else [by])
    incidents = incidents[incidents[by].isin([first, second])]
    table = _compared(incidents, by, reading, anchor)
    in_first = (incidents[by] == first).to_numpy(bool)
    days = anniversaries.as_days(incidents["date"]).to_numpy() if unit == "day" else None
    rows = {name: _compare_one(name, values, in_first, (first, second), days) for name, values in table.items()}
    result = pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")
    result["sign_survives"] = result["sign_survives"].astype("boolean")
    tested = result["p_value"].notna()
    result.insert(result.columns.get_loc("note"), "p_adjusted", np.nan)
    if tested.any():
        result.loc[tested, "p_adjusted"] = multipletests(result.loc[tested, "p_value"], method="holm")[1]
    return result


def _two_groups(incidents, by, groups, columns):
    for column in columns:
        if column not in incidents:
            raise ValueError(f"no column {column!r}; choose from {', '.join(map(str, incidents.columns))}")
    present = list(incidents[by].dropna().unique())
    try:
        present = sorted(present)
    except TypeError:  # values without an order of their own
        present = sorted(present, key=str)
    groups = [groups] if isinstance(groups, str) else groups
    if groups is None:
        groups = ["embassy", "base"] if present == ["base", "embassy"] else present
    if len(groups) != 2 or len(set(groups)) != 2 or not set(groups) <= set(present):
        there = ", ".join(map(str, present)) or "nothing"
        raise ValueError(f"{by} must give two groups, not {list(groups)}; it holds {there}")
    return groups


def _compared(incidents, by, reading, anchor):
    """The measures that do not tell the groups apart by definition."""
    table = measures(incidents, reading, anchor)
    own = [name for name in table if by in MEASURES[name][1][0]]
    if len(own) == len(table.columns):
        raise ValueError(f"nothing to compare: {by} gives the only measure, {own[0]}")
    return table.drop(columns=own)


def _compare_one(measure, values, in_first, names, days):
    kind = MEASURES[measure][0]
    known = values.notna().to_numpy()
    plain = values[known].to_numpy("str" if kind == "table" else float)
    told = [plain[in_first[known]], plain[~in_first[known]]]
    n_missing = [int((~known & side).sum()) for side in (in_first, ~in_first)]
    row = {}
    for name, group, missing in zip(names, told, n_missing, strict=True):
        middle = {"share": np.mean, "amount": np.median}.get(kind)
        value = middle(group) if middle and len(group) else np.nan
        row |= {f"{name}_n": len(group), f"{name}_missing": missing, f"{name}_value": value}
    effect_type, test = EFFECTS[kind]
    names = ["effect", "ci_low", "ci_high", "p_value", "test", "worst_low", "worst_high"]
    numbers = {**dict.fromkeys(names, np.nan), "test": "", "note": _why_not(kind, told, sum(n_missing))}
    if not numbers["note"]:
        numbers |= dict(zip(names, [*test(*told, test=days is None), *_bounds(measure, *told, n_missing)], strict=True))
        numbers["note"] = "no interval: the groups do not overlap" if np.isnan(numbers["ci_low"]) else ""
        if days is not None:
            numbers["p_value"] = two_groups.permute_days(plain, in_first[known], days[known])
            few = len(plain) <= two_groups.EXACT_UP_TO
            numbers["test"] = f"whole days, {f'{two_groups.N_RESAMPLES:,} permutations' if few else 'normal limit'}"
    numbers["sign_survives"] = _sign_survives(effect_type, numbers)
    order = ["effect", "ci_low", "ci_high", "worst_low", "worst_high", "sign_survives", "test", "p_value", "note"]
    return {**row, "effect_type": effect_type, **{name: numbers[name] for name in order}}


def _sign_survives(effect_type, numbers):
    """Whether the worst cases leave the effect on its side; missing where it has none."""
    sides = np.sign(np.array([numbers[name] for name in ("effect", "worst_low", "worst_high")], dtype=float)
                    - NO_EFFECT.get(effect_type, np.nan))  # fmt: skip
    return None if np.isnan(sides).any() or not sides[0] else bool((sides == sides[0]).all())


def counts(incidents, by="target", reading="best", groups=None):
    """How often each value of each share and table is told, and how often nothing is.

    Parameters
    ----------
    incidents, by, reading, groups
        As for :func:`compare`.

    Returns
    -------
    DataFrame
        By ``measure`` and ``value`` (yes, no, or a word). For either group ``n``, ``share`` (of those told) and
        ``missing``, the same for all values of a measure.

    Raises
    ------
    ValueError
        As :func:`compare` does.

    Examples
    --------
    >>> attacks = pd.DataFrame({"side": ["a", "a", "b"], "weapon": ["rocket", "unknown", "drone"]})
    >>> counts(attacks, by="side")[["a_n", "a_missing", "b_n", "b_missing"]].loc["weapon"].values.tolist()
    [[0, 1, 1, 0], [1, 1, 0, 0]]
    """
    groups = _two_groups(incidents, by, groups, [by])
    table = _compared(incidents, by, reading, anniversaries.SOLEIMANI)
    parts = {}
    for name in (name for name in table if MEASURES[name][0] != "amount"):
        values = table[name] if MEASURES[name][0] == "table" else table[name].map({1: "yes", 0: "no"})
        columns = {}
        for group in groups:
            own = values[incidents[by] == group]
            n = own.value_counts().reindex(sorted(values.dropna().unique()), fill_value=0)
            columns |= {f"{group}_n": n, f"{group}_share": n / max(n.sum(), 1), f"{group}_missing": own.isna().sum()}
        parts[name] = pd.DataFrame(columns)
    if not parts:
        columns = [f"{group}_{column}" for group in groups for column in ("n", "share", "missing")]
        index = pd.MultiIndex.from_arrays([[], []], names=["measure", "value"])
        return pd.DataFrame(columns=columns, index=index)
    return pd.concat(parts, names=["measure", "value"])


@dataclass(frozen=True)
class Model:
    """One model of all measures together. See :func:`model`.

    Attributes
    ----------
    table : DataFrame
        By predictor: ``odds_ratio``, ``ci_low``, ``ci_high``, ``p_value``, ``p_adjusted`` (Holm). Empty where refused.
    p_value : float
        Of all predictors together; missing where refused.
    n_first, n_second, n_left_out : int
        Incidents of either group in the model, and those left out since a predictor is not told.
    refusal : str
        Why there is no model; empty where there is one.
    """

    table: pd.DataFrame
    p_value: float
    n_first: int
    n_second: int
    n_left_out: int
    refusal: str


def model(incidents, by="target", reading="best", groups=None, anchor=anniversaries.SOLEIMANI):
    """The first group against the second on all measures together, by Firth's logistic regression.

    What enters is settled before any result: the measures told in more than nine of ten incidents of each group. A
    table enters as its commonest word against the rest, an amount as the logarithm of one more than it, so that its
    odds ratio is that of a doubling of one more than it.

    Parameters
    ----------
    incidents, by, reading, groups, anchor
        As for :func:`compare`.

    Returns
    -------
    Model
        Refused where the smaller group has fewer than five incidents per predictor (Vittinghoff and McCulloch 2007),
        or where the predictors tell the groups wholly apart, so that the penalty alone would set the numbers.

    Raises
    ------
    ValueError
        As :func:`compare` does.
    """
    first, second = _two_groups(incidents, by, groups, [by])
    incidents = incidents[incidents[by].isin([first, second])]
    in_first = (incidents[by] == first).to_numpy(bool)
    predictors = _predictors(_compared(incidents, by, reading, anchor), in_first)
    whole = predictors.notna().all(axis=1).to_numpy(bool)
    outcome, design = in_first[whole].astype(float), predictors[whole].astype(float)
    design = design.loc[:, design.nunique() > 1]
    n_first, n_second = int(outcome.sum()), int(len(outcome) - outcome.sum())
    refusal, table, p_value = _refusal(design, outcome), pd.DataFrame(columns=list(ODDS)), np.nan
    if not refusal:
        try:
            table, p_value = _fitted(design, outcome)
        except RuntimeError as error:
            refusal = str(error)
    return Model(table, p_value, n_first, n_second, int((~whole).sum()), refusal)


ODDS = ("odds_ratio", "ci_low", "ci_high", "p_value", "p_adjusted")


def _predictors(table, in_first):
    """The measures that enter the model, as numbers."""
    columns = {}
    for name, values in table.items():
        kind, told = MEASURES[name][0], values.notna().to_numpy()
        if min(told[in_first].mean(), told[~in_first].mean()) <= TOLD_FROM:
            continue
        if kind == "table":
            common = values.value_counts().sort_index().idxmax()
            columns[f"{name} is {common}"] = (values == common).astype("Float64").where(values.notna())
        elif kind == "amount":
            columns[f"{name}, plus one, doubled"] = np.log2(values.astype(float) + 1)
        else:
            columns[name] = values
    return pd.DataFrame(columns, index=table.index)


def _refusal(design, outcome):
    """Why these data bear no model; empty if they do."""
    smaller, k = int(min(outcome.sum(), len(outcome) - outcome.sum())), design.shape[1]
    if not k:
        return "no measure is told in more than nine of ten incidents of each group, or all are alike"
    if smaller < EVENTS_PER_PREDICTOR * k:
        return f"{smaller} incidents of the smaller group are too few for {k} predictors, at five each"
    if np.linalg.matrix_rank(design - design.mean()) < k:
        return "some predictors are sums of others"
    if two_groups.is_separable(design.to_numpy(), outcome):
        return "the predictors together tell the groups wholly apart, so that only the penalty would set the numbers"
    return ""


def _fitted(design, outcome):
    """Odds ratios, and the p-value of all predictors together."""
    whole = np.column_stack([np.ones(len(design)), design])
    rows = two_groups.firth_intervals(whole, outcome).iloc[1:].set_axis(design.columns).rename_axis("predictor")
    odds = np.exp(rows[["coefficient", "ci_low", "ci_high"]]).rename(columns={"coefficient": "odds_ratio"})
    adjusted = multipletests(rows["p_value"], method="holm")[1]
    table = odds.assign(p_value=rows["p_value"], p_adjusted=adjusted)
    return table, two_groups.firth_test(whole, outcome)


def exposure(incidents, sites, period):
    """How long each site could have been struck, as far as that is known.

    Parameters
    ----------
    incidents : DataFrame
        With ``site_id`` and ``date``.
    sites : DataFrame
        As :func:`helpers.load_sites` returns it. Those placed no better than within 20 km are areas and left out.
    period : pair of dates
        First and last day covered.

    Returns
    -------
    DataFrame
        By ``site_id``: ``target``; ``known``: whether its last day with US troops is coded, or it is the embassy,
        which did not close; ``days_low``, ``days_high``: site-days, equal where known. Where not, from the first day
        covered to the last attack told, and to the last day covered. ``incidents`` on those days.

    Raises
    ------
    ValueError
        Where no site is placed well enough.
    """
    first, last = (pd.Timestamp(day) for day in period)
    sites = sites[sites["precision_km"] < AREA_KM].set_index("site_id")
    if sites.empty:
        raise ValueError(f"no site is placed better than within {AREA_KM} km, so none has site-days")
    dates = incidents[incidents["site_id"].isin(sites.index)].set_index("site_id")["date"]
    dates = dates[dates.between(first, last)]
    embassy = sites["site_type"] == "embassy"
    until = sites["us_until"].mask(embassy & sites["us_until"].isna(), last).clip(upper=last)
    seen = dates.groupby(level=0).max().reindex(sites.index)
    ends = {"days_low": until.fillna(seen), "days_high": until.fillna(last)}
    days = {name: ((end - first).dt.days + 1).fillna(0).clip(lower=0).astype(int) for name, end in ends.items()}
    within = dates[dates <= dates.index.map(ends["days_high"])]
    n = within.groupby(level=0).size().reindex(sites.index, fill_value=0)
    target = np.where(sites["site_type"] == "base", "base", "embassy")
    return pd.DataFrame({"target": target, "known": until.notna(), **days, "incidents": n})


def site_day_rates(exposed):
    """Attacks per 1,000 site-days, for the sites whose days are known and for all.

    Parameters
    ----------
    exposed : DataFrame
        As :func:`exposure` returns it.

    Returns
    -------
    DataFrame
        By ``sites`` (``days known`` or ``all``) and ``target``: ``n_sites``, ``incidents``, ``days_low``,
        ``days_high``, and the rates that these allow, ``rate_low`` and ``rate_high``; ``ci_low`` and ``ci_high``: the
        exact 95% Poisson interval (Garwood 1936) where the days are known.
    """
    parts = {"days known": exposed[exposed["known"]], "all": exposed}
    groups = {name: part.assign(n_sites=1).groupby("target").sum() for name, part in parts.items()}
    rates = pd.concat(groups, names=["sites", "target"]).drop(columns="known")
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = rates.assign(rate_low=1000 * rates["incidents"] / rates["days_high"],
                             rate_high=1000 * rates["incidents"] / rates["days_low"])  # fmt: skip
    n, known = rates["incidents"], rates.index.get_level_values("sites") == "days known"
    tail = (1 - two_groups.LEVEL) / 2
    low, high = stats.gamma.ppf(tail, n.clip(lower=1)) * (n > 0), stats.gamma.ppf(1 - tail, n + 1)
    for name, counts_ in (("ci_low", low), ("ci_high", high)):
        rates[name] = (1000 * counts_ / rates["days_high"]).where(known)
    columns = ["n_sites", "incidents", "days_low", "days_high", "rate_low", "rate_high", "ci_low", "ci_high"]
    return rates[columns]
