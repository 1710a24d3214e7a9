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
_PLAIN = ("left_out", "window", "side", "unit", "coverage")  # choices whose options speak for themselves
_SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", INK])


@chart
def specification_curve(specifications: dict) -> Chart:
    """The p-values of all analyses in order, against the same analyses of other days, and which choices make them."""
    curve = pd.DataFrame(specifications["curve"])
    lines = _count_options(curve[curve["counted"]])
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
    at = np.minimum(np.arange(101) * len(lines["parts"][0]) // 100, len(lines["parts"][0]) - 1)
    options = {option: parts[at] for option, parts in zip(lines["option"], lines["parts"], strict=True)}
    data = pd.DataFrame({"percentile": range(101), **specifications["joint"]["sorted"], **options})
    return figure, data, {"specifications": specifications, "lines": lines[["option", "low"]]}


def _count_options(shown):
    """By option, the share of analyses that take it in each of some equal parts of the curve, smallest p first."""
    n_parts = min(BINS, len(shown))
    part = np.empty(len(shown), dtype=int)
    part[np.argsort(shown["p_value"], kind="stable")] = np.arange(len(shown)) * n_parts // len(shown)
    rows = []
    for choice, words in findings.CHOICES.items():
        for option in shown[choice].unique() if shown[choice].nunique() > 1 else []:
            taken, name = shown[choice] == option, findings.name_option(choice, option)
            rows.append({
                "choice": words,
                "option": name if choice in _PLAIN else f"{words}: {name}",
                "low": (shown["p_value"][taken] <= findings.ALPHA).mean(),
                "parts": np.bincount(part, taken, n_parts) / np.bincount(part, minlength=n_parts),
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
    edges = np.linspace(0, 100, len(lines["parts"][0]) + 1)
    places = np.arange(len(lines)) + _GAP * (lines["choice"] != lines["choice"].shift()).cumsum()
    for y, shares in zip(places, lines["parts"], strict=True):
        axis.pcolormesh(edges, [y - 0.42, y + 0.42], [shares], cmap=_SHADES, vmin=0, vmax=1, linewidth=0)
    axis.set(yticks=places, ylim=(places.iloc[-1] + 0.7, places.iloc[0] - 0.7))
    axis.set_yticklabels(lines["option"], size=8)
    axis.tick_params(axis="y", length=0)
    axis.grid(False)
