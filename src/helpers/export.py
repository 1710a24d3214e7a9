"""Figures to SVG, PDF and PNG, each with its data, alt text and source line; findings to JSON."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from . import charts
from .files import csv_bytes, home, is_checkout, rounded, write_files
from .findings import NotAvailable, Results, fill, findings_of, plain

README_CHART = "placebo_windows.svg"
README_BLOCK = re.compile(r"(<!-- findings -->\n).*(<!-- /findings -->)", re.DOTALL)


def chart_files(chart: charts.Chart) -> dict[str, bytes]:
    """Everything an export of one chart consists of.

    Parameters
    ----------
    chart : charts.Chart

    Returns
    -------
    dict of bytes
        By file name: SVG, PDF and PNG at page width and, as ``NAME-column``, at column width; the plotted data as CSV
        (decimals with 6 significant digits), and title, alt text and source line as text.

    Examples
    --------
    >>> import pandas as pd
    >>> attacks = pd.DataFrame({"date": pd.to_datetime(["2021-01-03", "2021-03-05"])})
    >>> list(chart_files(charts.timeline(attacks)))[2:]  # doctest: +NORMALIZE_WHITESPACE
    ['timeline.png', 'timeline-column.svg', 'timeline-column.pdf', 'timeline-column.png', 'timeline.csv',
     'timeline.txt']
    """
    words = f"{chart.headline}\n\n{chart.alt}\n\n{chart.note}\n"
    pdf = {"Title": chart.headline, "Subject": chart.alt, "CreationDate": None}
    png = {"Title": chart.headline, "Description": chart.alt, "Software": None}
    files = {}
    for drawn in map(chart.at, charts.WIDTHS):
        files |= {
            f"{drawn.stem}.svg": charts.svg(drawn).encode(),
            f"{drawn.stem}.pdf": charts.picture(drawn, "pdf", pdf),
            f"{drawn.stem}.png": charts.picture(drawn, "png", png),
        }
    return {**files, f"{chart.name}.csv": csv_bytes(rounded(chart.data)), f"{chart.name}.txt": words.encode()}


def export_all(
    out: str | Path, results: Results | None = None, progress: Callable = print, update: bool = False
) -> None:
    """Write every chart, and every finding as ``findings.json``, whole or not at all; decimals with 6 digits.

    Parameters
    ----------
    out : path
        Folder for the charts; ``findings.json`` goes to the one above.
    results : Results, optional
        The repository's own tables by default.
    progress : callable
        Called with one line per chart.
    update : bool
        Write the findings and the chart of the README as well.

    Raises
    ------
    OSError
        Where there is no checkout to update.

    Examples
    --------
    >>> export_all("reports/charts")  # doctest: +SKIP
    """
    if update and not is_checkout():
        raise OSError("--update rewrites the README of a checkout, and this package is used without one")
    results, out, files = results or Results(), Path(out).absolute(), {}
    for number, (name, draw) in enumerate(charts.CHARTS.items(), 1):
        chart = results.draw(draw)
        words = repr(chart)
        if not isinstance(chart, NotAvailable):
            forms = chart_files(chart)
            files |= {f"{out.name}/{name}": content for name, content in forms.items()}
            words = ", ".join(dict.fromkeys(Path(name).suffix[1:] for name in forms))
        progress(f"[{number}/{len(charts.CHARTS)}] {name}: {words}")
    findings = rounded(plain(findings_of(results)))
    content = json.dumps(findings, indent=1, ensure_ascii=False, allow_nan=False)
    write_files(out.parent, {**files, "findings.json": f"{content}\n".encode()}, "python -m helpers export")
    progress("findings.json")
    if update:
        checkout = home("data").parent
        readme = _fill_block((checkout / "README.md").read_text(encoding="utf-8"), findings)
        drawn = files[f"{out.name}/{README_CHART}"]
        written = {"README.md": readme.encode(), f"docs/{README_CHART}": drawn}
        write_files(checkout, written, "python -m helpers export --update")
        progress("README.md")


def _fill_block(text: str, findings: dict) -> str:
    """A README with the block between its two markers written anew from the findings."""
    if not README_BLOCK.search(text):
        raise ValueError("the text has no lines <!-- findings --> and <!-- /findings -->")
    words = fill("readme", findings).strip()
    return README_BLOCK.sub(lambda match: f"{match[1]}\n{words}\n\n{match[2]}", text)
