import pytest
from torch import nn

from graphvision.models.evaluating import evaluating


def test_modes_come_back_after_an_error():
    net = nn.Sequential(nn.Dropout().eval(), nn.Dropout())

    def fail():
        with evaluating(net):
            assert not any(module.training for module in net.modules())
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert [module.training for module in net.modules()] == [True, False, True]
