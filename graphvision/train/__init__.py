"""The comparison: settings, runs, results; and fine-tuning."""

from graphvision.train.comparison import Comparison
from graphvision.train.data import Data
from graphvision.train.fine_tune import fine_tune
from graphvision.train.fine_tuned import FineTuned, TunedEpoch
from graphvision.train.observer import Observer
from graphvision.train.settings import Run, Settings, Training

__all__ = [
    "Comparison",
    "Data",
    "FineTuned",
    "Observer",
    "Run",
    "Settings",
    "Training",
    "TunedEpoch",
    "fine_tune",
]
