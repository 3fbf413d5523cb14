"""Every Triton kernel, as the ops start it, compiled for GPUs that need not be there.

No array goes to local memory and no register that matters, streams are read by vectors, and shared
memory suffices.
"""

import re
import subprocess
from functools import partial
from importlib import import_module
from math import prod
from pathlib import Path

import pytest
import torch

from graphvision.kernels.columns import Columns
from graphvision.kernels.edge_mlp import ACTIVATIONS
from graphvision.kernels.gather import REDUCTIONS, Csr
from graphvision.kernels.regions import Regions

triton = pytest.importorskip("triton", reason="Triton can't be imported")

MODULES = (
    "gather._triton", "gather._triton_back", "gather._triton_weighted", "softmax._triton",
    "attention._triton", "attention._triton_edges", "basis._triton_rows", "regions._triton",
    "components._triton", "borders._triton",
    "knn._triton", "offsets._triton", "slic._triton",
    "edge_mlp._triton_sum", "edge_mlp._triton_extreme", "stencil._triton",
)  # fmt: skip
TYPES = {
    torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16", torch.int32: "i32",
    torch.int64: "i64", torch.float64: "fp64", torch.uint8: "u8",
}  # fmt: skip
SPILLED = 8  # bytes, in and out: a register that the assembler gives up for more programs at once
OPTIONS = {"ptxas-blackwell": ("--regAllocOptLevel=2",)}  # what Triton says to it
SHARED = {80: 166_912, 90: 232_448}  # bytes that a program may have
GRAPHS = {"neighbours": (20_000, 160_000), "pixels": (2_000, 2_000_000), "readout": (8, 160_000)}


def edges(rows, count):
    return (tensor(size, dtype=torch.int32) for size in (rows + 1, count))


def tensor(*shape, dtype):
    return torch.empty(shape, dtype=dtype, device="meta")  # nothing runs, shapes are enough


def gather_calls(rows, count, dtype):
    ops = {name: import_module(f"graphvision.kernels.gather.{name}") for name in (
        "_triton", "_triton_back", "_triton_weighted")}  # fmt: skip
    rowptr, col = edges(rows, count)
    x = tensor(rows, 64, dtype=dtype)
    for reduce in (("sum",), REDUCTIONS):
        ops["_triton"].gather_reduce(x, rowptr, col, reduce)
        out = tensor(rows, 64 * len(reduce), dtype=dtype)
        for ties in ("even", "first"):
            back = (rowptr, col, rowptr, col, col)
            ops["_triton_back"].gather_reduce_backward(out, x, out, *back, reduce, ties)
    for order in (None, col):
        weight = tensor(count, 4, dtype=dtype)
        ops["_triton_weighted"].gather_weighted(x, rowptr, col, weight, order)
    ops["_triton_weighted"].gather_weight_grad(x, x, rowptr, col, 4)


def softmax_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.softmax._triton")
    rowptr, _ = edges(rows, count)
    share = tensor(count, 8, dtype=dtype)
    ops.segment_softmax(share, rowptr)
    ops.segment_softmax_backward(share, share, rowptr)


def attention_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.attention._triton")
    rowptr, col = edges(rows, count)
    back = (rowptr, col, rowptr, col, col)
    x, share = tensor(rows, 128, dtype=dtype), tensor(count, 4, dtype=dtype)
    vector = tensor(4, 32, dtype=dtype)
    for pair in ((None, None), (tensor(count, 3, dtype=dtype), tensor(128, 3, dtype=dtype))):
        ops.gat_attention(x, x, *pair, vector, 0.2, rowptr, col)
        ops.gat_attention_backward(x, x, x, *pair, vector, share, *back, 0.2, True)
        ops.dot_attention(x, x, x, *pair, 4, 0.5, rowptr, col)
        ops.dot_attention_backward(x, x, x, x, *pair, share, *back, 0.5, True)


def network_calls(rows, count, dtype):
    sums = import_module("graphvision.kernels.edge_mlp._triton_sum")
    extremes = import_module("graphvision.kernels.edge_mlp._triton_extreme")
    rowptr, col = edges(rows, count)
    x, weight = tensor(rows, 64, dtype=dtype), tensor(96, 64, dtype=dtype)
    out, back = tensor(rows, 96, dtype=dtype), (rowptr, col, rowptr, col, col)
    for pair in ((None, None), (tensor(count, 3, dtype=dtype), tensor(64, 3, dtype=dtype))):
        for act in ACTIVATIONS:
            sums.mlp_sum(x, x, *pair, act, 0.1, rowptr, col)
            sums.mlp_sum_backward(x, x, x, *pair, *back, act, 0.1, True)
        for act, ties in (("relu", "even"), ("gelu", "first")):
            args = (x, x, *pair, weight)
            _, wins = extremes.mlp_extreme(*args, act, 0.1, "max", ties, rowptr, col)
            extremes.mlp_extreme_backward(out, *args, wins, *back, act, 0.1, True)


def basis_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.basis._triton")
    rowptr, col = edges(rows, count)
    x, out = (tensor(rows, c, dtype=dtype) for c in (64, 9 * 64))
    basis, kernel = tensor(count, 9, dtype=dtype), tensor(9, 64, 32, dtype=dtype)
    ops.basis_gather(x, rowptr, col, basis)
    ops.basis_gather_grad_x(out, basis, rowptr, col, col, 64)
    ops.basis_gather_grad_basis(x, out, rowptr, col, 9)
    ops.tap_conv(x, rowptr, col, basis, col, kernel, None, True)
    by_tap = tensor(9 * rows + 1, dtype=torch.int32)
    for weight, order in ((None, None), (tensor(count, dtype=dtype), col)):
        ops.tap_conv(x, by_tap, col, weight, order, kernel, None, False)
    ops.tap_conv_grad_weight(x, tensor(rows, 32, dtype=dtype), by_tap, col, kernel, False)


def sorted_regions(rows, count):
    """Regions whose pixels are known to be sorted; nothing else is."""
    regions = Regions(tensor(1, count // 400, 400, dtype=torch.int64))
    vars(regions)["num_regions"] = rows
    vars(regions)["csr"] = Csr(*edges(rows, count), count)
    return regions


def region_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.regions._triton")
    regions = sorted_regions(rows, count)
    image, slope = (tensor(1, c, *regions.size, dtype=dtype) for c in (3, 2))
    width = {"mean": 3, "std": 3, "gradient": 2, "quadrants": 12}
    out = Columns.make(width, image, rows)
    ops.region_shape(regions)
    ops.region_colours(image, regions, out)
    ops.region_gradients(slope, regions, out)
    ops.region_layout(image, regions, tensor(rows, 2, dtype=torch.float64), out)
    ops.image_slope(image, regions)


def component_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.components._triton")
    for wide in (20, 400):
        ops.components(tensor(1, count // wide, wide, dtype=torch.int64))


def border_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.borders._triton")
    rowptr, pairs = edges(rows, count)
    for channels, axes in ((3, 0), (3, 2), (0, 2)):
        image, slope = (tensor(1, c, 500, 700, dtype=dtype) for c in (channels, axes))
        ops.border_means(image, slope, rowptr, pairs)
    labels, ends = (tensor(count, dtype=torch.int64) for _ in range(2))
    ops.count_pairs(labels, (500, 700))
    for index in (torch.int32, torch.int64):
        listed = [tensor(count, dtype=index) for _ in range(2)]
        ops.list_pairs(labels, (500, 700), rows, ends, *listed)


def neighbour_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.knn._triton")
    ptr, place = tensor(9, dtype=torch.int32), tensor(rows, dtype=torch.int64)
    for channels, k in ((2, 4), (64, 9), (64, 64)):
        points = tensor(rows, channels, dtype=dtype)
        ops.nearest(points, ptr, rows, k, False)
        for sources in (None, tensor(count, dtype=torch.int64)):
            ops.within(points, ptr, rows, 1.0, False, place, sources)


def offset_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.offsets._triton")
    for axes in (1, 2, 3):
        pos = tensor(rows, axes, dtype=dtype)
        out = Columns.make({"displacement": axes, "distance": 1}, pos, count)
        ops.edge_offsets(pos, tensor(2, count, dtype=torch.int64), out)


def slic_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.slic._triton")
    masks = torch.ones(1, 40, 60, dtype=torch.bool)
    for channels in (1, 3):
        for kind in (torch.float32, torch.float64):
            colours, weights = tensor(2, channels, 40, 60, dtype=kind), tensor(2, dtype=kind)
            ops.clusters(colours, masks, weights, 30, 1)


def stencil_calls(rows, count, dtype):
    ops = import_module("graphvision.kernels.stencil._triton")
    for channels, guide, (high, wide), dilation in ((64, 3, (3, 3), 1), (8, 1, (5, 7), 2)):
        x, f = (tensor(2, 100, rows // 8, c, dtype=dtype) for c in (channels, guide))
        weight = tensor(high, wide, channels, dtype=dtype)
        ops.depthwise_stencil(x, weight, dilation)
        ops.depthwise_stencil_grad_weight(x, x, weight, dilation)
        near = tensor(high, wide, dtype=dtype)
        ops.bilateral_stencil(x, f, near, 0.1, dilation)
        ops.bilateral_stencil_backward(x, x, f, near, x, 0.1, dilation)


CALLS = {
    "gather": gather_calls, "softmax": softmax_calls, "attention": attention_calls,
    "basis": basis_calls, "regions": region_calls,
    "components": component_calls, "borders": border_calls,
    "neighbours": neighbour_calls,
    "offsets": offset_calls, "slic": slic_calls, "networks": network_calls,
    "stencil": stencil_calls,
}  # fmt: skip


@pytest.fixture
def launches(monkeypatch):
    """What the ops would have started: kernels, arguments and constants."""
    found = {}

    def record(fused, kernel, grid, *args, **constants):
        types = ["*" + TYPES[a.dtype] if isinstance(a, torch.Tensor) else
                 "fp32" if isinstance(a, float) else "i32" for a in args]  # fmt: skip
        key = (kernel.fn.__name__, *types, *constants.items())
        found[key] = (kernel, types, constants, fused)

    for name in MODULES:
        for function, fused in (("launch", True), ("launch_unfused", False)):
            module = import_module("graphvision.kernels." + name)
            if hasattr(module, function):
                monkeypatch.setattr(module, function, partial(record, fused))
    return found


def compiled(kernel, types, constants, fused, capability):
    names = kernel.arg_names
    assert set(names[len(types) :]) == set(constants)
    signature = dict(zip(names, [*types, *["constexpr"] * len(constants)], strict=True))
    pointers = {(k,): [["tt.divisibility", 16]] for k, t in enumerate(types) if t[0] == "*"}
    source = triton.compiler.ASTSource(kernel, signature, constants, pointers)
    target = triton.backends.compiler.GPUTarget("cuda", capability, 32)
    options = {"num_warps": 4, "enable_fp_fusion": fused}
    return triton.compile(source, target=target, options=options)


def check(launches, capability, tmp_path):
    assert launches
    report = []
    for (name, *_), (kernel, types, constants, fused) in launches.items():
        binary = compiled(kernel, types, constants, fused, capability)
        listing = binary.asm["ptx"]
        assert fused or "fma.rn.f64" not in listing
        said = assembled(listing, tmp_path)
        registers = int(re.search(r"Used (\d+) registers", said)[1])
        spilled = sum(map(int, re.findall(r"(\d+) bytes spill", said)))
        widest = max(map(int, re.findall(r"ld\.global[^;]*?\.v(\d)", listing)), default=1)
        copied = re.findall(r"cp\.async[^;]*, (0x\w+)", listing)  # to shared memory, in bytes
        widest = max(widest, *(int(size, 16) // 4 for size in copied), 1)
        report.append((name, constants, registers, spilled, widest, binary.metadata.shared))
        assert spilled <= SPILLED, report[-1]
        assert ".local" not in listing, report[-1]
        assert binary.metadata.shared <= SHARED[capability], report[-1]
        several = prod(constants.get(side, 1) for side in "MLHWB") >= 512  # to a thread
        if several and {"W", "B"} & constants.keys():  # channels side by side
            assert widest >= 2, report[-1]
    return report


def assembled(listing, folder):
    """What the assembler says; Triton brings two, of which the one that knows the version works."""
    path = folder / "kernel.ptx"
    path.write_text(listing)
    target = "-arch=" + re.search(r"\.target (\w+)", listing)[1]
    for tool in sorted(Path(triton.__file__).parent.rglob("bin/ptxas*")):
        command = [
            tool,
            target,
            *OPTIONS.get(tool.name, ()),
            "-v",
            path,
            "-o",
            folder / "kernel.cubin",
        ]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode == 0:
            return result.stderr
    raise AssertionError(result.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("op", CALLS)
def test_every_variant_compiles(op, graph, dtype, capability, launches, tmp_path):
    CALLS[op](*GRAPHS[graph], dtype)
    check(launches, capability, tmp_path)


@pytest.mark.parametrize("op", CALLS)
def test_a_variant_of_every_kernel_compiles(op, launches, tmp_path):
    CALLS[op](*GRAPHS["neighbours"], torch.bfloat16)
    by_kernel = {name: key for key in launches for name in key[:1]}
    check({key: launches[key] for key in by_kernel.values()}, 90, tmp_path)
