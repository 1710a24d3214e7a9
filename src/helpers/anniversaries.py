"""Days from an anniversary, and placebo tests.

A *block* is the 182 days either side of one anniversary. Folding the blocks onto one circle of 365 days gives every
day of the year the same exposure, so that every day can stand in for the anniversary as a *placebo*. Of anniversaries
by the lunar year (``calendar="hijri"``) a block is 176 days either side, and the circle has 353.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from numbers import Integral

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from scipy import special, stats
from scipy.optimize import elementwise

from . import tables

# Also the names that callers take from here: days, and the test of the analysis plan.
from .confirmatory import confirmatory_test as confirmatory_test
from .days import CIRCLE as CIRCLE
from .days import HALF as HALF
from .days import (
    SOLEIMANI,
    Dates,
    Day,
    Period,
    as_days,
    as_period,
    days_either_side,
    offsets_in_blocks,
    whole_blocks,
)
from .days import anniversaries_between as anniversaries_between
from .days import as_anchor as as_anchor
from .days import days_from_anniversary as days_from_anniversary

METHODS = ("folded", "shift", "independent")
WINDOWS = range(1, 46)
_SIDES = {"around": (True, True), "before": (True, False), "after": (False, True)}
_ENUMERATED_BLOCKS = 3
_N_DRAWS = 9999
_SEED = 20200103
_ALPHA = 0.05
RATIOS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_FADING_DAYS = 10  # of the smooth test
# Rate limits: placebos at least so far away serve wide windows too; a dispersion just above 1 stands for none; above so
# many incidents the logarithm of a ratio is normal; and it is sought within bounds.
_FARTHEST, _LEAST_EXCESS, _MANY, _LOG_BOUND = 120, 1e-6, 2_000, 12.0


@dataclass(frozen=True)
class PlaceboTest:
    """The result of :func:`placebo_test`.

    Attributes
    ----------
    p_value : float
        Global over the windows: share of placebos whose smallest window p is at most the observed one (min-p).
    p_value_ratio, p_value_z : float
        The same for the largest rate ratio and the largest z.
    table : DataFrame
        Indexed by ``window`` (days): ``observed`` incidents, ``expected`` at the rate of the remaining days,
        ``rate_ratio``, ``ci_low``, ``ci_high`` (placebos inverted), ``p_value``; beside them the naive interval
        ``poisson_low``, ``poisson_high``, and the ``dispersion`` that makes it too narrow.
    placebos : ndarray of int, shape (n placebos, n windows)
        Incidents in each window of each placebo; row 0 is the truth. A sample where the method is ``independent``.
    anniversaries : DatetimeIndex
        The days that were tested.
    n_inside, n_outside : int
        Dates that could count, and dates left out.
    exact : bool
        Whether the global p-values are enumerated; if not, they rest on 9,999 draws with a fixed seed.
    left_out : dict of str
        Listed anchors and years that were asked for and are not tested, each with the reason; empty where all are.
    """

    p_value: float
    p_value_ratio: float
    p_value_z: float
    table: pd.DataFrame
    placebos: np.ndarray
    anniversaries: pd.DatetimeIndex
    n_inside: int
    n_outside: int
    exact: bool
    left_out: dict[str, str]

    def row(self, window: int) -> dict[str, float]:
        """One window's row of the table, with ``n`` and the three global p-values."""
        p_values = {"global_p_value": self.p_value, "global_p_ratio": self.p_value_ratio, "global_p_z": self.p_value_z}
        return {"n": self.n_inside, **self.table.loc[window], **p_values}


def _window_masks(circle, centres, windows, side="around", wrap=True):
    """Days of a circle within each window of any centre, shape (windows, circle); unwrapped, the ends do not meet."""
    before, after = _SIDES[side]
    apart = np.arange(circle) - np.asarray(centres)[:, None]
    apart = (apart + circle // 2) % circle - circle // 2 if wrap else apart
    on_side = (apart == 0) | ((apart < 0) & before) | ((apart > 0) & after)
    nearest = np.where(on_side, np.abs(apart), circle).min(axis=0)
    return nearest <= np.asarray(windows)[:, None]


def _mask_runs(masks):
    """Where each mask's first run of days begins and ends, then its second …; empty where it has no more."""
    # A run that crosses the end of the circle ends beyond it. No mask is empty or covers every day.
    circle, runs = masks.shape[1], []
    day_before = np.concatenate([masks[:, -1:], masks[:, :-1]], axis=1)
    row, day = (masks ^ day_before).nonzero()
    # The edges of a mask are by turns the beginning and the end of a run; where the last day is in the mask, an end
    # comes first.
    n_edges, crossing = np.bincount(row, minlength=len(masks)), masks[:, -1]
    first = np.cumsum(n_edges) - n_edges
    for edge in range(0, n_edges.max(), 2):
        there = edge < n_edges
        start = day[first + np.where(there, edge + crossing, 0)]
        stop = day[first + np.where(there, (edge + 1 + crossing) % n_edges, 0)]
        runs.append((np.where(there, start, 0), np.where(there, stop + circle * (stop <= start), 0)))
    return runs


def _rotate(counts, runs):
    """Incidents under each mask, by prefix sums: row s has the masks moved s days on. Counts may differ by mask."""
    circle, rows = counts.shape[-1], np.arange(len(runs[0][0]))
    sums = np.zeros((*counts.shape[:-1], 3 * circle + 1), dtype=np.int32)
    np.cumsum(np.concatenate([counts] * 3, axis=-1), axis=-1, out=sums[..., 1:])
    turned = np.broadcast_to(sliding_window_view(sums, circle, axis=-1), (len(rows), 2 * circle + 2, circle))
    return sum(turned[rows, stops] - turned[rows, starts] for starts, stops in runs).T


def placebo_test(
    dates: Dates,
    anchor: Day | Sequence[Day] = SOLEIMANI,
    windows: Sequence[int] = WINDOWS,
    study_period: Period | None = None,
    method: str = "folded",
    side: str = "around",
    years: int | Sequence[int] | None = None,
    intervals: bool = True,
    calendar: str = "gregorian",
) -> PlaceboTest:
    """Do dates cluster around an anniversary more than around any other day?

    The p-value of a window is the share of placebos with at least as many incidents in it as observed, the observed
    one included. Three ways to make placebos:

    ``folded`` (the headline)
        Every anniversary whose block of 182 days either side lies wholly inside the period; the blocks are folded onto
        one circle of 365 days and rotated together. Exact where every rotation is equally likely under the null.
    ``shift``
        The whole series is rotated over the period. Bursts and drifts move as they are, but a trend is broken where
        the end of the period meets its beginning.
    ``independent``
        Each block is rotated by its own number of days: p-values of a window by convolution, global ones by enumeration
        of up to three blocks, by draws beyond. Supposes that years are independent.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
        One per incident.
    anchor : date or list of dates
        The event whose anniversaries are tested; the event's own day never is. Of a list the very days are tested, not
        their anniversaries; those outside the period are left out, and said to be.
    windows : sequence of int
        Days either side, from 0 to 181, or by the lunar year to 175; both ends are included.
    study_period : pair of dates, optional
        First and last day observed; by default the first and the last of the dates.
    method : {"folded", "shift", "independent"}
    side : {"around", "before", "after"}
        Before and after include the day itself.
    years : int or sequence of int, optional
        Test only the days of these years. One without a day to test is left out, and said to be.
    intervals : bool
        Without them the table has no intervals: simulations need none, and these take most of the time.
    calendar : {"gregorian", "hijri"}
        By which the anniversaries are kept, see :func:`anniversaries_between`. By ``hijri``, blocks have 176 days
        either side and the circle 353. Of a list of anchors it sets the length of the blocks alone.

    Returns
    -------
    PlaceboTest

    Raises
    ------
    ValueError
        For no or missing dates, windows out of range, an unknown method, side or calendar, years that are no whole
        numbers, no whole block in the period, no listed anchor in it, listed anchors too close for blocks, or days
        beyond the Hijri calendar's range.

    See Also
    --------
    by_year : Each anniversary by itself, and all but each.

    Notes
    -----
    Bursts and drifts do not raise the level, but cost power; a season shared by all years can hide a cluster as well as
    pass for one.
    Nearby rotations share bursts, so 365 placebos are fewer independent ones.

    The 95% interval holds the ratios of the rate inside to the rate on the remaining days that the same placebos do not
    reject when the incidents of the window are weighted by the inverse of the ratio. Folded or shifted it holds 1
    unless the p-value of one side is at most 2.5%. At other ratios it is approximate: too wide above 1, and too narrow
    below (in simulations without bursts, 80% to 91% at ratios of 0.2 to 0.5). Where no incident or every incident lies
    in the window it is 0 to infinity.

    The naive interval is the exact conditional one of two Poisson rates (Przyborowski and Wilenski 1940), and
    ``dispersion`` the variance of the placebos over the one that it supposes. The min-p global test is that of Westfall
    and Young (1993), *Resampling-Based Multiple Testing*.

    Examples
    --------
    >>> dates = ["2021-01-03", "2022-01-04", "2022-01-02", "2023-01-03", "2021-06-01", "2022-09-09"]
    >>> test = placebo_test(dates, study_period=("2020-01-04", "2023-09-30"), windows=[1])
    >>> test.table.loc[1, ["observed", "p_value"]].round(4).tolist()
    [4.0, 0.0027]

    An event of 22 February 2006, 23 Muharram 1427, whose anniversaries are kept by the lunar year:

    >>> dates = ["2007-02-11", "2008-01-31", "2008-02-02", "2007-06-01", "2008-07-07"]
    >>> period = ("2006-02-23", "2008-12-31")
    >>> test = placebo_test(dates, "2006-02-22", [1], period, calendar="hijri")
    >>> test.anniversaries.strftime("%Y-%m-%d").tolist(), test.table.loc[1, ["observed", "p_value"]].round(4).tolist()
    (['2007-02-11', '2008-02-01'], [3.0, 0.0028])
    """
    asked = dates, anchor, windows, study_period, method, side, years, calendar
    windows, circles, (occasions, left_out), (masks, runs, shares) = _set_up(*asked)
    n_inside = int(sum(counts.sum() for counts in circles))
    parts = [_rotate(counts, runs) for counts in circles]
    sample = _draw(parts)
    rates = _rates(sample[0], n_inside, shares)
    own = _draw([_rotate(counts * masks, runs) for counts in circles]) if intervals else None
    p_values, p_global, variance = (_enumerate if len(parts) == 1 else _convolve)(parts, n_inside, shares)
    columns = {
        "observed": sample[0],
        **rates,
        **(_intervals(sample, own, n_inside, rates["rate_ratio"]) if intervals else {}),
        "p_value": p_values,
        **(_poisson_intervals(sample[0], n_inside, shares) if intervals else {}),
        "dispersion": variance / (n_inside * shares * (1 - shares)),
    }
    table = pd.DataFrame(columns, index=pd.Index(windows, name="window"))
    n_outside, exact = len(dates) - n_inside, len(parts) <= _ENUMERATED_BLOCKS
    return PlaceboTest(*p_global, table, sample, occasions, n_inside, n_outside, exact, left_out)


def _set_up(dates, anchor, windows, study_period, method, side, years, calendar):
    """Windows, circles of daily counts, days to test and what is left out of them; the windows' masks, runs, shares."""
    half = days_either_side(calendar)
    windows = _check_windows(windows, half)
    tables.check_choice("method", [method], METHODS)
    tables.check_choice("side", [side], _SIDES)
    days = as_days(dates)
    if not len(days):
        raise ValueError("there are no dates to test")
    period = (days.min(), days.max()) if study_period is None else study_period
    occasions, left_out = _find_occasions(period, anchor, method, years, calendar)
    circles, centres = _make_circles(days, occasions, period, method, half)
    key = (len(circles[0]), tuple(centres.tolist()), tuple(windows.tolist()), side)
    return windows, circles, (occasions, left_out), _make_windows(*key, wrap=method != "shift")


def _find_occasions(period, anchor, method, years, calendar):
    """The days to test, whole-block anniversaries of one anchor or the listed days; and what is left out, with why."""
    left_out, asked, half = {}, "the anchors", days_either_side(calendar)
    lacking = f"no anniversary after the anchor with {half} days either side inside the study period"
    if isinstance(anchor, str) or not np.iterable(anchor):
        occasions = whole_blocks(period, anchor, calendar)
    else:
        (first, last), listed = as_period(period), as_days(anchor).unique().sort_values()
        occasions, lacking = listed[(listed >= first) & (listed <= last)], "no listed day in the study period"
        outside = f"outside the study period {first.date()} to {last.date()}"
        left_out = {str(day.date()): outside for day in listed.difference(occasions)}
        reach, circle = pd.Timedelta(days=half), pd.Timedelta(days=2 * half + 1)
        whole = ((occasions - reach >= first) & (occasions + reach <= last)).all()
        if method != "shift" and not (whole and (np.diff(occasions) >= circle).all()):
            raise ValueError(f"these anchors have no {half} days of their own either side; use method='shift'")
    if years is not None:
        years = _check_years(years)
        left_out |= {str(year): lacking for year in years if year not in occasions.year}
        occasions, asked = occasions[occasions.year.isin(years)], f"the years {years}"
    if occasions.empty:
        raise ValueError(f"no day to test in the study period for {asked}")
    return occasions, left_out


def _check_years(years):
    years = [years] if isinstance(years, str) or not np.iterable(years) else list(years)
    wrong = [year for year in years if not isinstance(year, Integral) or isinstance(year, bool)]
    if wrong:
        raise ValueError(f"years must be whole numbers such as 2021, not {', '.join(map(repr, wrong))}")
    return sorted({int(year) for year in years})


def _make_circles(days, occasions, period, method, half):
    """Incidents by day on the circles that are rotated, and where the occasions lie on them."""
    if method == "shift":
        first, last = as_period(period)
        since = (days[(days >= first) & (days <= last)] - first).days
        if since.empty:
            raise ValueError("no date lies in the study period")
        return [_count_by_day(since, (last - first).days + 1)], (occasions - first).days.to_numpy()
    offsets, block = offsets_in_blocks(days, occasions, half)
    if not len(offsets):
        raise ValueError(f"no date lies within {half} days of {', '.join(occasions.strftime('%Y-%m-%d'))}")
    circle = 2 * half + 1
    groups = [offsets] if method == "folded" else [offsets[block == number] for number in range(len(occasions))]
    return [_count_by_day(group % circle, circle) for group in groups], np.array([0])


def _count_by_day(days, circle):
    """Incidents on each day of a circle; small numbers, which are summed the faster."""
    return np.bincount(days, minlength=circle).astype(np.int32)


@lru_cache(maxsize=64)
def _make_windows(circle, centres, windows, side, wrap):
    """Masks, runs and shares of the circle of the windows, kept since simulations test many series with the same."""
    masks = _window_masks(circle, centres, windows, side, wrap)
    shares = masks.mean(axis=1)
    if shares.max() == 1:
        covering = windows[int(np.argmax(shares))]
        raise ValueError(f"a window of {covering} days around the {len(centres)} anchors covers every day")
    return masks, _mask_runs(masks), shares


def _check_windows(windows, half):
    windows = np.atleast_1d(np.asarray(windows))
    if not len(windows) or windows.dtype.kind not in "iu" or windows.min() < 0 or windows.max() >= half:
        raise ValueError(f"windows must be whole days from 0 to {half - 1}, not {windows.tolist()}")
    return windows


def _rates(inside, total, share):
    """Expected incidents at the rate of the remaining days, and the ratio of the two rates."""
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (total - inside) / (1 - share) * share
        return {"expected": expected, "rate_ratio": np.where(inside > 0, inside / expected, 0.0)}


def _enumerate(parts, total, shares):
    """p-values of the windows, the three global ones, and the variances, where the placebos are one list."""
    (placebos,) = parts
    reaching = np.count_nonzero(placebos >= placebos[0], axis=0)
    # As striking as the smallest p-value is what as few placebos reach: more incidents than the next in rank has.
    fewest, n = reaching.min(), len(placebos)
    next_in_rank = np.partition(placebos, n - fewest - 1, axis=0)[n - fewest - 1] if fewest < n else -1
    variance = placebos.var(axis=0)
    thresholds = (next_in_rank + 1, *_find_thresholds(placebos[0], total, shares, variance))
    return reaching / n, [float((placebos >= least).any(axis=1).mean()) for least in thresholds], variance


def _convolve(parts, total, shares):
    """The same where the placebos are all sums of parts that are each rotated by a number of days of its own."""
    observed = sum(part[0] for part in parts)
    chances = [_tail_chances(columns) for columns in zip(*(part.T for part in parts), strict=True)]
    p_values = np.array([chance[count] for chance, count in zip(chances, observed, strict=True)])
    variance = sum(part.var(axis=0) for part in parts)
    fewest = np.array([np.argmax(chance <= p_values.min() * (1 + 1e-9)) for chance in chances])
    thresholds = (fewest, *_find_thresholds(observed, total, shares, variance))
    return p_values, [_share_at_least(parts, least) for least in thresholds], variance


def _find_thresholds(observed, total, shares, variance):
    """Fewest incidents in each window with the largest rate ratio observed in any, and with the largest z."""
    # Every statistic grows with the incidents of a window, so a placebo reaches the observed one where any of its
    # windows reaches such a threshold.
    odds, mean, spread = shares / (1 - shares), total * shares, np.sqrt(np.where(variance > 0, variance, 1))
    with np.errstate(divide="ignore"):
        ratio = (observed / (total - observed) / odds).max()
    by_ratio = total * (ratio * odds / (1 + ratio * odds) if np.isfinite(ratio) else np.ones(len(odds)))
    by_z = mean + ((observed - mean) / spread).max() * spread
    # Incidents are whole numbers, so that a millionth only undoes rounding.
    return [np.ceil(least - 1e-6).astype(int) for least in (by_ratio, by_z)]


def _tail_chances(columns):
    """The chance of at least 0, 1, 2 … incidents, and of one more than there can be."""
    chance = np.ones(1)
    for column in columns:
        chance = np.convolve(chance, np.bincount(column) / len(column))
    return np.append(np.cumsum(chance[::-1])[::-1], 0)


def _share_at_least(parts, least):
    """Share of placebos, sums of parts rotated one by one, with at least ``least`` incidents in any window."""
    if len(parts) > _ENUMERATED_BLOCKS:
        return float((_draw(parts) >= least).any(axis=1).mean())
    front = parts[0] if len(parts) == 2 else (parts[0][:, None, :] + parts[1][None, :, :]).reshape(-1, len(least))
    # For each window and each number still needed, the rotations of the last part that bring it, as a set of bits.
    n_rotations = len(parts[-1])
    bits = np.zeros((len(front), (n_rotations + 63) // 64), dtype=np.uint64)
    for window, needed in enumerate(np.maximum(least - front, 0).T):
        column = parts[-1][:, window]
        bring = np.packbits(column >= np.arange(column.max() + 2)[:, None], axis=1)
        bring = np.pad(bring, [(0, 0), (0, bits.shape[1] * 8 - bring.shape[1])]).view(np.uint64)
        bits |= bring[np.minimum(needed, column.max() + 1)]
    return float(np.bitwise_count(bits).sum() / (len(front) * n_rotations))


def _draw(parts):
    """The placebos of one circle, or the truth and sums of parts that are each rotated at random, fixed seed."""
    if len(parts) == 1:
        return parts[0]
    rng = np.random.default_rng(_SEED)
    chosen = np.vstack([np.zeros(len(parts), dtype=int), rng.integers(0, len(parts[0]), (_N_DRAWS, len(parts)))])
    return sum(part[rows] for part, rows in zip(parts, chosen.T, strict=True))


def _intervals(sample, shared, total, ratio, level=0.95):
    """Rate ratios that the placebos do not reject, and the observed one."""
    # With the window's incidents weighted by 1 / ratio, a placebo has shared / ratio + other incidents and the
    # anniversary observed / ratio: it holds as many or more from the ratio (observed - shared) / other on, and as many
    # or fewer up to it. Half an incident stands between more and fewer, as between whole numbers: without it, the least
    # weight would break the ties that the p-value counts.
    # Single precision is plenty for the end of an interval, and is sorted three times as fast.
    observed, other = sample[0], (sample - shared).astype(np.float32)
    missing, n_cut = (observed - shared).astype(np.float32), int(np.floor(len(sample) * (1 - level) / 2 + 1e-9))
    low = np.sort(missing / (other + 0.5), axis=0)[n_cut]
    up_to = np.divide(missing, other - 0.5, out=np.full_like(other, np.inf), where=other > 0)
    high = np.sort(up_to, axis=0)[len(sample) - n_cut - 1]
    tells = (observed > 0) & (observed < total)
    return {
        "ci_low": np.where(tells, np.minimum(low, ratio), 0),
        "ci_high": np.where(tells, np.maximum(high, ratio), np.inf),
    }


def _poisson_intervals(observed, total, shares):
    """The exact interval of two Poisson rates given their sum, as if no incident came of another."""
    low = np.where(observed > 0, special.betaincinv(np.maximum(observed, 1), total - observed + 1, 0.025), 0.0)
    high = np.where(observed < total, special.betaincinv(observed + 1, np.maximum(total - observed, 1), 0.975), 1.0)
    with np.errstate(divide="ignore"):
        low, high = (end / (1 - end) * (1 - shares) / shares for end in (low, high))
    return {"poisson_low": low, "poisson_high": high}


def by_year(
    dates: Dates,
    window: int = 14,
    anchor: Day = SOLEIMANI,
    study_period: Period | None = None,
    side: str = "around",
    calendar: str = "gregorian",
) -> pd.DataFrame:
    """The placebo test of each anniversary by itself, of all together, and of all but each.

    Parameters
    ----------
    dates, anchor, study_period, side, calendar
        As for :func:`placebo_test`. Two lunar anniversaries in one year share a row.
    window : int
        Days either side of the anniversary, one of 1-45.

    Returns
    -------
    DataFrame
        Indexed by ``anniversaries`` (``all``, each year, ``without`` each year): :meth:`PlaceboTest.row`, and the
        limits of :func:`rate_limits`. Blocks without any incident have no rate ratio and no dispersion (missing), and
        p-values of 1.

    Raises
    ------
    ValueError
        For any other window, and as :func:`placebo_test`.

    Examples
    --------
    >>> dates = ["2021-01-03", "2022-01-04", "2022-01-02", "2021-06-01", "2022-09-09"]
    >>> by_year(dates, study_period=("2020-06-01", "2022-09-30"))["observed"].to_dict()
    {'all': 3, '2021': 1, '2022': 2, 'without 2021': 2, 'without 2022': 1}
    """
    if window not in WINDOWS:
        raise ValueError(f"window must be a whole number of days from {WINDOWS[0]} to {WINDOWS[-1]}, not {window}")
    days = as_days(dates)
    study_period = (days.min(), days.max()) if study_period is None else study_period
    blocks = whole_blocks(study_period, anchor, calendar)
    chosen = {"all": blocks, **{str(year): blocks[blocks.year == year] for year in blocks.year}}
    if blocks.year.nunique() > 1:
        chosen |= {f"without {year}": blocks[blocks.year != year] for year in blocks.year}
    asked = {"study_period": study_period, "side": side, "calendar": calendar}
    rows, evidence = {}, {}
    for name, some in chosen.items():
        if len(offsets_in_blocks(days, some, days_either_side(calendar))[0]):
            rows[name] = placebo_test(days, anchor, WINDOWS, years=some.year, **asked).row(window)
            evidence[name] = _weigh(days, anchor, [window], years=some.year, **asked)[1][:, 0]
        else:
            rows[name] = _empty_row()
    table = pd.DataFrame(rows).T.astype({"n": int, "observed": int}).rename_axis("anniversaries")
    if evidence:  # all at once, since each search for a limit takes its time
        limits = _find_limits(*np.array([*evidence.values()]).T, _ALPHA / 2)
        table.loc[list(evidence), ["limit_low", "limit_high"]] = np.array(limits).T
    return table


def _empty_row():
    """The row of :func:`by_year` of blocks without any incident."""
    row = {"n": 0, "observed": 0, "expected": 0.0, "rate_ratio": np.nan, "dispersion": np.nan}
    for name in ("ci", "poisson", "limit"):
        row |= {f"{name}_low": 0, f"{name}_high": np.inf}
    return row | dict.fromkeys(("p_value", "global_p_value", "global_p_ratio", "global_p_z"), 1.0)


def rate_limits(
    dates: Dates,
    anchor: Day = SOLEIMANI,
    windows: Sequence[int] = WINDOWS,
    study_period: Period | None = None,
    side: str = "around",
    years: int | Sequence[int] | None = None,
    level: float = 0.95,
    calendar: str = "gregorian",
) -> pd.DataFrame:
    """The rate ratios near the anniversary that the data do not exclude.

    Parameters
    ----------
    dates, anchor, windows, study_period, side, years, calendar
        As for :func:`placebo_test`, by the method ``folded``.
    level : float
        Of confidence; each limit errs in half of the rest.

    Returns
    -------
    DataFrame
        Indexed by ``window``: ``observed`` incidents, ``rate_ratio`` to the remaining days, ``limit_low`` and
        ``limit_high``. The lower one is 0 without an incident in the window; the upper one is infinite where every
        incident lies in it. ``attrs["left_out"]``: years that are not tested, each with the reason.

    Raises
    ------
    ValueError
        As :func:`placebo_test`, and for a level that is no share.

    Notes
    -----
    Incidents of windows away from the anniversary (placebos) are taken to follow a negative binomial distribution with
    their mean and variance. At a rate ratio of r the window holds its r-th power, which is negative binomial again: r
    windows that bursts fill as they fill the placebos. Given all incidents, those inside follow a beta-binomial
    distribution, and a limit is the ratio at which as few or as many as observed have a chance of (1 - level) / 2.
    Without bursts this is the exact conditional interval of two Poisson rates (Przyborowski and Wilenski 1940,
    *Biometrika* 31, 313-323). Above 2,000 incidents the logarithm of the ratio is taken
    to be normal. ``benchmarks/rate_limits.py`` measures how often the limits hold the truth under bursts.

    Examples
    --------
    >>> dates = ["2021-01-03", "2021-02-09", "2022-01-02", "2021-06-01", "2022-09-09", "2021-08-17", "2022-04-11"]
    >>> limits = rate_limits(dates, study_period=("2020-06-01", "2022-09-30"), windows=[14])
    >>> limits.round(1).to_numpy().tolist()
    [[2.0, 5.8, 0.5, 40.4]]
    """
    if not 0 < level < 1:
        raise ValueError(f"level must be a share between 0 and 1, such as 0.95, not {level}")
    windows, evidence, left_out = _weigh(dates, anchor, windows, study_period, side, years, calendar)
    observed, total, _, shares, _ = evidence
    low, high = _find_limits(*evidence, (1 - level) / 2)
    columns = {
        "observed": observed.astype(int),
        **_rates(observed, total, shares),
        "limit_low": low,
        "limit_high": high,
    }
    table = pd.DataFrame(columns, index=pd.Index(windows, name="window")).drop(columns="expected")
    table.attrs["left_out"] = left_out
    return table


def _weigh(dates, anchor, windows, study_period, side, years, calendar):
    """Windows; incidents inside and in all, gamma shape, share of days and dispersion of each; what is left out."""
    asked = dates, anchor, windows, study_period, "independent", side, years, calendar
    windows, circles, (_, left_out), (_, runs, shares) = _set_up(*asked)
    parts = [_rotate(counts, runs) for counts in circles]
    observed = sum(part[0] for part in parts)
    # Placebos that share days with the window itself would count a cluster as a burst.
    day = np.arange(len(circles[0]))
    apart = np.minimum(day, len(day) - day)
    away = apart[:, None] > np.minimum(2 * windows, _FARTHEST)
    mean, variance = (sum(find(part, axis=0, where=away) for part in parts) for find in (np.mean, np.var))
    # Placebos on a circle vary less than windows of an endless series, as they share one total.
    dispersion = np.maximum(variance / np.where(mean > 0, mean, 1) / (1 - shares), 1 + _LEAST_EXCESS)
    shape = np.maximum(mean, shares) / (dispersion - 1)
    total = np.full(len(windows), int(sum(counts.sum() for counts in circles)))
    return windows, np.array([observed, total, shape, shares, dispersion]), left_out


def _find_limits(observed, total, shape, shares, dispersion, chance):
    """The lower and the upper limit of each rate ratio."""
    find = _log_normal_limits if total.max() > _MANY else _beta_binomial_limits
    low, high = find(observed, total, shape, shares, dispersion, chance)
    return np.where(observed > 0, low, 0), np.where(observed < total, high, np.inf)


def _beta_binomial_limits(observed, total, shape, shares, dispersion, chance):
    """Rate ratios at which as many, and as few, as observed have a given chance."""
    inside = np.arange(total.max() + 1)

    def find_surplus(logarithm, observed, total, shape, other, sign):
        chances = stats.betabinom.pmf(inside, total[:, None], (shape * np.exp(logarithm))[:, None], other[:, None])
        counted = sign[:, None] * inside >= (sign * observed)[:, None]
        return np.where(counted, chances, 0).sum(axis=1) - chance

    other = shape * (1 - shares) / shares
    asked = [np.tile(values, 2) for values in (observed, total, shape, other)]
    sign = np.repeat([1, -1], len(observed))
    found = elementwise.find_root(find_surplus, (-_LOG_BOUND, _LOG_BOUND), args=(*asked, sign))
    return np.exp(found.x).reshape(2, -1)


def _log_normal_limits(observed, total, shape, shares, dispersion, chance):
    """The same of many incidents, whose rate ratio has a normal logarithm."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = observed / (total - observed) * (1 - shares) / shares
        reach = special.ndtri(1 - chance) * np.sqrt(dispersion * (1 / observed + 1 / (total - observed)))
        return ratio * np.exp(-reach), ratio * np.exp(reach)


def answer_test(
    dates: Dates,
    days: Dates,
    window: int = 14,
    lag: int = 3,
    study_period: Period | None = None,
    without: Period | None = None,
) -> dict[str, float]:
    """Do more incidents follow some days, which answer incidents themselves, than follow other incidents?

    Incidents come in bursts, so that after a day that answers one more are to be expected anyhow. The incidents of the
    ``window`` days after each tested day are summed, and set against as many placebo days, each drawn by itself from
    the days of the study period that follow an incident too, by 0 to ``lag`` days.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
        One per incident. Those up to ``lag`` days before the study period tell what its first days follow.
    days : array-like of dates
        The days to test, such as strikes. Those without ``window`` days after them in the study period are left out.
    window : int
        Days after the day; the day itself, whose order is not known, is not among them.
    lag : int
        Days, 0 or more.
    study_period : pair of dates, optional
        First and last day observed; by default the first and the last of the dates.
    without : pair of dates, optional
        First and last day of a time to leave out, such as a campaign: days in it, and days whose window reaches into
        it, are neither tested nor placebos, so no incident of it is counted.

    Returns
    -------
    dict
        ``days`` tested, ``following``, how many of them follow an incident by at most the lag, ``placebo_days`` to draw
        from, ``observed`` incidents, ``expected``, as many as the placebo days have on average, their ``ratio``
        (missing where none is expected) and the one-sided ``p_value``.

    Raises
    ------
    ValueError
        For no dates, no day to test, or no day that follows an incident.

    Notes
    -----
    The p-value is the chance of at least as many incidents, exact by convolution, and never below that of one set of
    placebo days. A tested day that follows no incident is kept: fewer incidents come after it, which errs to the safe
    side. So do placebo days that share a burst, as tested days far apart cannot. Where the windows of two tested days
    overlap, an incident in both counts twice. A day that is chosen for what it foretells, and not for what it follows,
    looks as if incidents answered it. ``benchmarks/answers.py`` measures the level in worlds where days only answer.

    Comparing an answer with like moments without one is the idea of case-crossover designs (Maclure 1991, *American
    Journal of Epidemiology* 133, 144-153) and of matched wake analysis (Schutte and Donnay 2014, *Political Geography*
    41, 1-10).

    Examples
    --------
    >>> dates = ["2021-01-03", "2021-03-01", "2021-03-04", "2021-06-01", "2021-09-09", "2021-12-31"]
    >>> test = answer_test(dates, ["2021-03-02"], lag=0)
    >>> test["following"], test["placebo_days"], test["observed"], test["expected"], test["p_value"]
    (0, 5, 1, 0.2, 0.2)
    """
    incidents = as_days(dates)
    if not len(incidents):
        raise ValueError("there are no dates to test")
    first, last = as_period((incidents.min(), incidents.max()) if study_period is None else study_period)
    n_days = (last - first).days + 1 - window
    kept = _keep_days(n_days, first, window, without)
    where = f"in the study period{'' if without is None else ' and outside the time left out'}"
    tested = (as_days(days).unique() - first).days
    tested = tested[(tested >= 0) & (tested < n_days)]
    tested = tested[kept[tested]]
    if not len(tested):
        raise ValueError(f"no day to test has {window} days after it {where}")
    since, length = (incidents - first).days + lag, lag + n_days + window
    counts = _count_by_day(since[(since >= 0) & (since < length)], length)
    after = sliding_window_view(counts[lag + 1 :], window).sum(axis=1)
    follows = sliding_window_view(counts[: lag + n_days], lag + 1).any(axis=1) & kept
    if not follows.any():
        raise ValueError(f"no day with {window} days after it {where} follows an incident")
    placebos, observed = after[follows], int(after[tested].sum())
    expected = len(tested) * placebos.mean()
    chances = _tail_chances([placebos] * len(tested))
    return {
        "days": len(tested),
        "following": int(follows[tested].sum()),
        "placebo_days": len(placebos),
        "observed": observed,
        "expected": float(expected),
        "ratio": float(observed / expected) if expected else np.nan,
        "p_value": float(np.clip(chances[min(observed, len(chances) - 1)], len(placebos) ** -len(tested), 1)),
    }


def _keep_days(n_days, first, window, without):
    """Which of the days from the first on lie outside a period, with the window after them."""
    kept = np.ones(max(n_days, 0), dtype=bool)
    if without is not None:
        begins, ends = ((day - first).days for day in as_period(without))
        kept[max(begins - window, 0) : max(ends + 1, 0)] = False
    return kept


@dataclass(frozen=True)
class SmoothTest:
    """The result of :func:`smooth_test`.

    Attributes
    ----------
    p_value, p_folded : float
        With every block rotated by itself, and with all rotated together. One-sided.
    ranks : Series of float
        By anniversary: the share of its block's rotations that have no more incidents near the day, nearness fading.
    left_out : dict of str
        Years that were asked for and are not tested, each with the reason.
    """

    p_value: float
    p_folded: float
    ranks: pd.Series
    left_out: dict[str, str]


def smooth_test(
    dates: Dates,
    anchor: Day = SOLEIMANI,
    study_period: Period | None = None,
    years: int | Sequence[int] | None = None,
    calendar: str = "gregorian",
) -> SmoothTest:
    """Do dates lie near the anniversary in every year, however near?

    Each incident counts exp(-d / 10) at d days, summed by block. The statistic is the mean over blocks of the rank of
    that sum among the rotations of the block, 365 or by the lunar year 353, so that every year weighs the same, however
    busy. No window is searched. An excess of one year, however large, counts for no more than that year's highest rank.

    Parameters
    ----------
    dates, anchor, study_period, years, calendar
        As for :func:`placebo_test`.

    Returns
    -------
    SmoothTest
        Exact: ranks of independent rotations are summed by convolution.

    Raises
    ------
    ValueError
        As :func:`placebo_test`.

    Examples
    --------
    >>> dates = ["2021-01-03", "2022-01-04", "2021-06-01", "2022-09-09"]
    >>> test = smooth_test(dates, study_period=("2020-06-01", "2022-09-30"))
    >>> f"{test.p_value:.0e}", test.ranks.round(3).to_dict()
    ('5e-05', {2021: 1.0, 2022: 0.997})
    """
    asked = dates, anchor, WINDOWS, study_period, "independent", "around", years, calendar
    _, circles, (occasions, left_out), _ = _set_up(*asked)
    ranks = _smooth_ranks(np.array(circles))
    folded = float((ranks.sum(axis=0) >= ranks[:, 0].sum()).mean())
    return SmoothTest(
        _rank_p_value(ranks), folded, pd.Series(ranks[:, 0] / ranks.shape[1], index=occasions.year), left_out
    )


def _smooth_ranks(blocks):
    """How many rotations of a block have no more incidents near the day than each, shape (..., blocks, circle)."""
    # Rounded, so that ties stay ties.
    return stats.rankdata(np.round(blocks @ _nearness(blocks.shape[-1]), 9), method="max", axis=-1).astype(int)


@lru_cache
def _nearness(circle):
    """What an incident counts by its days from the middle of the circle, for each rotation of that."""
    apart = np.abs(np.subtract.outer(np.arange(circle), np.arange(circle)))
    return np.exp(-np.minimum(apart, circle - apart) / _FADING_DAYS)


def _rank_p_value(ranks):
    """The chance that ranks of blocks, each rotated by itself, sum to at least those of the first rotation."""
    chances = _tail_chances(list(ranks))
    return float(chances[ranks[:, 0].sum()])


def power(
    dates: Dates,
    anchor: Day = SOLEIMANI,
    study_period: Period | None = None,
    window: int = 14,
    ratios: Sequence[float] = RATIOS,
    n_draws: int = 400,
    seed: int = _SEED,
    calendar: str = "gregorian",
) -> pd.DataFrame:
    """How often each test would find an excess within the window, by its rate ratio.

    Every block is rotated at random, so that there is no anniversary effect. On the days of the window are then
    planted the incidents that further rotations of the block, each drawn by itself, hold there: one fewer than the
    ratio, bursts as they are. Of a ratio between two whole numbers, the share beyond the lower one of the draws holds
    one rotation more.

    Parameters
    ----------
    dates, anchor, study_period, calendar
        As for :func:`placebo_test`.
    window : int
        One of 1-45.
    ratios : sequence of float
        Rate ratios, 1 or more.
    n_draws, seed : int
        Draws for each ratio; the same rotations serve all ratios.

    Returns
    -------
    DataFrame
        Indexed by ``rate_ratio``: the share of draws in which p is at most 5%, of the ``window`` unadjusted, the global
        tests by smallest p (``global``), ``ratio`` and ``z``, and the ``smooth`` test. At a ratio of 1 it is the level.

    Raises
    ------
    ValueError
        As :func:`placebo_test`, for any other window, and for ratios below 1.

    Examples
    --------
    >>> dates = ["2021-01-03", "2022-01-04", "2021-06-01", "2022-09-09", "2022-04-02", "2021-03-05"]
    >>> curve = power(dates, study_period=("2020-06-01", "2022-09-30"), ratios=[1, 8], n_draws=20)
    >>> list(curve), bool((curve.loc[8] >= curve.loc[1]).all())
    (['window', 'global', 'ratio', 'z', 'smooth'], True)
    """
    if window not in WINDOWS or min(ratios, default=0) < 1:
        raise ValueError(f"window must be one of {WINDOWS[0]} to {WINDOWS[-1]} and ratios 1 or more")
    asked = dates, anchor, WINDOWS, study_period, "independent", "around", None, calendar
    _, circles, _, (masks, runs, shares) = _set_up(*asked)
    column = WINDOWS.index(window)
    planted = _plant(np.array(circles), masks[column], ratios, n_draws, np.random.default_rng(seed))
    rows = {}
    for ratio, draws in zip(ratios, planted, strict=True):
        p_values = np.array(
            [_test_blocks(*draw, runs, shares, column) for draw in zip(draws, _smooth_ranks(draws), strict=True)]
        )
        rows[ratio] = (p_values <= _ALPHA).mean(axis=0)
    columns = ["window", "global", "ratio", "z", "smooth"]
    return pd.DataFrame(rows, index=columns).T.rename_axis("rate_ratio")


def _plant(blocks, near, ratios, n_draws, rng):
    """Blocks rotated at random with rotations planted on the days near the anniversary, by ratio and draw."""
    most, circle = int(np.ceil(max(ratios))), blocks.shape[1]
    shifts = rng.integers(circle, size=(n_draws, most, len(blocks), 1))
    turned = np.take_along_axis(blocks[None, None], (np.arange(circle) + shifts) % circle, axis=-1)
    base, further = turned[:, 0], np.cumsum(turned[:, 1:] * near, axis=1)
    chances = rng.random(n_draws)
    for ratio in ratios:
        copies = int(ratio - 1) + (chances < ratio % 1)
        yield base + np.where(copies[:, None, None] > 0, further[np.arange(n_draws), copies - 1], 0)


def _test_blocks(blocks, ranks, runs, shares, column):
    """p-values of one window, of all by three statistics, and of the smooth test."""
    folded = blocks.sum(axis=0)
    p_values, p_global, _ = _enumerate([_rotate(folded, runs)], int(folded.sum()), shares)
    return [p_values[column], *p_global, _rank_p_value(ranks)]
