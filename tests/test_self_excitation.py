from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import poisson

from helpers import anniversaries, self_excitation

PERIOD = ("2020-01-04", "2023-09-30")
# Python 3.12 and later warn of any fork beside a thread.
forks = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def some_days(baseline="yearly", anniversary=True, seed=1, n=150):
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2019-10-01", PERIOD[1])[rng.integers(0, 1460, n)]
    return self_excitation.daily(dates, PERIOD, baseline=baseline, anniversary=anniversary)


def some_parameters(days, seed=1):
    rng = np.random.default_rng(seed)
    ranges = {"anniversary": (-1, 2), "aftermath": (-1, 3), "tau": (4, 150), "alpha": (0.1, 0.9), "rho": (0.05, 0.95)}
    return np.array([rng.uniform(*ranges.get(name, (-4, -1))) for name in days.names])


# --- likelihood by a double sum over days, in calendar dates and no arrays --------------------------------------------


def brute_force(parameters, dates, period, anchor, window):
    """The formulas of the module's docstring, day by day and past incident by past incident."""
    first, last, anchor = (pd.Timestamp(day) for day in (*period, anchor))
    total = 0.0
    for day in pd.date_range(first, last):
        log_baseline = parameters.get(f"level {day.year}", parameters.get("level"))
        if "tau" in parameters and day >= anchor:
            log_baseline += parameters["aftermath"] * np.exp(-(day - anchor).days / parameters["tau"])
        later = [year for year in range(day.year - 1, day.year + 2) if year > anchor.year]
        if any(abs((day - anchor.replace(year=year)).days) <= window for year in later):
            log_baseline += parameters.get("anniversary", 0.0)
        rho, lags = parameters["rho"], [(day - other).days for other in dates if other < day]
        excited = parameters["alpha"] * sum((1 - rho) * rho ** (lag - 1) for lag in lags)
        total += poisson.logpmf(sum(other == day for other in dates), np.exp(log_baseline) + excited)
    return total


@pytest.mark.parametrize("baseline", self_excitation.BASELINES)
@pytest.mark.parametrize("anniversary", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_likelihood_by_brute_force(baseline, anniversary, seed):
    rng = np.random.default_rng(seed)
    dates = pd.date_range("2020-10-01", "2022-03-31")[rng.integers(0, 540, 60)]
    period, anchor = ("2020-12-20", "2022-03-15"), "2020-12-28"
    days = self_excitation.daily(dates, period, anchor, 10, baseline, anniversary)
    parameters = pd.Series(some_parameters(days, seed), index=list(days.names))
    expected = brute_force(parameters, dates, period, anchor, 10)
    assert self_excitation.log_likelihood(parameters, days) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("baseline", self_excitation.BASELINES)
def test_likelihood_of_the_real_incidents_by_brute_force(core, baseline):
    found = self_excitation.fit(core["date"], PERIOD, baseline=baseline)
    expected = brute_force(found.parameters, list(core["date"]), PERIOD, "2020-01-03", 14)
    assert found.log_likelihood == pytest.approx(expected, rel=1e-12)
    assert found.days.n_history == 57  # from the first incident, 8 November 2019, to the day of the killing


@pytest.mark.parametrize("baseline", self_excitation.BASELINES)
@pytest.mark.parametrize("seed", range(5))
def test_gradient_by_differences(baseline, seed):
    days = some_days(baseline, seed=seed)
    parameters, step, value = some_parameters(days, seed), 1e-5, self_excitation.log_likelihood
    moves = step * np.eye(len(parameters))
    numerical = [(value(parameters + move, days) - value(parameters - move, days)) / (2 * step) for move in moves]
    np.testing.assert_allclose(self_excitation.gradient(parameters, days), numerical, rtol=1e-5, atol=1e-4)


# --- fits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("baseline", self_excitation.BASELINES)
def test_no_random_start_climbs_higher(core, baseline):
    found = self_excitation.fit(core["date"], PERIOD, baseline=baseline)
    days = found.days
    reached = [self_excitation._climb(some_parameters(days, seed), days)[0] for seed in range(30)]
    assert max(reached) - days.log_factorials < found.log_likelihood + 1e-4


@pytest.mark.parametrize("baseline", self_excitation.BASELINES)
def test_known_parameters_are_recovered(baseline):
    """The mean of ten fits lies within three and a half of its own standard errors of each true value.

    Levels that are estimated make any autoregression look weaker: by (1 + 3 phi) / n for n days to a level (Marriott
    and Pope 1954, Biometrika 41, 390-402), where phi = rho + alpha (1 - rho), and so alpha by 1 / (1 - rho) times that.
    """
    period = ("2015-01-04", "2022-12-31")
    days = self_excitation.daily(["2014-12-20", "2014-12-30", "2016-05-05"], period, "2015-01-03", baseline=baseline)
    truth = pd.Series(np.log(0.4), index=list(days.names))
    truth[["anniversary", "alpha", "rho"]] = np.log(3), 0.5, 0.8
    if baseline == "yearly":
        truth[["aftermath", "tau"]] = 2.0, 30.0
    rng, fits = np.random.default_rng(4), []
    for _ in range(10):
        counts = self_excitation.simulate(truth, days, rng)
        drawn = [*days.index.repeat(counts), pd.Timestamp("2014-12-20"), pd.Timestamp("2014-12-30")]
        fits.append(self_excitation.fit(drawn, period, "2015-01-03", baseline=baseline).parameters)
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
    constant = self_excitation.fit(dates, period, "2016-01-03", baseline="constant")
    yearly = self_excitation.fit(dates, period, "2016-01-03")
    assert constant.branching_ratio > 0.4
    assert yearly.branching_ratio < 0.15


def test_a_year_without_incidents_does_not_break_the_fit(core):
    found = self_excitation.fit(core["date"][core["date"].dt.year != 2021], PERIOD)
    assert np.isfinite(found.parameters).all()
    assert "level 2021" in found.at_bounds
    assert found.intensity.sum() == pytest.approx(found.n_incidents, rel=1e-3)


def test_a_fit_describes_itself(core):
    found = self_excitation.fit(core["date"], PERIOD)
    assert found.branching_ratio == found.parameters["alpha"]
    assert found.parameters["rho"] ** found.half_life == pytest.approx(0.5)
    assert found.anniversary_effect == np.exp(found.parameters["anniversary"])
    assert found.intensity.index.equals(pd.date_range(*PERIOD))
    assert (found.intensity >= found.expected_baseline).all()
    assert found.n_incidents == core["date"].between(*PERIOD).sum()
    plain = self_excitation.fit(core["date"], PERIOD, anniversary=False)
    assert plain.anniversary_effect == 1
    assert plain.log_likelihood <= found.log_likelihood


def test_times_zones_and_dates_after_the_period_change_nothing(core):
    clocked = (core["date"] + pd.Timedelta(hours=21)).dt.tz_localize("Asia/Baghdad").tolist()
    later = pd.Timestamp("2024-02-01", tz="Asia/Baghdad")
    one = self_excitation.fit(core["date"], PERIOD, baseline="constant")
    other = self_excitation.fit([*clocked, later], PERIOD, baseline="constant")
    pd.testing.assert_series_equal(one.parameters, other.parameters)


def test_history_can_be_left_out(core):
    found = self_excitation.fit(core["date"], PERIOD, history_from=PERIOD[0])
    assert found.days.n_history == 0


# --- simulation, bootstrap, residuals ---------------------------------------------------------------------------------


def test_simulated_counts_have_the_mean_of_the_recursion():
    """Means by day obey the model's own recursion, from the history on; 4,000 draws, four standard errors."""
    days = self_excitation.daily(["2020-01-03"] * 5 + ["2020-01-10"], ("2020-01-04", "2020-01-23"),
                                 baseline="constant", anniversary=False)  # fmt: skip
    level, alpha, rho = np.log(0.3), 0.6, 0.7
    expected, past = [], 5 * (1 - rho)
    for _ in days.index:
        expected.append(np.exp(level) + alpha * past)
        past = rho * past + (1 - rho) * expected[-1]
    rng = np.random.default_rng(6)
    drawn = np.array([self_excitation.simulate([level, alpha, rho], days, rng) for _ in range(4000)])
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - expected) < 4 * error).all()


@forks
def test_the_bootstrap_does_not_depend_on_workers(core):
    one, again, two = (
        self_excitation.likelihood_ratio_test(core["date"], PERIOD, n_bootstrap=12, seed=3, workers=workers)
        for workers in (1, 1, 2)
    )
    assert one.p_value == again.p_value == two.p_value
    assert one.replicates.tolist() == again.replicates.tolist() == two.replicates.tolist()
    assert one.p_value == (1 + (one.replicates >= one.statistic).sum()) / 13
    assert one.statistic == pytest.approx(2 * (one.alternative.log_likelihood - one.null.log_likelihood))
    assert (one.replicates > -1e-6).all()


def test_a_strong_effect_is_found(core):
    near = pd.DatetimeIndex([f"{year}-01-{day:02}" for year in (2021, 2022, 2023) for day in (1, 5, 9, 13, 16)] * 3)
    dates = [*core["date"], *near]
    found = self_excitation.likelihood_ratio_test(dates, PERIOD, baseline="constant", n_bootstrap=39, workers=1)
    assert found.p_value == 1 / 40
    assert found.alternative.anniversary_effect > 3


@pytest.mark.slow
def test_replicates_are_searched_as_well_as_the_data(core):
    """Three starts near the truth find what the many starts of a fit find, in at least 9 of 10 replicates."""
    found = self_excitation.likelihood_ratio_test(core["date"], PERIOD, n_bootstrap=100, workers=1)
    days, null = found.alternative.days, found.null.parameters.to_numpy()
    thorough = []
    for seed in np.random.SeedSequence(0).spawn(100):
        drawn = self_excitation.simulate(null, days.without_anniversary, np.random.default_rng(seed))
        drawn = replace(days, counts=np.concatenate([days.counts[: days.n_history], drawn]))
        ends = [self_excitation._maximum(model) for model in (drawn.without_anniversary, drawn)]
        low, high = (
            self_excitation.log_likelihood(end, model)
            for end, model in zip(ends, (drawn.without_anniversary, drawn), strict=True)
        )
        thorough.append(2 * (high - low))
    apart = np.abs(found.replicates - thorough)
    assert (apart < 0.01).mean() >= 0.9
    as_large = [np.mean(np.array(values) >= found.statistic) for values in (found.replicates, thorough)]
    assert abs(as_large[0] - as_large[1]) <= 0.02


def test_residuals_of_a_true_model_and_of_a_false_one():
    """The true model passes; a model that knows of no bursts does not."""
    period = ("2016-01-04", "2021-12-31")
    days = self_excitation.daily(["2016-01-02", "2017-01-01"], period, "2016-01-03", baseline="constant")
    truth = pd.Series({"level": np.log(0.1), "anniversary": 0.0, "alpha": 0.7, "rho": 0.7})
    counts = self_excitation.simulate(truth, days, np.random.default_rng(8))
    found = self_excitation.fit(days.index.repeat(counts), period, "2016-01-03", baseline="constant")
    draws = self_excitation.refits(found, n_bootstrap=39, workers=1)
    assert draws["branching_ratio"].between(0.4, 0.85).mean() > 0.9, "they scatter around the fit"
    good = self_excitation.residual_check(found, draws)
    flat = replace(found, intensity=pd.Series(counts.mean(), index=days.index))
    bad = self_excitation.residual_check(flat, draws)
    assert (good["p_value"] > 0.05).all()
    assert bad.loc["distance", "p_value"] == bad.loc["dispersion", "p_value"] == 1 / 40


def test_the_distance_of_the_gaps_by_hand():
    """Where every day expects the same, gaps are those of uniform moments: counted day by day, no cumulative sums."""
    counts, expected = np.array([0, 2, 0, 0, 1, 1]), np.full(6, 0.5)
    distance, correlation = self_excitation._gap_statistics(counts, expected, np.random.default_rng(1))
    offsets = np.random.default_rng(1).uniform(size=4)
    moments = sorted(0.5 * (day + offset) for day, offset in zip([1, 1, 4, 5], offsets, strict=True))
    shares = [1 - np.exp(-(b - a)) for a, b in zip([0, *moments], moments, strict=False)]
    ranked = sorted(shares)
    by_hand = max(max((i + 1) / 4 - share, share - i / 4) for i, share in enumerate(ranked))
    assert distance == pytest.approx(by_hand)
    assert correlation == pytest.approx(np.corrcoef(shares[:-1], shares[1:])[0, 1])


# --- interval ---------------------------------------------------------------------------------------------------------


def test_the_interval_ends_where_the_likelihood_has_fallen_enough(core):
    """At each end, another search over the other parameters reaches the cut and no more."""
    test = self_excitation.likelihood_ratio_test(core["date"], PERIOD, baseline="constant", n_bootstrap=39, workers=1)
    days, threshold = test.alternative.days, np.quantile(test.replicates, 0.95)
    for end in self_excitation.anniversary_interval(test):

        def loss(others, end=end):
            level, alpha, rho = others
            inside = 0 <= alpha < 0.99 and 0.01 < rho < 0.98
            return -self_excitation.log_likelihood([level, np.log(end), alpha, rho], days) if inside else 1e9

        reached = minimize(loss, [-2.5, 0.4, 0.8], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8})
        assert 2 * (test.alternative.log_likelihood + reached.fun) == pytest.approx(threshold, abs=0.01)


def test_an_interval_may_have_no_lower_end(core):
    far = core["date"][np.abs(anniversaries.days_from_anniversary(core["date"])) > 14]
    test = self_excitation.likelihood_ratio_test(far, PERIOD, baseline="constant", n_bootstrap=39, workers=1)
    low, high = self_excitation.anniversary_interval(test)
    assert low == 0
    assert 0 < high < 3


@forks
@pytest.mark.slow
def test_the_interval_covers():
    """A doubled rate near the anniversary lies in the 95% interval of at least 88 of 100 drawn series."""
    days = self_excitation.daily(["2017-01-02", "2017-05-01"], ("2016-01-04", "2021-12-31"), "2016-01-03",
                                 baseline="constant")  # fmt: skip
    truth = pd.Series({"level": np.log(0.1), "anniversary": np.log(2.0), "alpha": 0.4, "rho": 0.8})
    rng, covered = np.random.default_rng(12), []
    for _ in range(100):
        counts = self_excitation.simulate(truth, days, rng)
        test = self_excitation.likelihood_ratio_test(
            days.index.repeat(counts), (days.index[0], days.index[-1]), "2016-01-03", baseline="constant",
            n_bootstrap=99, workers=2,
        )  # fmt: skip
        low, high = self_excitation.anniversary_interval(test)
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
        ({"study_period": (PERIOD[0], None)}, "1 of 2 dates are missing"),
        ({"history_from": "2021-01-01"}, "after the study period does"),
        ({"baseline": "monthly"}, "choose from yearly, constant"),
        ({"window": 182}, "whole number of days from 0 to 181"),
        ({"window": 1.5}, "whole number of days"),
        ({"anchor": "2023-01-03"}, "no day of the study period"),
        ({"study_period": ("2021-01-01", "2021-01-10")}, "every day of the study period"),
    ],
)
def test_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        self_excitation.fit(**{"dates": ["2021-01-01", "2021-05-05"], "study_period": PERIOD, **change})


def test_bad_bootstrap():
    with pytest.raises(ValueError, match="at least 1"):
        self_excitation.likelihood_ratio_test(["2021-01-01"], PERIOD, n_bootstrap=0)


def test_too_few_incidents_to_check():
    found = self_excitation.fit(["2021-01-01", "2021-05-05"], PERIOD, baseline="constant")
    with pytest.raises(ValueError, match="too few"):
        self_excitation.residual_check(found, pd.DataFrame())
