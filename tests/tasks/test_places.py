import pytest
import torch

import graphvision as gv
from graphvision.tasks import Places


def graph_of(*label_maps):
    images = [torch.rand(1, *labels.shape) for labels in label_maps]
    from torch_geometric.data import Batch

    graphs = [
        gv.image_graph(image, gv.Labels(labels), gv.SharedBorder())
        for image, labels in zip(images, label_maps, strict=True)
    ]
    return Batch.from_data_list(graphs)


LABELS = (
    torch.tensor([[0, 0, 1], [2, 0, 1]]),
    torch.tensor([[0, -1, -1], [0, 1, 1]]),
)


def test_counts_and_majority_equal_loops():
    places = Places.of_graph(graph_of(*LABELS))
    truth = torch.tensor([[[0, 2, 2], [-1, 2, 1]], [[1, 1, 1], [0, -1, -1]]])
    found = torch.zeros(5, 3)
    for image, first in enumerate((0, 3)):
        for y in range(2):
            for x in range(3):
                region, label = int(LABELS[image][y, x]), int(truth[image, y, x])
                if region >= 0 and label >= 0:
                    found[first + region, label] += 1
    assert places.counts(truth, 3).equal(found)
    assert places.majority(truth).tolist() == [2, 1, -1, 0, -1]
    assert places.image_of.tolist() == [0, 0, 0, 1, 1]


def test_paint_equals_rasterize():
    graph = graph_of(*LABELS)
    values = torch.rand(5, 2)
    painted = Places.of_graph(graph).paint(values)
    for image, first in zip(painted, gv.rasterize(values, graph), strict=True):
        assert image.permute(2, 0, 1).equal(first)
    assert Places.of_graph(graph).paint(torch.arange(5), fill=-1)[1, 0].tolist() == [3, -1, -1]


@pytest.mark.parametrize("cells", [(4, 6), (2, 3), (2, 2), (1, 1)])
def test_a_map_is_the_grid_graph_of_its_cells(cells):
    image_size = (4, 6)
    places = Places.of_map(cells, count=2, image_size=image_size)
    tall, wide = 4 // cells[0], 6 // cells[1]
    graph = gv.image_graph(torch.rand(2, 1, 4, 6), gv.Patches((tall, wide)), gv.Offsets(4))
    by_graph = Places.of_graph(graph)
    assert places.pos.equal(by_graph.pos)
    assert places.assign.equal(by_graph.assign)
    assert places.area.equal(by_graph.area)
    both = torch.cat([places.edges, places.edges.flip(0)], 1)
    assert {*map(tuple, both.T.tolist())} == {*map(tuple, by_graph.edges.T.tolist())}
    maps = torch.rand(2, 2, *cells)
    rows = places.at_nodes(maps)
    assert rows.view(2, *cells, 2).permute(0, 3, 1, 2).equal(maps)
    strengths = places.at_edges(maps)[:, 0]
    for (a, b), value in zip(places.edges.T.tolist(), strengths.tolist(), strict=True):
        channel = 0 if b - a == 1 and b % cells[1] else 1
        assert value == pytest.approx(float(rows[a, channel]))


def test_errors():
    with pytest.raises(ValueError, match=r"cells of whole pixels for the image's 4×6, got 3×3"):
        Places.of_map((3, 3), count=1, image_size=(4, 6))
    places = Places.of_map((2, 3), count=1, image_size=(4, 6))
    with pytest.raises(ValueError, match=r"cells of whole pixels for the image's 4×6, got 0×2"):
        Places.of_map((0, 2), count=1, image_size=(4, 6))
    with pytest.raises(ValueError, match=r"one row for each of 6 nodes, got shape \(5, 2\)"):
        places.at_nodes(torch.rand(5, 2))
    with pytest.raises(ValueError, match=r"`outputs` must have 2 channels"):
        places.at_edges(torch.rand(1, 3, 2, 3))
    with pytest.raises(ValueError, match=r"pictures of one size"):
        Places.of_graph(graph_of(LABELS[0], torch.zeros(3, 3, dtype=torch.int64)))


def test_the_last_cells_may_be_cut_off():
    """As those of a convolution with stride on a padded image."""
    places = Places.of_map((2, 3), count=2, image_size=(7, 9))  # 4 × 3 pixels, then 3 × 3
    assert places.assign[0, :, 0].tolist() == [0, 0, 0, 0, 3, 3, 3]
    for node in range(places.num_nodes):
        image, y, x = (places.assign == node).nonzero().T
        assert places.image_of[node] == image[0]
        assert places.area[node] == len(y)
        assert places.pos[node].tolist() == [y.float().mean(), x.float().mean()]


def test_the_stride_of_a_network_need_not_divide_the_image():
    """Four cells on 28 pixels are of 8 where the network's stride is 8, and of 7 elsewhere."""
    places = Places.of_map((4, 4), count=1, image_size=(28, 28), stride=8)
    graph = gv.patch_graph(torch.rand(1, 1, 28, 28), patch_size=8)
    assert places.stride == (8, 8)
    assert places.assign.equal(Places.of_graph(graph).assign)
    assert places.area.tolist()[:4] == [64, 64, 64, 32]
    assert Places.of_map((4, 4), count=1, image_size=(28, 28)).stride == (7, 7)
    two = Places.of_map((4, 3), count=1, image_size=(28, 28), stride=(8, 10))
    assert two.stride == (8, 10)
    with pytest.raises(ValueError, match=r"cells of 8×8 pixels for the image's 28×28, got 3×3"):
        Places.of_map((3, 3), count=1, image_size=(28, 28), stride=8)


def test_labels_out_of_range():
    places = Places.of_map((2, 3), count=1, image_size=(4, 6))
    labels = torch.zeros(1, 4, 6, dtype=torch.int64)
    labels[0, 1, 1] = 3
    with pytest.raises(ValueError, match=r"`labels` must be in 0…2, got 0…3"):
        places.counts(labels, 3)
