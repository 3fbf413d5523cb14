"""Labelled images in memory: the one contract of every image data set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import torch
from jaxtyping import Int
from torch import Tensor

from graphvision.graphs import Annotations


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Labelled images of one size, held as one tensor.

    Attributes:
        images: uint8, ``[n, c, h, w]``.
        labels: int64, ``[n]``, 0 … ``len(classes) - 1``.
        classes: the name of every label.
        name: what the data set is called in results.
        split: ``"train"``, ``"validation"``, ``"test"``, or what :meth:`subset` was given.

    Raises:
        ValueError: shapes, types or labels don't fit together.

    Example:
        >>> import torch
        >>> from graphvision.datasets import ImageDataset
        >>> images, labels = torch.zeros(2, 1, 4, 5, dtype=torch.uint8), torch.tensor([0, 1])
        >>> data = ImageDataset(images, labels, ("cat", "dog"), name="pets")
        >>> len(data), data.image_size, data[1][1]
        (2, (4, 5), 1)
    """

    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    name: str = field(kw_only=True)
    split: str = field(default="all", kw_only=True)

    _smallest_label: ClassVar[int] = 0

    def __post_init__(self) -> None:
        images, labels = self.images, self.labels
        if images.dtype != torch.uint8 or images.ndim != 4:
            got = f"{images.dtype} of shape {tuple(images.shape)}"
            raise ValueError(f"`images` must be uint8 of shape (n, c, h, w), got {got}")
        if labels.dtype != torch.int64 or labels.shape != images.shape[:1]:
            got = f"{labels.dtype} of shape {tuple(labels.shape)}"
            raise ValueError(f"`labels` must be int64 of shape ({len(images)},), got {got}")
        self._check_classes("labels", labels, self._smallest_label)

    def _check_classes(self, name: str, labels: Tensor, smallest: int = 0) -> None:
        """Refuse labels that no class has."""
        largest = len(self.classes) - 1
        if len(labels) and not smallest <= int(labels.min()) <= int(labels.max()) <= largest:
            got = f"{int(labels.min())}…{int(labels.max())}"
            raise ValueError(f"`{name}` must be in {smallest}…{largest}, got {got}")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.images[index], int(self.labels[index])

    @property
    def in_channels(self) -> int:
        """Channels of every image."""
        return self.images.shape[1]

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of every image in pixels."""
        return self.images.shape[2], self.images.shape[3]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the pixels, all that is known of them, shape and class names, in hex."""
        digest = hashlib.sha256(repr((tuple(self.images.shape), self.classes)).encode())
        for content in self._content():
            digest.update(content.contiguous().numpy().data)
        return digest.hexdigest()

    def _content(self) -> Iterator[Tensor]:
        """What the fingerprint is of."""
        yield self.images
        yield self.labels

    def annotations(self, index: Int[Tensor, " b"]) -> Annotations:
        """What is known of the images at ``index``: here their labels.

        Args:
            index: 0 … ``len(self) - 1``.

        Returns:
            The truth about these images, in that order, for a task to make its target from.

        Example:
            >>> from graphvision.datasets import load
            >>> len(load("fashion-mini", "test").annotations(torch.arange(5)))
            5
        """
        return Annotations(self.image_size, labels=self.labels[index])

    def subset(self, index: Tensor, split: str | None = None) -> ImageDataset:
        """The images at ``index``, in that order.

        Args:
            index: integers in 0 … ``len(self) - 1``, or a boolean mask.
            split: new name of the part; the old one stays where it is None.

        Returns:
            A new data set with copies of the chosen images.

        Example:
            >>> from graphvision.datasets import load
            >>> load("fashion-mini", "test").subset(torch.arange(5)).images.shape
            torch.Size([5, 1, 28, 28])
        """
        return ImageDataset(
            self.images[index],
            self.labels[index],
            self.classes,
            name=self.name,
            split=self.split if split is None else split,
        )

    def with_mirrored(self) -> ImageDataset:
        """Every image, then every image mirrored left to right, in the same order.

        Returns:
            A data set of twice as many images.

        Example:
            >>> from graphvision.datasets import load
            >>> len(load("fashion-mini", "test").with_mirrored())
            2000
        """
        images = torch.cat([self.images, self.images.flip(-1)])
        return replace(self, images=images, labels=self.labels.repeat(2), **self._mirrored())

    def _mirrored(self) -> dict[str, Any]:
        """What else has to be mirrored: nothing here."""
        return {}
