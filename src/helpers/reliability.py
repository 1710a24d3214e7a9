"""Do two coders agree: which incidents both found, and field by field raw agreement, Krippendorff's alpha, Gwet's AC1.

Every sum in these is linear in the weights of units. So each month is summed once, and all draws of months are one
product of matrices.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import linear_sum_assignment

from . import tables

COEFFICIENTS = ("raw", "alpha", "ac1")
_SEED, _DRAWS = 20200103, 10_000
_SILENT = "unknown"
_DEFINED = 0.95  # of the draws, without which a coefficient gets no interval
_KEYS = ("incident_id", "source_id")


def match_incidents(first: pd.DataFrame, second: pd.DataFrame, days: int = 1) -> pd.DataFrame:
    """Pair the incidents of two coders one to one: as many pairs as can be, then the nearest days, then equal sites.

    Parameters
    ----------
    first, second : DataFrame
        ``incident_id``, ``date``, ``site_id`` and ``complex``; a pair is of one complex.
    days : int
        Most days between the two.

    Returns
    -------
    DataFrame
        By ``first``: ``first`` and ``second``, the two ids; ``days``, second less first.

    Raises
    ------
    ValueError
        For an id given twice.

    See Also
    --------
    helpers.match.match_events : pairs by distance, for collections that share no list of sites.

    References
    ----------
    Crouse (2016), On implementing 2D rectangular assignment algorithms, IEEE Transactions on Aerospace and Electronic
    Systems 52, 1679-1696, as SciPy implements it.

    Examples
    --------
    >>> a = pd.DataFrame({"incident_id": ["a1", "a2"], "date": pd.to_datetime(["2021-01-01", "2021-01-02"]),
    ...                   "site_id": "taji", "complex": "taji"})
    >>> b = a.iloc[[1]].assign(incident_id="b1")
    >>> match_incidents(a, b).to_numpy().tolist()
    [['a2', 'b1', 0]]
    """
    one, other = (rows.sort_values("incident_id", ignore_index=True) for rows in (first, second))
    for name, rows in (("first", one), ("second", other)):
        _refuse_twice(rows, ["incident_id"], name)
    gap = (other["date"].to_numpy()[None] - one["date"].to_numpy()[:, None]) / np.timedelta64(1, "D")
    same = {name: one[name].astype("str").to_numpy()[:, None] == other[name].astype("str").to_numpy()[None]
            for name in ("complex", "site_id")}  # fmt: skip
    near = same["complex"] & (np.abs(gap) <= days)
    # A pair is worth more than all that distances and sites can add up to.
    worth = 2.0 * (2 * days + 2) * (len(one) + len(other) + 1) - 2 * np.abs(gap) - ~same["site_id"]
    i, j = linear_sum_assignment(np.where(near, worth, 0), maximize=True)
    i, j = i[near[i, j]], j[near[i, j]]
    ids = {"first": one["incident_id"].to_numpy()[i], "second": other["incident_id"].to_numpy()[j]}
    return pd.DataFrame(ids | {"days": gap[i, j].astype(int)})


def agreement(
    first_reports: pd.DataFrame,
    second_reports: pd.DataFrame,
    on: Sequence[str] = _KEYS,
    months: Sequence[str] | None = None,
    n_draws: int = _DRAWS,
    seed: int = _SEED,
) -> pd.DataFrame:
    """Measure how far two coders agree, field by field, on what both coded.

    Parameters
    ----------
    first_reports, second_reports : DataFrame
        One row per unit. Categories are a closed list, nominal, of which ``unknown`` is silence; numbers are on an
        interval scale; dates are nominal without a list. Text is not scored.
    on : sequence of str
        The columns that name a unit, ``incident_id`` first, whose day tells the month. By default a page's account of
        an incident.
    months : sequence of str, optional
        The months that were drawn, as ``2020-03``; by default those of the units. Units of other months are left out.
    n_draws, seed : int
        Draws of months, and what they start from.

    Returns
    -------
    DataFrame
        Indexed by ``field``: ``n`` units on which both speak, in ``n_months``; ``n_one_silent`` and ``n_both_silent``;
        ``raw`` agreement, ``alpha`` and ``ac1``, each with ``_low`` and ``_high``, percentiles of draws of whole
        months (95%), and ``_jackknife_low`` and ``_jackknife_high``, with t of a degree less than ``n_months``; and
        ``note``, what keeps a value from being given.

    Raises
    ------
    ValueError
        For a unit given twice, a value outside the list, an ``incident_id`` without a day, and where there is no field
        or no month.

    See Also
    --------
    differences : the disagreements one by one.

    Notes
    -----
    Silence is missing. AC1 is that of the codebook's categories, used or not, and of closed lists alone; a unit on
    which one coder is silent counts in its chance term, as Gwet has it. Alpha is not defined where all units have one
    value. Without any disagreement draws do not differ, and no interval is given; nor where fewer than 95% of draws
    define a coefficient. Of 19 simulated months, whose difficulty varied, either interval covered alpha nine times in
    ten: a little less than it says.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability, University of Pennsylvania; Gwet (2008), Computing
    inter-rater reliability and its variance in the presence of high agreement, British Journal of Mathematical and
    Statistical Psychology 61, 29-48.

    Examples
    --------
    >>> first = pd.DataFrame({"incident_id": ["2021-01-03_taji", "2021-02-03_taji", "2021-03-03_taji"],
    ...                       "weapon": pd.Categorical(["rocket", "drone", "rocket"], ["rocket", "drone", "unknown"])})
    >>> second = first.assign(weapon=pd.Categorical(["rocket", "drone", "unknown"], first["weapon"].cat.categories))
    >>> agreement(first, second, on=["incident_id"])[["n", "n_one_silent", "raw", "alpha", "note"]].to_numpy().tolist()
    [[2, 1, 1.0, 1.0, 'no disagreement']]
    """
    one, other, fields = _pair(first_reports, second_reports, list(on))
    month = tables.coder_days(one[on[0]].astype("str")).dt.strftime("%Y-%m")
    if month.isna().any():
        raise ValueError(
            f"{on[0]} must begin with a day, as 2020-03-14_taji, not {one.loc[month.isna(), on[0]].iloc[0]}"
        )
    drawn = sorted(set(month)) if months is None else list(months)
    coded = [_codes(one[name], other[name]) for name in fields]
    if not drawn or not coded:
        raise ValueError("there is no field that can be scored, or no month to draw")
    member = (month.to_numpy()[None] == np.array(drawn, dtype=object)[:, None]).astype(float)
    sums = [member @ _parts(_count(codes, len(marks)), marks) for codes, marks, _ in coded]
    ends = np.cumsum([monthly.shape[1] for monthly in sums])[:-1]
    resampled = np.split(month_weights(len(drawn), n_draws, seed) @ np.hstack(sums), ends, axis=1)
    rows = [
        _row(codes[member.any(axis=0)], monthly, draws, marks, closed)
        for (codes, marks, closed), monthly, draws in zip(coded, sums, resampled, strict=True)
    ]
    return pd.DataFrame(rows, index=pd.Index(fields, name="field"))


def differences(first_reports: pd.DataFrame, second_reports: pd.DataFrame, on: Sequence[str] = _KEYS) -> pd.DataFrame:
    """List every field of every unit on which both coders speak and differ.

    Parameters
    ----------
    first_reports, second_reports : DataFrame
    on : sequence of str
        As for :func:`agreement`.

    Returns
    -------
    DataFrame
        The columns of ``on``, ``field``, and what the ``first`` and the ``second`` say, as text; by field.

    Raises
    ------
    ValueError
        As for :func:`agreement`.

    See Also
    --------
    agreement : how many they are, and what that means.

    Examples
    --------
    >>> first = pd.DataFrame({"incident_id": ["a", "b"], "source_id": ["x", "x"], "us_killed": [1, 2]})
    >>> differences(first, first.assign(us_killed=[1, 3])).to_numpy().tolist()
    [['b', 'x', 'us_killed', '2', '3']]
    """
    one, other, fields = _pair(first_reports, second_reports, list(on))
    parts = []
    for name in fields:
        codes, *_ = _codes(one[name], other[name])
        apart = (codes >= 0).all(axis=1) & (codes[:, 0] != codes[:, 1])
        said = {who: rows.loc[apart, name].astype("str") for who, rows in (("first", one), ("second", other))}
        parts.append(one.loc[apart, list(on)].assign(field=name, **said))
    empty = pd.DataFrame(columns=[*on, "field", "first", "second"])
    return pd.concat([empty, *parts], ignore_index=True) if any(map(len, parts)) else empty


def month_weights(n_months: int, n_draws: int = _DRAWS, seed: int = _SEED) -> np.ndarray:
    """Draw months with replacement: how often each is in each draw.

    Parameters
    ----------
    n_months, n_draws, seed : int

    Returns
    -------
    ndarray of float
        Draws by months; the same each time.

    Examples
    --------
    >>> month_weights(3, n_draws=2).sum(axis=1).tolist()
    [3.0, 3.0]
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(n_months, np.full(n_months, 1 / n_months), size=n_draws).astype(float)


# --- units and values -------------------------------------------------------------------------------------------------


def _refuse_twice(rows, on, name):
    """Refuse a coding in which a unit stands twice."""
    if (twice := rows.duplicated(on)).any():
        shown = ", ".join(map(str, rows.loc[twice, on].iloc[0]))
        raise ValueError(
            f"the {name} coding has {int(twice.sum())} row(s) with the {' and '.join(on)} of another: {shown}"
        )


def _pair(first, second, on):
    """The rows of the units that both coders have, in one order, and the fields that can be scored."""
    for name, rows in (("first", first), ("second", second)):
        _refuse_twice(rows, on, name)
    units = first[on].merge(second[on]).sort_values(on, ignore_index=True)
    is_scored = {name: not pd.api.types.is_string_dtype(first[name].dtype) for name in first if name not in on}
    fields = [name for name, scored in is_scored.items() if scored and name in second]
    return units.merge(first, how="left"), units.merge(second, how="left"), fields


def _codes(one, other):
    """Values of one field as numbers by unit and coder, -1 for silence; their marks; and whether a list closes them."""
    closed = isinstance(one.dtype, pd.CategoricalDtype)
    if closed:
        listed = one.cat.categories
        if len(strange := set(other.dropna()) - set(listed)):
            raise ValueError(f"{one.name}: the second coding has {min(strange)!r}; the list is {', '.join(listed)}")
        values = listed.drop(_SILENT, errors="ignore")
    else:
        values = pd.Index(pd.concat([one, other]).dropna().unique())
    codes = np.column_stack([values.get_indexer(pd.Index(said.astype("object"))) for said in (one, other)])
    # The disagreement of two values is half the squared distance of their marks, or all of it: alpha does not care.
    is_number = not closed and pd.api.types.is_numeric_dtype(one.dtype)
    return codes, values.to_numpy(float)[:, None] if is_number else np.eye(len(values)), closed


def _count(codes, n_values):
    """How many coders give each unit each value, whatever their number."""
    return (codes[:, :, None] == np.arange(n_values)).sum(axis=1).astype(float)


# --- coefficients -----------------------------------------------------------------------------------------------------


def _parts(counts, marks):
    """What each unit adds to every sum that the coefficients are made of: units by sums."""
    size = counts.sum(axis=1)
    paired, rated = size >= 2, size >= 1
    pairs = np.where(paired, size * (size - 1), 1)
    agreed = (counts * (counts - 1)).sum(axis=1) / pairs
    first, second = counts @ marks, counts @ (marks**2).sum(axis=1)
    apart = (size * second - (first**2).sum(axis=1)) / np.where(paired, size - 1, 1)
    alone = np.column_stack([np.ones_like(size), agreed, size, apart, second, first]) * paired[:, None]
    return np.column_stack([alone, rated, counts / np.where(rated, size, 1)[:, None]])


def _coefficients(sums, marks, closed=True):
    """Raw agreement, alpha and AC1 for each row of sums; missing where they are not defined."""
    n_values, n_marks = marks.shape
    paired, agreed, size, apart, second = sums.T[:5]
    first, rated, shares = sums[:, 5 : 5 + n_marks], sums[:, 5 + n_marks], sums[:, 6 + n_marks :]
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = agreed / paired
        by_chance = size * second - (first**2).sum(axis=1)
        alpha = 1 - (size - 1) * apart / np.where(by_chance > 1e-9 * size * second, by_chance, np.nan)
        shares = shares / rated[:, None]
        chance = (shares * (1 - shares)).sum(axis=1) / (n_values - 1)
        ac1 = (raw - chance) / (1 - chance) if closed else np.full_like(raw, np.nan)
    return np.column_stack([raw, alpha, ac1])


def _row(codes, monthly, draws, marks, closed):
    """One field's row of :func:`agreement`."""
    n_silent = (codes < 0).sum(axis=1)
    values = _coefficients(monthly.sum(axis=0, keepdims=True), marks, closed)[0]
    told = monthly[:, 0] > 0
    row = {"n": int((n_silent == 0).sum()), "n_months": int(told.sum()), "n_one_silent": int((n_silent == 1).sum()),
           "n_both_silent": int((n_silent == 2).sum())}  # fmt: skip
    spread = _percentiles(_coefficients(draws, marks, closed))
    without = _coefficients(monthly.sum(axis=0) - monthly[told], marks, closed)
    jackknife = _jackknife(values, without)
    for i, name in enumerate(COEFFICIENTS):
        row[name] = values[i]
        for kind, (low, high) in {"": spread[:, i], "_jackknife": jackknife[:, i]}.items():
            given = low < high and not np.isnan(values[i])
            row |= {f"{name}{kind}_low": low if given else np.nan, f"{name}{kind}_high": high if given else np.nan}
    return row | {"note": _note(row)}


def _percentiles(draws):
    """The middle 95% of each column of draws, of those where it is defined."""
    enough = (~np.isnan(draws)).mean(axis=0) >= _DEFINED
    ends = np.full((2, draws.shape[1]), np.nan)
    if enough.any():
        ends[:, enough] = np.nanquantile(draws[:, enough], [0.025, 0.975], axis=0)
    return ends


def _jackknife(values, without):
    """Intervals from leaving out one month at a time, no higher than 1."""
    n = len(without)
    if n < 2:
        return np.full((2, len(values)), np.nan)
    error = np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    reach = stats.t.ppf(0.975, n - 1) * error
    return np.array([values - reach, np.minimum(values + reach, 1)])


def _note(row):
    """What keeps a field from having all its values."""
    if row["n"] < 2:
        return "one unit that both filled" if row["n"] else "no unit that both filled"
    if np.isnan(row["alpha"]):
        return "one value only"
    if row["raw"] == 1:
        return "no disagreement"
    return "one month" if row["n_months"] == 1 else ""
