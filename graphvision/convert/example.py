"""The example that a network is traced with."""

from typing import Any

import torch
from torch import Tensor, nn

from graphvision.graphs import ImageGraph


def arguments_of(example: Any) -> tuple[Any, ...]:
    """The arguments of ``forward``; an image graph stands for images of its size.

    Raises:
        ValueError: there is no image among them.
    """
    given = example if isinstance(example, tuple) else (example,)
    arguments = tuple(_images(a) if isinstance(a, ImageGraph) else a for a in given)
    if not any(isinstance(a, Tensor) and a.ndim >= 3 for a in arguments):
        raise ValueError(
            "`example` must be an image batch [b, c, *size], an image graph or a tuple of "
            f"arguments with one of them, got {', '.join(map(_described, given))}"
        )
    return arguments


def stands_for_graphs(example: Any) -> bool:
    """Whether images in the example are made up in place of an image graph."""
    given = example if isinstance(example, tuple) else (example,)
    return any(isinstance(argument, ImageGraph) for argument in given)


def check_example(cnn: nn.Module, arguments: tuple[Any, ...], place: str) -> None:
    """Run the network, to see whether what a step did to shapes alone is the example's fault.

    Args:
        cnn: the network.
        arguments: of its ``forward``; they go where its weights are.
        place: the step that couldn't tell the shape of its result.

    Raises:
        ValueError: torch refuses the example too.
    """
    weight = next((p for p in cnn.parameters() if p.is_floating_point()), torch.empty(0))
    moved = [a.to(weight) if _is_float(a) else a for a in arguments]
    try:
        with torch.no_grad():
            cnn(*moved)
    except RuntimeError as error:
        raise ValueError(
            f"`example` must be what `cnn` takes, got {', '.join(map(_described, arguments))}, "
            f"which fails in {place}: {error}"
        ) from error
    except Exception:  # what else it minds, such as a norm of one pixel, is no matter of shapes
        return


def _images(graph: ImageGraph) -> Tensor:
    shape = (len(graph.image_size), graph.x.shape[1], *graph.size_hw[0])
    return torch.zeros(shape, dtype=graph.x.dtype, device=graph.x.device)


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _described(value: Any) -> str:
    shape = f" of shape {tuple(value.shape)}" if isinstance(value, Tensor) else ""
    return f"{type(value).__name__}{shape}"
