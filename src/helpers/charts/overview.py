"""Charts of what the tables say most plainly: attacks by year and country, and by year and weapon."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .. import findings
from .base import POINTS, Chart, add_key, by_width, chart, label_rows, label_years, start, wrap
from .looks import COUNTRIES, INK, MISSING, SLATE, WEAPONS

MOST_SITES, MANY = 24, 5  # sites with a row of their own; attacks from which a site's quarters are spoken of
COUNT_SHADES = LinearSegmentedColormap.from_list("counts", ["#f3e6da", "#6b3f24"]).with_extremes(bad="white")
LETTER = 4.2  # points, of a letter of 8.5 points on average


@chart
def attacks_by_year(attacks_by_year: dict) -> Chart:
    """Reported attacks by year and country, with those of the campaign."""
    counts = _join_others(_counts(attacks_by_year))
    campaign = (attacks_by_year["campaign"] or {}).get("years", {})
    figure, axis = start(0.27 * len(counts) + 0.35)
    words = {year: _total_words(n, campaign.get(year)) for year, n in counts.sum(axis=1).items()}
    ends = [n / (1 - LETTER * (len(words[year]) + 2) / _room()) for year, n in counts.sum(axis=1).items()]
    _draw_bars(figure, axis, counts, _country_looks(counts), max([*ends, 1]))
    for y, (year, total) in enumerate(counts[::-1].sum(axis=1).items()):
        axis.text(total, y, f"  {words[year]}", size=8.5, va="center")
    label_rows(axis, [attacks_by_year["labels"][year] for year in counts.index[::-1]])
    ticks = MaxNLocator(by_width(page=7, column=4), steps=[1, 2, 5, 10], integer=True).tick_values(
        0, counts.sum(axis=1).max()
    )
    axis.set(xlabel="Reported attacks", xticks=ticks[ticks <= counts.sum(axis=1).max()])
    totals = counts.sum(axis=1).rename(attacks_by_year["labels"])
    facts = {"peak": totals.idxmax(), "highest": totals.max(), "quiet": totals.idxmin(), "lowest": totals.min()}
    return figure, counts.reset_index(), {"found": attacks_by_year, **facts}


@chart
def weapons_by_year(weapons_by_year: dict) -> Chart:
    """What the attacks of each year were made with, as shares."""
    counts = _counts(weapons_by_year)
    total = counts.sum(axis=1)
    figure, axis = start(0.27 * len(counts) + 0.35)
    shares = counts.div(total.where(total > 0), axis=0).fillna(0.0)
    _draw_bars(figure, axis, shares, _weapon_looks(counts), 1 / (1 - 8 * LETTER / _room()), counts)
    for y, n in enumerate(total[::-1]):
        axis.text(1 if n else 0, y, f"  n = {n}" if n else "  none", size=8.5, va="center")
    label_rows(axis, [weapons_by_year["labels"][year] for year in counts.index[::-1]])
    axis.set(xlabel="Share of reported attacks", xticks=[0, 0.25, 0.5, 0.75, 1])
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    used = shares[total > 0].rename(weapons_by_year["labels"])
    main = counts.drop(columns=findings.NOT_REPORTED, errors="ignore").sum().idxmax()
    ends = {end: {"year": used.index[at], "share": used[main].iloc[at]} for end, at in (("first", 0), ("last", -1))}
    return figure, counts.reset_index(), {"found": weapons_by_year, "main": main, **ends}


def _counts(found):
    """The counts of a table by year, without its sums."""
    return found["table"].drop(index="all", columns="all").rename_axis("year")


def _join_others(counts):
    """Counts by country, those with few attacks joined where there are more than have a colour."""
    known = [name for name in counts if name != findings.NOT_REPORTED]
    few = known[len(COUNTRIES) - 1 :]
    if len(known) <= len(COUNTRIES):
        return counts
    joined = counts[known[: -len(few)]].assign(**{"other countries": counts[few].sum(axis=1)})
    return joined.join(counts[[name for name in counts if name not in known]])


def _total_words(total, in_campaign):
    """The number beside a bar."""
    if not in_campaign:
        return str(total or "none")
    return f"{total}, {in_campaign} {by_width('of them in the campaign', 'in campaign')}"


def _room():
    """About how wide the plot is, in points, beside the names of its rows."""
    return by_width(page=180, column=88) / 25.4 * POINTS - 75


def _country_looks(counts):
    """The colours of bars and of the numbers in them, by country."""
    known = [name for name in counts if name != findings.NOT_REPORTED]
    return {**dict(zip(known, COUNTRIES, strict=False)), findings.NOT_REPORTED: (MISSING, INK)}


def _weapon_looks(counts):
    """The colours of bars and of the numbers in them, by weapon; those of another list of weapons are slate."""
    return {**{name: WEAPONS.get(name, (SLATE, "white")) for name in counts}, findings.NOT_REPORTED: (MISSING, INK)}


def _draw_bars(figure, axis: Axes, values: pd.DataFrame, looks: dict, right: float, counts=None) -> None:
    """Stacked bars from the first year down, with their numbers where there is room; the key names the parts."""
    counts = values if counts is None else counts
    axis.set_xlim(0, right)
    for y, year in zip(range(len(values))[::-1], values.index, strict=True):
        begin = 0
        for name, (fill, ink) in ((name, looks[name]) for name in values if counts.loc[year, name]):
            width, n = values.loc[year, name], counts.loc[year, name]
            axis.barh(y, width, 0.78, begin, color=fill, edgecolor=INK)
            if len(str(n)) * LETTER + 4 <= width / right * _room():
                axis.text(begin + width / 2, y, str(n), size=8, color=ink, ha="center", va="center")
            begin += width
    there = [name for name in values if counts[name].any()]
    # What is slate is a name of the reader's own list, and may be an acronym.
    words = {name: name if looks[name][0] == SLATE else findings.upper_first(name) for name in there}
    add_key(figure, [Patch(facecolor=looks[name][0], edgecolor=INK, label=words[name]) for name in there])


@chart
def sites_by_quarter(incidents: pd.DataFrame, sites: pd.DataFrame | None = None) -> Chart:
    """Attacks on each site in each quarter, and when US forces left it."""
    findings.require_columns(incidents, ["site_name", "date"], "a chart of sites by quarter")
    first, last = findings.covered(incidents)
    quarters = pd.period_range(first, last, freq="Q")
    counts = pd.crosstab(incidents["site_name"], incidents["date"].dt.to_period("Q")).reindex(columns=quarters)
    counts = counts.fillna(0).astype("int64")
    counts = counts.assign(n=counts.sum(axis=1)).sort_values("n", ascending=False, kind="stable").drop(columns="n")
    top, others = counts[:MOST_SITES], counts[MOST_SITES:]
    if len(others):
        top = pd.concat([top, others.sum().to_frame(f"{len(others)} other sites").T])
    figure, axis = start(by_width(0.19, 0.23) * len(top) + 0.3)
    _shade_cells(axis, top.to_numpy())
    left = _days_left(sites, top.index)
    for name, day in left.items():
        x = quarters.get_loc(day.to_period("Q")) + 1 if day.to_period("Q") in quarters else len(quarters)
        axis.barh(list(top.index).index(name) + 0.5, len(quarters) - x, 0.16, x, color=SLATE)
    names = [wrap(f"{name}:\xa0{n}", by_width(200, 110), size=8) for name, n in top.sum(axis=1).items()]
    axis.set_yticks(np.arange(len(top)) + 0.5, names, size=8)
    axis.tick_params(axis="y", length=0)
    axis.set(xlim=(0, len(quarters)), ylim=(len(top), 0))
    starts = [x for x, quarter in enumerate(quarters) if quarter.quarter == 1]
    label_years(axis, [quarters[x].year for x in starts], starts)
    axis.grid(False)
    add_key(figure, _count_key(top.max().max(), left))
    many = counts[counts.sum(axis=1) >= MANY]
    site, quarter = counts.stack().idxmax()
    facts = {
        "many": MANY,
        "n_many": len(many),
        "n_half": int((many.max(axis=1) >= many.sum(axis=1) / 2).sum()),
        "busiest": {
            "site": site,
            "quarter": f"{quarter.start_time:%B} to {quarter.end_time:%B %Y}",
            "n": counts.max().max(),
        },
        "left": list(left),
        "source_line": findings.source_line(incidents),
    }
    table = counts.rename(columns=str).rename_axis("site").rename_axis(None, axis=1).reset_index()
    return figure, table, facts


def _count_key(most, left):
    """What the cells and lines mean: one attack, half of the most and the most."""
    key = [Patch(color=COUNT_SHADES(n / most), label=f"{n} in a quarter") for n in sorted({1, -(-most // 2), most})]
    return key + [Line2D([], [], color=SLATE, linewidth=2, label="After US forces had left")] * bool(left)


def _shade_cells(axis, counts):
    """A cell for each count above 0, darker for more, with the number where there is room."""
    most = counts.max()
    axis.pcolormesh(np.ma.masked_equal(counts, 0), cmap=COUNT_SHADES, vmin=0, vmax=most, edgecolors="white",
                    linewidth=0.8)  # fmt: skip
    for y, x in np.argwhere(counts) if by_width(True, False) else ():
        color = "white" if counts[y, x] > most / 2 else INK
        axis.text(x + 0.5, y + 0.5, counts[y, x], ha="center", va="center", size=8, color=color)


def _days_left(sites, names):
    """The day on which US forces left each of some sites, where there is one."""
    if sites is None or "us_until" not in sites:
        return {}
    days = pd.to_datetime(sites.set_index("name")["us_until"]).dropna()
    return {name: day for name, day in days.items() if name in set(names)}
