"""How far a placebo test depends on choices: specification curve, date error, reporting effort, one out at a time."""

from collections.abc import Collection, Sequence
from itertools import product

import numpy as np
import pandas as pd
from scipy import stats

from .days import (
    CIRCLE,
    HALF,
    SOLEIMANI,
    Dates,
    Day,
    Period,
    as_days,
    day_numbers,
    offsets_in_blocks,
    whole_blocks,
)

WINDOWS = (7, 14, 30)
SIDES = ("around", "before", "after")
FEWEST = 5  # incidents; of fewer, no p-value says much
FIRM = ("official", "security_source", "monitor")  # accounts of those who were there, or watch
_EXACT_DAY = ("stated", "weekday")
_READINGS = ("country", "target", "site_type", "weapon")
_CROSSED_WITH_READINGS = ("question", "unit", "inclusion", "left_out")
_N_DRAWS, _SEED, _ALPHA, _TIE = 1999, 20200103, 0.05, 1e-9
_AT_ONCE = 1_000_000  # numbers in one piece of work
_LOG_COMBINATIONS = 12  # base 2, of days that are all tried
_MOST = 20  # times as likely to be reported


def specification_curve(
    incidents: pd.DataFrame,
    reports: pd.DataFrame | None = None,
    months: Collection[str] | None = None,
    anchor: Day = SOLEIMANI,
    study_period: Period | None = None,
    windows: Sequence[int] = WINDOWS,
    crossed: bool = True,
    n_draws: int = _N_DRAWS,
) -> pd.DataFrame:
    """The placebo test by every combination of defensible choices, and one test of all of them together.

    Parameters
    ----------
    incidents : DataFrame
        ``date``, and as far as there are any: ``inclusion`` (``excluded`` never counts), ``basis``, ``n_independent``,
        ``date_low`` and ``date_high``, ``found_by``; ``country``, ``target``, ``site_type`` and ``weapon``.
    reports : DataFrame, optional
        With ``incident_id``, ``event_date`` and ``date_basis``: which days are stated.
    months : collection of str, optional
        Those that are well covered, as ``2022-01``: rates per covered day.
    anchor, study_period
        As for :func:`helpers.anniversaries.placebo_test`.
    windows : sequence of int
        Days either side; each is tested around, before and after the anniversary.
    crossed : bool
        Every combination, each distinct analysis once. If not, one choice is changed at a time, and an analysis that
        equals another is kept.
    n_draws : int
        Rotations of the blocks one by one, shared by all specifications, for the joint test.

    Returns
    -------
    DataFrame
        One row per specification. ``question``: ``all``, or the one country, target, site type or weapon that is kept.
        The choices: ``unit``, ``inclusion``, ``basis`` (``firm``: officials, security sources and monitors),
        ``accounts``, ``dates``, ``searches``, ``coverage``, ``left_out`` (a year), ``window``, ``side``; the first row
        has the first option of each. ``copies``, how many combinations make the same analysis; ``n`` incidents in the
        tested blocks, ``observed``, ``expected``, ``rate_ratio``; ``p_value`` by rotating all blocks together,
        ``p_per_block`` by rotating each by itself (missing for rates per covered day), ``z``; ``note``, where there are
        too few incidents or no covered day.
        ``attrs["joint"]``, of the question ``all``: the median p-value, the share of p-values up to 5% and the mean z,
        each ``observed`` and with the ``p_value`` of the same rotations in every specification, ``folded`` and
        ``per_block``; ``sorted``, by percentile of the specifications, their p-values, ``observed`` and, over all
        rotations, ``low``, ``middle`` and ``high`` (5%, 50%, 95%). ``attrs["asked"]``, how many combinations there are.

    Raises
    ------
    ValueError
        For no dates, no whole block in the period, and where no incident lies in one.

    Notes
    -----
    Specifications share incidents, so their p-values are far from independent. The joint test supposes no independence:
    it rotates the days of all specifications alike, bursts as they are, and compares the median p-value, the share and
    the mean z with their own values at the other rotations (Simonsohn, Simmons and Nelson 2020, *Nature Human
    Behaviour* 4, 1208-1214). Other questions are crossed with fewer choices, and are no part of it.

    Examples
    --------
    >>> days = pd.to_datetime(["2021-01-03", "2021-01-05", "2021-01-05", "2022-01-04", "2021-06-01", "2022-09-09"])
    >>> curve = specification_curve(pd.DataFrame({"date": days}), study_period=("2020-06-01", "2022-12-31"))
    >>> curve.loc[0, ["unit", "side"]].tolist(), int(curve.loc[0, "observed"]), len(curve), curve.attrs["asked"]
    (['incidents', 'around'], 4, 45, 54)
    """
    blocks, rows = _place(incidents, anchor, study_period)
    options = _options(rows, reports)
    options["coverage"] = ["every day", *(["covered days"] if months is not None else [])]
    options["left_out"] = ["none", *(map(str, blocks.year) if len(blocks) > 1 else [])]
    chosen = _combine(options, crossed)
    counts, exposure = _daily_counts(rows, chosen, options, blocks, months)
    first, copies = _first_of_each(counts, exposure) if crossed else (np.arange(len(chosen)), 1)
    labels = pd.DataFrame({name: np.array([*kinds], object)[chosen[first, at]] for at, (name, kinds) in
                           enumerate(options.items())}).assign(copies=copies)  # fmt: skip
    parts = [(window, side) for window in windows for side in SIDES]
    tested = _test(counts[first], exposure[first], parts)
    named = pd.DataFrame(parts, columns=["window", "side"])
    curve = labels.merge(named, how="cross")
    curve.insert(len(curve.columns) - 3, "copies", curve.pop("copies"))
    curve = curve.assign(**tested["columns"])
    usable = (curve["question"] == "all") & (curve["note"] == "")
    curve.attrs = {"asked": len(chosen) * len(parts), "joint": _join(tested, usable.to_numpy(), n_draws)}
    return curve


def _place(incidents, anchor, study_period):
    """The tested anniversaries, and incidents that count, with the cell of the circles of each of their dates."""
    rows = pd.DataFrame(incidents).reset_index(drop=True)
    days = as_days(rows["date"])
    if not len(days):
        raise ValueError("there are no dates to test")
    blocks = whole_blocks((days.min(), days.max()) if study_period is None else study_period, anchor)
    if "inclusion" in rows:
        rows = rows[(rows["inclusion"] != "excluded").fillna(True).to_numpy(dtype=bool)].reset_index(drop=True)
    names = {"most accounts": "date", "earliest": "date_low", "latest": "date_high"}
    for rule, name in names.items():
        if name in rows and rows[name].notna().all():
            rows[f"cell {rule}"] = _find_cells(as_days(rows[name]), blocks)
    if not len(rows) or (rows.filter(like="cell ") < 0).all(axis=None):
        raise ValueError(f"no date lies within {HALF} days of {', '.join(blocks.strftime('%Y-%m-%d'))}")
    return blocks, rows


def _find_cells(days, blocks):
    """For each day its block and its place on the circle as one number, -1 where it lies in no block."""
    cells, numbers = np.full(len(days), -1), np.arange(len(days))
    apart = np.abs(np.subtract.outer(day_numbers(days), day_numbers(blocks)))
    inside = (apart <= HALF).any(axis=1)
    offsets, block = offsets_in_blocks(days, blocks)
    cells[numbers[inside]] = block * CIRCLE + offsets % CIRCLE
    return cells


def _options(rows, reports):
    """By dimension, the options that the data allow; of incidents, which are kept, and of dates, their cells."""
    every = np.ones(len(rows), dtype=bool)
    options = {
        "question": {"all": every},
        "unit": {"incidents": 1, "days with attacks": 1},
        "inclusion": {"core" if "inclusion" in rows else "as given": every},
        "basis": {"any": every},
        "accounts": {"one or more": every},
        "dates": {rule: (every, rows[f"cell {rule}"].to_numpy()) for rule in ("most accounts", "earliest", "latest")
                  if f"cell {rule}" in rows},
        "searches": {"all": every},
    }  # fmt: skip
    if "inclusion" in rows and (borderline := _equals(rows["inclusion"], ["borderline"])).any():
        options["inclusion"] = {"core": ~borderline, "core and borderline": every}
    if "basis" in rows and rows["basis"].notna().any():
        options["basis"]["firm"] = _equals(rows["basis"], FIRM)
    if "n_independent" in rows:
        options["accounts"]["two or more"] = (rows["n_independent"] >= 2).fillna(False).to_numpy(dtype=bool)
    if reports is not None and "incident_id" in rows:
        options["dates"]["stated"] = (_has_stated_day(rows, reports), rows["cell most accounts"].to_numpy())
    if "found_by" in rows:
        options["searches"]["protocol"] = _equals(rows["found_by"], ["protocol"])
    for name in _READINGS:
        for kind in sorted(rows[name].dropna().astype("str").unique() if name in rows else []):
            kept = _equals(rows[name], [kind])
            # Where a group of targets is one type of site, its reading is the same.
            if kind != "unknown" and not any(np.array_equal(kept, other) for other in options["question"].values()):
                options["question"][f"{name}: {kind}"] = kept
    return options


def _equals(column, values):
    return column.astype("object").isin(values).to_numpy(dtype=bool)


def _has_stated_day(rows, reports):
    """Which incidents have an account that states their day, or its weekday: neither relative nor unclear."""
    exact = reports[reports["date_basis"].isin(_EXACT_DAY)]
    stated = set(zip(exact["incident_id"], exact["event_date"], strict=True))
    return np.array([pair in stated for pair in zip(rows["incident_id"], rows["date"], strict=True)], dtype=bool)


def _combine(options, crossed):
    """Combinations of choices, a row each of one option's number by dimension, those with fewest changes first."""
    numbers = {name: range(len(kinds)) for name, kinds in options.items()}
    main = product(*(each if name != "question" else [0] for name, each in numbers.items()))
    others = product(*(each if name in _CROSSED_WITH_READINGS else [0] for name, each in numbers.items()))
    chosen = np.array(list(dict.fromkeys([*main, *others])))
    changes = np.count_nonzero(chosen, axis=1)
    order = np.lexsort([changes, chosen[:, 0] > 0])
    return chosen[order] if crossed else chosen[order][changes[order] <= 1]


def _daily_counts(rows, chosen, options, blocks, months):
    """Incidents by combination, block and day of the circle, and the blocks that cover each day."""
    kinds = [list(each.values()) if isinstance(each, dict) else each for each in options.values()]
    names, shape, known = list(options), (len(blocks), CIRCLE), {}
    masks = [names.index(name) for name in ("question", "inclusion", "basis", "accounts", "searches")]
    by_date = names.index("dates")
    counts = np.zeros((len(chosen), *shape), dtype=np.int32)
    for at, combination in enumerate(map(tuple, chosen)):
        key = *(combination[mask] for mask in masks), combination[by_date]
        if key not in known:
            fixed, cells = kinds[by_date][combination[by_date]]
            kept = np.logical_and.reduce([kinds[mask][combination[mask]] for mask in masks]) & fixed & (cells >= 0)
            known[key] = np.bincount(cells[kept], minlength=shape[0] * shape[1]).reshape(shape)
        counts[at] = known[key]
    unit, coverage, left_out = (chosen[:, names.index(name)] for name in ("unit", "coverage", "left_out"))
    counts = np.where(unit[:, None, None] == 1, np.minimum(counts, 1), counts)
    held = np.ones((2, *shape), dtype=np.int32)
    if months is not None:
        place = pd.to_timedelta((np.arange(CIRCLE) + HALF) % CIRCLE - HALF, unit="D")
        held[1] = [np.isin((day + place).strftime("%Y-%m"), list(months)) for day in blocks]
    used = left_out[:, None] != np.arange(1, len(blocks) + 1)
    held = held[coverage] * used[:, :, None]
    return counts * held, held.sum(axis=1)


def _first_of_each(counts, exposure):
    """Where each distinct analysis comes first, and how many combinations make it."""
    # Where every day has the same exposure, how much it is does not matter.
    alike = exposure.min(axis=1) == exposure.max(axis=1)
    keys = np.hstack([counts.reshape(len(counts), -1), np.where(alike[:, None], 0, exposure)]).astype(np.int32)
    packed = np.ascontiguousarray(keys).view(np.dtype((np.void, keys.itemsize * keys.shape[1]))).ravel()
    _, first, copies = np.unique(packed, return_index=True, return_counts=True)
    order = np.argsort(first)
    return first[order], copies[order]


def _sum_windows(counts, parts):
    """Incidents within each window of each day of a circle: shape (…, circle) to (…, windows, circle)."""
    sums = np.zeros((*counts.shape[:-1], 3 * CIRCLE + 1), dtype=counts.dtype)
    np.cumsum(np.concatenate([counts] * 3, axis=-1), axis=-1, out=sums[..., 1:])
    reach = {"around": (1, 1), "before": (1, 0), "after": (0, 1)}
    ends = [(CIRCLE - window * reach[side][0], CIRCLE + window * reach[side][1] + 1) for window, side in parts]
    return np.stack([sums[..., stop : stop + CIRCLE] - sums[..., start : start + CIRCLE] for start, stop in ends], -2)


def _tail_shares(values):
    """Of each row of whole numbers, the share of at least 0, 1, 2 … up to one more than the largest."""
    size = int(values.max(initial=0)) + 2
    at = values + size * np.arange(len(values))[:, None]
    histogram = np.bincount(at.ravel(), minlength=size * len(values)).reshape(len(values), size)
    return np.cumsum(histogram[:, ::-1], axis=1)[:, ::-1] / values.shape[1]


def _tail_of_sums(parts):
    """The same of sums of blocks that are each rotated by itself: shape (rows, blocks, circle)."""
    rows, n_blocks, circle = parts.shape
    size = int(parts.max(initial=0)) + 1
    at = parts.reshape(-1, circle) + size * np.arange(rows * n_blocks)[:, None]
    histogram = np.bincount(at.ravel(), minlength=size * rows * n_blocks).reshape(rows, n_blocks, size) / circle
    length = n_blocks * (size - 1) + 1
    chances = np.fft.irfft(np.fft.rfft(histogram, length, axis=-1).prod(axis=1), length, axis=-1)
    return np.clip(np.cumsum(chances[:, ::-1], axis=1)[:, ::-1], float(circle) ** -n_blocks, 1)


def _test(counts, exposure, parts):
    """Each data set by each window and side: columns of the curve, and what the joint test takes."""
    step = max(1, _AT_ONCE // (counts[0].size * len(parts)))
    pieces = [_test_some(counts[at : at + step], exposure[at : at + step], parts) for at in range(0, len(counts), step)]
    columns = {name: np.concatenate([piece[0][name] for piece in pieces]) for name in pieces[0][0]}
    return {"columns": columns, "rotations": [piece[1] for piece in pieces]}


def _test_some(counts, exposure, parts):
    inside = np.moveaxis(_sum_windows(counts, parts), 2, 1)
    folded, days = inside.sum(axis=2), _sum_windows(exposure, parts)
    n, all_days = counts.sum(axis=(1, 2))[:, None, None], exposure.sum(axis=1)[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (n - folded) / (all_days - days) * days
        ratio = np.where(folded > 0, folded / expected, 0.0)
    # Of equal exposure, more incidents are a larger ratio; counts have no rounding that could break a tie.
    alike = (exposure.min(axis=1) == exposure.max(axis=1))[:, None, None]
    ranks = folded.copy()
    varied = ~alike[:, 0, 0]
    if varied.any():
        ranks[varied] = stats.rankdata(np.round(ratio[varied], 9), method="dense", axis=-1)
    ranks, flat = ranks.reshape(-1, CIRCLE), inside.reshape(-1, *inside.shape[2:])
    p_values = np.take_along_axis(_tail_shares(ranks), ranks, axis=1)
    excess = (folded - n * days / all_days).reshape(-1, CIRCLE)
    z = excess / np.where((spread := excess.std(axis=1, keepdims=True)) > 0, spread, 1)
    tails, seen = _tail_of_sums(flat), flat[:, :, 0].sum(axis=1)
    per_block = np.where(np.repeat(varied, len(parts)), np.nan, tails[np.arange(len(tails)), seen])
    total, lacking = np.broadcast_to(n, folded.shape)[..., 0].ravel(), days[..., 0].ravel() == 0
    note = np.select([total < FEWEST, lacking], ["too few incidents", "no covered day"], "")
    empty = (total == 0) | lacking
    columns = {
        "n": total,
        "observed": seen,
        "expected": expected[..., 0].ravel(),
        "rate_ratio": np.where(empty, np.nan, ratio[..., 0].ravel()),
        "p_value": np.where(empty, np.nan, p_values[:, 0]),
        "p_per_block": np.where(empty, np.nan, per_block),
        "z": z[:, 0],
        "note": note.astype(object),
    }
    return columns, {"p": p_values, "z": z, "inside": flat, "tails": tails}


def _join(tested, usable, n_draws):
    """Median p, share of p up to 5% and mean z of the usable specifications, against other rotations of all at once."""
    if not usable.any():
        return {}
    pieces, at = tested["rotations"], 0
    p_values, z = (np.concatenate([piece[name] for piece in pieces])[usable] for name in ("p", "z"))
    joint = {"folded": _compare(_summarise(p_values, z)), "sorted": _sort_each(p_values)}
    summable = usable & ~np.isnan(tested["columns"]["p_per_block"])
    n_blocks, rng = pieces[0]["inside"].shape[1], np.random.default_rng(_SEED)
    shifts = np.vstack([np.zeros(n_blocks, dtype=int), rng.integers(CIRCLE, size=(n_draws, n_blocks))])
    step = max(1, _AT_ONCE // max(summable.sum(), 1))
    found = []
    for some in np.split(shifts, range(step, len(shifts), step)):
        drawn = []
        for piece in pieces:
            kept = summable[at : at + len(piece["tails"])]
            drawn.append(_draw_some({name: values[kept] for name, values in piece.items()}, some))
            at += len(kept)
        at = 0
        found.append(_summarise(*(np.concatenate(values) for values in zip(*drawn, strict=True))))
    if summable.any():
        joint["per_block"] = _compare(np.concatenate(found, axis=1))
    return joint


def _sort_each(p_values):
    """p-values by percentile of the specifications, as observed and at other rotations."""
    ranked = np.percentile(p_values, range(101), axis=0, method="closest_observation")
    low, middle, high = np.quantile(ranked, [0.05, 0.5, 0.95], axis=1)
    return {"observed": ranked[:, 0].tolist(), "low": low.tolist(), "middle": middle.tolist(), "high": high.tolist()}


def _draw_some(piece, shifts):
    """p-values and z of specifications whose blocks are rotated by given numbers of days."""
    inside, tails = piece["inside"], piece["tails"]
    drawn = sum(inside[:, block, shifts[:, block]] for block in range(shifts.shape[1]))
    mean, spread = inside.mean(axis=2).sum(axis=1), np.sqrt(inside.var(axis=2).sum(axis=1))
    z = (drawn - mean[:, None]) / np.where(spread > 0, spread, 1)[:, None]
    return np.take_along_axis(tails, drawn, axis=1), z


def _summarise(p_values, z):
    """Three statistics of all specifications by rotation, each the larger the more striking."""
    return np.array([-np.median(p_values, axis=0), (p_values <= _ALPHA + _TIE).mean(axis=0), z.mean(axis=0)])


def _compare(found):
    """Each statistic as observed, at the first rotation, and the share of rotations that reach it."""
    names, signs = ("median p", "share up to 5%", "mean z"), (-1, 1, 1)
    reached = (found >= found[:, :1] - _TIE).mean(axis=1)
    return {
        name: {"observed": float(sign * values[0]), "p_value": float(p)}
        for name, sign, values, p in zip(names, signs, found, reached, strict=True)
    }


def date_error(
    incidents: pd.DataFrame,
    reports: pd.DataFrame | None = None,
    anchor: Day = SOLEIMANI,
    study_period: Period | None = None,
    windows: Sequence[int] = WINDOWS,
    n_draws: int = _N_DRAWS,
) -> pd.DataFrame:
    """The placebo test where accounts give an incident several days.

    Parameters
    ----------
    incidents : DataFrame
        ``date``, ``date_low`` and ``date_high``.
    reports : DataFrame, optional
        As for :func:`specification_curve`: the test without days that no account states.
    anchor, study_period, windows
        As for :func:`helpers.anniversaries.placebo_test`.
    n_draws : int
        Draws of a day for each disputed incident, where more combinations are possible than 4,096.

    Returns
    -------
    DataFrame
        Indexed by ``window``: incidents ``observed`` in it as coded, the ``fewest`` and the ``most`` that the days
        allow, and ``weighted``, where each incident is spread evenly over its days; ``p_value`` as coded,
        ``p_weighted``, and ``p_lowest`` and ``p_highest`` over the draws. With reports, ``stated``, the incidents of
        the blocks whose day or weekday an account states, ``observed_stated`` and ``p_stated``. ``attrs``:
        ``disputed``, incidents with several days, ``n``, incidents near a tested anniversary, and ``exact``, whether
        every combination of days was tried.

    Raises
    ------
    ValueError
        As :func:`specification_curve`, and where the columns are not there or a day lies before ``date_low`` or after
        ``date_high``.

    Notes
    -----
    The weights are rotated with the incidents, so that p is one exact p-value and no average over draws. Errors of
    dates that know nothing of the anniversary cost power and do not raise the level. What would raise it is a vague
    date that is moved to the anniversary, which the test of stated days leaves out.

    Examples
    --------
    >>> days = pd.to_datetime(["2021-01-17", "2021-01-05", "2021-06-01"])
    >>> last = days + pd.to_timedelta([1, 0, 0], unit="D")
    >>> rows = pd.DataFrame({"date": days, "date_low": days, "date_high": last})
    >>> found = date_error(rows, study_period=("2020-06-01", "2021-12-31"), windows=[14])
    >>> found.loc[14, ["observed", "fewest", "most", "weighted"]].tolist()
    [2.0, 1.0, 2.0, 1.5]
    """
    if missing := [name for name in ("date_low", "date_high") if name not in incidents]:
        raise ValueError(f"an error of dates needs the column(s) {', '.join(missing)}")
    blocks, rows = _place(incidents, anchor, study_period)
    cells, admissible = _admissible_cells(rows, blocks)
    parts = [(window, "around") for window in windows]
    coded = _circle_counts(rows["cell most accounts"].to_numpy())
    weights = np.where(admissible, 1 / admissible.sum(axis=1, keepdims=True), 0)
    placed = cells >= 0
    spread = np.bincount(cells[placed] % CIRCLE, weights[placed], CIRCLE)
    near = _near(cells, windows) & admissible
    inside, weighted = _sum_windows(coded, parts), _sum_windows(spread, parts)
    drawn, exact = _draw_days(cells, admissible, n_draws)
    p_drawn = np.vstack([_first_p(inside), *(_first_p(_sum_windows(counts, parts)) for counts in drawn)])
    columns = {
        "observed": inside[:, 0],
        "fewest": (near | ~admissible).all(axis=2).sum(axis=1),
        "most": near.any(axis=2).sum(axis=1),
        "weighted": weighted[:, 0].round(9),
        "p_value": _first_p(inside),
        "p_weighted": _first_p(weighted),
        "p_lowest": p_drawn.min(axis=0),
        "p_highest": p_drawn.max(axis=0),
    }
    if reports is not None:
        stated = _circle_counts(rows["cell most accounts"].to_numpy()[_has_stated_day(rows, reports)])
        within = _sum_windows(stated, parts)
        columns |= {"stated": stated.sum(), "observed_stated": within[:, 0], "p_stated": _first_p(within)}
    table = pd.DataFrame(columns, index=pd.Index(windows, name="window"))
    table.attrs = {"disputed": int(((admissible.sum(axis=1) > 1) & placed.any(axis=1)).sum()), "n": int(coded.sum()),
                   "exact": exact}  # fmt: skip
    return table


def _admissible_cells(rows, blocks):
    """The cells of the days that each incident may have, a column each, and which columns are days of it."""
    first, last, coded = (day_numbers(as_days(rows[name])) for name in ("date_low", "date_high", "date"))
    if wrong := int(((coded < first) | (coded > last)).sum()):
        raise ValueError(f"{wrong} dates lie before their date_low or after their date_high")
    after = np.arange((last - first).max() + 1)
    admissible = after <= (last - first)[:, None]
    days = pd.DatetimeIndex((first[:, None] + after).ravel().astype("M8[D]").astype("M8[ns]"))
    return np.where(admissible, _find_cells(days, blocks).reshape(admissible.shape), -1), admissible


def _circle_counts(cells):
    return np.bincount(cells[cells >= 0] % CIRCLE, minlength=CIRCLE)


def _near(cells, windows):
    """Which cells lie within each window, shape (windows, incidents, days)."""
    apart = np.where(cells >= 0, np.minimum(cells % CIRCLE, CIRCLE - cells % CIRCLE), CIRCLE)
    return apart <= np.asarray(windows)[:, None, None]


def _first_p(values):
    """The share of rotations with at least what the first has."""
    return (values >= values[..., :1] - _TIE).mean(axis=-1)


def _draw_days(cells, admissible, n_draws):
    """Counts by day of the circle for combinations of the days of disputed incidents: all, or draws; which it is."""
    n_days = admissible.sum(axis=1)
    disputed = n_days > 1
    fixed, open_cells = _circle_counts(cells[~disputed, 0]), cells[disputed]
    exact = np.log2(n_days).sum() <= _LOG_COMBINATIONS + _TIE
    if exact:
        picks = product(*map(range, n_days[disputed]))
    else:
        rng = np.random.default_rng(_SEED)
        picks = rng.integers(n_days[disputed], size=(n_draws, disputed.sum()))
    at = np.arange(len(open_cells))
    return (fixed + _circle_counts(open_cells[at, np.array(pick, dtype=int)]) for pick in picks), bool(exact)


def leave_one_out(
    incidents: pd.DataFrame,
    reports: pd.DataFrame | None = None,
    sources: pd.DataFrame | None = None,
    singly: Sequence[bool] | None = None,
    anchor: Day = SOLEIMANI,
    study_period: Period | None = None,
    window: int = 14,
) -> pd.DataFrame:
    """The placebo test without each year, each site and each publisher, and without single incidents.

    Parameters
    ----------
    incidents : DataFrame
        ``date``, and as far as there are any ``site_name`` and ``incident_id``.
    reports, sources : DataFrame, optional
        With ``incident_id`` and ``source_id``, and with ``source_id`` and ``publisher``. Without a publisher, incidents
        are left out that no other publisher reports.
    singly : sequence of bool, optional
        Incidents that are left out one by one, and then all at once.
    anchor, study_period
        As for :func:`helpers.anniversaries.placebo_test`.
    window : int

    Returns
    -------
    DataFrame
        By ``kind`` (``none``, ``year``, ``site``, ``publisher``, ``incident``, ``all of them``) and what is
        ``left_out``: how many incidents are ``gone`` from the tested blocks, ``n`` that remain there, ``observed``,
        ``expected``, ``rate_ratio``, ``p_value`` and ``p_per_block``, missing where none remains.

    Raises
    ------
    ValueError
        As :func:`specification_curve`.

    Examples
    --------
    >>> days = ["2021-01-03", "2021-01-05", "2021-06-01", "2022-01-04", "2022-03-01"]
    >>> rows = pd.DataFrame({"date": days, "site_name": list("aabba")})
    >>> leave_one_out(rows, study_period=("2020-06-01", "2022-12-31"))["observed"].tolist()
    [3, 1, 2, 1, 2]
    """
    keyed = incidents.assign(_singly=False if singly is None else np.asarray(singly, dtype=bool))
    blocks, rows = _place(keyed, anchor, study_period)
    cells, every = rows["cell most accounts"].to_numpy(), np.ones(len(rows), dtype=bool)
    kept = {("none", ""): every}
    if len(blocks) > 1:
        kept |= {("year", str(day.year)): cells // CIRCLE != at for at, day in enumerate(blocks)}
    if "site_name" in rows:
        kept |= {
            ("site", name): (rows["site_name"] != name).to_numpy()
            for name in sorted(rows["site_name"].dropna().unique())
        }
    if reports is not None and sources is not None:
        kept |= _without_publishers(rows, reports, sources)
    chosen = rows["_singly"].to_numpy()
    names = rows["incident_id"] if "incident_id" in rows else rows.index
    kept |= {("incident", str(names[at])): np.arange(len(rows)) != at for at in np.flatnonzero(chosen)}
    if chosen.any():
        kept["all of them", f"{chosen.sum()} incidents"] = ~chosen
    shape = (len(blocks), CIRCLE)
    counts = np.array([
        np.bincount(cells[mask & (cells >= 0)], minlength=shape[0] * shape[1]).reshape(shape) for mask in kept.values()
    ])  # fmt: skip
    exposure = np.full((len(counts), CIRCLE), len(blocks))
    table = pd.DataFrame(_test(counts, exposure, [(window, "around")])["columns"]).drop(columns=["z", "note"])
    table.insert(0, "gone", table["n"].iloc[0] - table["n"])
    return table.set_axis(pd.MultiIndex.from_tuples(kept, names=["kind", "left_out"]))


def _without_publishers(rows, reports, sources):
    """By publisher, the incidents that another one reports too."""
    named = reports.merge(sources[["source_id", "publisher"]], on="source_id")
    named = named[named["incident_id"].isin(rows["incident_id"])].drop_duplicates(["incident_id", "publisher"])
    alone = named[~named["incident_id"].duplicated(keep=False)].groupby("publisher")["incident_id"]
    return {("publisher", name): ~rows["incident_id"].isin(gone).to_numpy() for name, gone in alone}


def reporting_effort(
    dates: Dates,
    anchor: Day = SOLEIMANI,
    study_period: Period | None = None,
    windows: Sequence[int] = WINDOWS,
    ratios: Sequence[float] = (1, 1.5, 2, 3),
) -> pd.DataFrame:
    """If attacks near the anniversary were likelier to be reported, how much likelier would explain the result?

    Parameters
    ----------
    dates : array-like of dates
    anchor, study_period, windows
        As for :func:`helpers.anniversaries.placebo_test`; each window is tested around, before and after.
    ratios : sequence of float
        1 or more: times as likely to be reported inside the window as outside.

    Returns
    -------
    DataFrame
        By ``window`` and ``side``: ``observed``, the p-value at each ratio (``p at 1`` …), and ``tipping``, the
        smallest ratio at which it is above 5%: 1 where nothing is to be explained.

    Raises
    ------
    ValueError
        As :func:`specification_curve`, and for ratios below 1.

    Notes
    -----
    An r-fold window holds what r windows of the same block hold, each rotated by itself; of a ratio between two whole
    numbers, the share beyond the lower one holds one window more. So p grows with the ratio, and at 1 it is that of the
    placebo test with each block rotated by itself. Such bounds are in the spirit of Rosenbaum (2002), *Observational
    Studies*.

    Examples
    --------
    >>> dates = ["2021-01-03", "2021-01-05", "2021-02-01", "2021-06-01", "2021-08-09", "2021-04-02", "2020-11-11"]
    >>> found = reporting_effort(dates, study_period=("2020-06-01", "2021-12-31"), windows=[7], ratios=[1, 2])
    >>> found.loc[(7, "around"), ["observed", "p at 1", "p at 2"]].round(3).tolist()
    [2.0, 0.036, 0.101]
    """
    if min(ratios, default=0) < 1:
        raise ValueError("ratios must be 1 or more")
    blocks, rows = _place(pd.DataFrame({"date": as_days(dates)}), anchor, study_period)
    cells, parts = rows["cell most accounts"].to_numpy(), [(window, side) for window in windows for side in SIDES]
    counts = np.bincount(cells[cells >= 0], minlength=len(blocks) * CIRCLE).reshape(len(blocks), CIRCLE)
    inside = np.moveaxis(_sum_windows(counts, parts), 1, 0)
    rows = []
    for placebos in inside:
        observed, found = int(placebos[:, 0].sum()), {}
        for ratio in ratios:
            found[f"p at {ratio:g}"] = _p_at_ratio(placebos, ratio)
        rows.append({"observed": observed, **found, "tipping": _find_tipping(placebos)})
    return pd.DataFrame(rows, index=pd.MultiIndex.from_tuples(parts, names=["window", "side"]))


def _p_at_ratio(placebos, ratio):
    """The chance that so many windows together hold at least what the first rotation of all blocks holds."""
    whole, part = int(ratio), ratio % 1
    length = int(placebos.max(axis=1).sum()) * (whole + 1) + 1
    chances = np.array([np.bincount(block, minlength=length)[:length] for block in placebos]) / placebos.shape[1]
    waves = np.fft.rfft(chances, axis=1)
    waves = waves**whole * (1 - part + part * waves)
    return float(np.clip(np.fft.irfft(waves.prod(axis=0), length)[placebos[:, 0].sum() :].sum(), 0, 1))


def _find_tipping(placebos):
    """The smallest ratio at which the p-value is above 5%, to a hundredth; infinite beyond the largest tried."""
    steps = np.arange(100, 100 * _MOST + 1)
    low, high = 0, len(steps) - 1
    if _p_at_ratio(placebos, _MOST) <= _ALPHA:
        return np.inf
    while low < high:
        middle = (low + high) // 2
        if _p_at_ratio(placebos, steps[middle] / 100) > _ALPHA:
            high = middle
        else:
            low = middle + 1
    return steps[low] / 100


def month_cap_levels(
    n_a_year: float,
    n_years: int = 3,
    caps: Sequence[int] = (6, 4, 3),
    anchor: Day = SOLEIMANI,
    windows: Sequence[int] = WINDOWS,
    n_worlds: int = 2000,
    seed: int = _SEED,
) -> pd.DataFrame:
    """How often the placebo test rejects where no month can report more than so many incidents.

    Parameters
    ----------
    n_a_year : float
        Incidents a year before any is lost. They come in bursts of three on average, all days alike.
    n_years : int
        Tested anniversaries.
    caps : sequence of int
        Incidents that a calendar month reports at most, drawn from all of it; beside them no cap.
    anchor : date
        Its anniversary is tested, and as a comparison the day two weeks after it.
    windows : sequence of int
        Days around it.
    n_worlds, seed : int

    Returns
    -------
    DataFrame
        By ``cap`` (``none`` or a number) and ``day`` (``anniversary``, ``two weeks later``): the share of incidents
        ``lost``, and by window (``7 days`` …) the share of worlds with a folded p-value of at most 5%. There is no
        effect of the anniversary, so it should be 5% or less.

    Examples
    --------
    >>> levels = month_cap_levels(30, caps=[3], n_worlds=20)
    >>> levels.index.tolist()[1:3], list(levels)
    ([('none', 'two weeks later'), ('3', 'anniversary')], ['lost', '7 days', '14 days', '30 days'])
    """
    rng, anchor = np.random.default_rng(seed), pd.Timestamp(anchor)
    days = pd.date_range(anchor + pd.Timedelta(days=1), periods=int((n_years + 1.1) * 365.25), freq="D")
    worlds = _draw_bursts(rng, n_worlds, round(n_a_year * len(days) / 365.25), len(days))
    month = (days.year * 12 + days.month).to_numpy()[worlds]
    rank = _rank_within(month, rng.random(worlds.shape))
    parts, rows = [(window, "around") for window in windows], {}
    tested = {"anniversary": anchor, "two weeks later": anchor + pd.Timedelta(days=14)}
    cells = {
        name: _find_cells(days, whole_blocks((days[0], days[-1]), day)[:n_years])[worlds]
        for name, day in tested.items()
    }
    for cap in (np.inf, *caps):
        for name, places in cells.items():
            reported = rank < cap
            kept = reported & (places >= 0)
            at = (places % CIRCLE + CIRCLE * np.arange(n_worlds)[:, None])[kept]
            counts = np.bincount(at, minlength=CIRCLE * n_worlds).reshape(n_worlds, CIRCLE)
            p_values = _first_p(_sum_windows(counts, parts))
            levels = dict(zip([f"{window} days" for window in windows], (p_values <= _ALPHA).mean(axis=0), strict=True))
            rows["none" if cap == np.inf else str(cap), name] = {"lost": (~reported).mean(), **levels}
    return pd.DataFrame(rows).T.rename_axis(["cap", "day"])


def _draw_bursts(rng, n_worlds, n, n_days, size=3):
    """Days of incidents in bursts, a row a world: each falls a few days after its burst begins."""
    starts = rng.integers(n_days, size=(n_worlds, max(n // size, 1)))
    burst = rng.integers(starts.shape[1], size=(n_worlds, n))
    return (np.take_along_axis(starts, burst, axis=1) + rng.geometric(1 / size, size=(n_worlds, n)) - 1) % n_days


def _rank_within(groups, keys):
    """The place of each value among those of its group in its row, in the order of the keys."""
    order = np.lexsort((keys, groups), axis=-1)
    ranked, place = np.take_along_axis(groups, order, axis=1), np.arange(groups.shape[1])
    begins = np.hstack([np.ones((len(groups), 1), dtype=bool), ranked[:, 1:] != ranked[:, :-1]])
    rank = np.empty_like(groups)
    np.put_along_axis(rank, order, place - np.maximum.accumulate(np.where(begins, place, 0), axis=1), axis=1)
    return rank
