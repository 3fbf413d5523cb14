"""Maps (ψ, ⊕, topology, device, dtype) to the fastest form that gives the same result."""

from collections.abc import Callable

import torch

from graphvision.nn import lower_basis, lower_csr, lower_raster
from graphvision.nn.plan import Lowering, Plan, Request

RASTER_RULES: dict[str, Callable[[Request], Lowering | str]] = {
    "raster convolution": lower_raster.convolution,
    "raster pooling": lower_raster.pooling,
}
ROW_RULES: dict[str, Callable[[Request], Lowering | str]] = {
    "gather-reduce": lower_csr.gather,
    "gather per tap": lower_csr.taps,
    "gather per basis function": lower_basis.basis,
}


def choose(request: Request) -> Plan:
    """Try the rules in order; the first that fits is the plan, else the reference."""
    refused: list[tuple[str, str]] = []
    layer = request.layer
    rules = RASTER_RULES | ROW_RULES
    for name, rule in rules.items():
        outcome: Lowering | str
        if layer.backend == "reference":
            outcome = "backend='reference'"
        elif name in RASTER_RULES and not layer.lower:
            outcome = "lower=False"
        else:
            outcome = rule(request)
        if isinstance(outcome, Lowering):
            deterministic = request.device.type == "cpu" or outcome.deterministic_on_gpu
            return Plan(outcome.name, outcome.reason, deterministic, tuple(refused), outcome)
        refused.append((name, outcome))
    deterministic = request.device.type == "cpu"
    return Plan("reference", "gather → ψ → scatter", deterministic, tuple(refused))


def checked(plan: Plan) -> Plan:
    """The plan, unless torch was told to refuse what is not deterministic.

    Raises:
        RuntimeError: ``torch.use_deterministic_algorithms(True)`` is set and the plan isn't.
    """
    if not plan.deterministic and torch.are_deterministic_algorithms_enabled():
        raise RuntimeError(
            f"the plan must be deterministic (torch.use_deterministic_algorithms), got {plan}"
        )
    return plan
