"""Speed and memory of every op, side by side with its peers.

    python -m benchmarks.kernels --list
    python -m benchmarks.kernels gather_reduce "attention/gatv2*" --threads 1 2 --out FILE

One file per op with a function ``cases()``; a row here makes it known.
"""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from importlib import import_module

from benchmarks._case import Case

GROUPS = (
    "gather_reduce",
    "segment_softmax",
    "attention",
    "taps",
    "conv_stack",
    "convolution",
    "networks",
    "off_the_grid",
    "edge_mlp",
    "slic",
    "superpixel_graph",
    "region_adjacency",
    "knn",
    "store",
    "batching",
    "epoch",
    "growth",
)


def cases(patterns: Sequence[str] = ()) -> Iterator[Case]:
    """The cases whose group or ``group/name`` matches one of ``patterns``; all without any.

    Cases that run by name only are passed over unless a pattern with a ``/`` matches.

    Raises:
        ValueError: a pattern that matches nothing.
    """
    unused = set(patterns)
    for group in GROUPS:
        for case in import_module(f"{__name__}.{group}").cases():
            matching = {p for p in patterns if fnmatch(case.key, p) or (p == case.group)}
            unused -= matching
            named = {p for p in matching if "/" in p}
            if named or (not case.by_name_only and (matching or not patterns)):
                yield case
    if unused:
        raise ValueError(f"`CASE` must be one of those of --list, got {sorted(unused)}")
