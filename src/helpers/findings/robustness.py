"""How far to trust the answer: dates, what is left out, and what was reported."""

import pandas as pd

from .. import sensitivity
from ..confirmatory import confirmatory_test
from .basics import ALPHA, finding
from .sensitivity import rests_on_weak_account
from .specifications import design_of


@finding
def date_error(anniversary: dict, incidents: pd.DataFrame, reports: pd.DataFrame | None = None) -> dict:
    """The headline where accounts give an incident several days.

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame
        With ``date_low`` and ``date_high``.
    reports : DataFrame, optional
        What each source says of the day.

    Returns
    -------
    dict
        ``table``, :func:`helpers.sensitivity.date_error`, and ``row``, that of the headline ``window``; ``n``
        incidents near a tested anniversary, ``disputed`` ones, and ``exact``, whether every combination was tried.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-17", "2021-10-01"])
    >>> rows = pd.DataFrame({"date": days, "date_low": days, "date_high": days + pd.Timedelta(days=1)})
    >>> found = date_error(findings.anniversary(rows), rows)
    >>> found["disputed"], found["row"][["fewest", "most"]].tolist()
    (2, [1.0, 2.0])
    """
    table = sensitivity.date_error(incidents, reports, **design_of(anniversary))
    row = table.loc[anniversary["window"]]
    return {"page": "sensitivity", "window": anniversary["window"], "table": table, "row": row, **table.attrs}


@finding
def leave_one_out(
    anniversary: dict,
    incidents: pd.DataFrame,
    reports: pd.DataFrame | None = None,
    sources: pd.DataFrame | None = None,
    pre_specified: dict | None = None,
) -> dict:
    """The headline window without each year, site and publisher, and without incidents on weaker accounts.

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame
    reports, sources : DataFrame, optional
        As for :func:`helpers.sensitivity.leave_one_out`.
    pre_specified : dict, optional
        The plan's anniversaries, of which those incidents are left out too.

    Returns
    -------
    dict
        ``table``, :func:`helpers.sensitivity.leave_one_out`; ``n`` rows but the first, ``low``, how many have a p-value
        of at most 5%; the ``least`` and the ``most`` of these, with what is ``left_out``; ``by_kind``, the same for
        years, sites and publishers; ``weak``, of incidents in Syria since October 2023 on weaker accounts: ``n``, how
        many lie in the ``tested`` period, the p-value over all anniversaries that the data cover (``years``), ``p``
        with them, ``least`` and ``most`` without a single one, ``without`` all, and that of the plan for the years
        ``used``, ``plan`` with them and ``plan_without``; None where there are none.

    Examples
    --------
    >>> from helpers import findings
    >>> days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-05", "2021-02-02", "2021-10-01"])
    >>> rows = pd.DataFrame({"date": days, "site_name": list("abbaa")})
    >>> found = leave_one_out(findings.anniversary(rows), rows)
    >>> found["most"]["left_out"], found["weak"]
    ('b', None)
    """
    asked = {"anchor": anniversary["anchor"], "window": anniversary["window"]}
    table = sensitivity.leave_one_out(incidents, reports, sources, study_period=anniversary["period"], **asked)
    rows = table.iloc[1:].dropna(subset=["p_value"])
    if rows.empty:
        raise ValueError("there is one tested year, and no site and no publisher, to leave out")
    kinds = rows.groupby(level="kind", sort=False)["p_value"]
    by_kind = pd.DataFrame({"left out": kinds.size(), "smallest p": kinds.min(), "largest p": kinds.max(),
                            "at most 0.05": kinds.agg(lambda p: (p <= ALPHA).sum())}).rename_axis("each")  # fmt: skip
    by_kind.insert(2, "without", [kinds.get_group(kind).idxmin()[1] for kind in by_kind.index])
    return {
        "page": "sensitivity",
        "window": anniversary["window"],
        "table": table,
        "n": len(rows),
        "low": int((rows["p_value"] <= ALPHA).sum()),
        "least": _name_end(rows, rows["p_value"].idxmin()),
        "most": _name_end(rows, rows["p_value"].idxmax()),
        "by_kind": by_kind,
        "weak": _leave_out_weak(anniversary, incidents, pre_specified, asked),
    }


def _name_end(rows, key):
    return {"kind": key[0], "left_out": key[1], "p": rows.loc[key, "p_value"]}


def _leave_out_weak(anniversary, incidents, pre_specified, asked):
    """p-values over all anniversaries without the incidents on weaker accounts, and of the plan without them."""
    if not {"basis", "country"} <= set(incidents):
        return None
    weak = rests_on_weak_account(incidents).to_numpy()
    if not weak.any():
        return None
    whole = sensitivity.leave_one_out(incidents, singly=weak, study_period=anniversary["whole"], **asked)["p_value"]
    found = {
        "n": int(weak.sum()),
        "tested": int(incidents.loc[weak, "date"].between(*anniversary["period"]).sum()),
        "years": [int(year) for year in whole["year"].index],
        "p": whole.iloc[0],
        "least": whole["incident"].min(),
        "most": whole["incident"].max(),
        "without": whole["all of them"].iloc[0],
    }
    if pre_specified is None:
        return found
    test = confirmatory_test(incidents.loc[~weak, "date"], anniversary["anchor"], pre_specified["used"])
    return found | {"plan": pre_specified["test"].p_value, "plan_without": test.p_value, "used": pre_specified["used"]}


@finding
def reporting_effort(anniversary: dict, incidents: pd.DataFrame) -> dict:
    """How much likelier attacks near the anniversary would have to be reported to explain the result.

    Parameters
    ----------
    anniversary : dict
    incidents : DataFrame

    Returns
    -------
    dict
        ``table``, :func:`helpers.sensitivity.reporting_effort`; ``small``, its rows with a p-value of at most 5% if all
        attacks are as likely to be reported; ``tipping``, the largest ratio that one of them needs, None without any;
        ``headline``, the row of the headline ``window``.

    Examples
    --------
    >>> from helpers import findings
    >>> days = ["2020-06-01", "2021-01-03", "2021-01-05", "2021-02-07", "2021-10-01", "2021-11-01"]
    >>> rows = pd.DataFrame({"date": pd.to_datetime(days)})
    >>> reporting_effort(findings.anniversary(rows), rows)["tipping"]
    2.91
    """
    table = sensitivity.reporting_effort(incidents["date"], **design_of(anniversary))
    small = table[table["p at 1"] <= ALPHA]
    return {
        "page": "sensitivity",
        "anchor": anniversary["anchor"],
        "window": anniversary["window"],
        "table": table,
        "small": [{"window": window, "side": side, **row} for (window, side), row in small.iterrows()],
        "tipping": float(small["tipping"].max()) if len(small) else None,
        "headline": table.loc[(anniversary["window"], "around")],
    }


@finding
def month_caps(anniversary: dict, search_log: pd.DataFrame) -> dict:
    """What a limit on the pages that a month's searches show can do to the test, by simulation.

    Parameters
    ----------
    anniversary : dict
    search_log : DataFrame
        The searches, month by month.

    Returns
    -------
    dict
        ``table``, :func:`helpers.sensitivity.month_cap_levels` at the rate of the tested years; ``at``, ``later`` and
        ``uncapped``, the highest rejection rates at the anniversary and two weeks later with a cap, and without one.

    Examples
    --------
    >>> found = month_caps(anniversary, search_log)  # doctest: +SKIP
    """
    test = anniversary["test"]
    table = sensitivity.month_cap_levels(
        test.n_inside / len(test.anniversaries),
        len(test.anniversaries),
        anchor=anniversary["anchor"],
        windows=design_of(anniversary)["windows"],
    )
    levels = table.drop(columns="lost").max(axis=1)
    capped = levels.drop("none", level="cap")
    return {
        "page": "sensitivity",
        "anchor": anniversary["anchor"],
        "table": table,
        "caps": [int(cap) for cap in capped.index.unique("cap")],
        "at": capped.xs("anniversary", level="day").max(),
        "later": capped.xs("two weeks later", level="day").max(),
        "uncapped": levels["none"].max(),
    }


@finding
def count_readings(embassy_vs_base: dict) -> dict:
    """The comparison of targets by the lowest, the best and the highest counts that accounts allow.

    Parameters
    ----------
    embassy_vs_base : dict

    Returns
    -------
    dict
        ``table``, effects and p-values by reading of the measures that change with it; ``n`` measures with an effect;
        ``crossing``, those whose adjusted p-value is at most 5% by one reading and not by another.

    Examples
    --------
    >>> tables = {name: pd.DataFrame({"effect": [1.0], "p_value": [p], "p_adjusted": [p]}, index=["any damage"])
    ...           for name, p in {"low": 0.04, "best": 0.06, "high": 0.06}.items()}
    >>> count_readings({"tables": tables})["crossing"]
    ['any damage']
    """
    tables = embassy_vs_base["tables"]
    parts = {name: pd.DataFrame({reading: table[name] for reading, table in tables.items()}).dropna()
             for name in ("effect", "p_value", "p_adjusted")}  # fmt: skip
    differ = pd.concat([part.nunique(axis=1) > 1 for part in parts.values()], axis=1).eq(True).any(axis=1)
    changing = [measure for measure in parts["effect"].index if differ[measure]]
    names = {"effect": "effect, counts ", "p_value": "p, counts "}
    low = parts["p_adjusted"] <= ALPHA
    return {
        "page": "sensitivity",
        "n": len(parts["effect"]),
        "table": pd.concat([parts[name].add_prefix(words) for name, words in names.items()], axis=1).loc[changing],
        "crossing": low.index[low.any(axis=1) & ~low.all(axis=1)].tolist(),
    }


@finding
def robustness(
    anniversary: dict,
    specifications: dict,
    date_error: dict | None = None,
    reporting_effort: dict | None = None,
) -> dict:
    """What holds, what depends on a choice, and what nobody can know from the data.

    Parameters
    ----------
    anniversary, specifications, date_error, reporting_effort : dict
        The findings of these names, as far as the data give them.

    Returns
    -------
    dict
        For the page: ``joint``, the smallest and the largest p-value of the joint tests; and what it needs of the
        others.

    Examples
    --------
    >>> from helpers import findings
    >>> days = ["2020-06-01", "2021-01-03", "2021-01-03", "2021-02-07", "2021-03-04", "2021-05-05", "2021-10-01"]
    >>> rows = pd.DataFrame({"date": pd.to_datetime(days)})
    >>> found = findings.anniversary(rows)
    >>> robustness(found, findings.specifications(found, rows))["n"]
    9
    """
    ways = [specifications["joint"][way] for way in ("folded", "per_block") if way in specifications["joint"]]
    joint = [row["p_value"] for way in ways for row in way.values()]
    names = ("n", "low", "low_after", "ratio", "deciding")
    return {
        "page": "sensitivity",
        "anchor": anniversary["anchor"],
        "tested": anniversary["tested"],
        "joint": {"least": min(joint), "most": max(joint)},
        "dates": date_error and date_error["row"],
        "tipping": reporting_effort and reporting_effort["tipping"],
        "windows": list(sensitivity.WINDOWS),
    } | {name: specifications[name] for name in names}
