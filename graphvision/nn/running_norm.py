"""Batch and instance normalisation, which remember a running mean and variance."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from graphvision.graphs import ImageGraph
from graphvision.nn.node_statistics import Groups, Standardized, standardize
from graphvision.nn.norm_layer import NormLayer, affine


class _RunningNorm(NormLayer):
    num_features: int
    eps: float
    momentum: float | None
    track_running_stats: bool
    weight: Any
    bias: Any
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    _check_input_dim: Callable[[Tensor], None]

    @property
    def channels(self) -> int:
        """Channels of the input."""
        return self.num_features

    @property
    @abstractmethod
    def _reads_input(self) -> bool:
        """Whether the statistics are those of the input."""

    @abstractmethod
    def _momentum(self) -> float | None:
        """The weight of the input in the running statistics; None where they stay."""

    def _on_image(self, image: Tensor) -> Tensor:
        self._check_input_dim(image)
        return super()._on_image(image)

    def _on_nodes(self, x: Tensor, groups: Groups) -> Tensor:
        if self._reads_input:
            self._check_more_than_one(groups)
            found = standardize(x, groups, eps=self.eps, channel_groups=self.num_features)
            self._track(found, groups)
            return affine(found.x, self.weight, self.bias)
        assert self.running_mean is not None, "else the input is read"
        assert self.running_var is not None, "the two go together"
        x = (x - self.running_mean) * (self.running_var + self.eps).rsqrt()
        return affine(x, self.weight, self.bias)

    def _check_more_than_one(self, groups: Groups) -> None:
        if groups.least <= 1:
            whose = "an image" if self.per_image else "the batch"
            raise ValueError(
                f"`input` must have more than 1 pixel per channel of {whose} when its own "
                f"statistics are used, got {groups.least:.0f}"
            )

    @torch.no_grad()
    def _track(self, found: Standardized, groups: Groups) -> None:
        momentum = self._momentum()
        if momentum is None or self.running_mean is None or self.running_var is None:
            return
        pixels = groups.pixels.unsqueeze(1)
        unbiased = found.variance * (pixels / (pixels - 1))
        self.running_mean.lerp_(found.mean.mean(0).to(self.running_mean.dtype), momentum)
        self.running_var.lerp_(unbiased.mean(0).to(self.running_var.dtype), momentum)


class _BatchNorm(_RunningNorm):
    per_image = False

    @property
    def _reads_input(self) -> bool:
        return self.training or self.running_mean is None

    def _momentum(self) -> float | None:
        if not (self.training and self.track_running_stats):
            return None
        if self.num_batches_tracked is None:
            return self.momentum
        self.num_batches_tracked.add_(1)
        return 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum


class _InstanceNorm(_RunningNorm):
    @property
    def _reads_input(self) -> bool:
        return self.training or not self.track_running_stats

    def _momentum(self) -> float | None:
        return self.momentum or 0.0


class BatchNorm1d(_BatchNorm, nn.BatchNorm1d):
    """``torch.nn.BatchNorm1d`` that takes graphs of signals too; see :class:`BatchNorm2d`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.BatchNorm1d(2)(torch.rand(4, 2, 16)).shape
        torch.Size([4, 2, 16])
    """

    dims = 1


class BatchNorm2d(_BatchNorm, nn.BatchNorm2d):
    """``torch.nn.BatchNorm2d`` that takes image graphs too: statistics over pixels, not nodes.

    ``n_i' = w · (n_i − Σ_j a_j n_j) / √(Σ_j a_j (n_j − mean)² + eps) + b`` where a_j is node j's
    share of the pixels of the batch; that is painting, torch's layer, and region means. Ignored
    pixels count nothing. Running statistics are torch's, unbiased by the number of pixels.

    Args:
        num_features: channels.
        lower: False for messages on images too.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> out = gv.nn.BatchNorm2d(graph.num_features)(graph)
        >>> bool(gv.nn.GlobalPool("mean")(out).abs().max() < 1e-5)
        True

    Source:
        Ioffe and Szegedy, Batch normalization, ICML 2015, algorithm 1; the oracle is torch's layer
        on the painted image (``test_matches_oracle``).
    """

    dims = 2


class BatchNorm3d(_BatchNorm, nn.BatchNorm3d):
    """``torch.nn.BatchNorm3d`` that takes graphs of voxels too; see :class:`BatchNorm2d`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.BatchNorm3d(2)(torch.rand(1, 2, 4, 4, 4)).shape
        torch.Size([1, 2, 4, 4, 4])
    """

    dims = 3


class SyncBatchNorm(_BatchNorm, nn.SyncBatchNorm):
    """``torch.nn.SyncBatchNorm`` that takes graphs in a single process; see :class:`BatchNorm2d`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.SyncBatchNorm(2)(torch.rand(4, 2, 8, 8)).shape
        torch.Size([4, 2, 8, 8])
    """

    def forward(self, input: Any) -> Any:
        """As :meth:`BatchNorm2d.forward`.

        Raises:
            ValueError: a graph in training with several processes.
        """
        if isinstance(input, ImageGraph) and self.training and _processes(self.process_group) > 1:
            raise ValueError(
                "`input` must be an image where several processes train, got an ImageGraph: "
                "statistics of graphs are those of one process"
            )
        return super().forward(input)


def _processes(group: Any) -> int:
    made = torch.distributed.is_available() and torch.distributed.is_initialized()
    return torch.distributed.get_world_size(group) if made else 1


class InstanceNorm1d(_InstanceNorm, nn.InstanceNorm1d):
    """``torch.nn.InstanceNorm1d`` that takes graphs of signals too; see :class:`InstanceNorm2d`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.InstanceNorm1d(2)(torch.rand(4, 2, 16)).shape
        torch.Size([4, 2, 16])
    """

    dims = 1


class InstanceNorm2d(_InstanceNorm, nn.InstanceNorm2d):
    """``torch.nn.InstanceNorm2d`` that takes image graphs too: statistics of each image's pixels.

    As :class:`BatchNorm2d`, with shares of the pixels of the image.

    Args:
        num_features: channels.
        lower: False for messages on images too.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> out = gv.nn.InstanceNorm2d(graph.num_features)(graph)
        >>> bool(gv.nn.GlobalPool("mean")(out).abs().max() < 1e-5)
        True

    Source:
        Ulyanov, Vedaldi, Lempitsky, Instance normalization, 2016, equation 2; the oracle is torch's
        layer on the painted image (``test_matches_oracle``).
    """

    dims = 2


class InstanceNorm3d(_InstanceNorm, nn.InstanceNorm3d):
    """``torch.nn.InstanceNorm3d`` that takes graphs of voxels too; see :class:`InstanceNorm2d`.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.InstanceNorm3d(2)(torch.rand(1, 2, 4, 4, 4)).shape
        torch.Size([1, 2, 4, 4, 4])
    """

    dims = 3
