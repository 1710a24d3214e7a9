"""Words from numbers: every part of every page, and the numbers that templates see."""

import json
import re
from dataclasses import dataclass

import geopandas as gpd
import nbformat
import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from helpers import findings
from helpers.findings.tell import PAGES, _is_told, effect, ratio

WHOLE = ("readme",)  # pages of all findings, filled as one
OTHERS = (*WHOLE, "charts")  # the words of charts are told by the charts
PARTS = [
    (page.removesuffix(".md"), part)
    for page in PAGES.list_templates(extensions=["md"])
    if page.removesuffix(".md") not in OTHERS
    for part in PAGES.get_template(page).blocks
]


def asked():
    """Every finding and part that the two whole pages and the notebooks ask for."""
    pages = [(ROOT / "src/helpers/findings/pages" / f"{page}.md").read_text(encoding="utf-8") for page in WHOLE]
    cells = [cell.source for path in ROOT.glob("notebooks/*.ipynb") for cell in nbformat.read(path, as_version=4).cells]
    found = re.findall(r"{{ (\w+)\|tell(?:\(\"(\w+)\"\))? }}", " ".join(pages))
    found += re.findall(r"results\.tell\(['\"](\w+)['\"](?:, ['\"](\w+)['\"])?\)", " ".join(cells))
    return sorted({(name, part or "answer") for name, part in found})


@pytest.fixture(scope="module")
def results(results, few):
    """Those of the frozen set, and of what it lacks: the basis of incidents, and totals that officials gave."""
    more = findings.Results(data_dir=results.data_dir)
    vars(more).update(vars(results))
    more.basis_by_year = findings.basis_by_year(
        few.assign(basis=["official", "claim", *["not_recorded"] * (len(few) - 2)])
    )
    counted = few.assign(date=few["date"] + (pd.Timestamp("2023-10-17") - few["date"].min()))
    counted.attrs = {}
    scopes = [
        "Iraq+Syria since 17 Oct (Pentagon)",
        "past week (US official)",
        "since 17 Oct (Observatory, not official)",
    ]
    tallies = pd.DataFrame({"date": pd.to_datetime(["2023-11-20"] * 3), "count": [9, 3, 7], "scope": scopes})
    more.official_counts = findings.official_counts(counted, tallies.assign(source_id="x"))
    return more


def check_prose(told):
    assert not re.search(r"  | [.,;)]|\( |\.\.|,,|[{}]|%}|\bnan\b|\bNone\b(?! of)|<NA>|\bTrue\b|\bFalse\b", told), told


def test_the_pages_have_parts_and_the_notebooks_ask_for_them():
    assert len(PARTS) > 30
    assert len(asked()) > 30


@pytest.mark.parametrize(("name", "part"), asked())
def test_every_part_that_is_asked_for_reads_as_prose(results, name, part):
    told = results.tell(name, part)
    assert told
    assert "Not available" not in told
    check_prose(told)


@pytest.fixture(scope="module")
def facts(results, few):
    """Every finding that has a page, as templates see it; targets also with a difference between years alone."""
    own = few.copy()
    own.attrs = {}
    pooled = {**findings.embassy_vs_base(own), "free_alone": ["weapon"]}
    pairs = findings.matched(few, few.iloc[:9].assign(precision_km=50.0))
    # The frozen set ends before there are weaker accounts in Syria.
    weak = {"n": 2, "tested": 0, "years": [2024, 2025], "p": 0.04, "least": 0.03, "most": 0.05, "without": 0.2,
            "plan": 0.1, "plan_without": 0.6, "used": [2024]}  # fmt: skip
    left_out = {**results.leave_one_out, "weak": weak}
    found = [*findings.findings_of(results).values(), left_out, pairs, pooled]
    return [findings.plain(facts) for facts in found if isinstance(facts, dict)]


@pytest.mark.parametrize("part", ["answer", "one_alone", "confounded"])
def test_what_years_alone_make_reads_as_prose(facts, part):
    told = findings.tell(facts[-1], part)
    assert told
    check_prose(told)


@pytest.mark.parametrize(("page", "part"), PARTS)
def test_every_part_of_a_page_is_told_by_some_finding(facts, page, part):
    template = PAGES.get_template(f"{page}.md")
    assert any(_is_told(template, part, found) for found in facts if found["page"] == page)


def test_an_unknown_part_lists_the_parts():
    with pytest.raises(ValueError, match="no part 'nothing' of exposure; choose from answer, warning"):
        findings.tell({"page": "exposure"}, "nothing")


def test_a_number_that_is_missing_is_never_told_as_nothing():
    with pytest.raises(ValueError, match="'n_queries' is undefined"):
        findings.tell({"page": "incidents"}, "effort")


def test_templates_compute_nothing():
    """They choose and print: no arithmetic on findings, but for counting what a list holds."""
    for page, _ in PARTS:
        source = (ROOT / "src/helpers/findings/pages" / f"{page}.md").read_text(encoding="utf-8")
        code = " ".join(re.findall(r"{[{%](.*?)[%}]}", source, re.DOTALL))
        code = re.sub(r'"[^"]*"|[{%]-|-[%}]', " ", code).replace("n_others + 1", "")
        assert not re.search(r" [*/+] | \d+ - |\bround\b|sum\(", code), page


def test_markdown_characters_of_a_name_stay_as_they_are():
    row = {"date": "2022-01-13", "site_name": "A & B <i>*x*</i>", "launched": "1", "hit": "1", "injured": "1",
           "defence_active": "yes"}  # fmt: skip
    assert "A & B <i>*x*</i>. Launched: 1" in findings.tell({"page": "article", "attacks": [row]}, "attacks")


# --- numbers as text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "words"),
    [(0.0009999, "p < 0.001"), (0.001, "p = 0.001"), (0.0451, "p = 0.045"), (0.0994, "p = 0.099"), (0.0996, "p = 0.10"),
     (0.1, "p = 0.10"), (0.5, "p = 0.50"), (0.994, "p = 0.99"), (0.996, "p = 1"), (1.0, "p = 1")],
)  # fmt: skip
def test_p_values_have_two_digits(p, words):
    assert findings.p_value(p) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0.25, "0.2"), (3.0, "3"), (9.94, "9.9"), (10.4, "10"), ("inf", "no upper limit")]
)
def test_numbers_below_ten_have_one_decimal(value, words):
    assert findings.number(value) == words


@pytest.mark.parametrize(("n", "words"), [(0, "no"), (1, "one"), (3.0, "three"), (10, "ten"), (11, "11"), (13.0, "13")])
def test_counts_up_to_ten_are_spelled(n, words):
    assert PAGES.filters["spelled"](n) == words


def test_what_is_counted_takes_its_number():
    counted = PAGES.filters["counted"]
    assert [counted(n, "attack was", "attacks were") for n in (0, 1, 13.0)] == [
        "0 attacks were", "1 attack was", "13 attacks were",
    ]  # fmt: skip
    assert counted(15, "measure") == "15 measures"


def test_open_ends_are_told_as_no_upper_limit():
    row = {"rate_ratio": 2.0, "limit_low": 0.5, "limit_high": "inf"}
    assert ratio(row) == "rate ratio 2, 95% interval 0.5 to no upper limit"
    row = {"effect_type": "risk ratio", "effect": "inf", "ci_low": 1.2, "ci_high": "inf"}
    assert effect(row) == "risk ratio inf, 95% interval 1.2 to no upper limit"
    assert effect({**row, "effect": 0.5, "ci_low": None}) == "risk ratio 0.5, no interval"


@dataclass
class Two:
    first: pd.Timestamp
    second: tuple


def test_a_finding_becomes_what_json_holds():
    index = pd.MultiIndex.from_tuples([("a", "all"), ("a", "2022")])
    facts = {
        "table": pd.DataFrame({"n": pd.array([1, pd.NA], dtype="Int64"), "rate": [np.inf, np.nan]}, index=index),
        "rows": pd.DataFrame({"day": pd.to_datetime(["2022-01-03", None])}),
        "sites": gpd.GeoDataFrame({"place": ["x"]}, geometry=gpd.points_from_xy([44.4], [33.3]), index=["s"]),
        "both": Two(pd.Timestamp("2022-01-03"), (np.int64(1), np.bool_(True))),
        "series": np.arange(901),
        "placebos": np.zeros((365, 45)),
    }
    found = findings.plain(facts)
    assert found == {
        "table": {"a | all": {"n": 1, "rate": "inf"}, "a | 2022": {"n": None, "rate": None}},
        "rows": [{"day": "2022-01-03"}, {"day": None}],
        "sites": {"s": {"place": "x", "latitude": 33.3, "longitude": 44.4}},
        "both": {"first": "2022-01-03", "second": [1, True]},
    }
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_every_finding_of_the_frozen_set_is_json(results):
    json.dumps(findings.plain(findings.findings_of(results)), allow_nan=False)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.7, 4.0, "ratios above 4"),
        (2.34, 12.0, "ratios above 12 and below 2.3"),
        (45, "inf", "ratios below 45"),
        (0, "inf", "no ratio"),
    ],
)
def test_ratios_that_the_data_exclude_have_both_limits(low, high, words):
    assert PAGES.filters["excluded"]({"limit_low": low, "limit_high": high}) == words
