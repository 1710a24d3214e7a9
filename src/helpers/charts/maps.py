"""Maps, and charts of distance."""

from itertools import product

import numpy as np
import pandas as pd
import shapely
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from .. import findings, geography
from .base import POINTS, WIDTHS, Chart, add_key, by_width, chart, label_rows, start
from .looks import INK, SLATE, TARGET_STYLE, by_target, mark

# The projections, which the subtitles of the maps name.
REGION_CRS = "+proj=lcc +lat_1=31 +lat_2=36 +lat_0=33.5 +lon_0=42.5 +datum=WGS84 +units=km"
LAND, BORDER, SEA = "#f6f4ee", "#a9a9a3", "#e3ebf0"
CITY_KM = (-37, -25, 30, 29)  # west, south, east, north of the centre: what the map of Baghdad shows
CITY_CRS = "+proj=aeqd +lat_0=33.3 +lon_0=44.4 +datum=WGS84 +units=km"
FIRE = {"linestyle": "", "marker": "D", "color": INK, "markersize": 4.5}
HALO = {"fc": LAND, "ec": "none", "pad": 0.2, "alpha": 0.5}
RINGS = {"107 mm": (0, (1, 1.5)), "122 mm": (0, (5, 2))}
COMPASS = [(1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.7), (-0.8, 0.7), (0.8, -0.7), (-0.8, -0.7)]


def _start_map(extent):
    """A map that fills the width and shows an extent (west, south, east, north, km) to scale, without ticks."""
    west, south, east, north = extent
    figure, axis = start((by_width(**WIDTHS) - 0.1) * (north - south) / (east - west))
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    axis.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal")
    axis.spines[:].set(visible=True, color=BORDER)
    return figure, axis


def _draw_countries(axis):
    """Land and sea, and the names of the countries in the middle of what the map shows of each."""
    countries = geography.load_base_map().to_crs(REGION_CRS).set_index("name").geometry
    # The borders reach a little further than the map, so that the cut itself is not seen.
    shown = countries.clip_by_rect(*axis.viewLim.padded(5).extents)
    axis.set_facecolor(SEA)
    for polygon in shown[~shown.is_empty].explode():
        axis.fill(*np.asarray(polygon.exterior.coords).T, fc=LAND, ec=BORDER, lw=0.5, zorder=0)
    for name, shape in shown[shown.area > 0.02 * axis.viewLim.width * axis.viewLim.height].items():
        middle = shape.representative_point()
        axis.text(middle.x, middle.y, name.upper(), size=8, color="#85857d", ha="center", va="center", zorder=1)


def _draw_scale(axis, km):
    """A scale bar in the lower left corner."""
    west, south, east, north = axis.viewLim.extents
    x, y = west + 0.03 * (east - west), south + 0.05 * (north - south)
    axis.plot([x, x + km], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    axis.text(x + km / 2, y + 0.012 * (north - south), f"{km} km", ha="center", va="bottom", size=8)


def _draw_precision(axis, points, radii, color):
    """How far each position may be off, as a circle to scale."""
    for point, radius in zip(points, radii, strict=True):
        if radius > 0:
            axis.add_patch(Circle((point.x, point.y), radius, fc=color, ec=color, lw=0.5, alpha=0.22))


def _draw_sites(axis, sites, scale):
    """Sites as symbols whose area grows with the number of attacks, large ones first so that none is hidden."""
    for target, rows in by_target(sites).items():
        look = TARGET_STYLE[target]
        _draw_precision(axis, rows.geometry, rows["precision_km"], look["color"])
        axis.scatter(rows.geometry.x, rows.geometry.y, s=scale * rows["incidents"], marker=look["marker"],
                     c=look["color"], edgecolors=INK, linewidths=0.6, zorder=3 if target == "base" else 4)  # fmt: skip


def _size_legend(figure, sites, scale, sizes, extra):
    """What sizes and colours mean, in one row below the map."""
    marks = [
        Line2D([], [], linestyle="", marker="o", color="white", markeredgecolor=INK,
               markersize=np.sqrt(scale * size), label=f"{size} attack{'s' if size > 1 else ''}")
        for size in sizes
    ]  # fmt: skip
    marks += [Line2D([], [], **mark(target)) for target in by_target(sites)] + extra
    add_key(figure, marks)


def _place_labels(axis, labels, size, blocked):
    """Write labels (x, y, text, radius to keep clear, km) so that none lies on another, on a symbol or outside."""
    # The first are placed first, so the most important lead; `blocked` are boxes (west, south, east, north) in use.
    per_point = _km_per_point(axis)
    taken = [_box_around(x, y, radius, radius) for x, y, _, radius in labels] + blocked
    for x, y, text, radius in labels:
        lines = text.split("\n")
        half_width = max(map(len, lines)) * 0.29 * size * per_point
        half_height = 0.62 * size * per_point * len(lines)
        boxes = []
        for ring, (east_part, north_part) in product((2, 3, 5, 8, 12, 16), COMPASS):
            across = x + east_part * (radius + half_width + ring * per_point)
            up = y + north_part * (radius + half_height + ring * per_point)
            boxes.append(_box_around(across, up, half_width, half_height))
        box = min(boxes, key=lambda box: _overlap(box, taken) + 10 * _outside(box, axis.viewLim.extents))
        taken.append(box)
        near = np.clip((x, y), box[:2], box[2:])  # the label's nearest point: a line leads there from afar
        if np.abs(near - (x, y)).max() > radius + 3 * per_point:
            axis.plot([x, near[0]], [y, near[1]], color=INK, linewidth=0.5, zorder=2)
        side = "left" if box[0] > x else "right" if box[2] < x else "center"
        across, up = (box[0] + box[2]) / 2 if side == "center" else near[0], (box[1] + box[3]) / 2
        axis.text(across, up, text, size=size, ha=side, va="center", zorder=6, linespacing=1.1, bbox=HALO)


def _overlap(box, others):
    shared = shapely.intersection(shapely.box(*box), shapely.box(*np.transpose(others)))
    return shapely.area(shared).sum()


def _outside(box, frame):
    return sum(max(0.0, gap) for gap in (frame[0] - box[0], frame[1] - box[1], box[2] - frame[2], box[3] - frame[3]))


def _km_per_point(axis):
    """Kilometres that a point of type covers on a map of full width."""
    return axis.viewLim.width / (by_width(**WIDTHS) - 0.1) / POINTS


def _extent(points):
    """West, south, east, north around points, km, with a margin; 330 km wide and high at least."""
    low, high = points.total_bounds.reshape(2, 2)
    grow = np.maximum(0, 150 - (high - low)) / 2 + 90
    return *(low - grow), *(high + grow)


def _project_sites(locations, crs):
    if locations["sites"].empty:
        raise ValueError("no incident has a position in the region")
    return locations["sites"].to_crs(crs)


def _site_label(axis, site, scale, name, n):
    """A label as :func:`_place_labels` takes it, clear of the symbol of its site."""
    radius = np.sqrt(scale * site["incidents"]) / 2 * _km_per_point(axis)
    return site.geometry.x, site.geometry.y, f"{name}: {n}", radius


@chart
def sites_map(locations: dict) -> Chart:
    """Every site struck, by target and number of attacks."""
    sites, scale = _project_sites(locations, REGION_CRS), 9.0
    figure, axis = _start_map(_extent(sites))
    _draw_countries(axis)
    _draw_sites(axis, sites, scale)
    labels = []
    for name, rows in sites.groupby("complex", sort=False):
        text = rows["place"].iloc[0] if len(rows) == 1 else name.replace("_", " ").title()
        labels.append(_site_label(axis, rows.iloc[0], scale, text, rows["incidents"].sum()))
    west, south, east, north = axis.viewLim.extents
    corner = (west, south, west + 0.2 * (east - west), south + 0.12 * (north - south))
    _place_labels(axis, labels, 7.5, [corner])
    _draw_scale(axis, 100)
    _size_legend(figure, sites, scale, (1, 5, 15), [])
    table = findings.split_points(locations["sites"]).round({"latitude": 4, "longitude": 4})
    return figure, table, {"locations": locations}


@chart
def baghdad_map(locations: dict) -> Chart:
    """Baghdad: sites, named launch areas, the lines between them, and how far rockets fly."""
    west, south, east, north = CITY_KM
    struck = _project_sites(locations, CITY_CRS).cx[west:east, south:north]
    if struck.empty:
        raise ValueError("no attack with a position lies around Baghdad")
    fired = locations["launches"].assign(site=locations["launches"].to_crs(CITY_CRS).geometry)
    fired = fired.set_geometry("area_point").to_crs(CITY_CRS).cx[west:east, south:north]
    fired = fired[fired["place"].isin(struck["place"])]
    (figure, axis), scale = _start_map(CITY_KM), 14.0
    axis.set_facecolor(LAND)
    rings = _draw_rings(axis, struck)
    _draw_sites(axis, struck, scale)
    lines = fired.groupby(["area", "place"]).agg("first").assign(n=fired.groupby(["area", "place"]).size())
    labels, words, along = _draw_fire(axis, lines)
    labels += [_site_label(axis, row, scale, row["place"], row["incidents"]) for _, row in struck.iterrows()]
    _place_labels(axis, labels, 7, [*rings, *along, (west, south, west + 10, south + 6)])
    _draw_scale(axis, 5)
    _size_legend(figure, struck, scale, (1, 15), [Line2D([], [], label="Launch area named", **FIRE)])
    facts = {
        "locations": locations,
        "lines": lines["uncertainty_km"].agg(["size", "min", "max"]) if len(lines) else None,
        "words": words,
        "n_shown": struck["incidents"].sum(),
        "unmeasured": locations["launch_status"].drop(["measured", "not reported"], errors="ignore").sum(),
    }
    table = lines.reset_index()[["area", "place", "n", "distance_km", "uncertainty_km", "bearing", "bearing_within"]]
    return figure, table.round(2), facts


def _draw_fire(axis, lines):
    """Launch areas and an arrow from each to the site; their labels, their words, and boxes along the arrows."""
    labels, told, along = [], [], []
    for (area, place), row in lines.iterrows():
        start, end = row["area_point"], row["site"]
        _draw_precision(axis, [start], [row["area_precision_km"]], FIRE["color"])
        axis.plot(start.x, start.y, **FIRE)
        axis.annotate("", (end.x, end.y), (start.x, start.y), zorder=5,
                      arrowprops={"arrowstyle": "-|>", "color": FIRE["color"], "lw": 1.1, "shrinkB": 4})  # fmt: skip
        labels.append((start.x, start.y, f"{area}\n{_line_text(row)}", 0.7))
        told.append(f"{area} to {place}: {_line_text(row)}, {row['n']} attack{'s' if row['n'] > 1 else ''}.")
        middle = shapely.LineString([start, end]).interpolate(np.linspace(0.2, 0.8, 5), normalized=True)
        along += [_box_around(point.x, point.y, 0.5, 0.5) for point in middle]
    return labels, told, along


def _line_text(row):
    if np.isnan(row["uncertainty_km"]):
        return f"{row['distance_km']:.0f} km, precision not known"
    turn = f"{row['bearing']:.0f}° ± {row['bearing_within']:.0f}°" if row["bearing_within"] < 180 else "direction open"
    return f"{row['distance_km']:.0f} ± {row['uncertainty_km']:.0f} km, {turn}"


def _box_around(x, y, half_width, half_height):
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
            axis.text(x, y, f"{rocket}: {km:g} km", size=8, color=color, ha="center", va="center", zorder=6,
                      bbox={"fc": LAND, "ec": "none", "pad": 0.8})  # fmt: skip
            boxes.append(_box_around(x, y, 4, 0.8))
    return boxes


@chart
def launch_ranges(locations: dict) -> Chart:
    """How far away attacks were launched, against the published ranges of rockets."""
    if locations["launches"].empty:
        raise ValueError("no launch area could be measured")
    rows = locations["launches"].sort_values(["distance_km", "incident_id"], ascending=False).reset_index(drop=True)
    figure, axis = start(0.21 * len(rows) + 0.5)
    for target, group in by_target(rows).items():
        axis.hlines(group.index, group["distance_low"], group["distance_high"], color=SLATE, linewidth=1.4)
        axis.plot(group["distance_km"], group.index, **mark(target))
    for rocket, (km, _) in geography.ROCKET_RANGES.iterrows():
        axis.axvline(km, color=INK, linewidth=1, linestyle=RINGS[rocket])
        axis.text(km, len(rows) - 0.3, f"{rocket}\n{km:g} km", size=8, color=INK, ha="center", va="bottom")
    label_rows(axis, (f"{row.area} → {row.place}, {row.incident_id[:10]}" for row in rows.itertuples()))
    axis.tick_params(axis="y", labelsize=8)
    axis.set(ylim=(-0.6, len(rows) - 0.3), xlim=(0, None), xlabel="Distance, km")
    axis.legend(loc="upper right")
    columns = ["incident_id", "area", "place", "target", "distance_km", "distance_low", "distance_high", "bearing"]
    table = pd.DataFrame(rows[columns])
    return figure, table.round(2), {"locations": locations, "exact": table[::-1]}


@chart
def near_repeat(space_time: dict) -> Chart:
    """Pairs of attacks by distance and days apart, against chance."""
    table = space_time["test"].table.reset_index()
    ratios = table.pivot_table("ratio", "distance", "days", sort=False, dropna=False)[::-1]
    figure, axis = start(0.55 * len(ratios) + 0.4)
    shade = axis.pcolormesh(ratios.clip(0, 2).fillna(1), cmap="PuOr_r", vmin=0, vmax=2, edgecolors="white", linewidth=2)
    for row in table.itertuples():
        x, y = ratios.columns.get_loc(row.days) + 0.5, ratios.index.get_loc(row.distance) + 0.5
        text = f"{row.observed} against {findings.number(row.expected)}\n{findings.p_value(row.p_value)}"
        dark = abs(row.ratio - 1) > 0.6
        axis.text(x, y, text, ha="center", va="center", size=8, color="white" if dark else INK, linespacing=1.3)
    axis.set_xticks(np.arange(len(ratios.columns)) + 0.5, ratios.columns)
    axis.set_yticks(np.arange(len(ratios)) + 0.5, ratios.index)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.grid(False)
    bar = figure.colorbar(shade, ax=axis, shrink=0.9, aspect=12)
    bar.set_ticks([0, 0.5, 1, 1.5, 2], labels=["0", "½", "1", "1½", "2 or more"])
    bar.set_label("Observed / expected", size=8)
    bar.outline.set_visible(False)
    return figure, table.round(4), {"space_time": space_time, "exact": table}
