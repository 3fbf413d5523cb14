"""Reading a whole graph out: all nodes of an image send to one."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from graphvision.graphs import ImageGraph
from graphvision.graphs.topology import Edges, Topology
from graphvision.kernels.gather import Csr
from graphvision.nn import aggregators
from graphvision.nn.message_passing import MessagePassing
from graphvision.nn.psi import ScaledCopy

_OF_IMAGES: dict[str, Callable[..., Tensor]] = {
    "sum": torch.sum,
    "mean": torch.mean,
    "max": torch.amax,
    "min": torch.amin,
}


class GlobalPool(MessagePassing):
    """One row per image: ψ = n_j (times its share of the area), ⊕ over all nodes of the image.

    Args:
        aggr: any aggregation, or several. ``"mean"`` with ``by_area`` is the mean over *pixels*,
            which is what a CNN's global average pooling computes of the painted image.
        by_area: weigh a mean by area; no effect on other aggregations. The area is counted in
            pixels of the graph's own raster, which strides make smaller.
        backend: as in :class:`MessagePassing`.

    Raises:
        ValueError: ``by_area`` with a mean among several aggregations.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.GlobalPool("mean")(torch.ones(2, 3, 4, 4)).shape
        torch.Size([2, 3])
    """

    def __init__(
        self, aggr: aggregators.Aggr = "mean", *, by_area: bool = True, backend: str = "auto"
    ) -> None:
        self.over_pixels = aggregators.names(aggr)
        self.by_area = by_area and self.over_pixels == ("mean",)
        if by_area and "mean" in (self.over_pixels or ()) and not self.by_area:
            raise ValueError(
                "`by_area` must be False for a mean among several aggregations, "
                f"got True with {list(self.over_pixels or ())}"
            )
        super().__init__(ScaledCopy(), "sum" if self.by_area else aggr, backend=backend)

    def forward(self, input: Any) -> Tensor:  # type: ignore[override]  # edges are implied
        """Pool.

        Args:
            input: an image ``[b, c, *size]``, or an image graph or batch of them.

        Returns:
            ``[b, c]``; 0 for an image without nodes.

        Raises:
            ValueError: an image without a batch axis.
        """
        if isinstance(input, ImageGraph):
            return self._pool(input.x, input.node_ptr, input.area)
        if input.ndim < 3:
            raise ValueError(f"`input` must have shape (b, c, *size), got {tuple(input.shape)}")
        names = self.over_pixels
        if self.backend == "auto" and names and len(names) == 1 and names[0] in _OF_IMAGES:
            out: Tensor = _OF_IMAGES[names[0]](input, tuple(range(2, input.ndim)))
            return out
        pixels = input.flatten(2)
        x = pixels.transpose(1, 2).flatten(0, 1)
        ptr = torch.arange(len(input) + 1, device=x.device) * pixels.shape[2]
        return self._pool(x, ptr, torch.ones(len(x), device=x.device))

    def _pool(self, x: Tensor, ptr: Tensor, area: Tensor) -> Tensor:
        csr = Csr(ptr, torch.arange(len(x), device=x.device), len(x))
        topology = Topology(len(x), len(ptr) - 1, lambda: Edges(csr))
        weight = None
        if self.by_area:
            area = area.double()
            total = area.new_zeros(len(ptr) - 1).index_add_(0, csr.row, area)
            weight = (area / total[csr.row]).to(x.dtype)
        return self._pass(x, None, topology, weight)
