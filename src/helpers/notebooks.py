"""Execute the notebooks; write executed copies, or refresh the committed ones."""

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from .cache import prepare_environment
from .files import check_settled, complete, home, is_checkout, temporary_folder, write_files

NOTEBOOK_DIR = home("notebooks")
_AT_ONCE = 2  # notebooks that run side by side, each in a kernel of its own
_TIMEOUT = 600  # seconds that a cell may take
_MARKER = re.compile(r"^\s*\"?(<<<<<<<|>>>>>>>|\|\|\|\|\|\|\|)( |$)", re.M)  # what git leaves of a merge with conflicts
_MACHINE = r"(?<![\w.])/(?:home|root|tmp|work|usr|Users|opt|var|mnt|srv|private)/|\b[A-Z]:\\\\"  # in JSON
_KEPT_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class NotebookError(RuntimeError):
    """A notebook that cannot be read, or a cell that did not run to its end: a line each, naming notebook and cell."""


def read_notebook(path: str | Path) -> nbformat.NotebookNode:
    """Read a notebook.

    Parameters
    ----------
    path : path

    Returns
    -------
    NotebookNode

    Raises
    ------
    NotebookError
        Where the file is no notebook, or holds the marks of a merge: in one line, with the cell where there is one.

    Examples
    --------
    >>> read_notebook("no_such.ipynb")
    Traceback (most recent call last):
    helpers.notebooks.NotebookError: no_such.ipynb: cannot be read (No such file or directory)
    """
    path = Path(path)
    check_settled(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotebookError(f"{path.name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise NotebookError(f"{path.name}: not a notebook (not UTF-8 text)") from None
    if mark := _MARKER.search(text):
        line = text.count("\n", 0, mark.start(1)) + 1
        cell = text.count('"cell_type":', 0, mark.start())
        place = f"{path.name}, {f'cell {cell}, ' if cell else ''}line {line}"
        raise NotebookError(f"{place}: the marks of a merge ({mark[1]}); choose one side and remove them")
    try:
        json.loads(text)
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError) as error:
        reason = str(error).splitlines()[0]
        raise NotebookError(f"{path.name}: not a notebook of format 4 ({reason})") from None
    return notebook


def place_of(notebook: nbformat.NotebookNode, index: int) -> str:
    """A code cell, by number and first line.

    Parameters
    ----------
    notebook : NotebookNode
    index : int
        Its place among all cells.

    Returns
    -------
    str

    Examples
    --------
    >>> cells = [nbformat.v4.new_markdown_cell("# Why?"), nbformat.v4.new_code_cell("x = 1")]
    >>> place_of(nbformat.v4.new_notebook(cells=cells), 1)
    'code cell 1 (x = 1)'
    """
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
    return f"code cell {number} ({notebook.cells[index].source.strip().splitlines()[0]})"


def execute(path: str | Path) -> nbformat.NotebookNode:
    """Run one notebook from top to bottom in a fresh kernel.

    Parameters
    ----------
    path : path
        The kernel starts in its folder.

    Returns
    -------
    NotebookNode
        With outputs, and with metadata stripped to what never changes.

    Raises
    ------
    NotebookError
        Naming the notebook, the cell and the error: one that it raised, a kernel that died, or a time that ran out.

    Examples
    --------
    >>> import tempfile
    >>> cells = [nbformat.v4.new_code_cell("1 + 1")]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nbformat.write(nbformat.v4.new_notebook(cells=cells), Path(folder, "sum.ipynb"))
    ...     execute(Path(folder, "sum.ipynb")).cells[0].outputs[0].data["text/plain"]
    '2'
    """
    path, started = Path(path), []
    notebook = read_notebook(path)
    prepare_environment()
    client = NotebookClient(
        notebook,
        timeout=_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=CRITICAL"],
        on_cell_execute=lambda cell, cell_index: started.append(cell_index),
    )
    try:
        with temporary_folder() as folder:
            # Where Jupyter would put it, a killed run would leave it.
            client.create_kernel_manager().connection_file = str(folder / "kernel.json")
            asyncio.run(client.async_execute())
    except (CellExecutionError, CellTimeoutError, RuntimeError, OSError, KeyError) as error:
        place = place_of(notebook, started[-1]) if started else "before the first cell"
        raise NotebookError(f"{path.name}, {place}: {_reason(error)}") from None
    return _strip_metadata(notebook)


def _reason(error):
    """Why a cell did not run to its end, in one line."""
    if isinstance(error, CellTimeoutError):
        return f"no result within {_TIMEOUT} seconds"
    if isinstance(error, DeadKernelError):
        return "its kernel died; it may have run out of memory"
    if not isinstance(error, CellExecutionError):
        return f"no kernel could be started ({type(error).__name__}: {error})".replace("\n", " ")
    first, *rest = error.evalue.splitlines() or [""]
    return f"{error.ename}: {first}".removesuffix(": ") + (f" (and {len(rest)} more lines)" if rest else "")


def _machine_paths(name, notebook):
    """A line per code cell whose output names a folder of this machine."""
    own = {os.path.expanduser("~"), os.getcwd(), tempfile.gettempdir(), sys.prefix}
    known = [re.escape(json.dumps(folder)[1:-1]) for folder in own if len(Path(folder).parts) > 2]
    pattern = re.compile("|".join([_MACHINE, *known]))
    for index, cell in enumerate(notebook.cells):
        if found := pattern.search(json.dumps(cell.get("outputs", []))):
            yield f"{name}, {place_of(notebook, index)}: its output names a folder of this machine ({found[0]} ...)"


def _strip_metadata(notebook):
    """A notebook without the metadata that differs from machine to machine; outputs stay."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata = nbformat.from_dict(_KEPT_METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {})
    return notebook


def run(out: str | Path, folder: str | Path | None = None, update: bool = False, progress: Callable = print) -> None:
    """Execute every notebook of a folder, and write the executed copies.

    Parameters
    ----------
    out : path
        Folder for the executed copies.
    folder : path, optional
        The published notebooks by default.
    update : bool
        Write the notebooks themselves as well.
    progress : callable
        Takes a line per notebook.

    Raises
    ------
    NotebookError
        With every notebook that failed, and nothing is written; or where there is none to run or to update.

    See Also
    --------
    execute : one notebook.

    Examples
    --------
    >>> run("copies", folder="nowhere")
    Traceback (most recent call last):
    helpers.notebooks.NotebookError: no notebooks in nowhere
    """
    if update and not folder and not is_checkout():
        raise NotebookError("--update rewrites the notebooks of a checkout, and this is an installed package")
    folder = Path(folder or NOTEBOOK_DIR)
    complete(folder)
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise NotebookError(f"no notebooks in {folder}")
    executed, failures = {}, []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for number, (path, run_one) in enumerate([(path, pool.submit(execute, path)) for path in paths], 1):
            try:
                notebook = run_one.result()
                failures += _machine_paths(path.name, notebook) if update else []
                executed[path.name] = (nbformat.writes(notebook) + "\n").encode()
            except NotebookError as error:
                failures.append(str(error))
            progress(f"[{number}/{len(paths)}] {path.stem}: {'done' if path.name in executed else 'FAILED'}")
    if failures:
        raise NotebookError("\n".join(failures))
    command = f"python -m helpers run{' --update' if update else ''}"
    write_files(out, executed, command)
    if update:
        write_files(folder, executed, command)
