"""Everything that decides what a comparison computes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from graphvision import tasks
from graphvision.datasets import Recipe
from graphvision.datasets.code_digest import code_digest
from graphvision.train.device import ACCELERATORS, Accelerator, device_of

FORMAT = 2
CODE = ("datasets", "graphs", "kernels", "models", "nn", "tasks", "train")


@dataclass(frozen=True)
class Training:
    """How every model of a comparison is trained.

    Attributes:
        epochs: passes over the training images, ≥ 1.
        batch_size: images per step, ≥ 1.
        max_lr: peak of the one-cycle learning rate.
        weight_decay: of AdamW.
        flip: draw each training image as it is or mirrored, at random.
        patience: stop after so many epochs without a better score on the validation images, ≥ 1,
            and keep the best weights; None: train all epochs and keep the last.

    Raises:
        ValueError: a setting lies outside its range.

    Example:
        >>> Training(epochs=2).batch_size
        64
    """

    epochs: int = 10
    batch_size: int = 64
    max_lr: float = 4e-3
    weight_decay: float = 1e-2
    flip: bool = False
    patience: int | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}")


@dataclass(frozen=True)
class Settings:
    """One comparison: which models, on which data, trained how.

    Attributes:
        models: names in the registry, without repetition.
        task: what is asked, a name of :func:`graphvision.tasks.names`; several with ``+`` between
            are learned at once.
        options: of the task, by name, as :func:`graphvision.tasks.task_options` has them.
        dataset: name of the data set.
        seeds: how many runs of each model, with the seeds 0 … ``seeds - 1``.
        training: the same for every model.
        recipe: how images become graphs for the models that eat graphs.
        root: folder of the data set's files, where it needs one.
        download: whether missing files may be fetched.
        threads: torch threads of every run; results have the same bits at the same number only.
        devices: processes that train one network together, on as many parts of every batch.
        accelerator: ``"cpu"``, whose results have the same bits every time; ``"cuda"``, for one
            device; or ``"auto"``: that where there is one, and it doesn't train on several.
        image_size: (h, w) that pictures of a folder are resized to; None: they have one size.

    Raises:
        ValueError: a setting lies outside its range.

    Example:
        >>> Settings(models=("lenet5",)).dataset
        'fashion-mini'
        >>> Settings(task="segment", options={"losses": {"dice": 1.0}}).options
        {'losses': {'dice': 1.0}}
    """

    models: tuple[str, ...] = ("lenet5", "lenet5-graph", "gcn", "superpixel-net")
    task: str = "classify"
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    dataset: str = "fashion-mini"
    seeds: int = 3
    training: Training = field(default_factory=Training)
    recipe: Recipe = field(default_factory=Recipe)
    root: str | None = None
    download: bool = False
    threads: int = 1
    devices: int = 1
    accelerator: Accelerator = "cpu"
    image_size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        tasks.create(self.task, ("any",), **self.options)
        if not self.models or len(set(self.models)) < len(self.models):
            raise ValueError(f"`models` must be one or more different names, got {self.models}")
        for name in ("seeds", "threads", "devices"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least 1, got {getattr(self, name)}")
        if self.accelerator not in ACCELERATORS:
            wanted = f"one of {list(ACCELERATORS)}"
            raise ValueError(f"`accelerator` must be {wanted}, got {self.accelerator!r}")
        if self.accelerator == "cuda" and self.devices > 1:
            wanted = "1 with the accelerator 'cuda'"
            raise ValueError(f"`devices` must be {wanted}, got {self.devices}")

    @property
    def device(self) -> str:
        """Where networks run on this machine: ``"cpu"`` or ``"cuda"``.

        Raises:
            ValueError: CUDA is asked for where there is no device.
        """
        return device_of("cpu" if self.devices > 1 else self.accelerator)


@dataclass(frozen=True)
class Run:
    """One model trained with one seed.

    Attributes:
        model: name in the registry.
        seed: decides the first weights, the order of the images and the dropout.
        settings: of the comparison that the run belongs to.

    Example:
        >>> Run("lenet5", 0, Settings()).label
        'lenet5, seed 0'
    """

    model: str
    seed: int
    settings: Settings

    @property
    def label(self) -> str:
        """What progress bars call the run."""
        return f"{self.model}, seed {self.seed}"

    def folder(self, out: Path, data: dict[str, str]) -> Path:
        """Where the run keeps its state.

        Args:
            out: folder of the comparison.
            data: fingerprint of each split.
        """
        return out / "runs" / self.folder_name(data)

    def folder_name(self, data: dict[str, str]) -> str:
        """A name that changes with anything that decides the result.

        Args:
            data: fingerprint of each split.

        Returns:
            Model, seed and a short hash of the settings and the data.
        """
        content: dict[str, Any] = {"format": FORMAT, "data": data, "torch": torch.__version__}
        content["training"] = asdict(self.settings.training)
        content["recipe"] = asdict(self.settings.recipe)
        for name in ("threads", "devices", "device", "task", "options"):
            content[name] = getattr(self.settings, name)
        content["code"] = code_digest(*CODE)
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return f"{self.model}-seed{self.seed}-{digest[:10]}"
