"""Message functions ψ(n_i, n_j, e_ji)."""

from graphvision.nn.psi.abstract import (
    AbstractPsi,
    ScalarPsi,
    SourcePsi,
    TapEdges,
    TapPsi,
)
from graphvision.nn.psi.attention import AttentionPsi, DotProductAttention, GATAttention
from graphvision.nn.psi.basis import AbstractBasis, Basis, BSplineBasis, GaussianBasis
from graphvision.nn.psi.copy import Copy, ScaledCopy
from graphvision.nn.psi.linear import Linear
from graphvision.nn.psi.mlp import MLP
from graphvision.nn.psi.scaled_dot_product import ScaledDotProduct
from graphvision.nn.psi.sub_pixels import SubPixels
from graphvision.nn.psi.taps import Taps

__all__ = [
    "MLP",
    "AbstractBasis",
    "AbstractPsi",
    "AttentionPsi",
    "BSplineBasis",
    "Basis",
    "Copy",
    "DotProductAttention",
    "GATAttention",
    "GaussianBasis",
    "Linear",
    "ScalarPsi",
    "ScaledCopy",
    "ScaledDotProduct",
    "SourcePsi",
    "SubPixels",
    "TapEdges",
    "TapPsi",
    "Taps",
]
