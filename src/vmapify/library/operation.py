"""Pure functions of arrays, one line each: what their parameters are, and the dtype and shape of their result.

A row reads ``"cumsum": "a axis= dtype= : summed(a) same(a)"``. Before the colon stand the parameters in order:

- ``name`` is an array, ``name?`` one that may be left out or be None,
- ``name=`` a plain Python value that must be the same in every iteration (a shape, an axis, a dtype), ``name=0`` one that
  may as well be left out if it is that number, ``name~`` a switch that must be off (it would make the result a tuple),
- ``name*`` a sequence of arrays (or one array), ``*name`` all further positional arguments, as arrays,
- ``name%`` a plain value or an array,
- ``name#`` an integer of which only the value counts (a seed),
- ``name^`` an array that certainly has an axis (a single number means something else there).

Behind it stand the rule for the dtype and the rule for the shape (see `results`); a rule that is left out means: unknown,
but the same in both versions, since the function and its arguments are.

Only functions belong here that ``vmap`` maps exactly: no callbacks, no effects, no result whose shape depends on values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.value import NONE, Array, Number, Reference, Tuple
from vmapify.heap.objects import Lanes, ListObject
from vmapify.library import checks, results
from vmapify.library.collected import rows
from vmapify.library.operands import as_array, plain

if TYPE_CHECKING:
    import ast

    from vmapify.domain.term import Term
    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter


OFF = Number("bool", integers.truth(False))


@dataclass(frozen=True, slots=True)
class Parameter:
    """``kind``: ``array``, ``plain``, ``sequence``, ``rest``, ``seed``, ``off``, ``either`` or ``rows``."""

    name: str
    kind: str
    optional: bool
    default: int | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of a table."""

    parameters: tuple[Parameter, ...]
    dtype: str
    shape: str


@cache
def parsed(row: str) -> Operation:
    """The operation that a row describes."""
    before, _, behind = row.partition(":")
    rules = behind.split()
    return Operation(
        tuple(_parameter(word) for word in before.split()),
        rules[0] if rules else "",
        rules[1] if len(rules) > 1 else "",
    )


def _parameter(word: str) -> Parameter:
    name, _, default = word.partition("=")
    if default:
        return Parameter(name, "plain", optional=True, default=int(default))
    optional = word.endswith(("?", "=", "~"))
    name = word.rstrip("?")
    if name.startswith("*"):
        return Parameter(name[1:], "rest", optional=True)
    kind = {"=": "plain", "*": "sequence", "#": "seed", "~": "off", "%": "either", "^": "rows"}.get(name[-1], "array")
    return Parameter(name.rstrip("=*#~%^"), kind, optional)


def apply(machine: Interpreter, name: str, operation: Operation, args: Arguments, node: ast.AST) -> Value:
    """The result of ``name``, which is described by ``operation``."""
    given = bound(operation, args)
    if given is None or any(given.get(one.name, OFF) != OFF for one in operation.parameters if one.kind == "off"):
        return machine.opaque(name, args.every, node)
    parts: dict[str, object] = {}
    for parameter in operation.parameters:
        if parameter.name in given and not _is_default(parameter, given[parameter.name]):
            part = _taken(machine, parameter, given[parameter.name])
            if part is None:
                # whatever it is given, an array is what comes back
                return Array(machine.opaque(name, args.every, node).term, results.certain_dtype(operation.dtype))
            parts[parameter.name] = part
    if (machine.level or machine.traces) and not checks.is_valid(name, parts):
        return machine.opaque(name, args.every, node)
    return results.result(machine, name, operation.dtype, operation.shape, parts)


def _is_default(parameter: Parameter, value: object) -> bool:
    return parameter.default is not None and value == Number("int", integers.constant(parameter.default))


def bound(operation: Operation, args: Arguments) -> dict[str, object] | None:
    """The arguments by parameter; None if they do not fit."""
    found: dict[str, object] = {}
    positional = list(args.positional)
    for parameter in operation.parameters:
        if parameter.kind == "rest":
            found[parameter.name], positional = tuple(positional), []
        elif positional:
            found[parameter.name] = positional.pop(0)
    names = {one.name: one for one in operation.parameters}
    if positional or any(key not in names or key in found for key in args.keywords):
        return None
    found |= args.keywords
    missing = [one for one in operation.parameters if one.name not in found and not one.optional]
    return None if missing else found


def _taken(machine: Interpreter, parameter: Parameter, value: object) -> object | None:
    """The argument as the operation sees it; None if it is not known to be of the right kind."""
    if parameter.optional and value == NONE:
        return results.LEFT_OUT
    match parameter.kind:
        case "plain":
            return plain(machine, value)  # type: ignore[arg-type]
        case "either":
            return plain(machine, value) or _number(machine, value)  # type: ignore[arg-type]
        case "off":
            return results.LEFT_OUT if value == OFF else None
        case "rest":
            return _arrays(machine, value)  # type: ignore[arg-type]
        case "sequence":
            return _sequence(machine, value)  # type: ignore[arg-type]
        case "rows":
            array = as_array(machine, value)  # type: ignore[arg-type]
            return array if array is not None and array.shape else None
        case "seed":
            return _number(machine, value)  # type: ignore[arg-type]
    return as_array(machine, value)  # type: ignore[arg-type]


def _number(machine: Interpreter, value: Value) -> object | None:
    array = as_array(machine, value)
    return seed(machine, array) if array is not None else None


def seed(machine: Interpreter, array: Array) -> tuple[str, Term] | Array:
    """An integer of at least zero that fits into 32 bits is the same whether Python or JAX holds it."""
    if array.dtype is None or array.term.op != "asarray" or not array.dtype.is_integer:
        return array
    number = array.term.args[0]
    return ("seed", number) if _is_small(machine, number) else array


def _is_small(machine: Interpreter, number: Term) -> bool:
    """Whether an integer is at least zero and fits into 32 bits; there are no more iterations than an axis is long."""
    if not number.lanes:
        return integers.known(number) is not None and 0 <= (integers.known(number) or 0) < 2**31
    largest = machine.bounds.largest(number)
    const, factors = integers.linear(number)
    counts = list(factors.values()) == [1] and const in range(2**16)
    return machine.bounds.at_least_zero(number) and (counts if largest is None else largest < 2**31)


def _arrays(machine: Interpreter, values: tuple[Value, ...]) -> tuple[Array, ...] | None:
    found = tuple(as_array(machine, one) for one in values)
    return None if None in found else found  # type: ignore[return-value]


def _sequence(machine: Interpreter, value: Value) -> tuple[Array, ...] | Array | None:
    """A tuple or list of arrays; what all iterations of a loop gave is one array with an axis more."""
    match value:
        case Array():
            return value
        case Tuple(items):
            return _arrays(machine, items)
        case Reference(place):
            found = machine.heap.read(place)
            if isinstance(found, ListObject) and not any(isinstance(part, Lanes) for part in found.parts):
                return _arrays(machine, found.parts)  # type: ignore[arg-type]
            return rows(machine, value)
    return None
