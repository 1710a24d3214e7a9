"""A collection of one's own: what `init` writes works at once, and what `plan` writes knows nothing of planned days."""

import difflib
import io
import re
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from conftest import ROOT
from helpers import (
    build,
    charts,
    checks,
    cli,
    collection,
    comparison,
    confirmatory,
    files,
    findings,
    load,
    schemas,
    tables,
)
from helpers.findings import Results

HALF = 28


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A folder that the command has begun; not to be changed."""
    folder = tmp_path_factory.mktemp("own") / "mine"
    assert cli.main(["init", str(folder)]) == 0
    return folder


@pytest.fixture
def own(started, tmp_path):
    """A copy of it to change."""
    return shutil.copytree(started, tmp_path / "mine")


@pytest.fixture
def few_draws(monkeypatch):
    """Power is simulated by few draws, but where it is the question."""
    monkeypatch.setattr(confirmatory._plan_power, "__defaults__", (3, 20, 7))


def replace_in(path, *pairs):
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def list_files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def add_incidents(folder, days):
    """One more incident on each day, told as the example's first."""
    for name, dated in {"reports": ["incident_id", "event_date"], "incident_register": ["incident_id"]}.items():
        table = pd.read_csv(folder / "raw" / f"{name}.csv", dtype="str")
        rows = pd.concat([table.iloc[:1]] * len(days), ignore_index=True)
        rows["incident_id"] = [f"{day}_north_market" for day in days]
        if "event_date" in dated:
            rows["event_date"] = days
        pd.concat([table, rows]).to_csv(folder / "raw" / f"{name}.csv", index=False)


class TestInit:
    def test_the_example_has_no_fault_and_three_reports_of_two_attacks(self, started):
        raw, faults = checks.check_raw(started / "raw")
        assert faults == []
        assert (len(raw["reports"]), len(raw["incident_register"])) == (3, 2)
        kinds = {kind for kind, _ in checks.find_warnings(raw, started / "raw")}
        assert kinds == {"files that are not there"}

    def test_headers_are_those_of_the_schema_and_empty_tables_hold_nothing_else(self, started):
        names = [name for name in schemas.load_schema().raw if "/" not in name]
        assert {f"{name}.csv" for name in names} == {path.name for path in (started / "empty").iterdir()}
        for name in names:
            header = ",".join(schemas.load_schema(started).raw[name].columns)
            lines = [(started / part / f"{name}.csv").read_text(encoding="utf-8").splitlines()
                     for part in ("empty", "raw")]  # fmt: skip
            assert lines[0] == [header]
            assert lines[1][0] == header

    def test_every_cell_of_the_example_has_a_column(self, started):
        """A column that the schema no longer has would be dropped unseen."""
        for path in (ROOT / "src/helpers/starter/example").glob("*.csv"):
            example = pd.read_csv(path, dtype="str")
            raw = pd.read_csv(started / "raw" / path.name, dtype="str")
            pd.testing.assert_frame_equal(raw[list(example)], example)

    def test_the_example_makes_no_real_claim(self, started):
        raw = load.load_raw(started)
        assert raw["sources"]["url"].str.startswith("https://example.org/").all()
        assert raw["sources"]["source_id"].str.startswith("example-").all()
        assert raw["reports"]["note"].str.startswith("invented: ").all()

    def test_the_readme_begins_with_what_to_do_and_is_what_build_writes(self, own):
        before = list_files(own)
        assert b"## First steps" in before["README.md"][:300]
        build.build(own)
        assert list_files(own) == before

    def test_what_the_readme_tells_to_run_are_commands(self, started):
        words = (started / "README.md").read_text(encoding="utf-8")
        commands = re.findall(r"python -m helpers (\w+)", words)
        assert {"validate", "build", "run", "export", "plan"} <= set(commands)
        assert {path.name for path in started.iterdir()} >= set(re.findall(r"`(\w+)/`", words)) - {"reports"}

    def test_the_notebook_has_not_run_and_the_check_would_say_so(self, started):
        check = (started / ".github/workflows/check.yml").read_text(encoding="utf-8")
        [mark] = re.findall(r"grep -l '(.+?)'", check)
        assert mark.replace("\\", "") in (started / "notebooks/01_anniversary.ipynb").read_text(encoding="utf-8")
        assert "--nbval" in check

    def test_copying_the_empty_tables_removes_the_example(self, own):
        shutil.copytree(own / "empty", own / "raw", dirs_exist_ok=True)
        _, faults = checks.check_raw(own / "raw")
        assert {fault.value for fault in faults} == {"a header alone"}

    def test_the_chart_of_its_few_pairs_says_that_there_is_nothing_to_compare(self, own):
        results = Results(data_dir=own)
        assert charts.near_repeat(results.space_time).alt.endswith("No cell has enough pairs to compare.")

    def test_it_begins_again_where_it_was_killed_before_its_files_were_all_there(self, started, tmp_path):
        (tmp_path / "raw").mkdir()
        (tmp_path / files.WAITING / "new" / "raw").mkdir(parents=True)
        (tmp_path / files.WAITING / "new" / "raw" / "sites.csv").write_bytes(b"half")
        assert cli.main(["init", str(tmp_path)]) == 0
        assert list_files(tmp_path) == list_files(started)

    @pytest.mark.parametrize("name", ["notes.txt", ".hidden"])
    def test_a_folder_that_is_not_empty_is_refused_and_left_alone(self, tmp_path, name, capsys):
        (tmp_path / name).write_text("mine", encoding="utf-8")
        assert cli.main(["init", str(tmp_path)]) == 1
        printed = capsys.readouterr()
        assert printed.err == f"error: {tmp_path} is not empty ({name}); give a new folder, or an empty one\n"
        assert list_files(tmp_path) == {name: b"mine"}

    def test_a_file_is_refused(self, tmp_path, capsys):
        (tmp_path / "mine").touch()
        assert cli.main(["init", str(tmp_path / "mine")]) == 1
        assert "is a file; give the name of a new folder" in capsys.readouterr().err

    def test_a_new_repository_is_as_good_as_empty(self, tmp_path, monkeypatch):
        monkeypatch.setattr(build, "build", lambda folder, progress: None)
        (tmp_path / ".git").mkdir()
        lines = []
        collection.start_collection(tmp_path, lines.append)
        assert {line for line in lines if (tmp_path / line).is_file()} == set(list_files(tmp_path))


@pytest.fixture(scope="module")
def mosques(started, tmp_path_factory):
    """Every result of mosques and stations, with another anchor."""
    folder = shutil.copytree(started, tmp_path_factory.mktemp("groups") / "mine")
    groups = folder / "schema" / "collection.toml"
    replace_in(groups, ("groups.market", "groups.mosque"), ("Markets", "Mosques"), ("markets", "mosques"),
               ("2020-06-15", "2020-06-20"))  # fmt: skip
    return Results(data_dir=folder)


class TestResults:
    """Groups and anchor are those of the collection, in numbers, words and charts."""

    def test_the_anchor_is_its_own(self, mosques):
        assert mosques.tell("anniversary").startswith("**Too few days with attacks to say.** Within 14 days of 20 June")

    def test_words_name_its_groups(self, mosques):
        assert mosques.tell("embassy_vs_base").startswith("**No measure of mosques and stations can be compared.**")
        assert mosques.summary["question"].iloc[-1] == "Mosques against stations?"
        assert set(mosques.effects_table) >= {"mosques", "stations"}
        assert mosques.outcome_shares["target"].unique().tolist() == ["mosque", "station"]

    @pytest.mark.parametrize("width", ["page", "column"])
    def test_charts_name_its_groups_also_when_they_are_drawn_later(self, mosques, width):
        words = charts.svg(mosques.draw(charts.salvo_sizes).at(width))
        assert "at mosques, 1 at stations" in words
        assert "diplomatic" not in words

    def test_outside_its_results_the_schema_is_the_packages(self, mosques):
        assert "mosque" in mosques.incidents["target"].to_list()
        assert list(schemas.load_schema().collection.groups) == ["embassy", "base"]

    def test_what_it_has_not_is_said(self, mosques):
        for name, why in {
            "article": "no founding article",
            "target_sensitivity": "groups embassy and base",
            "pre_specified": "planned beforehand",
            "us_strikes": "no US strike",
        }.items():
            assert why in repr(getattr(mosques, name))

    def test_another_name_of_a_group_changes_no_number(self, started, few, tmp_path):
        names = {"embassy": "market", "base": "station"}
        rows = few.drop(columns="launch_area")
        rows.attrs = {}
        renamed = rows.assign(target=rows["target"].astype("object").map(names))
        published = comparison.compare(rows)
        with schemas.use_schema(started):
            own = comparison.compare(renamed)
        expected = published.rename(columns=lambda name: re.sub("^(embassy|base)(?=_)", lambda m: names[m[0]], name))
        pd.testing.assert_frame_equal(own, expected)

    def test_three_groups_are_not_compared_and_the_reason_is_given(self, own):
        replace_in(own / "schema/collection.toml", ('["open_market", "market_hall"]\n', '["open_market"]\n\n'
                   '[groups.hall]\nlabel = "Halls"\nplural = "halls"\ndefinition = "a hall"\n'
                   'site_types = ["market_hall"]\n'))  # fmt: skip
        words = repr(Results(data_dir=own).embassy_vs_base)
        assert "two groups of sites are compared, and the collection has 3: market, hall, station" in words


OTHER = ["2020-12-05", "2020-12-20", "2021-02-01", "2021-02-02", "2021-07-20", "2021-08-01", "2021-10-09", "2021-11-30"]


@pytest.mark.usefixtures("few_draws")
class TestPlan:
    def plan(self, folder, *words, name="plan.md"):
        out = folder / name
        assert cli.main(["plan", "--data", str(folder), "--out", str(out), *words]) == 0
        return out.read_text(encoding="utf-8")

    def test_it_holds_what_a_reader_must_know(self, own):
        add_incidents(own, OTHER)
        text = self.plan(own, "--years", "2021,2023")
        assert "# Analysis plan for the anniversaries of 2021 and 2023" in text
        assert "**Deposit this file with an outside time stamp" in text
        assert "the example event (15 June 2020)" in text
        assert "| 2021 | 2021-06-15 | 2021-05-18 | 2021-07-13 | in the tables, not used |" in text
        assert "| 2023 | 2023-06-15 | 2023-05-18 | 2023-07-13 | not yet in the tables |" in text
        assert "gives 3,249 combinations" in text
        assert "data version 0.1.0" in text
        assert 'confirmatory_test(dates, "2020-06-15", [2021, 2023], half=28, coverage=raw["coverage"]' in text
        assert len(re.findall(r"^\| `raw/\w+\.csv` \| `[0-9a-f]{64}` \|$", text, re.M)) == 10
        assert re.findall(r"^\| ([235]) \| \d+% \|$", text, re.M) == ["2", "3", "5"]
        assert not re.search(r"\n\n\n|\{|nan|None", text)

    def test_the_same_again_gives_the_same_bytes(self, own):
        add_incidents(own, OTHER)
        assert self.plan(own, "--years", "2021,2023") == self.plan(own, "--years", "2023", "--years", "2021", name="b")

    def test_no_date_within_the_planned_blocks_changes_anything_but_checksums(self, own):
        add_incidents(own, [*OTHER, "2021-05-18", "2021-06-15", "2021-07-13"])
        before = self.plan(own, "--years", "2021,2022").splitlines()
        for name in ("reports", "incident_register"):
            pairs = {"2021-06-13": "2021-06-14", "2021-05-18": "2021-07-01", "2021-07-13": "2021-06-20"}
            replace_in(own / "raw" / f"{name}.csv", *pairs.items())
        after = self.plan(own, "--years", "2021,2022", name="after.md").splitlines()
        changed = [line for line in difflib.ndiff(before, after) if line[0] in "+-"]
        assert {re.match(r"[+-] \| `raw/(\w+)\.csv`", line)[1] for line in changed} == {"reports", "incident_register"}

    def test_a_date_elsewhere_does_change_it(self, own):
        add_incidents(own, OTHER)
        before = self.plan(own, "--years", "2021,2022")
        add_incidents(own, ["2021-10-10"])
        after = self.plan(own, "--years", "2021,2022", name="after.md")
        assert "On these lie 9 incidents" in before
        assert "On these lie 10 incidents" in after

    def test_too_few_other_days_are_said(self, own, capsys):
        text = self.plan(own, "--years", "2021,2023")
        assert "**No power can be told:** outside the planned blocks 5 whole blocks of 57 days can be used." in text
        assert "warning: there are too few other days with incidents to tell power" in capsys.readouterr().out

    def test_a_year_that_was_looked_at_and_a_single_one_are_warned_of(self, own, capsys):
        replace_in(own / "schema/collection.toml", ("# explored_until = 2021-12-31", "explored_until = 2021-06-01"))
        text = self.plan(own, "--years", "2021")
        out = capsys.readouterr().out
        assert "warning: 2021: its days up to 2021-06-01 have been looked at" in out
        assert "warning: by the rule one anniversary alone is uninformative" in out
        assert "**2021 is no fresh evidence:**" in text
        assert "**One anniversary cannot be decided:**" in text

    def test_another_anchor_calendar_and_length(self, own):
        text = self.plan(own, "--years", "2022,2023", "--anchor", "2019-03-01", "--calendar", "hijri", "--half", "20")
        assert "around the anniversary of 1 March 2019 than" in text
        assert "by the Hijri calendar" in text
        assert "| 2022 | 2022-01-27 | 2022-01-07 | 2022-02-16 |" in text
        assert "pre_specified" not in text

    @pytest.mark.parametrize(
        ("words", "error"),
        [
            (["--years", "2019"], "years must lie after the anchor, 2020-06-15: 2019 has no anniversary of it"),
            (["--years", "2020,2021"], "years must lie after the anchor, 2020-06-15: 2020 has"),
            (["--years", "soon"], "--years must be years such as 2027,2028, not 'soon'"),
            (["--years", "2027,2027"], "years must be different whole years"),
            (["--years", "2027", "--anchor", "2020-13-01"], "the anchor must be one of the whole days"),
            (["--years", "2027", "--half", "7"], "half must be a whole number of days from 15 to 182, not 7"),
            (["--years", "2027", "--calendar", "lunar"], "calendar is 'lunar'; choose from gregorian, hijri"),
            (["--years", "2021,2022,2023,2024,2025,2026"], "too many to enumerate"),
        ],
    )
    def test_what_cannot_be_planned_is_one_line_and_no_file(self, started, tmp_path, capsys, words, error):
        assert cli.main(["plan", "--data", str(started), "--out", str(tmp_path / "plan.md"), *words]) == 1
        told = capsys.readouterr().err
        assert told.startswith("error: ")
        assert error in told
        assert told.count("\n") == 1
        assert list_files(tmp_path) == {}

    def test_a_plan_is_not_rewritten(self, started, tmp_path, capsys):
        (tmp_path / "plan.md").write_text("mine", encoding="utf-8")
        assert cli.main(["plan", "--data", str(started), "--years", "2027", "--out", str(tmp_path / "plan.md")]) == 1
        assert "is there already, and a plan is not rewritten" in capsys.readouterr().err
        assert list_files(tmp_path) == {"plan.md": b"mine"}

    def test_faulty_tables_are_told_as_everywhere(self, own, capsys):
        replace_in(own / "raw/reports.csv", (",rocket,", ",stone,"))
        assert cli.main(["plan", "--data", str(own), "--years", "2027", "--out", str(own / "plan.md")]) == 1
        assert "2 faults; nothing was written" in capsys.readouterr().err


class TestPowerBeforehand:
    """Of the recipe, against the test itself, plain loops and an average."""

    RNG = np.random.default_rng(4)
    DAYS = pd.DatetimeIndex(RNG.choice(pd.date_range("2020-10-01", "2022-12-31"), 120))

    def test_blocks_fill_all_other_days_from_the_first_on(self):
        planned = confirmatory.plan_blocks("2020-01-03", [2022, 2030])
        blocks = confirmatory.other_blocks(self.DAYS, planned, ("2020-10-01", "2022-12-31"))
        busy = self.DAYS.value_counts()
        starts = []
        for first, last in [("2020-10-01", "2021-12-05"), ("2022-02-01", "2022-12-31")]:
            day, last = pd.Timestamp(first), pd.Timestamp(last)
            while day + pd.Timedelta(days=2 * HALF) <= last:
                starts.append(day)
                row = [int(busy.get(day + pd.Timedelta(days=n), 0)) for n in range(2 * HALF + 1)]
                assert blocks.loc[day].tolist() == row
                day += pd.Timedelta(days=2 * HALF + 1)
        assert blocks.index.tolist() == starts

    def test_blocks_that_the_rule_cannot_use_are_left_out(self):
        planned = confirmatory.plan_blocks("2020-01-03", [2022])
        months = pd.period_range("2020-10", "2021-12", freq="M").astype("str")
        coverage = pd.DataFrame({"month": months, "coverage": "good"}).set_index("month")
        period = ("2020-10-01", "2021-12-05")
        found = []
        for month, word in [("2020-10", "good"), ("2021-03", "saturated"), ("2021-03", "none"), ("2021-03", None)]:
            changed = coverage.drop(index=month) if word is None else coverage.copy()
            changed.loc[changed.index == month, "coverage"] = word
            found.append(len(confirmatory.other_blocks(self.DAYS, planned, period, changed.reset_index())))
        assert found == [7, 5, 7, 5]

    def test_of_the_planned_number_it_is_what_the_test_reports(self, few_draws):
        days = [day for year in (2021, 2022) for day in pd.Timestamp(year=year, month=1, day=3)
                + pd.to_timedelta(self.RNG.integers(-HALF, HALF + 1, 6), "D")]  # fmt: skip
        planned = confirmatory.plan_blocks("2020-01-03", [2021, 2022])
        rows = [confirmatory._count_within(pd.DatetimeIndex(days), day, HALF) for day in planned["anniversary"]]
        power = confirmatory.expected_power(pd.DataFrame(rows), 2)
        assert power == confirmatory.confirmatory_test(days, years=[2021, 2022]).power

    def test_of_more_it_is_the_mean_over_all_choices(self, monkeypatch):
        monkeypatch.setattr(confirmatory._plan_power, "__defaults__", (3, 400, 7))
        rows = pd.DataFrame([self.RNG.poisson(rate, 2 * HALF + 1) for rate in (0.05, 0.2, 1.0)])
        pairs = [confirmatory.expected_power(rows.drop(index=left_out), 2, ratio=5) for left_out in rows.index]
        assert max(pairs) - min(pairs) > 0.1
        assert confirmatory.expected_power(rows, 2, ratio=5) == pytest.approx(np.mean(pairs), abs=0.06)

    def test_fewer_blocks_than_planned_are_refused(self):
        with pytest.raises(ValueError, match="power for 2 blocks needs as many other ones, and there are 1"):
            confirmatory.expected_power(pd.DataFrame([[0] * 57]), 2)


@pytest.mark.slow
def test_every_step_works_at_once_and_nbval_finds_the_notebook_alike(own, tmp_path):
    out, data = tmp_path / "reports", ["--data", str(own)]
    assert cli.main(["validate", str(own / "raw")]) == 0
    assert cli.main(["build", *data]) == 0
    assert cli.main(["run", "--update", "--out", str(out / "notebooks"), *data]) == 0
    assert cli.main(["export", "--out", str(out / "charts"), *data]) == 0
    assert (out / "charts" / "salvo_sizes-column.svg").exists()
    notebook = (own / "notebooks/01_anniversary.ipynb").read_text(encoding="utf-8")
    assert '"execution_count": null' not in notebook
    assert "Too few days with attacks to say" in notebook
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval", "--nbval-current-env", "."]
    result = subprocess.run(command, cwd=own / "notebooks", capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stdout
    assert tables.data_version(own) == "0.1.0"


def test_a_collection_may_know_no_place(started, tmp_path):
    shutil.copytree(started, tmp_path / "own")
    places = tmp_path / "own" / "raw" / "places.csv"
    places.write_text(places.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert load.load_raw(tmp_path / "own")["places"].empty
    assert Results(data_dir=tmp_path / "own").locations["launches"].empty


class TestSampleMonths:
    """Months to be coded twice, on the frozen set, of whose 48 months three are coded twice."""

    def draw(self, out, frozen_dir, *words):
        assert cli.main(["sample-months", "--data", str(frozen_dir), "--out", str(out), *words]) == 0
        return sorted(pd.read_csv(out / "search_log.csv")["month"].unique())

    def test_the_same_seed_draws_the_same_months_and_more_of_them_hold_the_fewer(self, tmp_path, frozen_dir, capsys):
        one, again, more, other = (
            self.draw(tmp_path / f"{n}", frozen_dir, "--seed", seed, "--months", months)
            for n, (seed, months) in enumerate([("7", "5"), ("7", "5"), ("7", "9"), ("8", "5")])
        )
        assert one == again != other
        assert set(one) < set(more)
        assert (len(one), len(more)) == (5, 9)
        assert capsys.readouterr().out.splitlines()[:2] == [
            f"{', '.join(one)}: drawn from 45 of 48 months, those coded twice (3) and without a page (0) left out; "
            "seed 7, data version 1.0.0",
            f"fill in {tmp_path / '0'}, then add its rows to those of {frozen_dir / 'raw' / 'second_coding'}; "
            "CONTRIBUTING.md says how, under 'Code a month twice'",
        ]  # fmt: skip

    def test_the_first_sample_of_a_collection_is_moved(self, tmp_path, frozen_dir, capsys):
        data = shutil.copytree(frozen_dir, tmp_path / "data")
        shutil.rmtree(data / "raw" / "second_coding")
        self.draw(tmp_path / "first", data, "--seed", "7", "--months", "2")
        assert f"then move it to {data / 'raw' / 'second_coding'};" in capsys.readouterr().out

    def test_every_month_is_drawn_alike_but_those_coded_twice_and_without_a_page(self, tmp_path, frozen_dir):
        """Each of 44 months is in a sample of 11 one time in four; the bounds are wrong once in a million."""
        data = shutil.copytree(frozen_dir, tmp_path / "data")
        months = pd.read_csv(data / "raw" / "search_log.csv")["month"].unique()
        kinds = np.where(months == "2021-05", "none", "good")
        pd.DataFrame({"month": months, "coverage": kinds, "note": "x"}).to_csv(
            data / "raw" / "coverage.csv", index=False
        )
        counts = pd.Series(0, months)
        raw = load.load_raw(data)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(load, "load_raw", lambda folder: raw)
            patch.setattr(collection, "write_files", lambda folder, contents, command: written.append(contents()))
            written = []
            for seed in range(200):
                collection.sample_months(tmp_path / "none", seed, 11, data, lambda line: None)
        for contents in written:
            counts[pd.read_csv(io.BytesIO(contents["search_log.csv"]))["month"].unique()] += 1
        left_out = {"2021-05", "2020-03", "2022-08", "2023-01"}
        assert set(counts.index[counts == 0]) == left_out
        assert counts.drop(left_out).between(17, 89).all()

    def test_a_folder_that_was_filled_meanwhile_is_refused(self, tmp_path, frozen_dir, monkeypatch, capsys):
        write = files.write_files

        def write_late(folder, contents, command):
            write(folder, {"search_log.csv": b"another's"})
            write(folder, contents, command)

        monkeypatch.setattr(collection, "write_files", write_late)
        words = ["sample-months", "--data", str(frozen_dir), "--out", str(tmp_path / "m"), "--seed", "7"]
        assert cli.main(words) == 1
        assert "is not empty (search_log.csv)" in capsys.readouterr().err
        assert list_files(tmp_path / "m") == {"search_log.csv": b"another's"}

    def test_headers_are_those_of_the_schema_and_each_query_waits_for_its_results(self, tmp_path, frozen_dir):
        drawn = self.draw(tmp_path / "new", frozen_dir, "--seed", "1", "--months", "2")
        schema = schemas.load_schema().raw
        lines = {name: (tmp_path / "new" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
                 for name in ("reports", "sources", "search_log")}  # fmt: skip
        assert {name: text[0] for name, text in lines.items()} == {
            name: ",".join(schema[f"second_coding/{name}"].columns) for name in lines
        }
        assert [len(lines[name]) for name in ("reports", "sources")] == [1, 1]
        assert lines["search_log"][1:] == [f"{month},{query},," for month in drawn for query in (1, 2)]

    def test_what_is_filled_in_is_what_reliability_compares(self, tmp_path, frozen_dir):
        """Two reports of drawn months, one of them with another weapon; before, each cell to fill in is a fault."""
        data = shutil.copytree(frozen_dir, tmp_path / "data")
        shutil.rmtree(data / "raw" / "second_coding")
        new = data / "raw" / "second_coding"
        drawn = self.draw(new, data, "--seed", "7", "--months", "20")
        _, faults = checks.check_raw(data / "raw")
        assert {(fault.file.rpartition("/")[2], fault.column) for fault in faults} == {
            ("reports.csv", ""), ("sources.csv", ""), ("search_log.csv", "results"), ("search_log.csv", "new_incidents")
        }  # fmt: skip
        first = pd.read_csv(data / "raw" / "reports.csv", dtype="str", keep_default_na=False)
        told = first[first["incident_id"].str[:7].isin(drawn)].drop_duplicates("incident_id")
        same, other = (told[told["weapon"] == "rocket"].iloc[[n]].assign(coder="second") for n in (0, 1))
        pd.concat([same, other.assign(weapon="drone")]).to_csv(new / "reports.csv", index=False)
        sources = pd.read_csv(data / "raw" / "sources.csv", dtype="str", keep_default_na=False)
        sources[sources["source_id"].isin([*same["source_id"], *other["source_id"]])].to_csv(
            new / "sources.csv", index=False
        )
        log = pd.read_csv(new / "search_log.csv").assign(results=8, new_incidents=0)
        log.to_csv(new / "search_log.csv", index=False)
        found = findings.coder_agreement(load.load_raw(data))
        assert found["n_months"] == 20
        assert found["shared"]["both"] == 2
        assert found["shares"].loc["second", ["found_by_other", "n"]].tolist() == [2, 2]
        assert found["pages"].loc["weapon", ["n", "raw"]].tolist() == [2, 0.5]
        assert found["pages"].loc["part of day", "n_one_silent"] == 0

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["--months", "46"], "46 months cannot be drawn from 45 of 48 months, those coded twice (3) and without "),
            (["--out", "{0}/full"], "{0}/full is not empty (a.txt); give a new folder, or an empty one"),
        ],
    )
    def test_what_cannot_be_drawn_is_one_line(self, tmp_path, frozen_dir, capsys, words, said):
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "a.txt").touch()
        words = ["--out", str(tmp_path / "new"), *(word.format(tmp_path) for word in words)]
        assert cli.main(["sample-months", "--seed", "1", "--data", str(frozen_dir), *words]) == 1
        printed = capsys.readouterr()
        assert (printed.out, printed.err.count("\n")) == ("", 1)
        assert printed.err.startswith(f"error: {said.format(tmp_path)}")
        assert not (tmp_path / "new").exists()
        assert [path.name for path in (tmp_path / "full").iterdir()] == ["a.txt"]
