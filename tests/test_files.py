import os

import pandas as pd
import pytest

from conftest import ROOT
from helpers import files


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


def test_what_an_interrupted_run_left_is_removed(tmp_path):
    (tmp_path / f"{files.WAITING}old").mkdir()
    (tmp_path / f"{files.WAITING}old" / "half").touch()
    files.write_files(tmp_path, {"a": b"new"})
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("n_replaced", [0, 1, 2])
def test_a_replacement_that_fails_midway_leaves_every_file_whole(tmp_path, monkeypatch, n_replaced):
    old, new = ({name: name.encode() * size for name in ("a", "b", "c")} for size in (10, 20))
    files.write_files(tmp_path, old)
    replace, done = os.replace, []

    def fail_in_time(source, target):
        if len(done) == n_replaced:
            raise OSError(13, "Permission denied")
        done.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_in_time)
    with pytest.raises(OSError, match="cannot be replaced") as raised:
        files.write_files(tmp_path, new)
    name = "abc"[n_replaced]
    assert str(raised.value) == (
        f"{tmp_path / name} cannot be replaced (Permission denied); "
        f"{n_replaced} of 3 files are new, the rest are as they were"
    )
    # Each file is whole; the set is not: that is what the message says.
    assert contents(tmp_path) == {**old, **{name: new[name] for name in "abc"[:n_replaced]}}


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
