"""The comparison: settings, runs, results."""

from graphvision.train.comparison import Comparison
from graphvision.train.data import Data
from graphvision.train.observer import Observer
from graphvision.train.settings import Run, Settings, Training

__all__ = ["Comparison", "Data", "Observer", "Run", "Settings", "Training"]
