"""One network that learns a task: the comparison's training without its bookkeeping."""

from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from graphvision.datasets import ImageDataset, Recipe
from graphvision.tasks import AbstractTask, Several
from graphvision.train.data import Data
from graphvision.train.device import Accelerator
from graphvision.train.model_file import Predictor
from graphvision.train.run import fit, input_kind, new_learner
from graphvision.train.settings import Run, Settings, Training


def learn(
    model: str,
    task: AbstractTask | Several,
    images: ImageDataset,
    *,
    validation: ImageDataset | None = None,
    training: Training | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
    accelerator: Accelerator = "cpu",
) -> Predictor:
    """Train a network of the registry for a task, whatever it eats.

    The same call takes a CNN, which answers with maps or a row per image, and a graph network,
    which answers for nodes, edges or whole graphs; both become what the same run of a
    :class:`graphvision.train.Comparison` gives.

    Args:
        model: a name in the registry.
        task: what is asked; :class:`graphvision.tasks.Several` of a network with several levels.
        images: to learn from, with their truth.
        validation: to score every epoch on; None: epochs aren't scored.
        training: how to train; None: as :class:`graphvision.train.Training` has it.
        recipe: how images become graphs; None: as :class:`graphvision.datasets.Recipe` has it.
        seed: decides the first weights, the order of the images and the dropout.
        accelerator: ``"cpu"``, ``"cuda"``, or ``"auto"``: CUDA where there is a device.

    Returns:
        The trained network, ready to be asked and scored; ``learner.history`` has the curves.

    Raises:
        ValueError: there is no such model or device, the model doesn't answer where the task asks,
            there are no images, or training stops by a validation score that there isn't.

    Example:
        >>> from graphvision.datasets import load
        >>> from graphvision.tasks import Segmentation
        >>> pictures = load("scenes-mini", "validation").subset(torch.arange(8))
        >>> once = Training(epochs=1, batch_size=4)
        >>> network = learn("unet", Segmentation(pictures.classes), pictures, training=once)
        >>> network(pictures.images[0]).semantic.shape
        torch.Size([1, 64, 64])
    """
    training, recipe = training or Training(), recipe or Recipe()
    if not len(images):
        raise ValueError("`images` must hold at least one image, got none")
    if validation is None and training.patience is not None:
        raise ValueError(f"`validation` must be given for a patience of {training.patience}")
    settings = Settings(
        (model,), task=task.name, training=training, recipe=recipe, accelerator=accelerator
    )
    splits = {"train": images, "validation": validation or images.subset(torch.arange(0))}
    data, run = Data(settings, progress=False, splits=splits, task=task), Run(model, seed, settings)
    scored = 1.0 if validation else 0  # share of the validation images, or number of batches
    with TemporaryDirectory() as folder, torch.random.fork_rng():
        learner = new_learner(run, data)
        fit(learner, run, data, Path(folder), limit_val_batches=scored)
    size = images.image_size
    learner.to(data.device).eval()
    return Predictor(learner, input_kind(model), images.in_channels, size, recipe)
