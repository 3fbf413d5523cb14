"""One architecture per file: the CNN baselines and the graph models, in a registry."""

from graphvision.models.alexnet import AlexNet
from graphvision.models.blocks import Block, blocks
from graphvision.models.conv1d import SignalNet
from graphvision.models.conv3d import VolumeNet
from graphvision.models.convnet import ConvNet
from graphvision.models.fcos import FCOS
from graphvision.models.gatv2 import GATv2
from graphvision.models.gcn import GCN
from graphvision.models.graph_unet import GraphUNet
from graphvision.models.hybrid import Hybrid
from graphvision.models.lenet5 import LeNet5
from graphvision.models.localizer import Localizer
from graphvision.models.mlp import MLP
from graphvision.models.mobilenet_v2 import MobileNetV2
from graphvision.models.operations import multiply_adds
from graphvision.models.reduced import Reduced
from graphvision.models.registry import create, describe, model_class, names, register
from graphvision.models.residual_gated import ResidualGated
from graphvision.models.resnet import ResNet
from graphvision.models.segnet import SegNet
from graphvision.models.summary import Row, Summary, summary
from graphvision.models.superpixel_net import SuperpixelNet
from graphvision.models.unet import UNet
from graphvision.models.vgg import VGG
from graphvision.models.vit import ViT

__all__ = [
    "FCOS",
    "GCN",
    "MLP",
    "VGG",
    "AlexNet",
    "Block",
    "ConvNet",
    "GATv2",
    "GraphUNet",
    "Hybrid",
    "LeNet5",
    "Localizer",
    "MobileNetV2",
    "Reduced",
    "ResNet",
    "ResidualGated",
    "Row",
    "SegNet",
    "SignalNet",
    "Summary",
    "SuperpixelNet",
    "UNet",
    "ViT",
    "VolumeNet",
    "blocks",
    "create",
    "describe",
    "model_class",
    "multiply_adds",
    "names",
    "register",
    "summary",
]
