"""Do attacks go with US strikes, truces or a deadline instead?"""

import pandas as pd
import pytest

from helpers import findings

PERIOD = ("2020-01-04", "2023-09-30")
ANNIVERSARY, DEADLINE = "3 January", "31 December (deadline for US combat forces)"


def events(*rows):
    """Context events: kind, local day, and the day by US clocks where it differs."""
    days = [(kind, pd.Timestamp(local), pd.Timestamp(us[0] if us else local)) for kind, local, *us in rows]
    frame = pd.DataFrame(days, columns=["kind", "date_high", "date_low"])
    return frame.assign(date_precision="day")


STRIKES = events(
    ("us_strike", "2020-01-03"), ("us_strike", "2020-10-10"), ("us_strike", "2021-02-26", "2021-02-25"),
    ("us_strike", "2022-01-04"), ("truce_start", "2020-10-11"), ("truce_end", "2021-02-25"), ("policy", "2021-12-31"),
)  # fmt: skip
NEAR = pd.to_datetime(["2020-10-08", "2020-10-10", "2020-10-12", "2020-10-20", "2021-02-27", "2021-03-01", "2021-03-12",
                       "2022-01-03", "2022-01-05", "2022-01-06", "2022-01-18"])  # fmt: skip


@pytest.fixture(scope="module")
def attacks():
    apart = pd.date_range("2020-03-01", "2023-09-01", freq="97D")
    return pd.DataFrame({"date": NEAR.append(apart).sort_values()})


@pytest.fixture(scope="module")
def near(attacks):
    return findings.anniversary(attacks, PERIOD)


@pytest.fixture(scope="module")
def rivals(near, attacks):
    return findings.rival_dates(near, attacks, STRIKES)


@pytest.fixture(scope="module")
def left_out(near, attacks):
    return findings.strike_left_out(near, attacks, STRIKES)


@pytest.fixture(scope="module")
def found(near, rivals, left_out):
    return findings.us_strikes(rivals, left_out, near)


def count_after(attacks, strike):
    return int((attacks["date"] - pd.Timestamp(strike)).dt.days.between(0, 14).sum())


def test_rivals_are_counted_by_hand(attacks, rivals):
    days = ["2020-10-10", "2021-02-26", "2022-01-04"]  # the killing itself lies before the period
    assert rivals.loc["US strikes, after", "days"] == 3
    assert rivals.loc["US strikes, after", "observed"] == sum(count_after(attacks, day) for day in days)
    by_us_date = [days[0], "2021-02-25", days[2]]
    assert rivals.loc["US strikes by US date, after", "observed"] == sum(
        count_after(attacks, day) for day in by_us_date
    )
    assert rivals.loc["truces begun, after", "observed"] == count_after(attacks, "2020-10-11")
    assert rivals.loc["truces ended, after", "days"] == 1


def test_the_deadline_stands_three_days_before_the_anniversary_and_belongs_to_the_killing_alone(attacks, rivals):
    assert list(rivals.index[:2]) == [ANNIVERSARY, DEADLINE]
    assert rivals["days"].iloc[:2].tolist() == [3, 3]
    other = findings.rival_dates(findings.anniversary(attacks, PERIOD, "2020-06-15"), attacks, STRIKES)
    assert not any("deadline" in name for name in other.index)


def test_a_period_that_barely_holds_the_anniversary_does_not_stop_the_rivals(attacks):
    table = findings.rival_dates(findings.anniversary(attacks, ("2020-07-05", "2023-09-30")), attacks, STRIKES)
    assert table["days"].iloc[:2].tolist() == [3, 2]  # the first deadline's block begins before the period


def test_leaving_one_strike_out_leaves_out_its_attacks_alone(near, attacks, left_out):
    strikes = findings.each_strike_and_truce(near, attacks, STRIKES).query("kind == 'US strike'")
    after = strikes["on_day"] + strikes["after"]
    assert left_out["observed"].tolist() == (after.sum() - after).tolist()


def test_each_strike_and_truce_apart_by_hand(near, attacks):
    table = findings.each_strike_and_truce(near, attacks, STRIKES)
    assert table["kind"].tolist() == ["US strike", "truce begun", "truce ended", "US strike", "US strike"]
    gaps = (attacks["date"] - pd.Timestamp("2020-10-10")).dt.days
    row = table.loc["2020-10-10"]
    assert row["before"] == gaps.between(-14, -1).sum()
    assert row["on_day"] == (gaps == 0).sum() == 1
    assert row["after"] == gaps.between(1, 14).sum()
    # Placed by hand: the share of the period's days with as many attacks on them and in the 14 days after.
    period = pd.date_range(*PERIOD)
    circle = pd.Series(0, index=period).add(attacks["date"].value_counts(), fill_value=0)
    doubled = pd.concat([circle, circle.iloc[:14]]).rolling(15).sum().iloc[14:]
    assert row["p_after"] == pytest.approx((doubled >= row["on_day"] + row["after"]).mean())


def test_attacks_that_go_with_strikes_are_told_so(found, rivals, left_out):
    told, after = findings.tell(found), rivals.loc["US strikes, after"]
    assert found["together"]
    assert told.startswith("There is evidence that attacks go with US strikes (strikes tested: 3): ")
    assert f"{after['observed']:.0f} against {findings.number(after['expected'])} expected" in told
    assert f"the global p-value from one on is at most {left_out['global_p_value'].max():.2g}." in told
    assert "US strikes so near a tested anniversary that the two windows share days: 4 January 2022." in told
    assert told.endswith("Which came first, dates cannot tell.")


@pytest.mark.parametrize(
    ("p_before", "p_after", "together"), [(0.5, 0.025, True), (0.025, 0.5, True), (0.03, 0.03, False)]
)
def test_each_side_of_a_strike_has_half_the_level(near, rivals, left_out, p_before, p_after, together):
    table = rivals.copy()
    table.loc[["US strikes, before", "US strikes, after"], "global_p_value"] = [p_before, p_after]
    found = findings.us_strikes(table, left_out, near)
    assert found["together"] == together
    assert findings.tell(found).startswith(f"There is {'evidence' if together else 'no evidence'} that attacks go with")
    assert ("Which came first" in findings.tell(found)) == together


def test_a_single_strike_leaves_none_out(near, attacks):
    one = STRIKES[STRIKES["date_high"] == "2020-10-10"]
    left_out = findings.strike_left_out(near, attacks, one)
    assert left_out.empty
    found = findings.us_strikes(
        findings.rival_dates(near, attacks, one), left_out, findings.anniversary(attacks, PERIOD)
    )
    assert found["most"] is None
    assert "left out" not in findings.tell(found)


def test_no_strike_known_to_the_day_is_a_reason(near, attacks):
    none = findings.rival_dates(near, attacks, STRIKES[STRIKES["kind"] == "policy"])
    assert not any("strike" in name for name in none.index)
    with pytest.raises(ValueError, match="no US strike known to the day lies in the period"):
        findings.us_strikes(none, pd.DataFrame(), {})
