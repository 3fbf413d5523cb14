import pytest

from graphvision import tasks


def test_options_reach_their_task():
    task = tasks.create("segment", ("cat",), losses={"dice": 2.0}, targets="majority")
    assert (task.losses, task.targets) == ({"dice": 2.0}, "majority")


def test_several_share_their_options():
    given = {"losses": {"lovasz": 1.0}, "balance": 0.3, "weights": {"edges": 0.5}}
    several = tasks.create("segment+edges+tag", ("cat", "dog"), **given)
    segment, edges, _ = several.tasks
    assert segment.losses == {"lovasz": 1.0}
    assert edges.balance == 0.3
    assert several.weights == {"segment": 1.0, "edges": 0.5, "tag": 1.0}
    assert several.name == "segment+edges+tag"


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("dream", {}, r"`task` must be one of .*'tag'\], got 'dream'"),
        ("segment+dream", {}, r"`task` must be one of .*, got 'dream'"),
        ("segment+detect", {}, "`tasks` must be one for each level at most"),
        ("segment", {"score": 0.5}, r"among \['losses', 'targets'\] .* 'segment', got 'score'"),
        ("segment", {"weights": {"segment": 1}}, "`options` must be among"),
        ("segment", {"losses": {"bce": 1.0}}, "`losses` must be of"),
        ("segment", {"losses": 3}, "`losses` must be numbers from 0 by name"),
        ("segment+edges", {"weights": {"tag": 1.0}}, r"`weights` must be of the tasks"),
        ("detect", {"most": 0}, "`most` must be at least 1"),
    ],
)
def test_errors(name, options, match):
    with pytest.raises(ValueError, match=match):
        tasks.create(name, ("cat",), **options)
