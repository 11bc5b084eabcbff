"""What a function of arrays gives: its term, and rules for its dtype.

A rule has a name and, in parentheses, the parameters that it looks at: ``promoted(x,y)``. It gives None where it cannot
tell. ``asked(dtype)|total(a)`` is the second rule where the argument ``dtype`` is left out. ``-`` always gives None. A dtype is
never weak by ``like!(a)``, and not known if it were weak by ``like~(a)``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from vmapify.domain.dtypes import ANY, FLOATING, KEY, DType
from vmapify.domain.term import Term, term
from vmapify.domain.value import Array
from vmapify.library.operands import common_term, operation_term
from vmapify.library.result_shapes import SHAPES, arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vmapify.domain.value import Value
    from vmapify.library.protocol import Interpreter
    from vmapify.library.result_shapes import Parts

    Rule = Callable[[Interpreter, Parts, tuple[str, ...]], Any]

CONDITIONAL = {"asked", "given", "unknown"}
"""Rules that only hold where their argument is there."""
_TOGETHER = {"promoted", "inexact", "compared", "numeric"}
"""Rules of operations that first bring their operands to one type."""


LEFT_OUT = ("singleton", "None")
"""None for an argument that may be left out. For the rules that is the same; not for what is computed."""


def result(machine: Interpreter, name: str, dtype: str, shape: str, parts: Parts) -> Value:
    """The array that ``name`` gives."""
    given = {key: part for key, part in parts.items() if part != LEFT_OUT}
    found = _dtype(machine, dtype, given)
    extents = _ruled(SHAPES, machine, shape, given)
    if not machine.level:  # in a loop it may never happen
        machine.heap.extents |= frozenset(extents or ())
    computed = _computed_in(machine, dtype, given)
    whole = (
        common_term(name, parts, computed)
        if computed is not None
        else operation_term(name, _agnostic(machine, parts, dtype))
    )
    return Array(whole, found, extents, _shaped_like(shape, given) if extents is None else None)


def certain_dtype(rule: str) -> DType | None:
    """The dtype that a rule gives for any arguments."""
    every = {name for name, _ in alternatives(rule)}
    return ANY if every and every <= {"asked", "default", "uint32", "int32", "keyed"} else None


def _shaped_like(rule: str, parts: Parts) -> Term | None:
    """The array of unknown rank whose shape the result has: the only one among the operands that is no scalar."""
    name, names = _holding(rule, parts)
    if name not in {"same", "broadcast"}:
        return None
    every = [one for one in arrays(parts, names) if one.shape != ()]
    wide = {one.like or one.term for one in every}
    return wide.pop() if len(wide) == 1 and all(one.shape is None for one in every) else None


@cache
def alternatives(rule: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The rules that a row names, each with what it looks at."""
    found = []
    for one in rule.split("|"):
        name, _, rest = one.partition("(")
        found.append((name, tuple(word for word in rest.rstrip(")").split(",") if word)))
    return tuple(found)


def _holding(rule: str, parts: Parts) -> tuple[str, tuple[str, ...]]:
    """The first alternative whose argument is there."""
    every = alternatives(rule)
    return next((one for one in every if one[0] not in CONDITIONAL or one[1][0] in parts), ("", ()))


def _dtype(machine: Interpreter, rule: str, parts: Parts) -> DType | None:
    found = _ruled(DTYPES, machine, rule, parts)
    name = _holding(rule, parts)[0]
    if not isinstance(found, DType):
        return _STRONG.get(name)
    if not found.weak:
        return found
    return None if name.endswith("~") else DType(found.name, weak=not name.endswith("!"))


_STRONG = {"total": ANY, "inexact!": FLOATING, "inexact_real!": FLOATING, "keyed": ANY}
"""What is certain of a result where nothing is known of the operands."""


SMALL = 127


def _agnostic(machine: Interpreter, parts: Parts, rule: str) -> Parts:
    """The arguments, integers marked for which it makes no difference whether Python or an array holds them.

    Beside an array of a floating-point type an integer is brought to that type. A comparison gives no type of its operands,
    and an integer that every type can hold is compared alike in all of them.
    """
    name, _ = _holding(rule, parts)
    if name not in _TOGETHER:
        return parts
    floating = any(one.dtype == FLOATING for one in arrays(parts, parts))
    found = dict(parts)
    for key, part in parts.items():
        if isinstance(part, Array) and part.term.op == "asarray" and part.dtype is not None and part.dtype.is_integer:
            largest = machine.bounds.largest(part.term.args[0])
            if floating or (
                name == "compared"
                and largest is not None
                and largest <= SMALL
                and machine.bounds.at_least_zero(part.term.args[0])
            ):
                found[key] = Array(term("asarray", part.term.args[0], "as the other"), ANY, part.shape)
    return found


def _computed_in(machine: Interpreter, rule: str, parts: Parts) -> DType | None:
    """The type in which an elementwise operation computes; None if it is not one, or the type is not known."""
    name, names = _holding(rule, parts)
    name = name.rstrip("!~")
    if name not in _TOGETHER:
        return None
    found: DType | None = (_promoted if name == "compared" else DTYPES[name])(machine, parts, names)
    return found


def _ruled(rules: Mapping[str, Rule], machine: Interpreter, rule: str, parts: Parts) -> Any:
    name, names = _holding(rule, parts)
    return rules[name.rstrip("!~")](machine, parts, names) if name not in {"", "-"} else None


def _promoted(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    return machine.widths.promoted(one.dtype for one in arrays(parts, names))


def _numeric(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    """As `_promoted`, but truth values are computed with as integers."""
    found = _promoted(machine, parts, names)
    return DType("int32") if found is not None and found.name == "bool" else found


def _compared(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    """The answers to a comparison of weak values are weak, too; that is not modelled."""
    found = _promoted(machine, parts, names)
    return DType("bool") if found is not None and not found.weak else None


def _inexact(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    return machine.widths.inexact(_promoted(machine, parts, names))


def _like(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    found = arrays(parts, names)
    return found[0].dtype if found else None


def _agreed(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    """The type of operands that must have one type; a weak one gives way."""
    every = [one.dtype for one in arrays(parts, names)]
    found = {one.name for one in every if one is not None}
    if None in every or len(found) != 1 or found <= {ANY.name, FLOATING.name}:
        return None
    return DType(found.pop(), weak=all(one.weak for one in every if one is not None))


def _real(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    """The type of the parts and of the magnitude of a number."""
    found = _like(machine, parts, names)
    if found is None or not found.name.startswith("complex"):
        return found
    return DType({"complex64": "float32", "complex128": "float64"}[found.name], found.weak)


def _inexact_real(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    return machine.widths.inexact(_real(machine, parts, names))


def _total(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    """The type of a sum: that of small integers is widened."""
    found = _like(machine, parts, names)
    if found is None or found.name == KEY or found == ANY or "promote_integers" in parts:
        return None
    if found.name == "bool":
        return machine.widths.of("int")
    if not found.is_integer:
        return DType(found.name)
    wide = machine.widths.canonical("uint64" if found.name.startswith("u") else "int64")
    return DType(wide) if int(found.name.strip("uint")) < int(wide.strip("uint")) else DType(found.name)


def _summed(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    """The type of running sums: that of the summands, but truth values are counted."""
    found = _like(machine, parts, names)
    if found is None or found == ANY or found.weak:
        return None
    return machine.widths.of("int") if found.name == "bool" else found


def _default(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    return machine.widths.of(names[0])


def _asked(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> DType | None:
    """The dtype that an argument names."""
    return named_dtype(machine, parts[names[0]])


def _fixed(name: str) -> Rule:
    return lambda machine, parts, names: DType(name)  # noqa: ARG005


def named_dtype(machine: Interpreter, part: object) -> DType | None:
    """The dtype that a plain value names: ``jnp.float32``, ``"float32"``, ``float``; None if that is not known."""
    match part:
        case ("library", str(name)):
            word = name.rpartition(".")[2].rstrip("_")
        case ("text", Term(op="text") as text):
            word = str(text.args[0])
        case _:
            return None
    if word in {"float", "int", "bool", "complex"}:
        return machine.widths.of(word)
    return DType(machine.widths.canonical(word)) if word in NAMED else None


NAMED = {
    *("bfloat16", "float16", "float32", "float64", "complex64", "complex128"),
    *(f"{sign}int{width}" for sign in ("", "u") for width in (8, 16, 32, 64)),
}
"""The dtypes whose names say which they are, on every machine."""

DTYPES: dict[str, Rule] = {
    "promoted": _promoted,
    "inexact": _inexact,
    "like": _like,
    "keyed": _like,
    "agreed": _agreed,
    "real": _real,
    "inexact_real": _inexact_real,
    "total": _total,
    "summed": _summed,
    "unknown": lambda machine, parts, names: None,  # noqa: ARG005
    "default": _default,
    "canonical": lambda machine, parts, names: DType(machine.widths.canonical(names[0])),  # noqa: ARG005
    "asked": _asked,
    "compared": _compared,
    "numeric": _numeric,
    **{name: _fixed(name) for name in ("bool", "uint8", "uint32", "int32", KEY)},
}
