"""The site that `make docs` builds.

Its sources are the project's own Markdown files, where they lie: a link leads the same way in a checkout. The root of
the sources is the project's folder; nothing on a page asks the network for anything.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import from_code

from graduation_model import __version__

project = "graduation-model"
version = release = __version__
author = "graduation-model"
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "docs/**.md",
    "configs/*/README.md",
    "notebooks/*.ipynb",
]
# Not looked through: Sphinx would walk the whole environment.
exclude_patterns = [".*", "build", "src", "tests", "benchmarks", "models", "runs", "data", "demo"]

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
nb_execution_mode = "off"  # notebooks are kept with their outputs; a test runs them
myst_enable_extensions = ["deflist", "attrs_inline", "dollarmath"]
myst_heading_anchors = 3
numpydoc_show_class_members = False
autodoc_typehints = "signature"
# Shell lines with `…` are no shell; a page that is in no menu is still found by the search.
suppress_warnings = ["misc.highlighting_failure", "toc.not_included"]

html_theme = "pydata_sphinx_theme"
html_title = "graduation-model"
html_static_path = ["_static"]
html_extra_path = ["_root"]  # index.html, which leads to docs/index.html
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button"],
    "show_prev_next": True,
    "show_nav_level": 1,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
}
html_sidebars = {"docs/index": []}
html_context = {"default_mode": "auto"}


def setup(app):
    """Fill in what pages take from the code, and say which language a page speaks."""
    app.connect("source-read", from_code.fill_in)
    app.connect("html-page-context", _speak)


def _speak(app, pagename, templatename, context, doctree):
    context["language"] = (context.get("meta") or {}).get("language", "en")
