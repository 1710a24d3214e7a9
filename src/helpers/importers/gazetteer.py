"""Sites by position and by name: the project's, or a table of one's own with two groups; and which events are at one.

An event is at a site where its point is near, or where its text names the site and its point does not lie far off.
"""

import re
import tomllib
import unicodedata
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from .. import schemas, tables
from .cast import optional

RULES_DIR = Path(__file__).with_name("rules")
SITE_COLUMNS = ("site_id", "site_name", "placed_by", "target")  # what an event at a site is given
_VAGUE_SITE, _VAGUE_EVENT = 15, 10  # km: sites known to no better than that are not used, events by name alone
_NAMED_KM = 50  # beyond both precisions: whoever names a site further off speaks of it in passing
_EARTH_KM, _KM_PER_DEGREE = 6371.0088, 111.1  # of latitude on that globe, or a little less
_FAR, _BY_DISTANCE, _MILLIMETRE = 1e9, 1e6, 1e-6  # km; the second is added where no site is named, which comes first
# Words for what a site is. A name of one word is no name without one: Taji and Balad are towns, Asad is a president.
_KINDS = {"base", "bases", "airbase", "camp", "garrison", "outpost", "airfield", "airport", "airstrip", "field"}
_KINDS |= {"oilfield", "قاعدة", "معسكر", "مطار", "حقل", "برج"}
_BEFORE_KIND = "air|gas|oil|joint|military"
_BETWEEN = "air|gas|oil|military|international|coalition|us"
_LONG_ABBREVIATION = 4  # letters
_ARTICLE = re.compile(r"^(?:(?:al|el|ad|ar|as|ash|at|az)$|ال(?=\w{3}))")
_OTHER = "[^0-9A-Za-z\u00c0-\u024f\u0621-\u064a]"  # no letter or digit, Latin or Arabic: a class of all is slow
_SMALL = "al|el|ad|ar|as|ash|at|az|the|of|in|general"
_GAP = rf"{_OTHER}*(?:(?:{_SMALL}){_OTHER}+)*(?:ال)?"  # between two words of a name
# How a letter may be written, beside twice.
_LETTERS = {"a": "aàáâäā", "e": "eèéêë", "i": "iyïīí", "y": "yiïīí", "o": "oóôöō", "u": "uúûüū"}
_LETTERS |= {"ا": "اأإآ", "ه": "هة", "ة": "هة", "ي": "يىئ", "ى": "يىئ"}
_SAME = {"us": r"(?:u\.?s\.?a?|united\Wstates|american)", "american": r"(?:u\.?s\.?a?|united\Wstates|american)"}
_OWN_KM, _MOST_OWN_KM = 1.0, 50
_OWN_COLUMNS = {
    "name": {"type": "text", "description": "what the site is called"},
    "aliases": {"type": "text", "description": "other names, between |", "required": False, "empty": "none"},
    "latitude": {"type": "decimal", "description": "degrees north", "least": -90, "most": 90},
    "longitude": {"type": "decimal", "description": "degrees east", "least": -180, "most": 180},
    **{
        name: {
            "type": "decimal",
            "description": "radius, km",
            "least": 0,
            "most": _MOST_OWN_KM,
            "required": False,
            "empty": "1",
        }
        for name in ("precision_km", "km")
    },
    "group": {"type": "text", "description": "one of two groups"},
}


def read_sites(path: str | Path | None = None) -> pd.DataFrame:
    """Read the sites at which events may be attacks.

    Parameters
    ----------
    path : path, optional
        A CSV of one's own: ``name``, ``latitude``, ``longitude``, ``group`` with exactly two values, and if wanted
        ``aliases`` between ``|`` and ``precision_km`` or ``km``, 1 by default. By default the project's sites.

    Returns
    -------
    DataFrame
        One row per site: ``site_name``, ``latitude``, ``longitude``, ``precision_km``, ``target``; ``pattern``, a
        regular expression that finds its names; ``last_day``, after which it is none, or empty; of the project's also
        ``site_id``.

    Raises
    ------
    DataError
        With every fault of the file.

    Examples
    --------
    >>> read_sites("my_sites.csv")["target"].unique()  # doctest: +SKIP
    array(['mosque', 'market'], dtype=object)
    """
    return _read_own(Path(path)) if path is not None else _read_default()


def _read_default():
    """The project's sites that are known well enough, with their Arabic names."""
    sites = tables.load_sites().query("precision_km <= @_VAGUE_SITE").fillna({"aliases": ""})
    arabic = tomllib.loads((RULES_DIR / "names.toml").read_text(encoding="utf-8"))
    names = [
        [row.name.split(",")[0], *filter(None, row.aliases.split("|")), *arabic.get(row.site_id, [])]
        for row in sites[["site_id", "name", "aliases"]].itertuples(index=False)
    ]
    return pd.DataFrame({
        "site_id": sites["site_id"],
        "site_name": sites["name"],
        "latitude": sites["latitude"],
        "longitude": sites["longitude"],
        "precision_km": sites["precision_km"],
        "target": schemas.target(sites["site_type"], schemas.package_schema()),
        "pattern": [*map(_name_pattern, names)],
        "last_day": sites["us_until"].dt.strftime(schemas.DAY_FORMAT).astype(object).fillna(""),
    }).reset_index(drop=True)  # fmt: skip


def _read_own(path):
    """Sites of one's own, with every fault of their table."""
    columns = {name: schemas.Column.model_validate(entry) for name, entry in _OWN_COLUMNS.items()}
    shape = schemas.Table.model_construct(key=[], columns=columns, may_be_empty=False)
    sites, faults = tables.read_table(path, shape, str(path))
    if not {"name", "group"} <= set(sites) or sites.empty:
        raise tables.DataError(faults)
    names = [[name, *filter(None, aliases.split("|"))] for name, aliases in _cells(sites, "name", "aliases")]
    faults += [*_name_faults(sites.index, names, str(path)), *_group_faults(sites, str(path))]
    if faults:
        raise tables.DataError(faults)
    places = sites[["latitude", "longitude"]]
    radius = sites["precision_km"].fillna(sites["km"]).fillna(_OWN_KM)
    patterns = [_name_pattern(several, sites["group"].unique()) for several in names]
    about = {"site_name": sites["name"], "precision_km": radius, "target": sites["group"], "pattern": patterns}
    return places.assign(**about, last_day="").reset_index(drop=True)


def _cells(table, *columns):
    return table[[*columns]].astype(object).fillna("").itertuples(index=False, name=None)


def _name_faults(lines, names, file):
    """Names that stand for two sites."""
    first = {}
    for line, several in zip(lines, names, strict=True):
        for name in filter(None, several):
            plain, column = " ".join(_fold(name)), "name" if name == several[0] else "aliases"
            if not plain:
                yield tables.Fault(file, line, column, repr(name), "a name with letters or digits")
            if first.setdefault(plain, line) != line:
                allowed = f"a name that no other site has; line {first[plain]} has it"
                yield tables.Fault(file, line, column, repr(name), allowed)


def _group_faults(sites, file):
    """Groups that are not two, and words that differ only by case."""
    groups = sites["group"].dropna().unique().tolist()
    if len({group.casefold() for group in groups}) < len(groups):
        found = ", ".join(sorted(map(repr, groups)))
        yield tables.Fault(file, 1, "group", found, "groups that differ by more than their case")
    elif len(groups) != 2:
        found = f"{len(groups)} group{'' if len(groups) == 1 else 's'}: {', '.join(groups)}"
        yield tables.Fault(file, 1, "group", found, "exactly two groups, to be compared")


def _fold(name):
    """The words of a name in small letters, without accents and articles."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = (_ARTICLE.sub("", word) for word in re.findall(r"\w+", plain.replace("ـ", "").replace("'", "")))
    return [word for word in words if word]


def _name_pattern(names, kinds=()):
    """A regular expression, for RE2 and Java alike, that finds the names of one site in a text, as whole words."""
    # A name of one word is found only beside a word for what a site is, and so is what is left of a name that ends or
    # begins with such a word. An abbreviation of four capitals or more is found alone.
    kinds = "|".join(sorted(_KINDS | {" ".join(_fold(kind)) for kind in kinds}))
    alone, beside = set(), set()
    for name, plain in ((name, " ".join(_fold(name))) for name in names):
        split = re.fullmatch(
            rf"(.+?)(?: (?:{_BEFORE_KIND}))* (?:{kinds})|(?:(?:{_BEFORE_KIND}) )*(?:{kinds}) (.+)", plain
        )
        core = split[1] or split[2] if split else plain
        is_abbreviation = name.isupper() and name.isalpha() and len(name) >= _LONG_ABBREVIATION
        is_enough = not split and (" " in core or is_abbreviation)
        (alone if is_enough else beside).add(_GAP.join(map(_word, core.split())))
    found = sorted(alone)
    if beside:
        core = f"(?:{'|'.join(sorted(beside))})"
        found += [rf"{core}{_GAP}(?:(?:{_BETWEEN}){_OTHER}+)*(?:{kinds})", rf"(?:{kinds}){_OTHER}{_GAP}{core}"]
    return rf"(?i)(?:^|{_OTHER})[وبكلف]?(?:ال|لل)?(?:{'|'.join(found)})(?:$|{_OTHER})"


def _word(word):
    """The pattern of one word: accents, hamzas and doubled letters do not matter."""
    if word in _SAME:
        return _SAME[word]
    once = re.sub(r"([^\W\d])\1+", r"\1", word)
    return "".join(f"[{_LETTERS.get(letter, letter)}]+" if letter.isalpha() else letter for letter in once)


def find_sites(events: ir.Table, sites: pd.DataFrame, km: float | None, text: ir.StringValue) -> ir.Table:
    """Find the events that are at a site, and say at which.

    Parameters
    ----------
    events : Table
        With ``_place``, which tells each from all others, ``date``, ``latitude`` and ``longitude``, and
        ``precision_km`` if there is one.
    sites : DataFrame
        As :func:`read_sites` gives them.
    km : float or None
        How far beyond both precisions an event may lie; None where only names count.
    text : Column
        Where names are looked for.

    Returns
    -------
    Table
        One row for each event at a site: ``_place``, ``site_name``, ``placed_by`` (``name`` or ``distance``),
        ``target``, and ``site_id`` if the sites have one.
        A site that is named comes before one that is near. ``target`` is missing where sites of both groups are named,
        or where none is named and both are near.

    Examples
    --------
    >>> import datetime
    >>> sites = pd.DataFrame({"site_name": ["North Hall", "Old Hall"], "target": ["mosque", "market"],
    ...                       "latitude": [33.0, 35.0], "longitude": [44.0, 44.0], "precision_km": 1.0,
    ...                       "pattern": ["north hall", "old hall"], "last_day": ["2021-12-31", ""]})
    >>> events = {"_place": [0, 1], "date": [datetime.date(2021, 1, 1)] * 2, "latitude": [33.01, 34.0],
    ...           "longitude": [44.0, 44.0]}
    >>> find_sites(ibis.memtable(pa.table(events)), sites, 2, ibis.literal("")).to_pyarrow().to_pylist()
    [{'_place': 0, 'site_name': 'North Hall', 'placed_by': 'distance', 'target': 'mosque'}]
    """
    about = [name for name in SITE_COLUMNS if name in sites]
    listed = sites[["latitude", "longitude", "precision_km", "last_day"]].add_prefix("site_")
    listed = _table(listed.assign(n=range(len(sites)), is_first=sites["target"] == sites["target"].iloc[0]))
    precision = optional(events, "precision_km", "float64").cast("float64").fill_null(0.0)
    chosen = events.select("_place", "date", "latitude", "longitude", precision=precision, text=text.fill_null(""))
    pairs = chosen.cross_join(listed)
    pairs = pairs.mutate(reach=pairs["precision"] + pairs["site_precision_km"])
    # An event without a point may be at any site, if it is named.
    is_far = (pairs["latitude"] - pairs["site_latitude"]).abs() * _KM_PER_DEGREE > pairs["reach"] + _NAMED_KM
    is_site = (pairs["site_last_day"] == "") | (pairs["date"].cast("string").substr(0, 10) <= pairs["site_last_day"])
    pairs = pairs.filter(is_site & ~is_far.fill_null(False)).mutate(distance=_distance)
    pairs = pairs.filter(~(pairs["distance"] > pairs["reach"] + _NAMED_KM).fill_null(False))
    named = ((pairs["n"] == n, pairs["text"].re_search(pattern)) for n, pattern in enumerate(sites["pattern"]))
    ranks = [(ibis.cases(*named, else_=False), pairs["distance"].fill_null(0.0))]
    if km is not None:
        is_close = (pairs["distance"] <= pairs["reach"] + km) & (pairs["precision"] <= _VAGUE_EVENT)
        ranks.append((is_close, pairs["distance"] + _BY_DISTANCE))
    rank = ibis.cases(*ranks, else_=_FAR)
    ranked = pairs.mutate(rank=rank).filter(ibis._["rank"] < _FAR)
    # Of two that are equally near, the first.
    ranked = ranked.mutate(rank=ranked["rank"] + ranked["n"] * _MILLIMETRE)
    found = ranked.group_by("_place").aggregate(
        n=ranked["n"].argmin(ranked["rank"]),
        one=ranked["rank"].min(where=ranked["is_first"]).fill_null(_FAR),
        other=ranked["rank"].min(where=~ranked["is_first"]).fill_null(_FAR),
    )
    near, far = ibis.least(found["one"], found["other"]), ibis.greatest(found["one"], found["other"])
    is_clear = (far >= _FAR) | ((near < _BY_DISTANCE) & (far >= _BY_DISTANCE))
    found = found.select(
        "_place", "n", is_clear=is_clear, placed_by=ibis.ifelse(near < _BY_DISTANCE, "name", "distance")
    )
    named = found.join(_table(sites[about].assign(n=range(len(sites)))), "n")
    target = ibis.ifelse(named["is_clear"], named["target"], ibis.null("string"))
    return named.mutate(target=target).select(
        "_place", *(name for name in SITE_COLUMNS if name in (*about, "placed_by"))
    )


def _table(frame):
    """A DataFrame for Ibis, by way of Arrow, as the way of pandas warns."""
    return ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))


def _distance(pairs):
    """Kilometres on a globe between an event and a site."""
    north, site_north = pairs["latitude"].radians(), pairs["site_latitude"].radians()
    half = ((north - site_north) / 2).sin() ** 2
    across = ((pairs["longitude"] - pairs["site_longitude"]).radians() / 2).sin() ** 2
    half += north.cos() * site_north.cos() * across
    # Rounding must not lead beyond the other side of the globe; the least of a missing number and 1 would be 1.
    return 2 * _EARTH_KM * ibis.ifelse(half > 1.0, 1.0, half).sqrt().asin()
