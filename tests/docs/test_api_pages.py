"""Every package with public names has its page, and nothing public is missing from the pages."""

import re
from importlib import import_module
from pathlib import Path

import pytest

API = Path(__file__).parents[2] / "docs" / "api"
PACKAGE = Path(__file__).parents[2] / "graphvision"
TEXT = "\n".join(page.read_text("utf-8") for page in API.glob("*.md"))
MODULES = re.findall(r"^\.\. automodule:: (\S+)$", TEXT, re.M)
EXPLICIT = re.findall(r"^\.\. (?:autofunction|py:data):: (\S+)$", TEXT, re.M)


@pytest.mark.parametrize("op", sorted(p.parent.name for p in PACKAGE.glob("kernels/*/__init__.py")))
def test_every_op_has_its_section(op):
    assert f"graphvision.kernels.{op}" in MODULES


@pytest.mark.parametrize("name", MODULES)
def test_what_autodoc_passes_over_is_written_out(name):
    module = import_module(name)
    for public in module.__all__:
        found = getattr(module, public)
        passed_over = public not in dir(module) or not getattr(found, "__module__", None)
        is_module = type(found).__name__ == "module"
        if passed_over and not is_module:
            assert any(e.endswith(f".{public}") for e in EXPLICIT), public
