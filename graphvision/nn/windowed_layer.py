"""A message-passing layer whose edges come from a window over the image."""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from graphvision.graphs import ImageGraph
from graphvision.graphs.abstract_window import AbstractWindow
from graphvision.graphs.cooccurrence import windowed_partition
from graphvision.graphs.topology import Topology, window_topology
from graphvision.graphs.windowed import way_back, windowed_graph
from graphvision.nn.layout import check_dtype, check_image, image_to_nodes, nodes_to_image
from graphvision.nn.message_passing import MessagePassing


class WindowedLayer(MessagePassing):
    """Takes an image tensor and returns one, or an :class:`ImageGraph` and returns one.

    On an image the topology is the window over the pixel grid. On a graph it is the window over
    the graph's partition, by region co-occurrence; see ``graphvision.graphs.cooccurrence``.
    """

    in_channels: int | None = None
    window: AbstractWindow

    def __init__(self, window: AbstractWindow | None, aggr: str, **options: Any) -> None:
        super().__init__(None, aggr, **options)
        if window is not None:
            self.window = window

    def extra_repr(self) -> str:
        """The window."""
        return self.window.describe() + ("" if self.lower else ", lower=False")

    @property
    @abstractmethod
    def psi(self) -> Any:
        """ψ, made from the layer's parameters."""

    @property
    def phi(self) -> Any:
        """φ, made from the layer's parameters."""
        return None

    def window_of(self, input: Any) -> AbstractWindow:
        """The window for an image or graph: one for all, but where the number of axes counts."""
        return self.window

    @property
    def weight_dtype(self) -> torch.dtype | None:
        """The type of the weights; None without any."""
        return None

    def forward(self, input: Any, onto: ImageGraph | None = None) -> Any:  # type: ignore[override]
        """Apply the layer; edges are implied.

        Args:
            input: an image ``[b, c, *size]`` or ``[c, *size]``, or an image graph or batch of them.
            onto: on a graph, a graph (or a batch of as many) whose image sizes are the output's:
                the result has its partition and edges. By default the output's partition is the
                input's, read at the centre of each window; where a window enlarges the raster to
                sizes that it had before, it is the partition of then. An image needs none.

        Returns:
            As many as were given: an image or a graph. The lowered form keeps the image's memory
            format, as torch does; all others give channels-last images.

        Raises:
            ValueError: wrong shape or type, a window that doesn't fit, or ``onto`` of another size.
        """
        return self._slide(input, self.window_of(input), onto)

    def _slide(self, input: Any, window: AbstractWindow, onto: ImageGraph | None) -> Any:
        if isinstance(input, ImageGraph):
            onto = way_back(input, window) if onto is None else onto
            partition = windowed_partition(input, window, onto)
            x = self._pass(self._features(input), None, partition.topology, None)
            return windowed_graph(input, partition, x, onto=onto)
        return self._on_image(input, window)

    def _features(self, graph: ImageGraph) -> Tensor:
        x: Tensor = graph.x
        if self.in_channels is not None and x.shape[1] != self.in_channels:
            raise ValueError(f"`x` must have {self.in_channels} channels, got {x.shape[1]}")
        check_dtype("x", x, self.weight_dtype)
        return x

    def _on_image(self, image: Tensor, window: AbstractWindow) -> Tensor:
        key = (image.shape, image.dtype, image.device, window)
        last = self.__dict__.get("_last")
        if last is None or last[0] != key:
            batched = check_image(image, self.in_channels, window.dims)
            if self.weight_dtype is not None:
                check_dtype("input", image, self.weight_dtype)
            size = tuple(batched.shape[2:])
            topology = window_topology(size, window, len(batched), image.device)
            last = self.__dict__["_last"] = (key, topology, batched.ndim != image.ndim)
        _, topology, unbatched = last
        out = self._pass_image(image.unsqueeze(0) if unbatched else image, topology)
        return out[0] if unbatched else out

    def _pass_image(self, image: Tensor, topology: Topology) -> Tensor:
        lowering = self.plan(topology, image).lowering
        whole = lowering is not None and (lowering.adds_bias or self.phi is None)
        if lowering and lowering.on_image and whole and not self._watched:
            return lowering.on_image(self, image, topology)
        check_dtype("input", image, self.weight_dtype)
        out = self._pass(image_to_nodes(image), None, topology, None)
        assert topology.raster is not None, "images are full rasters"
        return nodes_to_image(out, len(image), topology.raster.output_size)

    def __repr__(self) -> str:
        """As torch prints its layers; PyG's way names channels only."""
        return f"{type(self).__name__}({self.extra_repr()})"

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what was remembered from the last call."""
        return {k: v for k, v in self.__dict__.items() if k not in ("_last", "_psi", "_phi")}

    def topology(self, image: Any) -> Topology:
        """The topology of this layer on a batch of images ``[b, c, *size]``, or on a graph."""
        window = self.window_of(image)
        if isinstance(image, ImageGraph):
            return windowed_partition(image, window).topology
        return window_topology(tuple(image.shape[2:]), window, len(image), image.device)


def check_torch_class(module: Any, wanted: type[Any]) -> None:
    """Refuse to convert what is no layer of torch's of this name."""
    if type(module) is not wanted:
        raise ValueError(
            f"`module` must be a torch.nn.{wanted.__name__}, got {type(module).__name__}"
        )
