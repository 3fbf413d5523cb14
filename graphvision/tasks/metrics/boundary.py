"""Boundaries: precision, recall and F with a tolerance in pixels."""

import math
from collections.abc import Sequence
from itertools import product

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from graphvision.tasks.instances.boundaries import boundary_map
from graphvision.tasks.metrics.confusion import check_classes
from graphvision.tasks.metrics.score import AbstractScore, harmonic, mean, ratio

LEAST_PX, SHARE = 2.0, 0.0075


def usual_tolerance(image_size: Sequence[int]) -> float:
    """How far apart boundaries of an image may be and still be the same: a share of its diagonal.

    ``max(2, 0.0075 · √(h² + w²))`` pixels: the same 2 for all images up to 188 × 188.

    Args:
        image_size: (h, w) in pixels.

    Example:
        >>> usual_tolerance((64, 64)), round(usual_tolerance((321, 481)), 2)
        (2.0, 4.34)

    Source:
        Martin, Fowlkes and Malik, PAMI 2004, whose benchmark of photographs of 321 × 481 takes
        0.0075 of the diagonal (``maxDist`` of the Berkeley segmentation benchmark).
    """
    return max(LEAST_PX, SHARE * math.hypot(*image_size))


def widen(marked: Bool[Tensor, "b h w"], radius_px: float) -> Bool[Tensor, "b h w"]:
    """Mark all pixels within a distance of a marked one.

    Args:
        marked: pixels.
        radius_px: Euclidean distance of centres, from 0.

    Returns:
        True within the distance.

    Example:
        >>> marked = torch.zeros(1, 3, 3, dtype=torch.bool)
        >>> marked[0, 1, 1] = True
        >>> widen(marked, 1.0).int().tolist()
        [[[0, 1, 0], [1, 1, 1], [0, 1, 0]]]
    """
    reach, (height, width) = int(radius_px), marked.shape[1:]
    found = marked.clone()
    for dy, dx in product(range(-reach, reach + 1), repeat=2):
        if 0 < dy * dy + dx * dx <= radius_px**2 and abs(dy) < height and abs(dx) < width:
            rows = [slice(max(k, 0), height + min(k, 0)) for k in (dy, -dy)]
            columns = [slice(max(k, 0), width + min(k, 0)) for k in (dx, -dx)]
            found[:, rows[0], columns[0]] |= marked[:, rows[1], columns[1]]
    return found


def matched(
    predicted: Bool[Tensor, "b h w"], truth: Bool[Tensor, "b h w"], tolerance_px: float | None
) -> Int[Tensor, " 4"]:
    """Count predicted boundary pixels near a true one, all predicted; true ones near a predicted.

    Args:
        predicted: boundary pixels.
        truth: boundary pixels.
        tolerance_px: how far is near; None: :func:`usual_tolerance`.

    Returns:
        Predicted near true, predicted, true near predicted, true.

    Example:
        >>> predicted, truth = torch.eye(3, dtype=torch.bool)[None, :1], torch.ones(1, 1, 3) > 0
        >>> matched(predicted, truth, 1.0).tolist()
        [1, 1, 2, 3]
    """
    radius = usual_tolerance(truth.shape[1:]) if tolerance_px is None else tolerance_px
    near_truth, near_predicted = predicted & widen(truth, radius), truth & widen(predicted, radius)
    return torch.stack([m.sum() for m in (near_truth, predicted, near_predicted, truth)])


def _f(counts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Precision, recall and F of counts ``[..., 4]``; 1 where there is nothing on either side."""
    near_truth, predicted, near_predicted, truth = counts.unbind(-1)
    nothing = (predicted == 0) & (truth == 0)
    precision, recall = ratio(near_truth, predicted), ratio(near_predicted, truth)
    both = harmonic(precision, recall)
    return precision.where(~nothing, 1), recall.where(~nothing, 1), both.where(~nothing, 1)


class BoundaryScore(AbstractScore):
    """Precision, recall and F of the boundaries between parts, whatever they are.

    A boundary pixel is right if the other side has one within the tolerance. Pixels are counted
    over the whole data set. Both sides of a boundary are marked; nothing is at the image's edge nor
    towards ignored pixels.

    Args:
        tolerance_px: in pixels; None: :func:`usual_tolerance`.

    Example:
        >>> score, truth = BoundaryScore(), torch.tensor([[[0, 0, 1, 1]]])
        >>> score.update(truth, truth)
        >>> score.compute()
        {'boundary_precision': 1.0, 'boundary_recall': 1.0, 'boundary_f': 1.0}

    Source:
        Csurka et al., "What is a good evaluation measure for semantic segmentation?", BMVC 2013,
        section 3, counted over the data set; Martin, Fowlkes and Malik, PAMI 2004, instead pair
        pixels one to one.
    """

    def __init__(self, tolerance_px: float | None = None) -> None:
        super().__init__()
        self.tolerance_px = tolerance_px
        self.add(counts=torch.zeros(4, dtype=torch.long))

    def update(self, predicted: Int[Tensor, "b h w"], truth: Int[Tensor, "b h w"]) -> None:
        """Take in images.

        Args:
            predicted: part of each pixel.
            truth: part of each pixel, -1 where ignored.
        """
        seen = boundary_map(predicted.where(truth >= 0, -1))
        self.add(counts=matched(seen, boundary_map(truth), self.tolerance_px))

    def compute(self) -> dict[str, float]:
        """``boundary_precision``, ``boundary_recall`` and ``boundary_f``.

        Returns:
            1 where neither side has a boundary, 0 where only one has.
        """
        values = _f(self.sums["counts"])
        names = ("boundary_precision", "boundary_recall", "boundary_f")
        return dict(zip(names, map(float, values), strict=True))


class ClassBoundaryScore(AbstractScore):
    """Boundary F of every class's own mask, averaged over the classes.

    Counted over the data set, as :class:`BoundaryScore`; classes that have no boundary in the truth
    nor in the prediction are left out of the mean.

    Args:
        classes: how many, the background included.
        tolerance_px: in pixels; None: :func:`usual_tolerance`.

    Example:
        >>> score, truth = ClassBoundaryScore(2), torch.tensor([[[0, 0, 1, 1]]])
        >>> score.update(truth, truth)
        >>> score.compute()
        {'class_boundary_f': 1.0}

    Source:
        Csurka et al., "What is a good evaluation measure for semantic segmentation?", BMVC 2013,
        section 3.
    """

    def __init__(self, classes: int, tolerance_px: float | None = None) -> None:
        super().__init__()
        self.classes, self.tolerance_px = classes, tolerance_px
        self.add(counts=torch.zeros(classes, 4, dtype=torch.long))

    def update(self, predicted: Int[Tensor, "b h w"], truth: Int[Tensor, "b h w"]) -> None:
        """Take in images.

        Args:
            predicted: class of each pixel.
            truth: class of each pixel, -1 where ignored.

        Raises:
            ValueError: a class is out of range.
        """
        known = truth >= 0
        occurring = torch.cat((predicted[known], truth[known])).unique()
        check_classes("classes", occurring, self.classes)
        counts = torch.zeros_like(self.sums["counts"])
        for k in occurring.tolist():
            seen, true = (
                boundary_map((labels == k).long().where(known, -1)) for labels in (predicted, truth)
            )
            counts[k] = matched(seen, true, self.tolerance_px)
        self.add(counts=counts)

    def compute(self) -> dict[str, float]:
        """``class_boundary_f``, 0 where no class has a boundary."""
        counts = self.sums["counts"]
        return {"class_boundary_f": mean(_f(counts)[2], counts[:, [1, 3]].sum(1) > 0)}


class BoundaryCurve(AbstractScore):
    """Precision and recall of boundary strengths over thresholds, and the best F.

    Args:
        tolerance_px: in pixels; None: :func:`usual_tolerance`.
        thresholds: how many, spaced evenly within 0…1: 1/(n+1), …, n/(n+1).

    Example:
        >>> score, truth = BoundaryCurve(), torch.tensor([[[0, 0, 1, 1]]])
        >>> score.update(torch.tensor([[[0.1, 0.9, 0.8, 0.0]]]), truth)
        >>> score.compute()
        {'boundary_best_f': 1.0, 'boundary_best_threshold': 0.1}

    Source:
        Arbeláez et al., "Contour detection and hierarchical image segmentation", PAMI 2011: F at
        the optimal data set scale (ODS), here without thinning and with matching by distance.
    """

    def __init__(self, tolerance_px: float | None = None, thresholds: int = 9) -> None:
        super().__init__()
        self.tolerance_px, self.thresholds = tolerance_px, thresholds
        self.add(counts=torch.zeros(thresholds, 4, dtype=torch.long))

    def update(self, strength: Float[Tensor, "b h w"], truth: Int[Tensor, "b h w"]) -> None:
        """Take in images.

        Args:
            strength: of a boundary at each pixel, 0…1.
            truth: part of each pixel, -1 where ignored.
        """
        known, boundaries = truth >= 0, boundary_map(truth)
        levels = [
            matched((strength > t) & known, boundaries, self.tolerance_px) for t in self._levels()
        ]
        self.add(counts=torch.stack(levels))

    def curve(self) -> Float[Tensor, "t 4"]:
        """Threshold, precision, recall and F, one row per threshold, float64."""
        levels = torch.tensor(self._levels(), dtype=torch.float64)
        return torch.stack((levels, *_f(self.sums["counts"])), 1)

    def compute(self) -> dict[str, float]:
        """``boundary_best_f`` and the (lowest) threshold that gives it."""
        curve = self.curve()
        best = int(curve[:, 3].argmax())
        return {
            "boundary_best_f": float(curve[best, 3]),
            "boundary_best_threshold": float(curve[best, 0]),
        }

    def _levels(self) -> list[float]:
        return [(k + 1) / (self.thresholds + 1) for k in range(self.thresholds)]
