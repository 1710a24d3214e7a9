from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers import anniversaries, findings, geography, load_context_events, load_incidents, near_repeat, tables


def test_the_headline_of_the_anniversary(timing):
    row = timing.headline
    assert (timing.test.n_inside, timing.test.n_outside) == (93, 31)
    assert timing.test.anniversaries.year.tolist() == [2021, 2022, 2023]
    assert row["observed"] == 13
    assert row["expected"] == pytest.approx((93 - 13) / (365 - 29) * 29)
    assert round(timing.test.p_value, 3) == 0.148
    assert timing.verdict == "no evidence that attacks cluster around 3 January"
    assert "14 days of the anniversaries of 2021, 2022 and 2023: 13, against 6.9 expected" in timing.text
    assert timing.about.startswith("118 incidents, 2020-01-04 to 2023-09-30, 93 of them within 182 days")


def test_the_year_that_posed_the_question_carries_the_excess(timing):
    years = timing.years
    assert years.loc[["2021", "2022", "2023"], "observed"].tolist() == [1, 10, 2]
    assert timing.years_text == "By anniversary: 1 in 2021, 10 in 2022 and 2 in 2023."
    assert years.loc["without 2022", "rate_ratio"] < 1
    assert "without 2022, 3 against 5.0 expected" in timing.without_text


def test_one_side_alone_is_told_with_its_year(timing, core):
    assert "14 days up to it, 3 against 3.9 expected (global p = 0.64)" in timing.sides_text
    assert "from it, 11 against 3.5 expected (global p = 0.016)" in timing.sides_text
    assert timing.sides_text.endswith("The attacks after it without 2022: 1 against 2.6 expected (global p = 0.6).")
    dates = core["date"][core["date"].dt.year != 2022]
    days = anniversaries.days_from_anniversary(dates[dates > "2020-06-01"])
    assert timing.sides.loc[("after", "without 2022"), "observed"] == np.isin(days, range(15)).sum()


def test_what_could_have_been_found_is_found(timing, least):
    """Planted by other means: half of the series with so many attacks pass, fewer of those with two less."""
    outside = timing.offsets.loc[timing.offsets["days"].abs() > 14, "date"]

    def share(n_attacks, column):
        rng, found = np.random.default_rng(5), []
        for _ in range(150):
            days = [f"{2021 + rng.integers(3)}-01-03" for _ in range(n_attacks)]
            planted = pd.to_datetime(days) + pd.to_timedelta(rng.integers(-14, 15, n_attacks), "D")
            test = anniversaries.placebo_test([*outside, *planted], study_period=("2020-01-04", "2023-09-30"))
            found.append({"window": test.table.loc[14, "p_value"], "global": test.p_value}[column] <= 0.05)
        return np.mean(found)

    for name, n_attacks in least["attacks"].astype(int).items():
        assert share(n_attacks, name) > 0.4, name
        assert share(n_attacks - 4, name) < 0.5, name
    assert least.loc["global", "attacks"] > least.loc["window", "attacks"]
    text = findings.limit_text(timing, least)
    n_attacks = least.loc["window", "attacks"]
    assert f"it would have taken about {n_attacks:.0f} (rate ratio 2.0) for this window alone" in text
    hopeless = least.assign(attacks=np.nan)
    assert "a number that does not exist" in findings.limit_text(timing, hopeless)


def test_offsets_name_the_right_incident(timing, core):
    dates = core.set_index("incident_id")["date"]
    assert len(timing.offsets) == timing.test.n_inside
    for row in timing.offsets.itertuples():
        assert dates[row.incident_id] == row.date
        assert (row.date - pd.Timestamp(row.anniversary, 1, 3)).days == row.days


def test_the_period_begins_the_day_after_the_killing(core):
    assert findings.study_period(core) == (pd.Timestamp("2020-01-04"), pd.Timestamp("2023-09-30"))
    assert timing_source(core).startswith("124 incidents, 2019-10-01 to 2023-09-30. Source: hand-coded reports")


def test_data_that_end_before_the_anchor_say_so(core):
    with pytest.raises(ValueError, match="the incidents end on 2023-09-30, before the anchor 2024-01-03 has an anniv"):
        findings.anniversary(core, anchor="2024-01-03")


def timing_source(core):
    return findings.about(core)


def test_a_data_set_of_ones_own_brings_its_own_period_and_anchor():
    days = pd.date_range("2015-01-01", "2019-12-31", freq="20D")
    own = pd.DataFrame({"incident_id": [f"i{n}" for n in range(len(days))], "date": days})
    found = findings.anniversary(own, anchor="2014-07-01")
    assert found.test.anniversaries.year.tolist() == [2016, 2017, 2018]  # whole blocks only
    assert "around 1 July" in found.text


def test_a_single_anniversary_leaves_no_year_out(core):
    found = findings.anniversary(core, period=("2021-07-01", "2022-07-10"))
    assert found.test.anniversaries.year.tolist() == [2022]
    assert list(found.years.index) == ["all", "2022"]
    assert found.without_text == ""


def test_dates_with_a_time_zone_change_no_finding(core, timing):
    zoned = core.assign(date=core["date"].dt.tz_localize("Asia/Baghdad"))
    assert findings.anniversary(zoned).text == timing.text


def test_the_article_alone_answers_nothing_about_anniversaries():
    with pytest.raises(ValueError, match="182 days either side inside the study period 2022-01-06 to 2022-01-13"):
        findings.anniversary(load_incidents("article"))


def test_a_quiet_year_does_not_stop_the_analysis(core):
    found = findings.anniversary(core[core["target"] == "embassy"])
    quiet = found.years.loc["2023"]
    assert (quiet["n"], quiet["observed"], quiet["p_value"], quiet["ci_high"]) == (0, 0, 1, float("inf"))


def test_the_headline_window_must_be_one_of_those_tested(core):
    with pytest.raises(ValueError, match="window must be a whole number of days from 1 to 45"):
        findings.anniversary(core, window=60)


def test_missing_columns_are_named():
    own = pd.DataFrame({"incident_id": ["a"], "date": pd.to_datetime(["2022-01-03"])})
    with pytest.raises(ValueError, match=r"needs the column\(s\) target; the data have incident_id, date"):
        findings.embassy_vs_base(own)


def test_a_difference_reads_as_one(core):
    planted = core[["incident_id", "date", "target"]].assign(
        weapon=core["target"].map({"embassy": "drone", "base": "rocket"})
    )
    found = findings.embassy_vs_base(planted)
    assert found.text.startswith(
        "There is evidence that strikes on the embassy differ from strikes on bases in weapon ("
    )


def test_days_permuted_stand_beside_incidents(targets):
    tested = targets.table["p_value"].notna()
    assert targets.by_day[tested].between(0, 1).all()
    assert targets.by_day[~tested].isna().all()


def test_embassy_against_base(targets):
    assert targets.n.to_dict() == {"base": 94, "embassy": 30}
    assert targets.differing.empty
    assert targets.verdict.startswith("no evidence that strikes on the embassy differ")
    assert "30 strikes on diplomatic sites, 94 on bases" in targets.text
    assert targets.unknown_text == "Not estimable from news reports: any round intercepted, defence active, claimed."


def test_what_lies_outside_the_reports_is_joined(core):
    found = findings.in_context(core, load_context_events())
    distances = geography.launch_distances(core)["distance_km"]
    pd.testing.assert_series_equal(found["launch_km"], distances, check_names=False)
    since = found.set_index("incident_id")["days_since_us_strike"]
    assert since["2022-01-05_ain_al_asad"] == 1  # after the strike on launch sites near Green Village
    assert pd.isna(since["2019-11-08_qayyarah_west"])
    assert "launch_km" not in findings.in_context(core.drop(columns="launch_area"))
    assert findings.in_context(core.assign(launch_area=None))["launch_km"].isna().all()


def test_readings_days_and_silence_stand_beside_the_finding(targets):
    assert targets.robust_text.startswith("Read otherwise, the smallest p-values are: lowest reading of counts, p = ")
    kept = targets.table[targets.table["sign_survives"].fillna(False)]
    silent = kept[(kept["embassy_missing"] + kept["base_missing"]) > 0]
    assert f"hide in {len(silent)} ({findings.listed(silent.index)})" in targets.robust_text
    assert targets.by_day.min() == pytest.approx(targets.day_table["p_value"].min())


def test_the_model_reads_as_what_it_shows(targets, core):
    assert "the measures give no evidence of a difference (p = 0.11)" in targets.model_text
    columns = ["incident_id", "date", "target", "weapon", "launched_low", "launched_best", "launched_high"]
    refused = findings.embassy_vs_base(core[columns].groupby("target").head(6))
    assert refused.model_text.startswith("No model of all measures together: 6 incidents of the smaller group are too")


def test_nothing_estimable_is_told(core):
    silent = core[["incident_id", "date", "target"]].assign(damage="unknown", days_to_anniversary=pd.NA)
    found = findings.embassy_vs_base(silent)
    assert found.text.startswith(
        "There is no evidence that strikes on the embassy differ from strikes on bases in any of 0"
    )
    assert found.robust_text == ""
    assert found.unknown_text == "Not estimable from news reports: any damage, days to the nearest anniversary."


def test_the_targets_read_five_ways(core, raw):
    readings = findings.target_readings(core, raw)
    counts = {
        name: tuple((values == group).sum() for group in ("embassy", "base")) for name, values in readings.items()
    }
    assert counts["as coded"] == (30, 94)
    assert counts["compound alone"] == (15, 94)
    assert counts["with Union III"] == (31, 93)
    assert counts["without BDSC"] == (27, 94)
    voted = readings["by most accounts"] != readings["as coded"]
    words = raw["reports"].set_index("incident_id")["site_id"]
    site_type = raw["sites"].set_index("site_id")["site_type"]
    for incident in core.loc[voted, "incident_id"]:
        assert len({site_type[site] == "base" for site in words[[incident]]}) == 2  # sources do name both


def test_which_findings_move(found):
    moves = found.moves
    assert (moves.loc["as coded", "moves"] == "").all()
    damage = moves.loc[("compound alone", "any damage")]
    assert (damage["moves"], bool(damage["sign_survives"])) == ("difference", False)
    assert damage["p_adjusted"] <= 0.05 < moves.loc[("as coded", "any damage"), "p_adjusted"]
    inside = moves.loc[("without BDSC", "any round inside the perimeter")]
    assert inside["moves"] == "sign"
    assert inside["effect"] > 1 > moves.loc[("as coded", "any round inside the perimeter"), "effect"]
    told = findings.moves_text(moves)
    assert "any damage (compound alone; adjusted p = 0.0" in told
    assert "its direction does not survive the worst that silence could hide" in told
    assert "without BDSC: any round inside the perimeter" in told


def test_measures_that_one_reading_cannot_test_are_told(found):
    moves = found.moves.copy()
    moves.loc[("without BDSC", "killed"), "moves"] = "estimable"
    assert findings.moves_text(moves).endswith(
        "Measures that only one of the two readings can test: killed (without BDSC)."
    )


def test_rates_come_with_what_is_not_known(core, raw):
    found = findings.exposure(core, raw["sites"])
    assert found.text.startswith(
        "Attacks per 1,000 site-days where the days are known: 5.5 on bases (sites: 3; attacks: 3; "
    )
    assert found.warning.startswith("The last day is not known for 17 of 20 bases and 5 of 6 diplomatic sites.")


def test_other_pairs_of_groups(core):
    tables = findings.contrasts(core)
    assert list(tables) == ["Iraq against Syria", "rocket against drone", "first half against second half"]
    assert "weapon" not in tables["rocket against drone"].index
    half = tables["first half against second half"].loc["weapon"]
    assert half["first half_n"] == (core["date"] < "2021-10-01").sum()
    told = findings.contrasts_text(tables)
    assert "Iraq against Syria: no evidence of a difference in any measure." in told
    assert "rocket against drone: munitions launched (Cliff's delta 0.5" in told
    alone = findings.contrasts(core[core["country"] == "Iraq"].drop(columns="weapon"))
    assert list(alone) == ["first half against second half"]


def test_tests_and_intervals_keep_what_they_state():
    rates = findings.load_coverage()
    slack = 4 * rates["standard_error"] + 0.005
    naive = rates["method"].str.contains("naive")
    tests = (rates["kind"] == "test") & ~naive
    assert (rates["rate"] <= rates["stated"] + slack)[tests].all()
    exact = rates["world"].isin(["alike, untied amounts", "alike, amounts", "alike, days of four"]) & tests
    assert ((rates["rate"] - rates["stated"]).abs() <= slack)[exact].all()  # uniform where values are many
    assert (rates.loc[rates["kind"] == "interval", "rate"] >= 0.92).all()
    assert (rates.loc[naive & (rates["stated"] == 0.05), "rate"] > 0.15).all()
    assert "taking them as independent rejects up to" in findings.coverage_text(rates)


def test_the_coverage_file_is_what_its_program_writes(monkeypatch):
    monkeypatch.syspath_prepend(tables.DATA_DIR.parent / "benchmarks")
    import comparison_coverage as coverage

    found = coverage.coverage_table(n_sims=4, cells=list(coverage.CELLS)[:1])
    assert list(found.columns) == list(findings.load_coverage().columns)
    committed = findings.load_coverage()[["world", "method"]].drop_duplicates()
    assert [tuple(row) for row in committed.to_numpy()] == list(coverage.CELLS)


def test_outcome_shares_add_up(targets):
    table = findings.outcome_shares(targets)
    totals = table.groupby("target")[["n_yes", "n_no", "n_silent"]].sum().sum(axis=1)
    n_measures = table["measure"].nunique()
    assert totals.to_dict() == {"base": 94 * n_measures, "embassy": 30 * n_measures}
    assert table[["yes", "no", "silent"]].sum(axis=1).round(9).eq(1).all()


def test_three_methods_agree_on_what_they_count(core):
    table = findings.placebo_methods(core)
    assert list(table.index) == ["folded", "shift", "independent"]
    assert (table["observed"] == 13).all()
    assert table["n"].tolist() == [93, 118, 93]
    assert round(table.loc["folded", "global_p_value"], 3) == 0.148


def test_the_deadline_cannot_be_told_from_the_anniversary(core):
    table = findings.rival_dates(core, load_context_events())
    anniversary, deadline = table.iloc[0], table.iloc[1]
    assert deadline.name == "31 December (deadline for US combat forces)"
    assert (anniversary["observed"], deadline["observed"]) == (13, 13)
    assert table.loc["US strikes, after", "days"] == 6  # the killing itself lies before the period
    assert table.loc["US strikes, after", "observed"] > table.loc["US strikes, before", "observed"]


def test_attacks_go_with_strikes_in_words(core, timing, found):
    events, left_out = load_context_events(), found.without_each_strike
    text = findings.rivals_text(found.rivals, left_out, timing)
    assert text.startswith("There is evidence that attacks go with US strikes (strikes tested: 6): 27 against 6.4")
    assert "the global p-value from one on is at most 0.03." in text
    assert "US strikes so near a tested anniversary that the two windows share days: 4 January 2022." in text
    strikes = findings.each_strike_and_truce(core, events).query("kind == 'US strike'")
    after = strikes["on_day"] + strikes["after"]
    assert left_out["observed"].tolist() == (after.sum() - after).tolist()
    assert findings.rivals_text(pd.DataFrame(), left_out, timing) == ""


def test_strikes_without_attacks_near_them_are_told_so(timing, found):
    none = found.rivals.assign(global_p_value=0.5)
    text = findings.rivals_text(none, found.without_each_strike, timing)
    assert text.startswith("There is no evidence that attacks go with US strikes")
    assert "Which came first" not in text


def test_the_deadline_belongs_to_the_killing_alone(core):
    rivals = findings.rival_dates(core, load_context_events(), anchor="2020-06-15")
    assert not any("deadline" in name for name in rivals.index)


def test_a_period_that_barely_holds_the_anniversary_does_not_stop_the_rivals(core):
    table = findings.rival_dates(core, load_context_events(), ("2020-07-05", "2023-09-30"))
    assert table["days"].iloc[:2].tolist() == [3, 2]  # the first deadline's block begins before the period


def test_times_of_day_change_no_finding(core):
    clocked = core.assign(date=core["date"] + pd.to_timedelta(range(len(core)), unit="min"))
    assert findings.anniversary(clocked).attack_days.n_inside == findings.anniversary(core).attack_days.n_inside


def test_a_target_far_from_every_anniversary_is_told_in_words(core):
    early = core[(core["target"] == "base") | (core["date"] < "2020-06-01")]
    assert findings.by_target_text(early).startswith("The two targets cannot be compared: no date lies within")


def test_each_strike_and_truce_apart_by_hand(core):
    table = findings.each_strike_and_truce(core, load_context_events())
    assert table["kind"].value_counts().to_dict() == {"US strike": 6, "truce ended": 2, "truce begun": 1}
    # Known by its US date of 25 February alone, so a day later in the region.
    assert pd.Timestamp("2021-02-26") in table.index
    apart = (core["date"] - pd.Timestamp("2022-01-04")).dt.days
    row = table.loc["2022-01-04"]
    assert (row["before"], row["after"]) == (((apart < 0) & (apart >= -14)).sum(), ((apart > 0) & (apart <= 14)).sum())
    assert row["p_after"] < 0.01


def test_residuals_read_as_a_sentence(bred):
    assert bred.residual_text.startswith("The model does not tell how gaps of like length follow each other (p = 0.0")
    quiet = replace(bred, residuals=bred.residuals.assign(p_value=0.5))
    assert quiet.residual_text.startswith("None of 3 residuals stands out")


def test_the_spread_of_the_fit_is_told_with_its_lean(bred):
    assert "so the fit leans low) and the half-life from" in bred.spread_text
    still = bred.test.alternative.parameters.copy()
    still["alpha"] = 0.0
    still = replace(bred.test.alternative, parameters=still)
    none = replace(bred, test=replace(bred.test, alternative=still), draws=bred.draws.assign(branching_ratio=0.0))
    assert "(middle 0.00): 95%" in none.spread_text


def test_self_excitement_is_told_with_its_interval(bred):
    low, high = bred.interval
    assert low < bred.table.loc["yearly", "anniversary_effect"] < high
    assert f"95% interval {findings.number_text(low)} to {findings.number_text(high)}" in bred.text


def test_worst_levels_are_the_highest_of_each_world():
    levels = findings.load_levels()
    table = findings.worst_levels(levels)
    some = levels[(levels["world"] == "bursts of 5") & (levels["test"] == "folded")]
    assert table.loc["bursts of 5", "folded"] == round(100 * some["rate"].max(), 1)
    assert list(table.columns) == list(levels["test"].unique())


def test_the_difference_of_targets_by_hand(core, timing):
    table, difference, p_value = findings.by_target(core)
    assert table["observed"].tolist() == [3, 10]
    assert difference == pytest.approx(3 / 19 - 10 / 74)
    offsets = timing.offsets.merge(core[["incident_id", "target"]], on="incident_id")
    apart = []
    for s in range(365):
        near = ((offsets["days"] - s + 182) % 365 - 182).abs() <= 14
        shares = near.groupby(offsets["target"].astype("str")).mean()
        apart.append(abs(shares["embassy"] - shares["base"]))
    assert p_value == pytest.approx((pd.Series(apart) >= apart[0] - 1e-12).mean())
    assert "do not hold both targets" in findings.by_target_text(core[core["target"] == "base"])


def test_levels_are_told_for_every_test():
    levels = findings.load_levels()
    assert set(findings.OUR_TESTS) <= set(levels["test"])
    ours = levels[levels["test"].isin(findings.OUR_TESTS)]
    assert ours["rate"].max() <= 0.07
    assert "the placebo tests: folded up to" in findings.levels_text(levels)


def test_coverage(core, raw):
    found = findings.coverage(core, raw["reports"])
    assert (found.n_incidents, found.n_reports, found.n_single, found.n_followup) == (124, 433, 9, 14)
    assert found.by_year.loc["all"].to_dict() == {"base": 94, "embassy": 30, "all": 124}
    assert found.n_disputed == (core["disputed"] != "").sum()


def test_disagreements_count_incidents(core):
    table = findings.disagreements(core).set_index("field")
    several = core[core["n_independent"] >= 2]
    assert table.loc["date", "disputed"] == several["disputed"].str.contains("date").sum()
    assert (table["n"] == len(several)).all()
    assert (
        findings.disagreements_text(core) == "Accounts contradict each other on munitions launched in 43 of 115 attacks"
    )


def test_accounts_that_agree_are_told_in_words():
    alone = load_incidents(scope="article")
    assert findings.disagreements(alone).empty
    assert findings.disagreements_text(alone) == "Accounts contradict each other on no field of 0 attacks"


def test_accounts_pile_up_where_coding_stopped(core):
    assert findings.accounts_text(core) == "Incidents with exactly 4 independent accounts: 75 of 124; with more: 1."


def test_effort_is_told(raw):
    assert findings.effort(raw["search_log"]).startswith("At least 10 queries were put to each of 48 months, and 100%")


def test_the_articles_cells(raw):
    cells = findings.coded_cells(raw["reports"], "article")["coded"]
    assert cells[("2022-01-13_us_embassy_baghdad", "launched_min")] == "4"
    assert ("2022-01-13_us_embassy_baghdad", "launched_max") not in cells.index
    assert cells[("2022-01-05_ain_al_asad", "event_date")] == "2022-01-06"
    assert not cells.isin(["unknown", "<NA>", "nan", ""]).any()


def test_what_the_article_says(core):
    alone = load_incidents(scope="article")
    told = findings.article_text(alone, core)
    assert told.startswith("The article tells of 4 attacks on 2 days, from 6 January 2022 to 13 January 2022, and")
    words = findings.article_words(alone)
    assert words[-1] == (
        "13 January 2022, US Embassy Baghdad. Launched: 4 or more; inside the perimeter: 3; injured: 2; "
        "defence active: yes."
    )
    assert "Launched: not told" in words[1]


def test_accounts_of_one_attack(raw):
    accounts = findings.accounts_of("2022-01-13_us_embassy_baghdad", raw["reports"], raw["sources"])
    launched = accounts[accounts["field"] == "Launched"].set_index("source")
    assert launched.index[0] == "Founding article (AP)"
    assert launched["low"].tolist() == [4, 4, 3, 3]
    assert launched["high"].astype("object").tolist() == [pd.NA, pd.NA, 3, 3]
    # Al Arabiya carries the article's own agency, so it is no other account.
    assert launched["account"].nunique() == len(launched) - 1
    headline, note = findings.article_headline(accounts)
    assert headline == "2 of 2 other accounts count fewer rockets than the founding article"
    assert note.startswith("4 sources of one attack, 3 accounts: texts of one agency are one.")


# --- where ----------------------------------------------------------------------------------------------------------


def test_where_attacks_fell(core):
    found = findings.where(core)
    assert found.sites["incidents"].sum() == len(core)
    assert found.sites["incidents"].is_monotonic_decreasing
    top = core["site_name"].value_counts()
    assert found.sites.iloc[0][["place", "incidents"]].tolist() == [top.index[0], top.iloc[0]]
    reached = found.sites["incidents"].cumsum()
    assert reached.iloc[3] < len(core) / 2 <= reached.iloc[4]  # 73 of them on 5
    assert f"{reached.iloc[4]} of them on 5; first is Green Village" in found.text
    assert found.n_unmapped == 0


def test_lines_of_fire_have_both_ends(core):
    found = findings.where(core)
    assert len(found.launches) == found.launch_status["measured"] == 13
    dora = found.launches[found.launches["area"] == "Dora"].iloc[0]
    assert (dora["place"], dora["incident_id"]) == ("US Embassy Baghdad", "2022-01-13_us_embassy_baghdad")
    assert (dora["area_point"].x, dora["area_point"].y) == (44.39194, 33.25139)
    assert found.unmatched["2019-11-08_qayyarah_west"] == "Mosul city"
    assert len(found.unmatched) == found.launch_status["not matched"]


def test_labels_and_gaps_of_a_table_of_ones_own_lose_no_attack(core):
    """Rows labelled twice, sites without a name or a complex."""
    own = core.assign(site_name=core["site_name"].mask(core.index < 20), complex=core["complex"].mask(core.index < 30))
    own = pd.concat([own[:60].reset_index(drop=True), own[60:].reset_index(drop=True)])
    found = findings.where(own)
    assert found.sites["incidents"].sum() == len(core)
    assert len(found.launches) == 13
    both = findings.embassy_vs_base(own, load_context_events())
    assert both.text == findings.embassy_vs_base(core, load_context_events()).text


def test_no_incidents_and_no_sites_are_told(core):
    assert findings.where(core[:0]).text.startswith("None of the 0 incidents has a position")
    with pytest.raises(ValueError, match="no site is placed better than within 20 km"):
        findings.exposure(core, tables.load_sites()[:0])


def test_half_is_reached_exactly_on_a_tie(core):
    two = core[core["site_id"].isin(["balad", "green_zone"])]  # twelve each
    assert " of them on 1; first is" in findings.where(two).text


def test_positions_alone_and_no_positions(core):
    bare = core[["incident_id", "date", "geometry"]]
    found = findings.where(bare)
    assert set(found.sites["target"]) == {"unknown"}
    assert len(found.sites) == 18
    nowhere = findings.where(bare.assign(geometry=None).set_geometry("geometry", crs=core.crs))
    assert nowhere.text.startswith("None of the 124 incidents has a position")
    assert nowhere.launch_text.endswith("none of these could be measured.")
    assert "Without pairs of one day" in findings.near_repeat_text(near_repeat.near_repeat(core, n_permutations=99))
    assert findings.near_repeat_text(None).startswith("Without positions")


def test_windows_share_out_the_attacks_of_the_blocks(timing, core):
    windows = findings.window_sites(timing, core)
    inside = windows[windows["inside"]].groupby("anniversary")["incidents"].sum()
    assert inside.to_dict() == {2021: 1, 2022: 10, 2023: 2}
    assert windows["incidents"].sum() == len(timing.offsets)


def test_the_ranges_name_their_sources():
    assert "107 mm rockets 8 km (StrategyPage, Iraq, 11 July 2001)" in findings.ranges_text()
    assert "122 mm rockets 20 km (Human Rights Watch (2007)" in findings.ranges_text()
