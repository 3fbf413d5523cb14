"""Windows on channels-last images: a weight per tap and channel, or one by likeness."""

import math

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import chosen
from graphvision.kernels.stencil import _ops, _reference

__all__ = ["bilateral_stencil", "depthwise_stencil"]


def depthwise_stencil(
    x: Float[Tensor, "b h w c"],
    weight: Float[Tensor, "kh kw c_of_weight"],
    *,
    dilation: int = 1,
    backend: str = "auto",
) -> Float[Tensor, "b h w c"]:
    """Weigh a centred window channel by channel: ``out[y, x] = Σ_k w_k · in[y + dy_k, x + dx_k]``.

    This is message passing on a pixel grid with a weight per offset and channel, without edges:
    the features of the nodes, channels last, are the image. Pixels outside give nothing.

    Args:
        x: images, channels last.
        weight: of every tap, rows of the window first; odd sizes, so that it has a centre.
        dilation: pixels from tap to tap.
        backend: ``"auto"``, ``"reference"`` or ``"triton"`` (CUDA).

    Returns:
        Images of the same size. The same bits in every run, forward and backward.

    Raises:
        ValueError: shapes or a dilation that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> row = torch.tensor([1.0, 2.0, 3.0]).view(1, 1, 3, 1)
        >>> depthwise_stencil(row, torch.tensor([1.0, 0.0, 10.0]).view(1, 3, 1)).flatten()
        tensor([20., 31.,  2.])

    Source:
        The oracle is ``torch.nn.functional.conv2d`` with as many groups as channels
        (``test_depthwise_is_conv2d``).
    """
    _check(x, weight, 3, dilation)
    if weight.shape[2] != x.shape[3]:
        raise ValueError(f"`weight` must have {x.shape[3]} channels, got {weight.shape[2]}")
    reference = chosen("depthwise_stencil", backend, x) == "reference"
    run = _reference.depthwise_stencil if reference else _ops.depthwise_stencil
    return run(x, weight.to(x.dtype), dilation)


def bilateral_stencil(
    x: Float[Tensor, "b h w c"],
    guide: Float[Tensor, "b_of_guide h_of_guide w_of_guide d"],
    weight: Float[Tensor, "kh kw"],
    *,
    sigma: float,
    dilation: int = 1,
    backend: str = "auto",
) -> Float[Tensor, "b h w c"]:
    """Average a centred window by place and likeness.

    ``out_p = Σ_k a_k x_q / Σ_k a_k`` with ``a_k = w_k · exp(−|f_p − f_q|² / 2σ²)`` over the taps
    ``q = p + o_k`` inside the image: attention on a pixel grid whose logits are distances.

    Args:
        x: images to average, channels last.
        guide: f, what has to be alike; ``x`` itself for the classic filter.
        weight: of every tap, at least 0; odd sizes. A Gaussian of the distance, or ones.
        sigma: distance in ``guide`` at which the likeness is ``exp(−1/2)``; above 0.
        dilation: pixels from tap to tap.
        backend: ``"auto"``, ``"reference"`` or ``"triton"`` (CUDA).

    Returns:
        Images of the same size; 0 where all factors are 0. Differentiable in ``x``, ``guide`` and
        ``weight``; the same bits in every run.

    Raises:
        ValueError: shapes, a sigma or a dilation that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> row = torch.tensor([0.0, 2.0, 9.0]).view(1, 1, 3, 1)
        >>> bilateral_stencil(row, torch.zeros_like(row), torch.ones(1, 3), sigma=1.0).flatten()
        tensor([1.0000, 3.6667, 5.5000])

    Source:
        Tomasi and Manduchi, Bilateral filtering for gray and color images, ICCV 1998; the oracle is
        a loop in float64 (``test_bilateral_is_a_loop``).
    """
    _check(x, weight, 2, dilation)
    if guide.ndim != 4 or guide.shape[:3] != x.shape[:3]:
        want = f"({', '.join(map(str, x.shape[:3]))}, d)"
        raise ValueError(f"`guide` must have shape {want}, got {tuple(guide.shape)}")
    if not (sigma > 0 and math.isfinite(sigma)):
        raise ValueError(f"`sigma` must be a finite number above 0, got {sigma}")
    reference = chosen("bilateral_stencil", backend, x) == "reference"
    run = _reference.bilateral_stencil if reference else _ops.bilateral_stencil
    return run(x, guide.to(x.dtype), weight.to(x.dtype), float(sigma), dilation)


def _check(x: Tensor, weight: Tensor, axes: int, dilation: int) -> None:
    if x.ndim != 4:
        raise ValueError(f"`x` must have shape (b, h, w, c), got {tuple(x.shape)}")
    if weight.ndim != axes or not all(size % 2 for size in weight.shape[:2]):
        shape = "(kh, kw, c)" if axes == 3 else "(kh, kw)"
        raise ValueError(
            f"`weight` must have shape {shape} with odd kh and kw, got {tuple(weight.shape)}"
        )
    if dilation < 1:
        raise ValueError(f"`dilation` must be at least 1, got {dilation}")
