"""Reports to incidents: link, reconcile, low / best / high, agreement.

Each rule of reconciliation is one small function on frames, so that it can be read, tested and cited alone.
Throughout, ``rows`` are reports prepared by :func:`prepare`: silence is missing, the latest published come last,
and ``account`` numbers the independent accounts.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from . import schemas, tables

CLOSED_FIELDS = ("weapon", "part_of_day", "damage", "defence_active", "claimed_by")
ARTICLE = "article"

# What each closed field says when two or more values have the most accounts; damage is listed from light to heavy.
TIES = {
    "weapon": lambda tied, listed: "mixed",
    "part_of_day": lambda tied, listed: "unknown",
    "damage": lambda tied, listed: max(tied, key=listed.index),
    "defence_active": lambda tied, listed: "yes",
    "claimed_by": lambda tied, listed: "|".join(sorted({name for names in tied for name in names.split("|")})),
}


def _number_accounts(rows):
    """Number the independent accounts: rows of an incident joined by a chain of shared agency, origin or publisher."""
    # Agencies "own" and "unknown" join nothing. The number is an upper bound: shared origins are not always reported.
    agency = rows["agency"].astype("str").where(~rows["agency"].isin(["own", "unknown"]))
    keys = rows[["incident_id", "origin", "publisher"]].assign(agency=agency).astype("object")
    links = keys.melt("incident_id", ignore_index=False).dropna()
    # A graph of rows and of the values that they share: the rows of one component are one account.
    shared = links.groupby(["incident_id", "variable", "value"]).ngroup() + len(rows)
    n_nodes = len(rows) + len(links)
    graph = coo_array((np.ones(len(links)), (links.index, shared)), shape=(n_nodes, n_nodes))
    return connected_components(graph, directed=False)[1][: len(rows)]


def prepare(reports: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Prepare reports for reconciliation.

    Parameters
    ----------
    reports, sources : DataFrame

    Returns
    -------
    DataFrame
        With ``agency``, ``publisher``, ``published`` and ``account``, numbered; ``unknown`` is missing. The latest
        published of an incident comes last (undated before dated, then by ``source_id``).

    Examples
    --------
    >>> reports = pd.DataFrame({"incident_id": ["i", "i"], "source_id": ["b", "a"], "origin": [None, None],
    ...                         **dict.fromkeys(CLOSED_FIELDS, "unknown")})
    >>> sources = pd.DataFrame({"source_id": ["a", "b"], "publisher": ["Daily", "Herald"], "agency": ["AP", "AP"],
    ...                         "published": pd.to_datetime(["2020-01-03", None])})
    >>> prepare(reports, sources)[["source_id", "account"]].to_numpy().tolist()
    [['b', 0], ['a', 0]]
    """
    about = sources[["source_id", "publisher", "agency", "published"]]
    rows = reports.merge(about, on="source_id", how="left", validate="many_to_one")
    for field in CLOSED_FIELDS:
        rows[field] = rows[field].astype("str").where(rows[field] != "unknown")
    rows = rows.sort_values(["incident_id", "published", "source_id"], na_position="first", ignore_index=True)
    return rows.assign(account=_number_accounts(rows))


def latest_statements(rows: pd.DataFrame, *fields: str) -> pd.DataFrame:
    """Take each account's statement on one field: the latest published of its rows that is not silent.

    Parameters
    ----------
    rows : DataFrame
        From :func:`prepare`.
    *fields : str
        Columns that make up the field, as a minimum and a maximum.

    Returns
    -------
    DataFrame
        One row per account that speaks.

    Examples
    --------
    >>> rows = pd.DataFrame({"account": [0, 0, 0, 1], "weapon": ["rocket", "drone", None, None]})
    >>> latest_statements(rows, "weapon")["weapon"].tolist()
    ['drone']
    """
    return rows[rows[list(fields)].notna().any(axis=1)].groupby("account").tail(1)


def _count_ranges(rows, name):
    """The numbers that each account allows: "three" is [3, 3], "at least four" [4, inf), "up to twelve" [0, 12]."""
    columns = [name, name] if name in schemas.US_TOLLS else [f"{name}_min", f"{name}_max"]
    words = latest_statements(rows, *columns)
    given_min, given_max = (words[column].astype(float) for column in columns)
    return words[["incident_id", "site_id", "published"]].assign(
        given_min=given_min, given_max=given_max, low=given_min.fillna(0), high=given_max.fillna(np.inf)
    )


def _best_numbers(voters):
    """The number, given by some account, that the most accounts allow; ties go to the lowest."""
    numbers = voters.melt("incident_id", ["given_min", "given_max"], value_name="number").dropna()
    pairs = numbers.drop_duplicates(["incident_id", "number"]).merge(voters, on="incident_id")
    allowed = pairs[pairs["number"].between(pairs["low"], pairs["high"])]
    votes = allowed.groupby(["incident_id", "number"]).size().sort_values(ascending=False, kind="stable")
    return votes.reset_index().groupby("incident_id")["number"].first()


def _latest_day(accounts):
    """The accounts that vote on a toll: those of the latest day on which any is dated, or all where none is."""
    latest = accounts.groupby("incident_id")["published"].transform("max")
    return accounts[(accounts["published"] == latest) | latest.isna()]


def _reconcile_count(accounts, voters):
    """Low, best (by ``voters``) and high of one count; best is kept within low and high."""
    by = accounts["incident_id"]
    closed = accounts["given_max"].notna()
    # The smallest and the largest number among accounts that close their range; with none closed, the smallest minimum.
    low = accounts["low"].where(closed).groupby(by).min().fillna(accounts["low"].groupby(by).min())
    high = accounts["given_max"].groupby(by).max()
    # "At least four" beside "three" leaves it open upwards, as it is where no account closes its range.
    high = high.mask(accounts["low"].where(~closed).groupby(by).max() > high)
    best = _best_numbers(voters).clip(low, high.fillna(np.inf))
    return pd.DataFrame({"low": low, "best": best, "high": high}).astype("Int64")


def _days_given(rows):
    """The day that each account gives; ``unclear`` ones only where an incident has no other."""
    dated = rows[rows["event_date"].notna()]
    clear = dated["date_basis"] != "unclear"
    any_clear = clear.groupby(dated["incident_id"]).transform("any")
    return latest_statements(dated[clear | ~any_clear], "event_date")[["incident_id", "event_date"]]


def _reconcile_dates(rows):
    """The day most accounts give, and the range; ties go to the nearest to the coder's day, which stands alone."""
    ids = pd.Series(rows["incident_id"].unique())
    coder = pd.Series(tables.coder_days(ids).to_numpy(), index=ids)
    given = _days_given(rows)
    votes = given.groupby(["incident_id", "event_date"]).size().rename("votes").reset_index()
    votes["distance"] = (votes["event_date"] - votes["incident_id"].map(coder)).abs()
    ranked = votes.sort_values(["votes", "distance", "event_date"], ascending=[False, True, True])
    by = given.groupby("incident_id")["event_date"]
    dates = {"date": ranked.groupby("incident_id")["event_date"].first(), "date_low": by.min(), "date_high": by.max()}
    return pd.DataFrame({name: days.reindex(coder.index).fillna(coder) for name, days in dates.items()})


def _reconcile_code(rows, field, listed=()):
    """The value of a closed field that most accounts give; ties by the rule in ``TIES``."""
    votes = latest_statements(rows, field).groupby(["incident_id", field]).size()
    most = votes[votes == votes.groupby("incident_id").transform("max")].reset_index()
    return most.groupby("incident_id")[field].agg(lambda v: v.iloc[0] if len(v) == 1 else TIES[field](list(v), listed))


def _reconcile_areas(rows):
    """Every launch area that an account names, sorted and joined by ``|``. Silent incidents are left out."""
    words = latest_statements(rows, "launch_area")
    return words.groupby("incident_id")["launch_area"].agg(lambda areas: "|".join(sorted(set(areas))))


def _disputed_counts(accounts):
    """Whether the accounts of each incident allow no common number."""
    by = accounts.groupby("incident_id")
    return by["low"].max() > by["high"].min()


def _disputed_values(statements, field):
    """Whether the accounts of each incident give different values."""
    return statements.groupby("incident_id")[field].nunique() > 1


def _counts(rows, site):
    """Accounts of each count; hits only by accounts that name the incident's site."""
    accounts = {name: _count_ranges(rows, name) for name in schemas.COUNTS + schemas.US_TOLLS}
    inside = accounts["hit"]["site_id"] == accounts["hit"]["incident_id"].map(site)
    return {**accounts, "hit": accounts["hit"][inside]}


def _name_disputes(rows, accounts):
    """The fields on which the accounts of each incident cannot all be right, joined by ``|``."""
    columns = {
        "date": _disputed_values(_days_given(rows), "event_date"),
        "site": _disputed_values(latest_statements(rows, "site_id"), "site_id"),
        **{name: _disputed_counts(ranges) for name, ranges in accounts.items()},
        **{field: _disputed_values(latest_statements(rows, field), field) for field in CLOSED_FIELDS},
    }
    disputed = pd.DataFrame(columns, index=pd.Index(rows["incident_id"].unique())).fillna(False).astype(bool)
    return disputed.dot(disputed.columns + "|").str.rstrip("|")


def _reconcile(reports, sources, site, lists):
    """The columns of an incident that derive from its reports, by ``incident_id``; ``site`` is each incident's."""
    rows = prepare(reports, sources)
    accounts = _counts(rows, site)
    incidents = _reconcile_dates(rows)
    for name, ranges in accounts.items():
        voters = _latest_day(ranges) if name in schemas.TOLLS else ranges
        numbers = _reconcile_count(ranges, voters).add_prefix(f"{name}_")
        incidents = incidents.join(numbers[f"{name}_best"].rename(name) if name in schemas.US_TOLLS else numbers)
    for field in CLOSED_FIELDS:
        incidents[field] = _reconcile_code(rows, field, list(lists.get(field, ())))
    by = rows.groupby("incident_id")
    return incidents.assign(
        launch_area=_reconcile_areas(rows),
        found_by=by["found_by"].agg(lambda values: min(values, key=list(lists["found_by"]).index)),
        n_reports=by.size(),
        n_independent=by["account"].nunique(),
        disputed=_name_disputes(rows, accounts),
    )


def build_incidents(
    raw: dict[str, pd.DataFrame],
    scope: str = "all",
    inclusion: list[str] | None = None,
    schema: schemas.Schema | None = None,
) -> gpd.GeoDataFrame:
    """Derive incidents from checked raw tables.

    Parameters
    ----------
    raw : dict of DataFrame
    scope : {"all", "article"}
        All reports, or the founding article's rows alone.
    inclusion : list of str, optional
        All by default.
    schema : Schema, optional
        The package's by default.

    Returns
    -------
    GeoDataFrame
        Sorted by date.

    Raises
    ------
    ValueError
        Where there is none.

    Examples
    --------
    >>> build_incidents(load_raw("my_collection"), "article")  # doctest: +SKIP
    """
    schema = schema or schemas.load_schema()
    inclusion = list(schema.lists["inclusion"]) if inclusion is None else inclusion
    reports, register = raw["reports"], raw["incident_register"].set_index("incident_id")
    if scope == ARTICLE:
        reports = reports[reports["source_id"] == ARTICLE]
        register = register.assign(site_id=reports.set_index("incident_id")["site_id"]).dropna(subset=["site_id"])
    register = register[register["inclusion"].isin(inclusion)]
    if register.empty:
        raise ValueError(f"no incident of scope {scope!r} is {' or '.join(inclusion)}")
    reports = reports[reports["incident_id"].isin(register.index)]
    incidents = _reconcile(reports, raw["sources"], register["site_id"], schema.lists)
    incidents = register[["site_id", "inclusion", "basis"]].join(incidents).reset_index()
    about = ["site_id", "site_name", "site_type", "complex", "country", "latitude", "longitude"]
    sites = raw["sites"].rename(columns={"name": "site_name"})[about]
    incidents = incidents.merge(sites, on="site_id", how="left", validate="many_to_one")
    incidents["target"] = schemas.target(incidents["site_type"], schema)
    incidents = incidents.fillna(dict.fromkeys(set(CLOSED_FIELDS) - {"claimed_by"}, "unknown"))
    typed = {name: tables.type_column(incidents[name], column) for name, column in schema.incidents.columns.items()}
    incidents = tables.with_points(pd.DataFrame(typed)).drop(columns=["latitude", "longitude"])
    return incidents.sort_values(["date", "incident_id"], ignore_index=True)


def coded_cells(reports: pd.DataFrame, source_id: str) -> pd.DataFrame:
    """List every cell that one source fills, one per row.

    Parameters
    ----------
    reports : DataFrame
    source_id : str

    Returns
    -------
    DataFrame
        Indexed by ``incident_id`` and ``column``: ``coded``, as text. Silent cells are left out.

    Examples
    --------
    >>> reports = pd.DataFrame({"incident_id": ["i"], "source_id": ["s"], "coder": ["c"], "found_by": ["protocol"],
    ...                         "event_date": pd.to_datetime(["2020-01-03"]), "weapon": ["unknown"]})
    >>> coded_cells(reports, "s")["coded"].to_dict()
    {('i', 'event_date'): '2020-01-03'}
    """
    rows = reports[reports["source_id"] == source_id].drop(columns=["source_id", "coder", "found_by"])
    rows = rows.assign(event_date=rows["event_date"].dt.strftime(schemas.DAY_FORMAT)).set_index("incident_id")
    cells = rows.astype("object").rename_axis("column", axis=1).stack().dropna()
    return cells[cells != "unknown"].astype("str").rename("coded").to_frame()
