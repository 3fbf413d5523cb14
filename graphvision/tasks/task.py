"""The contract of a task: one object for every network that can be asked it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from jaxtyping import Float
from torch import Tensor

from graphvision.graphs import Annotations
from graphvision.tasks.answer import Answer
from graphvision.tasks.metrics.score import AbstractScore
from graphvision.tasks.places import Places

Level = Literal["graph", "node", "edge"]


@dataclass(frozen=True)
class Measure:
    """How a number is shown.

    Attributes:
        name: key in results.
        title: what people read.
        percent: a share, shown in per cent.
        larger_is_better: which end is good.
        ranked: whether models are compared by it; if not, nobody is best: it says what could be
            reached, or means another thing for each model.
    """

    name: str
    title: str
    percent: bool = True
    larger_is_better: bool = True
    ranked: bool = True

    def text(self, value: float) -> str:
        """A value as people read it.

        Example:
            >>> Measure("accuracy", "accuracy").text(0.915), Measure("mae", "", False).text(0.915)
            ('91.5%', '0.915')
        """
        return f"{value:.1%}" if self.percent else f"{value:.3f}"


class AbstractJudge(ABC):
    """Collects answers and truth, batch after batch, and gives the scores of all of them.

    Args:
        **scores: what it counts with; ``update`` finds them in :attr:`scores`.
    """

    def __init__(self, **scores: AbstractScore) -> None:
        self.scores: dict[str, Any] = scores

    @abstractmethod
    def update(self, answer: Answer, truth: Annotations, places: Places) -> None:
        """Take in one batch."""

    def merge(self, other: AbstractJudge) -> None:
        """Take in what another judge, of another process, has collected."""
        for name, score in self.scores.items():
            score.merge(other.scores[name])

    def compute(self) -> dict[str, Any]:
        """The scores by name; other things that a report shows may lie beside them."""
        found: dict[str, Any] = {}
        for score in self.scores.values():
            found |= score.compute()
        return found


class AbstractTask(ABC):
    """What is asked of an image, and how answers are learned, read and scored.

    The same object serves a CNN, whose outputs are maps or one row per image, and a graph network
    with outputs on nodes, edges or whole graphs: :class:`Places` says where they sit.

    Args:
        classes: names of the objects' classes, without the background.

    Attributes:
        name: what ``--task`` calls it.
        level: where a graph network's outputs belong to; ``"node"`` and ``"edge"`` are maps for a
            CNN, ``"graph"`` one row per image.
        quick: whether answers are read so fast that training can score every batch.
        measures: what is measured; models are compared by the first.

    Raises:
        ValueError: there is no class.
    """

    name: ClassVar[str]
    level: ClassVar[Level]
    quick: ClassVar[bool] = False
    measures: ClassVar[tuple[Measure, ...]]

    def __init__(self, classes: Sequence[str]) -> None:
        if not classes:
            raise ValueError("`classes` must name at least one class, got none")
        self.classes = tuple(classes)

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Numbers that a network gives for each image, node or edge."""

    @property
    def channels(self) -> int:
        """Channels of a CNN's map."""
        return self.outputs

    def bias(self) -> Float[Tensor, " k"] | None:
        """What :meth:`rows` adds to the outputs, so that training starts from a likely answer.

        Returns:
            One number per output, whatever the network; None for nothing.
        """
        return None

    def rows(self, outputs: Any, places: Places) -> Any:
        """A network's outputs, with the task's bias, as one row for each image, node or edge.

        Raises:
            ValueError: there isn't one row for each, or a row has the wrong length.
        """
        if self.level == "node":
            outputs = places.at_nodes(outputs)
        elif self.level == "edge":
            outputs = places.at_edges(outputs)
        elif outputs.ndim == 4:  # a map that answers for the whole image: its mean
            outputs = outputs.flatten(2).mean(2)
        if outputs.shape[1:] != (self.outputs,):
            got = f"got shape {tuple(outputs.shape)}"
            raise ValueError(f"`outputs` must have {self.outputs} numbers per {self.level}, {got}")
        bias = self.bias()
        return outputs if bias is None else outputs + bias.to(outputs)

    @abstractmethod
    def target(self, truth: Annotations, places: Places) -> Any:
        """What the rows should say.

        Raises:
            ValueError: the data doesn't know what the task asks.
        """

    @abstractmethod
    def loss(self, rows: Any, target: Any, places: Places) -> Tensor:
        """A scalar, of all images of the batch together."""

    @abstractmethod
    def decode(self, rows: Any, places: Places) -> Answer:
        """The answer in pixels or boxes of the image."""

    @abstractmethod
    def judge(self) -> AbstractJudge:
        """A new, empty collection of answers and truth."""

    def needs(self, truth: Annotations, *names: str) -> list[Tensor]:
        """Fields of the truth.

        Raises:
            ValueError: the data doesn't know one of them.
        """
        missing = [name for name in names if getattr(truth, name) is None]
        if missing:
            raise ValueError(f"`truth` must know {missing} for the task {self.name!r}, got none")
        return [getattr(truth, name) for name in names]
