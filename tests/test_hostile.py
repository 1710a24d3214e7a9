"""Text that tries to be markup, a formula, a template, a path or a direction, in every cell, through every output."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET

import pandas as pd
import pytest
from hostile import ATTEMPTS, UNSEEN, text_columns, write_hostile
from playwright.sync_api import sync_playwright
from test_browser import CHROMIUM, Visit
from test_site import Page

import helpers
from conftest import ROOT
from helpers import blanks, build, export, findings, schemas, site, tables
from helpers.findings import Results, show

RAW = list(schemas.load_schema().raw)
FORMULA = re.compile(r"[=+@\t\r]|-(?![\d.]*$)")
SECRET = "How Sphinx makes the site"  # stands in conf.py, which some attempts would include


def read_changed(folder, name, column, values):
    """The faults of a column in a table whose rows are alike but for it."""
    first = dict.fromkeys(schemas.load_schema().raw[name].columns, "") | {column: ""}
    path = folder / "table.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerows(first | {column: value} for value in values)
    faults = tables.read_table(path, schemas.load_schema().raw[name], "table.csv")[1]
    return [fault for fault in faults if fault.column == column]


@pytest.mark.parametrize("name", RAW)
def test_an_id_is_no_path_and_no_markup(tmp_path, name):
    wrong = ["../../x", "a/b", "a\\b", "C:x", "<b>", "{{1}}", "=1", "a b", "..", "a\u202eb", "é", "a|b", "a;b"]
    columns = schemas.load_schema().raw[name].columns
    for column in (key for key, about in columns.items() if about.type == "text" and about.pattern and key != "url"):
        faults = read_changed(tmp_path, name, column, wrong)
        assert len({fault.line for fault in faults}) >= len(wrong), column


@pytest.mark.parametrize("name", RAW)
def test_what_nobody_sees_is_refused_in_names_and_what_breaks_lines_everywhere(tmp_path, name):
    for column in text_columns(name):
        values = [text for text in UNSEEN if column not in blanks.FREE_TEXT or re.search("[\n\x1b\u2028]", text)]
        assert len({fault.line for fault in read_changed(tmp_path, name, column, values)}) >= len(values), column


def test_your_own_file_keeps_text_as_text(tmp_path):
    """Every column of text, one that nobody knows, and its name."""
    rows = [
        {"incident_id": f"{text} {n}", "date": "2022-01-03", "site_name": text, "launch_area": text.replace("|", " "),
         "claimed_by": "x", "country": text, f"{ATTEMPTS[0]} column": text, "weapon": "rocket"}
        for n, text in enumerate(ATTEMPTS)
    ]  # fmt: skip
    path = tmp_path / "own.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    data = helpers.load_incidents(dataset=path)
    assert set(data["site_name"]) == set(ATTEMPTS)
    shown = show(pd.DataFrame(data.drop(columns="geometry")))
    page = Page(shown.to_html())
    assert {tag for tag, _ in page.tags} <= {"table", "thead", "tbody", "tr", "th", "td"}
    check_latex(shown.to_latex(escape=True))
    path.write_text("incident_id,date,site_name\na,2022-01-03,b\u202ec\nd,2022-01-03,b\ufffec\n", encoding="utf-8")
    assert set(helpers.load_incidents(dataset=path)["site_name"]) == {"bc"}


def check_latex(text):
    """No command but those that pandas writes, and no character that LaTeX reads as one."""
    known = {"begin", "end", "toprule", "midrule", "bottomrule", "textbackslash", "textasciitilde"}
    known |= {"textasciicircum", "space", "multirow", "cline", "multicolumn", "label", "caption"}
    assert set(re.findall(r"(?<!\\)\\([a-z]+)", text.replace(r"\\", " "))) <= known
    assert not re.search(r"(?<!\\)[$#%]", text)


# --- every output of a collection ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Everything that is written of the hostile collection, by the folder it is in."""
    folder = tmp_path_factory.mktemp("hostile")
    data = write_hostile(folder / "data")
    build.build(data, progress=lambda line: None)
    results = Results(data_dir=data)
    results.self_excitation = findings.self_excitation(results.anniversary, results.incidents, n_bootstrap=9)
    results.power = findings.power(results.anniversary, results.incidents, n_draws=9)
    export.export_all(folder / "out" / "charts", results, lambda line: None, with_tables=True)
    site.write_site(folder / "out", results, progress=lambda line: None)
    return folder


slow = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Glyph")]


class TestOutputs:
    pytestmark = slow

    def test_every_attempt_got_in(self, written):
        raw = helpers.load_incidents(data_dir=written / "data", inclusion=["core", "borderline", "excluded"])
        assert raw["site_name"].nunique() > 5
        reports = pd.read_csv(written / "data" / "raw" / "reports.csv", dtype="str")
        assert set(ATTEMPTS) <= set(reports["note"])

    def test_no_csv_holds_a_formula(self, written):
        paths = [path for path in written.rglob("*.csv") if path.parts[-2] != "raw" and "second" not in path.parts[-2]]
        assert len(paths) > 50
        for path in paths:
            rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
            assert not [cell for row in rows for cell in row if FORMULA.match(cell)], path

    def test_pages_of_text_hold_no_attempt(self, written):
        for name in ("README.md", "datapackage.json"):
            text = (written / "data" / name).read_text(encoding="utf-8")
            assert not [attempt for attempt in ATTEMPTS if attempt in text], name
        found = json.loads((written / "out" / "findings.json").read_text(encoding="utf-8"))
        assert "<" not in re.sub(r"<br>|<!--.*?-->", "", findings.fill("readme", found))

    def test_charts_are_pictures_alone(self, written):
        for path in (written / "out" / "charts").glob("*.svg"):
            for part in ET.fromstring(path.read_bytes()).iter():
                assert part.tag.rpartition("}")[2] not in ("script", "foreignObject", "a"), path
                assert not [key for key in part.attrib if key.startswith("on")], path
                links = [value for key, value in part.attrib.items() if key.endswith("href")]
                assert all(link.startswith(("#", "data:image/png;base64,")) for link in links), path
        for path in (written / "out" / "charts").glob("*.pdf"):
            assert not re.search(rb"/(JavaScript|JS|URI|Launch|OpenAction|AA)\b", path.read_bytes()), path
        for path in (written / "out" / "charts").glob("*.png"):
            chunks = re.findall(rb"[tiz]+[TX]+t(\w+)\x00", path.read_bytes())
            assert not [attempt for attempt in ATTEMPTS for chunk in chunks if attempt.encode() in chunk], path

    def test_tables_are_tables_alone(self, written):
        for path in (written / "out" / "tables").glob("*.html"):
            tags = {tag for tag, _ in Page(path.read_text(encoding="utf-8")).tags}
            assert tags <= {"table", "thead", "tbody", "tr", "th", "td"}, path
        for path in (written / "out" / "tables").glob("*.tex"):
            check_latex(path.read_text(encoding="utf-8"))

    def test_nothing_is_written_elsewhere(self, written):
        """Ids and names lead to no other folder."""
        assert {path.name for path in written.iterdir()} == {"data", "out"}
        assert {path.name for path in (written / "out").iterdir()} <= {"charts", "tables", "site", "findings.json"}

    @pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; run: apt-get install chromium")
    def test_a_browser_runs_nothing_and_asks_for_nothing(self, written):
        pages = [path for path in (written / "out" / "site").rglob("*.html") if "_static" not in path.parts]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM)
            visit = Visit(browser)
            visit.page.on("dialog", lambda dialog: visit.said.append(f"dialog: {dialog.message}"))
            seen = ""
            for path in pages:
                page = visit.open(path)
                page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
                page.wait_for_timeout(300)
                assert page.title() != "broken", path
                assert page.locator("img[src=x], [onerror], a[href^=javascript], img[src*=elsewhere]").count() == 0
                seen += page.locator("body").text_content()
            assert visit.noise() == []
            browser.close()
        assert SECRET in (ROOT / "src/helpers/site_pages/conf.py").read_text(encoding="utf-8")
        assert SECRET not in seen
        for attempt in (ATTEMPTS[0], ATTEMPTS[5], ATTEMPTS[6], ATTEMPTS[9]):
            assert attempt in seen, "as it was written"
