"""Days, anchors and periods as they are given, anniversaries, and the blocks of days around them."""

import datetime
from collections.abc import Sequence

import numpy as np
import pandas as pd

from . import tables

Day = str | datetime.date | pd.Timestamp
Period = tuple[Day, Day]
Dates = Sequence[Day] | pd.Series | pd.DatetimeIndex | np.ndarray

SOLEIMANI = "2020-01-03"
HALF = 182
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


def anniversaries_between(first: int, last: int, anchor: Day = SOLEIMANI) -> pd.DatetimeIndex:
    """The anchor's day in every calendar year from ``first`` to ``last``.

    Parameters
    ----------
    first, last : int
        Years, both included.
    anchor : date
        29 February has its anniversary on 28 February in common years.

    Returns
    -------
    DatetimeIndex

    Examples
    --------
    >>> anniversaries_between(2021, 2022).strftime("%Y-%m-%d").tolist()
    ['2021-01-03', '2022-01-03']
    """
    anchor = as_anchor(anchor)
    month = np.arange(first - 1970, last - 1969).astype("M8[Y]").astype("M8[M]") + (anchor.month - 1)
    last_day = (month + 1).astype("M8[D]") - 1
    return pd.DatetimeIndex(np.minimum(month.astype("M8[D]") + (anchor.day - 1), last_day))


def days_from_anniversary(dates: Dates, anchor: Day = SOLEIMANI) -> np.ndarray:
    """Signed days to the nearest anniversary of the anchor, in whichever year.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
    anchor : date
        Its month and day make the anniversary.

    Returns
    -------
    ndarray of int, shape (n,)
        Negative before the anniversary; a date as far from two anniversaries counts as before the later one.

    Raises
    ------
    ValueError
        As :func:`as_days` and :func:`as_anchor` do.

    Examples
    --------
    >>> days_from_anniversary(["2021-12-31", "2022-01-13"]).tolist()
    [-3, 10]
    """
    days = as_days(dates)
    if not len(days):
        return np.array([], dtype=int)
    numbers = day_numbers(days)
    candidates = day_numbers(anniversaries_between(days.year.min() - 1, days.year.max() + 1, anchor))
    later = candidates.searchsorted(numbers)
    since, until = numbers - candidates[later - 1], candidates[later] - numbers
    return np.where(until <= since, -until, since)


def whole_blocks(study_period: Period, anchor: Day = SOLEIMANI) -> pd.DatetimeIndex:
    """The anniversaries after the anchor whose blocks lie wholly inside the study period.

    Parameters
    ----------
    study_period : pair of dates
        First and last day, both included.
    anchor : date

    Returns
    -------
    DatetimeIndex

    Raises
    ------
    ValueError
        Where there is none, or the period is reversed.

    Examples
    --------
    >>> whole_blocks(("2020-01-04", "2023-09-30")).year.tolist()
    [2021, 2022, 2023]
    """
    (first, last), anchor, reach = as_period(study_period), as_anchor(anchor), pd.Timedelta(days=HALF)
    days = anniversaries_between(first.year, last.year, anchor)
    blocks = days[(days > anchor) & (days >= first + reach) & (days <= last - reach)]
    if blocks.empty:
        raise ValueError(
            f"no anniversary of {anchor.date()} has {HALF} days either side inside the study period "
            f"{first.date()} to {last.date()}"
        )
    return blocks


def offsets_in_blocks(days: pd.DatetimeIndex, anniversaries: pd.DatetimeIndex) -> tuple[np.ndarray, np.ndarray]:
    """Days from the anniversary whose block each date lies in; dates in no block are left out.

    Parameters
    ----------
    days : DatetimeIndex, shape (n,)
    anniversaries : DatetimeIndex
        At least 365 days apart.

    Returns
    -------
    offsets : ndarray of int, shape (m,)
        From -182 to 182. In a year of 366 days one day lies between two blocks and so in neither.
    block : ndarray of int, shape (m,)
        Which anniversary.

    Examples
    --------
    >>> offsets, block = offsets_in_blocks(as_days(["2021-01-05", "2022-01-01"]), anniversaries_between(2021, 2022))
    >>> offsets.tolist(), block.tolist()
    ([2, -2], [0, 1])
    """
    numbers, centres = day_numbers(days), day_numbers(anniversaries)
    block = np.clip(centres.searchsorted(numbers - HALF), 0, len(centres) - 1)
    offsets = numbers - centres[block]
    inside = np.abs(offsets) <= HALF
    return offsets[inside], block[inside]
