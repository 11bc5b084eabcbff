"""Order of reads and writes: what a block reads before it writes, and what is still read after a statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from vmapify.syntax.names import loads, stores
from vmapify.syntax.scope import COMPREHENSIONS, binding_names
from vmapify.syntax.tree import children, walk
from vmapify.syntax.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vmapify.syntax.module import Module

_FUNCTIONS: tuple[type[ast.AST], ...] = (ast.FunctionDef, Unread, ast.AsyncFunctionDef, ast.Lambda)
_NESTED = (ast.FunctionDef, Unread, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def upward_reads(statements: Sequence[ast.stmt], written: frozenset[str] = frozenset()) -> set[str]:
    """Names that ``statements`` may read before they are certainly written there."""
    read, _ = _block(statements, written)
    return read


def stored_names(statements: Iterable[ast.AST]) -> set[str]:
    """Names of the current scope that ``statements`` may bind; those of nested functions do not count."""
    found: set[str] = set()
    pending = [*statements]
    while pending:
        node = pending.pop()
        take = _STORED.get(node.__class__)
        if take is not None:
            found.update(take(node))
        if node.__class__ not in _CLOSED:
            pending += children(node)
    return found


def _block(statements: Sequence[ast.stmt], written: frozenset[str]) -> tuple[set[str], frozenset[str]]:
    read: set[str] = set()
    for statement in statements:
        more, written = _statement(statement, written)
        read |= more
    return read, written


def _statement(node: ast.stmt, written: frozenset[str]) -> tuple[set[str], frozenset[str]]:
    """Upward-exposed reads of one statement, and the names certainly written after it."""
    match node:
        case ast.If():
            read = _expression_reads(node.test) - written
            one, left = _block(node.body, written | _walrus(node.test))
            two, right = _block(node.orelse, written | _walrus(node.test))
            return read | one | two, left & right
        case ast.For() | ast.AsyncFor():
            read = _expression_reads(node.iter) - written
            inside, _ = _block(node.body, written | set(binding_names(node.target)))
            after, _ = _block(node.orelse, written)
            return read | (loads(node.target) - written) | inside | after, written
        case ast.While():
            inside, _ = _block(node.body, written)
            after, _ = _block(node.orelse, written)
            return (_expression_reads(node.test) - written) | inside | after, written
        case ast.With() | ast.AsyncWith():
            read = {name for item in node.items for name in _expression_reads(item.context_expr)} - written
            bound = {n for item in node.items if item.optional_vars for n in binding_names(item.optional_vars)}
            inside, written = _block(node.body, written | bound)
            return read | inside, written
        case ast.Try() | ast.TryStar():
            parts = [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]
            return {name for part in parts for name in _block(part, written)[0]}, written
        case ast.Match():
            return _expression_reads(node) - written, written | _walrus(node.subject)  # no case may match
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return _free(node) - written, written | {node.name}
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            return _assignment(node, written)
        case ast.Import() | ast.ImportFrom():
            return set(), written | stored_names([node])
        case ast.Delete():
            return stores(node) - written, written
        case _:
            return _expression_reads(node) - written, written | (stores(node) - _inner(node) - _maybe(node))


def _assignment(
    node: ast.Assign | ast.AnnAssign | ast.AugAssign, written: frozenset[str]
) -> tuple[set[str], frozenset[str]]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    read = _expression_reads(node.value) if node.value is not None else set()
    for target in targets:
        read |= _expression_reads(target)
    if isinstance(node, ast.AugAssign):
        read |= set(binding_names(node.target))
    bound = {name for target in targets for name in binding_names(target)} if node.value is not None else set()
    walrus = _walrus(node.value) if node.value is not None else set()
    return read - written, written | bound | walrus


def _expression_reads(node: ast.AST) -> set[str]:
    """Names read by an expression, less those that its own lambdas and comprehensions bind."""
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef):
        return _free(node)
    if isinstance(node, COMPREHENSIONS):
        own = {name for clause in node.generators for name in binding_names(clause.target)}
        parts = [part for part in children(node) if not isinstance(part, ast.comprehension)]
        inside = {name for part in parts for name in _expression_reads(part)}
        first = _expression_reads(node.generators[0].iter)
        for k, clause in enumerate(node.generators):
            inside |= {name for test in clause.ifs for name in _expression_reads(test)}
            inside |= _expression_reads(clause.iter) if k else set()
        return (inside - own) | first
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load) else set()
    read: set[str] = set()
    for child in children(node):
        if child.__class__ is ast.Name:
            if child.ctx.__class__ is ast.Load:
                read.add(child.id)
        elif child.__class__ is not ast.Constant:
            read |= _expression_reads(child)
    return read


def _free(node: ast.AST) -> set[str]:
    """Names a nested definition reads from outside, defaults and decorators included."""
    assert isinstance(node, _NESTED)
    if isinstance(node, ast.ClassDef):
        return loads(node)
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    every += [extra for extra in (node.args.vararg, node.args.kwarg) if extra is not None]
    own = {argument.arg for argument in every}
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    outer = {name for part in body if isinstance(part, ast.Nonlocal | ast.Global) for name in part.names}
    inside = {name for part in body for name in (*_expression_reads(part), *_added_to(part))}
    defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    outside = {name for part in [*defaults, *decorators] for name in _expression_reads(part)}
    return ((inside - own - (stored_names(body) - outer)) | outside) | outer


def _added_to(node: ast.AST) -> set[str]:
    """Names that ``x += …`` below ``node`` reads, those of nested functions left out."""
    if isinstance(node, _NESTED):
        return set()
    own = set(binding_names(node.target)) if isinstance(node, ast.AugAssign) else set()
    return own.union(*map(_added_to, children(node)))


def _maybe(node: ast.AST) -> set[str]:
    """What ``:=`` binds only if what stands before it lets it: behind ``and`` and ``or``, in branches of ``if … else``."""
    choices = (child for child in walk(node) if isinstance(child, ast.BoolOp | ast.IfExp))
    return {name for choice in choices for name in _walrus(choice)}


def _walrus(node: ast.AST) -> set[str]:
    return {child.target.id for child in walk(node) if isinstance(child, ast.NamedExpr)}


# the names that a node of each type binds itself, and the nodes below which there are none
_STORED: dict[type[ast.AST], Callable[[Any], Iterable[str]]] = {
    ast.Name: lambda node: () if node.ctx.__class__ is ast.Load else (node.id,),
    ast.alias: lambda node: (node.asname or node.name.split(".")[0],),
    **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar), lambda node: (node.name,) if node.name else ()),
    ast.MatchMapping: lambda node: (node.rest,) if node.rest else (),
    **dict.fromkeys((ast.FunctionDef, Unread, ast.AsyncFunctionDef, ast.ClassDef), lambda node: (node.name,)),
    **dict.fromkeys(COMPREHENSIONS, _walrus),
}
_CLOSED = {*_NESTED, *COMPREHENSIONS, ast.Name, ast.Constant}


def _inner(node: ast.AST) -> set[str]:
    """Names that only comprehensions and lambdas below ``node`` bind."""
    found: set[str] = set()
    for child in walk(node):
        if isinstance(child, ast.comprehension):
            found |= set(binding_names(child.target))
    return found


def reads_after(module: Module, statement: ast.stmt, name: str) -> ast.AST | None:
    """A node that may read ``name`` after ``statement`` ran, or None.

    Follows the statements behind ``statement`` in its block and in the blocks around it, up to the function; an
    enclosing loop runs again from its head, a ``try`` goes on with its other parts. A nested function that mentions
    ``name`` counts as a read.
    """
    inside: ast.AST = statement
    while True:
        block, index = module.whole_block_of(inside) if isinstance(inside, ast.stmt) else ([], 0)
        hit, stop = _first_use(block[index + 1 :], name)
        if hit is not None or stop:
            return hit
        parent = module.parents.get(inside)
        if isinstance(parent, ast.Try | ast.TryStar):
            hit, stop = _later_in_try(parent, inside, name)
            if hit is not None or stop:
                return hit
        if isinstance(parent, ast.For | ast.AsyncFor | ast.While):
            head = parent.iter if isinstance(parent, ast.For | ast.AsyncFor) else parent.test
            if isinstance(parent, ast.While) and name in _expression_reads(head):
                return head
            rebound = not isinstance(parent, ast.While) and name in binding_names(parent.target)
            hit, _ = (None, True) if rebound else _first_use(parent.body, name)
            if hit is not None and hit is not statement:
                return hit
        if parent is None or isinstance(parent, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            return _closure_read(module, parent, statement, name) if parent is not None else None
        inside = parent


def replaced_behind(module: Module, statement: ast.stmt) -> set[str]:
    """Names that certainly get another value, or none, between ``statement`` of the module's level and the module's end."""
    found: set[str] = set()
    inside: ast.AST = statement
    while isinstance(inside, ast.stmt):
        block, index = module.whole_block_of(inside)
        inside = module.parents[inside]
        if not isinstance(inside, ast.Try | ast.TryStar | ast.With | ast.AsyncWith):  # those may go on behind the block
            rest = block[index + 1 :]
            deleted = {name for one in rest if isinstance(one, ast.Delete) for name in stores(one)}
            found |= _block(rest, frozenset())[1] | deleted
    return found


def _later_in_try(node: ast.Try | ast.TryStar, inside: ast.AST, name: str) -> tuple[ast.AST | None, bool]:
    """As `_first_use`, for what runs behind the part of ``node`` that holds ``inside``."""
    later = [*(handler.body for handler in node.handlers), node.orelse] if inside in node.body else []
    for part in later:
        hit, _ = _first_use(part, name)
        if hit is not None:
            return hit, False
    return _first_use(node.finalbody if inside not in node.finalbody else [], name)


def _first_use(statements: Sequence[ast.stmt], name: str) -> tuple[ast.AST | None, bool]:
    """The first read of ``name`` in ``statements``; the flag says that it is overwritten before any read."""
    for statement in statements:
        read, written = _statement(statement, frozenset())
        if name in read:
            return statement, False
        if name in written:
            return None, True
    return None, False


def _closure_read(module: Module, scope: ast.AST, statement: ast.stmt, name: str) -> ast.AST | None:
    """A nested function defined before ``statement`` that reads ``name`` may be called after it."""
    for child in _outermost_functions(module, scope):
        if name in _free(child) and not any(part is child for part in walk(statement)):
            return child
    return None


def _outermost_functions(module: Module, scope: ast.AST) -> Iterator[ast.AST]:
    """The functions nested directly in ``scope``: what is inside them is part of their free names."""
    for kind in _FUNCTIONS:
        for function in module.of(kind):
            around = (one for one in module.ancestors(function) if one is scope or one.__class__ in _FUNCTIONS)
            if next(around, None) is scope:
                yield function
