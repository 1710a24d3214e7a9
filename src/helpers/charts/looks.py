"""How groups of incidents look: colours, marks and bars."""

import pandas as pd

from ..schemas import load_schema

INK, PALE = "#222222", "#c9cfce"
GROUPS = load_schema().collection.groups
GROUP_LOOKS = ({"color": "#3f90da", "marker": "o", "hatch": "////"}, {"color": "#ffa90e", "marker": "s", "hatch": ""})
TARGET_STYLE = {
    **{name: {**look, "label": GROUPS[name].label} for name, look in zip(GROUPS, GROUP_LOOKS, strict=False)},
    "unknown": {"color": "#94a4a2", "marker": "^", "hatch": "..", "label": "Target not reported"},
}
SILENCE = {"color": "white", "hatch": "\\\\\\\\", "hatchcolor": "#999999", "edgecolor": INK}


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
    >>> fill("embassy")["hatch"]
    '////'
    """
    return {"edgecolor": INK, **_look(target, "color", "hatch", "label")}


def _look(target, *keys):
    return {key: TARGET_STYLE[target][key] for key in keys}
