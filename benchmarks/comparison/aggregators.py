"""Find an aggregator: for whole graphs, and for the neighbours of a node.

    python -m benchmarks.comparison.aggregators

One small network classifies superpixels. In the first part neighbours send their mean, and the
readout of the whole graph changes; in the second the readout is the mean over pixels, and the
aggregator of the neighbours changes, or nobody hears anything ("none"). All else is the same:
width, images, passes and learning rate. Nothing was chosen by the results; the test images are
looked at once, after the last pass.

The file is written after each network. A study that was stopped goes on there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from benchmarks.comparison.one_network import NetworkStudy, do_missing, scores_of
from graphvision.kernels.gather import Csr
from graphvision.models.heads import GraphHead
from graphvision.models.row_norm import BatchRows
from graphvision.models.structure import Structure
from graphvision.nn import AGGREGATORS, READOUTS, aggregator
from graphvision.train import Data

PLAIN = {"readout": "area_mean", "neighbours": "mean"}  # what one part has while the other changes
NAMES = {"readout": tuple(READOUTS), "neighbours": ("none", *AGGREGATORS)}
KEPT = ("parameters", "train_loss", "accuracy")


@dataclass(frozen=True)
class Study(NetworkStudy):
    """What the study computes with.

    Attributes:
        hidden: width of the head's inner layer.
    """

    network = "gcn"

    dataset: str = "fashion-mini"
    segments: int = 75
    epochs: int = 3
    batch_size: int = 128
    depth: int = 2
    hidden: int = 64


class Layer(nn.Module):
    """``n_i ← n_i + U ReLU(norm(S h_i + M ⊕_j h_j))`` with h = ReLU(norm(n))."""

    def __init__(self, width: int, neighbours: str) -> None:
        super().__init__()
        self.norm, self.inner_norm = BatchRows(width), BatchRows(width)
        self.own, self.out = nn.Linear(width, width, bias=False), nn.Linear(width, width)
        self.aggr, self.mix = None, None
        if neighbours != "none":
            self.aggr = aggregator(neighbours, width)
            self.mix = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, csr: Csr) -> Tensor:
        """One step on."""
        h = F.relu(self.norm(x))
        inner = self.own(h)
        if self.aggr is not None and self.mix is not None:
            inner = inner + self.mix(self.aggr(h, csr))
        out: Tensor = x + self.out(F.relu(self.inner_norm(inner)))
        return out


class Network(nn.Module):
    """Some layers on standardised node features, then a readout and a small network."""

    def __init__(
        self, in_features: int, outputs: int, *, study: Study, readout: str, neighbours: str
    ) -> None:
        super().__init__()
        width = study.width
        self.standardise = BatchRows(in_features, affine=False)
        self.embed = nn.Linear(in_features, width)
        self.layers = nn.ModuleList(Layer(width, neighbours) for _ in range(study.depth))
        self.norm = BatchRows(width)
        self.head = GraphHead(width, outputs, readout=(readout,), hidden=study.hidden, dropout=0.0)

    def forward(self, graph: Any) -> Tensor:
        """Logits of each graph."""
        structure = Structure.of(graph)
        x = self.embed(self.standardise(graph.x))
        for layer in self.layers:
            x = layer(x, structure.csr)
        logits: Tensor = self.head(F.relu(self.norm(x)), graph.edge_attr, structure)
        return logits


def main() -> None:
    """Do what is missing and write the results after each network."""
    study, out = Study.from_words(__doc__, "aggregators.json")
    do_missing(study, out, missing=missing, trained=trained)


def missing(rows: list[dict[str, Any]], study: Study) -> Iterator[tuple[str, str, int]]:
    """Part, name and seed of what isn't trained yet: each network once, then the rest."""
    done = {(row["part"], row["name"], row["seed"]) for row in rows}
    for seed in range(study.seeds):
        for part, names in NAMES.items():
            yield from ((part, name, seed) for name in names if (part, name, seed) not in done)


def trained(study: Study, part: str, name: str, *, seed: int, data: Data) -> dict[str, Any]:
    """One network with one part of it changed, and how often it is right on the test images."""
    torch.manual_seed(seed)
    inputs, outputs = data.store("train").in_features, data.task.outputs
    network = Network(inputs, outputs, study=study, **PLAIN | {part: name})
    scores = scores_of(network, data.task, data, seed=seed)
    return {"part": part, "name": name, "seed": seed} | {key: scores[key] for key in KEPT}


if __name__ == "__main__":
    main()
