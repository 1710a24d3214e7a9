"""Points of your own file: a geometry of any kind and coordinate system, or latitude and longitude."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import ProjError

from .. import tables
from ..schemas import Fault

_NEAR = 0.01  # degrees, about a kilometre: coordinates are often rounded
_POINT = "a point from -90 to 90 north and -180 to 180 east, or nothing"


def read_points(
    geometry: gpd.GeoSeries | None, table: pd.DataFrame, name: str
) -> tuple[gpd.GeoSeries, list[Fault], list[str]]:
    """Make one point for each row, in longitude and latitude.

    Parameters
    ----------
    geometry : GeoSeries or None
        Of any name, kind and coordinate system. A polygon or line gives a point within it.
    table : DataFrame
        Of the same rows; ``latitude`` and ``longitude``, where it has them, give the point of a row without geometry.
    name : str
        What the file is called in its faults.

    Returns
    -------
    GeoSeries
        WGS 84; no point where nothing gives one.
    list of Fault
    list of str
        Notes.

    Examples
    --------
    >>> shapes = gpd.GeoSeries.from_wkt(["POLYGON ((44 33, 46 33, 46 35, 44 35, 44 33))"], crs="EPSG:4326", name="area")
    >>> points, faults, notes = read_points(shapes, pd.DataFrame(index=[0]), "own.parquet")
    >>> points[0].wkt, notes
    ('POINT (45 34)', ['area: shapes that are no points were replaced by a point within each: 1.'])
    """
    pairs = gpd.GeoSeries([None] * len(table), index=table.index, crs=tables.CRS)
    if {"latitude", "longitude"} <= set(table):
        pairs = tables.with_points(table[["latitude", "longitude"]]).geometry
    if geometry is None:
        return pairs, [], []
    shapes, notes = geometry, []
    unusable = _is_unusable(shapes)
    faults = _geometry_faults(shapes[unusable], name, "a point, or nothing")
    shapes = shapes.mask(unusable)
    if shapes.crs is None:
        notes.append(f"{geometry.name}: no coordinate system is given; read as longitude and latitude.")
        shapes = shapes.set_crs(tables.CRS)
    elif not shapes.crs.equals(tables.CRS, ignore_axis_order=True):
        system = ":".join(shapes.crs.to_authority() or [shapes.crs.name])
        notes.append(f"{geometry.name}: reprojected from {system} to longitude and latitude.")
        try:
            shapes = shapes.to_crs(tables.CRS)
        except ProjError as error:
            wanted = f"a coordinate system that gives longitude and latitude ({error})"
            return pairs, [Fault(name, 0, geometry.name, system, wanted)], []
    outside = _is_unusable(shapes) | _is_outside(shapes)
    faults += _geometry_faults(geometry[outside], name, _POINT)
    shapes = shapes.mask(outside)
    n_shapes = int((shapes.notna() & (shapes.geom_type != "Point")).sum())
    if n_shapes:
        notes.append(f"{geometry.name}: shapes that are no points were replaced by a point within each: {n_shapes}.")
    faults += _disagreements(shapes, pairs, name)
    return _within(shapes).fillna(pairs), faults, notes


def _is_unusable(shapes):
    """Which shapes are empty, or have a coordinate that is no number; ``notna`` of GeoPandas warns where some are."""
    finite = np.isfinite(shapely.bounds(shapes.array)).all(axis=1)
    return ~shapely.is_missing(shapes.array) & ~finite


def _is_outside(shapes):
    west, south, east, north = shapely.bounds(shapes.array).T
    return shapes.notna() & ((west < -180) | (south < -90) | (east > 180) | (north > 90))


def _geometry_faults(shapes, name, wanted):
    """Faults of shapes, which are shown in full where they are short."""
    return [Fault(name, row, shapes.name, repr(shapely.to_wkt(shape)[:60]), wanted) for row, shape in shapes.items()]


def _within(shapes):
    """A flat point for each shape: itself, or one within it."""
    valid = shapely.make_valid(np.asarray(shapes.array))
    points = shapely.point_on_surface(valid)
    flat = shapely.points(shapely.get_x(points), shapely.get_y(points))
    return gpd.GeoSeries(np.where(shapes.notna(), flat, None), index=shapes.index, crs=tables.CRS)


def _disagreements(shapes, pairs, name):
    """Faults of rows whose latitude and longitude lie apart from their geometry."""
    apart = shapely.distance(np.asarray(shapes.array), np.asarray(pairs.array)) > _NEAR
    within = _within(shapes)
    for row, pair in pairs[apart].items():
        point = within[row]
        wanted = f"the place of {shapes.name}, here {point.y:g}, {point.x:g}"
        yield Fault(name, row, "latitude, longitude", f"{pair.y:g}, {pair.x:g}", wanted)
