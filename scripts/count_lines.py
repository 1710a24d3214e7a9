"""Count lines: ``python scripts/count_lines.py``, or ``make lines``.

For every module of ``src/helpers`` (for other Python files that are no tests, in one sum a folder): lines of code, of
docstrings, of comments, and blank ones. Beside them the lines of TOML and of templates, since logic moved there would
not be saved; and the functions of more than 40 code lines, of which there should be none.
"""

import ast
import io
import tokenize
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 40
KINDS = ["code", "docstring", "comment", "blank"]


def count_lines(source: str) -> dict[str, int]:
    """Lines of a Python file by kind.

    Parameters
    ----------
    source : str

    Returns
    -------
    dict of int
        ``code``, ``docstring``, ``comment`` and ``blank`` (a docstring's own blank lines among them).

    Examples
    --------
    >>> count_lines('"What it is."\\n\\n# Why.\\nx = 1  # how\\n')
    {'code': 1, 'docstring': 1, 'comment': 1, 'blank': 1}
    """
    kinds = _line_kinds(source)
    return {kind: kinds.count(kind) for kind in KINDS}


def list_long_functions(source: str, limit: int = MAX_LINES) -> list[str]:
    """Functions whose code lines, docstring and comments aside, are more than a limit.

    Parameters
    ----------
    source : str
    limit : int

    Returns
    -------
    list of str
        Their names.

    Examples
    --------
    >>> list_long_functions("def f(x):\\n    y = x\\n    return y\\n", limit=2)
    ['f']
    """
    kinds = _line_kinds(source)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [node.name for node in functions if kinds[node.lineno - 1 : node.end_lineno].count("code") > limit]


def _line_kinds(source):
    """The kind of each line."""
    lines = source.splitlines()
    kinds = ["code" if line.strip() else "blank" for line in lines]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and lines[token.start[0] - 1].lstrip().startswith("#"):
            kinds[token.start[0] - 1] = "comment"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node, clean=False):
            for number in range(node.body[0].lineno - 1, node.body[0].end_lineno):
                kinds[number] = "docstring" if lines[number].strip() else "blank"
    return kinds


def _read(path):
    return path.read_text(encoding="utf-8")


def main():
    package = ROOT / "src" / "helpers"
    modules = sorted(package.rglob("*.py"))
    rows = {str(path.relative_to(package)): count_lines(_read(path)) for path in modules}
    rows["src/helpers"] = pd.DataFrame(rows).sum(axis=1).to_dict()
    for folder in ("benchmarks", "scripts"):
        others = [count_lines(_read(path)) for path in (ROOT / folder).glob("*.py")]
        rows[folder] = pd.DataFrame(others).sum().to_dict()
    print(pd.DataFrame(rows, index=KINDS).T.to_string())
    for suffix in ("toml", "j2", "md", "mplstyle"):
        texts = [_read(path).splitlines() for path in package.rglob(f"*.{suffix}")]
        print(f"{suffix}: {sum(bool(line.strip()) for lines in texts for line in lines)} lines in {len(texts)} files")
    long = [f"{path.name}: {name}" for path in modules for name in list_long_functions(_read(path))]
    print(f"functions over {MAX_LINES} code lines: {', '.join(long) or 'none'}")


if __name__ == "__main__":
    main()
