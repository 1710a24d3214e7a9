"""Every page of the site in a browser: silent, self-contained, readable by all, and used by keyboard alone."""

import shutil
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
from test_web_map import SCRIPT

from conftest import ROOT
from helpers import cli, findings, site, tables, web_map
from helpers.findings import Results

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; run: apt-get install chromium"),
]
WIDTHS = (360, 1440)
# What a page of the theme says of itself: its mode, and where its sidebar stands.
THEME_SAYS = "[PST]: "
# What axe finds in the theme's own markup, as rule and part of the element, and why it is left.
THEME_HAS = {
    ("region", "sidebar-primary-item"),  # the theme puts the home link beside its landmark for navigation, not within
    ("summary-name", "toctree-toggle"),  # an arrow opens a branch of the sidebar; the link beside it names the branch
}
PAPER = {"width": 718, "height": 1046}  # A4 within margins of one centimetre, in pixels
PICTURES = """[...document.images].filter(image => !image.alt && !image.closest("[aria-hidden=true]") && image.src
    || image.currentSrc && image.complete && !image.naturalWidth).map(image => image.outerHTML)"""
CUT = """[...document.querySelectorAll("figure img, .stage")].filter(chart => {
    const box = chart.getBoundingClientRect(), block = chart.closest("figure, .stage");
    return box.left < 0 || box.right > innerWidth || box.height > innerHeight || !box.height
        || getComputedStyle(block).breakInside !== "avoid" || getComputedStyle(block).overflow === "scroll";
}).map(chart => chart.src ?? chart.id)"""
WIDE = """[...document.querySelectorAll("main table, main pre")].filter(part => part.clientWidth
    && (part.scrollWidth > part.clientWidth + 1 || part.parentElement.scrollWidth > part.parentElement.clientWidth + 1))
    .map(part => part.outerHTML.slice(0, 200))"""
SMALL = """[...document.querySelectorAll("a, button, input, summary, [role=button]")].filter(part => {
    const box = (part.closest("label") ?? part).getBoundingClientRect();
    return box.width && !part.closest("footer, .leaflet-control-attribution") && Math.min(box.width, box.height) < 23.9;
}).map(part => part.outerHTML)"""
OVERLAPS = """(() => {
    const boxes = [...document.querySelectorAll(".mark")].map(mark => mark.getBoundingClientRect());
    return boxes.flatMap((a, n) => boxes.slice(n + 1).filter(b => Math.hypot(a.x + a.width / 2 - b.x - b.width / 2,
        a.y + a.height / 2 - b.y - b.height / 2) < (a.width + b.width) / 2 - 2)).length;
})()"""


# Names on the ground that lie on each other, on a symbol or on a control.
WORDS_MEET = """(() => {
    const boxes = selector => [...document.querySelectorAll(selector)].map(part => part.getBoundingClientRect());
    const words = boxes("#map .leaflet-names-pane > *"), others = boxes(".mark, #map .leaflet-control");
    const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    return words.flatMap((a, n) => [...words.slice(n + 1), ...others].filter(b => meet(a, b))).length;
})()"""


@pytest.fixture(scope="module")
def folder(exported, results, tmp_path_factory):
    """The whole site: charts and tables of the frozen set; notebooks, how-tos and reference of the repository."""
    out = tmp_path_factory.mktemp("reports")
    shutil.copytree(exported[0], out, dirs_exist_ok=True)
    shutil.copytree(ROOT / "notebooks", out / "notebooks")
    pages = site._repository_pages(Results())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "_repository_pages", lambda _: pages)
        site.write_site(out, results, progress=lambda line: None)
    return out / "site"


def test_a_command_runs_after_the_site_was_made(folder):
    """Sphinx reads the functions of the reference where this process runs them."""
    assert cli.main(["validate", str(ROOT / "data/raw")]) == 0


@pytest.fixture(scope="module")
def browser(folder):
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM)
        yield started
        started.close()


class Visit:
    """A tab that keeps what its pages say and ask for."""

    def __init__(self, browser, width=1440, height=900):
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.page, self.said, self.asked = self.context.new_page(), [], []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path, fragment=""):
        self.page.goto(path.as_uri() + fragment)
        return self.page

    def noise(self):
        """What was said, but for the theme's own lines, and what was asked for elsewhere."""
        outside = {url for url in self.asked if urlsplit(url).scheme not in ("file", "data", "blob")}
        return [text for text in self.said if not text.startswith(THEME_SAYS)] + sorted(outside)


@pytest.fixture
def visit(browser):
    """A maker of tabs, which are closed with the test; none of them may have heard anything."""
    visits = []

    def make(width=1440, height=900):
        visits.append(Visit(browser, width, height))
        return visits[-1]

    yield make
    for each in visits:
        each.context.close()


def accessibility(page, rules=None):
    """What axe finds at a page's size and in its colours, without what is the theme's."""
    options = {"resultTypes": ["violations"], "preload": False} | ({"runOnly": rules} if rules else {})
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [
        (rule["id"], node["html"][:200])
        for rule in found
        for node in rule["nodes"]
        if not any(rule["id"] == name and part in node["html"] for name, part in THEME_HAS)
    ]


def faults(visit, path):
    """What is wrong with a page. Light and dark differ in colours alone, so the other rules are tried in light."""
    visit.said.clear()
    visit.asked.clear()
    found = []
    visit.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    visit.page.emulate_media(color_scheme="light")
    page = visit.open(path)
    still = "* { transition: none !important; animation: none !important; }"  # else colours are measured half-way
    page.add_style_tag(content=still)
    page.evaluate(Axe().axe_script)
    if path.parent.name in ("api", "docs", "notebooks"):  # the sidebar, which is long, is tried on the other pages
        page.evaluate("document.querySelector('.bd-sidebar-primary').remove()")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    for width, scheme in [(width, scheme) for width in WIDTHS for scheme in ("light", "dark")]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append((width, "scrolls sideways"))
        rules = ["color-contrast"] if scheme == "dark" else None
        found += [(width, scheme, *rest) for rest in accessibility(page, rules)]
    found += [("picture", *rest) for rest in zip(page.evaluate(PICTURES))]
    return found + [("noise", text) for text in visit.noise()]


# --- every page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [".", "api", "data", "docs", "notebooks"])
def test_every_page_is_silent_self_contained_and_open_to_all(folder, visit, part):
    paths = sorted((folder / part).glob("*.html"))
    tab = visit()
    found = {path.name: wrong for path in paths if (wrong := faults(tab, path))}
    assert paths
    assert found == {}


def test_the_parts_above_are_all_there_are(folder):
    parts = {path.parent.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    assert parts - {"_static", "_static/webpack-macros"} == {".", "api", "data", "docs", "notebooks"}


def test_every_fault_would_be_found(tmp_path, visit):
    path = tmp_path / "bad.html"
    path.write_text(
        "<html lang=en><title>Bad</title><main><h1>Bad</h1><img src='http://127.0.0.1:9/x.png'>"
        "<p style='width: 500px; color: #999; background: #fff'>Pale</p></main><script>console.log('hello')</script>",
        encoding="utf-8",
    )
    found = faults(visit(), path)
    assert (360, "scrolls sideways") in found
    assert {"image-alt", "color-contrast"} <= {wrong[2] for wrong in found if len(wrong) > 2}
    assert [wrong for wrong in found if wrong[0] == "picture"]
    assert {("noise", "hello"), ("noise", "http://127.0.0.1:9/x.png")} <= set(found)


def test_print_cuts_no_chart(folder, visit):
    tab = visit(**PAPER)
    tab.page.emulate_media(media="print")
    for path in [*folder.glob("*.html"), *(folder / "notebooks").glob("*.html")]:
        page = tab.open(path)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(CUT) == [], path.name
        assert page.evaluate(WIDE) == [], path.name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path.name
        assert page.pdf(format="A4").startswith(b"%PDF")


def test_terms_of_the_glossary_are_linked_once_and_not_in_headings_code_or_charts(folder, visit):
    tab = visit()
    for name in (
        "index.html",
        "docs/glossary.html",
        *(f"notebooks/{path.name}" for path in folder.glob("notebooks/*.html")),
    ):
        links = tab.open(folder / name).locator("main a[href*='glossary.html#term']")
        named = links.evaluate_all("links => links.map(link => link.hash)")
        assert len(named) == len(set(named)), name
        assert name != "index.html" or len(named) > 1
        assert links.evaluate_all("links => links.filter(link => link.closest('h1, h2, h3, pre, code, figure'))") == []


# --- by keyboard ----------------------------------------------------------------------------------------------------


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def focused(page, expression="textContent"):
    return page.evaluate(f"document.activeElement.{expression}")


def test_incidents_are_sorted_filtered_searched_and_opened_by_keyboard(folder, visit, results):
    core = results.every_incident.query("inclusion == 'core'").sort_values(["date", "incident_id"])
    listed = results.every_incident.query("inclusion != 'excluded'")
    tab = visit()
    page = tab.open(folder / "incidents.html")
    count, first = page.locator("#incident-count"), page.locator("#incident-table tbody tr").first
    assert count.inner_text() == f"{len(core)} of {len(core)} incidents"
    page.locator("#incident-table thead th .dt-column-order").first.focus()
    for order in ("ascending", "descending"):
        press(page, "Enter")
        page.locator(f"#incident-table th[aria-sort={order}]").wait_for()  # on a busy machine it takes a moment
    assert first.get_attribute("id") == core["incident_id"].iloc[-1]
    page.locator("#incident-filters [name=country]").focus()
    page.keyboard.type("Syria")
    assert count.inner_text() == f"{(core['country'] == 'Syria').sum()} of {len(core)} incidents"
    page.locator("[name=borderline]").focus()
    press(page, "Space")
    assert count.inner_text() == f"{(listed['country'] == 'Syria').sum()} of {len(listed)} incidents"
    page.locator("[name=text]").focus()
    page.keyboard.type("no such words")
    assert count.inner_text() == "No incident matches; Reset shows all"
    page.locator("#incident-filters [type=reset]").focus()
    press(page, "Enter")
    page.locator("#incident-table summary").first.focus()
    press(page, "Enter")
    assert first.locator("details[open] li").count() >= 1
    assert count.inner_text() == f"{len(core)} of {len(core)} incidents"
    assert tab.noise() == []


def test_an_address_opens_its_incident(folder, visit, results):
    name = results.every_incident.query("inclusion == 'borderline'")["incident_id"].iloc[0]
    page = visit().open(folder / "incidents.html", f"#{name}")
    opened = page.locator("#incident-table tr:has(details[open])")
    assert opened.evaluate_all("rows => rows.map(row => row.id)") == [name]
    assert opened.is_visible()


def test_the_site_is_searched_by_keyboard(folder, visit):
    tab = visit()
    page = tab.open(folder / "index.html")
    press(page, "Control+k")
    page.keyboard.type("placebo")
    press(page, "Enter")
    page.locator("#search-results li a").first.wait_for()
    assert page.url.startswith((folder / "search.html").as_uri())
    assert tab.noise() == []


# --- the map --------------------------------------------------------------------------------------------------------


def test_the_map_filters_by_keyboard_and_says_what_it_shows(folder, visit, few):
    tab = visit()
    page = tab.open(folder / "map.html")
    shown = page.locator("#shown")
    n_sites = few["site_id"].nunique()
    assert shown.inner_text() == f"{len(few)} of {len(few)} attacks at {n_sites} sites."
    assert page.locator(".mark").count() == page.locator("#sites button").count() == n_sites
    page.locator("[name=target][value=base]").focus()
    press(page, "Space")
    assert shown.inner_text().startswith(f"{(few['target'] == 'embassy').sum()} of ")
    page.get_by_role("button", name="Weapon: none").focus()
    press(page, "Enter")
    assert shown.inner_text() == "Nothing matches these filters; Reset shows all."
    assert page.locator("#sites").inner_text() == "Nothing matches."
    assert page.locator(".mark").count() == 0
    page.locator("#filters [type=reset]").focus()
    press(page, "Enter")
    page.locator("[name=from]").focus()
    press(page, "End", *["ArrowLeft"] * 3)
    months = few["date"].dt.to_period("M")
    late = (months >= months.max() - 3).sum()
    page.wait_for_function(f"document.getElementById('shown').textContent.startsWith('{late} of ')")
    assert page.locator("[name=from]").get_attribute("aria-valuetext") == f"{(months.max() - 3).strftime('%b %Y')}"
    page.locator("[name=to]").focus()
    press(page, "Home")
    assert page.locator("[name=from]").input_value() == "0"
    assert shown.inner_text().startswith(f"{(months == months.min()).sum()} of ")
    assert shown.inner_text().endswith(" at 1 site.")
    assert tab.noise() == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_card_takes_the_focus_fits_the_screen_and_closes_from_anywhere(folder, visit, width):
    tab = visit(width, 740)
    page = tab.open(folder / "map.html")
    card = page.locator("#card")
    for opener in (page.locator("#sites button").first, page.locator(".mark").first):
        opener.focus()
        name = opener.inner_text() or opener.get_attribute("aria-label")
        press(page, "Enter")
        box = card.bounding_box()
        assert (card.get_attribute("role"), focused(page, "id")) == ("dialog", "card-title")
        assert focused(page).split(":")[0] == name.split("\n")[0].split(":")[0]
        assert min(box["x"], box["y"]) >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= 740
        assert page.evaluate(SMALL) == []
        page.locator("#map").focus()
        press(page, "Escape")
        assert not card.is_visible()
        assert opener.evaluate("part => part === document.activeElement")
    page.locator("#sites button").first.click()
    page.get_by_role("button", name="Close").press("Enter")
    assert not card.is_visible()
    assert tab.noise() == []


def test_a_row_lights_its_symbol_and_a_symbol_its_row(folder, visit):
    page = visit().open(folder / "map.html")
    page.locator("#sites button").first.focus()
    name = page.locator("#sites bdi").first.inner_text()
    assert page.locator(".mark.lit").get_attribute("aria-label").startswith(f"{name}: ")
    page.locator(".mark").nth(3).focus()
    lit = page.locator("#sites button.lit bdi").inner_text()
    assert page.locator(".mark").nth(3).get_attribute("aria-label").startswith(f"{lit}: ")


@pytest.mark.parametrize("width", WIDTHS)
def test_no_symbol_hides_another_and_zoom_ends_where_data_do(folder, visit, width):
    page = visit(width).open(folder / "map.html")
    levels = page.evaluate("[map.getMinZoom(), map.getMaxZoom()]")
    for level in range(int(levels[0]) + 1, int(levels[1]) + 1):
        page.evaluate(f"map.setView([33.3, 44.3], {level})")
        assert page.evaluate(OVERLAPS) == 0, level
        assert page.evaluate(WORDS_MEET) == 0, level
        assert page.evaluate("document.querySelectorAll('.mark').length") > 3
    page.evaluate(f"map.setView([35, 41.6], {levels[0]}); map.setZoom({levels[0]} - 3)")
    assert page.evaluate("map.getZoom()") == levels[0]
    assert page.evaluate("map.getBounds().contains([[33, 38.7], [37, 44.5]])")
    # Where a tall screen shows more than the ground, it has the colour of land and not of the sea.
    assert page.evaluate("L.latLngBounds(map.options.maxBounds).pad(0.02).contains(map.getBounds())")
    look = "getComputedStyle(document.querySelector('{}')).{}"
    assert page.evaluate(look.format("#map", "backgroundColor")) == page.evaluate(look.format(".land", "fill"))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_site_chosen_in_the_list_ends_well_inside_the_map_among_names(folder, visit, width):
    """However far away it is: Leaflet counts pixels from elsewhere after a long way."""
    page = visit(width).open(folder / "map.html")
    for _ in range(3):
        page.locator(".leaflet-control-zoom-in").click()
    for row in page.locator("#sites button").all():
        row.click()
        page.wait_for_function("!map._panAnim?._inProgress")
        across, down = page.evaluate("""(() => {
            const { x, y } = map.latLngToContainerPoint(card.site.marker.getLatLng()), size = map.getSize();
            return [x / (size.x - (card.offsetWidth < size.x ? card.offsetWidth : 0)), y / size.y];
        })()""")
        assert 0.2 < min(across, down) <= max(across, down) < 0.8
        assert page.locator(".site").count() > 0
        assert page.evaluate(WORDS_MEET) == 0
        page.keyboard.press("Escape")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_largest_cities_are_named_and_launch_areas_only_close_by_and_marked_otherwise(folder, visit, width):
    page = visit(width).open(folder / "map.html")
    cities = page.locator("span.city")
    assert {"Mosul", "Erbil", "Kirkuk"} <= set(cities.all_inner_texts())
    assert page.locator("span.place, i.diamond").count() == 0
    dots, lines = page.locator(".leaflet-names-pane i").count(), page.locator("path.ground").count()
    assert dots < cities.count() <= dots + lines  # each has its dot, or a line that leads under the symbol upon it
    page.evaluate("map.setView([33.3, 44.3], 10)")
    assert page.locator("span.place").count() == page.locator("i.diamond").count() > 0
    assert "Baghdad" in cities.all_inner_texts()


def test_the_ground_is_named(folder, visit):
    page = visit().open(folder / "map.html")
    words = set(page.locator(".leaflet-names-pane span").all_inner_texts())
    assert {"Ain al-Asad Air Base", "IRAQ"} <= words | {word.upper() for word in words}
    assert page.locator("path.land").count() >= 3
    assert {"Mosul", "Raqqa"} <= set(page.locator(".city").all_inner_texts())
    assert page.locator(".leaflet-names-pane[aria-hidden=true]").count() == 1
    assert "GeoNames" in page.locator(".leaflet-control-attribution").inner_text()


def test_equal_positions_are_spread_groups_are_the_collections_and_markup_is_text(
    tmp_path, visit, few, frozen, monkeypatch
):
    """Every attack of a day stands at one place, in three groups; an account tries to be markup."""
    reports, places = frozen["reports"].copy(), tables.with_points(frozen["places"])
    reports.loc[reports["incident_id"] == few["incident_id"].iloc[0], "note"] = SCRIPT + " </script>"
    one = few.copy()
    one["geometry"] = few.geometry.iloc[0]
    one["target"] = [["embassy", "base", "unknown"][n % 3] for n in range(len(few))]
    one["site_name"] = one["site_name"].astype("str") + one["target"]
    locations = findings.locations(one, places, tables.with_points(frozen["sites"]))
    path = tmp_path / "map.html"
    path.write_text(web_map.build_page(one, locations, reports, frozen["sources"], places), encoding="utf-8")
    page = visit().open(path)
    assert page.evaluate(OVERLAPS) == 0
    assert (
        page.evaluate("new Set([...document.querySelectorAll('.mark path')].map(path => path.getAttribute('d'))).size")
        == 3
    )
    for row in page.locator("#sites button").all():
        row.click()
        if SCRIPT in page.locator("#card").text_content():
            break
    else:
        pytest.fail("the note is on no card")
    assert page.title().startswith("Attacks by site")
    assert page.locator("img").count() == 0
