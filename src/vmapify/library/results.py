"""Rules for the dtype and the shape of what a function of arrays gives.

A rule has a name and, in parentheses, the parameters that it looks at: ``promoted(x,y)``. It gives None where it cannot
tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.dtypes import DType
from vmapify.domain.term import Term
from vmapify.domain.value import Array
from vmapify.library.operands import common_term, operation_term

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Interpreter

Parts = dict[str, object]
"""The arguments by parameter: arrays, tuples of arrays, and constants as `operands.plain` gives them."""


def result(machine: Interpreter, name: str, dtype: str, shape: str, parts: Parts) -> Value:
    """The array that ``name`` gives."""
    found = _ruled(DTYPES, machine, dtype, parts)
    extents = _ruled(SHAPES, machine, shape, parts)
    together = dtype.startswith(("promoted(", "inexact(", "compared("))
    computed = _computed_in(machine, dtype, parts) if together else None
    whole = common_term(name, parts, computed) if computed is not None else operation_term(name, parts)
    return Array(whole, found, extents)  # type: ignore[arg-type]


def _computed_in(machine: Interpreter, rule: str, parts: Parts) -> DType | None:
    """The type in which an elementwise operation computes."""
    name, _, rest = rule.partition("(")
    names = tuple(rest.rstrip(")").split(","))
    return DTYPES["inexact" if name == "inexact" else "promoted"](machine, parts, names)


def _ruled(rules: Mapping[str, Callable[..., object]], machine: Interpreter, rule: str, parts: Parts) -> object | None:
    name, _, rest = rule.partition("(")
    return rules[name](machine, parts, tuple(one for one in rest.rstrip(")").split(",") if one)) if name else None


def arrays(parts: Parts, names: Iterable[str]) -> list[Array]:
    """The arrays among the arguments ``names``; those of a sequence one by one."""
    found: list[Array] = []
    for name in names:
        part = parts.get(name)
        found += [one for one in (part if isinstance(part, tuple) else (part,)) if isinstance(one, Array)]
    return found


# -- dtypes -------------------------------------------------------------------------------------------------
def _promoted(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    return machine.widths.promoted(one.dtype for one in arrays(parts, names))


def _inexact(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    return machine.widths.inexact(_promoted(machine, parts, names))


def _like(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    found = arrays(parts, names)
    return found[0].dtype if found else None


def _strong(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    found = _promoted(machine, parts, names)
    return DType(found.name) if found is not None else None


def _bool(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    return DType("bool")


def _int(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    return machine.widths.of("int")


def _asked(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    """``asked(dtype,float)``: the dtype that the argument names, else the default one of that kind."""
    asked, default = names
    if asked not in parts:
        return machine.widths.of(default)
    return named_dtype(machine, parts[asked])


def named_dtype(machine: Interpreter, part: object) -> DType | None:
    """The dtype that a plain value names: ``jnp.float32``, ``"float32"``, ``float``; None if that is not known."""
    match part:
        case ("library", str(name)):
            word = name.rpartition(".")[2].rstrip("_")
        case ("text", Term(op="text") as text):
            word = str(text.args[0])
        case _:
            return None
    kinds = {"float": "float", "int": "int", "bool": "bool", "complex": "complex"}
    if word in kinds:
        return machine.widths.of(kinds[word])
    known = {"bool", "bfloat16", "float16", "float32", "float64", "complex64", "complex128"}
    integers_ = {f"{sign}int{width}" for sign in ("", "u") for width in (8, 16, 32, 64)}
    return DType(machine.widths.canonical(word)) if word in known | integers_ else None


DTYPES: dict[str, Callable[[Interpreter, Parts, tuple[str, ...]], DType | None]] = {
    "promoted": _promoted,
    "inexact": _inexact,
    "like": _like,
    "strong": _strong,
    "compared": _bool,
    "bool": _bool,
    "int": _int,
    "asked": _asked,
}


# -- shapes -------------------------------------------------------------------------------------------------
def _same(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> tuple[Term, ...] | None:
    found = arrays(parts, names)
    return found[0].shape if found else None


def _broadcast(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> tuple[Term, ...] | None:
    return broadcast([one.shape for one in arrays(parts, names)])


def broadcast(shapes: list[tuple[Term, ...] | None]) -> tuple[Term, ...] | None:
    """The shape of an operation on arrays of these shapes; None if that cannot be told."""
    if not shapes or any(one is None for one in shapes):
        return None
    longest = max(len(one) for one in shapes if one is not None)
    one = integers.constant(1)
    found: list[Term] = []
    for axis in range(-longest, 0):
        here = {shape[axis] for shape in shapes if shape is not None and len(shape) >= -axis} - {one}
        if len(here) > 1:
            return None
        found.append(here.pop() if here else one)
    return tuple(found)


def _scalar(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> tuple[Term, ...] | None:
    return ()


def _given(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> tuple[Term, ...] | None:
    """``given(shape)``: the shape that an argument states; none where it is left out."""
    return shape_of(parts[names[0]]) if names[0] in parts else ()


def shape_of(part: object) -> tuple[Term, ...] | None:
    """A plain value as a shape: an integer, or a sequence of such."""
    match part:
        case ("int", Term() as number):
            return (number,)
        case ("tuple" | "list", *entries):
            found: list[Term] = [one[1] for one in entries if isinstance(one, tuple) and one[0] == "int"]
            return tuple(found) if len(found) == len(entries) else None
    return None


def _reduced(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> tuple[Term, ...] | None:
    """``reduced(a)``: without the axes that ``axis`` names, all of them if it is left out; ``keepdims`` is not modelled."""
    found = arrays(parts, names)
    if not found or found[0].shape is None or parts.get("keepdims", _FALSE) != _FALSE:
        return None
    shape = found[0].shape
    if "axis" not in parts:
        return ()
    axes = shape_of(parts["axis"])
    known = [integers.known(one) for one in axes] if axes is not None else [None]
    if None in known or not all(-len(shape) <= one < len(shape) for one in known if one is not None):
        return None
    gone = {one % len(shape) for one in known if one is not None}
    return tuple(extent for axis, extent in enumerate(shape) if axis not in gone)


_FALSE = ("bool", integers.truth(False))

SHAPES: dict[str, Callable[[Interpreter, Parts, tuple[str, ...]], tuple[Term, ...] | None]] = {
    "same": _same,
    "broadcast": _broadcast,
    "scalar": _scalar,
    "given": _given,
    "reduced": _reduced,
}
