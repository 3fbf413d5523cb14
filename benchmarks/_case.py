"""What a benchmark compares: cases, providers, goals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import torch

from benchmarks._agree import Agreement, Close


@dataclass(frozen=True)
class Setting:
    """What a case is made for.

    Attributes:
        device: where tensors lie.
        threads: torch's, which are also those of our kernels.
        clock: ``"wall"``, or ``"cpu"`` for the time of this process alone, which is the better
            measure at one thread on a machine that others use too.
    """

    device: torch.device
    threads: int
    clock: str = "wall"


@dataclass(frozen=True)
class Provider:
    """One way to do the work.

    Attributes:
        name: what the tables call it.
        call: does the work once and returns its result.
        kind: ``"ours"``, ``"reference"`` for our plain torch, ``"peer"``, or ``"limit"`` for what
            no implementation can beat by much: a copy of the same bytes, the matrix product at the
            heart of it.
        items: how many units one call treats.
        result: what of a call's result is compared; None for nothing.
        memory: whether it allocates through torch, so that its extra memory can be measured.
        lacks: why it can't run here; then ``call`` never is.
    """

    name: str
    call: Callable[[], Any]
    kind: str = "peer"
    items: int = 1
    result: Callable[[Any], Any] | None = lambda out: out
    memory: bool = True
    lacks: str = ""


@dataclass(frozen=True)
class Goal:
    """What a case should reach.

    Attributes:
        least: the least quotient (the other / ours): 10 for ten times less time than a peer, 0.4
            for at most 2.5 times the time of a limit.
        against: the other provider; without one the goal is a bound: ``least`` is 1 / seconds.
        what: ``"time"`` or ``"memory"``.
        threads: the number of threads it is meant for; None for any.
        ours: which of our providers; the first where it is empty.
    """

    least: float
    against: str = ""
    what: str = "time"
    threads: int | None = None
    ours: str = ""


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes:
        group: the op; the name of its file.
        name: what is compared, within the group.
        make: gives the providers, the one that ratios refer to first.
        goals: what is wanted.
        agree: says who differs, from the results by provider and the name of the provider that is
            trusted: the first peer.
        unit: what an item is.
        at: where on which curve this case lies, for growth.
        rounds: most rounds; for what takes long.
        by_name_only: runs only when its whole name is asked for.
    """

    group: str
    name: str
    make: Callable[[Setting], Sequence[Provider]]
    goals: Sequence[Goal] = ()
    agree: Callable[[Mapping[str, Any], str], Agreement] = field(default_factory=Close)
    unit: str = "call"
    at: Mapping[str, Any] = field(default_factory=dict)
    rounds: int | None = None
    by_name_only: bool = False

    @property
    def key(self) -> str:
        """The name on the command line."""
        return f"{self.group}/{self.name}"


def installed(package: str, name: str, make: Callable[[Any], Provider]) -> Provider:
    """The provider made from ``package``, or one that says why there is none.

    Args:
        package: a module's name.
        name: the provider's.
        make: gets the module.
    """
    try:
        module = import_module(package)
    except Exception as error:  # a build for another torch raises all sorts of things
        return Provider(name, lambda: None, lacks=f"{type(error).__name__}: {error}")
    return make(module)
