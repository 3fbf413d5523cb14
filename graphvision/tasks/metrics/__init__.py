"""Scores of a whole data set, counted in batches: classes, pixels, edges, parts and boxes."""

from graphvision.tasks.metrics.average_precision import AveragePrecision, average_precision
from graphvision.tasks.metrics.boundary import (
    BoundaryCurve,
    BoundaryScore,
    ClassBoundaryScore,
    usual_tolerance,
)
from graphvision.tasks.metrics.classification import ClassificationScore, MultiLabelScore
from graphvision.tasks.metrics.confusion import confusion_matrix
from graphvision.tasks.metrics.detection import DetectionScore
from graphvision.tasks.metrics.localisation import LocalisationScore
from graphvision.tasks.metrics.partition import (
    PartitionScore,
    adjusted_rand_index,
    variation_of_information,
)
from graphvision.tasks.metrics.regression import RegressionScore
from graphvision.tasks.metrics.score import AbstractScore
from graphvision.tasks.metrics.segmentation import SegmentationScore

__all__ = [
    "AbstractScore",
    "AveragePrecision",
    "BoundaryCurve",
    "BoundaryScore",
    "ClassBoundaryScore",
    "ClassificationScore",
    "DetectionScore",
    "LocalisationScore",
    "MultiLabelScore",
    "PartitionScore",
    "RegressionScore",
    "SegmentationScore",
    "adjusted_rand_index",
    "average_precision",
    "confusion_matrix",
    "usual_tolerance",
    "variation_of_information",
]
