"""Blocks of channels in registers: vectors whose width is part of their type.

The compiler turns a loop into vector instructions only where it can prove that arrays don't
overlap, and it never keeps a row of sums in registers across a loop over neighbours. With blocks a
kernel says so itself. A first block is made by :func:`fill`, of any width; all others are made
"like" it, so that one body serves every width and both dtypes. Places are counted in elements from
a pointer; nothing is checked.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic, models, register_model

from graphvision.kernels._jit import OPTIONS


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` into every caller: blocks then stay in registers between the two."""
    compiled: Callable[..., Any] = njit(**OPTIONS | {"cache": False, "forceinline": True})(function)
    return compiled


class Block(types.Type):
    """``lanes`` numbers of one dtype."""

    def __init__(self, dtype: Any, lanes: int) -> None:
        self.dtype, self.lanes = dtype, lanes
        super().__init__(f"Block({dtype}, {lanes})")


@register_model(Block)
class _BlockModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        element = manager.lookup(kind.dtype).get_value_type()
        super().__init__(manager, kind, ir.VectorType(element, kind.lanes))


def spread(builder: Any, value: Any, lanes: int) -> Any:
    """Code for a vector of ``lanes`` times ``value``."""
    kind = ir.VectorType(value.type, lanes)
    nothing = ir.Constant(kind, ir.Undefined)
    one = builder.insert_element(nothing, value, ir.IntType(32)(0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(one, nothing, everywhere)


@intrinsic
def pointer(typing: Any, array: Any) -> Any:
    """Where a contiguous array begins: passed on between functions at no cost, unlike an array.

    The array has to outlive it: one that a function makes itself is freed after its last mention,
    so :func:`keep` it behind the last use of the pointer. Elements are read by ``pointer[at]``,
    blocks by :func:`load`.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return cgutils.create_struct_proxy(array)(context, builder, args[0]).data

    kind = types.CPointer(array.dtype)  # type: ignore[attr-defined]
    return kind(array), build


@intrinsic
def keep(typing: Any, array: Any) -> Any:
    """Mention an array, so that it is not freed before."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_dummy_value()

    return types.void(array), build


def place(builder: Any, start: Any, at: Any, kind: Any) -> Any:
    """Code for a pointer to a vector of LLVM's ``kind``, ``at`` elements behind ``start``."""
    return builder.bitcast(builder.gep(start, [at]), kind.as_pointer())


@intrinsic(prefer_literal=True)
def fill(typing: Any, value: Any, size: Any) -> Any:
    """A block of ``size`` bytes (a literal), at least one lane, all ``value``."""
    kind = Block(value, max(1, size.literal_value * 8 // value.bitwidth))

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return spread(builder, args[0], kind.lanes)

    return kind(value, size), build


@intrinsic
def lanes(typing: Any, like: Any) -> Any:
    """The number of lanes."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_constant(types.intp, like.lanes)

    return types.intp(like), build


@intrinsic
def splat(typing: Any, value: Any, like: Any) -> Any:
    """A block like ``like``, all ``value``."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        number = context.cast(builder, args[0], value, like.dtype)
        return spread(builder, number, like.lanes)

    return like(value, like), build


@intrinsic
def load(typing: Any, start: Any, at: Any, like: Any) -> Any:
    """The elements behind the pointer ``start`` from the ``at``-th on, as many as ``like`` has."""
    kind = Block(start.dtype, like.lanes)

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value = context.get_value_type(kind)
        there = place(builder, args[0], args[1], value)
        return builder.load(there, align=start.dtype.bitwidth // 8)

    return kind(start, types.intp, like), build


@intrinsic
def store(typing: Any, start: Any, at: Any, block: Any) -> Any:
    """Write ``block`` behind the pointer ``start`` from the ``at``-th element on."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        there = place(builder, args[0], args[1], args[2].type)
        builder.store(args[2], there, align=start.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(start, types.intp, block), build


def _by_lane(arity: int, emit: Any, about: str) -> Any:
    """An operation on blocks of one type whose result has the type of the last."""

    def code(*kinds: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return emit(builder, *args)

        return kinds[-1](*kinds), build

    def one(typing: Any, a: Any) -> Any:
        return code(a)

    def two(typing: Any, a: Any, b: Any) -> Any:
        return code(a, b)

    def three(typing: Any, a: Any, b: Any, c: Any) -> Any:
        return code(a, b, c)

    def four(typing: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
        return code(a, b, c, d)

    typed = (one, two, three, four)[arity - 1]
    typed.__doc__ = about
    return intrinsic(typed)


def _instruction(name: str) -> Any:
    return lambda builder, *args: getattr(builder, name)(*args)


def call_by_name(builder: Any, name: str, *args: Any) -> Any:
    """Code for what LLVM knows by name, on vectors."""
    kind = args[0].type
    element = {"float": "f32", "double": "f64"}[str(kind.element)]
    full = f"llvm.{name}.v{kind.count}{element}"
    signature = ir.FunctionType(kind, [kind] * len(args))
    return builder.call(cgutils.get_or_insert_function(builder.module, signature, full), args)


def _function(name: str) -> Any:
    return lambda builder, *args: call_by_name(builder, name, *args)


def _choice(comparison: str) -> Any:
    def emit(builder: Any, a: Any, b: Any, then: Any, other: Any) -> Any:
        whole = isinstance(a.type.element, ir.IntType)
        compare = builder.icmp_signed if whole else builder.fcmp_ordered
        return builder.select(compare(comparison, a, b), then, other)

    return emit


add = _by_lane(2, _instruction("fadd"), "a + b")
subtract = _by_lane(2, _instruction("fsub"), "a − b")
multiply = _by_lane(2, _instruction("fmul"), "a · b")
divide = _by_lane(2, _instruction("fdiv"), "a / b")
multiply_add = _by_lane(3, _function("fmuladd"), "a · b + c, rounded once where the machine can")
maximum = _by_lane(2, _function("maximum"), "the larger of two; NaN where one of them is")
minimum = _by_lane(2, _function("minimum"), "the smaller of two; NaN where one of them is")
root = _by_lane(1, _function("sqrt"), "the square root")
where_equal = _by_lane(4, _choice("=="), "c where a = b, else d; d where a or b is NaN")
where_at_most = _by_lane(4, _choice("<="), "c where a ≤ b, else d; d where a or b is NaN")


@intrinsic
def total(typing: Any, a: Any) -> Any:
    """The sum of all lanes, halves first: one fixed order."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        value, count = args[0], a.lanes
        while count > 1:
            count //= 2
            masks = (range(count), range(count, 2 * count))
            halves = [
                builder.shuffle_vector(
                    value,
                    ir.Constant(value.type, ir.Undefined),
                    ir.Constant(ir.VectorType(ir.IntType(32), count), list(mask)),
                )
                for mask in masks
            ]
            value = builder.fadd(*halves)
        return builder.extract_element(value, ir.IntType(32)(0))

    return a.dtype(a), build


@inlined
def over_channels(step: Any, nothing: Any, start: Any, stop: Any, *args: Any) -> None:
    """Call ``step(zeros, c, *args)`` on blocks that cover the channels ``start`` … ``stop``.

    Args:
        step: a compiled function; it treats the channels from c on, as many as ``zeros`` has.
        nothing: 0 of the dtype.
        start: first channel.
        stop: behind the last.
        *args: passed on.
    """
    wide, middle = fill(nothing, 256), fill(nothing, 64)
    narrow, single = fill(nothing, 16), fill(nothing, 1)
    c = start
    while c + lanes(wide) <= stop:
        step(wide, c, *args)
        c += lanes(wide)
    while c + lanes(middle) <= stop:
        step(middle, c, *args)
        c += lanes(middle)
    while c + lanes(narrow) <= stop:
        step(narrow, c, *args)
        c += lanes(narrow)
    while c < stop:
        step(single, c, *args)
        c += 1
