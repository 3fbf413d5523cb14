import time

import pytest
import torch

from benchmarks._case import Case, Goal, Provider, Setting, installed
from benchmarks._memory import extra_bytes
from benchmarks._runner import CONTROL, measure, summary
from benchmarks._table import goal_text, show

CPU = torch.device("cpu")


def provider(name, value=1.0, *, kind="peer", wait=0.0):
    def call():
        time.sleep(wait)
        return torch.full((4,), value)

    return Provider(name, call, kind)


def measured(providers, goals=(), **options):
    case = Case("group", "case", lambda setting: providers, goals, **options)
    return measure(case, Setting(CPU, 1), rounds=3, least_ms=0.1)


def test_ratios_goals_and_memory():
    row = measured(
        [provider("ours", kind="ours"), provider("slow", wait=0.02)],
        [
            Goal(2.0, "slow"),
            Goal(1e9, "slow"),
            Goal(1.0, "slow", "memory"),
            Goal(5.0, "slow", threads=2),
        ],
    )
    assert row["providers"]["slow"]["ratio"]["median"] > 2
    assert row["providers"]["slow"]["extra_bytes"] == 16
    assert [goal["met"] for goal in row["goals"]] == [True, False, True]
    assert set(row["control"]) == set(row["providers"]["ours"]["ms"])
    assert CONTROL not in row["providers"]


def test_measuring_memory_prints_nothing(capfd):
    assert extra_bytes(lambda: torch.ones(4), CPU) == 16
    assert capfd.readouterr() == ("", "")


def test_no_speed_where_results_differ(capsys):
    row = measured([provider("ours", kind="ours"), provider("peer"), provider("wrong", 2.0)])
    assert "ms" in row["providers"]["ours"]
    assert "ms" not in row["providers"]["wrong"]
    assert row["providers"]["wrong"]["differs"].startswith("differs from peer by 1.0e+00")
    show(row)
    assert "NO SPEED: differs from peer" in capsys.readouterr().out


def test_where_ours_differs_nobody_has_a_speed_and_the_goal_is_missed():
    row = measured([provider("ours", 3.0, kind="ours"), provider("peer")], [Goal(0.1, "peer")])
    assert not any("ms" in entry for entry in row["providers"].values())
    assert row["goals"][0]["met"] is False


def test_missing_and_failing_peers_say_why():
    def fails():
        raise RuntimeError("no such layer")

    absent = installed("no_such_package", "absent", lambda module: provider("absent"))
    row = measured(
        [provider("ours", kind="ours"), Provider("fails", fails), absent], [Goal(2.0, "absent")]
    )
    assert "No module named" in row["providers"]["absent"]["lacks"]
    assert row["providers"]["fails"]["lacks"] == "RuntimeError: no such layer"
    assert row["goals"][0]["met"] is None
    with pytest.raises(RuntimeError, match="no such layer"):
        measured([Provider("ours", fails, "ours")])


def test_extra_memory_is_the_peak():
    def call():
        first = torch.ones(1000)
        second = first + 1
        del first
        return second + 1

    assert 8000 <= extra_bytes(call, CPU) < 8100  # two tensors at a time, and their scalars


def test_the_clock_of_the_process_does_not_count_sleep():
    case = Case("group", "case", lambda setting: [provider("ours", kind="ours", wait=0.02)])
    row = measure(case, Setting(CPU, 1, "cpu"), rounds=3, least_ms=0.1)
    assert row["clock"] == "cpu"
    assert row["providers"]["ours"]["ms"]["median"] < 10


def test_summary_and_goals_in_words():
    assert summary([1.0]) == {"median": 1.0, "q1": 1.0, "q3": 1.0, "min": 1.0}
    assert summary([1.0, 3.0]) == {"median": 2.0, "q1": 1.5, "q3": 2.5, "min": 1.0}
    goal = {
        "ours": "us",
        "against": "copy",
        "what": "time",
        "least": 0.4,
        "found": 0.5,
        "met": True,
    }
    assert goal_text(goal) == "time of us: at most 2.5 × copy: met (2.00)"
    bound = goal | {"against": "", "least": 1 / 15, "found": 0.05, "met": False}
    assert goal_text(bound) == "time of us: at most 15 s: MISSED (20.0 s)"
