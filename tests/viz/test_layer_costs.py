import pytest
import torch
from torch import nn

import graphvision as gv


def test_every_number_of_the_report():
    cnn = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    graph = gv.patch_graph(torch.rand(1, 12, 12), 3)
    costs = gv.layer_costs(gv.graphify(cnn, graph), graph, repeats=1)
    table, nodes, edges, _ = gv.plot_layer_costs(costs).axes
    written = [text.get_text() for text in table.texts]
    for row in costs.layers:
        for cost in (row.graph, row.pixels):
            assert cost.nodes is None or f"{cost.nodes:,}" in written
    rows = [*costs.layers, costs.total]
    for axes, kind in ((nodes, "nodes"), (edges, "edges")):
        for dots in axes.collections:
            given = [getattr(getattr(row, dots.get_label()), kind) for row in rows]
            assert [y for _, y in dots.get_offsets()] == [i for i, n in enumerate(given) if n]
            assert [10**x for x, _ in dots.get_offsets()] == pytest.approx([n for n in given if n])
