"""From a folder of pictures to a model file, and from that to answers."""

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from graphvision.cli import main
from graphvision.train.model_file import Predictor


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHVISION_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Twelve pictures with a bright square each, its mask and its number."""
    root = tmp_path_factory.mktemp("squares")
    for folder in ("images", "masks", "instances"):
        (root / folder).mkdir()
    random = np.random.RandomState(0)
    for number in range(12):
        image, mask = random.randint(0, 90, (32, 32, 3)), np.zeros((32, 32))
        y, x = random.randint(2, 18, 2)
        image[y : y + 12, x : x + 12] += 150
        mask[y : y + 12, x : x + 12] = 1
        Image.fromarray(image.astype(np.uint8)).save(root / "images" / f"{number:02}.png")
        for folder in ("masks", "instances"):
            Image.fromarray(mask.astype(np.uint8)).save(root / folder / f"{number:02}.png")
    (root / "classes.txt").write_text("square\n")
    return root


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module", params=["residual-gated", "hybrid"])
def trained(request, pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    words = ["--task", "segment", "--data", pictures, "--model", request.param, "--epochs", 3]
    result = run("train", *words, "--segments", 40, "--patience", 2, "--out", out)
    assert result.exit_code == 0, result.output
    return out, result.output


def test_train_writes_a_model_and_a_report(trained):
    out, said = trained
    assert f"graphvision predict {out / 'model.pt'}" in said
    assert (out / "report.html").stat().st_size > 10_000
    results = json.loads((out / "results.json").read_text())
    (row,) = results["models"].values()
    assert results["dataset"]["classes"] == ["square"]
    assert 0 <= row["mean_iou"]["mean"] <= 1


def test_predict_answers_in_the_pictures_own_pixels(trained, pictures, tmp_path):
    out, _ = trained
    with Image.open(pictures / "images" / "00.png") as opened:
        opened.resize((70, 50)).save(tmp_path / "large.png")
    words = [out / "model.pt", tmp_path / "large.png", pictures / "images", "--out", tmp_path / "o"]
    result = run("predict", *words)
    assert result.exit_code == 0, result.output
    said = json.loads((tmp_path / "o" / "predictions.json").read_text())
    assert said["classes"] == ["square"]
    assert len(said["pictures"]) == 13
    with Image.open(tmp_path / "o" / "large-mask.png") as opened:
        mask = np.asarray(opened)
    assert mask.shape == (50, 70)
    assert set(np.unique(mask)) <= {0, 1}
    with Image.open(tmp_path / "o" / "large-overlay.png") as overlay:
        assert overlay.width >= 70
    answer = Predictor.load(out / "model.pt")(tmp_path / "large.png")
    assert answer.semantic[0].numpy().tolist() == mask.tolist()


@pytest.fixture(scope="module")
def several(pictures, tmp_path_factory):
    """Trained on two tasks at once, with options of both."""
    out = tmp_path_factory.mktemp("several")
    words = ["--task", "segment,edges", "--data", pictures, "--epochs", 1, "--segments", 20]
    own = ["--losses", "cross-entropy=1,dice=0.5", "--instances", "threshold"]
    result = run("train", *words, *own, "--weights", "edges=0.3", "--out", out)
    assert result.exit_code == 0, result.output
    return out


def test_the_model_knows_its_options(several):
    task = Predictor.load(several / "model.pt").learner.task
    segment, edges = task.tasks
    assert segment.losses == {"cross-entropy": 1.0, "dice": 0.5}
    assert edges.instances == "threshold"
    assert task.weights == {"segment": 1.0, "edges": 0.3}


def test_several_tasks_are_scored_and_asked(several, pictures, tmp_path):
    results = json.loads((several / "results.json").read_text())
    (row,) = results["models"].values()
    names = [measure["name"] for measure in results["task"]["measures"]]
    assert {"mean_iou", "edge_ap", "boundary_f", "edges_boundary_f"} <= set(names)
    assert all(row[name]["mean"] is not None for name in names)
    assert "boundary F (edges)" in (several / "report.html").read_text()
    words = [several / "model.pt", pictures / "images" / "00.png", "--out", tmp_path / "o"]
    assert run("predict", *words).exit_code == 0
    assert (tmp_path / "o" / "00-mask.png").is_file()
    assert (tmp_path / "o" / "00-instances.png").is_file()


def test_a_file_without_options_has_the_usual_ones(several, tmp_path):
    content = torch.load(several / "model.pt", weights_only=True)
    del content["options"]
    torch.save(content, tmp_path / "model.pt")
    task = Predictor.load(tmp_path / "model.pt").learner.task
    assert task.weights == {"segment": 1.0, "edges": 1.0}
    assert task.tasks[1].instances == "contraction"


def test_a_broken_picture_does_not_stop_the_others(trained, pictures, tmp_path):
    out, _ = trained
    (tmp_path / "broken.png").write_bytes(b"no picture")
    files = [tmp_path / "broken.png", pictures / "images" / "01.png"]
    result = run("predict", out / "model.pt", *files, "--out", tmp_path / "o")
    assert result.exit_code == 2
    assert "1 of 2 pictures could not be read" in result.output
    assert (tmp_path / "o" / "01-mask.png").is_file()


def test_every_picture_has_files_of_its_own(trained, pictures, tmp_path):
    with Image.open(pictures / "images" / "00.png") as opened:
        for place in ("a.bmp", "a.png", "a-2.png"):
            opened.save(tmp_path / place)
    for _ in range(2):  # the second finds what the first has written
        words = [trained[0] / "model.pt", tmp_path, "--out", tmp_path / "o"]
        assert run("predict", *words).exit_code == 0
        said = json.loads((tmp_path / "o" / "predictions.json").read_text())["pictures"]
        assert {file.rsplit("/")[-1] for file in said} == {"a.bmp", "a.png", "a-2.png"}
        overlays = {answer["overlay"] for answer in said.values()}
        assert len(overlays) == 3
        assert {path.name for path in (tmp_path / "o").glob("*-overlay.png")} == overlays


def test_out_is_not_the_folder_that_is_read(trained, pictures):
    folder = pictures / "images"
    result = run("predict", trained[0] / "model.pt", folder, "--out", folder)
    assert result.exit_code == 2
    assert "`--out` must be another folder than the pictures'" in result.output
    assert run("predict", trained[0] / "model.pt", folder, "--out", pictures).exit_code == 0


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("train", "--task", "segment", "--data", "/nowhere"), "must be a folder or one of"),
        (("train", "--task", "edges", "--data", ".", "--losses", "dice=1"), "`options` must be"),
        (("train", "--task", "edges", "--data", ".", "--balance", "2"), "`balance` must be"),
        (
            ("train", "--task", "edges", "--data", ".", "--balance", "x"),
            "must be a number, got 'x'",
        ),
        (("train", "--task", "segment,dream", "--data", "."), "'dream' is not one of"),
        (("train", "--task", "dream", "--data", "/nowhere"), "'dream' is not one of"),
        (("predict", "/nowhere.pt", "a.png"), "must be a model file of `graphvision train`"),
    ],
)
def test_errors_in_one_line(words, match, tmp_path):
    result = run(*words)
    assert result.exit_code == 2
    assert match in result.output
    assert "Traceback" not in result.output


def test_a_model_that_answers_elsewhere_is_refused(pictures, tmp_path):
    words = ["--task", "segment", "--data", pictures, "--model", "lenet5", "--out", tmp_path]
    result = run("train", *words)
    assert result.exit_code == 2
    assert "must answer for pixels, got 'lenet5'" in result.output


def test_a_cut_model_file_is_refused(trained, tmp_path):
    whole = (trained[0] / "model.pt").read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"`path` must be a whole model file, got .*cut.pt"):
        Predictor.load(tmp_path / "cut.pt")
