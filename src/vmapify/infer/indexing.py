"""Values of subscripts: rows, slices, masks, and containers that no tracer can index."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer import expressions, host_packages, shapes, structures
from vmapify.infer.callables import External
from vmapify.infer.linear_forms import Linear
from vmapify.infer.value import ARRAYS, Assumed, Kind, Shape, Value, holds_tracer

if TYPE_CHECKING:
    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine


def subscript(machine: Machine, node: ast.Subscript, frame: Frame) -> Value:
    """The value of ``owner[index]``."""
    owner = machine.value(node.value, frame)
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    indices = [_index(machine, part, frame, owner) for part in parts]
    traced = owner.traced or any(holds_tracer(index) for index in indices)
    if host_packages.is_frame(owner):
        compared = host_packages.compares(machine, indices, node, frame)
        return owner if not compared and not traced else machine.unknown(traced)
    if isinstance(owner.target, External) and host_packages.maker(owner) is None:
        return machine.unknown()  # Float[Array, "n"], dict[str, int]
    match owner.kind:
        case Kind.INSTANCE:
            fields = structures.entries(machine, owner)
            position = indices[0].number.value if indices[0].number is not None else None
            if fields is not None and position is not None and -len(fields) <= position < len(fields):
                return fields[position]
            machine.event("unknown", "opaque-callee", "own-lookup", node, frame, expression=node)
            return machine.unknown(traced)
        case Kind.SHAPE:
            return _of_shape(owner, indices[0])
        case Kind.AT:
            return owner._replace(traced=traced)
        case Kind.ARRAY | Kind.NDARRAY:
            return _of_array(machine, owner, parts, indices, traced, node, frame)
        case Kind.LIST | Kind.TUPLE | Kind.DICT | Kind.ITERATOR:
            return _of_container(machine, owner, indices[0], parts[0], node, frame)
        case Kind.PYTREE:
            return machine.unknown(traced)
    if any(index.traced for index in indices) and not owner.traced:
        machine.event("unknown", "array-like", "indexed", node, frame, rows=node.value)
        return machine.array(node, frame, True, assumed=Assumed.of(node.value, ast.unparse(node.value)))
    ident = f"{owner.ident}[{ast.unparse(node.slice)}]" if owner.ident is not None and not traced else None
    return machine.unknown(traced, ident)


def of_row(machine: Machine, row: Value, parts: list[ast.expr], node: ast.expr, frame: Frame) -> Value:
    """The value of ``xs[i, 0]`` where ``row`` is that of ``xs[i]`` and ``parts`` is what remains: ``[0]``."""
    indices = [_index(machine, part, frame, row) for part in parts]
    if row.kind is not Kind.ARRAY:
        return machine.unknown(traced=True)
    machine.used_as_array(row)
    made = _of_array(machine, row._replace(assumed=None), parts, indices, True, node, frame)
    return made._replace(assumed=row.assumed)


def _index(machine: Machine, part: ast.expr, frame: Frame, owner: Value) -> Value:
    if not isinstance(part, ast.Slice):
        return machine.value(part, frame)
    for bound in (part.lower, part.upper, part.step):
        if bound is None:
            continue
        value = machine.value(bound, frame)
        if holds_tracer(value):
            code = "static-index" if value.index else "ragged-shapes"
            machine.event("fatal", code, "bound-of-slice", part, frame, value, bound=bound)
    return Value(Kind.UNKNOWN, const=slice)


def _of_shape(owner: Value, index: Value) -> Value:
    number = None
    position = index.number.value if index.number is not None else None
    if position is not None:
        if owner.shape is not None and -len(owner.shape) <= position < len(owner.shape):
            number = owner.shape[position]
        if number is None and owner.ident is not None:
            number = shapes.axis_symbol(owner.ident, position)
    if index.const is slice:
        return Value(Kind.SHAPE)
    return Value(Kind.NUMBER, dtype="int", number=number)


def _of_array(
    machine: Machine,
    owner: Value,
    parts: list[ast.expr],
    indices: list[Value],
    traced: bool,
    node: ast.AST,
    frame: Frame,
) -> Value:
    if owner.assumed is not None and any(index.kind is Kind.STRING for index in indices):
        machine.event(
            "fatal", "not-arrays", "looked-up-by-string", node, frame, expression=node, rows=owner.assumed.text
        )
        return machine.unknown(traced)
    for part, index in zip(parts, indices, strict=True):
        if index.dtype == "bool" and index.kind in ARRAYS and index.shape != ():
            if holds_tracer(index):
                machine.event("fatal", "ragged-shapes", "mask", node, frame, mask=part)
            return machine.array(node, frame, traced)._replace(dtype=owner.dtype, kind=owner.kind)
    if owner.kind is Kind.NDARRAY and not owner.traced and any(index.traced for index in indices):
        array = node.value if isinstance(node, ast.Subscript) else "it"
        machine.event("fatal", "numpy-semantics", "indexed-by-tracer", node, frame, array=array)
    made = machine.array(node, frame, traced, shape=_indexed_shape(owner.shape, parts, indices), dtype=owner.dtype)
    ident = f"{owner.ident}[{', '.join(map(ast.unparse, parts))}]" if owner.ident and not traced else made.ident
    kind = Kind.ARRAY if traced else owner.kind
    born = owner.born if kind is Kind.NDARRAY else made.born  # NumPy gives views of its owner
    if owner.assumed is not None and parts and not isinstance(parts[0], ast.Slice):
        if len(parts) == 1 and not _only_arrays_take(parts[0]):
            return made._replace(kind=kind, ident=ident, assumed=owner.assumed.part, born=born)
        machine.used_as_array(owner)
    return made._replace(kind=kind, ident=ident, assumed=owner.assumed, born=born)


def _only_arrays_take(index: ast.expr) -> bool:
    """``x[None]`` and ``x[...]``: lists and tuples have no such rows."""
    return isinstance(index, ast.Constant) and (index.value is None or index.value is ...)


def _indexed_shape(shape: Shape | None, parts: list[ast.expr], indices: list[Value]) -> Shape | None:
    if shape is None:
        return None
    result: list[Linear | None] = []
    axis = 0
    for position, (part, index) in enumerate(zip(parts, indices, strict=True)):
        if isinstance(part, ast.Constant) and part.value is None:
            result.append(Linear(1))
        elif isinstance(part, ast.Constant) and part.value is ...:
            behind = sum(not (isinstance(p, ast.Constant) and p.value is None) for p in parts[position + 1 :])
            while axis < len(shape) - behind:
                result.append(shape[axis])
                axis += 1
        elif isinstance(part, ast.Slice):
            result.append(_sliced(shape[axis] if axis < len(shape) else None, part))
            axis += 1
        elif index.kind is Kind.NUMBER or index.shape == ():
            axis += 1
        elif index.shape is not None and len(parts) == 1:
            return (*index.shape, *shape[1:])
        else:
            return None
    return (*result, *shape[axis:])


def _sliced(size: Linear | None, part: ast.Slice) -> Linear | None:
    """Length of ``[:]``, ``[::-1]``; other bounds are clipped to the array, so their length is not certain."""
    whole = part.lower is None and part.upper is None
    step = ast.unparse(part.step) if part.step is not None else "1"
    return size if whole and step in {"1", "-1"} else None


def _of_container(
    machine: Machine, owner: Value, index: Value, part: ast.expr, node: ast.Subscript, frame: Frame
) -> Value:
    if holds_tracer(index):
        if owner.kind is Kind.DICT:
            machine.event("fatal", "static-index", "in-dict", node, frame, index, container=node.value)
        else:
            kind = "tuple" if owner.kind is Kind.TUPLE else "list"
            machine.event("fatal", "static-index", "in-sequence", node, frame, index, container=node.value, kind=kind)
        return machine.unknown(traced=True)
    position = index.number.value if index.number is not None else None
    if owner.items is not None and position is not None and -len(owner.items) <= position < len(owner.items):
        return owner.items[position]
    if owner.kind is Kind.DICT and owner.items is not None and isinstance(part, ast.Constant):
        names = owner.const if isinstance(owner.const, tuple) else ()
        return owner.items[names.index(part.value)] if part.value in names else machine.unknown()
    if index.const is slice:
        return owner._replace(items=None, number=None, element=_common(machine, owner), ident=None)
    return _common(machine, owner)


def _common(machine: Machine, owner: Value) -> Value:
    return (
        expressions.element(machine, owner)
        if owner.items or owner.element is not None
        else machine.unknown(owner.traced)
    )
