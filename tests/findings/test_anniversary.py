"""Do attacks cluster around the anniversary? On synthetic bursts, and on days chosen by hand."""

import numpy as np
import pandas as pd
import pytest

from helpers import anniversaries, findings, load_incidents

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
    row, p = by_hand["headline"], findings.p_value(by_hand["test"].p_value)
    told = findings.tell(by_hand)
    assert told.startswith(f"There is evidence that attacks cluster around 3 January (global {p} over windows of 1 to")
    assert f"14 days of the anniversaries of 2021, 2022 and 2023: 5, against {row['expected']:.1f} expected" in told
    assert findings.tell(by_hand, "verdict") == "evidence that attacks cluster around 3 January"


def test_no_cluster_is_told_as_no_evidence(found):
    assert not found["clustered"]
    assert findings.tell(found, "verdict") == "no evidence that attacks cluster around 3 January"


def test_each_year_is_told_apart_and_left_out(by_hand):
    years = by_hand["years"]
    assert years.loc[["2021", "2022", "2023"], "observed"].tolist() == [1, 4, 0]
    assert years.loc["without 2022", "observed"] == 1
    assert findings.tell(by_hand, "years") == "By anniversary: 1 in 2021, 4 in 2022 and 0 in 2023."
    expected = findings.number(years.loc["without 2022", "expected"])
    assert f"without 2022, 1 against {expected} expected" in findings.tell(by_hand, "without")


def test_one_side_alone_is_told_with_its_busiest_year_left_out(by_hand):
    sides = by_hand["sides"]["observed"]
    assert (sides["before", "all"], sides["after", "all"]) == (3, 3)  # 3 January itself lies on both sides
    assert (sides["after", "without 2022"], sides["before", "without 2022"]) == (0, 1)
    told = findings.tell(by_hand, "sides")
    rows = by_hand["sides"].loc[[("before", "all"), ("after", "all")], ["expected", "global_p_value"]]
    (before, p_before), (after, p_after) = (
        (findings.number(row.expected), findings.p_value(row.global_p_value)) for row in rows.itertuples()
    )
    assert f"in the 14 days up to it, 3 against {before} expected (global {p_before})" in told
    assert f"in the 14 days from it, 3 against {after} expected (global {p_after})" in told
    assert f"The attacks {by_hand['sharper']['side']} it without 2022: " in told


def test_the_other_statistics_are_told_with_each_year_left_out(by_hand):
    test, row = by_hand["test"], by_hand["years"].loc["without 2022"]
    told = findings.tell(by_hand, "other_statistics")
    p_ratio, p_z = findings.p_value(test.p_value_ratio), findings.p_value(test.p_value_z)
    assert f"over the same windows: global {p_ratio} and {p_z} (without 2021," in told
    p_ratio, p_z = findings.p_value(row["global_p_ratio"]), findings.p_value(row["global_p_z"])
    assert f"; without 2022, {p_ratio} and {p_z};" in told


def test_days_with_several_attacks_count_once_among_attack_days():
    twice = findings.anniversary(planted([*DAYS, "2022-01-05", "2023-06-06"]), PERIOD)
    assert (twice["test"].n_inside, twice["attack_days"].n_inside) == (17, 15)
    assert findings.tell(twice, "attack_days").startswith("15 attack-days: 5 within 14 days, against 0.9 expected")


def test_what_lies_outside_the_blocks_is_told(found):
    told = findings.tell(found, "left_out")
    inside, outside = found["test"].n_inside, found["test"].n_outside
    assert inside + outside == 200
    assert told == f"{inside} attacks lie inside the blocks; {outside} others are left out."


def test_offsets_name_the_right_incident(found, many):
    dates = many.set_index("incident_id")["date"]
    assert len(found["offsets"]) == found["test"].n_inside
    for row in found["offsets"].itertuples():
        assert dates[row.incident_id] == row.date
        assert (row.date - pd.Timestamp(row.anniversary, 1, 3)).days == row.days


def test_the_period_begins_the_day_after_the_killing(few):
    assert findings.study_period(few) == (pd.Timestamp("2020-01-04"), pd.Timestamp("2023-09-30"))
    assert findings.source_line(few).startswith("21 incidents, 2019-10-01 to 2023-09-30. Source: hand-coded reports")


def test_data_that_end_before_the_anchor_say_so():
    own = planted()
    own.attrs["window"] = PERIOD
    with pytest.raises(ValueError, match="the incidents end on 2023-09-30, before the anchor 2024-01-03 has an anniv"):
        findings.anniversary(own, anchor="2024-01-03")


def test_a_data_set_of_ones_own_brings_its_own_period_and_anchor():
    own = planted(pd.date_range("2015-01-01", "2019-12-31", freq="20D"))
    found = findings.anniversary(own, anchor="2014-07-01")
    assert found["tested"] == [2016, 2017, 2018]  # whole blocks only
    assert "around 1 July" in findings.tell(found)


def test_a_single_anniversary_leaves_no_year_out():
    found = findings.anniversary(planted(), ("2021-07-01", "2022-07-10"))
    assert found["tested"] == [2022]
    assert list(found["years"].index) == ["all", "2022"]
    assert found["sharper"] is None
    assert findings.tell(found, "without") == ""
    assert "without" not in findings.tell(found, "sides")


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
    assert years.loc["all", ["limit_low", "limit_high"]].tolist() == limits[["limit_low", "limit_high"]].tolist()
    low, high = (findings.number(limits[end]) for end in ("limit_low", "limit_high"))
    told = findings.tell(by_hand, "excluded")
    assert told.startswith(f"With 95% confidence the data exclude rate ratios above {high}")
    assert f"95% interval {low} to {high};" in findings.tell(by_hand)
    low, high = (findings.number(years.loc["without 2022", end]) for end in ("limit_low", "limit_high"))
    assert f"; without 2022, above {high}" in told
    assert (f"above {high} and below {low}" in told) == (years.loc["without 2022", "limit_low"] > 1)


def test_limits_that_do_not_end_are_told_so():
    near = findings.anniversary(planted(pd.to_datetime(["2021-01-04", "2022-01-05", "2022-01-06"])), PERIOD)
    told = findings.tell(near, "excluded")
    assert told.startswith("With 95% confidence the data exclude no large rate ratio")
    assert "inf" not in told


def test_what_could_have_been_found_lies_between_the_points_of_the_curve(by_hand):
    found = findings.power(by_hand, planted(), n_draws=30)
    curve, ratios = found["curve"]["window"], found["found"].loc["window"]
    below, above = curve[curve.index <= ratios["even"]], curve[curve.index >= ratios["even"]]
    assert below.iloc[-1] <= 0.5 <= above.iloc[0]
    assert ratios["even"] <= ratios["likely"] or np.isnan(ratios["likely"])
    told = findings.tell(found, "limit")
    assert told.startswith("Anniversaries that can be tested: 3, which is few. Planted bursts show what could have")
    assert f"This window alone would find a rate ratio of {findings.number(ratios['even'])} in half" in told


def test_a_ratio_that_is_never_found_is_told_so(by_hand):
    found = findings.power(by_hand, planted(), n_draws=5)
    hopeless = {**found, "found": found["found"].assign(even=np.nan, likely=np.nan)}
    assert findings.tell(hopeless, "limit").count("would find no rate ratio up to 10 in half of all cases") == 2
    unlikely = {**found, "found": found["found"].assign(even=2.0, likely=np.nan)}
    assert findings.tell(unlikely, "limit").count("a rate ratio of 2 in half of all cases and none up to 10 in") == 2


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
    (0.04, 4, "The embassy's share is 4 percentage points higher than that on bases (p = 0.5)."),
    (-0.04, 4, "The embassy's share is 4 percentage points lower than that on bases (p = 0.5)."),
    (0.004, 0, "The embassy's share is the same as that on bases (p = 0.5)."),
])  # fmt: skip
def test_the_difference_of_targets_in_words(results, difference, points, words):
    by_target = {**results.by_target, "difference": difference, "points": points, "p_value": 0.5}
    assert findings.tell(by_target, "by_target").endswith(words)


def test_targets_that_cannot_be_compared_say_why():
    own = planted().assign(target="base")
    with pytest.raises(ValueError, match="the data do not hold both targets"):
        findings.by_target(findings.anniversary(own, PERIOD), own)
    early = own.assign(date=own["date"].mask(own.index == 0, pd.Timestamp("2020-02-01")))
    early.loc[0, "target"] = "embassy"
    with pytest.raises(ValueError, match="no date lies within"):
        findings.by_target(findings.anniversary(early, PERIOD), early)


def test_borderline_incidents_and_follow_ups_are_let_in_and_left_out(results, few_all):
    near = few_all[(few_all["date"] >= "2022-01-03") & (few_all["date"] <= "2022-01-17")]
    assert near["inclusion"].value_counts()["borderline"] == 1
    assert results.with_borderline["headline"]["observed"] == results.anniversary["headline"]["observed"] + 1


def test_what_follow_up_look_ups_found_is_left_out(frozen_dir, few):
    results = findings.Results(data_dir=frozen_dir)
    results.incidents = few.assign(found_by=few["found_by"].mask(few["date"] == "2022-01-05", "followup"))
    dropped = (few["date"] == "2022-01-05").sum()
    assert results.protocol_only["headline"]["observed"] == results.anniversary["headline"]["observed"] - dropped


def test_incidents_need_no_id(few):
    without = few.drop(columns="incident_id")
    assert findings.anniversary(without)["headline"]["observed"] == findings.anniversary(few)["headline"]["observed"]
    for finding, given in [(findings.window_sites, [findings.anniversary(without), without]),
                           (findings.locations, [without])]:  # fmt: skip
        with pytest.raises(ValueError, match=r"needs the column\(s\) incident_id"):
            finding(*given)
