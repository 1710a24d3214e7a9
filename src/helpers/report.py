"""A page that answers the questions: ``reports/index.html``, self-contained, with the notebooks and the interactive map
as pages beside it. It computes nothing that an export has written."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

from markupsafe import Markup, escape
from nbconvert import HTMLExporter

from . import charts, export, notebooks, tables, web_map
from .files import check_settled, home, write_files
from .findings import NotAvailable, Results, day, fill
from .schemas import load_schema


def write_report(out: str | Path, results: Results | None = None, progress: Callable = print) -> None:
    """Write ``index.html``, ``map.html`` and one page per notebook, whole or not at all.

    Charts and findings are those that an export wrote to ``out``, or are exported now where there are none; notebooks
    are those of ``out/notebooks``, or the committed ones.

    Parameters
    ----------
    out : path
        Folder of the report.
    results : Results, optional
        The repository's own tables by default.
    progress : callable
        Called with one line per step.

    Raises
    ------
    NotebookError
        With every notebook that cannot be shown, and nothing is written.

    Examples
    --------
    >>> write_report("reports")  # doctest: +SKIP
    """
    out, results = Path(out), results or Results()
    if not (out / "findings.json").exists():
        export.export_all(out / "charts", results, progress)
    executed = sorted((out / "notebooks").glob("*.ipynb")) or sorted(home("notebooks").glob("*.ipynb"))
    files, links, failures = {}, [], []
    for path in executed:
        try:
            title, page = _notebook_page(path)
        except notebooks.NotebookError as error:
            failures.append(str(error))
            continue
        files[f"notebooks/{path.stem}.html"] = page.encode()
        links.append({"href": f"notebooks/{path.stem}.html", "title": title})
        progress(f"{path.stem}: page")
    if failures:
        raise notebooks.NotebookError("\n".join(failures))
    files["map.html"] = results.draw(web_map.build_page).encode()
    progress(f"map.html: {len(files['map.html']):,} bytes")
    files["index.html"] = _index_page(out, links, results).encode()
    write_files(out, files, "python -m helpers report")
    progress(f"index.html: {len(files['index.html']):,} bytes")


def _notebook_page(path: Path) -> tuple[str, str]:
    """Title and page, without scripts, of one executed notebook."""
    notebook = notebooks.read_notebook(path)
    headings = [line for cell in notebook.cells[:1] for line in cell.source.splitlines()]
    title = headings[0].removeprefix("# ") if headings else path.stem
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                place = notebooks.place_of(notebook, index)
                raise notebooks.NotebookError(f"{path.name}, {place}: holds an error ({output.ename}); run it again")
            data = output.get("data", {})
            if "image/svg+xml" in data:
                # As HTML, since nbconvert escapes SVG, or makes of it an image without alt text.
                data["text/html"] = _svg_element(data["image/svg+xml"])
    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook)
    return title, web_map.render("notebook.html.j2", title=title, body=Markup(body))


def _svg_element(text):
    """An SVG file without what stands before its first element."""
    return text[text.index("<svg") :]


def _index_page(out, links, results):
    """The report as HTML, from what an export wrote to ``out``."""
    check_settled(out / "findings.json")
    try:
        findings = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    except ValueError:
        raise OSError(f"{out / 'findings.json'} holds no findings; 'export' writes them anew") from None
    parts = [list(filter(None, part.splitlines())) for part in fill("report", findings).split("## ")[1:]]
    drawn = [out / "charts" / f"{name}.svg" for name in charts.CHARTS]
    found = results.anniversary
    event = None if isinstance(found, NotAvailable) else found["event"]
    return web_map.render(
        "report.html.j2",
        title=f"Do attacks cluster around the anniversary of {event or day(results.anchor)}?",
        deadline=not isinstance(found, NotAvailable) and found["deadline"],
        source=results.incidents.attrs["source"],
        notes=results.notes,
        answers={question: map(_paragraph, paragraphs) for question, *paragraphs in parts},
        findings=findings["summary"],
        charts=[_figure(path) for path in drawn if path.exists()],
        limits=load_schema(results.data_dir).words.limits,
        notebooks=links,
        version=tables.data_version(results.data_dir),
    )


def _paragraph(text):
    """A paragraph of a finding for the page: what it says in bold is bold."""
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", str(escape(text))))


def _figure(path):
    """A chart for the page: its picture in place, its data as a link that needs no file."""
    data = base64.b64encode(path.with_suffix(".csv").read_bytes()).decode()
    headline, alt, note = path.with_suffix(".txt").read_text(encoding="utf-8").strip().split("\n\n")
    return {
        "name": path.stem,
        "svg": Markup(_svg_element(path.read_text(encoding="utf-8"))),
        "caption": f"{headline}. {alt} {note}",
        "data": f"data:text/csv;base64,{data}",
    }
