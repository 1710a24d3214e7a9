"""What may count as the embassy, and which findings rest on that."""

import pandas as pd

from helpers import findings
from helpers.findings.target_readings import _moves, _summarise_moves


def test_each_reading_moves_or_leaves_out_its_own_incidents(few, frozen):
    readings = findings.target_readings(few, frozen)
    coded, kind = few["target"].astype("object"), few["site_type"]
    assert list(readings) == ["as coded", "embassy compound only", "with Union III", "without BDSC", "by most accounts"]
    assert (readings["as coded"] == coded).all()
    assert (readings["embassy compound only"].isna() == (coded == "embassy") & (kind != "embassy")).all()
    assert (readings["without BDSC"].isna() == (kind == "diplomatic_support")).all()
    assert readings["without BDSC"].isna().sum() == 2


def test_a_base_beside_the_embassy_may_count_with_it(few, frozen):
    base = few.index[few["target"] == "base"][0]
    own = few.assign(complex=few["complex"].mask(few.index == base, "green_zone"))
    readings = findings.target_readings(own, frozen)
    moved = readings.index[readings["with Union III"] != readings["as coded"]]
    assert moved.tolist() == [base]
    assert readings.loc[base, "with Union III"] == "embassy"


def test_most_accounts_decide_and_a_tie_stays_with_the_coder(few, frozen):
    readings = findings.target_readings(few, frozen).set_index(few["incident_id"])
    voted = readings.index[readings["by most accounts"] != readings["as coded"]]
    # Two of three accounts of it name the base beside the support centre; those of January 2022 are split evenly.
    assert voted.tolist() == ["2021-06-09_bdsc"]
    assert readings.loc["2022-01-03_bdsc", "by most accounts"] == "embassy"


def moves(**changes):
    """Rows of two readings and two measures, some of which move."""
    pairs = [("as coded", "damage"), ("as coded", "killed"), ("compound alone", "damage"), ("compound alone", "killed")]
    index = pd.MultiIndex.from_tuples(pairs, names=["reading", "measure"])
    row = {
        "embassy": 30,
        "base": 94,
        "effect": 1.2,
        "p_value": 0.4,
        "p_adjusted": 0.9,
        "p_within_years": 0.5,
        "p_within_adjusted": 0.9,
        "sign_survives": False,
        "moves": "",
    }
    table = pd.DataFrame([row] * 4, index=index).astype({"sign_survives": "object"})
    table.loc["compound alone", "embassy"] = 15
    for measure, values in changes.items():
        for column, value in values.items():
            table.loc[("compound alone", measure), column] = value
    return findings.tell(_summarise_moves(table), "readings")


def test_readings_are_told_with_their_sizes():
    assert moves() == (
        "The targets can be read in two ways: as coded (30 against 94) and compound alone (15 against 94). No effect "
        "changes its sign."
    )


def test_effects_that_change_sign_are_told_by_reading():
    told = moves(damage={"moves": "sign"}, killed={"moves": "sign"})
    assert "(15 against 94). The sign of an effect changes in compound alone (damage and killed)." in told


def test_measures_that_one_reading_cannot_test_are_told():
    told = moves(killed={"moves": "estimable"})
    assert "Only one of the two readings can test: killed (compound alone)." in told


def test_other_readings_are_those_of_the_primary_comparison(results):
    sizes = results.target_sensitivity["sizes"]
    assert sizes.loc["as coded"].to_dict() == results.embassy_vs_base["n"].to_dict() == {"embassy": 7, "base": 3}


def test_what_moves_is_a_change_of_level_of_side_or_of_what_can_be_tested(few, frozen):
    own = few.copy()
    own.attrs = {}  # as those of a file: of all years
    table = findings.target_sensitivity(own, frozen)["table"]
    first = table.loc["as coded"]
    assert (first["moves"] == "").all()
    for (reading, measure), row in table.drop("as coded").iterrows():
        before = first.loc[measure]
        if pd.isna(row["p_value"]) != pd.isna(before["p_value"]):
            assert row["moves"] == "estimable", (reading, measure)
        else:
            assert row["moves"] in ("", "sign"), (reading, measure)
    assert {"sign", "estimable"} <= set(table["moves"])
    inside = ("without BDSC", "any round inside the perimeter")
    assert table.loc[inside, "moves"] == "sign"
    assert (table.loc[inside, "effect"] - 1) * (first.loc[inside[1], "effect"] - 1) < 0


def test_a_difference_moves_where_both_adjustments_pass_or_no_longer_do():
    columns = {"effect_type": "risk ratio", "effect": 2.0, "p_value": 0.01}
    first = pd.DataFrame({"p_adjusted": [0.01, 0.01, 0.01], "p_within_adjusted": [0.01, 0.2, 0.2]}).assign(**columns)
    table = pd.DataFrame({"p_adjusted": [0.01, 0.01, 0.2], "p_within_adjusted": [0.2, 0.01, 0.2]}).assign(**columns)
    assert _moves(first, table).tolist() == ["difference", "difference", ""]
