"""What a comparison found, in two sentences."""

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
    text = f"{first} is ahead with {percent(models[first]['accuracy'])} % of the test images right"
    if len(order) > 1:
        text += f", {_lead(models, first, order[1])}"
    text += "."
    by_kind = {
        kind: next((name for name in order if models[name]["input_kind"] == kind), None)
        for kind in ("image", "graph")
    }
    graph, image = by_kind["graph"], by_kind["image"]
    if graph and image:
        gap = 100 * (models[image]["accuracy"]["mean"] - models[graph]["accuracy"]["mean"])
        height, width = results["dataset"]["image_size"]
        text += (
            f" The best network on superpixels, {graph}, sees {models[graph]['nodes']:.0f} nodes "
            f"in place of {height * width} pixels and is {abs(gap):.1f} points "
            f"{'below' if gap > 0 else 'above'} {image}."
        )
    return text


def _lead(models: dict[str, Any], first: str, second: str) -> str:
    a, b = (models[name]["accuracy"] for name in (first, second))
    points = 100 * (a["mean"] - b["mean"])
    if a["mean"] - b["mean"] <= max(a["sd"], b["sd"]):
        return f"but no further before {second} ({points:.1f} points) than seeds differ"
    return f"{points:.1f} points before {second}"
