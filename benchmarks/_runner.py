"""Paired timing: a case declares providers, the runner interleaves them and reports ratios.

Every round calls every provider once, in an order that rotates, so that a slow moment of the
machine meets all of them. The first provider runs a second time in every round as a control: the
ratio of the two says how far a ratio can be trusted.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

CONTROL = "control"
BUSY = 0.5


@dataclass(frozen=True)
class Provider:
    """One way to do the work: ``call()`` treats ``items`` of them."""

    name: str
    call: Callable[[], object]
    items: int = 1


@dataclass(frozen=True)
class Case:
    """What is compared: the first provider against each of the others.

    Attributes:
        name: what the table calls it.
        providers: ours first.
        check: raises ``AssertionError`` where the providers don't agree; run before any timing.
        unit: what an item is.
        goal: what the least ratio (other / ours) should be, by name of the other provider.
    """

    name: str
    providers: Sequence[Provider]
    check: Callable[[], object] = lambda: None
    unit: str = "call"
    goal: dict[str, float] = field(default_factory=dict)


def environment() -> dict[str, Any]:
    """Versions and machine, as far as they change a timing."""
    packages = ("torch", "torch-geometric", "numpy", "numba", "scikit-image", "networkx")
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return {
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.system(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def _sample(provider: Provider, least_ms: float) -> Callable[[], float]:
    """A function that returns milliseconds per item over at least ``least_ms``."""
    provider.call()
    begin = time.perf_counter()
    provider.call()
    once = max(1e3 * (time.perf_counter() - begin), 1e-4)
    calls = max(1, round(least_ms / once))

    def sample() -> float:
        begin = time.perf_counter()
        for _ in range(calls):
            provider.call()
        return 1e3 * (time.perf_counter() - begin) / (calls * provider.items)

    return sample


def _summary(values: Sequence[float]) -> dict[str, float]:
    low, middle, high = statistics.quantiles(values, n=4) if len(values) > 1 else 3 * [values[0]]
    return {"median": middle, "q1": low, "q3": high, "min": min(values)}


def measure(
    case: Case, *, threads: int = 1, rounds: int = 9, least_ms: float = 20.0
) -> dict[str, Any]:
    """Check, then time a case.

    Args:
        case: what to compare.
        threads: torch's threads, which our kernels use too.
        rounds: how often every provider is timed.
        least_ms: least duration of one timing.

    Returns:
        Milliseconds per item of every provider, and for every other provider the quotient
        other / ours, taken within each round: median, quartiles, least.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        case.check()
        names = [p.name for p in case.providers] + [CONTROL]
        samples = [_sample(p, least_ms) for p in case.providers]
        samples.append(samples[0])
        times: dict[str, list[float]] = {name: [] for name in names}
        for i in range(rounds):
            for j in range(len(names)):
                at = (i + j) % len(names)
                times[names[at]].append(samples[at]())
    finally:
        torch.set_num_threads(before)
    ours = times[names[0]]
    ratios = {n: _summary([b / a for a, b in zip(ours, times[n], strict=True)]) for n in names[1:]}
    return {
        "case": case.name,
        "threads": threads,
        "unit": case.unit,
        "ms": {name: _summary(values) for name, values in times.items()},
        "ratio": ratios,
        "goal": {n: {"least": g, "met": ratios[n]["median"] >= g} for n, g in case.goal.items()},
    }


def show(row: dict[str, Any]) -> None:
    """Print one measured case."""
    print(f"\n{row['case']}, {row['threads']} thread(s), ms per {row['unit']}:")
    for name, ms in row["ms"].items():
        line = f"  {name:34s} {ms['median']:10.4f}  ({ms['q1']:.4f} … {ms['q3']:.4f})"
        ratio = row["ratio"].get(name)
        if ratio:
            line += f"   × {ratio['median']:8.2f}  ({ratio['q1']:.2f} … {ratio['q3']:.2f})"
        goal = row["goal"].get(name)
        if goal:
            line += f"   goal ≥ {goal['least']:g}: {'met' if goal['met'] else 'MISSED'}"
        print(line)


def main(
    cases: Callable[[], Sequence[Case]],
    argv: Sequence[str] | None = None,
    *,
    facts: Callable[[], dict[str, Any]] = dict,
) -> dict[str, Any]:
    """Command line of a benchmark: measure all cases at 1 and 2 threads, print, write JSON.

    Args:
        cases: makes the cases.
        argv: arguments; None takes the command line.
        facts: what has to hold before any timing; its result goes into the JSON.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    options = parser.parse_args(argv)
    result: dict[str, Any] = {"environment": environment()}
    load = result["environment"]["load_before"]
    if load > BUSY:
        print(f"warning: the machine is busy (load {load}); trust no absolute time below")
    result["facts"] = facts()
    result["rows"] = []
    for case in cases():
        for threads in options.threads:
            row = measure(case, threads=threads, rounds=options.rounds)
            show(row)
            result["rows"].append(row)
    result["environment"]["load_after"] = round(os.getloadavg()[0], 2)
    result["environment"]["peak_rss_mb"] = (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    )
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    return result
