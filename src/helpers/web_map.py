"""An interactive map of every attack, as one page that asks nothing of any other: ``reports/map.html``.

The map library is Leaflet 1.9.4 (npm package ``leaflet``, BSD 2-Clause, ``vendor/LICENSE-leaflet``), written into the
page. Text reaches the page as JSON alone and is shown as text, never as markup.
"""

import json
from importlib.resources import files
from urllib.parse import urlsplit

import jinja2
import pandas as pd
from markupsafe import Markup

from . import findings, geography, schemas

TITLE = "Attacks on US sites in Iraq and Syria, by site"
COUNTS = {name: f"{name} (low / best / high)" for name in schemas.COUNTS}


def render(template, **values):
    """A template of this package, filled in; text is escaped, and what is not given is an error."""
    loader = jinja2.PackageLoader("helpers", ".")
    environment = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined)
    return environment.get_template(template).render(**values)


def map_data(data, reports, sources, sites):
    """What the map shows, ready for JSON.

    Parameters
    ----------
    data : GeoDataFrame
        Incidents.
    reports, sources : DataFrame
        For the accounts of each incident.
    sites : GeoDataFrame
        For the precision of positions.

    Returns
    -------
    dict
        ``sites``, each with its ``attacks``, each with its ``accounts``; ``countries``, as GeoJSON; ``about``.
    """
    found = findings.locations(data, sites=sites)
    rows = reports.merge(sources, on="source_id", how="left")
    accounts = {key: [_account(row) for row in group.itertuples()] for key, group in rows.groupby("incident_id")}
    struck = data[geography.in_region(data.geometry)].sort_values(["date", "incident_id"])
    attacks = {}
    for row in struck.itertuples():
        attacks.setdefault((row.site_name, row.target), []).append(_attack(row, accounts.get(row.incident_id, [])))
    return {
        "sites": [_site(row, attacks[row.place, row.target]) for row in found["sites"].itertuples()],
        "countries": json.loads(geography.load_base_map().to_json(drop_id=True)),
        "about": found["source_line"],
    }


def _site(row, attacks):
    return {
        "name": row.place,
        "target": row.target,
        "at": [row.geometry.y, row.geometry.x],
        "precision_km": None if pd.isna(row.precision_km) else row.precision_km,
        "attacks": attacks,
    }


def _attack(row, accounts):
    days = {row.date_low, row.date, row.date_high}
    return {
        "id": row.incident_id,
        "date": f"{row.date:{schemas.DAY_FORMAT}}",
        "span": f"{row.date_low:{schemas.DAY_FORMAT}} to {row.date_high:{schemas.DAY_FORMAT}}" if len(days) > 1 else "",
        "weapon": row.weapon,
        "counts": {words: _numbers(row, name) for name, words in COUNTS.items() if _numbers(row, name)},
        "disputed": row.disputed.replace("|", ", "),
        "accounts": accounts,
    }


def _numbers(row, name):
    """Low / best / high as text; nothing where all sources are silent."""
    low, best, high = (getattr(row, f"{name}_{reading}") for reading in ("low", "best", "high"))
    if pd.isna(best):
        return ""
    return f"{low} / {best} / {'open' if pd.isna(high) else high}"


def _account(row):
    """One report: who published it, when, the coder's note, and a link where it has a web address."""
    told = [row.publisher, f"{row.published:{schemas.DAY_FORMAT}}" if pd.notna(row.published) else None]
    words = ", ".join(text for text in told if isinstance(text, str)) or row.source_id
    link = row.url if isinstance(row.url, str) and urlsplit(row.url).scheme in ("http", "https") else ""
    return {"source": words, "url": link, "note": row.note if isinstance(row.note, str) else ""}


def page(content, tiles=None):
    """The page.

    Parameters
    ----------
    content : dict
        As :func:`map_data` returns it.
    tiles : tuple of str, optional
        Address template and attribution of map tiles to lay below, such as
        ``("https://example.org/{z}/{x}/{y}.png", "Example")``. Without it, the page makes no request at all.

    Returns
    -------
    str
    """
    vendor = files(__package__) / "vendor"
    library = (vendor / "leaflet.js").read_text(encoding="utf-8").split("//# sourceMappingURL")[0]
    return render(
        "map.html.j2",
        title=TITLE,
        content={**content, "tiles": tiles},
        images=f"{urlsplit(tiles[0]).scheme}://{urlsplit(tiles[0]).netloc}" if tiles else "data:",
        library=Markup(library),
        library_style=Markup((vendor / "leaflet.css").read_text(encoding="utf-8")),
    )


def build_page(results):
    """The map of the repository's own core incidents, from :class:`helpers.findings.Results`."""
    return page(map_data(results.incidents, results.reports, results.sources, results.sites))
