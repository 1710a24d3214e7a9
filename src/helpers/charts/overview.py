"""Charts of what the tables say most plainly: attacks by year and country, and by year and weapon."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .. import findings
from .base import POINTS, Chart, add_key, by_width, chart, label_rows, start
from .looks import COUNTRIES, INK, MISSING, SLATE, WEAPONS

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
    return figure, counts.reset_index(), {"found": attacks_by_year}


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
    return figure, counts.reset_index(), {"found": weapons_by_year}


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
    add_key(
        figure, [Patch(facecolor=looks[name][0], edgecolor=INK, label=findings.upper_first(name)) for name in there]
    )
