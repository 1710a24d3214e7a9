"""Specification curve, date error, reporting effort and leaving out: each against a second route."""

from itertools import product

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


def test_covered_days_are_another_analysis_even_where_they_hold_every_incident():
    rows = pd.DataFrame(
        {"date": pd.to_datetime(["2021-01-03", "2021-03-03", "2022-01-09", "2022-02-01", "2022-08-01"])}
    )
    curve = sensitivity.specification_curve(rows, months=MONTHS, study_period=PERIOD, n_draws=9)
    near = curve[(curve["window"] == 14) & (curve["side"] == "around") & (curve["left_out"] == "none")]
    expected = near.set_index("coverage")["expected"]
    assert expected["covered days"] > expected["every day"]  # of fewer days, these are a larger share


def test_silence_is_no_reading(curve, rows):
    assert "unknown" in set(rows["weapon"])
    assert "weapon: rocket" in set(curve["question"])
    assert "weapon: unknown" not in set(curve["question"])


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
    p_values = []
    for _, row in usable.iterrows():
        kept = some[some["inclusion"].isin(["core", "borderline"] if "borderline" in row["inclusion"] else ["core"])]
        days = kept["date"].drop_duplicates() if row["unit"] != "incidents" else kept["date"]
        years = [year for year in (2021, 2022, 2023) if str(year) != row["left_out"]]
        asked = {"study_period": PERIOD, "side": row["side"], "years": years, "intervals": False}
        placebos = placebo_test(days, windows=[10], **asked).placebos[:, 0]
        p_values.append((placebos >= placebos[:, None]).mean(axis=1))
    medians = np.median(p_values, axis=0)
    joint = curve.attrs["joint"]["folded"]
    assert joint["median p"]["observed"] == pytest.approx(medians[0])
    assert joint["median p"]["p_value"] == pytest.approx((medians <= medians[0] + 1e-9).mean())
    shares = (np.array(p_values) <= 0.05).mean(axis=0)
    assert joint["share up to 5%"]["p_value"] == pytest.approx((shares >= shares[0] - 1e-9).mean())


@pytest.mark.slow
def test_the_joint_p_value_is_uniform_under_bursts(bursts):
    """In worlds without an effect, whose choices share their incidents: no more than 5% below 0.05, half below 0.5."""
    p_values = []
    for seed in range(200):
        world = pd.DataFrame(bursts(90, seed=1000 + seed))
        world["inclusion"] = np.random.default_rng(seed).choice(["core", "core", "borderline"], size=90)
        few = world[["date", "inclusion", "n_independent"]]
        joint = sensitivity.specification_curve(few, study_period=PERIOD, n_draws=199).attrs["joint"]
        p_values.append([joint[way][name]["p_value"] for way in ("folded", "per_block") for name in joint[way]])
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


# --- days in dispute --------------------------------------------------------------------------------------------------


def disputed(*days):
    """Incidents by their first, coded and last day."""
    return pd.DataFrame(days, columns=["date_low", "date", "date_high"]).apply(pd.to_datetime)


FEW = [
    ("2020-12-19", "2020-12-20", "2020-12-21"),
    ("2021-01-17", "2021-01-17", "2021-01-18"),
    ("2021-06-01", "2021-06-01", "2021-06-01"),
    ("2022-01-10", "2022-01-10", "2022-01-11"),
    ("2022-01-20", "2022-01-20", "2022-01-20"),
    ("2022-08-20", "2022-08-20", "2022-08-21"),
]


def test_every_combination_of_disputed_days_gives_the_range():
    rows = disputed(*FEW)
    table = sensitivity.date_error(rows, study_period=PERIOD, windows=[7, 14])
    assert table.attrs == {"disputed": 4, "n": 6, "exact": True}
    admissible = [pd.date_range(low, high) for low, _, high in FEW]
    found = [
        placebo_test(list(days), windows=[7, 14], study_period=PERIOD, intervals=False).table
        for days in product(*admissible)
    ]
    assert len(found) == 3 * 2 * 2 * 2
    p_values, observed = (np.array([one[name] for one in found]) for name in ("p_value", "observed"))
    assert table["p_lowest"].tolist() == pytest.approx(p_values.min(axis=0))
    assert table["p_highest"].tolist() == pytest.approx(p_values.max(axis=0))
    assert table["fewest"].tolist() == observed.min(axis=0).tolist() == [0, 1]
    assert table["most"].tolist() == observed.max(axis=0).tolist() == [1, 3]
    assert table["weighted"].tolist() == pytest.approx(observed.mean(axis=0))


def test_the_weighted_p_value_is_that_of_the_mean_of_all_combinations():
    """At every rotation the weights hold what the combinations hold on average."""
    rows = disputed(*FEW)
    placebos = [
        placebo_test(list(days), windows=[14], study_period=PERIOD, intervals=False).placebos[:, 0]
        for days in product(*(pd.date_range(low, high) for low, _, high in FEW))
    ]
    mean = np.mean(placebos, axis=0)
    table = sensitivity.date_error(rows, study_period=PERIOD, windows=[14])
    assert table.loc[14, "p_weighted"] == pytest.approx((mean >= mean[0] - 1e-9).mean())


def test_without_disputes_every_p_value_is_the_old_one(rows):
    sure = rows.assign(date_low=rows["date"], date_high=rows["date"])
    table = sensitivity.date_error(sure[sure["inclusion"] != "excluded"], study_period=PERIOD)
    days = sure.loc[sure["inclusion"] != "excluded", "date"]
    p_values = placebo_test(days, windows=[7, 14, 30], study_period=PERIOD).table["p_value"]
    for name in ("p_value", "p_weighted", "p_lowest", "p_highest"):
        assert table[name].tolist() == pytest.approx(p_values.tolist()), name
    assert table["fewest"].tolist() == table["most"].tolist() == table["observed"].tolist()


def test_many_disputes_are_drawn_and_stated_days_are_tested_by_themselves(rows, reports):
    table = sensitivity.date_error(rows, reports, study_period=PERIOD, n_draws=50)
    assert not table.attrs["exact"]
    assert (table["p_lowest"] <= table["p_value"]).all()
    assert (table["p_value"] <= table["p_highest"]).all()
    assert (table["p_lowest"] < table["p_highest"]).any()
    exact = reports["date_basis"].isin(["stated", "weekday"]).to_numpy() & (rows["inclusion"] != "excluded")
    test = placebo_test(rows.loc[exact, "date"], windows=[7, 14, 30], study_period=PERIOD)
    assert table["p_stated"].tolist() == pytest.approx(test.table["p_value"].tolist())
    assert table["stated"].tolist() == [test.n_inside] * 3


def test_a_day_stated_for_another_day_does_not_count():
    rows = disputed(*FEW).assign(incident_id=list("abcdef"))
    days = pd.to_datetime(["2020-12-21", "2021-01-17", "2021-01-18"])
    basis = ["stated", "weekday", "unclear"]
    told = pd.DataFrame({"incident_id": list("abb"), "event_date": days, "date_basis": basis})
    assert sensitivity.date_error(rows, told, study_period=PERIOD)["stated"].tolist() == [1, 1, 1]


def test_days_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="1 dates lie before their date_low or after their date_high"):
        sensitivity.date_error(disputed(("2021-01-04", "2021-01-03", "2021-01-05")), study_period=PERIOD)
    with pytest.raises(ValueError, match=r"needs the column\(s\) date_low, date_high"):
        sensitivity.date_error(pd.DataFrame({"date": ["2021-01-03"]}))


# --- one left out -----------------------------------------------------------------------------------------------------


def test_what_is_left_out_is_gone_from_the_placebo_test(rows):
    core = rows[rows["inclusion"] == "core"].reset_index(drop=True)
    sources = pd.DataFrame({"source_id": ["x", "y", "z"], "publisher": ["X", "X", "Z"]})
    told = pd.concat([
        pd.DataFrame({"incident_id": core["incident_id"], "source_id": "x"}),
        pd.DataFrame({"incident_id": core["incident_id"][5:], "source_id": "z"}),
        pd.DataFrame({"incident_id": core["incident_id"][:1], "source_id": "y"}),
    ])  # fmt: skip
    singly = (core.index == 7) | (core.index == 9)
    table = sensitivity.leave_one_out(core, told, sources, singly, study_period=PERIOD)
    kept = {
        ("none", ""): core,
        ("publisher", "X"): core[5:],
        ("incident", core.loc[7, "incident_id"]): core.drop(7),
        ("all of them", "2 incidents"): core.drop([7, 9]),
    }
    kept |= {("site", name): core[core["site_name"] != name] for name in core["site_name"].unique()[:2]}
    assert ("publisher", "Z") not in table.index  # whatever it reports, X reports too
    for key, some in kept.items():
        tests = [placebo_test(some["date"], windows=[14], study_period=PERIOD, method=method, intervals=False)
                 for method in ("folded", "independent")]  # fmt: skip
        p_values = [test.table.loc[14, "p_value"] for test in tests]
        assert table.loc[key, ["p_value", "p_per_block"]].tolist() == pytest.approx(p_values, abs=1e-12), key
        assert table.loc[key, "n"] == tests[0].n_inside == table["n"].iloc[0] - table.loc[key, "gone"]
    test = placebo_test(core["date"], windows=[14], study_period=PERIOD, years=[2021, 2023])
    assert table.loc[("year", "2022"), "p_value"] == test.table.loc[14, "p_value"]
    assert table.loc[("year", "2022"), "expected"] == pytest.approx(test.table.loc[14, "expected"])


def test_one_block_and_dates_alone_leave_nothing_to_leave_out():
    table = sensitivity.leave_one_out(pd.DataFrame({"date": ["2021-01-03", "2021-04-03"]}),
                                      study_period=("2020-06-01", "2021-12-31"))  # fmt: skip
    assert table.index.tolist() == [("none", "")]


# --- reporting --------------------------------------------------------------------------------------------------------


def test_equal_reporting_gives_the_p_value_of_blocks_rotated_one_by_one(rows):
    table = sensitivity.reporting_effort(rows["date"], study_period=PERIOD)
    for side in sensitivity.SIDES:
        asked = {"windows": [7, 14, 30], "side": side, "method": "independent", "study_period": PERIOD}
        expected = placebo_test(rows["date"], intervals=False, **asked).table["p_value"]
        assert table["p at 1"].xs(side, level="side").tolist() == pytest.approx(expected.tolist(), abs=1e-12)


def test_more_reporting_inside_is_that_of_simulated_windows():
    """As many windows as the ratio has, each rotated by itself, and one more by chance."""
    days = pd.to_datetime(["2021-01-01", "2021-01-03", "2021-01-05", "2022-01-06", "2022-01-06", "2021-05-05",
                           "2021-05-06", "2022-08-08", "2022-08-09", "2022-03-03"])  # fmt: skip
    period, ratio, n = ("2020-06-01", "2022-12-31"), 2.4, 40_000
    found = sensitivity.reporting_effort(days, study_period=period, windows=[7], ratios=[1, 2, ratio, 3])
    rng, total = np.random.default_rng(1), np.zeros(n, dtype=int)
    for year in (2021, 2022):
        apart = (days - pd.Timestamp(year, 1, 3)).days.to_numpy()
        turned = (apart[abs(apart) <= 182][:, None] + np.arange(365) + 182) % 365 - 182
        counts = (abs(turned) <= 7).sum(axis=0)
        total += counts[rng.integers(365, size=(2, n))].sum(axis=0)
        total += np.where(rng.random(n) < ratio % 1, counts[rng.integers(365, size=n)], 0)
    row = found.loc[(7, "around")]
    assert row[f"p at {ratio}"] == pytest.approx((total >= row["observed"]).mean(), abs=0.003)
    assert row[["p at 1", "p at 2", "p at 2.4", "p at 3"]].is_monotonic_increasing


def test_the_tipping_ratio_is_the_first_above_5_percent():
    days = pd.to_datetime(["2021-01-01", "2021-01-03", "2021-01-05", "2022-01-06", "2022-01-06", "2021-05-05",
                           "2021-05-06", "2022-08-08", "2022-08-09", "2022-03-03"])  # fmt: skip
    period = ("2020-06-01", "2022-12-31")
    tipping = sensitivity.reporting_effort(days, study_period=period, windows=[7]).loc[(7, "around"), "tipping"]
    found = sensitivity.reporting_effort(days, study_period=period, windows=[7], ratios=[tipping - 0.01, tipping])
    below, at = found.iloc[0][[f"p at {tipping - 0.01:g}", f"p at {tipping:g}"]]
    assert below <= 0.05 < at
    assert found.loc[(7, "before"), "tipping"] == 1
    with pytest.raises(ValueError, match="ratios must be 1 or more"):
        sensitivity.reporting_effort(days, ratios=[0.5])


def test_no_month_of_a_world_reports_more_than_its_cap():
    groups = np.array([[1, 1, 2, 1, 2], [3, 3, 3, 3, 3]])
    keys = np.array([[0.5, 0.1, 0.9, 0.2, 0.3], [0.5, 0.4, 0.3, 0.2, 0.1]])
    assert sensitivity._rank_within(groups, keys).tolist() == [[2, 0, 1, 1, 0], [4, 3, 2, 1, 0]]
    levels = sensitivity.month_cap_levels(30, caps=[100, 2], n_worlds=400)
    assert levels.loc["100"].equals(levels.loc["none"])
    assert (levels.loc["none", "lost"] == 0).all()
    assert (levels.loc["2", "lost"] > 0.3).all()
    assert (levels.drop(columns="lost") < 0.09).all(axis=None)
    days = pd.date_range("2020-01-04", periods=int(4.1 * 365.25))
    rng = np.random.default_rng(sensitivity._SEED)
    worlds = sensitivity._draw_bursts(rng, 400, round(30 * len(days) / 365.25), len(days))
    counts = [np.unique(days[world].to_period("M"), return_counts=True)[1] for world in worlds]
    lost = sum(np.maximum(count - 2, 0).sum() for count in counts) / worlds.size
    assert levels.loc[("2", "anniversary"), "lost"] == pytest.approx(lost)
    # Two months' quotas meet near the anniversary, in the middle of a month they do not.
    assert levels.loc[("2", "anniversary"), "14 days"] > levels.loc[("2", "two weeks later"), "14 days"]


@pytest.mark.slow
def test_a_world_without_a_cap_rejects_as_the_placebo_test_does():
    rng = np.random.default_rng(sensitivity._SEED)
    days = pd.date_range("2020-01-04", periods=int(4.1 * 365.25))
    worlds = sensitivity._draw_bursts(rng, 300, round(30 * len(days) / 365.25), len(days))
    period = (days[0], days[-1])
    p_values = [placebo_test(days[world], windows=[14], study_period=period, years=[2021, 2022, 2023], intervals=False)
                .table.loc[14, "p_value"] for world in worlds]  # fmt: skip
    levels = sensitivity.month_cap_levels(30, caps=[5], windows=[14], n_worlds=300)
    assert levels.loc[("none", "anniversary"), "14 days"] == pytest.approx((np.array(p_values) <= 0.05).mean())
