"""``graphvision predict``: what a trained model says about pictures, as files."""

import json
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from torch import Tensor

from graphvision.datasets.pictures import picture_files
from graphvision.graphs import as_image
from graphvision.graphs.atomic import atomic_path, write_json
from graphvision.tasks import Answer
from graphvision.train.device import Accelerator
from graphvision.train.model_file import Predictor
from graphvision.viz.overlay import overlay

SURE = 0.3  # what is told on the terminal; the files have everything


def run(*, model: Path, images: tuple[Path, ...], out: Path, accelerator: Accelerator) -> None:
    """Write masks, boxes and an overlay of every picture, and ``predictions.json``.

    A file that is no picture doesn't stop the others.

    Args:
        model: file written by ``graphvision train``.
        images: pictures, or folders of them.
        out: folder for what is written. What lies in it isn't taken for a picture where a folder
            around it is read.
        accelerator: where the model runs.

    Raises:
        ValueError: there is no picture, ``out`` is a folder that is read, or some pictures could
            not be read; this last after all others are done.
        OSError: the model's file isn't there, or the folder can't be written.
    """
    console = Console(highlight=False)
    predictor = Predictor.load(model, accelerator=accelerator)
    files = [file for path in images for file in _pictures(path, out.resolve())]
    if not files:
        raise ValueError(f"`IMAGES` must name at least one picture, got none in {list(images)}")
    said: dict[str, Any] = {}
    failed: list[str] = []
    for file, name in zip(files, _names(files), strict=True):
        try:
            pixels = as_image(file)
            answer = predictor(pixels)
        except (ValueError, OSError) as error:
            failed.append(f"{file}: {error}")
            console.print(f"[red]{file}: {error}[/red]", soft_wrap=True)
            continue
        said[str(file)] = _write(pixels, answer, out / name, predictor)
        console.print(f"{file}  {_line(said[str(file)])}", soft_wrap=True)
    content = {"model": str(model), "classes": predictor.learner.task.classes, "pictures": said}
    write_json(out / "predictions.json", content)
    console.print(f"wrote [bold]{out}[/bold]: overlays, masks and predictions.json", soft_wrap=True)
    if failed:
        raise ValueError(f"{len(failed)} of {len(files)} pictures could not be read: {failed[0]}")


def _pictures(path: Path, out: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    folder = path.resolve()
    if out == folder:  # the next run would take what this one writes for pictures
        raise ValueError(f"`--out` must be another folder than the pictures', got {path}")
    written = folder in out.parents
    return [
        file
        for file in picture_files(path.rglob("*"))
        if not (written and file.resolve().is_relative_to(out))
    ]


def _names(files: list[Path]) -> list[str]:
    """A name for each picture's files: its own, with a number where that is taken."""
    names: dict[str, None] = {}
    for file in files:
        name = file.stem
        for number in count(2):
            if name not in names:
                break
            name = f"{file.stem}-{number}"
        names[name] = None
    return list(names)


def _write(pixels: Tensor, answer: Answer, stem: Path, predictor: Predictor) -> dict[str, Any]:
    """Files of one picture; what they say as plain values."""
    task = predictor.learner.task
    shown = pixels[:3] if len(pixels) >= 3 else pixels[:1]
    picture = overlay(shown, answer, task.classes)
    _save(picture, stem.with_name(f"{stem.name}-overlay.png"))
    said: dict[str, Any] = {"overlay": f"{stem.name}-overlay.png"}
    for name, kind in (("semantic", "mask"), ("instances", "instances")):
        labels = getattr(answer, name)
        if labels is not None:
            path = stem.with_name(f"{stem.name}-{kind}.png")
            array = labels[0].clamp(min=0).numpy()
            small = array.max(initial=0) < 256
            _save(Image.fromarray(array.astype(np.uint8 if small else np.uint16)), path)
            said[kind] = path.name
    if answer.labels is not None:
        said["label"] = task.classes[int(answer.labels[0])]
    if answer.label_scores is not None:
        said["scores"] = _rounded(answer.label_scores[0])
    if answer.boxes is not None and answer.box_labels is not None:
        scores = answer.box_scores
        scores = torch.ones(len(answer.boxes)) if scores is None else scores
        said["boxes"] = [
            {"class": task.classes[label], "score": round(score, 4), "xyxy": _rounded(box)}
            for label, score, box in zip(
                answer.box_labels.tolist(), scores.tolist(), answer.boxes, strict=True
            )
        ]
    return said


def _rounded(values: Tensor) -> list[float]:
    return [round(value, 4) for value in values.tolist()]


def _save(image: Image.Image, path: Path) -> None:
    with atomic_path(path) as draft:
        image.save(draft)


def _line(said: dict[str, Any]) -> str:
    if "boxes" in said:
        sure = [box for box in said["boxes"] if box["score"] > SURE]
        found = [f"{box['class']} {box['score']:.0%}" for box in sure]
        return ", ".join(found) or f"nothing surer than {SURE:.0%}"
    if "label" in said:
        return str(said["label"])
    return json.dumps(said.get("scores", said["overlay"]))
