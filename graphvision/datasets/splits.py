"""Stratified splits that are the same on every machine and in every version."""

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

SPLITS = ("train", "validation", "test")


def stratified_split(
    labels: Int[Tensor, " n"], fraction: float, seed: int = 0
) -> tuple[Int[Tensor, " r"], Int[Tensor, " t"]]:
    """Take the same share of every class.

    Args:
        labels: class of each sample.
        fraction: share that is taken, 0 … 1; of each class, rounded to whole samples.
        seed: another seed takes other samples.

    Returns:
        Indices of the rest and of the taken samples, both in ascending order.

    Raises:
        ValueError: ``fraction`` lies outside 0 … 1.

    Example:
        >>> rest, taken = stratified_split(torch.tensor([0, 0, 0, 0, 1, 1]), 0.5)
        >>> len(rest), len(taken)
        (3, 3)

    Source:
        NumPy promises that the stream of ``RandomState`` never changes (NEP 19).
    """
    if not 0.0 <= fraction <= 1.0:
        raise ValueError(f"`fraction` must be in 0…1, got {fraction}")
    random = np.random.RandomState(seed)
    taken = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique(sorted=True):
        members = (labels == label).nonzero().flatten()
        order = torch.from_numpy(random.permutation(len(members)))
        taken[members[order[: round(fraction * len(members))]]] = True
    return (~taken).nonzero().flatten(), taken.nonzero().flatten()


def three_way_split(
    labels: Int[Tensor, " n"], *, test: float = 0.2, validation: float = 0.1
) -> dict[str, Int[Tensor, " part"]]:
    """Parts for training, validation and test where a data set comes without.

    Args:
        labels: class of each sample.
        test: share of every class, 0 … 1.
        validation: share of every class, 0 … 1; ``test + validation`` ≤ 1.

    Returns:
        Indices in ascending order, by the names in ``SPLITS``.

    Raises:
        ValueError: the shares are outside their range.

    Example:
        >>> parts = three_way_split(torch.zeros(10, dtype=torch.int64))
        >>> {name: len(part) for name, part in parts.items()}
        {'train': 7, 'validation': 1, 'test': 2}
    """
    if test + validation > 1.0:
        raise ValueError(f"`test + validation` must be at most 1, got {test + validation}")
    rest, tested = stratified_split(labels, test)
    share = validation / (1.0 - test) if validation else 0.0
    train, validated = stratified_split(labels[rest], share)
    return {"train": rest[train], "validation": rest[validated], "test": tested}


def check_split(split: str) -> None:
    """Refuse a split that doesn't exist.

    Args:
        split: the name to check.

    Raises:
        ValueError: it isn't one of ``SPLITS``.

    Example:
        >>> check_split("train")
    """
    if split not in SPLITS:
        raise ValueError(f"`split` must be one of {list(SPLITS)}, got {split!r}")
