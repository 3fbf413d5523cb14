"""Random layers over every argument, and how two of them are compared."""

import random

import pytest
import torch

from tests.backends import needs_torch_scatter
from tests.kernels.csr_cases import relative

FORMS = [
    pytest.param({"lower": True}, id="lowered"),
    pytest.param({"lower": False}, id="rows"),
    pytest.param({"backend": "reference"}, id="reference"),
    pytest.param({"backend": "torch_scatter"}, id="torch_scatter", marks=needs_torch_scatter),
]


def compare(torch_layer, graph_layer, image, tolerance):
    """Outputs and all gradients of both layers."""
    results = []
    for layer in (graph_layer, torch_layer):
        x = image.clone().requires_grad_()
        out = layer(x)
        seed = torch.Generator().manual_seed(1)
        weight = torch.randn(out.shape, generator=seed, dtype=out.dtype)
        leaves = [x, *layer.parameters()]
        results.append((out, *torch.autograd.grad((out * weight).sum(), leaves)))
    for got, want in zip(*results, strict=True):
        assert got.shape == want.shape
        assert relative(got, want) <= tolerance


def conv_case(seed):
    """A torch convolution and an input size it fits into."""
    rng = random.Random(seed)
    dims = rng.choice([1, 2, 2, 2])
    kernel = tuple(rng.randint(1, 4) for _ in range(dims))
    dilation = tuple(rng.randint(1, 3) for _ in range(dims))
    groups = rng.choice([1, 1, 2, 3])
    mode = rng.choice(["zeros", "zeros", "reflect", "replicate", "circular"])
    same = rng.random() < 0.2
    stride = (1,) * dims if same else tuple(rng.randint(1, 3) for _ in range(dims))
    extent = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = tuple(e + rng.randint(0, 6) for e in extent)
    if same:
        padding = "same"
    elif rng.random() < 0.1:
        padding = "valid"
    else:
        padding = tuple(rng.randint(0, min(3, n - 1)) for n in size)
    args = {
        "in_channels": groups * rng.randint(1, 3),
        "out_channels": groups * rng.randint(1, 3),
        "kernel_size": kernel,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
        "bias": rng.random() < 0.7,
        "padding_mode": mode,
    }
    torch_class = {1: torch.nn.Conv1d, 2: torch.nn.Conv2d}[dims]
    return torch_class, args, size


def pool_case(seed):
    """A torch pooling and an input size it fits into."""
    rng = random.Random(seed)
    dims = rng.choice([1, 2, 2, 3])
    kind = rng.choice(["Max", "Avg"])
    kernel = tuple(rng.randint(1, 4) for _ in range(dims))
    args = {
        "kernel_size": kernel,
        "stride": rng.choice([None, tuple(rng.randint(1, 3) for _ in range(dims))]),
        "padding": tuple(rng.randint(0, k // 2) for k in kernel),
        "ceil_mode": rng.random() < 0.5,
    }
    extent = kernel
    if kind == "Max":
        args["dilation"] = tuple(rng.randint(1, 2) for _ in range(dims))
        extent = [d * (k - 1) + 1 for d, k in zip(args["dilation"], kernel, strict=True)]
    else:
        args["count_include_pad"] = rng.random() < 0.5
        if dims > 1 and rng.random() < 0.3:
            args["divisor_override"] = rng.randint(1, 5)
    size = tuple(e + rng.randint(0, 6) for e in extent)
    return getattr(torch.nn, f"{kind}Pool{dims}d"), args, size
