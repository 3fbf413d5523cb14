"""The growth plot of a benchmark: what a pixel costs, by size of image and by channels."""

from io import StringIO

AXES = {"pixels": "pixels of the image", "channels": "channels"}


def drawn(rows):
    """Both curves as SVG text, or nothing where no curve has two points."""
    curves = [(axis, found) for axis in AXES if (found := _curves(rows, axis))]
    if not curves:
        return ""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.5 * len(curves), 3.4), layout="constrained")
    for plot, (axis, found) in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves,
                                   strict=True):  # fmt: skip
        for (series, threads), points in found.items():
            style = "-" if threads == 1 else "--"
            label = f"{series}, {threads} thread{'s' if threads > 1 else ''}"
            plot.plot(*zip(*sorted(points), strict=True), style, marker=".", label=label)
        plot.set(xscale="log", yscale="log", xlabel=AXES[axis], ylabel="ns per pixel")
        plot.legend(fontsize="x-small")
    return as_svg(figure)


def as_svg(figure):
    """A figure as SVG text that fits the width of a page."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    picture = "<svg" + text.getvalue().partition("<svg")[2]
    return picture.replace("<svg", '<svg style="max-width: 100%; height: auto"', 1)


def _curves(rows, axis):
    """Points by series and threads, of what was timed."""
    curves = {}
    for row in rows:
        ours = next(iter(row["providers"].values()))
        if axis in row["at"] and "ms" in ours:
            point = (row["at"][axis], 1e6 * ours["ms"]["median"])
            curves.setdefault((row["at"]["series"], row["threads"]), []).append(point)
    return {name: points for name, points in curves.items() if len(points) > 1}
