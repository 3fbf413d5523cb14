"""A network as a list of steps on images or image graphs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from graphvision.convert.rules import Options, rule_of
from graphvision.convert.step import Step, Value
from graphvision.convert.tracer import look_up
from graphvision.convert.where import where
from graphvision.graphs import ImageGraph


class GraphNetwork(nn.Module):
    """What :func:`graphvision.graphify` makes of a network.

    Parameters, buffers and submodules have the names that they had. ``forward`` takes what the
    network took, images ``[b, c, *size]``, or an image graph or batch of them of any partition.
    Each step then gives an image graph, until one that leaves the raster gives a tensor.

    Attributes:
        options: how the layers run.
        class_name: of the network that it was made from.
    """

    options: Options
    class_name: str

    def __init__(
        self,
        root: nn.Module,
        programs: Mapping[bool, Sequence[Step]],
        originals: dict[str, nn.Module],
        options: Options,
    ) -> None:
        super().__init__()
        self.options, self.class_name = options, type(root).__name__
        self._root = (root,)  # not a submodule: its children are ours
        self._originals = originals
        self._programs = {mode: tuple(steps) for mode, steps in programs.items()}
        for name, child in root._modules.items():
            self._modules[name] = child
        self._parameters.update(root._parameters)
        self._buffers.update(root._buffers)
        self._non_persistent_buffers_set.update(root._non_persistent_buffers_set)
        self.training = root.training
        self._bound: dict[bool, tuple[_Call, ...]] = {}

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps in the current mode, in the order in which they run."""
        return self._programs[self.training]

    def forward(self, *inputs: Any) -> Any:
        """Run the network.

        Args:
            *inputs: what the network takes; in place of an image also an image graph.

        Returns:
            What the network returns; image graphs in place of images where graphs went in.

        Raises:
            ValueError: another number of inputs than the example had, no image where it had one,
                or a branch on the shape that goes another way than for the example. An error of a
                step has a note that says which, on what shapes, and what the example's were.
        """
        return self.watch(None, *inputs)

    def watch(self, watcher: Callable[[Step, Any], Any] | None, *inputs: Any) -> Any:
        """Run the network and show every step's result.

        Args:
            watcher: called with every step and its result; what it returns, unless None, takes the
                place of the result.
            *inputs: as for :meth:`forward`.

        Returns:
            As :meth:`forward`.
        """
        steps = self.steps
        expected = sum(step.op == "input" for step in steps)
        if len(inputs) != expected:
            raise ValueError(f"`inputs` must be {expected} as in the example, got {len(inputs)}")
        for step, value in zip(steps, inputs, strict=False):
            if step.raster and not isinstance(value, (Tensor, ImageGraph)):
                raise ValueError(
                    "`inputs` must be image tensors or image graphs, where the example had images "
                    f"{step.shape}, got {type(value).__name__}"
                )
        values: list[Any] = [*inputs, *[None] * (len(steps) - expected)]
        for index, call in enumerate(self._calls()):
            try:
                values[index] = values[index] if call.run is None else call(values)
            except (ValueError, RuntimeError, TypeError, AttributeError) as error:
                error.add_note(where(steps, index, values, self._kind(steps[index])))
                raise
            if watcher is not None:
                seen = watcher(steps[index], values[index])
                values[index] = values[index] if seen is None else seen
            for done in call.last_use_of:
                values[done] = None
        return values[-1]

    def _calls(self) -> "tuple[_Call, ...]":
        if self.training not in self._bound:
            self._bound[self.training] = tuple(
                _Call(step, self._callable(step), done)
                for step, done in zip(self.steps, _last_uses(self.steps), strict=True)
            )
        return self._bound[self.training]

    def _kind(self, step: Step) -> str:
        return type(self.get_submodule(step.target)).__name__ if step.op == "module" else ""

    def _callable(self, step: Step) -> Callable[..., Any] | None:
        if step.op == "module":
            module = self.get_submodule(step.target)
            rule = rule_of(type(module))
            return rule.convert(module, self.options) if rule else module
        if step.op in ("function", "method"):
            rule = rule_of(step.target)
            plain = method(step.target) if step.op == "method" else step.target
            return rule.convert(plain, self.options) if rule else plain
        if step.op == "attribute":
            return lambda: look_up(self, step.target)
        if step.op == "guard":
            return _Guard(step)
        return None if step.op == "input" else _as_it_is

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the bound calls, which are made again from the rules."""
        return self.__dict__ | {"_bound": {}}

    def extra_repr(self) -> str:
        """How many steps."""
        return f"{self.class_name} as message passing, {len(self.steps)} steps"


def method(name: str) -> Callable[..., Any]:
    """The method of a tensor as a function."""

    def call(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(tensor, name)(*args, **kwargs)

    call.__name__ = name
    return call


class _Call:
    """A step that is ready to run."""

    def __init__(self, step: Step, run: Callable[..., Any] | None, done: tuple[int, ...]) -> None:
        self.run, self.last_use_of = run, done
        self._step = step
        plain = not step.kwargs and all(_is_simple(a) for a in step.args)
        self._flat = step.args if plain else None

    def __call__(self, values: list[Any]) -> Any:
        assert self.run is not None, "inputs are given"
        if self._flat is not None:
            return self.run(*[values[a.step] if isinstance(a, Value) else a for a in self._flat])
        step = self._step
        return self.run(*_resolve(step.args, values), **_resolve(step.kwargs, values))


class _Guard:
    """Checks that a branch on the shape goes the way it went for the example."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def __call__(self, condition: Any) -> None:
        if bool(condition) != self._step.target:
            raise ValueError(
                "`inputs` must take the branches that the example took, "
                f"got {bool(condition)} for the condition at {self._step.place}; "
                "graphify again with an example of this size"
            )


def _as_it_is(value: Any) -> Any:
    return value


def _is_simple(value: Any) -> bool:
    return not isinstance(value, (tuple, list, dict, slice))


def _resolve(value: Any, values: list[Any]) -> Any:
    if isinstance(value, Value):
        return values[value.step]
    if isinstance(value, (tuple, list)):
        return type(value)(_resolve(item, values) for item in value)
    if isinstance(value, dict):
        return {name: _resolve(item, values) for name, item in value.items()}
    if isinstance(value, slice):
        return slice(*(_resolve(v, values) for v in (value.start, value.stop, value.step)))
    return value


def _last_uses(steps: Sequence[Step]) -> list[tuple[int, ...]]:
    """Per step, the values that nobody needs after it."""
    last = {index: index for index in range(len(steps))}
    for index, step in enumerate(steps):
        last.update(dict.fromkeys(step.inputs, index))
    done: list[list[int]] = [[] for _ in steps]
    for value, index in last.items():
        if value != len(steps) - 1:
            done[index].append(value)
    return [tuple(values) for values in done]
