"""Measured cases as text."""

from typing import Any


def show(row: dict[str, Any]) -> None:
    """Print one measured case."""
    print(f"\n{row['group']}/{row['case']}, {row['threads']} thread(s), ms per {row['unit']}")
    for name, entry in row["providers"].items():
        print(f"  {name:38s} {_figures(entry)}")
    control = row["control"]
    if control:
        print(f"  {'control (the first, again)':38s} {'':33s} × {_spread(control)}")
    for goal in row["goals"]:
        print(f"  goal: {goal_text(goal)}")
    for name, fact in row["facts"].items():
        print(f"  {name}: {fact}")


def _figures(entry: dict[str, Any]) -> str:
    if "lacks" in entry:
        return f"skipped: {entry['lacks']}"
    if "differs" in entry:
        return f"NO SPEED: {entry['differs']}"
    if "ms" not in entry:
        return "no speed: ours differs"
    ms, bytes_ = entry["ms"], entry.get("extra_bytes")
    memory = "" if bytes_ is None else f"  {bytes_ / 2**20:8.1f} MiB"
    times = f"{ms['median']:10.4g}  ({ms['q1']:.4g} … {ms['q3']:.4g})"
    return f"{times:33s} × {_spread(entry['ratio'])}{memory}"


def _spread(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:8.2f}  ({ratio['q1']:.2f} … {ratio['q3']:.2f})"


def goal_text(goal: dict[str, Any]) -> str:
    """A goal in words, and whether it is met."""
    least, found, other = goal["least"], goal["found"], goal["against"]
    if not other:
        wanted, got = f"at most {1 / least:g} s", f"{1 / found:.1f} s" if found else ""
    elif least < 1:
        wanted, got = f"at most {1 / least:g} × {other}", f"{1 / found:.2f}" if found else ""
    else:
        wanted, got = f"{least:g} × less than {other}", f"{found:.1f}" if found else ""
    state = {True: "met", False: "MISSED", None: "not measured"}[goal["met"]]
    figure = f" ({got})" if got else ""
    return f"{goal['what']} of {goal['ours']}: {wanted}: {state}{figure}"
