import pytest

from helpers import files


def test_files_are_written_whole_or_not_at_all(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(TypeError):
        files.write_files(tmp_path, {"a": b"new", "b": None})
    assert (tmp_path / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    files.write_files(tmp_path, {"a": b"new", "b": b"more"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "b": "more"}
