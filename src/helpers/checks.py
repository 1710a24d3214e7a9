"""Stand-in until the checks are split from the tables: the same names as the module to come."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from . import geography, incidents, tables

OPTIONAL = {
    geography.BASE_MAP.name: "the data package will have no base map",
    "second_coding": "the data package will have no second coding",
}


class Warning(NamedTuple):
    kind: str
    text: str


def check_raw(raw_dir):
    raw, faults = tables.check_raw(raw_dir)
    return raw, faults + geography.base_map_faults(Path(raw_dir) / geography.BASE_MAP.name)


def find_warnings(raw, raw_dir):
    data = incidents.build_incidents(raw)
    absent = [
        Warning("absent files", f"{Path(raw_dir) / name}: not there; {what}")
        for name, what in OPTIONAL.items()
        if not (Path(raw_dir) / name).exists()
    ]
    doubts = [
        Warning(f"{doubt.file}: {doubt.column}", str(doubt._replace(file=str(Path(raw_dir) / f"{doubt.file}.csv"))))
        for doubt in geography.doubts(raw)
    ]
    return [*_odd_incidents(data, raw["distinct_pairs"]), *absent, *doubts]


def _odd_incidents(data, distinct_pairs):
    for row in incidents.overcounts(data).itertuples():
        yield Warning(
            "numbers that do not add up",
            f"{row.incident_id}: best numbers do not add up: {_or_silence(row.hit_best)} inside, "
            f"{_or_silence(row.intercepted_best)} intercepted, but {row.launched_best} launched",
        )
    for row in incidents.unjudged_pairs(data, distinct_pairs).itertuples():
        pair = f"{row.incident_id} and {row.other_id}"
        yield Warning("unjudged pairs", f"{pair} lie in {row.complex} within a day; judge them in distinct_pairs.csv")


def _or_silence(number):
    return "silence on" if number is pd.NA else number
