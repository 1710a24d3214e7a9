"""Which columns a source's files have: what is read of them, what tells vintages apart, and what holds no events."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from .. import tables

IMPORT_KEY = "helpers.import"  # of what an import says, in the metadata of its Parquet file


@dataclass(frozen=True)
class Layout:
    """The columns of a source's files, by name in small letters; their order and any others do not matter.

    Attributes
    ----------
    name : str
        What the source is called.
    types : dict of str
        What is read: each column with its type, one of those in ``cast.py``.
    needed : tuple of str
        Those without which a file is not read.
    vintages : dict of str
        A column that only files of a vintage have, and what that is called; the first that is there decides.
    otherwise : str
        The vintage of files that have none of these.
    aliases : dict of str
        Other names of columns.
    without_header : dict of tuple
        For files without a line of names, which are separated by tabs and know no quoting: names in order, by how many
        there are.
    """

    name: str
    types: dict[str, str]
    needed: tuple[str, ...]
    vintages: dict[str, str]
    otherwise: str
    aliases: dict[str, str] = field(default_factory=dict)
    without_header: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def plain_names(self, header: Iterable[str]) -> list[str]:
        """The names of a file as this layout has them."""
        plain = [" ".join(name.replace("\ufeff", "").split()).casefold() for name in header]
        return [self.aliases.get(name, name) for name in plain]

    def vintage(self, header: Iterable[str]) -> str:
        """Which vintage a file is of, by its names as they stand there."""
        plain = {name.strip().casefold() for name in header}
        return next((name for column, name in self.vintages.items() if column in plain), self.otherwise)

    def fits(self, names: list[str]) -> bool:
        """Whether a file with these names, or with a first event in their place, is one of this source."""
        return set(self.needed) <= set(names) or (bool(self.without_header) and _begins_as_gdelt(names))

    def names_without_header(self, path: str, n_cells: int) -> tuple[str, ...]:
        """The names of a file that begins with an event at once."""
        if n_cells not in self.without_header:
            widths = " or ".join(str(n) for n in sorted(self.without_header))
            allowed = f"{widths} cells, separated by tabs, in a file that has no line of names"
            raise _fault(path, f"{n_cells} cell{'' if n_cells == 1 else 's'}", allowed)
        return self.without_header[n_cells]


# What tells each by its columns, and why it is no list of events.
_REFUSED = [
    (
        {"events", "fatalities", "start date"},
        "monthly counts of ACLED events as HDX publishes them: a row is a month and a district, not an event; "
        "the events themselves come from ACLED",
    ),
    (
        {"events", "fatalities", "reference_period_start"},
        "monthly counts of ACLED events from HDX HAPI: a row is a month and a district, not an event; the events "
        "themselves come from ACLED",
    ),
    (
        {"mentionidentifier", "mentiontimedate"},
        "GDELT mentions: a row is one article that mentions an event, without its place; take the events (export) file",
    ),
    (
        {"event id", "event text", "story id"},
        "ICEWS events: a row is a sentence of a news story, coded by machine; one attack is many rows, without a toll, "
        "so it cannot be read as a list of attacks",
    ),
]
_PITF = {"event date", "event location", "perpetrators", "victims"}
_LONGEST = 60  # characters of a list of names in an error
_N_FIELDS_OF_MENTIONS = 16


def refuse(path: str, first: list[list[str]]) -> None:
    """Refuse files by name that look like lists of events and are none.

    Parameters
    ----------
    path : str
        What the file is called in the error.
    first : list of list of str
        Its first rows, that of names among them.

    Raises
    ------
    DataError
        Saying what the file is.

    Examples
    --------
    >>> refuse("acled.csv", [["event_id_cnty", "event_date"]])
    >>> refuse("month.csv", [["Country", "Start Date", "Events", "Fatalities"]])
    Traceback (most recent call last):
    helpers.schemas.DataError: month.csv:1: -: no list of events: this file holds monthly counts of ACLED events ...
    """
    plain = [{" ".join(cell.split()).casefold() for cell in row} for row in first]
    for names in plain:
        reason = next((reason for signs, reason in _REFUSED if signs <= names), "")
        if not reason and names >= _PITF:
            reason = "PITF atrocities: campaigns of killing of at least five civilians, not single attacks"
        if reason:
            raise _fault(path, "no list of events", f"this file holds {reason}")
    if first and len(first[0]) == _N_FIELDS_OF_MENTIONS and all(_is_stamp(cell) for cell in first[0][1:3]):
        raise _fault(path, "no list of events", f"this file holds {_REFUSED[2][1]}")


def _is_stamp(cell):
    """Whether a cell is a second as GDELT writes it."""
    return cell.isdecimal() and len(cell) == len("20220103120000")


def check_names(path: str, names: list[str], layout: Layout, layouts: dict[str, Layout]) -> None:
    """Check that a file has the columns of a layout.

    Parameters
    ----------
    path : str
        What the file is called in the error.
    names : list of str
        Its columns as :meth:`Layout.plain_names` gives them.
    layout : Layout
        The one that was asked for.
    layouts : dict of Layout
        All of them, by command.

    Raises
    ------
    DataError
        Saying which layout the file resembles, and what it lacks.

    Examples
    --------
    >>> small = Layout("SMALL", {"id": "id", "day": "day"}, ("id", "day"), {}, "any")
    >>> check_names("one.csv", ["id", "day", "more"], small, {"small": small})
    >>> check_names("one.csv", ["id", "more"], small, {"small": small})
    Traceback (most recent call last):
    helpers.schemas.DataError: one.csv:1: -: 2 columns: id, more: the columns of SMALL; this file lacks day
    """
    if repeated := sorted({name for name in names if name in layout.types and names.count(name) > 1}):
        raise _fault(path, f"repeated column {', '.join(repeated)}", "each column once")
    lacking = [name for name in layout.needed if name not in names]
    if not lacking:
        return
    allowed = f"the columns of {layout.name}; this file lacks {', '.join(lacking)}"
    for command, other in layouts.items():
        shared = set(names) & set(other.types)
        if other is not layout and other.fits(names):
            allowed = f"the columns of {layout.name}; this file is one of {other.name}: import {command}"
            break
        if other is not layout and len(shared) > len(set(names) & set(layout.types)):
            absent = [name for name in other.needed if name not in names]
            allowed += f"; it resembles {other.name} ({len(shared)} of its columns), and lacks {', '.join(absent)}"
    first = ", ".join(name for name in names if name)
    raise _fault(path, f"{len(names)} column{'' if len(names) == 1 else 's'}: {first}"[:_LONGEST], allowed)


def _begins_as_gdelt(names):
    """Whether names are no names but an event of GDELT: a number, and a day of eight digits."""
    return len(names) > 1 and names[0].isdecimal() and names[1].isdecimal() and len(names[1]) == len("20220103")


def _fault(path, value, allowed):
    return tables.DataError([tables.Fault(path, 1, "", value, allowed)])
