"""Every command on a page is one that the command line knows, with options that it has."""

import re
import shlex
from pathlib import Path

import click
import pytest

from graphvision.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *(p for p in ROOT.glob("docs/**/*.md") if "_build" not in p.parts)]


def commands(text):
    """What stands after ``graphvision`` on the lines of shell blocks, and between backticks."""
    blocks = re.findall(r"^```bash\n(.*?)^```", text, re.M | re.S)
    lines = [line.split("&&")[-1].strip() for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`(graphvision [a-z]+ [^`]+)`", text)
    found = [re.match(r"(?:\.venv/bin/)?graphvision (.+)", line) for line in lines]
    return [shlex.split(match[1]) for match in found if match]


def known(words):
    """Read by the command's own parser, without running it."""
    name, *rest = words
    command = main.commands[name]
    try:
        command.make_context(name, rest)
    except (click.MissingParameter, click.BadOptionUsage):
        return True  # text often names the beginning of a command
    except click.UsageError:
        return False
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_are_known(page):
    unknown = [words for words in commands(page.read_text("utf-8")) if not known(words)]
    assert not unknown


def test_commands_are_found_and_a_wrong_one_would_be_noticed():
    page = ROOT / "docs" / "how-to" / "your-own-pictures.md"
    assert len(commands(page.read_text("utf-8"))) >= 8
    assert known(commands("```bash\ngraphvision compare --task segment\n```")[0])
    for wrong in ("compare --task dream", "train --task segment --data x --colour red"):
        assert not known(commands(f"```bash\ngraphvision {wrong}\n```")[0])
