"""Models × seeds on the same data: every run once, whatever happens in between."""

import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from graphvision import models
from graphvision.datasets.atomic import write_json
from graphvision.train.cost import cost_of
from graphvision.train.data import Data
from graphvision.train.equivalence import equivalence
from graphvision.train.machine import describe_machine, package_versions
from graphvision.train.memory import peak_memory_bytes
from graphvision.train.observer import Observer
from graphvision.train.run import input_kind, perform
from graphvision.train.settings import FORMAT, Run, Settings
from graphvision.train.summary import broken_floors, summarise


class Comparison:
    """Trains every model with every seed and collects what it cost.

    The state of each run lies in ``out/runs``; a comparison that is started again with the same
    settings goes on at the last finished epoch and repeats nothing that is finished.

    Args:
        settings: what to compare.
        out: folder for the state and ``results.json``.
        observer: is told what happens, for progress bars.
        workers: processes that build graphs; 0 builds in this one.

    Example:
        >>> from graphvision.train import Comparison, Settings
        >>> Comparison(Settings(models=("mlp",)), "runs/mlp").folder.name
        'mlp'
    """

    def __init__(
        self,
        settings: Settings,
        out: str | Path,
        *,
        observer: Observer | None = None,
        workers: int = 0,
    ) -> None:
        unknown = [name for name in settings.models if name not in models.names()]
        if unknown:
            raise ValueError(f"`models` must be among {models.names()}, got {unknown}")
        self.settings = settings
        self.folder = Path(out)
        self.observer = observer or Observer()
        self.workers = workers

    def run(self) -> dict[str, Any]:
        """Do what is missing and write ``results.json``.

        Returns:
            The content of ``results.json``.

        Raises:
            ValueError: no model can take these images.
        """
        start, threads = time.perf_counter(), torch.get_num_threads()
        torch.set_num_threads(self.settings.threads)
        try:
            data = Data(self.settings, workers=self.workers, progress=self.observer.visible)
            runnable, left_out = self._runnable(data)
            rows = {model: self._row(model, data) for model in runnable}
            results = self._results(data, rows) | {"left_out": left_out}
            results["seconds"] = time.perf_counter() - start
        finally:
            torch.set_num_threads(threads)
        write_json(self.folder / "results.json", results)
        return results

    def _runnable(self, data: Data) -> tuple[list[str], dict[str, str]]:
        left_out = {}
        for model in self.settings.models:
            try:
                models.create(model, **data.shape(input_kind(model)))
            except ValueError as error:
                left_out[model] = str(error)
        runnable = [model for model in self.settings.models if model not in left_out]
        if not runnable:
            raise ValueError(f"`models` must take images of {self.settings.dataset}: {left_out}")
        return runnable, left_out

    def _row(self, model: str, data: Data) -> dict[str, Any]:
        runs = [Run(model, seed, self.settings) for seed in range(self.settings.seeds)]
        folders = [self.folder / "runs" / run.folder_name(data.fingerprints) for run in runs]
        found = []
        for run, folder in zip(runs, folders, strict=True):
            with self.observer.watch(run) as callbacks:
                found.append(perform(run, data, folder, callbacks))
            self.observer.finished(run, found[-1])
        row = summarise(found) | cost_of(model, data)
        row["peak_memory_bytes"] = self._kept(
            folders[0] / "memory.json", lambda: peak_memory_bytes(runs[0], data, folders[0])
        )
        return row

    def _kept(self, path: Path, measure: Callable[[], Any]) -> Any:
        """A measurement that is made once per run folder."""
        import json

        if not path.is_file():
            write_json(path, measure())
        return json.loads(path.read_text(encoding="utf-8"))

    def _results(self, data: Data, rows: dict[str, Any]) -> dict[str, Any]:
        splits = data.splits.items()
        dataset = {
            "name": self.settings.dataset,
            "classes": list(data.classes),
            "image_size": list(data.splits["train"].image_size),
            "images": {split: len(part) for split, part in splits},
            "fingerprints": data.fingerprints,
        }
        return {
            "format": FORMAT,
            "dataset": dataset,
            "settings": asdict(self.settings),
            "versions": package_versions(),
            "machine": describe_machine(),
            "models": rows,
            "equivalence": equivalence(data) if {"lenet5", "lenet5-graph"} <= set(rows) else None,
            "warnings": broken_floors(self.settings.dataset, rows),
        }
