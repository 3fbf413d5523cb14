"""Reads a network's data flow by torch.fx, with ``self.training`` left live."""

import inspect
import operator
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import jaxtyping
import torch
from torch import fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode

_NOT_THE_NETWORKS = (f"{os.sep}torch{os.sep}", f"{os.sep}jaxtyping{os.sep}", __file__)


class LiveProxy(fx.Proxy):
    """A value of the traced network that keeps in-place operators in place.

    ``len``, ``int``, loops and indices that code makes of a shape are those of the example, and
    guarded.
    """

    tracer: "LiveTracer"

    def __getattr__(self, name: str) -> "LiveAttribute":
        return LiveAttribute(self, name)

    def _in_place(self, function: Callable[..., Any], other: Any) -> Any:
        return self.tracer.create_proxy("call_function", function, (self, other), {})

    def __iadd__(self, other: Any) -> Any:
        return self._in_place(operator.iadd, other)

    def __isub__(self, other: Any) -> Any:
        return self._in_place(operator.isub, other)

    def __imul__(self, other: Any) -> Any:
        return self._in_place(operator.imul, other)

    def __itruediv__(self, other: Any) -> Any:
        return self._in_place(operator.itruediv, other)

    def __len__(self) -> int:
        length = self.tracer.create_proxy("call_function", len, (self,), {})
        return int(self.tracer.number(length.node))

    def __index__(self) -> int:
        return operator.index(self.tracer.number(self.node))

    def __int__(self) -> int:
        return int(self.tracer.number(self.node))

    def __float__(self) -> float:
        return float(self.tracer.number(self.node))


class LiveAttribute(fx.proxy.Attribute, LiveProxy):
    """An attribute or a method of a value."""


class LiveTracer(fx.Tracer):
    """A tracer of networks that are run later in training and in evaluation mode.

    ``self.training`` becomes a value of the graph, looked up at each run. Where Python branches on
    it, the branch of the current mode is taken and ``branches_on_mode`` is set; where it branches
    on the shape of a value, the branch of the example is taken and becomes a guard. A branch on
    the values themselves can't be traced.

    Args:
        is_leaf: whether a module is a step of its own, or is opened.
        example: the arguments of ``forward``.
    """

    proxy_buffer_attributes = True

    def __init__(self, is_leaf: Callable[[nn.Module], bool], example: tuple[Any, ...]) -> None:
        super().__init__(autowrap_functions=())
        self._is_leaf = is_leaf
        self._example = example
        self._values: dict[fx.Node, Any] = {}
        self._evaluating = False
        self._mode = FakeTensorMode(allow_non_fake_inputs=True)
        self.branches_on_mode = False
        self.guards: list[tuple[fx.Node, bool, str]] = []

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        """Whether ``m`` is a step of its own."""
        return self._is_leaf(m)

    def create_args_for_root(
        self, root_fn: Any, is_module: bool, concrete_args: Any = None
    ) -> tuple[Any, list[Any]]:
        """The network and one placeholder for each example; other arguments keep their defaults."""
        names = [n for n in inspect.signature(root_fn).parameters if n != "self"]
        names += [f"input_{i}" for i in range(len(names), len(self._example))]
        holders = []
        for name, value in zip(names, self._example, strict=False):
            holders.append(self.create_proxy("placeholder", name, (), {}))
            self._values[holders[-1].node] = self._fake(value)
        return root_fn, [self.root, *holders]

    def _fake(self, value: Any) -> Any:
        return self._mode.from_tensor(value) if isinstance(value, torch.Tensor) else value

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """As torch.fx's, but runs the module while a value is being worked out."""
        if self._evaluating:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """As torch.fx's, but gives the tensor while a value is being worked out."""
        if self._evaluating:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def trace_live(self, root: nn.Module) -> fx.Graph:
        """The data flow of ``root``, in the mode it is in.

        Raises:
            ValueError: Python code of the network depends on values; says where and what to do.
        """
        with _training_as_a_value(self):
            try:
                return self.trace(root)
            except Exception as error:
                raise ValueError(self._explain(error)) from error

    def to_bool(self, obj: fx.Proxy) -> bool:
        """The branch that the example and the current mode take."""
        if _reads_training(obj.node):
            self.branches_on_mode = True
        chosen = bool(self.value(obj.node))
        if any(n.op == "placeholder" for n in _ancestors(obj.node)):
            self.guards.append((obj.node, chosen, self._place()))
        return chosen

    def iter(self, obj: Any) -> Iterator[Any]:
        """As many items as the example has, with a guard that other inputs have as many."""
        return iter([obj[index] for index in range(len(obj))])

    def number(self, node: fx.Node) -> Any:
        """The number that the example gives, with a guard that other inputs give the same."""
        found = self.value(node)
        same = self.create_node("call_function", operator.eq, (node, found), {})
        self.guards.append((same, True, self._place()))
        return found

    def proxy(self, node: fx.Node) -> LiveProxy:
        """The value of ``node`` in the network's code."""
        return LiveProxy(node, self)

    def value(self, node: fx.Node) -> Any:
        """What ``node`` is for the example: tensors without data, everything else as it is."""
        before, self._evaluating = self._evaluating, True
        try:
            with self._mode, torch.no_grad():
                return self._value(node)
        finally:
            self._evaluating = before

    def _value(self, node: fx.Node) -> Any:
        for needed in reversed(_ancestors(node)):
            if needed not in self._values:
                self._values[needed] = self._work_out(needed)
        return self._values[node]

    def _work_out(self, node: fx.Node) -> Any:
        args = fx.node.map_arg(node.args, self._values.__getitem__)
        kwargs = fx.node.map_arg(node.kwargs, self._values.__getitem__)
        if node.op == "get_attr":
            return look_up(self.root, str(node.target))
        if node.op == "call_module":
            return self.root.get_submodule(str(node.target))(*args, **kwargs)
        if node.op == "call_method":
            return getattr(args[0], str(node.target))(*args[1:], **kwargs)
        if node.op == "output":
            return args[0]
        assert callable(node.target), "placeholders are known from the start"
        return node.target(*args, **kwargs)

    def _place(self) -> str:
        return _line(_networks_frame(traceback.extract_stack()))

    def _explain(self, error: Exception) -> str:
        inside = [f"{name} ({kind.__name__})" for name, kind in self.module_stack.values() if name]
        where = f"in {inside[-1]}" if inside else f"in {type(self.root).__name__}"
        where += f", {_line(_networks_frame(traceback.extract_tb(error.__traceback__)))}"
        return (
            f"`cnn` must have a data flow that torch.fx can trace, got {type(error).__name__} "
            f"{where}\n  {str(error).splitlines()[0] if str(error) else ''}\n"
            "Branches and loops may depend on shapes and on self.training, not on values. Move "
            "the code into a module of its own and give it a rule with "
            "graphvision.convert.register_rule; it then is one step and isn't opened."
        )


def look_up(root: nn.Module, path: str) -> Any:
    """The attribute of ``root`` at a dotted path."""
    found: Any = root
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _networks_frame(frames: Sequence[traceback.FrameSummary]) -> traceback.FrameSummary:
    """The innermost frame of the network's code."""
    own = [f for f in frames if not any(part in f.filename for part in _NOT_THE_NETWORKS)]
    return own[-1] if own else frames[-1]


def _line(frame: traceback.FrameSummary) -> str:
    return f"{frame.filename}:{frame.lineno}: {frame.line}"


def _ancestors(node: fx.Node) -> list[fx.Node]:
    """``node`` and everything it is made from, each after those that need it."""
    order: dict[fx.Node, None] = {}
    waiting = [(node, False)]
    while waiting:
        current, done = waiting.pop()
        if done:
            order[current] = None
        elif current not in order:
            waiting.append((current, True))
            waiting += [(n, False) for n in current.all_input_nodes]
    return list(reversed(order))


def _reads_training(node: fx.Node) -> bool:
    return any(
        n.op == "get_attr" and str(n.target).rpartition(".")[2] == "training"
        for n in _ancestors(node)
    )


@contextmanager
def _training_as_a_value(tracer: LiveTracer) -> Iterator[None]:
    """While it lasts, ``module.training`` of a traced module is a node of the graph."""

    def look(module: nn.Module) -> Any:
        mode = module.__dict__["training"]
        path = getattr(tracer, "submodule_paths", None) or {}
        if tracer._evaluating or module not in path:
            return mode
        name = path[module]
        return tracer.create_proxy("get_attr", f"{name}.training" if name else "training", (), {})

    def store(module: nn.Module, mode: bool) -> None:
        module.__dict__["training"] = mode

    checks = jaxtyping.config.jaxtyping_disable
    nn.Module.training = property(look, store)  # type: ignore[assignment,method-assign]
    jaxtyping.config.update("jaxtyping_disable", True)  # networks that check shapes see no shapes
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", checks)
        del nn.Module.training
