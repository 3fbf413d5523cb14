"""A thread pool for Numba kernels that survives fork.

Numba's own ``parallel=True`` kills forked children under GNU OpenMP, so kernels here are serial,
compiled with ``nogil=True``, and the rows are shared out between Python threads. Every process has
its own pool: a child forked by a data loader starts without one. The number of threads is torch's,
which data loaders set to 1 in their workers, so workers make no pool at all.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import torch

_pool: ThreadPoolExecutor | None = None
_lock = threading.Lock()


def _forget() -> None:
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def _executor() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            workers = max(1, (os.cpu_count() or 1) - 1)
            _pool = ThreadPoolExecutor(workers, thread_name_prefix="graphvision")
        return _pool


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
    threads = min(torch.get_num_threads(), n // max(1, grain))
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
