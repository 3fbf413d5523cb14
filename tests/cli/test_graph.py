import struct
import zlib

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from graphvision.cli import main
from graphvision.graphs.storage import load_graph


def graph(*arguments):
    return CliRunner().invoke(main, ["graph", *map(str, arguments)])


def picture(path, *size, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize("size", [(40, 50), (40, 50, 3), (20, 30, 4)])
def test_writes_overlay_and_graph(tmp_path, size):
    result = graph(picture(tmp_path / "my.png", *size), "--exact", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "75" in result.output
    assert f"{size[0]}×{size[1]} pixels" in result.output
    made = load_graph(tmp_path / "out" / "my-graph.safetensors")
    assert made.num_nodes == 75
    assert made.size_hw == [size[:2]]
    with Image.open(tmp_path / "out" / "my-graph.png") as overlay:
        assert overlay.width / overlay.height == pytest.approx(size[1] / size[0], rel=0.01)
    assert len(list((tmp_path / "out").iterdir())) == 2


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 200)])
def test_small_and_narrow(tmp_path, size):
    result = graph(picture(tmp_path / "tiny.png", *size))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "tiny-graph.safetensors").is_file()


def bomb():
    """A PNG of a few kilobytes that claims to hold 3.6 gigapixels."""

    def chunk(kind, content):
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    content = zlib.compress(bytes(10_000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", content), chunk(b"IEND", b""))
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "empty file"),
        (b"hello", "must be an image file"),
        ("cut", "broken or truncated"),
        (bomb(), "must have at most"),
    ],
    ids=["missing", "empty", "text", "truncated", "bomb"],
)
def test_errors_are_one_line(tmp_path, content, message):
    path = tmp_path / "bad.png"
    if content == "cut":
        content = picture(path, 60, 60).read_bytes()[:-1000]
    if content is not None:
        path.write_bytes(content)
    result = graph(path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    assert not list(tmp_path.glob("out/*"))


def test_too_many_segments(tmp_path):
    result = graph(picture(tmp_path / "small.png", 3, 3), "--segments", 10)
    assert result.exit_code == 2
    assert "`n_segments` must be an integer in 1…9, got 10" in result.output


def test_help():
    result = CliRunner().invoke(main, ["--help"])
    assert "compare" in result.output
    assert "graph" in result.output
