"""The JSON file of a benchmark: rows of one machine, replaced one by one."""

import json
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class AnotherMachineError(ValueError):
    """Rows of different machines or versions can't stand in one table."""


def read(path: Path, environment: dict[str, Any]) -> list[Row]:
    """The rows that are already there.

    Raises:
        AnotherMachineError: they were measured elsewhere or with other versions.
    """
    if not path.exists():
        return []
    found = json.loads(path.read_text("utf-8"))
    if found["environment"] != environment:
        before = found["environment"]
        apart = [k for k in environment if before.get(k) != environment[k]]
        raise AnotherMachineError(
            f"`--out` {path} must be a new file or one of this machine and these versions, "
            f"got other {', '.join(apart)}"
        )
    rows: list[Row] = found["rows"]
    return rows


def write(path: Path, environment: dict[str, Any], rows: list[Row]) -> None:
    """Write all rows, sorted as they were measured; of equal cases the last counts."""
    kept = {(r["group"], r["case"], r["threads"], r["device"]): r for r in rows}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"environment": environment, "rows": list(kept.values())}, indent=1)
    path.write_text(text + "\n", "utf-8")
