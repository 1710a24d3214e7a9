"""Execute the notebooks; write executed copies, or refresh the committed ones."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from .files import home, is_checkout, write_files

NOTEBOOK_DIR = home("notebooks")
_AT_ONCE = 2  # notebooks that run side by side, each in a kernel of its own
_KEPT_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


class NotebookError(RuntimeError):
    """A notebook's cell raised an error."""


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
        Naming the notebook, the cell and the error.

    Examples
    --------
    >>> import tempfile
    >>> cells = [nbformat.v4.new_code_cell("1 + 1")]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nbformat.write(nbformat.v4.new_notebook(cells=cells), Path(folder, "sum.ipynb"))
    ...     execute(Path(folder, "sum.ipynb")).cells[0].outputs[0].data["text/plain"]
    '2'
    """
    path = Path(path)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        extra_arguments=["--log-level=ERROR"],
    )
    try:
        asyncio.run(client.async_execute())
    except CellExecutionError as error:
        raise NotebookError(f"{path.name}, {_find_failure(notebook)}: {error.ename}: {error.evalue}") from None
    return _strip_metadata(notebook)


def _find_failure(notebook):
    """The code cell that failed, by number and first line."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    failed = [any(output.output_type == "error" for output in cell.outputs) for cell in code].index(True)
    return f"code cell {failed + 1} ({code[failed].source.splitlines()[0]})"


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
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise NotebookError(f"no notebooks in {folder}")
    executed, failures = {}, []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for number, (path, run_one) in enumerate([(path, pool.submit(execute, path)) for path in paths], 1):
            try:
                executed[path.name] = (nbformat.writes(run_one.result()) + "\n").encode()
            except NotebookError as error:
                failures.append(str(error))
            progress(f"[{number}/{len(paths)}] {path.stem}: {'done' if path.name in executed else 'FAILED'}")
    if failures:
        raise NotebookError("\n".join(failures))
    write_files(out, executed)
    if update:
        write_files(folder, executed)
