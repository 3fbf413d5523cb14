"""Every voxel a node."""

from graphvision.graphs.partitions.pixels import Pixels


class Voxels(Pixels):
    """Every voxel of a volume ``[c, d, h, w]`` or ``[b, c, d, h, w]`` is a node, in raster order.

    Args:
        mask: ``[d, h, w]`` or ``[b, d, h, w]`` bool; False voxels are ignored.

    Example:
        >>> import torch
        >>> Voxels().assign(torch.zeros(1, 1, 2, 1, 2)).flatten().tolist()
        [0, 1, 2, 3]
    """

    ndim = 3
