"""Convolution on any graph: sums over neighbours per tap or basis function, times matrices."""

from jaxtyping import Float
from torch import Tensor

from graphvision.kernels._dispatch import chosen
from graphvision.kernels.basis import _ops, _reference, _small_sums
from graphvision.kernels.gather import Csr
from graphvision.kernels.gather._rows import form

__all__ = ["basis_conv", "basis_gather", "tap_conv"]


def basis_gather(
    x: Float[Tensor, "n c"],
    csr: Csr,
    basis: Float[Tensor, "e k"],
    *,
    backend: str = "auto",
) -> Float[Tensor, "m kc"]:
    """Sum the sources once per basis function: ``out_i,k = Σ_{e: j→i} b_k(e) · x_j``.

    ``Σ_j Σ_k b_k(e_ji) W_k n_j = Σ_k W_k out_i,k``: one matrix product on the result gives every
    layer whose kernel is a combination of K matrices, without a buffer of messages.

    Args:
        x: source features.
        csr: the edges by target; ``csr.num_sources`` is n.
        basis: the value of every basis function on every edge.
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        One row per target, all channels of function 0, then of function 1, …; 0 where a target has
        no edge. The same bits for any thread count, forward and backward.

    Raises:
        ValueError: shapes that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> basis = torch.tensor([[1.0, 0.0], [0.5, 2.0]])
        >>> basis_gather(torch.tensor([[10.0], [20.0]]), csr, basis)
        tensor([[20., 40.]])

    Source:
        Fey et al., SplineCNN, CVPR 2018, equation 3, with the sums exchanged; the oracle is a
        float64 loop (``test_matches_oracle``).
    """
    _check_rows(x, csr, "basis", basis)
    run = form(chosen("basis_gather", backend, x), _reference.basis_gather, _ops.basis_gather)
    return run(x, csr, basis.to(x.dtype))


def basis_conv(
    x: Float[Tensor, "n c_in"],
    csr: Csr,
    basis: Float[Tensor, "e k"],
    kernel: Float[Tensor, "k c_in c_out"],
    *,
    backend: str = "auto",
) -> Float[Tensor, "m c_out"]:
    """A kernel that is a sum of basis functions: ``out_i = Σ_{e: j→i} Σ_k b_k(e) x_j W_k``.

    The sums over the edges come first and are multiplied while they are in the cache.

    Args:
        x: source features.
        csr: the edges by target; ``csr.num_sources`` is n.
        basis: the value of every basis function on every edge.
        kernel: a matrix per basis function.
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        One row per target; 0 where a target has no edge. The same bits for any thread count,
        forward and backward, where there are more targets than ``c_out``; for fewer BLAS
        multiplies, and its order of sums may follow the number of threads.

    Raises:
        ValueError: shapes that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> basis = torch.tensor([[1.0, 0.0], [0.5, 2.0]])
        >>> kernel = torch.tensor([[[1.0]], [[100.0]]])
        >>> basis_conv(torch.tensor([[10.0], [20.0]]), csr, basis, kernel)
        tensor([[4020.]])

    Source:
        Fey et al., SplineCNN, CVPR 2018, equation 3, with the sums exchanged.
    """
    _check_rows(x, csr, "basis", basis)
    _check_kernel(x, kernel, basis.shape[1])
    name = chosen("basis_conv", backend, x)
    fast = _small_sums if _small_sums.fits(name, csr.num_targets, kernel) else _ops
    run = form(name, _reference.basis_conv, fast.basis_conv)
    return run(x, csr, basis.to(x.dtype), kernel.to(x.dtype))


def tap_conv(
    x: Float[Tensor, "n c_in"],
    csr: Csr,
    kernel: Float[Tensor, "k c_in c_out"],
    weight: Float[Tensor, " e"] | None = None,
    *,
    bias: Float[Tensor, " c_out"] | None = None,
    backend: str = "auto",
) -> Float[Tensor, "m c_out"]:
    """Convolution with one tap per edge: ``out_i = b + Σ_k Σ_{e: j→i of tap k} w_e x_j W_k``.

    A tap with one edge of weight 1 costs nothing but its product: on pixel grids this runs at the
    speed of a convolution.

    Args:
        x: source features.
        csr: the edges by target and tap: row ``i·K + k`` for tap k of target i.
        kernel: a matrix per tap.
        weight: a factor per edge, in the order of ``csr``; None for 1.
        bias: what every target starts from; None for 0.
        backend: ``"auto"``, ``"reference"``, ``"torch_scatter"`` (by name only), ``"numba"``
            (CPU) or ``"triton"`` (CUDA).

    Returns:
        One row per target; the bias where a target has no edge. The same bits for any thread
        count, forward and backward, where there are more targets than ``c_out``; for fewer BLAS
        multiplies, and its order of sums may follow the number of threads.

    Raises:
        ValueError: shapes that don't fit.
        BackendUnavailable: ``backend`` names a kernel that can't run here.

    Example:
        >>> import torch
        >>> csr = Csr(torch.tensor([0, 1, 2]), torch.tensor([0, 1]), num_sources=2)
        >>> kernel = torch.tensor([[[1.0]], [[100.0]]])
        >>> tap_conv(torch.tensor([[3.0], [5.0]]), csr, kernel)
        tensor([[503.]])

    Source:
        The oracle is ``torch.nn.functional.conv2d`` (``test_tap_conv_is_conv2d``).
    """
    if weight is not None:
        _check_rows(x, csr, "weight", weight)
        weight = weight.to(x.dtype)
    else:
        _check_rows(x, csr, "csr.col", csr.col)
    taps = kernel.shape[0]
    _check_kernel(x, kernel, taps)
    if taps == 0 or csr.num_targets % taps:
        raise ValueError(
            f"`csr` must have a row per target and tap, a multiple of {taps}, got {csr.num_targets}"
        )
    name = chosen("tap_conv", backend, x)
    fast = _small_sums if _small_sums.fits(name, csr.num_targets // taps, kernel) else _ops
    run = form(name, _reference.tap_conv, fast.tap_conv)
    return run(x, csr, kernel.to(x.dtype), weight, None if bias is None else bias.to(x.dtype))


def _check_rows(x: Tensor, csr: Csr, name: str, values: Tensor) -> None:
    if x.shape[0] != csr.num_sources:
        raise ValueError(f"`x` must have {csr.num_sources} rows, one per source, got {len(x)}")
    if values.shape[0] != csr.col.shape[0]:
        raise ValueError(f"`{name}` must have {len(csr.col)} rows, one per edge, got {len(values)}")


def _check_kernel(x: Tensor, kernel: Tensor, matrices: int) -> None:
    if kernel.ndim != 3 or tuple(kernel.shape[:2]) != (matrices, x.shape[1]):
        raise ValueError(
            f"`kernel` must have shape ({matrices}, {x.shape[1]}, c_out), got {tuple(kernel.shape)}"
        )
