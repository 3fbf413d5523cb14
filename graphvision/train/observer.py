"""Who wants to know how a comparison is getting on."""

from typing import Any

from graphvision.train.settings import Run


class Observer:
    """Hears what happens and says nothing; a base for those that say something.

    Attributes:
        visible: whether anything may be drawn on the terminal.
    """

    visible = False

    def progress(self, run: Run, epochs: float, note: str) -> None:
        """Now and then while a model is trained.

        Args:
            run: which one.
            epochs: how many it has behind it, with a fraction.
            note: how well it does.
        """

    def finished(self, run: Run, result: dict[str, Any]) -> None:
        """After a run, also one that an earlier process had finished.

        Args:
            run: which one.
            result: its scores and times.
        """
