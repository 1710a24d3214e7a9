"""Do strikes on diplomatic sites differ from strikes on bases?"""

import numpy as np
import pandas as pd

from .. import comparison, geography, measures
from ..anniversaries import Day
from ..schemas import load_schema, package_schema
from .basics import (
    ALPHA,
    covered,
    event_days,
    finding,
    group_pair,
    group_plurals,
    is_coded,
    is_own_anchor,
    require_targets,
    source_line,
)
from .show import share, show
from .tell import number

FEWEST_OF_A_GROUP = 5  # incidents, to say in which year most of them fell
FEWEST_COMPARED = 3  # incidents of either group, to say whether they differ
# The years of our own tables in which both groups were attacked. Later attacks are nearly all on bases, so that they
# would set what bases were like in one time against what diplomatic sites were like in another.
PRIMARY = ("2019-01-01", "2021-12-31")
_FEWEST_PRIMARY = 2  # incidents of either group, for a comparison


def add_context_columns(incidents: pd.DataFrame, events: pd.DataFrame | None = None) -> pd.DataFrame:
    """Incidents with what lies outside the reports of them: the launch's distance, and the last US strike.

    Parameters
    ----------
    incidents : DataFrame
        Distances are measured where there is a ``launch_area``.
    events : DataFrame, optional
        A strike of which only the US date is known is taken at the day after; those known to the month are left out.

    Returns
    -------
    DataFrame
        With ``launch_km`` and ``days_since_us_strike``, as far as they can be had; numbered anew.

    Examples
    --------
    >>> day = pd.Timestamp("2022-01-04")
    >>> strike = pd.DataFrame({"kind": ["us_strike"], "date_precision": ["day"], "date_high": [day]})
    >>> attacks = pd.DataFrame({"date": [day + pd.Timedelta(days=9)]})
    >>> add_context_columns(attacks, strike)["days_since_us_strike"].tolist()
    [9.0]
    """
    incidents = incidents.reset_index(drop=True)
    if "launch_area" in incidents and "launch_km" not in incidents:
        measured = geography.launch_distances(incidents)
        incidents = incidents.assign(launch_km=measured["distance_km"].astype(float))
    if events is None:
        return incidents
    strikes = event_days(events, "us_strike")
    return incidents.assign(days_since_us_strike=measures.days_since(incidents["date"], strikes))


def select_primary(incidents: pd.DataFrame) -> pd.DataFrame:
    """The incidents that the primary comparison of targets takes.

    Parameters
    ----------
    incidents : DataFrame
        With ``target``.

    Returns
    -------
    DataFrame
        Of the collection's own tables those of 2019 to 2021, numbered anew, ``attrs["window"]`` cut to these years. Of
        other data all, and where a group has fewer than two incidents in these years.

    Examples
    --------
    >>> days = pd.to_datetime(["2021-01-03"] * 4 + ["2022-01-03"])
    >>> own = pd.DataFrame({"date": days, "target": ["embassy", "base", "embassy", "base", "base"]})
    >>> len(select_primary(own))
    5
    >>> own.attrs["anchor"] = "2020-01-03"
    >>> len(select_primary(own))
    4
    """
    collection = package_schema().collection  # other collections have other years
    if load_schema().collection != collection or not is_own_anchor(incidents, collection.anchor.date):
        return incidents
    early = incidents[incidents["date"].between(*PRIMARY)].reset_index(drop=True)
    sizes = early["target"].value_counts().reindex(list(collection.groups), fill_value=0)
    if sizes.min() < _FEWEST_PRIMARY or len(early) == len(incidents):
        return incidents
    first, last = covered(incidents)
    window = max(first, pd.Timestamp(PRIMARY[0])), min(last, pd.Timestamp(PRIMARY[1]))
    early.attrs = {**incidents.attrs, "window": [f"{day:%Y-%m-%d}" for day in window]}
    return early


def find_differences(table: pd.DataFrame) -> dict:
    """The measures that differ: after Holm's adjustment, and after that of labels permuted within years.

    Parameters
    ----------
    table : DataFrame
        As :func:`helpers.comparison.compare` returns it.

    Returns
    -------
    dict of list
        ``differing``, in both at most 5%; ``free_alone`` and ``within_alone``, in one of the two.

    Examples
    --------
    >>> table = pd.DataFrame({"p_adjusted": [0.01, 0.02], "p_within_adjusted": [0.03, 0.4]}, index=["weapon", "damage"])
    >>> find_differences(table)
    {'differing': ['weapon'], 'free_alone': ['damage'], 'within_alone': []}
    """
    free, within = table["p_adjusted"] <= ALPHA, table["p_within_adjusted"] <= ALPHA
    rows = {"differing": free & within, "free_alone": free & ~within, "within_alone": within & ~free}
    return {name: list(table.index[chosen]) for name, chosen in rows.items()}


@finding
def embassy_vs_base(incidents: pd.DataFrame, events: pd.DataFrame | None = None, anchor: Day | None = None) -> dict:
    """Do strikes on diplomatic sites differ from strikes on bases?

    Parameters
    ----------
    incidents : DataFrame
    events : DataFrame, optional
        As for :func:`add_context_columns`.
    anchor : date, optional
        As for :func:`helpers.comparison.compare`.

    Returns
    -------
    dict
        Of the incidents of :func:`select_primary`: ``table``, :func:`helpers.comparison.compare` of the best reading;
        ``tables`` by reading; ``day_table``, with whole days permuted; ``by_reading``, the p-values of all of these;
        ``model`` of all measures together; ``n``, incidents by target; ``concentrated``, the group of which more than
        half fell in one year while at most half as large a share of the other did, or None; ``plurals``, what groups
        are called, of which ``first`` is compared with ``second``; ``differing``, ``free_alone``, ``within_alone``: see
        :func:`find_differences`; ``n_within``, measures tested within years; ``nearest``, the row with the smallest
        p-value; ``readings``, that of the other tables; ``n_open``, measures with a direction that some incidents leave
        unreported; ``kept``, those of them whose direction survives; ``not_compared``, columns of your own that give no
        measure; ``left_out``, incidents of neither group by what is reported as their target; ``coded``, whether the
        incidents are hand-coded.

        ``whole``, the table of all incidents. Where it is not the same, ``period``, the first and last day of the
        primary comparison, and ``beside``: of all incidents ``n``, ``nearest`` and what differs; ``later``, incidents
        after the primary period, with those by target; else both are None.

    Examples
    --------
    >>> rows = {"date": pd.to_datetime(["2021-01-03"] * 6), "target": ["embassy", "base"] * 3, "damage": "none"}
    >>> embassy_vs_base(pd.DataFrame(rows))["not_estimable"]
    ['any damage']
    """
    require_targets(incidents)
    first, second = group_pair()
    everything = add_context_columns(incidents, events)
    incidents = select_primary(everything)
    tables = {reading: comparison.compare(incidents, reading=reading, anchor=anchor) for reading in measures.READINGS}
    table, n = tables["best"], incidents["target"].value_counts()
    day_table = comparison.compare(incidents, unit="day", anchor=anchor)
    model = comparison.model(incidents, anchor=anchor)
    others = {"low": tables["low"], "high": tables["high"], "day": day_table}
    return {
        "page": "embassy_vs_base",
        "table": table,
        **_compare_whole(everything, incidents, table, anchor),
        "tables": tables,
        "day_table": day_table,
        "by_reading": _side_by_side({**tables, "by day": day_table}, "p_value"),
        "counts": comparison.counts(incidents, anchor=anchor),
        "model": model,
        "n": n,
        "few": bool(n.min() < FEWEST_COMPARED),
        "first": first,
        "second": second,
        "plurals": group_plurals(),
        "concentrated": _concentrated_year(incidents),
        "n_tested": table["p_value"].notna().sum(),
        "n_within": table["p_within_years"].notna().sum(),
        **find_differences(table),
        "nearest": _smallest_p(table),
        "not_estimable": list(table.index[table["p_value"].isna()]),
        "mostly_silent": _mostly_silent(table, n.sum()),
        "readings": {name: row for name, other in others.items() if (row := _smallest_p(other))},
        **_survival(table),
        "model_nearest": _smallest_p(model.table),
        "model_differs": model.p_value <= ALPHA and model.p_within_years <= ALPHA,
        "not_compared": _shorten(table.attrs["not_compared"]),
        "left_out": table.attrs["left_out"],
        "coded": is_coded(incidents),
        "source_line": source_line(incidents),
    }


def _compare_whole(everything, primary, table, anchor):
    """The comparison of all incidents, beside that of the primary period where there is one."""
    if len(everything) == len(primary):
        return {"whole": table, "period": None, "beside": None, "later": None}
    whole, period = comparison.compare(everything, anchor=anchor), covered(primary)
    later = everything.loc[everything["date"] > period[1], "target"].value_counts()
    first, last = covered(everything)
    n = everything["target"].value_counts()
    return {
        "whole": whole,
        "period": {"first": period[0].year, "last": period[1].year},
        "beside": {
            "n": n,
            "first": first.year,
            "last": last.year,
            "nearest": _smallest_p(whole),
            **find_differences(whole),
        },
        "later": {"first": period[1].year + 1, "n": later.sum(), **later.reindex(n.index, fill_value=0)},
    }


def _side_by_side(tables, column):
    """One column of several tables as the columns of one, rows without any value left out."""
    return pd.concat({name: table[column] for name, table in tables.items()}, axis=1).dropna(how="all")


def _smallest_p(table):
    """The row with the smallest p-value, and its name; None where nothing was tested."""
    if table["p_value"].isna().all():
        return None
    name = table["p_value"].idxmin()
    row = table.loc[name]
    return {"measure": name, **row, "lower": _is_lower(row)}


def _is_lower(row):
    """Whether an effect lies below no effect; a model's odds ratios and mixes of categories have none to compare."""
    return "effect" in row and bool(row["effect"] < comparison.NO_EFFECT.get(row["effect_type"], 0))


def _concentrated_year(incidents):
    """The group that fell mostly in one year, unlike the other, so that a difference may be one of years."""
    years = pd.crosstab(incidents["target"].astype("object"), pd.DatetimeIndex(incidents["date"]).year)
    if len(years) != 2 or years.sum(axis=1).min() < FEWEST_OF_A_GROUP:
        return None
    shares = years.div(years.sum(axis=1), axis=0)
    target, year = shares.stack().idxmax()
    other = years.index.drop(target)[0]
    if shares.loc[target, year] <= 0.5 or shares.loc[other, year] > shares.loc[target, year] / 2:
        return None
    inside, totals = years[year], years.sum(axis=1)
    return {
        "target": target, "other": other, "year": int(year), "inside": inside[target], "n": totals[target],
        "other_inside": inside[other], "other_n": totals[other],
    }  # fmt: skip


def _mostly_silent(table, n):
    """The outcomes that accounts of most attacks do not report."""
    shares = table[table["effect_type"] == "risk ratio"]
    return list(shares.index[_n_missing(shares) > n / 2])


def _n_missing(table):
    """Of each measure, incidents of either group that do not report it."""
    return table[[f"{name}_missing" for name in group_pair()]].sum(axis=1)


def _survival(table):
    """Measures with a direction that some incidents leave unreported, and those whose direction survives that."""
    signed = table["sign_survives"].dropna()
    open_ = _n_missing(table.loc[signed.index]) > 0
    return {"n_open": int(open_.sum()), "kept": list(signed[open_ & signed].index)}


@finding
def effects_table(embassy_vs_base: dict) -> pd.DataFrame:
    """The primary comparison of targets as a table for readers.

    Parameters
    ----------
    embassy_vs_base : dict
        As :func:`embassy_vs_base` returns it.

    Returns
    -------
    DataFrame of str
        By measure: what was reported of each group (yes of all reported, or the median), the effect, its interval, and
        the p-values: of labels permuted freely, within years, and within years adjusted; a dash where a measure is not
        estimable.

    Examples
    --------
    >>> from helpers import findings
    >>> rows = {"date": pd.to_datetime(["2021-01-03"] * 4), "target": ["embassy", "base"] * 2,
    ...         "damage": ["none", "minor", "minor", "minor"]}
    >>> found = findings.embassy_vs_base(pd.DataFrame(rows))
    >>> effects_table(found).loc["any damage", ["diplomatic sites", "bases"]].tolist()
    ['1 of 2 (50%)', '2 of 2 (100%)']
    """
    return _show_effects(embassy_vs_base["table"], embassy_vs_base["plurals"])


@finding
def whole_effects_table(embassy_vs_base: dict) -> pd.DataFrame:
    """The comparison of targets over all years, where another period is compared first.

    Parameters
    ----------
    embassy_vs_base : dict
        As :func:`embassy_vs_base` returns it.

    Returns
    -------
    DataFrame of str
        As :func:`effects_table`.

    Raises
    ------
    ValueError
        Where the primary comparison takes all years.

    Examples
    --------
    >>> whole_effects_table({"period": None})
    Traceback (most recent call last):
    ValueError: the comparison takes all years, so none stands beside it
    """
    if embassy_vs_base["period"] is None:
        raise ValueError("the comparison takes all years, so none stands beside it")
    return _show_effects(embassy_vs_base["whole"], embassy_vs_base["plurals"])


def _show_effects(table, plurals):
    """A comparison as a table for readers."""
    groups = {plural: [_group_text(row, name) for _, row in table.iterrows()] for name, plural in plurals.items()}
    kinds = table["effect_type"].where(table["effect"].notna(), "not estimable")
    words = {"effect": kinds, "size": table["effect"].map("{:.2g}".format, na_action="ignore")}
    words["95% interval"] = table[["ci_low", "ci_high"]].apply(_range_text, axis=1)
    p_values = table[["p_value", "p_adjusted", "p_within_years", "p_within_adjusted"]]
    return show(pd.DataFrame({**groups, **words, **p_values}, index=table.index))


def _range_text(ends):
    """A range as text, None where it is missing; an open end is infinite."""
    low, high = ends
    return None if pd.isna(low) else f"{low:.2g} to {'no upper limit' if np.isinf(high) else f'{high:.2g}'}"


@finding
def category_counts(embassy_vs_base: dict) -> pd.DataFrame:
    """The values of every measure that is a category, as a table for readers.

    Parameters
    ----------
    embassy_vs_base : dict
        As :func:`embassy_vs_base` returns it.

    Returns
    -------
    DataFrame of str
        By measure and value, each group's share of those reported.

    Examples
    --------
    >>> from helpers import findings
    >>> rows = {"date": pd.to_datetime(["2021-01-03"] * 4), "target": ["embassy", "base"] * 2,
    ...         "weapon": ["rocket", "rocket", "rocket", "drone"]}
    >>> category_counts(findings.embassy_vs_base(pd.DataFrame(rows))).loc[("weapon", "rocket"), "bases"]
    '1 of 2 (50%)'
    """
    table, counts = embassy_vs_base["table"], embassy_vs_base["counts"]
    kinds = table.index[table["effect_type"] == "Cramér's V"]
    counts = counts[counts.index.get_level_values("measure").isin(kinds)]
    if counts.empty:
        raise ValueError("no measure of the data is a category")
    columns = [f"{name}_n" for name in embassy_vs_base["plurals"]]
    totals = counts.groupby("measure")[columns].transform("sum")
    shares = {
        plural: [share(*pair) for pair in zip(counts[f"{name}_n"], totals[f"{name}_n"], strict=True)]
        for name, plural in embassy_vs_base["plurals"].items()
    }
    return pd.DataFrame(shares, index=counts.index)


def _group_text(row, group):
    """What was reported of one group: yes of all reported, or the median; else how many reports there are."""
    n, value = row[f"{group}_n"], row[f"{group}_value"]
    if pd.isna(value):
        return f"{n} reported"
    return share(n * value, n) if row["effect_type"] == "risk ratio" else f"median {number(value)} (n = {n})"


@finding
def contrasts(incidents: pd.DataFrame, events: pd.DataFrame | None = None, anchor: Day | None = None) -> dict:
    """The same comparison for other pairs of groups: country, weapon and period.

    Parameters
    ----------
    incidents : DataFrame
    events, anchor
        As for :func:`embassy_vs_base`.

    Returns
    -------
    dict
        ``tables``: :func:`helpers.comparison.compare` by the groups compared, as far as the data hold them: the two
        countries with most incidents, rockets and drones, the first and second half of the period covered.
        ``p_adjusted`` of all of them; ``differing``: by the same names, the measures that differ after adjustment;
        ``left_out``: incidents of neither group, by what is reported there, where there are any.

    Examples
    --------
    >>> rows = {"date": pd.to_datetime(["2021-01-03", "2022-03-01"] * 3), "weapon": ["rocket", "drone"] * 3}
    >>> list(contrasts(pd.DataFrame(rows), anchor="2020-01-03")["tables"])
    ['rocket against drone', 'first half against second half']
    """
    first, last = covered(incidents)
    halves = np.where(incidents["date"] < first + (last - first) / 2, "first half", "second half")
    incidents = add_context_columns(incidents, events).assign(period=halves)
    countries = sorted(incidents["country"].value_counts().index[:2].astype("str")) if "country" in incidents else []
    pairs = {"country": countries, "weapon": ["rocket", "drone"], "period": ["first half", "second half"]}
    tables = {
        f"{pair[0]} against {pair[1]}": comparison.compare(incidents, by=by, groups=pair, anchor=anchor)
        for by, pair in pairs.items()
        if len(pair) == 2 and by in incidents and set(pair) <= set(incidents[by].dropna())
    }
    if not tables:
        raise ValueError("the data hold no two countries, no rockets and drones, and no two halves of a period")
    n_tested = {name: table["p_value"].notna().sum() for name, table in tables.items()}
    differing = {name: table[table["p_adjusted"] <= ALPHA].sort_values("p_adjusted") for name, table in tables.items()}
    return {
        "page": "embassy_vs_base",
        "tables": tables,
        "p_adjusted": _side_by_side(tables, "p_adjusted"),
        "differing": differing,
        "n_tested": n_tested,
        "left_out": {name: table.attrs["left_out"] for name, table in tables.items() if table.attrs["left_out"]},
    }


@finding
def outcome_shares(embassy_vs_base: dict) -> pd.DataFrame:
    """Shares reported as yes, as no and not reported, per measure and target.

    Parameters
    ----------
    embassy_vs_base : dict
        As :func:`embassy_vs_base` returns it.

    Returns
    -------
    DataFrame
        ``measure``, ``target``, ``n_yes``, ``n_no``, ``n_silent`` and their shares ``yes``, ``no``, ``silent``.

    Examples
    --------
    >>> from helpers import findings
    >>> rows = {"date": pd.to_datetime(["2021-01-03"] * 4), "target": ["embassy", "base"] * 2,
    ...         "damage": ["none", "minor", "minor", "unknown"]}
    >>> found = findings.embassy_vs_base(pd.DataFrame(rows))
    >>> outcome_shares(found)[["target", "n_yes", "n_no", "n_silent"]].values.tolist()
    [['embassy', 1, 1, 0], ['base', 1, 0, 1]]
    """
    table = embassy_vs_base["table"].query("effect_type == 'risk ratio'").reset_index()
    if table.empty:
        raise ValueError("no outcome that either happened or did not is among the columns")
    parts = []
    for target in (embassy_vs_base["first"], embassy_vs_base["second"]):
        reported, silent = table[f"{target}_n"], table[f"{target}_missing"]
        yes = (reported * table[f"{target}_value"].fillna(0)).round().astype(int)
        parts.append(table[["measure"]].assign(target=target, n_yes=yes, n_no=reported - yes, n_silent=silent))
    counts = pd.concat(parts, ignore_index=True)
    total = counts[["n_yes", "n_no", "n_silent"]].sum(axis=1)
    return counts.assign(**{name: counts[f"n_{name}"] / total for name in ("yes", "no", "silent")})


def _shorten(names):
    """The first of many names, and how many more there are."""
    return names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"]
