"""Eight numbers at a time inside Numba kernels, where its loops are not vectorised by themselves.

LLVM gives up on loops whose arrays might overlap, and on short ones. ``Vec`` is LLVM's own vector
of ``LANES`` floats or doubles: registers wide enough hold it whole, others take it in parts. Sums
stay in registers over all edges of a row. ``n`` is how many numbers are left: lanes beyond are
loaded as 0 and not stored, so any number of channels takes the same path.
"""

import operator
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic, models, overload, register_model

from graphvision.kernels._jit import jit

LANES = 8
ROUNDING = 12582912.0  # 1.5 · 2²³: a float32 near it has no digits behind the point
_FAST = ("contract", "reassoc", "nsz")


class Vec(types.Type):
    """The type of ``LANES`` scalars."""

    def __init__(self, scalar: Any) -> None:
        self.scalar = scalar
        super().__init__(name=f"Vec({scalar})")


@register_model(Vec)
class _VecModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _vector(fe_type.scalar))


def _vector(scalar: Any) -> ir.VectorType:
    return ir.VectorType(_lane(scalar), LANES)


def _lane(scalar: Any) -> Any:
    return ir.FloatType() if scalar == types.float32 else ir.DoubleType()


def _suffix(scalar: Any) -> str:
    return f"v{LANES}f{scalar.bitwidth}"


def _splat(builder: Any, value: Any) -> Any:
    vector = ir.VectorType(value.type, LANES)
    one = builder.insert_element(
        ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0)
    )
    order = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(one, one, order)


def _const(scalar: Any, value: float) -> Any:
    return ir.Constant(_vector(scalar), [value] * LANES)


def _call(builder: Any, name: str, result: Any, args: list[Any], fast: bool = False) -> Any:
    signature = ir.FunctionType(result, [a.type for a in args])
    function = builder.module.globals.get(name) or ir.Function(builder.module, signature, name)
    return builder.call(function, args, fastmath=_FAST if fast else ())


def _address(context: Any, builder: Any, array_type: Any, array: Any, at: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [at], inbounds=True)


def _mask(builder: Any, left: Any) -> Any:
    """Which lanes are among the first ``left``; counted in 32 bits, which fit one register."""
    most = ir.Constant(left.type, LANES)
    few = builder.select(builder.icmp_signed("<", left, most), left, most)
    index = ir.Constant(ir.VectorType(ir.IntType(32), LANES), list(range(LANES)))
    return builder.icmp_signed("<", index, _splat(builder, builder.trunc(few, ir.IntType(32))))


def _masked_name(builder: Any, kind: str, scalar: Any, pointer: Any) -> tuple[str, Any]:
    vector = ir.PointerType(_vector(scalar))
    opaque = getattr(pointer.type, "is_opaque", True)
    tail = "p0" if opaque else f"p0{_suffix(scalar)}"
    cast = pointer if opaque else builder.bitcast(pointer, vector)
    return f"llvm.masked.{kind}.{_suffix(scalar)}.{tail}", cast


@intrinsic
def load_else(typing: Any, x: Any, at: Any, n: Any, other: Any) -> Any:
    """``x[at : at + LANES]`` of a contiguous 1-D array; ``other`` from lane ``n`` on."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array, start, left, rest = args
        pointer = _address(context, builder, signature.args[0], array, start)
        scalar = signature.args[0].dtype
        name, pointer = _masked_name(builder, "load", scalar, pointer)
        align = ir.Constant(ir.IntType(32), scalar.bitwidth // 8)
        operands = [pointer, align, _mask(builder, left), _splat(builder, rest)]
        return _call(builder, name, _vector(scalar), operands)

    return Vec(x.dtype)(x, types.int64, types.int64, x.dtype), code


@jit
def load(x: Any, at: Any, n: Any) -> Any:
    """``x[at : at + LANES]`` of a contiguous 1-D array; 0 from lane ``n`` on."""
    return load_else(x, at, n, 0)


@intrinsic
def store(typing: Any, x: Any, at: Any, n: Any, value: Any) -> Any:
    """``x[at : at + LANES] = value``, lanes below ``n`` only."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array, start, left, vector = args
        pointer = _address(context, builder, signature.args[0], array, start)
        scalar = signature.args[0].dtype
        name, pointer = _masked_name(builder, "store", scalar, pointer)
        align = ir.Constant(ir.IntType(32), scalar.bitwidth // 8)
        _call(builder, name, ir.VoidType(), [vector, pointer, align, _mask(builder, left)])
        return context.get_dummy_value()

    return types.void(x, types.int64, types.int64, value), code


@intrinsic
def fill(typing: Any, x: Any, value: Any) -> Any:
    """``LANES`` times ``value``, as scalars of the array ``x``."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _splat(builder, args[1])

    return Vec(x.dtype)(x, x.dtype), code


def _pointwise(emit: Any, arity: int) -> Any:
    """An intrinsic on vectors of one type; plain numbers among its arguments are spread."""

    def typed(typing: Any, *operands: Any) -> Any:
        vec = next((o for o in operands if isinstance(o, Vec)), None)
        if vec is None:
            return None
        kinds = [vec if isinstance(o, Vec) else vec.scalar for o in operands]

        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            full = [
                a if isinstance(kind, Vec) else _splat(builder, a)
                for a, kind in zip(args, kinds, strict=True)
            ]
            return emit(builder, vec.scalar, *full)

        return vec(*kinds), code

    def one(typing: Any, a: Any) -> Any:
        return typed(typing, a)

    def two(typing: Any, a: Any, b: Any) -> Any:
        return typed(typing, a, b)

    def three(typing: Any, a: Any, b: Any, c: Any) -> Any:
        return typed(typing, a, b, c)

    return intrinsic((one, two, three)[arity - 1])


def _named(name: str, fast: bool = False) -> Any:
    def emit(builder: Any, scalar: Any, *args: Any) -> Any:
        full = f"llvm.{name}.{_suffix(scalar)}"
        return _call(builder, full, _vector(scalar), list(args), fast)

    return emit


def _operator(symbol: Any, method: str) -> None:
    function = _pointwise(
        lambda builder, scalar, a, b: getattr(builder, method)(a, b, flags=_FAST), 2
    )

    # Lambdas: Numba compiles the inner one, and wants signatures without annotations.
    overload(symbol)(
        lambda a, b: (
            (lambda a, b: function(a, b)) if isinstance(a, Vec) or isinstance(b, Vec) else None
        )
    )


_operator(operator.add, "fadd")
_operator(operator.sub, "fsub")
_operator(operator.mul, "fmul")
_operator(operator.truediv, "fdiv")

fma = _pointwise(_named("fmuladd"), 3)  # a · b + c
absolute = _pointwise(_named("fabs"), 1)
exp_exact = _pointwise(_named("exp"), 1)  # lane by lane, by the C library


def _where_positive(builder: Any, scalar: Any, z: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", z, _const(scalar, 0.0)), a, b)


def _greater(builder: Any, scalar: Any, a: Any, b: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", a, b), a, b)


def _turned(step: int) -> Any:
    """Lane k takes the place of lane k + step, in a circle."""

    def emit(builder: Any, scalar: Any, a: Any) -> Any:
        order = [(k + step) % LANES for k in range(LANES)]
        return builder.shuffle_vector(
            a, a, ir.Constant(ir.VectorType(ir.IntType(32), LANES), order)
        )

    return _pointwise(emit, 1)


def _power_of_two(builder: Any, scalar: Any, shifted: Any) -> Any:
    """2^n in float32 from n + ``ROUNDING``, whose last bits are n: they become the exponent."""
    whole = ir.VectorType(ir.IntType(32), LANES)
    bits = builder.shl(builder.bitcast(shifted, whole), ir.Constant(whole, [23] * LANES))
    bits = builder.add(bits, ir.Constant(whole, [127 << 23] * LANES))
    return builder.bitcast(bits, _vector(scalar))


def _by_lane(name: str) -> Any:
    """A function of the C library on doubles, lane by lane."""

    def emit(builder: Any, scalar: Any, x: Any) -> Any:
        out = x
        for k in range(LANES):
            lane = ir.Constant(ir.IntType(32), k)
            value = builder.fpext(builder.extract_element(x, lane), ir.DoubleType())
            value = _call(builder, name, ir.DoubleType(), [value])
            out = builder.insert_element(out, value, lane)
        return out

    return emit


where_positive = _pointwise(_where_positive, 3)  # z > 0 ? a : b
greater = _pointwise(_greater, 2)  # a > b ? a : b
maximum = _pointwise(_named("maximum"), 2)  # NaN where one of them is
minimum = _pointwise(_named("minimum"), 2)
_turned1, _turned2, _turned4 = (_turned(step) for step in (1, 2, 4))
power_of_two = _pointwise(_power_of_two, 1)  # of n + ROUNDING, n a whole number in -127…128
erfc_exact = _pointwise(_by_lane("erfc"), 1)
tanh_exact = _pointwise(_by_lane("tanh"), 1)


@intrinsic
def total(typing: Any, vector: Any) -> Any:
    """The sum of the lanes, in one fixed order."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        scalar = signature.args[0].scalar
        name = f"llvm.vector.reduce.fadd.{_suffix(scalar)}"
        zero = ir.Constant(_lane(scalar), -0.0)
        return _call(builder, name, _lane(scalar), [zero, args[0]], fast=True)

    return vector.scalar(vector), code


def _bits(comparison: str) -> Any:
    """One bit per lane: whether the comparison holds."""

    def typed(typing: Any, a: Any, b: Any) -> Any:
        def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            held = builder.fcmp_ordered(comparison, *args)
            return builder.bitcast(held, ir.IntType(LANES))

        return types.uint8(a, b), code

    return intrinsic(typed)


equal_bits = _bits("==")  # a = b
below_bits = _bits("<")  # a < b


@intrinsic
def where_bits(typing: Any, bits: Any, a: Any, b: Any) -> Any:
    """Lane by lane a where the bit is set, else b."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        mask = builder.bitcast(args[0], ir.VectorType(ir.IntType(1), LANES))
        return builder.select(mask, args[1], args[2])

    return a(types.uint8, a, b), code


@jit
def sum_alike(v: Any, period: int) -> Any:
    """In every lane the sum of the lanes k, k + period, …; ``period`` divides ``LANES``."""
    if period <= 4:
        v = v + _turned4(v)
    if period <= 2:
        v = v + _turned2(v)
    if period <= 1:
        v = v + _turned1(v)
    return v


@jit
def greatest_alike(v: Any, period: int) -> Any:
    """In every lane the greatest of the lanes k, k + period, …; ``period`` divides ``LANES``."""
    if period <= 4:
        v = greater(v, _turned4(v))
    if period <= 2:
        v = greater(v, _turned2(v))
    if period <= 1:
        v = greater(v, _turned1(v))
    return v
