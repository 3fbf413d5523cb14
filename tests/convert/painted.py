"""The meaning of a network on a partition, by torch alone: project and repaint after every layer.

Every value is a painted image. After each step it is replaced by its means over the regions (their
maxima after a maximum, with ignored pixels at -inf before it), and painted again. A raster's labels
are read from the step's input under the centre of each window, or, where a transposed convolution
or an upsampling comes back to a size that was there before, are those of that size.
"""

import torch
from torch import fx, nn


def over_regions(image, labels, maximum=False):
    """Means or maxima over the regions of ``[h, w]`` labels, painted; 0 where ignored."""
    out = torch.zeros_like(image)
    for label in labels.unique().tolist():
        if label < 0:
            continue
        inside = labels == label
        values = image[..., inside]
        value = values.amax(-1) if maximum else values.mean(-1)
        out = torch.where(inside, value[..., None, None], out)
    return out


def under_centres(labels, window):
    """Labels under the centres of a layer's windows."""
    kernel, stride, padding, dilation = (v if isinstance(v, tuple) else (v, v) for v in window)
    axes = []
    for axis, length in enumerate(labels.shape):
        extent = dilation[axis] * (kernel[axis] - 1) + 1
        count = (length + 2 * padding[axis] - extent) // stride[axis] + 1
        at = torch.arange(count) * stride[axis] - padding[axis]
        axes.append((at + dilation[axis] * ((kernel[axis] - 1) // 2)).clamp(0, length - 1))
    return labels[axes[0]][:, axes[1]]


class Painted(fx.Interpreter):
    """Runs a traced network on one painted image."""

    def __init__(self, network, labels):
        super().__init__(fx.symbolic_trace(network))
        self.labels = {tuple(labels.shape): labels}

    def run_node(self, node):
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        image = args[0] if args and isinstance(args[0], torch.Tensor) else None
        layer = self.fetch_attr(node.target) if node.op == "call_module" else None
        maximum = isinstance(layer, nn.MaxPool2d) or node.target is torch.max_pool2d
        if maximum and image.ndim == 4:
            hidden = self.labels[tuple(image.shape[2:])] < 0
            args = (image.masked_fill(hidden, -torch.inf), *args[1:])
        if node.op in ("placeholder", "get_attr", "output"):
            return super().run_node(node)
        out = getattr(self, node.op)(node.target, args, kwargs)
        if not isinstance(out, torch.Tensor) or out.ndim != 4:
            return out
        size = tuple(out.shape[2:])
        if size == (1, 1):
            return out
        if size not in self.labels:
            before = self.labels[tuple(image.shape[2:])]
            self.labels[size] = under_centres(before, self._window(layer, args, kwargs))
        return over_regions(out, self.labels[size], maximum)

    def _window(self, layer, args, kwargs):
        if layer is not None:
            return layer.kernel_size, layer.stride, layer.padding, getattr(layer, "dilation", 1)
        kernel = kwargs.get("kernel_size", args[1] if len(args) > 1 else None)
        return kernel, kwargs.get("stride") or kernel, kwargs.get("padding", 0), 1


def painted(network, image, labels):
    """What a network means on a partition.

    Args:
        network: of torch's layers, in evaluation mode.
        image: ``[1, c, h, w]``, constant on every region.
        labels: ``[h, w]``, -1 for ignored.
    """
    return Painted(network, labels).run(image)
