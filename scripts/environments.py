"""Whether the commands work elsewhere: ``python scripts/environments.py [NAME ...] [--python PROGRAM ...]``.

A round of commands (``validate``, ``build``, a chart, a collection of one's own with its notebook) runs as usual, and
then in each environment below; both must write the same bytes. ``installed`` and each PROGRAM are new environments
by ``pip install .`` with whatever versions the bounds allow; there the incidents and the findings are compared. What
cannot be had on a machine is named with the reason. Prints a table; exit status 1 where anything fails.
"""

import argparse
import hashlib
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROUND = [
    ["--version"],
    ["validate"],
    ["build", "--out", "OUT/data"],
    ["export", "timeline", "salvo_sizes", "--out", "OUT/charts"],
    ["init", "OUT/own"],
    ["build", "--data", "OUT/own"],
    ["run", "--data", "OUT/own", "--out", "OUT/notebooks"],
]
NOBODY = 65534
NO_NETWORK = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
ANOTHER_USER = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def _clone(folder, *options):
    subprocess.run(["git", "clone", "--quiet", *options, ROOT, folder], check=True)


def _export_tree(folder):
    """The files of the last commit, without a repository around them."""
    folder.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x"], cwd=folder, input=packed, check=True)


# Each: how the checkout is made (a clone by default), its folder, words before the command, options of Python, and
# variables (None: unset).
ENVIRONMENTS = {
    "as usual": {},
    "folder with spaces and other letters": {"folder": "Mein Ordner/قاعدة/é"},
    "no HOME": {"variables": {"HOME": None}},
    "HOME that cannot be written": {"variables": {"HOME": "/proc/1"}},
    "another user": {"before": ANOTHER_USER, "variables": {"HOME": "/nonexistent"}},
    "LANG=C": {"variables": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}},
    "python -O": {"options": ["-O"]},
    "git with autocrlf": {"make": lambda folder: _clone(folder, "--config", "core.autocrlf=true")},
    "no network": {"before": NO_NETWORK},
    "checkout without git": {"make": _export_tree},
}


def run_round(program: list[str], cwd: Path, out: Path, variables: dict[str, str | None]) -> str:
    """Run the commands.

    Parameters
    ----------
    program : list of str
        What stands before a command.
    cwd : Path
        Where they run.
    out : Path
        An empty folder for what they write.
    variables : dict
        Of the environment; None where one is not set.

    Returns
    -------
    str
        The command that failed, and its last line; empty where all went well.

    Examples
    --------
    >>> run_round(["echo"], Path("."), Path("."), {})
    ''
    """
    env = {name: value for name, value in {**os.environ, **variables}.items() if value is not None}
    for words in ROUND:
        command = [*program, *(word.replace("OUT", str(out)) for word in words)]
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False)
        if done.returncode or b"Traceback" in done.stderr:
            last = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()[-1:]
            return f"{words[0]}: exit status {done.returncode}: {''.join(last)}"
    return ""


def _digests(out):
    paths = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _try_environment(name, folder, expected):
    """What happened in one of the environments, and what was written there."""
    setting = ENVIRONMENTS[name]
    before = setting.get("before", [])
    again = "import subprocess, sys; subprocess.run([sys.executable, '--version'], check=True)"
    if subprocess.run([*before, sys.executable, "-c", again], capture_output=True, check=False).returncode:
        return f"not run: {before[0]} is not allowed here, or may not start this Python", None
    checkout, out = folder / setting.get("folder", "checkout"), folder / "out"
    setting.get("make", _clone)(checkout)
    out.mkdir()
    if before is ANOTHER_USER:
        os.chown(out, NOBODY, NOBODY)
    variables = {"PYTHONPATH": str(checkout / "src"), "OPENBLAS_NUM_THREADS": "1", **setting.get("variables", {})}
    program = [*before, sys.executable, *setting.get("options", []), "-m", "helpers"]
    if fault := run_round(program, checkout, out, variables):
        return fault, None
    written = _digests(out)
    differ = [file for file in {**written, **(expected or {})} if expected and written.get(file) != expected.get(file)]
    return (f"other bytes: {', '.join(differ)}" if differ else f"{len(written)} files, same bytes"), written


def _try_install(program, folder):
    """What happened with the package installed into a new environment, outside the repository."""
    subprocess.run([program, "-m", "venv", folder / "venv"], check=True)
    python, out = folder / "venv" / "bin" / "python", folder / "out"
    out.mkdir()
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", ROOT]
    done = subprocess.run(install, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        return f"pip install: {done.stderr.strip().splitlines()[-1]}"
    (folder / "elsewhere").mkdir()
    variables = {"PYTHONPATH": None, "OPENBLAS_NUM_THREADS": "1"}
    if fault := run_round([python, "-m", "helpers"], folder / "elsewhere", out, variables):
        return fault
    incidents = Path("data/processed/incidents.csv")
    if (out / incidents).read_bytes() != (ROOT / incidents).read_bytes():
        return "other incidents"
    return "same incidents" + _compare_findings(python, folder)


def _compare_findings(python, folder):
    """Whether the findings there are those of this environment, to six digits."""
    found = []
    for program, path in ((python, None), (sys.executable, str(ROOT / "src"))):
        out = folder / ("here" if path else "there")
        command = [program, "-m", "helpers", "export", "--format", "svg", "--width", "column", "--out", out / "charts"]
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        env |= {"PYTHONPATH": path} if path else {}
        subprocess.run(command, cwd=folder / "elsewhere", env=env, capture_output=True, check=True)
        found.append(json.loads((out / "findings.json").read_text(encoding="utf-8")))
    there, here = found
    differ = [name for name in here if not _alike(here[name], there.get(name))]
    return f", but other findings: {', '.join(differ)}" if differ else f" and {len(here)} findings"


def _alike(one, other):
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    return one == other


def main() -> int:
    """Try each environment, and print what happened.

    Returns
    -------
    int
        Exit status: 1 where anything failed.

    Examples
    --------
    >>> main()  # doctest: +SKIP
    0
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of: {', '.join([*ENVIRONMENTS, 'installed'])}")
    parser.add_argument("--python", action="extend", nargs="+", default=[], help="other Pythons to install into")
    asked = parser.parse_args()
    names, expected, failed = asked.names or [*ENVIRONMENTS, "installed"], None, False
    if unknown := sorted({*names} - {*ENVIRONMENTS, "installed"}):
        parser.error(f"no such environment: {', '.join(unknown)}; there are: {', '.join([*ENVIRONMENTS, 'installed'])}")
    programs = ([sys.executable] if "installed" in names else []) + asked.python
    for name in [*dict.fromkeys(["as usual", *(each for each in names if each != "installed")]), *programs]:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            if name in programs:
                said = _try_install(shutil.which(name) or name, Path(folder))
                version = subprocess.run([name, "--version"], capture_output=True, encoding="utf-8", check=False).stdout
                name = f"pip install . on {version.strip()}"
            else:
                said, written = _try_environment(name, Path(folder), expected)
                expected = expected or written
        failed |= not said.startswith(("not run", "same")) and not said.endswith("same bytes")
        print(f"| {name} | {said} |", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
