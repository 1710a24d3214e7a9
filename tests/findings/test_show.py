"""Tables for readers: headings, rounding, and what stands for what is missing."""

import numpy as np
import pandas as pd
import pytest

from helpers import findings
from helpers.findings import NotAvailable, share, show


def cells(values, name="value", **options):
    """What a column of these values shows."""
    table = pd.DataFrame({name: pd.Series(values, index=[f"row {n}" for n in range(len(values))])})
    return show(table, **options).iloc[:, 0].tolist()


def test_columns_are_chosen_in_the_order_asked_for_and_headed_in_words():
    table = pd.DataFrame({"observed": [13], "p_value": [0.1151], "expected": [6.904], "n": [93]}, index=["all"])
    shown = show(table, "observed", "expected", "p_value")
    assert list(shown) == ["reported", "expected", "p"]
    assert shown.loc["all"].tolist() == ["13", "6.9", "0.12"]
    assert list(show(table)) == ["reported", "p", "expected", "attacks"]
    assert shown.columns.name is None
    assert list(table) == ["observed", "p_value", "expected", "n"]  # the finding itself is left alone


@pytest.mark.parametrize(("name", "heading"), [
    ("global_p_value", "adjusted p"), ("p_adjusted", "adjusted p"), ("limit_low", "95% from"), ("ci_high", "95% to"),
    ("embassy", "diplomatic sites"), ("base", "bases"), ("rate_ratio", "rate ratio"),
    ("window", "headline window"), ("precision_km", "precision, km"), ("any words", "any words"), (2021, "2021"),
])  # fmt: skip
def test_a_heading_is_in_words(name, heading):
    assert list(show(pd.DataFrame({name: [1]}, index=["all"]))) == [heading]


def test_labels_of_rows_are_headed_too():
    shown = show(pd.DataFrame({"observed": [1, 2]}, index=pd.Index([7, 14], name="window")))
    assert shown.index.name == "days either side"
    assert shown.index.tolist() == [7, 14]
    index = pd.MultiIndex.from_tuples([("before", "all")], names=["side", None])
    assert list(show(pd.DataFrame({"observed": [1]}, index=index)).index.names) == ["side", None]


@pytest.mark.parametrize(("value", "words"), [
    (13, "13"), (13.0, "13"), (12.345, "12"), (10.0, "10"), (9.94, "9.9"), (6.904, "6.9"), (1.0, "1"), (0.0, "0"),
    (0.25, "0.25"), (0.996, "1.00"), (-0.219, "-0.22"), (-1.0, "-1"), (-3.44, "-3.4"), (np.inf, "no upper limit"),
    (np.int64(4), "4"),
])  # fmt: skip
def test_numbers_have_one_decimal_two_below_one_and_none_from_ten_on(value, words):
    assert cells([value]) == [words]


@pytest.mark.parametrize("name", ["p_value", "p_adjusted", "global_p_value", "global_p_ratio", "p best"])
def test_p_values_have_two_digits(name):
    values = [0.1151, 0.5, 0.0451, 0.00123, 0.0009, 1.0, np.nan]
    assert cells(values, name) == ["0.12", "0.50", "0.045", "0.0012", "< 0.001", "1", "–"]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, [], ()])
def test_what_is_missing_is_a_dash(missing):
    assert cells(pd.array([missing, "there"], dtype="object")) == ["–", "there"]


@pytest.mark.parametrize("dtype", [bool, "object", "boolean"])
def test_what_holds_or_not_is_yes_or_no(dtype):
    assert cells(pd.array([True, False], dtype=dtype)) == ["yes", "no"]


def test_days_and_lists_are_in_words():
    assert cells([pd.Timestamp("2022-01-03")]) == ["3 January 2022"]
    assert cells([["a", "b", "c"], ("d",)]) == ["a, b and c", "d"]


def test_rows_that_are_only_numbered_have_no_label():
    shown = show(pd.DataFrame({"place": ["Dora", "Taji"]}))
    assert shown.index.tolist() == ["", ""]
    assert shown["place"].tolist() == ["Dora", "Taji"]


def test_a_series_is_a_table_of_one_column():
    shown = show(pd.Series({"a": 0.5, "b": 2.0}, name="rate"))
    assert shown.to_dict("list") == {"rate": ["0.50", "2"]}


def test_every_number_takes_the_format_that_is_asked_for():
    assert cells([0.123, 1.0, None], form=".0%") == ["12%", "100%", "–"]


def test_what_the_data_cannot_give_passes_through():
    missing = NotAvailable("the data have no target")
    assert show(missing, "observed", "expected") is missing


def test_every_table_of_the_frozen_set_can_be_shown(results):
    tables = {name: getattr(results, name) for name in findings.FINDINGS}
    tables = {name: table for name, table in tables.items() if isinstance(table, pd.DataFrame)}
    assert len(tables) > 10
    for name, table in tables.items():
        texts = show(table.drop(columns="geometry", errors="ignore")).to_numpy().ravel()
        assert all(isinstance(text, str) for text in texts), name
        assert not {"nan", "None", "<NA>", "inf", "True", "False"} & set(texts), name


@pytest.mark.parametrize(("part", "whole", "words"), [
    (15, 21, "15 of 21 (71%)"), (0, 4, "0 of 4 (0%)"), (3.0, 3.0, "3 of 3 (100%)"), (0, 0, "–"),
])  # fmt: skip
def test_a_share_is_told_with_its_whole(part, whole, words):
    assert share(part, whole) == words
