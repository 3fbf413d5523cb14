import numpy as np

from graphvision.datasets import load, scene_painter
from graphvision.datasets.scene_items import SceneItems
from graphvision.datasets.scene_painter import NOISE, VISIBLE, paint_scene


def test_enough_of_every_item_stays_visible(monkeypatch):
    """Each item's own mask is kept as it is laid, and counted again when all lie."""
    laid = []

    class Watched(scene_painter._Canvas):
        def finish(self):
            seen = np.bincount(self.instances.ravel(), minlength=len(self.pixels) + 1)[1:]
            laid.extend(zip(seen, self.pixels, strict=True))
            return super().finish()

    monkeypatch.setattr(scene_painter, "_Canvas", Watched)
    items = SceneItems.of(load("fashion-mini", "test"))
    for seed in range(80):
        paint_scene(items, 64, np.random.RandomState(seed))
    shares = np.array([seen / whole for seen, whole in laid])
    assert len(shares) > 150
    assert shares.min() >= VISIBLE
    assert (shares < 0.9).mean() > 0.2


def test_noise_is_fixed():
    """Between neighbours on the ground there is little else than noise, whatever the size."""
    items = SceneItems.of(load("fashion-mini", "test"))
    for size in (64, 256):
        steps = []
        for seed in range(40):
            scene = paint_scene(items, size, np.random.RandomState(seed))
            ground = scene.semantic[:, 1:] + scene.semantic[:, :-1] == 0
            values = scene.image.astype(np.float64) / 255
            steps.append(np.diff(values, axis=2)[:, ground].std() / np.sqrt(2))
        assert abs(np.median(steps) / NOISE - 1) < 0.2
