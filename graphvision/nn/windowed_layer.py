"""A message-passing layer whose edges come from a window over the image."""

from abc import abstractmethod
from typing import Any

from torch import Tensor

from graphvision.graphs import ImageGraph
from graphvision.graphs.cooccurrence import windowed_partition
from graphvision.graphs.topology import Topology, window_topology
from graphvision.graphs.window import Window
from graphvision.graphs.windowed import windowed_graph
from graphvision.nn.layout import check_image, image_to_nodes, nodes_to_image
from graphvision.nn.message_passing import MessagePassing


class WindowedLayer(MessagePassing):
    """Takes an image tensor and returns one, or an :class:`ImageGraph` and returns one.

    On an image the topology is the window over the pixel grid. On a graph it is the window over
    the graph's partition, by region co-occurrence; see ``graphvision.graphs.cooccurrence``.
    """

    in_channels: int | None = None

    def __init__(self, window: Window, aggr: str, **options: Any) -> None:
        super().__init__(None, aggr, **options)
        self.window = window

    def extra_repr(self) -> str:
        """The window."""
        w = self.window
        padding = tuple(lo if lo == hi else (lo, hi) for lo, hi in w.padding)
        text = f"kernel_size={w.kernel_size}, stride={w.stride}, padding={padding}"
        text += f", dilation={w.dilation}" if max(w.dilation) > 1 else ""
        return text + ("" if self.lower else ", lower=False")

    @property
    @abstractmethod
    def psi(self) -> Any:
        """ψ, made from the layer's parameters."""

    @property
    def phi(self) -> Any:
        """φ, made from the layer's parameters."""
        return None

    def forward(self, input: Any) -> Any:  # type: ignore[override]  # edges are implied
        """Apply the layer.

        Args:
            input: an image ``[b, c, *size]`` or ``[c, *size]``, or an image graph or batch of them.

        Returns:
            As many as were given: an image or a graph. The lowered form keeps the image's memory
            format, as torch does; all others give channels-last images.

        Raises:
            ValueError: wrong shape, or a window that doesn't fit.
        """
        if isinstance(input, ImageGraph):
            partition = windowed_partition(input, self.window)
            x = self._pass(self._features(input), None, partition.topology, None)
            return windowed_graph(input, partition, x)
        return self._on_image(input)

    def _features(self, graph: ImageGraph) -> Tensor:
        x: Tensor = graph.x
        if self.in_channels is not None and x.shape[1] != self.in_channels:
            raise ValueError(f"`x` must have {self.in_channels} channels, got {x.shape[1]}")
        return x

    def _on_image(self, image: Tensor) -> Tensor:
        key = (image.shape, image.device)
        last = self.__dict__.get("_last")
        if last is None or last[0] != key:
            batched = check_image(image, self.in_channels, self.window.dims)
            topology = self.topology(batched)
            last = self.__dict__["_last"] = (key, topology, batched.ndim != image.ndim)
        _, topology, unbatched = last
        out = self._pass_image(image.unsqueeze(0) if unbatched else image, topology)
        return out[0] if unbatched else out

    def _pass_image(self, image: Tensor, topology: Topology) -> Tensor:
        lowering = self.plan(topology, image).lowering
        whole = lowering is not None and (lowering.adds_bias or self.phi is None)
        if lowering and lowering.on_image and whole and not self._watched:
            return lowering.on_image(self, image, topology)
        out = self._pass(image_to_nodes(image), None, topology, None)
        return nodes_to_image(out, len(image), self.window.output_size(tuple(image.shape[2:])))

    def __repr__(self) -> str:
        """As torch prints its layers; PyG's way names channels only."""
        return f"{type(self).__name__}({self.extra_repr()})"

    def __getstate__(self) -> dict[str, Any]:
        """Everything but what was remembered from the last call."""
        return {k: v for k, v in self.__dict__.items() if k not in ("_last", "_psi", "_phi")}

    def topology(self, image: Any) -> Topology:
        """The topology of this layer on a batch of images ``[b, c, *size]``, or on a graph."""
        if isinstance(image, ImageGraph):
            return windowed_partition(image, self.window).topology
        return window_topology(tuple(image.shape[2:]), self.window, len(image), image.device)


def check_torch_class(module: Any, wanted: type[Any]) -> None:
    """Refuse to convert what is no layer of torch's of this name."""
    if type(module) is not wanted:
        raise ValueError(
            f"`module` must be a torch.nn.{wanted.__name__}, got {type(module).__name__}"
        )
