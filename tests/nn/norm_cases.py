"""Norms on graphs against their meaning: paint, torch's norm of the pixels that count, means."""

import random

import torch
from torch_geometric.data import Batch

import graphvision as gv
from tests.kernels.csr_cases import relative
from tests.nn.test_partition_layers import partition_graph, random_partition

FORMS = [{}, {"lower": False}, {"backend": "reference"}]


def graphs_of(seed, channels, *, count=3, size=None):
    """Random partitions, some with ignored pixels, of images of different sizes or of ``size``."""
    rng = random.Random(seed)
    graphs = []
    for i in range(count):
        shape = size or (rng.randint(3, 8), rng.randint(3, 8))
        graphs.append(partition_graph(random_partition(seed * 100 + i, shape), channels, seed + i))
    return graphs


def painted(graphs, x):
    """The pixels that count of every image, ``[c, p]``, and the node of each, by plain loops."""
    first, found = 0, []
    for graph in graphs:
        node = torch.tensor([first + a for a in graph.assign.tolist() if a >= 0])
        found.append((torch.stack([x[n] for n in node.tolist()], 1), node))
        first += graph.num_nodes
    return found


def region_means(pixels, node, count):
    """The mean over each region of the pixels ``[c, p]``."""
    return torch.stack([pixels[:, node == i].mean(1) for i in range(count)])


def check_against(layer, graphs, meaning, parameters):
    """Outputs and all gradients of a layer on a batch equal those of ``meaning(x)``."""
    batch = Batch.from_data_list(graphs)
    results = []
    for run in (lambda x: layer(_with(batch, x)).x, meaning):
        x = batch.x.detach().requires_grad_()
        out = run(x)
        weight = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
        grads = torch.autograd.grad((out * weight).sum(), [x, *parameters])
        results.append((out, *grads))
    for got, want in zip(*results, strict=True):
        assert got.shape == want.shape
        # gradients may be 0 but for rounding, as where an image is of one colour
        assert relative(got, want) <= 1e-12 or (got - want).abs().max() <= 1e-12


def _with(batch, x):
    batch = batch.clone()
    batch.x = x
    return batch


def check_pixels_are_the_image(layer, torch_layer, image):
    """On a grid of pixels in any order the layer is torch's."""
    want = torch_layer(image)
    grid = gv.grid_graph(image)
    out = layer(grid)
    torch.testing.assert_close(gv.rasterize(out.x, out), want, rtol=1e-12, atol=1e-12)
    assert torch.equal(out.edge_index, grid.edge_index)
    size = tuple(image.shape[2:])
    shuffled = [torch.randperm(size[0] * size[1]).view(size) for _ in image]
    graphs = [gv.image_graph(i, gv.Labels(s)) for i, s in zip(image, shuffled, strict=True)]
    for graph, values, labels in zip(graphs, image, shuffled, strict=True):
        graph.x = torch.empty_like(values.flatten(1).T)
        graph.x[labels.flatten()] = values.flatten(1).T
    out = layer(Batch.from_data_list(graphs))
    torch.testing.assert_close(gv.rasterize(out.x, out), want, rtol=1e-12, atol=1e-12)
