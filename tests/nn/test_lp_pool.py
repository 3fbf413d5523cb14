import pytest
import torch

import graphvision as gv
from tests.nn.layer_cases import FORMS, compare
from tests.nn.painting import check_painting


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("args", [(2, 2), (3, 3, 2, True), (1.5, 2, 1)])
def test_matches_oracle(args, dims, form):
    layer = getattr(torch.nn, f"LPPool{dims}d")(*args)
    ours = getattr(gv.nn, f"LPPool{dims}d").from_torch(layer, **form)
    image = torch.rand(2, 3, *(6,) * dims, dtype=torch.float64) + 0.1
    compare(layer, ours, image, 1e-12)
    assert not ours.state_dict()
    if form == {"lower": True}:
        assert torch.equal(ours(image), layer(image))


@pytest.mark.parametrize("onto", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_partitions_match_painting(seed, onto):
    check_painting(gv.nn.LPPool2d(2, 2, 1), torch.nn.LPPool2d(2, 2, 1), seed=seed, onto=onto)


def test_errors():
    with pytest.raises(ValueError, match=r"`module` must be a torch.nn.LPPool2d"):
        gv.nn.LPPool2d.from_torch(torch.nn.LPPool1d(2, 2))
