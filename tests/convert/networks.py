"""Small networks that use what real ones use."""

import torch
import torch.nn.functional as F  # noqa: N812
from torch import nn


class Block(nn.Module):
    """A residual block with in-place steps and functional dropout."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.down = None
        if stride != 1 or inputs != outputs:
            self.down = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride))

    def forward(self, x):
        identity = x if self.down is None else self.down(x)
        out = self.conv2(self.relu(self.conv1(x)))
        out = F.dropout(out, 0.5, self.training)
        out += identity
        return self.relu(out)


class Residual(nn.Module):
    """Blocks, a buffer, a split and a concatenation, a global mean, a linear layer."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.Sequential(Block(8, 8), Block(8, 16, 2), Block(16, 16))
        self.fc = nn.Linear(16, 10)
        self.register_buffer("mean", torch.rand(1, 3, 1, 1))

    def forward(self, image):
        b = image.shape[0]
        hidden = self.blocks(self.stem(image - self.mean))
        kept, gate = hidden.chunk(2, 1)
        hidden = torch.cat([kept, torch.sigmoid(gate)], dim=1)
        return self.fc(hidden.mean((2, 3)).view(b, -1))


class BySize(nn.Module):
    """Branches on the image's size and on the mode."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, image):
        if image.shape[-1] > 8:
            image = image * 2
        if self.training:
            image = image + 1
        return self.conv(image)


class ByValue(nn.Module):
    """Branches on what is in the image."""

    def forward(self, image):
        return image if image.sum() > 0 else -image


class Aliased(nn.Module):
    """Changes a value in place that another name still holds."""

    def forward(self, image):
        doubled = image * 2
        same = doubled
        doubled += 1
        return same * doubled
