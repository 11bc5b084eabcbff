"""Dataclasses and named tuples: their fields, and what their initializers make of their arguments."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.domain.value import ClassValue, Library, Value
from vmapify.interpret import classes
from vmapify.interpret.lasting import lasting
from vmapify.library.protocol import Arguments

if TYPE_CHECKING:
    from vmapify.interpret.running import Running


@dataclass(frozen=True, slots=True)
class Field:
    """``default`` is what stands behind the equals sign; ``is_factory``: it is called for every object."""

    name: str
    owner: ClassValue
    default: ast.expr | None
    is_factory: bool = False
    is_keyword: bool = False


def initializer(machine: Running, cls: ClassValue) -> Value | None:
    """The function that initializes objects of ``cls``, or the dataclass or named tuple whose fields do; None for neither."""
    for one in classes.order(machine, cls) or []:
        if "__init__" in machine.scope(one.node).bindings:
            found = classes.method(machine, one, "__init__")
            return found[0] if found is not None else None
        if classes.is_named_tuple(machine, one) or classes.decorator(one, machine) is not None:
            return one
    return None


def fields(machine: Running, cls: ClassValue) -> list[Field] | None:
    """The fields of a dataclass or named tuple, those of its bases first; None if one is not modelled."""
    if classes.is_named_tuple(machine, cls):
        every = [cls]
    else:
        every = [one for one in classes.order(machine, cls) or [] if classes.decorator(one, machine) is not None]
    found: dict[str, Field] = {}
    for one in reversed(every):
        for statement in one.node.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                made = _field(machine, one, statement, statement.target.id)
                if made is None:
                    return None
                found[made.name] = made
    return list(found.values())


def _field(machine: Running, cls: ClassValue, node: ast.AnnAssign, name: str) -> Field | None:
    if _is_no_field(node.annotation):
        return None
    keyword = classes.setting(cls, machine, "kw_only")
    if not isinstance(node.value, ast.Call):
        return Field(name, cls, node.value, is_keyword=keyword)
    with machine.defining(cls) as frame:
        called = machine.value(node.value.func, frame)
    if called != Library(classes.FIELD):
        return Field(name, cls, node.value, is_keyword=keyword)
    given = {one.arg: one.value for one in node.value.keywords}
    harmless = {"default", "default_factory", "repr", "compare", "hash", "metadata", "kw_only"}
    if node.value.args or not given.keys() <= harmless:
        return None
    if "kw_only" in given:
        only = given["kw_only"]
        if not isinstance(only, ast.Constant):
            return None
        keyword = bool(only.value)
    factory = given.get("default_factory")
    return Field(name, cls, factory or given.get("default"), factory is not None, keyword)


def _is_no_field(annotation: ast.expr) -> bool:
    """``ClassVar[int]``, ``dataclasses.InitVar[int]``, ``KW_ONLY``, in whatever spelling."""
    words = {getattr(one, "id", None) or getattr(one, "attr", None) for one in ast.walk(annotation)}
    text = isinstance(annotation, ast.Constant)
    return text or bool(words & {"ClassVar", "InitVar", "KW_ONLY"})


def from_fields(
    machine: Running, cls: ClassValue, record: ClassValue, args: Arguments, node: ast.AST
) -> dict[str, Value] | None:
    """The attributes of a new object of ``cls``, which ``record`` initializes."""
    wanted = fields(machine, record)
    if wanted is None:
        return None
    by_place = [one.name for one in wanted if not one.is_keyword]
    names = [one.name for one in wanted]
    given = dict(zip(by_place, args.positional, strict=False))
    if len(args.positional) > len(by_place) or any(key not in names or key in given for key in args.keywords):
        machine.unproven("raises", "TypeError", node)
    given |= args.keywords
    for one in wanted:
        if one.name not in given:
            value = _default(machine, one, node)
            if value is None:
                return None
            given[one.name] = value
    return {name: given[name] for name in names}


def _default(machine: Running, field: Field, node: ast.AST) -> Value | None:
    if field.default is None:
        machine.unproven("raises", "TypeError", node)
    with machine.defining(field.owner) as frame:
        value = lasting(machine.value(field.default, frame))
    if value is None or not field.is_factory:
        return value
    return machine.call(value, Arguments(), node)
