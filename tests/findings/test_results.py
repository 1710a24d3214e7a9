"""Every result is computed once; what the data cannot give answers why; what is wrong is raised."""

import inspect
import re
from collections import Counter
from contextlib import suppress
from functools import wraps

import pandas as pd
import pytest

from conftest import ROOT
from helpers import anniversaries, charts, findings, tables
from helpers.findings import NotAvailable, Results, lacking
from helpers.findings.results import DATA, FINDINGS
from helpers.findings.tell import PAGES

GIVEN = {"scope", "inclusion", "dataset", "anchor", "period", "data_dir"}


def count_calls(monkeypatch, known=None):
    """How often the function of each result has run, by name; what is known already is not made anew."""
    calls = Counter()

    def counted(name, function):
        @wraps(function)
        def count(*given, **named):
            calls[name] += 1
            return getattr(known, name) if known else function(*given, **named)

        return count

    for registry in (DATA, FINDINGS):
        for name, function in list(registry.items()):
            monkeypatch.setitem(registry, name, counted(name, function))
    return calls


def copy_tables(results, data_dir):
    """Results anew of tables that are there already."""
    again = Results(data_dir=data_dir)
    again.raw, again.incidents = results.raw, results.incidents
    return again


def write_dates(folder, days, columns="incident_id,date", rest=""):
    path = folder / "own.csv"
    lines = [columns, *(f"i{n},{day:%Y-%m-%d}{rest}" for n, day in enumerate(days))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory, bursts):
    """Results of a file of one's own that holds dates alone."""
    return Results(dataset=write_dates(tmp_path_factory.mktemp("own"), bursts(n=90)["date"]))


def test_each_result_is_computed_once(monkeypatch, results, frozen_dir):
    names = ("us_strikes", "coverage", "anniversary", "window_sites")
    assert not any(isinstance(getattr(results, name), NotAvailable) for name in names)  # and so all are known below
    calls = count_calls(monkeypatch, known=results)
    results = Results(data_dir=frozen_dir)
    for _ in range(2):
        for name in names:
            getattr(results, name)
        results.draw(charts.timeline)
    assert calls["anniversary"] == calls["incidents"] == calls["raw"] == 1
    assert set(calls.values()) == {1}


def test_nothing_is_computed_before_it_is_asked_for(monkeypatch, frozen_dir):
    calls = count_calls(monkeypatch)
    results = Results(data_dir=frozen_dir)
    assert "anniversary" in dir(results)
    assert not calls
    assert results.search_log is results.raw["search_log"]
    assert set(calls) == {"raw", "search_log"}


def test_a_reason_is_found_once_too(monkeypatch, own):
    calls = count_calls(monkeypatch)
    results = Results(dataset=own.dataset)
    assert results.coverage is results.coverage
    assert repr(results.agencies) == repr(results.coverage)
    assert calls["raw"] == 1


def test_the_order_of_asking_changes_nothing(monkeypatch, results, frozen_dir):
    limits = results.anniversary["limits"]
    monkeypatch.setattr(anniversaries, "rate_limits", lambda *_, **__: limits.copy())  # they take long
    names = ["us_strikes", "anniversary", "window_sites", "disagreements"]
    forwards, backwards = (copy_tables(results, frozen_dir) for _ in range(2))
    first = {name: findings.plain(getattr(forwards, name)) for name in names}
    second = {name: findings.plain(getattr(backwards, name)) for name in reversed(names)}
    assert first == second


def test_a_result_that_is_set_is_taken_as_it_is(results, few, frozen_dir):
    results = copy_tables(results, frozen_dir)
    results.incidents = few[:5]
    assert results.coverage["n_incidents"] == 5


def test_anchor_and_period_reach_every_result(monkeypatch, results, frozen_dir):
    limits = results.anniversary["limits"]
    monkeypatch.setattr(anniversaries, "rate_limits", lambda *_, **__: limits)  # they take long
    results = Results(data_dir=frozen_dir, anchor="2020-06-15", period=("2020-06-16", "2023-09-30"))
    assert results.anniversary["tested"] == [2021, 2022]
    assert results.rival_dates.index[0] == "15 June"
    assert "15 June" in [text.get_text() for text in results.draw(charts.timeline).legends[0].get_texts()]


def test_the_scope_of_the_article_answers_what_it_can(frozen_dir):
    results = Results("article", data_dir=frozen_dir)
    assert len(results.incidents) == 4
    assert "study period 2022-01-06 to 2022-01-13" in results.anniversary.why
    assert "no incident has accounts that contradict each other" in results.draw(charts.disagreements).why


# --- a file of one's own ----------------------------------------------------------------------------------------------


def test_dates_alone_answer_the_question_of_the_anniversary(own, bursts):
    days = [pd.Timestamp(year, 1, 3) for year in (2021, 2022, 2023)]
    n = sum(abs((date - day).days) <= 14 for date in bursts(n=90)["date"] for day in days)
    assert own.anniversary["headline"]["observed"] == n
    told = own.tell("anniversary")
    assert f"Within 14 days of 3 January 2021, 2022 and 2023, {n} attacks were reported, " in told
    assert isinstance(own.draw(charts.placebo_windows), charts.Chart)


@pytest.mark.parametrize("name", ["raw", "reports", "agencies", "effort", "article", "rival_dates", "us_strikes"])
def test_what_rests_on_reports_says_that_there_are_none(own, name):
    why = "your own file comes without the reports behind it"
    assert getattr(own, name).why == why
    if name in FINDINGS:
        assert own.tell(name) == f"Not available, because {why}."


@pytest.mark.parametrize(("name", "column"), [
    ("embassy_vs_base", "target"), ("by_target", "target"), ("disagreements", "n_independent"),
])  # fmt: skip
def test_what_rests_on_a_column_names_it(own, name, column):
    assert f"needs the column(s) {column}" in getattr(own, name).why


def test_site_days_of_a_file_of_ones_own_are_not_those_of_other_sites(own):
    assert own.exposure.why == "your own file comes without a table of sites"


def test_events_are_done_without_where_there_are_none(tmp_path, bursts):
    days = bursts(n=40)["date"]
    path = write_dates(tmp_path, days, "incident_id,date,target", ",base")
    path.write_text(path.read_text(encoding="utf-8").replace("base", "embassy", 20), encoding="utf-8")
    results = Results(dataset=path)
    assert isinstance(results.events, NotAvailable)
    assert "days since the last US strike" not in results.embassy_vs_base["table"].index


def test_only_what_is_available_is_a_finding(own):
    own.self_excitation = own.power = NotAvailable("it takes long")
    found = findings.findings_of(own)
    assert {"anniversary", "placebo_methods", "worst_levels"} <= set(found)
    assert not {"coverage", "article", "self_excitation"} & set(found)


def test_a_chart_of_what_is_missing_says_why(own):
    assert own.draw(charts.article_accounts).why.startswith("your own file")
    assert own.draw(charts.salvo_sizes).why.startswith("a chart of salvo sizes needs the column(s) target")
    assert own.draw(charts.sites_map).why == "no incident has a position in the region"


# --- what is wrong is raised ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["incidents", "anniversary", "summary"])
def test_a_faulty_file_is_no_missing_result(tmp_path, name):
    path = tmp_path / "own.csv"
    path.write_text("incident_id,date\na,2022-13-41\n", encoding="utf-8")
    with pytest.raises(tables.DataError, match=r"own.csv:2: date: .*2022-13-41"):
        getattr(Results(dataset=path), name)


def test_a_fault_of_the_code_is_no_missing_result(monkeypatch, frozen_dir):
    monkeypatch.setitem(FINDINGS, "effort", lambda search_log: search_log["no such column"])
    with pytest.raises(KeyError, match="no such column"):
        _ = Results(data_dir=frozen_dir).effort


def test_an_unknown_name_lists_the_choices(own):
    with pytest.raises(AttributeError, match=r"no result 'aniversary'; choose from raw, incidents, .*anniversary, "):
        _ = own.aniversary
    with pytest.raises(AttributeError, match="no result 'aniversary'; choose from"):
        own.tell("aniversary")


def test_a_missing_result_answers_why_however_it_is_asked():
    missing = NotAvailable("the data have no target.")
    words = "Not available, because the data have no target."
    for asked in (missing, missing["table"], missing["table"].loc["a", "b"].round(2), missing.head()["x"](1, n=2)):
        assert repr(asked) == f"{asked}" == asked._repr_markdown_() == words
    assert list(missing) == []
    with pytest.raises(AttributeError):
        _ = missing._repr_html_  # else a notebook would show nothing


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "function"), [*DATA.items(), *FINDINGS.items(), *charts.CHARTS.items()])
def test_every_parameter_names_a_result_or_has_a_default(name, function):
    known = GIVEN | set(DATA) | set(FINDINGS)
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.name in known or parameter.default is not inspect.Parameter.empty, parameter


def test_no_name_is_taken_twice():
    assert not set(DATA) & set(FINDINGS)
    assert not GIVEN & (set(DATA) | set(FINDINGS))
    assert not {"draw", "tell"} & (set(DATA) | set(FINDINGS))


@pytest.mark.parametrize("period", ["2011-01-01", ("2011-01-01",), 2011, ("2021-01-01", "2020-01-01")])
def test_a_period_that_is_no_pair_of_days_is_a_fault_at_once(period):
    with pytest.raises(ValueError, match="the study period"):
        Results(period=period)


def test_a_table_without_words_says_so(results):
    with pytest.raises(ValueError, match=r"summary is a table without words; look at results\.summary"):
        results.tell("summary")


# --- files of one's own, one per shape, with an anchor of their own ---------------------------------------------------

OWN = sorted((ROOT / "tests" / "data" / "own").glob("*.csv"))
OURS = re.compile(
    r"3 January|Soleimani|killing|coded news|hand-coded|archived pages|news reports|coded as one|counts as at least"
    r"|\bnan\b|\bNone\b(?! of)|\b1 (?:measure|incident|attack|site|strike|month|pair|coordinate|predictor)s\b"
)


def say_everything(results):
    """Every part of every page and every chart's words, as far as the data give them."""
    drawn = [results.draw(draw) for name, draw in charts.CHARTS.items() if name != "levels"]
    yield from (f"{chart.headline}. {chart.alt} {chart.note}" for chart in drawn if isinstance(chart, charts.Chart))
    yield from (chart.why for chart in drawn if isinstance(chart, NotAvailable))
    for facts in (getattr(results, name) for name in FINDINGS):
        if isinstance(facts, dict) and facts.get("page") not in (None, "levels"):
            for part in PAGES.get_template(f"{facts['page']}.md").blocks:
                with suppress(ValueError):  # a part of another finding on the same page
                    yield findings.tell(facts, part)


@pytest.mark.slow
@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_words_about_a_file_of_ones_own_are_about_it(path):
    results = Results(dataset=path, anchor="2011-03-15")
    if not isinstance(results.anniversary, NotAvailable):
        results.power = findings.power(results.anniversary, results.incidents, n_draws=2)
        results.self_excitation = findings.self_excitation(results.anniversary, results.incidents, n_bootstrap=1)
    words = list(say_everything(results))
    assert [told for told in words if OURS.search(told)] == []
    assert any("15 March" in told for told in words) or path.stem == "one_incident"  # of which nothing can be told


def test_what_is_told_of_few_columns_is_told_of_them_alone():
    places, targets = (
        Results(dataset=path, anchor="2011-03-15") for path in OWN if path.stem in ("positions", "targets")
    )
    told = [
        places.tell("space_time", "near_repeat"),
        places.tell("locations", "launches"),
        targets.tell("embassy_vs_base"),
    ]
    assert [words for words in told if OURS.search(words)] == []
    assert "its precision is not known" in told[1]
    assert " were compared on 1 measure." in told[2]
    for name in ("exposure", "effort", "agencies", "article", "rival_dates"):
        assert getattr(places, name).why.startswith(("your own file comes without", "rates per site-day needs"))


@pytest.mark.slow
def test_words_about_another_anchor_of_the_collection_name_no_other_day(results, frozen_dir):
    other = copy_tables(results, frozen_dir)
    other.anchor = pd.Timestamp("2011-03-15")
    other.power = findings.power(other.anniversary, other.incidents, n_draws=2)
    other.self_excitation = findings.self_excitation(other.anniversary, other.incidents, n_bootstrap=1)
    words = list(say_everything(other))
    assert [told for told in words if re.search("3 January(?! 20)|Soleimani|killing", told)] == []
    assert sum("15 March" in told for told in words) > 5


# --- few incidents: what cannot be said -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    path = tmp_path_factory.mktemp("three") / "three.csv"
    rows = ["incident_id,date,target,latitude,longitude", *(f"i{n},2013-03-2{n},base,33.{n},44.{n}" for n in range(3))]
    path.write_text("\n".join([*rows, "far,2015-03-01,embassy,33.3,44.4", ""]), encoding="utf-8")
    return findings.Results(dataset=path, anchor="2011-03-15", period=("2012-01-01", "2014-12-31"))


def test_nothing_is_concluded_from_a_few_days(three):
    assert three.tell("anniversary").startswith("**Too few days with attacks to say.**")
    assert "nothing can be compared." in three.tell("contrasts", "contrasts")
    assert "cannot be separated" not in three.tell("embassy_vs_base")
    assert (
        three.tell("by_target", "difference")
        == "Not available, because no attack on diplomatic sites lies in a tested year."
    )


def test_a_period_that_is_given_is_not_said_to_be_taken_from_the_file(three):
    by_file = findings.Results(dataset=three.dataset, anchor="2011-03-15")
    assert [note for note in by_file.notes if note not in three.notes] == [
        note for note in by_file.notes if note.startswith("Where no study period is given")
    ]
    assert len(by_file.notes) == len(three.notes) + 1


def test_what_a_file_lacks_is_listed_by_reason(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("incident_id,date\na,2021-01-03\nb,2022-05-01\n", encoding="utf-8")
    reasons = lacking(Results(dataset=path))
    assert "article" in reasons["your own file comes without the reports behind it"].split(", ")
    assert reasons["comparing accounts needs the column(s) n_independent, disputed"] == "disagreements"
    assert not any("the data have" in why for why in reasons.index)
