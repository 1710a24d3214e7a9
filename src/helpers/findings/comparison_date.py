"""How many attacks were reported near the anniversaries by the lunar year, for comparison?"""

import numpy as np
import pandas as pd

from ..days import SOLEIMANI, Day, anniversaries_between, as_anchor, as_days, as_hijri, as_period, day_numbers
from .basics import finding, source_line, study_period

# Days either side. No wider, since in 2020 the two anniversaries of 3 January 2020 lie only eleven days apart.
_WINDOWS = (1, 3, 5)
_FEW = 2  # attacks
_KEPT_BY = {"gregorian": "Gregorian year", "hijri": "lunar year"}


@finding
def comparison_date(incidents: pd.DataFrame, period: tuple | None = None, anchor: Day = SOLEIMANI) -> dict:
    """Attacks near the anniversaries by the Gregorian and by the lunar year: a description and no second test.

    Parameters
    ----------
    incidents : DataFrame
        ``date`` is enough.
    period : pair of dates, optional
        By default :func:`study_period`.
    anchor : date

    Returns
    -------
    dict
        ``table``, one row per anniversary with the widest window inside the period: its ``date``, the year that it is
        ``kept by``, and the attacks ``within`` 1, 3 and 5 days. ``lunar_anchor``, the anchor's day in the Hijri
        calendar; ``widest``, days of that window; ``fewest`` and ``most`` attacks in it, and the ``busiest`` row;
        ``n_few``, rows with at most ``few`` of them; ``closest``, the fewest days between anniversaries of the two
        kinds.

    Raises
    ------
    ValueError
        Where the period holds no anniversary of either kind, and for days beyond the Hijri calendar's range.

    See Also
    --------
    helpers.anniversaries.placebo_test : a test of anniversaries by the lunar year, with ``calendar="hijri"``.

    Examples
    --------
    >>> attacks = pd.DataFrame({"date": ["2020-06-01", "2020-12-24", "2021-01-03", "2021-01-06", "2021-10-01"]})
    >>> comparison_date(attacks)["table"].drop(columns="date")
              kept by  within 1 day  within 3 days  within 5 days
    0      lunar year             1              1              1
    1  Gregorian year             1              2              2
    """
    (first, last), anchor = as_period(period or study_period(incidents, anchor)), as_anchor(anchor)
    lunar, reach = as_hijri(anchor), pd.Timedelta(days=max(_WINDOWS))
    days = {kind: anniversaries_between(first.year, last.year, anchor, kind) for kind in _KEPT_BY}
    days = {
        kind: some[(some > anchor) & (some >= first + reach) & (some <= last - reach)] for kind, some in days.items()
    }
    if any(some.empty for some in days.values()):
        raise ValueError(
            f"the study period must hold an anniversary by the Gregorian year and one by the lunar year, each with "
            f"{reach.days} days either side"
        )
    rows = [pd.DataFrame({"date": some, "kept by": _KEPT_BY[kind]}) for kind, some in days.items()]
    table = pd.concat(rows).sort_values("date", ignore_index=True)
    apart = _days_apart(table["date"], as_days(incidents["date"]))
    for window in _WINDOWS:
        table[f"within {window} day{'' if window == 1 else 's'}"] = (apart <= window).sum(axis=1)
    in_widest, closest = table.iloc[:, -1], int(_days_apart(*days.values()).min())
    return {
        "page": "comparison_date",
        "anchor": anchor,
        "lunar_anchor": f"{lunar.day} {lunar.month_name()} {lunar.year}",
        "table": table,
        "widest": max(_WINDOWS),
        "few": _FEW,
        "n_few": int((in_widest <= _FEW).sum()),
        "fewest": int(in_widest.min()),
        "most": int(in_widest.max()),
        "busiest": table.loc[in_widest.idxmax()],
        "closest": closest,
        "apart": closest > 2 * max(_WINDOWS),
        "source_line": source_line(incidents, (first, last)),
    }


def _days_apart(some, others):
    some, others = (day_numbers(pd.DatetimeIndex(days)) for days in (some, others))
    return np.abs(np.subtract.outer(some, others))
