"""Spark in DuckDB's stead, to read and cast the texts of an import by the same expressions.

What follows, in which all files are one, is DuckDB's all the same: rows come back as Parquet.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ibis
import ibis.expr.types as ir

from .. import files, tables
from . import read

try:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession
except ImportError:
    ERRORS = ()
else:
    ERRORS = (PySparkException, Py4JError)
_SCHEME = "pyspark://"
_PIECE = 1 << 22  # bytes copied at once


@contextmanager
def connect(url: str, duckdb: ibis.BaseBackend) -> Iterator[ibis.BaseBackend]:
    """What reads and casts: DuckDB as it is, or a Spark session.

    Parameters
    ----------
    url : str
        An Ibis URL such as ``pyspark://?spark.master=local[4]``; empty for DuckDB.
    duckdb : backend

    Yields
    ------
    backend

    Raises
    ------
    DataError
        Where the URL is of something else, or nothing answers there.

    Examples
    --------
    >>> with connect("", ibis.duckdb.connect()) as engine:
    ...     engine.name
    'duckdb'
    """
    if not url:
        yield duckdb
        return
    if not url.startswith(_SCHEME):
        raise _fault(url, f"a URL that begins with {_SCHEME}, such as {_SCHEME}?spark.master=local[4]")
    try:
        engine = ibis.connect(url)
        SparkSession.getActiveSession().sparkContext.setLogLevel("OFF")  # its faults are told in one line
    except ImportError:
        raise _fault(url, "pyspark, which is not installed: pip install 'pyspark>=3.5,<4.1'") from None
    except Exception as error:  # whatever Java, Spark or the network say
        said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise _fault(url, f"a Spark that can be reached, with Java ({said.strip()})") from None
    try:
        yield engine
    finally:
        engine.disconnect()


def read_text(engine: ibis.BaseBackend, source: read.Source, folder: Path) -> ir.Table:
    """A file as a table of text; as :func:`helpers.importers.read.read_text`.

    Parameters
    ----------
    engine : backend
        As :func:`connect` gives it.
    source : Source
    folder : Path
        Temporary, for a copy without the lines above the first row, which Spark cannot skip.

    Returns
    -------
    Table

    Examples
    --------
    >>> read_text(engine, source, Path("temporary"))  # doctest: +SKIP
    """
    if engine.name == "duckdb" or source.path.suffix.lower() == ".parquet":
        return read.read_text(engine, source)
    folder.mkdir()
    rows = folder / "rows.csv"
    with open(source.text, "rb") as file, files.growing(rows) as write:
        for _ in range(source.skip):
            file.readline()
        for piece in iter(lambda: file.read(_PIECE), b""):
            write(piece)
    # Without these three a quoted cell is cut at its first quotation mark or line break.
    style = {"quote": source.quote, "escape": source.quote or "\0", "multiLine": True}
    columns = ", ".join(f"c{place} STRING" for place in range(len(source.names)))
    table = engine.read_csv(str(rows), schema=columns, header=False, sep=source.separator, mode="FAILFAST",
                            lineSep="\n", **style)  # fmt: skip
    return table.select(**{name: table[f"c{place}"] for name, place in read.find_places(source).items()})


def write_rows(engine: ibis.BaseBackend, rows: ir.Table, folder: Path) -> list[Path]:
    """Have Spark write a table.

    Parameters
    ----------
    engine : backend
    rows : Table
    folder : Path
        Replaced, if it is there.

    Returns
    -------
    list of Path
        Parquet files, in the order of the rows.

    Examples
    --------
    >>> write_rows(engine, rows, Path("temporary/rows"))  # doctest: +SKIP
    """
    engine.raw_sql(engine.compile(rows)).write.mode("overwrite").parquet(str(folder))
    return sorted(folder.glob("*.parquet"))


def _fault(url, allowed):
    return tables.DataError([tables.Fault("--backend", 0, "", url, allowed)])
