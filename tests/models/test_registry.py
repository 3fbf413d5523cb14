import pytest
from torch import nn

from graphvision import models
from graphvision.models import registry


@pytest.fixture
def own_registry(monkeypatch):
    monkeypatch.setattr(registry, "_FACTORIES", {})


def test_registered_class_is_created_with_settings(own_registry):
    @models.register("tiny")
    class Tiny(nn.Module):
        input_kind = "image"

        def __init__(self, width):
            super().__init__()
            self.width = width

    assert models.names() == ["tiny"]
    assert models.create("tiny", width=3).width == 3
    assert models.model_class("tiny") is Tiny


def test_errors(own_registry):
    class Silent(nn.Module):
        pass

    with pytest.raises(ValueError, match="`input_kind` of 'silent' must be 'image' or 'graph'"):
        models.register("silent")(Silent)
    with pytest.raises(ValueError, match=r"`name` must be one of \[\], got 'lenet'"):
        models.create("lenet")
    Silent.input_kind = "graph"
    models.register("silent")(Silent)
    with pytest.raises(ValueError, match="registered already"):
        models.register("silent")(Silent)
