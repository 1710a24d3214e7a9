"""What does the founding article say of each attack, beside other sources?"""

import pandas as pd

from .. import incidents as reconciliation
from .. import schemas
from ..anniversaries import SOLEIMANI, anniversaries_between
from .basics import covered, finding
from .strikes import DEADLINE

ANCHOR = pd.Timestamp(SOLEIMANI)
REACH, ONE_DAY = 30, pd.Timedelta(days=1)  # days either side of a date in the article
ACCOUNT_FIELDS = {"launched": "Launched", "hit": "Inside the perimeter", "injured": "Injured"}


@finding
def article(
    article_incidents: pd.DataFrame, all_incidents: pd.DataFrame, reports: pd.DataFrame, sources: pd.DataFrame
) -> dict:
    """What the founding article says, and how far it goes.

    Parameters
    ----------
    article_incidents, all_incidents, reports, sources : DataFrame

    Returns
    -------
    dict
        ``attacks``, the article's numbers of each, as text; ``n_exact``, how many have an exact number; ``n_together``,
        attacks by all reports. Of the attack on the embassy ``accounts``, see :func:`accounts_of`: ``n_fewer`` of
        ``n_others`` count fewer munitions; and ``both``, its numbers by the article alone and by all reports.
        ``cells``, every coded cell; ``dates``, the days that the article and all reports give.

    Examples
    --------
    >>> article(pd.DataFrame({"target": []}), *[pd.DataFrame()] * 3)
    Traceback (most recent call last):
    ValueError: the article's incidents hold no attack on the embassy
    """
    struck = article_incidents[article_incidents["target"] == "embassy"]
    if struck.empty:
        raise ValueError("the article's incidents hold no attack on the embassy")
    incident_id = struck["incident_id"].iloc[0]
    accounts = accounts_of(incident_id, reports, sources)
    exact = [article_incidents[f"{name}_low"] == article_incidents[f"{name}_high"] for name in schemas.COUNTS]
    return {
        "page": "article",
        "attacks": [_attack(row) for row in article_incidents.itertuples()],
        "n_attacks": len(article_incidents),
        "n_days": article_incidents["date"].nunique(),
        "first": article_incidents["date"].min(),
        "last": article_incidents["date"].max(),
        "n_exact": (sum(given.fillna(False) for given in exact) > 0).sum(),
        "n_together": len(all_incidents),
        "accounts": accounts,
        **_counts_beside(accounts),
        "cells": reconciliation.coded_cells(reports, reconciliation.ARTICLE),
        "both": _both(article_incidents, all_incidents, incident_id),
        "dates": _dates(article_incidents, all_incidents),
    }


@finding
def article_claims(article: dict, all_incidents: pd.DataFrame) -> dict:
    """What all reports can say of the founding article's wider claims.

    Parameters
    ----------
    article : dict
        As :func:`article` returns it.
    all_incidents : DataFrame

    Returns
    -------
    dict
        ``series``, attacks by year from the anniversary to the day of the article's last attack; ``n_series_days``, on
        how many days of its own year; ``year``, that year; ``n_claimed`` of ``n_incidents`` attacks that a group
        claimed; ``deadline_before`` and ``deadline_after``, attacks in the ``reach`` days up to the end of the year
        before and in those from then on; ``before`` and ``after``, those around the last attack; neither counts the
        attacks of its own day.

    Examples
    --------
    >>> rows = pd.DataFrame({"date": pd.to_datetime(["2021-01-05", "2022-01-04", "2022-01-13"]), "claimed_by": None})
    >>> article_claims({"last": pd.Timestamp("2022-01-13")}, rows)["series"]
    {2021: 1, 2022: 2}
    """
    days, last, reach = all_incidents["date"], article["last"], pd.Timedelta(days=REACH)
    until = covered(all_incidents)[1]
    starts = {day.year: day for day in anniversaries_between(ANCHOR.year + 1, until.year) if day <= until}
    if last.year not in starts:
        raise ValueError(f"the article's last attack, {last.date()}, lies before the first anniversary")
    span, deadline = last - starts[last.year], starts[last.year] - DEADLINE
    own = days[days.between(starts[last.year], last)]
    return {
        "page": "article",
        "year": last.year,
        "last": last,
        "deadline": deadline,
        "series": {year: int(days.between(start, start + span).sum()) for year, start in starts.items()},
        "n_series_days": own.nunique(),
        "n_claimed": int(all_incidents["claimed_by"].notna().sum()),
        "n_incidents": len(all_incidents),
        "reach": REACH,
        "deadline_before": int(days.between(deadline - reach, deadline - ONE_DAY).sum()),
        "deadline_after": int(days.between(deadline + ONE_DAY, deadline + reach).sum()),
        "before": int(days.between(last - reach, last - ONE_DAY).sum()),
        "after": int(days.between(last + ONE_DAY, last + reach).sum()),
    }


def _attack(row):
    """The article's numbers of one attack, as text."""
    numbers = {name: _count_text(row, name) for name in ACCOUNT_FIELDS}
    return {"date": row.date, "site_name": row.site_name, **numbers, "defence_active": row.defence_active}


def _count_text(row, name):
    low, high = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
    if pd.isna(low):
        return "not reported"
    if pd.isna(high):
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"


def _both(article_incidents, incidents, incident_id):
    """The numbers of one attack by the article alone and by all reports."""
    fields = ["launched_low", "launched_best", "launched_high", "hit_best", "injured_best", "n_independent", "disputed"]
    both = {"article alone": article_incidents, "all reports": incidents}
    return pd.DataFrame({name: rows.set_index("incident_id").loc[incident_id, fields] for name, rows in both.items()})


def _dates(article_incidents, incidents):
    """The days that all reports give the article's attacks, and the article's own."""
    own = article_incidents.set_index("incident_id")["date"]
    return incidents.set_index("incident_id").loc[own.index, ["date", "date_low", "date_high"]].assign(article=own)


def accounts_of(incident_id: str, reports: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """What each source says of one incident's numbers.

    Parameters
    ----------
    incident_id : str
    reports, sources : DataFrame

    Returns
    -------
    DataFrame
        One row per (source, field): ``source``, ``account`` (equal where sources are one account), ``site_id``,
        ``field``, ``low``, ``high``. A missing ``low`` is silence, a missing ``high`` beside it is "at least". The
        founding article comes first.

    Examples
    --------
    >>> from helpers import load_reports, load_sources
    >>> list(accounts_of("nothing", load_reports(), load_sources()))
    ['source', 'account', 'site_id', 'field', 'low', 'high']
    """
    rows = reconciliation.prepare(reports[reports["incident_id"] == incident_id], sources)
    rows = rows.sort_values("source_id", key=lambda ids: ids.where(ids != reconciliation.ARTICLE, ""))
    label = rows["publisher"].fillna("Founding article")
    label = label.where(~label.duplicated(keep=False), rows["source_id"])
    label = label + rows["agency"].astype("str").map(lambda a: "" if a in ("own", "unknown") else f" ({a})")
    rows = rows.assign(source=label)
    parts = [
        rows[["source", "account", "site_id"]].assign(field=words, low=rows[f"{name}_min"], high=rows[f"{name}_max"])
        for name, words in ACCOUNT_FIELDS.items()
    ]
    return pd.concat(parts, ignore_index=True).astype({"low": "Float64", "high": "Float64"})


def _counts_beside(accounts):
    """How many other accounts count fewer munitions than the article's, of how many."""
    launched = accounts[accounts["field"] == ACCOUNT_FIELDS["launched"]]
    own = launched.iloc[0]
    others = launched[launched["account"] != own["account"]].groupby("account")["high"].max()
    return {"n_fewer": int((others < own["low"]).sum()), "n_others": len(others), "n_sources": len(launched)}
