"""The headline window by other choices of what counts."""

import pandas as pd

from ..covered import covered_test
from ..sensitivity import FIRM
from .anniversary import placebo_test, window_rows
from .basics import finding

_WEAK, _SINCE = ["monitor", "outlet", "not_recorded"], pd.Timestamp("2023-10-01")


def choices(
    incidents: pd.DataFrame, every_incident: pd.DataFrame | None = None, reports: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """The incidents by other choices of what counts, as far as the data allow.

    Parameters
    ----------
    incidents : DataFrame
    every_incident : DataFrame, optional
        With ``inclusion``, whatever it is.
    reports : DataFrame, optional
        What each source says of the day.

    Returns
    -------
    dict of DataFrame
        By choice, in words.

    Examples
    --------
    >>> rows = pd.DataFrame({"incident_id": ["a", "b"], "date": pd.to_datetime(["2021-01-03"] * 2)})
    >>> {name: len(chosen) for name, chosen in choices(rows).items()}
    {'each day counted once': 1}
    """
    chosen = {"each day counted once": incidents.drop_duplicates("date")}
    if every_incident is not None and "inclusion" in every_incident:
        counted = every_incident[every_incident["inclusion"] != "excluded"]
        chosen["with borderline incidents"] = counted
        chosen |= _by_basis(incidents, counted)
        if turned := incidents.attrs.get("by_rule"):
            judged = every_incident["incident_id"].map(turned).fillna(every_incident["inclusion"].astype("str"))
            chosen["earlier judgements by the written rules"] = every_incident[judged == "core"]
    if "found_by" in incidents:
        chosen["without follow-up searches"] = incidents[incidents["found_by"] == "protocol"]
    if reports is not None:
        chosen["without days that no account fixes"] = incidents[~_has_unclear_day(incidents, reports)]
    return chosen


def _by_basis(incidents, counted):
    """Choices by whose account an incident rests on, where that is coded."""
    if "basis" not in counted or counted["basis"].isna().all():
        return {}
    basis = incidents["basis"]
    weak = rests_on_weak_account(incidents)
    chosen = {
        "officials, security sources and monitors": incidents[basis.isin(FIRM)],
        "core and borderline, no claim alone": counted[counted["basis"] != "claim"],
    }
    n = int(weak.sum())
    return chosen | ({f"without {n} in Syria on weaker accounts": incidents[~weak]} if n else {})


def rests_on_weak_account(incidents: pd.DataFrame) -> pd.Series:
    """Which incidents in Syria since October 2023 rest on a monitor, an outlet or nothing recorded.

    Parameters
    ----------
    incidents : DataFrame
        With ``date``, ``country`` and ``basis``.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> rows = pd.DataFrame({"date": [pd.Timestamp("2023-11-01")] * 2, "country": "Syria", "basis": ["outlet", None]})
    >>> rests_on_weak_account(rows).tolist()
    [True, False]
    """
    is_there = (incidents["country"] == "Syria") & (incidents["date"] >= _SINCE)
    return (is_there & incidents["basis"].isin(_WEAK)).fillna(False).astype("bool")


def _has_unclear_day(incidents, reports):
    """Which incidents have no account that fixes the day."""
    fixed = reports.loc[reports["date_basis"] != "unclear", "incident_id"]
    return ~incidents["incident_id"].isin(fixed)


@finding
def sensitivity(
    anniversary: dict,
    incidents: pd.DataFrame,
    every_incident: pd.DataFrame | None = None,
    reports: pd.DataFrame | None = None,
    month_coverage: pd.DataFrame | None = None,
    by_target: dict | None = None,
) -> pd.DataFrame:
    """The headline window by other choices of what counts.

    Parameters
    ----------
    anniversary : dict
    incidents, every_incident, reports
        As for :func:`choices`.
    month_coverage : DataFrame, optional
        ``month`` and ``coverage``: rates per covered day.
    by_target : dict, optional
        The groups of targets apart.

    Returns
    -------
    DataFrame
        By choice: the window's row of the test, and the global p-value. Choices that change no incident of the period
        are left out.

    Examples
    --------
    >>> from helpers import findings
    >>> rows = pd.DataFrame({"date": pd.to_datetime(["2020-06-01", "2021-01-03", "2021-01-03", "2021-10-01"])})
    >>> sensitivity(findings.anniversary(rows), rows)["observed"].to_dict()
    {'headline': 2, 'each day counted once': 1}
    """
    first, last = anniversary["period"]
    same = _days_between(incidents, first, last)
    tests = {"headline": anniversary["test"]}
    for name, rows in choices(incidents, every_incident, reports).items():
        if not _days_between(rows, first, last).equals(same):
            tests[name] = placebo_test(anniversary, rows, intervals=False)
    parts = [window_rows(tests, anniversary["window"])]
    if month_coverage is not None:
        parts.append(_per_covered_day(anniversary, incidents, month_coverage))
    if by_target is not None:
        plurals = by_target["plurals"]
        parts.append(by_target["table"].rename(index=lambda name: f"{plurals[name]} only"))
    return pd.concat(parts).rename_axis("choice")


def _days_between(incidents, first, last):
    days = incidents["date"][incidents["date"].between(first, last)]
    return days.sort_values().reset_index(drop=True)


def _per_covered_day(anniversary, incidents, month_coverage):
    """The headline window per day of well-covered months, and of all that have pages."""
    held = {"months of good coverage": ["good"], "months with pages": ["good", "thin", "saturated"]}
    rows = {}
    for name, kinds in held.items():
        months = month_coverage.loc[month_coverage["coverage"].isin(kinds), "month"]
        test = covered_test(incidents["date"], months, anniversary["anchor"], study_period=anniversary["period"])
        rows[name] = test.loc[anniversary["window"]]
    return pd.DataFrame(rows).T.astype({"n": int, "observed": int})
