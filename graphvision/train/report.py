"""From results to a page: chooses the sample images and writes the report."""

from pathlib import Path
from typing import Any

import torch

from graphvision.graphs.atomic import atomic_path
from graphvision.train.beside_truth import beside_truth
from graphvision.train.data import Data
from graphvision.train.run import input_kind, new_learner
from graphvision.train.settings import Run, Settings
from graphvision.viz.answers import AnsweredImage
from graphvision.viz.report import report_html
from graphvision.viz.samples import Sample

SAMPLES = 7
ANSWERED = 6


def write_report(results: dict[str, Any], settings: Settings, folder: Path) -> Path:
    """Write ``report.html`` and ``figures/`` beside ``results.json``.

    Args:
        results: what :meth:`graphvision.train.Comparison.run` gave.
        settings: of the same comparison; the images and graphs are read again.
        folder: where to write.

    Returns:
        The path of the report.
    """
    data = Data(settings, progress=False)
    classify = data.task.name == "classify"
    samples = choose_samples(results, data) if classify else answered_images(results, data, folder)
    page = report_html(results, samples, folder / "figures")
    path = folder / "report.html"
    with atomic_path(path) as draft:
        draft.write_text(page, encoding="utf-8")
    return path


@torch.inference_mode()
def answered_images(
    results: dict[str, Any], data: Data, folder: Path, count: int = ANSWERED
) -> list[AnsweredImage]:
    """The first test images with the truth and what each model says, with the first seed's weights.

    Args:
        results: of the comparison.
        data: the images and graphs.
        folder: of the comparison, with the weights of its runs.
        count: how many.
    """
    index = torch.arange(min(count, len(data.splits["test"])))
    said: dict[str, Any] = {}
    for name in results["models"]:
        run = Run(name, 0, data.settings)
        learner, kind = new_learner(run, data).to(data.device).eval(), input_kind(name)
        weights = run.folder(folder, data.fingerprints) / "weights.pt"
        learner.model.load_state_dict(torch.load(weights, weights_only=True))
        inputs = data.inputs(kind, "test", index)
        said[name], _ = learner.answer(inputs, data.splits["test"].image_size)
    graphs = any(row["input_kind"] != "image" for row in results["models"].values())
    store = data.store("test") if graphs else None
    return beside_truth(said, data.splits["test"], index, graphs=store)


def choose_samples(results: dict[str, Any], data: Data, count: int = SAMPLES) -> list[Sample]:
    """Test images on which the models disagree most, each of another class while there are enough.

    Args:
        results: with the predictions of every run.
        data: the images and graphs.
        count: how many.

    Returns:
        Samples with the answers of the first seed; the graph where a model used one.
    """
    test, models = data.splits["test"], results["models"]
    answers = {name: torch.tensor(row["runs"][0]["predictions"]) for name, row in models.items()}
    wrong = torch.stack([found != test.labels for found in answers.values()]).sum(0)
    disagreement = torch.minimum(wrong, len(answers) - wrong)
    disagreement[test.labels < 0] = -1  # images without a class have no right answer
    chosen: list[int] = []
    seen: set[int] = set()
    for index in disagreement.argsort(descending=True, stable=True).tolist():
        if disagreement[index] >= 0 and int(test.labels[index]) not in seen:
            chosen.append(index)
            seen.add(int(test.labels[index]))
    graphs = any(row["input_kind"] == "graph" for row in models.values())
    return [
        Sample(
            test.images[index],
            test.classes[int(test.labels[index])],
            {name: test.classes[int(found[index])] for name, found in answers.items()},
            data.store("test")[index] if graphs else None,
        )
        for index in chosen[:count]
    ]
