import json

import pytest

from graphvision.graphs.atomic import atomic_path, write_json


def test_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "state.txt"
    path.write_text("old")

    def fail():
        with atomic_path(path) as draft:
            draft.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["state.txt"]


def test_replaces_and_keeps_the_suffix(tmp_path):
    path = tmp_path / "new" / "picture.png"
    with atomic_path(path) as draft:
        assert draft.suffix == ".png"
        assert not path.exists()
        draft.write_bytes(b"whole")
    assert path.read_bytes() == b"whole"
    assert path.stat().st_mode & 0o077 == (tmp_path / "new").stat().st_mode & 0o066


def test_json_refuses_nan(tmp_path):
    path = tmp_path / "results.json"
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"loss": float("nan")})
    assert not path.exists()
    write_json(path, {"name": "é"})
    assert json.loads(path.read_text()) == {"name": "é"}
