"""The headline window by other choices of what counts, and the anniversaries that were planned."""

import pandas as pd
import pytest

from helpers import findings
from helpers.confirmatory import confirmatory_test
from helpers.covered import covered_test

PERIOD = ("2020-01-04", "2022-12-31")
DAYS = ["2020-09-01", "2021-01-01", "2021-01-05", "2021-01-05", "2021-05-09", "2021-12-31", "2022-01-03", "2022-06-01"]
BASES = ["official", "claim", "outlet", "not_recorded", "monitor", "aligned_press", "security_source", "official"]


def coded(**columns):
    rows = {"incident_id": [f"i{n}" for n in range(len(DAYS))], "date": pd.to_datetime(DAYS), "country": "Iraq",
            "inclusion": "core", "basis": BASES, "found_by": "protocol"}  # fmt: skip
    frame = pd.DataFrame(rows | columns)
    frame.attrs = {"anchor": "2020-01-03", "event": "it", "event_short": "it", "window": PERIOD}
    return frame


def test_choices_of_the_frozen_set(results, few, few_all):
    table = results.sensitivity
    tested = pd.to_datetime(["2021-01-03", "2022-01-03", "2023-01-03"])

    def count(rows, days):
        return sum(abs((date - day).days) <= days for date in rows for day in tested)

    chosen = {
        "headline": few["date"],
        "each day counted once": few["date"].drop_duplicates(),
        "with borderline incidents": few_all.loc[few_all["inclusion"] != "excluded", "date"],
        "diplomatic sites only": few.loc[few["target"] == "embassy", "date"],
        "bases only": few.loc[few["target"] == "base", "date"],
    }
    assert set(chosen) <= set(table.index)
    for choice, dates in chosen.items():
        row, observed, n = table.loc[choice], count(dates, 14), count(dates, 182)
        assert (row["observed"], row["n"]) == (observed, n), choice
        assert row["expected"] == pytest.approx((n - observed) / (365 - 29) * 29), choice
    assert table.loc["headline", "global_p_value"] == results.anniversary["test"].p_value


def test_each_choice_keeps_and_drops_what_it_says():
    every = coded(inclusion=["core"] * 5 + ["borderline"] * 2 + ["excluded"], found_by=["followup"] + ["protocol"] * 7)
    incidents = every[every["inclusion"] == "core"]
    incidents.attrs |= {"by_rule": {"i0": "borderline", "i5": "core", "i4": "core"}}
    reports = pd.DataFrame({"incident_id": ["i0", "i1", "i1", "i2", "i3", "i4"],
                            "date_basis": ["unclear", "unclear", "stated", "stated", "stated", "stated"]})  # fmt: skip
    kept = {name: list(rows["incident_id"]) for name, rows in findings.choices(incidents, every, reports).items()}
    assert kept == {
        "each day counted once": ["i0", "i1", "i2", "i4"],
        "with borderline incidents": ["i0", "i1", "i2", "i3", "i4", "i5", "i6"],
        "officials, security sources and monitors": ["i0", "i4"],
        "core and borderline, no claim alone": ["i0", "i2", "i3", "i4", "i5", "i6"],
        "earlier judgements by the written rules": ["i1", "i2", "i3", "i4", "i5"],
        "without follow-up searches": ["i1", "i2", "i3", "i4"],
        "without days that no account fixes": ["i1", "i2", "i3", "i4"],
    }


def test_weaker_accounts_in_syria_are_left_out_at_once():
    days = pd.to_datetime(["2023-09-30", "2023-10-01", "2023-10-02", "2023-10-03", *DAYS[:4]])
    rows = coded(date=days, country=["Syria", "Syria", "Iraq", "Syria", *["Syria"] * 4],
                 basis=["outlet", "monitor", "outlet", "official", *["outlet"] * 4])  # fmt: skip
    kept = findings.choices(rows, rows)["without 1 in Syria on weaker accounts"]
    assert list(kept["incident_id"]) == ["i0", "i2", "i3", "i4", "i5", "i6", "i7"]


def test_rates_per_covered_day_are_a_row_by_kind_of_month():
    rows = coded()
    months = pd.DataFrame({"month": pd.period_range("2020-01", "2022-12", freq="M").astype("str"), "coverage": "good"})
    months.loc[months["month"] == "2021-05", "coverage"] = "thin"
    months.loc[months["month"] == "2020-09", "coverage"] = "none"
    found = findings.anniversary(rows, PERIOD, "2020-01-03")
    table = findings.sensitivity(found, rows, month_coverage=months)
    for name, kinds in {"months of good coverage": ["good"], "months with pages": ["good", "thin"]}.items():
        chosen = months.loc[months["coverage"].isin(kinds), "month"]
        row = covered_test(rows["date"], chosen, "2020-01-03", study_period=PERIOD).loc[14]
        assert table.loc[name, list(row.index)].tolist() == pytest.approx(row.tolist())
    assert table.loc["months of good coverage", "n"] + 1 == table.loc["months with pages", "n"]


def test_choices_that_change_nothing_or_that_the_data_cannot_give_are_left_out():
    rows = coded(inclusion="core", basis="official")
    found = findings.anniversary(rows[["date"]], PERIOD, "2020-01-03")
    table = findings.sensitivity(found, rows[["incident_id", "date"]])
    assert list(table.index) == ["headline", "each day counted once"]
    assert list(findings.sensitivity(found, rows, rows).index) == ["headline", "each day counted once"]


# --- the anniversaries of the plan ------------------------------------------------------------------------------------


def planned(**columns):
    rows = coded(**columns)
    rows.attrs |= {"planned": [2021, 2022]}
    return rows


def test_the_plan_is_followed_with_its_table_and_its_verdict():
    rows = planned()
    found = findings.pre_specified(rows, "2020-01-03")
    test = confirmatory_test(rows["date"], years=(2021, 2022))
    assert found["verdict"] == test.verdict == "support"
    assert found["others"].loc["as planned", "p_value"] == test.p_value
    assert found["others"].loc["each day counted once", "n"] == 4
    assert {"without 2021", "without 2022", "21 days either side"} <= set(found["others"].index)
    assert "**Support.** 2021: 3 attacks reported within 28 days" in findings.tell(found)
    assert findings.tell(found, "meaning").startswith("The verdict is that of the rule; it cannot tell the anniversary")


def test_a_saturated_month_and_a_thin_one_are_told():
    months = pd.period_range("2020-01", "2022-12", freq="M").astype("str")
    coverage = pd.DataFrame({"month": months, "coverage": "thin"})
    coverage.loc[coverage["month"] == "2021-01", "coverage"] = "saturated"
    rows = planned()
    found = findings.pre_specified(rows[rows["date"] < "2021-12-01"], "2020-01-03", month_coverage=coverage)
    assert (found["verdict"], found["saturated"]) == ("uninformative", [2021])
    words = findings.tell(found)
    assert words.startswith("**Uninformative.** 2021: 3 attacks reported within 28 days")
    assert "archive saturated. 2022: none reported, archive thin." in words
    assert "Only one anniversary can be used" in words
    assert "not a test passed or failed" in findings.tell(found, "meaning")


def test_what_lies_beyond_the_data_was_not_searched():
    rows = planned()
    rows.attrs["window"] = ("2020-01-04", "2022-01-15")
    found = findings.pre_specified(rows, "2020-01-03")
    assert found["years"]["note"].to_dict() == {2021: "", 2022: "not searched"}
    assert "2022: not searched." in findings.tell(found)


@pytest.mark.parametrize(("anchor", "attrs"), [("2019-05-05", {}), ("2020-01-03", {"planned": []})])
def test_without_a_plan_there_is_nothing_to_tell(anchor, attrs):
    rows = planned()
    rows.attrs |= attrs
    with pytest.raises(ValueError, match="no later anniversaries of this anchor were planned"):
        findings.pre_specified(rows, anchor)


def test_the_plan_counts_core_incidents_alone():
    with pytest.raises(ValueError, match="the plan counts core incidents alone"):
        findings.pre_specified(planned(inclusion=["core"] * 7 + ["borderline"]), "2020-01-03")


def test_the_narrower_block_holds_fewer_days():
    days = [
        "2020-12-08",
        "2021-01-03",
        "2021-01-05",
        "2021-01-30",
        "2022-01-03",
        "2022-01-05",
        "2022-06-01",
        "2022-06-02",
    ]
    rows = planned(date=pd.to_datetime(days))
    table = findings.pre_specified(rows, "2020-01-03")["others"]
    assert table["n"].loc[["as planned", "21 days either side"]].tolist() == [6, 4]
    assert table["in the plan"].loc[["as planned", "without follow-up searches"]].tolist() == [True, False]
