"""The repository holds together: environment, lock, README and licence agree with the code."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

import helpers
from conftest import ROOT
from helpers import anniversaries, charts, findings, tables

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Where conda-forge names a package otherwise.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "pandera[pandas]": "pandera"}
# A module imports only from those above it.
ORDER = ["schemas", "files", "tables", "codebook", "incidents", "anniversaries", "self_excitation", "two_groups",
         "comparison", "geography", "findings", "charts", "export", "article", "build", "notebooks", "web_map",
         "report", "cli"]  # fmt: skip


def split(requirement):
    name, bound = re.fullmatch(r"([\w\-\[\]]+)(.*)", requirement.strip()).groups()
    return CONDA_NAMES.get(name, name), bound


def test_conda_names_and_bounds_equal_pyproject():
    text = (ROOT / "environment.yml").read_text()
    listed = re.findall(r"^  - ([\w\-]+)([^:\s]*)$", text, re.M)
    channels = {("conda-forge", ""), ("pip", ""), ("python", PROJECT["project"]["requires-python"])}
    assert set(listed) - channels == {split(requirement) for requirement in PROJECT["project"]["dependencies"]}
    assert channels <= set(listed)
    assert text.rstrip().endswith("- pip:\n      - -e .")


def test_the_lock_pins_every_dependency_by_hash_and_names_no_host():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = set(re.findall(r"^([\w\-]+)==", lock, re.M))
    wanted = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    names = {re.match(r"[\w\-]+", requirement)[0].replace("_", "-") for requirement in wanted}
    assert names <= pinned
    assert lock.count("==") - lock.count("== '") <= lock.count("--hash=sha256:")
    assert not re.search(r"https?://|index", lock)


def test_the_versions_agree():
    changes = (ROOT / "CHANGELOG.md").read_text()
    data, software = (re.search(rf"## {part}\n\n### (\S+) ", changes)[1] for part in ("Data", "Software"))
    cited = re.findall(r"^ *version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.M)
    assert software == helpers.__version__ == PROJECT["project"]["version"]
    assert data == tables.data_version()
    assert cited == [software, data, software]
    assert f"Software version {software}, data version {data}." in (ROOT / "README.md").read_text()


def test_workflows_run_what_the_makefile_has():
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    steps = re.findall(r"run: (.+)$", workflow, re.M)
    assert {"make test", "make test-all", "make report", "git diff --exit-code"} <= set(steps)
    assert re.findall(r'"(3\.\d+)"', workflow) == ["3.11", "3.12", "3.13"]


def texts(module):
    """The source of a module, or of each module of a package."""
    one = ROOT / "src" / "helpers" / f"{module}.py"
    return [path.read_text() for path in ([one] if one.exists() else sorted(one.with_suffix("").glob("*.py")))]


def imported(text, level):
    """The modules that relative imports of so many dots ask for, wherever they stand."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom) and node.level == level]
    return {
        name
        for node in nodes
        for name in ([node.module.split(".")[0]] if node.module else [a.name for a in node.names])
    }


def test_arrows_point_one_way():
    for number, module in enumerate(ORDER):
        package = (ROOT / "src" / "helpers" / module).is_dir()
        found = [imported(text, 2 if package else 1) for text in texts(module)]
        assert found, module
        assert set().union(*found) <= {*ORDER[:number], "__version__"}, module
    for path in sorted((ROOT / "src" / "helpers").glob("*/[a-z]*.py")):
        assert imported(path.read_text(), 1) <= {"base", "basics"}, path
    here = {path.stem for path in (ROOT / "src" / "helpers").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert here - set(ORDER) <= {"__init__", "__main__", "__pycache__", "vendor"}


def test_one_module_writes_files():
    """The only other call of a writer is of the build, into memory."""
    writers = re.compile(r"\.write_(text|bytes)\(|open\([^)]*['\"][wa]|\.to_(csv|parquet|file)\(['\"\w]")
    assert [module for module in ORDER if any(writers.search(text) for text in texts(module))] == ["files", "build"]


def test_importing_draws_logs_and_sets_nothing():
    code = "import logging, matplotlib, sys; before = matplotlib.rcParams.copy(); import helpers.cli; "
    code += "same = all(dict.__getitem__(matplotlib.rcParams, key) == value for key, value in dict.items(before)); "
    code += "print('matplotlib.pyplot' in sys.modules, same, logging.root.handlers)"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (result.stdout.strip(), result.stderr) == ("False True []", "")


@pytest.mark.locked
def test_the_chart_of_the_readme_is_not_stale(registered):
    drawn = charts.svg(registered["placebo_windows"]())
    assert (ROOT / "docs" / "placebo_windows.svg").read_text() == drawn, "run: make refresh"


def test_the_readme_quotes_the_findings(timing, least, targets, found):
    readme = " ".join((ROOT / "README.md").read_text().split())
    for sentence in (
        timing.text,
        timing.years_text,
        timing.other_text,
        timing.without_text,
        timing.sides_text,
        findings.limit_text(timing, least),
        targets.text,
        targets.unknown_text,
        targets.robust_text,
        targets.model_text,
        findings.moves_text(found.moves),
        findings.rivals_text(found.rivals, found.without_each_strike, timing),
        *found.where.text.split(". ")[:1],
        *found.where.launch_text.split(". ")[:1],
        *findings.near_repeat_text(found.near_repeat).split(". ")[:1],
    ):
        assert sentence in readme, sentence
    assert "](docs/placebo_windows.svg)" in readme


def test_the_limits_count_what_they_tell(timing, core):
    """The days of the anniversaries' blocks in under-covered months, and the accounts of an incident."""
    spans = [("2019-10", "2019-10"), ("2020-02", "2020-02"), ("2020-10", "2020-10"), ("2022-09", "2022-11"),
             ("2023-05", "2023-09")]  # fmt: skip
    months = {month for first, last in spans for month in pd.period_range(first, last, freq="M")}
    days = [(day, apart) for day in timing.test.anniversaries for apart in range(-anniversaries.HALF, 183)]
    under = [apart for day, apart in days if (day + pd.Timedelta(days=apart)).to_period("M") in months]
    assert min(map(abs, under)) > timing.window
    accounts = core["n_independent"].value_counts()
    for page in (ROOT / "README.md", tables.DATA_DIR / "README.md"):
        told = page.read_text()
        assert f"Of the {len(days):,} days on which the anniversaries are tested, {len(under)} lie in these" in told
        assert f"{accounts[4]} of {len(core)} core incidents have exactly four, and {accounts[5]} has more." in told
    assert accounts.index.max() == 5


def test_the_readme_names_what_exists():
    readme = (ROOT / "README.md").read_text()
    for page in ("README.md", "CONTRIBUTING.md", "seeds/README.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", (ROOT / page).read_text()):
            assert (ROOT / link).exists(), link
    targets_told = set(re.findall(r"`make ([a-z\-]+)`", readme))
    assert targets_told <= set(re.findall(r"^([a-z\-]+):", (ROOT / "Makefile").read_text(), re.M))
    for command in re.findall(r"python -m helpers ([\w-]+)", readme):
        assert f'"{command}"' in (ROOT / "src/helpers/cli.py").read_text()


def test_raw_tables_are_as_coded():
    """The hand-coded tables lie beside some checkouts; where they do, ours must be the same bytes."""
    coded = ROOT.parent / "shared" / "data" / "raw"
    if not coded.exists():
        pytest.skip("the tables' origin is not here")
    files = sorted(path.relative_to(coded) for path in coded.rglob("*.csv"))
    assert len(files) == 11
    assert [
        path for path in files if (coded / path).read_bytes() != (tables.DATA_DIR / "raw" / path).read_bytes()
    ] == []


def test_no_committed_text_of_the_founding_article():
    text = ROOT.parent / "shared" / "seeds" / "article.txt"
    if not text.exists():
        pytest.skip("the founding article is not here")
    sentences = [line[20:80] for line in text.read_text().splitlines() if len(line) > 80]
    assert sentences
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for path in tracked:
        content = (ROOT / path).read_bytes().decode("utf-8", "replace")
        assert not any(sentence in content for sentence in sentences), path


def test_the_licences_are_named():
    assert "BSD 3-Clause" in (ROOT / "LICENSE").read_text()
    assert "CC BY 4.0" in (ROOT / "LICENSE-DATA").read_text()
    assert Path(ROOT / ".ci" / "run").stat().st_mode & 0o111
