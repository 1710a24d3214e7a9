"""What do the tables say most plainly: where, with what, to whom, on whose word?"""

import pandas as pd

from ..anniversaries import SOLEIMANI
from .basics import covered, finding, is_coded, require_columns, source_line
from .strikes import CAMPAIGN

NOT_REPORTED = "not reported"
TOLLS = {"killed": "killed", "injured": "injured", "us_killed": "US killed", "us_injured": "US injured"}
# What weapons are called where several attacks are meant; others keep their own word.
WEAPON_WORDS = {
    "rocket": "rockets",
    "drone": "drones",
    "ballistic_missile": "ballistic missiles",
    "mortar": "mortars",
    "mixed": "several kinds",
    "unknown": NOT_REPORTED,
}


@finding
def attacks_by_year(incidents: pd.DataFrame, every_incident: pd.DataFrame | None = None) -> dict:
    """Reported attacks by year and country, and how many of them belong to the campaign of 2023 to 2024.

    Parameters
    ----------
    incidents : DataFrame
        With ``date`` and ``country``.
    every_incident : DataFrame, optional
        With ``inclusion``, to say how many borderline ones lie in years without any of these.

    Returns
    -------
    dict
        ``table``, attacks by year and country, most first, with their sums; a year of the period without any has
        zeros. ``labels``, the years in words, in which a year that is covered in part says from which month to which;
        ``partial`` and ``without``, the labels of years covered in part and of years without attacks, and
        ``borderline_without``, how many borderline ones lie in the latter; ``leads``, the
        runs of years in which one country alone has most; ``busiest`` and its ``most``; ``total``, ``first`` and
        ``last``, and ``n_days``; ``campaign``, its days and how many attacks fell in it by year, or None in other data.

    Raises
    ------
    ValueError
        Where the data have no ``country``.

    Examples
    --------
    >>> rows = {"date": pd.to_datetime(["2021-01-03", "2022-05-01", "2022-06-01"]), "country": ["Iraq", "Syria", None]}
    >>> attacks_by_year(pd.DataFrame(rows))["table"].loc["all"].to_dict()
    {'Iraq': 1, 'Syria': 1, 'not reported': 1, 'all': 3}
    """
    require_columns(incidents, ["country"], "a table of attacks by country")
    found = _by_year(incidents, incidents["country"])
    return {**found, "campaign": _campaign(incidents), "borderline_without": _borderline_in(found, every_incident)}


def _borderline_in(found, every_incident):
    """How many borderline incidents lie in years without any of the chosen ones."""
    if every_incident is None or "inclusion" not in every_incident:
        return 0
    empty = found["table"].index[found["table"]["all"] == 0]
    borderline = every_incident["date"][every_incident["inclusion"] == "borderline"]
    return int(borderline.dt.year.isin(empty).sum())


@finding
def weapons_by_year(incidents: pd.DataFrame) -> dict:
    """Reported attacks by year and weapon.

    Parameters
    ----------
    incidents : DataFrame
        With ``date`` and ``weapon``.

    Returns
    -------
    dict
        As :func:`attacks_by_year` returns it, without a campaign; the columns of ``table`` are in the schema's order.

    Raises
    ------
    ValueError
        Where the data have no ``weapon``.

    Examples
    --------
    >>> rows = {"date": pd.to_datetime(["2021-01-03", "2022-05-01"]), "weapon": ["rocket", "unknown"]}
    >>> weapons_by_year(pd.DataFrame(rows))["table"].loc[2022].to_dict()
    {'rockets': 0, 'not reported': 1, 'all': 1}
    """
    require_columns(incidents, ["weapon"], "a table of attacks by weapon")
    weapons = incidents["weapon"].astype("object").map(lambda name: WEAPON_WORDS.get(name, name), na_action="ignore")
    order = incidents["weapon"].cat.categories if incidents["weapon"].dtype == "category" else list(WEAPON_WORDS)
    return _by_year(incidents, weapons, [WEAPON_WORDS.get(name, name) for name in order])


def _by_year(incidents, values, order=()):
    """Counts by year of the period and by value; what is not reported stands last."""
    values, days = values.astype("object").fillna(NOT_REPORTED), incidents["date"]
    first, last = covered(incidents)
    years = range(min(first.year, days.dt.year.min()), max(last.year, days.dt.year.max()) + 1)
    counts = pd.crosstab(days.dt.year, values).reindex(years, fill_value=0).rename_axis("year")
    by_number = counts.sum().sort_values(ascending=False, kind="stable").index
    names = [name for name in order if name in counts] + [name for name in by_number if name not in order]
    known = [name for name in names if name != NOT_REPORTED]
    counts = counts[known + [NOT_REPORTED] * (NOT_REPORTED in counts)].rename_axis(columns=None)
    total, labels = counts.sum(axis=1), {year: _year_label(year, first, last) for year in years}
    return {
        "page": "overview",
        "table": _with_sums(counts),
        "labels": labels,
        "partial": [label for year, label in labels.items() if label != str(year)],
        "without": [labels[year] for year in years if not total[year]],
        "leads": _leads(counts[known]),
        "busiest": total.idxmax(),
        "most": total.max(),
        "total": total.sum(),
        "first": first,
        "last": last,
        "n_days": (last - first).days + 1,
        "source_line": source_line(incidents),
    }


def _with_sums(counts):
    """Counts by year with the sums of rows and columns."""
    table = counts.assign(all=counts.sum(axis=1))
    return pd.concat([table, table.sum().to_frame("all").T]).rename_axis(counts.index.name)


def _year_label(year, first, last):
    """A year in words, with its months where it is covered in part."""
    start, end = max(first, pd.Timestamp(year, 1, 1)), min(last, pd.Timestamp(year, 12, 31))
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return str(year)
    return f"{start:%b} {year}" if start.month == end.month else f"{start:%b}–{end:%b} {year}"


def _leads(counts):
    """The runs of years in which one value alone has most, as dicts; a tie ends a run and is none."""
    runs = []
    for year, row in counts[counts.sum(axis=1) > 0].iterrows():
        leaders = row.index[row == row.max()]
        name = leaders[0] if len(leaders) == 1 else None
        if not runs or runs[-1]["name"] != name:
            runs.append({"name": name, "first": year, "n_first": row.max(), "of_first": row.sum()})
        runs[-1] |= {"last": year, "n_last": row.max(), "of_last": row.sum()}
    return runs


def _campaign(incidents):
    """The attacks of the campaign by year, where the data are those of the collection about this anniversary."""
    if not is_coded(incidents) or pd.Timestamp(incidents.attrs["anchor"]) != pd.Timestamp(SOLEIMANI):
        return None
    first, last = map(pd.Timestamp, CAMPAIGN)
    inside = incidents["date"][incidents["date"].between(first, last)]
    years = inside.dt.year.value_counts().sort_index().to_dict()
    return {"first": first, "last": last, "n_days": (last - first).days + 1, "n": len(inside), "years": years}


@finding
def casualties(incidents: pd.DataFrame) -> dict:
    """People reported killed and injured, by year, and how many incidents report it.

    Parameters
    ----------
    incidents : DataFrame
        With ``killed`` and ``injured``, each low, best and high, and ``us_killed`` and ``us_injured``.

    Returns
    -------
    dict
        ``numbers``, by year (and ``all``) and toll: the sums of ``best``, ``low`` and ``high`` numbers over the ``n``
        incidents ``of`` so many that report it; ``high`` is missing where some account leaves it open, and ``low`` and
        ``high`` of US tolls, which have one number. An incident that does not report adds nothing, and is no zero.
        ``table``, the same in words; ``largest``, for each toll the incident with most; ``exceeding``, incidents with
        more Americans killed than people, whose accounts contradict each other; ``us_exceeding`` and ``us_agreed``,
        the Americans killed in these and in all others.

    Raises
    ------
    ValueError
        Where the data lack one of the columns, or no incident reports any.

    Examples
    --------
    >>> rows = {"date": pd.to_datetime(["2021-01-03", "2021-05-01"]), "incident_id": ["a", "b"]}
    >>> tolls = ["killed_low", "killed_best", "killed_high", "injured_low", "injured_best", "injured_high"]
    >>> rows |= dict.fromkeys([*tolls, "us_killed", "us_injured"], [2, None])
    >>> casualties(pd.DataFrame(rows).convert_dtypes())["table"].loc["all", "killed"]
    '2 in 1 of 2'
    """
    ranges = [f"{toll}_{end}" for toll in ("killed", "injured") for end in ("low", "best", "high")]
    require_columns(incidents, ["incident_id", *ranges, "us_killed", "us_injured"], "a table of casualties")
    year = incidents["date"].dt.year
    groups = {**{name: incidents[year == name] for name in sorted(year.unique())}, "all": incidents}
    tolls = {(name, toll): _toll(rows, toll) for name, rows in groups.items() for toll in TOLLS}
    numbers = pd.DataFrame.from_dict(tolls, orient="index").astype("Int64").rename_axis(["year", "toll"])
    if not numbers["n"].any():
        raise ValueError("no incident reports whether anybody was killed or injured")
    words = {name: {word: _toll_words(tolls[name, toll]) for toll, word in TOLLS.items()} for name in groups}
    dead = ["killed_low", "killed_best", "killed_high", "us_killed"]
    exceeding = incidents[(incidents["us_killed"] > incidents["killed_best"]).fillna(False)]
    exceeding = exceeding.reindex(columns=["incident_id", "site_name", "date", *dead]).reset_index(drop=True)
    return {
        "page": "overview",
        "numbers": numbers,
        "table": pd.DataFrame(words).T.rename_axis("year"),
        "largest": {toll: _largest(incidents, toll) for toll in TOLLS},
        "exceeding": pd.DataFrame(exceeding),
        "n_exceeding": len(exceeding),
        "us_exceeding": exceeding["us_killed"].sum(),
        "us_agreed": incidents["us_killed"].sum() - exceeding["us_killed"].sum(),
    }


def _best(toll):
    """The column with the best number of a toll."""
    return toll if toll.startswith("us_") else f"{toll}_best"


def _toll(rows, toll):
    """The sums of a toll over the rows that report it."""
    told = rows[rows[_best(toll)].notna()]
    ends = {"low": pd.NA, "high": pd.NA}
    if not toll.startswith("us_"):
        ends = {end: told[f"{toll}_{end}"].sum(skipna=False) for end in ends}
    return {"best": told[_best(toll)].sum(), **ends, "n": len(told), "of": len(rows)}


def _toll_words(sums):
    """A sum of best numbers with its range, and how many incidents report it."""
    best, low, high, n, of = sums.values()
    if not n:
        return f"{NOT_REPORTED} in any of {of}"
    span = ""
    if not pd.isna(low) and (pd.isna(high) or low != high):
        span = f" ({low} or more)" if pd.isna(high) else f" ({low} to {high})"
    return f"{best}{span} in {n} of {of}"


def _largest(incidents, toll):
    """The incident with most of a toll, and how many; None where no incident has any."""
    best = incidents[_best(toll)].astype("Int64").fillna(0)
    return {"incident": incidents["incident_id"][best.idxmax()], "n": best.max()} if best.max() > 0 else None


@finding
def report_flow(every_incident: pd.DataFrame, reports: pd.DataFrame) -> pd.DataFrame:
    """From reports to core incidents.

    Parameters
    ----------
    every_incident, reports : DataFrame

    Returns
    -------
    DataFrame
        By step: reports, how many of them by follow-up searches, incidents, how many are known from these alone, and
        how many are core, borderline and excluded. Where a collection was looked at in two parts, a column for each
        and one for ``all``.

    Raises
    ------
    ValueError
        Where the data do not say what is core, or how an incident was found.

    Examples
    --------
    >>> rows = {"incident_id": ["a"], "date": pd.to_datetime(["2022-01-03"]), "inclusion": ["core"],
    ...         "found_by": ["protocol"]}
    >>> reports = pd.DataFrame({"incident_id": ["a", "a"], "found_by": ["protocol", "followup"]})
    >>> report_flow(pd.DataFrame(rows), reports)["all"].tolist()
    [2, 1, 1, 0, 1, 0, 0]
    """
    require_columns(every_incident, ["inclusion", "found_by"], "the flow from reports to incidents")
    (first, last), until = covered(every_incident), every_incident.attrs.get("explored_until")
    parts = {}
    if until and first <= pd.Timestamp(until) < last:
        early = every_incident["date"] <= pd.Timestamp(until)
        after = pd.Timestamp(until) + pd.Timedelta(days=1)
        parts[f"{first:%Y-%m} to {until[:7]}"] = every_incident[early]
        parts[f"{after:%Y-%m} to {last:%Y-%m}"] = every_incident[~early]
    parts["all"] = every_incident
    return pd.DataFrame({name: _steps(rows, reports) for name, rows in parts.items()}).rename_axis("step")


def _steps(incidents, reports):
    """How many reports and incidents there are at each step."""
    rows = reports[reports["incident_id"].isin(incidents["incident_id"])]
    return {
        "reports": len(rows),
        "of them by follow-up searches": (rows["found_by"] == "followup").sum(),
        "incidents": len(incidents),
        "of them known from follow-ups alone": (incidents["found_by"] == "followup").sum(),
        **{name: (incidents["inclusion"] == name).sum() for name in ("core", "borderline", "excluded")},
    }


@finding
def claims(every_incident: pd.DataFrame) -> dict:
    """Who claims attacks, by the names that reports give.

    Parameters
    ----------
    every_incident : DataFrame
        With ``claimed_by``: names joined by ``|``. Excluded incidents are left aside.

    Returns
    -------
    dict
        ``groups``, incidents by name and inclusion, most first; names that are spelt alike count together, others never
        do. ``by_year``, incidents claimed and not reported to be; ``n_claimed`` of ``n``, by ``n_names`` names.

    Raises
    ------
    ValueError
        Where the data have no ``claimed_by``, or no incident is claimed.

    Examples
    --------
    >>> rows = {"date": pd.to_datetime(["2021-01-03", "2021-05-01"]), "claimed_by": ["Group A|Group B", "Group A"]}
    >>> claims(pd.DataFrame(rows))["groups"]["all"].to_dict()
    {'Group A': 2, 'Group B': 1}
    """
    require_columns(every_incident, ["claimed_by"], "counting claims")
    kind = every_incident.get("inclusion", pd.Series("incidents", every_incident.index)).astype("object")
    kept = every_incident[kind != "excluded"]
    names = kept["claimed_by"].str.split("|").explode().astype("str").str.strip().replace("", pd.NA).dropna()
    names = names[~names.reset_index().duplicated().to_numpy()]  # a name counts once for an incident
    if names.empty:
        raise ValueError("no incident is claimed by anybody")
    groups = pd.crosstab(names, kind[names.index].to_numpy()).rename_axis(columns=None)
    groups = groups[[name for name in ("core", "borderline", "incidents") if name in groups]]
    groups = groups.assign(all=groups.sum(axis=1)).rename_axis("claimed by").reset_index()
    groups = groups.sort_values(["all", "claimed by"], ascending=[False, True]).set_index("claimed by")
    state = kept.index.isin(names.index)
    state = pd.Series(state, kept.index).map({True: "claimed", False: NOT_REPORTED}) + ", " + kind[kept.index]
    by_year = pd.crosstab(kept["date"].dt.year.rename("year"), state).rename_axis(columns=None)
    return {
        "page": "overview",
        "groups": groups,
        "by_year": by_year[[name for part in groups for name in by_year if name.endswith(f", {part}")]],
        "n_claimed": names.index.nunique(),
        "n": len(kept),
        "n_names": len(groups),
        "n_once": (groups["all"] == 1).sum(),
    }


@finding
def basis_by_year(incidents: pd.DataFrame) -> dict:
    """Whose account incidents rest on at best, by year.

    Parameters
    ----------
    incidents : DataFrame
        With ``basis``.

    Returns
    -------
    dict
        ``table``, incidents by year and basis, the strongest first, with their sums; ``n_official`` and
        ``n_not_recorded`` of ``n``; ``until``, the last day of the part that was coded before, whose shares are not to
        be compared with those after it, or None.

    Raises
    ------
    ValueError
        Where the data do not tell any basis.

    Examples
    --------
    >>> rows = {"date": pd.to_datetime(["2021-01-03", "2021-05-01"]), "basis": ["official", "claim"]}
    >>> basis_by_year(pd.DataFrame(rows))["table"].loc[2021].to_dict()
    {'official': 1, 'claim': 1, 'all': 2}
    """
    require_columns(incidents, ["basis"], "a table of whose account incidents rest on")
    known = incidents[incidents["basis"].notna()]
    if known.empty:
        raise ValueError("no incident says whose account it rests on")
    order = known["basis"].cat.categories if known["basis"].dtype == "category" else known["basis"].unique()
    counts = pd.crosstab(known["date"].dt.year.rename("year"), known["basis"].astype("object"))
    counts = counts[[name for name in order if name in counts]].rename_axis(columns=None)
    (first, last), until = covered(incidents), incidents.attrs.get("explored_until")
    return {
        "page": "overview",
        "table": _with_sums(counts),
        "n": len(known),
        "n_official": (known["basis"] == "official").sum(),
        "n_not_recorded": (known["basis"] == "not_recorded").sum(),
        "until": until if until and first <= pd.Timestamp(until) < last else None,
    }
