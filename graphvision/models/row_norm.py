"""Normalisation of nodes and edges in rows, of however few."""

import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float
from torch import Tensor, nn

NORMS = ("batch", "layer")


class BatchRows(nn.BatchNorm1d):
    """Batch norm over all rows; of fewer than two, by the running statistics.

    A batch may be a single graph without edges, or with one node, also in training.

    Args:
        num_features: channels.
        affine: whether a factor and a shift are learned.
    """

    def __init__(self, num_features: int, *, affine: bool = True) -> None:
        super().__init__(num_features, affine=affine)

    def forward(self, input: Float[Tensor, "n c"]) -> Float[Tensor, "n c"]:
        """Normalise every channel."""
        if len(input) > 1 or not self.training:
            normalised: Tensor = super().forward(input)
            return normalised
        return F.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )


def row_norm(kind: str, width: int) -> nn.Module:
    """A fresh norm of rows.

    Args:
        kind: ``"batch"``, or ``"layer"`` where nothing may depend on the rest of the batch.
        width: channels.

    Raises:
        ValueError: there is no such norm.

    Example:
        >>> type(row_norm("layer", 4)).__name__
        'LayerNorm'
    """
    if kind not in NORMS:
        raise ValueError(f"`norm` must be one of {list(NORMS)}, got {kind!r}")
    return BatchRows(width) if kind == "batch" else nn.LayerNorm(width)


def standardisation(kind: str, width: int) -> nn.Module:
    """What stands before the first layer: inputs come in any mixture of units.

    Args:
        kind: ``"batch"`` for the statistics of the training batches; ``"layer"`` for nothing.
        width: channels.

    Example:
        >>> standardisation("layer", 4)
        Identity()
    """
    return BatchRows(width, affine=False) if kind == "batch" else nn.Identity()
