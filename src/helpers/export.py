"""Figures to SVG, PDF and PNG, each with its data, alt text and source line; findings to JSON."""

import io
import json
from collections.abc import Callable
from pathlib import Path

from . import charts
from .files import csv_bytes, write_files
from .findings import NotAvailable, Results, findings_of, plain


def chart_files(chart: charts.Chart) -> dict[str, bytes]:
    """Everything an export of one chart consists of.

    Parameters
    ----------
    chart : charts.Chart

    Returns
    -------
    dict of bytes
        By file name: SVG, PDF, PNG, the plotted data as CSV, and title, alt text and source line as text.

    Examples
    --------
    >>> import pandas as pd
    >>> attacks = pd.DataFrame({"date": pd.to_datetime(["2021-01-03", "2021-03-05"])})
    >>> list(chart_files(charts.timeline(attacks)))
    ['timeline.svg', 'timeline.pdf', 'timeline.png', 'timeline.csv', 'timeline.txt']
    """
    words = f"{chart.headline}\n\n{chart.alt}\n\n{chart.note}\n"
    pdf = {"Title": chart.headline, "Subject": chart.alt, "CreationDate": None}
    png = {"Title": chart.headline, "Description": chart.alt, "Software": None}
    return {
        f"{chart.name}.svg": charts.svg(chart).encode(),
        f"{chart.name}.pdf": _picture(chart, "pdf", pdf),
        f"{chart.name}.png": _picture(chart, "png", png),
        f"{chart.name}.csv": csv_bytes(chart.data),
        f"{chart.name}.txt": words.encode(),
    }


def _picture(chart, kind, metadata):
    buffer = io.BytesIO()
    with charts.style():
        chart.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


def export_all(
    out: str | Path, results: Results | None = None, progress: Callable = print, findings_out: str | Path | None = None
) -> None:
    """Write every chart, and every finding as ``findings.json``.

    Parameters
    ----------
    out : path
        Folder for the charts.
    results : Results, optional
        The repository's own tables by default.
    progress : callable
        Called with one line per chart.
    findings_out : path, optional
        Folder for ``findings.json``; the one above ``out`` by default.

    Examples
    --------
    >>> export_all("reports/charts")  # doctest: +SKIP
    """
    results = results or Results()
    for number, (name, draw) in enumerate(charts.CHARTS.items(), 1):
        chart = results.draw(draw)
        words = repr(chart)
        if not isinstance(chart, NotAvailable):
            files = chart_files(chart)
            write_files(out, files)
            words = ", ".join(Path(file).suffix[1:] for file in files)
        progress(f"[{number}/{len(charts.CHARTS)}] {name}: {words}")
    content = json.dumps(plain(findings_of(results)), indent=1, ensure_ascii=False, allow_nan=False)
    write_files(findings_out or Path(out).parent, {"findings.json": f"{content}\n".encode()})
    progress("findings.json")
