"""Edges of graphs as borders between pixels, and back."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.tasks.instances.pairs import undirected_pairs
from graphvision.tasks.places import Places


def pixel_borders(strengths: Float[Tensor, " e"], places: Places) -> Float[Tensor, "b 2 h w"]:
    """Paint what edges say between pixels: to the right (channel 0) and below (channel 1).

    A pair of pixels has the strength of the edge between their nodes, the mean of its two
    directions, as instances have it; 0 within a node, where a pixel is ignored, and where the nodes
    have no edge.

    Args:
        strengths: one number per edge, 0 … 1.
        places: whose edges they are.

    Returns:
        Strengths; the last column of channel 0 and the last row of channel 1 are 0.

    Example:
        >>> places = Places.of_map((1, 2), count=1, image_size=(1, 4))
        >>> pixel_borders(torch.tensor([0.7]), places)[0, 0].tolist()
        [[0.0, 0.699999988079071, 0.0, 0.0]]
    """
    (low, high), values = undirected_pairs(places.edges, strengths, places.num_nodes)
    known = low * places.num_nodes + high
    out = strengths.new_zeros(len(places), 2, *places.image_size)
    if not len(known):
        return out
    values = values.to(out.dtype)
    for channel, (a, b) in enumerate(_pairs(places.assign)):
        wanted = torch.minimum(a, b) * places.num_nodes + torch.maximum(a, b)
        at = torch.searchsorted(known, wanted).clamp(max=len(known) - 1)
        hit = (known[at] == wanted) & (a >= 0) & (b >= 0) & (a != b)
        found = torch.where(hit, values[at], 0)
        out[:, channel, : a.shape[1], : a.shape[2]] = found
    return out


def true_borders(instances: Int[Tensor, "b h w"]) -> Int[Tensor, "b 2 h w"]:
    """Whether two pixels show different objects: to the right (channel 0) and below (channel 1).

    Args:
        instances: object of every pixel, negative where it isn't known.

    Returns:
        1 for a border, 0 for none, -1 where one of the two isn't known or isn't there.

    Example:
        >>> true_borders(torch.tensor([[[0, 2], [0, -1]]])).tolist()
        [[[[1, -1], [-1, -1]], [[0, -1], [-1, -1]]]]
    """
    out = instances.new_full((len(instances), 2, *instances.shape[1:]), -1)
    for channel, (a, b) in enumerate(_pairs(instances)):
        border = torch.where((a >= 0) & (b >= 0), (a != b).to(out.dtype), -1)
        out[:, channel, : a.shape[1], : a.shape[2]] = border
    return out


def _pairs(values: Tensor) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    return (values[:, :, :-1], values[:, :, 1:]), (values[:, :-1], values[:, 1:])
