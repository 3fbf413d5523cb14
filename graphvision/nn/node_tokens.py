"""The nodes of images as sequences of tokens, and back."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs import ImageGraph
from graphvision.graphs.cooccurrence import is_full_raster


@dataclass(frozen=True, eq=False)
class NodeTokens:
    """One sequence per image, as long as the longest; the rest of it is padding.

    Attributes:
        x: ``[b, tokens, c]``, or ``[tokens, b, c]`` as a layer of torch's may want it.
        bias: what a token adds to the logits of all that attend to it: the logarithm of its area,
            as it stands for so many equal pixels, and -∞ for padding; None where all are 0.
        slot: place of every node in the flat sequences.
        batch_first: which of the two forms ``x`` has.
    """

    x: Float[Tensor, "_ _ c"]
    bias: Float[Tensor, "b tokens"] | None
    slot: Int[Tensor, " n"]
    batch_first: bool

    @classmethod
    def of(cls, graph: ImageGraph, *, batch_first: bool) -> "NodeTokens":
        """The tokens of a graph or of a batch of them."""
        x, ptr = graph.x, graph.node_ptr
        count, longest = len(ptr) - 1, int(ptr.diff().max()) if len(ptr) > 1 else 0
        image = torch.arange(count, device=x.device)
        owner = image.repeat_interleave(ptr.diff(), output_size=len(x))
        slot = torch.arange(len(x), device=x.device) - ptr[owner] + owner * longest
        tokens = x.new_zeros(count * longest, x.shape[1]).index_copy(0, slot, x)
        tokens, bias = tokens.view(count, longest, x.shape[1]), None
        if not is_full_raster(graph):
            bias = x.new_full((count * longest,), float("-inf"))
            bias = bias.index_copy(0, slot, graph.area.to(x.dtype).log()).view(count, longest)
            # an image without nodes attends to zeros, which nobody reads, and not to nothing
            bias = bias.masked_fill(bias.isneginf().all(1, keepdim=True), 0.0)
        return cls(tokens if batch_first else tokens.transpose(0, 1), bias, slot, batch_first)

    def nodes(self, tokens: Float[Tensor, "_ _ c"]) -> Float[Tensor, "n c"]:
        """The rows of all nodes, from tokens in the form of ``x``."""
        tokens = tokens if self.batch_first else tokens.transpose(0, 1)
        return tokens.flatten(0, 1).index_select(0, self.slot)
