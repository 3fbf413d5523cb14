"""Paired timing: providers take turns, and ratios are taken within a turn.

Every round calls every provider once, in an order that rotates, so that a slow moment of the
machine meets all of them. The first provider runs a second time in every round as a control: the
ratio of the two says how far a ratio can be trusted. Results are compared before anything is timed,
and who differs is not timed.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch

from benchmarks._agree import Agreement
from benchmarks._case import Case, Goal, Provider, Setting
from benchmarks._machine import load
from benchmarks._memory import extra_bytes

CONTROL = "control"


def measure(
    case: Case, setting: Setting, *, rounds: int = 9, least_ms: float = 20.0
) -> dict[str, Any]:
    """Compare, then time a case.

    Args:
        case: what to compare.
        setting: device, threads and clock.
        rounds: how often every provider is timed.
        least_ms: least duration of one timing.

    Returns:
        For every provider milliseconds per item, the quotient (it / ours) within each round (both
        as median, quartiles, least) and extra bytes, or why there are none; the goals; what the
        comparison of results found.
    """
    before, started = torch.get_num_threads(), load()
    torch.set_num_threads(setting.threads)
    try:
        providers = list(case.make(setting))
        found, providers = _compare(case, providers)
        running = [p for p in providers if not p.lacks]
        ours = running[0].name
        timed = [p for p in running if p.name not in found.differs and ours not in found.differs]
        memory = {p.name: extra_bytes(p.call, setting.device) for p in timed if p.memory}
        count = min(rounds, case.rounds or rounds)
        times = _times(timed, setting, count, least_ms) if timed else {}
    finally:
        torch.set_num_threads(before)
    return {
        "group": case.group,
        "case": case.name,
        "threads": setting.threads,
        "device": setting.device.type,
        "clock": setting.clock,
        "unit": case.unit,
        "at": dict(case.at),
        "load_before": started,
        "rounds": count,
        "providers": {p.name: _entry(p, found, times, memory, ours) for p in providers},
        "control": _ratio(times, CONTROL, ours),
        "facts": found.facts,
        "goals": [
            _judged(goal, times, memory, ours, found)
            for goal in case.goals
            if goal.threads in (None, setting.threads)
        ],
    }


def _compare(case: Case, providers: Sequence[Provider]) -> tuple[Agreement, list[Provider]]:
    """Run everybody once; a peer that can't do the work lacks something."""
    results: dict[str, Any] = {}
    able: list[Provider] = []
    for provider in providers:
        try:
            if provider.result and not provider.lacks:
                results[provider.name] = provider.result(provider.call())
        except Exception as error:
            if provider.kind != "peer":
                raise
            provider = replace(provider, lacks=f"{type(error).__name__}: {error}")
        able.append(provider)
    trusted = [p.name for p in able if p.kind == "peer" and p.name in results]
    if not results:
        return Agreement(), able
    return case.agree(results, (trusted or list(results))[0]), able


def _times(
    providers: Sequence[Provider], setting: Setting, rounds: int, least_ms: float
) -> dict[str, list[float]]:
    names = [p.name for p in providers] + [CONTROL]
    samples = [_sample(p, setting, least_ms) for p in providers]
    samples.append(samples[0])
    times: dict[str, list[float]] = {name: [] for name in names}
    for i in range(rounds):
        for j in range(len(names)):
            at = (i + j) % len(names)
            times[names[at]].append(samples[at]())
    return times


def _sample(provider: Provider, setting: Setting, least_ms: float) -> Callable[[], float]:
    """A function that returns milliseconds per item over at least ``least_ms``."""
    now = time.process_time if setting.clock == "cpu" else time.perf_counter

    def several(calls: int) -> float:
        _wait(setting.device)
        begin = now()
        for _ in range(calls):
            provider.call()
        _wait(setting.device)
        return 1e3 * (now() - begin)

    several(1)
    calls = max(1, round(least_ms / max(several(1), 1e-4)))
    return lambda: several(calls) / (calls * provider.items)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def _entry(
    provider: Provider,
    found: Agreement,
    times: dict[str, list[float]],
    memory: dict[str, int],
    ours: str,
) -> dict[str, Any]:
    entry: dict[str, Any] = {"kind": provider.kind}
    if provider.lacks:
        return entry | {"lacks": provider.lacks}
    if provider.name in found.errors:
        entry["error"] = found.errors[provider.name]
    if provider.name in found.differs:
        return entry | {"differs": found.differs[provider.name]}
    if provider.name in times:
        entry["ms"] = summary(times[provider.name])
        entry["ratio"] = _ratio(times, provider.name, ours)
    if provider.name in memory:
        entry["extra_bytes"] = memory[provider.name]
    return entry


def _ratio(times: dict[str, list[float]], name: str, ours: str) -> dict[str, float] | None:
    if name not in times or ours not in times:
        return None
    return summary([b / a for a, b in zip(times[ours], times[name], strict=True)])


def _judged(
    goal: Goal,
    times: dict[str, list[float]],
    memory: dict[str, int],
    first: str,
    found: Agreement,
) -> dict[str, Any]:
    """A goal and whether it is met; nothing that gives a wrong result meets any."""
    ours = goal.ours or first
    value: float | None = None
    if goal.what == "memory" and ours in memory and goal.against in memory:
        value = memory[goal.against] / max(1, memory[ours])
    elif goal.what == "time" and not goal.against and ours in times:
        value = 1e3 / statistics.median(times[ours])
    elif goal.what == "time":
        quotient = _ratio(times, goal.against, ours)
        value = quotient["median"] if quotient else None
    met = None if value is None else value >= goal.least
    if ours in found.differs:
        met = False
    facts = {"ours": ours, "against": goal.against, "what": goal.what, "least": goal.least}
    return facts | {"found": value, "met": met}


def _quartiles(values: Sequence[float]) -> Sequence[float]:
    many = len(values) > 1
    return statistics.quantiles(values, n=4, method="inclusive") if many else 3 * [values[0]]


def summary(values: Sequence[float]) -> dict[str, float]:
    """Median, quartiles and least."""
    low, middle, high = _quartiles(values)
    return {"median": middle, "q1": low, "q3": high, "min": min(values)}
