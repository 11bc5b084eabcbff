"""Operators of JAX arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, Number, Value
from vmapify.library.operands import as_array, plain
from vmapify.library.results import result

if TYPE_CHECKING:
    import ast

    from vmapify.library.protocol import Arguments, Interpreter

_INEXACT = {"true_divide"}
_NUMERIC = {"floor_divide", "remainder", "left_shift", "right_shift"}
_UNARY = {"USub": "negative", "UAdd": "positive", "Invert": "bitwise_not"}


def arithmetic(machine: Interpreter, name: str, left: Value, right: Value) -> Value | None:
    """``left op right``, at least one of them an array of JAX."""
    if name == "power":
        return _power(machine, left, right)
    x, y = as_array(machine, left), as_array(machine, right)
    if x is None or y is None:
        return None
    if name == "matmul":
        return result(machine, name, "", "", {"a": x, "b": y})
    number = _of_integers(machine, name, x, y)
    if number is not None:
        return number
    rule = "inexact" if name in _INEXACT else "numeric" if name in _NUMERIC else "promoted"
    return result(machine, name, f"{rule}(x,y)", "broadcast(x,y)", {"x": x, "y": y})


def _of_integers(machine: Interpreter, name: str, x: Array, y: Array) -> Array | None:
    """Arithmetic of whole numbers that JAX holds is that of Python, as long as they fit into 32 bits."""
    dtype = machine.widths.promoted((x.dtype, y.dtype))
    if dtype is None or dtype.name not in {"int32", "int64"} or not x.term.op == y.term.op == "asarray":
        return None
    left, right = x.term.args[0], y.term.args[0]
    if name in {"floor_divide", "remainder"}:
        fits = _fits(machine, right) and machine.bounds.is_positive(right)
        found = (integers.divide if name == "floor_divide" else integers.modulo)(left, right) if fits else None
    else:
        found = _INTEGER[name](left, right) if name in _INTEGER else None
    if found is None or not all(_fits(machine, one) for one in (left, right, found)):
        return None
    return Array(term("asarray", found, dtype.name), dtype, ())


_INTEGER = {"add": integers.add, "subtract": integers.subtract, "multiply": integers.multiply}


def _fits(machine: Interpreter, number: Term) -> bool:
    """Whether a number certainly has no more than 32 bits, whatever sign; the length of an axis has."""
    largest = machine.bounds.largest(number)
    if largest is not None:
        return largest < 2**31
    if number.op in {"modulo", "quotient"}:
        return all(_fits(machine, one) for one in number.args)
    const, factors = integers.linear(number)
    return abs(const) < 2**16 and list(factors.values()) in ([1], [-1]) and next(iter(factors)).op in {"lane", "extent"}


def power(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
    """``jnp.power(x, y)``."""
    return _power(machine, *args.positional) if len(args.positional) == 2 and not args.keywords else None


def _power(machine: Interpreter, left: Value, right: Value) -> Value | None:
    """A power with a Python integer is computed by multiplication, one with an array is not."""
    x = as_array(machine, left)
    if isinstance(right, Number) and right.kind == "int":
        exponent = plain(machine, right)
        if x is None or exponent is None:
            return None
        negative = integers.known(right.term)
        rule = "inexact(x)" if negative is None or negative < 0 else "numeric(x)"
        return result(
            machine, "integer_power", "" if rule == "inexact(x)" else rule, "same(x)", {"x": x, "n": exponent}
        )
    y = as_array(machine, right)
    if x is None or y is None:
        return None
    if y.term.lanes and (y.dtype is None or not y.dtype.is_inexact):
        return None  # of an integer that is known JAX makes another operation than of one that is traced
    return result(machine, "power", "", "broadcast(x,y)", {"x": x, "y": y})


def comparison(machine: Interpreter, name: str, left: Value, right: Value) -> Value | None:
    """``left < right`` and its kind."""
    x, y = as_array(machine, left), as_array(machine, right)
    if x is None or y is None:
        return None
    return result(machine, name, "compared(x,y)", "broadcast(x,y)", {"x": x, "y": y})


def unary(machine: Interpreter, op: str, value: Array) -> Value | None:
    """``-x``, ``+x``, ``~x``."""
    name = _UNARY.get(op)
    return result(machine, name, "like(x)", "same(x)", {"x": value}) if name is not None else None
