"""The anniversaries that were left unseen until their rule was fixed."""

import pandas as pd

from .. import anniversaries
from ..anniversaries import Day
from .basics import covered, finding, is_own_anchor, source_line
from .sensitivity import choices

NEAR, WIDE = 21, 28  # days of a narrower block, and of the plan's
NO_POWER = 0.1  # near the level of the test itself
PLANNED = ("as planned", "each day counted once", "with borderline incidents", "without days that no account fixes")


@finding
def pre_specified(
    incidents: pd.DataFrame,
    anchor: Day | None = None,
    every_incident: pd.DataFrame | None = None,
    reports: pd.DataFrame | None = None,
    month_coverage: pd.DataFrame | None = None,
) -> dict:
    """The later anniversaries by the rule of ``docs/analysis-plan.md``.

    Parameters
    ----------
    incidents : DataFrame
        ``attrs["planned"]`` gives the years of the plan.
    anchor : date, optional
        The collection's own; another anchor has no plan.
    every_incident : DataFrame, optional
        As for :func:`helpers.findings.choices`.
    reports : DataFrame, optional
        As for :func:`helpers.findings.choices`.
    month_coverage : DataFrame, optional
        As for :func:`helpers.anniversaries.confirmatory_test`.

    Returns
    -------
    dict
        ``test``, the :class:`helpers.anniversaries.ConfirmatoryTest`; ``verdict``; ``planned``, the years; ``used`` and
        ``saturated``, those of them with a block, and with months of more attacks than pages; ``years``, its table;
        ``others``, the secondary analyses, which have no verdict: by choice, ``n`` incidents of the blocks used, z
        ``around`` the anniversary and ``from`` it on, and the p-values of the statistic and of either side alone.

    Raises
    ------
    ValueError
        Where the data have no plan, another anchor than the planned one, or incidents that are not core.

    Examples
    --------
    >>> days = pd.to_datetime(["2021-01-03", "2021-01-04", "2022-01-03", "2022-01-05"])
    >>> rows = pd.DataFrame({"date": days})
    >>> rows.attrs = {"anchor": "2020-01-03", "planned": [2021, 2022], "window": ["2020-12-01", "2022-12-31"]}
    >>> pre_specified(rows, "2020-01-03")["verdict"]
    'support'
    """
    years = incidents.attrs.get("planned")
    if not years or anchor is None or not is_own_anchor(incidents, anchor):
        raise ValueError("no later anniversaries of this anchor were planned beforehand")
    if "inclusion" in incidents and (incidents["inclusion"] != "core").any():
        raise ValueError("the plan counts core incidents alone, and others are among those chosen")
    asked = {"anchor": anchor, "years": years, "coverage": _months(incidents, month_coverage)}
    test = anniversaries.confirmatory_test(incidents["date"], half=WIDE, **asked)
    used = list(test.table.index[test.table["note"] == ""])
    selections = {"as planned": incidents, **choices(incidents, every_incident, reports)}
    tests = {
        name: anniversaries.confirmatory_test(rows["date"], half=WIDE, **asked) for name, rows in selections.items()
    }
    tests["21 days either side"] = anniversaries.confirmatory_test(incidents["date"], half=NEAR, **asked)
    for year in used if len(used) > 1 else []:
        rest = [other for other in years if other != year]
        tests[f"without {year}"] = anniversaries.confirmatory_test(incidents["date"], **(asked | {"years": rest}))
    return {
        "page": "pre_specified",
        "anchor": anniversaries.as_anchor(anchor),
        "half": WIDE,
        "test": test,
        "verdict": test.verdict,
        "no_power": bool(test.power < NO_POWER),
        "planned": list(test.table.index),
        "years": test.table,
        "used": used,
        "saturated": list(test.table.index[test.table["coverage"].str.contains("saturated")]),
        "others": _side_by_side(tests),
        "last": covered(incidents)[1],
        "source_line": source_line(incidents),
    }


def _months(incidents, month_coverage):
    """The coverage of the months that the data cover from the first day to the last; good where none is told."""
    first, last = covered(incidents)
    months = pd.period_range(first, last, freq="M")
    months = months[(months.start_time >= first) & (months.end_time.normalize() <= last)].astype("str")
    if month_coverage is None:
        return pd.DataFrame({"month": months, "coverage": "good"})
    return month_coverage[month_coverage["month"].isin(months)]


def _side_by_side(tests):
    """One row per test, those of the plan first."""
    table = pd.DataFrame({name: _row(test) for name, test in tests.items()}).T.rename_axis("choice").astype(float)
    named = table.index.isin(PLANNED) | table.index.str.match("21 days|without [0-9]{4}$")
    table.insert(0, "in the plan", named)
    return table[named].pipe(lambda first: pd.concat([first, table[~named]]))


def _row(test):
    used = test.table["n"][test.table["note"] == ""]
    alone = {f"p {side} alone": p_value for side, p_value in test.p_sides.items()}
    return {"n": used.sum(), **test.z, "p_value": test.p_value, **alone}
