import asyncio
import json
import shutil
import tempfile
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from shapely import Point
from tornado.websocket import websocket_connect

from helpers import findings, tables, web_map

SCRIPT = "<script>document.title = 'broken'</script><img src=x onerror=alert(1)>"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--window-size=1200,900"]  # fmt: skip


@pytest.fixture(scope="module")
def locations(few, frozen):
    return findings.locations(few, tables.with_points(frozen["places"]), tables.with_points(frozen["sites"]))


@pytest.fixture(scope="module")
def content(few, locations, frozen):
    return web_map._map_data(few, locations, frozen["reports"], frozen["sources"])


@pytest.fixture(scope="module")
def attacks(content):
    return {attack["id"]: attack for site in content["sites"] for attack in site["attacks"]}


@pytest.fixture(scope="module")
def hostile(few, locations, frozen):
    """The first attack's accounts try every way of becoming markup, and one address is a script."""
    reports, sources = frozen["reports"].copy(), frozen["sources"].copy()
    first = reports["incident_id"] == few["incident_id"].iloc[0]
    reports.loc[first, "note"] = SCRIPT + " </script>"
    cited = sources["source_id"].isin(reports.loc[first, "source_id"])
    sources.loc[cited, ["publisher", "url"]] = [SCRIPT, "javascript:alert(1)"]
    return web_map.build_page(few, locations, reports, sources)


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


def test_every_attack_is_there_with_its_numbers_and_sources(attacks, few, frozen):
    assert set(attacks) == set(few["incident_id"])
    embassy = attacks["2022-01-13_us_embassy_baghdad"]
    row = few.set_index("incident_id").loc["2022-01-13_us_embassy_baghdad"]
    injured = f"{row['injured_low']} / {row['injured_best']} / {row['injured_high']}"
    assert embassy["counts"]["injured (low / best / high)"] == injured
    assert embassy["counts"]["launched (low / best / high)"] == "3 / 3 / open"
    assert "launched (low / best / high)" not in attacks["2022-11-17_green_village"]["counts"]  # no source says
    assert len(embassy["accounts"]) == (frozen["reports"]["incident_id"] == embassy["id"]).sum()
    links = {account["url"] for account in embassy["accounts"]} - {""}
    assert links
    assert links <= set(frozen["sources"]["url"].dropna())


def test_a_site_stands_at_its_latitude_and_longitude(content, frozen):
    """Leaflet reads latitude first, GeoJSON longitude."""
    table = frozen["sites"].set_index("name")[["latitude", "longitude"]]
    assert {site["name"]: tuple(site["at"]) for site in content["sites"]} == {
        site["name"]: tuple(table.loc[site["name"]]) for site in content["sites"]}  # fmt: skip
    assert [site["at"] for site in content["sites"] if site["name"] == "US Embassy Baghdad"] == [[33.299, 44.396]]
    shape = next(row["geometry"] for row in content["countries"]["features"] if row["properties"]["name"] == "Iraq")
    east, north = np.concatenate([np.reshape(ring, (-1, 2)) for ring in shape["coordinates"]]).T
    assert 38.5 < east.min() < east.max() < 49
    assert 29 < north.min() < north.max() < 37.5


def test_a_site_has_its_own_attacks_in_the_order_of_their_days(content, few):
    for site in content["sites"]:
        rows = few[few["site_name"] == site["name"]].sort_values("date")
        assert [attack["id"] for attack in site["attacks"]] == rows["incident_id"].tolist()
        assert {site["target"]} == set(rows["target"])
        assert site["precision_km"] > 0


def test_the_days_that_sources_give_are_shown_where_they_differ(attacks):
    assert attacks["2020-01-20_us_embassy_baghdad"]["date"] == "2020-01-21"
    assert attacks["2020-01-20_us_embassy_baghdad"]["span"] == "2020-01-20 to 2020-01-21"
    assert attacks["2022-01-05_ain_al_asad"]["span"] == "2022-01-05 to 2022-01-06"
    assert attacks["2022-01-13_us_embassy_baghdad"]["span"] == ""


def test_an_account_names_publisher_and_day_or_else_its_source():
    day, link = pd.Timestamp("2022-01-13"), "https://example.org/a"
    full = SimpleNamespace(source_id="a", publisher="Agency", published=day, url=link, note="x")
    assert web_map.describe_account(full) == {"source": "Agency, 2022-01-13", "url": link, "note": "x"}
    bare = SimpleNamespace(source_id="a", publisher=None, published=pd.NaT, url="ftp://example.org/a", note=None)
    assert web_map.describe_account(bare) == {"source": "a", "url": "", "note": ""}


def test_the_page_is_the_same_on_every_build_and_holds_no_address_of_a_script(few, locations, frozen):
    first = web_map.build_page(few, locations, frozen["reports"], frozen["sources"])
    assert web_map.build_page(few[::-1], locations, frozen["reports"], frozen["sources"]) == first
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


def test_the_page_lets_no_picture_come_from_elsewhere(hostile):
    assert "default-src 'none'" in hostile
    assert 'img-src data:"' in hostile


def test_an_attack_without_a_usable_position_is_counted_and_left_off(few, frozen):
    partly = few.copy()
    partly.loc[0, "geometry"], partly.loc[1, "geometry"] = None, Point(33.3, 44.4)
    locations = findings.locations(partly, tables.with_points(frozen["places"]), tables.with_points(frozen["sites"]))
    content = web_map._map_data(partly, locations, frozen["reports"], frozen["sources"])
    shown = {attack["id"] for site in content["sites"] for attack in site["attacks"]}
    assert set(few["incident_id"]) - shown == set(few["incident_id"][:2])
    assert content["about"].endswith(" Left off for want of a position in the region: 2.")


def test_a_site_of_unknown_precision_has_no_ring(few, locations, frozen):
    vague = {**locations, "sites": locations["sites"].assign(precision_km=float("nan"))}
    page = Page(web_map.build_page(few, vague, frozen["reports"], frozen["sources"]))
    assert {site["precision_km"] for site in json.loads(page.json)["sites"]} == {None}
    assert "NaN" not in page.json


def test_the_vendored_library_keeps_its_licence():
    folder = Path(web_map.__file__).parent / "vendor"
    library = (folder / "leaflet.js").read_text(encoding="utf-8")
    assert "BSD 2-Clause License" in (folder / "LICENSE-leaflet").read_text(encoding="utf-8")
    assert "Leaflet 1.9.4" in library[:200]
    assert "</script" not in library


# --- in a browser ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def browser():
    """A connection to a fresh Chromium to hear what its page logs and asks for."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = await asyncio.create_subprocess_exec(
            CHROMIUM, *QUIET, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port = Path(profile) / "DevToolsActivePort"
            async with asyncio.timeout(60):
                while not port.exists() or len(port.read_text(encoding="utf-8").splitlines()) < 2:
                    await asyncio.sleep(0.1)
            number, path = port.read_text(encoding="utf-8").splitlines()
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

    def record(self):
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
            return values, *tab.record()

    return asyncio.run(run())


needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; apt-get install chromium")
SHOWN = "document.getElementById('shown').textContent"


def click(name, value):
    return f"document.querySelector('input[name={name}][value=\"{value}\"]').click()"


@pytest.mark.slow
@needs_browser
def test_the_map_opens_from_disk_in_silence_and_filters(tmp_path, few, locations, frozen, content):
    path = tmp_path / "map.html"
    path.write_text(web_map.build_page(few, locations, frozen["reports"], frozen["sources"]), encoding="utf-8")
    steps = [
        SHOWN,
        "document.querySelectorAll('#map .site').length",
        "layer.getLayers().filter(drawn => drawn instanceof L.Circle).map(ring => [ring.getLatLng().lat, "
        "ring.getLatLng().lng, ring.getRadius() / 1000])",
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
    embassy = few[few["target"] == "embassy"]
    expected = [few, embassy, embassy[embassy["weapon"] != "rocket"], embassy[embassy["date"].dt.year != 2022]]
    counted = [value for value in values if isinstance(value, str) and "shown" in value]
    assert counted == [f"{len(rows)} of {len(few)} attacks shown." for rows in expected]
    assert values[1] == few["site_id"].nunique()
    assert values[2] == [[*site["at"], site["precision_km"]] for site in content["sites"]]
    assert values[-4].startswith("US Embassy Baghdad: ")
    assert values[-3].startswith("US Embassy Baghdad: ")
    assert values[-3].endswith(" attacks")
    assert "bases diplomatic sites" in values[-2]
    assert values[-1] is True
    assert requests == [path.as_uri()]
    assert messages == []


@pytest.mark.slow
@needs_browser
def test_markup_in_a_note_shows_as_text(tmp_path, hostile, few):
    path = tmp_path / "map.html"
    path.write_text(hostile, encoding="utf-8")
    opened = (
        "(() => { const site = content.sites.find(site => site.attacks.some(attack => attack.id === "
        f"{few['incident_id'].iloc[0]!r})); const box = popup(site, site.attacks); document.body.append(box); "
        "return box.textContent; })()"
    )
    steps = [opened, "document.title", "document.querySelectorAll('img').length"]
    (text, title, images), requests, messages = in_browser(path, steps)
    assert SCRIPT in text
    assert (title, images) == ("Attacks on US sites in Iraq, Syria and Jordan, by site", 0)
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
