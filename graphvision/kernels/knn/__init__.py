"""Who is near whom, within each image of a batch."""

from jaxtyping import Float, Int
from torch import Tensor

from graphvision.kernels._dispatch import fast
from graphvision.kernels.knn import _reference

__all__ = ["nearest_edges", "radius_edges"]


def nearest_edges(
    points: Float[Tensor, "n d"],
    ptr: Int[Tensor, " b_plus_1"],
    k: int,
    *,
    loops: bool = False,
    backend: str = "auto",
) -> Int[Tensor, "2 e"]:
    """Edges from the k nearest points of the same image to every point.

    The distance is ``Σ_c (a_c − b_c)²``, summed in float64 in the order of the columns; of points
    equally far the lower number is nearer.

    Args:
        points: of all images, one after the other.
        ptr: first point of every image and, last, n.
        k: neighbours per point; all the others where an image has fewer.
        loops: count a point among its own neighbours.
        backend: ``"auto"``, ``"reference"``, ``"numba"`` (CPU) or ``"triton"`` (CUDA).

    Returns:
        (source, target), sorted by target, then source; exact, the same for every backend.

    Example:
        >>> import torch
        >>> nearest_edges(torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([0, 3]), 1).tolist()
        [[1, 0, 1], [0, 1, 2]]
    """
    kernel = fast("nearest_edges", backend, points) or _reference.nearest_edges
    edges: Tensor = kernel(points, ptr, k, loops=loops)
    return edges


def radius_edges(
    points: Float[Tensor, "n d"],
    ptr: Int[Tensor, " b_plus_1"],
    radius: float,
    *,
    loops: bool = False,
    backend: str = "auto",
) -> Int[Tensor, "2 e"]:
    """Edges between points of the same image that are at most ``radius`` apart.

    Args:
        points: of all images, one after the other.
        ptr: first point of every image and, last, n.
        radius: largest distance, in the unit of ``points``.
        loops: connect every point to itself too.
        backend: ``"auto"``, ``"reference"``, ``"numba"`` (CPU) or ``"triton"`` (CUDA).

    Returns:
        (source, target), sorted by target, then source; exact, the same for every backend.

    Example:
        >>> import torch
        >>> radius_edges(torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([0, 3]), 2.0).tolist()
        [[1, 0], [0, 1]]
    """
    kernel = fast("radius_edges", backend, points) or _reference.radius_edges
    edges: Tensor = kernel(points, ptr, radius, loops=loops)
    return edges
