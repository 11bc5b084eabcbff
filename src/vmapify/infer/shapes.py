"""Shapes and dtype classes of results, as far as arguments show them (rules of the NumPy API)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer.linear import Linear
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
        "trace",
    ]
)
LIKE = {
    "zeros_like",
    "ones_like",
    "full_like",
    "empty_like",
    "cumsum",
    "cumprod",
    "sort",
    "argsort",
    "flip",
    "roll",
    "copy",
    "permutation",
}
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


def result(last: str, args: Arguments, node: ast.Call) -> tuple[Shape | None, str | None]:
    """Shape and dtype class of ``jnp.<last>(…)``; None where unknown."""
    first = args.positional[0] if args.positional else None
    if last in {"zeros", "ones", "empty", "full"}:
        wanted = args.get(0, "shape")
        return (as_shape(wanted) if wanted is not None else None), _dtype(args, node, default="float")
    if last in {"PRNGKey", "key", "fold_in"}:
        if last == "fold_in":
            return (
                first.shape if first is not None else None
            ), first.dtype if first is not None and first.dtype else "key"
        rbg = any(part.arg == "impl" and "rbg" in ast.unparse(part.value) for part in node.keywords)
        return (() if last == "key" else None), "rbg" if rbg else "key"
    if last == "split" and first is not None and (first.dtype in {"key", "rbg"} or _is_key_split(node)):
        count = args.get(1, "num")
        return (_one(count) if count is not None else (Linear(2),)), first.dtype or "key"
    if last in DRAWS:
        wanted = args.get(DRAWS[last], "shape")
        default: Shape | None = () if DRAWS[last] == 1 else None
        return (as_shape(wanted) if wanted is not None else default), "int" if last in {
            "randint",
            "bits",
        } else "float"
    if last == "arange":
        return _arange(args), "int" if all(v.dtype == "int" or v.number is not None for v in args.positional) else None
    if last in {"linspace", "logspace", "geomspace"}:
        count = args.get(2, "num")
        return (_one(count) if count is not None else (Linear(50),)), "float"
    if last in {"eye", "identity"} and first is not None:
        side = args.get(1, "M")
        return (first.number, side.number if side is not None else first.number), "float"
    return _from_arrays(last, args, node, first)


def _from_arrays(last: str, args: Arguments, node: ast.Call, first: Value | None) -> tuple[Shape | None, str | None]:
    if first is None:
        return None, None
    if last in {"array", "asarray", "copy", "astype"}:
        return of_literal(first), _dtype(args, node, default=_literal_dtype(first))
    if last in ELEMENTWISE:
        return broadcast([v for v in args.positional if v.kind in ARRAYS or v.kind is Kind.NUMBER]), _float(args)
    if last in PREDICATES:
        return broadcast([v for v in args.positional if v.kind in ARRAYS or v.kind is Kind.NUMBER]), "bool"
    if last in LIKE:
        return first.shape, first.dtype
    if last in REDUCTIONS:
        kept = bool({"axis", "keepdims", "ord"} & set(args.keywords)) or len(args.positional) > 1
        return (None if kept else ()), "bool" if last in {"any", "all"} else "int" if last.startswith(
            "arg"
        ) else first.dtype
    if last == "reshape" and len(args.positional) == 2:
        return as_shape(args.positional[1]), first.dtype
    if last in {"stack"}:
        return _stacked(first), None
    if last in {"ravel", "flatten", "concatenate_flat"}:
        return (None,), first.dtype
    if last in {"outer"}:
        return (_size(args.positional[0]), _size(args.positional[-1])), "float"
    if last in {"dot", "matmul", "inner", "vdot"} and len(args.positional) == 2:
        return matmul(*args.positional), "float"
    return None, None


def _is_key_split(node: ast.Call) -> bool:
    """``jax.random.split`` and ``jrandom.split``, not ``jnp.split``."""
    return isinstance(node.func, ast.Attribute) and any(
        part in ast.unparse(node.func.value).lower() for part in ("rand", "jr")
    )


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


def _literal_dtype(value: Value) -> str | None:
    return _literal_dtype(value.items[0]) if value.items else value.dtype


def _stacked(value: Value) -> Shape | None:
    one = value.items[0] if value.items else value.element
    count = Linear(len(value.items)) if value.items else value.number
    return (count, *one.shape) if one is not None and one.shape is not None else None


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


def _float(args: Arguments) -> str | None:
    kinds = {value.dtype for value in args.positional if value.kind in ARRAYS}
    return kinds.pop() if len(kinds) == 1 else "float" if "float" in kinds else None


def dtype_named(node: ast.Call) -> str | None:
    """The dtype class that the argument of ``x.astype(…)`` names."""
    parts = [*node.args, *(part.value for part in node.keywords if part.arg == "dtype")]
    return _dtype_class(ast.unparse(parts[0])) if parts else None


def _dtype_class(text: str) -> str | None:
    return next((kind for kind in ("bool", "complex", "float", "int") if kind in text), None)


def _dtype(args: Arguments, node: ast.Call, default: str | None) -> str | None:
    text = next((ast.unparse(part.value) for part in node.keywords if part.arg == "dtype"), None)
    if text is None:
        return default
    return _dtype_class(text)
