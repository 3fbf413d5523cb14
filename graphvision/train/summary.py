"""From the runs of a model to one row of the table, and the floors under it."""

import statistics
from collections.abc import Sequence
from typing import Any

from graphvision.train.settings import Settings

TIMES = ("train_seconds", "images_per_second")

# What the reference CNN of a task and data set has to reach in a full comparison: model, measure.
FLOORS: dict[tuple[str, str], tuple[str, str, float]] = {
    ("classify", "fashion-mini"): ("lenet5", "accuracy", 0.84),
    ("classify", "fashion-mnist"): ("lenet5", "accuracy", 0.88),
    ("localize", "scenes-single"): ("localizer", "localised", 0.42),
}


def mean_and_sd(values: Sequence[float]) -> dict[str, float | None]:
    """Mean and sample standard deviation.

    Args:
        values: at least one.

    Returns:
        ``mean`` and ``sd`` (divisor n - 1; None for a single value).

    Example:
        >>> mean_and_sd([1.0, 3.0])["mean"]
        2.0
    """
    sd = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "sd": sd}


def summarise(runs: Sequence[dict[str, Any]], measures: Sequence[str]) -> dict[str, Any]:
    """One model's scores over its seeds.

    Args:
        runs: results of :func:`graphvision.train.run.perform`.
        measures: names of the task's scores.

    Returns:
        Mean and standard deviation of every score and time, the sum of the confusion matrices
        where there are such, and the runs themselves.
    """
    names = (*measures, *TIMES)
    row: dict[str, Any] = {name: mean_and_sd([run[name] for run in runs]) for name in names}
    if "confusion" in runs[0]:
        matrices = zip(*(run["confusion"] for run in runs), strict=True)
        row["confusion"] = [[sum(cells) for cells in zip(*rows, strict=True)] for rows in matrices]
    row["parameters"] = runs[0]["parameters"]
    row["runs"] = list(runs)
    return row


def broken_floors(settings: Settings, models: dict[str, Any]) -> list[str]:
    """What a comparison has to shout: the reference CNN is worse than it can be.

    Args:
        settings: of the comparison.
        models: rows of :func:`summarise` by model.

    Returns:
        One sentence per broken floor.

    Example:
        >>> broken_floors(Settings(), {"lenet5": {"accuracy": {"mean": 0.9}}})
        []
    """
    if (floor := FLOORS.get((settings.task, settings.dataset))) is None:
        return []
    model, measure, least = floor
    if model not in models or (mean := models[model][measure]["mean"]) >= least:
        return []
    return [
        f"{model} reached {mean:.1%} on {settings.dataset}, below the floor of {least:.0%}: "
        "something is wrong with the data, the settings or the training; don't use these results."
    ]
