"""One picture with what is known or answered about it drawn over it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath
from PIL import Image

from graphvision.graphs.annotations import Annotations
from graphvision.viz.marks import (
    caption,
    draw_borders,
    draw_boxes,
    draw_regions,
    legend_entries,
)
from graphvision.viz.picture import picture
from graphvision.viz.theme import LIGHT

_LONGEST = 640
_DPI = 100


def overlay(
    image: Any, annotations: Annotations, classes: Sequence[str], *, scale: int | None = None
) -> Image.Image:
    """Draw what is known or answered about a picture over it.

    Classes of pixels are translucent colours, objects have lines around them (and colours of their
    own where their classes aren't known), boxes have their class and score, borders are lines that
    are the more opaque the surer they are. Below the picture: its class, and which colour is which.

    Args:
        image: one picture; see :func:`graphvision.graphs.images.as_image`.
        annotations: of a batch of this one image; see :func:`graphvision.viz.marks.of_image`.
        classes: names of the classes; colours belong to their places, whatever the picture shows.
        scale: size of a pixel, ≥ 1; None: as large as fits into 640 pixels.

    Returns:
        An RGB image; a pixel (y, x) of the picture is the square from (scale·y, scale·x) on.

    Raises:
        ValueError: not one picture, annotations of another size or of several images, or a scale
            below 1.

    Example:
        >>> import torch
        >>> truth = Annotations((8, 9), labels=torch.tensor([0]))
        >>> overlay(torch.rand(3, 8, 9), truth, ("cat",), scale=20).size[0]
        180
    """
    coloured = annotations.semantic is not None or annotations.instances is not None
    pixels = picture(image, grey=coloured)
    height, width = pixels.shape[:2]
    if tuple(annotations.image_size) != (height, width) or len(annotations) != 1:
        rows, columns = annotations.image_size
        got = f"{len(annotations)} of {rows}×{columns}"
        raise ValueError(f"`annotations` must be of one image of {height}×{width}, got {got}")
    scale = max(1, _LONGEST // max(height, width)) if scale is None else scale
    if scale < 1:
        raise ValueError(f"`scale` must be at least 1, got {scale}")
    letters = min(max(scale * max(height, width) / 60, 8.0), 14.0)  # height, in points
    lines = _legend_lines(annotations, classes, letters, scale * width)
    strip = round(1.9 * letters * _DPI / 72) * len(lines)
    figure = Figure(figsize=(scale * width / _DPI, (scale * height + strip) / _DPI), dpi=_DPI)
    canvas = FigureCanvasAgg(figure)
    figure.set_facecolor(LIGHT.paper)
    share = scale * height / (scale * height + strip)
    ax = figure.add_axes((0.0, 1 - share, 1.0, share))
    ax.set_axis_off()
    ax.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    _draw(ax, annotations, classes, letters)
    _write(figure, lines, letters, strip)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def _draw(ax: Any, annotations: Annotations, classes: Sequence[str], letters: float) -> None:
    width = max(1.0, letters / 9)
    draw_regions(ax, annotations, width=width)
    borders = getattr(annotations, "borders", None)
    if borders is not None:
        draw_borders(ax, borders[0], width=width)
    if annotations.boxes is not None:
        draw_boxes(ax, annotations, classes, fontsize=0.8 * letters, lw=1.4 * width)


def _legend_lines(
    annotations: Annotations, classes: Sequence[str], letters: float, width: int
) -> list[list[tuple[float, Any, str]]]:
    """What stands below the picture: lines of (place in pixels, colour or None, text)."""
    entries: list[tuple[Any, str]] = []
    said = caption(annotations, classes)
    if said:
        entries.append((None, said))
    entries += legend_entries([annotations], classes)
    em, x = letters * _DPI / 72, float(width)
    lines: list[list[tuple[float, Any, str]]] = []
    for colour, text in entries:
        size = TextPath((0, 0), text, size=em).get_extents().width + (2.4 if colour else 2.0) * em
        if x + size > width and (not lines or lines[-1]):
            lines.append([])
            x = 0.5 * em
        lines[-1].append((x, colour, text))
        x += size
    return lines


def _write(figure: Figure, lines: Any, letters: float, strip: int) -> None:
    width, height = figure.bbox.size
    em = letters * _DPI / 72
    for row, line in enumerate(lines):
        y = (strip - 1.9 * em * (row + 0.5)) / height
        for x, colour, text in line:
            place = x / width
            if colour is not None:
                corner, side = (place, y - 0.5 * em / height), (em / width, em / height)
                figure.add_artist(Rectangle(corner, *side, color=colour, lw=0))
                place += 1.4 * em / width
            weight = "bold" if colour is None else "normal"
            look: dict[str, Any] = {"fontsize": letters, "color": LIGHT.ink, "fontweight": weight}
            figure.text(place, y, text, va="center", ha="left", **look)
