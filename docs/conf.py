"""Sphinx settings: ``sphinx-build -W --keep-going -b html docs docs/_build/html``."""

import hashlib
import os
import sys
from importlib.metadata import version as installed
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
RESULTS = ROOT / "benchmarks" / "results"
SHOWN = (
    "aggregators",
    "architectures",
    "fine_tuning",
    "joint_losses",
    "large_scenes",
    "off_the_grid",
    "scenes",
)
sys.path[:0] = [str(ROOT), str(DOCS / "_ext")]
# Chapters run in kernels of their own and must see the same sources.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # or no figure is shown

project = "graphvision"
author = "the graphvision developers"
copyright = "2026, the graphvision developers"
release = version = "0.1.0"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "mathml",
    "one_home",
    "benchmark_tables",
]
exclude_patterns = ["_build", "_cache", "_ext"]
suppress_warnings = ["config.cache"]


def sources_key() -> str:
    """Hash of all that a chapter's output depends on besides its own cells.

    The notebook cache compares the cells of a chapter only, so that a change of the library would
    leave yesterday's numbers on the page. A cache folder per state of the sources can't be stale;
    Sphinx itself reads every page again when this setting changes.
    """
    digest = hashlib.sha256()
    for package in ("torch", "torch-geometric", "numpy", "scikit-image", "matplotlib"):
        digest.update(f"{package} {installed(package)}\n".encode())
    files = [p for p in (ROOT / "graphvision").rglob("*") if p.suffix in (".py", ".npz")]
    files += [*DOCS.glob("*/*.py"), DOCS / "conf.py"]
    files += [path for name in SHOWN if (path := RESULTS / f"{name}.json").exists()]
    for path in sorted(files):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


nb_execution_mode = "cache"
nb_execution_cache_path = str(DOCS / "_cache" / sources_key())
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 300
nb_merge_streams = True
nb_render_markdown_format = "myst"  # plain CommonMark has no tables
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "graphvision"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_math_renderer = "mathml"
html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}

autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "groupwise"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_attr_annotations = False  # a shape such as "b *size" is no reStructuredText
napoleon_custom_sections = [("Source", "notes_style")]
copybutton_exclude = ".linenos, .gp, .go"
