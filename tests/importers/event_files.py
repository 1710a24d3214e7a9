"""The same invented events as files of each vintage of ACLED, UCDP and GTD."""

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
GTD_135 = names(
    "eventid iyear imonth iday approxdate extended resolution country country_txt region region_txt provstate city "
    "latitude longitude specificity vicinity location summary crit1 crit2 crit3 doubtterr alternative alternative_txt "
    "multiple success suicide attacktype1 attacktype1_txt attacktype2 attacktype2_txt attacktype3 attacktype3_txt "
    "targtype1 targtype1_txt targsubtype1 targsubtype1_txt corp1 target1 natlty1 natlty1_txt targtype2 targtype2_txt "
    "targsubtype2 targsubtype2_txt corp2 target2 natlty2 natlty2_txt targtype3 targtype3_txt targsubtype3 "
    "targsubtype3_txt corp3 target3 natlty3 natlty3_txt gname gsubname gname2 gsubname2 gname3 gsubname3 motive "
    "guncertain1 guncertain2 guncertain3 individual nperps nperpcap claimed claimmode claimmode_txt claim2 claimmode2 "
    "claimmode2_txt claim3 claimmode3 claimmode3_txt compclaim weaptype1 weaptype1_txt weapsubtype1 weapsubtype1_txt "
    "weaptype2 weaptype2_txt weapsubtype2 weapsubtype2_txt weaptype3 weaptype3_txt weapsubtype3 weapsubtype3_txt "
    "weaptype4 weaptype4_txt weapsubtype4 weapsubtype4_txt weapdetail nkill nkillus nkillter nwound nwoundus nwoundte "
    "property propextent propextent_txt propvalue propcomment ishostkid nhostkid nhostkidus nhours ndays divert "
    "kidhijcountry ransom ransomamt ransomamtus ransompaid ransompaidus ransomnote hostkidoutcome hostkidoutcome_txt "
    "nreleased addnotes scite1 scite2 scite3 dbsource INT_LOG INT_IDEO INT_MISC INT_ANY related"
)

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
# An event to the day, one to the month with a share of a toll, one to the year; ids do not tell the day.
GTD = [
    {"eventid": "202003110001", "iyear": "2020", "imonth": "3", "iday": "12", "extended": "0", "country": "95",
     "country_txt": "Iraq", "region": "10", "region_txt": "Middle East & North Africa", "provstate": "Saladin",
     "city": "Aïn", "latitude": "33.7856", "longitude": "42.4412", "specificity": "1", "vicinity": "-9",
     "summary": "03/12/2020: Assailants fired rockets at a camp.", "doubtterr": "0", "multiple": "1", "success": "1",
     "suicide": "0", "attacktype1": "3", "attacktype1_txt": "Bombing/Explosion", "targtype1": "4",
     "targtype1_txt": "Military", "targsubtype1": "27", "natlty1": "217", "natlty1_txt": "United States",
     "corp1": "US", "target1": "Camp", "gname": "Group A", "gname2": "Group B", "gname3": "Group C", "claimed": "1",
     "claim2": "1", "claim3": "0", "weaptype1": "6", "weaptype1_txt": "Explosives", "weapsubtype1": "11",
     "weapsubtype1_txt": "Projectile (rockets, mortars, RPGs, etc.)", "weapdetail": "107mm Rockets", "nkill": "3",
     "nkillus": "2", "nkillter": "0", "nwound": "12", "nwoundus": "5", "nwoundte": "0", "property": "-9",
     "scite1": "\"A day,\" AP", "scite2": "Reuters", "dbsource": "START Primary Collection",
     "related": "202003110001, 202003110002"},
    {"eventid": "202002000007", "iyear": "2020", "imonth": "2", "iday": "0", "approxdate": "mid-February 2020",
     "country": "200", "country_txt": "Syria", "latitude": "35", "longitude": "40.1", "specificity": "4",
     "doubtterr": "1", "gname": "Unknown", "claimed": "1", "weaptype1": "6", "weapsubtype1": "16",
     "weapdetail": "An explosives-laden drone", "nkill": "0.33", "nwound": "2.5", "nkillus": "0"},
    {"eventid": "201800000001", "iyear": "2018", "imonth": "0", "iday": "0", "country": "95", "country_txt": "Iraq",
     "specificity": "5", "extended": "1", "resolution": "2019-01-31", "gname": "Group A", "claimed": "-9",
     "weaptype1": "5", "nkill": "-99", "nwound": ""},
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
    events, header = {"acled": (ACLED, ACLED_2023), "ucdp": (UCDP, UCDP_49), "gtd": (GTD, GTD_135)}[command]
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
