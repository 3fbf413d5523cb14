import matplotlib as mpl
import numpy as np
import pytest
import torch

mpl.use("Agg")

import matplotlib.pyplot as plt

import graphvision as gv


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def ink(ax):
    ax.figure.canvas.draw()
    return torch.from_numpy(np.array(ax.figure.canvas.buffer_rgba()))


def test_layers():
    image = torch.rand(3, 28, 28)
    graph = gv.patch_graph(image, 4)
    ax = gv.plot(graph, image)
    borders, edges, nodes = ax.collections
    assert len(borders.get_segments()) == 2 * 6 * 28
    assert len(edges.get_segments()) == graph.num_edges // 2
    assert nodes.get_offsets()[0].tolist() == [1.5, 1.5]
    assert ax.get_xlim() == (-0.5, 27.5)
    assert ax.get_ylim() == (27.5, -0.5)


def test_switches_change_the_picture():
    image = torch.rand(1, 28, 28)
    graph = gv.patch_graph(image, 7)
    _, ax = plt.subplots()
    bare = ink(gv.plot(graph, image, ax, regions=False, nodes=False, edges=False))
    for layer in ("regions", "nodes", "edges"):
        _, ax = plt.subplots()
        switches = {"regions": False, "nodes": False, "edges": False, layer: True}
        assert not torch.equal(bare, ink(gv.plot(graph, image, ax, **switches)))


def test_pixel_graphs_draw_no_borders():
    assert len(gv.plot(gv.grid_graph(torch.rand(1, 8, 8))).collections) == 2
    assert len(gv.plot(gv.grid_graph(torch.rand(1, 80, 80))).collections) == 0


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_any_image(channels):
    image = torch.rand(channels, 9, 7) * 8 - 3
    graph = gv.patch_graph(image, 3)
    ink(gv.plot(graph, image, values=graph.area))
    ink(gv.plot(graph))


def test_edge_cases():
    ink(gv.plot(gv.grid_graph(torch.rand(1, 1, 1))))
    mask = torch.zeros(3, 4, dtype=torch.bool)
    ink(gv.plot(gv.grid_graph(torch.rand(1, 3, 4), mask=mask), torch.rand(1, 3, 4)))


def test_errors():
    image = torch.rand(2, 1, 6, 6)
    with pytest.raises(ValueError, match=r"batch of 2: take batch\[i\]"):
        gv.plot(gv.patch_graph(image, 2))
    with pytest.raises(ValueError, match="one picture of 6×6"):
        gv.plot(gv.patch_graph(image[0], 2), torch.rand(1, 5, 6))
    with pytest.raises(ValueError, match=r"`values` must have shape \(9,\)"):
        gv.plot(gv.patch_graph(image[0], 2), values=torch.rand(4))
    with pytest.raises(ValueError, match="must be of a picture"):
        gv.plot(gv.image_graph(torch.rand(1, 6), gv.Samples()))
