"""Multiply-adds of one forward pass, counted from each layer's formula."""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.nn import GATv2Conv, GCNConv, Linear

Formula = Callable[[Any, tuple[Any, ...], Tensor], int]


def _linear(layer: nn.Linear, _inputs: tuple[Any, ...], output: Tensor) -> int:
    return output.numel() * layer.in_features


def _pyg_linear(layer: Linear, _inputs: tuple[Any, ...], output: Tensor) -> int:
    return output.numel() * int(layer.in_channels)


def _convolution(layer: Any, _inputs: tuple[Any, ...], output: Tensor) -> int:
    channels, kernel = layer.in_channels // layer.groups, math.prod(layer.kernel_size)
    return int(output.numel() * channels * kernel)


def _gcn(layer: GCNConv, inputs: tuple[Any, ...], output: Tensor) -> int:
    return int(inputs[1].shape[1]) * output.shape[1]


def _gatv2(layer: GATv2Conv, inputs: tuple[Any, ...], output: Tensor) -> int:
    nodes = output.shape[0] if layer.add_self_loops else 0
    edges, width = int(inputs[1].shape[1]) + nodes, int(layer.heads * layer.out_channels)
    return 2 * edges * width


FORMULAS: dict[type[nn.Module], Formula] = {
    nn.Linear: _linear,
    Linear: _pyg_linear,
    nn.Conv1d: _convolution,
    nn.Conv2d: _convolution,
    nn.Conv3d: _convolution,
    GCNConv: _gcn,
    GATv2Conv: _gatv2,
}


def multiply_adds(model: nn.Module, example: Any) -> int:
    """Multiply-adds of one forward pass: Σ over the layers of their formulas.

    Dense layers count ``outputs · inputs``, convolutions ``outputs · c_in/groups · ∏ kernel``,
    PyG's layers one multiply-add per edge and channel for each weighted sum; their inner linear
    layers count themselves. Normalisation, pooling and pointwise functions count nothing. A layer
    with a method ``multiply_adds(inputs, output) -> int`` is asked, and what is inside it isn't
    counted again.

    Args:
        model: any module; it is put into evaluation mode for the count.
        example: what ``model`` is called with. Divide by the number of images in it.

    Returns:
        The count for the whole example.

    Raises:
        ValueError: a layer holds a matrix and its formula isn't known; all such are named.

    Example:
        >>> import torch
        >>> from graphvision.models import LeNet5
        >>> multiply_adds(LeNet5(), torch.rand(1, 1, 28, 28))
        416520
    """
    total, hooks = 0, []

    def count(formula: Formula, layer: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        nonlocal total
        total += formula(layer, inputs, output)

    layers = [(layer, _formula(layer)) for layer in _counted(model)]
    unknown = sorted({type(layer).__name__ for layer, f in layers if f is None and _weighs(layer)})
    if unknown:
        raise ValueError(f"`model` must have layers with a known formula, got {unknown}")
    for layer, formula in layers:
        if formula is not None:
            hooks.append(layer.register_forward_hook(_hook(count, formula)))
    training = model.training
    try:
        with torch.no_grad():
            model.eval()(example)
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return total


def _hook(count: Callable[..., None], formula: Formula) -> Callable[..., None]:
    return lambda layer, inputs, output: count(formula, layer, inputs, output)


def _formula(layer: nn.Module) -> Formula | None:
    own = getattr(layer, "multiply_adds", None)
    if own is not None:
        return lambda _, inputs, output: own(inputs, output)
    return next((FORMULAS[kind] for kind in type(layer).__mro__ if kind in FORMULAS), None)


def _weighs(layer: nn.Module) -> bool:
    """Whether a layer holds a matrix of its own, and so multiplies by it."""
    return any(parameter.ndim > 1 for parameter in layer.parameters(recurse=False))


def _counted(layer: nn.Module) -> list[nn.Module]:
    """The layers that count, without what lies inside a layer that counts itself."""
    if hasattr(layer, "multiply_adds"):
        return [layer]
    return [layer, *(found for child in layer.children() for found in _counted(child))]
