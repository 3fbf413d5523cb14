"""What every layer of a network of messages costs on a partition, beside the pixel grid."""

import copy
import time
from collections import Counter
from statistics import median
from typing import Any

import torch
from torch import Tensor

from graphvision.convert.layer_costs_report import Cost, LayerCost, LayerCosts
from graphvision.convert.messages import Messages
from graphvision.convert.network import GraphNetwork
from graphvision.convert.step import Step
from graphvision.graphs import ImageGraph, Pixels, Samples, Voxels, image_graph
from graphvision.nn.layout import image_to_nodes
from graphvision.nn.nodewise import image_of
from graphvision.nn.ran import noting_what_runs

_EVERY_PIXEL = (Samples, Pixels, Voxels)


def layer_costs(net: GraphNetwork, graph: ImageGraph, *, repeats: int = 5) -> LayerCosts:
    """Count nodes and edges of every layer on a graph and on the pixels, and take the time.

    The network runs forward, without gradients, on the graph and, in turn, on its painted images,
    where every pixel is a node and the layers are the CNN's. Strides and pools leave few pixels; of
    the nodes only those go that none of these pixels belongs to.

    Args:
        net: what :func:`graphify` made; it isn't changed.
        graph: an image graph or a batch of them, of images of one size.
        repeats: timed passes, ≥ 1, after one that compiles and one that finds the edges.

    Returns:
        The report; ``print`` shows it as a table, ``gv.plot_layer_costs`` draws it. Seconds are
        medians of the wall clock and tell of this machine only.

    Raises:
        ValueError: images of several sizes, or no pass to time.

    Example:
        >>> import torch, graphvision as gv
        >>> cnn, image = gv.models.create("lenet5"), torch.rand(1, 28, 28)
        >>> graph = gv.patch_graph(image, patch_size=4)
        >>> costs = gv.layer_costs(gv.graphify(cnn, image[None]), graph)
        >>> [(row.layer, row.graph.nodes, row.pixels.nodes) for row in costs.layers[:3]]
        [('conv1', 49, 784), ('relu', 49, 784), ('max_pool2d', 49, 196)]
        >>> costs["conv1"].graph.edges, costs["conv1"].pixels.edges
        (3481, 17956)
    """
    if repeats < 1:
        raise ValueError(f"`repeats` must be at least 1, got {repeats}")
    net, images = copy.deepcopy(net), image_of(graph)
    with torch.no_grad():
        counts = _counted(net, graph.clone()), _counted(net, _pixels_of(images))
        graph = graph.clone()  # of which nothing is remembered yet
        first = _timed(net, graph)
        passes = [(_timed(net, graph), _timed(net, images)) for _ in range(repeats)]
    on_graph, on_pixels = (
        [median(times) for times in zip(*seconds, strict=True)]
        for seconds in zip(*passes, strict=True)
    )
    rows, calls = [], Counter[str]()
    for i, step in enumerate(net.steps):
        if step.op not in ("module", "function", "method") or step.shape is None:
            continue
        calls[name := _name(step)] += 1
        rows.append(
            LayerCost(
                layer=name if calls[name] == 1 else f"{name} ({calls[name]})",
                kind=_kind(step, net),
                graph=Cost(*counts[0][i], on_graph[i]),
                pixels=Cost(*counts[1][i], on_pixels[i]),
                finding_edges=max(0.0, first[i] - on_graph[i]) if counts[0][i][1] else 0.0,
            )
        )
    return LayerCosts(net.class_name, tuple(images.shape), int(graph.num_nodes), tuple(rows))


def _pixels_of(images: Tensor) -> ImageGraph:
    """Every pixel a node, so that functions that take tensors as they are count their edges too."""
    graph: ImageGraph = image_graph(images, _EVERY_PIXEL[images.ndim - 3]())
    graph.x = image_to_nodes(images)
    return graph


def _counted(net: GraphNetwork, given: Any) -> list[tuple[int | None, int | None, str]]:
    """Nodes, edges and plan of every step."""
    found: list[tuple[int | None, int | None, str]] = []

    def count(step: Step, value: Any) -> None:
        messages = Messages.of(ran)
        ran.clear()
        found.append((_nodes(value), messages.edges, messages.plan))

    with noting_what_runs() as ran:
        net.watch(count, given)
    return found


def _nodes(value: Any) -> int | None:
    if isinstance(value, (tuple, list)) and value:
        value = value[0]
    return int(value.num_nodes) if isinstance(value, ImageGraph) else None


def _timed(net: GraphNetwork, given: Any) -> list[float]:
    """Seconds of every step."""
    device = given.x.device if isinstance(given, ImageGraph) else given.device
    ends: list[float] = []

    def end(step: Step, value: Any) -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        ends.append(time.perf_counter())

    start = time.perf_counter()
    net.watch(end, given)
    return [after - before for before, after in zip([start, *ends], ends, strict=False)]


def _name(step: Step) -> str:
    if step.op == "module":
        return str(step.target)
    return f"{step.place}.{step.what}" if step.place else step.what


def _kind(step: Step, net: GraphNetwork) -> str:
    return type(net.get_submodule(step.target)).__name__ if step.op == "module" else step.what
