import json
import re
import statistics
import subprocess
import sys

import nbformat
import pytest

from helpers import notebooks

PATHS = sorted(notebooks.NOTEBOOK_DIR.glob("*.ipynb"))
# A path of some machine, an address in memory, a warning.
FORBIDDEN = re.compile(
    r"(?<![\w.])/(?:home|root|tmp|work|usr|Users|opt)/|[A-Z]:\\\\|\bat 0x[0-9a-f]{6,}|\b\w*Warning\b"
)


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def test_there_are_notebooks():
    assert [path.name[:2] for path in PATHS] == ["01", "02", "03", "04", "05"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
class TestEveryNotebook:
    def test_every_code_cell_has_run_in_order(self, path):
        counts = [cell.execution_count for cell in code_cells(path)]
        assert counts == list(range(1, len(counts) + 1))

    def test_code_is_short_and_defines_nothing(self, path):
        sizes = [len(lines(cell)) for cell in code_cells(path)]
        assert max(sizes) <= 15
        assert statistics.median(sizes) <= 5
        assert not any(re.search(r"^\s*(def|class) |\blambda\b", cell.source, re.M) for cell in code_cells(path))

    def test_prose_keeps_pace_with_code(self, path):
        cells = nbformat.read(path, as_version=4).cells
        n_prose = sum(cell.cell_type == "markdown" for cell in cells)
        assert 0.6 <= n_prose / len(code_cells(path)) <= 1.6

    def test_no_output_holds_a_path_an_address_or_a_warning(self, path):
        for cell in code_cells(path):
            for output in cell.outputs:
                assert output.output_type != "stream", cell.source
                assert not FORBIDDEN.search(json.dumps(output)), cell.source

    def test_charts_are_svg_so_that_nbval_compares_them(self, path):
        kinds = {kind for cell in code_cells(path) for output in cell.outputs for kind in output.get("data", {})}
        assert "image/png" not in kinds
        assert "image/svg+xml" in kinds

    def test_the_skeleton(self, path):
        cells = nbformat.read(path, as_version=4).cells
        assert re.match(r"# .+\?\n", cells[0].source), "the title is a question"
        assert "cannot show" in cells[0].source
        tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
        # The notebook on the founding article has no scope to choose.
        names = ["inclusion", "dataset"] if path.stem == "01_article" else ["scope", "inclusion", "dataset"]
        assert [re.findall(r"^(\w+) =", cell.source, re.M) for cell in tagged] == [names]
        assert any(cell.source.startswith("## Findings") for cell in cells)

    def test_metadata_is_stripped(self, path):
        notebook = nbformat.read(path, as_version=4)
        assert notebook.metadata == notebooks.KEPT_METADATA
        assert notebooks.strip(notebook) == notebook


def test_prose_holds_no_number_that_a_cell_does_not_compute():
    """Markdown may name the anniversary, the design's constants and section numbers, but no finding."""
    allowed = re.compile(r"3 January 2020|3 January|January 20\d\d|29 February|2021|2020|182|365|366|45|95%|100%|\b1\b")
    for path in PATHS:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                rest = allowed.sub("", re.sub(r"`[^`]*`", "", cell.source))
                assert not re.search(r"\d", rest), (path.name, rest)


def test_every_registered_chart_is_shown(registered):
    shown = " ".join(cell.source for path in PATHS for cell in code_cells(path))
    assert [name for name in registered if f"charts.{name}(" not in shown] == []


def small_notebook(folder, name, sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell{i}") for i, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=notebooks.KEPT_METADATA), folder / f"{name}.ipynb")


def test_a_run_writes_copies_and_update_rewrites(tmp_path, monkeypatch):
    folder, out = tmp_path / "notebooks", tmp_path / "out"
    folder.mkdir()
    small_notebook(folder, "a", ["1 + 1", "'two'"])
    before = (folder / "a.ipynb").read_bytes()
    told = []
    notebooks.run(out, folder, progress=told.append)
    assert told == ["[1/1] a: done"]
    assert (folder / "a.ipynb").read_bytes() == before
    assert [cell.execution_count for cell in code_cells(out / "a.ipynb")] == [1, 2]
    executed = (out / "a.ipynb").read_bytes()
    monkeypatch.setattr(notebooks, "execute", lambda path: nbformat.reads(executed.decode(), as_version=4))
    notebooks.run(out, folder, update=True, progress=told.append)
    assert (folder / "a.ipynb").read_bytes() == (out / "a.ipynb").read_bytes() == executed


def test_a_failure_names_notebook_cell_and_error_and_writes_nothing(tmp_path):
    folder, out = tmp_path / "notebooks", tmp_path / "out"
    folder.mkdir()
    small_notebook(folder, "a", ["1 + 1"])
    small_notebook(folder, "b", ["x = 1", "y = x / 0"])
    with pytest.raises(notebooks.NotebookError) as raised:
        notebooks.run(out, folder, update=True, progress=lambda line: None)
    assert str(raised.value) == "b.ipynb, code cell 2 (y = x / 0): ZeroDivisionError: division by zero"
    assert not out.exists()
    assert code_cells(folder / "a.ipynb")[0].execution_count is None


def nbval(folder):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--nbval",
        "--nbval-current-env",
        str(folder),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.mark.slow
def test_the_check_can_fail(tmp_path):
    """A copy passes; with a bar moved in its chart, or a date changed in its table, nbval fails that very cell."""
    notebook = nbformat.read(notebooks.NOTEBOOK_DIR / "02_incidents.ipynb", as_version=4)
    shown = [cell for cell in notebook.cells if cell.cell_type == "code"][:4]
    assert "charts.timeline" in shown[-1].source
    dates = nbformat.v4.new_code_cell("list(data['date'].head(2).astype(str))", execution_count=5, id="dates")
    dates.outputs = [
        nbformat.v4.new_output("execute_result", {"text/plain": "['2019-11-08', '2019-12-03']"}, execution_count=5)
    ]
    notebook.cells = [*shown, dates]
    nbformat.write(notebook, tmp_path / "true.ipynb")

    dates.outputs[0]["data"]["text/plain"] = "['2019-11-08', '2019-12-04']"
    chart = shown[3].outputs[0]["data"]
    bar = re.search(r'<g id="patch_3">\s*<path d="M ([\d.]+) ', chart["image/svg+xml"])
    moved = f"{float(bar[1]) + 5:.6f}"
    chart["image/svg+xml"] = chart["image/svg+xml"][: bar.start(1)] + moved + chart["image/svg+xml"][bar.end(1) :]
    nbformat.write(notebook, tmp_path / "changed.ipynb")

    result = nbval(tmp_path)
    assert result.returncode == 1, result.stdout
    assert re.findall(r"FAILED (\w+).ipynb::Cell (\d)", result.stdout) == [("changed", "3"), ("changed", "4")]
    assert "8 passed" in result.stdout
