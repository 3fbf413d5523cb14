"""Every op on images, label maps and points that has a kernel for the GPU, on one."""

import pytest
import torch

from graphvision.kernels._dispatch import TABLE, chosen
from graphvision.kernels.components import connected_components
from graphvision.kernels.knn import nearest_edges, radius_edges
from graphvision.kernels.slic import slic
from tests.triton.test_borders import run
from tests.triton.test_components import combs, noise, snakes
from tests.triton.test_image_graph import CASES, compare, graphs
from tests.triton.test_knn import KINDS, cloud
from tests.triton.test_regions import tables

pytestmark = pytest.mark.gpu

GPU_OPS = {op for op, row in TABLE.items() if "triton" in row and row["triton"].target}
TESTED = {
    "borders", "connected_components", "edge_offsets", "image_slope", "nearest_edges",
    "radius_edges", "region_colours", "region_gradients", "region_layout", "region_pixels",
    "region_shape", "slic",
}  # fmt: skip
BOUNDS = [(torch.float32, 2e-5), (torch.float16, 1e-2), (torch.bfloat16, 8e-2)]
SIZES = {  # name: images, height, width, side of a cell
    "small": (2, 7, 11, 3),
    "pictures": (8, 240, 321, 16),
    "one large region": (1, 600, 900, 1000),
    "pixels": (1, 200, 300, 1),
}


def picture(size):
    """Noise, and label maps of square cells of which some pixels are ignored."""
    b, h, w, side = SIZES[size]
    generator = torch.Generator().manual_seed(0)
    image = torch.rand(b, 3, h, w, generator=generator)
    across = -(-w // side)
    labels = torch.arange(h).div(side, rounding_mode="floor")[:, None] * across
    labels = (labels + torch.arange(w).div(side, rounding_mode="floor")).repeat(b, 1, 1)
    if side > 1:
        labels[torch.rand(b, h, w, generator=generator) < 0.05] = -1
    return image, labels


def test_every_kernel_has_a_case():
    assert GPU_OPS == TESTED
    for op in GPU_OPS:
        for dtype in TABLE[op]["triton"].dtypes:
            assert chosen(op, "auto", torch.empty(0, dtype=dtype, device="cuda")) == "triton"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "bound"), BOUNDS)
def test_region_statistics(size, dtype, bound):
    image, labels = picture(size)
    image = image.to(dtype)
    want = tables(image.double(), labels, "reference")
    first = tables(image.cuda(), labels.cuda(), "triton")
    for key, got in first.items():
        assert (got.cpu().double() - want[key]).abs().max() <= bound * want[key].abs().max(), key
    again = tables(image.cuda(), labels.cuda(), "triton")
    assert all(torch.equal(first[key], again[key]) for key in first)


@pytest.mark.parametrize(
    "labels",
    [
        noise((8, 300, 517), 2, -1),
        noise((2, 1000, 1300), 3, 0),
        snakes(401, 600),
        snakes(600, 401).transpose(1, 2),
        combs(700, 900),
        torch.zeros(3, 500, 700, dtype=torch.int64),
    ],
    ids=["noise", "three colours", "snakes", "columns of a snake", "combs", "one colour"],
)
def test_connected_components(labels):
    want = connected_components(labels)
    for _ in range(20):
        assert torch.equal(connected_components(labels.cuda()).cpu(), want)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dtype", "bound"), BOUNDS)
def test_borders(size, dtype, bound):
    image, labels = picture(size)
    image = image.to(dtype)
    want = run(image.double(), labels, "reference")
    first, again = (run(image.cuda(), labels.cuda(), "triton") for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert torch.equal(first.edge_index.cpu(), want.edge_index)
    assert torch.equal(first.length.cpu(), want.length)
    for g, w in zip(first[2:], want[2:], strict=True):
        torch.testing.assert_close(g.cpu().double(), w, rtol=0, atol=bound)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 2, 3, 64])
@pytest.mark.parametrize("dtype", [torch.float64, *(dtype for dtype, _ in BOUNDS)])
def test_neighbours(kind, channels, dtype):
    points, ptr = cloud(kind, channels, [0, 1, 700, 196, 33])
    points = points.to(dtype)
    given, ends = points.cuda(), ptr.cuda()
    for loops in (False, True):
        want = nearest_edges(points, ptr, 9, loops=loops, backend="reference")
        assert torch.equal(nearest_edges(given, ends, 9, loops=loops).cpu(), want)
        want = radius_edges(points, ptr, 0.7, loops=loops, backend="reference")
        assert torch.equal(radius_edges(given, ends, 0.7, loops=loops).cpu(), want)


@pytest.mark.parametrize("case", CASES)
def test_image_graphs(case):
    compare(graphs(case, "auto", device="cuda"), graphs(case, "reference"))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_slic(channels, masked):
    image, labels = picture("pictures")
    image = torch.nn.functional.avg_pool2d(image[:, :channels].double(), 9, 1, 4)
    mask = labels >= 0 if masked else None
    want = slic(image, 300, mask=mask)
    given = None if mask is None else mask.cuda()
    first, again = (slic(image.cuda(), 300, mask=given, backend="triton") for _ in range(2))
    assert torch.equal(first, again)
    assert (first.cpu() == want).double().mean() > 0.98  # two roots may differ in the last bit
