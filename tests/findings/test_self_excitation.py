"""Are attacks self-exciting? How the fit of the model is told; the fit itself is tested with the model."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers import findings


@pytest.fixture(scope="module")
def found(results):
    return results.self_excitation


def test_the_effect_is_told_with_its_interval(found):
    low, high = found["interval"]
    row = found["table"].loc["yearly"]
    assert low < row["anniversary_effect"] < high
    told = findings.tell(found)
    effect = findings.number(row["anniversary_effect"])
    p = findings.p_value(found["test"].p_value)
    assert "yearly levels and the aftermath of the killing, the anniversary effect is " in told
    assert told.endswith(
        f"rate ratio {effect}, 95% interval {findings.number(low)} to {findings.number(high)} (bootstrap {p})."
    )
    told = findings.tell(found, "branching")
    assert f"an attack triggers {row['branching_ratio']:.2f} further ones on average" in told
    assert told.endswith(f"it would be {found['table'].loc['constant', 'branching_ratio']:.2f}.")


@pytest.mark.parametrize(
    ("effect_found", "words"),
    [(True, "anniversary effect is present:"), (False, "anniversary effect is inconclusive:")],
)
def test_an_effect_is_told_as_present_or_inconclusive(found, effect_found, words):
    assert words in findings.tell({**found, "effect_found": effect_found})


def test_the_effect_is_found_where_the_bootstrap_passes_five_per_cent(found):
    assert found["effect_found"] == (found["test"].p_value <= findings.ALPHA)
    assert found["n_draws"] == len(found["draws"]) == 9


@pytest.mark.parametrize(
    ("leans", "words"),
    [("low", ", so the estimate is biased downwards)"), ("high", ", so the estimate is biased upwards)"), ("", ")")],
)
def test_the_spread_is_told_with_its_lean(found, leans, words):
    told, spread = findings.tell({**found, "leans": leans}, "spread"), found["spread"]
    low, middle, high = (f"{spread.loc[end, 'branching_ratio']:.2f}" for end in ("low", "middle", "high"))
    short, long = (findings.number(spread.loc[end, "half_life"]) for end in ("low", "high"))
    assert told == (
        "The estimate is imprecise: in 9 series drawn from the fitted model, 95% of branching ratios lie between "
        f"{low} and {high} (median {middle}{words}, and half-lives between {short} and {long} days."
    )


def test_the_lean_is_that_of_the_middle_draw(found):
    middle = found["draws"]["branching_ratio"].median()
    assert found["spread"].loc["middle", "branching_ratio"] == pytest.approx(middle)
    gap = middle - found["test"].alternative.branching_ratio
    assert found["leans"] == ("" if abs(gap) <= 0.005 else "low" if gap < 0 else "high")


def test_without_further_attacks_there_is_no_half_life(found):
    told = findings.tell({**found, "triggers": False, "leans": ""}, "spread")
    assert "half-life" not in told
    assert "half-lives" not in told
    assert told.endswith(f" (median {found['spread'].loc['middle', 'branching_ratio']:.2f}).")


def test_residuals_that_stand_out_are_told_and_share_the_level(found):
    residuals = found["residuals"].assign(p_value=[0.01, 0.02, 0.4])
    told = findings.tell({**found, "stand_out": residuals[:1]}, "residuals")
    names = {"distance": "the lengths of the gaps", "gap_correlation": "the correlation of successive gaps",
             "dispersion": "the dispersion of the daily counts"}  # fmt: skip
    first, second = (names[name] for name in residuals.index[:2])
    assert (
        told
        == f"The model does not reproduce {first} (p = 0.01): one kernel does not describe these bursts completely."
    )
    told = findings.tell({**found, "stand_out": residuals[:2]}, "residuals")
    assert f"does not reproduce {first} (p = 0.01) and {second} (p = 0.02): one kernel" in told
    assert findings.tell({**found, "stand_out": residuals[:0]}, "residuals").startswith(
        "None of 3 residuals stands out after adjustment."
    )
    assert (found["stand_out"]["p_value"] <= findings.ALPHA / 3).all()
    assert (found["residuals"].drop(found["stand_out"].index)["p_value"] > findings.ALPHA / 3).all()


def test_a_fit_that_triggers_nothing_says_so(found):
    still = replace(found["test"].alternative, parameters={**found["test"].alternative.parameters, "alpha": 0.0})
    assert still.branching_ratio == 0


def test_a_model_that_cannot_be_fitted_is_refused_in_words(monkeypatch):
    def fail(*_):
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr("helpers.hawkes.fit", fail)
    days = pd.to_datetime(["2020-06-01", "2021-01-03", "2021-10-01"])
    attacks = pd.DataFrame({"date": days})
    with pytest.raises(ValueError, match="a self-exciting model cannot be fitted to so few attacks"):
        findings.self_excitation(findings.anniversary(attacks), attacks, n_bootstrap=1)
