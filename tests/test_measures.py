"""Measures on small frames: what is reported, what is implied, what is silence."""

import re

import numpy as np
import pandas as pd
import pytest

from helpers import comparison, measures


def whole(values):
    return pd.array(values, dtype="Int64")


def plain(values):
    """Values as a list, None where they are missing."""
    return [None if pd.isna(value) else value for value in values]


def measure(name, reading="best", **columns):
    return plain(measures.measures(pd.DataFrame(columns), reading)[name])


def test_a_reading_chooses_among_disputed_counts():
    columns = {"launched_low": [1, 1], "launched_best": [2, 2], "launched_high": whole([9, None])}
    assert measure("munitions launched", "low", **columns) == [1, 1]
    assert measure("munitions launched", "best", **columns) == [2, 2]
    assert measure("munitions launched", "high", **columns) == [9, 2]  # open upwards: its best


def test_words_stand_as_they_are_and_unknown_is_silence():
    assert measure("weapon", weapon=["rocket", "unknown"]) == ["rocket", None]
    assert measure("part of day", part_of_day=["unknown", "night"]) == [None, "night"]


def test_words_of_a_list_of_ones_own_are_neither_yes_nor_no():
    """Their share would be too high or too low; so it is left out and named, or refused where it is asked for."""
    data = pd.DataFrame({"damage": ["none", "shattered", "minor", "unknown"], "defence_active": ["yes", "no"] * 2})
    data.attrs["lists"] = {"damage": ["none", "shattered", "minor", "unknown"], "defence_active": ["yes", "no"]}
    table = measures.measures(data)
    assert (list(table), table.attrs["not_compared"]) == (["defence active"], ["damage"])
    with pytest.raises(ValueError, match="any damage: damage holds 'shattered' in 1 row, which are neither yes nor no"):
        measures.measures(data, wanted=["any damage"])
    assert measures.measures(data, wanted=["damage"])["damage"].tolist()[:3] == ["none", "shattered", "minor"]
    data["damage"] = "none"
    assert list(measures.measures(data)) == ["defence active", "any damage"], "a word that no row has does no harm"


def test_blanks_are_no_claim():
    """As pandas reads an empty cell, and as a program may write it."""
    assert measure("claimed", claimed_by=[None, np.nan, "", " ", "x"]) == [None, None, None, None, 1]


@pytest.mark.parametrize(
    ("values", "said"), [(["3", "x"], "'x'"), ([1, True], "True"), ([1, np.inf], "inf"), ([1, ""], "''")], ids=str
)
def test_what_is_no_number_is_refused_by_column_and_row(values, said):
    data = pd.DataFrame({"launched_best": pd.Series(values, index=["i", "j"], dtype="object")})
    with pytest.raises(ValueError, match=f"no numbers: launched_best holds {said} in 1 row, first in row j;"):
        measures.measures(data)


def test_numbers_whose_last_digits_would_be_lost_are_refused():
    with pytest.raises(ValueError, match="code holds numbers of more than 15 digits"):
        measures.measures(pd.DataFrame({"code": [2**53, 2**53 + 1]}), wanted=["code"])


def test_damage_and_defence_are_yes_no_or_silent():
    assert measure("any damage", damage=["minor", "major", "none", "unknown"]) == [1, 1, 0, None]
    assert measure("defence active", defence_active=["yes", "no", "unknown"]) == [1, 0, None]


@pytest.mark.parametrize("values", [[True, None, False], pd.array([True, None, False], dtype="boolean")])
def test_bools_in_a_column_of_yes_and_no_are_read_as_these(values):
    assert measure("defence active", defence_active=values) == [1, None, 0]
    assert measure("any damage", damage=values) == [1, None, 0]


def test_words_that_a_closed_column_lacks_are_refused_all_at_once():
    data = pd.DataFrame({"damage": ["Yes", "minor", None, ""], "weapon": ["UAV", "Rocket", "rocket\u200f", "Qassam"]})
    words = "weapon: 'UAV', 'Rocket', 'rocket\\u200f', ... in 4 rows; one of rocket, drone, ballistic_missile, mortar"
    more = "damage: 'Yes' in 1 row; one of none, minor, major, unknown"
    for message in (words, more):
        with pytest.raises(ValueError, match=re.escape(message)):
            measures.measures(data)
    with pytest.raises(ValueError, match="defence_active: 1, 0 in 2 rows"):
        measure("defence active", defence_active=[1, 0])
    assert measures.measures(data.assign(score=1), wanted="score")["score"].tolist() == [1] * 4  # not read
    data.attrs["lists"] = {"damage": ["Yes", "minor"], "weapon": list(data["weapon"])}  # a collection's own lists
    assert len(measures.measures(data)) == 4


def test_blanks_in_a_closed_column_are_silence():
    assert measure("weapon", weapon=["drone", "", " \u200f", None]) == ["drone", None, None, None]
    assert measure("any damage", damage=["none", "", " \u200f", None]) == [0, None, None, None]


def test_a_known_column_stands_in_the_frame_once():
    data = pd.DataFrame([[1, 2]], columns=["killed_best", "killed_best"])
    with pytest.raises(ValueError, match="columns that stand in the frame more than once: killed_best"):
        measures.measures(data)


def test_a_claim_is_never_denied_by_silence():
    assert measure("claimed", claimed_by=["a group", None]) == [1, None]


def test_anyone_hurt_is_known_where_both_tolls_are_or_one_is_above_zero():
    hurt = measure(
        "anyone killed or injured", killed_best=whole([0, 0, None, None]), injured_best=whole([0, None, 2, None])
    )
    assert hurt == [0, None, 1, None]


HITS = {
    "launched_low": whole([2, 2, 2, 2, None, 0]),
    "launched_best": whole([2, 2, 2, 3, None, 0]),
    "launched_high": whole([2, None, 2, 3, None, 0]),
    "intercepted_low": whole([2, 2, 1, 2, 2, 0]),
}


def test_no_hit_is_implied_where_everything_launched_was_intercepted():
    silent = {"hit_best": whole([None] * 6)}
    # Then: open upwards, one let through, accounts that differ, no number launched, none launched.
    assert measure("any round inside the perimeter", **HITS, **silent) == [0, None, None, None, None, None]
    assert measure("share of rounds inside", **HITS, **silent) == [0, None, None, None, None, None]


def test_a_reported_hit_stands_against_what_is_implied():
    hits = measure("any round inside the perimeter", **HITS, hit_best=whole([1, 0, None, None, None, None]))
    assert hits[:2] == [1, 0]


@pytest.mark.parametrize(("reading", "share"), [("low", 0.2), ("best", 0.6), ("high", 1)])
def test_the_share_inside_is_fewest_of_most_best_of_best_and_never_more_than_all(reading, share):
    counts = {"launched": (4, 5, 10), "hit": (2, 3, 6)}
    columns = {
        f"{name}_{end}": whole([number])
        for name, numbers in counts.items()
        for end, number in zip(measures.READINGS, numbers, strict=True)
    }
    assert measure("share of rounds inside", reading, **columns) == [share]


# Nobody hurt at all; Americans alone; nobody says; one American of four; two, though the dead are not reported.
TOLLS = {
    "killed_best": whole([0, 2, 1, 0, None]),
    "injured_best": whole([0, 0, 3, 4, 2]),
    "us_killed": whole([None, 2, None, None, None]),
    "us_injured": whole([None, None, None, 1, 2]),
}


def test_americans_and_others_have_tolls_of_their_own():
    assert measure("Americans killed or injured", **TOLLS) == [0, 1, None, 1, 1]
    assert measure("others killed or injured", **TOLLS) == [0, 0, None, 1, None]


def test_a_reported_american_is_never_overwritten():
    tolls = {"killed_best": whole([0]), "injured_best": whole([0]), "us_killed": whole([1]), "us_injured": whole([0])}
    assert measure("Americans killed or injured", **tolls) == [1]


def test_what_measures_the_coding_alone_is_no_measure():
    data = pd.DataFrame({"weapon": ["rocket"], "n_independent": [2], "n_reports": [3], "disputed": ["hit"]})
    table = measures.measures(data)
    assert (list(table), table.attrs["not_compared"]) == (["weapon"], [])


def test_days_to_the_anniversary_take_any_anchor():
    data = pd.DataFrame({"date": pd.to_datetime(["2021-12-31", "2021-07-01"])})
    name = "days to the nearest anniversary"
    assert measures.measures(data, anchor="2020-01-03")[name].tolist() == [3, 179]
    assert measures.measures(data, anchor="2011-07-04")[name].tolist() == [180, 3]


def test_days_since_count_from_the_last_event_before():
    dates = pd.to_datetime(pd.Series(["2020-01-01", "2020-01-02", "2020-01-09", None]))
    events = pd.Series(pd.to_datetime(["2020-01-05", "2020-01-01"]))
    assert plain(measures.days_since(dates, events)) == [None, 1, 4, None]
    assert measures.days_since(dates, events.iloc[:0]).isna().all()


def test_measures_whose_columns_are_missing_are_left_out():
    assert list(measures.measures(pd.DataFrame({"weapon": ["rocket"]}))) == ["weapon"]
    assert list(measures.measures(pd.DataFrame({"weapon": ["rocket"], "hit_low": [1]}))) == ["weapon"]  # no best


@pytest.mark.parametrize(
    ("columns", "reading", "message"),
    [
        ({"weapon": ["rocket"]}, "middle", "reading is 'middle'; choose from low, best, high"),
        ({"colour": ["red"]}, "best", "nothing to compare: no column among colour gives a measure"),
    ],
)
def test_what_cannot_be_measured_says_why(columns, reading, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        measures.measures(pd.DataFrame(columns), reading)


def test_numbers_below_zero_are_refused_all_at_once():
    data = pd.DataFrame({"target": ["a", "b"], "killed_low": [0, -1], "us_injured": [-9, -9], "weapon": "rocket"})
    words = "numbers below 0: killed_low in 1 row, first -1 in row 1; us_injured in 2 rows, first -9 in row 0"
    for find in (measures.measures, comparison.compare, comparison.counts, comparison.model):
        with pytest.raises(ValueError, match=re.escape(words)):
            find(data)
    assert measure("munitions launched", launched_best=whole([0, None])) == [0, None]


def test_every_measure_is_found_in_real_incidents(few):
    data = few.assign(launch_km=10.0, days_since_us_strike=1)
    for reading in measures.READINGS:
        table = measures.measures(data, reading)
        assert list(table) == list(measures.MEASURES)
        assert table.index.equals(few.index)


def test_a_new_measure_is_one_row_of_the_table(monkeypatch):
    """Comparison, counts and model take it from there."""
    rows = {"night": measures._Measure("share", lambda data, reading, name: data[name].astype("Float64"), ("dark",))}
    monkeypatch.setattr(measures, "MEASURES", rows)
    data = pd.DataFrame({"target": ["embassy", "base"] * 10, "dark": [1, 0, 0, 0, 1, 1, 1, 0] * 2 + [1, 0, 1, 0]})
    assert comparison.compare(data).loc["night", "effect"] == pytest.approx(0.8 / 0.2)
    assert comparison.counts(data).loc[("night", "yes"), ["embassy_n", "base_n"]].tolist() == [8, 2]
    assert np.isfinite(comparison.model(data).table.loc["night", "odds_ratio"])


# --- columns and functions of one's own -------------------------------------------------------------------------------

HOSTS = pd.DataFrame({"country": ["Iraq", "Iraq", "Syria", "Syria"], "score": [0.5, 2.0, -1.0, None]})


@pytest.mark.parametrize(
    ("values", "kind", "found"),
    [
        ([True, False, True, True], "share", [1, 0, 1, 1]),
        ([True, None, False, None], "share", [1, None, 0, None]),
        ([1, 0, 1, 1], "share", [1, 0, 1, 1]),
        ([1.0, np.nan, 0.0, 0.0], "share", [1, None, 0, 0]),
        (whole([1, 0, None, 1]), "share", [1, 0, None, 1]),
        ([3, 0, 1, 2], "amount", [3, 0, 1, 2]),
        ([-1.5, 2, None, 0], "amount", [-1.5, 2, None, 0]),
        (["a", "b", " ", "unknown"], "category", ["a", "b", None, None]),
        (pd.Categorical([1, 2, 1, None]), "category", ["1", "2", "1", None]),
        ([None] * 4, "category", [None] * 4),
        (["3", "n/a", "n/a", "4"], "category", ["3", "n/a", "n/a", "4"]),  # half are no numbers
        (["2021-01-05", "12:30", "B52", "M-46"], "category", ["2021-01-05", "12:30", "B52", "M-46"]),
    ],
)
def test_a_column_is_a_share_an_amount_or_a_category_by_its_values(values, kind, found):
    table = measures.measures(HOSTS.assign(mine=values), wanted="mine")
    assert table.attrs["kinds"] == {"mine": kind}
    assert plain(table["mine"]) == found


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pd.to_datetime(["2021-01-01"] * 4), "mine holds datetime64 values; a measure holds bool, numbers or words"),
        ([1, "a", 2, "b"], "mine holds mixed-integer values"),
        (["1", "2", "3.5", None], "mine holds numbers as text; pandas.to_numeric makes numbers of them"),
        (["3,5", "n/a", "4", "5"], "mine holds numbers as text; not plain numbers: '3,5', 'n/a' in 2 rows"),
        (["1,000", "1,000", "2,000", " "], "mine holds numbers as text; not plain numbers: '1,000', '2,000' in 3 rows"),
        ([1.0, np.inf, 2.0, 3.0], "mine holds infinite numbers"),
    ],
)
def test_a_column_that_is_no_measure_says_why(values, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        measures.measures(HOSTS.assign(mine=values), wanted="mine")


def above_zero(data):
    return data["score"] > 0


def test_a_function_of_the_frame_is_a_measure_and_cannot_change_it():
    def rank(data):
        data["score"] = 0
        return [1, 2, 3, 4]

    table = measures.measures(HOSTS, wanted=[above_zero, rank])
    assert table.attrs["kinds"] == {"above_zero": "share", "rank": "amount"}
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert HOSTS["score"].max() == 2


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["skore", "contry"], "no column or measure 'skore'; the columns are country, score"),
        (["skore", "contry"], "no column or measure 'contry'"),  # all faults at once
        (["score", "score"], "two measures are named score"),
        ([lambda data: 1], "<lambda> gives no list of one value for each of 4 incidents"),
        ([lambda data: [1, 2]], "<lambda> gives no list of one value for each of 4 incidents"),
        ([lambda data: data["score"].sort_values()], "<lambda> is not indexed like the incidents"),
        ([lambda data: data["hour"] < 6], "the measure <lambda> raises KeyError: 'hour'"),
        ([above_zero, lambda data: 1 / 0], "the measure <lambda> raises ZeroDivisionError"),
        (["any damage"], "'any damage' needs the column(s) damage"),
        (["days to the nearest anniversary"], "which is made of date where an anchor is given"),
        ([], "nothing to compare: measures is empty"),
    ],
)
def test_what_is_asked_for_and_is_no_measure_says_why(wanted, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        measures.measures(HOSTS, wanted=wanted)


def test_an_anniversary_is_measured_only_where_an_anchor_is_known(few):
    dates = HOSTS.assign(date=pd.to_datetime("2021-01-05"))
    with pytest.raises(ValueError, match=r"need an anchor; columns of your own are compared by measures=\['score'\]"):
        measures.measures(dates.drop(columns="country"))
    assert measures.measures(dates, anchor="2020-01-03").iloc[0].tolist() == [2]
    assert "days to the nearest anniversary" in measures.measures(few)


def test_columns_of_ones_own_that_are_not_measured_are_named():
    data = HOSTS.assign(weapon="rocket", casualties=1)
    assert measures.measures(data).attrs["not_compared"] == ["score", "casualties"]
    assert measures.measures(data, wanted="score").attrs["not_compared"] == ["casualties"]
