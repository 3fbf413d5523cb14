"""The zoo's CNNs on random partitions are project-and-repaint: outputs and all gradients."""

import pytest
import torch

from tests.convert.painted import check_painted
from tests.convert.zoo import ZOO, small
from tests.nn.painting import partition_graph, random_partition


def graphs_of(size, seed):
    """Ragged regions, others with ignored pixels, and one node for all pixels."""
    labels = random_partition(seed, size).clamp(min=0)
    ignored = random_partition(seed + 1, size).masked_fill(torch.rand(size) < 0.2, -1)
    parts = (labels, ignored, torch.zeros_like(labels))
    return [partition_graph(part, 2, seed + i) for i, part in enumerate(parts)]


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ZOO)
def test_project_and_repaint(name, seed):
    network, size = small(name, seed)
    check_painted(network, graphs_of(size, 10 * seed))


@pytest.mark.parametrize("name", ZOO)
def test_one_node_for_each_pixel(name):
    network, size = small(name, 0)
    graphs = [partition_graph(torch.randperm(size[0] * size[1]).view(size), 2)]
    check_painted(network, graphs)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "unet"])
def test_training(name):
    network, size = small(name, 0, training=True)
    check_painted(network, graphs_of(size, 0))
