"""What a second coder found, and how far the two codings agree."""

import pandas as pd
import pytest
from small_collection import write_small

from helpers import findings, load, tables
from helpers.findings import NotAvailable, Results
from helpers.findings.reliability import _in_words, _judge

ROW = {
    "n": 30,
    "note": "",
    "alpha_low": 0.85,
    "alpha_high": 1.0,
    "alpha_jackknife_low": 0.9,
    "alpha_jackknife_high": 1.0,
}


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """The raw tables of a small collection."""
    return load.load_raw(write_small(tmp_path_factory.mktemp("small")).parent)


@pytest.fixture(scope="module")
def small(raw):
    """What is found in them."""
    return findings.coder_agreement(raw)


def moved(raw, row, incident_id, site_id="zone_x"):
    """The second coding with one report given to another incident."""
    reports = raw["second_coding/reports"].copy()
    reports.loc[row, ["incident_id", "site_id", "event_date"]] = [incident_id, site_id, pd.Timestamp(incident_id[:10])]
    return {"second_coding/reports": reports}


def test_the_frozen_set(results):
    facts = results.coder_agreement
    assert facts["pairs"]["second"].tolist() == ["2020-03-02_green_zone", "2022-08-24_conoco", "2023-01-04_conoco"]
    assert facts["shares"].loc["first", ["found_by_other", "n", "share"]].tolist() == [3, 3, 1]
    assert facts["shared"] == {"pages": 5, "both": 6, "either": 6, "first": 6, "second": 6}
    differ = facts["incident_differences"].set_index("field")
    assert differ.loc["site", ["first", "second"]].tolist() == ["us_embassy_baghdad", "green_zone"]
    assert results.tell("coder_agreement").startswith(
        "The second coder found 3 of the 3 incidents that the first coded in 3 months (100%)."
    )


def test_a_small_collection_by_hand(small):
    assert small["n_months"] == 1
    assert small["found"].astype("object").fillna(0).to_numpy().tolist() == [[1, 0, 0], [0, 1, 0], [1, 1, 0]]
    assert small["single"]["incident_id"].tolist() == ["2020-01-14_zone_x"]
    assert small["shares"]["n"].to_dict() == {"first": 2, "second": 1, "first, without follow-ups": 2}
    # The page own-1: the embassy by both, the zone by the first alone.
    assert small["shared"] == {"pages": 1, "both": 1, "either": 2, "first": 2, "second": 1}
    assert small["page_differences"][["field", "first", "second"]].to_numpy().tolist() == [
        ["day", "2020-01-14", "2020-01-13"],
        ["site", "zone_x", "embassy_x"],
    ]
    # Both come to three launched: AP's "at least four" and Herald's three; Herald's three and Echo's several.
    assert small["incident_differences"].empty
    assert small["incidents"].loc["munitions launched", ["n", "raw"]].tolist() == [1, 1]
    # AP says evening and Herald night, so that the first coder's accounts leave it open.
    assert small["incidents"].loc["part of day", ["n", "n_one_silent"]].tolist() == [0, 1]


def test_incidents_of_one_coder_alone_and_a_second_attack_on_one_site(raw):
    changed = moved(raw, 1, "2020-01-20_zone_x_2")["second_coding/reports"]
    lacking = changed.assign(found_by=pd.NA, origin=pd.NA, note=pd.NA)  # columns that a second coding may lack
    facts = findings.coder_agreement(raw | {"second_coding/reports": lacking})
    alone = facts["single"].set_index("incident_id")
    assert alone["coder"].to_dict() == {"2020-01-14_zone_x": "first", "2020-01-20_zone_x_2": "second"}
    assert alone.loc["2020-01-20_zone_x_2", "site_name"] == "Green Zone"
    assert facts["found"].loc["all"].tolist() == [1, 1, 1]
    assert "The second alone found 1." in findings.tell(facts, "found")


def test_a_month_that_the_first_coder_did_not_search_is_left_out(raw):
    log = pd.concat([raw["second_coding/search_log"], raw["search_log"].iloc[[2]]], ignore_index=True)
    changed = raw | moved(raw, 1, "2020-02-13_embassy_x", "embassy_x") | {"second_coding/search_log": log}
    facts = findings.coder_agreement(changed | {"search_log": raw["search_log"].iloc[:2]})
    assert (facts["n_months"], facts["n_left_out"]) == (1, 1)
    assert facts["single"]["incident_id"].tolist() == ["2020-01-14_zone_x"]
    assert "1 month of the second coding is left out" in findings.tell(facts, "found")


@pytest.mark.parametrize(("name", "message"), [
    ("search_log", "nothing was coded twice"),
    ("second_coding/reports", "one coder has no incident in the months that both searched"),
])  # fmt: skip
def test_codings_without_a_common_month_or_an_incident(raw, name, message):
    with pytest.raises(ValueError, match=message):
        findings.coder_agreement(raw | {name: raw[name][:0]})


@pytest.mark.parametrize(
    ("second", "paired", "single"),
    [
        ("2020-01-31_zone_x", "2020-01-31_zone_x", []),
        ("2020-01-30_zone_x", None, ["2020-01-30_zone_x"]),  # the first's of February is none of these months
    ],
)
def test_partners_on_both_sides_of_the_end_of_a_month(raw, second, paired, single):
    later = {name: raw[name].replace("2020-01-14_zone_x", "2020-02-01_zone_x")
             for name in ("reports", "incident_register")}  # fmt: skip
    later["reports"].loc[later["reports"]["incident_id"] == "2020-02-01_zone_x", "event_date"] = pd.Timestamp(
        "2020-02-01"
    )
    facts = findings.coder_agreement(raw | later | moved(raw, 1, second))
    assert facts["pairs"].set_index("first")["second"].get("2020-02-01_zone_x") == paired
    assert facts["single"]["incident_id"].tolist() == single


def test_collections_without_a_second_coding_and_files_say_so(raw, tmp_path):
    results = Results(data_dir=tmp_path)
    results.raw = {name: table for name, table in raw.items() if "second" not in name}
    assert repr(results.coder_agreement) == (
        "Not available, because the collection has no second coding: a folder second_coding beside its tables, of "
        "another coder's rows."
    )
    file = tmp_path / "own.csv"
    file.write_text("incident_id,date\na,2021-01-03\n", encoding="utf-8")
    results = Results(dataset=file)
    assert isinstance(results.coder_agreement, NotAvailable)
    assert (
        results.tell("coder_agreement") == "Not available, because your own file comes without the reports behind it."
    )


def test_a_unit_that_stands_twice_is_a_fault_of_the_table(tmp_path):
    path = write_small(tmp_path) / "second_coding" / "reports.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.splitlines()[1] + "\n", encoding="utf-8")
    with pytest.raises(tables.DataError, match=r"second_coding/reports\.csv:4"):
        load.load_raw(tmp_path)


@pytest.mark.parametrize(("changes", "judgement"), [
    ({}, "reliable"),
    ({"alpha_jackknife_low": 0.79}, "tentative"),
    ({"alpha_low": 0.667}, "tentative"),
    ({"alpha_low": 0.66}, "undecided"),
    ({"alpha_low": -0.2, "alpha_high": 0.5, "alpha_jackknife_high": 0.6}, "not reliable"),
    ({"alpha_low": -0.2, "alpha_high": 0.5, "alpha_jackknife_high": 0.7}, "undecided"),
    ({"n": 9}, "too few"),
    ({"note": "one value only"}, "one value only"),
    ({"note": "no disagreement"}, "no disagreement"),
    ({"note": "one month", "alpha_low": None}, "no interval"),
])  # fmt: skip
def test_the_wider_ends_decide_a_judgement(changes, judgement):
    row = {name: float("nan") if value is None else value for name, value in (ROW | changes).items()}
    assert _judge(row) == judgement


def test_every_judgement_has_its_words():
    rows = pd.DataFrame({"raw": 0.9, "n": 20}, index=["a", "b"])
    facts = {"page": "reliability", "incidents": rows, "skewed": ["b"],
             "judged": {name: ["a"] for name in findings.reliability.JUDGEMENTS}}  # fmt: skip
    lines = findings.tell(facts, "fields").splitlines()
    assert len(lines) == 9
    assert lines[0] == "- Reliable by alpha: a (alike in 90% of 20)."
    assert lines[-1].endswith("nearly all incidents have one value: b.")


def test_columns_in_words():
    assert [_in_words(name) for name in ("launched_min", "us_killed", "part_of_day", "site_id")] == [
        *("munitions launched, at least", "US killed", "part of day", "site")
    ]
