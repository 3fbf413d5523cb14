import torch

from graphvision.datasets import Recipe, load
from graphvision.tasks import Segmentation
from graphvision.train import Training, learn, side_by_side


def test_every_picture_has_its_own_truth_answers_and_graph():
    """Pictures in any order: each entry is what asking about that picture alone gives."""
    pictures = load("scenes-mini", "validation").subset(torch.arange(8))
    task, once = Segmentation(pictures.classes), Training(epochs=1, batch_size=4)
    recipe = Recipe(n_segments=20)
    networks = {
        name: learn(name, task, pictures, training=once, recipe=recipe)
        for name in ("unet", "residual-gated")
    }
    index = torch.tensor([6, 2, 5])
    found = side_by_side(networks, pictures, index)
    assert len(found) == 3
    for entry, place in zip(found, index.tolist(), strict=True):
        image = pictures.images[place]
        assert torch.equal(entry.image, image)
        alone = pictures.annotations(torch.tensor([place]))
        assert torch.equal(entry.truth.semantic, alone.semantic)
        assert torch.equal(entry.truth.boxes, alone.boxes)
        assert list(entry.answers) == ["unet", "residual-gated"]
        for name, network in networks.items():
            assert torch.equal(entry.answers[name].semantic, network(image).semantic)
        graph = recipe.build(image[None] / 255)
        assert torch.equal(entry.graph.assign, graph.assign)
    assert side_by_side({"unet": networks["unet"]}, pictures, index)[0].graph is None
