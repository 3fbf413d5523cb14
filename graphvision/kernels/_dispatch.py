"""Which implementation of an op runs: one table, one rule.

An op is a folder with ``_reference.py`` (plain torch, every device and dtype) and, where it pays,
``_numba.py`` (CPU) and ``_triton.py`` (GPU). Adding a fast kernel means one file in that folder and
one row in ``TABLE``.
``"torch_scatter"`` is the reference with the sums and extremes over edges made by the package of
that name: something to compare with, which ``"auto"`` never takes.
Ops that torch's compiler has to see through are registered in the folder's ``_ops.py``; of them
the table only says what a backend needs, and :func:`chosen` which one runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from graphvision.kernels._errors import BackendUnavailable

FLOATS = frozenset({torch.float32, torch.float64})
INDICES = frozenset({torch.int32, torch.int64})
INT64 = frozenset({torch.int64})
UNSIGNED = frozenset({torch.uint8, torch.uint16})
PLAIN = FLOATS | {torch.uint8, torch.int16, torch.int32, torch.int64}
GPU_FLOATS = frozenset({torch.float32, torch.bfloat16, torch.float16})


@dataclass(frozen=True)
class Kernel:
    """One row of the table: where the function lives and what it needs.

    No ``target``: the op is registered with torch (``_ops.py``), whose dispatcher finds it.

    Attributes:
        target: ``"module:function"``.
        devices: types of device.
        dtypes: of the tensor that decides.
        package: what has to be installed.
        automatic: whether ``"auto"`` may take it.
    """

    target: str = ""
    devices: tuple[str, ...] = ("cpu",)
    dtypes: frozenset[torch.dtype] = FLOATS
    package: str = "numba"
    automatic: bool = True

    def refusal(self, device: str, dtype: torch.dtype) -> str | None:
        """Why this kernel can't take a tensor of this kind, or None when it can."""
        if not _installed(self.package):
            return f"needs the package {self.package!r}, which can't be imported"
        if device not in self.devices or dtype not in self.dtypes:
            where = " or ".join(name.upper() for name in self.devices)
            names = " or ".join(sorted(str(d).removeprefix("torch.") for d in self.dtypes))
            got = f"{str(dtype).removeprefix('torch.')} on {device}"
            return f"needs a {where} tensor of {names}, got {got}"
        return _unbuilt(device) if self.package == "torch_scatter" else None


TRITON = Kernel(devices=("cuda",), dtypes=GPU_FLOATS, package="triton")
SCATTER = Kernel(
    devices=("cpu", "cuda"),
    dtypes=FLOATS | GPU_FLOATS,
    package="torch_scatter",
    automatic=False,
)
ROWS = {"numba": Kernel(), "triton": TRITON, "torch_scatter": SCATTER}


def _on_gpu(target: str, dtypes: frozenset[torch.dtype] = GPU_FLOATS) -> Kernel:
    return Kernel(f"graphvision.kernels.{target}", ("cuda",), dtypes, "triton")


TABLE: dict[str, dict[str, Kernel]] = {
    "basis_conv": ROWS,
    "basis_gather": ROWS,
    "gather_reduce": ROWS,
    "rgb_to_lab": {"numba": Kernel("graphvision.kernels.color._numba:rgb_to_lab")},
    "dot_attention": ROWS,
    "edge_mlp": ROWS,
    "gat_attention": ROWS,
    "bilateral_stencil": {"triton": TRITON},
    "depthwise_stencil": {"triton": TRITON},
    "borders": {
        "numba": Kernel("graphvision.kernels.borders._numba:borders"),
        "triton": _on_gpu("borders._triton:borders"),
    },
    "connected_components": {
        "numba": Kernel("graphvision.kernels.components._numba:components", dtypes=INT64),
        "triton": _on_gpu("components._triton:components", INT64),
    },
    "copy_columns": {"numba": Kernel("graphvision.kernels.columns._numba:copy_columns")},
    "copy_ranges": {"numba": Kernel("graphvision.kernels.ranges._numba:copy_ranges", dtypes=PLAIN)},
    "edge_offsets": {
        "numba": Kernel("graphvision.kernels.offsets._numba:edge_offsets"),
        "triton": _on_gpu("offsets._triton:edge_offsets"),
    },
    "image_slope": {
        "numba": Kernel("graphvision.kernels.regions._numba:image_slope"),
        "triton": _on_gpu("regions._triton:image_slope"),
    },
    "nearest_edges": {
        "numba": Kernel("graphvision.kernels.knn._numba:nearest_edges"),
        "triton": _on_gpu("knn._triton:nearest_edges", GPU_FLOATS | FLOATS),
    },
    "radius_edges": {
        "numba": Kernel("graphvision.kernels.knn._numba:radius_edges"),
        "triton": _on_gpu("knn._triton:radius_edges", GPU_FLOATS | FLOATS),
    },
    "region_colours": {
        "numba": Kernel("graphvision.kernels.regions._numba:region_colours"),
        "triton": _on_gpu("regions._triton:region_colours"),
    },
    "region_gradients": {
        "numba": Kernel("graphvision.kernels.regions._numba:region_gradients"),
        "triton": _on_gpu("regions._triton:region_gradients"),
    },
    "region_layout": {
        "numba": Kernel("graphvision.kernels.regions._numba:region_layout"),
        "triton": _on_gpu("regions._triton:region_layout"),
    },
    "region_pixels": {
        "numba": Kernel("graphvision.kernels.regions._numba_pixels:region_pixels", dtypes=INT64),
        "triton": _on_gpu("regions._triton:region_pixels", INT64),
    },
    "region_shape": {
        "numba": Kernel("graphvision.kernels.regions._numba_strips:region_shape", dtypes=INT64),
        "triton": _on_gpu("regions._triton:region_shape", INT64),
    },
    "reversed_rows": {"numba": Kernel(dtypes=INDICES)},
    "segment_softmax": ROWS,
    "tap_conv": ROWS,
    "slic": {
        "numba": Kernel("graphvision.kernels.slic._numba:slic"),
        "triton": _on_gpu("slic._triton:slic", FLOATS),
    },
    "unit_pixels": {
        "numba": Kernel("graphvision.kernels.pixels._numba:unit_pixels", dtypes=UNSIGNED)
    },
    "value_range": {"numba": Kernel("graphvision.kernels.pixels._numba:value_range")},
}


@cache
def _installed(package: str) -> bool:
    return find_spec(package) is not None


@cache
def _unbuilt(device: str) -> str | None:
    """Why the installed torch_scatter, which is compiled against one torch, can't run here."""
    try:
        import_module("torch_scatter")
    except Exception as error:  # a build for another torch raises all sorts of things
        return f"needs a build of torch_scatter for this torch, got {type(error).__name__}: {error}"
    if device == "cuda" and torch.ops.torch_scatter.cuda_version() < 0:
        return "needs a build of torch_scatter with CUDA, got one for the CPU alone"
    return None


@cache
def _load(target: str) -> Callable[..., Any]:
    module, name = target.split(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function


def fast(op: str, backend: str, x: Tensor) -> Callable[..., Any] | None:
    """The fast implementation of ``op`` for ``x``, or None where the reference has to run.

    Args:
        op: a name in ``TABLE``.
        backend: ``"auto"`` (fastest that can run), ``"reference"``, or a name in the op's row.
        x: the tensor whose device and dtype decide.

    Raises:
        BackendUnavailable: ``backend`` names a kernel that can't run on ``x``.
        ValueError: the op has no such backend.
    """
    name = _choose(op, backend, x.device.type, x.dtype)
    return None if name == "reference" else _load(TABLE[op][name].target)


def chosen(op: str, backend: str, x: Tensor) -> str:
    """The name of the backend that :func:`fast` would take; torch's compiler sees a constant."""
    return str(_choose(op, backend, x.device.type, x.dtype))


def automatic(op: str, device: torch.device, dtype: torch.dtype) -> str:
    """The name of the backend that ``"auto"`` takes for such tensors."""
    return str(_choose(op, "auto", device.type, dtype))


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]
def _choose(op: str, backend: str, device: str, dtype: torch.dtype) -> str:
    if backend == "reference":
        return backend
    rows = TABLE[op]
    if backend == "auto":
        able = (n for n, row in rows.items() if row.automatic and not row.refusal(device, dtype))
        return next(able, "reference")
    if backend not in rows:
        names = ["auto", "reference", *rows]
        raise ValueError(f"`backend` of `{op}` must be one of {names}, got {backend!r}")
    reason = rows[backend].refusal(device, dtype)
    if reason:
        raise BackendUnavailable(f"backend {backend!r} of `{op}` {reason}")
    return backend
