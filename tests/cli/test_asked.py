import pytest
from click.testing import CliRunner

from graphvision import tasks
from graphvision.cli import main
from graphvision.cli.asked import TaskNames, read_options


@pytest.mark.parametrize("command", ["compare", "train"])
def test_help_has_the_options_of_every_task(command):
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    for task in tasks.names():
        for name in tasks.task_options(task):
            assert f"--{name} TEXT" in result.output
    assert "--weights TEXT" in result.output
    assert result.output.index("--weights") < result.output.index("--help")


@pytest.mark.parametrize("text", ["segment,edges", "segment, edges", "segment+edges"])
def test_several_names_are_one(text):
    assert TaskNames().convert(text, None, None) == "segment+edges"


def test_texts_of_other_tasks_are_left_for_the_error():
    found = read_options("edges", {"balance": "0.3", "losses": "dice=1"})
    assert found == {"balance": 0.3, "losses": "dice=1"}
    with pytest.raises(ValueError, match=r"`options` must be among .* got 'losses'"):
        tasks.create("edges", ("cat",), **found)
