"""Every layer is message passing: ``n_i' = φ(n_i, ⊕_{j∈N(i)} ψ(n_i, n_j, e_ji))``."""

from graphvision.graphs.complete_topology import complete_topology
from graphvision.graphs.cooccurrence import windowed_partition
from graphvision.graphs.topology import Topology, edge_topology, window_topology
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window
from graphvision.nn import psi
from graphvision.nn.attention import attention
from graphvision.nn.conv import Conv1d, Conv2d, Conv3d
from graphvision.nn.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from graphvision.nn.convolution import Convolution
from graphvision.nn.dropout import (
    AlphaDropout,
    Dropout,
    Dropout1d,
    Dropout2d,
    Dropout3d,
    FeatureAlphaDropout,
)
from graphvision.nn.group_norm import GroupNorm
from graphvision.nn.layer_norm import LayerNorm
from graphvision.nn.local_response_norm import LocalResponseNorm
from graphvision.nn.message_passing import MessagePassing
from graphvision.nn.multihead_attention import MultiheadAttention
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
from graphvision.nn.running_norm import (
    BatchNorm1d,
    BatchNorm2d,
    BatchNorm3d,
    InstanceNorm1d,
    InstanceNorm2d,
    InstanceNorm3d,
    SyncBatchNorm,
)
from graphvision.nn.transformer import (
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)

__all__ = [
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bias",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "Convolution",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Dropout3d",
    "FeatureAlphaDropout",
    "GlobalPool",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LocalResponseNorm",
    "MaxPool1d",
    "MaxPool2d",
    "MessagePassing",
    "MultiheadAttention",
    "Nodewise",
    "Plan",
    "PositionPool",
    "SumPool1d",
    "SumPool2d",
    "SyncBatchNorm",
    "Topology",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "TransposedWindow",
    "Window",
    "attention",
    "complete_topology",
    "edge_topology",
    "psi",
    "window_topology",
    "windowed_partition",
]
