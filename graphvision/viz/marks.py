"""What is known or answered about one picture, drawn on axes that show it."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from torch import Tensor

from graphvision.graphs.annotations import Annotations
from graphvision.viz.lines import border_lines, changes, draw_lines
from graphvision.viz.object_colours import object_colours
from graphvision.viz.theme import class_colour

FILL = 0.55
UNKNOWN = (0.5, 0.5, 0.5)
SURE, VISIBLE = 0.3, 0.05


def of_image(annotations: Annotations, index: int) -> Annotations:
    """What a batch says about one of its images.

    Args:
        annotations: of the batch: truth, or an answer.
        index: the image, 0 … b - 1.

    Returns:
        Annotations of the same class, of a batch of one; what belongs to edges of graphs is left
        out.

    Raises:
        IndexError: there is no such image.

    Example:
        >>> import torch
        >>> of_image(Annotations((4, 5), labels=torch.tensor([2, 0])), 1).labels
        tensor([0])
    """
    if not 0 <= index < len(annotations):
        raise IndexError(f"`index` must be in 0…{len(annotations) - 1}, got {index}")
    chosen: dict[str, Any] = {}
    for field in fields(annotations):
        value = getattr(annotations, field.name)
        if isinstance(value, Tensor):
            chosen[field.name] = value[index : index + 1]
    if annotations.box_ptr is not None:
        first, last = annotations.box_ptr[index : index + 2].tolist()
        for name in ("boxes", "box_labels", "box_scores"):
            if getattr(annotations, name, None) is not None:
                chosen[name] = getattr(annotations, name)[first:last]
        chosen["box_ptr"] = annotations.box_ptr[index : index + 2] - first
    if "edge_borders" in chosen:
        chosen["edge_borders"] = None
    return replace(annotations, **chosen)


def draw_regions(
    ax: Any, annotations: Annotations, *, match: Annotations | None = None, width: float = 1.0
) -> None:
    """Classes of pixels as translucent colours; objects as lines around them.

    Args:
        ax: matplotlib axes that show the picture.
        annotations: of one image; without classes of pixels every object has a colour.
        match: its objects lend their colours to those that cover them best.
        width: of the lines, in points; where borders have strengths there are none.
    """
    classes, objects = _map(annotations.semantic), _map(annotations.instances)
    outlined = objects if objects is not None else classes
    if outlined is None:
        return
    if classes is not None:
        filled, colour = classes, {c: class_colour(int(c) - 1) for c in _values(classes) if c > 0}
    else:
        filled = outlined
        truth = None if match is None else _map(match.instances)
        colour = {i: class_colour(c) for i, c in object_colours(filled, truth).items()}
    colour[-1] = UNKNOWN
    table = np.array([(*colour.get(i, (0, 0, 0)), FILL * (i in colour)) for i in _values(filled)])
    painted = table[np.searchsorted(_values(filled), filled)]
    painted[filled == -1] = _stripes(*filled.shape)[filled == -1]
    ax.imshow(painted, interpolation="nearest", zorder=1)
    if getattr(annotations, "borders", None) is None:
        _outline(ax, outlined, painted, width=width)


def draw_borders(ax: Any, borders: Tensor, *, width: float = 1.5) -> None:
    """Borders between pixels: the surer, the more opaque.

    Args:
        ax: matplotlib axes that show the picture.
        borders: strengths to the right and below, ``[2, h, w]``, 0 … 1.
        width: of the lines, in points.
    """
    from matplotlib.collections import LineCollection

    right, below = borders.detach().cpu().double().numpy()
    shown = (right > VISIBLE, below > VISIBLE)
    strength = np.concatenate([right[shown[0]], below[shown[1]]])
    lines = list(border_lines(*shown))
    for colour, factor in ((0.0, 2.0), (1.0, 1.0)):  # white on a dark rim
        look = np.stack([*[np.full_like(strength, colour)] * 3, strength.clip(0, 1)], 1)
        made = LineCollection(lines, colors=look, linewidths=factor * width, capstyle="butt")
        ax.add_collection(made)


def draw_boxes(
    ax: Any,
    annotations: Annotations,
    classes: Sequence[str],
    *,
    colour: Any = None,
    fontsize: int | float = 7,
    **look: Any,
) -> None:
    """Boxes with their class and score: the surest, and all with a score of at least 0.3.

    Args:
        ax: matplotlib axes that show the picture.
        annotations: of one image, with boxes.
        classes: names.
        colour: of all boxes; None: that of each class.
        fontsize: of the letters, in points; 0: none.
        **look: of a matplotlib ``Rectangle``.
    """
    from matplotlib.patches import Rectangle

    assert annotations.boxes is not None
    assert annotations.box_labels is not None
    boxes = annotations.boxes.detach().cpu().double().numpy() - 0.5
    labels, scores = annotations.box_labels.tolist(), getattr(annotations, "box_scores", None)
    for place in _sure(scores, len(boxes)):
        x0, y0, x1, y1 = boxes[place]
        own = class_colour(labels[place]) if colour is None else colour
        for line in ({"ec": (0, 0, 0, 0.45), "lw": 2.0}, {"ec": own, "lw": 1.0}):
            box = Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, zorder=4, **(line | look))
            box.set_linewidth(line["lw"] * look.get("lw", 1.5))
            ax.add_patch(box)
        if fontsize:
            sure = "" if scores is None else f" {float(scores[place]):.2f}"
            text = f"{classes[labels[place]]}{sure}"
            _label(ax, text, boxes[place], colour=own, fontsize=fontsize)


def caption(annotations: Annotations, classes: Sequence[str]) -> str:
    """What is said about the picture as a whole.

    Args:
        annotations: of one image.
        classes: names.

    Returns:
        The class; or the likely classes where each has a probability; or a number of objects where
        there is only one score; empty where nothing is said.

    Example:
        >>> import torch
        >>> caption(Annotations((4, 5), labels=torch.tensor([1])), ("cat", "dog"))
        'dog'
    """
    if annotations.labels is not None:
        label = int(annotations.labels[0])
        return classes[label] if label >= 0 else "none of the classes"
    scores = getattr(annotations, "label_scores", None)
    if scores is None:
        return ""
    if scores.shape[1] != len(classes):
        return f"{float(scores[0, 0]):.1f} objects"
    likely = [(float(s), name) for s, name in zip(scores[0], classes, strict=True) if s >= 0.5]
    return ", ".join(f"{name} {s:.2f}" for s, name in sorted(likely, reverse=True)) or "no class"


def legend_entries(shown: Sequence[Annotations], classes: Sequence[str]) -> list[tuple[Any, str]]:
    """The classes of pixels that pictures show, and their colours.

    Args:
        shown: what is drawn.
        classes: names.

    Returns:
        Colours and names in the order of the classes, last what isn't known.
    """
    maps = [found for found in (_map(one.semantic) for one in shown) if found is not None]
    present = sorted({int(value) for found in maps for value in _values(found)})
    entries = [(class_colour(c - 1), classes[c - 1]) for c in present if c > 0]
    return entries + [(UNKNOWN, "not known")] * (-1 in present)


def _map(labels: Tensor | None) -> np.ndarray | None:
    return None if labels is None else labels[0].cpu().numpy()


def _values(labels: np.ndarray) -> np.ndarray:
    values: np.ndarray = np.unique(labels)
    return values


def _stripes(height: int, width: int) -> np.ndarray:
    """Light and dark: no class looks like what isn't known."""
    y, x = np.ogrid[:height, :width]
    light = 0.35 + 0.3 * ((y + x) // max(1, height // 32) % 2)
    return np.stack([light, light, light, np.full_like(light, 0.9)], -1)


def _outline(ax: Any, labels: np.ndarray, painted: np.ndarray, *, width: float) -> None:
    """Lines where labels change, in the opaque colour of the side that has one."""
    right, below = changes(labels)
    colours = []
    for shown, axis in ((right, 1), (below, 0)):
        own, other = painted[shown], np.roll(painted, -1, axis)[shown]
        colours.append(np.where(own[:, 3:] > 0, own, other)[:, :3])
    draw_lines(
        ax,
        border_lines(right, below),
        colors=np.concatenate(colours),
        linewidths=width,
        zorder=2,
    )


def _sure(scores: Tensor | None, count: int) -> list[int]:
    """Boxes to draw, the surest last, on top."""
    if scores is None:
        return list(range(count))
    order = scores.argsort().tolist()
    return [place for place in order if scores[place] >= SURE] or order[-1:]


def _label(ax: Any, text: str, box: np.ndarray, *, colour: Any, fontsize: int | float) -> None:
    """Within the picture, above the box where there is room, else inside it."""
    from matplotlib.colors import to_rgb

    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    x0, y0, x1, _ = box
    line = 1.6 * fontsize * ax.figure.dpi / 72  # pixels
    line *= abs(bottom - top) / ax.get_window_extent().height
    above, at_right = y0 - line >= top, x0 > (left + right) / 2
    red, green, blue = to_rgb(colour)
    dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.55
    ax.text(
        min(x1, right) if at_right else max(x0, left),
        y0 if above else max(y0, top),
        text,
        fontsize=fontsize,
        ha="right" if at_right else "left",
        va="bottom" if above else "top",
        color="white" if dark else "#101010",
        bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.0, "alpha": 0.9},
        zorder=5,
        clip_on=True,
    )
