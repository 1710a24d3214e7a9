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
    ("us_strike", "2022-01-04"), ("us_strike", "2023-09-25"), ("truce_start", "2020-10-11"),
    ("truce_end", "2021-02-25"), ("policy", "2021-12-31"),
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
def after(near, attacks):
    return findings.after_strikes(near, attacks, STRIKES)


def levels(rate, foreseen=0.2, together=0.5):
    """Levels of strikes far apart, and of strikes that may lie together."""
    rows = [("calm", "each", 30, rate), ("calm", findings.FORESEEN, 30, foreseen), ("bursts", "each", 30, rate / 2),
            ("calm", "each", 0, together), ("calm", findings.FORESEEN, 0, 0.9)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["world", "answered", "days_apart", "rate"])
    return table.assign(test=findings.ANSWER_TEST, n_sims=1000, standard_error=0.005)


@pytest.fixture(scope="module")
def found(near, after):
    return findings.us_strikes(after, levels(0.04), near, STRIKES)


def count_after(attacks, strike, first=0):
    return int((attacks["date"] - pd.Timestamp(strike)).dt.days.between(first, 14).sum())


def test_rivals_are_counted_by_hand(attacks, rivals):
    assert rivals.loc["truces begun, after", "observed"] == count_after(attacks, "2020-10-11")
    assert rivals.loc["truces ended, after", "days"] == 1
    assert not any("strike" in name for name in rivals.index)


def test_attacks_after_strikes_are_counted_by_hand(attacks, after):
    days = ["2020-10-10", "2021-02-26", "2022-01-04"]  # neither before the period nor with its end in the window
    counts = [count_after(attacks, day, first=1) for day in days]
    assert after.loc["all", ["days", "following", "observed"]].tolist() == [3, 2, sum(counts)]
    by_us_date = [days[0], "2021-02-25", days[2]]
    assert after.loc["by US date", "observed"] == sum(count_after(attacks, day, first=1) for day in by_us_date)
    left_out = after.filter(like="without", axis=0)["observed"]
    assert left_out.tolist() == [*(sum(counts) - count for count in counts), min(counts)]
    assert left_out.index[-1] == "without both of 2021-02-26 and 2022-01-04"
    assert left_out.index[:-1].tolist() == [f"without {day}" for day in days]


def test_the_deadline_stands_three_days_before_the_anniversary_and_belongs_to_the_killing_alone(attacks, rivals):
    assert list(rivals.index[:2]) == [ANNIVERSARY, DEADLINE]
    assert rivals["days"].iloc[:2].tolist() == [3, 3]
    other = findings.rival_dates(findings.anniversary(attacks, PERIOD, "2020-06-15"), attacks, STRIKES)
    assert not any("deadline" in name for name in other.index)


def test_a_period_that_barely_holds_the_anniversary_does_not_stop_the_rivals(attacks):
    table = findings.rival_dates(findings.anniversary(attacks, ("2020-07-05", "2023-09-30")), attacks, STRIKES)
    assert table["days"].iloc[:2].tolist() == [3, 2]  # the first deadline's block begins before the period


def test_each_strike_and_truce_apart_by_hand(near, attacks):
    table = findings.each_strike_and_truce(near, attacks, STRIKES)
    assert table["kind"].tolist() == ["US strike", "truce begun", "truce ended", *["US strike"] * 3]
    gaps = (attacks["date"] - pd.Timestamp("2020-10-10")).dt.days
    row = table.loc["2020-10-10"]
    assert row["before"] == gaps.between(-14, -1).sum()
    assert row["on_day"] == (gaps == 0).sum() == 1
    assert row["after"] == gaps.between(1, 14).sum()
    assert row["days_since_attack"] == 0
    assert table.loc["2021-02-25", "days_since_attack"] == 70  # from 17 December 2020


def test_more_attacks_after_strikes_are_told_with_the_level_of_the_test(found, after):
    told, row = findings.tell(found), after.loc["all"]
    expected = findings.number(row["expected"])
    assert found["more"]
    without = after.filter(like="without", axis=0)["p_value"]
    one, both = without.iloc[:-1].max(), findings.p_value(without.iloc[-1])
    assert told == (
        f"In the 14 days after three US strikes, {row['observed']:.0f} attacks were reported. After other days that "
        f"follow an attack by at most three days, {expected} are expected ({findings.p_value(row['p_value'])}). With "
        f"one strike left out, p is at most {one:.2g}; without the two with most attacks after them, {both}. In "
        "simulations where strikes lie more than 30 days apart and only answer attacks, the comparison rejects in at "
        "most 4.0% of cases at the 5% level. Where strikes foresee the size of a burst, it rejects in up to 20.0%. "
        "More attacks are reported after US strikes than after other attacks. 4 January 2022 lies so near a tested "
        "anniversary that the windows share days."
    )
    two = {**found, "near": [*found["near"], pd.Timestamp("2022-01-05")]}
    told = findings.tell({**two, "lag": 1, "most_two": None})
    assert "follow an attack by at most one day, " in told
    assert f"left out, p is at most {one:.2g}. In simulations" in told
    assert " 4 January 2022 and 5 January 2022 lie so near a tested anniversary that the windows share" in told
    assert findings.tell({**found, "near": []}).endswith("than after other attacks.")


@pytest.mark.parametrize(
    ("p", "rate", "more", "words"),
    [
        (0.05, 0.05, True, "More attacks are reported after US strikes than after other attacks, but the excess rests"),
        (0.05, 0.061, False, "That is too often for any claim."),
        (0.06, 0.04, False, "Whether more attacks follow US strikes than follow other attacks is inconclusive."),
        (0.06, 0.2, False, "That is too often for any claim."),
    ],
)
def test_nothing_is_claimed_without_the_level(near, after, p, rate, more, words):
    table = after.assign(p_value=0.06)
    table.loc["all", "p_value"] = p
    found = findings.us_strikes(table, levels(rate), near, STRIKES)
    told = findings.tell(found)
    assert found["more"] == more
    assert words in told
    for conclusion in ("More attacks are", "That is too often", "inconclusive"):
        assert (conclusion in told) == (conclusion in words)


@pytest.mark.parametrize("most", [0.05, 0.06])
def test_what_hangs_on_a_single_strike_is_told(near, after, most):
    table = after.copy()
    table.loc[table.index.str.startswith("without"), "p_value"] = most
    table.loc["all", "p_value"] = 0.01
    told = findings.tell(findings.us_strikes(table, levels(0.04), near, STRIKES))
    assert (" than after other attacks, but the excess rests on single strikes." in told) == (most > 0.05)
    assert ("More attacks are reported after US strikes than after other attacks." in told) == (most <= 0.05)


def test_strikes_that_lie_together_have_the_level_of_such_strikes(near, attacks):
    close = pd.concat([STRIKES, events(("us_strike", "2020-11-09"))])
    found = findings.us_strikes(findings.after_strikes(near, attacks, close), levels(0.04), near, close)
    assert (found["apart"], found["level"], found["foreseen"], found["more"]) == (False, 0.5, 0.9, False)
    told = findings.tell(found)
    assert "In simulations where strikes only answer attacks, the comparison rejects in at most 50.0% of cases" in told
    assert "the size of a burst, it rejects in up to 90.0%. That is too often for any claim." in told


def test_a_single_strike_leaves_none_out(near, attacks):
    one = STRIKES[STRIKES["date_high"] == "2020-10-10"]
    after = findings.after_strikes(near, attacks, one)
    assert after.index.tolist() == ["all", "by US date"]
    found = findings.us_strikes(after, levels(0.04), near, one)
    assert (found["most"], found["most_two"], found["apart"]) == (None, None, True)
    assert "left out" not in findings.tell(found)
    assert "In the 14 days after one US strike, " in findings.tell(found)


def test_no_strike_known_to_the_day_is_a_reason(near, attacks):
    for none in (STRIKES[STRIKES["kind"] == "policy"], STRIKES[STRIKES["date_high"] == "2023-09-25"]):
        with pytest.raises(ValueError, match="no US strike known to the day lies in the period"):
            findings.after_strikes(near, attacks, none)
