"""Runs a network once and follows what every value sees of the image."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx, nn

from graphvision.models.layer_reads import Call, Size, rule_of, settings_of
from graphvision.models.receptive_field import PIXELS, Axis

# What only arranges values anew.
VIEWS = ("flatten", "view", "reshape", "permute", "transpose", "unflatten", "squeeze", "unsqueeze")


@dataclass(frozen=True)
class Field:
    """What the positions of a value see of the image.

    Attributes:
        axes: by the axes of the image.
        size: positions along each. Tokens keep the size of the map that they were cut from.
    """

    axes: tuple[Axis, ...]
    size: Size

    @property
    def whole(self) -> "Field":
        """What something sees that reads all positions."""
        axes = (axis.whole(n) for axis, n in zip(self.axes, self.size, strict=True))
        return Field(tuple(axes), (1,) * len(self.size))


@dataclass(frozen=True)
class Visit:
    """A layer or function that was called, in the order of the calls.

    Attributes:
        name: path of the layer, or name of the function.
        call: with its settings and sizes.
        field: what the result sees; None if it doesn't depend on the image.
        joins: how many values that see something it takes.
        shape: of the result, without the batch.
    """

    name: str
    call: Call
    field: Field | None
    joins: int
    shape: Size


def visits(model: nn.Module, example: Tensor) -> tuple[list[Visit], str | None]:
    """Run ``model`` on ``example`` and follow the data by torch.fx.

    Args:
        model: takes one batch of images; is run as it is, without gradients.
        example: ``[1, c, *size]``.

    Returns:
        The visits, and None; or, for a network that torch.fx can't trace, the visits of its layers
        in the order in which they were called, each taken to read the one before, and the reason.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
        >>> found, reason = visits(net, torch.rand(1, 1, 8, 8))
        >>> [(visit.name, visit.shape) for visit in found], reason
        ([('0', (2, 6, 6)), ('1', (2, 6, 6))], None)
    """
    try:
        traced = fx.GraphModule(model, fx.Tracer().trace(model))
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        return _in_call_order(model, example), f"{type(error).__name__}: {first}"
    with torch.no_grad():
        followed = _Followed(traced)
        followed.run(example)
    return followed.visits, None


class _Followed(fx.Interpreter):
    """An interpreter that knows what every value sees."""

    def __init__(self, traced: fx.GraphModule) -> None:
        super().__init__(traced, garbage_collect_values=False)
        self.visits: list[Visit] = []
        self.fields: dict[fx.Node, Field] = {}

    def run_node(self, n: fx.Node) -> Any:
        """As torch.fx's, and notes the visit."""
        result = super().run_node(n)
        if n.op == "placeholder" and isinstance(result, Tensor):
            self.fields[n] = _of_image(result)
        elif n.op.startswith("call_"):
            self._note(n, result)
        return result

    def _note(self, node: fx.Node, result: Any) -> None:
        inputs = [n for n in node.all_input_nodes if n in self.fields]
        value = _first_tensor(result)
        if not inputs or value is None:
            return
        module = node.op == "call_module"
        target = self.module.get_submodule(str(node.target)) if module else node.target
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        name = str(getattr(node.target, "__name__", node.target))
        fields = [self.fields[n] for n in inputs]
        if isinstance(self.env[inputs[0]], tuple):  # one of several results is picked
            self.fields[node] = fields[0]
            return
        visit = _visit(name, target, fields, value, settings=settings_of(target, args, kwargs))
        self.visits.append(visit)
        if visit.field is not None:
            self.fields[node] = visit.field


def _in_call_order(model: nn.Module, example: Tensor) -> list[Visit]:
    """Layer after layer, as if each read the one before."""
    found: list[Visit] = []
    latest = _of_image(example)

    def note(name: str, layer: nn.Module, _inputs: Any, output: Any) -> None:
        nonlocal latest
        value = _first_tensor(output)
        if value is not None:
            settings = settings_of(layer, (), {})
            found.append(_visit(name, layer, [latest], value, settings=settings))
            latest = found[-1].field or latest

    hooks = [layer.register_forward_hook(partial(note, name)) for name, layer in _layers(model)]
    try:
        with torch.no_grad():
            model(example)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _layers(model: nn.Module, path: str = "") -> Iterator[tuple[str, nn.Module]]:
    """Modules that torch.fx doesn't open, and own ones without parts."""
    for name, child in model.named_children():
        whole = f"{path}.{name}" if path else name
        if fx.Tracer().is_leaf_module(child, whole) or not list(child.children()):
            yield whole, child
        else:
            yield from _layers(child, whole)


def _visit(
    name: str,
    target: Any,
    fields: list[Field],
    value: Tensor,
    *,
    settings: Callable[[str, Any], Any],
) -> Visit:
    field = fields[0]
    for other in fields[1:]:
        axes = (a.joined(b) for a, b in zip(field.axes, other.axes, strict=True))
        larger = max(field.size, other.size)
        field = Field(tuple(axes), larger)
    dims = len(field.axes)
    is_map = value.ndim == dims + 2
    after = tuple(value.shape[2:]) if is_map else field.size
    call, rule = Call(target, settings, field.size, after), rule_of(target)
    reads = rule(call) if rule else []
    if reads is None or value.ndim <= 2:
        field = field.whole
    elif reads and is_map:
        axes = (axis.through(r) for axis, r in zip(field.axes, reads, strict=True))
        field = Field(tuple(axes), after)
    elif is_map and name not in VIEWS:
        field = Field(field.axes, after)
    return Visit(name, call, field, len(fields), tuple(value.shape[1:]))


def _of_image(image: Tensor) -> Field:
    size = tuple(image.shape[2:])
    return Field((PIXELS,) * len(size), size)


def _first_tensor(result: Any) -> Tensor | None:
    if isinstance(result, tuple) and result:
        result = result[0]
    return result if isinstance(result, Tensor) else None
