"""Every layer is message passing: ``n_i' = φ(n_i, ⊕_{j∈N(i)} ψ(n_i, n_j, e_ji))``."""

from graphvision.graphs.cooccurrence import windowed_partition
from graphvision.graphs.topology import Topology, edge_topology, window_topology
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window
from graphvision.nn import psi
from graphvision.nn.conv import Conv1d, Conv2d, Conv3d
from graphvision.nn.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from graphvision.nn.convolution import Convolution
from graphvision.nn.message_passing import MessagePassing
from graphvision.nn.nodewise import Nodewise
from graphvision.nn.phi import Bias
from graphvision.nn.plan import Plan
from graphvision.nn.pool import (
    AvgPool1d,
    AvgPool2d,
    MaxPool1d,
    MaxPool2d,
    SumPool1d,
    SumPool2d,
)
from graphvision.nn.position_pool import PositionPool
from graphvision.nn.readout import GlobalPool

__all__ = [
    "AvgPool1d",
    "AvgPool2d",
    "Bias",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Convolution",
    "GlobalPool",
    "MaxPool1d",
    "MaxPool2d",
    "MessagePassing",
    "Nodewise",
    "Plan",
    "PositionPool",
    "SumPool1d",
    "SumPool2d",
    "Topology",
    "TransposedWindow",
    "Window",
    "edge_topology",
    "psi",
    "window_topology",
    "windowed_partition",
]
