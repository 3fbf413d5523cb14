import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.kernels import cases

ROOT = Path(__file__).parents[2]
SUMMARY = {"median": 2.0, "q1": 1.0, "q3": 3.0, "min": 1.0}
GOAL = {"ours": "us", "against": "peer", "what": "time", "least": 3.0, "found": 2.0, "met": False}


@pytest.fixture
def page(extensions):
    return extensions("benchmark_markdown").page


@pytest.fixture
def drawn(extensions):
    return extensions("benchmark_growth").drawn


@pytest.fixture
def extensions(monkeypatch):
    """Modules of the docs' own folder, which is on no path otherwise."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "_ext"))
    yield import_module
    for name in set(sys.modules) - before:
        if name.startswith("benchmark_"):
            del sys.modules[name]


def row(providers, *, case="c", threads=1, at=None, goals=()):
    return {
        "group": "knn", "case": case, "threads": threads, "device": "cpu", "unit": "call",
        "at": at or {}, "load_at_start": 0.1, "providers": providers, "goals": list(goals),
    }  # fmt: skip


TIMED = {"kind": "ours", "ms": SUMMARY, "ratio": SUMMARY, "extra_bytes": 2**20}
ABOUT = {
    "cores": 2,
    "cpu": "X",
    "device": "cpu",
    "python": "3",
    "packages": {"torch": "2", "b": None},
}


def test_tables_show_losses_and_what_is_missing(page):
    peers = {"us": TIMED, "gone": {"lacks": "no | module"}, "off": {"differs": "by 2"}}
    rows = [row(peers, goals=[GOAL]), row({"us": TIMED}, threads=2)]
    text = page({"environment": ABOUT, "rows": rows})
    assert "0 goals met, 1 missed, 0 not measured." in text
    assert "- knn, c, 1 thread: time of us: 3 × less than peer: **missed** (2.0)" in text
    assert "| us | 2 | 2.00 (1.00 … 3.00) | 2 | 2.00 (1.00 … 3.00) | 1.0 |" in text
    assert "skipped: no / module" in text
    assert "no speed: by 2" in text
    assert "k nearest neighbours, by position and by features." in text
    assert "torch 2" in text
    assert "busy" not in text


def test_a_busy_machine_is_named(page):
    rows = [row({"us": TIMED}) | {"load_at_start": 2.5}]
    assert "busy (load up to 2.5)" in page({"environment": ABOUT, "rows": rows})


def test_growth_is_drawn_where_there_are_two_points(page, drawn):
    points = [row({"us": TIMED}, case=str(n), at={"series": "s", "pixels": n}) for n in (10, 100)]
    assert drawn(points[:1]) == ""
    assert drawn(points).strip().startswith("<svg")
    assert "## growth" in page({"environment": ABOUT, "rows": points})


def test_what_lowering_saves_reads_as_plain_against_lowered_against_limit(extensions):
    lowering = extensions("benchmark_lowering")
    slow = {"kind": "reference", "ms": SUMMARY | {"median": 9.0}, "extra_bytes": 2**23}
    limit = {"kind": "limit", "ms": SUMMARY | {"median": 0.5}}
    twice = {"kind": "ours", "ms": SUMMARY | {"median": 4.0}}
    providers = {"us": TIMED, "us twice": twice, "slow": slow, "copy": limit}
    found = {"environment": ABOUT, "rows": [row(providers), row(providers, threads=2)]}
    picked = lowering.chosen(found, ["Form | knn/c", "Twice | knn/c | us twice", ""], 1)
    text = lowering.table(picked)
    assert "| Form | 9 | 2 | 4.5 | 0.5 | 8.0 | 1.0 |" in text
    assert "| Twice | 9 | 4 | 2.2 | 0.5 | 8.0 | – |" in text
    assert "without numbers" not in text
    assert lowering.drawn_lowering(picked).startswith("<svg")


def test_what_was_not_measured_has_a_line_without_numbers(extensions):
    lowering = extensions("benchmark_lowering")
    wrong = row({"us": {"kind": "ours", "differs": "by 2"}}, case="wrong")
    found = {"environment": ABOUT, "rows": [wrong]}
    picked = lowering.chosen(found, ["Later | taps/c", "Wrong | knn/wrong"], 1)
    text = lowering.table(picked)
    assert "| Later | – | – |  | – | – | – |" in text
    assert "| Wrong | – | – |  | – | – | – |" in text
    assert text.endswith("Not in the recorded run yet, hence without numbers: taps.")
    assert lowering.drawn_lowering(picked) == ""
    assert lowering.rows_of(picked) == [wrong]


def test_pages_name_cases_and_providers_that_exist():
    text = (ROOT / "docs" / "how-to" / "how-it-gets-fast.md").read_text("utf-8")
    blocks = re.findall(r"^```{benchmark-lowering} .*?\n(.*?)^```", text, re.M | re.S)
    lines = [line.split(" | ") for block in blocks for line in block.splitlines() if "|" in line]
    assert len(lines) > 8
    known = {case.key for case in cases(["*/*"])}
    assert {line[1] for line in lines} <= known
    for _, key, *providers in lines:
        source = ROOT / "benchmarks" / "kernels" / f"{key.partition('/')[0]}.py"
        assert all(f'"{name}"' in source.read_text("utf-8") for name in providers)
