"""A page that answers the questions: ``reports/index.html``, self-contained, with the notebooks and the interactive map
as pages beside it."""

import base64
from pathlib import Path

import nbformat
from markupsafe import Markup
from nbconvert import HTMLExporter

from . import charts, codebook, export, findings, tables, web_map
from .files import csv_bytes, home, write_files

TITLE = "Do attacks on US sites cluster around the anniversary of Soleimani's killing?"
FEW = (
    "Few anniversaries can be tested, and the deadline for US combat forces at the end of 2021 lies three days before "
    "one of them: no test on dates can tell the two apart."
)

LICENCES = "Code: BSD 3-Clause. Tables and charts: CC BY 4.0."


def write_report(out, found=None, progress=print):
    """Write ``index.html``, ``map.html`` and one page per notebook, whole or not at all.

    The notebooks are those of ``out/notebooks``, or where there are none the committed ones.

    Parameters
    ----------
    out : path
        Folder of the report.
    found : export.Found, optional
        What has been found already.
    progress : callable
        Called with one line per step.
    """
    out, found = Path(out), found or export.Found()
    executed = sorted((out / "notebooks").glob("*.ipynb")) or sorted(home("notebooks").glob("*.ipynb"))
    files, links = {}, []
    for path in executed:
        title, page = notebook_page(path)
        files[f"notebooks/{path.stem}.html"] = page.encode()
        links.append({"href": f"notebooks/{path.stem}.html", "title": title})
        progress(f"{path.stem}: page")
    files["map.html"] = web_map.build_page(found).encode()
    progress(f"map.html: {len(files['map.html']):,} bytes")
    files["index.html"] = index_page(links, found, progress).encode()
    write_files(out, files)
    progress(f"index.html: {len(files['index.html']):,} bytes")


def notebook_page(path):
    """One executed notebook as a page without scripts.

    Parameters
    ----------
    path : path

    Returns
    -------
    title, page : str
    """
    notebook = nbformat.read(path, as_version=4)
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            _set_chart_inline(output.get("data", {}))
    body, _ = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True
    ).from_notebook_node(notebook)
    return title, web_map.render("notebook.html.j2", title=title, body=Markup(body))


def _set_chart_inline(data):
    """Offer a chart as HTML, since nbconvert escapes SVG, or makes of it an image without alt text."""
    if "image/svg+xml" in data:
        data["text/html"] = data["image/svg+xml"][data["image/svg+xml"].index("<svg") :]


def index_page(links, found, progress=print):
    """The report as HTML.

    Parameters
    ----------
    links : list of dict
        ``href`` and ``title`` of each notebook's page.
    found : export.Found
    progress : callable

    Returns
    -------
    str
    """
    timing, targets, where = found.timing, found.targets, found.where
    limit = findings.limit_text(timing, found.least)
    rivals = findings.rivals_text(found.rivals, found.without_each_strike, timing)
    drawn = []
    for name, draw in export.registered(found).items():
        drawn.append(_figure(draw()))
        progress(f"{name}: chart")
    return web_map.render(
        "report.html.j2",
        title=TITLE,
        source=charts.upper(found.data.attrs["source"]),
        answers=[
            (f"Do attacks cluster around {timing.anchor_text}?", [timing.text, timing.years_text, timing.without_text,
                                                                   timing.sides_text, timing.other_text, limit,
                                                                   rivals]),
            ("Do strikes on the embassy differ from strikes on bases?", [targets.text, targets.unknown_text,
                                                                       targets.robust_text, targets.model_text,
                                                                       findings.moves_text(found.moves)]),
            ("Where did attacks fall, and from where did they come?", [where.text, where.launch_text,
                                                                       findings.near_repeat_text(found.near_repeat)]),
        ],
        findings=findings.summary(timing, targets).to_dict("records"),
        charts=drawn,
        limits=[FEW, *codebook.LIMITS],
        notebooks=links,
        citation=f"anniversary-attacks, data version {tables.data_version()}. {LICENCES}",
    )  # fmt: skip


def _figure(chart):
    """A chart for the page: its picture in place, its data as a link that needs no file."""
    svg = charts.svg(chart)
    data = base64.b64encode(csv_bytes(chart.data)).decode()
    return {
        "name": chart.name,
        "svg": Markup(svg[svg.index("<svg") :]),
        "caption": f"{chart.headline}. {chart.alt} {chart.note}",
        "data": f"data:text/csv;base64,{data}",
    }
