"""Charts of diplomatic sites against bases."""

import numpy as np
import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from .. import comparison, findings, schemas
from .base import Chart, add_key, by_width, chart, label_rows, start, wrap
from .looks import INK, MISSING, SLATE, by_target, fill, target_look

FRACTIONS = {-0.5: "-½", 0.25: "¼", 0.5: "½", 0.75: "¾"}
# The scale of each kind of effect: its words, its ends and its ticks.
SCALES = {
    "risk ratio": ("Risk ratio, {} over {} (log scale)", (0.045, 12.6), [0.1, 0.25, 0.5, 1, 2, 4, 10]),
    "Cliff's delta": ("Cliff's delta: above 0, larger at {}", (-1.05, 1.05), [-1, -0.5, 0, 0.5, 1]),
    "Cramér's V": ("Cramér's V: 0, the same mix at both", (-0.02, 1.05), [0, 0.25, 0.5, 0.75, 1]),
}
OTHER_ANSWERS = {"white": "No", MISSING: "Not reported or contradictory"}


@chart
def salvo_sizes(incidents: pd.DataFrame) -> Chart:
    """Munitions launched, each incident from low to high, by target."""
    numbers = ["launched_low", "launched_best", "launched_high"]
    findings.require_columns(incidents, ["incident_id", "target", *numbers], "a chart of salvo sizes")
    incidents = findings.select_primary(incidents)
    told = incidents.dropna(subset=["launched_best"])[["incident_id", "target", *numbers]]
    told = told.astype(dict.fromkeys(numbers, float)).sort_values(["launched_best", "launched_low"])
    groups = {target: rows.reset_index(drop=True) for target, rows in by_target(told).items()}
    # A title needs room, however few incidents stand below it.
    most = max(map(len, groups.values()))
    beside = {"ncols": len(groups), "width_ratios": [max(len(rows), 0.4 * most) for rows in groups.values()]}
    figure, axes = start(by_width(2.9, 1.7 * len(groups)), sharey=True, squeeze=False,
                         **by_width(beside, {"nrows": len(groups)}))  # fmt: skip
    for axis, (target, rows) in zip(axes.flat, groups.items(), strict=True):
        _draw_salvos(axis, rows, target_look(target))
        name = findings.upper_first(_plural(target))
        axis.set_title(f"{name}\nmedian {rows['launched_best'].median():g}, n = {len(rows)}")
        axis.set(xticks=[], yscale="log", xlabel=by_width("Attacks, ordered", None))
        _label_ticks(axis.yaxis, [1, 2, 5, 10, 20])
    axes[-1, 0].set_xlabel("Attacks, ordered")
    figure.supylabel("Munitions launched (log scale)", size=9, color="#333333")
    facts = {
        "groups": {
            target: {"name": _plural(target), "n": len(rows), **rows["launched_best"].agg(["median", "max"])}
            for target, rows in groups.items()
        },
        "n_silent": len(incidents) - len(told),
        "coded": findings.is_coded(incidents),
        "source_line": findings.source_line(incidents),
    }
    return figure, told, facts


def _draw_salvos(axis, rows, look):
    """Each incident in its own place, from low to high; where there are many, lines are thin and marks have no edge."""
    closed, points = rows["launched_high"].notna(), by_width(400, 200) / max(len(rows), 1)
    axis.vlines(rows.index[closed], rows["launched_low"][closed], rows["launched_high"][closed], color=SLATE,
                linewidth=min(1.4, points))  # fmt: skip
    above = rows["launched_best"][~closed] * by_width(1.12, 1.3)
    axis.scatter(above.index, above, s=14, marker="^", c=SLATE)
    axis.scatter(rows.index, rows["launched_best"], s=16, c=look["color"], marker=look["marker"], edgecolors=INK,
                 linewidths=0.5 if points > 2 else 0, zorder=3)  # fmt: skip


@chart
def outcome_shares(outcome_shares: pd.DataFrame, embassy_vs_base: dict) -> Chart:
    """Outcomes by target as shares of all incidents, with what was not reported."""
    names = outcome_shares["measure"].unique()[::-1]
    figure, axis = start(0.4 * len(names) + 0.5)
    for row in outcome_shares.itertuples():
        y = list(names).index(row.measure) + (0.2 if row.target == embassy_vs_base["first"] else -0.2)
        axis.barh(y, row.yes, 0.36, **fill(row.target))
        axis.barh(y, row.no, 0.36, row.yes, color="white", edgecolor=INK)
        axis.barh(y, row.silent, 0.36, row.yes + row.no, color=MISSING, edgecolor=INK)
        axis.text(1.01, y, f"{row.n_yes} / {row.n_no} / {row.n_silent}", va="center", size=8)
    yes = [Patch(**fill(target) | {"label": f"Yes, {_plural(target)}"}) for target in by_target(outcome_shares)]
    others = [Patch(facecolor=color, edgecolor=INK, label=words) for color, words in OTHER_ANSWERS.items()]
    add_key(figure, yes + others)
    label_rows(axis, map(findings.upper_first, names))
    axis.grid(False)
    axis.set(xlim=(0, 1), xlabel="Share of all attacks")
    axis.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    return figure, outcome_shares, {"embassy_vs_base": embassy_vs_base}


def _plural(target):
    return target_look(target)["plural"]


def _label_ticks(axis, ticks):
    """Write simple fractions at the ticks of a scale, and leave out minor ones."""
    axis.set_ticks(ticks, labels=[FRACTIONS.get(tick, f"{tick:g}") for tick in ticks])
    axis.set_ticks([], minor=True)


@chart
def effects(embassy_vs_base: dict) -> Chart:
    """Every effect, diplomatic sites over bases, with its interval and its worst-case bounds."""
    table = embassy_vs_base["table"].reset_index()
    kinds = [kind for kind in SCALES if (table["effect_type"] == kind).any()]
    sizes = [(table["effect_type"] == kind).sum() for kind in kinds]
    figure, axes = start(by_width(0.24, 0.3) * sum(sizes) + by_width(0.62, 0.7) * len(kinds), nrows=len(kinds),
                         squeeze=False, height_ratios=[size + 0.4 for size in sizes])  # fmt: skip
    for axis, kind in zip(axes[:, 0], kinds, strict=True):
        rows = table[table["effect_type"] == kind][::-1].reset_index(drop=True)
        _draw_effects(axis, rows, kind)
        _write_p_values(axis, rows["p_adjusted"], heading="adjusted\np-value" if kind == kinds[0] else "")
    return figure, table, {"embassy_vs_base": embassy_vs_base}


def _draw_effects(axis, rows, kind):
    """The effects of one kind on their own scale."""
    label, ends, ticks = SCALES[kind]
    label = label.format(*findings.group_plurals().values())
    axis.axvline(comparison.NO_EFFECT.get(kind, 0), color=INK, linewidth=0.8)
    for y in rows.index[rows["effect"].isna()]:
        axis.text(0.02, y, "not estimable", transform=axis.get_yaxis_transform(), size=8, color=SLATE, va="center")
    for y, row in rows[rows["effect"].notna()].iterrows():
        worst = np.clip([row["worst_low"], row["worst_high"]], *ends)
        axis.plot(worst, [y, y], color=MISSING, linewidth=7, solid_capstyle="butt")
        if pd.notna(row["ci_low"]):
            _draw_interval(axis, y, row, ends)
        axis.plot(np.clip(row["effect"], *ends), y, "o", color=INK, clip_on=False)
        if row["effect"] < ends[0]:
            axis.annotate("0", (ends[0], y), (7, 4), textcoords="offset points", size=8)
    axis.set(xscale="log" if kind == "risk ratio" else "linear", xlim=ends)
    axis.set_xlabel(wrap(label, by_width(300, 125), size=8.5), size=8.5)
    _label_ticks(axis.xaxis, ticks[:: by_width(1, 2)])
    label_rows(axis, rows["measure"].map(findings.upper_first))
    axis.tick_params(axis="y", pad=7)


def _draw_interval(axis, y, row, ends):
    """The interval of one row; what leaves the scale ends in an arrow."""
    axis.plot(np.clip([row["ci_low"], row["ci_high"]], *ends), [y, y], color=SLATE, linewidth=1.4)
    if row["ci_low"] < ends[0]:
        axis.plot(ends[0], y, marker="<", color=SLATE, markersize=5, clip_on=False)
    if row["ci_high"] > ends[1]:
        axis.plot(ends[1], y, marker=">", color=SLATE, markersize=5, clip_on=False)


def _write_p_values(axis, p_values, heading):
    """A column of text right of the chart, one p-value a row, from below."""
    across = axis.get_yaxis_transform()
    axis.text(1.02, len(p_values) - 0.4, heading, transform=across, size=8, weight="bold", va="bottom")
    for y, p in enumerate(p_values):
        axis.text(1.02, y, f"{p:.2g}" if pd.notna(p) else "–", transform=across, size=8, va="center")


@chart
def time_of_day(embassy_vs_base: dict) -> Chart:
    """When attacks came, by target, with those whose hour is not reported."""
    if "part of day" not in embassy_vs_base["counts"].index:
        raise ValueError("the chart of the time of day needs incidents whose part_of_day is reported")
    told = embassy_vs_base["counts"].loc["part of day"]
    parts = [part for part in schemas.load_schema().lists["part_of_day"] if part in told.index]
    pair = embassy_vs_base["first"], embassy_vs_base["second"]
    table = pd.concat([_by_part(told.loc[parts], target) for target in pair], ignore_index=True)
    figure, axis = start(2.5)
    for target, side in zip(pair, (-0.2, 0.2), strict=True):
        rows = table[table["target"] == target].reset_index(drop=True)
        axis.bar(rows.index[:-1] + side, rows["share"][:-1], 0.38, **fill(target))
        axis.bar(len(parts) + side, rows["share"].iloc[-1], 0.38, color=MISSING, edgecolor=INK)
        for x, row in rows.iterrows():
            axis.text(x + side, row["share"] + 0.006, row["n"], ha="center", va="bottom", size=8)
    silent = by_width("Not reported\n(in this order)", "Not\nreported,\nsame order")
    axis.set_xticks(range(len(parts) + 1), [*map(findings.upper_first, parts), silent])
    axis.set(ylabel="Share of all attacks", ylim=(0, table["share"].max() * 1.12))
    axis.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    add_key(figure, axis.get_legend_handles_labels()[0])
    row = embassy_vs_base["table"].loc["part of day"]
    night = told.loc["night"] if "night" in told.index else told.iloc[0] * 0
    facts = {
        "differs": "part of day" in embassy_vs_base["differing"],
        "p_value": row["p_value"],
        "plurals": [embassy_vs_base["plurals"][target] for target in pair],
        "night": [night[f"{target}_n"] for target in pair],
        "timed": [int(told[f"{target}_n"].sum()) for target in pair],
        "source_line": embassy_vs_base["source_line"],
    }
    return figure, table, facts


def _by_part(told, target):
    """One target's incidents by part of day, those not reported last, as counts and shares of all."""
    n = [*told[f"{target}_n"], told[f"{target}_missing"].iloc[0]]
    return pd.DataFrame(
        {"target": target, "part": [*told.index, "not reported"], "n": n, "share": np.divide(n, sum(n))}
    )
