"""How far a network of messages is from the CNN that it was made from, layer by layer."""

import copy
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from graphvision.convert.equivalence_report import EquivalenceReport, LayerDifference
from graphvision.convert.graphify import graphify, ungraphify
from graphvision.convert.network import GraphNetwork
from graphvision.convert.watched import Key, Watched

FORMS = {"lowered": True, "scatter": False}


def equivalence(
    cnn: nn.Module,
    graph_net: GraphNetwork,
    images: Tensor | tuple[Any, ...],
    *,
    forms: Sequence[str] = tuple(FORMS),
) -> EquivalenceReport:
    """Compare outputs and gradients of a CNN and its network of messages, layer by layer.

    Both get the same images, random numbers and a fixed random gradient of their output. A
    difference is ``max|a - b| / max|b|``, with b the CNN's value.

    Args:
        cnn: the network of torch's layers; it isn't changed.
        graph_net: what :func:`graphify` made; its own weights count. It isn't changed.
        images: a batch, or the tuple of all arguments.
        forms: ``"lowered"`` and ``"scatter"`` (every layer that sends messages with
            ``lower=False``); the latter writes all edges out, which takes memory on large images.

    Returns:
        The report; ``print`` shows it as a table.

    Raises:
        ValueError: an unknown form.

    Example:
        >>> import torch, graphvision as gv
        >>> cnn, images = gv.models.create("lenet5").double(), torch.rand(2, 1, 28, 28).double()
        >>> report = gv.equivalence(cnn, gv.graphify(cnn, images), images)
        >>> report.largest < 1e-12
        True
    """
    unknown = [form for form in forms if form not in FORMS]
    if unknown:
        raise ValueError(f"`forms` must be of {list(FORMS)}, got {unknown}")
    arguments = images if isinstance(images, tuple) else (images,)
    tensors = [a for a in arguments if isinstance(a, Tensor)]
    original = Watched(copy.deepcopy(cnn), arguments)
    plain, rows, total = ungraphify(graph_net), [], {}
    for form in forms:
        net = graphify(plain, arguments, lower=FORMS[form], backend=graph_net.options.backend)
        seen = Watched(net, arguments)
        rows += [_layer(seen, original, key, form) for key in seen.calls if key in original.calls]
        total[form] = _whole(seen, original, form)
    return EquivalenceReport(
        type(cnn).__name__,
        str(tensors[0].dtype).removeprefix("torch."),
        tuple(tensors[0].shape),
        tuple(rows),
        total,
    )


def _layer(mine: Watched, other: Watched, key: Key, form: str) -> LayerDifference:
    """The row of one call."""
    seen, theirs, (path, number) = mine.calls[key], other.calls[key], key
    layers = [w.net.get_submodule(path) for w in (mine, other) if seen.is_module]
    return LayerDifference(
        path if number == 1 else f"{path} ({number})",
        theirs.kind,
        form,
        **vars(seen.messages),
        output=_relative(seen.output, theirs.output),
        input_gradient=_relative(seen.input_gradient, theirs.input_gradient),
        parameter_gradient=_of_parameters(*layers, recurse=False) if layers else None,
    )


def _whole(mine: Watched, other: Watched, form: str) -> LayerDifference:
    """The row of the network."""
    pairs = zip(mine.input_gradients, other.input_gradients, strict=True)
    found = [d for d in (_relative(a, b) for a, b in pairs) if d is not None]
    return LayerDifference(
        "whole network",
        type(other.net).__name__,
        form,
        output=_relative(mine.output, other.output),
        input_gradient=max(found, default=None),
        parameter_gradient=_of_parameters(mine.net, other.net, recurse=True),
    )


def _of_parameters(layer: nn.Module, twin: nn.Module, *, recurse: bool) -> float | None:
    theirs = dict(twin.named_parameters(recurse=recurse))
    found = [
        _relative(p.grad, theirs[name].grad)
        for name, p in layer.named_parameters(recurse=recurse)
        if name in theirs
    ]
    return max((d for d in found if d is not None), default=None)


def _relative(a: Tensor | None, b: Tensor | None) -> float | None:
    if a is None or b is None:
        return None if a is b else float("inf")
    a, b = a.detach(), b.detach()
    if a.shape != b.shape:
        return float("inf")
    if a.numel() == 0:
        return 0.0
    difference, size = float((a - b).abs().max()), float(b.abs().max())
    return difference / size if size > 0 else difference
