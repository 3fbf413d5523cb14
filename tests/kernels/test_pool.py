import multiprocessing
import threading

import numpy as np
import pytest
import torch

from graphvision.kernels import _pool
from graphvision.kernels._pool import for_rows, num_threads, torch_held
from graphvision.kernels._team import has_team


@pytest.fixture(params=["team", "pool"])
def threads_of(request, monkeypatch):
    if request.param == "pool":
        monkeypatch.setattr(_pool, "has_team", lambda: False)
    elif not has_team():
        pytest.skip("torch has no threads of GNU OpenMP here")


def mark(lo, hi, out):
    out[lo:hi] += 1


@pytest.mark.parametrize("n", [0, 1, 7, 1000])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_row_is_visited_once(n, threads, threads_of):
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


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
@pytest.mark.parametrize("bad", [0, 50])
def test_errors_of_any_part_come_back(bad, error, threads_of):
    def fail(lo, hi, out):
        if lo == bad:
            raise error(lo)
        out[lo:hi] += 1

    torch.set_num_threads(2)
    out = np.zeros(100)
    with pytest.raises(error, match=str(bad)):
        for_rows(fail, 100, out)
    assert out.sum() == 50
    for_rows(mark, 100, out)
    assert out.sum() == 150


def test_threads_keep_what_is_theirs_between_calls(threads_of):
    kept, seen = threading.local(), []
    barrier = threading.Barrier(2, timeout=60)

    def look(lo, hi):
        barrier.wait()
        seen.append((threading.get_ident(), getattr(kept, "value", None)))
        kept.value = lo

    torch.set_num_threads(2)
    for _ in range(3):
        for_rows(look, 2)
    assert len({thread for thread, _ in seen}) == 2
    assert [value is None for _, value in seen] == [True, True, False, False, False, False]


def test_callers_in_several_threads_do_not_disturb_each_other(threads_of):
    torch.set_num_threads(2)
    out = np.zeros((4, 1000))

    def call(row):
        for _ in range(200):
            for_rows(mark, 1000, row)

    callers = [threading.Thread(target=call, args=(row,)) for row in out]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (out == 200).all()


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
