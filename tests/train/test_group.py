"""What two processes give each other; see ``test_ranks`` for training."""

from multiprocessing import get_context

import torch
import torch.distributed as dist

from graphvision.train import group
from graphvision.train.ranks import free_port


def work(rank, port, results):
    where = f"tcp://127.0.0.1:{port}"
    dist.init_process_group("gloo", init_method=where, rank=rank, world_size=2)
    own = torch.full((rank + 1, 2), rank + 1.0, requires_grad=True)
    whole = group.joined(own)
    (whole * torch.arange(6.0).view(3, 2)).sum().backward()
    total = group.summed(torch.tensor(rank + 1.0))
    results.put((rank, whole.tolist(), own.grad.tolist(), total.item()))
    dist.destroy_process_group()


def test_joined_and_summed():
    context = get_context("spawn")
    results, port = context.Queue(), free_port()
    ranks = [context.Process(target=work, args=(rank, port, results)) for rank in range(2)]
    for rank in ranks:
        rank.start()
    found = sorted(results.get(timeout=300) for _ in ranks)
    for rank in ranks:
        rank.join()
    whole = [[1.0, 1.0], [2.0, 2.0], [2.0, 2.0]]
    gradient = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
    assert found == [(0, whole, gradient[:1], 3.0), (1, whole, gradient[1:], 3.0)]
