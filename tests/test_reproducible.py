"""The same bytes in another time zone, locale and hash seed, from another folder."""

import hashlib
import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from helpers import notebooks

pytestmark = pytest.mark.slow

PLACES = {
    "here": {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"},
    "elsewhere": {"TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4711"},
}


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_tables_and_charts_are_the_same_bytes_everywhere(tmp_path):
    code = "import sys; from helpers import build, export; build.build(out=sys.argv[1]); export.export_all(sys.argv[2])"
    for name, settings in PLACES.items():
        folder = tmp_path / name
        folder.mkdir()
        command = [sys.executable, "-c", code, str(folder / "data"), str(folder / "charts")]
        subprocess.run(command, check=True, cwd=folder, env={**os.environ, **settings}, capture_output=True)
    here, elsewhere = (digests(tmp_path / name) for name in PLACES)
    assert here == elsewhere
    names = [name.split("/")[-1] for name in here]
    assert {"incidents.gpkg", "datapackage.json", "timeline.pdf", "timeline.svg"} <= set(names)


def test_the_site_is_the_same_bytes_everywhere(tmp_path, exported):
    code = "import sys; from helpers import site; site.write_site(sys.argv[1])"
    for name, settings in PLACES.items():
        shutil.copytree(exported[0], tmp_path / name)
        command = [sys.executable, "-c", code, str(tmp_path / name)]
        subprocess.run(command, check=True, cwd=tmp_path, env={**os.environ, **settings}, capture_output=True)
    here, elsewhere = (digests(tmp_path / name / "site") for name in PLACES)
    assert here == elsewhere
    assert {"index.html", "searchindex.js", "objects.inv", "api/helpers.files.html"} <= set(here)


def test_a_run_changes_no_committed_notebook(tmp_path):
    notebooks.run(tmp_path, progress=lambda line: None)
    committed = {name: digest for name, digest in digests(notebooks.NOTEBOOK_DIR).items() if name.endswith(".ipynb")}
    assert digests(tmp_path) == committed


def execute_with(folder, name, **parameters):
    """A copy of a notebook, executed with other parameters."""
    notebook = nbformat.read(notebooks.NOTEBOOK_DIR / f"{name}.ipynb", as_version=4)
    cell = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    for parameter, value in parameters.items():
        cell.source, n_found = re.subn(rf"(?m)^{parameter} = .*$", f"{parameter} = {value!r}", cell.source)
        assert n_found == 1, parameter
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return notebooks.execute(folder / f"{name}.ipynb")


@pytest.mark.parametrize("name", ["03_anniversary", "04_embassy_vs_base", "05_maps"])
def test_a_notebook_runs_on_a_data_set_of_ones_own(tmp_path, bursts, name):
    bursts().to_parquet(tmp_path / "own.parquet")
    assert "Source: own.parquet." in str(execute_with(tmp_path, name, dataset=str(tmp_path / "own.parquet")).cells)


@pytest.mark.parametrize("name", ["03_anniversary", "05_maps"])
def test_dates_alone_are_enough_for_a_notebook_to_run(tmp_path, name):
    lines = [f"a{n},{2020 + n // 40}-{1 + n % 12:02}-{1 + n % 28:02}" for n in range(160)]
    (tmp_path / "own.csv").write_text("incident_id,date\n" + "\n".join(lines) + "\n", encoding="utf-8")
    assert execute_with(tmp_path, name, dataset=str(tmp_path / "own.csv"))


@pytest.mark.parametrize("name", ["02_incidents", "04_embassy_vs_base", "05_maps"])
def test_the_article_alone_is_enough_for_a_notebook_to_run(tmp_path, name):
    assert execute_with(tmp_path, name, scope="article")
