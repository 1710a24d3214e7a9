import asyncio
import json
import shutil
import tempfile
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from itertools import count
from pathlib import Path

import pytest
from shapely import Point
from tornado.websocket import websocket_connect

from helpers import load_sites, web_map

SCRIPT = "<script>document.title = 'broken'</script><img src=x onerror=alert(1)>"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--window-size=1200,900"]  # fmt: skip


@pytest.fixture(scope="module")
def content(raw, core):
    return web_map.map_data(core, raw["reports"], raw["sources"], load_sites())


@pytest.fixture(scope="module")
def hostile(raw, core):
    """The first attack's accounts try every way of becoming markup, and one address is a script."""
    reports, sources = raw["reports"].copy(), raw["sources"].copy()
    first = reports["incident_id"] == core["incident_id"].iloc[0]
    reports.loc[first, "note"] = SCRIPT + " </script>"
    told = sources["source_id"].isin(reports.loc[first, "source_id"])
    sources.loc[told, ["publisher", "url"]] = [SCRIPT, "javascript:alert(1)"]
    return web_map.page(web_map.map_data(core, reports, sources, load_sites()))


class Page(HTMLParser):
    """The elements of a page, and the JSON that it holds."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.json, self.inside = [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = dict(attrs).get("type") == "application/json"

    def handle_data(self, data):
        self.json += data if self.inside else ""

    def handle_endtag(self, tag):
        self.inside = False


def test_every_attack_is_there_with_its_numbers_and_sources(content, core, raw):
    attacks = {attack["id"]: attack for site in content["sites"] for attack in site["attacks"]}
    assert set(attacks) == set(core["incident_id"])
    embassy = attacks["2022-01-13_us_embassy_baghdad"]
    row = core.set_index("incident_id").loc["2022-01-13_us_embassy_baghdad"]
    injured = f"{row['injured_low']} / {row['injured_best']} / {row['injured_high']}"
    assert embassy["counts"]["injured (low / best / high)"] == injured
    assert len(embassy["accounts"]) == (raw["reports"]["incident_id"] == embassy["id"]).sum()
    links = {account["url"] for account in embassy["accounts"]} - {""}
    assert links
    assert links <= set(raw["sources"]["url"].dropna())
    open_upwards = core[core["launched_best"].notna() & core["launched_high"].isna()].iloc[0]
    assert attacks[open_upwards["incident_id"]]["counts"]["launched (low / best / high)"].endswith(" / open")


def test_the_page_is_the_same_on_every_build_and_holds_no_address_of_a_script(content, found):
    first = web_map.build_page(found)
    assert web_map.page(content) == first
    for tag, attributes in Page(first).tags:
        assert tag not in ("link", "img", "iframe")
        assert not {"src", "href"} & set(attributes)
    assert len(first) < 500_000


def test_text_that_looks_like_markup_stays_text(hostile):
    page = Page(hostile)
    assert [tag for tag, _ in page.tags].count("script") == 3  # the data, the library, the map
    assert "img" not in dict(page.tags)
    accounts = [account for site in json.loads(page.json)["sites"] for attack in site["attacks"]
                for account in attack["accounts"] if SCRIPT in account["note"]]  # fmt: skip
    assert accounts
    assert {account["url"] for account in accounts} == {""}  # no javascript: address becomes a link


def test_tiles_are_asked_for_only_where_named(content):
    plain, tiled = (
        web_map.page(content),
        web_map.page(content, ("https://example.org/{z}/{x}/{y}.png", "<b>Example</b>")),
    )
    assert "img-src data:" in plain
    assert "img-src https://example.org" in tiled
    assert "<b>Example" not in tiled


def test_an_attack_without_a_usable_position_is_counted_and_left_off(core, raw):
    moved = core.copy()
    moved.loc[0, "geometry"], moved.loc[1, "geometry"] = None, Point(33.3, 44.4)
    content = web_map.map_data(moved, raw["reports"], raw["sources"], load_sites())
    shown = {attack["id"] for site in content["sites"] for attack in site["attacks"]}
    assert set(core["incident_id"]) - shown == set(core["incident_id"][:2])
    assert content["about"].endswith(" Left off for want of a position in the region: 2.")


def test_a_site_of_unknown_precision_has_no_ring(core, raw):
    sites = load_sites().assign(precision_km=float("nan"))
    content = web_map.map_data(core, raw["reports"], raw["sources"], sites)
    assert {site["precision_km"] for site in content["sites"]} == {None}
    assert "NaN" not in Page(web_map.page(content)).json


def test_the_vendored_library_keeps_its_licence():
    folder = Path(web_map.__file__).parent / "vendor"
    assert "BSD 2-Clause License" in (folder / "LICENSE-leaflet").read_text()
    assert "Leaflet 1.9.4" in (folder / "leaflet.js").read_text()[:200]
    assert "</script" not in (folder / "leaflet.js").read_text()


# --- in a browser ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def browser():
    """A connection to a fresh Chromium that tells what its page logs and asks for."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            CHROMIUM, *QUIET, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = Path(profile) / "DevToolsActivePort"
            async with asyncio.timeout(60):
                while not port.exists() or len(port.read_text().splitlines()) < 2:
                    await asyncio.sleep(0.1)
            number, path = port.read_text().splitlines()
            connection = await websocket_connect(f"ws://127.0.0.1:{number}{path}", max_message_size=2**26)
            yield connection
            connection.close()
        finally:
            process.kill()
            await process.wait()


class Tab:
    """A tab: commands go out, events are kept."""

    def __init__(self, connection):
        self.connection, self.session, self.numbers, self.events = connection, None, count(1), []

    async def call(self, method, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        message |= {"sessionId": self.session} if self.session else {}
        await self.connection.write_message(json.dumps(message))
        while True:
            answer = json.loads(await asyncio.wait_for(self.connection.read_message(), 60))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    async def value(self, expression):
        answer = await self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def visit(self, path):
        target = await self.call("Target.createTarget", url="about:blank")
        self.session = (await self.call("Target.attachToTarget", flatten=True, **target))["sessionId"]
        for domain in ("Network", "Runtime", "Log", "Page"):
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=path.as_uri())
        async with asyncio.timeout(60):
            while await self.value("document.readyState + document.URL") != f"complete{path.as_uri()}":
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)  # long enough for a late request or message

    def told(self):
        """What the page asked for, and what it said to the console."""
        requests = [event["params"]["request"]["url"] for event in self.events
                    if event["method"] == "Network.requestWillBeSent"]  # fmt: skip
        kinds = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return requests, [event for event in self.events if event["method"] in kinds]


def in_browser(path, steps):
    """Values of expressions, one after the other, then the requests and messages of a page opened from disk."""

    async def run():
        async with browser() as connection:
            tab = Tab(connection)
            await tab.visit(path)
            values = [await tab.value(step) for step in steps]
            await tab.call("Runtime.evaluate", expression="0")
            return values, *tab.told()

    return asyncio.run(run())


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; apt-get install chromium")
SHOWN = "document.getElementById('shown').textContent"


def click(name, value):
    return f"document.querySelector('input[name={name}][value=\"{value}\"]').click()"


@pytest.mark.slow
@needs_browser
def test_the_map_opens_from_disk_in_silence_and_filters(tmp_path, core, content):
    path = tmp_path / "map.html"
    path.write_text(web_map.page(content), encoding="utf-8")
    steps = [
        SHOWN,
        "document.querySelectorAll('#map .site').length",
        click("target", "base"), SHOWN,
        click("weapon", "rocket"), SHOWN,
        click("weapon", "rocket"), click("year", "2022"), SHOWN,
        "document.querySelector('#map .site').click()",
        "document.querySelector('.accounts h2').textContent",
        "document.querySelector('#map .site').title",
        "document.getElementById('filters').textContent",
        "[...document.querySelectorAll('.accounts a')].every(link => /^https?:/.test(link.href))",
    ]  # fmt: skip
    values, requests, messages = in_browser(path, steps)
    embassy = core[core["target"] == "embassy"]
    expected = [core, embassy, embassy[embassy["weapon"] != "rocket"], embassy[embassy["date"].dt.year != 2022]]
    told = [value for value in values if isinstance(value, str) and "shown" in value]
    assert told == [f"{len(rows)} of {len(core)} attacks shown." for rows in expected]
    assert values[1] == core["site_id"].nunique()
    assert values[-4].startswith("US Embassy Baghdad: ")
    assert values[-3].startswith("US Embassy Baghdad: ")
    assert values[-3].endswith(" attacks")
    assert "bases embassy and other diplomatic sites" in values[-2]
    assert values[-1] is True
    assert requests == [path.as_uri()]
    assert messages == []


@pytest.mark.slow
@needs_browser
def test_markup_in_a_note_shows_as_text(tmp_path, hostile, core):
    path = tmp_path / "map.html"
    path.write_text(hostile, encoding="utf-8")
    opened = (
        "(() => { const site = content.sites.find(site => site.attacks.some(attack => attack.id === "
        f"{core['incident_id'].iloc[0]!r})); const box = popup(site, site.attacks); document.body.append(box); "
        "return box.textContent; })()"
    )
    steps = [opened, "document.title", "document.querySelectorAll('img').length"]
    (text, title, images), requests, messages = in_browser(path, steps)
    assert SCRIPT in text
    assert (title, images) == (web_map.TITLE, 0)
    assert requests == [path.as_uri()]
    assert messages == []


@pytest.mark.slow
@needs_browser
def test_the_check_can_fail(tmp_path):
    """A page that asks for a picture elsewhere and complains is caught doing both."""
    path = tmp_path / "bad.html"
    path.write_text("<img src='http://127.0.0.1:9/x.png'><script>console.log('hello')</script>", encoding="utf-8")
    _, requests, messages = in_browser(path, ["1"])
    assert requests == [path.as_uri(), "http://127.0.0.1:9/x.png"]
    assert len(messages) >= 1
