"""How many of the attacks that officials counted do the tables hold?"""

import re

import pandas as pd

from .basics import covered, finding, require_columns
from .strikes import CAMPAIGN

_OFFICIAL = re.compile(r"\b(?:Pentagon|CENTCOM|US (?:def[ea]n[cs]e |military )?officials?)\b")
_FROM_THE_FIRST_DAY = re.compile(r"\bsince (?:17 Oct|mid-Oct)|\b17-\d+ Oct")
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_ANOTHER_START = re.compile(rf"\b(?:since|past|last|from|during|in (?:{_MONTHS}))|(?:\d|{_MONTHS})-\d+ (?:{_MONTHS})")


# As-of days are often inferred, so steps of a day or two would compare little but the error of these.
_STEP = pd.Timedelta(days=7)


def _is_official(scope):
    """Whether the scope of a total names the Pentagon, US officials or CENTCOM, and not as what they are not."""
    return bool(_OFFICIAL.search(scope)) and "not official" not in scope


def _start_of(scope):
    """What a total counts from: "named", the campaign's first day; "none", no start but both countries; or another."""
    countries = {name for name in ("Iraq", "Syria") if name in scope}
    if len(countries) == 1:  # a part of the count
        return "another"
    if _FROM_THE_FIRST_DAY.search(scope):
        return "named"
    return "none" if countries and not _ANOTHER_START.search(scope) else "another"


def _running_totals(tallies):
    """Which rows are official totals since the first day of the campaign."""
    official = tallies["scope"].map(_is_official).astype(bool) & (tallies["date"] >= CAMPAIGN[0])
    start = tallies["scope"].map(_start_of)
    named = tallies["date"][official & (start == "named")]
    between = tallies["date"].between(named.min(), named.max())
    return official & ((start == "named") | (start == "none") & between)


@finding
def official_counts(every_incident: pd.DataFrame, tallies: pd.DataFrame) -> dict:
    """Totals that US officials gave in the campaign of 2023 to 2024, beside the incidents of the same days.

    A total is official if its scope names the Pentagon, US officials or CENTCOM. It runs from 17 October 2023 if its
    scope says so, or says "since mid-October"; or if it names Iraq and Syria and no start, and stands between two such
    totals. Where totals of one day differ, the largest is taken, since the count runs on during the day. All other
    rows are handed on as they are.

    Parameters
    ----------
    every_incident : DataFrame
        With ``date`` and ``inclusion``; excluded incidents are never counted.
    tallies : DataFrame
        ``date``, ``count``, ``scope`` and ``source_id``.

    Returns
    -------
    dict
        ``totals``, by the day on which an official total stood: ``official``, the ``incidents`` and ``core`` incidents
        from the first day to that one, and the ``incidents_ratio`` and ``core_ratio`` of these to the official total;
        ``steps``, differences between totals that stand a week or more apart, by ``from`` and ``to``; a ratio is
        missing where the total did not rise. ``other_official`` and ``not_official``, the other rows; ``start``, the
        first day; ``n_rows``, how many rows the totals rest on, ``n_at_least`` of them lower bounds; ``latest``, the
        last total.

    Raises
    ------
    ValueError
        Where no total is official and runs from the first day, or the data do not say what is core.

    Examples
    --------
    >>> days = pd.to_datetime(["2023-10-18", "2023-10-20", "2023-10-31"])
    >>> attacks = pd.DataFrame({"date": days, "inclusion": ["core", "borderline", "core"]})
    >>> rows = {"date": days[1:], "count": [4, 6], "scope": "Iraq+Syria since 17 Oct (Pentagon)", "source_id": "x"}
    >>> found = official_counts(attacks, pd.DataFrame(rows))
    >>> found["totals"][["official", "incidents", "core"]].values.tolist()
    [[4, 2, 1], [6, 3, 2]]
    """
    require_columns(every_incident, ["inclusion"], "setting incidents beside official counts")
    start, end = pd.Timestamp(CAMPAIGN[0]), covered(every_incident)[1]
    inside = tallies[tallies["date"] <= end]
    running = _running_totals(inside)
    if not running.any():
        raise ValueError(f"no total of the data is official and counts from {start:%Y-%m-%d}")
    official = inside[running].groupby("date")["count"].max()
    counted = every_incident[every_incident["inclusion"] != "excluded"]
    days = {"incidents": counted["date"], "core": counted["date"][counted["inclusion"] == "core"]}
    totals = official.rename("official").to_frame().rename_axis("to")
    for name, dates in days.items():
        totals[name] = [dates.between(start, day).sum() for day in totals.index]
    others, is_official = inside[~running], inside.loc[~running, "scope"].map(_is_official).astype(bool)
    totals, steps = _with_ratios(totals), _steps(totals, start)
    return {
        "page": "overview",
        "totals": totals,
        "steps": steps,
        "other_official": others[is_official].reset_index(drop=True),
        "not_official": others[~is_official].reset_index(drop=True),
        "start": start,
        "n_rows": running.sum(),
        "n_at_least": inside["scope"][running].str.contains(r"\bat least\b|\bover\b|\bmore than\b|\baround\b").sum(),
        "latest": totals.iloc[-1].to_dict() | {"day": totals.index[-1]},
    }


def _steps(totals, start):
    """Differences between totals that stand a week or more apart, by the first and the last day of each."""
    days = [totals.index[0]]
    for day in totals.index:
        days += [day] if day - days[-1] >= _STEP else []
    chosen = totals.loc[days]
    steps = chosen.diff().fillna(chosen).astype("int64")
    begins = pd.Index([start, *(chosen.index[:-1] + pd.Timedelta(days=1))], name="from")
    return _with_ratios(steps).set_index(begins, append=True).swaplevel()


def _with_ratios(table):
    """Incidents as a share of an official count, where there is any."""
    official = table["official"].where(table["official"] > 0).astype("Float64")
    return table.assign(incidents_ratio=table["incidents"] / official, core_ratio=table["core"] / official)
