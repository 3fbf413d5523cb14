"""A layer of torch's that takes image graphs too."""

import copy
import inspect
from typing import Any, ClassVar

from torch import nn

from graphvision.nn.message_passing import BACKENDS
from graphvision.nn.windowed_layer import check_torch_class


class TorchLayer(nn.Module):
    """The first base of a class whose last base is the layer of torch's.

    Arguments, parameters, their names and the results on tensors are torch's. Beside them every
    such layer takes ``lower`` and ``backend``, as :class:`MessagePassing` does.
    """

    torch_class: ClassVar[type[Any]]
    lower: bool
    backend: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        torch_class: type[Any] = cls.__bases__[-1]
        if not issubclass(torch_class, TorchLayer):
            cls.torch_class = torch_class
            own = inspect.signature(TorchLayer.__init__).parameters
            theirs = inspect.signature(torch_class).parameters
            cls.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # for readers
                [*theirs.values(), own["lower"], own["backend"]]
            )

    def __init__(
        self, *args: Any, lower: bool = True, backend: str = "auto", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._choose(lower, backend)

    def _choose(self, lower: bool, backend: str) -> None:
        if backend not in BACKENDS:
            raise ValueError(f"`backend` must be one of {list(BACKENDS)}, got {backend!r}")
        self.lower, self.backend = lower, backend

    @classmethod
    def from_torch(cls, module: Any, *, lower: bool = True, backend: str = "auto") -> Any:
        """The same layer; it holds the same ``Parameter`` and buffer objects.

        Raises:
            ValueError: ``module`` is no layer of torch's of this name.
        """
        check_torch_class(module, cls.torch_class)
        layer = cls.__new__(cls)
        for name, value in vars(module).items():
            layer.__dict__[name] = copy.copy(value) if isinstance(value, (dict, set)) else value
        layer._choose(lower, backend)
        return layer

    @property
    def as_torch(self) -> bool:
        """Whether torch's own function may stand in for messages."""
        return self.lower and self.backend == "auto"

    def extra_repr(self) -> str:
        """Torch's, and whether the layer is lowered."""
        return ", ".join(part for part in (super().extra_repr(), _unlowered(self.lower)) if part)


def _unlowered(lower: bool) -> str:
    return "" if lower else "lower=False"
