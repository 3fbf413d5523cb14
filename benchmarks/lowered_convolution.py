"""``gv.nn.Conv2d`` against ``torch.nn.functional.conv2d`` on the same channels-last images.

    python -m benchmarks.lowered_convolution --out benchmarks/results/lowered_convolution.json

The lowered layer runs the same convolution; what is measured is what planning and topology cost on
top of it. Forward and backward, calls of at least 1 ms; the control is our layer a second time.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

import graphvision as gv
from benchmarks._runner import Case, Provider, main

SHAPES = (  # images, channels in, channels out, side, kernel, stride, groups
    (64, 6, 16, 56, 5, 1, 1),
    (8, 16, 16, 128, 3, 1, 1),
    (8, 32, 64, 64, 3, 1, 1),
    (8, 64, 64, 64, 3, 1, 1),
    (16, 64, 128, 56, 3, 2, 1),
    (8, 64, 64, 64, 1, 1, 1),
    (16, 64, 64, 64, 3, 1, 64),
    (8, 32, 32, 64, 7, 1, 4),
)


def with_gradients(layer: Callable[[Tensor], Tensor], image: Tensor) -> Callable[[], object]:
    """Forward and backward of one layer."""

    def step() -> object:
        image.grad = None
        layer(image).sum().backward()
        return image.grad

    return step


def case(shape: Sequence[int], *, backward: bool) -> Case:
    """One convolution, ours and torch's, with the same weights."""
    images, channels, out, side, kernel, stride, groups = shape
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(images, channels, side, side, generator=generator)
    image = image.contiguous(memory_format=torch.channels_last).requires_grad_(backward)
    layer = gv.nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups)
    layer = layer.to(memory_format=torch.channels_last)
    args = (layer.weight, layer.bias, stride, kernel // 2, 1, groups)

    def plain(x: Tensor) -> Tensor:
        return F.conv2d(x, *args)

    def check() -> None:
        assert torch.equal(layer(image), plain(image)), "the lowered layer is not the convolution"

    def forward(run: Callable[[Tensor], Tensor]) -> Callable[[], object]:
        def call() -> object:
            with torch.no_grad():
                return run(image)

        return call

    providers = [
        Provider(name, with_gradients(run, image) if backward else forward(run))
        for name, run in (("gv.nn.Conv2d", layer), ("F.conv2d", plain))
    ]
    text = f"{images}×{channels}×{side}² → {out}, {kernel}×{kernel}/{stride}, groups {groups}"
    return Case(
        f"{text}, {'forward + backward' if backward else 'forward'}",
        providers,
        check,
        goal={"F.conv2d": 1 / 1.05},
    )


def cases() -> list[Case]:
    """Every shape, forward alone and with its backward."""
    return [case(shape, backward=b) for shape in SHAPES for b in (False, True)]


if __name__ == "__main__":
    main(cases)
