import pytest
import torch

from graphvision.datasets.sharded import build_sharded, is_finished
from graphvision.datasets.shards import read_arrays, write_shard


def write(first, count, path):
    rows = torch.arange(first, first + count)
    write_shard({"rows": rows, "bytes": rows.to(torch.uint8)[:, None].expand(-1, 3)}, path)


JOBS = {0: (0, 3), 3: (3, 3), 6: (6, 1)}


@pytest.mark.parametrize("workers", [0, 2])
def test_parts_lie_behind_one_another(tmp_path, workers):
    path = tmp_path / "made" / "all.safetensors"
    assert not is_finished(path)
    assert build_sharded(path, write, JOBS, facts={"rows": 7}, workers=workers, text="x") == path
    arrays = read_arrays(path)
    assert arrays["rows"].tolist() == list(range(7))
    assert arrays["bytes"].dtype == torch.uint8
    assert arrays["bytes"][:, 2].tolist() == list(range(7))
    assert is_finished(path)
    assert sorted(file.name for file in path.parent.iterdir()) == ["all.safetensors", "index.json"]


def test_only_what_is_missing_is_made(tmp_path):
    path = tmp_path / "all.safetensors"
    write(3, 3, tmp_path / "shard-00000003.safetensors")
    (tmp_path / "shard-00000006.safetensors").write_bytes(b"half")
    made = []

    def watched(first, count, file):
        made.append(first)
        write(first, count, file)

    build_sharded(path, watched, JOBS, facts={})
    assert made == [0, 6]
    build_sharded(path, watched, JOBS, facts={})
    assert made == [0, 6]


def test_errors(tmp_path):
    path = tmp_path / "all.safetensors"

    def broken(first, count, file):
        raise ValueError("no such rows")

    with pytest.raises(ValueError, match="no such rows"):
        build_sharded(path, broken, JOBS, facts={})
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="`workers` must be at least 0, got -1"):
        build_sharded(path, write, JOBS, facts={}, workers=-1)
