"""Networks of other libraries, without weights: skipped, with the reason, where one is missing."""

import warnings
from importlib import import_module

import pytest
import torch

import graphvision as gv
from tests.kernels.csr_cases import relative

TRANSFORMERS = {
    "ResNet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]},
    "RegNet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "groups_width": 4},
    "ConvNext": {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
    "PoolFormer": {"hidden_sizes": [8, 8, 8, 8], "depths": [1, 1, 1, 1]},
    "Swin": {"patch_size": 2, "embed_dim": 8, "depths": [1, 2], "num_heads": [1, 2]}
    | {"image_size": 32, "window_size": 4},
    "ViT": {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    | {"intermediate_size": 32, "image_size": 32, "patch_size": 8},
}
VISION = ("resnet18", "mobilenet_v2", "efficientnet_b0", "vit_b_32", "swin_t")
TIMM = ("resnet18", "efficientnet_b0", "convnext_atto", "vit_tiny_patch16_224")


def library(name):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(name)
    except (ImportError, RuntimeError) as error:  # torchvision for another torch raises the latter
        return pytest.skip(f"{name} can't be imported: {error}")


def check(cnn, size=32):
    cnn = cnn.double().eval()
    images = torch.rand(2, 3, size, size, dtype=torch.float64)
    want = logits(cnn(images))
    net = gv.graphify(cnn, images)
    assert list(net.state_dict()) == list(cnn.state_dict())
    assert torch.equal(logits(net(images)), want)
    assert relative(logits(net(gv.grid_graph(images))), want) <= 1e-10
    assert logits(net(gv.superpixel_graph(images, n_segments=20))).shape == want.shape
    slow = gv.graphify(cnn, images, lower=False)
    assert relative(logits(slow(images)), want) <= 1e-10


def logits(out):
    return out if isinstance(out, torch.Tensor) else out["logits"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers(name):
    package = library("transformers")
    config = getattr(package, f"{name}Config")(num_labels=5, **TRANSFORMERS[name])
    check(getattr(package, f"{name}ForImageClassification")(config))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", VISION)
def test_torchvision(name):
    check(
        library("torchvision").models.get_model(name, num_classes=5),
        64 if "vit" not in name else 224,
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TIMM)
def test_timm(name):
    check(library("timm").create_model(name, num_classes=5), 64 if "vit" not in name else 224)


class Windows(torch.nn.Module):
    """Loops over a shape and unpacks it, as the attention of other libraries does."""

    def forward(self, image):
        inner = image.shape[2:]
        b, c, *_ = image.shape
        halves = [side // 2 for side in inner]
        return image.reshape(b, c, *halves, -1).mean(-1)


def test_loops_over_shapes():
    cnn = Windows()
    net = gv.graphify(cnn, torch.rand(1, 3, 8, 6))
    images = torch.rand(2, 3, 8, 10)
    assert torch.equal(net(images[..., :6]), cnn(images[..., :6]))


class OverImages(torch.nn.Module):
    """Loops over the images of a batch."""

    def forward(self, images):
        return torch.stack([image * 2 for image in images])


def test_loops_over_images_are_guarded():
    net = gv.graphify(OverImages(), torch.rand(2, 3, 8, 6))
    images = torch.rand(3, 3, 8, 6)
    assert torch.equal(net(images[:2]), 2 * images[:2])
    assert torch.equal(net(gv.grid_graph(images[:2])), 2 * images[:2])
    with pytest.raises(ValueError, match=r"branches that the example took.*for image in images"):
        net(images)
