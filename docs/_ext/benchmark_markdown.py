"""Results of ``python -m benchmarks.kernels`` as Markdown: a section per op, a table per case.

The text of a section is the first line of the case's own file.
"""

import ast
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUSY = 0.3


def page(found):
    """The whole result as Markdown."""
    rows = [row for row in found["rows"] if not row["at"]]
    parts = [machine(found), _verdict(rows)]
    for group, members in groupby(sorted(rows, key=lambda r: r["group"]), lambda r: r["group"]):
        parts += [f"## {group}", _first_line(group)]
        parts += [_case(list(same)) for same in _by_case(list(members))]
    if len(rows) < len(found["rows"]):
        parts += ["## growth", _first_line("growth")]
    return "\n\n".join(parts)


def machine(found):
    """What was measured on, and whether something else ran meanwhile."""
    about, loads = found["environment"], [row.get("load_at_start", 0) for row in found["rows"]]
    packages = ", ".join(f"{k} {v}" for k, v in about["packages"].items() if v)
    text = f"{about['cores']} cores of {about['cpu']}, device {about['device']}; Python "
    text += f"{about['python']}, {packages}."
    if max(loads, default=0) > BUSY:
        text += f" **The machine was busy (load up to {max(loads)}): trust no time below.**"
    return text


def _verdict(rows):
    goals = [(row, goal) for row in rows for goal in row["goals"]]
    counts = {state: sum(g["met"] is state for _, g in goals) for state in (True, False, None)}
    text = f"{counts[True]} goals met, {counts[False]} missed, {counts[None]} not measured."
    lines = [f"- {_name(row)}: {_goal(goal)}" for row, goal in goals if goal["met"] is False]
    return "\n".join([text, "", *(["Missed:", "", *lines] if lines else [])])


def _first_line(group):
    path = ROOT / "benchmarks" / "kernels" / f"{group}.py"
    if not path.exists():
        return ""
    return (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]


def _by_case(rows):
    keys = dict.fromkeys((row["case"], row["device"]) for row in rows)
    return [[row for row in rows if (row["case"], row["device"]) == key] for key in keys]


def _case(rows):
    """One table: a line per provider, a pair of columns per number of threads."""
    heads = [f"{_threads(row)}, ms | × ours" for row in rows]
    lines = [f"**{rows[0]['case']}** (per {rows[0]['unit']})", ""]
    lines += [f"| | {' | '.join(heads)} | extra MiB |", "|---" * (2 * len(rows) + 2) + "|"]
    for name in dict.fromkeys(name for row in rows for name in row["providers"]):
        entries = [row["providers"].get(name, {}) for row in rows]
        cells = [cell for entry in entries for cell in _cells(entry)]
        memory = next((e["extra_bytes"] for e in entries if "extra_bytes" in e), None)
        extra = "" if memory is None else f"{memory / 2**20:.1f}"
        lines.append(f"| {name} | {' | '.join(cells)} | {extra} |")
    goals = [f"- {_threads(row)}: {_goal(goal)}" for row in rows for goal in row["goals"]]
    return "\n".join([*lines, "", *goals])


def _cells(entry):
    if "ms" in entry:
        ratio = entry["ratio"]
        spread = f"{ratio['median']:.2f} ({ratio['q1']:.2f} … {ratio['q3']:.2f})"
        return f"{entry['ms']['median']:.4g}", spread
    reason = entry.get("lacks") or entry.get("differs") or "ours differs"
    kind = "skipped" if "lacks" in entry else "no speed"
    return f"{kind}: {reason.splitlines()[0].replace('|', '/')}", ""


def _threads(row):
    device = "" if row["device"] == "cpu" else f", {row['device']}"
    return f"{row['threads']} thread{'s' if row['threads'] > 1 else ''}{device}"


def _name(row):
    return f"{row['group']}, {row['case']}, {_threads(row)}"


def _goal(goal):
    from benchmarks._table import goal_text

    return goal_text(goal).replace("MISSED", "**missed**")
