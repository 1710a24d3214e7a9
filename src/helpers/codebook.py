"""The codebook in words and as a Frictionless data package, both generated from the schema."""

import csv
import hashlib
import io
import json
import re
from itertools import starmap
from math import isfinite

from .schemas import Schema
from .tables import REFERENCES, describe_allowed

TYPES = {"whole": "integer", "decimal": "number", "date": "date"}  # all others are text
BASE_MAP_ORIGIN = {
    "licenses": [
        {"name": "PDDL-1.0", "title": "Countries: public domain (Natural Earth)"},
        {
            "name": "CC-BY-4.0",
            "title": "Cities: Creative Commons Attribution 4.0 (GeoNames)",
            "path": "https://creativecommons.org/licenses/by/4.0/",
        },
    ],
    "sources": [
        {"title": "Natural Earth 4.1.0", "path": "https://www.naturalearthdata.com"},
        {"title": "GeoNames", "path": "https://www.geonames.org"},
    ],
}


def codebook(schema: Schema, sources: bytes | None = None) -> str:
    """Write the codebook as Markdown.

    Parameters
    ----------
    schema : Schema
    sources : bytes, optional
        The file of sources, whose empty cells are counted. Without it the page gives no numbers.

    Returns
    -------
    str

    Examples
    --------
    >>> from helpers.schemas import load_schema
    >>> codebook(load_schema()).splitlines()[0]
    '# Codebook'
    """
    words, tables = schema.words, _tables_by_path(schema)
    parts = [
        "# Codebook",
        words.introduction.strip(),
        "## Conventions",
        _markdown_table(["a source says", "coded as"], words.conventions.items()),
        "## Kinds of missing",
        _markdown_table(["kind", "how it looks, and what it means"], words.missing.items()),
        "## Edge cases",
        "\n".join(f"- {case}" for case in words.edge_cases),
        "## Known limits",
        "\n".join(f"- {limit}" for limit in words.limits),
    ]
    if words.source_rows:
        parts += ["## What a source row tells", words.source_rows.strip()]
        parts += [] if sources is None else [_count_empty(schema.raw["sources"], sources)]
    for path, table in tables.items():
        parts += [f"## `{path}`", f"{table.description} Key: {', '.join(table.key)}."]
        if path.startswith("raw/second_coding/"):
            parts.append(f"Columns as in `raw/{path.split('/')[-1]}`; an independent second coder's own.")
        else:
            header = ["column", "type", "unit", "meaning", "allowed", "empty means"]
            parts.append(_markdown_table(header, starmap(_describe_column, table.columns.items())))
    parts += ["## `raw/base_map.geojson`", words.base_map, "## Closed lists"]
    for name, values in _closed_lists(tables).items():
        rows = [(f"`{value}`", definition) for value, definition in values.items()]
        parts += [f"### `{name}`", _markdown_table(["value", "definition"], rows)]
    return "\n\n".join(parts) + "\n"


def _count_empty(table, content):
    """How many rows of a file leave each column empty that may be empty."""
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    columns = [name for name, column in table.columns.items() if column.empty]
    empty = ", ".join(f"`{name}` {sum(not row[name] for row in rows):,}" for name in columns)
    return f"Empty cells, by column, in the rows of {len(rows):,} sources: {empty}."


def _tables_by_path(schema):
    """Every table that is a CSV file, by path below ``data/``."""
    raw = {f"raw/{name}.csv": table for name, table in schema.raw.items()}
    return raw | {"processed/incidents.csv": schema.incidents}


def _describe_column(name, column):
    """The cells of a column's row in the codebook."""
    allowed = "one of the list below" if column.values else describe_allowed(column).removesuffix("; not empty")
    empty = column.empty or "never empty"
    return f"`{name}`", TYPES.get(column.type, "string"), column.unit, column.description, allowed, empty


def _closed_lists(tables):
    """The lists that columns use, in the order in which they are first used."""
    columns = [item for table in tables.values() for item in table.columns.items()]
    return {name: column.values for name, column in columns if column.values}


def _markdown_table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def data_package(files: dict[str, bytes], version: str, schema: Schema) -> bytes:
    """Describe the tables as a Frictionless data package.

    Parameters
    ----------
    files : dict of bytes
        CSV files and perhaps the base map, by path below ``data/``.
    version : str
    schema : Schema

    Returns
    -------
    bytes

    Examples
    --------
    >>> from helpers.schemas import load_schema
    >>> json.loads(data_package({}, "1.0", load_schema()))["licenses"][0]["name"]
    'CC-BY-4.0'
    """
    package = {
        "name": schema.collection.name,
        "title": schema.collection.title,
        "version": version,
        "licenses": [schema.collection.licence.model_dump()],
        "resources": [_describe_file(path, content, schema) for path, content in files.items()],
    }
    return (json.dumps(package, indent=1, ensure_ascii=False) + "\n").encode()


def _describe_file(path, content, schema):
    """The resource of a table, or of the base map."""
    table = _tables_by_path(schema).get(path)
    name, extension = path.split("/", 1)[1].rsplit(".", 1)
    return {
        "name": _resource_name(name),
        "path": path,
        "description": table.description if table else schema.words.base_map.replace("`", ""),
        "format": extension,
        "mediatype": "text/csv" if table else "application/geo+json",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        **({"schema": _describe_table(name, content, table)} if table else BASE_MAP_ORIGIN),
    }


def _resource_name(table):
    return re.sub("[/_]", "-", table)


def _describe_table(name, content, table):
    """The columns of a table, its key and its references."""
    header = next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))  # the file may lack what is optional
    fields = [_describe_field(key, table.columns[key]) for key in header]
    # Frictionless knows no reference to one of two tables or to half a key.
    references = [
        {"fields": [column], "reference": {"resource": _resource_name(targets[0]), "fields": [key]}}
        for referring, column, targets, key in REFERENCES
        if name in referring and targets != ["reports"]
    ]
    described = {"fields": fields, "missingValues": [""], "primaryKey": table.key}
    return described | {"foreignKeys": references} if references else described


def _describe_field(name, column):
    """One column in Frictionless words."""
    constraints = {
        "required": None if column.empty else True,
        "enum": list(column.values) or None,
        "pattern": column.pattern or None,
        "minimum": column.least if isfinite(column.least) else None,
        "maximum": column.most if isfinite(column.most) else None,
    }
    field = {
        "name": name,
        "type": TYPES.get(column.type, "string"),
        "description": column.description,
        "unit": column.unit,
        "constraints": {key: value for key, value in constraints.items() if value is not None},
    }
    return {key: value for key, value in field.items() if value not in ("", {})}
