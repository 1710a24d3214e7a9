"""Sentences of a match, with each number in its place."""

import pandas as pd
import pytest

from helpers.findings import matched, tell

A = pd.DataFrame({"incident_id": range(40), "date": pd.date_range("2021-01-01", periods=40, freq="10D"),
                  "latitude": 33.3, "longitude": 44.4})  # fmt: skip


def test_every_part_is_told():
    b = A.iloc[[*range(8), 20, 39]].assign(precision_km=["5"] * 8 + ["50", ""])
    facts = matched(A, b, names=("ours", "theirs"))
    assert tell(facts) == (
        "10 of the 40 events of ours (25%; 95% interval 14% to 40%) have a partner in theirs within 25 km and 1 day. "
        "10 of the 10 events of theirs (100%; 95% interval 72% to 100%) have one in ours."
    )
    # Dates are ten days apart, so shifted ones find as many pairs.
    assert tell(facts, "chance").startswith("Chance would give about 10 pairs, against 10 found. That is the number")
    assert "shifted by 30, 60 and 90 days either way" in tell(facts, "chance")
    assert tell(facts, "partners") == ("Partners lie 0 km apart in the median, and 10 of the 10 pairs fall on one day.")
    assert tell(facts, "left_out") == (
        "1 event of theirs is known to within more than 25 km; their true partners may lie outside the gate."
    )
    assert "no proof" in tell(facts, "limits")


def test_events_on_other_days_are_told_apart():
    facts = matched(A.iloc[:20], A.iloc[[2, 15, 30]], names=("ours", "theirs"))
    assert tell(facts, "left_out") == (
        "2 events of ours lie outside the dates that the other covers, and are not counted above. "
        "1 event of theirs lies outside the dates that the other covers, and is not counted above."
    )
    facts = matched(A.iloc[[0, 39]], A.iloc[10:12], names=("ours", "theirs"))
    assert tell(facts) == (
        "No event of ours lies within the dates that theirs covers. "
        "0 of the 2 events of theirs (0%; 95% interval 0% to 66%) have a partner in ours within 25 km and 1 day."
    )


def test_chance_may_not_be_known_and_pairs_may_be_none():
    one = A.iloc[:1]
    facts = matched(one, one.assign(latitude=34.5), days=2)
    assert tell(facts, "chance").startswith(
        "How many pairs chance would give is not known: with the dates of B shifted"
    )
    assert (tell(facts, "partners"), tell(facts, "left_out")) == ("", "")
    assert "0 of the 1 event of A (0%; 95% interval 0% to 79%) have a partner in B within 25 km and 2 days." in tell(
        facts
    )
    assert pd.isna(facts["median_km"]) and facts["expected"] != pytest.approx(0)
