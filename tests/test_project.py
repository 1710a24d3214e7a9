"""The repository holds together: environment, lock, pages, licence and the code's own rules agree."""

import ast
import graphlib
import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import version

import pandas as pd
import pytest
import yaml

import helpers
from conftest import ROOT
from helpers import charts, cli, tables

PACKAGE = ROOT / "src" / "helpers"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# A module imports only from those above it.
ORDER = ["cache", "schemas", "blanks", "files", "tables", "codebook", "incidents", "days", "confirmatory",
         "anniversaries", "covered", "sensitivity", "hawkes", "two_groups", "measures", "comparison", "exposure",
         "geography", "near_repeat", "reliability", "checks", "importers", "match", "load", "findings", "charts",
         "export", "web_map", "incidents_page", "notebooks", "site", "article", "build", "collection",
         "compare_files", "changes", "accounts", "desk", "cli"]  # fmt: skip
# Modules and test files that do not keep the rules of names, docstrings, length and encoding yet. To be emptied.
PENDING = set()
# The Ibis for which pyproject.toml bounds duckdb and sqlglot from above.
IBIS_OF_BOUNDS = (12, 0)
# Where conda-forge names a package otherwise.
CONDA_NAMES = {"matplotlib": "matplotlib-base", "duckdb": "python-duckdb", "ibis-framework[duckdb]": "ibis-duckdb"}
# What a researcher calls, though nothing here need call it.
ENTRY_POINTS = {"load_sources", "load_sites", "load_places", "load_reports", "load_context_events", "load_search_log",
                "load_incidents", "days_from_anniversary", "placebo_test", "rate_limits", "confirmatory_test",
                "compare", "specification_curve", "agreement", "launch_distances", "anniversary", "embassy_vs_base",
                "accounts_of", "target_readings", "chart_files", "main"}  # fmt: skip
# A function that one of these decorators registers is called by name; who calls it needs no example.
REGISTERS = {"chart", "command", "callback"}
MOST_LINES = 40


# --- environment, versions, pages -----------------------------------------------------------------------------------


def split(requirement):
    """The name as conda-forge has it, where an extra is a package of its own or none, and the bound."""
    name, extra, bound = re.fullmatch(r"([\w\-]+)(\[\w+\])?(.*)", requirement.strip()).groups()
    return CONDA_NAMES.get(f"{name}{extra or ''}", CONDA_NAMES.get(name, name)), bound


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def test_conda_names_and_bounds_equal_pyproject():
    text = read("environment.yml")
    listed = re.findall(r"^ +- ([\w\-]+)([^:\s]*)$", text, re.M)
    channels = {("conda-forge", ""), ("pip", ""), ("python", PROJECT["project"]["requires-python"])}
    wanted = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["site"]
    assert set(listed) - channels == {split(requirement) for requirement in wanted}
    assert channels <= set(listed)
    assert text.rstrip().endswith("- pip:\n      - font-source-sans-pro>=0.0.1\n      - -e .")


def test_the_upper_bounds_are_tried_again_with_a_newer_ibis():
    """They were found with one version of Ibis; without a network, a newer one is the sign that they may go."""
    bounds = dict(map(split, PROJECT["project"]["dependencies"]))
    assert (bounds["python-duckdb"], bounds["sqlglot"]) == (">=1.4,<2", ">=27,<30.18")
    found = tuple(map(int, version("ibis-framework").split(".")[:2]))
    assert found <= IBIS_OF_BOUNDS, (
        "Ibis is newer than the one for which pyproject.toml keeps duckdb below 2 and sqlglot below 30.18. Install the "
        "next duckdb and sqlglot, and run tests/importers: a bound without which they pass may go, from "
        "environment.yml and from here too. If one must stay, raise IBIS_OF_BOUNDS."
    )


def test_the_lock_pins_every_dependency_by_hash_and_names_no_host():
    lock = read("requirements.lock")
    pinned = set(re.findall(r"^([\w\-]+)==", lock, re.M))
    project = PROJECT["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["site"], *PROJECT["dependency-groups"]["dev"]]
    names = {re.match(r"[\w\-]+", requirement)[0].replace("_", "-") for requirement in wanted}
    assert names <= pinned
    assert lock.count("==") - lock.count("== '") <= lock.count("--hash=sha256:")
    assert not re.search(r"https?://|index", lock)


def test_the_versions_agree():
    changes = read("CHANGELOG.md")
    data, software = (re.search(rf"## {part}\n\n### (\S+) ", changes)[1] for part in ("Data", "Software"))
    cited = re.findall(r"^ *version: (\S+)$", read("CITATION.cff"), re.M)
    assert software == helpers.__version__ == PROJECT["project"].get("version", software)
    assert data == tables.data_version()
    assert cited == [software, data, software]
    assert f"Software version {software}, data version {data}." in read("README.md")


def test_workflows_run_what_the_makefile_has():
    workflow = read(".github/workflows/ci.yml")
    steps = re.findall(r"run: (.+)$", workflow, re.M)
    assert {"make test-all", "make report", "git diff --exit-code"} <= set(steps)
    assert {step.split()[1] for step in steps if step.startswith("make ")} <= make_targets()
    assert re.findall(r'"(3\.\d+)"', workflow) == ["3.11", "3.12", "3.13"]


def test_no_workflow_lets_code_of_a_pull_request_write():
    """What may write, but to pages of the main branch, runs nothing of a checkout; no workflow lends its token."""
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        triggers = workflow[True]  # YAML 1.1 reads the key on as a truth
        assert not {"pull_request_target", "workflow_run"} & set(triggers), path
        for job in workflow["jobs"].values() if "pull_request" in triggers else ():
            may = job.get("permissions", workflow["permissions"])
            runs_code = any("checkout" in step.get("uses", "") for step in job["steps"])
            assert not (runs_code and "write" in may.values()), path
            assert not any("${{" in step.get("run", "") for step in job["steps"]), path


def test_the_workflow_of_changes_shows_what_the_command_says():
    workflow = yaml.safe_load(read(".github/workflows/changes.yml"))
    show, comment = workflow["jobs"]["show"], workflow["jobs"]["comment"]
    assert (workflow["permissions"], show["permissions"], comment["permissions"]) == (
        {}, {"contents": "read"}, {"pull-requests": "write"}
    )  # fmt: skip
    assert workflow[True]["pull_request"]["paths"] == ["data/raw/**"]
    assert "head.repo.full_name == github.repository" in comment["if"]
    said = " ".join(step.get("run", "") for step in show["steps"])
    assert re.search(r"python -m helpers changes HEAD\^1 .* >> \"\$GITHUB_STEP_SUMMARY\"", said)


def test_forms_of_issues_are_such_as_github_reads():
    paths = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert {path.stem for path in paths} == {"fault", "method", "report"}
    for path in paths:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert set(form) == {"name", "description", "labels", "body"}, path
        ids = [field["id"] for field in form["body"]]
        assert len(ids) == len(set(ids))
        for field in form["body"]:
            assert set(field) <= {"type", "id", "attributes", "validations"}, path
            assert field["type"] in ("input", "textarea"), path
            assert field["attributes"]["label"], path
        assert any(field.get("validations", {}).get("required") for field in form["body"]), path


def make_targets():
    return set(re.findall(r"^([a-z\-]+):", read("Makefile"), re.M))


@pytest.mark.locked
def test_the_chart_of_the_readme_is_not_stale(live):
    drawn = charts.svg(live.draw(charts.placebo_windows))
    assert read("docs/placebo_windows.svg") == drawn, "run: make refresh"


def test_the_pages_name_what_exists(capsys):
    forms = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / ".github").rglob("*TEMPLATE*/*.yml"))]
    pages = ("README.md", "CONTRIBUTING.md", "seeds/README.md", ".github/PULL_REQUEST_TEMPLATE.md", *forms)
    for page in (*pages, *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))):
        text = read(page)
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert ((ROOT / page).parent / link).exists(), (page, link)
        assert set(re.findall(r"`make ([a-z\-]+)`", text)) <= make_targets(), page
        for command in re.findall(r"python -m helpers ([a-z][a-z-]+)", text):
            assert status([command, "--help"]) == 0, (page, command)
    assert capsys.readouterr().err == ""
    assert status(["no-such-command", "--help"]) != 0


def status(words):
    """The exit status of a command line."""
    try:
        return cli.main(words)
    except SystemExit as stop:
        return stop.code


def test_the_architecture_page_lists_the_modules_in_order():
    rows = re.findall(r"^\| (`.+?) \|", read("docs/architecture.md"), re.M)
    named = [name.removesuffix(".py").rstrip("/") for row in rows for name in re.findall(r"`([\w./*]+)`", row)]
    assert [name for name in named if name in ORDER] == ORDER


def test_no_checkout_changes_the_bytes_of_a_table():
    """Not even one that turns line ends into those of Windows, as git can be told to."""
    paths = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    ).stdout
    command = ["git", "check-attr", "-z", "--stdin", "text", "eol"]
    result = subprocess.run(command, cwd=ROOT, input=paths, capture_output=True, encoding="utf-8", check=True)
    cells = result.stdout.rstrip("\0").split("\0")
    found = {(path, name): value for path, name, value in zip(cells[::3], cells[1::3], cells[2::3], strict=True)}
    for path in paths.rstrip("\0").split("\0"):
        kept = found[path, "text"] == "unset" or (found[path, "text"], found[path, "eol"]) in [
            ("set", "lf"),
            ("auto", "lf"),
        ]
        assert kept, path
        if path.endswith((".parquet", ".gpkg", ".png")):
            assert found[path, "text"] == "unset", path


def test_the_licences_are_named():
    assert "BSD 3-Clause" in read("LICENSE")
    assert "CC BY 4.0" in read("LICENSE-DATA")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


# --- arrows ---------------------------------------------------------------------------------------------------------


def paths_of(module):
    """The file of a module, or the files of a package."""
    one = PACKAGE / f"{module}.py"
    return [one] if one.exists() else sorted((PACKAGE / module).glob("*.py"))


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path, level):
    """The modules that relative imports of so many dots ask for, wherever they stand."""
    nodes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom) and node.level == level]
    return {
        name
        for node in nodes
        for name in ([node.module.split(".")[0]] if node.module else [alias.name for alias in node.names])
    }


def test_arrows_point_one_way():
    for number, module in enumerate(ORDER):
        level = 2 if (PACKAGE / module).is_dir() else 1
        allowed = {*ORDER[:number], "__version__", *(PENDING if module in PENDING else ())}
        for path in paths_of(module):
            assert imported(path, level) <= allowed, path
    here = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert here - set(ORDER) - PENDING <= {
        "__init__",
        "__main__",
        "__pycache__",
        "vendor",
        "schema",
        "starter",
        "site_pages",
    }


def test_arrows_within_a_package_make_no_circle():
    for package in {path.parent for path in PACKAGE.glob("*/[a-z]*.py")}:
        arrows = {path.stem: imported(path, 1) for path in package.glob("[a-z]*.py")}
        assert [*graphlib.TopologicalSorter(arrows).static_order()]


def test_the_package_imports_itself_by_dots_alone():
    for path in PACKAGE.rglob("*.py"):
        imports = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Import | ast.ImportFrom)]
        named = {name for node in imports for name in (getattr(node, "module", ""), *(a.name for a in node.names))}
        assert "helpers" not in named, path


def test_one_module_writes_files():
    writers = re.compile(r"\.write_(text|bytes)\(|open\([^)]*['\"][wa]|\.to_(csv|parquet|file)\(['\"\w]")
    texts = {module: " ".join(path.read_text(encoding="utf-8") for path in paths_of(module)) for module in ORDER}
    assert [module for module, text in texts.items() if writers.search(text)] == ["files"]


def test_importing_draws_logs_and_sets_nothing():
    code = "import logging, matplotlib, sys; before = matplotlib.rcParams.copy(); import helpers.cli; "
    code += "same = all(dict.__getitem__(matplotlib.rcParams, key) == value for key, value in dict.items(before)); "
    code += "print('matplotlib.pyplot' in sys.modules, same, logging.root.handlers)"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (result.stdout.strip(), result.stderr) == ("False True []", "")


# --- names, docstrings, length --------------------------------------------------------------------------------------


def functions(path):
    """Every function of a file, with whether it stands at the top and whether a class holds it."""
    for node in ast.walk(tree(path)):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield child, isinstance(node, ast.Module), isinstance(node, ast.ClassDef)


def is_public(name):
    return not name.startswith("_")


def names_used(path):
    """Every name that a file of code asks for."""
    nodes = [*ast.walk(tree(path))]
    return {
        *(node.id for node in nodes if isinstance(node, ast.Name)),
        *(node.attr for node in nodes if isinstance(node, ast.Attribute)),
        *(alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names),
    }


@cache
def users():
    """What each file beside the tests uses; an ``__init__`` hands names on and uses none."""
    code = [path for folder in ("src", "benchmarks", "scripts") for path in (ROOT / folder).rglob("*.py")]
    used = {path: names_used(path) for path in code if path.name != "__init__.py"}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        source = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        used[path] = set(re.findall(r"\w+", source))
    return used


def is_used_elsewhere(name, path):
    return name in ENTRY_POINTS or any(name in used for user, used in users().items() if user != path)


def decorators(node):
    """The decorators' own names, without what they are called with."""
    calls = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    return {getattr(call, "attr", getattr(call, "id", "")) for call in calls}


def unannotated(node):
    """The parameters, and the return, that say no type."""
    spec = node.args
    arguments = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg]
    bare = [item.arg for item in arguments if item and item.annotation is None and item.arg not in ("self", "cls")]
    return bare + ([] if node.returns else ["return"])


def sections(node):
    """The sections that the docstring of a public function must have."""
    arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
    gives = node.returns and not (isinstance(node.returns, ast.Constant) and node.returns.value is None)
    wanted = {"Parameters\n": bool(arguments), "Returns\n": bool(gives), ">>> ": True}
    if any(isinstance(child, ast.Yield | ast.YieldFrom) for child in ast.walk(node)):
        wanted["Yields\n"] = wanted.pop("Returns\n")
    return [section for section, needed in wanted.items() if needed]


def public_faults(node, path):
    """What is wrong with a public function at the top of a file."""
    registered = decorators(node) & REGISTERS
    doc = ast.get_docstring(node) or ""
    if bare := unannotated(node):
        yield f"no type: {', '.join(bare)}"
    if not doc:
        yield "no docstring"
    elif missing := [section.strip() for section in sections(node) if section not in doc and not registered]:
        yield f"docstring without {', '.join(missing)}"
    if not decorators(node) & {*REGISTERS, "finding"} and not is_used_elsewhere(node.name, path):
        yield "used in its own module alone: an underscore, or nothing"


def method_faults(node):
    """What is wrong with a public method of a public class."""
    if bare := unannotated(node):
        yield f"no type: {', '.join(bare)}"
    if not ast.get_docstring(node):
        yield "no docstring"


def private_faults(node):
    """What is wrong with a function that is nobody else's business."""
    if len((ast.get_docstring(node) or "").splitlines()) > 1:
        yield "a docstring of more than one line on what only its own module sees"


@cache
def code_lines(path):
    """The numbers of the lines that are neither blank nor comment nor docstring."""
    text = path.read_text(encoding="utf-8").splitlines()
    lines = {number for number, line in enumerate(text, 1) if line.strip() and not line.lstrip().startswith("#")}
    holders = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)]
    docs = [node.body[0] for node in holders if node.body and ast.get_docstring(node) is not None]
    return lines - {line for doc in docs for line in range(doc.lineno, doc.end_lineno + 1)}


def function_faults(path):
    """Every function of a file with what is wrong with it."""
    for node, at_the_top, in_a_class in functions(path):
        if not node.name.startswith("__"):
            if is_public(node.name) and at_the_top:
                faults = public_faults(node, path)
            elif is_public(node.name) and in_a_class:
                faults = method_faults(node)
            else:
                faults = private_faults(node)
            yield from ((node, fault) for fault in faults)
        length = len(code_lines(path) & set(range(node.lineno, node.end_lineno + 1)))
        if length > MOST_LINES:
            yield node, f"{length} code lines; at most {MOST_LINES}"


def class_faults(path):
    """Every public class of a file with what is wrong with it; what a public function returns is in use."""
    public = [node for node, at_the_top, _ in functions(path) if at_the_top and is_public(node.name)]
    returned = " ".join(ast.unparse(node.returns) for node in public if node.returns)
    for node in tree(path).body:
        if isinstance(node, ast.ClassDef) and is_public(node.name):
            doc = ast.get_docstring(node)
            has_fields = any(isinstance(child, ast.AnnAssign) for child in node.body)
            if not doc:
                yield node, "no docstring"
            elif has_fields and "Attributes\n" not in doc:
                yield node, "docstring without Attributes"
            if node.name not in returned and not is_used_elsewhere(node.name, path):
                yield node, "used in its own module alone: an underscore, or nothing"


def encoding_faults(path):
    """Every call that reads or writes text and leaves the encoding to the machine."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        # The encoding is read_text's first argument and write_text's second; subprocess and open take it by name.
        given = {"read_text": 1, "write_text": 2}.get(name)
        keywords = {keyword.arg: keyword.value for keyword in node.keywords}
        if given and len(node.args) < given and "encoding" not in keywords:
            yield node, f"{name} without an encoding"


def collect(paths, *rules):
    """Every fault of files that are not pending, as lines that an editor can jump to."""
    lines = []
    for path in paths:
        module = path.stem if path.parent in (PACKAGE, ROOT / "tests") else path.parent.name
        if module not in PENDING:
            found = [
                (node.lineno, getattr(node, "name", "call"), fault) for rule in rules for node, fault in rule(path)
            ]
            lines += [f"{path.relative_to(ROOT)}:{line}: {name}: {fault}" for line, name, fault in sorted(found)]
    return lines


def test_names_docstrings_and_lengths_keep_the_rules():
    paths = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
    faults = collect(paths, function_faults, class_faults)
    if faults:
        pytest.fail(f"{len(faults)} faults\n" + "\n".join(faults), pytrace=False)


def test_text_is_read_and_written_as_utf_8():
    paths = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "tests").glob("*.py")])
    faults = collect(paths, encoding_faults)
    if faults:
        pytest.fail(f"{len(faults)} faults\n" + "\n".join(faults), pytrace=False)


def test_the_rules_can_be_broken(tmp_path):
    """A small file that breaks each rule is told of each; one that keeps them is told of nothing."""
    bad = tmp_path / "bad.py"
    long = "".join(f"    x = {n}\n" for n in range(MOST_LINES))
    bad.write_text(
        f'def lonely(x, *, y: int):\n    """Do."""\n\ndef _own():\n    """One.\n\n    Two."""\n{long}\n'
        'class Thing:\n    """A thing."""\n\n    size: int\n\n    def grow(self): ...\n\n'
        'open("a").read_text()\nwrite_text("a")\n',
        encoding="utf-8",
    )
    told = [(node.name, fault) for rule in (function_faults, class_faults) for node, fault in rule(bad)]
    elsewhere = "used in its own module alone: an underscore, or nothing"
    assert told == [
        ("lonely", "no type: x, return"),
        ("lonely", "docstring without Parameters, >>>"),
        ("lonely", elsewhere),
        ("_own", "a docstring of more than one line on what only its own module sees"),
        ("_own", "41 code lines; at most 40"),
        ("grow", "no type: return"),
        ("grow", "no docstring"),
        ("Thing", "docstring without Attributes"),
        ("Thing", elsewhere),
    ]
    assert [fault for _, fault in encoding_faults(bad)] == [
        "read_text without an encoding",
        "write_text without an encoding",
    ]
    good = tmp_path / "good.py"
    good.write_text(
        'def main(x: int) -> int:\n    """Do.\n\n    Parameters\n    ----------\n    x : int\n\n    Returns\n'
        '    -------\n    int\n\n    Examples\n    --------\n    >>> main(1)\n    1\n    """\n    return x\n',
        encoding="utf-8",
    )
    assert [*function_faults(good), *class_faults(good), *encoding_faults(good)] == []


def test_the_code_of_the_readme_runs(tmp_path, monkeypatch):
    """On a file with all that it names, so that no name on the page is one that is gone."""
    code = re.findall(r"```python\n(.*?)```", read("README.md"), re.S)
    assert len(code) == 1
    days = pd.date_range("2010-01-05", "2023-09-01", freq="17D")
    rows = {"incident_id": [f"i{n}" for n in range(len(days))], "date": days, "latitude": 33.3, "longitude": 44.4,
            "country": ["Iraq", "Syria"] * (len(days) // 2) + ["Iraq"] * (len(days) % 2)}  # fmt: skip
    pd.DataFrame(rows).to_csv(tmp_path / "my_events.csv", index=False)
    monkeypatch.chdir(tmp_path)
    exec(code[0], {})
