"""A study that was stopped goes on with what its file holds."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any


def earlier(path: Path, study: Any, **empty: Any) -> dict[str, Any]:
    """What an earlier process has found, under ``"study"`` its settings.

    Args:
        path: of the results.
        study: the settings, a dataclass.
        **empty: what there is before the first result, by name; nothing else is kept.

    Raises:
        ValueError: it computed with other settings.
    """
    settings = json.loads(json.dumps(asdict(study)))
    if not path.exists():
        return {"study": settings, **empty}
    found = json.loads(path.read_text("utf-8"))
    if found["study"] != settings:
        raise ValueError(f"`--out` must be a new file or one of {settings}, got {found['study']}")
    return {key: found[key] for key in ("study", *empty)}
