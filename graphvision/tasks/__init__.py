"""What is predicted: target, loss, answer on the image and scores, for any network."""

from graphvision.tasks import boxes, instances, losses, metrics
from graphvision.tasks.answer import Answer
from graphvision.tasks.borders import pixel_borders, true_borders
from graphvision.tasks.catalog import create, names, task_options
from graphvision.tasks.classification import Classification
from graphvision.tasks.counting import Counting
from graphvision.tasks.detection import Detection, boxes_of
from graphvision.tasks.edges import Edges
from graphvision.tasks.localization import Localization
from graphvision.tasks.multi_label import MultiLabel
from graphvision.tasks.places import Places
from graphvision.tasks.segmentation import Segmentation
from graphvision.tasks.several import Several
from graphvision.tasks.task import AbstractJudge, AbstractTask, Measure

__all__ = [
    "AbstractJudge",
    "AbstractTask",
    "Answer",
    "Classification",
    "Counting",
    "Detection",
    "Edges",
    "Localization",
    "Measure",
    "MultiLabel",
    "Places",
    "Segmentation",
    "Several",
    "boxes",
    "boxes_of",
    "create",
    "instances",
    "losses",
    "metrics",
    "names",
    "pixel_borders",
    "task_options",
    "true_borders",
]
