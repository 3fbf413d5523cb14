"""Evaluation mode for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put a network into evaluation mode, and every module back into its own afterwards.

    Args:
        model: where kept layers may be in another mode than the rest.

    Yields:
        Nothing.

    Example:
        >>> net = nn.Sequential(nn.BatchNorm1d(2).eval(), nn.Dropout())
        >>> with evaluating(net):
        ...     net[1].training
        False
        >>> [layer.training for layer in net]
        [False, True]
    """
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
