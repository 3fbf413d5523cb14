"""From nodes to pixels and back."""

from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs.image_graph import ImageGraph
from graphvision.kernels.gather import Csr, gather_reduce
from graphvision.kernels.regions import Regions

_REDUCTIONS = ("sum", "mean", "min", "max", "std")


def rasterize(
    values: Shaped[Tensor, "n *c"], graph: ImageGraph | Batch, fill: float | int = 0.0
) -> Tensor | list[Tensor]:
    """Paint node values onto the pixels: ``out[:, p] = values[assign[p]]``.

    Args:
        values: one row, or one number, per node (of the whole batch).
        graph: what the nodes belong to.
        fill: value of ignored pixels.

    Returns:
        ``[c, *size]`` for a graph, ``[b, c, *size]`` for a batch of images of one size, a list of
        ``[c, *size]`` where sizes differ; in channels-last memory, so that painting is one gather.
        Differentiable; the adjoint of ``pool_pixels(…, reduce="sum")``.

    Raises:
        ValueError: not one row per node.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.patch_graph(torch.rand(1, 2, 4), patch_size=2)
        >>> rasterize(torch.tensor([1.0, 2.0]), graph).tolist()
        [[[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]]
    """
    if len(values) != graph.num_nodes:
        raise ValueError(
            f"`values` must have {graph.num_nodes} rows, one per node, got {len(values)}"
        )
    rows = values.unsqueeze(1) if values.ndim == 1 else values.flatten(1)
    assign = graph.global_assign
    padded = torch.cat([rows, rows.new_full((1, rows.shape[1]), fill)])
    painted = padded.index_select(0, torch.where(assign >= 0, assign, len(rows)))
    return _to_images(painted, graph)


def pool_pixels(
    pixels: Tensor | list[Tensor], graph: ImageGraph | Batch, reduce: str = "mean"
) -> Float[Tensor, "n c"]:
    """Reduce the pixels of every node: ``out_i = ⊕_{p: assign[p] = i} pixels[:, p]``.

    Args:
        pixels: what :func:`rasterize` gives: ``[c, *size]``, ``[b, c, *size]`` or a list.
        graph: what the pixels belong to; ignored pixels give nothing.
        reduce: ``"sum"``, ``"mean"``, ``"min"``, ``"max"`` or ``"std"`` (of the population).

    Returns:
        One row per node. Differentiable (equal extremes share the gradient; that of ``"std"`` is 0
        where it is 0); ``pool_pixels(rasterize(v), "mean") = v``.

    Raises:
        ValueError: an unknown ``reduce``, or pixels that are not floating or of another size than
            the graph's.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.patch_graph(torch.rand(1, 2, 4), patch_size=2)
        >>> pool_pixels(torch.ones(1, 2, 4), graph, reduce="sum").tolist()
        [[4.0], [4.0]]
    """
    if reduce not in _REDUCTIONS:
        raise ValueError(f"`reduce` must be one of {list(_REDUCTIONS)}, got {reduce!r}")
    rows = _to_rows(pixels, graph)
    if not rows.is_floating_point():
        raise ValueError(f"`pixels` must be floating, got {str(rows.dtype)[6:]}")
    csr = _pixel_csr(graph)
    if reduce != "std":
        return gather_reduce(rows, csr, reduce=reduce)
    mean = gather_reduce(rows, csr, reduce="mean")
    assign = graph.global_assign.clamp(min=0)
    centred = rows - mean.index_select(0, assign) if len(mean) else rows
    variance = gather_reduce(centred * centred, csr, reduce="mean")
    flat = variance <= 0
    return variance.masked_fill(flat, 1.0).sqrt().masked_fill(flat, 0.0)


def _pixel_csr(graph: Any) -> Csr:
    csr = Regions(graph.global_assign.unsqueeze(0)).csr
    if csr.num_targets != graph.num_nodes:
        raise ValueError(
            f"`graph.assign` must use all {graph.num_nodes} nodes, got {csr.num_targets}"
        )
    return csr


def _sizes(graph: Any) -> list[tuple[int, ...]]:
    sizes: list[tuple[int, ...]] = graph.size_hw
    return sizes


def _to_images(rows: Tensor, graph: Any) -> Tensor | list[Tensor]:
    sizes = _sizes(graph)
    if len(set(sizes)) == 1:
        images = rows.view(len(sizes), *sizes[0], rows.shape[1]).movedim(-1, 1)
        return images if isinstance(graph, Batch) else images[0]
    parts = rows.split([torch.Size(s).numel() for s in sizes])
    return [p.view(*s, rows.shape[1]).movedim(-1, 0) for p, s in zip(parts, sizes, strict=True)]


def _to_rows(pixels: Tensor | list[Tensor], graph: Any) -> Tensor:
    sizes = _sizes(graph)
    images = pixels
    if isinstance(pixels, Tensor) and not isinstance(graph, Batch):
        images = pixels.unsqueeze(0)
    got = [tuple(image.shape[1:]) for image in images]
    if got != sizes:
        raise ValueError(
            f"`pixels` must have a channel axis and the graph's sizes {sizes[:4]}, got {got[:4]}"
        )
    if isinstance(images, Tensor):
        return images.movedim(1, -1).flatten(0, -2)
    return torch.cat([image.movedim(0, -1).flatten(0, -2) for image in images])
