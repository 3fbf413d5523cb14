import itertools
from collections import Counter

import pytest
import torch

import graphvision as gv
from graphvision.graphs import Window, windowed_partition


@pytest.mark.parametrize("seed", range(8))
def test_fractions_match_counting_by_hand(seed):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(-1, 6, (7, 6), generator=generator)
    graph = gv.image_graph(torch.rand(1, 7, 6), gv.Labels(labels))
    local = graph.assign.view(7, 6)
    window = Window.make(3, dims=2, stride=1 + seed % 2, padding=seed % 3)
    found = windowed_partition(graph, window)
    height, width = found.image_size[0].tolist()
    out = found.assign.view(height, width)
    counts, area = Counter(), Counter()
    for y, x in itertools.product(range(height), range(width)):
        i = int(out[y, x])
        if i < 0:
            continue
        area[i] += 1
        for ky, kx in itertools.product(range(3), range(3)):
            at = (y * window.stride[0] - seed % 3 + ky, x * window.stride[1] - seed % 3 + kx)
            if 0 <= at[0] < 7 and 0 <= at[1] < 6 and local[at] >= 0:
                counts[i, int(local[at]), 3 * ky + kx] += 1
    edges = found.topology.edges
    triples = zip(edges.csr.row.tolist(), edges.csr.col.tolist(), edges.tap.tolist(), strict=True)
    got = dict(zip(triples, edges.weight.tolist(), strict=True))
    assert got == {key: n / area[key[0]] for key, n in counts.items()}
    assert list(got) == sorted(got)


def test_an_unchanged_partition_is_remembered():
    graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=12)
    window = Window.make(3, dims=2, stride=1, padding=1)
    first = windowed_partition(graph, window)
    assert first.unchanged
    assert windowed_partition(graph, window) is first
    graph.assign[0] = graph.assign[1]
    assert windowed_partition(graph, window) is not first


def test_everything_ignored():
    graph = gv.grid_graph(torch.rand(1, 4, 4))
    graph.assign = torch.full((16,), -1)
    for name in ("x", "pos", "area"):
        graph[name] = graph[name][:0]
    found = windowed_partition(graph, Window.make(3, dims=2, padding=1, stride=1))
    assert (found.topology.num_targets, found.topology.num_edges) == (0, 0)
