"""Every finding as one table."""

from helpers import findings


def test_the_table_holds_every_window_and_every_measure(results):
    table = results.summary
    assert list(table["question"].unique()) == ["Attacks near 3 January?", "Diplomatic sites against bases?"]
    near, targets = (rows for _, rows in table.groupby("question", sort=False))
    assert near["measure"].tolist() == [
        "all anniversaries, 14 days", "without 2021", "without 2022", "without 2023",
        "before the anniversary", "after the anniversary",
    ]  # fmt: skip
    assert targets["measure"].tolist() == list(results.embassy_vs_base["table"].index)


def test_a_window_is_told_by_its_counts_its_ratio_and_its_global_p_value(results):
    row = results.anniversary["years"].loc["without 2022"]
    cells = results.summary.set_index("measure").loc["without 2022"]
    assert cells["counts"] == f"{row['observed']:.0f}, expected {findings.number(row['expected'])}"
    assert cells["effect"].startswith(f"rate ratio {findings.number(row['rate_ratio'])}, 95% interval")
    assert cells["p_value"] == f"adjusted {findings.p_value(row['global_p_value'])}"


def test_a_measure_is_told_by_its_counts_its_effect_and_its_adjusted_p_value(results):
    table = results.embassy_vs_base["table"]
    cells = results.summary.set_index("measure")
    row = table.loc["any damage"]
    silent = row["embassy_missing"] + row["base_missing"]
    assert cells.loc["any damage", "counts"] == f"{row['embassy_n']} and {row['base_n']} reported, {silent} not"
    assert cells.loc["any damage", "effect"].startswith(f"risk ratio {row['effect']:.2g}, 95% interval")
    p, p_within = (findings.p_value(row[name]) for name in ("p_adjusted", "p_within_adjusted"))
    assert cells.loc["any damage", "p_value"] == f"adjusted {p}; within years {p_within}"


def test_a_measure_that_cannot_be_estimated_says_why(results):
    untested = results.embassy_vs_base["table"].query("p_value.isna()")
    cells = results.summary.set_index("measure").loc[untested.index]
    assert (cells["p_value"] == "").all()
    assert (cells["effect"] == untested["note"]).all()
    assert (cells["effect"] != "").all()
