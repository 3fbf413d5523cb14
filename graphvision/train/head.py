"""The last layer of a classifier: drawn anew, and exchanged for another."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn

from graphvision.models import Block


def find_head(model: nn.Module, found: Sequence[Block]) -> nn.Linear:
    """The linear layer that gives the logits.

    Args:
        model: the network.
        found: its blocks, in the order of use.

    Returns:
        The layer in the network.

    Raises:
        ValueError: the last parameters in use aren't those of a linear layer.

    Example:
        >>> from graphvision.models import blocks, create
        >>> net = create("lenet5")
        >>> find_head(net, blocks(net)).out_features
        10
    """
    path = found[-1].weights[-1].rpartition(".")[0]
    layer = model.get_submodule(path)
    if isinstance(layer, nn.Linear):
        return layer
    got = f"{type(layer).__name__} {path!r}"
    raise ValueError(f"`model` must end in a torch.nn.Linear for a new head, got {got}")


def new_head(head: nn.Linear, outputs: int) -> nn.Linear:
    """Torch's first weights for another number of classes.

    Args:
        head: the layer to replace.
        outputs: number of logits, ≥ 1.

    Returns:
        A layer that :func:`put_head` can put in its place.

    Example:
        >>> new_head(nn.Linear(84, 10), 2).weight.shape
        torch.Size([2, 84])
    """
    like, bias = head.weight, head.bias is not None
    return nn.Linear(like.shape[1], outputs, bias=bias, device=like.device, dtype=like.dtype)


def put_head(head: nn.Linear, other: nn.Linear) -> nn.Linear:
    """Let a layer compute with the parameters of another one, in place.

    The layer stays the same object, for whatever else holds it.

    Args:
        head: the layer in the network.
        other: a layer with as many inputs.

    Returns:
        A layer with the parameters that ``head`` had.

    Example:
        >>> head = nn.Linear(84, 10)
        >>> first = put_head(head, new_head(head, 2))
        >>> head.out_features, first.out_features
        (2, 10)
    """
    before = nn.Linear(head.in_features, head.out_features, head.bias is not None, device="meta")
    for target, source in ((before, head), (head, other)):
        target.weight, target.bias = source.weight, source.bias
        target.out_features = source.out_features
    return before


@contextmanager
def exchanged_head(head: nn.Linear, other: nn.Linear) -> Iterator[None]:
    """Compute with another head for a while.

    Args:
        head: the layer in the network.
        other: a layer with as many inputs.

    Yields:
        Nothing.

    Example:
        >>> head = nn.Linear(84, 2)
        >>> with exchanged_head(head, nn.Linear(84, 10)):
        ...     head.out_features
        10
        >>> head.out_features
        2
    """
    own = put_head(head, other)
    try:
        yield
    finally:
        put_head(head, own)
