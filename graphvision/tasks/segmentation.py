"""Semantic segmentation: the class of every pixel, asked of nodes."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.losses import cross_entropy, dice, lovasz_softmax, softmax_focal
from graphvision.tasks.metrics import BoundaryScore, SegmentationScore
from graphvision.tasks.places import Places
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure

LOSSES: dict[str, Callable[..., Tensor]] = {
    "cross-entropy": cross_entropy,
    "dice": dice,
    "focal": softmax_focal,
    "lovasz": lovasz_softmax,
}


class SegmentationTarget(NamedTuple):
    """What nodes should say.

    Attributes:
        soft: fractions of the classes ``[n, c + 1]``, or the class ``[n]``.
        majority: the class of most of a node's pixels, -1 where none is known, ``[n]``.
        pixels: how many pixels of the node have a known class, ``[n]``.
    """

    soft: Tensor
    majority: Tensor
    pixels: Tensor


class Segmentation(AbstractTask):
    """The class of every pixel, background included.

    Nodes are asked; a node that covers several classes has the fractions of its pixels as target,
    or the class of most of them. Losses weigh nodes by
    their pixels, so that they are means over pixels: the cross-entropy with fractions is exactly
    that of the painted answer.

    Args:
        classes: names of the objects' classes; class 0 of the pixels is the background.
        losses: weights of the losses by name: cross-entropy, dice, focal, lovasz.
        targets: ``"fractions"`` of the classes, or ``"majority"``. Focal and Lovász losses take
            the majority.

    Raises:
        ValueError: no class, or no such loss or target.

    Example:
        >>> task = Segmentation(("cat", "dog"))
        >>> task.outputs, task.level
        (3, 'node')
    """

    name = "segment"
    level = "node"
    measures = (
        Measure("mean_iou", "mean IoU"),
        Measure("pixel_accuracy", "pixel accuracy"),
        Measure("boundary_f", "boundary F"),
        Measure("majority_mean_iou", "mean IoU of the nodes' majorities", ranked=False),
        Measure("asa", "pixel accuracy that the nodes allow", ranked=False),
    )

    def __init__(
        self,
        classes: Sequence[str],
        *,
        losses: dict[str, float] | None = None,
        targets: Literal["fractions", "majority"] = "fractions",
    ) -> None:
        super().__init__(classes)
        chosen = {"cross-entropy": 1.0} if losses is None else losses
        self.losses = dict(sorted(chosen.items()))  # one order of the sum, one rounding
        unknown = sorted(self.losses.keys() - LOSSES)
        if unknown or not self.losses:
            raise ValueError(f"`losses` must be of {sorted(LOSSES)}, got {unknown or 'none'}")
        if targets not in ("fractions", "majority"):
            raise ValueError(f"`targets` must be 'fractions' or 'majority', got {targets!r}")
        self.targets = targets

    @property
    def outputs(self) -> int:
        """The classes and the background."""
        return len(self.classes) + 1

    def target(self, truth: Annotations, places: Places) -> SegmentationTarget:
        """Fractions and majorities of the classes at each node."""
        (semantic,) = self.needs(truth, "semantic")
        majority = places.majority(semantic)
        if places.cells == places.image_size:  # one class per node: labels are cheaper
            return SegmentationTarget(majority, majority, (majority >= 0).to(places.pos.dtype))
        counts = places.counts(semantic, self.outputs)
        pixels = counts.sum(1)
        fractions = counts / pixels.clamp(min=1)[:, None]
        soft = fractions if self.targets == "fractions" else majority
        return SegmentationTarget(soft, majority, pixels)

    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """The weighted sum of the chosen losses; each a mean over pixels whose class is known."""
        total: Tensor = rows.new_zeros(())
        for name, weight in self.losses.items():
            wanted = target.soft if name in ("cross-entropy", "dice") else target.majority
            total = total + weight * LOSSES[name](rows, wanted, weight=target.pixels)
        return total

    def decode(self, rows: Any, places: Places) -> Answer:
        """The likeliest class of each pixel; maps coarser than the image are drawn bilinearly.

        What the last cells of a row or column have beyond the image is cut off.
        """
        if places.cells is None or places.stride is None or places.cells == places.image_size:
            return Answer(places.image_size, semantic=places.paint(rows.argmax(1), fill=-1))
        maps = rows.view(len(places), *places.cells, -1).permute(0, 3, 1, 2)
        drawn = tuple(n * side for n, side in zip(places.cells, places.stride, strict=True))
        height, width = places.image_size
        maps = F.interpolate(maps, drawn, mode="bilinear")[:, :, :height, :width]
        return Answer(places.image_size, semantic=maps.argmax(1))

    def judge(self) -> "SegmentationJudge":
        """Scores over pixels, and what the nodes allow."""
        return SegmentationJudge(self.outputs)


class SegmentationJudge(AbstractJudge):
    """Scores of answers, and of the answer that gives each node the class of most of its pixels.

    No answer on the same nodes has more pixels right than that one (``asa``, achievable accuracy);
    its mean IoU (``majority_mean_iou``) is a comparison and no bound: another answer can have more.
    Maps coarser than the image are drawn bilinearly and so aren't held to their cells: they can
    exceed both. Pixels that the graph ignores are answered with the background.

    Args:
        classes: how many, background included.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(answer=SegmentationScore(classes), borders=BoundaryScore())
        self.scores["majority"] = SegmentationScore(classes)

    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""
        wanted = truth.semantic
        assert answer.semantic is not None
        assert wanted is not None
        found = answer.semantic.clamp(min=0)
        majority = places.paint(places.majority(wanted), fill=0).clamp(min=0)
        self.scores["answer"].update(found, wanted)
        self.scores["borders"].update(found, wanted)
        self.scores["majority"].update(majority, wanted)

    def compute(self) -> dict[str, Any]:
        """The scores by name."""
        majority = self.scores["majority"].compute()
        own: dict[str, Any] = self.scores["answer"].compute() | self.scores["borders"].compute()
        return own | {
            "majority_mean_iou": majority["mean_iou"],
            "asa": majority["pixel_accuracy"],
        }
