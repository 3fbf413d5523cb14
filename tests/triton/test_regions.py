import pytest
import torch

from graphvision.kernels.columns import Columns
from graphvision.kernels.regions import (
    Regions,
    image_slope,
    region_colours,
    region_gradients,
    region_layout,
    region_shape,
)

SCENES = {  # name: images, channels, height, width, regions, ignored pixels
    "several": (3, 3, 9, 14, 6, True),
    "one pixel": (1, 1, 1, 1, 1, False),
    "one row": (2, 2, 1, 17, 4, True),
    "one region": (1, 3, 30, 40, 1, False),
    "all their own": (1, 1, 7, 6, 42, False),
}


def scene(name, dtype=torch.float32):
    """Images, and label maps without gaps whose images have different numbers of regions."""
    b, c, h, w, most, ignored = SCENES[name]
    generator = torch.Generator().manual_seed(b * h * w)
    image = torch.rand(b, c, h, w, generator=generator).to(dtype)
    labels = torch.randint(-ignored, most, (b, h, w), generator=generator)
    if most == h * w:
        labels = torch.arange(most).flip(0).view(b, h, w)
    for i, one in enumerate(labels):
        one[one >= most - i] = 0
        used = one[one >= 0].unique()
        one[one >= 0] = torch.searchsorted(used, one[one >= 0])
    return image, labels


def tables(image, labels, backend):
    regions = Regions(labels, backend)
    shape, slope = region_shape(regions), image_slope(image, regions)
    return {
        **shape,
        "slope": slope.movedim(1, 3)[labels >= 0],  # means nothing at ignored pixels
        **region_colours(image, regions),
        **region_gradients(slope, regions),
        **region_layout(image, regions, shape["centroid"]),
    }


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize(
    ("dtype", "bound"), [(torch.float32, 1e-5), (torch.float16, 4e-3), (torch.bfloat16, 3e-2)]
)
def test_matches_reference(name, dtype, bound):
    image, labels = scene(name, dtype)
    got, want = tables(image, labels, "triton"), tables(image.double(), labels, "reference")
    assert got.keys() == want.keys()
    for key, g in got.items():
        exact = key in ("area", "centroid", "second_moments", "border_contact")
        assert g.dtype == (torch.float64 if exact else dtype), key
        tolerance = 1e-11 if exact else bound * max(1, float(want[key].abs().max()))
        torch.testing.assert_close(g.double(), want[key], rtol=0, atol=tolerance, msg=key)


@pytest.mark.parametrize("name", SCENES)
def test_pixels_in_raster_order(name):
    _, labels = scene(name)
    got, want = (Regions(labels, backend).csr for backend in ("triton", "reference"))
    assert torch.equal(got.rowptr, want.rowptr)
    assert torch.equal(got.col, want.col)
    assert got.num_sources == want.num_sources


def test_only_the_columns_that_are_asked_for():
    image, labels = scene("several")
    regions = Regions(labels, "triton")
    out = Columns.make({"max": 3, "area": 1, "orientation": 8}, image, regions.num_regions)
    out.table.fill_(7)
    region_colours(image, regions, out)
    region_gradients(image_slope(image, regions), regions, out)
    region_layout(image, regions, region_shape(regions)["centroid"], out)
    want = tables(image, labels, "reference")
    assert torch.equal(out["max"], want["max"])
    assert out["area"].eq(7).all()
    torch.testing.assert_close(out["orientation"], want["orientation"], rtol=0, atol=1e-6)


def test_flat_far_from_zero_and_nan():
    labels = torch.tensor([[[0, 0, 1, 1], [0, 0, 1, 1]]])
    image = torch.full((1, 1, 2, 4), 1000.3)
    image[..., 3] = float("nan")
    table = region_colours(image, Regions(labels, "triton"))
    assert table["std"][0] == 0
    for name in ("mean", "min", "max"):
        assert table[name][0] == image[0, 0, 0, 0]
        assert table[name][1].isnan()


def test_nothing():
    for labels in (torch.full((2, 3, 3), -1), torch.full((1, 1, 1), -1)):
        image = torch.rand(len(labels), 3, *labels.shape[1:])
        got, want = tables(image, labels, "triton"), tables(image, labels, "reference")
        assert {k: v.shape for k, v in got.items()} == {k: v.shape for k, v in want.items()}
