"""Inputs with a label each: images in one tensor, or a list of graphs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from graphvision.datasets import ImageDataset
from graphvision.graphs import as_image
from graphvision.models.evaluating import evaluating
from graphvision.train.batches import Batches, evaluation_batch

Source = ImageDataset | tuple[Tensor | Sequence[Any], Tensor]


@dataclass(frozen=True)
class Labelled:
    """Inputs that a network takes, and their classes.

    Attributes:
        inputs: ``[n, …]``, or n graphs.
        labels: int64, ``[n]``.
        classes: how many there are: names in the data set, else one more than the largest label.
    """

    inputs: Any
    labels: Tensor
    classes: int

    @classmethod
    def of(cls, source: Any, name: str) -> "Labelled":
        """Check what a caller gave.

        Args:
            source: an image data set, whose pixels become 0 … 1, or a pair of inputs and labels.
            name: of the argument, for errors.

        Returns:
            The same data.

        Raises:
            ValueError: there is nothing, the lengths differ, or labels are no classes.

        Example:
            >>> Labelled.of((torch.rand(2, 1, 4, 4), torch.tensor([0, 2])), "data").classes
            3
        """
        if isinstance(source, ImageDataset):
            inputs: Any = as_image(source.images) if len(source) else source.images
            labels, classes = source.labels, len(source.classes)
        elif isinstance(source, tuple) and len(source) == 2:
            (inputs, labels), classes = source, 0
        else:
            expected = "an ImageDataset or a pair of inputs and labels"
            raise ValueError(f"`{name}` must be {expected}, got {type(source).__name__}")
        if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or labels.ndim != 1:
            is_tensor = isinstance(labels, Tensor)
            got = f"{labels.dtype} of shape {tuple(labels.shape)}" if is_tensor else repr(labels)
            raise ValueError(f"`{name}` must have int64 labels of shape (n,), got {got}")
        if not len(labels) or len(inputs) != len(labels):
            got = f"{len(inputs)} inputs and {len(labels)} labels"
            raise ValueError(f"`{name}` must have one label per input and at least one, got {got}")
        if int(labels.min()) < 0:
            least = int(labels.min())
            raise ValueError(f"`{name}` must have labels that are at least 0, got {least}")
        return cls(inputs, labels, max(classes, int(labels.max()) + 1))

    def check_labels(self, outputs: int, name: str) -> None:
        """Refuse labels that a network has no output for.

        Args:
            outputs: of the network.
            name: of the argument, for errors.

        Raises:
            ValueError: a label is too large.
        """
        largest = int(self.labels.max())
        if largest >= outputs:
            raise ValueError(f"`{name}` must have labels in 0…{outputs - 1}, got {largest}")

    def fetch(self, index: Tensor) -> tuple[Any, Tensor]:
        """The inputs at some indices, as a network takes them, and their labels."""
        if isinstance(self.inputs, Tensor):
            return self.inputs[index], self.labels[index]
        graphs = [self.inputs[i] for i in index.tolist()]
        return Batch.from_data_list(graphs), self.labels[index]

    def batches(self, batch_size: int, order: int | None = None) -> Batches:
        """One pass over the data; ``order`` is the seed of a random one."""
        return Batches(self.fetch, len(self.labels), batch_size, order=order)

    @torch.no_grad()
    def accuracy(self, model: nn.Module) -> float:
        """Share of right answers in evaluation mode; the modes are put back."""
        with evaluating(model):
            right = [
                int((model(inputs).argmax(1) == labels).sum())
                for inputs, labels in self.batches(self._evaluated())
            ]
        return sum(right) / len(self.labels)

    def _evaluated(self) -> int:
        first = self.inputs[0]
        if isinstance(first, Tensor):
            return evaluation_batch(first.shape[1:].numel())
        return evaluation_batch(first.num_nodes)
