"""Charts of the frozen set, of synthetic incidents and of frames by hand: what they say, show and leave alone."""

import re
from html import unescape
from itertools import combinations
from xml.etree import ElementTree

import matplotlib as mpl
import nbformat
import numpy as np
import pandas as pd
import pytest
from fontTools.subset import Options
from matplotlib.backends import _backend_pdf_ps
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from shapely import Point

from conftest import ROOT
from helpers import anniversaries, charts, findings
from helpers.charts.base import start, text_width
from helpers.charts.looks import shade_coverage

NAMES = list(charts.CHARTS)
MAPS = ["sites_map", "baghdad_map"]
KIND = r"(Stacked bar|Bar|Dot|Line|Strip) chart |Heat map |Map "
PERIOD = r" \d{1,2} [A-Z][a-z]+ \d{4} to \d{1,2} [A-Z][a-z]+ \d{4}\b"
NO_PERIOD = ["article_accounts", "coder_agreement", "levels"]  # of one attack, of some months, of simulations
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def busy(bursts):
    """Charts of two hundred synthetic incidents, those that are drawn of dates and places."""
    incidents = bursts(seed=3)
    with pytest.MonkeyPatch.context() as patch:  # these charts show no limits, which take long
        limits = anniversaries.rate_limits(incidents["date"])
        patch.setattr(anniversaries, "rate_limits", lambda *_, **__: limits)
        anniversary, locations = findings.anniversary(incidents), findings.locations(incidents)
    return [
        charts.timeline(incidents),
        charts.salvo_sizes(incidents),
        charts.days_strip(anniversary),
        charts.placebo_distribution(anniversary),
        charts.sites_map(locations),
        charts.baghdad_map(locations),
    ]


def check_nothing_cut_off(chart):
    """Every mark and text lies inside the figure, as SVG and PDF (72 points an inch) and as PNG."""
    width, height = chart.get_size_inches()
    for dpi in (72, 300):
        with charts.style():
            chart.dpi = dpi
            box = chart.get_tightbbox()
            chart.dpi = 300
        assert -0.01 <= box.x0 < box.x1 <= width + 0.01, (chart.name, dpi)
        assert -0.01 <= box.y0 < box.y1 <= height + 0.01, (chart.name, dpi)


def check_labels_apart(chart):
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


def printed(chart):
    """The words above and below a plot, in one line."""
    return " ".join(text.get_text().replace("\n", " ") for text in chart.texts)


def alt_faults(alt, name):
    """Why an alt text is not two short sentences: what kind of chart of what and when, and its main movement."""
    first, *rest = re.split(r"(?<=[.!?]) +(?=[A-Z0-9])", alt)
    faults = [sentence for sentence in (first, *rest) if len(sentence.split()) > 35 or sentence[-1:] not in ".!?"]
    faults += [f"{len(rest) + 1} sentences"] * (len(rest) != 1)
    faults += [f"no number: {rest}"] * (not re.search(r"\d", " ".join(rest)))
    faults += [f"no kind: {first}"] * (not re.match(KIND, first))
    return faults + [f"no period: {first}"] * (not re.search(PERIOD if name not in NO_PERIOD else " of ", first))


# --- every chart ------------------------------------------------------------------------------------------------------


def test_every_chart_is_reached_by_its_name():
    assert len(NAMES) == 23
    assert all(getattr(charts, name) is charts.CHARTS[name] for name in NAMES)


def test_every_chart_is_shown_in_some_notebook():
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    shown = " ".join(cell.source for path in paths for cell in nbformat.read(path, as_version=4).cells)
    assert [name for name in NAMES if f"results.draw(charts.{name})" not in shown] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_tells_its_finding_source_data_and_alt_text(drawn, name):
    chart = drawn[name]
    assert chart.name == name
    assert 20 < len(chart.headline) < 120
    assert len(chart.alt) > 60
    source = r"Source: anniversary-attacks \(2026\), [\d,]+ news reports, data v1\.0\.0, CC BY 4\.0\."
    assert re.search(source if name != "levels" else "Source: make level", chart.note)
    assert not chart.data.empty
    assert not re.search(r"\bnan\b|\bNone\b|<NA>", f"{chart.headline} {chart.alt} {chart.note}")
    assert chart.headline in printed(chart)
    assert chart.note in printed(chart)
    assert not alt_faults(chart.alt, name)


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_alt_texts_of_the_published_charts_keep_the_rule(path):
    told = re.findall(r'<desc id="(\w+)-desc">(.*?)</desc>', "".join(
        "".join(output.get("data", {}).get("image/svg+xml", ""))
        for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])
    ), re.DOTALL)  # fmt: skip
    assert told
    assert {name: faults for name, alt in told if (faults := alt_faults(unescape(alt), name))} == {}


def test_a_faulty_alt_text_is_seen():
    good = "Bar chart of attacks by year, 1 May 2020 to 3 June 2021. The most, 3, fell in 2021."
    assert not alt_faults(good, "timeline")
    for bad in ("Bar chart of attacks by year, 1 May 2020 to 3 June 2021.", good.replace("Bar chart", "Picture"),
                good.replace("1 May 2020 to ", ""), f"{good} And more.", good.replace("3, fell in 2021", "fell late"),
                good.replace("The", "The" + " very" * 40)):  # fmt: skip
        assert alt_faults(bad, "timeline"), bad


@pytest.mark.parametrize("name", NAMES)
def test_svg_is_deterministic_and_readable_to_a_screen_reader(drawn, exported, name):
    first = charts.svg(drawn[name])
    assert (exported[0] / "charts" / f"{name}.svg").read_text(encoding="utf-8") == first
    root = ElementTree.fromstring(first)
    assert root.get("role") == "img"
    assert root.find(f"{SPACE}title").text == drawn[name].headline
    assert root.find(f"{SPACE}desc").text == drawn[name].alt
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d", first)


def test_text_of_an_svg_stays_text_as_wide_as_it_was_laid_out_or_becomes_shapes(drawn):
    chart = drawn["timeline"]
    text = charts.svg(chart)
    words = ElementTree.fromstring(text).findall(f".//{SPACE}text")
    titles = [word for word in words if chart.headline.startswith(word.text) and "600" in word.get("style")]
    assert float(titles[0].get("textLength")) == pytest.approx(text_width(titles[0].text, 11, "bold"), abs=0.01)
    assert all("'Source Sans Pro', " in word.get("style") and word.get("textLength") for word in words)
    assert "of the package" not in text  # the name by which only this package knows it
    padded = [word for text in drawn.values() for word in ElementTree.fromstring(charts.svg(text)).iter(f"{SPACE}text")
              if word.text != word.text.strip()]  # fmt: skip
    assert padded, "counts beside bars begin with blanks"
    assert all(word.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve" for word in padded)
    shapes = charts.svg(chart, outlines=True)
    assert "<text" not in shapes
    assert len(shapes) > len(text)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off(drawn, name):
    check_nothing_cut_off(drawn[name])


# --- at both widths, with the frozen set's attacks and with four times as many ----------------------------------------


def fourfold(incidents):
    """Every incident four times, each time eleven days later."""
    parts = []
    for n in range(4):
        days = {name: incidents[name] + pd.Timedelta(days=11 * n) for name in ("date", "date_low", "date_high")}
        parts.append(incidents.assign(**days, incident_id=incidents["incident_id"] + "x" * n))
    rows = pd.concat(parts).sort_values(["date", "incident_id"], ignore_index=True)
    rows = rows[rows["date"] <= incidents.attrs["window"][1]]
    rows.attrs = incidents.attrs
    return rows


@pytest.fixture(scope="module")
def many(few, frozen_dir):
    """Charts of four times the incidents, by name: those whose marks and words grow with the incidents."""
    results = findings.Results(data_dir=frozen_dir)
    results.incidents = fourfold(few)
    with pytest.MonkeyPatch.context() as patch:  # no chart shows limits, which take long
        limits = anniversaries.rate_limits(few["date"])
        patch.setattr(anniversaries, "rate_limits", lambda *_, **__: limits)
        grow = set(NAMES) - {
            "article_accounts",
            "coder_agreement",
            "effects",
            "intensity",
            "levels",
            "outcome_shares",
            "strike_days",
            "time_of_day",
        }
        return {name: results.draw(charts.CHARTS[name]) for name in sorted(grow)}


def words_of(chart):
    """Every text that a chart shows, with its size and its box, in points."""
    shown, draw = {}, Text.draw

    def note(text, renderer):
        if text.get_visible() and text.get_text().strip():
            shown[text] = text.get_fontsize()
        draw(text, renderer)

    with charts.style(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", note)
        chart.dpi = 72
        chart.draw_without_rendering()
        words = [(text.get_text(), size, Text.get_window_extent(text).frozen()) for text, size in shown.items()]
        chart.dpi = 300
    return words


@pytest.mark.parametrize("width", charts.WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_text_is_large_enough_apart_and_inside_the_figure(drawn, many, name, width):
    for chart in filter(None, (drawn[name], many.get(name))):
        chart = chart.at(width)
        words, (across, up) = words_of(chart), chart.get_size_inches() * 72
        assert across == pytest.approx({"page": 180, "column": 88}[width] / 25.4 * 72)
        assert [text for text, size, _ in words if size < 8] == []
        inside = Bbox([[-0.1, -0.1], [across + 0.1, up + 0.1]])
        assert [
            text for text, _, box in words if Bbox.intersection(box, inside).size.tolist() != box.size.tolist()
        ] == []
        shrunk = [(text, box.padded(-0.6)) for text, _, box in words]
        pairs = combinations(shrunk, 2)
        assert [(text, other) for (text, box), (other, beside) in pairs if box.overlaps(beside)] == []


@pytest.mark.parametrize("name", NAMES)
def test_no_bar_is_hatched_since_hatching_means_coverage(drawn, name):
    assert {patch.get_hatch() for axis in drawn[name].axes for patch in axis.patches} <= {None}


def test_the_colours_of_groups_and_of_what_is_missing_differ_in_grey():
    colors = [*(look["color"] for look in charts.looks.GROUP_LOOKS), charts.looks.MISSING]
    grey = sorted(np.dot(to_rgb(color), [0.299, 0.587, 0.114]) for color in colors)
    assert np.diff(grey).min() > 0.12
    weapons = [*(color for color, _ in charts.looks.WEAPONS.values()), charts.looks.MISSING]
    grey = sorted(np.dot(to_rgb(color), [0.299, 0.587, 0.114]) for color in weapons)
    assert np.diff(grey).min() > 0.11


def test_a_chart_is_laid_out_anew_for_a_column_and_kept(drawn, few, results):
    page = drawn["timeline"]
    assert page.at("page") is page
    column = page.at("column")
    assert column is page.at("column")
    assert (column.name, column.stem, page.stem) == ("timeline", "timeline-column", "timeline")
    assert column.headline == page.headline
    assert charts.svg(charts.timeline(few, events=results.events, width="column")) == charts.svg(column)
    with pytest.raises(ValueError, match="width is 'wide'; choose from page, column"):
        charts.timeline(few, width="wide")


def test_letters_that_the_typeface_lacks_are_drawn_in_another(few):
    row = {"field": "بغداد", "disputed": 1, "n": 1, "share": 1.0}
    chart = charts.disagreements({"page": "incidents", "n": 1, "table": pd.DataFrame([row])}, few)
    pdf = charts.picture(chart, "pdf", {"CreationDate": None})
    assert b"SourceSansPro-Regular" in pdf
    assert b"DejaVuSans" in pdf


def test_a_file_is_drawn_once_and_a_pdf_embeds_no_table_of_letters_placed_already(drawn, monkeypatch):
    draws, embedded, before = [], [], list(Options._drop_tables_default)
    draw, save = Figure.draw, _backend_pdf_ps.font_as_file
    monkeypatch.setattr(Figure, "draw", lambda figure, to: (draws.append(1), draw(figure, to)))
    monkeypatch.setattr(
        _backend_pdf_ps, "font_as_file", lambda font: (embedded.append(set(font.keys())), save(font))[1]
    )
    for kind in ("svg", "pdf", "png"):
        charts.picture(drawn["timeline"], kind, {})
    assert len(draws) == 3
    assert all("glyf" in tables and not {"GDEF", "GPOS", "GSUB"} & tables for tables in embedded)
    assert embedded
    assert before == Options._drop_tables_default  # as the site's own fonts need it


def test_nothing_is_cut_off_where_there_is_much_to_draw(busy):
    for chart in busy:
        check_nothing_cut_off(chart)


def test_a_chart_drawn_again_is_the_same_picture(drawn, few, results):
    assert charts.svg(charts.timeline(few, events=results.events)) == charts.svg(drawn["timeline"])


def test_the_days_around_each_anniversary_are_drawn_year_by_year(results):
    days = pd.to_datetime(["2020-12-01", "2021-01-03", "2021-01-17", "2021-01-18", "2022-01-03", "2022-01-03"])
    incidents = pd.DataFrame({"date": days})
    months = pd.DataFrame({"month": ["2020-11", "2020-12", "2021-01", "2021-02"], "coverage": ["good"] * 3 + ["thin"]})
    found = results.anniversary | {"whole": (pd.Timestamp("2020-01-04"), pd.Timestamp("2022-02-20"))}
    chart = charts.years_side_by_side(incidents, found, month_coverage=months)
    assert chart.data[["year", "days"]].to_numpy().tolist() == [
        [2021, -33], [2021, 0], [2021, 14], [2021, 15], [2022, 0], [2022, 0],
    ]  # fmt: skip
    assert chart.headline == "2 of 4 reported attacks near 3 January came around that of 2021"
    assert chart.alt.endswith("Within 14 days: 2 around that of 2021, 2 around that of 2022.")
    check_nothing_cut_off(chart)
    without = found | {"whole": (pd.Timestamp("2020-01-04"), pd.Timestamp("2021-01-20"))}
    with pytest.raises(ValueError, match="no anniversary has 45 days either side in the data"):
        charts.years_side_by_side(incidents, without)


def test_a_timeline_of_part_of_a_year_names_its_months():
    chart = charts.timeline(pd.DataFrame({"date": pd.to_datetime(["2021-03-01", "2021-05-09"])}))
    assert [label.get_text() for label in chart.axes[0].get_xticklabels()] == ["Mar 2021", "Apr 2021", "May 2021"]


def test_days_of_poor_months_are_hatched():
    _, axis = start(1.0)
    dates = pd.date_range("2021-01-30", "2021-03-02")
    months = pd.DataFrame({"month": ["2021-01", "2021-02", "2021-03"], "coverage": ["good", "saturated", "good"]})
    assert shade_coverage(axis, dates, range(len(dates)), months) == ["saturated"]
    (patch,) = axis.patches
    assert (patch.get_x(), patch.get_x() + patch.get_width()) == (1.5, 29.5)  # February alone
    assert not shade_coverage(axis, dates[:2], [0, 1], months)
    assert not shade_coverage(axis, dates, range(len(dates)), None)
    assert len(axis.patches) == 1


def test_the_strikes_of_each_episode_and_the_attacks_around_are_drawn(results):
    days = pd.to_datetime(["2021-06-20", "2021-06-28", "2021-06-29", "2021-06-29", "2021-07-12", "2021-08-15"])
    incidents = pd.DataFrame({"date": days})
    strikes = pd.to_datetime(["2021-06-28", "2021-07-20", "2021-08-10", "2022-01-04"])
    episodes = pd.DataFrame({"episode": strikes[[0, 0, 0, 3]]}, index=strikes)
    months = pd.DataFrame({"month": ["2021-06", "2021-07"], "coverage": ["good", "thin"]})
    chart = charts.strike_days(results.us_strikes, episodes, incidents, months)
    rows = chart.data.set_index(["episode", "day"])
    first = rows.loc["2021-06-28"]
    assert first["attacks"][first["attacks"] > 0].to_dict() == {-8: 1, 0: 1, 1: 2, 14: 1}
    assert first.index[first["strike"]].tolist() == [0, 22]
    assert first.index[first["coverage"] == "good"].tolist() == list(
        range(-8, 3)
    )  # from the first attack to the end of June
    assert rows.loc["2022-01-04", "attacks"].sum() == 0
    assert chart.alt.endswith("they are most after 28 June 2021, 3, and fewest after 4 January 2022, 0.")
    assert "the highest bar is 2 attacks" in printed(chart)
    assert "Not shown: 1 strike more than 30 days after the first." in printed(chart)
    check_nothing_cut_off(chart)


def test_a_changed_bar_changes_the_picture(drawn, few):
    moved = few.assign(date=few["date"].mask(few.index == 0, pd.Timestamp("2021-11-08")))
    assert charts.svg(charts.timeline(moved)) != charts.svg(drawn["timeline"])


def test_drawing_leaves_global_style_alone(few):
    before = dict(mpl.rcParams)
    charts.svg(charts.timeline(few))
    assert dict(mpl.rcParams) == before


def test_markup_in_a_headline_is_text(few):
    disputed = {"page": "incidents", "n": 1}
    row = {"field": "<script>1</script> & more", "disputed": 1, "n": 1, "share": 1.0}
    chart = charts.disagreements({**disputed, "table": pd.DataFrame([row])}, few)
    root = ElementTree.fromstring(charts.svg(chart))
    title = "Independent accounts contradict each other on <script>1</script> & more in 1 of 1 attacks"
    assert root.find(f"{SPACE}title").text == title


def test_charts_of_dates_need_nothing_but_dates():
    days = pd.date_range("2020-06-01", "2021-12-01", freq="7D")
    own = pd.DataFrame({"incident_id": [f"i{n}" for n in range(len(days))], "date": days})
    found = findings.anniversary(own)
    assert list(charts.timeline(own).data) == ["month", "unknown"]
    for draw in (charts.days_strip, charts.placebo_windows, charts.placebo_distribution):
        check_nothing_cut_off(draw(found))


def test_a_chart_with_nothing_to_draw_says_why(few, results):
    with pytest.raises(ValueError, match="no incident has accounts that contradict each other"):
        charts.disagreements({"table": pd.DataFrame()}, few)
    silent = {**results.embassy_vs_base, "counts": results.embassy_vs_base["counts"].drop("part of day", level=0)}
    with pytest.raises(ValueError, match="needs incidents whose part_of_day is reported"):
        charts.time_of_day(silent)
    nowhere = {
        **results.locations,
        "sites": results.locations["sites"][:0],
        "launches": results.locations["launches"][:0],
    }
    for draw in (charts.sites_map, charts.baghdad_map):
        with pytest.raises(ValueError, match="no incident has a position in the region"):
            draw(nowhere)
    with pytest.raises(ValueError, match="no launch area could be measured"):
        charts.launch_ranges(nowhere)


# --- what they plot ---------------------------------------------------------------------------------------------------


def test_the_plotted_data_are_the_findings(drawn, results, few):
    anniversary = results.anniversary
    near = anniversary["headline"]["observed"]
    assert drawn["placebo_windows"].data.set_index("window").loc[14, "observed"] == near
    assert drawn["placebo_distribution"].data["days"].sum() == 365
    assert drawn["timeline"].data[["embassy", "base"]].to_numpy().sum() == len(few)
    assert drawn["timeline"].data["month"].iloc[[0, -1]].tolist() == ["2019-10", "2023-09"]
    offsets = anniversary["offsets"]
    inside = offsets.loc[offsets["days"].abs() <= 14, "anniversary"]
    assert (len(inside), (inside == 2022).sum()) == (near, 6) == (8, 6)
    words = "Attacks reported within 14 days of 3 January 2021: 1, 2022: 6, 2023: 1"
    assert drawn["days_strip"].headline == words
    for kept, words in {1: "Attacks reported within 14 days of 3 January 2021: none, 2022: 1, 2023: none",
                        0: "No attack was reported within 14 days of the anniversary"}.items():  # fmt: skip
        fewer = pd.concat([offsets[offsets["days"].abs() > 14], offsets[offsets["date"] == "2022-01-13"][:kept]])
        assert charts.days_strip({**anniversary, "offsets": fewer}).headline == words
    expected = findings.number(anniversary["headline"]["expected"])
    assert drawn["placebo_windows"].headline == (
        f"Reported attacks cluster around 3 January: 8 reported within 14 days of 3 January, {expected} expected"
    )
    unclustered = charts.placebo_windows({**anniversary, "clustered": False, "verdict": "inconclusive"})
    assert unclustered.headline == "Six of 8 reported attacks near 3 January came in 2022"
    moved = {**anniversary, "clustered": False, "offsets": offsets.assign(date=offsets["date"] - pd.Timedelta(days=14))}
    assert charts.placebo_windows(moved).headline.endswith("came around that of 2022")
    spread = {**anniversary, "clustered": False, "busiest": {**anniversary["busiest"], "observed": 5}}
    assert charts.placebo_windows(spread).headline.endswith(
        f"8 reported within 14 days of 3 January, {expected} expected"
    )
    words = " ".join(text.get_text().replace("\n", " ") for text in unclustered.texts)
    assert f"Inconclusive: 8 within 14 days, {expected} expected; without 2022" in words
    early = findings.select_primary(few)
    n, n_night = (rows["target"].value_counts() for rows in (early, early[early["part_of_day"] == "night"]))
    assert drawn["time_of_day"].headline == (
        f"{n_night.get('embassy', 0)} of {n['embassy']} attacks on diplomatic sites and "
        f"{n_night.get('base', 0)} of {n['base']} on bases are reported from the night"
    )
    assert drawn["effects"].headline == findings.tell(results.embassy_vs_base, "verdict")
    assert drawn["outcome_shares"].headline == findings.tell(results.embassy_vs_base, "silence")
    assert drawn["article_accounts"].headline == findings.tell(results.article, "headline")


def test_bars_of_the_timeline_stand_on_each_other(drawn):
    axis, data = drawn["timeline"].axes[-1], drawn["timeline"].data
    heights = [bar.get_height() for bar in axis.patches]
    assert heights == [*data["embassy"], *data["base"]]
    assert [bar.get_y() for bar in axis.patches][len(data) :] == data["embassy"].tolist()


def test_strikes_and_truces_stand_in_their_months_above_the_timeline(few):
    events = pd.DataFrame({
        "kind": ["us_strike", "truce_start", "statement", "us_strike"],
        "date_low": pd.to_datetime(["2020-01-01", "2021-06-16", "2021-06-16", "2031-01-01"]),
    })  # fmt: skip
    chart = charts.timeline(few, events=events)
    above, below = chart.axes
    assert [label.get_text() for label in above.get_yticklabels()] == ["US strikes", "Truces declared"]
    months = chart.data["month"].tolist()
    places = [line.get_xdata().tolist() for line in above.lines]
    assert places == [[months.index("2020-01") - 0.5], [months.index("2021-06")]]
    solid = [line.get_xdata()[0] for line in below.lines if line.get_linestyle() == "-"]
    assert solid == [pytest.approx(months.index("2020-01") - 0.5 + 2 / 31)]
    assert "below marks of US strikes and truces declared." in chart.alt
    assert len(charts.timeline(few).axes) == 1


def test_sites_are_counted_by_quarter_and_grey_once_handed_over():
    dates = ["2020-01-05", "2020-03-31", "2020-04-01", "2020-12-31"]
    names = ["A", "A", "B", "A"]
    rows = pd.DataFrame({"date": pd.to_datetime(dates), "site_name": names})
    sites = pd.DataFrame({"name": ["A", "B", "C"], "us_until": [None, "2020-05-01", "2020-05-01"]})
    chart = charts.sites_by_quarter(rows, sites)
    assert chart.data.set_index("site").to_dict("index") == {
        "A": {"2020Q1": 2, "2020Q2": 0, "2020Q3": 0, "2020Q4": 1},
        "B": {"2020Q1": 0, "2020Q2": 1, "2020Q3": 0, "2020Q4": 0},
    }
    [grey] = chart.axes[0].patches
    assert (grey.get_x(), grey.get_width(), grey.get_y() + grey.get_height() / 2) == (2, 2, 1.5)
    assert chart.headline == "No site has five or more reported attacks"
    many = pd.concat([rows] * 3)
    assert charts.sites_by_quarter(many).headline.startswith("1 of 1 site with five or more reported attacks has half")


def test_salvos_stand_at_their_number_of_munitions_open_ones_as_triangles():
    numbers = {"launched_best": [2.0, 2, 5], "launched_low": [2.0, 2, 5], "launched_high": [2.0, 2, None]}
    days = pd.to_datetime(["2021-01-03", "2021-02-03", "2021-03-03"])
    rows = pd.DataFrame({"incident_id": list("abc"), "date": days, "target": "base", **numbers})
    exact, at_least = charts.salvo_sizes(rows).axes[0].collections
    assert exact.get_offsets().tolist() == [[2, 0.5], [2, 1.5]]
    assert at_least.get_offsets().tolist() == [[5, 0.5]]


def test_effects_are_those_that_can_be_estimated_with_counts(drawn, results):
    table = results.embassy_vs_base["table"]
    shown = table[(table["effect_type"] == "risk ratio") & table["effect"].notna()]
    axis = drawn["effects"].axes[0]
    assert len(axis.get_yticks()) == len(shown)
    words = [text.get_text() for text in axis.texts]
    row = shown.iloc[-1]
    assert f"{round(row['embassy_value'] * row['embassy_n'])} of {row['embassy_n']}" in words
    assert "← bases higher" in axis.get_xlabel()
    for name in table.index[(table["effect_type"] == "risk ratio") & table["effect"].isna()]:
        assert name in drawn["effects"].note


def test_days_that_reach_the_anniversary_are_counted_and_coloured(drawn, results):
    placebos = results.anniversary["test"].placebos[:, 13]
    n_reached = int((placebos >= placebos[0]).sum())
    assert drawn["placebo_distribution"].headline.startswith(f"{n_reached} of 365 days")
    data = drawn["placebo_distribution"].data
    assert data.loc[data["reached"], "days"].sum() == n_reached


def salvos():
    """Means and medians differ, in both groups; a third group has one incident, another is silent."""
    numbers = {"embassy": [1, 2, 12], "base": [1, 1, 3, 20], None: [7, None]}
    rows = [(target, number) for target, group in numbers.items() for number in group]
    frame = pd.DataFrame(rows, columns=["target", "launched_best"])
    frame["launched_low"] = frame["launched_high"] = frame["launched_best"]
    return frame.assign(incident_id=[f"i{n}" for n in range(len(rows))], date=pd.Timestamp("2022-01-03"))


def test_salvo_sizes_tell_medians_in_the_title_and_above_each_panel():
    chart = charts.salvo_sizes(salvos())
    assert chart.headline == (
        "Median launched, as best known: 2 at diplomatic sites, 2 at bases, 7 at sites not reported"
    )
    assert [axis.get_title("left") for axis in chart.axes] == [
        "Diplomatic sites: median 2, n = 3", "Bases: median 2, n = 4", "Sites not reported: median 7, n = 1",
    ]  # fmt: skip
    assert chart.alt.endswith("The largest: 12 at diplomatic sites, 20 at bases, 7 at sites not reported.")
    assert chart.note.endswith("Left out, as no number launched was reported: 1.")
    assert len(chart.data) == 8


def test_every_mark_of_the_strip_stands_at_its_own_day_and_on_no_other(busy):
    chart = busy[2]
    for axis, (_, rows) in zip(chart.axes, chart.data.groupby("anniversary"), strict=True):
        marks = np.concatenate([line.get_xydata() for line in axis.lines if line.get_linestyle() == "None"])
        assert sorted(marks[:, 0]) == sorted(rows["days"])
        for row in np.unique(marks[:, 1]):
            assert (np.diff(np.sort(marks[marks[:, 1] == row, 0])) >= charts.timing.MARK_DAYS[0]).all()


def test_shares_of_outcomes_fill_their_bars(drawn, results):
    bars = drawn["outcome_shares"].axes[0].patches
    assert len(bars) == 3 * len(results.outcome_shares)
    for row, parts in zip(results.outcome_shares.itertuples(), zip(*[iter(bars)] * 3, strict=True), strict=True):
        assert [bar.get_width() for bar in parts] == pytest.approx([row.yes, row.no, row.silent])
        assert parts[-1].get_x() + parts[-1].get_width() == pytest.approx(1)


# --- maps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MAPS)
def test_no_label_of_a_map_lies_on_another_or_leaves_the_map(drawn, name):
    check_labels_apart(drawn[name])


def test_no_label_of_a_busy_map_lies_on_another(busy):
    for chart in busy[-2:]:
        check_labels_apart(chart)


def circles(axis):
    return [patch for patch in axis.patches if isinstance(patch, Circle)]


def test_the_precision_of_every_site_is_drawn_as_a_circle_to_scale(drawn, results):
    radii = sorted(circle.get_radius() for circle in circles(drawn["sites_map"].axes[0]))
    assert radii == sorted(results.locations["sites"]["precision_km"])


def test_sites_and_launch_areas_stand_where_they_are(drawn, results):
    """The embassy lies 0.4 km west of the map's centre and 0.1 km south of it, by hand; its circle around it."""
    axis = drawn["baghdad_map"].axes[0]
    marks = np.concatenate([points.get_offsets() for points in axis.collections])
    assert np.abs(marks - [-0.37, -0.11]).max(axis=1).min() < 0.01
    centres = [circle.center for circle in circles(axis) if circle.get_radius() == 0.5]
    assert np.abs(np.array(centres) - [-0.37, -0.11]).max(axis=1).min() < 0.01
    dora = [line.get_xydata()[0] for line in axis.lines if line.get_marker() == "D"]
    assert np.abs(np.array(dora) - [-0.75, -5.4]).max(axis=1).min() < 0.05


def test_a_map_is_small_and_counts_what_it_leaves_off(drawn, few):
    """One site without a position, one with latitude and longitude swapped."""
    moved = few.copy()
    moved.loc[0, "geometry"], moved.loc[1, "geometry"] = None, Point(33.3, 44.4)
    found = findings.locations(moved)
    for chart in (charts.sites_map(found), charts.baghdad_map(found)):
        assert "Left off for want of a position in the region: 2." in chart.note
        assert "Left off" not in drawn[chart.name].note  # where nothing is
        assert len(charts.svg(chart)) < 300_000


def test_a_map_of_sites_far_from_baghdad_says_so(few):
    syria = few[few["country"] == "Syria"].reset_index(drop=True)
    found = findings.locations(syria.drop(columns="launch_area"))
    with pytest.raises(ValueError, match="no attack with a position lies around Baghdad"):
        charts.baghdad_map(found)
