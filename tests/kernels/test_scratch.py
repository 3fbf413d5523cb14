import threading

import numpy as np

from graphvision.kernels import _scratch
from graphvision.kernels._scratch import scratch


def test_buffers_grow_and_are_kept(monkeypatch):
    small = scratch("test", 10, np.int64)
    assert np.shares_memory(small, scratch("test", (5, 2), np.float32))
    large = scratch("test", 1000, np.float64)
    assert not np.shares_memory(small, large)
    assert np.shares_memory(large, scratch("test", 3, np.uint8))
    assert scratch("test", 0, np.float32).shape == (0,)
    monkeypatch.setattr(_scratch, "KEEP", 100)
    assert not np.shares_memory(large, scratch("test", 101, np.uint8))


def test_names_and_threads_have_buffers_of_their_own():
    mine = scratch("one", 8, np.float32)
    assert not np.shares_memory(mine, scratch("other", 8, np.float32))
    theirs = []
    thread = threading.Thread(target=lambda: theirs.append(scratch("one", 8, np.float32)))
    thread.start()
    thread.join()
    assert not np.shares_memory(mine, theirs[0])
