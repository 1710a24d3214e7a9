"""Make ``data/raw/base_map.geojson``: ``python scripts/base_map.py world-atlas-2.0.2.tgz``.

The archive is the npm package ``world-atlas``, as ``npm pack world-atlas@2.0.2`` fetches it. The same archive gives the
same bytes. ``data/raw/base_map.md`` says what the steps are and where the lines come from.
"""

import argparse
import hashlib
import io
import json
import tarfile
from pathlib import Path

import geopandas as gpd
import shapely

from helpers import files, geography, tables

SHA256 = "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97"
MEMBER = "package/countries-10m.json"
TOLERANCE = 0.02  # degrees: the square root of the area, as of a triangle of 2 km by 2 km, that a vertex must span
DECIMALS = 3  # about 100 m


def countries(archive):
    """The countries of the archive.

    Parameters
    ----------
    archive : bytes

    Returns
    -------
    GeoDataFrame

    Raises
    ------
    ValueError
        If it is not the archive that the committed map was made from.
    """
    found = hashlib.sha256(archive).hexdigest()
    if found != SHA256:
        raise ValueError(f"the archive's SHA-256 is {found}; world-atlas 2.0.2 has {SHA256}")
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        topology = package.extractfile(MEMBER).read()
    return gpd.read_file(io.BytesIO(topology), layer="countries").set_crs(tables.CRS)


def cut(world, region=geography.REGION):
    """Countries within the region, borders simplified together so that no gap opens between neighbours.

    Parameters
    ----------
    world : GeoDataFrame
        With ``name``.
    region : tuple of float
        West, south, east, north, degrees.

    Returns
    -------
    GeoDataFrame
        ``name`` and ``geometry``, sorted by name.
    """
    box = shapely.box(*region)
    inside = world.loc[world.intersects(box), ["name", "geometry"]].sort_values("name", ignore_index=True)
    simple = inside.simplify_coverage(TOLERANCE).intersection(box).set_precision(10**-DECIMALS)
    areas = simple.map(_polygons)
    return inside.set_geometry(areas)[~areas.is_empty].reset_index(drop=True)


def _polygons(geometry):
    """The polygons of a geometry; lines and points, which a cut along a border leaves, are dropped."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def geojson(region):
    """The map as the bytes of a GeoJSON file, one country a line."""
    lines = []
    for row in region.itertuples():
        rounded = json.loads(
            shapely.to_geojson(row.geometry), parse_float=lambda digits: round(float(digits), DECIMALS)
        )
        feature = {"type": "Feature", "properties": {"name": row.name}, "geometry": rounded}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Cut the base map from the npm package world-atlas.")
    parser.add_argument("archive", type=Path, help="world-atlas-2.0.2.tgz")
    options = parser.parse_args()
    region = cut(countries(options.archive.read_bytes()))
    files.write_files(tables.DATA_DIR / "raw", {"base_map.geojson": geojson(region)}, "scripts/base_map.py")
