"""Rows of a Numba kernel shared out between threads, in a way that survives fork.

Numba's own ``parallel=True`` kills forked children under GNU OpenMP, so kernels here are serial,
compiled with ``nogil=True``, and their rows are shared out between the threads that torch has made
for itself (``_team.py``). Where these can't be had, with another OpenMP runtime or in a forked
child, a pool of Python threads steps in. The number of threads is torch's, which data loaders set
to 1 in their workers, so workers make no threads at all.

In the pool a part is handed over by one queue and one lock: a graph takes some twenty calls, and an
executor's futures cost as much as a small kernel.
"""

import os
import threading
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from queue import SimpleQueue
from typing import Any

import torch

from graphvision.kernels._team import has_team, run_parts

_queue: "SimpleQueue[_Part] | None" = None
_lock = threading.Lock()


_holders = 0
_threads = 1


class _Part:
    """A call that another thread makes, and what came of it."""

    __slots__ = ("call", "done", "error")

    def __init__(self, kernel: Callable[..., Any], *args: Any) -> None:
        self.call = (kernel, args)
        self.error: BaseException | None = None
        self.done = allocate_lock()
        self.done.acquire()


def _forget() -> None:
    global _queue, _lock, _holders
    _queue, _lock, _holders = None, threading.Lock(), 0


os.register_at_fork(after_in_child=_forget)


def _work(queue: "SimpleQueue[_Part]") -> None:
    while True:
        part = queue.get()
        kernel, args = part.call
        try:
            kernel(*args)
        except BaseException as error:
            part.error = error
        part.done.release()
        del part, kernel, args  # or the last arrays live until the next call


def _workers() -> "SimpleQueue[_Part]":
    global _queue
    with _lock:
        if _queue is None:
            _queue = SimpleQueue()
            for i in range(max(1, (os.cpu_count() or 1) - 1)):
                name = f"graphvision-{i}"
                threading.Thread(target=_work, args=(_queue,), name=name, daemon=True).start()
        return _queue


def num_threads() -> int:
    """Threads that kernels may use: torch's number, also while torch itself is held to one."""
    return _threads if _holders else torch.get_num_threads()


@contextmanager
def torch_held() -> Iterator[None]:
    """Hold torch's own operations to one thread, for kernels whose parts call torch."""
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
    if has_team():
        run_parts(kernel, cuts, args)
        return
    parts = [_Part(kernel, a, b, *args) for a, b in pairwise(cuts[1:])]
    queue = _workers()
    for part in parts:
        queue.put(part)
    try:
        kernel(cuts[0], cuts[1], *args)
    finally:
        for part in parts:
            part.done.acquire()
    for part in parts:
        if part.error is not None:
            raise part.error
