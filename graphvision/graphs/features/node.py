"""Node features by name."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.graphs.features.names import chosen
from graphvision.graphs.nodes import Nodes
from graphvision.kernels.regions import region_colours, region_gradients, region_layout

NODE_FEATURES = (
    "mean", "std", "min", "max", "area", "centroid", "second_moments", "gradient", "orientation",
    "border_contact", "quadrants", "intensity_shift",
)  # fmt: skip
_COLOUR = {"mean", "std", "min", "max"}
_GRADIENT = {"gradient", "orientation"}
_LAYOUT = {"quadrants", "intensity_shift"}
_FLAT_ONLY = {"orientation", "quadrants", "intensity_shift"}


def node_names(names: str | Sequence[str], ndim: int = 2) -> tuple[str, ...]:
    """Check names of node features and write ``"all"`` out.

    Args:
        names: one name, several, or ``"all"`` (everything that images of ``ndim`` have).
        ndim: spatial dimensions; orientation, quadrants and intensity_shift are for pictures.

    Raises:
        ValueError: an unknown name, a name twice, or one that ``ndim`` doesn't have.

    Example:
        >>> node_names("mean"), len(node_names("all")), len(node_names("all", ndim=1))
        (('mean',), 12, 9)
    """
    known = tuple(n for n in NODE_FEATURES if ndim == 2 or n not in _FLAT_ONLY)
    return chosen(names, known, "node_features")


def node_table(nodes: Nodes, names: tuple[str, ...]) -> Float[Tensor, "n f"]:
    """Compute the named features, side by side in the order of ``names``.

    Args:
        nodes: the regions and their picture.
        names: checked by :func:`node_names`.

    Returns:
        In the image's dtype; differentiable in the pixels, but for sizes and places.
    """
    wanted = set(names)
    table = dict(nodes.shape)
    if wanted & _COLOUR:
        table |= region_colours(nodes.image, nodes.regions)
    if wanted & _GRADIENT:
        table |= region_gradients(nodes.slope, nodes.regions)
    if wanted & _LAYOUT:
        table |= region_layout(nodes.image, nodes.regions, nodes.shape["centroid"])
    columns = [table[name].to(nodes.image.dtype) for name in names]
    return torch.cat(columns, 1) if columns else nodes.pos.new_empty(len(nodes.pos), 0)
