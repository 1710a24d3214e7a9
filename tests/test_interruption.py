"""Killed at any moment, or out of disk, a command leaves whole files behind."""

import random
import resource
import shutil
import subprocess
import sys
import time

import pytest

from helpers import files

pytestmark = pytest.mark.slow

COMMANDS = {
    "build": ["build", "--data", "data"],
    "export": ["export", "--data", "data", "--out", "out"],
    "site": ["site", "--data", "data", "--out", "out"],
}


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and files.WAITING not in str(path)
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_twenty_kills_leave_every_file_whole_old_or_new(tmp_path, frozen_dir, name):
    shutil.copytree(frozen_dir / "raw", tmp_path / "data" / "raw")
    command = [sys.executable, "-m", "helpers", *COMMANDS[name]]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    started = time.monotonic()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    duration = time.monotonic() - started
    new = contents(tmp_path)
    # Whatever a command writes is older than what it writes now, so that a half-replaced set can be told. A site
    # reads what an export has written.
    read = ("data/raw/", "out/charts/", "out/findings.json") if name == "site" else ("data/raw/",)
    written = [path for path in new if not path.startswith(read)]
    old = dict.fromkeys(written, b"old " * 1000)
    rng = random.Random(name)
    for _ in range(20):
        for path, content in old.items():
            (tmp_path / path).write_bytes(content)
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.2, duration))
        process.kill()
        process.wait()
        left = contents(tmp_path)
        assert left.keys() == new.keys()
        assert [path for path in written if left[path] not in (old[path], new[path])] == []
        assert [path for path in new if path not in old and left[path] != new[path]] == []
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert contents(tmp_path) == new
    assert not list(tmp_path.rglob(f"{files.WAITING}*"))  # what the kills left behind is gone


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_gives_one_clear_line(tmp_path, frozen_dir, name):
    shutil.copytree(frozen_dir / "raw", tmp_path / "data" / "raw")
    before = contents(tmp_path)
    command = [sys.executable, "-m", "helpers", *COMMANDS[name]]

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", preexec_fn=limit, check=False)
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert "Traceback" not in result.stderr
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_that_cannot_be_written_gives_one_clear_line(tmp_path, frozen_dir, name):
    shutil.copytree(frozen_dir / "raw", tmp_path / "data" / "raw")
    (tmp_path / "out").touch()  # a file in the way
    (tmp_path / "data" / "processed").touch()
    command = [sys.executable, "-m", "helpers", *COMMANDS[name]]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
