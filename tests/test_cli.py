"""The command line: what it prints, where, and with which exit status."""

import importlib
import re
import shutil
import subprocess
import sys

import pytest

import helpers
from helpers import cli

COMMANDS = ["validate", "build", "run", "export", "report", "verify-article", "all"]


@pytest.fixture
def folder(tmp_path, frozen_dir):
    return shutil.copytree(frozen_dir / "raw", tmp_path / "raw")


@pytest.fixture
def calls(monkeypatch):
    """What the commands call, in order, instead of doing it."""
    called = []
    for module, names in {
        "build": ["build"],
        "notebooks": ["run"],
        "export": ["export_all"],
        "report": ["write_report"],
        "article": ["verify"],
    }.items():
        for name in names:
            monkeypatch.setattr(
                importlib.import_module(f"helpers.{module}"),
                name,
                lambda *words, _name=name, **options: called.append((_name, words, options)) or [],
            )
    return called


def replace_once(path, old, new, times=1):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, times), encoding="utf-8")


class TestValidate:
    def test_clean_tables_greet_with_a_few_lines(self, folder, capsys):
        assert cli.main(["validate", str(folder)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) <= 12
        assert re.fullmatch(r"\d+ tables, [\d,]+ rows: no faults; \d+ warnings(; --all lists them)?", lines[-1])

    def test_three_warnings_are_shown_and_every_kind_is_counted(self, folder, capsys, monkeypatch):
        warnings = [("worst", "a"), ("worst", "b"), ("bad", "c"), ("least", "d")]
        monkeypatch.setattr("helpers.checks.find_warnings", lambda raw, raw_dir: warnings)
        assert cli.main(["validate", str(folder)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[:6] == ["warning: a", "warning: b", "warning: c", "    2 worst", "    1 bad", "    1 least"]
        assert lines[6].endswith("no faults; 4 warnings; --all lists them")

    def test_all_lists_every_table_and_every_warning(self, folder, capsys):
        assert cli.main(["validate", str(folder), "--all"]) == 0
        lines = capsys.readouterr().out.splitlines()
        n_rows = len((folder / "reports.csv").read_text(encoding="utf-8").splitlines()) - 1
        assert f"reports.csv: {n_rows} rows" in lines
        warnings = [line for line in lines if line.startswith("warning: ")]
        assert lines[-1].endswith(f"; {len(warnings)} warnings")
        assert not any("<NA>" in line for line in lines)

    def test_what_may_be_absent_is_warned_about(self, folder, capsys):
        shutil.rmtree(folder / "second_coding")
        assert cli.main(["validate", str(folder), "--all"]) == 0
        assert f"warning: {folder}/second_coding: not there; " in capsys.readouterr().out

    def test_faults_go_to_the_error_stream_with_status_1(self, folder, capsys):
        replace_once(folder / "reports.csv", ",rocket,", ",rockt,", times=2)
        assert cli.main(["validate", str(folder)]) == 1
        printed = capsys.readouterr()
        *faults, last = printed.err.splitlines()
        assert printed.out == ""
        assert last == "2 faults; nothing was written"
        for fault in faults:
            assert re.match(rf"{re.escape(str(folder))}/reports.csv:\d+: weapon: 'rockt': one of rocket, ", fault)

    def test_of_many_faults_of_a_kind_twenty_are_shown_and_all_are_counted(self, folder, capsys):
        path = folder / "reports.csv"
        n_rockets = path.read_text(encoding="utf-8").count(",rocket,")
        replace_once(path, ",rocket,", ",rocket ,", times=-1)
        assert cli.main(["build", "--data", str(folder.parent), "--out", str(folder.parent / "out")]) == 1
        *faults, rest, last = capsys.readouterr().err.splitlines()
        words = "text without SPACE (U+0020) at the start or end"
        assert len(faults) == 20
        assert all(fault.endswith(f": weapon: 'rocket ': {words}") for fault in faults)
        assert rest == f"{path}: weapon: {n_rockets - 20} more: {words}"
        assert last == f"{n_rockets} faults; nothing was written"

    def test_a_folder_that_is_not_there_is_named(self, tmp_path, capsys):
        assert cli.main(["validate", str(tmp_path / "no")]) == 1
        assert f"{tmp_path / 'no'}/reports.csv:1: -: no file" in capsys.readouterr().err


class TestWords:
    """What each command passes on."""

    @pytest.mark.parametrize(("words", "update"), [(["run"], False), (["run", "--update"], True)])
    def test_update_reaches_the_notebooks(self, calls, words, update):
        assert cli.main(words) == 0
        [(name, _, options)] = calls
        assert (name, options) == ("run", {"update": update})

    @pytest.mark.parametrize("command", ["run", "export", "report"])
    def test_out_is_where_it_is_written(self, calls, tmp_path, command):
        assert cli.main([command, "--out", str(tmp_path / "there")]) == 0
        assert calls[0][1][0] == tmp_path / "there"

    @pytest.mark.parametrize("command", ["export", "report"])
    def test_data_is_what_results_are_made_of(self, calls, tmp_path, frozen_dir, command):
        assert cli.main([command, "--data", str(frozen_dir), "--out", str(tmp_path)]) == 0
        assert calls[0][1][1].data_dir == frozen_dir

    @pytest.mark.parametrize(
        ("command", "default"), [("run", "reports/notebooks"), ("export", "reports/charts"), ("report", "reports")]
    )
    def test_the_default_lies_below_the_current_folder_and_is_told(self, calls, capsys, command, default):
        assert cli.main([command]) == 0
        assert str(calls[0][1][0]) == default
        cli.main([command, "--help"])
        assert f"[default: {default}]" in " ".join(capsys.readouterr().out.split())

    def test_build_passes_both_folders_on(self, calls, tmp_path):
        assert cli.main(["build", "--data", str(tmp_path / "a"), "--out", str(tmp_path / "b")]) == 0
        assert calls == [("build", (tmp_path / "a", tmp_path / "b"), {})]

    def test_verify_article_passes_the_path_on(self, calls, tmp_path):
        assert cli.main(["verify-article", str(tmp_path / "mine.txt")]) == 0
        assert calls == [("verify", (tmp_path / "mine.txt",), {})]

    def test_all_does_the_four_steps_and_finds_once(self, calls, tmp_path, capsys):
        assert cli.main(["all", "--out", str(tmp_path)]) == 0
        assert [name for name, *_ in calls] == ["build", "run", "export_all", "write_report"]
        assert [str(words[0]) for _, words, _ in calls[1:]] == [
            str(tmp_path / "notebooks"),
            str(tmp_path / "charts"),
            str(tmp_path),
        ]
        assert calls[2][1][1] is calls[3][1][1], "what the charts found, the report takes over"
        assert capsys.readouterr().out == f"open {tmp_path / 'index.html'}\n"


class TestFailures:
    @pytest.mark.parametrize("out", ["plain", "plain/below"])
    @pytest.mark.parametrize("command", ["build", "run", "export", "report", "all"])
    def test_an_output_folder_that_is_a_file_is_told_before_any_work(self, tmp_path, capsys, calls, command, out):
        (tmp_path / "plain").touch()
        assert cli.main([command, "--out", str(tmp_path / out)]) == 1
        expected = f"error: --out {tmp_path / out}: {tmp_path / 'plain'} is not a folder\n"
        assert (capsys.readouterr().err, calls) == (expected, [])

    def test_a_cell_that_fails_is_told_in_one_line(self, capsys, monkeypatch):
        from helpers import notebooks

        def fail(*words, **options):
            raise notebooks.NotebookError("a.ipynb, code cell 2 (x): NameError: x")

        monkeypatch.setattr(notebooks, "run", fail)
        assert cli.main(["run"]) == 1
        assert capsys.readouterr().err == "error: a.ipynb, code cell 2 (x): NameError: x\n"

    def test_a_copy_that_is_not_there_is_named(self, tmp_path, capsys):
        assert cli.main(["verify-article", str(tmp_path / "no.txt")]) == 1
        assert capsys.readouterr().err.startswith(f"error: no text at {tmp_path / 'no.txt'}\n")

    def test_a_fault_of_the_program_shows_where_it_is(self, monkeypatch):
        monkeypatch.setattr("helpers.build.build", lambda *words: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            cli.main(["build"])

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["nonsense"], "No such command 'nonsense'"),
            (["run", "--updat"], "No such option"),
            (["validate", "a", "b"], "unexpected extra argument"),
        ],
    )
    def test_wrong_words_show_the_usage(self, words, said, capsys):
        assert cli.main(words) == 2
        printed = capsys.readouterr().err
        assert "Usage: " in printed
        assert said in printed
        assert "╭" not in printed, "no boxes"


class TestHelp:
    def test_called_bare_it_lists_the_commands(self, capsys):
        assert cli.main([]) == 2
        printed = capsys.readouterr()
        assert all(re.search(rf"^  {command}  ", printed.out + printed.err, re.M) for command in COMMANDS)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_each_command_teaches(self, command, capsys):
        assert cli.main([command, "--help"]) == 0
        assert len(capsys.readouterr().out.split()) > 40

    def test_the_version(self, capsys):
        assert cli.main(["--version"]) == 0
        assert capsys.readouterr().out == f"anniversary-attacks {helpers.__version__}\n"

    def test_help_waits_for_no_library(self):
        code = "import sys; from helpers import cli; cli.main(['--help']); print(sorted(sys.modules), file=sys.stderr)"
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
        assert "Usage: " in result.stdout
        assert [name for name in ("numpy", "pandas", "matplotlib", "rich") if f"'{name}'" in result.stderr] == []

    def test_the_module_is_a_command(self):
        result = subprocess.run([sys.executable, "-m", "helpers"], capture_output=True, encoding="utf-8", check=False)
        assert result.returncode == 2
        assert "Usage: python -m helpers [OPTIONS] COMMAND" in result.stdout + result.stderr
