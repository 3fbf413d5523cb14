"""Group normalisation: statistics per image and group of channels."""

from torch import Tensor, nn

from graphvision.nn.node_statistics import Groups, standardize
from graphvision.nn.norm_layer import NormLayer, affine


class GroupNorm(NormLayer, nn.GroupNorm):
    """``torch.nn.GroupNorm`` that takes image graphs too: statistics of each image's pixels.

    As :class:`BatchNorm2d`, with means over the pixels of the image and the channels of a group.

    Args:
        num_groups: equal parts of the channels with statistics of their own.
        num_channels: channels.
        lower: False for messages on images too.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> out = gv.nn.GroupNorm(1, graph.num_features)(graph)
        >>> bool(gv.nn.GlobalPool("mean")(out).mean().abs() < 1e-5)
        True

    Source:
        Wu and He, Group normalization, ECCV 2018, equations 1-2; the oracle is torch's layer on the
        painted image (``test_matches_oracle``).
    """

    @property
    def channels(self) -> int:
        """Channels of the input."""
        return self.num_channels

    def _on_nodes(self, x: Tensor, groups: Groups) -> Tensor:
        values = float(groups.pixels.sum()) * self.channels // self.num_groups
        if values <= 1:
            raise ValueError(
                f"`input` must have more than 1 value per group of channels, got {values:.0f}"
            )
        found = standardize(x, groups, eps=self.eps, channel_groups=self.num_groups)
        return affine(found.x, self.weight, self.bias)
