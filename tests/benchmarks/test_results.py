import json

import pytest

from benchmarks._results import AnotherMachineError, read, write

ROW = {"group": "g", "case": "c", "threads": 1, "device": "cpu"}
HERE = {"cpu": "this"}


def test_rows_are_replaced_and_kept(tmp_path):
    path = tmp_path / "deep" / "rows.json"
    assert read(path, HERE) == []
    write(path, HERE, [ROW | {"ms": 1}, ROW | {"threads": 2}])
    write(path, HERE, [*read(path, HERE), ROW | {"ms": 3}])
    rows = json.loads(path.read_text("utf-8"))["rows"]
    assert [(r["threads"], r.get("ms")) for r in rows] == [(1, 3), (2, None)]


def test_errors(tmp_path):
    path = tmp_path / "rows.json"
    write(path, HERE, [ROW])
    with pytest.raises(AnotherMachineError, match=r"`--out` .* got other cpu"):
        read(path, {"cpu": "that"})
