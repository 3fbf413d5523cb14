"""Borders between objects, asked of edges; what no border parts is one object."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.borders import pixel_borders, true_borders
from graphvision.tasks.instances import contract_edges, join_edges
from graphvision.tasks.losses import binary_cross_entropy, class_balance
from graphvision.tasks.metrics import AveragePrecision, BoundaryScore, PartitionScore
from graphvision.tasks.places import Places
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure


class Edges(AbstractTask):
    """Whether the two ends of an edge show different objects; the background is one of them.

    The logit of an edge is that of a border. Instances are what remains together when borders are
    cut: by union-find below a threshold, or by greedy additive contraction of the edges.

    Args:
        classes: names of the objects' classes; the task doesn't use them.
        balance: share of the loss that borders have together, 0 … 1.
        instances: ``"contraction"`` or ``"threshold"``.
        threshold: probability of a border from which on an edge is cut, 0 … 1.

    Raises:
        ValueError: no class, or a setting lies outside its range.

    Example:
        >>> task = Edges(("cat",))
        >>> task.outputs, task.channels
        (1, 2)
    """

    name = "edges"
    level = "edge"
    measures = (
        Measure("edge_ap", "edge AP, pairs of pixels"),
        Measure("own_edge_ap", "edge AP, own edges", ranked=False),
        Measure("ari", "adjusted Rand index", percent=False),
        Measure("vi", "variation of information, bits", percent=False, larger_is_better=False),
        Measure("boundary_f", "boundary F"),
        Measure("boundary_precision", "boundary precision"),
        Measure("boundary_recall", "boundary recall"),
    )

    def __init__(
        self,
        classes: Sequence[str],
        *,
        balance: float = 0.5,
        instances: Literal["contraction", "threshold"] = "contraction",
        threshold: float = 0.5,
    ) -> None:
        super().__init__(classes)
        for name, value in (("balance", balance), ("threshold", threshold)):
            if not 0.0 < value < 1.0:
                raise ValueError(f"`{name}` must be between 0 and 1, got {value}")
        if instances not in ("contraction", "threshold"):
            raise ValueError(f"`instances` must be 'contraction' or 'threshold', got {instances!r}")
        self.balance, self.instances, self.threshold = balance, instances, threshold

    @property
    def outputs(self) -> int:
        """The logit of a border."""
        return 1

    @property
    def channels(self) -> int:
        """Borders to the right and below."""
        return 2

    def target(self, truth: Annotations, places: Places) -> Tensor:
        """1 for a border, 0 for none, -1 where an end isn't known; by majority of pixels."""
        (instances,) = self.needs(truth, "instances")
        node = places.majority(instances)
        a, b = node[places.edges]
        return torch.where((a >= 0) & (b >= 0), (a != b).long(), -1)

    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """Binary cross-entropy in which borders have their share."""
        weight = class_balance(target, share=self.balance).to(rows.dtype)
        return binary_cross_entropy(rows[:, 0], target, weight=weight)

    def decode(self, rows: Any, places: Places) -> Answer:
        """Strengths of borders between pixels, and instances."""
        together, strengths = -rows[:, 0].detach(), rows[:, 0].sigmoid()
        join = contract_edges if self.instances == "contraction" else join_edges
        part = join(
            together,
            places.edges,
            places.num_nodes,
            image=places.image_of,
            threshold=math.log(1 / self.threshold - 1),
        )
        return Answer(
            places.image_size,
            instances=places.paint(part + 1, fill=-1),
            borders=pixel_borders(strengths, places),
            edge_borders=strengths,
        )

    def judge(self) -> "EdgesJudge":
        """Scores over pairs of pixels, over the network's own edges, and over instances."""
        return EdgesJudge(self)


class EdgesJudge(AbstractJudge):
    """Scores of borders and instances.

    Pixels that the graph ignores are one part of their own, and no border is said to run there.

    Args:
        task: whose answers they are.
    """

    def __init__(self, task: Edges) -> None:
        super().__init__(
            pairs=AveragePrecision("edge_ap", bins=2**16),  # of all pixels: too many to keep
            own=AveragePrecision("own_edge_ap"),
            instances=PartitionScore(),
            boundaries=BoundaryScore(),
        )
        self.task = task

    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""
        assert answer.borders is not None
        assert answer.edge_borders is not None
        assert truth.instances is not None
        wanted, own = true_borders(truth.instances), self.task.target(truth, places)
        self.scores["pairs"].update(answer.borders[wanted >= 0], wanted[wanted >= 0])
        self.scores["own"].update(answer.edge_borders[own >= 0], own[own >= 0])
        assert answer.instances is not None
        parts = answer.instances.clamp(min=0)  # those of the answer are from 1
        for name in ("instances", "boundaries"):
            self.scores[name].update(parts, truth.instances)
