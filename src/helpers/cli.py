"""The command line: a thin layer over the modules, which are imported only by the command that needs them."""

import errno
import os
import sys
from collections import Counter
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from . import __version__
from .cache import prepare_environment

_REPORTS_DIR = Path("reports")
_N_WARNINGS = 3  # shown without --all
# What to do where the operating system refuses.
_OBSTACLES = {
    **dict.fromkeys(
        (errno.EEXIST, errno.ENOTDIR),
        "a folder is needed where a file or a broken link stands; move that, or choose another folder",
    ),
    errno.EISDIR: "a file is needed where a folder stands; move or rename that",
    errno.ENOENT: "check the name; a link may lead nowhere",
    errno.ELOOP: "links lead round in a circle; put the folder or file itself there",
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "change its permissions, or choose another place"),
    errno.ENOSPC: "make room on the disk, and try again",
}
_app = typer.Typer(
    help="From coded reports of attacks to tables, notebooks and charts.",
    epilog="Usual order: validate, build, run, export, site; 'all' does the last four. 'COMMAND --help' says more. "
    "A collection of your own: 'init my_collection' writes one to start from. "
    "A file of your own: 'validate my_events.csv' checks it, and in Python or a notebook "
    "load_incidents(dataset='my_events.csv') reads it; docs/your-own-file.md says how. "
    "Files of ACLED, UCDP, GTD or GDELT: 'import' turns them into such a file.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _check_out(out: Path | None):
    """Refuse what cannot be an output folder, before any work is done."""
    nearest = next(path for path in (out, *out.parents) if os.path.lexists(path)) if out else Path()
    if not nearest.is_dir():
        raise NotADirectoryError(f"--out {out}: {nearest} is not a folder")
    return out


def _out(help_text):
    return typer.Option("--out", metavar="DIR", help=help_text, callback=_check_out)


_DATA = typer.Option("--data", metavar="DIR", help="Folder that holds raw/ (default: the published tables).")


def _print_version(wanted: bool):
    if wanted:
        print(f"anniversary-attacks {__version__}")
        raise typer.Exit


_VERSION = typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)


@_app.callback()
def _start(version: Annotated[bool, _VERSION] = False) -> None:
    pass


@_app.command("init", epilog="Example: python -m helpers init my_collection, then open my_collection/README.md.")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or an empty one.")],
) -> None:
    """Begin a collection of your own.

    The folder gets a worked example of three invented reports in raw/, the same tables without a row in empty/, the
    schema with groups and anchor to fill in, a notebook, a workflow that checks both, and a README that says what to
    do first. Most other commands work in it at once, with --data DIR, and validate with DIR/raw. A folder that is
    not empty is refused.
    """
    from . import collection

    collection.start_collection(folder)


@_app.command("plan", epilog="Example: python -m helpers plan --anchor 2020-01-03 --years 2027,2028 --out plan.md")
def plan(
    years: Annotated[
        list[str], typer.Option(metavar="YEARS", help="Years whose anniversaries are planned, such as 2027,2028.")
    ],
    anchor: Annotated[
        str | None, typer.Option(metavar="DAY", help="The event, as YYYY-MM-DD (default: the collection's own).")
    ] = None,
    data: Annotated[Path | None, _DATA] = None,
    half: Annotated[int, typer.Option(metavar="DAYS", help="Days of a block either side of an anniversary.")] = 28,
    calendar: Annotated[
        str, typer.Option(metavar="NAME", help="gregorian, or hijri for the lunar year.")
    ] = "gregorian",
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file to write; it must not exist.")] = Path("plan.md"),
) -> None:
    """Write a plan for anniversaries not yet looked at.

    The plan holds the statistic, the rule and the power of docs/analysis-plan.md. Power is simulated from the
    collection's other days: no date within the planned blocks is used, so a plan may be written when they are coded
    already. Deposit it with an outside time stamp before you look at these days.
    """
    from . import collection

    collection.write_plan(out, collection.read_years(years), anchor, data, half, calendar)


@_app.command("validate", epilog="Examples: python -m helpers validate data/raw; python -m helpers validate own.csv")
def validate(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="PATH", help="Folder of the raw tables (default: the published ones), or a file of your own."
        ),
    ] = None,
    list_all: Annotated[bool, typer.Option("--all", help="List every table and every warning.")] = False,
) -> None:
    """Check every raw table, or a file of your own.

    Each table is checked by itself and all against each other. Every fault is one line: file:line: column: value:
    what is allowed. Exit status 1 if there is any. Warnings are what to look at, not what is forbidden; of many, the
    three most important are shown. A file of your own (CSV, Parquet or GeoParquet, with incident_id and date) is held
    to the rules of load_incidents(dataset=...), and what was done to read it is said.
    """
    from .importers import own

    is_table = path and not path.is_dir() and (path.suffix.lower() in own.SUFFIXES or (path.suffix and path.is_file()))
    (_validate_file if is_table else _validate_folder)(path, list_all)


def _validate_folder(directory, list_all):
    """Check the raw tables of a folder, and print what is worth a look."""
    from . import checks, tables

    directory = directory or _shorten(tables.DATA_DIR / "raw")
    raw, faults = checks.check_raw(directory)
    if faults:
        raise tables.DataError(faults)
    warnings = checks.find_warnings(raw, directory)
    if list_all:
        print(*(f"{name}.csv: {len(table)} rows" for name, table in raw.items()), sep="\n")
    for _, text in warnings if list_all else warnings[:_N_WARNINGS]:
        print(f"warning: {text}")
    for kind, count in Counter(kind for kind, _ in warnings).items():
        print(f"{count:5} {kind}")
    more = "; --all lists them" if len(warnings) > _N_WARNINGS and not list_all else ""
    print(f"{len(raw)} tables, {sum(map(len, raw.values())):,} rows: no faults; {len(warnings)} warnings{more}")


def _validate_file(path, list_all):
    """Read your own file, and print what was done to it and what is worth a look."""
    from . import checks, load, schemas

    data = load.load_incidents(inclusion=list(schemas.load_schema().lists["inclusion"]), dataset=path)
    kinds = checks.sum_up_incident_warnings(data)
    warnings = [f"{kind}: {text}" for kind, text in checks.find_incident_warnings(data)] if list_all else kinds
    print(*(f"note: {note}" for note in data.attrs["notes"] if note not in kinds), sep="\n")
    for text in warnings:
        print(f"warning: {text}")
    more = "; --all lists each" if kinds and not list_all else ""
    rows, kinds_of = ("" if n == 1 else "s" for n in (len(data), len(kinds)))
    print(f"{len(data):,} row{rows}: no faults; {len(kinds)} kind{kinds_of} of warnings{more}")


_ACCOUNT = "A JSON object of what would be typed, by field; docs/coding-at-the-desk.md shows one."


@_app.command("add-report", epilog="Example: python -m helpers add-report --data my_collection")
def add_report(
    data: Annotated[Path | None, _DATA] = None,
    path: Annotated[Path | None, typer.Option("--from", metavar="FILE", help=_ACCOUNT)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write FILE in spite of warnings.")] = False,
) -> None:
    """Code one account at the desk.

    Each field of a report is asked in turn, with its allowed values; counts and days may be in words. Incidents that
    the account may belong to are shown beside their accounts. At the end you see the row and what it changes, and it
    is written once every check passes. '<' or Ctrl-B goes one field back; Ctrl-C leaves everything as it was.

    The keys of FILE are url, source_id, published, publisher, agency, title and language of the source (of a known one
    source_id alone); coder, event_date, date_basis, part_of_day, site_id, incident_id (one that is there, 'new', or
    'new ID'); weapon, launched, hit, intercepted, defence_active, killed, injured, us_killed, us_injured, damage,
    launch_area, claimed_by, attributed_to, paragraph, origin, found_by, note; of a new incident inclusion, reason and
    basis, and judgement:ID and reason:ID of another one within a day. What the source does not report may be left out.
    """
    from . import desk

    desk.add_report(data, path, yes)


@_app.command("match", epilog="Example: python -m helpers match coded my_events.csv --km 25 --days 1")
def match(
    a: Annotated[str, typer.Argument(metavar="A", help="A file of events, or the word coded.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another, or coded.")],
    km: Annotated[float, typer.Option(metavar="KM", help="Partners lie at most so far apart.")] = 25,
    days: Annotated[float, typer.Option(metavar="DAYS", help="Their dates lie at most so far apart.")] = 1,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The CSV to write.")] = Path("matches.csv"),
    data: Annotated[Path | None, _DATA] = None,
) -> None:
    """Compare the events of two files.

    Events that are near in place and time are paired one to one: as many pairs as there can be, then the nearest. It is
    said how much of each file the other holds, and how many pairs chance would give. The pairs are written, and below
    them the events of one file alone. Files are those that load_incidents(dataset=...) reads; coded stands for the core
    incidents of the hand-coded tables.
    """
    from . import compare_files

    compare_files.write_matches(a, b, km, days, out, data)


@_app.command(
    "changes", epilog="Examples: python -m helpers changes HEAD~1; python -m helpers changes may.csv june.csv"
)
def changes(
    old: Annotated[str, typer.Argument(metavar="[REV]", help="A revision of git, or the older of two files.")] = "HEAD",
    new: Annotated[str | None, typer.Argument(metavar="[NEW]", help="The newer file.")] = None,
    data: Annotated[Path | None, _DATA] = None,
    list_all: Annotated[bool, typer.Option("--all", help="List every row, incident and revision.")] = False,
) -> None:
    """Say what a change of the data does.

    With a revision, the raw tables as they are now are compared with those of that revision: rows, then the incidents
    that follow, then the headline findings, before and after; what did not change is left out. With two files, two
    downloads of one source (ACLED, UCDP, GTD, GDELT, or your own with incident_id) are compared by its ids: events that
    are new, gone or revised, and which columns were revised. What is printed is Markdown.
    """
    from . import changes

    if new is None:
        if sys.stderr.isatty():
            print("comparing incidents and findings ...", file=sys.stderr)
        lines = changes.compare_revision(old, data, list_all)
    else:
        lines = changes.compare_downloads(old, new, list_all)
    print(*lines, sep="\n")


@_app.command("sample-months", epilog="Example: python -m helpers sample-months --seed 7 --months 6 --out second")
def sample_months(
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="The same seed draws the same months.")],
    months: Annotated[int, typer.Option(metavar="K", min=1, help="How many; a larger number adds to a smaller.")] = 12,
    data: Annotated[Path | None, _DATA] = None,
    out: Annotated[Path, _out("A new folder, or an empty one.")] = Path("second_coding"),
) -> None:
    """Draw the months that a second coder codes.

    Months are drawn at random without replacement from those of the search log. Months that were coded twice already,
    and those of which coverage.csv says that the archive holds no page, are left out. The folder gets the tables of
    raw/second_coding: no report yet, and in the search log each query of the drawn months, whose results the coder
    fills in. Moved to raw/second_coding, they make the coding that the findings on reliability compare.
    """
    from . import collection

    collection.sample_months(out, seed, months, data)


@_app.command("build", epilog="Example: python -m helpers build --data my_collection")
def build(
    data: Annotated[Path | None, _DATA] = None,
    out: Annotated[
        Path | None,
        _out(
            "Folder for processed/, the codebook and the data package (default: that of --data; with neither, data/ of "
            "the checkout, or outside a checkout reports/data). Other than that of --data, it gets a copy of raw/."
        ),
    ] = None,
) -> None:
    """Derive data/processed from data/raw.

    The incidents are derived from the reports and written as CSV, GeoParquet and GeoPackage, with the codebook and the
    data package; whole or not at all, and the same bytes on every rebuild.
    """
    from . import build

    build.build(data, out)


@_app.command("run", epilog="After a change of data or code: python -m helpers run --update, then look at git diff.")
def run(
    update: Annotated[bool, typer.Option("--update", help="Rewrite the committed notebooks as well.")] = False,
    out: Annotated[Path, _out("Folder for the executed copies.")] = _REPORTS_DIR / "notebooks",
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="A collection of your own, whose notebooks/ are run.")
    ] = None,
) -> None:
    """Execute the notebooks.

    Every notebook runs in a fresh kernel, from top to bottom, and its executed copy is written. Where a cell fails,
    the notebook, the cell and the error are named, and nothing is written.
    """
    from . import notebooks

    notebooks.run(out, data / "notebooks" if data else None, update=update)


def _list_charts(wanted: bool):
    if wanted:
        from . import charts

        print(*charts.CHARTS, sep="\n")
        raise typer.Exit


_Format, _Width = StrEnum("_Format", ["svg", "pdf", "png"]), StrEnum("_Width", ["page", "column"])
_CHOICES = {"--format": list(_Format), "--width": list(_Width)}


def _join_choices(words):
    """Command-line words where each option that takes several choices stands before each of them."""
    joined, option = [], None
    for word in words:
        if option and joined[-1] != option and word in _CHOICES[option]:
            joined += [option]
        elif not (option and joined[-1] == option):
            option = word if word in _CHOICES else None
        joined.append(word)
    return joined


def _check_charts(names: list[str] | None):
    if names:
        from . import charts, tables

        try:
            tables.check_choice("chart", names, list(charts.CHARTS))
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    return names


@_app.command("export", epilog="Example: python -m helpers export timeline effects --format svg pdf --width column")
def export(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Charts (default: all).", callback=_check_charts),
    ] = None,
    formats: Annotated[list[_Format], typer.Option("--format", help="One or several.")] = tuple(_Format),
    widths: Annotated[list[_Width], typer.Option("--width", help="One or both: 180 mm, 88 mm.")] = tuple(_Width),
    out: Annotated[Path, _out("Folder for the files.")] = _REPORTS_DIR / "charts",
    data: Annotated[Path | None, _DATA] = None,
    tables: Annotated[
        bool, typer.Option("--tables", help="Write each table of the findings, as CSV, HTML and LaTeX.")
    ] = False,
    outlines: Annotated[
        bool, typer.Option("--outlines", help="Letters in SVG as shapes, for programs without the font.")
    ] = False,
    update: Annotated[bool, typer.Option("--update", help="Rewrite the README's chart and findings as well.")] = False,
    _listed: Annotated[
        bool, typer.Option("--list", help="Print the names of the charts.", callback=_list_charts, is_eager=True)
    ] = False,
) -> None:
    """Write charts and findings.

    Each chart is written as SVG, PDF and PNG at two widths, with its data as CSV and its title, alt text and source
    line as text; the findings as findings.json in the folder above, unless charts are named. manifest.json lists what
    was written, with hashes, and the tables and packages that it was made with.
    """
    from . import export
    from .findings import Results

    if update and (names or len(formats) < len(_Format) or len(widths) < len(_Width)):
        raise typer.BadParameter("--update writes everything; leave out names, --format and --width")
    export.export_all(out, Results(data_dir=data), print, update, names or (), formats, widths, outlines, tables)


@_app.command("site", epilog="Run 'run' first, so that the pages show the notebooks as executed here.")
@_app.command("report", hidden=True)
def site(
    out: Annotated[Path, _out("Folder of the reports.")] = _REPORTS_DIR, data: Annotated[Path | None, _DATA] = None
) -> None:
    """Write the site.

    site/index.html holds each question with its verdict and chart; beside it are every incident with its reports, the
    notebooks, all charts, the codebook and the interactive map. All open from disk, without a network. 'report' is
    another name of this command.
    """
    from . import site
    from .findings import Results

    site.write_site(out, Results(data_dir=data))


@_app.command("verify-article", epilog="Example: python -m helpers verify-article my_copy.txt")
def verify_article(
    path: Annotated[Path | None, typer.Argument(metavar="PATH", help="Your copy (default: seeds/article.txt).")] = None,
) -> None:
    """Check the founding article against its record.

    A hash confirms that your text is the founding article as it was coded, and each coded cell is printed beside the
    paragraph that it rests on. With another text, it is said which paragraphs differ, and the exit status is 1.
    """
    from . import article

    print(*article.verify(path), sep="\n")


@_app.command("all", epilog="Example: python -m helpers all, then open reports/site/index.html")
def run_all(out: Annotated[Path, _out("Folder for what run, export and site write.")] = _REPORTS_DIR) -> None:
    """Do what build, run, export and site do, in one go.

    Tables, executed notebooks, charts and the site are written; what one step has found, the next takes over.
    """
    from . import build, export, notebooks, site
    from .findings import Results

    build.build()
    notebooks.run(out / "notebooks")
    results = Results()
    export.export_all(out / "charts", results)
    site.write_site(out, results)
    print(f"open {out / 'site' / 'index.html'}")


_import = typer.Typer(
    help="Turn event files of others into incidents.\n\nOne command for each source. All files of one import are of "
    "one vintage; columns are found by name, and .csv, .csv.gz, .zip, .xlsx and .parquet are read. Memory is bounded, "
    "whatever the size. What was read, kept and dropped, and why, is printed and kept in the file.",
    epilog="Then: python -m helpers validate incidents.parquet, or load_incidents(dataset='incidents.parquet'). "
    "docs/importing.md says what each source cannot say, and shows a rule and a table of sites of one's own.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_app.add_typer(_import, name="import")
_FILES = typer.Argument(metavar="FILE...", help="Files, or patterns in quotation marks such as 'acled/*.csv'.")
_INCIDENTS = typer.Option("--out", metavar="FILE", help="The Parquet file to write; an old one is replaced.")
_BACKEND = typer.Option(
    "--backend", metavar="URL", help="Spark to read and cast, such as 'pyspark://?spark.master=local[4]'; else DuckDB."
)


_RULE = typer.Option(
    "--rule", metavar="FILE", help="Which events are attacks on the sites, as TOML, in place of the default."
)
_SITES = typer.Option(
    "--sites", metavar="FILE", help="A CSV of your own sites, in two groups, in place of the default."
)
_KEEP = typer.Option("--keep", metavar="all", help="'all' keeps every event, by no rule.")


_IMPORT_EPILOG = (
    "Examples: python -m helpers import {0} 'events/*.csv' --out incidents.parquet; with sites of your own: "
    '... --rule mine.toml --sites my_sites.csv. A clause of mine.toml: [[clause]], name = "{1}", column = "{2}", '
    'any_of = ["{3}"]; the last: [[clause]], name = "at a site", site = true, km = 2. my_sites.csv has name, latitude, '
    "longitude and group, such as mosque and market."
)
# Of each source: what a clause of one's own may ask for, its column and its value; and what the command does.
_IMPORTS = {
    "acled": (
        ("air or drone strikes", "sub_event_type", "Air/drone strike"),
        "Import files of ACLED, of any vintage since 2016.\n\n"
        "Days may be written as 2022-04-15, 15 April 2022 or 15/04/2022, in one form a file. A toll of 0 is "
        "read as missing where the notes say that it is unknown. By default an event is kept if it is rocket, "
        "missile, drone or shelling fire, not by the United States or the coalition, and at a site: near it, "
        "or naming it in location or notes. What each clause of this rule kept is printed.",
    ),
    "gtd": (
        ("bombings", "attacktype1_txt", "Bombing/Explosion"),
        "Import files of the Global Terrorism Database, whole or in part.\n\n"
        "Labels (_txt) may be absent. Where the month or the day is unknown, the date is the first that is "
        "possible, and date_low and date_high say so. An eventid that a spreadsheet has turned into 2.02E+11 "
        "is not guessed at: the row is dropped and counted. Tolls with a fraction are rounded and counted; "
        "GTD's own numbers stay beside them. By default an event is kept if it is a projectile or drone, on a "
        "target of the United States, and at a site.",
    ),
    "ucdp": (
        ("one-sided violence", "type_of_violence", "3"),
        "Import files of UCDP GED or Candidate, of any version.\n\n"
        "UCDP lists events with at least one death alone, so quiet days in it are not days without an attack. "
        "Its low, best and high estimates are kept as they are; where best lies outside the two, the summary "
        "counts it. It names no weapon: by default a state-based event is kept if the United States is a side "
        "or the headline speaks of it or of rockets, missiles or drones, and if it is at a site.",
    ),
    "gdelt": (
        ("fights of every kind", "eventrootcode", "19"),
        "Import event (export) files of GDELT 2.0 or 1.0, with or without a line of names.\n\n"
        "GDELT counts reports, not attacks. All rows of one place and day become one incident, and the "
        "summary says how many were merged. Such an incident may be several attacks, or none, and its day is "
        "often a stale one. Use it to see when an area was in the news, not to count attacks. By default a "
        "row is kept if it is a fight with artillery, from the air or of no said kind, on the United States "
        "and not by it, and at a site.",
    ),
}


def _add_import(source, example, help_text):
    """Add the command of one source; all of them take the same."""

    @_import.command(source, help=help_text, epilog=_IMPORT_EPILOG.format(source, *example))
    def import_source(
        patterns: Annotated[list[str], _FILES],
        out: Annotated[Path, _INCIDENTS] = Path("incidents.parquet"),
        rule: Annotated[Path | None, _RULE] = None,
        sites: Annotated[Path | None, _SITES] = None,
        keep: Annotated[str | None, _KEEP] = None,
        backend: Annotated[str, _BACKEND] = "",
    ) -> None:
        from .importers import convert

        if keep not in (None, "all"):
            raise typer.BadParameter(f"{keep!r}; the only choice is all", param_hint="--keep")
        notes = convert.import_events(source, patterns, out, print, rule, sites, keep == "all", backend)
        print(*notes, f"wrote {out}", sep="\n")


for _source, _about in _IMPORTS.items():
    _add_import(_source, *_about)


def _shorten(path):
    """A path as short as it can be said from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def main(words: list[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    words : list of str, optional
        What stands behind ``python -m helpers``; by default, what this process was called with.

    Returns
    -------
    int
        Exit status: 0 where all is well, 1 where the command failed and said why on the error stream, 2 where the
        words were wrong.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    anniversary-attacks ...
    0
    """
    prepare_environment()
    output = _Output(sys.stdout)
    try:
        with redirect_stdout(output):
            _app(_join_choices(sys.argv[1:] if words is None else words))
    except SystemExit as stop:  # so typer ends every command
        return stop.code
    except Exception as error:
        print(_describe(error, sys.argv[1:] if words is None else words), file=sys.stderr)
        return 1
    finally:
        output.flush()


class _Output:
    """Standard output that spells what its encoding lacks, and is silent once its reader has left, as ``head`` does."""

    def __init__(self, stream):
        self._stream = stream
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write text."""
        return self._unless_closed(self._stream.write, text) if self._stream else 0

    def flush(self) -> None:
        """Write what is held back."""
        if self._stream:
            self._unless_closed(self._stream.flush)

    def _unless_closed(self, do, *words):
        """Do something with the stream; once nobody reads it, everything goes to nowhere."""
        try:
            return do(*words)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def _describe(error, words):
    """What a user should read of an error; one that only a programmer can mend is raised again."""
    from . import accounts, article, changes, collection, match, notebooks, site, tables

    if isinstance(error, tables.DataError):
        unwritten = {"add-report", "build", "export", "import", "match", "plan", "report", "sample-months", "site"}
        written = "; nothing was written" if unwritten & set(words[:1]) else ""
        return f"{error}\n{len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}{written}"
    if isinstance(error, OSError) and error.filename:
        advice = f"; {_OBSTACLES[error.errno]}" if error.errno in _OBSTACLES else ""
        return f"error: {os.fsdecode(error.filename)}: {error.strerror}{advice}"
    own = (accounts.AccountError, article.ArticleError, changes.ChangesError, collection.CollectionError,
           match.MatchError, notebooks.NotebookError, site.SiteError)  # fmt: skip
    if isinstance(error, (*own, OSError)):
        return f"error: {error}"
    raise error
