"""Whose region each output pixel of a layer belongs to: what lies under its window's centre."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


def labels_after(layer, labels, size):
    """The labels ``[b, h, w]`` of a layer's input, read for its output of ``size``.

    None, and layers without a window, leave them as they are.
    """
    if isinstance(layer, nn.ConstantPad2d):
        return F.pad(labels, layer.padding, value=-1)
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        return _first_kept(labels, size)
    rule = next((rule for kinds, rule in _RULES if isinstance(layer, kinds)), None)
    if rule is None:
        return labels
    rows, columns = (
        rule(layer, axis, labels.shape[axis + 1], size[axis]).clamp(0, labels.shape[axis + 1] - 1)
        for axis in (0, 1)
    )
    return labels[:, rows][:, :, columns]


def _along(value, axis):
    return value[axis] if isinstance(value, tuple) else value


def _window(layer, axis, _, count):
    kernel, stride, padding, dilation = (
        _along(getattr(layer, name, 1), axis)
        for name in ("kernel_size", "stride", "padding", "dilation")
    )
    return torch.arange(count) * stride - padding + dilation * ((kernel - 1) // 2)


def _transposed(layer, axis, _, count):
    half = _along(getattr(layer, "dilation", 1), axis) * (
        (_along(layer.kernel_size, axis) - 1) // 2
    )
    return (torch.arange(count) + _along(layer.padding, axis) - half) // _along(layer.stride, axis)


def _resized(layer, _, length, count):
    step = length / count
    if layer.mode == "nearest":
        return (torch.arange(count) * step).floor().long()
    return ((torch.arange(count).double() + 0.5) * step - 1.0).ceil().long()


_RULES = (
    ((nn.ConvTranspose2d, nn.MaxUnpool2d), _transposed),
    (nn.Upsample, _resized),
    ((nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d), _window),
)


def _first_kept(labels, size):
    """Of each part the label in the middle or, where that is ignored, the first that isn't."""
    out = torch.full((len(labels), *size), -1)
    for y in range(size[0]):
        for x in range(size[1]):
            rows, columns = (
                slice(q * n // o, -(-(q + 1) * n // o))
                for q, n, o in zip((y, x), labels.shape[1:], size, strict=True)
            )
            for image, part in enumerate(labels[:, rows, columns]):
                middle = part[tuple((n - 1) // 2 for n in part.shape)]
                kept = part[part >= 0]
                out[image, y, x] = middle if middle >= 0 or not len(kept) else kept[0]
    return out
