"""Boxes of the images of a batch, one after another."""

from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor


class Boxes(NamedTuple):
    """Boxes of b images: found ones, with scores, or true ones.

    Attributes:
        xyxy: (x0, y0, x1, y1) in pixels, edges of pixels, image after image.
        labels: class of each box, from 0.
        ptr: first box of every image and, last, how many there are.
        scores: the surer, the larger; None of true boxes.

    Example:
        >>> import torch
        >>> boxes = Boxes(torch.rand(3, 4), torch.tensor([1, 0, 1]), torch.tensor([0, 3, 3]))
        >>> boxes.image.tolist()
        [0, 0, 0]
    """

    xyxy: Float[Tensor, "m 4"]
    labels: Int[Tensor, " m"]
    ptr: Int[Tensor, " b_plus_1"]
    scores: Float[Tensor, " m"] | None = None

    @property
    def image(self) -> Int[Tensor, " m"]:
        """Image of each box."""
        counts = self.ptr.diff()
        return counts.new_tensor(range(len(counts))).repeat_interleave(counts)
