"""The command line: a thin face over the modules."""

import argparse
import sys
from pathlib import Path

from . import article, build, checks, export, tables

REPORTS_DIR = Path("reports")


def validate(arguments):
    """Check every raw table; print every fault, or what was checked and what to look at."""
    raw, faults = checks.check_raw(arguments.directory)
    if faults:
        raise tables.DataError(faults)
    for name, table in raw.items():
        print(f"{name}.csv: {len(table)} rows")
    warnings = checks.find_warnings(raw, arguments.directory)
    for warning in reversed(warnings):  # what matters most comes last, where a terminal shows it
        print(f"warning: {warning.text}")
    print(f"no faults; {len(warnings)} warnings" if warnings else "no faults")


def run_notebooks(arguments):
    from . import notebooks  # here, as to import what runs and reads notebooks takes seconds

    try:
        notebooks.run(arguments.out, update=arguments.update)
    except notebooks.NotebookError as error:
        sys.exit(f"error: {error}")


def write_report(arguments):
    from . import report

    report.write_report(arguments.out)


def verify_article(arguments):
    """Set every coded cell of the founding article beside its paragraph."""
    for line in article.verify(arguments.path):
        print(line)


def parser():
    """The commands and their help."""
    main = argparse.ArgumentParser(
        prog="python -m helpers",
        description="From hand-coded reports of attacks to tables, notebooks and charts.",
        epilog="Usual order: validate, build, run --update, export, report. 'COMMAND --help' explains each.",
    )
    commands = main.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser(
        "validate",
        help="check every raw table",
        description="Check every raw table, each by itself and all against each other. Every fault is one line: "
        "file:line: column: value: what is allowed. Exit status 1 if there is any.",
        epilog="Example: python -m helpers validate data/raw",
    )
    command.add_argument(
        "directory",
        nargs="?",
        default=_shown(tables.DATA_DIR / "raw"),
        metavar="DIR",
        help="folder of the raw tables (default: %(default)s)",
    )
    command.set_defaults(act=validate)

    command = commands.add_parser(
        "build",
        help="data/raw -> data/processed",
        description="Derive the incidents from the reports and write them as CSV, GeoParquet and GeoPackage, whole or "
        "not at all; the same bytes on every rebuild.",
    )
    command.add_argument(
        "--data", default=_shown(tables.DATA_DIR), metavar="DIR", help="folder that holds raw/ (default: %(default)s)"
    )
    command.set_defaults(act=lambda arguments: build.build(arguments.data))

    command = commands.add_parser(
        "run",
        help="execute the notebooks",
        description="Execute every notebook in a fresh kernel and write the executed copies.",
        epilog="After a change of data or code: python -m helpers run --update, then look at the difference.",
    )
    command.add_argument("--update", action="store_true", help="rewrite the committed notebooks as well")
    command.add_argument(
        "--out", default=REPORTS_DIR / "notebooks", metavar="DIR", help="folder for the copies (default: %(default)s)"
    )
    command.set_defaults(act=run_notebooks)

    command = commands.add_parser(
        "export",
        help="write every chart",
        description="Write every chart as SVG, PDF and PNG, with its data as CSV and its title, alt text and source "
        "line as text.",
    )
    command.add_argument(
        "--out", default=REPORTS_DIR / "charts", metavar="DIR", help="folder for the files (default: %(default)s)"
    )
    command.set_defaults(act=lambda arguments: export.export_all(arguments.out))

    command = commands.add_parser(
        "report",
        help="write the report as a web page",
        description="Write index.html, which holds the answers, the findings, every chart and the limits in one file, "
        "map.html, an interactive map of every attack, and a page for each executed notebook. All open from disk, "
        "without a network.",
        epilog="Run 'run' first, so that the pages show the notebooks as executed here.",
    )
    command.add_argument(
        "--out", default=REPORTS_DIR, metavar="DIR", help="folder of the report (default: %(default)s)"
    )
    command.set_defaults(act=write_report)

    command = commands.add_parser(
        "verify-article",
        help="the founding article against its record",
        description="Confirm by hash that a text is the founding article as it was coded, and print each coded cell "
        "beside the paragraph that it rests on. With another text, say which paragraphs moved; exit status 1.",
    )
    command.add_argument(
        "path", nargs="?", default=_shown(article.TEXT), metavar="PATH", help="your copy (default: %(default)s)"
    )
    command.set_defaults(act=verify_article)
    return main


def _shown(path):
    """A path as short as it can be said from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _check_out(out):
    """Say that an output folder cannot be one, before any work is done."""
    out = Path(out)
    nearest = next(path for path in (out, *out.parents) if path.exists())
    if not nearest.is_dir():
        raise NotADirectoryError(f"--out {out}: {nearest} is not a folder")


def main(words=None):
    """Run one command; exit status 1 and a plain message where it fails."""
    arguments = parser().parse_args(words)
    try:
        _check_out(getattr(arguments, "out", "."))
        arguments.act(arguments)
    except tables.DataError as error:
        print(error, file=sys.stderr)
        print(f"{len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}; nothing was written", file=sys.stderr)
        return 1
    except (article.ArticleError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
