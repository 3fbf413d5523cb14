import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
import torch

from graphvision.train import Comparison, Observer, jobs
from graphvision.train.fitted import fitted

MODELS = ("mlp", "lenet5", "gcn")


@pytest.fixture(scope="module")
def compared(settings, tmp_path_factory):
    out = tmp_path_factory.mktemp("first")
    return Comparison(settings(*MODELS, seeds=2), out).run(), out


def test_results(compared):
    results, out = compared
    assert json.loads((out / "results.json").read_text()) == results
    assert list(results["models"]) == list(MODELS)
    assert results["dataset"]["images"] == {"train": 220, "validation": 20, "test": 40}
    for row in results["models"].values():
        assert len(row["runs"]) == 2
        assert sum(map(sum, row["confusion"])) == 80
        assert 0 <= row["accuracy"]["mean"] <= 1
        assert row["peak_memory_bytes"] > 0
        assert row["multiply_adds"] > 1000
    gcn = results["models"]["gcn"]
    assert gcn["nodes"] == 12
    assert gcn["edges"] > 12
    assert gcn["graph_seconds"] > 0
    assert results["models"]["lenet5"]["nodes"] is None


def test_every_test_evaluation_is_logged_once(compared):
    _, out = compared
    logs = [path.read_text().splitlines() for path in out.glob("runs/*/test-log.txt")]
    assert [len(lines) for lines in logs] == [1] * 6


@pytest.fixture
def no_probe(monkeypatch):
    """Memory isn't measured: it takes a process of its own, which takes seconds."""

    def constant(run, data, folder):
        (folder / "memory.json").write_text("1")

    monkeypatch.setattr(jobs, "measure_memory", constant)


def test_seeds_differ_and_repeat(compared, settings, tmp_path, without_times):
    """The same seeds give the same bits, in this process or in two others."""
    results, _ = compared
    runs = results["models"]["gcn"]["runs"]
    assert runs[0]["history"][0]["train_loss"] != runs[1]["history"][0]["train_loss"]
    again = Comparison(settings(*MODELS, seeds=2), tmp_path, processes=2).run()
    assert again.pop("machine") == results["machine"] | {"processes": 2}
    assert without_times(again) == without_times(
        {key: value for key, value in results.items() if key != "machine"}
    )


def test_observer_hears_every_run(settings, tmp_path, no_probe):
    heard = []

    class Ears(Observer):
        def progress(self, run, epochs, note):
            heard.append(epochs)

        def finished(self, run, result):
            heard.append(run.label)

    Comparison(settings("mlp"), tmp_path, observer=Ears()).run()
    assert heard[-1] == "mlp, seed 0"
    assert heard[-2] == 2


def test_killed_comparison_goes_on(compared, settings, tmp_path, without_times, no_probe):
    """SIGKILL after the first finished epoch of the second model; the rest is done afterwards."""
    root = settings("mlp").root
    script = f"""
        from graphvision.datasets import Recipe
        from graphvision.train import Comparison, Settings, Training
        training = Training(epochs=2, batch_size=32)
        recipe = Recipe(n_segments=12)
        Comparison(Settings(models={MODELS}, dataset="fashion-mnist", root={root!r}, seeds=2,
                            training=training, recipe=recipe), {str(tmp_path)!r}).run()
    """
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", textwrap.dedent(script)])
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("runs/lenet5-seed0-*/last.ckpt")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    finished = {path: path.stat().st_mtime_ns for path in tmp_path.glob("runs/mlp*/result.json")}
    assert len(finished) == 2
    assert not (tmp_path / "results.json").exists()
    results = Comparison(settings(*MODELS, seeds=2), tmp_path).run()
    assert without_times(results) == without_times(compared[0])
    assert all(path.stat().st_mtime_ns == then for path, then in finished.items())


def test_models_for_larger_images_get_enlarged_ones(settings, tmp_path, replace, no_probe):
    pytest.importorskip("sklearn")
    digits = replace(settings("mlp", "lenet5", "unet"), dataset="digits", root=None)
    results = Comparison(digits, tmp_path).run()
    assert results["left_out"] == {}
    rows = results["models"]
    assert rows["lenet5"]["enlarged_to"] == [12, 12]
    assert rows["mlp"]["enlarged_to"] is None


def test_models_that_cannot_be_built_are_left_out(
    settings, tmp_path, replace, no_probe, monkeypatch
):
    def refuse(name, **shape):
        if name == "lenet5":
            raise ValueError("`image_size` must be larger")
        return fitted(name, **shape)

    monkeypatch.setattr("graphvision.train.comparison.fitted", refuse)
    results = Comparison(settings("mlp", "lenet5"), tmp_path).run()
    assert results["left_out"] == {"lenet5": "`image_size` must be larger"}
    with pytest.raises(ValueError, match="`models` must take images of"):
        Comparison(settings("lenet5"), tmp_path).run()


def test_threads_are_put_back(settings, tmp_path, no_probe):
    before = torch.get_num_threads()
    Comparison(settings("mlp"), tmp_path).run()
    assert torch.get_num_threads() == before


def test_errors(settings, tmp_path):
    with pytest.raises(ValueError, match="`models` must be among"):
        Comparison(settings("resnet"), tmp_path)
    with pytest.raises(ValueError, match="`processes` must be at least 1"):
        Comparison(settings("mlp"), tmp_path, processes=0)


def test_failure_in_a_process_is_told(settings, tmp_path, no_probe):
    """A run whose state can't be read fails in its process, and the parent says which and why."""
    chosen = settings("mlp", seeds=2)
    comparison = Comparison(chosen, tmp_path, processes=2)
    Comparison(chosen, tmp_path).run()
    for path in tmp_path.glob("runs/mlp-seed1-*/*"):
        path.unlink()
    (next(tmp_path.glob("runs/mlp-seed1-*")) / "last.ckpt").write_bytes(b"no checkpoint")
    with pytest.raises(RuntimeError, match="mlp, seed 1 failed"):
        comparison.run()
