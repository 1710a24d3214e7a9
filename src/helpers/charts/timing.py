"""Charts of the anniversary."""

import numpy as np
import pandas as pd
from matplotlib.dates import date2num
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .. import anniversaries, findings
from .base import POINTS, Chart, add_key, by_width, chart, label_rows, label_years, start
from .looks import (
    ANNIVERSARY,
    HATCHES,
    INK,
    NEAR_ANNIVERSARY,
    NEAR_STRIKE,
    PLACEBO,
    PLACEBO_LINE,
    POOR_COVERAGE,
    SLATE,
    US_STRIKE,
    anniversary_line,
    by_target,
    coverage_key,
    mark,
    shade_coverage,
)

# Marks of the strip chart: how far apart in one row on a page and in a column, so that none overlaps another; how high.
MARK_DAYS = (5, 9)
MARK_INCHES = 0.085
MOST_INCHES = 7  # of all stacks; higher ones are drawn closer
NEW_LINE = "\n"
REACH = 30  # days either side of an episode's first strike


@chart
def days_strip(anniversary: dict, month_coverage: pd.DataFrame | None = None) -> Chart:
    """Every attack by its days from the anniversary, one strip per year."""
    window, offsets = anniversary["window"], anniversary["offsets"]
    years = anniversary["test"].anniversaries.year.tolist()
    strips = [offsets[offsets["anniversary"] == year] for year in years]
    stacks = [_stacked(rows["days"]) for rows in strips]
    height = max([2, *(row for stack in stacks for row in stack)]) + 1.6  # in marks, the same for every year
    inches = min(len(years) * height * MARK_INCHES, MOST_INCHES) + 0.2 * len(years) + 0.3
    figure, axes = start(inches, nrows=len(years), sharex=True, squeeze=False)
    hatched, anchor = [], anniversaries.as_anchor(anniversary["anchor"])
    for axis, day, rows, stack in zip(axes[:, 0], anniversary["test"].anniversaries, strips, stacks, strict=True):
        reach = range(-anniversary["half"], anniversary["half"] + 1)
        hatched += shade_coverage(axis, day + pd.to_timedelta(reach, unit="D"), reach, month_coverage)
        _draw_strip(axis, rows, stack, window)
        axis.set_ylim(-0.8, height - 0.8)
        which = f"{findings.ordinal(day.year - anchor.year)} anniversary"
        axis.set(
            ylabel=f"{by_width(which, which.replace(' ', NEW_LINE))}\n{day.year}, n = {len(rows)}",
            xlim=(-187, 187),
            yticks=[],
        )
        axis.spines["left"].set_visible(False)
        axis.yaxis.label.set(rotation=0, ha="right", va="center")
    _name_months(axes[-1, 0], day)
    key = [Line2D([], [], **mark(target)) for target in by_target(offsets)] if "target" in offsets else []
    if key or hatched:
        add_key(figure, key + coverage_key(hatched))
    inside = offsets.loc[offsets["days"].abs() <= window, "anniversary"].value_counts().reindex(years, fill_value=0)
    facts = {"anniversary": anniversary, "inside": inside, "n": inside.sum(), "busiest": inside.idxmax()}
    return figure, offsets, facts


def _name_months(axis, anniversary):
    """Name the months below the days from an anniversary, each at its first day, and that day itself."""
    half = pd.Timedelta(days=anniversaries.HALF)
    firsts = pd.date_range(anniversary - half, anniversary + half, freq="MS")
    firsts = firsts[abs((firsts - anniversary).days) > by_width(17, 40)]  # where the day's own name stands
    named = pd.Series((firsts - anniversary).days, firsts.strftime("%b"))[:: by_width(1, 2)]
    axis.set_xticks([*named, 0], [*named.index, f"{anniversary.day} {anniversary:%b}"])


def _draw_strip(axis, rows, stack, window):
    axis.axvspan(-window - 0.5, window + 0.5, color=NEAR_ANNIVERSARY, linewidth=0, zorder=0)
    axis.axvline(0, color=ANNIVERSARY, linewidth=1)
    for target, group in by_target(rows).items():
        axis.plot(group["days"], stack[group.index], markersize=by_width(4.7, 4), **mark(target))
    axis.grid(False)


def _stacked(days):
    """Each mark's row: the lowest in which the last mark stands far enough away."""
    last, stack, apart = [], {}, by_width(*MARK_DAYS)
    for index, day in days.sort_values(kind="stable").items():
        free = [row for row, before in enumerate(last) if day - before >= apart]
        stack[index] = free[0] if free else len(last)
        last[stack[index] : stack[index] + 1] = [day]
    return pd.Series(stack, dtype="int64")


@chart
def placebo_windows(anniversary: dict) -> Chart:
    """Attacks within each window of the anniversary, against the same window around every other day."""
    window, table = anniversary["window"], anniversary["test"].table
    low, middle, high = np.quantile(anniversary["test"].placebos, [0.05, 0.5, 0.95], axis=0)
    figure, axis = start(2.9)
    axis.fill_between(table.index, low, high, step="mid", color=PLACEBO, linewidth=0)
    steps = {"drawstyle": "steps-mid"}  # a window is a whole number of days
    axis.plot(table.index, middle, color=PLACEBO_LINE, linestyle=":", **steps)
    axis.plot(table.index, table["observed"], color=ANNIVERSARY, **steps)
    axis.axvline(window, color=INK, linewidth=0.8, linestyle="--")
    words = {"transform": axis.get_xaxis_transform(), "ha": "center", "va": "bottom", "size": 8}
    axis.text(window, 1.01, f"headline window, {window} days", **words)
    axis.set(xlim=(1, table.index.max()), ylim=(0, None))
    axis.set(xlabel="Window, days either side", ylabel="Attacks in the window")
    ends = {findings.day(anniversary["anchor"]): (table["observed"].iloc[-1], ANNIVERSARY),
            by_width("median of the other days", "median day"): (middle[-1], PLACEBO_LINE),
            by_width("nine in ten of the other days", "9 in 10 days"): (high[-1], PLACEBO_LINE)}  # fmt: skip
    _label_ends(axis, ends)
    limits = anniversary["limits"]  # not the limits that other days give, which the words do not use
    plotted = table.drop(columns=["ci_low", "ci_high"]).assign(placebo_5=low, placebo_50=middle, placebo_95=high)
    plotted = plotted.join(limits).reset_index()
    facts = {"anniversary": anniversary, "above": (table["observed"] > high).sum()}
    facts["when"] = None if anniversary["clustered"] else _say_when(anniversary, window)
    return figure, plotted, facts


def _say_when(anniversary, window):
    """When two thirds or more of the attacks near several anniversaries came, in words; None without such a year."""
    observed, busiest, offsets = anniversary["headline"]["observed"], anniversary["busiest"], anniversary["offsets"]
    if observed < 2 or busiest["others"] is None or 3 * busiest["observed"] < 2 * observed:
        return None
    near = offsets[(offsets["anniversary"] == busiest["year"]) & (offsets["days"].abs() <= window)]
    return ("in " if (near["date"].dt.year == busiest["year"]).all() else "around that of ") + str(busiest["year"])


def _label_ends(axis, ends):
    """Write what lines are at their right ends, in their colours, none on another."""
    step = 11 / (axis.figure.get_figheight() * POINTS * 0.7) * axis.get_ylim()[1]  # the height of a line of text
    last = -np.inf
    for words, (y, color) in sorted(ends.items(), key=lambda end: end[1][0]):
        last = max(y, last + step)
        axis.annotate(words, (1.01, last), xycoords=axis.get_yaxis_transform(), color=color, size=8.5, va="center",
                      annotation_clip=False)  # fmt: skip


@chart
def placebo_distribution(anniversary: dict) -> Chart:
    """How many days of the year have as many attacks around them as the anniversary has."""
    window, day = anniversary["window"], findings.day(anniversary["anchor"])
    counts = anniversary["test"].placebos[:, anniversary["test"].table.index.get_loc(window)]
    observed = int(counts[0])
    days = pd.Series(np.bincount(counts), name="days").rename_axis("attacks").reset_index()
    reached = days["attacks"] >= observed
    figure, axis = start(2.5)
    axis.bar(days["attacks"], days["days"], 0.9, color=np.where(reached, ANNIVERSARY, PLACEBO), edgecolor=INK)
    axis.annotate(f"{day}: {observed}", (observed, days["days"][observed]), (observed, 1.06), ha="center",
                  textcoords=axis.get_xaxis_transform(), arrowprops={"arrowstyle": "->", "color": INK})  # fmt: skip
    axis.set(xlabel=f"Attacks within {window} days", ylabel="Days of the year")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    total = int(reached @ days["days"])
    facts = {"anniversary": anniversary, "n_days": total, "share": total / anniversaries.CIRCLE}
    return figure, days.assign(reached=reached), facts


@chart
def strike_days(
    us_strikes: dict, strike_episodes: pd.DataFrame, incidents: pd.DataFrame, month_coverage: pd.DataFrame | None = None
) -> Chart:
    """Attacks by day from the first strike of each episode, one strip per episode."""
    groups = strike_episodes.groupby("episode").groups
    tables = {first: _days_around(first, strikes, incidents, month_coverage) for first, strikes in groups.items()}
    days, window = pd.concat(tables.values(), ignore_index=True), us_strikes["window"]
    most = max(days["attacks"].max(), 1)
    after = {first: int(rows.loc[rows["day"].between(1, window), "attacks"].sum()) for first, rows in tables.items()}
    figure, axis = start(0.38 * len(tables) + 0.5)
    axis.axvspan(0.5, window + 0.5, color=NEAR_STRIKE, linewidth=0, zorder=0)
    for y, (first, rows) in enumerate(reversed(tables.items())):
        _draw_episode(axis, y, rows, most)
        axis.text(REACH + 6, y, after[first], size=8.5, ha="right", va="center")
    counts = {first: len(strikes) for first, strikes in groups.items()}
    names = [f"{first.day} {first:%b %Y}\n{n} strike{'' if n == 1 else 's'}" for first, n in counts.items()]
    label_rows(axis, names[::-1])
    axis.set(xlim=(-REACH - 0.6, REACH + 6.5), xticks=range(-REACH, REACH + 1, 10))
    axis.set_xlabel("Days from the first strike of an episode")
    if poor := set(days["coverage"]) - {"good"}:
        add_key(figure, coverage_key(poor))
    facts = {
        "us_strikes": us_strikes,
        "after": after,
        "busiest": max(after, key=after.get),
        "quietest": min(after, key=after.get),
        "most": most,
        "reach": REACH,
        "beyond": len(strike_episodes) - days["strike"].sum(),
        "source_line": findings.source_line(incidents),
    }
    return figure, days, facts


def _days_around(first, strikes, incidents, month_coverage):
    """Attacks, strikes and coverage of each day around the first strike of an episode."""
    dates = pd.date_range(first - pd.Timedelta(days=REACH), periods=2 * REACH + 1)
    attacks = incidents["date"].value_counts().reindex(dates, fill_value=0).to_numpy()
    coverage = pd.Series("good", dates) if month_coverage is None else findings.coverage_of(dates, month_coverage)
    coverage = coverage.where(dates.to_series().between(*findings.covered(incidents)), "none")
    columns = {"attacks": attacks, "strike": dates.isin(strikes), "coverage": coverage.to_numpy()}
    return pd.DataFrame({"episode": first, "day": range(-REACH, REACH + 1), **columns})


def _draw_episode(axis, y, rows, most):
    floor, height = y - 0.42, 0.84
    for kind, days in rows[rows["coverage"] != "good"].groupby("coverage")["day"]:
        axis.broken_barh([(day - 0.5, 1) for day in days], (floor, height), hatch=HATCHES[kind], **POOR_COVERAGE)
    axis.axhline(floor, color=SLATE, linewidth=0.6, zorder=1)
    axis.bar(rows["day"], 0.6 * rows["attacks"] / most, 0.8, floor, color=INK, linewidth=0)
    axis.plot([0, 0], [floor, floor + height], color=US_STRIKE, linewidth=1, zorder=1)
    struck = rows["day"][rows["strike"]]
    axis.plot(struck, [y + 0.3] * len(struck), "v", color=US_STRIKE, markeredgecolor=INK, markersize=5)


@chart
def intensity(
    self_excitation: dict,
    anchor: anniversaries.Day = anniversaries.SOLEIMANI,
    month_coverage: pd.DataFrame | None = None,
) -> Chart:
    """The expected attacks a day by the self-exciting model, and its baseline."""
    fit = self_excitation["test"].alternative
    days = pd.DataFrame({"expected": fit.intensity, "baseline": fit.expected_baseline, "attacks": fit.days.in_period})
    top = days["expected"].quantile(0.995) * 1.4  # the first days of the aftermath would flatten all the rest
    figure, axis = start(2.4)
    axis.plot(days.index, days["expected"], color=SLATE, linewidth=0.8, label="Expected")
    axis.plot(days.index, days["baseline"], color=INK, linewidth=1.2, label="Baseline")
    struck = days.index[days["attacks"] > 0]
    axis.plot(struck, np.full(len(struck), -0.06 * top), "|", color=INK, markersize=5, label="Days with attacks")
    first, last = days.index[[0, -1]]
    for day in days.index.intersection(anniversaries.anniversaries_between(first.year, last.year, anchor)):
        axis.axvline(day, color=ANNIVERSARY, linewidth=0.8, linestyle="--")
    axis.set(ylabel="Attacks a day", ylim=(-0.12 * top, top), xlim=(first, last))
    starts = pd.date_range(first - pd.Timedelta(days=31), last, freq="YS")
    label_years(axis, starts.year, starts.where(starts > first, first))
    hatched = shade_coverage(axis, days.index, date2num(days.index), month_coverage)
    add_key(figure, [*axis.get_legend_handles_labels()[0], anniversary_line(anchor), *coverage_key(hatched)])
    table = days.round({"expected": 4, "baseline": 4}).rename_axis("date").reset_index()
    facts = {
        "branching_ratio": fit.branching_ratio,
        "half_life": fit.half_life,
        "spread": self_excitation["spread"]["branching_ratio"],
        "triggers": self_excitation["triggers"],
        "event": self_excitation["event"],
        "anchor": anchor,
        "n_above": (days["expected"] > top).sum(),
        "peak": days["expected"].idxmax(),
        "highest": days["expected"].max(),
        "source_line": self_excitation["source_line"],
    }
    return figure, table, facts


@chart
def levels(levels: pd.DataFrame) -> Chart:
    """The false-positive rate of each test, world by world."""
    tests, periods = list(levels["test"].unique())[::-1], sorted(levels["years"].unique())
    names = [f"Placebo: {test}" if test in findings.PLACEBO_TESTS else findings.upper_first(test) for test in tests]
    beside = {"height": 0.3 * len(tests) + 0.5, "ncols": len(periods), "sharey": True}
    below = {"height": (0.17 * len(tests) + 0.25) * len(periods) + 0.3, "nrows": len(periods), "sharex": True}
    figure, axes = start(**by_width(beside, below), squeeze=False)
    for axis, years in zip(axes.flat, periods, strict=True):
        rows = levels[levels["years"] == years]
        heights = rows["test"].map(tests.index)
        ours = rows["test"].isin(findings.PLACEBO_TESTS)
        for mask, color, marker in ((ours, PLACEBO, "o"), (~ours, INK, "D")):
            axis.plot(rows["rate"][mask], heights[mask], marker, color=color, markeredgecolor=INK, markersize=4.5)
        axis.axvline(0.05, color=INK, linewidth=0.8)
        label_rows(axis, names, grid="both")
        axis.set(title=f"{years:g} years", xlim=(-0.03, max(1.03, levels["rate"].max())))
        if years == periods[-1] or by_width(True, False):
            axis.set_xlabel("Effect found, at 5%")
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.set_xticks([0.05, 0.5, 1])
    return figure, levels, {"worst": findings.worst_levels(levels), "worlds": levels["world"].unique()}
