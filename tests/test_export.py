"""What an export of the frozen set writes."""

import hashlib
import io
import json
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from matplotlib.backends.backend_pdf import pdfRepr
from PIL import Image

from helpers import charts, export, findings
from helpers.files import rounded
from helpers.findings import FINDINGS

KINDS = ("csv", "pdf", "png", "svg", "txt")


@pytest.fixture(scope="module")
def files(exported):
    folder = exported[0] / "charts"
    return {path.name: path.read_bytes() for path in folder.glob("placebo_windows*")}


def test_every_chart_comes_in_every_form(exported):
    out, _ = exported
    expected = {f"{name}.{kind}" for name in charts.CHARTS for kind in KINDS}
    expected |= {f"{name}-column.{kind}" for name in charts.CHARTS for kind in ("pdf", "png", "svg")}
    assert {path.name for path in (out / "charts").iterdir()} == expected | {"manifest.json"}


def test_a_chart_comes_with_data_alt_text_and_source(files, results, drawn):
    headline, alt, source = files["placebo_windows.txt"].decode().strip().split("\n\n")
    chart = drawn["placebo_windows"]
    assert (headline, alt, source) == (chart.headline, chart.alt, chart.note)
    assert source.startswith("20 incidents, 2020-01-04 to 2023-09-30, 16 of them within")
    data = pd.read_csv(io.BytesIO(files["placebo_windows.csv"])).set_index("window")
    assert data["observed"].tolist() == results.anniversary["test"].table["observed"].tolist()


def test_png_and_pdf_carry_their_description(files, drawn):
    chart = drawn["placebo_windows"]
    image = Image.open(io.BytesIO(files["placebo_windows.png"]))
    assert image.text["Title"] == chart.headline
    assert image.text["Description"] == chart.alt
    assert b"/Subject " + pdfRepr(chart.alt) in files["placebo_windows.pdf"]
    assert b"/Type3" not in files["placebo_windows.pdf"]  # publishers reject Type 3 fonts
    assert b"/CIDFontType2" in files["placebo_windows.pdf"]
    assert b"/FontFile2" in files["placebo_windows.pdf"]  # TrueType, embedded
    assert b"CreationDate" not in files["placebo_windows.pdf"]


@pytest.mark.parametrize(("stem", "mm"), [("placebo_windows", 180), ("placebo_windows-column", 88)])
def test_a_chart_is_as_wide_as_a_page_or_a_column_in_every_form(files, stem, mm):
    image = Image.open(io.BytesIO(files[f"{stem}.png"]))
    assert image.width == int(mm / 25.4 * 300)
    assert image.info["dpi"] == pytest.approx((300, 300), rel=1e-3)
    drawn = re.search(r'width="([\d.]+)pt"', files[f"{stem}.svg"].decode())[1]
    [page] = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ", files[f"{stem}.pdf"])
    assert float(drawn) == pytest.approx(mm / 25.4 * 72, abs=0.001)
    assert float(page) == pytest.approx(mm / 25.4 * 72, abs=0.001)


def test_every_finding_is_written_with_six_digits(exported, results):
    content = json.loads((exported[0] / "findings.json").read_text(encoding="utf-8"))
    assert content == rounded(findings.plain(findings.findings_of(results)))
    # The frozen set has neither a basis nor totals, and is no file of others.
    lacking = {"basis_by_year", "official_counts", "shared_events"}
    assert list(content) == [name for name in FINDINGS if name not in lacking]


def test_progress_is_told_for_every_chart(exported):
    _, lines = exported
    assert lines[0] == f"[1/{len(charts.CHARTS)}] {next(iter(charts.CHARTS))}: svg, pdf, png, csv, txt"
    assert len(lines) == len(charts.CHARTS) + 1
    assert lines[-1] == "findings.json, manifest.json"


def test_a_chart_that_cannot_be_drawn_says_why_and_is_left_out(tmp_path, monkeypatch, results):
    two = {"timeline": charts.timeline, "article_accounts": charts.article_accounts}
    monkeypatch.setattr(charts, "CHARTS", two)
    monkeypatch.setattr(export, "findings_of", lambda results: {"n": 1})
    own = findings.Results()
    own.incidents, own.article = results.incidents, findings.NotAvailable("there is no article")
    own.draw = cache(own.draw)
    lines = []
    export.export_all(tmp_path / "charts", own, lines.append)
    assert lines == [
        "[1/2] timeline: svg, pdf, png, csv, txt",
        "[2/2] article_accounts: Not available, because there is no article.",
        "findings.json, manifest.json",
    ]
    assert {path.stem for path in (tmp_path / "charts").iterdir()} == {"timeline", "timeline-column", "manifest"}
    assert (tmp_path / "findings.json").read_text(encoding="utf-8") == '{\n "n": 1\n}\n'


def test_the_manifest_lists_what_was_written_and_what_it_was_made_of(exported, results):
    out, _ = exported
    manifest = json.loads((out / "charts" / "manifest.json").read_text(encoding="utf-8"))
    names = {path.name for path in (out / "charts").iterdir()} - {"manifest.json"} | {"../findings.json"}
    assert set(manifest["files"]) == names
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((out / "charts" / name).read_bytes()).hexdigest() == digest
    reports = Path(results.data_dir, "raw", "reports.csv").read_bytes()
    assert manifest["tables"]["raw/reports.csv"] == hashlib.sha256(reports).hexdigest()
    assert manifest["packages"]["pandas"] == pd.__version__


def test_a_manifest_of_your_own_file_names_it_and_no_folder(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("incident_id,date\na,2021-01-03\nb,2022-05-01\n", encoding="utf-8")
    given = findings.Results(dataset=path)
    export.export_all(tmp_path / "c", given, [].append, names=["timeline"], formats=["svg"], widths=["page"])
    text = (tmp_path / "c" / "manifest.json").read_text(encoding="utf-8")
    assert list(json.loads(text)["tables"]) == ["own.csv"]
    assert str(tmp_path) not in text


def test_a_chosen_chart_comes_alone_in_the_chosen_forms(tmp_path, results):
    options = {"names": ["timeline"], "formats": ["pdf"], "widths": ["column"]}
    export.export_all(tmp_path / "c", results, [].append, **options)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"c/timeline-column.pdf", "c/timeline.csv", "c/timeline.txt", "c/manifest.json"}


def test_the_manifest_keeps_what_earlier_exports_of_the_same_tables_wrote(tmp_path, results):
    options = {"formats": ["svg"], "widths": ["page"]}
    for name in ("timeline", "days_strip"):
        export.export_all(tmp_path, results, [].append, names=[name], **options)
    parts = [f"{name}.{kind}" for name in ("days_strip", "timeline") for kind in ("csv", "svg", "txt")]
    assert list(export.read_current(tmp_path, results)) == parts
    (tmp_path / "timeline.svg").write_text("edited", encoding="utf-8")
    (tmp_path / "timeline.txt").unlink()
    assert list(export.read_current(tmp_path, results)) == [*parts[:3], "timeline.csv"]
    assert export.read_current(tmp_path, findings.Results(dataset=tmp_path / "timeline.csv")) == {}


@pytest.mark.parametrize("wrong", [{"names": ["Timeline"]}, {"formats": ["gif"]}, {"widths": ["poster"]}])
def test_an_unknown_chart_format_or_width_is_refused_with_the_choices(tmp_path, results, wrong):
    with pytest.raises(ValueError, match=r"'Timeline'.*timeline|'gif'.*svg|'poster'.*column"):
        export.export_all(tmp_path / "c", results, [].append, **wrong)
    assert not list(tmp_path.iterdir())


def test_every_table_comes_as_csv_html_and_latex(results, monkeypatch):
    hostile = pd.DataFrame({"place": ["=cmd()", "<b>50% & more</b>", "-1.5", "a\u202eb"], "n": [-1, 2, 3, 4]})
    monkeypatch.setattr(export, "FINDINGS", {"report_flow": None, "exposure": None, "hostile": None})
    results = SimpleNamespace(
        report_flow=results.report_flow, exposure={"a/b": hostile, "A b": hostile}, hostile=hostile
    )
    written = dict(export._table_files(results))
    assert {"tables/report_flow.csv", "tables/exposure.a-b.html", "tables/hostile.tex"} <= set(written)
    assert len({name.casefold() for name in written}) == 3 * 4
    cells = pd.read_csv(io.BytesIO(written["tables/hostile.csv"]), dtype=str)
    assert cells["place"].tolist() == ["'=cmd()", "<b>50% & more</b>", "-1.5", "a\u202eb"]
    assert cells["n"].tolist() == ["-1", "2", "3", "4"]
    assert b"&lt;b&gt;50% &amp; more" in written["tables/hostile.html"]
    assert rb"50\% \& more" in written["tables/hostile.tex"]


def test_where_one_chart_fails_nothing_is_written(tmp_path, monkeypatch, results):
    def fail(incidents):
        raise OSError("no base map")

    monkeypatch.setattr(charts, "CHARTS", {"timeline": charts.timeline, "broken": fail})
    own = findings.Results()
    own.incidents = results.incidents
    with pytest.raises(OSError, match="no base map"):
        export.export_all(tmp_path / "charts", own, lambda line: None)
    assert list(tmp_path.iterdir()) == []


def test_the_data_of_a_chart_hold_no_digit_that_a_processor_decides(exported):
    paths = sorted((exported[0] / "charts").glob("*.csv"))
    cells = [cell for path in paths for cell in re.split("[,\n]", path.read_text(encoding="utf-8"))]
    decimals = [cell for cell in cells if re.fullmatch(r"-?\d+\.\d+(e-\d+)?", cell)]
    assert len(decimals) > 100
    assert [cell for cell in decimals if len(re.sub(r"e.*|^-?0?\.?0*|\.", "", cell)) > 6] == []


# --- the block of the README ------------------------------------------------------------------------------------------

README = "# Title\n\n<!-- findings -->\nold words\n<!-- /findings -->\n\nThe rest.\n"


def test_the_block_of_a_readme_is_written_anew_and_nothing_else(results):
    found = findings.findings_of(results)
    text = export._fill_block(README, found)
    assert text.startswith("# Title\n\n<!-- findings -->\n\nThe tables hold 21 attacks from 1 October 2019 to")
    assert "\n\n**Do attacks cluster around 3 January?**\n" in text
    assert text.endswith("\n\n<!-- /findings -->\n\nThe rest.\n")
    assert "old words" not in text
    assert "\n\n**Do strikes on diplomatic sites differ from strikes on bases?**\n" in text
    for name, part in (("anniversary", "answer"), ("power", "power"), ("anniversary", "excluded"),
                       ("anniversary", "other_statistics"), ("anniversary", "after"),
                       ("embassy_vs_base", "answer"), ("embassy_vs_base", "not_estimable")):  # fmt: skip
        assert results.tell(name, part)
        assert results.tell(name, part) in text
    assert export._fill_block(text, found) == text


def test_backslashes_of_a_finding_stay_as_they_are(monkeypatch):
    monkeypatch.setattr(export, "fill", lambda page, found: r"\1 of \g<2>")
    assert r"\1 of \g<2>" in export._fill_block(README, {})


def test_a_readme_without_markers_is_refused():
    with pytest.raises(ValueError, match="the text has no lines <!-- findings --> and <!-- /findings -->"):
        export._fill_block("# Title\n<!-- findings -->\n", {})
