"""Layers on any partition against their independent meaning: paint, torch's layer, region means."""

import random

import pytest
import torch
from torch_geometric.data import Batch

import graphvision as gv
from tests.kernels.csr_cases import relative
from tests.nn.painting import paint, partition_graph, random_partition

MEAN, MAX = "mean", "max"


def centre_labels(labels, layer):
    """The input's labels under the centre of every window, by plain loops."""
    window = layer.window
    size = window.output_size(tuple(labels.shape))
    out = torch.empty(size, dtype=torch.int64)
    for y in range(size[0]):
        for x in range(size[1]):
            where = []
            for axis, q in enumerate((y, x)):
                half = window.dilation[axis] * ((window.kernel_size[axis] - 1) // 2)
                at = q * window.stride[axis] - window.padding[axis][0] + half
                where.append(min(max(at, 0), labels.shape[axis] - 1))
            out[y, x] = labels[where[0], where[1]]
    return out


def regions_of(image, labels, reduce):
    """The mean or maximum of the image over each region of the label map, one row per region."""
    kept = [int(k) for k in labels.unique() if k >= 0]
    rows = [getattr(image[:, labels == k], "mean" if reduce == MEAN else "amax")(1) for k in kept]
    return torch.stack(rows) if rows else image.new_zeros(0, len(image))


def meaning(torch_layer, graph_layer, graph, reduce):
    """What the layer must give: paint, torch's layer, means or maxima over the output regions."""
    labels = graph.assign.view(graph.size_hw[0])
    image = paint(graph, float("-inf") if reduce == MAX else 0.0)
    out = regions_of(torch_layer(image[None])[0], centre_labels(labels, graph_layer), reduce)
    return out.masked_fill(out == float("-inf"), 0.0)


def layers(seed):
    """A random convolution or pooling of torch's, the image size, and how regions are read."""
    rng = random.Random(seed)
    kind = rng.choice(["conv", "conv", "conv", "max", "avg"])
    kernel = (rng.randint(1, 4), rng.randint(1, 3))
    stride = rng.choice([1, 1, 2, 3])
    size = (rng.randint(6, 13), rng.randint(6, 13))
    if kind == "conv":
        args = {"dilation": rng.choice([1, 2]), "padding": rng.randint(0, 2), "stride": stride}
        args["padding_mode"] = rng.choice(["zeros", "zeros", "reflect", "circular", "replicate"])
        groups = rng.choice([1, 2])
        layer = torch.nn.Conv2d(2, 4, kernel, groups=groups, **args, dtype=torch.float64)
        return layer, size, MEAN
    padding = tuple(rng.randint(0, k // 2) for k in kernel)
    ceil_mode = rng.random() < 0.5
    if kind == "max":
        return torch.nn.MaxPool2d(kernel, stride, padding, ceil_mode=ceil_mode), size, MAX
    inside = rng.random() < 0.5
    layer = torch.nn.AvgPool2d(kernel, stride, padding, ceil_mode, count_include_pad=inside)
    return layer, size, MEAN


@pytest.mark.parametrize("backend", ["auto", "reference"])
@pytest.mark.parametrize("seed", range(160))
def test_matches_oracle(seed, backend):
    torch_layer, size, reduce = layers(seed)
    graph_layer = getattr(gv.nn, type(torch_layer).__name__).from_torch(
        torch_layer, backend=backend
    )
    graph = partition_graph(random_partition(seed, size), 2)
    results = []
    for run in (graph_layer, lambda g: meaning(torch_layer, graph_layer, g, reduce)):
        graph.x = graph.x.detach().requires_grad_()
        out = run(graph)
        out = out.x if isinstance(out, gv.ImageGraph) else out
        leaves = [graph.x, *torch_layer.parameters()]
        weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
        grads = torch.autograd.grad((out * weight).sum(), leaves)
        results.append((out, *grads))
    for got, want in zip(*results, strict=True):
        assert got.shape == want.shape
        assert relative(got, want) <= 1e-12


def with_centres_inside(seeds):
    """The seeds whose padding is at most half a window: else border pixels share a region."""
    for seed in seeds:
        torch_layer, size, _ = layers(seed)
        window = getattr(gv.nn, type(torch_layer).__name__).from_torch(torch_layer).window
        if all(len(c.unique()) == len(c) for c in window.centres(size)):
            yield seed


@pytest.mark.parametrize("seed", list(with_centres_inside(range(40))))
def test_one_node_per_pixel_is_the_layer_itself(seed):
    torch_layer, size, _ = layers(seed)
    layer = getattr(gv.nn, type(torch_layer).__name__).from_torch(torch_layer)
    shuffled = torch.randperm(size[0] * size[1]).view(size)
    graph = partition_graph(shuffled, 2)
    image = paint(graph, 0.0)
    out = layer(graph)
    torch.testing.assert_close(gv.rasterize(out.x, out), layer(image), rtol=1e-12, atol=1e-12)


def test_pixel_grid_is_lowered():
    image = torch.rand(2, 3, 6, 7)
    graph = gv.grid_graph(image)
    layer = gv.nn.Conv2d(3, 4, 3, padding=1)
    out = layer(graph)
    assert torch.equal(gv.rasterize(out.x, out), layer(image))
    assert torch.equal(out.edge_index, graph.edge_index)
    pooled = gv.nn.MaxPool2d(2)(out)
    assert pooled.size_hw == [(3, 3), (3, 3)]
    assert torch.equal(gv.rasterize(pooled.x, pooled), gv.nn.MaxPool2d(2)(layer(image)))
    assert pooled.validate()


def test_batch_equals_loop():
    sizes = [(9, 8), (6, 11), (9, 8)]
    graphs = [partition_graph(random_partition(i, s), 2, i) for i, s in enumerate(sizes)]
    net = torch.nn.Sequential(
        gv.nn.Conv2d(2, 4, 3, 2, 1, dtype=torch.float64), gv.nn.MaxPool2d(2, 1)
    )
    together = net(Batch.from_data_list(graphs))
    together.validate()
    for graph, got in zip(graphs, together.to_data_list(), strict=True):
        want = net(graph)
        for name in ("assign", "image_size", "area", "pos"):
            assert torch.equal(got[name], want[name])
        torch.testing.assert_close(got.x, want.x, rtol=1e-13, atol=1e-13)


def test_global_pool_is_the_mean_over_pixels():
    graph = partition_graph(random_partition(3, (9, 9)), 2)
    kept = graph.assign.view(9, 9) >= 0
    want = paint(graph, 0.0)[:, kept].mean(1)
    torch.testing.assert_close(gv.nn.GlobalPool("mean")(graph)[0], want)
    plain = gv.nn.GlobalPool("mean", by_area=False)(graph)[0]
    torch.testing.assert_close(plain, graph.x.mean(0))
    images = torch.rand(3, 2, 5, 4)
    torch.testing.assert_close(gv.nn.GlobalPool("max")(images), images.amax((2, 3)))


def test_labels_of_the_image_stay_and_half_precision_means_are_means():
    graphs = [partition_graph(random_partition(i, (8, 8)), 2, i) for i in range(2)]
    for i, graph in enumerate(graphs):
        graph.y = torch.tensor([i])
    pooled = gv.nn.MaxPool2d(2)(Batch.from_data_list(graphs))
    assert [g.y.tolist() for g in pooled.to_data_list()] == [[0], [1]]
    assert gv.nn.MaxPool2d(2)(graphs[1]).y.tolist() == [1]
    grid = gv.grid_graph(torch.ones(1, 64, 64))
    grid.x, grid.area = grid.x.bfloat16(), grid.area.bfloat16()
    assert gv.nn.GlobalPool("mean", backend="reference")(grid).item() == pytest.approx(1, rel=0.01)


def test_float32():
    for seed in range(12):
        torch_layer, size, reduce = layers(seed)
        torch_layer = torch_layer.float()
        graph_layer = getattr(gv.nn, type(torch_layer).__name__).from_torch(torch_layer)
        graph = partition_graph(random_partition(seed, size), 2)
        graph.x = graph.x.float()
        want = meaning(torch_layer, graph_layer, graph, reduce)
        assert relative(graph_layer(graph).x, want) <= 1e-5


def test_edge_cases():
    everything = partition_graph(torch.zeros(5, 5, dtype=torch.int64), 2)
    layer = gv.nn.Conv2d(2, 3, 3, 2, dtype=torch.float64)
    assert layer(everything).x.shape == (1, 3)
    one_pixel = partition_graph(torch.zeros(1, 1, dtype=torch.int64), 2)
    padded = gv.nn.Conv2d(2, 3, 3, padding=1, dtype=torch.float64)
    assert padded(one_pixel).x.shape == (1, 3)
    with pytest.raises(ValueError, match=r"`kernel_size` \(3, 3\).* must fit"):
        layer(one_pixel)
    everything.x = everything.x[:, :1]
    with pytest.raises(ValueError, match=r"`x` must have 2 channels, got 1"):
        layer(everything)
