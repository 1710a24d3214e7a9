import hashlib

import pytest

from helpers import article, cli


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A text of our own with its record, so that the command is tested where the article is not."""
    record = article._load_record()
    text = "Title\n\n" + "\n\n".join(f"Paragraph number {n}." for n in range(1, 11)) + "\n"
    for entry, paragraph in zip(record["paragraphs"], article._split_paragraphs(text), strict=True):
        entry["sha256"] = hashlib.sha256(paragraph.encode()).hexdigest()
    record |= {"sha256": hashlib.sha256(text.encode()).hexdigest(), "bytes": len(text)}
    monkeypatch.setattr(article, "_load_record", lambda: record)
    path = tmp_path / "article.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_coded_cell_rests_on_a_paragraph(live):
    """The committed record against the committed tables, cell by cell; it holds whatever the tables say."""
    record = article._load_record()
    cells = article._coded_cells(record, live.raw)
    assert set(cells["table"]) == {"reports", "context_events"}
    assert cells["paragraphs"].map(bool).all()
    numbers = {entry["number"] for entry in record["paragraphs"]}
    assert cells["paragraphs"].explode().isin(numbers).all()
    recorded = {
        (table, row, column) for table, rows in record["cells"].items() for row, cols in rows.items() for column in cols
    }
    assert recorded == set(cells[["table", "row", "column"]].itertuples(index=False, name=None))


def test_cells_agree_with_the_paragraphs_of_their_row(frozen):
    record = article._load_record()
    rows = frozen["reports"][frozen["reports"]["source_id"] == "article"].set_index("incident_id")["paragraph"]
    for incident_id, told in rows.items():
        used = {number for numbers in record["cells"]["reports"][incident_id].values() for number in numbers}
        assert ";".join(map(str, sorted(used))) == told


def test_a_text_that_was_coded_is_set_beside_its_cells(stand_in, frozen):
    lines = article.verify(stand_in, frozen)
    place = lines.index("[3] Paragraph number 3.")
    assert "    reports 2022-01-13_us_embassy_baghdad: injured_min = 2" in lines[place : place + 5]


def test_a_changed_text_tells_which_paragraphs_moved(stand_in, frozen):
    text = stand_in.read_text(encoding="utf-8")
    text = text.replace("number 3.", "number three.").replace("Title\n", "Title\n\nNew.\n")
    stand_in.write_text(text, encoding="utf-8")
    with pytest.raises(article.ArticleError) as raised:
        article.verify(stand_in, frozen)
    told = str(raised.value).splitlines()
    assert told[0].startswith("this is not the text that was coded: its SHA-256 differs")
    assert "paragraph 1 (At least four rockets" in told[1]
    assert told[1].endswith("now paragraph 2")
    assert next(line for line in told if line.startswith("paragraph 3 ")).endswith("changed or missing")
    assert told[-2:] == [
        "paragraph 1 of this text is not in the record",
        "paragraph 4 of this text is not in the record",
    ]


def test_other_spacing_is_told_as_such(stand_in, frozen):
    stand_in.write_text(stand_in.read_text(encoding="utf-8") + "\n\n", encoding="utf-8")
    with pytest.raises(article.ArticleError, match="only spacing or the title differs"):
        article.verify(stand_in, frozen)


def test_no_text_says_where_to_put_it(tmp_path, capsys):
    assert cli.main(["verify-article", str(tmp_path / "none.txt")]) == 1
    told = capsys.readouterr().err
    assert f"no text at {tmp_path / 'none.txt'}" in told
    assert "Save your own copy of 'Several rockets target the American embassy in Baghdad'" in told


def test_paragraphs_are_compared_by_their_text():
    def entry(number, text):
        return {"number": number, "about": "x", "sha256": hashlib.sha256(text.encode()).hexdigest()}

    record = {"paragraphs": [entry(1, "One."), entry(2, "Two."), entry(3, "Three.")]}
    assert article._compare_paragraphs(["One.", "Two.", "Three."], record) == []
    assert article._compare_paragraphs(["Two.", "One.", "New."], record) == [
        "paragraph 1 (x): now paragraph 2",
        "paragraph 2 (x): now paragraph 1",
        "paragraph 3 (x): changed or missing",
        "paragraph 3 of this text is not in the record",
    ]
