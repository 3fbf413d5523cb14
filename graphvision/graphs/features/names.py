"""What the columns of ``x`` and ``edge_attr`` mean."""

from collections.abc import Sequence

_AXES = {1: "x", 2: "yx", 3: "zyx"}


def chosen(names: str | Sequence[str], known: tuple[str, ...], what: str) -> tuple[str, ...]:
    """Check feature names against ``known`` and write ``"all"`` out.

    Raises:
        ValueError: an unknown name, or a name twice; ``what`` is the argument's name.
    """
    if isinstance(names, str):
        names = known if names == "all" else (names,)
    names = tuple(names)
    for name in names:
        if name not in known:
            raise ValueError(f"`{what}` must be 'all' or names of {list(known)}, got {name!r}")
    if len(set(names)) < len(names):
        raise ValueError(f"`{what}` must have every name once, got {list(names)}")
    return names


def feature_names(
    names: str | Sequence[str], channels: int = 1, *, kind: str = "node", ndim: int = 2
) -> list[str]:
    """Name every column that the features give.

    Args:
        names: as given to :func:`graphvision.image_graph`.
        channels: of the image.
        kind: ``"node"`` for ``x``, ``"edge"`` for ``edge_attr``.
        ndim: spatial dimensions.

    Returns:
        One name per column, in order.

    Raises:
        ValueError: an unknown name or kind.

    Example:
        >>> feature_names(("mean", "centroid"), channels=2)
        ['mean_0', 'mean_1', 'centroid_y', 'centroid_x']
        >>> feature_names("all", kind="edge")[:3]
        ['displacement_y', 'displacement_x', 'distance']
    """
    from graphvision.graphs.features.edge import EDGE_FEATURES
    from graphvision.graphs.features.node import node_names

    if kind not in ("node", "edge"):
        raise ValueError(f"`kind` must be 'node' or 'edge', got {kind!r}")
    if kind == "edge":
        picked = chosen(names, EDGE_FEATURES, "edge_features")
    else:
        picked = node_names(names, ndim)
    suffixes = suffixes_of(channels, ndim, kind)
    return ["_".join(filter(None, (name, suffix))) for name in picked for suffix in suffixes[name]]


def suffixes_of(channels: int, ndim: int, kind: str) -> dict[str, list[str]]:
    """What is added to every feature's name for each of its columns.

    Args:
        channels: of the image.
        ndim: spatial dimensions.
        kind: ``"node"`` or ``"edge"``: an edge's gradient is a number, a node's a vector.
    """
    axes = _AXES[ndim]
    colour = [str(c) for c in range(channels)]
    place = list(axes)
    products = [2 * a for a in axes]
    products += [axes[a] + axes[b] for a in range(len(axes)) for b in range(a + 1, len(axes))]
    corners = ("above_left", "above_right", "below_left", "below_right")
    scalars = ("area", "border_contact", "distance", "border_length")
    return {
        **{name: [""] for name in scalars},
        **dict.fromkeys(("mean", "std", "min", "max", "colour_step"), colour),
        **dict.fromkeys(("centroid", "displacement", "intensity_shift"), place),
        "second_moments": products,
        "gradient": [""] if kind == "edge" else place,
        "orientation": [f"{45 * k}deg" for k in range(8)],
        "quadrants": [f"{corner}_{c}" for corner in corners for c in colour],
    }
