"""What does the founding article say of each attack? On the frozen set, which holds all four."""

from types import SimpleNamespace

import pandas as pd
import pytest

from helpers import findings
from helpers.findings.article import _count_text

EMBASSY = "2022-01-13_us_embassy_baghdad"


@pytest.fixture(scope="module")
def article(results):
    return results.article


def test_the_article_is_told_beside_all_reports(article):
    assert findings.tell(article) == (
        "The article tells of 4 attacks on 2 days, from 6 January 2022 to 13 January 2022, and gives an exact number "
        "for 1 of them. All reports together tell of 21."
    )
    assert findings.tell(article, "findings") == f"{findings.tell(article)} {findings.tell(article, 'headline')}."


def test_each_attack_is_a_line_with_the_articles_numbers(article):
    lines = findings.tell(article, "attacks").splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("- 6 January 2022, Unnamed site in Syria. Launched: not told; inside the perimeter: not")
    assert lines[-1] == (
        "- 13 January 2022, US Embassy Baghdad. Launched: 4 or more; inside the perimeter: 3; injured: 2; "
        "defence active: yes."
    )


@pytest.mark.parametrize(("low", "high", "words"), [
    (2, 5, "2 to 5"), (3, 3, "3"), (4, pd.NA, "4 or more"), (pd.NA, pd.NA, "not told"), (0, 0, "0"),
])  # fmt: skip
def test_a_count_reads_as_a_number_a_range_a_floor_or_silence(low, high, words):
    assert _count_text(SimpleNamespace(launched_low=low, launched_high=high), "launched") == words


def test_accounts_of_one_attack_stand_beside_the_articles(article, frozen):
    accounts = findings.accounts_of(EMBASSY, frozen["reports"], frozen["sources"])
    pd.testing.assert_frame_equal(article["accounts"], accounts)
    launched = accounts[accounts["field"] == "Launched"].set_index("source")
    assert launched.index[0] == "Founding article (AP)"
    assert launched["low"].tolist() == [4, 4, 3, 3]
    assert launched["high"].astype("object").tolist() == [pd.NA, pd.NA, 3, 3]
    # Al Arabiya carries the article's own agency, so it is no other account.
    assert launched["account"].nunique() == len(launched) - 1
    assert findings.tell(article, "headline") == "2 of 2 other accounts count fewer rockets than the founding article"
    assert findings.tell(article, "note").startswith(
        "4 sources of one attack, 3 accounts: texts of one agency are one."
    )


def test_an_account_that_counts_as_many_is_not_counted_as_fewer(results):
    reports = results.reports.copy()
    row = (reports["incident_id"] == EMBASSY) & (reports["source_id"] == "arabnews-2022-01-14a")
    reports.loc[row, ["launched_min", "launched_max"]] = 4
    found = findings.article(results.article_incidents, results.all_incidents, reports, results.sources)
    assert (found["n_fewer"], found["n_others"]) == (1, 2)


def test_every_coded_cell_is_listed_and_silent_ones_are_not(article):
    cells = article["cells"]["coded"]
    assert cells[(EMBASSY, "launched_min")] == "4"
    assert (EMBASSY, "launched_max") not in cells.index
    assert cells[("2022-01-05_ain_al_asad", "event_date")] == "2022-01-06"
    assert not cells.isin(["unknown", "<NA>", "nan", ""]).any()


def test_the_articles_days_stand_beside_the_other_reports_days(article):
    days = article["dates"].loc["2022-01-05_victory_base"]
    assert (f"{days['date']:%d}", f"{days['article']:%d}") == ("05", "06")
    assert article["both"].loc["n_independent"].to_dict() == {"article alone": 1, "all reports": 3}


def test_without_an_attack_on_the_embassy_there_is_nothing_to_tell(results):
    bases = results.article_incidents.query("target == 'base'")
    with pytest.raises(ValueError, match="the article's incidents hold no attack on the embassy"):
        findings.article(bases, results.all_incidents, results.reports, results.sources)
