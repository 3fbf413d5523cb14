"""Fashion-MNIST: 70,000 grey pictures of clothes, 28×28, ten classes."""

from pathlib import Path

import torch

from graphvision.datasets.cache import cache_folder
from graphvision.datasets.download import fetch
from graphvision.datasets.idx import parse_idx, unpack
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.splits import stratified_split

CLASSES = (
    "T-shirt",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SYSTEM_FOLDER = Path("/usr/share/datasets/fashion-mnist")
SOURCE = "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion"
# SHA-256 of the decompressed files: distributions compress them anew, the content is the same.
SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def load_fashion_mnist(
    split: str, *, root: str | Path | None = None, download: bool = False
) -> ImageDataset:
    """All of Fashion-MNIST: 55,000 training, 5,000 validation and 10,000 test images.

    Args:
        split: ``"train"``, ``"validation"`` (500 of each class of the 60,000) or ``"test"``.
        root: folder with the four IDX files, plain or gzipped. Without it: the Debian package
            ``dataset-fashion-mnist``, then the cache of an earlier download.
        download: fetch files that are nowhere to be found into the cache.

    Returns:
        The part that was asked for.

    Raises:
        FileNotFoundError: the files are nowhere and ``download`` is False.
        ValueError: a file is damaged.

    Example:
        >>> load_fashion_mnist("test", root="/nowhere")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        FileNotFoundError: Fashion-MNIST must be in ...
    """
    part = "t10k" if split == "test" else "train"
    names = (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte")
    images, labels = (
        parse_idx(unpack(path), name=str(path))
        for path in (_find(name, root, download) for name in names)
    )
    data = ImageDataset(
        images[:, None], labels.to(torch.int64), CLASSES, name="fashion-mnist", split=split
    )
    if split == "test":
        return data
    train, validation = stratified_split(data.labels, 1 / 12)
    return data.subset(train if split == "train" else validation)


def _find(name: str, root: str | Path | None, download: bool) -> Path:
    cache = cache_folder() / "fashion-mnist"
    folders = [Path(root)] if root is not None else [SYSTEM_FOLDER, cache]
    for folder in folders:
        for path in (folder / f"{name}.gz", folder / name):
            if path.is_file():
                return path
    target = (Path(root) if root is not None else cache) / f"{name}.gz"
    if download:
        return fetch(f"{SOURCE}/{name}.gz", target, sha256=SHA256[name])
    places = " or ".join(str(folder) for folder in folders)
    raise FileNotFoundError(
        f"Fashion-MNIST must be in {places}, got no {name}[.gz]; install the Debian package "
        "dataset-fashion-mnist, name a folder (root=…, --root), or allow a download "
        "(download=True, --download)"
    )
