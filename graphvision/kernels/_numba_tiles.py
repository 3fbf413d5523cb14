"""Small matrix products in registers: a tile is a few blocks, one above the other.

One step adds the product of a column of numbers, each read at an address of its own, and a block.
With the rows' addresses in a table the rows of a matrix may lie anywhere: nothing is copied to
bring the neighbours of a node together.
"""

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils
from numba.core.types import UniTuple, int64, void  # type: ignore[attr-defined]
from numba.extending import intrinsic

from graphvision.kernels._numba_blocks import call_by_name, place, spread

_INT64 = ir.IntType(64)


@intrinsic(prefer_literal=True)
def tile(typing: Any, block: Any, rows: Any) -> Any:
    """A tile of ``rows`` (a literal) times ``block``."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return cgutils.pack_array(builder, [args[0]] * rows.literal_value)

    return UniTuple(block, rows.literal_value)(block, rows), build


@intrinsic
def address(typing: Any, start: Any, at: Any) -> Any:
    """The address of the ``at``-th element behind a pointer."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ptrtoint(builder.gep(args[0], [args[1]]), _INT64)

    return int64(start, int64), build


@intrinsic
def column(typing: Any, start: Any, at: Any, stride: Any, like: Any) -> Any:
    """Addresses for the rows of a tile: every ``stride``-th of a table, from its ``at``-th on."""
    kind = UniTuple(int64, like.count)

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        first = builder.gep(args[0], [args[1]])
        steps = [builder.mul(args[2], _INT64(r)) for r in range(like.count)]
        return cgutils.pack_array(builder, [builder.load(builder.gep(first, [s])) for s in steps])

    return kind(start, int64, int64, like), build


@intrinsic
def consecutive(typing: Any, begin: Any, like: Any) -> Any:
    """The addresses of consecutive numbers, one for every row of a tile."""
    kind = UniTuple(int64, like.count)
    size = like.dtype.dtype.bitwidth // 8

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        rows = range(like.count)
        return cgutils.pack_array(builder, [builder.add(args[0], _INT64(size * r)) for r in rows])

    return kind(int64, like), build


@intrinsic
def add_product(typing: Any, total: Any, addresses: Any, at: Any, block: Any) -> Any:
    """``total[r] + (number at the r-th address, moved on by at elements) · block``, for all r."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        sums, starts, step, factor = args
        element = factor.type.element.as_pointer()
        out = []
        for r in range(total.count):
            start = builder.inttoptr(builder.extract_value(starts, r), element)
            number = builder.load(builder.gep(start, [step]))
            wide = spread(builder, number, block.lanes)
            row = builder.extract_value(sums, r)
            out.append(call_by_name(builder, "fmuladd", wide, factor, row))
        return cgutils.pack_array(builder, out)

    return total(total, addresses, int64, block), build


@intrinsic
def load_tile(typing: Any, start: Any, at: Any, stride: Any, like: Any) -> Any:
    """The tile whose rows are ``stride`` elements apart, from the ``at``-th on."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = context.get_value_type(like.dtype)
        rows = []
        for r in range(like.count):
            where = builder.add(args[1], builder.mul(args[2], _INT64(r)))
            there = place(builder, args[0], where, kind)
            rows.append(builder.load(there, align=start.dtype.bitwidth // 8))
        return cgutils.pack_array(builder, rows)

    return like(start, int64, int64, like), build


@intrinsic
def store_tile(typing: Any, start: Any, at: Any, stride: Any, values: Any) -> Any:
    """Write a tile with its rows ``stride`` elements apart, from the ``at``-th on."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for r in range(values.count):
            row = builder.extract_value(args[3], r)
            where = builder.add(args[1], builder.mul(args[2], _INT64(r)))
            there = place(builder, args[0], where, row.type)
            builder.store(row, there, align=start.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return void(start, int64, int64, values), build
