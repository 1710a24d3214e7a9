"""What do the tables say most plainly: where, with what, to whom, on whose word, beside what officials counted?"""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from helpers import charts, findings
from helpers.findings import NotAvailable, Results
from helpers.findings.official_counts import _is_official, _start_of

CODED = {"anchor": "2020-01-03", "event": "the killing", "event_short": "the killing"}


def frame(days, window=None, **columns):
    rows = pd.DataFrame({"date": pd.to_datetime(days), "incident_id": [f"i{n}" for n in range(len(days))]})
    rows = rows.assign(**columns)
    rows.attrs = {"window": window} if window else {}
    return rows


# --- by year ----------------------------------------------------------------------------------------------------------

DAYS = ["2021-05-01", "2021-06-01", "2021-07-01", "2022-01-03", "2022-02-01", "2022-12-31"]


def test_years_and_countries_add_up_and_a_year_without_attacks_is_there():
    rows = frame(DAYS, ["2020-10-01", "2024-07-31"], country=["Iraq", "Iraq", "Syria", "Syria", "Syria", None])
    found = findings.attacks_by_year(rows)
    table = found["table"]
    assert table.index.tolist() == [2020, 2021, 2022, 2023, 2024, "all"]
    assert table.columns.tolist() == ["Syria", "Iraq", "not reported", "all"]
    for year, country in product(range(2020, 2025), ["Syria", "Iraq"]):  # a second route: counting one by one
        n = sum(day.year == year and where == country for day, where in zip(rows["date"], rows["country"], strict=True))
        assert table.loc[year, country] == n
    assert found["partial"] == ["Oct–Dec 2020", "Jan–Jul 2024"]
    assert found["without"] == ["Oct–Dec 2020", "2023", "Jan–Jul 2024"]
    assert found["campaign"] is None
    told = findings.tell(found, "answer")
    assert told == (
        "6 attacks were reported from 1 October 2020 to 31 July 2024: 3 in Syria, 2 in Iraq and 1 with the country not "
        "reported. Iraq had the most reported attacks until 2021, Syria from 2022 on."
    )
    years = findings.tell(found, "years")
    assert "Iraq had 2 of 3 reported attacks in 2021. Syria had 2 of 2 reported attacks in 2022." in years
    assert "None of these incidents lies in Oct–Dec 2020, 2023 and Jan–Jul 2024, which is no proof of quiet." in years


@pytest.mark.parametrize(("countries", "lead"), [
    (["Iraq"] * 6, "Iraq had the most reported attacks in every year with any"),
    (["Iraq", "Syria", "Iraq", "Syria", "Iraq", "Syria"], "Syria had the most reported attacks in every"),
    (["Iraq", "Iraq", None, "Syria", "Iraq", None], "2021 has the most reported attacks, 3 of 6"),  # a tie in 2022
])  # fmt: skip
def test_the_lead_is_told_only_where_one_country_has_it(countries, lead):
    if countries.count("Syria") == 3:
        countries = ["Syria", "Syria", "Iraq", "Syria", "Syria", "Iraq"]
    assert findings.tell(findings.attacks_by_year(frame(DAYS, country=countries)), "lead").startswith(lead)


def test_the_campaign_is_one_of_the_collection_about_this_anniversary():
    rows = frame(["2023-10-16", "2023-10-17", "2024-01-03", "2024-02-04", "2024-02-05"], country="Iraq")
    rows.attrs = {"window": ["2023-01-01", "2024-12-31"], **CODED}
    campaign = findings.attacks_by_year(rows)["campaign"]
    assert campaign["years"] == {2023: 1, 2024: 2}
    assert campaign["n_days"] == 15 + 30 + 31 + 31 + 4
    assert "3 of them fell in the campaign" in findings.tell(findings.attacks_by_year(rows), "answer")
    rows.attrs["anchor"] = "2011-03-15"
    assert findings.attacks_by_year(rows)["campaign"] is None


def test_weapons_keep_the_order_of_the_list_and_a_missing_one_is_not_reported(few):
    found = findings.weapons_by_year(frame(DAYS, weapon=["drone", "rocket", "rocket", "drone", "drone", "unknown"]))
    assert found["table"].columns.tolist() == ["rockets", "drones", "not reported", "all"]
    assert found["table"].loc[2022].tolist() == [0, 2, 1, 3]
    told = findings.tell(found, "weapons")
    assert told.startswith("Most frequent weapon: rockets until 2021, drones from 2022 on. In 2021, 2 of 3 reported")
    assert told.endswith("The weapon of 1 is not reported.")
    counts = few["weapon"].astype("str").value_counts()
    assert findings.weapons_by_year(few)["table"].loc["all", "rockets"] == counts["rocket"]


# --- casualties -------------------------------------------------------------------------------------------------------


def tolls(rows):
    """Killed and injured, each low, best and high, then US killed and injured."""
    names = [f"{toll}_{end}" for toll in ("killed", "injured") for end in ("low", "best", "high")]
    table = pd.DataFrame(rows, columns=[*names, "us_killed", "us_injured"], dtype="object").astype("Int64")
    return frame(DAYS[: len(rows)]).join(table)


SILENT = [None] * 8


def test_a_toll_that_is_not_reported_is_no_zero():
    rows = tolls([[0, 0, 4, 1, 2, None, 4, None], SILENT, [1, 1, 1, 2, 2, 2, None, None], SILENT])
    found = findings.casualties(rows)
    assert found["table"].loc[2021].tolist() == ["1 (1 to 5) in 2 of 3", "4 (3 or more) in 2 of 3", "4 in 1 of 3",
                                                 "not reported in any of 3"]  # fmt: skip
    assert found["table"].loc[2022].tolist() == ["not reported in any of 1"] * 4
    assert found["numbers"].loc[("all", "killed")].tolist() == [1, 1, 5, 2, 4]
    assert found["largest"] == {"killed": {"incident": "i2", "n": 1}, "injured": {"incident": "i0", "n": 2},
                                "us_killed": {"incident": "i0", "n": 4}, "us_injured": None}  # fmt: skip
    assert found["exceeding"]["incident_id"].tolist() == ["i0"]  # four Americans dead where nobody is
    told = findings.tell(found, "casualties")
    assert told.startswith("1 person was reported killed (1 to 5), in the 2 of 4 incidents whose accounts say")
    assert "were killed: 0 were, and 4 more by some accounts of i0 on 1 May 2021, which others contradict." in told


def test_casualties_of_the_frozen_set_add_up(few):
    numbers = findings.casualties(few)["numbers"]
    years = numbers.drop(index="all", level="year").groupby("toll")[["best", "n", "of"]].sum()
    whole = numbers.loc["all"][["best", "n", "of"]]
    assert years.loc[whole.index].astype(int).to_numpy().tolist() == whole.astype(int).to_numpy().tolist()
    assert whole.loc["killed", "best"] == np.nansum(few["killed_best"].astype(float))


def test_nothing_reported_is_no_table():
    with pytest.raises(ValueError, match="no incident reports whether anybody was killed or injured"):
        findings.casualties(tolls([SILENT, SILENT]))


# --- the flow, claims, basis ------------------------------------------------------------------------------------------


def test_the_flow_ends_in_as_many_incidents_as_it_holds():
    inclusion = ["core", "core", "borderline", "core", "excluded", "core"]
    found_by = ["protocol", "followup", "protocol", "protocol", "protocol", "followup"]
    rows = frame(DAYS, ["2021-01-01", "2022-12-31"], inclusion=inclusion, found_by=found_by)
    rows.attrs["explored_until"] = "2021-12-31"
    reports = pd.DataFrame(
        {"incident_id": ["i0", "i0", "i3", "i5", "other"], "found_by": ["protocol", "followup"] * 2 + ["protocol"]}
    )
    flow = findings.report_flow(rows, reports)
    assert flow.columns.tolist() == ["2021-01 to 2021-12", "2022-01 to 2022-12", "all"]
    assert flow["all"].to_dict() == {"reports": 4, "of them by follow-up searches": 2, "incidents": 6,
                                     "of them known from follow-ups alone": 2, "core": 4, "borderline": 1,
                                     "excluded": 1}  # fmt: skip
    assert (flow.iloc[:, 0] + flow.iloc[:, 1]).tolist() == flow["all"].tolist()
    rows.attrs["explored_until"] = "2023-12-31"  # ends after the data: one part
    assert findings.report_flow(rows, reports).columns.tolist() == ["all"]


def test_only_names_that_are_spelt_alike_count_together():
    names = ["Group A|Group B", "Group A", None, "group a", "Group B | Group B", "Group A"]
    inclusion = ["core", "borderline", "core", "core", "core", "excluded"]
    found = findings.claims(frame(DAYS, claimed_by=names, inclusion=inclusion))
    assert found["groups"].to_dict("index") == {
        "Group A": {"core": 1, "borderline": 1, "all": 2},
        "Group B": {"core": 2, "borderline": 0, "all": 2},
        "group a": {"core": 1, "borderline": 0, "all": 1},
    }
    assert found["by_year"].loc[2021].to_dict() == {
        "claimed, core": 1, "not reported, core": 1, "claimed, borderline": 1}  # fmt: skip
    assert found["by_year"].to_numpy().sum() == found["n"] == 5
    told = findings.tell(found, "claims")
    assert (
        told
        == "4 of 5 incidents are claimed, by 3 names, of which 1 occurs once. 2 are claimed by Group A, 1 of them core."
    )


def test_claims_need_a_claim():
    with pytest.raises(ValueError, match="no incident is claimed by anybody"):
        findings.claims(frame(DAYS, claimed_by=pd.array([None] * 6, dtype="str")))


def test_basis_stands_in_the_order_of_the_list_and_warns():
    basis = pd.Categorical(["claim", "official", "official", "not_recorded", "claim", None],
                           ["official", "monitor", "claim", "not_recorded"])  # fmt: skip
    rows = frame(DAYS, ["2021-01-01", "2022-12-31"], basis=basis)
    found = findings.basis_by_year(rows)
    assert found["table"].columns.tolist() == ["official", "claim", "not_recorded", "all"]
    assert found["table"].loc["all"].tolist() == [2, 2, 1, 5]
    assert "compared" not in findings.tell(found, "basis")
    rows.attrs["explored_until"] = "2021-12-31"
    told = findings.tell(findings.basis_by_year(rows), "basis")
    assert told.endswith("up to 31 December 2021. So shares before and after that day must not be compared.")
    with pytest.raises(ValueError, match="no incident says whose account it rests on"):
        findings.basis_by_year(rows.assign(basis=None))


# --- official counts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scope", "official", "start"), [
    ("Iraq+Syria since 17 Oct (Pentagon)", True, "named"),
    ("Iraq 14 + Syria 9 since 17 Oct (US defence official)", True, "named"),
    ("coalition forces since 17 Oct; 59 wounded (two US officials via AP)", True, "named"),
    ("Iraq+Syria 17-30 Oct, at least (US military official)", True, "named"),
    ("Iraq+Syria since mid-October, at least; 45 US injured (CENTCOM)", True, "named"),
    ("Iraq 36 + Syria 37 (US official)", True, "none"),
    ("Syria since 17 Oct (Pentagon)", True, "another"),
    ("Iraq 10 + Syria 3, past week (Pentagon)", True, "another"),
    ("Iraq+Syria in October, at least (Pentagon)", True, "another"),
    ("US service members in the last 10 days (Pentagon)", True, "another"),
    ("Iraq+Syria since 7 Oct, missile attacks (Pentagon official)", True, "another"),
    ("attacks, as many as (Pentagon); scope cut off in the excerpt", True, "another"),
    ("Iraq+Syria 7 Oct-27 Jan, more than (not official)", False, "another"),
    ("US forces since 17 Oct, over (not official)", False, "named"),
    ("US military since October, over", False, "another"),
    ("Iraq+Syria since October, more than (AFP, US count)", False, "another"),
    ("Syria since 19 Oct (Syrian Observatory, not official)", False, "another"),
    ("US officials say so (not official)", False, "another"),
])  # fmt: skip
def test_scopes_are_read_by_the_rule(scope, official, start):
    assert _is_official(scope) == official
    assert _start_of(scope) == start


BOTH = "Iraq+Syria since 17 Oct (Pentagon)"


def tallies(*rows):
    table = pd.DataFrame(rows, columns=["date", "count", "scope"]).assign(source_id="x")
    return table.astype({"date": "datetime64[ns]"})


@pytest.fixture
def campaign():
    days = ["2023-10-16", "2023-10-17", "2023-10-20", "2023-10-31", "2023-11-02", "2023-11-03", "2023-11-20"]
    return frame(days, inclusion=["core", "core", "borderline", "core", "excluded", "core", "core"])


def test_incidents_are_set_beside_official_totals(campaign):
    given = tallies(
        ("2023-10-20", 3, BOTH),
        ("2023-10-22", 4, BOTH),  # within a week of the last: in the totals alone
        ("2023-10-31", 5, BOTH), ("2023-10-31", 6, BOTH),  # the larger one stands
        ("2023-11-02", 7, "Iraq 3 + Syria 4 (US official)"),  # no start, between totals that name it
        ("2023-11-10", 7, BOTH),
        ("2023-11-15", 9, "Iraq 3 + Syria 6 (US official)"),  # no start, and nothing after it that names one
        ("2023-11-01", 30, "Iraq+Syria since 17 Oct (SOHR, not official)"),
        ("2024-11-01", 90, BOTH),  # after the data
    )  # fmt: skip
    found = findings.official_counts(campaign, given)
    totals = found["totals"][["official", "incidents", "core"]]
    assert totals.index.strftime("%m-%d").tolist() == ["10-20", "10-22", "10-31", "11-02", "11-10"]
    assert totals.to_numpy().tolist() == [[3, 2, 1], [4, 2, 1], [6, 3, 2], [7, 3, 2], [7, 4, 3]]
    steps = found["steps"]
    assert [f"{a:%m-%d} {b:%m-%d}" for a, b in steps.index] == ["10-17 10-20", "10-21 10-31", "11-01 11-10"]
    assert steps[["official", "incidents", "core"]].to_numpy().tolist() == [[3, 2, 1], [3, 1, 1], [1, 1, 1]]
    assert steps["incidents_ratio"].round(2).tolist() == [0.67, 0.33, 1.0]
    assert found["other_official"]["count"].tolist() == [9]
    assert found["not_official"]["count"].tolist() == [30]
    assert found["n_rows"] == 6
    told = findings.tell(found, "official_counts")
    assert told.startswith("By 10 November 2023 US officials had counted 7 attacks since 17 October 2023; these tables "
                           "hold 4 incidents of the same days, 3 of them core.")  # fmt: skip
    assert findings.tell(found, "other_official").endswith(":\n- 15 November 2023: 9, Iraq 3 + Syria 6 (US official)")


def test_a_total_that_does_not_rise_has_no_ratio(campaign):
    found = findings.official_counts(campaign, tallies(("2023-10-20", 3, BOTH), ("2023-11-20", 3, BOTH)))
    assert found["steps"]["incidents_ratio"].isna().tolist() == [False, True]


@pytest.mark.parametrize("day", ["2023-10-20", "2024-10-20"])
def test_totals_of_others_or_of_later_days_alone_are_no_official_count(campaign, day):
    with pytest.raises(ValueError, match="no total of the data is official and counts from 2023-10-17"):
        findings.official_counts(campaign, tallies((day, 3, "Iraq+Syria since 17 Oct (SOHR)")))


# --- what the data cannot give, and the charts ------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "column"), [
    ("attacks_by_year", "country"), ("weapons_by_year", "weapon"), ("casualties", "killed_low"),
    ("claims", "claimed_by"), ("basis_by_year", "basis"),
])  # fmt: skip
def test_a_file_of_dates_alone_is_told_what_it_lacks(name, column, frozen_dir):
    results = Results(dataset=frozen_dir / "own" / "minimal.csv")
    assert column in repr(getattr(results, name))
    assert results.tell(name, "answer").startswith("Not available, because")


@pytest.mark.parametrize("name", ["report_flow", "official_counts"])
def test_a_file_of_ones_own_has_no_reports_behind_it(name, frozen_dir):
    assert isinstance(getattr(Results(dataset=frozen_dir / "own" / "minimal.csv"), name), NotAvailable)


def texts_of(chart):
    return [text.get_text() for text in chart.axes[0].texts]


def test_a_weapon_of_an_own_list_is_named_as_it_is_spelled():
    found = findings.weapons_by_year(frame(["2022-05-01"] * 3, weapon=["ied", "ied", "rocket"]))
    chart = charts.weapons_by_year(found)
    assert chart.headline == "Most frequent weapon in every year with reported attacks: ied"
    assert {text.get_text() for text in chart.legends[0].get_texts()} == {"Rockets", "ied"}


@pytest.mark.parametrize("width", ["page", "column"])
def test_the_chart_of_countries_joins_those_without_a_colour_and_names_each_once(width):
    countries = ["Iraq"] * 9 + ["Syria"] * 8 + ["Jordan"] * 7 + ["Kuwait"] * 6 + [None]
    rows = frame(["2022-05-01"] * 31, ["2021-01-01", "2022-12-31"], country=countries)
    chart = charts.attacks_by_year(findings.attacks_by_year(rows)).at(width)
    assert chart.data.set_index("year").loc[2022].to_dict() == {
        "Iraq": 9, "Syria": 8, "other countries": 13, "not reported": 1}  # fmt: skip
    keyed = [text.get_text() for legend in chart.legends for text in legend.get_texts()]
    assert keyed == [findings.upper_first(name) for name in chart.data.columns[1:]]
    assert "  none" in texts_of(chart)
    assert chart.alt.endswith(" The most, 31, fell in 2022; the fewest, 0, in 2021.")


def test_the_chart_of_weapons_shows_shares_of_each_year():
    rows = frame(DAYS, weapon=["drone", "rocket", "rocket", "drone", "catapult", "unknown"])
    chart = charts.weapons_by_year(findings.weapons_by_year(rows))
    widths = [bar.get_width() for bar in chart.axes[0].patches]
    assert widths == pytest.approx([2 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3])
    assert [text for text in texts_of(chart) if "n =" in text] == ["  n = 3", "  n = 3"]


def test_a_year_without_core_incidents_says_how_many_borderline_ones_it_has():
    days = ["2021-05-01", "2022-05-01", "2022-06-01", "2022-07-01"]
    every = frame(days, ["2021-01-01", "2022-12-31"], country="Iraq",
                  inclusion=["core", "borderline", "borderline", "excluded"])  # fmt: skip
    core = every[every["inclusion"] == "core"]
    told = findings.tell(findings.attacks_by_year(core, every), "years")
    assert told.endswith("None of these incidents lies in 2022, which is no proof of quiet: 2 borderline ones do.")
