"""Blanks and unseen characters: refused by name in raw tables, stripped and counted in files of one's own."""

import pandas as pd
import pytest

from helpers.blanks import refuse_blanks, strip_blanks
from helpers.schemas import load_schema

REPORTS = load_schema().raw["reports"]


def refused(text, column="claimed_by", table=REPORTS):
    """What a cell must be without, and the cell as it is read on."""
    cells, faults = refuse_blanks(pd.DataFrame({column: [text]}, index=[2], dtype="str"), table, "reports.csv")
    assert all(fault[:4] == ("reports.csv", 2, column, repr(text)) for fault in faults)
    return [fault.allowed.removeprefix("text without ") for fault in faults], cells[column].tolist()


UNSEEN = {
    "ISIS ": "SPACE (U+0020) at the start or end",
    " ISIS": "SPACE (U+0020) at the start or end",
    "ISIS|ISIS ": "SPACE (U+0020) at the start or end",
    "ISIS |ISIS": "SPACE (U+0020) at the start or end",
    "Islamic  State": "SPACE (U+0020) twice in a row",
    "Islamic\u00a0State": "NO-BREAK SPACE (U+00A0)",
    "ISIS\u200b": "ZERO WIDTH SPACE (U+200B)",
    "\u200fISIS": "RIGHT-TO-LEFT MARK (U+200F)",
    "\u202bISIS\u202c": "RIGHT-TO-LEFT EMBEDDING (U+202B), POP DIRECTIONAL FORMATTING (U+202C)",
    "IS\ufeffIS": "ZERO WIDTH NO-BREAK SPACE (U+FEFF)",
    "ISIS\u0085": "U+0085",
    "Islamic State\u2028": "LINE SEPARATOR (U+2028)",
    "IS\u00adIS": "SOFT HYPHEN (U+00AD)",
    "ISIS\u3164": "HANGUL FILLER (U+3164)",
    "ISIS\u2800": "BRAILLE PATTERN BLANK (U+2800)",
    "ISIS\ufe0f": "VARIATION SELECTOR-16 (U+FE0F)",
    "Isla\u0301m": "letters and accents apart; Unicode's composed form (NFC) joins them",
}


@pytest.mark.parametrize(("text", "words"), UNSEEN.items(), ids=map(ascii, UNSEEN))
def test_each_unseen_character_is_refused_by_name_and_draws_no_second_fault(text, words):
    found, read = refused(text)
    assert found == [words]
    assert refused(read[0])[0] == []


@pytest.mark.parametrize("text", ["Kataib Hezbollah", "الدورة|Ad-Dawrah", "Ālbū Kamāl", "ISIS", None])
def test_words_that_people_see_are_accepted(text):
    assert refused(text)[0] == []


@pytest.mark.parametrize(
    "column", ["incident_id", "source_id", "weapon", "origin", "event_date", "killed_min", "coder"]
)
def test_every_matched_column_is_checked(column):
    assert refused("a\u200e", column)[0] == ["LEFT-TO-RIGHT MARK (U+200E)"]


def test_in_free_text_only_control_characters_and_line_breaks_are_refused():
    assert refused(" two  words\u00a0\u200c", "note")[0] == []
    assert refused("two\u0085words", "note")[0] == ["U+0085"]
    assert refused("two\u2029words", "note")[0] == ["PARAGRAPH SEPARATOR (U+2029)"]


def test_a_bar_parts_names_only_where_names_are_listed():
    assert refused("BBC | Arabic", "publisher", load_schema().raw["sources"])[0] == []
    assert refused("IZ | Green Zone", "aliases", load_schema().raw["sites"])[0] == [
        "SPACE (U+0020) at the start or end"
    ]


def test_cells_of_ones_own_are_stripped_and_counted():
    cells = pd.DataFrame(
        {
            "claimed_by": [" ISIS |\u200fISIS", "ISIS", None],
            "site_name": ["Green\u00a0 Zone", " ", "Taji\u0085"],
            "killed_best": [0, 1, 2],
            "mixed": pd.Series([0, "a ", ["list"]], dtype="object"),
        }
    )
    stripped, counts = strip_blanks(cells)
    assert stripped["claimed_by"].tolist()[:2] == ["ISIS|ISIS", "ISIS"]
    assert stripped["site_name"].isna().tolist() == [False, True, False]
    assert stripped["site_name"].tolist()[::2] == ["Green Zone", "Taji"]
    assert stripped["mixed"].tolist() == [0, "a", ["list"]]
    assert counts == {"claimed_by": 1, "site_name": 3, "mixed": 1}
    assert stripped.dtypes[["claimed_by", "killed_best"]].equals(cells.dtypes[["claimed_by", "killed_best"]])
    assert cells["claimed_by"][0] == " ISIS |\u200fISIS", "the frame given is left as it is"


def test_clean_cells_are_not_touched():
    cells = pd.DataFrame({"claimed_by": pd.Categorical(["ISIS", None]), "date": pd.to_datetime(["2020-01-03", None])})
    stripped, counts = strip_blanks(cells)
    assert counts == {}
    pd.testing.assert_frame_equal(stripped, cells)
