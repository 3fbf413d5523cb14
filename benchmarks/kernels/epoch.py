"""One epoch of training a network of three GATv2 layers on superpixel graphs."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
import torch_geometric.nn as pyg
from torch import Tensor, nn
from torch_geometric.loader import DataLoader

import graphvision as gv
from benchmarks._agree import Close
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks.kernels._inputs import graph_stores, unpacked
from graphvision.kernels.gather import Csr, gather_reduce
from graphvision.nn.psi import GATAttention

PEER = "PyG layers and DataLoader"
NODES, HIDDEN, HEADS, DEPTH, BATCH = 75, 64, 4, 3, 128
SETS = {"6,000": "fashion-mini", "60,000": "fashion-mnist"}


def cases() -> Iterator[Case]:
    """A tenth of the data by default; all of it by name."""
    for count, dataset in SETS.items():
        yield Case(
            "epoch",
            f"3 layers GATv2, h={HIDDEN}, {count} graphs of {NODES} nodes",
            partial(_make, dataset),
            [Goal(6.0, PEER)],
            Close(1e-3),
            unit="epoch",
            rounds=3,
            by_name_only=count != "6,000",
        )


class Net(nn.Module):
    """Residual layers of attention with edge features, and the mean over the nodes."""

    def __init__(
        self, in_features: int, layers: Iterable[nn.Module], pool: Callable[[Tensor, Any], Tensor]
    ) -> None:
        super().__init__()
        self.embed, self.head = nn.Linear(in_features, HIDDEN), nn.Linear(HIDDEN, 10)
        self.layers, self.pool = nn.ModuleList(layers), pool

    def forward(self, graph: Any) -> Tensor:
        """Logits."""
        hidden = self.embed(graph.x)
        for layer in self.layers:
            hidden = hidden + F.relu(layer(hidden, graph.edge_index, graph.edge_attr))
        out: Tensor = self.head(self.pool(hidden, graph))
        return out


def _peer_pool(x: Tensor, graph: Any) -> Tensor:
    out: Tensor = pyg.global_mean_pool(x, graph.batch, graph.num_graphs)
    return out


def _our_pool(x: Tensor, graph: Any) -> Tensor:
    csr = Csr(graph.node_ptr, torch.arange(len(x), device=x.device), len(x))
    return gather_reduce(x, csr, reduce="mean")


def _as_ours(conv: pyg.GATv2Conv) -> gv.nn.MessagePassing:
    """The same layer with the same weights."""
    psi = GATAttention(HIDDEN, HIDDEN, heads=HEADS, edge_channels=conv.edge_dim)
    for mine, theirs in (("source", "lin_l"), ("target", "lin_r"), ("edge", "lin_edge")):
        getattr(psi, mine).load_state_dict(getattr(conv, theirs).state_dict())
    psi.vector.data = conv.att.data[0].clone()
    return gv.nn.MessagePassing(psi, "sum", gv.nn.Bias(nn.Parameter(conv.bias.data.clone())))


def _epoch(
    net: nn.Module, batches: Callable[[], Iterable[Any]], device: torch.device
) -> Callable[[], Tensor]:
    """A call that trains from the same start every time and gives the losses."""
    start = {name: value.clone() for name, value in net.state_dict().items()}

    def call() -> Tensor:
        net.load_state_dict(start)
        optimiser, losses = torch.optim.Adam(net.parameters(), 1e-3), []
        for batch in batches():
            graph = batch.to(device)
            optimiser.zero_grad()
            loss = F.cross_entropy(net(graph), graph.y)
            loss.backward()
            optimiser.step()
            losses.append(loss.detach())
        return torch.stack(losses)

    return call


def _make(dataset: str, setting: Setting) -> list[Provider]:
    stores = graph_stores(dataset, NODES)
    graphs = [graph for store in stores for graph in unpacked(store)]
    torch.manual_seed(0)
    width, edges = stores[0].in_features, stores[0].edge_features
    convs = [
        pyg.GATv2Conv(HIDDEN, HIDDEN // HEADS, HEADS, edge_dim=edges, add_self_loops=False)
        for _ in range(DEPTH)
    ]
    theirs = Net(width, convs, _peer_pool).to(setting.device)
    ours = Net(width, map(_as_ours, convs), _our_pool).to(setting.device)
    for name in ("embed", "head"):
        getattr(ours, name).load_state_dict(getattr(theirs, name).state_dict())

    def peer_batches() -> Iterator[Any]:  # the last batch of a store may be smaller, as in ours
        start = 0
        for store in stores:
            yield from DataLoader(graphs[start : start + len(store)], BATCH)
            start += len(store)

    def our_batches() -> Iterator[Any]:
        for store in stores:
            yield from gv.GraphLoader(store, BATCH)

    device = setting.device
    return [
        Provider(
            "graphvision layers and loader", _epoch(ours, our_batches, device), "ours", memory=False
        ),
        Provider(PEER, _epoch(theirs, peer_batches, device), memory=False),
    ]
