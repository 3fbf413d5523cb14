"""Building a graph store: which parts there are, and what decides their bytes."""

import hashlib
import json
from pathlib import Path

from graphvision.datasets.cache import cache_folder
from graphvision.datasets.code_digest import code_digest
from graphvision.datasets.image_dataset import ImageDataset
from graphvision.datasets.recipe import Recipe
from graphvision.datasets.sharded import build_sharded
from graphvision.datasets.shards import build_shard

FORMAT = 1
SHARD_IMAGES = 500


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
    folder = Path(root) if root is not None else cache_folder() / "graphs"
    folder = folder / f"{dataset.name}-{dataset.split}-{store_key(dataset, recipe)[:16]}"
    jobs = {
        start: (
            dataset.images[start : start + SHARD_IMAGES],
            dataset.labels[start : start + SHARD_IMAGES],
            recipe,
        )
        for start in range(0, len(dataset), SHARD_IMAGES)
    }
    return build_sharded(
        folder / "graphs.safetensors",
        build_shard,
        jobs,
        facts={
            "format": FORMAT,
            "images": len(dataset),
            "fingerprint": dataset.fingerprint,
            "recipe": recipe.settings(),
        },
        workers=workers,
        text=f"graphs of {dataset.name} {dataset.split}" if progress else None,
    )


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
