"""Writing commands killed at random moments, out of disk, and without permission: ``make kill``.

Each command stands before files whose contents differ from what it will write. It is killed (SIGKILL), half of the
times at any moment and half of the times while its files take their places. Then every file must be whole, old or new.
The same command, run again, must succeed and leave the new set, and nothing of the killed one. On a full disk, and in a
read-only folder, a command must say so in one line and leave everything as it was. Another command is a row in
``COMMANDS``. ``python -m scripts.kill build import`` tries some of them.
"""

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import nbformat
import pandas as pd

from helpers import files
from tests.importers import event_files

ROOT = Path(__file__).resolve().parents[1]
KILLS, SEED = 20, 20200103
TEMPORARY = "temporary"  # a folder beside the others
CHARTS = ["time_of_day", "days_strip"]  # two are enough, and two tables of theirs


class Command(NamedTuple):
    """A command that writes files."""

    words: list[str]  # after ``python -m helpers``
    prepare: Callable  # takes a folder, and writes there what the command reads
    keeps: tuple[str, ...] = ("",)  # beginnings of paths that are old as prepared; all others are overwritten
    once: bool = False  # whether it rightly refuses to run again, once it has written everything


def _data(folder):
    shutil.copytree(ROOT / "tests" / "data" / "raw", folder / "data" / "raw")


def _exported(folder):
    """The starter's collection, which is small, with its charts and findings."""
    for words in (["init", "data"], ["export", "--data", "data", "--out", "out/charts", "--format", "svg"]):
        start(folder, words).communicate()


def _notebooks(folder):
    (folder / "data" / "notebooks").mkdir(parents=True)
    for name in "ab":
        cells = [nbformat.v4.new_code_cell("print(9000 * 'x')", id="long")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "data" / "notebooks" / f"{name}.ipynb")


def _events(folder):
    text = event_files.write(event_files.ACLED, event_files.ACLED_2023)
    (folder / "events.csv").write_text(text, encoding="utf-8")


def _account(folder):
    """The frozen tables, and an account of one of its incidents by a new source."""
    _data(folder)
    account = {
        "url": "https://example.org/killed", "source_id": "killed-2022-01-14a", "published": "2022-01-14",
        "publisher": "Killed", "agency": "own", "language": "en", "coder": "me", "event_date": "2022-01-13",
        "date_basis": "stated", "part_of_day": "night", "site_id": "us_embassy_baghdad",
        "incident_id": "2022-01-13_us_embassy_baghdad", "weapon": "rocket", "launched": 3, "defence_active": "unknown",
        "damage": "unknown", "found_by": "followup",
    }  # fmt: skip
    (folder / "row.json").write_text(json.dumps(account), encoding="utf-8")


COMMANDS = {
    "build": Command(["build", "--data", "data"], _data, ("data/raw/",)),
    "export": Command(["export", *CHARTS, "--tables", "--data", "data", "--out", "out/charts"], _data, ("data/raw/",)),
    "site": Command(
        ["site", "--data", "data", "--out", "out"], _exported, ("data/", "out/charts", "out/findings.json")
    ),
    "run --update": Command(["run", "--update", "--data", "data", "--out", "copies"], _notebooks),
    "import": Command(["import", "acled", "events.csv", "--out", "in/incidents.parquet"], _events, ("events.csv",)),
    "init": Command(["init", "mine"], lambda folder: None, once=True),
    "add-report": Command(["add-report", "--from", "row.json", "--data", "data"], _account, once=True),
}


def start(folder: Path, words: list[str], prefix: tuple = (), **options: object) -> subprocess.Popen:
    """Start a command in a folder, with its temporary files beside the others.

    Parameters
    ----------
    folder : Path
    words : list of str
    prefix : tuple of str
        What stands before the command.
    **options
        Of Popen.

    Returns
    -------
    Popen

    Examples
    --------
    >>> start(Path(), ["--version"]).wait()
    0
    """
    (folder / TEMPORARY).mkdir(exist_ok=True)
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "helpers", *words],
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder.absolute() / TEMPORARY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        **options,
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in its place, by path: not what waits, nor what is temporary.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of bytes

    Examples
    --------
    >>> contents(Path("no_such_folder"))
    {}
    """
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    waits = (f"{TEMPORARY}/", files.WAITING)
    return {name: path.read_bytes() for name, path in found.items() if not any(word in name for word in waits)}


def _lay_out(folder, wanted):
    """A folder that holds these files and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in wanted.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _run(folder, words):
    """What a command says on its error stream where it fails; nothing where it succeeds."""
    process = start(folder, words)
    said = process.communicate()[1]
    return said.strip() or f"exit status {process.returncode}" if process.returncode else ""


def _kill(folder, words, duration, rng, late):
    """Start a command and kill it: at any moment, or within a tenth of a second from when its first file waits."""
    process = start(folder, words)
    if late:
        while process.poll() is None and not [*folder.rglob(f"{files.WAITING}*")]:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, 0.1))
    else:
        time.sleep(rng.uniform(0.2, duration))
    process.kill()
    process.communicate()


def _left(folder):
    """What of a killed command lies about."""
    waiting = [path for path in folder.rglob("*") if files.WAITING in path.name]
    return [str(path.relative_to(folder)) for path in (*waiting, *(folder / TEMPORARY).iterdir())]


def kill_command(folder: Path, name: str, n_kills: int, seed: int = SEED) -> dict[str, object]:
    """Kill a command again and again, each time before the same old files.

    Parameters
    ----------
    folder : Path
        Empty.
    name : str
        A key of ``COMMANDS``.
    n_kills, seed : int

    Returns
    -------
    dict
        ``kills``; ``old``, ``new``, ``part new``: how many left which set in place; ``half done``: how many left
        waiting or temporary files, all of which the next command completed or removed; ``failures``: sentences.

    Examples
    --------
    >>> kill_command(Path("empty"), "build", 20)["failures"]  # doctest: +SKIP
    []
    """
    command, rng, failures = COMMANDS[name], random.Random(f"{name} {seed}"), []
    command.prepare(folder)
    old = contents(folder)
    began = time.monotonic()
    if said := _run(folder, command.words):
        raise RuntimeError(f"{name}: {said}")
    duration, new = time.monotonic() - began, contents(folder)
    old = {
        path: old[path] if path in old and path.startswith(command.keeps) else b"old " * 1000
        for path in new
        if path in old or command.keeps != ("",)
    }
    counts = Counter()
    for number in range(n_kills):
        _lay_out(folder, old)
        _kill(folder, command.words, duration, rng, number % 2)
        found = contents(folder)
        broken = [path for path in found if found[path] not in (old.get(path), new.get(path))]
        failures += [f"kill {number}: {path} is neither old nor new" for path in broken]
        failures += [f"kill {number}: {path} is gone" for path in old if path not in found]
        counts["old" if found == old else "new" if found == new else "part new"] += 1
        counts["half done"] += bool(_left(folder))
        if command.once and found == new and not _left(folder):
            continue
        said = _run(folder, command.words)
        if said and not (command.once and contents(folder) == new):  # it completed the set, and then had nothing to do
            failures.append(f"kill {number}: the next command fails: {said}")
        elif contents(folder) != new:
            failures.append(f"kill {number}: the next command leaves other files than it should")
        failures += [f"kill {number}: {path} is left" for path in _left(folder)]
    return {"kills": n_kills, **{state: counts[state] for state in STATES}, "failures": failures}


STATES = ("old", "new", "part new", "half done")


def _limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def _read_only(folder):
    """What to put before a command, so that it finds its folder read-only; chmod does not hinder root."""
    if os.geteuid():
        return ("sh", "-c", 'chmod -R a-w . && "$0" "$@"; status=$?; chmod -R u+w .; exit $status')
    mount = 'mount --bind . . && mount -o remount,ro,bind "$PWD" && cd "$PWD" && exec "$0" "$@"'
    return ("unshare", "--mount", "sh", "-c", mount)


def obstruct_command(folder: Path, name: str, obstacle: str) -> list[str]:
    """Run a command that cannot write.

    Parameters
    ----------
    folder : Path
        Empty.
    name : str
        A key of ``COMMANDS``.
    obstacle : {"full disk", "read-only folder"}

    Returns
    -------
    list of str
        What is wrong: nothing where it said so in one line and left everything as it was.

    Examples
    --------
    >>> obstruct_command(Path("empty"), "build", "full disk")  # doctest: +SKIP
    []
    """
    COMMANDS[name].prepare(folder)
    before = contents(folder)
    options = {"preexec_fn": _limit} if obstacle == "full disk" else {"prefix": _read_only(folder)}
    process = start(folder, COMMANDS[name].words, **options)
    lines = [line for line in process.communicate()[1].splitlines() if line]
    wrong = [] if process.returncode == 1 else [f"exit status {process.returncode}"]
    if len(lines) != 1 or not lines[0].startswith("error: "):
        wrong.append(f"says {lines[-3:]}")
    return wrong + (["files have changed"] if contents(folder) != before else [])


def main() -> int:
    """Print a table of commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="COMMAND", default=list(COMMANDS), help=", ".join(COMMANDS))
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=SEED)
    chosen, rows, failures = parser.parse_args(), {}, []
    for name in chosen.names:
        with tempfile.TemporaryDirectory() as folder:
            rows[name] = kill_command(Path(folder), name, chosen.kills, chosen.seed)
            found = rows[name].pop("failures")
        for obstacle in ("full disk", "read-only folder"):
            with tempfile.TemporaryDirectory() as folder:
                wrong = obstruct_command(Path(folder), name, obstacle)
            rows[name][obstacle] = "; ".join(wrong) or "one line"
            found += [f"{obstacle}: {one}" for one in wrong]
        rows[name]["failures"] = len(found)
        failures += [f"{name}: {one}" for one in found]
        print(f"{name}: {rows[name]}", flush=True)
    print(pd.DataFrame(rows).T.to_string())
    print(*failures, sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
