"""A file of arrays, made in parts, in processes, so that a kill at any moment does no harm."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from graphvision.datasets.shards import is_whole, merge_shards
from graphvision.datasets.worker import begin_worker
from graphvision.graphs.atomic import write_json

_INDEX = "index.json"
Job = tuple[Any, ...]


def build_sharded(
    path: Path,
    write: Callable[..., None],
    jobs: Mapping[int, Job],
    *,
    facts: Mapping[str, Any],
    workers: int = 0,
    text: str | None = None,
) -> Path:
    """Make a file of arrays where it isn't there yet.

    What is finished of a build that was killed is kept; a file that isn't whole is never read.

    Args:
        path: the file, alone in a folder that its content gives the name to.
        write: makes one part; takes what a job holds and, last, the file to write.
        jobs: arguments of ``write`` for each part, by a number that tells parts apart, in order.
        facts: written beside the file for people to read.
        workers: processes; 0 works in this one. The bytes are the same.
        text: what a bar says; None shows none.

    Returns:
        ``path``, whole.

    Raises:
        ValueError: ``workers`` < 0, or what ``write`` raises.
    """
    if workers < 0:
        raise ValueError(f"`workers` must be at least 0, got {workers}")
    if is_finished(path):
        return path
    shards = {number: path.with_name(f"shard-{number:08}.safetensors") for number in jobs}
    missing = [(*jobs[number], file) for number, file in shards.items() if not is_whole(file)]
    with _bar(text, len(missing)) as advance:
        for _ in _work(write, missing, workers):
            next(advance, None)
    try:
        merge_shards(list(shards.values()), path)
    except FileNotFoundError:
        if not is_finished(path):  # else another process was faster and has tidied up
            raise
    write_json(path.with_name(_INDEX), {**facts, "bytes": path.stat().st_size})
    for shard in shards.values():
        shard.unlink(missing_ok=True)
    return path


def is_finished(path: Path) -> bool:
    """Whether :func:`build_sharded` has nothing to do."""
    try:
        index = json.loads(path.with_name(_INDEX).read_text(encoding="utf-8"))
        return bool(path.stat().st_size == index["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _work(write: Callable[..., None], jobs: list[Job], workers: int) -> Iterator[None]:
    if workers == 0 or len(jobs) < 2:
        for job in jobs:
            write(*job)
            yield
        return
    context = get_context("spawn")
    count = min(workers, len(jobs))
    with ProcessPoolExecutor(count, context, begin_worker) as pool:
        for future in as_completed([pool.submit(write, *job) for job in jobs]):
            yield future.result()


@contextmanager
def _bar(text: str | None, total: int) -> Iterator[Iterator[None]]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if text is None or not total or not console.is_terminal:
        yield iter(())
        return
    with Progress(console=console, transient=True) as progress:
        yield iter(progress.track(iter([None] * total), total=total, description=text))
