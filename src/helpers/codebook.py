"""The codebook in words and as a Frictionless data package, both generated from the schemas."""

import hashlib
import json
import re

from . import schemas
from .tables import REFERENCES, allowed

TYPES = {"Int64": "integer", "float64": "number", "datetime64[ns]": "date"}  # all others are text

CONVENTIONS = [
    ("“three rockets”", "launched_min 3, launched_max 3"),
    ("“at least four”", "launched_min 4, launched_max empty: open upwards"),
    ("“up to twelve”", "launched_min empty, launched_max 12"),
    ("“several”, “rockets”", "launched_min 2, launched_max empty"),
    ("nothing on how many", "both empty, never 0"),
    ("“near”, “in the vicinity of”, “short of” the site; “no impact inside”", "hit_min 0, hit_max 0"),
    ("“no casualties”, “no injuries”", "killed and injured, minimum and maximum, 0"),
    ("casualties without a nationality", "us_killed and us_injured empty"),
    ("“early Tuesday”; after about 21:00", "part_of_day night"),
    ("a weekday alone", "event_date resolved against the publication date, date_basis weekday"),
    ("“indirect fire”", "weapon unknown"),
    ("one source names the embassy, another the Green Zone, for one salvo", "one incident; each row keeps its site_id"),
]

MISSING = [
    ("not reported", "an empty cell in a count, a date or a short text: this source is silent. It is never zero or no"),
    ("reported as unknown", "`unknown` in a closed list: not told, or the source says that it is not known"),
    (
        "not known",
        "an empty cell about the source or the place itself: the page showed no date, no source gives a point",
    ),
    ("not applicable", "an empty cell where there is nothing to say: no reason why a core incident counts, no remark"),
]

EDGE_CASES = [
    "Two sites struck on one day are two incidents; salvos hours apart on one site are one.",
    "Drones shot down on approach are incidents; reconnaissance drones are not.",
    "Roadside bombs on convoys, attacks by ISIS on Iraqi forces, and US strikes are not incidents.",
    "Bases whose US troops had just left (Balad from 2021) are coded, with contractors or advisers on site.",
    "An incident that may double another is kept, called borderline, and the pair is listed in `distinct_pairs.csv`.",
    "Hits count inside the perimeter that this row's `site_id` names: another site has another fence.",
    "A page that two coders read has one `source_id` in both codings.",
]

INTRODUCTION = """\
Generated from the schemas by `python -m helpers build`; edit `src/helpers/schemas.py` or `src/helpers/codebook.py`, not
this page.

Files are UTF-8, comma-separated, with a header row. `raw/` is coded by hand; `processed/` is derived from it;
`datapackage.json` describes both for [Frictionless](https://frictionlessdata.io) tools.

An incident is one attack or attempted attack (weapons fired, or drones shot down on approach) on one site on one date,
where the site is a US diplomatic site in Iraq (or the Green Zone), or a base in Iraq or Syria that then hosted US or
coalition troops."""

LIMITS = [
    "The archive of pages is uneven: October 2019, February and October 2020, September to November 2022 and May to "
    "September 2023 were judged under-covered, and few Syrian pages were held before 2021. Of the 1,095 days on which "
    "the anniversaries are tested, 187 lie in these months, and none of the 14 days around an anniversary does: they "
    "can make the anniversaries look busier than the rest, never quieter.",
    "AFP counted 19 attacks from October 2019 to mid-February 2020 where these tables have 17.",
    "Every query came back with a full page of eight, so a busy month was seen less completely than a quiet one. If "
    "anything this hides clusters; the search log cannot serve as coverage per month.",
    "Interceptions, and defences that stayed silent, are hardly ever reported as zero or no; injured Americans only "
    "where Americans are the topic.",
    "Several sources may carry one press release without saying so: the number of independent accounts is an upper "
    "bound.",
    "Accounts of an incident pile up at four: 75 of 124 core incidents have exactly four, and 1 has more. Coding seems "
    "to have stopped there, so the number of accounts says how many were coded, not how widely an attack was told.",
    "Follow-up look-ups went where single-source incidents were, so effort beyond the protocol is not equal across "
    "months.",
    "Two further attacks (Shaddadi on 27 July and Green Village on 28 July 2022) were seen in passing and are not "
    "coded.",
    "The founding article puts the Anbar, Baghdad and Syria attacks on Thursday 6 January 2022; dated reports put them "
    "on Wednesday 5 January. Both are kept.",
    "Reading and coding were machine-assisted under a written protocol and spot-checked. Open a row's source before "
    "you rest an argument on it.",
]


BASE_MAP = (
    "Countries of the region, for orientation: one feature each, property `name`, polygons in WGS 84. Natural Earth "
    "1:10m, public domain; `raw/base_map.md` tells version and steps, `scripts/base_map.py` takes them."
)


def processed_columns():
    """The columns of ``incidents.csv``: those of an incident, with latitude and longitude in place of the point."""
    columns = {name: rule for name, rule in schemas.INCIDENTS.columns.items() if name != "geometry"}
    return columns | {name: schemas.IMPORTED.columns[name] for name in ("latitude", "longitude")}


def codebook():
    """The codebook as Markdown.

    Returns
    -------
    str
    """
    parts = [
        "# Codebook",
        INTRODUCTION,
        "## Conventions",
        _markdown_table(["a source says", "coded as"], CONVENTIONS),
        "## Kinds of missing",
        _markdown_table(["kind", "how it looks, and what it means"], MISSING),
        "## Edge cases",
        "\n".join(f"- {case}" for case in EDGE_CASES),
        "## Known limits",
        "\n".join(f"- {limit}" for limit in LIMITS),
    ]
    tables = {f"raw/{name}.csv": (schema, schema.columns) for name, schema in schemas.RAW_TABLES.items()}
    tables["processed/incidents.csv"] = (schemas.INCIDENTS, processed_columns())
    for path, (schema, columns) in tables.items():
        parts += [f"## `{path}`", f"{schema.description} Key: {', '.join(schema.unique)}."]
        if path.startswith("raw/second_coding/"):
            parts.append(f"Columns as in `raw/{path.split('/')[-1]}`; an independent second coder's own.")
        else:
            header = ["column", "type", "unit", "meaning", "allowed", "empty means"]
            parts.append(_markdown_table(header, [_described(name, rule) for name, rule in columns.items()]))
    parts += [
        "## `raw/base_map.geojson`",
        BASE_MAP,
        "## Closed lists",
        *(_closed_list(name, values) for name, values in _closed_lists(tables).items()),
    ]
    return "\n\n".join(parts) + "\n"


def _described(name, rule):
    metadata = rule.metadata or {}
    words = "one of the list below" if "values" in metadata else allowed(rule).removesuffix("; not empty")
    empty = metadata.get("empty", "") if rule.nullable else "never empty"
    return f"`{name}`", TYPES.get(str(rule.dtype), "string"), metadata.get("unit", ""), rule.description, words, empty


def _closed_lists(tables):
    found = {}
    for _, columns in tables.values():
        for name, rule in columns.items():
            if "values" in (rule.metadata or {}):
                found.setdefault(name, rule.metadata["values"])
    return found


def _closed_list(name, values):
    return f"### `{name}`\n\n" + _markdown_table(
        ["value", "definition"], [(f"`{v}`", words) for v, words in values.items()]
    )


def _markdown_table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def data_package(files, version):
    """The tables as a Frictionless data package.

    Parameters
    ----------
    files : dict of bytes
        The CSV files, and the base map where there is one, by path below ``data/``.
    version : str
        The data version.

    Returns
    -------
    bytes
        JSON.
    """
    resources = []
    for path, content in files.items():
        if path.endswith(".geojson"):
            resources.append(_base_map(path, content))
            continue
        name = re.sub(r"^(raw|processed)/|\.csv$", "", path)
        schema = schemas.RAW_TABLES.get(name, schemas.INCIDENTS)
        columns = schema.columns if name in schemas.RAW_TABLES else processed_columns()
        resources.append(
            {
                "name": _resource_name(name),
                "path": path,
                "description": schema.description,
                "format": "csv",
                "mediatype": "text/csv",
                **_bytes_of(content),
                "schema": _table_schema(name, schema, columns),
            }
        )
    package = {
        "name": "anniversary-attacks",
        "title": "Reports of rocket and drone attacks on US sites in Iraq and Syria",
        "version": version,
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "resources": resources,
    }
    return (json.dumps(package, indent=1, ensure_ascii=False) + "\n").encode()


def _base_map(path, content):
    return {
        "name": "base-map",
        "path": path,
        "description": BASE_MAP.replace("`", ""),
        "format": "geojson",
        "mediatype": "application/geo+json",
        **_bytes_of(content),
        "licenses": [{"name": "PDDL-1.0", "title": "Public domain (Natural Earth)"}],
        "sources": [{"title": "Natural Earth 4.1.0", "path": "https://www.naturalearthdata.com"}],
    }


def _bytes_of(content):
    digest = hashlib.sha256(content).hexdigest()
    return {"encoding": "utf-8", "bytes": len(content), "hash": f"sha256:{digest}"}


def _resource_name(table):
    return table.replace("/", "-").replace("_", "-")


def _table_schema(name, schema, columns):
    fields = [_field(column, rule) for column, rule in columns.items()]
    keys = [
        {"fields": [column], "reference": {"resource": _resource_name(targets[0]), "fields": [key]}}
        for table, column, targets, key in REFERENCES
        if table == name and targets != ["reports"]
    ]
    if name == "incidents":
        keys = [{"fields": [key], "reference": {"resource": _resource_name(table), "fields": [key]}}
                for table, key in (("incident_register", "incident_id"), ("sites", "site_id"))]  # fmt: skip
    return {
        "fields": fields,
        "missingValues": [""],
        "primaryKey": schema.unique,
        **({"foreignKeys": keys} if keys else {}),
    }


def _field(name, rule):
    metadata, constraints = rule.metadata or {}, {}
    if not rule.nullable:
        constraints["required"] = True
    if "values" in metadata:
        constraints["enum"] = list(metadata["values"])
    if "pattern" in metadata:
        constraints["pattern"] = metadata["pattern"]
    if str(rule.dtype) == "Int64":
        constraints["minimum"] = 0
    if str(rule.dtype) == "float64":
        bounds = rule.checks[0].statistics
        constraints |= {"minimum": bounds["min_value"], "maximum": bounds["max_value"]}
    field = {"name": name, "type": TYPES.get(str(rule.dtype), "string"), "description": rule.description}
    return {
        **field,
        **({"unit": metadata["unit"]} if "unit" in metadata else {}),
        **({"constraints": constraints} if constraints else {}),
    }
