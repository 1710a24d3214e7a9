"""Charts of the embassy against bases."""

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from .. import comparison, findings, schemas
from .base import GROUPS, INK, PALE, SILENCE, TARGET_STYLE, Chart, by_target, chart, start, write_column


@chart
def salvo_sizes(incidents: pd.DataFrame) -> Chart:
    """Munitions launched, each incident from low to high, by target.

    Parameters
    ----------
    incidents : DataFrame
        With ``launched_low``, ``launched_best``, ``launched_high`` and ``target``.

    Returns
    -------
    Chart

    Raises
    ------
    ValueError
        Where a column is missing.
    """
    numbers = ["launched_low", "launched_best", "launched_high"]
    findings.require_columns(incidents, ["target", *numbers], "a chart of salvo sizes")
    told = incidents.dropna(subset=["launched_best"])[["incident_id", "target", *numbers]]
    told = told.astype(dict.fromkeys(numbers, float)).sort_values(["launched_best", "launched_low"])
    groups = {target: rows.reset_index(drop=True) for target, rows in by_target(told).items()}
    widths = [max(len(rows), 8) for rows in groups.values()]
    figure, axes = start(2.9, ncols=len(groups), sharey=True, squeeze=False, width_ratios=widths)
    for axis, (target, rows) in zip(axes[0], groups.items(), strict=True):
        look = TARGET_STYLE[target]
        closed = rows["launched_high"].notna()
        axis.vlines(rows.index[closed], rows["launched_low"][closed], rows["launched_high"][closed], color="#6b7776")
        axis.scatter(rows.index[~closed], rows["launched_best"][~closed] * 1.12, s=14, marker="^", c="#6b7776")
        axis.scatter(rows.index, rows["launched_best"], s=16, c=look["color"], marker=look["marker"], edgecolors=INK,
                     linewidths=0.5, zorder=3)  # fmt: skip
        axis.set_title(
            f"{findings.upper_first(_plural(target))}\nmedian {rows['launched_best'].median():g}, n = {len(rows)}"
        )
        axis.set(xticks=[], yscale="log", xlabel="Incidents, ordered")
    axes[0, 0].set_ylabel("Munitions launched (log scale)")
    axes[0, 0].set_yticks([1, 2, 5, 10, 20], labels=["1", "2", "5", "10", "20"])
    axes[0, 0].set_yticks([], minor=True)
    facts = {
        "groups": {
            target: {"name": _plural(target), "n": len(rows), **rows["launched_best"].agg(["median", "max"])}
            for target, rows in groups.items()
        },
        "n_silent": len(incidents) - len(told),
        "source_line": findings.source_line(incidents),
    }
    return figure, told, facts


@chart
def outcome_shares(outcome_shares: pd.DataFrame, embassy_vs_base: dict) -> Chart:
    """Outcomes by target as shares of all incidents, with what nobody reported drawn.

    Parameters
    ----------
    embassy_vs_base : dict
        As :func:`helpers.findings.embassy_vs_base` returns it.

    Returns
    -------
    Chart
    """
    table = outcome_shares
    names = table["measure"].unique()[::-1]
    figure, axis = start(0.42 * len(names) + 0.5)
    for row in table.itertuples():
        y = list(names).index(row.measure) + (0.2 if row.target == "embassy" else -0.2)
        look, left = TARGET_STYLE[row.target], 0.0
        yes = {"color": look["color"], "hatch": look["hatch"]}
        for share, fill in ((row.yes, yes), (row.no, {"color": "white"}), (row.silent, SILENCE)):
            axis.barh(y, share, 0.36, left, edgecolor=INK, **fill)
            left += share
        axis.text(1.01, y, f"{row.target} {row.n_yes} / {row.n_no} / {row.n_silent}", va="center", size=7.5)
    axis.set(yticks=range(len(names)), xlim=(0, 1), ylim=(-0.6, len(names) - 0.4), xlabel="Share of all incidents")
    axis.set_yticklabels(findings.upper_first(name) for name in names)
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.grid(False)
    axis.tick_params(axis="y", length=0)
    return figure, table, {"embassy_vs_base": embassy_vs_base}


def _plural(target):
    return GROUPS[target].plural if target in GROUPS else "sites not told"


SCALES = {
    "risk ratio": {"xscale": "log", "xlim": (0.045, 12.6), "ticks": {0.1: "0.1", 0.25: "¼", 0.5: "½", 1: "1", 2: "2",
                   4: "4", 10: "10"}, "xlabel": "Risk ratio, embassy over base (log scale)"},
    "Cliff's delta": {"xscale": "linear", "xlim": (-1.05, 1.05), "ticks": {-1: "-1", -0.5: "-½", 0: "0", 0.5: "½",
                      1: "1"}, "xlabel": "Cliff's delta: above 0, larger at the embassy"},
    "Cramér's V": {"xscale": "linear", "xlim": (-0.02, 1.05), "ticks": {0: "0", 0.25: "¼", 0.5: "½", 0.75: "¾", 1: "1"},
                   "xlabel": "Cramér's V: 0, the same mix at both"},
}  # fmt: skip


@chart
def effects(embassy_vs_base: dict) -> Chart:
    """Every effect of embassy over base, with its interval and its worst-case bounds.

    Parameters
    ----------
    embassy_vs_base : dict
        As :func:`helpers.findings.embassy_vs_base` returns it.

    Returns
    -------
    Chart
    """
    table = embassy_vs_base["table"].reset_index()
    kinds = [kind for kind in SCALES if (table["effect_type"] == kind).any()]
    sizes = [(table["effect_type"] == kind).sum() for kind in kinds]
    figure, axes = start(0.24 * sum(sizes) + 0.62 * len(kinds), nrows=len(kinds), squeeze=False,
                         height_ratios=[size + 0.4 for size in sizes])  # fmt: skip
    for axis, kind in zip(axes[:, 0], kinds, strict=True):
        rows = table[table["effect_type"] == kind][::-1].reset_index(drop=True)
        _draw_effects(axis, rows, kind)
        told = [f"{p:.2g}" if pd.notna(p) else "not estimable" for p in rows["p_adjusted"]]
        write_column(axis, 1.02, "adjusted\np-value" if kind == kinds[0] else "", told)
    return figure, table, {"embassy_vs_base": embassy_vs_base}


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
    axis.set_yticklabels(findings.upper_first(name) for name in rows["measure"])
    axis.grid(axis="x")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0, pad=7)


@chart
def time_of_day(embassy_vs_base: dict) -> Chart:
    """When attacks came, by target, with those whose hour nobody tells drawn.

    Parameters
    ----------
    embassy_vs_base : dict
        As :func:`helpers.findings.embassy_vs_base` returns it.

    Returns
    -------
    Chart
    """
    if "part of day" not in embassy_vs_base["counts"].index:
        raise ValueError("the chart of the time of day needs incidents whose part_of_day is told")
    told = embassy_vs_base["counts"].loc["part of day"]
    parts = [part for part in schemas.load_schema().lists["part_of_day"] if part in told.index]
    table = pd.concat([_by_part(told.loc[parts], target) for target in ("embassy", "base")], ignore_index=True)
    figure, axis = start(2.5)
    for target, side in (("embassy", -0.2), ("base", 0.2)):
        rows = table[table["target"] == target].reset_index(drop=True)
        look = {key: TARGET_STYLE[target][key] for key in ("color", "hatch", "label")}
        axis.bar(rows.index[:-1] + side, rows["share"][:-1], 0.38, edgecolor=INK, **look)
        axis.bar(len(parts) + side, rows["share"].iloc[-1], 0.38, edgecolor=INK, **SILENCE)
        for x, row in rows.iterrows():
            axis.text(x + side, row["share"] + 0.006, row["n"], ha="center", va="bottom", size=8)
    axis.text(len(parts), table["share"].max() * 1.12, "embassy | bases", ha="center", size=8)
    axis.set(xticks=range(len(parts) + 1), ylabel="Share of all incidents", ylim=(0, table["share"].max() * 1.2))
    axis.set_xticklabels([*map(findings.upper_first, parts), "Not told"])
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axis.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.1))
    row = embassy_vs_base["table"].loc["part of day"]
    night = told.loc["night"] if "night" in told.index else told.iloc[0] * 0
    facts = {
        "differs": row["p_adjusted"] <= findings.ALPHA,
        "p_value": row["p_value"],
        "night": night[["embassy_share", "base_share"]],
        "source_line": embassy_vs_base["source_line"],
    }
    return figure, table, facts


def _by_part(told, target):
    """One target's incidents by part of day, the untold last, as counts and shares of all."""
    n = [*told[f"{target}_n"], told[f"{target}_missing"].iloc[0]]
    return pd.DataFrame({"target": target, "part": [*told.index, "not told"], "n": n, "share": np.divide(n, sum(n))})
