import pytest
import torch
import torch.nn.functional as F  # noqa: N812

import graphvision as gv
from graphvision.models import Hybrid, multiply_adds
from tests.models.graph_cases import numbers, renumbered, settled, trained

LEVELS = {"pixels": 4, "graph": 2, "node": 3, "edge": 1}


def pictures(count=2, size=(13, 18)):
    images = torch.rand(count, 1, *size, dtype=torch.float64)
    return images, gv.superpixel_graph(images, 14)


def net(graph, **settings):
    sizes = {"base": 4, "width": 8, "edge_width": 4, "depth": 2, "hidden": 8}
    return Hybrid(1, **numbers(graph), **{"heads": LEVELS} | sizes | settings)


def test_odd_sizes_and_all_levels():
    images, graph = pictures()
    found = net(graph).double()(images, graph)
    assert {level: tuple(part.shape) for level, part in found.items()} == {
        "pixels": (2, 4, 13, 18),
        "graph": (2, 2),
        "node": (graph.num_nodes, 3),
        "edge": (graph.num_edges, 1),
    }


def test_batch_equals_loop():
    images, graph = pictures(3)
    model = settled(net(graph))
    together = model(images, graph)
    parts = graph.to_data_list()
    alone = [model(image[None], part) for image, part in zip(images, parts, strict=True)]
    for level in LEVELS:
        torch.testing.assert_close(together[level], torch.cat([found[level] for found in alone]))


def test_permutation_equivariance():
    images, graph = pictures(1)
    one, model = graph[0], settled(net(graph))
    order = torch.randperm(one.num_nodes)
    want, got = model(images, one), model(images, renumbered(one, order))
    torch.testing.assert_close(got["pixels"], want["pixels"])
    torch.testing.assert_close(got["node"], want["node"][order])
    torch.testing.assert_close(got["edge"], want["edge"].flip(0))


def test_pixels_far_away_are_heard_through_the_nodes():
    images, graph = pictures(1, (4, 60))
    model = settled(net(graph, heads={"pixels": 1}))
    images.requires_grad_()
    model(images, graph)["pixels"][0, 0, :, 0].sum().backward()
    assert images.grad[..., -10:].abs().max() > 0


def test_nodes_alone_paint_nothing():
    _, graph = pictures()
    names = [name for name, _ in net(graph, heads={"node": 3}).named_parameters()]
    assert not [name for name in names if name.startswith(("paint", "join", "last"))]


def test_gradients():
    images, graph = pictures(1, (5, 6))
    model = settled(net(graph, norm="layer"))
    images.requires_grad_()
    values = tuple(LEVELS)
    assert torch.autograd.gradcheck(
        lambda images: tuple(model(images, graph)[level] for level in values), images
    )


def test_ignored_pixels():
    images = torch.rand(2, 1, 13, 18)
    mask = torch.rand(2, 13, 18) > 0.3
    graph = gv.superpixel_graph(images, 14, mask=mask)
    assert net(graph)(images, graph)["pixels"].isfinite().all()


def test_learns_how_pixels_differ_from_their_superpixel():
    """Whether a pixel is brighter than its superpixel: neither side of the network knows alone."""
    images, graph = pictures(8, (12, 12))
    images = images.float()
    graph = gv.superpixel_graph(images, 9)
    means = gv.rasterize(gv.pool_pixels(images, graph), graph)
    wanted = (images > means)[:, 0].long()
    torch.manual_seed(0)
    model = net(graph, heads={"pixels": 2})
    before, after = trained(
        model, (images, graph), lambda found: F.cross_entropy(found["pixels"], wanted)
    )
    assert before > 0.5
    assert after < 0.2


def test_multiply_adds_of_two_inputs():
    images, graph = pictures()
    model = net(graph).double()
    one = pictures(1)
    assert multiply_adds(model, images, graph) > multiply_adds(model, *one) > 10_000


def test_errors():
    images, graph = pictures()
    with pytest.raises(
        ValueError, match=r"`pixels` must have a channel axis and the graph's sizes"
    ):
        net(graph).double()(images[..., :-1], graph)
    with pytest.raises(ValueError, match=r"`level` must be one of \['pixels', 'graph', "):
        Hybrid(1, 3, level="face")
