"""ψ = Σ_k e_ji,k W_k n_j: the message of a convolution."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.nn.psi.abstract import TapPsi


class Taps(TapPsi):
    """ψ = Σ_k e_ji,k W_k n_j with one matrix per tap; with ⊕ = sum this is convolution.

    Args:
        weight: the kernel in torch's layout, ``[c_out, c_in / groups, *kernel_size]``; a
            plain tensor becomes a buffer.
        groups: blocks of channels that don't mix.
        transposed: ``weight`` is laid out as torch's transposed convolutions have it,
            ``[c_in, c_out / groups, *kernel_size]``.
        owned: False leaves even a ``Parameter`` to the layer that owns it.

    Example:
        >>> import torch, graphvision as gv
        >>> window = gv.nn.Window.make(3, stride=1, padding=1, dims=2)
        >>> grid = gv.nn.window_topology((4, 4), window)
        >>> blur = gv.nn.psi.Taps(torch.ones(1, 1, 3, 3))
        >>> gv.nn.MessagePassing(blur, "sum")(torch.ones(16, 1), grid).view(4, 4)[0]
        tensor([4., 6., 6., 4.])
    """

    weight: Tensor

    def __init__(
        self, weight: Tensor, groups: int = 1, *, transposed: bool = False, owned: bool = True
    ) -> None:
        super().__init__()
        sides = ("c_in, c_out", "input") if transposed else ("c_out, c_in", "output")
        if weight.ndim < 3:
            raise ValueError(
                f"`weight` must have shape ({sides[0]} / groups, *kernel_size), "
                f"got {tuple(weight.shape)}"
            )
        if groups < 1 or weight.shape[0] % groups:
            raise ValueError(
                f"`groups` must divide the {weight.shape[0]} {sides[1]} channels, got {groups}"
            )
        self.groups, self.transposed = groups, transposed
        if owned and isinstance(weight, nn.Parameter):
            self.weight = weight
        elif owned:
            self.register_buffer("weight", weight)
        else:
            object.__setattr__(self, "weight", weight)

    def tap_weight(self, offsets: Float[Tensor, "k d"]) -> Float[Tensor, "c_out c_in *taps"]:
        """The kernel itself, or turned to the layout of convolutions."""
        return swap_channels(self.weight, self.groups) if self.transposed else self.weight


def swap_channels(weight: Float[Tensor, "a b *taps"], groups: int) -> Float[Tensor, "c d *taps"]:
    """From the layout of convolutions to that of transposed ones, or back: within each group."""
    if groups == 1:
        return weight.transpose(0, 1)
    return torch.unflatten(weight, 0, (groups, -1)).transpose(1, 2).flatten(0, 1)
