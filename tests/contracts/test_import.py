"""``import graphvision`` in a process of its own: what it loads beside torch and PyG."""

import subprocess
import sys

PROBE = """
import sys, torch, torch_geometric, torch_geometric.nn
before = set(sys.modules)
import graphvision
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(new - set(sys.stdlib_module_names)))
print([m for m in sys.modules if m.startswith("graphvision") and m.rpartition(".")[2][:6] == "_numba"])
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
    try:
        gv.no_such_name
    except AttributeError as error:
        assert "no_such_name" in str(error)
    else:
        raise AssertionError("an unknown name was found")
