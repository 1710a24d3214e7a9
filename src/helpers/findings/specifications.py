"""The same question by every defensible choice: twelve of them one at a time, then all combinations."""

import pandas as pd

from .. import sensitivity
from .basics import ALPHA, finding, group_plurals, source_line

# Each choice, and what readers call it; those that matter least to the headline's own reader come last.
CHOICES = {
    "left_out": "year left out",
    "side": "side of the anniversary",
    "window": "window",
    "unit": "unit",
    "inclusion": "inclusion",
    "basis": "basis",
    "accounts": "accounts",
    "dates": "day by",
    "searches": "searches",
    "coverage": "coverage",
}
# What a referee would ask for, in words: the choice, the option, and what a row of the table calls it.
ASKED = {
    ("unit", "days with attacks"): "each day counted once",
    ("inclusion", "core and borderline"): "core and borderline incidents",
    ("basis", "firm"): "on the word of officials, security sources or monitors",
    ("accounts", "two or more"): "two independent accounts or more",
    ("dates", "earliest"): "the earliest day that an account gives",
    ("dates", "latest"): "the latest day that an account gives",
    ("dates", "stated"): "days that an account states",
    ("searches", "protocol"): "found by the protocol alone",
    ("coverage", "covered days"): "rates per well-covered day",
}
_SHORT, _LONG = 7, 30  # days of the two other windows


@finding
def specifications(
    anniversary: dict,
    incidents: pd.DataFrame,
    every_incident: pd.DataFrame | None = None,
    reports: pd.DataFrame | None = None,
    month_coverage: pd.DataFrame | None = None,
) -> dict:
    """The headline question by every combination of choices.

    Parameters
    ----------
    anniversary : dict
    incidents, every_incident, reports
        As for :func:`helpers.findings.choices`.
    month_coverage : DataFrame, optional
        ``month`` and ``coverage``: rates per well-covered day.

    Returns
    -------
    dict
        ``curve``, the columns of :func:`helpers.sensitivity.specification_curve`, and ``counted``, which of its rows
        are of the one question with enough incidents; ``asked`` combinations, ``distinct`` analyses, ``n`` of them of
        this question, ``too_few`` left aside; ``low``, how many have a p-value of at most 5%, ``low_after`` of these
        after the anniversary, ``above``, how many a rate ratio above 1; ``middle``, their median p-value, and
        ``ratio``, their median rate ratio; ``joint`` tests; ``one_by_one``, the headline window with one choice
        changed at a time; ``by_option``, the analyses of each option; ``deciding``, the choice whose options differ
        most in their median p-value, with the ``least`` and
        the ``most`` of these; ``readings``, other questions by themselves.

    Examples
    --------
    >>> from helpers import findings
    >>> days = ["2020-06-01", "2021-01-03", "2021-01-03", "2021-02-07", "2021-03-04", "2021-05-05", "2021-10-01"]
    >>> rows = pd.DataFrame({"date": pd.to_datetime(days)})
    >>> found = specifications(findings.anniversary(rows), rows)
    >>> found["n"], found["too_few"], found["one_by_one"]["observed"].to_dict()
    (9, 9, {'headline': 2, 'each day counted once': 1, '7 days either side': 2, '30 days either side': 2})
    """
    rows = every_incident if every_incident is not None and "inclusion" in every_incident else incidents
    months = None if month_coverage is None else month_coverage.loc[month_coverage["coverage"] == "good", "month"]
    window = anniversary["window"]
    asked = design_of(anniversary)
    curve = sensitivity.specification_curve(rows, reports, months, **asked)
    changed = sensitivity.specification_curve(rows, reports, months, crossed=False, n_draws=0, **asked)
    shown = curve[(curve["question"] == "all") & (curve["note"] == "")]
    if shown.empty:
        raise ValueError(f"no analysis has {sensitivity.FEWEST} incidents or more in the tested years")
    by_option = _by_option(shown)
    return {
        "page": "sensitivity",
        "anchor": anniversary["anchor"],
        # As columns, since long ones are no part of what is printed or of findings.json.
        "curve": dict(curve.assign(counted=curve.index.isin(shown.index)).items()),
        "asked": curve.attrs["asked"],
        "distinct": len(curve),
        "n": len(shown),
        "too_few": int((curve["note"] != "").sum()),
        "low": int((shown["p_value"] <= ALPHA).sum()),
        "low_after": int(((shown["p_value"] <= ALPHA) & (shown["side"] == "after")).sum()),
        "above": int((shown["rate_ratio"] > 1).sum()),
        "middle": float(shown["p_value"].median()),
        "ratio": float(shown["rate_ratio"].median()),
        "joint": curve.attrs["joint"],
        "one_by_one": _one_by_one(changed, window, anniversary["busiest"]),
        "by_option": by_option,
        "deciding": _find_deciding(by_option),
        "readings": _readings(changed, window),
        "source_line": source_line(incidents, anniversary["period"], anniversary["test"].n_inside),
    }


@finding
def other_questions(specifications: dict) -> pd.DataFrame:
    """The headline window for one country, group of targets, type of site or weapon alone.

    Parameters
    ----------
    specifications : dict

    Returns
    -------
    DataFrame
        By what is kept: ``n`` incidents in the tested years, ``observed``, ``expected``, ``rate_ratio``, ``p_value``,
        ``p_per_block``, and a ``note`` where there are too few.

    Examples
    --------
    >>> other_questions({"readings": pd.DataFrame()})
    Traceback (most recent call last):
    ValueError: the data name no country, target or weapon by which attacks differ
    """
    if specifications["readings"].empty:
        raise ValueError("the data name no country, target or weapon by which attacks differ")
    return specifications["readings"]


def design_of(anniversary: dict) -> dict:
    """What the headline is tested with, as the functions of :mod:`helpers.sensitivity` ask for it.

    Parameters
    ----------
    anniversary : dict

    Returns
    -------
    dict
        ``anchor``, ``study_period``, and ``windows``: the headline's, a shorter and a longer one.

    Examples
    --------
    >>> design_of({"anchor": "2020-01-03", "period": ("2020-01-04", "2023-09-30"), "window": 14})["windows"]
    [7, 14, 30]
    """
    windows = sorted({_SHORT, anniversary["window"], _LONG})
    return {"anchor": anniversary["anchor"], "study_period": anniversary["period"], "windows": windows}


def _by_option(shown):
    """The analyses of each option of each choice that has several."""
    parts = {}
    for choice in CHOICES:
        groups = shown.groupby(choice, sort=False)
        if len(groups) > 1:
            parts[choice] = pd.DataFrame({
                "analyses": groups.size(),
                "rate_ratio": groups["rate_ratio"].median(),
                "median p": groups["p_value"].median(),
                "share up to 5%": groups["p_value"].agg(lambda p: (p <= ALPHA).mean()),
            }).rename(index=lambda option, choice=choice: name_option(choice, option))  # fmt: skip
    return pd.concat(parts, names=["choice", "option"]).rename(index=CHOICES, level="choice")


def name_option(choice: str, option: object) -> str:
    """What readers call an option of a choice.

    Parameters
    ----------
    choice : str
        One of ``CHOICES``.
    option : object

    Returns
    -------
    str

    Examples
    --------
    >>> name_option("left_out", "2022"), name_option("window", 7)
    ('without 2022', '7 days')
    """
    if choice == "left_out":
        return f"without {option}" if option != "none" else "every year"
    return f"{option} days" if choice == "window" else str(option)


def _find_deciding(by_option):
    """The choice whose options differ most in their median p-value."""
    middles = by_option["median p"]
    spread = middles.groupby(level="choice").agg(lambda values: values.max() - values.min())
    choice = spread.idxmax()
    options = middles[choice]
    return {
        "choice": choice,
        "least": {"option": options.idxmin(), "p": options.min()},
        "most": {"option": options.idxmax(), "p": options.max()},
    }


def _one_by_one(changed, window, busiest):
    """The headline window, one choice changed at a time."""
    near = changed[(changed["side"] == "around") & (changed["question"] == "all")]
    rows, first = {}, near.iloc[0]
    for _, row in near[near["window"] == window].iterrows():
        options = [(choice, row[choice]) for choice in CHOICES if row[choice] != first[choice] and choice != "window"]
        if not options:
            rows["headline"] = row
        elif options[0] in ASKED:
            rows[ASKED[options[0]]] = row
        elif busiest and options[0] == ("left_out", str(busiest["year"])):
            rows[f"without {busiest['year']}"] = row
    others = near.iloc[: near["window"].nunique()].set_index("window", drop=False).drop(window)
    rows |= {f"{days} days either side": row for days, row in others.iterrows()}
    names = ["n", "observed", "expected", "rate_ratio", "p_value", "p_per_block", "note"]
    return pd.DataFrame(rows).T[names].astype({"n": int, "observed": int}).infer_objects().rename_axis("choice")


def _readings(changed, window):
    """Other questions, each by itself, in the headline window."""
    rows = changed[(changed["question"] != "all") & (changed["window"] == window) & (changed["side"] == "around")]
    names = rows["question"].map(_name_reading)
    return rows.set_index(names)[["n", "observed", "expected", "rate_ratio", "p_value", "p_per_block", "note"]]


def _name_reading(question):
    column, value = question.split(": ")
    return f"{group_plurals().get(value, value) if column == 'target' else value.replace('_', ' ')} alone"
