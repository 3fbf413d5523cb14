"""A data loader whose batches are cut from contiguous arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch_geometric.data import Batch

from graphvision.graphs.packed import AbstractGraphs, PackedGraphs
from graphvision.kernels._starts import starts


class GraphLoader(torch.utils.data.DataLoader):  # type: ignore[type-arg]
    """PyG's ``DataLoader`` without its loop over graphs: the same batches, in the same order.

    A list of graphs is packed into contiguous arrays once; each batch is then cut from them, one
    selection of rows per attribute. It is torch's ``DataLoader``: seeds, samplers, worker processes
    and Lightning work as they do there, and the same seed gives the order that PyG's loader gives.

    Args:
        dataset: a :class:`GraphStore`, or a list or PyG data set of ``Data`` objects or image
            graphs with the same attributes.
        batch_size: graphs per batch, ≥ 1.
        shuffle: in a new random order in every epoch.
        follow_batch: attributes for which ``<name>_batch`` and ``<name>_ptr`` are added, as in PyG.
        exclude_keys: attributes that are left out.
        **options: those of ``torch.utils.data.DataLoader``: ``drop_last``, ``generator``,
            ``sampler``, ``batch_sampler``, ``num_workers``, …

    Attributes:
        dataset: the store, or the packed graphs: a sequence like the list that was given.

    Raises:
        ValueError: there is no graph, the graphs don't fit together, the data set has a
            ``transform``, or there is a ``collate_fn``.

    Example:
        >>> import torch, graphvision as gv
        >>> graphs = [gv.grid_graph(torch.rand(3, n, n)) for n in (2, 3, 4)]
        >>> loader = gv.GraphLoader(graphs, batch_size=2)
        >>> len(loader), [batch.ptr.tolist() for batch in loader]
        (2, [[0, 4, 13], [0, 16]])

    Source:
        The oracle is ``torch_geometric.loader.DataLoader`` (``test_matches_oracle``).
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool = False,
        follow_batch: Sequence[str] | None = None,
        exclude_keys: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        given = options.pop("collate_fn", None)  # Lightning gives ours when it makes a loader anew
        if not (given is None or isinstance(given, _Finish)):
            raise ValueError("`collate_fn` must be left out, as batches come whole, got one")
        if batch_size is None:
            raise ValueError("`batch_size` must be at least 1, got None")
        self.follow_batch, self.exclude_keys = follow_batch, exclude_keys
        finish = _Finish(tuple(follow_batch or ()), tuple(exclude_keys or ()))
        super().__init__(_packed(dataset), batch_size, shuffle, collate_fn=finish, **options)

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        return super().__iter__()


class _Finish:
    """Adds and leaves out attributes of a batch."""

    def __init__(self, follow_batch: Sequence[str], exclude_keys: Sequence[str]) -> None:
        self.follow_batch, self.exclude_keys = follow_batch, exclude_keys

    def __call__(self, batch: Batch) -> Batch:
        slices = batch._slice_dict
        for key in self.follow_batch:
            if key not in slices:
                raise ValueError(f"`follow_batch` must be among {sorted(slices)}, got {key!r}")
            counts = slices[key].diff()
            owner = torch.arange(len(counts)).repeat_interleave(counts)
            device = getattr(batch[key], "device", owner.device)
            batch[f"{key}_batch"] = owner.to(device)
            batch[f"{key}_ptr"] = starts(counts).to(device)
        for key in {*self.exclude_keys} & slices.keys():
            del batch[key], slices[key], batch._inc_dict[key]
        return batch


def _packed(dataset: Any) -> AbstractGraphs:
    if isinstance(dataset, AbstractGraphs):
        return dataset
    inner = getattr(dataset, "dataset", dataset)  # that of a torch Subset
    if getattr(inner, "transform", None) is not None:
        raise ValueError(
            "`dataset` must have no `transform`, which would run once instead of in every epoch; "
            f"give the list of transformed graphs if that is meant, got {type(inner).__name__}"
        )
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        got = type(dataset).__name__
        raise ValueError(f"`dataset` must be a store or a sequence of graphs, got {got}")
    return PackedGraphs([dataset[i] for i in range(len(dataset))])
