import json
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from shapely import Point

from helpers import findings, schemas, tables, web_map

SCRIPT = "<script>document.title = 'broken'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def places(frozen):
    return tables.with_points(frozen["places"])


@pytest.fixture(scope="module")
def locations(few, frozen, places):
    return findings.locations(few, places, tables.with_points(frozen["sites"]))


@pytest.fixture(scope="module")
def content(few, locations, frozen, places):
    return web_map._map_data(few, locations, frozen["reports"], frozen["sources"], places)


@pytest.fixture(scope="module")
def attacks(content):
    return {attack["id"]: attack for site in content["sites"] for attack in site["attacks"]}


@pytest.fixture(scope="module")
def hostile(few, locations, frozen, places):
    """The first attack's accounts try every way of becoming markup, and one address is a script."""
    reports, sources = frozen["reports"].copy(), frozen["sources"].copy()
    first = reports["incident_id"] == few["incident_id"].iloc[0]
    reports.loc[first, "note"] = SCRIPT + " </script>"
    cited = sources["source_id"].isin(reports.loc[first, "source_id"])
    sources.loc[cited, ["publisher", "url"]] = [SCRIPT, "javascript:alert(1)"]
    return web_map.build_page(few, locations, reports, sources, places)


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
    told = f"injured {row['injured_best']}"
    if row["injured_low"] < row["injured_high"]:
        told += f" (reports: {row['injured_low']}-{row['injured_high']})"
    assert told in embassy["counts"]
    assert "launched 3 (reports: 3 or more)" in embassy["counts"]
    assert not [words for words in attacks["2022-11-17_green_village"]["counts"] if "launched" in words]  # none says
    assert len(embassy["accounts"]) == (frozen["reports"]["incident_id"] == embassy["id"]).sum()
    links = {account["url"] for account in embassy["accounts"]} - {""}
    assert links
    assert links <= set(frozen["sources"]["url"].dropna())


@pytest.mark.parametrize(("low", "best", "high", "words"), [
    (0, 0, 0, "hit 0"),
    (8, 8, 10, "hit 8 (reports: 8-10)"),
    (3, 4, pd.NA, "hit 4 (reports: 3 or more)"),
    (pd.NA, pd.NA, pd.NA, ""),
])  # fmt: skip
def test_a_number_stands_before_those_that_reports_give(low, best, high, words):
    assert web_map._count(SimpleNamespace(hit_low=low, hit_best=best, hit_high=high), "hit") == words


def test_groups_are_the_collections_own_in_its_order_each_with_a_look_of_its_own(few):
    with schemas.use_schema(None, ["mosque", "market", "school"]):
        looks = web_map._looks(pd.Series(["school", "unknown", "mosque", "market"]))
    assert [look["target"] for look in looks] == ["mosque", "market", "school", "unknown"]
    assert looks[0]["label"] == "Mosque sites"
    assert len({look["marker"] for look in looks}) == len({look["color"] for look in looks}) == 4


def test_the_ground_has_names_of_countries_and_of_places_with_a_position(content, places):
    named = {kind: {label["name"] for label in content["labels"] if label["kind"] == kind}
             for kind in ("country", "place")}  # fmt: skip
    assert {"Iraq", "Syria", "Jordan"} <= named["country"]
    known = places.loc[~places.geometry.is_empty & places.geometry.notna(), "name"]
    assert named["place"] == {name.split(" (")[0] for name in known}


def test_cities_are_ground_and_no_site_and_both_origins_are_named(content, few, locations, frozen, places):
    cities = [label for label in content["labels"] if label["kind"] == "city"]
    assert {"kind": "city", "name": "Mosul", "at": [36.335, 43.119]} in cities
    assert cities[0]["name"] == "Baghdad"  # the most populous first, as room is given in this order
    assert not {label["name"] for label in cities} & {site["name"] for site in content["sites"]}
    page = web_map.build_page(few, locations, frozen["reports"], frozen["sources"], places)
    assert "GeoNames (CC BY 4.0)" in page
    assert 'addAttribution("Natural Earth, GeoNames")' in page


def test_months_run_from_the_first_attack_to_the_last_without_a_gap(content, few):
    months = content["months"]
    assert (months[0], months[-1]) == (f"{few['date'].min():%Y-%m}", f"{few['date'].max():%Y-%m}")
    years = int(months[-1][:4]) - int(months[0][:4])
    assert len(months) == len(set(months)) == 12 * years + int(months[-1][5:]) - int(months[0][5:]) + 1


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


def test_the_page_is_the_same_on_every_build_and_asks_for_the_typeface_alone(few, locations, frozen, places):
    first = web_map.build_page(few, locations, frozen["reports"], frozen["sources"], places)
    assert web_map.build_page(few[::-1], locations, frozen["reports"], frozen["sources"], places) == first
    asked = [(tag, attributes[name]) for tag, attributes in Page(first).tags for name in ("src", "href")
             if name in attributes]  # fmt: skip
    assert asked == [("link", "_static/fonts.css"), ("a", "index.html"), ("a", "incidents.html")]
    assert not {"img", "iframe"} & {tag for tag, _ in Page(first).tags}
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


def test_an_attack_without_a_usable_position_is_counted_and_left_off(few, frozen, places):
    partly = few.copy()
    partly.loc[0, "geometry"], partly.loc[1, "geometry"] = None, Point(33.3, 44.4)
    locations = findings.locations(partly, places, tables.with_points(frozen["sites"]))
    content = web_map._map_data(partly, locations, frozen["reports"], frozen["sources"], places)
    shown = {attack["id"] for site in content["sites"] for attack in site["attacks"]}
    assert set(few["incident_id"]) - shown == set(few["incident_id"][:2])
    assert content["about"].endswith(" Left off for want of a position in the region: 2.")


def test_a_site_of_unknown_precision_has_no_ring(few, locations, frozen, places):
    vague = {**locations, "sites": locations["sites"].assign(precision_km=float("nan"))}
    page = Page(web_map.build_page(few, vague, frozen["reports"], frozen["sources"], places))
    assert {site["precision_km"] for site in json.loads(page.json)["sites"]} == {None}
    assert "NaN" not in page.json


def test_the_vendored_library_keeps_its_licence():
    folder = Path(web_map.__file__).parent / "vendor"
    library = (folder / "leaflet.js").read_text(encoding="utf-8")
    assert "BSD 2-Clause License" in (folder / "LICENSE-leaflet").read_text(encoding="utf-8")
    assert "Leaflet 1.9.4" in library[:200]
    assert "</script" not in library
