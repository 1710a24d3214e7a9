"""How much of one collection of events is in another, and how much of that chance would give?"""

import numpy as np
import pandas as pd

from .. import match


def matched(
    a: pd.DataFrame, b: pd.DataFrame, km: float = 25, days: float = 1, names: tuple[str, str] = ("A", "B")
) -> dict:
    """How many events of two collections have a partner in the other, and how many would by chance.

    Parameters
    ----------
    a, b : DataFrame
    km, days : float
        As for :func:`helpers.match.match_events`.
    names : tuple of str
        What the two collections are called in the words.

    Returns
    -------
    dict
        ``found``, :class:`helpers.match.Matches`; ``recall``, :func:`helpers.match.recall`, with ``name`` and
        ``n_imprecise``, events known to within more than the gate by ``precision_km``, if there is such a column;
        ``n_pairs``; ``median_km``, ``n_same_day``; ``chance``, :func:`helpers.match.chance_matches`, and
        ``expected``, ``shifts``.

    Raises
    ------
    MatchError
        As for :func:`helpers.match.match_events`.

    Examples
    --------
    >>> dates = pd.date_range("2021-01-01", periods=100, freq="7D")
    >>> a = pd.DataFrame({"incident_id": range(100), "date": dates, "latitude": 33.3, "longitude": 44.4})
    >>> from helpers.findings import tell
    >>> tell(matched(a, a[::11], names=("ours", "theirs")))[:64]
    '10 of the 100 events of ours (10%; 95% interval 6% to 17%) have '
    """
    found = match.match_events(a, b, km, days)
    chance = match.chance_matches(a, b, km, days)
    pairs, recall = found.pairs, match.recall(found)
    recall["name"] = names
    recall["n_imprecise"] = [_count_imprecise(events, km) for events in (a, b)]
    return {
        "page": "match",
        "km": km,
        "days": days,
        "recall": recall,
        "n_pairs": len(pairs),
        "median_km": pairs["km"].median(),
        "n_same_day": int((pairs["days"] == 0).sum()),
        "chance": chance,
        "expected": chance.attrs["expected"],
        "shifts": [shift for shift in chance.index if shift > 0],
        "found": found,
    }


def _count_imprecise(events, km):
    """How many events are known to within more than the gate."""
    precision = events["precision_km"] if "precision_km" in events else pd.Series(np.nan, events.index)
    return int((pd.to_numeric(precision, errors="coerce") > km).sum())
