"""Detection of many objects: every node says what it shows and how far its box reaches."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.boxes import Boxes, box_area, nms
from graphvision.tasks.losses import binary_cross_entropy, giou_loss, sigmoid_focal
from graphvision.tasks.metrics import DetectionScore
from graphvision.tasks.places import Places
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure

CANDIDATES = 1000  # per image, before overlapping ones are left out: Lin et al. 2017, section 4
RARE = 0.01  # probability of each class at each node when training starts
REACH = 4.0  # |log| of a distance in units of the node's side is held below this


class DetectionTarget(NamedTuple):
    """What nodes should say.

    Attributes:
        label: class of the object whose box a node's centre lies in, -1 for none, ``[n]``.
        box: that box, ``[n, 4]``.
        centreness: how central the node lies in it, 0 … 1, ``[n]``.
    """

    label: Tensor
    box: Tensor
    centreness: Tensor


class Detection(AbstractTask):
    """Class, box and centre-ness of the object at each node: a cell of a map, or a superpixel.

    The outputs of a node at (x, y) with side s = √area are the logits of the classes, log((x - x0)
    / s) and likewise up, right and down, and the logit of the centre-ness. A node answers for the
    smallest box around its centre. Losses: focal, GIoU weighted by the centre-ness, cross-entropy.
    Of each image the 1,000 surest answers are looked at before overlapping ones are left out.

    Args:
        classes: names of the objects' classes.
        score: answers that are less sure are dropped, 0 … 1.
        overlap: boxes of a class that overlap more than this are one, as IoU, 0 … 1.
        most: boxes per image, ≥ 1.

    Raises:
        ValueError: no class, or a setting lies outside its range.

    Example:
        >>> Detection(("cat", "dog")).outputs
        7

    Source:
        Tian et al., "FCOS: fully convolutional one-stage object detection", ICCV 2019.
    """

    name = "detect"
    level = "node"
    measures = (Measure("ap50", "AP50"), Measure("ap", "AP (COCO)"), Measure("ap75", "AP75"))

    def __init__(
        self,
        classes: Sequence[str],
        *,
        score: float = 0.05,
        overlap: float = 0.5,
        most: int = 100,
    ) -> None:
        super().__init__(classes)
        for name, value in (("score", score), ("overlap", overlap)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"`{name}` must be in 0…1, got {value}")
        if most < 1:
            raise ValueError(f"`most` must be at least 1, got {most}")
        self.score, self.overlap, self.most = score, overlap, most

    @property
    def outputs(self) -> int:
        """Classes, four distances, centre-ness."""
        return len(self.classes) + 5

    def bias(self) -> Float[Tensor, " k"]:
        """Every network starts with rare objects, at a probability of 0.01 for each class.

        Else the many places without an object outweigh all others at the start of training.

        Returns:
            The logit of that probability for the classes, 0 for boxes and centre-ness.

        Source:
            Lin et al., "Focal loss for dense object detection", ICCV 2017, section 3.3.
        """
        bias = torch.zeros(self.outputs)
        bias[: len(self.classes)] = math.log(RARE / (1 - RARE))
        return bias

    def target(self, truth: Annotations, places: Places) -> DetectionTarget:
        """The smallest box around each node's centre."""
        boxes, labels, ptr = self.needs(truth, "boxes", "box_labels", "box_ptr")
        nodes = places.num_nodes
        label = torch.full((nodes,), -1, device=places.pos.device)
        box = places.pos.new_zeros(nodes, 4)
        centreness = places.pos.new_zeros(nodes)
        bounds = pairwise(torch.stack((ptr, places.ptr), 1).tolist())
        for (first, start), (last, stop) in bounds:
            here = slice(start, stop)
            if first == last or start == stop:
                continue
            of_image = boxes[first:last].to(places.pos.dtype)
            reach = _reach(places.pos[here, None], of_image)
            inside = reach.amin(-1) > 0
            size = box_area(of_image).where(inside, torch.inf)
            least = size.argmin(1)
            found = inside.any(1)
            label[here] = torch.where(found, labels[first:last][least], -1)
            box[here] = of_image[least]
            own = reach.gather(1, least[:, None, None].expand(-1, 1, 4))[:, 0].clamp(min=0)
            low = torch.minimum(own[:, :2], own[:, 2:])
            high = torch.maximum(own[:, :2], own[:, 2:])
            share = (low / high.clamp(min=1e-6)).prod(1).sqrt()
            centreness[here] = torch.where(found, share, 0)
        return DetectionTarget(label, box, centreness)

    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """Focal loss of all nodes; boxes and centre-ness of those that show an object."""
        known = target.label >= 0
        one_hot = torch.nn.functional.one_hot(target.label.clamp(min=0), len(self.classes))
        one_hot = one_hot * known[:, None]
        classes = sigmoid_focal(rows[:, : len(self.classes)], one_hot, per_positive=True)
        weight = target.centreness.to(rows.dtype)
        box = target.box.to(rows.dtype).where(known[:, None], 0)
        boxes = giou_loss(self._boxes(rows, places), box, weight=weight)
        wanted = torch.where(known, target.centreness, -1).to(rows.dtype)
        return classes + boxes + binary_cross_entropy(rows[:, -1], wanted)

    def decode(self, rows: Any, places: Places) -> Answer:
        """The surest boxes of each image that don't overlap."""
        sure = rows[:, : len(self.classes)].sigmoid() * rows[:, -1:].sigmoid()
        sure = sure.sqrt()
        node, label = (sure > self.score).nonzero(as_tuple=True)
        score, image = sure[node, label], places.image_of[node]
        order = score.argsort(descending=True, stable=True)
        best, _ = _first_of_each(order, image, len(places), most=CANDIDATES)
        node, label, score, image = node[best], label[best], score[best], image[best]
        height, width = places.image_size
        limit = rows.new_tensor([width, height, width, height])
        box = torch.minimum(self._boxes(rows, places)[node].clamp(min=0), limit)
        keep = nms(box, score, threshold=self.overlap, labels=label, image=image)
        keep, counts = _first_of_each(keep, image, len(places), most=self.most)
        ptr = torch.cat([counts.new_zeros(1), counts.cumsum(0)])
        return Answer(
            places.image_size,
            boxes=box[keep],
            box_labels=label[keep],
            box_ptr=ptr,
            box_scores=score[keep],
        )

    def judge(self) -> "DetectionJudge":
        """Average precision as COCO counts it."""
        return DetectionJudge(len(self.classes))

    def _boxes(self, rows: Tensor, places: Places) -> Tensor:
        side = places.area.to(rows.dtype).sqrt()[:, None]
        free = rows[:, -5:-1]
        held = free + (free.clamp(-REACH, REACH) - free).detach()  # what is too far can come back
        reach = held.exp() * side
        centre = (places.pos.to(rows.dtype) + 0.5).flip(1)
        return torch.cat([centre - reach[:, :2], centre + reach[:, 2:]], 1)


def _first_of_each(
    order: Tensor, image: Tensor, images: int, *, most: int
) -> tuple[Tensor, Tensor]:
    """The first elements of each image in an order, image after image, and how many they are."""
    order = order[image[order].argsort(stable=True)]
    counts = torch.bincount(image[order], minlength=images)
    rank = torch.arange(len(order), device=order.device)
    rank = rank - (counts.cumsum(0) - counts)[image[order]]
    return order[rank < most], counts.clamp(max=most)


def _reach(pos: Tensor, boxes: Tensor) -> Tensor:
    """Distances left, up, right and down from pixel centres (y, x) to the sides of boxes."""
    centre = (pos + 0.5).flip(-1)
    return torch.cat([centre - boxes[..., :2], boxes[..., 2:] - centre], -1)


class DetectionJudge(AbstractJudge):
    """Average precision of boxes.

    Args:
        classes: how many.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(boxes=DetectionScore(classes))

    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""
        self.scores["boxes"].update(boxes_of(answer), boxes_of(truth))


def boxes_of(annotations: Annotations) -> Boxes:
    """The boxes of a batch, with their scores where it is an answer.

    Args:
        annotations: with boxes.

    Raises:
        ValueError: it has none.
    """
    boxes, labels, ptr = annotations.boxes, annotations.box_labels, annotations.box_ptr
    if boxes is None or labels is None or ptr is None:
        raise ValueError("`annotations` must have boxes, got none")
    return Boxes(boxes, labels, ptr, getattr(annotations, "box_scores", None))
