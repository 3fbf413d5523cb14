import pytest
import torch

from graphvision.datasets import Recipe, load
from graphvision.graphs.atomic import write_json
from graphvision.tasks import Classification, Edges, Segmentation
from graphvision.train import Comparison, Training, learn

ONCE = Training(epochs=1, batch_size=4)
RECIPE = Recipe(n_segments=20)


@pytest.fixture(scope="module")
def pictures():
    return load("scenes-mini", "validation").subset(torch.arange(10))


def weights(network):
    return network.learner.model.state_dict()


@pytest.mark.parametrize("model", ["unet", "residual-gated", "hybrid"])
def test_one_call_for_every_kind_of_network(model, pictures):
    """Every network answers in pixels and is scored by the task's measures."""
    task = Segmentation(pictures.classes)
    network = learn(model, task, pictures, training=ONCE, recipe=RECIPE)
    answer, places = network.answers(pictures.images[:3])
    assert answer.semantic.shape == (3, 64, 64)
    assert places.num_nodes == (60 if model == "residual-gated" else 3 * 64 * 64)
    scores = network.scores(pictures)
    assert all(0 <= scores[measure.name] <= 1 for measure in task.measures)
    assert [sorted(entry) for entry in network.learner.history] == [
        ["epoch", "seconds", "train_loss"]
    ]


def test_weights_are_those_of_the_comparison(settings, tmp_path, monkeypatch):
    """Bit by bit: what learns alone has learned what the same run of a comparison has."""
    monkeypatch.setattr(
        "graphvision.train.jobs.measure_memory",
        lambda run, data, folder: write_json(folder / "memory.json", 1),
    )
    chosen = settings("gcn")
    Comparison(chosen, tmp_path).run()
    (file,) = tmp_path.glob("runs/*/weights.pt")
    compared = torch.load(file, weights_only=True)
    where = {"root": chosen.root}
    images, validation = (
        load("fashion-mnist", split, **where) for split in ("train", "validation")
    )
    task = Classification(images.classes)
    threads = torch.get_num_threads()
    torch.set_num_threads(chosen.threads)
    network = learn(
        "gcn", task, images, validation=validation, training=chosen.training, recipe=chosen.recipe
    )
    torch.set_num_threads(threads)
    assert weights(network).keys() == compared.keys()
    assert all(torch.equal(weights(network)[name], value) for name, value in compared.items())
    assert network.learner.history[0]["validation_accuracy"] >= 0


def test_the_task_is_the_one_that_was_given(pictures):
    """Settings of a task decide the loss: other losses, other weights."""
    losses = ({"cross-entropy": 1.0}, {"dice": 1.0})
    first, second = (
        learn("unet", Segmentation(pictures.classes, losses=chosen), pictures, training=ONCE)
        for chosen in losses
    )
    assert any(not torch.equal(a, weights(second)[name]) for name, a in weights(first).items())


def test_random_numbers_outside_stay_as_they_were(pictures):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    learn("unet", Edges(pictures.classes), pictures, training=ONCE)
    assert torch.equal(torch.rand(3), expected)


def test_errors(pictures):
    task = Segmentation(pictures.classes)
    with pytest.raises(ValueError, match="`images` must hold at least one image, got none"):
        learn("unet", task, pictures.subset(torch.arange(0)))
    with pytest.raises(ValueError, match="`validation` must be given for a patience of 2"):
        learn("unet", task, pictures, training=Training(patience=2))
    with pytest.raises(ValueError, match="must answer for pixels, got 'lenet5'"):
        learn("lenet5", task, pictures)
    network = learn("unet", task, pictures, training=ONCE)
    with pytest.raises(ValueError, match=r"must have shape \(b, 3, 64, 64\), got \(2, 3, 32, 64\)"):
        network.answers(pictures.images[:2, :, :32])
