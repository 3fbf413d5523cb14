"""Node features by name."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.graphs.features.names import chosen, suffixes_of
from graphvision.graphs.nodes import Nodes
from graphvision.kernels.columns import Columns
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
    image, regions, wanted = nodes.image, nodes.regions, set(names)
    suffixes = suffixes_of(image.shape[1], len(regions.size), "node")
    out = None
    table = nodes.shape
    if not image.requires_grad:
        width = {name: len(suffixes[name]) for name in names}
        out = Columns.make(width, image, regions.num_regions)
        table = out.fill(table)
    if wanted & _COLOUR:
        table = table | region_colours(image, regions, out)
    if wanted & _GRADIENT:
        table = table | region_gradients(nodes.slope, regions, out)
    if wanted & _LAYOUT:
        table = table | region_layout(image, regions, nodes.shape["centroid"], out)
    if out is not None:
        return out.table
    columns = [table[name].to(image.dtype) for name in names]
    return torch.cat(columns, 1) if columns else nodes.pos.new_empty(len(nodes.pos), 0)
