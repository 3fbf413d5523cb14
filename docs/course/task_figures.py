"""What the chapters on tasks draw with: annotations, nodes, edges and boxes over pictures."""

import matplotlib.pyplot as plt
import numpy as np
from figures import BLUE, FAINT, ORANGE, bare
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from graphvision.viz.marks import draw_regions
from graphvision.viz.picture import picture


def annotated(image, *panels, width=2.5):
    """A picture as often as there are panels, each a pair of annotations (or None) and a title."""
    h, w = image.shape[1:]
    fig, axes = plt.subplots(1, len(panels), figsize=(width * len(panels), width * h / w + 0.35))
    for ax, (annotations, title) in zip(axes, panels, strict=True):
        regions = annotations is not None and (
            annotations.semantic is not None or annotations.instances is not None
        )
        ax.imshow(picture(image, grey=regions), cmap="gray", vmin=0, vmax=1)
        if regions:
            draw_regions(ax, annotations)
        bare(ax, title)
    return fig


def on_nodes(image, *panels, width=2.9):
    """Values of nodes as dots over the picture: (positions, values, title); NaN: a small ring."""
    fig, axes = plt.subplots(1, len(panels), figsize=(width * len(panels), width + 0.35))
    for ax, (pos, values, title) in zip(np.atleast_1d(axes), panels, strict=True):
        ax.imshow(picture(image, grey=True), cmap="gray", vmin=0, vmax=1.4)
        y, x = np.asarray(pos).T
        values = np.asarray(values, dtype=float)
        asked = np.isfinite(values)
        ax.scatter(x[~asked], y[~asked], s=5, facecolors="none", edgecolors=FAINT, lw=0.6)
        ax.scatter(x[asked], y[asked], s=6 + 34 * values[asked], color=ORANGE, ec="white", lw=0.5)
        bare(ax, title)
    return fig


def on_edges(image, *panels, width=3.3):
    """Edges over the picture, orange for 1 and blue for 0: (positions, edges, values, title)."""
    fig, axes = plt.subplots(1, len(panels), figsize=(width * len(panels), width + 0.35))
    for ax, (pos, edges, values, title) in zip(np.atleast_1d(axes), panels, strict=True):
        ax.imshow(picture(image, grey=True), cmap="gray", vmin=0, vmax=1.4)
        ends = np.asarray(pos)[np.asarray(edges)][..., ::-1]
        values = np.asarray(values)
        for value, colour, weight in ((0, BLUE, 0.5), (1, ORANGE, 1.5)):
            lines = ends[:, values == value].transpose(1, 0, 2)
            ax.add_collection(LineCollection(lines, colors=colour, lw=weight))
        bare(ax, title)
    return fig


def score_table(measures, scores):
    """A line for each measure, a column for each network."""
    wide = max(len(measure.title) for measure in measures)
    print(" " * wide + "".join(f"{name:>22}" for name in scores))
    for measure in measures:
        found = [measure.text(of_network[measure.name]) for of_network in scores.values()]
        print(f"{measure.title:{wide}}" + "".join(f"{text:>22}" for text in found))


def losses(networks):
    """The loss on the training pictures, epoch after epoch."""
    fig, ax = plt.subplots(figsize=(4.6, 2.6))
    for (name, network), colour in zip(networks.items(), (BLUE, ORANGE), strict=False):
        curve = [epoch["train_loss"] for epoch in network.learner.history]
        ax.plot(range(1, len(curve) + 1), curve, "o-", ms=3, color=colour, label=name)
    ax.set(xlabel="epoch", xticks=range(1, len(curve) + 1), title="loss on the training pictures")
    ax.legend(frameon=False)
    return fig


def boxed(image, *panels, width=2.9):
    """Boxes over the picture: each panel a list of (corners, colour) and a title."""
    fig, axes = plt.subplots(1, len(panels), figsize=(width * len(panels), width + 0.35))
    for ax, (boxes, title) in zip(np.atleast_1d(axes), panels, strict=True):
        ax.imshow(picture(image), cmap="gray")
        for (x0, y0, x1, y1), colour in boxes:
            corner = (x0 - 0.5, y0 - 0.5)  # the centres of pixels are at integers here
            ax.add_patch(Rectangle(corner, x1 - x0, y1 - y0, fill=False, ec=colour, lw=2))
        bare(ax, title)
    return fig
