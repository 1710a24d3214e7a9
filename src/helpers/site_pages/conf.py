"""How Sphinx makes the site from what `site.py` gathers; the project's name is given by that."""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

author = ""
extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
nb_execution_mode = "off"
nb_merge_streams = True
nb_code_prompt_show = nb_code_prompt_hide = "Code"
nb_ipywidgets_js = {}  # from a content delivery network otherwise
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]  # an appendix of notebooks may begin below its level
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "exclude-members": "set, cKDTree"}  # what other packages made
autodoc_typehints = "none"  # docstrings say them in words
numpydoc_show_class_members = False
add_module_names = False

html_theme = "sphinx_book_theme"
templates_path, html_static_path, html_extra_path = ["_templates"], ["_static"], ["_extra"]
html_css_files = ["fonts.css", "site.css"]
html_context = {"default_mode": "auto"}
html_use_index = html_domain_indices = False  # nothing links to them
html_show_search_summary = False  # pages that are opened from disk may not read each other
html_copy_source = html_show_sourcelink = html_show_sphinx = html_show_copyright = False
html_theme_options = {
    "home_page_in_toc": False,
    "collapse_navbar": True,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_sidenotes": False,
    "navbar_start": [],
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}

# Terms of the glossary are linked where a page first uses them, but not within these.
_LEFT = (
    nodes.literal,
    nodes.literal_block,
    nodes.title,
    nodes.reference,
    addnodes.pending_xref,
    nodes.raw,
    nodes.figure,
)
_OWN_WORDS = ("api", "docs", "CHANGELOG", "CONTRIBUTING")  # pages about the code, or that explain their terms


def _read_terms(folder):
    """A pattern for each term, in one or more; none where a site has no glossary."""
    path = Path(folder, "docs", "glossary.md")
    text = path.read_text(encoding="utf-8").split("{glossary}", 1)[1] if path.exists() else ""
    terms = re.findall(r"^(\w.+)$", text, re.MULTILINE)
    plural = {term: re.sub("y$", "(?:y|ies)", re.escape(term)) + "s?" for term in terms}
    return {term: re.compile(rf"\b{pattern}\b", re.IGNORECASE) for term, pattern in plural.items()}


def _link_terms(app, doctree):
    page, terms = app.env.docname, _read_terms(app.srcdir)
    if page.split("/")[0] in _OWN_WORDS:
        return
    for text in [*doctree.findall(nodes.Text)]:
        above, node = [], text
        while node := node.parent:
            above.append(node)
        if not any(isinstance(node, _LEFT) for node in above):
            text.parent.replace(text, [*_linked(str(text), terms, page)])


def _linked(text, terms, page):
    """A text with links to the terms in it; terms that were linked are taken off the list."""
    found = [(match, term) for term, pattern in terms.items() if (match := pattern.search(text))]
    if not found:
        yield nodes.Text(text)
        return
    match, term = min(found, key=lambda pair: (pair[0].start(), -pair[0].end()))
    del terms[term]
    yield nodes.Text(text[: match.start()])
    link = {
        "refdomain": "std",
        "reftype": "term",
        "reftarget": term,
        "refdoc": page,
        "refwarn": True,
        "refexplicit": True,
    }
    yield addnodes.pending_xref("", nodes.inline("", match[0], classes=["term"]), **link)
    yield from _linked(text[match.end() :], terms, page)


def _tidy_signature(app, what, name, thing, options, signature, returned):
    """Defaults as a reader would write them; Sphinx's setting for it would leave its texts in the running functions."""
    return signature and re.sub(r"PosixPath\((.+?)\)|<built-in function (\w+)>", r"\1\2", signature), returned


def _connect(app):
    app.connect("doctree-read", _link_terms)
    app.connect("autodoc-process-signature", _tidy_signature)


setup = _connect  # the name that Sphinx calls
