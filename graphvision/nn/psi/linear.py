"""ψ = W n_j + b."""

import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.nn.psi.abstract import SourcePsi


class Linear(SourcePsi):
    """ψ = W n_j + b; lowered to one matrix product over the nodes for every ⊕.

    Args:
        in_channels: features of a node.
        out_channels: features of a message.
        bias: whether to learn b.
    """

    def __init__(self, in_channels: int, out_channels: int, bias: bool = True) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(in_channels, out_channels, bias=bias)

    def transform(self, x: Float[Tensor, "n c"]) -> Float[Tensor, "n c_out"]:
        """The linear map of every row."""
        out: Tensor = self.linear(x)
        return out
