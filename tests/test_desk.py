"""The desk at a real pseudo-terminal: the whole walk, a step back, leaving it; and an account from a file."""

import json
import os
import re
import shlex
import subprocess
import sys

import pytest
from small_collection import write_small
from terminals import CTRL_B, CTRL_C, CTRL_D, talk, talk_to_command

from conftest import ROOT
from helpers import accounts, checks, cli, desk
from helpers.schemas import DataError, load_schema

ACCOUNT = {
    "url": "https://example.org/6",
    "source_id": "echo-2020-01-16a",
    "published": "2020-01-16",
    "publisher": "Echo",
    "agency": "own",
    "language": "en",
    "coder": "me",
    "event_date": "yesterday",
    "date_basis": "relative",
    "part_of_day": "night",
    "site_id": "Taji",
    "incident_id": "new",
    "inclusion": "core",
    "weapon": "rocket",
    "launched": "at least four",
    "hit": 1,
    "defence_active": "no",
    "damage": "minor",
    "found_by": "followup",
}
# To each question the answer of the walk; where the line above is empty, Enter takes what is suggested.
WALK = [
    ("url>", ""),
    ("Tab: values ?: help <: back Ctrl-C: stop", "https://www.example.org/6/?utm_source=x\r"),
    ("published>", "16 January 2020\r"),
    ("publisher>", "Echo\r"),
    ("agency [unknown]>", "\t"),
    ("the publisher's own text", "own\r"),  # the definition beside the value
    ("title>", "\r"),
    ("language>", "en\r"),
    ("source_id [echo-2020-01-16a]>", "\r"),
    ("coder>", "me\r"),
    ("event_date>", "Monday night\r"),
    ("= Monday 13 January 2020", ""),
    ("date_basis [weekday]>", "\r"),
    ("part_of_day [night]>", "\r"),
    ("site_id>", "IZ\r"),
    ("= Green Zone (zone_x)", ""),
    ("1  2020-01-13_embassy_x (core)", ""),
    ("2  2020-01-14_zone_x (borderline)", ""),
    ("incident_id>", "1\r"),
    ("weapon [unknown]>", "?\r"),
    ("weapon by this source", ""),
    ("rocket: ", ""),
    ("weapon [unknown]>", "rockt\r"),
    ("allowed is one of rocket", ""),
    ("weapon [unknown]>", "rocket\r"),
    ("launched>", "at least four rockets\r"),
    ("= at least 4", ""),
    ("hit>", "none\r"),
    ("intercepted>", "<\r"),  # one step back, by typing ...
    ("hit [none; -: as if not answered]>", CTRL_B),  # ... and by a key
    ("launched [at least four rockets; ", "three\r"),
    ("= 3", ""),
    ("hit [none; ", "\r"),
    ("intercepted>", "\r"),
    ("defence_active [unknown]>", "\r"),
    ("killed>", "one\r"),
    ("injured>", "\r"),
    ("us_killed>", "two\r"),  # more than the killed: no fault of one cell, and found at the end
    ("us_injured>", "\r"),
    ("damage [unknown]>", "\r"),
    *((f"{name}>", "\r") for name in ("launch_area", "claimed_by", "attributed_to", "origin")),
    ("found_by [followup]>", "\r"),
    ("note>", "by hand\r"),
    ("us_killed [two; ", "1\r"),
    ("write it?", "damage\r"),  # a field is asked again by its name
    ("damage [unknown]>", "minor\r"),
    ("checking ...", ""),
    ("write it?", "?\r"),
    ("url, ", ""),
    ("write it?", "Y\r"),
]


@pytest.fixture
def folder(tmp_path):
    write_small(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write_small(folder)
    return accounts.load_tables(folder)


def read_all(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def added(folder, before):
    """The lines that each file has more than before; all that stood there stands there still."""
    after = read_all(folder)
    assert set(after) == set(before)
    assert all(after[name].startswith(content) for name, content in before.items())
    return {name: after[name][len(before[name]) :].decode() for name in after if after[name] != before[name]}


def write_json(folder, **changed):
    path = folder.parent / f"{folder.name}.json"
    path.write_text(json.dumps(ACCOUNT | changed), encoding="utf-8")
    return path


# --- at a terminal --------------------------------------------------------------------------------------------------


def test_the_walk_from_the_address_to_the_row_at_40_columns(folder, monkeypatch):
    before, told = read_all(folder), []
    _, error = talk(
        lambda show: desk.add_report(folder, progress=lambda line: show(told.append(line) or line)),
        WALK,
        monkeypatch,
        columns=40,
    )
    assert error is None
    assert added(folder, before) == {
        "raw/sources.csv": "echo-2020-01-16a,Echo,own,,2020-01-16,en,https://www.example.org/6/?utm_source=x\n",
        "raw/reports.csv": "2020-01-13_embassy_x,echo-2020-01-16a,me,2020-01-13,weekday,night,zone_x,rocket,3,3,0,0,,,"
        "unknown,1,1,,,1,,minor,,,,,,followup,by hand\n",
    }
    words = " ".join(" ".join(told).split())
    assert "own-1: 2020-01-14, zone_x, rocket, launched 3, hit 1, killed 0" in words
    assert "us_killed: 2 (killed_max 1): at most killed_max" in words
    assert "killed: 0, 0, 0 -> 0, 1, 1" in words  # tolls of a later day vote alone
    assert "n_reports: 3 -> 4" in words
    option = shlex.join(["--data", str(folder)])
    commands = [f"validate {shlex.quote(str(folder / 'raw'))}", f"build {option}", f"changes {option}"]
    assert told[-4:] == ["next:", *(f"{desk._program()} {command}" for command in commands)]
    assert max(len(line) for line in "\n".join(told[:-3]).splitlines()) < 40


@pytest.mark.parametrize(
    ("at", "key"), [(0, CTRL_D), (10, CTRL_C), pytest.param(len(WALK) - 1, CTRL_C, marks=pytest.mark.slow)]
)
def test_leaving_writes_nothing_and_says_so(folder, monkeypatch, capsys, at, key):
    before = read_all(folder)
    steps = [*WALK[:at], (WALK[at][0], key)]
    _, error = talk(lambda show: desk.add_report(folder, progress=show), steps, monkeypatch)
    assert isinstance(error, accounts.AccountError)
    assert str(error) == "left before the end; nothing was written"
    assert read_all(folder) == before
    kept = capsys.readouterr().err
    assert bool(kept) == (at > 12)
    if kept:
        (folder.parent / "kept.json").write_text(kept, encoding="utf-8")
        answers = accounts.read_account(folder.parent / "kept.json", accounts.load_tables(folder), load_schema())
        assert answers["event_date"] == "Monday night"


@pytest.mark.slow
def test_a_new_incident_with_a_judgement_on_its_neighbour(folder, monkeypatch):
    before = read_all(folder)
    asked = {"url": "own-2", "source_id [own-2]": "", "coder": "me", "event_date": "9 February",
             "date_basis [stated]": "", "part_of_day [unknown]": "", "site_id": "taji", "incident_id": "new",
             "inclusion": "borderline"}  # fmt: skip
    judged = {"judgement:2020-02-10_base_x": "distinct", "reason:2020-02-10_base_x": "Two pages."}
    steps = [*asked.items(), ("reason", ""), ("reason", "One line."), *judged.items()]
    steps += dict.fromkeys(["weapon [unknown]", "launched", "hit"], "").items()
    steps = [(f"{name}>", f"{answer}\r") for name, answer in steps]
    place = next(n for n, (wait, _) in enumerate(steps) if wait.startswith("judgement"))
    steps[place:place] = [("is 2020-02-09_base_x another attack than this?", ""), ("2020-02-10_base_x (core)", ""),
                          ("own-1: no day, base_x, rocket", "")]  # fmt: skip
    steps += WALK[WALK.index(("intercepted>", "\r")) :]
    _, error = talk(lambda show: desk.add_report(folder, progress=show), steps, monkeypatch)
    assert error is None
    assert added(folder, before) == {
        "raw/incident_register.csv": "2020-02-09_base_x,base_x,borderline,One line.\n",
        "raw/distinct_pairs.csv": "2020-02-09_base_x,2020-02-10_base_x,distinct,Two pages.\n",
        "raw/reports.csv": "2020-02-09_base_x,own-2,me,2020-02-09,stated,unknown,base_x,unknown,,,,,,,unknown,1,1,,,1,,"
        "minor,,,,,,followup,by hand\n",
    }


def test_a_known_address_is_said_and_its_source_taken(folder, monkeypatch):
    steps = [("url>", "http://example.org/4/#top\r"),
             ("= coded already as own-2, published 2020-02-11, in 1 report", ""),
             ("source_id [own-2]>", "new-1\r"), ("published>", "2020-02-12\r"),
             ("allowed is 2020-02-11, under which the address is coded", ""), ("published>", "<\r"),
             ("source_id [new-1; ", "-\r"), ("coder>", CTRL_C)]  # fmt: skip
    _, error = talk(lambda show: desk.add_report(folder, progress=show), steps, monkeypatch)
    assert "nothing was written" in str(error)


def test_answers_that_cannot_be_written_are_kept(folder, monkeypatch, capsys):
    def fail(*_):
        raise OSError("disk full")

    typed = ACCOUNT | {"hit": "1"}
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stdout", sys.stdin)
    monkeypatch.setattr(desk, "_ask_account", lambda folder, raw, schema, answers, progress: answers.update(typed))
    monkeypatch.setattr(accounts, "write_account", fail)
    with pytest.raises(OSError, match="disk full"):
        desk.add_report(folder, progress=lambda line: None)
    assert json.loads(capsys.readouterr().err) == typed


def test_the_next_command_is_named_as_it_was_run(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert desk._program() == ".venv/bin/python -m helpers"
    monkeypatch.setattr(sys, "executable", "/usr/bin/python")
    assert desk._program() == "python -m helpers"


def test_help_at_a_count_lists_its_words_and_no_number_of_none_is_offered(folder, monkeypatch):
    steps = [*({"url": "own-2", "source_id [own-2]": "", "coder": "me", "event_date": "Wednesday, 5 February",
                "date_basis [stated]": "", "part_of_day [unknown]": "", "site_id": "taji"}).items(),
             ("incident_id", "new"), ("inclusion", "core"), ("reason", ""), ("weapon [unknown]", ""),
             ("launched", "?"), ("launched", "a couple")]  # fmt: skip
    steps = [(f"{name}>", f"{answer}\r") for name, answer in steps]
    steps[-1:-1] = [("   at least four; no fewer than four; four or more: at least 4", "")]
    steps[7:7] = [(said, "") for said in ["none within 2 days", "nearest of its complex: 2020-02-10_base_x, 5 days",
                  "this page is coded to 2020-02-10_base_x", "\nan id, or new; "]]  # fmt: skip
    steps += [("= 2", ""), ("hit>", CTRL_C)]
    _, error = talk(lambda show: desk.add_report(folder, progress=show), steps, monkeypatch)
    assert "nothing was written" in str(error)
    assert "fewer than five; less than five" not in desk._count_words("us_killed")


@pytest.mark.slow
def test_no_leaves_without_writing(folder, monkeypatch):
    before = read_all(folder)
    _, error = talk(
        lambda show: desk.add_report(folder, progress=show), [*WALK[:-1], ("write it?", "n\r")], monkeypatch
    )
    assert "nothing was written" in str(error)
    assert read_all(folder) == before


def test_an_answer_after_a_step_back_is_a_new_one(folder, monkeypatch):
    """The old one stands in brackets alone, so that < goes back; - takes it away."""
    steps = [("url>", "own-1\r"), ("source_id [own-1]>", "<\r"), ("url [own-1; ", "-\r"), ("published>", "<\r"),
             ("url>", "own-2\r"), ("source_id [own-2]>", "<\r"), ("url [own-2; ", "<\r"),
             ("url: address", ""), ("url [own-2; ", CTRL_C)]  # fmt: skip
    _, error = talk(lambda show: desk.add_report(folder, progress=show), steps, monkeypatch)
    assert "nothing was written" in str(error)


@pytest.mark.slow
def test_the_command_at_a_terminal_ends_with_status_1_when_left(folder):
    before = read_all(folder)
    shown, status = talk_to_command(["add-report", "--data", str(folder)], [("url>", CTRL_C)])
    assert status == 1
    assert shown.endswith("error: left before the end; nothing was written\n")
    assert read_all(folder) == before


@pytest.mark.slow
def test_the_command_walks_through(folder):
    shown, status = talk_to_command(["add-report", "--data", str(folder)], WALK)
    assert (status, "written: raw/sources.csv" in shown) == (0, True)


def test_without_a_terminal_it_names_the_file_to_give(folder, capsys):
    assert cli.main(["add-report", "--data", str(folder)]) == 1
    assert "give a file with --from row.json" in capsys.readouterr().err


def test_a_closed_input_is_no_terminal(folder, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(accounts.AccountError, match="give a file with --from"):
        desk.add_report(folder)


# --- from a file ----------------------------------------------------------------------------------------------------


def test_an_account_from_a_file(folder, capsys):
    before = read_all(folder)
    path = write_json(folder)
    assert cli.main(["add-report", "--data", str(folder), "--from", str(path)]) == 0
    assert added(folder, before) == {
        "raw/sources.csv": "echo-2020-01-16a,Echo,own,,2020-01-16,en,https://example.org/6\n",
        "raw/incident_register.csv": "2020-01-15_base_x,base_x,core,\n",
        "raw/reports.csv": "2020-01-15_base_x,echo-2020-01-16a,me,2020-01-15,relative,night,base_x,rocket,4,,1,1,,,no,"
        ",,,,,,minor,,,,,,followup,\n",
    }
    said = " ".join(capsys.readouterr().out.split())
    assert "2020-01-15_base_x (new)" in said
    assert f"next: {desk._program()} validate {folder}/raw {desk._program()} build --data {folder}" in said
    assert checks.check_raw(folder / "raw")[1] == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"event_date": "2020-02-20"}, "2020-02-20"),  # after its publication
        ({"incident_id": "new 2020-01-15_zone_x"}, "its id names another site"),
        ({"incident_id": "2020-01-14_zone_x"}, "2020-01-14_zone_x is at zone_x, and this account is of base_x"),
    ],
)
def test_a_file_with_a_warning_is_written_only_with_yes(folder, capsys, changed, said):
    before = read_all(folder)
    answers = ACCOUNT | changed
    if changed.get("incident_id", "new").startswith("2020"):
        del answers["inclusion"]
    path = folder.parent / "row.json"
    path.write_text(json.dumps(answers), encoding="utf-8")
    command = ["add-report", "--data", str(folder), "--from", str(path)]
    assert cli.main(command) == 1
    printed = capsys.readouterr()
    assert said in " ".join(printed.out.split("warning:", 1)[1].split())
    assert "--yes" in printed.err
    assert read_all(folder) == before
    assert cli.main([*command, "--yes"]) == 0
    assert set(added(folder, before)) >= {"raw/sources.csv", "raw/reports.csv"}


def test_what_a_file_leaves_out_is_what_enter_takes(folder, raw):
    left = {"agency", "date_basis", "part_of_day", "weapon", "defence_active", "damage", "found_by"}
    path = folder.parent / "row.json"
    path.write_text(json.dumps({key: answer for key, answer in ACCOUNT.items() if key not in left}), encoding="utf-8")
    answers = accounts.read_account(path, raw, load_schema())
    assert {key: answers[key] for key in left} == {
        **dict.fromkeys(["agency", "part_of_day", "weapon", "defence_active", "damage"], "unknown"),
        "date_basis": "relative",
        "found_by": "followup",
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"incident_id": "2020-01-15_base_x"}, "incident_id: '2020-01-15_base_x': the id of an incident that is "),
        ({"wepon": "x"}, "wepon: not a field of this account: one of url, published, "),
        ({"coder": None}, "coder: '': text; not empty"),
        ({"language": None}, "language: '': an ISO 639 code, as en or ar; not empty"),
        ({"language": "English"}, "language: 'English': an ISO 639 code, as en or ar"),
        ({"incident_id": ""}, "incident_id: '': "),
        ({"source_id": ""}, "source_id: '': "),
        ({"weapon": "rockt"}, "weapon: 'rockt': one of rocket, drone, "),
        ({"launched": "lots"}, "launched: 'lots': a count that is understood: 3; "),
        ({"event_date": "03/01/2020"}, "event_date: '03/01/2020': a day that is understood, as 2022-01-13, "),
        ({"published": "", "url": ""}, "event_date: 'yesterday': a date, since the page has no day of publication"),
        ({"site_id": "Bagram"}, "site_id: 'Bagram': the id, name or alias of one site"),
        ({"url": "https://example.org/1"}, "published: '2020-01-16': 2020-01-15, under which the address is coded"),
        ({"hit": 1.5}, "hit: neither text nor number: "),
        ({"inclusion": "borderline"}, "reason: missing key: text; not empty"),
        ({"judgement:2020-01-13_embassy_x": "unsure"}, "judgement:2020-01-13_embassy_x: not a field of this account"),
        (
            {"source_id": "own-2", "url": "", "event_date": "9 February"},
            "publisher: not a field of this account: leave it out, ",
        ),
    ],
)
def test_what_a_file_must_not_say(folder, raw, changed, said):
    with pytest.raises(DataError) as caught:
        accounts.read_account(write_json(folder, **changed), raw, load_schema())
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"us_killed": "two", "killed": "one"}, "reports.csv:8: us_killed: 2 (killed_max 1): at most killed_max"),
        ({"event_date": "2020-03-01"}, "a date from 2020-01-01 to 2020-02-29, the window of search_log.csv"),
        ({"note": "two\nlines"}, "note: 'two\\nlines': text without line breaks"),
        ({"note": "a\0b"}, "note: 'a\\x00b': text without line breaks or other control characters"),
        ({"note": "n" * 131_073}, "of 10,000 characters at most"),
    ],
)
def test_what_tables_must_not_hold_is_said_and_nothing_written(folder, capsys, changed, said):
    before = read_all(folder)
    assert cli.main(["add-report", "--data", str(folder), "--from", str(write_json(folder, **changed))]) == 1
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.endswith("nothing was written\n")
    assert read_all(folder) == before


@pytest.mark.parametrize("changed", [{"event_date": "soon"}, {"site_id": "Bagram"}, {"published": "soon"}])
def test_one_fault_is_told_once(folder, raw, changed):
    with pytest.raises(DataError) as caught:
        accounts.read_account(write_json(folder, **changed), raw, load_schema())
    assert [fault.column for fault in caught.value.faults] == list(changed)


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys):
    assert cli.main(["add-report", "--data", str(tmp_path / "none")]) == 1
    said = capsys.readouterr().err
    assert str(tmp_path / "none") in said
    assert "terminal" not in said


def test_a_pipe_is_no_file(folder, capsys):
    pipe = folder.parent / "pipe"
    os.mkfifo(pipe)
    assert cli.main(["add-report", "--data", str(folder), "--from", str(pipe)]) == 1
    assert "is no file" in capsys.readouterr().err


def test_lines_that_end_in_cr_alone_take_no_account(folder, capsys):
    path = folder / "raw" / "reports.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    assert cli.main(["add-report", "--data", str(folder), "--from", str(write_json(folder))]) == 1
    assert "lines that end in LF or CRLF" in capsys.readouterr().err
    assert path.read_bytes().count(b"\n") == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"url": 1,}', ":1: -: "),
        (b"[1]", "no object: one JSON object"),
        (b'{"note": "\xff"}', "well-formed JSON in UTF-8"),
        (b"[" * 100_000, "well-formed JSON"),
        (b'{"note": "\\ud800"}', "note: '\\ud800': text without line breaks or other control"),
        (b'{"note": "a",\n "note": "b"}', "note: a key that stands twice: each key once"),
    ],
)
def test_a_file_that_is_no_account(tmp_path, raw, content, said):
    path = tmp_path / "row.json"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        accounts.read_account(path, raw, load_schema())
    assert said in str(caught.value)


def test_help_names_every_key(raw, capsys):
    assert cli.main(["add-report", "--help"]) == 0
    words = set(re.findall(r"[\w:]+", capsys.readouterr().out))
    answers = {"event_date": "2020-02-01", "site_id": "base_x", "incident_id": "new", "paragraph": "1"}
    asked = set(accounts.list_fields(answers, raw, load_schema()))
    assert {*asked, "basis", "judgement:ID", "reason:ID"} <= words


def test_the_example_of_the_page_can_be_added(tmp_path, frozen_dir):
    page = (ROOT / "docs" / "coding-at-the-desk.md").read_text(encoding="utf-8")
    (tmp_path / "row.json").write_text(re.findall(r"```json\n(.*?)```", page, re.S)[0], encoding="utf-8")
    answers = accounts.read_account(tmp_path / "row.json", accounts.load_tables(frozen_dir), load_schema())
    assert answers["launched"] == "at least four"


def test_tables_with_faults_take_no_account(folder, capsys):
    (folder / "raw" / "sites.csv").write_bytes(b"")
    assert cli.main(["add-report", "--data", str(folder), "--from", str(write_json(folder))]) == 1
    assert "sites.csv:1: -: empty file" in capsys.readouterr().err


def test_a_set_that_was_interrupted_is_completed_first(folder):
    waiting = folder / ".writing" / "new" / "raw" / "reports.csv"
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(b"new")
    journal = {"command": "python -m helpers add-report", "files": ["raw/reports.csv"]}
    (folder / ".writing" / "journal.json").write_text(json.dumps(journal), encoding="utf-8")
    with pytest.raises(DataError, match="reports"):
        desk.add_report(folder)
    assert (folder / "raw" / "reports.csv").read_bytes() == b"new"


@pytest.mark.slow
def test_two_at_once_lose_no_row(folder):
    before = read_all(folder)
    paths = []
    alike = {name: answer for name, answer in ACCOUNT.items() if name != "inclusion"} | {
        "incident_id": "2020-02-10_base_x",
        "event_date": "2020-02-10",
        "published": "2020-02-11",
    }
    for letter in "ab":
        path = folder.parent / f"{letter}.json"
        one = alike | {"source_id": f"echo-{letter}", "url": f"https://example.org/{letter}"}
        path.write_text(json.dumps(one), encoding="utf-8")
        paths.append(path)
    command = [sys.executable, "-m", "helpers", "add-report", "--data", str(folder), "--from"]
    children = [subprocess.Popen([*command, str(path)], stdout=subprocess.DEVNULL) for path in paths]
    assert [child.wait(60) for child in children] == [0, 0]
    lines = added(folder, before)
    assert sorted(line.split(",")[1] for line in lines["raw/reports.csv"].splitlines()) == ["echo-a", "echo-b"]
    assert len(lines["raw/sources.csv"].splitlines()) == 2


def test_outside_a_checkout_a_folder_must_be_given(monkeypatch):
    monkeypatch.setattr(desk, "is_checkout", lambda: False)
    with pytest.raises(accounts.AccountError, match="--data DIR"):
        desk.add_report(path="row.json")
