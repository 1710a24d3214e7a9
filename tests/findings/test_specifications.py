"""What the findings say of all choices together, of dates, of reporting and of leaving out."""

import pandas as pd
import pytest

from helpers import findings
from helpers.anniversaries import placebo_test

DAYS = ["2020-09-01", "2021-01-01", "2021-01-05", "2021-01-05", "2021-05-09", "2021-12-31", "2022-01-03", "2022-06-01"]


def test_the_table_of_choices_and_the_curve_are_of_the_same_headline(results):
    found, headline = results.specifications, results.anniversary["headline"]
    table, curve = found["one_by_one"], pd.DataFrame(found["curve"])
    for name in ("observed", "expected", "rate_ratio", "p_value"):
        assert table.loc["headline", name] == pytest.approx(headline[name]), name
        assert curve.query("window == 14 and side == 'around'")[name].iloc[0] == pytest.approx(headline[name])
    without = results.anniversary["years"].loc["without 2022"]
    assert table.loc["without 2022", ["observed", "p_value"]].tolist() == without[["observed", "p_value"]].tolist()
    sensitivity = results.sensitivity.loc["each day counted once"]
    assert table.loc["each day counted once", "p_value"] == sensitivity["p_value"]
    wide = results.anniversary["test"].table.loc[30]
    assert table.loc["30 days either side", "p_value"] == wide["p_value"]


def test_what_is_said_of_the_curve_is_counted_there(results):
    found = results.specifications
    curve = pd.DataFrame(found["curve"])
    shown = curve[curve["counted"]]
    assert (shown["question"] == "all").all()
    assert found["n"] + found["too_few"] <= found["distinct"] == len(curve) < found["asked"]
    assert found["low"] == (shown["p_value"] <= 0.05).sum()
    words = findings.tell(found)
    assert f"{found['asked']:,} combinations of choices make {found['distinct']:,} distinct analyses" in words
    deciding = found["deciding"]
    middles = found["by_option"]["median p"][deciding["choice"]]
    assert (middles.idxmin(), middles.max()) == (deciding["least"]["option"], deciding["most"]["p"])
    assert {"bases alone", "Iraq alone"} <= set(found["readings"].index)
    assert found["readings"]["note"].isin(["", "too few incidents"]).all()


def test_an_own_file_of_dates_is_crossed_by_what_it_has():
    rows = pd.DataFrame({"incident_id": range(len(DAYS)), "date": pd.to_datetime(DAYS)})
    rows.attrs = {"window": ["2020-01-04", "2022-12-31"]}
    found = findings.specifications(findings.anniversary(rows), rows)
    assert list(found["one_by_one"].index) == [
        "headline", "without 2021", "each day counted once", "7 days either side", "30 days either side",
    ]  # fmt: skip
    days = rows["date"].drop_duplicates()
    test = placebo_test(days, windows=[14], study_period=("2020-01-04", "2022-12-31"))
    assert found["one_by_one"].loc["each day counted once", "p_value"] == test.table.loc[14, "p_value"]
    with pytest.raises(ValueError, match="name no country, target or weapon"):
        findings.other_questions(found)
    few = rows.iloc[:4]
    with pytest.raises(ValueError, match="no analysis has 5 incidents or more in the tested years"):
        findings.specifications(findings.anniversary(few, ("2020-01-04", "2022-12-31")), few)


# --- dates, what is left out, what is reported ------------------------------------------------------------------------


def test_dates_of_the_frozen_set_are_those_of_the_headline(results, few):
    found = results.date_error
    assert found["row"]["p_value"] == pytest.approx(results.anniversary["headline"]["p_value"])
    assert found["row"]["p_lowest"] <= found["row"]["p_weighted"] <= found["row"]["p_highest"]
    near = results.anniversary["offsets"]
    several = few.loc[few["date_low"] < few["date_high"], "date"]
    assert found["disputed"] == near["date"].isin(several).sum() or found["disputed"] <= len(several)
    assert f"Accounts give {found['disputed']} of {found['n']} attack" in findings.tell(found, "dates")


def test_an_own_file_says_what_it_lacks():
    rows = pd.DataFrame({"date": pd.to_datetime(DAYS)})
    rows.attrs = {"window": ["2020-01-04", "2022-12-31"]}
    found = findings.anniversary(rows)
    with pytest.raises(ValueError, match="date_low, date_high"):
        findings.date_error(found, rows)
    left = findings.leave_one_out(found, rows)
    assert set(left["by_kind"].index) == {"year"}
    assert left["weak"] is None
    assert findings.tell(left, "weak") == ""
    assert "Leaving out one year at a time" in findings.tell(left, "left_out")
    words = [findings.tell(findings.robustness(found, findings.specifications(found, rows)), part)
             for part in ("holds", "depends", "unknown")]  # fmt: skip
    assert [text.split(".")[0] for text in words] == [
        "**What holds", "**What depends on a choice", "**What nobody can know from these data",
    ]  # fmt: skip
    one = rows[:5]
    with pytest.raises(ValueError, match="there is one tested year, and no site and no publisher"):
        findings.leave_one_out(findings.anniversary(one, ("2020-06-01", "2021-12-30")), one)


def test_weaker_accounts_are_left_out_one_by_one_and_at_once():
    days = [*DAYS, "2023-12-30", "2024-01-03", "2024-01-05", "2024-02-02"]
    rows = pd.DataFrame({"date": pd.to_datetime(days), "country": "Syria", "basis": "official"})
    rows["incident_id"] = [f"i{n}" for n in range(len(days))]
    rows.loc[8:9, "basis"] = ["monitor", "outlet"]
    rows.loc[4, "basis"] = "outlet"  # of a time before
    rows.attrs = {"anchor": "2020-01-03", "event": "it", "event_short": "it", "window": ("2020-01-04", "2024-12-31"),
                  "explored_until": "2023-09-30", "planned": [2024]}  # fmt: skip
    found = findings.leave_one_out(findings.anniversary(rows), rows)
    weak = found["weak"]
    assert (weak["n"], weak["tested"], weak["years"]) == (2, 0, [2021, 2022, 2023, 2024])
    asked = {"windows": [14], "study_period": ("2020-01-04", "2024-12-31")}

    def p_without(*gone):
        return placebo_test(rows["date"].drop(list(gone)), **asked).table.loc[14, "p_value"]

    assert (weak["p"], weak["without"]) == (p_without(), p_without(8, 9))
    assert (weak["least"], weak["most"]) == tuple(sorted([p_without(8), p_without(9)]))
    assert "2 attacks in Syria since October 2023 rest on a monitor" in findings.tell(found, "weak")


def test_reporting_and_caps_are_told(results):
    effort = results.reporting_effort
    per_block = results.placebo_methods.loc["independent", "p_value"]
    assert effort["headline"]["p at 1"] == pytest.approx(per_block)
    assert "times as likely" in findings.tell(effort, "effort") or "nothing that reporting" in findings.tell(
        effort, "effort"
    )
    caps = findings.tell(results.month_caps, "caps")
    assert "no month reports more than 6, 4 or 3 attacks" in caps
    assert findings.tell(results.robustness, "unknown").endswith(".")


def test_readings_of_counts_are_those_of_the_comparison(results):
    found, tables = results.count_readings, results.embassy_vs_base["tables"]
    assert 0 < len(found["table"]) < found["n"]
    for measure, row in found["table"].iterrows():
        assert row.tolist() == [tables[reading].loc[measure, name] for name in ("effect", "p_value")
                                for reading in ("low", "best", "high")]  # fmt: skip
    same = set(tables["best"].dropna(subset=["effect"]).index) - set(found["table"].index)
    assert all(tables["low"].loc[measure, "effect"] == tables["high"].loc[measure, "effect"] for measure in same)
    assert f"{len(found['table'])} of {found['n']} effects" in findings.tell(found, "counts")
