"""What do the reports add up to: coverage, disagreements, effort?"""

import pandas as pd
import pytest

from helpers import findings, load_incidents
from helpers.findings.coverage import agencies

INCIDENTS = pd.DataFrame(
    {
        "incident_id": ["a", "b", "c", "d"],
        "date": pd.to_datetime(["2021-05-01", "2022-01-03", "2022-01-05", "2022-08-01"]),
        "date_low": pd.to_datetime(["2021-05-01", "2022-01-02", "2022-01-05", "2022-08-01"]),
        "date_high": pd.to_datetime(["2021-05-01", "2022-01-04", "2022-01-05", "2022-08-01"]),
        "target": ["embassy", "base", "base", "embassy"],
        "n_independent": [1, 2, 3, 2],
        "disputed": ["site", "date|launched", "launched", ""],
        "found_by": ["protocol", "protocol", "followup", "followup"],
    }
)
REPORTS = pd.DataFrame(
    {"incident_id": ["a", "b", "b", "c", "c", "c", "d", "other"], "source_id": ["x", "x", "y", "x", "y", "z", "z", "w"]}
)


def test_coverage_counts_incidents_reports_and_sources():
    found = findings.coverage(INCIDENTS, REPORTS)
    assert (found["n_incidents"], found["n_reports"], found["n_sources"]) == (4, 7, 3)
    assert (found["n_single"], found["n_disputed"], found["n_followup"]) == (1, 3, 2)
    assert found["by_year"].loc["all"].to_dict() == {"base": 2, "embassy": 2, "all": 4}
    assert found["by_year"].loc[2022].to_dict() == {"base": 2, "embassy": 1, "all": 3}
    told = findings.tell(found, "coverage")
    assert told.startswith("4 incidents rest on 7 reports in 3 sources. For 3 of them independent accounts contradict")
    assert "; 1 rests on a single independent account. 2 were found by follow-up searches alone" in told
    told = findings.tell({**found, "n_single": 2, "n_followup": 1}, "coverage")
    assert "; 2 rest on a single independent account. 1 was found by follow-up searches alone" in told


def test_agencies_count_the_reports_of_these_incidents():
    sources = pd.DataFrame({"source_id": list("xyzw"), "agency": ["AP", "AFP", "AP", "AP"]})
    assert agencies(INCIDENTS, REPORTS, sources)["reports"].to_dict() == {"AP": 5, "AFP": 2}


def test_disagreements_count_incidents_that_two_or_more_accounts_tell():
    found = findings.disagreements(INCIDENTS)
    rows = found["table"].to_dict("split")["data"]
    assert rows == [["munitions launched", 2, 3, 2 / 3], ["date", 1, 3, 1 / 3]]
    assert findings.tell(found, "disagreements") == (
        "Independent accounts contradict each other on munitions launched in 2 of 3 attacks"
    )
    assert findings.tell(found, "uncertain_days") == "The day is disputed for 1 incident, by at most 2 days."
    told = findings.tell({**found, "n_uncertain": 2, "days": 1}, "uncertain_days")
    assert told == "The day is disputed for 2 incidents, by at most 1 day."
    assert findings.tell({**found, "n_uncertain": 0}, "uncertain_days") == "The day of every incident is undisputed."


def test_disagreements_of_the_frozen_set_agree_with_its_disputes(few):
    table = findings.disagreements(few)["table"].set_index("field")
    several = few[few["n_independent"] >= 2]
    assert (
        table.loc["date", "disputed"] == several["disputed"].str.split("|").map(lambda fields: "date" in fields).sum()
    )
    assert (table["n"] == len(several)).all()


def test_accounts_that_agree_are_told_in_words(frozen_dir):
    found = findings.disagreements(load_incidents(scope="article", data_dir=frozen_dir))
    assert found["table"].empty
    assert findings.tell(found, "disagreements") == (
        "Independent accounts contradict each other on no field of 0 attacks"
    )


def test_days_without_a_range_are_not_told_as_certain():
    found = findings.disagreements(INCIDENTS.drop(columns=["date_low", "date_high"]))
    assert (found["n_uncertain"], found["days"]) == (None, None)
    assert "do not say how certain" in findings.tell(found, "uncertain_days")


def test_accounts_pile_up_where_coding_stopped():
    found = findings.account_numbers(pd.DataFrame({"n_independent": [1, 4, 4, 4, 5]}))
    assert found["table"]["incidents"].to_dict() == {1: 1, 4: 3, 5: 1}
    told = "3 of 5 incidents have exactly 4 independent accounts, 1 has more."
    assert findings.tell(found, "accounts") == told
    assert findings.tell({**found, "more": 2}, "accounts") == told.replace("1 has more", "2 have more")


def test_effort_counts_the_month_with_the_fewest_queries():
    log = pd.DataFrame({"month": ["2022-01"] * 3 + ["2022-02"] * 2, "results": [8, 8, 4, 8, 8]})
    told = findings.tell(findings.effort(log), "effort")
    assert told.startswith(
        "At least 2 queries were made for each of 2 months, and 80% of them returned a full page of 8. A busy month is"
    )
    assert findings.tell(findings.effort(log), "effort_and_meaning").endswith(told)


@pytest.mark.parametrize("function", [
    lambda rows: findings.coverage(rows, REPORTS), findings.disagreements, findings.account_numbers,
])  # fmt: skip
def test_missing_columns_are_named(function):
    with pytest.raises(ValueError, match=r"needs the column\(s\) .*n_independent.*; the data have incident_id, date"):
        function(INCIDENTS[["incident_id", "date"]])
