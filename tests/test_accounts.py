"""One account: counts, days, sites and addresses in words; the rows that it adds, and no other byte."""

import datetime

import pandas as pd
import pytest
from small_collection import spoil, write_small

from helpers import accounts, load
from helpers.schemas import DataError, load_schema

SCHEMA = load_schema()
FRIDAY = datetime.date(2022, 1, 14)
KNOWN = {
    "source_id": "own-2",
    "coder": "me",
    "event_date": "2020-02-09",
    "date_basis": "stated",
    "part_of_day": "unknown",
    "site_id": "base_x",
    "incident_id": "new",
    "inclusion": "core",
    "judgement:2020-02-10_base_x": "",
    "weapon": "drone",
    "defence_active": "unknown",
    "damage": "unknown",
    "found_by": "followup",
}


@pytest.fixture
def folder(tmp_path):
    write_small(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write_small(folder)
    return accounts.load_tables(folder)


def write(folder, answers):
    raw = accounts.load_tables(folder)
    assert accounts.find_faults(answers, raw, SCHEMA) == {}
    accounts.write_account(folder, answers, accounts.make_rows(answers, raw, SCHEMA))


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("three", 3, 3), ("three rockets", 3, 3), ("17", 17, 17), ("a rocket", 1, 1), ("twenty-one", 21, 21),
        ("about a dozen people injured", 12, 12), ("half a dozen", 6, 6), ("a pair of drones", 2, 2),
        ("at least four", 4, None), ("At least a dozen missiles", 12, None), ("3 or more", 3, None),
        ("more than 20", 21, None), ("no fewer than two", 2, None),
        ("up to twelve", None, 12), ("no more than five", None, 5), ("fewer than five", None, 4),
        ("a couple", 2, 2), ("a couple of drones", 2, 2), ("nearly ten", 10, 10), ("almost a hundred", 100, 100),
        ("over a hundred rockets", 101, None), ("one hundred", 100, 100), ("up to two hundred", None, 200),
        ("3-5", 3, 5), ("10 to 12", 10, 12), ("one or two", 1, 2), ("between two and three", 2, 3),
        ("several", 2, None), ("a few rockets", 2, None), ("rockets", 2, None), ("dozens wounded", 24, None),
        ("none", 0, 0), ("no casualties", 0, 0), ("nobody", 0, 0), ("nobody was hurt", 0, 0), ("0", 0, 0),
    ],
)  # fmt: skip
def test_counts_in_words(text, least, most):
    people = {"injured", "wounded", "casualties", "hurt"} & set(text.split())
    assert accounts._read_count(text, "injured" if people else "launched") == (least, most)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("killed", "3 wounded"), ("killed", "no injuries"), ("injured", "two killed"), ("launched", "3 people"),
        ("us_killed", "one hurt"), ("hit", "no casualties"), ("injured", "4 rockets"), ("killed", "rockets"),
        ("killed", "nobody was hurt"), ("injured", "3 casualties"),
    ],
)  # fmt: skip
def test_a_number_of_something_else_is_refused(name, text):
    with pytest.raises(ValueError, match="a count that is understood"):
        accounts.read_answer(name, {name: text}, {}, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "lots",
        "hundreds",
        "hundred",
        "a hundred and five",
        "a couple hundred",
        "nearly",
        "5 to 3",
        "fewer than zero",
        "-3",
        "3.5",
        "killed",
        "three hundred",
        "²",
        "1e3",
    ],
)
def test_counts_that_are_not_understood_are_refused(text):
    with pytest.raises(ValueError, match="a count that is understood: 3; at least 4"):
        accounts._read_count(text, "killed")


@pytest.mark.parametrize("name", ["launched", "killed"])
def test_the_words_that_are_listed_give_what_stands_beside_them(name):
    for words, number in accounts.COUNT_WORDS.items():
        said = {accounts.explain(name, {name: word}, {}, SCHEMA) for word in words.split("; ")}
        assert said == {number}


def test_the_conventions_of_the_codebook_hold():
    """What the codebook says of a count is what the desk makes of it."""
    for words, cells in SCHEMA.words.conventions.items():
        for text in words.replace("“", "").replace("”", "").split(", "):
            if cells.startswith("launched_min"):
                least, most = accounts._read_count(text, "launched")
                said = [cells.split("launched_")[n].split()[1].rstrip(",:") for n in (1, 2)]
                assert said == ["empty" if n is None else str(n) for n in (least, most)]


@pytest.mark.parametrize(
    ("text", "day", "basis"),
    [
        ("2022-01-13", "2022-01-13", "stated"), ("13 January 2022", "2022-01-13", "stated"),
        ("January 3rd, 2022", "2022-01-03", "stated"), ("5 Jan", "2022-01-05", "stated"),
        ("31 December", "2021-12-31", "stated"),  # of the year before
        ("Thursday 13 January 2022", "2022-01-13", "stated"), ("Friday, 31 December", "2021-12-31", "stated"),
        ("Thursday night, January 13th", "2022-01-13", "stated"),
        ("Thursday", "2022-01-13", "weekday"), ("early on Thursday", "2022-01-13", "weekday"),
        ("Friday", "2022-01-14", "weekday"), ("last Friday", "2022-01-07", "weekday"),
        ("Saturday night", "2022-01-08", "weekday"),
        ("yesterday", "2022-01-13", "relative"), ("last night", "2022-01-13", "relative"),
        ("two days earlier", "2022-01-12", "relative"), ("this morning", "2022-01-14", "relative"),
    ],
)  # fmt: skip
def test_days_in_words(text, day, basis):
    found, how = accounts._resolve_day(text, FRIDAY)
    assert (str(found), how) == (day, basis)


def test_a_weekday_that_is_not_that_of_the_date_is_refused():
    for text, published in [("Thursday 14 April 2021", None), ("Thursday, 14 April", datetime.date(2021, 4, 20))]:
        with pytest.raises(ValueError, match=r"that agree: 14 April 2021 was a Wednesday$"):
            accounts._resolve_day(text, published)
    with pytest.raises(ValueError, match=r"that agree: 14 April 2021 was a Wednesday$"):
        accounts._read_published("Thursday 14 April 2021")


@pytest.mark.parametrize(
    ("text", "day"), [("1 January", "2021-01-01"), ("2 Jan", "2020-01-02"), ("31 Dec", "2020-12-31")]
)
def test_a_day_without_a_year_at_its_turn(text, day):
    """The day after that of publication is one, too: the page may be read in another zone of time."""
    assert str(accounts._resolve_day(text, datetime.date(2020, 12, 31))[0]) == day


@pytest.mark.parametrize("text", ["overnight", "03/01/2022", "2022-02-30", "30 February", "January", "soon"])
def test_days_that_are_not_understood_are_refused(text):
    with pytest.raises(ValueError, match="a day that is understood"):
        accounts._resolve_day(text, FRIDAY)


def test_a_day_without_a_year_needs_a_day_of_publication():
    for text in ("13 January", "February 29th", "5 Jan", "Wednesday, 14 April"):
        with pytest.raises(ValueError, match="give the year"):
            accounts._resolve_day(text)


def test_a_publication_is_a_date_alone_and_its_weekday_is_told():
    for text in ("Thursday", "13 January", "soon"):
        with pytest.raises(ValueError, match=r"^a day with its year, as 2022-01-13 or 13 January 2022$"):
            accounts._read_published(text)
    answers, raw = {"published": "16 January 2020"}, {"sources": pd.DataFrame({"source_id": [], "url": []})}
    assert accounts.explain("published", answers, raw, SCHEMA) == "Thursday 16 January 2020"
    assert str(accounts._read_published("Thursday 16 January 2020")) == "2020-01-16"


def test_a_weekday_needs_a_day_of_publication():
    with pytest.raises(ValueError, match="a date, since the page has no day of publication"):
        accounts._resolve_day("Thursday")


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("base_x", "base_x"),
        ("Base_X", "base_x"),
        ("camp taji", "base_x"),
        ("the base at Taji", "base_x"),
        ("IZ", "zone_x"),
    ],
)
def test_a_site_by_id_name_or_alias(raw, text, site):
    assert accounts._find_site(text, raw) == site


@pytest.mark.parametrize(
    ("text", "hint"),
    [("Embasy", "such as embassy"), ("emb", "such as embassy_x, embassy"), ("Taji or IZ", "such as base_x, zone_x")],
)
def test_a_site_that_is_none_or_several(raw, text, hint):
    with pytest.raises(ValueError, match=hint):
        accounts._find_site(text, raw)


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://example.org/4", True), ("http://www.EXAMPLE.org/4/?utm_source=x&fbclid=1#top", True),
        ("https://example.org/4?p=1", False), ("https://example.org/44", False), ("https://example.com/4", False),
        ("http://[bad", False), ("www.example.org/4", True),
    ],
)  # fmt: skip
def test_an_address_is_known_whatever_its_dress(raw, url, same):
    assert accounts._same_address(url, raw["sources"])["source_id"].tolist() == ["own-2"] * same


def test_an_address_that_begins_with_www_is_completed_and_shown(raw):
    answers = {"url": "www.example.org/7"}
    assert accounts.read_answer("url", answers, raw, SCHEMA) == {"url": "https://www.example.org/7"}
    assert accounts.explain("url", answers, raw, SCHEMA) == "https://www.example.org/7"
    said = accounts.explain("url", {"url": "www.example.org/4"}, raw, SCHEMA)
    assert said.startswith("https://www.example.org/4; coded already as own-2, ")


def test_a_toll_of_americans_is_one_number():
    def read(text):
        return accounts.read_answer("us_injured", {"us_injured": text}, {}, SCHEMA)

    assert read("at least three") == {"us_injured": "3"}
    assert read("") == {"us_injured": ""}
    with pytest.raises(ValueError, match="a number, or nothing"):
        read("up to three")


# --- fields and rows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answers", "suggested"),
    [
        ("date_basis", {"event_date": "Monday", "source_id": "own-2"}, "weekday"),
        ("date_basis", {"event_date": ""}, "unclear"),
        ("part_of_day", {"event_date": "yesterday evening"}, "evening"),
        ("source_id", {"publisher": "Sky News", "published": "14 January 2022"}, "skynews-2022-01-14a"),
        ("source_id", {"publisher": "own"}, "own-nodate-a"),
        ("source_id", {"url": "https://example.org/4"}, "own-2"),
        ("found_by", {}, "followup"),
        ("damage", {}, "unknown"),
        ("title", {}, ""),
        ("defence_active", {"intercepted": "at least one"}, "yes"),
        ("defence_active", {"intercepted": "none"}, "unknown"),
        ("defence_active", {"intercepted": "up to two"}, "unknown"),
    ],
)
def test_what_enter_stands_for(raw, name, answers, suggested):
    assert accounts.suggest(name, answers, raw, SCHEMA) == suggested


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({}, {"us_killed", "us_injured"}),
        ({"killed": "none"}, {"us_injured"}),
        ({"killed": "", "injured": "nobody"}, {"us_killed"}),
        ({"killed": "up to two", "injured": "none", "us_injured": ""}, {"us_killed", "us_injured"}),
        ({"source_id": "article"}, {"us_killed", "us_injured", "paragraph"}),
    ],
)
def test_what_cannot_be_said_is_not_asked(raw, answers, asked):
    names = {"us_killed", "us_injured", "paragraph"}
    assert names & set(accounts.list_fields(KNOWN | answers, raw, SCHEMA)) == asked


@pytest.mark.parametrize(
    ("site", "day", "found"),
    [
        ("zone_x", "2020-01-13", ["2020-01-13_embassy_x", "2020-01-14_zone_x"]),  # of one complex
        ("embassy_x", "2020-01-16", ["2020-01-13_embassy_x", "2020-01-14_zone_x"]),  # one report gives the 14th
        ("embassy_x", "2020-01-17", []),
        ("base_x", "2020-01-14", []),
    ],
)
def test_incidents_of_the_same_complex_within_two_days_are_offered(raw, site, day, found):
    assert accounts.find_incidents({"site_id": site, "event_date": day}, raw, SCHEMA)["incident_id"].tolist() == found


@pytest.mark.parametrize(
    ("source", "day", "told", "suggested"),
    [
        ("republicworld-2023-03-25a", "2023-04-03", ["2023-03-24_conoco, 10 days", "2023-03-23_rmelan_rlz, 2023-"], ""),
        ("republicworld-2023-03-25a", "2023-04-04", ["2023-03-24_conoco, 11 days", "2023-03-23_rmelan_rlz, "], "new"),
        ("ntd-2023-03-24a", "2023-03-27", ["2023-03-24_conoco, 3 days", "is coded to 2023-03-23_rmelan_rlz"], "new"),
        ("sky-1", "2022-01-02", ["2022-01-05_conoco, 3 days"], "new"),
    ],
)
def test_where_no_incident_is_near_the_nearest_and_those_of_the_page_are_told(frozen, source, day, told, suggested):
    """Enter makes no new incident where the page is coded to one of the complex within ten days."""
    answers = {"source_id": source, "event_date": day, "site_id": "conoco"}
    none, *rest = accounts.describe_none(answers, frozen, SCHEMA)
    assert none == "none within 2 days"
    assert [part in line for part, line in zip(told, rest, strict=True)] == [True] * len(told)
    assert accounts.suggest("incident_id", answers, frozen, SCHEMA) == suggested


def test_without_a_day_or_another_incident_there_is_no_nearest(frozen, raw):
    answers = {"source_id": "thehill-nd-c", "event_date": "", "site_id": "conoco"}
    said = ["none can be found without a day", "   this page is coded to 2022-08-24_conoco, 2023-01-04_conoco"]
    assert accounts.describe_none(answers, frozen, SCHEMA) == said
    empty = raw | {name: raw[name].iloc[:0] for name in ("incident_register", "reports")}
    answers = {"source_id": "own-2", "event_date": "2020-02-01", "site_id": "base_x"}
    assert accounts.describe_none(answers, empty, SCHEMA) == ["none within 2 days"]


@pytest.mark.parametrize(("said", "value"), [("Rockets", "rocket"), ("drones", "drone"), ("yes", None)])
def test_a_weapon_may_stand_in_the_plural(said, value):
    if value is None:
        with pytest.raises(ValueError, match="one of rocket"):
            accounts.read_answer("weapon", {"weapon": said}, {}, SCHEMA)
    else:
        assert accounts.read_answer("weapon", {"weapon": said}, {}, SCHEMA) == {"weapon": value}


def test_a_new_incident_asks_what_the_register_wants_and_whether_it_is_another_ones_double(raw):
    fields = accounts.list_fields(KNOWN, raw, SCHEMA)
    assert fields[:2] == ["url", "source_id"]
    assert fields[7:12] == ["incident_id", "inclusion", "reason", "judgement:2020-02-10_base_x", "weapon"]
    assert "basis" not in fields  # this collection does without
    assert "inclusion" not in accounts.list_fields(KNOWN | {"incident_id": "2020-02-10_base_x"}, raw, SCHEMA)


def test_a_judgement_that_two_are_distinct_is_a_line_too(folder):
    answers = KNOWN | {"judgement:2020-02-10_base_x": "distinct", "reason:2020-02-10_base_x": "Two pages."}
    write(folder, answers)
    assert load.load_raw(folder)["distinct_pairs"].iloc[-1].tolist() == [
        *("2020-02-09_base_x", "2020-02-10_base_x", "distinct", "Two pages."),
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_one_line_more_and_every_other_byte_as_it_was(mark, end, last):
    content = mark + end.join([b"month,note", b'2020-01,"a, b"']) + end * last
    found = accounts._append_rows(content, [{"note": 'says "two", twice', "month": "2020-02"}], "coverage")
    assert found == content + end * (not last) + b'2020-02,"says ""two"", twice"' + end * last


def test_a_cell_without_a_column_is_not_lost_in_silence():
    with pytest.raises(
        DataError, match=r"coverage.csv:1: note: a value: nothing, since coverage.csv has no such column"
    ):
        accounts._append_rows(b"month\n", [{"month": "2020-02", "note": "x"}], "coverage")


def test_line_ends_of_windows_and_a_mark_stay_through_the_whole_way(folder):
    path = folder / "raw" / "reports.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n").removesuffix(b"\r\n"))
    before = path.read_bytes()
    write(folder, KNOWN)
    after = path.read_bytes()
    assert after.startswith(before + b"\r\n2020-02-09_base_x,own-2,")
    assert after.count(b"\n") == before.count(b"\n") + 1
    assert load.load_raw(folder)["reports"]["coder"].iloc[-1] == "me"


def test_rows_that_came_in_between_are_kept(folder):
    """Each account was read and shown before the other was written."""
    raw = accounts.load_tables(folder)
    other = KNOWN | {"source_id": "own-1", "incident_id": "new 2020-01-30_base_x", "event_date": "2020-01-30"}
    shown = [(answers, accounts.make_rows(answers, raw, SCHEMA)) for answers in (KNOWN, other)]
    for answers, rows in shown:
        accounts.write_account(folder, answers, rows)
    assert load.load_raw(folder)["reports"]["incident_id"].tolist()[-2:] == ["2020-02-09_base_x", "2020-01-30_base_x"]


def test_a_new_incident_that_came_in_between_is_to_be_judged(folder):
    """Two coders with new incidents within a day of each other: the second is asked, for it was not shown the first."""
    raw = accounts.load_tables(folder)
    other = KNOWN | {"source_id": "own-1", "event_date": "2020-02-08"}
    rows = accounts.make_rows(other, raw, SCHEMA)
    write(folder, KNOWN)
    before = (folder / "raw" / "reports.csv").read_bytes()
    with pytest.raises(
        accounts.AccountError, match="changed meanwhile; judgement:2020-02-09_base_x: allowed is an answer"
    ):
        accounts.write_account(folder, other, rows)
    assert (folder / "raw" / "reports.csv").read_bytes() == before


def test_an_account_that_means_another_by_now_is_refused(folder):
    rows = accounts.make_rows(KNOWN, accounts.load_tables(folder), SCHEMA)
    write(folder, KNOWN)
    before = (folder / "raw" / "reports.csv").read_bytes()
    with pytest.raises(accounts.AccountError, match="the tables have changed meanwhile"):
        accounts.write_account(folder, KNOWN, rows)
    assert (folder / "raw" / "reports.csv").read_bytes() == before


def test_the_same_account_twice_is_one_too_many(folder):
    answers = KNOWN | {"incident_id": "2020-01-14_zone_x"}
    rows = accounts.make_rows(answers, accounts.load_tables(folder), SCHEMA)
    accounts.write_account(folder, answers, rows)
    with pytest.raises(accounts.AccountError, match="this page's account of this incident is already coded"):
        accounts.write_account(folder, answers, rows)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2020-02-10_base_y", "such as 2020-02-10_base_x"),
        ("nwe", "the id of an incident that is there; or new"),
        ("3", "the id of an incident, or new"),
        ("2020-02-10_base_x", "this page's account of this incident is already coded"),
        ("new 2020-02-10_base_x", "which is there already"),
        ("new base_x", "YYYY-MM-DD_site"),
    ],
)
def test_an_incident_that_cannot_be_meant_is_refused(raw, text, said):
    with pytest.raises(ValueError, match=said):
        accounts.read_answer("incident_id", KNOWN | {"incident_id": text}, raw, SCHEMA)


def test_a_second_attack_of_a_day_is_new_with_an_id(raw):
    answers = KNOWN | {"incident_id": "NEW 2020-02-10_base_x_2"}
    assert accounts.read_answer("incident_id", answers, raw, SCHEMA) == {"incident_id": "2020-02-10_base_x_2"}
    assert "inclusion" in accounts.list_fields(answers, raw, SCHEMA)


def test_a_number_that_is_not_listed_is_refused_with_those_that_are(raw):
    answers = {"incident_id": "9", "site_id": "zone_x", "event_date": "2020-01-13"}
    with pytest.raises(ValueError, match="a number from 1 to 2, the id"):
        accounts.read_answer("incident_id", answers, raw, SCHEMA)


def test_a_fault_that_came_in_between_is_found(folder):
    rows = accounts.make_rows(KNOWN, accounts.load_tables(folder), SCHEMA)
    spoil(folder / "raw", "reports.csv", ",rocket,", ",rockt,")
    for do in (lambda: accounts.write_account(folder, KNOWN, rows), lambda: accounts.load_tables(folder)):
        with pytest.raises(DataError, match="'rockt'"):
            do()


def test_the_first_account_of_a_collection(folder):
    """Tables that grow may hold a header alone, and are whole once the row is there; others may not."""
    for name in ("sources", "reports", "incident_register", "distinct_pairs", "context_events", "places"):
        path = folder / "raw" / f"{name}.csv"
        path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
    source = {"source_id": "sky-1", "publisher": "Sky", "published": "2020-02-10", "agency": "own", "language": "en"}
    spoil(folder / "raw", "incident_register.csv", ",reason", ",reason,basis")
    with pytest.raises(AssertionError, match="basis"):
        write(folder, KNOWN | source)
    write(folder, KNOWN | source | {"basis": "outlet"})
    assert len(load.load_raw(folder)["reports"]) == 1
    spoil(folder / "raw", "search_log.csv", "2020-01,1,8,1\n2020-01,2,8,1\n2020-02,1,8,0\n", "")
    with pytest.raises(DataError, match="search_log"):
        accounts.load_tables(folder)


def test_what_changes_is_shown_before_and_after(folder):
    raw = accounts.load_tables(folder)
    answers = KNOWN | {"incident_id": "2020-02-10_base_x", "source_id": "ap-2", "weapon": "rocket", "launched": "6"}
    lines, faults = accounts.preview(folder, accounts.make_rows(answers, raw, SCHEMA), raw, SCHEMA)
    assert faults == []
    assert "   launched: 5, 5, 12 -> 5, 5, 12" not in lines
    assert "   weapon: mixed -> rocket" in lines
    assert "   date: 2020-02-10 -> 2020-02-10 (2020-02-09 to 2020-02-10)" in lines


def test_a_new_source_of_an_address_that_is_coded_under_no_date(raw):
    """Nor may it be another date than none."""
    answers = {"url": "https://example.org/3", "source_id": "x-1", "published": "2020-01-14"}
    with pytest.raises(ValueError, match="nothing, under which the address is coded already as own-1"):
        accounts.read_answer("published", answers, raw, SCHEMA)
    assert accounts.read_answer("published", answers | {"published": ""}, raw, SCHEMA) == {"published": ""}


def test_a_source_with_another_address_is_another(raw):
    answers = {"url": "https://example.org/new", "source_id": "own-1"}
    with pytest.raises(ValueError, match="another id"):
        accounts.read_answer("source_id", answers, raw, SCHEMA)


def test_incidents_are_listed_with_their_accounts(raw):
    found = raw["incident_register"].iloc[[2]]
    assert accounts.describe_incidents(found, raw) == [
        "1  2020-02-10_base_x (core)",
        "   own-1: no day, base_x, rocket, launched up to 12, hit 0",
        "   own-2: 2020-02-10, base_x, drone, launched 5, hit 0",
    ]
