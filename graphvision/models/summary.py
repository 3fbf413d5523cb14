"""A network layer by layer: sizes, parameters, multiply-adds and what each layer sees."""

from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import nn

from graphvision.convert import GraphNetwork, ungraphify
from graphvision.convert.text_table import text_table
from graphvision.models.data_flow import Visit, visits
from graphvision.models.layer_reads import rule_of, size_formula
from graphvision.models.operations import multiply_adds_by_layer

TITLES = (
    "layer",
    "kind",
    "output",
    "size",
    "parameters",
    "multiply-adds",
    "sees (px)",
    "step (px)",
    "hops",
)
WORDS = 4  # columns


@dataclass(frozen=True)
class Row:
    """One layer of a :class:`Summary`.

    Attributes:
        name: path of the layer, or name of the function.
        kind: its class, or again the function.
        output: shape of the result, without the batch.
        formula: how the size follows, ``⌊(W − K + 2P)/S⌋ + 1`` with the layer's numbers, for the
            first axis; None for layers of another kind.
        parameters: of this layer; 0 where it is called again.
        multiply_adds: for one image; None if unknown.
        receptive_field: pixels from the first to the last that a position sees, along each axis;
            the image's border plays no part, so that it can be larger than the image.
        jump: pixels between neighbouring positions, along each axis; 0 where all see the same.
    """

    name: str
    kind: str
    output: tuple[int, ...]
    formula: str | None
    parameters: int
    multiply_adds: int | None
    receptive_field: tuple[int, ...]
    jump: tuple[Fraction, ...]

    @property
    def hops(self) -> int:
        """Steps on the pixel grid with 8 neighbours from the middle to the farthest pixel seen.

        That many layers of message passing between neighbours see as far.
        """
        return max(self.receptive_field, default=0) // 2

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of the columns."""
        return (
            self.name,
            self.kind,
            "×".join(map(str, self.output)),
            self.formula or "",
            f"{self.parameters:,}" if self.parameters else "",
            "?" if self.multiply_adds is None else f"{self.multiply_adds:,}",
            _along_axes(self.receptive_field),
            _along_axes(self.jump),
            str(self.hops),
        )


@dataclass(frozen=True)
class Summary:
    """What :func:`summary` found; ``print`` it for a table.

    Attributes:
        rows: the layers, in the order of the calls.
        size: of the image, with its channels.
        parameters: of the whole network.
        multiply_adds: of the whole network, for one image; None if unknown.
        notes: what to know about these numbers.
    """

    rows: tuple[Row, ...]
    size: tuple[int, ...]
    parameters: int
    multiply_adds: int | None
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Row:
        """The first row of this name."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"`name` must be one of {[row.name for row in self.rows]}, got {name!r}")

    def __str__(self) -> str:
        count = "?" if self.multiply_adds is None else f"{self.multiply_adds:,}"
        total = ("total", "", "×".join(map(str, self.size)), "", f"{self.parameters:,}", count)
        rows = [*(row.cells() for row in self.rows), (*total, "", "", "")]
        table = text_table(TITLES, rows, words=WORDS)
        return "\n".join([table, *self.notes])


def summary(model: nn.Module, size: tuple[int, ...]) -> Summary:
    """Say of every layer how large its output is, what it costs, and how far it sees.

    A row for each layer that has parameters, moves over the image or changes its size, and for each
    place where branches meet; pointwise functions, dropout and views have none. With jump j and
    receptive field r of its input, a window of K taps sees ``r + (K − 1)·j`` pixels, and its
    outputs lie ``S·j`` pixels apart. Where branches meet, a position sees what any of them sees.
    The statistics of normalisation don't count as seeing.

    Args:
        model: takes images ``[b, c, *size]``; is run in evaluation mode and left as it was. What
            :func:`graphvision.graphify` made is described as the network that it was made from.
        size: (channels, height, width) of one image; (channels, length) of a signal, (channels,
            depth, height, width) of a volume.

    Returns:
        The rows, the totals, and ``str()`` of them: a table.

    Raises:
        ValueError: the model takes graphs, or images with another number of axes.

    Example:
        >>> import graphvision as gv
        >>> found = gv.summary(gv.models.create("lenet5"), (1, 28, 28))
        >>> [(row.name, row.receptive_field[0], row.hops) for row in found.rows[:4]]
        [('conv1', 5, 2), ('max_pool2d', 6, 3), ('conv2', 14, 7), ('max_pool2d', 16, 8)]
        >>> print(found["conv2"].formula, found.parameters, found.multiply_adds)
        (14 − 5 + 2·0)/1 + 1 = 10 61706 416520

    Source:
        Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks,
        Distill 2019.
    """
    if isinstance(model, GraphNetwork):
        model = ungraphify(model)
    _check(model, size)
    first = next(model.parameters(), torch.empty(0))
    example = torch.zeros(1, *size, dtype=first.dtype, device=first.device)
    modes = {module: module.training for module in model.modules()}
    try:
        found, reason = visits(model.eval(), example)
        counts, unknown = _counts(model, example)
    finally:
        for module, mode in modes.items():
            module.training = mode
    notes = [] if reason is None else [f"Layers in the order of their calls, not traced: {reason}"]
    return Summary(
        rows=_rows([visit for visit in found if _tells(visit)], counts),
        size=tuple(size),
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        multiply_adds=None if counts is None else sum(counts.values()),
        notes=(*notes, *([] if unknown is None else [f"Multiply-adds unknown: {unknown}"])),
    )


def _check(model: nn.Module, size: tuple[int, ...]) -> None:
    if getattr(model, "input_kind", "image") != "image":
        raise ValueError(
            f"`model` must take images, got {type(model).__name__}, which takes graphs"
        )
    axes = getattr(model, "dims", None)
    if len(size) < 2 or min(size) < 1 or axes not in (None, len(size) - 1):
        wanted = "height and width" if axes is None else f"{axes} sides"
        raise ValueError(f"`size` must be the channels, then {wanted} in pixels, got {tuple(size)}")


def _counts(model: nn.Module, example: torch.Tensor) -> tuple[dict[str, int] | None, str | None]:
    try:
        return multiply_adds_by_layer(model, example), None
    except ValueError as error:
        return None, str(error)


def _tells(visit: Visit) -> bool:
    """Whether a visit is worth a row."""
    layer, before, after = visit.call.target, visit.call.before, visit.call.after
    if isinstance(layer, nn.Module) and any(True for _ in layer.parameters()):
        return True
    if visit.joins > 1:
        return True
    moves = rule_of(layer) is not None
    is_layer = isinstance(layer, nn.Module)
    return moves and (is_layer or before != after or visit.name not in ("getitem", "pad"))


def _rows(found: list[Visit], counts: dict[str, int] | None) -> tuple[Row, ...]:
    rows, seen = [], set()
    for visit in found:
        layer, again = visit.call.target, visit.call.target in seen
        is_layer = isinstance(layer, nn.Module)
        if is_layer:
            seen.add(layer)
        axes = () if visit.field is None else visit.field.axes
        rows.append(
            Row(
                name=visit.name,
                kind=type(layer).__name__ if is_layer else visit.name,
                output=visit.shape,
                formula=size_formula(visit.call),
                parameters=0 if again or not is_layer else _size(layer),
                multiply_adds=None if counts is None else 0 if again else _within(visit, counts),
                receptive_field=tuple(axis.extent for axis in axes),
                jump=tuple(axis.jump for axis in axes),
            )
        )
    return tuple(rows)


def _size(layer: nn.Module) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())


def _within(visit: Visit, counts: dict[str, int]) -> int:
    """Of a layer and of what is inside it."""
    if not isinstance(visit.call.target, nn.Module):
        return 0
    inside = f"{visit.name}."
    return sum(n for name, n in counts.items() if name == visit.name or name.startswith(inside))


def _along_axes(values: tuple[int, ...] | tuple[Fraction, ...]) -> str:
    if not any(values):
        return "-"
    return str(values[0]) if len(set(values)) == 1 else "×".join(map(str, values))
