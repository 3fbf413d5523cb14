"""Runs side by side: each in a process with its own few threads, so that no core waits."""

import queue
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from traceback import format_exc
from typing import Any

import torch

from graphvision.datasets.worker import begin_worker
from graphvision.train.data import Data
from graphvision.train.epoch_progress import EpochProgress
from graphvision.train.memory import measure_memory
from graphvision.train.observer import Observer
from graphvision.train.ranks import train_together
from graphvision.train.run import perform
from graphvision.train.settings import Run, Settings

Job = tuple[Run, Path]
Hear = Callable[[int, Any], None]


def do_all(
    jobs: Sequence[Job],
    later: Callable[[], Sequence[Job]],
    data: Data,
    *,
    observer: Observer,
    processes: int,
) -> None:
    """Do every run that isn't finished.

    Args:
        jobs: runs and their folders.
        later: prepares and gives further runs; it is called here, while other processes are busy
            with ``jobs``.
        data: the images of all of them.
        observer: is told how they get on.
        processes: how many at a time; 1 works in this process.

    Raises:
        RuntimeError: a run failed in its process.
    """
    every = list(jobs)

    def hear(number: int, event: Any) -> None:
        run, _ = every[number]
        if isinstance(event, tuple):
            observer.progress(run, *event)
        else:
            observer.finished(run, event)

    if processes > 1:
        _side_by_side(every, later, data.settings, hear=hear, processes=processes)
        return
    for number, (run, folder) in enumerate(jobs):
        _do(number, run, folder, data, hear)
    every.extend(later())
    for number, (run, folder) in enumerate(every[len(jobs) :], len(jobs)):
        _do(number, run, folder, data, hear)


def _do(number: int, run: Run, folder: Path, data: Data, hear: Hear) -> None:
    callback = EpochProgress(lambda epochs, note: hear(number, (epochs, note)))
    if run.settings.devices > 1 and not (folder / "result.json").is_file():
        train_together(run, folder, callback.tell)
    result = perform(run, data, folder, [callback])
    if run.seed == 0:
        measure_memory(run, data, folder)
    first = data.task.measures[0]
    score = {"measure": first.title, "score": first.text(result[first.name])}
    hear(number, score | {"train_seconds": result["train_seconds"]})


def _side_by_side(
    jobs: list[Job],
    later: Callable[[], Sequence[Job]],
    settings: Settings,
    *,
    hear: Hear,
    processes: int,
) -> None:
    """Hand out ``jobs``, then what ``later`` adds to them."""
    context = get_context("spawn")
    tasks, events = context.Queue(), context.Queue()
    for task in enumerate(jobs):
        tasks.put(task)
    workers = [
        context.Process(target=_worker, args=(settings, tasks, events), daemon=True)
        for _ in range(processes)
    ]
    try:
        for worker in workers:
            worker.start()
        start = len(jobs)
        jobs.extend(later())
        for task in enumerate(jobs[start:], start):
            tasks.put(task)
        for _ in workers:
            tasks.put(None)
        finished = 0
        while finished < len(jobs):
            number, event = _next_event(events, workers)
            if isinstance(event, str):
                raise RuntimeError(f"{jobs[number][0].label} failed:\n{event}")
            finished += isinstance(event, dict)
            hear(number, event)
        for worker in workers:
            worker.join()
    finally:
        for worker in workers:
            worker.terminate()


def _next_event(events: Any, workers: Sequence[Any]) -> tuple[int, Any]:
    while True:
        try:
            event: tuple[int, Any] = events.get(timeout=1.0)
        except queue.Empty:
            if any(worker.exitcode not in (None, 0) for worker in workers):
                codes = [worker.exitcode for worker in workers]
                raise RuntimeError(f"a training process died, exit codes {codes}") from None
        else:
            return event


def _worker(settings: Settings, tasks: Any, events: Any) -> None:
    begin_worker(settings.threads)
    torch.manual_seed(0)
    data = Data(settings, progress=False)
    while (task := tasks.get()) is not None:
        number, (run, folder) = task
        try:
            _do(number, run, folder, data, lambda *event: events.put(event))
        except ValueError as error:  # says by itself what is wrong
            events.put((number, str(error)))
        except Exception:
            events.put((number, format_exc()))
