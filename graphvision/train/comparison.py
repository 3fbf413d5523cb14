"""Models × seeds on the same data: every run once, whatever happens in between."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from graphvision import models
from graphvision.graphs.atomic import write_json
from graphvision.train.cost import cost_of
from graphvision.train.data import Data
from graphvision.train.equivalence import equivalence
from graphvision.train.fitted import fitted
from graphvision.train.jobs import Job, do_all
from graphvision.train.machine import describe_device, describe_machine, package_versions
from graphvision.train.observer import Observer
from graphvision.train.run import input_kind
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
        processes: runs side by side, each on ``settings.threads`` threads; the results are the
            same. A script that asks for more than one needs ``if __name__ == "__main__":``.

    Raises:
        ValueError: a model isn't registered, there is no such device, or ``processes`` < 1.

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
        processes: int = 1,
    ) -> None:
        unknown = [name for name in settings.models if name not in models.names()]
        if unknown:
            raise ValueError(f"`models` must be among {list(models.names())}, got {unknown}")
        describe_device(settings.device)  # refuses one that isn't there
        if processes < 1:
            raise ValueError(f"`processes` must be at least 1, got {processes}")
        if processes > 1 and settings.devices > 1:
            got = f"{processes} runs side by side on {settings.devices} processes each"
            raise ValueError(f"`processes` must be 1 where a run has several devices, got {got}")
        self.settings = settings
        self.folder = Path(out)
        self.observer = observer or Observer()
        self.processes = processes

    def run(self) -> dict[str, Any]:
        """Do what is missing and write ``results.json``.

        Returns:
            The content of ``results.json``.

        Raises:
            ValueError: no model can take these images, or the data doesn't know what the task asks.
            RuntimeError: a run failed in its process.
        """
        start, threads = time.perf_counter(), torch.get_num_threads()
        data = Data(self.settings, progress=self.observer.visible)
        data.check()
        torch.set_num_threads(self.settings.threads)
        try:
            jobs, left_out = self._train(data)
            rows = {model: self._row(model, found, data) for model, found in jobs.items()}
            results = self._results(data, rows) | {"left_out": left_out}
            results["seconds"] = time.perf_counter() - start
        finally:
            torch.set_num_threads(threads)
        path = self.folder / "results.json"
        write_json(path, results)
        written: dict[str, Any] = _read(path)
        return written

    def _train(self, data: Data) -> tuple[dict[str, list[Job]], dict[str, str]]:
        """Do all runs; the runs of each model, and why a model was left out.

        Image models begin at once; meanwhile this process compiles and builds graphs.
        """
        jobs: dict[str, list[Job]] = {}
        left_out: dict[str, str] = {}

        def prepare(kind: str) -> list[Job]:
            chosen = [name for name in self.settings.models if input_kind(name) == kind]
            for model in chosen:
                reason = _refusal(model, data)
                if reason is None:
                    jobs[model] = self._jobs(model, data)
                else:
                    left_out[model] = reason
            return [job for model in chosen for job in jobs.get(model, [])]

        most = len(self.settings.models) * self.settings.seeds
        do_all(
            prepare("image"),
            lambda: [*prepare("graph"), *prepare("both")],
            data,
            observer=self.observer,
            processes=min(self.processes, most),
        )
        if not jobs:
            reasons = "; ".join(f"{model}: {reason}" for model, reason in left_out.items())
            raise ValueError(f"`models` must take images of {self.settings.dataset}; {reasons}")
        return {name: jobs[name] for name in self.settings.models if name in jobs}, left_out

    def _jobs(self, model: str, data: Data) -> list[Job]:
        runs = [Run(model, seed, self.settings) for seed in range(self.settings.seeds)]
        return [(run, run.folder(self.folder, data.fingerprints)) for run in runs]

    def _row(self, model: str, jobs: list[Job], data: Data) -> dict[str, Any]:
        names = [measure.name for measure in data.task.measures]
        row = summarise([_read(folder / "result.json") for _, folder in jobs], names)
        memory = _read(jobs[0][1] / "memory.json")
        return row | cost_of(model, data) | {"peak_memory_bytes": memory}

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
            "task": {"name": data.task.name, "measures": [asdict(m) for m in data.task.measures]},
            "settings": asdict(self.settings),
            "versions": package_versions(),
            "machine": describe_machine()
            | {"processes": self.processes, "device": describe_device(self.settings.device)},
            "models": rows,
            "equivalence": equivalence(data) if _shows_equivalence(data, rows) else None,
            "warnings": broken_floors(self.settings, rows),
        }


def _shows_equivalence(data: Data, rows: dict[str, Any]) -> bool:
    return data.task.name == "classify" and {"lenet5", "lenet5-graph"} <= set(rows)


def _refusal(model: str, data: Data) -> str | None:
    """Why a model can't take these images, or None; builds the graphs of a graph model."""
    kind = input_kind(model)
    try:
        fitted(model, **data.shape(kind))
        if kind != "image":
            for split in data.splits:
                data.store(split)
    except ValueError as error:
        return str(error)
    return None


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
