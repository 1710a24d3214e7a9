"""What colours mean, and how groups of incidents look: marks and bars."""

import pandas as pd

from ..schemas import load_schema

# One meaning for each colour, in every chart. What has no meaning of its own is drawn in ink or slate. No bar is
# hatched: hatching means that the archive was thin.
INK, SLATE = "#222222", "#5f6b6d"
ANNIVERSARY, NEAR_ANNIVERSARY = "#bd1f01", "#f3dcd6"
US_STRIKE = "#832db6"
PLACEBO, PLACEBO_LINE = "#92dadd", "#2d8387"
MISSING = "#dfe2e2"
# The fill of a bar and the ink on it: countries in greens, by number of attacks; weapons in browns, from dark to light.
COUNTRIES = (("#2c5f34", "white"), ("#93c383", INK), ("#dcebd2", INK))
WEAPONS = {
    "rockets": ("#5b3a29", "white"),
    "drones": ("#c69c6d", INK),
    "ballistic missiles": ("#8a6a55", "white"),
    "mortars": ("#e3cba8", INK),
    "several kinds": ("#f5ead8", INK),
}
GROUPS = load_schema().collection.groups
GROUP_LOOKS = ({"color": "#3f90da", "marker": "o"}, {"color": "#ffa90e", "marker": "s"})
TARGET_STYLE = {
    **{name: {**look, "label": GROUPS[name].label} for name, look in zip(GROUPS, GROUP_LOOKS, strict=False)},
    "unknown": {"color": MISSING, "marker": "^", "label": "Target not reported"},
}


def by_target(data: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The groups to colour, those that are there, and incidents whose target is not reported.

    Parameters
    ----------
    data : DataFrame

    Returns
    -------
    dict of DataFrame

    Examples
    --------
    >>> list(by_target(pd.DataFrame({"target": ["base", None]})))
    ['base', 'unknown']
    """
    target = data["target"].astype("object").fillna("unknown") if "target" in data else pd.Series("unknown", data.index)
    return {name: data[target == name] for name in TARGET_STYLE if (target == name).any()}


def mark(target: str) -> dict:
    """How the marks of a group look, and their edge.

    Parameters
    ----------
    target : str

    Returns
    -------
    dict
        Settings of a line without a line.

    Examples
    --------
    >>> mark("base")["marker"]
    's'
    """
    return {"linestyle": "", "markeredgecolor": INK, **_look(target, "color", "marker", "label")}


def fill(target: str) -> dict:
    """How the bars of a group look.

    Parameters
    ----------
    target : str

    Returns
    -------
    dict

    Examples
    --------
    >>> fill("embassy")["label"]
    'Diplomatic sites'
    """
    return {"edgecolor": INK, **_look(target, "color", "label")}


def _look(target, *keys):
    return {key: TARGET_STYLE[target][key] for key in keys}
