"""From the runs of a model to one row of the table, and the floors under it."""

import statistics
from collections.abc import Sequence
from typing import Any

SCORES = ("accuracy", "precision", "recall", "f1", "train_seconds", "images_per_second")
FLOORS = {"fashion-mini": 0.84, "fashion-mnist": 0.88}
FLOOR_MODEL = "lenet5"


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


def summarise(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One model's scores over its seeds.

    Args:
        runs: results of :func:`graphvision.train.run.perform`.

    Returns:
        Mean and standard deviation of every score, the sum of the confusion matrices, and the
        runs themselves.
    """
    row: dict[str, Any] = {name: mean_and_sd([run[name] for run in runs]) for name in SCORES}
    confusions = zip(*(run["confusion"] for run in runs), strict=True)
    row["confusion"] = [[sum(cells) for cells in zip(*rows, strict=True)] for rows in confusions]
    row["parameters"] = runs[0]["parameters"]
    row["runs"] = list(runs)
    return row


def broken_floors(dataset: str, models: dict[str, Any]) -> list[str]:
    """What a comparison has to shout: the reference CNN is worse than it can be.

    Args:
        dataset: name of the data set.
        models: rows of :func:`summarise` by model.

    Returns:
        One sentence per broken floor.

    Example:
        >>> broken_floors("fashion-mini", {"lenet5": {"accuracy": {"mean": 0.9}}})
        []
    """
    floor = FLOORS.get(dataset)
    if floor is None or FLOOR_MODEL not in models:
        return []
    mean = models[FLOOR_MODEL]["accuracy"]["mean"]
    if mean >= floor:
        return []
    return [
        f"{FLOOR_MODEL} reached {mean:.1%} on {dataset}, below the floor of {floor:.0%}: "
        "something is wrong with the data, the settings or the training; don't use these results."
    ]
