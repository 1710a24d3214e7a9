"""Killed, out of disk, or two at once, a command leaves whole files; ``make kill`` tries it at length."""

import os
import shutil
import subprocess

import pytest

from helpers import files
from scripts import kill
from tests.importers import event_files

pytestmark = pytest.mark.slow
CHEAP = ("build", "import", "init")  # make kill has the others


@pytest.mark.parametrize("name", CHEAP)
def test_three_kills_leave_every_file_whole_and_the_next_command_completes_them(tmp_path, name):
    assert kill.kill_command(tmp_path, name, 3)["failures"] == []


def can_mount():
    return not subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode


@pytest.mark.parametrize("obstacle", ["full disk", "read-only folder"])
@pytest.mark.parametrize("name", [*CHEAP, "export", "run --update"])
def test_an_obstacle_gives_one_clear_line(tmp_path, name, obstacle):
    if obstacle == "read-only folder" and not os.geteuid() and not can_mount():
        pytest.skip("root may write anywhere, and no folder can be mounted read-only here")
    assert kill.obstruct_command(tmp_path, name, obstacle) == []


def run_together(folder, *commands):
    """Commands that start at once, each of which must succeed; and what they leave."""
    running = [kill.start(folder, words) for words in commands]
    said = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0] * len(running), said
    assert not [path for path in folder.rglob("*") if files.WAITING in path.name]
    return kill.contents(folder)


@pytest.mark.parametrize("name", ["build", "import"])
def test_two_at_once_leave_the_files_of_one_of_them(tmp_path, name):
    """Each would write other contents to the same place."""
    if name == "build":
        for data, version in (("one", "1.0.0"), ("other", "2.0.0")):
            shutil.copytree(kill.ROOT / "tests" / "data" / "raw", tmp_path / data / "raw")
            (tmp_path / data / "VERSION").write_text(version, encoding="utf-8")
        sites = tmp_path / "other" / "raw" / "sites.csv"
        sites.write_text(sites.read_text(encoding="utf-8").replace("US Embassy", "Embassy", 1), encoding="utf-8")
        commands = [["build", "--data", data, "--out", "written"] for data in ("one", "other")]
    else:
        for file, events in (("one.csv", event_files.ACLED), ("other.csv", event_files.ACLED[:2] * 40)):
            text = event_files.write(events, event_files.ACLED_2023)
            (tmp_path / file).write_text(text, encoding="utf-8")
        out = ["--out", "written/incidents.parquet", "--keep", "all"]
        commands = [["import", "acled", file, *out] for file in ("one.csv", "other.csv")]
    alone = [run_together(tmp_path, words) for words in commands]
    assert alone[0] != alone[1]
    for _ in range(3):
        shutil.rmtree(tmp_path / "written")
        assert run_together(tmp_path, *commands) in alone


def test_two_sites_of_one_collection_at_once_are_the_one_site(tmp_path):
    kill.start(tmp_path, ["init", "mine"]).communicate()
    words = ["site", "--data", "mine", "--out", "written"]
    alone = run_together(tmp_path, words)
    shutil.rmtree(tmp_path / "written")
    assert run_together(tmp_path, words, words) == alone
