"""The command line: what it prints, where, and with which exit status."""

import importlib
import os
import re
import shutil
import subprocess
import sys

import pytest
from small_collection import write_small

import helpers
from helpers import charts, cli
from helpers.importers import convert

COMMANDS = ["add-report", "init", "plan", "validate", "match", "build", "run", "export", "site", "verify-article",
            "all", "import", "changes", "sample-months"]  # fmt: skip


@pytest.fixture
def folder(tmp_path, frozen_dir):
    return shutil.copytree(frozen_dir / "raw", tmp_path / "raw")


@pytest.fixture
def small(tmp_path):
    """The folder of a small collection."""
    return write_small(tmp_path / "small").parent


def feature(geometry, name='"Iraq"'):
    """GeoJSON of one country."""
    one = f'{{"type": "Feature", "properties": {{"name": {name}}}, "geometry": {geometry}}}'
    return f'{{"type": "FeatureCollection", "features": [{one}]}}'.encode()


@pytest.fixture
def calls(monkeypatch):
    """What the commands call, in order, instead of doing it."""
    called = []
    for module, names in {
        "build": ["build"],
        "notebooks": ["run"],
        "export": ["export_all"],
        "site": ["write_site"],
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
        assert last == "2 faults"
        for fault in faults:
            assert re.match(rf"{re.escape(str(folder))}/reports.csv:\d+: weapon: 'rockt': one of rocket, ", fault)

    def test_only_a_command_that_writes_says_that_nothing_was_written(self, folder, capsys):
        replace_once(folder / "reports.csv", ",rocket,", ",rockt,")
        assert cli.main(["build", "--data", str(folder.parent)]) == 1
        assert capsys.readouterr().err.endswith("\n1 fault; nothing was written\n")
        assert not (folder.parent / "processed").exists()

    @pytest.mark.parametrize(
        "version", [b"", b" \n", b"\xff\xfe1\x00", b"1.0\n2.0\n", "1.0\u200f".encode(), None], ids=repr
    )
    def test_build_and_validate_agree_on_a_version(self, small, capsys, version):
        path = small / "VERSION"
        path.mkdir() if version is None else path.write_bytes(version)
        [fault] = self.faults_of_both(small, capsys)
        assert fault.startswith(f"{path}:1: -: ")
        assert ": one line of UTF-8 text, such as 1.0.0; or no such file" in fault

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<<<<<<< HEAD\n{}",
            b"\xff\xfe{",
            b'{"type": "FeatureCollection", "features": []}',
            feature("null"),
            feature('{"type": "Polygon", "coordinates": []}'),
            feature('{"type": "Polygon", "coordinates": [[[44, 33]]]}'),
            feature('{"type": "Polygon", "coordinates": [[[44, 33], [45, 34], [45, 33], [44, 34], [44, 33]]]}'),
            feature('{"type": "Point", "coordinates": [44, 33]}'),
            feature('{"type": "Polygon", "coordinates": [[[44, 33], [45, 33], [45, 34], [44, 33]]]}', "null"),
            None,
        ],
        ids=repr,
    )
    def test_build_and_validate_agree_on_a_base_map(self, small, capsys, content):
        path = small / "raw" / "base_map.geojson"
        path.mkdir() if content is None else path.write_bytes(content)
        [fault] = self.faults_of_both(small, capsys)
        assert fault.startswith(f"{path}:1: -: not a base map: GeoJSON of countries")

    def faults_of_both(self, data_dir, capsys):
        """What validate and build say, which must be the same."""
        assert cli.main(["validate", str(data_dir / "raw")]) == 1
        *validated, _ = capsys.readouterr().err.splitlines()
        assert cli.main(["build", "--data", str(data_dir)]) == 1
        *built, _ = capsys.readouterr().err.splitlines()
        assert built == validated
        assert not (data_dir / "processed").exists()
        return built

    def test_a_quoted_header_is_a_header_for_both(self, small, capsys):
        replace_once(small / "raw" / "search_log.csv", "month,query_no", '"month","query_no"')
        assert cli.main(["validate", str(small / "raw")]) == 0
        assert cli.main(["build", "--data", str(small)]) == 0

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
        wanted = "no folder: the folder of the raw tables, such as data/raw"
        assert capsys.readouterr().err == f"{tmp_path / 'no'}:1: -: {wanted}\n1 fault\n"


class TestValidateFile:
    """A file of one's own is held to the rules of ``load_incidents(dataset=...)``."""

    HEADER = "incident_id,date,inclusion,latitude,longitude\n"

    @pytest.fixture
    def own(self, tmp_path):
        def write(text, name="own.csv"):
            (tmp_path / name).write_text(text, encoding="utf-8")
            return str(tmp_path / name)

        return write

    def test_notes_and_warnings_are_printed_with_status_0(self, own, capsys):
        rows = [f"i{n},2022-01-0{n},{'core' if n % 2 else 'excluded'},0,{n}\n" for n in range(1, 6)]
        path = own(self.HEADER + "".join(rows))
        assert cli.main(["validate", path]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "note: own.csv. Rows read: 5; kept: 5."
        assert lines[2].startswith("warning: points outside the region (5): i1: latitude: 0, 1; i2: latitude: 0, 2; ")
        assert lines[3:] == ["5 rows: no faults; 1 kind of warnings; --all lists each"]
        assert cli.main(["validate", path, "--all"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert sum(line.startswith("warning: points outside the region: i") for line in lines) == 5
        assert lines[-1] == "5 rows: no faults; 1 kind of warnings"

    def test_faults_are_listed_with_status_1(self, own, capsys):
        path = own(self.HEADER + "a,2022,core,,\nb,2022-01-03,sure,,\n")
        assert cli.main(["validate", path]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.splitlines() == [
            f"{path}:2: date: '2022': a date that exists, as YYYY-MM-DD",
            f"{path}:3: inclusion: 'sure': one of core, borderline, excluded; not empty",
            "2 faults",
        ]

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("gone.csv", "no file: a readable CSV file"),
            ("gone.parquet", "no file"),
            ("own.xlsx", "a name that ends in"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_one_line(self, own, capsys, name, said):
        path = own("x", "own.xlsx").replace("own.xlsx", name)
        assert cli.main(["validate", path]) == 1
        [line, last] = capsys.readouterr().err.splitlines()
        assert (line.startswith(f"{path}:"), said in line, last) == (True, True, "1 fault")


class TestWords:
    """What each command passes on."""

    @pytest.mark.parametrize(("words", "update"), [(["run"], False), (["run", "--update"], True)])
    def test_update_reaches_the_notebooks(self, calls, words, update):
        assert cli.main(words) == 0
        [(name, _, options)] = calls
        assert (name, options) == ("run", {"update": update})

    def test_a_collection_runs_its_own_notebooks(self, calls, tmp_path):
        assert cli.main(["run", "--data", str(tmp_path)]) == 0
        assert calls[0][1][1] == tmp_path / "notebooks"

    @pytest.mark.parametrize("command", ["run", "export", "site", "report"])
    def test_out_is_where_it_is_written(self, calls, tmp_path, command):
        assert cli.main([command, "--out", str(tmp_path / "there")]) == 0
        assert calls[0][1][0] == tmp_path / "there"

    @pytest.mark.parametrize("command", ["export", "site", "report"])
    def test_data_is_what_results_are_made_of(self, calls, tmp_path, frozen_dir, command):
        assert cli.main([command, "--data", str(frozen_dir), "--out", str(tmp_path)]) == 0
        assert calls[0][1][1].data_dir == frozen_dir

    @pytest.mark.parametrize(
        ("command", "default"), [("run", "reports/notebooks"), ("export", "reports/charts"), ("site", "reports")]
    )
    def test_the_default_lies_below_the_current_folder_and_is_told(self, calls, capsys, command, default):
        assert cli.main([command]) == 0
        assert str(calls[0][1][0]) == default
        cli.main([command, "--help"])
        assert f"[default: {default}]" in " ".join(capsys.readouterr().out.split())

    def test_export_takes_charts_and_several_choices_behind_one_option(self, calls):
        words = ["export", "timeline", "--format", "svg", "pdf", "--width", "column", "--out", "pdf"]
        assert cli.main(words) == 0
        [(_, (out, *_, names, formats, widths, _, _), _)] = calls
        assert (names, formats, widths) == (["timeline"], ["svg", "pdf"], ["column"])
        assert str(out) == "pdf"

    def test_export_lists_charts_and_refuses_others_with_the_choices(self, calls, capsys):
        assert cli.main(["export", "--list"]) == 0
        assert capsys.readouterr().out.split() == list(charts.CHARTS)
        for wrong in (["nope"], ["--format", "gif"], ["--width", "poster"], ["timeline", "--update"]):
            assert cli.main(["export", *wrong]) == 2
            words = " ".join(capsys.readouterr().err.split())
            assert wrong[-1] in words
            assert re.search(
                "choose from article|one of 'svg', 'pdf', 'png'|of 'page', 'column'|writes everything", words
            )
        assert not calls

    def test_build_passes_both_folders_on(self, calls, tmp_path):
        assert cli.main(["build", "--data", str(tmp_path / "a"), "--out", str(tmp_path / "b")]) == 0
        assert calls == [("build", (tmp_path / "a", tmp_path / "b"), {})]

    def test_verify_article_passes_the_path_on(self, calls, tmp_path):
        assert cli.main(["verify-article", str(tmp_path / "mine.txt")]) == 0
        assert calls == [("verify", (tmp_path / "mine.txt",), {})]

    def test_all_does_the_four_steps_and_finds_once(self, calls, tmp_path, capsys):
        assert cli.main(["all", "--out", str(tmp_path)]) == 0
        assert [name for name, *_ in calls] == ["build", "run", "export_all", "write_site"]
        assert [str(words[0]) for _, words, _ in calls[1:]] == [
            str(tmp_path / "notebooks"),
            str(tmp_path / "charts"),
            str(tmp_path),
        ]
        assert calls[2][1][1] is calls[3][1][1], "what the charts found, the site takes over"
        assert capsys.readouterr().out == f"open {tmp_path / 'site' / 'index.html'}\n"


class TestObstacles:
    """What stands in the way is named in one line, with what to do."""

    FOLDER = "a folder is needed where a file or a broken link stands; move that, or choose another folder"

    def build(self, data_dir, capsys):
        """The lines that a build which fails prints."""
        assert cli.main(["build", "--data", str(data_dir)]) == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err.removesuffix("1 fault; nothing was written\n").splitlines()

    @pytest.mark.parametrize("obstacle", [lambda path: path.touch(), lambda path: path.symlink_to("gone")])
    def test_no_folder_to_write_to(self, small, capsys, obstacle):
        obstacle(small / "processed")
        assert self.build(small, capsys) == [f"error: {small / 'processed'}: File exists; {self.FOLDER}"]

    @pytest.mark.parametrize(
        ("obstacle", "found"),
        [
            (lambda path: None, "no folder"),
            (lambda path: path.touch(), "a file"),
            (lambda path: path.symlink_to("gone"), "a broken link"),
            (lambda path: path.symlink_to(path.name), "a broken link"),
        ],
    )
    def test_no_folder_of_raw_tables(self, small, capsys, obstacle, found):
        shutil.rmtree(small / "raw")
        obstacle(small / "raw")
        wanted = f"{small / 'raw'}:1: -: {found}: the folder of the raw tables, such as data/raw"
        assert self.build(small, capsys) == [wanted]
        assert cli.main(["validate", str(small / "raw")]) == 1
        assert capsys.readouterr().err == f"{wanted}\n1 fault\n"

    @pytest.mark.parametrize("obstacle", [lambda path: path.mkdir(), lambda path: path.symlink_to("gone")])
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("raw/sites.csv", "no file: a readable CSV file ("),
            ("raw/base_map.geojson", "not a base map: GeoJSON of countries"),
            ("VERSION", "not readable: one line of UTF-8 text"),
            ("schema/lists.toml", "not readable: a TOML file ("),
        ],
    )
    def test_a_folder_or_a_broken_link_where_a_file_should_be(self, small, capsys, obstacle, name, said):
        (small / name).unlink(missing_ok=True)
        (small / name).parent.mkdir(exist_ok=True)
        obstacle(small / name)
        [line] = self.build(small, capsys)
        assert line.startswith(f"{small / name}:1: -: {said}")

    def test_a_file_where_the_schema_should_be_is_not_passed_over(self, small, capsys):
        (small / "schema").touch()
        assert self.build(small, capsys) == [
            f"{small / 'schema'}:1: -: no folder: a folder of .toml files, or nothing of this name"
        ]

    def test_an_output_folder_that_is_a_broken_link(self, small, capsys):
        (small / "out").symlink_to("gone")
        assert cli.main(["build", "--data", str(small), "--out", str(small / "out")]) == 1
        assert capsys.readouterr().err == f"error: --out {small / 'out'}: {small / 'out'} is not a folder\n"

    def test_a_folder_where_the_article_should_be(self, tmp_path, capsys):
        assert cli.main(["verify-article", str(tmp_path)]) == 1
        said = "Is a directory; a file is needed where a folder stands; move or rename that"
        assert capsys.readouterr().err == f"error: {tmp_path}: {said}\n"

    def test_a_file_that_may_not_be_read(self, small, capsys, monkeypatch):
        def refuse(*words, **options):
            raise PermissionError(13, "Permission denied", str(small / "raw" / "sites.csv"))

        monkeypatch.setattr("helpers.build.build", refuse)
        said = "Permission denied; change its permissions, or choose another place"
        assert self.build(small, capsys) == [f"error: {small / 'raw' / 'sites.csv'}: {said}"]


class TestFailures:
    @pytest.mark.parametrize("out", ["plain", "plain/below"])
    @pytest.mark.parametrize("command", ["build", "run", "export", "site", "all"])
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


class TestOutput:
    """What is printed arrives, wherever it goes."""

    SAY = (
        "import sys; from helpers import cli; print = cli._app.command('say')(lambda: {}); sys.exit(cli.main(['say']))"
    )

    def say(self, code, **options):
        command = [sys.executable, "-c", self.SAY.format(code)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    @pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
    def test_a_letter_that_an_encoding_lacks_is_spelt(self, encoding):
        child = self.say("__builtins__.print('Ālbū كمال')", env={**os.environ, "PYTHONIOENCODING": encoding})
        out, err = child.communicate()
        assert (child.returncode, err) == (0, b"")
        assert out.decode(encoding).strip() == "Ālbū كمال".encode(encoding, "backslashreplace").decode(encoding)

    @pytest.mark.parametrize("n_lines", [3, 100_000])
    def test_a_reader_that_leaves_is_no_error(self, n_lines):
        """As `head -1` does, after one line: the command does its work to the end, and says no more."""
        work = f"[__builtins__.print(n, flush=n == 0) or sys.stdin.read(n == 0) for n in range({n_lines})]"
        child = self.say(f"({work}, __builtins__.print('done', file=sys.stderr))", stdin=subprocess.PIPE)
        assert child.stdout.readline().strip() == b"0"
        child.stdout.close()
        child.stdin.close()
        assert child.stderr.read().split() == [b"done"]
        assert child.wait() == 0
        child.stderr.close()


class TestHelp:
    def test_called_bare_it_lists_the_commands(self, capsys):
        assert cli.main([]) == 2
        printed = capsys.readouterr()
        assert all(re.search(rf"^  {command}  ", printed.out + printed.err, re.M) for command in COMMANDS)
        words = " ".join((printed.out + printed.err).split())
        assert "A file of your own: 'validate my_events.csv' checks it" in words
        assert "load_incidents(dataset='my_events.csv') reads it" in words

    @pytest.mark.parametrize("command", COMMANDS)
    def test_each_command_teaches(self, command, capsys):
        assert cli.main([command, "--help"]) == 0
        assert len(capsys.readouterr().out.split()) > 40

    def test_each_source_of_an_import_teaches(self, capsys):
        for source in convert.SOURCES:
            assert cli.main(["import", source, "--help"]) == 0
            assert len(capsys.readouterr().out.split()) > 60, source

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
