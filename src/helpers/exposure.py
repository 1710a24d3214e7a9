"""Site-days: how long each site could have been struck, and attacks per day on which it could."""

import pandas as pd
from scipy import stats

from . import two_groups
from .anniversaries import Period, as_period
from .schemas import target

_AREA_KM = 20  # a site placed no better than this is an area


def exposure(incidents: pd.DataFrame, sites: pd.DataFrame, period: Period) -> pd.DataFrame:
    """How long each site could have been struck, as far as that is known.

    Parameters
    ----------
    incidents : DataFrame
        With ``site_id`` and ``date``.
    sites : DataFrame
        As :func:`helpers.load_sites` returns it. Those placed no better than within 20 km are areas and left out.
    period : pair of dates
        First and last day covered.

    Returns
    -------
    DataFrame
        By ``site_id``: ``target``; ``known``: whether its last day with US troops is coded, or it is the embassy,
        which did not close; ``days_low``, ``days_high``: site-days, equal where known. Where not, from the first day
        covered to the last attack reported, and to the last day covered. ``incidents`` on those days.

    Raises
    ------
    ValueError
        Where no site is placed well enough.

    Examples
    --------
    >>> day = pd.Timestamp("2020-01-10")
    >>> sites = pd.DataFrame({"site_id": ["k1"], "site_type": ["base"], "precision_km": [1.0], "us_until": [day]})
    >>> attacks = pd.DataFrame({"site_id": ["k1", "k1"], "date": [day, day + pd.Timedelta(days=1)]})
    >>> exposure(attacks, sites, ("2020-01-01", "2020-12-31")).loc["k1", ["days_low", "incidents"]].tolist()
    [10, 1]
    """
    first, last = as_period(period)
    sites = sites[sites["precision_km"] < _AREA_KM].set_index("site_id")
    if sites.empty:
        raise ValueError(f"no site is placed better than within {_AREA_KM} km, so none has site-days")
    dates = incidents[incidents["site_id"].isin(sites.index)].set_index("site_id")["date"]
    dates = dates[dates.between(first, last)]
    embassy = sites["site_type"] == "embassy"
    until = sites["us_until"].mask(embassy & sites["us_until"].isna(), last).clip(upper=last)
    last_attack = dates.groupby(level=0).max().reindex(sites.index)
    ends = {"days_low": until.fillna(last_attack), "days_high": until.fillna(last)}
    days = {name: ((end - first).dt.days + 1).fillna(0).clip(lower=0).astype(int) for name, end in ends.items()}
    within = dates[dates <= dates.index.map(ends["days_high"])]
    n = within.groupby(level=0).size().reindex(sites.index, fill_value=0)
    return pd.DataFrame({"target": target(sites["site_type"]), "known": until.notna(), **days, "incidents": n})


def site_day_rates(site_days: pd.DataFrame) -> pd.DataFrame:
    """Attacks per 1,000 site-days, for the sites whose days are known and for all.

    Parameters
    ----------
    site_days : DataFrame
        As :func:`exposure` returns it.

    Returns
    -------
    DataFrame
        By ``sites`` (``days known`` or ``all``) and ``target``: ``n_sites``, ``incidents``, ``days_low``,
        ``days_high``, and the rates that these allow, ``rate_low`` and ``rate_high``; ``ci_low`` and ``ci_high``: the
        exact 95% Poisson interval (Garwood 1936) where the days are known.

    Examples
    --------
    >>> columns = {"target": ["base"], "known": [True], "days_low": [500], "days_high": [500], "incidents": [2]}
    >>> site_day_rates(pd.DataFrame(columns)).loc[("all", "base"), ["rate_low", "rate_high"]].tolist()
    [4.0, 4.0]
    """
    parts = {"days known": site_days[site_days["known"]], "all": site_days}
    sums = {name: part.assign(n_sites=1).groupby("target").sum() for name, part in parts.items()}
    rates = pd.concat(sums, names=["sites", "target"])[["n_sites", "incidents", "days_low", "days_high"]]
    n, tail = rates["incidents"], (1 - two_groups.LEVEL) / 2
    low, high = stats.gamma.ppf(tail, n.clip(lower=1)) * (n > 0), stats.gamma.ppf(1 - tail, n + 1)
    known = rates.index.get_level_values("sites") == "days known"
    return rates.assign(
        rate_low=1000 * n / rates["days_high"],
        rate_high=1000 * n / rates["days_low"],
        ci_low=(1000 * low / rates["days_high"]).where(known),
        ci_high=(1000 * high / rates["days_high"]).where(known),
    )
