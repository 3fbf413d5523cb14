"""What a network says about the images of a batch, in the form of the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Float
from torch import Tensor

from graphvision.graphs import Annotations


@dataclass(frozen=True, eq=False)
class Answer(Annotations):
    """Annotations that a network made, and how sure it is of them.

    Every task decodes to pixels or boxes of the image, whatever the network ran on, so that answers
    of a CNN and of a graph network are scored by the same numbers.

    Attributes:
        label_scores: of each image and class, ``[b, c]``: the surer, the larger.
        box_scores: of each box, ``[m]``, 0 … 1.
        borders: how surely a border runs between a pixel and the one to its right (channel 0) or
            below it (channel 1), ``[b, 2, h, w]``, 0 … 1; the last column and row have none.
        edge_borders: the same of each edge that was asked, ``[e]``.

    Example:
        >>> import torch
        >>> len(Answer((4, 5), label_scores=torch.rand(2, 3), labels=torch.tensor([0, 2])))
        2
    """

    per_image: ClassVar[tuple[str, ...]] = (*Annotations.per_image, "label_scores", "borders")

    label_scores: Float[Tensor, "b c"] | None = None
    box_scores: Float[Tensor, " m"] | None = None
    borders: Float[Tensor, "b 2 h w"] | None = None
    edge_borders: Float[Tensor, " e"] | None = None
