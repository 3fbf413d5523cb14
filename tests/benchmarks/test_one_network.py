"""Several tasks learned by one network, trained and scored as in the studies."""

import pytest
import torch

from benchmarks.comparison.joint_losses import Study, trained
from benchmarks.comparison.one_network import scores_of
from graphvision import models, tasks
from graphvision.datasets import SPLITS, compose_scenes, load
from graphvision.train import Data

STUDY = Study(dataset="fashion-mini", segments=12, epochs=2, batch_size=4, width=16, depth=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHVISION_CACHE", str(tmp_path_factory.mktemp("cache")))
        found = Data(STUDY.settings, progress=False)
        few = compose_scenes(load(STUDY.dataset, "test"), 12)
        found.splits = dict.fromkeys(SPLITS, few)
        yield found


def test_a_row_can_be_made_again(data):
    way = "node + edge + graph"
    first, again = (trained(STUDY, way, seed=0, data=data) for _ in range(2))
    assert first == again
    assert trained(STUDY, way, seed=1, data=data)["mean_iou"] != first["mean_iou"]


def test_a_loss_without_weight_teaches_nothing(data):
    """The head of a task whose weight is 0 is only decayed; that of the other moves."""
    task = tasks.Several(
        [tasks.Segmentation(data.classes), tasks.Edges(data.classes)], {"edges": 0.0}
    )
    torch.manual_seed(0)
    store = data.store("train")
    net = models.create(
        "residual-gated",
        in_features=store.in_features,
        edge_features=store.edge_features,
        heads=task.heads,
        width=STUDY.width,
        depth=STUDY.depth,
    )
    before = {name: value.clone() for name, value in net.named_parameters()}
    scores = scores_of(net, task, data, seed=0)
    assert {"mean_iou", "own_edge_ap"} <= scores.keys()
    decay = (1 - 1e-2 * data.settings.training.max_lr) ** 6
    for name, value in net.heads.named_parameters(prefix="heads"):
        still = bool((value - before[name]).abs().max() <= (1 - decay) * before[name].abs().max())
        assert still == name.startswith("heads.edge"), name
