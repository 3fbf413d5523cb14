import multiprocessing

import numpy as np
import pytest
import torch

from graphvision.kernels._pool import for_rows, num_threads, torch_held


def mark(lo, hi, out):
    out[lo:hi] += 1


@pytest.mark.parametrize("n", [0, 1, 7, 1000])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_row_is_visited_once(n, threads):
    torch.set_num_threads(threads)
    out = np.zeros(n)
    for_rows(mark, n, out, grain=3)
    assert out.tolist() == [1] * n


def test_holding_torch_leaves_the_threads_to_kernels():
    torch.set_num_threads(2)
    with torch_held():
        assert (torch.get_num_threads(), num_threads()) == (1, 2)
        with torch_held():
            assert (torch.get_num_threads(), num_threads()) == (1, 2)
        assert torch.get_num_threads() == 1
    assert (torch.get_num_threads(), num_threads()) == (2, 2)
    with pytest.raises(ZeroDivisionError), torch_held():
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2


def test_errors_of_any_part_come_back():
    def fail(lo, hi):
        raise ZeroDivisionError(lo)

    torch.set_num_threads(2)
    with pytest.raises(ZeroDivisionError):
        for_rows(fail, 100)


def in_child(queue):
    from graphvision.kernels.gather import Csr, gather_reduce

    torch.set_num_threads(1)
    csr = Csr(torch.tensor([0, 2]), torch.tensor([0, 1]), num_sources=2)
    queue.put(gather_reduce(torch.ones(2, 1), csr, backend="numba").item())
    out = np.zeros(100)
    torch.set_num_threads(2)
    for_rows(mark, 100, out)
    queue.put(out.sum())


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_children_have_a_pool_of_their_own(method):
    warm = np.zeros(100)
    torch.set_num_threads(2)
    for_rows(mark, 100, warm)
    context = multiprocessing.get_context(method)
    queue = context.SimpleQueue()
    child = context.Process(target=in_child, args=(queue,))
    child.start()
    child.join(120)
    assert child.exitcode == 0
    assert (queue.get(), queue.get()) == (2.0, 100.0)
