"""Charts of diplomatic sites against bases."""

import numpy as np
import pandas as pd
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from .. import comparison, findings, schemas
from .base import POINTS, Chart, add_key, by_width, chart, label_rows, start, wrap
from .looks import INK, MISSING, SLATE, by_target, fill, target_look

DOT_INCHES, MOST_INCHES = 0.085, 6  # of one mark; of all stacks, beyond which marks are smaller
FRACTIONS = {-0.5: "-½", 0.25: "¼", 0.5: "½"}
# The scale of each kind of effect: its words, its ends and its ticks.
SCALES = {
    "risk ratio": ("Risk ratio, log scale", (0.045, 12.6), [0.1, 0.25, 0.5, 1, 2, 4, 10]),
    "Cliff's delta": ("Cliff's delta", (-1.05, 1.05), [-1, -0.5, 0, 0.5, 1]),
}
OTHER_ANSWERS = {"white": "No", MISSING: "Not reported or contradictory"}


@chart
def salvo_sizes(incidents: pd.DataFrame) -> Chart:
    """Munitions launched, one mark an incident, by target."""
    numbers = ["launched_low", "launched_best", "launched_high"]
    findings.require_columns(incidents, ["incident_id", "target", *numbers], "a chart of salvo sizes")
    incidents = findings.select_primary(incidents)
    told = incidents.dropna(subset=["launched_best"])[["incident_id", "target", *numbers]]
    told = told.astype(dict.fromkeys(numbers, float)).sort_values(["launched_best", "launched_high"])
    groups = {target: rows.reset_index(drop=True) for target, rows in by_target(told).items()}
    stacks = {target: rows.groupby("launched_best").cumcount() for target, rows in groups.items()}
    most = {target: max(4, stack.max() + 1) for target, stack in stacks.items()}
    dot = min(DOT_INCHES, MOST_INCHES / sum(most.values()))
    figure, axes = start(sum(most.values()) * dot + 0.45 * len(groups), nrows=len(groups), sharex=True, squeeze=False,
                         height_ratios=list(most.values()))  # fmt: skip
    for axis, (target, rows) in zip(axes.flat, groups.items(), strict=True):
        look = {"s": (dot * POINTS * 0.82) ** 2, "c": target_look(target)["color"], "edgecolors": INK, "clip_on": False,
                "linewidths": 0.5 if dot == DOT_INCHES else 0, "zorder": 3}  # fmt: skip
        is_open = rows["launched_high"].isna()
        for chosen, marker in ((~is_open, target_look(target)["marker"]), (is_open, ">")):
            axis.scatter(rows["launched_best"][chosen], stacks[target][chosen] + 0.5, marker=marker, **look)
        name = findings.upper_first(_plural(target))
        axis.set_title(f"{name}: median {rows['launched_best'].median():g}, n = {len(rows)}")
        axis.set(xscale="log", ylim=(0, most[target] + 0.3), yticks=[])
        axis.spines["left"].set_visible(False)
        axis.grid(False)
        axis.tick_params(labelbottom=True)
        _label_ticks(axis.xaxis, [1, 2, 3, 5, 10, 20, 50])
    axes[-1, 0].set(xlabel="Munitions launched (log scale)", xlim=(0.85, max(told["launched_best"].max() * 1.2, 6)))
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
    """Effects on outcomes that can be estimated, diplomatic sites over bases, with intervals, bounds and counts."""
    table = embassy_vs_base["table"].reset_index()
    is_shown = (table["effect_type"] == "risk ratio") | (table["measure"] == "munitions launched")
    shown = table[is_shown & table["effect"].notna()].reset_index(drop=True)
    if shown.empty:
        raise ValueError("no effect on an outcome can be estimated")
    kinds = [kind for kind in SCALES if (shown["effect_type"] == kind).any()]
    sizes = [(shown["effect_type"] == kind).sum() for kind in kinds]
    figure, axes = start(by_width(0.27, 0.3) * sum(sizes) + by_width(0.75, 0.95) * len(kinds), nrows=len(kinds),
                         squeeze=False, height_ratios=[size + 0.4 for size in sizes])  # fmt: skip
    pair = embassy_vs_base["first"], embassy_vs_base["second"]
    for axis, kind in zip(axes[:, 0], kinds, strict=True):
        rows = shown[shown["effect_type"] == kind][::-1].reset_index(drop=True)
        _draw_effects(axis, rows, kind, pair)
        for points, target in zip(by_width((14, 84), (8, 52)), pair, strict=True):
            _write_counts(axis, points, rows, kind, target)
    facts = {"embassy_vs_base": embassy_vs_base, "shown": shown, "n_others": int((~is_shown).sum()),
             "absent": table.loc[is_shown & table["effect"].isna(), "measure"].tolist()}  # fmt: skip
    return figure, table, facts


def _draw_effects(axis, rows, kind, pair):
    """The effects of one kind on their own scale."""
    label, ends, ticks = SCALES[kind]
    axis.axvline(comparison.NO_EFFECT[kind], color=INK, linewidth=0.8)
    for y, row in rows.iterrows():
        worst = np.clip([row["worst_low"], row["worst_high"]], *ends)
        axis.plot(worst, [y, y], color=MISSING, linewidth=7, solid_capstyle="butt")
        if pd.notna(row["ci_low"]):
            _draw_interval(axis, y, row, ends)
        axis.plot(np.clip(row["effect"], *ends), y, "o", color=INK, clip_on=False)
        if row["effect"] < ends[0]:
            axis.annotate("0", (ends[0], y), (7, 4), textcoords="offset points", size=8)
    axis.set(xscale="log" if kind == "risk ratio" else "linear", xlim=ends)
    _label_ticks(axis.xaxis, ticks[:: by_width(1, 2)])
    number = {"munitions launched": "Munitions launched, median at the right"}
    label_rows(axis, rows["measure"].map(lambda name: number.get(name, findings.upper_first(name))))
    axis.tick_params(axis="y", pad=7)
    first, second = (_plural(target) for target in pair)
    sides = f"← {second} higher · {first} higher →"
    axis.set_xlabel(f"{sides}\n{label}", size=8.5)


def _draw_interval(axis, y, row, ends):
    """The interval of one row; what leaves the scale ends in an arrow."""
    axis.plot(np.clip([row["ci_low"], row["ci_high"]], *ends), [y, y], color=SLATE, linewidth=1.4)
    if row["ci_low"] < ends[0]:
        axis.plot(ends[0], y, marker="<", color=SLATE, markersize=5, clip_on=False)
    if row["ci_high"] > ends[1]:
        axis.plot(ends[1], y, marker=">", color=SLATE, markersize=5, clip_on=False)


def _write_counts(axis, points, rows, kind, target):
    """A column right of the chart: attacks with the outcome, of those with a report, or the median of a number."""
    look = {"xycoords": axis.get_yaxis_transform(), "textcoords": "offset points", "size": 8, "annotation_clip": False}
    heading = wrap(findings.upper_first(_plural(target)), by_width(64, 42), size=8, weight="bold")
    axis.annotate(heading, (1, len(rows) - 0.45), (points, 0), weight="bold", va="bottom", linespacing=1.05, **look)
    for y, (value, n) in enumerate(zip(rows[f"{target}_value"], rows[f"{target}_n"], strict=True)):
        text = f"{value * n:.0f} of {n}" if kind == "risk ratio" else f"{value:g}"
        axis.annotate(text, (1, y), (points, 0), va="center", **look)


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
        "by_target": embassy_vs_base["plurals"],
        "night": [night[f"{target}_n"] for target in pair],
        "all": [int(table.loc[table["target"] == target, "n"].sum()) for target in pair],
        "source_line": embassy_vs_base["source_line"],
    }
    return figure, table, facts


def _by_part(told, target):
    """One target's incidents by part of day, those not reported last, as counts and shares of all."""
    n = [*told[f"{target}_n"], told[f"{target}_missing"].iloc[0]]
    return pd.DataFrame(
        {"target": target, "part": [*told.index, "not reported"], "n": n, "share": np.divide(n, sum(n))}
    )
