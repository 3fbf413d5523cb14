"""The meaning of a network on partitions, by torch alone: project and repaint after every layer.

Every value is a batch of painted images. After each step it is replaced by its means over the
regions (their maxima after a maximum, with ignored pixels at -inf before it), and painted again.
A raster's labels are read from the step's input under the centre of each window or, where the
raster is enlarged to a size that was there before, are those of then. Where values on different
partitions meet, it is on the one with the most regions. Statistics are those of the pixels that
aren't ignored.
"""

import operator

import torch
import torch.nn.functional as F  # noqa: N812
from torch import fx, nn
from torch_geometric.data import Batch

import graphvision as gv
from tests.convert.centres import labels_after
from tests.nn.painting import paint

MAXIMA = {F.max_pool2d: nn.MaxPool2d, F.max_pool2d_with_indices: nn.MaxPool2d}


def over_regions(images, labels, maximum=False):
    """Means or maxima of ``[b, c, h, w]`` over the regions of ``[b, h, w]``; 0 where ignored."""
    painted = []
    for image, label in zip(images.flatten(2), labels.flatten(1), strict=True):
        kept = label.unique()
        inside = label == kept[kept >= 0][:, None]
        if maximum:
            values = image[:, None].masked_fill(~inside, -torch.inf).amax(-1)
            values = values.masked_fill(values == -torch.inf, 0.0)
        else:
            values = image @ inside.to(image).T / inside.sum(1)
        painted.append(values @ inside.to(image))
    return torch.stack(painted).view(images.shape)


def count(labels):
    """How many regions there are, in all images."""
    return sum(int((label.unique() >= 0).sum()) for label in labels)


class Painted(fx.Interpreter):
    """Runs a traced network on painted images."""

    def __init__(self, network, labels):
        super().__init__(fx.symbolic_trace(network))
        self.labels = {n: labels for n in self.module.graph.nodes if n.op == "placeholder"}
        self.seen = {tuple(labels.shape[1:]): labels}

    def run_node(self, node):
        rasters = [n for n in node.all_input_nodes if n in self.labels]
        if not rasters or node.op == "output":
            return super().run_node(node)
        labels = self.labels[max(rasters, key=lambda n: count(self.labels[n]))]
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        if node.target is operator.getitem and isinstance(args[0], tuple):
            self.labels[node] = labels
            return args[0][args[1]]
        layer = self._layer(node, args, kwargs)
        out = self._apply(node, layer, labels)
        first = out[0] if isinstance(out, tuple) and isinstance(layer, nn.MaxPool2d) else out
        if not isinstance(first, torch.Tensor) or first.ndim != 4:
            return out
        self.labels[node] = labels = self._labels_after(layer, labels, tuple(first.shape[2:]))
        first = over_regions(first, labels, isinstance(layer, nn.MaxPool2d))
        return (first, out[1]) if isinstance(out, tuple) else first

    def _layer(self, node, args, kwargs):
        """The layer that is called, also of a function; None of one that is no layer."""
        if node.op == "call_module":
            return self.fetch_attr(node.target)
        if node.target in MAXIMA:
            return MAXIMA[node.target](*args[1:], **kwargs)
        if node.target is F.pad:
            return nn.ConstantPad2d(args[1], 0.0)
        return None

    def _apply(self, node, layer, labels):
        """What torch gives, with ignored pixels out of every maximum and every statistic."""
        args, kwargs = self.fetch_args_kwargs_from_env(node)
        image, kept = args[0], (labels >= 0)[:, None]
        if isinstance(layer, nn.MaxPool2d):
            return layer(image.masked_fill(~kept, -torch.inf))
        if isinstance(layer, nn.BatchNorm2d):
            last, where = image.movedim(1, -1), kept.movedim(1, -1)
            normed = layer(last[where[..., 0]][..., None, None])
            return last.masked_scatter(where.expand_as(last), normed.flatten()).movedim(-1, 1)
        if isinstance(layer, nn.AdaptiveAvgPool2d):
            return layer(image) / layer(kept.to(image)).clamp(min=1e-30)
        if node.target == "mean" and args[1] == (2, 3):
            return image.sum((2, 3)) / kept.sum((2, 3))
        return getattr(self, node.op)(node.target, args, kwargs)

    def _labels_after(self, layer, labels, size):
        before = tuple(labels.shape[1:])
        if size in self.seen and size[0] * size[1] > before[0] * before[1]:
            return self.seen[size]
        after = labels_after(layer, labels, size)
        self.seen.setdefault(size, after)
        return after


def painted(network, images, labels):
    """What a network means on partitions.

    Args:
        network: of torch's layers.
        images: ``[b, c, h, w]``, constant on every region.
        labels: ``[b, h, w]``, -1 for ignored.
    """
    return Painted(network, labels).run(images)


def check_painted(network, graphs, tolerance=1e-10, **form):
    """A network, made of messages, gives on graphs what it means: outputs and all gradients.

    Args:
        network: of torch's layers.
        graphs: images of one size on whatever partitions, float64.
        tolerance: for ``max|got - want| / max|want|`` of each.
        **form: as for ``gv.graphify``.
    """
    labels = torch.stack([graph.assign.view(graph.size_hw[0]) for graph in graphs])
    images = torch.stack([paint(graph, 0.0) for graph in graphs]).requires_grad_()
    batch = Batch.from_data_list(graphs)
    net = gv.graphify(network, batch, **form)
    want = painted(network, images, labels)
    batch.x.requires_grad_()
    out = net(batch)
    out = out if want.ndim < 4 else torch.stack([paint(g, 0.0) for g in out.to_data_list()])
    weight = torch.randn_like(want)
    mine = torch.autograd.grad((out * weight).sum(), [batch.x, *net.parameters()])
    image, *theirs = torch.autograd.grad((want * weight).sum(), [images, *network.parameters()])
    nodes = torch.cat([_to_nodes(i, graph) for i, graph in zip(image, graphs, strict=True)])
    assert float(nodes.abs().max()) > 1e-6, "nothing would be compared"
    names = ["output", "image", *dict(network.named_parameters())]
    got = dict(zip(names, (out, *mine), strict=True)) | dict(net.named_buffers())
    expected = dict(zip(names, (want, nodes, *theirs), strict=True)) | dict(network.named_buffers())
    check_equal(got, expected, tolerance)


def check_equal(got, want, tolerance=1e-10):
    """``max|got - want| / max|want|`` of each tensor is at most ``tolerance``.

    What is all but zero, as the gradient of a bias before a batch norm, is measured against a
    little of the largest.
    """
    assert got.keys() == want.keys()
    sizes = {name: float(value.detach().abs().max()) for name, value in want.items()}
    least = 1e-4 * max(sizes.values())
    for name, value in want.items():
        difference = float((got[name] - value).detach().abs().max())
        assert difference <= tolerance * max(sizes[name], least), name


def _to_nodes(gradient, graph):
    """The gradient of node features, from that of the image that they paint."""
    ends = torch.where(graph.assign < 0, len(graph.x), graph.assign)
    nodes = gradient.new_zeros(len(graph.x) + 1, len(gradient))
    return nodes.index_add(0, ends, gradient.flatten(1).T)[:-1]
