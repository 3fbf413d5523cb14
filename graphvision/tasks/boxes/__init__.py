"""Boxes (x0, y0, x1, y1): how they overlap, and which of many stay."""

from graphvision.tasks.boxes.batch import Boxes
from graphvision.tasks.boxes.iou import box_area, distance_iou, generalized_iou, iou, pairwise_iou
from graphvision.tasks.boxes.nms import nms

__all__ = [
    "Boxes",
    "box_area",
    "distance_iou",
    "generalized_iou",
    "iou",
    "nms",
    "pairwise_iou",
]
