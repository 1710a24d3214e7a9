import pytest

from helpers import schemas

ALL = {**schemas.RAW_TABLES, "incidents": schemas.INCIDENTS}


@pytest.mark.parametrize("name", ALL)
def test_every_column_is_described(name):
    for column, rule in ALL[name].columns.items():
        assert rule.description, column
        if str(rule.dtype) in ("Int64", "float64"):
            assert rule.metadata["unit"], column
        if str(rule.dtype) == "category":
            assert all(rule.metadata["values"].values()), column


@pytest.mark.parametrize("name", ALL)
def test_every_table_has_a_key_and_a_description(name):
    assert ALL[name].description.endswith(".")
    assert set(ALL[name].unique) <= set(ALL[name].columns)


def test_an_imported_file_needs_an_id_and_a_date():
    assert {name for name, rule in schemas.IMPORTED.columns.items() if rule.required} == {"incident_id", "date"}
    assert schemas.INCIDENTS.columns["weapon"].required
