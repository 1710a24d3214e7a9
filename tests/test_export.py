import io

import pandas as pd
import pytest
from PIL import Image

from helpers import export


@pytest.fixture(scope="module")
def files(registered):
    return export.chart_files(registered["placebo_windows"]())


def test_a_chart_comes_with_data_alt_text_and_source(files):
    assert sorted(files) == [f"placebo_windows.{kind}" for kind in ("csv", "pdf", "png", "svg", "txt")]
    headline, alt, source = files["placebo_windows.txt"].decode().strip().split("\n\n")
    assert headline.startswith("No evidence")
    assert "placebo days in" in alt
    assert source.startswith("118 incidents, 2020-01-04 to 2023-09-30, 93 of them within")
    data = pd.read_csv(io.BytesIO(files["placebo_windows.csv"]))
    assert data.set_index("window").loc[14, "observed"] == 13


def test_png_and_pdf_carry_their_description(files):
    image = Image.open(io.BytesIO(files["placebo_windows.png"]))
    assert image.width == int(180 / 25.4 * 300)
    assert image.text["Title"].startswith("No evidence")
    assert "placebo days in" in image.text["Description"]
    assert b"/Subject" in files["placebo_windows.pdf"]
    assert b"/Type3" not in files["placebo_windows.pdf"]  # publishers reject Type 3 fonts
    assert b"CreationDate" not in files["placebo_windows.pdf"]


def test_progress_is_told_for_every_chart(tmp_path, monkeypatch, registered):
    two = dict(list(registered.items())[:2])
    monkeypatch.setattr(export, "registered", lambda: two)
    monkeypatch.setattr(export, "chart_files", lambda chart: {f"{chart.name}.svg": b"", f"{chart.name}.csv": b""})
    lines = []
    export.export_all(tmp_path, progress=lines.append)
    assert lines == ["[1/2] article_accounts: svg, csv", "[2/2] timeline: svg, csv"]
    assert len(list(tmp_path.iterdir())) == 4
