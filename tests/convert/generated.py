"""Random networks: layers, arguments and branches drawn by a seed."""

import random

import torch
from torch import nn

ACTIVATIONS = (nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.ELU, nn.Hardswish, nn.Softplus, nn.PReLU)
SIDES = {1: (24,), 2: (13, 16), 3: (7, 8, 6)}


class Residual(nn.Module):
    """x + body(x)."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return x + self.body(x)


class Beside(nn.Module):
    """Two branches, concatenated."""

    def __init__(self, first, second):
        super().__init__()
        self.first, self.second = first, second

    def forward(self, x):
        return torch.cat([self.first(x), self.second(x)], dim=1)


class Excite(nn.Module):
    """Squeeze-and-excitation."""

    def __init__(self, channels, dims):
        super().__init__()
        conv = getattr(nn, f"Conv{dims}d")
        self.pool = getattr(nn, f"AdaptiveAvgPool{dims}d")(1)
        self.squeeze, self.expand = conv(channels, 2, 1), conv(2, channels, 1)

    def forward(self, x):
        return x * self.expand(self.squeeze(self.pool(x)).relu()).sigmoid()


class Head(nn.Module):
    """Flattened, or the mean over pixels, then linear."""

    def __init__(self, channels, size, flat):
        super().__init__()
        self.flat = flat
        inputs = channels * torch.Size(size).numel() if flat else channels
        self.linear = nn.Linear(inputs, 3)

    def forward(self, x):
        x = x.flatten(1) if self.flat else x.mean(tuple(range(2, x.ndim)))
        return self.linear(x)


class Draw:
    """Draws layers one after the other and keeps track of channels and size."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.dims = self.rng.choice((1, 2, 2, 2, 3))
        self.inputs, self.size = self.rng.choice((1, 2, 4)), SIDES[self.dims]
        self.channels = self.inputs

    def named(self, kind, *args, **kwargs):
        return getattr(nn, f"{kind}{self.dims}d")(*args, **kwargs)

    def conv(self, channels=None, keep=False):
        rng, groups = self.rng, self.rng.choice((1, 1, 2))
        out = channels or rng.choice((2, 4, 6))
        groups = groups if self.channels % groups == 0 and out % groups == 0 else 1
        kernel = rng.choice((1, 3)) if keep else rng.choice((1, 2, 3))
        dilation = 1 if keep else rng.choice((1, 1, 2))
        padding = (kernel - 1) // 2 if keep else rng.randint(0, 1)
        mode = rng.choice(("zeros", "zeros", "reflect", "replicate", "circular"))
        layer = self.named(
            "Conv", self.channels, out, kernel, 1 if keep else rng.choice((1, 2)), padding,
            dilation, groups, rng.random() < 0.7, mode,
        )  # fmt: skip
        self.channels = out
        return layer

    def transposed(self):
        stride, out = self.rng.choice((1, 2)), self.rng.choice((2, 4))
        layer = self.named(
            "ConvTranspose", self.channels, out, self.rng.choice((2, 3)), stride,
            self.rng.randint(0, 1), output_padding=self.rng.randint(0, stride - 1),
        )  # fmt: skip
        self.channels = out
        return layer

    def pool(self):
        kind = self.rng.choice(("Max", "Avg", "LP", "AdaptiveAvg", "AdaptiveMax"))
        if kind.startswith("Adaptive"):
            return self.named(f"{kind}Pool", self.rng.randint(1, 4))
        if kind == "LP":
            return self.named("LPPool", 2, 2)
        kernel, padding = self.rng.choice((2, 3)), self.rng.randint(0, 1)
        ceil = self.rng.random() < 0.3
        return self.named(f"{kind}Pool", kernel, self.rng.choice((1, 2)), padding, ceil_mode=ceil)

    def norm(self):
        kind = self.rng.choice(("Batch", "Instance", "Group", "Response"))
        if kind == "Group":
            return nn.GroupNorm(self.rng.choice([g for g in (1, 2) if self.channels % g == 0]),
                                self.channels)  # fmt: skip
        if kind == "Response":
            return nn.LocalResponseNorm(3)
        return self.named(f"{kind}Norm", self.channels, affine=self.rng.random() < 0.7)

    def padded(self):
        kind = self.rng.choice(("Zero", "Reflection", "Replication", "Circular"))
        return self.named(f"{kind}Pad", self.rng.randint(0, 1))

    def upsample(self):
        linear = ("linear", "bilinear", "trilinear")[self.dims - 1]
        mode = self.rng.choice(("nearest", linear))
        corners = None if mode == "nearest" else self.rng.random() < 0.5
        return nn.Upsample(scale_factor=2, mode=mode, align_corners=corners)

    def activation(self):
        return self.rng.choice(ACTIVATIONS)()

    def residual(self):
        return Residual(nn.Sequential(self.conv(self.channels, keep=True), self.activation()))

    def beside(self):
        before = self.channels
        first, mine = self.conv(keep=True), self.channels
        self.channels = before
        second = self.conv(keep=True)
        self.channels += mine
        return Beside(first, second)

    def excite(self):
        return Excite(self.channels, self.dims)

    def network(self):
        kinds = ("conv", "conv", "activation", "norm", "pool", "residual", "beside", "excite",
                 "padded", "upsample", "transposed")  # fmt: skip
        layers, image = [self.conv()], torch.zeros(2, self.inputs, *self.size)
        layers[0].eval()
        image = layers[0](image)
        for _ in range(self.rng.randint(3, 6)):
            before = self.channels
            layer = getattr(self, self.rng.choice(kinds))().eval()
            try:
                out = layer(image)
                fits = 1 <= out[0, 0].numel() <= 700
            except (RuntimeError, ValueError):
                fits = False
            if fits:
                layers.append(layer)
                image = out
            else:
                self.channels = before
        if self.rng.random() < 0.6:
            layers.append(Head(image.shape[1], image.shape[2:], self.rng.random() < 0.5))
        return nn.Sequential(*layers)


def generated(seed):
    """A network in evaluation mode, and two images for it, float64."""
    torch.manual_seed(seed)
    draw = Draw(seed)
    network = draw.network().double().eval()
    for buffer in network.buffers():
        if buffer.is_floating_point():
            buffer.uniform_(0.5, 1.5)
    return network, torch.randn(2, draw.inputs, *draw.size, dtype=torch.float64)
