"""The report of the frozen set: what its pages hold, and that they need nothing else."""

import re
import shutil
from html import unescape
from html.parser import HTMLParser

import pytest

from conftest import ROOT
from helpers import charts, findings, report, tables
from helpers.schemas import load_schema

# What the page must tell, by result and part, whatever its template says: one row a paragraph.
PARAGRAPHS = [
    [("anniversary", "answer"), ("anniversary", "excluded"), ("power", "power")],
    [("anniversary", "other_statistics"), ("anniversary", "smooth")],
    [("anniversary", "sides")],
    [("us_strikes", "answer")],
    [("us_strikes", "episodes")],
    [("embassy_vs_base", "answer")],
    [("embassy_vs_base", "not_estimable")],
    [("embassy_vs_base", "robust")],
    [("embassy_vs_base", "model")],
    [("locations", "answer")],
    [("locations", "launches")],
    [("space_time", "near_repeat")],
]
TOLD = [part for parts in PARAGRAPHS for part in parts]


@pytest.fixture(scope="module")
def written(tmp_path_factory, exported, results):
    out = tmp_path_factory.mktemp("report")
    shutil.copytree(exported[0], out, dirs_exist_ok=True)
    report.write_report(out, results, progress=lambda line: None)
    return out


@pytest.fixture(scope="module")
def index(written):
    return (written / "index.html").read_text(encoding="utf-8")


class Page(HTMLParser):
    """What a page links to and which elements it has."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tags, self.ids = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append(tag)
        self.ids.add(attrs.get("id"))
        self.links += [attrs[name] for name in ("href", "src") if name in attrs and tag != "use"]


@pytest.mark.parametrize("parts", PARAGRAPHS, ids=lambda parts: "-".join(parts[0]))
def test_the_page_holds_every_part_of_every_answer(index, results, parts):
    told = [results.tell(name, part) for name, part in parts]
    assert all(told)
    paragraph = re.sub(r"[*]{2}(.*?)[*]{2}", r"<strong>\1</strong>", " ".join(told))
    assert f"<p>{paragraph}</p>" in unescape(index)
    assert "**" not in paragraph


def test_bold_words_of_a_finding_are_bold_and_its_markup_is_text():
    told = report._paragraph("**Inconclusive.** 5 < 6 & <b>x</b>, **again**")
    assert told == "<strong>Inconclusive.</strong> 5 &lt; 6 &amp; &lt;b&gt;x&lt;/b&gt;, <strong>again</strong>"


def test_the_list_above_is_all_that_the_template_of_the_page_names():
    template = (ROOT / "src/helpers/findings/pages/report.md").read_text(encoding="utf-8")
    named = re.findall(r"{{ (\w+)\|tell(?:\(\"(\w+)\"\))? }}", template)
    assert [(name, part or "answer") for name, part in named] == TOLD


def test_the_page_asks_three_questions_each_with_its_answers(index):
    questions = re.findall(r"<h3>(.*?)</h3>\s*<div class=\"answer\">(.*?)</div>", index, re.DOTALL)
    assert [question for question, _ in questions] == [
        "Do attacks cluster around 3 January?",
        "Do strikes on diplomatic sites differ from strikes on bases?",
        "Where did attacks fall, and from where did they come?",
    ]
    assert [answer.count("<p>") for _, answer in questions] == [5, 4, 3]


def test_the_page_holds_every_finding_limit_and_version(index, results):
    text = unescape(index)
    for row in results.summary.itertuples():
        assert f"<td>{row.measure}</td><td>{row.counts}</td><td>{row.effect}</td>" in text
    assert all(limit in text for limit in load_schema().words.limits)
    assert f"data version {tables.data_version(results.data_dir)}" in text


def test_every_chart_is_in_the_page_with_its_words_and_data(index, drawn):
    assert Page(index).tags.count("figure") == len(drawn)
    for name, chart in drawn.items():
        assert f'id="{name}-title"' in index
        assert f"{chart.headline}. {chart.alt} {chart.note}" in unescape(index)
        assert f'download="{name}.csv"' in index


def test_what_an_export_wrote_is_read_and_not_drawn_again(written, results, monkeypatch, tmp_path):
    for path in ("charts", "findings.json"):
        copy = shutil.copytree if (written / path).is_dir() else shutil.copy
        copy(written / path, tmp_path / path)
    monkeypatch.setattr(report.export, "export_all", lambda *_: pytest.fail("exported again"))
    monkeypatch.setattr(results, "draw", lambda page: "")  # the map alone is asked for
    monkeypatch.setattr(report, "home", lambda name: tmp_path)
    (tmp_path / "charts" / "timeline.svg").write_text('<svg id="another"></svg>', encoding="utf-8")
    report.write_report(tmp_path, results, progress=lambda line: None)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert '<svg id="another">' in page
    assert page.count("<figure>") == len(charts.CHARTS)


def test_without_an_export_one_is_made(tmp_path, results, monkeypatch):
    asked = []
    monkeypatch.setattr(report.export, "export_all", lambda *given: asked.append(given[0]))
    monkeypatch.setattr(results, "draw", lambda page: "")  # the map alone is asked for
    monkeypatch.setattr(report, "home", lambda name: tmp_path)
    with pytest.raises(FileNotFoundError, match=r"findings\.json"):
        report.write_report(tmp_path, results, progress=lambda line: None)
    assert asked == [tmp_path / "charts"]


def test_pages_need_no_network_and_no_script(written):
    for path in [written / "index.html", *written.glob("notebooks/*.html")]:
        page = Page(path.read_text(encoding="utf-8"))
        assert "script" not in page.tags
        assert "link" not in page.tags
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.ids
            elif not link.startswith("data:"):
                assert (path.parent / link).exists(), link


def test_the_interactive_map_is_linked(written, index):
    assert "map.html" in Page(index).links
    assert 'id="map"' in (written / "map.html").read_text(encoding="utf-8")


def test_every_notebook_has_a_page(written):
    stems = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {path.stem for path in written.glob("notebooks/*.html")} == stems
    page = (written / "notebooks" / "03_anniversary.html").read_text(encoding="utf-8")
    assert 'id="placebo_windows-title"' in page


def test_the_page_names_no_folder_of_this_machine(index):
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", index)


def test_two_reports_are_the_same_bytes(written, index, tmp_path, results):
    for path in ("charts", "findings.json"):
        copy = shutil.copytree if (written / path).is_dir() else shutil.copy
        copy(written / path, tmp_path / path)
    (tmp_path / "notebooks").mkdir()
    first = sorted((ROOT / "notebooks").glob("*.ipynb"))[0]
    shutil.copy(first, tmp_path / "notebooks")
    report.write_report(tmp_path, results, progress=lambda line: None)
    again = (tmp_path / "index.html").read_text(encoding="utf-8")
    cut = '<h2 id="notebooks">'
    assert again.split(cut)[0] == index.split(cut)[0]
    assert [path.stem for path in (tmp_path / "notebooks").glob("*.html")] == [first.stem]


def test_findings_that_cannot_be_read_are_said(results, tmp_path):
    (tmp_path / "findings.json").write_text("old", encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    shutil.copy(min((ROOT / "notebooks").glob("*.ipynb")), tmp_path / "notebooks")
    with pytest.raises(OSError, match=r"findings\.json holds no findings; 'export' writes them anew"):
        report.write_report(tmp_path, results, progress=lambda line: None)
    assert not (tmp_path / "index.html").exists()


def test_a_collection_that_lacks_findings_has_a_page_all_the_same():
    """A small collection has no US strikes, and perhaps no anniversary to test."""
    told = findings.fill("report", {})
    assert told.count("## ") == 3
    assert "two groups of sites differ" in told
