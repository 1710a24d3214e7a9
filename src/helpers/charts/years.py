"""The days around every anniversary, year by year, and how well the archive covers them."""

from itertools import chain

import pandas as pd
from matplotlib.lines import Line2D

from .. import anniversaries, findings
from .base import Chart, add_key, by_width, chart, start
from .looks import ANNIVERSARY, INK, NEAR_ANNIVERSARY, SLATE, by_target, coverage_key, mark, shade_coverage

MOST_INCHES = 7  # of all stacks; higher ones are drawn closer
REACH = 45  # days either side of an anniversary that are drawn
_MARKS = {"markersize": 4.6}, {"markersize": 2.6, "markeredgewidth": 0.5}  # on a page, and in a column


@chart
def years_side_by_side(
    incidents: pd.DataFrame,
    anniversary: dict,
    anchor: anniversaries.Day = anniversaries.SOLEIMANI,
    month_coverage: pd.DataFrame | None = None,
) -> Chart:
    """Every reported attack in the weeks around each anniversary, those that were tested and later ones."""
    window, (first, last) = anniversary["window"], anniversary["whole"]
    reach, days = pd.Timedelta(days=REACH), _anniversaries_in(first, last, anchor)
    rows = pd.concat([_days_near(incidents, day) for day in days], ignore_index=True)
    stacks = {day: _stack(rows[rows["year"] == day.year]) for day in days}
    heights = [max([*stacks[day], 2]) + 1 for day in days]
    inches = min(by_width(0.085, 0.075) * sum(heights), MOST_INCHES) + 0.12 * len(days) + 0.3
    figure, axes = start(inches, nrows=len(days), sharex=True, squeeze=False, height_ratios=heights)
    hatched = {}
    for axis, day in zip(axes[:, 0], days, strict=True):
        dates = pd.date_range(day - reach, day + reach)
        hatched[day.year] = shade_coverage(axis, dates, range(-REACH, REACH + 1), month_coverage)
        _draw_year(axis, rows[rows["year"] == day.year], stacks[day], window)
        axis.set_ylabel(day.year, labelpad=6, rotation=0, ha="right", va="center", color=SLATE)
        axis.set(xlim=(-REACH - 0.6, REACH + 0.6), ylim=(-0.8, max([*stacks[day], 2]) + 0.8))
    axes[-1, 0].set_xlabel(f"Days from {findings.day(anchor)}")
    key = [Line2D([], [], **mark(target)) for target in by_target(rows)] if "target" in rows else []
    key += coverage_key(chain(*hatched.values()))
    if key:
        add_key(figure, key)
    inside = rows["year"][rows["days"].abs() <= window].value_counts().reindex(days.year, fill_value=0)
    facts = {
        "anchor": anchor,
        "window": window,
        "inside": inside,
        "n": inside.sum(),
        "busiest": inside.idxmax(),
        "busiest_ratings": hatched[inside.idxmax()] if hatched[inside.idxmax()] == ["saturated"] else [],
        "most": inside.max(),
        "planned": [year for year in anniversary["planned"] if year in days.year],
        "reach": REACH,
        "source_line": findings.source_line(incidents),
    }
    return figure, rows, facts


def _anniversaries_in(first, last, anchor):
    """The anniversaries of a period with the days drawn either side of them."""
    reach, days = pd.Timedelta(days=REACH), anniversaries.anniversaries_between(first.year, last.year, anchor)
    days = days[(days > anniversaries.as_anchor(anchor)) & (days - reach >= first) & (days + reach <= last)]
    if days.empty:
        raise ValueError(f"no anniversary has {REACH} days either side in the data")
    return days


def _days_near(incidents, day):
    """The incidents within reach of one anniversary, with their days from it."""
    dates = pd.DatetimeIndex(anniversaries.as_days(incidents["date"]))
    rows = incidents.filter(["incident_id", "target"]).reset_index(drop=True)
    rows = pd.DataFrame(rows).assign(year=day.year, date=dates, days=(dates - day).days)
    return rows[rows["days"].abs() <= REACH].sort_values("days", kind="stable")


def _stack(rows):
    """Each attack's place among those of its day."""
    return rows.groupby("days").cumcount()


def _draw_year(axis, rows, stack, window):
    axis.axvspan(-window - 0.5, window + 0.5, color=NEAR_ANNIVERSARY, linewidth=0, zorder=0)
    axis.axvline(0, color=ANNIVERSARY, linewidth=1, zorder=0.5)
    for target, group in by_target(rows).items():
        axis.plot(group["days"], stack[group.index], **by_width(*_MARKS), **mark(target))
    near = int((rows["days"].abs() <= window).sum())
    axis.annotate(str(near), (1, 0.5), (4, 0), xycoords="axes fraction", textcoords="offset points",
                  va="center", ha="left", size=9, color=INK)  # fmt: skip
    axis.set_yticks([])
    axis.grid(False)
    axis.spines["left"].set_visible(False)
