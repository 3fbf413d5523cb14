"""How far LeNet-5 as message passing is from LeNet-5."""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from graphvision import models
from graphvision.train.data import Data

IMAGES = 64


def equivalence(data: Data) -> dict[str, Any]:
    """Largest relative difference of outputs and gradients with the same weights.

    ``max|a - b| / max|b|``, in float32 and float64, for the lowered form and the message passing
    itself (``lower=False``).

    Args:
        data: its first test images are looked at; no label is used for a choice.

    Returns:
        For ``"lowered"`` and ``"scatter"``, for each type: ``outputs`` and ``gradients``.
    """
    shape = data.shape("image")
    del shape["level"]
    torch.manual_seed(0)
    cnn = models.create("lenet5", **shape)
    test = data.splits["test"].subset(torch.arange(min(IMAGES, len(data.splits["test"]))))
    found: dict[str, Any] = {"images": len(test)}
    for name, lower in (("lowered", True), ("scatter", False)):
        graph_net = models.create("lenet5-graph", **shape, lower=lower)
        graph_net.load_state_dict(cnn.state_dict())
        found[name] = {
            str(dtype).removeprefix("torch."): _difference(
                graph_net.to(dtype), cnn.to(dtype), test.images.to(dtype) / 255, test.labels
            )
            for dtype in (torch.float32, torch.float64)
        }
        cnn.to(torch.float32)
    return found


def _difference(one: nn.Module, other: nn.Module, images: Tensor, labels: Tensor) -> dict[str, Any]:
    outputs, gradients = zip(*(_pass(net, images, labels) for net in (one, other)), strict=True)
    pairs = zip(*gradients, strict=True)
    return {
        "outputs": _relative(*outputs),
        "gradients": max(_relative(a, b) for a, b in pairs),
    }


def _pass(net: nn.Module, images: Tensor, labels: Tensor) -> tuple[Tensor, list[Tensor]]:
    images = images.clone().requires_grad_()
    logits = net(images)
    wanted = [images, *(p for _, p in sorted(net.named_parameters()))]
    return logits.detach(), list(torch.autograd.grad(F.cross_entropy(logits, labels), wanted))


def _relative(a: Tensor, b: Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max())
