"""Figures to SVG, PDF and PNG, each with its data, alt text and source line; findings to JSON and tables."""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

import pandas as pd

from . import charts, tables
from .files import complete, csv_bytes, home, is_checkout, rounded, without_formulas, write_files
from .findings import FINDINGS, NotAvailable, Results, fill, findings_of, plain, show

FORMATS = ("svg", "pdf", "png")
MANIFEST, FINDINGS_FILE = "manifest.json", "findings.json"
README_CHART = "placebo_windows.svg"
README_BLOCK = re.compile(r"(<!-- findings -->\n).*(<!-- /findings -->)", re.DOTALL)


def chart_files(
    chart: charts.Chart,
    formats: Iterable[str] = FORMATS,
    widths: Iterable[str] = tuple(charts.WIDTHS),
    outlines: bool = False,
) -> dict[str, bytes]:
    """Everything an export of one chart consists of.

    Parameters
    ----------
    chart : charts.Chart
    formats : iterable of {"svg", "pdf", "png"}
    widths : iterable of {"page", "column"}
    outlines : bool
        Letters of an SVG as shapes, which look alike everywhere but cannot be searched or edited.

    Returns
    -------
    dict of bytes
        By file name: each format at each width, column width as ``NAME-column``; the plotted data as CSV (decimals
        with 6 significant digits), and title, alt text and source line as text.

    Examples
    --------
    >>> import pandas as pd
    >>> attacks = pd.DataFrame({"date": pd.to_datetime(["2021-01-03", "2021-03-05"])})
    >>> list(chart_files(charts.timeline(attacks), ["svg"]))
    ['timeline.svg', 'timeline-column.svg', 'timeline.csv', 'timeline.txt']
    """
    words = f"{chart.headline}\n\n{chart.alt}\n\n{chart.note}\n"
    pdf = {"Title": chart.headline, "Subject": chart.alt, "CreationDate": None}
    png = {"Title": chart.headline, "Description": chart.alt, "Software": None}
    write = {
        "svg": lambda drawn: charts.svg(drawn, outlines).encode(),
        "pdf": lambda drawn: charts.picture(drawn, "pdf", pdf),
        "png": lambda drawn: charts.picture(drawn, "png", png),
    }
    drawn = [(chart.at(width), kind) for width in widths for kind in formats]
    files = {f"{one.stem}.{kind}": write[kind](one) for one, kind in drawn}
    return {
        **files,
        f"{chart.name}.csv": csv_bytes(without_formulas(rounded(chart.data))),
        f"{chart.name}.txt": words.encode(),
    }


def export_all(
    out: str | Path,
    results: Results | None = None,
    progress: Callable = print,
    update: bool = False,
    names: Iterable[str] = (),
    formats: Iterable[str] = FORMATS,
    widths: Iterable[str] = tuple(charts.WIDTHS),
    outlines: bool = False,
    with_tables: bool = False,
) -> None:
    """Write charts and findings, whole or not at all; decimals with 6 digits.

    Parameters
    ----------
    out : path
        Folder for the charts and ``manifest.json``, which lists what was written and of what, with hashes, and the
        versions of packages; ``findings.json`` goes to the folder above.
    results : Results, optional
        The repository's own tables by default.
    progress : callable
        Called with one line per chart.
    update : bool
        Write the findings and the chart of the README as well.
    names : iterable of str
        Charts to write, without ``findings.json``; all of both by default.
    formats, widths, outlines
        As for :func:`chart_files`.
    with_tables : bool
        Write each table of the findings to ``out/tables``, as CSV with all digits that are meant, and as HTML and LaTeX
        with words for readers.

    Raises
    ------
    ValueError
        For an unknown chart, format or width.
    OSError
        Where there is no checkout to update.

    Examples
    --------
    >>> export_all("reports/charts")  # doctest: +SKIP
    >>> export_all("figures", names=["timeline"], formats=["pdf"], widths=["column"])  # doctest: +SKIP
    """
    chosen, formats, widths = list(dict.fromkeys(names)), list(formats), list(widths)
    names = chosen or list(charts.CHARTS)
    tables.check_choice("chart", names, list(charts.CHARTS))
    tables.check_choice("format", formats, list(FORMATS))
    tables.check_choice("width", widths, list(charts.WIDTHS))
    if update and not is_checkout():
        raise OSError("--update rewrites the README of a checkout, and this package is used without one")
    results, out = results or Results(), Path(out).absolute()
    files = _draw(results, names, progress, formats, widths, outlines)
    if with_tables:
        written = dict(_table_files(results))
        files |= written
        progress(f"tables: {len(written) // 3}, each as csv, html and tex")
    if not chosen:
        findings = rounded(plain(findings_of(results)))
        files[f"../{FINDINGS_FILE}"] = _json_bytes(findings)
    complete(out.parent)
    # Charts alone ask for no right to write beside their folder.
    folder, below = (out, ".") if chosen else (out.parent, out.name)
    write_files(folder, lambda: _place(files, results, out, below), "python -m helpers export")
    progress(MANIFEST if chosen else f"{FINDINGS_FILE}, {MANIFEST}")
    if update:
        checkout = home("data").parent
        readme = _fill_block((checkout / "README.md").read_text(encoding="utf-8"), findings)
        written = {"README.md": readme.encode(), f"docs/{README_CHART}": files[README_CHART]}
        write_files(checkout, written, "python -m helpers export --update")
        progress("README.md")


def _draw(results, names, progress, *options):
    """The files of charts, by name, with a line for each chart; one that cannot be drawn says why."""
    files = {}
    for number, name in enumerate(names, 1):
        chart = results.draw(charts.CHARTS[name])
        forms = {} if isinstance(chart, NotAvailable) else chart_files(chart, *options)
        files |= forms
        words = ", ".join(dict.fromkeys(Path(file).suffix[1:] for file in forms)) or repr(chart)
        progress(f"[{number}/{len(names)}] {name}: {words}")
    return files


def _table_files(results):
    """Every table of the findings, in three forms, by names that differ on every file system."""
    taken = set()
    for label, table in _tables_in({name: getattr(results, name) for name in FINDINGS}, ""):
        name = re.sub(r"[^\w.]+", "-", label.removeprefix("."))
        name += "" if name.casefold() not in taken else f"-{len(taken)}"
        taken.add(name.casefold())
        places = [column for column in table if table[column].map(lambda cell: hasattr(cell, "geom_type")).any()]
        table = pd.DataFrame(table.drop(columns=places))
        shown = show(table)
        yield f"tables/{name}.csv", csv_bytes(without_formulas(rounded(table.reset_index())))
        yield f"tables/{name}.html", f"{shown.to_html(border=0)}\n".encode()
        yield f"tables/{name}.tex", shown.to_latex(escape=True).encode()


def _tables_in(value, name):
    """The tables of a finding, each with what it is called, wherever in it they stand."""
    if isinstance(value, pd.DataFrame) and len(value):
        yield name, value
    parts = value.items() if isinstance(value, dict) else vars(value).items() if hasattr(value, "table") else ()
    for key, part in parts:
        yield from _tables_in(part, f"{name}.{key}")


def read_current(out: Path, results: Results) -> dict[str, str]:
    """What exports wrote to a folder from the tables, and with the packages, of now.

    Parameters
    ----------
    out : Path
        The folder of ``manifest.json``.
    results : Results

    Returns
    -------
    dict of str
        Hashes of the files, by name, of those that are there and unchanged. Nothing where the manifest names other
        tables or packages.

    Examples
    --------
    >>> read_current(Path("no_such_folder"), Results())
    {}
    """
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        if any(manifest[key] != value for key, value in _made_of(results).items()):
            return {}
        there = {name: told for name, told in manifest["files"].items() if (out / name).is_file()}
        return {name: told for name, told in there.items() if _hash((out / name).read_bytes()) == told}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, or not ours
        return {}


def _place(files, results, out, below):
    """Files with their manifest, which knows earlier exports of the same, in a folder below another."""
    hashes = read_current(out, results) | {name: _hash(content) for name, content in files.items()}
    manifest = {"files": dict(sorted(hashes.items())), **_made_of(results)}
    files = files | {MANIFEST: _json_bytes(manifest)}
    return {os.path.normpath(f"{below}/{name}"): content for name, content in files.items()}


def _made_of(results):
    """The tables and packages that an export is made of: hashes and versions, and no clock."""
    raw = Path(results.data_dir or tables.DATA_DIR)
    used = [Path(results.dataset)] if results.dataset is not None else [raw / "VERSION", *raw.glob("raw/**/*")]
    packages = {
        re.match(r"[\w.-]+", need)[0] for need in metadata.requires("anniversary-attacks") if "extra" not in need
    }
    return {
        "tables": {
            path.relative_to(raw).as_posix() if results.dataset is None else path.name: _hash(path.read_bytes())
            for path in sorted(used)
            if path.is_file()
        },
        "packages": {name: metadata.version(name) for name in sorted({"anniversary-attacks", *packages})},
    }


def _hash(content):
    return hashlib.sha256(content).hexdigest()


def _json_bytes(value):
    return f"{json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)}\n".encode()


def _fill_block(text: str, findings: dict) -> str:
    """A README with the block between its two markers written anew from the findings."""
    if not README_BLOCK.search(text):
        raise ValueError("the text has no lines <!-- findings --> and <!-- /findings -->")
    words = fill("readme", findings).strip()
    return README_BLOCK.sub(lambda match: f"{match[1]}\n{words}\n\n{match[2]}", text)
