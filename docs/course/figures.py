"""What the chapters draw with: numbers in cells, messages on arrows, fractions in matrices."""

from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

INK, FAINT, BLUE, ORANGE = "#1d2330", "#c9ced8", "#2563c9", "#d9541e"
COLOURS = (BLUE, ORANGE, "#1f8a5b", "#8a4fc7", "#b8860b", "#0f8b9e", "#c2357a", "#5c6678", INK)
AREA = 50_000  # parameters on a square point of a circle
REGIONS = ("#cfe0ff", "#ffe0cc", "#d5f2e3", "#eadcf8")

plt.rcParams.update(
    {
        "figure.facecolor": "white",
        "font.size": 10,
        "text.color": INK,
        "axes.titlesize": 11,
        "axes.titlecolor": INK,
        "figure.constrained_layout.use": True,
    }
)


def text_of(value):
    """A number as people write it: 3, -1/2, 0.37."""
    fraction = Fraction(float(value)).limit_denominator(64)
    if abs(float(fraction) - float(value)) < 1e-9 and fraction.denominator < 10:
        return str(fraction).replace("-", "−")
    return f"{float(value):.2f}".replace("-", "−")


def bare(ax, title=""):
    """No ticks, no box."""
    ax.set(xticks=[], yticks=[], title=title)
    for spine in ax.spines.values():
        spine.set_visible(False)


def cells(ax, values, title="", *, colours=None, size=13, bold=None, limits=None):
    """A picture as numbers in cells, dark where small."""
    values = np.asarray(values, dtype=float)
    known = np.isfinite(values)
    low, high = limits or (values[known].min(), values[known].max())
    for (y, x), value in np.ndenumerate(values):
        share = (value - low) / max(high - low, 1e-9) if known[y, x] else 1.0
        shade = colours[y][x] if colours is not None else str(0.35 + 0.6 * share)
        ink = "white" if colours is None and share < 0.3 else INK
        face = shade if known[y, x] else "white"
        ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fc=face, ec="white", lw=1.5))
        weight = "bold" if bold is not None and bold[y][x] else "normal"
        label = text_of(value) if known[y, x] else ""
        ax.text(x, y, label, ha="center", va="center", color=ink, fontsize=size, weight=weight)
    h, w = values.shape
    ax.set(xlim=(-0.55, w - 0.45), ylim=(h - 0.45, -0.55), aspect="equal")
    bare(ax, title)


def region_cells(ax, values, labels, title="", size=13):
    """Numbers in cells whose colour says the region."""
    colours = [[REGIONS[k % len(REGIONS)] for k in row] for row in np.asarray(labels)]
    cells(ax, values, title, colours=colours, size=size)


def row_of_pictures(*pictures, width=2.3, signs=""):
    """Pictures as numbers side by side, with a sign such as ∗ or = between them."""
    widths = [np.asarray(values).shape[1] for values, _ in pictures]
    fig, axes = plt.subplots(
        1, len(pictures), figsize=(width * len(pictures) + 0.5, width + 0.5), width_ratios=widths
    )
    for place, (ax, (values, title)) in enumerate(zip(axes, pictures, strict=True)):
        cells(ax, values, title)
        if place < len(signs):
            ax.text(
                1.07, 0.5, signs[place], transform=ax.transAxes, fontsize=18, ha="center",
                va="center", clip_on=False,
            )  # fmt: skip
    return fig


def node(ax, x, y, label, *, face="white", edge=INK, radius=0.2, size=11):
    """A circle with a label."""
    ax.add_patch(Circle((x, y), radius, fc=face, ec=edge, lw=1.6, zorder=3))
    ax.text(x, y, label, ha="center", va="center", fontsize=size, zorder=4)


def arrow(ax, start, end, *, colour=BLUE, label="", radius=0.22, size=9):
    """An arrow between the rims of two circles, with a label near its start."""
    start, end = np.array(start, float), np.array(end, float)
    step = (end - start) / np.linalg.norm(end - start)
    tail, head = start + step * radius, end - step * radius
    ax.add_patch(
        FancyArrowPatch(tail, head, arrowstyle="-|>", mutation_scale=10, color=colour, lw=1.4)
    )
    if label:
        x, y = 0.58 * tail + 0.42 * head
        ax.text(
            x, y, label, ha="center", va="center", fontsize=size, color=INK, zorder=5,
            bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.9},
        )  # fmt: skip


def picture_and_graph(image, edge_index):
    """Left the pixels, right the nodes that they become, with their numbers and edges."""
    image = np.asarray(image)
    h, w = image.shape
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.3))
    cells(left, image, "picture: one value per pixel", size=15)
    for j, i in np.asarray(edge_index).T:
        if j < i:
            ends = np.array([[j % w, j // w], [i % w, i // w]])
            right.plot(*ends.T, color=FAINT, lw=1.6, zorder=1)
    for k, value in enumerate(image.flatten()):
        node(right, k % w, k // w, text_of(value), radius=0.19)
        right.text(k % w + 0.24, k // w - 0.24, f"$n_{k}$", color=BLUE, fontsize=11)
    right.set(xlim=(-0.4, w - 0.5), ylim=(h - 0.6, -0.5), aspect="equal")
    bare(right, "graph: one node per pixel")
    return fig


def incoming(ax, image, kernel, target, *, products=False, size=9):
    """All messages W_k n_j that reach one pixel, and their sum; the window is centred on it."""
    image, kernel = np.asarray(image), np.asarray(kernel)
    (h, w), ty, tx = image.shape, *divmod(target, image.shape[1])
    total = 0.0
    for (ky, kx), weight in np.ndenumerate(kernel):
        y, x = ty + ky - 1, tx + kx - 1
        if not (0 <= y < h and 0 <= x < w):
            continue
        value = image[y, x]
        total += weight * value
        label = f"{text_of(weight)}·{text_of(value)}" if products else text_of(weight * value)
        if (y, x) == (ty, tx):
            ax.text(
                x + 0.16, y - 0.34, label, ha="center", va="center", fontsize=size, color=ORANGE
            )
        else:
            arrow(ax, (x, y), (tx, ty), label=label, size=size)
    for (y, x), value in np.ndenumerate(image):
        here = (y, x) == (ty, tx)
        node(ax, x, y, text_of(value), edge=ORANGE if here else FAINT, size=size + 1)
    ax.set(xlim=(-0.4, w - 0.6), ylim=(h - 0.5, -0.4), aspect="equal")
    bare(ax, f"$n_{target}'$ = {text_of(total)}")


def all_incoming(image, kernel):
    """One panel per pixel: all messages of a 3×3 convolution with padding 1."""
    h, w = np.asarray(image).shape
    fig, axes = plt.subplots(h, w, figsize=(2.7 * w, 2.75 * h))
    for target, ax in enumerate(axes.flatten()):
        incoming(ax, image, kernel, target, size=8)
    return fig


def sliding(image, kernel, out):
    """The window at each of its places, and the output as far as it is filled."""
    image, kernel, out = (np.asarray(a) for a in (image, kernel, out))
    k, (rows, columns) = kernel.shape[0], out.shape
    fig, axes = plt.subplots(rows, 2 * columns, figsize=(9.6, 5.0), width_ratios=[5, 3.4] * columns)
    for place, (y, x) in enumerate(np.ndindex(rows, columns)):
        left, right = axes[y, 2 * x : 2 * x + 2]
        cells(left, image, size=8)
        frame = Rectangle((x - 0.5, y - 0.5), k, k, fill=False, ec=ORANGE, lw=2.4)
        left.add_patch(frame)
        for dy, dx in np.argwhere(kernel):
            left.add_patch(Circle((x + dx, y + dy), 0.36, fill=False, ec=ORANGE, lw=1.2))
        seen = np.where(np.arange(out.size).reshape(out.shape) <= place, out, np.nan)
        cells(right, seen, size=10, limits=(out.min(), out.max()))
        right.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, ec=ORANGE, lw=2))
    return fig


def reads(ax, counts, window, title):
    """How many messages every pixel sends; the outputs' centres as dots."""
    cells(ax, counts, title, size=9)
    for y in window.centres(np.asarray(counts).shape)[0]:
        for x in window.centres(np.asarray(counts).shape)[1]:
            ax.plot(int(x) + 0.3, int(y) - 0.3, ".", color=ORANGE, ms=6)


def fields(steps, titles):
    """Receptive fields, layer after layer."""
    fig, axes = plt.subplots(1, len(steps), figsize=(2.35 * len(steps), 2.7))
    shades = ListedColormap(["#eef1f6", "#9dbcf2", ORANGE])
    for ax, step, title in zip(axes, steps, titles, strict=True):
        ax.imshow(np.asarray(step), cmap=shades, vmin=0, vmax=2)
        h, w = np.asarray(step).shape
        ax.set_xticks(np.arange(-0.5, w), minor=True)
        ax.set_yticks(np.arange(-0.5, h), minor=True)
        ax.grid(which="minor", color="white", lw=1)
        ax.tick_params(which="minor", length=0)
        bare(ax, title)
    return fig


def fractions(shares, kernel_size):
    """The matrices A_k in the layout of the kernel; row: the receiver, column: the sender."""
    rows, columns = kernel_size
    shares = np.asarray(shares)
    n = shares.shape[1]
    fig, axes = plt.subplots(rows, columns, figsize=(2.35 * columns, 2.5 * rows))
    for k, ax in enumerate(axes.flatten()):
        ax.imshow(shares[k], cmap="Blues", vmin=0, vmax=1.4)
        for (i, j), share in np.ndenumerate(shares[k]):
            ax.text(j, i, text_of(share) if share else "·", ha="center", va="center", fontsize=11)
        bare(ax, f"$A_{k}$   ({k // columns - rows // 2:+d}, {k % columns - columns // 2:+d})")
        ax.set_xticks(range(n), [f"$n_{j}$" for j in range(n)])
        ax.set_yticks(range(n), [f"$n_{i}'$" for i in range(n)])
        ax.tick_params(length=0, colors=BLUE)
    return fig


def photographs(*pictures, width=3.2, **look):
    """Pictures side by side; ``[h, w]`` in a diverging or grey map, ``[h, w, 3]`` as they are."""
    h, w = np.asarray(pictures[0][0]).shape[:2]
    fig, axes = plt.subplots(
        1, len(pictures), figsize=(width * len(pictures), width * h / w + 0.35)
    )
    for ax, (values, title) in zip(axes, pictures, strict=True):
        ax.imshow(np.asarray(values), interpolation="nearest", **look)
        bare(ax, title)
    return fig


def senders(ax, picture, grid, edges, title, *, strength=None):
    """Which cells of a picture send to one of them; lines as wide as a message is strong."""
    picture = np.asarray(picture)
    (h, w), (rows, columns) = picture.shape, grid
    ax.imshow(1 - 0.35 * picture, cmap="gray", vmin=0, vmax=1)
    y, x = (np.indices(grid) + 0.5) * np.array([h / rows, w / columns])[:, None, None] - 0.5
    x, y = x.flatten(), y.flatten()
    sending, (target,) = np.asarray(edges[0]), np.unique(edges[1])
    strength = np.full(len(sending), 0.6) if strength is None else np.asarray(strength)
    for j, share in zip(sending, strength, strict=True):
        ax.plot([x[j], x[target]], [y[j], y[target]], color=BLUE, lw=3 * share, zorder=2)
    ax.plot(x, y, ".", color=FAINT, ms=3, zorder=1)
    ax.plot(x[sending], y[sending], ".", color=BLUE, ms=5, zorder=3)
    ax.plot(x[target], y[target], "o", color=ORANGE, ms=7, zorder=4)
    bare(ax, title)


def sight(summaries, size):
    """How many pixels a position sees after each layer that moves over the picture."""
    fig, ax = plt.subplots(figsize=(8.2, 4.2))
    ax.axhline(size, color=FAINT, lw=1, zorder=0)
    for (name, summary), colour in zip(summaries.items(), COLOURS, strict=False):
        seen = [1]
        for row in summary.rows:
            if row.receptive_field and row.receptive_field[0] > seen[-1]:
                seen.append(row.receptive_field[0])
        ax.plot(range(len(seen)), seen, ".-", color=colour, ms=5, lw=1.4, label=name)
    ax.set(yscale="log", xlabel="layers that see farther than the one before", ylabel="pixels seen")
    ax.set_xticks(range(0, 21, 2))
    ax.set_yticks([1, 4, 16, 64, size], ["1", "4", "16", "64", f"{size}\nthe picture"])
    ax.minorticks_off()
    ax.legend(frameon=False, loc="lower right")
    _open(ax)
    return fig


def accuracy_against_operations(networks, rows, left):
    """Accuracy against multiply-adds, circles as large as the number of parameters."""
    fig, ax = plt.subplots(figsize=(8.6, 5.2))
    for (name, facts), colour in zip(networks.items(), COLOURS, strict=False):
        found = [100 * row["accuracy"] for row in rows if row["network"] == name]
        place = facts["multiply_adds"], sum(found) / len(found)
        area = facts["parameters"] / AREA
        ax.scatter(*place, s=area, color=colour, alpha=0.35, lw=0, zorder=2)
        ax.plot([place[0]] * len(found), found, ".", color=colour, ms=5, zorder=3)
        ax.plot(*place, "_", color=colour, ms=9, zorder=3)
        side = -1 if name in left else 1
        ax.annotate(
            name, place, xytext=(side * (area**0.5 / 2 + 5), 0), textcoords="offset points",
            ha="right" if side < 0 else "left", va="center", color=INK, fontsize=10, zorder=4,
        )  # fmt: skip
    for millions in (1, 10, 100):
        label = f"{millions} million"
        ax.scatter([], [], s=millions * 1e6 / AREA, color=FAINT, lw=0, label=label)
    ax.margins(x=0.08, y=0.12)
    ax.legend(title="parameters", frameon=False, labelspacing=2.2, handletextpad=2.0, borderpad=1.5)
    ax.set(xscale="log", xlabel="multiply-adds per picture", ylabel="test accuracy, %")
    _open(ax)
    return fig


def _open(ax):
    """No box: axes at the left and below."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
