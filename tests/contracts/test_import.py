"""``import graphvision`` in a process of its own: what it loads beside torch and PyG."""

import subprocess
import sys

import pytest

PROBE = """
import sys, torch, torch_geometric, torch_geometric.nn
before = set(sys.modules)
import graphvision
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(new - set(sys.stdlib_module_names)))
print([m for m in sys.modules if m.startswith("graphvision") and "._numba" in m])
"""
ALLOWED = {"graphvision", "torch", "torch_geometric", "numpy", "jaxtyping", "wadler_lindig"}


def test_import_loads_nothing_beyond_torch_and_pyg():
    out = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    loaded, kernels = out.stdout.strip().splitlines()
    assert set(eval(loaded)) <= ALLOWED
    assert kernels == "[]"


def test_lazy_names_are_listed_and_unknown_ones_refused():
    import graphvision as gv

    assert set(gv.__all__) <= set(dir(gv))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = gv.no_such_name
