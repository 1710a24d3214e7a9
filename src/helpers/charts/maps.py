"""Maps, and charts of distance."""

from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from .. import findings, geography
from .base import POINTS, WIDTHS, Chart, add_key, by_width, chart, label_rows, start, text_width, wrap
from .looks import INK, MISSING, SLATE, by_target, mark, target_look

# The projections, which the subtitles of the maps name.
REGION_CRS = "+proj=lcc +lat_1=31 +lat_2=36 +lat_0=33.5 +lon_0=42.5 +datum=WGS84 +units=km"
LAND, BORDER, SEA, GROUND = "#f6f4ee", "#a9a9a3", "#e3ebf0", "#5e5e57"  # the last of names on the ground
CITY_KM = (-37, -25, 30, 29)  # west, south, east, north of the centre: what the map of Baghdad shows
INSET_KM = (-30, -9, 26, 9)  # what the panel of the other map shows
PANEL_NAME = "AROUND BAGHDAD"
VAGUE_KM = 50  # what is known no better than so is drawn open, since its circle would cover the map
MOST_NAMED = 6  # sites named where there is no room for all
CITY_CRS = "+proj=aeqd +lat_0=33.3 +lon_0=44.4 +datum=WGS84 +units=km"
FIRE = {"linestyle": "", "marker": "D", "color": INK, "markersize": 4.5}
CITY_RADIUS = 1.5  # of its dot, points
HALO, BLANK = {"fc": LAND, "ec": "none", "pad": 0.2, "alpha": 0.5}, {"fc": "white", "ec": "none", "pad": 0.5}
RINGS = {"107 mm": (0, (1, 1.5)), "122 mm": (0, (5, 2))}
TURNS = np.array([68, 55, 80, 40, 95, 25, 110, 10, -10, -30, -50, -70, -90])  # degrees where a ring may have its label
# Where a label is tried: directions from its symbol, and points between the two.
COMPASS = [(1, 0), (-1, 0), (0, 1), (0, -1), (0.8, 0.7), (-0.8, 0.7), (0.8, -0.7), (-0.8, -0.7),
           (1, 0.4), (-1, 0.4), (1, -0.4), (-1, -0.4), (0.4, 1), (-0.4, 1), (0.4, -1), (-0.4, -1)]  # fmt: skip
RINGS_AROUND, CITY_RINGS = (2, 3, 5, 8, 12, 16, 22, 30, 40, 52), (2, 3, 5)
# From fewer pairs than expected to more; a cell without an expectation is missing.
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#a9714f"]).with_extremes(bad=MISSING)
NEW_LINE = "\n"


def _start_map(*extents):
    """Maps that fill the width, each of an extent (west, south, east, north, km) to scale, without ticks."""
    heights = [(by_width(**WIDTHS) - 0.1) * (north - south) / (east - west) for west, south, east, north in extents]
    figure, axes = start(sum(heights), nrows=len(extents), height_ratios=heights, squeeze=False)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0)
    for axis, (west, south, east, north) in zip(axes[:, 0], extents, strict=True):
        axis.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal")
        axis.spines[:].set(visible=True, color=BORDER)
    return figure, *axes[:, 0]


def _draw_countries(axis):
    """Land and sea; what the map shows of each country, by its name."""
    countries = geography.load_base_map().to_crs(REGION_CRS).set_index("name").geometry
    # The borders reach a little further than the map, so that the cut itself is not seen.
    shown = countries.clip_by_rect(*axis.viewLim.padded(5).extents)
    axis.set_facecolor(SEA)
    for polygon in shown[~shown.is_empty].explode():
        axis.fill(*np.asarray(polygon.exterior.coords).T, fc=LAND, ec=BORDER, lw=0.5, zorder=0)
    return shown[shown.area > 0.02 * axis.viewLim.width * axis.viewLim.height]


def _name_countries(axis, countries, taken):
    """The names of countries, each as near to the middle of what is shown of it as other words and symbols allow."""
    look = {"size": 8, "color": GROUND, "ha": "center", "va": "center", "zorder": 1}
    for name, shape in countries.items():
        half, middle = _half_size(axis, name.upper()), shape.representative_point()
        west, south, east, north = shapely.box(*axis.viewLim.extents).intersection(shape).bounds
        places = [(middle.x, middle.y), *product(np.linspace(west, east, 15), np.linspace(south, north, 15))]
        boxes = [_box_around(*place, *half) for place in places]
        free = [box for box in boxes if not _overlap(box, taken) and not _outside(box, axis.viewLim.extents)]
        inside = [box for box in free if shape.contains(shapely.box(*box))]
        if inside:
            box = min(inside, key=lambda box, middle=middle: shapely.box(*box).centroid.distance(middle))
            taken.append(box)
            axis.text((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, name.upper(), **look)


def _draw_scale(axis, km):
    """A scale bar in the lower left corner; the box that it takes."""
    west, south, east, north = axis.viewLim.extents
    x, y = west + 0.03 * (east - west), south + 0.04 * (north - south)
    axis.plot([x, x + km], [y, y], color=INK, linewidth=2, solid_capstyle="butt")
    half, up = _half_size(axis, f"{km} km"), y + 8 * _km_per_point(axis)
    axis.text(x + km / 2, up, f"{km} km", ha="center", va="center", size=8)
    return west, south, x + km / 2 + max(km / 2, half[0]), up + half[1]


def _draw_precision(axis, points, radii, color):
    """How far each position may be off, as a circle to scale."""
    for point, radius in zip(points, radii, strict=True):
        if 0 < radius < VAGUE_KM:
            axis.add_patch(Circle((point.x, point.y), radius, fc=color, ec=color, lw=0.5, alpha=0.22))


def _draw_sites(axis, sites, scale):
    """Sites as symbols whose area grows with the number of attacks, large ones first so that none is hidden."""
    for target, rows in by_target(sites).items():
        look = target_look(target)
        _draw_precision(axis, rows.geometry, rows["precision_km"], look["color"])
        fills = np.where(rows["precision_km"] >= VAGUE_KM, "white", look["color"])
        axis.scatter(rows.geometry.x, rows.geometry.y, s=scale * rows["incidents"], marker=look["marker"], c=fills,
                     edgecolors=INK, linewidths=0.6, zorder=look["zorder"])  # fmt: skip


def _symbol_scale(sites):
    """The area of a symbol per attack, in square points: 9, or less where the largest would hide its neighbours."""
    return min(9.0, by_width(24, 16) ** 2 / sites["incidents"].max())


def _add_size_key(figure, sites, scale, extra):
    """What sizes and colours mean, below the map."""
    most = sites["incidents"].max()
    sizes = [size for size in (1, 5, 15, 50, 150, 500, 1500) if size <= most][-3:] or [1]
    marks = [
        Line2D([], [], linestyle="", marker="o", color="white", markeredgecolor=INK,
               markersize=np.sqrt(scale * size), label=f"{size} attack{'s' if size > 1 else ''}")
        for size in sizes
    ]  # fmt: skip
    add_key(figure, marks + [Line2D([], [], **mark(target)) for target in by_target(sites)] + extra)


def _cities(axis):
    """Cities with the box that the dot of each takes."""
    cities, radius = geography.load_cities().to_crs(REGION_CRS), CITY_RADIUS * _km_per_point(axis)
    dots = [_box_around(x, y, radius, radius) for x, y in zip(cities.geometry.x, cities.geometry.y, strict=True)]
    return cities.assign(dot=dots)


def _draw_cities(axis, taken):
    """Cities as small dots with their names, the largest first, where both find room; their boxes join those in use."""
    radius = CITY_RADIUS * _km_per_point(axis)
    for point, name, dot in _cities(axis)[["geometry", "name", "dot"]].to_numpy():
        if _overlap(dot, taken) or _outside(dot, axis.viewLim.extents):
            continue
        taken.append(dot)
        if _place_labels(axis, [(point.x, point.y, name, radius)], taken, rings=CITY_RINGS, color=GROUND, zorder=1):
            taken.pop()  # no dot without its name
        else:
            axis.plot(point.x, point.y, linestyle="", marker="o", markersize=2, color=GROUND, zorder=1)


def _place_labels(axis, labels, taken, rings=RINGS_AROUND, **look):
    """Write labels (x, y, text, radius to keep clear, km) where none lies on another, on a symbol or outside."""
    # The first are placed first, so the most important lead; `taken` are boxes (west, south, east, north) in use, and
    # grow. A label without room is left out: the names of these are returned.
    per_point, words, left_out = _km_per_point(axis), [], []
    for x, y, text, radius in labels:
        half_width, half_height = _half_size(axis, text)
        boxes = []
        for ring, (east_part, north_part) in product(rings, COMPASS):
            across = x + east_part * (radius + half_width + ring * per_point)
            up = y + north_part * (radius + half_height + ring * per_point)
            boxes.append(_box_around(across, up, half_width, half_height))
        free = [box for box in boxes if not _outside(box, axis.viewLim.extents) and not _overlap(box, taken)]
        leads = [(box, _lead(x, y, radius, box, 4 * per_point)) for box in free]
        clear = (found for blocked in (taken, words) for found in leads if not _crosses(found[1], blocked))
        box, lead = next(clear, (None, []))
        if box is None:
            left_out.append(text.split(NEW_LINE)[0].rsplit(": ", 1)[0])
            continue
        words.append(box)
        taken += [box, *(_box_around(*point, 0.1 * per_point, 0.1 * per_point) for point in lead)]
        if len(lead):
            axis.plot(*lead[[0, -1]].T, color=INK, linewidth=0.5, zorder=2)
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        look = {"size": 8, "ha": "center", "va": "center", "zorder": 6, "linespacing": 1.1, "bbox": HALO} | look
        axis.text(*middle, text, **look)
    return left_out


def _lead(x, y, radius, box, far):
    """Points of the line from a symbol's edge to a label that stands far from it; none where it stands near."""
    centre, near = np.array([x, y]), np.clip((x, y), box[:2], box[2:])
    distance = np.hypot(*(near - centre))
    if distance <= radius + far:
        return []
    return centre + (near - centre) * np.linspace(min(1, 1.45 * radius / distance), 1, 20)[:, None]


def _crosses(lead, boxes):
    """Whether a line meets one of these boxes."""
    return any(west < x < east and south < y < north for x, y in lead for west, south, east, north in boxes)


def _half_size(axis, text):
    """Half of the width and of the height of a label, km, with a little air."""
    lines, per_point = text.split("\n"), _km_per_point(axis)
    return (max(text_width(line, 8) for line in lines) / 2 + 1) * per_point, (4.6 * len(lines) + 0.6) * per_point


def _symbol_boxes(axis, sites, scale, air=0):
    """The boxes that symbols take, with some points of air around each."""
    radii = (np.sqrt(scale * sites["incidents"]) / 2 + air) * _km_per_point(axis)
    return [_box_around(point.x, point.y, radius, radius) for point, radius in zip(sites.geometry, radii, strict=True)]


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
    vague = f" (± {site['precision_km']:g} km)" if site["precision_km"] >= VAGUE_KM else ""
    return site.geometry.x, site.geometry.y, f"{name}: {n}{vague}", radius


@chart
def sites_map(locations: dict) -> Chart:
    """Every site struck, by target and number of attacks; those around Baghdad in a panel of their own."""
    sites, (west, south, east, north) = _project_sites(locations, REGION_CRS), INSET_KM
    near = _project_sites(locations, CITY_CRS).cx[west:east, south:north]
    near = near if len(near) > 1 else near[:0]
    figure, axis, *panel = _start_map(_extent(sites), *[INSET_KM] * (len(near) > 0))
    scale, countries = _symbol_scale(sites), _draw_countries(axis)
    least = sites["incidents"].nlargest(MOST_NAMED).min()
    named = sites[sites["incidents"] >= by_width(0, least)]
    boxes, labels = _frame_panel(axis) if panel else ((), ())
    named_here, dots = named.drop(near.index, errors="ignore"), _cities(axis)["dot"]
    taken, unnamed = _draw_named(axis, sites, named_here, scale, 100, boxes, labels, dots)
    for below in panel:
        below.set_facecolor(LAND)
        half = _half_size(below, PANEL_NAME)
        corner = west + 1.5 * half[1] + half[0], north - 1.5 * half[1]
        below.text(*corner, PANEL_NAME, size=8, ha="center", va="center")
        unnamed += _draw_named(below, near, near, scale, 5, [_box_around(*corner, *half)])[1]
    _draw_cities(axis, taken)
    _name_countries(axis, countries, taken)
    _add_size_key(figure, sites, scale, [])
    table = findings.split_points(locations["sites"]).round({"latitude": 4, "longitude": 4})
    facts = {"locations": locations, "unnamed": unnamed, "panel": bool(panel), "least": least, "n_named": len(named),
             "all_named": len(named) == len(sites), "most_named": MOST_NAMED,
             "vague": (sites["precision_km"] >= VAGUE_KM).any()}  # fmt: skip
    return figure, table, facts


def _draw_named(axis, sites, named, scale, km, boxes=(), labels=(), dots=()):
    """Sites with a scale bar, the names of some and further labels; the boxes in use, and what found no room."""
    _draw_sites(axis, sites, scale)
    names = [_site_label(axis, site, scale, site["place"], site["incidents"]) for _, site in named.iterrows()]
    # Names stay off the dots of cities, and on a page further from symbols than cities do, which come later.
    taken = [*_symbol_boxes(axis, sites, scale, by_width(1.9, 0)), *dots, _draw_scale(axis, km), *boxes]
    unnamed = _place_labels(axis, [*labels, *names], taken)
    return [*_symbol_boxes(axis, sites, scale), *taken[len(sites) + len(dots) :]], unnamed


def _frame_panel(axis):
    """A frame around what the panel shows: the boxes that it takes, and the labels that say so."""
    frame = gpd.GeoSeries([shapely.box(*INSET_KM)], crs=CITY_CRS).to_crs(REGION_CRS)
    axis.plot(*frame.iloc[0].exterior.xy, color=INK, linewidth=0.8, zorder=5)
    middle = frame.iloc[0].centroid
    return [tuple(frame.total_bounds)], [(middle.x, middle.y, "Baghdad: below", 0)]


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
    figure, axis = _start_map(CITY_KM)
    scale = _symbol_scale(struck)
    axis.set_facecolor(LAND)
    _draw_sites(axis, struck, scale)
    lines = fired.groupby(["area", "place"]).agg("first").assign(n=fired.groupby(["area", "place"]).size())
    labels, words, along = _draw_fire(axis, lines)
    taken = [*_symbol_boxes(axis, struck, scale), *along, _draw_scale(axis, 5)]
    sites = [_site_label(axis, row, scale, row["place"], row["incidents"]) for _, row in struck.iterrows()]
    unnamed = _place_labels(axis, sites + labels, taken)
    _draw_rings(axis, struck, taken)
    _add_size_key(figure, struck, scale, [Line2D([], [], label="Launch area named", **FIRE)])
    facts = {
        "locations": locations,
        "lines": lines["uncertainty_km"].agg(["size", "min", "max"]) if len(lines) else None,
        "words": words,
        "unnamed": unnamed,
        "measured": by_width(True, False),
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
        _draw_precision(axis, [start], [row["area_precision_km"]], "#b5b5ae")
        axis.plot(start.x, start.y, **FIRE)
        axis.annotate("", (end.x, end.y), (start.x, start.y), zorder=5,
                      arrowprops={"arrowstyle": "-|>", "color": FIRE["color"], "lw": 1.1, "shrinkB": 4})  # fmt: skip
        labels.append((start.x, start.y, by_width(f"{area}\n{_line_text(row)}", area), 0.7))
        told.append(f"{area} to {place}: {_line_text(row)}, {row['n']} attack{'s' if row['n'] > 1 else ''}.")
        middle = shapely.LineString([start, end]).interpolate(np.linspace(0.2, 0.8, 5), normalized=True)
        along += [_box_around(point.x, point.y, 0.5, 0.5) for point in middle]
        along.append(_box_around(start.x, start.y, 0.7, 0.7))
    return labels, told, along


def _line_text(row):
    if np.isnan(row["uncertainty_km"]):
        return f"{row['distance_km']:.0f} km, precision not known"
    return f"{row['distance_km']:.0f} ± {row['uncertainty_km']:.0f} km"


def _box_around(x, y, half_width, half_height):
    return x - half_width, y - half_height, x + half_width, y + half_height


def _draw_rings(axis, struck, taken):
    """Published ranges around the most struck site; the boxes of their labels join those in use."""
    centre = struck.geometry.iloc[0]
    for rocket, (km, _) in geography.ROCKET_RANGES.iterrows():
        axis.add_patch(Circle((centre.x, centre.y), km, fill=False, ec=SLATE, lw=0.9, ls=RINGS[rocket], zorder=2))
        text, boxes = f"{rocket}: {km:g} km", []
        for turn in np.radians(TURNS):
            place = centre.x + km * np.cos(turn), centre.y + km * np.sin(turn)
            boxes.append(_box_around(*place, *_half_size(axis, text)))
        free = (box for box in boxes if not _overlap(box, taken) and not _outside(box, axis.viewLim.extents))
        if box := next(free, None):
            taken.append(box)
            axis.text((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, text, size=8, color=SLATE, ha="center",
                      va="center", zorder=6, bbox={"fc": LAND, "ec": "none", "pad": 0.8})  # fmt: skip


@chart
def launch_ranges(locations: dict) -> Chart:
    """How far away attacks were launched, against the published ranges of rockets."""
    if locations["launches"].empty:
        raise ValueError("no launch area could be measured")
    launches = locations["launches"].sort_values(["distance_km", "incident_id"], ascending=False, ignore_index=True)
    rows = launches.groupby(["distance_km", "area", "place", "target"], sort=False).agg(
        low=("distance_low", "first"), high=("distance_high", "first"), n=("incident_id", "size")
    )
    rows = rows.reset_index()
    names = [f"{row.area} → {row.place}{f' ×{row.n}' if row.n > 1 else ''}" for row in rows.itertuples()]
    top = len(rows) - by_width(0.3, -0.1)
    figure, axis = start(by_width(0.21, 0.3) * max(len(rows), 3) + 0.6)
    for target, group in by_target(rows).items():
        axis.hlines(group.index, group["low"], group["high"], color=SLATE, linewidth=1.4)
        axis.plot(group["distance_km"], group.index, **mark(target))
    for (rocket, (km, _)), side in zip(geography.ROCKET_RANGES.iterrows(), ("right", "left"), strict=True):
        axis.axvline(km, color=INK, linewidth=1, linestyle=RINGS[rocket], zorder=0.9)
        axis.text(km, top + 0.1, f"{rocket}\n{km:g} km", size=8, ha=side, va="bottom")
    longest = max(km for km, _ in geography.ROCKET_RANGES.to_numpy())
    for y, row in rows[rows["distance_km"] > longest].iterrows():  # farther than any of these rockets flies
        axis.text(row["high"], y, f"  {row['distance_km']:.0f} km", size=8, va="center")
    label_rows(axis, by_width(names, [""] * len(rows)))
    words = {"transform": axis.get_yaxis_transform(), "size": 8, "va": "bottom", "bbox": BLANK, "in_layout": False}
    for y, name in enumerate(by_width([], names)):  # above the bars, where there is no room beside them
        axis.text(0.005, y + 0.22, wrap(name, 230, size=8), **words)
    axis.set(ylim=(-0.6, top), xlim=(0, None), xlabel="Distance, km")
    add_key(figure, axis.get_legend_handles_labels()[0])
    columns = ["incident_id", "area", "place", "target", "distance_km", "distance_low", "distance_high", "bearing"]
    table = pd.DataFrame(launches[columns])
    return figure, table.round(2), {"locations": locations, "exact": table[::-1]}


@chart
def near_repeat(space_time: dict) -> Chart:
    """Pairs of attacks by distance and days apart, against chance."""
    table = space_time["test"].table.reset_index()
    # Coded incidents are one a site and day, so that this cell cannot hold any.
    table["empty"] = space_time["coded"] & (table["distance"] == "same place") & (table["days"] == "same day")
    ratios = table.assign(ratio=table["ratio"].mask(table["empty"]))
    ratios = ratios.pivot_table("ratio", "distance", "days", sort=False, dropna=False)[::-1]
    figure, axis = start(by_width(0.55, 0.65) * len(ratios) + 0.4)
    shade = axis.pcolormesh(ratios.clip(0, 2), cmap=SHADES, vmin=0, vmax=2, edgecolors="#e4e4e4", linewidth=2)
    for row in table.itertuples():
        x, y = ratios.columns.get_loc(row.days) + 0.5, ratios.index.get_loc(row.distance) + 0.5
        counts = f"{row.observed} against{by_width(' ', NEW_LINE)}{findings.number(row.expected)}"
        text = "empty by\nconstruction" if row.empty else f"{counts}\n{findings.p_value(row.p_value)}"
        axis.text(x, y, text, ha="center", va="center", size=8, linespacing=1.2)
    axis.set_xticks(
        np.arange(len(ratios.columns)) + 0.5,
        [wrap(findings.upper_first(name), by_width(100, 45)) for name in ratios.columns],
    )
    axis.set_yticks(
        np.arange(len(ratios)) + 0.5, [wrap(findings.upper_first(name), by_width(150, 58)) for name in ratios.index]
    )
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.grid(False)
    bar = figure.colorbar(shade, ax=axis, shrink=0.9, aspect=12)
    bar.set_ticks([0, 1, 2], labels=["0", "1", "2 or\nmore"])
    bar.set_label("Observed / expected", size=8)
    bar.outline.set_visible(False)
    return figure, table.drop(columns="empty").round(4), {"space_time": space_time, "exact": table}
