"""Sum, mean, max, std over neighbours, without a buffer of messages."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
import torch_geometric.nn.aggr as pyg_aggr
from torch import Tensor
from torch_geometric.utils import scatter

from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting, installed
from benchmarks.kernels._inputs import (
    GRID,
    by_torch_scatter,
    copied,
    grid_edges,
    normal,
    rebuilt,
    steps,
    way,
)
from graphvision.kernels.gather import Csr, gather_reduce

CHANNELS = (16, 64, 128)
REDUCTIONS = ("sum", "mean", "max", "std", ("mean", "max", "std"))
SCATTER, SEGMENT, PYG = "torch_scatter.scatter", "torch_scatter.segment_csr", "PyG scatter"
Run = Callable[[Tensor], Tensor]


def cases() -> Iterator[Case]:
    """Every reduction, width and direction, on a grid of 8 neighbours."""
    for reduce in REDUCTIONS:
        for channels in CHANNELS:
            for backward in (False, True):
                text = reduce if isinstance(reduce, str) else "+".join(reduce)
                yield Case(
                    "gather_reduce",
                    f"{text}, C={channels}, {way(backward)}",
                    partial(_make, reduce, channels, backward),
                    _goals(reduce, channels, backward),
                    Close(1e-4 if "std" in reduce else 1e-5),
                )


def _goals(reduce: str | Sequence[str], channels: int, backward: bool) -> list[Goal]:
    if reduce not in ("sum", "mean", "max"):
        return []
    least = 6.0 if backward else 5.0 if channels < 64 else 10.0
    goals = [Goal(least, peer) for peer in (SCATTER, SEGMENT, PYG)]
    near = not backward and channels >= 64
    return [*goals, Goal(1 / 2.5, "copy of x")] if near else goals


def _make(
    reduce: str | Sequence[str], channels: int, backward: bool, setting: Setting
) -> list[Provider]:
    edge_index = grid_edges().to(setting.device)
    nodes = GRID[0] * GRID[1] ** 2
    x = normal(nodes, channels).to(setting.device)
    csr = rebuilt(edge_index, nodes).edges.csr
    options = {"reduce": reduce}
    runs: dict[str, Run] = {
        "graphvision, cached topology": lambda x: gather_reduce(x, csr, **options),
        "graphvision, built each call": lambda x: gather_reduce(
            x, rebuilt(edge_index, nodes).edges.csr, **options
        ),
    }
    plain = {"reference": lambda x: gather_reduce(x, csr, backend="reference", **options)}
    peers = {"PyG aggregation object": _pyg(reduce, edge_index, nodes)}
    if isinstance(reduce, str):
        peers |= _single(reduce, edge_index, csr)
    providers = [
        Provider(name, steps(run, x, (), backward=backward), kind)
        for kind, some in (("ours", runs), ("reference", plain), ("peer", peers))
        for name, run in some.items()
    ]
    ours = partial(gather_reduce, csr=csr, **options)
    providers.append(by_torch_scatter(ours, x, backward=backward))
    if reduce in ("sum", "mean", "max"):
        providers += _torch_scatter(reduce, edge_index, csr, x, backward)
    return [*providers, copied(x, times=2 if backward else 1)]


def _single(reduce: str, edge_index: Tensor, csr: Csr) -> dict[str, Run]:
    (source, target), nodes = edge_index, csr.num_targets
    if reduce == "std":
        return {}
    how = {"max": "amax"}.get(reduce, reduce)
    lengths, wide = csr.degree.long(), target.unsqueeze(1)

    def scatter_reduce(x: Tensor) -> Tensor:
        rows = x.index_select(0, source)
        out = x.new_zeros(nodes, x.shape[1])
        return out.scatter_reduce(0, wide.expand_as(rows), rows, how, include_self=False)

    peers: dict[str, Run] = {
        PYG: lambda x: scatter(x.index_select(0, source), target, 0, nodes, reduce),
        "torch scatter_reduce": scatter_reduce,
        "torch segment_reduce": lambda x: torch.segment_reduce(
            x.index_select(0, source), reduce, lengths=lengths, unsafe=True
        ),
    }
    if reduce in ("sum", "mean"):
        share = 1 / lengths.clamp(min=1).float() if reduce == "mean" else torch.ones(nodes)
        share = share.to(edge_index.device)
        size = (nodes, csr.num_sources)
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # "beta state"
            matrix = torch.sparse_csr_tensor(csr.rowptr, csr.col, share[target], size)
        peers["torch sparse CSR @ x"] = lambda x: matrix @ x
        if reduce == "sum":
            peers["torch index_add_"] = lambda x: x.new_zeros(nodes, x.shape[1]).index_add(
                0, target, x.index_select(0, source)
            )
    return peers


def _pyg(reduce: str | Sequence[str], edge_index: Tensor, nodes: int) -> Run:
    made = pyg_aggr.MultiAggregation([reduce] if isinstance(reduce, str) else list(reduce))
    source, target = edge_index
    return lambda x: made(x.index_select(0, source), target, dim_size=nodes, dim=0)


def _torch_scatter(
    reduce: str, edge_index: Tensor, csr: Csr, x: Tensor, backward: bool
) -> list[Provider]:
    (source, target), nodes, rowptr = edge_index, csr.num_targets, csr.rowptr.long()

    def made(name: str, run: Callable[[Any, Tensor], Tensor]) -> Provider:
        return installed(
            "torch_scatter",
            name,
            lambda m: Provider(name, steps(partial(run, m), x, (), backward=backward)),
        )

    def scattered(m: Any, x: Tensor) -> Tensor:
        rows = x.index_select(0, source)
        return m.scatter(rows, target, 0, dim_size=nodes, reduce=reduce)

    def segmented(m: Any, x: Tensor) -> Tensor:
        return m.segment_csr(x.index_select(0, source), rowptr, reduce=reduce)

    return [made(SCATTER, scattered), made(SEGMENT, segmented)]
