"""Graphs on disk, as safetensors: no code in the file, whole or not there at all."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch

from graphvision.graphs.atomic import atomic_path
from graphvision.graphs.image_graph import ImageGraph
from graphvision.graphs.validate import problems

_FORMAT = "graphvision.image_graph"
_VERSION = "1"


def save_graph(graph: ImageGraph | Batch, path: str | os.PathLike[str]) -> None:
    """Write a graph or a batch, with all its tensors, numbers and strings.

    The file appears under its name when it is complete; a killed write leaves none.

    Args:
        graph: what to write; further tensors and plain values on it are kept.
        path: where; an existing file is replaced.

    Raises:
        ValueError: the graph breaks its contract, so that it could not be loaded again, or holds
            something that is neither a tensor nor a plain value.

    Example:
        >>> import tempfile, torch, graphvision as gv
        >>> graph = gv.grid_graph(torch.rand(1, 4, 4))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_graph(graph, folder + "/graph.safetensors")
        ...     again = load_graph(folder + "/graph.safetensors")
        >>> torch.equal(graph.x, again.x)
        True
    """
    from safetensors.torch import save as to_bytes

    found = problems(graph)
    if found:
        raise ValueError("`graph` breaks its contract:\n  " + "\n  ".join(found))
    tensors: dict[str, Tensor] = {}
    plain: dict[str, Any] = {}
    for name, value in graph.to_dict().items():
        if isinstance(value, Tensor):
            tensors[f"data.{name}"] = value.detach().cpu().contiguous()
        elif _is_plain(value):
            plain[name] = value
        else:
            raise ValueError(
                f"`graph.{name}` must be a tensor or a plain value, got {type(value).__name__}"
            )
    header = {"format": _FORMAT, "version": _VERSION, "plain": json.dumps(plain)}
    if isinstance(graph, Batch):
        header["num_graphs"] = str(graph.num_graphs)
        for kind, entries in (("slice", graph._slice_dict), ("inc", graph._inc_dict)):
            for name, value in entries.items():
                if value is not None:
                    tensors[f"{kind}.{name}"] = torch.as_tensor(value).cpu().contiguous().clone()
    # Tensors that share memory must be written apart.
    tensors = {name: tensor.clone() for name, tensor in tensors.items()}
    with atomic_path(Path(path)) as draft:
        draft.write_bytes(to_bytes(tensors, header))


def load_graph(path: str | os.PathLike[str]) -> ImageGraph | Batch:
    """Read what :func:`save_graph` wrote.

    Args:
        path: the file.

    Returns:
        An equal graph or batch; a batch has its ``to_data_list()`` back.

    Raises:
        ValueError: the file is truncated, of another format, or holds a graph that breaks its
            contract.
        FileNotFoundError: there is no such file.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"`path` must be a graph file, got {str(path)!r}, which is none")
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"`path` {str(path)!r} is truncated or no graph file: {error}") from error
    if header.get("format") != _FORMAT or header.get("version") != _VERSION:
        got = f"{header.get('format')!r}, version {header.get('version')!r}"
        raise ValueError(f"`path` must be a file of {_FORMAT}, version {_VERSION}, got {got}")
    graph = _rebuild(tensors, header)
    found = problems(graph)
    if found:
        raise ValueError(f"`path` {str(path)!r} holds a broken graph:\n  " + "\n  ".join(found))
    return graph


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(v) for v in value)
    return value is None or isinstance(value, (bool, int, float, str))


def _rebuild(tensors: dict[str, Tensor], header: dict[str, str]) -> ImageGraph | Batch:
    parts: dict[str, dict[str, Tensor]] = {"data": {}, "slice": {}, "inc": {}}
    for name, tensor in tensors.items():
        kind, _, key = name.partition(".")
        parts.setdefault(kind, {})[key] = tensor
    plain = json.loads(header.get("plain", "{}"))
    if "num_graphs" not in header:
        return ImageGraph(**parts["data"], **plain)
    batch = Batch(_base_cls=ImageGraph)
    for name, value in {**parts["data"], **plain}.items():
        batch[name] = value
    count = int(header["num_graphs"])
    batch._num_graphs = count
    order = torch.arange(count + 1)
    batch._slice_dict = {**parts["slice"], **dict.fromkeys(plain, order)}
    batch._inc_dict = {**parts["inc"], **dict.fromkeys(plain)}
    return batch
