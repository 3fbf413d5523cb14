"""Names and shapes of what torchvision has too, against tables, and against torchvision if it runs.

Each line of ``shapes/<name>.txt`` is an entry of the published checkpoint: its name and its shape,
``-`` for a scalar. The tables follow from the papers' tables and torchvision's names; the sums of
their parameters are the published counts.
"""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from graphvision import models

TABLES = Path(__file__).with_name("shapes")
PUBLISHED = {
    "alexnet": 61_100_840,
    "mobilenet_v2": 3_504_872,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vit_small": 22_050_664,
    "vit_tiny": 5_717_416,
}


def table(name):
    lines = (TABLES / f"{name}.txt").read_text().splitlines()
    rows = (line.split() for line in lines)
    return {key: () if size == "-" else tuple(map(int, size.split("x"))) for key, size in rows}


def at_imagenet(name):
    """The model of the checkpoint, without memory for its weights."""
    with torch.device("meta"):
        return models.create(name, in_channels=3, num_classes=1000, image_size=(224, 224))


def test_every_table_is_tested():
    assert {path.stem for path in TABLES.iterdir()} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_matches_the_table(name):
    state = {key: tuple(value.shape) for key, value in at_imagenet(name).state_dict().items()}
    assert state == table(name)


@pytest.mark.parametrize("name", PUBLISHED)
def test_count_is_the_published_one(name):
    trained = (s for key, s in table(name).items() if "running" not in key and s)
    assert sum(map(math.prod, trained)) == PUBLISHED[name]
    assert sum(p.numel() for p in at_imagenet(name).parameters()) == PUBLISHED[name]


def torchvision_models():
    try:
        import torchvision
    except (ImportError, RuntimeError) as error:  # a build for another torch raises RuntimeError
        pytest.skip(f"torchvision can't be imported: {error}")
    return torchvision.models


@pytest.mark.parametrize("name", ["alexnet", "mobilenet_v2", "resnet18", "resnet50", "vgg11_bn"])
def test_matches_torchvision(name):
    """Torchvision's weights load, and the logits are the same."""
    theirs = getattr(torchvision_models(), name)(weights=None).eval()
    ours = models.create(name, in_channels=3, num_classes=1000, image_size=(224, 224)).eval()
    ours.load_state_dict(theirs.state_dict())
    image = torch.rand(1, 3, 224, 224)
    torch.testing.assert_close(ours(image), theirs(image))


def test_vit_matches_torchvision():
    """The same, for the width that torchvision has."""
    theirs = torchvision_models().vit_b_16(weights=None, num_layers=2).eval()
    ours = models.ViT(3, 1000, (224, 224), width=768, depth=2, heads=12).eval()
    torch.nn.init.normal_(theirs.heads.head.weight)
    ours.load_state_dict(theirs.state_dict())
    image = torch.rand(1, 3, 224, 224)
    torch.testing.assert_close(ours(image), theirs(image))


def test_a_checkpoint_file_loads(tmp_path):
    """A file with the table's names and shapes is what ``load_state_dict`` takes, strictly."""
    file = tmp_path / "resnet18.pth"
    torch.save({key: torch.full(size, 0.5) for key, size in table("resnet18").items()}, file)
    model = models.create("resnet18", in_channels=3, num_classes=1000)
    model.load_state_dict(torch.load(file, weights_only=True))
    assert all((parameter == 0.5).all() for parameter in model.parameters())
    assert isinstance(model.layer1[0].conv1, nn.Conv2d)
