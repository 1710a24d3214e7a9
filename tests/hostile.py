"""The frozen set with an attempt to break something in every cell of text that a coder may fill."""

import csv
import io
from pathlib import Path

from conftest import FROZEN
from helpers import schemas

ALERT = "<script>document.title='broken'</script><img src=x onerror=alert(1)>"
ATTEMPTS = [
    f"{ALERT} </table></svg>]]>-->",
    "=cmd()",
    "+1+cmd()",
    "@SUM(1)",
    "-cmd()",
    "{{ 7*7 }} {% include 'conf.py' %} {{{ x",
    "```{include} conf.py",
    "{eval-rst}`x` {doc}`conf` :ref:`x` *a* _b_ # c",
    "[a](javascript:alert(3)) ![b](https://elsewhere.example/x.png) https://elsewhere.example",
    r"\input{conf.py} 50% & $x_1^2$ \textbf{a} #~ \\",
    r"$\frac{1}{0 \badcommand$ $$ $",
    r"../../outside /etc/passwd C:\outside",
    "'\"; DROP TABLE incidents; -- &amp; &lt;",
    "long " + "x" * 600,
    "🚀 ١٢٣ 中文 שלום",
]
UNSEEN = ["a\u202eb", "a\u200bb", "a\ufeffb", "a\u2028b", "a\ufffeb", "a\x1bb", "a\nb", "a\u0301"]


def text_columns(name: str) -> list[str]:
    """The columns of a raw table that may hold any text."""
    columns = schemas.load_schema().raw[name].columns
    return [key for key, column in columns.items() if column.type == "text" and not column.pattern]


def write_hostile(data_dir: Path) -> Path:
    """Write the collection below ``data_dir/raw``, and return ``data_dir``."""
    for path in sorted((FROZEN / "raw").rglob("*.csv")):
        name = path.relative_to(FROZEN / "raw").with_suffix("").as_posix()
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        for n, row in enumerate(rows):
            for m, column in enumerate(text_columns(name)):
                text = ATTEMPTS[(n + 3 * m) % len(ATTEMPTS)]
                row[column] = f"{text} {n}" if column == "name" else text  # no two places of one name
            if "url" in row:
                row["url"] = 'https://a.example/"><script>alert(1)</script>' if n % 2 else "https://a.example/{{1}}'`"
        target = data_dir / "raw" / f"{name}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        target.write_text(out.getvalue(), encoding="utf-8")
    return data_dir
