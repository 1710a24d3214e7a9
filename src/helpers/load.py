"""The coded tables, or your own file."""

from pathlib import Path

import geopandas as gpd
import pandas as pd

from . import checks, incidents, schemas, tables
from .days import Day, as_anchor
from .importers import own


def load_raw(data_dir: str | Path | None = None) -> dict[str, pd.DataFrame]:
    """Load every raw table by name, checked by itself and against the others.

    Parameters
    ----------
    data_dir : path, optional
        The folder that holds ``raw/``; the repository's ``data/`` by default.

    Returns
    -------
    dict of DataFrame

    Raises
    ------
    DataError
        With every fault of every table.

    Examples
    --------
    >>> load_raw("my_collection")["reports"]  # doctest: +SKIP
    """
    raw, faults = checks.check_raw(Path(data_dir or tables.DATA_DIR) / "raw")
    if faults:
        raise tables.DataError(faults)
    return {name: table.reset_index(drop=True) for name, table in raw.items()}


def load_incidents(
    scope: str = "all",
    inclusion: str | list[str] = "core",
    dataset: str | Path | None = None,
    data_dir: str | Path | None = None,
    raw: dict[str, pd.DataFrame] | None = None,
    until: Day | None = None,
) -> gpd.GeoDataFrame:
    """Load one row per incident, derived from the reports.

    Parameters
    ----------
    scope : {"all", "article"}
        All reports, or the founding article's rows alone.
    inclusion : str or list of str
        One or several of ``core``, ``borderline``, ``excluded``.
    dataset : path, optional
        A file in the incident schema (``.parquet`` or ``.csv``) to read instead of the hand-coded tables, whatever the
        scope. All its rows are kept where it has no column ``inclusion``.
    data_dir : path, optional
        The folder that holds ``raw/``; the repository's ``data/`` by default.
    raw : dict of DataFrame, optional
        What :func:`load_raw` gave for that folder, to read it once for several selections.
    until : date, optional
        Last day: later incidents are left out, and the window ends there. By default all that the data cover.

    Returns
    -------
    GeoDataFrame
        Sorted by date. ``attrs``: ``source``, name, reports, version and licence of the data; ``window``, first and
        last day covered; of a collection with closed lists of its own, ``lists``: what each holds; of a file,
        ``notes``: sentences that say which rows are kept, and what was done to read them, and of an import with sites
        of one's own ``groups``, the two values of ``target``; of the hand-coded tables also
        ``anchor``, the day whose anniversaries are tested, ``event`` and ``event_short``, what happened on it,
        ``explored_until``, the last day of what had been looked at before the test was fixed, ``planned``, the years of
        the plan, and ``by_rule``, judgements on inclusion that the written rules would turn.

    Raises
    ------
    ValueError
        For an unknown scope or inclusion, where no incident is chosen, and for an ``until`` before the first one.
    DataError
        With every fault of the tables or the file.

    See Also
    --------
    helpers.incidents.build_incidents : the same from tables in memory.

    Examples
    --------
    >>> load_incidents(inclusion=["core", "borderline"])  # doctest: +SKIP
    >>> load_incidents(dataset="my_events.csv")  # doctest: +SKIP
    """
    data_dir = Path(data_dir or tables.DATA_DIR)
    schema = schemas.load_schema(data_dir)
    classes = [inclusion] if isinstance(inclusion, str) else list(inclusion)
    tables.check_choice("scope", [scope], ["all", incidents.ARTICLE])
    tables.check_choice("inclusion", classes, list(schema.lists["inclusion"]))
    lists = {name: list(values) for name, values in schema.lists.items()}
    own_lists = {"lists": lists} if schema.lists != schemas.package_schema().lists else {}
    if dataset is not None:
        if not str(dataset):
            raise ValueError("dataset is empty; give the name of a file, or leave it out for the hand-coded tables")
        data = _select(own.read_dataset(dataset, schema), classes)
        data.attrs = own_lists | data.attrs
        if scope != "all":
            data.attrs["notes"].append(f"The scope {scope} is one of the hand-coded tables; it leaves out no row here.")
        return _end(data, until)
    raw = load_raw(data_dir) if raw is None else raw
    data = incidents.build_incidents(raw, scope, classes, schema)
    # The protocol searched every month of its window; an article reports only the days that it chose.
    anchor = schema.collection.anchor
    first, last = tables.coded_window(raw["search_log"]) if scope == "all" else data["date"].agg(["min", "max"])
    data.attrs = {
        "window": [str(first.date()), str(last.date())],
        "anchor": str(anchor.date),
        "event": anchor.event,
        "event_short": anchor.short or anchor.event,
        **({"explored_until": str(anchor.explored_until)} if anchor.explored_until else {}),
        **({"planned": anchor.planned} if scope == "all" else {}),
        "by_rule": schema.collection.by_rule,
        **own_lists,
    }
    data = _end(data, until)
    data.attrs["source"] = _cite(schema.collection, int(data["n_reports"].sum()), tables.data_version(data_dir))
    return data


def _cite(collection, n_reports, version):
    """The source of hand-coded incidents, as charts print it."""
    name = f"{collection.name} ({collection.year})" if collection.year else collection.name
    reports = f"{n_reports:,} news report{'' if n_reports == 1 else 's'}"
    version = f"v{version}" if version[0].isdigit() else version
    return f"{name}, {reports}, data {version}, {collection.licence.name.replace('-', ' ')}"


def _end(data, until):
    """The incidents up to a day, with the window that ends there; of a file, a note says how many come later."""
    if until is None:
        return data
    last = as_anchor(until, "until")
    kept = data[data["date"] <= last].reset_index(drop=True)
    if kept.empty:
        raise ValueError(f"no incident lies up to {last.date()}; the first is of {data['date'].min().date()}")
    kept.attrs = dict(data.attrs)
    kept.attrs["window"] = [data.attrs["window"][0], min(data.attrs["window"][1], str(last.date()))]
    if "notes" in kept.attrs:
        later = f"Rows after {last.date()}, left out: {len(data) - len(kept)}."
        kept.attrs["notes"] = [*kept.attrs["notes"], later]
    return kept


def _select(data, classes):
    """The incidents of a file that are of some classes, with a note of how many are and are not."""
    kept = data[data["inclusion"].isin(classes)].reset_index(drop=True) if "inclusion" in data else data
    source, note = data.attrs["source"], f"Rows read: {len(data)}; kept: {len(kept)}"
    if kept.empty:
        raise ValueError(f"no incident of {source} is {' or '.join(classes)}")
    if len(kept) < len(data):
        others = data["inclusion"][~data["inclusion"].isin(classes)].value_counts(sort=False)
        note += f"; left out by their inclusion: {', '.join(f'{n} {name}' for name, n in others.items() if n)}"
    kept.attrs = {**data.attrs, "notes": [f"{source}. {note}.", *data.attrs["notes"]]}
    return kept
