"""The same invented events as files of each vintage of ACLED and UCDP."""

import csv
import io
import tempfile
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq

from helpers.importers import convert


def names(text):
    """The columns of a header."""
    return text.split()


ACLED_2016 = names(
    "GWNO EVENT_ID_CNTY EVENT_ID_NO_CNTY EVENT_DATE YEAR TIME_PRECISION EVENT_TYPE ACTOR1 ALLY_ACTOR_1 INTER1 "
    "ACTOR2 ALLY_ACTOR_2 INTER2 INTERACTION COUNTRY ADMIN1 ADMIN2 ADMIN3 LOCATION LATITUDE LONGITUDE GEO_PRECISION "
    "SOURCE NOTES FATALITIES"
)
ACLED_29 = names(
    "iso event_id_cnty event_id_no_cnty event_date year time_precision event_type sub_event_type actor1 "
    "assoc_actor_1 inter1 actor2 assoc_actor_2 inter2 interaction region country admin1 admin2 admin3 location "
    "latitude longitude geo_precision source source_scale notes fatalities timestamp"
)
ACLED_31 = ["data_id", *ACLED_29, "iso3"]
ACLED_2023 = names(
    "event_id_cnty event_date year time_precision disorder_type event_type sub_event_type actor1 assoc_actor_1 "
    "inter1 actor2 assoc_actor_2 inter2 interaction civilian_targeting iso region country admin1 admin2 admin3 "
    "location latitude longitude geo_precision source source_scale notes fatalities tags timestamp"
)
ACLED_2025 = [*ACLED_2023, "population_1km", "population_2km", "population_5km", "population_best"]
UCDP_42 = names(
    "id year active_year type_of_violence conflict_new_id conflict_name dyad_new_id dyad_name side_a_new_id gwnoa "
    "side_a side_b_new_id gwnob side_b number_of_sources source_article source_office source_date source_headline "
    "source_original where_prec where_coordinates adm_1 adm_2 latitude longitude geom_wkt priogrid_gid country "
    "country_id region event_clarity date_prec date_start date_end deaths_a deaths_b deaths_civilians "
    "deaths_unknown low best high"
)
UCDP_49 = names(
    "id relid year active_year code_status type_of_violence conflict_dset_id conflict_new_id conflict_name "
    "dyad_dset_id dyad_new_id dyad_name side_a_dset_id side_a_new_id side_a side_b_dset_id side_b_new_id side_b "
    "number_of_sources source_article source_office source_date source_headline source_original where_prec "
    "where_coordinates where_description adm_1 adm_2 latitude longitude geom_wkt priogrid_gid country country_id "
    "region event_clarity date_prec date_start date_end deaths_a deaths_b deaths_civilians deaths_unknown best high "
    "low gwnoa gwnob"
)
UCDP_HDX = [*UCDP_42[:29], "iso3", *UCDP_42[29:]]

# An event to the day, one to the week of unknown toll, one to the month.
ACLED = [
    {"event_id_cnty": "IRQ1", "event_date": "2022-04-15", "time_precision": "1", "geo_precision": "1",
     "disorder_type": "Political violence", "event_type": "Explosions/Remote violence",
     "sub_event_type": "Shelling/artillery/missile attack", "actor1": "Unidentified Armed Group (Iraq)",
     "actor2": "Military Forces of the United States (2021-)", "assoc_actor_2": "Global Coalition Against Daesh",
     "inter1": "3", "inter2": "8", "country": "Iraq", "region": "Middle East", "location": "Aïn al Asad",
     "latitude": "33.7856", "longitude": "42.4412", "source": "AP; Reuters; Shafaq", "source_scale": "Other",
     "notes": "Two rockets fell near the base. No casualties.", "fatalities": "0", "admin1": "Al Anbar"},
    {"event_id_cnty": "IRQ2", "event_date": "2022-01-03", "time_precision": "2", "geo_precision": "2",
     "event_type": "Explosions/Remote violence", "sub_event_type": "Air/drone strike", "actor1": "A", "actor2": "B",
     "country": "Iraq", "latitude": "33.3", "longitude": "44.4", "source": "AP",
     "notes": 'A "swarm",\nit is said. Casualties unknown.', "fatalities": "0"},
    {"event_id_cnty": "SYR3", "event_date": "2024-02-20", "time_precision": "3", "geo_precision": "3",
     "event_type": "Battles", "sub_event_type": "Armed clash", "actor1": "A", "country": "Syria", "latitude": "35",
     "longitude": "40.1", "source": "SOHR", "notes": "Clashes.", "fatalities": "12"},
]  # fmt: skip
UCDP = [
    {"id": "7", "date_start": "2016-01-01", "date_end": "2016-01-01", "date_prec": "1", "where_prec": "1",
     "type_of_violence": "1", "side_a": "Government of Syria", "side_b": "IS", "country": "Syria", "latitude": "34.8",
     "longitude": "36.7", "number_of_sources": "2", "source_article": 'SOHR, "one";\nAP', "deaths_a": "1",
     "deaths_b": "2", "deaths_civilians": "0", "deaths_unknown": "1", "low": "3", "best": "4", "high": "6"},
    {"id": "8", "date_start": "2016-02-01", "date_end": "2016-02-09", "date_prec": "4", "where_prec": "6",
     "type_of_violence": "2", "side_a": "IS", "side_b": "X", "country": "Yemen (North Yemen)", "latitude": "15.5",
     "longitude": "48", "number_of_sources": "-1", "low": "5", "best": "4", "high": "4"},
]  # fmt: skip


def write(events, header, separator=",", line_end="\n"):
    """Events as a CSV text with the columns of a header, in its case."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, lineterminator=line_end)
    writer.writerow(header)
    plain = [name.lower().replace("ally_actor", "assoc_actor") for name in header]
    writer.writerows([event.get(name, "") for name in plain] for event in events)
    return text.getvalue()


@cache
def baseline(command):
    """The incidents and the notes of these events in the latest layout; not to be changed."""
    events, header = {"acled": (ACLED, ACLED_2023), "ucdp": (UCDP, UCDP_49)}[command]
    with tempfile.TemporaryDirectory() as folder:
        return bring_in(command, Path(folder), write(events, header))


def bring_in(command, folder, *contents, name="events.csv", **rule):
    """The incidents of files of these contents, and what is said of them; all of them where no rule is given."""
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"{number}{name}")
        paths[-1].write_bytes(content if isinstance(content, bytes) else content.encode())
    out = folder / "incidents.parquet"
    notes = convert.import_events(command, map(str, paths), out, lambda line: None, **rule or {"keep_all": True})
    return pq.read_table(out).to_pylist(), [note for note in notes if note != convert._NO_RULE]
