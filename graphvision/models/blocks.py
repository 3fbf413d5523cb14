"""The stages of a network, in the order in which the forward pass reaches them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from graphvision.models.evaluating import evaluating


@dataclass(frozen=True)
class Block:
    """One stage of a network.

    Attributes:
        modules: paths of the children that it consists of; ``""`` for parameters that belong to
            the network itself.
        weights: names of its parameters, in the order of use.
        parameters: how many numbers these are.

    Example:
        >>> from graphvision.models import blocks, create
        >>> blocks(create("lenet5"))[0]
        Block(modules=('conv1',), weights=('conv1.weight', 'conv1.bias'), parameters=156)
    """

    modules: tuple[str, ...]
    weights: tuple[str, ...]
    parameters: int

    @property
    def name(self) -> str:
        """The paths, joined by a plus."""
        return "+".join(path or "itself" for path in self.modules)


def blocks(model: nn.Module, example: Any = None, *, depth: int = 1) -> tuple[Block, ...]:
    """Cut a network into the stages that are kept or trained as a whole.

    A stage is a child with parameters. Children whose parameters are all vectors (norms, learned
    slopes), and those with buffers only, belong to the stage before them; at the very beginning, to
    the one after them.

    Args:
        model: any network; it isn't changed.
        example: one input, or a batch. The network runs on it once, in evaluation mode, to see in
            which order parameters are used; those that aren't used belong to no block. None takes
            the order in which the children were registered.
        depth: 1 for the network's children, 2 for the children of these, and so on: 1 makes two
            blocks of a VGG (``features``, ``classifier``), 2 one of each of its layers.

    Returns:
        The blocks, first to last; none for a network without parameters.

    Raises:
        ValueError: ``depth`` < 1.

    Example:
        >>> from graphvision.models import create
        >>> [block.name for block in blocks(create("resnet18"))]
        ['conv1+bn1', 'layer1', 'layer2', 'layer3', 'layer4', 'fc']
    """
    if depth < 1:
        raise ValueError(f"`depth` must be at least 1, got {depth}")
    tensors = dict([*model.named_parameters(), *model.named_buffers()])
    used = list(tensors) if example is None else _order_of_use(model, tensors, example)
    groups: dict[str, list[str]] = {}
    for name in used:
        groups.setdefault(".".join(name.split(".")[:-1][:depth]), []).append(name)
    learned = {name for name, _ in model.named_parameters()}

    def is_stage(paths: list[str]) -> bool:
        names = [name for path in paths if path for name in groups[path]]
        return any(tensors[name].ndim > 1 for name in names if name in learned)

    stages: list[list[str]] = []
    for path in groups:
        if not stages or (is_stage([path]) and is_stage(stages[-1])):
            stages.append([])
        stages[-1].append(path)
    if not learned.intersection(used):
        return ()
    found = []
    for paths in stages:
        weights = tuple(n for path in paths for n in groups[path] if n in learned)
        found.append(Block(tuple(paths), weights, sum(tensors[n].numel() for n in weights)))
    return tuple(found)


class _Watch(TorchFunctionMode):
    """Notes in which order tensors are arguments of functions that give tensors."""

    def __init__(self, names: dict[int, str]) -> None:
        self.names = names
        self.seen: dict[str, None] = {}

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = function(*args, **(kwargs or {}))
        if any(True for _ in _tensors([result])):  # looking at a shape or a device is no use
            for value in _tensors([*args, *(kwargs or {}).values()]):
                if id(value) in self.names:
                    self.seen[self.names[id(value)]] = None
        return result


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from _tensors(value)


def _order_of_use(model: nn.Module, tensors: dict[str, Tensor], example: Any) -> list[str]:
    names = {id(tensor): name for name, tensor in tensors.items()}
    with torch.no_grad(), evaluating(model), _Watch(names) as watch:
        model(example)
    return list(watch.seen)
