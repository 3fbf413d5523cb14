import sys

import pytest

from graphvision.datasets import load


def test_parts(monkeypatch):
    pytest.importorskip("sklearn")
    parts = {split: load("digits", split) for split in ("train", "validation", "test")}
    assert sum(len(part) for part in parts.values()) == 1797
    assert parts["train"].images.max() == 255
    assert parts["test"].image_size == (8, 8)


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="pip install scikit-learn"):
        load("digits", "test")
