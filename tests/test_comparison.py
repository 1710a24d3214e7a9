"""The comparison of two groups on small frames; its statistics stand in test_two_groups."""

import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from helpers import comparison, measures, two_groups


def frame(**columns):
    return pd.DataFrame({"target": ["embassy"] * 12 + ["base"] * 12, **columns})


def hits(embassy, base):
    """Incidents of either group with any hit or none; None is silence."""
    target = ["embassy"] * len(embassy) + ["base"] * len(base)
    return pd.DataFrame({"target": target, "hit_best": pd.array([*embassy, *base], dtype="Int64")})


@pytest.fixture(scope="module")
def data(bursts):
    """Synthetic incidents with every measure."""
    data = bursts(n=60, seed=2)
    return data.assign(launch_km=np.arange(60.0), days_since_us_strike=np.arange(60) % 17)


@pytest.fixture(scope="module")
def table(data):
    return comparison.compare(data)


def test_a_row_counts_shares_silence_and_worst_cases():
    row = comparison.compare(hits([1, 1, 0, None], [0, 1, 0, 0, None])).iloc[0]
    assert row[["embassy_n", "embassy_missing", "base_n", "base_missing"]].tolist() == [3, 1, 4, 1]
    assert (row["embassy_value"], row["base_value"]) == (2 / 3, 1 / 4)
    assert row["effect"] == pytest.approx((2 / 3) / (1 / 4))
    assert row["worst_low"] == pytest.approx((2 / 4) / (2 / 5))
    assert row["worst_high"] == pytest.approx((3 / 4) / (1 / 5))
    assert row["sign_survives"]


def test_a_sign_that_silence_could_turn_does_not_survive():
    assert not comparison.compare(hits([1, 1, 0, None], [0, 1, 0, None, None])).iloc[0]["sign_survives"]


def test_an_amount_is_its_median_and_a_category_has_no_value_and_no_sign():
    table = comparison.compare(
        frame(launched_best=[1, 2, 9, 9] * 3 + [0, 1, 1, 9] * 3, weapon=["rocket", "drone"] * 12)
    )
    assert table.loc["munitions launched", ["embassy_value", "base_value"]].tolist() == [5.5, 1]
    assert table.loc["weapon", ["embassy_value", "base_value", "sign_survives"]].isna().all()


def test_every_incident_is_reported_or_missing(data, table):
    for target, n in data["target"].value_counts().items():
        assert (table[f"{target}_n"] + table[f"{target}_missing"] == n).all()


def test_worst_cases_lie_either_side_of_the_effect(table):
    estimable = table[table["effect"].notna()]
    assert len(estimable) > 10
    # V subtracts what chance alone would give, which falls as silence is filled; only its order is sure.
    signed = estimable[estimable["effect_type"] != "Cramér's V"]
    assert (signed["worst_low"] <= signed["effect"] + 1e-9).all()
    assert (signed["effect"] <= signed["worst_high"] + 1e-9).all()
    assert (estimable["worst_low"] <= estimable["worst_high"]).all()


def test_p_values_are_adjusted_by_holm(table):
    tested = table[table["p_value"].notna()].sort_values("p_value")
    by_hand = np.minimum(1, np.maximum.accumulate(tested["p_value"] * np.arange(len(tested), 0, -1)))
    assert tested["p_adjusted"].to_numpy() == pytest.approx(by_hand.to_numpy())


@pytest.mark.parametrize(
    ("n_yes", "n_no", "n_silent", "estimable"),
    [(18, 2, 21, False), (17, 3, 21, True), (18, 2, 20, True), (20, 0, 21, False)],
)
def test_what_is_denied_in_a_tenth_of_mostly_silent_accounts_is_not_estimable(n_yes, n_no, n_silent, estimable):
    values = [1] * n_yes + [0] * n_no + [None] * n_silent
    note = comparison.compare(hits(values[::2], values[1::2]).assign(date="2021-01-03")).iloc[0]["note"]
    told = f"not estimable: reported almost only when it happened ({n_yes} yes, {n_no} no, {n_silent} missing)"
    assert note == ("" if estimable else told)


@pytest.mark.parametrize(
    ("columns", "note"),
    [
        ({"weapon": ["unknown"] * 24}, "not estimable: fewer than two incidents of a group report it"),
        (
            {"weapon": ["rocket"] * 13 + ["unknown"] * 11},
            "not estimable: fewer than two incidents of a group report it",
        ),
        ({"weapon": ["rocket"] * 24}, "not estimable: always rocket"),
        ({"damage": ["minor"] * 24}, "not estimable: always 1"),
        ({"launched_best": [*range(12), *range(20, 32)]}, "no interval: the groups do not overlap"),
    ],
)
def test_a_row_without_test_or_interval_says_why(columns, note):
    row = comparison.compare(frame(date="2021-01-03", **columns)).iloc[0]
    assert row["note"] == note
    assert np.isnan(row["ci_low"])
    assert (row["test"] == "") == pd.isna(row["p_adjusted"]) == note.startswith("not estimable")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "colour"}, "no column 'colour'; choose from target, weapon, mixed_up"),
        ({"reading": "middle"}, "choose from low, best, high"),
        ({"groups": ["embassy", "ship"]}, "must give two groups"),
        ({"groups": ["base", "base"]}, "must give two groups"),
        ({"groups": ["base"]}, "must give two groups, not ['base']; it holds base, embassy"),
        ({"groups": "base"}, "must give two groups, not ['base']; it holds base, embassy"),
        ({"by": "mixed_up"}, "must give two groups, not [1, 2, 'a']; it holds 1, 2, a"),
        ({"by": "weapon"}, "nothing to compare: weapon gives the only measure, weapon"),
        ({"unit": "day"}, "no column 'date'; choose from target, weapon, mixed_up"),
        ({"by": ["target"]}, "by is ['target']; give the name of one column"),
        ({"unit": "week"}, "choose from incident, day"),
    ],
)
def test_what_cannot_be_compared_says_why(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        comparison.compare(frame(weapon=["rocket", "drone"] * 12, mixed_up=[1, "a", 2, None] * 6), **options)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], "target must give two groups, not []; it holds nothing"),
        ([None] * 24, "target must give two groups, not []; it holds nothing"),
        (["base"] * 24, "target must give two groups, not ['base']; it holds base"),
    ],
)
def test_fewer_than_two_groups_are_named(targets, message):
    data = pd.DataFrame({"target": targets, "weapon": ["rocket"] * len(targets)}, dtype="object")
    with pytest.raises(ValueError, match=re.escape(message)):
        comparison.compare(data)


def test_named_groups_keep_their_order():
    table = comparison.compare(frame(weapon=["rocket", "drone"] * 12), groups=["base", "embassy"])
    assert table.columns[0] == "base_n"


def test_any_column_of_two_groups_can_be_compared(few):
    table = comparison.compare(few.assign(late=few["date"] >= "2022-01-01"), by="late")
    late = int((few["date"] >= "2022-01-01").sum())
    assert (table[["True_n", "True_missing"]].sum(axis=1) == late).all()
    assert (table[["False_n", "False_missing"]].sum(axis=1) == len(few) - late).all()


def test_rows_of_neither_group_are_counted():
    data = frame(weapon="rocket", side=["a", "b", "c", None, "", "d"] * 4)
    assert comparison.compare(data, by="side", groups=["a", "b"]).attrs["left_out"] == {"c": 4, "missing": 8, "d": 4}
    assert comparison.counts(data, by="side", groups=["a", "b"]).attrs["left_out"] == {"c": 4, "missing": 8, "d": 4}
    assert comparison.compare(data).attrs["left_out"] == {}
    assert comparison.compare(data.assign(side=pd.Categorical(["a", "b", None] * 8)), by="side").attrs["left_out"] == {
        "missing": 8
    }


@pytest.mark.parametrize("other", ["embassy ", "Embassy", "embassy\u200f", "\u00a0EMBASSY"])
def test_a_group_spelt_in_two_ways_is_refused(other):
    data = frame(weapon="rocket", side=["embassy", "base", other] * 8)
    for find in (comparison.compare, comparison.counts, comparison.model):
        with pytest.raises(ValueError, match=re.escape(f"side holds 'embassy' and {other!r}, which differ only by")):
            find(data, by="side", groups=["embassy", "base"])


def test_two_groups_that_look_alike_are_one():
    with pytest.raises(ValueError, match="side holds 'A' and 'a', which differ only by case"):
        comparison.compare(frame(weapon="rocket", side=["a", "A"] * 12), by="side")


def test_the_column_of_groups_stands_in_the_frame_once():
    data = pd.concat([frame(weapon="rocket"), frame(weapon="rocket")[["target"]]], axis=1)
    with pytest.raises(ValueError, match="the column 'target' stands in the frame 2 times"):
        comparison.compare(data)


def test_a_closed_column_may_hold_groups_of_any_name():
    data = frame(weapon=["UAV", "Rocket"] * 12, damage=["none", "minor", "minor"] * 8)
    assert comparison.compare(data, by="weapon").index.tolist() == ["any damage"]
    with pytest.raises(ValueError, match="weapon: 'UAV', 'Rocket' in 24 rows; one of rocket, drone"):
        comparison.compare(data)


def test_groups_are_no_lists():
    with pytest.raises(ValueError, match="side holds lists or records; groups are words or numbers"):
        comparison.compare(pd.DataFrame({"side": [["a"], ["b"]], "damage": "none"}), by="side")


def test_a_measure_made_of_the_groups_column_is_left_out(data):
    table = comparison.counts(data, by="weapon", groups=["rocket", "drone"])
    assert "weapon" not in table.index
    assert "any damage" in table.index


def test_amounts_that_do_not_overlap_by_counting_choices():
    row = comparison.compare(frame(launch_km=[5.0] * 6 + [np.nan] * 6 + list(range(10, 22)))).iloc[0]
    assert (row["embassy_n"], row["embassy_missing"], row["effect"]) == (6, 6, -1)
    assert row["p_value"] == pytest.approx(2 / 18564)  # one of the ways to choose 6 of 18, and its mirror


def test_counts_hold_every_word_and_the_missing():
    data = frame(weapon=["rocket"] * 11 + ["unknown"] + ["drone", "rocket", "mortar"] * 4, damage=["none"] * 24)
    table = comparison.counts(data)
    weapon = table.loc["weapon"]
    assert weapon["embassy_n"].to_dict() == {"drone": 0, "mortar": 0, "rocket": 11}
    assert weapon["base_share"].tolist() == pytest.approx([1 / 3] * 3)
    assert weapon["embassy_missing"].tolist() == [1, 1, 1]
    assert table.loc[("any damage", "no"), ["embassy_n", "base_n", "base_missing"]].tolist() == [12, 12, 0]


def test_amounts_alone_have_no_counts():
    table = comparison.counts(frame(launched_best=range(24)))
    assert table.empty
    assert list(table.columns)[:3] == ["embassy_n", "embassy_share", "embassy_missing"]


def test_worst_cases_of_a_category_by_trying_every_filling():
    first, second = np.repeat(list("abc"), [3, 1, 2]), np.repeat(list("abc"), [2, 4, 3])
    missing, values = (2, 3), []
    fillings = {n: [counts for counts in product(range(n + 1), repeat=3) if sum(counts) == n] for n in missing}
    for one, other in product(fillings[2], fillings[3]):
        table = np.add([[3, 1, 2], [2, 4, 3]], [one, other])
        chi_squared = stats.chi2_contingency(table, correction=False).statistic
        values.append(np.sqrt(max(chi_squared - 2, 0) / table.sum()))
    low, high = comparison._category_bounds(first, second, missing)
    assert high == pytest.approx(max(values))
    assert low <= min(values) + 1e-9
    assert low == pytest.approx(min(values), abs=0.02)


def test_a_category_of_two_words_reaches_its_lower_bound():
    first, second = np.repeat(list("ab"), [9, 1]), np.repeat(list("ab"), [1, 9])
    low, high = comparison._category_bounds(first, second, (2, 0))
    tables = [np.array([[9 + k, 3 - k], [1, 9]]) for k in range(3)]
    by_hand = [np.sqrt((stats.chi2_contingency(t, correction=False).statistic - 1) / 22) for t in tables]
    assert (low, high) == (pytest.approx(min(by_hand), abs=1e-4), pytest.approx(max(by_hand)))


def test_silence_about_a_share_of_rounds_is_between_none_and_all():
    bounds = comparison._find_bounds("amount", (0, 1), np.array([1.0, 1]), np.array([1.0, 0]), (2, 0))
    assert bounds == [0, 0.5]


def test_silence_about_an_amount_has_no_upper_limit():
    first, second = np.array([1.0, 2]), np.array([3.0, 4])
    # Nobody of the first launched more at worst; at best one launched more than all, and more than one who launched 0.
    assert comparison._find_bounds("amount", (0, np.inf), first, second, (1, 1)) == pytest.approx([-1, 1 / 9])


def test_whole_days_change_p_values_alone():
    data = pd.DataFrame({"target": ["embassy", "base", "base"] * 8, "weapon": ["rocket", "drone"] * 12,
                         "date": pd.date_range("2020-01-01", periods=8).repeat(3)})  # fmt: skip
    incident, day = (comparison.compare(data, unit=unit) for unit in ("incident", "day"))
    same = [column for column in day if column != "test" and not column.startswith("p_")]
    pd.testing.assert_frame_equal(incident[same], day[same])
    assert day["test"].tolist() == ["whole days, 9,999 permutations"]


def test_attacks_of_one_day_count_as_one():
    """Ten days of five alike incidents: as incidents they differ beyond doubt, as days they do not."""
    days = pd.date_range("2020-01-01", periods=10).repeat(5)
    launched = np.repeat([9, 8, 7, 3, 6, 2, 4, 1, 5, 2], 5)
    data = pd.DataFrame({"target": np.repeat(["embassy", "base"], [25, 25]), "date": days, "launched_best": launched})
    rows = [comparison.compare(data, unit=unit).loc["munitions launched"] for unit in ("incident", "day")]
    assert rows[0]["p_value"] < 0.001 < 0.02 < rows[1]["p_value"]


def test_above_a_thousand_rows_a_comparison_names_other_tests(data):
    columns = ["target", "date", "weapon", "damage", "launched_best"]
    many = pd.concat([data[columns]] * 30, ignore_index=True)
    tests = comparison.compare(many)["test"]
    assert tests["weapon"] == "chi-squared, over 1,000 rows"
    assert tests["any damage"] == "Fisher, over 1,000 rows"
    assert tests["munitions launched"] == "Brunner-Munzel, asymptotic over 1,000 rows"
    assert comparison.compare(many, unit="day").loc["weapon", "test"] == "whole days, normal limit"


# --- within years -----------------------------------------------------------------------------------------------------


def confounded():
    """The first group and the larger salvos are both of 2020; within 2020 and within 2021 the groups are alike."""
    launched = [8, 9, 10, 11] * 4 + [1, 2, 3, 4] * 4
    target = ["embassy"] * 12 + ["base"] * 4 + ["embassy"] * 4 + ["base"] * 12
    days = [f"{year}-{month:02}-11" for year in (2020, 2021) for month in range(3, 7) for _ in range(4)]
    return pd.DataFrame({"target": target, "launched_best": launched, "date": days, "weapon": ["rocket", "drone"] * 16})


def test_a_difference_between_years_is_none_within_them():
    row = comparison.compare(confounded()).loc["munitions launched"]
    assert row["p_value"] < 0.02
    assert row["p_adjusted"] < 0.05
    assert row["p_within_years"] == row["p_within_adjusted"] == 1
    assert row["note"] == ""


def test_p_values_within_years_are_those_of_the_tested_measures_together(data, table):
    tested = table.index[table["p_value"].notna()]
    values = [pd.Series(column) for _, column in measures.measures(data)[tested].items()]
    arrays = [column.astype(object).where(column.notna(), None).to_numpy() for column in values]
    kinds = table.loc[tested, "effect_type"]
    arrays = [array if kind == "Cramér's V" else array.astype(float) for array, kind in zip(arrays, kinds, strict=True)]
    in_first = (data["target"] == "embassy").to_numpy()
    found = two_groups.permute_within_strata(arrays, in_first, data["date"].dt.year.to_numpy())
    columns = table.loc[tested, ["p_within_years", "p_within_adjusted"]].to_numpy()
    np.testing.assert_allclose(columns.T, found)
    assert table.loc[~table.index.isin(tested), "p_within_years"].isna().all()
    assert (columns[:, 1] >= columns[:, 0]).all()


def test_whole_days_move_within_years_too():
    """The two groups never share a day, and each day's salvos are alike: few days, and little to learn from them."""
    data = confounded().assign(launched_best=lambda rows: rows["launched_best"] + 9 * (rows["target"] == "embassy"))
    incident, day = (comparison.compare(data, unit=unit)["p_within_years"] for unit in ("incident", "day"))
    assert incident["munitions launched"] < 0.001
    # One day of four, in either year, is the group's alone: of 16 ways to choose both, one lies as far out.
    assert day["munitions launched"] == pytest.approx(1 / 16, abs=0.01)


@pytest.mark.parametrize(
    ("dates", "reason"),
    [
        ({}, "the data have no date"),
        ({"date": ["2020-05-01"] * 12 + ["2021-05-01"] * 12}, "no year with both groups in which it varies"),
        ({"date": ["2020-05-01"] * 23 + [None]}, "1 of 24 dates are missing; drop them or give them a day"),
    ],
)
def test_what_cannot_be_compared_within_years_says_why(dates, reason):
    table = comparison.compare(frame(weapon=["rocket", "drone"] * 12, damage="none", **dates))
    assert table[["p_within_years", "p_within_adjusted"]].isna().all(axis=None)
    assert table["note"].to_dict() == {
        "weapon": f"no test within years: {reason}",
        "any damage": "not estimable: always 0",
    }


def test_a_measure_that_varies_in_no_shared_year_is_left_out_of_the_family():
    dates = pd.to_datetime(["2020-05-01"] * 8 + ["2021-05-01"] * 4).append(pd.to_datetime(["2020-05-01"] * 12))
    launched = [None] * 6 + [1, 1, 2, 3, 4, 5] + [1] * 12
    table = comparison.compare(frame(weapon=["rocket", "drone"] * 12, launched_best=launched, date=dates))
    assert table.loc["munitions launched", "p_value"] < 0.05
    assert table["p_within_adjusted"].isna().tolist() == [False, True]
    assert table["p_within_adjusted"].iloc[0] == table["p_within_years"].iloc[0]


def test_a_model_of_a_difference_between_years_finds_none_within_them():
    model = comparison.model(confounded())
    assert list(model.table.index) == ["weapon is drone", "munitions launched, plus one, doubled"]
    assert model.p_value < 0.05 < 0.9 < model.p_within_years
    assert np.isnan(comparison.model(confounded().drop(columns="date")).p_within_years)


@pytest.mark.parametrize(("n_silent", "enters"), [(1, True), (2, False)])
def test_the_model_takes_what_more_than_nine_of_ten_of_each_group_report(n_silent, enters):
    launched = pd.array([None] * n_silent + [1, 2, 3, 4] * 10, dtype="Int64")[:40]
    data = pd.DataFrame({"target": ["embassy"] * 20 + ["base"] * 20, "launched_best": launched,
                         "weapon": (["rocket"] * 3 + ["drone"] * 2) * 8})  # fmt: skip
    model = comparison.model(data)
    assert list(model.table.index) == ["weapon is rocket", "munitions launched, plus one, doubled"][: 1 + enters]
    assert (model.n_first, model.n_second, model.n_left_out) == (20 - n_silent * enters, 20, n_silent * enters)


def test_a_planted_difference_is_found_by_the_model():
    rng = np.random.default_rng(4)
    in_first = rng.random(300) < 0.4
    launched = np.where(in_first, rng.integers(8, 17, 300), rng.integers(4, 13, 300))
    data = pd.DataFrame({"target": np.where(in_first, "embassy", "base"), "launched_best": launched,
                         "weapon": rng.choice(["rocket", "drone"], 300)})  # fmt: skip
    model = comparison.model(data)
    assert model.table.loc["munitions launched, plus one, doubled", "ci_low"] > 2
    assert model.table["ci_low"].iloc[0] < 1 < model.table["ci_high"].iloc[0]
    assert model.p_value < 1e-6


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"launched_best": [9] * 12 + [1, 2] * 6}, "separate the groups completely"),
        ({"launched_best": [None] * 24}, "no measure is reported in more than nine of ten incidents"),
        ({"launched_best": [1, 2, 3] * 8, "launch_km": [2, 1, 4] * 8, "damage": ["none", "minor"] * 12},
         "12 incidents of the smaller group are too few for 3 predictors, at five each"),
        ({"launched_best": [1, 2, 3] * 8, "launch_km": [1, 2, 3] * 8}, "some predictors are sums of others"),
    ],
)  # fmt: skip
def test_a_model_that_the_data_cannot_bear_is_refused(columns, reason):
    model = comparison.model(frame(**columns))
    assert reason in model.refusal
    assert model.table.empty
    assert np.isnan(model.p_value)


# --- measures of one's own --------------------------------------------------------------------------------------------


def own_frame():
    return frame(
        score=[*range(12), *range(6, 18)],
        method=["car", "drone"] * 12,
        filmed=[True] * 9 + [False] * 3 + [True] * 4 + [False] * 8,
        date=pd.date_range("2020-03-01", periods=24),
    )


def late(data):
    return data["date"].diff().dt.days.fillna(9) > 1  # needs the whole frame, in its order


def test_columns_and_functions_of_ones_own_are_compared():
    table = comparison.compare(own_frame(), measures=["score", "method", "filmed", late])
    assert table["effect_type"].tolist() == ["Cliff's delta", "Cramér's V", "risk ratio", "risk ratio"]
    assert table.loc["score", ["embassy_value", "base_value"]].tolist() == [5.5, 11.5]
    assert table.loc["filmed", "effect"] == pytest.approx((9 / 12) / (4 / 12))
    assert table.attrs["not_compared"] == []


def test_no_anniversary_is_compared_that_nobody_asked_about():
    with pytest.raises(ValueError, match=r"nothing to compare: no column among .* gives a measure"):
        comparison.compare(own_frame(), by="target")
    table = comparison.compare(own_frame().assign(weapon="rocket"), by="target")
    assert table.index.tolist() == ["weapon"]
    assert table.attrs["not_compared"] == ["score", "method", "filmed"]
    assert "days to the nearest anniversary" in comparison.compare(own_frame(), anchor="2020-01-03").index


def test_an_anchor_adds_the_anniversary_to_what_is_asked_for():
    names = ["score", "days to the nearest anniversary"]
    for wanted in ("score", names):
        table = comparison.compare(own_frame(), measures=wanted, anchor="2020-01-03")
        assert table.index.tolist() == names
    with pytest.raises(ValueError, match="which is made of date where an anchor is given"):
        comparison.compare(own_frame().drop(columns="date"), measures="score", anchor="2020-01-03")


def test_a_function_sees_the_whole_frame_and_not_the_two_groups_alone():
    data = own_frame().assign(target=["embassy", "ship", "base"] * 8)
    table = comparison.compare(data, groups=["embassy", "base"], measures=late)
    assert table.loc["late", ["embassy_value", "base_value"]].tolist() == [1 / 8, 0]


def test_the_column_of_groups_is_no_measure():
    with pytest.raises(ValueError, match="target: made of target, which holds the groups"):
        comparison.compare(own_frame(), measures=["target", "score"])


def test_silence_about_a_number_of_ones_own_has_no_limit_either_way():
    data = hits([1, 1], [1, 1]).assign(score=[-3.0, None, -1.0, 2.0])
    row = comparison.compare(data, measures=["score"]).iloc[0]
    assert row["note"].startswith("not estimable: fewer than two incidents")
    assert comparison._find_bounds("amount", (-np.inf, np.inf), np.array([-3.0]), np.array([-1.0, 2]), (1, 0)) == [
        -1,
        0,
    ]


def test_free_text_is_no_category():
    data = pd.concat([own_frame()] * 3, ignore_index=True)
    row = comparison.compare(data.assign(notes=[f"note {n}" for n in data.index]), measures=["notes"]).iloc[0]
    assert row["note"] == "not estimable: 72 different words, more than 50"


def test_counts_and_model_take_measures_of_ones_own():
    data = own_frame().assign(balance=[-1.0, 2.0, 0.5] * 8)
    assert comparison.counts(data, measures=["filmed"]).loc[("filmed", "yes"), "embassy_n"] == 9
    assert comparison.model(data, measures=["balance", "filmed"]).table.index.tolist() == ["balance", "filmed"]


def test_holms_adjustment_is_that_of_statsmodels():
    p_values = pd.Series([0.01, 0.04, np.nan, 0.03, 0.9, 0.01], list("abcdef"))
    found = comparison._adjust(p_values)
    expected = multipletests(p_values.dropna(), method="holm")[1]
    assert found.reindex(list("abdef")).tolist() == expected.tolist()
    assert comparison._adjust(p_values.iloc[[2]]).empty
