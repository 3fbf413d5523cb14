"""The images of a comparison, and their graphs where a model asks for them."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor

from graphvision import tasks
from graphvision.datasets import SPLITS, GraphStore, ImageDataset, load
from graphvision.graphs import Annotations
from graphvision.train.batches import Batches, evaluation_batch
from graphvision.train.settings import Settings

InputKind = Literal["image", "graph", "both"]


class Data:
    """All splits of one data set in memory, as images and, made on first use, as graphs.

    Args:
        settings: names the data set and the recipe of its graphs.
        progress: show a bar while graphs are built.
        splits: images that are at hand, in place of those of the settings.
        task: likewise.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        progress: bool = True,
        splits: Mapping[str, ImageDataset] | None = None,
        task: tasks.AbstractTask | tasks.Several | None = None,
    ) -> None:
        self.settings, self.device = settings, settings.device
        self.progress = progress
        self.splits = _loaded(settings) if splits is None else dict(splits)
        self._task = task
        if settings.training.flip:
            self.splits["train"] = self.splits["train"].with_mirrored()
        self._stores: dict[str, GraphStore] = {}

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of every label."""
        return self.splits["train"].classes

    @cached_property
    def task(self) -> tasks.AbstractTask | tasks.Several:
        """What is asked of the images."""
        if self._task is not None:
            return self._task
        return tasks.create(self.settings.task, self.classes, **self.settings.options)

    @property
    def fingerprints(self) -> dict[str, str]:
        """The content of every split as a hash."""
        return {split: data.fingerprint for split, data in self.splits.items()}

    @property
    def variants(self) -> int:
        """Versions of every training image."""
        return 2 if self.settings.training.flip else 1

    @cached_property
    def pixel_range(self) -> tuple[float, float]:
        """Mean and standard deviation of the training pixels, as if they were 0 … 1."""
        pixels = torch.zeros(256, dtype=torch.float64)
        for part in self.splits["train"].images.split(256):  # each is counted as int64
            pixels += part.flatten().bincount(minlength=256)
        share, value = pixels / pixels.sum(), torch.arange(256, dtype=torch.float64) / 255
        mean = float((share * value).sum())
        return mean, float((share * (value - mean) ** 2).sum().sqrt())

    def check(self) -> None:
        """Refuse data that can't be used, before anything is trained.

        Raises:
            ValueError: the parts don't fit together, or don't know what the task asks.
        """
        names = ("list of classes", "number of channels", "image size")
        facts = {
            split: (data.classes, data.in_channels, data.image_size)
            for split, data in self.splits.items()
        }
        for split, found in facts.items():
            for name, own, wanted in zip(names, found, facts["train"], strict=True):
                if own != wanted:
                    got = f"{own} in the part {split!r}"
                    raise ValueError(f"`dataset` must have one {name}, {wanted}, got {got}")
            part = self.splits[split]
            if not len(part):
                raise ValueError(f"`dataset` must have images in every part, got none in {split!r}")
            places = tasks.Places.of_map((1, 1), count=1, image_size=part.image_size)
            self.task.target(part.annotations(torch.tensor([0])), places)

    def store(self, split: str) -> GraphStore:
        """The graphs of a split, from the cache on disk or built now."""
        if split not in self._stores:
            self._stores[split] = GraphStore.build(
                self.splits[split],
                self.settings.recipe,
                progress=self.progress,
            )
        return self._stores[split]

    def shape(self, kind: InputKind) -> dict[str, Any]:
        """What a model has to know about its inputs and answers, for :func:`fitted`."""
        train, shape = self.splits["train"], dict[str, Any]()
        if kind != "graph":
            shape |= {"in_channels": train.in_channels, "image_size": train.image_size}
        if kind != "image":
            store = self.store("train")
            shape |= {"in_features": store.in_features, "edge_features": store.edge_features}
        if isinstance(self.task, tasks.Several):
            return shape | {"heads": self.task.heads}
        outputs = self.task.outputs if kind == "graph" else self.task.channels
        return shape | {"num_classes": outputs, "level": self.task.level}

    def inputs(self, kind: InputKind, split: str, index: Tensor) -> Any:
        """Images ``[b, c, h, w]``, a batch of graphs, or both, on the settings' device."""
        if kind == "graph":
            return self.store(split).batch(index).to(self.device)
        images = self.splits[split].images[index].to(self.device)
        return images if kind == "image" else (images, self.inputs("graph", split, index))

    def batches(
        self, kind: InputKind, split: str, batch_size: int, order: int | None = None
    ) -> Batches:
        """Batches of one split.

        Args:
            kind: what the model eats.
            split: which part.
            batch_size: samples per batch.
            order: seed of a random order, and of the choice among the versions of an image.

        Returns:
            An iterable of inputs and annotations.
        """
        part = self.splits[split]
        variants = self.variants if split == "train" else 1

        def fetch(index: Tensor) -> tuple[Any, Annotations]:
            return self.inputs(kind, split, index), part.annotations(index).to(self.device)

        return Batches(fetch, len(part) // variants, batch_size, order=order, variants=variants)

    def evaluated(self, kind: InputKind, split: str) -> Batches:
        """Batches of one split, in order, as large as answers without learning allow."""
        pixels = math.prod(self.splits[split].image_size)
        return self.batches(kind, split, evaluation_batch(pixels))


def _loaded(settings: Settings) -> dict[str, ImageDataset]:
    where: dict[str, Any] = {"root": settings.root, "download": settings.download}
    where["image_size"] = settings.image_size
    return {split: load(settings.dataset, split, **where) for split in SPLITS}
