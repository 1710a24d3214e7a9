"""A figure to SVG, PDF and PNG, with its data, alt text and source line."""

import io
from functools import cache, partial
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


def article_accounts(raw):
    """The chart of what each source says of the embassy attack of 13 January 2022."""
    accounts = findings.accounts_of(EMBASSY_ATTACK, raw["reports"], raw["sources"])
    return charts.article_accounts(accounts, *findings.article_headline(accounts))


def registered(data_dir=None):
    """Every chart of the collection, ready to be drawn.

    Parameters
    ----------
    data_dir : path, optional
        As for :func:`helpers.load_incidents`.

    Returns
    -------
    dict of callable
        By chart name; each returns a :class:`charts.Chart`.
    """
    raw, data = tables.load_raw(data_dir), incidents.load_incidents(data_dir=data_dir)
    # Found when the first chart needs it, so that to list the charts takes no time.
    timing = cache(partial(findings.anniversary, data))
    target = cache(lambda: findings.embassy_vs_base(data, tables.load_context_events(data_dir)))
    first = {"article_accounts": partial(article_accounts, raw)}
    return {
        **(first if EMBASSY_ATTACK in set(raw["reports"]["incident_id"]) else {}),
        "timeline": partial(charts.timeline, data),
        "disagreements": partial(charts.disagreements, data),
        "days_strip": lambda: charts.days_strip(timing(), data),
        "placebo_windows": lambda: charts.placebo_windows(timing()),
        "placebo_distribution": lambda: charts.placebo_distribution(timing()),
        "year_ratios": lambda: charts.year_ratios(timing()),
        "intensity": lambda: charts.intensity(findings.self_excitement(data, n_bootstrap=1)),
        "levels": lambda: charts.levels(findings.load_levels()),
        "salvo_sizes": partial(charts.salvo_sizes, data),
        "outcome_shares": lambda: charts.outcome_shares(target()),
        "effects": lambda: charts.effects(target()),
        "time_of_day": lambda: charts.time_of_day(target()),
        **_maps(data, timing(), data_dir),
    }


def _maps(data, timing, data_dir):
    """The charts of notebook 05; of a data set without a single position, none."""
    sites = tables.load_sites(data_dir)
    found = findings.where(data, tables.load_places(data_dir), sites)
    if found.sites.empty:
        return {}
    windows = findings.window_sites(timing, data, sites)
    return {
        "sites_map": partial(charts.sites_map, found),
        "baghdad_map": partial(charts.baghdad_map, found),
        **({"launch_ranges": partial(charts.launch_ranges, found)} if len(found.launches) else {}),
        **(
            {"anniversary_maps": partial(charts.anniversary_maps, timing, windows, found.about)} if len(windows) else {}
        ),
        "near_repeat": lambda: charts.near_repeat(geography.near_repeat(data), findings.about(data)),
    }


def export_all(out, data_dir=None, progress=print):
    """Write every registered chart.

    Parameters
    ----------
    out : path
        Folder for the files.
    data_dir : path, optional
    progress : callable
        Called with one line per chart.
    """
    drawn = registered(data_dir)
    for number, (name, draw) in enumerate(drawn.items(), 1):
        files = chart_files(draw())
        write_files(out, files)
        progress(f"[{number}/{len(drawn)}] {name}: {', '.join(Path(file).suffix[1:] for file in files)}")
