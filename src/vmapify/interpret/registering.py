"""Functions of the project that only tell JAX how to take a class apart, and give the class back."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.domain.value import Library, Value

if TYPE_CHECKING:
    from vmapify.interpret.running import Running
    from vmapify.syntax import Module

MARKS = {
    "jax.tree_util.register_dataclass",
    "jax.tree_util.register_pytree_node_class",
    "jax.tree_util.register_pytree_with_keys_class",
    "jax.tree_util.register_static",
}
"""What gives back the class that it is called with, and changes nothing of it."""
_LOOKS = {"dataclasses.fields"}
_READING = {"get"}  # of the metadata of a field
_PLAIN = (
    *(ast.Name, ast.Constant, ast.Attribute, ast.Call, ast.ListComp, ast.GeneratorExp, ast.comprehension, ast.keyword),
    *(ast.UnaryOp, ast.unaryop, ast.BoolOp, ast.boolop, ast.Compare, ast.cmpop, ast.List, ast.Tuple, ast.expr_context),
)


def meaning(machine: Running, module: Module, bindings: list[ast.AST]) -> Library | None:
    """The function of JAX that each definition of a name hands its class to, if none of them does anything else."""
    found: set[str] = set()
    for node in bindings:
        called = _handed_to(node)
        if called is None:
            return None
        with machine.apart(module) as frame:
            if not _only_looks(machine, node, called, frame):
                return None
            found.add(_library(machine.value(called.func, frame)))
    return Library(found.pop()) if len(found) == 1 and found <= MARKS else None


def _handed_to(node: ast.AST) -> ast.Call | None:
    """The call ``register(cls, …)`` that a function of one parameter ``cls`` ends with."""
    match node:
        case ast.FunctionDef(
            args=ast.arguments(posonlyargs=[], args=[parameter], vararg=None, kwonlyargs=[], kwarg=None, defaults=[]),
            decorator_list=[],
            body=[*_, ast.Return(value=ast.Call(args=[ast.Name(id=given), *_]) as called)],
        ) if given == parameter.arg:
            return called
    return None


def _only_looks(machine: Running, node: ast.AST, handed: ast.Call, frame: int) -> bool:
    """Whether a function changes nothing, and hands its parameter only to what looks at it, and at last to ``handed``."""
    assert isinstance(node, ast.FunctionDef)
    parameter, local = node.args.args[0].arg, set(machine.scope(node).bindings)
    for statement in node.body[:-1]:
        match statement:
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Assign(targets=[ast.Name(id=name)]) if name != parameter:
                pass
            case _:
                return False
    parts = [one for statement in node.body for part in _values(statement) for one in ast.walk(part)]
    calls = [one for one in parts if isinstance(one, ast.Call)]
    fine = {id(one.args[0]) for one in calls if _looks(machine, one, local, frame) and len(one.args) == 1}
    fine.add(id(handed.args[0]))
    return all(
        isinstance(one, _PLAIN)
        and (not isinstance(one, ast.Name) or one.id != parameter or id(one) in fine)
        and (not isinstance(one, ast.Call) or one is handed or _is_reading(one) or _looks(machine, one, local, frame))
        for one in parts
    ) and not (_names(handed.func) & local)


def _values(statement: ast.stmt) -> list[ast.expr]:
    value = getattr(statement, "value", None)
    return [value] if isinstance(value, ast.expr) else []


def _is_reading(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in _READING


def _looks(machine: Running, call: ast.Call, local: set[str], frame: int) -> bool:
    if _names(call.func) & local or not isinstance(call.func, ast.Name | ast.Attribute):
        return False
    return _library(machine.value(call.func, frame)) in _LOOKS


def _names(node: ast.expr) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _library(value: Value) -> str:
    return value.name if isinstance(value, Library) else ""
