"""Answers of several networks to the same pictures, put beside the truth for drawing."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from graphvision.datasets import ImageDataset
from graphvision.graphs import Annotations
from graphvision.train.model_file import Predictor
from graphvision.viz.answers import AnsweredImage
from graphvision.viz.marks import of_image


def side_by_side(
    networks: Mapping[str, Predictor], images: ImageDataset, index: Tensor
) -> list[AnsweredImage]:
    """Ask networks about the same pictures, for :func:`graphvision.viz.answers.answer_sheet`.

    Args:
        networks: by name, all of one task.
        images: with their truth.
        index: which pictures, integers in 0 … ``len(images) - 1``.

    Returns:
        One entry for each picture; with its graph where a network has one.

    Raises:
        ValueError: no networks, or pictures that they weren't trained for.

    Example:
        >>> from graphvision.datasets import load
        >>> side_by_side({}, load("fashion-mini", "test"), torch.arange(2))
        Traceback (most recent call last):
        ...
        ValueError: `networks` must hold at least one network, got none
    """
    if not networks:
        raise ValueError("`networks` must hold at least one network, got none")
    said = {name: network.answers(images.images[index])[0] for name, network in networks.items()}
    recipe = next((n.recipe for n in networks.values() if n.kind != "image"), None)
    graphs = None
    if recipe is not None:
        batch = recipe.build(images.images[index].to(torch.float32) / 255)
        graphs = dict(zip(index.tolist(), batch.to_data_list(), strict=True))
    return beside_truth(said, images, index, graphs=graphs)


def beside_truth(
    said: Mapping[str, Annotations], images: ImageDataset, index: Tensor, *, graphs: Any = None
) -> list[AnsweredImage]:
    """Pictures with their truth and what was said about them.

    Args:
        said: by network, about the pictures at ``index``, in that order.
        images: with their truth.
        index: which pictures.
        graphs: graph of each picture by its index, or None.

    Returns:
        One entry for each picture.
    """
    truth = images.annotations(index)
    return [
        AnsweredImage(
            images.images[i],
            of_image(truth, place),
            {name: of_image(answer, place) for name, answer in said.items()},
            None if graphs is None else graphs[i],
        )
        for place, i in enumerate(index.tolist())
    ]
