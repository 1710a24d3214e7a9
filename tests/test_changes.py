"""What changed, in words: between two states of the tables, and between two downloads."""

import re
import shutil
import subprocess
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from small_collection import spoil, write_small

from helpers import changes, cli, tables
from helpers.findings import Results
from helpers.importers import acled, gdelt, gtd, ucdp

OWN_1 = "2020-01-14_zone_x,own-1,a,2020-01-14,stated,unknown,zone_x,unknown,2,"


def git(folder, *words):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def small(tmp_path):
    """The folder of a small collection, committed."""
    folder = tmp_path / "mine"
    write_small(folder)
    (folder / "VERSION").write_text("1.0.0\n", encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "tables")
    return folder


@pytest.fixture
def no_findings(monkeypatch):
    """They take long, and are told by one test."""
    monkeypatch.setattr(changes, "_headlines", lambda results: {})


def append(folder, name, *rows):
    path = folder / "raw" / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    n = text.splitlines()[0].count(",")
    padded = [row + "," * (n - row.count(",")) for row in rows]
    path.write_text("\n".join([text.rstrip("\n"), *padded, ""]), encoding="utf-8")


# --- tables since a revision ------------------------------------------------------------------------------------------


def test_nothing_changed_even_where_rows_stand_in_another_order(small):
    told = ["Nothing changed in the raw tables since `HEAD`."]
    assert changes.compare_revision(data_dir=small) == told
    path = small / "raw" / "sources.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *rows[::-1], ""]), encoding="utf-8")
    assert changes.compare_revision(data_dir=small) == told


def test_rows_and_incidents_in_words(small, no_findings):
    spoil(small / "raw", "reports.csv", OWN_1, OWN_1.replace(",2,", ",3,7"))
    append(small, "sources", "own-3,Courier,own,,,en,https://example.org/6")
    append(
        small,
        "reports",
        "2020-02-11_base_x,own-3,a,2020-02-11,stated,night,base_x,drone,,,,,,,no,,,,,,,none,,,,,,followup",
    )
    append(small, "incident_register", "2020-02-11_base_x,base_x,core")
    spoil(small / "raw", "context_events.csv", "vow,own-1,2020-02,month,local,statement,a vow,,\n", "")
    assert changes.compare_revision(data_dir=small) == [
        "# Changes since `HEAD`",
        "",
        "- VERSION: still `1.0.0`",
        "",
        "## Rows",
        "",
        "- `sources.csv`, added `own-3`: publisher `Courier`; agency `own`; language `en`; url `https://example.org/6`",
        "- `reports.csv`, added `2020-02-11_base_x, own-3`: coder `a`; event_date `2020-02-11`; date_basis `stated`; "
        "part_of_day `night`; site_id `base_x`; weapon `drone`; defence_active `no`; damage `none`; "
        "found_by `followup`",
        "- `reports.csv`, changed `2020-01-14_zone_x, own-1`: launched_min `2` -> `3`; launched_max empty -> `7`",
        "- `incident_register.csv`, added `2020-02-11_base_x`: site_id `base_x`; inclusion `core`",
        "- `context_events.csv`, removed `vow, own-1`: date `2020-02`; date_precision `month`; clock `local`; "
        "kind `statement`; title `a vow`",
        "",
        "## Incidents (counts as low/best/high)",
        "",
        "- new `2020-02-11_base_x`: date `2020-02-11`; date_low `2020-02-11`; date_high `2020-02-11`; "
        "site_id `base_x`; site_type `base`; target `base`; weapon `drone`; part_of_day `night`; defence_active `no`; "
        "damage `none`; inclusion `core`; found_by `followup`; n_reports `1`; n_independent `1`",
        "- changed `2020-01-14_zone_x`: launched `2/2/?` -> `3/3/7`",
        "",
        "## Findings",
        "",
        "No headline finding changed, as printed.",
    ]  # fmt: skip


def test_an_incident_that_is_gone_and_what_lies_beside_the_tables(small, no_findings):
    append(small, "sources", "own-3,Courier,own,,,en,https://example.org/6")
    append(
        small,
        "reports",
        "2020-02-11_base_x,own-3,a,2020-02-11,stated,night,base_x,drone,,,,,,,no,,,,,,,none,,,,,,followup",
    )
    append(small, "incident_register", "2020-02-11_base_x,base_x,core")
    git(small, "commit", "-q", "-a", "-m", "one more")
    git(small, "checkout", "-q", "HEAD~1", "--", ".")
    (small / "VERSION").write_text("1.1.0\n", encoding="utf-8")
    (small / "raw" / "notes.txt").touch()
    told = changes.compare_revision(data_dir=small)
    assert not any("VERSION: still" in line for line in told)
    assert told[2:4] == ["- `VERSION`: `1.0.0` -> `1.1.0`", "- `raw/notes.txt`: is new"]
    assert [line.split(":")[0] for line in told if "2020-02-11" in line] == [
        "- `reports.csv`, removed `2020-02-11_base_x, own-3`",
        "- `incident_register.csv`, removed `2020-02-11_base_x`",
        "- gone `2020-02-11_base_x`",
    ]
    assert told[-1] == "No headline finding changed, as printed."
    assert changes.compare_revision("HEAD~1", small)[2:] == [
        *told[2:4], "", "No row changed, and so no incident and no finding."
    ]  # fmt: skip


def test_long_lists_are_cut_but_with_all():
    now = {"raw/sources.csv": b"source_id,url\n" + b"".join(b"s%d,u\n" % n for n in range(10, 35))}
    told = [*changes._rows({}, now, tables.load_schema().raw, False)]
    assert told[:1] == ["- `sources.csv`, added `s10`: url `u`"]
    assert told[20:] == ["- and 5 more added; --all lists them"]
    assert len([*changes._rows(now, {}, tables.load_schema().raw, True)]) == 25


def test_an_older_table_that_lacks_a_column(small, no_findings):
    path = small / "raw" / "reports.csv"
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    table.drop(columns="origin").assign(extra="x").to_csv(path, index=False)
    git(small, "commit", "-q", "-a", "-m", "as it was once")
    table.loc[0, "origin"] = "CENTCOM"
    table.to_csv(path, index=False)
    told = changes.compare_revision(data_dir=small)
    assert told[6:10] == [
        "- `reports.csv`: the older table lacks `origin`",
        "- `reports.csv`: the older table had `extra`",
        "- `reports.csv`, changed `2020-01-13_embassy_x, article`: origin empty -> `CENTCOM`",
        "",
    ]  # fmt: skip
    assert "No incident changed." in told


@pytest.mark.parametrize("rows", [b"1,2,3\n", b'1,"2\n', b"\xff,2\n", b""])
def test_bytes_that_are_no_table_are_none(rows):
    assert changes._text(b"a,b\n" + rows if rows else b"") is None


def test_older_tables_that_do_not_fit(small, no_findings):
    path = small / "raw" / "reports.csv"
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    table.drop(columns=["weapon", "source_id"]).to_csv(path, index=False)
    (small / "raw" / "tallies.csv").write_bytes(b"date\n\xff\xfe\0\n")
    git(small, "add", ".")
    git(small, "commit", "-q", "-m", "as it was once")
    table.to_csv(path, index=False)
    (small / "raw" / "tallies.csv").unlink()
    told = changes.compare_revision(data_dir=small)
    assert told[6:8] == [
        f"- `{name}.csv`: the older table cannot be read by {key}, and is not compared"
        for name, key in (("reports", "incident_id, source_id"), ("tallies", "date, scope, source_id"))
    ]
    assert (
        "(faults: 3; the first is `raw/reports.csv:1: source_id: missing column: this column is required`)" in told[-1]
    )


def test_a_schema_of_ones_own_is_the_present_one(small, no_findings):
    """A weapon that only the new schema knows, in tables that are older."""
    spoil(small / "raw", "reports.csv", "zone_x,unknown,2,", "zone_x,glider,2,")
    git(small, "commit", "-q", "-a", "-m", "a glider")
    lists = {name: dict(values) for name, values in tables.load_schema().lists.items()}
    lists["weapon"]["glider"] = "an unmanned glider"
    text = "\n".join(f"[{name}]\n" + "\n".join(f"{key} = {value!r}" for key, value in values.items())
                     for name, values in lists.items())  # fmt: skip
    (small / "schema").mkdir()
    (small / "schema" / "lists.toml").write_text(text, encoding="utf-8")
    spoil(small / "raw", "reports.csv", "zone_x,glider,2,", "zone_x,glider,3,")
    told = changes.compare_revision(data_dir=small)
    assert told[2] == "- `schema/lists.toml`: is new; both states are read by the present one"
    assert "- changed `2020-01-14_zone_x`: launched `2/2/?` -> `3/3/?`" in told


@pytest.mark.parametrize(("value", "shown"), [
    ("<img src=x> @all [a](b)", "`<img src=x> @all [a](b)`"),
    ("a ``b` c", "``` a ``b` c ```"),
    ("one\n two\x1b[2J\u202e", r"`one two\x1b[2J\u202e`"),
    ("", "empty"),
])  # fmt: skip
def test_no_value_is_read_as_markup(value, shown):
    assert changes._code(value) == shown


def test_only_headlines_that_changed_are_told(monkeypatch):
    table = pd.DataFrame({"question": "Near?", "measure": ["all", "some"], "counts": ["3, expected 1", "2"],
                          "effect": ["rate ratio 3", "not estimable"], "p_value": ["p = 0.1", ""]})  # fmt: skip
    old, new = (
        SimpleNamespace(tell=lambda name, part, n=n: f"It is so. It is {n}. {'So. ' * n}That is all.", summary=summary)
        for n, summary in ((1, table), (2, table.replace("p = 0.1", "p = 0.2").iloc[:1]))
    )
    monkeypatch.setattr(changes, "_ANSWERS", {"anniversary": "answer"})
    assert changes._findings(old, new) == [
        "- in words (anniversary): It is 1. -> It is 2.",
        "- Near? all: 3, expected 1; rate ratio 3; p = 0.1 -> 3, expected 1; rate ratio 3; p = 0.2",
        "- Near? some: 2; not estimable -> not given",
    ]
    assert changes._findings(old, old) == ["No headline finding changed, as printed."]


@pytest.mark.parametrize(("words", "said"), [
    (["nope"], "no revision 'nope' in the repository of {0}; give one that git log shows, or two files"),
    (["--", "--help"], "no revision '--help' in the repository of {0}; give one that git log shows, or two files"),
    (["--", "--all=1"], "no revision '--all=1' in the repository of {0}; give one that git log shows, or two files"),
    (["before"], "revision 'before' has no tables in {0}/raw"),
    (["HEAD", "--outside"], "{0}: fatal: not a git repository (or any of the parent directories): .git"),
    (["HEAD", "--without"], "git is not installed, or not on the PATH; it knows the older tables"),
])  # fmt: skip
def test_what_cannot_be_compared_with_is_one_line(small, capsys, monkeypatch, words, said):
    git(small, "checkout", "-q", "--orphan", "before")
    git(small, "rm", "-q", "-r", "--cached", ".")
    git(small, "commit", "-q", "--allow-empty", "-m", "nothing")
    if words[-1] == "--outside":
        (small / ".git").rename(small / "gone")
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(small.parent))
    if words[-1] == "--without":
        monkeypatch.setenv("PATH", str(small))
    words = [word for word in words if word not in ("--outside", "--without")]
    assert cli.main(["changes", "--data", str(small), *words]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", f"error: {said.format(small)}\n")


def test_faults_of_the_present_tables_come_first(small, capsys):
    spoil(small / "raw", "reports.csv", OWN_1, OWN_1.replace(",2,", ",two,"))
    assert cli.main(["changes", "--data", str(small)]) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err.splitlines()[-1]) == ("", "1 fault")


# --- two downloads ----------------------------------------------------------------------------------------------------


def write(path, rows, **options):
    pd.DataFrame(rows).to_csv(path, index=False, **options)
    return str(path)


def events(layout, n):
    """Rows with the columns of a layout."""
    return {name: [f"{name}{i}" if name == layout.needed[0] else "1" for i in range(n)] for name in layout.needed}


@pytest.mark.parametrize("layout", [acled.LAYOUT, ucdp.LAYOUT, gtd.LAYOUT])
def test_each_source_is_known_by_its_columns(tmp_path, layout):
    rows, column = events(layout, 4), layout.needed[-1]
    old = write(tmp_path / "old.csv", rows)
    rows["latitude"] = " 1 "  # a blank is no revision
    later = pd.DataFrame(rows).iloc[1:].replace({column: {"1": " 2 "}}).iloc[::-1]
    new = write(tmp_path / "new.csv", pd.concat([later, later.iloc[:1]]), sep=";", encoding="utf-8-sig")
    key = layout.needed[0]
    assert changes.compare_downloads(old, new) == [
        f"# {layout.name}: from `{old}` to `{new}`",
        "",
        "4 events, now 3: 0 new, 1 gone, 3 revised.",
        f"Rows of the newer file without {key}, or with one that stands before, left out: 1.",
        "",
        f"- gone: `{key}0`",
        f"- `{column}`: 3 revised: `{key}1` `1` -> `2`; `{key}2` `1` -> `2`; `{key}3` `1` -> `2`",
    ]


def test_gdelt_without_a_line_of_names(tmp_path):
    width = max(gdelt.LAYOUT.without_header)
    place = gdelt.LAYOUT.without_header[width].index("actiongeo_countrycode")
    rows = [[str(100 + n), "20220103", *["1"] * (width - 2)] for n in range(3)]
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    for path in (old, new):
        path.write_text("\n".join("\t".join(row) for row in rows) + "\n", encoding="utf-8")
        rows[1][place] = "IZ"
    told = changes.compare_downloads(str(old), str(new))
    assert told[0].startswith("# GDELT: ")
    assert told[2:] == [
        "3 events, now 3: 0 new, 0 gone, 1 revised.", "", "- `actiongeo_countrycode`: 1 revised: `101` `1` -> `IZ`"
    ]  # fmt: skip


def test_a_column_may_be_called_as_the_newer_of_two(tmp_path):
    old, new = (write(tmp_path / f"{n}.csv", {"incident_id": ["a"], "x": 1, "x (newer)": n}) for n in (2, 4))
    assert changes.compare_downloads(old, new)[-1] == "- `x (newer)`: 1 revised: `a` `2` -> `4`"


@pytest.mark.parametrize("seed", range(2))
def test_counts_equal_those_of_sets(tmp_path, seed):
    """By pandas; files of one's own, one of them as Parquet, with cells that are empty in either."""
    rng = np.random.default_rng(seed)
    frames = [
        pd.DataFrame(
            {
                "incident_id": [f"e{i:02}" for i in sorted(rng.choice(60, 40, replace=False))],
                "date": "2020-01-03",
                "a": rng.choice(["x", "y", None], 40),
                "b": rng.choice(["1", "2"], 40),
            }
        )
        for _ in range(2)
    ]
    frames[0].to_csv(tmp_path / "old.csv", index=False)
    frames[1].drop(columns="date").assign(c=1).to_parquet(tmp_path / "new.parquet")
    told = changes.compare_downloads(str(tmp_path / "old.csv"), str(tmp_path / "new.parquet"), list_all=True)
    one, other = (frame.set_index("incident_id").fillna("") for frame in frames)
    gone, new = sorted(set(one.index) - set(other.index)), sorted(set(other.index) - set(one.index))
    both = one.index.intersection(other.index)
    differ = one.loc[both, ["a", "b"]] != other.loc[both, ["a", "b"]]
    assert told[2:] == [
        f"40 events, now 40: {len(new)} new, {len(gone)} gone, {differ.any(axis=1).sum()} revised.",
        "Columns of the older file alone: `date`.",
        "Columns of the newer file alone: `c`.",
        "",
        f"- new: {', '.join(f'`{name}`' for name in new)}",
        f"- gone: {', '.join(f'`{name}`' for name in gone)}",
        *(f"- `{name}`: {differ[name].sum()} revised: " + "; ".join(
            f"`{key}` {changes._code(one.loc[key, name])} -> {changes._code(other.loc[key, name])}"
            for key in differ.index[differ[name]]) for name in "ab"),
    ]  # fmt: skip


def test_long_lists_of_events_and_revisions_are_cut_but_with_all(tmp_path):
    old = write(tmp_path / "old.csv", {"incident_id": range(100, 160), "n": 1})
    new = write(tmp_path / "new.csv", {"incident_id": range(125, 160), "n": 2})
    told = changes.compare_downloads(old, new)
    assert told[-2:] == [
        f"- gone: {', '.join(f'`{n}`' for n in range(100, 120))} and 5 more; --all lists them",
        "- `n`: 35 revised, as `125` `1` -> `2`; `126` `1` -> `2`; `127` `1` -> `2`",
    ]
    told = changes.compare_downloads(old, new, list_all=True)
    assert told[-2:] == [
        f"- gone: {', '.join(f'`{n}`' for n in range(100, 125))}",
        f"- `n`: 35 revised: {'; '.join(f'`{n}` `1` -> `2`' for n in range(125, 160))}",
    ]


@pytest.mark.parametrize(("name", "text", "said"), [
    ("gone.csv", None, "no file: a file, or a pattern that matches some"),
    ("new.pdf", "x", ".pdf: a name that ends in .csv"),
    ("new.csv", "id,day\n1,2\n", "id, day: the columns of ACLED, UCDP GED, GTD, GDELT, or incident_id"),
    ("new.csv", f"{','.join(gtd.LAYOUT.needed)}\n1,2,3,4,5,6\n", "a file of GTD: one of events of your own, as"),
    ("new.csv", "incident_id,n\n1,2\n3\n", "1 cell: 2, as the line of names has"),
    ("new.csv", "", "empty file: a line of names and a line for each event"),
    ("new.csv", "incident_id,N,n\n1,2,3\n", "n: each column once, in whatever case"),
])  # fmt: skip
def test_files_that_cannot_be_compared_are_one_fault(tmp_path, capsys, name, text, said):
    old = write(tmp_path / "old.csv", {"incident_id": [1], "n": 1})
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert cli.main(["changes", old, str(tmp_path / name)]) == 1
    printed = capsys.readouterr()
    [line, last] = printed.err.splitlines()
    assert (printed.out, said in line, last) == ("", True, "1 fault"), line
    assert line.startswith(str(tmp_path / name))


def test_two_files_are_compared_and_one_is_a_revision(tmp_path, monkeypatch, capsys):
    called = []
    for name in ("compare_revision", "compare_downloads"):
        monkeypatch.setattr(changes, name, lambda *words, name=name: called.append((name, *words)) or ["a", "b"])
    assert [cli.main(["changes", *words]) for words in ([], ["x", "--all"], ["x", "y"])] == [0, 0, 0]
    assert called == [("compare_revision", "HEAD", None, False), ("compare_revision", "x", None, True),
                      ("compare_downloads", "x", "y", False)]  # fmt: skip
    assert capsys.readouterr().out == "a\nb\n" * 3


@pytest.mark.slow
def test_the_frozen_set_from_end_to_end(frozen_dir, tmp_path):
    """One core incident more, and what the findings say is what each state says alone."""
    shutil.copytree(frozen_dir, tmp_path / "data")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "tables")
    words = ("06_conoco,conoco,borderline", "06_conoco,conoco,core")
    spoil(tmp_path / "data" / "raw", "incident_register.csv", *words)
    told = changes.compare_revision(data_dir=tmp_path / "data")
    assert "- changed `2022-01-06_conoco`: inclusion `borderline` -> `core`" in told
    old, new = (Results(data_dir=folder).tell("anniversary") for folder in (frozen_dir, tmp_path / "data"))
    [line] = [line for line in told if line.startswith("- in words (anniversary): ")]
    parts = line.removeprefix("- in words (anniversary): ").split(" -> ")
    assert all(part in words for part, words in zip(parts, (old, new), strict=True))
    assert [re.search(r"(\d+) attacks", part)[1] for part in parts] == ["8", "9"]
