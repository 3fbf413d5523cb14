"""What every layer and function of a network takes and gives in one pass, and the gradients."""

import copy
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from graphvision.convert.messages import Messages
from graphvision.convert.network import GraphNetwork
from graphvision.convert.rules import is_step, rule_of
from graphvision.nn.ran import Ran, noting_what_runs

Key = tuple[str, int]  # path or function, and which call of it


@dataclass
class Seen:
    """One call.

    Attributes:
        kind: class of the module, or name of the function.
        is_module: whether it is a module.
        output: the first tensor of the result.
        input_gradient: of the first argument.
        messages: that were sent.
    """

    kind: str
    is_module: bool
    output: Tensor = field(default_factory=lambda: torch.empty(0))
    input_gradient: Tensor | None = None
    messages: Messages = field(default_factory=Messages)


class Watched:
    """A network's values: of a pass as it is, and of a pass with every call noted down.

    Of a network of torch's layers the functions are noted that :func:`graphify` has a rule for, as
    far as they aren't called by a layer of torch's; of a network of messages the same functions.

    Attributes:
        calls: modules and functions, in the order in which they ended.
        output: of the network as a whole.
        input_gradients: of its arguments; those of its parameters are in their ``grad``.
    """

    def __init__(self, net: nn.Module, arguments: tuple[Any, ...]) -> None:
        self.net = net
        self.calls: dict[Key, Seen] = {}
        self._open: list[tuple[str, nn.Module]] = []  # modules that are running
        self._waiting: list[tuple[Seen, int]] = []  # with the passes of messages before them
        self._ran: list[Ran] = []
        watched = copy.deepcopy(net)
        with ExitStack() as stack:
            self._ran = stack.enter_context(noting_what_runs())
            for path, module in watched.named_modules():
                if path:
                    self._hook(path, module)
            if isinstance(watched, GraphNetwork):
                watched.wrap_functions(self._noted)
            else:
                stack.enter_context(_Functions(self))
            run(watched, arguments)
        self.output, self.input_gradients = run(net, arguments)

    def _hook(self, path: str, module: nn.Module) -> None:
        def before(_: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
            self._open.append((path, module))
            return self._begin(Seen(type(module).__name__, True), args)

        def after(_: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            self._open.pop()
            self._end(path, output)

        module.register_forward_pre_hook(before)
        module.register_forward_hook(after)

    def _begin(self, seen: Seen, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self._waiting.append((seen, len(self._ran)))
        if not args or not _floating(args[0]):
            return args
        own = args[0].clone()  # what works in place would take the hook along
        if own.requires_grad:
            own.register_hook(lambda g: setattr(seen, "input_gradient", g.clone()))
        return (own, *args[1:])

    def _end(self, name: str, output: Any) -> None:
        (seen, earlier), first = self._waiting.pop(), _first(output)
        seen.messages = Messages.of(self._ran[earlier:])
        if first is not None:
            seen.output = first.detach().clone()
            self.calls[name, 1 + sum(known == name for known, _ in self.calls)] = seen

    def _noted(self, place: str, function: Callable[..., Any], what: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            output = function(*self._begin(Seen(what, False), args), **kwargs)
            self._end(f"{place}.{what}" if place else what, output)
            return output

        return call

    def noted_here(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function that the network's own code calls, noted; others as they are."""
        place, module = self._open[-1] if self._open else ("", None)
        if (module is not None and is_step(module)) or rule_of(function) is None:
            return function
        return self._noted(place, function, str(getattr(function, "__name__", "")))


class _Functions(TorchFunctionMode):
    """Notes the functions that a network of torch's layers calls."""

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self._watched = watched

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        return self._watched.noted_here(func)(*args, **(kwargs or {}))


class _DropoutByPlace(TorchFunctionMode):
    """Dropout draws in the order of the image's axes, whatever its memory format."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is F.dropout:
            args = (args[0].contiguous(), *args[1:])
        return func(*args, **(kwargs or {}))


def run(net: nn.Module, arguments: tuple[Any, ...]) -> tuple[Tensor, list[Tensor | None]]:
    """Output and gradients of the inputs; those of the parameters are in ``grad``."""
    inputs = [a.detach().clone().requires_grad_() if _floating(a) else a for a in arguments]
    net.zero_grad()
    with torch.random.fork_rng(devices=[]), _DropoutByPlace():
        torch.manual_seed(0)
        output = _first(net(*inputs))
        torch.manual_seed(1)
        output.backward(torch.randn(output.shape, dtype=output.dtype).to(output.device))
    return output.detach(), [a.grad for a in inputs if _floating(a)]


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
