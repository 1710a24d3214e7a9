import re
from html.parser import HTMLParser

import pytest

from helpers import codebook, findings, notebooks, report


@pytest.fixture(scope="module")
def written(tmp_path_factory, found):
    out = tmp_path_factory.mktemp("report")
    report.write_report(out, found, progress=lambda line: None)
    return out


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


def test_the_page_answers_with_the_findings(written, timing, least, targets, found):
    page = (written / "index.html").read_text()
    for sentence in (timing.text, findings.limit_text(timing, least), targets.text, found.where.launch_text):
        assert sentence.replace("'", "&#39;") in page
    assert "27 against 6.4 expected (global p = 0.0081) in the 14 days from one" in page
    assert "any damage (compound alone; adjusted p = 0.033" in page
    assert "data version 1.0.0" in page
    assert all(limit.replace("'", "&#39;") in page for limit in codebook.LIMITS)


def test_every_chart_is_in_the_page(written, registered):
    page = (written / "index.html").read_text()
    for name in registered:
        assert f'id="{name}-title"' in page
    assert Page(page).tags.count("figure") == len(registered)


def test_pages_need_no_network_and_no_script(written):
    for path in [written / "index.html", *written.glob("notebooks/*.html")]:
        page = Page(path.read_text())
        assert "script" not in page.tags
        assert "link" not in page.tags
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.ids
            elif not link.startswith("data:"):
                assert (path.parent / link).exists(), link


def test_the_interactive_map_is_linked(written):
    assert "map.html" in Page((written / "index.html").read_text()).links
    assert 'id="map"' in (written / "map.html").read_text()


def test_every_notebook_has_a_page(written):
    stems = {path.stem for path in notebooks.NOTEBOOK_DIR.glob("*.ipynb")}
    assert {path.stem for path in written.glob("notebooks/*.html")} == stems
    page = (written / "notebooks" / "03_anniversary.html").read_text()
    assert "There is no evidence that attacks cluster around 3 January" in page
    assert 'id="placebo_windows-title"' in page


@pytest.mark.slow
def test_two_reports_are_the_same_bytes(written, tmp_path):
    report.write_report(tmp_path, progress=lambda line: None)
    assert (tmp_path / "index.html").read_bytes() == (written / "index.html").read_bytes()
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", (written / "index.html").read_text())
