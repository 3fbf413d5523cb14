"""Losses on graphs, nodes, edges and boxes: means over elements, weighted, some ignored."""

from graphvision.tasks.losses.binary_cross_entropy import binary_cross_entropy, class_balance
from graphvision.tasks.losses.contrastive import contrastive
from graphvision.tasks.losses.cross_entropy import cross_entropy
from graphvision.tasks.losses.dice import dice
from graphvision.tasks.losses.focal import sigmoid_focal, softmax_focal
from graphvision.tasks.losses.lovasz import lovasz_hinge, lovasz_softmax
from graphvision.tasks.losses.overlap import diou_loss, giou_loss
from graphvision.tasks.losses.regression import l1, smooth_l1
from graphvision.tasks.losses.weighted_mean import across_processes, weighted_mean

__all__ = [
    "across_processes",
    "binary_cross_entropy",
    "class_balance",
    "contrastive",
    "cross_entropy",
    "dice",
    "diou_loss",
    "giou_loss",
    "l1",
    "lovasz_hinge",
    "lovasz_softmax",
    "sigmoid_focal",
    "smooth_l1",
    "softmax_focal",
    "weighted_mean",
]
