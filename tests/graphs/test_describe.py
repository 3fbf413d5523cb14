import torch

import graphvision as gv


def test_settings_show():
    assert repr(gv.Pixels()) == "Pixels(mask=None)"
    assert repr(gv.Pixels(torch.ones(2, 3, dtype=torch.bool))) == "Pixels(mask=Tensor[2, 3])"
    assert repr(gv.Radius(2)) == "Radius(radius_px=2.0, loops=False)"
    assert repr(gv.Offsets(4)) == "Offsets(offsets=4, loops=False)"
    assert "n_segments=9" in repr(gv.Superpixels(9))
