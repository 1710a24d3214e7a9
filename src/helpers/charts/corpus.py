"""Charts of the data set and of the founding article."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .. import anniversaries, findings
from .base import Chart, add_key, by_width, chart, label_rows, label_years, start, wrap
from .looks import (
    ANNIVERSARY,
    INK,
    SLATE,
    US_STRIKE,
    anniversary_line,
    by_target,
    coverage_key,
    fill,
    shade_coverage,
)

# What a timeline marks above its bars: a name, a kind of context event, and its mark.
CONTEXT = (
    ("US strikes", "us_strike", {"marker": "v", "color": US_STRIKE, "markersize": 4.5}),
    ("Truces declared", "truce_start", {"marker": ">", "color": SLATE, "markersize": 4.5}),
    ("Truces ended", "truce_end", {"marker": "x", "color": SLATE, "markersize": 4}),
)

# The coefficients of a chart of coders: the column, its name, its mark, and where in the row it stands.
COEFFICIENTS = (
    ("alpha", "Krippendorff's alpha, 95% interval", {"marker": "o", "color": INK}, 0.14),
    ("ac1", "Gwet's AC1, 95% interval, of closed lists", {"marker": "s", "color": SLATE, "markersize": 4.5}, -0.14),
)


@chart
def article_accounts(article: dict, all_incidents: pd.DataFrame) -> Chart:
    """What each source says of one attack, beside the founding article."""
    accounts = article["accounts"]
    fields = accounts["field"].unique()
    sources = accounts["source"].unique()[::-1]
    beside = {"height": 0.6 + 0.3 * len(sources), "ncols": len(fields), "sharey": True}
    below = {"height": (0.4 + 0.22 * len(sources)) * len(fields), "nrows": len(fields), "sharex": True}
    figure, axes = start(**by_width(beside, below), squeeze=False)
    right = float(accounts[["low", "high"]].max().max()) + 1.5
    for axis, field in zip(axes.flat, fields, strict=True):
        rows = accounts[accounts["field"] == field].set_index("source").reindex(sources)
        for y, (low, high) in enumerate(zip(rows["low"], rows["high"], strict=True)):
            _draw_account(axis, y, low, high, right, article=y == len(sources) - 1)
        label_rows(axis, sources, grid="both")
        axis.set(title=field, xlim=(-0.5, right))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    return figure, accounts, {"article": article, "source": all_incidents.attrs["source"]}


def _draw_account(axis, y, low, high, right, article):
    color = INK if article else SLATE
    if pd.isna(low):
        axis.text(0, y, "–", color=SLATE, ha="center", va="center")
    elif pd.isna(high):
        axis.annotate("", (right - 0.4, y), (low, y), arrowprops={"arrowstyle": "->", "color": color})
        axis.plot(low, y, marker="|", color=color, markersize=9)
    else:
        axis.plot([low, high], [y, y], marker="o", color=color)


@chart
def timeline(
    incidents: pd.DataFrame,
    anchor: anniversaries.Day = anniversaries.SOLEIMANI,
    month_coverage: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
) -> Chart:
    """Incidents per month by target, with the anchor and its anniversaries, and US strikes and truces above."""
    first, last = findings.covered(incidents)
    months = pd.period_range(first, last, freq="M")
    counts = {target: group["date"].dt.to_period("M").value_counts() for target, group in by_target(incidents).items()}
    counts = pd.DataFrame(counts, index=months).fillna(0).astype("int64")
    total, below = counts.sum(axis=1), counts.cumsum(axis=1) - counts
    rows = _context(events, first, last)
    figure, axes = start(2.5 + 0.16 * len(rows), nrows=2 if rows else 1, sharex=True, squeeze=False,
                         height_ratios=[0.16 * len(rows), 2.5] if rows else None)  # fmt: skip
    axis = axes[-1, 0]
    if rows:
        _draw_context(axes[0, 0], rows, months)
    for target in counts:
        axis.bar(range(len(months)), counts[target], 0.9, below[target], **fill(target))
    _mark_anchor(axis, months, anniversaries.as_anchor(anchor), incidents)
    _label_months(axis, months)
    axis.set(xlim=(-0.8, len(months) - 0.2), ylim=(0, total.max() * 1.08), ylabel="Attacks per month")
    axis.yaxis.set_major_locator(MaxNLocator(integer=True))
    hatched = shade_coverage(axis, months.start_time, range(len(months)), month_coverage)
    add_key(figure, [*axis.get_legend_handles_labels()[0], anniversary_line(anchor), *coverage_key(hatched)])
    facts = {
        "quiet": (total == 0).sum(),
        "n_months": len(months),
        "peak": total.idxmax().strftime("%B %Y"),
        "most": total.max(),
        "struck": total[total > 0].set_axis(total.index[total > 0].astype("str")),
        "anchor": anchor,
        "context": {name: len(dates) for name, (dates, _) in rows.items()},
        "coded": findings.is_coded(incidents),
        "source_line": findings.source_line(incidents),
    }
    table = counts.rename_axis("month").rename_axis(None, axis=1).reset_index().astype({"month": "str"})
    return figure, table, facts


def _label_months(axis, months):
    """Name the years, or the months where no January is among them."""
    januaries = np.flatnonzero(months.month == 1)
    if len(januaries):
        label_years(axis, months[januaries].year, januaries - 0.5)
    else:
        label_years(axis, months.strftime("%b %Y"), range(len(months)))


def _mark_anchor(axis, months, anchor, incidents):
    """A line at the event, with its name, and dashed ones at its anniversaries."""
    first, last = findings.covered(incidents)
    days = anniversaries.anniversaries_between(first.year, last.year, anchor)
    for day in days[(first <= days) & (days <= last)]:
        dashes = "-" if day == anchor else "--"
        axis.axvline(_month_place(months, day), color=ANNIVERSARY, linewidth=1, linestyle=dashes)
    if first <= anchor <= last:
        look = {"xycoords": axis.get_xaxis_transform(), "textcoords": "offset points", "color": ANNIVERSARY}
        words = wrap(findings.upper_first(findings.event_words(incidents, anchor)), by_width(90, 60), size=8)
        blank = {"fc": "white", "ec": "none", "pad": 0.5}
        place = _month_place(months, anchor), 0.99
        axis.annotate(words, place, (3, 0), va="top", size=8, linespacing=1.05, bbox=blank, **look)


def _context(events, first, last):
    """Days of each kind of event that a timeline marks, and its mark."""
    if events is None:
        return {}
    # Several sources tell of one event.
    inside = events[events["date_low"].between(first, last)].drop_duplicates(["kind", "date_low"])
    rows = {name: (inside.loc[inside["kind"] == kind, "date_low"], look) for name, kind, look in CONTEXT}
    return {name: row for name, row in rows.items() if len(row[0])}


def _draw_context(axis, rows, months):
    """One row of marks for each kind of event."""
    for y, (dates, look) in enumerate(rows.values()):
        axis.plot([_month_place(months, day) for day in dates], [y] * len(dates), linestyle="", clip_on=False, **look)
    axis.set(yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.4, -0.6))
    axis.tick_params(length=0, labelbottom=False, labelsize=8)
    axis.spines[:].set_visible(False)
    axis.grid(False)


def _month_place(months, day):
    """Where a day stands among bars of months."""
    return months.get_loc(day.to_period("M")) - 0.5 + (day.day - 1) / day.days_in_month


@chart
def disagreements(disagreements: dict, incidents: pd.DataFrame) -> Chart:
    """How often independent accounts dispute each field."""
    table = disagreements["table"]
    if table.empty:
        raise ValueError("no incident has accounts that contradict each other, so there is nothing to draw")
    figure, axis = start(0.25 * len(table) + 0.3)
    rows = table[::-1]
    axis.barh(rows["field"].map(findings.upper_first), rows["share"], color=SLATE)
    for y, row in enumerate(rows.itertuples()):
        axis.annotate(f"{row.disputed} ({row.share:.0%})", (row.share, y), (3, 0), textcoords="offset points",
                      va="center", size=8)  # fmt: skip
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(axis="x")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    axis.set(xlabel="Share of attacks with two or more accounts", xlim=(0, table["share"].max() * by_width(1.18, 1.4)))
    return figure, table, {"disagreements": disagreements, "source_line": findings.source_line(incidents)}


@chart
def coder_agreement(coder_agreement: dict, incidents: pd.DataFrame) -> Chart:
    """Alpha and AC1 of each field of incidents that two coders found, with intervals, raw agreement and n."""
    table = coder_agreement["incidents"].reset_index()
    rows = table[table["n"] > 0][::-1].reset_index(drop=True)
    if rows.empty:
        raise ValueError("no field is reported by both coders, so there is nothing to draw")
    figure, axis = start(0.3 * len(rows) + 0.5)
    for place in coder_agreement["cut_offs"].values():
        axis.axvline(place, color=INK, linewidth=0.8, linestyle=":")
    marks = [_draw_coefficient(axis, rows, *look) for look in COEFFICIENTS]
    lowest = rows[["alpha", "alpha_low", "ac1", "ac1_low"]].min().min()
    axis.set(xlim=(max(min(0.4, np.floor(10 * lowest) / 10 - 0.05), -1.05), 1.03), xlabel="Alpha and AC1")
    label_rows(axis, rows["field"].map(findings.upper_first))
    _write_column(axis, by_width(34, 22), "Raw", [f"{value:.0%}" for value in rows["raw"]])
    _write_column(axis, by_width(64, 42), "n", rows["n"].astype("str"))
    add_key(figure, marks)
    facts = {"found": coder_agreement, "n_pairs": len(coder_agreement["pairs"]), "source": incidents.attrs["source"],
             "least": rows["raw"].min(), "most": rows["raw"].max()}  # fmt: skip
    return figure, table, facts


def _draw_coefficient(axis, rows, name, label, look, side):
    """One coefficient of each row, with its interval where there is one; what lies below the axis is cut off."""
    low, high = (rows[f"{name}_{end}"] for end in ("low", "high"))
    axis.hlines(rows.index + side, low, high, color=look["color"], linewidth=1.4)
    return axis.plot(rows[name], rows.index + side, linestyle="", label=label, clip_on=False, **look)[0]


def _write_column(axis, points, heading, texts):
    """A column of numbers right of the chart, flush right."""
    look = {"xycoords": axis.get_yaxis_transform(), "textcoords": "offset points", "size": 8, "ha": "right",
            "annotation_clip": False}  # fmt: skip
    texts = list(texts)
    axis.annotate(heading, (1, len(texts) - 0.45), (points, 0), weight="bold", va="bottom", **look)
    for y, text in enumerate(texts):
        axis.annotate(text, (1, y), (points, 0), va="center", **look)
