"""What functions close over: values of the scopes around them, bound objects and bound arguments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.infer.callables import Function, Method, Transformed
from vmapify.infer.value import holds_tracer
from vmapify.syntax import loads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.infer.callables import Arguments, Frame
    from vmapify.infer.machine import Machine
    from vmapify.infer.value import Value


def reaches_tracer(machine: Machine, value: Value, seen: set[tuple[ast.AST, int]] | None = None) -> bool:
    """Whether ``value`` is or holds a tracer, or a function that can see one when it is called.

    ``seen`` are the functions, each with the scope it was made in, that are looked at already.
    """
    if holds_tracer(value):
        return True
    seen = set() if seen is None else seen
    if any(reaches_tracer(machine, one, seen) for one in (*(value.items or ()), *_element(value))):
        return True
    match value.target:
        case Function(node=node, frame=frame, bound=bound):
            if bound is not None and reaches_tracer(machine, bound, seen):
                return True
            if (node, id(frame)) in seen:
                return False
            seen.add((node, id(frame)))
            return any(reaches_tracer(machine, one, seen) for one in captured(machine, value.target))
        case Transformed(inner=inner, args=args, keywords=keywords):
            return any(reaches_tracer(machine, one, seen) for one in (inner, *args, *dict(keywords).values()))
        case Method(receiver=receiver):
            return reaches_tracer(machine, receiver, seen)
    return False


def reached(machine: Machine, args: Arguments) -> bool:
    """Whether a callee that is given ``args`` can see a tracer."""
    return any(reaches_tracer(machine, value) for value in args.every)


def captured(machine: Machine, function: Function) -> Iterator[Value]:
    """What ``function`` sees of the scopes around it, as they are now."""
    names = _free_names(machine, function.node) if function.frame.parent is not None else frozenset()
    frame: Frame | None = function.frame
    while names and frame is not None and frame.parent is not None:
        values = frame.values
        yield from (values[name] for name in names if name in values)
        names = names.difference(values)
        frame = frame.parent


def is_closure(value: Value) -> bool:
    """Whether ``value`` is or holds a function whose variables may change before it is called."""
    match value.target:
        case Function(frame=frame):
            return frame.parent is not None
        case Transformed(inner=inner, args=args, keywords=keywords):
            return any(map(is_closure, (inner, *args, *dict(keywords).values())))
        case Method(receiver=receiver):
            return is_closure(receiver)
    return any(map(is_closure, (*(value.items or ()), *_element(value))))


def _element(value: Value) -> tuple[Value, ...]:
    return (value.element,) if value.element is not None else ()


def _free_names(machine: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> frozenset[str]:
    """The names that a function, or one inside it, reads and does not bind itself."""
    key = (node, "free names")
    if key not in machine.tables:
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        scope, spec = machine.scope(node), node.args
        defaults = [one for one in (*spec.defaults, *spec.kw_defaults) if one is not None]
        machine.tables[key] = frozenset((loads(body) - scope.bindings.keys()) | scope.outer | loads(defaults))
    return machine.tables[key]  # type: ignore[return-value]
