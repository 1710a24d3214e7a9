"""Anniversaries by the Gregorian and by the lunar year, and their blocks."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hijridate import Hijri
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import anniversaries, days

KNOWN = st.dates(date(1930, 1, 1), date(2070, 12, 31))
KEPT = KNOWN.filter(lambda day: days.as_hijri(pd.Timestamp(day)).day < 29)  # later days are lacking in some years
PERIOD = ("2020-01-04", "2025-07-31")


def texts(some):
    return some.strftime("%Y-%m-%d").tolist()


def test_lunar_anniversaries_of_3_january_2020():
    assert Hijri(1441, 5, 8).to_gregorian() == date(2020, 1, 3)
    blocks = days.whole_blocks(PERIOD, calendar="hijri")
    assert texts(blocks) == ["2020-12-23", "2021-12-12", "2022-12-02", "2023-11-22", "2024-11-10"]
    apart = days.days_from_anniversary(["2020-12-20", "2020-12-23", "2021-01-03", "2024-11-10"], calendar="hijri")
    assert apart.tolist() == [-3, 0, 11, 0]
    # The day of the event is itself one of the two of its year.
    assert texts(days.anniversaries_between(2020, 2020, calendar="hijri")) == ["2020-01-03", "2020-12-23"]


@given(KEPT, st.integers(1930, 2060))
@settings(max_examples=30, deadline=None)
def test_lunar_anniversaries_by_searching_every_day(anchor, year):
    *_, month, dom = days.as_hijri(pd.Timestamp(anchor)).datetuple()
    ends = []
    for number in range((date(year, 12, 31) - date(year, 1, 1)).days + 1):
        day = pd.Timestamp(year, 1, 1) + timedelta(days=number)
        today = days.as_hijri(day)
        if today.month == month and today.day == dom:
            ends.append(day)
    assert days.anniversaries_between(year, year, anchor, "hijri").tolist() == ends


@given(KEPT.filter(lambda day: day.year <= 2060))
@settings(max_examples=30, deadline=None)
def test_blocks_of_lunar_years_lie_in_the_period_and_do_not_overlap(anchor):
    first, last = pd.Timestamp("1930-03-01"), pd.Timestamp("2070-10-01")
    blocks = days.whole_blocks((first, last), anchor, "hijri")
    reach = pd.Timedelta(days=176)
    assert blocks.min() - reach >= first
    assert blocks.max() + reach <= last
    assert blocks.min() > pd.Timestamp(anchor)
    gaps = np.diff(blocks).astype("m8[D]").astype(int)
    assert set(gaps) <= {353, 354, 355, 356}
    every = pd.date_range(first, last)
    offsets, block = days.offsets_in_blocks(every, blocks, 176)
    assert (np.bincount(block, minlength=len(blocks)) == 353).all()
    assert sorted(offsets[block == 0]) == list(range(-176, 177))
    assert not (blocks[block] + pd.to_timedelta(offsets, unit="D")).has_duplicates


@given(KNOWN, KEPT)
@settings(max_examples=60, deadline=None)
def test_days_from_a_lunar_anniversary_by_search(day, anchor):
    near = days.anniversaries_between(day.year - 1, day.year + 1, anchor, "hijri")
    expected = min(((pd.Timestamp(day) - other).days for other in near), key=lambda apart: (abs(apart), apart))
    assert days.days_from_anniversary([day], anchor, "hijri").tolist() == [expected]
    assert abs(expected) <= 178


def test_a_day_that_a_lunar_month_lacks_is_refused_by_year():
    """Safar has 30 days in 1442 and 29 in 1443, as February has by leap years."""
    anchor = Hijri(1442, 2, 30).to_gregorian()
    with pytest.raises(ValueError, match=r"no 30 Safar in 1443 \(29 days\); choose an anchor of another day"):
        days.anniversaries_between(2021, 2021, anchor, "hijri")
    assert texts(days.anniversaries_between(2021, 2021, "2020-02-29")) == ["2021-02-28"]


@pytest.mark.parametrize("call", [
    lambda: days.anniversaries_between(2020, 2080, calendar="hijri"),
    lambda: days.anniversaries_between(2020, 2021, "1924-07-31", "hijri"),
    lambda: days.anniversaries_between(2020, 2021, "2077-11-17", "hijri"),
    lambda: days.days_from_anniversary(["1925-06-01"], calendar="hijri"),
    lambda: days.days_from_anniversary(["1900-01-01"], calendar="hijri"),
    lambda: days.whole_blocks(("2020-01-04", "2078-01-01"), calendar="hijri"),
    lambda: anniversaries.placebo_test(["2020-05-05"], "1910-01-03", calendar="hijri"),
    lambda: anniversaries.confirmatory_test(["2080-01-03"], years=[2080], calendar="hijri"),
])  # fmt: skip
def test_days_beyond_the_hijri_calendar_name_its_range(call):
    message = r"\d{4}-\d\d-\d\d lies outside the Hijri calendar, which is known from 1924-08-01 to 2077-11-16"
    with pytest.raises(ValueError, match=message):
        call()


def test_the_first_and_the_last_day_that_are_known():
    known = [days.as_hijri(pd.Timestamp(day)).isoformat() for day in ("1924-08-01", "2077-11-16")]
    assert known == ["1343-01-01", "1500-12-30"]


@pytest.mark.parametrize("calendar", ["julian", "Hijri", None, ["hijri"]])
def test_a_calendar_that_is_neither_is_refused(calendar):
    dates, asked = ["2021-01-03", "2021-06-01"], {"study_period": PERIOD, "calendar": calendar}
    calls = [
        lambda: days.days_either_side(calendar),
        lambda: days.anniversaries_between(2020, 2021, calendar=calendar),
        lambda: days.days_from_anniversary(dates, calendar=calendar),
        lambda: days.days_from_anniversary([], calendar=calendar),
        lambda: days.whole_blocks(PERIOD, calendar=calendar),
        lambda: anniversaries.placebo_test(dates, ["2021-01-03"], method="shift", **asked),
        lambda: anniversaries.by_year(dates, **asked),
        lambda: anniversaries.rate_limits(dates, **asked),
        lambda: anniversaries.smooth_test(dates, **asked),
        lambda: anniversaries.power(dates, **asked),
        lambda: anniversaries.confirmatory_test(dates, calendar=calendar),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"calendar is .*; choose from gregorian, hijri"):
            call()
