"""Command line of the benchmarks of kernels."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks import _results
from benchmarks._case import Setting
from benchmarks._machine import BUSY, environment, load
from benchmarks._runner import measure
from benchmarks._table import goal_text, show
from benchmarks.kernels import cases


def main(argv: Sequence[str] | None = None) -> list[dict[str, Any]]:
    """Measure cases, print tables, write JSON.

    Args:
        argv: arguments; None takes the command line.

    Returns:
        The rows that were measured.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("case", nargs="*", help="a group, or group/name; * stands for anything")
    parser.add_argument("--list", action="store_true", help="print the names of all cases")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--least-ms", type=float, default=20.0, help="least length of one timing")
    parser.add_argument(
        "--clock", choices=("wall", "cpu"), default="wall", help="cpu: 1 thread only"
    )
    parser.add_argument("--out", type=Path, help="JSON; rows of the same cases are replaced")
    options = parser.parse_args(argv)
    if options.clock == "cpu" and (options.threads != [1] or options.device != "cpu"):
        parser.error("`--clock cpu` must go with `--threads 1` on the CPU")
    if options.list:
        for case in cases(options.case or ["*/*"]):
            print(case.key + ("   (only by its name)" if case.by_name_only else ""))
        return []
    return _run(options)


def _run(options: argparse.Namespace) -> list[dict[str, Any]]:
    device = torch.device(options.device)
    machine, busy = environment(device), load()
    if busy > BUSY:
        print(f"warning: the machine is busy (load {busy}); trust no time below")
    known = _results.read(options.out, machine) if options.out else []
    measured = []
    for case in cases(options.case):
        for threads in options.threads:
            setting = Setting(device, threads, options.clock)
            row = measure(case, setting, rounds=options.rounds, least_ms=options.least_ms)
            row["load_at_start"] = busy
            show(row)
            measured.append(row)
            if options.out:
                _results.write(options.out, machine, known + measured)
    _goals(measured)
    return measured


def _goals(rows: Sequence[dict[str, Any]]) -> None:
    missed = [(r, g) for r in rows for g in r["goals"] if g["met"] is False]
    met = sum(g["met"] is True for r in rows for g in r["goals"])
    print(f"\n{met} goals met, {len(missed)} missed")
    for row, goal in missed:
        print(f"  {row['group']}/{row['case']}, {row['threads']} thread(s): {goal_text(goal)}")


if __name__ == "__main__":
    main()
