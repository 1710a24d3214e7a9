"""Killed at any moment, or out of disk, a command leaves whole files behind."""

import random
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers import build, files, tables

pytestmark = pytest.mark.slow

COMMANDS = {
    "build": ["build", "--data", "data"],
    "export": ["export", "--out", "out"],
    "report": ["report", "--out", "out"],
}


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and files.WAITING not in str(path)
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_twenty_kills_leave_the_old_files_whole(tmp_path, name):
    shutil.copytree(tables.DATA_DIR / "raw", tmp_path / "data" / "raw")
    command = [sys.executable, "-m", "helpers", *COMMANDS[name]]
    started = time.monotonic()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    duration = time.monotonic() - started
    whole = contents(tmp_path)
    rng = random.Random(name)
    for _ in range(20):
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.2, duration))
        process.kill()
        process.wait()
        assert contents(tmp_path) == whole
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert contents(tmp_path) == whole
    assert not list(tmp_path.rglob(f"{files.WAITING}*"))  # what the kills left behind is gone


@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_gives_one_clear_line(tmp_path, name):
    shutil.copytree(tables.DATA_DIR / "raw", tmp_path / "data" / "raw")
    before = contents(tmp_path)
    command = [sys.executable, "-m", "helpers", *COMMANDS[name]]

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, preexec_fn=limit, check=False)
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert "Traceback" not in result.stderr
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_that_cannot_be_written_gives_one_clear_line(tmp_path, name):
    shutil.copytree(tables.DATA_DIR / "raw", tmp_path / "data" / "raw")
    (tmp_path / "out").write_text("a file in the way")
    (tmp_path / "data" / "processed").write_text("a file in the way")
    command = [sys.executable, "-m", "helpers", *COMMANDS[name]]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if line]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")


def test_build_overwrites_what_an_interrupted_run_left(tmp_path):
    shutil.copytree(tables.DATA_DIR / "raw", tmp_path / "raw")
    litter = tmp_path / f"{files.WAITING}old"
    litter.mkdir()
    (litter / "half").write_text("half")
    build.build(tmp_path, progress=lambda line: None)
    assert not litter.exists()
    assert Path(tmp_path / "processed" / "incidents.csv").exists()
