"""GDELT: files of events (export) of version 2.0 and 1.0, whose rows are reports, grouped by place and day."""

import ibis
import ibis.expr.types as ir

from .cast import optional, select_columns
from .layout import Layout

_ACTOR = (
    "code", "name", "countrycode", "knowngroupcode", "ethniccode", "religion1code", "religion2code", "type1code",
    "type2code", "type3code",
)  # fmt: skip
_PLACE = ("type", "fullname", "countrycode", "adm1code", "adm2code", "lat", "long", "featureid")
_NAMES = (
    "globaleventid", "sqldate", "monthyear", "year", "fractiondate",
    *(f"actor{n}{name}" for n in "12" for name in _ACTOR),
    "isrootevent", "eventcode", "eventbasecode", "eventrootcode", "quadclass", "goldsteinscale", "nummentions",
    "numsources", "numarticles", "avgtone",
    *(f"{of}geo_{name}" for of in ("actor1", "actor2", "action") for name in _PLACE),
    "dateadded", "sourceurl",
)  # fmt: skip
_NAMES_OF_1 = tuple(name for name in _NAMES if not name.endswith("adm2code"))
# What the source says of an event beyond the incident schema, for a rule of which events are attacks.
_KEPT = (
    "eventcode", "eventbasecode", "eventrootcode", "quadclass", "isrootevent", "actor1code", "actor1name",
    "actor1countrycode", "actor1type1code", "actor2code", "actor2name", "actor2countrycode", "actor2type1code",
    "goldsteinscale", "avgtone", "nummentions", "numsources", "numarticles", "actiongeo_type", "actiongeo_fullname",
    "actiongeo_countrycode", "actiongeo_adm1code", "actiongeo_featureid", "dateadded", "sourceurl",
)  # fmt: skip
_COUNTS = ("quadclass", "isrootevent", "nummentions", "numsources", "numarticles", "actiongeo_type")
LAYOUT = Layout(
    name="GDELT",
    types={
        "globaleventid": "digits",
        "sqldate": "compact_day",
        "actiongeo_lat": "latitude",
        "actiongeo_long": "longitude",
        # Codes are text: many begin with 0.
        **{name: "count" if name in _COUNTS else "text" for name in _KEPT},
        **dict.fromkeys(("goldsteinscale", "avgtone"), "decimal"),
    },
    needed=("globaleventid", "sqldate", "eventcode", "eventrootcode", "actiongeo_type", "actiongeo_countrycode",
            "actiongeo_lat", "actiongeo_long"),
    vintages={"actiongeo_adm2code": "2.0", "sourceurl": "1.0 since April 2013"},
    otherwise="1.0 before April 2013",
    without_header={len(names): names for names in (_NAMES, _NAMES_OF_1, _NAMES_OF_1[:-1])},
)  # fmt: skip
NOTES = (
    "GDELT counts reports, not attacks: machines code each sentence. Rows of one place and day are merged into one "
    "incident, which may be several attacks, or none; n_rows says how many. One attack that is placed in a city and in "
    "a country stays two.",
    "GDELT: an incident has the columns of its row with the lowest GlobalEventID; nummentions, numsources and "
    "numarticles are sums.",
    "GDELT: date is SQLDATE, the day that a text seems to speak of, often a stale one.",
    "GDELT: n_reports counts the addresses in SOURCEURL, which are not independent of each other.",
    "GDELT: precision_km is an assumption: 5 km for a city, 100 for a state or province, 500 for a country, whose "
    "point is its middle.",
    "GDELT gives no toll, weapon or target. country is named for codes (FIPS 10-4) of the Middle East and its "
    "neighbours.",
)
_KM = {1: 500, 2: 100, 3: 5, 4: 5, 5: 100}
_COUNTRY_TYPE = 1
_COUNTRIES = {
    "AE": "United Arab Emirates", "AF": "Afghanistan", "BA": "Bahrain", "CY": "Cyprus", "EG": "Egypt",
    "GZ": "Gaza Strip", "IR": "Iran", "IS": "Israel", "IZ": "Iraq", "JO": "Jordan", "KU": "Kuwait", "LE": "Lebanon",
    "LY": "Libya", "MU": "Oman", "PK": "Pakistan", "QA": "Qatar", "SA": "Saudi Arabia", "SY": "Syria", "TU": "Turkey",
    "US": "United States", "WE": "West Bank", "YM": "Yemen",
}  # fmt: skip
_STALE_DAYS = 7


def incidents(table: ir.Table) -> ir.Table:
    """GDELT events in the incident schema, a row each.

    Parameters
    ----------
    table : Table
        Cast as ``LAYOUT`` says.

    Returns
    -------
    Table
        In the incident schema, with the source's own columns behind.

    See Also
    --------
    group : rows to incidents.

    Examples
    --------
    >>> import pyarrow as pa
    >>> columns = {"globaleventid": ["7"], "sqldate": ["2022-01-03"], "actiongeo_countrycode": ["IZ"],
    ...            "actiongeo_lat": [33.3], "actiongeo_long": [44.4], "actiongeo_type": [4]}
    >>> found = incidents(ibis.memtable(pa.table(columns)))
    >>> found.select("incident_id", "country", "precision_km").to_pyarrow().to_pylist()
    [{'incident_id': '7', 'country': 'Iraq', 'precision_km': 5}]
    """
    day, code = table["sqldate"], table["actiongeo_countrycode"]
    columns = {
        "incident_id": table["globaleventid"],
        "date": day,
        "date_low": day,
        "date_high": day,
        "country": code.cases(*_COUNTRIES.items(), else_=code),
        "n_reports": optional(table, "sourceurl", "string").notnull().cast("int64").nullif(0),
        "latitude": table["actiongeo_lat"],
        "longitude": table["actiongeo_long"],
        "precision_km": table["actiongeo_type"].cases(*_KM.items(), else_=ibis.null("int64")),
    }
    return select_columns(table, columns, _KEPT)


def group(events: ir.Table) -> ir.Table:
    """Merge the rows of one place and day into one; a row without a place stays by itself.

    Parameters
    ----------
    events : Table
        As :func:`incidents` gives it, of those rows that are kept.

    Returns
    -------
    Table
        The row of the lowest id for each place and day, with ``n_rows``, and the sums and counts of all its rows.

    Examples
    --------
    >>> import pyarrow as pa
    >>> columns = {"incident_id": ["8", "7"], "date": ["2022-01-03"] * 2, "latitude": [33.3] * 2,
    ...            "longitude": [44.4] * 2, "n_reports": [1, 1], "sourceurl": ["a", "a"], "nummentions": [2, 3]}
    >>> group(ibis.memtable(pa.table(columns))).to_pyarrow().to_pylist()  # doctest: +NORMALIZE_WHITESPACE
    [{'incident_id': '7', 'date': '2022-01-03', 'latitude': 33.3, 'longitude': 44.4, 'n_reports': 1,
      'sourceurl': 'a', 'nummentions': 5, 'n_rows': 2}]
    """
    own = ibis.ifelse(events["latitude"].isnull(), events["incident_id"], "")
    keyed = events.mutate(_own=own, _number=events["incident_id"].cast("int64"))
    keys = ["date", "latitude", "longitude", "_own"]
    # Addresses are made distinct first: a count of distinct texts in each group would not go to the disk.
    per_address = keyed.group_by([*keys, "sourceurl"]) if "sourceurl" in events.columns else keyed.group_by(keys)
    added = [name for name in ("nummentions", "numsources", "numarticles") if name in events.columns]
    parts = per_address.aggregate(
        _first=keyed["incident_id"].argmin(keyed["_number"]),
        _number=keyed["_number"].min(),
        n_reports=keyed["n_reports"].max(),
        n_rows=keyed.count(),
        **{name: keyed[name].sum() for name in added},
    )
    sums = {name: parts[name].sum().cast("int64") for name in ("n_reports", *added, "n_rows")}
    groups = parts.group_by(keys).aggregate(incident_id=parts["_first"].argmin(parts["_number"]), **sums)
    joined = events.drop("n_reports", *added).inner_join(groups.select("incident_id", *sums), "incident_id")
    return joined.select(*events.columns, "n_rows")


def remarks(kept: ir.Table) -> dict[str, ir.BooleanValue]:
    """What is worth counting in the rows before they are merged, in words.

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
    >>> columns = {"date": ["2021-01-03"], "dateadded": ["20220103"], "country": ["Iraq"], "latitude": [33.3],
    ...            "actiongeo_type": [4]}
    >>> list(remarks(ibis.memtable(pa.table(columns))))[0]
    'rows whose SQLDATE lies over 7 days before DATEADDED'
    """
    seen = optional(kept, "dateadded", "string")
    added = seen.substr(0, 4).concat("-", seen.substr(4, 2), "-", seen.substr(6, 2)).try_cast("date")
    late = added.delta(kept["date"].cast("date"), unit="day") > _STALE_DAYS
    return {
        f"rows whose SQLDATE lies over {_STALE_DAYS} days before DATEADDED": late,
        "rows placed in the middle of a country, since no nearer place is known": (
            kept["actiongeo_type"] == _COUNTRY_TYPE
        ),
        "rows without a place, each left by itself": kept["latitude"].isnull(),
        "rows of countries whose code is kept, having no name here": ~kept["country"].isin([*_COUNTRIES.values()]),
    }
