"""Configuration of the documentation build."""

import importlib.metadata
from pathlib import Path

project = "Flask-JWT-Reborn"
author = "the Flask-JWT-Reborn authors"
copyright = "2026 the Flask-JWT-Reborn authors"
release = version = importlib.metadata.version("flask-jwt-reborn")

extensions = ["myst_parser", "pallets_sphinx_themes"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "flask"
html_title = f"{project} {release}"
html_static_path: list[str] = []
# Sphinx copies no picture that <picture> names.
html_extra_path = sorted(path.name for path in Path(__file__).parent.glob("console-*.png"))
