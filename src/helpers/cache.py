"""What a process and the kernels that it starts need of their environment.

A cache that can be written, for matplotlib, IPython and Jupyter where the home cannot: in containers, on clusters.
Without one, matplotlib warns and names a path of the machine, and no kernel starts. And one thread for linear algebra,
since processes run side by side and a thread that waits for another keeps a processor busy.
"""

import atexit
import os
import shutil
import tempfile


def prepare_environment() -> None:
    """Set one thread for linear algebra, and a temporary folder as cache where the usual one cannot be written.

    What is set stands in the environment, so that kernels share it; what is set already stays. The folder is removed
    when the process ends.

    Examples
    --------
    >>> prepare_environment()
    >>> all(_is_writable(folder) for folders in _folders().values() for folder in folders)
    True
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    blocked = [name for name, folders in _folders().items() if not all(map(_is_writable, folders))]
    if blocked:
        folder = tempfile.mkdtemp(prefix="anniversary-attacks-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        for name in blocked:
            os.environ[name] = os.path.join(folder, name.lower())
            os.mkdir(os.environ[name])


def _folders():
    """The folders that each setting decides on; each is the setting's own value, or lies below the home."""
    config, cache = _place("XDG_CONFIG_HOME", ".config"), _place("XDG_CACHE_HOME", ".cache")
    matplotlib = os.environ.get("MPLCONFIGDIR")
    runtime = os.environ.get("JUPYTER_DATA_DIR") or _place("XDG_DATA_HOME", ".local/share")
    return {
        "MPLCONFIGDIR": [matplotlib] if matplotlib else [config, cache],
        "XDG_CACHE_HOME": [cache],
        "IPYTHONDIR": [_place("IPYTHONDIR", ".ipython")],
        "JUPYTER_RUNTIME_DIR": [os.environ.get("JUPYTER_RUNTIME_DIR") or runtime],
    }


def _place(setting, below_home):
    """The folder that a setting names, or its usual place."""
    return os.environ.get(setting) or os.path.join(os.path.expanduser("~"), below_home)


def _is_writable(folder):
    """Whether a folder is there or can be made, and files in it."""
    if folder.startswith("~"):  # no home is known
        return False
    folder = os.path.abspath(folder)
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)
