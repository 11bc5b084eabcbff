"""Scopes: which nodes bind each name of a module, class or function body (PEP 227 rules)."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vmapify.syntax.tree import children, walk
from vmapify.syntax.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable

ScopeNode = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names one body binds: name to binding nodes in source order.

    A binding node is an ``arg``, ``alias``, definition, or the ``Name`` that is stored to. ``outer`` names are
    declared ``global`` or ``nonlocal`` here, ``declared`` ones ``global``.
    """

    node: ScopeNode
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, node: ScopeNode) -> Scope:
        """Collect the bindings of ``node``'s own body, without those of nested functions and classes."""
        scope = cls(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for argument in _arguments(node.args):
                scope.bindings.setdefault(argument.arg, []).append(argument)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        for child in body:
            _collect(child, scope)
        return scope


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return every + [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]


def _bind(scope: Scope, name: str, node: ast.AST) -> None:
    scope.bindings.setdefault(name, []).append(node)


def _collect(node: ast.AST, scope: Scope) -> None:
    take = _TAKE.get(node.__class__)
    if take is not None and take(node, scope):
        return
    for child in children(node):
        if child.__class__ is ast.Name:
            _name(child, scope)
        else:
            _collect(child, scope)


# each takes one kind of node, and says whether that is all there is to it


def _name(node: ast.AST, scope: Scope) -> bool:
    if node.ctx.__class__ is not ast.Load:  # type: ignore[attr-defined]
        _bind(scope, node.id, node)  # type: ignore[attr-defined]
    return True


def _definition(node: ast.AST, scope: Scope) -> bool:
    _bind(scope, node.name, node)  # type: ignore[attr-defined]
    for part in node.decorator_list:  # type: ignore[attr-defined]
        _collect(part, scope)
    return True


def _import(node: ast.AST, scope: Scope) -> bool:
    for alias in node.names:  # type: ignore[attr-defined]
        _bind(scope, alias.asname or alias.name.split(".")[0], alias)
    return True


def _declaration(node: ast.AST, scope: Scope) -> bool:
    scope.outer.update(node.names)  # type: ignore[attr-defined]
    if isinstance(node, ast.Global):
        scope.declared.update(node.names)
    return True


def _captured(node: ast.AST, scope: Scope) -> bool:
    """The name of an exception that is handled, or of what a pattern matches."""
    if node.name is not None:  # type: ignore[attr-defined]
        _bind(scope, node.name, node)  # type: ignore[attr-defined]
    return False


def _nothing(node: ast.AST, scope: Scope) -> bool:  # noqa: ARG001
    return True


def _comprehension(node: ast.AST, scope: Scope) -> bool:
    """Only walrus targets leak out of a comprehension (PEP 572)."""
    for child in walk(node):
        if isinstance(child, ast.NamedExpr):
            _bind(scope, child.target.id, child.target)
    return True


_TAKE: dict[type[ast.AST], Callable[[ast.AST, Scope], bool]] = {
    ast.Name: _name,
    ast.Constant: _nothing,
    ast.Lambda: _nothing,
    **dict.fromkeys((ast.FunctionDef, Unread, ast.AsyncFunctionDef, ast.ClassDef), _definition),
    **dict.fromkeys((ast.Import, ast.ImportFrom), _import),
    **dict.fromkeys((ast.Global, ast.Nonlocal), _declaration),
    **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar), _captured),
    **dict.fromkeys(COMPREHENSIONS, _comprehension),
}


def binding_names(target: ast.expr) -> list[str]:
    """The plain names an assignment target binds, left to right: ``(a, *b), c`` gives a, b, c."""
    match target:
        case ast.Name():
            return [target.id]
        case ast.Tuple() | ast.List():
            return [name for item in target.elts for name in binding_names(item)]
        case ast.Starred():
            return binding_names(target.value)
        case _:
            return []
