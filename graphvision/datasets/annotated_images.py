"""Images of which more is known than one label: classes of pixels, objects, boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.datasets.image_dataset import ImageDataset
from graphvision.graphs import Annotations
from graphvision.kernels._starts import starts
from graphvision.kernels.ranges import copy_ranges

IGNORED_BYTE = 255
_MAPS = ("semantic", "instances")
_BOXES = ("boxes", "box_labels", "box_ptr")


@dataclass(frozen=True, eq=False)
class AnnotatedImages(ImageDataset):
    """Images of one size with what is known about their pixels and objects.

    Maps are kept small, as uint8 (255: ignored) or int16 (-1: ignored), and may be mapped from a
    file; :meth:`annotations` gives them as int64. What isn't known is None.

    Attributes:
        images: uint8, ``[n, c, h, w]``.
        labels: int64, ``[n]``: class of the object with the most visible pixels, -1 where there is
            none.
        classes: names of the objects' classes; the background has none.
        semantic: ``[n, h, w]``: 0 for the background, c + 1 for class c.
        instances: ``[n, h, w]``: 0 for no object, 1, 2, … within each image.
        boxes: float32, ``[m, 4]``: (x0, y0, x1, y1), edges of pixels, image after image.
        box_labels: int64, ``[m]``: class of each box.
        box_ptr: int64, ``[n + 1]``: first box of every image and, last, how many there are.

    Raises:
        ValueError: shapes, types, classes or boxes don't fit together.

    Example:
        >>> from graphvision.datasets import load
        >>> data = load("scenes-mini", "test")
        >>> truth = data.annotations(torch.tensor([3, 5]))
        >>> truth.semantic.shape, truth.box_ptr.tolist()
        (torch.Size([2, 64, 64]), [0, 6, 8])
    """

    semantic: Tensor | None = field(default=None, kw_only=True)
    instances: Tensor | None = field(default=None, kw_only=True)
    boxes: Tensor | None = field(default=None, kw_only=True)
    box_labels: Tensor | None = field(default=None, kw_only=True)
    box_ptr: Tensor | None = field(default=None, kw_only=True)

    _smallest_label: ClassVar[int] = -1

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in _MAPS:
            self._check_map(name, getattr(self, name))
        self._check_boxes()

    def _check_map(self, name: str, values: Tensor | None) -> None:
        if values is None:
            return
        shape = (len(self), *self.image_size)
        if values.dtype not in (torch.uint8, torch.int16) or tuple(values.shape) != shape:
            got = f"{values.dtype} of shape {tuple(values.shape)}"
            raise ValueError(f"`{name}` must be uint8 or int16 of shape {shape}, got {got}")
        ignored = IGNORED_BYTE if values.dtype == torch.uint8 else -1
        largest = len(self.classes) if name == "semantic" else torch.iinfo(values.dtype).max
        for part in values.split(256):  # not the whole of a mapped file at once
            wrong = ((part < 0) | (part > largest)) & (part != ignored)
            if bool(wrong.any()):
                wanted = f"0…{largest}, or {ignored} where ignored"
                raise ValueError(f"`{name}` must be in {wanted}, got {int(part[wrong][0])}")

    def _check_boxes(self) -> None:
        boxes, labels, ptr = (getattr(self, name) for name in _BOXES)
        if boxes is None and labels is None and ptr is None:
            return
        if boxes is None or labels is None or ptr is None:
            raise ValueError("`boxes`, `box_labels` and `box_ptr` must be given together, got some")
        if boxes.dtype != torch.float32 or tuple(boxes.shape) != (len(labels), 4):
            got = f"{boxes.dtype} of shape {tuple(boxes.shape)}"
            raise ValueError(f"`boxes` must be float32 of shape ({len(labels)}, 4), got {got}")
        if labels.dtype != torch.int64 or labels.ndim != 1:
            got = f"{labels.dtype} of shape {tuple(labels.shape)}"
            raise ValueError(f"`box_labels` must be an int64 vector, got {got}")
        self._check_classes("box_labels", labels)
        rising = ptr.dtype == torch.int64 and tuple(ptr.shape) == (len(self) + 1,)
        if not (rising and int(ptr[0]) == 0 and int(ptr[-1]) == len(boxes) and _rises(ptr)):
            wanted = f"{len(self) + 1} int64 that rise from 0 to {len(boxes)}"
            raise ValueError(f"`box_ptr` must be {wanted}, got {ptr.dtype} {ptr.tolist()[:8]}")
        x1, y1 = self.image_size[1], self.image_size[0]
        inside = (boxes >= 0) & (boxes <= boxes.new_tensor([x1, y1, x1, y1]))
        bad = ~(inside.all(dim=1) & (boxes[:, 2:] > boxes[:, :2]).all(dim=1))
        if bool(bad.any()):
            got = boxes[int(bad.nonzero()[0])].tolist()
            raise ValueError(f"`boxes` must be (x0 < x1, y0 < y1) within {x1}×{y1}, got {got}")

    def _content(self) -> Iterator[Tensor]:
        yield from super()._content()
        for name in (*_MAPS, *_BOXES):
            value = getattr(self, name)
            yield torch.tensor([value is not None])
            if value is not None:
                yield value

    def annotations(self, index: Int[Tensor, " b"]) -> Annotations:
        """All that is known of the images at ``index``.

        Args:
            index: 0 … ``len(self) - 1``.

        Returns:
            Labels, maps as int64 with -1 where ignored, and boxes, in that order.
        """
        boxes, box_labels, box_ptr = self._chosen_boxes(index)
        return Annotations(
            self.image_size,
            labels=self.labels[index],
            semantic=None if self.semantic is None else _known(self.semantic[index]),
            instances=None if self.instances is None else _known(self.instances[index]),
            boxes=boxes,
            box_labels=box_labels,
            box_ptr=box_ptr,
        )

    def subset(self, index: Tensor, split: str | None = None) -> AnnotatedImages:
        """The images at ``index`` with all that is known of them, in that order.

        Args:
            index: integers in 0 … ``len(self) - 1``, or a boolean mask.
            split: new name of the part; the old one stays where it is None.

        Returns:
            A new data set with copies of the chosen images.
        """
        if index.dtype == torch.bool:
            index = index.nonzero().flatten()
        boxes, box_labels, box_ptr = self._chosen_boxes(index)
        return AnnotatedImages(
            self.images[index],
            self.labels[index],
            self.classes,
            name=self.name,
            split=self.split if split is None else split,
            semantic=None if self.semantic is None else self.semantic[index],
            instances=None if self.instances is None else self.instances[index],
            boxes=boxes,
            box_labels=box_labels,
            box_ptr=box_ptr,
        )

    def _mirrored(self) -> dict[str, Any]:
        changed: dict[str, Any] = {}
        for name in _MAPS:
            if (values := getattr(self, name)) is not None:
                changed[name] = torch.cat([values, values.flip(-1)])
        if self.boxes is None or self.box_labels is None or self.box_ptr is None:
            return changed
        x0, y0, x1, y1 = self.boxes.unbind(1)
        width = self.image_size[1]
        other = torch.stack([width - x1, y0, width - x0, y1], 1)
        return changed | {
            "boxes": torch.cat([self.boxes, other]),
            "box_labels": self.box_labels.repeat(2),
            "box_ptr": torch.cat([self.box_ptr, self.box_ptr[1:] + self.box_ptr[-1]]),
        }

    def _chosen_boxes(self, index: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        if self.boxes is None or self.box_labels is None or self.box_ptr is None:
            return None, None, None
        first = self.box_ptr[index]
        ptr = starts(self.box_ptr[index + 1] - first)
        rows = copy_ranges(torch.arange(len(self.boxes)), first, ptr)
        return self.boxes[rows], self.box_labels[rows], ptr


def _known(values: Tensor) -> Tensor:
    """A map as int64, -1 where it is ignored."""
    known = values.to(torch.int64)
    return known.masked_fill(known == IGNORED_BYTE, -1) if values.dtype == torch.uint8 else known


def _rises(ptr: Tensor) -> bool:
    return not bool((ptr.diff() < 0).any())
