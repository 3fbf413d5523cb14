"""Maps (ψ, ⊕, topology, device, dtype) to the fastest form that gives the same result."""

from collections.abc import Callable

import torch

from graphvision.kernels import BackendUnavailable
from graphvision.kernels._dispatch import automatic
from graphvision.nn import (
    lower_attention,
    lower_basis,
    lower_complete,
    lower_csr,
    lower_mlp,
    lower_pool,
    lower_raster,
    lower_resample,
)
from graphvision.nn.plan import Lowering, Plan, Request

TORCH_RULES: dict[str, Callable[[Request], Lowering | str]] = {
    "raster convolution": lower_raster.convolution,
    "raster pooling": lower_pool.pooling,
    "complete attention": lower_complete.attention,
    "raster resampling": lower_resample.resampling,
}
ROW_RULES: dict[str, Callable[[Request], Lowering | str]] = {
    "gather-reduce": lower_csr.gather,
    "gather per tap": lower_csr.taps,
    "gather per basis function": lower_basis.basis,
    "fused attention": lower_attention.attention,
    "split network": lower_mlp.split,
}


def choose(request: Request) -> Plan:
    """Try the rules in order; the first that fits is the plan, else the reference.

    Raises:
        BackendUnavailable: a kernel was asked for by name and no form of the layer has one.
    """
    layer = request.layer
    # Off the CPU torch decides: with use_deterministic_algorithms it is, or raises by itself.
    strict = request.device.type == "cpu" or torch.are_deterministic_algorithms_enabled()
    refused: list[tuple[str, str]] = []
    for name, rule in (TORCH_RULES | ROW_RULES).items():
        outcome = _try(name, rule, request)
        if isinstance(outcome, Lowering):
            buffer = _buffer_of(outcome, request)
            reason = outcome.reason + (f"; by {buffer}, with a buffer of e × c" if buffer else "")
            deterministic = strict or (outcome.op is not None and buffer is None)
            return Plan(outcome.name, reason, deterministic, tuple(refused), outcome)
        refused.append((name, outcome))
    if layer.backend not in ("auto", "reference"):
        reasons = "; ".join(f"{name}: {why}" for name, why in refused)
        raise BackendUnavailable(f"backend {layer.backend!r} has no form of this layer: {reasons}")
    return Plan("reference", "gather → ψ → scatter", strict, tuple(refused))


def _buffer_of(lowering: Lowering, request: Request) -> str | None:
    """What writes the messages out, or None where a kernel of ours sums them as they are made."""
    if request.layer.backend == "torch_scatter":
        return "torch_scatter"
    op = lowering.op
    plain = op is not None and automatic(op, request.device, request.dtype) == "reference"
    return "torch's own operations" if plain else None


def _try(name: str, rule: Callable[[Request], Lowering | str], request: Request) -> Lowering | str:
    layer = request.layer
    if layer.backend == "reference":
        return "backend='reference'"
    if name in TORCH_RULES and not layer.lower:
        return "lower=False"
    if name in TORCH_RULES and layer.backend != "auto":
        return f"backend={layer.backend!r}"
    return rule(request)
