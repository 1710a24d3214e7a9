"""What colours mean, and how groups of incidents look: marks and bars."""

from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ..days import Day
from ..findings import coverage_of, day
from ..schemas import load_schema

# One meaning for each colour, in every chart. What has no meaning of its own is drawn in ink or slate. Hatching
# means that the archive was thin, and nothing else.
INK, SLATE = "#222222", "#5f6b6d"
ANNIVERSARY, NEAR_ANNIVERSARY = "#bd1f01", "#f3dcd6"
US_STRIKE, NEAR_STRIKE = "#832db6", "#efe6f6"
PLACEBO, PLACEBO_LINE = "#92dadd", "#2d8387"
MISSING = "#dfe2e2"
POOR_COVERAGE = {"facecolor": "none", "edgecolor": "#9aa3a5", "linewidth": 0, "zorder": 0.4}
HATCHES = {"thin": "////", "saturated": r"\\\\\\", "none": "xxx"}
COVERAGE_WORDS = {"thin": "Archive thin", "saturated": "Archive saturated", "none": "No archive"}
# The fill of a bar and the ink on it: countries in greens, by number of attacks; weapons in browns that
# differ in grey as well, and from what is missing.
COUNTRIES = (("#2c5f34", "white"), ("#93c383", INK), ("#dcebd2", INK))
WEAPONS = {
    "rockets": ("#45291a", "white"),
    "drones": ("#b98a5c", INK),
    "ballistic missiles": ("#6b5b34", "white"),
    "mortars": ("#dcb887", INK),
    "several kinds": ("white", INK),
}
# Of the groups of a collection, in their order.
GROUP_LOOKS = (
    {"color": "#3f90da", "marker": "o", "zorder": 4},
    {"color": "#ffa90e", "marker": "s", "zorder": 3},
    {"color": "#4d4f57", "marker": "D", "zorder": 3},
    {"color": "#15171c", "marker": "v", "zorder": 3},
)
UNKNOWN = {"color": MISSING, "marker": "^", "label": "Target not reported"}


def target_look(target: str) -> dict:
    """How a group of targets looks, and what it is called.

    Parameters
    ----------
    target : str
        A group of the collection, or ``unknown``.

    Returns
    -------
    dict
        ``color`` and ``marker``; ``zorder``, how far in front it stands; ``label``
        and ``plural``.

    Examples
    --------
    >>> target_look("embassy")["label"], target_look("unknown")["marker"]
    ('Diplomatic sites', '^')
    """
    groups = load_schema().collection.groups
    if target not in groups:
        return UNKNOWN | {"zorder": 3, "plural": "sites not reported"}
    look = GROUP_LOOKS[list(groups).index(target) % len(GROUP_LOOKS)]
    return {**look, "label": groups[target].label, "plural": groups[target].plural}


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
    names = [*load_schema().collection.groups, "unknown"]
    return {name: data[target == name] for name in names if (target == name).any()}


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
    look = target_look(target)
    return {"linestyle": "", "markeredgecolor": INK, **{name: look[name] for name in ("color", "marker", "label")}}


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
    look = target_look(target)
    return {"facecolor": look["color"], "edgecolor": INK, "label": look["label"]}


def anniversary_line(anchor: Day) -> Line2D:
    """The dashed line of the anniversaries, for the key of a chart of time.

    Parameters
    ----------
    anchor : date

    Returns
    -------
    Line2D

    Examples
    --------
    >>> anniversary_line("2020-01-03").get_label()
    '3 January'
    """
    return Line2D([], [], color=ANNIVERSARY, linewidth=1, linestyle="--", label=day(anchor))


def shade_coverage(
    axis: Axes, dates: pd.DatetimeIndex, at: Sequence[float], month_coverage: pd.DataFrame | None
) -> list[str]:
    """Hatch the days whose months the archive does not cover well: too few pages one way, too many attacks the other.

    Parameters
    ----------
    axis : Axes
    dates : DatetimeIndex
        The days that the axis shows in order, or the first days of months.
    at : sequence of float
        Where each stands on the axis, one apart.
    month_coverage : DataFrame, optional
        ``month`` and its ``coverage``; without it nothing is hatched.

    Returns
    -------
    list of str
        The kinds of coverage that are hatched.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axis = Figure().subplots()
    >>> months = pd.DataFrame({"month": ["2024-01"], "coverage": ["saturated"]})
    >>> shade_coverage(axis, pd.date_range("2024-01-01", periods=3), [0, 1, 2], months)
    ['saturated']
    """
    if month_coverage is None:
        return []
    ratings = coverage_of(dates, month_coverage).reset_index(drop=True)
    spans = ratings.ne(ratings.shift()).cumsum()
    for _, span in ratings.groupby(spans):
        if span.iloc[0] in HATCHES:
            axis.axvspan(
                at[span.index[0]] - 0.5, at[span.index[-1]] + 0.5, hatch=HATCHES[span.iloc[0]], **POOR_COVERAGE
            )
    return [kind for kind in HATCHES if (ratings == kind).any()]


def coverage_key(kinds: Iterable[str]) -> list[Patch]:
    """What hatching means, for the key of a chart.

    Parameters
    ----------
    kinds : iterable of str
        As :func:`shade_coverage` returns them; each counts once.

    Returns
    -------
    list of Patch

    Examples
    --------
    >>> [patch.get_label() for patch in coverage_key(["saturated", "thin", "thin"])]
    ['Archive thin', 'Archive saturated']
    """
    look, there = POOR_COVERAGE | {"linewidth": 0.5}, set(kinds)
    return [Patch(label=COVERAGE_WORDS[kind], hatch=HATCHES[kind], **look) for kind in HATCHES if kind in there]
