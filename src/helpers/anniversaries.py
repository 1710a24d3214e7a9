"""Days from an anniversary; placebo tests; rates.

A *block* is the 182 days either side of one anniversary. Folding the blocks onto one circle of 365 days gives every
day of the year the same exposure, so that every day can stand in for the anniversary as a *placebo*.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

SOLEIMANI = "2020-01-03"
HALF = 182
CIRCLE = 2 * HALF + 1
SIDES = {"around": (1, 1), "before": (1, 0), "after": (0, 1)}
METHODS = ("folded",)
WINDOWS = range(1, 46)


@dataclass(frozen=True)
class PlaceboTest:
    """What :func:`placebo_test` found.

    Attributes
    ----------
    p_value : float
        Global over the windows: share of rotations whose smallest window p is at most the observed one (min-p).
    p_value_ratio, p_value_z : float
        The same for the largest rate ratio and the largest z.
    table : DataFrame
        Indexed by ``window`` (days): ``observed`` incidents, ``expected`` at the rate of the remaining days,
        ``rate_ratio``, ``ci_low``, ``ci_high``, ``p_value``.
    placebos : ndarray of int, shape (365, n windows)
        Incidents in each window of each rotation; row 0 is the true anniversary.
    anniversaries : DatetimeIndex
        The anniversaries whose blocks lie wholly inside the study period.
    n_inside, n_outside : int
        Dates inside the blocks, and dates left out.
    """

    p_value: float
    p_value_ratio: float
    p_value_z: float
    table: pd.DataFrame
    placebos: np.ndarray
    anniversaries: pd.DatetimeIndex
    n_inside: int
    n_outside: int


def as_days(dates):
    """Dates as whole days without a time zone.

    Times of day are dropped; a time zone is dropped with its clock kept, since incidents are dated locally.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)

    Returns
    -------
    DatetimeIndex, shape (n,)

    Raises
    ------
    ValueError
        Where a date is missing or cannot be read.
    """
    days = pd.DatetimeIndex(pd.to_datetime(dates))
    if days.hasnans:
        raise ValueError(f"{int(days.isna().sum())} of {len(days)} dates are missing; drop them or give them a day")
    return days.tz_localize(None).normalize()


def anniversaries_between(first, last, anchor=SOLEIMANI):
    """The anchor's day in every calendar year from ``first`` to ``last``.

    An anchor on 29 February has its anniversary on 28 February in common years.

    >>> anniversaries_between(2021, 2022).strftime("%Y-%m-%d").tolist()
    ['2021-01-03', '2022-01-03']
    """
    anchor = pd.Timestamp(anchor).normalize()
    return pd.DatetimeIndex([anchor + pd.DateOffset(years=year - anchor.year) for year in range(first, last + 1)])


def days_from_anniversary(dates, anchor=SOLEIMANI):
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
        Where a date is missing.

    Examples
    --------
    >>> days_from_anniversary(["2021-12-31", "2022-01-13"]).tolist()
    [-3, 10]
    """
    days = as_days(dates)
    if not len(days):
        return np.array([], dtype=int)
    candidates = anniversaries_between(days.year.min() - 1, days.year.max() + 1, anchor)
    later = candidates.searchsorted(days)
    since = (days - candidates[later - 1]).days.to_numpy()
    until = (candidates[later] - days).days.to_numpy()
    return np.where(until <= since, -until, since)


def whole_blocks(study_period, anchor=SOLEIMANI):
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
    """
    first, last = (pd.Timestamp(day).normalize() for day in study_period)
    if first > last:
        raise ValueError(f"the study period ends ({last.date()}) before it begins ({first.date()})")
    dates = anniversaries_between(first.year, last.year, anchor)
    reach = pd.Timedelta(days=HALF)
    blocks = dates[(dates > pd.Timestamp(anchor)) & (dates - reach >= first) & (dates + reach <= last)]
    if blocks.empty:
        raise ValueError(
            f"no anniversary of {pd.Timestamp(anchor).date()} has {HALF} days either side inside the study period "
            f"{first.date()} to {last.date()}"
        )
    return blocks


def offsets_in_blocks(days, anniversaries):
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
    """
    block = np.clip(anniversaries.searchsorted(days - pd.Timedelta(days=HALF)), 0, len(anniversaries) - 1)
    offsets = (days - anniversaries[block]).days.to_numpy()
    inside = np.abs(offsets) <= HALF
    return offsets[inside], block[inside]


def rotations(counts, windows, side="around"):
    """Incidents in each window of each of the 365 rotations, by prefix sums.

    Parameters
    ----------
    counts : ndarray, shape (365,)
        Incidents by offset from the anniversary, offset 0 first, then 1, …, -1 last.
    windows : sequence of int, shape (w,)
        Days; both ends are included.
    side : {"around", "before", "after"}
        Before and after include the anniversary itself.

    Returns
    -------
    ndarray, shape (365, w)
        Row s counts around the day s days after the anniversary.
    """
    before, after = SIDES[side]
    windows = np.asarray(windows)
    sums = np.concatenate([[0], np.cumsum(np.tile(counts, 3))])
    centre = CIRCLE + np.arange(CIRCLE)[:, None]
    return sums[centre + after * windows + 1] - sums[centre - before * windows]


def placebo_test(
    dates, anchor=SOLEIMANI, windows=WINDOWS, study_period=None, method="folded", side="around", years=None
):
    """Do dates cluster around an anniversary more than around any other day of the year?

    Every anniversary whose block of 182 days either side lies wholly inside the study period is taken; the blocks are
    folded onto one circle of 365 days and rotated together by s = 0 … 364 days. The p-value of a window is the share
    of the 365 rotations with at least as many incidents in it as observed, the observed one included. It is exact
    under the null that every rotation is equally likely; bursts and slow drifts within a year do no harm, but a season
    shared by all years would count as clustering. Nearby rotations share bursts, so 365 placebos are fewer independent
    ones.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
        One per incident.
    anchor : date
        The event whose anniversaries are tested. The event's own day never is.
    windows : sequence of int
        Days either side, from 0 to 181; both ends are included.
    study_period : pair of dates, optional
        First and last day observed; by default the first and the last of the dates.
    method : {"folded"}
        How placebos are made.
    side : {"around", "before", "after"}
        Before and after include the anniversary itself.
    years : sequence of int, optional
        Use only the anniversaries of these years.

    Returns
    -------
    PlaceboTest

    Raises
    ------
    ValueError
        For no or missing dates, windows out of range, an unknown method or side, or no whole block in the period.

    Notes
    -----
    The rate ratio is the rate inside the window over the rate on the remaining days of the blocks; its 95% interval
    holds the ratios that the same placebos do not reject when the incidents of the window are weighted by the inverse
    of the ratio. Where no incident or every incident lies in the window, weighting tells nothing and the interval is
    0 to infinity. The min-p global
    test is that of Westfall and Young (1993), *Resampling-Based Multiple Testing*.

    Examples
    --------
    >>> dates = ["2021-01-03", "2022-01-04", "2022-01-02", "2023-01-03", "2021-06-01", "2022-09-09"]
    >>> test = placebo_test(dates, study_period=("2020-01-04", "2023-09-30"), windows=[1])
    >>> test.table.loc[1, ["observed", "p_value"]].round(4).tolist()
    [4.0, 0.0027]
    """
    windows = _checked_windows(windows)
    _check_choice("method", method, METHODS)
    _check_choice("side", side, SIDES)
    days = as_days(dates)
    if not len(days):
        raise ValueError("there are no dates to test")
    blocks = whole_blocks(study_period or (days.min(), days.max()), anchor)
    blocks = blocks if years is None else blocks[blocks.year.isin(list(years))]
    if blocks.empty:
        raise ValueError(f"no whole block for the years {sorted(years)}")
    offsets, _ = offsets_in_blocks(days, blocks)
    if not len(offsets):
        raise ValueError(
            f"no date lies within {HALF} days of the anniversaries {', '.join(blocks.strftime('%Y-%m-%d'))}"
        )
    counts = np.bincount(offsets % CIRCLE, minlength=CIRCLE)
    placebos = rotations(counts, windows, side)
    table = pd.DataFrame(
        {
            "observed": placebos[0],
            **_rates(placebos[0], len(offsets), _window_days(windows, side)),
            **_intervals(counts, placebos, windows, side),
            "p_value": _window_p_values(placebos)[0],
        },
        index=pd.Index(windows, name="window"),
    )
    return PlaceboTest(*_global_p_values(placebos, len(offsets), windows, side), table, placebos, blocks,
                       len(offsets), len(days) - len(offsets))  # fmt: skip


def _checked_windows(windows):
    windows = np.atleast_1d(np.asarray(windows))
    if not len(windows) or windows.dtype.kind not in "iu" or windows.min() < 0 or windows.max() >= HALF:
        raise ValueError(f"windows must be whole days from 0 to {HALF - 1}, not {windows.tolist()}")
    return windows


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; choose from {', '.join(choices)}")


def _window_days(windows, side):
    return sum(SIDES[side]) * windows + 1


def _rates(inside, total, window_days):
    """Expected incidents at the rate of the remaining days, and the ratio of the two rates."""
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (total - inside) / (CIRCLE - window_days) * window_days
        return {"expected": expected, "rate_ratio": np.where(inside > 0, inside / expected, 0.0)}


def _window_p_values(placebos):
    """Share of rotations with at least as many incidents, for every rotation and window; shape as ``placebos``."""
    at_least = [CIRCLE - np.searchsorted(np.sort(column), column) for column in placebos.T]
    return np.column_stack(at_least) / CIRCLE


def _global_p_values(placebos, total, windows, side):
    """p-values of the smallest window p, the largest rate ratio and the largest z."""
    spread = placebos.std(axis=0)
    z = (placebos - placebos.mean(axis=0)) / np.where(spread > 0, spread, 1)
    statistics = (
        -_window_p_values(placebos).min(axis=1),
        _rates(placebos, total, _window_days(windows, side))["rate_ratio"].max(axis=1),
        z.max(axis=1),
    )
    return tuple(float(np.mean(statistic >= statistic[0])) for statistic in statistics)


def _intervals(counts, placebos, windows, side, level=0.95):
    """Rate ratios that the placebos do not reject.

    With the window's incidents weighted by 1 / ratio, rotation s has ``shared / ratio + other`` incidents and the
    anniversary ``observed / ratio``: the two are equal at the ratio (observed - shared) / other. The interval cuts
    the tails of these 365 ratios; rotations that tie at every ratio stand in both tails.
    """
    n_cut = int(np.floor(CIRCLE * (1 - level) / 2 + 1e-9))
    offsets = np.where(np.arange(CIRCLE) > HALF, np.arange(CIRCLE) - CIRCLE, np.arange(CIRCLE))
    before, after = SIDES[side]
    low, high = [], []
    for window, column in zip(windows, placebos.T, strict=True):
        in_window = (offsets >= -before * window) & (offsets <= after * window)
        shared = rotations(counts * in_window, [window], side)[:, 0]
        missing, other = column[0] - shared, column - shared
        with np.errstate(divide="ignore", invalid="ignore"):
            equal_at = np.where(other > 0, missing / other, np.inf)
        always = (other == 0) & (missing == 0)
        tells = 0 < column[0] < counts.sum()
        low.append(np.sort(np.where(always, 0, equal_at))[n_cut] if tells else 0)
        high.append(np.sort(equal_at)[::-1][n_cut] if tells else np.inf)
    return {"ci_low": low, "ci_high": high}


def by_year(dates, window=14, anchor=SOLEIMANI, study_period=None, side="around"):
    """The placebo test of each anniversary apart, of all together, and of all but each.

    Parameters
    ----------
    dates, anchor, study_period, side
        As for :func:`placebo_test`.
    window : int
        Days either side of the anniversary, one of 1-45.

    Returns
    -------
    DataFrame
        Indexed by ``anniversaries`` (``all``, each year, ``without`` each year): ``n`` incidents in the blocks,
        ``observed``, ``expected``, ``rate_ratio``, ``ci_low``, ``ci_high`` and ``p_value`` of the window;
        ``global_p_value`` over windows 1-45, and ``global_p_ratio`` and ``global_p_z`` of the two other statistics.
    """
    if window not in WINDOWS:
        raise ValueError(f"window must be a whole number of days from {WINDOWS[0]} to {WINDOWS[-1]}, not {window}")
    days = as_days(dates)
    study_period = study_period or (days.min(), days.max())
    years = whole_blocks(study_period, anchor).year.tolist()
    rows = {"all": years, **{str(year): [year] for year in years}}
    if len(years) > 1:
        rows |= {f"without {year}": [other for other in years if other != year] for year in years}
    table = pd.DataFrame(
        {name: _year_row(days, window, anchor, study_period, side, chosen) for name, chosen in rows.items()}
    ).T
    return table.astype({"n": int, "observed": int}).rename_axis("anniversaries")


def _year_row(days, window, anchor, study_period, side, years):
    """One row of :func:`by_year`; blocks without any incident have no rate ratio and no p-value below 1."""
    blocks = whole_blocks(study_period, anchor)
    offsets, _ = offsets_in_blocks(days, blocks[blocks.year.isin(years)])
    if not len(offsets):
        empty = {"n": 0, "observed": 0, "expected": 0.0, "rate_ratio": np.nan, "ci_low": 0.0, "ci_high": np.inf}
        return {**empty, "p_value": 1.0, "global_p_value": 1.0, "global_p_ratio": 1.0, "global_p_z": 1.0}
    test = placebo_test(days, anchor, WINDOWS, study_period, side=side, years=years)
    return {
        "n": test.n_inside,
        **test.table.loc[window],
        "global_p_value": test.p_value,
        "global_p_ratio": test.p_value_ratio,
        "global_p_z": test.p_value_z,
    }
