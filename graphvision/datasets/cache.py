"""Where downloads and graphs are kept between runs."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder for everything that can be made again.

    Returns:
        ``$GRAPHVISION_CACHE``, else ``$XDG_CACHE_HOME/graphvision``, else ``~/.cache/graphvision``.

    Example:
        >>> cache_folder().is_absolute()
        True
    """
    own = os.environ.get("GRAPHVISION_CACHE")
    if own:
        return Path(own).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "graphvision"
