"""How far a network of messages is from the CNN that it was made from, layer by layer."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from graphvision.convert.equivalence_report import EquivalenceReport, LayerDifference
from graphvision.convert.graphify import graphify, ungraphify
from graphvision.convert.messages import Messages
from graphvision.convert.network import GraphNetwork
from graphvision.nn.ran import Ran, noting_what_runs

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
    original = _Watched(copy.deepcopy(cnn), arguments)
    plain, rows, total = ungraphify(graph_net), [], {}
    for form in forms:
        net = graphify(plain, arguments, lower=FORMS[form], backend=graph_net.options.backend)
        seen = _Watched(net, arguments)
        rows += [seen.against(original, key, form) for key in seen.calls if key in original.calls]
        total[form] = seen.whole(original, form)
    return EquivalenceReport(
        type(cnn).__name__,
        str(tensors[0].dtype).removeprefix("torch."),
        tuple(tensors[0].shape),
        tuple(rows),
        total,
    )


@dataclass
class _Seen:
    """What one call of a layer took and gave."""

    output: Tensor
    input_gradient: Tensor | None = None
    messages: Messages = field(default_factory=Messages)
    earlier: int = 0  # passes of messages before it


class _Watched:
    """A network's values: of a pass as it is, and of a pass with every layer's noted down."""

    def __init__(self, net: nn.Module, arguments: tuple[Any, ...]) -> None:
        self.net = net
        self.calls: dict[tuple[str, int], _Seen] = {}
        watched = copy.deepcopy(net)
        with noting_what_runs() as ran:
            for path, module in watched.named_modules():
                if path:
                    self._note(path, module, ran)
            _pass(watched, arguments)
        self.output, self.input_gradients = _pass(net, arguments)

    def _note(self, path: str, module: nn.Module, ran: list[Ran]) -> None:
        waiting: list[_Seen] = []

        def before(_: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
            seen = _Seen(torch.empty(0), earlier=len(ran))
            waiting.append(seen)
            if not args or not _floating(args[0]):
                return args
            own = args[0].clone()  # what works in place would take the hook along
            if own.requires_grad:
                own.register_hook(lambda g: setattr(seen, "input_gradient", g.clone()))
            return (own, *args[1:])

        def after(_: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            seen, first = waiting.pop(), _first(output)
            seen.messages = Messages.of(ran[seen.earlier :])
            if first is not None:
                seen.output = first.detach().clone()
                number = 1 + sum(known == path for known, _ in self.calls)
                self.calls[path, number] = seen

        module.register_forward_pre_hook(before)
        module.register_forward_hook(after)

    def against(self, other: "_Watched", key: tuple[str, int], form: str) -> LayerDifference:
        """The row of one call."""
        mine, theirs = self.calls[key], other.calls[key]
        path, number = key
        layer = self.net.get_submodule(path)
        return LayerDifference(
            path if number == 1 else f"{path} ({number})",
            type(other.net.get_submodule(path)).__name__,
            form,
            **vars(mine.messages),
            output=_relative(mine.output, theirs.output),
            input_gradient=_relative(mine.input_gradient, theirs.input_gradient),
            parameter_gradient=_of_parameters(layer, other.net.get_submodule(path), recurse=False),
        )

    def whole(self, other: "_Watched", form: str) -> LayerDifference:
        """The row of the network."""
        pairs = zip(self.input_gradients, other.input_gradients, strict=True)
        found = [d for d in (_relative(a, b) for a, b in pairs) if d is not None]
        return LayerDifference(
            "whole network",
            type(other.net).__name__,
            form,
            output=_relative(self.output, other.output),
            input_gradient=max(found, default=None),
            parameter_gradient=_of_parameters(self.net, other.net, recurse=True),
        )


class _DropoutByPlace(TorchFunctionMode):
    """Dropout draws in the order of the image's axes, whatever its memory format."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is F.dropout:
            args = (args[0].contiguous(), *args[1:])
        return func(*args, **(kwargs or {}))


def _pass(net: nn.Module, arguments: tuple[Any, ...]) -> tuple[Tensor, list[Tensor | None]]:
    """Output and gradients of the inputs; those of the parameters are in ``grad``."""
    inputs = [a.detach().clone().requires_grad_() if _floating(a) else a for a in arguments]
    net.zero_grad()
    with torch.random.fork_rng(devices=[]), _DropoutByPlace():
        torch.manual_seed(0)
        output = _first(net(*inputs))
        torch.manual_seed(1)
        output.backward(torch.randn(output.shape, dtype=output.dtype).to(output.device))
    return output.detach(), [a.grad for a in inputs if _floating(a)]


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


def _floating(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _first(value: Any) -> Any:
    """The first tensor in a layer's result."""
    if isinstance(value, Tensor):
        return value
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        return next((t for t in map(_first, value) if t is not None), None)
    return None
