"""A figure to SVG, PDF and PNG, with its data, alt text and source line."""

import io
from functools import cached_property
from pathlib import Path

from . import charts, findings, geography, incidents, tables
from .files import csv_bytes, write_files

EMBASSY_ATTACK = "2022-01-13_us_embassy_baghdad"


def chart_files(chart):
    """Everything an export of one chart consists of.

    Parameters
    ----------
    chart : charts.Chart

    Returns
    -------
    dict of bytes
        By file name: SVG, PDF, PNG, the plotted data as CSV, and title, alt text and source line as text.
    """
    told = f"{chart.headline}\n\n{chart.alt}\n\n{chart.note}\n"
    return {
        f"{chart.name}.svg": charts.svg(chart).encode(),
        f"{chart.name}.pdf": _picture(
            chart, "pdf", {"Title": chart.headline, "Subject": chart.alt, "CreationDate": None}
        ),
        f"{chart.name}.png": _picture(
            chart, "png", {"Title": chart.headline, "Description": chart.alt, "Software": None}
        ),
        f"{chart.name}.csv": csv_bytes(chart.data),
        f"{chart.name}.txt": told.encode(),
    }


def _picture(chart, kind, metadata):
    buffer = io.BytesIO()
    with charts.style():
        chart.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


class Found:
    """What charts, report and map show of the repository's own tables; each is found once, when first asked for."""

    raw = cached_property(lambda self: tables.load_raw())
    data = cached_property(lambda self: incidents.load_incidents())
    events = cached_property(lambda self: tables.with_date_range(self.raw["context_events"]))
    places = cached_property(lambda self: tables.with_points(self.raw["places"]))
    sites = cached_property(lambda self: tables.with_points(self.raw["sites"]))
    timing = cached_property(lambda self: findings.anniversary(self.data))
    targets = cached_property(lambda self: findings.embassy_vs_base(self.data, self.events))
    least = cached_property(lambda self: findings.detectable(self.timing))
    rivals = cached_property(lambda self: findings.rival_dates(self.data, self.events))
    without_each_strike = cached_property(lambda self: findings.without_each_strike(self.data, self.events))
    moves = cached_property(lambda self: findings.target_moves(self.data, self.raw, self.events))
    where = cached_property(lambda self: findings.where(self.data, self.places, self.sites))
    near_repeat = cached_property(lambda self: geography.near_repeat(self.data))


def registered(found=None):
    """Every chart of the collection, ready to be drawn; to list them takes no time.

    Parameters
    ----------
    found : Found, optional
        What has been found already.

    Returns
    -------
    dict of callable
        By chart name; each returns a :class:`charts.Chart`.
    """
    found = found or Found()
    return {
        "article_accounts": lambda: _article_accounts(found.raw),
        "timeline": lambda: charts.timeline(found.data),
        "disagreements": lambda: charts.disagreements(found.data),
        "days_strip": lambda: charts.days_strip(found.timing, found.data),
        "placebo_windows": lambda: charts.placebo_windows(found.timing),
        "placebo_distribution": lambda: charts.placebo_distribution(found.timing),
        "year_ratios": lambda: charts.year_ratios(found.timing),
        "intensity": lambda: charts.intensity(findings.self_excitement(found.data, n_bootstrap=1)),
        "levels": lambda: charts.levels(findings.load_levels()),
        "salvo_sizes": lambda: charts.salvo_sizes(found.data),
        "outcome_shares": lambda: charts.outcome_shares(found.targets),
        "effects": lambda: charts.effects(found.targets),
        "time_of_day": lambda: charts.time_of_day(found.targets),
        "sites_map": lambda: charts.sites_map(found.where),
        "baghdad_map": lambda: charts.baghdad_map(found.where),
        "launch_ranges": lambda: charts.launch_ranges(found.where),
        "anniversary_maps": lambda: _anniversary_maps(found),
        "near_repeat": lambda: charts.near_repeat(found.near_repeat, findings.about(found.data)),
    }


def _article_accounts(raw):
    """The chart of what each source says of the embassy attack of 13 January 2022."""
    accounts = findings.accounts_of(EMBASSY_ATTACK, raw["reports"], raw["sources"])
    return charts.article_accounts(accounts, *findings.article_headline(accounts))


def _anniversary_maps(found):
    windows = findings.window_sites(found.timing, found.data, found.sites)
    return charts.anniversary_maps(found.timing, windows)


def export_all(out, found=None, progress=print):
    """Write every registered chart.

    Parameters
    ----------
    out : path
        Folder for the files.
    found : Found, optional
        What has been found already.
    progress : callable
        Called with one line per chart.
    """
    drawn = registered(found)
    for number, (name, draw) in enumerate(drawn.items(), 1):
        files = chart_files(draw())
        write_files(out, files)
        progress(f"[{number}/{len(drawn)}] {name}: {', '.join(Path(file).suffix[1:] for file in files)}")
