"""Dicts of results by the index of the loop, ``table[i] = f(xs[i])``, and where their values are stacked."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import IndexSource
from vmapify.patterns.lists import Fate, is_early, rebinding, used_as_list, uses_after
from vmapify.patterns.projections import Taken, taken, through_sequences
from vmapify.patterns.sinks import sink_of
from vmapify.syntax import names_in, same_code
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vmapify.loop import IterationSpace
    from vmapify.patterns.names import Names

PLAIN = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Call, ast.BinOp, ast.UnaryOp)
SYMBOLS = (ast.operator, ast.unaryop, ast.expr_context)


def is_empty_dict(node: ast.expr | None, names: Names) -> bool:
    """``{}`` or ``dict()``."""
    match node:
        case ast.Dict(keys=[]):
            return True
        case ast.Call(args=[], keywords=[]):
            return names.qualified(node.func) == "builtins.dict"
    return False


def is_counted(index: ast.expr, levels: Sequence[IterationSpace]) -> bool:
    """Whether the keys are the numbers that a ``range`` or an ``enumerate`` gives, so that none comes twice."""
    counters = {s.target.id for level in levels for s in level.sources if isinstance(s, IndexSource)}
    return isinstance(index, ast.Name) and index.id in counters and len(levels) == 1


def fate_of_values(name: str, names: Names, scope: ast.AST, loop: ast.For) -> Fate:
    """What happens after ``loop`` to the dict ``name``: its values may be stacked in their order, and nothing else."""
    until = rebinding(name, names, loop)
    fates = [_fate(use, names, loop) for use in uses_after(name, names, scope, loop, until)]
    return Fate(
        tuple(sink for fate in fates for sink in fate.sinks),
        (),
        tuple(obstacle for fate in fates for obstacle in fate.obstacles),
    )


def _fate(use: ast.Name, names: Names, loop: ast.For) -> Fate:
    found = None if is_early(use, loop, names) or names.module.cells else _stacked(use, names, loop)
    return Fate(found.sinks) if found is not None else Fate(obstacles=(used_as_list(use, names),))


def _stacked(use: ast.Name, names: Names, loop: ast.For) -> Taken | None:
    parents = names.module.parents
    above = parents[use]
    match above:
        case ast.Attribute(attr="values"):
            call = parents[above]
            if isinstance(call, ast.Call) and call.func is above and not call.args and not call.keywords:
                found = taken(call, names)
                return found if found is not None and found.statement is None else None
        case ast.Subscript(value=value, slice=ast.Name(id=key), ctx=ast.Load()) if value is use:
            return _looked_up(above, key, names, loop)
    return None


def _looked_up(entry: ast.Subscript, key: str, names: Names, loop: ast.For) -> Taken | None:
    """``jnp.stack([table[i] for i in range(n)])`` with the range of the loop."""
    comprehension = names.module.parents[entry]
    match comprehension:
        case ast.ListComp(
            elt=elt, generators=[ast.comprehension(target=ast.Name(id=each), iter=ast.Call() as source, ifs=[])]
        ) if elt is entry and each == key:
            pass
        case _:
            return None
    if not same_code(source, loop.iter) or not _is_same(source, comprehension, names, loop):
        return None
    outer = through_sequences(comprehension, names)
    call = names.module.parents[outer]
    found = sink_of(call, names) if isinstance(call, ast.Call) else None
    return Taken((found[0],)) if found is not None and found[1] is outer else None


def _is_same(source: ast.Call, later: ast.expr, names: Names, loop: ast.For) -> bool:
    """Whether ``source`` gives ``later`` what it gave the loop: nothing in between mentions what it reads."""
    if names.qualified(source.func) != "builtins.range" or not all(
        isinstance(n, (*PLAIN, *SYMBOLS)) for n in walk(source)
    ):
        return False
    calls = [node for node in walk(source) if isinstance(node, ast.Call) and node is not source]
    if any(names.qualified(call.func) != "builtins.len" for call in calls):
        return False
    block, index = names.module.block_of(loop)
    statement = names.module.statement_of(later)
    behind = next((k for k in range(index + 1, len(block)) if block[k] is statement), None)
    read = {node.id for node in names_in(source, ast.Load)} - {"range", "len"}
    if behind is None or any(node.id in read for node in names_in(loop.body, ast.Store)):
        return False
    between = [node for one in block[index + 1 : behind] for node in walk(one)]
    return not any(isinstance(node, ast.Name) and node.id in read for node in between)
