"""One network trained by several processes, each on its part of every batch."""

import os
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from queue import Empty
from traceback import format_exc
from typing import Any

import torch

from graphvision.datasets.worker import begin_worker
from graphvision.train.data import Data
from graphvision.train.epoch_progress import EpochProgress
from graphvision.train.run import new_learner, train
from graphvision.train.settings import Run

Tell = Callable[[float, str], None]
PATIENCE_S = 5.0  # what the other processes get to end by themselves after one has failed


def train_together(run: Run, folder: Path, tell: Tell) -> None:
    """Train a run on ``settings.devices`` processes; the state is in ``folder`` afterwards.

    The losses are those of one process: every batch is cut in parts, and means are taken over all
    of it. Parameters stay equal by averaging gradients.

    Args:
        run: model, seed and settings.
        folder: keeps the state after every epoch.
        tell: hears how many epochs are done, and how well the model does.

    Raises:
        RuntimeError: a process failed or was killed; the others are ended. Started again, the run
            goes on at its last finished epoch.
    """
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")  # read when torch is imported
    context, world = get_context("spawn"), run.settings.devices
    events = context.Queue()
    port = free_port()
    ranks = [
        context.Process(
            target=_work,
            args=(run, folder, (rank, world, port), events),
            name=f"rank {rank}",
            daemon=True,
        )
        for rank in range(world)
    ]
    try:
        for rank in ranks:
            rank.start()
        _listen(ranks, events, tell, run.label)
    finally:
        _end([rank for rank in ranks if rank.pid is not None])


def _listen(ranks: list[Any], events: Any, tell: Tell, label: str) -> None:
    """Pass progress on until every process has ended; complain of the first that failed."""
    while True:
        failed = [(n, rank.exitcode) for n, rank in enumerate(ranks) if rank.exitcode]
        alive = any(rank.exitcode is None for rank in ranks)
        try:
            event = events.get(timeout=0.5)
        except Empty:
            if failed:
                number, code = failed[0]
                raise RuntimeError(_complaint(label, number, _ending(code))) from None
            if not alive:
                return
        else:
            if isinstance(event[1], float):
                tell(event[1], event[2])
            else:
                # a process that is killed makes the others fail: say which one came first
                time.sleep(1.0)
                killed = [(n, r.exitcode) for n, r in enumerate(ranks) if (r.exitcode or 0) < 0]
                if killed:
                    number, code = killed[0]
                    raise RuntimeError(_complaint(label, number, _ending(code)))
                raise RuntimeError(_complaint(label, event[0], f"failed:\n{event[1]}"))


def _complaint(label: str, number: int, what: str) -> str:
    return (
        f"{label}: training process {number} {what}; "
        "start again with the same options to go on at the last finished epoch"
    )


def _ending(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was killed by {signal.Signals(-code).name}"


def _end(ranks: list[Any]) -> None:
    until = time.monotonic() + PATIENCE_S
    for rank in ranks:
        if rank.is_alive():
            rank.terminate()
    for rank in ranks:
        rank.join(max(0.0, until - time.monotonic()))
        if rank.is_alive():
            rank.kill()
            rank.join()


def _work(run: Run, folder: Path, place: tuple[int, int, int], events: Any) -> None:
    """One process of the group."""
    rank, world, port = place
    # what Lightning reads of a group that it didn't start itself
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "NODE_RANK": "0"}
    os.environ |= {"LOCAL_RANK": str(rank), "WORLD_SIZE": str(world), "RANK": str(rank)}
    begin_worker(run.settings.threads)
    try:
        from pytorch_lightning.strategies import DDPStrategy

        data = Data(run.settings, progress=False)
        folder.mkdir(parents=True, exist_ok=True)
        progress = EpochProgress(lambda epochs, note: events.put((rank, float(epochs), note)))
        strategy = DDPStrategy(process_group_backend="gloo", find_unused_parameters=True)
        train(
            new_learner(run, data),
            run,
            data,
            folder,
            callbacks=[progress] if rank == 0 else [],
            strategy=strategy,
            devices=world,
            use_distributed_sampler=False,
        )
    except Exception as error:
        said = str(error) if isinstance(error, ValueError) else format_exc()
        events.put((rank, said))
        raise SystemExit(1) from None
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
