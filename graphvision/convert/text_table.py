"""A table of text, as ``print`` shows it."""

from collections.abc import Sequence


def text_table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, words: int) -> str:
    """Columns under their titles; a line parts the last row, which is the sum of the others.

    Args:
        titles: one per column.
        rows: the cells; at least one row.
        words: how many columns, from the left, are words and not numbers.

    Returns:
        Lines without a line break at the end; words stand left in their column, numbers right.

    Example:
        >>> print(text_table(("layer", "edges"), [("conv", "49"), ("total", "49")], words=1))
        layer  edges
        ────────────
        conv      49
        ────────────
        total     49
    """
    lines = [titles, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [_line(line, widths, words) for line in lines]
    rule = "─" * max(map(len, text))
    return "\n".join([text[0], rule, *text[1:-1], rule, text[-1]])


def counted(number: int | None) -> str:
    """A count with its thousands set apart; nothing for None.

    Example:
        >>> counted(35912), counted(None)
        ('35,912', '')
    """
    return "" if number is None else f"{number:,}"


def _line(cells: Sequence[str], widths: Sequence[int], words: int) -> str:
    placed = enumerate(zip(cells, widths, strict=True))
    texts = [cell.ljust(width) if i < words else cell.rjust(width) for i, (cell, width) in placed]
    return "  ".join(texts).rstrip()
