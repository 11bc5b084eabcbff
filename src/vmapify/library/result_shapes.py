"""Rules for the shape of what a function of arrays gives (see `results` for how they are written)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vmapify.domain import integers
from vmapify.domain.term import Term
from vmapify.domain.value import Array

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vmapify.library.protocol import Interpreter

Parts = dict[str, object]
"""The arguments by parameter: arrays, tuples of arrays, and constants as `operands.plain` gives them."""
Shape = tuple[Term, ...]
_ONE = integers.constant(1)


def arrays(parts: Parts, names: Iterable[str]) -> list[Array]:
    """The arrays among the arguments ``names``; those of a sequence one by one."""
    found: list[Array] = []
    for name in names:
        part = parts.get(name)
        found += [one for one in (part if isinstance(part, tuple) else (part,)) if isinstance(one, Array)]
    return found


def shape_of(part: object) -> Shape | None:
    """A plain value as a shape: an integer, or a sequence of such."""
    match part:
        case ("int", Term() as number):
            return (number,)
        case ("tuple" | "list", *entries):
            found = tuple(one[1] for one in entries if isinstance(one, tuple) and one[0] == "int")
            return found if len(found) == len(entries) else None
    return None


def numbers(part: object) -> list[int] | None:
    """A plain value as known integers."""
    found = shape_of(part)
    known = [integers.known(one) for one in found] if found is not None else [None]
    return None if None in known else [one for one in known if one is not None]


def axes_of(part: object, rank: int) -> list[int] | None:
    """A plain value as axes of an array of rank ``rank``, none of them twice."""
    found = numbers(part)
    if found is None or not all(-rank <= one < rank for one in found):
        return None
    counted = [one % rank for one in found]
    return counted if len(set(counted)) == len(counted) else None


def truth_of(parts: Parts, name: str) -> bool | None:
    """Whether a switch is on, which is off where it is left out; None if that is not known."""
    part = parts.get(name, ("bool", integers.truth(False)))
    return bool(part[1].args[0]) if isinstance(part, tuple) and part[0] == "bool" and part[1].op == "truth" else None


def broadcast(shapes: Iterable[Shape | None]) -> Shape | None:
    """The shape of an operation on arrays of these shapes; None if that cannot be told."""
    every = tuple(shapes)
    if any(one is None for one in every):
        return None
    longest = max((len(one) for one in every if one is not None), default=0)
    found: list[Term] = []
    for axis in range(-longest, 0):
        here = {shape[axis] for shape in every if shape is not None and len(shape) >= -axis} - {_ONE}
        if len(here) > 1:
            return None
        found.append(here.pop() if here else _ONE)
    return tuple(found)


def _same(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    found = arrays(parts, names)
    return found[0].shape if found else None


def _broadcast(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    return broadcast(one.shape for one in arrays(parts, names))


def _scalar(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    return ()


def _pair(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    return (integers.constant(2),)


def _given(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """The shape that an argument states."""
    return shape_of(parts[names[0]])


def _split(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """``split(key,num)``: ``num`` keys (two where it is left out) in place of one."""
    one, many = _same(machine, parts, names[:1]), shape_of(parts.get(names[1], ("int", integers.constant(2))))
    return (*many, *one) if one is not None and many is not None else None


def _reduced(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """Without the axes that ``axis`` names, all of them if it is left out; one entry long with ``keepdims``."""
    shape, kept = _same(machine, parts, names), truth_of(parts, "keepdims")
    if shape is None and kept is False and "axis" not in parts and arrays(parts, names):
        return ()
    if shape is None or kept is None:
        return None
    axes = axes_of(parts["axis"], len(shape)) if "axis" in parts else [*range(len(shape))]
    if axes is None:
        return None
    found = [None if axis in axes else extent for axis, extent in enumerate(shape)]
    return tuple(_ONE if one is None else one for one in found if one is not None or kept)


def _without(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """``without(operand,axes)``."""
    shape = _same(machine, parts, names[:1])
    axes = axes_of(parts[names[1]], len(shape)) if shape is not None else None
    if shape is None or axes is None:
        return None
    return tuple(extent for axis, extent in enumerate(shape) if axis not in axes)


def _accumulated(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """The same shape along an axis, flat without one."""
    return _same(machine, parts, names) if "axis" in parts else _flat(machine, parts, names)


def _sorted(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """The same shape; ``axis=None``, which sorts all entries, looks like an axis that is left out and is not modelled."""
    shape = _same(machine, parts, names)
    return shape if "axis" in parts or (shape is not None and len(shape) == 1) else None


def _flat(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    shape = _same(machine, parts, names)
    return (_size(shape),) if shape is not None else None


def _size(shape: Shape) -> Term:
    found = _ONE
    for one in shape:
        found = integers.multiply(found, one)
    return found


def _reshaped(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """``reshaped(a,shape)``; ``-1`` stands for what is left, where all other extents are known."""
    shape, wanted = _same(machine, parts, names[:1]), shape_of(parts[names[1]])
    if wanted is None:
        return None
    known = [integers.known(one) for one in wanted]
    if -1 not in known:
        return wanted if not any(one is not None and one < 0 for one in known) else None
    total = integers.known(_size(shape)) if shape is not None else None
    rest = 1
    for one in known:
        if one is None or total is None:
            return None
        rest *= one if one != -1 else 1
    if known.count(-1) > 1 or not rest or total is None or total % rest:
        return None
    return tuple(integers.constant(total // rest) if integers.known(one) == -1 else one for one in wanted)


def _transposed(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """``transposed(a,axes)``: in the order that ``axes`` names, else the other way round."""
    shape = _same(machine, parts, names[:1])
    if shape is None:
        return None
    axes = axes_of(parts[names[1]], len(shape)) if names[1] in parts else [*reversed(range(len(shape)))]
    return tuple(shape[axis] for axis in axes) if axes is not None and len(axes) == len(shape) else None


def _swapped(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    shape = _same(machine, parts, names)
    axes = [axes_of(parts[one], len(shape)) for one in ("axis1", "axis2")] if shape is not None else [None]
    if shape is None or axes[0] is None or axes[1] is None:
        return None
    found, one, other = list(shape), axes[0][0], axes[1][0]
    found[one], found[other] = found[other], found[one]
    return tuple(found)


def _moved(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    shape = _same(machine, parts, names)
    if shape is None:
        return None
    source, goal = (axes_of(parts[one], len(shape)) for one in ("source", "destination"))
    if source is None or goal is None or len(source) != len(goal):
        return None
    found = [extent for axis, extent in enumerate(shape) if axis not in source]
    for place, axis in sorted(zip(goal, source, strict=True)):
        found.insert(place, shape[axis])
    return tuple(found)


def _expanded(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """``expanded(a,axis)``."""
    shape, added = _same(machine, parts, names[:1]), numbers(parts[names[1]])
    axes = axes_of(parts[names[1]], len(shape) + len(added)) if shape is not None and added is not None else None
    if shape is None or axes is None:
        return None
    found = list(shape)
    for axis in sorted(axes):
        found.insert(axis, _ONE)
    return tuple(found)


def _squeezed(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """``squeezed(a,axis)``; without an axis, only where every extent is known."""
    shape = _same(machine, parts, names[:1])
    if shape is None:
        return None
    if names[1] not in parts:
        return tuple(one for one in shape if one is not _ONE) if None not in map(integers.known, shape) else None
    axes = axes_of(parts[names[1]], len(shape))
    return tuple(extent for axis, extent in enumerate(shape) if axis not in axes) if axes is not None else None


def _matmul(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    one, other = (array.shape for array in arrays(parts, names))
    if not one or not other:
        return None
    batch = broadcast([one[:-2], other[:-2]])
    return (*batch, *one[-2:-1], *(other[-1:] if len(other) > 1 else ())) if batch is not None else None


def _dot(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    one, other = (array.shape for array in arrays(parts, names))
    if one is None or other is None or not one or not other:
        return one if other == () else other if one == () else None
    return (*one[:-1], *other[:-2], *(other[-1:] if len(other) > 1 else ()))


def _inner(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    one, other = (array.shape for array in arrays(parts, names))
    return (*one[:-1], *other[:-1]) if one and other else None


def _outer(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    one, other = (array.shape for array in arrays(parts, names))
    return (_size(one), _size(other)) if one is not None and other is not None else None


def _axis(parts: Parts, name: str, rank: int) -> int | None:
    found = axes_of(parts.get(name, ("int", integers.constant(0))), rank)
    return found[0] if found else None


def _stacked(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """``stacked(arrays,axis)`` of a tuple."""
    found = arrays(parts, names[:1])
    shape = found[0].shape if isinstance(parts[names[0]], tuple) and found else None
    axis = _axis(parts, names[1], len(shape) + 1) if shape is not None else None
    return (
        (*shape[:axis], integers.constant(len(found)), *shape[axis:])
        if shape is not None and axis is not None
        else None
    )


def _joined(machine: Interpreter, parts: Parts, names: tuple[str, ...]) -> Shape | None:
    """``joined(arrays,axis)`` of a tuple."""
    found = arrays(parts, names[:1])
    shape = found[0].shape if isinstance(parts[names[0]], tuple) and found else None
    axis = _axis(parts, names[1], len(shape)) if shape else None
    if shape is None or axis is None or any(one.shape is None or len(one.shape) != len(shape) for one in found):
        return None
    total = integers.constant(0)
    for one in found:
        total = integers.add(total, one.shape[axis])  # type: ignore[index]
    return (*shape[:axis], total, *shape[axis + 1 :])


SHAPES: dict[str, Callable[[Interpreter, Parts, tuple[str, ...]], Shape | None]] = {
    "same": _same,
    "broadcast": _broadcast,
    "joint": _broadcast,
    "unknown": lambda machine, parts, names: None,  # noqa: ARG005
    "made": lambda machine, parts, names: _same(machine, parts, names) if arrays(parts, names) else (),
    "scalar": _scalar,
    "pair": _pair,
    "given": _given,
    "split": _split,
    "reduced": _reduced,
    "without": _without,
    "accumulated": _accumulated,
    "sorted": _sorted,
    "flat": _flat,
    "reshaped": _reshaped,
    "transposed": _transposed,
    "swapped": _swapped,
    "moved": _moved,
    "expanded": _expanded,
    "squeezed": _squeezed,
    "matmul": _matmul,
    "dot": _dot,
    "inner": _inner,
    "outer": _outer,
    "stacked": _stacked,
    "joined": _joined,
}
