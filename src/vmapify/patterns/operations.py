"""Statements that take something up into an accumulator: ``total += f(x)``, ``best = jnp.maximum(best, f(x))``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.loop.restore import Assignment, Call, Infix
from vmapify.patterns.sinks import TREE_MAPS

if TYPE_CHECKING:
    from vmapify.loop import Operation
    from vmapify.loop.restore import TakingUp
    from vmapify.patterns.names import Names

FUNCTIONS: dict[str, Operation] = {
    "jax.numpy.add": "sum",
    "jax.numpy.multiply": "prod",
    "jax.numpy.maximum": "max",
    "jax.numpy.minimum": "min",
    "jax.numpy.logaddexp": "logsumexp",
    "jax.numpy.logical_and": "all",
    "jax.numpy.logical_or": "any",
    "jax.numpy.bitwise_and": "all",
    "jax.numpy.bitwise_or": "any",
    "jax.lax.add": "sum",
    "jax.lax.mul": "prod",
    "jax.lax.max": "max",
    "jax.lax.min": "min",
    "operator.add": "sum",
    "operator.mul": "prod",
    "operator.and_": "all",
    "operator.or_": "any",
    "builtins.max": "max",
    "builtins.min": "min",
}
SUBTRACTING = {"jax.numpy.subtract", "jax.lax.sub", "operator.sub"}
LAST_NAMES = {name.rpartition(".")[2] for name in (*FUNCTIONS, *SUBTRACTING)}
OPERATORS: dict[type[ast.operator], Operation] = {
    ast.Add: "sum",
    ast.Sub: "sum",
    ast.Mult: "prod",
    ast.BitAnd: "all",
    ast.BitOr: "any",
}
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.BitAnd: "&", ast.BitOr: "|"}


@dataclass(frozen=True, slots=True)
class Term:
    """``name = name <operation> element``; ``joined`` is how it takes reduced rows up.

    ``uses`` are the accumulator's own names in it.
    """

    name: str
    operation: Operation
    element: ast.expr
    statement: ast.stmt
    guard: ast.stmt | None
    joined: TakingUp
    uses: tuple[ast.Name, ...]
    negated: bool = False
    python: bool = False
    tree: ast.expr | None = None
    bitwise: bool = False


def term_of(statement: ast.stmt, guard: ast.stmt | None, names: Names) -> Term | None:
    """What ``statement`` takes up into an accumulator; None if nothing."""
    match statement:
        case ast.AugAssign(value=ast.List()) | ast.Assign(value=ast.BinOp(right=ast.List())):
            return None  # a list that grows
        case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=element) if type(op) in OPERATORS:
            return Term(
                name,
                OPERATORS[type(op)],
                element,
                statement,
                guard,
                Assignment(name, SIGNS[type(op)]),
                (target,),
                negated=isinstance(op, ast.Sub),
                bitwise=isinstance(op, ast.BitAnd | ast.BitOr),
            )
        case ast.Assign(targets=[ast.Name() as target], value=ast.BinOp() as sum_):
            return _operator(statement, guard, target, sum_, names)
        case ast.Assign(targets=[ast.Name() as target], value=ast.Call(keywords=[]) as call):
            return _function(statement, guard, target, call, names)
    return None


def _operator(
    statement: ast.stmt, guard: ast.stmt | None, target: ast.Name, node: ast.BinOp, names: Names
) -> Term | None:
    """``total = total + a``, ``total = a + total``, ``total = total + a + b``."""
    chain = [node]
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    first = chain[-1]
    op = type(first.op)
    if op not in OPERATORS:
        return None
    own: ast.expr
    if _is(first.left, target):
        own, element = first.left, _behind(chain, names)
    elif len(chain) == 1 and _is(node.right, target) and op is not ast.Sub:
        own, element = node.right, node.left
    else:
        return None
    if element is None:
        return None
    assert isinstance(own, ast.Name)
    return Term(
        target.id,
        OPERATORS[op],
        element,
        statement,
        guard,
        Infix(target.id, SIGNS[op]),
        (target, own),
        negated=op is ast.Sub,
        bitwise=op in {ast.BitAnd, ast.BitOr},
    )


def _is(node: ast.expr, target: ast.Name) -> bool:
    return isinstance(node, ast.Name) and node.id == target.id


def _behind(chain: list[ast.BinOp], names: Names) -> ast.expr | None:
    """What stands behind the accumulator in ``total + a - b``: ``a - b``, as one expression over the same text."""
    element = chain[-1].right
    for outer in reversed(chain[:-1]):
        alike = isinstance(chain[-1].op, ast.Add) and isinstance(outer.op, ast.Add | ast.Sub)
        if not alike and not (isinstance(chain[-1].op, ast.Mult) and isinstance(outer.op, ast.Mult)):
            return None
        if names.module.data[names.module.span(chain[-1]).end : names.module.span(element).start].strip():
            return None  # a parenthesis that the text of the new expression would leave open
        made = ast.copy_location(ast.BinOp(element, outer.op, outer.right), outer)
        made.lineno, made.col_offset = element.lineno, element.col_offset
        parents = names.module.parents
        parents[element], parents[outer.right], parents[made] = made, made, outer
        element = made
    return element


def _function(
    statement: ast.stmt, guard: ast.stmt | None, target: ast.Name, call: ast.Call, names: Names
) -> Term | None:
    """``best = jnp.maximum(best, v)``, ``grads = jax.tree.map(jnp.add, grads, g)``."""
    arguments = call.args
    tree = False
    function = call.func
    if len(arguments) == 3 and names.may_be(function, {"map", "tree_map", "tree_multimap"}):
        tree = names.qualified(function) in TREE_MAPS
        function, *arguments = arguments if tree else [function]
    if len(arguments) != 2 or any(isinstance(part, ast.Starred) for part in arguments):
        return None
    known = operation_of(function, names)
    if known is None:
        return None
    operation, negated = known
    if _is(arguments[0], target):
        own, element = arguments
    elif _is(arguments[1], target) and not negated:
        element, own = arguments
    else:
        return None
    assert isinstance(own, ast.Name)
    head = names.module.text(call.func)
    passed = (names.module.text(function),) if tree else ()
    return Term(
        target.id,
        operation,
        element,
        statement,
        guard,
        Call(head, (*passed, target.id)),
        (target, own),
        negated=negated,
        python=not tree and names.qualified(function) in {"builtins.max", "builtins.min"},
        tree=call.func if tree else None,
        bitwise=names.may_be(function, {"bitwise_and", "bitwise_or", "and_", "or_"}),
    )


def operation_of(function: ast.expr, names: Names) -> tuple[Operation, bool] | None:
    """The operation of a function of two values, and whether it subtracts: ``jnp.add``, ``lambda a, b: a + b``."""
    match function:
        case ast.Lambda(
            args=ast.arguments(posonlyargs=[], args=[ast.arg(arg=one), ast.arg(arg=two)], vararg=None, kwarg=None),
            body=ast.BinOp(left=ast.Name(id=left), op=op, right=ast.Name(id=right)),
        ) if type(op) in OPERATORS and {one, two} == {left, right} and (left == one or not isinstance(op, ast.Sub)):
            return OPERATORS[type(op)], isinstance(op, ast.Sub)
        case ast.Lambda(
            args=ast.arguments(posonlyargs=[], args=[ast.arg(arg=one), ast.arg(arg=two)], vararg=None, kwarg=None),
            body=ast.Call(func=inner, args=[ast.Name(id=left), ast.Name(id=right)], keywords=[]),
        ) if one != two and {one, two} == {left, right}:
            known = operation_of(inner, names)
            return known if known is not None and not known[1] else None
    if not names.may_be(function, LAST_NAMES):
        return None
    name = names.qualified(function) or ""
    if name in SUBTRACTING:
        return "sum", True
    return (FUNCTIONS[name], False) if name in FUNCTIONS else None
