"""Edge features by name."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from graphvision.graphs.features.names import suffixes_of
from graphvision.graphs.nodes import Nodes
from graphvision.kernels.columns import Columns
from graphvision.kernels.offsets import edge_offsets

EDGE_FEATURES = ("displacement", "distance", "border_length", "colour_step", "gradient")
_BORDER = ("border_length", "colour_step", "gradient")


def edge_table(
    nodes: Nodes, edge_index: Int[Tensor, "2 e"], names: tuple[str, ...]
) -> Float[Tensor, "e d"]:
    """Compute the named features of every edge (j → i), side by side in the order of ``names``.

    ``displacement = pos_j − pos_i``, ``distance = ‖pos_j − pos_i‖``, both in pixels; border length,
    colour step and gradient as in :func:`graphvision.kernels.borders.borders`, 0 where the two
    nodes don't touch.

    Args:
        nodes: what the edges connect.
        edge_index: (source j, target i), numbered over the whole batch.
        names: out of ``EDGE_FEATURES``.

    Returns:
        In the image's dtype; colour step and gradient are differentiable in the pixels.
    """
    count, pos = edge_index.shape[1], nodes.pos
    suffixes = suffixes_of(nodes.image.shape[1], len(nodes.regions.size), "edge")
    out = Columns.make({name: len(suffixes[name]) for name in names}, pos, count)
    edge_offsets(pos, edge_index, out, backend=nodes.regions.backend)
    table = _border_table(nodes, edge_index) if set(names) & set(_BORDER) else {}
    if not nodes.image.requires_grad:
        out.fill(table)
        return out.table
    columns = [table.get(name, out[name]) for name in names]
    return torch.cat(columns, 1) if columns else out.table


def _border_table(nodes: Nodes, edge_index: Tensor) -> dict[str, Tensor]:
    found = nodes.borders
    length = found.length.to(nodes.image.dtype).unsqueeze(1)
    table = {
        "border_length": length,
        "colour_step": found.colour_step,
        "gradient": found.gradient,
    }
    if edge_index is found.edge_index:
        return table
    n = max(1, nodes.regions.num_regions)
    known = found.edge_index[1] * n + found.edge_index[0]
    asked = edge_index[1] * n + edge_index[0]
    if len(known) == 0:
        return {name: t.new_zeros(len(asked), t.shape[1]) for name, t in table.items()}
    slot = torch.searchsorted(known, asked).clamp(max=len(known) - 1)
    hit = (known[slot] == asked).unsqueeze(1)
    return {name: torch.where(hit, t[slot], 0.0) for name, t in table.items()}
