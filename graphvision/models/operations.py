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


def _transposed(layer: Any, inputs: tuple[Any, ...], _output: Tensor) -> int:
    channels, kernel = layer.out_channels // layer.groups, math.prod(layer.kernel_size)
    return int(inputs[0].numel() * channels * kernel)


def _attention(layer: nn.MultiheadAttention, inputs: tuple[Any, ...], _output: Any) -> int:
    query, key, value = inputs[:3]
    width, keys = layer.embed_dim, key.shape[-2 if layer.batch_first or key.ndim == 2 else 0]
    extra = (layer.bias_k is not None) + layer.add_zero_attn
    maps = 2 * query.numel() * width + (key.numel() + value.numel()) * width
    return int(maps + 2 * query.numel() * (keys + extra))


def nothing(_layer: nn.Module, _inputs: tuple[Any, ...], _output: Any) -> int:
    """The formula of a layer that only adds its parameters, or whose products aren't counted."""
    return 0


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
    nn.ConvTranspose1d: _transposed,
    nn.ConvTranspose2d: _transposed,
    nn.ConvTranspose3d: _transposed,
    nn.MultiheadAttention: _attention,
    nn.LayerNorm: nothing,
    GCNConv: _gcn,
    GATv2Conv: _gatv2,
}


def multiply_adds(model: nn.Module, *example: Any) -> int:
    """Multiply-adds of one forward pass: Σ over the layers of their formulas.

    Dense layers count ``outputs · inputs``, convolutions ``outputs · c_in/groups · ∏ kernel``,
    transposed ones ``inputs · c_out/groups · ∏ kernel``, attention its four linear maps and
    ``2 · queries · keys · width`` for the logits and the weighted sum, PyG's layers one
    multiply-add per edge and channel for each weighted sum; their inner linear layers count
    themselves. Normalisation, pooling, pointwise functions, and whatever is no module, count
    nothing. A layer with a method ``multiply_adds(inputs, output) -> int`` is asked, and what is
    inside it isn't counted again.

    Args:
        model: any module; it is put into evaluation mode for the count.
        *example: what ``model`` is called with. Divide by the number of images in it.

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
    return sum(multiply_adds_by_layer(model, *example).values())


def multiply_adds_by_layer(model: nn.Module, *example: Any) -> dict[str, int]:
    """The terms of :func:`multiply_adds`.

    Args:
        model: as there.
        *example: as there.

    Returns:
        The count of every layer with a formula, by its name in ``model.named_modules()``; 0 for a
        layer that wasn't called.

    Raises:
        ValueError: as there.

    Example:
        >>> import torch
        >>> from graphvision.models import LeNet5
        >>> multiply_adds_by_layer(LeNet5(), torch.rand(1, 1, 28, 28))["fc1"]
        48000
    """
    counts: dict[str, int] = {}
    hooks = []
    once = {layer: name for name, layer in reversed(_counted(model, ""))}  # shared layers too
    layers = [(name, layer, _formula(layer)) for layer, name in once.items()]
    unknown = sorted(
        {type(layer).__name__ for _, layer, f in layers if f is None and _weighs(layer)}
    )
    if unknown:
        raise ValueError(f"`model` must have layers with a known formula, got {unknown}")
    for name, layer, formula in layers:
        if formula is not None:
            counts[name] = 0
            count = _hook(counts, name, formula)
            hooks.append(layer.register_forward_hook(count, with_kwargs=True))
    training = model.training
    try:
        with torch.no_grad():
            model.eval()(*example)
    finally:
        model.train(training)
        for hook in hooks:
            hook.remove()
    return counts


def _hook(counts: dict[str, int], name: str, formula: Formula) -> Callable[..., None]:
    def count(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        counts[name] += formula(layer, (*args, *kwargs.values()), output)

    return count


def _formula(layer: nn.Module) -> Formula | None:
    own = getattr(layer, "multiply_adds", None)
    if own is not None:
        return lambda _, inputs, output: own(inputs, output)
    return next((FORMULAS[kind] for kind in type(layer).__mro__ if kind in FORMULAS), None)


def _weighs(layer: nn.Module) -> bool:
    """Whether a layer holds a matrix of its own, and so multiplies by it."""
    return any(parameter.ndim > 1 for parameter in layer.parameters(recurse=False))


def _counted(layer: nn.Module, name: str) -> list[tuple[str, nn.Module]]:
    """The layers that count, by name, without what lies inside a layer that counts itself."""
    found = [(name, layer)]
    if hasattr(layer, "multiply_adds"):
        return found
    for child_name, child in layer.named_children():
        found += _counted(child, f"{name}.{child_name}" if name else child_name)
    return found
