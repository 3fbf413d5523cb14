"""Which regions touch, how long their border is, and how sharp the picture is across it."""

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.borders import _reference
from graphvision.kernels.borders._borders import Borders
from graphvision.kernels.regions import Regions

__all__ = ["Borders", "borders"]


def borders(
    regions: Regions,
    image: Float[Tensor, "b c *size"],
    slope: Float[Tensor, "b d *size"] | None = None,
) -> Borders:
    """Find the borders between regions, with 4-connected pixels (2 in a signal, 6 in a volume).

    With P the pairs of neighbouring pixels (p in region i, q in region j):
    ``length = |P|``, ``colour_step_c = mean_P |I_c(p) − I_c(q)|``,
    ``gradient = mean_P (‖∇I(p)‖ + ‖∇I(q)‖)/2``.

    Args:
        regions: label maps; ignored pixels touch nothing.
        image: one value per pixel and channel, of the same size; no channels where no colour step
            is wanted.
        slope: the gradient ∇I, of :func:`graphvision.kernels.regions.image_slope`, or None where no
            ``gradient`` is wanted.

    Returns:
        Both directions of every border, with equal values, sorted by (target, source); the same
        bits for any thread count.

    Example:
        >>> import torch
        >>> from graphvision.kernels.regions import image_slope
        >>> image, regions = torch.tensor([[[[0.0, 1.0]]]]), Regions(torch.tensor([[[0, 1]]]))
        >>> found = borders(regions, image, image_slope(image, regions))
        >>> found.edge_index.tolist(), found.length.tolist(), found.colour_step.tolist()
        ([[1, 0], [0, 1]], [1, 1], [[1.0], [1.0]])
    """
    if slope is None:
        slope = image.new_empty(len(image), 0, *regions.size)
    kernel = None
    if len(regions.size) == 2 and not (image.requires_grad or slope.requires_grad):
        kernel = fast("borders", regions.backend, image)
    found: Borders = (kernel or _reference.borders)(regions, image, slope)
    return found
