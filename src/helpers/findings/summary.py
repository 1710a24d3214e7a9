"""Every finding as one table."""

import pandas as pd

from .basics import finding, group_pair, group_plurals
from .tell import day, effect, number, p_value, plain, ratio, upper_first


@finding
def summary(anniversary: dict, embassy_vs_base: dict) -> pd.DataFrame:
    """Every finding as one table.

    Parameters
    ----------
    anniversary, embassy_vs_base : dict

    Returns
    -------
    DataFrame
        ``question``, ``measure``, ``counts``, ``effect`` (with its interval) and ``p_value``, all as text.

    Examples
    --------
    >>> row = {"observed": 2, "expected": 1, "rate_ratio": 2, "limit_low": 1, "limit_high": 9, "global_p_value": 0.2}
    >>> years = pd.DataFrame([row], index=["all"])
    >>> sides = pd.concat({"before": years, "after": years})
    >>> found = {"anchor": "2020-01-03", "window": 14, "years": years, "sides": sides}
    >>> summary(found, {"table": pd.DataFrame(index=[])})["counts"].tolist()
    ['2, expected 1', '2, expected 1', '2, expected 1']
    """
    near = f"Attacks near {day(anniversary['anchor'])}?"
    years = anniversary["years"]
    windows = [(f"all anniversaries, {anniversary['window']} days", years.loc["all"])]
    windows += [(name, row) for name, row in years.iterrows() if name.startswith("without")]
    windows += [(f"{side} the anniversary", anniversary["sides"].loc[(side, "all")]) for side in ("before", "after")]
    rows = [(near, name, *_window_cells(row)) for name, row in windows]
    first, second = (group_plurals()[name] for name in group_pair())
    rows += [
        (f"{upper_first(first)} against {second}?", name, *_measure_cells(row))
        for name, row in plain(embassy_vs_base["table"].rename_axis(None)).items()
    ]
    return pd.DataFrame(rows, columns=["question", "measure", "counts", "effect", "p_value"])


def _window_cells(row):
    counts = f"{row['observed']:.0f}, expected {number(row['expected'])}"
    return counts, ratio(row), f"adjusted {p_value(row['global_p_value'])}"


def _measure_cells(row):
    first, second = ((row[f"{name}_n"], row[f"{name}_missing"]) for name in group_pair())
    counts = f"{first[0]} and {second[0]} reported, {first[1] + second[1]} not"
    if row["p_value"] is None:
        return counts, row["note"], ""
    within = row["p_within_adjusted"]
    beside = "" if within is None else f"; within years {p_value(within)}"
    return counts, effect(row), f"adjusted {p_value(row['p_adjusted'])}{beside}"
