"""Do attacks cluster around the anniversary?"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd

from .. import anniversaries, hawkes, tables
from .basics import (
    ALPHA,
    WINDOW,
    about,
    day_text,
    event_days,
    listed,
    need,
    number_text,
    p_text,
    ratio_text,
    study_period,
)

# How long before the anniversary US combat forces were to have left, at the end of 2021.
DEADLINE = pd.Timedelta(days=3)


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
        The same ``before`` and ``after`` the anniversary, by ``side`` and ``anniversaries``.
    attack_days : anniversaries.PlaceboTest
        The same with each day counted once.
    offsets : DataFrame
        Per incident inside the blocks: ``incident_id``, ``date``, ``anniversary``, ``days``.
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
            f"{name}, {p_text(row['global_p_ratio'])} and {p_text(row['global_p_z'])}"
            for name, row in self.years.iterrows()
            if name.startswith("without")
        ]
        return (
            f"Judged by the largest rate ratio or by the largest z over the same windows: global "
            f"{p_text(self.test.p_value_ratio)} and {p_text(self.test.p_value_z)}"
            + (f" ({'; '.join(without)})." if without else ".")
        )

    @property
    def without_text(self):
        """What each year does to the finding, as sentences; empty with a single anniversary."""
        parts = [f"{name}, {_against(row)}" for name, row in self.years.iterrows() if name.startswith("without")]
        return f"Attacks with one year left out at a time: {'; '.join(parts)}." if parts else ""

    @property
    def sides_text(self):
        """The attacks before and after the anniversary, and the more striking side without its year, as sentences."""
        told = [f"in the {self.window} days {words} it, {_against(self.sides.loc[(side, 'all')])}"
                for side, words in (("before", "up to"), ("after", "from"))]  # fmt: skip
        side = self.sides.xs("all", level="anniversaries")["global_p_value"].idxmin()
        rows = self.sides.loc[side]
        most = f"without {rows.loc[self.test.anniversaries.year.astype('str'), 'observed'].idxmax()}"
        apart = f" The attacks {side} it {most}: {_against(rows.loc[most])}." if most in rows.index else ""
        return f"One side of the anniversary alone is another family of tests, of two: {listed(told)}.{apart}"


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
    sides = {side: anniversaries.by_year(data["date"], window, anchor, period, side) for side in ("before", "after")}
    return Anniversary(
        window=window,
        test=test,
        years=years,
        sides=pd.concat(sides, names=["side"]),
        attack_days=anniversaries.placebo_test(
            anniversaries.as_days(data["date"]).unique(), anchor, study_period=period
        ),
        offsets=block_offsets(data, test.anniversaries),
        anchor=anniversaries.as_anchor(anchor),
        about=about(data, period, test.n_inside),
    )


def _against(row):
    """Attacks seen and expected as text."""
    counts = f"{row['observed']:.0f} against {number_text(row['expected'])} expected"
    return f"{counts} (global {p_text(row['global_p_value'])})"


def detectable(found, power=0.5, n_draws=199, seed=0):
    """Fewest attacks in the headline window that the test would have found.

    The attacks of the window are taken out, and others planted in it: each on a random day of it, around a random one
    of the anniversaries. Those outside stay as they are, bursts and all. The planted ones come in no bursts, which
    would be harder to find.

    Parameters
    ----------
    found : Anniversary
    power : float
        Share of the draws in which p is to be at most 5%.
    n_draws, seed : int

    Returns
    -------
    DataFrame
        By ``test`` (``window`` alone, ``global``): ``attacks`` and their ``rate_ratio``; missing where no number up to
        four times the attacks of all blocks would do. More attacks are not always found the sooner: wide windows
        share them with neighbouring days, so that numbers are tried upwards, in steps that grow.
    """
    rng = np.random.default_rng(seed)
    outside = found.offsets.loc[found.offsets["days"].abs() > found.window, "date"]
    centres, most = found.test.anniversaries, 4 * found.test.n_inside
    planted = centres[rng.integers(len(centres), size=(n_draws, most)).ravel()] + pd.to_timedelta(
        rng.integers(-found.window, found.window + 1, size=n_draws * most), unit="D"
    )
    planted = planted.to_numpy().reshape(n_draws, most)
    reach = pd.Timedelta(days=anniversaries.HALF)
    period = centres[0] - reach, centres[-1] + reach

    @cache
    def share_found(n_attacks):
        tests = [
            anniversaries.placebo_test(np.append(outside, draw[:n_attacks]), list(centres), study_period=period)
            for draw in planted
        ]
        alone = [test.table.loc[found.window, "p_value"] <= ALPHA for test in tests]
        return {"window": np.mean(alone), "global": np.mean([test.p_value <= ALPHA for test in tests])}

    def fewest(test):
        for before, tried in pairwise([0, *np.unique(np.geomspace(1, most, 30).astype(int))]):
            if share_found(tried)[test] >= power:
                return next(n for n in range(before + 1, tried + 1) if share_found(n)[test] >= power)
        return np.nan

    attacks = {test: fewest(test) for test in ("window", "global")}
    days = 2 * found.window + 1
    rows = pd.DataFrame({"attacks": attacks}).rename_axis("test")
    return rows.assign(rate_ratio=rows["attacks"] / (len(outside) / (anniversaries.CIRCLE - days) * days))


def limit_text(found, least):
    """What these data could not have shown, as sentences.

    Parameters
    ----------
    found : Anniversary
    least : DataFrame
        As :func:`detectable` returns it.

    Returns
    -------
    str
    """
    told = [
        f"about {row['attacks']:.0f} (rate ratio {number_text(row['rate_ratio'])})"
        if row["attacks"] > 0
        else "a number that does not exist (wide windows share attacks with neighbouring days)"
        for _, row in least.iterrows()
    ]
    few = ", which is few" if len(found.test.anniversaries) < 10 else ""
    return (
        f"Anniversaries that can be tested: {len(found.test.anniversaries)}{few}. Had attacks fallen on random days of "
        f"the window, instead of the {found.headline['observed']:.0f} as they fell, it would have taken {told[0]} for "
        f"this window alone to pass the 5% level in half of all cases, and {told[1]} for the global p-value."
    )


def block_offsets(data, blocks):
    """Per incident inside the blocks of anniversaries: its id, date, anniversary and days from it."""
    rows = data[["incident_id"]].assign(date=anniversaries.as_days(data["date"])).sort_values("date", kind="stable")
    offsets, block = anniversaries.offsets_in_blocks(pd.DatetimeIndex(rows["date"]), blocks)
    inside = rows["date"].isin(blocks[block] + pd.to_timedelta(offsets, unit="D"))
    return rows[inside].assign(anniversary=blocks[block].year, days=offsets).reset_index(drop=True)


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
    rows = {name: test.row(window) for name, test in tests.items()}
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
    days, us_dates = event_days(events, "date_high"), event_days(events, "date_low")
    reach = pd.Timedelta(days=anniversaries.HALF)
    deadlines = (years - DEADLINE)[years - DEADLINE - reach >= pd.Timestamp(period[0])]
    tested = {
        f"{day_text(anchor)}": (years, "folded", "around"),
        **(
            {f"{day_text(years[0] - DEADLINE)} (deadline for US combat forces)": (deadlines, "folded", "around")}
            if anniversaries.as_anchor(anchor) == pd.Timestamp(anniversaries.SOLEIMANI)
            else {}
        ),
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


def without_each_strike(data, events, period=None, anchor=anniversaries.SOLEIMANI, window=WINDOW):
    """The attacks after US strikes with one strike left out at a time.

    Parameters
    ----------
    data, events, period, anchor, window
        As for :func:`rival_dates`.

    Returns
    -------
    DataFrame
        By the strike left out: the window's row of the test, and the global p-values; empty with fewer than two.
    """
    period = period or study_period(data, anchor)
    strikes = _inside(event_days(events, "date_high").get("us_strike", []), period)
    tests = {
        left_out: anniversaries.placebo_test(
            data["date"], [day for day in strikes if day != left_out], study_period=period, method="shift", side="after"
        )
        for left_out in strikes
        if len(strikes) > 1
    }
    return _rows_of(tests, window).rename_axis("left_out") if tests else pd.DataFrame()


def rivals_text(table, left_out, found):
    """What goes with US strikes, as sentences; none where no strike was tested.

    Parameters
    ----------
    table, left_out : DataFrame
        As :func:`rival_dates` and :func:`without_each_strike` return them.
    found : Anniversary
        Of the same attacks and window.

    Returns
    -------
    str
    """
    if "US strikes, after" not in table.index:
        return ""
    after, before = table.loc["US strikes, after"], table.loc["US strikes, before"]
    # Either side alone may show it, so each has half the level.
    shown = min(after["global_p_value"], before["global_p_value"]) <= ALPHA / 2
    words = [
        f"There is {'evidence' if shown else 'no evidence'} that attacks go with US strikes (strikes tested: "
        f"{after['days']:.0f}): {_against(after)} in the {found.window} days from one, and {_against(before)} in those "
        "up to one; attacks on its own day count on both sides."
    ]
    if len(left_out):
        most = left_out["global_p_value"].max()
        words.append(f"With one strike left out at a time, the global p-value from one on is at most {most:.2g}.")
        apart = np.abs(left_out.index.to_numpy()[:, None] - found.test.anniversaries.to_numpy())
        near = left_out.index[(apart <= np.timedelta64(2 * found.window, "D")).any(axis=1)]
        if len(near):
            days = listed(f"{day_text(day)} {day.year}" for day in near)
            words.append(f"US strikes so near a tested anniversary that the two windows share days: {days}.")
    return " ".join([*words, "Which came first, dates cannot tell."] if shown else words)


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
    days = {day: kinds[kind] for kind, some in event_days(events, "date_high").items() if kind in kinds
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
    points = round(100 * abs(difference))
    side = f"{points} percentage points {'higher' if difference > 0 else 'lower'} than" if points else "the same as"
    return (
        f"Attacks near the anniversary by target: {'; '.join(apart)}. The embassy's share is {side} that on bases "
        f"({p_text(p_value)})."
    )


@dataclass(frozen=True)
class SelfExcitation:
    """Do attacks breed attacks, and is there an anniversary effect beyond that? See :func:`self_excitement`.

    Attributes
    ----------
    test : hawkes.AnniversaryTerm
        With and without the anniversary term, on the yearly baseline.
    table : DataFrame
        By baseline: ``branching_ratio``, ``half_life`` (days), ``anniversary_effect`` (rate ratio), ``log_likelihood``.
    interval : tuple of float
        95% interval of the yearly fit's anniversary effect.
    draws : DataFrame
        :func:`hawkes.bootstrap_fit` of the yearly fit.
    residuals : DataFrame
        The check of the yearly fit.
    about : str
        n, period and data version.
    """

    test: hawkes.AnniversaryTerm
    table: pd.DataFrame
    interval: tuple
    draws: pd.DataFrame
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
    def spread_text(self):
        """How uncertain the branching ratio and the half-life are, as a sentence."""
        low, middle, high = self.draws[["branching_ratio", "half_life"]].quantile([0.025, 0.5, 0.975]).to_numpy()
        fitted, half_life, leaning = self.test.alternative.branching_ratio, "", ""
        if abs(middle[0] - fitted) > 0.005:
            leaning = f", so the fit leans {'low' if middle[0] < fitted else 'high'}"
        if fitted > 0.005:  # without further incidents there is no time in which half of them come
            half_life = f" and the half-life from {number_text(low[1])} to {number_text(high[1])} days"
        return (
            "This is not known well: in draws from this very model, fitted anew, the branching ratio comes out from "
            f"{low[0]:.2f} to {high[0]:.2f} (middle {middle[0]:.2f}{leaning}){half_life}: 95% of {len(self.draws)} "
            "draws."
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
    test = hawkes.likelihood_ratio_test(data["date"], period, anchor, window, n_bootstrap=n_bootstrap)
    fits = {
        "yearly": test.alternative,
        "constant": hawkes.fit(data["date"], period, anchor, window, baseline="constant"),
    }
    names = ["branching_ratio", "half_life", "anniversary_effect", "log_likelihood"]
    table = pd.DataFrame({name: [getattr(fit, name) for fit in fits.values()] for name in names}, index=list(fits))
    draws = hawkes.bootstrap_fit(test.alternative, min(n_bootstrap, 199))
    residuals = hawkes.residual_check(test.alternative, draws)
    interval = hawkes.anniversary_interval(test)
    return SelfExcitation(test, table.rename_axis("baseline"), interval, draws, residuals, about(data, period))


LEVELS = tables.DATA_DIR.parent / "benchmarks" / "levels.csv"
OUR_TESTS = (*anniversaries.METHODS, "folded by ratio", "folded by z", "folded after")


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
