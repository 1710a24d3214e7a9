"""Sites by position and name: distances by a second route, names in both scripts, and what is refused of one's own."""

import datetime

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from helpers import tables
from helpers.geography import GEOD
from helpers.importers import gazetteer

SITES = gazetteer.read_sites()


def listed(**columns):
    """Sites in two groups, each of one kilometre, whose names are their numbers in words."""
    names = ["Site one", "Site two", "Site three", "Site four"][: len(columns["latitude"])]
    about = {
        "site_name": names,
        "precision_km": 1.0,
        "target": ["mosque", "market"] * (len(names) // 2),
        "last_day": "",
    }
    return pd.DataFrame(about | columns | {"pattern": [gazetteer._name_pattern([name]) for name in names]})


def find(events, sites, km=2, texts=None):
    """By number of the event, the site and its group."""
    events = {"_place": range(len(events["latitude"])), "date": datetime.date(2021, 7, 5), **events}
    table = ibis.memtable(pa.Table.from_pandas(pd.DataFrame(events).assign(text=texts or ""), preserve_index=False))
    found = gazetteer.find_sites(table, sites, km, table["text"]).to_pyarrow().to_pylist()
    return {row["_place"]: (row["site_name"], row["target"]) for row in found}


def test_distances_are_those_on_the_ellipsoid_to_half_a_percent():
    sites = listed(latitude=[0.0, 33.3, -60.0, 80.0], longitude=[20.0, 44.4, 179.98, -179.98])
    draw = np.random.default_rng(3)
    home = draw.integers(4, size=400)
    events = {"_place": range(400), "date": datetime.date(2021, 7, 5)}
    east, north, _ = GEOD.fwd(sites["longitude"].to_numpy()[home], sites["latitude"].to_numpy()[home],
                              draw.uniform(0, 360, 400), draw.uniform(0, 20_000, 400))  # fmt: skip
    precision = draw.choice([0.0, 4.0, 11.0], 400)
    events = pd.DataFrame(events | {"latitude": north, "longitude": east, "precision_km": precision})
    reach = 1 + precision + 7
    km = np.stack([GEOD.inv(np.full(400, lon), np.full(400, lat), east, north)[2] / 1000
                   for lat, lon in sites[["latitude", "longitude"]].itertuples(index=False)])  # fmt: skip
    found = find(events.to_dict("series"), sites, km=7)
    nearest = km.min(axis=0)
    is_sure = np.abs(nearest / reach - 1) > 0.006
    wanted = (nearest <= reach) & (precision <= 10)
    assert 50 < wanted.sum() < 250
    for n in np.flatnonzero(is_sure):
        assert (n in found) == wanted[n], (n, nearest[n])
        if n in found:
            assert found[n][0] == sites["site_name"][km[:, n].argmin()]


def test_a_named_site_comes_first_and_both_groups_leave_the_target_open():
    sites = listed(latitude=[33.0, 33.02], longitude=[44.0, 44.0])
    texts = ["", "at site two", "from site one to site two", "Site two", "site two", ""]
    places = {"latitude": [33.0, 33.0, 33.0, 33.4, 34.0, 33.06], "longitude": [44.0] * 6}
    assert find(places, sites, texts=texts) == {
        0: ("Site one", None),
        1: ("Site two", "market"),
        2: ("Site one", None),
        3: ("Site two", "market"),
    }, "the fifth lies too far off, and of the last nothing is near"
    assert find(places, sites, km=4)[5] == ("Site two", "market")
    nowhere = {"latitude": [np.nan, np.nan], "longitude": [np.nan, np.nan]}
    assert find(nowhere, sites, texts=["site two", ""]) == {0: ("Site two", "market")}


def test_a_site_is_none_after_its_last_day():
    sites = listed(latitude=[33.0, 35.0], longitude=[44.0, 44.0], last_day=["2021-07-04", "2021-07-05"])
    assert find({"latitude": [33.0, 35.0], "longitude": [44.0, 44.0]}, sites) == {1: ("Site two", "market")}


@pytest.mark.parametrize(
    ("text", "site_ids"),
    [
        ("Two rockets near the US embassy in Baghdad's Green Zone", {"us_embassy_baghdad", "green_zone"}),
        ("https://example.org/us-embassy-hit", {"us_embassy_baghdad"}),
        ("Aïn Al-Assad airbase", {"ain_al_asad"}),
        ("استهداف قاعدة عين الأسد", {"ain_al_asad"}),
        ("بالسفارة الامريكيه", {"us_embassy_baghdad"}),
        ("the al-Tanf base; a base in ash-Shaddadi", {"tanf", "shaddadi"}),
        ("al-Omar oil field, and Conoco gas field", {"green_village", "conoco"}),
        ("Q-West; Union III", {"qayyarah_west", "union_iii"}),
        ("BDSC", {"bdsc"}),
        ("Erbil International Airport", {"erbil_air_base"}),
        ("Tanf, Taji, Balad, Habbaniyah, al-Asad, Rukban", set()),
        ("IZ, TQ, K1; wizard; Union IV; BDSCX", set()),
        ("the German embassy; the base was hit", set()),
        ("في بلد التنف", set()),
    ],
)
def test_names_are_found_as_whole_words_and_those_of_towns_only_beside_a_base(text, site_ids):
    found = [pc.match_substring_regex([text], pattern).to_pylist()[0] for pattern in SITES["pattern"]]
    assert set(SITES["site_id"][found]) == site_ids


def test_the_default_sites_are_those_known_well_enough():
    ids = set(SITES["site_id"])
    assert not {"iraq_unnamed", "baghdad_unnamed", "erbil_area"} & ids
    assert SITES.set_index("site_id").loc["k1", ["target", "last_day"]].tolist() == ["base", "2020-03-29"]
    more = gazetteer.tomllib.loads((gazetteer.RULES_DIR / "names.toml").read_text(encoding="utf-8"))
    assert set(more) <= ids


GOOD = "A Hall,,33.3,44.4,mosque\nB Hall,,33.4,44.4,market\n"


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (
            "A Hall,,133.3,44.4,mosque\nB Hall,,33.4,444,market\n,,33,44,market\n",
            [
                ":2: latitude: '133.3': a number from -90 to 90; not empty",
                ":3: longitude: '444': a number from -180 to 180; not empty",
                ":4: name: empty: text; not empty",
            ],
        ),
        (GOOD.replace("market", "mosque"), [":1: group: 1 group: mosque: exactly two groups, to be compared"]),
        (GOOD + "C Hall,,33,44,mill\n", [":1: group: 3 groups: mosque, market, mill: exactly two groups"]),
        (GOOD + "C Hall,,33,44,Mosque\n", [":1: group: 'Mosque', 'market', 'mosque': groups that differ by more"]),
        (GOOD + "a hall,,33,44,mosque\n", [":4: name: 'a hall': a name that no other site has; line 2 has it"]),
        (GOOD + "C,B HALL|D,33,44,mosque\n", [":4: aliases: 'B HALL': a name that no other site has; line 3"]),
        (GOOD + "?!,,33,44,mosque\n", [":4: name: '?!': a name with letters or digits"]),
        (GOOD + "C,,33,44,\n", [":4: group: empty: text; not empty"]),
        ("", [":1: -: a header alone: a header row and data rows"]),
    ],
)
def test_faulty_sites_of_ones_own_are_refused_with_every_fault(tmp_path, rows, wanted):
    path = tmp_path / "my_sites.csv"
    path.write_text("name,aliases,latitude,longitude,group\n" + rows, encoding="utf-8")
    with pytest.raises(tables.DataError) as raised:
        gazetteer.read_sites(path)
    found = [str(fault).removeprefix(str(path)) for fault in raised.value.faults]
    assert [line[: len(words)] for line, words in zip(found, wanted, strict=True)] == wanted


def test_sites_of_ones_own_need_few_columns(tmp_path):
    path = tmp_path / "my_sites.csv"
    path.write_text("group,name,latitude,longitude,km\nmosque,A Hall,33,44,\nmarket,B Hall,34,44,3\n", encoding="utf-8")
    sites = gazetteer.read_sites(path)
    found = sites[["site_name", "precision_km", "target"]].to_dict("split")["data"]
    assert found == [["A Hall", 1.0, "mosque"], ["B Hall", 3.0, "market"]]
    path.write_text("name,latitude,longitude,km,precision_km,grup\nA,33,44,1,1,x\n", encoding="utf-8")
    with pytest.raises(tables.DataError) as raised:
        gazetteer.read_sites(path)
    assert [str(fault).removeprefix(str(path)) for fault in raised.value.faults] == [
        ":1: group: missing column: this column is required",
        ":1: grup: unknown column: one of name, aliases, latitude, longitude, precision_km, km, group",
    ]
