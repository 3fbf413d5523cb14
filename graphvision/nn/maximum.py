"""Maxima over windows, and which pixel won."""

from abc import abstractmethod
from math import prod
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs import ImageGraph
from graphvision.graphs.topology import Topology
from graphvision.nn.layout import check_image, image_to_nodes, nodes_to_image
from graphvision.nn.painted import over_images, paint
from graphvision.nn.psi import Copy
from graphvision.nn.ran import note
from graphvision.nn.windowed_layer import WindowedLayer

_COPY = Copy()
_NOWHERE = torch.iinfo(torch.int64).max


class AbstractMaximum(WindowedLayer):
    """ψ = n_j, ⊕ = max, on whatever window."""

    dims: int
    torch_class: type[Any]
    return_indices: bool

    @property
    def psi(self) -> Copy:
        """The pixel itself."""
        return _COPY

    @abstractmethod
    def _by_torch(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Maxima and indices of a batch of images."""

    def forward(self, input: Any, onto: ImageGraph | None = None) -> Any:  # type: ignore[override]
        """Apply the layer.

        Args:
            input: an image ``[b, c, *size]`` or ``[c, *size]``, or an image graph or batch of them.
            onto: as in every layer with a window.

        Returns:
            As many as were given and, with ``return_indices``, for every output pixel and channel
            the pixel of the input, in row-major order, that is the maximum. Of a graph these are
            pixels of the painted image: ``[c, *size]``, ``[b, c, *size]`` for a batch of images of
            one size, else a list.

        Raises:
            ValueError: wrong shape, or a window that doesn't fit.
        """
        if not self.return_indices:
            return super().forward(input, onto)
        if isinstance(input, ImageGraph):
            images = paint(input, float("-inf"))
            indices = over_images(lambda image: self._by_torch(image)[1], images, input)
            return super().forward(input, onto), indices
        batched = check_image(input, None, self.dims)
        pair = self._at_once(batched) if self._is_torchs else self._by_edges(batched)
        return tuple(part[0] for part in pair) if batched.ndim != input.ndim else pair

    @property
    def _is_torchs(self) -> bool:
        return self.lower and self.backend == "auto" and not self._watched

    def _at_once(self, image: Tensor) -> tuple[Tensor, Tensor]:
        topology = self.topology(image)
        note(self.plan(topology, image), topology)
        return self._by_torch(image)

    def _by_edges(self, image: Tensor) -> tuple[Tensor, Tensor]:
        out: Tensor = super().forward(image)
        return out, winners(image, out, self.topology(image))


def winners(
    image: Float[Tensor, "b c *size"], out: Float[Tensor, "b c *smaller"], topology: Topology
) -> Int[Tensor, "b c *smaller"]:
    """The first pixel, in row-major order, of those that each output pixel reads and equals.

    Args:
        image: what was pooled.
        out: its maxima.
        topology: which pixel reads which.
    """
    x, best, csr = image_to_nodes(image.detach()), image_to_nodes(out.detach()), topology.edges.csr
    source = csr.col.long()
    here = x[source]
    pixel = (source % prod(image.shape[2:])).unsqueeze(1)
    place = torch.where((here == best[csr.row]) | here.isnan(), pixel, _NOWHERE)
    found = torch.full_like(best, _NOWHERE, dtype=torch.int64)
    found.scatter_reduce_(0, csr.row.unsqueeze(1).expand_as(place), place, "amin")
    found.masked_fill_(found == _NOWHERE, 0)
    return nodes_to_image(found, len(out), tuple(out.shape[2:]))
