import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from conftest import ROOT
from helpers import files, load_incidents, tables


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_files_are_written_whole_or_not_at_all(tmp_path):
    files.write_files(tmp_path, {"a": b"old"})
    with pytest.raises(TypeError):
        files.write_files(tmp_path, {"a": b"new", "b": None})
    assert contents(tmp_path) == {"a": b"old"}
    files.write_files(tmp_path, {"a": b"new", "below/b": b"more"})
    assert contents(tmp_path) == {"a": b"new", "below/b": b"more"}


def test_what_was_interrupted_before_all_was_there_is_undone(tmp_path):
    files.write_files(tmp_path, {"a": b"old"})
    new = tmp_path / files.WAITING / "new"
    new.mkdir(parents=True)
    (new / "a").write_bytes(b"half")
    (new.parent / files._JOURNAL).write_bytes(b'{"command": "x", "fil')  # the journal, too, was cut short
    files.check_settled(tmp_path / "a")
    files.write_files(tmp_path, {"b": b"more"})
    assert contents(tmp_path) == {"a": b"old", "b": b"more"}


@pytest.fixture
def blocked(monkeypatch):
    """Names of files that cannot be replaced, as where a spreadsheet on Windows has them open."""
    names, replace = set(), os.replace

    def replace_free(source, target):
        if Path(target).name in names:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", replace_free)
    return names


OLD, NEW = ({name: name.encode() * size for name in ("a", "below/b", "c")} for size in (10, 20))


@pytest.mark.parametrize("name", OLD)
def test_a_blocked_file_leaves_a_set_that_is_not_read_until_a_command_completes_it(tmp_path, blocked, name):
    files.write_files(tmp_path, OLD)
    blocked.add(Path(name).name)
    with pytest.raises(OSError, match="cannot be replaced") as raised:
        files.write_files(tmp_path, NEW, "build")
    others = [other for other in OLD if other != name]
    assert str(raised.value) == (
        f"cannot be replaced: {tmp_path / name} (Permission denied). 1 of 3 files are as they were; new are: "
        f"{', '.join(others)}. Close the program that holds them, then run 'build' again: it completes the set"
    )
    assert {other: (tmp_path / other).read_bytes() for other in OLD} == {**NEW, name: OLD[name]}
    for other in OLD:
        with pytest.raises(OSError, match=r"3 files .* and 1 of them are not in place yet.* run 'build' again"):
            files.check_settled(tmp_path / other)
    files.check_settled(tmp_path / "another")
    with pytest.raises(OSError, match="cannot be replaced"):  # still open: nothing new is begun
        files.write_files(tmp_path, {"d": b"later"})
    blocked.clear()
    files.write_files(tmp_path, {"d": b"later"})
    assert contents(tmp_path) == {**NEW, "d": b"later"}
    files.check_settled(tmp_path / name)


def test_a_set_can_be_completed_by_itself(tmp_path, blocked):
    blocked.add("c")
    with pytest.raises(OSError, match="cannot be replaced"):
        files.write_files(tmp_path, NEW)
    blocked.clear()
    files.complete(tmp_path)
    assert contents(tmp_path) == NEW


def test_a_folder_in_the_place_of_a_file_is_told_before_anything_is_replaced(tmp_path):
    files.write_files(tmp_path, {"a": b"old"})
    (tmp_path / "c").mkdir()
    with pytest.raises(IsADirectoryError, match="c is a folder"):
        files.write_files(tmp_path, NEW)
    assert contents(tmp_path) == {"a": b"old"}


def test_links_and_permissions_stay(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target, link = tmp_path / "elsewhere" / "a", tmp_path / "set" / "a"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.parent.mkdir()
    link.symlink_to(target)
    files.write_files(link.parent, {"a": b"new"})
    assert (link.is_symlink(), target.read_bytes(), target.stat().st_mode & 0o777) == (True, b"new", 0o640)


def test_a_write_protected_file_is_told_before_anything_is_replaced(tmp_path, monkeypatch):
    files.write_files(tmp_path, {"a": b"old", "b": b"old"})
    monkeypatch.setattr(files.os, "access", lambda path, mode: path.name != "b")  # root may write everywhere
    with pytest.raises(PermissionError, match="b is write-protected"):
        files.write_files(tmp_path, {"a": b"new", "b": b"new"})
    assert contents(tmp_path) == {"a": b"old", "b": b"old"}


def test_an_interrupt_waits_until_a_set_is_in_place(tmp_path, monkeypatch):
    replace = os.replace

    def interrupted(source, target):
        os.kill(os.getpid(), signal.SIGINT)
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background may ignore it
    try:
        files.write_files(tmp_path, {"a": b"new", "b": b"new"})
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert contents(tmp_path) == {"a": b"new", "b": b"new"}


def test_two_writers_wait_for_each_other(tmp_path):
    def write(n):
        files.write_files(tmp_path, {name: str(n).encode() for name in "abc"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(40)))  # raises what any of them raised
    assert sorted(contents(tmp_path)) == ["a", "b", "c"]
    assert len(set(contents(tmp_path).values())) == 1, "all files are one writer's"


def test_who_waits_too_long_says_for_what(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_PATIENCE", 0)
    with files._locked(tmp_path), pytest.raises(OSError, match=f"another command has been writing to {tmp_path}"):
        files.write_files(tmp_path, {"a": b""})


def test_loaders_refuse_a_table_of_a_set_that_is_half_in_place(tmp_path, blocked, few):
    blocked.add("incidents.gpkg")
    dates = few[["incident_id", "date"]]
    written = {"incidents.csv": files.csv_bytes(dates), "incidents.parquet": pd.DataFrame(dates).to_parquet()}
    sets = {f"processed/{name}": content for name, content in {**written, "incidents.gpkg": b""}.items()}
    with pytest.raises(OSError, match=r"incidents\.gpkg"):
        files.write_files(tmp_path, {**sets, "raw/sites.csv": b"", "VERSION": b"2"}, "python -m helpers build")
    for load in (
        lambda: load_incidents(dataset=tmp_path / "processed" / "incidents.csv"),
        lambda: load_incidents(dataset=tmp_path / "processed" / "incidents.parquet"),
        lambda: tables.load_sites(tmp_path),
        lambda: tables.data_version(tmp_path),
    ):
        with pytest.raises(OSError, match="run 'python -m helpers build' again"):
            load()
    blocked.clear()
    files.complete(tmp_path)
    assert len(load_incidents(dataset=tmp_path / "processed" / "incidents.csv")) == len(few)


def test_computed_numbers_are_rounded_to_what_is_meant():
    noise = pd.DataFrame({"x": [0.1 + 0.2, -3e-17, None], "n": [1, 2, 3], "word": ["a", 1 / 3, None]})
    again = noise.assign(x=[0.3, 2e-17, None])
    assert files.csv_bytes(files.rounded(noise)) == files.csv_bytes(files.rounded(again))
    assert files.csv_bytes(files.rounded(noise)) == b"x,n,word\n0.3,1,a\n0.0,2,0.333333\n,3,\n"
    assert files.rounded([1234567.8, 1234567.0, True, "1.23456789", float("inf")]) == [
        1234570.0,
        1234567.0,
        True,
        "1.23456789",
        float("inf"),
    ]


def test_whole_numbers_beside_what_is_missing_stay_whole():
    table = pd.DataFrame({"days": pd.Series([1, None], dtype="object"), "name": ["=a", None]})
    assert files.csv_bytes(files.without_formulas(table)) == b"days,name\n1,'=a\n,\n"


def test_a_table_becomes_the_same_bytes_everywhere():
    table = pd.DataFrame({"date": pd.to_datetime(["2020-01-03", None]), "name": ["Ālbū Kamāl", 'a "b", c']})
    assert files.csv_bytes(table) == 'date,name\n2020-01-03,Ālbū Kamāl\n,"a ""b"", c"\n'.encode()


class TestHome:
    def test_a_checkout_uses_its_own_files(self):
        assert files.is_checkout()
        assert files.home("notebooks") == ROOT / "notebooks"

    def test_an_installed_package_uses_the_copy_that_it_carries(self, monkeypatch, tmp_path):
        monkeypatch.setattr(files, "_PACKAGE", tmp_path / "site-packages" / "helpers")
        assert not files.is_checkout()
        assert files.home("data") == tmp_path / "site-packages" / "helpers" / "published" / "data"

    def test_a_folder_named_src_is_no_checkout_by_itself(self, monkeypatch, tmp_path):
        monkeypatch.setattr(files, "_PACKAGE", tmp_path / "src" / "helpers")
        monkeypatch.setattr(files, "_CHECKOUT", tmp_path)
        assert not files.is_checkout()
        (tmp_path / "pyproject.toml").touch()
        assert files.is_checkout()
