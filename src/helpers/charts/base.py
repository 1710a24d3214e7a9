"""What every chart shares: its size, its words, its style, and how it is saved as SVG."""

import io
import re
import textwrap
from collections.abc import Callable, Iterable
from functools import partial, wraps
from html import escape

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import findings

WIDTH = 180 / 25.4
LEGEND_INCHES = 0.28
# Title, subtitle and note: characters to a line, inches of a line, and how it looks.
TEXTS = (
    (74, 0.205, {"size": 11, "weight": "bold"}),
    (106, 0.165, {"size": 9}),
    (124, 0.145, {"size": 7.5, "color": "#555555"}),
)


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
        :func:`start` made it, the data it plots, and facts: its words as ``title``, ``subtitle``, ``alt`` and ``note``,
        or what the blocks ``NAME_title`` and so on of ``pages/charts.md`` need to state them.

    Returns
    -------
    callable
        The same, returning the finished :class:`Chart`.

    Examples
    --------
    >>> "timeline" in CHARTS
    True
    """

    name = function.__name__

    @wraps(function)
    def draw(*results, **options):
        with style():
            drawn, data, facts = function(*results, **options)
            facts = findings.plain({"page": "charts", "rows": data, **facts})
            words = [facts[part] if part in facts else findings.tell(facts, f"{name}_{part}") for part in WORDS]
            _finish(drawn, *words)
        drawn.name, drawn.data = name, data
        return drawn

    CHARTS[name] = draw
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
    text = picture(chart, "svg", {"Date": None, "Creator": None}).decode()
    label = f'role="img" aria-labelledby="{chart.name}-title {chart.name}-desc"'
    title = f'<title id="{chart.name}-title">{escape(chart.headline)}</title>'
    description = f'<desc id="{chart.name}-desc">{escape(chart.alt)}</desc>'
    return re.sub(r"<svg ([^>]*)>", rf"<svg {label} \1>\n {title}{description}", text, count=1)


def picture(chart: Chart, kind: str, metadata: dict) -> bytes:
    """A chart as a file of one kind; the same bytes each time.

    Parameters
    ----------
    chart : Chart
    kind : {"svg", "pdf", "png"}
    metadata : dict
        As for :meth:`matplotlib.figure.Figure.savefig`.

    Returns
    -------
    bytes

    Examples
    --------
    >>> drawn, axis = start(1.0)
    >>> picture(drawn, "pdf", {"Title": "Nothing"})[:4]
    b'%PDF'
    """
    buffer = io.BytesIO()
    with style():
        chart.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


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
    lines = [textwrap.wrap(words, most) for words, (most, *_) in zip((headline, subtitle, note), TEXTS, strict=True)]
    inches = [len(wrapped) * height for wrapped, (_, height, _) in zip(lines, TEXTS, strict=True)]
    above, below, legends = inches[0] + inches[1] + 0.12, inches[2] + 0.06, LEGEND_INCHES * len(chart.legends)
    height = chart.get_size_inches()[1] + above + below + legends
    chart.set_size_inches(WIDTH, height)
    chart.get_layout_engine().set(rect=(0, (below + legends) / height, 1, 1 - (above + below + legends) / height))
    for legend in chart.legends:  # a legend of the whole figure lies between the plot and the note
        legend.set_bbox_to_anchor((0, below / height, 1, legends / height), chart.transFigure)
    tops = (height - 0.04, height - 0.06 - inches[0], below - 0.04)
    for wrapped, top, (*_, look) in zip(lines, tops, TEXTS, strict=True):
        chart.text(0.008, top / height, "\n".join(wrapped), va="top", ha="left", linespacing=1.25, **look)
    # Constrained layout moves a little each time it runs: settle it, then keep it, so that every save is the same.
    chart.draw_without_rendering()
    chart.draw_without_rendering()
    chart.set_layout_engine("none")
    chart.headline, chart.note, chart.alt = headline, note, f"{subtitle} {alt}"


def label_rows(axis: Axes, names: Iterable[str], grid: str = "x") -> None:
    """Name the rows of a chart, from below, without ticks.

    Parameters
    ----------
    axis : Axes
    names : iterable of str
    grid : str
        The axes that have grid lines, ``"x"`` or ``"both"``.

    Examples
    --------
    >>> figure, axis = start(1.0)
    >>> label_rows(axis, ["2022", "2021"])
    >>> [label.get_text() for label in axis.get_yticklabels()]
    ['2022', '2021']
    """
    names = list(names)
    axis.set(yticks=range(len(names)), yticklabels=names, ylim=(-0.6, len(names) - 0.4))
    axis.tick_params(axis="y", length=0)
    axis.grid(False)
    axis.grid(True, axis=grid)
