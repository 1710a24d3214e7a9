"""Do the tests keep their level, and intervals their coverage?"""

from pathlib import Path

import pandas as pd
import pytest

from helpers import findings

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_worst_levels_are_the_highest_of_each_world():
    rows = [("calm", 2, "folded", 0.04), ("calm", 3, "folded", 0.051), ("bursts", 3, "folded", 0.05),
            ("calm", 3, "other", 0.02), ("bursts", 3, "other", 0.7)]  # fmt: skip
    levels = pd.DataFrame(rows, columns=["world", "years", "test", "rate"]).assign(n_sims=[500, 2000, 500, 500, 500])
    found = findings.worst_levels(levels)
    assert found["table"].to_dict("index") == {
        "calm": {"folded": 5.1, "other": 2},
        "bursts": {"folded": 5, "other": 70},
    }
    assert (found["placebo"].to_dict(), found["others"].to_dict()) == ({"folded": 0.051}, {"other": 0.7})
    told = findings.tell(found)
    assert "the rates are: other, 70%. Of the placebo tests: folded, 5.1%. Each rate rests on 500 to 2,000 simu" in told
    two = findings.tell({**found, "others": pd.Series({"other": 0.7, "another": 0.225})})
    assert "the rates are: other, 70%; another, 22%." in two


def test_the_placebo_tests_keep_their_level():
    levels = findings.load_levels()
    assert set(findings.PLACEBO_TESTS) <= set(levels["test"])
    assert levels.loc[levels["test"].isin(findings.PLACEBO_TESTS), "rate"].max() <= 0.07


def test_tests_and_intervals_keep_what_they_state():
    rates = findings.load_coverage()
    slack = 4 * rates["standard_error"] + 0.005
    naive = rates["method"].str.contains("naive|pooled")
    tests = (rates["kind"] == "test") & ~naive
    assert (rates["rate"] <= rates["stated"] + slack)[tests].all()
    exact = rates["world"].isin(
        ["alike, untied amounts", "alike, amounts", "alike, days of four", "alike within years"]
    )
    exact &= tests
    assert ((rates["rate"] - rates["stated"]).abs() <= slack)[exact].all()  # uniform where values are many
    assert (rates.loc[rates["kind"] == "interval", "rate"] >= 0.92).all()
    assert (rates.loc[naive & (rates["stated"] == 0.05), "rate"] > 0.15).all()


def test_coverage_is_told_from_its_smallest_to_its_largest_rate():
    rows = [("test", "a", 0.05, 0.02), ("test", "b", 0.05, 0.05), ("test", "b", 0.01, 0.9),
            ("test", "c, naive", 0.05, 0.2), ("test", "d, pooled", 0.05, 0.3),
            ("interval", "a", 0.95, 0.94), ("interval", "b", 0.95, 0.97)]  # fmt: skip
    rates = pd.DataFrame(rows, columns=["kind", "method", "stated", "rate"]).assign(world="calm", standard_error=0.01)
    assert findings.tell(findings.interval_coverage(rates), "coverage") == (
        "Without a difference, the tests reject in 2.0% to 5.0% of simulations at 5%. Where attacks of one day "
        "resemble each other, taking them as independent rejects in up to 20.0%. Where groups differ only since "
        "years do, pooling the years rejects in 30.0%. The 95% intervals contain the true value in 94.0% to 97.0% of "
        "simulations."
    )


def test_the_limits_of_the_rate_ratio_are_shown_by_kind_of_burst():
    rates, table = findings.levels.load_limit_coverage(), findings.limit_coverage(findings.levels.load_limit_coverage())
    assert list(table.index) == list(rates["world"].unique())
    assert list(table.columns) == ["rate ratio 0.5", "rate ratio 1", "rate ratio 2", "rate ratio 4"]
    assert table.size == len(rates)
    for row in rates.itertuples():
        assert table.loc[row.world, f"rate ratio {row.rate_ratio:g}"] == f"{100 * row.covered:.0f}%"


def test_the_limits_of_the_rate_ratio_contain_it_as_often_as_stated():
    rates = findings.levels.load_limit_coverage()
    assert (rates["covered"] >= 0.95 - 4 * rates["standard_error"]).all()
    parts = rates[["covered", "low_above", "high_below"]].sum(axis=1)
    assert (parts - 1).abs().max() < 2e-4


@pytest.mark.skipif(not BENCHMARKS.exists(), reason="the benchmarks come with the repository alone")
def test_the_coverage_file_is_what_its_program_writes(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import comparison_coverage as coverage

    found = coverage.coverage_table(n_sims=4, cells=list(coverage.CELLS)[:1])
    assert list(found.columns) == list(findings.load_coverage().columns)
    committed = findings.load_coverage()[["world", "method"]].drop_duplicates()
    assert [tuple(row) for row in committed.to_numpy()] == list(coverage.CELLS)
