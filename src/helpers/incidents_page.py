"""The page of incidents: a plain table that scripts sort and filter, each row open to its reports; and all as CSV."""

import pandas as pd

from . import web_map
from .files import csv_bytes, without_formulas
from .findings import Results, fill, split_points
from .schemas import COUNTS, DAY_FORMAT, load_schema

_HEADINGS = ["Date", "Site", "Country", "Target", "Weapon", "Killed", "Injured", "Basis", "Reports"]
_PICKS = ["year", "country", "target", "weapon", "basis"]
_FRONT = "---\nhtml_theme.sidebar_secondary.remove: true\n---\n# Incidents\n\n"
_TABLE = "\n\n```{raw} html\n:file: incidents.html\n```\n"


def incidents_page(results: Results, mapped: bool) -> dict[str, bytes]:
    """Every core and borderline incident with its reports, as a page and as CSV.

    Parameters
    ----------
    results : Results
    mapped : bool
        Whether there is a map to link to.

    Returns
    -------
    dict of bytes
        By the name of the file among the sources of the site. All text is text there, in HTML and in a spreadsheet.

    Examples
    --------
    >>> list(incidents_page(Results(), mapped=True))  # doctest: +SKIP
    ['incidents.md', 'incidents.html', '_extra/incidents.csv']
    """
    incidents = results.every_incident.query("inclusion != 'excluded'").sort_values(["date", "incident_id"])
    reports = results.reports.merge(results.sources, on="source_id", how="left").sort_values(["published", "source_id"])
    accounts = {}
    for row in reports.itertuples():
        accounts.setdefault(row.incident_id, []).append(web_map.describe_account(row))
    groups = load_schema(results.data_dir).collection.groups
    rows = [_incident(row, accounts.get(row.incident_id, []), groups) for row in incidents.itertuples()]
    choices = {name: sorted({row[name] for row in rows} - {""}) for name in _PICKS}
    table = web_map.render(
        "site_pages/incidents.html.j2", rows=rows, choices=choices, headings=_HEADINGS, mapped=mapped
    )
    return {
        "incidents.md": (_FRONT + fill("incidents_page", {}) + _TABLE).encode(),
        "incidents.html": table.encode(),
        "_extra/incidents.csv": csv_bytes(without_formulas(split_points(incidents))),
    }


def _incident(row, accounts, groups):
    """One incident as its row shows it; texts are escaped by the template."""
    low, date, high = (f"{value:{DAY_FORMAT}}" for value in (row.date_low, row.date, row.date_high))
    counts = {name: _count(row, name) for name in COUNTS}
    facts = {name: count["text"] for name, count in counts.items() if name not in ("killed", "injured")}
    facts |= {"part of day": row.part_of_day, "launch area": row.launch_area, "claimed by": row.claimed_by}
    facts["accounts disagree on"] = row.disputed
    return {
        "id": row.incident_id, "site": row.site_name, "inclusion": row.inclusion, "accounts": accounts,
        "date": date, "year": date[:4], "span": f"{low} to {high}" if {low, high} != {date} else "",
        "target": groups[row.target].label if row.target in groups else "", "country": _words(row.country),
        "weapon": _words(row.weapon), "basis": _words(row.basis),
        "killed": counts["killed"], "injured": counts["injured"],
        "facts": {name: _words(text) for name, text in facts.items() if _words(text) not in ("", "–", "unknown")},
    }  # fmt: skip


def _words(cell):
    return cell.replace("_", " ").replace("|", ", ") if isinstance(cell, str) else ""


def _count(row, name):
    """The number that most accounts allow, with the lowest and the highest where they differ; and what sorts it."""
    low, best, high = (getattr(row, f"{name}_{reading}") for reading in ("low", "best", "high"))
    if pd.isna(best):
        return {"text": "–", "order": -1}
    if pd.isna(high):
        return {"text": f"{best} or more" if low == best else f"{best} ({low} or more)", "order": best}
    return {"text": f"{best}" if low == high else f"{best} ({low}–{high})", "order": best}
