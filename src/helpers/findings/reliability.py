"""Would another coder have coded the same: which attacks both found, and how far they agree on them."""

import numpy as np
import pandas as pd

from .. import reliability, schemas, tables
from ..incidents import CLOSED_FIELDS, build_incidents
from .basics import finding
from .coverage import FIELD_WORDS

# Of alpha; Krippendorff (2004), Content Analysis, 2nd edition: below the second no conclusion, up to the first a
# tentative one.
CUT_OFFS = {"reliable": 0.8, "tentative": 0.667}
FEWEST = 10  # units for a judgement
MATCHED_ON = ("date", "event_date", "site_id")  # pairs are a day apart at most, and of one complex
JUDGEMENTS = ("reliable", "tentative", "undecided", "not reliable", "no disagreement", "one value only", "no interval",
              "too few", "matched on it")  # fmt: skip
SELDOM = 0.9  # raw agreement from which a low alpha comes of rare values
ENDS = {"min": "at least", "max": "at most"}
_KEYS = ["incident_id", "source_id"]
_SECOND = "second_coding/"
_WORDS = FIELD_WORDS | {"event_date": "day", "date": "day", "site_id": "site", "date_basis": "how the day is told",
                        "defence_active": "defence active"}  # fmt: skip


@finding
def coder_agreement(raw: dict[str, pd.DataFrame]) -> dict:
    """How far a second coder's incidents and fields agree with the first's, in the months that both coded.

    Parameters
    ----------
    raw : dict of DataFrame
        The raw tables, those of ``second_coding/`` among them. Incidents of every inclusion count.

    Returns
    -------
    dict
        ``found``: incidents by the first's inclusion, found by both or by one alone; ``shares``: of each coder's those
        that the other found too, with intervals; ``pairs`` of incidents, and ``single``, those without a partner;
        ``shared``: accounts on pages that both read. ``incidents`` and ``pages``, rows of
        :func:`helpers.reliability.agreement` with a ``judgement``: of incidents reconciled from each coder's own pages,
        and of what both wrote of one page; ``incident_differences`` and ``page_differences``, every disagreement.

    Raises
    ------
    ValueError
        Where there is no second coding, or no month that both coders searched.

    Examples
    --------
    >>> coder_agreement({"reports": pd.DataFrame()})
    Traceback (most recent call last):
    ValueError: the collection has no second coding: a folder second_coding beside its tables, of another coder's rows
    """
    if f"{_SECOND}reports" not in raw:
        raise ValueError(
            "the collection has no second coding: a folder second_coding beside its tables, of another coder's rows"
        )
    months, left_out = _months(raw)
    first, second = _incidents(raw, months)
    pairs = reliability.match_incidents(first, second)
    pairs["found_by"] = pairs["first"].map(first.set_index("incident_id")["found_by"].astype("str"))
    same = pairs.set_index("first")["second"]
    single = _single(first, second, pairs, months)
    compared = _codings(raw, first, second, same)
    rows = {name: _judged(reliability.agreement(*codings, months=months)) for name, codings in compared.items()}
    apart = {f"{name}_differences": _told(reliability.differences(*codings)) for name, codings in compared.items()}
    return {
        "page": "reliability",
        "n_months": len(months),
        "n_left_out": left_out,
        "found": _found(first, pairs, single),
        "shares": _shares(pairs, single, months),
        "pairs": pairs,
        "n_same_day": int((pairs["days"] == 0).sum()),
        "single": single,
        "n_followup": int(single["coder"].eq("first").mul(single["found_by"].eq("followup")).sum()),
        "shared": _on_shared_pages(raw, months, same),
        "incidents": rows["incident"],
        "pages": rows["page"],
        "judged": _by_judgement(rows["incident"]),
        "skewed": _skewed(rows["incident"]),
        "silent": rows["incident"]["n_one_silent"].nlargest(3).loc[lambda n: n > 0].to_dict(),
        "cut_offs": CUT_OFFS,
        "fewest": FEWEST,
        **apart,
        "most_pages": apart["page_differences"]["field"].value_counts().head(1).to_dict(),
    }


# --- who found what ---------------------------------------------------------------------------------------------------


def _months(raw):
    """The months that both coders searched, and how many one alone did of those that the second did."""
    both = set(raw["search_log"]["month"]) & set(raw[f"{_SECOND}search_log"]["month"])
    if not both:
        raise ValueError("no month of the second coding's search log is in the first's, so nothing was coded twice")
    return sorted(both), raw[f"{_SECOND}search_log"]["month"].nunique() - len(both)


def _month_of(ids):
    return tables.coder_days(ids).dt.strftime("%Y-%m")


def _in_months(raw, months):
    """Each coder's reports of incidents whose day, by that coder, lies in the months."""
    reports = {"first": raw["reports"], "second": raw[f"{_SECOND}reports"]}
    return {who: rows[_month_of(rows["incident_id"]).isin(months)] for who, rows in reports.items()}


def _incidents(raw, months):
    """The incidents of each coder, made alike from reports; the first's reach a day over the months' ends."""
    ids = raw["incident_register"]["incident_id"]
    days = tables.coder_days(ids)
    near = [(days + pd.Timedelta(days=shift)).dt.strftime("%Y-%m").isin(months) for shift in (-1, 0, 1)]
    register = raw["incident_register"][np.any(near, axis=0)]
    reports = _in_months(raw, months)["second"]
    if register.empty or reports.empty:
        raise ValueError("one coder has no incident in the months that both searched")
    # A column that a second coding may lack; nothing rests on it.
    reports = reports.assign(found_by=reports["found_by"].fillna("protocol"))
    rows = reports.groupby("incident_id")["site_id"].agg(lambda named: named.mode().iloc[0])
    judged = rows.index.str.slice(11)  # the coder's judgement, where it is a site; a second attack there ends in _2
    sites = np.where(judged.isin(raw["sites"]["site_id"]), judged, rows)
    theirs = pd.DataFrame({"incident_id": rows.index, "site_id": sites, "inclusion": "core", "basis": None})
    sources = pd.concat([raw[f"{_SECOND}sources"], raw["sources"]]).drop_duplicates("source_id")
    second = raw | {"incident_register": theirs, "reports": reports, "sources": sources}
    schema = schemas.load_schema()
    return build_incidents(raw | {"incident_register": register}, schema=schema), build_incidents(second, schema=schema)


def _single(first, second, pairs, months):
    """The incidents without a partner, whose day lies in the months by their own coder."""
    about = ["incident_id", "date", "site_name", "inclusion", "found_by"]
    parts = []
    for who, rows in (("first", first), ("second", second)):
        alone = ~rows["incident_id"].isin(pairs[who]) & _month_of(rows["incident_id"]).isin(months)
        parts.append(pd.DataFrame(rows.loc[alone, about]).astype({"inclusion": "str"}).assign(coder=who))
    parts[1]["inclusion"] = None  # the second coder judges none
    return pd.concat(parts).sort_values(["date", "incident_id"], ignore_index=True)


def _found(first, pairs, single):
    """Incidents by the first's inclusion: found by both, and by one alone."""
    inclusion = first.set_index("incident_id")["inclusion"].astype("str")
    both = inclusion.reindex(pairs["first"]).value_counts()
    alone = single.loc[single["coder"] == "first", "inclusion"].value_counts()
    names = [name for name in schemas.load_schema().lists["inclusion"] if name in {*both.index, *alone.index}]
    table = pd.DataFrame({"both": both, "first alone": alone}).reindex(names).fillna(0).astype(int)
    table.loc["all"] = table.sum()
    n_second = int((single["coder"] == "second").sum())
    return table.assign(**{"second alone": pd.array([*[pd.NA] * len(names), n_second], dtype="Int64")})


def _shares(pairs, single, months):
    """Of each coder's incidents those that the other found too, with percentiles of draws of whole months."""
    alone = {who: single[single["coder"] == who] for who in ("first", "second")}
    chosen = {"first": (pairs, alone["first"]), "second": (pairs, alone["second"])}
    chosen["first, without follow-ups"] = [rows[rows["found_by"] != "followup"] for rows in chosen["first"]]
    weights, shares = reliability.month_weights(len(months)), {}
    for who, (both, other) in chosen.items():
        ids = both["second"], other["incident_id"]
        counts = np.column_stack([_month_of(named).value_counts().reindex(months, fill_value=0) for named in ids])
        drawn, n_both, n = weights @ counts, len(both), len(both) + len(other)
        n_drawn = drawn.sum(axis=1)
        low, high = np.quantile(drawn[n_drawn > 0, 0] / n_drawn[n_drawn > 0], [0.025, 0.975]) if n else (0, 0)
        ends = (low, high) if low < high else (np.nan, np.nan)
        shares[who] = n_both, n, n_both / n if n else np.nan, *ends
    columns = ["found_by_other", "n", "share", "ci_low", "ci_high"]
    return pd.DataFrame(shares.values(), index=pd.Index(shares, name="coder"), columns=columns)


# --- what is compared, and what it says -------------------------------------------------------------------------------


def _renamed(rows, same):
    """The rows of incidents that have a partner, under the second coder's ids, whose months were drawn."""
    kept = pd.DataFrame(rows[rows["incident_id"].isin(same.index)])
    return kept.assign(incident_id=kept["incident_id"].map(same))


def _codings(raw, first, second, same):
    """What is compared: incidents as each coder's reports make them, and what both read in one page."""
    counts = {f"{name}_best": name for name in schemas.COUNTS}
    chosen = ["incident_id", "date", "site_id", *CLOSED_FIELDS, *counts, *schemas.US_TOLLS]
    incidents = [pd.DataFrame(rows)[chosen].rename(columns=counts) for rows in (_renamed(first, same), second)]
    reports = [_renamed(raw["reports"], same), raw[f"{_SECOND}reports"]]
    reports = [rows.drop(columns="found_by") for rows in reports]  # how a page was found is no reading of it
    sites = raw["sites"]["site_id"]
    listed = [[rows.assign(site_id=pd.Categorical(rows["site_id"], sites)) for rows in pair]
              for pair in (incidents, reports)]  # fmt: skip
    return {"incident": (*listed[0], _KEYS[:1]), "page": (*listed[1], _KEYS)}


def _on_shared_pages(raw, months, same):
    """Accounts of incidents on the pages that both coders read in these months: of both, and of each."""
    read = _in_months(raw, months)
    pages = set(read["first"]["source_id"]) & set(read["second"]["source_id"])
    told = {who: rows.loc[rows["source_id"].isin(pages), _KEYS] for who, rows in read.items()}
    common = _renamed(told["first"], same).merge(told["second"])
    n = {who: len(rows) for who, rows in told.items()}
    return {"pages": len(pages), "both": len(common), "either": n["first"] + n["second"] - len(common), **n}


def _judged(table):
    """The rows with their judgement, and with the fields in words."""
    judgements = ["matched on it" if name in MATCHED_ON else _judge(row) for name, row in table.iterrows()]
    table = table.assign(judgement=judgements)
    return table.rename(index=_in_words).rename_axis("field")


def _judge(row):
    """What alpha allows to say of one field, by the lower of its two lower ends."""
    if row["n"] < FEWEST:
        return "too few"
    if row["note"] in JUDGEMENTS:
        return row["note"]
    low, high = (
        pick(row[f"alpha_{end}"], row[f"alpha_jackknife_{end}"]) for pick, end in ((min, "low"), (max, "high"))
    )
    if np.isnan(low) or np.isnan(high):
        return "no interval"
    reached = [name for name, least in CUT_OFFS.items() if low >= least]
    return reached[0] if reached else "not reliable" if high < CUT_OFFS["tentative"] else "undecided"


def _by_judgement(table):
    """The fields of each judgement, of which there may be none."""
    return {name: list(table.index[table["judgement"] == name]) for name in JUDGEMENTS}


def _skewed(table):
    """Fields on which coders nearly always agree, and alpha says little, as nearly all units have one value."""
    return list(table.index[(table["raw"] >= SELDOM) & (table["alpha"] < CUT_OFFS["tentative"])])


def _in_words(field):
    """A column in words; of a range, its least and its most."""
    name, _, end = field.rpartition("_")
    if end in ENDS:
        return f"{_WORDS.get(name, name)}, {ENDS[end]}"
    return _WORDS.get(field, field.replace("_", " "))


def _told(table):
    return table.assign(field=table["field"].map(_in_words))
