"""How the documentation is built: from the code itself, without network, and with warnings as errors."""

from __future__ import annotations

import sys
from pathlib import Path

import opsn_geo

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "opsn-geo"
project_copyright = "the opsn-geo authors"
release = opsn_geo.__version__
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "tables", "mathml"]
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore = [("py:func", "prepare")]  # a name of the pipeline that lives beside it
nitpick_ignore_regex = [(r"py:(class|obj|exc|data)", r".*")]  # types and constants; functions are checked
suppress_warnings = ["ref.python"]  # two modules may each have a class of one name

html_theme = "furo"
html_title = "opsn-geo"
html_copy_source = False
html_show_sourcelink = False
html_math_renderer = "mathml"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_use_rtype = False

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_update_mathjax = False
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
