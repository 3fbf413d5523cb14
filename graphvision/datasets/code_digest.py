"""A hash of our own code: what was computed by other code isn't taken for the same."""

import hashlib
from functools import cache
from pathlib import Path


@cache
def code_digest(*packages: str) -> str:
    """SHA-256 of the source of some of our packages.

    Args:
        *packages: names below ``graphvision``, such as ``"graphs"``.

    Returns:
        A hash in hex that changes with any line of any module in them.

    Raises:
        ValueError: there is no such package.

    Example:
        >>> code_digest("graphs") == code_digest("kernels")
        False
    """
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for package in packages:
        files = sorted((root / package).rglob("*.py"))
        if not files:
            raise ValueError(f"`packages` must be folders of graphvision, got {package!r}")
        for file in files:
            digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
