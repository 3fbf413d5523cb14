import json

import pytest
from click.testing import CliRunner

from graphvision.cli import main


def compare(*arguments):
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


@pytest.mark.slow
def test_whole_path(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPHVISION_CACHE", str(tmp_path / "cache"))
    options = ("--models", "mlp,gcn", "--epochs", 1, "--seeds", 1, "--segments", 20)
    result = compare(*options, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "mlp, seed 0" in result.output
    assert "test accuracy, %" in result.output
    written = json.loads((tmp_path / "out" / "results.json").read_text())
    assert list(written["models"]) == ["mlp", "gcn"]
    assert (tmp_path / "out" / "report.html").stat().st_size > 100_000
    assert len(list((tmp_path / "out" / "figures").glob("*.png"))) == 8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--models", "resnet"), "`models` must be among"),
        (("--models", ","), "`models` must be one or more"),
        (("--dataset", "cifar"), "`name` must be one of"),
        (("--models", "mlp", "--dataset", "fashion-mnist", "--root", "/nowhere"), "--download"),
        (("--models", "mlp", "--image-size", 16, 16), "`image_size` must be left out"),
        (("--models", "mlp", "--losses", "dice=1"), "`options` must be among ['smoothing']"),
        (("--models", "mlp", "--dataset", "folder"), "`root` must be a folder"),
    ],
)
def test_errors_are_one_line(tmp_path, options, message):
    result = compare(*options, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert message in result.output
    assert result.output.splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()
