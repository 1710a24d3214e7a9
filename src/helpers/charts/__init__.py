"""One function per chart, results in, figure out.

A :class:`Chart` is a matplotlib figure that also carries its name, its data and its alt text, so that a notebook shows
it as an SVG that a screen reader can read, and an export can set the numbers beside the picture.
"""

from . import corpus, maps, targets, timing
from .base import CHARTS, Chart, style, svg

ORDER = [module.__name__ for module in (corpus, timing, targets, maps)]
CHARTS = dict(sorted(CHARTS.items(), key=lambda chart: ORDER.index(chart[1].__module__)))
globals().update(CHARTS)  # every chart by its name, so that a new one is added in one place
