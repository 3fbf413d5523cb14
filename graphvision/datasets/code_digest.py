"""A hash of our own code: what was computed by other code isn't taken for the same."""

import hashlib
from functools import cache
from pathlib import Path


@cache
def code_digest(*parts: str) -> str:
    """SHA-256 of the source of some of our packages and modules.

    Args:
        *parts: paths below ``graphvision``, such as ``"graphs"`` or ``"datasets/idx.py"``.

    Returns:
        A hash in hex that changes with any line of any module in them.

    Raises:
        ValueError: there is no such package or module.

    Example:
        >>> code_digest("graphs") == code_digest("kernels")
        False
    """
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for part in parts:
        path = root / part
        files = [path] if path.is_file() else sorted(path.rglob("*.py"))
        if not files:
            raise ValueError(f"`parts` must be packages or modules of graphvision, got {part!r}")
        for file in files:
            digest.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
