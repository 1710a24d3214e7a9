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
        "The article reports 4 attacks on 2 days, from 6 January 2022 to 13 January 2022. It gives an exact number for "
        "1 of them. All reports together cover 21 attacks."
    )
    assert findings.tell(article, "findings") == f"{findings.tell(article)} {findings.tell(article, 'headline')}."


def test_each_attack_is_a_line_with_the_articles_numbers(article):
    lines = findings.tell(article, "attacks").splitlines()
    assert len(lines) == 4
    assert lines[1].startswith("- 6 January 2022, Unnamed site in Syria. Launched: not reported; inside the perime")
    assert lines[-1] == (
        "- 13 January 2022, US Embassy Baghdad. Launched: 4 or more; inside the perimeter: 3; injured: 2; "
        "defence active: yes."
    )


@pytest.mark.parametrize(("low", "high", "words"), [
    (2, 5, "2 to 5"), (3, 3, "3"), (4, pd.NA, "4 or more"), (pd.NA, pd.NA, "not reported"), (0, 0, "0"),
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
        "4 sources of one attack, 3 accounts: texts of one agency count as one."
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


# --- the article's wider claims ---------------------------------------------------------------------------------------


def between(rows, first, last):
    """How many attacks fell on the days from one to another, both included."""
    return sum(pd.Timestamp(first) <= day <= pd.Timestamp(last) for day in rows["date"])


def test_claims_are_counted_in_all_reports(results, few_all, few):
    found = results.article_claims
    rows = results.all_incidents
    assert len(rows) == found["n_incidents"] == len(few)
    assert found["last"] == pd.Timestamp("2022-01-13")
    assert found["series"] == {year: between(rows, f"{year}-01-03", f"{year}-01-13") for year in (2021, 2022, 2023)}
    days = {day for day in rows["date"] if pd.Timestamp("2022-01-03") <= day <= pd.Timestamp("2022-01-13")}
    assert found["n_series_days"] == len(days)
    assert found["n_claimed"] == sum(isinstance(group, str) for group in rows["claimed_by"])
    assert found["deadline_before"] == between(rows, "2021-12-01", "2021-12-30")
    assert found["deadline_after"] == between(rows, "2022-01-01", "2022-01-30")
    assert found["before"] == between(rows, "2021-12-14", "2022-01-12")
    assert found["after"] == between(rows, "2022-01-14", "2022-02-12")


def test_days_at_the_ends_of_each_span_count_and_the_day_itself_does_not():
    days = ["2021-01-02", "2021-01-03", "2021-01-13", "2021-01-14", "2021-11-30", "2021-12-01", "2021-12-14",
            "2021-12-31", "2022-01-13", "2022-01-30", "2022-01-31", "2022-02-12", "2022-02-13"]  # fmt: skip
    rows = pd.DataFrame({"date": pd.to_datetime(days), "claimed_by": ["a", None] + [None] * 11})
    found = findings.article_claims({"last": pd.Timestamp("2022-01-13")}, rows)
    assert found["series"] == {2021: 2, 2022: 1}
    assert (found["deadline_before"], found["deadline_after"]) == (2, 2)  # 1 and 14 December; 13 and 30 January
    assert (found["before"], found["after"]) == (2, 3)  # 14 and 31 December; 30 and 31 January, 12 February
    assert (found["n_claimed"], found["n_incidents"], found["n_series_days"]) == (1, 13, 1)


def test_claims_are_told_with_their_counts(results):
    found = results.article_claims
    lines = findings.tell(found, "claims").splitlines()
    assert len(lines) == 4
    series = found["series"]
    assert (
        f"to 13 January 2022 the tables hold {series[2022]} attacks on {found['n_series_days']} days. On the same days "
        f"of the other years they hold {series[2021]} (2021) and {series[2023]} (2023). One year cannot"
    ) in lines[0]
    assert f"Reports name a claimant for {found['n_claimed']} of 21 attacks." in lines[1]
    numbers = {**found, "deadline_before": 1, "deadline_after": 6, "before": 5, "after": 0}
    lines = findings.tell(numbers, "claims").splitlines()
    assert "30 days before 31 December 2021, 1 attack was reported; in the 30 days after it, 6." in lines[2]
    assert "30 days before 13 January 2022, 5 attacks were reported; in the 30 days after it, 0." in lines[3]
