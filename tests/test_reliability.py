"""Agreement of two coders, against published tables, brute force and another library."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers import reliability
from helpers.reliability import agreement, differences, match_incidents

N = np.nan
# Krippendorff (2011), Computing Krippendorff's alpha-reliability, example C: four observers, twelve units; it is
# also `cac.raw4raters` of irrCAC, from Gwet (2014), Handbook of inter-rater reliability, 4th edition.
FOUR_OBSERVERS = [
    [1, 1, N, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4],
    [4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [N, 5, 5, 5], [N, N, 1, 1], [N, N, 3, N],
]  # fmt: skip
# The same, example A: Meg and Owen; example B: Ben and Gerry.
MEG_OWEN = list(zip([0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0], strict=True))
BEN_GERRY = [tuple(map("abcde".index, pair)) for pair in zip("aabbdcccedda", "babbbccceddd", strict=True)]
# `cont3x3abstractors` of irrCAC: two abstractors, 100 patients (Gwet 2014).
ABSTRACTORS = [(0, 0)] * 13 + [(1, 1)] * 20 + [(1, 2)] * 7 + [(2, 1)] * 4 + [(2, 2)] * 56
# `distrib.6raters` of irrCAC: how many of six psychiatrists gave each of 15 patients each diagnosis (Gwet 2014).
SIX_RATERS = [
    [0, 0, 0, 6, 0], [0, 3, 0, 0, 3], [0, 1, 4, 0, 1], [0, 0, 0, 0, 6], [0, 3, 0, 3, 0],
    [2, 0, 4, 0, 0], [0, 0, 4, 0, 2], [2, 0, 3, 1, 0], [2, 0, 0, 4, 0], [0, 0, 0, 0, 6],
    [1, 0, 0, 5, 0], [1, 1, 0, 4, 0], [0, 3, 3, 0, 0], [1, 0, 0, 5, 0], [0, 2, 0, 3, 1],
]  # fmt: skip
WEAPONS = ["rocket", "drone", "mortar", "unknown"]
IDS = ["2020-01-05_a", "2020-01-09_b", "2020-02-02_a", "2020-02-02_c", "2020-03-09_b", "2020-03-11_a"]


def count(units):
    """Units by coders to units by values."""
    units = np.asarray(units, dtype=float)
    values = np.unique(units[~np.isnan(units)])
    return reliability._count(np.where(np.isnan(units), -1, np.searchsorted(values, units)), len(values)), values


def coefficients(counts, marks=None):
    """Raw agreement, alpha and AC1 of units by values."""
    counts = np.asarray(counts, dtype=float)
    marks = np.eye(counts.shape[1]) if marks is None else marks
    return reliability._coefficients(reliability._parts(counts, marks).sum(axis=0, keepdims=True), marks)[0]


def brute_alpha(units, distance):
    """Alpha by its definition: mean distance within units, over that of all pairs of values that can be paired."""
    units = [[value for value in unit if not np.isnan(value)] for unit in units]
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    within = sum(sum(distance(a, b) for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units)
    between = sum(distance(a, b) for a, b in permutations(values, 2)) / (len(values) - 1)
    return 1 - within / between


def coding(ids=IDS, **columns):
    """Reports of one coder."""
    return pd.DataFrame({"incident_id": ids, **columns})


def weapons(*values):
    return pd.Categorical(values, WEAPONS)


def drawn_codings(seed, n=60, n_months=8):
    """Two codings of many incidents, with silence and with disagreement."""
    rng = np.random.default_rng(seed)
    months = rng.integers(1, n_months + 1, size=n)
    ids = [f"2020-{month:02d}-01_s{i}" for i, month in enumerate(months)]
    first, second = rng.integers(4, size=(2, n))
    second = np.where(rng.random(n) < 0.6, first, second)
    numbers = [pd.array(np.where(codes == 3, 0, codes * 7), dtype="Int64") for codes in (first, second)]
    for silent, codes in zip(numbers, (first, second), strict=True):
        silent[codes == 3] = pd.NA
    return [coding(ids, weapon=pd.Categorical.from_codes(codes, WEAPONS), launched=said)
            for codes, said in zip((first, second), numbers, strict=True)]  # fmt: skip


# --- coefficients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("counts", "alpha", "ac1"), [
    (count(FOUR_OBSERVERS)[0], 0.743, 0.77544),
    (count(MEG_OWEN)[0], 0.095, None),
    (count(BEN_GERRY)[0], 0.692, None),
    (count(ABSTRACTORS)[0], 0.7972585, 0.8493305),
    (SIX_RATERS, 0.4204384, 0.4448007),
])  # fmt: skip
def test_published_tables(counts, alpha, ac1):
    _, found_alpha, found_ac1 = coefficients(counts)
    assert found_alpha == pytest.approx(alpha, abs=5e-4 if alpha in (0.743, 0.095, 0.692) else 5e-8)
    assert ac1 is None or found_ac1 == pytest.approx(ac1, abs=5e-6 if ac1 == 0.77544 else 5e-8)


def test_the_four_observers_on_an_interval_scale_and_in_raw_agreement():
    counts, values = count(FOUR_OBSERVERS)
    assert coefficients(counts, values[:, None])[1] == pytest.approx(0.849, abs=5e-4)
    assert coefficients(counts)[0] == pytest.approx(0.8181818, abs=5e-8)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_by_its_definition(seed):
    rng = np.random.default_rng(seed)
    units = np.where(rng.random((12, 3)) < 0.3, N, rng.integers(4, size=(12, 3)) ** 2)
    counts, values = count(units)
    assert coefficients(counts)[1] == pytest.approx(brute_alpha(units, lambda a, b: a != b))
    assert coefficients(counts, values[:, None])[1] == pytest.approx(brute_alpha(units, lambda a, b: (a - b) ** 2))


@pytest.mark.parametrize("seed", range(5))
def test_alpha_equals_that_of_krippendorff(seed):
    peer = pytest.importorskip("krippendorff", reason="krippendorff is not installed: pip install krippendorff")
    first, second = drawn_codings(seed)
    table = agreement(first, second, on=["incident_id"], n_draws=9)
    codes = np.array([rows["weapon"].cat.codes.replace(3, N) for rows in (first, second)])
    numbers = np.array([rows["launched"].astype("Float64").to_numpy(float, na_value=N) for rows in (first, second)])
    wanted = {"weapon": peer.alpha(codes, level_of_measurement="nominal"),
              "launched": peer.alpha(numbers, level_of_measurement="interval")}  # fmt: skip
    assert table["alpha"].to_dict() == pytest.approx(wanted)


def test_ac1_takes_the_categories_of_the_codebook_and_counts_what_one_coder_says_alone():
    first = coding(weapon=weapons("rocket", "rocket", "drone", "rocket", "unknown", "unknown"))
    second = coding(weapon=weapons("rocket", "drone", "drone", "rocket", "rocket", "unknown"))
    row = agreement(first, second, on=["incident_id"], n_draws=9).loc["weapon"]
    share = np.array([3.5 / 5, 1.5 / 5, 0])  # of rocket, drone and mortar, over five units that any coder filled
    chance = (share * (1 - share)).sum() / 2
    assert row["ac1"] == pytest.approx((3 / 4 - chance) / (1 - chance))
    assert row[["n", "n_months", "n_one_silent", "n_both_silent", "raw"]].tolist() == [4, 2, 1, 1, 0.75]


def test_exchanging_the_coders_changes_nothing():
    first, second = drawn_codings(1)
    tables = [agreement(*pair, on=["incident_id"], n_draws=99) for pair in ((first, second), (second, first))]
    pd.testing.assert_frame_equal(*tables)


def test_units_in_another_order_and_units_of_one_coder_change_nothing():
    first, second = drawn_codings(2)
    whole = agreement(first.iloc[:50], second.iloc[:50], on=["incident_id"], n_draws=99)
    pd.testing.assert_frame_equal(whole, agreement(first.iloc[:50][::-1], second, on=["incident_id"], n_draws=99))


# --- intervals --------------------------------------------------------------------------------------------------------


def test_draws_of_whole_months_equal_tables_of_drawn_units():
    first, second = drawn_codings(3)
    table = agreement(first, second, on=["incident_id"], n_draws=60)
    month = first["incident_id"].str[:7]
    names = sorted(month.unique())
    drawn = []
    for weights in reliability.month_weights(len(names), 60):
        chosen = [i for name, n in zip(names, weights, strict=True) for i in first.index[month == name].repeat(int(n))]
        ids = [f"2020-01-01_{n}" for n in range(len(chosen))]
        codings = [rows.loc[chosen].assign(incident_id=ids) for rows in (first, second)]
        drawn.append(agreement(*codings, on=["incident_id"], n_draws=1)[["raw", "alpha", "ac1"]])
    for field, name in (("weapon", "raw"), ("weapon", "alpha"), ("weapon", "ac1"), ("launched", "alpha")):
        low, high = np.quantile([values.loc[field, name] for values in drawn], [0.025, 0.975])
        assert table.loc[field, [f"{name}_low", f"{name}_high"]].tolist() == pytest.approx([low, high])


def test_months_without_units_are_drawn_too():
    first, second = drawn_codings(3, n_months=4)
    drawn = [f"2020-{month:02d}" for month in range(1, 13)]
    table, wide = (agreement(first, second, ["incident_id"], months) for months in (None, drawn))
    assert table["alpha"].tolist() == wide["alpha"].tolist()
    assert table["alpha_jackknife_low"].tolist() == wide["alpha_jackknife_low"].tolist()
    assert table["alpha_low"].tolist() != wide["alpha_low"].tolist()


def test_the_jackknife_leaves_out_one_month_at_a_time():
    first, second = drawn_codings(4)
    months = sorted(first["incident_id"].str[:7].unique())
    table = agreement(first, second, ["incident_id"], n_draws=9).loc["weapon"]
    left = [agreement(first, second, ["incident_id"], sorted({*months} - {month}), n_draws=9).loc["weapon"]
            for month in months]  # fmt: skip
    for name in reliability.COEFFICIENTS:
        values = np.array([row[name] for row in left])
        error = np.sqrt((8 - 1) / 8 * ((values - values.mean()) ** 2).sum())
        reach = stats.t.ppf(0.975, 7) * error
        assert table[f"{name}_jackknife_low"] == pytest.approx(table[name] - reach)
        assert table[f"{name}_jackknife_high"] == pytest.approx(min(table[name] + reach, 1))


def test_the_same_draws_each_time_and_others_from_another_seed():
    first, second = drawn_codings(5)
    tables = [agreement(first, second, ["incident_id"], seed=seed) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(tables[0], tables[1])
    assert not tables[0].equals(tables[2])


@pytest.mark.slow
def test_intervals_of_few_months_cover_the_value_of_many_nearly_as_often_as_they_say():
    def codings(rng, n_months):
        month = np.repeat(np.arange(n_months), 6)
        wrong = rng.beta(1, 7, size=n_months)[month]  # months differ in how hard they are
        first = rng.integers(3, size=len(month))
        second = np.where(rng.random(len(month)) < wrong, (first + 1) % 3, first)
        days = pd.Timestamp("1900-01-01") + month * pd.DateOffset(months=1)
        ids = [f"{day:%Y-%m-%d}_s{i}" for i, day in enumerate(days)]
        return [coding(ids, weapon=pd.Categorical.from_codes(codes, WEAPONS)) for codes in (first, second)]

    rng = np.random.default_rng(1)
    true = agreement(*codings(rng, 1_000), ["incident_id"], n_draws=2).loc["weapon", "alpha"]
    rows = pd.DataFrame([agreement(*codings(rng, 19), ["incident_id"], n_draws=500).loc["weapon"] for _ in range(200)])
    covered = {kind: rows[f"alpha{kind}_low"].le(true).mul(rows[f"alpha{kind}_high"].ge(true)).mean()
               for kind in ("", "_jackknife")}  # fmt: skip
    assert min(covered.values()) > 0.85  # about 0.9 of either: 19 months are few


# --- degenerate cases and bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second", "note", "values"), [
    (["unknown"] * 6, ["rocket"] * 6, "no unit that both filled", [0, N, N]),
    (["rocket"] + ["unknown"] * 5, ["rocket"] * 6, "one unit that both filled", [1, 1.0, N]),
    (["rocket"] + ["unknown"] * 5, ["drone"] * 6, "one unit that both filled", [1, 0.0, 0.0]),
    (["rocket"] * 6, ["rocket"] * 6, "one value only", [6, 1.0, N]),
    (["rocket", "drone"] * 3, ["rocket", "drone"] * 3, "no disagreement", [6, 1.0, 1.0]),
    (["rocket", "drone"] + ["unknown"] * 4, ["rocket", "rocket"] * 3, "one month", [2, 0.5, 0.0]),
])  # fmt: skip
def test_degenerate_fields_say_so(first, second, note, values):
    row = agreement(coding(weapon=weapons(*first)), coding(weapon=weapons(*second)), ["incident_id"]).loc["weapon"]
    assert row["note"] == note
    assert row[["n", "raw", "alpha"]].tolist() == pytest.approx(values, nan_ok=True)
    ends = [name for name in row.index if name.startswith(("raw_", "alpha_"))]
    assert row[ends].isna().all()


def test_one_value_only_leaves_ac1_at_one():
    same = coding(weapon=weapons(*["rocket"] * 6))
    assert agreement(same, same, ["incident_id"]).loc["weapon", "ac1"] == 1


def test_large_equal_numbers_are_one_value():
    same = coding(launched=[1_000_003.1] * 6)
    assert agreement(same, same, ["incident_id"]).loc["launched", "note"] == "one value only"


def test_codings_without_a_common_unit_give_rows_that_say_so():
    first = coding(weapon=weapons(*["rocket"] * 6))
    table = agreement(first, first.assign(incident_id=first["incident_id"] + "x"), ["incident_id"], ["2020-01"])
    assert table["note"].tolist() == ["no unit that both filled"]


@pytest.mark.parametrize(("changed", "message"), [
    ({"incident_id": IDS[:1] * 6}, r"the second coding has 5 row\(s\) with the incident_id of another: 2020-01-05_a"),
    ({"weapon": pd.Categorical(["laser"] * 6)}, "weapon: the second coding has 'laser'; the list is rocket, drone"),
])  # fmt: skip
def test_codings_that_cannot_be_compared(changed, message):
    first = coding(weapon=weapons(*["rocket"] * 6))
    for function in (agreement, differences):
        with pytest.raises(ValueError, match=message):
            function(first, first.assign(**changed), on=["incident_id"])


def test_ids_without_a_day_and_codings_without_a_field():
    with pytest.raises(ValueError, match="incident_id must begin with a day, as 2020-03-14_taji, not a"):
        agreement(*[coding(["a", "b"], us_killed=[1, 2])] * 2, on=["incident_id"])
    with pytest.raises(ValueError, match="no field that can be scored"):
        agreement(*[coding(note=["text"] * 6)] * 2, on=["incident_id"])


# --- one by one -------------------------------------------------------------------------------------------------------


def test_every_disagreement_is_listed_and_silence_is_none():
    days = pd.to_datetime(["2020-01-05"] * 3)
    first = coding(IDS[:3], weapon=weapons("rocket", "unknown", "drone"), event_date=days,
                   launched_min=pd.array([3, 4, None], dtype="Int64"), note=["a", "b", "c"])  # fmt: skip
    later = days + pd.to_timedelta([0, 0, 1], "D")
    second = coding(IDS[:3], weapon=weapons("drone", "rocket", "drone"), event_date=later,
                    launched_min=pd.array([3, 5, 6], dtype="Int64"), note=["x", "y", "z"])  # fmt: skip
    assert differences(first, second[::-1], ["incident_id"]).to_numpy().tolist() == [
        [IDS[0], "weapon", "rocket", "drone"],
        [IDS[2], "event_date", "2020-01-05", "2020-01-06"],
        [IDS[1], "launched_min", "4", "5"],
    ]
    assert differences(first, first, ["incident_id"]).columns.tolist() == ["incident_id", "field", "first", "second"]


def test_as_many_disagreements_are_listed_as_raw_agreement_says():
    first, second = drawn_codings(6)
    table = agreement(first, second, ["incident_id"], n_draws=9)
    n = differences(first, second, ["incident_id"])["field"].value_counts()
    assert n.to_dict() == (table["n"] * (1 - table["raw"])).round(9).to_dict()


# --- incidents of both ------------------------------------------------------------------------------------------------


def incidents(*rows):
    frame = pd.DataFrame(rows, columns=["incident_id", "date", "site_id", "complex"])
    return frame.assign(date=pd.to_datetime("2021-01-" + frame["date"]))


def test_pairs_are_one_to_one_within_a_day_and_a_complex():
    first = incidents(("a1", "01", "embassy", "centre"), ("a2", "02", "embassy", "centre"),
                      ("a3", "02", "taji", "taji"), ("a4", "09", "taji", "taji"))  # fmt: skip
    second = incidents(("b1", "02", "zone", "centre"), ("b2", "03", "embassy", "centre"), ("b3", "04", "taji", "taji"),
                       ("b4", "09", "embassy", "centre"))  # fmt: skip
    wanted = [["a1", "b1", 1], ["a2", "b2", 1]]  # the nearest alone, a2 with b1, would leave a1 and b2 single
    assert match_incidents(first, second).to_numpy().tolist() == wanted
    assert match_incidents(first[::-1], second.sample(frac=1, random_state=1)).to_numpy().tolist() == wanted
    turned = match_incidents(second, first)
    assert turned[["second", "first"]].to_numpy().tolist() == [pair[:2] for pair in wanted]
    assert turned["days"].tolist() == [-1, -1]


def test_of_as_many_pairs_the_nearest_days_are_taken_then_the_same_sites():
    first = incidents(("a1", "02", "embassy", "centre"))
    near = incidents(("b1", "01", "embassy", "centre"), ("b2", "02", "zone", "centre"))
    assert match_incidents(first, near)["second"].tolist() == ["b2"]
    same = incidents(("b1", "02", "zone", "centre"), ("b2", "02", "embassy", "centre"))
    assert match_incidents(first, same)["second"].tolist() == ["b2"]


def test_incidents_given_twice_are_refused_and_none_give_no_pair():
    first = incidents(("a1", "02", "embassy", "centre"))
    with pytest.raises(ValueError, match=r"the first coding has 1 row\(s\) with the incident_id of another: a1"):
        match_incidents(pd.concat([first, first]), first)
    assert match_incidents(first, first[:0]).empty
    assert match_incidents(first, first.assign(complex="taji")).empty
