"""Malformed files, thousands of them, into every loader and importer: ``make fuzz``, or ``python -m scripts.fuzz``.

A file that loads is taken and damaged in one to three ways: bytes, cells, columns, lines, encodings, and what
spreadsheets do to days and numbers. Either it still loads, and what is loaded adds up; or it is refused by a fault that
names the file, and nothing is written. Any other exception, a warning, or more than five seconds is a failure, and its
files are kept for another look. The same ``--seed`` gives the same cases.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from helpers import article, geography, incidents, load, schemas, tables
from helpers.importers import convert, gdelt
from tests.importers import event_files, test_read

ROOT = Path(__file__).resolve().parents[1]
FROZEN = ROOT / "tests" / "data"
LONGEST = 5  # seconds of the processor that a case may take; six times as many on the clock of a busy machine
CASES, MINUTES, SEED = 5_200, 5, 20200103
CLASSES = ["core", "borderline", "excluded"]
# What a cell may hold that is no value: edges of days and numbers, spreadsheets' words, quotes, markup, the unseen.
ODD = [
    "", " ", "\u00a0", "-", "?", "NA", "#N/A", "#REF!", "#VALUE!", "NULL", "nan", "inf", "-inf", "true", "=1+1", "'007",
    "0025-01-01", "0000-00-00", "1899-12-31", "1900-01-01", "1677-01-01", "2100-12-31", "2101-01-01", "2262-04-12",
    "9999-12-31", "10000-01-01", "2022-02-31", "2022-13-01", "31/02/2022", "02/03/2022", "13/13/2022", "3.1.2022",
    "15 April 2022", "Apr-22", "44576", "44576.5", "2022-04-15T23:59:60", "2022-04-15T12:00:00+99:00", "2022", "2022-4",
    "1E5", "2.02E+11", "1e999", "-1e999", "1,234", "1.234", "1 234", "1.234.567,8", "1'234", "-0", "-1", "0.5", "1.0",
    "5e-324", "91", "-181", "33,3", "12345678901234567890", "1" * 400, "١٢", "½", "²", "+1", "0x10", "1_000",
    "|", "a|b|", ";", "a;b", '"', '""', "'", "a\nb", "a\r\nb", "\r", "\t", "\0", "\x1e\x1f", "\x1a", "\x7f", "\x85",
    "\u2028", "\ufeff", "\u202e", "\u200b", "\ufffe", "e\u0301", "😀" * 50, "x" * 200_000, "../../etc/passwd",
    "<script>alert(1)</script>", "{{ 1 }}", "{% include 'a' %}", "\\", "\\N", "%s%n", "{}", "[]", "None", "embassy_x",
]  # fmt: skip


_KNOWN = {}  # raw tables that were read


class Surface(NamedTuple):
    """Something that reads files."""

    files: dict[str, bytes]  # that it reads, by their paths in a folder; one of them is damaged
    read: Callable  # takes the folder and the name of the damaged file; gives the number of rows, or raises
    damage: Callable  # takes a random generator and the bytes of a file
    share: int  # of the cases


# --- damage -----------------------------------------------------------------------------------------------------------


def damage_bytes(rng, data):
    """Bytes flipped, cut, doubled, or of another encoding."""
    if not data:
        return bytes(rng.randrange(256) for _ in range(9))
    start = rng.randrange(len(data))
    stop = min(len(data), start + rng.choice([1, 2, 10, 100, 5000]))
    kind = rng.randrange(11)
    if kind == 0:
        data = bytearray(data)
        for _ in range(rng.choice([1, 1, 3, 30])):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return bytes(data)
    if kind == 1:
        return data[:start]
    if kind == 2:
        return data[:start] + data[stop:]
    if kind == 3:
        return data[:stop] + data[start:]
    if kind == 4:
        return (
            data[:start]
            + rng.choice([b"\0", b"\xff", b'"', b"\r", b"\x00" * 300, b"\xed\xa0\x80", b"\n\n"])
            + data[start:]
        )
    if kind == 5:
        return rng.choice([b"\xef\xbb\xbf", b"\xef\xbb\xbf" * 2, b"\xff\xfe", b"\xfe\xff", b"sep=;\n", b"\n\n"]) + data
    if kind == 6:
        text = data.decode("utf-8", "replace")
        return text.encode(rng.choice(["utf-16", "utf-16-le", "utf-32", "cp1252", "cp037", "utf-7"]), "replace")
    if kind == 7:
        ends = [b"\n", b"\r\n", b"\r", b"\n\r", b"\x0b"]
        return b"".join(line + rng.choice(ends) for line in data.split(b"\n"))
    if kind == 8:
        return data[start:] + data[:start]
    lines = data.splitlines(keepends=True)
    if kind == 9:
        del lines[rng.randrange(len(lines))]
    else:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
    return b"".join(lines)


def damage_table(rng, data):
    """Cells and columns of a CSV file changed, or what a spreadsheet does to it; else its bytes."""
    if rng.random() < 0.25:
        return damage_bytes(rng, data)
    text = data.decode("utf-8", "replace")
    separator = "\t" if text.count("\t") > text.count(",") else ","
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return damage_bytes(rng, data)
    rows = [row for row in rows if row]
    if not rows:
        return damage_bytes(rng, data)
    separator = rng.choice(_TABLE_DAMAGES)(rng, rows) or separator
    quoting = rng.choice([csv.QUOTE_MINIMAL] * 6 + [csv.QUOTE_ALL])
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8", "replace")


def _odd_cells(rng, rows):
    for _ in range(rng.choice([1, 1, 1, 2, 8])):
        row = rng.choice(rows[1:] or rows)
        if row:
            row[rng.randrange(len(row))] = rng.choice(ODD)


def _odd_column(rng, rows):
    place, value = rng.randrange(len(rows[0])), rng.choice(ODD)
    for row in rows[1:]:
        if place < len(row):
            row[place] = value


def _borrowed_cells(rng, rows):
    """A cell takes the value of another one, as after a slip of the mouse."""
    for _ in range(rng.choice([1, 1, 3])):
        row = rng.choice(rows[1:] or rows)
        if row:
            row[rng.randrange(len(row))] = rng.choice(rng.choice(rows) or [""])


def _swapped_columns(rng, rows):
    places = [rng.randrange(len(rows[0])) for _ in range(2)]
    for row in rows[rng.randrange(2) :]:  # with or without their names
        if max(places) < len(row):
            row[places[0]], row[places[1]] = row[places[1]], row[places[0]]


def _odd_names(rng, rows):
    place = rng.randrange(len(rows[0]))
    name = rows[0][place]
    rows[0][place] = rng.choice(
        [name.upper(), f" {name} ", f"\ufeff{name}", rows[0][0], "", name[:-1], "geometry", *ODD]
    )


def _other_columns(rng, rows):
    place, double = rng.randrange(len(rows[0])), rng.random() < 0.5
    for row in rows:
        if place < len(row):
            row[place : place + 1] = [row[place]] * (2 if double else 0)


def _reformatted_days(rng, rows):
    form = rng.choice(
        [r"\3/\2/\1", r"\2/\3/\1", r"\3.\2.\1", r"\3-\2-\1", r"\1\2\3", r"\1-\2-\3 00:00:00", r"\1/\2/\3"]
    )
    for row in rows if rng.random() < 0.5 else rng.sample(rows, 1):
        row[:] = [re.sub(r"^(\d{4})-(\d\d)-(\d\d)$", form, cell) for cell in row]


def _reformatted_numbers(rng, rows):
    change = rng.choice([
        lambda n: f"{float(n):.2E}", lambda n: f"{float(n):,.3f}", lambda n: n.lstrip("0"),
        lambda n: n.replace(".", ","),
        lambda n: f"{n}.0", lambda n: f" {n}", lambda n: f"'{n}", lambda n: f"{n} km",
        lambda n: "#####", lambda n: f"-{n}",
    ])  # fmt: skip
    for row in rows[1:] if rng.random() < 0.5 else rng.sample(rows, 1):
        row[:] = [change(cell) if re.fullmatch(r"\d+(\.\d+)?", cell) else cell for cell in row]


def _other_lines(rng, rows):
    place = rng.randrange(len(rows))
    line = rng.choice(
        [rows[place][:], [""] * len(rows[0]), rows[place][:-1], [*rows[place], "x"], ["#note"], rows[0][:]]
    )
    rows[place : place + rng.randrange(2)] = [line] * rng.choice([0, 1, 1, 2])


def _longer_lines(rng, rows):
    for row in rows[rng.randrange(2) :]:
        row += [""] * rng.choice([1, 3])


def _shuffled_lines(rng, rows):
    rng.shuffle(rows)


def _separated_otherwise(rng, rows):
    return rng.choice(";\t|,:")


_TABLE_DAMAGES = [
    *[_odd_cells] * 6, *[_odd_column] * 2, *[_borrowed_cells] * 4, _swapped_columns, _odd_names, _other_columns,
    _reformatted_days, _reformatted_numbers, _other_lines, _longer_lines, _shuffled_lines, _separated_otherwise,
]  # fmt: skip


def damage_text(rng, data):
    """Values and keys of a TOML or JSON file changed; else its bytes."""
    if rng.random() < 0.25:
        return damage_bytes(rng, data)
    text = data.decode("utf-8", "replace")
    found = list(re.finditer(r'"[^"\n]*"|-?\b\d[\d.-]*|\b[a-z_]{3,}\b|[\[\]{},=:]|\n', text))
    if not found:
        return damage_bytes(rng, data)
    quoted = [match for match in found if match[0].startswith('"')]
    found = quoted if quoted and rng.random() < 0.6 else found
    for match in sorted(rng.sample(found, min(len(found), rng.choice([1, 1, 2]))), key=lambda one: -one.start()):
        odd = rng.choice(ODD)
        new = rng.choice([
            f'"{odd}"', odd, "", "[]", "{}", "[1, 'a']", "1979-05-27", "1e400", "-1", "true", "null", '""',
            '["(", "[a"]',
            rng.choice(found)[0], match[0] * 2, "[" * 300,
            "{'a'=" * 50, '"(?P<a>"', "nan", "'''", "[[clause]]", '"site"',
        ])  # fmt: skip
        if match[0].startswith('"') and rng.random() < 0.7:
            new = json.dumps(odd)  # well-formed, and still no value
        text = text[: match.start()] + new + text[match.end() :]
    return text.encode("utf-8", "replace")


def damage_parquet(rng, data):
    """A column of a Parquet file of other types or names, other metadata; else its bytes."""
    if rng.random() < 0.3:
        return damage_bytes(rng, data)
    try:
        table = pq.read_table(io.BytesIO(data))
        place, _ = rng.randrange(table.num_columns), rng.randrange(table.num_rows)
    except (pa.ArrowException, OSError, ValueError):  # damaged before
        return damage_bytes(rng, data)
    n = table.num_rows
    name = table.column_names[place]
    kind = rng.randrange(6)
    if kind == 0:
        table = table.remove_column(place)
    elif kind == 1:
        names = table.column_names
        names[place] = rng.choice([names[0], "", name.upper(), "geometry", "__index_level_0__", *ODD])
        table = table.rename_columns(names)
    elif kind == 2:
        meta = dict(table.schema.metadata or {})
        key = rng.choice([b"geo", b"pandas", b"helpers.import"])
        odd = [b"", b"{", b"[]", b"{}", b'"a"', b"\xff", b'{"notes": 1, "groups": ["a"]}', b'{"groups": [1, 2]}']
        meta[key] = rng.choice(
            [*odd, b'{"groups": "ab", "notes": ["x"]}', damage_text(rng, meta.get(key) or b'{"a": [1]}')]
        )
        table = table.replace_schema_metadata(meta)
    elif kind == 3:
        table = table.slice(0, rng.randrange(n))
    else:
        values = pa.array(*_odd_values(rng, n)) if kind == 4 else _odd_texts(rng, table[name].to_pylist())
        table = table.set_column(place, name, values)
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _odd_texts(rng, values):
    return pa.array([rng.choice(ODD) if rng.random() < 0.2 else str(value) for value in values])


def _odd_values(rng, n):
    """Values of a type that nobody expects in the column, and that type."""
    choices = [
        (float("nan"), None), (float("inf"), None), (-1.5, None), (2**62, None), (True, None), (None, pa.null()),
        (None, pa.string()), (b"\x00\xff", None), ([1, 2], None), ({"a": 1}, None), ("a\0b", None), (0, pa.uint8()),
        (0, pa.date32()), (-800_000, pa.date32()), (10**15, pa.timestamp("us")), (10**17, pa.timestamp("us")),
        (10**15, pa.timestamp("us", "Asia/Baghdad")), (5, pa.duration("s")), (5, pa.time32("s")),
        (1, pa.decimal128(9, 2)),
        (-(10**16), pa.timestamp("ms")), ("x", pa.dictionary(pa.int8(), pa.string())), (1.5, pa.float16()),
    ]  # fmt: skip
    value, kind = rng.choice(choices)
    return [value if rng.random() < 0.9 else None for _ in range(n)], kind


# --- surfaces ---------------------------------------------------------------------------------------------------------


def _sane(data):
    """The number of incidents whose days lie in their window and whose numbers rise."""
    first, last = pd.to_datetime(data.attrs["window"])
    assert data["date"].between(first, last).all(), "a day outside the window"
    assert first.year >= 1900, "a window before 1900"
    assert last.year <= 2100, "a window after 2100"
    assert data["incident_id"].is_unique, "an id twice"
    assert data["incident_id"].notna().all(), "a row without an id"
    return len(data)


@contextmanager
def _read_once():
    """Raw tables that are not damaged are read once a process; faults between tables are looked for each time."""
    read = tables.read_table

    def remember(path, table, name, content=None):
        key = name, repr(table), content or (path.read_bytes() if path.is_file() else path)
        if key not in _KNOWN:
            _KNOWN[key] = read(path, table, name, content)
        return _KNOWN[key][0].copy(), list(_KNOWN[key][1])

    tables.read_table = remember
    try:
        yield
    finally:
        tables.read_table = read


def _read_raw(folder, _name):
    with _read_once():
        raw = load.load_raw(folder)
    for name, table in raw.items():
        text = (folder / "raw" / f"{name}.csv").read_text(encoding="utf-8-sig")
        assert len(table) == len(list(csv.reader(io.StringIO(text, newline="")))) - 1, f"{name}: a row is lost"
    data = incidents.build_incidents(raw, inclusion=CLASSES)
    data.attrs["window"] = [str(day.date()) for day in tables.coded_window(raw["search_log"])]
    return _sane(data)


def _read_beside(folder, name):
    faults = tables.read_version(folder / "VERSION")[1] + geography.base_map_faults(folder / "base_map.geojson")
    if faults:
        raise tables.DataError(faults)
    return 1


def _read_own(folder, name):
    data = load.load_incidents(inclusion=CLASSES, dataset=folder / name)
    assert any(f"Rows read: {len(data)}; kept: {len(data)}" in note for note in data.attrs["notes"])
    return _sane(data)


def _import(command, **rule):
    def read(folder, name):
        out, before = folder / "out.parquet", sorted(folder.rglob("*"))
        chosen = {key: folder / value if key.endswith("path") else value for key, value in rule.items()}
        try:
            events = str(folder / (name if name.startswith("events") else "events.csv"))
            notes = convert.import_events(command, [events], out, lambda line: None, **chosen)
        except tables.DataError:
            assert sorted(folder.rglob("*")) == before, "refused, and something was written"
            raise
        found = re.search(r"read: ([\d,]+); kept: ([\d,]+); (?:merged.*?: ([\d,]+); )?dropped: ([\d,]+)", notes[0])
        n_read, n_kept, n_merged, n_dropped = (int((number or "0").replace(",", "")) for number in found.groups())
        assert n_read == n_kept + n_merged + n_dropped, notes[0]
        assert n_kept == pq.read_metadata(out).num_rows, notes[0]
        # To read what was written takes as long again, so that every third is.
        return _read_own(folder, "out.parquet") if out.stat().st_size % 3 == 0 else n_kept

    return read


def _read_schema(folder, _name):
    schemas.load_schema(folder)
    with _read_once():
        return len(load.load_raw(folder)["reports"])


def _read_record(folder, _name):
    """The record of the founding article, and an invented text that it fits."""
    before, article.SEEDS_DIR = article.SEEDS_DIR, folder
    try:
        return len(article.verify(folder / "article.txt", _raw()))
    finally:
        article.SEEDS_DIR = before


@cache
def _raw():
    return load.load_raw(FROZEN)


def _head(text, n):
    return "\n".join(text.split("\n")[:n]) + "\n"


def _beside():
    """A base map of one country and one city, and a version."""
    shape = {"type": "Polygon", "coordinates": [[[44, 33], [46, 33], [46, 35], [44, 35], [44, 33]]]}
    country = {"type": "Feature", "geometry": shape, "properties": {"name": "Iraq"}}
    point = {"type": "Point", "coordinates": [44.4, 33.3]}
    city = {"type": "Feature", "geometry": point, "properties": {"name": "Baghdad"}}
    ground = {"type": "FeatureCollection", "features": [country, city]}
    return {"base_map.geojson": json.dumps(ground).encode(), "VERSION": b"1.0.0\n"}


def _article():
    """An invented text of two paragraphs, and the record that it fits."""
    record = json.loads((ROOT / "seeds" / "article.json").read_text(encoding="utf-8"))
    text = b"A title\n\nOne.\n\nTwo.\n"
    record |= {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)}
    record["paragraphs"] = [
        {"number": n, "about": word, "sha256": hashlib.sha256(word.encode()).hexdigest()}
        for n, word in enumerate(("One.", "Two."), 1)
    ]
    for cells in (cells for rows in record["cells"].values() for cells in rows.values()):
        cells |= {key: [1, 2] for key in cells}
    return {"article.json": json.dumps(record, indent=1).encode(), "article.txt": text}


def _own_files():
    """Your own file in three forms."""
    text = (FROZEN / "own" / "all_columns.csv").read_bytes()
    points = pd.read_csv(io.BytesIO(text), parse_dates=["date", "date_low", "date_high"])
    plain, geo = io.BytesIO(), io.BytesIO()
    points.to_parquet(plain)
    place = gpd.points_from_xy(points["longitude"], points["latitude"])
    gpd.GeoDataFrame(points.drop(columns=["latitude", "longitude"]), geometry=place, crs=4326).to_parquet(geo)
    return {"own.csv": text, "own.parquet": plain.getvalue(), "geo.parquet": geo.getvalue()}


def _event_files():
    """Events of each source, of which some are attacks at a site."""
    row = dict.fromkeys(gdelt.LAYOUT.without_header[61], "")
    row |= {"globaleventid": "1", "sqldate": "20220103", "eventcode": "190", "eventrootcode": "19", "quadclass": "4"}
    row |= {"actiongeo_type": "4", "actiongeo_countrycode": "IZ", "actiongeo_lat": "33.3", "actiongeo_long": "44.4"}
    row |= {"dateadded": "20220103120000", "numarticles": "2", "sourceurl": "https://a.example/1", "nummentions": "3"}
    rows = [row | {"globaleventid": f"{n}", "sqldate": f"2022010{1 + n // 2}"} for n in range(8)]
    acled = (ROOT / "notebooks" / "synthetic_acled.csv").read_text(encoding="utf-8")
    return {
        "acled": event_files.write(event_files.ACLED, event_files.ACLED_2023),
        "gtd": event_files.write(event_files.GTD, event_files.GTD_135),
        "ucdp": _head((FROZEN / "ucdp_ged_200.csv").read_text(encoding="utf-8"), 12),
        "gdelt": "".join("\t".join(row.values()) + "\n" for row in rows),
        "ruled": _head(acled, 40),
    }


_RULE = b"""note = "A rule of one's own."
[[clause]]
name = "shelling"
column = ["sub_event_type"]
or = "event_type"
any_of = ["Shelling/artillery/missile attack", "Air/drone strike"]
[[clause]]
name = "not by the coalition"
column = "actor1"
lacks = ['\\bUnited States\\b']
[[clause]]
name = "at a site"
site = true
km = 5
names_in = ["location", "notes"]
"""
_SITES = b"""name,aliases,latitude,longitude,precision_km,group
Ain al-Asad Air Base,Al Asad|Asad Base,33.79,42.44,3,base
US Embassy Baghdad,,33.299,44.396,1,embassy
Erbil Air Base,Erbil Airport,36.24,43.96,5,base
"""


@cache
def surfaces() -> dict[str, Surface]:
    """Everything that reads a file, by name."""
    own, events = _own_files(), {name: {"events.csv": text.encode()} for name, text in _event_files().items()}
    raw = {path.relative_to(FROZEN).as_posix(): path.read_bytes() for path in (FROZEN / "raw").rglob("*.csv")}
    schema = {f"schema/{name}.toml": (schemas.SCHEMA_DIR / f"{name}.toml").read_bytes() for name in schemas.FILES}
    text = events["acled"]["events.csv"]
    packed = {"events.csv.gz": gzip.compress(text), "events.zip": test_read.packed(("events.csv", text))}
    packed["events.xlsx"] = test_read.workbook(list(csv.reader(io.StringIO(text.decode()))))
    rule = {"rule.toml": _RULE, "sites.csv": _SITES}
    ruled = events.pop("ruled")
    read_by_rule = _import("acled", rule_path="rule.toml", sites_path="sites.csv")
    return {
        "raw tables": Surface(raw, _read_raw, damage_table, 1100),
        "base map, VERSION": Surface(_beside(), _read_beside, damage_text, 600),
        "schema": Surface(schema | raw, _read_schema, damage_text, 500),
        "article's record": Surface(_article(), _read_record, damage_text, 300),
        **{
            name: Surface({name: content}, _read_own, damage_parquet if "parquet" in name else damage_table, 550)
            for name, content in own.items()
        },
        **{
            f"import {command}": Surface(files, _import(command, keep_all=True), damage_table, SHARES[command])
            for command, files in events.items()
        },
        "import acled, by rule": Surface(ruled, _import("acled"), damage_table, 40),
        "import, packed": Surface(packed, _import("acled", keep_all=True), damage_bytes, 200),
        "import --rule": Surface(rule | ruled, read_by_rule, damage_text, 150),
        "import --sites": Surface(rule | ruled, read_by_rule, damage_table, 80),
    }


SHARES = {"acled": 150, "gtd": 60, "ucdp": 120, "gdelt": 100}  # GTD's files have the most columns, and take longest
# Of surfaces with several files, those that are damaged, by the end of their name.
DAMAGED = {"schema": ".toml", "import --rule": "rule.toml", "import --sites": "sites.csv"}


# --- cases ------------------------------------------------------------------------------------------------------------


def make_case(name: str, seed: int) -> tuple[str, bytes]:
    """The file that a case damages, and what it then holds.

    Parameters
    ----------
    name : str
        A surface.
    seed : int

    Returns
    -------
    tuple of str and bytes

    Examples
    --------
    >>> make_case("own.csv", 1) == make_case("own.csv", 1)
    True
    """
    surface, rng = surfaces()[name], random.Random(f"{name} {seed}")
    path = rng.choice([path for path in surface.files if path.endswith(DAMAGED.get(name, ""))])
    content = surface.files[path]
    for _ in range(rng.choice([1, 1, 2, 3])):
        content = surface.damage(rng, content)
    return path, content


def try_case(name: str, path: str, content: bytes) -> tuple[str, str]:
    """Read a damaged file.

    Parameters
    ----------
    name : str
        A surface.
    path : str
        The file of it that is damaged.
    content : bytes

    Returns
    -------
    tuple of str
        ``loaded``, ``refused`` or ``failed``; and what was said.

    Examples
    --------
    >>> try_case("own.csv", "own.csv", b"")[0]
    'refused'
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        for file, data in (surfaces()[name].files | {path: content}).items():
            (Path(folder) / file).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / file).write_bytes(data)
        try:
            return "loaded", f"{surfaces()[name].read(Path(folder), path)}"
        except article.ArticleError as error:
            return "refused", str(error)
        except tables.DataError as error:
            faults = [fault for fault in error.faults if not fault.file or not fault.allowed or "\n" in str(fault)]
            return (
                ("failed", f"a fault in two lines, or without a file: {faults[0]}")
                if faults
                else ("refused", str(error))
            )
        except _TooLong:
            return "failed", f"more than {LONGEST} seconds of the processor\n{traceback.format_exc(limit=-3)}"
        except BaseException:
            return "failed", traceback.format_exc(limit=-6)


class _TooLong(BaseException):
    """The time of a case is over."""


def _stop(*_):
    raise _TooLong


def _run(name, seeds, until):
    """Some cases of a surface, one after the other; the undamaged files are read first, and must load."""
    for one in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(one, _stop)
    path, content = next(iter(surfaces()[name].files.items()))
    state, said = try_case(name, path, content)
    assert state == "loaded", f"{name}, undamaged: {said}"
    results = []
    for seed in seeds:
        if time.time() > until:
            break
        case, started = make_case(name, seed), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        signal.alarm(6 * LONGEST)
        state, said = try_case(name, *case)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        results.append((name, seed, state, said, time.process_time() - started))
    return results


def run_cases(n_cases: int, seed: int, minutes: float = 60, n_processes: int = 2) -> pd.DataFrame:
    """Try cases of every surface.

    Parameters
    ----------
    n_cases, seed : int
    minutes : float
        After which no case begins.
    n_processes : int

    Returns
    -------
    DataFrame
        One row per case: ``surface``, ``seed``, ``state``, ``said``, ``seconds``.

    Examples
    --------
    >>> run_cases(20, 1, n_processes=1)["state"].unique()  # doctest: +SKIP
    """
    shares, until = {name: surface.share for name, surface in surfaces().items()}, time.time() + 60 * minutes
    parts = []
    for name, share in shares.items():
        n = max(1, round(n_cases * share / sum(shares.values())))
        parts += [(name, range(seed + at, seed + min(at + 50, n))) for at in range(0, n, 50)]
    random.Random(seed).shuffle(parts)  # so that no surface is left for the last minute
    with ProcessPoolExecutor(n_processes) as pool:
        tasks = [pool.submit(_run, *part, until) for part in parts]
        rows = [row for task in tasks for row in task.result()]
    return pd.DataFrame(rows, columns=["surface", "seed", "state", "said", "seconds"])


def main() -> int:
    """Print a table of surfaces, and keep the file of each failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="after which no case begins")
    parser.add_argument("--seed", type=int, default=SEED, help="of the first case of each surface")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "reports" / "fuzz", help="folder for failures")
    chosen = parser.parse_args()
    shutil.rmtree(chosen.out, ignore_errors=True)
    cases = run_cases(chosen.cases, chosen.seed, chosen.minutes, chosen.processes)
    counts = pd.crosstab(cases["surface"], cases["state"]).reindex(
        columns=["loaded", "refused", "failed"], fill_value=0
    )
    counts = counts.reindex(surfaces(), fill_value=0)
    counts.insert(0, "cases", counts.sum(axis=1))
    counts["slowest, s"] = cases.groupby("surface")["seconds"].max().round(1)
    total = counts.sum().astype(object)
    total["slowest, s"] = counts["slowest, s"].max()
    print(pd.concat([counts.astype(object), total.to_frame("total").T]).to_string())
    print(f"{len(cases):,} cases in {cases['seconds'].sum():.0f} seconds of the processor")
    failures = cases[cases["state"] == "failed"]
    for row in failures.itertuples():
        path, content = make_case(row.surface, row.seed)
        kept = chosen.out / f"{row.surface.replace(' ', '-')}-{row.seed}" / path
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(content)
        print(f"\n{kept}\n{row.said}")
    short = len(cases) < chosen.cases * 0.99
    if short:
        print(f"\nthe time was over after {len(cases)} of {chosen.cases} cases")
    return int(short or not failures.empty)


if __name__ == "__main__":
    sys.exit(main())
