"""Measures: one value per incident, missing where no account reports it.

1 or 0 for a share, a number for an amount, a word for a category. A new measure is a row of ``MEASURES``, and a
function where none of those here finds it. Any other column, or a function of the frame, can be one where it is asked
for.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

from . import tables
from .anniversaries import HALF, Day, days_from_anniversary
from .blanks import clean
from .schemas import load_schema

Wanted = str | Callable | Sequence[str | Callable] | None

READINGS = ("low", "best", "high")
_MOST_SHOWN = 3  # values that an error quotes
_MOST_EXACT = 2**53  # larger whole numbers are not exact as floats
_YES, _NO = ("yes", "minor", "major"), ("no", "none")
_COUNTS = ("launched", "hit", "intercepted", "killed", "injured")


@dataclass(frozen=True)
class _Measure:
    """What makes a measure."""

    kind: str  # share, amount or category
    find: Callable[..., pd.Series]  # from incidents, a reading and the fields to one value per incident
    fields: tuple[str, ...]  # columns of the incidents, or counts, which have a column per reading
    limits: tuple[float, float] = (0, np.inf)  # between what an amount that nobody reports can lie

    def columns(self, reading: str) -> set[str]:
        """The columns that it needs; of a count its best reading too, which stands in for a high one that is open."""
        return {f"{name}_{end}" if name in _COUNTS else name for name in self.fields for end in (reading, "best")}


def _count(incidents, reading, name):
    """One reading of a count. The high reading of a count that is open upwards is its best."""
    column = _number(incidents, reading, f"{name}_{reading}")
    return column.fillna(_number(incidents, reading, f"{name}_best")) if reading == "high" else column


def _number(incidents, reading, name):
    return incidents[name].astype("Float64")


def _word(incidents, reading, name):
    """The words of a column; ``unknown`` and blanks are silence."""
    values = incidents[name].astype("object")
    return values.mask(values.isin(["unknown", *_blanks(values)]))


def _blanks(values):
    """The texts among values of which nothing is seen."""
    return [text for text in values.unique() if isinstance(text, str) and not clean(text)]


def _is_told(values):
    """Which values are neither missing nor blank."""
    values = values.astype("object")
    return values.notna() & ~values.isin(_blanks(values))


def _yes_or_no(incidents, reading, name):
    """Whether a column says that there was some, or none; any other word is silence."""
    values = incidents[name].astype("object")
    some = values.isin([*_YES, True])
    return some.astype("Float64").where(some | values.isin([*_NO, False]))


def _neither(incidents, row):
    """Why a measure of yes and no is not available: its column holds words that are neither yes nor no."""
    faults = []
    for column in row.fields if row.find is _yes_or_no else ():
        words = incidents[column].dropna().astype("object")
        other = words[~words.isin([*_YES, *_NO, "unknown", True, False, *_blanks(words)])]
        faults += [f"{column} holds {_quote(other)}, which are neither yes nor no"] if len(other) else []
    return "; ".join(faults)


def _any_above_zero(amounts):
    """Whether any amount is above zero: yes if one is, no only if all are reported to be zero."""
    above = pd.concat([amount > 0 for amount in amounts], axis=1)
    return above.any(axis=1, skipna=True).astype("Float64").where(above.notna().all(axis=1) | above.any(axis=1))


def _any(incidents, reading, *names):
    return _any_above_zero([_count(incidents, reading, name) for name in names])


def _hits(incidents, reading):
    """Rounds inside: as reported, or none where the fewest interceptions reported reach the most launched."""
    hits = _count(incidents, reading, "hit")
    if not {"intercepted_low", "launched_high"} <= set(incidents):
        return hits
    launched = incidents["launched_high"].astype("Float64")
    all_stopped = (incidents["intercepted_low"].astype("Float64") >= launched) & (launched > 0)
    return hits.mask(hits.isna() & all_stopped.fillna(False), 0)


def _any_hit(incidents, reading, *_):
    return _any_above_zero([_hits(incidents, reading)])


def _share_inside(incidents, reading, *_):
    """Rounds inside per round launched; the low reading sets the fewest inside against the most launched."""
    launched = _count(incidents, {"low": "high", "high": "low"}.get(reading, reading), "launched")
    return (_hits(incidents, reading) / launched.where(launched > 0)).clip(upper=1)


def _tolls(incidents, reading):
    """Killed and injured: a pair of all, and of Americans; where nobody was hurt, no American was."""
    for name in ("killed", "injured"):
        total, americans = _count(incidents, reading, name), incidents[f"us_{name}"].astype("Float64")
        yield total, americans.mask(americans.isna() & (total == 0).fillna(False), 0)


def _any_american(incidents, reading, *_):
    return _any_above_zero([americans for _, americans in _tolls(incidents, reading)])


def _any_other(incidents, reading, *_):
    return _any_above_zero([(total - americans).clip(lower=0) for total, americans in _tolls(incidents, reading)])


def _claimed(incidents, reading, name):
    """Whether anyone claimed it; silence is missing, never no."""
    claims = _is_told(incidents[name])
    return claims.astype("Float64").where(claims)


_ANNIVERSARY = "days to the nearest anniversary"
_TOLLS = ("killed", "injured", "us_killed", "us_injured")
# How many accounts there are, and whether they dispute each other, say how an attack was coded, not what it was.
MEASURES = {
    "weapon": _Measure("category", _word, ("weapon",)),
    "munitions launched": _Measure("amount", _count, ("launched",)),
    "any round inside the perimeter": _Measure("share", _any_hit, ("hit",)),
    "share of rounds inside": _Measure("amount", _share_inside, ("hit", "launched", "launched_low"), limits=(0, 1)),
    "any round intercepted": _Measure("share", _any, ("intercepted",)),
    "defence active": _Measure("share", _yes_or_no, ("defence_active",)),
    "anyone killed": _Measure("share", _any, ("killed",)),
    "anyone killed or injured": _Measure("share", _any, ("killed", "injured")),
    "Americans killed or injured": _Measure("share", _any_american, _TOLLS),
    "others killed or injured": _Measure("share", _any_other, _TOLLS),
    "any damage": _Measure("share", _yes_or_no, ("damage",)),
    "part of day": _Measure("category", _word, ("part_of_day",)),
    "claimed": _Measure("share", _claimed, ("claimed_by",)),
    "launch distance (km)": _Measure("amount", _number, ("launch_km",)),
    _ANNIVERSARY: _Measure("amount", _number, ("days_to_anniversary",), limits=(0, HALF + 1)),
    "days since the last US strike": _Measure("amount", _number, ("days_since_us_strike",)),
}


def measures(
    incidents: pd.DataFrame, reading: str = "best", anchor: Day | None = None, wanted: Wanted = None
) -> pd.DataFrame:
    """Every measure of every incident, or those that are asked for.

    Parameters
    ----------
    incidents : DataFrame, n rows
        Beside the columns of an incident, ``launch_km``, ``days_since_us_strike`` and ``days_to_anniversary`` are
        measures where they are there; the last is made from ``date`` where an anchor is known.
    reading : {"low", "best", "high"}
        Which reading of disputed counts. The high reading of a count that is open upwards is its best.
    anchor : date, optional
        By default ``attrs["anchor"]``, which :func:`helpers.load_incidents` sets to the collection's own. Where it is
        given, days to the nearest anniversary are added to what is wanted.
    wanted : str, callable or list of these, optional
        Names of ``MEASURES``, columns, and functions of the frame that give a value per incident. A column or a
        function is a share where its values are bool or 0 and 1, an amount where they are other numbers, a category
        where they are words, of which ``unknown`` and blanks are silence. By default all of ``MEASURES`` whose columns
        are there, but for those of yes and no whose column holds other words.

    Returns
    -------
    DataFrame, n rows
        One column per measure, Float64, or words for a category; missing where no account reports it. What is implied
        counts as reported: no hit where everything launched was intercepted, and no American hurt where nobody was.
        ``attrs``: ``kinds`` (share, amount or category) and ``limits`` by name, ``columns`` that each is made of, and
        ``not_compared``, the frame's columns that are no column of an incident and no measure, and those whose words
        are neither yes nor no.

    Raises
    ------
    ValueError
        For an unknown reading, where there are no columns for any measure, and for what is asked for and is no
        measure, all faults at once; for words that the closed list of a column lacks (``attrs["lists"]``, by default
        the package's), and for known columns that stand in the frame more than once.

    Examples
    --------
    >>> attacks = pd.DataFrame({"weapon": ["rocket", "unknown"], "launched_best": [3, 1], "score": [0.5, 2.5]})
    >>> measures(attacks)["munitions launched"].tolist()
    [3.0, 1.0]
    >>> measures(attacks, wanted=["score"]).attrs["kinds"]
    {'score': 'amount'}
    """
    _refuse_repeated(incidents)
    _refuse_negative(incidents)
    tables.check_choice("reading", [reading], READINGS)
    given = list(incidents.columns)
    if wanted is not None:
        wanted = [wanted] if isinstance(wanted, str) or callable(wanted) else list(wanted)
        wanted += [_ANNIVERSARY] if anchor is not None and _ANNIVERSARY not in wanted else []
    anchor = incidents.attrs.get("anchor") if anchor is None else anchor
    if anchor is not None and "date" in incidents and "days_to_anniversary" not in incidents:
        incidents = incidents.assign(days_to_anniversary=np.abs(days_from_anniversary(incidents["date"], anchor)))
    if wanted is None:
        chosen = {name: row for name, row in MEASURES.items() if row.columns(reading) <= set(incidents.columns)}
    else:
        chosen = _choose(incidents, reading, wanted)
    own = [column for column in given if column not in _columns_of_incidents()]
    _refuse_unknown_words(incidents, [row for name, row in chosen.items() if row is MEASURES.get(name)])
    unclear = {name: why for name, row in chosen.items() if (why := _neither(incidents, row))}
    if unclear and wanted is not None:
        raise ValueError("; ".join(f"{name}: {why}" for name, why in unclear.items()))
    own += [column for name in unclear for column in chosen.pop(name).fields]
    if not chosen:
        raise ValueError(f"nothing to compare: {_why_nothing(given, own, wanted)}")
    _refuse_odd_numbers(incidents, {name: row for name, row in chosen.items() if row is MEASURES.get(name)}, reading)
    columns = {name: row.find(incidents, reading, *row.fields) for name, row in chosen.items()}
    table = pd.DataFrame(columns, index=incidents.index)
    table.attrs = {
        "kinds": {name: row.kind for name, row in chosen.items()},
        "limits": {name: row.limits for name, row in chosen.items()},
        "columns": {name: row.columns(reading) for name, row in chosen.items()},
        "not_compared": [str(column) for column in own if not any(column in row.fields for row in chosen.values())],
    }
    return table


def _columns_of_incidents():
    """Every column that incidents may have, and every one that a measure is made of."""
    made = {column for row in MEASURES.values() for reading in READINGS for column in row.columns(reading)}
    return made | set(load_schema().imported.columns) | {"geometry", "latitude", "longitude"}


def _why_nothing(given, own, wanted):
    """Why no measure is there, and what could be asked for instead."""
    if wanted is not None:
        return "measures is empty"
    words = f"no column among {', '.join(map(str, given))} gives a measure"
    words += "; days to the nearest anniversary need an anchor" if "date" in given else ""
    return words + (f"; columns of your own are compared by measures={list(map(str, own))}" if own else "")


def _choose(incidents, reading, wanted):
    """The measures that are asked for, by name."""
    chosen, faults = {}, []
    for asked in wanted:
        name = asked if isinstance(asked, str) else getattr(asked, "__name__", type(asked).__name__)
        try:
            measure = _find_own(incidents, asked, name) if callable(asked) else _find_named(incidents, reading, asked)
            if name in chosen:
                raise ValueError(f"two measures are named {name}; give each function a name of its own")
            chosen[name] = measure
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise ValueError("; ".join(faults))
    return chosen


def _find_named(incidents, reading, name):
    """A measure of ``MEASURES``, or a column of the frame, which goes first where the measure is not made of it."""
    known = MEASURES.get(name)
    if name in incidents and not (known and name in known.fields):
        return _find_own(incidents, name, name)
    if known is None:
        there = ", ".join(map(str, incidents.columns))
        raise ValueError(f"no column or measure {name!r}; the columns are {there}, the measures {', '.join(MEASURES)}")
    missing = known.columns(reading) - set(incidents.columns)
    if missing:
        hint = ", which is made of date where an anchor is given" if missing == {"days_to_anniversary"} else ""
        raise ValueError(f"{name!r} needs the column(s) {', '.join(sorted(missing))}{hint}")
    return known


def _find_own(incidents, asked, name):
    """A column of the frame, or a function of it, as a measure by the type of its values."""
    values = _call(asked, incidents, name) if callable(asked) else incidents[asked]
    if isinstance(values, pd.DataFrame):
        raise ValueError(f"{name} is {values.shape[1]} columns; a measure is one value per incident")
    if np.ndim(values) != 1 or len(values) != len(incidents):
        raise ValueError(f"{name} gives no list of one value for each of {len(incidents)} incidents")
    if isinstance(values, pd.Series) and not values.index.equals(incidents.index):
        raise ValueError(f"{name} is not indexed like the incidents")
    kind, values = _read_values(pd.Series(np.asarray(values) if isinstance(values, list) else values), name)
    values = values.set_axis(incidents.index)
    return _Measure(kind, lambda *_: values, () if callable(asked) else (asked,), (-np.inf, np.inf))


def _call(function, incidents, name):
    """What a function makes of the frame; its errors name it."""
    try:
        return function(incidents.copy())
    except Exception as error:
        raise ValueError(f"the measure {name} raises {type(error).__name__}: {error}") from error


def _read_values(values, name):
    """Whether values are a share, an amount or a category, and the values as such."""
    inferred = infer_dtype(values, skipna=True)
    if inferred == "integer" and (values.dropna().abs() > _MOST_EXACT).any():
        raise ValueError(f"{name} holds numbers of more than 15 digits, whose last ones would be lost; are they names?")
    if inferred in ("boolean", "integer", "floating", "mixed-integer-float", "decimal"):
        numbers = values.astype("object").astype("Float64")
        if np.isinf(numbers.dropna().to_numpy(float)).any():
            raise ValueError(f"{name} holds infinite numbers")
        numbers = numbers.mask(numbers.isna())
        return "share" if set(numbers.dropna()) in ({0}, {1}, {0, 1}) else "amount", numbers
    if inferred not in ("string", "categorical", "empty"):
        raise ValueError(f"{name} holds {inferred} values; a measure holds bool, numbers or words")
    words = values.astype("object").map(lambda word: clean(str(word)), na_action="ignore")
    words = words.where(words.notna() & ~words.isin(["", "unknown"]))
    if inferred == "string":
        _refuse_numbers_as_text(words.dropna(), name)
    return "category", words


def _refuse_numbers_as_text(words, name):
    """Refuse a column of text that is mostly numbers, however they are written, and name the cells that are not."""
    if not len(words) or words.map(_is_number).mean() <= 0.5:
        return
    others = words[pd.to_numeric(words, errors="coerce").isna()]
    advice = f"not plain numbers: {_quote(others)}" if len(others) else "pandas.to_numeric makes numbers of them"
    raise ValueError(f"{name} holds numbers as text; {advice}")


def _is_number(text):
    """Whether a text is a number, with any marks of thousands or decimals."""
    return bool(re.fullmatch(r"[+-]?\d[\d.,'\u2019 ]*([eE][+-]?\d+)?%?|[+-]?[.,]\d+", text))


def _quote(values):
    """The first few different values of a column, and in how many rows such values are."""
    different = list(dict.fromkeys(map(repr, values)))
    more = ", ..." if len(different) > _MOST_SHOWN else ""
    return f"{', '.join(different[:_MOST_SHOWN])}{more} in {len(values)} row{'s' if len(values) > 1 else ''}"


def _refuse_repeated(incidents):
    """Refuse a known column that is there twice."""
    repeated = set(incidents.columns[incidents.columns.duplicated()]) & _columns_of_incidents()
    if repeated:
        raise ValueError(f"columns that stand in the frame more than once: {', '.join(sorted(repeated))}")


def _refuse_unknown_words(incidents, rows):
    """Refuse words that the closed list of a column lacks: they would pass for silence, or for a kind of their own."""
    lists = incidents.attrs.get("lists") or load_schema().lists
    faults = []
    for column in dict.fromkeys(name for row in rows for name in row.fields if name in lists):
        values, allowed = incidents[column].dropna().astype("object"), list(lists[column])
        known = values.isin([*allowed, *_blanks(values)])
        if {"no", "none"} & set(allowed):
            known |= values.map(lambda value: isinstance(value, bool | np.bool_)).astype(bool)
        if not known.all():
            faults.append(f"{column}: {_quote(values[~known])}; one of {', '.join(allowed)}")
    if faults:
        raise ValueError(f"unknown words: {'. '.join(faults)}. What is not reported is missing")


def _refuse_odd_numbers(incidents, rows, reading):
    """Refuse text, yes and no, and infinity where a number of an incident is read."""
    finds = {_word, _yes_or_no, _claimed}
    columns = {column for row in rows.values() if row.find not in finds for column in row.columns(reading)}
    faults = []
    for column in sorted(columns):
        values = incidents[column].astype("object").dropna()
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        odd = values[~np.isfinite(numbers) | values.map(lambda value: isinstance(value, bool | np.bool_)).astype(bool)]
        if len(odd):
            faults.append(f"{column} holds {_quote(odd)}, first in row {odd.index[0]}")
    if faults:
        raise ValueError(f"no numbers: {'; '.join(faults)}; what is not reported is missing")


def _refuse_negative(incidents):
    """Refuse numbers below zero, which no count, distance or interval is."""
    fields = {name for row in MEASURES.values() for name in row.fields}
    columns = fields | {f"{name}_{reading}" for name in _COUNTS for reading in READINGS}
    faults = []
    for column in (column for column in incidents.columns if column in columns):
        numbers = pd.to_numeric(incidents[column].astype("object"), errors="coerce")
        wrong = numbers[numbers < 0]
        if len(wrong):
            rows = f"{len(wrong)} row{'s' if len(wrong) > 1 else ''}"
            faults.append(f"{column} in {rows}, first {wrong.iloc[0]:g} in row {wrong.index[0]}")
    if faults:
        raise ValueError(f"numbers below 0: {'; '.join(faults)}; what is not reported is missing")


def days_since(dates: pd.Series, events: pd.Series) -> pd.Series:
    """Days since the last event before each date.

    Parameters
    ----------
    dates, events : Series of datetime64
        An event of the same day may have come after, and does not count.

    Returns
    -------
    Series of Float64
        Missing before the first event.

    Examples
    --------
    >>> dates = pd.Series(pd.to_datetime(["2020-01-02", "2020-01-03", "2020-01-05"]))
    >>> days_since(dates, pd.Series(pd.to_datetime(["2020-01-03", "2020-01-02"]))).tolist()
    [<NA>, 1.0, 2.0]
    """
    known, days = np.sort(np.asarray(events, "datetime64[D]")), np.asarray(dates, "datetime64[D]")
    last = np.append(np.datetime64("NaT", "D"), known)[known.searchsorted(days)]
    return pd.Series(days - last, index=dates.index).dt.days.astype("Float64")
