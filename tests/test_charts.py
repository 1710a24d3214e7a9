import inspect
import re
from itertools import combinations
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from helpers import charts, export, findings, load_incidents

NAMES = ["article_accounts", "timeline", "disagreements", "days_strip", "placebo_windows", "placebo_distribution",
         "year_ratios", "intensity", "levels", "salvo_sizes", "outcome_shares", "effects", "time_of_day",
         "sites_map", "baghdad_map", "launch_ranges", "anniversary_maps", "near_repeat"]  # fmt: skip


@pytest.fixture(scope="module")
def drawn(registered):
    return {name: draw() for name, draw in registered.items()}


def test_every_chart_function_is_registered(registered):
    functions = {
        name for name, value in vars(charts).items() if hasattr(value, "__wrapped__") and inspect.isfunction(value)
    }
    assert functions == set(registered) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_tells_its_finding_source_data_and_alt_text(drawn, name):
    chart = drawn[name]
    assert chart.name == name
    assert 20 < len(chart.headline) < 120
    assert len(chart.alt) > 60
    assert "Source:" in chart.note or "sources" in chart.note
    assert not chart.data.empty
    printed = " ".join(text.get_text().replace("\n", " ") for text in chart.texts)
    assert chart.headline in printed
    assert chart.note in printed


@pytest.mark.parametrize("name", NAMES)
def test_svg_is_deterministic_and_readable_to_a_screen_reader(drawn, name):
    first = charts.svg(drawn[name])
    assert charts.svg(drawn[name]) == first
    root = ElementTree.fromstring(first)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.find(f"{space}title").text == drawn[name].headline
    assert root.find(f"{space}desc").text == drawn[name].alt
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d", first)


@pytest.mark.parametrize("dpi", [72, 300])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off(drawn, name, dpi):
    """Every mark and text lies inside the figure, as SVG and PDF (72 points an inch) and as PNG."""
    chart = drawn[name]
    width, height = chart.get_size_inches()
    with charts.style():
        chart.dpi = dpi
        box = chart.get_tightbbox()
        chart.dpi = 300
    assert box.x0 >= -0.01
    assert box.y0 >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


@pytest.mark.parametrize("name", ["sites_map", "baghdad_map", "anniversary_maps"])
def test_no_label_of_a_map_lies_on_another_or_leaves_the_map(drawn, name):
    chart = drawn[name]
    with charts.style():
        for axis in chart.axes:
            frame = axis.get_window_extent()
            texts = [text for text in axis.texts if text.get_text()]
            boxes = [text.get_window_extent().padded(-1) for text in texts]
            for text, box in zip(texts, boxes, strict=True):
                assert frame.x0 <= box.x0 < box.x1 <= frame.x1, text
                assert frame.y0 <= box.y0 < box.y1 <= frame.y1, text
            pairs = combinations(zip(texts, boxes, strict=True), 2)
            assert [(a, b) for (a, one), (b, other) in pairs if one.overlaps(other)] == []


def test_a_map_is_small_and_counts_what_it_leaves_off(drawn, core, timing):
    """One site without a position, one with latitude and longitude swapped."""
    moved = core.copy()
    first, second = core.index[core["incident_id"].isin(timing.offsets["incident_id"])][:2]
    moved.loc[first, "geometry"], moved.loc[second, "geometry"] = None, Point(33.3, 44.4)
    found, windows = findings.where(moved), findings.window_sites(timing, moved)
    for chart in (charts.sites_map(found), charts.baghdad_map(found), charts.anniversary_maps(timing, windows)):
        assert "Left off for want of a position in the region: 2." in chart.note
        assert "Left off" not in drawn[chart.name].note  # where nothing is
        assert len(charts.svg(chart)) < 300_000


def test_every_mark_of_the_strip_stands_at_its_own_day_and_on_no_other(drawn, timing):
    for axis, (_, rows) in zip(drawn["days_strip"].axes, timing.offsets.groupby("anniversary"), strict=True):
        marks = np.concatenate([line.get_xydata() for line in axis.lines if line.get_linestyle() == "None"])
        assert sorted(marks[:, 0]) == sorted(rows["days"])
        for row in np.unique(marks[:, 1]):
            assert (np.diff(np.sort(marks[marks[:, 1] == row, 0])) >= charts.timing.MARK_DAYS).all()


def test_a_map_of_sites_far_from_baghdad_says_so(core):
    syria = core[core["country"] == "Syria"].reset_index(drop=True)
    found = findings.where(syria.drop(columns="launch_area"))
    assert charts.baghdad_map(found).headline == "No line of fire around Baghdad can be drawn"
    assert found.launch_text.endswith("none of these could be measured.")


def test_drawing_leaves_global_style_alone(core):
    before = dict(mpl.rcParams)
    charts.svg(charts.timeline(core))
    assert dict(mpl.rcParams) == before


def test_a_changed_bar_changes_the_picture(core):
    moved = core.copy()
    moved.loc[0, "date"] = pd.Timestamp("2021-11-08")
    assert charts.svg(charts.timeline(core)) != charts.svg(charts.timeline(moved))


def test_the_plotted_data_are_the_findings(timing, core):
    assert charts.placebo_windows(timing).data.set_index("window").loc[14, "observed"] == 13
    assert charts.placebo_distribution(timing).data["days"].sum() == 365
    assert charts.timeline(core).data[["embassy", "base"]].to_numpy().sum() == 124


def test_charts_of_dates_need_nothing_but_dates():
    days = pd.date_range("2020-02-01", "2023-12-01", freq="13D")
    own = pd.DataFrame({"incident_id": [f"i{n}" for n in range(len(days))], "date": days})
    found = findings.anniversary(own)
    for chart in (
        charts.timeline(own),
        charts.days_strip(found, own),
        charts.placebo_windows(found),
        charts.year_ratios(found),
    ):
        assert charts.svg(chart)


def test_a_chart_with_nothing_to_draw_says_why():
    alone = load_incidents(scope="article")
    with pytest.raises(ValueError, match="no incident has accounts that contradict each other"):
        charts.disagreements(alone)
    with pytest.raises(ValueError, match="needs incidents whose part_of_day is told"):
        charts.time_of_day(findings.embassy_vs_base(alone))


def test_markup_in_a_headline_is_text(core, raw):
    accounts = findings.accounts_of(export.EMBASSY_ATTACK, raw["reports"], raw["sources"])
    chart = charts.article_accounts(accounts, "<script>1</script> & more than four", "4 sources")
    root = ElementTree.fromstring(charts.svg(chart))
    assert root.find("{http://www.w3.org/2000/svg}title").text == "<script>1</script> & more than four"
