"""The pre-specified test of later anniversaries, against plain loops and by simulation."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest

from benchmarks import planned
from helpers import confirmatory, findings
from helpers.confirmatory import COVERAGE, confirmatory_test

HALF, CIRCLE = 28, 57
SIDES = ("around", "from")


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """Power is simulated by few draws, but where it is the question."""
    monkeypatch.setattr(confirmatory._plan_power, "__defaults__", (3, 20, 7))


def dates_of(blocks):
    """Dates with so many incidents on each day of each block, by its year."""
    days = []
    for year, counts in blocks.items():
        first = pd.Timestamp(year=year, month=1, day=3) - pd.Timedelta(days=len(counts) // 2)
        days += [first + pd.Timedelta(days=day) for day, n in enumerate(counts) for _ in range(n)]
    return days


def by_loops(blocks):
    """z of each block and side at every rotation, and the exact p-value, as the plan writes them; fifteenths whole."""
    scores, circle, half = [], len(blocks[0]), len(blocks[0]) // 2
    for counts in blocks:
        values = {side: [] for side in SIDES}
        for s in range(circle):
            apart = [(d - s + half) % circle - half for d in range(-half, half + 1)]
            values["around"].append(sum(n * max(0, 15 - abs(e)) for n, e in zip(counts, apart, strict=True)))
            values["from"].append(sum(n for n, e in zip(counts, apart, strict=True) if 0 <= e <= 10))
        spread = {side: np.std(values[side]) or 1 for side in SIDES}
        scores.append({side: [(v - np.mean(values[side])) / spread[side] for v in values[side]] for side in SIDES})
    root = np.sqrt(len(blocks))
    sums = [
        max(sum(score[side][s] for score, s in zip(scores, turns, strict=True)) / root for side in SIDES)
        for turns in itertools.product(range(circle), repeat=len(blocks))
    ]
    return scores, np.mean(np.array(sums) >= sums[0] - 1e-9)


RNG = np.random.default_rng(11)
CASES = {
    "one block": [RNG.poisson(0.2, CIRCLE)],
    "one incident": [np.eye(1, CIRCLE, 30, dtype=int)[0]],
    "two blocks": [RNG.poisson(0.1, CIRCLE), RNG.poisson(0.5, CIRCLE)],
    "many, with ties": [np.tile([2, 0, 0], 19), RNG.poisson(2.0, CIRCLE)],
    "one each day": [np.ones(CIRCLE, dtype=int), RNG.poisson(0.2, CIRCLE)],
    "three blocks": [RNG.poisson(rate, 31) for rate in (0.1, 0.5, 0.1)],
}


@pytest.mark.parametrize("blocks", CASES.values(), ids=CASES)
def test_plain_loops_give_the_same(blocks):
    years = dict(zip(range(2021, 2024), blocks, strict=False))
    test = confirmatory_test(dates_of(years), years=list(years), half=len(blocks[0]) // 2)
    scores, p_value = by_loops(blocks)
    assert test.p_value == pytest.approx(p_value, abs=1e-9)
    for side in SIDES:
        observed = [score[side][0] for score in scores]
        assert test.table[side].tolist() == pytest.approx(observed, abs=1e-9)
        assert test.z[side] == pytest.approx(sum(observed) / np.sqrt(len(blocks)), abs=1e-9)
    assert test.statistic == test.z.max()


def test_a_year_without_an_incident_is_left_out_and_said():
    blocks = {2021: CASES["one block"][0], 2022: np.zeros(CIRCLE, dtype=int)}
    test, alone = (confirmatory_test(dates_of(blocks), years=years) for years in ([2022, 2021], [2021]))
    assert test.p_value == alone.p_value
    assert test.table["n"].tolist() == [blocks[2021].sum(), 0]
    assert test.table["note"].tolist() == ["", "no incident"]
    assert test.table.loc[2022, ["around", "from"]].isna().all()


def test_without_any_block_nothing_is_tested():
    test = confirmatory_test(["2020-06-01"], years=[2021, 2022])
    assert test.verdict == "uninformative"
    assert np.isnan([test.p_value, test.statistic, test.power, *test.z]).all()


def test_more_blocks_are_summed_in_parts_with_the_same_result(monkeypatch):
    rng = np.random.default_rng(3)
    scores = rng.normal(size=(2, 5, 7)).round(1)
    sums = [[sum(rows) for rows in itertools.product(*side)] for side in scores.tolist()]
    reached = np.maximum(*np.array(sums)) >= max(sums[0][0], sums[1][0]) - 1e-9
    assert confirmatory._share_reaching(scores) == pytest.approx(reached.mean(), abs=1e-12)


def coverage_of(**values):
    months = {"2020-12": "good", "2021-01": "good", "2021-12": "good", "2022-01": "good"}
    months |= {name.replace("m", "").replace("_", "-"): value for name, value in values.items()}
    return pd.DataFrame({"month": months.keys(), "coverage": months.values()})


NEAR = {2021: np.eye(1, CIRCLE, HALF, dtype=int)[0] * 3, 2022: np.eye(1, CIRCLE, HALF + 1, dtype=int)[0] * 3}


@pytest.mark.parametrize(
    ("months", "verdict", "note"),
    [
        ({}, "support", ""),
        ({"m2020_12": "none"}, "support", ""),
        ({"m2020_12": "thin"}, "support", ""),
        ({"m2020_12": "saturated"}, "uninformative", ""),
        ({"m2020_12": "none", "m2021_01": "none"}, "uninformative", "no coverage"),
    ],
)
def test_coverage_decides_before_the_p_value(months, verdict, note):
    test = confirmatory_test(dates_of(NEAR), years=[2021, 2022], coverage=coverage_of(**months))
    assert test.verdict == verdict
    assert test.table.loc[2021, "note"] == note
    assert np.isnan(test.table.loc[2021, "around"]) == bool(note)


def test_a_month_that_was_not_searched_drops_its_block():
    coverage = coverage_of()
    test = confirmatory_test(dates_of(NEAR), years=[2021, 2022], coverage=coverage[coverage["month"] != "2020-12"])
    assert test.table["note"].tolist() == ["not searched", ""]
    assert test.table.loc[2021, "coverage"] == "2020-12 not searched, 2021-01 good"


def used(n, z):
    return pd.DataFrame({"n": n, "around": z, "coverage": ""}, index=range(len(n)))


@pytest.mark.parametrize(
    ("table", "p_value", "power", "verdict"),
    [
        (used([2, 2], [1.0, 1.0]), 0.05, 0.1, "support"),
        (used([2, 2], [3.0, -0.1]), 0.05, 0.9, "one-year excess, no support"),
        (used([2, 2, 1], [3.0, -0.1, 2.0]), 0.01, 0.9, "one-year excess, no support"),
        (used([2, 2], [0.1, 0.1]), 0.06, 0.8, "no support"),
        (used([2, 2], [0.1, 0.1]), 0.06, 0.79, "uninformative"),
        (used([9, 1], [3.0, 3.0]), 0.001, 0.99, "uninformative"),
    ],
)
def test_the_rule_is_that_of_the_plan(table, p_value, power, verdict):
    assert confirmatory._decide(table, "around", p_value, power) == verdict


def test_it_rejects_about_as_often_as_it_says_without_an_effect():
    """Fewer than 400 series say little, so the published table is held to its own standard errors."""
    few = planned.measure(60).set_index("world")["rate"]
    assert few.drop("a campaign peaks at the anniversary").max() <= 0.15
    published = findings.load_planned_levels().set_index("world")
    assert list(published.index) == list(planned.WORLDS)
    even = published.drop("a campaign peaks at the anniversary")
    assert (even["rate"] <= 0.05 + 2 * even["standard_error"]).all()
    assert published["rate"].max() > 0.08  # a campaign that peaks there cannot be told from an effect


def test_power_grows_with_what_is_planted():
    rng = np.random.default_rng(2)
    blocks, weights = (
        np.array([planned.draw_bursts(rng, 1, 20), planned.draw_bursts(rng, 1, 20)]),
        confirmatory._plan_weights(HALF),
    )
    level, strong = (confirmatory._plan_power(blocks, weights, ratio, n_draws=200) for ratio in (1, 8))
    assert level < 0.1
    assert strong > 0.7


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"years": []}, "years must be different whole years, such as (2024, 2025), not []"),
        ({"years": [2021, 2021]}, "years must be different whole years"),
        ({"years": "2021"}, "years must be different whole years"),
        ({"years": [2021.5]}, "years must be different whole years"),
        (
            {"years": range(2010, 2017)},
            "7 years have 1,954,897,493,193 combinations, too many to enumerate: test fewer",
        ),
        ({"half": 10}, "half must be a whole number of days from 15 to 182, not 10"),
        ({"coverage": pd.DataFrame({"month": ["2021-01"]})}, "the coverage lacks the column(s) coverage"),
        ({"coverage": coverage_of(m2021_13="good")}, "coverage: '2021-13' is no month such as 2024-01"),
        ({"coverage": coverage_of(m2021_01="fine")}, f"2021-01: 'fine' is none of {', '.join(COVERAGE)}"),
        ({"coverage": pd.concat([coverage_of()] * 2)}, "2020-12 is there twice; 2021-01 is there twice"),
    ],
)
def test_what_cannot_be_tested_is_refused_with_what_is_allowed(asked, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        confirmatory_test(["2021-01-03"], **asked)


def test_a_month_that_is_empty_is_refused():
    coverage = pd.DataFrame({"month": ["2021-01", None], "coverage": ["good", None]})
    with pytest.raises(ValueError, match="is no month such as 2024-01"):
        confirmatory_test(["2021-01-03"], coverage=coverage)


def test_the_plan_s_statistic_of_lunar_anniversaries_is_that_of_their_days():
    days = ["2021-12-12", "2021-12-14", "2021-12-30", "2022-12-03", "2022-12-04", "2022-12-24"]
    moved = ["2021-01-03", "2021-01-05", "2021-01-21", "2022-01-04", "2022-01-05", "2022-01-25"]
    lunar = confirmatory.confirmatory_test(days, years=[2021, 2022], calendar="hijri")
    same = confirmatory.confirmatory_test(moved, years=[2021, 2022])
    assert (lunar.p_value, lunar.power, lunar.verdict) == (same.p_value, same.power, same.verdict)
    with pytest.raises(ValueError, match="from 15 to 176, not 177"):
        confirmatory.confirmatory_test(days, years=[2021], half=177, calendar="hijri")
    with pytest.raises(ValueError, match="2020 holds two anniversaries, 2020-01-03 and 2020-12-23; choose other years"):
        confirmatory.confirmatory_test(days, years=[2020], calendar="hijri")


def test_the_years_come_after_the_event():
    with pytest.raises(ValueError, match="years must come after the event's own, 2020; 2020 does not"):
        confirmatory_test(["2021-01-03"], years=(2020, 2021))


def test_drawn_rotations_estimate_the_share_that_enumeration_gives():
    rng = np.random.default_rng(3)
    scores = confirmatory._plan_scores(rng.poisson(0.3, (2, 57)), confirmatory._plan_weights(28))
    turns = rng.integers(57, size=(20_000, 2))
    assert confirmatory._estimate_share(scores, turns) == pytest.approx(confirmatory._share_reaching(scores), abs=0.01)
