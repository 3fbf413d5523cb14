import numpy as np
import pytest

from graphvision.datasets import scene_texture
from graphvision.datasets.scene_texture import between, texture, value_noise


@pytest.mark.parametrize("kind", range(len(scene_texture._KINDS)))
def test_patterns_are_the_same_at_every_size(kind):
    paint = scene_texture._KINDS[kind]
    small, large = (paint(np.random.RandomState(4), size) for size in (32, 128))
    assert small.shape == (32, 32)
    assert small.min() >= 0
    assert small.max() <= 1
    assert large.std() > 0.05
    means = large.reshape(32, 4, 32, 4).mean(axis=(1, 3))
    assert np.abs(means - small).mean() < 0.05


def test_every_kind_is_drawn(monkeypatch):
    kinds = [lambda *_, number=number: np.array(number) for number in range(5)]
    monkeypatch.setattr(scene_texture, "_KINDS", kinds)
    assert {int(texture(np.random.RandomState(seed), 8)) for seed in range(60)} == set(range(5))


def test_noise_passes_through_its_lattice():
    """Oracle: the weights of every lattice point, one pixel at a time."""
    field = value_noise(np.random.RandomState(0), 10, (2, 3))
    lattice = np.random.RandomState(0).random_sample((3, 4))
    for row in range(10):
        for column in range(10):
            y, x = (row + 0.5) * 2 / 10, (column + 0.5) * 3 / 10
            total = 0.0
            for i in range(3):
                for j in range(4):
                    dy, dx = max(0.0, 1 - abs(y - i)), max(0.0, 1 - abs(x - j))
                    weight = dy * dy * (3 - 2 * dy) * dx * dx * (3 - 2 * dx)
                    total += weight * lattice[i, j]
            assert field[row, column] == pytest.approx(total, abs=1e-12)


def test_between():
    drawn = [between(np.random.RandomState(seed), -2.0, 3.0) for seed in range(200)]
    assert -2 <= min(drawn) < -1.8
    assert 2.8 < max(drawn) < 3
