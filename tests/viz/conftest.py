import copy
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from graphvision.graphs import Annotations


def _row(kind, accuracy, predictions):
    score = {"mean": accuracy, "sd": 0.01}
    history = [
        {
            "epoch": epoch,
            "train_loss": 2.0 / epoch,
            "validation_loss": 2.5 / epoch,
            "train_accuracy": accuracy * epoch / 2,
            "validation_accuracy": accuracy * epoch / 2,
        }
        for epoch in (1, 2)
    ]
    return {
        "input_kind": kind,
        "accuracy": score,
        "precision": score,
        "recall": score,
        "f1": score,
        "train_seconds": {"mean": 3.0, "sd": 0.1},
        "images_per_second": {"mean": 1234.0, "sd": 10.0},
        "parameters": 1000 if kind == "image" else 500,
        "multiply_adds": 10_000,
        "graph_seconds": None if kind == "image" else 0.0003,
        "nodes": None if kind == "image" else 75,
        "edges": None if kind == "image" else 350,
        "peak_memory_bytes": 2**24,
        "confusion": [[3, 1], [0, 4]],
        "runs": [{"history": history, "predictions": predictions}] * 2,
    }


_MEASURES = [
    {"name": "accuracy", "title": "accuracy"},
    {"name": "precision", "title": "macro precision"},
    {"name": "recall", "title": "macro recall"},
    {"name": "f1", "title": "macro F1"},
]

_RESULTS = {
    "task": {"name": "classify", "measures": _MEASURES},
    "dataset": {
        "name": "pets & <friends>",
        "classes": ["cat", "dog"],
        "image_size": [28, 28],
        "images": {"train": 10, "validation": 2, "test": 4},
        "fingerprints": {},
    },
    "settings": {"seeds": 2, "training": {"epochs": 2}},
    "versions": {"torch": "2"},
    "machine": {"cores": 2},
    "models": {
        "lenet5": _row("image", 0.90, [0, 1]),
        "lenet5-graph": _row("image", 0.90, [0, 1]),
        "gcn": _row("graph", 0.85, [1, 1]),
    },
    "equivalence": {
        "images": 4,
        "lowered": {"float32": {"outputs": 0.0, "gradients": 0.0}},
        "scatter": {"float32": {"outputs": 1e-7, "gradients": 2e-7}},
    },
    "warnings": [],
    "left_out": {"mlp": "too small"},
}


@pytest.fixture
def results():
    return copy.deepcopy(_RESULTS)


@pytest.fixture
def counts(results):
    """The same models as networks that count: a measure to be small, and none in per cent."""
    results["task"] = {
        "name": "count",
        "measures": [
            {
                "name": "mae",
                "title": "mean absolute error",
                "percent": False,
                "larger_is_better": False,
            },
            {"name": "r2", "title": "R²", "percent": False, "larger_is_better": True},
        ],
    }
    for name, row in results["models"].items():
        row["mae"] = row.pop("accuracy")
        row["r2"] = {"mean": None if name == "gcn" else 0.5, "sd": 0.01}
        del row["confusion"]
        history = [{"epoch": 1, "train_loss": 1.0, "validation_loss": 2.0, "validation_mae": 0.9}]
        row["runs"] = [{"history": history}] * 2
    return results


@dataclass(frozen=True, eq=False)
class _Answer(Annotations):
    """The fields that answers of tasks have beside those of the truth."""

    per_image: ClassVar = (*Annotations.per_image, "label_scores", "borders")

    label_scores: Any = None
    box_scores: Any = None
    borders: Any = None
    edge_borders: Any = None


@pytest.fixture
def answer_of():
    return _Answer
