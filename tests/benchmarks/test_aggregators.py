import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

import graphvision as gv
from benchmarks.comparison.aggregators import NAMES, PLAIN, Layer, Network, Study, missing
from graphvision.datasets import Recipe
from graphvision.models.structure import Structure

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "aggregators.json"


@pytest.fixture(scope="module")
def found():
    return json.loads(RESULTS.read_text("utf-8"))


@pytest.fixture(scope="module")
def graphs():
    torch.manual_seed(0)
    return gv.superpixel_graph(torch.rand(3, 1, 28, 28), n_segments=20)


def network(graphs, **parts):
    torch.manual_seed(0)
    return Network(graphs.x.shape[1], 10, study=Study(width=8), **PLAIN | parts).eval()


def test_results_are_those_of_these_settings(found):
    assert found["study"] == json.loads(json.dumps(asdict(Study())))
    assert not list(missing(found["rows"], Study()))
    assert len(found["rows"]) == Study().seeds * sum(map(len, NAMES.values()))
    assert all(0 <= row["accuracy"] <= 1 for row in found["rows"])


def test_the_two_parts_meet(found):
    """The mean over pixels of means of neighbours is in both parts, and its row is the same."""
    key = ("seed", "parameters", "train_loss", "accuracy")
    rows = {
        part: [tuple(r[k] for k in key) for r in found["rows"] if (r["part"], r["name"]) == here]
        for part, here in ((p, (p, PLAIN[p])) for p in PLAIN)
    }
    assert rows["readout"] == rows["neighbours"]
    assert len(rows["readout"]) == Study().seeds


def test_counts_are_still_true(found):
    features = Recipe().build(torch.rand(2, 1, 28, 28)).x.shape[1]
    for row in found["rows"]:
        parts = PLAIN | {row["part"]: row["name"]}
        made = Network(features, 10, study=Study(), **parts)
        assert sum(p.numel() for p in made.parameters()) == row["parameters"], row["name"]


@pytest.mark.parametrize("name", NAMES["neighbours"])
def test_who_hears_of_whom(name, graphs):
    """Without an aggregator no node hears of another; with any, all hear of their neighbours."""
    torch.manual_seed(0)
    layer = Layer(4, name).double().eval()
    structure = Structure.of(graphs)
    x = torch.rand(len(graphs.x), 4, dtype=torch.float64)
    other = x.clone()
    other[0] += torch.tensor([1.0, -1.0, 1.0, -1.0])  # another largest, another smallest
    apart = (layer(other, structure.csr) - layer(x, structure.csr)).abs().amax(1)
    moved = (apart > 1e-9).nonzero()[:, 0]
    neighbours = graphs.edge_index[1][graphs.edge_index[0] == 0].tolist()
    assert set(moved.tolist()) <= {0, *neighbours}
    assert (len(moved) > 1) == (name != "none")


@pytest.mark.parametrize("name", NAMES["readout"])
def test_batch_equals_loop(name, graphs):
    net = network(graphs, readout=name)
    together = net(graphs)
    alone = torch.cat([net(graph) for graph in graphs.to_data_list()])
    assert together.shape == (3, 10)
    torch.testing.assert_close(together, alone)


def test_a_stopped_study_goes_on():
    study = Study(seeds=2)
    every = list(missing([], study))
    assert [seed for _, _, seed in every] == sorted(seed for _, _, seed in every)
    rows = [dict(zip(("part", "name", "seed"), row, strict=True)) for row in every[:-1]]
    assert list(missing(rows, study)) == every[-1:]
