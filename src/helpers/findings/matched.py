"""How much of one collection of events is in another, and how much of that chance would give?"""

import numpy as np
import pandas as pd

from .. import match
from ..load import load_incidents
from .basics import finding


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


@finding
def shared_events(incidents: pd.DataFrame, dataset: str, data_dir: str | None = None) -> dict:
    """How many events of your own file are among the hand-coded incidents, and the other way round.

    Parameters
    ----------
    incidents : DataFrame
    dataset : str
        The file that they come from.
    data_dir : str, optional
        Of the hand-coded tables.

    Returns
    -------
    dict
        As :func:`matched` gives it, with ``pairs`` as a table.

    Raises
    ------
    ValueError
        Where the incidents are the hand-coded ones, and as for :func:`matched`.

    Examples
    --------
    >>> Results(dataset="my_events.csv").shared_events["pairs"]  # doctest: +SKIP
    """
    if dataset is None:
        raise ValueError("the incidents are the hand-coded ones")
    if "groups" in incidents.attrs:
        raise ValueError("the file's groups of sites are its own, and ours are other sites")
    names = "our incidents", "the file"
    try:
        facts = matched(load_incidents(data_dir=data_dir), incidents, names=names)
    except match.MatchError as error:
        raise ValueError(f"{error} (A is {names[0]}, B is {names[1]})") from None
    return {**facts, "pairs": facts.pop("found").pairs}


def _count_imprecise(events, km):
    """How many events are known to within more than the gate."""
    precision = events["precision_km"] if "precision_km" in events else pd.Series(np.nan, events.index)
    return int((pd.to_numeric(precision, errors="coerce") > km).sum())
