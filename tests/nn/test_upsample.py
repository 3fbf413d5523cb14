import random

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from tests.nn.layer_cases import FORMS, compare
from tests.nn.painting import check_centres, check_painting, partition_graph

pytestmark = pytest.mark.filterwarnings("ignore:The default behavior for interpolate")


def resize_case(seed, dims=None):
    """Arguments of an interpolation; torch's antialiasing is wrong where an axis becomes 1."""
    rng = random.Random(seed)
    dims = dims or rng.choice([1, 2, 2, 3])
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[dims]
    modes = ["nearest", "nearest-exact", linear, "area"] + ["bicubic"] * (dims == 2)
    args = {"mode": rng.choice(modes)}
    if rng.random() < 0.5:
        args["size"] = tuple(rng.randint(2, 9) for _ in range(dims))
    else:
        args["scale_factor"] = tuple(rng.choice([0.5, 2, 3, 1.5, 0.7, 1.0]) for _ in range(dims))
        args["recompute_scale_factor"] = rng.choice([None, True, False])
    if args["mode"] in ("linear", "bilinear", "trilinear", "bicubic"):
        args["align_corners"] = rng.choice([None, True, False])
    if args["mode"] in ("bilinear", "bicubic") and rng.random() < 0.4:
        args["antialias"] = True
    return args, tuple(rng.randint(3, 7) for _ in range(dims))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(80))
def test_matches_oracle(seed, form):
    args, size = resize_case(seed)
    image = torch.randn(2, 3, *size, dtype=torch.float64)
    oracle = _Interpolate(args)
    compare(oracle, gv.nn.Upsample(**args, **form), image, 1e-12)
    if not form.get("backend") and form.get("lower", True):
        assert torch.equal(gv.nn.Upsample(**args)(image), oracle(image))


class _Interpolate(torch.nn.Module):
    def __init__(self, args):
        super().__init__()
        self.args = args

    def forward(self, image):
        return F.interpolate(image, **self.args)


@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_partitions_match_painting(seed, onto):
    args, _ = resize_case(seed, 2)
    layer = gv.nn.Upsample(**args)
    before, after = check_painting(layer, _Interpolate(args), seed=seed, onto=onto)
    if not onto:
        check_centres(before, after, layer.window_of(before))


def test_nearest_neighbours_keep_the_nodes():
    graph = partition_graph(torch.randint(0, 6, (5, 4)), 2)
    out = gv.nn.Upsample(scale_factor=2)(graph)
    torch.testing.assert_close(out.x, graph.x, rtol=1e-13, atol=0)
    torch.testing.assert_close(out.area, 4 * graph.area)


@pytest.mark.parametrize(
    "module",
    [
        torch.nn.UpsamplingNearest2d(scale_factor=3),
        torch.nn.UpsamplingBilinear2d(size=(5, 8)),
        torch.nn.Upsample(scale_factor=1.5, mode="bilinear", recompute_scale_factor=True),
    ],
)
def test_from_torch(module):
    image = torch.randn(2, 3, 4, 5)
    layer = gv.nn.Upsample.from_torch(module)
    assert torch.equal(layer(image), module(image))
    assert repr(layer).startswith("Upsample(")


def test_errors():
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.Upsample"):
        gv.nn.Upsample.from_torch(torch.nn.Identity())
    image = torch.rand(1, 1, 4, 4)
    for args, message in [
        ({}, r"`size` or `scale_factor` must be given"),
        ({"size": 2, "scale_factor": 2}, r"`size` or `scale_factor` must be given"),
        ({"size": 2, "mode": "linear"}, r"`mode` must be one for 2 axes"),
        ({"size": 2, "align_corners": True}, r"`align_corners` must be None"),
        ({"size": 2, "antialias": True}, r"`antialias` must be False"),
        ({"scale_factor": -1}, r"`scale_factor` must be 2 positive numbers"),
        ({"scale_factor": 0.1}, r"`scale_factor` must leave pixels"),
        ({"size": 0}, r"`size` must be 2 integers of at least 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            gv.nn.Upsample(**args)(image)
