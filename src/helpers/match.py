"""Which events of two collections are near in place and time, one to one?

A match is proximity. It does not prove that both collections report one event.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching
from statsmodels.stats.proportion import proportion_confint

from . import geography, tables
from .days import as_days

SHIFTS = (1, 2, 3)  # months, as 30 days or as what the gate needs, either way
_PLACE, _SPAN = ["latitude", "longitude"], ["low", "high"]
_KM_PER_DEGREE = 110.5  # of latitude, at least
_GLOBE_KM, _REACH = 6371.0, 1.01  # a globe's distances are up to 0.6% off the ellipsoid's
_MILLIMETRE = 1e-6  # km: the gate is included, and a computed distance is not exact to the last bit
_ROWS_AT_ONCE = 1_000
_MOST_CANDIDATES = 5_000_000
_MOST_CELLS = 1_000_000  # of a component that is solved as a table


class MatchError(ValueError):
    """Two collections that cannot be matched: one line that says why."""


@dataclass(frozen=True)
class Matches:
    """What :func:`match_events` finds.

    Attributes
    ----------
    pairs : DataFrame
        By ``id_a``: ``id_a``, ``id_b``; ``km``, the geodesic distance; ``days``, the gap between the two date ranges, 0
        where they overlap; ``cost``, each as a part of its gate, added up: from 0 to 2.
    only_a, only_b : list
        Ids of events that could have had a partner and have none.
    outside_a, outside_b : list
        Ids of events outside the days that the other collection covers, further than the gate.
    unusable_a, unusable_b : list
        Ids of events without a position or a date, which cannot be matched.
    km, days : float
        The gates.
    """

    pairs: pd.DataFrame
    only_a: list
    only_b: list
    outside_a: list
    outside_b: list
    unusable_a: list
    unusable_b: list
    km: float
    days: float


def match_events(a: pd.DataFrame, b: pd.DataFrame, km: float = 25, days: float = 1) -> Matches:
    """Pair the events of two collections one to one: as many pairs as the gates allow, then the nearest.

    Parameters
    ----------
    a, b : DataFrame
        Incidents as :func:`helpers.load_incidents` gives them: ``incident_id``, ``date``, and points, or columns
        ``latitude`` and ``longitude`` in degrees. Where there are ``date_low`` and ``date_high``, any day from one to
        the other counts. A collection covers the days of its ``attrs["window"]`` and all from its first event to its
        last. ``precision_km`` does not widen the gate: else what is known to a province alone would match
        anything in it.
    km, days : float
        The gates, both included.

    Returns
    -------
    Matches

    Raises
    ------
    MatchError
        For gates that are no numbers of 0 or more; a missing column; ids that are missing or given twice; dates and
        coordinates that cannot be read; a collection without any event that has a position and a date; collections
        whose dates lie apart; and gates so wide that there are more than 5 million candidates.

    See Also
    --------
    chance_matches : how many pairs would be found by chance.

    Notes
    -----
    Candidates are all pairs within both gates. Within each connected component of these, the number of pairs is
    maximised, then their total cost minimised. Events of one place and date are interchangeable, and take their
    partners in the order of their ids; no tie depends on the order of rows, or on which collection comes first.

    References
    ----------
    Crouse (2016), On implementing 2D rectangular assignment algorithms, IEEE Transactions on Aerospace and Electronic
    Systems 52, 1679-1696, as SciPy implements it; Jonker and Volgenant (1987), Computing 38, 325-340, for components
    too large for a table.

    Examples
    --------
    >>> a = pd.DataFrame({"incident_id": ["a1", "a2"], "date": ["2021-01-01", "2021-01-03"],
    ...                   "latitude": [33.3, 36.2], "longitude": [44.4, 44.0]})
    >>> b = pd.DataFrame({"incident_id": ["b1", "b2"], "date": ["2021-01-02", "2021-01-02"],
    ...                   "latitude": [33.4, 33.3], "longitude": 44.4})
    >>> found = match_events(a, b)
    >>> found.pairs.to_numpy().tolist(), found.only_a, found.only_b
    ([['a1', 'b2', 0.0, 1, 1.0]], ['a2'], ['b1'])
    """
    _check_gates(km, days)
    (first, unusable_a), (second, unusable_b) = _read_events(a, "A"), _read_events(b, "B")
    spans = _span(a, first), _span(b, second)
    _check_overlap(*spans, days)
    # Ties are broken alike whichever collection comes first.
    turned = _sorts_before(second, first)
    one, other = (second, first) if turned else (first, second)
    found = _candidates(one, other, km, days)
    found = found.iloc[_assign(*(found[name].to_numpy() for name in ("one", "other", "cost")))]
    rows = _deal(found, one, other)
    i, j = rows[::-1] if turned else rows
    pairs = found[["km", "days", "cost"]].reset_index(drop=True)
    pairs.insert(0, "id_a", first["id"].to_numpy()[i])
    pairs.insert(1, "id_b", second["id"].to_numpy()[j])
    (only_a, outside_a), (only_b, outside_b) = (
        _split(first.drop(i), spans[1], days),
        _split(second.drop(j), spans[0], days),
    )
    return Matches(
        pairs=pairs.iloc[np.argsort(i)].reset_index(drop=True),
        only_a=only_a,
        only_b=only_b,
        outside_a=outside_a,
        outside_b=outside_b,
        unusable_a=unusable_a,
        unusable_b=unusable_b,
        km=km,
        days=days,
    )


def recall(found: Matches) -> pd.DataFrame:
    """How much of each collection has a partner in the other.

    Parameters
    ----------
    found : Matches

    Returns
    -------
    DataFrame
        Rows ``a`` and ``b``: ``n_matched`` of ``n`` events that could be matched, ``recall`` with its Wilson interval
        (95%), ``ci_low`` and ``ci_high``, missing where none could; ``n_outside`` and ``n_unusable``, events that could
        not, for their days or for want of a position or a date. The interval takes events as independent, which bursts
        of attacks are not.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of the American
    Statistical Association 22, 209-212.

    Examples
    --------
    >>> pairs = pd.DataFrame({"id_a": ["a1"], "id_b": ["b2"], "km": [0.0], "days": [1], "cost": [1.0]})
    >>> recall(Matches(pairs, ["a2"], [], [], [], [], ["b3"], 25, 1)).round(2).loc["a"].tolist()
    [1.0, 2.0, 0.5, 0.09, 0.91, 0.0, 0.0]
    """
    n_matched = len(found.pairs)
    n = np.array([n_matched + len(found.only_a), n_matched + len(found.only_b)])
    of = np.where(n > 0, n, np.nan)
    low, high = proportion_confint(n_matched, of, method="wilson")
    columns = {"n_matched": n_matched, "n": n, "recall": n_matched / of, "ci_low": low, "ci_high": high}
    columns["n_outside"] = [len(found.outside_a), len(found.outside_b)]
    columns["n_unusable"] = [len(found.unusable_a), len(found.unusable_b)]
    return pd.DataFrame(columns, index=["a", "b"])


def chance_matches(
    a: pd.DataFrame, b: pd.DataFrame, km: float = 25, days: float = 1, shifts: Sequence[int] | None = None
) -> pd.DataFrame:
    """How many pairs are found where none can be true: with the dates of one collection shifted beyond the gate.

    Parameters
    ----------
    a, b : DataFrame
    km, days : float
        As for :func:`match_events`.
    shifts : sequence of int, optional
        Days by which the dates of ``b`` are shifted. By default 30, 60 and 90 either way, or multiples of twice the
        gate and a day, where that is more.

    Returns
    -------
    DataFrame
        Indexed by ``shift``, the unshifted 0 first: ``n_pairs``, and ``n_within``, events of ``b`` whose dates lie in
        those that ``a`` covers. ``attrs["expected"]``: pairs by chance at shift 0, that is the pairs of the shifted
        dates for each event within, times those within at 0; missing where no shift leaves any there.

    Notes
    -----
    A shift keeps the places and the bursts of each collection, and parts bursts that are common to both. So in a month
    of many attacks chance is larger than this. A range of dates longer than a shift can still hold the true day.

    Examples
    --------
    >>> dates = pd.date_range("2021-01-01", periods=4, freq="30D")
    >>> a = pd.DataFrame({"incident_id": list("abcd"), "date": dates, "latitude": 33.3, "longitude": 44.4})
    >>> found = chance_matches(a, a)
    >>> found.loc[[0, 30, 90], "n_pairs"].tolist(), found.attrs["expected"]
    ([4, 3, 1], 4.0)
    """
    _check_gates(km, days)
    step = max(30, int(2 * days) + 1)
    shifts = [sign * step * n for sign in (-1, 1) for n in SHIFTS] if shifts is None else list(shifts)
    first, second = _read_events(a, "A")[0], _read_events(b, "B")[0]
    rows = []
    for shift in (0, *shifts):
        moved = second.assign(low=second["low"] + shift, high=second["high"] + shift)
        within = moved[_meets(moved, _span(a, first), days)].reset_index(drop=True)
        found = _candidates(first, within, km, days)
        n_pairs = len(_assign(*(found[name].to_numpy() for name in ("one", "other", "cost"))))
        rows.append({"shift": shift, "n_pairs": n_pairs, "n_within": len(within)})
    table = pd.DataFrame(rows).set_index("shift")
    shifted = table.iloc[1:].sum()
    rate = shifted["n_pairs"] / shifted["n_within"] if shifted["n_within"] else np.nan
    table.attrs["expected"] = float(rate * table["n_within"].iloc[0])
    return table


# --- the events -----------------------------------------------------------------------------------------------------


def _check_gates(km, days):
    for name, gate in (("km", km), ("days", days)):
        if not isinstance(gate, int | float | np.number) or not 0 <= gate < np.inf:
            raise MatchError(f"{name} must be a number of 0 or more, not {gate!r}")


def _read_events(frame, which):
    """The events that have a position and a date, by id, with days as whole numbers, and the ids of the others."""
    missing = [name for name in ("incident_id", "date") if name not in frame]
    if missing:
        there = ", ".join(map(str, frame.columns))
        raise MatchError(f"{which} needs the column(s) {', '.join(missing)}; it has {there}")
    ids = frame["incident_id"].reset_index(drop=True)
    if (wrong := ids.isna() | ids.duplicated()).any():
        raise MatchError(
            f"{which}: each event needs an incident_id of its own; not so {int(wrong.sum())} of {len(ids)}"
        )
    try:
        points = _points(frame)
        low, high = (_day_numbers(frame, name) for name in ("date_low", "date_high"))
    except ValueError as error:
        raise MatchError(f"{which}: {error}") from None
    if (backwards := low > high).any():
        raise MatchError(f"{which}: date_high lies before date_low, as in {ids[backwards].iloc[0]}")
    events = pd.DataFrame({"id": ids, "low": low, "high": high, "latitude": points.y, "longitude": points.x})
    events = events.sort_values("id", key=lambda ids: ids.astype("str"), ignore_index=True)
    usable = events.notna().all(axis=1)
    if not usable.any():
        n_placed, n_dated = (int(events[names].notna().all(axis=1).sum()) for names in (_PLACE, _SPAN))
        raise MatchError(
            f"{which} has no event with a position and a date: of {len(events)}, {n_placed} have a position, {n_dated} "
            "a date; a file needs latitude and longitude in degrees, or points"
        )
    return events[usable].reset_index(drop=True), events.loc[~usable, "id"].tolist()


def _points(frame):
    """Points in longitude and latitude, numbered."""
    if hasattr(frame, "active_geometry_name") or not set(_PLACE) <= set(frame):
        points = geography.as_points(frame).geometry
    else:
        points = tables.with_points(frame[_PLACE].astype("float64")).geometry
    points = points.reset_index(drop=True)
    if (outside := (points.y.abs() > 90) | (points.x.abs() > 180)).any():
        shown = f"{points.y[outside].iloc[0]:g}, {points.x[outside].iloc[0]:g}"
        raise ValueError(f"latitude must be from -90 to 90 and longitude from -180 to 180, not {shown}; swapped?")
    return points


def _day_numbers(frame, name):
    """Days since 1970 of a column, or else of ``date``; missing where neither has one."""
    dates = pd.Series(frame["date"].to_numpy())
    if name in frame:
        dates = pd.Series(frame[name].to_numpy()).where(frame[name].notna().to_numpy(), dates)
    known = dates.notna()
    numbers = (as_days(dates[known]) - pd.Timestamp(0)).days
    return pd.Series(numbers, index=dates.index[known], dtype="float").reindex(dates.index)


def _span(frame, events):
    """First and last day that a collection covers."""
    window = (as_days(frame.attrs.get("window", [])) - pd.Timestamp(0)).days.tolist()
    return min([events["low"].min(), *window[:1]]), max([events["high"].max(), *window[1:]])


def _meets(events, span, days):
    """Which events are within the gate of some days."""
    return events["high"].ge(span[0] - days) & events["low"].le(span[1] + days)


def _split(single, span, days):
    """The ids of events without a partner: of those that could have had one, and of those on other days."""
    could = _meets(single, span, days)
    return single.loc[could, "id"].tolist(), single.loc[~could, "id"].tolist()


def _check_overlap(first, second, days):
    """Refuse collections of which no two days are within the gate."""
    if max(first[0], second[0]) - min(first[1], second[1]) > days:
        a, b = (" to ".join(f"{pd.Timestamp(day, unit='D'):%Y-%m-%d}" for day in span) for span in (first, second))
        raise MatchError(f"no dates of A and B are within {days:g} days: A is from {a}, B from {b}")


def _sorts_before(events, others):
    """Whether events come first in an order of collections: by ids, then by dates, then by places."""
    for name in ("id", *_SPAN, *_PLACE):
        mine, theirs = (
            side[name].tolist() if name != "id" else list(map(str, side[name].tolist())) for side in (events, others)
        )
        if mine != theirs:
            return mine < theirs
    return False


# --- candidates, and the choice among them ----------------------------------------------------------------------------


def _candidates(one, other, km, days):
    """Every pair within both gates: its rows, km, days and cost."""
    # Days and latitude make a plane: neither poles nor the date line need care, and ranges of days are boxes.
    tree = shapely.STRtree(shapely.box(other["low"], other["latitude"], other["high"], other["latitude"]))
    reach, found = km / _KM_PER_DEGREE + _MILLIMETRE, []
    for start in range(0, len(one), _ROWS_AT_ONCE):
        some = one.iloc[start : start + _ROWS_AT_ONCE]
        latitude = some["latitude"]
        i, j = tree.query(shapely.box(some["low"] - days, latitude - reach, some["high"] + days, latitude + reach))
        found.append(_near(one, other, i + start, j, km))
        if sum(map(len, found)) > _MOST_CANDIDATES:
            raise MatchError(f"{km:g} km and {days:g} days give more than {_MOST_CANDIDATES:,} candidates; narrow them")
    pairs = pd.concat(found, ignore_index=True).sort_values(["one", "other"], ignore_index=True)
    (low, high), (others_low, others_high) = (
        events[_SPAN].to_numpy()[pairs[name]].T for events, name in ((one, "one"), (other, "other"))
    )
    pairs["days"] = np.maximum(np.maximum(others_low - high, low - others_high), 0).astype(int)
    pairs["cost"] = sum(pairs[name] / gate for name, gate in (("km", km), ("days", days)) if gate) + 0.0
    return pairs


def _near(one, other, i, j, km):
    """Those of some pairs that are within the distance, with it."""
    places, others = one[_PLACE].to_numpy(), other[_PLACE].to_numpy()
    (phi, theta), (others_phi, others_theta) = np.radians(places[i]).T, np.radians(others[j]).T
    # A globe's distance first: it is cheaper than the geodesic, and most candidates are far apart.
    chord = np.sin((phi - others_phi) / 2) ** 2
    chord += np.cos(phi) * np.cos(others_phi) * np.sin((theta - others_theta) / 2) ** 2
    rough = 2 * _GLOBE_KM * np.arcsin(np.sqrt(np.minimum(chord, 1)))
    i, j = (rows[rough <= _REACH * km + _MILLIMETRE] for rows in (i, j))
    metres = geography.GEOD.inv(places[i, 1], places[i, 0], others[j, 1], others[j, 0])[2]
    pairs = pd.DataFrame({"one": i, "other": j, "km": np.asarray(metres) / 1000})
    return pairs[pairs["km"] <= km + _MILLIMETRE]


def _assign(one, other, cost):
    """Which of the candidates are the pairs, by their place among them."""
    if not len(one):
        return np.array([], dtype=int)
    n_one = one.max() + 1
    n = n_one + other.max() + 1
    graph = coo_array((np.ones(len(one)), (one, n_one + other)), shape=(n, n))
    component = connected_components(graph, directed=False)[1][one]
    order = np.argsort(component, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
    i, j = _number(component, one), _number(component, other)
    chosen = [part if len(part) == 1 else part[_solve(i[part], j[part], cost[part])] for part in parts]
    return np.sort(np.concatenate(chosen))


def _number(component, side):
    """The events of one side of the candidates, numbered within each component in their order."""
    events, first = np.unique(side, return_index=True)
    order = np.argsort(component[first], kind="stable")
    parts = component[first][order]
    number = np.empty(side.max() + 1, dtype=int)
    number[events[order]] = np.arange(len(parts)) - np.searchsorted(parts, parts)
    return number[side]


def _solve(i, j, cost):
    """The pairs of one component, whose candidates are in order: as many as there can be, at least cost."""
    n_rows, n_columns = i.max() + 1, j.max() + 1
    # Dearer than all that a pair less could save: a cost is 2 at most.
    single = 2.0 * min(n_rows, n_columns) + 3
    if n_rows * n_columns <= _MOST_CELLS:
        table = np.full((n_rows, n_columns), single)
        table[i, j] = cost
        picked = linear_sum_assignment(table)
    else:
        # Every row has a column of its own, in which it stays single; SciPy takes a weight of 0 for none.
        own = np.arange(n_rows)
        weights = np.concatenate([1 + cost, np.full(n_rows, 1 + single)])
        places = np.concatenate([i, own]), np.concatenate([j, n_columns + own])
        picked = min_weight_full_bipartite_matching(csr_array((weights, places), shape=(n_rows, n_columns + n_rows)))
    width = n_columns + n_rows
    known, asked = i * width + j, picked[0] * width + picked[1]
    place = np.searchsorted(known, asked).clip(max=len(known) - 1)
    return place[known[place] == asked]


def _deal(found, one, other):
    """The rows of the pairs, with events of one place and date taking their partners in order of their ids."""
    rows = found["one"].to_numpy(), found["other"].to_numpy()
    groups = [events.groupby(_SPAN + _PLACE, sort=False).ngroup().to_numpy() for events in (one, other)]
    mine, theirs = groups[0][rows[0]], groups[1][rows[1]]
    return _in_turn(groups[0], mine, theirs), _in_turn(groups[1], theirs, mine)


def _in_turn(groups, mine, theirs):
    """For pairs of a group with another, the group's members, each once and in order."""
    order = np.lexsort((theirs, mine))
    asked = pd.Series(mine[order])
    members = np.argsort(groups, kind="stable")
    first = np.searchsorted(groups[members], asked)
    dealt = np.empty(len(mine), dtype=int)
    dealt[order] = members[first + asked.groupby(asked).cumcount()]
    return dealt
