import copy
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
from html.parser import HTMLParser

import nbformat
import pytest

from conftest import ROOT
from helpers import cli, notebooks, site
from scripts import compare_notebooks

PATHS = sorted(notebooks.NOTEBOOK_DIR.glob("*.ipynb"))
# A notebook may do without some of them.
PARAMETERS = ["source", "files", "rule", "sites", "keep_all", "scope", "inclusion", "dataset", "anchor", "period"]
# A path of some machine, an address in memory, a warning.
FORBIDDEN = re.compile(
    r"(?<![\w.])/(?:home|root|tmp|work|usr|Users|opt)/|[A-Z]:\\\\|\bat 0x[0-9a-f]{6,}|\b\w*Warning\b"
)


def code_cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def lines(cell):
    return [line for line in cell.source.splitlines() if line.strip()]


def test_notebooks_are_numbered_in_the_order_of_reading():
    numbers = [int(path.name.split("_")[0]) for path in PATHS]
    assert len(numbers) >= 5
    assert numbers[0] == 0
    assert numbers == sorted(set(numbers))


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
        assert len(tagged) == 1
        names = re.findall(r"^(\w+) =", tagged[0].source, re.M)
        assert names
        assert names == [name for name in PARAMETERS if name in names]
        headings = [line for cell in cells if cell.cell_type == "markdown"
                    for line in cell.source.splitlines() if line.startswith("## ")]  # fmt: skip
        assert headings[0] == "## The answer"
        if path.stem != "00_template":
            assert headings[-1] == "## How to cite"

    def test_metadata_is_stripped(self, path):
        notebook = nbformat.read(path, as_version=4)
        assert notebook.metadata == notebooks._KEPT_METADATA
        assert notebooks._strip_metadata(notebook) == notebook

    def test_its_page_shows_every_chart_and_says_what_it_shows(self, path):
        files = site._notebook_page(path, {})
        outputs = [output for cell in nbformat.reads(files[f"notebooks/{path.name}"], 4).cells
                   for output in cell.get("outputs", [])]  # fmt: skip
        assert not [output for output in outputs if "image/svg+xml" in output.get("data", {})]
        pictures = Pictures("".join(output.get("data", {}).get("text/html", "") for output in outputs))
        charts = [output for cell in code_cells(path) for output in cell.outputs if "image/svg+xml" in output.data]
        assert len(pictures.alt) == len(charts)
        assert all(len(words.split()) > 10 for words in pictures.alt)


class Pictures(HTMLParser):
    """What the pictures of a page are said to show: the title and the description inside each."""

    def __init__(self, page):
        super().__init__()
        self.alt, self.within = [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "svg":
            self.alt.append("")
        elif tag == "img":
            self.alt.append(dict(attrs).get("alt", ""))
        self.within = tag

    def handle_data(self, data):
        if self.within in ("title", "desc") and self.alt:
            self.alt[-1] += f"{data} "

    def handle_endtag(self, tag):
        self.within = None


# The anniversary and the design's constants, which are no findings.
CONSTANTS = re.compile(
    r"\b(?:3 January 2020|3 January|(?:4 )?January 20\d\d|2021|182|365|45|5%|95%|100%|exit status 1)(?!\w)"
)
NOT_PROSE = re.compile(r"<!-- findings -->.*<!-- /findings -->|^ *```.*?^ *```|^ *\|.*?$|^> .*?$|`[^`]*`", re.S | re.M)


def numbers_in_prose(text, allowed=CONSTANTS):
    """The lines of prose that hold a number of which no cell and no template is the source."""
    rest = allowed.sub("", NOT_PROSE.sub("", text))
    return [line for line in rest.splitlines() if re.search(r"\d", line)]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_prose_holds_no_number_that_a_cell_does_not_compute(path):
    """Markdown may name the anniversary and the design's constants, but no finding."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            assert numbers_in_prose(cell.source) == []


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/your-own-file.md"])
def test_pages_hold_no_number_that_nothing_computes(page):
    """Outside the block of findings, code, tables and the citation; versions, licences and notebooks have numbers."""
    of_the_page = re.compile(
        rf"{CONSTANTS.pattern}|Those of 2024 and 2025 were planned|Python 3\.11|BSD 3-Clause|CC BY 4\.0"
        r"|^\d+\. |[Nn]otebooks? 0\d|release 1\b|of 02\b"
        r"|\]\(.*?\)|<.*?>", re.M
    )  # fmt: skip
    assert numbers_in_prose((ROOT / page).read_text(encoding="utf-8"), of_the_page) == []


@pytest.mark.parametrize("text", [
    "Thirteen attacks, 13 in all.", "A rate ratio of 1.9", "Expected: 6.9", "p = 0.12", "in 2022", "45.5", "5.1%",
    "- 3 attacks", "# The 4 attacks",
])  # fmt: skip
def test_a_number_typed_by_hand_is_found(text):
    assert numbers_in_prose(text) == [CONSTANTS.sub("", text)]


@pytest.mark.parametrize("text", [
    "Since 3 January 2020, over 45 windows with 95% intervals, at 5%.", "<!-- findings -->\n13\n<!-- /findings -->",
    "```\n13\n```", "| 13 |", "> Version 1.0.0.", "`07_methods` shows it.",
])  # fmt: skip
def test_a_number_of_the_design_or_of_code_is_none_typed_by_hand(text):
    assert numbers_in_prose(text) == []


# --- on a file of one's own -----------------------------------------------------------------------------------------


OWN = sorted((notebooks.NOTEBOOK_DIR.parent / "tests" / "data" / "own").glob("*.csv"))


NEEDS_ONLY_DATES = ("00", "07")
# After a notebook has made its results: what is simulated rests on few draws, as in the fixture ``results``.
FEW_DRAWS = """from helpers import findings
results.self_excitation = findings.self_excitation(results.anniversary, results.incidents, n_bootstrap=9)
results.power = findings.power(results.anniversary, results.incidents, n_draws=9)"""


def run_on(number, path, folder, then=None):
    """What a notebook prints, and its prose, of a file beside it with an anchor of its own.

    ``then`` is run once it has made its results.
    """
    [source] = notebooks.NOTEBOOK_DIR.glob(f"{number}_*.ipynb")
    notebook = nbformat.read(source, as_version=4)
    [cell] = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    cell.source = cell.source.replace("dataset = None", f'dataset = "{path.name}"').replace("2020-01-03", "2011-03-15")
    if then:
        [makes] = [number for number, cell in enumerate(notebook.cells) if "results = Results(" in cell.source]
        notebook.cells.insert(makes + 1, nbformat.v4.new_code_cell(then, id="then"))
    shutil.copy(path, folder)
    nbformat.write(notebook, folder / source.name)
    cells = notebooks.execute(folder / source.name).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type in ("stream", "error")]
    return json.dumps([outputs, [cell.source for cell in cells]])


def check_own(words, path):
    assert not re.search("3 January|Soleimani|KeyError", words)
    assert path.name in words or "Not available, because " in words
    assert "your own file comes without" in words


def test_the_notebook_of_the_anniversary_runs_on_dates_alone(tmp_path):
    [path] = [path for path in OWN if path.stem == "minimal"]
    words = run_on("03", path, tmp_path, FEW_DRAWS)
    check_own(words, path)
    assert "The day in question is 15 March 2011." in words
    assert "more of them should be reported around 15 March than around other days" in words
    assert re.search(r"Within 14 days of 15 March 20[\d, and]+, \d+ attacks? (?:was|were) reported", words)


@pytest.mark.slow
@pytest.mark.parametrize("number", ["00", "02", "03", "04", "05", "06", "07", "08"])
@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_notebook_runs_on_every_shape_of_file(number, path, tmp_path):
    words = run_on(number, path, tmp_path)
    assert not re.search("3 January|Soleimani|KeyError", words)
    assert "Not available, because " in words or path.stem != "minimal" or number in NEEDS_ONLY_DATES


def outputs_of(cell):
    return [{key: part for key, part in output.items() if key != "execution_count"} for output in cell.outputs]


@pytest.mark.slow
@pytest.mark.locked
def test_in_one_kernel_twice_and_in_another_order_they_say_the_same(tmp_path):
    """nbval and `run` show each alone; here each finds what the others, and it itself, have left in the kernel."""
    order = random.Random(3).sample(PATHS, len(PATHS)) * 2
    cells = [cell for path in order for cell in nbformat.read(path, as_version=4).cells]
    for number, cell in enumerate(cells):
        cell.id = f"cell{number}"
    folder = shutil.copytree(notebooks.NOTEBOOK_DIR, tmp_path / "notebooks")
    path = folder / "all.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=copy.deepcopy(cells)), path)
    committed = [outputs_of(cell) for cell in cells if cell.cell_type == "code"]
    again = [cell for cell in notebooks.execute(path).cells if cell.cell_type == "code"]
    differ = [cell.source for cell, outputs in zip(again, committed, strict=True) if outputs_of(cell) != outputs]
    assert differ == []


def small_notebook(folder, name, sources):
    cells = [nbformat.v4.new_code_cell(source, id=f"cell{i}") for i, source in enumerate(sources)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=notebooks._KEPT_METADATA), folder / f"{name}.ipynb")


def test_a_run_writes_copies_and_update_rewrites(tmp_path, monkeypatch):
    folder, out = tmp_path / "notebooks", tmp_path / "out"
    folder.mkdir()
    small_notebook(folder, "a", ["1 + 1", "'two'"])
    before = (folder / "a.ipynb").read_bytes()
    lines = []
    notebooks.run(out, folder, progress=lines.append)
    assert lines == ["[1/1] a: done"]
    assert (folder / "a.ipynb").read_bytes() == before
    assert [cell.execution_count for cell in code_cells(out / "a.ipynb")] == [1, 2]
    executed = (out / "a.ipynb").read_bytes()
    monkeypatch.setattr(notebooks, "execute", lambda path: nbformat.reads(executed.decode(), as_version=4))
    notebooks.run(out, folder, update=True, progress=lines.append)
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


def broken_notebooks(folder):
    """Notebooks that cannot be run, by what is said of each; beside one that can."""
    small_notebook(folder, "good", ["1 + 1"])
    text = (folder / "good.ipynb").read_text(encoding="utf-8")
    small_notebook(folder, "dead", ["x = 1", "import os\nos._exit(1)"])
    small_notebook(folder, "slow", ["import time\ntime.sleep(60)"])
    small_notebook(folder, "long", ["raise ValueError('one\\ntwo\\nthree')"])
    contents = {
        "merge": text.replace('   "source"', '<<<<<<< HEAD\n   "source"'),
        "merge_text": text.replace('"1 + 1"', '"<<<<<<< HEAD\\n",\n    "1 + 1"'),
        "no_json": "hello",
        "list": "[]",
        "object": "{}",
        "cut": text[:100],
        "cell": text.replace('"code"', '"cod"'),
    }
    for name, content in contents.items():
        (folder / f"{name}.ipynb").write_text(content, encoding="utf-8")
    (folder / "binary.ipynb").write_bytes(b"\xff\xfe\x00")
    return {
        "binary": "binary.ipynb: not a notebook (not UTF-8 text)",
        "cell": "cell.ipynb: not a notebook of format 4 ",
        "cut": "cut.ipynb: not a notebook of format 4 (",
        "dead": "dead.ipynb, code cell 2 (import os): its kernel died; it may have run out of memory",
        "list": "list.ipynb: not a notebook of format 4 (",
        "long": "long.ipynb, code cell 1 (raise ValueError('one\\ntwo\\nthree')): ValueError: one (and 2 more lines)",
        "merge": "merge.ipynb, cell 1, line 9: the marks of a merge (<<<<<<<); choose one side and remove them",
        "merge_text": "merge_text.ipynb, cell 1, line 10: the marks of a merge (<<<<<<<); choose",
        "no_json": "no_json.ipynb: not a notebook of format 4 (Expecting value: line 1 column 1 (char 0))",
        "object": "object.ipynb: not a notebook of format 4 (",
        "slow": "slow.ipynb, code cell 1 (import time): no result within 4 seconds",
    }


def test_whatever_stops_a_notebook_is_a_line_and_the_others_run(tmp_path, monkeypatch, capfd):
    folder, out, lines = tmp_path / "notebooks", tmp_path / "out", []
    folder.mkdir()
    expected = broken_notebooks(folder)
    monkeypatch.setattr(notebooks, "_TIMEOUT", 4)
    monkeypatch.setattr(notebooks, "NOTEBOOK_DIR", folder)
    monkeypatch.setattr("builtins.print", lambda *words, **_: lines.append(" ".join(map(str, words))))
    assert cli.main(["run", "--out", str(out)]) == 1
    told = lines[-1].removeprefix("error: ").splitlines()
    assert [line[: len(words)] for line, words in zip(told, expected.values(), strict=True)] == [*expected.values()]
    assert not out.exists()
    assert "Traceback" not in capfd.readouterr().err


def test_what_stops_a_page_is_a_line_and_nothing_is_written(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "findings.json").write_text("{}", encoding="utf-8")
    expected = broken_notebooks(tmp_path / "notebooks")
    failed = nbformat.read(tmp_path / "notebooks" / "good.ipynb", as_version=4)
    failed.cells[0].outputs = [nbformat.v4.new_output("error", ename="NameError", evalue="x", traceback=["/home/me"])]
    nbformat.write(failed, tmp_path / "notebooks" / "failed.ipynb")
    with pytest.raises(notebooks.NotebookError) as raised:
        site.write_site(tmp_path, progress=lambda line: None)
    told = str(raised.value).splitlines()
    assert "failed.ipynb, code cell 1 (1 + 1): holds an error (NameError); run it again" in told
    assert {line.split(",")[0].split(":")[0] for line in told} == {
        f"{name}.ipynb" for name in {*expected, "failed"} - {"dead", "slow", "long"}
    }
    assert not (tmp_path / "site").exists()


def test_an_output_that_names_a_folder_of_this_machine_is_not_committed(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    small_notebook(folder, "a", ["import os\nos.getcwd()", "import warnings\nwarnings.warn('old')", "print('X:\\n')"])
    before = (folder / "a.ipynb").read_bytes()
    with pytest.raises(notebooks.NotebookError) as raised:
        notebooks.run(tmp_path / "out", folder, update=True, progress=lambda line: None)
    places = [line.split(": ")[0] for line in str(raised.value).splitlines()]
    assert places == ["a.ipynb, code cell 1 (import os)", "a.ipynb, code cell 2 (import warnings)"]
    assert (folder / "a.ipynb").read_bytes() == before
    assert not (tmp_path / "out").exists()


def test_an_installed_package_has_no_notebooks_to_update(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "is_checkout", lambda: False)
    with pytest.raises(notebooks.NotebookError, match="of a checkout"):
        notebooks.run(tmp_path / "out", update=True)
    assert not (tmp_path / "out").exists()


# --- the checks of the notebooks can fail ---------------------------------------------------------------------------

DAYS = "from IPython.display import SVG\n['2019-11-08', 'p = 0.150']"
CHART = """SVG('<svg xmlns="http://www.w3.org/2000/svg"><rect x="10" width="5" height="5"/></svg>')"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A notebook of a table and a chart, executed."""
    folder = tmp_path_factory.mktemp("executed")
    small_notebook(folder, "small", [DAYS, CHART])
    return notebooks.execute(folder / "small.ipynb")


def change(notebook, number, kind, old, new):
    """A copy with something else in one output."""
    changed = copy.deepcopy(notebook)
    data = changed.cells[number].outputs[0].data
    assert old in data[kind]
    data[kind] = data[kind].replace(old, new)
    return changed


class TestCompareNotebooks:
    """The comparison for other versions of the libraries."""

    def test_a_notebook_agrees_with_itself(self, executed):
        assert compare_notebooks.compare_notebooks(executed, executed) == []

    @pytest.mark.parametrize(
        ("old", "new", "fault"),
        [
            ("0.150", "0.151", "'0.150' is now '0.151'"),
            ("08", "09", "'08' is now '09'"),
            ("2019", "2020", "'2019' is now '2020'"),
            ("p =", "q =", "['2019-11-08', 'p = 0.150']\" is now"),
            ("['2019-11-08', 'p = 0.150']", "nonsense", "is now 'nonsense'"),
        ],
    )
    def test_another_word_day_or_number_is_told(self, executed, old, new, fault):
        [line] = compare_notebooks.compare_notebooks(executed, change(executed, 0, "text/plain", old, new))
        assert line.startswith("code cell 1 (from IPython.display import SVG): ")
        assert fault in line

    def test_a_number_may_differ_in_the_fourth_digit(self, executed):
        changed = change(executed, 0, "text/plain", "0.150", "0.1501")
        assert compare_notebooks.compare_notebooks(executed, changed) == []

    def test_an_output_that_is_gone_is_told(self, executed):
        changed = copy.deepcopy(executed)
        changed.cells[0].outputs = []
        [line] = compare_notebooks.compare_notebooks(executed, changed)
        assert line.endswith("1 outputs of text are now 0")

    def test_charts_may_differ(self, executed):
        changed = change(executed, 1, "image/svg+xml", 'x="10"', 'x="11"')
        assert compare_notebooks.compare_notebooks(executed, changed) == []

    def test_the_command_fails_where_a_notebook_no_longer_says_it(self, executed, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(notebooks, "NOTEBOOK_DIR", tmp_path)
        monkeypatch.setattr(notebooks, "execute", lambda path: executed)
        nbformat.write(executed, tmp_path / "same.ipynb")
        assert compare_notebooks.main() == 0
        nbformat.write(change(executed, 0, "text/plain", "0.150", "0.140"), tmp_path / "other.ipynb")
        assert compare_notebooks.main() == 1
        assert "other: 1 differences" in capsys.readouterr().out


@pytest.mark.slow
def test_nbval_tells_a_changed_date_and_a_moved_bar(executed, tmp_path):
    nbformat.write(executed, tmp_path / "true.ipynb")
    changed = change(executed, 0, "text/plain", "08", "09")
    nbformat.write(change(changed, 1, "image/svg+xml", 'x="10"', 'x="11"'), tmp_path / "changed.ipynb")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "."]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=tmp_path)
    assert result.returncode == 1, result.stdout
    assert re.findall(r"FAILED (\w+).ipynb::Cell (\d)", result.stdout) == [("changed", "0"), ("changed", "1")]
    assert "2 passed" in result.stdout
