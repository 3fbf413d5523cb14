"""What a comparison found, in two sentences."""

import math
from typing import Any

from graphvision.viz.measures import Shown, measures_of


def headline(results: dict[str, Any]) -> str:
    """The finding in words.

    Args:
        results: the content of ``results.json``.

    Returns:
        Which model leads by the first measure of the task, whether the lead is more than the seeds
        differ, and how far the best graph network is from the best network on pixels.
    """
    models, measure = results["models"], measures_of(results)[0]
    measured = [name for name in models if math.isfinite(measure.mean(models[name]))]
    if not measured:
        return f"No model could be measured by its {measure.phrase}."
    order = sorted(measured, key=lambda name: measure.rank(models[name]))
    first = order[0]
    what, same = _answers(results, first)
    twins = [name for name in order if _answers(results, name) == (what, same)]
    verb = "leads" if len(twins) == 1 else f"give the same {what} and lead"
    score = models[first][measure.name]
    text = f"{' and '.join(twins)} {verb} with {measure.value(score)} {measure.phrase}"
    others = [name for name in order if name not in twins]
    if others:
        text += f", {_lead(measure, models, first, others[0])}"
    return f"{text}. {_graph_and_image(measure, results, order)}".rstrip()


def _answers(results: dict[str, Any], model: str) -> tuple[str, list[Any]]:
    """What two models share that do the same: answers where they are kept, else all scores."""
    row = results["models"][model]
    if all("predictions" in run for run in row["runs"]):
        return "answers", [run["predictions"] for run in row["runs"]]
    return "scores", [row[measure.name] for measure in measures_of(results)]


def _lead(measure: Shown, models: dict[str, Any], first: str, second: str) -> str:
    a, b = (models[name][measure.name] for name in (first, second))
    gap = measure.gap(a["mean"], b["mean"])
    if abs(a["mean"] - b["mean"]) <= max(a["sd"] or 0.0, b["sd"] or 0.0):
        return f"though the lead over {second} ({gap}) is within the spread of seeds"
    return f"{gap} ahead of {second}" if measure.larger_is_better else f"{gap} less than {second}"


def _graph_and_image(measure: Shown, results: dict[str, Any], order: list[str]) -> str:
    models = results["models"]
    pixels = f"{math.prod(results['dataset']['image_size']):,} pixels"
    graph, image = (
        next((name for name in order if models[name]["input_kind"] == kind), None)
        for kind in ("graph", "image")
    )
    if graph is None:
        return ""
    nodes = f"{models[graph]['nodes']:,.0f} nodes in place of {pixels}"
    if graph == order[0]:
        return f"It sees {nodes}."
    score = models[graph][measure.name]
    text = f"The best graph network, {graph}, has {measure.value(score)} with {nodes}"
    if image is None:
        return f"{text}."
    gap = measure.gap(score["mean"], models[image][measure.name]["mean"])
    ahead = order.index(graph) < order.index(image)
    return f"{text}, {gap} {'better' if ahead else 'worse'} than {image}."
