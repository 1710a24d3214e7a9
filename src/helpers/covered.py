"""The placebo test on covered days alone: rates where an archive did not cover every month alike."""

import re
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from .days import CIRCLE, HALF, SOLEIMANI, Dates, Day, Period, as_days, offsets_in_blocks, whole_blocks


def covered_test(
    dates: Dates,
    months: Collection[str],
    anchor: Day = SOLEIMANI,
    windows: Sequence[int] = range(1, 46),
    study_period: Period | None = None,
) -> pd.DataFrame:
    """Do dates cluster around an anniversary, per covered day?

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
    months : collection of str
        Those that are covered, as ``2022-01``. Incidents and days of any other month are left out.
    anchor, windows, study_period
        As for :func:`helpers.anniversaries.placebo_test`.

    Returns
    -------
    DataFrame
        Indexed by ``window``: ``n`` incidents on covered days, ``observed`` in the window, ``expected`` at the rate of
        the remaining covered days, ``rate_ratio``, ``p_value``: the share of rotations whose ratio is at least as
        large, and ``global_p_value`` over the windows (min-p).

    Raises
    ------
    ValueError
        For no dates, windows that are no whole days from 0 to 181, months that are none, where no block is whole, or no
        incident or no day near an anniversary is covered.

    Notes
    -----
    Blocks are folded and rotated as for :func:`helpers.anniversaries.placebo_test`, but rotations differ in the days
    that they cover, so the test is a sensitivity analysis and not exact.

    Examples
    --------
    >>> dates = ["2021-01-03", "2021-01-05", "2021-06-01", "2020-09-09", "2021-03-02"]
    >>> months = pd.period_range("2020-09", "2021-05", freq="M").astype("str")
    >>> covered_test(dates, months, study_period=("2020-01-04", "2021-12-31")).loc[14, ["n", "observed"]].tolist()
    [4, 2]
    """
    days, windows, months = as_days(dates), _check_windows(windows), _check_months(months)
    if not len(days):
        raise ValueError("there are no dates to test")
    blocks = whole_blocks((days.min(), days.max()) if study_period is None else study_period, anchor)
    reach = pd.to_timedelta(np.arange(-HALF, HALF + 1), unit="D")
    exposure = sum(np.isin((day + reach).strftime("%Y-%m"), months).astype(int) for day in blocks)
    offsets, _ = offsets_in_blocks(days[days.strftime("%Y-%m").isin(months)], blocks)
    incidents = np.bincount(offsets + HALF, minlength=CIRCLE)
    inside, covered = (_sum_near(values, windows) for values in (incidents, exposure))
    if not len(offsets) or not covered[0].all():
        raise ValueError("no incident, or no day near the anniversary, lies in a covered month")
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (len(offsets) - inside) / (exposure.sum() - covered) * covered
        ratio = np.where(inside > 0, inside / expected, 0.0)
    p_values = (ratio[None] >= ratio[:, None] - 1e-9).mean(axis=1)
    smallest = p_values.min(axis=1)
    table = {
        "n": len(offsets),
        "observed": inside[0],
        "expected": expected[0],
        "rate_ratio": ratio[0],
        "p_value": p_values[0],
        "global_p_value": float((smallest <= smallest[0] + 1e-9).mean()),
    }
    return pd.DataFrame(table, index=pd.Index(windows, name="window"))


def _check_windows(windows):
    windows = list(np.atleast_1d(windows))
    if not windows or not all(isinstance(window, int | np.integer) and 0 <= window < HALF for window in windows):
        raise ValueError(f"windows must be whole days from 0 to {HALF - 1}, not {windows}")
    return windows


def _check_months(months):
    named = [] if isinstance(months, str) or not np.iterable(months) else [str(month) for month in months]
    if wrong := [month for month in named if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month)] or not named:
        listed = ", ".join(map(repr, wrong[:3])) if named else repr(months)
        raise ValueError(f"months must be a list such as ['2022-01', '2022-02']; {listed} is none")
    return named


def _sum_near(values, windows):
    """Sums within each window of the middle of a circle, shape (rotations, windows)."""
    place = np.arange(CIRCLE)
    turned = values[(place + place[:, None]) % CIRCLE]
    return turned @ (np.abs(place - HALF)[:, None] <= np.array(windows)).astype(int)
