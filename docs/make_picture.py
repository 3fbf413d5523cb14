"""Draws ``docs/images/images-are-graphs.png``: one picture as three graphs, one kernel on each.

Run it from the root of the repository: ``python docs/make_picture.py``.
"""

import io
from pathlib import Path

import matplotlib as mpl
import torch
from PIL import Image

mpl.use("Agg")
import matplotlib.pyplot as plt
from skimage import data
from torch.nn.functional import interpolate

import graphvision as gv

OUT = Path(__file__).parent / "images" / "images-are-graphs.png"
SIDE, REACH, SEGMENTS = 192, 4, 256
SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]) / 4


def photograph():
    """The astronaut's head, SIDE × SIDE."""
    crop = gv.as_image(data.astronaut())[:, 0:240, 100:340]
    return interpolate(crop[None], size=(SIDE, SIDE), mode="area")[0]


def kernel_on(graph):
    """Sobel's kernel on the brightness of the nodes, painted."""
    layer = gv.nn.Conv2d(
        1, 1, 3, padding=REACH, dilation=REACH, padding_mode="replicate", bias=False
    )
    layer.weight.data.copy_(SOBEL)
    grey = graph.clone()
    grey.x = graph.x.mean(1, keepdim=True)
    with torch.no_grad():
        return gv.rasterize(layer(grey).x, grey)[0]


def graphs(photo):
    """(title, graph, what its edges are drawn on) of every column."""
    small = interpolate(photo[None], size=(24, 24), mode="area")[0]
    patches = gv.patch_graph(photo, patch_size=SIDE // 16)
    superpixels = gv.superpixel_graph(photo, SEGMENTS, compactness=20.0, exact=True)
    return [
        ("pixels", gv.grid_graph(photo), gv.grid_graph(small), small),
        (f"{patches.num_nodes} patches", patches, patches, photo),
        (f"{SEGMENTS} superpixels", superpixels, superpixels, photo),
    ]


def draw(photo):
    """Two rows: the graphs, and one convolution on each of them."""
    figure, axes = plt.subplots(
        2, 4, figsize=(12.4, 6.6), layout="constrained", width_ratios=[1, 1, 1, 1]
    )
    axes[0, 0].imshow(photo.permute(1, 2, 0), interpolation="antialiased")
    axes[0, 0].set_title("an image", fontsize=14)
    for (title, graph, shown, backdrop), (above, below) in zip(
        graphs(photo), axes[:, 1:].T, strict=True
    ):
        gv.plot(shown, backdrop, above)
        above.set_title(f"… of {title}", fontsize=14)
        below.imshow(kernel_on(graph), cmap="RdBu_r", vmin=-0.5, vmax=0.5)
    axes[0, 1].set_title("is a graph of pixels", fontsize=14)
    axes[1, 0].imshow(SOBEL, cmap="RdBu_r", vmin=-1, vmax=1)
    for y, x in torch.cartesian_prod(torch.arange(3), torch.arange(3)).tolist():
        label = f"{SOBEL[y, x]:g}".replace("-", "−")
        axes[1, 0].text(x, y, label, ha="center", va="center", size=16)
    axes[1, 0].set_xlabel("one kernel", fontsize=14)
    for ax, label in zip(axes[1, 1:], ("on pixels", "on patches", "on superpixels"), strict=True):
        ax.set_xlabel(label, fontsize=14)
    for ax in axes.flatten():
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    return figure


def save(figure, path):
    """As a PNG of 256 colours, which is a third of the size and looks the same."""
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=100, facecolor="white", bbox_inches="tight", pad_inches=0.1)
    picture = Image.open(buffer).convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT)
    path.parent.mkdir(exist_ok=True)
    picture.save(path, optimize=True)


if __name__ == "__main__":
    save(draw(photograph()), OUT)
    print(f"wrote {OUT}: {OUT.stat().st_size // 1000} kB")
