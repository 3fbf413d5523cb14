"""Shapes in signatures are checked here, and only here: the library itself carries no decorator."""

import sys
import warnings
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder

from jaxtyping import install_import_hook

# PyG scripts a class on import; newer torch deprecates that, and it is not ours to change.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import torch_geometric.nn  # noqa: F401

install_import_hook("graphvision", "beartype.beartype")


class _Compiled(MetaPathFinder):
    """Keeps the hook out of compiled modules: the compilers can't read decorated functions."""

    def find_spec(self, fullname, path=None, target=None):
        compiled = fullname.rpartition(".")[2].startswith(("_numba", "_triton"))
        return PathFinder.find_spec(fullname, path, target) if compiled else None


sys.meta_path.insert(0, _Compiled())

import hypothesis  # noqa: E402
import jaxtyping  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402

hypothesis.settings.register_profile("fixed", deadline=None, derandomize=True, max_examples=40)
hypothesis.settings.load_profile("fixed")


@pytest.fixture(autouse=True)
def _same_start():
    """Every test starts from the same seed and leaves the number of threads as it was."""
    threads = torch.get_num_threads()
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def unchecked():
    """As outside of tests: what doesn't fit a signature reaches the function's own checks."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(autouse=True, scope="session")
def _traced_without_shapes():
    """Torch.fx calls a network with proxies, which have no shape to check yet."""
    trace = torch.fx.Tracer.trace

    def unchecked(*args, **kwargs):
        before = jaxtyping.config.jaxtyping_disable
        jaxtyping.config.update("jaxtyping_disable", True)
        try:
            return trace(*args, **kwargs)
        finally:
            jaxtyping.config.update("jaxtyping_disable", before)

    torch.fx.Tracer.trace = unchecked
    yield
    torch.fx.Tracer.trace = trace
