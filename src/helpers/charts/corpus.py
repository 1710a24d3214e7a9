"""Charts of the data set and of the founding article."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter

from .. import anniversaries, findings
from .base import INK, TARGET_STYLE, Chart, by_target, chart, start


@chart
def article_accounts(article: dict) -> Chart:
    """What each source says of one attack, beside the founding article.

    Parameters
    ----------
    article : dict
        As :func:`helpers.findings.article` returns it.

    Returns
    -------
    Chart
    """
    accounts = article["accounts"]
    fields = accounts["field"].unique()
    sources = accounts["source"].unique()[::-1]
    figure, axes = start(0.6 + 0.3 * len(sources), ncols=len(fields), sharey=True, squeeze=False)
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
    return figure, accounts, {"article": article}


def _draw_account(axis, y, low, high, right, article):
    color = "#bd1f01" if article else INK
    if pd.isna(low):
        axis.text(0, y, "–", color="#999999", ha="center", va="center")
    elif pd.isna(high):
        axis.annotate("", (right - 0.4, y), (low, y), arrowprops={"arrowstyle": "->", "color": color})
        axis.plot(low, y, marker="|", color=color, markersize=9)
    else:
        axis.plot([low, high], [y, y], marker="o", color=color)


@chart
def timeline(incidents: pd.DataFrame, anchor: anniversaries.Day = anniversaries.SOLEIMANI) -> Chart:
    """Incidents per month by target, with the anniversaries of the anchor.

    Parameters
    ----------
    incidents : DataFrame
    anchor : date
        Its month and day are marked in every year.

    Returns
    -------
    Chart
    """
    first, last = findings.covered(incidents)
    months = pd.period_range(first, last, freq="M")
    counts = pd.DataFrame(
        {
            target: group["date"].dt.to_period("M").value_counts().reindex(months, fill_value=0)
            for target, group in by_target(incidents).items()
        }
    )
    figure, axis = start(2.5)
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
    facts = {
        "quiet": (total == 0).sum(),
        "n_months": len(months),
        "peak": total.idxmax().strftime("%B %Y"),
        "most": total.max(),
        "struck": total[total > 0].set_axis(total.index[total > 0].astype("str")),
        "anchor": anchor,
        "source_line": findings.source_line(incidents),
    }
    table = counts.rename_axis("month").rename_axis(None, axis=1).reset_index().astype({"month": "str"})
    return figure, table, facts


@chart
def disagreements(disagreements: dict, incidents: pd.DataFrame) -> Chart:
    """How often independent accounts dispute each field.

    Parameters
    ----------
    disagreements : dict
        As :func:`helpers.findings.disagreements` returns it.
    incidents : DataFrame
        The incidents it was found in.

    Returns
    -------
    Chart

    Raises
    ------
    ValueError
        Where no accounts contradict each other.
    """
    table = disagreements["table"]
    if table.empty:
        raise ValueError("no incident has accounts that contradict each other, so there is nothing to draw")
    figure, axis = start(0.25 * len(table) + 0.3)
    rows = table[::-1]
    axis.barh(rows["field"], rows["share"], color="#94a4a2", edgecolor=INK)
    for y, row in enumerate(rows.itertuples()):
        axis.text(row.share + 0.005, y, f"{row.disputed} ({row.share:.0%})", va="center", size=8)
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(axis="x")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    axis.set(xlabel="Share of incidents with two or more accounts", xlim=(0, table["share"].max() * 1.18))
    return figure, table, {"disagreements": disagreements, "source_line": findings.source_line(incidents)}
