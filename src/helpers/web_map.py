"""An interactive map of every attack, with a list of the sites beside it: ``map.html`` of the site.

The map library is Leaflet 1.9.4 (npm package ``leaflet``, BSD 2-Clause, ``vendor/LICENSE-leaflet``), written into the
page, which takes the site's typeface from another file and nothing else. Text reaches the page as JSON alone and is
shown as text, never as markup.
"""

import json
from importlib.resources import files
from urllib.parse import urlsplit

import geopandas as gpd
import jinja2
import pandas as pd
from markupsafe import Markup

from . import geography, schemas
from .charts.looks import target_look

_VAGUE_KM = 50  # a ring this wide would cover its neighbours, so it is drawn without a fill
_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("helpers", "."), autoescape=True, undefined=jinja2.StrictUndefined
)


def render(template: str, **values: object) -> str:
    """A template of this package, filled in; text is escaped.

    Parameters
    ----------
    template : str
        File name.
    **values
        What the template asks for.

    Returns
    -------
    str

    Examples
    --------
    >>> figure = {"number": 1, "words": None, "column": None, "exported": False, "width": None}
    >>> 'alt="Bases &amp; embassy"' in render("site_pages/figure.html.j2", src="a.svg", alt="Bases & embassy", **figure)
    True
    """
    return _TEMPLATES.get_template(template).render(**values)


def build_page(
    incidents: gpd.GeoDataFrame,
    locations: dict,
    reports: pd.DataFrame,
    sources: pd.DataFrame,
    places: gpd.GeoDataFrame,
) -> str:
    """The map of every incident that has a position. The page asks for the site's typeface and for nothing else.

    Parameters
    ----------
    incidents : GeoDataFrame
    locations : dict
        As :func:`helpers.findings.locations` returns it of the incidents.
    reports, sources : DataFrame
    places : GeoDataFrame
        Those whose names are written on the map where there is room.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> from helpers import findings
    >>> day = pd.Timestamp("2022-01-13")
    >>> counts = [f"{name}_{reading}" for name in schemas.COUNTS for reading in ("low", "best", "high")]
    >>> attack = dict.fromkeys(counts, 1) | dict.fromkeys(["date", "date_low", "date_high"], day) | {
    ...     "incident_id": "a", "site_name": "Embassy", "target": "embassy", "weapon": "rocket", "disputed": ""}
    >>> attacks = gpd.GeoDataFrame([attack], geometry=gpd.points_from_xy([44.4], [33.3], crs="EPSG:4326"))
    >>> sites = gpd.GeoDataFrame({"site_id": ["x"], "place_id": "x", "name": "Embassy", "aliases": "",
    ...                           "precision_km": 0.5}, geometry=attacks.geometry)
    >>> reports = pd.DataFrame({"incident_id": ["a"], "source_id": ["s"], "note": ["Two rockets."]})
    >>> sources = pd.DataFrame({"source_id": ["s"], "publisher": ["Agency"], "published": [day], "url": [None]})
    >>> found = findings.locations(attacks, sites, sites)
    >>> "Agency, 2022-01-13" in build_page(attacks, found, reports, sources, sites)
    True
    """
    return render(
        "site_pages/map.html.j2",
        content=_map_data(incidents, locations, reports, sources, places),
        name=schemas.load_schema().collection.name,
        library=_part("vendor/leaflet.js"),
        library_style=_part("vendor/leaflet.css"),
        script=_part("site_pages/map.js"),
        style=_part("site_pages/map.css"),
    )


def _part(path):
    """A script or a style, to be written into the page as it is."""
    text = (files(__package__) / path).read_text(encoding="utf-8")
    return Markup(text.split("//# sourceMappingURL")[0])


def _map_data(incidents, locations, reports, sources, places):
    """What the map shows, ready for JSON: sites with their attacks with their accounts; the ground; the source line."""
    accounts = {}
    for row in reports.merge(sources, on="source_id", how="left").itertuples():
        accounts.setdefault(row.incident_id, []).append(describe_account(row))
    struck = incidents[geography.in_region(incidents.geometry)].sort_values(["date", "incident_id"])
    attacks = {}
    for row in struck.itertuples():
        attacks.setdefault((row.site_name, row.target), []).append(_attack(row, accounts.get(row.incident_id, [])))
    countries = geography.load_base_map()
    return {
        "sites": [_site(row, attacks[row.place, row.target]) for row in locations["sites"].itertuples()],
        "looks": _looks(locations["sites"]["target"]),
        "months": pd.period_range(struck["date"].min(), struck["date"].max(), freq="M").astype(str).tolist(),
        "countries": json.loads(countries.to_json(drop_id=True)),
        "labels": [
            *_labels("country", countries),
            *_labels("city", geography.load_cities()),
            *_labels("place", places[geography.in_region(places.geometry)]),
        ],
        "region": geography.REGION,
        "vague_km": _VAGUE_KM,
        "about": locations["source_line"],
    }


def _looks(targets):
    """Colour, mark and name of each group of the collection that was struck, in the collection's order."""
    order = [*schemas.load_schema().collection.groups, "unknown"]
    looks = [target_look(target) | {"target": target} for target in order if (targets == target).any()]
    return [{key: look[key] for key in ("target", "color", "marker", "label")} for look in looks]


def _labels(kind, table):
    """Names for the ground, each at a point within what it names; what stands in brackets is left out."""
    points = table.geometry.representative_point()
    return [
        {"kind": kind, "name": name.split(" (")[0], "at": [round(point.y, 3), round(point.x, 3)]}
        for name, point in zip(table["name"], points, strict=True)
    ]


def _site(row, attacks):
    return {
        "name": row.place,
        "target": row.target,
        "at": [row.geometry.y, row.geometry.x],
        "precision_km": None if pd.isna(row.precision_km) else row.precision_km,
        "attacks": attacks,
    }


def _attack(row, accounts):
    low, day, high = (f"{day:{schemas.DAY_FORMAT}}" for day in (row.date_low, row.date, row.date_high))
    return {
        "id": row.incident_id,
        "date": day,
        "span": f"{low} to {high}" if {low, high} != {day} else "",
        "weapon": row.weapon.replace("_", " "),
        "counts": [words for name in schemas.COUNTS if (words := _count(row, name))],
        "disputed": row.disputed.replace("|", ", ").replace("_", " "),
        "accounts": accounts,
    }


def _count(row, name):
    """A number with those that reports give, as ``launched 8 (reports: 8-10)``; nothing where all are silent."""
    low, best, high = (getattr(row, f"{name}_{reading}") for reading in ("low", "best", "high"))
    if pd.isna(best):
        return ""
    if pd.isna(high):
        return f"{name} {best} (reports: {low} or more)"
    return f"{name} {best}" + (f" (reports: {low}-{high})" if low < high else "")


def describe_account(row: object) -> dict[str, str]:
    """One report: who published it, when, the coder's note, and a link where it has a web address.

    Parameters
    ----------
    row : named tuple
        Of reports joined with their sources.

    Returns
    -------
    dict of str
        ``source``, ``url`` (empty unless of the web) and ``note``.

    Examples
    --------
    >>> table = pd.DataFrame({"publisher": ["Agency"], "published": [pd.NaT], "url": ["file:///a"], "note": [None]})
    >>> describe_account(next(table.itertuples()))
    {'source': 'Agency', 'url': '', 'note': ''}
    """
    day = f"{row.published:{schemas.DAY_FORMAT}}" if pd.notna(row.published) else None
    words = ", ".join(text for text in (row.publisher, day) if isinstance(text, str)) or row.source_id
    link = row.url if isinstance(row.url, str) and urlsplit(row.url).scheme in ("http", "https") else ""
    return {"source": words, "url": link, "note": row.note if isinstance(row.note, str) else ""}
