"""One network that learns a task, the comparison of many, and fine-tuning."""

from graphvision.train.beside_truth import side_by_side
from graphvision.train.comparison import Comparison
from graphvision.train.data import Data
from graphvision.train.fine_tune import fine_tune
from graphvision.train.fine_tuned import FineTuned, TunedEpoch
from graphvision.train.learn import learn
from graphvision.train.model_file import Predictor
from graphvision.train.observer import Observer
from graphvision.train.settings import Run, Settings, Training

__all__ = [
    "Comparison",
    "Data",
    "FineTuned",
    "Observer",
    "Predictor",
    "Run",
    "Settings",
    "Training",
    "TunedEpoch",
    "fine_tune",
    "learn",
    "side_by_side",
]
