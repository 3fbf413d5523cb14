"""An answer about a resized picture, brought back to the picture's own pixels."""

from typing import Any

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.tasks import Answer


def resized(answer: Answer, size: tuple[int, int]) -> Answer:
    """The same answer in pixels of an image of another size.

    Maps take the nearest pixel, boxes are scaled; what belongs to whole images stays.

    Args:
        answer: of a batch.
        size: (h, w) in pixels.

    Example:
        >>> import torch
        >>> small = Answer((2, 2), semantic=torch.tensor([[[0, 1], [2, 0]]]))
        >>> resized(small, (2, 4)).semantic.tolist()
        [[[0, 0, 1, 1], [2, 2, 0, 0]]]
    """
    if tuple(answer.image_size) == tuple(size):
        return answer
    known: dict[str, Any] = {**vars(answer), "image_size": tuple(size), "edge_borders": None}
    for name in ("semantic", "instances"):
        if known[name] is not None:
            known[name] = _nearest(known[name][:, None], size)[:, 0].to(known[name].dtype)
    if known["borders"] is not None:
        known["borders"] = _nearest(known["borders"], size)
    if known["boxes"] is not None:
        tall, wide = (new / old for new, old in zip(size, answer.image_size, strict=True))
        known["boxes"] = known["boxes"] * known["boxes"].new_tensor([wide, tall, wide, tall])
    return Answer(**known)


def _nearest(maps: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(maps.double(), size, mode="nearest-exact").to(maps.dtype)
