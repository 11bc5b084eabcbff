"""What is stored on objects: ``self.name = …`` in methods, and the same from elsewhere."""

from __future__ import annotations

import ast
from functools import reduce
from typing import TYPE_CHECKING

from vmapify.infer.callables import ClassTarget, Function, Transformed
from vmapify.infer.value import CALLED, Kind, Value, holds_tracer, join
from vmapify.interpret import world
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.infer.callables import Frame
    from vmapify.infer.machine import Machine
    from vmapify.syntax import Module

Stores = dict[str, list[tuple[ast.FunctionDef, ast.Attribute]]]


def changed(place: ast.expr, frame: Frame, values: Sequence[Value] = (), *, resized: bool = True) -> None:
    """What ``place`` stands for was changed, and may hold ``values`` now: the variable that it is or is a part of tells less.

    ``resized``: what it tells of lengths and attributes may be another thing, too.
    """
    root = place
    while isinstance(root, ast.Attribute | ast.Subscript):
        root = root.value
    if not isinstance(root, ast.Name) or root.id not in frame.values:
        return
    now = frame.values[root.id]
    if root is not place:
        now = now.with_traced(any(map(holds_tracer, values)))
    elif now.kind is not Kind.NDARRAY:
        parts = [*(now.items or ()), *([now.element] if now.element is not None else ()), *values]
        now = now._replace(items=None, number=None, element=reduce(join, parts) if parts else None)
    elif resized:
        now = now._replace(shape=None, dtype=None, ident=None)
    if resized and now.ident is not None and root.id != "self":
        now = now._replace(ident=f"{now.ident}, changed in line {place.lineno}")
    frame.values[root.id] = now


def stores_of(machine: Machine, node: ast.ClassDef) -> Stores:
    """Every ``self.name = …`` of a class, by name, collected once."""
    key = (node, "stores")
    if key not in machine.tables:
        stores: Stores = {}
        for method in node.body:
            for part in walk(method) if isinstance(method, ast.FunctionDef) else ():
                match part:
                    case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store()):
                        stores.setdefault(part.attr, []).append((method, part))  # type: ignore[arg-type]
        machine.tables[key] = stores
    return machine.tables[key]  # type: ignore[return-value]


def stored_outside(machine: Machine, module: Module) -> frozenset[str]:
    """The attributes that a file stores in another way than as ``self.name = …``."""
    key = (module.tree, "stored outside")
    if key not in machine.tables:
        machine.tables[key] = world.stored_attributes(module)
    return machine.tables[key]  # type: ignore[return-value]


def kept_function(machine: Machine, target: ClassTarget, name: str, value: Value) -> Value:
    """What ``self.name`` is if ``value`` is stored there: a function that is kept is not bound to the object.

    It is unknown where something else may be stored as well: by a class above or below, from outside, or by a name
    that is computed.
    """
    if value.kind not in CALLED:
        return value
    modules = {target.frame.module, machine.module}
    if any(name in stored_outside(machine, one) or _opens(machine, one) for one in modules):
        return machine.unknown(ident=f"self.{name}")
    if any(name in stores_of(machine, one) for module in modules for one in _relatives(machine, module, target)):
        return machine.unknown(ident=f"self.{name}")
    if not isinstance(value.target, Function | Transformed) and not value.items:
        return value
    return value._replace(target=Transformed("staticmethod", value))


def is_replaced(machine: Machine, target: ClassTarget, name: str) -> bool:
    """Whether the file that is checked stores something else where ``target`` has the method ``name``."""
    module = machine.module
    if name in stored_outside(machine, module):
        return True
    key = (module.tree, "stored on self")
    if key not in machine.tables:
        machine.tables[key] = {one for node in module.of(ast.ClassDef) for one in stores_of(machine, node)}
    if name not in machine.tables[key]:  # type: ignore[operator]
        return False
    return any(name in stores_of(machine, one) for one in _relatives(machine, module, target))


def _opens(machine: Machine, module: Module) -> bool:
    """Whether a file may store attributes by names that are computed."""
    key = (module.tree, "opens")
    if key not in machine.tables:
        machine.tables[key] = world.opening(module) is not None
    return bool(machine.tables[key])


def _relatives(machine: Machine, module: Module, target: ClassTarget) -> list[ast.ClassDef]:
    """The classes of a file that derive from ``target``, and those that it derives from, by the names of bases."""
    classes = [one for one in module.of(ast.ClassDef) if one is not target.node]
    bases = {one: {_last(base) for base in one.bases} for one in classes}
    below, above = {target.node.name}, {_last(base) for base in target.node.bases}
    for _ in classes:
        below |= {one.name for one in classes if bases[one] & below}
        above |= {name for one in classes if one.name in above for name in bases[one]}
    return [one for one in classes if one.name in below | above]


def _last(base: ast.expr) -> str:
    """``Module`` of ``eqx.Module`` and ``Module[int]``."""
    while isinstance(base, ast.Subscript):
        base = base.value
    return base.id if isinstance(base, ast.Name) else getattr(base, "attr", "")
