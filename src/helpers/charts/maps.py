"""Maps, and charts of distance."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from .. import anniversaries, findings, geography
from .base import INK, TARGET_STYLE, WIDTH, by_target, finish, mark, start, style

REGION_CRS = "+proj=lcc +lat_1=31 +lat_2=36 +lat_0=33.5 +lon_0=42.5 +datum=WGS84 +units=km"
REGION_NAME = "Lambert conformal conic projection, standard parallels 31 and 36 degrees north"
LAND, BORDER, SEA = "#f6f4ee", "#a9a9a3", "#e3ebf0"
CITY_KM = (-37, -25, 30, 29)  # west, south, east, north of the centre: what the map of Baghdad shows
CITY_CRS = "+proj=aeqd +lat_0=33.3 +lon_0=44.4 +datum=WGS84 +units=km"
CITY_NAME = "Azimuthal equidistant projection, centre 33.3 degrees north, 44.4 east"
FIRE = {"linestyle": "", "marker": "D", "color": "#832db6", "markeredgecolor": INK, "markersize": 4.5}
HALO = {"fc": LAND, "ec": "none", "pad": 0.2, "alpha": 0.5}
RINGS = {"107 mm": (0, (1, 1.5)), "122 mm": (0, (5, 2))}
COMPASS = [(1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.7), (-0.8, 0.7), (0.8, -0.7), (-0.8, -0.7)]


def _map_axes(extent, ncols=1, nrows=1):
    """Axes that fill the width and show an extent (west, south, east, north, km) to scale, without ticks."""
    west, south, east, north = extent
    height = (WIDTH - 0.1) / ncols * (north - south) / (east - west)
    titles = 0.24 if nrows > 1 else 0
    chart, axes = start(nrows * (height + titles), ncols=ncols, nrows=nrows, squeeze=False)
    chart.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    for axis in axes.flat:
        axis.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal", facecolor=SEA)
        axis.spines[:].set(visible=True, color=BORDER)
    return chart, axes


def _shown(axis, countries):
    """What a map shows of each country; the borders reach a little further, so that the cut itself is not seen."""
    (west, east), (south, north) = axis.get_xlim(), axis.get_ylim()
    shapes = countries.set_index("name").geometry.clip_by_rect(west - 5, south - 5, east + 5, north + 5)
    return shapes[~shapes.is_empty]


def _draw_base(axis, countries):
    for polygon in _shown(axis, countries).explode():
        axis.fill(*np.asarray(polygon.exterior.coords).T, fc=LAND, ec=BORDER, lw=0.5, zorder=0)


def _draw_scale(axis, km):
    """A scale bar in the lower left corner."""
    (west, east), (south, north) = axis.get_xlim(), axis.get_ylim()
    x, y = west + 0.03 * (east - west), south + 0.05 * (north - south)
    axis.plot([x, x + km], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    axis.text(x + km / 2, y + 0.012 * (north - south), f"{km} km", ha="center", va="bottom", size=7.5)


def _draw_precision(axis, points, radii, **looks):
    """How far each position may be off, as a circle to scale."""
    for point, radius in zip(points, radii, strict=True):
        if radius > 0:
            axis.add_patch(Circle((point.x, point.y), radius, fc=looks["color"], ec=looks["color"], lw=0.5, alpha=0.22))


def _draw_sites(axis, sites, scale):
    """Sites as symbols whose area grows with the number of attacks, large ones first so that none is hidden."""
    for target, rows in by_target(sites).items():
        look = TARGET_STYLE[target]
        _draw_precision(axis, rows.geometry, rows["precision_km"], color=look["color"])
        axis.scatter(rows.geometry.x, rows.geometry.y, s=scale * rows["incidents"], marker=look["marker"],
                     c=look["color"], edgecolors=INK, linewidths=0.6, zorder=3 if target == "base" else 4)  # fmt: skip


def _size_legend(chart, sites, scale, sizes, extra=()):
    """What sizes and colours mean, in one row below the map."""
    marks = [
        Line2D([], [], linestyle="", marker="o", color="white", markeredgecolor=INK,
               markersize=np.sqrt(scale * size), label=f"{size} attack{'s' if size > 1 else ''}")
        for size in sizes
    ]  # fmt: skip
    marks += [Line2D([], [], markeredgecolor=INK, **mark(target)) for target in by_target(sites)]
    marks += extra
    chart.legend(handles=marks, ncols=len(marks), loc="center", fontsize=7.5, columnspacing=1.2,
                 handletextpad=0.4)  # fmt: skip


def _place_labels(axis, labels, size, blocked=()):
    """Write labels beside their points so that none lies on another, on a symbol, or outside the map.

    Parameters
    ----------
    axis : Axes
        A map, km.
    labels : list of (float, float, str, float)
        x, y, text and the radius to keep clear, km; the first are placed first, so the most important lead.
    size : float
        Points.
    blocked : list of tuple
        Boxes that are taken: west, south, east, north.
    """
    (west, east), (south, north) = axis.get_xlim(), axis.get_ylim()
    per_point = (east - west) / ((WIDTH - 0.1) / axis.get_gridspec().ncols) / 72  # km
    taken = [(x - r, y - r, x + r, y + r) for x, y, _, r in labels] + list(blocked)
    for x, y, text, radius in labels:
        lines = text.split("\n")
        half_width = max(map(len, lines)) * 0.29 * size * per_point
        half_height = 0.62 * size * per_point * len(lines)
        boxes = []
        for ring in (2, 3, 5, 8, 12, 16):
            for east_part, north_part in COMPASS:
                across = x + east_part * (radius + half_width + ring * per_point)
                up = y + north_part * (radius + half_height + ring * per_point)
                box = (across - half_width, up - half_height, across + half_width, up + half_height)
                boxes.append((_overlap(box, taken) + 10 * _outside(box, (west, south, east, north)), len(boxes), box))
        *_, box = min(boxes)
        taken.append(box)
        across, up = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        if abs(across - x) - half_width > radius + 3 * per_point or abs(up - y) - half_height > radius + 3 * per_point:
            near = np.clip(x, box[0], box[2]), np.clip(y, box[1], box[3])
            axis.plot([x, near[0]], [y, near[1]], color=INK, linewidth=0.5, zorder=2)
        side = "left" if box[0] > x else "right" if box[2] < x else "center"
        across = {"left": box[0], "right": box[2], "center": across}[side]
        axis.text(across, up, text, size=size, ha=side, va="center", zorder=6, linespacing=1.1, bbox=HALO)


def _overlap(box, others):
    west, south, east, north = np.array(others).T
    across = np.minimum(box[2], east) - np.maximum(box[0], west)
    up = np.minimum(box[3], north) - np.maximum(box[1], south)
    return float((np.clip(across, 0, None) * np.clip(up, 0, None)).sum())


def _outside(box, frame):
    return sum(max(0.0, gap) for gap in (frame[0] - box[0], frame[1] - box[1], box[2] - frame[2], box[3] - frame[3]))


def _extent(points, margin, least=150):
    """West, south, east, north around points, km, with a margin."""
    west, south, east, north = points.total_bounds
    grow = max(0, least - (east - west)) / 2 + margin, max(0, least - (north - south)) / 2 + margin
    return west - grow[0], south - grow[1], east + grow[0], north + grow[1]


def _country_labels(axis, countries):
    """Names of the countries in the middle of what the map shows of each."""
    (west, east), (south, north) = axis.get_xlim(), axis.get_ylim()
    shown = _shown(axis, countries)
    for name, shape in shown[shown.area > 0.02 * (east - west) * (north - south)].items():
        middle = shape.representative_point()
        axis.text(middle.x, middle.y, name.upper(), size=7, color="#85857d", ha="center", va="center", zorder=1)


@style()
def sites_map(found):
    """Every site struck, by target and number of attacks.

    Parameters
    ----------
    found : findings.Where
    """
    sites, countries = found.sites.to_crs(REGION_CRS), geography.load_base_map().to_crs(REGION_CRS)
    scale = 9.0
    chart, axes = _map_axes(_extent(sites.geometry, 90))
    axis = axes[0, 0]
    _draw_base(axis, countries)
    _country_labels(axis, countries)
    _draw_sites(axis, sites, scale)
    (west, east), (south, north) = axis.get_xlim(), axis.get_ylim()
    per_point = (east - west) / (WIDTH - 0.1) / 72
    labels = []
    for name, rows in sites.groupby("complex", sort=False):
        first = rows.iloc[0]
        text = first["place"] if len(rows) == 1 else str(name).replace("_", " ").title()
        radius = np.sqrt(scale * first["incidents"]) / 2 * per_point
        labels.append((first.geometry.x, first.geometry.y, f"{text}: {rows['incidents'].sum()}", radius))
    corner = (west, south, west + 0.2 * (east - west), south + 0.12 * (north - south))
    _place_labels(axis, labels, 7.5, [corner])
    _draw_scale(axis, 100)
    _size_legend(chart, sites, scale, (1, 5, 15))
    counts = sites["incidents"]
    half = int((counts.cumsum() < counts.sum() / 2).sum()) + 1
    headline = f"{counts.iloc[:half].sum()} of {counts.sum()} attacks fell on {half} of {len(sites)} sites"
    subtitle = (
        "Attacks by site; symbols by target, their area by number. Neighbouring sites share one label and its sum. "
        f"Shaded: how far a position may be off. {REGION_NAME}."
    )
    alt = "; ".join(f"{row.place} ({row.target}): {row.incidents}" for row in sites.itertuples()) + "."
    note = f"{found.about} Base map: Natural Earth."
    return finish(chart, "sites_map", headline, subtitle, note, alt, _table_of(found.sites))


def _table_of(sites):
    """Sites as the numbers that a map plots."""
    points = {"latitude": sites.geometry.y.round(4), "longitude": sites.geometry.x.round(4)}
    return pd.DataFrame(sites.drop(columns="geometry")).assign(**points)


@style()
def baghdad_map(found):
    """Baghdad: sites, named launch areas, the lines between them, and how far rockets fly.

    Parameters
    ----------
    found : findings.Where
    """
    west, south, east, north = CITY_KM
    struck = found.sites.to_crs(CITY_CRS).cx[west:east, south:north]
    fired = found.launches.assign(site=found.launches.to_crs(CITY_CRS).geometry)
    fired = fired.set_geometry("area_point").to_crs(CITY_CRS).cx[west:east, south:north]
    fired = fired[fired["place"].isin(struck["place"])]
    chart, axes = _map_axes(CITY_KM)
    axis, scale = axes[0, 0], 14.0
    axis.set_facecolor(LAND)
    rings = _draw_rings(axis, struck)
    _draw_sites(axis, struck, scale)
    lines = fired.groupby(["area", "place"]).agg("first").assign(n=fired.groupby(["area", "place"]).size())
    labels, told, along = _draw_fire(axis, lines)
    per_point = (east - west) / (WIDTH - 0.1) / 72
    for row in struck.itertuples():
        radius = np.sqrt(scale * row.incidents) / 2 * per_point
        labels.append((row.geometry.x, row.geometry.y, f"{row.place}: {row.incidents}", radius))
    _place_labels(axis, labels, 7, [*rings, *along, (west, south, west + 10, south + 6)])
    _draw_scale(axis, 5)
    _size_legend(chart, struck, scale, (1, 15), [Line2D([], [], label="Launch area named", **FIRE)])
    within = int((found.launches["distance_high"] <= geography.ROCKET_RANGES["range_km"].max()).sum())
    headline = "No line of fire around Baghdad can be drawn"
    if len(lines):
        least, most = (findings.number_text(km) for km in lines["uncertainty_km"].agg(["min", "max"]))
        headline = (
            f"{len(lines)} line{'s' if len(lines) > 1 else ''} of fire around Baghdad can be drawn, known to within "
            f"{least} to {most} km"
        )
    off = f"{within} of {len(found.launches)} measured lines of fire everywhere surely lie within the longer range. "
    subtitle = (
        "Diamonds: areas from which sources say an attack was launched, with distance and direction of fire. Shaded: "
        "how far a position may be off. Rings: published ranges around the most struck site of each kind. "
        f"{CITY_NAME}."
    )
    unmeasured = int(found.launch_status.drop(["measured", "not told"], errors="ignore").sum())
    note = (
        f"{struck['incidents'].sum()} incidents on this map, of {found.about} Launch areas of {unmeasured} further "
        f"incidents could not be placed. {findings.ranges_text()}"
    )
    table = lines.reset_index()[["area", "place", "n", "distance_km", "uncertainty_km", "bearing", "bearing_within"]]
    return finish(chart, "baghdad_map", headline, subtitle, note, off + " ".join(told), table.round(2))


def _draw_fire(axis, lines):
    """Launch areas and an arrow from each to the site; their labels, their words, and boxes along the arrows."""
    labels, told, along = [], [], []
    for (area, place), row in lines.iterrows():
        start, end = row["area_point"], row["site"]
        _draw_precision(axis, [start], [row["area_precision_km"]], color=FIRE["color"])
        axis.plot(start.x, start.y, **FIRE)
        axis.annotate("", (end.x, end.y), (start.x, start.y), zorder=5,
                      arrowprops={"arrowstyle": "-|>", "color": FIRE["color"], "lw": 1.1, "shrinkB": 4})  # fmt: skip
        labels.append((start.x, start.y, f"{area}\n{_line_text(row)}", 0.7))
        told.append(f"{area} to {place}: {_line_text(row)}, {row['n']} attack{'s' if row['n'] > 1 else ''}.")
        shares = np.linspace(0.2, 0.8, 5)
        along += [_box_around(start.x + share * (end.x - start.x), start.y + share * (end.y - start.y), 0.5)
                  for share in shares]  # fmt: skip
    return labels, told, along


def _line_text(row):
    turn = f"{row['bearing']:.0f}° ± {row['bearing_within']:.0f}°" if row["bearing_within"] < 180 else "direction open"
    return f"{row['distance_km']:.0f} ± {row['uncertainty_km']:.0f} km, {turn}"


def _box_around(x, y, half_width, half_height=None):
    half_height = half_height or half_width
    return x - half_width, y - half_height, x + half_width, y + half_height


def _draw_rings(axis, struck):
    """Published ranges around the most struck site of each target; the boxes that their labels take."""
    boxes = []
    for target, rows in by_target(struck).items():
        centre, color = rows.geometry.iloc[0], {"embassy": "#1f5f9c", "base": "#9a6200"}.get(target, INK)
        for rocket, (km, _) in geography.ROCKET_RANGES.iterrows():
            axis.add_patch(Circle((centre.x, centre.y), km, fill=False, ec=color, lw=0.9, ls=RINGS[rocket], zorder=2))
            turn = np.radians(68 if target == "embassy" else 112)
            x, y = centre.x + km * np.cos(turn), centre.y + km * np.sin(turn)
            axis.text(x, y, f"{rocket}: {km:g} km", size=7, color=color, ha="center", va="center", zorder=6,
                      bbox={"fc": LAND, "ec": "none", "pad": 0.8})  # fmt: skip
            boxes.append(_box_around(x, y, 4, 0.8))
    return boxes


@style()
def anniversary_maps(found, windows):
    """Attacks by site near each anniversary, against the rest of its year.

    Parameters
    ----------
    found : findings.Anniversary
    windows : GeoDataFrame
        As :func:`helpers.findings.window_sites` returns it.
    """
    countries = geography.load_base_map().to_crs(REGION_CRS)
    drawn, years = windows.to_crs(REGION_CRS), found.test.anniversaries.year.tolist()
    chart, axes = _map_axes(_extent(drawn.geometry, 60), ncols=len(years), nrows=2)
    scale, words = 6.0, (f"within {found.window} days", "rest of the year")
    for row, inside in enumerate((True, False)):
        for column, year in enumerate(years):
            axis = axes[row, column]
            here = drawn[(drawn["anniversary"] == year) & (drawn["inside"] == inside)]
            _draw_base(axis, countries)
            _draw_sites(axis, here, scale)
            axis.set_title(f"{year}, {words[row]}: {here['incidents'].sum()}", size=8)
    _draw_scale(axes[1, 0], 200)
    _size_legend(chart, drawn, scale, (1, 5))
    near, rest = (drawn[drawn["inside"] == inside] for inside in (True, False))
    n_near, n_rest = near["place"].nunique(), rest["place"].nunique()
    headline = (
        f"The {near['incidents'].sum()} attacks near the anniversary struck {n_near} sites, the other "
        f"{rest['incidents'].sum()} struck {n_rest}"
    )
    subtitle = (
        f"Attacks by site within {found.window} days of {found.anchor_text}, and in the rest of the "
        f"{anniversaries.HALF} days either side. Shaded: how far a position may be off. {REGION_NAME}."
    )
    alt = " ".join(
        f"{year}, {words[0] if inside else words[1]}: "
        + ", ".join(f"{row.place} {row.incidents}" for row in rows.itertuples()) + "."
        for (year, inside), rows in drawn.groupby(["anniversary", "inside"])
    )  # fmt: skip
    left_off = findings.left_off_text(len(found.offsets) - windows["incidents"].sum())
    note = f"{found.about}{left_off} Base map: Natural Earth."
    return finish(chart, "anniversary_maps", headline, subtitle, note, alt, _table_of(windows))


@style()
def launch_ranges(found):
    """How far away attacks were launched, against the published ranges of rockets.

    Parameters
    ----------
    found : findings.Where
    """
    rows = found.launches.sort_values(["distance_km", "incident_id"], ascending=False).reset_index(drop=True)
    chart, axis = start(0.21 * len(rows) + 0.5)
    for target, group in by_target(rows).items():
        look = TARGET_STYLE[target]
        axis.hlines(group.index, group["distance_low"], group["distance_high"], color="#6b7776", linewidth=1.4)
        axis.plot(group["distance_km"], group.index, linestyle="", marker=look["marker"], color=look["color"],
                  markeredgecolor=INK, label=look["label"])  # fmt: skip
    for rocket, (km, _) in geography.ROCKET_RANGES.iterrows():
        axis.axvline(km, color="#bd1f01", linewidth=1, linestyle=RINGS[rocket])
        axis.text(km, len(rows) - 0.3, f"{rocket}\n{km:g} km", size=7.5, color="#bd1f01", ha="center", va="bottom")
    axis.set(yticks=range(len(rows)), ylim=(-0.6, len(rows) - 0.3), xlim=(0, None), xlabel="Distance, km")
    axis.set_yticklabels(f"{row.area} → {row.place}, {row.incident_id[:10]}" for row in rows.itertuples())
    axis.tick_params(axis="y", length=0, labelsize=7.5)
    axis.grid(axis="x")
    axis.grid(False, axis="y")
    axis.legend(loc="lower right")
    longest = geography.ROCKET_RANGES["range_km"].max()
    sure = int((rows["distance_high"] <= longest).sum())
    headline = f"In {sure} of {len(rows)} attacks the placed launch area surely lies within {longest:g} km"
    subtitle = (
        "Distance from the launch area to the site struck; bars span what the precision of the two positions allows. "
        "Dotted and dashed lines: published ranges of rockets."
    )
    alt = " ".join(
        f"{row.area} to {row.place}: {row.distance_km:.1f} km ({row.distance_low:.1f} to {row.distance_high:.1f})."
        for row in rows[::-1].itertuples()
    )
    note = f"The distance of {len(rows)} attacks could be measured. {found.about}"
    columns = ["incident_id", "area", "place", "target", "distance_km", "distance_low", "distance_high", "bearing"]
    return finish(chart, "launch_ranges", headline, subtitle, note, alt, pd.DataFrame(rows[columns]).round(2))


@style()
def near_repeat(found, about):
    """Pairs of attacks by distance and days apart, against chance.

    Parameters
    ----------
    found : near_repeat.NearRepeat
    about : str
        The source line.
    """
    table = found.table.reset_index()
    distances, days = table["distance"].unique()[::-1], table["days"].unique()
    ratios = table.pivot_table("ratio", "distance", "days", sort=False, dropna=False).loc[distances, days]
    chart, axis = start(0.55 * len(distances) + 0.4)
    shade = axis.pcolormesh(ratios.clip(0, 2).fillna(1), cmap="PuOr_r", vmin=0, vmax=2, edgecolors="white", linewidth=2)
    for row in table.itertuples():
        x, y = list(days).index(row.days) + 0.5, list(distances).index(row.distance) + 0.5
        text = f"{row.observed} against {findings.number_text(row.expected)}\n{findings.p_text(row.p_value)}"
        dark = abs(row.ratio - 1) > 0.6
        axis.text(x, y, text, ha="center", va="center", size=8, color="white" if dark else INK, linespacing=1.3)
    axis.set(xticks=np.arange(len(days)) + 0.5, yticks=np.arange(len(distances)) + 0.5)
    axis.set_xticklabels(days)
    axis.set_yticklabels(distances)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.grid(False)
    bar = chart.colorbar(shade, ax=axis, ticks=[0, 0.5, 1, 1.5, 2], shrink=0.9, aspect=12)
    bar.ax.set_yticklabels(["0", "½", "1", "1½", "2 or more"])
    bar.set_label("Observed / expected", size=8)
    bar.outline.set_visible(False)
    verdict = "Pairs near in both are more than chance gives" if found.p_value <= findings.ALPHA else (
        "No evidence that attacks near in space are also near in time"
    )  # fmt: skip
    subtitle = (
        "Pairs of attacks by distance and days apart: observed against expected with dates permuted within each year, "
        "and the share of permutations with as many pairs or more."
    )
    alt = " ".join(
        f"{row.distance}, {row.days}: {row.observed} against {row.expected:.1f}." for row in table.itertuples()
    )
    note = (
        f"{found.n_events} attacks at {found.n_places} coordinates, {found.n_permutations:,} permutations. Two attacks "
        f"on one site on one day are coded as one, so that cell is empty by construction. {about}"
    )
    headline = f"{verdict}: {findings.p_text(found.p_value)}"
    return finish(chart, "near_repeat", headline, subtitle, note, alt, table.round(4))
