"""Which events are attacks on the sites: what each clause keeps and drops, and what is refused of rules."""

import datetime
import re

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import ROOT
from helpers import cli, comparison, load_incidents, tables
from helpers.findings import Results
from helpers.importers import convert, gazetteer, rule

from .event_files import ACLED_2023, UCDP_42, bring_in, write

FIRE = {
    "event_date": "2021-07-05", "time_precision": "1", "geo_precision": "1", "disorder_type": "Political violence",
    "event_type": "Explosions/Remote violence", "sub_event_type": "Shelling/artillery/missile attack",
    "actor1": "Unidentified Armed Group (Iraq)", "actor2": "Civilians (Iraq)", "country": "Iraq", "fatalities": "0",
    "location": "Tuz Khurmatu", "latitude": "34.8881", "longitude": "44.6326", "notes": "Two rockets fell.",
}  # fmt: skip
ASAD = {"location": "Ain Al Asad", "latitude": "33.7856", "longitude": "42.4412"}
US, COALITION = "Military Forces of the United States (2021-)", "Global Coalition Against Daesh"
PATROL = {"event_type": "Strategic developments", "sub_event_type": "Change to group/activity"}
# By id, what an event has beyond these rockets on a town without a site.
EVENTS = {
    "town": {},
    "base": ASAD,
    "drone": ASAD | {"sub_event_type": "Air/drone strike"},
    "patrol": ASAD | PATROL | {"actor1": US, "notes": "A patrol left Ain al-Asad base."},
    "bomb": ASAD | {"sub_event_type": "Remote explosive/landmine/IED", "actor2": US},
    "strike": ASAD | {"sub_event_type": "Air/drone strike", "actor1": COALITION},
    "joint": ASAD | {"actor1": "Military Forces of Iraq (2020-2022)", "assoc_actor_1": COALITION},
    "embassy": {"latitude": "33.3152", "longitude": "44.3661", "location": "Baghdad",
                "notes": "Rockets were fired at the U.S. Embassy."},
    "zone": {"latitude": "33.302", "longitude": "44.391", "location": "Baghdad"},
    "arabic": {"latitude": "33.85", "longitude": "42.7", "notes": "سقوط صواريخ قرب قاعدة عين الاسد"},
    "notes": {"latitude": "35.1", "longitude": "40.3", "geo_precision": "2", "country": "Syria",
              "notes": "Rockets landed near the Conoco base."},
    "vague": ASAD | {"geo_precision": "2", "location": "Al Baghdadi"},
    "passing": {"notes": "Days after the fire on Ain al-Asad, rockets fell on the town."},
    "letters": {"latitude": "33.45", "longitude": "44.55", "notes": "No IZ, no TQ: rockets on the balad of Asad."},
    "left": {"latitude": "35.51", "longitude": "44.25", "location": "K-1 Air Base"},
    "before": {"latitude": "35.51", "longitude": "44.25", "event_date": "2019-12-27"},
    "nowhere": {"latitude": "", "longitude": "", "notes": "Rockets hit Camp Taji."},
}  # fmt: skip
KEPT = {
    "base": ("Ain al-Asad Air Base", "base"),
    "drone": ("Ain al-Asad Air Base", "base"),
    "embassy": ("US Embassy Baghdad", "embassy"),
    "zone": ("US Embassy Baghdad", None),
    "arabic": ("Ain al-Asad Air Base", "base"),
    "notes": ("Conoco gas field base", "base"),
    "before": ("K-1 Air Base", "base"),
    "nowhere": ("Camp Taji", "base"),
}


def acled(changes, header=ACLED_2023):
    return write([FIRE | {"event_id_cnty": name} | change for name, change in changes.items()], header)


def test_each_clause_of_acled_keeps_and_drops(tmp_path):
    rows, notes = bring_in("acled", tmp_path, acled(EVENTS), keep_all=False)
    assert {row["incident_id"]: (row["site_name"], row["target"]) for row in rows} == KEPT
    assert notes[0].endswith("Rows read: 17; kept: 8; dropped: 9 (not kept by the rule: 9).")
    assert notes[1] == (
        "Rule of ACLED, the default: rocket, missile, drone or shelling events: 15 of 17; not by the United States or "
        "the coalition: 13; at a site: 8."
    )
    assert notes[2].startswith("Sites of sites.csv: 6 embassy, 29 base.")
    assert notes[3].startswith("ACLED's rule cannot tell")
    assert "target is missing, since sites of both groups are as likely: 1." in notes
    assert list(rows[0])[:6] == ["incident_id", "date", "site_id", "site_name", "placed_by", "target"]
    data = load_incidents(dataset=tmp_path / "incidents.parquet")
    assert set(notes) <= set(data.attrs["notes"])
    assert comparison.compare(data).attrs["left_out"] == {"missing": 1}


def test_blanks_that_nobody_sees_and_other_names_of_the_coalition_change_no_verdict(tmp_path):
    others = {
        "a": "Forces of the United\u00a0States",
        "b": "US-led Coalition",
        "c": "Coalition Forces",
    }
    changes = {name: ASAD | {"actor1": actor} for name, actor in others.items()}
    changes["fire"] = ASAD | {"sub_event_type": "Shelling/artillery/missile\u00a0attack"}
    rows, _ = bring_in("acled", tmp_path, acled(changes), keep_all=False)
    assert [row["incident_id"] for row in rows] == ["fire"]


def test_how_an_event_was_placed_is_told_and_counted_and_names_alone_may_decide(tmp_path):
    rows, notes = bring_in("acled", tmp_path, acled(EVENTS), keep_all=False)
    by_distance = {row["incident_id"] for row in rows if row["placed_by"] == "distance"}
    assert by_distance == {"before", "zone"}
    assert "at a site by nearness alone, without its name: 2." in notes
    rule = 'note = "Names alone."\n[[clause]]\nname = "named"\nsite = true\nnames_in = ["location", "notes"]\n'
    (tmp_path / "mine.toml").write_text(rule, encoding="utf-8")
    named, _ = bring_in("acled", tmp_path, acled({name: EVENTS[name] for name in ("base", "zone")}),
                        rule_path=tmp_path / "mine.toml")  # fmt: skip
    assert [row["incident_id"] for row in named] == ["base"]


def test_what_the_rule_drops_is_no_duplicate_and_what_cannot_be_read_is_not_judged(tmp_path):
    events = [FIRE | {"event_id_cnty": name} | change
              for name, change in [("A", {}), ("A", ASAD), ("A", ASAD), ("B", ASAD), ("", ASAD)]]  # fmt: skip
    rows, notes = bring_in("acled", tmp_path, write(events, ACLED_2023), keep_all=False)
    assert [row["incident_id"] for row in rows] == ["A", "B"]
    dropped = "5; kept: 2; dropped: 3 (no id: 1; not kept by the rule: 1; an id that stands before: 1)."
    assert notes[0].endswith(dropped)
    assert "shelling events: 4 of 4;" in notes[1] and notes[1].endswith("at a site: 3.")


def test_every_event_is_kept_where_that_is_asked_for(tmp_path):
    rows, _ = bring_in("acled", tmp_path, acled(EVENTS), keep_all=True)
    assert len(rows) == len(EVENTS)
    assert "target" not in rows[0]
    assert convert._NO_RULE in load_incidents(dataset=tmp_path / "incidents.parquet").attrs["notes"]


GED = {"type_of_violence": "1", "side_a": "Government of Iraq", "side_b": "Kataib Hizbullah", "date_prec": "1",
       "date_start": "2020-03-11", "date_end": "2020-03-11", "where_prec": "1", "country": "Iraq", "low": "3",
       "best": "3", "high": "3", "source_headline": "Rockets kill three at Iraqi base", "latitude": "33.5239",
       "longitude": "44.2567", "where_coordinates": "Taji town"}  # fmt: skip
GED_EVENTS = {
    "base": {},
    "side": {"side_a": "Government of United States of America", "source_headline": "Three die"},
    "quiet": {"source_headline": "Three die in ambush"},
    "civil": {"type_of_violence": "3"},
    "away": {"latitude": "34.8881", "longitude": "44.6326"},
    "named": {"latitude": "33.9", "longitude": "44.3", "where_prec": "2", "where_coordinates": "Taji base"},
}


def test_each_clause_of_ucdp_keeps_and_drops(tmp_path):
    events = [GED | {"id": name} | change for name, change in GED_EVENTS.items()]
    rows, notes = bring_in("ucdp", tmp_path, write(events, UCDP_42), keep_all=False)
    assert {row["incident_id"]: row["site_id"] for row in rows} == dict.fromkeys(["base", "named", "side"], "taji")
    words = "state-based conflict: 5 of 6; the United States is a side, or the headline speaks of it, of rockets, "
    assert notes[1].endswith(f"{words}missiles or drones: 4; at a site (without where_description): 3.")


def default(command):
    return rule.read_rule(gazetteer.RULES_DIR / f"{command}.toml")


def failing(wanted, **columns):
    """Which clause each event fails first, of those that look at columns."""
    marked = rule.mark(ibis.memtable(pa.table(columns)), wanted, "events.csv")
    return marked["_failed"].to_pyarrow().to_pylist()


def test_files_without_the_column_of_a_clause_are_judged_by_the_one_in_its_place_and_it_is_said():
    wanted = default("acled")
    old = {"event_type": ["Remote violence", "Battle"], "actor1": ["A", "A"], "notes": ["", ""]}
    assert failing(wanted, **old) == [None, 1]
    words = rule.describe(wanted, {None: 1, 1: 1}, "ACLED", old)[0]
    assert "shelling events (without sub_event_type; by event_type): 1 of 2; not by" in words
    codes = {"weapsubtype1": [11, 8, 11], "natlty1": [217, 217, 95], "summary": ["", "", ""]}
    assert failing(default("gtd"), **codes) == [None, 1, 2]


def judge(command, events):
    """Which clause of the default each event fails first, and the site of those that fail none."""
    names = sorted({name for event in events for name in event})
    columns = {name: [event.get(name) for event in events] for name in names}
    columns |= {"_place": range(len(events)), "date": [datetime.date(2021, 7, 5)] * len(events)}
    wanted = default(command)
    marked = rule.mark(ibis.memtable(pa.table(columns)), wanted, "events.csv").order_by("_place")
    sites = rule.find_sites(marked.filter(marked["_failed"].isnull()), wanted).to_pyarrow().to_pylist()
    found = {site["_place"]: site["site_id"] for site in sites}
    return [place or found.get(n) for n, place in enumerate(marked["_failed"].to_pyarrow().to_pylist())]


def test_each_clause_of_gtd_keeps_and_drops():
    rockets = {"weapsubtype1_txt": "Projectile (rockets, mortars, RPGs, etc.)", "natlty1_txt": "United States",
               "natlty2_txt": None, "weapdetail": None, "latitude": 33.7856, "longitude": 42.4412,
               "summary": "Assailants fired on a base."}  # fmt: skip
    changes = [
        {},
        {"weapsubtype1_txt": "Unknown Explosive Type", "weapdetail": "An explosives-laden drone was used."},
        {"weapsubtype1_txt": "Landmine"},
        {"natlty1_txt": "Iraq"},
        {"natlty1_txt": "Iraq", "natlty2_txt": "United States"},
        {"latitude": 34.8881},
        {"latitude": None, "longitude": None, "summary": "Rockets hit Balad Air Base."},
    ]
    found = ["ain_al_asad", "ain_al_asad", 1, 2, "ain_al_asad", None, "balad"]
    assert judge("gtd", [rockets | change for change in changes]) == found


def test_each_clause_of_gdelt_keeps_and_drops():
    report = {"eventcode": "194", "actor1countrycode": None, "actor2countrycode": "USA", "latitude": 33.3386,
              "longitude": 44.3939, "precision_km": 25.0, "actiongeo_fullname": "Baghdad, Baghdad, Iraq",
              "sourceurl": "https://example.org/rockets-hit-us-embassy-in-baghdad"}  # fmt: skip
    changes = [{}, {"eventcode": "036"}, {"actor1countrycode": "USA"}, {"actor2countrycode": "IRQ"},
               {"sourceurl": "https://example.org/1"}]  # fmt: skip
    assert judge("gdelt", [report | change for change in changes]) == ["us_embassy_baghdad", 1, 2, 3, None]


CLAUSE = '[[clause]]\nname = "all"\n'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", [":1: clause: no clause: at least one clause, which begins with [[clause]]"]),
        ("clause = []", [":1: clause: no clause: at least one clause, which begins with [[clause]]"]),
        ("# one\n[[clause]\n", [":2: -: Expected "]),
        (CLAUSE, [":1: all: no test: one of any_of, none_of, contains, lacks, site"]),
        (CLAUSE + 'site = true\nlacks = "x"', [":1: all: lacks and site: one of"]),
        (
            '\n[[clause]]\nany_of = ["x"]\ncolum = "notes"\n' + CLAUSE + 'column = ""\nlacks = [1]',
            [
                ":2: clause 1: colum: unknown key: one of name, column, or, any_of",
                ":2: clause 1: column: missing: the name of a column, or a list of names",
                ":2: clause 1: name: 'missing': words in quotes, which are printed",
                ":5: all: column: '': text in quotes, or a list of such texts",
                ":5: all: lacks: [1]: text in quotes, or a list of such texts",
            ],
        ),
        (
            CLAUSE + 'column = "notes"\ncontains = ["rocket", "(drone"]',
            [":1: all: contains: '(drone': a regular expression that RE2 reads (Invalid regular expression: missing )"],
        ),
        (CLAUSE + "site = true\nkm = -1", [":1: all: km: -1: a number of kilometres, 0 or more"]),
        ('clause = [{name = "a", site = true, km = "2"}]', [":1: a: km: '2': a number of kilometres, 0 or more"]),
        (CLAUSE + "site = false\nkm = 1", [":1: all: site: False: true"]),
        (CLAUSE + "site = true", [":1: all: km: missing: km, names_in, or both"]),
        (
            CLAUSE + "site = true\nkm = 1\n" + CLAUSE + "site = true\nkm = 1",
            [":1: all: site: not the last clause: a site clause that"],
        ),
        (
            "title = 1\nnote = 2\n" + CLAUSE + "site = true\nkm = 1",
            [":1: note: 2: text in quotes", ":1: title: unknown key: "],
        ),
        (b"\xff\xfe", [":1: -: 'utf-8' codec can't decode"]),
    ],
)
def test_a_faulty_rule_is_refused_with_every_fault(tmp_path, text, wanted):
    (tmp_path / "mine.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(tables.DataError) as raised:
        rule.read_rule(tmp_path / "mine.toml")
    found = [str(fault).removeprefix(f"{tmp_path}/mine.toml") for fault in raised.value.faults]
    assert [line[: len(words)] for line, words in zip(found, wanted, strict=True)] == wanted


def test_a_rule_that_does_not_fit_the_file_or_the_sites_is_refused(tmp_path):
    mine, sites = tmp_path / "mine.toml", tmp_path / "sites.csv"
    mine.write_text(
        CLAUSE + 'column = "weapon"\nor = "wepon"\nlacks = "x"\n' + CLAUSE + 'site = true\nnames_in = ["text"]'
    )
    with pytest.raises(tables.DataError) as raised:
        bring_in("acled", tmp_path, acled(EVENTS), rule_path=mine)
    first, second = map(str, raised.value.faults)
    assert first.startswith(
        f"{mine}:1: all: no column weapon or wepon: a column that {tmp_path}/0events.csv has: incident"
    )
    assert second.startswith(f"{mine}:6: all: no column text: ")
    mine.write_text(CLAUSE + 'column = "notes"\nlacks = "x"')
    with pytest.raises(tables.DataError, match=r"mine.toml:1: -: no site clause: a last clause with site = true"):
        bring_in("acled", tmp_path, acled(EVENTS), rule_path=mine, sites_path=sites)
    with pytest.raises(tables.DataError, match=r"mine.toml:1: -: beside --keep all: either every event"):
        bring_in("acled", tmp_path, acled(EVENTS), rule_path=mine, keep_all=True)
    with pytest.raises(tables.DataError, match=r"none.toml:1: -: not readable: a TOML file \(No such file"):
        bring_in("acled", tmp_path, acled(EVENTS), rule_path=tmp_path / "none.toml")
    assert not (tmp_path / "incidents.parquet").exists()


def test_a_rule_that_keeps_nothing_says_what_each_clause_kept(tmp_path, capsys):
    (tmp_path / "a.csv").write_text(acled({"town": {}, "patrol": EVENTS["patrol"]}), encoding="utf-8")
    assert cli.main(["import", "acled", f"{tmp_path}/a.csv", "--out", f"{tmp_path}/no.parquet"]) == 1
    said = capsys.readouterr().err
    assert "shelling events: 1 of 2; not by the United States or the coalition: 1; at a site: 0." in said
    assert said.endswith("--keep all keeps every event.\n1 fault; nothing was written\n")
    assert not (tmp_path / "no.parquet").exists()
    assert cli.main(["import", "acled", f"{tmp_path}/a.csv", "--keep", "some"]) == 2


def test_values_are_whole_cells_and_patterns_parts_of_them_whatever_their_case():
    columns = {"kind": ["Air strike ", "air", None], "n": [1, 2, None]}

    def unmet(**clause):
        wanted = rule.Rule(rule.Path("mine.toml"), ({"name": "all", **clause},))
        return [place is not None for place in failing(wanted, **columns)]

    assert unmet(column=["KIND"], any_of=["AIR STRIKE"]) == [False, True, True]
    assert unmet(column=["kind"], none_of=["AIR"]) == [False, True, False]
    assert unmet(column=["kind"], contains=["STRIKE|sea", "land"]) == [False, True, True]
    assert unmet(column=["kind"], lacks=["strike"]) == [True, False, False]
    assert unmet(column=["n", "kind"], any_of=["2", "air strike"]) == [False, False, True]
    assert unmet(column=["absent"], **{"or": ["n"]}, any_of=["1"]) == [False, True, True]


def test_the_rule_and_the_sites_of_the_documentation_can_be_read(tmp_path):
    page = (ROOT / "docs" / "importing.md").read_text(encoding="utf-8")
    for name, text in zip(
        ["mine.toml", "my_sites.csv"], re.findall(r"```(?:toml)?\n(.*?)```", page, re.S)[1:], strict=True
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    wanted = rule.read_rule(tmp_path / "mine.toml", tmp_path / "my_sites.csv")
    assert wanted.groups == ["mosque", "market"]


MINE = """
[[clause]]
name = "explosions"
column = "event_type"
any_of = "Explosions/Remote violence"

[[clause]]
name = "at a mosque or a market"
site = true
km = 1
names_in = "notes"
"""
MY_SITES = """name,aliases,latitude,longitude,km,group
Old Friday Mosque,الجامع القديم,36.20,37.16,0.5,mosque
Harbour Market,Fish Hall|Quay,36.90,37.16,0.5,market
"""


def test_a_rule_and_sites_of_ones_own_give_two_groups_to_every_analysis(tmp_path):
    (tmp_path / "mine.toml").write_text(MINE, encoding="utf-8")
    (tmp_path / "my_sites.csv").write_text(MY_SITES, encoding="utf-8")
    near = {"notes": "At the quay market.", "latitude": "36.7", "longitude": "37.3"}
    draw, changes = np.random.default_rng(1), {"away": {}, "by name": near}
    for n in range(30):
        day = datetime.date(2020, 1, 5) + datetime.timedelta(days=48 * n + int(draw.integers(9)))
        changes[f"S{n}"] = {"event_date": str(day), "latitude": "36.2" if n % 3 else "36.9", "longitude": "37.16",
                            "fatalities": str(n % 4), "notes": "", "country": "Syria"}  # fmt: skip
    files = {"rule_path": tmp_path / "mine.toml", "sites_path": tmp_path / "my_sites.csv"}
    rows, notes = bring_in("acled", tmp_path, acled(changes), **files)
    assert {row["incident_id"]: row["site_name"] for row in rows}["by name"] == "Harbour Market"
    assert notes[1] == "Rule mine.toml: explosions: 32 of 32; at a mosque or a market: 31."
    assert notes[2].startswith("Sites of my_sites.csv: 1 mosque, 1 market.")
    out = tmp_path / "incidents.parquet"
    data = load_incidents(dataset=out)
    assert data.attrs["groups"] == ["mosque", "market"]
    assert data["target"].value_counts().to_dict() == {"mosque": 20, "market": 11}
    assert comparison.compare(data, measures=["anyone killed"])["mosque_n"].tolist() == [20]
    assert comparison.compare(data, measures=["anyone killed"]).columns[0] == "mosque_n", "in the order of the sites"
    results = Results(dataset=out, anchor="2020-01-03")
    assert "mosque sites" in results.tell("embassy_vs_base")
    assert "ours are other sites" in repr(results.shared_events)
    assert cli.main(["validate", str(out)]) == 0
    metadata = pq.read_table(out).schema.metadata
    pq.write_table(pq.read_table(out).replace_schema_metadata(None), out)
    assert b"helpers.import" in metadata
    with pytest.raises(tables.DataError, match="target: 'market': one of embassy, base"):
        load_incidents(dataset=out)
