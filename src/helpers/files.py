"""Sets of files written whole or not at all, and where the project's own files lie.

New files wait in a folder ``.writing`` inside the one that they are for. Once all are there, a journal beside them says
so, and each takes its place. What is interrupted before is undone by the next command that writes there, what is
interrupted after is completed by it; until then, nothing of the set is read.
"""

import json
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import filelock
import pandas as pd

from . import schemas

WAITING = ".writing"
_JOURNAL = "journal.json"
_FORMULA = re.compile(r"^[=+@\t\r]|^-(?![\d.]*$)")  # what a spreadsheet would compute
_DIGITS = 6  # significant ones of a number that was computed
_TEMPORARY = "anniversary-attacks-"  # how the names of temporary folders begin
_PATIENCE = 60  # seconds to wait for another command that writes to the same folder
_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def is_checkout() -> bool:
    """Whether the package is used from a checkout of the repository, and not as installed from a wheel.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_checkout() == (home("data").parent / "pyproject.toml").exists()
    True
    """
    return _PACKAGE.parent.name == "src" and (_CHECKOUT / "pyproject.toml").exists()


def home(name: str) -> Path:
    """Where the published files of a name lie: in the checkout, or else in the copy that the package carries.

    Parameters
    ----------
    name : str
        ``data``, ``notebooks`` or ``seeds``.

    Returns
    -------
    Path
        To read from. What a command writes goes below the current folder, or to the checkout.

    Examples
    --------
    >>> home("data").name
    'data'
    """
    return (_CHECKOUT if is_checkout() else _PACKAGE / "published") / name


def write_files(
    folder: str | Path,
    contents: dict[str, bytes] | Callable[[], dict[str, bytes]],
    command: str = "the command that wrote them",
) -> None:
    """Write a set of files, all or none. One command at a time writes to a folder; others wait for it.

    Parameters
    ----------
    folder : path
        Made if it is not there. A set that an interrupted run left half in place is completed first.
    contents : dict of bytes, or callable
        By file name, which may lie in a folder below. What depends on files that are there is made by a callable,
        while no other command writes.
    command : str
        What completes the set where it is interrupted.

    Raises
    ------
    OSError
        Where a file cannot be replaced: which files are new, which are not, and what to do. The rest of the set waits,
        and takes its place with the next command that writes to the folder.

    See Also
    --------
    check_settled : refuse to read a file of a set that is half in place.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_files(folder, {"a.txt": b"one", "below/b.txt": b"two"})
    ...     sorted(path.name for path in Path(folder).rglob("*"))
    ['a.txt', 'b.txt', 'below']
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        _settle(folder)
        contents = contents() if callable(contents) else contents
        try:
            for name, content in contents.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                if (folder / name).is_dir():
                    raise IsADirectoryError(f"{folder / name} is a folder; a file of this name cannot be written")
                if (folder / name).exists() and not os.access(folder / name, os.W_OK):
                    raise PermissionError(f"{folder / name} is write-protected")
                _write(folder / WAITING / "new" / name, content)
            journal = {"command": command, "files": list(contents)}
            _write(folder / WAITING / _JOURNAL, json.dumps(journal).encode())
        except BaseException:
            shutil.rmtree(folder / WAITING, ignore_errors=True)
            raise
        _settle(folder)


def complete(folder: str | Path) -> None:
    """Complete the set of files that an interrupted command left half in place, if there is one.

    Parameters
    ----------
    folder : path
        The one that the command wrote to.

    Raises
    ------
    OSError
        As for :func:`write_files`.

    Examples
    --------
    >>> complete("no_such_folder")
    """
    if (Path(folder) / WAITING).exists():
        with _locked(Path(folder)):
            _settle(Path(folder))


def check_settled(path: str | Path) -> None:
    """Refuse to read a file that belongs to a set of which only a part is in place.

    Parameters
    ----------
    path : path

    Raises
    ------
    OSError
        Naming the command that completes the set.

    Examples
    --------
    >>> check_settled("my_collection/processed/incidents.csv")
    """
    path = Path(os.path.abspath(path))
    for folder in path.parents:
        journal = _read_journal(folder)
        if journal and path.relative_to(folder).as_posix() in journal["files"] and (waiting := _waiting(folder)):
            raise OSError(
                f"{path} is one of {len(journal['files'])} files of {folder} that belong together, and {len(waiting)} "
                f"of them are not in place yet. If no command is writing there now, run '{journal['command']}' again: "
                "it completes the set"
            )


@contextmanager
def growing(path: Path) -> Iterator[Callable[[bytes], int]]:
    """Write a temporary file in pieces.

    Parameters
    ----------
    path : Path

    Yields
    ------
    callable
        Writes bytes behind those that are there.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with growing(Path(folder) / "a.txt") as write:
    ...         _ = write(b"one"), write(b"two")
    ...     (Path(folder) / "a.txt").read_bytes()
    b'onetwo'
    """
    with open(path, "wb") as file:
        yield file.write


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Have one file of any size written whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made if it is not there.

    Yields
    ------
    Path
        What to write instead, beside it. It takes the place of ``path`` at the end, and is removed after an error.

    See Also
    --------
    write_files : the same for a set of files in memory.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as waiting:
    ...         _ = waiting.write_bytes(b"one")
    ...     [path.name for path in Path(folder).iterdir()]
    ['a.txt']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting = path.with_name(f"{path.name}{WAITING}")
    with _locked(path.parent):
        try:
            yield waiting
            os.replace(waiting, path)
        finally:
            waiting.unlink(missing_ok=True)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Have a folder for working files; what killed commands have left of theirs is removed.

    Yields
    ------
    Path

    Examples
    --------
    >>> with temporary_folder() as folder:
    ...     folder.is_dir()
    True
    >>> folder.exists()
    False
    """
    place = Path(tempfile.gettempdir())
    for left in place.glob(f"{_TEMPORARY}*.lock"):
        with suppress(OSError), filelock.FileLock(left, timeout=0):  # its command still runs where this waits
            shutil.rmtree(left.with_suffix(""), ignore_errors=True)
            left.unlink()
    folder = place / f"{_TEMPORARY}{uuid4().hex}"
    lock = folder.with_suffix(".lock")
    with filelock.FileLock(lock):
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):
                lock.unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep every other command from writing to a folder."""
    path = folder / f"{WAITING}.lock"
    try:
        with filelock.FileLock(path, timeout=_PATIENCE):
            try:
                yield
            finally:
                with suppress(OSError):  # Windows removes it itself, when it is released
                    path.unlink()
    except filelock.Timeout:
        wait = f"another command has been writing to {folder} for {_PATIENCE} seconds; try again when it is done"
        raise OSError(wait) from None


def _write(path, content):
    """Write one file, and wait until the disk has it: a journal must not be there before its files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read_journal(folder):
    """What the journal of a folder says; nothing where there is none, or where its writing was interrupted."""
    try:
        return json.loads((folder / WAITING / _JOURNAL).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _waiting(folder):
    """The files of a set that are not in place yet."""
    journal = _read_journal(folder) or {"files": []}
    return [name for name in journal["files"] if (folder / WAITING / "new" / name).exists()]


def _settle(folder):
    """Put in place what waits in a folder and is complete; remove what is not."""
    journal, blocked = _read_journal(folder), {}
    with _uninterrupted():
        for name in _waiting(folder):
            try:
                _replace(folder / WAITING / "new" / name, folder / name)
            except OSError as error:
                blocked[name] = error.strerror
    if blocked:
        new = [name for name in journal["files"] if name not in blocked]
        raise OSError(
            f"cannot be replaced: {', '.join(f'{folder / name} ({why})' for name, why in blocked.items())}. "
            f"{len(blocked)} of {len(journal['files'])} files are as they were; new are: {', '.join(new) or 'none'}. "
            f"Close the program that holds them, then run '{journal['command']}' again: it completes the set"
        )
    shutil.rmtree(folder / WAITING, ignore_errors=True)


def _replace(new, path):
    """Put a file in the place of another, which may be a link to it, with its permissions."""
    path = Path(os.path.realpath(path))
    if path.exists():
        shutil.copymode(path, new)
    os.replace(new, path)


@contextmanager
def _uninterrupted():
    """Take no notice of Ctrl-C for the moment in which files take their places."""
    if threading.current_thread() is not threading.main_thread():  # which is the only one that it can reach
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as the bytes of a CSV file, the same on every machine.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    bytes
        UTF-8, without the index; days as YYYY-MM-DD. Numbers are written in full: what was computed is rounded before,
        by :func:`rounded`.

    Examples
    --------
    >>> csv_bytes(pd.DataFrame({"date": pd.to_datetime(["2020-01-03"]), "n": [1]}))
    b'date,n\\n2020-01-03,1\\n'
    """
    return table.to_csv(index=False, lineterminator="\n", date_format=schemas.DAY_FORMAT).encode()


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """A table in which no text or heading is a formula to a spreadsheet: an apostrophe marks it as text.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> without_formulas(pd.DataFrame({"site": ["=1+1", "-1.5", "Taji"]}))["site"].tolist()
    ["'=1+1", '-1.5', 'Taji']
    """
    texts = table.select_dtypes(include=["object", "string", "category"])
    # As objects, or whole numbers beside what is missing become decimals.
    quoted = {name: pd.Series([*map(_quoted, cells)], cells.index, dtype="object") for name, cells in texts.items()}
    return table.assign(**quoted).rename(columns=_quoted)


def _quoted(cell):
    """A cell, as text where a spreadsheet would compute it."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def rounded(value: object) -> object:
    """Round what was computed to what is meant, since its last digits are those of a processor.

    Parameters
    ----------
    value : DataFrame, dict, list, or one of what these hold

    Returns
    -------
    as ``value``
        Decimals with 6 significant digits, and at most 12 decimal places; all else as it is.

    Examples
    --------
    >>> rounded({"p": 0.12345678, "n": 124, "mean": 2e-17})
    {'p': 0.123457, 'n': 124, 'mean': 0.0}
    """
    if isinstance(value, pd.DataFrame):
        return value.apply(lambda column: column.map(rounded) if column.dtype in ("float64", "object") else column)
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    if not isinstance(value, float) or value.is_integer():
        return value
    return float(f"{round(value, 12) + 0.0:.{_DIGITS}g}")  # no -0.0
