"""The one error of layers that have no form as message passing."""

from collections.abc import Sequence


class UnsupportedModule(ValueError):  # noqa: N818  # the name that the error has in every text
    """Some layers or functions of a network have no rule; the message lists all of them at once.

    Attributes:
        places: one line for each: where it is in the network and what it is.

    Example:
        >>> import torch, graphvision as gv
        >>> net = torch.nn.Sequential(torch.nn.Fold((4, 4), 2), torch.nn.FractionalMaxPool2d(2, 2))
        >>> gv.graphify(torch.nn.Sequential(torch.nn.FractionalMaxPool2d(2, 2)),
        ...             torch.zeros(1, 1, 8, 8))
        Traceback (most recent call last):
        ...
        graphvision.convert.unsupported.UnsupportedModule: `cnn` must consist of layers with a rule, got 1 without:
          0: FractionalMaxPool2d
        Add a rule with graphvision.convert.register_rule, or take the layer out.
    """  # noqa: E501

    def __init__(self, places: Sequence[str]) -> None:
        self.places = list(places)
        lines = "\n".join(f"  {place}" for place in self.places)
        super().__init__(
            f"`cnn` must consist of layers with a rule, got {len(self.places)} without:\n{lines}\n"
            "Add a rule with graphvision.convert.register_rule, or take the layer out."
        )
