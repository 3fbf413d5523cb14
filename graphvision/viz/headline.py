"""What a comparison found, in two sentences."""

import math
from typing import Any

from graphvision.viz.numbers import percent


def headline(results: dict[str, Any]) -> str:
    """The finding in words.

    Args:
        results: the content of ``results.json``.

    Returns:
        Which model is ahead, whether the lead is more than the seeds differ, and how far the best
        graph model is from the best image model.
    """
    models = results["models"]
    order = sorted(models, key=lambda name: -models[name]["accuracy"]["mean"])
    first = order[0]
    twins = [name for name in order if _answers(models[name]) == _answers(models[first])]
    names = " and ".join(twins)
    text = (
        f"{names} {'is' if len(twins) == 1 else 'give the same answers and are'} ahead with "
        f"{percent(models[first]['accuracy'])} % of the test images right"
    )
    others = [name for name in order if name not in twins]
    if others:
        text += f", {_lead(models, first, others[0])}"
    text += "."
    by_kind = {
        kind: next((name for name in order if models[name]["input_kind"] == kind), None)
        for kind in ("image", "graph")
    }
    graph, image = by_kind["graph"], by_kind["image"]
    pixels = math.prod(results["dataset"]["image_size"])
    if graph == first:
        text += f" It sees {models[graph]['nodes']:.0f} nodes in place of {pixels} pixels."
    elif graph and image:
        gap = 100 * (models[image]["accuracy"]["mean"] - models[graph]["accuracy"]["mean"])
        text += (
            f" The best network on superpixels, {graph}, sees {models[graph]['nodes']:.0f} nodes "
            f"in place of {pixels} pixels and is {gap:.1f} points below {image}."
        )
    return text


def _answers(row: dict[str, Any]) -> list[list[int]]:
    return [run["predictions"] for run in row["runs"]]


def _lead(models: dict[str, Any], first: str, second: str) -> str:
    a, b = (models[name]["accuracy"] for name in (first, second))
    points = 100 * (a["mean"] - b["mean"])
    if a["mean"] - b["mean"] <= max(a["sd"] or 0.0, b["sd"] or 0.0):
        return f"though the lead over {second} ({points:.1f} points) is within the spread of seeds"
    return f"{points:.1f} points ahead of {second}"
