"""The founding article against its record: is this the text that was coded, and what rests on which paragraph?"""

import hashlib
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ValidationError

from . import files, incidents, load

SEEDS_DIR = files.home("seeds")
# The reader's own copy; a package is no place for it.
TEXT = (SEEDS_DIR if files.is_checkout() else Path("seeds")) / "article.txt"


class ArticleError(RuntimeError):
    """The founding article is not there, or is not the text that was coded."""


class _Paragraph(BaseModel):
    number: int
    about: str
    sha256: str


class _Record(BaseModel):
    source_id: str
    title: str
    agency: str
    sha256: str
    bytes: int
    paragraphs: list[_Paragraph]
    cells: dict[str, dict[str, dict[str, list[int]]]]


def _load_record():
    """The record of the founding article: title, hashes, paragraphs, and the paragraphs that each cell rests on."""
    path = SEEDS_DIR / "article.json"
    try:
        return _Record.model_validate_json(path.read_bytes()).model_dump()
    except ValidationError as error:
        raise _damaged(path, error.errors()[0]["msg"]) from None


def _damaged(path, why):
    return ArticleError(f"{path} is damaged ({why}); restore it from the repository")


def _split_paragraphs(text):
    """The paragraphs of a text: its lines that are not blank, the title not counted."""
    return [line.strip() for line in text.splitlines() if line.strip()][1:]


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


def _compare_paragraphs(found, record):
    """A line per recorded paragraph that is missing or stands elsewhere, and per paragraph that is new."""
    places = {_sha256(paragraph.encode()): number for number, paragraph in enumerate(found, 1)}
    lines = []
    for entry in record["paragraphs"]:
        place = places.pop(entry["sha256"], None)
        if place != entry["number"]:
            where = f"now paragraph {place}" if place else "changed or missing"
            lines.append(f"paragraph {entry['number']} ({entry['about']}): {where}")
    return lines + [f"paragraph {number} of this text is not in the record" for number in places.values()]


def _coded_cells(record, raw):
    """Every cell coded from the article: table, row, column, coded (as text), paragraphs (list of int)."""
    source = record["source_id"]
    reports = incidents.coded_cells(raw["reports"], source)["coded"].drop("paragraph", level="column")
    events = raw["context_events"].query("source_id == @source").set_index("event_id")[["date", "kind", "title"]]
    by_table = {"reports": reports, "context_events": events.astype("str").stack()}
    cells = pd.concat(by_table).rename_axis(["table", "row", "column"]).rename("coded").reset_index()
    places = cells[["table", "row", "column"]].itertuples(index=False)
    return cells.assign(paragraphs=[record["cells"].get(t, {}).get(row, {}).get(c, []) for t, row, c in places])


def verify(path: str | Path | None = None, raw: dict[str, pd.DataFrame] | None = None) -> list[str]:
    """Check a copy of the founding article, and set each coded cell beside its paragraph.

    Parameters
    ----------
    path : path, optional
        The copy; ``seeds/article.txt`` by default.
    raw : dict of DataFrame, optional
        The raw tables; those of the repository by default.

    Returns
    -------
    list of str

    Raises
    ------
    ArticleError
        Where there is no copy, or its hash differs.

    Examples
    --------
    >>> verify("my_copy.txt")[0]  # doctest: +SKIP
    'this is the text that was coded (SHA-256 0123456789ab…, 2345 bytes)'
    """
    record, path = _load_record(), Path(path or TEXT)
    if not path.exists():
        raise ArticleError(
            f"no text at {path}\nThe article's text is copyrighted and not in this repository. Save your own copy of "
            f"'{record['title']}' ({record['agency']}) there, or name its path."
        )
    content = path.read_bytes()
    found, digest = _split_paragraphs(content.decode("utf-8", "replace")), _sha256(content)
    if digest != record["sha256"]:
        told = _compare_paragraphs(found, record) or ["every paragraph is the same; only spacing or the title differs"]
        sizes = f"{len(content)} bytes against {record['bytes']}"
        raise ArticleError("\n".join([f"this is not the text that was coded: its SHA-256 differs ({sizes})", *told]))
    lines = [f"this is the text that was coded (SHA-256 {digest[:12]}…, {len(content)} bytes)"]
    cells = _coded_cells(record, raw or load.load_raw())
    if not set(cells["paragraphs"].explode().dropna()) <= {*range(1, len(found) + 1)}:
        raise _damaged(SEEDS_DIR / "article.json", "a cell rests on a paragraph that the text does not have")
    for numbers, group in cells.groupby(cells["paragraphs"].map(tuple), sort=True):
        for number in numbers:
            lines += ["", f"[{number}] {found[number - 1]}"]
        lines += [f"    {row.table} {row.row}: {row.column} = {row.coded}" for row in group.itertuples()]
    return lines
