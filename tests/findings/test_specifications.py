"""What the findings say of all choices together, of dates, of reporting and of leaving out."""

import pandas as pd
import pytest

from helpers import findings
from helpers.anniversaries import placebo_test

DAYS = ["2020-09-01", "2021-01-01", "2021-01-05", "2021-01-05", "2021-05-09", "2021-12-31", "2022-01-03", "2022-06-01"]


def test_the_table_of_choices_and_the_curve_are_of_the_same_headline(results):
    found, headline = results.specifications, results.anniversary["headline"]
    table = found["one_by_one"]
    for name in ("observed", "expected", "rate_ratio", "p_value"):
        assert table.loc["headline", name] == pytest.approx(headline[name]), name
        assert found["curve"].query("window == 14 and side == 'around'")[name].iloc[0] == pytest.approx(headline[name])
    without = results.anniversary["years"].loc["without 2022"]
    assert table.loc["without 2022", ["observed", "p_value"]].tolist() == without[["observed", "p_value"]].tolist()
    sensitivity = results.sensitivity.loc["each day counted once"]
    assert table.loc["each day counted once", "p_value"] == sensitivity["p_value"]
    wide = results.anniversary["test"].table.loc[30]
    assert table.loc["30 days either side", "p_value"] == wide["p_value"]


def test_what_is_said_of_the_curve_is_counted_there(results):
    found = results.specifications
    shown = found["shown"]
    assert (shown["question"] == "all").all()
    assert found["n"] + found["too_few"] <= found["distinct"] == len(found["curve"]) < found["asked"]
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
    assert found["readings"].empty
    few = rows.iloc[:4]
    with pytest.raises(ValueError, match="no analysis has 5 incidents or more in the tested years"):
        findings.specifications(findings.anniversary(few, ("2020-01-04", "2022-12-31")), few)
