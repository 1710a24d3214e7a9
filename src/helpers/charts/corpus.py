"""Charts of the data set and of the founding article."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .. import anniversaries, findings
from .base import Chart, add_key, by_width, chart, label_rows, label_years, start
from .looks import ANNIVERSARY, INK, SLATE, anniversary_line, by_target, coverage_key, fill, shade_coverage


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
) -> Chart:
    """Incidents per month by target, with the anniversaries of the anchor."""
    first, last = findings.covered(incidents)
    months = pd.period_range(first, last, freq="M")
    counts = {target: group["date"].dt.to_period("M").value_counts() for target, group in by_target(incidents).items()}
    counts = pd.DataFrame(counts, index=months).fillna(0).astype("int64")
    total, below = counts.sum(axis=1), counts.cumsum(axis=1) - counts
    figure, axis = start(2.5)
    for target in counts:
        axis.bar(range(len(months)), counts[target], 0.9, below[target], **fill(target))
    days = anniversaries.anniversaries_between(first.year, last.year, anchor)
    for day in days[(first <= days) & (days <= last)]:
        x = months.get_loc(day.to_period("M")) - 0.5 + (day.day - 1) / day.days_in_month
        axis.axvline(x, color=ANNIVERSARY, linewidth=1, linestyle="--")
    januaries = np.flatnonzero(months.month == 1)
    if len(januaries):
        label_years(axis, months[januaries].year, januaries - 0.5)
    else:  # part of one year
        label_years(axis, months.strftime("%b %Y"), range(len(months)))
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
        "coded": findings.is_coded(incidents),
        "source_line": findings.source_line(incidents),
    }
    table = counts.rename_axis("month").rename_axis(None, axis=1).reset_index().astype({"month": "str"})
    return figure, table, facts


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
