import copy
import inspect
import pickle

import torch
from torch import nn

import graphvision as gv


def test_arguments_are_torchs_and_two_more():
    ours = inspect.signature(gv.nn.GroupNorm).parameters
    assert list(ours) == [*inspect.signature(nn.GroupNorm).parameters, "lower", "backend"]
    assert repr(gv.nn.GroupNorm(2, 4)) == repr(nn.GroupNorm(2, 4))
    assert repr(gv.nn.GroupNorm(2, 4, lower=False)).endswith(", lower=False)")
    assert repr(gv.nn.LayerNorm(2, lower=False)).endswith(", lower=False)")


def test_hooks_and_mode_come_along_and_copies_stand_alone():
    theirs = nn.GroupNorm(1, 2).eval()
    theirs.register_forward_hook(lambda module, args, out: out + 1)
    ours = gv.nn.GroupNorm.from_torch(theirs)
    image = torch.randn(1, 2, 3, 3)
    assert torch.equal(ours(image), theirs(image))
    ours.register_buffer("own", torch.zeros(1))
    assert "own" not in dict(theirs.named_buffers())
    plain = gv.nn.GroupNorm.from_torch(nn.GroupNorm(1, 2))
    for twin in (copy.deepcopy(plain), pickle.loads(pickle.dumps(plain))):
        with torch.no_grad():
            twin.weight.zero_()
        assert twin(image).eq(0).all()
        assert not plain(image).eq(0).all()
