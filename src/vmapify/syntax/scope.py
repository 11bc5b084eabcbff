"""Scopes: which nodes bind each name of a module, class or function body (PEP 227 rules)."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from vmapify.syntax.tree import children, walk

ScopeNode = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Scope:
    """The names one body binds: name to binding nodes in source order.

    A binding node is an ``arg``, ``alias``, definition, or the ``Name`` that is stored to. ``outer`` names are
    declared ``global`` or ``nonlocal`` here.
    """

    node: ScopeNode
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)

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
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            _bind(scope, node.name, node)
            for part in node.decorator_list:
                _collect(part, scope)
            return
        case ast.Lambda():
            return
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                _bind(scope, alias.asname or alias.name.split(".")[0], alias)
            return
        case ast.Global() | ast.Nonlocal():
            scope.outer.update(node.names)
            return
        case ast.Name(ctx=ast.Store() | ast.Del()):
            _bind(scope, node.id, node)
        case ast.ExceptHandler(name=str(name)):
            _bind(scope, name, node)
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            _bind(scope, name, node)
    if isinstance(node, COMPREHENSIONS):
        _collect_comprehension(node, scope)
        return
    for child in children(node):
        _collect(child, scope)


def _collect_comprehension(node: ast.AST, scope: Scope) -> None:
    """Only walrus targets leak out of a comprehension (PEP 572)."""
    for child in walk(node):
        if isinstance(child, ast.NamedExpr):
            _bind(scope, child.target.id, child.target)


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
