import hashlib

import pytest

from conftest import ROOT
from helpers import article, cli

TRUE_TEXT = ROOT.parent / "shared" / "seeds" / "article.txt"
needs_text = pytest.mark.skipif(not TRUE_TEXT.exists(), reason="the founding article is not here")


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A text of our own with its record, so that the command is tested where the article is not."""
    record = article.load_record()
    text = "Title\n\n" + "\n\n".join(f"Paragraph number {n}." for n in range(1, 11)) + "\n"
    for entry, paragraph in zip(record["paragraphs"], article.paragraphs(text), strict=True):
        entry["sha256"] = hashlib.sha256(paragraph.encode()).hexdigest()
    record |= {"sha256": hashlib.sha256(text.encode()).hexdigest(), "bytes": len(text)}
    monkeypatch.setattr(article, "load_record", lambda: record)
    path = tmp_path / "article.txt"
    path.write_text(text)
    return path


@needs_text
def test_the_true_text_is_the_one_that_was_coded(raw):
    lines = article.verify(TRUE_TEXT, raw)
    assert lines[0].startswith("this is the text that was coded")
    assert len(article.paragraphs(TRUE_TEXT.read_text(encoding="utf-8"))) == 10
    assert "    reports 2022-01-13_us_embassy_baghdad: launched_min = 4" in lines


@needs_text
def test_the_record_names_the_paragraph_that_tells_a_cell(raw):
    text = article.paragraphs(TRUE_TEXT.read_text(encoding="utf-8"))
    cells = article.coded_cells(article.load_record(), raw).set_index(["row", "column"])["paragraphs"]
    for column, word in {"launched_min": "four", "hit_min": "Three", "injured_min": "woman", "launch_area": "Dora",
                         "defence_active": "C-RAM", "note": "school"}.items():  # fmt: skip
        numbers = cells[("2022-01-13_us_embassy_baghdad", column)]
        assert all(word.lower() in text[number - 1].lower() for number in numbers), column


def test_every_coded_cell_rests_on_a_paragraph(raw):
    record = article.load_record()
    cells = article.coded_cells(record, raw)
    assert len(cells) == 30 + 12
    assert cells["paragraphs"].map(bool).all()
    numbers = {entry["number"] for entry in record["paragraphs"]}
    assert cells["paragraphs"].explode().isin(numbers).all()
    recorded = {
        (table, row, column) for table, rows in record["cells"].items() for row, cols in rows.items() for column in cols
    }
    assert recorded == set(cells[["table", "row", "column"]].itertuples(index=False, name=None))


def test_cells_agree_with_the_paragraphs_of_their_row(raw):
    record = article.load_record()
    rows = raw["reports"][raw["reports"]["source_id"] == "article"].set_index("incident_id")["paragraph"]
    for incident_id, told in rows.items():
        used = {number for numbers in record["cells"]["reports"][incident_id].values() for number in numbers}
        assert ";".join(map(str, sorted(used))) == told


def test_a_text_that_was_coded_is_set_beside_its_cells(stand_in, raw):
    lines = article.verify(stand_in, raw)
    place = lines.index("[3] Paragraph number 3.")
    assert "    reports 2022-01-13_us_embassy_baghdad: injured_min = 2" in lines[place : place + 5]


def test_a_changed_text_tells_which_paragraphs_moved(stand_in, raw):
    stand_in.write_text(
        stand_in.read_text().replace("number 3.", "number three.").replace("Title\n", "Title\n\nNew.\n")
    )
    with pytest.raises(article.ArticleError) as raised:
        article.verify(stand_in, raw)
    told = str(raised.value).splitlines()
    assert told[0].startswith("this is not the text that was coded: its SHA-256 differs")
    assert "paragraph 1 (At least four rockets" in told[1]
    assert told[1].endswith("now paragraph 2")
    assert next(line for line in told if line.startswith("paragraph 3 ")).endswith("changed or missing")
    assert told[-2:] == [
        "paragraph 1 of this text is not in the record",
        "paragraph 4 of this text is not in the record",
    ]


def test_other_spacing_is_told_as_such(stand_in, raw):
    stand_in.write_text(stand_in.read_text() + "\n\n")
    with pytest.raises(article.ArticleError, match="only spacing or the title differs"):
        article.verify(stand_in, raw)


def test_no_text_says_where_to_put_it(tmp_path, capsys):
    assert cli.main(["verify-article", str(tmp_path / "none.txt")]) == 1
    told = capsys.readouterr().err
    assert f"no text at {tmp_path / 'none.txt'}" in told
    assert "Save your own copy of 'Several rockets target the American embassy in Baghdad'" in told
