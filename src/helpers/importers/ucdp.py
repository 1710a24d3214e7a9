"""UCDP: the Georeferenced Event Dataset (GED) and its monthly Candidate files."""

import ibis
import ibis.expr.types as ir

from .cast import optional, select_columns, unknown_code
from .layout import Layout

# What the source says of an event beyond the incident schema, for a rule of which events are attacks.
_KEPT = (
    "type_of_violence", "conflict_name", "dyad_name", "side_a", "side_b", "source_article", "source_office",
    "source_headline", "source_original", "where_prec", "where_coordinates", "where_description", "adm_1", "adm_2",
    "region", "event_clarity", "code_status", "date_prec", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown",
)  # fmt: skip
_COUNTS = ("where_prec", "date_prec", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown")
LAYOUT = Layout(
    name="UCDP GED",
    types={
        "id": "id",
        "date_start": "day",
        "date_end": "day",
        "country": "id",
        "latitude": "latitude",
        "longitude": "longitude",
        **dict.fromkeys(("low", "best", "high"), "count"),
        "number_of_sources": "whole",
        **{name: "count" if name in _COUNTS else "text" for name in _KEPT},
    },
    needed=("id", "date_start", "date_end", "country", "latitude", "longitude", "low", "best", "high"),
    vintages={"code_status": "21.1 and later", "iso3": "to 20.1, as HDX publishes it"},
    otherwise="to 20.1",
)
NOTES = (
    "UCDP: date and date_low are date_start, date_high is date_end; date_prec is kept.",
    "UCDP: precision_km is an assumption: 5, 25, 50, 100, 100, 500 and 500 km for where_prec 1 to 7.",
    "UCDP lists only events with a death: an attack that killed nobody is not in it.",
    "UCDP counts no injured, and names no weapon and no target but side_b and the headline.",
    "UCDP: n_reports is number_of_sources, and missing where that is -1, not recorded.",
)
_KM = {1: 5, 2: 25, 3: 50, 4: 100, 5: 100, 6: 500, 7: 500}


def incidents(table: ir.Table) -> ir.Table:
    """UCDP events as incidents.

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
    >>> columns = {"id": ["7"], "date_start": ["2016-01-01"], "date_end": ["2016-01-02"], "country": ["Syria"],
    ...            "latitude": [34.8], "longitude": [36.7], "low": [1], "best": [2], "high": [4]}
    >>> found = incidents(ibis.memtable(pa.table(columns)))
    >>> found.select("incident_id", "date_high", "killed_best").to_pyarrow().to_pylist()
    [{'incident_id': '7', 'date_high': '2016-01-02', 'killed_best': 2}]
    """
    n_sources = optional(table, "number_of_sources", "int64")
    start, end = table["date_start"], table["date_end"]
    columns = {
        "incident_id": table["id"],
        "date": start,
        "date_low": start,
        # The last day, where it is one.
        "date_high": ibis.ifelse(end >= start, end, start),
        "country": table["country"],
        "killed_low": table["low"],
        "killed_best": table["best"],
        "killed_high": table["high"],
        "n_reports": ibis.ifelse(n_sources >= 0, n_sources, ibis.null("int64")),
        "latitude": table["latitude"],
        "longitude": table["longitude"],
        "precision_km": optional(table, "where_prec", "int64").cases(*_KM.items(), else_=ibis.null("int64")),
    }
    return select_columns(table, columns, (*_KEPT, "date_end"))


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
    >>> columns = {"killed_low": [5], "killed_best": [4], "killed_high": [6], "date_high": ["a"], "date_end": ["a"]}
    >>> list(remarks(ibis.memtable(pa.table(columns))))[:1]
    ['killed_best outside killed_low to killed_high, kept as it is']
    """
    low, best, high = (kept[f"killed_{end}"] for end in ("low", "best", "high"))
    return {
        "killed_best outside killed_low to killed_high, kept as it is": (best < low) | (best > high) | (low > high),
        "date_end before date_start, so that date_high is date_start": kept["date_high"] != kept["date_end"],
        "where_prec other than 1 to 7, so that precision_km is missing": unknown_code(kept, "where_prec", _KM),
    }
