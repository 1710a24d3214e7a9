"""Rates per covered day."""

import numpy as np
import pandas as pd
import pytest

from helpers import anniversaries
from helpers.covered import covered_test

PERIOD = ("2020-01-04", "2023-09-30")
EVERY = pd.period_range("2019-10", "2023-12", freq="M").astype("str")


def some_days(seed=7, n=60):
    days = pd.date_range(*PERIOD)
    return days[np.sort(np.random.default_rng(seed).integers(len(days), size=n))]


def test_with_every_month_covered_it_is_the_placebo_test():
    days = some_days()
    test, found = anniversaries.placebo_test(days, study_period=PERIOD), covered_test(days, EVERY, study_period=PERIOD)
    columns = ["observed", "expected", "rate_ratio", "p_value"]
    pd.testing.assert_frame_equal(found[columns], test.table[columns], check_dtype=False, rtol=1e-12)
    assert found["global_p_value"].unique().tolist() == [test.p_value]


def test_plain_loops_give_the_same_rates():
    days, window = some_days(3), 10
    months = [month for month in EVERY if not month.startswith(("2021-02", "2022-01", "2022-07"))]
    centres = [pd.Timestamp(f"{year}-01-03") for year in (2021, 2022, 2023)]
    rows = []  # offset, and incidents of each covered day
    for centre in centres:
        for offset in range(-182, 183):
            day = centre + pd.Timedelta(days=offset)
            if f"{day:%Y-%m}" in months:
                rows.append((offset, int((days == day).sum())))
    ratios = []
    for turn in range(365):
        near, far = [], []
        for offset, n in rows:
            (near if abs((offset - turn + 182) % 365 - 182) <= window else far).append(n)
        ratios.append(sum(near) / len(near) / (sum(far) / len(far)))
    found = covered_test(days, months, study_period=PERIOD, windows=[window]).loc[window]
    assert found["rate_ratio"] == pytest.approx(ratios[0])
    assert found["p_value"] == pytest.approx(np.mean(np.array(ratios) >= ratios[0] - 1e-9))


def test_months_that_cover_nothing_near_the_anniversary_are_refused():
    with pytest.raises(ValueError, match="no day near the anniversary, lies in a covered month"):
        covered_test(some_days(), ["2021-06"], study_period=PERIOD)


@pytest.mark.parametrize(("change", "message"), [
    ({"windows": [182]}, "windows must be whole days from 0 to 181, not"),
    ({"windows": [1.5]}, "windows must be whole days"), ({"windows": []}, "windows must be whole days"),
    ({"months": "2021-01"}, "months must be a list such as"), ({"months": None}, "None is none"),
    ({"months": ["2021-13", "2021-01"]}, "'2021-13' is none"), ({"dates": []}, "there are no dates to test"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(change, message):
    asked = {"dates": some_days(), "months": EVERY, "study_period": PERIOD}
    with pytest.raises(ValueError, match=message):
        covered_test(**(asked | change))
