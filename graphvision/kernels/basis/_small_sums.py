"""``out_i = b + Σ_k s_i,k W_k`` with the sums in memory: one product of BLAS's where they are few.

Where an image has shrunk to few pixels of many channels, a convolution reads more kernel than
features. Packing the kernel for products in the cache then costs more than the product itself, and
the sums of all targets and taps take no more room than the packed kernel would.
"""

import torch
from torch import Tensor

from graphvision.kernels.basis import _ops
from graphvision.kernels.gather import Csr, gather_reduce


def fits(backend: str, targets: int, kernel: Tensor) -> bool:
    """Whether the sums of ``targets`` and all matrices are no larger than the kernel itself.

    Args:
        backend: the name that ``chosen`` gave; only the CPU's kernels pack.
        targets: number of rows of the result.
        kernel: ``[k, c_in, c_out]``.
    """
    return backend == "numba" and targets <= kernel.shape[2]


def basis_conv(x: Tensor, csr: Csr, basis: Tensor, kernel: Tensor) -> Tensor:
    """See :func:`graphvision.kernels.basis.basis_conv`."""
    return product(_ops.basis_gather(x, csr, basis), kernel, None)


def tap_conv(
    x: Tensor, csr: Csr, kernel: Tensor, weight: Tensor | None, bias: Tensor | None
) -> Tensor:
    """See :func:`graphvision.kernels.basis.tap_conv`."""
    taps, width = kernel.shape[:2]
    sums = gather_reduce(x, csr, weight, backend="numba")
    return product(sums.view(csr.num_targets // taps, taps * width), kernel, bias)


def product(sums: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """The product with a kernel that is read where it lies, and its gradient written so.

    Args:
        sums: ``[m, k·c_in]``, all channels of matrix 0, then of matrix 1, …
        kernel: ``[k, c_in, c_out]``; without a copy where it is a view of a weight ``[c_out, c_in,
            k]`` as torch lays it out.
        bias: ``[c_out]``.

    Returns:
        ``[m, c_out]``.
    """
    taps, width, columns = kernel.shape
    sums = sums.unflatten(1, (taps, width)).transpose(1, 2).flatten(1)
    matrix = kernel.permute(2, 1, 0).reshape(columns, width * taps).t()
    return sums @ matrix if bias is None else torch.addmm(bias, sums, matrix)
