"""Do the tests keep their level, and intervals their coverage? As ``make level`` measured both by simulation."""

from pathlib import Path

import pandas as pd

from .. import anniversaries
from .basics import ALPHA, finding

FOLDER = Path(__file__).parent
COLUMNS = ["world", "method", "stated", "rate", "standard_error"]
PLACEBO_TESTS = (*anniversaries.METHODS, "folded by ratio", "folded by z", "folded after")


def load_levels() -> pd.DataFrame:
    """False-positive rates at 5%, where there is no anniversary effect, as ``make level`` measured them.

    Returns
    -------
    DataFrame
        ``world``, ``years``, ``test``, ``n_sims``, ``rejected``, ``rate``, ``standard_error``.

    Examples
    --------
    >>> bool(load_levels()["rate"].between(0, 1).all())
    True
    """
    return pd.read_csv(FOLDER / "levels.csv")


def load_coverage() -> pd.DataFrame:
    """How often the comparison's tests reject and its intervals cover, as ``make level`` measured them.

    Returns
    -------
    DataFrame
        ``world``, ``method``, ``kind`` (``test`` or ``interval``), ``stated`` (a test's level, or 95%), ``n_sims``,
        ``rate``, ``standard_error``.

    Examples
    --------
    >>> sorted(load_coverage()["kind"].unique())
    ['interval', 'test']
    """
    return pd.read_csv(FOLDER / "comparison_coverage.csv")


def load_strike_levels() -> pd.DataFrame:
    """How often tests of US strikes reject where strikes only answer attacks, as ``make level`` measured it.

    Returns
    -------
    DataFrame
        ``world``, ``answered`` (how strikes choose attacks), ``strikes`` (their mean number, in nine episodes),
        ``test``, ``n_sims``, ``rate`` at 5% and its ``standard_error``.

    Examples
    --------
    >>> sorted(load_strike_levels()["test"].unique())[:2]
    ['episodes', 'episodes without the campaign']
    """
    return pd.read_csv(FOLDER / "strike_levels.csv")


def load_planned_levels() -> pd.DataFrame:
    """How often the planned test rejects at 5% where there is no effect, as ``make level`` measured it.

    Returns
    -------
    DataFrame
        ``world``, two anniversaries of its kind; ``n_sims``, ``rate`` and its ``standard_error``.

    Examples
    --------
    >>> rates = load_planned_levels().set_index("world")["rate"]
    >>> bool(rates["bursts of 5"] < 0.06 < rates["a campaign peaks at the anniversary"])
    True
    """
    return pd.read_csv(FOLDER / "planned_levels.csv")


def load_limit_coverage() -> pd.DataFrame:
    """How often the limits of the rate ratio contain the true one, as ``make level`` measured it.

    Returns
    -------
    DataFrame
        ``world``, ``rate_ratio``, ``n_sims``, the shares ``covered``, ``low_above``, ``high_below`` and
        ``high_infinite``, ``standard_error`` of the first.

    Examples
    --------
    >>> bool(load_limit_coverage()["covered"].between(0.9, 1).all())
    True
    """
    return pd.read_csv(FOLDER / "rate_limits.csv")


@finding
def limit_coverage(limit_rates: pd.DataFrame) -> pd.DataFrame:
    """How often the 95% limits of the rate ratio contain the true one.

    Parameters
    ----------
    limit_rates : DataFrame
        As :func:`load_limit_coverage` returns it.

    Returns
    -------
    DataFrame of str
        Per cent of simulations, kinds of bursts by true rate ratios.

    Examples
    --------
    >>> rows = pd.DataFrame({"world": "bursts of 1", "rate_ratio": [1.0, 2.0], "covered": [0.951, 0.94]})
    >>> limit_coverage(rows).to_dict("index")
    {'bursts of 1': {'rate ratio 1': '95%', 'rate ratio 2': '94%'}}
    """
    table = limit_rates.pivot_table(index="world", columns="rate_ratio", values="covered", sort=False)
    table = table.map("{:.0%}".format)
    return table.rename(columns="rate ratio {:g}".format).rename_axis(index=None, columns=None)


@finding
def worst_levels(levels: pd.DataFrame) -> dict:
    """The highest rejection rate of each test, world by world and overall, over the lengths of the period.

    Parameters
    ----------
    levels : DataFrame
        As :func:`load_levels` returns it.

    Returns
    -------
    dict
        ``table``, per cent, worlds by tests; ``placebo`` and ``others``, the highest share by test; ``fewest`` and
        ``most`` simulations behind a rate.

    Examples
    --------
    >>> rows = pd.DataFrame({"world": ["a", "a"], "test": ["folded", "other"], "rate": [0.04, 0.3], "n_sims": 500})
    >>> worst_levels(rows)["table"].to_dict("index")
    {'a': {'folded': 4.0, 'other': 30.0}}
    """
    table = levels.pivot_table(index="world", columns="test", values="rate", aggfunc="max", sort=False)
    worst = levels.groupby("test", sort=False)["rate"].max()
    ours = worst.index.isin(PLACEBO_TESTS)
    return {
        "page": "levels",
        "table": (100 * table[levels["test"].unique()]).round(1),
        "placebo": worst[ours],
        "others": worst[~ours],
        "fewest": levels["n_sims"].min(),
        "most": levels["n_sims"].max(),
    }


@finding
def interval_coverage(comparison_coverage: pd.DataFrame) -> dict:
    """Whether the comparison's tests and intervals keep what they state.

    Parameters
    ----------
    comparison_coverage : DataFrame
        As :func:`load_coverage` returns it.

    Returns
    -------
    dict
        ``table``, the rates at 5% and 95%. Smallest and largest rate: ``tests`` at 5%, ``intervals``. The largest rate
        at 5%: ``naive``, where attacks of one day are taken as independent, and ``pooled``, where years are.

    Examples
    --------
    >>> interval_coverage(load_coverage())["naive"] > 0.05
    True
    """
    rates = comparison_coverage
    at_5_percent = rates[(rates["kind"] == "test") & (rates["stated"] == ALPHA)]
    naive, pooled = (at_5_percent["method"].str.contains(word) for word in ("naive", "pooled"))
    return {
        "page": "levels",
        "table": rates.loc[rates["stated"].isin([ALPHA, 1 - ALPHA]), COLUMNS].reset_index(drop=True),
        "tests": at_5_percent.loc[~naive & ~pooled, "rate"].agg(["min", "max"]),
        "naive": float(at_5_percent.loc[naive, "rate"].max()),
        "pooled": float(at_5_percent.loc[pooled, "rate"].max()),
        "intervals": rates.loc[rates["kind"] == "interval", "rate"].agg(["min", "max"]),
    }
