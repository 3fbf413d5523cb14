"""Every sample of a signal a node."""

from graphvision.graphs.partitions.pixels import Pixels


class Samples(Pixels):
    """Every sample of a 1-D signal ``[c, length]`` or ``[b, c, length]`` is a node.

    Args:
        mask: ``[length]`` or ``[b, length]`` bool; False samples are ignored.

    Example:
        >>> import torch
        >>> Samples().assign(torch.zeros(1, 2, 3)).tolist()
        [[0, 1, 2]]
    """

    ndim = 1
