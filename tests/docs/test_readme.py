"""Examples run, links lead somewhere, and no page installs another project's code."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [p for p in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")] if "_build" not in p.parts]


def blocks(page, language):
    """The code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def installs_the_other_project(text):
    """Whether some command installs the bare name, which belongs to another project on PyPI."""
    commands = re.split(r"&&|[;|\n`]", text)
    wanted = re.compile(r"\bpip3?\s+install\b.*(?<![\w./-])graphvision(?![\w/.-])")
    return any(wanted.search(command) for command in commands)


def relative_links(page):
    """Targets of links and images that lie in this repository, without their anchors."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.M | re.S)
    found = re.findall(r"\]\(([^()\s]+)\)", text)
    return [t.partition("#")[0] for t in found if not re.match(r"[a-z]+:|#", t)]


@pytest.mark.parametrize("page", [README, ROOT / "docs" / "index.md"], ids=lambda p: p.name)
def test_example_runs(page):
    found = blocks(page, "python")
    assert found
    for code in found:
        exec(compile(code, str(page), "exec"), {})


def test_readme_commands_are_those_of_ci():
    commands = [line for block in blocks(README, "bash") for line in block.splitlines()]
    assert all(len(block.splitlines()) == 1 for block in blocks(README, "bash"))
    tests = next(c for c in commands if c.endswith("pytest"))
    assert tests in (ROOT / ".ci" / "run").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_page_installs_the_other_project(page):
    assert not installs_the_other_project(page.read_text("utf-8"))


def test_no_docstring_installs_the_other_project():
    sources = list((ROOT / "graphvision").rglob("*.py"))
    assert sources
    assert not [p for p in sources if installs_the_other_project(p.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("pip install graphvision", True),
        ("run `pip install -U graphvision[test]` first", True),
        ("python -m pip install torch graphvision==1.0", True),
        ("pip install graphvision-pyg", False),
        ("pip install -e . && .venv/bin/graphvision compare", False),
        ("pip install -e . && graphvision compare", False),
    ],
)
def test_the_other_project_would_be_noticed(text, wrong):
    assert installs_the_other_project(text) is wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_relative_links_resolve(page):
    missing = [t for t in relative_links(page) if not (page.parent / t).exists()]
    assert not missing


def test_sizes():
    assert len((ROOT / "CONTRIBUTING.md").read_text("utf-8").splitlines()) <= 80
    assert (ROOT / "docs" / "images" / "images-are-graphs.png").stat().st_size < 300_000
