"""Update functions φ(n_i, ⊕ψ)."""

from torch import Tensor, nn


class Bias(nn.Module):
    """φ = ⊕ψ + b.

    Args:
        bias: ``[c]``; a plain tensor becomes a buffer.
        owned: False leaves even a ``Parameter`` to the layer that owns it.
    """

    bias: Tensor

    def __init__(self, bias: Tensor, *, owned: bool = True) -> None:
        super().__init__()
        if owned and isinstance(bias, nn.Parameter):
            self.bias = bias
        elif owned:
            self.register_buffer("bias", bias)
        else:
            object.__setattr__(self, "bias", bias)

    def forward(self, x_i: Tensor | None, aggregated: Tensor) -> Tensor:
        """The aggregated messages, shifted."""
        return aggregated + self.bias
