"""Site-days and rates on a few sites and attacks."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from helpers import exposure

PERIOD = ("2020-01-01", "2020-12-31")


@pytest.fixture
def sites():
    """The embassy, a base handed over, a base of unknown end, one never struck, and an area."""
    return pd.DataFrame(
        {
            "site_id": ["embassy", "closed", "unknown", "quiet", "area"],
            "site_type": ["embassy", "base", "base", "base", "base"],
            "precision_km": [1.0, 1, 5, 5, 20],
            "us_until": pd.to_datetime([None, "2020-03-29", None, None, None]),
        }
    )


def attacks(*rows):
    site_ids, dates = zip(*rows, strict=True)
    return pd.DataFrame({"site_id": site_ids, "date": pd.to_datetime(list(dates))})


ATTACKS = attacks(
    ("embassy", "2020-06-01"), ("closed", "2020-03-29"), ("closed", "2020-03-30"), ("unknown", "2020-02-01"),
    ("unknown", "2020-01-05"), ("unknown", "2021-01-05"), ("area", "2020-05-05"),
)  # fmt: skip


def test_days_are_known_or_bounded_by_the_last_attack_and_the_period(sites):
    table = exposure.exposure(ATTACKS, sites, PERIOD)
    days = table[["known", "days_low", "days_high"]]
    assert days.loc["embassy"].tolist() == [True, 366, 366]  # it did not close
    assert days.loc["closed"].tolist() == [True, 89, 89]  # to 29 March, both ends included
    assert days.loc["unknown"].tolist() == [False, 32, 366]
    assert days.loc["quiet"].tolist() == [False, 0, 366]
    assert table["target"].to_dict() == {"embassy": "embassy", "closed": "base", "unknown": "base", "quiet": "base"}


def test_attacks_count_on_the_days_of_their_site_alone(sites):
    """Not after a handover, not outside the period, not on an area."""
    counts = exposure.exposure(ATTACKS, sites, PERIOD)["incidents"]
    assert counts.to_dict() == {"embassy": 1, "closed": 1, "unknown": 2, "quiet": 0}


def test_a_site_closed_before_the_period_has_no_days(sites):
    table = exposure.exposure(ATTACKS, sites, ("2020-06-01", "2020-12-31"))
    assert table.loc["closed", ["days_low", "days_high", "incidents"]].tolist() == [0, 0, 0]


def test_areas_alone_have_no_site_days(sites):
    with pytest.raises(ValueError, match="no site is placed better than within 20 km"):
        exposure.exposure(ATTACKS, sites.tail(1), PERIOD)


def test_rates_are_attacks_per_thousand_site_days(sites):
    rates = exposure.site_day_rates(exposure.exposure(ATTACKS, sites, PERIOD))
    known = rates.loc[("days known", "base")]
    assert known[["n_sites", "incidents", "days_low"]].tolist() == [1, 1, 89]
    assert known["rate_low"] == known["rate_high"] == pytest.approx(1000 / 89)
    every = rates.loc[("all", "base")]
    assert (every["n_sites"], every["incidents"]) == (3, 3)
    assert every["rate_low"] == pytest.approx(3000 / (89 + 366 + 366))
    assert every["rate_high"] == pytest.approx(3000 / (89 + 32))
    assert np.isnan(every["ci_low"])


@pytest.mark.parametrize("n", [0, 1, 7])
def test_the_interval_of_a_rate_is_garwoods(n):
    """Its ends are the Poisson means under which as many attacks or more, or fewer, come in one of forty."""
    row = pd.DataFrame({"target": ["base"], "known": [True], "days_low": [500], "days_high": [500], "incidents": [n]})
    rate = exposure.site_day_rates(row).loc[("days known", "base")]
    assert stats.poisson.cdf(n, rate["ci_high"] / 2) == pytest.approx(0.025)
    if n:
        assert stats.poisson.sf(n - 1, rate["ci_low"] / 2) == pytest.approx(0.025)
    else:
        assert rate["ci_low"] == 0
