"""Data sets by name."""

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any

from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.splits import check_split

_LOADERS = {
    "digits": "graphvision.datasets.digits:load_digits",
    "fashion-mini": "graphvision.datasets.fashion_mini:load_fashion_mini",
    "fashion-mnist": "graphvision.datasets.fashion_mnist:load_fashion_mnist",
    "folder": "graphvision.datasets.folder:load_folder",
    "scenes": "graphvision.datasets.scenes:load_scenes",
    "scenes-256": "graphvision.datasets.scenes:load_scenes_256",
    "scenes-512": "graphvision.datasets.scenes:load_scenes_512",
    "scenes-mini": "graphvision.datasets.scenes:load_scenes_mini",
    "scenes-single": "graphvision.datasets.scenes:load_scenes_single",
}


def load(name: str, split: str = "train", **where: Any) -> ImageDataset:
    """Load one part of a data set.

    Args:
        name: one of :func:`names`.
        split: ``"train"``, ``"validation"`` or ``"test"``; the same images on every machine.
        **where: ``root`` (``folder``, ``fashion-mnist``, ``scenes``), ``download``
            (``fashion-mnist``, ``scenes``), ``image_size`` (``folder``), ``workers`` (``scenes``).

    Returns:
        The images and labels. One data set is never given in place of another.

    Raises:
        ValueError: there is no such data set or part, or it doesn't take such a setting.
        FileNotFoundError: its files aren't on this machine.

    Example:
        >>> load("fashion-mini", "validation").images.shape
        torch.Size([600, 1, 28, 28])
    """
    if name not in _LOADERS:
        raise ValueError(f"`name` must be one of {names()}, got {name!r}")
    check_split(split)
    module, function = _LOADERS[name].split(":")
    loader: Callable[..., ImageDataset] = getattr(import_module(module), function)
    given = {key: value for key, value in where.items() if value}
    taken = list(signature(loader).parameters)[1:]
    for key, value in given.items():
        if key not in taken:
            wanted = f"left out for {name!r}, which takes {taken or 'no settings'}"
            raise ValueError(f"`{key}` must be {wanted}; got {value!r}")
    return loader(split, **given)


def names() -> list[str]:
    """The data sets that :func:`load` knows.

    Returns:
        Names in alphabetical order.

    Example:
        >>> names()
        ['digits', 'fashion-mini', 'fashion-mnist', 'folder', 'scenes', 'scenes-256', \
'scenes-512', 'scenes-mini', 'scenes-single']
    """
    return sorted(_LOADERS)
