"""``python -m graphvision.cli``."""

from graphvision.cli import main

main()
