import gzip

import pytest
import torch

from graphvision.datasets.idx import read_idx


@pytest.fixture
def tensor():
    return torch.randint(256, (3, 4, 5), dtype=torch.uint8)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_round_trip(tmp_path, tensor, pack, idx_bytes):
    path = tmp_path / "images"
    path.write_bytes(pack(idx_bytes(tensor)))
    assert torch.equal(read_idx(path), tensor)


def test_edge_cases(tmp_path, idx_bytes):
    path = tmp_path / "none"
    path.write_bytes(idx_bytes(torch.zeros(0, 28, 28, dtype=torch.uint8)))
    assert read_idx(path).shape == (0, 28, 28)


@pytest.mark.parametrize("cut", [1, 30, 60])
def test_truncated(tmp_path, tensor, cut, idx_bytes):
    whole = idx_bytes(tensor)
    path = tmp_path / "cut"
    path.write_bytes(whole[:-cut])
    with pytest.raises(ValueError, match=r"must hold 76 bytes .* cut short"):
        read_idx(path)


def test_truncated_gzip(tmp_path, tensor, idx_bytes):
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(idx_bytes(tensor))[:-12])
    with pytest.raises(ValueError, match="must be a whole gzip file"):
        read_idx(path)


def test_flipped_bits_in_gzip(tmp_path, tensor, idx_bytes):
    packed = bytearray(gzip.compress(idx_bytes(tensor)))
    packed[30] ^= 0xFF
    path = tmp_path / "bad.gz"
    path.write_bytes(packed)
    with pytest.raises(ValueError, match="must be a whole gzip file"):
        read_idx(path)


@pytest.mark.parametrize(
    "content", [b"", b"\0\0", b"<html>not found</html>", b"\0\0\x0d\1\0\0\0\0"]
)
def test_not_idx(tmp_path, content):
    path = tmp_path / "page"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="must begin with the IDX magic"):
        read_idx(path)


def test_too_long(tmp_path, tensor, idx_bytes):
    path = tmp_path / "long"
    path.write_bytes(idx_bytes(tensor) + b"\0")
    with pytest.raises(ValueError, match="too long"):
        read_idx(path)


def test_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")
