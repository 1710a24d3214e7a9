"""One function per chart, data in, figure out.

A :class:`Chart` is a matplotlib figure that also carries its name, its data and its alt text, so that a notebook shows
it as an SVG that a screen reader can read, and an export can set the numbers beside the picture.
"""

import io
import re
import textwrap
from contextlib import contextmanager
from functools import wraps
from html import escape
from importlib.resources import as_file, files

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from . import anniversaries, comparison, findings, schemas

WIDTH = 180 / 25.4
STRIP_DAYS = 3  # days that share one stack of marks in the strip chart, so that marks never overlap
INK, PALE = "#222222", "#c9cfce"
TARGET_STYLE = {
    "embassy": {"color": "#3f90da", "marker": "o", "hatch": "////", "label": "Embassy and other diplomatic sites"},
    "base": {"color": "#ffa90e", "marker": "s", "hatch": "", "label": "Bases"},
    "untold": {"color": "#94a4a2", "marker": "^", "hatch": "..", "label": "Target not told"},
}
SILENCE = {"color": "white", "hatch": "\\\\\\\\", "hatchcolor": "#999999"}
LINE_INCHES = {"title": 0.205, "subtitle": 0.165, "note": 0.145}
LINE_CHARACTERS = {"title": 74, "subtitle": 106, "note": 124}


class Chart(Figure):
    """A figure with a name, the data it plots and alt text.

    Attributes
    ----------
    name : str
        File name without ending.
    headline : str
        The finding, as printed above the chart.
    note : str
        n, period, data version and source, as printed below it.
    alt : str
        What the chart shows, in words.
    data : DataFrame
        What it plots.
    """

    name = headline = note = alt = ""
    data = None

    def __repr__(self):
        return f"Chart {self.name}: {self.alt}"

    def _repr_svg_(self):
        return svg(self)


@contextmanager
def style():
    """The style sheet, for as long as a chart is drawn or saved."""
    with as_file(files(__package__) / "charts.mplstyle") as path, matplotlib.style.context(["default", str(path)]):
        yield


def svg(chart):
    """A chart as SVG, with its title and alt text as ``<title>`` and ``<desc>``; the same bytes each time."""
    buffer = io.StringIO()
    with style():
        chart.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    label = f'role="img" aria-labelledby="{chart.name}-title {chart.name}-desc"'
    words = (
        f'<title id="{chart.name}-title">{escape(chart.headline)}</title>'
        f'<desc id="{chart.name}-desc">{escape(chart.alt)}</desc>'
    )
    return re.sub(r"<svg ([^>]*)>", rf"<svg {label} \1>\n {words}", buffer.getvalue(), count=1)


def _start(height, **grid):
    chart = Chart(figsize=(WIDTH, height), layout="constrained")
    return chart, chart.subplots(**grid)


def _finish(chart, name, headline, subtitle, note, alt, data):
    """Title and subtitle above, note below, all left-aligned; the plot gets what is left."""
    lines = {"title": headline, "subtitle": subtitle, "note": note}
    lines = {kind: textwrap.wrap(words, LINE_CHARACTERS[kind]) for kind, words in lines.items()}
    heights = {kind: len(wrapped) * LINE_INCHES[kind] for kind, wrapped in lines.items()}
    above, below = heights["title"] + heights["subtitle"] + 0.12, heights["note"] + 0.06
    width, height = chart.get_size_inches()
    height = height + above + below
    chart.set_size_inches(width, height)
    chart.get_layout_engine().set(rect=(0, below / height, 1, 1 - (above + below) / height))
    tops = {"title": height - 0.04, "subtitle": height - 0.06 - heights["title"], "note": below - 0.04}
    looks = {
        "title": {"size": 11, "weight": "bold"},
        "subtitle": {"size": 9},
        "note": {"size": 7.5, "color": "#555555"},
    }
    for kind, wrapped in lines.items():
        chart.text(0.008, tops[kind] / height, "\n".join(wrapped), va="top", ha="left", linespacing=1.25, **looks[kind])
    # Constrained layout moves a little each time it runs: settle it, then keep it, so that every save is the same.
    chart.draw_without_rendering()
    chart.draw_without_rendering()
    chart.set_layout_engine("none")
    chart.name, chart.headline, chart.note, chart.data = name, headline, note, data
    chart.alt = f"{subtitle} {alt}"
    return chart


def _drawn(function):
    """Run a chart function under the style sheet."""

    @wraps(function)
    def draw(*args, **kwargs):
        with style():
            return function(*args, **kwargs)

    return draw


def _upper(sentence):
    return sentence[:1].upper() + sentence[1:]


def _targets(data):
    """The groups to colour, those that are there: embassy, base, and incidents whose target is not told."""
    target = data["target"].astype("object").fillna("untold") if "target" in data else pd.Series("untold", data.index)
    return {name: data[target == name] for name in TARGET_STYLE if (target == name).any()}


@_drawn
def article_accounts(accounts, headline, note):
    """What each source says of one attack, beside the founding article.

    Parameters
    ----------
    accounts : DataFrame
        One row per (source, field): ``source``, ``field``, ``low``, ``high`` (missing is open), as
        :func:`helpers.findings.accounts_of` returns it.
    headline, note : str
    """
    fields = accounts["field"].unique()
    sources = accounts["source"].unique()[::-1]
    chart, axes = _start(0.6 + 0.3 * len(sources), ncols=len(fields), sharey=True, squeeze=False)
    right = float(accounts[["low", "high"]].max().max()) + 1.5
    for axis, field in zip(axes[0], fields, strict=True):
        rows = accounts[accounts["field"] == field].set_index("source").reindex(sources)
        for y, (low, high) in enumerate(zip(rows["low"], rows["high"], strict=True)):
            _draw_account(axis, y, low, high, right, article=y == len(sources) - 1)
        axis.set(title=field, xlim=(-0.5, right), ylim=(-0.6, len(sources) - 0.4), yticks=range(len(sources)))
        axis.set_yticklabels(sources)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axis.grid(axis="x")
        axis.tick_params(axis="y", length=0)
    spoken = accounts.dropna(subset=["low"])
    alt = " ".join(f"{row.source}, {row.field}: {_range_text(row)}." for row in spoken.itertuples())
    subtitle = "Each account of the attack. A dot is an exact number, an arrow is 'at least', a dash is silence."
    return _finish(chart, "article_accounts", headline, subtitle, note, alt, accounts)


def _range_text(row):
    if pd.isna(row.high):
        return f"at least {row.low:.0f}"
    return f"{row.low:.0f}" if row.low == row.high else f"{row.low:.0f} to {row.high:.0f}"


def _draw_account(axis, y, low, high, right, article):
    color = "#bd1f01" if article else INK
    if pd.isna(low):
        axis.text(0, y, "–", color="#999999", ha="center", va="center")
    elif pd.isna(high):
        axis.annotate("", (right - 0.4, y), (low, y), arrowprops={"arrowstyle": "->", "color": color})
        axis.plot(low, y, marker="|", color=color, markersize=9)
    else:
        axis.plot([low, high], [y, y], marker="o", color=color)


@_drawn
def timeline(data, anchor=anniversaries.SOLEIMANI):
    """Incidents per month by target, with the anniversaries of the anchor.

    Parameters
    ----------
    data : DataFrame
        Incidents.
    anchor : date
        Its month and day are marked in every year.
    """
    first, last = findings.covered(data)
    months = pd.period_range(first, last, freq="M")
    counts = pd.DataFrame(
        {
            target: group["date"].dt.to_period("M").value_counts().reindex(months, fill_value=0)
            for target, group in _targets(data).items()
        }
    )
    chart, axis = _start(2.5)
    bottom = np.zeros(len(months))
    for target, bars in counts.items():
        look = {key: TARGET_STYLE[target][key] for key in ("color", "hatch")}
        axis.bar(range(len(months)), bars, 0.9, bottom, edgecolor=INK, label=TARGET_STYLE[target]["label"], **look)
        bottom = bottom + bars.to_numpy()
    for year in anniversaries.anniversaries_between(first.year, last.year, anchor):
        if first <= year <= last:
            x = (year.to_period("M") - months[0]).n - 0.5 + (year.day - 1) / year.days_in_month
            axis.axvline(x, color="#bd1f01", linewidth=1, linestyle="--")
            axis.text(x, bottom.max() * 1.06, f" {year.day} {year:%b %Y}", size=7.5, color="#bd1f01", va="bottom")
    ticks = [i for i, month in enumerate(months) if month.month in (1, 7)]
    axis.set(xticks=ticks, xlim=(-0.8, len(months) - 0.2), ylim=(0, bottom.max() * 1.18), ylabel="Incidents per month")
    axis.set_xticklabels([months[i].strftime("%b %Y") for i in ticks])
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    axis.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.12))
    total = counts.sum(axis=1)
    peak = total.idxmax()
    quiet = int((total == 0).sum())
    headline = (
        f"{quiet} of {len(months)} months saw no attack; the busiest, {peak.strftime('%B %Y')}, saw {total.max()}"
    )
    alt = "; ".join(f"{month}: {n}" for month, n in total.items() if n)
    subtitle = f"Attacks per month by target. Dashed lines mark {findings.day_text(anchor)}."
    table = counts.rename_axis("month").rename_axis(None, axis=1).reset_index().astype({"month": "str"})
    return _finish(chart, "timeline", headline, subtitle, findings.about(data), f"Months with attacks: {alt}.", table)


@_drawn
def disagreements(data):
    """How often independent accounts dispute each field.

    Parameters
    ----------
    data : DataFrame
        Incidents with ``disputed`` and ``n_independent``.
    """
    table = findings.disagreements(data)
    chart, axis = _start(0.25 * len(table) + 0.3)
    rows = table[::-1]
    axis.barh(rows["field"], rows["share"], color="#94a4a2", edgecolor=INK)
    for y, row in enumerate(rows.itertuples()):
        axis.text(row.share + 0.005, y, f"{row.disputed} ({row.share:.0%})", va="center", size=8)
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(axis="x")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    axis.set(xlabel="Share of incidents with two or more accounts", xlim=(0, table["share"].max() * 1.18))
    top, n = table.iloc[0], int(table["n"].iloc[0])
    headline = f"Accounts contradict each other on {top['field']} in {top['share']:.0%} of incidents"
    subtitle = f"Incidents on which independent accounts cannot all be right, of {n} that two or more accounts tell."
    alt = "; ".join(f"{row.field}: {row.disputed}" for row in table.itertuples()) + "."
    return _finish(chart, "disagreements", headline, subtitle, findings.about(data), alt, table)


@_drawn
def days_strip(found, data):
    """Every attack by its days from the anniversary, one strip per year.

    Parameters
    ----------
    found : findings.Anniversary
    data : DataFrame
        The incidents it was found in.
    """
    offsets = found.offsets
    if "target" in data:
        offsets = offsets.merge(data[["incident_id", "target"]], on="incident_id")
    years = found.test.anniversaries.year.tolist()
    chart, axes = _start(0.85 * len(years) + 0.3, nrows=len(years), sharex=True, squeeze=False)
    for axis, year in zip(axes[:, 0], years, strict=True):
        rows = offsets[offsets["anniversary"] == year]
        _draw_strip(axis, rows, found.window)
        axis.set(ylabel=f"{year}\nn = {len(rows)}", xlim=(-184, 184), yticks=[])
        axis.spines["left"].set_visible(False)
        axis.yaxis.label.set(rotation=0, ha="right", va="center")
    axes[-1, 0].set_xlabel(f"Days from {found.anchor_text}")
    if "target" in data:
        marks = [Line2D([], [], markeredgecolor=INK, **_mark(target)) for target in _targets(offsets)]
        axes[-1, 0].legend(handles=marks, loc="upper center", bbox_to_anchor=(0.5, -0.6), ncols=2)
    inside = offsets.assign(inside=offsets["days"].abs() <= found.window).groupby("anniversary")["inside"].sum()
    inside = inside.reindex(years, fill_value=0)
    most = inside.idxmax()
    headline = (
        f"{inside.max()} of the {inside.sum()} attacks within {found.window} days of the anniversary fall in {most}"
        if inside.sum()
        else f"No attack falls within {found.window} days of the anniversary"
    )
    subtitle = (
        f"Attacks by days from {found.anchor_text}, each anniversary apart; {found.window} days either side shaded. "
        f"Marks stack in steps of {STRIP_DAYS} days."
    )
    alt = "Inside the shaded window: " + ", ".join(f"{n} in {year}" for year, n in inside.items()) + "."
    return _finish(chart, "days_strip", headline, subtitle, found.about, alt, offsets)


def _mark(target):
    return {"linestyle": "", **{key: TARGET_STYLE[target][key] for key in ("color", "marker", "label")}}


def _draw_strip(axis, rows, window):
    axis.axvspan(-window - 0.5, window + 0.5, color="#f3dcd6", linewidth=0, zorder=0)
    axis.axvline(0, color="#bd1f01", linewidth=1)
    stack = rows.groupby(rows["days"] // STRIP_DAYS).cumcount()
    for target, group in _targets(rows).items():
        middle = group["days"] // STRIP_DAYS * STRIP_DAYS + STRIP_DAYS // 2
        axis.plot(middle, stack[group.index], markeredgecolor=INK, markersize=4.7, **_mark(target))
    axis.set_ylim(-0.8, max(stack.max() if len(stack) else 0, 2) + 0.8)
    axis.grid(False)


@_drawn
def placebo_windows(found):
    """Attacks within each window of the anniversary, against the same window around every other day.

    Parameters
    ----------
    found : findings.Anniversary
    """
    table, placebos = found.test.table, found.test.placebos
    quantiles = np.quantile(placebos, [0.05, 0.5, 0.95], axis=0)
    chart, axis = _start(2.9)
    axis.fill_between(
        table.index, quantiles[0], quantiles[2], color=PALE, linewidth=0, label="Nine in ten placebo days"
    )
    axis.plot(table.index, quantiles[1], color="#6b7776", linestyle=":", label="Median placebo day")
    axis.plot(table.index, table["observed"], color="#bd1f01", label="The anniversary", drawstyle="steps-mid")
    axis.axvline(found.window, color=INK, linewidth=0.8, linestyle="--")
    axis.text(found.window + 0.4, 0.3, f"headline window, {found.window} days", size=8)
    axis.set(
        xlabel="Window, days either side", ylabel="Attacks in the window", xlim=(1, table.index.max()), ylim=(0, None)
    )
    axis.legend(loc="upper left")
    plotted = table.assign(placebo_5=quantiles[0], placebo_50=quantiles[1], placebo_95=quantiles[2]).reset_index()
    above = int((table["observed"] > quantiles[2]).sum())
    headline = f"{_upper(found.verdict)}: global {findings.p_text(found.test.p_value)}"
    subtitle = (
        f"Attacks within each window of {found.anchor_text}, all tested years together, and around the 364 other days."
    )
    alt = f"The anniversary lies above the band of nine in ten placebo days in {above} of {len(table)} windows."
    return _finish(chart, "placebo_windows", headline, subtitle, found.about, alt, plotted)


@_drawn
def placebo_distribution(found):
    """How many days of the year have as many attacks around them as the anniversary has.

    Parameters
    ----------
    found : findings.Anniversary
    """
    counts = found.test.placebos[:, found.test.table.index.get_loc(found.window)]
    observed = int(counts[0])
    days = pd.Series(np.bincount(counts), name="days").rename_axis("attacks").reset_index()
    reached = days["attacks"] >= observed
    chart, axis = _start(2.5)
    axis.bar(days["attacks"], days["days"], 0.9, color=np.where(reached, "#bd1f01", PALE), edgecolor=INK)
    axis.annotate(
        f"{found.anchor_text}: {observed}",
        (observed, days.loc[days["attacks"] == observed, "days"].iloc[0]),
        (0, 28), textcoords="offset points", ha="center", arrowprops={"arrowstyle": "->", "color": INK},
    )  # fmt: skip
    axis.set(xlabel=f"Attacks within {found.window} days", ylabel="Days of the year")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    total = int(reached @ days["days"])
    share = total / anniversaries.CIRCLE
    headline = f"{total} of 365 days ({share:.0%}) have as many attacks around them, or more"
    subtitle = f"Days of the year by attacks within {found.window} days of them, all tested years folded together."
    alt = f"{found.anchor_text} has {observed}; {total} days have as many or more, itself included."
    return _finish(chart, "placebo_distribution", headline, subtitle, found.about, alt, days.assign(reached=reached))


@_drawn
def year_ratios(found):
    """The rate ratio of the headline window, for all anniversaries, each apart, and each left out.

    Parameters
    ----------
    found : findings.Anniversary
    """
    table = found.years.reset_index()
    rows = table[::-1].reset_index(drop=True)
    chart, axis = _start(0.3 * len(rows) + 0.5)
    floor, ceiling = 0.1, 40
    _draw_intervals(axis, rows, "rate_ratio", floor, ceiling)
    counts = [f"{row.observed} vs {row.expected:.1f}" for row in rows.itertuples()]
    _write_column(axis, 1.03, "attacks vs\nexpected", counts)
    _write_column(axis, 1.185, "global\np-value", [findings.p_text(p) for p in rows["global_p_value"]])
    axis.set(xlabel=f"Rate ratio, {found.window} days around {found.anchor_text} (log scale)")
    axis.set(yticks=range(len(rows)), ylim=(-0.6, len(rows) - 0.4))
    axis.set_yticklabels(_upper(name) for name in rows["anniversaries"])
    headline = "Attacks near the anniversary: " + findings.listed(
        f"{row.observed} in {row.anniversaries}" for row in table.itertuples() if row.anniversaries.isdigit()
    )
    subtitle = (
        "Rate of attacks near the anniversary over the rate on the remaining days, with 95% placebo intervals "
        "(arrows: beyond the scale)."
    )
    alt = " ".join(f"{row.anniversaries}: {row.rate_ratio:.2f} ({row.observed} attacks)." for row in table.itertuples())
    return _finish(chart, "year_ratios", headline, subtitle, found.about, alt, table)


def _write_column(axis, x, heading, words):
    """A column of text right of a chart, one entry per row, ``x`` in widths of the axes."""
    across = axis.get_yaxis_transform()
    axis.text(x, len(words) - 0.4, heading, transform=across, size=8, weight="bold", va="bottom")
    for y, word in enumerate(words):
        axis.text(x, y, word, transform=across, size=8, va="center")


@_drawn
def intensity(found, anchor=anniversaries.SOLEIMANI):
    """The expected attacks a day by the self-exciting model, and its baseline.

    Parameters
    ----------
    found : findings.SelfExcitation
    anchor : date
        Its month and day are marked in every year.
    """
    fit = found.test.alternative
    days = pd.DataFrame({"expected": fit.intensity, "baseline": fit.expected_baseline, "attacks": fit.days.in_period})
    top = days["expected"].quantile(0.995) * 1.4  # the first days of the aftermath would flatten all the rest
    chart, axis = _start(2.4)
    axis.plot(days.index, days["expected"], color="#3f90da", linewidth=1, label="Expected, bred attacks included")
    axis.plot(days.index, days["baseline"], color=INK, linewidth=1.2, label="Baseline")
    struck = days.index[days["attacks"] > 0]
    axis.plot(struck, np.full(len(struck), -0.06 * top), "|", color="#6b7776", markersize=5, label="Days with attacks")
    for day in anniversaries.anniversaries_between(days.index[0].year, days.index[-1].year, anchor):
        if days.index[0] <= day <= days.index[-1]:
            axis.axvline(day, color="#bd1f01", linewidth=0.8, linestyle="--")
    axis.set(ylabel="Attacks a day", ylim=(-0.12 * top, top), xlim=(days.index[0], days.index[-1]))
    axis.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.12))
    headline = (
        f"One attack sets off {fit.branching_ratio:.1f} further ones, half of them within {fit.half_life:.0f} days"
    )
    n_above = int((days["expected"] > top).sum())
    subtitle = (
        "Expected attacks by a daily Hawkes model with a level for each year, the aftermath of the killing and an "
        f"anniversary term. Dashed lines mark {findings.day_text(anchor)}; {n_above} days of higher rates leave the "
        "scale."
    )
    peak = days["expected"].idxmax()
    alt = f"The expected rate peaks on {peak:%Y-%m-%d} at {days['expected'].max():.1f} attacks a day."
    table = days.round({"expected": 4, "baseline": 4}).rename_axis("date").reset_index()
    return _finish(chart, "intensity", headline, subtitle, found.about, alt, table)


@_drawn
def levels(table):
    """How often each test rejects where nothing happens, world by world.

    Parameters
    ----------
    table : DataFrame
        As :func:`helpers.findings.load_levels` returns it.
    """
    tests, periods = list(table["test"].unique())[::-1], sorted(table["years"].unique())
    chart, axes = _start(0.34 * len(tests) + 0.5, ncols=len(periods), sharey=True, squeeze=False)
    for axis, years in zip(axes[0], periods, strict=True):
        rows = table[table["years"] == years]
        heights = rows["test"].map(tests.index)
        ours = rows["test"].isin(findings.OUR_TESTS)
        for mask, color, marker in ((ours, "#3f90da", "o"), (~ours, "#bd1f01", "D")):
            axis.plot(rows["rate"][mask], heights[mask], marker, color=color, markeredgecolor=INK, markersize=4.5)
        axis.axvline(0.05, color=INK, linewidth=0.8)
        axis.set(title=f"{years:g} years", xlim=(-0.03, max(1.03, table["rate"].max())), ylim=(-0.6, len(tests) - 0.4))
        axis.set(yticks=range(len(tests)), xlabel="Rejected at 5%")
        axis.set_yticklabels(tests)
        axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.set_xticks([0.05, 0.5, 1])
        axis.grid(axis="x")
        axis.tick_params(axis="y", length=0)
    worst = table.groupby("test")["rate"].max()
    ours = worst[worst.index.isin(findings.OUR_TESTS)].max()
    headline = (
        f"Common tests find an effect in up to {worst.max():.0%} of series without one, ours in at most {ours:.1%}"
    )
    subtitle = (
        f"Share of simulated series without any anniversary effect that each test rejects at 5%; a mark is one of "
        f"{table['world'].nunique()} worlds. Circles: the placebo tests."
    )
    alt = " ".join(f"{test}: at most {rate:.1%}." for test, rate in worst.items())
    note = (
        f"{table['n_sims'].min()} to {table['n_sims'].max()} simulated series a mark. Source: make level, fixed seeds."
    )
    return _finish(chart, "levels", headline, subtitle, note, alt, table)


def _draw_intervals(axis, rows, effect, floor, ceiling):
    """Points with intervals on a log scale; what leaves the scale ends in an arrow."""
    axis.axvline(1, color=INK, linewidth=0.8)
    for y, row in rows.iterrows():
        low, high = max(row["ci_low"], floor), min(row["ci_high"], ceiling)
        axis.plot([low, high], [y, y], color="#6b7776", linewidth=1.4)
        for end, open_end, marker in ((low, row["ci_low"] < floor, "<"), (high, row["ci_high"] > ceiling, ">")):
            if open_end:
                axis.plot(end, y, marker=marker, color="#6b7776", markersize=5)
        if row[effect] > 0:
            axis.plot(min(row[effect], ceiling), y, "o", color="#bd1f01", markeredgecolor=INK)
        else:
            axis.text(floor, y, " 0", va="bottom", size=8)
    axis.set(xscale="log", xlim=(floor * 0.9, ceiling * 1.05))
    axis.set_xticks([0.1, 0.25, 0.5, 1, 2, 4, 10, 40], labels=["0.1", "¼", "½", "1", "2", "4", "10", "40"], minor=False)
    axis.set_xticks([], minor=True)
    axis.grid(axis="x")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)


@_drawn
def salvo_sizes(data):
    """Munitions launched, each incident from low to high, by target.

    Parameters
    ----------
    data : DataFrame
        Incidents with ``launched_low``, ``launched_best``, ``launched_high`` and ``target``.
    """
    numbers = ["launched_low", "launched_best", "launched_high"]
    findings.need(data, ["target", *numbers], "a chart of salvo sizes")
    told = data.dropna(subset=["launched_best"])[["incident_id", "target", *numbers]]
    told = told.astype(dict.fromkeys(numbers, float)).sort_values(["launched_best", "launched_low"])
    groups = {target: rows.reset_index(drop=True) for target, rows in _targets(told).items()}
    widths = [max(len(rows), 8) for rows in groups.values()]
    chart, axes = _start(2.9, ncols=len(groups), sharey=True, squeeze=False, width_ratios=widths)
    for axis, (target, rows) in zip(axes[0], groups.items(), strict=True):
        look = TARGET_STYLE[target]
        closed = rows["launched_high"].notna()
        axis.vlines(rows.index[closed], rows["launched_low"][closed], rows["launched_high"][closed], color="#6b7776")
        axis.scatter(rows.index[~closed], rows["launched_best"][~closed] * 1.12, s=14, marker="^", c="#6b7776")
        axis.scatter(rows.index, rows["launched_best"], s=16, c=look["color"], marker=look["marker"], edgecolors=INK,
                     linewidths=0.5, zorder=3)  # fmt: skip
        axis.set_title(f"{_upper(_plural(target))}\nmedian {rows['launched_best'].median():g}, n = {len(rows)}")
        axis.set(xticks=[], yscale="log", xlabel="Incidents, ordered")
    axes[0, 0].set_ylabel("Munitions launched (log scale)")
    axes[0, 0].set_yticks([1, 2, 5, 10, 20], labels=["1", "2", "5", "10", "20"])
    axes[0, 0].set_yticks([], minor=True)
    medians = {target: rows["launched_best"].median() for target, rows in groups.items()}
    headline = "The typical salvo: " + ", ".join(f"{medians[t]:g} munitions at {_plural(t)}" for t in groups)
    subtitle = "Munitions launched per attack: best estimate, bar from low to high; a triangle is 'at least'."
    alt = " ".join(
        f"{t}: n = {len(rows)}, median {medians[t]:g}, largest {rows['launched_best'].max():g}."
        for t, rows in groups.items()
    )
    return _finish(chart, "salvo_sizes", headline, subtitle, findings.about(data), alt, told)


@_drawn
def outcome_shares(found):
    """Outcomes by target as shares of all incidents, with what nobody reported drawn.

    Parameters
    ----------
    found : findings.EmbassyVsBase
    """
    table = findings.outcome_shares(found)
    names = table["measure"].unique()[::-1]
    chart, axis = _start(0.42 * len(names) + 0.5)
    for row in table.itertuples():
        y = list(names).index(row.measure) + (0.2 if row.target == "embassy" else -0.2)
        look, left = TARGET_STYLE[row.target], 0.0
        yes = {"color": look["color"], "hatch": look["hatch"]}
        for share, fill in ((row.yes, yes), (row.no, {"color": "white"}), (row.silent, SILENCE)):
            axis.barh(y, share, 0.36, left, edgecolor=INK, **fill)
            left += share
        axis.text(1.01, y, f"{row.target} {row.n_yes} / {row.n_no} / {row.n_silent}", va="center", size=7.5)
    axis.set(yticks=range(len(names)), xlim=(0, 1), ylim=(-0.6, len(names) - 0.4), xlabel="Share of all incidents")
    axis.set_yticklabels(_upper(name) for name in names)
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(False)
    axis.tick_params(axis="y", length=0)
    headline = found.silence_text
    subtitle = (
        "Share reported as yes (coloured) and no (white), by target; striped: not reported, or contradictory. "
        "Counts at the right: yes / no / striped."
    )
    alt = " ".join(
        f"{r.measure}, {r.target}: {r.n_yes} yes, {r.n_no} no, {r.n_silent} without an answer."
        for r in table.itertuples()
    )
    return _finish(chart, "outcome_shares", headline, subtitle, found.about, alt, table)


def _plural(target):
    return {"embassy": "diplomatic sites", "base": "bases", "untold": "sites not told"}[target]


SCALES = {
    "risk ratio": {"xscale": "log", "xlim": (0.045, 12.6), "ticks": {0.1: "0.1", 0.25: "¼", 0.5: "½", 1: "1", 2: "2",
                   4: "4", 10: "10"}, "xlabel": "Risk ratio, embassy over base (log scale)"},
    "Cliff's delta": {"xscale": "linear", "xlim": (-1.05, 1.05), "ticks": {-1: "-1", -0.5: "-½", 0: "0", 0.5: "½",
                      1: "1"}, "xlabel": "Cliff's delta: above 0, larger at the embassy"},
    "Cramér's V": {"xscale": "linear", "xlim": (-0.02, 1.05), "ticks": {0: "0", 0.25: "¼", 0.5: "½", 0.75: "¾", 1: "1"},
                   "xlabel": "Cramér's V: 0, the same mix at both"},
}  # fmt: skip


@_drawn
def effects(found):
    """Every effect of embassy over base, with its interval and its worst-case bounds.

    Parameters
    ----------
    found : findings.EmbassyVsBase
    """
    table = found.table.reset_index()
    kinds = [kind for kind in SCALES if (table["effect_type"] == kind).any()]
    sizes = [(table["effect_type"] == kind).sum() for kind in kinds]
    chart, axes = _start(0.24 * sum(sizes) + 0.62 * len(kinds), nrows=len(kinds), squeeze=False,
                         height_ratios=[size + 0.4 for size in sizes])  # fmt: skip
    for axis, kind in zip(axes[:, 0], kinds, strict=True):
        rows = table[table["effect_type"] == kind][::-1].reset_index(drop=True)
        _draw_effects(axis, rows, kind)
        told = [f"{p:.2g}" if pd.notna(p) else "not estimable" for p in rows["p_adjusted"]]
        _write_column(axis, 1.02, "adjusted\np-value" if kind == kinds[0] else "", told)
    subtitle = (
        "Effects with 95% intervals. Pale bars: what silence could make of them, every missing value set against, "
        "then for, the difference. Arrows: beyond the scale."
    )
    alt = " ".join(
        f"{row.measure}: {row.effect_type} {row.effect:.2f} ({row.ci_low:.2f} to {row.ci_high:.2f})."
        if pd.notna(row.effect)
        else f"{row.measure}: not estimable."
        for row in table.itertuples()
    )
    return _finish(chart, "effects", _upper(found.verdict), subtitle, found.about, alt, table)


def _draw_effects(axis, rows, kind):
    """The effects of one kind on their own scale."""
    scale = SCALES[kind]
    low, high = scale["xlim"]
    axis.axvline(comparison.NO_EFFECT.get(kind, 0), color=INK, linewidth=0.8)
    for y, row in rows[rows["effect"].notna()].iterrows():
        worst = np.clip([row["worst_low"], row["worst_high"]], low, high)
        axis.plot(worst, [y, y], color=PALE, linewidth=7, solid_capstyle="butt")
        if pd.notna(row["ci_low"]):
            axis.plot(np.clip([row["ci_low"], row["ci_high"]], low, high), [y, y], color="#555555", linewidth=1.4)
        for end, beyond, marker in ((low, row["ci_low"] < low, "<"), (high, row["ci_high"] > high, ">")):
            if beyond:
                axis.plot(end, y, marker=marker, color="#555555", markersize=5, clip_on=False)
        axis.plot(np.clip(row["effect"], low, high), y, "o", color="#bd1f01", markeredgecolor=INK, clip_on=False)
        if row["effect"] < low:
            axis.annotate("0", (low, y), (7, 4), textcoords="offset points", size=8)
    axis.set(xscale=scale["xscale"], xlim=scale["xlim"], ylim=(-0.6, len(rows) - 0.4), yticks=range(len(rows)))
    axis.set_xticks(list(scale["ticks"]), labels=scale["ticks"].values(), minor=False)
    axis.set_xticks([], minor=True)
    axis.set_xlabel(scale["xlabel"], size=8.5)
    axis.set_yticklabels(_upper(name) for name in rows["measure"])
    axis.grid(axis="x")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0, pad=7)


@_drawn
def time_of_day(found):
    """When attacks came, by target, with those whose hour nobody tells drawn.

    Parameters
    ----------
    found : findings.EmbassyVsBase
    """
    told = found.counts.loc["part of day"]
    parts = [part for part in schemas.PART_OF_DAY if part in told.index]
    table = pd.concat([_by_part(told.loc[parts], target) for target in ("embassy", "base")], ignore_index=True)
    chart, axis = _start(2.5)
    for target, side in (("embassy", -0.2), ("base", 0.2)):
        rows = table[table["target"] == target].reset_index(drop=True)
        look = {key: TARGET_STYLE[target][key] for key in ("color", "hatch", "label")}
        axis.bar(rows.index[:-1] + side, rows["share"][:-1], 0.38, edgecolor=INK, **look)
        axis.bar(len(parts) + side, rows["share"].iloc[-1], 0.38, edgecolor=INK, **SILENCE)
        for x, row in rows.iterrows():
            axis.text(x + side, row["share"] + 0.006, row["n"], ha="center", va="bottom", size=8)
    axis.text(len(parts), table["share"].max() * 1.12, "embassy | bases", ha="center", size=8)
    axis.set(xticks=range(len(parts) + 1), ylabel="Share of all incidents", ylim=(0, table["share"].max() * 1.2))
    axis.set_xticklabels([*map(_upper, parts), "Not told"])
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.1))
    row = found.table.loc["part of day"]
    differs = row["p_adjusted"] <= findings.ALPHA
    tested = f"{findings.p_text(row['p_value'])} alone" if pd.notna(row["p_value"]) else "not tested"
    night = told.loc["night"] if "night" in told.index else told.iloc[0] * 0
    headline = (
        f"{'Evidence' if differs else 'No evidence'} that the embassy is struck at another time of day than bases "
        f"({tested})"
    )
    subtitle = (
        f"Share of incidents by part of day. Of those told, {night['embassy_share']:.0%} at diplomatic sites and "
        f"{night['base_share']:.0%} at bases came at night. Counts above the bars; striped: not told."
    )
    alt = " ".join(f"{r.target}, {r.part}: {r.n} ({r.share:.0%})." for r in table.itertuples())
    return _finish(chart, "time_of_day", headline, subtitle, found.about, alt, table)


def _by_part(told, target):
    """One target's incidents by part of day, the untold last, as counts and shares of all."""
    n = [*told[f"{target}_n"], told[f"{target}_missing"].iloc[0]]
    return pd.DataFrame({"target": target, "part": [*told.index, "not told"], "n": n, "share": np.divide(n, sum(n))})
