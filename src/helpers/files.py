"""Files written whole or not at all, and where the project's own files lie."""

import os
import shutil
import tempfile
from pathlib import Path

import pandas as pd

from . import schemas

WAITING = ".writing-"
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


def write_files(folder: str | Path, contents: dict[str, bytes]) -> None:
    """Write files, each whole or not at all: all under temporary names first, then each renamed.

    Parameters
    ----------
    folder : path
        Made if it is not there. What an interrupted run left behind in it is removed.
    contents : dict of bytes
        By file name, which may lie in a folder below.

    Raises
    ------
    OSError
        Where a file cannot be replaced: it names the file, and says how many were replaced before it.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_files(folder, {"a.txt": b"one", "below/b.txt": b"two"})
    ...     sorted(path.name for path in Path(folder).rglob("*.txt"))
    ['a.txt', 'b.txt']
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for litter in folder.glob(f"{WAITING}*"):
        shutil.rmtree(litter)
    with tempfile.TemporaryDirectory(dir=folder, prefix=WAITING) as waiting:
        for name, content in contents.items():
            (Path(waiting) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(waiting) / name).write_bytes(content)
        for n_replaced, name in enumerate(contents):
            try:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(waiting) / name, folder / name)
            except OSError as error:
                raise OSError(
                    f"{folder / name} cannot be replaced ({error.strerror}); "
                    f"{n_replaced} of {len(contents)} files are new, the rest are as they were"
                ) from error


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as the bytes of a CSV file, the same on every machine.

    Parameters
    ----------
    table : DataFrame

    Returns
    -------
    bytes
        UTF-8, without the index; days as YYYY-MM-DD.

    Examples
    --------
    >>> csv_bytes(pd.DataFrame({"date": pd.to_datetime(["2020-01-03"]), "n": [1]}))
    b'date,n\\n2020-01-03,1\\n'
    """
    return table.to_csv(index=False, lineterminator="\n", date_format=schemas.DAY_FORMAT).encode()
