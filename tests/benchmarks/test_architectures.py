import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

import graphvision as gv
from benchmarks.comparison.architectures import (
    TRAINED,
    UNTRAINED,
    Study,
    counted,
    missing,
    trained,
)
from graphvision.models.registry import model_class

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "architectures.json"
PICTURES = torch.zeros(50, 1, 28, 28)


@pytest.fixture(scope="module")
def found():
    return json.loads(RESULTS.read_text("utf-8"))


def classifies_pictures(name):
    kind = model_class(name)
    sort = (kind.input_kind, getattr(kind, "output_kind", "image"), getattr(kind, "dims", 2))
    return sort == ("image", "image", 2) and not name.endswith("-graph") and name != "localizer"


def test_every_image_classifier_takes_part():
    wanted = sorted(filter(classifies_pictures, gv.models.names()))
    assert sorted(TRAINED + UNTRAINED) == wanted


def test_results_are_those_of_these_settings(found):
    assert found["study"] == json.loads(json.dumps(asdict(Study())))
    assert list(found["networks"]) == [*TRAINED, *UNTRAINED]
    for facts in found["networks"].values():
        if "rate" in facts:
            best = max(facts["tries"], key=lambda row: row["accuracy"])
            assert (facts["rate"], len(facts["tries"])) == (best["rate"], len(Study().rates))


def test_the_pictured_networks_have_all_their_seeds(found):
    runs = {(row["network"], row["seed"]) for row in found["rows"]}
    assert len(runs) == len(found["rows"])
    networks = {name for name, _ in runs}
    left = list(missing(found, Study(), sorted(networks)))
    assert not left
    assert networks >= set(TRAINED)
    assert all(0 <= row["accuracy"] <= 1 for row in found["rows"])


@pytest.mark.parametrize("name", ["mlp", "lenet5", "convnet", "mobilenet_v2", "resnet18"])
def test_counts_are_still_true(found, name):
    now = json.loads(json.dumps(counted(name, PICTURES)))
    committed = found["networks"][name]
    for key in ("size", "parameters", "multiply_adds", "receptive_field"):
        assert committed[key] == now[key], key


def test_a_stopped_study_goes_on():
    study = Study(seeds=2, costly=10)
    facts = {"cheap": {"multiply_adds": 10}, "costly": {"multiply_adds": 11}}
    rows = [{"network": "cheap", "seed": 0}]
    left = missing({"networks": facts, "rows": rows}, study, ["cheap", "costly"])
    assert [(name, seed) for _, name, seed in left] == [("costly", 0), ("cheap", 1)]


def test_a_row_can_be_made_again():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(40) % 2
    images = torch.randn(40, 1, 28, 28, generator=generator) + 2 * labels[:, None, None, None] - 1
    data = dict.fromkeys(("train", "validation", "test"), (images, labels))
    study = Study(batch_size=8, epochs=4)
    first, again = (trained(study, "mlp", 0, rate=1e-3, data=data) for _ in range(2))
    assert first == again
    assert first["accuracy"] == first["train_accuracy"] > 0.9
    assert trained(study, "mlp", 1, rate=1e-3, data=data)["loss"] != first["loss"]
