"""Text to numbers and days, cell by cell, and the same expressions as SQL of another engine."""

import ibis
import pyarrow as pa
import pytest

from helpers.importers import cast, convert


def values(cells, kind="text"):
    """Cells as what a type makes of them."""
    typed = cast.cast_columns(ibis.memtable(pa.table({"cell": pa.array(cells, "string")})), {"cell": kind})
    return typed["cell"].to_pyarrow().to_pylist()


def test_blanks_at_either_end_are_stripped_and_no_others():
    blanks = [*cast.BLANKS, "  \n\t"]
    assert values([f"{blank}a b" for blank in blanks]) == ["a b"] * len(blanks)
    assert values([f"a\tb{blank}" for blank in blanks]) == ["a\tb"] * len(blanks)
    assert values([*blanks, "", None]) == [None] * (len(blanks) + 2)
    kept = ["a", "!a!", "\x01a", "a\x1f", "\u00a0a", "é"]
    assert values(kept) == kept


@pytest.mark.parametrize("command", convert.SOURCES)
def test_the_same_expressions_are_sql_of_bigquery(command):
    """Nothing is run there: that each has a form in its SQL is all that is shown."""
    module = convert.SOURCES[command]
    text = ibis.table(dict.fromkeys(module.LAYOUT.types, "string"), name="events")
    rows = module.incidents(cast.cast_columns(text, module.LAYOUT.types, comma=True))
    kept = convert._judge(rows)
    counts = kept.aggregate(**{f"n{n}": is_so.sum() for n, is_so in enumerate(module.remarks(kept).values())})
    for table in (rows, kept, counts):
        assert "`events` AS" in ibis.to_sql(table, dialect="bigquery")
