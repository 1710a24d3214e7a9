"""Do attacks cluster around the anniversary? On synthetic bursts, and on days chosen by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers import anniversaries, findings, load_incidents
from helpers.findings.anniversary import _verdict

PERIOD = ("2020-01-04", "2023-09-30")
# One attack near the anniversary of 2021, four near that of 2022, none near that of 2023, and ten elsewhere.
DAYS = ["2020-09-01", "2021-01-01", "2021-03-20", "2021-05-09", "2021-06-30", "2021-09-11", "2021-10-19", "2021-12-31",
        "2022-01-03", "2022-01-05", "2022-01-17", "2022-04-04", "2022-08-08", "2023-03-01", "2023-06-06"]  # fmt: skip


def planted(days=DAYS):
    days = pd.to_datetime(days)
    return pd.DataFrame({"incident_id": [f"i{n}" for n in range(len(days))], "date": days})


@pytest.fixture(scope="module")
def by_hand():
    return findings.anniversary(planted(), PERIOD)


@pytest.fixture(scope="module")
def single():
    """Of one anniversary alone."""
    return findings.anniversary(planted(), ("2021-07-01", "2022-07-10"))


@pytest.fixture(scope="module")
def many(bursts):
    return bursts(seed=1)


@pytest.fixture(scope="module")
def found(many):
    return findings.anniversary(many)


def test_the_headline_is_the_row_of_its_window(by_hand):
    row = by_hand["headline"]
    assert by_hand["tested"] == [2021, 2022, 2023]
    assert (by_hand["test"].n_inside, by_hand["test"].n_outside, row["observed"]) == (15, 0, 5)
    assert row["expected"] == pytest.approx((15 - 5) / (365 - 29) * 29)
    assert by_hand["source_line"].startswith("15 incidents, 2020-01-04 to 2023-09-30, 15 of them within 182 days")


def test_the_headline_in_words(by_hand):
    row, others = by_hand["headline"], by_hand["years"].loc["without 2022"]
    p, p_adjusted = (findings.p_value(value) for value in (row["p_value"], by_hand["test"].p_value))
    assert findings.tell(by_hand) == (
        "**Reported attacks cluster around 3 January.** Within 14 days of 3 January 2021, 2022 and 2023, 5 attacks "
        f"were reported, against {(15 - 5) / (365 - 29) * 29:.1f} expected ({p}; {p_adjusted.removeprefix('p = ')} "
        "allowing for the search over 45 windows). Four, on four days, fell around the anniversary of 2022; the other "
        f"years have 1 against {others['expected']:.1f}."
    )
    assert others["expected"] == pytest.approx((others["n"] - 1) / (365 - 29) * 29)
    tiny = replace(by_hand["test"], p_value=0.0009)
    assert f" expected ({p}; p < 0.001 allowing for the search over" in findings.tell({**by_hand, "test": tiny})
    assert findings.tell(by_hand, "verdict") == "Reported attacks cluster around 3 January"


def test_more_than_four_anniversaries_are_counted_and_not_listed(by_hand):
    four, five = (findings.tell({**by_hand, "tested": list(range(2019, last))}) for last in (2023, 2024))
    assert "Within 14 days of 3 January 2019, 2020, 2021 and 2022, 5 attacks were reported, against " in four
    assert "Within 14 days of five anniversaries, 5 attacks were reported, against " in five


def test_no_cluster_is_told_as_inconclusive_while_a_doubling_is_possible(found):
    assert not found["clustered"]
    assert found["headline"]["limit_high"] >= 2
    assert found["verdict"] == "inconclusive"
    assert findings.tell(found, "verdict") == "Inconclusive"


def test_a_doubling_that_the_limits_exclude_is_told_so():
    found = findings.anniversary(planted(pd.date_range("2020-07-01", "2021-07-10")), ("2020-07-01", "2021-07-10"))
    assert not found["clustered"]
    assert found["headline"]["limit_high"] < 2
    assert found["verdict"] == "excluded"
    assert findings.tell(found).startswith("**No doubling of reported attacks around 3 January.** Within 14 days of")


@pytest.mark.parametrize(("changes", "verdict"), [
    ({"p_value": 0.05, "limit_high": 1.9}, "clustered"),
    ({"p_value": 0.051, "limit_high": 1.99}, "excluded"),
    ({"p_value": 0.051, "limit_high": 2.0}, "inconclusive"),
    ({"p_value": 1.0, "limit_high": np.inf}, "inconclusive"),
])  # fmt: skip
def test_the_verdict_is_a_matter_of_the_adjusted_p_value_and_then_of_the_upper_limit(
    by_hand, monkeypatch, changes, verdict
):
    test = replace(by_hand["test"], p_value=changes["p_value"])
    limits = by_hand["limits"].assign(limit_high=changes["limit_high"])
    monkeypatch.setattr(anniversaries, "placebo_test", lambda *_, **__: test)
    monkeypatch.setattr(anniversaries, "rate_limits", lambda *_, **__: limits)
    monkeypatch.setattr(anniversaries, "by_year", lambda *given: by_hand["years"])
    assert findings.anniversary(planted(), PERIOD)["verdict"] == verdict


def test_each_year_stands_by_itself_and_is_left_out(by_hand):
    years = by_hand["years"]
    assert years.loc[["2021", "2022", "2023"], "observed"].tolist() == [1, 4, 0]
    assert years.loc["without 2022", "observed"] == 1
    assert years.loc["without 2022", "expected"] == pytest.approx((8 - 1) / (365 - 29) * 29)
    assert years.loc["without 2023", "observed"] == 5


def test_one_side_alone_is_told_with_its_busiest_year_left_out(by_hand):
    sides = by_hand["sides"]["observed"]
    assert (sides["before", "all"], sides["after", "all"]) == (3, 3)  # 3 January itself lies on both sides
    assert (sides["after", "without 2022"], sides["before", "without 2022"]) == (0, 1)
    told = findings.tell(by_hand, "sides")
    rows = by_hand["sides"].loc[[("before", "all"), ("after", "all")], ["expected", "global_p_value"]]
    (before, p_before), (after, p_after) = (
        (findings.number(row.expected), findings.p_value(row.global_p_value)) for row in rows.itertuples()
    )
    start = f"From 14 days before it to the anniversary, 3 attacks were reported, against {before} expected (adjusted "
    assert f"{start}{p_before})." in told
    start = f"From the anniversary to 14 days after it, 3 attacks were reported, against {after} expected (adjusted "
    assert told.startswith(f"{start}{p_after}).")
    side, sharper = by_hand["sharper"]["side"], by_hand["sides"].loc[(by_hand["sharper"]["side"], "without 2022")]
    words = {0: "0 attacks were", 1: "1 attack was"}[sharper["observed"]]
    expected, p = findings.number(sharper["expected"]), findings.p_value(sharper["global_p_value"])
    assert told.endswith(f"Without 2022, {words} reported {side} it, against {expected} expected (adjusted {p}).")
    assert findings.tell(by_hand, "after") == ""  # no article speaks of this anchor


def test_what_came_after_the_anniversary_is_told_as_the_article_has_it(results, few):
    found, told = results.anniversary, findings.tell(results.anniversary, "after")
    days = few["date"].dt.strftime("%m-%d")[few["date"].dt.year.isin([2021, 2022, 2023])]
    n_after = days.between("01-03", "01-17").sum()
    after = findings.number(found["sides"].loc[("after", "all"), "expected"])
    row = found["sides"].loc[("after", "without 2022")]
    others = f"; without 2022, {row['observed']:.0f} against {findings.number(row['expected'])}."
    assert found["sharper"]["side"] == "after"
    placed = "After the anniversary, a side added later,"
    p = findings.p_value(found["sides"].loc[("after", "all"), "global_p_value"])
    assert told == f"{placed} {n_after} were reported against {after} (adjusted {p}){others}"
    calmer = {**found, "sharper": {**found["sharper"], "side": "before"}}
    assert findings.tell(calmer, "after") == told.replace(others, ".")
    sides = found["sides"].copy()
    sides.loc[("after", "all"), "observed"] = 1
    assert findings.tell({**found, "sides": sides}, "after").startswith(f"{placed} 1 was reported against {after}")


def test_the_other_statistics_are_told_with_the_busiest_year_left_out(by_hand):
    test, row = by_hand["test"], by_hand["years"].loc["without 2022"]
    told = findings.tell(by_hand, "other_statistics")
    ps = test.p_value_ratio, test.p_value_z, row["global_p_ratio"], row["global_p_z"]
    first, *others = map(findings.p_value, ps)
    second, third, fourth = (p.removeprefix("p = ") for p in others)
    assert told == (f"Two secondary search statistics give {first} and {second}; without 2022, {third} and {fourth}.")
    tiny = replace(test, p_value_z=0.0009)
    assert " and p < 0.001; without 2022" in findings.tell({**by_hand, "test": tiny}, "other_statistics")
    years = by_hand["years"].assign(global_p_ratio=0.0009, global_p_z=0.0008)
    told = findings.tell({**by_hand, "years": years}, "other_statistics")
    assert told.endswith("; without 2022, p < 0.001 and p < 0.001.")


def test_days_with_several_attacks_count_once_among_attack_days():
    twice = findings.anniversary(planted([*DAYS, "2022-01-05", "2023-06-06"]), PERIOD)
    assert (twice["test"].n_inside, twice["attack_days"].n_inside) == (17, 15)
    row = twice["attack_days"].row(14)
    assert (row["observed"], row["expected"]) == (5, pytest.approx(10 / (365 - 29) * 29))


def test_what_lies_outside_the_blocks_is_told(found):
    told = findings.tell(found, "left_out")
    inside, outside = found["test"].n_inside, found["test"].n_outside
    assert inside + outside == 200
    near = f"{inside} attacks lie within 182 days of a tested anniversary."
    assert told == f"{near} {outside} others precede the event or lie outside these years."
    one = {**found, "test": replace(found["test"], n_outside=1)}
    assert findings.tell(one, "left_out") == f"{near} 1 other precedes the event or lies outside these years."


def test_offsets_name_the_right_incident(found, many):
    dates = many.set_index("incident_id")["date"]
    assert len(found["offsets"]) == found["test"].n_inside
    for row in found["offsets"].itertuples():
        assert dates[row.incident_id] == row.date
        assert (row.date - pd.Timestamp(row.anniversary, 1, 3)).days == row.days


def test_the_period_begins_the_day_after_the_killing(few):
    assert findings.study_period(few) == (pd.Timestamp("2020-01-04"), pd.Timestamp("2023-09-30"))
    source = "anniversary-attacks (2026), 78 news reports, data v1.0.0, CC BY 4.0"
    assert findings.source_line(few) == f"21 incidents, 2019-10-01 to 2023-09-30. Source: {source}."


def test_data_that_end_before_the_anchor_say_so():
    own = planted()
    own.attrs["window"] = PERIOD
    with pytest.raises(ValueError, match="the incidents end on 2023-09-30, before the anchor 2024-01-03 has an anniv"):
        findings.anniversary(own, anchor="2024-01-03")


def test_a_data_set_of_ones_own_brings_its_own_period_and_anchor():
    own = planted(pd.date_range("2015-01-01", "2019-12-31", freq="20D"))
    found = findings.anniversary(own, anchor="2014-07-01")
    assert found["tested"] == [2016, 2017, 2018]  # whole blocks only
    assert findings.tell(found, "question").startswith("The day in question is 1 July 2014. If its anniversary draws")
    assert "of reported attacks around 1 July" in findings.tell({**found, "verdict": "excluded"})


def test_a_single_anniversary_leaves_no_year_out(single):
    assert single["tested"] == [2022]
    assert list(single["years"].index) == ["all", "2022"]
    assert single["sharper"] is None
    assert "without" not in findings.tell(single, "sides")


@pytest.mark.parametrize("change", [
    lambda dates: dates.dt.tz_localize("Asia/Baghdad"),
    lambda dates: dates + pd.to_timedelta(range(len(dates)), unit="min"),
], ids=["time zone", "time of day"])  # fmt: skip
def test_clocks_change_no_finding(by_hand, change):
    own = planted()
    found = findings.anniversary(own.assign(date=change(own["date"])), PERIOD)
    assert findings.tell(found) == findings.tell(by_hand)
    assert found["attack_days"].n_inside == by_hand["attack_days"].n_inside


def test_the_article_alone_answers_nothing_about_anniversaries(frozen_dir):
    with pytest.raises(ValueError, match="182 days either side inside the study period 2022-01-06 to 2022-01-13"):
        findings.anniversary(load_incidents("article", data_dir=frozen_dir))


def test_a_quiet_year_does_not_stop_the_analysis():
    quiet = findings.anniversary(planted([day for day in DAYS if day < "2022-07-01"]), PERIOD)["years"].loc["2023"]
    assert (quiet["n"], quiet["observed"], quiet["p_value"], quiet["ci_high"]) == (0, 0, 1, float("inf"))


def test_the_headline_window_must_be_one_of_those_tested():
    with pytest.raises(ValueError, match="window must be a whole number of days from 1 to 45"):
        findings.anniversary(planted(), PERIOD, window=60)


def test_the_verdict_is_that_of_the_planned_statistic():
    """A sharp cluster of every year, which the largest rate ratio and z find and the planned smallest p does not."""
    rng = np.random.default_rng(1)
    background = pd.date_range("2020-07-05", "2023-07-04")[rng.integers(0, 1095, 80)]
    sharp = [f"{year}-01-{day:02}" for year in (2021, 2022, 2023) for day in (1, 3, 4, 6, 8)]
    found = findings.anniversary(planted(background.append(pd.DatetimeIndex(sharp))), PERIOD)
    assert max(found["test"].p_value_ratio, found["test"].p_value_z) <= 0.05 < found["test"].p_value
    assert not found["clustered"]


# --- what could have been found ---------------------------------------------------------------------------------------


def test_what_the_data_exclude_is_told_by_year(by_hand):
    years = by_hand["years"]
    limits = anniversaries.rate_limits(planted()["date"], windows=[14], study_period=PERIOD).loc[14]
    ends = ["limit_low", "limit_high"]
    assert years.loc["all", ends].tolist() == pytest.approx(limits[ends].tolist(), rel=1e-6)
    low, high = (findings.number(limits[end]) for end in ("limit_low", "limit_high"))
    told = findings.tell(by_hand, "excluded")
    ratio = findings.number((5 / 29) / (10 / (365 - 29)))
    assert limits["limit_low"] > 1
    without = findings.number(years.loc["without 2022", "limit_high"])
    assert told == (
        f"The rate ratio is {ratio}; the data exclude ratios above {high} and below {low}, and without 2022 ratios "
        f"above {without}."
    )
    assert " and below " not in findings.tell({**by_hand, "headline": {**by_hand["headline"], "limit_low": 0.9}},
                                              "excluded")  # fmt: skip
    assert findings.tell(by_hand, "ratio") == (
        f"The rate near the anniversary is {ratio} times that of the other days (95% interval {low} to {high})."
    )


@pytest.fixture(scope="module")
def near():
    """No attack outside the window."""
    return findings.anniversary(planted(["2021-01-04", "2022-01-05", "2022-01-06"]), PERIOD)


def test_limits_that_do_not_end_are_told_so(near):
    told = findings.tell(near, "excluded")
    assert near["headline"]["limit_high"] == np.inf
    assert told == f"The data exclude ratios below {near['headline']['limit_low']:.1f}, and without 2022 no ratio."
    told = findings.tell(near, "ratio")
    low = findings.number(near["headline"]["limit_low"])
    assert told.startswith("On the other days no attack was reported, so the rate ratio has no estimate")
    assert told.endswith(f"(95% interval {low} to no upper limit).")


# --- few attacks, and few anniversaries -------------------------------------------------------------------------------


def test_the_busiest_anniversary_is_counted_in_attacks_and_in_days():
    found = findings.anniversary(planted([*DAYS, "2022-01-05", "2022-01-05"]), PERIOD)
    busiest, others = found["busiest"], found["years"].loc["without 2022"]
    assert (busiest["year"], busiest["observed"], busiest["days"]) == (2022, 6, 4)
    assert busiest["others"].to_dict() == others[["observed", "expected"]].to_dict()
    assert "). Six, on four days, fell around the anniversary of 2022; the other years have 1" in findings.tell(found)


def test_the_busiest_anniversary_is_the_first_of_several_alike():
    found = findings.anniversary(planted(["2020-09-01", "2021-01-01", "2022-01-02", "2022-06-30"]), PERIOD)
    assert found["years"].loc[["2021", "2022", "2023"], "observed"].tolist() == [1, 1, 0]
    assert (found["busiest"]["year"], found["busiest"]["observed"]) == (2021, 1)
    assert "). One, on one day, fell around the anniversary of 2021; the other years have 1" in findings.tell(found)


def test_without_attacks_near_any_anniversary_none_is_the_busiest():
    found = findings.anniversary(planted(["2020-09-01", "2021-05-01", "2022-06-30"]), PERIOD)
    assert found["busiest"] is None
    told = findings.tell(found)
    assert found["headline"]["expected"] == pytest.approx(3 / (365 - 29) * 29)
    assert told == (
        "**Too few days with attacks to say.** Within 14 days of 3 January 2021, 2022 and 2023, 0 attacks were "
        "reported, against "
        f"{3 / (365 - 29) * 29:.1f} expected (p = 1; 1 allowing for the search over 45 windows)."
    )


def test_one_attack_near_the_anniversaries_is_told_in_the_singular():
    found = findings.anniversary(planted(["2020-09-01", "2021-05-01", "2022-01-04"]), PERIOD)
    told = findings.tell(found)
    assert f"1 attack was reported, against {2 / (365 - 29) * 29:.1f} expected (" in told
    others = findings.number(found["years"].loc["without 2022", "expected"])
    assert told.endswith(f"). It fell around the anniversary of 2022; the other years have 0 against {others}.")


def test_attacks_near_one_anniversary_only_are_told_as_all_of_them():
    found = findings.anniversary(planted(["2020-09-01", "2022-01-04", "2022-01-04", "2022-05-01"]), PERIOD)
    assert "). All, on one day, fell around the anniversary of 2022; the other years have 0" in findings.tell(found)


def test_where_every_attack_lies_in_the_window_there_is_no_rate_to_compare_with(near):
    told, p = findings.tell(near), findings.p_value(near["test"].p_value)
    assert "2022 and 2023, 3 attacks were reported and on the other days none: there is no rate to compare" in told
    assert f"rate to compare with (adjusted {p}). Two, on two days, fell around" in told
    assert told.endswith("; the other years have 1 against 0.")


def test_of_two_anniversaries_there_is_one_other():
    found = findings.anniversary(planted(["2020-09-01", "2021-01-01", "2022-01-02"]), ("2020-07-01", "2022-07-10"))
    assert found["tested"] == [2021, 2022]
    assert "Within 14 days of 3 January 2021 and 2022, 2 attacks" in findings.tell(found)
    others = findings.number(found["years"].loc["without 2021", "expected"])
    assert findings.tell(found).endswith(f"; the other year has 1 against {others}.")


def test_a_single_anniversary_is_told_as_one(results, single):
    told = findings.tell(single)
    assert "Within 14 days of 3 January 2022, 4 attacks were reported, against " in told
    p, p_adjusted = (findings.p_value(p) for p in (single["headline"]["p_value"], single["test"].p_value))
    assert told.endswith(f"({p}; {p_adjusted.removeprefix('p = ')} allowing for the search over 45 windows).")
    assert "without" not in findings.tell(single, "other_statistics") + findings.tell(single, "excluded")
    told = findings.tell({**results.power, "n_anniversaries": 1}, "limit")
    assert told.startswith("Only one anniversary is tested.")
    assert findings.tell({**results.power, "n_anniversaries": 12}, "limit").startswith("12 anniversaries are tested.")


def test_three_dates_are_enough_for_an_answer():
    found = findings.anniversary(planted(["2020-09-01", "2021-01-05", "2022-06-30"]), PERIOD)
    told, row = findings.tell(found), found["headline"]
    assert row["expected"] == pytest.approx(2 / (365 - 29) * 29)
    assert found["verdict"] == "too few"
    assert told.startswith("**Too few days with attacks to say.** Within 14 days of ")
    assert f"1 attack was reported, against {row['expected']:.1f} expected (" in told


@pytest.mark.parametrize(
    ("n_days", "clustered", "limit_high", "verdict"),
    [
        (9, True, 1.5, "too few"),
        (10, True, 1.5, "clustered"),
        (10, False, 1.5, "excluded"),
        (10, False, 2.0, "inconclusive"),
    ],
)
def test_few_days_with_attacks_decide_nothing(n_days, clustered, limit_high, verdict):
    assert _verdict(n_days, clustered, limit_high) == verdict


def test_dates_far_from_every_anniversary_answer_nothing():
    with pytest.raises(ValueError, match="no date lies within 182 days of 2021-01-03, 2022-01-03, 2023-01-03"):
        findings.anniversary(planted(["2020-02-01", "2020-03-01", "2023-08-01"]), PERIOD)


# --- what could have been found, by simulation ------------------------------------------------------------------------


def test_what_could_have_been_found_lies_between_the_points_of_the_curve(by_hand):
    found = findings.power(by_hand, planted(), n_draws=30)
    curve, ratios = found["curve"]["window"], found["found"].loc["window"]
    below, above = curve[curve.index <= ratios["even"]], curve[curve.index >= ratios["even"]]
    assert below.iloc[-1] <= 0.5 <= above.iloc[0]
    assert ratios["even"] <= ratios["likely"] or np.isnan(ratios["likely"])
    told = findings.tell(found, "limit")
    assert told.startswith("Only three anniversaries are tested. ")
    for test, words in {"window": "the headline window", "global": "the search over windows"}.items():
        even, likely = found["found"].loc[test, ["even", "likely"]]
        told_likely = "none up to 10" if np.isnan(likely) else findings.number(likely)
        at = f"reaches 50% at a rate ratio of {findings.number(even)} and 80% at {told_likely}."
        assert f"The power of {words} {at}" in told


@pytest.mark.parametrize(("even", "words"), [
    (3.77, "The search detects a ratio of 3.8 only half of the time."),
    (np.nan, "The search detects even a ratio of 10 less than half of the time."),
])  # fmt: skip
def test_the_power_of_the_search_is_told_beside_the_answer(results, even, words):
    found = results.power["found"].copy()
    found.loc["global", "even"] = even
    assert findings.tell({**results.power, "found": found}, "power") == words


def test_a_ratio_that_is_never_found_is_told_so(by_hand):
    found = findings.power(by_hand, planted(), n_draws=2)
    hopeless = {**found, "found": found["found"].assign(even=np.nan, likely=np.nan)}
    tests = ("the search over windows", "the headline window")
    told = findings.tell(hopeless, "limit")
    words = " ".join(f"Up to a rate ratio of 10 the power of {test} stays below 50%." for test in tests)
    assert told == f"Only three anniversaries are tested. {words}"
    for likely, at in {np.nan: "none up to 10", 4.0: "4"}.items():
        told = findings.tell({**found, "found": found["found"].assign(even=2.0, likely=likely)}, "limit")
        words = " ".join(f"The power of {test} reaches 50% at a rate ratio of 2 and 80% at {at}." for test in tests)
        assert told == f"Only three anniversaries are tested. {words}"


# --- by other methods, and by target ----------------------------------------------------------------------------------


def test_three_methods_agree_on_what_they_count(by_hand):
    own = planted([*DAYS, "2020-02-01"])
    table = findings.placebo_methods(findings.anniversary(own, PERIOD), own)
    assert list(table.index) == ["folded", "shift", "independent"]
    assert (table["observed"] == 5).all()
    assert table["n"].tolist() == [15, 16, 15]  # shifting the whole series needs no blocks
    assert table.loc["folded", "global_p_value"] == by_hand["test"].p_value


def test_the_difference_of_targets_by_hand(many, found):
    by_target = findings.by_target(found, many)
    offsets = found["offsets"]
    shares = []
    for s in range(365):
        near = ((offsets["days"] - s + 182) % 365 - 182).abs() <= 14
        share = near.groupby(offsets["target"].astype("str")).mean()
        shares.append(share["embassy"] - share["base"])
    assert by_target["difference"] == pytest.approx(shares[0])
    assert by_target["points"] == round(100 * abs(shares[0]))
    assert by_target["p_value"] == pytest.approx((np.abs(shares) >= abs(shares[0]) - 1e-12).mean())
    inside = offsets[offsets["days"].abs() <= 14]["target"].value_counts()
    assert by_target["table"]["observed"].to_dict() == {name: inside[name] for name in ("embassy", "base")}


@pytest.mark.parametrize(("difference", "points", "words"), [
    (0.04, 4, "4 percentage points higher"), (-0.04, 4, "4 percentage points lower"), (0.004, 0, "the same share"),
])  # fmt: skip
def test_the_difference_of_targets_in_words(results, difference, points, words):
    by_target = {**results.by_target, "difference": difference, "points": points, "p_value": 0.5}
    offsets = results.anniversary["offsets"]
    near, n = (rows["target"].value_counts() for rows in (offsets[offsets["days"].abs() <= 14], offsets))
    told = (
        f"{near['embassy']} of {n['embassy']} attacks on diplomatic sites fell near the anniversary, against "
        f"{near['base']} of {n['base']} on bases ({words}; p = 0.50)."
    )
    assert findings.tell(by_target, "difference") == told


def test_targets_that_cannot_be_compared_say_why(by_hand):
    own = planted().assign(target="base")
    with pytest.raises(ValueError, match="the data do not hold both targets"):
        findings.by_target(by_hand, own)
    early = own.assign(date=own["date"].mask(own.index == 0, pd.Timestamp("2020-02-01")))
    early.loc[0, "target"] = "embassy"
    with pytest.raises(ValueError, match="no attack on diplomatic sites lies in a tested year"):
        findings.by_target(by_hand, early)


def test_incidents_need_no_id(results, few):
    without = few.drop(columns="incident_id")
    found = findings.anniversary(without)
    assert found["headline"]["observed"] == results.anniversary["headline"]["observed"]
    for finding, given in [(findings.window_sites, [found, without]),
                           (findings.locations, [without])]:  # fmt: skip
        with pytest.raises(ValueError, match=r"needs the column\(s\) incident_id"):
            finding(*given)


# --- tables for readers -----------------------------------------------------------------------------------------------


def test_three_intervals_of_the_rate_ratio_stand_side_by_side(by_hand):
    table = findings.intervals(by_hand)
    assert list(table.index) == [7, 14, 30]
    assert list(table) == ["rate ratio", "Poisson", "limits", "inverted test", "dispersion"]
    limits = anniversaries.rate_limits(planted()["date"], windows=[7, 14, 30], study_period=PERIOD)
    apart = by_hand["offsets"]["days"].abs()
    for days, row in table.iterrows():
        near, n = int((apart <= days).sum()), len(apart)
        span = (2 * days + 1) / 365
        ends = stats.binomtest(near, n).proportion_ci(0.95, "exact")
        poisson = [findings.number(end / (1 - end) * (1 - span) / span) for end in (ends.low, ends.high)]
        assert row["rate ratio"] == findings.number(near / (n - near) * (1 - span) / span), days
        assert row["Poisson"] == " to ".join(poisson), days
        assert row["limits"] == " to ".join(
            findings.number(limits.loc[days, f"limit_{end}"]) for end in ("low", "high")
        )
        test = by_hand["test"].table.loc[days]
        assert row["inverted test"] == " to ".join(findings.number(test[f"ci_{end}"]) for end in ("low", "high"))
        assert float(row["dispersion"]) == pytest.approx(test["dispersion"], rel=0.05)


def test_the_headline_window_is_among_the_intervals():
    assert list(findings.intervals(findings.anniversary(planted(), PERIOD, window=21)).index) == [7, 21, 30]


def test_a_year_that_the_period_cuts_is_dropped_and_told(few):
    found = findings.anniversary(few, ("2020-01-04", "2023-02-01"))
    assert (found["tested"], found["cut"]) == ([2021, 2022], [2023])
    words = "The anniversary of 2023 is not tested: the period does not hold 182 days either side."
    assert words in findings.tell(found, "left_out")
    assert findings.anniversary(few, ("2020-01-04", "2023-09-30"))["cut"] == []


def test_anniversaries_that_were_planned_are_not_explored(few):
    rows = few.copy()
    rows.attrs = few.attrs | {"window": ["2019-10-01", "2025-07-31"], "explored_until": "2023-09-30"}
    found = findings.anniversary(rows)
    assert (found["tested"], found["period"][1], found["whole"][1]) == (
        [2021, 2022, 2023], pd.Timestamp("2023-09-30"), pd.Timestamp("2025-07-31"),
    )  # fmt: skip
    assert "had been looked at when the tables ended on 30 September 2023" in findings.tell(found, "left_out")
    assert findings.anniversary(rows, anchor="2020-02-02")["period"][1] == pd.Timestamp("2025-07-31")


def test_days_that_nobody_searched_are_not_tested(few):
    with pytest.raises(ValueError, match="reaches beyond the days that the tables cover, 2019-10-01 to 2023-09-30"):
        findings.anniversary(few, ("2020-01-04", "2030-12-31"))
    own = pd.DataFrame(few[["date"]])
    own.attrs = {}
    assert findings.anniversary(own, ("2020-01-04", "2024-12-31"))["tested"][-1] == 2024  # a file may cover more


def test_until_ends_a_period_that_is_given(frozen_dir):
    results = findings.Results(data_dir=frozen_dir, period=("2020-01-04", "2023-09-30"), until="2022-10-01")
    assert results.period[1] == pd.Timestamp("2022-10-01")
    assert results.anniversary["tested"] == [2021, 2022]
