import dataclasses
import gzip

import pytest
import torch

from graphvision.datasets import Recipe, load
from graphvision.train import Settings, Training


def _write_idx(path, tensor):
    header = bytes([0, 0, 8, tensor.ndim])
    header += b"".join(side.to_bytes(4, "big") for side in tensor.shape)
    path.write_bytes(gzip.compress(header + tensor.numpy().tobytes()))


@pytest.fixture(scope="session")
def small_fashion(tmp_path_factory):
    """A folder like that of Fashion-MNIST with 240 training and 40 test images."""
    folder = tmp_path_factory.mktemp("fashion")
    for prefix, part, per_class in (("train", "train", 24), ("t10k", "test", 4)):
        data = load("fashion-mini", part)
        index = torch.cat([(data.labels == k).nonzero()[:per_class, 0] for k in range(10)])
        _write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", data.images[index, 0])
        _write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz", data.labels[index].to(torch.uint8))
    return folder


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHVISION_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def settings(small_fashion):
    """Makes the settings of comparisons that take seconds."""

    def make(*models, seeds=1, **training):
        chosen = Training(**{"epochs": 2, "batch_size": 32, **training})
        return Settings(
            models=models,
            dataset="fashion-mnist",
            root=str(small_fashion),
            seeds=seeds,
            training=chosen,
            recipe=Recipe(n_segments=12),
        )

    return make


@pytest.fixture(scope="session")
def without_times():
    """Results without what a clock or a memory meter has measured."""

    def strip(value):
        if isinstance(value, dict):
            measured = ("seconds", "per_second", "tested", "peak_memory")
            return {k: strip(v) for k, v in value.items() if not any(m in k for m in measured)}
        return [strip(entry) for entry in value] if isinstance(value, list) else value

    return strip


@pytest.fixture
def replace():
    return dataclasses.replace
