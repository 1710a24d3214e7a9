"""Labels of rows, whatever they are called and however often they stand there, change no number."""

import numpy as np
import pandas as pd
import pytest

from helpers import anniversaries, checks, comparison, findings, measures, near_repeat

PERIOD = ("2020-01-04", "2023-09-30")
LABELS = {
    "all alike": lambda frame: pd.Index([1] * len(frame)),
    "backwards": lambda frame: frame.index[::-1],
    "missing": lambda frame: pd.Index([np.nan] * len(frame)),
    "named like a column": lambda frame: pd.Index(frame["date"], name="date"),
    "several levels": lambda frame: pd.MultiIndex.from_arrays(
        [frame["target"], ["a"] * len(frame)], names=["date", "target"]
    ),
}


def hurt(frame):
    """A measure of one's own."""
    return frame["injured_best"].fillna(0) + 1


RESULTS = {
    "compare": lambda rows: comparison.compare(rows, measures=["damage", "any damage", hurt], unit="day"),
    "counts": lambda rows: comparison.counts(rows, by="country", measures=["weapon", "any damage"]),
    "model": lambda rows: comparison.model(rows, measures=["munitions launched"]).table,
    "measures": lambda rows: measures.measures(rows).reset_index(drop=True),
    "placebo test": lambda rows: anniversaries.placebo_test(rows["date"], study_period=PERIOD, windows=[14]).table,
    "near repeat": lambda rows: near_repeat.near_repeat(rows, n_permutations=9).table,
    "anniversary": lambda rows: findings.anniversary(rows, PERIOD)["offsets"],
    "warnings": lambda rows: pd.DataFrame(checks.find_incident_warnings(rows)),
}


@pytest.mark.parametrize("find", RESULTS.values(), ids=RESULTS)
def test_labels_of_rows_change_no_number(bursts, find):
    rows = bursts(n=60)
    expected = find(rows)
    for name, label in LABELS.items():
        found = find(rows.set_axis(label(rows)))
        pd.testing.assert_frame_equal(found, expected, obj=name)
