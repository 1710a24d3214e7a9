"""The site of the frozen set: what its pages hold, that they need nothing else, and that text in them stays text."""

import copy
import json
import re
import runpy
import shutil
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import nbformat
import pandas as pd
import pytest

from conftest import ROOT
from helpers import charts, collection, export, incidents_page, site, tables
from helpers.findings import NotAvailable, Results

# What the first page must tell, by result and part, whatever its template says: one row a paragraph.
PARAGRAPHS = [
    [("anniversary", "answer")],
    [("anniversary", "excluded"), ("power", "power")],
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
HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(2)> {{ 1 }} [a](javascript:alert(3)) `x` \u202edesrever 🚀"
)
OWN_CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 60"><title>Own &lt;b&gt;</title>'
    "<desc>Two dots.</desc><circle r='9'/></svg>"
)


class Page(HTMLParser):
    """What a page links to, which elements it has, and the text that is read on it."""

    def __init__(self, text):
        super().__init__()
        self.links, self.tags, self.text, self.skipped = [], [], "", None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.text += " " if tag in ("td", "dt", "dd", "p", "li") else ""
        self.links += [attrs[name] for name in ("href", "src") if attrs.get(name)]
        self.links += re.findall(r"(\S+)(?: \S+)?(?:,|$)", attrs.get("srcset") or "")
        self.skipped = tag if tag in ("script", "style") else self.skipped

    def handle_endtag(self, tag):
        self.skipped = None if tag == self.skipped else self.skipped

    def handle_data(self, data):
        if not self.skipped:
            self.text += data

    def find(self, tag, **wanted):
        """The attributes of the elements of a name that have these among theirs."""
        return [attrs for name, attrs in self.tags if name == tag and wanted.items() <= attrs.items()]


def plain(text):
    """Text as it is read: one blank between words, without bold, and with the quotation marks of a keyboard."""
    return " ".join(text.replace("**", "").translate(str.maketrans("’‘“”", "''\"\"")).split())


def small_notebook(drawn):
    """A notebook with a chart that was exported and one that was not, a table, and words of the data."""
    outputs = [
        [nbformat.v4.new_output("display_data", {"image/svg+xml": drawn, "text/plain": "Chart"})],
        [nbformat.v4.new_output("display_data", {"image/svg+xml": OWN_CHART, "text/plain": "Chart"})],
        [nbformat.v4.new_output("display_data", {"text/markdown": f"**Bold.** {HOSTILE}", "text/plain": ""})],
        [
            nbformat.v4.new_output(
                "display_data", {"text/html": "<table><tr><td>7</td></tr></table>", "text/plain": "7"}
            )
        ],
    ]
    cells = [nbformat.v4.new_code_cell("secret_name = 1", outputs=part, id=f"c{n}") for n, part in enumerate(outputs)]
    title = nbformat.v4.new_markdown_cell("# What is small?\n\nSee [the codebook](../data/README.md).", id="title")
    return nbformat.v4.new_notebook(cells=[title, *cells])


@pytest.fixture(scope="module")
def hostile(results):
    """The results with text that tries to be markup, a formula or an address of a script."""
    own = copy.copy(results)
    own.every_incident, own.reports, own.sources = (
        table.copy() for table in (results.every_incident, results.reports, results.sources)
    )
    first = own.every_incident.index[own.every_incident["inclusion"] == "core"][0]
    own.every_incident.loc[first, ["site_name", "launch_area"]] = [HOSTILE, "=cmd()"]
    reports = own.reports["incident_id"] == own.every_incident.loc[first, "incident_id"]
    own.reports.loc[reports, "note"] = f"{HOSTILE}\n\n</table>"
    cited = own.sources["source_id"].isin(own.reports.loc[reports, "source_id"])
    own.sources.loc[cited, ["publisher", "url"]] = [HOSTILE, "javascript:alert(1)"]
    return own


def seal(out, results):
    """Have the manifest say that what lies in a folder of reports was exported from these tables."""
    files = {path.name: path for path in (out / "charts").glob("*.*")} | {"../findings.json": out / "findings.json"}
    hashes = {name: export._hash(path.read_bytes()) for name, path in files.items()}
    manifest = json.dumps({"files": hashes, **export._made_of(results)})
    (out / "charts" / export.MANIFEST).write_text(manifest, encoding="utf-8")


@pytest.fixture(scope="module")
def out(tmp_path_factory, exported, hostile):
    """A folder of reports with its site, made of hostile findings too."""
    out = tmp_path_factory.mktemp("reports")
    shutil.copytree(exported[0], out, dirs_exist_ok=True)
    found = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    found["anniversary"]["event"] = HOSTILE
    (out / "findings.json").write_text(json.dumps(found), encoding="utf-8")
    seal(out, hostile)
    (out / "notebooks").mkdir()
    drawn = (out / "charts" / "timeline.svg").read_text(encoding="utf-8")
    nbformat.write(small_notebook(drawn), out / "notebooks" / "small.ipynb")
    site.write_site(out, hostile, progress=lambda line: None)
    return out


@pytest.fixture(scope="module")
def pages(out):
    """Every page of the site, by address."""
    folder = out / "site"
    return {
        path.relative_to(folder).as_posix(): Page(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.html"))
    }


# --- the first page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parts", PARAGRAPHS, ids=lambda parts: "-".join(parts[0]))
def test_the_first_page_holds_every_part_of_every_answer(pages, results, parts):
    told = [results.tell(name, part) for name, part in parts]
    assert all(told)
    assert plain(" ".join(told)) in plain(pages["index.html"].text)
    assert "**" not in pages["index.html"].text


def test_the_list_above_is_all_that_the_template_of_the_page_names():
    template = (ROOT / "src/helpers/findings/pages/site.md").read_text(encoding="utf-8")
    named = re.findall(r"{{ (\w+)\|tell(?:\(\"(\w+)\"\))? }}", template)
    assert [(name, part or "answer") for name, part in named] == [part for parts in PARAGRAPHS for part in parts]


def test_each_question_has_three_numbers_one_chart_and_the_rest_behind_it(out):
    text = (out / "site" / "index.html").read_text(encoding="utf-8")
    parts = re.split(r"<h2>(.*?)<a ", text)[1:]
    cards = dict(zip(parts[::2], map(Page, parts[1::2]), strict=True))
    assert list(cards) == [
        "Do attacks cluster around 3 January?",
        "Do strikes on diplomatic sites differ from strikes on bases?",
        "Where did attacks fall, and from where did they come?",
        "Read with care",
        "The data",
        "How to cite",
    ]
    for name, card in list(cards.items())[:3]:
        found = [len(card.find(tag)) for tag in ("dt", "dd", "figure", "img", "details")]
        assert found == [3, 3, 1, 1, 1], name


def test_the_first_page_holds_every_finding_the_definition_and_the_version(pages, results):
    text = plain(pages["index.html"].text)
    for row in results.summary.itertuples():
        assert plain(" ".join([row.measure, row.counts, row.effect])) in text
    assert "An incident is one attack or attempted attack" in text
    assert f"data version {tables.data_version(results.data_dir)}" in text
    assert f"All {len(results.incidents)} incidents" in text


def test_numbers_are_those_of_the_findings(pages, results):
    row = results.anniversary["headline"]
    text = plain(pages["index.html"].text)
    assert f"reported within {results.anniversary['window']} days of 3 January {row['observed']:.0f} expected" in text


# --- charts and notebooks -------------------------------------------------------------------------------------------


def test_every_chart_is_on_the_page_of_charts_with_its_words_and_files(out, pages, drawn):
    page = pages["charts.html"]
    pictures = {attrs["src"]: attrs["alt"] for attrs in page.find("img") if attrs["src"].startswith("charts/")}
    assert pictures.keys() == {f"charts/{name}.svg" for name in charts.CHARTS}
    for name, chart in drawn.items():
        assert pictures[f"charts/{name}.svg"] == " ".join(f"{chart.headline}. {chart.alt}".split())
        assert plain(f"{chart.alt} {chart.note}") in plain(page.text)
        assert {f"charts/{name}.{kind}" for kind in ("csv", "svg", "pdf", "png")} <= set(page.links)
        assert f"charts/{name}-column.svg" in page.links
        copied = (out / "site" / "charts" / f"{name}.svg").read_text(encoding="utf-8")
        without, n = re.subn(r"<style>@font-face [^<]*</style>", "", copied)
        assert n == 1, "a picture loads no font of its page"
        assert without == (out / "charts" / f"{name}.svg").read_text(encoding="utf-8")


def test_a_notebook_shows_as_many_pictures_as_charts_each_with_alt_text(out, pages, drawn):
    page = pages["notebooks/small.html"]
    assert len(page.find("figure")) == 2
    shown = {attrs["src"]: attrs["alt"] for attrs in page.find("img") if attrs.get("alt")}
    chart = drawn["timeline"]
    assert shown == {
        "../charts/timeline.svg": " ".join(f"{chart.headline}. {chart.alt}".split()),
        "small-2.svg": "Own <b>. Two dots.",
    }
    copied = (out / "site" / "notebooks" / "small-2.svg").read_text(encoding="utf-8")
    assert re.sub(r"<style>@font-face [^<]*</style>", "", copied) == OWN_CHART
    assert "<svg" not in page.text, "no escaped SVG"
    assert "Figure 1." in page.text
    assert "Figure 2." in page.text


def test_a_notebook_is_to_be_had_as_it_is_and_its_code_is_folded(out, pages):
    kept = (out / "site" / "notebooks" / "small.ipynb").read_bytes()
    assert kept == (out / "notebooks" / "small.ipynb").read_bytes()
    page = pages["notebooks/small.html"]
    assert page.find("a", href="small.ipynb")
    assert len([attrs for attrs in page.find("details") if "hide" in attrs.get("class", "")]) == 4
    assert "secret_name" in page.text


# --- incidents ------------------------------------------------------------------------------------------------------


def test_every_incident_that_is_not_excluded_has_its_row_and_its_reports(pages, results):
    rows = {attrs["id"]: attrs for attrs in pages["incidents.html"].find("tr") if "id" in attrs}
    listed = results.every_incident.query("inclusion != 'excluded'").set_index("incident_id")
    assert rows.keys() == set(listed.index)
    for name, row in listed.iterrows():
        assert rows[name]["data-inclusion"] == row["inclusion"]
        assert rows[name]["data-year"] == f"{row['date']:%Y}"
        assert rows[name]["data-weapon"] == row["weapon"].replace("_", " ")
    n_reports = results.reports["incident_id"].isin(listed.index).sum()
    text = pages["incidents.html"].text
    assert sum(map(int, re.findall(r"(\d+) reports? of ", text))) == n_reports


@pytest.mark.parametrize(("low", "best", "high", "text"), [
    (0, 0, 0, "0"),
    (2, 3, 5, "3 (2–5)"),
    (3, 3, 4, "3 (3–4)"),
    (3, 3, pd.NA, "3 or more"),
    (1, 3, pd.NA, "3 (1 or more)"),
    (pd.NA, pd.NA, pd.NA, "–"),
])  # fmt: skip
def test_a_count_is_told_with_its_range_and_zero_is_not_silence(low, best, high, text):
    row = pd.DataFrame({"hit_low": [low], "hit_best": [best], "hit_high": [high]}, dtype="Int64")
    told = incidents_page._count(next(row.itertuples()), "hit")
    assert told == {"text": text, "order": -1 if pd.isna(best) else best}


def test_filters_offer_what_there_is(pages, results):
    page = pages["incidents.html"]
    assert [attrs["name"] for attrs in page.find("select")] == ["year", "country", "target", "weapon", "basis"]
    assert page.find("form", hidden=None), "of no use without scripts"
    assert "Diplomatic sites" in {attrs.get("data-target") for attrs in page.find("tr")}


def test_the_csv_holds_every_row_and_no_formula(out, results):
    table = pd.read_csv(out / "site" / "incidents.csv")
    listed = results.every_incident.query("inclusion != 'excluded'")
    assert sorted(table["incident_id"]) == sorted(listed["incident_id"])
    assert "'=cmd()" in table["launch_area"].tolist()
    cells = pd.Series(table.select_dtypes("str").stack().tolist())
    assert not cells.str.match(r"[=+\-@]").any()
    assert {"latitude", "longitude", "killed_best"} <= set(table)


# --- safety ---------------------------------------------------------------------------------------------------------


def test_hostile_text_is_shown_and_is_no_markup(pages):
    for name, times in {"index.html": 1, "incidents.html": 3, "notebooks/small.html": 1}.items():
        page = pages[name]
        assert plain(page.text).count(plain(HOSTILE)) >= times, name
        assert not [attrs for _, attrs in page.tags if {"onerror", "onload"} & attrs.keys()], name
        assert not [link for link in page.links if link.startswith("javascript:")]
        assert len(page.find("table")) <= 1


def test_pages_ask_nothing_of_the_network(out, pages):
    asked = {"script": "src", "link": "href", "img": "src", "iframe": "src"}
    for name, page in pages.items():
        for tag, attrs in page.tags:
            address = attrs.get(asked.get(tag, ""), "")
            assert not urlsplit(address or "").netloc, (name, tag, address)
    for path in (out / "site").rglob("*.css"):
        assert not re.findall(r"url\([\"']?(?:https?:)?//|@import ['\"]?http", path.read_text(encoding="utf-8")), path


def test_every_link_leads_somewhere(out, pages):
    ids = {name: {attrs["id"] for _, attrs in page.tags if "id" in attrs} for name, page in pages.items()}
    folder = out / "site"
    for name, page in pages.items():
        for link in page.links:
            address = urlsplit(link)
            if address.scheme or not (address.path or address.fragment):
                continue
            target = (folder / name).parent / unquote(address.path) if address.path else folder / name
            assert target.exists(), (name, link)
            known = ids.get(target.resolve().relative_to(folder.resolve()).as_posix())
            assert known is None or not address.fragment or unquote(address.fragment) in known, (name, link)


def test_the_first_page_is_light(out, pages):
    """The page with all that it loads, as bytes on disk."""
    folder = out / "site"
    tags = ("script", "link", "img")
    loaded = {attrs.get("src") or attrs.get("href") for tag in tags for attrs in pages["index.html"].find(tag)}
    paths = {folder / urlsplit(address).path for address in loaded if address and not address.endswith(".html")}
    assert sum(path.stat().st_size for path in {*paths, folder / "index.html"} if path.is_file()) < 1.5e6


def test_nothing_names_a_folder_of_this_machine(out):
    for path in [*(out / "site").rglob("*.html"), *(out / "site").rglob("searchindex.js")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", text), path


# --- terms ----------------------------------------------------------------------------------------------------------


def test_a_term_is_linked_where_it_first_occurs_as_a_whole_word_in_any_number(tmp_path):
    settings = runpy.run_path(str(ROOT / "src/helpers/site_pages/conf.py"))
    (tmp_path / "docs").mkdir()
    glossary = "# Glossary\n\n```{glossary}\nblock\n  Days.\n\nplacebo anniversary\n  A day of a block.\n```\n"
    (tmp_path / "docs" / "glossary.md").write_text(glossary, encoding="utf-8")
    terms = settings["_read_terms"](tmp_path)
    text = "A blockade. Placebo anniversaries, block by block; each placebo anniversary."
    parts = [*settings["_linked"](text, terms, "index")]
    assert "".join(part.astext() for part in parts) == text
    linked = {part["reftarget"]: part.astext() for part in parts if part.tagname == "pending_xref"}
    assert linked == {"placebo anniversary": "Placebo anniversaries", "block": "block"}
    assert terms == {}
    assert settings["_read_terms"](tmp_path / "none") == {}


# --- what stops it --------------------------------------------------------------------------------------------------


def test_what_is_missing_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "find_spec", lambda name: None if name in ("sphinx", "itables") else name)
    with pytest.raises(site.SiteError) as raised:
        site.write_site(tmp_path)
    assert str(raised.value) == "the site needs sphinx, itables; run: pip install 'anniversary-attacks[site]'"
    assert list(tmp_path.iterdir()) == []


def empty_reports(folder, results, text="{}"):
    """A folder of reports to which an export wrote no finding and no chart."""
    (folder / "charts").mkdir(parents=True)
    (folder / "findings.json").write_text(text, encoding="utf-8")
    seal(folder, results)
    return folder


def test_a_warning_of_sphinx_is_an_error_and_nothing_is_written(tmp_path, results):
    out = empty_reports(tmp_path, results)
    (out / "notebooks").mkdir()
    cell = nbformat.v4.new_markdown_cell("# Title\n\n[gone](nowhere.md)")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), out / "notebooks" / "broken.ipynb")
    with pytest.raises(site.SiteError, match=r"^notebooks/broken\.ipynb:.*nowhere\.md"):
        site.write_site(out, results, progress=lambda line: None)
    assert not (out / "site").exists()


def test_findings_that_cannot_be_read_are_said(results, tmp_path):
    out = empty_reports(tmp_path, results, "old")
    with pytest.raises(OSError, match=r"findings\.json holds no findings; 'export' writes them anew"):
        site.write_site(out, results, progress=lambda line: None)
    assert not (out / "site").exists()


def test_without_an_export_one_is_made(tmp_path, results, monkeypatch):
    asked = []
    monkeypatch.setattr(export, "export_all", lambda *given: asked.append(given[0]))
    with pytest.raises(FileNotFoundError, match=r"findings\.json"):
        site.write_site(tmp_path, results, progress=lambda line: None)
    assert asked == [tmp_path / "charts"]


def test_the_name_of_a_collection_is_text(out, hostile, monkeypatch):
    schema = site.load_schema(hostile.data_dir)
    named = copy.copy(schema.collection)
    for key, text in {"title": HOSTILE, "name": "*a* <b>"}.items():
        object.__setattr__(named, key, text)
    own = copy.copy(schema)
    object.__setattr__(own, "collection", named)
    monkeypatch.setattr(site, "load_schema", lambda folder: own)
    page = site._index_page(site._read_findings(out), hostile, {}, {}).decode()
    assert "<script" not in page
    assert "<b>" not in page


@pytest.mark.parametrize("changed", ["tables", "packages", "findings"])
def test_findings_of_other_tables_are_not_shown_beside_these(tmp_path, results, monkeypatch, changed):
    out, asked = empty_reports(tmp_path, results), []
    if changed == "findings":
        (out / "findings.json").write_text('{"n": 1}', encoding="utf-8")
    else:
        manifest = json.loads((out / "charts" / export.MANIFEST).read_text(encoding="utf-8"))
        manifest[changed][next(iter(manifest[changed]))] = "other"
        (out / "charts" / export.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    monkeypatch.setattr(export, "export_all", lambda *given: asked.append(given[0]))
    monkeypatch.setattr(site, "_gather", lambda *_: pytest.fail("enough"))
    with pytest.raises(pytest.fail.Exception, match="enough"):
        site.write_site(out, results, progress=lambda line: None)
    assert asked == [out / "charts"]


def test_what_an_export_wrote_is_not_drawn_again(out, hostile, monkeypatch):
    monkeypatch.setattr(export, "export_all", lambda *_: pytest.fail("exported again"))
    monkeypatch.setattr(hostile, "draw", lambda page: "")  # the map alone is asked for
    files = site._gather(out, hostile, export.read_current(out / "charts", hostile))
    assert files["_extra/map.html"] == b""
    assert len([name for name in files if name.startswith("_extra/charts/")]) == 8 * len(charts.CHARTS)


def test_a_chart_that_was_exported_at_page_width_alone_is_shown(out, tmp_path):
    (tmp_path / "charts").mkdir()
    names = ["timeline.svg", "timeline.txt"]
    for name in names:
        shutil.copy(out / "charts" / name, tmp_path / "charts" / name)
    [[name, chart]] = site._read_charts(tmp_path, names).items()
    assert "<source" not in site._chart(name, chart)
    assert 'src="charts/timeline.svg"' in site._chart(name, chart)


def test_a_collection_without_findings_has_a_site_that_says_why(tmp_path):
    """Its own notebook and codebook are there; how-tos and reference are the published collection's."""
    collection.start_collection(tmp_path / "mine", progress=lambda line: None)
    results = Results(data_dir=tmp_path / "mine")
    out = empty_reports(tmp_path / "reports", results)
    results.anniversary = results.embassy_vs_base = results.locations = NotAvailable("it is too small")
    (out / "site" / "notebooks").mkdir(parents=True)
    old = [out / "site" / name for name in ("gone.html", "notebooks/00_gone.html", "notebooks/00_gone.ipynb")]
    kept = [out / "site" / name for name in ("CNAME", "about.html", "notebooks/notes.txt")]
    for path in (*old, *kept):
        path.write_text("of an earlier site", encoding="utf-8")
    written = [path.relative_to(out / "site").as_posix() for path in old]
    outside = tmp_path / "outside.html"
    outside.touch()
    written += ["../../outside.html", str(outside), 7]
    (out / "site" / site._LISTING).write_text(json.dumps(written), encoding="utf-8")
    (out / "charts" / "timeline.svg").write_text("drawn by hand", encoding="utf-8")
    lines = []
    site.write_site(out, results, progress=lines.append)
    assert lines[0] == "left out, since no export of these tables wrote them so: timeline.svg"
    assert outside.exists()
    text = plain((out / "site" / "index.html").read_text(encoding="utf-8"))
    assert text.count("Not available, because it is too small.") == 3
    names = {path.relative_to(out / "site").as_posix() for path in (out / "site").rglob("*.html")}
    assert {"index.html", "incidents.html", "charts.html", "data/README.html", "notebooks/01_anniversary.html"} <= names
    assert not [name for name in names if name.startswith(("docs/", "api/", "CHANGELOG"))]
    assert not [path for path in old if path.exists()]
    assert all(path.exists() for path in kept)


def test_a_site_of_the_published_tables_has_how_tos_changelog_and_reference():
    pages = site._repository_pages(Results())
    assert {"docs/limits.md", "CHANGELOG.md", "CONTRIBUTING.md", "api/index.md", "api/helpers.anniversaries.md"} <= set(
        pages
    )
    assert not [name for name in pages if "vendor" in name or "site_pages" in name]
    assert b"(helpers.near_repeat.md) | Are attacks near in space also near in time?" in pages["api/index.md"]
