"""One function per chart, data in, figure out.

A :class:`Chart` is a matplotlib figure that also carries its name, its data and its alt text, so that a notebook shows
it as an SVG that a screen reader can read, and an export can set the numbers beside the picture.
"""

from .base import Chart, style, svg, upper
from .corpus import article_accounts, disagreements, timeline
from .maps import anniversary_maps, baghdad_map, launch_ranges, near_repeat, sites_map
from .targets import effects, outcome_shares, salvo_sizes, time_of_day
from .timing import days_strip, intensity, levels, placebo_distribution, placebo_windows, year_ratios
