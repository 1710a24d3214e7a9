"""How often were sites struck per day on which they could be?"""

import pandas as pd

from .. import exposure as site_days
from .basics import covered, finding, group_plurals, require_columns


@finding
def exposure(incidents: pd.DataFrame, sites: pd.DataFrame) -> dict:
    """How often sites were struck per day on which they could be.

    Parameters
    ----------
    incidents, sites : DataFrame

    Returns
    -------
    dict
        ``sites``, :func:`helpers.exposure.exposure`; ``rates``, :func:`helpers.exposure.site_day_rates`; by target
        ``known``, the rates of sites whose days are known, and ``unknown``: ``n`` of ``size`` sites.

    Examples
    --------
    >>> exposure(pd.DataFrame({"date": []}), pd.DataFrame())
    Traceback (most recent call last):
    ValueError: rates per site-day needs the column(s) site_id; the data have date
    """
    require_columns(incidents, ["site_id"], "rates per site-day")
    days = site_days.exposure(incidents, sites, covered(incidents))
    rates = site_days.site_day_rates(days)
    unknown = (~days["known"]).groupby(days["target"]).agg(["sum", "size"])
    return {
        "page": "exposure",
        "plurals": group_plurals(),
        "sites": days,
        "rates": rates,
        "unknown": unknown.set_axis(["n", "size"], axis=1),
        "known": rates.loc["days known"] if "days known" in rates.index else rates.iloc[:0],
        "bounds": rates.loc["all"],
    }
