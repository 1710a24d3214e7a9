"""Where the home cannot be written, commands and kernels say nothing of it, and leave nothing behind."""

import os
import subprocess
import sys

import nbformat
import pytest

from helpers import cache

SETTINGS = (
    "MPLCONFIGDIR",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "IPYTHONDIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTER_DATA_DIR",
)


@pytest.fixture
def homeless(tmp_path):
    """An environment whose home lies below a file, so that not even root can write there."""
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**kept, "HOME": str(tmp_path / "file" / "home"), "TMPDIR": str(tmp_path / "temporary")}


@pytest.mark.slow  # nbval runs kernels with one
def test_a_kernel_runs_and_draws_without_a_home(homeless, tmp_path):
    source = "import matplotlib.pyplot\nfrom IPython import get_ipython\n1 + 1"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="one")]), tmp_path / "a.ipynb")
    code = "import sys; from helpers import notebooks; print(notebooks.execute(sys.argv[1]).cells[0].outputs)"
    command = [sys.executable, "-c", code, str(tmp_path / "a.ipynb")]
    result = subprocess.run(command, env=homeless, capture_output=True, encoding="utf-8", check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "'text/plain': '2'" in result.stdout
    assert "stream" not in result.stdout
    assert list((tmp_path / "temporary").iterdir()) == [], "the cache is removed at the end"


def test_a_command_says_nothing_of_a_home(homeless, tmp_path, frozen_dir):
    code = "from helpers import cli; import sys; cli.main(['--version']); import matplotlib.pyplot"
    result = subprocess.run(
        [sys.executable, "-c", code], env=homeless, capture_output=True, encoding="utf-8", check=True
    )
    assert result.stderr == ""
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("home", ["~", "file/home", "free"])
def test_what_can_be_written_is_left_alone(tmp_path, monkeypatch, home):
    (tmp_path / "file").touch()
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "mine"))
    monkeypatch.setattr(os.path, "expanduser", lambda _: home if home == "~" else str(tmp_path / home))
    monkeypatch.setattr(cache.atexit, "register", lambda *_, **__: None)
    monkeypatch.setattr(cache.tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    cache.prepare_environment()
    for name in ("MPLCONFIGDIR", "XDG_CACHE_HOME", "JUPYTER_RUNTIME_DIR"):
        assert os.environ.get(name) == (None if home == "free" else str(tmp_path / name.lower()))
        monkeypatch.delenv(name, raising=False)
    assert os.environ["IPYTHONDIR"] == str(tmp_path / "mine")
