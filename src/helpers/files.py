"""Files written whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

from . import schemas

WAITING = ".writing-"


def write_files(folder, contents):
    """Write files whole or not at all: all under temporary names first, then each renamed.

    Parameters
    ----------
    folder : path
        Made if it is not there. What an interrupted run left behind in it is removed.
    contents : dict of bytes
        By file name, which may lie in a folder below.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for litter in folder.glob(f"{WAITING}*"):
        shutil.rmtree(litter)
    with tempfile.TemporaryDirectory(dir=folder, prefix=WAITING) as waiting:
        for name, content in contents.items():
            (Path(waiting) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(waiting) / name).write_bytes(content)
        for name in contents:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(Path(waiting) / name, folder / name)


def csv_bytes(table):
    """A table as the bytes of a CSV file, the same on every machine."""
    return table.to_csv(index=False, lineterminator="\n", date_format=schemas.DAY_FORMAT).encode()
