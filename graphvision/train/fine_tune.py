"""What a network has learned, kept up to some depth and trained on from there."""

import copy
from contextlib import nullcontext
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn

from graphvision.models import Block, blocks
from graphvision.models.evaluating import evaluating
from graphvision.train.fine_tuned import FineTuned, TunedEpoch
from graphvision.train.head import exchanged_head, find_head, new_head, put_head
from graphvision.train.labelled import Labelled, Source

RETRAIN = ("head", "rest", "none")
Heads = tuple[nn.Linear, nn.Linear]


def fine_tune(
    model: nn.Module,
    data: Source,
    *,
    keep: int,
    retrain: str = "head",
    test: Source | None = None,
    first_task: Source | None = None,
    learning_rate: float = 1e-3,
    decay: float = 1.0,
    epochs: int = 10,
    batch_size: int = 16,
    seed: int = 0,
    depth: int = 1,
) -> FineTuned:
    """Train the last blocks of a network on new images, and measure what it forgets.

    The blocks are those of :func:`graphvision.models.blocks`. The first ``keep`` are frozen:
    neither their weights nor their running statistics move, and their dropout is off. Of ``n``
    blocks, number ``b`` learns at the rate ``learning_rate · decay^(n - 1 - b)``, by Adam.

    Args:
        model: a network on images or graphs that gives logits. It isn't changed.
        data: the new images with labels: an :class:`graphvision.datasets.ImageDataset`, whose
            pixels become 0 … 1, or a pair ``(inputs, labels)``; inputs are a tensor ``[n, …]`` as
            the network takes it, or a list of graphs.
        keep: number of blocks that are frozen, 0 … all of them; a new head must not be.
        retrain: what begins with new weights: ``"head"``, the last linear layer, which gets as
            many outputs as there are new classes; ``"rest"``, every block that isn't kept, the new
            head included, so that only the kept blocks know the first task; ``"none"``, nothing,
            for new images of the classes that the network has outputs for.
        test: images of the new task to measure the accuracy on.
        first_task: test images of the first task. A new head is exchanged for the first one while
            the accuracy is measured: what is lost was lost by the other layers.
        learning_rate: of the last block, > 0.
        decay: factor from each block to the one before it, 0 < ``decay`` ≤ 1.
        epochs: passes over ``data``, ≥ 1.
        batch_size: images per step, ≥ 1.
        seed: decides new weights, the order of the images and dropout.
        depth: how finely blocks are cut.

    Returns:
        The fine-tuned copy of the network, and its accuracies before and after.

    Raises:
        ValueError: a setting lies outside its range, there are no images, a label has no output, or
            the network doesn't end in a linear layer where a new head is wanted.

    Example:
        >>> import torch, graphvision as gv
        >>> images, labels = torch.rand(8, 1, 28, 28), torch.arange(8) % 2
        >>> tuned = gv.fine_tune(gv.models.create("lenet5"), (images, labels), keep=3, epochs=1)
        >>> tuned.frozen, tuned.trainable, tuned.model(images).shape
        (('conv1', 'conv2', 'fc1'), 10334, torch.Size([8, 2]))

    Source:
        Yosinski et al., How transferable are features in deep neural networks?, 2014, for what is
        kept and what begins anew; Howard and Ruder, Universal language model fine-tuning, 2018,
        section 3.2, for rates by layer.
    """
    _check_ranges(learning_rate, decay, {"epochs": epochs, "batch_size": batch_size})
    parts = {"data": data, "test": test, "first_task": first_task}
    tasks = {name: Labelled.of(part, name) for name, part in parts.items() if part is not None}
    model = copy.deepcopy(model)
    example, _ = tasks["data"].fetch(torch.arange(1))
    found = blocks(model, example, depth=depth)
    _check_blocks(found, keep, retrain)
    kept, trained = found[:keep], found[keep:]
    _check_labels(model, example, tasks, retrain)
    new, first = tasks.get("test"), tasks.get("first_task")
    knew = _accuracy(model, first)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        heads = _begin(model, trained, retrain, tasks) if retrain != "none" else None
        rates = {b.name: learning_rate * decay**d for d, b in enumerate(reversed(trained))}
        weights = {b.name: _weights(model, b) for b in trained}
        _freeze(model, found, keep)
        optimiser = torch.optim.Adam([{"params": weights[n], "lr": rates[n]} for n in rates])
        curve = [TunedEpoch(0, None, _accuracy(model, new), knew)]
        for epoch in range(1, epochs + 1):
            _training_mode(model, kept)
            loss = _train(model, optimiser, tasks["data"], batch_size)
            learned = _accuracy(model, new)
            with exchanged_head(*heads) if heads else nullcontext():
                curve.append(TunedEpoch(epoch, loss, learned, _accuracy(model, first)))
    return FineTuned(
        model.eval(),
        frozen=tuple(block.name for block in kept),
        rates={block.name: rates[block.name] for block in trained},
        trainable=sum(weight.numel() for block in weights.values() for weight in block),
        curve=tuple(curve),
    )


def _check_ranges(learning_rate: float, decay: float, counts: dict[str, int]) -> None:
    if not learning_rate > 0:
        raise ValueError(f"`learning_rate` must be above 0, got {learning_rate}")
    if not 0 < decay <= 1:
        raise ValueError(f"`decay` must be above 0 and at most 1, got {decay}")
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1, got {count}")


def _check_blocks(found: tuple[Block, ...], keep: int, retrain: str) -> None:
    if retrain not in RETRAIN:
        raise ValueError(f"`retrain` must be one of {list(RETRAIN)}, got {retrain!r}")
    if not found:
        raise ValueError("`model` must have parameters that its forward pass uses, got none")
    if not 0 <= keep < len(found):
        names = ", ".join(block.name for block in found)
        expected = f"in 0…{len(found) - 1}, as the last of the blocks {names} is trained"
        raise ValueError(f"`keep` must be {expected}, got {keep}")


@torch.no_grad()
def _check_labels(model: nn.Module, example: Any, tasks: dict[str, Labelled], retrain: str) -> None:
    """Refuse labels that the outputs which stay don't have."""
    with evaluating(model):
        outputs = model(example).shape[1]
    for name, task in tasks.items():
        if retrain == "none" or name == "first_task":
            task.check_labels(outputs, name)


def _begin(
    model: nn.Module, trained: tuple[Block, ...], retrain: str, tasks: dict[str, Labelled]
) -> Heads:
    """Draw new weights; returns the head in the network and one with the first task's weights."""
    head = find_head(model, trained)
    outputs = max(task.classes for name, task in tasks.items() if name != "first_task")
    first = put_head(head, new_head(head, outputs))
    if retrain == "rest":
        names = [name for block in trained for name in block.weights]
        for path in dict.fromkeys(name.rpartition(".")[0] for name in names):
            layer = model.get_submodule(path)
            if layer is not head:
                _draw(layer, path)
    return head, first


def _draw(layer: nn.Module, path: str) -> None:
    reset = getattr(layer, "reset_parameters", getattr(layer, "_reset_parameters", None))
    if reset is None:
        expected = "layers with `reset_parameters` where `retrain='rest'` draws new weights"
        raise ValueError(f"`model` must have {expected}, got {type(layer).__name__} {path!r}")
    reset()


def _weights(model: nn.Module, block: Block) -> list[nn.Parameter]:
    return [model.get_parameter(name) for name in block.weights]


def _freeze(model: nn.Module, found: tuple[Block, ...], keep: int) -> None:
    for place, block in enumerate(found):
        for weight in _weights(model, block):
            weight.requires_grad_(place >= keep)


def _training_mode(model: nn.Module, kept: tuple[Block, ...]) -> None:
    """Training mode, but evaluation mode for what is kept: running statistics stay as they are."""
    model.train()
    for path in (path for block in kept for path in block.modules if path):
        model.get_submodule(path).eval()


def _train(
    model: nn.Module, optimiser: torch.optim.Optimizer, data: Labelled, batch_size: int
) -> float:
    """One pass in random order; returns the mean loss."""
    total = 0.0
    order = int(torch.randint(2**62, ()))
    for inputs, labels in data.batches(batch_size, order):
        loss = F.cross_entropy(model(inputs), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(labels)
    return total / len(data.labels)


def _accuracy(model: nn.Module, task: Labelled | None) -> float | None:
    return None if task is None else task.accuracy(model)
