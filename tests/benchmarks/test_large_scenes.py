"""The study of large scenes on tiny pictures: trained, measured, taken up again."""

import json
import sys

import pytest
import torch

from benchmarks.comparison import large_scenes
from benchmarks.comparison.large_scenes import NETWORKS, Study, asked, first_of, main, passes_of
from graphvision import models, tasks
from graphvision.datasets import compose_scenes, load

RUN = ["large_scenes", "--dataset", "tiny", "--threads", "1", "--tasks", "segment", "--rounds", "2"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the program on four pictures for each part; gives what it wrote."""
    pictures = compose_scenes(load("fashion-mini", "test"), 5)
    monkeypatch.setenv("GRAPHVISION_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(large_scenes.datasets, "load", lambda _name, split: pictures)
    monkeypatch.setattr(large_scenes, "measure_memory", lambda *_: 1)  # a process for each
    out, threads = tmp_path / "found.json", torch.get_num_threads()

    def call(*more):
        places = ["--state", str(tmp_path / "state"), "--out", str(out), "--pictures", "4"]
        monkeypatch.setattr(sys, "argv", [*RUN, *places, *more])
        main()
        return json.loads(out.read_text("utf-8"))

    yield call
    torch.set_num_threads(threads)


def test_every_network_exists_and_answers_for_its_task():
    for task, networks in NETWORKS.items():
        assert task in tasks.names()
        assert set(networks) <= set(models.names())
        assert all(passes > 0 for passes in networks.values())


@pytest.mark.slow
def test_in_pieces(run):
    """Networks one by one; a second call repeats nothing, other passes train again."""
    few = "unet-quarter=1,residual-gated=2"
    run("--only", "unet-quarter", "--epochs", few)
    found = run("--only", "unet-quarter,residual-gated", "--epochs", few)
    rows = {row["network"]: row for row in found["networks"]}
    assert list(rows) == ["unet-quarter", "residual-gated"]
    assert [len(row["history"]) for row in rows.values()] == [1, 2]
    assert rows["residual-gated"]["superpixels"] == 64 * 64 // 200
    assert rows["residual-gated"]["nodes"] == 20
    assert rows["unet-quarter"]["nodes"] is None
    assert 0 <= rows["unet-quarter"]["mean_iou"] <= 1
    assert rows["unet-quarter"]["images"] == {"train": 4, "validation": 4, "test": 4}
    assert run("--only", "unet-quarter", "--epochs", few) == found

    found = run("--measure")
    names = ["unet-quarter", "residual-gated"]
    assert sorted({row["network"] for row in found["times"]}) == sorted(names)
    assert {(row["batch"], row["threads"]) for row in found["times"]} == {
        (1, 1), (1, 2), (4, 1), (4, 2)
    }  # fmt: skip
    assert [(row["network"], row["batch"]) for row in found["memory"]] == [
        (name, batch) for name in names for batch in (1, 4)
    ]
    assert all(row["bytes"] >= 0 for row in found["memory"])

    found = run("--only", "unet-quarter", "--epochs", "2")
    assert [row["network"] for row in found["networks"]] == ["residual-gated", "unet-quarter"]
    assert {row["network"] for row in found["times"]} == {"residual-gated"}


def test_passes():
    assert passes_of("unet=4,unet-half=16") == {"unet": 4, "unet-half": 16}
    assert passes_of("7,unet=4") == {"": 7, "unet": 4}
    assert passes_of("") == {}


def test_what_is_asked():
    every = list(asked(Study(seeds=2), ["segment", "detect"], None))
    assert [seed for *_, seed in every] == sorted(seed for *_, seed in every)
    assert len(every) == 2 * sum(map(len, NETWORKS.values()))
    assert list(asked(Study(), ["detect"], ["fcos"])) == [("detect", "fcos", 0)]
    with pytest.raises(ValueError, match=r"`--only` must be among .*'fcos'.* got \['unet'\]"):
        list(asked(Study(), ["detect"], ["unet"]))
    with pytest.raises(ValueError, match=r"`--tasks` must be among .* got \['fly'\]"):
        list(asked(Study(), ["fly"], None))


def test_first_pictures():
    pictures = compose_scenes(load("fashion-mini", "test"), 3)
    assert first_of(pictures, Study()) is pictures
    assert torch.equal(first_of(pictures, Study(pictures=2)).images, pictures.images[:2])
    assert len(first_of(pictures, Study(pictures=9))) == 3
