"""What a command does with a task where nothing is said."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Defaults:
    """Settings of a comparison that suit a task.

    Attributes:
        models: at least two CNNs and two graph networks.
        dataset: small enough for minutes on two cores.
        epochs: passes over its training images.
        segments: superpixels per image.
        batch_size: images per step.
    """

    models: str
    dataset: str = "scenes-mini"
    epochs: int = 12
    segments: int = 200
    batch_size: int = 16


DEFAULTS = {
    "classify": Defaults("lenet5,lenet5-graph,gcn,superpixel-net", "fashion-mini", 10, 75, 64),
    "count": Defaults("localizer,lenet5,residual-gated,superpixel-net"),
    "detect": Defaults("fcos,unet,superpixel-detector,superpixel-net", epochs=6),
    "edges": Defaults("unet,segnet,residual-gated,superpixel-net", epochs=6),
    "localize": Defaults(
        "localizer,lenet5,residual-gated,superpixel-net", "scenes-single", epochs=7, segments=100
    ),
    "segment": Defaults("unet,segnet,residual-gated,superpixel-net", epochs=6),
    "tag": Defaults("localizer,lenet5,residual-gated,superpixel-net"),
}


def defaults(task: str) -> Defaults:
    """What suits a task, or several that are learned at once.

    Args:
        task: a name, or several with ``+`` between.

    Example:
        >>> defaults("segment+edges").models
        'residual-gated,superpixel-net,hybrid'
    """
    return DEFAULTS.get(task, Defaults("residual-gated,superpixel-net,hybrid", epochs=6))
