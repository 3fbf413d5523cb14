"""Every layer is message passing: ``n_i' = φ(n_i, ⊕_{j∈N(i)} ψ(n_i, n_j, e_ji))``."""

from graphvision.graphs.adaptive_window import AdaptiveWindow
from graphvision.graphs.complete_topology import complete_topology
from graphvision.graphs.cooccurrence import windowed_partition
from graphvision.graphs.padded_window import PaddedWindow
from graphvision.graphs.resize_window import ResizeWindow
from graphvision.graphs.topology import Topology, edge_topology, window_topology
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.graphs.window import Window
from graphvision.nn import psi
from graphvision.nn.adaptive_pool import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
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
from graphvision.nn.learned_aggregators import AGGREGATORS, aggregator
from graphvision.nn.local_response_norm import LocalResponseNorm
from graphvision.nn.lp_pool import LPPool1d, LPPool2d, LPPool3d
from graphvision.nn.max_pool import MaxPool1d, MaxPool2d, MaxPool3d
from graphvision.nn.max_unpool import MaxUnpool1d, MaxUnpool2d, MaxUnpool3d
from graphvision.nn.message_passing import MessagePassing
from graphvision.nn.multihead_attention import MultiheadAttention
from graphvision.nn.nodewise import Nodewise
from graphvision.nn.padding import (
    CircularPad1d,
    CircularPad2d,
    CircularPad3d,
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
    ZeroPad1d,
    ZeroPad2d,
    ZeroPad3d,
)
from graphvision.nn.painted import painted
from graphvision.nn.phi import Bias
from graphvision.nn.pixel_shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle
from graphvision.nn.plan import Plan
from graphvision.nn.pool import (
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    SumPool1d,
    SumPool2d,
)
from graphvision.nn.position_pool import PositionPool
from graphvision.nn.readout import GlobalPool
from graphvision.nn.readouts import READOUTS, Readout
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
from graphvision.nn.upsample import Upsample

__all__ = [
    "AGGREGATORS",
    "READOUTS",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AdaptiveWindow",
    "AlphaDropout",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "Bias",
    "ChannelShuffle",
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
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
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "LayerNorm",
    "LocalResponseNorm",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "MessagePassing",
    "MultiheadAttention",
    "Nodewise",
    "PaddedWindow",
    "PixelShuffle",
    "PixelUnshuffle",
    "Plan",
    "PositionPool",
    "Readout",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ResizeWindow",
    "SumPool1d",
    "SumPool2d",
    "SyncBatchNorm",
    "Topology",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "TransposedWindow",
    "Upsample",
    "Window",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
    "aggregator",
    "attention",
    "complete_topology",
    "edge_topology",
    "painted",
    "psi",
    "window_topology",
    "windowed_partition",
]
