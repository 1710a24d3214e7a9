"""What was published of the live tables: the one file of tests that may know their numbers, beside the notebooks.

The numbers of release 1 come out of release 2, where its incidents end with those of release 1. When the tables change,
these numbers are looked at and changed with them; nothing else in the tests is.
"""

import inspect
import json
import re

import nbformat
import pandas as pd
import pytest

from conftest import FROZEN, ROOT
from helpers import anniversaries, charts, export, findings, tables
from helpers.confirmatory import confirmatory_test
from helpers.findings import NotAvailable

PUBLISHED = json.loads((FROZEN / "published-1.0.0.json").read_text(encoding="utf-8"))
# Where a finding of data 1.0.0 stands now, and its part, if it is no longer a finding of its own.
NOW = {
    "disagreements": ("disagreements", "table"),
    "article_accounts": ("article", "accounts"),
    "with_borderline": ("sensitivity", "with borderline incidents"),
    "without_followup": ("sensitivity", "without follow-up searches"),
    "worst_levels": ("worst_levels", "table"),
    "contrasts": ("contrasts", "tables"),
    "embassy_vs_base": ("embassy_vs_base", "whole"),
    "where": ("locations",),
    "near_repeat": ("space_time", "test"),
}
# Rows and columns of US strikes against all days, whose place days took that follow attacks too.
GONE = {"US strikes, before", "US strikes, after", "US strikes by US date, before", "US strikes by US date, after",
        "p_before", "p_after"}  # fmt: skip
KEYS = {"apart": "excluding_same_day"}
VALUES = {"untold": "unknown"}
# Words of data 1.0.0, in keys and in text, and what is written in their place now.
RENAMED = {
    "compound alone": "embassy compound only",
    "not told": "not reported",
    "Embassy against base?": "Diplomatic sites against bases?",
    " told": " reported",
    ": told": ": reported",
    " silent)": " missing)",
    " tell it": " report it",
    "global p": "adjusted p",
}
# Most of the time of all findings. Notebooks 03, 04 and 07 tell them too, or tables made of them, and nbval compares
# that in every run of the tests.
TOLD_BY_NOTEBOOKS = (
    "contrasts", "placebo_methods", "self_excitation", "sensitivity", "target_sensitivity",
)  # fmt: skip


def with_slow(published, result_of):
    """Published names, marked as slow where notebooks tell their result."""
    slow = {name for name in published if result_of(name) in TOLD_BY_NOTEBOOKS}
    return [pytest.param(name, marks=pytest.mark.slow if name in slow else ()) for name in published]


def path_of(name):
    """Where a finding of data 1.0.0 stands now."""
    return NOW.get(name, (name,))


def renamed(words):
    """Words of data 1.0.0 as they are written now; from 0.1 on, p-values have two decimals."""
    for old, new in RENAMED.items():
        words = words.replace(old, new)
    return re.sub(r"(p = 0\.[1-9])(?!\d)", r"\g<1>0", VALUES.get(words, words))


def but_for_the_interval(words):
    """A text without the interval of the rate ratio, in whose place stand the limits of :func:`rate_limits`."""
    return re.sub(r"(rate ratio [\d.]+, 95% interval) [\d.]+ to (\d[\d.]*\b|no upper limit)", r"\1", words)


def differences(old, new, path=()):
    """Where a published value is missing or another; what has been added since is none."""
    if isinstance(old, dict) and isinstance(new, list):  # rows that were numbered otherwise
        old = list(old.values())
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            key = KEYS.get(key, renamed(key))
            if key in new:
                yield from differences(value, new[key], (*path, key))
            elif key not in GONE:
                yield (*path, key, "missing")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for n, pair in enumerate(zip(old, new, strict=True)):
            yield from differences(*pair, (*path, n))
    elif not equal(renamed(old) if isinstance(old, str) else old, new, path):
        yield (*path, old, new)


def equal(old, new, path):
    if isinstance(old, str) and isinstance(new, str):
        return but_for_the_interval(old) == but_for_the_interval(new)
    if type(old) is not float or not isinstance(new, int | float):
        return old == new
    return new == pytest.approx(old, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("name", with_slow(sorted(PUBLISHED["numbers"]), lambda name: path_of(name)[0]))
def test_every_number_of_release_1_is_still_found(release_1, name):
    path = path_of(name)
    new = findings.plain(getattr(release_1, path[0]))
    for part in path[1:]:
        new = new[part]
    assert list(differences(PUBLISHED["numbers"][name], new, path)) == []


def test_release_1_is_the_headline(live, release_1):
    """The exploratory anniversaries are those of release 1, whether the later incidents are there or not."""
    assert len(release_1.incidents) == 124
    assert release_1.incidents.attrs["window"] == ["2019-10-01", "2023-09-30"]
    for found in (live.anniversary, release_1.anniversary):
        assert found["tested"] == [2021, 2022, 2023]
        assert found["headline"]["observed"] == 13
        assert found["headline"]["expected"] == pytest.approx(6.9, abs=0.05)
        assert found["test"].p_value == pytest.approx(0.148, abs=0.0005)


def test_release_2_holds_what_its_readme_says(live):
    assert len(live.incidents) == 213
    counts = live.every_incident["inclusion"].value_counts()
    assert counts.to_dict() == {"core": 213, "borderline": 107, "excluded": 4}
    assert live.pre_specified["verdict"] == "uninformative"
    assert live.pre_specified["years"]["n"].to_dict() == {2024: 32, 2025: 0, 2026: 0}


@pytest.fixture(scope="module")
def release_1():
    """Every result of the incidents of release 1."""
    return findings.Results(until="2023-09-30")


def test_a_published_number_that_changed_or_went_is_seen():
    """Not of the live tables, but of the comparison above."""
    old = {"n": 3, "share": 0.25, "rows": {"7": {"p": 0.5}}, "target": "untold",
           "not told": "injured: not told", "p_value": "global p = 0.5",
           "effect": "rate ratio 1.9, 95% interval 0.7 to 8.7"}  # fmt: skip
    same = {"n": 3, "share": 0.25, "rows": [{"p": 0.5}], "target": "unknown", "more": 1,
            "not reported": "injured: not reported", "p_value": "adjusted p = 0.50",
            "effect": "rate ratio 1.9, 95% interval 0.7 to 4.0"}  # fmt: skip
    assert list(differences(old, same, ("a",))) == []
    changes = [{"n": 4}, {"share": 0.2500005}, {"rows": [{"p": 0.6}]}, {"rows": []},
               {"not reported": "injured: 2"}, {"p_value": "adjusted p = 0.5"},
               {"effect": "rate ratio 2, 95% interval 0.7 to 4.0"}]  # fmt: skip
    for change in changes:
        assert len(list(differences(old, same | change, ("a",)))) == 1, change
    assert list(differences({"x": 1.0}, {}, ("a",))) == [("a", "x", "missing")]


OURS = [name for name in findings.FINDINGS if name != "shared_events"]  # which is one of files of others


@pytest.mark.parametrize("name", with_slow([*OURS, "events", "places", "sites", "search_log"], str))
def test_every_finding_is_available(live, name):
    assert not isinstance(getattr(live, name), NotAvailable)


def test_what_is_slow_here_is_told_by_notebooks():
    paths = [path for number in ("03", "04", "07") for path in (ROOT / "notebooks").glob(f"{number}_*.ipynb")]
    cells = " ".join(cell.source for path in paths for cell in nbformat.read(path, as_version=4).cells)
    told = set(re.findall(r"results\.(?:tell\(['\"])?(\w+)", cells)) & set(findings.FINDINGS)
    behind = {name for result in told for name in inspect.signature(findings.FINDINGS[result]).parameters}
    assert set(TOLD_BY_NOTEBOOKS) <= told | behind


@pytest.mark.slow  # every chart is shown in a notebook, where nbval compares it
def test_every_chart_is_available(live):
    assert [name for name, draw in charts.CHARTS.items() if isinstance(live.draw(draw), NotAvailable)] == []


def test_the_block_of_the_readme_is_not_stale(live):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    page = (ROOT / "src/helpers/findings/pages/readme.md").read_text(encoding="utf-8")
    found = {name: getattr(live, name) for name in re.findall(r"{{ (\w+)", page)}
    assert export._fill_block(readme, found) == readme, "run: make refresh"
    assert "](docs/placebo_windows.svg)" in readme


@pytest.mark.parametrize(
    ("years", "p_value"), [((2021, 2022, 2023), 0.1365), ((2022,), 0.0351), ((2021, 2023), 0.3373)]
)
def test_the_vector_of_the_analysis_plan_comes_out(live, years, p_value):
    test = confirmatory_test(live.incidents["date"], years=years)
    assert round(test.p_value, 4) == p_value
    assert test.table["n"].to_dict() == {year: n for year, n in {2021: 1, 2022: 13, 2023: 4}.items() if year in years}
    if len(years) == 3:
        assert test.z.round(3).to_dict() == {"around": 1.424, "from": 1.263}


def test_the_limits_hold_of_the_published_tables(live):
    """The limits name no numbers of the tables; what they say of them in words is so."""
    spans = [("2019-10", "2019-10"), ("2020-02", "2020-02"), ("2020-10", "2020-10"), ("2022-09", "2022-11"),
             ("2023-05", "2023-09")]  # fmt: skip
    months = {month for first, last in spans for month in pd.period_range(first, last, freq="M")}
    days = [(day, apart) for day in live.anniversary["test"].anniversaries for apart in range(-anniversaries.HALF, 183)]
    under = [apart for day, apart in days if (day + pd.Timedelta(days=apart)).to_period("M") in months]
    assert min(map(abs, under)) > live.anniversary["window"] == 14
    assert live.effort["share_full"] == 1
    assert live.effort["n_results"] == 8
    assert live.account_numbers["most"] == 4
    counted = live.incidents["date"].between("2019-10-01", "2020-02-15").sum()
    assert counted < 19  # by AFP


def test_the_coding_protocol_describes_the_published_tables(live):
    """Windows, queries and the months of the second coder, as ``docs/coding-protocol.md`` gives them."""
    page = (ROOT / "docs" / "coding-protocol.md").read_text(encoding="utf-8")
    assert f"data release {tables.data_version()}" in page
    log = live.search_log
    assert (log["month"].min(), log["month"].max()) == ("2019-10", "2025-07")
    assert {tuple(sorted(numbers)) for _, numbers in log.groupby("month")["query_no"]} == {tuple(range(1, 11))}
    coder = live.raw["reports"].query("coder.str.startswith('first')", engine="python")["coder"]
    assert coder.nunique() == 10
    second = live.raw["second_coding/search_log"]
    assert second["month"].nunique() == 19
    assert set(second.groupby("month").size()) == {10}


def test_official_counts_are_those_of_the_readme_of_release_2(live):
    """Attacks that US officials counted, incidents that the tables have, and core ones, up to two days."""
    totals = live.official_counts["totals"][["official", "incidents", "core"]]
    assert totals.loc["2023-11-23"].tolist() == [73, 51, 38]
    assert totals.loc["2023-12-21"].tolist() == [102, 69, 46]
    assert len(live.official_counts["other_official"]) + len(live.official_counts["not_official"]) == 68 - 20


def test_the_flow_is_that_of_the_readme_of_release_2(live):
    flow = live.report_flow
    assert flow.columns.tolist() == ["2019-10 to 2023-09", "2023-10 to 2025-07", "all"]
    assert flow.loc["reports"].tolist() == [510, 352, 862]
    assert flow.loc["of them known from follow-ups alone"].tolist() == [31, 60 + 6 + 7, 104]
    assert flow.loc["core"].tolist() == [124, 77 + 11 + 1, 213]
    assert live.basis_by_year["n_official"] == 63 + 52
    assert live.casualties["exceeding"]["incident_id"].tolist() == ["2023-11-12_mss_euphrates"]
    assert live.attacks_by_year["campaign"]["n"] == 71
