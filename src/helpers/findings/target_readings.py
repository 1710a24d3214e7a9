"""Sensitivity analysis: what may count as a diplomatic site, and which findings rest on that."""

import pandas as pd

from .. import comparison, schemas
from .. import incidents as reconciliation
from ..anniversaries import Day
from .basics import finding, group_pair, require_columns
from .embassy_vs_base import add_context_columns, find_differences, select_primary

P_VALUES = ["p_value", "p_adjusted", "p_within_years", "p_within_adjusted"]
COLUMNS = ["embassy", "base", "effect", *P_VALUES, "sign_survives", "moves"]


def target_readings(incidents: pd.DataFrame, raw: dict) -> pd.DataFrame:
    """What may count as a diplomatic site, and what as a base.

    Parameters
    ----------
    incidents : DataFrame
    raw : dict of DataFrame
        As :func:`helpers.load.load_raw` returns it.

    Returns
    -------
    DataFrame
        One column per reading, one row per incident: ``embassy``, ``base``, or missing where the reading leaves the
        incident out. Where accounts are split evenly, the coder's word stands.

    Examples
    --------
    >>> target_readings(pd.DataFrame({"target": ["base"]}), {})
    Traceback (most recent call last):
    ValueError: other readings of the targets needs the column(s) incident_id, site_type, complex; the data have target
    """
    require_columns(incidents, ["incident_id", "target", "site_type", "complex"], "other readings of the targets")
    if group_pair() != ("embassy", "base"):
        raise ValueError("other readings of the targets are those of the groups embassy and base")
    target, kind, sites = incidents["target"].astype("object"), incidents["site_type"], raw["sites"]
    beside = incidents["complex"].isin(sites.loc[sites["site_type"] == "embassy", "complex"])
    return pd.DataFrame(
        {
            "as coded": target,
            "embassy compound only": target.where((target == "base") | (kind == "embassy")),
            "with Union III": target.mask((target == "base") & beside, "embassy"),
            "without BDSC": target.where(kind != "diplomatic_support"),
            "by most accounts": incidents["incident_id"].map(_most_accounts(incidents, raw)).fillna(target),
        }
    )


def _most_accounts(incidents, raw):
    """The target that most independent accounts of an incident name; none where they are split evenly."""
    reports = raw["reports"][raw["reports"]["incident_id"].isin(incidents["incident_id"])]
    rows = reconciliation.prepare(reports, raw["sources"])
    statements = reconciliation.latest_statements(rows, "site_id")
    named = statements["site_id"].map(schemas.target(raw["sites"].set_index("site_id")["site_type"]))
    share = (named == "embassy").groupby(statements["incident_id"]).mean()
    return share.map(lambda embassy: "embassy" if embassy > 0.5 else "base" if embassy < 0.5 else None)


@finding
def target_sensitivity(
    incidents: pd.DataFrame, raw: dict, events: pd.DataFrame | None = None, anchor: Day | None = None
) -> dict:
    """Which findings change with what counts as a diplomatic site.

    Parameters
    ----------
    incidents, raw, events, anchor
        As for :func:`target_readings` and :func:`helpers.findings.embassy_vs_base`.

    Returns
    -------
    dict
        Of the incidents of :func:`helpers.findings.embassy_vs_base`, ``table`` by ``reading`` and ``measure``; its
        ``moves`` says ``difference`` where both adjusted p-values are at most 5% and were not, or the other way round,
        ``estimable`` where only one of the two can be tested, ``sign`` where the effect changes sign; ``moving``, its
        rows that do. ``sizes``, incidents by reading.

    Examples
    --------
    >>> target_sensitivity(pd.DataFrame({"target": ["base"]}), {})
    Traceback (most recent call last):
    ValueError: other readings of the targets needs the column(s) incident_id, site_type, complex; the data have target
    """
    incidents = select_primary(add_context_columns(incidents, events))
    readings = target_readings(incidents, raw)
    tables = {
        name: comparison.compare(incidents.assign(target=target), anchor=anchor) for name, target in readings.items()
    }
    parts = {
        name: table.assign(moves=_moves(tables["as coded"], table), **readings[name].value_counts())[COLUMNS]
        for name, table in tables.items()
    }
    return _summarise_moves(pd.concat(parts, names=["reading", "measure"]))


def _summarise_moves(table: pd.DataFrame) -> dict:
    """The table of :func:`target_sensitivity` with what its page says of it."""
    rows = table.reset_index()
    signs = rows[rows["moves"] == "sign"].groupby("reading", sort=False)["measure"].agg(list)
    return {
        "page": "embassy_vs_base",
        "table": table,
        "moving": table.loc[table["moves"] != "", ["effect", *P_VALUES, "sign_survives", "moves"]],
        "sizes": rows.groupby("reading", sort=False)[["embassy", "base"]].first(),
        "signs": signs.to_dict(),
        "estimable": rows[rows["moves"] == "estimable"].to_dict("records"),
    }


def _moves(first, table):
    """How each row of a table differs from the first's."""
    middle = first["effect_type"].map(comparison.NO_EFFECT)
    other_side = (first["effect"] - middle) * (table["effect"] - middle) < 0
    differing = [table.index.isin(find_differences(rows)["differing"]) for rows in (first, table)]
    estimable = first["p_value"].isna() != table["p_value"].isna()
    moves = pd.Series("", index=table.index).mask(other_side, "sign").mask(differing[0] != differing[1], "difference")
    return moves.mask(estimable, "estimable")
