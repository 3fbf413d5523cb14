"""The threads that torch's own operations run on, lent to kernels.

After a parallel operation the threads of GNU OpenMP spin for milliseconds, waiting for the next
one, on the very cores that a pool of ours would need. So kernels go to the same threads: they start
at once, where a pool has to be woken up, and the two never fight. Where torch was built with
another runtime there is no team, and kernels run on the pool.
"""

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.py_object)
_seen = threading.local()
_forked = False


class _Job:
    """One call of a kernel, whose parts are taken by whoever is free."""

    def __init__(self, kernel: Callable[..., Any], cuts: list[int], args: tuple[Any, ...]) -> None:
        self.kernel, self.args = kernel, args
        self.parts: Iterator[tuple[int, int]] = iter(list(pairwise(cuts)))
        self.done: list[int] = []
        self.error: BaseException | None = None


@_CALLBACK
def _work(job: _Job) -> None:
    if not hasattr(_seen, "kept"):
        # A foreign thread's state ends with the callback, and its working memory with it; one more
        # claim on the state keeps both for as long as the thread is there.
        ctypes.pythonapi.PyGILState_Ensure()
        _seen.kept = True
    try:
        for start, stop in job.parts:
            job.kernel(start, stop, *job.args)
            job.done.append(start)
    except BaseException as error:  # ctypes would print it and go on; Ctrl-C comes here too
        job.error = error


@cache
def _parallel() -> Callable[..., Any] | None:
    """GNU OpenMP's entry, from the library that torch has loaded; None where there is no such."""
    if not sys.platform.startswith("linux"):
        return None
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "/libgomp" in line}
    own = {path for path in paths if f"{os.sep}torch" in path} or paths
    if len(own) != 1:
        return None
    entry: Any = ctypes.CDLL(own.pop()).GOMP_parallel
    entry.argtypes = (_CALLBACK, ctypes.py_object, ctypes.c_uint, ctypes.c_uint)
    entry.restype = None
    call: Callable[..., Any] = entry
    return call


def _forget() -> None:
    global _forked
    _forked = True  # the threads did not come along


os.register_at_fork(after_in_child=_forget)


def has_team() -> bool:
    """Whether :func:`run_parts` can run in this process."""
    return not _forked and _parallel() is not None


def run_parts(kernel: Callable[..., Any], cuts: list[int], args: tuple[Any, ...]) -> None:
    """Call ``kernel(cuts[p], cuts[p + 1], *args)`` for every part p, on as many threads.

    Raises:
        BaseException: what a part has raised, the last of them.
        KeyboardInterrupt: parts were left undone.
    """
    entry = _parallel()
    assert entry is not None, "has_team() says whether there is one"
    _seen.kept = True  # the caller is no foreign thread
    job = _Job(kernel, cuts, args)
    entry(_work, job, len(cuts) - 1, 0)
    if job.error is not None:
        raise job.error
    if len(job.done) < len(cuts) - 1:
        raise KeyboardInterrupt  # before the first part could catch it
