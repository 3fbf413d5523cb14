"""What every registered op on the edges of a graph keeps; an op adds a row to ``CASES``."""

import multiprocessing
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

import graphvision as gv
from graphvision.kernels.basis import _ops as basis_ops
from graphvision.kernels.basis import basis_conv, basis_gather, tap_conv
from graphvision.kernels.gather import Csr, _ops, gather_reduce
from tests.backends import BACKENDS, FAST
from tests.contracts import message_cases


@dataclass(frozen=True)
class Case:
    """A public op on the edges of a graph.

    ``call(csr, *tensors, backend=…)`` is differentiable in all tensors, ``tensors(csr, channels)``
    makes float64 ones, the sources' features first, and ``ops(csr, *tensors)`` lists every
    registered op behind it with arguments. The graph has ``taps`` rows per target.
    """

    name: str
    call: Callable[..., Tensor]
    tensors: Callable[[Csr, int], tuple[Tensor, ...]]
    ops: Callable[..., list[tuple[Any, tuple[Any, ...]]]]
    taps: int = 1


def features(csr: Csr, channels: int) -> tuple[Tensor, ...]:
    return (torch.randn(csr.num_sources, channels, dtype=torch.float64),)


def weighted(heads: int, csr: Csr, channels: int) -> tuple[Tensor, ...]:
    weight = torch.rand(csr.col.shape[0], heads, dtype=torch.float64)
    return (*features(csr, channels), weight)


def reduce_ops(reduce: tuple[str, ...], ties: str, csr: Csr, x: Tensor) -> list[Any]:
    out = gather_reduce(x, csr, reduce=reduce)
    return [
        (_ops.REDUCE, (x, csr.rowptr, csr.col, reduce)),
        (_ops.REDUCE_BACKWARD, (torch.randn_like(out), x, out, *csr.both_ways, reduce, ties)),
    ]


def weighted_ops(csr: Csr, x: Tensor, weight: Tensor) -> list[Any]:
    rowptr, col, back_rowptr, back_col, order = csr.both_ways
    grad = torch.randn(csr.num_targets, x.shape[1], dtype=x.dtype)
    return [
        (_ops.WEIGHTED, (x, rowptr, col, weight, None)),
        (_ops.WEIGHTED, (grad, back_rowptr, back_col, weight, order)),
        (_ops.WEIGHT_GRAD, (x, grad, rowptr, col, weight.shape[1])),
    ]


def reduction(*reduce: str, ties: str = "even") -> Case:
    def call(csr: Csr, x: Tensor, backend: str = "auto") -> Tensor:
        return gather_reduce(x, csr, reduce=reduce, ties=ties, backend=backend)

    name = f"gather_reduce {'+'.join(reduce)} {ties}"
    return Case(name, call, features, partial(reduce_ops, reduce, ties))


def weighted_sum(heads: int, *reduce: str) -> Case:
    def call(csr: Csr, x: Tensor, weight: Tensor, backend: str = "auto") -> Tensor:
        return gather_reduce(x, csr, weight, reduce=reduce, backend=backend)

    name = f"gather_reduce {'+'.join(reduce)} heads {heads}"
    return Case(name, call, partial(weighted, heads), weighted_ops)


def with_basis(csr: Csr, channels: int) -> tuple[Tensor, ...]:
    return (*features(csr, channels), torch.randn(csr.col.shape[0], 3, dtype=torch.float64))


def with_kernel(csr: Csr, channels: int) -> tuple[Tensor, ...]:
    kernel = torch.randn(3, channels, channels, dtype=torch.float64) / channels**0.5
    return (*with_basis(csr, channels), kernel)


def with_taps(csr: Csr, channels: int) -> tuple[Tensor, ...]:
    x, basis, kernel = with_kernel(csr, channels)
    bias = torch.zeros(channels, dtype=torch.float64)
    return x, kernel, basis[:, 0], bias


def with_many_columns(csr: Csr, channels: int) -> tuple[Tensor, ...]:
    x, _, weight, _ = with_taps(csr, channels)
    columns = max(64, channels)  # more than the small graph has targets
    kernel = torch.randn(columns, channels, 3, dtype=torch.float64) / channels**0.5
    return x, kernel.permute(2, 1, 0), weight, torch.zeros(columns, dtype=torch.float64)


def gather_ops(csr: Csr, x: Tensor, basis: Tensor) -> list[Any]:
    rowptr, col, back_rowptr, back_col, order = csr.both_ways
    grad = basis_gather(x, csr, basis)
    return [
        (basis_ops.GATHER, (x, rowptr, col, basis)),
        (basis_ops.GATHER_GRAD_X, (grad, basis, back_rowptr, back_col, order, x.shape[1])),
        (basis_ops.GATHER_GRAD_BASIS, (x, grad, rowptr, col, 3)),
    ]


def conv_ops(
    dense: bool, csr: Csr, x: Tensor, kernel: Tensor, weight: Tensor, bias: Tensor | None = None
) -> list[Any]:
    back, order = csr.transposed if dense else csr.transposed_by(3)
    edges = (csr.rowptr, csr.col)
    grad = basis_ops.CONV(x, *edges, weight, None, kernel, bias, dense)
    turned = kernel.transpose(1, 2)
    return [
        (basis_ops.CONV, (x, *edges, weight, None, kernel, bias, dense)),
        (basis_ops.CONV, (grad, back.rowptr, back.col, weight, order, turned, None, dense)),
        (basis_ops.CONV_GRAD_KERNEL, (x, grad, *edges, weight, 3, dense)),
        (basis_ops.CONV_GRAD_WEIGHT, (x, grad, *edges, kernel, dense)),
    ]


def convolved(
    csr: Csr, x: Tensor, kernel: Tensor, weight: Tensor, bias: Tensor, backend: str = "auto"
) -> Tensor:
    return tap_conv(x, csr, kernel, weight, bias=bias, backend=backend)


CASES = [
    reduction("sum"),
    reduction("mean"),
    reduction("max"),
    reduction("min", ties="first"),
    reduction("std"),
    reduction("sum", "max", "std"),
    reduction("max", "mean", ties="first"),
    weighted_sum(1, "sum"),
    weighted_sum(4, "mean", "sum"),
    Case(
        "basis_gather",
        lambda csr, x, basis, backend="auto": basis_gather(x, csr, basis, backend=backend),
        with_basis,
        gather_ops,
    ),
    Case(
        "basis_conv",
        lambda csr, x, basis, kernel, backend="auto": basis_conv(
            x, csr, basis, kernel, backend=backend
        ),
        with_kernel,
        lambda csr, x, basis, kernel: conv_ops(True, csr, x, kernel, basis),
    ),
    Case(
        "tap_conv",
        convolved,
        with_taps,
        partial(conv_ops, False),
        taps=3,
    ),
    Case("tap_conv, few targets", convolved, with_many_columns, lambda *_: [], taps=3),
    *(Case(*row) for row in message_cases.ROWS),
]


def graph(case: Case, targets: int = 9, sources: int = 7, edges: int = 30) -> Csr:
    """A multigraph; the last two targets and the last source have no edge."""
    generator = torch.Generator().manual_seed(1)
    row = torch.randint((targets - 2) * case.taps, (edges,), generator=generator).sort().values
    col = torch.randint(sources - 1, (edges,), generator=generator)
    return Csr.from_sorted(row, col, targets * case.taps, sources)


def large_graph(case: Case) -> Csr:
    return graph(case, targets=700, sources=500, edges=6000)


def in_float32(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(t.float() for t in tensors)


def with_gradients(
    case: Case, csr: Csr, tensors: tuple[Tensor, ...], backend: str
) -> tuple[Tensor, ...]:
    leaves = tuple(t.detach().clone().requires_grad_() for t in tensors)
    out = case.call(csr, *leaves, backend=backend)
    return (out.detach(), *torch.autograd.grad(out.sin().sum(), leaves))


each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@each_case
@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("channels", [4, 84])
def test_matches_the_reference(case, backend, dtype, channels):
    csr = graph(case)
    tensors = tuple(t.to(dtype) for t in case.tensors(csr, channels))
    got = with_gradients(case, csr, tensors, backend)
    want = with_gradients(case, csr, tensors, "reference")
    tolerance = 1e-11 if dtype == torch.float64 else 1e-4
    torch.testing.assert_close(got, want, rtol=tolerance, atol=tolerance)


@each_case
@pytest.mark.parametrize("backend", BACKENDS)
def test_gradients(case, backend):
    csr = graph(case, edges=14)
    tensors = tuple(t.requires_grad_() for t in case.tensors(csr, 4))
    assert torch.autograd.gradcheck(partial(case.call, csr, backend=backend), tensors)


@each_case
def test_opcheck(case):
    csr = graph(case)
    for op, args in case.ops(csr, *case.tensors(csr, 4)):
        torch.library.opcheck(op, args)


@each_case
def test_fake_tensors_beyond_int32(case):
    with FakeTensorMode():
        nodes, edges, channels = 1 << 21, 1 << 20, 2048
        index = partial(torch.zeros, dtype=torch.int32)
        csr = Csr(index(nodes * case.taps + 1), index(edges), nodes)
        tensors = in_float32(case.tensors(csr, channels))
        out = case.call(csr, *tensors)
    assert tensors[0].numel() > 2**31
    assert out.shape[0] == nodes
    assert out.numel() > 2**31
    assert out.dtype == torch.float32


@each_case
@pytest.mark.parametrize("backend", BACKENDS)
def test_edge_cases(case, backend):
    none = torch.empty(0, dtype=torch.int64)
    for targets, sources in ((3, 2), (0, 2), (3, 0), (0, 0)):
        empty = Csr.from_sorted(none, none, targets * case.taps, sources)
        tensors = case.tensors(empty, 4)
        out, *grads = with_gradients(case, empty, tensors, backend)
        assert out.shape[0] == targets
        assert not out.any()
        assert [g.shape for g in grads] == [t.shape for t in tensors]
        assert not grads[0].any()
    csr = graph(case)
    out, grad, *_ = with_gradients(case, csr, case.tensors(csr, 4), backend)
    assert not out[-2:].any()
    assert not grad[-1].any()


@each_case
@pytest.mark.parametrize("backend", FAST)
def test_nan_reaches_its_targets_alone(case, backend):
    csr = graph(case)
    x, *others = case.tensors(csr, 4)
    x[2, 1] = float("nan")
    got, want = (case.call(csr, x, *others, backend=b) for b in (backend, "reference"))
    torch.testing.assert_close(got, want, equal_nan=True)
    assert got.isnan().any()
    assert not got.isnan().all()


@each_case
@pytest.mark.parametrize("backend", FAST)
def test_strides_do_not_matter(case, backend):
    csr = graph(case)
    tensors = case.tensors(csr, 8)
    spread = tuple(torch.stack([t, t], -1)[..., 0] for t in tensors)
    assert not spread[0].is_contiguous()
    want, got = (with_gradients(case, csr, t, backend) for t in (tensors, spread))
    assert all(torch.equal(a, b) for a, b in zip(got, want, strict=True))
    leaf = tensors[0].clone().requires_grad_()
    case.call(
        csr, leaf, *tensors[1:], backend=backend
    ).sum().backward()  # the gradient is an expanded scalar
    assert leaf.grad.isfinite().all()


@each_case
def test_same_bits(case):
    csr = large_graph(case)
    tensors = in_float32(case.tensors(csr, 20))
    want = with_gradients(case, csr, tensors, "numba")
    for run in range(20):
        torch.set_num_threads(1 + run % 3)
        got = with_gradients(case, csr, tensors, "numba")
        assert all(torch.equal(a, b) for a, b in zip(got, want, strict=True))


@each_case
def test_two_python_threads_at_once(case):
    csr = large_graph(case)
    tensors = in_float32(case.tensors(csr, 20))
    want = with_gradients(case, csr, tensors, "numba")
    same = []

    def work():
        for _ in range(3):
            got = with_gradients(case, csr, tensors, "numba")
            same.append(all(torch.equal(a, b) for a, b in zip(got, want, strict=True)))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert same == [True] * 6


def in_child(queue: Any) -> None:
    torch.set_num_threads(1)
    for case in CASES:
        torch.manual_seed(0)
        csr = large_graph(case)
        parts = with_gradients(case, csr, in_float32(case.tensors(csr, 20)), "numba")
        queue.put((case.name, [float(part.double().sum()) for part in parts]))


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_children_get_the_same(method):
    torch.set_num_threads(2)
    want = {}
    for case in CASES:
        torch.manual_seed(0)
        csr = large_graph(case)
        parts = with_gradients(case, csr, in_float32(case.tensors(csr, 20)), "numba")
        want[case.name] = [float(part.double().sum()) for part in parts]
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    child = context.Process(target=in_child, args=(queue,))
    child.start()
    child.join(240)
    assert child.exitcode == 0
    assert dict(queue.get() for _ in CASES) == want


LAYERS = {
    "attention": (gv.nn.psi.GATAttention(6, 4, heads=2, edge_channels=2), "sum"),
    "network": (gv.nn.psi.MLP(6, 4, edge_channels=2), ("mean", "max")),
    "copy": (gv.nn.psi.Copy(), ("sum", "max")),
    "source": (gv.nn.psi.Linear(6, 4), "mean"),
    "taps": (gv.nn.psi.Taps(torch.ones(4, 6, 3, 3)), "sum"),
}


def layer_case(name: str) -> tuple[Callable[..., Tensor], Any, tuple[Tensor, ...]]:
    psi, aggr = LAYERS[name]
    window = gv.nn.Window.make(3, stride=1, padding=1, dims=2)
    layer = gv.nn.MessagePassing(psi, aggr, lower=False)
    topology = gv.nn.window_topology((4, 3), window)
    assert layer.plan(topology).name != "reference"
    return lambda edges, x: layer(x, edges), topology, (torch.randn(12, 6),)


def op_case(case: Case) -> tuple[Callable[..., Tensor], Any, tuple[Tensor, ...]]:
    csr = graph(case)
    return case.call, csr, in_float32(case.tensors(csr, 8))


def compile_all(queue: Any) -> None:
    """In a process without the checks of shapes that tests add: torch can't compile those."""
    made = {case.name: partial(op_case, case) for case in CASES}
    made |= {name: partial(layer_case, name) for name in LAYERS}
    for name, make in made.items():
        call, edges, tensors = make()
        compiled = torch.compile(call, fullgraph=True, dynamic=True, backend="aot_eager")
        results = []
        for run in (call, compiled):  # what is derived from the edges is made by the first
            leaves = tuple(t.clone().requires_grad_() for t in tensors)
            try:
                out = run(edges, *leaves)
                results.append((out, *torch.autograd.grad(out.sin().sum(), leaves)))
            except Exception as error:
                queue.put((name, str(error)))
                break
        else:
            same = all(torch.equal(a, b) for a, b in zip(*results, strict=True))
            queue.put((name, "same" if same else "different"))


@pytest.fixture(scope="module")
def compiled():
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    child = context.Process(target=compile_all, args=(queue,))
    child.start()
    outcome = dict(queue.get() for _ in (*CASES, *LAYERS))
    child.join(60)
    return outcome


@pytest.mark.parametrize("name", [*(case.name for case in CASES), *LAYERS])
def test_compiles_as_one_graph(compiled, name):
    assert compiled[name] == "same"
