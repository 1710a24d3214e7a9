"""Reports to incidents: link, reconcile, low / best / high, agreement.

Each rule of reconciliation is one small function on frames, so that it can be read, tested and cited alone.
Throughout, ``rows`` are reports prepared by :func:`prepare`: silence is missing, the latest published come last,
and ``account`` numbers the independent accounts.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from pandera.errors import SchemaErrors
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.errors import GEOSException

from . import schemas, tables

CLOSED_FIELDS = ("weapon", "part_of_day", "damage", "defence_active", "claimed_by")
ARTICLE = "article"

# What each closed field says when two or more values have the most accounts.
TIES = {
    "weapon": lambda tied: "mixed",
    "part_of_day": lambda tied: "unknown",
    "damage": lambda tied: max(tied, key=list(schemas.DAMAGE).index),
    "defence_active": lambda tied: "yes",
    "claimed_by": lambda tied: "|".join(sorted({name for names in tied for name in names.split("|")})),
}


def independent_accounts(rows):
    """Number the independent accounts of each incident.

    Rows of one incident that share an agency (other than ``own`` and ``unknown``), an origin or a publisher are one
    account, and so are rows joined by a chain of such links. The number of accounts is an upper bound: shared
    origins are not always told.

    Parameters
    ----------
    rows : DataFrame
        Reports with ``incident_id``, ``agency``, ``origin`` and ``publisher``.

    Returns
    -------
    ndarray of int, shape (len(rows),)
        Equal where rows are one account.

    Examples
    --------
    >>> rows = pd.DataFrame({"incident_id": ["a", "a", "a"], "agency": ["AP", "AP", "own"],
    ...                      "origin": [None, "CENTCOM", "CENTCOM"], "publisher": ["x", "y", "z"]})
    >>> independent_accounts(rows).tolist()
    [0, 0, 0]
    """
    keys = {
        "agency": rows["agency"].astype("str").where(~rows["agency"].isin(["own", "unknown"])),
        "origin": rows["origin"],
        "publisher": rows["publisher"],
    }
    ends, n = [], len(rows)
    for key in keys.values():
        group = rows.assign(key=key).groupby(["incident_id", "key"]).ngroup().to_numpy()
        linked = pd.notna(key).to_numpy().nonzero()[0]
        ends.append(np.column_stack([linked, n + group[linked]]))
        n += len(rows)
    start, stop = np.concatenate(ends).astype(int).T
    graph = coo_array((np.ones(len(start)), (start, stop)), shape=(n, n))
    return connected_components(graph, directed=False)[1][: len(rows)]


def prepare(reports, sources):
    """Reports ready for reconciliation.

    Parameters
    ----------
    reports, sources : DataFrame
        As the loaders of :mod:`helpers.tables` return them.

    Returns
    -------
    DataFrame
        With ``agency``, ``publisher``, ``published`` and ``account``; ``unknown`` is missing; sorted so that the
        latest published of an incident comes last (undated before dated, then by ``source_id``).
    """
    about = sources[["source_id", "publisher", "agency", "published"]]
    rows = reports.merge(about, on="source_id", how="left", validate="many_to_one")
    for field in CLOSED_FIELDS:
        rows[field] = rows[field].astype("str").where(rows[field] != "unknown")
    rows = rows.sort_values(["incident_id", "published", "source_id"], na_position="first", ignore_index=True)
    return rows.assign(account=independent_accounts(rows))


def latest_statements(rows, field):
    """Each account's word on one field: the latest published of its rows that is not silent.

    Parameters
    ----------
    rows : DataFrame
    field : str or list of str
        Columns that make up the field; a minimum and a maximum are one.

    Returns
    -------
    DataFrame
        One row per account that speaks.
    """
    fields = [field] if isinstance(field, str) else list(field)
    return rows[rows[fields].notna().any(axis=1)].groupby("account").tail(1)


def ranges(rows, name):
    """The range of numbers that each account allows.

    "Three" is [3, 3], "at least four" [4, inf), "up to twelve" [0, 12].

    Parameters
    ----------
    rows : DataFrame
    name : str
        ``launched``, ``killed`` and so on (``name_min`` and ``name_max``), or ``us_killed``, ``us_injured``.

    Returns
    -------
    DataFrame
        Per account that speaks: ``incident_id``, ``site_id``, ``published``, ``given_min``, ``given_max`` (missing
        where not given), ``low``, ``high`` (0 and infinite there).
    """
    columns = [name, name] if name in schemas.US_TOLLS else [f"{name}_min", f"{name}_max"]
    words = latest_statements(rows, dict.fromkeys(columns))
    given_min, given_max = (words[column].astype(float) for column in columns)
    return words[["incident_id", "site_id", "published"]].assign(
        given_min=given_min, given_max=given_max, low=given_min.fillna(0), high=given_max.fillna(np.inf)
    )


def best_numbers(voters):
    """The number, given by some account, that the most accounts allow; ties go to the lowest.

    Parameters
    ----------
    voters : DataFrame
        As :func:`ranges` returns it.

    Returns
    -------
    Series of float
        By ``incident_id``.
    """
    numbers = voters.melt("incident_id", ["given_min", "given_max"], value_name="number").dropna()
    candidates = numbers[["incident_id", "number"]].drop_duplicates()
    pairs = candidates.merge(voters[["incident_id", "low", "high"]], on="incident_id")
    allowed = pairs[pairs["number"].between(pairs["low"], pairs["high"])]
    votes = allowed.groupby(["incident_id", "number"]).size().rename("votes").reset_index()
    ranked = votes.sort_values(["votes", "number"], ascending=[False, True])
    return ranked.groupby("incident_id")["number"].first()


def low_high(accounts):
    """The smallest and the largest number among accounts that close their range.

    With none closed, ``low`` is the smallest minimum. ``high`` is missing where none is closed, or where an open
    minimum lies above it: known ``best`` and missing ``high`` is open upwards.

    Parameters
    ----------
    accounts : DataFrame
        As :func:`ranges` returns it.

    Returns
    -------
    DataFrame of float
        ``low`` and ``high`` by ``incident_id``.
    """
    by = accounts["incident_id"]
    closed = accounts["given_max"].notna()
    low = accounts["low"].where(closed).groupby(by).min().fillna(accounts["low"].groupby(by).min())
    high = accounts["given_max"].groupby(by).max()
    open_minimum = accounts["low"].where(~closed).groupby(by).max()
    return pd.DataFrame({"low": low, "high": high.mask(open_minimum > high)})


def latest_day(accounts):
    """The accounts that vote on a toll: those of the latest day on which any is dated, or all where none is."""
    latest = accounts.groupby("incident_id")["published"].transform("max")
    return accounts[(accounts["published"] == latest) | latest.isna()]


def reconcile_count(accounts, voters=None):
    """Low, best and high of one count.

    Parameters
    ----------
    accounts : DataFrame
        As :func:`ranges` returns it.
    voters : DataFrame, optional
        The accounts that vote for ``best``; all by default. ``best`` is kept within ``low`` and ``high``.

    Returns
    -------
    DataFrame of Int64
        ``low``, ``best``, ``high`` by ``incident_id``.
    """
    bounds = low_high(accounts)
    best = best_numbers(accounts if voters is None else voters)
    bounds.insert(1, "best", best.clip(bounds["low"], bounds["high"].fillna(np.inf)))
    return bounds.astype("Int64")


def days_given(rows):
    """The days that accounts give; ``unclear`` ones only where an incident has no other.

    Returns
    -------
    DataFrame
        One row per account that gives a day: ``incident_id``, ``event_date``.
    """
    dated = rows[rows["event_date"].notna()]
    clear = dated["date_basis"] != "unclear"
    any_clear = clear.groupby(dated["incident_id"]).transform("any")
    return latest_statements(dated[clear | ~any_clear], "event_date")[["incident_id", "event_date"]]


def reconcile_dates(rows):
    """The day most independent accounts give; ties go to the coder's day in ``incident_id``.

    Where the coder's day is not among the tied ones, the nearest to it wins; where no account gives a day, the
    coder's day stands.

    Returns
    -------
    DataFrame of datetime64
        ``date``, ``date_low``, ``date_high`` by ``incident_id``.
    """
    ids = pd.Series(rows["incident_id"].unique())
    coder = pd.Series(tables.coder_days(ids).to_numpy(), index=ids)
    given = days_given(rows)
    votes = given.groupby(["incident_id", "event_date"]).size().rename("votes").reset_index()
    votes["apart"] = (votes["event_date"] - votes["incident_id"].map(coder)).abs()
    ranked = votes.sort_values(["votes", "apart", "event_date"], ascending=[False, True, True])
    by = given.groupby("incident_id")["event_date"]
    dates = {"date": ranked.groupby("incident_id")["event_date"].first(), "date_low": by.min(), "date_high": by.max()}
    return pd.DataFrame({name: days.reindex(coder.index).fillna(coder) for name, days in dates.items()})


def reconcile_code(rows, field):
    """The value of a closed field that most accounts give; ties by the rule in ``TIES``.

    Returns
    -------
    Series of str
        By ``incident_id``; incidents on which all accounts are silent are left out.
    """
    votes = latest_statements(rows, field).groupby(["incident_id", field]).size()
    most = votes[votes == votes.groupby("incident_id").transform("max")].reset_index()
    return most.groupby("incident_id")[field].agg(lambda v: v.iloc[0] if len(v) == 1 else TIES[field](list(v)))


def reconcile_areas(rows):
    """Every launch area that an independent account names, in the coder's words, sorted and joined by ``|``.

    Returns
    -------
    Series of str
        By ``incident_id``; incidents on which all accounts are silent are left out.
    """
    words = latest_statements(rows, "launch_area")
    return words.groupby("incident_id")["launch_area"].agg(lambda areas: "|".join(sorted(set(areas))))


def disputed_counts(accounts):
    """Incidents whose accounts allow no common number. Boolean, by ``incident_id``."""
    by = accounts.groupby("incident_id")
    return by["low"].max() > by["high"].min()


def disputed_values(words, field):
    """Incidents whose accounts give different values. Boolean, by ``incident_id``."""
    return words.groupby("incident_id")[field].nunique() > 1


def _counts(rows, site):
    """Accounts of each count; hits only by accounts that name the incident's site."""
    accounts = {name: ranges(rows, name) for name in schemas.COUNTS + schemas.US_TOLLS}
    inside = accounts["hit"]["site_id"] == accounts["hit"]["incident_id"].map(site)
    return {**accounts, "hit": accounts["hit"][inside]}


def disputes(rows, accounts):
    """The fields on which accounts cannot all be right.

    Parameters
    ----------
    rows : DataFrame
    accounts : dict of DataFrame
        The accounts of each count.

    Returns
    -------
    DataFrame of bool
        One row per incident, one column per field (``date``, ``site``, ``launched`` …).
    """
    columns = {
        "date": disputed_values(days_given(rows), "event_date"),
        "site": disputed_values(latest_statements(rows, "site_id"), "site_id"),
        **{name: disputed_counts(ranges_) for name, ranges_ in accounts.items()},
        **{field: disputed_values(latest_statements(rows, field), field) for field in CLOSED_FIELDS},
    }
    return pd.DataFrame(columns, index=pd.Index(rows["incident_id"].unique())).fillna(False).astype(bool)


def reconcile(reports, sources, site):
    """Reports to one row per incident.

    Parameters
    ----------
    reports, sources : DataFrame
        As the loaders of :mod:`helpers.tables` return them.
    site : Series of str
        Each incident's site, by ``incident_id``.

    Returns
    -------
    DataFrame
        By ``incident_id``: the columns of an incident that derive from its reports.
    """
    rows = prepare(reports, sources)
    accounts = _counts(rows, site)
    incidents = reconcile_dates(rows)
    for name, ranges_ in accounts.items():
        voters = latest_day(ranges_) if name in schemas.TOLLS + schemas.US_TOLLS else None
        numbers = reconcile_count(ranges_, voters)
        numbers = (
            numbers[["best"]].set_axis([name], axis=1) if name in schemas.US_TOLLS else numbers.add_prefix(f"{name}_")
        )
        incidents = incidents.join(numbers)
    for field in CLOSED_FIELDS:
        incidents[field] = reconcile_code(rows, field).reindex(incidents.index)
    by = rows.groupby("incident_id")
    found = disputes(rows, accounts)
    return incidents.assign(
        launch_area=reconcile_areas(rows),
        found_by=by["found_by"].agg(lambda values: min(values, key=list(schemas.FOUND_BY).index)),
        n_reports=by.size(),
        n_independent=by["account"].nunique(),
        disputed=found.dot(found.columns + "|").str.rstrip("|"),
    )


def describe_sites(incidents, sites):
    """Incidents with what their site is: name, type, target, complex, country and point."""
    about = sites.rename(columns={"name": "site_name"})
    columns = ["site_id", "site_name", "site_type", "complex", "country", "geometry"]
    merged = incidents.merge(about[columns], on="site_id", how="left", validate="many_to_one")
    return gpd.GeoDataFrame(merged.assign(target=target(merged["site_type"])), crs=tables.CRS)


def target(site_type):
    """``base`` for bases, ``embassy`` for every diplomatic site.

    >>> target(pd.Series(["base", "green_zone", None])).tolist()
    ['base', 'embassy', nan]
    """
    return site_type.astype("object").map({kind: "base" if kind == "base" else "embassy" for kind in schemas.SITE_TYPE})


def build_incidents(raw, scope="all", inclusion=tuple(schemas.INCLUSION)):
    """Incidents from checked raw tables.

    Parameters
    ----------
    raw : dict of DataFrame
        As :func:`helpers.tables.load_raw` returns it.
    scope, inclusion
        As for :func:`load_incidents`.

    Returns
    -------
    GeoDataFrame
    """
    reports, register = raw["reports"], raw["incident_register"].set_index("incident_id")
    if scope == ARTICLE:
        reports = reports[reports["source_id"] == ARTICLE]
        register = register.assign(site_id=reports.set_index("incident_id")["site_id"]).dropna(subset=["site_id"])
    register = register[register["inclusion"].isin(inclusion)]
    if register.empty:
        raise ValueError(f"no incident of scope {scope!r} is {' or '.join(inclusion)}")
    reports = reports[reports["incident_id"].isin(register.index)]
    incidents = reconcile(reports, raw["sources"], register["site_id"])
    incidents = register[["site_id", "inclusion"]].join(incidents).reset_index()
    incidents = describe_sites(incidents, tables.with_points(raw["sites"]))
    incidents = incidents.fillna(dict.fromkeys(set(CLOSED_FIELDS) - {"claimed_by"}, "unknown"))
    ordered = incidents[list(schemas.INCIDENTS.columns)].sort_values(["date", "incident_id"], ignore_index=True)
    return schemas.INCIDENTS.validate(ordered)


def load_incidents(scope="all", inclusion="core", dataset=None, data_dir=None):
    """One row per incident, derived from the reports.

    Parameters
    ----------
    scope : {"all", "article"}
        All reports, or the founding article's rows alone.
    inclusion : str or list of str
        One or several of ``core``, ``borderline``, ``excluded``.
    dataset : path, optional
        A file in the incident schema (``.parquet`` or ``.csv``) to read instead of the hand-coded tables.
    data_dir : path, optional
        The folder that holds ``raw/``; the repository's ``data/`` by default.

    Returns
    -------
    GeoDataFrame
        Sorted by date. ``attrs`` tells ``source`` (name and version of the data) and ``window`` (first and last day
        covered, ISO dates).

    Raises
    ------
    ValueError
        For an unknown scope or inclusion.
    DataError
        With every fault of the tables or the file.
    """
    classes = [inclusion] if isinstance(inclusion, str) else list(inclusion)
    tables.check_choice("scope", [scope], ["all", ARTICLE])
    tables.check_choice("inclusion", classes, list(schemas.INCLUSION))
    if dataset:
        incidents = read_dataset(dataset)
        if "inclusion" in incidents:
            incidents = incidents[incidents["inclusion"].isin(classes)].reset_index(drop=True)
        return incidents
    raw = tables.load_raw(data_dir)
    incidents = build_incidents(raw, scope, classes)
    # The protocol searched every month of its window; an article tells of the days that it chose.
    found = incidents["date"].agg(["min", "max"])
    first, last = tables.coded_window(raw["search_log"]) if scope == "all" else found
    incidents.attrs = {
        "source": f"hand-coded reports, data version {tables.data_version(data_dir)}",
        "window": [str(first.date()), str(last.date())],
    }
    return incidents


def coded_cells(reports, source_id):
    """Every cell that one source fills, one per row.

    Parameters
    ----------
    reports : DataFrame
    source_id : str

    Returns
    -------
    DataFrame
        Indexed by ``incident_id`` and ``column``: ``coded``, as text. Silent cells are left out.
    """
    rows = reports[reports["source_id"] == source_id].drop(columns=["source_id", "coder", "found_by"])
    rows = rows.assign(event_date=rows["event_date"].dt.strftime(schemas.DAY_FORMAT)).set_index("incident_id")
    cells = rows.astype("object").rename_axis("column", axis=1).stack().dropna()
    return cells[cells != "unknown"].astype("str").rename("coded").to_frame()


def overcounts(incidents):
    """Incidents whose best hits and interceptions add up to more than their best launched.

    Returns
    -------
    DataFrame
        ``incident_id``, ``launched_best``, ``hit_best``, ``intercepted_best``.
    """
    columns = ["incident_id", "launched_best", "hit_best", "intercepted_best"]
    accounted = incidents["hit_best"].fillna(0) + incidents["intercepted_best"].fillna(0)
    return incidents.loc[(accounted > incidents["launched_best"]).fillna(False), columns]


def unjudged_pairs(incidents, distinct_pairs):
    """Incidents of one complex within a day of each other that no coder has judged.

    Parameters
    ----------
    incidents : DataFrame
        With ``incident_id``, ``complex``, ``date``.
    distinct_pairs : DataFrame
        The pairs that have been judged.

    Returns
    -------
    DataFrame
        ``incident_id``, ``other_id``, ``complex``; the earlier id first.
    """
    places = incidents[["incident_id", "complex", "date"]]
    pairs = places.merge(places.rename(columns={"incident_id": "other_id", "date": "other_date"}), on="complex")
    near = (pairs["incident_id"] < pairs["other_id"]) & ((pairs["date"] - pairs["other_date"]).abs().dt.days <= 1)
    judged = {frozenset(pair) for pair in distinct_pairs[["incident_id", "other_id"]].itertuples(index=False)}
    ids = pairs[["incident_id", "other_id"]].itertuples(index=False)
    unjudged = np.array([frozenset(pair) not in judged for pair in ids], dtype=bool)
    return pairs.loc[near & unjudged, ["incident_id", "other_id", "complex"]].reset_index(drop=True)


def read_dataset(path):
    """Incidents from a file in the incident schema.

    Only ``incident_id`` and ``date`` must be there; a ``target`` is derived from ``site_type`` where that is.

    Parameters
    ----------
    path : path
        GeoParquet, Parquet or CSV.

    Returns
    -------
    GeoDataFrame

    Raises
    ------
    DataError
        With every fault of the file.
    """
    path = Path(path)
    readers = {".csv": _read_csv, ".parquet": _read_parquet}
    if path.suffix not in readers:
        wanted = f"a name that ends in {' or '.join(readers)}"
        raise tables.DataError([tables.Fault(str(path), 1, "", path.name, wanted)])
    table = readers[path.suffix](path)
    if "disputed" in table:
        table["disputed"] = table["disputed"].fillna("")
    if "site_type" in table and "target" not in table:
        table["target"] = target(table["site_type"])
    incidents = gpd.GeoDataFrame(table, geometry="geometry", crs=tables.CRS)
    incidents = incidents.sort_values(["date", "incident_id"], ignore_index=True)
    first, last = incidents["date"].min(), incidents["date"].max()
    incidents.attrs = {"source": path.name, "window": [str(first.date()), str(last.date())]}
    return incidents


def _read_csv(path):
    cells, faults = tables.read_cells(path, str(path))
    if len(cells.columns):
        table, more = tables.check_cells(cells, schemas.IMPORTED, str(path))
        faults += more
    if faults:
        raise tables.DataError(faults)
    return _with_points(table.reset_index(drop=True))


def _with_points(table):
    """Points from latitude and longitude, or none."""
    located = table if {"latitude", "longitude"} <= set(table) else table.assign(latitude=np.nan, longitude=np.nan)
    return tables.with_points(located).drop(columns=["latitude", "longitude"])


def _read_parquet(path):
    try:
        table = pd.read_parquet(path).reset_index(drop=True)
        if "geometry" in table:
            table["geometry"] = gpd.GeoSeries.from_wkb(table["geometry"], crs=tables.CRS)
        else:
            table = _with_points(table)
        return schemas.IMPORTED.validate(table, lazy=True)
    except SchemaErrors as error:
        faults = tables.failures(error, table, schemas.IMPORTED, str(path))
        faults = faults or [tables.Fault(str(path), 1, "", str(error), "the types of the incident schema")]
        raise tables.DataError(faults) from None
    except (OSError, ValueError, GEOSException) as error:
        raise tables.DataError([tables.Fault(str(path), 1, "", str(error), "a Parquet file of incidents")]) from None
