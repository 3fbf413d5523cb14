"""A trained model as one file: what is needed to ask it about new pictures."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision import tasks
from graphvision.datasets import ImageDataset, Recipe
from graphvision.graphs import as_image
from graphvision.graphs.atomic import atomic_path
from graphvision.train.batches import evaluation_batch
from graphvision.train.data import Data
from graphvision.train.device import Accelerator, device_of
from graphvision.train.fitted import fitted
from graphvision.train.learner import Learner
from graphvision.train.resized import resized
from graphvision.train.run import input_kind
from graphvision.train.settings import Run, Settings, Training

FORMAT = "graphvision model 1"


@dataclass(frozen=True)
class Predictor:
    """A trained model that answers for any picture.

    Attributes:
        learner: the model with its task, in evaluation mode.
        kind: what the model eats.
        channels: of the pictures that it was trained on: 1 or 3.
        image_size: (h, w) that pictures are resized to before the model sees them.
        recipe: of the graphs.

    Example:
        >>> Predictor.load("no such file")
        Traceback (most recent call last):
        ...
        FileNotFoundError: `path` must be a model file of `graphvision train`, got 'no such file'
    """

    learner: Learner
    kind: str
    channels: int
    image_size: tuple[int, int]
    recipe: Recipe

    @classmethod
    def load(cls, path: str | Path, *, accelerator: Accelerator = "cpu") -> "Predictor":
        """Read a file that :func:`save_run` wrote.

        Args:
            path: of the file.
            accelerator: ``"cpu"``, ``"cuda"``, or ``"auto"``: CUDA where there is a device.

        Raises:
            FileNotFoundError: there is none.
            ValueError: it is no such file, or cut off, or there is no such device.
        """
        if not Path(path).is_file():
            expected = "a model file of `graphvision train`"
            raise FileNotFoundError(f"`path` must be {expected}, got {str(path)!r}")
        try:
            content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            known = content["format"] == FORMAT
        except Exception as error:  # torch raises whatever its readers stumble over
            raise ValueError(f"`path` must be a whole model file, got {str(path)!r}") from error
        if not known:
            got = f"{content['format']!r} in {str(path)!r}"
            raise ValueError(f"`path` must be a file of format {FORMAT!r}, got {got}")
        options = content.get("options", {})  # files of earlier versions have none
        task = tasks.create(content["task"], content["classes"], **options)
        model = fitted(content["model"], **content["shape"])
        model.load_state_dict(content["weights"])
        spread = tuple(content["pixel_range"])
        learner = Learner(model, task, Training(), pixel_range=spread, seed=0)
        learner.to(device_of(accelerator)).eval()
        recipe = Recipe(**content["recipe"])
        size = tuple(content["image_size"])
        return cls(learner, content["kind"], content["channels"], size, recipe)

    @torch.inference_mode()
    def __call__(self, image: Any) -> tasks.Answer:
        """What the model says about one picture.

        Args:
            image: whatever :func:`graphvision.as_image` takes, of any size.

        Returns:
            The answer in pixels of the picture as it came, on the CPU.

        Raises:
            ValueError: it is no picture.
        """
        pixels = as_image(image)
        if pixels.ndim == 4:
            raise ValueError(f"`image` must be one picture, got {len(pixels)}")
        given = self._as_trained(pixels)
        answer, _ = self.learner.answer(self.inputs(given), self.image_size)
        return resized(answer, (pixels.shape[1], pixels.shape[2])).to("cpu")

    @torch.inference_mode()
    def answers(self, images: Tensor) -> tuple[tasks.Answer, tasks.Places]:
        """What the model says about pictures of the size that it was trained on.

        Args:
            images: uint8, ``[b, c, h, w]``.

        Returns:
            The answer, and the pixels or nodes that were asked; on the network's device.

        Raises:
            ValueError: pictures of another size or number of channels.
        """
        if tuple(images.shape[1:]) != (self.channels, *self.image_size):
            wanted = f"(b, {self.channels}, {self.image_size[0]}, {self.image_size[1]})"
            raise ValueError(f"`images` must have shape {wanted}, got {tuple(images.shape)}")
        return self.learner.answer(self.inputs(images), self.image_size)

    def scores(self, images: ImageDataset) -> dict[str, Any]:
        """The task's scores on pictures whose truth is known.

        Args:
            images: of the size that the model was trained on.

        Returns:
            The scores by name, those of ``task.measures`` among them.

        Raises:
            ValueError: pictures of another size, or the data doesn't know what the task asks.
        """
        judge = self.learner.task.judge()
        size = evaluation_batch(math.prod(self.image_size))
        for index in torch.arange(len(images)).split(size):
            answer, places = self.answers(images.images[index])
            judge.update(answer, images.annotations(index).to(self.learner.device), places)
        return judge.compute()

    def _as_trained(self, pixels: Tensor) -> Tensor:
        """uint8 ``[1, c, h, w]`` of the model's size and channels."""
        pixels = pixels[:3].to(torch.float32) if len(pixels) >= 3 else pixels[:1].to(torch.float32)
        if len(pixels) > self.channels:
            pixels = pixels.mean(0, keepdim=True)
        pixels = pixels.expand(self.channels, -1, -1)[None]
        if tuple(pixels.shape[2:]) != self.image_size:
            pixels = F.interpolate(pixels, self.image_size, mode="bilinear", antialias=True)
        return (pixels.clamp(0, 1) * 255).round().to(torch.uint8)

    def inputs(self, images: Tensor) -> Any:
        """What the model eats of pictures: themselves, their graphs, or both.

        Args:
            images: uint8, ``[b, c, h, w]``.

        Returns:
            On the model's device.
        """
        device = self.learner.device
        if self.kind == "image":
            return images.to(device)
        graph = self.recipe.build(images.to(torch.float32) / 255).to(device)
        return graph if self.kind == "graph" else (images.to(device), graph)


def save_run(settings: Settings, folder: Path) -> Path:
    """Write the model of a finished run as ``model.pt``: plain values and tensors only.

    Args:
        settings: of a comparison of one model.
        folder: of the comparison.

    Returns:
        The path of the file, for :meth:`Predictor.load`.
    """
    run, data = Run(settings.models[0], 0, settings), Data(settings, progress=False)
    path = folder / "model.pt"
    save_model(run, data, weights=run.folder(folder, data.fingerprints) / "weights.pt", path=path)
    return path


def save_model(run: Run, data: Data, *, weights: Path, path: Path) -> None:
    """Write a trained model as a file for :meth:`Predictor.load`.

    Args:
        run: model and settings.
        data: what it was trained on.
        weights: file of its state.
        path: where to write.
    """
    kind, train = input_kind(run.model), data.splits["train"]
    content = {
        "format": FORMAT,
        "model": run.model,
        "shape": data.shape(kind),
        "kind": kind,
        "task": data.task.name,
        "options": asdict(run.settings)["options"],
        "classes": list(data.classes),
        "channels": train.in_channels,
        "image_size": list(train.image_size),
        "pixel_range": list(data.pixel_range),
        "recipe": asdict(run.settings.recipe),
        "weights": torch.load(weights, weights_only=True),
    }
    with atomic_path(path) as draft:
        torch.save(content, draft)
