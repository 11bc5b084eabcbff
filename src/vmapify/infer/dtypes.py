"""Dtype classes of results: float, int, bool, complex, key; "weak" for weakly typed, None where nothing shows it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import shapes
from vmapify.infer.value import ARRAYS, Kind, Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vmapify.infer.callables import Arguments

# elementwise functions whose results are inexact whatever goes in; the others keep what they are given
INEXACT = frozenset(
    """arccos arccosh arcsin arcsinh arctan arctan2 arctanh cbrt cos cosh deg2rad degrees divide exp exp2 expm1 hypot log
    log10 log1p log2 logaddexp rad2deg radians reciprocal sin sinc sinh sqrt tan tanh true_divide sigmoid softplus gelu
    silu elu erf erfc softmax log_softmax gammaln digamma expit logit xlogy""".split()  # noqa: SIM905
)
REAL = {"abs", "absolute", "fabs", "real", "imag"}
INTEGER_DRAWS = {"randint", "bits", "categorical", "poisson", "rademacher"}
# where the dtype stands if it is not given by keyword
POSITION = {
    "zeros": 1,
    "ones": 1,
    "empty": 1,
    "full": 2,
    "array": 1,
    "asarray": 1,
    "eye": 3,
    "identity": 1,
    "arange": 3,
    "zeros_like": 1,
    "ones_like": 1,
    "empty_like": 1,
    "full_like": 2,
    "linspace": 5,
    "normal": 2,
    "uniform": 2,
}


def result(last: str, args: Arguments, node: ast.Call) -> str | None:
    """The dtype class of ``jnp.<last>(…)``."""
    written = _written(last, node)
    return named(written) if written is not None else _default(last, args, node)


def _written(last: str, node: ast.Call) -> ast.expr | None:
    """The dtype argument, None for none."""
    found = next((part.value for part in node.keywords if part.arg == "dtype"), None)
    position = POSITION.get(last)
    if found is None and position is not None and position < len(node.args):
        found = node.args[position]
    return None if isinstance(found, ast.Constant) and found.value is None else found


def named(node: ast.expr) -> str | None:
    """The class of the dtype that ``jnp.float32`` or ``"int8"`` names."""
    text = ast.unparse(node)
    return next((kind for kind in ("bool", "complex", "float", "int") if kind in text), None)


def _default(last: str, args: Arguments, node: ast.Call) -> str | None:
    first = args.positional[0] if args.positional else None
    if last in {"zeros", "ones", "empty", "eye", "identity", "linspace", "logspace", "geomspace"}:
        return "float"
    if last == "full":
        fill = args.get(1, "fill_value")
        return promote([fill]) if fill is not None else None
    if last in {"PRNGKey", "key"}:
        rbg = any(part.arg == "impl" and "rbg" in ast.unparse(part.value) for part in node.keywords)
        return "rbg" if rbg else "key"
    if last in {"fold_in", "split"} and (last == "fold_in" or shapes.splits_key(args, node)):
        return (first.dtype if first is not None else None) or "key"
    if last in shapes.DRAWS:
        return "bool" if last == "bernoulli" else "int" if last in INTEGER_DRAWS else "float"
    if last == "permutation":
        return "int" if len(args.positional) == 2 and args.positional[1].kind is Kind.NUMBER else None
    if last == "arange":
        return "int" if all(value.dtype == "int" for value in args.every) else None
    return _from_arrays(last, args, first)


def _from_arrays(last: str, args: Arguments, first: Value | None) -> str | None:
    if first is None:
        return None
    if last in {"array", "asarray", "copy", "astype"}:
        return _of_literal(first)
    if last in shapes.PREDICATES:
        return "bool"
    if last in shapes.ELEMENTWISE:
        return _elementwise(last, args)
    if last in shapes.FLATTENING:
        return "int" if first.dtype == "bool" else first.dtype
    if last in {"argsort", "searchsorted", "digitize", "bincount"}:
        return "int"
    if last == "trace":
        return _reduction("sum", first)
    if last in shapes.LIKE or last in {
        "ravel",
        "flatten",
        "reshape",
        "squeeze",
        "transpose",
        "take",
        "repeat",
        "swapaxes",
    }:
        return first.dtype
    if last in shapes.REDUCTIONS:
        return _reduction(last, first)
    if last in {"outer", "dot", "matmul", "inner", "vdot"}:
        return promote(args.positional)
    return None


def _elementwise(last: str, args: Arguments) -> str | None:
    given = shapes.operands(args)
    found = promote(given[1:] if last == "where" else given)
    if last in REAL and found == "complex":
        return "float"
    if last not in INEXACT or found in {None, "complex", "weak"}:
        return found
    return "float" if any(value.kind in ARRAYS for value in given) else "weak"


def _reduction(last: str, first: Value) -> str | None:
    if last in {"any", "all"}:
        return "bool"
    if last.startswith("arg") or last == "count_nonzero":
        return "int"
    if last in {"norm", "std", "var"}:
        return "float"
    if first.dtype == "weak":
        return None  # a reduction is strongly typed, and the class of its operand is not known
    if last in {"mean", "median", "nanmean", "logsumexp"}:
        return "float" if first.dtype in {"int", "bool"} else first.dtype
    return "int" if first.dtype == "bool" and last not in {"max", "min", "amax", "amin"} else first.dtype


def promote(values: Iterable[Value]) -> str | None:
    """The class that arithmetic on ``values`` gives: a float number makes an integer array weakly typed."""
    strong: set[str | None] = set()
    loose: set[str | None] = set()
    for value in values:
        if value.kind not in ARRAYS and value.kind is not Kind.NUMBER:
            return None
        (strong if value.kind in ARRAYS and value.dtype != "weak" else loose).add(value.dtype)
    if None in strong | loose or not strong <= {"float", "int", "bool", "complex"}:
        return None
    if "complex" in strong | loose:
        return "complex" if "complex" in strong else None
    if "float" in strong:
        return "float"
    if not strong or loose & {"float", "weak"} or ("int" not in strong and "int" in loose):
        return "weak"
    return "int" if "int" in strong else "bool"


def _of_literal(value: Value) -> str | None:
    """The class of ``jnp.array(value)``: of an array, a number, or a list of such."""
    if value.items:
        parts = {_of_literal(item) for item in value.items}
        parts = {"float" if part == "weak" else part for part in parts}
        return parts.pop() if len(parts) == 1 else "float" if parts <= {"float", "int", "bool"} else None
    return value.dtype
