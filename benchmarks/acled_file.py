"""An invented file in the ACLED layout of 2023, of any size: ``python benchmarks/acled_file.py OUT.csv 2400000``.

The same number of rows gives the same bytes. About one row in four has quotation marks and one in nine a line break in
its notes; one in two thousand repeats an id, one in five hundred has blanks around a cell, and one in a thousand a toll
that is no number.
"""

import csv
import random
import sys

import numpy as np

NAMES = [
    "event_id_cnty", "event_date", "year", "time_precision", "disorder_type", "event_type", "sub_event_type",
    "actor1", "assoc_actor_1", "inter1", "actor2", "assoc_actor_2", "inter2", "interaction", "civilian_targeting",
    "iso", "region", "country", "admin1", "admin2", "admin3", "location", "latitude", "longitude", "geo_precision",
    "source", "source_scale", "notes", "fatalities", "tags", "timestamp",
]  # fmt: skip
_SEED, _AT_ONCE, _N_POOL = 20200103, 100_000, 5_000
_KINDS = [
    ("Political violence", "Explosions/Remote violence", "Shelling/artillery/missile attack"),
    ("Political violence", "Explosions/Remote violence", "Air/drone strike"),
    ("Political violence", "Battles", "Armed clash"),
    ("Political violence", "Violence against civilians", "Attack"),
    ("Demonstrations", "Protests", "Peaceful protest"),
]
_ACTORS = [
    "Unidentified Armed Group (Iraq)",
    "Military Forces of Iraq (2020-2022)",
    "Military Forces of the United States (2021-)",
    "Islamic State (Iraq)",
    "QSD: Syrian Democratic Forces",
    "Protesters (Iraq)",
    "Civilians (Syria)",
    "",
]
_PLACES = [
    ("IRQ", 368, "Iraq", "Baghdad", "Karkh", 33.32, 44.37),
    ("IRQ", 368, "Iraq", "Al Anbar", "Aïn al Asad", 33.79, 42.44),
    ("IRQ", 368, "Iraq", "Arbil", "Erbil", 36.19, 44.01),
    ("SYR", 760, "Syria", "Deir ez Zor", "Al Mayadin", 35.02, 40.45),
    ("SYR", 760, "Syria", "Al Hasakeh", "Al Shaddadi", 36.06, 40.73),
]
_SOURCES = ["AP", "Shafaq; NINA", "SOHR", "Liveuamap; Twitter; Al Sumaria", "Suwayda 24", "Reuters; AFP"]
_SENTENCES = [
    "rockets fell near a base that houses foreign troops, and several buildings were damaged",
    "unidentified gunmen opened fire on a checkpoint in the outskirts of the town before they fled by car",
    "a roadside bomb went off beside a convoy of trucks on the motorway",
    "security forces searched the area and found a launcher with two more projectiles",
    "residents gathered before the council and demanded electricity and work",
    "the air defence of the base is said to have brought down one drone",
    "no group has claimed responsibility so far",
]
_ENDS = ["No casualties were reported.", "Casualties unknown.", "One soldier was killed.", "Two people were injured."]


def make_rows(n_rows):
    """The rows of a file, in pieces."""
    rng, draw = np.random.default_rng(_SEED), random.Random(_SEED)
    notes = [_make_note(draw, n) for n in range(_N_POOL)]
    days = np.datetime64("2017-01-01") + np.arange(3_000)
    for start in range(0, n_rows, _AT_ONCE):
        n = min(_AT_ONCE, n_rows - start)
        picks = rng.integers(1 << 30, size=(n, 12)).tolist()
        written = np.datetime_as_string(days[rng.integers(len(days), size=n)]).tolist()
        offsets = rng.normal(0, 0.3, size=(n, 2)).round(4).tolist()
        yield [
            _make_row(start + k, pick, day, offset, notes)
            for k, (pick, day, offset) in enumerate(zip(picks, written, offsets, strict=True))
        ]


def _make_note(draw, number):
    """An account of one to five sentences."""
    note = ". ".join(sentence.capitalize() for sentence in draw.choices(_SENTENCES, k=draw.randint(1, 5)))
    note = note.replace("drone", '"suicide" drone') if number % 3 else note
    return f"{note}.{chr(10) if number % 9 == 0 else ' '}{draw.choice(_ENDS)}"


def _make_row(number, pick, day, offset, notes):
    """One row, from twelve random numbers, a day and an offset of its place."""
    code, iso, country, admin1, admin2, latitude, longitude = _PLACES[pick[0] % len(_PLACES)]
    disorder, kind, sub_kind = _KINDS[pick[1] % len(_KINDS)]
    first, second = _ACTORS[pick[2] % 7], _ACTORS[pick[3] % 8]
    note = f"On {day}, in {admin2} ({admin1}), {notes[pick[4] % _N_POOL]}"
    toll = "many" if pick[5] % 1000 == 7 else "0" if pick[5] % 4 else str(pick[5] % 9)
    inter = pick[6] % 8 + 1
    return (
        f"{code}{number - (number > 0 and pick[7] % 1000 == 0)}", day, day[:4], pick[8] % 10 // 8 + 1, disorder, kind,
        sub_kind, first, "" if pick[9] % 3 else "Popular Mobilization Forces", inter, second, "", pick[6] % 7,
        f"{inter}{pick[6] % 7}", "Civilian targeting" if kind.startswith("Violence") else "", iso, "Middle East",
        country, admin1, admin2, f" {admin2} Centre " if pick[10] % 500 == 0 else f"{admin2} Centre",
        f"{admin2} - {pick[10] % 900}", f"{latitude + offset[0]:.4f}", f"{longitude + offset[1]:.4f}",
        pick[8] % 20 // 18 + 1, _SOURCES[pick[11] % len(_SOURCES)], "National" if pick[11] % 2 else "Other-National",
        note, toll, "" if pick[9] % 5 else "crowd size=no report", 1_600_000_000 + number,
    )  # fmt: skip


def main(path, n_rows):
    """Write a file of so many rows."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(NAMES)
        for rows in make_rows(int(n_rows)):
            writer.writerows(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
