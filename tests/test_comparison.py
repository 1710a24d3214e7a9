import re
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers import comparison, exposure, load_sites, measures


@pytest.fixture(scope="module")
def table(targets):
    return targets.table


def test_counts_shares_and_silence(table):
    row = table.loc["any round inside the perimeter"]
    assert (row["embassy_n"], row["embassy_missing"], row["base_n"], row["base_missing"]) == (21, 9, 79, 15)
    assert row["embassy_value"] == pytest.approx(15 / 21)
    assert row["effect"] == pytest.approx((15 / 21) / (60 / 79))
    assert (table[["embassy_n", "embassy_missing"]].sum(axis=1) == 30).all()
    assert (table[["base_n", "base_missing"]].sum(axis=1) == 94).all()


def test_worst_cases_fill_every_silence(table):
    row = table.loc["any round inside the perimeter"]
    assert row["worst_low"] == pytest.approx((15 / 30) / (75 / 94))
    assert row["worst_high"] == pytest.approx((24 / 30) / (60 / 94))
    assert (table["worst_low"] <= table["effect"]).loc[table["effect"].notna()].all()
    assert not row["sign_survives"]
    assert table.loc["munitions launched", "sign_survives"]
    assert pd.isna(table.loc["weapon", "sign_survives"])


def test_what_is_told_only_when_it_happened_is_not_estimable(table):
    for measure in ("any round intercepted", "defence active", "claimed"):
        assert table.loc[measure, "note"].startswith("not estimable: told almost only when it happened (")
        assert table.loc[measure, ["effect", "p_value", "p_adjusted"]].isna().all()
    assert (
        (table.loc[table["note"] == "", ["effect", "ci_low", "ci_high", "p_value", "p_adjusted"]].notna()).all().all()
    )


def test_a_few_denials_among_silence_are_told_apart_from_none():
    yes_no = [1, 1, 1, 0, 0, 1] + [None] * 6
    hits = pd.array(yes_no * 2, dtype="Int64")
    assert comparison.compare(frame(hit_best=hits)).loc["any round inside the perimeter", "note"] == ""
    told = comparison.compare(frame(hit_best=pd.Series(hits).where(pd.Series(hits) > 0)))
    assert told["note"].tolist() == ["not estimable: told almost only when it happened (8 yes, 0 no, 16 silent)"]


def test_p_values_are_adjusted_by_holm(table):
    tested = table.loc[table["note"] == ""].sort_values("p_value")
    by_hand = np.minimum(1, np.maximum.accumulate(tested["p_value"] * np.arange(len(tested), 0, -1)))
    assert tested["p_adjusted"].to_numpy() == pytest.approx(by_hand.to_numpy())


def frame(**columns):
    return pd.DataFrame({"target": ["embassy"] * 12 + ["base"] * 12, **columns})


def test_readings_move_disputed_counts():
    data = frame(
        launched_low=[1] * 24, launched_best=[2] * 24, launched_high=pd.array([9, None] * 12, dtype="Int64")
    )  # fmt: skip
    assert measures.measures(data, "low")["munitions launched"].tolist() == [1] * 24
    assert measures.measures(data, "high")["munitions launched"].tolist() == [9, 2] * 12  # open upwards: its best


def test_anyone_hurt_is_known_only_where_both_tolls_are_or_one_is_above_zero():
    data = frame(
        killed_best=pd.array([0, 0, None, None] * 6, dtype="Int64"),
        injured_best=pd.array([0, None, 2, None] * 6, dtype="Int64"),
    )
    hurt = measures.measures(data)["anyone killed or injured"]
    assert hurt.astype("object").tolist()[:4] == [0, pd.NA, 1, pd.NA]


def test_columns_that_are_missing_leave_their_measures_out():
    assert list(comparison.compare(frame(weapon=["rocket", "drone"] * 12)).index) == ["weapon"]


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
        ({"unit": "week"}, "choose from incident, day"),
    ],
)
def test_what_cannot_be_compared_is_told(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        comparison.compare(frame(weapon=["rocket", "drone"] * 12, mixed_up=[1, "a", 2, None] * 6), **options)


def test_one_group_alone_is_told():
    with pytest.raises(ValueError, match="must give two groups"):
        comparison.compare(frame(weapon=["rocket"] * 24).query("target == 'base'"))


def test_named_groups_keep_their_order():
    table = comparison.compare(frame(weapon=["rocket", "drone"] * 12), groups=["base", "embassy"])
    assert table.columns[0] == "base_n"


def test_nothing_to_compare_is_told():
    with pytest.raises(ValueError, match="nothing to compare: no column among target gives a measure"):
        comparison.compare(frame())


def test_silence_throughout_is_told_in_a_row():
    data = frame(weapon=["unknown"] * 24)
    row = comparison.compare(data).loc["weapon"]
    assert (row["embassy_missing"], row["base_missing"], row["test"]) == (12, 12, "")
    assert row["note"] == "not estimable: fewer than two incidents of a group tell it"


def test_any_two_groups_can_be_compared(core):
    table = comparison.compare(core, by="country")
    assert {"Iraq_n", "Syria_missing"} <= set(table.columns)


@pytest.mark.parametrize("rows", [0, 24])
def test_no_group_told_at_all_names_column_and_choices(rows):
    data = frame(weapon=["rocket"] * 24).assign(target=pd.NA).head(rows)
    with pytest.raises(ValueError, match=re.escape("target must give two groups, not []; it holds nothing")):
        comparison.compare(data)


def test_one_incident_a_group_has_a_row_that_says_why():
    table = comparison.compare(frame(weapon=["rocket", "drone"] * 12).iloc[[0, 23]])
    assert table["note"].tolist() == ["not estimable: fewer than two incidents of a group tell it"]


def test_what_never_varies_has_a_row_that_says_so():
    table = comparison.compare(frame(weapon=["rocket"] * 24, damage=["minor"] * 24))
    assert table["note"].to_dict() == {
        "weapon": "not estimable: always rocket",
        "any damage": "not estimable: always 1",
    }
    assert table["p_adjusted"].isna().all()


def whole_numbers(values):
    return pd.array(values, dtype="Int64")


def test_no_hit_is_known_where_everything_launched_was_intercepted():
    data = pd.DataFrame(
        {
            "launched_low": whole_numbers([2, 2, 2, 2, None, 0]),
            "launched_best": whole_numbers([2, 2, 2, 3, None, 0]),
            "launched_high": whole_numbers([2, None, 2, 3, None, 0]),
            "intercepted_low": whole_numbers([2, 2, 1, 2, 2, 0]),
            "hit_best": whole_numbers([None] * 6),
            "hit_low": whole_numbers([None] * 6),
        }
    )
    found = measures.measures(data, "best")
    told = found["any round inside the perimeter"].astype("object").where(lambda v: v.notna(), None)
    # Open upwards, one let through, told differently, never counted, none launched: nothing is implied.
    assert told.tolist() == [0, None, None, None, None, None]
    assert found["share of rounds inside"].isna().tolist() == [False, True, True, True, True, True]
    data["hit_best"] = whole_numbers([1, 0, None, None, None, None])
    assert measures.measures(data)["any round inside the perimeter"].iloc[0] == 1  # a report stands


def test_the_share_of_rounds_inside_by_reading():
    data = pd.DataFrame({f"{name}_{reading}": whole_numbers([value]) for name, values in
                         {"launched": (4, 5, 10), "hit": (2, 3, 6)}.items()
                         for reading, value in zip(measures.READINGS, values, strict=True)})  # fmt: skip
    shares = [measures.measures(data, reading)["share of rounds inside"].item() for reading in measures.READINGS]
    assert shares == [0.2, 0.6, 1]  # fewest of most; best of best; most of fewest, and never more than all


def test_americans_and_others_apart():
    data = pd.DataFrame(
        {
            "killed_best": whole_numbers([0, 2, 1, 0, None]),
            "injured_best": whole_numbers([0, 0, 3, 4, 2]),
            "us_killed": whole_numbers([None, 2, None, None, None]),
            "us_injured": whole_numbers([None, None, None, 1, 2]),
        }
    )
    found = measures.measures(data).astype("object").where(lambda v: v.notna(), None)
    # Nobody hurt at all; Americans alone; nobody says; one American of four; two, though the dead are not told.
    assert found["Americans killed or injured"].tolist() == [0, 1, None, 1, 1]
    assert found["others killed or injured"].tolist() == [0, 0, None, 1, None]


def test_one_account_cannot_dispute():
    data = pd.DataFrame({"disputed": ["", "", "hit"], "n_independent": whole_numbers([1, 2, 3])})
    disputes = measures.measures(data)["accounts dispute a field"]
    assert disputes.isna().tolist() == [True, False, False]
    assert disputes.tolist()[1:] == [0, 1]


def test_days_from_the_anniversary_take_any_anchor():
    data = pd.DataFrame({"date": pd.to_datetime(["2021-12-31", "2021-07-01"])})
    days = "days to the nearest anniversary"
    assert measures.measures(data)[days].tolist() == [3, 179]
    assert measures.measures(data, anchor="2011-07-04")[days].tolist() == [180, 3]


def test_days_since_count_from_the_last_event_before():
    dates = pd.Series(pd.to_datetime(["2020-01-01", "2020-01-02", "2020-01-09"]))
    events = pd.Series(pd.to_datetime(["2020-01-05", "2020-01-01"]))
    assert measures.days_since(dates, events).astype("object").where(lambda v: v.notna(), None).tolist() == [
        None,
        1,
        4,
    ]
    assert measures.days_since(dates, events.iloc[:0]).isna().all()


def test_a_launch_distance_is_compared_where_the_column_is_there():
    data = frame(launch_km=[5.0] * 6 + [np.nan] * 6 + list(range(10, 22)))
    row = comparison.compare(data).loc["launch distance (km)"]
    assert (row["embassy_n"], row["embassy_missing"], row["effect"]) == (6, 6, -1)
    assert row["p_value"] == pytest.approx(2 / 18564)  # one of the ways to choose 6 of 18, and its mirror


def test_a_table_counts_every_word_and_the_missing(core):
    table = comparison.counts(core)
    weapon = table.loc["weapon"]
    assert weapon["embassy_n"].to_dict() == {"ballistic_missile": 0, "drone": 2, "mixed": 1, "mortar": 0, "rocket": 27}
    assert weapon["base_share"].sum() == pytest.approx(1)
    part = table.loc["part of day"]
    assert part["embassy_n"].sum() + part["embassy_missing"].iloc[0] == 30
    assert table.loc[("any damage", "no"), ["embassy_n", "embassy_missing"]].tolist() == [4, 16]


def test_worst_cases_of_a_table_by_trying_every_filling():
    first, second = np.repeat(list("abc"), [3, 1, 2]), np.repeat(list("abc"), [2, 4, 3])
    missing, found = (2, 3), []
    fillings = {n: [counts for counts in product(range(n + 1), repeat=3) if sum(counts) == n] for n in missing}
    for one, other in product(fillings[2], fillings[3]):
        table = np.add([[3, 1, 2], [2, 4, 3]], [one, other])
        chi_squared = stats.chi2_contingency(table, correction=False).statistic
        found.append(np.sqrt(max(chi_squared - 2, 0) / table.sum()))
    low, high = comparison._category_bounds(first, second, missing)
    assert high == pytest.approx(max(found))
    assert low <= min(found) + 1e-9
    assert low == pytest.approx(min(found), abs=0.02)


def test_another_table_reaches_its_lower_bound():
    first, second = np.repeat(list("ab"), [9, 1]), np.repeat(list("ab"), [1, 9])
    low, high = comparison._category_bounds(first, second, (2, 0))
    tables = [np.array([[9 + k, 3 - k], [1, 9]]) for k in range(3)]
    by_hand = [np.sqrt((stats.chi2_contingency(t, correction=False).statistic - 1) / 22) for t in tables]
    assert (low, high) == (pytest.approx(min(by_hand), abs=1e-4), pytest.approx(max(by_hand)))


def test_weapons_periods_and_own_groups(core):
    by_weapon = comparison.compare(core, by="weapon", groups=["rocket", "drone"])
    assert "weapon" not in by_weapon.index
    late = core.assign(late=core["date"] >= "2022-01-01")
    table = comparison.compare(late, by="late")
    assert table.loc["weapon", ["False_n", "True_n"]].tolist() == [(~late["late"]).sum(), late["late"].sum()]


def test_whole_days_change_p_values_alone(targets):
    apart, together = targets.table, targets.day_table
    same = [column for column in apart if column not in ("test", "p_value", "p_adjusted")]
    pd.testing.assert_frame_equal(apart[same], together[same])
    tested = together["p_value"].notna()
    assert (together.loc[tested, "test"] == "whole days, 9,999 permutations").all()


def test_attacks_of_one_day_count_as_one():
    """Ten days of five alike incidents: as incidents they differ beyond doubt, as days they do not."""
    days = pd.date_range("2020-01-01", periods=10).repeat(5)
    launched = np.repeat([9, 8, 7, 3, 6, 2, 4, 1, 5, 2], 5)
    data = pd.DataFrame({"target": np.repeat(["embassy", "base"], [25, 25]), "date": days, "launched_best": launched})
    rows = [comparison.compare(data, unit=unit).loc["munitions launched"] for unit in ("incident", "day")]
    assert rows[0]["p_value"] < 0.001 < 0.02 < rows[1]["p_value"]


def test_imported_rows_in_thousands_say_which_tests_they_got(core):
    many = pd.concat([core] * 20, ignore_index=True)
    table = comparison.compare(many)
    assert table.loc["weapon", "test"] == "chi-squared, over 1,000 rows"
    assert table.loc["any damage", "test"] == "Fisher, over 1,000 rows"
    assert table.loc["munitions launched", "test"] == "Brunner-Munzel, asymptotic over 1,000 rows"
    assert comparison.compare(many, unit="day").loc["weapon", "test"] == "whole days, normal limit"


def test_the_model_holds_what_nearly_all_incidents_tell(targets):
    model = targets.model
    assert (model.refusal, model.n_first, model.n_second, model.n_left_out) == ("", 30, 86, 8)
    assert list(model.table.index) == [
        "weapon is rocket", "munitions launched, plus one, doubled", "independent accounts, plus one, doubled",
        "days to the nearest anniversary, plus one, doubled", "days since the last US strike, plus one, doubled",
    ]  # fmt: skip
    assert (model.table["ci_low"] < model.table["odds_ratio"]).all()
    assert (model.table["odds_ratio"] < model.table["ci_high"]).all()


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
        ({"launched_best": [9] * 12 + [1, 2] * 6}, "tell the groups wholly apart"),
        ({"launched_best": [None] * 24}, "no measure is told in more than nine of ten incidents"),
        ({"launched_best": [1, 2, 3] * 8, "n_independent": [2, 1, 4] * 8, "damage": ["none", "minor"] * 12},
         "12 incidents of the smaller group are too few for 3 predictors, at five each"),
        ({"launched_best": [1, 2, 3] * 8, "n_independent": [1, 2, 3] * 8}, "some predictors are sums of others"),
    ],
)  # fmt: skip
def test_a_model_that_the_data_cannot_bear_is_refused(columns, reason):
    model = comparison.model(frame(**columns))
    assert reason in model.refusal
    assert model.table.empty
    assert np.isnan(model.p_value)


def test_exposure_counts_days_that_are_known_and_bounds_the_rest(core):
    exposed = exposure.exposure(core, load_sites(), core.attrs["window"])
    assert exposed.loc["us_embassy_baghdad", ["known", "days_low", "days_high"]].tolist() == [True, 1461, 1461]
    assert exposed.loc["k1", ["known", "days_low", "days_high", "incidents"]].tolist() == [True, 181, 181, 2]
    balad = core.loc[core["site_id"] == "balad", "date"]
    assert exposed.loc["balad", "days_low"] == (balad.max() - pd.Timestamp("2019-10-01")).days + 1
    assert exposed.loc["balad", "days_high"] == 1461
    assert exposed.loc["kirkuk", ["days_low", "incidents"]].tolist() == [0, 0]
    assert "syria_unnamed" not in exposed.index
    assert exposed["incidents"].sum() == 124


def test_rates_per_site_day_by_hand(core):
    rates = exposure.site_day_rates(exposure.exposure(core, load_sites(), core.attrs["window"]))
    bases = rates.loc[("days known", "base")]
    assert (bases["n_sites"], bases["incidents"], bases["days_low"]) == (3, 3, 181 + 178 + 187)
    assert bases["rate_low"] == bases["rate_high"] == pytest.approx(3000 / 546)
    # Garwood's limits: the Poisson means under which 3 or more, or 3 or fewer, come in one of forty.
    assert stats.poisson.sf(2, bases["ci_low"] * 0.546) == pytest.approx(0.025)
    assert stats.poisson.cdf(3, bases["ci_high"] * 0.546) == pytest.approx(0.025)
    every = rates.loc[("all", "base")]
    assert every["rate_low"] < every["rate_high"]
    assert np.isnan(every["ci_low"])


def test_attacks_after_a_handover_are_not_on_its_days():
    sites = load_sites()
    data = pd.DataFrame({"site_id": ["k1", "k1"], "date": pd.to_datetime(["2020-03-29", "2020-03-30"])})
    assert exposure.exposure(data, sites, ("2019-10-01", "2023-09-30")).loc["k1", "incidents"] == 1


def test_exposure_counts_no_attack_outside_the_period(core):
    found = exposure.exposure(core, load_sites(), ("2022-01-01", "2022-12-31"))
    assert found["incidents"].sum() == core["date"].dt.year.eq(2022).sum()
    assert (found["days_low"] <= found["days_high"]).all()


def test_silence_about_a_share_is_no_more_than_all_and_no_less_than_none():
    low, high = comparison._find_bounds("share of rounds inside", np.array([1.0, 1]), np.array([1.0, 0]), (2, 0))
    assert (low, high) == (0, 0.5)


def test_an_event_has_no_days_before_a_missing_date():
    dates, events = pd.to_datetime(pd.Series(["2020-01-05", None])), pd.to_datetime(pd.Series(["2020-01-01"]))
    assert measures.days_since(dates, events).tolist() == [4.0, pd.NA]


def test_amounts_alone_have_no_counts(core):
    found = comparison.counts(core[["incident_id", "date", "target"]])
    assert found.empty
    assert list(found.columns)[:3] == ["embassy_n", "embassy_share", "embassy_missing"]


def test_a_told_american_is_never_overwritten(core):
    row = core.head(2).assign(us_killed=1, us_injured=0, **{f"{toll}_{end}": 0 for toll in ("killed", "injured")
                              for end in ("low", "best", "high")})  # fmt: skip
    assert measures.measures(row)["Americans killed or injured"].tolist() == [1, 1]
