"""How partitions and adjacencies print."""

from typing import Any


def described(thing: Any) -> str:
    """Write an object as its class and settings, arrays as their shape.

    Example:
        >>> import graphvision as gv
        >>> gv.KNearest(3)
        KNearest(k=3, by='position', loops=False)
    """
    settings = {k: v for k, v in vars(thing).items() if not k.startswith("_")}
    texts = [f"{k}={_text(v)}" for k, v in settings.items()]
    return f"{type(thing).__name__}({', '.join(texts)})"


def _text(value: Any) -> str:
    if hasattr(value, "shape"):
        return f"{type(value).__name__}{list(value.shape)}"
    return repr(value)
