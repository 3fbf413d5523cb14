"""The IDX file format of MNIST and its relatives."""

import gzip
import math
import zlib
from pathlib import Path

import torch
from torch import Tensor

_UBYTE = 0x08
_MAX_BYTES = 2**30


def read_idx(path: str | Path) -> Tensor:
    """Read a plain or gzip-compressed IDX file of unsigned bytes.

    Args:
        path: the file; compression is told by its first bytes, not by its name.

    Returns:
        uint8, with the shape that the file's header states.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged, truncated, too long, too large, or no IDX file of bytes.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "two-labels"
        >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
        >>> read_idx(path)
        tensor([7, 9], dtype=torch.uint8)

    Source:
        http://yann.lecun.com/exdb/mnist/, "the IDX file format".
    """
    return parse_idx(unpack(Path(path)), name=str(path))


def unpack(path: Path) -> bytes:
    """The content of a file, decompressed where it is a gzip file.

    Args:
        path: the file.

    Returns:
        At most one gibibyte.

    Raises:
        ValueError: the compressed stream is damaged, or what comes out is too large.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "packed"
        >>> _ = path.write_bytes(gzip.compress(b"content"))
        >>> unpack(path)
        b'content'
    """
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"`{path}` must be a whole gzip file, got a damaged one: {error}"
        ) from None
    if len(content) > _MAX_BYTES:
        raise ValueError(f"`{path}` must hold at most {_MAX_BYTES} bytes, got more")
    return content


def parse_idx(content: bytes, name: str) -> Tensor:
    """Read an IDX file that is in memory already.

    Args:
        content: the whole file, not compressed.
        name: what to call it in errors.

    Returns:
        uint8, with the shape that the header states.

    Raises:
        ValueError: the content isn't a whole IDX file of unsigned bytes.

    Example:
        >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 1, 5]), name="label")
        tensor([5], dtype=torch.uint8)
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _UBYTE:
        got = content[:4].hex(" ") or "an empty file"
        raise ValueError(f"`{name}` must begin with the IDX magic 00 00 08, got {got}")
    start = 4 + 4 * content[3]
    shape = tuple(int.from_bytes(content[i : i + 4], "big") for i in range(4, start, 4))
    expected = start + math.prod(shape)
    if len(content) != expected:
        got = (
            f"{len(content)} (the file is {'cut short' if len(content) < expected else 'too long'})"
        )
        raise ValueError(f"`{name}` must hold {expected} bytes for shape {shape}, got {got}")
    if expected == start:
        return torch.empty(shape, dtype=torch.uint8)
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=start).reshape(shape)
