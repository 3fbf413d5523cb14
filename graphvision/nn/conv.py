"""Convolution as message passing: ψ = Σ_k e_ji,k W_k n_j, ⊕ = sum, φ = + b."""

from typing import Any

from torch import Tensor, nn

from graphvision.graphs.window import Size, Window
from graphvision.nn.phi import Bias
from graphvision.nn.psi import Taps
from graphvision.nn.windowed_layer import WindowedLayer, check_torch_class


class _Conv(WindowedLayer):
    """The parameters are those of the torch layer of the same name, under the same names."""

    dims: int
    torch_class: type[Any]
    in_channels: int
    weight: nn.Parameter
    bias: nn.Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | Size,
        stride: int | Size = 1,
        padding: int | Size | str = 0,
        dilation: int | Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        *,
        lower: bool = True,
        backend: str = "auto",
    ) -> None:
        made = self.torch_class(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip
        self._adopt(made, lower=lower, backend=backend)

    def _adopt(self, module: Any, *, lower: bool, backend: str) -> None:
        window = Window.make(
            module.kernel_size,
            dims=self.dims,
            stride=module.stride,
            padding=module.padding,
            dilation=module.dilation,
            padding_mode=module.padding_mode,
        )
        super().__init__(window, "sum", lower=lower, backend=backend)
        self.weight = module.weight
        self.register_parameter("bias", module.bias)
        self.in_channels, self.out_channels = module.in_channels, module.out_channels
        self.kernel_size, self.stride = module.kernel_size, module.stride
        self.padding, self.padding_mode = module.padding, module.padding_mode
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

    @property
    def psi(self) -> Taps:
        """One matrix per tap; made once for as long as ``weight`` is the same parameter."""
        made: Taps | None = self.__dict__.get("_psi")
        if made is None or made.weight is not self.weight:
            made = self.__dict__["_psi"] = Taps(self.weight, self.groups, owned=False)
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

    def multiply_adds(self, inputs: Any, output: Any) -> int:
        """Multiply-adds of one call: outputs × taps × channels of a group.

        Off the grid the weighted sums that gather the taps come on top.
        """
        matrix = self.window.num_taps * self.weight.shape[1]
        if isinstance(output, Tensor):
            return int(output.numel()) * matrix
        topology = self.topology(inputs[0])
        gathered = 0 if topology.raster else topology.num_edges * self.in_channels
        return int(topology.num_targets * self.out_channels * matrix + gathered)

    def extra_repr(self) -> str:
        """Channels and window."""
        groups = f", groups={self.groups}" if self.groups > 1 else ""
        bias = "" if self.bias is not None else ", bias=False"
        return f"{self.in_channels}, {self.out_channels}, {super().extra_repr()}{groups}{bias}"


class Conv1d(_Conv):
    """``torch.nn.Conv1d`` as message passing on a chain of samples; same arguments and results.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.Conv1d(2, 4, 3, padding=1)(torch.rand(8, 2, 16)).shape
        torch.Size([8, 4, 16])
    """

    dims, torch_class = 1, nn.Conv1d


class Conv2d(_Conv):
    """``torch.nn.Conv2d`` as message passing on the pixel grid, and on any partition of an image.

    Signature, parameters, results and gradients are torch's. Beside them:

    Args:
        lower: False for gather and scatter over explicit edges instead of torch's convolution.
        backend: as in :class:`MessagePassing`.

    Example:
        >>> import torch, graphvision as gv
        >>> layer = gv.nn.Conv2d(3, 8, 3, padding=1)
        >>> layer(torch.rand(1, 3, 16, 16)).shape
        torch.Size([1, 8, 16, 16])
        >>> graph = gv.superpixel_graph(torch.rand(3, 16, 16), n_segments=20)
        >>> layer(graph).x.shape[1]
        8

    Source:
        The oracle is ``torch.nn.Conv2d``; on partitions: paint, ``torch.nn.functional.conv2d``,
        region means.
    """

    dims, torch_class = 2, nn.Conv2d


class Conv3d(_Conv):
    """``torch.nn.Conv3d`` as message passing on the voxel grid; same arguments and results.

    Example:
        >>> import torch, graphvision as gv
        >>> gv.nn.Conv3d(1, 2, 3)(torch.rand(1, 1, 5, 5, 5)).shape
        torch.Size([1, 2, 3, 3, 3])
    """

    dims, torch_class = 3, nn.Conv3d
