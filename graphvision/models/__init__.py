"""One architecture per file: the CNN baselines and the graph models, in a registry."""

from graphvision.models.blocks import Block, blocks
from graphvision.models.gatv2 import GATv2
from graphvision.models.gcn import GCN
from graphvision.models.lenet5 import LeNet5
from graphvision.models.mlp import MLP
from graphvision.models.operations import multiply_adds
from graphvision.models.registry import create, describe, model_class, names, register
from graphvision.models.resnet import ResNet
from graphvision.models.segnet import SegNet
from graphvision.models.superpixel_net import SuperpixelNet
from graphvision.models.unet import UNet
from graphvision.models.vgg import VGG

__all__ = [
    "GCN",
    "MLP",
    "VGG",
    "Block",
    "GATv2",
    "LeNet5",
    "ResNet",
    "SegNet",
    "SuperpixelNet",
    "UNet",
    "blocks",
    "create",
    "describe",
    "model_class",
    "multiply_adds",
    "names",
    "register",
]
