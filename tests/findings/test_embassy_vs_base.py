"""Do strikes on the embassy differ from strikes on bases?"""

import pandas as pd
import pytest

from helpers import findings, geography


@pytest.fixture(scope="module")
def found(results):
    return results.embassy_vs_base


def test_strikes_are_counted_and_told_by_target(found, few):
    assert found["n"].to_dict() == few["target"].value_counts().to_dict() == {"base": 12, "embassy": 9}
    told, nearest = findings.tell(found), found["table"].sort_values("p_value").iloc[0]
    assert told.startswith("There is no evidence that strikes on the embassy differ from strikes on bases in any of 14")
    assert "(9 strikes on diplomatic sites, 12 on bases; p-values adjusted" in told
    assert f"The nearest to a difference is {nearest.name}: {nearest['effect_type']} {nearest['effect']:.2g}," in told
    assert told.endswith(f"p = {nearest['p_value']:.2g} alone and p = {nearest['p_adjusted']:.2g} adjusted.")


def test_measures_that_cannot_be_estimated_are_named(found):
    untested = found["table"].index[found["table"]["p_value"].isna()]
    assert found["n_tested"] + len(untested) == len(found["table"])
    assert findings.tell(found, "not_estimable") == f"Not estimable from news reports: {', '.join(untested)}."


def test_outcomes_that_most_accounts_leave_open_are_named(found):
    shares = found["table"][found["table"]["effect_type"] == "risk ratio"]
    silent = shares.index[(shares["embassy_missing"] + shares["base_missing"]) * 2 > 21]
    assert findings.tell(found, "silence") == f"Accounts of most attacks leave open: {', '.join(silent)}"
    assert findings.tell({**found, "mostly_silent": []}, "silence") == "Most outcomes are told"


def test_a_difference_reads_as_one(bursts):
    rows = bursts(n=40)[["incident_id", "date", "target"]]
    rows = rows.assign(weapon=rows["target"].map({"embassy": "drone", "base": "rocket"}))
    found = findings.embassy_vs_base(rows)
    told = "evidence that strikes on the embassy differ from strikes on bases in weapon"
    assert found["differing"] == ["weapon"]
    assert findings.tell(found, "verdict") == told
    assert findings.tell(found).startswith(f"There is {told} (")


def test_days_permuted_stand_beside_incidents(found):
    tested, by_day = found["table"]["p_value"].notna(), found["day_table"]["p_value"]
    assert by_day[tested].between(0, 1).all()
    assert by_day[~tested].isna().all()
    assert found["readings"]["day"]["measure"] == by_day.idxmin()
    assert f"whole days permuted, p = {by_day.min():.2g} ({by_day.idxmin()}; adj" in findings.tell(found, "robust")


def test_directions_that_survive_silence_are_named(found):
    signed = found["table"]["sign_survives"].dropna()
    open_ = found["table"].loc[signed.index, ["embassy_missing", "base_missing"]].sum(axis=1) > 0
    kept = list(signed[open_ & signed].index)
    assert kept
    assert f"Of {open_.sum()} measures with a direction that some incidents" in findings.tell(found, "robust")
    told = f"could hide in {len(kept)} ({findings.listed(kept)})."
    assert findings.tell(found, "robust").endswith(told)
    assert findings.tell({**found, "kept": []}, "robust").endswith("could hide in none.")


def test_a_model_that_is_refused_says_why(found):
    assert findings.tell(found, "model").startswith(
        "No model of all measures together: 9 incidents of the smaller group"
    )


def test_the_model_reads_as_what_it_shows(bursts):
    found = findings.embassy_vs_base(
        bursts(n=120, seed=4)[["incident_id", "date", "target", "weapon", "launched_best"]]
    )
    model, nearest = found["model"], found["model"].table.sort_values("p_value").iloc[0]
    told = findings.tell(found, "model")
    assert f"({model.n_first} and {model.n_second} incidents, {len(model.table)} predictor), the measures" in told
    assert found["model_differs"] == (model.p_value <= 0.05)
    words = "evidence" if found["model_differs"] else "no evidence"
    assert f"give {words} of a difference (p = {model.p_value:.2g})" in told
    assert f"The nearest is {nearest.name}: odds ratio {nearest['odds_ratio']:.2g}, 95% interval" in told


def test_nothing_estimable_is_told():
    days = pd.to_datetime(["2021-01-03", "2021-05-01", "2022-01-03", "2022-05-01"])
    rows = pd.DataFrame({"incident_id": list("abcd"), "date": days, "target": ["embassy", "base"] * 2})
    found = findings.embassy_vs_base(rows.assign(damage="unknown", days_to_anniversary=pd.NA))
    assert findings.tell(found, "verdict").endswith("differ from strikes on bases in any of 0 measures")
    assert "nearest" not in findings.tell(found)
    assert findings.tell(found, "robust") == ""
    told = "Not estimable: any damage, days to the nearest anniversary."
    assert findings.tell(found, "not_estimable") == told


def test_missing_columns_are_named():
    own = pd.DataFrame({"incident_id": ["a"], "date": pd.to_datetime(["2022-01-03"])})
    with pytest.raises(ValueError, match=r"needs the column\(s\) target; the data have incident_id, date"):
        findings.embassy_vs_base(own)


# --- what lies outside the reports ------------------------------------------------------------------------------------


def test_what_lies_outside_the_reports_is_joined(results, few):
    found = findings.add_context_columns(few, results.events)
    distances = geography.launch_distances(few)["distance_km"]
    pd.testing.assert_series_equal(found["launch_km"], distances, check_names=False)
    since = found.set_index("incident_id")["days_since_us_strike"]
    assert since["2022-01-05_ain_al_asad"] == 1  # after the strike on launch sites near Green Village
    assert pd.isna(since["2019-12-27_k1"])


def test_without_launch_areas_there_are_no_distances(few):
    assert "launch_km" not in findings.add_context_columns(few.drop(columns="launch_area"))
    assert findings.add_context_columns(few.assign(launch_area=None))["launch_km"].isna().all()


def test_labels_of_a_table_of_ones_own_change_nothing(results, few):
    own = pd.concat([few[:9].reset_index(drop=True), few[9:].reset_index(drop=True)])
    expected = findings.add_context_columns(few, results.events)
    pd.testing.assert_frame_equal(findings.add_context_columns(own, results.events), expected)


# --- other pairs, and shares ------------------------------------------------------------------------------------------


def test_other_pairs_of_groups(results, few):
    found = results.contrasts
    assert list(found["tables"]) == ["Iraq against Syria", "rocket against drone", "first half against second half"]
    assert "weapon" not in found["tables"]["rocket against drone"].index
    half = found["tables"]["first half against second half"].loc["weapon"]
    assert half["first half_n"] == (few["date"] < "2021-10-01").sum()
    told = findings.tell(found, "contrasts")
    assert told.startswith("Iraq against Syria: no evidence of a difference in any measure. rocket against drone: ")
    alone = findings.contrasts(few[few["country"] == "Iraq"].drop(columns="weapon"))
    assert list(alone["tables"]) == ["first half against second half"]


def test_incidents_of_neither_group_are_told(bursts):
    rows = bursts(n=40)[["incident_id", "date"]].assign(weapon=["rocket", "drone", "mortar", None] * 10)
    found = findings.contrasts(rows)
    assert found["left_out"] == {"rocket against drone": {"mortar": 10, "missing": 10}}
    said = "Incidents of neither group are left out: of rocket against drone, 10 mortar and 10 missing."
    assert findings.tell(found, "contrasts").endswith(said)


def test_pairs_that_differ_are_told_with_their_measures(bursts):
    rows = bursts(n=60)[["incident_id", "date"]]
    rows = rows.assign(damage=(rows["date"] < "2021-11-01").map({True: "major", False: "none"}))
    told = findings.tell(findings.contrasts(rows), "contrasts")
    assert told.startswith("first half against second half: any damage (risk ratio")
    assert "to no upper limit; adjusted p < 0.001) and days to the nearest anniversary (Cliff's delta" in told


def test_outcome_shares_add_up(results):
    table = results.outcome_shares
    totals = table.groupby("target")[["n_yes", "n_no", "n_silent"]].sum().sum(axis=1)
    n_measures = table["measure"].nunique()
    assert totals.to_dict() == {"base": 12 * n_measures, "embassy": 9 * n_measures}
    assert table[["yes", "no", "silent"]].sum(axis=1).round(9).eq(1).all()


def test_columns_that_are_not_compared_are_named_in_words():
    data = pd.DataFrame({"target": ["embassy", "base"] * 6, "score": range(12),
                         "damage": ["none", "none", "minor", "minor"] * 3})  # fmt: skip
    data["date"] = pd.date_range("2021-01-01", periods=12)
    told = findings.tell(findings.embassy_vs_base(data))
    assert "in the one measure tested (6 strikes on diplomatic sites" in told
    assert told.endswith("Columns that give no known measure and are not compared: score.")


def test_incidents_of_neither_group_are_counted_in_words():
    data = pd.DataFrame({"target": ["embassy", "base", None] * 8, "damage": ["none", "minor", "major", "none"] * 6})
    data["date"] = pd.date_range("2021-01-01", periods=24)
    told = findings.tell(findings.embassy_vs_base(data))
    assert told.endswith("Left out, since neither embassy nor base: 8 missing.")
