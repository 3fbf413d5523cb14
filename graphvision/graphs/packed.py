"""Many graphs as contiguous arrays, cut into batches without a loop over graphs."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch, Data
from torch_geometric.data.collate import collate

from graphvision.kernels._starts import starts
from graphvision.kernels.ranges import copy_ranges


@dataclass(frozen=True, eq=False)
class _Column:
    """One attribute of all graphs, behind one another along ``dim``; or a list with one entry each.

    ``step`` is what the entries of one graph add to those of all that follow in a batch.
    """

    values: Any
    first: Tensor
    dim: int = 0
    step: Tensor | None = None


class AbstractGraphs(torch.utils.data.Dataset[Data]):
    """Graphs that are kept as arrays: any of them come as one batch, and one is a batch of one."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def batch(self, index: Tensor) -> Batch:
        """Some of the graphs as one batch, in the order of ``index``."""

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"`index` must be below {len(self)}, got {index}")
        return self.batch(torch.tensor([index % len(self)])).get_example(0)

    def __getitems__(self, index: Sequence[int]) -> Batch:
        """The batch that torch's ``DataLoader`` asks for."""
        return self.batch(torch.tensor(index))


class PackedGraphs(AbstractGraphs):
    """Graphs, packed once; ``graphs[i]`` is one of them, ``graphs.batch(index)`` a batch.

    Args:
        graphs: PyG ``Data`` objects or image graphs, all with the same attributes; of tensors the
            dtype and the size beside the one that PyG concatenates are the same too.

    Raises:
        ValueError: there are none, or they don't fit together.

    Example:
        >>> from torch_geometric.data import Data
        >>> packed = PackedGraphs([Data(x=torch.full((n, 1), n)) for n in (3, 1, 2)])
        >>> batch = packed.batch(torch.tensor([2, 0]))
        >>> batch.x.flatten().tolist(), batch.ptr.tolist()
        ([2, 2, 3, 3, 3], [0, 2, 5])
    """

    def __init__(self, graphs: Sequence[Any]) -> None:
        graphs = list(graphs)
        _check(graphs)
        first = graphs[0]
        kind: Any = type(first)
        self._class = batch_class(kind)
        whole, slices, _ = collate(kind, graphs, increment=False, add_batch=False)
        self._counts: Tensor | None = None
        if first._store.can_infer_num_nodes:
            self._counts = torch.tensor([graph.num_nodes or 0 for graph in graphs])
        self._given_counts = "num_nodes" in first
        layouts: dict[bytes, Tensor] = {}  # one object for all attributes of nodes, one of edges, …
        self._columns: dict[str, _Column] = {}
        for key, bounds in slices.items():
            shared = layouts.setdefault(bounds.numpy().tobytes(), bounds)
            self._columns[key] = _column(key, whole[key], shared, graphs)
        self._length = len(graphs)

    def __len__(self) -> int:
        return self._length

    def batch(self, index: Tensor) -> Batch:
        """Some of the graphs as one batch, in the order of ``index``.

        Args:
            index: int64, ``[b]``, 0 … ``len(self) - 1``; repetitions are allowed.

        Returns:
            What ``Batch.from_data_list([graphs[i] for i in index])`` gives.

        Raises:
            ValueError: ``index`` is no vector of integers with at least one entry.
            IndexError: there is no such graph.
        """
        check_index(index, len(self))
        made = Batch(_base_cls=self._class)
        made._num_graphs, made._slice_dict, made._inc_dict = len(index), {}, {}
        picks: dict[int, tuple[Tensor, Tensor]] = {}
        device = torch.device("cpu")
        for key, column in self._columns.items():
            begin, slices = picks.get(id(column.first), (None, None))
            if begin is None or slices is None:
                begin = column.first[index]
                slices = starts(column.first[index + 1] - begin)
                picks[id(column.first)] = begin, slices
            made[key], made._inc_dict[key] = _cut(column, index, begin, slices)
            made._slice_dict[key] = slices
            if isinstance(made[key], Tensor) and made[key].is_cuda:
                device = made[key].device
        if self._counts is not None:
            self._add_nodes(made, self._counts[index], device)
        return made

    def _add_nodes(self, made: Batch, counts: Tensor, device: torch.device) -> None:
        ptr = starts(counts)
        if self._given_counts:
            made._store._num_nodes = counts.tolist()
            made.num_nodes = int(ptr[-1])
        made.batch = torch.arange(len(counts)).repeat_interleave(counts).to(device)
        made.ptr = ptr.to(device)


@cache
def batch_class(graph: type[Data]) -> type[Batch]:
    """The class of PyG's batches of such graphs; PyG makes it anew whenever it isn't given."""
    made: type[Batch] = type(Batch(_base_cls=graph))
    return made


def check_index(index: Tensor, count: int) -> None:
    """Whether ``index`` can name graphs of a batch, of ``count`` that there are."""
    if index.dtype != torch.int64 or index.ndim != 1 or not len(index):
        got = f"{str(index.dtype)[6:]} of shape {tuple(index.shape)}"
        raise ValueError(f"`index` must be int64 of shape (b,), b ≥ 1, got {got}")
    low, high = index.aminmax()
    if low < 0 or high >= count:
        raise IndexError(f"`index` must be in 0 … {count - 1}, got {int(low)} … {int(high)}")


def _cut(
    column: _Column, index: Tensor, begin: Tensor, slices: Tensor
) -> tuple[Any, Tensor | None]:
    """The attribute of a batch, and what PyG counts as its increments."""
    if not isinstance(column.values, Tensor):
        return [column.values[i] for i in index.tolist()], None
    if column.step is None:
        values = copy_ranges(column.values, begin, slices, dim=column.dim)
        return values, torch.zeros(len(index), dtype=torch.int64)
    added = starts(column.step[index])[:-1]
    if added.ndim == 1:
        return copy_ranges(column.values, begin, slices, added, dim=column.dim), added
    values = copy_ranges(column.values, begin, slices, dim=column.dim)
    # a step has the axes of the values, of size 1 along `dim`
    dim = column.dim % values.ndim
    each = added.repeat_interleave(slices.diff(), 0).squeeze(dim + 1).movedim(0, dim)
    return values + each.to(values.device, values.dtype), added


def _column(key: str, values: Any, first: Tensor, graphs: Sequence[Data]) -> _Column:
    if not isinstance(values, Tensor):
        return _Column(values, first)
    one = graphs[0]
    dim = one.__cat_dim__(key, one[key], one._store) if torch.is_tensor(one[key]) else 0
    steps = [graph.__inc__(key, graph[key], graph._store) for graph in graphs]
    step = torch.stack(steps) if isinstance(steps[0], Tensor) else torch.tensor(steps)
    return _Column(values.contiguous(), first, dim or 0, step if step.any() else None)


def _check(graphs: Sequence[Any]) -> None:
    if not graphs:
        raise ValueError("`graphs` must hold at least one graph, got none")
    first = graphs[0]
    if not isinstance(first, Data) or isinstance(first, Batch):
        raise ValueError(f"`graphs` must hold PyG `Data` objects, got {type(first).__name__}")
    wanted = _described(first)
    for place, graph in enumerate(graphs):
        if type(graph) is not type(first):
            names = f"{type(first).__name__} at 0 and {type(graph).__name__} at {place}"
            raise ValueError(f"`graphs` must be of one class, got {names}")
        got = _described(graph)
        if got.keys() != wanted.keys():
            names = f"{sorted(wanted)} at 0 and {sorted(got)} at {place}"
            raise ValueError(f"`graphs` must have the same attributes, got {names}")
        for key, kind in wanted.items():
            if got[key] != kind:
                raise ValueError(
                    f"`{key}` must be alike in all graphs, got {kind} at 0 and "
                    f"{got[key]} at {place}"
                )


def _described(graph: Data) -> dict[str, str]:
    """What has to be the same in all graphs, by attribute."""
    return {key: _kind(key, value, graph) for key, value in graph._store.items()}


def _kind(key: str, value: Any, graph: Data) -> str:
    if type(value) is Tensor and value.layout == torch.strided:
        dim = graph.__cat_dim__(key, value, graph._store)
        shape = [str(size) for size in value.shape]
        if dim is not None and shape:
            shape[dim] = "·"
        return f"{str(value.dtype)[6:]} of shape ({', '.join(shape)}) on {value.device.type}"
    listed = isinstance(value, (list, tuple)) and not any(map(torch.is_tensor, value))
    if listed or isinstance(value, (bool, int, float, str)):
        return type(value).__name__
    raise ValueError(
        f"`{key}` must be a dense tensor, a number or text, got {type(value).__name__}"
    )
