"""Invent a small file in the layout of ACLED: ``python scripts/synthetic_acled.py``.

It writes ``notebooks/synthetic_acled.csv``, on which notebook 08 shows how a reader's own file is read. No row of it is
an event. A part of the attacks are coded incidents moved by up to two days and ten kilometres, so that a match has
something to find; days, places and tolls of all other rows are drawn at random. The notes of each row say so.
"""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from helpers import load_incidents

ROOT = Path(__file__).resolve().parents[1]
SEED = 20200103
FIRST, LAST = "2020-01-04", "2023-09-30"
# As in files of 2023 and later; what no row fills is empty.
COLUMNS = [
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type", "actor1",
    "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting", "iso",
    "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision", "source",
    "source_scale", "notes", "fatalities", "tags", "timestamp",
]  # fmt: skip
# Of each kind of event: how many, event type, its sub-type, who, against whom, and what the notes say.
UNKNOWN, MILITIA = "Unidentified Armed Group (Iraq)", "Unidentified Military Forces"
US, COALITION = "Military Forces of the United States (2021-)", "Global Coalition Against Daesh"
STRIKE, SHELLING = "Air/drone strike", "Shelling/artillery/missile attack"
EXPLOSIONS, BOMB = "Explosions/Remote violence", "Remote explosive/landmine/IED"
KINDS = [
    (60, EXPLOSIONS, None, UNKNOWN, US, "An invented attack, drawn from a coded incident and moved."),
    (30, EXPLOSIONS, SHELLING, UNKNOWN, US, "An invented attack on a site. Casualties unknown."),
    (30, EXPLOSIONS, STRIKE, COALITION, MILITIA, "An invented air strike by the coalition."),
    (40, "Strategic developments", "Change to group/activity", US, "", "An invented patrol of the coalition."),
    (50, EXPLOSIONS, BOMB, UNKNOWN, "Civilians (Iraq)", "An invented roadside bomb against a convoy."),
    (50, EXPLOSIONS, SHELLING, MILITIA, "Civilians (Iraq)", "An invented shelling of a town."),
    (40, "Protests", "Peaceful protest", "Protesters (Iraq)", "", "An invented protest."),
]
_KM = 111.2  # of a degree of latitude


def make_rows(incidents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Invent the rows of the file.

    Parameters
    ----------
    incidents : GeoDataFrame
        As :func:`helpers.load_incidents` gives them.

    Returns
    -------
    DataFrame
        Text, in the columns of ACLED's files of 2023 and later, 300 rows in the order of days.
    """
    rng = np.random.default_rng(SEED)
    known = incidents[incidents["date"].between(FIRST, LAST) & ~incidents.geometry.is_empty]
    parts = []
    for n, *words in KINDS:
        copied = known.sample(n, random_state=rng, replace=len(known) < n)
        part = pd.DataFrame(
            dict(zip(["event_type", "sub_event_type", "actor1", "actor2", "notes"], words, strict=True)), index=range(n)
        )
        if words[1] is None:
            part["sub_event_type"] = np.where(copied["weapon"] == "drone", STRIKE, SHELLING)
        moved = rng.integers(0, 3, n) if words[1] is None else rng.integers(0, 1366, n)
        start = copied["date"].to_numpy() if words[1] is None else np.datetime64(FIRST)
        part["event_date"] = pd.to_datetime(start + moved.astype("timedelta64[D]"))
        # What is no attack on a site lies anywhere between the sites, most of it far from them.
        far = 5 if words[3] == US else 150
        angle, km = rng.uniform(0, 2 * np.pi, n), far * np.sqrt(rng.uniform(0, 1, n))
        part["latitude"] = (copied.geometry.y.to_numpy() + km * np.sin(angle) / _KM).round(4)
        part["longitude"] = (copied.geometry.x.to_numpy() + km * np.cos(angle) / _KM).round(4)
        part["country"] = copied["country"].to_numpy()
        part["location"] = copied["site_name"].to_numpy() if words[3] == US else "Invented place"
        part["fatalities"] = np.where(part["event_type"] == EXPLOSIONS, rng.poisson(0.5, n), 0)
        part["time_precision"] = rng.choice([1, 2], n, p=[0.95, 0.05])
        part["geo_precision"] = rng.choice([1, 2, 3], n, p=[0.7, 0.25, 0.05])
        parts.append(part)
    rows = pd.concat(parts).sort_values(["event_date", "latitude"], ignore_index=True)
    rows["event_id_cnty"] = [f"SYNTHETIC{n + 1:04}" for n in rows.index]
    rows["year"], rows["event_date"] = rows["event_date"].dt.year, rows["event_date"].dt.strftime("%Y-%m-%d")
    rows["disorder_type"] = np.where(rows["event_type"] == EXPLOSIONS, "Political violence", rows["event_type"])
    rows["region"], rows["source"], rows["source_scale"] = "Middle East", "Synthetic", "Other"
    return rows.reindex(columns=COLUMNS)


if __name__ == "__main__":
    out = ROOT / "notebooks" / "synthetic_acled.csv"
    make_rows(load_incidents()).to_csv(out, index=False, lineterminator="\n")
    print(f"{out.relative_to(ROOT)}: {len(out.read_bytes()):,} bytes")
