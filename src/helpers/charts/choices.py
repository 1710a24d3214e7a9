"""The specification curve."""

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from .. import findings
from .base import Chart, add_key, by_width, chart, start
from .looks import ANNIVERSARY, INK, PLACEBO, PLACEBO_LINE

ROW_INCHES, CURVE_INCHES, BINS = 0.165, 1.9, 40
_GAP = 0.7  # rows between two choices
_SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", INK])


@chart
def specification_curve(specifications: dict) -> Chart:
    """The p-values of all analyses in order, against the same analyses of other days, and which choices make them."""
    shown = specifications["shown"].sort_values("p_value", kind="stable").reset_index(drop=True)
    lines = _count_options(shown, specifications["shown"])
    rows = len(lines) + _GAP * lines["choice"].nunique()
    figure, (above, below) = start(CURVE_INCHES + ROW_INCHES * rows, nrows=2, sharex=True,
                                   height_ratios=[CURVE_INCHES, ROW_INCHES * rows])  # fmt: skip
    _draw_curve(above, specifications["joint"]["sorted"])
    _draw_options(below, lines)
    below.set_xlabel(f"Analyses, {by_width('from the smallest p-value to the largest', 'smallest p-value first')}, %")
    add_key(figure, [
        Line2D([], [], color=ANNIVERSARY, linewidth=2, label=findings.day(specifications["anchor"])),
        Patch(facecolor=PLACEBO, label="Nine in ten of the other days"),
        Patch(facecolor=INK, label="All analyses there take the option"),
    ])  # fmt: skip
    data = shown[[*findings.CHOICES, "copies", "n", "observed", "rate_ratio", "p_value", "p_per_block"]]
    return figure, data, {"specifications": specifications, "lines": lines[["option", "share", "low"]]}


def _count_options(shown, in_order):
    """By option, the share of analyses that take it in each of some equal parts of the curve."""
    part, rows = np.arange(len(shown)) * BINS // len(shown), []
    for choice, words in findings.CHOICES.items():
        for option in in_order[choice].unique() if in_order[choice].nunique() > 1 else []:
            taken = shown[choice] == option
            name = findings.name_option(choice, option)
            rows.append({
                "choice": words,
                "option": name if choice in ("left_out", "window", "side", "unit", "coverage") else f"{words}: {name}",
                "share": taken.mean(),
                "low": (shown["p_value"][taken] <= findings.ALPHA).mean(),
                "parts": np.bincount(part, taken, BINS) / np.bincount(part, minlength=BINS),
            })  # fmt: skip
    return pd.DataFrame(rows)


def _draw_curve(axis, curve):
    at = range(101)
    axis.fill_between(at, curve["low"], curve["high"], color=PLACEBO, linewidth=0)
    axis.plot(at, curve["middle"], color=PLACEBO_LINE, linestyle=":")
    axis.plot(at, curve["observed"], color=ANNIVERSARY, linewidth=2)
    axis.axhline(findings.ALPHA, color=INK, linewidth=0.8)
    axis.set(ylim=(0, 1.02), xlim=(0, 100), ylabel="p-value", yticks=[0.05, 0.5, 1])


def _draw_options(axis, lines):
    edges = np.linspace(0, 100, BINS + 1)
    places = np.arange(len(lines)) + _GAP * (lines["choice"] != lines["choice"].shift()).cumsum()
    for y, shares in zip(places, lines["parts"], strict=True):
        axis.pcolormesh(edges, [y - 0.42, y + 0.42], [shares], cmap=_SHADES, vmin=0, vmax=1, linewidth=0)
    axis.set(yticks=places, ylim=(places.iloc[-1] + 0.7, places.iloc[0] - 0.7))
    axis.set_yticklabels(lines["option"], size=8)
    axis.tick_params(axis="y", length=0)
    axis.grid(False)
