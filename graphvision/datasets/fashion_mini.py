"""The embedded data set: 7,000 pictures drawn evenly from Fashion-MNIST.

``python -m graphvision.datasets.fashion_mini FOLDER`` draws them again from the four IDX files in
FOLDER and writes the embedded file; the same files give the same bytes.
"""

from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import torch

from graphvision.datasets.fashion_mnist import CLASSES
from graphvision.datasets.idx import read_idx
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.splits import stratified_split

FILE = "fashion-mini.npz"
SEED = 2026


def load_fashion_mini(split: str) -> ImageDataset:
    """The embedded data set: 5,400 training, 600 validation and 1,000 test images.

    Args:
        split: ``"train"``, ``"validation"`` (60 of each class of the 6,000) or ``"test"``.

    Returns:
        The part that was asked for; every class has the same number of images.

    Example:
        >>> data = load_fashion_mini("test")
        >>> data.labels.bincount().unique()
        tensor([100])
    """
    part = "test" if split == "test" else "train"
    with as_file(files("graphvision.datasets") / "data" / FILE) as path, np.load(path) as arrays:
        images = torch.from_numpy(arrays[f"{part}_images"])[:, None]
        labels = torch.from_numpy(arrays[f"{part}_labels"]).to(torch.int64)
    data = ImageDataset(images, labels, CLASSES, name="fashion-mini", split=split)
    if split == "test":
        return data
    train, validation = stratified_split(data.labels, 0.1)
    return data.subset(train if split == "train" else validation)


def draw(folder: Path, target: Path) -> None:
    """Draw 600 training and 100 test images of each class and write them to ``target``."""
    arrays = {}
    for part, prefix, per_class in (("train", "train", 600), ("test", "t10k", 100)):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        labels = read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz")
        fraction = per_class * len(CLASSES) / len(labels)
        _, index = stratified_split(labels.to(torch.int64), fraction, SEED)
        arrays[f"{part}_images"] = images[index].numpy()
        arrays[f"{part}_labels"] = labels[index].numpy()
    np.savez_compressed(target, allow_pickle=False, **arrays)


if __name__ == "__main__":
    import sys

    draw(Path(sys.argv[1]), Path(__file__).parent / "data" / FILE)
