"""The site, ``reports/site``: pages by Sphinx from what ``run`` and ``export`` wrote, and the interactive map. It
computes nothing; the templates, the style and Sphinx's settings lie in ``site_pages/``."""

import io
import json
import pkgutil
import re
import warnings
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from html import unescape
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import nbformat
from font_source_sans_pro import font_files_ttf
from fontTools import subset

from . import __version__, charts, export, notebooks, tables, web_map
from .codebook import codebook
from .files import check_settled, home, is_checkout, temporary_folder, write_files
from .findings import NotAvailable, Results, day, fill
from .incidents_page import incidents_page
from .schemas import load_schema

_PAGES = Path(__file__).parent / "site_pages"
_LISTING = ".written.json"  # the names of what a build wrote
_NEEDED = ["sphinx", "myst_nb", "sphinx_book_theme", "numpydoc", "itables"]
_HEADINGS = {"intensity": "Expected attacks a day", "levels": "False positives of each test"}  # whose names say little
_MARKUP = str.maketrans({sign: f"&#{ord(sign)};" for sign in "&<>[]`*"})
_LEFT_OUT = re.compile(r"^\.buildinfo$|\.map$|^fontawesome\.js|-macros\.html$")
_ICON_SCRIPT = re.compile(rb"\s*<script[^>]*fontawesome\.js[^>]*></script>")
_WEIGHTS = {"": 400, "Semibold": 600}
# Those of European languages.
_LETTERS = [*range(0x20, 0x250), *range(0x2000, 0x2070), *range(0x2190, 0x2194), 0x20AC, 0x2212, 0x2248, 0x2264, 0x2265]


class SiteError(RuntimeError):
    """A site that cannot be built: what is missing, or what Sphinx warns of."""


def write_site(out: str | Path, results: Results | None = None, progress: Callable = print) -> None:
    """Write ``site/``, whole or not at all: pages that open from disk and ask nothing of the network.

    Charts and findings are those that an export wrote to ``out``. Where there are none, or of other tables, they are
    exported now. Notebooks are those of ``out/notebooks``, or the collection's own. How-tos and the reference belong to
    the published tables. Pages that an earlier build wrote and this one does not are removed.

    Parameters
    ----------
    out : path
        Folder of the reports.
    results : Results, optional
        The repository's own tables by default.
    progress : callable
        Called with one line per step.

    Raises
    ------
    NotebookError
        With every notebook that cannot be shown, and nothing is written.
    SiteError
        Where the packages of the site are missing, or Sphinx warns.

    Examples
    --------
    >>> write_site("reports")  # doctest: +SKIP
    """
    if missing := [name for name in _NEEDED if not find_spec(name)]:
        raise SiteError(f"the site needs {', '.join(missing)}; run: pip install 'anniversary-attacks[site]'")
    out, results = Path(out), results or Results()
    check_settled(out / "findings.json")
    written = export.read_current(out / "charts", results)
    if f"../{export.FINDINGS_FILE}" not in written:
        progress("no findings of these tables yet: charts and findings are exported first")
        export.export_all(out / "charts", results, progress)
        written = export.read_current(out / "charts", results)
    if strange := [
        path.name for path in sorted((out / "charts").glob("*.*")) if path.name not in {*written, export.MANIFEST}
    ]:
        progress(f"left out, since no export of these tables wrote them so: {', '.join(strange)}")
    with temporary_folder() as folder:
        write_files(folder / "source", _gather(out, results, written))
        progress("pages gathered")
        files = _build(folder, load_schema(results.data_dir).collection.name)
    before = _read_listing(out / "site")
    write_files(out / "site", files | {_LISTING: json.dumps(sorted(files)).encode()}, "python -m helpers site")
    for name in before - {*files}:
        (out / "site" / name).unlink()
    progress(f"{out / 'site'}: {len(files)} files, {sum(map(len, files.values())) / 1e6:.1f} MB")


def _read_listing(folder):
    """The files of a site that an earlier build wrote there, and nothing else."""
    names = []
    with suppress(OSError, ValueError, TypeError):
        names = [name for name in json.loads((folder / _LISTING).read_text(encoding="utf-8")) if isinstance(name, str)]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return there.intersection(names)


def _gather(out, results, written):
    """What Sphinx makes the site from, by file name; pages keep their places, so that links between them hold."""
    import itables

    findings = _read_findings(out)
    files = {f"_static/{name}": (_PAGES / name).read_bytes() for name in ("site.css", "incidents.js")}
    files |= {
        "conf.py": (_PAGES / "conf.py").read_bytes(),
        "_templates/layout.html": (_PAGES / "layout.html").read_bytes(),
    }
    # As a blob, since pages that are opened from disk may import no file.
    library = (Path(itables.__file__).parent / "html" / "dt_bundle.js").read_text(encoding="utf-8")
    blob = f"new Blob([{json.dumps(library)}], {{ type: 'text/javascript' }})"
    files["_static/datatables.js"] = f"window.dataTables = import(URL.createObjectURL({blob}));\n".encode()
    files["_static/fonts.css"] = _fonts()
    paths = [path for path in sorted((out / "charts").glob("*.*")) if path.name in written]
    files |= {f"_extra/charts/{path.name}": path.read_bytes() for path in paths}
    exported = _read_charts(out, written)
    files |= _notebook_pages(out, results, exported) | _map(results) | _repository_pages(results)
    files |= incidents_page(results, "_extra/map.html" in files)
    figures = [
        f"## {_heading(name)}\n\n{_chart(name, chart, words=chart['words'])}" for name, chart in exported.items()
    ]
    files["charts.md"] = _page("Charts", *figures)
    sources = Path(results.data_dir or tables.DATA_DIR, "raw", "sources.csv").read_bytes()
    files["data/README.md"] = codebook(load_schema(results.data_dir), sources).encode()
    files["index.md"] = _index_page(findings, results, exported, files)
    return files | _with_typeface({name: content for name, content in files.items() if name.endswith(".svg")})


def _build(folder, name):
    """The pages that Sphinx makes of the sources in a folder, by file name; its working files stay there."""
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    told, source, pages = io.StringIO(), folder / "source", folder / "pages"
    settings = {"project": name, "html_title": name}
    with warnings.catch_warnings(), patch_docutils(), docutils_namespace():
        warnings.simplefilter("ignore")  # those of libraries; Sphinx tells its own
        app = Sphinx(source, source, pages, folder / "doctrees", "html", settings, None, told, freshenv=True)
        app.build()
    if said := told.getvalue().replace(f"{source}/", "").strip():
        raise SiteError(re.sub(r"\x1b\[[\d;]*m", "", said))
    # Icons come from the theme's font; a script of 1.5 MB would draw them again.
    kept = [path for path in sorted(pages.rglob("*")) if path.is_file() and not _LEFT_OUT.search(path.name)]
    return {path.relative_to(pages).as_posix(): _ICON_SCRIPT.sub(b"", path.read_bytes()) for path in kept}


def _fonts():
    """Typeface of the charts and icons of the theme as a style sheet; from disk, some browsers load no font file."""
    import pydata_sphinx_theme

    [icons] = Path(pydata_sphinx_theme.__file__).parent.rglob("fa-solid-900.woff2")
    faces = [("Font Awesome 7 Free", "normal", 900, icons.read_bytes())]
    for name, style, weight in (("", "normal", 400), ("It", "italic", 400), ("Semibold", "normal", 600)):
        faces.append(("Source Sans", style, weight, _subset(font_files_ttf[f"SourceSansPro{name}"], _LETTERS)))
    rule = '@font-face {{ font-family: "{}"; font-style: {}; font-weight: {}; src: url(data:font/woff;base64,{}); }}\n'
    return "".join(rule.format(*face, b64encode(font).decode()) for *face, font in faces).encode()


def _subset(path, letters):
    """A font with some letters alone."""
    options, content = subset.Options(flavor="woff", recalc_timestamp=False), io.BytesIO()
    with subset.load_font(path, options) as font:
        smaller = subset.Subsetter(options)
        smaller.populate(unicodes=letters)
        smaller.subset(font)
        subset.save_font(font, content, options)
    return content.getvalue()


def _with_typeface(files):
    """Charts with the letters that they use of their typeface: a page shows them as pictures, which load no font."""
    letters = sorted({ord(letter) for content in files.values() for letter in content.decode()})
    faces = ((weight, _subset(font_files_ttf[f"SourceSansPro{name}"], letters)) for name, weight in _WEIGHTS.items())
    rule = '@font-face {{ font-family: "Source Sans Pro"; font-weight: {}; src: url(data:font/woff;base64,{}); }}'
    style = "".join(rule.format(weight, b64encode(font).decode()) for weight, font in faces)
    return {
        name: content.replace(b"</desc>", f"</desc><style>{style}</style>".encode(), 1)
        for name, content in files.items()
    }


def _page(title, *parts):
    return "\n\n".join([f"# {title}", *parts, ""]).encode()


def _heading(name):
    return _HEADINGS.get(name, name.replace("_", " ").capitalize())


def _read_findings(out):
    """What an export found; text in it is text, whatever marks of Markdown or HTML it holds."""
    try:
        findings = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    except ValueError:
        raise OSError(f"{out / 'findings.json'} holds no findings; 'export' writes them anew") from None
    return _inert(findings)


def _inert(value):
    if isinstance(value, dict):
        return {key: _inert(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_inert(part) for part in value]
    return value.translate(_MARKUP) if isinstance(value, str) else value


def _index_page(findings, results, exported, files):
    """The first page, from findings and the words of ``pages/site.md``."""
    schema, incidents = load_schema(results.data_dir), results.incidents
    collection, version = schema.collection, tables.data_version(results.data_dir)
    paragraphs = schema.words.introduction.strip().split("\n\n")
    event = findings.get("anniversary", {}).get("event")
    told = ("anniversary", "embassy_vs_base", "locations")
    page = fill("site", findings | {"site": {
        "title": f"Do attacks cluster around the anniversary of {event or day(results.anchor)}?",
        "about": _inert(f"{collection.title}. Data version {version}."),
        "notes": _inert([unescape(note) for note in results.notes]),
        "n_incidents": len(incidents),
        "first": incidents.attrs["window"][0], "last": incidents.attrs["window"][1],
        "source": _inert(incidents.attrs["source"]),
        "definition": next((text for text in paragraphs if text.startswith("An incident is")), None),
        "cite": f"The contributors of {_inert(collection.name)} ({collection.year or 'no year'}). "
                f"*{_inert(collection.title)}*. Software version {__version__}, data version {_inert(version)}. "
                f"{_inert(collection.licence.name)}.",
        "map": "_extra/map.html" in files,
        "codebook": "data/README",
        "figures": {name: _chart(name, exported[name]) if name in exported else "" for name in charts.CHARTS},
        "missing": {name: _reason(getattr(results, name)) for name in told if name not in findings},
        "contents": _contents(files),
    }})  # fmt: skip
    return re.sub(r"\bp ([=<]) ", "p\u00a0\\1\u00a0", page).encode()  # so that no line ends within


def _reason(result):
    return _inert(repr(result)) if isinstance(result, NotAvailable) else "The export found no answer."


def _contents(files):
    """The pages of the sidebar, by caption."""
    pages = [name.rsplit(".", 1)[0] for name in files if name.endswith((".md", ".ipynb")) and name[0] != "_"]
    below = {
        folder: sorted(page for page in pages if page.startswith(f"{folder}/")) for folder in ("notebooks", "docs")
    }
    rest = [page for page in ("CONTRIBUTING", "CHANGELOG", "api/index") if page in pages]
    return {
        "Data": ["incidents", "data/README"],
        # The template is for those who write one.
        "Notebooks": [*sorted(below["notebooks"], key=lambda page: page.endswith("00_template")), "charts"],
        "Methods and how-tos": below["docs"],
        "Reference": sorted(rest),
    }


def _read_charts(out, written):
    """Every chart that an export wrote, by name: as SVG at both widths, and its words."""
    read = {}
    for path in (out / "charts" / f"{name}.svg" for name in charts.CHARTS):
        if path.name in written:
            narrow = path.with_name(f"{path.stem}-column.svg")  # which an export of one width has not written
            svg, column = (at.read_text(encoding="utf-8") if at.name in written else "" for at in (path, narrow))
            words = path.with_suffix(".txt").read_text(encoding="utf-8").split("\n\n", 1)[1]
            read[path.stem] = {"svg": svg, "column": column, "words": " ".join(words.split())}
    return read


def _chart(name, chart, root="", **given):
    """The figure of an exported chart, at both widths, with its files."""
    column = chart["column"] and {"src": f"{root}charts/{name}-column.svg", **_size(chart["column"])}
    return _figure(chart["svg"], f"{root}charts/{name}.svg", column=column, exported=True, **given)


def _figure(svg, src, **given):
    """The figure of an SVG file; its title and description are the alt text."""
    texts = [re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", svg, re.DOTALL) for tag in ("title", "desc")]
    alt = ". ".join(" ".join(unescape(text[1]).split()) for text in texts if text) or "A chart without a description"
    facts = {"number": None, "words": None, "column": None, "exported": False, **_size(svg), **given}
    return web_map.render("site_pages/figure.html.j2", src=src, stem=src.removesuffix(".svg"), alt=alt, **facts)


def _size(svg):
    """Width and height of an SVG in pixels, so that pages do not move while pictures load."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    width, height = (round(float(size) * 4 / 3) for size in found.groups()) if found else (None, None)
    return {"width": width, "height": height}


def _notebook_pages(out, results, exported):
    """Every notebook, as executed, ready for Sphinx and to be kept; all that cannot be shown are told at once."""
    folder = Path(results.data_dir) / "notebooks" if results.data_dir else home("notebooks")
    files, failures = {}, []
    for path in sorted((out / "notebooks").glob("*.ipynb")) or sorted(folder.glob("*.ipynb")):
        try:
            files |= _notebook_page(path, exported)
        except notebooks.NotebookError as error:
            failures.append(str(error))
    if failures:
        raise notebooks.NotebookError("\n".join(failures))
    return files


def _notebook_page(path, exported):
    """One notebook with its code folded, and its charts as figures with alt text."""
    notebook, number, files = notebooks.read_notebook(path), 0, {f"_extra/notebooks/{path.name}": path.read_bytes()}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                place = notebooks.place_of(notebook, index)
                raise notebooks.NotebookError(f"{path.name}, {place}: holds an error ({output.ename}); run it again")
            data = output.get("data", {})
            if "text/markdown" in data:  # computed text: its stars are bold, and nothing else is markup
                data["text/markdown"] = data["text/markdown"].translate(_MARKUP | {ord("*"): "*"})
            if "text/html" in data:  # a heading without words is none
                data["text/html"] = data["text/html"].replace("<th></th>", "<td></td>")
            if svg := data.get("image/svg+xml"):
                number += 1
                name = next((name for name, chart in exported.items() if chart["svg"] == svg), None)
                if name:
                    figure = _chart(name, exported[name], "../", number=number)
                else:
                    files[f"_extra/notebooks/{path.stem}-{number}.svg"] = svg.encode()
                    figure = _figure(svg, f"{path.stem}-{number}.svg", number=number)
                output["data"] = {"text/html": figure}
    notebook.metadata.setdefault("language_info", {"name": "python"})
    link = f'<p class="download"><a href="{path.name}" download>Download this notebook</a>. Its code is folded.</p>'
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(link, id="download"))
    return files | {f"notebooks/{path.name}": nbformat.writes(notebook).encode()}


def _map(results):
    """The interactive map, where a position is known."""
    page = results.draw(web_map.build_page)
    return {} if isinstance(page, NotAvailable) else {"_extra/map.html": page.encode()}


def _repository_pages(results):
    """The how-tos, the changelog and the reference of the code, which belong to the published tables."""
    if results.data_dir or not is_checkout():
        return {}
    root = home("data").parent
    paths = [*sorted((root / "docs").glob("*.md")), root / "CONTRIBUTING.md", root / "CHANGELOG.md"]
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    modules = [
        module.name for module in pkgutil.walk_packages([str(_PAGES.parent)], "helpers.") if "__" not in module.name
    ]
    for name in modules:
        files[f"api/{name}.md"] = _page(name, f"```{{eval-rst}}\n.. automodule:: {name}\n```")
    jobs = [f"| [{name}]({name}.md) | {import_module(name).__doc__.splitlines()[0]} |" for name in modules]
    listing = "\n".join(["| module | what it holds |", "|---|---|", *jobs])
    pages = "\n".join(["```{toctree}", ":hidden:", "", *modules, "```"])
    files["api/index.md"] = _page("API reference", "Every public function, by module, with an example.", listing, pages)
    return files
