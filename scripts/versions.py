"""The tests with other versions of the libraries: ``python scripts/versions.py [newest lowest] [--python PROGRAM]``.

``newest`` takes the newest versions that ``pyproject.toml`` allows, ``lowest`` the lowest it allows of each library it
names, each in an environment of its own below ``.venvs/``. What holds byte by byte in the locked environment alone is
left out. Where tests fail, each library is set back to its version in ``requirements.lock``, one at a time, and the
failed tests run again: that says which release breaks what. Exit status 1 where a test fails.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Old releases of libraries use what others of that day have since deprecated, which is not ours to mend.
KINDS = {"newest": ("highest", []), "lowest": ("lowest-direct", ["-W", "default"])}
TESTS = ["-m", "not slow and not locked", "-q", "--no-header", "--tb=no", "tests"]


def locked_versions(lock: str) -> dict[str, str]:
    """The version of each package in a lock.

    Parameters
    ----------
    lock : str
        The text of ``requirements.lock``.

    Returns
    -------
    dict

    Examples
    --------
    >>> locked_versions("numpy==2.4.6 \\\\\\n    --hash=sha256:0\\ntyper==0.29.2 ; python_version > '3'")
    {'numpy': '2.4.6', 'typer': '0.29.2'}
    """
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE))


def _uv(*words):
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    return subprocess.run([sys.executable, "-m", "uv", *words], cwd=ROOT, env=env, check=True, capture_output=True)


def _installed(python):
    return locked_versions(_uv("pip", "freeze", "--python", python).stdout.decode())


def _failed(python, tests, options):
    """The tests that fail, by name; the whole suite may say how far it is."""
    cache = python.parent.parent / "cache"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OPENBLAS_NUM_THREADS": "1"}
    many = ["-n", "2", "--dist", "loadscope"] if tests == TESTS else ["-q", "-m", "", "--tb=no"]
    command = [python, "-m", "pytest", "-o", f"cache_dir={cache}", "--cache-clear", *many, *options, *tests]
    done = subprocess.run(
        command, cwd=ROOT, env=env, stdout=None if tests == TESTS else subprocess.DEVNULL, check=False
    )
    if done.returncode not in (0, 1):
        return ["none could be collected"]
    failed = cache / "v" / "cache" / "lastfailed"
    return sorted(json.loads(failed.read_text(encoding="utf-8"))) if done.returncode else []


def _blame(python, failed, options):
    """A line for each library that makes a difference: set back to the lock, how many of the failed tests pass."""
    locked, installed = locked_versions((ROOT / "requirements.lock").read_text(encoding="utf-8")), _installed(python)
    sample = failed[:: max(1, len(failed) // 20)]
    for name in sorted(set(locked) & set(installed)):
        if locked[name] == installed[name]:
            continue
        _uv("pip", "install", "--python", python, "--no-deps", f"{name}=={locked[name]}")
        passed = len(sample) - len(_failed(python, sample, options))
        _uv("pip", "install", "--python", python, "--no-deps", f"{name}=={installed[name]}")
        if passed:
            yield f"{name} {installed[name]}: with {locked[name]}, {passed} of {len(sample)} of them pass"


def main() -> int:
    """Install, test, and say which release breaks what.

    Returns
    -------
    int
        Exit status: 1 where a test fails.

    Examples
    --------
    >>> main()  # doctest: +SKIP
    0
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="default: both")
    parser.add_argument("--python", default=sys.executable, help="the Python to make environments of")
    asked, any_failed = parser.parse_args(), False
    for kind in asked.kinds or KINDS:
        resolution, options = KINDS[kind]
        folder = ROOT / ".venvs" / kind
        python = folder / "bin" / "python"
        _uv("venv", "--clear", "--python", asked.python, folder)
        _uv("pip", "install", "--python", python, "--resolution", resolution, "-e", ".[site]", "--group", "dev")
        versions = _installed(python)
        named = [re.match(r"[\w.-]+", need)[0] for need in metadata.requires("anniversary-attacks")]
        print(f"{kind}: {', '.join(f'{name} {versions[name]}' for name in named if name in versions)}", flush=True)
        failed = _failed(python, TESTS, options)
        print(f"{kind}: {len(failed) or 'no'} tests fail", flush=True)
        for line in _blame(python, failed, options) if failed else ():
            print(f"  {line}", flush=True)
        any_failed |= bool(failed)
    return int(any_failed)


if __name__ == "__main__":
    sys.exit(main())
