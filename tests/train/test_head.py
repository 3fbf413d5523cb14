import pytest
import torch
from torch import nn

from graphvision.models import blocks
from graphvision.train.head import exchanged_head, find_head, new_head, put_head


@pytest.mark.parametrize("bias", [True, False])
def test_exchange_is_in_place_and_comes_back(bias):
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 5, bias=bias, dtype=torch.float64))
    head = find_head(net, blocks(net))
    assert head is net[1]
    own, other = (head.weight, head.bias), new_head(head, 2)
    assert other.weight.dtype == torch.float64
    assert (other.bias is not None) == bias
    with exchanged_head(head, other):
        assert net[1] is head
        assert head(torch.ones(1, 4, dtype=torch.float64)).shape == (1, 2)
        assert head.weight is other.weight
    assert head.weight is own[0]
    assert head.bias is own[1]
    assert head.out_features == 5


def test_put_gives_what_was_there():
    head, other = nn.Linear(3, 4), nn.Linear(3, 2)
    x, before = torch.ones(1, 3), nn.Linear(3, 4)
    before.load_state_dict(head.state_dict())
    first = put_head(head, other)
    assert torch.equal(first(x), before(x))
    assert torch.equal(head(x), other(x))


def test_errors():
    net = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    with pytest.raises(ValueError, match=r"must end in a torch.nn.Linear .* got LayerNorm '1'"):
        find_head(net, blocks(net, torch.ones(1, 3)))


def test_the_own_head_comes_back_after_an_error():
    head = nn.Linear(3, 4)
    own = head.weight

    def fail():
        with exchanged_head(head, new_head(head, 2)):
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert head.weight is own
