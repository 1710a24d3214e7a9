"""What is installed from a wheel works in any folder, and writes there alone."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import helpers
from conftest import ROOT

pytestmark = pytest.mark.slow


def run(command, folder):
    """A command in a folder that knows of no checkout; it must succeed."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    settings |= {"PYTHONDONTWRITEBYTECODE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    result = subprocess.run(command, cwd=folder, env=settings, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def list_files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    run([*pip, "--wheel-dir", str(folder), str(ROOT)], folder)
    [path] = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A new environment that holds the wheel and sees the locked packages; its folder of programs."""
    folder = tmp_path_factory.mktemp("installed") / "env"
    venv.create(folder)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    site = run([programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip()
    Path(site, "locked.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet", "--no-deps"]
    run([*pip, str(wheel)], folder)
    return programs


def test_a_wheel_carries_tables_notebooks_and_record_and_no_more(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    raw = {f"helpers/published/data/{name}" for name in list_files(ROOT / "data") if name.startswith("raw/")}
    notebooks = {f"helpers/published/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    seeds = {"helpers/published/seeds/article.json", "helpers/published/seeds/README.md"}
    published = {
        name for name in names if name.startswith(("helpers/published/data/raw", "helpers/published/notebooks"))
    }
    assert published == raw | notebooks | {"helpers/published/notebooks/synthetic_acled.csv"}
    assert {name for name in names if "seeds" in name} == seeds, "the founding article's text stays at home"
    assert "helpers/published/data/VERSION" in names
    assert {name for name in names if name.endswith("py.typed")} == {"helpers/py.typed"}
    assert not [name for name in names if re.search(r"tests?/|\.git|__pycache__", name)]


def test_a_wheel_carries_every_file_of_the_package(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", "src/helpers"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    ).stdout.split()
    assert {path.removeprefix("src/") for path in tracked} <= set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_has_the_version_of_the_code(wheel):
    assert wheel.name.split("-")[1] == helpers.__version__


def test_installed_it_loads_incidents_and_runs_commands_in_another_folder(installed, tmp_path):
    before = list_files(installed.parent)
    code = "import helpers; print(helpers.__file__, len(helpers.load_incidents()))"
    path, n_incidents = run([installed / "python", "-c", code], tmp_path).split()
    assert str(installed.parent) in path
    assert int(n_incidents) > 0
    assert "no faults" in run([installed / "anniversary-attacks", "validate"], tmp_path)
    assert list_files(tmp_path) == set()
    run([installed / "anniversary-attacks", "build"], tmp_path)
    assert {name.split("/")[1] for name in list_files(tmp_path)} == {"data"}, "all below reports/data"
    assert {"reports/data/processed/incidents.csv", "reports/data/raw/reports.csv"} <= list_files(tmp_path)
    built = tmp_path / "reports" / "data" / "processed" / "incidents.csv"
    assert built.read_bytes() == (ROOT / "data" / "processed" / "incidents.csv").read_bytes()
    assert list_files(installed.parent) == before, "nothing is written into the environment"
