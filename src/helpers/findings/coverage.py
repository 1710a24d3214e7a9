"""What do the reports add up to: coverage, disagreements, effort?"""

import pandas as pd

from .. import checks
from .basics import finding, require_columns

FIELD_WORDS = {
    "launched": "munitions launched",
    "hit": "rounds inside",
    "intercepted": "rounds intercepted",
    "us_injured": "US injured",
    "us_killed": "US killed",
}


@finding
def overcounts(incidents: pd.DataFrame) -> pd.DataFrame:
    """Incidents with more rounds inside and intercepted than launched.

    Parameters
    ----------
    incidents : DataFrame

    Returns
    -------
    DataFrame
        As :func:`helpers.checks.overcounts` returns it.

    Examples
    --------
    >>> overcounts(pd.DataFrame({"incident_id": []}))
    Traceback (most recent call last):
    ValueError: adding up needs the column(s) launched_best, hit_best, intercepted_best; the data have incident_id
    """
    require_columns(incidents, ["incident_id", "launched_best", "hit_best", "intercepted_best"], "adding up")
    return checks.overcounts(incidents)


@finding
def coverage(incidents: pd.DataFrame, reports: pd.DataFrame) -> dict:
    """What the data set holds.

    Parameters
    ----------
    incidents, reports : DataFrame
        Reports of other incidents are left aside.

    Returns
    -------
    dict
        ``by_year``, incidents by year and target; ``n_single``, those of one independent account; ``n_disputed`` in at
        least one field; ``n_followup``, found by look-ups alone.

    Examples
    --------
    >>> rows = {"incident_id": ["a"], "date": pd.to_datetime(["2022-01-03"]), "target": "base", "n_independent": 1,
    ...         "disputed": "", "found_by": "protocol"}
    >>> reports = pd.DataFrame({"incident_id": ["a", "a", "b"], "source_id": ["x", "y", "z"]})
    >>> coverage(pd.DataFrame(rows), reports)["n_reports"]
    2
    """
    require_columns(incidents, ["target", "n_independent", "disputed", "found_by"], "coverage")
    reported = reports[reports["incident_id"].isin(incidents["incident_id"])]
    year = incidents["date"].dt.year.rename("year")
    return {
        "page": "incidents",
        "by_year": pd.crosstab(year, incidents["target"], margins=True, margins_name="all"),
        "n_incidents": len(incidents),
        "n_reports": len(reported),
        "n_sources": reported["source_id"].nunique(),
        "n_single": (incidents["n_independent"] == 1).sum(),
        "n_disputed": (incidents["disputed"] != "").sum(),
        "n_followup": (incidents["found_by"] == "followup").sum(),
    }


@finding
def agencies(incidents: pd.DataFrame, reports: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Who wrote the reports.

    Parameters
    ----------
    incidents, reports, sources : DataFrame

    Returns
    -------
    DataFrame
        ``reports`` by ``agency``, most first.

    Examples
    --------
    >>> reports = pd.DataFrame({"incident_id": ["a", "b"], "source_id": ["x", "x"]})
    >>> sources = pd.DataFrame({"source_id": ["x"], "agency": ["AP"]})
    >>> agencies(pd.DataFrame({"incident_id": ["a"]}), reports, sources).loc["AP", "reports"].item()
    1
    """
    reported = reports[reports["incident_id"].isin(incidents["incident_id"])].merge(sources, on="source_id")
    return reported["agency"].value_counts().rename("reports").to_frame()


@finding
def effort(search_log: pd.DataFrame) -> dict:
    """The protocol's effort.

    Parameters
    ----------
    search_log : DataFrame

    Returns
    -------
    dict
        ``n_queries``, at least, to each of ``n_months``; ``share_full``, queries that came back with a full page of
        ``n_results``.

    Examples
    --------
    >>> effort(pd.DataFrame({"month": ["2022-01"] * 2, "results": [8, 4]}))["share_full"]
    0.5
    """
    queries = search_log.groupby("month").size()
    return {
        "page": "incidents",
        "n_queries": queries.min(),
        "n_months": len(queries),
        "share_full": float((search_log["results"] == search_log["results"].max()).mean()),
        "n_results": search_log["results"].max(),
    }


@finding
def disagreements(incidents: pd.DataFrame) -> dict:
    """How often independent accounts dispute each field.

    Parameters
    ----------
    incidents : DataFrame

    Returns
    -------
    dict
        ``table``: ``field``, ``disputed`` of the ``n`` incidents with two or more accounts, ``share``; most first.
        ``n_uncertain``, incidents whose day is disputed, by at most ``days``; None where no day has a range.

    Examples
    --------
    >>> rows = pd.DataFrame({"n_independent": [2, 2, 1], "disputed": ["launched|site", "site", ""]})
    >>> disagreements(rows)["table"][["field", "disputed"]].values.tolist()
    [['site', 2], ['munitions launched', 1]]
    """
    require_columns(incidents, ["n_independent", "disputed"], "comparing accounts")
    several = incidents[incidents["n_independent"] >= 2]
    counts = several["disputed"].str.split("|").explode().replace("", pd.NA).dropna().value_counts()
    table = counts.rename_axis("field").rename("disputed").reset_index().sort_values(["disputed", "field"])[::-1]
    table["field"] = table["field"].replace(FIELD_WORDS).str.replace("_", " ")
    table = table.assign(n=len(several), share=table["disputed"] / max(len(several), 1)).reset_index(drop=True)
    return {"page": "incidents", "table": table, "n": len(several), **_uncertain_days(incidents)}


def _uncertain_days(incidents):
    if not {"date_low", "date_high"} <= set(incidents):
        return {"n_uncertain": None, "days": None}
    days = (incidents["date_high"] - incidents["date_low"]).dt.days.dropna()
    if days.empty:
        return {"n_uncertain": None, "days": None}
    return {"n_uncertain": (days > 0).sum(), "days": days.max()}


@finding
def account_numbers(incidents: pd.DataFrame) -> dict:
    """How the numbers of accounts pile up.

    Parameters
    ----------
    incidents : DataFrame

    Returns
    -------
    dict
        ``table``, incidents by number of accounts; ``most``, the commonest; incidents with ``exactly`` and ``more``.

    Examples
    --------
    >>> int(account_numbers(pd.DataFrame({"n_independent": [4, 4, 5]}))["exactly"])
    2
    """
    require_columns(incidents, ["n_independent"], "counting accounts")
    accounts = incidents["n_independent"]
    most = accounts.mode().max()
    return {
        "page": "incidents",
        "table": accounts.value_counts().sort_index().rename("incidents").to_frame(),
        "most": most,
        "exactly": (accounts == most).sum(),
        "more": (accounts > most).sum(),
        "n": len(accounts),
    }
