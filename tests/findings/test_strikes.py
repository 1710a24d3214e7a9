"""Do attacks go with US strikes, truces or a deadline instead?"""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import findings
from helpers.findings.basics import event_days

PERIOD = ("2020-01-04", "2023-09-30")
ANNIVERSARY, DEADLINE = "3 January", "31 December (deadline for US combat forces)"


def events(*rows):
    """Context events: kind, local day, and the day by US clocks where it differs."""
    days = [(kind, pd.Timestamp(local), pd.Timestamp(us[0] if us else local)) for kind, local, *us in rows]
    frame = pd.DataFrame(days, columns=["kind", "date_high", "date_low"])
    return frame.assign(date_precision="day")


# Three strikes that count, each an episode; one before the period, one whose window reaches beyond its end.
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
    return findings.after_strikes(near, attacks, STRIKES, levels(0.04))


@pytest.fixture(scope="module")
def episodes(near):
    return findings.strike_episodes(near, STRIKES)


def levels(rate, foreseen=0.2):
    """Levels of each test: of episodes by world and answer, of the others in one."""
    rows = [("calm", "each", findings.EPISODES, rate), ("calm", findings.FORESEEN, findings.EPISODES, foreseen),
            ("bursts", "each", findings.EPISODES, rate / 2), ("calm", "each", "strikes one by one", 0.9),
            ("calm", "each", "episodes without the campaign", 0.03)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["world", "answered", "test", "rate"])
    return table.assign(n_sims=600, standard_error=0.005)


@pytest.fixture(scope="module")
def found(near, after, episodes):
    return findings.us_strikes(after, episodes, levels(0.04), near)


def count_after(attacks, strike, first=0):
    return int((attacks["date"] - pd.Timestamp(strike)).dt.days.between(first, 14).sum())


def test_rivals_are_counted_by_hand(attacks, rivals):
    assert rivals.loc["truces begun, after", "observed"] == count_after(attacks, "2020-10-11")
    assert rivals.loc["truces ended, after", "days"] == 1
    assert not any("strike" in name for name in rivals.index)


def test_attacks_after_strikes_are_counted_by_hand(attacks, after):
    days = ["2020-10-10", "2021-02-26", "2022-01-04"]  # neither before the period nor with its end in the window
    counts = [count_after(attacks, day, first=1) for day in days]
    assert after.loc["all episodes", ["days", "following", "observed"]].tolist() == [3, 2, sum(counts)]
    by_us_date = [days[0], "2021-02-25", days[2]]
    assert after.loc["by US date", "observed"] == sum(count_after(attacks, day, first=1) for day in by_us_date)
    left_out = after.filter(like="without", axis=0)["observed"]
    assert left_out.tolist() == [*(sum(counts) - count for count in counts), min(counts)]
    assert left_out.index[-1] == "without both of 2021-02-26 and 2022-01-04"
    assert left_out.index[:-1].tolist() == [f"without {day}" for day in days]
    assert after["level"].dropna().to_dict() == {"all episodes": 0.04}


# --- episodes ---------------------------------------------------------------------------------------------------------


def merge_by_hand(days):
    """Each day's episode, day by day over the calendar."""
    first = before = None
    for day in sorted(set(days)):
        first = first if before is not None and (day - before).days <= 30 else day
        before = day
        yield day, first


@given(st.lists(st.dates(date(2023, 1, 1), date(2024, 12, 31)), min_size=1, max_size=30))
def test_strikes_are_merged_as_by_hand(days):
    starts = findings.episode_starts(days)
    assert [(day.date(), first.date()) for day, first in starts.items()] == list(merge_by_hand(days))


@pytest.mark.parametrize(("apart", "n"), [(30, 1), (31, 2)])
def test_a_strike_more_than_thirty_days_later_begins_an_episode(apart, n):
    days = pd.to_datetime(["2021-01-01", "2021-01-01"]) + pd.to_timedelta([0, apart], unit="D")
    assert findings.episode_starts(days).nunique() == n


def test_an_episode_is_tested_at_its_first_strike_and_its_strikes_are_shown(near, attacks):
    later = events(("us_strike", "2020-10-20"), ("us_strike", "2020-11-15"), ("us_strike", "2020-12-17", "2020-12-16"))
    table = findings.strike_episodes(near, pd.concat([STRIKES, later]))
    assert table.groupby("episode").size().to_list() == [3, 1, 1, 1]
    assert table.index[table["us_date"]].strftime("%Y-%m-%d").tolist() == ["2020-12-17", "2021-02-26"]
    after = findings.after_strikes(near, attacks, pd.concat([STRIKES, later]), levels(0.04))
    assert after.loc["all episodes", "days"] == 4
    firsts = ["2020-10-10", "2020-12-17", "2021-02-26", "2022-01-04"]
    assert after.loc["all episodes", "observed"] == sum(count_after(attacks, day, first=1) for day in firsts)
    singly = after.loc["each strike by itself"]
    every = [*firsts, "2020-10-20", "2020-11-15"]
    assert singly["observed"] == sum(count_after(attacks, day, first=1) for day in every)
    assert (singly["days"], singly["level"]) == (6, 0.9)


def test_an_episode_that_began_before_the_period_is_none_of_it(near):
    table = findings.strike_episodes(near, pd.concat([STRIKES, events(("us_strike", "2020-01-20"))]))
    assert table.index.min() == pd.Timestamp("2020-10-10")  # seventeen days after the strike of 3 January 2020


def test_the_local_day_that_a_source_tells_goes_before_the_day_after_the_us_date():
    rows = events(
        ("us_strike", "2024-07-30"), ("us_strike", "2024-07-31", "2024-07-30"),  # one event of two sources
        ("us_strike", "2021-02-26", "2021-02-25"),
        ("us_strike", "2023-11-09"), ("us_strike", "2023-11-09", "2023-11-08"),
    ).assign(event_id=["a", "a", "b", "c", "c"])  # fmt: skip
    for order in (rows, rows[::-1]):
        days = event_days(order, "us_strike")
        assert [f"{day:%Y-%m-%d}" for day in days] == ["2021-02-26", "2023-11-09", "2024-07-30"]
        by_us = event_days(order, "us_strike", "date_low")
        assert [f"{day:%Y-%m-%d}" for day in by_us] == ["2021-02-25", "2023-11-08", "2024-07-30"]


CAMPAIGN_STRIKES = events(
    ("us_strike", "2022-03-01"), ("us_strike", "2023-02-01"), ("us_strike", "2023-05-05"), ("us_strike", "2023-10-27"),
    ("us_strike", "2023-11-09"), ("us_strike", "2024-02-07"), ("us_strike", "2024-06-01", "2024-05-31"),
)  # fmt: skip


@pytest.fixture(scope="module")
def campaign(attacks):
    """Attacks, the anniversary and the strikes of a period with the campaign in it."""
    many, later = pd.date_range("2023-10-18", "2024-02-01", freq="2D"), pd.to_datetime(["2024-05-30", "2024-06-03"])
    rows = pd.DataFrame({"date": [*attacks["date"], *many, *later]})
    found = findings.anniversary(rows, ("2020-01-04", "2024-12-31"))
    return rows, found, findings.after_strikes(found, rows, CAMPAIGN_STRIKES, levels(0.04))


def test_the_campaign_is_left_out_with_its_episode_and_every_window_that_reaches_into_it(campaign):
    attacks, found, table = campaign
    row = table.loc["without the campaign"]
    days = ["2022-03-01", "2023-02-01", "2023-05-05", "2024-02-07", "2024-06-01"]
    assert row["days"] == 5  # 27 October and 9 November 2023 are one episode in it; 7 February 2024 begins another
    assert row["observed"] == sum(count_after(attacks, day, first=1) for day in days)
    period = pd.date_range("2020-01-04", pd.Timestamp("2024-12-31") - pd.Timedelta(days=14))
    kept = period[(period < pd.Timestamp("2023-10-03")) | (period > pd.Timestamp("2024-02-04"))]
    gaps = [(day - attacks["date"]).dt.days for day in kept]
    assert row["placebo_days"] == sum(gap.between(0, 3).any() for gap in gaps)
    assert row["level"] == 0.03
    quiet = [name for name in table.index if name.startswith("without the campaign and")]
    assert table.loc[quiet, "days"].tolist() == [3]
    told = findings.us_strikes(table, findings.strike_episodes(found, CAMPAIGN_STRIKES), levels(0.04), found)
    assert (told["n_strikes"], told["by_us_date"], told["noted"]) == (7, 1, 3)
    expected, p = findings.number(row["expected"]), findings.p_value(row["p_value"])
    words = findings.tell(told)
    assert f"Without the campaign of 17 October 2023 to 4 February 2024, {row['observed']:.0f} attack" in words
    assert f" followed the other five, {expected} expected ({p}); without the two" in words
    assert " and without the campaign in at most 3.0%." in words


def test_what_depends_on_the_campaign_is_told(campaign):
    _, found, table = campaign
    strikes = findings.strike_episodes(found, CAMPAIGN_STRIKES)
    for p, without, words in (
        (0.2, 0.01, "than follow other attacks is inconclusive: it depends on whether the campaign is counted."),
        (
            0.01,
            0.2,
            "More attacks are reported after US strikes than after other attacks, but not without the campaign.",
        ),
        (0.2, 0.2, "than follow other attacks is inconclusive."),
    ):
        changed = table.copy()
        changed.loc["all episodes", "p_value"], changed.loc["without the campaign", "p_value"] = p, without
        assert words in findings.tell(findings.us_strikes(changed, strikes, levels(0.04), found))


def test_the_campaign_belongs_to_the_killing_alone(campaign):
    attacks, *_ = campaign
    found = findings.anniversary(attacks, ("2020-01-04", "2024-12-31"), "2020-06-15")
    table = findings.after_strikes(found, attacks, CAMPAIGN_STRIKES, levels(0.04))
    assert not any("campaign" in name for name in table.index)
    strikes = findings.strike_episodes(found, CAMPAIGN_STRIKES)
    told = findings.us_strikes(table, strikes, levels(0.04), found)
    assert told["noted"] is None
    assert "met only while" not in findings.tell(told, "episodes")


def test_the_strikes_and_what_is_known_of_them_are_told(campaign):
    _, found, table = campaign
    months = pd.DataFrame({"month": ["2023-10", "2023-11"], "coverage": ["saturated", "thin"]})
    good = pd.DataFrame({"month": pd.period_range("2022-01", "2024-12", freq="M").astype("str")}).assign(
        coverage="good"
    )
    months = pd.concat([months, good[~good["month"].isin(months["month"])]])
    strikes = findings.strike_episodes(found, CAMPAIGN_STRIKES, months)
    assert strikes["coverage"].tolist() == ["good"] * 3 + ["saturated and thin", "thin"] + ["good"] * 2
    told = findings.tell(findings.us_strikes(table, strikes, levels(0.04), found), "episodes")
    assert told == (
        "Seven US strikes are known to the day, and they form six episodes. An episode begins with a strike more than "
        "30 days after the one before, and its day is that of its first strike. Only the US date is known of one, "
        "which is taken at the day after. The three before 1 October 2023 were met only while attacks were coded, so "
        "that others, without attacks near them, may be missing. Later ones were also sought, month by month, but a "
        "month without a strike may be a gap in the archive. Coverage of the 14 days after a strike was saturated and "
        "thin for that of 27 October 2023 and thin for that of 9 November 2023."
    )


# --- rivals, and each strike ------------------------------------------------------------------------------------------


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


# --- words ------------------------------------------------------------------------------------------------------------


def test_more_attacks_after_strikes_are_told_with_the_level_of_the_test(found, after):
    told, row = findings.tell(found), after.loc["all episodes"]
    expected = findings.number(row["expected"])
    assert found["more"]
    without = after.filter(like="without", axis=0)["p_value"]
    one, both = without.iloc[:-1].max(), findings.p_value(without.iloc[-1])
    assert told == (
        f"In the 14 days after three US strikes, {row['observed']:.0f} attacks were reported. After other days that "
        f"follow an attack by at most three days, {expected} are expected ({findings.p_value(row['p_value'])}). With "
        f"one strike left out, p is at most {one:.2g}; without the two with most attacks after them, {both}. In "
        "simulations where strikes only answer attacks, the comparison of episodes rejects in at most 4.0% of cases at "
        "the 5% level. Where strikes foresee the size of a burst, it rejects in up to 20.0%. "
        "More attacks are reported after US strikes than after other attacks. 4 January 2022 lies so near a tested "
        "anniversary that the windows share days."
    )
    two = {**found, "near": [*found["near"], pd.Timestamp("2022-01-05")]}
    told = findings.tell({**two, "lag": 1, "most_two": None, "n_strikes": 5})
    assert told.startswith("In the 14 days after three episodes of US strikes began, ")
    assert "follow an attack by at most one day, " in told
    assert f"With one episode left out, p is at most {one:.2g}. In simulations" in told
    assert " 4 January 2022 and 5 January 2022 lie so near a tested anniversary that the windows share" in told
    assert findings.tell({**found, "near": []}).endswith("than after other attacks.")


@pytest.mark.parametrize(
    ("p", "rate", "more", "words"),
    [
        (0.05, 0.05, True, "More attacks are reported after US strikes than after other attacks, but the excess rests"),
        (0.05, 0.061, False, "A false-positive rate above 5% allows no claim"),
        (0.06, 0.04, False, "Whether more attacks follow US strikes than follow other attacks is inconclusive."),
        (0.06, 0.2, False, "A false-positive rate above 5% allows no claim"),
    ],
)
def test_nothing_is_claimed_without_the_level(near, after, episodes, p, rate, more, words):
    table = after.assign(p_value=0.06)
    table.loc["all episodes", "p_value"] = p
    found = findings.us_strikes(table, episodes, levels(rate), near)
    told = findings.tell(found)
    assert found["more"] == more
    assert words in told
    for conclusion in ("More attacks are", "A false-positive rate", "Whether more"):
        assert (conclusion in told) == (conclusion in words)


@pytest.mark.parametrize("most", [0.05, 0.06])
def test_what_hangs_on_a_single_strike_is_told(near, after, episodes, most):
    table = after.copy()
    table.loc[table.index.str.startswith("without"), "p_value"] = most
    table.loc["all episodes", "p_value"] = 0.01
    told = findings.tell(findings.us_strikes(table, episodes, levels(0.04), near))
    assert (" than after other attacks, but the excess rests on single strikes." in told) == (most > 0.05)
    assert ("More attacks are reported after US strikes than after other attacks." in told) == (most <= 0.05)


def test_a_single_strike_leaves_none_out(near, attacks):
    one = STRIKES[STRIKES["date_high"] == "2020-10-10"]
    after = findings.after_strikes(near, attacks, one, levels(0.04))
    assert after.index.tolist() == ["all episodes", "by US date"]
    found = findings.us_strikes(after, findings.strike_episodes(near, one), levels(0.04), near)
    assert (found["most"], found["most_two"], found["without_campaign"]) == (None, None, None)
    assert "left out" not in findings.tell(found)
    assert "In the 14 days after one US strike, " in findings.tell(found)
    told = findings.tell(found, "episodes")
    assert told.startswith("One US strike is known to the day, and it forms one episode. ")
    assert "The one before 1 October 2023 was met only while attacks were coded, so that others" in told


def test_no_strike_known_to_the_day_is_a_reason(near, attacks):
    for none in (STRIKES[STRIKES["kind"] == "policy"], STRIKES[STRIKES["date_high"] == "2023-09-25"]):
        with pytest.raises(ValueError, match="no US strike known to the day lies in the period"):
            findings.after_strikes(near, attacks, none, levels(0.04))
        with pytest.raises(ValueError, match="no US strike known to the day lies in the period"):
            findings.strike_episodes(near, none)


@pytest.mark.parametrize("day", ["2024-02-29", pd.Timestamp("2024-02-01")])
def test_a_month_without_a_rating_has_no_coverage(day):
    months = pd.DataFrame({"month": ["2024-01", "2024-02"], "coverage": ["thin", "good"]})
    assert findings.coverage_of([day, "2024-03-01"], months).tolist() == ["good", "none"]
