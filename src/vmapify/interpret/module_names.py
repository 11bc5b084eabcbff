"""Names of modules: what one assignment, definition or import makes them, if nothing else can change it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.term import term
from vmapify.domain.value import Array, Library, ProjectModule, Unknown
from vmapify.interpret import registering, world
from vmapify.interpret.lasting import settled

if TYPE_CHECKING:
    from vmapify.domain.value import Value
    from vmapify.interpret.running import Running
    from vmapify.syntax import Module


def module_value(machine: Running, module: Module, name: str) -> Value | None:
    """What ``name`` is in ``module`` whenever its functions run; None if the module does not bind it.

    A name that is bound more than once, or that a function declares ``global``, is unknown, and so is one that holds
    an object that can change: other code may have changed it before.
    """
    key = (module.path, name)
    if not machine.follows(module) or name in machine.replaced_in_modules:
        return Unknown(term("module", *key))
    if key not in machine.module_values:
        machine.module_values[key] = Unknown(term("module", *key))  # for definitions that use each other
        bindings = machine.scope(module.tree).bindings.get(name)
        if bindings is None:
            starred = any(alias.name == "*" for node in module.of(ast.ImportFrom) for alias in node.names)
            found: Value | None = Unknown(term("module", *key)) if starred or name in module.declared else None
        elif name in module.declared:
            found = Unknown(term("module", *key))
        elif (mark := registering.meaning(machine, module, bindings)) is not None:
            found = mark
        elif len(bindings) > 1:
            found = Unknown(term("module", *key))
        else:
            with machine.apart(module) as frame:
                found = _bound(machine, module, bindings[0], frame)
        if found is None:
            del machine.module_values[key]
            return None
        if machine.mixes_widths and isinstance(found, Array):
            found = Array(found.term, None, found.shape)  # the same values, of one width or the other
        machine.module_values[key] = found
    return machine.module_values[key]


def _bound(machine: Running, module: Module, node: ast.AST, frame: int) -> Value:
    unknown = Unknown(term("module", module.path, getattr(node, "id", None) or getattr(node, "name", "")))
    if _conditional(module, node):
        return unknown
    match node:
        case ast.FunctionDef():
            return settled(machine.defined(node, frame)) or unknown
        case ast.ClassDef():
            return settled(machine.class_value(node, frame)) or unknown
        case ast.alias():
            return imported(machine, module, node)
        case ast.Name():
            parent = module.parents[node]
            if isinstance(parent, ast.Assign) and parent.targets == [node]:
                return settled(machine.value(parent.value, frame)) or unknown
            if isinstance(parent, ast.AnnAssign) and parent.value is not None and parent.target is node:
                return settled(machine.value(parent.value, frame)) or unknown
    return unknown


def _conditional(module: Module, node: ast.AST) -> bool:
    """Whether a binding stands in a block that may not run, or may run again."""
    around = module.ancestors(node)
    return any(isinstance(one, ast.If | ast.For | ast.While | ast.Try | ast.With | ast.Match) for one in around)


def imported(machine: Running, module: Module, alias: ast.alias) -> Value:
    """What an ``import`` binds: followed into the project, else the name that the library knows it by."""
    statement = module.parents[alias]
    if isinstance(statement, ast.Import):
        return _module(machine, module, alias.name if alias.asname else alias.name.partition(".")[0], 0)
    assert isinstance(statement, ast.ImportFrom)
    if machine.replaced_in_modules & {alias.name, *(statement.module or "").split(".")}:
        return Unknown(term("import", statement.level, statement.module, alias.name))
    if not statement.level and statement.module and world.is_known(statement.module):
        return Library(world.canonical(f"{statement.module}.{alias.name}"))
    origin = machine.sources.imported(module, statement.module or "", statement.level)
    if origin is None:
        return Unknown(term("import", statement.level, statement.module, alias.name))
    found = module_value(machine, origin, alias.name)
    if found is not None:
        return found
    return _module(machine, module, f"{statement.module or ''}.{alias.name}".lstrip("."), statement.level)


def _module(machine: Running, module: Module, name: str, level: int) -> Value:
    if not level and world.is_known(name):
        return Library(world.canonical(name))
    found = machine.sources.imported(module, name, level)
    return ProjectModule(found, found.path) if found is not None else Unknown(term("import", level, name))
