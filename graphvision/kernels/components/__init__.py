"""Connected pieces of label maps."""

from jaxtyping import Int
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.components import _reference

__all__ = ["connected_components"]


def connected_components(
    labels: Int[Tensor, "b h w"], *, backend: str = "auto"
) -> Int[Tensor, "b h w"]:
    """Number the pieces of every label map: pixels of one label that hang together, 4-connected.

    Args:
        labels: int64; negative pixels belong to no piece.
        backend: ``"auto"``, ``"reference"``, ``"numba"`` (CPU) or ``"triton"`` (CUDA).

    Returns:
        int64, 0…n-1 in each image in raster order of the pieces' first pixels; -1 where ``labels``
        is negative.

    Raises:
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> connected_components(torch.tensor([[[7, 3, 7], [3, 3, 7]]])).tolist()
        [[[0, 1, 2], [1, 1, 2]]]

    Source:
        Runs and union-find: He, Chao and Suzuki, "A run-based two-scan labeling algorithm", IEEE
        TIP 2008; the oracle is ``skimage.measure.label`` (``test_matches_oracle``).
    """
    found: Tensor = (fast("connected_components", backend, labels) or _reference.components)(labels)
    return found
