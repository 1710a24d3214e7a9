"""Blanks and characters that nobody sees, which make two words of one: refused in raw tables, stripped elsewhere."""

import re
import unicodedata

import numpy as np
import pandas as pd

from .schemas import Fault, Table

FREE_TEXT = ("note", "reason", "title")  # read only by people
PARTED = ("aliases", "attributed_to", "claimed_by", "disputed", "launch_area")  # names separated by |
_CATEGORIES = {"Cc", "Cf", "Zl", "Zp", "Zs"}  # controls, format and direction marks, separators
# Drawn as nothing, or no characters at all: fillers, a blank of braille, variation selectors, U+FFFE and its like.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufdd0-\ufdef\ufe00-\ufe0f"
    "\uffa0\ufffe\uffff\U000e0100-\U000e01ef]"
)
_PLAIN = re.compile("[!-{}~]+(?: [!-{}~]+)*")  # most cells: words of ASCII, one space between two
_BLANKS = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")  # within a line
_BREAKS = re.compile("[\x80-\x9f\u2028\u2029]")  # what breaks a line or controls, beyond ASCII


def refuse_blanks(cells: pd.DataFrame, table: Table, name: str) -> tuple[pd.DataFrame, list[Fault]]:
    """Find blanks and unseen characters in the cells of a raw table that are matched with others.

    Parameters
    ----------
    cells : DataFrame of str
        Indexed by line. ASCII's own control characters were refused when the file was read.
    table : Table
    name : str
        What the file is called in its faults.

    Returns
    -------
    DataFrame
        Without them, so that a cell draws no second fault.
    list of Fault
        With each character by its name in Unicode. In a note, a title or a reason only control characters and line
        breaks are refused.

    See Also
    --------
    strip_blanks : for your own file.

    Examples
    --------
    >>> from helpers.schemas import load_schema
    >>> cells = pd.DataFrame({"claimed_by": ["ISIS|ISIS "]}, index=[2])
    >>> print(*refuse_blanks(cells, load_schema().raw["reports"], "reports.csv")[1])
    reports.csv:2: claimed_by: 'ISIS|ISIS ': text without SPACE (U+0020) at the start or end
    """
    faults = []
    for column in cells.columns.intersection(list(table.columns)):
        texts = cells[column].dropna()
        find = _find_breaks if column in FREE_TEXT else _find_oddities
        odd = {text: found for text in texts.unique() if (found := list(find(text, column)))}
        for line, text in texts[texts.isin(list(odd))].items():
            faults.append(Fault(name, line, column, repr(text), f"text without {', '.join(odd[text])}"))
    spoilt = sorted({fault.column for fault in faults} - set(FREE_TEXT))
    return cells.assign(**strip_blanks(cells[spoilt])[0]), faults


def strip_blanks(cells: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Remove blanks and unseen characters from the cells of your own file.

    Parameters
    ----------
    cells : DataFrame
        Numbers and dates are left alone.

    Returns
    -------
    DataFrame
        Blanks at the ends of a cell, or of a name between ``|``, are gone, and so are characters that nobody sees; any
        other blank is one space; letters are in Unicode's composed form. A cell of which nothing is left is missing.
    dict of int
        By column that changed: how many cells did.

    Examples
    --------
    >>> cells, counts = strip_blanks(pd.DataFrame({"claimed_by": ["ISIS|ISIS ", "ISIS"], "killed_best": [0, 1]}))
    >>> cells["claimed_by"].tolist(), counts
    (['ISIS|ISIS', 'ISIS'], {'claimed_by': 1})
    """
    stripped, counts = {}, {}
    for column, values in cells.items():
        texts = {value for value in values.array if isinstance(value, str)}
        new = {text: cleaned or None for text in texts if (cleaned := clean(text, column)) != text}
        changed = np.array([isinstance(value, str) and value in new for value in values.array], dtype=bool)
        if changed.any():
            counts[column] = int(changed.sum())
            stripped[column] = values.astype("object").where(~changed, values[changed].astype("object").map(new))
            stripped[column] = stripped[column].astype("str" if values.dtype == "str" else "object")
    return cells.assign(**stripped), counts


def clean(text: str, column: str = "") -> str:
    """A text with one space between two words, and no character that nobody sees.

    Parameters
    ----------
    text, column : str
        In columns of names separated by ``|`` each name is cleaned.

    Returns
    -------
    str

    Examples
    --------
    >>> clean(" US  Embassy\u200f")
    'US Embassy'
    """
    text = unicodedata.normalize("NFC", text)
    # Control characters and line breaks stay within a text: they are faults.
    seen = "".join(letter for letter in text if unicodedata.category(letter) != "Cf" and not _UNSEEN.match(letter))
    parts = seen.split("|") if column in PARTED else [seen]
    return "|".join(_BLANKS.sub(" ", part.strip()) for part in parts)


def _find_breaks(text, _column):
    yield from map(_name, dict.fromkeys(_BREAKS.findall(text)))


def _find_oddities(text, column):
    """What makes a text differ from another that looks the same, in words."""
    if _PLAIN.fullmatch(text):
        return
    letters = [letter for letter in dict.fromkeys(text) if letter > "\x7f" and _is_unseen(letter)]
    yield from map(_name, letters)
    parts = text.split("|") if column in PARTED else [text]
    if any(part != part.strip(" ") for part in parts):
        yield f"{_name(' ')} at the start or end"
    if any("  " in part.strip(" ") for part in parts):
        yield f"{_name(' ')} twice in a row"
    if not unicodedata.is_normalized("NFC", text):
        yield "letters and accents apart; Unicode's composed form (NFC) joins them"


def _is_unseen(letter):
    return unicodedata.category(letter) in _CATEGORIES or bool(_UNSEEN.match(letter))


def _name(letter):
    """A character as Unicode calls it; control characters have a number alone."""
    name, number = unicodedata.name(letter, ""), f"U+{ord(letter):04X}"
    return f"{name} ({number})" if name else number
