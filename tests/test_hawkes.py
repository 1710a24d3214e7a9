from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln, logit
from scipy.stats import ks_1samp, poisson, uniform

from helpers import anniversaries, hawkes

PERIOD = ("2020-01-04", "2023-09-30")
ANCHOR = "2020-01-03"


def count_days(dates, period=PERIOD, anchor=ANCHOR, window=14, baseline="yearly", anniversary=True):
    days = hawkes._count_days(dates, period, anchor, window, baseline)
    return days if anniversary else hawkes._hold_anniversary(days)


def some_days(baseline="yearly", anniversary=True, seed=1, n=150):
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2019-10-01", PERIOD[1])[rng.integers(0, 1460, n)]
    return count_days(dates, baseline=baseline, anniversary=anniversary)


def some_parameters(days, seed=1):
    rng = np.random.default_rng(seed)
    ranges = {"anniversary": (-1, 2), "aftermath": (-1, 3), "tau": (4, 150), "alpha": (0.1, 0.9), "rho": (0.05, 0.95)}
    drawn = {name: rng.uniform(*ranges.get(name, (-4, -1))) for name in days.names}
    return np.array([days.held.get(name, value) for name, value in drawn.items()])


def some_series(days, n, seed=1):
    """Counts of several series drawn from one model, over the same days and history."""
    truth = pd.Series(-2.5, index=list(days.names))
    truth[["anniversary", "aftermath", "tau", "alpha", "rho"]] = 0.3, 2.0, 20.0, 0.4, 0.8
    truth[list(days.held)] = list(days.held.values())
    model = hawkes._describe(truth.to_numpy(), days)
    return hawkes._draw(model, hawkes._streams(seed, n))


def search(days, starts, counts):
    """Values and places that the search reaches from starts on series of counts."""
    value, place, _ = hawkes._maximize(np.asarray(starts), days, np.asarray(counts))
    return value, place


def score(parameters, days):
    """What the search sees of one row of parameters, in its own coordinates."""
    positions, counts = hawkes._days_with_incidents(days.counts[None])
    return [array[0] for array in hawkes._score(parameters[None], positions, counts, days)]


@pytest.fixture(scope="module")
def dates(bursts):
    """Bursts over the study period, and a few incidents before it."""
    return pd.DatetimeIndex([*bursts(120, seed=5)["date"], *pd.to_datetime(["2019-11-08", "2019-12-27", ANCHOR])])


@pytest.fixture(scope="module")
def model(dates):
    return hawkes.fit(dates, PERIOD)


@pytest.fixture(scope="module")
def tested(dates):
    return hawkes.likelihood_ratio_test(hawkes.fit(dates, PERIOD, baseline="constant"), n_bootstrap=39)


# --- likelihood by a double sum over days, in calendar dates and no arrays --------------------------------------------


def level_of(day, anchor):
    """The level of a year that begins six months from the anchor's month: in June or July for December and January."""
    first = day.year if day.month >= {12: 6, 1: 7}[anchor.month] else day.year - 1
    return f"level {first}/{str(first + 1)[-2:]}"


def brute_force(parameters, dates, period, anchor, window):
    """The formulas of the module's docstring, day by day and past incident by past incident."""
    first, last, anchor = (pd.Timestamp(day) for day in (*period, anchor))
    total = 0.0
    for day in pd.date_range(first, last):
        log_baseline = parameters.get(level_of(day, anchor), parameters.get("level"))
        if "tau" in parameters and day >= anchor:
            log_baseline += parameters["aftermath"] * np.exp(-(day - anchor).days / parameters["tau"])
        later = [year for year in range(day.year - 1, day.year + 2) if year > anchor.year]
        if any(abs((day - anchor.replace(year=year)).days) <= window for year in later):
            log_baseline += parameters.get("anniversary", 0.0)
        rho, lags = parameters["rho"], [(day - other).days for other in dates if other < day]
        excited = parameters["alpha"] * sum((1 - rho) * rho ** (lag - 1) for lag in lags)
        total += poisson.logpmf(sum(other == day for other in dates), np.exp(log_baseline) + excited)
    return total


@pytest.mark.parametrize("baseline", hawkes.BASELINES)
@pytest.mark.parametrize("anniversary", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_likelihood_by_brute_force(baseline, anniversary, seed):
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2020-10-01", "2022-03-31")[rng.integers(0, 540, 60)]
    period, anchor = ("2020-12-20", "2022-03-15"), "2020-12-28"
    days = count_days(dates, period, anchor, 10, baseline, anniversary)
    parameters = some_parameters(days, seed)
    described = hawkes._describe(parameters, days)
    assert described.log_likelihood == pytest.approx(brute_force(described.parameters, dates, period, anchor, 10))
    seen = score(hawkes._change_scale(parameters), days)[0]
    assert seen - gammaln(days.in_period + 1).sum() == pytest.approx(described.log_likelihood, rel=1e-12)


@pytest.mark.parametrize("baseline", hawkes.BASELINES)
@pytest.mark.parametrize("seed", range(5))
def test_derivatives_by_differences(baseline, seed):
    days, step = some_days(baseline, seed=seed), 1e-5
    here = hawkes._change_scale(some_parameters(days, seed))
    _, gradient, hessian = score(here, days)
    ends = [[score(here + side * move, days) for side in (1, -1)] for move in step * np.eye(len(here))]
    slopes = [(high[0] - low[0]) / (2 * step) for high, low in ends]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-5, atol=1e-4)
    curvatures = [(high[1] - low[1]) / (2 * step) for high, low in ends]
    np.testing.assert_allclose(hessian, curvatures, rtol=1e-5, atol=1e-4)


# --- fits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", hawkes.BASELINES)
def test_no_random_start_climbs_higher(dates, baseline):
    days = count_days(dates, baseline=baseline)
    starts = np.array([[some_parameters(days, seed) for seed in range(30)]])
    best = hawkes._maximum(days)
    assert search(days, starts, [days.counts])[0] < search(days, [[best]], [days.counts])[0] + 1e-4


@pytest.mark.parametrize("baseline", hawkes.BASELINES)
def test_an_optimum_is_not_below_another_search_from_it(baseline):
    """Sequential quadratic programming by scipy, begun at each optimum and free within the same bounds."""
    days = some_days(baseline)
    free = [i for i, name in enumerate(days.names) if name not in days.held]
    bounds = np.array([hawkes._BOUNDS.get(name, hawkes._LEVEL_BOUNDS) for name in days.names], dtype=float)
    bounds[-1], bounds[-3] = logit(bounds[-1]), np.log(bounds[-3])
    for counts in some_series(days, 5):
        drawn = replace(days, counts=counts)
        found = hawkes._change_scale(hawkes._maximum(drawn))

        def loss(values, drawn=drawn, found=found):
            here = found.copy()
            here[free] = values
            value, gradient, _ = score(here, drawn)
            return -value, -gradient[free]

        other = minimize(loss, found[free], jac=True, bounds=bounds[free], method="SLSQP", options={"ftol": 1e-12})
        assert -other.fun <= score(found, drawn)[0] + 1e-6


@pytest.mark.parametrize("baseline", hawkes.BASELINES)
def test_many_series_at_once_are_fitted_as_one_by_one(baseline):
    days = some_days(baseline)
    counts = some_series(days, 22)
    starts = hawkes._starts(days)
    values, places = search(days, starts, counts)
    for i in range(0, len(counts), 7):
        value, place = search(days, starts, counts[[i]])
        assert value[0] == pytest.approx(values[i], abs=1e-7)
        np.testing.assert_allclose(place[0], places[i], atol=1e-2)


@pytest.mark.parametrize("baseline", ["constant", pytest.param("yearly", marks=pytest.mark.slow)])
def test_known_parameters_are_recovered(baseline):
    """The mean of ten fits lies within three and a half of its own standard errors of each true value.

    Levels that are estimated make any autoregression look weaker: by (1 + 3 phi) / n for n days to a level (Marriott
    and Pope 1954, Biometrika 41, 390-402), where phi = rho + alpha (1 - rho), and so alpha by 1 / (1 - rho) times that.
    """
    period = ("2015-01-04", "2022-12-31")
    history = ["2014-12-20", "2014-12-30"]
    days = count_days([*history, "2016-05-05"], period, "2015-01-03", baseline=baseline)
    truth = pd.Series(np.log(0.4), index=list(days.names))
    truth[["anniversary", "alpha", "rho"]] = np.log(3), 0.5, 0.8
    truth[["aftermath", "tau"]] = (2.0, 30.0) if baseline == "yearly" else (0.0, 60.0)
    true_model, rng, fits = hawkes._describe(truth.to_numpy(), days), np.random.default_rng(4), []
    for _ in range(10):
        drawn = [*days.index.repeat(hawkes.simulate(true_model, rng)), *pd.to_datetime(history)]
        fits.append(hawkes.fit(drawn, period, "2015-01-03", baseline=baseline).parameters)
    fits = pd.DataFrame(fits)[["alpha", "rho", "anniversary"]]
    weaker = (1 + 3 * 0.9) / (365 if baseline == "yearly" else len(days.index)) / 0.2
    expected = truth[fits.columns] - [weaker, 0, 0]
    assert (fits.std() < [0.1, 0.1, 0.3]).all()
    assert ((fits.mean() - expected).abs() < 3.5 * fits.std() / np.sqrt(10)).all()


def test_a_constant_baseline_reads_drift_as_contagion():
    """Rates that fall tenfold over the years, and no incident that sets off another."""
    rng = np.random.default_rng(5)
    days = pd.date_range("2016-01-01", "2021-12-31")
    rate = pd.Series([0.6, 0.4, 0.25, 0.15, 0.1, 0.06], index=range(2016, 2022)).reindex(days.year).to_numpy()
    dates, period = days.repeat(rng.poisson(rate)), ("2016-01-04", "2021-12-31")
    constant = hawkes.fit(dates, period, "2016-01-03", baseline="constant")
    yearly = hawkes.fit(dates, period, "2016-01-03")
    assert constant.branching_ratio > 0.4
    assert yearly.branching_ratio < 0.15


def test_a_year_without_incidents_does_not_break_the_fit(dates):
    quiet = (dates >= "2021-07-01") & (dates < "2022-07-01")
    found = hawkes.fit(dates[~quiet], PERIOD)
    assert np.isfinite(found.parameters).all()
    assert "level 2021/22" in found.at_bounds
    assert found.intensity.sum() == pytest.approx(found.n_incidents, rel=1e-3)


def test_a_fit_describes_itself(model, dates):
    assert model.branching_ratio == model.parameters["alpha"]
    assert model.parameters["rho"] ** model.half_life == pytest.approx(0.5)
    assert model.anniversary_effect == np.exp(model.parameters["anniversary"])
    assert model.intensity.index.equals(pd.date_range(*PERIOD))
    assert (model.intensity >= model.expected_baseline).all()
    assert model.n_incidents == dates.to_series().between(*PERIOD).sum()
    assert model.days.n_history == 57  # from 8 November 2019 to 3 January 2020


def test_a_model_without_the_anniversary_has_no_such_parameter(tested):
    assert "anniversary" not in tested.null.parameters
    assert tested.null.anniversary_effect == 1
    assert tested.null.log_likelihood <= tested.alternative.log_likelihood


def test_times_zones_and_dates_after_the_period_change_nothing(dates):
    clocked = (dates + pd.Timedelta(hours=21)).tz_localize("Asia/Baghdad").tolist()
    later = pd.Timestamp("2024-02-01", tz="Asia/Baghdad")
    one = hawkes.fit(dates, PERIOD, baseline="constant")
    other = hawkes.fit([*clocked, later], PERIOD, baseline="constant")
    pd.testing.assert_series_equal(one.parameters, other.parameters)


def test_history_can_be_left_out(dates):
    found = hawkes.fit(dates[dates >= PERIOD[0]], PERIOD, baseline="constant")
    assert found.days.n_history == 0


# --- simulation, bootstrap, residuals ---------------------------------------------------------------------------------


def test_simulated_counts_have_the_mean_of_the_recursion():
    """Means by day obey the model's own recursion, from the history on; 1,000 draws, four standard errors."""
    dates, period = [ANCHOR] * 5 + ["2020-01-10"], (PERIOD[0], "2020-01-23")
    days = count_days(dates, period, "2019-01-03", baseline="constant", anniversary=False)
    level, alpha, rho = np.log(0.3), 0.6, 0.7
    expected, past = [], 5 * (1 - rho)
    for _ in days.index:
        expected.append(np.exp(level) + alpha * past)
        past = rho * past + (1 - rho) * expected[-1]
    rng = np.random.default_rng(6)
    true_model = hawkes._describe(np.array([level, 0.0, 0.0, 60.0, alpha, rho]), days)
    drawn = np.array([hawkes.simulate(true_model, rng) for _ in range(1000)])
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - expected) < 4 * error).all()


def test_a_replicate_does_not_depend_on_how_many_there_are(dates):
    found = hawkes.fit(dates, PERIOD, baseline="constant")
    few, more = (hawkes.likelihood_ratio_test(found, n_bootstrap=n, seed=3) for n in (5, 60))
    np.testing.assert_allclose(few.replicates, more.replicates[:5], atol=1e-6)
    assert more.p_value == (1 + (more.replicates >= more.statistic).sum()) / 61
    assert more.statistic == pytest.approx(2 * (more.alternative.log_likelihood - more.null.log_likelihood))
    assert (more.replicates > -1e-6).all()


def test_a_strong_effect_is_found(dates):
    near = pd.DatetimeIndex([f"{year}-01-{day:02}" for year in (2021, 2022, 2023) for day in (1, 5, 9, 13, 16)] * 3)
    found = hawkes.likelihood_ratio_test(hawkes.fit([*dates, *near], PERIOD, baseline="constant"), n_bootstrap=39)
    assert found.p_value == 1 / 40
    assert found.alternative.anniversary_effect > 3


def test_replicates_are_searched_as_well_as_the_data(dates):
    """A few starts near the truth find what the many starts of a fit find, in at least 9 of 10 replicates."""
    days = count_days(dates)
    null = hawkes._maximum(hawkes._hold_anniversary(days))
    counts = hawkes._draw(hawkes._describe(null, hawkes._hold_anniversary(days)), hawkes._streams(0, 10))
    statistics = hawkes._statistics(days, counts, null)
    thorough = []
    for row in counts:
        drawn = replace(days, counts=row)
        ends = [(hawkes._maximum(one), one) for one in (hawkes._hold_anniversary(drawn), drawn)]
        low, high = (hawkes._describe(*end).log_likelihood for end in ends)
        thorough.append(2 * (high - low))
    assert (np.abs(statistics - thorough) < 0.01).mean() >= 0.9


def test_residuals_of_a_true_model_and_of_a_false_one():
    """The true model passes; a model that knows of no bursts does not."""
    period = ("2016-01-04", "2021-12-31")
    days = count_days(["2016-01-02", "2017-01-01"], period, "2016-01-03", baseline="constant")
    truth = hawkes._describe(np.array([np.log(0.1), 0.0, 0.0, 60.0, 0.7, 0.7]), days)
    counts = hawkes.simulate(truth, np.random.default_rng(8))
    found = hawkes.fit(days.index.repeat(counts), period, "2016-01-03", baseline="constant")
    draws = hawkes.bootstrap_fit(found, n_bootstrap=39)
    assert draws["branching_ratio"].between(0.4, 0.85).mean() > 0.9, "they scatter around the fit"
    good = hawkes.residual_check(found, draws)
    flat = replace(found, intensity=pd.Series(counts.mean(), index=days.index))
    bad = hawkes.residual_check(flat, draws)
    assert (good["p_value"] > 0.05).all()
    assert bad.loc["distance", "p_value"] == bad.loc["dispersion", "p_value"] == 1 / 40


def test_the_distance_of_the_gaps_by_hand():
    """Where every day expects the same, gaps are those of uniform moments: counted day by day, no cumulative sums."""
    counts, expected = np.array([0, 2, 0, 0, 1, 1]), np.full(6, 0.5)
    distances, correlations = hawkes._gap_statistics(counts, expected, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    for distance, correlation in zip(distances, correlations, strict=True):
        offsets = rng.uniform(size=4)
        moments = sorted(0.5 * (day + offset) for day, offset in zip([1, 1, 4, 5], offsets, strict=True))
        shares = [1 - np.exp(-(b - a)) for a, b in zip([0, *moments], moments, strict=False)]
        assert distance == pytest.approx(ks_1samp(shares, uniform.cdf).statistic)
        assert correlation == pytest.approx(np.corrcoef(shares[:-1], shares[1:])[0, 1])


# --- interval ---------------------------------------------------------------------------------------------------------


def test_the_interval_ends_where_the_likelihood_has_fallen_enough(tested):
    """At each end, another search over the other parameters reaches the cut and no more."""
    days, threshold = tested.alternative.days, np.quantile(tested.replicates, 0.95)
    for end in hawkes.anniversary_interval(tested):

        def loss(others, end=end):
            level, alpha, rho = others
            if not (0 <= alpha < 0.99 and 0.01 < rho < 0.98):
                return 1e9
            return -hawkes._describe(np.array([level, np.log(end), 0, 60, alpha, rho]), days).log_likelihood

        reached = minimize(loss, [-2.5, 0.4, 0.8], method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-5})
        assert 2 * (tested.alternative.log_likelihood + reached.fun) == pytest.approx(threshold, abs=0.01)


def test_an_interval_may_have_no_lower_end(dates):
    far = dates[np.abs(anniversaries.days_from_anniversary(dates)) > 14]
    test = hawkes.likelihood_ratio_test(hawkes.fit(far, PERIOD, baseline="constant"), n_bootstrap=39)
    low, high = hawkes.anniversary_interval(test)
    assert low == 0
    assert 0 < high < 3


@pytest.mark.slow
def test_the_interval_covers():
    """A doubled rate near the anniversary lies in the 95% interval of at least 88 of 100 drawn series."""
    period = ("2016-01-04", "2021-12-31")
    days = count_days(["2017-01-02", "2017-05-01"], period, "2016-01-03", baseline="constant")
    truth = hawkes._describe(np.array([np.log(0.1), np.log(2.0), 0.0, 60.0, 0.4, 0.8]), days)
    rng, covered = np.random.default_rng(12), []
    for _ in range(100):
        drawn = days.index.repeat(hawkes.simulate(truth, rng))
        found = hawkes.fit(drawn, period, "2016-01-03", baseline="constant")
        test = hawkes.likelihood_ratio_test(found, n_bootstrap=99)
        low, high = hawkes.anniversary_interval(test)
        covered.append(low <= 2 <= high)
    assert np.mean(covered) >= 0.88


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dates": ["2021-01-01", None]}, "1 of 2 dates are missing"),
        ({"dates": ["2019-12-31", "2024-01-01"]}, "no incidents in the study period"),
        ({"dates": []}, "no incidents in the study period"),
        ({"study_period": PERIOD[::-1]}, "before it begins"),
        ({"study_period": (PERIOD[0], None)}, "an end of the study period must be one of the whole days"),
        ({"baseline": "monthly"}, "choose from yearly, constant"),
        ({"window": 182}, "whole number of days from 0 to 181"),
        ({"window": 1.5}, "whole number of days"),
        ({"anchor": "2023-01-03"}, "no day of the study period"),
        ({"study_period": ("2021-01-01", "2021-01-10")}, "every day of the study period"),
    ],
)
def test_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        hawkes.fit(**{"dates": ["2021-01-01", "2021-05-05"], "study_period": PERIOD, **change})


def test_bad_bootstrap(model):
    with pytest.raises(ValueError, match="at least 1"):
        hawkes.likelihood_ratio_test(model, n_bootstrap=0)


def test_too_few_incidents_to_check():
    found = hawkes.fit(["2021-01-01", "2021-05-05"], PERIOD, baseline="constant")
    with pytest.raises(ValueError, match="too few"):
        hawkes.residual_check(found, pd.DataFrame())


@pytest.mark.parametrize(
    ("anchor", "levels"),
    [("2020-01-03", ["level 2020/21", "level 2021/22"]), ("2020-07-15", ["level 2021"]),
     ("2020-10-07", ["level 2020/21", "level 2021/22"])],
)  # fmt: skip
def test_levels_change_half_a_year_from_the_anniversary(anchor, levels):
    index = pd.date_range("2021-01-01", "2021-12-31")
    found = hawkes._year_levels(index, pd.Timestamp(anchor))
    assert list(found) == levels
    assert np.sum([*found.values()], axis=0).tolist() == [1] * 365
    changes = [index[n].month for n in range(1, 365) if found[levels[-1]][n] != found[levels[-1]][n - 1]]
    assert all(3 < abs(month - int(anchor[5:7])) < 9 for month in changes)
