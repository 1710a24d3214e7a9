"""What every chart shares: its widths, its words, its typeface, its style, and how it is saved as SVG."""

import dataclasses
import io
import re
from collections.abc import Callable, Iterable
from contextvars import ContextVar, copy_context
from functools import cache, partial, wraps
from html import escape, unescape
from unittest import mock

import matplotlib
import matplotlib.style
import numpy as np
from font_source_sans_pro import font_files_ttf
from fontTools.subset import Options
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.textpath import text_to_path

from .. import findings, tables

POINTS = 72  # an inch
WIDTHS = {"page": 180 / 25.4, "column": 88 / 25.4}  # inches: a page of A4, and a column of a journal
MARGIN = 0.06  # inches left and right of words
# What PDFs need of a typeface no more, since letters are placed already: most of the time of embedding it went there.
_LAYOUT_TABLES = ["GDEF", "GPOS", "GSUB"]
_SAVING = {"png": {"pil_kwargs": {"compress_level": 3}}}  # a twentieth larger than at 6, in a third of the time
TYPEFACE = "Source Sans Pro of the package"
FAMILIES = [TYPEFACE, "DejaVu Sans"]  # the second for letters that the first lacks, such as Arabic ones
# What a page calls the typeface, and what stands in for it; each text keeps its width, so that nothing is cut off.
_NAMES = "'Source Sans Pro', 'Source Sans 3', 'Helvetica Neue', Arial, sans-serif"
_TEXT = re.compile(r'<text style="([^"]*)"([^>]*)>([^<]+)')
# Title, subtitle and note: how each looks, and how high a line is, in sizes of its letters.
TEXTS = ({"size": 11, "weight": "bold"}, {"size": 9}, {"size": 8, "color": "#555555"})
LINE = 1.22
KEY_SIZE = 8.5
TOGETHER = re.compile(r" (?=[=<±] )|(?<=[=<±]) |(?<=\bCC) |(?<=\bBY) (?=\d)")  # blanks where no line ends
_drawn_width = ContextVar("width", default="page")


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
        What the chart shows, in two sentences: its kind, measure and period; its main movement.
    data : DataFrame
        What it plots.
    width : {"page", "column"}
        What it was laid out for.
    """

    name = headline = note = alt = ""
    data, width = None, "page"

    def at(self, width: str) -> "Chart":
        """The same chart, laid out anew for a width, and kept.

        Parameters
        ----------
        width : {"page", "column"}

        Returns
        -------
        Chart
        """
        if width not in self._layouts:
            self._layouts[width] = self._draw(width=width)
        return self._layouts[width]

    @property
    def stem(self) -> str:
        """What its files are called, without ending."""
        return self.name if self.width == "page" else f"{self.name}-{self.width}"

    def __repr__(self):
        return f"Chart {self.name}: {self.alt}"

    def _repr_svg_(self):
        return svg(self)


# The style sheet while a chart is drawn or saved; `start` makes the typeface known first.
style = partial(matplotlib.style.context, ["default", f"{__package__}.charts", {"font.family": FAMILIES}])


CHARTS, WORDS = {}, ("title", "subtitle", "note")


@cache
def _register_typeface():
    """Make the typeface known to matplotlib, by a name that no other version on the machine answers to."""
    for face, weight in {"": 400, "It": 400, "Semibold": 700}.items():  # charts' bold is semibold
        font = font_manager.get_font(font_files_ttf[f"SourceSansPro{face}"])
        entry = dataclasses.replace(font_manager.ttfFontProperty(font), name=TYPEFACE, weight=weight)
        font_manager.fontManager.ttflist.append(entry)


def by_width(page: object, column: object) -> object:
    """What suits the width that is being drawn, where a layout must differ.

    Parameters
    ----------
    page, column : object

    Returns
    -------
    object
        One of the two.

    Examples
    --------
    >>> by_width(page=6, column=3)
    6
    """
    return {"page": page, "column": column}[_drawn_width.get()]


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
        The same, returning the finished :class:`Chart`; its further parameter ``width``, "page" or "column", is what
        the chart is laid out for.

    Examples
    --------
    >>> "timeline" in CHARTS
    True
    """

    name = function.__name__

    @wraps(function)
    def draw(*results, width="page", **options):
        tables.check_choice("width", [width], list(WIDTHS))
        before = _drawn_width.set(width)
        try:
            with style():
                drawn, data, facts = function(*results, **options)
                facts = findings.plain({"page": "charts", "rows": data, **facts})
                words = {part: facts.get(part) or findings.tell(facts, f"{name}_{part}") for part in WORDS}
                words["alt"] = facts.get("alt") or findings.tell(
                    facts | {"period": _period(words["note"])}, f"{name}_alt"
                )
                _finish(drawn, **words)
        finally:
            _drawn_width.reset(before)
        drawn.name, drawn.data, drawn.width = name, data, width
        # What is drawn later, at another width, is drawn by the schema of now.
        drawn._layouts, drawn._draw = {width: drawn}, partial(copy_context().run, draw, *results, **options)
        return drawn

    CHARTS[name] = draw
    return draw


def _period(note):
    """The days of a source line in words; nothing where it gives none."""
    days = re.search(r"(\d{4}-\d\d-\d\d) to (\d{4}-\d\d-\d\d)", note)
    return " to ".join(f"{findings.day(date)} {date[:4]}" for date in days.groups()) if days else "all days"


def svg(chart: Chart, outlines: bool = False) -> str:
    """A chart as SVG, with its title and alt text as ``<title>`` and ``<desc>``; the same bytes each time.

    Parameters
    ----------
    chart : Chart
    outlines : bool
        Letters as shapes, which look alike everywhere but cannot be searched, selected or edited.

    Returns
    -------
    str

    Examples
    --------
    >>> drawn, axis = start(1.0)
    >>> "<title" in svg(drawn)
    True
    """
    text = _TEXT.sub(_name_font, picture(chart, "svg", {"Date": None, "Creator": None}, outlines).decode())
    label = f'role="img" aria-labelledby="{chart.stem}-title {chart.stem}-desc"'
    title = f'<title id="{chart.stem}-title">{escape(chart.headline)}</title>'
    description = f'<desc id="{chart.stem}-desc">{escape(chart.alt)}</desc>'
    return re.sub(r"<svg ([^>]*)>", rf"<svg {label} \1>\n {title}{description}", text, count=1)


def _name_font(match):
    """A text of an SVG in a font that readers may have, as wide as it was laid out."""
    look, place, words = match.groups()
    found = dict(part.split(": ", 1) for part in look.split("; "))
    width = text_width(
        unescape(words), float(found["font-size"].removesuffix("px")), found.get("font-weight", "normal")
    )
    look = look.replace(found["font-family"], _NAMES).replace("font-weight: 700", "font-weight: 600")
    place += ' xml:space="preserve"' if words != words.strip() else ""
    return f'<text style="{look}" textLength="{width:.2f}" lengthAdjust="spacingAndGlyphs"{place}>{words}'


def picture(chart: Chart, kind: str, metadata: dict, outlines: bool = False) -> bytes:
    """A chart as a file of one kind; the same bytes each time.

    Parameters
    ----------
    chart : Chart
    kind : {"svg", "pdf", "png"}
    metadata : dict
        As for :meth:`matplotlib.figure.Figure.savefig`.
    outlines : bool
        Of SVG: letters as shapes.

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
    left_out = mock.patch.object(Options, "_drop_tables_default", [*Options._drop_tables_default, *_LAYOUT_TABLES])
    with style(), matplotlib.rc_context({"svg.fonttype": "path" if outlines else "none"}), left_out:
        chart.savefig(buffer, format=kind, metadata=metadata, **_SAVING.get(kind, {}))
    return buffer.getvalue()


def start(height: float, **grid: object) -> tuple:
    """An empty chart of the width that is being drawn.

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
    _register_typeface()
    chart = Chart(figsize=(by_width(**WIDTHS), height), layout="constrained")
    chart.get_layout_engine().set(w_pad=MARGIN)
    return chart, chart.subplots(**grid)


def add_key(chart: Chart, handles: list[Artist]) -> None:
    """What marks and colours mean, between the plot and the note, in as few rows as the width allows.

    Parameters
    ----------
    chart : Chart
    handles : list of Artist
        With labels.

    Examples
    --------
    >>> drawn, axis = start(1.0)
    >>> add_key(drawn, axis.plot([1, 2], label="attacks"))
    >>> [text.get_text() for text in drawn.legends[0].get_texts()]
    ['attacks']
    """
    widths = [text_width(handle.get_label(), KEY_SIZE) + 36 for handle in handles]  # with the mark and the gaps
    room = chart.get_figwidth() * POINTS - 6
    tallest = max([handle.get_markersize() for handle in handles if isinstance(handle, Line2D)], default=0)
    fits = (n for n in range(len(handles), 1, -1) if _columns_width(widths, n) <= room)
    gap = max(4, tallest - 6) / KEY_SIZE  # rows as high as the largest mark
    chart.legend(handles=handles, ncols=next(fits, 1), loc="center", handletextpad=0.5, columnspacing=1.2,
                 labelspacing=gap, fontsize=KEY_SIZE)  # fmt: skip


def _columns_width(widths, n):
    """How wide labels are in n columns, which are filled one after the other."""
    return sum(max(part) for part in np.array_split(widths, n))


def _wrap_evenly(text, width, **look):
    """Words in as few lines as fit, a little narrower where the last would hold a word or two."""
    wrapped = [wrap(text, share * width, **look) for share in (1, 0.95, 0.9, 0.85)]
    fewest = [lines for lines in wrapped if lines.count("\n") == wrapped[0].count("\n")]
    last = [text_width(lines.split("\n")[-1], **look) for lines in fewest]
    return fewest[0] if last[0] > width / 5 else fewest[last.index(max(last))]


@cache
def text_width(text: str, size: float = 9, weight: str = "normal", **_: object) -> float:
    """How wide a line of text is.

    Parameters
    ----------
    text : str
    size, weight
        As of :class:`matplotlib.text.Text`, whose other settings change no width.

    Returns
    -------
    float
        Points.

    Examples
    --------
    >>> text_width("attacks", size=18) > text_width("attacks", size=9)
    True
    """
    _register_typeface()
    font = font_manager.FontProperties(family=FAMILIES, size=size, weight=weight)
    return text_to_path.get_text_width_height_descent(text, font, False)[0]


def wrap(text: str, width: float, **look: object) -> str:
    """Words in lines that are no wider than asked for.

    Parameters
    ----------
    text : str
    width : float
        Points. A single word may be wider.
    **look
        As for :func:`text_width`.

    Returns
    -------
    str

    Examples
    --------
    >>> wrap("Diplomatic sites", 60, size=9)
    'Diplomatic\\nsites'
    """
    lines = []
    for part in text.strip().split("\n"):
        lines.append("")
        for word in TOGETHER.sub("\xa0", part).split(" "):
            longer = f"{lines[-1]} {word}".lstrip()
            if lines[-1] and text_width(longer, **look) > width:
                lines.append(word)
            else:
                lines[-1] = longer
    return "\n".join(lines).replace("\xa0", " ")


def _finish(chart: Chart, title: str, subtitle: str, alt: str, note: str) -> None:
    """Title and subtitle above, key and note below, all left-aligned; the plot gets what is left."""
    width = chart.get_figwidth()
    room = (width - 2 * MARGIN) * POINTS
    words = zip((title, subtitle, note), TEXTS, strict=True)
    parts = [_wrap_evenly(text, room, **look) for text, look in words]
    inches = [(part.count("\n") + 1) * LINE * look["size"] / POINTS for part, look in zip(parts, TEXTS, strict=True)]
    above, below, key = inches[0] + inches[1] + 0.12, inches[2] + 0.08, sum(map(_key_inches, chart.legends))
    height = chart.get_figheight() + above + below + key
    chart.set_size_inches(width, height)
    chart.get_layout_engine().set(rect=(0, (below + key) / height, 1, 1 - (above + below + key) / height))
    for legend in chart.legends:
        legend.set_bbox_to_anchor((0, below / height, 1, key / height), chart.transFigure)
    tops = (height - 0.04, height - 0.07 - inches[0], below - 0.04)
    for part, top, look in zip(parts, tops, TEXTS, strict=True):
        chart.text(MARGIN / width, top / height, part, va="top", ha="left", linespacing=LINE, **look)
    # Constrained layout moves a little each time it runs: settle it, then keep it, so that every save is the same.
    chart.draw_without_rendering()
    chart.draw_without_rendering()
    chart.set_layout_engine(None)  # "none" would have every save draw twice
    for axis in chart.axes:  # the last digits of a layout differ from process to process
        axis.set_position([round(float(end), 6) for end in axis.get_position().bounds])
    chart.headline, chart.note, chart.alt = title, note, alt


def _key_inches(legend):
    rows = -(-len(legend.get_texts()) // legend._ncols)
    return (rows * KEY_SIZE * (1 + legend.labelspacing) + 8) / POINTS


def label_rows(axis: Axes, names: Iterable[str], grid: str = "x") -> None:
    """Name the rows of a chart, from below, without ticks; long names take two lines.

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
    names = [wrap(name, by_width(200, 92), size=8.5) for name in names]
    axis.set(yticks=range(len(names)), yticklabels=names, ylim=(-0.6, len(names) - 0.4))
    axis.tick_params(axis="y", length=0)
    axis.grid(False)
    axis.grid(True, axis=grid)


def label_years(axis: Axes, years: Iterable[int], places: Iterable[object]) -> None:
    """Name the years below a chart of time, as many as there is room for.

    Parameters
    ----------
    axis : Axes
    years : iterable of int
    places : iterable
        Where on the axis each year begins.

    Examples
    --------
    >>> figure, axis = start(1.0)
    >>> label_years(axis, [2021, 2022], [0, 12])
    >>> [label.get_text() for label in axis.get_xticklabels()]
    ['2021', '2022']
    """
    years, places = list(years), list(places)
    step = max(-(-len(years) // by_width(16, 7)), 1)
    axis.set_xticks(places[::step], years[::step])
