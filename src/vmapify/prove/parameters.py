"""What the parameters of a function are, as their annotations say."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.term import term
from vmapify.domain.value import ClassValue, Outer, Unknown, Value
from vmapify.interpret import declared, module_names

if TYPE_CHECKING:
    from vmapify.interpret.machine import Machine

_NO_RECEIVER = {"staticmethod", "classmethod"}


def values(machine: Machine, function: ast.FunctionDef) -> dict[str, Value]:
    """A value for every parameter."""
    spec = function.args
    places = [*spec.posonlyargs, *spec.args]
    every = [*places, *spec.kwonlyargs]
    found = {
        one.arg: declared.annotated(machine, machine.module, one.annotation, term("parameter", one.arg))
        for one in every
    }
    cls = class_of(machine, function)
    if cls is not None and places and not _has_no_receiver(function):
        found[places[0].arg] = Outer(term("parameter", places[0].arg), cls)
    for extra in (spec.vararg, spec.kwarg):
        if extra is not None:
            found[extra.arg] = Unknown(term("parameter", extra.arg))
    return found


def class_of(machine: Machine, function: ast.FunctionDef) -> ClassValue | None:
    """The class that ``function`` is a method of, if that is one of the module that is modelled."""
    parent = machine.module.parents.get(function)
    if not isinstance(parent, ast.ClassDef) or not isinstance(machine.module.parents.get(parent), ast.Module):
        return None
    found = module_names.module_value(machine, machine.module, parent.name)
    return found if isinstance(found, ClassValue) and found.node is parent else None


def _has_no_receiver(function: ast.FunctionDef) -> bool:
    names = {part.id for part in function.decorator_list if isinstance(part, ast.Name)}
    return bool(names & _NO_RECEIVER)
