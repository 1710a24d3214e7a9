"""How Sphinx makes the site from what `site.py` gathers; the project's name is given by that."""

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
