"""First weights of the CNNs whose papers, or whose published code, don't use torch's defaults."""

from math import prod

from torch import nn

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def initialise(model: nn.Module, *, linear_std: float | None = None) -> None:
    """Draw the weights of all convolutions, and of the linear layers if asked for, in place.

    Convolutions: ``w ~ N(0, 2 / (c_out/groups · ∏ kernel))`` and bias 0, which keeps the size of
    gradients through layers with ReLU. Norms keep torch's 1 and 0.

    Args:
        model: what to initialise.
        linear_std: linear layers: ``w ~ N(0, linear_std²)`` and bias 0; None leaves torch's.

    Example:
        >>> conv = nn.Conv2d(3, 64, 3)
        >>> initialise(conv)
        >>> conv.bias.any().item(), abs(conv.weight.std().item() - (2 / 576) ** 0.5) < 0.005
        (False, True)

    Source:
        He et al., Delving deep into rectifiers, 2015, section 2.2, equation 14.
    """
    for layer in model.modules():
        if isinstance(layer, CONVOLUTIONS):
            reached = layer.out_channels // layer.groups * prod(layer.kernel_size)
            nn.init.normal_(layer.weight, 0.0, (2 / reached) ** 0.5)
        elif isinstance(layer, nn.Linear) and linear_std is not None:
            nn.init.normal_(layer.weight, 0.0, linear_std)
        else:
            continue
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
