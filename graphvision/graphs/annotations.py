"""What is known about the images of a batch, for every task."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from jaxtyping import Float, Int
from torch import Tensor

Own = TypeVar("Own", bound="Annotations")


@dataclass(frozen=True, eq=False)
class Annotations:
    """The truth about b images of one size; what a data set doesn't know is None.

    Positions of boxes are those of COCO and torchvision: the pixel in row y and column x covers
    x … x + 1 and y … y + 1, so that its centre, ``pos`` = (y, x), is (x + ½, y + ½) here.

    Attributes:
        image_size: (h, w) in pixels.
        labels: class of each image, ``[b]``; -1 where it shows none.
        semantic: class of every pixel, ``[b, h, w]``: 0 for the background, c + 1 for class c, -1
            where it isn't known.
        instances: object of every pixel, ``[b, h, w]``: 0 for none, 1, 2, … within each image, -1
            where it isn't known.
        boxes: (x0, y0, x1, y1) of all objects in pixels, image after image, ``[m, 4]``.
        box_labels: class of each box, ``[m]``.
        box_ptr: first box of every image and, last, how many there are, ``[b + 1]``.
        per_image: the fields with one entry for each image.

    Raises:
        ValueError: shapes or types don't fit together.

    Example:
        >>> import torch
        >>> truth = Annotations((4, 5), labels=torch.tensor([2, 0]))
        >>> len(truth), truth.boxes is None
        (2, True)
    """

    per_image: ClassVar[tuple[str, ...]] = ("labels", "semantic", "instances")

    image_size: tuple[int, int]
    labels: Int[Tensor, " b"] | None = None
    semantic: Int[Tensor, "b h w"] | None = None
    instances: Int[Tensor, "b h w"] | None = None
    boxes: Float[Tensor, "m 4"] | None = None
    box_labels: Int[Tensor, " m"] | None = None
    box_ptr: Int[Tensor, " b_plus_1"] | None = None

    def __post_init__(self) -> None:
        for name in ("semantic", "instances"):
            value = getattr(self, name)
            if value is not None and tuple(value.shape[1:]) != tuple(self.image_size):
                wanted = f"(b, {self.image_size[0]}, {self.image_size[1]})"
                raise ValueError(f"`{name}` must have shape {wanted}, got {tuple(value.shape)}")
        given = {name: getattr(self, name) for name in ("boxes", "box_labels", "box_ptr")}
        missing = [name for name, value in given.items() if value is None]
        if missing and len(missing) < len(given):
            raise ValueError(f"`boxes` must come with box_labels and box_ptr, got no {missing}")
        if self.boxes is not None and self.box_labels is not None and self.box_ptr is not None:
            counts = (len(self.boxes), len(self.box_labels), int(self.box_ptr[-1]))
            if len(set(counts)) > 1:
                got = f"{counts[0]} boxes, {counts[1]} labels, and box_ptr up to {counts[2]}"
                raise ValueError(f"`boxes` must have one label each, got {got}")
        lengths = self._lengths()
        if len(set(lengths.values())) > 1:
            raise ValueError(f"annotations must be of the same images, got {lengths}")

    def __len__(self) -> int:
        return next(iter(self._lengths().values()), 0)

    def _lengths(self) -> dict[str, int]:
        """How many images each field that is known speaks of."""
        known = {name: getattr(self, name) for name in self.per_image}
        found = {name: len(value) for name, value in known.items() if value is not None}
        return found | ({} if self.box_ptr is None else {"box_ptr": len(self.box_ptr) - 1})

    def to(self: Own, device: Any) -> Own:
        """The same on another device."""
        moved = copy(self)  # not made anew: that would read box_ptr, and wait for the device
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                object.__setattr__(moved, name, value.to(device))
        return moved
