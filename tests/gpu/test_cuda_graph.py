"""A training step is recorded once and replayed: no kernel looks at the host or the other way."""

import copy

import pytest
import torch
from torch import nn

from graphvision.kernels.attention import gat_attention
from graphvision.kernels.gather import Csr, gather_reduce

pytestmark = pytest.mark.gpu

STEPS = 4


class SmallNet(nn.Module):
    """Neighbours reduced in four ways, then attention with features of edges, then a readout."""

    def __init__(self):
        super().__init__()
        self.enter = nn.Linear(8, 32)
        self.mix = nn.Linear(4 * 32, 32)
        self.target, self.source = nn.Linear(32, 32), nn.Linear(32, 32)
        self.vector = nn.Parameter(torch.randn(4, 8))
        self.edge_weight = nn.Parameter(torch.randn(32, 2))
        self.leave = nn.Linear(32, 3)

    def forward(self, x, edge, csr, images):
        x = self.enter(x).relu()
        x = self.mix(gather_reduce(x, csr, reduce=("sum", "max", "min", "std"))).relu()
        terms = self.target(x), self.source(x), self.vector
        x = x + gat_attention(*terms, csr, edge=edge, edge_weight=self.edge_weight)
        return self.leave(gather_reduce(x, images, reduce="mean"))


def data():
    generator = torch.Generator().manual_seed(0)
    row = torch.randint(0, 400, (2400,), generator=generator).sort().values
    col = torch.randint(0, 400, (2400,), generator=generator)
    csr = Csr.from_sorted(row.cuda(), col.cuda(), 400, 400)
    of = torch.arange(400).div(50, rounding_mode="floor")
    images = Csr.from_sorted(of.cuda(), torch.arange(400).cuda(), 8, 400)
    x, edge = (torch.randn(n, c, generator=generator).cuda() for n, c in ((400, 8), (2400, 2)))
    label = torch.randint(0, 3, (8,), generator=generator).cuda()
    for edges in (csr, images):
        _ = edges.both_ways, edges.degree  # reversed once, before anything is recorded
    return x, edge, csr, images, label


def step(net, optimizer, x, edge, csr, images, label):
    optimizer.zero_grad(set_to_none=False)
    loss = nn.functional.cross_entropy(net(x, edge, csr, images), label)
    loss.backward()
    optimizer.step()
    return loss


def test_recorded_step_equals_eager_steps():
    torch.manual_seed(0)
    first, given = SmallNet().cuda(), data()
    nets = [first, copy.deepcopy(first)]
    optimizers = [torch.optim.SGD(net.parameters(), lr=0.1) for net in nets]
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for net, optimizer in zip(nets, optimizers, strict=True):
            step(net, optimizer, *given)
    torch.cuda.current_stream().wait_stream(stream)
    recorded = torch.cuda.CUDAGraph()
    with torch.cuda.graph(recorded):
        loss = step(nets[0], optimizers[0], *given)
    losses = []
    for _ in range(STEPS):
        recorded.replay()
        losses.append((loss.clone(), step(nets[1], optimizers[1], *given).detach()))
    assert all(torch.equal(a, b) for a, b in losses)
    assert losses[-1][0] < losses[0][0]
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.equal(a, b)
