"""What the data set and the founding article hold, and where accounts differ."""

from dataclasses import dataclass

import pandas as pd

from .. import incidents, schemas
from .basics import need


@dataclass(frozen=True)
class Coverage:
    """What the data set holds. See :func:`coverage`.

    Attributes
    ----------
    by_year : DataFrame
        Incidents by year and, where told, target.
    n_incidents, n_reports, n_sources, n_single, n_disputed, n_followup : int
        Incidents, reports of them, sources of those; incidents told by one independent account, disputed in at least
        one field, and found by follow-up look-ups alone.
    """

    by_year: pd.DataFrame
    n_incidents: int
    n_reports: int
    n_sources: int
    n_single: int
    n_disputed: int
    n_followup: int

    @property
    def text(self):
        """What the data set holds, as sentences."""
        return (
            f"{self.n_incidents} incidents, told by {self.n_reports} reports in {self.n_sources} sources. "
            f"On {self.n_disputed} of them independent accounts contradict each other in at least one field; "
            f"{self.n_single} rest on a single independent account. "
            f"{self.n_followup} were found by follow-up look-ups alone, so not by equal effort in every month."
        )


def coverage(data, reports):
    """What the data set holds.

    Parameters
    ----------
    data : DataFrame
        Incidents.
    reports : DataFrame
        The reports; those of other incidents are left aside.

    Returns
    -------
    Coverage
    """
    need(data, ["target", "n_independent", "disputed", "found_by"], "coverage")
    told = reports[reports["incident_id"].isin(data["incident_id"])]
    year = data["date"].dt.year.rename("year")
    return Coverage(
        by_year=pd.crosstab(year, data["target"], margins=True, margins_name="all"),
        n_incidents=len(data),
        n_reports=len(told),
        n_sources=told["source_id"].nunique(),
        n_single=int((data["n_independent"] == 1).sum()),
        n_disputed=int((data["disputed"] != "").sum()),
        n_followup=int((data["found_by"] == "followup").sum()),
    )


def effort(search_log):
    """The protocol's effort, as a sentence.

    Parameters
    ----------
    search_log : DataFrame
        As :func:`helpers.load_search_log` returns it.

    Returns
    -------
    str
    """
    queries = search_log.groupby("month").size()
    full = (search_log["results"] == search_log["results"].max()).mean()
    return (
        f"At least {queries.min()} queries were put to each of {len(queries)} months, and {full:.0%} of them came back "
        f"with a full page of {search_log['results'].max()}: a busy month was seen less completely than a "
        "quiet one, which hides clusters if anything."
    )


def article_words(data):
    """What the founding article says of each attack, as sentences.

    Parameters
    ----------
    data : DataFrame
        Incidents with ``scope="article"``.

    Returns
    -------
    list of str
    """
    return [
        f"{row.date.day} {row.date:%B %Y}, {row.site_name}. Launched: {_count_text(row, 'launched')}; inside the "
        f"perimeter: {_count_text(row, 'hit')}; injured: {_count_text(row, 'injured')}; "
        f"defence active: {row.defence_active}."
        for row in data.itertuples()
    ]


def article_text(alone, together):
    """How far the founding article goes, as a sentence.

    Parameters
    ----------
    alone, together : DataFrame
        Incidents of the article, and of all reports.

    Returns
    -------
    str
    """
    exact = sum((alone[f"{name}_low"] == alone[f"{name}_high"]).fillna(False) for name in schemas.COUNTS).gt(0).sum()
    first, last = alone["date"].min(), alone["date"].max()
    return (
        f"The article tells of {len(alone)} attacks on {alone['date'].nunique()} days, from {first.day} {first:%B %Y} "
        f"to {last.day} {last:%B %Y}, and gives an exact number for {exact} of them. "
        f"All reports together tell of {len(together)}."
    )


def _count_text(row, name):
    low, high = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
    if pd.isna(low):
        return "not told"
    if pd.isna(high):
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"


def disagreements(data):
    """How often independent accounts dispute each field.

    Parameters
    ----------
    data : DataFrame
        Incidents with ``disputed`` and ``n_independent``.

    Returns
    -------
    DataFrame
        ``field``, ``disputed`` (incidents), ``n`` (incidents with two or more accounts), ``share``; most first. Empty
        where no accounts contradict each other.
    """
    need(data, ["n_independent", "disputed"], "comparing accounts")
    several = data[data["n_independent"] >= 2]
    counts = several["disputed"].str.split("|").explode().replace("", pd.NA).dropna().value_counts()
    table = counts.rename_axis("field").rename("disputed").reset_index().sort_values(["disputed", "field"])[::-1]
    table["field"] = table["field"].replace(FIELD_WORDS).str.replace("_", " ")
    return table.assign(n=len(several), share=table["disputed"] / max(len(several), 1)).reset_index(drop=True)


def disagreements_text(data):
    """The field that accounts dispute most often, as a clause.

    Parameters
    ----------
    data : DataFrame
        As for :func:`disagreements`.

    Returns
    -------
    str
    """
    table, n = disagreements(data), int((data["n_independent"] >= 2).sum())
    if table.empty:
        return f"Accounts contradict each other on no field of {n} attacks"
    top = table.iloc[0]
    return f"Accounts contradict each other on {top['field']} in {top['disputed']} of {n} attacks"


def accounts_text(data):
    """How the numbers of accounts pile up, as a sentence.

    Parameters
    ----------
    data : DataFrame
        Incidents with ``n_independent``.

    Returns
    -------
    str
    """
    need(data, ["n_independent"], "counting accounts")
    most = data["n_independent"].mode().max()
    exactly, more = int((data["n_independent"] == most).sum()), int((data["n_independent"] > most).sum())
    return f"Incidents with exactly {most} independent accounts: {exactly} of {len(data)}; with more: {more}."


FIELD_WORDS = {"launched": "munitions launched", "hit": "rounds inside", "intercepted": "rounds intercepted",
               "us_injured": "US injured", "us_killed": "US killed"}  # fmt: skip
ACCOUNT_FIELDS = {"launched": "Launched", "hit": "Inside the perimeter", "injured": "Injured"}


def accounts_of(incident_id, reports, sources):
    """What each source says of one incident's numbers.

    Parameters
    ----------
    incident_id : str
    reports, sources : DataFrame

    Returns
    -------
    DataFrame
        One row per (source, field): ``source``, ``account`` (equal where sources are one account), ``site_id``,
        ``field``, ``low``, ``high``. A missing ``low`` is silence, a missing ``high`` beside it is "at least". The
        founding article comes first.
    """
    rows = incidents.prepare(reports[reports["incident_id"] == incident_id], sources)
    rows = rows.sort_values("source_id", key=lambda ids: ids.where(ids != incidents.ARTICLE, ""))
    label = rows["publisher"].fillna("Founding article")
    label = label.where(~label.duplicated(keep=False), rows["source_id"])
    label = label + rows["agency"].astype("str").map(lambda a: "" if a in ("own", "unknown") else f" ({a})")
    parts = [
        pd.DataFrame({"source": label, "account": rows["account"], "site_id": rows["site_id"], "field": words,
                      "low": rows[f"{name}_min"], "high": rows[f"{name}_max"]})
        for name, words in ACCOUNT_FIELDS.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True).astype({"low": "Float64", "high": "Float64"})


def article_headline(accounts):
    """Title and source line of the chart that sets the founding article beside the other sources.

    Parameters
    ----------
    accounts : DataFrame
        As :func:`accounts_of` returns it.

    Returns
    -------
    tuple of str
    """
    launched = accounts[accounts["field"] == ACCOUNT_FIELDS["launched"]]
    article = launched.iloc[0]
    others = launched[launched["account"] != article["account"]].groupby("account")["high"].max()
    return (
        f"{int((others < article['low']).sum())} of {len(others)} other accounts count fewer rockets than the founding "
        "article",
        f"{len(launched)} sources of one attack, {len(others) + 1} accounts: texts of one agency are one. 'Inside' is "
        "by each source's own site; some name only the Green Zone.",
    )


def side_by_side(columns):
    """Series of one index as the columns of a table, rows without any value left out.

    Parameters
    ----------
    columns : dict of Series

    Returns
    -------
    DataFrame
    """
    return pd.concat(columns, axis=1).dropna(how="all")
