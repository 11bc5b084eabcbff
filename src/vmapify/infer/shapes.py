"""Shapes of results, as far as arguments show them (rules of the NumPy API); None where they do not."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import ARRAYS, Kind, Shape, Value

if TYPE_CHECKING:
    from vmapify.infer.callables import Arguments

ELEMENTWISE = frozenset(
    [
        "abs",
        "absolute",
        "add",
        "arccos",
        "arccosh",
        "arcsin",
        "arcsinh",
        "arctan",
        "arctan2",
        "arctanh",
        "cbrt",
        "ceil",
        "clip",
        "conj",
        "conjugate",
        "cos",
        "cosh",
        "deg2rad",
        "degrees",
        "divide",
        "exp",
        "exp2",
        "expm1",
        "fabs",
        "floor",
        "floor_divide",
        "fmax",
        "fmin",
        "fmod",
        "hypot",
        "imag",
        "log",
        "log10",
        "log1p",
        "log2",
        "logaddexp",
        "maximum",
        "minimum",
        "mod",
        "multiply",
        "negative",
        "positive",
        "power",
        "rad2deg",
        "real",
        "reciprocal",
        "remainder",
        "rint",
        "round",
        "sign",
        "sin",
        "sinc",
        "sinh",
        "sqrt",
        "square",
        "subtract",
        "tan",
        "tanh",
        "true_divide",
        "trunc",
        "where",
        "relu",
        "sigmoid",
        "softplus",
        "gelu",
        "silu",
        "elu",
        "erf",
        "erfc",
        "softmax",
        "log_softmax",
        "gammaln",
        "digamma",
        "nan_to_num",
        "expit",
        "logit",
        "xlogy",
    ]
)
PREDICATES = frozenset(
    [
        "equal",
        "not_equal",
        "less",
        "less_equal",
        "greater",
        "greater_equal",
        "isnan",
        "isinf",
        "isfinite",
        "logical_and",
        "logical_or",
        "logical_not",
        "isclose",
    ]
)
REDUCTIONS = frozenset(
    [
        "sum",
        "mean",
        "max",
        "min",
        "prod",
        "std",
        "var",
        "any",
        "all",
        "argmax",
        "argmin",
        "median",
        "amax",
        "amin",
        "nansum",
        "nanmean",
        "logsumexp",
        "norm",
        "ptp",
        "count_nonzero",
    ]
)
# results shaped like the first argument; those in FLATTENING only if they are told an axis
LIKE = {"zeros_like", "ones_like", "full_like", "empty_like", "sort", "argsort", "flip", "roll", "copy"} | {
    "cholesky",
    "inv",
    "matrix_power",
    "expm",
    "fft",
    "ifft",
}
RESIZING = {"fft", "ifft"}  # if they are told a length
SCALARS = {"allclose", "array_equal", "array_equiv", "vdot"}  # whatever they are given
FLATTENING = {"cumsum", "cumprod", "nancumsum", "nancumprod"}
# keyword arguments that no operand of an elementwise function is
OPTIONS = {"axis", "dtype", "out", "decimals", "approximate"}
DRAWS = {
    "normal": 1,
    "uniform": 1,
    "bits": 1,
    "gumbel": 1,
    "exponential": 1,
    "rademacher": 1,
    "laplace": 1,
    "logistic": 1,
    "randint": 1,
}
DRAWS |= {"bernoulli": 2, "gamma": 2, "poisson": 2, "beta": 3, "categorical": 9, "truncated_normal": 3}


def result(last: str, args: Arguments, node: ast.Call) -> Shape | None:
    """The shape of ``jnp.<last>(…)``."""
    first = args.positional[0] if args.positional else None
    if last in {"zeros", "ones", "empty", "full"}:
        wanted = args.get(0, "shape")
        return as_shape(wanted) if wanted is not None else None
    if last in {"PRNGKey", "key"}:
        return () if last == "key" else None
    if last in SCALARS:
        return ()
    if last == "fold_in":
        return first.shape if first is not None else None
    if last == "split" and splits_key(args, node):
        count = args.get(1, "num")
        return _one(count) if count is not None else (Linear(2),)
    if last in DRAWS:
        wanted = args.get(DRAWS[last], "shape")
        default: Shape | None = () if DRAWS[last] == 1 else None
        return as_shape(wanted) if wanted is not None else default
    if last == "permutation" and len(args.positional) == 2:
        drawn = args.positional[1]
        return (drawn.number,) if drawn.kind is Kind.NUMBER else drawn.shape
    if last == "arange":
        return _arange(args)
    if last in {"linspace", "logspace", "geomspace"}:
        return _spaced(args)
    if last in {"eye", "identity"} and first is not None:
        side = args.get(1, "M") if last == "eye" else None
        return (first.number, side.number if side is not None else first.number)
    return _from_arrays(last, args, first)


def splits_key(args: Arguments, node: ast.Call) -> bool:
    """``jax.random.split`` and ``jrandom.split``, not ``jnp.split``."""
    if not args.positional:
        return False
    if args.positional[0].dtype in {"key", "rbg"}:
        return True
    return isinstance(node.func, ast.Attribute) and any(
        part in ast.unparse(node.func.value).lower() for part in ("rand", "jr")
    )


def _spaced(args: Arguments) -> Shape | None:
    """``linspace`` between numbers; between arrays it has their axes, too."""
    ends = (args.get(0, "start"), args.get(1, "stop"))
    if "retstep" in args.keywords or not all(end is not None and _is_scalar(end) for end in ends):
        return None
    count = args.get(2, "num")
    return _one(count) if count is not None else (Linear(50),)


def _is_scalar(value: Value) -> bool:
    return value.kind is Kind.NUMBER or (value.kind in ARRAYS and value.shape == ())


def _from_arrays(last: str, args: Arguments, first: Value | None) -> Shape | None:
    if first is None:
        return None
    if last in {"array", "asarray", "copy", "astype"}:
        return of_literal(first) if "ndmin" not in args.keywords else None
    if last in ELEMENTWISE or last in PREDICATES:
        return broadcast(operands(args))
    if last in LIKE or last in FLATTENING:
        return _like(last, args, first)
    if last in REDUCTIONS:
        return _reduced(last, args, first)
    if last in {"convolve", "correlate"}:
        return (None,)
    if last == "reshape" and len(args.positional) == 2:
        return as_shape(args.positional[1])
    if last == "stack":
        return _stacked(first, args.get(1, "axis"))
    if last in {"ravel", "flatten"}:
        return first.shape if first.shape is not None and len(first.shape) == 1 else (None,)
    return _product(last, args, first)


def _reduced(last: str, args: Arguments, first: Value) -> Shape | None:
    """A scalar, or the shape of ``first`` without ``axis``, which ``keepdims`` leaves as 1."""
    axis = args.get(1, "axis") if last != "norm" else args.keywords.get("axis")
    kept = args.keywords.get("keepdims")
    if axis is None and kept is None and "ord" not in args.keywords and len(args.positional) == 1:
        return ()
    others = set(args.keywords) - {"axis", "keepdims", "dtype"} or args.positional[1 if last == "norm" else 2 :]
    at = axis.number.value if axis is not None and axis.number is not None else None
    if others or at is None or first.shape is None or not -len(first.shape) <= at < len(first.shape):
        return None
    if kept is not None and not isinstance(kept.const, bool):
        return None
    at %= len(first.shape)
    middle = (Linear(1),) if kept is not None and kept.const else ()
    return (*first.shape[:at], *middle, *first.shape[at + 1 :])


def operands(args: Arguments) -> list[Value]:
    """What an elementwise function computes with."""
    return [*args.positional, *(value for name, value in args.keywords.items() if name not in OPTIONS)]


def axis_symbol(name: str, axis: int) -> Linear:
    """The length of an axis of the value called ``name``: axis 0 of ``x[0]`` is axis 1 of ``x``."""
    row = re.fullmatch(r"(.+)\[-?\d+\]", name)
    if row is not None and axis >= 0 and "," not in name[len(row[1]) :]:
        return axis_symbol(row[1], axis + 1)
    return Linear.symbol(f"{name}.shape[{axis}]")


def size(value: Value) -> Linear | None:
    """How many entries a vector has."""
    if value.shape is None or len(value.shape) != 1:
        return None
    if value.shape[0] is not None:
        return value.shape[0]
    return axis_symbol(value.ident, 0) if value.ident is not None else None


def same_shape(last: str, args: Arguments) -> str | None:
    """The name of the operand that ``jnp.<last>(…)`` is shaped like, for arrays whose rank nothing shows."""
    first = args.positional[0] if args.positional else None
    if first is None or first.ident is None:
        return common_name(operands(args)) if last in ELEMENTWISE or last in PREDICATES else None
    if last in {"array", "asarray", "copy", "astype"}:
        return first.ident if first.kind in {*ARRAYS, Kind.UNKNOWN} and "ndmin" not in args.keywords else None
    if last in ELEMENTWISE or last in PREDICATES:
        return common_name(operands(args))
    if last.endswith("_like"):
        return first.ident if "shape" not in args.keywords else None
    if last in LIKE or last in FLATTENING:
        return first.ident if first.shape is None and last not in {"sort", "argsort", *RESIZING, *FLATTENING} else None
    return None


def common_name(values: list[Value]) -> str | None:
    """The one name among ``values`` that are not scalars: their elementwise results are shaped like it.

    ``x / x[0]`` counts: a row of an array has the axes behind the first, so it broadcasts against the whole.
    """
    if any(value.kind not in {*ARRAYS, Kind.NUMBER} for value in values):
        return None
    named = [value.ident for value in values if not _is_scalar(value)]
    if not named or None in named:
        return None
    whole = min((name for name in named if name is not None), key=len)
    return whole if all(name == whole or _is_row(name, whole) for name in named) else None


def _is_row(name: str | None, whole: str) -> bool:
    behind = (name or "").removeprefix(whole)
    return bool(re.fullmatch(r"\[-?\d+\]", behind))


def _like(last: str, args: Arguments, first: Value) -> Shape | None:
    if "shape" in args.keywords:
        return as_shape(args.keywords["shape"])
    if last in RESIZING and args.get(1, "n") is not None:
        return None
    axis = args.get(1, "axis")
    told = axis is not None and axis.kind is Kind.NUMBER
    flat = first.shape is not None and len(first.shape) == 1
    if (last in FLATTENING and not told and not flat) or (last == "sort" and axis is not None and not told):
        return None
    return first.shape if first.kind in ARRAYS else () if first.kind is Kind.NUMBER else None


def _product(last: str, args: Arguments, first: Value) -> Shape | None:
    if len(args.positional) != 2:
        return None
    second = args.positional[1]
    if last == "vdot":
        return ()
    if last == "outer":
        return (_size(first), _size(second))
    if last in {"dot", "matmul"}:
        return matmul(first, second)
    flat = first.shape is not None and second.shape is not None and len(first.shape) == len(second.shape) == 1
    return () if last == "inner" and flat else None


def as_shape(value: Value) -> Shape | None:
    """The shape that an argument such as ``(n, 3)`` or ``n`` asks for; ``-1`` is an unknown extent."""
    if value.items is not None:
        return tuple(_positive(item.number) for item in value.items)
    if value.kind is Kind.SHAPE:
        return value.shape
    return _one(value) if value.kind is Kind.NUMBER else None


def _positive(number: Linear | None) -> Linear | None:
    return None if number is not None and number.value is not None and number.value < 0 else number


def _one(value: Value) -> Shape | None:
    if value.items is not None or value.kind is Kind.SHAPE:
        return as_shape(value)
    return (_positive(value.number),)


def _arange(args: Arguments) -> Shape:
    if args.keywords.keys() - {"dtype"}:
        return (None,)
    numbers = [value.number for value in args.positional]
    if len(numbers) == 1:
        return (numbers[0],)
    if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
        return (numbers[1] - numbers[0],)
    return (None,)


def of_literal(value: Value) -> Shape | None:
    """Shape of ``jnp.array(value)``: of an array, a number, or a list of such."""
    if value.kind in ARRAYS:
        return value.shape
    if value.kind is Kind.NUMBER:
        return ()
    if value.items is not None and value.items:
        inner = of_literal(value.items[0])
        return (Linear(len(value.items)), *inner) if inner is not None else None
    return None


def _stacked(value: Value, axis: Value | None) -> Shape | None:
    at = 0 if axis is None else axis.number.value if axis.number is not None else None
    one = value.items[0] if value.items else value.element
    inner = of_literal(one) if one is not None else None
    if at is None or inner is None or not -len(inner) - 1 <= at <= len(inner):
        return None
    at += len(inner) + 1 if at < 0 else 0
    count = Linear(len(value.items)) if value.items else value.number
    return (*inner[:at], count, *inner[at:])


def broadcast(values: list[Value]) -> Shape | None:
    """Shape of elementwise arithmetic on ``values`` (NumPy broadcasting); None if a rank is unknown."""
    shapes = [() if value.kind is Kind.NUMBER else value.shape for value in values]
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes):
        return None
    rank = max((len(shape) for shape in known), default=0)
    padded = [(Linear(1),) * (rank - len(shape)) + shape for shape in known]
    return tuple(_one_extent([shape[axis] for shape in padded]) for axis in range(rank))


def _one_extent(entries: list[Linear | None]) -> Linear | None:
    wide = {entry for entry in entries if entry is None or entry.value != 1}
    if not wide:
        return Linear(1)
    return wide.pop() if len(wide) == 1 else None


def matmul(left: Value, right: Value) -> Shape | None:
    """Shape of ``left @ right``."""
    if left.shape is None or right.shape is None or not left.shape or not right.shape:
        return None
    if len(left.shape) == 1 and len(right.shape) == 1:
        return ()
    if len(left.shape) == 2 and len(right.shape) == 1:
        return left.shape[:1]
    if len(left.shape) == 1 and len(right.shape) == 2:
        return right.shape[1:]
    if len(left.shape) == 2 and len(right.shape) == 2:
        return (left.shape[0], right.shape[1])
    return None


def _size(value: Value) -> Linear | None:
    return value.shape[0] if value.shape is not None and len(value.shape) == 1 else None
