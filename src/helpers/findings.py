"""One function per question, returning the numbers that prose, chart titles and reports quote."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from . import anniversaries, comparison, geography, incidents, schemas, self_excitation, tables

WINDOW = 14
ALPHA = 0.05
DEADLINE = pd.Timedelta(
    days=3
)  # how long before the anniversary US combat forces were to have left, at the end of 2021


def covered(data):
    """First and last day that the data cover: ``attrs["window"]``, or the first and last date."""
    return tuple(pd.Timestamp(day) for day in data.attrs.get("window") or (data["date"].min(), data["date"].max()))


def study_period(data, anchor=anniversaries.SOLEIMANI):
    """First and last day on which an attack could have been an anniversary attack.

    Parameters
    ----------
    data : DataFrame
        Incidents. ``attrs["window"]`` gives the days covered; without it, the first and last date do.
    anchor : date
        The period begins the day after, so that the event's own aftermath can be told apart.

    Returns
    -------
    tuple of Timestamp
    """
    first, last = covered(data)
    return max(first, anniversaries.as_anchor(anchor) + pd.Timedelta(days=1)), last


def about(data, period=None, n_tested=None):
    """The source line of a chart: n, period and data version.

    Parameters
    ----------
    data : DataFrame
        Incidents.
    period : pair of dates, optional
        By default the days that the data cover. Incidents outside it are not counted.
    n_tested : int, optional
        How many of them lie in the tested years.

    Returns
    -------
    str
    """
    first, last = (pd.Timestamp(day) for day in period or covered(data))
    n = int(data["date"].between(first, last).sum())
    tested = (
        f", {n_tested} of them within {anniversaries.HALF} days of a tested anniversary" if n_tested is not None else ""
    )
    return f"{n} incidents, {first.date()} to {last.date()}{tested}. Source: {data.attrs.get('source', 'own data')}."


def need(data, columns, purpose):
    """Say which columns a data set lacks for a purpose.

    Raises
    ------
    ValueError
        Naming them, and the columns that are there.
    """
    missing = [column for column in columns if column not in data]
    if missing:
        there = ", ".join(map(str, data.columns))
        raise ValueError(f"{purpose} needs the column(s) {', '.join(missing)}; the data have {there}")


def day_text(anchor):
    """The day of an anniversary as text.

    >>> day_text("2020-01-03")
    '3 January'
    """
    anchor = pd.Timestamp(anchor)
    return f"{anchor.day} {anchor:%B}"


def listed(items):
    """Items as text, in a row.

    >>> listed([2021, 2022, 2023])
    '2021, 2022 and 2023'
    """
    *front, last = map(str, items)
    return f"{', '.join(front)} and {last}" if front else last


def p_text(p):
    """A p-value as text, two significant digits.

    >>> p_text(0.1479), p_text(0.0004)
    ('p = 0.15', 'p < 0.001')
    """
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def number_text(value):
    """A number as text, one decimal below ten.

    >>> number_text(6.904), number_text(13.0), number_text(float("inf"))
    ('6.9', '13', 'no upper limit')
    """
    if value == float("inf"):
        return "no upper limit"
    return f"{value:.0f}" if value >= 10 or value == round(value) else f"{value:.1f}"


def ratio_text(row):
    """A rate or risk ratio with its interval as text."""
    ratio, low, high = (number_text(row[name]) for name in ("rate_ratio", "ci_low", "ci_high"))
    return f"rate ratio {ratio}, 95% interval {low} to {high}"


@dataclass(frozen=True)
class Anniversary:
    """Do attacks cluster around the anniversary? See :func:`anniversary`.

    Attributes
    ----------
    window : int
        The headline window, days either side.
    test : anniversaries.PlaceboTest
        All windows, all whole anniversaries.
    years : DataFrame
        The headline window for all anniversaries, each apart and each left out.
    sides : DataFrame
        The headline window before and after the anniversary, each with its own global p.
    attack_days : anniversaries.PlaceboTest
        The same with each day counted once.
    offsets : DataFrame
        Per incident inside the blocks: ``incident_id``, ``date``, ``anniversary``, ``days``.
    critical : int
        Fewest incidents in the headline window that at most 5% of placebos reach.
    anchor : Timestamp
        The event whose anniversaries were tested.
    about : str
        n, period and data version.
    """

    window: int
    test: anniversaries.PlaceboTest
    years: pd.DataFrame
    sides: pd.DataFrame
    attack_days: anniversaries.PlaceboTest
    offsets: pd.DataFrame
    critical: int
    anchor: pd.Timestamp
    about: str

    @property
    def anchor_text(self):
        """The anniversary in words, such as ``3 January``."""
        return day_text(self.anchor)

    @property
    def headline(self):
        """The headline window's row of the table."""
        return self.test.table.loc[self.window]

    @property
    def verdict(self):
        """The finding as one clause."""
        found = "evidence" if self.test.p_value <= ALPHA else "no evidence"
        return f"{found} that attacks cluster around {self.anchor_text}"

    @property
    def text(self):
        """The finding with its numbers, as sentences."""
        row = self.headline
        return (
            f"There is {self.verdict} (global {p_text(self.test.p_value)} over windows of 1 to 45 days). "
            f"Attacks within {self.window} days of the anniversaries of {listed(self.test.anniversaries.year)}: "
            f"{row['observed']:.0f}, against {number_text(row['expected'])} expected at the rate of the remaining days "
            f"({ratio_text(row)}; {p_text(row['p_value'])} for this window alone)."
        )

    @property
    def years_text(self):
        """Where the attacks of the headline window lie, as a sentence."""
        years = self.test.anniversaries.year
        counts = [f"{self.years.loc[str(year), 'observed']} in {year}" for year in years]
        return f"By anniversary: {listed(counts)}."

    @property
    def other_text(self):
        """The two other global statistics, with and without each year, as sentences."""
        without = [
            f"without {name.split()[1]}, {p_text(row['global_p_ratio'])} and {p_text(row['global_p_z'])}"
            for name, row in self.years.iterrows()
            if name.startswith("without")
        ]
        return (
            f"Judged by the largest rate ratio or the largest z over the same windows, the global p-values are "
            f"{p_text(self.test.p_value_ratio)} and {p_text(self.test.p_value_z)}"
            + (f" ({'; '.join(without)})." if without else ".")
        )

    @property
    def without_text(self):
        """What each year does to the finding, as sentences; empty with a single anniversary."""
        parts = [
            f"without {name.split()[1]}, {row['observed']:.0f} against {number_text(row['expected'])} expected "
            f"(global {p_text(row['global_p_value'])})"
            for name, row in self.years.iterrows()
            if name.startswith("without")
        ]
        return f"Attacks with one year left out at a time: {'; '.join(parts)}." if parts else ""

    @property
    def limit_text(self):
        """What these data could not have shown, as a sentence."""
        total, days = self.test.n_inside, 2 * self.window + 1
        elsewhere = (total - self.critical) / (anniversaries.CIRCLE - days) * days
        few = f"Few anniversaries can be tested ({len(self.test.anniversaries)})"
        if elsewhere <= 0:
            return f"{few}: at this window no number of attacks could have stood out from the placebo days."
        return (
            f"{few}: at this window, fewer than {self.critical} attacks, a rate ratio of about "
            f"{number_text(self.critical / elsewhere)}, would not have stood out from the placebo days at the 5% level."
        )


def anniversary(data, period=None, anchor=anniversaries.SOLEIMANI, window=WINDOW):
    """Do attacks cluster around the anniversary?

    Parameters
    ----------
    data : DataFrame
        Incidents, as :func:`helpers.load_incidents` returns them.
    period : pair of dates, optional
        By default :func:`study_period`.
    anchor : date
        The event whose anniversaries are tested.
    window : int
        The headline window, days either side.

    Returns
    -------
    Anniversary

    Raises
    ------
    ValueError
        As :func:`helpers.anniversaries.placebo_test` does.
    """
    period = period or study_period(data, anchor)
    years = anniversaries.by_year(data["date"], window, anchor, period)
    test = anniversaries.placebo_test(data["date"], anchor, study_period=period)
    sides = {side: anniversaries.placebo_test(data["date"], anchor, study_period=period, side=side)
             for side in ("before", "after")}  # fmt: skip
    side_table = pd.DataFrame({side: found.table.loc[window] for side, found in sides.items()}).T
    placebos = test.placebos[:, test.table.index.get_loc(window)]
    reached = [count for count in range(1, test.n_inside + 1) if (placebos >= count).mean() <= ALPHA]
    return Anniversary(
        window=window,
        test=test,
        years=years,
        sides=side_table.assign(global_p_value=[found.p_value for found in sides.values()]).rename_axis("side"),
        attack_days=anniversaries.placebo_test(
            anniversaries.as_days(data["date"]).unique(), anchor, study_period=period
        ),
        offsets=block_offsets(data, test.anniversaries),
        critical=reached[0] if reached else test.n_inside + 1,
        anchor=anniversaries.as_anchor(anchor),
        about=about(data, period, test.n_inside),
    )


def block_offsets(data, blocks):
    """Per incident inside the blocks of anniversaries: its id, date, anniversary and days from it."""
    days = anniversaries.as_days(data["date"])
    offsets, block = anniversaries.offsets_in_blocks(days, blocks)
    dates = blocks[block] + pd.to_timedelta(offsets, unit="D")
    inside = data[days.isin(dates)].sort_values("date")
    order = dates.argsort()
    return pd.DataFrame(
        {
            "incident_id": inside["incident_id"].to_numpy(),
            "date": dates[order],
            "anniversary": blocks[block[order]].year,
            "days": offsets[order],
        }
    )


def effect_text(row):
    """An effect with its interval as text.

    >>> effect_text(pd.Series({"effect_type": "risk ratio", "effect": 2.0, "ci_low": 0.5, "ci_high": float("inf")}))
    'risk ratio 2, 95% interval 0.5 to no upper limit'
    """
    if pd.isna(row["ci_low"]):
        return f"{row['effect_type']} {row['effect']:.2g}, no interval"
    high = "no upper limit" if row["ci_high"] == float("inf") else f"{row['ci_high']:.2g}"
    return f"{row['effect_type']} {row['effect']:.2g}, 95% interval {row['ci_low']:.2g} to {high}"


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
        return (
            f"Read otherwise, the smallest p-values are: {'; '.join(told)}. "
            f"Of {int(open_.sum())} measures with a direction that some incidents leave untold, the direction survives "
            f"the worst that silence could hide {words}."
        )

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
        With ``launch_km`` and ``days_since_us_strike``, as far as they can be had.
    """
    if "launch_area" in data and "launch_km" not in data:
        data = data.assign(launch_km=_launch_km(data))
    if events is None:
        return data
    strikes = _event_days(events, "date_high").get("us_strike", [])
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
        As :func:`helpers.tables.load_raw` returns it.

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
    words = incidents.latest_words(incidents.prepare(reports, raw["sources"]), "site_id")
    named = words["site_id"].map(incidents.target(raw["sites"].set_index("site_id")["site_type"]))
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
    return (
        f"The targets read in {readings.nunique()} ways: {listed(told)}. Findings that change at the 5% level: "
        f"{listed(changed) if changed else 'none'}. Effects that change sides: {'; '.join(signs) or 'none'}."
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


def placebo_methods(data, period=None, anchor=anniversaries.SOLEIMANI, window=WINDOW):
    """The headline window by each way of making placebos.

    Parameters
    ----------
    data, period, anchor, window
        As for :func:`anniversary`.

    Returns
    -------
    DataFrame
        By method: the window's row of the test, and the global p-values.
    """
    period = period or study_period(data, anchor)
    tests = {
        method: anniversaries.placebo_test(data["date"], anchor, study_period=period, method=method)
        for method in anniversaries.METHODS
    }
    return _rows_of(tests, window).rename_axis("method")


def _rows_of(tests, window):
    """One row per test: the window's row of its table, and the global p-values."""
    rows = {
        name: {"n": test.n_inside, **test.table.loc[window], "global_p_value": test.p_value,
               "global_p_ratio": test.p_value_ratio, "global_p_z": test.p_value_z}
        for name, test in tests.items()
    }  # fmt: skip
    return pd.DataFrame(rows).T.astype({"n": int, "observed": int})


def rival_dates(data, events, period=None, anchor=anniversaries.SOLEIMANI, window=WINDOW):
    """The same test on other days that may draw attacks.

    Strikes and truces are days of their own, without anniversaries: the whole series is shifted against them. A strike
    of which only the US date is known is taken at the day after, since an evening in the United States is the next day
    in the region; the US dates as they stand are tested beside that. Events known to the month alone, and fire
    returned at once, are no anchors.

    Parameters
    ----------
    data : DataFrame
        Incidents.
    events : DataFrame
        As :func:`helpers.load_context_events` returns it.
    period, anchor, window
        As for :func:`anniversary`.

    Returns
    -------
    DataFrame
        By rival: ``days`` (how many were tested), the window's row of the test, and the global p-values.
    """
    period = period or study_period(data, anchor)
    years = anniversaries.whole_blocks(period, anchor)
    days, us_dates = _event_days(events, "date_high"), _event_days(events, "date_low")
    reach = pd.Timedelta(days=anniversaries.HALF)
    deadlines = (years - DEADLINE)[years - DEADLINE - reach >= pd.Timestamp(period[0])]
    tested = {
        f"{day_text(anchor)}": (years, "folded", "around"),
        f"{day_text(years[0] - DEADLINE)} (deadline for US combat forces)": (deadlines, "folded", "around"),
        "US strikes, before": (days.get("us_strike", []), "shift", "before"),
        "US strikes, after": (days.get("us_strike", []), "shift", "after"),
        "US strikes by US date, before": (us_dates.get("us_strike", []), "shift", "before"),
        "US strikes by US date, after": (us_dates.get("us_strike", []), "shift", "after"),
        "truces begun, after": (days.get("truce_start", []), "shift", "after"),
        "truces ended, after": (days.get("truce_end", []), "shift", "after"),
    }
    tests = {
        name: anniversaries.placebo_test(data["date"], list(anchors), study_period=period, method=method, side=side)
        for name, (anchors, method, side) in tested.items()
        if _inside(anchors, period)
    }
    table = _rows_of(tests, window).rename_axis("rival")
    table.insert(0, "days", [len(test.anniversaries) for test in tests.values()])
    return table


def rivals_text(table, window=WINDOW):
    """What goes with US strikes, as sentences.

    Parameters
    ----------
    table : DataFrame
        As :func:`rival_dates` returns it.
    window : int
        That it was made with.

    Returns
    -------
    str
        Nothing where no strike was tested.
    """
    if "US strikes, after" not in table.index:
        return ""
    told = [
        f"{row['observed']:.0f} in the {window} days {side} a US strike, against {number_text(row['expected'])} "
        f"expected (global {p_text(row['global_p_value'])})"
        for side, row in (("from", table.loc["US strikes, after"]), ("up to", table.loc["US strikes, before"]))
    ]
    return f"Attacks go with US strikes: {listed(told)}. Which came first, dates cannot tell: each answers the other."


def _event_days(events, column):
    """Days of the events that are known to the day, by kind."""
    known = events[events["date_precision"] == "day"]
    return {kind: sorted(rows[column].unique()) for kind, rows in known.groupby("kind", observed=True)}


def _inside(days, period):
    first, last = (pd.Timestamp(day) for day in period)
    return [day for day in days if first <= pd.Timestamp(day) <= last]


def each_strike_and_truce(data, events, period=None, anchor=anniversaries.SOLEIMANI, window=WINDOW):
    """Attacks before and after each US strike and each truce, one by one.

    Parameters
    ----------
    data, events, period, anchor, window
        As for :func:`rival_dates`.

    Returns
    -------
    DataFrame
        By local day: ``kind``, attacks in the ``window`` days ``before``, ``on_day`` and in the ``window`` days
        ``after``; ``p_before`` and ``p_after``, the share of the period's days with as many or more in windows that
        hold the day itself; each day stands for itself, so no p-value is adjusted for there being several.
    """
    period = period or study_period(data, anchor)
    kinds = {"us_strike": "US strike", "truce_start": "truce begun", "truce_end": "truce ended"}
    days = {day: kinds[kind] for kind, some in _event_days(events, "date_high").items() if kind in kinds
            for day in _inside(some, period)}  # fmt: skip
    rows = {}
    for day, kind in sorted(days.items()):
        apart = (data["date"] - day).dt.days
        tests = {
            f"p_{side}": anniversaries.placebo_test(data["date"], [day], [window], period, "shift", side)
            for side in ("before", "after")
        }
        rows[day] = {
            "kind": kind,
            "before": int(apart.between(-window, -1).sum()),
            "on_day": int((apart == 0).sum()),
            "after": int(apart.between(1, window).sum()),
            **{name: float(test.table.loc[window, "p_value"]) for name, test in tests.items()},
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("day")


def by_target(data, period=None, anchor=anniversaries.SOLEIMANI, window=WINDOW):
    """The test for the embassy and for bases apart, and for their difference.

    Parameters
    ----------
    data, period, anchor, window
        As for :func:`anniversary`.

    Returns
    -------
    table : DataFrame
        By target: the window's row of the test, and the global p-values.
    difference, p_value : float
        Share of the embassy's incidents in the window less that of the bases'; the share of rotations, the same for
        both, whose difference is at least as large either way.
    """
    need(data, ["target"], "telling the embassy from bases")
    period = period or study_period(data, anchor)
    tests = {
        target: anniversaries.placebo_test(data.loc[data["target"] == target, "date"], anchor, study_period=period)
        for target in ("embassy", "base")
    }
    column = anniversaries.WINDOWS.index(window)
    embassy, base = (test.placebos[:, column] / test.n_inside for test in tests.values())
    apart = embassy - base
    p_value = float((abs(apart) >= abs(apart[0]) - 1e-12).mean())
    return _rows_of(tests, window).rename_axis("target"), float(apart[0]), p_value


def by_target_text(data, **options):
    """The test for the embassy and for bases apart, and their difference, as sentences.

    Parameters
    ----------
    data : DataFrame
        Incidents.
    **options
        As for :func:`by_target`.

    Returns
    -------
    str
        That the targets cannot be told apart, where they cannot.
    """
    if "target" not in data or not {"embassy", "base"} <= set(data["target"].dropna()):
        return "These data do not hold both targets, so the two are not compared."
    try:
        table, difference, p_value = by_target(data, **options)
    except ValueError as error:
        return f"The two targets cannot be compared: {error}."
    apart = [
        f"{name}: {row['observed']:.0f} of {row['n']:.0f}, against {number_text(row['expected'])} expected "
        f"(global {p_text(row['global_p_value'])})"
        for name, row in table.iterrows()
    ]
    return (
        f"Attacks near the anniversary by target: {'; '.join(apart)}. The embassy's share is "
        f"{100 * abs(difference):.0f} percentage points {'higher' if difference > 0 else 'lower'} than that on bases "
        f"({p_text(p_value)})."
    )


@dataclass(frozen=True)
class SelfExcitation:
    """Do attacks breed attacks, and is there an anniversary effect beyond that? See :func:`self_excitement`.

    Attributes
    ----------
    test : self_excitation.AnniversaryTerm
        With and without the anniversary term, on the yearly baseline.
    table : DataFrame
        By baseline: ``branching_ratio``, ``half_life`` (days), ``anniversary_effect`` (rate ratio), ``log_likelihood``.
    interval : tuple of float
        95% interval of the yearly fit's anniversary effect.
    residuals : DataFrame
        The check of the yearly fit.
    about : str
        n, period and data version.
    """

    test: self_excitation.AnniversaryTerm
    table: pd.DataFrame
    interval: tuple
    residuals: pd.DataFrame
    about: str

    @property
    def text(self):
        """The finding with its numbers, as sentences."""
        yearly, constant = self.table.loc["yearly"], self.table.loc["constant"]
        found = "evidence" if self.test.p_value <= ALPHA else "no evidence"
        return (
            "Allowing for attacks that breed attacks, for a level of each year and for the aftermath of the killing, "
            f"there is {found} of an anniversary effect (rate ratio of the baseline "
            f"{number_text(yearly['anniversary_effect'])}, 95% interval {number_text(self.interval[0])} to "
            f"{number_text(self.interval[1])}, bootstrap {p_text(self.test.p_value)}). "
            f"In this model an attack sets off {yearly['branching_ratio']:.2f} further ones on average; with a "
            f"constant baseline, which reads drift as contagion, it would be {constant['branching_ratio']:.2f}."
        )

    @property
    def residual_text(self):
        """What the model leaves untold, as a sentence."""
        names = {"distance": "the lengths of the gaps", "gap_correlation": "how gaps of like length follow each other",
                 "dispersion": "the spread of the daily counts"}  # fmt: skip
        untold = [
            f"{names[residual]} ({p_text(p)})"
            for residual, p in self.residuals["p_value"].items()
            if p <= ALPHA / len(self.residuals)
        ]
        if not untold:
            return f"None of {len(self.residuals)} residuals stands out, at a level shared among them."
        return f"The model does not tell {listed(untold)}: one kernel is not all there is to these bursts."


def self_excitement(data, period=None, anchor=anniversaries.SOLEIMANI, window=WINDOW, n_bootstrap=999):
    """Do attacks breed attacks, and is there an anniversary effect beyond that?

    Parameters
    ----------
    data, period, anchor, window
        As for :func:`anniversary`.
    n_bootstrap : int
        Replicates of the bootstrap.

    Returns
    -------
    SelfExcitation
    """
    period = period or study_period(data, anchor)
    test = self_excitation.likelihood_ratio_test(data["date"], period, anchor, window, n_bootstrap=n_bootstrap)
    fits = {
        "yearly": test.alternative,
        "constant": self_excitation.fit(data["date"], period, anchor, window, baseline="constant"),
    }
    names = ["branching_ratio", "half_life", "anniversary_effect", "log_likelihood"]
    table = pd.DataFrame({name: [getattr(fit, name) for fit in fits.values()] for name in names}, index=list(fits))
    residuals = self_excitation.residual_check(test.alternative, min(n_bootstrap, 199))
    interval = self_excitation.anniversary_interval(test)
    return SelfExcitation(test, table.rename_axis("baseline"), interval, residuals, about(data, period))


LEVELS = tables.DATA_DIR.parent / "benchmarks" / "levels.csv"
OUR_TESTS = anniversaries.METHODS


def load_levels(path=LEVELS):
    """Rejection rates at 5% where nothing happens, as ``make level`` measured them.

    Returns
    -------
    DataFrame
        ``world``, ``years``, ``test``, ``n_sims``, ``rejected``, ``rate``, ``standard_error``.
    """
    return pd.read_csv(path)


def worst_levels(levels):
    """The highest rejection rate of each test in each world, over the lengths of the period.

    Parameters
    ----------
    levels : DataFrame
        As :func:`load_levels` returns it.

    Returns
    -------
    DataFrame
        Per cent; worlds by tests.
    """
    worst = levels.pivot_table(index="world", columns="test", values="rate", aggfunc="max", sort=False)
    return (100 * worst[levels["test"].unique()]).round(1)


def levels_text(levels):
    """Which tests hold their level, as a sentence.

    Parameters
    ----------
    levels : DataFrame
        As :func:`load_levels` returns it.

    Returns
    -------
    str
    """
    worst = levels.groupby("test", sort=False)["rate"].max()
    ours, others = worst[worst.index.isin(OUR_TESTS)], worst[~worst.index.isin(OUR_TESTS)]
    told = [f"{name} up to {rate:.1%}" for name, rate in others.items()]
    held = [f"{name} up to {rate:.1%}" for name, rate in ours.items()]
    return (
        f"Where nothing happens around the anniversary, a 5% test should reject 5%. Rejected in the worst of the "
        f"simulated worlds: {listed(told)}; the placebo tests: {listed(held)}. Each rate rests on "
        f"{levels['n_sims'].min():,} to {levels['n_sims'].max():,} simulations."
    )


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
    span = (alone["date"].max() - alone["date"].min()).days
    return (
        f"The article tells of {len(alone)} attacks within {span} days, and gives an exact number for {exact} of them. "
        f"All reports together tell of {len(together)}."
    )


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


def _count_text(row, name):
    low, high = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
    if pd.isna(low):
        return "not told"
    if pd.isna(high):
        return f"{low} or more"
    return str(low) if low == high else f"{low} to {high}"


def summary(timing, targets):
    """Every finding as one table.

    Parameters
    ----------
    timing : Anniversary
    targets : EmbassyVsBase

    Returns
    -------
    DataFrame
        ``question``, ``measure``, ``counts``, ``effect`` (with its interval) and ``p_value``, all as text.
    """
    near = f"Attacks near {timing.anchor_text}?"
    windows = [(f"all anniversaries, {timing.window} days", timing.years.loc["all"])]
    windows += [(name, row) for name, row in timing.years.iterrows() if name.startswith("without")]
    windows += [(f"{side} the anniversary", row) for side, row in timing.sides.iterrows()]
    rows = [
        (near, name, f"{row['observed']:.0f}, expected {number_text(row['expected'])}", ratio_text(row),
         f"global {p_text(row['global_p_value'])}")
        for name, row in windows
    ]  # fmt: skip
    for name, row in targets.table.iterrows():
        counts = f"{row['embassy_n']} and {row['base_n']} told, {row['embassy_missing'] + row['base_missing']} not"
        effect, p_value = row["note"], ""
        if pd.notna(row["p_value"]):
            effect, p_value = effect_text(row), f"adjusted {p_text(row['p_adjusted'])}"
        rows.append(("Embassy against base?", name, counts, effect, p_value))
    return pd.DataFrame(rows, columns=["question", "measure", "counts", "effect", "p_value"])


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


def disagreements(data):
    """How often independent accounts dispute each field.

    Parameters
    ----------
    data : DataFrame
        Incidents with ``disputed`` and ``n_independent``.

    Returns
    -------
    DataFrame
        ``field``, ``disputed`` (incidents), ``n`` (incidents with two or more accounts), ``share``; most first.
    """
    need(data, ["n_independent", "disputed"], "comparing accounts")
    several = data[data["n_independent"] >= 2]
    counts = several["disputed"].str.split("|").explode().replace("", pd.NA).dropna().value_counts()
    table = counts.rename_axis("field").rename("disputed").reset_index().sort_values(["disputed", "field"])[::-1]
    table["field"] = table["field"].replace(FIELD_WORDS).str.replace("_", " ")
    if table.empty:
        raise ValueError("no incident has accounts that contradict each other")
    return table.assign(n=len(several), share=table["disputed"] / len(several)).reset_index(drop=True)


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
        One row per (source, field): ``source``, ``site_id``, ``field``, ``low``, ``high``. A missing ``low`` is
        silence, a missing ``high`` beside it is "at least". The founding article comes first.
    """
    rows = incidents.prepare(reports[reports["incident_id"] == incident_id], sources)
    rows = rows.sort_values("source_id", key=lambda ids: ids.where(ids != incidents.ARTICLE, ""))
    label = rows["publisher"].fillna("Founding article")
    label = label.where(~label.duplicated(keep=False), rows["source_id"])
    label = label + rows["agency"].astype("str").map(lambda a: "" if a in ("own", "unknown") else f" ({a})")
    parts = [
        pd.DataFrame({"source": label, "site_id": rows["site_id"], "field": words,
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
    launched = accounts[accounts["field"] == ACCOUNT_FIELDS["launched"]].set_index("source")
    article, others = launched.iloc[0], launched.iloc[1:]
    fewer = int((others["high"] < article["low"]).sum())
    return (
        f"{fewer} of {len(others)} other sources count fewer rockets than the founding article",
        f"{len(launched)} sources of one attack. 'Inside' is by each source's own site; some name only the Green Zone.",
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


# --- where ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Where:
    """Where attacks fell, and from where they came. See :func:`where`.

    Attributes
    ----------
    sites : GeoDataFrame
        One row per position and target, most struck first: ``place`` (its name), ``complex``, ``target``,
        ``incidents``, ``precision_km``, ``geometry``.
    launches : GeoDataFrame
        One row per incident whose launch area could be measured: what :func:`geography.launch_distances` says of it,
        with ``incident_id``, ``target``, ``place`` and ``area`` (names), ``area_point``, ``area_precision_km`` and
        ``geometry``, the site.
    launch_status : Series of int
        Incidents by what could be said of their launch area.
    unmatched : Series of str
        Launch areas that match no place, by ``incident_id``.
    n_incidents, n_unmapped : int
        Incidents; those without a position in the region.
    about : str
        n, period and data version, and how many are left off.
    """

    sites: pd.DataFrame
    launches: pd.DataFrame
    launch_status: pd.Series
    unmatched: pd.Series
    n_incidents: int
    n_unmapped: int
    about: str

    @property
    def text(self):
        """Where attacks fell, as sentences."""
        if self.sites.empty:
            return f"None of the {self.n_incidents} incidents has a position in the region: nothing can be mapped."
        first, counts = self.sites.iloc[0], self.sites["incidents"]
        half = int((counts.cumsum() < counts.sum() / 2).sum()) + 1
        left_off = (
            f"{self.n_unmapped} of {self.n_incidents} incidents have no position in the region and are on no map."
            if self.n_unmapped
            else "Every incident has a position in the region."
        )
        return (
            f"{counts.sum()} attacks fell on {len(counts)} sites, {counts.iloc[:half].sum()} of them on {half}; first "
            f"is {first['place']} with {first['incidents']}. {left_off}"
        )

    @property
    def launch_text(self):
        """From where attacks came, as sentences."""
        told = self.n_incidents - int(self.launch_status.get("not told", 0))
        words = f"Sources name a launch area for {told} of {self.n_incidents} incidents"
        if self.launches.empty:
            return f"{words}; none of these could be measured."
        distance = self.launches["distance_km"]
        return (
            f"{words}, and {len(distance)} of these are places with known positions. Fire came from "
            f"{number_text(distance.min())} to {number_text(distance.max())} km away, in the middle case "
            f"{number_text(distance.median())} km, each known to within "
            f"{number_text(self.launches['uncertainty_km'].min())} km at best. "
            f"{self._within_text()}"
        )

    def _within_text(self):
        """How many distances fit the published ranges of rockets, as sentences."""
        low, high = self.launches["distance_low"], self.launches["distance_high"]
        ranges = geography.ROCKET_RANGES["range_km"]
        told = []
        for rocket, km in ranges.items():
            within, beyond = int((high <= km).sum()), int((low > km).sum())
            open_ = len(low) - within - beyond
            told.append(f"{km:g} km ({rocket}), {within} surely within, {beyond} surely beyond and {open_} open")
        return f"Given both positions' precision, against a range of {'; of '.join(told)}."


def where(data, places=None, sites=None):
    """Where attacks fell, and from where they came.

    Parameters
    ----------
    data : GeoDataFrame
        Incidents; without ``site_id`` those of one position are one site.
    places, sites : GeoDataFrame, optional
        As for :func:`geography.launch_distances`.

    Returns
    -------
    Where
    """
    places = tables.load_places() if places is None else places
    sites = tables.load_sites() if sites is None else sites
    struck = _with_places(data, sites)
    mapped = struck[geography.in_region(struck.geometry)]
    measured = geography.launch_distances(data, places, sites)
    status = measured["status"].value_counts()
    unmatched = measured.loc[measured["status"] == "not matched", "launch_area"]
    left_off = len(struck) - len(mapped)
    return Where(
        sites=_by_site(mapped),
        launches=_launches(struck, measured, places, sites),
        launch_status=status,
        unmatched=unmatched.set_axis(struck.loc[unmatched.index, "incident_id"]),
        n_incidents=len(data),
        n_unmapped=left_off,
        about=f"{about(data)} Left off for want of a position in the region: {left_off}.",
    )


def _with_places(data, sites):
    """Incidents with a name for their place, its precision and a target, whatever columns they came with."""
    here = pd.Series(
        [f"{north:.3f}, {east:.3f}" for north, east in zip(data.geometry.y, data.geometry.x, strict=True)], data.index
    )
    known = data["site_id"] if "site_id" in data else pd.Series(None, index=data.index, dtype="str")
    return data.assign(
        place=data["site_name"] if "site_name" in data else here,
        complex=data["complex"] if "complex" in data else here,
        target=data["target"].astype("object").fillna("untold") if "target" in data else "untold",
        precision_km=known.map(sites.set_index("site_id")["precision_km"]).astype(float),
    )


def _by_site(mapped):
    columns = ["place", "complex", "target"]
    found = mapped.groupby(columns, sort=True).agg(
        incidents=("incident_id", "size"), precision_km=("precision_km", "first"), geometry=("geometry", "first")
    )
    found = gpd.GeoDataFrame(found.reset_index(), geometry="geometry", crs=tables.CRS)
    return found.sort_values(["incidents", "place"], ascending=[False, True], ignore_index=True)


def _launches(struck, measured, places, sites):
    """The incidents whose launch area was measured, with both ends."""
    areas = geography.gazetteer(places, sites).drop_duplicates("area_id").set_index("area_id")
    names = pd.concat([places.set_index("place_id")["name"], sites.set_index("site_id")["name"]])
    names = names[~names.index.duplicated()]
    found = measured[measured["status"] == "measured"]
    ends = struck.loc[found.index, ["incident_id", "place", "target", "geometry"]]
    about_areas = found["area_id"].map(names).str.replace(r" \(.*", "", regex=True)
    return ends.join(found).assign(
        area=about_areas,
        area_point=gpd.GeoSeries(found["area_id"].map(areas["geometry"]), index=found.index, crs=tables.CRS),
        area_precision_km=found["area_id"].map(areas["precision_km"]),
    )


def ranges_text():
    """How far rockets fly, and who says so, as a sentence."""
    rows = geography.ROCKET_RANGES.iterrows()
    return f"Published ranges: {'; '.join(f'{name} rockets {row.range_km:g} km ({row.source})' for name, row in rows)}."


def near_repeat_text(found):
    """Are attacks near in space also near in time, as sentences.

    Parameters
    ----------
    found : geography.NearRepeat or None

    Returns
    -------
    str
    """
    if found is None:
        return "Without positions nothing can be said of attacks near in space."
    evidence = "evidence" if found.p_value <= ALPHA else "no evidence"
    distance, days = found.table.index[-1]
    n_places = f"{found.n_events} attacks share {found.n_places} coordinates"
    return (
        f"There is {evidence} that attacks near in space are near in time: {found.observed} pairs lie within "
        f"{distance.split(' to ')[-1]} and {days.split(' to ')[-1]} of each other, against "
        f"{number_text(found.expected)} expected with dates permuted within each year "
        f"({p_text(found.p_value)}, {found.n_permutations:,} permutations). {_apart_text(found)}"
        f"As {n_places}, near in space means the same site or its neighbour: the test asks whether a site struck once "
        "is struck again soon, and cannot speak of attacks that spread over ground."
    )


def _apart_text(found):
    """The same without pairs of one day, as a sentence; nothing where one day is no band of its own."""
    if found.apart is None:
        return ""
    return (
        f"Without pairs of one day, which are coded as one attack where the site is one, it is "
        f"{found.apart['observed']:.0f} against {number_text(found.apart['expected'])} "
        f"({p_text(found.apart['p_value'])}). "
    )


def window_sites(found, data, sites=None):
    """Attacks by site inside the headline window and in the rest of each anniversary's year.

    Parameters
    ----------
    found : Anniversary
    data : GeoDataFrame
        The incidents it was found in.
    sites : GeoDataFrame, optional
        For the precision of positions; the repository's by default.

    Returns
    -------
    GeoDataFrame
        ``anniversary``, ``inside`` (bool), and the columns of ``Where.sites``.
    """
    struck = _with_places(data, tables.load_sites() if sites is None else sites)
    struck = struck[geography.in_region(struck.geometry)].merge(
        found.offsets[["incident_id", "anniversary", "days"]], on="incident_id"
    )
    parts = [
        _by_site(rows).assign(anniversary=year, inside=inside)
        for (year, inside), rows in struck.groupby(["anniversary", struck["days"].abs() <= found.window])
    ]
    return pd.concat(parts, ignore_index=True) if parts else _by_site(struck).assign(anniversary=0, inside=False)
