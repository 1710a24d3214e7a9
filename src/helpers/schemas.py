"""The codebook: one pandera schema per table.

Each column says its type, unit, allowed values (each with its definition) and meaning.
Validation, typed loading and the written codebook all read these schemas, so they cannot drift apart.
"""

import copy

import pandas as pd
import pandera.pandas as pa
from pandera.engines import pandas_engine

DAY_FORMAT = "%Y-%m-%d"

SITE_TYPE = {
    "embassy": "the US embassy compound",
    "consulate": "a US consulate",
    "diplomatic_support": "a US diplomatic support compound away from the embassy",
    "green_zone": "the Green Zone (or a district beside it) where the source does not name the embassy",
    "base": "a base that hosted US or coalition troops",
}
TARGET = {
    "embassy": "any diplomatic site: every site type but base",
    "base": "a base that hosted US or coalition troops",
}
DATE_BASIS = {
    "stated": "the source prints the date",
    "weekday": "the source names a weekday, resolved against its publication date",
    "relative": "the source says yesterday, two days earlier and the like",
    "unclear": "the day is the coder's best guess, or empty",
}
PART_OF_DAY = {
    "night": "told as night or as the early hours ('early Tuesday'), or after about 21:00",
    "morning": "told as morning",
    "afternoon": "told as afternoon",
    "evening": "told as evening, before about 21:00",
    "unknown": "not told",
}
WEAPON = {
    "rocket": "unguided rockets",
    "drone": "armed or exploding unmanned aircraft",
    "ballistic_missile": "ballistic missiles",
    "mortar": "mortar rounds",
    "mixed": "more than one kind in one attack",
    "unknown": "not told, or only 'indirect fire'",
}
YES_NO = {
    "yes": "a defence (C-RAM, Patriot and the like) engaged or sounded",
    "no": "the source says that none did",
    "unknown": "not told",
}
DAMAGE = {
    "none": "the source rules damage out",
    "minor": "some damage",
    "major": "heavy damage",
    "unknown": "not told",
}
FOUND_BY = {
    "protocol": "found by the ten queries put to every month",
    "article": "told by the founding article",
    "followup": "found by a later look-up that sought second sources; effort not equal across months",
}
INCLUSION = {
    "core": "meets the definition of an incident",
    "borderline": "may meet it; the reason says what is in doubt",
    "excluded": "does not meet it; kept so that nobody codes it again",
}
AGENCY = {
    "AP": "Associated Press",
    "AFP": "Agence France-Presse",
    "Reuters": "Reuters",
    "Xinhua": "Xinhua",
    "own": "the publisher's own text",
    "unknown": "not told, or a wire outside this list",
}
EVENT_KIND = {
    "trigger": "an event that may provoke attacks",
    "us_strike": "a US or coalition strike",
    "return_fire": "fire returned at once, not independent of the incident it answers",
    "policy": "a decision on troops or bases",
    "statement": "a threat, vow or warning",
    "truce_start": "a truce announced",
    "truce_end": "a truce declared over",
}

MUNITIONS = ("launched", "hit", "intercepted")
TOLLS = ("killed", "injured")
US_TOLLS = ("us_killed", "us_injured")
COUNTS = MUNITIONS + TOLLS


NOT_REPORTED, NOT_APPLICABLE, NOT_KNOWN = "not reported", "not applicable", "not known"


def code(values, description, **options):
    """A column with a closed list of values, each defined."""
    dtype = pd.CategoricalDtype(list(values))
    return pa.Column(dtype, coerce=True, description=description, metadata={"values": values}, **options)


def count(description, unit, **options):
    """A whole number of at least 0; empty is silence."""
    options = {"nullable": True, **options}
    metadata = {"unit": unit, "empty": NOT_REPORTED}
    return pa.Column("Int64", pa.Check.ge(0), coerce=True, description=description, metadata=metadata, **options)


def day(description, empty=NOT_REPORTED, **options):
    """A local calendar date, YYYY-MM-DD."""
    dtype = pandas_engine.DateTime(to_datetime_kwargs={"format": DAY_FORMAT})
    metadata = {"unit": "local date", "empty": empty}
    return pa.Column(dtype, coerce=True, description=description, metadata=metadata, **options)


def number(description, unit, low, high, **options):
    """A decimal number between two bounds."""
    check, metadata = pa.Check.in_range(low, high), {"unit": unit, "empty": NOT_KNOWN}
    return pa.Column(float, check, coerce=True, description=description, metadata=metadata, **options)


def text(description, pattern=None, allowed=None, empty=NOT_APPLICABLE, **options):
    """Free text, or text of one pattern that ``allowed`` puts into words."""
    checks = [pa.Check.str_matches(pattern)] if pattern else []
    metadata = {"empty": empty, **({"allowed": allowed, "pattern": pattern} if pattern else {})}
    return pa.Column("str", checks, coerce=True, description=description, metadata=metadata, **options)


def table(columns, unique, **options):
    """A strict schema: these columns, no others, and a key that never repeats."""
    return pa.DataFrameSchema(columns, strict=True, unique=list(unique), report_duplicates="exclude_first", **options)


def identifier(description, **options):
    return text(description, r"^[a-z0-9_\-]+$", "lower-case letters, digits, _ and -", **options)


def incident_identifier(description):
    return text(description, r"^[0-9]{4}-[0-9]{2}-[0-9]{2}_[a-z0-9_]+$", "YYYY-MM-DD_site")


def month(description):
    return text(description, r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", "YYYY-MM")


def _range(name, unit, what):
    return {
        f"{name}_min": count(f"least number of {what} by this source", unit),
        f"{name}_max": count(f"largest number of {what} by this source", unit),
    }


SOURCES = table(
    {
        "source_id": identifier("the publication"),
        "publisher": text("who published it", empty=NOT_KNOWN, nullable=True),
        "agency": code(AGENCY, "who wrote the text"),
        "title": text("headline", empty=NOT_KNOWN, nullable=True),
        "published": day("publication date", empty=NOT_KNOWN, nullable=True),
        "language": text("language of the text", r"^[a-z]{2,3}$", "an ISO 639 code"),
        "url": text("where it was read", r"^https?://\S+$", "a web address", empty=NOT_KNOWN, nullable=True),
    },
    unique=["source_id"],
    title="sources",
    description="One row per publication.",
)

SITES = table(
    {
        "site_id": identifier("the site"),
        "name": text("name used in charts"),
        "aliases": text("other names, |-separated", nullable=True),
        "site_type": code(SITE_TYPE, "what kind of site"),
        "complex": identifier("group of neighbouring sites that sources mix up"),
        "country": text("country"),
        "latitude": number("latitude, WGS 84", "degrees", -90, 90, nullable=True),
        "longitude": number("longitude, WGS 84", "degrees", -180, 180, nullable=True),
        "precision_km": number("honest radius around the point", "km", 0, 1000, nullable=True),
        "us_until": day(
            "handover date where one is coded; empty does not mean still open", empty=NOT_KNOWN, nullable=True
        ),
        "note": text("remarks", nullable=True),
    },
    unique=["site_id"],
    title="sites",
    description="Targets, with coordinates and their precision.",
)

PLACES = table(
    {
        "place_id": identifier("the place"),
        "name": text("name"),
        "aliases": text("other names, |-separated", nullable=True),
        "latitude": number("latitude, WGS 84; empty where no source gives it", "degrees", -90, 90, nullable=True),
        "longitude": number("longitude, WGS 84; empty where no source gives it", "degrees", -180, 180, nullable=True),
        "precision_km": number("honest radius around the point", "km", 0, 1000, nullable=True),
        "source_id": identifier("where the point was read", empty=NOT_KNOWN, nullable=True),
        "note": text("remarks, and why a point is missing", nullable=True),
    },
    unique=["place_id"],
    title="places",
    description="Areas named as launch or impact places.",
)

REPORTS = table(
    {
        "incident_id": incident_identifier("links accounts of one attack; the coder's judgement of day and site"),
        "source_id": identifier("who said it"),
        "coder": text("who coded it"),
        "event_date": day("day of the attack by this source; empty only where date_basis is unclear", nullable=True),
        "date_basis": code(DATE_BASIS, "how the source tells the day, strongest first"),
        "part_of_day": code(PART_OF_DAY, "time of day by this source"),
        "site_id": identifier("site by this source"),
        "weapon": code(WEAPON, "weapon by this source"),
        **_range("launched", "munitions", "munitions launched"),
        **_range("hit", "munitions", "munitions inside this site's perimeter"),
        **_range("intercepted", "munitions", "munitions intercepted"),
        "defence_active": code(YES_NO, "whether a defence engaged"),
        **_range("killed", "people", "people killed"),
        **_range("injured", "people", "people injured"),
        "us_killed": count("Americans or coalition staff killed, where the source speaks of them", "people"),
        "us_injured": count("Americans or coalition staff injured, where the source speaks of them", "people"),
        "damage": code(DAMAGE, "damage by this source"),
        "launch_area": text("where it was fired from, in the coder's words", empty=NOT_REPORTED, nullable=True),
        "claimed_by": text("who claimed it", empty=NOT_REPORTED, nullable=True),
        "attributed_to": text("whom the source blames", empty=NOT_REPORTED, nullable=True),
        "paragraph": text("paragraphs of the source", r"^[0-9]+(;[0-9]+)*$", "numbers separated by ;", nullable=True),
        "origin": text("whose account the page passes on, where its text says so", empty=NOT_REPORTED, nullable=True),
        "found_by": code(FOUND_BY, "how this row was found"),
        "note": text("remarks in the coder's words", nullable=True),
    },
    unique=["incident_id", "source_id"],
    title="reports",
    description="One row per (incident, source): what this source says, uncorrected.",
)

INCIDENT_REGISTER = table(
    {
        "incident_id": incident_identifier("the incident"),
        "site_id": identifier("the coder's site"),
        "inclusion": code(INCLUSION, "whether the incident counts"),
        "reason": text("why not core", nullable=True),
    },
    unique=["incident_id"],
    title="incident_register",
    description="One row per incident: the coder's site and whether the incident counts.",
)

DISTINCT_PAIRS = table(
    {
        "incident_id": incident_identifier("an incident"),
        "other_id": incident_identifier("its near-duplicate"),
        "judgement": code({"distinct": "two attacks", "unsure": "may be one"}, "the coder's judgement"),
        "reason": text("why"),
    },
    unique=["incident_id", "other_id"],
    title="distinct_pairs",
    description="Near-duplicates that a coder has judged.",
)

CONTEXT_EVENTS = table(
    {
        "event_id": identifier("the event"),
        "source_id": identifier("who said it"),
        "date": text("day, or month", r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$", "YYYY-MM-DD, or YYYY-MM for a month"),
        "date_precision": code({"day": "the day is known", "month": "only the month is known"}, "what date tells"),
        "clock": code({"local": "local date", "us": "US date; the local day may be one later"}, "whose date it is"),
        "kind": code(EVENT_KIND, "what kind of event"),
        "title": text("the event in the coder's words"),
        "paragraph": text("paragraphs of the source", r"^[0-9]+(;[0-9]+)*$", "numbers separated by ;", nullable=True),
        "note": text("remarks", nullable=True),
    },
    unique=["event_id", "source_id"],
    title="context_events",
    description="Dated events that may drive attacks; one row per (event, source).",
)

SEARCH_LOG = table(
    {
        "month": month("the month asked about"),
        "query_no": count("number of the query", "query", nullable=False),
        "results": count("pages returned", "pages", nullable=False),
        "new_incidents": count("incidents first seen at this query, of whatever month", "incidents", nullable=False),
    },
    unique=["month", "query_no"],
    title="search_log",
    description="The protocol's effort: the same queries for every month.",
)

RAW_TABLES = {
    "sources": SOURCES,
    "sites": SITES,
    "places": PLACES,
    "reports": REPORTS,
    "incident_register": INCIDENT_REGISTER,
    "distinct_pairs": DISTINCT_PAIRS,
    "context_events": CONTEXT_EVENTS,
    "search_log": SEARCH_LOG,
    "second_coding/sources": SOURCES,
    "second_coding/reports": REPORTS,
    "second_coding/search_log": SEARCH_LOG,
}


def _low_best_high(name, unit, what):
    return {
        f"{name}_low": count(f"smallest number of {what} among accounts", unit),
        f"{name}_best": count(f"number of {what} that most independent accounts allow", unit),
        f"{name}_high": count(f"largest number of {what} among accounts; empty beside a best is open upwards", unit),
    }


INCIDENTS = pa.DataFrameSchema(
    {
        "incident_id": text("the incident"),
        "date": day("day that most independent accounts give"),
        "date_low": day("earliest day given"),
        "date_high": day("latest day given"),
        "site_id": identifier("the site"),
        "site_name": text("name of the site"),
        "site_type": code(SITE_TYPE, "what kind of site"),
        "target": code(TARGET, "embassy or base, by the site's type"),
        "complex": identifier("group of neighbouring sites that sources mix up"),
        "country": text("country"),
        "weapon": code(WEAPON, "weapon that most accounts give; a tie is mixed"),
        "part_of_day": code(PART_OF_DAY, "time of day that most accounts give; a tie is unknown"),
        **_low_best_high("launched", "munitions", "munitions launched"),
        **_low_best_high("hit", "munitions", "munitions inside the perimeter, by accounts that name this site"),
        **_low_best_high("intercepted", "munitions", "munitions intercepted"),
        **_low_best_high("killed", "people", "people killed"),
        **_low_best_high("injured", "people", "people injured"),
        "us_killed": count("Americans or coalition staff killed", "people"),
        "us_injured": count("Americans or coalition staff injured", "people"),
        "defence_active": code(YES_NO, "whether a defence engaged; a tie is yes"),
        "damage": code(DAMAGE, "damage that most accounts give; a tie is the heavier"),
        "launch_area": text(
            "where it was fired from, as each independent account names it; joined by |",
            empty=NOT_REPORTED,
            nullable=True,
        ),
        "claimed_by": text("who claimed it; a tie is joined by |", empty=NOT_REPORTED, nullable=True),
        "inclusion": code(INCLUSION, "whether the incident counts"),
        "found_by": code(FOUND_BY, "protocol if any of its reports is"),
        "n_reports": count("reports coded", "reports", nullable=False),
        "n_independent": count("independent accounts, at most", "accounts", nullable=False),
        "disputed": text(
            "fields on which accounts cannot all be right, |-separated", empty="no field disputed", nullable=True
        ),
        "geometry": pa.Column("geometry", nullable=True, description="the site's point, WGS 84 (EPSG:4326)"),
    },
    unique=["incident_id"],
    title="incidents",
    description="One row per incident, derived from the reports; never typed in.",
)


def _optional(name, column):
    """An incident column as an imported file may hold it: absent or empty, but for the id and the date."""
    if name not in ("incident_id", "date"):
        column.required, column.nullable = False, True
    return column


IMPORTED = pa.DataFrameSchema(
    {
        **{name: _optional(name, copy.deepcopy(column)) for name, column in INCIDENTS.columns.items()},
        "latitude": number("latitude, WGS 84", "degrees", -90, 90, nullable=True, required=False),
        "longitude": number("longitude, WGS 84", "degrees", -180, 180, nullable=True, required=False),
    },
    unique=["incident_id"],
    report_duplicates="exclude_first",
    title="imported incidents",
    description="A file of one's own: an id and a date per incident, and whichever other columns it has.",
)
