import json
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.comparison.joint_losses import MEASURES, WAYS, Study, asked, missing

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "joint_losses.json"


@pytest.fixture(scope="module")
def found():
    return json.loads(RESULTS.read_text("utf-8"))


def test_results_are_those_of_these_settings(found):
    assert found["study"] == json.loads(json.dumps(asdict(Study())))
    assert found["ways"] == WAYS
    assert not list(missing(found["rows"], Study()))
    assert len(found["rows"]) == Study().seeds * len(WAYS)


def test_every_way_is_scored_by_all_that_it_learns(found):
    for row in found["rows"]:
        wanted = {name for task in WAYS[row["way"]] for name in MEASURES[task]}
        assert row.keys() == {"way", "seed", "parameters"} | wanted
        assert all(-1 <= row[name] <= 1 for name in wanted)


@pytest.mark.parametrize("way", WAYS)
def test_a_way_asks_for_its_heads(way):
    task = asked(way, ("cat", "dog"))
    assert task.weights == WAYS[way]
    outputs = {"segment": ("node", 3), "edges": ("edge", 1), "tag": ("graph", 2)}
    assert task.heads == dict(outputs[name] for name in WAYS[way])


def test_a_stopped_study_goes_on():
    study = Study(seeds=2)
    every = list(missing([], study))
    assert [seed for _, seed in every] == sorted(seed for _, seed in every)
    rows = [{"way": way, "seed": seed} for way, seed in every[:-1]]
    assert list(missing(rows, study)) == every[-1:]
