"""The table of a comparison: one row per model, one column per promise."""

from collections.abc import Callable
from typing import Any

from graphvision.viz.numbers import duration, memory, percent, short

Cell = Callable[[dict[str, Any]], str]
Key = Callable[[dict[str, Any]], float]

# Heading, text of a cell, and what the best model has least of (None: nobody is best).
COLUMNS: tuple[tuple[str, Cell, Key | None], ...] = (
    ("test accuracy, %", lambda r: percent(r["accuracy"]), lambda r: -r["accuracy"]["mean"]),
    ("macro precision, %", lambda r: percent(r["precision"]), lambda r: -r["precision"]["mean"]),
    ("macro recall, %", lambda r: percent(r["recall"]), lambda r: -r["recall"]["mean"]),
    ("macro F1, %", lambda r: percent(r["f1"]), lambda r: -r["f1"]["mean"]),
    ("parameters", lambda r: f"{r['parameters']:,}", lambda r: r["parameters"]),
    ("nodes per image", lambda r: short(r["nodes"]), None),
    ("edges per image", lambda r: short(r["edges"]), None),
    ("multiply-adds per image", lambda r: short(r["multiply_adds"]), lambda r: r["multiply_adds"]),
    ("graph building per image", lambda r: duration(r["graph_seconds"]), None),
    (
        "training per seed",
        lambda r: duration(r["train_seconds"]["mean"]),
        lambda r: r["train_seconds"]["mean"],
    ),
    (
        "inference, images/s",
        lambda r: short(r["images_per_second"]["mean"]),
        lambda r: -r["images_per_second"]["mean"],
    ),
    (
        "peak memory",
        lambda r: memory(r["peak_memory_bytes"]),
        lambda r: r["peak_memory_bytes"] or float("inf"),
    ),
)


def table_rows(models: dict[str, Any]) -> list[tuple[str, list[tuple[str, bool]]]]:
    """The table as text.

    Args:
        models: rows of ``results.json``.

    Returns:
        For each model its name and, for each of ``COLUMNS``, the text and whether it is the best.
    """
    best = [
        min(models, key=lambda name: key(models[name])) if key and len(models) > 1 else None
        for _, _, key in COLUMNS
    ]
    return [
        (name, [(cell(row), name == top) for (_, cell, _), top in zip(COLUMNS, best, strict=True)])
        for name, row in models.items()
    ]
