import shutil

import pytest

from helpers import cli, tables


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(tables.DATA_DIR / "raw", tmp_path / "raw")


def test_clean_data_are_counted_and_warned_about(capsys):
    assert cli.main(["validate"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "reports.csv: 510 rows" in lines
    assert "second_coding/reports.csv: 98 rows" in lines
    warnings = [line for line in lines if line.startswith("warning: ")]
    assert lines[-1] == f"no faults; {len(warnings)} warnings"
    assert "launch_area" in warnings[0]
    assert "launch_area" not in warnings[-1], "what matters more comes last, where a terminal shows it"
    assert (
        "warning: 2022-01-13_us_embassy_baghdad: best numbers do not add up: 2 inside, 2 intercepted, but 3 launched"
        in warnings
    )
    assert not any("<NA>" in line for line in lines)
    row = "'Mosul city': the name or an alias of a row in places.csv or sites.csv"
    assert any(line.endswith(f"reports.csv:2: launch_area: {row}") for line in warnings)
    assert not any("'Dora, Baghdad'" in line for line in lines)
    assert not any("sites.csv:" in line and "latitude" in line for line in lines)


def test_pairs_that_nobody_judged_are_listed(folder, capsys):
    path = folder / "distinct_pairs.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert cli.main(["validate", str(folder)]) == 0
    assert "2022-01-05_conoco and 2022-01-06_conoco lie in conoco within a day" in capsys.readouterr().out


def test_faults_go_to_the_error_stream_with_status_1(folder, capsys):
    path = folder / "reports.csv"
    path.write_text(path.read_text().replace(",rocket,", ",rockt,", 2))
    assert cli.main(["validate", str(folder)]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert [line.split(": ")[:2] for line in told.err.splitlines()[:2]] == [
        [f"{folder}/reports.csv:2", "weapon"],
        [f"{folder}/reports.csv:3", "weapon"],
    ]
    assert told.err.splitlines()[-1] == "2 faults; nothing was written"


def test_a_folder_that_is_not_there_is_told(tmp_path, capsys):
    assert cli.main(["build", "--data", str(tmp_path / "no")]) == 1
    assert "no file" in capsys.readouterr().err


def test_what_may_be_absent_is_warned_about(folder, capsys):
    (folder / "base_map.geojson").unlink()
    shutil.rmtree(folder / "second_coding")
    assert cli.main(["validate", str(folder)]) == 0
    told = capsys.readouterr().out
    assert f"warning: {folder}/base_map.geojson: not there; " in told
    assert f"warning: {folder}/second_coding: not there; " in told


@pytest.mark.parametrize("out", ["plain", "plain/below"])
def test_an_output_folder_that_is_a_file_is_told_before_any_work(tmp_path, capsys, monkeypatch, out):
    monkeypatch.setattr(cli.export, "export_all", None)  # to call it would fail
    (tmp_path / "plain").write_text("")
    assert cli.main(["export", "--out", str(tmp_path / out)]) == 1
    assert capsys.readouterr().err == f"error: --out {tmp_path / out}: {tmp_path / 'plain'} is not a folder\n"


@pytest.mark.parametrize("words", [[], ["nonsense"]])
def test_wrong_words_show_the_usage(words, capsys):
    with pytest.raises(SystemExit) as raised:
        cli.main(words)
    assert raised.value.code == 2
    assert "usage: python -m helpers" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["validate", "build", "run", "export", "report", "verify-article"])
def test_help_teaches(command, capsys):
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    assert len(capsys.readouterr().out.split()) > 30
