"""A collection of one's own: a folder to start from, months to code twice, and a plan for later anniversaries.

The worked example stands in ``raw/`` itself, so that every command and the notebook work at once; tables with a header
alone stand beside it in ``empty/``. To begin, copy these over those: a collection without any report has nothing to
derive, and is a fault.
"""

import hashlib
import io
import os
import re
from collections.abc import Callable, Sequence
from importlib.resources import files as package_files
from pathlib import Path

import numpy as np
import pandas as pd

from . import build, load, schemas, tables
from .confirmatory import RECIPE, expected_power, other_blocks, plan_blocks
from .days import Day, as_anchor
from .files import WAITING, complete, csv_bytes, temporary_folder, write_files
from .findings import fill

RATIOS = (2, 3, 5)  # rate ratios whose power a plan tells
_STARTER = package_files(__package__) / "starter"
# What is copied as it is: where it goes, by its name in the package, which cannot begin with a dot.
_COPIED = {
    "VERSION": "VERSION",
    "gitignore": ".gitignore",
    "gitattributes": ".gitattributes",
    "check.yml": ".github/workflows/check.yml",
    "01_anniversary.ipynb": "notebooks/01_anniversary.ipynb",
    "schema/collection.toml": "schema/collection.toml",
    "schema/codebook.toml": "schema/codebook.toml",
}


class CollectionError(RuntimeError):
    """A folder that no collection can begin in, or a plan that cannot be written: one line that says why."""


def start_collection(folder: str | Path, progress: Callable = print) -> None:
    """Write a collection to start from: an example of three reports, its schema, a notebook and a check.

    Parameters
    ----------
    folder : path
        Made if it is not there. What git keeps of a repository may be in it, and nothing else.
    progress : callable
        Called with one line per file.

    Raises
    ------
    CollectionError
        Where the folder is a file, or holds something.

    See Also
    --------
    write_plan : a plan for its next anniversaries.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     start_collection(folder, progress=lambda line: None)
    ...     print(*sorted(path.name for path in Path(folder, "schema").iterdir()))
    codebook.toml collection.toml lists.toml
    """
    folder = Path(folder)
    if _check_empty(folder):
        progress(f"begin with {folder / 'README.md'}")
        return
    contents = {target: (_STARTER / name).read_bytes() for name, target in _COPIED.items()}
    contents["schema/lists.toml"] = _closed_lists().encode()
    for name, table in schemas.load_schema().raw.items():
        if "/" not in name:  # a second coding can come later
            contents[f"raw/{name}.csv"] = csv_bytes(_example(name, list(table.columns)))
            contents[f"empty/{name}.csv"] = csv_bytes(pd.DataFrame(columns=list(table.columns)))
    said = [*contents]
    with temporary_folder() as whole:  # so that one set holds what is built, too
        write_files(whole, contents)
        build.build(whole, progress=said.append)  # README.md, the codebook, is one of its files
        paths = [path for path in sorted(whole.rglob("*")) if path.is_file()]
        contents = {path.relative_to(whole).as_posix(): path.read_bytes() for path in paths}
    write_files(folder, lambda: _check_entries(folder) or contents, "python -m helpers init")
    for line in [*said, f"begin with {folder / 'README.md'}"]:
        progress(line)


def _check_empty(folder):
    """Refuse a folder that holds something, but for what git keeps; whether an interrupted set was completed in it."""
    if folder.exists() and not folder.is_dir():
        raise CollectionError(f"{folder} is a file; give the name of a new folder, or of an empty one")
    is_begun = (folder / WAITING).exists()
    complete(folder)
    return _check_entries(folder, is_begun)


def _check_entries(folder, is_begun=False):
    """Refuse a folder that holds a file, but where an interrupted set was completed in it; whether that was so."""
    entries = folder.iterdir() if folder.exists() else []
    ours = [path for path in entries if path.name != ".git" and not path.name.startswith(WAITING)]
    found = sorted(path.name for path in ours if path.is_file() or any(one.is_file() for one in path.rglob("*")))
    if found and not is_begun:
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise CollectionError(
            f"{folder} is not empty ({', '.join(found[:3])}{more}); give a new folder, or an empty one"
        )
    return bool(found)


def sample_months(
    folder: str | Path,
    seed: int,
    n_months: int = 12,
    data_dir: str | Path | None = None,
    progress: Callable = print,
) -> None:
    """Draw the months that a second coder codes, and write the tables to fill in.

    Parameters
    ----------
    folder : path
        Made if it is not there; nothing may be in it.
    seed, n_months : int
        Months are a simple random sample without replacement of those in the search log, less those coded twice
        already and those without a page by ``coverage.csv``. A larger sample of one seed holds the smaller.
    data_dir : path, optional
        The folder that holds ``raw/``; the published tables by default.
    progress : callable
        Called with one line per fact.

    Raises
    ------
    CollectionError
        Where the folder holds something, or fewer months are left.
    DataError
        With every fault of the tables.

    See Also
    --------
    helpers.findings.coder_agreement : what is compared once they are filled in.

    Examples
    --------
    >>> sample_months("second", seed=7, n_months=3)  # doctest: +SKIP
    """
    folder, data_dir = Path(folder), Path(data_dir or tables.DATA_DIR)
    if _check_empty(folder):
        progress(f"{folder}: the tables of a command that was interrupted are in place now")
        return
    raw = load.load_raw(data_dir)
    log, schema = raw["search_log"], schemas.load_schema(data_dir).raw
    twice = set(raw["second_coding/search_log"]["month"]) if "second_coding/search_log" in raw else set()
    without = set(raw["coverage"].loc[raw["coverage"]["coverage"] == "none", "month"]) if "coverage" in raw else set()
    months = sorted(set(log["month"]) - twice - without)
    left_out = f"those coded twice ({len(twice)}) and without a page ({len(without)}) left out"
    left = f"{len(months)} of {log['month'].nunique()} months, {left_out}"
    if n_months > len(months):
        raise CollectionError(f"{n_months} months cannot be drawn from {left}")
    drawn = sorted(np.random.default_rng(seed).permutation(months)[:n_months])
    queries = log.loc[log["month"].isin(drawn), schema["search_log"].key].sort_values(schema["search_log"].key)
    contents = {
        f"{name}.csv": csv_bytes(pd.DataFrame(columns=list(schema[f"second_coding/{name}"].columns)))
        for name in ("sources", "reports")
    }
    contents["search_log.csv"] = csv_bytes(queries.reindex(columns=list(schema["search_log"].columns)))
    # Another command may have filled the folder meanwhile.
    write_files(folder, lambda: _check_entries(folder) or contents, "python -m helpers sample-months")
    progress(f"{', '.join(drawn)}: drawn from {left}; seed {seed}, data version {tables.data_version(data_dir)}")
    second = data_dir / "raw" / "second_coding"
    then = "add its rows to those of" if second.is_dir() else "move it to"
    progress(f"fill in {folder}, then {then} {second}; CONTRIBUTING.md says how, under 'Code a month twice'")


def _closed_lists():
    """The package's lists, with site types of the example's own."""
    text, own = (
        (path / "lists.toml").read_text(encoding="utf-8") for path in (schemas.SCHEMA_DIR, _STARTER / "schema")
    )
    return re.sub(r"\[site_type\]\n.*?(?=\n\[)", lambda _: own, text, count=1, flags=re.DOTALL)


def _example(name, columns):
    """The example's rows of a table, with every column that the schema has now; none where it has no such file."""
    path = _STARTER / "example" / f"{name}.csv"
    rows = pd.read_csv(io.BytesIO(path.read_bytes()), dtype="str") if path.is_file() else pd.DataFrame()
    return rows.reindex(columns=columns)


def read_years(words: Sequence[str]) -> list[int]:
    """Years as they are given to the command.

    Parameters
    ----------
    words : sequence of str
        Years, separated by commas or blanks.

    Returns
    -------
    list of int

    Raises
    ------
    CollectionError
        For what is no year.

    Examples
    --------
    >>> read_years(["2027,2028", "2030"])
    [2027, 2028, 2030]
    """
    parts = [part for word in words for part in re.split(r"[,\s]+", word) if part]
    if not parts or not all(re.fullmatch("[0-9]{4}", part) for part in parts):
        raise CollectionError(f"--years must be years such as 2027,2028, not {', '.join(words)!r}")
    return list(map(int, parts))


def write_plan(
    out: str | Path,
    years: Sequence[int],
    anchor: Day | None = None,
    data_dir: str | Path | None = None,
    half: int = 28,
    calendar: str = "gregorian",
    progress: Callable = print,
) -> None:
    """Write a plan for anniversaries not yet looked at: statistic, rule, and power from the collection's other days.

    Parameters
    ----------
    out : path
        The file, which must not be there: a plan is not rewritten.
    years : sequence of int
    anchor : date, optional
        The collection's own by default.
    data_dir : path, optional
        The folder that holds ``raw/``; the published tables by default.
    half, calendar
        As for :func:`helpers.anniversaries.confirmatory_test`.
    progress : callable
        Called with one line per step and warning.

    Raises
    ------
    CollectionError
        Where the file is there already, or the anchor, the years or the blocks cannot be planned.
    DataError
        With every fault of the tables.

    See Also
    --------
    helpers.confirmatory.expected_power : the power, and how no date within the planned blocks enters it.

    Examples
    --------
    >>> write_plan("plan.md", [2027, 2028])  # doctest: +SKIP
    power at a rate ratio of 2: 31%
    """
    out = Path(out)
    if os.path.lexists(out):
        raise CollectionError(f"{out} is there already, and a plan is not rewritten; choose another name with --out")
    try:
        facts = _plan_facts(years, anchor, Path(data_dir or tables.DATA_DIR), half, calendar, progress)
    except tables.DataError:
        raise
    except ValueError as error:
        raise CollectionError(str(error)) from None
    text = re.sub(r"\n{3,}", "\n\n", fill("plan", facts)).strip() + "\n"
    write_files(out.absolute().parent, {out.name: text.encode()}, "python -m helpers plan")
    progress(f"{out}: deposit it where an outside party stamps the time, before the planned days are looked at")


def _plan_facts(years, anchor, data_dir, half, calendar, progress):
    """What the page of a plan prints; of dates within the planned blocks only the checksums of tables know."""
    collection = schemas.load_schema(data_dir).collection
    own = pd.Timestamp(collection.anchor.date)
    anchor = own if anchor is None else as_anchor(anchor)
    planned = plan_blocks(anchor, years, half, calendar)
    raw = load.load_raw(data_dir)
    dates = load.load_incidents(data_dir=data_dir, raw=raw)["date"]
    window = tables.coded_window(raw["search_log"])
    explored = collection.anchor.explored_until if anchor == own else None
    planned["state"] = [_state(block, window, explored) for block in planned.itertuples()]
    for year in planned.index[planned["state"] == "explored"]:
        progress(f"warning: {year}: its days up to {explored} have been looked at, so no plan comes before them")
    if len(planned) == 1:
        progress("warning: by the rule one anniversary alone is uninformative; plan two or more")
    blocks = other_blocks(dates, planned, window, raw.get("coverage"))
    return {
        **RECIPE,
        "collection": collection.title,
        "version": tables.data_version(data_dir),
        "anchor": anchor,
        "event": collection.anchor.event if anchor == own else None,
        "explored_until": explored,
        "half": half,
        "calendar": calendar,
        "years": planned.to_dict("index"),
        "planned": list(planned.index),
        "n_combinations": (2 * half + 1) ** len(planned),
        "first": window[0],
        "last": window[1],
        "n_blocks": len(blocks),
        "n_other": int(blocks.to_numpy().sum()),
        "n_several": _count_several(blocks),
        "has_coverage": "coverage" in raw,
        "by_schema": anchor == own and (half, calendar) == (28, "gregorian"),
        "power": _simulate_power(blocks, len(planned), progress),
        "checksums": {f"raw/{name}.csv": _checksum(data_dir / "raw" / f"{name}.csv") for name in raw},
    }


def _count_several(blocks):
    """Blocks with two incidents or more, of which the rule asks for two."""
    return int((blocks.sum(axis=1) >= 2).sum())


def _simulate_power(blocks, n_planned, progress):
    """Power by rate ratio; nothing where there are too few other days."""
    if len(blocks) < n_planned or _count_several(blocks) < 2:
        progress("warning: there are too few other days with incidents to tell power")
        return {}
    power = {}
    for ratio in RATIOS:
        power[ratio] = expected_power(blocks, n_planned, ratio)
        progress(f"power at a rate ratio of {ratio}: {power[ratio]:.0%}")
    return power


def _state(block, window, explored):
    """What is known of the days of a planned block."""
    if explored and block.first <= pd.Timestamp(explored):
        return "explored"
    return "covered" if block.first <= window[1] and block.last >= window[0] else "open"


def _checksum(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
