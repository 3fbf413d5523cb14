"""All 70,000 images of Fashion-MNIST to graphs with all features on disk."""

from collections.abc import Iterator
from tempfile import TemporaryDirectory

from benchmarks._case import Case, Goal, Provider, Setting
from graphvision.datasets import SPLITS, GraphStore, Recipe, load

SECONDS = 15.0


def cases() -> Iterator[Case]:
    """One build from scratch; only by its name."""
    yield Case(
        "store",
        "70,000 Fashion-MNIST images to graphs on disk",
        _make,
        [Goal(1 / SECONDS, threads=2), Goal(1 / SECONDS, threads=2, ours="2 processes")],
        rounds=1,
        by_name_only=True,
    )


def _make(setting: Setting) -> list[Provider]:
    parts = [load("fashion-mnist", split) for split in SPLITS]
    count = sum(len(part) for part in parts)
    assert count == 70_000, f"all of Fashion-MNIST has 70,000 images, got {count}"

    def build(workers: int) -> None:
        with TemporaryDirectory() as folder:
            for part in parts:
                GraphStore.build(part, Recipe(), folder, workers=workers)

    options = {"kind": "ours", "result": None, "memory": False}
    return [
        Provider("one process", lambda: build(0), **options),
        Provider("2 processes", lambda: build(2), **options),
    ]
