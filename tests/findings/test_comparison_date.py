"""Attacks near the anniversaries by either year, described and not tested."""

import pandas as pd
import pytest

from helpers import findings

PERIOD = ("2020-01-04", "2023-09-30")
# Near 23 December 2020, 3 January 2021 and 3 January 2022; the others lie near no anniversary.
DAYS = ["2020-01-08", "2020-12-18", "2020-12-24", "2020-12-29", "2021-01-03", "2021-05-05", "2021-12-31", "2022-01-03",
        "2022-01-04", "2022-01-08", "2022-09-09"]  # fmt: skip


def attacks(days=DAYS):
    return pd.DataFrame({"date": pd.to_datetime(days)})


@pytest.fixture(scope="module")
def found():
    return findings.comparison_date(attacks(), PERIOD)


def test_one_row_per_anniversary_with_counts_by_hand(found):
    rows = found["table"].assign(date=found["table"]["date"].dt.strftime("%Y-%m-%d"))
    assert rows.to_numpy().tolist() == [
        ["2020-12-23", "lunar year", 1, 1, 2],
        ["2021-01-03", "Gregorian year", 1, 1, 2],
        ["2021-12-12", "lunar year", 0, 0, 0],
        ["2022-01-03", "Gregorian year", 2, 3, 4],
        ["2022-12-02", "lunar year", 0, 0, 0],
        ["2023-01-03", "Gregorian year", 0, 0, 0],
    ]
    assert list(findings.show(found["table"])) == [
        *("date", "kept by", "within 1 day", "within 3 days", "within 5 days")
    ]
    assert (found["fewest"], found["most"], found["n_few"], found["closest"]) == (0, 4, 5, 11)


def test_the_words_say_what_the_table_is_and_how_little_it_holds(found):
    answer = findings.tell(found)
    assert answer.startswith("3 January 2020 was 8 Jumada al-Ula 1441, by the calculated Umm al-Qura calendar.")
    assert "is not a second test: there is no p-value, and no claim." in answer
    assert answer.endswith("No table here says that attackers mark the lunar date.")
    few = findings.tell(found, "few")
    assert few.startswith("Within 5 days, the six rows hold from 0 to 4 attacks each, and five of them at most two. ")
    assert "The most lie around 3 January 2022, an anniversary by the Gregorian year. A busy season fills" in few
    assert few.endswith("The two dates lie at least 11 days apart, so that no attack is counted for both.")
    assert "p_value" not in str(found)


def test_rows_that_hold_hardly_anything_name_no_busiest_one():
    one = findings.comparison_date(attacks(["2021-01-04", "2021-06-01"]), PERIOD)
    none = findings.comparison_date(attacks(["2021-06-01"]), PERIOD)
    assert findings.tell(one, "few").startswith(
        "Within 5 days, the six rows hold from 0 to 1 attack each, and all of them at most two. So few attacks cannot"
    )
    assert findings.tell(none, "few").startswith("Within 5 days, the six rows hold 0 attacks each, and all of them at")


def test_dates_that_lie_close_share_attacks():
    found = findings.comparison_date(attacks(["2052-01-06"]), ("2050-01-01", "2055-12-31"), "2020-01-03")
    assert found["closest"] <= 10
    assert "so that an attack can be counted for both." in findings.tell(found, "few")


def test_neither_the_event_s_own_day_nor_a_window_cut_short_has_a_row():
    days = findings.comparison_date(attacks(), ("2019-12-01", "2022-01-07"))["table"]["date"]
    assert days.dt.strftime("%Y-%m-%d").tolist() == ["2020-12-23", "2021-01-03", "2021-12-12"]


@pytest.mark.parametrize(("period", "anchor", "message"), [
    (("2021-02-01", "2021-11-30"), "2020-01-03", "one by the lunar year, each with 5 days either side"),
    (("2021-02-01", "2022-11-30"), "1910-01-03", "1910-01-03 lies outside the Hijri calendar"),
    (("2021-02-01", "2078-11-30"), "2020-01-03", "2078-12-31 lies outside the Hijri calendar"),
])  # fmt: skip
def test_what_cannot_be_set_side_by_side_says_why(period, anchor, message):
    with pytest.raises(ValueError, match=message):
        findings.comparison_date(attacks(), period, anchor)


def test_it_is_a_result_of_a_collection(results):
    assert len(results.comparison_date["table"]) >= 2
    assert results.tell("comparison_date", "few")
