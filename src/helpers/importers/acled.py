"""ACLED: files of the export tool and the API, of every vintage since 2016."""

import ibis
import ibis.expr.types as ir

from .cast import optional, select_columns, unknown_code
from .layout import Layout

# What the source says of an event beyond the incident schema, for a rule of which events are attacks.
_KEPT = (
    "event_type", "sub_event_type", "disorder_type", "civilian_targeting", "actor1", "assoc_actor_1", "inter1",
    "actor2", "assoc_actor_2", "inter2", "interaction", "region", "admin1", "admin2", "admin3", "location",
    "time_precision", "geo_precision", "source", "source_scale", "notes", "tags", "fatalities",
)  # fmt: skip
_COUNTS = ("time_precision", "geo_precision", "fatalities")
LAYOUT = Layout(
    name="ACLED",
    types={
        "event_id_cnty": "id",
        "event_date": "day",
        "country": "id",
        "latitude": "latitude",
        "longitude": "longitude",
        **{name: "count" if name in _COUNTS else "text" for name in _KEPT},
    },
    needed=("event_id_cnty", "event_date", "event_type", "country", "latitude", "longitude", "fatalities"),
    vintages={"disorder_type": "2023 and later", "sub_event_type": "2018 to 2022", "gwno": "2016"},
    otherwise="an unknown year",
    aliases={"ally_actor_1": "assoc_actor_1", "ally_actor_2": "assoc_actor_2"},
)
NOTES = (
    "ACLED: date_low and date_high are the day, three days either side of it, or its month (time_precision 1, 2, 3).",
    "ACLED: precision_km is an assumption: 5, 25 and 100 km for geo_precision 1, 2 and 3.",
    "ACLED gives one number of deaths: killed_best, without a range. It writes 0 also where the number is unknown; 0 "
    "is read as missing where the notes say so, and elsewhere 0 is no report of none.",
    "ACLED counts no injured, and its event types do not tell rockets from drones: there is no weapon.",
    "ACLED: n_reports counts the names in source, which are not independent of each other.",
)
_KM = {1: 5, 2: 25, 3: 100}
# A blank, in RE2 as in Java, is [\t-\r ].
_B = r"[\t-\r ]"  # a blank, the same in every engine
_DEATHS = r"(casualt|fatalit|deaths|death[\t-\r ]toll|\btoll\b)"
_UNKNOWN = (
    rf"(unknown|unclear|unspecified|undetermined|unreported|not{_B}(immediately{_B})?(known|specified|given|reported))"
)
# "Casualties unknown"; "fatalities/injuries were not reported"; "casualties = unknown".
_VERBS = rf"({_B}(is|are|was|were|remains?|still|currently|figures?|counts?|numbers?|reported|as)){{0,4}}"
_TOLL_UNKNOWN = rf"(?i){_DEATHS}\w*(({_B}(and|or){_B}|/)\w+)?{_VERBS}{_B}?[,:=]?{_B}?{_UNKNOWN}"
# "Unknown fatalities"; "it is unclear if there were any casualties"; "no word on casualties".
_WHETHER = rf"((if|whether){_B})?(there{_B}(was|were){_B})?(any{_B})?"
_UNKNOWN_TOLL = rf"(?i){_UNKNOWN}{_B}(number{_B}of{_B})?{_WHETHER}(\w+{_B}(and|or){_B})?{_DEATHS}"
_NO_WORD = rf"(?i)\bno{_B}(information|word|details?){_B}(yet{_B})?(on|about|of){_B}(any{_B}|the{_B})?{_DEATHS}"
# "Unknown number of militants were killed", but not where the same sentence says there was none.
_NUMBER = rf"(unknown|unspecified|undetermined){_B}(number|amount|count)"
_OF_PEOPLE = rf"({_B}of{_B}[^.;]{{0,60}})?{_B}?(kill|casualt|fatalit|dea)"
_UNKNOWN_NUMBER = rf"(?i)({_NUMBER}{_OF_PEOPLE}|kill(ed|ing){_B}(an{_B})?{_NUMBER})"
_NONE = r"(?i)\b(no|without|zero)[\t-\r ](casualt|fatalit|deaths)"


def incidents(table: ir.Table) -> ir.Table:
    """ACLED events as incidents.

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
    >>> columns = {"event_id_cnty": ["IRQ1"], "event_date": ["2022-01-03"], "country": ["Iraq"], "latitude": [33.3],
    ...            "longitude": [44.4], "fatalities": [0], "notes": ["Rockets hit a base. Casualties unknown."]}
    >>> table = ibis.memtable(pa.table(columns)).mutate(event_date=ibis._.event_date.cast("date"))
    >>> incidents(table).select("incident_id", "killed_best").to_pyarrow().to_pylist()
    [{'incident_id': 'IRQ1', 'killed_best': None}]
    """
    day, precision = table["event_date"], optional(table, "time_precision", "int64")
    month, three_days = day.truncate("M"), ibis.interval(days=3)
    month_end = month + ibis.interval(months=1) - ibis.interval(days=1)
    names = optional(table, "source", "string")
    columns = {
        "incident_id": table["event_id_cnty"],
        "date": day,
        "date_low": _as_day(ibis.cases((precision == 2, day - three_days), (precision == 3, month), else_=day)),
        "date_high": _as_day(ibis.cases((precision == 2, day + three_days), (precision == 3, month_end), else_=day)),
        "country": table["country"],
        "killed_best": ibis.ifelse(_is_unknown(table), ibis.null("int64"), table["fatalities"]),
        "n_reports": names.length() - names.replace(";", "").length() + ibis.ifelse(names.endswith(";"), 0, 1),
        "latitude": table["latitude"],
        "longitude": table["longitude"],
        "precision_km": optional(table, "geo_precision", "int64").cases(*_KM.items(), else_=ibis.null("int64")),
    }
    return select_columns(table, columns, _KEPT)


def _as_day(value):
    """A day again, after arithmetic that DuckDB does on clocks."""
    return value.cast("timestamp").cast("date")


def _is_unknown(table):
    """Where no deaths are counted and the notes say that nobody knows."""
    notes = optional(table, "notes", "string")
    said = notes.re_search(_TOLL_UNKNOWN) | notes.re_search(_UNKNOWN_TOLL) | notes.re_search(_NO_WORD)
    said |= notes.re_search(_UNKNOWN_NUMBER) & ~notes.re_search(_NONE)
    # Asked only of the rows that have 0, since the search costs more than all the rest.
    return ibis.ifelse(table["fatalities"] == 0, said.fill_null(False), False).fill_null(False)


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
    >>> list(remarks(ibis.memtable(pa.table({"fatalities": [0], "killed_best": [None]}))))[:1]
    ['fatalities of 0 read as missing, since the notes call them unknown']
    """
    words = "fatalities of 0 read as missing, since the notes call them unknown"
    return {
        words: (kept["fatalities"] == 0) & kept["killed_best"].isnull(),
        "time_precision other than 1, 2 or 3, so that the day is taken as exact": unknown_code(
            kept, "time_precision", (1, 2, 3)
        ),
        "geo_precision other than 1, 2 or 3, so that precision_km is missing": unknown_code(kept, "geo_precision", _KM),
    }
