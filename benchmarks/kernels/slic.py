"""SLIC from bytes to labels: equal quality first, then speed."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from skimage.segmentation import slic as skimage_slic
from torch import Tensor

import graphvision as gv
from benchmarks._agree import Agreement
from benchmarks._case import Case, Goal, Provider, Setting, installed
from benchmarks.kernels._inputs import astronaut, photograph
from graphvision.graphs.partition_metrics import compactness, explained_variation

SKIMAGE, OPENCV = "scikit-image slic", "OpenCV ximgproc SLIC"
ROUNDS, COMPACTNESS = 10, 10.0
WORSE = 0.98  # what counts as equal: at least 98 % of a peer's figure


def cases() -> Iterator[Case]:
    """One photograph at three numbers of segments; the goals are those of 1,000."""
    for n in (100, 300, 1000):
        goals = [Goal(20.0, SKIMAGE), Goal(15.0, OPENCV)] if n == 1000 else []
        yield Case(
            "slic",
            f"512×512 RGB, {n} segments, {ROUNDS} iterations",
            partial(_make, n),
            goals,
            equal_quality,
            unit="image",
        )


def _make(n: int, setting: Setting) -> list[Provider]:
    pixels = astronaut()
    image = photograph(512).to(setting.device)

    def ours() -> Tensor:
        return gv.slic(image, n, COMPACTNESS, max_iter=ROUNDS)

    def theirs() -> np.ndarray:
        labels: np.ndarray = skimage_slic(
            pixels, n, compactness=COMPACTNESS, max_num_iter=ROUNDS, start_label=0
        )
        return labels

    return [
        Provider("graphvision", ours, "ours"),
        Provider(SKIMAGE, theirs, memory=False),
        installed("cv2", OPENCV, lambda cv2: _opencv(cv2, pixels, n, setting.threads)),
    ]


def _opencv(cv2: Any, pixels: np.ndarray, n: int, threads: int) -> Provider:
    side = round((pixels.shape[0] * pixels.shape[1] / n) ** 0.5)

    def call() -> np.ndarray:
        cv2.setNumThreads(threads)
        lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
        made = cv2.ximgproc.createSuperpixelSLIC(lab, cv2.ximgproc.SLIC, side, COMPACTNESS)
        made.iterate(ROUNDS)
        made.enforceLabelConnectivity()
        labels: np.ndarray = made.getLabels()
        return labels

    return Provider(OPENCV, call, memory=False)


def equal_quality(results: Mapping[str, Any], trusted: str) -> Agreement:
    """Ours keeps as much colour and is as compact as every peer at the peer's number of regions."""
    found = Agreement()
    for name, labels in results.items():
        if name == "graphvision":
            continue
        count = int(labels.max()) + 1
        mine = gv.slic(astronaut(), count, COMPACTNESS, max_iter=ROUNDS, exact=True)
        figures = {"ours": _quality(mine), "theirs": _quality(torch.as_tensor(labels).long())}
        found.facts[f"{name}, {count} regions"] = figures
        for what, theirs in figures["theirs"].items():
            if figures["ours"][what] < WORSE * theirs:
                found.differs["graphvision"] = (
                    f"{what} {figures['ours'][what]} at {count} regions, {name} has {theirs}"
                )
    return found


def _quality(labels: Tensor) -> dict[str, float]:
    image = photograph(512).float() / 255
    return {
        "explained variation": round(float(explained_variation(image, labels)), 4),
        "compactness": round(float(compactness(labels)), 4),
    }
