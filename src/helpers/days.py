"""Days, anchors and periods as they are given, anniversaries, and the blocks of days around them."""

import datetime
from collections.abc import Sequence

import numpy as np
import pandas as pd
from hijridate import Gregorian, Hijri, ummalqura

from . import tables

Day = str | datetime.date | pd.Timestamp
Period = tuple[Day, Day]
Dates = Sequence[Day] | pd.Series | pd.DatetimeIndex | np.ndarray

SOLEIMANI = "2020-01-03"
HALF = 182
CIRCLE = 2 * HALF + 1
# Days of a block either side of an anniversary, by calendar. Two anniversaries lie at least 365 days apart and, by the
# lunar year, 353, since a year from the middle of one to the middle of the next can be a day shorter than 354.
_HALVES = {"gregorian": HALF, "hijri": 176}
_WHOLE_DAYS = f"whole days of the years {tables.YEARS[0]} to {tables.YEARS[-1]}, such as {SOLEIMANI}"


def as_days(dates: Dates) -> pd.DatetimeIndex:
    """Dates as whole days without a time zone.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
        Text as in ISO 8601: a whole day, with or without a time of day. Of a time with a zone, the day by its own clock
        is kept, so that a time in UTC keeps the UTC day.

    Returns
    -------
    DatetimeIndex, shape (n,)

    Raises
    ------
    ValueError
        Where a date is missing, is a number, a year or a month, cannot be read, or lies outside the years 1900 to 2100.

    Examples
    --------
    >>> as_days(["2022-01-03T23:30+03:00", "2022-01-04"]).strftime("%Y-%m-%d").tolist()
    ['2022-01-03', '2022-01-04']
    """
    if isinstance(dates, set | dict | pd.DataFrame) or np.ndim(dates) != 1:
        raise ValueError(f"dates must be one list or column of {_WHOLE_DAYS}")
    # pandas would make a day of numpy's years and months.
    kinds = [dates.dtype] if hasattr(dates, "dtype") else [date.dtype for date in dates if isinstance(date, np.generic)]
    numpys = [kind for kind in kinds if isinstance(kind, np.dtype) and kind.kind == "M"]
    if any(np.datetime_data(kind)[0] in tables.LONGER_THAN_DAYS for kind in numpys):
        raise ValueError(f"dates must be {_WHOLE_DAYS}, not years, months or weeks")
    dates = pd.Series(dates)
    days = tables.read_days(dates)
    wrong = dates[days.isna() & dates.notna()]
    if len(wrong):
        examples = [repr(str(date)) for date in wrong.unique()[:3]]
        raise ValueError(f"dates must be {_WHOLE_DAYS}; {len(wrong)} cannot be read: {', '.join(examples)}")
    if days.hasnans:
        raise ValueError(f"{int(days.isna().sum())} of {len(days)} dates are missing; drop them or give them a day")
    return days


def as_anchor(anchor: Day, name: str = "the anchor") -> pd.Timestamp:
    """An anchor as a day without a time zone.

    Parameters
    ----------
    anchor : date
        As for :func:`as_days`.
    name : str
        For the message.

    Returns
    -------
    Timestamp

    Raises
    ------
    ValueError
        Where it is no whole day of the years 1900 to 2100.

    Examples
    --------
    >>> as_anchor("2020-01-03T01:00")
    Timestamp('2020-01-03 00:00:00')
    """
    day = tables.read_day(anchor)
    if day is None:
        raise ValueError(f"{name} must be one of the {_WHOLE_DAYS}, not {anchor}")
    return pd.Timestamp(day)


def as_period(study_period: Period) -> tuple[pd.Timestamp, pd.Timestamp]:
    """First and last day of a study period.

    Parameters
    ----------
    study_period : pair of dates

    Returns
    -------
    tuple of Timestamp

    Raises
    ------
    ValueError
        Where it is no pair of days, or ends before it begins.

    Examples
    --------
    >>> as_period(("2021-01-01", "2020-01-01"))
    Traceback (most recent call last):
    ValueError: the study period ends (2020-01-01) before it begins (2021-01-01)
    """
    if isinstance(study_period, str) or not np.iterable(study_period) or len(study_period) != 2:
        raise ValueError(f"the study period must be two days, its first and its last, not {study_period!r}")
    first, last = (as_anchor(day, "an end of the study period") for day in study_period)
    if first > last:
        raise ValueError(f"the study period ends ({last.date()}) before it begins ({first.date()})")
    return first, last


def as_hijri(day: pd.Timestamp) -> Hijri:
    """A day in the Hijri calendar, as computed for Umm al-Qura.

    Parameters
    ----------
    day : Timestamp

    Returns
    -------
    hijridate.Hijri

    Raises
    ------
    ValueError
        For a day outside 1 August 1924 to 16 November 2077, which are all that the calendar is known for.

    Examples
    --------
    >>> as_hijri(pd.Timestamp("2020-01-03"))
    Hijri(1441, 5, 8)
    """
    try:
        return Gregorian.fromdate(day).to_hijri()
    except OverflowError:
        known = " to ".join(f"{datetime.date(*end)}" for end in ummalqura.GREGORIAN_RANGE)
        raise ValueError(f"{day.date()} lies outside the Hijri calendar, which is known from {known}") from None


def day_numbers(days: pd.DatetimeIndex) -> np.ndarray:
    """Days as whole numbers, counted from 1970.

    Parameters
    ----------
    days : DatetimeIndex

    Returns
    -------
    ndarray of int

    Examples
    --------
    >>> day_numbers(as_days(["1970-01-01", "1970-02-01"])).tolist()
    [0, 31]
    """
    return days.to_numpy().astype("M8[D]").astype(np.int64)


def days_either_side(calendar: str) -> int:
    """Days of a block either side of an anniversary.

    Parameters
    ----------
    calendar : {"gregorian", "hijri"}

    Returns
    -------
    int
        182 or 176, so that the blocks of two anniversaries never overlap.

    Raises
    ------
    ValueError
        For any other calendar.

    Examples
    --------
    >>> days_either_side("gregorian"), days_either_side("hijri")
    (182, 176)
    """
    tables.check_choice("calendar", [calendar], list(_HALVES))
    return _HALVES[calendar]


def anniversaries_between(
    first: int, last: int, anchor: Day = SOLEIMANI, calendar: str = "gregorian"
) -> pd.DatetimeIndex:
    """The anniversaries of the anchor in the years from ``first`` to ``last``.

    Parameters
    ----------
    first, last : int
        Years of the Gregorian calendar, both included.
    anchor : date
        29 February has its anniversary on 28 February in common years. A thirtieth day that a lunar month lacks is
        refused, since the calendar does not say on which day it is kept.
    calendar : {"gregorian", "hijri"}
        By which the anchor's month and day are kept. ``hijri`` is the Umm al-Qura calendar; where months begin with a
        sighting of the moon, the day kept can be a day or two off. A lunar year has 354 or 355 days, so that about once
        in 33 years one year holds two anniversaries.

    Returns
    -------
    DatetimeIndex

    Raises
    ------
    ValueError
        For another calendar, and by ``hijri`` for a day that a year lacks, and for an anchor or a year not wholly
        within 1 August 1924 to 16 November 2077.

    Examples
    --------
    >>> anniversaries_between(2021, 2022).strftime("%Y-%m-%d").tolist()
    ['2021-01-03', '2022-01-03']
    >>> anniversaries_between(2021, 2022, calendar="hijri").strftime("%Y-%m-%d").tolist()
    ['2021-12-12', '2022-12-02']
    """
    days_either_side(calendar)
    anchor = as_anchor(anchor)
    if calendar == "hijri":
        return _lunar_anniversaries(first, last, anchor)
    months = 12 * np.arange(first - 1970, last - 1969) + anchor.month - 1
    begins, ends = (number.astype("M8[M]").astype("M8[D]").astype(np.int64) for number in (months, months + 1))
    return pd.DatetimeIndex(np.minimum(begins + anchor.day, ends).astype("M8[D]") - np.timedelta64(1, "D"))


def _lunar_anniversaries(first, last, anchor):
    """The anniversaries by the Hijri calendar that lie in years of the Gregorian one."""
    _, month, day = as_hijri(anchor).datetuple()
    years = range(as_hijri(pd.Timestamp(first, 1, 1)).year, as_hijri(pd.Timestamp(last, 12, 31)).year + 1)
    months = [Hijri(year, month, 1) for year in years]
    # The day is counted from the month's first, since the month may begin in another Gregorian year, or lack the day.
    reach = datetime.timedelta(days=day - 1)
    months = [one for one in months if first <= (one.to_gregorian() + reach).year <= last]
    if lacking := [f"{one.year} ({one.month_length()} days)" for one in months if day > one.month_length()]:
        name = f"{day} {months[0].month_name()}"
        raise ValueError(f"no {name} in {', '.join(lacking)}; choose an anchor of another day of the month")
    days = [Hijri(one.year, month, day).to_gregorian() for one in months]
    return pd.DatetimeIndex(days)


def days_from_anniversary(dates: Dates, anchor: Day = SOLEIMANI, calendar: str = "gregorian") -> np.ndarray:
    """Signed days to the nearest anniversary of the anchor, in whichever year.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
    anchor : date
        Its month and day make the anniversary.
    calendar : {"gregorian", "hijri"}
        As for :func:`anniversaries_between`; also years next to those of the dates must be known.

    Returns
    -------
    ndarray of int, shape (n,)
        Negative before the anniversary; a date as far from two anniversaries counts as before the later one.

    Raises
    ------
    ValueError
        As :func:`as_days` and :func:`anniversaries_between` do.

    Examples
    --------
    >>> days_from_anniversary(["2021-12-31", "2022-01-13"]).tolist()
    [-3, 10]
    >>> days_from_anniversary(["2021-12-31"], calendar="hijri").tolist()
    [19]
    """
    days = as_days(dates)
    days_either_side(calendar)
    if not len(days):
        return np.array([], dtype=int)
    numbers = day_numbers(days)
    candidates = day_numbers(anniversaries_between(days.year.min() - 1, days.year.max() + 1, anchor, calendar))
    later = candidates.searchsorted(numbers)
    since, until = numbers - candidates[later - 1], candidates[later] - numbers
    return np.where(until <= since, -until, since)


def whole_blocks(study_period: Period, anchor: Day = SOLEIMANI, calendar: str = "gregorian") -> pd.DatetimeIndex:
    """The anniversaries after the anchor whose blocks lie wholly inside the study period.

    Parameters
    ----------
    study_period : pair of dates
        First and last day, both included.
    anchor, calendar
        As for :func:`anniversaries_between`.

    Returns
    -------
    DatetimeIndex

    Raises
    ------
    ValueError
        Where there is none, the period is reversed, and as :func:`anniversaries_between`.

    Examples
    --------
    >>> whole_blocks(("2020-01-04", "2023-09-30")).year.tolist()
    [2021, 2022, 2023]
    """
    (first, last), anchor, half = as_period(study_period), as_anchor(anchor), days_either_side(calendar)
    days, reach = anniversaries_between(first.year, last.year, anchor, calendar), pd.Timedelta(days=half)
    blocks = days[(days > anchor) & (days >= first + reach) & (days <= last - reach)]
    if blocks.empty:
        raise ValueError(
            f"no anniversary of {anchor.date()} has {half} days either side inside the study period "
            f"{first.date()} to {last.date()}"
        )
    return blocks


def offsets_in_blocks(
    days: pd.DatetimeIndex, anniversaries: pd.DatetimeIndex, half: int = HALF
) -> tuple[np.ndarray, np.ndarray]:
    """Days from the anniversary whose block each date lies in; dates in no block are left out.

    Parameters
    ----------
    days : DatetimeIndex, shape (n,)
    anniversaries : DatetimeIndex
        At least as many days apart as a block has.
    half : int
        Days of a block either side, as :func:`days_either_side` gives them.

    Returns
    -------
    offsets : ndarray of int, shape (m,)
        From -182 to 182, or of lunar years from -176 to 176. Where a year is longer than a block, as one of 366 days
        is, the days between two blocks lie in neither.
    block : ndarray of int, shape (m,)
        Which anniversary.

    Examples
    --------
    >>> offsets, block = offsets_in_blocks(as_days(["2021-01-05", "2022-01-01"]), anniversaries_between(2021, 2022))
    >>> offsets.tolist(), block.tolist()
    ([2, -2], [0, 1])
    """
    numbers, centres = day_numbers(days), day_numbers(anniversaries)
    block = np.clip(centres.searchsorted(numbers - half), 0, len(centres) - 1)
    offsets = numbers - centres[block]
    inside = np.abs(offsets) <= half
    return offsets[inside], block[inside]
