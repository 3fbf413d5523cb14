"""Node features by name."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.graphs.features.names import chosen
from graphvision.kernels.regions import Regions, region_colours, region_gradients, region_layout

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


def node_table(
    image: Float[Tensor, "b c *size"],
    regions: Regions,
    shape: dict[str, Tensor],
    names: tuple[str, ...],
) -> Float[Tensor, "n f"]:
    """Compute the named features, side by side in the order of ``names``.

    Args:
        image: one value per pixel and channel.
        regions: label maps of the same size.
        shape: what :func:`graphvision.kernels.regions.region_shape` gave for them.
        names: checked by :func:`node_names`.

    Returns:
        In the image's dtype; differentiable in the pixels, but for sizes and places.
    """
    wanted = set(names)
    table = dict(shape)
    if wanted & _COLOUR:
        table |= region_colours(image, regions)
    if wanted & _GRADIENT:
        table |= region_gradients(image, regions)
    if wanted & _LAYOUT:
        table |= region_layout(image, regions, shape["centroid"])
    columns = [table[name].to(image.dtype) for name in names]
    return torch.cat(columns, 1) if columns else image.new_empty(regions.num_regions, 0)
