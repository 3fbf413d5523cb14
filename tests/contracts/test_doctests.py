"""Every example in a docstring runs and prints what it says."""

import doctest
import importlib
import pkgutil

import pytest

import graphvision

OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(graphvision.__path__, "graphvision.")
    if not m.name.rpartition(".")[2].startswith(("_numba", "_triton", "__main__"))
)


@pytest.mark.parametrize("name", ["graphvision", *MODULES])
def test_examples(name, tmp_path, monkeypatch):
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)  # an example may write files
    outcome = doctest.testmod(module, optionflags=OPTIONS)
    assert outcome.failed == 0, f"{outcome.failed} of {outcome.attempted} examples failed"
