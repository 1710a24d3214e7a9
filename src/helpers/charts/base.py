"""What every chart shares: its size, its words, its style, and how it is saved as SVG."""

import io
import re
import textwrap
from collections.abc import Callable
from functools import partial, wraps
from html import escape

import matplotlib.style
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import findings
from ..schemas import load_schema

WIDTH = 180 / 25.4
INK, PALE = "#222222", "#c9cfce"
GROUPS = load_schema().collection.groups
GROUP_LOOKS = ({"color": "#3f90da", "marker": "o", "hatch": "////"}, {"color": "#ffa90e", "marker": "s", "hatch": ""})
TARGET_STYLE = {
    **{name: {**look, "label": GROUPS[name].label} for name, look in zip(GROUPS, GROUP_LOOKS, strict=False)},
    "unknown": {"color": "#94a4a2", "marker": "^", "hatch": "..", "label": "Target not told"},
}
SILENCE = {"color": "white", "hatch": "\\\\\\\\", "hatchcolor": "#999999"}
LINE_INCHES = {"title": 0.205, "subtitle": 0.165, "note": 0.145}
LEGEND_INCHES = 0.28
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


# The style sheet while a chart is drawn or saved.
style = partial(matplotlib.style.context, ["default", f"{__package__}.charts"])


CHARTS, WORDS = {}, ("title", "subtitle", "alt", "note")


def chart(function: Callable) -> Callable:
    """Make a function a chart of the collection: registered by its name, drawn in the style sheet, with its words.

    Parameters
    ----------
    function : callable
        Its parameters are named after attributes of :class:`helpers.findings.Results`. It returns a :class:`Chart` as
        :func:`start` made it, the data it plots, and the facts that its words tell: blocks of ``pages/charts.md``
        named ``NAME_title``, ``NAME_subtitle``, ``NAME_alt`` and ``NAME_note``.

    Returns
    -------
    callable
        The same, returning the finished :class:`Chart`.

    Examples
    --------
    >>> "timeline" in CHARTS
    True
    """

    @wraps(function)
    def draw(*results, **options):
        with style():
            drawn, data, facts = function(*results, **options)
            facts = findings.plain({"page": "charts", "rows": data, **facts})
            words = [findings.tell(facts, f"{function.__name__}_{part}") for part in WORDS]
            _finish(drawn, *words)
        drawn.name, drawn.data = function.__name__, data
        return drawn

    CHARTS[function.__name__] = draw
    return draw


def svg(chart: Chart) -> str:
    """A chart as SVG, with its title and alt text as ``<title>`` and ``<desc>``; the same bytes each time.

    Parameters
    ----------
    chart : Chart

    Returns
    -------
    str

    Examples
    --------
    >>> drawn, axis = start(1.0)
    >>> "<title" in svg(drawn)
    True
    """
    buffer = io.StringIO()
    with style():
        chart.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    label = f'role="img" aria-labelledby="{chart.name}-title {chart.name}-desc"'
    words = (
        f'<title id="{chart.name}-title">{escape(chart.headline)}</title>'
        f'<desc id="{chart.name}-desc">{escape(chart.alt)}</desc>'
    )
    return re.sub(r"<svg ([^>]*)>", rf"<svg {label} \1>\n {words}", buffer.getvalue(), count=1)


def start(height: float, **grid: object) -> tuple:
    """An empty chart of full width.

    Parameters
    ----------
    height : float
        Inches, of the plot alone.
    **grid
        As for :meth:`matplotlib.figure.Figure.subplots`.

    Returns
    -------
    chart : Chart
    axes : Axes or ndarray of Axes

    Examples
    --------
    >>> chart, axes = start(1.0, ncols=2)
    >>> len(axes)
    2
    """
    chart = Chart(figsize=(WIDTH, height), layout="constrained")
    return chart, chart.subplots(**grid)


def _finish(chart: Chart, headline: str, subtitle: str, alt: str, note: str) -> None:
    """Title and subtitle above, note below, all left-aligned; the plot gets what is left."""
    lines = {"title": headline, "subtitle": subtitle, "note": note}
    lines = {kind: textwrap.wrap(words, LINE_CHARACTERS[kind]) for kind, words in lines.items()}
    heights = {kind: len(wrapped) * LINE_INCHES[kind] for kind, wrapped in lines.items()}
    above, below = heights["title"] + heights["subtitle"] + 0.12, heights["note"] + 0.06
    legends = LEGEND_INCHES * len(chart.legends)
    width, height = chart.get_size_inches()
    height = height + above + below + legends
    chart.set_size_inches(width, height)
    chart.get_layout_engine().set(rect=(0, (below + legends) / height, 1, 1 - (above + below + legends) / height))
    for legend in chart.legends:  # a legend of the whole figure lies between the plot and the note
        legend.set_bbox_to_anchor((0, below / height, 1, legends / height), chart.transFigure)
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
    chart.headline, chart.note, chart.alt = headline, note, f"{subtitle} {alt}"


def by_target(data: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The groups to colour, those that are there, and incidents whose target is not reported.

    Parameters
    ----------
    data : DataFrame

    Returns
    -------
    dict of DataFrame

    Examples
    --------
    >>> list(by_target(pd.DataFrame({"target": ["base", None]})))
    ['base', 'unknown']
    """
    target = data["target"].astype("object").fillna("unknown") if "target" in data else pd.Series("unknown", data.index)
    return {name: data[target == name] for name in TARGET_STYLE if (target == name).any()}


def mark(target: str) -> dict:
    """How the marks of a group look.

    Parameters
    ----------
    target : str

    Returns
    -------
    dict
        Settings of a line without a line.

    Examples
    --------
    >>> mark("base")["marker"]
    's'
    """
    return {"linestyle": "", **{key: TARGET_STYLE[target][key] for key in ("color", "marker", "label")}}


def draw_intervals(axis: Axes, rows: pd.DataFrame, effect: str, floor: float, ceiling: float) -> None:
    """Points with intervals on a log scale; what leaves the scale ends in an arrow.

    Parameters
    ----------
    axis : Axes
    rows : DataFrame
        One per height, with ``ci_low`` and ``ci_high``.
    effect : str
        The column of the points.
    floor, ceiling : float
        Ends of the scale.

    Examples
    --------
    >>> figure, axis = start(1.0)
    >>> draw_intervals(axis, pd.DataFrame({"ratio": [2], "ci_low": [1], "ci_high": [9]}), "ratio", 0.1, 4)
    >>> axis.get_xscale()
    'log'
    """
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


def write_column(axis: Axes, x: float, heading: str, words: list[str]) -> None:
    """A column of text right of a chart.

    Parameters
    ----------
    axis : Axes
    x : float
        In widths of the axes.
    heading : str
    words : list of str
        One per row, from below.

    Examples
    --------
    >>> figure, axis = start(1.0)
    >>> write_column(axis, 1.1, "p", ["0.2"])
    >>> len(axis.texts)
    2
    """
    across = axis.get_yaxis_transform()
    axis.text(x, len(words) - 0.4, heading, transform=across, size=8, weight="bold", va="bottom")
    for y, word in enumerate(words):
        axis.text(x, y, word, transform=across, size=8, va="center")
