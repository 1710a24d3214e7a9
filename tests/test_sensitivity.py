"""Specification curve, date error, reporting effort and leaving out: each against a second route."""

import numpy as np
import pandas as pd
import pytest

from helpers import sensitivity
from helpers.anniversaries import placebo_test
from helpers.covered import covered_test

PERIOD = ("2020-01-04", "2023-09-30")
MONTHS = [str(month) for month in pd.period_range("2020-01", "2023-09", freq="M") if month.month not in (6, 10)]


@pytest.fixture(scope="module")
def rows(bursts):
    """Ninety synthetic incidents with every column that a choice rests on."""
    frame, rng = pd.DataFrame(bursts(90, seed=5)), np.random.default_rng(5)
    early, late = (pd.to_timedelta(rng.integers(3, size=90), unit="D") for _ in range(2))
    return frame.assign(
        date_low=frame["date"] - early,
        date_high=frame["date"] + late,
        inclusion=rng.choice(["core", "core", "borderline", "excluded"], size=90),
        basis=rng.choice(["official", "outlet", "monitor"], size=90),
        found_by=rng.choice(["protocol", "protocol", "followup"], size=90),
    )


@pytest.fixture(scope="module")
def reports(rows):
    basis = np.random.default_rng(6).choice(["stated", "weekday", "relative", "unclear"], size=len(rows))
    return pd.DataFrame({"incident_id": rows["incident_id"], "event_date": rows["date"], "date_basis": basis})


@pytest.fixture(scope="module")
def curve(rows, reports):
    return sensitivity.specification_curve(rows, reports, MONTHS, study_period=PERIOD, n_draws=99)


def dates_of(row, rows, reports):
    """The dates of one specification, chosen anew from its labels."""
    kept = rows[rows["inclusion"].isin(["core", "borderline"] if "borderline" in row["inclusion"] else ["core"])]
    if row["basis"] != "any":
        kept = kept[kept["basis"].isin(["official", "monitor"])]
    if row["accounts"] == "two or more":
        kept = kept[kept["n_independent"] > 1]
    if row["searches"] == "protocol":
        kept = kept[kept["found_by"] == "protocol"]
    if row["dates"] == "stated":
        kept = kept[
            kept["incident_id"].isin(reports.loc[reports["date_basis"].isin(["stated", "weekday"]), "incident_id"])
        ]
    if row["question"] != "all":
        column, value = row["question"].split(": ")
        kept = kept[kept[column].astype("str") == value]
    days = kept[{"earliest": "date_low", "latest": "date_high"}.get(row["dates"], "date")]
    return days.drop_duplicates() if row["unit"] != "incidents" else days


def test_cells_of_the_curve_are_those_of_the_placebo_test(curve, rows, reports):
    sampled = curve[(curve["coverage"] == "every day") & (curve["note"] == "")].sample(20, random_state=1)
    assert sampled.nunique()[["unit", "inclusion", "dates", "left_out", "window", "side"]].min() > 1
    for _, row in sampled.iterrows():
        years = [year for year in (2021, 2022, 2023) if str(year) != row["left_out"]]
        asked = {"windows": [row["window"]], "side": row["side"], "study_period": PERIOD, "years": years}
        days = dates_of(row, rows, reports)
        test = placebo_test(days, intervals=False, **asked)
        expected = [test.n_inside, *test.table.iloc[0][["observed", "expected", "rate_ratio", "p_value"]]]
        assert row[["n", "observed", "expected", "rate_ratio", "p_value"]].tolist() == pytest.approx(expected)
        apart = placebo_test(days, intervals=False, method="independent", **asked)
        assert row["p_per_block"] == pytest.approx(apart.table["p_value"].iloc[0], abs=1e-12)


def test_rates_per_covered_day_are_those_of_the_covered_test(curve, rows, reports):
    cells = curve[(curve["coverage"] != "every day") & (curve["left_out"] == "none") & (curve["side"] == "around")]
    assert cells["p_per_block"].isna().all()
    for _, row in cells.sample(5, random_state=1).iterrows():
        days = dates_of(row, rows, reports)
        test = covered_test(days, MONTHS, windows=[row["window"]], study_period=PERIOD).iloc[0]
        names = ["n", "observed", "expected", "rate_ratio", "p_value"]
        assert row[names].tolist() == pytest.approx(test[names].tolist())


def test_each_distinct_analysis_counts_once(curve, rows, reports):
    assert curve["copies"].sum() == curve.attrs["asked"]
    names = ["unit", "inclusion", "basis", "accounts", "dates", "searches", "coverage", "left_out", "question"]
    assert not curve.duplicated([*names, "window", "side"]).any()
    assert curve.loc[0, names].tolist() == [
        "incidents", "core", "any", "one or more", "most accounts", "all", "every day", "none", "all",
    ]  # fmt: skip
    same = rows.assign(date_low=rows["date"], n_independent=3, country="Iraq")
    fewer = sensitivity.specification_curve(same, reports, MONTHS, study_period=PERIOD, n_draws=9)
    assert "earliest" not in set(fewer["dates"])
    assert "two or more" not in set(fewer["accounts"])
    assert "country: Iraq" not in set(fewer["question"])
    assert fewer["copies"].sum() == fewer.attrs["asked"]
    assert len(fewer) < len(curve)


def test_one_choice_at_a_time_keeps_what_changes_nothing(rows, reports):
    same = rows.assign(date_low=rows["date"])
    table = sensitivity.specification_curve(same, reports, study_period=PERIOD, crossed=False, n_draws=9)
    shown = table[(table["window"] == 14) & (table["side"] == "around")].set_index("dates")
    headline = shown[shown["question"] == "all"].iloc[0]
    assert shown.loc["earliest", "p_value"] == headline["p_value"]
    changed = table.drop_duplicates(["unit", "inclusion", "basis", "accounts", "dates", "searches", "left_out",
                                     "question"])  # fmt: skip
    assert len(changed) == len(table) / 9


def test_p_by_blocks_is_that_of_every_rotation_of_every_block():
    """Brute force over 365 to the power of three, in one table of sums."""
    days = pd.to_datetime(["2021-01-01", "2021-01-03", "2021-02-11", "2022-01-06", "2022-01-06", "2022-05-05",
                           "2022-12-30", "2023-01-02", "2022-08-08", "2021-05-05"])  # fmt: skip
    curve = sensitivity.specification_curve(pd.DataFrame({"date": days}), study_period=PERIOD, n_draws=9)
    row = curve[(curve["window"] == 7) & (curve["side"] == "around")].iloc[0]
    counts = []
    for year in (2021, 2022, 2023):
        apart = (days - pd.Timestamp(year, 1, 3)).days.to_numpy()
        apart = apart[abs(apart) <= 182]
        turned = (apart[:, None] + np.arange(365) + 182) % 365 - 182
        counts.append((abs(turned) <= 7).sum(axis=0).astype(np.int8))
    sums = counts[0][:, None, None] + counts[1][None, :, None] + counts[2][None, None, :]
    assert row["observed"] == sums[0, 0, 0] == 6
    assert row["p_per_block"] == pytest.approx((sums >= 6).mean(), abs=1e-12)


def test_the_joint_test_rotates_all_specifications_alike(rows):
    """Again by calling the placebo test for the rotated dates of each specification."""
    some = rows[["date", "inclusion"]]
    curve = sensitivity.specification_curve(some, study_period=PERIOD, windows=[10], n_draws=9)
    usable = curve[curve["note"] == ""]
    medians = []
    for turn in range(0, 365, 73):
        p_values = []
        for _, row in usable.iterrows():
            kept = some[
                some["inclusion"].isin(["core", "borderline"] if "borderline" in row["inclusion"] else ["core"])
            ]
            days = kept["date"].drop_duplicates() if row["unit"] != "incidents" else kept["date"]
            years = [year for year in (2021, 2022, 2023) if str(year) != row["left_out"]]
            asked = {"study_period": PERIOD, "side": row["side"], "years": years, "intervals": False}
            placebos = placebo_test(days, windows=[10], **asked).placebos[:, 0]
            p_values.append((placebos >= placebos[turn]).mean())
        medians.append(np.median(p_values))
    joint = curve.attrs["joint"]["folded"]
    assert joint["median p"]["observed"] == pytest.approx(medians[0])
    found = _medians_of(some, [10])
    assert found[::73][: len(medians)] == pytest.approx(medians)
    assert joint["median p"]["p_value"] == pytest.approx((found <= found[0] + 1e-9).mean())


def _medians_of(rows, windows):
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        compare = sensitivity._compare
        patch.setattr(sensitivity, "_compare", lambda found: seen.append(found) or compare(found))
        sensitivity.specification_curve(rows, study_period=PERIOD, windows=windows, n_draws=9)
    return -seen[0][0]


@pytest.mark.slow
def test_the_joint_p_value_is_uniform_under_bursts(bursts):
    """In worlds without an effect, whose choices share their incidents: no more than 5% below 0.05, half below 0.5."""
    p_values = []
    for seed in range(200):
        world = pd.DataFrame(bursts(90, seed=1000 + seed))
        world["inclusion"] = np.random.default_rng(seed).choice(["core", "core", "borderline"], size=90)
        few = world[["date", "inclusion", "n_independent"]]
        joint = sensitivity.specification_curve(few, study_period=PERIOD, n_draws=199).attrs["joint"]
        p_values.append([joint[way][name]["p_value"] for way in joint for name in joint[way]])
    shares = np.array(p_values)
    assert ((shares <= 0.05).mean(axis=0) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)).all()
    assert (abs((shares <= 0.5).mean(axis=0) - 0.5) < 3.5 * np.sqrt(0.25 / 200)).all()


def test_too_few_incidents_are_said_to_be():
    rows = pd.DataFrame({"date": pd.to_datetime(["2021-01-03", "2021-03-03", "2022-01-04", "2022-06-01", "2022-08-01"]),
                         "country": ["Iraq", "Iraq", "Syria", "Iraq", "Iraq"]})  # fmt: skip
    curve = sensitivity.specification_curve(rows, study_period=PERIOD, n_draws=9)
    assert len(curve) == curve["n"].size
    assert set(curve.loc[curve["n"] < 5, "note"]) == {"too few incidents"}
    assert set(curve.loc[curve["n"] >= 5, "note"]) == {""}
    assert "country: Syria" in set(curve["question"])
    none = curve[curve["n"] == 0]
    assert none[["p_value", "p_per_block", "rate_ratio"]].isna().all(axis=None)


def test_a_file_of_dates_alone_has_units_years_windows_and_sides():
    rows = pd.DataFrame({"date": pd.to_datetime(["2021-01-03", "2021-01-03", *pd.date_range("2021-02-01", periods=6)])})
    curve = sensitivity.specification_curve(rows, study_period=("2020-06-01", "2021-12-31"), n_draws=9)
    assert curve["unit"].unique().tolist() == ["incidents", "days with attacks"]
    assert curve[["inclusion", "left_out", "question"]].nunique().tolist() == [1, 1, 1]
    assert curve["inclusion"].iloc[0] == "as given"
    assert curve["p_per_block"].tolist() == pytest.approx(curve["p_value"].tolist())  # one block is rotated one way


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"date": []}, "there are no dates to test"),
        ({"date": ["2021-01-03"], "inclusion": ["excluded"]}, "no date lies within 182 days"),
        ({"date": ["2020-02-03"]}, "no date lies within 182 days of 2021-01-03, 2022-01-03, 2023-01-03"),
    ],
)
def test_what_cannot_be_tested_is_refused(rows, message):
    rows = pd.DataFrame(rows).astype({"date": "datetime64[ns]"})
    with pytest.raises(ValueError, match=message):
        sensitivity.specification_curve(rows, study_period=PERIOD)
