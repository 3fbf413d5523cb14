from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from graphvision.datasets.pictures import (
    channel_count,
    picture_files,
    read_map,
    read_picture,
    resized,
    resized_map,
    stack_maps,
    stack_pictures,
)


def test_files_by_name(tmp_path):
    for name in ("b.PNG", "a.jpg", ".hidden.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [file.name for file in picture_files(tmp_path.iterdir())] == ["a.jpg", "b.PNG"]


@pytest.mark.parametrize(("dtype", "ignored"), [(np.uint8, 255), (np.uint16, 65535)])
def test_numbers_survive(tmp_path, dtype, ignored):
    values = np.array([[0, 1, 254], [3, ignored, 7]], dtype)
    Image.fromarray(values).save(tmp_path / "map.png")
    assert read_map(tmp_path / "map.png").tolist() == [[0, 1, 254], [3, -1, 7]]


def test_one_bit_and_palette(tmp_path):
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "bits.png")
    assert read_map(tmp_path / "bits.png").tolist() == [[1, 0]]
    image = Image.fromarray(np.array([[2, 0, 255]], np.uint8))
    image.putpalette([9, 9, 9] * 256)
    image.save(tmp_path / "palette.png")
    assert read_map(tmp_path / "palette.png").tolist() == [[2, 0, -1]]


def test_pictures(tmp_path):
    Image.fromarray(np.full((2, 3, 4), 51, np.uint8)).save(tmp_path / "clear.png")
    image = read_picture(tmp_path / "clear.png")
    assert image.shape == (3, 2, 3)
    assert resized(image, None).unique().tolist() == [51]
    assert resized(image, (5, 4)).shape == (3, 5, 4)
    pair = [resized(image, None), torch.zeros(1, 2, 3, dtype=torch.uint8)]
    assert stack_pictures(pair, [Path("a"), Path("b")], 3).shape == (2, 3, 2, 3)
    assert stack_pictures(pair[1:], [Path("b")], 1).shape == (1, 1, 2, 3)


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *((mode, "png") for mode in ("1", "L", "LA", "P", "I;16", "RGB", "RGBA")),
        *((mode, "tif") for mode in ("1", "L", "LA", "P", "I;16", "I", "F", "RGB", "CMYK", "LAB")),
        *((mode, "jpg") for mode in ("L", "RGB", "CMYK")),
        *((mode, "gif") for mode in ("L", "P", "RGB")),
        *((mode, "webp") for mode in ("L", "RGB", "RGBA")),
        *((mode, "bmp") for mode in ("1", "L", "P", "RGB")),
    ],
)
def test_channels_are_those_of_the_picture_that_is_read(tmp_path, mode, suffix):
    file = tmp_path / f"picture.{suffix}"
    Image.new(mode, (5, 4)).save(file)
    assert channel_count([file]) == len(read_picture(file))


def test_one_picture_with_colours_makes_three_channels(tmp_path):
    for name, mode in (("a", "L"), ("b", "RGB"), ("c", "L")):
        Image.new(mode, (5, 4)).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    files = picture_files(tmp_path.iterdir())
    assert channel_count(files) == 3
    assert channel_count([file for file in files if file.stem != "b"]) == 1


def test_maps():
    values = torch.tensor([[1, -1, 3], [0, 5, 6]])
    assert resized_map(values, (2, 3)) is values
    expected = values.repeat_interleave(2, 0).repeat_interleave(3, 1)
    assert torch.equal(resized_map(values, (4, 9)), expected)
    small = stack_maps([values, values])
    assert (small.dtype, small[1, 0].tolist()) == (torch.uint8, [1, 255, 3])
    wide = stack_maps([values * 100])
    assert (wide.dtype, wide[0, 0].tolist()) == (torch.int16, [100, -100, 300])
    with pytest.raises(ValueError, match="numbers up to 32767"):
        stack_maps([values * 10000])
