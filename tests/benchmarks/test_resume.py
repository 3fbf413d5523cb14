import json
from dataclasses import dataclass

import pytest

from benchmarks.comparison.resume import earlier


@dataclass(frozen=True)
class Study:
    seeds: int = 2
    rates: tuple[float, ...] = (0.1, 0.2)


def test_what_is_found_is_kept(tmp_path):
    path = tmp_path / "found.json"
    begun = earlier(path, Study(), rows=[], networks={})
    assert begun == {"study": {"seeds": 2, "rates": [0.1, 0.2]}, "rows": [], "networks": {}}
    path.write_text(json.dumps(begun | {"rows": [1], "machine": "X"}), "utf-8")
    assert earlier(path, Study(), rows=[], networks={}) == begun | {"rows": [1]}


def test_errors(tmp_path):
    path = tmp_path / "found.json"
    path.write_text(json.dumps(earlier(path, Study())), "utf-8")
    with pytest.raises(ValueError, match=r"`--out` must be a new file or one of .* got .*'seeds'"):
        earlier(path, Study(seeds=3))
