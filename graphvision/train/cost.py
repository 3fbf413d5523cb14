"""What a model costs before it has learned anything."""

import time
from typing import Any

import torch

from graphvision import models
from graphvision.train.data import Data
from graphvision.train.fitted import Fitted, fitted
from graphvision.train.run import input_kind

EXAMPLES = 64
BUILT, BUILT_PIXELS = 512, 512 * 64 * 64


def cost_of(model: str, data: Data) -> dict[str, Any]:
    """Size of the inputs and work per image.

    Args:
        model: name in the registry.
        data: the comparison's images.

    Returns:
        ``input_kind``; ``nodes`` and ``edges`` per image: of its graph, else of the first layer
        that passes messages (None where no layer does);
        ``enlarged_to``, the size in pixels where the model is for larger images than these;
        ``multiply_adds`` per image from the layers' formulas; ``graph_seconds`` per image.
    """
    kind = input_kind(model)
    network = fitted(model, **data.shape(kind)).to(data.device)
    test = data.splits["test"]
    index = torch.arange(min(EXAMPLES, _few(test.image_size), len(test)))
    example = data.inputs(kind, "test", index)
    given = example if isinstance(example, tuple) else (example,)
    given = tuple(x.to(torch.float32) / 255 if isinstance(x, torch.Tensor) else x for x in given)
    cost: dict[str, Any] = {
        "input_kind": kind,
        "multiply_adds": models.multiply_adds(network, *given) / len(index),
        "graph_seconds": None,
        "nodes": None,
        "edges": None,
        "enlarged_to": _enlarged(network, given[0]),
    }
    if kind != "image":
        store = data.store("train")
        return cost | {
            "nodes": store.nodes_per_image,
            "edges": store.edges_per_image,
            "graph_seconds": _graph_seconds(data),
        }
    for layer in network.modules():
        if hasattr(layer, "topology"):
            image = network.fit(given[0][:1]) if isinstance(network, Fitted) else given[0][:1]
            topology: Any = layer.topology(image)  # type: ignore[operator]
            return cost | {"nodes": topology.num_sources, "edges": topology.num_edges}
    return cost


def _enlarged(network: Any, images: Any) -> list[int] | None:
    if not isinstance(network, Fitted) or network.size[-2:] == tuple(images.shape[2:]):
        return None
    return None if len(network.size) == 1 else list(network.size[-2:])


def _graph_seconds(data: Data) -> float:
    """Time to build the graph of one image, measured on a batch after the code is compiled."""
    test = data.splits["test"]
    images = test.images[: min(BUILT, _few(test.image_size))]
    images = images.to(torch.float32) / 255
    recipe = data.settings.recipe
    recipe.build(images[:2])
    start = time.perf_counter()
    recipe.build(images)
    return (time.perf_counter() - start) / len(images)


def _few(size: tuple[int, int]) -> int:
    """As many images of a size as may be in memory with what is made of them."""
    return max(1, BUILT_PIXELS // (size[0] * size[1]))
