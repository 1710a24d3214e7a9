"""Do strikes on the embassy differ from strikes on bases?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from .. import anniversaries, comparison, geography, incidents, schemas, tables
from .basics import ALPHA, about, covered, effect_text, event_days, listed, need, p_text


@dataclass(frozen=True)
class EmbassyVsBase:
    """Do strikes on the embassy differ from strikes on bases? See :func:`embassy_vs_base`.

    Attributes
    ----------
    tables : dict of DataFrame
        :func:`comparison.compare` for each reading of disputed counts.
    day_table : DataFrame
        The same for the best reading with whole days permuted.
    counts : DataFrame
        :func:`comparison.counts`.
    model : comparison.Model
        All measures together.
    n : Series
        Incidents by target.
    about : str
        n, period and data version.
    """

    tables: dict
    day_table: pd.DataFrame
    counts: pd.DataFrame
    model: comparison.Model
    n: pd.Series
    about: str

    @property
    def table(self):
        """The table of the best reading."""
        return self.tables["best"]

    @property
    def by_day(self):
        """p-values with whole days permuted."""
        return self.day_table["p_value"]

    @property
    def differing(self):
        """Measures that differ after adjustment."""
        return self.table[self.table["p_adjusted"] <= ALPHA]

    @property
    def verdict(self):
        """The finding as one clause."""
        n_tested = int(self.table["p_value"].notna().sum())
        if self.differing.empty:
            return f"no evidence that strikes on the embassy differ from strikes on bases in any of {n_tested} measures"
        return f"evidence that strikes on the embassy differ from strikes on bases in {listed(self.differing.index)}"

    @property
    def text(self):
        """The finding with its numbers, as sentences."""
        found = (
            f"There is {self.verdict} ({self.n['embassy']} strikes on diplomatic sites, {self.n['base']} on bases; "
            "p-values adjusted for the number of measures)."
        )
        if self.table["p_value"].isna().all():
            return found
        nearest = self.table.sort_values("p_value").iloc[0]
        return (
            f"{found} The nearest to a difference is {nearest.name}: {effect_text(nearest)}; "
            f"{p_text(nearest['p_value'])} alone and {p_text(nearest['p_adjusted'])} adjusted."
        )

    @property
    def silence_text(self):
        """The outcomes that accounts of most attacks leave open, as a clause."""
        shares = self.table[self.table["effect_type"] == "risk ratio"]
        silent = shares["embassy_missing"] + shares["base_missing"]
        mostly = shares.index[silent > self.n.sum() / 2]
        return f"Accounts of most attacks leave open: {', '.join(mostly)}" if len(mostly) else "Most outcomes are told"

    @property
    def unknown_text(self):
        """What cannot be compared, as a sentence."""
        silent = self.table[self.table["p_value"].isna()]
        return f"Not estimable from news reports: {', '.join(silent.index)}." if len(silent) else ""

    @property
    def robust_text(self):
        """What readings, days and silence do to the finding, as sentences; empty where nothing was tested."""
        tables = {"lowest reading of counts": self.tables["low"], "highest": self.tables["high"],
                  "whole days permuted": self.day_table}  # fmt: skip
        told = [
            f"{name}, {p_text(table['p_value'].min())} ({table['p_value'].idxmin()}; "
            f"adjusted, {p_text(table['p_adjusted'].min())})"
            for name, table in tables.items()
            if table["p_value"].notna().any()
        ]
        if not told:
            return ""
        signed = self.table["sign_survives"].dropna()
        open_ = self.table.loc[signed.index, ["embassy_missing", "base_missing"]].sum(axis=1) > 0
        kept = signed[open_ & signed].index
        words = f"in {len(kept)} ({listed(kept)})" if len(kept) else "in none"
        hidden = (
            f" Of {int(open_.sum())} measures with a direction that some incidents leave untold, the direction "
            f"survives the worst that silence could hide {words}."
        )
        return f"Read otherwise, the smallest p-values are: {'; '.join(told)}.{hidden if open_.any() else ''}"

    @property
    def model_text(self):
        """What the measures say together, as sentences."""
        model = self.model
        if model.refusal:
            return f"No model of all measures together: {model.refusal}."
        nearest = model.table.sort_values("p_value").iloc[0]
        return (
            f"Taken together in one logistic model with Firth's penalty ({model.n_first} and {model.n_second} "
            f"incidents, {len(model.table)} predictors), the measures give "
            f"{'evidence' if model.p_value <= ALPHA else 'no evidence'} of a difference ({p_text(model.p_value)}). "
            f"The nearest is {nearest.name}: odds ratio {nearest['odds_ratio']:.2g}, 95% interval "
            f"{nearest['ci_low']:.2g} to {nearest['ci_high']:.2g}; {p_text(nearest['p_value'])} alone and "
            f"{p_text(nearest['p_adjusted'])} adjusted."
        )


def in_context(data, events=None):
    """Incidents with what lies outside the reports of them: the launch's distance, and the last US strike.

    Parameters
    ----------
    data : DataFrame
        Incidents. Distances are measured where there is a ``launch_area``.
    events : DataFrame, optional
        As :func:`helpers.load_context_events` returns it. A strike of which only the US date is known is taken at the
        day after, as by :func:`rival_dates`; events known to the month alone are left out.

    Returns
    -------
    DataFrame
        With ``launch_km`` and ``days_since_us_strike``, as far as they can be had; numbered anew.
    """
    data = data.reset_index(drop=True)
    if "launch_area" in data and "launch_km" not in data:
        data = data.assign(launch_km=_launch_km(data))
    if events is None:
        return data
    strikes = event_days(events, "date_high").get("us_strike", [])
    return data.assign(days_since_us_strike=comparison.days_since(data["date"], strikes))


def _launch_km(data):
    """Launch distances, each pair of an area and a site measured once."""
    told = data[data["launch_area"].notna()]
    if told.empty:
        return pd.Series(pd.NA, index=data.index, dtype="Float64")
    pair = told.assign(point=told.geometry.to_wkb()).groupby(["launch_area", "point"], sort=False).ngroup()
    first = ~pair.duplicated()
    measured = geography.launch_distances(told[first])["distance_km"].set_axis(pair[first])
    return pair.map(measured).reindex(data.index)


def embassy_vs_base(data, events=None, anchor=anniversaries.SOLEIMANI):
    """Do strikes on the embassy differ from strikes on bases?

    Parameters
    ----------
    data : DataFrame
        Incidents with ``target``.
    events : DataFrame, optional
        For the days since the last US strike, see :func:`in_context`.
    anchor : date
        The event whose anniversaries are meant.

    Returns
    -------
    EmbassyVsBase

    Raises
    ------
    ValueError
        Where ``target`` is missing or does not hold both.
    """
    need(data, ["target"], "comparing the embassy with bases")
    data = in_context(data, events)
    return EmbassyVsBase(
        tables={reading: comparison.compare(data, reading=reading, anchor=anchor) for reading in comparison.READINGS},
        day_table=comparison.compare(data, unit="day", anchor=anchor),
        counts=comparison.counts(data),
        model=comparison.model(data, anchor=anchor),
        n=data["target"].value_counts(),
        about=about(data),
    )


def target_readings(data, raw):
    """What may count as the embassy, and what as a base.

    Parameters
    ----------
    data : DataFrame
        Incidents with ``incident_id``, ``target``, ``site_type`` and ``complex``.
    raw : dict of DataFrame
        As :func:`helpers.load.load_raw` returns it.

    Returns
    -------
    DataFrame
        One column per reading, one row per incident: ``embassy``, ``base``, or missing where the reading leaves the
        incident out. Where accounts are split evenly, the coder's word stands.
    """
    need(data, ["incident_id", "target", "site_type", "complex"], "other readings of the targets")
    target, kind, sites = data["target"].astype("object"), data["site_type"], raw["sites"]
    beside = data["complex"].isin(sites.loc[sites["site_type"] == "embassy", "complex"])
    return pd.DataFrame(
        {
            "as coded": target,
            "compound alone": target.where((target == "base") | (kind == "embassy")),
            "with Union III": target.mask((target == "base") & beside, "embassy"),
            "without BDSC": target.where(kind != "diplomatic_support"),
            "by most accounts": data["incident_id"].map(_most_accounts(data, raw)).fillna(target),
        }
    )


def _most_accounts(data, raw):
    """The target that most independent accounts of an incident name; none where they are split evenly."""
    reports = raw["reports"][raw["reports"]["incident_id"].isin(data["incident_id"])]
    words = incidents.latest_statements(incidents.prepare(reports, raw["sources"]), "site_id")
    named = words["site_id"].map(schemas.target(raw["sites"].set_index("site_id")["site_type"]))
    share = (named == "embassy").groupby(words["incident_id"]).mean()
    return share.map(lambda embassy: "embassy" if embassy > 0.5 else "base" if embassy < 0.5 else None)


def target_moves(data, raw, events=None):
    """Which findings move with what counts as the embassy.

    Parameters
    ----------
    data, raw
        As for :func:`target_readings`.
    events : DataFrame, optional
        As for :func:`embassy_vs_base`.

    Returns
    -------
    DataFrame
        By ``reading`` and ``measure``: ``embassy`` and ``base`` (incidents), ``effect``, ``p_value``, ``p_adjusted``,
        ``sign_survives``, and ``moves``: ``difference`` where the adjusted p-value passes 5% and did not, or the
        other way round, ``estimable`` where only one of the two can be tested, ``sign`` where the effect changes
        sides.
    """
    readings, data = target_readings(data, raw), in_context(data, events)
    tables = {name: comparison.compare(data.assign(target=target)) for name, target in readings.items()}
    first, parts = tables["as coded"], {}
    for name, table in tables.items():
        n = readings[name].value_counts()
        part = table[["effect", "p_value", "p_adjusted", "sign_survives"]].assign(moves=_moves(first, table))
        parts[name] = part.assign(embassy=n["embassy"], base=n["base"])
    columns = ["embassy", "base", "effect", "p_value", "p_adjusted", "sign_survives", "moves"]
    return pd.concat(parts, names=["reading", "measure"])[columns]


def _moves(first, table):
    """How each row of a table differs from the first's."""
    middle = first["effect_type"].map(comparison.NO_EFFECT)
    other_side = (first["effect"] - middle) * (table["effect"] - middle) < 0
    passes = (first["p_adjusted"] <= ALPHA) != (table["p_adjusted"] <= ALPHA)
    estimable = first["p_value"].isna() != table["p_value"].isna()
    moves = pd.Series("", index=table.index).mask(other_side, "sign").mask(passes, "difference")
    return moves.mask(estimable, "estimable")


def moves_text(moves):
    """Which findings move with what counts as the embassy, as sentences.

    Parameters
    ----------
    moves : DataFrame
        As :func:`target_moves` returns it.

    Returns
    -------
    str
    """
    readings = moves.index.get_level_values("reading")
    sizes = moves.groupby("reading", sort=False)[["embassy", "base"]].first()
    told = [f"{name} ({row['embassy']} against {row['base']})" for name, row in sizes.iterrows()]
    differing = moves[moves["moves"] == "difference"].fillna({"sign_survives": False})
    changed = [
        f"{measure} ({reading}; adjusted {p_text(row['p_adjusted'])}, but its direction "
        f"{'survives' if row['sign_survives'] else 'does not survive'} the worst that silence could hide)"
        for (reading, measure), row in differing.iterrows()
    ]
    signs = [
        f"{name}: {listed(rows.index.get_level_values('measure'))}"
        for name, rows in moves[moves["moves"] == "sign"].groupby("reading", sort=False)
    ]
    lost = [f"{measure} ({reading})" for reading, measure in moves.index[moves["moves"] == "estimable"]]
    untested = f" Measures that only one of the two readings can test: {listed(lost)}." if lost else ""
    return (
        f"The targets read in {readings.nunique()} ways: {listed(told)}. Findings that change at the 5% level: "
        f"{listed(changed) if changed else 'none'}. Effects that change sides: {'; '.join(signs) or 'none'}.{untested}"
    )


SITES_OF = {"embassy": "diplomatic sites", "base": "bases"}


@dataclass(frozen=True)
class Exposure:
    """How often sites were struck per day on which they could be. See :func:`exposure`.

    Attributes
    ----------
    sites : DataFrame
        :func:`comparison.exposure`.
    rates : DataFrame
        :func:`comparison.site_day_rates`.
    """

    sites: pd.DataFrame
    rates: pd.DataFrame

    @property
    def warning(self):
        """For how many sites the last day with US troops is not known, as sentences."""
        unknown = (~self.sites["known"]).groupby(self.sites["target"]).agg(["sum", "size"])
        told = [f"{row['sum']} of {row['size']} {SITES_OF[name]}" for name, row in unknown.iterrows()]
        return (
            f"The last day is not known for {listed(told)}. An empty date is not an open site, so rates over all sites "
            "have bounds and no estimate."
        )

    @property
    def text(self):
        """The rates, as sentences."""
        known = self.rates.loc["days known"] if "days known" in self.rates.index else self.rates.iloc[:0]
        told = [
            f"{row['rate_low']:.1f} on {SITES_OF[name]} (sites: {row['n_sites']:.0f}; attacks: {row['incidents']:.0f}; "
            f"site-days: {row['days_low']:,.0f}; 95% interval {row['ci_low']:.1f} to {row['ci_high']:.1f})"
            for name, row in known.iterrows()
        ]
        bounds = [
            f"{row['rate_low']:.1f} to {row['rate_high']:.1f} on {SITES_OF[name]}"
            for name, row in self.rates.loc["all"].iterrows()
        ]
        return (
            f"Attacks per 1,000 site-days where the days are known: {listed(told) if told else 'none'}. Over all "
            f"sites, as far as the days are known: {listed(bounds)}."
        )


def exposure(data, sites):
    """How often sites were struck per day on which they could be.

    Parameters
    ----------
    data : DataFrame
        Incidents with ``site_id``.
    sites : DataFrame
        As :func:`helpers.load_sites` returns it.

    Returns
    -------
    Exposure
    """
    need(data, ["site_id"], "rates per site-day")
    found = comparison.exposure(data, sites, covered(data))
    return Exposure(found, comparison.site_day_rates(found))


def contrasts(data, events=None):
    """The same comparison for other pairs of groups: country, weapon and period.

    Parameters
    ----------
    data : DataFrame
        Incidents.
    events : DataFrame, optional
        As for :func:`embassy_vs_base`.

    Returns
    -------
    dict of DataFrame
        :func:`comparison.compare` by the groups compared, as far as the data hold them: the two countries with most
        incidents, rockets and drones, the first and second half of the period covered.
    """
    first, last = covered(data)
    halves = np.where(data["date"] < first + (last - first) / 2, "first half", "second half")
    data = in_context(data, events).assign(period=halves)
    countries = sorted(data["country"].value_counts().index[:2].astype("str")) if "country" in data else []
    pairs = {"country": countries, "weapon": ["rocket", "drone"], "period": ["first half", "second half"]}
    return {
        f"{one} against {other}": comparison.compare(data, by=by, groups=[one, other])
        for by, (one, other) in ((by, pair) for by, pair in pairs.items() if len(pair) == 2)
        if by in data and {one, other} <= set(data[by].dropna())
    }


def contrasts_text(tables):
    """What differs between other pairs of groups, as sentences.

    Parameters
    ----------
    tables : dict of DataFrame
        As :func:`contrasts` returns it.

    Returns
    -------
    str
    """
    told = []
    for name, table in tables.items():
        found = table[table["p_adjusted"] <= ALPHA].sort_values("p_adjusted")
        words = [f"{measure} ({effect_text(row)}; adjusted {p_text(row['p_adjusted'])})"
                 for measure, row in found.iterrows()]  # fmt: skip
        told.append(f"{name}: {listed(words) if words else 'no evidence of a difference in any measure'}.")
    return " ".join(told)


COVERAGE = tables.DATA_DIR.parent / "benchmarks" / "comparison_coverage.csv"


def load_coverage(path=COVERAGE):
    """How often the comparison's tests reject and its intervals cover, as ``make level`` measured them.

    Returns
    -------
    DataFrame
        ``world``, ``method``, ``kind`` (``test`` or ``interval``), ``stated`` (a test's level, or 95%), ``n_sims``,
        ``rate``, ``standard_error``.
    """
    return pd.read_csv(path)


def coverage_text(rates):
    """Whether the comparison's tests and intervals keep what they state, as sentences.

    Parameters
    ----------
    rates : DataFrame
        As :func:`load_coverage` returns it.

    Returns
    -------
    str
    """
    tests, intervals = rates[(rates["kind"] == "test") & (rates["stated"] == ALPHA)], rates[rates["kind"] == "interval"]
    naive = tests["method"].str.contains("naive")
    clustered, held = tests.loc[naive, "rate"], tests.loc[~naive, "rate"]
    return (
        f"Simulated without a difference, the tests reject {held.min():.1%} to {held.max():.1%} of the time at 5%; "
        f"where attacks of one day are alike, taking them as independent rejects up to {clustered.max():.1%}. The 95% "
        f"intervals hold the truth, planted or none, {intervals['rate'].min():.1%} to {intervals['rate'].max():.1%} of "
        "the time."
    )


def outcome_shares(found):
    """Shares told as yes, told as no and not told, per measure and target.

    Parameters
    ----------
    found : EmbassyVsBase

    Returns
    -------
    DataFrame
        ``measure``, ``target``, ``n_yes``, ``n_no``, ``n_silent`` and their shares ``yes``, ``no``, ``silent``.
    """
    table = found.table[found.table["effect_type"] == "risk ratio"].reset_index()
    parts = []
    for target in ("embassy", "base"):
        told, silent = table[f"{target}_n"], table[f"{target}_missing"]
        yes = (told * table[f"{target}_value"].fillna(0)).round().astype(int)
        parts.append(pd.DataFrame({"measure": table["measure"], "target": target, "n_yes": yes,
                                   "n_no": told - yes, "n_silent": silent}))  # fmt: skip
    counts = pd.concat(parts, ignore_index=True)
    total = counts[["n_yes", "n_no", "n_silent"]].sum(axis=1)
    return counts.assign(**{name: counts[f"n_{name}"] / total for name in ("yes", "no", "silent")})
