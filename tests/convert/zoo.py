"""The CNNs of the zoo at sizes that fit."""

import torch
from torch import nn

import graphvision as gv

ZOO = {
    "lenet5": ((13, 14), {}),
    "convnet": ((17, 15), {}),
    "alexnet": ((64, 63), {}),
    "vgg11_bn": ((33, 32), {}),
    "resnet18": ((37, 40), {}),
    "mobilenet_v2": ((40, 33), {}),
    "unet": ((14, 13), {"base": 3, "depth": 3}),
    "unet-bilinear": ((14, 13), {"base": 4, "depth": 2, "up": "bilinear"}),
    "segnet": ((11, 14), {"base": 4, "convolutions": (2, 1, 2)}),
    "vit_tiny": ((13, 16), {"patch_size": 4, "width": 12, "depth": 2}),
}

WIDE = ("alexnet", "mobilenet_v2", "resnet18", "resnet50", "vgg11", "vgg11_bn", "vgg16", "vgg16_bn")


def slim(network, divisor=16):
    """The same architecture with fewer channels, wherever there are many."""

    def fewer(channels):
        return channels if channels < divisor else channels // divisor

    for path, layer in list(network.named_modules()):
        made = None
        if isinstance(layer, nn.Conv2d):
            channels, groups = map(fewer, (layer.in_channels, layer.out_channels)), layer.groups
            window = layer.kernel_size, layer.stride, layer.padding, layer.dilation
            made = nn.Conv2d(*channels, *window, fewer(groups), layer.bias is not None)
        elif isinstance(layer, nn.BatchNorm2d):
            made = nn.BatchNorm2d(fewer(layer.num_features))
        elif isinstance(layer, nn.Linear):
            made = nn.Linear(fewer(layer.in_features), fewer(layer.out_features))
        if made is not None:
            network.set_submodule(path, made)
    return network


def small(name, seed, training=False):
    """A small network with weights that let signals through, and the image size."""
    size, settings = ZOO[name]
    torch.manual_seed(seed)
    shape = {"in_channels": 2, "num_classes": 3, "image_size": size}
    network = gv.models.create(name.partition("-")[0], **shape, **settings)
    network = (slim(network) if name in WIDE else network).double().train(training)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.uniform_(-0.5, 0.5)
            layer.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(layer.bias, 0.0, 0.5)
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
        elif isinstance(layer, nn.Dropout):
            layer.p = 0.0
    return network, size
