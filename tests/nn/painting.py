"""The meaning of a layer on a partition: paint, torch's layer, region means or maxima."""

import random

import torch
from torch_geometric.data import Batch

import graphvision as gv
from tests.kernels.csr_cases import relative

SIZES = [(7, 6), (5, 9), (7, 6)]


def random_partition(seed, size):
    """A label map with ragged regions, some disconnected, and some ignored pixels."""
    rng = random.Random(seed)
    generator = torch.Generator().manual_seed(seed)
    h, w = size
    count = rng.randint(1, max(1, h * w // 2))
    sites = torch.rand(count, 2, generator=generator) * torch.tensor([h, w])
    yx = torch.cartesian_prod(torch.arange(h), torch.arange(w)).double()
    labels = torch.cdist(yx, sites.double()).argmin(1)
    noise = torch.rand(h * w, generator=generator) < 0.1
    labels = torch.where(noise, torch.randint(0, count, (h * w,), generator=generator), labels)
    if rng.random() < 0.5:
        labels = torch.where(torch.rand(h * w, generator=generator) < 0.15, -1, labels)
    if bool((labels < 0).all()):
        labels[0] = 0
    return labels.view(h, w)


def partition_graph(labels, channels, seed=0):
    """A graph of random float64 node features on the partition."""
    image = torch.rand(1, *labels.shape, dtype=torch.float64)
    graph = gv.image_graph(image, gv.Labels(labels))
    generator = torch.Generator().manual_seed(seed)
    graph.x = torch.randn(graph.num_nodes, channels, generator=generator, dtype=torch.float64)
    return graph


def paint(graph, fill):
    """Node features as an image ``[c, h, w]``, written out by hand."""
    values = torch.cat([graph.x, graph.x.new_full((1, graph.x.shape[1]), fill)])
    return values[graph.assign].T.reshape(-1, *graph.size_hw[0])


def random_batch(seed, channels, sizes=SIZES):
    """A batch of images of different sizes with random partitions, some pixels ignored."""
    graphs = [
        partition_graph(random_partition(10 * seed + i, size), channels, seed + i)
        for i, size in enumerate(sizes)
    ]
    return graphs, Batch.from_data_list(graphs)


def region_values(image, labels, reduce="mean"):
    """Each region's mean or maximum of ``image`` ``[c, h, w]``, one row per region."""
    flat = image.flatten(1)
    regions = [flat[:, labels == k] for k in range(int(labels.max()) + 1)]
    rows = [region.mean(1) if reduce == "mean" else region.amax(1) for region in regions]
    found = torch.stack(rows) if rows else flat.new_zeros(0, len(flat))
    return found.masked_fill(found == float("-inf"), 0.0)


def labels_at(labels, index):
    """A label map, numbered anew, at one table of indices per axis; -1 for none."""
    down, across = (table.tolist() for table in index)
    seen = [int(labels[y, x]) if min(y, x) >= 0 else -1 for y in down for x in across]
    rank = {k: i for i, k in enumerate(sorted(set(seen) - {-1}))} | {-1: -1}
    return torch.tensor([rank[k] for k in seen])


def check_painting(
    layer, meaning, *, seed=0, channels=2, onto=False, reduce="mean", leaves=(), sizes=SIZES
):
    """``layer`` on a batch of graphs equals ``meaning`` on their painted images, gradients too.

    Args:
        layer: takes a batch of graphs, and ``onto``.
        meaning: takes an image ``[1, c, h, w]`` and gives one.
        seed: of features and partitions.
        channels: of the features.
        onto: whether random partitions of the output's sizes are given.
        reduce: how regions are read; before a maximum ignored pixels are painted as -infinity.
        leaves: parameters whose gradients are compared.
        sizes: of the images.

    Returns:
        The layer's output.
    """
    graphs, batch = random_batch(seed, channels, sizes)
    fill = 0.0 if reduce == "mean" else float("-inf")
    batch.x = batch.x.detach().requires_grad_()
    pieces = batch.x.split(batch.node_ptr.diff().tolist())
    for graph, piece in zip(graphs, pieces, strict=True):
        graph.x = piece
    images = [meaning(paint(graph, fill)[None])[0] for graph in graphs]
    sizes = [tuple(image.shape[1:]) for image in images]
    options = {"onto": random_batch(seed + 50, 1, sizes)[1]} if onto else {}
    out = layer(batch, **options)
    assert out.validate()
    assert out.size_hw == sizes
    if onto:
        for name in ("assign", "edge_index", "pos", "area"):
            assert torch.equal(out[name], options["onto"][name])
    parts = [piece.assign for piece in out.to_data_list()]
    rows = [region_values(i, labels, reduce) for i, labels in zip(images, parts, strict=True)]
    _check_equal(out.x, torch.cat(rows), [batch.x, *leaves])
    return batch, out


def _check_equal(got, want, leaves):
    assert got.shape == want.shape
    weight = torch.randn(want.shape, dtype=want.dtype)
    both = [(value, *torch.autograd.grad((value * weight).sum(), leaves)) for value in (got, want)]
    for ours, theirs in zip(*both, strict=True):
        assert relative(ours, theirs) <= 1e-12


def check_centres(before, after, window):
    """The partition after a layer is that before it, read at the window's centres."""
    pairs = zip(before.to_data_list(), after.to_data_list(), strict=True)
    for graph, piece in pairs:
        size = graph.size_hw[0]
        want = labels_at(graph.assign.view(size), window.centres(size))
        assert torch.equal(piece.assign, want)
