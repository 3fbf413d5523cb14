"""Every partition with every adjacency keeps the whole contract; new ones only join the lists."""

import pytest
import torch
from torch_geometric.data import Batch

import graphvision as gv

MASK = torch.tensor([[True] * 9] * 5 + [[False, True, True] * 3] * 3)
LABELS = (torch.arange(72).view(8, 9) * 7 // 11) % 13 - 1
PARTITIONS = {
    "pixels": gv.Pixels(),
    "masked pixels": gv.Pixels(MASK),
    "patches": gv.Patches((3, 4)),
    "superpixels": gv.Superpixels(10),
    "masked superpixels": gv.Superpixels(10, mask=MASK),
    "labels": gv.Labels(LABELS),
    "split labels": gv.Labels(LABELS, disconnected="split"),
}
ADJACENCIES = {
    "four": gv.Offsets(4),
    "eight": gv.Offsets(8),
    "window": gv.Offsets.window(5, dilation=2),
    "list": gv.Offsets([(0, 1), (2, -1)]),
    "border": gv.SharedBorder(),
    "nearest": gv.KNearest(4),
    "nearest feature": gv.KNearest(3, by="feature"),
    "radius": gv.Radius(3.0),
    "complete": gv.Complete(),
}
SYMMETRIC = {"four", "eight", "window", "border", "radius", "complete"}


def is_grid(name):
    return name in ("pixels", "masked pixels", "patches")


@pytest.mark.parametrize("adjacency", ADJACENCIES)
@pytest.mark.parametrize("partition", PARTITIONS)
def test_contract(partition, adjacency):
    image = torch.rand(3, 2, 8, 9)
    options = {"node_features": "all", "edge_features": "all"}
    made = (PARTITIONS[partition], ADJACENCIES[adjacency])
    if adjacency in ("four", "eight", "window", "list") and not is_grid(partition):
        with pytest.raises(ValueError, match="needs a partition on a grid"):
            gv.image_graph(image, *made)
        return
    batch = gv.image_graph(image, *made, **options)
    assert batch.validate()
    assert not batch.has_self_loops()
    expected = Batch.from_data_list([gv.image_graph(one, *made, **options) for one in image])
    assert all(torch.equal(batch[k], expected[k]) for k in expected.keys())  # noqa: SIM118
    if adjacency in SYMMETRIC:
        flipped = batch.edge_index.flip(0)
        order = (flipped[1] * batch.num_nodes + flipped[0]).argsort()
        assert torch.equal(flipped[:, order], batch.edge_index)
    values = torch.rand(batch.num_nodes, 2)
    torch.testing.assert_close(gv.pool_pixels(gv.rasterize(values, batch), batch), values)


def test_every_class_is_in_the_lists():
    concrete = {
        c for c in vars(gv).values()
        if isinstance(c, type) and issubclass(c, (gv.AbstractPartition, gv.AbstractAdjacency))
    }  # fmt: skip
    concrete -= {gv.AbstractPartition, gv.AbstractAdjacency, gv.Samples, gv.Voxels}
    listed = {type(o) for o in (*PARTITIONS.values(), *ADJACENCIES.values())}
    assert concrete == listed
