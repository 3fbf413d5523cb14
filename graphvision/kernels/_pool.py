"""A thread pool for Numba kernels that survives fork.

Numba's own ``parallel=True`` kills forked children under GNU OpenMP, so kernels here are serial,
compiled with ``nogil=True``, and the rows are shared out between Python threads. Every process has
its own pool: a child forked by a data loader starts without one. The number of threads is torch's,
which data loaders set to 1 in their workers, so workers make no pool at all.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch

_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()


_holders = 0
_threads = 1


def _forget() -> None:
    global _pool, _lock, _holders
    _pool, _lock, _holders = None, threading.Lock(), 0


os.register_at_fork(after_in_child=_forget)


def _executor() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            workers = max(1, (os.cpu_count() or 1) - 1)
            _pool = ThreadPoolExecutor(workers, thread_name_prefix="graphvision")
        return _pool


def num_threads() -> int:
    """Threads that kernels may use: torch's number, also while torch itself is held to one."""
    return _threads if _holders else torch.get_num_threads()


@contextmanager
def torch_held() -> Iterator[None]:
    """Hold torch's own operations to one thread, and leave the cores to our kernels.

    After every parallel operation the threads of GNU OpenMP spin for some milliseconds, on the very
    cores that our pool needs next. Between kernels there is little work for torch; holding it takes
    a third off building small graphs on two cores (``benchmarks/kernels/superpixel_graph.py``).
    """
    global _holders, _threads
    with _lock:
        if not _holders:
            _threads = torch.get_num_threads()
            torch.set_num_threads(1)
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if not _holders:
                torch.set_num_threads(_threads)


def for_rows(kernel: Callable[..., Any], n: int, *args: Any, grain: int = 1) -> None:
    """Call ``kernel(start, stop, *args)`` on parts of ``range(n)`` that together cover it.

    The calling thread works on the first part. A kernel may not write outside its own rows and may
    not depend on where the cuts fall: then its result has the same bits for any thread count.

    Args:
        kernel: a compiled function that releases the GIL.
        n: number of rows.
        *args: passed on behind the two row bounds.
        grain: least number of rows that is worth a thread (about 50 µs of work).
    """
    threads = min(num_threads(), n // max(1, grain))
    if threads <= 1:
        kernel(0, n, *args)
        return
    cuts = [n * i // threads for i in range(threads + 1)]
    futures = [_executor().submit(kernel, a, b, *args) for a, b in pairwise(cuts[1:])]
    try:
        kernel(cuts[0], cuts[1], *args)
    finally:
        for future in futures:
            future.result()
