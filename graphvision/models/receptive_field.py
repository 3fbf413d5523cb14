"""Which pixels of the image each position of a layer sees, followed exactly from layer to layer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

Interval = tuple[int, int]
Sight = Interval | None  # first and last pixel that a position sees, or nothing


@dataclass(frozen=True)
class Reads:
    """Which input positions each output position of a layer reads, along one axis.

    Attributes:
        at: gives the input positions of an output position; both may lie outside the image.
        period: outputs after which the pattern repeats.
        advance: inputs that it has moved by then: ``at(o + period) = at(o) + advance``.
    """

    at: Callable[[int], Iterable[int]]
    period: int = 1
    advance: int = 1


@dataclass(frozen=True)
class Axis:
    """Which pixels each position sees, along one axis: an interval, repeated with a period.

    A position of a deep layer sees an interval of pixels. Strides and transposed convolutions make
    a pattern of intervals that repeats: after ``len(sights)`` positions it has moved on by
    ``advance`` pixels. That is exact for convolution, pooling and enlarging in any order.

    Args:
        sights: what the positions of one period see.
        advance: pixels per period; 0 if all positions see the same.

    Example:
        >>> pooled = PIXELS.through(Reads(lambda o: range(2 * o, 2 * o + 2), 1, 2))
        >>> conv = Reads(lambda o: range(o - 1, o + 2))
        >>> pooled.through(conv).extent, pooled.through(conv).jump
        (6, Fraction(2, 1))

    Source:
        Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks,
        Distill 2019, for layers that don't enlarge; ``tests/models/test_summary.py`` compares with
        the support of gradients.
    """

    sights: tuple[Sight, ...]
    advance: int

    def sight(self, position: int) -> Sight:
        """First and last pixel that a position sees; borders of the image play no part."""
        turns, place = divmod(position, len(self.sights))
        seen, moved = self.sights[place], turns * self.advance
        return seen and (seen[0] + moved, seen[1] + moved)

    @property
    def extent(self) -> int:
        """Pixels from the first to the last that a position sees, the largest of all positions."""
        return max((last - first + 1 for first, last in filter(None, self.sights)), default=0)

    @property
    def jump(self) -> Fraction:
        """Pixels between neighbouring positions; 0 where all positions see the same."""
        return Fraction(self.advance, len(self.sights))

    def through(self, reads: Reads) -> "Axis":
        """What the outputs of a layer see, if this is what its inputs see."""
        rounds = len(self.sights) // gcd(len(self.sights), reads.advance)
        seen = (
            hull(map(self.sight, reads.at(position))) for position in range(rounds * reads.period)
        )
        return Axis(tuple(seen), self.advance * rounds * reads.advance // len(self.sights))

    def whole(self, size: int) -> "Axis":
        """What something sees that reads all of ``size`` positions."""
        return Axis((hull(map(self.sight, range(size))),), 0)

    def joined(self, other: "Axis") -> "Axis":
        """What the sum of two layers sees. Unequal jumps: the finer one, as wide as the wider."""
        if not (self.advance and other.advance):
            both = [axis for axis in (self, other) if not axis.advance]
            return Axis((hull(seen for axis in both for seen in axis.sights),), 0)
        if self.jump != other.jump:
            finer, coarser = sorted((self, other), key=lambda axis: axis.jump)
            more = max(0, coarser.extent - finer.extent)
            grown = (
                seen and (seen[0] - more // 2, seen[1] + more - more // 2) for seen in finer.sights
            )
            return Axis(tuple(grown), finer.advance)
        period = lcm(len(self.sights), len(other.sights))
        seen = (hull((self.sight(i), other.sight(i))) for i in range(period))
        return Axis(tuple(seen), int(self.jump * period))


PIXELS = Axis(((0, 0),), 1)


def hull(sights: Iterable[Sight]) -> Sight:
    """The smallest interval with all of these in it.

    Example:
        >>> hull([(3, 5), None, (-1, 2)])
        (-1, 5)
    """
    found = [seen for seen in sights if seen is not None]
    if not found:
        return None
    return min(first for first, _ in found), max(last for _, last in found)
