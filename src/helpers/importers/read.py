"""Event files of any size to tables of text: what is found, how it is packed, encoded and separated.

A file stays where it is if DuckDB can read it so. If it is packed, a workbook, not UTF-8, or of other line ends than
Unix has, a copy in a temporary folder takes its place; it is written in pieces, so that its size does not matter.
"""

import codecs
import csv
import errno
import glob
import gzip
import io
import itertools
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
import python_calamine

from .. import files, tables
from .cast import BLANKS
from .layout import Layout, refuse

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".zip", ".parquet", ".xlsx")
_SEPARATORS = ",;\t|"
_PIECE = 1 << 22  # bytes read at once
_HEAD = 1 << 20  # bytes in which the line of names is looked for
_N_FIRST = 5  # records that may stand before or below it
_LONGEST_LINE, _BUFFER = 1 << 22, 1 << 24  # bytes; UCDP lists many articles in one cell
# A text is packed to about a tenth, a bomb to a thousandth.
_MOST_PACKED, _LEAST_BOMB = 200, 1 << 27
_WESTERN = "cp1252"
_ENCRYPTED = b"\xd0\xcf\x11\xe0"  # what old Office files begin with, and new ones that a password protects
_WIDTH = re.compile(r"Expected Number of Columns: \d+ Found: \d+|MALFORMED_RECORD")  # of DuckDB, of Spark


class Source(NamedTuple):
    """A file as it is to be read.

    Attributes
    ----------
    path : Path
        What was asked for.
    text : Path
        The file to read: itself or a copy.
    names : list of str
        Its columns, as the layout calls them.
    vintage : str
    separator : str
    quote : str
        Empty where a quotation mark is part of the text.
    skip : int
        Lines before the first row.
    n_tags : int
        Lines of tags (HXL) among them, which are no rows.
    encoding : str
        Of the file as it was.
    """

    path: Path
    text: Path
    names: list[str]
    vintage: str
    separator: str = ","
    quote: str = '"'
    skip: int = 1
    n_tags: int = 0
    encoding: str = "utf-8-sig"


def find_files(patterns: Iterable[str], out: Path) -> list[Path]:
    """List the files that patterns match.

    Parameters
    ----------
    patterns : iterable of str
        Names or globs.
    out : Path
        What is to be written, which may be none of them.

    Returns
    -------
    list of Path
        Sorted, each once.

    Raises
    ------
    DataError
        Where a pattern matches nothing, a name has another ending, or a file is the output.

    Examples
    --------
    >>> find_files(["none*.csv"], Path("incidents.parquet"))
    Traceback (most recent call last):
    helpers.schemas.DataError: none*.csv:1: -: no file: a file, or a pattern that matches some
    """
    found = {}
    for pattern in map(os.path.expanduser, patterns):
        matches = [pattern] if os.path.exists(pattern) else glob.glob(pattern, recursive=True)
        matches = [match for match in matches if not os.path.isdir(match)]
        if not matches:
            raise _fault(pattern, "no file", "a file, or a pattern that matches some")
        found |= {os.path.realpath(match): Path(match) for match in matches}
    for path in found.values():
        if not path.name.lower().endswith(SUFFIXES):
            raise _fault(path, path.suffix or "no ending", f"a name that ends in {', '.join(SUFFIXES)}")
        files.check_settled(path)
    if same := found.get(os.path.realpath(out)):
        raise _fault(same, "the output", "an output that is not an input; choose another name for --out")
    return sorted(found.values())


def open_source(path: Path, layout: Layout, folder: Path) -> Source:
    """Find out how a file is to be read; refuse one that is no list of events.

    Parameters
    ----------
    path : Path
    layout : Layout
    folder : Path
        Temporary, for a copy where one is needed.

    Returns
    -------
    Source

    Raises
    ------
    DataError
        Where a file is empty, damaged, encrypted, or refused by name.

    Examples
    --------
    >>> open_source(Path("acled.csv"), layout, Path("temporary"))  # doctest: +SKIP
    """
    if path.suffix.lower() == ".parquet":
        names = _parquet_names(path)
        refuse(str(path), [list(names)])
        return Source(path, path, layout.plain_names(names), layout.vintage(names))
    folder.mkdir(parents=True, exist_ok=True)
    text, encoding = _decode(path, _unpack(path, folder), folder)
    head = _read_head(path, text)
    if layout.without_header:
        first = [line.split("\t") for line in head.split("\n")[:_N_FIRST]]
        refuse(str(path), first)
        is_event = len(first[0]) in layout.without_header or first[0][0].strip().isdecimal()
        if is_event and not set(layout.plain_names(first[0])) & set(layout.needed):
            names = layout.names_without_header(str(path), len(first[0]))
            return Source(path, text, list(names), layout.vintage(names), "\t", "", 0, 0, encoding)
    separator = max(_SEPARATORS, key=lambda one: _n_known(head, one, layout))
    records = list(itertools.islice(_records(io.StringIO(head, newline=""), separator), _N_FIRST))
    refuse(str(path), [cells for _, cells in records])
    filled = [(line, cells) for line, cells in records if any(map(str.strip, cells))]
    # A title, or a line such as sep=; may stand above the names.
    place = max(range(len(filled)), key=lambda n: len(set(layout.plain_names(filled[n][1])) & set(layout.types)))
    (skip, header), *rows = filled[place:]
    n_tags = int(bool(rows) and all(cell.startswith("#") for cell in rows[0][1] if cell))
    names = layout.plain_names(header)
    skip = rows[0][0] if n_tags else skip
    quote = "" if layout.without_header and separator == "\t" else '"'
    return Source(path, text, names, layout.vintage(header), separator, quote, skip, n_tags, encoding)


def read_text(con: ibis.BaseBackend, source: Source) -> ir.Table:
    """A file as a table of text.

    Parameters
    ----------
    con : backend
        DuckDB.
    source : Source

    Returns
    -------
    Table
        Columns without a name, or with one that stands there before, are left out.

    Examples
    --------
    >>> read_text(ibis.duckdb.connect(), source)  # doctest: +SKIP
    """
    places = find_places(source)
    if source.path.suffix.lower() == ".parquet":
        table = con.read_parquet(source.text)
        return table.select(**{name: table[table.columns[place]].cast("string") for name, place in places.items()})
    table = con.read_csv(
        source.text,
        columns={f"c{place}": "VARCHAR" for place in range(len(source.names))},
        auto_detect=False,
        header=False,
        skip=source.skip,
        delim=source.separator,
        quote=source.quote,
        escape=source.quote,
        max_line_size=_LONGEST_LINE,
        buffer_size=_BUFFER,
    )
    return table.select(**{name: table[f"c{place}"] for name, place in places.items()})


def find_places(source: Source) -> dict[str, int]:
    """Where each column of a file stands, the first of several.

    Parameters
    ----------
    source : Source

    Returns
    -------
    dict of int

    Examples
    --------
    >>> find_places(Source(Path("a.csv"), Path("a.csv"), ["id", "", "day", "id"], "any"))
    {'id': 0, 'day': 2}
    """
    return {name: place for place, name in reversed(list(enumerate(source.names))) if name}


def explain(source: Source, error: Exception) -> tables.DataError:
    """What DuckDB or Spark say of a file that they cannot read, in one line.

    Parameters
    ----------
    source : Source
    error : Exception

    Returns
    -------
    DataError

    Examples
    --------
    >>> source = Source(Path("a.csv"), Path("a.csv"), ["id", "day"], "any")
    >>> print(explain(source, OSError("No space left")))
    a.csv:1: -: not readable: No space left
    """
    # DuckDB counts a row with line breaks in it as one line, so the line is found by reading the file once more.
    text = str(error)
    if _WIDTH.search(text):
        n_names = len(source.names)
        line, n = next(((line, len(row)) for line, row in _rows(source) if row and len(row) != n_names), (1, 0))
        wanted = f"{n_names}, as the {'line of names' if source.skip else 'first line'} has"
        return _fault(source.path, f"{n} cell{'' if n == 1 else 's'}", wanted, line)
    if "unterminated quote" in text or "quoted value" in text:
        *_, (line, _) = _rows(source)
        return _fault(source.path, "a quotation mark that nothing closes", "a whole file; is it cut off?", line)
    if "Maximum line size" in text:
        return _fault(source.path, f"a row of over {_LONGEST_LINE:,} bytes", "a shorter one; is a quote left open?")
    return _fault(source.path, "not readable", text.splitlines()[0])


def find_lines(source: Source, cells: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """In which line of a file some cells first stand, by reading it once more.

    Parameters
    ----------
    source : Source
    cells : list of tuple
        Column and how its text begins.

    Returns
    -------
    dict of int
        Lines of text, rows of Parquet.

    Examples
    --------
    >>> find_lines(source, [("fatalities", "many")])  # doctest: +SKIP
    {('fatalities', 'many'): 17}
    """
    wanted, lines = set(cells), {}
    places = [(name, source.names.index(name)) for name in {name for name, _ in cells}]
    lengths = {len(text) for _, text in cells}
    for line, row in _rows(source):
        for name, place in places:
            cell = row[place].strip(BLANKS) if place < len(row) else ""
            for key in {(name, cell[:length]) for length in lengths} & wanted:
                lines[key] = line
                wanted.remove(key)
        if not wanted:
            break
    return lines


def _rows(source) -> Iterator[tuple[int, list[str]]]:
    """The rows of a file, each with the line that it begins in."""
    if source.path.suffix.lower() == ".parquet":
        batches = pq.ParquetFile(source.text).iter_batches()
        rows = (row.values() for batch in batches for row in batch.to_pylist())
        yield from enumerate((["" if cell is None else str(cell) for cell in row] for row in rows), 1)
        return
    with open(source.text, encoding="utf-8-sig", newline="") as file:
        file_after = itertools.islice(file, source.skip, None)
        begin = source.skip + 1
        for end, row in _records(file_after, source.separator, source.quote):
            yield begin, row
            begin = source.skip + end + 1


def _records(lines, separator, quote='"'):
    """The records of a text, each with the number of the line that it ends in."""
    limit = csv.field_size_limit(_LONGEST_LINE)
    try:
        style = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
        reader = csv.reader(lines, delimiter=separator, **style)
        for row in reader:
            yield reader.line_num, row
    finally:
        csv.field_size_limit(limit)


def _n_known(head, separator, layout):
    """How many columns of a layout the first records have with a separator, then how many columns."""
    records = itertools.islice(_records(io.StringIO(head, newline=""), separator), _N_FIRST)
    widths = [(len(set(layout.plain_names(cells)) & set(layout.types)), len(cells)) for _, cells in records]
    return max(widths, default=(0, 0))


def _read_head(path, text):
    """The beginning of a text; never nothing."""
    with open(text, "rb") as file:
        head = file.read(_HEAD).decode("utf-8-sig", errors="ignore")
    if not head.strip(" \t\r\n,;"):
        raise _fault(path, "empty file", "a line of names and a line for each event")
    return head


def _parquet_names(path):
    """The columns of a Parquet file."""
    try:
        return pq.read_schema(path).names
    except (pa.ArrowInvalid, OSError) as error:
        raise _fault(path, "damaged file", f"a whole Parquet file ({str(error).splitlines()[0]})") from None


# --- unpack and decode ------------------------------------------------------------------------------------------------


def _unpack(path, folder):
    """A file itself, or what is packed in it."""
    suffix, copy = path.suffix.lower(), folder / "unpacked"
    try:
        if suffix == ".gz":
            with gzip.open(path) as packed:
                _copy(path, iter(lambda: packed.read(_PIECE), b""), copy)
        elif suffix == ".zip":
            with zipfile.ZipFile(path) as archive, archive.open(_only_member(path, archive)) as packed:
                _copy(path, iter(lambda: packed.read(_PIECE), b""), copy)
        elif suffix == ".xlsx":
            _copy(path, _sheet_lines(path), copy)
        else:
            return path
    except (EOFError, NotImplementedError, OSError, zlib.error, zipfile.BadZipFile) as error:
        if getattr(error, "errno", None) not in (None, errno.EINVAL):  # of the disk; EINVAL is a place before its start
            raise
        raise _fault(path, "damaged archive", f"a whole one; is it cut off? ({error})") from None
    return copy


def _only_member(path, archive):
    """The one text of an archive, if all of its names stay inside it."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    for member in members:
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise _fault(path, member.filename, "an archive whose files lie inside it")
    members = [member for member in members if not member.filename.startswith("__MACOSX/")]
    if len(members) != 1 or not members[0].filename.lower().endswith((".csv", ".tsv", ".txt")):
        names = ", ".join(member.filename for member in members[:_N_FIRST])
        raise _fault(path, names or "empty archive", "an archive with one CSV file; unpack it and choose")
    if members[0].flag_bits & 1:
        raise _fault(path, "encrypted archive", "one without a password")
    return members[0]


def _copy(path, pieces, copy):
    """Write what is packed, unless it swells as no text does."""
    n_packed, n_bytes = path.stat().st_size, 0
    with files.growing(copy) as write:
        for piece in pieces:
            n_bytes += len(piece)
            if n_bytes > _LEAST_BOMB and n_bytes > _MOST_PACKED * n_packed:
                raise _fault(path, f"more than {n_bytes:,} bytes out of {n_packed:,}", "a text, which packs less well")
            write(piece)


def _sheet_lines(path):
    """The first sheet of a workbook as lines of CSV, in bytes."""
    with open(path, "rb") as file:
        if file.read(len(_ENCRYPTED)) == _ENCRYPTED:
            raise _fault(path, "encrypted or old workbook", "an .xlsx file without a password")
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except python_calamine.CalamineError as error:
        raise _fault(path, "damaged workbook", f"a whole .xlsx file ({error})") from None
    line = io.StringIO(newline="")
    writer = csv.writer(line, lineterminator="\n")
    for row in sheet.iter_rows():
        writer.writerow([_cell_text(cell) for cell in row])
        yield line.getvalue().encode()
        line.seek(0)
        line.truncate()


def _cell_text(cell):
    """A cell of a workbook as a CSV file has it."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat(" ") if hasattr(cell, "hour") and hasattr(cell, "year") else str(cell)


def _decode(path, text, folder):
    """A text itself where it is UTF-8 with Unix line ends, or a copy that is; and how it was encoded."""
    encoding, is_unix = _examine(text)
    if encoding.startswith("utf-8") and is_unix:
        return text, encoding
    copy = folder / "decoded"
    try:
        with open(text, encoding=encoding) as file, files.growing(copy) as write:  # every line end becomes \n
            for piece in iter(lambda: file.read(_PIECE), ""):
                write(piece.encode())
    except UnicodeError as error:
        raise _fault(path, "unknown letters", f"UTF-8, UTF-16 or Windows-1252 ({error.reason})") from None
    return copy, encoding


def _examine(text):
    """The encoding of a text, and whether its lines end as in Unix."""
    decoder, encoding, is_unix = codecs.getincrementaldecoder("utf-8")(), "utf-8-sig", True
    with open(text, "rb") as file:
        for number, piece in enumerate(itertools.chain(iter(lambda: file.read(_PIECE), b""), [b""])):
            if number == 0 and piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return "utf-16", False
            is_unix = is_unix and b"\r" not in piece
            if encoding != _WESTERN:
                try:
                    decoder.decode(piece, final=not piece)
                except UnicodeDecodeError:
                    encoding = _WESTERN
    return encoding, is_unix


def _fault(path, value, allowed, line=1):
    line = 0 if str(path).lower().endswith("parquet") else line  # its rows have no lines
    return tables.DataError([tables.Fault(str(path), line, "", value, allowed)])
