import pytest
import torch

import graphvision as gv
from graphvision.models.hierarchy import hierarchy, merged
from graphvision.models.structure import Structure
from tests.models.graph_cases import renumbered, superpixels


def test_merged_matches_coarsen():
    graph = superpixels(3)
    cluster = torch.randint(0, 5, (graph.num_nodes,))
    node = torch.unique(graph.batch * 5 + cluster, return_inverse=True)[1]
    got, want = merged(Structure.of(graph), node), gv.coarsen(graph, cluster)
    assert torch.equal(torch.stack([got.structure.col, got.structure.csr.row]), want.edge_index)
    for name in ("area", "pos"):
        torch.testing.assert_close(getattr(got.structure, name), want[name])
    torch.testing.assert_close(got.mean(graph.x), want.x)
    assert torch.equal(got.structure.node_ptr, want.ptr)
    assert torch.equal(got.structure.image, want.batch)


@pytest.mark.parametrize("connectivity", [4, 8])
def test_cells_of_a_pixel_grid_are_pooling_windows(connectivity):
    images = torch.rand(2, 1, 8, 12, dtype=torch.float64)
    steps = hierarchy(Structure.of(gv.grid_graph(images, connectivity)), 2, "cells")
    x = images.flatten()[:, None]
    for size, step in zip(((4, 6), (2, 3)), steps, strict=True):
        x = step.mean(x)
        want = torch.nn.functional.adaptive_avg_pool2d(images, size)
        torch.testing.assert_close(x.flatten(), want.flatten())
        centre = (torch.arange(size[0]) + 0.5) * 8 / size[0] - 0.5
        want = centre.repeat_interleave(size[1]).repeat(2).to(step.structure.pos.dtype)
        torch.testing.assert_close(step.structure.pos[:, 0], want)


def test_matching_makes_a_fourth():
    graph = gv.superpixel_graph(torch.rand(4, 1, 64, 64), 250)
    counts = [
        s.structure.topology.num_targets for s in hierarchy(Structure.of(graph), 3, "matching")
    ]
    before = graph.num_nodes
    for count in counts:
        assert before / 4 <= count <= before / 2.5
        before = count


def test_matching_keeps_colours_apart():
    """Two halves of one colour each merge within themselves as long as they can."""
    images = torch.zeros(1, 1, 8, 8)
    images[..., 4:] = 1.0
    graph = gv.grid_graph(images + 0.01 * torch.rand(1, 1, 8, 8), 4)
    step = hierarchy(Structure.of(graph), 1, "matching")[0]
    spread = step.mean(images.flatten()[:, None])
    assert spread.unique().tolist() == [0.0, 1.0]


@pytest.mark.parametrize("merge", ["matching", "cells"])
def test_equal_pixels_merge_too(merge):
    graph = gv.grid_graph(torch.zeros(2, 1, 16, 16), 4)
    step = hierarchy(Structure.of(graph), 1, merge)[0]
    assert 128 <= step.structure.topology.num_targets <= 220


@pytest.mark.parametrize("merge", ["matching", "cells"])
def test_permutation_equivariance(merge):
    one = superpixels(1)[0]
    order = torch.randperm(one.num_nodes)
    want = hierarchy(Structure.of(one), 2, merge)
    got = hierarchy(Structure.of(renumbered(one, order)), 2, merge)
    whole = [torch.arange(one.num_nodes)] * 2
    for steps in zip(want, got, strict=True):
        whole = [step.node[nodes] for step, nodes in zip(steps, whole, strict=True)]
        together = [nodes[:, None] == nodes for nodes in whole]
        assert torch.equal(together[1], together[0][order][:, order])


@pytest.mark.parametrize("merge", ["matching", "cells"])
def test_batch_equals_loop(merge):
    graph = superpixels(3)
    together = hierarchy(Structure.of(graph), 2, merge)
    alone = [hierarchy(Structure.of(part), 2, merge) for part in graph.to_data_list()]
    for level, step in enumerate(together):
        parts = [steps[level].structure.area for steps in alone]
        assert torch.equal(step.structure.area, torch.cat(parts))


def test_errors():
    with pytest.raises(ValueError, match=r"`merge` must be one of \['matching', 'cells'\]"):
        hierarchy(Structure.of(superpixels(1)), 1, "topk")
