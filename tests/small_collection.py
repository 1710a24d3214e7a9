"""A collection small enough to read: three incidents, six reports, two months."""

from pathlib import Path

# One row a line; cells are padded with commas to the length of the header when written.
TABLES = {
    "sources": """
source_id,publisher,agency,title,published,language,url
article,AP,AP,Rockets,2020-01-15,en,https://example.org/1
ap-2,Daily,AP,,2020-01-16,en,https://example.org/2
own-1,Herald,own,,,en,https://example.org/3
own-2,Gazette,own,,2020-02-11,ar,https://example.org/4
""",
    "sites": """
site_id,name,aliases,site_type,complex,country,latitude,longitude,precision_km,us_until,note
embassy_x,Embassy,,embassy,centre,Iraq,33.299,44.396,0.5
zone_x,Green Zone,IZ,green_zone,centre,Iraq,33.306,44.387,2.0
base_x,Camp Taji,Taji,base,taji,Iraq,33.53,44.26,1.5,2020-08-23
""",
    "places": """
place_id,name,aliases,latitude,longitude,precision_km,source_id,note
dora,Dora,Doura,33.25,44.4,3.0,own-1
desert,the desert,,,,,,no point given
""",
    "reports": """
incident_id,source_id,coder,event_date,date_basis,part_of_day,site_id,weapon,launched_min,launched_max,hit_min,hit_max,\
intercepted_min,intercepted_max,defence_active,killed_min,killed_max,injured_min,injured_max,us_killed,us_injured,\
damage,launch_area,claimed_by,attributed_to,paragraph,origin,found_by,note
2020-01-13_embassy_x,article,a,2020-01-13,weekday,evening,embassy_x,rocket,4,,2,2,1,1,yes,,,2,2,,,minor,Dora,,,1;2,,article
2020-01-13_embassy_x,ap-2,a,2020-01-13,stated,evening,embassy_x,rocket,4,,2,2,1,1,yes,,,2,2,,,minor,,,,,,protocol
2020-01-13_embassy_x,own-1,a,2020-01-14,stated,night,zone_x,rocket,3,3,1,1,,,unknown,0,0,,,,,unknown,a farm,,,,,protocol
2020-01-14_zone_x,own-1,a,2020-01-14,stated,unknown,zone_x,unknown,2,,,,,,unknown,,,,,,,unknown,,,,,,protocol
2020-02-10_base_x,own-1,a,,unclear,unknown,base_x,rocket,,12,0,0,,,unknown,,,,,,,none,,,,,,followup
2020-02-10_base_x,own-2,a,2020-02-10,relative,night,base_x,drone,5,5,0,0,,,no,,,,,,,none,,group,,,,followup
""",
    "incident_register": """
incident_id,site_id,inclusion,reason
2020-01-13_embassy_x,embassy_x,core
2020-01-14_zone_x,zone_x,borderline,may double
2020-02-10_base_x,base_x,core
""",
    "distinct_pairs": """
incident_id,other_id,judgement,reason
2020-01-13_embassy_x,2020-01-14_zone_x,unsure,told alike
""",
    "context_events": """
event_id,source_id,date,date_precision,clock,kind,title,paragraph,note
killing,article,2020-01-03,day,local,trigger,the killing,3
vow,own-1,2020-02,month,local,statement,a vow
""",
    "search_log": """
month,query_no,results,new_incidents
2020-01,1,8,1
2020-01,2,8,1
2020-02,1,8,0
""",
    "second_coding/sources": """
source_id,publisher,agency,title,published,language,url
own-1,Herald,own,,,en,https://example.org/3
second-1,Echo,own,,2020-01-14,en,https://example.org/5
""",
    "second_coding/reports": """
incident_id,source_id,coder,event_date,date_basis,part_of_day,site_id,weapon,launched_min,launched_max,hit_min,hit_max,\
intercepted_min,intercepted_max,defence_active,killed_min,killed_max,injured_min,injured_max,us_killed,us_injured,\
damage,launch_area,claimed_by,attributed_to,paragraph,origin,found_by,note
2020-01-13_embassy_x,own-1,b,2020-01-13,stated,night,embassy_x,rocket,3,3,,,,,unknown,,,,,,,unknown,,,,,,protocol
2020-01-13_embassy_x,second-1,b,2020-01-13,stated,night,embassy_x,rocket,2,,,,,,unknown,,,,,,,unknown,,,,,,protocol
""",
    "second_coding/search_log": """
month,query_no,results,new_incidents
2020-01,1,8,1
""",
}


def write_small(data_dir: Path) -> Path:
    """Write the collection below ``data_dir/raw``, and return that folder."""
    for name, text in TABLES.items():
        header, *rows = text.strip().split("\n")
        padded = [row + "," * (header.count(",") - row.count(",")) for row in rows]
        path = data_dir / "raw" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([header, *padded, ""]), encoding="utf-8")
    return data_dir / "raw"


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first ``old`` in a file, which must be there."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
