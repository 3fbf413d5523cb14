"""The tables and figures of the studies on scenes, of files that a test writes."""

import json
import sys
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

ROOT = Path(__file__).parents[2]
SCORE = {"name": "mean_iou", "title": "mean IoU", "percent": True, "ranked": True}
CEILING = {"name": "asa", "title": "that the nodes allow", "percent": True, "ranked": False}
IMAGES = {"train": 1800, "validation": 200, "test": 400}


@pytest.fixture
def page(monkeypatch, tmp_path):
    """The page's module with an empty folder of results."""
    before, backend = set(sys.modules), mpl.get_backend()
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "how-to"))
    plt.switch_backend("agg")
    module = import_module("scene_results")
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    yield module
    plt.close("all")
    plt.switch_backend(backend)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def small_file(folder, seeds):
    runs = [
        {"history": [{"epoch": 1, "validation_mean_iou": 0.2}, {"validation_mean_iou": s}]}
        for s in seeds
    ]
    row = {
        "mean_iou": {"mean": sum(seeds) / len(seeds), "sd": 0.02 if len(seeds) > 1 else None},
        "parameters": 1234,
        "multiply_adds": 2.5e6,
        "train_seconds": {"mean": 61.7},
        "runs": runs,
    }
    part = {
        "task": {"name": "segment", "measures": [SCORE]},
        "dataset": {"name": "scenes", "images": IMAGES},
        "settings": {
            "recipe": {"n_segments": 300},
            "training": {"epochs": 2},
            "seeds": len(seeds),
        },
        "models": {"unet": row, "residual-gated": row},
    }
    (folder / "scenes.json").write_text(json.dumps({"tasks": {"segment": part}}), "utf-8")


def large_file(folder):
    common = {"task": "segment", "seed": 0, "image_size": [256, 256], "superpixels": 327}
    common |= {"measures": [SCORE, CEILING], "images": IMAGES, "epochs": 4, "parameters": 50}
    common |= {"multiply_adds": 3e9, "train_seconds": 900.0, "training_step_bytes": 5 * 2**20}
    cnn = {"network": "unet", "input_kind": "image", "nodes": None, "graph_seconds": None}
    graph = {"network": "gated", "input_kind": "graph", "nodes": 327.0, "graph_seconds": 0.01}
    networks = [common | cnn | {"mean_iou": 0.75}, common | graph | {"mean_iou": 0.7}]
    times, memory = [], []
    for place, name in enumerate(("unet", "gated")):
        for batch in (1, 16):
            memory.append(
                {"task": "segment", "network": name, "batch": batch, "bytes": (place + 2) * 2**20}
            )
            for count in (1, 2):
                ms = 80.0 / (1 + 9 * place) / count
                times.append(
                    {
                        "task": "segment", "network": name, "batch": batch, "threads": count,
                        "rounds": 9, "ms": {"median": ms, "q1": ms - 1, "q3": ms + 1},
                        "graph_ms": 1.0, "network_ms": 2.0, "answer_ms": 3.0,
                    }
                )  # fmt: skip
    found = {"networks": networks, "times": times, "memory": memory}
    found["study"] = {"dataset": "scenes-256", "threads": 2}
    (folder / "large_scenes.json").write_text(json.dumps(found), "utf-8")


def cells(table):
    lines = [line for line in table.splitlines() if line.startswith("|")]
    heads, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_without_a_file(page, capsys):
    wanted = "No run of segment has been recorded in `benchmarks/results/{}.json` yet."
    assert page.small("segment") == wanted.format("scenes")
    assert page.large("segment") == wanted.format("large_scenes")
    assert page.answering("segment").startswith("No run of the times of segment")
    assert page.curves() is None
    assert page.score_against_costs("segment") is None
    assert capsys.readouterr().out.count("No run of") == 2


@pytest.mark.parametrize(("seeds", "text"), [([0.5], "50.0"), ([0.4, 0.5], "45.0 ± 2.0")])
def test_small(page, tmp_path, seeds, text):
    small_file(tmp_path, seeds)
    table = page.small("segment")
    assert f"| unet | {text} | 1,234 | 2.5 M |" in table
    assert table.endswith(f"2 passes, {len(seeds)} seed{'s' if len(seeds) > 1 else ''}.")
    assert page.small("edges").startswith("No run of edges")


def test_curves_have_the_baseline_first(page, tmp_path):
    small_file(tmp_path, [0.4, 0.6])
    ax = page.curves().axes[0]
    assert ax.get_xlabel() == "passes over the training pictures"
    assert ax.get_ylabel() == "mean IoU, %"
    first, other = ax.lines
    assert first.get_label() == "unet, the baseline"
    assert list(first.get_ydata()) == [20.0, 50.0]
    assert first.get_linewidth() > other.get_linewidth()
    assert first.get_marker() != other.get_marker()


def test_large(page, tmp_path):
    large_file(tmp_path)
    unet, gated = cells(page.large("segment"))
    assert (unet["mean IoU"], gated["mean IoU"]) == ("75.0", "70.0")
    assert (unet["nodes"], gated["nodes"]) == ("–", "327")
    assert gated["graphs before, s"] == "18"
    assert "that the nodes allow" not in unet


def test_answering(page, tmp_path):
    large_file(tmp_path)
    table = page.answering("segment")
    head = table.splitlines()[0]
    assert all(head.count(" | ") == line.count(" | ") for line in table.splitlines()[2:4])
    assert (
        "| unet | 1.0 | 2.0 | 3.0 | **80.0** (79.0 … 81.0) | 40.0 | 80.0 | 40.0 | 2.0 | 2.0 | 5.0 |"
        in table
    )


def test_a_mark_for_each_network(page, tmp_path):
    large_file(tmp_path)
    time, memory = page.score_against_costs("segment", "detect").axes
    assert [line.get_xdata()[0] for line in time.lines] == [8.0, 80.0]
    assert [line.get_ydata()[0] for line in time.lines] == [70.0, 75.0]
    assert [line.get_xdata()[0] for line in memory.lines] == [2.0, 3.0]
    assert [text.get_text() for text in time.texts] == ["gated", "unet"]
    assert "ms" in time.get_xlabel()
    assert "MiB" in memory.get_xlabel()
