import pytest
import torch

from graphvision.tasks import Answer

OWN = {"label_scores": torch.rand(2, 3), "borders": torch.rand(2, 2, 4, 5)}


@pytest.mark.parametrize("name", OWN)
def test_length_is_that_of_an_own_field(name):
    assert len(Answer((4, 5), **{name: OWN[name]})) == 2
    assert len(Answer((4, 5), edge_borders=torch.rand(7))) == 0


@pytest.mark.parametrize("name", OWN)
def test_errors(name, unchecked):
    with pytest.raises(ValueError, match=rf"of the same images, got .*'{name}': 2"):
        Answer((4, 5), labels=torch.tensor([1]), **{name: OWN[name]})
