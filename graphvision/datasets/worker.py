"""How a worker process of ours begins: on one thread, and never longer alive than its parent."""

import os
import signal
import threading
from multiprocessing import parent_process

import torch


def begin_worker(threads: int = 1) -> None:
    """Set up a process that another one has started.

    Ctrl-C is left to the parent. Where the parent is killed, the worker ends too.

    Args:
        threads: torch threads, ≥ 1.
    """
    torch.set_num_threads(threads)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
