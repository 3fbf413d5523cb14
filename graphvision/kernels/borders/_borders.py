"""The result of the borders op."""

from typing import NamedTuple

from torch import Tensor


class Borders(NamedTuple):
    """Pairs of regions that touch, in both directions, sorted by target, then source.

    Attributes:
        edge_index: ``[2, e]`` int64, (source j, target i), numbered over the whole batch.
        length: pairs of neighbouring pixels on the border, ``[e]`` int64.
        colour_step: mean over those pairs of ``|colour − colour|``, ``[e, c]``.
        gradient: mean over those pairs of the two pixels' mean gradient magnitude, ``[e, 1]``;
            ``[e, 0]`` where no gradient was given.
    """

    edge_index: Tensor
    length: Tensor
    colour_step: Tensor
    gradient: Tensor
