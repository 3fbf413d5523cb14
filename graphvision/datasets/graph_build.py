"""Building a graph store: in parts, in processes, and so that a kill at any moment does no harm."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from torch import Tensor

from graphvision.datasets.cache import cache_folder
from graphvision.datasets.code_digest import code_digest
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.recipe import Recipe
from graphvision.datasets.shards import build_shard, is_whole, merge_shards
from graphvision.datasets.worker import begin_worker
from graphvision.graphs.atomic import write_json

FORMAT = 1
SHARD_IMAGES = 500
_GRAPHS, _INDEX = "graphs.safetensors", "index.json"

Job = tuple[Tensor, Tensor, Recipe, Path]


def build_store(
    dataset: ImageDataset,
    recipe: Recipe,
    root: str | Path | None,
    *,
    workers: int,
    progress: bool,
) -> Path:
    """Do what is missing of a store.

    Args:
        dataset: the images.
        recipe: how to build.
        root: folder for stores; the user's cache where it is None.
        workers: processes that build; 0 builds in this one.
        progress: show a bar.

    Returns:
        The file with all graphs.

    Raises:
        ValueError: the recipe doesn't fit the images, there are none, or ``workers`` < 0.
    """
    if not len(dataset):
        raise ValueError("`dataset` must hold at least one image, got none")
    if workers < 0:
        raise ValueError(f"`workers` must be at least 0, got {workers}")
    folder = Path(root) if root is not None else cache_folder() / "graphs"
    folder = folder / f"{dataset.name}-{dataset.split}-{store_key(dataset, recipe)[:16]}"
    graphs = folder / _GRAPHS
    if _is_finished(folder):
        return graphs
    shards = [folder / f"shard-{start:08}.safetensors" for start in _starts(dataset)]
    jobs = [
        (dataset.images[start : start + SHARD_IMAGES], labels, recipe, shard)
        for start, labels, shard in zip(
            _starts(dataset), dataset.labels.split(SHARD_IMAGES), shards, strict=True
        )
        if not is_whole(shard)
    ]
    with _bar(f"graphs of {dataset.name} {dataset.split}", len(jobs), progress) as advance:
        for _ in _work(jobs, workers):
            next(advance, None)
    try:
        merge_shards(shards, graphs)
    except FileNotFoundError:
        if not _is_finished(folder):  # else another process was faster and has tidied up
            raise
    write_json(
        folder / _INDEX,
        {
            "format": FORMAT,
            "images": len(dataset),
            "fingerprint": dataset.fingerprint,
            "recipe": recipe.settings(),
            "bytes": graphs.stat().st_size,
        },
    )
    for shard in shards:
        shard.unlink(missing_ok=True)
    return graphs


def store_key(dataset: ImageDataset, recipe: Recipe) -> str:
    """What decides the bytes of a store.

    Args:
        dataset: its content counts, not its name.
        recipe: all its settings count.

    Returns:
        SHA-256 in hex of images, labels, recipe, format and the code that builds graphs.
    """
    parts = {
        "format": FORMAT,
        "fingerprint": dataset.fingerprint,
        "recipe": recipe.settings(),
        "code": code_digest("graphs", "kernels"),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _is_finished(folder: Path) -> bool:
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        return bool((folder / _GRAPHS).stat().st_size == index["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _starts(dataset: ImageDataset) -> range:
    return range(0, len(dataset), SHARD_IMAGES)


def _work(jobs: list[Job], workers: int) -> Iterator[None]:
    if workers == 0 or len(jobs) < 2:
        for job in jobs:
            build_shard(*job)
            yield
        return
    context = get_context("spawn")
    count = min(workers, len(jobs))
    with ProcessPoolExecutor(count, context, begin_worker) as pool:
        for future in as_completed([pool.submit(build_shard, *job) for job in jobs]):
            yield future.result()


@contextmanager
def _bar(text: str, total: int, visible: bool) -> Iterator[Iterator[None]]:
    from rich.progress import Progress

    if not visible or not total:
        yield iter(())
        return
    with Progress(transient=True) as progress:
        yield iter(progress.track(iter([None] * total), total=total, description=text))
