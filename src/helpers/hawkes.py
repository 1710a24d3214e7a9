"""Attacks that breed attacks: the daily Hawkes model with an anniversary term.

The number of incidents on day t, N(t), is Poisson with mean

    lambda(t) = mu(t) + alpha * sum over k >= 1 of (1 - rho) rho^(k - 1) N(t - k)

The weights of the kernel sum to 1, so that ``alpha`` is the branching ratio: how many further incidents one incident
sets off on average. Every incident from before the study period feeds the kernel too, so history conditions the fit.
The log of the baseline mu(t) is a level for each calendar year, a decaying aftermath of the anchor event, and the
anniversary term. A constant baseline stands beside it as a warning: it reads drift as contagion.

Hawkes (1971), *Biometrika* 58, 83-90; in discrete time Kirchner (2016), *Stochastic Processes and their Applications*
126, 2494-2525.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import product

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize
from scipy.signal import lfilter
from scipy.special import expit, gammaln, logit
from scipy.stats import ks_1samp, uniform

from .anniversaries import HALF, SOLEIMANI, anniversaries_between, as_anchor, as_days

BASELINES = ("yearly", "constant")
# A year without incidents would send its level to minus infinity; exp(-12) is one incident in 400 years.
LEVEL_BOUNDS = (-12.0, 12.0)
BOUNDS = {
    "anniversary": (-5.0, 5.0),
    "aftermath": (-6.0, 6.0),
    "tau": (3.0, 180.0),
    "alpha": (0.0, 0.99),
    "rho": (0.01, 0.98),
}
# The likelihood may have several maxima in how fast attacks follow one another and how fast the aftermath fades.
START_RHO = (0.3, 0.8, 0.95)
START_TAU = (10.0, 60.0)
START_ALPHA = 0.3
BEFORE_ANCHOR = 1e9
# The residuals that are checked, and what the model expects of them.
RESIDUALS = ("distance", "gap_correlation", "dispersion")
RESIDUALS_EXPECTED = np.array([0.0, 0.0, 1.0])
FEWEST = 4  # incidents that residuals can be taken of
N_PLACEMENTS = 20


@dataclass(frozen=True)
class Days:
    """Daily counts and what the baseline knows of each day. See :func:`daily`.

    Attributes
    ----------
    counts : ndarray of float, shape (h + n,)
        Incidents on each day of the history and then of the study period; whole numbers.
    index : DatetimeIndex, shape (n,)
        The days of the study period.
    design : ndarray, shape (n, k)
        One column per linear term of the log baseline: the levels and, last, the anniversary where it is a term.
    terms : tuple of str
        Names of these columns.
    since_anchor : ndarray, shape (n,), or None
        Days since the anchor event; None where the baseline has no aftermath.
    """

    counts: np.ndarray
    index: pd.DatetimeIndex
    design: np.ndarray
    terms: tuple
    since_anchor: np.ndarray | None

    @property
    def names(self):
        """Names of the parameters, in order."""
        aftermath = () if self.since_anchor is None else ("aftermath", "tau")
        return (*self.terms, *aftermath, "alpha", "rho")

    @property
    def n_history(self):
        """Days of history before the study period."""
        return len(self.counts) - len(self.index)

    @cached_property
    def in_period(self):
        """Incidents on each day of the study period."""
        return self.counts[self.n_history :]

    @cached_property
    def with_incidents(self):
        """Positions in the study period of the days with incidents."""
        return np.flatnonzero(self.in_period)

    @property
    def without_anniversary(self):
        """The same days with the anniversary left out of the baseline."""
        if self.terms[-1] != "anniversary":
            return self
        return replace(self, design=self.design[:, :-1], terms=self.terms[:-1])

    @cached_property
    def log_factorials(self):
        """The part of the log-likelihood that no parameter changes."""
        return float(gammaln(self.in_period + 1).sum())


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
        Expected incidents by day of the study period: in all, and without those that others set off.
    at_bounds : tuple of str
        Parameters that rest on a bound: the data do not tell them.
    days : Days
        What was fitted.
    """

    parameters: pd.Series
    log_likelihood: float
    intensity: pd.Series
    expected_baseline: pd.Series
    at_bounds: tuple
    days: Days

    @property
    def branching_ratio(self):
        """Further incidents that one incident sets off, on average."""
        return float(self.parameters["alpha"])

    @property
    def half_life(self):
        """Days in which half of the further incidents come: log(1/2) / log(rho). Says nothing where alpha is 0."""
        return float(np.log(0.5) / np.log(self.parameters["rho"]))

    @property
    def anniversary_effect(self):
        """Rate ratio of the baseline near an anniversary; 1 where the model has no such term."""
        return float(np.exp(self.parameters.get("anniversary", 0.0)))

    @property
    def n_incidents(self):
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


def daily(dates, study_period, anchor=SOLEIMANI, window=14, baseline="yearly", anniversary=True, history_from=None):
    """Daily counts of incidents and the terms of the baseline.

    Parameters, what is raised
        As for :func:`fit`.

    Returns
    -------
    Days
    """
    _check_choices(window, baseline)
    days, (first, last) = as_days(dates), as_days(list(study_period))
    if first > last:
        raise ValueError(f"the study period ends ({last.date()}) before it begins ({first.date()})")
    start = _history_start(days, first, history_from)
    days = days[(days >= start) & (days <= last)]
    if not (days >= first).any():
        raise ValueError(f"there are no incidents in the study period {first.date()} to {last.date()}")
    index, anchor = pd.date_range(first, last), as_anchor(anchor)
    columns = _levels(index) if baseline == "yearly" else {"level": np.ones(len(index))}
    if anniversary:
        columns["anniversary"] = _near_anniversary(index, anchor, window)
    since = (index - anchor).days.to_numpy().astype(float)
    return Days(
        counts=np.bincount((days - start).days, minlength=(last - start).days + 1).astype(float),
        index=index,
        design=np.column_stack(list(columns.values())),
        terms=tuple(columns),
        since_anchor=np.where(since >= 0, since, BEFORE_ANCHOR) if baseline == "yearly" else None,
    )


def _check_choices(window, baseline):
    if baseline not in BASELINES:
        raise ValueError(f"baseline is {baseline!r}; choose from {', '.join(BASELINES)}")
    if isinstance(window, bool) or not isinstance(window, int | np.integer) or not 0 <= window < HALF:
        raise ValueError(f"window must be a whole number of days from 0 to {HALF - 1}, not {window!r}")


def _history_start(days, first, history_from):
    if history_from is None:
        return min(first, days.min()) if len(days) else first
    start = as_days([history_from])[0]
    if start > first:
        raise ValueError(f"the history begins ({start.date()}) after the study period does ({first.date()})")
    return start


def _levels(index):
    return {f"level {year}": (index.year == year).astype(float) for year in index.year.unique()}


def _near_anniversary(index, anchor, window):
    """1 within ``window`` days of an anniversary after the anchor, else 0."""
    dates = anniversaries_between(index[0].year - 1, index[-1].year + 1, anchor)
    apart = np.abs((index.to_numpy()[:, None] - dates[dates > anchor].to_numpy()) / np.timedelta64(1, "D"))
    near = (apart <= window).any(axis=1)
    if near.all() or not near.any():
        which = "every" if near.all() else "no"
        raise ValueError(
            f"{which} day of the study period {index[0].date()} to {index[-1].date()} lies within {window} days of an "
            f"anniversary of {anchor.date()}, so the anniversary cannot be compared with other days"
        )
    return near.astype(float)


def _baseline(parameters, days):
    """Expected incidents by day that no other incident set off, and the share left of the aftermath; shape (n,)."""
    log_baseline = days.design @ parameters[: len(days.terms)]
    if days.since_anchor is None:
        return np.exp(log_baseline), None
    aftermath, tau = parameters[-4:-2]
    left = np.exp(days.since_anchor / -tau)
    return np.exp(log_baseline + aftermath * left), left


def _kernel(rho, days):
    """Past incidents weighted by the kernel, and the derivative of that by rho; shape (n,) each.

    By recursion: s(t) = rho s(t - 1) + (1 - rho) N(t - 1).
    """
    past = lfilter([0, 1 - rho], [1, -rho], days.counts)
    slope = lfilter([0, 1], [1, -rho], past - days.counts)
    return past[days.n_history :], slope[days.n_history :]


def log_likelihood(parameters, days):
    """Log-likelihood of the daily counts of the study period, given the history.

    Parameters
    ----------
    parameters : array-like, shape (p,)
        In the order of ``days.names``.
    days : Days

    Returns
    -------
    float
        The Poisson log-likelihood, factorials included.
    """
    return _score(np.asarray(parameters, dtype=float), days)[0] - days.log_factorials


def gradient(parameters, days):
    """Derivatives of :func:`log_likelihood` by each parameter, shape (p,)."""
    return _score(np.asarray(parameters, dtype=float), days)[1]


def _score(parameters, days):
    """Log-likelihood but for the factorials, and its gradient."""
    alpha, rho = parameters[-2:]
    baseline, left = _baseline(parameters, days)
    past, slope = _kernel(rho, days)
    expected, counts = baseline + alpha * past, days.in_period
    surplus = counts / expected - 1
    by_log_baseline = surplus * baseline
    parts = [days.design.T @ by_log_baseline]
    if left is not None:
        by_aftermath = by_log_baseline * left
        aftermath, tau = parameters[-4:-2]
        parts.append([by_aftermath.sum(), aftermath * (by_aftermath @ days.since_anchor) / tau**2])
    parts.append([surplus @ past, alpha * (surplus @ slope)])
    seen = days.with_incidents
    value = counts[seen] @ np.log(expected[seen]) - expected.sum()
    return value, np.concatenate(parts)


def _bounds(days):
    """Lowest and highest value of each parameter, shape (p, 2)."""
    return np.array([BOUNDS.get(name, LEVEL_BOUNDS) for name in days.names])


# The search runs over log tau and logit rho, in which the likelihood is nearer to a parabola.
def _free(parameters, days):
    free = np.array(parameters, dtype=float)
    free[-1] = logit(free[-1])
    if days.since_anchor is not None:
        free[-3] = np.log(free[-3])
    return free


def _natural(free, days):
    parameters = np.array(free, dtype=float)
    parameters[-1] = expit(parameters[-1])
    if days.since_anchor is not None:
        parameters[-3] = np.exp(parameters[-3])
    return parameters


def _loss(free, days):
    """Minus the log-likelihood and its gradient, in the search's own parameters."""
    parameters = _natural(free, days)
    value, slopes = _score(parameters, days)
    slopes[-1] *= parameters[-1] * (1 - parameters[-1])
    if days.since_anchor is not None:
        slopes[-3] *= parameters[-3]
    return -value, -slopes


def _climb(start, days, effect=None):
    """The maximum reached from one start, the anniversary effect held if it is given: value and parameters.

    The value is the log-likelihood without factorials.
    """
    bounds = _bounds(days)
    if effect is not None:
        bounds[days.names.index("anniversary")] = effect
    low, high = (_free(side, days) for side in bounds.T)
    start = np.clip(_free(start, days), low, high)
    # Not L-BFGS-B, whose linear algebra starts threads that make two processes on two cores many times slower.
    options = {"maxiter": 1000, "ftol": 1e-9}
    found = minimize(_loss, start, (days,), "SLSQP", True, bounds=np.column_stack([low, high]), options=options)
    # Back from logarithms a bound may come out a rounding error beyond itself.
    return -found.fun, np.clip(_natural(found.x, days), *bounds.T)


def _starts(days):
    """Starts of the search: every pair of a fast or slow kernel and a short or long aftermath."""
    level_terms = [i for i, name in enumerate(days.terms) if name != "anniversary"]
    exposure = days.design.sum(axis=0)
    rates = (days.design.T @ days.in_period + 0.5) / exposure
    linear = np.zeros(len(days.terms))
    linear[level_terms] = np.log((1 - START_ALPHA) * rates[level_terms])
    for rho, tau in product(START_RHO, START_TAU if days.since_anchor is not None else [None]):
        aftermath = [] if tau is None else [0.0, tau]
        yield np.array([*linear, *aftermath, START_ALPHA, rho])


def _highest(starts, days, effect=None):
    """The highest of the maxima reached from several starts."""
    return max((_climb(start, days, effect) for start in starts), key=lambda reached: reached[0])


def _add_anniversary(parameters, days):
    """Parameters of the model without the anniversary, as parameters of the model with an effect of none."""
    return np.insert(parameters, len(days.terms) - 1, 0.0)


def _starts_near(parameters, days):
    """Starts of the search near known parameters, the aftermath apart: its tau is what has several maxima."""
    yield parameters
    for tau in START_TAU if days.since_anchor is not None else ():
        start = np.array(parameters)
        start[-4:-2] = 0.0, tau
        yield start


def _maximum(days):
    """Parameters of largest likelihood; with the anniversary never below those without it."""
    starts = list(_starts(days))
    if days.terms[-1] == "anniversary":
        starts.append(_add_anniversary(_maximum(days.without_anniversary), days))
    return _highest(starts, days)[1]


def _described(parameters, days):
    baseline, _ = _baseline(parameters, days)
    expected = baseline + parameters[-2] * _kernel(parameters[-1], days)[0]
    on_bound = np.isclose(parameters[:, None], _bounds(days), rtol=1e-4, atol=1e-4).any(axis=1)
    return HawkesFit(
        parameters=pd.Series(parameters, index=list(days.names), name="estimate"),
        log_likelihood=float(log_likelihood(parameters, days)),
        intensity=pd.Series(expected, index=days.index, name="intensity"),
        expected_baseline=pd.Series(baseline, index=days.index, name="expected_baseline"),
        at_bounds=tuple(name for name, on in zip(days.names, on_bound, strict=True) if on),
        days=days,
    )


def fit(dates, study_period, anchor=SOLEIMANI, window=14, baseline="yearly", anniversary=True, history_from=None):
    """The daily Hawkes model of largest likelihood.

    Parameters
    ----------
    dates : array-like of dates, shape (n,)
        One per incident, those of the history included; dates after the study period are left out.
    study_period : pair of dates
        First and last day, both included.
    anchor : date
        The event that has anniversaries and an aftermath. The event's own day is not an anniversary.
    window : int
        Days either side of an anniversary, both ends included.
    baseline : {"yearly", "constant"}
        A level per calendar year and a decaying aftermath of the anchor event, or one level alone.
    anniversary : bool
        Whether the baseline has an anniversary term.
    history_from : date, optional
        First day of the history; by default the first of the dates. Days of the history without a date count as days
        without an incident.

    Returns
    -------
    HawkesFit

    Raises
    ------
    ValueError
        For missing dates, no incidents in the period, a reversed period, a history that begins after the period, an
        unknown baseline, a window out of range, or a period in which no day or every day is near an anniversary.

    Notes
    -----
    Levels, ``tau`` (3 to 180 days), ``alpha`` (0 to 0.99) and ``rho`` (0.01 to 0.98) are bounded, so that a year
    without incidents does not break the fit. The search (sequential quadratic programming, exact gradient) begins at
    several points. Free levels take some contagion for themselves, so that the yearly branching ratio is too low rather
    than too high (Marriott and Pope 1954, *Biometrika* 41, 390-402).

    Examples
    --------
    >>> dates = ["2021-01-03", "2021-01-04", "2021-06-01", "2021-09-09", "2022-01-02", "2022-07-07"]
    >>> found = fit(dates, ("2020-06-01", "2022-12-31"), baseline="constant")
    >>> found.n_incidents, found.anniversary_effect > 1
    (6, True)
    """
    days = daily(dates, study_period, anchor, window, baseline, anniversary, history_from)
    return _described(_maximum(days), days)


def simulate(parameters, days, rng):
    """Daily counts drawn from the model, given the history.

    Incidents of the baseline, and of the history, set off a Poisson number of incidents each, at lags drawn from the
    kernel, and those set off others: by superposition the same as drawing day after day (Hawkes and Oakes 1974,
    *Journal of Applied Probability* 11, 493-503).

    Parameters
    ----------
    parameters : array-like, shape (p,)
        In the order of ``days.names``, as ``fit(…).parameters``.
    days : Days
        As ``fit(…).days``; the counts of the study period itself are not used.
    rng : numpy Generator

    Returns
    -------
    Series of int
        Incidents by day of the study period.
    """
    parameters = np.asarray(parameters, dtype=float)
    alpha, rho = parameters[-2:]
    history = days.counts[: days.n_history].astype(int)
    generation = np.concatenate([history, rng.poisson(_baseline(parameters, days)[0])])
    total = generation.copy()
    while generation.any():
        parents = np.repeat(np.arange(len(generation)), generation)
        children = rng.poisson(alpha, len(parents))
        on_day = np.repeat(parents, children) + rng.geometric(1 - rho, children.sum())
        # What history set off within history has been seen already.
        on_day = on_day[(on_day >= len(history)) & (on_day < len(generation))]
        generation = np.bincount(on_day, minlength=len(generation))
        total += generation
    return pd.Series(total[len(history) :], index=days.index, name="incidents")


def likelihood_ratio_test(
    dates,
    study_period,
    anchor=SOLEIMANI,
    window=14,
    baseline="yearly",
    history_from=None,
    n_bootstrap=1000,
    seed=0,
    workers=2,
):
    """Does the baseline rise or fall near the anniversary, beyond what attacks that breed attacks would give?

    The model is fitted without and with the anniversary term. The p-value is that of a parametric bootstrap: daily
    counts are drawn from the fit without the term, given the same history, and both models are fitted to them with
    everything estimated anew (levels, aftermath and its tau, alpha, rho). Two-sided: a fall counts as much as a rise.

    Parameters
    ----------
    dates, study_period, anchor, window, baseline, history_from
        As for :func:`fit`.
    n_bootstrap : int
        Replicates.
    seed : int
        Each replicate has its own stream, so the result does not depend on ``workers``.
    workers : int
        Processes.

    Returns
    -------
    AnniversaryTerm

    Raises
    ------
    ValueError
        As for :func:`fit`, and for less than one replicate or worker.

    Notes
    -----
    Davison and Hinkley (1997), *Bootstrap Methods and their Application*, section 4.2.3.
    """
    if n_bootstrap < 1 or workers < 1:
        raise ValueError(f"n_bootstrap and workers must be at least 1, not {n_bootstrap} and {workers}")
    days = daily(dates, study_period, anchor, window, baseline, True, history_from)
    null = _described(_maximum(days.without_anniversary), days.without_anniversary)
    alternative = _described(_maximum(days), days)
    statistic = 2 * (alternative.log_likelihood - null.log_likelihood)
    one = partial(_replicate, days, null.parameters.to_numpy())
    replicates = np.array(_map(one, np.random.SeedSequence(seed).spawn(n_bootstrap), workers))
    p_value = (1 + np.count_nonzero(replicates >= statistic)) / (1 + n_bootstrap)
    return AnniversaryTerm(float(statistic), float(p_value), null, alternative, replicates)


def anniversary_interval(test, level=0.95):
    """Anniversary effects that the likelihood-ratio test does not reject.

    The profile likelihood is cut where it has fallen by more than the test's own replicates under no effect do in 5 of
    100 draws, rather than by the 3.84 of an endless series. That the replicates for no effect serve for other effects
    too is an approximation.

    Parameters
    ----------
    test : AnniversaryTerm
    level : float
        Of confidence.

    Returns
    -------
    low, high : float
        Rate ratios; 0 or infinity where the likelihood falls too little before the bound of the effect.
    """
    days, best = test.alternative.days, test.alternative.parameters.to_numpy()
    column, threshold = days.names.index("anniversary"), np.quantile(test.replicates, level)
    top = test.alternative.log_likelihood + days.log_factorials

    def surplus(effect):
        return 2 * (top - _highest(_starts_near(best, days), days, effect)[0]) - threshold

    def end(bound, beyond):
        # The likelihood may rise again on the way; the interval reaches to where it falls for the last time.
        grid = np.linspace(best[column], bound, 26)
        kept = max(np.flatnonzero([surplus(effect) <= 0 for effect in grid]), default=0)
        if kept == len(grid) - 1:
            return beyond
        return float(np.exp(brentq(surplus, grid[kept], grid[kept + 1], xtol=1e-4)))

    low, high = BOUNDS["anniversary"]
    return end(low, 0.0), end(high, np.inf)


def _map(function, items, workers):
    if workers == 1:
        return [function(item) for item in items]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(function, items, chunksize=max(1, len(items) // (8 * workers))))


def _replicate(days, null_parameters, seed):
    """The statistic of one replicate drawn without an anniversary effect."""
    drawn = simulate(null_parameters, days.without_anniversary, np.random.default_rng(seed))
    history = days.counts[: days.n_history]
    return _statistic(replace(days, counts=np.concatenate([history, drawn.to_numpy()])), null_parameters)


def _statistic(days, null_parameters):
    """Twice the gain from the anniversary term, the search beginning where the replicate was drawn."""
    without = days.without_anniversary
    null_value, null_found = _highest(_starts_near(null_parameters, without), without)
    value, _ = _highest(_starts_near(_add_anniversary(null_found, days), days), days)
    return 2 * (value - null_value)


def refits(found, n_bootstrap=199, seed=0, workers=2):
    """Draws from the fitted model, to each of which it is fitted anew.

    Parameters
    ----------
    found : HawkesFit
    n_bootstrap : int
        Draws.
    seed : int
    workers : int
        Processes; the result does not depend on it.

    Returns
    -------
    DataFrame, one row per draw
        ``branching_ratio``, ``half_life`` (days) and ``anniversary_effect`` of the refit, which tell how uncertain, and
        how biased, the fit itself is; and the residuals that :func:`residual_check` sets the data against. A draw of
        fewer than four incidents has no residuals.
    """
    one = partial(_refit, found.days, found.parameters.to_numpy())
    return pd.DataFrame(_map(one, np.random.SeedSequence(seed).spawn(n_bootstrap), workers))


def _refit(days, parameters, seed):
    """One row of :func:`refits`."""
    rng = np.random.default_rng(seed)
    drawn = simulate(parameters, days, rng).to_numpy()
    days = replace(days, counts=np.concatenate([days.counts[: days.n_history], drawn]))
    found = _described(_highest(_starts_near(parameters, days), days)[1], days)
    enough = drawn.sum() >= FEWEST
    residuals = _residuals(drawn, found.intensity.to_numpy(), rng) if enough else np.full(len(RESIDUALS), np.nan)
    estimates = {name: getattr(found, name) for name in ("branching_ratio", "half_life", "anniversary_effect")}
    return estimates | dict(zip(RESIDUALS, residuals, strict=True))


def residual_check(found, draws, seed=0):
    """Do the daily counts look like draws from the fitted model?

    Within a day the model's rate is constant, so incidents placed at random moments of their day turn, by the
    expected number of incidents between one and the next, into independent exponential gaps of mean 1 if the model
    holds (time-rescaling: Brown et al. 2002, *Neural Computation* 14, 325-346; the random moment within a discrete
    step: Haslinger, Pipa and Brown 2010, *Neural Computation* 22, 2477-2506). A model that was fitted to the counts
    looks better than it is, so the p-values are those of draws from the fit to which it is fitted anew.

    Parameters
    ----------
    found : HawkesFit
    draws : DataFrame
        As :func:`refits` returns them.
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
    """
    counts = found.days.in_period.astype(int)
    if counts.sum() < FEWEST:
        raise ValueError(f"{counts.sum()} incidents are too few to check a fit; at least {FEWEST} are needed")
    value = _residuals(counts, found.intensity.to_numpy(), np.random.default_rng(seed))
    # A draw with too few incidents to check counts as one that looks as unlike the model as the data.
    nearer = (draws[list(RESIDUALS)] - RESIDUALS_EXPECTED).abs() < np.abs(value - RESIDUALS_EXPECTED)
    p_values = (1 + (~nearer).sum()) / (1 + len(draws))
    return pd.DataFrame({"value": value, "p_value": p_values}).rename_axis("residual")


def _residuals(counts, expected, rng):
    """Distance and correlation of the gaps, medians over random placements, and the dispersion."""
    gaps = np.median([_gap_statistics(counts, expected, rng) for _ in range(N_PLACEMENTS)], axis=0)
    return np.append(gaps, np.mean((counts - expected) ** 2 / expected))


def _gap_statistics(counts, expected, rng):
    """Kolmogorov-Smirnov distance of the gaps, and the correlation of neighbours, of one random placement."""
    day = np.repeat(np.arange(len(counts)), counts)
    before = np.concatenate([[0], np.cumsum(expected)[:-1]])
    moments = np.sort(before[day] + rng.uniform(size=len(day)) * expected[day])
    shares = -np.expm1(-np.diff(moments, prepend=0.0))
    return ks_1samp(shares, uniform.cdf, mode="asymp").statistic, np.corrcoef(shares[:-1], shares[1:])[0, 1]
