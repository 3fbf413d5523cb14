import pytest
import torch

from benchmarks.comparison.large_costs import inference_bytes, memory_of, stages, times_of
from graphvision.datasets import Recipe, compose_scenes, load
from graphvision.tasks import Segmentation
from graphvision.train import Training, learn


@pytest.fixture(scope="module")
def pictures():
    return compose_scenes(load("fashion-mini", "test"), 4)


@pytest.fixture(scope="module")
def networks(pictures, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHVISION_CACHE", str(tmp_path_factory.mktemp("cache")))
        once, task = Training(epochs=1, batch_size=4), Segmentation(pictures.classes)
        yield {
            name: learn(name, task, pictures, training=once, recipe=Recipe(n_segments=20))
            for name in ("unet-quarter", "residual-gated")
        }


def test_a_row_for_each_way(networks, pictures):
    before = torch.get_num_threads()
    rows = times_of(networks, pictures.images, rounds=3, batches=(1, 3), threads=(1, 2))
    assert torch.get_num_threads() == before
    assert [(r["threads"], r["batch"], r["network"]) for r in rows] == [
        (count, batch, name) for count in (1, 2) for batch in (1, 3) for name in networks
    ]
    for row in rows:
        assert row["pictures"] == 3
        assert 0 < row["ms"]["q1"] <= row["ms"]["median"] <= row["ms"]["q3"]


def test_stages_are_the_answer(networks, pictures, monkeypatch):
    """What is timed is what a predictor does: the same graph, outputs and answer, in this order."""
    network, seen = networks["residual-gated"], []
    read = type(network.learner).read

    def noted(learner, inputs, outputs, size):
        seen.append(read(learner, inputs, outputs, size)[0].semantic)

    monkeypatch.setattr(type(network.learner), "read", noted)
    assert len(stages(network, pictures.images[:2])) == 3
    monkeypatch.undo()
    wanted, _ = network.answers(pictures.images[:2])
    assert torch.equal(seen[0], wanted.semantic)


def test_a_larger_inference_holds_more(networks, pictures):
    few, many = (pictures.images[:1].repeat(n, 1, 1, 1) for n in (1, 256))
    network = networks["unet-quarter"]
    assert inference_bytes(network, many) > inference_bytes(network, few) + 256 * 64 * 64 * 3 * 4


def test_errors(pictures, tmp_path):
    with pytest.raises(RuntimeError, match="the memory of unet can't be measured"):
        memory_of({"unet": tmp_path / "no.pt"}, pictures.images, batches=(1,))
