"""One file from the network, checked before it is kept."""

import hashlib
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from graphvision.datasets.idx import unpack
from graphvision.graphs.atomic import atomic_path


def fetch(url: str, path: str | Path, *, sha256: str, timeout_s: float = 60.0) -> Path:
    """Download a file; keep it only if its content is what was expected.

    Args:
        url: where it is.
        path: where it goes; nothing is written there unless everything went well.
        sha256: of the content, in hex; of the decompressed content for a gzip file.
        timeout_s: seconds without an answer after which we give up.

    Returns:
        ``path``.

    Raises:
        ConnectionError: the file couldn't be fetched.
        ValueError: it is damaged, or its content is not what was expected.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "there").write_bytes(b"abc")
        >>> digest = hashlib.sha256(b"abc").hexdigest()
        >>> fetch((folder / "there").as_uri(), folder / "here", sha256=digest).name
        'here'
    """
    path = Path(path)
    with atomic_path(path) as draft:
        try:
            with urllib.request.urlopen(url, timeout=timeout_s) as answer, draft.open("wb") as file:
                shutil.copyfileobj(answer, file)
        except (urllib.error.URLError, OSError) as error:
            raise ConnectionError(f"{url} couldn't be fetched: {error}") from None
        got = hashlib.sha256(unpack(draft)).hexdigest()
        if got != sha256:
            raise ValueError(f"`{url}` must have the SHA-256 {sha256}, got {got}")
    return path
