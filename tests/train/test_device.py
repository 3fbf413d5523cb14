import pytest
import torch
from torch import Tensor

from graphvision.datasets import Recipe, load
from graphvision.tasks import Segmentation
from graphvision.train import Comparison, Data, Run, Settings, learn
from graphvision.train.device import device_of


@pytest.mark.parametrize(
    ("accelerator", "there", "device"),
    [
        ("cpu", False, "cpu"),
        ("cpu", True, "cpu"),
        ("cuda", True, "cuda"),
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
    ],
)
def test_which_device(accelerator, there, device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert device_of(accelerator) == device
    assert Settings(accelerator=accelerator).device == device


def test_several_processes_stay_on_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert Settings(accelerator="auto", devices=2).device == "cpu"
    with pytest.raises(ValueError, match="`devices` must be 1 with the accelerator 'cuda', got 2"):
        Settings(accelerator="cuda", devices=2)


def test_a_run_belongs_to_its_device(monkeypatch):
    """One that began on the CPU isn't taken up on CUDA; what was asked for doesn't matter."""
    names = []
    for there in (False, True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        names.append(
            [Run("gcn", 0, Settings(accelerator=a)).folder_name({}) for a in ("cpu", "auto")]
        )
    (cpu, without), (same, cuda) = names
    assert cpu == without == same != cuda


def test_no_device_is_said_before_anything_is_read(monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    match = "`accelerator` must be 'cpu' or 'auto' where torch finds no CUDA device, got 'cuda'"
    with pytest.raises(ValueError, match=match):
        Comparison(Settings(accelerator="cuda", dataset="folder", root="/nowhere"), tmp_path)
    pictures = load("scenes-mini", "validation").subset(torch.arange(4))
    with pytest.raises(ValueError, match=match):
        learn("unet", Segmentation(pictures.classes), pictures, accelerator="cuda")


@pytest.mark.parametrize("call", [device_of, lambda name: Settings(accelerator=name)])
def test_other_names_are_refused(call, unchecked):
    with pytest.raises(ValueError, match=r"`accelerator` must be one of .*'auto'\], got 'tpu'"):
        call("tpu")


@pytest.mark.parametrize("kind", ["image", "graph", "both"])
def test_every_tensor_of_a_batch_moves(kind, monkeypatch):
    pictures = load("scenes-mini", "validation").subset(torch.arange(4))
    splits = dict.fromkeys(("train", "validation", "test"), pictures)
    settings = Settings(task="segment", recipe=Recipe(n_segments=20))
    data = Data(settings, progress=False, splits=splits)
    data.device = "meta"
    ((inputs, truth),) = data.batches(kind, "train", 4)
    parts = inputs if isinstance(inputs, tuple) else (inputs,)
    found = [part for part in parts if isinstance(part, Tensor)]
    for graph in (part for part in parts if not isinstance(part, Tensor)):
        found += [value for store in graph.stores for value in store.values()]
    found += vars(truth).values()
    tensors = [value for value in found if isinstance(value, Tensor)]
    assert len(tensors) >= 6 + (kind != "image") * 8
    assert {value.device.type for value in tensors} == {"meta"}
