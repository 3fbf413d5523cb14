"""All pairs of tokens: the topology of attention."""

from functools import lru_cache

import torch

from graphvision.graphs.topology import CompleteBlocks, Edges, Topology
from graphvision.kernels.gather import Csr


@lru_cache(maxsize=32)
def complete_topology(
    batch: int,
    num_targets: int,
    num_sources: int | None = None,
    device: torch.device | None = None,
) -> Topology:
    """The topology in which every token of a sequence sends to every token, sequence by sequence.

    Nodes are the tokens of the first sequence, then of the second, …; edges are only written out
    when somebody asks for them.

    Args:
        batch: sequences; none sends to another.
        num_targets: tokens that receive, per sequence.
        num_sources: tokens that send, per sequence; as many as receive by default.
        device: where edges are written, should they be asked for.

    Raises:
        ValueError: a negative number.

    Example:
        >>> from graphvision.graphs import complete_topology
        >>> pairs = complete_topology(batch=2, num_targets=1, num_sources=2)
        >>> pairs.num_sources, pairs.num_targets, pairs.edge_index.tolist()
        (4, 2, [[0, 1, 2, 3], [0, 0, 1, 1]])
    """
    blocks = CompleteBlocks(batch, num_targets, num_targets if num_sources is None else num_sources)
    if min(blocks.batch, blocks.num_targets, blocks.num_sources) < 0:
        raise ValueError(f"`batch` and numbers of tokens must not be negative, got {blocks}")
    sources, targets = batch * blocks.num_sources, batch * num_targets
    return Topology(
        sources,
        targets,
        lambda: _expand(blocks, device or torch.device("cpu")),
        complete=blocks,
    )


def _expand(blocks: CompleteBlocks, device: torch.device) -> Edges:
    batch, targets, sources = blocks.batch, blocks.num_targets, blocks.num_sources
    row = torch.arange(batch * targets, device=device).repeat_interleave(sources)
    of_block = torch.arange(batch * sources, device=device).view(batch, 1, sources)
    col = of_block.expand(batch, targets, sources).reshape(-1)
    return Edges(Csr.from_sorted(row, col, batch * targets, batch * sources))
