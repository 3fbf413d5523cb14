"""Convolution as message passing: ψ = Σ_k e_ji,k W_k n_j, ⊕ = sum, φ = + b."""

import copy
from abc import abstractmethod
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from graphvision.graphs import ImageGraph
from graphvision.graphs.abstract_window import AbstractWindow, Size
from graphvision.graphs.transposed_window import TransposedWindow
from graphvision.nn.phi import Bias
from graphvision.nn.psi import Taps
from graphvision.nn.windowed_layer import WindowedLayer, check_torch_class


class AbstractConvolution(WindowedLayer):
    """ψ and φ from ``weight`` and ``bias``, wherever these come from."""

    in_channels: int
    groups: int
    weight: Any
    bias: Any

    @property
    def weight_dtype(self) -> torch.dtype:
        """The type of ``weight``."""
        dtype: torch.dtype = self.weight.dtype
        return dtype

    @property
    def psi(self) -> Taps:
        """One matrix per tap; made once for as long as ``weight`` is the same tensor."""
        made: Taps | None = self.__dict__.get("_psi")
        if made is None or made.weight is not self.weight:
            turned = isinstance(self.window, TransposedWindow)
            made = Taps(self.weight, self.groups, transposed=turned, owned=False)
            self.__dict__["_psi"] = made
        return made

    @property
    def phi(self) -> Bias | None:
        """The bias, once per node."""
        if self.bias is None:
            return None
        made: Bias | None = self.__dict__.get("_phi")
        if made is None or made.bias is not self.bias:
            made = self.__dict__["_phi"] = Bias(self.bias, owned=False)
        return made


class Convolution(AbstractConvolution):
    """A convolution whose weight and bias are given at the call, as ``F.conv2d`` takes them.

    Args:
        window: a :class:`Window`, or a :class:`TransposedWindow` for ``F.conv_transpose2d``.
        groups: blocks of channels that don't mix.
        lower: as in :class:`Conv2d`.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> layer = gv.nn.Convolution(gv.nn.Window.make(3, padding=1, dims=2))
        >>> layer(torch.ones(1, 1, 4, 4), torch.ones(1, 1, 3, 3))[0, 0, 0]
        tensor([4., 6., 6., 4.])

    Source:
        The oracles are ``torch.nn.functional.conv2d`` and ``conv_transpose2d``
        (``test_weights_at_the_call``).
    """

    def __init__(
        self,
        window: AbstractWindow,
        groups: int = 1,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        super().__init__(window, "sum", lower=lower, backend=backend)
        self.groups = groups

    def forward(  # type: ignore[override]
        self,
        input: Any,
        weight: Float[Tensor, "a b *taps"],
        bias: Float[Tensor, " c_out"] | None = None,
        onto: ImageGraph | None = None,
    ) -> Any:
        """Convolve.

        Args:
            input: an image ``[b, c, *size]`` or ``[c, *size]``, or an image graph or batch of them.
            weight: in torch's layout, ``[c_out, c_in / groups, *kernel_size]``, for a transposed
                window ``[c_in, c_out / groups, *kernel_size]``.
            bias: one number per output channel.
            onto: as in every layer with a window.

        Raises:
            ValueError: shapes that don't fit.
        """
        call = copy.copy(self)  # shares all but this call's weights
        turned = isinstance(self.window, TransposedWindow)
        channels = weight.shape[0] if turned else weight.shape[1] * self.groups
        call.__dict__.update(weight=weight, bias=bias, in_channels=channels)
        return call._slide(input, self.window, onto)


class TorchConvolution(AbstractConvolution):
    """The parameters are those of the torch layer of the same name, under the same names."""

    dims: int
    torch_class: type[Any]
    out_channels: int
    kernel_size: Size
    stride: Size
    padding: Size | str
    output_padding: Size
    dilation: Size
    padding_mode: str
    weight: nn.Parameter
    bias: nn.Parameter | None

    @staticmethod
    @abstractmethod
    def _window(module: Any, dims: int) -> AbstractWindow:
        """The window of a layer of torch's."""

    def _adopt(self, module: Any, *, lower: bool, backend: str) -> None:
        super().__init__(self._window(module, self.dims), "sum", lower=lower, backend=backend)
        self.weight = module.weight
        self.register_parameter("bias", module.bias)
        self.in_channels, self.out_channels = module.in_channels, module.out_channels
        self.kernel_size, self.stride = module.kernel_size, module.stride
        self.padding, self.padding_mode = module.padding, module.padding_mode
        self.output_padding = module.output_padding
        self.dilation, self.groups = module.dilation, module.groups

    @classmethod
    def from_torch(cls, module: Any, *, lower: bool = True, backend: str = "auto") -> Any:
        """The same layer as message passing; it holds the same ``Parameter`` objects.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        layer = cls.__new__(cls)
        layer._adopt(module, lower=lower, backend=backend)
        return layer.train(module.training)

    def multiply_adds(self, inputs: Any, output: Any) -> int:
        """Multiply-adds of one call: every pixel meets every entry of the kernel once.

        The pixels are the output's, of a transposed convolution the input's. Off the grid it is the
        output's nodes, and the weighted sums that gather the taps come on top.
        """
        entries = self.weight.numel()
        if isinstance(output, Tensor):
            turned = isinstance(self.window, TransposedWindow)
            image, channels = (
                (inputs[0], self.in_channels) if turned else (output, self.out_channels)
            )
            return int(image.numel()) // channels * entries
        topology = self.topology(inputs[0])
        gathered = 0 if topology.raster else topology.num_edges * self.in_channels
        return int(topology.num_targets * entries + gathered)

    def extra_repr(self) -> str:
        """Channels and window."""
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        bias = "" if self.bias is not None else ", bias=False"
        return f"{self.in_channels}, {self.out_channels}, {super().extra_repr()}{groups}{bias}"
