"""One function per chart, results in, figure out.

A :class:`Chart` is a matplotlib figure that also carries its name, its data and its alt text, so that a notebook shows
it as an SVG that a screen reader can read, and an export can set the numbers beside the picture.
"""

from . import corpus, overview, timing, years, choices, targets, maps  # isort: skip  # the order in which charts are exported
from .base import CHARTS, WIDTHS, Chart, picture, style, svg

globals().update(CHARTS)  # every chart by its name, so that a new one is added in one place
