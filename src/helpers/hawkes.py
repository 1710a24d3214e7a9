"""Self-exciting attacks: the daily Hawkes model with an anniversary term.

The number of incidents on day t, N(t), is Poisson with mean

    lambda(t) = mu(t) + alpha * sum over k >= 1 of (1 - rho) rho^(k - 1) N(t - k)

The weights of the kernel sum to 1, so that ``alpha`` is the branching ratio: how many further incidents one incident
triggers on average. Every incident from before the study period feeds the kernel too, so history conditions the fit.
The log of the baseline mu(t) is a level for each year, which changes half a year from the anniversary (from July to
June for a day of January) and so never beside it, a decaying aftermath of the anchor event, and the
anniversary term. A constant baseline stands beside it as a warning: it reads drift as self-excitation.

Hawkes (1971), *Biometrika* 58, 83-90; in discrete time Kirchner (2016), *Stochastic Processes and their Applications*
126, 2494-2525.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
import pandas as pd
from scipy.linalg.lapack import dtbtrs
from scipy.optimize import brentq
from scipy.signal import lfilter
from scipy.special import expit, gammaln, logit
from scipy.stats import pearsonr

from .anniversaries import HALF, SOLEIMANI, Dates, Day, Period, as_anchor, as_days, as_period, days_from_anniversary

BASELINES = ("yearly", "constant")
# A year without incidents would send its level to minus infinity; exp(-12) is one incident in 400 years.
_LEVEL_BOUNDS = (-12.0, 12.0)
_BOUNDS = {
    "anniversary": (-5.0, 5.0),
    "aftermath": (-6.0, 6.0),
    "tau": (3.0, 180.0),
    "alpha": (0.0, 0.99),
    "rho": (0.01, 0.98),
}
# Starts in aftermath, tau, alpha and rho: the likelihood may have several maxima in how fast attacks follow one another
# and how fast the aftermath fades.
_STARTS = tuple(product((0.0, 1.0), (5.0, 60.0, 150.0), (0.1, 0.4), (0.2, 0.97)))
# Where the search begins for draws from a known model: at its parameters, and with these changed (-4 is the size of the
# aftermath, -3 tau, -2 alpha, -1 rho).
_CHANGES = ({-4: 0.0, -3: 60.0}, {-4: 0.0, -3: 10.0}, {-4: 1.0, -3: 60.0}, {-4: 0.0, -3: 150.0, -1: 0.97})
_BEFORE_ANCHOR = 1e9
_FADED = 200.0  # taus after which nothing is left; smaller numbers than exp(-200) would slow the processor down
# Terms that a model leaves out are held at the value at which they say nothing: of the anniversary's too, that is 0.
_NO_AFTERMATH = {"aftermath": 0.0, "tau": 60.0}
# A search ends where the next step promises less than this; the log-likelihood is of the order of 100.
_TOLERANCE = 1e-9
_MAX_STEPS = 500
_ROWS_AT_ONCE = 16  # so that their days stay in the processor's cache
# The residuals that are checked, and what the model expects of them.
_RESIDUALS = pd.Series({"distance": 0.0, "gap_correlation": 0.0, "dispersion": 1.0})
_PLACEMENTS = 20  # of incidents within their days
_FEWEST = 4  # incidents that residuals can be taken of


@dataclass(frozen=True)
class _Days:
    """Daily counts, history first, and what the baseline knows of each day of the study period."""

    counts: np.ndarray
    index: pd.DatetimeIndex
    design: np.ndarray  # a column per level and, last, 1 near an anniversary
    names: tuple  # all parameters in order, those held too
    since_anchor: np.ndarray
    held: dict

    @property
    def n_history(self) -> int:
        """Days of history before the study period."""
        return len(self.counts) - len(self.index)

    @property
    def in_period(self) -> np.ndarray:
        """Incidents on each day of the study period."""
        return self.counts[self.n_history :]

    @cached_property
    def products(self) -> np.ndarray:
        """Every column of the design times every other, by day."""
        return (self.design[:, :, None] * self.design[:, None]).reshape(len(self.design), -1)


@dataclass(frozen=True)
class HawkesFit:
    """The Hawkes model of largest likelihood. See :func:`fit`.

    Attributes
    ----------
    parameters : Series
        ``level …`` (log incidents a day), ``anniversary`` (log rate ratio), ``aftermath`` (log rate ratio on the day of
        the anchor event), ``tau`` (days), ``alpha`` (branching ratio), ``rho`` (per day); those that are terms.
    log_likelihood : float
    intensity, expected_baseline : Series of float
        Expected incidents by day of the study period: in all, and without those that others triggered.
    at_bounds : tuple of str
        Parameters that rest on a bound: the data do not determine them.
    days : object
        What was fitted; ``days.in_period`` holds the daily counts.
    """

    parameters: pd.Series
    log_likelihood: float
    intensity: pd.Series
    expected_baseline: pd.Series
    at_bounds: tuple
    days: _Days

    @property
    def branching_ratio(self) -> float:
        """Further incidents that one incident triggers, on average."""
        return float(self.parameters["alpha"])

    @property
    def half_life(self) -> float:
        """Days in which half of the further incidents come: log(1/2) / log(rho). Says nothing where alpha is 0."""
        return float(np.log(0.5) / np.log(self.parameters["rho"]))

    @property
    def anniversary_effect(self) -> float:
        """Rate ratio of the baseline near an anniversary; 1 where the model has no such term."""
        return float(np.exp(self.parameters.get("anniversary", 0.0)))

    @property
    def n_incidents(self) -> int:
        """Incidents in the study period."""
        return int(self.days.in_period.sum())


@dataclass(frozen=True)
class AnniversaryTerm:
    """What :func:`likelihood_ratio_test` found.

    Attributes
    ----------
    statistic : float
        Twice the gain in log-likelihood from the anniversary term.
    p_value : float
        (1 + replicates with at least this gain) / (1 + replicates).
    null, alternative : HawkesFit
        Without and with the anniversary term.
    replicates : ndarray, shape (n_bootstrap,)
        The statistic of each replicate.
    """

    statistic: float
    p_value: float
    null: HawkesFit
    alternative: HawkesFit
    replicates: np.ndarray


def _count_days(dates, study_period, anchor, window, baseline):
    """Daily counts of incidents and the terms of the baseline; parameters as for :func:`fit`."""
    if baseline not in BASELINES:
        raise ValueError(f"baseline is {baseline!r}; choose from {', '.join(BASELINES)}")
    if isinstance(window, bool) or not isinstance(window, int | np.integer) or not 0 <= window < HALF:
        raise ValueError(f"window must be a whole number of days from 0 to {HALF - 1}, not {window!r}")
    days, (first, last), anchor = as_days(dates), as_period(study_period), as_anchor(anchor)
    days = days[days <= last]
    if not (days >= first).any():
        raise ValueError(f"there are no incidents in the study period {first.date()} to {last.date()}")
    start, index, yearly = min(first, days.min()), pd.date_range(first, last), baseline == "yearly"
    levels = _year_levels(index, anchor) if yearly else {}
    levels = levels or {"level": np.ones(len(index))}
    since = (index - anchor).days.to_numpy().astype(float)
    return _Days(
        counts=np.bincount((days - start).days, minlength=(last - start).days + 1).astype(float),
        index=index,
        design=np.column_stack([*levels.values(), _near_anniversary(index, anchor, window)]).astype(float),
        names=(*levels, *_BOUNDS),
        since_anchor=np.where(yearly & (since >= 0), since, _BEFORE_ANCHOR),
        held={} if yearly else _NO_AFTERMATH,
    )


def _year_levels(index, anchor):
    """The days of each year that begins six months from the anniversary's month, by the level's name."""
    begins = (anchor.month + 5) % 12 + 1
    years = index.year - (index.month < begins)
    after = 0 if begins == 1 else 1  # a year that spans two is named after both
    return {f"level {year}{f'/{(year + 1) % 100:02d}' * after}": years == year for year in years.unique()}


def _near_anniversary(index, anchor, window):
    """Whether each day lies within ``window`` days of an anniversary after the anchor."""
    apart = days_from_anniversary(index, anchor)
    near = (np.abs(apart) <= window) & (index - pd.to_timedelta(apart, unit="D") > anchor)
    if near.all() or not near.any():
        which = "every" if near.all() else "no"
        raise ValueError(
            f"{which} day of the study period {index[0].date()} to {index[-1].date()} lies within {window} days of an "
            f"anniversary of {anchor.date()}, so the anniversary cannot be compared with other days"
        )
    return near


# The search runs over log tau and logit rho, in which the likelihood is nearer to a parabola.
def _change_scale(parameters, of_tau=np.log, of_rho=logit):
    changed = np.array(parameters, dtype=float)
    changed[..., -3] = of_tau(changed[..., -3])
    changed[..., -1] = of_rho(changed[..., -1])
    return changed


def _days_with_incidents(counts):
    """Positions and counts of the days with incidents, by series; shorter rows go on beyond the last day with none."""
    end = counts.shape[1]
    most = int(np.count_nonzero(counts, axis=1).max())
    positions = np.sort(np.where(counts > 0, np.arange(end), end), axis=1)[:, :most]
    return positions, np.take_along_axis(np.pad(counts, ((0, 0), (0, 1))), positions, axis=1)


def _by_logit(rho, value, first, second):
    """A function of log rho and two derivatives, as a function of logit rho and two derivatives."""
    rest = 1 - rho
    return value, rest * first, rest * (rest * second - rho * first)


def _kernel(rho, positions, counts):
    """Past incidents weighted by the kernel on the days with incidents, and two derivatives of that by logit rho."""
    gaps = np.diff(positions, axis=1, prepend=0)
    fade = rho**gaps
    # Each sum over past incidents follows from the one before, y[j] = fade[j] y[j - 1] + added[j]: a banded system.
    bands, fresh = np.ones((2, *fade.shape)), np.zeros(fade.shape)
    bands[1, :, :-1], bands[1, :, -1] = -fade[:, 1:], 0.0
    fresh[:, 1:] = fade[:, 1:] * counts[:, :-1]

    def accumulate(added):
        return dtbtrs(bands.reshape(2, -1), added.ravel(), uplo="L")[0].reshape(added.shape)

    # The sums of rho^lag, lag rho^lag and lag^2 rho^lag, which are derivatives by log rho.
    plain = accumulate(fresh)
    linear = accumulate(gaps * plain)
    square = accumulate(gaps * (2 * linear - gaps * plain))
    value, first, second = _by_logit(rho, plain, linear, square)
    odds = (1 - rho) / rho
    return odds * value, odds * (first - value), odds * (second - 2 * first + value)


def _kernel_sum(rho, positions, counts, days):
    """The kernel's weights summed over the study period, and two derivatives of that by logit rho."""
    before = np.maximum(days.n_history - 1.0 - positions, 0.0)
    after = len(days.counts) - 1.0 - positions
    at_start, at_end = counts * rho**before, counts * rho**after
    first, second = at_start * before - at_end * after, at_start * before**2 - at_end * after**2
    return _by_logit(rho[:, 0], *(array.sum(axis=1) for array in (at_start - at_end, first, second)))


def _baseline(search, days):
    """The baseline by row and day, derivatives of its log by aftermath and log tau, and taus since the anchor."""
    elapsed = np.minimum(days.since_anchor / np.exp(search[:, [-3]]), _FADED)
    left = np.exp(-elapsed)
    fading = np.stack([left, search[:, [-4]] * left * elapsed], axis=1)
    return np.exp(search[:, :-4] @ days.design.T + search[:, [-4]] * left), fading, elapsed


def _score_block(search, positions, counts, days):
    """What :func:`_score` gives, for a few rows."""
    alpha, rho = search[:, [-2]], expit(search[:, [-1]])
    n_before = np.count_nonzero(positions[0] < days.n_history)
    past, past_1, past_2 = (array[:, n_before:] for array in _kernel(rho, positions, counts))
    total, total_1, total_2 = _kernel_sum(rho, positions, counts, days)
    seen, on = counts[:, n_before:], np.minimum(positions[:, n_before:] - days.n_history, len(days.index) - 1)
    baseline, fading, elapsed = _baseline(search, days)
    # Beyond its sum the rate matters on days with incidents alone.
    there = np.take_along_axis(baseline, on, axis=1)
    expected = there + alpha * past
    ratio = seen / expected
    weight = -baseline  # how the log-likelihood changes with the log of the baseline, day by day
    np.add.at(weight, (np.arange(len(on))[:, None], on), ratio * there)
    by_fading = fading * weight[:, None]
    terms = [days.design[on].swapaxes(1, 2), np.take_along_axis(fading, on[:, None], axis=2)]
    slopes = [*(part * there[:, None] for part in terms), past[:, None], (alpha * past_1)[:, None]]
    slopes = np.concatenate(slopes, axis=1)

    value = (seen * np.log(expected)).sum(axis=1) - baseline.sum(axis=1) - alpha[:, 0] * total
    by_alpha, by_both = ((ratio * array).sum(axis=1) - sums for array, sums in ((past, total), (past_1, total_1)))
    gradient = np.column_stack([weight @ days.design, by_fading.sum(axis=2), by_alpha, alpha[:, 0] * by_both])
    hessian = -(slopes * (ratio / expected)[:, None]) @ slopes.swapaxes(1, 2)
    hessian[:, :-4, :-4] += (weight @ days.products).reshape(hessian[:, :-4, :-4].shape)
    cross = by_fading @ days.design
    hessian[:, -4:-2, :-4] += cross
    hessian[:, :-4, -4:-2] += cross.swapaxes(1, 2)
    hessian[:, -4:-2, -4:-2] += by_fading @ fading.swapaxes(1, 2)
    hessian[:, -3, -3] += (by_fading[:, 1] * (elapsed - 1)).sum(axis=1)
    hessian[:, -1, -1] += alpha[:, 0] * ((ratio * past_2).sum(axis=1) - total_2)
    hessian[:, [-4, -3], [-3, -4]] += (by_fading[:, 0] * elapsed).sum(axis=1)[:, None]
    hessian[:, [-2, -1], [-1, -2]] += by_both[:, None]
    return value, gradient, hessian


def _score(search, positions, counts, days):
    """Log-likelihood but for the factorials, its gradient and its Hessian, by row of parameters."""
    blocks = [slice(i, i + _ROWS_AT_ONCE) for i in range(0, len(search), _ROWS_AT_ONCE)]
    parts = [_score_block(search[block], positions[block], counts[block], days) for block in blocks]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def _newton_step(here, gradient, hessian, damping, low, high):
    """Where a damped Newton step within bounds leads; parameters that lean on a bound stay there."""
    moves = ~(((here <= low) & (gradient <= 0)) | ((here >= high) & (gradient >= 0)))
    gradient = gradient * moves
    curvature = -hessian * (moves[:, :, None] & moves[:, None])
    diagonal = np.einsum("mii->mi", curvature)  # a view: what is added here is added to the matrix
    diagonal += damping[:, None] * np.maximum(np.abs(diagonal), 1.0) + ~moves
    step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
    # Where the likelihood bends upwards a Newton step may lead down.
    uphill = (step * gradient).sum(axis=1, keepdims=True) >= 0
    return np.clip(here + np.where(uphill, step, gradient), low, high)


def _climb(starts, days, counts, low, high):
    """The maxima reached from starts (m or 1, s, p) on series of counts (m, h + n): values and parameters."""
    shape = len(counts), *starts.shape[1:]
    at, low, high = (np.array(np.broadcast_to(array, shape)).reshape(-1, shape[-1]) for array in (starts, low, high))
    series = np.repeat(np.arange(len(counts)), shape[1])
    positions, seen = _days_with_incidents(counts)
    at, damping, climbing = np.clip(at, low, high), np.ones(len(at)), np.arange(len(at))
    value, gradient, hessian = _score(at, positions[series], seen[series], days)
    for _ in range(_MAX_STEPS):
        # Searches of one series that have met go on as one.
        place = np.column_stack([series, np.round(at, 2)])[climbing]
        climbing = climbing[np.unique(place, axis=0, return_index=True)[1]]
        state = (array[climbing] for array in (at, gradient, hessian, damping, low, high))
        there = _newton_step(*state)
        promised = (gradient[climbing] * (there - at[climbing])).sum(axis=1) * (1 + damping[climbing])
        there, climbing = there[promised > _TOLERANCE], climbing[promised > _TOLERANCE]
        if not len(climbing):
            break
        reached = _score(there, positions[series[climbing]], seen[series[climbing]], days)
        higher = reached[0] > value[climbing]
        damping[climbing] *= np.where(higher, 0.1, 5.0)
        up = climbing[higher]
        at[up], value[up], gradient[up], hessian[up] = (array[higher] for array in (there, *reached))
    return value.reshape(shape[:2]), at.reshape(shape)


def _maximize(starts, days, counts):
    """The maxima reached from starts on each series of counts: the highest value, where, and all places."""
    sides = [[days.held.get(name, _BOUNDS.get(name, _LEVEL_BOUNDS)[side]) for name in days.names] for side in (0, 1)]
    low, high = (_change_scale(np.stack(np.broadcast_arrays(*side), axis=-1))[..., None, :] for side in sides)
    value, places = _climb(_change_scale(starts), days, counts, low, high)
    best, rows = value.argmax(axis=1), np.arange(len(counts))
    places = _change_scale(places, np.exp, expit)
    return value[rows, best], places[rows, best], places


def _starts(days):
    """Starts of the search: fast and slow kernels, short and long aftermaths; (1, s, p)."""
    rates = (days.design.T @ days.in_period + 0.5) / np.maximum(days.design.sum(axis=0), 1.0)
    # What is triggered is missing from the levels.
    return np.array([[[*np.log((1 - other[2]) * rates[:-1]), 0.0, *other] for other in _STARTS]])


def _starts_near(parameters, changes):
    """Starts of the search at known parameters (m, p) or (p,) and at each change of them; (m or 1, s, p)."""
    starts = np.repeat(np.atleast_2d(parameters)[:, None], 1 + len(changes), axis=1)
    for i, change in enumerate(changes, 1):
        starts[:, i, list(change)] = list(change.values())
    return starts


def _maximum(days):
    """Parameters of largest likelihood; with the anniversary never below those without it."""
    starts = _starts(days)
    if "anniversary" not in days.held:
        starts = np.append(starts, _maximum(_hold_anniversary(days))[None, None], axis=1)
    return _maximize(starts, days, days.counts[None])[1][0]


def _hold_anniversary(days, effect=0.0):
    return replace(days, held=days.held | {"anniversary": effect})


def _describe(parameters, days):
    """The model of given parameters as a HawkesFit."""
    free = np.array([name not in days.held for name in days.names])
    aftermath, tau, alpha, rho = parameters[-4:]
    baseline = np.exp(days.design @ parameters[:-4] + aftermath * np.exp(-days.since_anchor / tau))
    expected = baseline + alpha * lfilter([0, 1 - rho], [1, -rho], days.counts)[days.n_history :]
    bounds = np.array([_BOUNDS.get(name, _LEVEL_BOUNDS) for name in days.names])
    on_bound = free & np.isclose(parameters[:, None], bounds, rtol=1e-4, atol=1e-4).any(axis=1)
    seen = days.in_period
    return HawkesFit(
        parameters=pd.Series(parameters, index=list(days.names), name="estimate")[free],
        log_likelihood=float(seen @ np.log(expected) - expected.sum() - gammaln(seen + 1).sum()),
        intensity=pd.Series(expected, index=days.index, name="intensity"),
        expected_baseline=pd.Series(baseline, index=days.index, name="expected_baseline"),
        at_bounds=tuple(name for name, on in zip(days.names, on_bound, strict=True) if on),
        days=days,
    )


def _all_parameters(model):
    """Parameters of a fit, those held too."""
    return model.parameters.reindex(list(model.days.names)).fillna(model.days.held).to_numpy()


def fit(
    dates: Dates, study_period: Period, anchor: Day = SOLEIMANI, window: int = 14, baseline: str = "yearly"
) -> HawkesFit:
    """The daily Hawkes model of largest likelihood.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
        One per incident. Those before the study period are its history; those after it are left out.
    study_period : pair of dates
        First and last day, both included.
    anchor : date
        The event that has anniversaries and an aftermath. The event's own day is not an anniversary.
    window : int
        Days either side of an anniversary, both ends included.
    baseline : {"yearly", "constant"}
        A level for each year, which changes half a year from the anniversary, and a decaying aftermath of the anchor
        event, or one level alone.

    Returns
    -------
    HawkesFit

    Raises
    ------
    ValueError
        For missing dates, no incidents in the period, a reversed period, an unknown baseline, a window out of range,
        or a period in which no day or every day is near an anniversary.

    See Also
    --------
    likelihood_ratio_test, bootstrap_fit, residual_check

    Notes
    -----
    Levels, ``tau`` (3 to 180 days), ``alpha`` (0 to 0.99) and ``rho`` (0.01 to 0.98) are bounded, so that a year
    without incidents does not break the fit. The search (damped Newton steps, exact derivatives) begins at several
    points. Free levels take some self-excitation for themselves, so that the yearly branching ratio is too low rather
    than too high (Marriott and Pope 1954, *Biometrika* 41, 390-402).

    Examples
    --------
    >>> dates = ["2021-01-03", "2021-01-04", "2021-06-01", "2021-09-09", "2022-01-02", "2022-07-07"]
    >>> model = fit(dates, ("2020-06-01", "2022-12-31"), baseline="constant")
    >>> model.n_incidents, model.anniversary_effect > 1
    (6, True)
    """
    days = _count_days(dates, study_period, anchor, window, baseline)
    return _describe(_maximum(days), days)


def simulate(model: HawkesFit, rng: np.random.Generator) -> pd.Series:
    """Daily counts drawn from a fitted model, given its history.

    Parameters
    ----------
    model : HawkesFit
        The counts of the study period itself are not used.
    rng : numpy Generator

    Returns
    -------
    Series of int
        Incidents by day of the study period.

    Notes
    -----
    Incidents of the baseline, and of the history, trigger a Poisson number of incidents each, at lags drawn from the
    kernel, and those trigger others (Hawkes and Oakes 1974, *Journal of Applied Probability* 11, 493-503).

    Examples
    --------
    >>> model = fit(["2021-01-04", "2021-01-05", "2021-09-09"], ("2020-06-01", "2021-12-31"), baseline="constant")
    >>> len(simulate(model, np.random.default_rng(1)))
    579
    """
    alpha, rho = model.parameters[["alpha", "rho"]]
    n_history, n_days = model.days.n_history, len(model.days.counts)
    first = np.append(model.days.counts[:n_history].astype(int), rng.poisson(model.expected_baseline.to_numpy()))
    generations = [np.repeat(np.arange(n_days), first)]
    while len(generations[-1]):
        children = rng.poisson(alpha, len(generations[-1]))
        on_day = np.repeat(generations[-1], children) + rng.geometric(1 - rho, children.sum())
        # What history triggered within history is part of it already.
        generations.append(np.sort(on_day[(on_day >= n_history) & (on_day < n_days)]))
    total = np.bincount(np.concatenate(generations), minlength=n_days)
    return pd.Series(total[n_history:], index=model.days.index, name="incidents")


def _draw(model, rngs):
    """A series of counts, history first, from each stream of random numbers; (m, h + n)."""
    history = model.days.counts[: model.days.n_history]
    return np.array([np.concatenate([history, simulate(model, rng)]) for rng in rngs])


def _streams(seed, n):
    """Random numbers of n replicates, each with a stream of its own."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(n)]


def likelihood_ratio_test(model: HawkesFit, n_bootstrap: int = 1000, seed: int = 0) -> AnniversaryTerm:
    """Does the baseline rise or fall near the anniversary, beyond what self-excitation would give?

    The model is fitted again without the anniversary term. The p-value is that of a parametric bootstrap: daily counts
    are drawn from the fit without the term, given the same history, and both models are fitted to them with everything
    estimated anew. Two-sided: a fall counts as much as a rise.

    Parameters
    ----------
    model : HawkesFit
    n_bootstrap : int
        Replicates.
    seed : int

    Returns
    -------
    AnniversaryTerm

    Raises
    ------
    ValueError
        For less than one replicate.

    References
    ----------
    Davison and Hinkley (1997), *Bootstrap Methods and their Application*, section 4.2.3.

    Examples
    --------
    >>> dates = ["2020-07-01", "2021-01-04", "2021-01-05", "2021-09-09"]
    >>> test = likelihood_ratio_test(fit(dates, ("2020-06-01", "2021-12-31"), baseline="constant"), n_bootstrap=9)
    >>> test.statistic > 0, len(test.replicates)
    (True, 9)
    """
    if n_bootstrap < 1:
        raise ValueError(f"n_bootstrap must be at least 1, not {n_bootstrap}")
    without = _hold_anniversary(model.days)
    null = _describe(_maximum(without), without)
    statistic = 2 * (model.log_likelihood - null.log_likelihood)
    replicates = _statistics(model.days, _draw(null, _streams(seed, n_bootstrap)), _all_parameters(null))
    p_value = (1 + np.count_nonzero(replicates >= statistic)) / (1 + n_bootstrap)
    return AnniversaryTerm(float(statistic), float(p_value), null, model, replicates)


def _statistics(days, counts, parameters):
    """Twice the gain from the anniversary term, for each series drawn from parameters without it."""
    null_value, best, places = _maximize(_starts_near(parameters, _CHANGES), _hold_anniversary(days), counts)
    starts = np.concatenate([places, _starts_near(best, _CHANGES[:1])], axis=1)
    return 2 * (_maximize(starts, days, counts)[0] - null_value)


def anniversary_interval(test: AnniversaryTerm, level: float = 0.95) -> tuple[float, float]:
    """Anniversary effects that the likelihood-ratio test does not reject.

    Parameters
    ----------
    test : AnniversaryTerm
    level : float
        Of confidence.

    Returns
    -------
    low, high : float
        Rate ratios; 0 or infinity where the likelihood falls too little before the bound of the effect.

    Notes
    -----
    The profile likelihood is cut where the test's replicates say, rather than at the 3.84 of an endless series. That
    replicates without an effect serve for other effects too is an approximation.

    Examples
    --------
    >>> dates = ["2020-07-01", "2021-01-04", "2021-01-05", "2021-09-09"]
    >>> test = likelihood_ratio_test(fit(dates, ("2020-06-01", "2021-12-31"), baseline="constant"), n_bootstrap=9)
    >>> low, high = anniversary_interval(test)
    >>> low < test.alternative.anniversary_effect < high
    True
    """
    days, starts = test.alternative.days, _starts_near(_all_parameters(test.alternative), _CHANGES)
    fitted, threshold = np.log(test.alternative.anniversary_effect), np.quantile(test.replicates, level)
    top = test.alternative.log_likelihood + gammaln(days.in_period + 1).sum()

    def surplus(effects):
        counts = np.broadcast_to(days.counts, (len(effects), len(days.counts)))
        return 2 * (top - _maximize(starts, _hold_anniversary(days, effects), counts)[0]) - threshold

    def end(bound, beyond):
        # The likelihood may rise again on the way; the interval reaches to where it falls for the last time.
        grid = np.linspace(fitted, bound, 26)
        kept = max(np.flatnonzero(surplus(grid) <= 0), default=0)
        if kept == len(grid) - 1:
            return beyond
        crossing = brentq(lambda effect: surplus(np.array([effect]))[0], grid[kept], grid[kept + 1], xtol=1e-4)
        return float(np.exp(crossing))

    low, high = _BOUNDS["anniversary"]
    return end(low, 0.0), end(high, np.inf)


def bootstrap_fit(model: HawkesFit, n_bootstrap: int = 199, seed: int = 0) -> pd.DataFrame:
    """Draws from a fitted model, to each of which it is fitted anew.

    Parameters
    ----------
    model : HawkesFit
    n_bootstrap : int
        Draws.
    seed : int

    Returns
    -------
    DataFrame, one row per draw
        ``branching_ratio``, ``half_life`` (days) and ``anniversary_effect`` of the new fit, which show how uncertain
        and how biased the fit itself is, and the residuals of :func:`residual_check`, from four incidents on.

    Examples
    --------
    >>> model = fit(["2021-01-04", "2021-01-05", "2021-09-09"], ("2020-06-01", "2021-12-31"), baseline="constant")
    >>> bootstrap_fit(model, 2).shape
    (2, 6)
    """
    rngs = _streams(seed, n_bootstrap)
    counts = _draw(model, rngs)
    _, found, _ = _maximize(_starts_near(_all_parameters(model), _CHANGES), model.days, counts)
    rows = []
    for parameters, row, rng in zip(found, counts, rngs, strict=True):
        one = _describe(parameters, replace(model.days, counts=row))
        rows.append([one.branching_ratio, one.half_life, one.anniversary_effect, *_residuals(one, rng)])
    return pd.DataFrame(rows, columns=["branching_ratio", "half_life", "anniversary_effect", *_RESIDUALS.index])


def residual_check(model: HawkesFit, draws: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """Do the daily counts look like draws from the fitted model?

    Parameters
    ----------
    model : HawkesFit
    draws : DataFrame
        As :func:`bootstrap_fit` returns them.
    seed : int
        Of the random moments.

    Returns
    -------
    DataFrame
        ``value`` and ``p_value`` of ``distance``, the largest distance of the gaps from the exponential distribution
        (Kolmogorov-Smirnov); ``gap_correlation`` of each gap with the next, both as shares of the exponential
        distribution; and ``dispersion``, the mean over days of (count - expected)^2 / expected. The last two are
        two-sided.

    Raises
    ------
    ValueError
        For fewer than four incidents in the study period.

    Notes
    -----
    If the model holds, the expected numbers of incidents between one incident and the next, each placed at a random
    moment of its day, are independent and exponential with mean 1 (Brown et al. 2002, *Neural Computation* 14, 325-346;
    the random moment: Haslinger, Pipa and Brown 2010, *Neural Computation* 22, 2477-2506). A model looks better than it
    is on the counts that it was fitted to, so the p-values are those of draws to which it is fitted anew.

    Examples
    --------
    >>> dates = ["2020-07-01", "2021-01-04", "2021-01-05", "2021-09-09"]
    >>> model = fit(dates, ("2020-06-01", "2021-12-31"), baseline="constant")
    >>> residual_check(model, bootstrap_fit(model, 9)).index.to_list()
    ['distance', 'gap_correlation', 'dispersion']
    """
    if model.n_incidents < _FEWEST:
        raise ValueError(f"{model.n_incidents} incidents are too few to check a fit; at least {_FEWEST} are needed")
    value = _residuals(model, np.random.default_rng(seed))
    # A draw with too few incidents to check counts as one that looks as unlike the model as the data.
    nearer = (draws[_RESIDUALS.index] - _RESIDUALS).abs() < (value - _RESIDUALS).abs()
    p_values = (1 + (~nearer).sum()) / (1 + len(draws))
    return pd.DataFrame({"value": value, "p_value": p_values}).rename_axis("residual")


def _residuals(model, rng):
    """Distance and correlation of the gaps, medians over random placements, and the dispersion."""
    counts, expected = model.days.in_period, model.intensity.to_numpy()
    if counts.sum() < _FEWEST:
        return np.full(len(_RESIDUALS), np.nan)
    gaps = np.median(_gap_statistics(counts.astype(int), expected, rng), axis=1)
    return np.append(gaps, np.mean((counts - expected) ** 2 / expected))


def _gap_statistics(counts, expected, rng):
    """Kolmogorov-Smirnov distance of the gaps, and the correlation of neighbours, by random placement."""
    day = np.repeat(np.arange(len(counts)), counts)
    before = np.concatenate([[0], np.cumsum(expected)[:-1]])
    moments = np.sort(before[day] + rng.uniform(size=(_PLACEMENTS, len(day))) * expected[day], axis=1)
    shares = -np.expm1(-np.diff(moments, prepend=0.0, axis=1))
    ranked, steps = np.sort(shares, axis=1), np.arange(len(day) + 1) / len(day)
    distance = np.maximum(steps[1:] - ranked, ranked - steps[:-1]).max(axis=1)
    return distance, pearsonr(shares[:, :-1], shares[:, 1:], axis=1).statistic
