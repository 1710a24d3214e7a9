"""GTD: the Global Terrorism Database, its full file of 135 columns and subsets, with labels or codes alone."""

import ibis
import ibis.expr.types as ir

from .cast import optional, select_columns, unknown_code
from .layout import Layout

_FOUR = "1234"
_LABELLED = (
    "attacktype1", "targtype1", "targsubtype1", "natlty1", "natlty2", "natlty3", "propextent",
    *(f"weaptype{n}" for n in _FOUR), *(f"weapsubtype{n}" for n in _FOUR),
)  # fmt: skip
_CODES = (
    *_LABELLED, "extended", "specificity", "vicinity", "doubtterr", "multiple", "success", "claimed", "claim2",
    "claim3", "property",
)  # fmt: skip
_TOLLS = ("nkill", "nkillus", "nkillter", "nwound", "nwoundus", "nwoundte")
_SCITES = ("scite1", "scite2", "scite3")
# What the source says of an event beyond the incident schema, for a rule of which events are attacks.
_KEPT = (
    *_CODES, *_TOLLS, *(f"{name}_txt" for name in _LABELLED), "approxdate", "resolution", "region_txt", "provstate",
    "city", "location", "summary", "corp1", "target1", "corp2", "target2", "gname", "gsubname", "gname2", "gname3",
    "weapdetail", *_SCITES, "dbsource", "related",
)  # fmt: skip
LAYOUT = Layout(
    name="GTD",
    types={
        "eventid": "digits12",
        "iyear": "count",
        "imonth": "count",
        "iday": "count",
        "country": "whole",
        "country_txt": "id",
        "latitude": "latitude",
        "longitude": "longitude",
        **dict.fromkeys(_KEPT, "text"),
        **dict.fromkeys(_CODES, "whole"),
        **dict.fromkeys(_TOLLS, "decimal"),
        "resolution": "american_day",
    },
    needed=("eventid", "iyear", "imonth", "iday", "latitude", "longitude"),
    vintages={"country_txt": "with labels"},
    otherwise="codes without labels",
)
NOTES = (
    "GTD: where imonth or iday is 0, date is date_low, the first day that is possible; date_high is the last, or the "
    "end (resolution) of an event that lasted over a day.",
    "GTD: precision_km is an assumption: 5, 25, 50 and 100 km for specificity 1 to 4; 5 has no point.",
    "GTD settles on one number of killed and one of injured, without a range; both include perpetrators. 0 is none, "
    "empty or negative is unknown. Its own numbers stand in nkill and nwound.",
    "GTD: us_killed and us_injured count US citizens alone, not the staff of the coalition.",
    "GTD has one subtype for rockets, mortars and grenade launchers: weapon is what weapdetail names there, a drone "
    "what it names among explosives, and missing elsewhere.",
    "GTD: claimed_by is the group that claimed it; gname alone is who is thought to have done it.",
    "GTD: n_reports counts scite1 to scite3, so it is three at most.",
)
_KM = {1: 5, 2: 25, 3: 50, 4: 100}
# Of files with codes alone; those of the codebook that matter here.
_COUNTRIES = {
    94: "Iran", 95: "Iraq", 97: "Israel", 102: "Jordan", 106: "Kuwait", 110: "Lebanon", 173: "Saudi Arabia",
    200: "Syria", 209: "Turkey", 217: "United States", 228: "Yemen",
}  # fmt: skip
_EXPLOSIVES, _PROJECTILE = 6, 11  # a type, and a subtype of it
_GRENADES = r"rocket[- ](propelled|launche)\w*"  # fired from the shoulder; no rocket as the schema has it
_WEAPONS = {"rocket": r"\brockets?\b", "mortar": r"\bmortars?\b", "ballistic_missile": r"\bballistic\b"}
_DRONE = r"\b(drones?|uavs?|unmanned aerial)\b"


def incidents(table: ir.Table) -> ir.Table:
    """GTD events as incidents.

    Parameters
    ----------
    table : Table
        Cast as ``LAYOUT`` says.

    Returns
    -------
    Table
        In the incident schema, with the source's own columns behind.

    Examples
    --------
    >>> import pyarrow as pa
    >>> columns = {"eventid": ["202001000001"], "iyear": [2020], "imonth": [2], "iday": [0], "latitude": [33.3],
    ...            "longitude": [44.4], "nkill": [1.5]}
    >>> found = incidents(ibis.memtable(pa.table(columns))).select("date", "date_high", "killed_best")
    >>> [str(value) for value in found.to_pyarrow().to_pylist()[0].values()]
    ['2020-02-01', '2020-02-29', '2']
    """
    low, high = _days(table)
    end = optional(table, "resolution", "date")
    is_longer = (optional(table, "extended", "int64") == 1) & (end > high)
    code = optional(table, "country", "int64").cases(*_COUNTRIES.items(), else_=ibis.null("string"))
    tolls = {"killed_best": "nkill", "injured_best": "nwound", "us_killed": "nkillus", "us_injured": "nwoundus"}
    n_reports = sum(optional(table, name, "string").notnull().cast("int64") for name in _SCITES)
    columns = {
        "incident_id": table["eventid"],
        "date": low,
        "date_low": low,
        "date_high": ibis.ifelse(is_longer, end, high),
        "country": optional(table, "country_txt", "string").fill_null(code),
        "weapon": _weapon(table),
        **{name: _whole(optional(table, toll, "float64")) for name, toll in tolls.items()},
        "claimed_by": _claimed_by(table),
        "n_reports": n_reports.nullif(0),
        "latitude": table["latitude"],
        "longitude": table["longitude"],
        "precision_km": optional(table, "specificity", "int64").cases(*_KM.items(), else_=ibis.null("int64")),
    }
    return select_columns(table, columns, _KEPT)


def _days(table):
    """The first and the last day that are possible; a month or a day of 0 is unknown."""
    month = table["imonth"].fill_null(0)
    day = ibis.ifelse(month == 0, 0, table["iday"].fill_null(0))
    numbers = table["iyear"], ibis.ifelse(month == 0, 1, month), ibis.ifelse(day == 0, 1, day)
    year, *others = (number.cast("string") for number in numbers)
    low = year.lpad(4, "0").concat(*("-" + other.lpad(2, "0") for other in others)).try_cast("date")
    month_end, year_end = (low + ibis.interval(**{unit: 1}) - ibis.interval(days=1) for unit in ("months", "years"))
    # A day again, after arithmetic that DuckDB does on clocks.
    high = ibis.cases((month == 0, year_end), (day == 0, month_end), else_=low.cast("timestamp"))
    return low, high.cast("timestamp").cast("date")


def _whole(toll):
    """A toll as the schema has it; a share of one that would round to 0 is missing, since 0 is a report of none."""
    known = ibis.ifelse((toll == 0) | (toll >= 0.5), toll, ibis.null("float64"))
    return (known + 0.5).floor().cast("int64")


def _weapon(table):
    """What the text on the weapon names, of the kinds of weapon that it may be."""
    is_explosive, is_projectile = _is(table, "weaptype", _EXPLOSIVES), _is(table, "weapsubtype", _PROJECTILE)
    detail = optional(table, "weapdetail", "string").lower().re_replace(_GRENADES, "")
    found = {name: is_projectile & detail.re_search(pattern) for name, pattern in _WEAPONS.items()}
    found["drone"] = is_explosive & detail.re_search(_DRONE)
    n_kinds = sum(is_named.fill_null(False).cast("int64") for is_named in found.values())
    kinds = [(is_named, name) for name, is_named in found.items()]
    return ibis.cases((n_kinds > 1, "mixed"), *kinds, else_=ibis.null("string"))


def _is(table, name, code):
    """Whether any of four columns has a code, or its label where a file has labels alone."""
    label = {_EXPLOSIVES: "Explosives", _PROJECTILE: "Projectile"}[code]
    found = ibis.literal(False)
    for n in _FOUR:
        found |= (optional(table, f"{name}{n}", "int64") == code).fill_null(False)
        found |= optional(table, f"{name}{n}_txt", "string").startswith(label).fill_null(False)
    return found


def _claimed_by(table):
    """The groups that claimed it, joined by |."""
    joined = ibis.literal("")
    for group, claim in {"gname": "claimed", "gname2": "claim2", "gname3": "claim3"}.items():
        name = optional(table, group, "string")
        is_named = (optional(table, claim, "int64") == 1) & (name != "Unknown")
        joined += ibis.ifelse(is_named.fill_null(False), ibis.literal("|") + name, "")
    return joined.substr(1).nullif("")


def remarks(kept: ir.Table) -> dict[str, ir.BooleanValue]:
    """What is worth counting in the incidents, in words.

    Parameters
    ----------
    kept : Table
        As :func:`incidents` gives it.

    Returns
    -------
    dict of expressions
        True where it applies.

    Examples
    --------
    >>> import pyarrow as pa
    >>> columns = {"date_low": ["2020-02-01"], "date_high": ["2020-02-29"], "nkill": [1.5]}
    >>> list(remarks(ibis.memtable(pa.table(columns))))[1]
    'nkill, nwound, nkillus or nwoundus with a fraction, rounded (below one half: missing)'
    """
    is_longer = optional(kept, "extended", "int64") == 1
    unlike = ibis.literal(False)
    for name in ("nkill", "nwound", "nkillus", "nwoundus"):
        toll = optional(kept, name, "float64")
        unlike |= ((toll > 0) & (toll != toll.floor())).fill_null(False)
    return {
        "days unknown, so that date is the first that is possible, which may fall beside an anniversary by that alone; "
        "date_low to date_high says which": (kept["date_low"] != kept["date_high"]) & ~is_longer.fill_null(False),
        "nkill, nwound, nkillus or nwoundus with a fraction, rounded (below one half: missing)": unlike,
        "specificity other than 1 to 5, so that precision_km is missing": unknown_code(
            kept, "specificity", (1, 2, 3, 4, 5)
        ),
        "events that lasted over a day (extended)": is_longer,
        "events that GTD doubts to be terrorism (doubtterr)": optional(kept, "doubtterr", "int64") == 1,
        "events that are part of several (multiple), so that one salvo may be two rows": (
            optional(kept, "multiple", "int64") == 1
        ),
    }
