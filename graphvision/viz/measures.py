"""What models of a task are compared by, as people read it."""

import math
from dataclasses import dataclass
from typing import Any

from graphvision.viz.numbers import percent, three_digits


@dataclass(frozen=True)
class Shown:
    """A measure of ``results["task"]``, and how the page writes it.

    Args:
        name: key in the rows of ``results.json``.
        title: what people read; after a comma: what it is a measure of, or its unit.
        percent: a share, shown in per cent.
        larger_is_better: which end is good.
        ranked: whether models are compared by it; if not, nobody is best.

    Example:
        >>> ari = Shown("ari", "adjusted Rand index", percent=False)
        >>> ari.heading, ari.value({"mean": 0.81249, "sd": 0.01})
        ('adjusted Rand index', '0.812 ± 0.010')
        >>> Shown("ap50", "AP50").value({"mean": 0.81249, "sd": 0.01})
        '81.2 ± 1.0 %'
    """

    name: str
    title: str
    percent: bool = True
    larger_is_better: bool = True
    ranked: bool = True

    @property
    def factor(self) -> int:
        """From the numbers of ``results.json`` to those on the page."""
        return 100 if self.percent else 1

    @property
    def phrase(self) -> str:
        """The title within a sentence, without a comma."""
        name, _, rest = self.title.partition(", ")
        return f"{name} ({rest})" if rest else name

    @property
    def heading(self) -> str:
        """The title with its unit: of a column or an axis."""
        return f"{self.phrase}, %" if self.percent else self.title

    def text(self, score: dict[str, float | None]) -> str:
        """Mean and standard deviation without a unit; a dash where nothing was measured."""
        if math.isnan(_number(score["mean"])):
            return "–"
        return percent(score) if self.percent else three_digits(score)

    def value(self, score: dict[str, float | None]) -> str:
        """The same with its unit."""
        text = self.text(score)
        return f"{text} %" if self.percent and text != "–" else text

    def gap(self, first: float, second: float) -> str:
        """How far two means are apart, without a sign."""
        apart = abs(first - second)
        return f"{100 * apart:.1f} points" if self.percent else f"{apart:.3g}"

    def mean(self, row: dict[str, Any]) -> float:
        """The mean over the seeds; NaN where nothing was measured."""
        return _number(row[self.name]["mean"])

    def rank(self, row: dict[str, Any]) -> float:
        """What the best row has least of; infinite where nothing was measured."""
        mean = self.mean(row)
        if math.isnan(mean):
            return math.inf
        return -mean if self.larger_is_better else mean


def measures_of(results: dict[str, Any]) -> tuple[Shown, ...]:
    """The measures of a comparison's task; models are compared by the first.

    Args:
        results: the content of ``results.json``.

    Example:
        >>> task = {"name": "detect", "measures": [{"name": "ap50", "title": "AP50"}]}
        >>> measures_of({"task": task})[0].heading
        'AP50, %'
    """
    return tuple(Shown(**measure) for measure in results["task"]["measures"])


def _number(mean: float | None) -> float:
    return math.nan if mean is None else float(mean)
