"""Every CNN of the registry has a twin that is the same network as message passing."""

import inspect
from typing import Any

import torch
from torch import nn

from graphvision.convert import GraphNetwork, graphify

SUFFIX = "-graph"


def message_twin(model: type[nn.Module], settings: dict[str, Any]) -> GraphNetwork:
    """A model of the registry with fresh weights as message passing on the image's graph.

    Args:
        model: class of an image model.
        settings: of the class, and ``lower`` and ``backend`` of
            :func:`graphvision.graphify`.

    Returns:
        The network: it takes images, and image graphs of any partition. Its parameters have the
        names and shapes of the CNN's.

    Example:
        >>> import torch, graphvision as gv
        >>> net = gv.models.create("lenet5-graph")
        >>> image = torch.rand(1, 28, 28)
        >>> net(image[None]).shape, net(gv.superpixel_graph(image, n_segments=75)).shape
        (torch.Size([1, 10]), torch.Size([1, 10]))
    """
    options = {name: settings[name] for name in ("lower", "backend") if name in settings}
    own = {name: value for name, value in settings.items() if name not in options}
    defaults = {n: p.default for n, p in inspect.signature(model).parameters.items()}
    channels = own.get("in_channels", defaults.get("in_channels", 1))
    size = own.get("image_size", defaults.get("image_size", (28, 28)))
    return graphify(model(**own), torch.zeros(2, channels, *size), **options)
