"""What the cases run on: grids as irregular graphs, superpixel graphs, pictures."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

import graphvision as gv
from benchmarks._case import Provider, Setting
from graphvision.datasets import GraphStore, Recipe, load
from graphvision.graphs.topology import Edges, Topology, edge_topology, window_topology
from graphvision.kernels import BackendUnavailable

GRID = (8, 64)  # images, side


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Normal numbers that are the same every time."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@cache
def grid_edges(batch: int = GRID[0], side: int = GRID[1]) -> Tensor:
    """``edge_index`` of all 8 neighbours of every pixel, as of any graph."""
    edges: Tensor = gv.grid_graph(torch.zeros(batch, 1, side, side), 8).edge_index
    return edges


@cache
def superpixel_edges(count: int = 256) -> tuple[Tensor, Tensor, int]:
    """``edge_index``, ``edge_attr`` and number of nodes of a batch of superpixel graphs."""
    graph = gv.superpixel_graph(fashion(count), 75, exact=True, edge_features="all")
    attr = graph.edge_attr
    return graph.edge_index, (attr - attr.mean(0)) / attr.std(0), graph.num_nodes


def graph(name: str, setting: Setting) -> tuple[Tensor, Tensor, int]:
    """Edges, two standardised features of each, and number of nodes of a named graph.

    Args:
        name: ``"grid"`` or ``"superpixels"``.
        setting: where.
    """
    if name == "grid":
        edge_index, nodes = grid_edges(), GRID[0] * GRID[1] ** 2
        features = normal(edge_index.shape[1], 2)
    else:
        edge_index, features, nodes = superpixel_edges()
        features = features[:, :2].contiguous()
    return edge_index.to(setting.device), features.to(setting.device), nodes


@cache
def irregular_taps(side: int, batch: int = 1, device: torch.device | None = None) -> Topology:
    """3×3 taps on explicit edges, not known to be a raster."""
    window = gv.nn.Window.make(3, stride=1, padding=1, dims=2)
    whole = window_topology((side, side), window, batch, device)
    edges = Edges(whole.edges.csr, whole.edges.tap)
    return Topology(whole.num_sources, whole.num_targets, lambda: edges, window=window)


def rebuilt(edge_index: Tensor, nodes: int) -> Topology:
    """The topology of ``edge_index``, sorted anew: another tensor is another graph."""
    return edge_topology(edge_index.view_as(edge_index), nodes)


@cache
def fashion(count: int) -> Tensor:
    """Clothes, ``[count, 1, 28, 28]`` uint8, of the test images in the package."""
    images: Tensor = load("fashion-mini", "test").images[:count]
    return images


@cache
def graph_stores(dataset: str, nodes: int) -> list[GraphStore]:
    """The graphs of training and validation images, from the cache or built now."""
    recipe = Recipe(nodes)
    return [GraphStore.build(load(dataset, split), recipe) for split in ("train", "validation")]


def unpacked(store: GraphStore) -> list[gv.ImageGraph]:
    """The graphs of a store, one by one."""
    return [graph for batch in gv.GraphLoader(store, 500) for graph in batch.to_data_list()]


@cache
def astronaut() -> np.ndarray:
    """A photograph, ``[512, 512, 3]`` uint8."""
    from skimage.data import astronaut as picture

    image: np.ndarray = picture()
    return image


def photograph(side: int) -> Tensor:
    """The photograph cut or repeated (mirrored) to ``[3, side, side]`` uint8."""
    image = torch.from_numpy(astronaut()).permute(2, 0, 1)
    double = torch.cat([image, image.flip(2)], 2)
    double = torch.cat([double, double.flip(1)], 1)
    times = -(-side // double.shape[1])
    return double.repeat(1, times, times)[:, :side, :side].contiguous()


def steps(
    run: Callable[[Tensor], Tensor], x: Tensor, wanted: Sequence[Tensor], *, backward: bool
) -> Callable[[], Any]:
    """The forward pass of ``run`` alone, or with its backward pass.

    Args:
        run: maps ``x`` to the output.
        x: the input.
        wanted: parameters whose gradients are compared, behind that of ``x``.
        backward: whether gradients are computed.

    Returns:
        A call that gives the output, or the output and its gradients.
    """
    if not backward:

        def forward() -> Tensor:
            with torch.no_grad():
                return run(x)

        return forward
    leaf = x.detach().clone(memory_format=torch.preserve_format).requires_grad_()
    with torch.no_grad():
        upstream = normal(*run(x).shape, seed=1).to(x.device)

    def both() -> tuple[Tensor, ...]:
        out = run(leaf)
        return (out.detach(), *torch.autograd.grad(out, [leaf, *wanted], upstream))

    return both


def by_torch_scatter(run: Callable[..., Tensor], x: Tensor, *, backward: bool) -> Provider:
    """An op of ours by the package torch_scatter, or why that can't run here.

    Args:
        run: maps ``x`` to the output, and takes a ``backend``.
        x: the input.
        backward: whether gradients are computed.
    """
    name, scattered = "graphvision by torch_scatter", partial(run, backend="torch_scatter")
    try:
        return Provider(name, steps(scattered, x, (), backward=backward), "ours")
    except BackendUnavailable as error:
        return Provider(name, lambda: None, lacks=str(error))


def way(backward: bool) -> str:
    """How a case's name says what is run."""
    return "forward + backward" if backward else "forward"


def copied(x: Tensor, *, times: int = 1) -> Provider:
    """The limit of what is bound by memory: ``times`` copies of x."""
    target = torch.empty_like(x)

    def call() -> None:
        for _ in range(times):
            target.copy_(x)

    name = "copy of x" if times == 1 else f"copy of x, {times} times"
    return Provider(name, call, "limit", result=None)


def multiplied(rows: int, inner: int, columns: int, setting: Setting, times: int = 1) -> Provider:
    """The limit of what is bound by arithmetic: the same multiply-adds as one matrix product."""
    a, b = normal(rows, inner).to(setting.device), normal(inner, columns).to(setting.device)
    out = torch.empty(rows, columns, device=setting.device)

    def call() -> None:
        for _ in range(times):
            torch.mm(a, b, out=out)

    name = "matrix product" if times == 1 else f"matrix product, {times} times"
    return Provider(name, call, "limit", result=None)
