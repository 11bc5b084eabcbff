"""Functions of Python numbers: computed where these are known, else the same number in both versions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from vmapify.domain.term import term
from vmapify.domain.value import Array, Number
from vmapify.library.constants import constants_of, value_of

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]

_FLOATS = (
    *("sqrt", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan"),
    *("atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "hypot", "degrees", "radians", "erf", "erfc"),
    *("gamma", "lgamma", "fabs", "fmod", "copysign", "pow", "cbrt"),
)
_INTEGERS = ("floor", "ceil", "trunc", "gcd", "lcm", "factorial", "comb", "perm", "isqrt")
_TRUTHS = ("isnan", "isinf", "isfinite", "isclose")
KINDS = {
    **{f"math.{name}": "float" for name in _FLOATS},
    **{f"math.{name}": "int" for name in _INTEGERS},
    **{f"math.{name}": "bool" for name in _TRUTHS},
    "builtins.abs": "same",
    "builtins.round": "",
    "builtins.divmod": "",
    "builtins.pow": "",
}
"""What each function gives: a number of that kind, or of the kind of its argument; computed of constants alone: ``""``."""
_FUNCTIONS: dict[str, Callable[..., object]] = {
    **{name: getattr(math, name[5:]) for name in KINDS if name.startswith("math.") and hasattr(math, name[5:])},
    "builtins.abs": abs,
    "builtins.round": round,
    "builtins.divmod": divmod,
    "builtins.pow": pow,
}
LARGE = 10**9
"""Numbers beyond this one are not computed with."""


def _number(name: str) -> Handler:
    def compute(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        numbers = [one for one in args.positional if isinstance(one, Number)]
        if args.keywords or len(numbers) != len(args.positional) or not numbers:
            return _of_arrays(machine, name, args, node)
        known = constants_of(args.positional)
        if known is not None:
            return _computed(machine, name, known, node)
        kind = KINDS[name] if KINDS[name] != "same" else numbers[0].kind
        # an error is the same one in both versions, unless it depends on the iteration
        if kind not in {"int", "float", "bool"} or any(one.term.lanes for one in numbers):
            return None
        return Number(kind, term("python", name, tuple((one.kind, one.term) for one in numbers)))

    return compute


def _computed(machine: Interpreter, name: str, known: list[object], node: ast.AST) -> Value | None:
    if name not in _FUNCTIONS or any(isinstance(one, int) and abs(one) > LARGE for one in known):
        return None
    if name in {"builtins.pow", "math.factorial", "math.comb", "math.perm"} and any(abs(one) > 64 for one in known):  # type: ignore[arg-type]
        return None
    try:
        return value_of(_FUNCTIONS[name](*known))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        machine.unproven("raises", type(error).__name__, node)


def _of_arrays(machine: Interpreter, name: str, args: Arguments, node: ast.AST) -> Value | None:
    """``pow(x, y)`` is ``x ** y``."""
    if name == "builtins.pow" and len(args.positional) == 2 and any(isinstance(one, Array) for one in args.positional):
        return machine.combined("power", *args.positional, node)
    return None


HANDLERS: dict[str, Handler] = {name: _number(name) for name in KINDS}
