"""Python numbers made of other values: ``float(x)``, ``int(x)``, ``bool(x)``, ``x.item()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain.term import Term, term
from vmapify.domain.value import Array, Number, Text
from vmapify.library.constants import constant_of, value_of

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from vmapify.domain.dtypes import DType
    from vmapify.domain.value import Value
    from vmapify.library.protocol import Arguments, Interpreter

    Handler = Callable[[Interpreter, Arguments, ast.AST], Value | None]

_TYPES: dict[str, type] = {"float": float, "int": int, "bool": bool, "complex": complex, "str": str}


def item(array: Array) -> Term:
    """The Python number that an array without axes holds."""
    return term("item", array.term, array.dtype.name if array.dtype is not None else None)


def held_by(number: Term, kind: str, dtype: DType) -> Term | None:
    """The array whose item a number is, if making an array of ``dtype`` of the number gives that array again."""
    if number.op != "item" or number.args[1] != dtype.name:
        return None
    same = {"float": dtype.is_inexact, "int": dtype.is_integer, "bool": dtype.name == "bool"}
    return number.args[0] if same.get(kind, False) else None


def kind_of(dtype: DType | None) -> str | None:
    """The kind of Python number that items of ``dtype`` are; None if it is not known."""
    if dtype is None or dtype.name in {"any", "floating", "key"}:
        return None  # `floating` may be complex
    if dtype.name == "bool":
        return "bool"
    if dtype.is_integer:
        return "int"
    return "complex" if dtype.name.startswith("complex") else "float"


def _converted(kind: str) -> Handler:
    def convert(machine: Interpreter, args: Arguments, node: ast.AST) -> Value | None:
        if args.keywords or len(args.positional) > 1:
            return None
        if not args.positional:
            return value_of(_TYPES[kind]())
        value = args.positional[0]
        found = constant_of(value)
        if found is not None:
            return _of_constant(machine, kind, found[0], node)
        match value:
            case Number(given, number) if not number.lanes and kind != "str":
                return value if given == kind else _of_number(kind, value)
            case Number(given, number) if given == kind:
                return value
            case Text() if kind == "str":
                return value
            case Array():
                return of_array(machine, kind, value, node)
        return None

    return convert


def _of_constant(machine: Interpreter, kind: str, found: object, node: ast.AST) -> Value | None:
    try:
        return value_of(_TYPES[kind](found))
    except (TypeError, ValueError, OverflowError) as error:
        machine.unproven("raises", type(error).__name__, node)


def _of_number(kind: str, value: Number) -> Value | None:
    if kind == "int" and value.kind == "bool":
        return None
    return Number(kind, term("python", kind, value.kind, value.term))


def of_array(machine: Interpreter, kind: str, array: Array, node: ast.AST) -> Value | None:
    """A Python number of a JAX array without axes; JAX cannot make one while it traces."""
    if machine.traces:
        machine.unproven("raises", "ConcretizationTypeError", node)
    if array.shape != () or kind == "str":
        return None
    own = kind_of(array.dtype)
    if own == kind:
        return Number(kind, item(array))
    if kind == "float" and own in {"int", "bool"}:
        return Number(kind, item(array))
    return Number(kind, term("python", kind, own, item(array))) if own is not None and own != "complex" else None


def item_of(machine: Interpreter, array: Array, args: Arguments, node: ast.AST) -> Value | None:
    """``x.item()``."""
    kind = kind_of(array.dtype)
    return of_array(machine, kind, array, node) if kind is not None and not args.every else None


HANDLERS: dict[str, Handler] = {f"builtins.{kind}": _converted(kind) for kind in _TYPES}
