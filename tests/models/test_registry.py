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

    assert models.names() == ["tiny", "tiny-graph"]
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


def test_one_class_under_several_names(own_registry):
    @models.register("wide", width=9)
    @models.register("narrow", width=1)
    class Net(nn.Module):
        """A net.

        More about it.
        """

        input_kind = "image"

        def __init__(self, width, depth=2):
            super().__init__()
            self.width, self.depth = width, depth

    assert models.names() == ["narrow", "narrow-graph", "wide", "wide-graph"]
    assert [models.create(name).width for name in ("narrow", "wide")] == [1, 9]
    assert models.create("wide", width=5, depth=3).width == 5
    assert models.describe("wide") == "A net (width=9)"
    assert str(models.names()).splitlines() == [
        "narrow        A net (width=1)",
        "narrow-graph  narrow as message passing",
        "wide          A net (width=9)",
        "wide-graph    wide as message passing",
    ]
    assert repr(models.names()[:2]) == "['narrow', 'narrow-graph']"


def test_output_kind(own_registry):
    class Loud(nn.Module):
        input_kind, output_kind = "image", "sound"

    with pytest.raises(ValueError, match="`output_kind` of 'loud' must be 'image' or 'pixels'"):
        models.register("loud")(Loud)
