import io
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from graphvision.graphs.images import as_image


def png_header(width, height):
    """A PNG that claims a size and holds nothing."""

    def chunk(kind, body):
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    ihdr = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (np.zeros((4, 5), np.uint8), (1, 4, 5)),
        (np.zeros((4, 5, 3), np.uint16), (3, 4, 5)),
        (np.zeros((4, 5, 7), np.float32), (7, 4, 5)),
        (np.zeros((4, 5), bool), (1, 4, 5)),
        (np.zeros((4, 5), ">u2"), (1, 4, 5)),
        (np.zeros((8, 5), np.float32)[::-2], (1, 4, 5)),
    ],
)
def test_shapes_of_arrays(array, shape):
    image = as_image(array)
    assert image.shape == shape
    assert image.dtype == torch.float32
    assert image.is_contiguous()


def test_scales():
    assert as_image(np.array([[0, 255]], np.uint8)).tolist() == [[[0, 1]]]
    assert as_image(np.array([[0, 65535]], np.uint16)).tolist() == [[[0, 1]]]
    assert as_image(torch.tensor([[[0, 255]]], dtype=torch.uint8)).tolist() == [[[0, 1]]]
    assert as_image(np.array([[0.0, 7.0]])).dtype == torch.float64
    assert as_image(torch.ones(1, 2, 2, dtype=torch.bfloat16)).dtype == torch.float32


def test_tensors_keep_their_graph():
    image = torch.rand(3, 4, 5, requires_grad=True)
    assert as_image(image).requires_grad
    assert as_image(image[None]).shape == (1, 3, 4, 5)
    assert as_image(torch.rand(2, 9), ndim=1).shape == (2, 9)
    assert as_image(torch.rand(2, 3, 4, 5), ndim=3).shape == (2, 3, 4, 5)


def test_files(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (6, 4, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels)
    picture.save(tmp_path / "a.png")
    expected = torch.from_numpy(pixels).permute(2, 0, 1) / 255
    assert torch.equal(as_image(tmp_path / "a.png"), expected)
    assert torch.equal(as_image(str(tmp_path / "a.png")), expected)
    assert torch.equal(as_image(picture), expected)


def test_exif_orientation(tmp_path):
    picture = Image.fromarray(np.zeros((6, 4, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert as_image(tmp_path / "turned.jpg").shape == (3, 4, 6)


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("L", 1), ("1", 1), ("RGB", 3), ("RGBA", 4), ("LA", 2), ("P", 3), ("CMYK", 3), ("I;16", 1),
     ("F", 1), ("I", 1), ("YCbCr", 3)],
)  # fmt: skip
def test_modes(mode, channels):
    assert as_image(Image.new(mode, (5, 4))).shape == (channels, 4, 5)


def test_transparent_palette(tmp_path):
    Image.new("P", (3, 2)).save(tmp_path / "t.png", transparency=0)
    assert as_image(tmp_path / "t.png").shape == (4, 2, 3)


@pytest.mark.parametrize(
    ("image", "match"),
    [
        (torch.rand(4, 5), r"\(c, h, w\) or \(b, c, h, w\), got \(4, 5\)"),
        (torch.rand(1, 2, 3, 4, 5), "got"),
        (torch.rand(3, 0, 5), "no empty axis"),
        (torch.rand(0, 3, 4, 5), "no empty axis"),
        (torch.zeros(3, 4, 5, dtype=torch.int64), "uint8, uint16, bool or floating, got int64"),
        (torch.zeros(3, 4, 5, dtype=torch.complex64), "got complex64"),
        (torch.full((1, 2, 2), float("nan")), "finite"),
        (torch.tensor([[[float("inf"), -float("inf")]]]), "finite"),
        (np.zeros((4, 5), np.int32), "got int32"),
        (np.zeros(4), "got shape"),
        (np.zeros((2, 4, 5, 3)), "got shape"),
        (np.array([["a"]]), "got <U1"),
        (np.zeros((0, 5)), "no empty axis"),
        (17, "a path, got int"),
        (None, "got NoneType"),
    ],
)
def test_errors(image, match):
    with pytest.raises(ValueError, match=match):
        as_image(image)


def test_large_finite_values_pass():
    assert as_image(torch.full((1, 2, 2), 3e38)).shape == (1, 2, 2)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".tiff", ".bmp", ".webp"])
def test_truncated_files(tmp_path, suffix):
    pixels = np.random.default_rng(0).integers(0, 255, (40, 40, 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, Image.registered_extensions()[suffix])
    content = buffer.getvalue()
    path = tmp_path / f"cut{suffix}"
    for share in (0.02, 0.3, 0.9):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(ValueError, match="cut"):
            as_image(path)


def test_files_that_are_no_images(tmp_path):
    (tmp_path / "empty.png").touch()
    with pytest.raises(ValueError, match="empty file"):
        as_image(tmp_path / "empty.png")
    (tmp_path / "text.png").write_text("not a picture")
    with pytest.raises(ValueError, match="which is none"):
        as_image(tmp_path / "text.png")
    with pytest.raises(ValueError, match="folder"):
        as_image(tmp_path)
    with pytest.raises(FileNotFoundError):
        as_image(tmp_path / "missing.png")


@pytest.mark.parametrize("side", [9_000, 11_000, 60_000, 2**31 - 1])
def test_decompression_bombs(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_header(side, side))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=r"pixels|broken"):
            as_image(path)


def test_size_limit(tmp_path):
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    with pytest.raises(ValueError, match="at most 500 pixels, got 30×20"):
        as_image(tmp_path / "a.png", max_pixels=500)
    with pytest.raises(ValueError, match="at most 500 pixels"):
        as_image(Image.new("L", (30, 20)), max_pixels=500)
