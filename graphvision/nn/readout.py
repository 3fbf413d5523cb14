"""Reading a whole graph out: all nodes of an image send to one."""

from typing import Any

import torch
from torch import Tensor

from graphvision.graphs import ImageGraph
from graphvision.graphs.topology import Edges, Topology
from graphvision.kernels.gather import Csr
from graphvision.nn.aggregators import Aggr
from graphvision.nn.message_passing import MessagePassing
from graphvision.nn.psi import ScaledCopy


class GlobalPool(MessagePassing):
    """One row per image: ψ = n_j (times its share of the area), ⊕ over all nodes of the image.

    Args:
        aggr: any aggregation, or several. ``"mean"`` with ``by_area`` is the mean over *pixels*,
            which is what a CNN's global average pooling computes of the painted image.
        by_area: weigh a mean by area; no effect on other aggregations. The area is counted in
            pixels of the graph's own raster, which strides make smaller.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.GlobalPool("mean")(torch.ones(2, 3, 4, 4)).shape
        torch.Size([2, 3])
    """

    def __init__(self, aggr: Aggr = "mean", *, by_area: bool = True, backend: str = "auto") -> None:
        self.by_area = by_area and aggr == "mean"
        super().__init__(None, "sum" if self.by_area else aggr, backend=backend)

    @property
    def psi(self) -> ScaledCopy:
        """The node, times its weight where there is one."""
        return ScaledCopy()

    @property
    def phi(self) -> None:
        """Nothing."""
        return

    def forward(self, input: Any) -> Tensor:  # type: ignore[override]  # edges are implied
        """Pool.

        Args:
            input: an image ``[b, c, *size]``, or an image graph or batch of them.

        Returns:
            ``[b, c]``; 0 for an image without nodes.
        """
        if isinstance(input, ImageGraph):
            x, ptr, area = input.x, input.node_ptr, input.area
        else:
            pixels = input.flatten(2)
            x = pixels.transpose(1, 2).flatten(0, 1)
            ptr = torch.arange(len(input) + 1, device=x.device) * pixels.shape[2]
            area = x.new_ones(len(x))
        csr = Csr(ptr, torch.arange(len(x), device=x.device), len(x))
        topology = Topology(len(x), len(ptr) - 1, lambda: Edges(csr))
        weight = None
        if self.by_area:
            total = torch.zeros_like(ptr[1:], dtype=area.dtype).index_add_(0, csr.row, area)
            weight = area / total[csr.row]
        return self._pass(x, None, topology, weight)
