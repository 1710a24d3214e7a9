"""Do strikes on the embassy differ from strikes on bases?"""

import numpy as np
import pandas as pd
import pytest

from helpers import findings, geography
from helpers.findings.embassy_vs_base import _concentrated_year, _smallest_p, find_differences


@pytest.fixture(scope="module")
def found(results):
    return results.embassy_vs_base


@pytest.fixture(scope="module")
def early(few):
    """The frozen incidents of the primary comparison."""
    return few[few["date"] < "2022-01-01"]


@pytest.fixture(scope="module")
def pooled(few, results):
    """The comparison of the frozen incidents as if they were those of a file: of all years."""
    own = few.copy()
    own.attrs = {}
    return findings.embassy_vs_base(own, results.events, anchor="2020-01-03")


def test_strikes_are_counted_and_told_by_target(found, early):
    assert found["n"].to_dict() == early["target"].value_counts().to_dict() == {"embassy": 7, "base": 3}
    told, nearest = findings.tell(found), found["table"].sort_values("p_value").iloc[0]
    assert told.startswith(
        "**No difference between diplomatic sites and bases is significant after adjustment for multiple testing.** "
        "7 attacks on diplomatic sites and 3 "
        f"on bases, of 2019 to 2021, were compared on {found['table']['p_value'].notna().sum()} measures."
    )
    assert nearest["effect_type"] == "Cliff's delta"
    p = {name: findings.p_value(nearest[name]) for name in nearest.index if name.startswith("p_")}
    words = f"The clearest difference is in {nearest.name}, lower at diplomatic sites: Cliff's delta"
    interval = f"{nearest['effect']:.2g}, 95% interval {nearest['ci_low']:.2g} to {nearest['ci_high']:.2g}"
    p_values = f"(unadjusted {p['p_value']}, adjusted {p['p_adjusted']}; within years {p['p_within_years']}, adjusted"
    assert findings.tell(found, "nearest") == f"{words} {interval} {p_values} {p['p_within_adjusted']})."
    assert findings.tell(found, "nearest") in told


# --- the primary period, and all years --------------------------------------------------------------------------------


def test_the_first_years_are_compared_first_and_all_years_beside_them(found, few):
    assert found["source_line"].startswith("10 incidents, 2019-10-01 to 2021-12-31.")
    assert found["period"] == {"first": 2019, "last": 2021}
    assert found["later"] == {"first": 2022, "n": 11, "embassy": 2, "base": 9}
    assert found["beside"]["n"].to_dict() == few["target"].value_counts().to_dict() == {"base": 12, "embassy": 9}
    told = (
        "From 2022 on 2 of 11 attacks were on diplomatic sites, so the years before are compared first. Over all years "
        "(9 against 12 attacks) no difference is significant either."
    )
    assert findings.tell(found, "whole") == told
    assert told in findings.tell(found)
    row = found["whole"].sort_values("p_value").iloc[0]
    words = f"Over all years, 2019 to 2023, the clearest difference is in {row.name}: risk ratio {row['effect']:.2g}, "
    assert findings.tell(found, "whole_nearest").startswith(words)


def test_all_years_are_those_of_a_file_of_ones_own(found, pooled):
    assert pooled["whole"] is pooled["table"]
    columns = [column for column in pooled["table"] if column != "note"]
    pd.testing.assert_frame_equal(found["whole"][columns], pooled["table"][columns])
    assert (pooled["period"], pooled["beside"], pooled["later"]) == (None, None, None)
    assert findings.tell(pooled, "whole") == findings.tell(pooled, "whole_nearest") == ""
    assert findings.tell(pooled).startswith(
        "**No difference between diplomatic sites and bases is significant after adjustment for multiple testing.** 9 "
    )
    with pytest.raises(ValueError, match="the comparison takes all years, so none stands beside it"):
        findings.whole_effects_table(pooled)


@pytest.mark.parametrize(
    ("dates", "attrs", "n"),
    [
        (["2019-01-01"] * 4 + ["2021-12-31"] * 4 + ["2022-01-01"] * 4, {"anchor": "2020-01-03"}, 8),
        (["2019-01-01"] * 4 + ["2021-12-31"] * 4 + ["2022-01-01"] * 4, {}, 12),  # a file
        (["2019-01-01"] * 4 + ["2021-12-31"] * 4 + ["2022-01-01"] * 4, {"anchor": "2011-03-15"}, 12),  # others' tables
        (["2021-01-01"] * 3 + ["2022-01-01"] * 9, {"anchor": "2020-01-03"}, 12),  # one attack on a base in 2021
        (["2021-01-01"] * 12, {"anchor": "2020-01-03"}, 12),
    ],
)
def test_our_own_tables_alone_have_a_primary_period(dates, attrs, n):
    data = pd.DataFrame({"date": pd.to_datetime(dates), "target": ["embassy", "base", "embassy"] * 4})
    data.attrs = attrs
    primary = findings.select_primary(data)
    assert len(primary) == n
    assert (primary is data) == (n == 12)
    assert data.attrs == attrs


def test_a_difference_counts_where_both_adjustments_leave_it():
    nothing = [0.2, np.nan]
    p_values = [(free, within) for free in (0.05, *nothing) for within in (0.05, *nothing)]
    table = pd.DataFrame(p_values, list("abcdefghi"), ["p_adjusted", "p_within_adjusted"])
    assert find_differences(table) == {"differing": ["a"], "free_alone": ["b", "c"], "within_alone": ["d", "g"]}


def test_what_differs_in_one_of_two_ways_is_told_and_is_no_difference(found):
    verdict = (
        "No difference between diplomatic sites and bases is significant after both adjustments for multiple testing"
    )
    told = findings.tell({**found, "free_alone": ["weapon"]})
    assert told.startswith(f"**{verdict}.**")
    assert " With years pooled weapon would differ, but not within years. " in told
    told = findings.tell({**found, "free_alone": ["weapon"], "n_within": 0}, "one_alone")
    assert told == "With years pooled weapon would differ, but no measure can be compared within years."
    told = findings.tell({**found, "within_alone": ["weapon", "any damage"]})
    assert told.startswith(f"**{verdict}.**")
    assert " Within years weapon and any damage would differ, but not with years pooled. " in told


@pytest.mark.parametrize(("what", "words"), [
    ("differing", "the groups differ in weapon."),
    ("free_alone", "weapon would differ with years pooled, but not within years."),
    ("within_alone", "weapon would differ within years, but not with years pooled."),
])  # fmt: skip
def test_all_years_are_told_by_the_same_rule(found, what, words):
    told = findings.tell({**found, "beside": found["beside"] | {what: ["weapon"]}}, "whole")
    assert told.endswith(f"Over all years (9 against 12 attacks) {words}")


def test_a_difference_between_years_alone_is_no_difference():
    """Rockets and diplomatic sites are of one year, drones and bases of the other; within either they are alike."""
    sizes = {("2020-05-01", "embassy"): 32, ("2020-05-01", "base"): 8, ("2021-05-01", "embassy"): 8,
             ("2021-05-01", "base"): 32}  # fmt: skip
    rockets = {"2020-05-01": 0.75, "2021-05-01": 0.25}
    rows = [
        (day, target, "rocket" if k < n * rockets[day] else "drone")
        for (day, target), n in sizes.items()
        for k in range(n)
    ]
    data = pd.DataFrame(rows, columns=["date", "target", "weapon"]).astype({"date": "datetime64[ns]"})
    found = findings.embassy_vs_base(data)
    assert found["table"].loc["weapon", "p_adjusted"] < 0.05 < 0.9 < found["table"].loc["weapon", "p_within_adjusted"]
    assert (found["differing"], found["free_alone"]) == ([], ["weapon"])


@pytest.mark.parametrize(("effect_type", "effect", "lower", "side"), [
    ("risk ratio", 0.9, True, ", lower at diplomatic sites: risk ratio 0.9, no"),
    ("risk ratio", 1.1, False, ", higher at diplomatic sites: risk ratio 1.1, no"),
    ("Cliff's delta", -0.1, True, ", lower at diplomatic sites: Cliff's delta -0.1, no"),
    ("Cliff's delta", 0.1, False, ", higher at diplomatic sites: Cliff's delta 0.1, no"),
    ("Cramér's V", 0.3, False, ": Cramér's V 0.3, no"),
])  # fmt: skip
def test_the_nearest_lies_below_or_above_no_effect(found, effect_type, effect, lower, side):
    row = found["table"].loc["weapon"].copy()
    row[["effect_type", "effect", "p_value"]] = effect_type, effect, 0.2
    nearest = _smallest_p(pd.DataFrame([row, row.where(row.index != "p_value", 0.3)], index=["first", "second"]))
    assert (nearest["measure"], nearest["lower"]) == ("first", lower)
    told = findings.tell({**found, "nearest": {**nearest, "ci_low": None}}, "nearest")
    assert told.startswith(f"The clearest difference is in first{side} interval (unadjusted p = 0.20, adjusted")


def test_groups_are_called_what_their_sites_are(found):
    assert found["plurals"] == findings.basics.group_plurals()
    told = findings.tell({**found, "plurals": {"embassy": "ships", "base": "ports"}})
    assert told.startswith(
        "**No difference between ships and ports is significant after adjustment for multiple testing.** "
        "7 attacks on ships and 3 on ports, of"
    )


# --- target and year --------------------------------------------------------------------------------------------------


def of_years(embassy, base):
    """Incidents of both groups, so many a year."""
    rows = [
        (target, pd.Timestamp(year=year, month=5, day=1 + n % 28))
        for target, years in {"embassy": embassy, "base": base}.items()
        for year, count in years.items()
        for n in range(count)
    ]
    return pd.DataFrame(rows, columns=["target", "date"])


def test_a_group_that_fell_in_one_year_is_told(pooled, few):
    in_2020 = few["date"].dt.year == 2020
    n_embassy, n_base = (int((in_2020 & (few["target"] == target)).sum()) for target in ("embassy", "base"))
    expected = {"target": "embassy", "other": "base", "year": 2020, "inside": n_embassy, "n": 9,
                "other_inside": n_base, "other_n": 12}  # fmt: skip
    assert pooled["concentrated"] == expected
    told = f"{n_embassy} of 9 attacks on diplomatic sites date from 2020, but only {n_base} of 12 on bases"
    assert findings.tell(pooled, "confounded") == f"{told}; the p-values within years allow for that."
    assert told in findings.tell(pooled)
    told = findings.tell({**pooled, "n_within": 0}, "confounded")
    assert told.endswith(" of 12 on bases: target and year cannot be separated.")


def test_bases_that_fell_in_one_year_are_told_too(found):
    concentrated = _concentrated_year(of_years({2020: 7, 2021: 3}, {2020: 1, 2021: 9}))
    assert findings.tell({**found, "concentrated": concentrated}, "confounded").startswith(
        "9 of 10 attacks on bases date from 2021, but only 3 of 10 on diplomatic sites; the p-values"
    )


@pytest.mark.parametrize(("embassy", "base", "is_told"), [
    ({2020: 6, 2021: 4}, {2020: 3, 2021: 3, 2022: 4}, True),  # six tenths, and the other half as much
    ({2020: 6, 2021: 4}, {2020: 4, 2021: 2, 2022: 4}, False),  # and the other more than half as much
    ({2020: 5, 2021: 5}, {2022: 5, 2023: 5}, False),  # no more than a half
    ({2020: 6, 2021: 4}, {2020: 6, 2021: 4}, False),  # alike
])  # fmt: skip
def test_a_year_is_confounded_where_more_than_half_of_one_group_meets_half_as_much_of_the_other(
    found, embassy, base, is_told
):
    found = {**found, "concentrated": _concentrated_year(of_years(embassy, base))}
    assert (found["concentrated"] is not None) == is_told
    assert bool(findings.tell(found, "confounded")) == is_told
    assert ("p-values within years allow" in findings.tell(found)) == is_told


# --- words of measures ------------------------------------------------------------------------------------------------


def test_measures_that_cannot_be_estimated_are_named(found):
    untested = found["table"].index[found["table"]["p_value"].isna()]
    assert found["n_tested"] + len(untested) == len(found["table"])
    told = f"News reports do not allow a comparison of: {', '.join(untested)}."
    assert findings.tell(found, "not_estimable") == told


def test_outcomes_that_most_accounts_leave_open_are_named(found):
    shares = found["table"][found["table"]["effect_type"] == "risk ratio"]
    silent = shares.index[(shares["embassy_missing"] + shares["base_missing"]) * 2 > 10]
    assert findings.tell(found, "silence") == f"Not reported for most attacks: {', '.join(silent)}"
    assert findings.tell({**found, "mostly_silent": []}, "silence") == "Most outcomes are reported"


def test_a_difference_reads_as_one(bursts):
    rows = bursts(n=40)[["incident_id", "date", "target"]]
    rows = rows.assign(weapon=rows["target"].map({"embassy": "drone", "base": "rocket"}))
    found = findings.embassy_vs_base(rows)
    told = "Strikes on diplomatic sites and on bases differ in weapon"
    assert found["differing"] == ["weapon"]
    assert findings.tell(found, "verdict") == told
    assert findings.tell(found).startswith(f"**{told}.** ")
    assert " The clearest difference is in weapon: Cramér's V " in findings.tell(found)


def test_days_permuted_stand_beside_incidents(found):
    tested, by_day = found["table"]["p_value"].notna(), found["day_table"]["p_value"]
    assert by_day[tested].between(0, 1).all()
    assert by_day[~tested].isna().all()
    assert found["readings"]["day"]["measure"] == by_day.idxmin()
    told = findings.tell(found, "robust")
    tables = {"lowest, the clearest difference": "low", "highest, it": "high"}
    rows = {f"With counts at their {words}": found["tables"][reading] for words, reading in tables.items()}
    for words, table in {**rows, "With whole days permuted, it": found["day_table"]}.items():
        row = table.sort_values("p_value").iloc[0]
        p, p_adjusted = (findings.p_value(row[name]) for name in ("p_value", "p_adjusted"))
        effect = f"{row['effect_type']} {row['effect']:.2g}, 95% interval {row['ci_low']:.2g} to "
        assert f"{words} is in {row.name}: {effect}" in told
        assert f" ({p}, adjusted {p_adjusted})." in told


def test_directions_that_survive_silence_are_named(found):
    signed = found["table"]["sign_survives"].dropna()
    open_ = found["table"].loc[signed.index, ["embassy_missing", "base_missing"]].sum(axis=1) > 0
    kept = list(signed[open_ & signed].index)
    assert kept
    told = findings.tell(found, "robust")
    assert f"{open_.sum()} measures have a sign and missing values; under worst-case bounds" in told
    assert told.endswith(f" the sign survives in {len(kept)} ({findings.listed(kept)}).")
    assert findings.tell({**found, "kept": []}, "robust").endswith(" the sign survives in none.")
    assert "1 measure has a sign and missing values;" in findings.tell({**found, "n_open": 1}, "robust")
    assert "missing" not in findings.tell({**found, "n_open": 0}, "robust")


def test_a_model_that_is_refused_says_why(found):
    assert findings.tell(found, "model").startswith("No joint model of the measures: 3 incidents of the smaller group")


def test_the_model_reads_as_what_it_shows(bursts):
    found = findings.embassy_vs_base(
        bursts(n=120, seed=4)[["incident_id", "date", "target", "weapon", "launched_best"]]
    )
    model, nearest = found["model"], found["model"].table.sort_values("p_value").iloc[0]
    told = findings.tell(found, "model")
    assert f"takes 1 predictor together ({model.n_first} and {model.n_second} incidents). " in told
    assert len(model.table) == 1
    assert found["model_differs"] == (model.p_value <= 0.05 and model.p_within_years <= 0.05)
    assert found["model_nearest"]["measure"] == nearest.name
    interval = f"{nearest['ci_low']:.2g} to {nearest['ci_high']:.2g}"
    p, p_adjusted = (findings.p_value(nearest[name]) for name in ("p_value", "p_adjusted"))
    rest = (
        f"{nearest.name}: odds ratio {nearest['odds_ratio']:.2g}, 95% interval {interval} (unadjusted {p}, adjusted "
        f"{p_adjusted})."
    )
    p = f"years pooled, {findings.p_value(model.p_value)}; within years, {findings.p_value(model.p_within_years)}"
    told = findings.tell({**found, "model_differs": False}, "model")
    assert told.endswith(f"The result is inconclusive ({p}). The clearest difference is in {rest}")
    told = findings.tell({**found, "model_differs": True}, "model")
    assert told.endswith(f"The targets differ ({p}). The clearest difference is in {rest}")


def test_nothing_estimable_is_told():
    days = pd.to_datetime(["2021-01-03", "2021-05-01", "2022-01-03", "2022-05-01"])
    rows = pd.DataFrame({"incident_id": list("abcd"), "date": days, "target": ["embassy", "base"] * 2})
    found = findings.embassy_vs_base(rows.assign(damage="unknown", days_to_anniversary=pd.NA))
    assert findings.tell(found, "verdict") == "No measure of diplomatic sites and bases can be compared"
    assert findings.tell(found).endswith("2 attacks on diplomatic sites and 2 on bases were compared on 0 measures.")
    assert findings.tell(found, "robust") == ""
    told = "The data do not allow a comparison of: any damage, days to the nearest anniversary."
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
    assert told.startswith("Iraq against Syria: no difference is significant. Rocket against drone: ")
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
    assert told.startswith("First half against second half: any damage (risk ratio")
    assert "to no upper limit; adjusted p < 0.001) and days to the nearest anniversary (Cliff's delta" in told


def test_outcome_shares_add_up(results):
    table = results.outcome_shares
    totals = table.groupby("target")[["n_yes", "n_no", "n_silent"]].sum().sum(axis=1)
    n_measures = table["measure"].nunique()
    assert totals.to_dict() == {"base": 3 * n_measures, "embassy": 7 * n_measures}
    assert table[["yes", "no", "silent"]].sum(axis=1).round(9).eq(1).all()


def test_columns_that_are_not_compared_are_named_in_words():
    data = pd.DataFrame({"target": ["embassy", "base"] * 6, "score": range(12),
                         "damage": ["none", "none", "minor", "minor"] * 3})  # fmt: skip
    data["date"] = pd.date_range("2021-01-01", periods=12)
    told = findings.tell(findings.embassy_vs_base(data))
    assert "6 attacks on diplomatic sites and 6 on bases were compared on 1 measure. " in told
    assert told.endswith("Columns that hold no known measure and are not compared: score.")


def test_incidents_of_neither_group_are_counted_in_words():
    data = pd.DataFrame({"target": ["embassy", "base", None] * 8, "damage": ["none", "minor", "major", "none"] * 6})
    data["date"] = pd.date_range("2021-01-01", periods=24)
    told = findings.tell(findings.embassy_vs_base(data))
    assert told.endswith("Left out, as neither diplomatic sites nor bases: 8 missing.")


# --- tables for readers -----------------------------------------------------------------------------------------------


COLUMNS = ["effect", "size", "95% interval", "p", "adjusted p", "p within years", "adjusted p within years"]


def test_the_table_of_effects_of_all_years_counts_what_was_reported(found, few):
    table = findings.whole_effects_table(found)
    assert list(table) == ["diplomatic sites", "bases", *COLUMNS]
    assert list(table.index) == list(found["whole"].index)
    for target, plural in {"embassy": "diplomatic sites", "base": "bases"}.items():
        rows = few[few["target"] == target]
        known = rows[~rows["damage"].isin(["unknown"]) & rows["damage"].notna()]
        yes = (known["damage"] != "none").sum()
        assert table.loc["any damage", plural] == f"{yes} of {len(known)} ({100 * yes / len(known):.0f}%)"
        launched = rows["launched_best"].dropna()
        median = findings.number(launched.median())
        assert table.loc["munitions launched", plural] == f"median {median} (n = {len(launched)})"
        assert table.loc["weapon", plural] == f"{rows['weapon'].isin(['rocket', 'drone', 'mixed']).sum()} reported"


def test_the_table_of_effects_tells_effects_bounds_and_p_values(found):
    table, row = findings.effects_table(found), found["table"].loc["any damage"]
    assert table.loc["any damage", COLUMNS].tolist() == [
        "risk ratio",
        f"{row['effect']:.2g}",
        f"{row['ci_low']:.2g} to {row['ci_high']:.2g}",
        findings.p_value(row["p_value"]).removeprefix("p = "),
        findings.p_value(row["p_adjusted"]).removeprefix("p = "),
        findings.p_value(row["p_within_years"]).removeprefix("p = "),
        findings.p_value(row["p_within_adjusted"]).removeprefix("p = "),
    ]
    untested = found["not_estimable"]
    assert untested
    assert (table.loc[untested, "effect"] == "not estimable").all()
    assert (table.loc[untested, COLUMNS[1:]] == "–").all(axis=None)
    open_end = findings.effects_table({**found, "table": found["table"].assign(ci_high=np.inf)})
    assert open_end.loc["any damage", "95% interval"] == f"{row['ci_low']:.2g} to no upper limit"


def test_categories_are_counted_by_value(found, early):
    table = findings.category_counts(found)
    assert list(table.index.unique("measure")) == ["weapon", "part of day"]
    for measure, column in {"weapon": "weapon", "part of day": "part_of_day"}.items():
        for target, plural in {"embassy": "diplomatic sites", "base": "bases"}.items():
            values = early.loc[early["target"] == target, column].astype("object")
            values = values[values.notna() & (values != "unknown")]
            for value, text in table.loc[measure, plural].items():
                n = sum(values == value)
                assert text == f"{n} of {len(values)} ({100 * n / len(values):.0f}%)", (measure, value)
            assert set(values) <= set(table.loc[measure].index)


def test_without_a_category_there_are_no_counts(found):
    counts = found["counts"]
    none = counts[~counts.index.get_level_values("measure").isin(["weapon", "part of day"])]
    with pytest.raises(ValueError, match="no measure of the data is a category"):
        findings.category_counts({**found, "counts": none})


def test_fewer_than_three_of_a_group_are_too_few_to_say(few):
    own = pd.concat([few[few["target"] == "base"], few[few["target"] == "embassy"].head(2)])
    own.attrs = {}
    told = findings.tell(findings.embassy_vs_base(own))
    assert told.startswith("**Too few attacks to say whether diplomatic sites and bases differ.**")
