import ast
from pathlib import Path

import pytest

from benchmarks.kernels import GROUPS, cases
from benchmarks.kernels.__main__ import main

FOLDER = Path(__file__).parents[2] / "benchmarks" / "kernels"


def test_every_file_is_a_group_and_every_name_is_used_once():
    assert sorted(GROUPS) == sorted(p.stem for p in FOLDER.glob("[!_]*.py"))
    keys = [case.key for case in cases(["*/*"])]
    assert len(set(keys)) == len(keys) > 100
    assert {case.group for case in cases(["*/*"])} == set(GROUPS)


def test_what_takes_long_runs_by_name_only():
    named = {case.key for case in cases(["*/*"])} - {case.key for case in cases()}
    assert "store/70,000 Fashion-MNIST images to graphs on disk" in named
    assert any("4096" in key for key in named)
    assert not list(cases(["store"]))
    assert list(cases(["store/*"]))


def test_goals_name_providers_of_their_case():
    for case in cases(["gather_reduce/*C=16*", "convolution/8×16*"]):
        text = (FOLDER / f"{case.group}.py").read_text("utf-8")
        values = {n.value for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Constant)}
        assert {goal.against for goal in case.goals} <= values | {"copy of x"}


def test_command_line(capsys):
    assert main(["--list", "knn"]) == []
    assert capsys.readouterr().out.splitlines()[0].startswith("knn/100,000 points")
    with pytest.raises(
        ValueError, match=r"`CASE` must be one of those of --list, got \['nothing'\]"
    ):
        main(["nothing"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["segment_softmax/superp*", "edge_mlp/*superp*", "attention/*superp*", "knn/4*", "taps/*C=16*"],
)
def test_everybody_agrees(name):
    rows = main([name, "--threads", "1", "--rounds", "1", "--least-ms", "0.1"])
    assert rows
    assert not [e for r in rows for e in r["providers"].values() if "differs" in e]
