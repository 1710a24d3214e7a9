"""Whether the notebooks still say what they say: ``python scripts/compare_notebooks.py``.

nbval compares outputs byte by byte, which holds in the locked environment alone. With other versions of the libraries
the numbers must still be the same: each notebook is executed, and its outputs of text are compared with the committed
ones: words and whole numbers exactly, decimals within one in a thousand. Charts are not compared.
"""

import math
import re
import sys

import nbformat

from helpers import notebooks

TOLERANCE = 1e-3
NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def compare_notebooks(committed: nbformat.NotebookNode, executed: nbformat.NotebookNode) -> list[str]:
    """Code cells whose outputs of text differ.

    Parameters
    ----------
    committed, executed : NotebookNode
        Of the same cells.

    Returns
    -------
    list of str
        One line per difference: the cell, and what stands there instead of what.

    Examples
    --------
    >>> old, new = (nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("p")]) for _ in range(2))
    >>> old.cells[0].outputs = [nbformat.v4.new_output("stream", text="p = 0.15")]
    >>> new.cells[0].outputs = [nbformat.v4.new_output("stream", text="p = 0.16")]
    >>> compare_notebooks(old, new)
    ["code cell 1 (p): '0.15' is now '0.16'"]
    """
    cells = [[cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (committed, executed)]
    faults = []
    for number, (old, new) in enumerate(zip(*cells, strict=True), 1):
        place = f"code cell {number} ({old.source.splitlines()[0]})"
        old_texts, new_texts = _texts(old), _texts(new)
        if len(old_texts) != len(new_texts):
            faults.append(f"{place}: {len(old_texts)} outputs of text are now {len(new_texts)}")
        faults += [
            f"{place}: {before!r} is now {after!r}"
            for texts in zip(old_texts, new_texts, strict=False)
            for before, after in _differences(*texts)
        ]
    return faults


def _texts(cell):
    """What the outputs of a cell say, charts aside."""
    texts = []
    for output in cell.outputs:
        data = {"text": output["text"]} if "text" in output else output.get("data", {})
        texts += [text for kind, text in sorted(data.items()) if not kind.startswith("image/")]
    return texts


def _differences(old, new):
    """The first pair of words or numbers on which two texts differ; none where they agree."""
    if NUMBER.split(old) != NUMBER.split(new):
        return [(old, new)]
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    return [pair for pair in pairs if not _agree(*pair)][:1]


def _agree(old, new):
    if old.isdigit() and new.isdigit():
        return old == new
    return math.isclose(float(old), float(new), rel_tol=TOLERANCE)


def main() -> int:
    n_faults = 0
    for path in sorted(notebooks.NOTEBOOK_DIR.glob("*.ipynb")):
        faults = compare_notebooks(nbformat.read(path, as_version=4), notebooks.execute(path))
        print(f"{path.stem}: {len(faults) or 'no'} differences", *faults, sep="\n  ")
        n_faults += len(faults)
    return int(n_faults > 0)


if __name__ == "__main__":
    sys.exit(main())
