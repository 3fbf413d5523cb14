"""The table of a comparison: one row per model, one column per promise."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from graphvision.viz.measures import Shown, measures_of
from graphvision.viz.numbers import duration, memory, short


class Column(NamedTuple):
    """One promise.

    Attributes:
        heading: what it is.
        cell: its text for a row of ``results.json``.
        rank: what the best model has least of; None: nobody is best.
    """

    heading: str
    cell: Callable[[dict[str, Any]], str]
    rank: Callable[[dict[str, Any]], float] | None = None


_COSTS = (
    Column("parameters", lambda r: f"{r['parameters']:,}", lambda r: r["parameters"]),
    Column("nodes per image", lambda r: short(r["nodes"])),
    Column("edges per image", lambda r: short(r["edges"])),
    Column(
        "multiply-adds per image", lambda r: short(r["multiply_adds"]), lambda r: r["multiply_adds"]
    ),
    Column("graph building per image", lambda r: duration(r["graph_seconds"])),
    Column(
        "training per seed",
        lambda r: duration(r["train_seconds"]["mean"]),
        lambda r: r["train_seconds"]["mean"],
    ),
    Column(
        "inference, images/s",
        lambda r: short(r["images_per_second"]["mean"]),
        lambda r: -r["images_per_second"]["mean"],
    ),
    Column(
        "peak memory",
        lambda r: memory(r["peak_memory_bytes"]),
        lambda r: r["peak_memory_bytes"] or float("inf"),
    ),
)


def columns(results: dict[str, Any]) -> list[Column]:
    """The measures of the task, then the costs that every task has.

    Args:
        results: the content of ``results.json``.
    """
    first, *others = measures_of(results)
    return [_scores(first, f"test {first.heading}"), *map(_scores, others), *_COSTS]


def _scores(measure: Shown, heading: str | None = None) -> Column:
    rank = measure.rank if measure.ranked else None
    return Column(heading or measure.heading, lambda row: measure.text(row[measure.name]), rank)


def table_rows(results: dict[str, Any]) -> list[tuple[str, list[tuple[str, bool]]]]:
    """The table as text.

    Args:
        results: the content of ``results.json``.

    Returns:
        For each model its name and, for each of :func:`columns`, the text and whether it is the
        best, alone or with others.
    """
    models, shown = results["models"], columns(results)
    best = [_best(models, column) for column in shown]
    return [
        (name, [(column.cell(row), name in top) for column, top in zip(shown, best, strict=True)])
        for name, row in models.items()
    ]


def _best(models: dict[str, Any], column: Column) -> set[str]:
    """All that are equally good; nobody where all are."""
    if column.rank is None:
        return set()
    ranks = {name: column.rank(row) for name, row in models.items()}
    top = {name for name, rank in ranks.items() if rank == min(ranks.values()) < math.inf}
    return top if len(top) < len(models) else set()
