"""scikit-learn's handwritten digits: 1,797 grey pictures, 8×8, ten classes."""

import torch

from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.splits import three_way_split


def load_digits(split: str) -> ImageDataset:
    """Handwritten digits of 8×8 pixels: about 70 % for training, 10 % validation, 20 % test.

    Args:
        split: ``"train"``, ``"validation"`` or ``"test"``, drawn evenly from the classes.

    Returns:
        The part that was asked for; the 17 grey levels are spread over 0 … 255.

    Raises:
        ImportError: scikit-learn isn't installed.

    Example:
        >>> load_digits("test").images.shape
        torch.Size([359, 1, 8, 8])

    Source:
        ``sklearn.datasets.load_digits``: the test part of the UCI set "Optical Recognition of
        Handwritten Digits".
    """
    try:
        from sklearn import datasets
    except ImportError:
        raise ImportError(
            "`digits` must have scikit-learn, got no such package; pip install scikit-learn"
        ) from None
    bunch = datasets.load_digits()
    images = torch.from_numpy(bunch.images)[:, None]
    labels = torch.from_numpy(bunch.target).to(torch.int64)
    data = ImageDataset(
        (images * (255 / 16)).round().to(torch.uint8),
        labels,
        tuple(str(name) for name in bunch.target_names),
        name="digits",
    )
    return data.subset(three_way_split(labels)[split], split)
