"""Arrays of many graphs or scenes as safetensors files, a part at a time."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from graphvision.datasets.recipe import Recipe
from graphvision.graphs.atomic import atomic_path

_CODES = {
    torch.uint8: "U8",
    torch.int16: "I16",
    torch.int32: "I32",
    torch.int64: "I64",
    torch.float32: "F32",
}
Arrays = dict[str, Tensor]


def build_shard(images: Tensor, labels: Tensor, recipe: Recipe, path: Path) -> None:
    """Build the graphs of some images and write them, whole or not at all.

    Args:
        images: uint8, ``[b, c, h, w]``.
        labels: int64, ``[b]``.
        recipe: how to build.
        path: the file.
    """
    batch = recipe.build(images.to(torch.float32) / 255)
    nodes = batch.ptr.diff()
    edges = batch._slice_dict["edge_index"].diff()
    offset = batch.ptr[:-1].repeat_interleave(edges)
    index = _index_type(int(nodes.max()))
    arrays = {
        "x": batch.x,
        "source": (batch.edge_index[0] - offset).to(index),
        "target": (batch.edge_index[1] - offset).to(index),
        "edge_attr": batch.edge_attr,
        "pos": batch.pos,
        "area": batch.area,
        "assign": batch.assign.reshape(len(images), *images.shape[2:]).to(index),
        "nodes": nodes,
        "edges": edges,
        "y": labels,
    }
    write_shard(arrays, path)


def write_shard(arrays: Arrays, path: Path) -> None:
    """Write arrays whose first axes are those of one part, whole or not at all.

    Args:
        arrays: array by name.
        path: the file.
    """
    from safetensors.torch import save_file

    with atomic_path(path) as draft:
        save_file({name: array.contiguous() for name, array in arrays.items()}, draft)


def read_arrays(path: Path) -> Arrays:
    """The arrays of a file, mapped into memory: pages are read when they are used.

    Args:
        path: a file of :func:`write_shard` or :func:`merge_shards`.

    Returns:
        Array by name.

    Raises:
        ValueError: the file isn't whole.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"`{path}` must be a whole safetensors file, got {error}") from None


def is_whole(path: Path) -> bool:
    """Whether a file is there and can be read."""
    if not path.is_file():
        return False
    try:
        read_arrays(path)
    except ValueError:
        return False
    return True


def merge_shards(shards: Sequence[Path], path: Path) -> None:
    """Put the arrays of all shards behind one another in one file, with one shard in memory.

    Args:
        shards: files of :func:`write_shard`, in order.
        path: the file to write, whole or not at all.

    Source:
        The layout is that of https://github.com/huggingface/safetensors, "Format": the length of
        the header, the header in JSON, the data; widest types first, so that all are aligned.
    """
    parts = [read_arrays(shard) for shard in shards]
    first = parts[0]
    types = {name: max((p[name].dtype for p in parts), key=lambda t: t.itemsize) for name in first}
    names = sorted(first, key=lambda name: (-types[name].itemsize, name))
    header, offset = {}, 0
    for name in names:
        shape = [sum(len(part[name]) for part in parts), *first[name].shape[1:]]
        end = offset + math.prod(shape) * types[name].itemsize
        header[name] = {
            "dtype": _CODES[types[name]],
            "shape": shape,
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with atomic_path(path) as draft, draft.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            for part in parts:
                file.write(part[name].to(types[name]).numpy().data)


def _index_type(nodes: int) -> torch.dtype:
    return torch.int16 if nodes <= 2**15 else torch.int32
