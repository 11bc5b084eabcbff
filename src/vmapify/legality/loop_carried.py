"""Loop-carried dependencies, and values of the last iteration that are read after the loop."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from vmapify.legality.carry_cure import Cure, carry_cure, count_cure, is_drawn_from
from vmapify.legality.seen_names import looks_around
from vmapify.loop import Obstacle
from vmapify.loop.buffers import counts, grown
from vmapify.loop.occurrences import occurrences
from vmapify.syntax import loads, reads_after, stored_names, upward_reads
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import LoopModel, Result


def dependencies(model: LoopModel) -> Iterator[Obstacle]:
    """Names that carry a value from one iteration to the next, or out of the loop."""
    if not isinstance(model.loop, ast.For):
        yield from _kept_by_expression(model, model.loop)
        return
    targets = {n.id for space in model.spaces for s in space.sources for n in walk(s.target) if isinstance(n, ast.Name)}
    iteration = _one_iteration(model)
    written = stored_names(iteration)
    now_and_then = {result.name for result in model.results if result.scattered}
    earlier = upward_reads(iteration, frozenset(targets)) & written
    carried = sorted(earlier - now_and_then, key=lambda name: (is_drawn_from(name, model), name))
    for name in carried:
        yield _carry(name, carried, iteration, model)
    for result in model.results:
        yield from _collector_reads(result, model)
    for name in sorted((written | targets) - {result.name for result in model.results} - set(carried)):
        use = reads_after(model.module, model.anchor, name)
        if use is not None:
            line = model.module.line_in_words(getattr(use, "lineno", 1))
            yield Obstacle.of("results-used-elsewhere", "last-value", use, name=name, where=line)


def _kept_by_expression(model: LoopModel, loop: ast.expr) -> Iterator[Obstacle]:
    """``total`` in ``[(total := total + f(x)) for x in xs]``: a name of the function around it, unless nobody else has it."""
    named = {node.target.id for node in walk(loop) if isinstance(node, ast.NamedExpr)}
    inside = {id(node) for node in walk(loop)} if named else set()
    scope = model.module.function_of(model.anchor) or model.module.tree
    for name in sorted(named):
        for node in walk(scope):
            mentions = isinstance(node, ast.Name) and node.id == name and id(node) not in inside
            declares = isinstance(node, ast.Global | ast.Nonlocal) and name in node.names
            if mentions or declares:
                line = model.module.line_in_words(getattr(node, "lineno", 1))
                yield Obstacle.of("loop-carried-dependency", "named-expression", loop, name=name, where=line)
                break


def misplaced(model: LoopModel) -> Iterator[Obstacle]:
    """Places and names where the pieces of the rewrite would mean something else."""
    module = model.module
    scope = next((n for n in module.ancestors(model.anchor) if isinstance(n, SCOPES)), module.tree)
    if isinstance(scope, ast.ClassDef):
        yield Obstacle.of("unsupported-shape", "class-body", model.loop)
    if any(isinstance(outer, ast.JoinedStr) for outer in module.ancestors(model.loop)):
        yield Obstacle.of("unsupported-shape", "in-f-string", model.loop)
    bound = [n.id for space in model.spaces for s in space.sources for n in walk(s.target) if isinstance(n, ast.Name)]
    read = loads([*model.body, *(result.element for result in model.results)])
    alone = [s.target.id for space in model.spaces for s in space.sources if isinstance(s.target, ast.Name)]
    if any(bound.count(name) > 1 for name in read) or len(set(alone)) < len(alone):
        yield Obstacle.of("unsupported-shape", "binds-twice", model.loop)
    declared = walk(scope) if module.of(ast.Global, ast.Nonlocal) else []
    outer = {name for node in declared if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    written = set(bound) | stored_names(model.body) | {result.name for result in model.results if result.name}
    for name in sorted(outer & written) if isinstance(model.loop, ast.For) else ():
        yield Obstacle.of("results-used-elsewhere", "declared-outer", model.loop, name=name)
    # what sees the names of the module is asked when it is known which of them change
    inside = scope is not module.tree
    looks = looks_around(scope) if inside and written and _may_look(module.data) else None
    if looks is not None:
        yield Obstacle.of("results-used-elsewhere", "sees-variables", looks, look=module.text(looks))


@lru_cache(maxsize=4)
def _may_look(data: bytes) -> bool:
    return LOOKING.search(data) is not None


LOOKING = re.compile(rb"\b(?:locals|vars|dir|eval|exec)\b")
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


def _one_iteration(model: LoopModel) -> list[ast.stmt]:
    """The statements of an iteration in source order, contributions reduced to the element they evaluate."""
    blocks = set(model.body)
    contributed = {
        result.statement: result
        for result in model.results
        if result.statement is not None and not blocks.intersection(model.module.ancestors(result.statement))
    }
    whole = [*model.body, *contributed]
    whole.sort(key=lambda statement: (statement.lineno, statement.col_offset))
    return [
        ast.copy_location(ast.Expr(contributed[statement].element), statement)
        if statement in contributed
        else statement
        for statement in whole
    ]


def _carry(name: str, carried: list[str], iteration: list[ast.stmt], model: LoopModel) -> Obstacle:
    use = next(iter(occurrences(name, iteration)), None)
    node: ast.AST = use if use is not None and hasattr(use, "lineno") else model.anchor
    if use is None:
        node = next((s for s in iteration if name in stored_names([s])), model.anchor)
    cure = carry_cure(name, carried, model)
    return Obstacle("loop-carried-dependency", "carry", node, (("name", name), *cure.mentions), cure.word)


def _collector_reads(result: Result, model: LoopModel) -> Iterator[Obstacle]:
    """``results[-1]``, ``len(results)``, ``out[i - 1]`` inside the body."""
    if result.name is None:
        return
    grown = growth(model)
    meeting = _meeting(result, model)
    nodes: list[ast.AST] = [*model.body, *(other.element for other in model.results)]
    for use in occurrences(result.name, nodes):
        if meeting is not None and _own_row(use, result, model):
            yield meeting
        elif not (
            use in grown or _own_row(use, result, model) or _static(use, result, model) or _updated(use, result, model)
        ):
            cure = count_cure(result.name, model) or Cure("carry-earlier")
            told = (("name", result.name), *cure.mentions)
            yield Obstacle("loop-carried-dependency", "reads-own-results", use, told, cure.word)


def _meeting(result: Result, model: LoopModel) -> Obstacle | None:
    """``out = out.at[rows[i]].set(out[rows[i]] + 1)``: what the loop goes on from may be what another iteration left."""
    if result.sinks[0].collector != "buffer" or result.statement is None or counts(model, result):
        return None
    index = ast.unparse(result.sinks[0].index) if result.sinks[0].index is not None else ""
    return Obstacle.of(
        "loop-carried-dependency", "meeting-rows", result.statement, buffer=result.name or "", index=index.strip("()")
    )


def growth(model: LoopModel) -> dict[ast.Name, ast.stmt]:
    """The collectors in ``results.append(…)`` statements of the loop: that one of them is not a plain one is told apart."""
    names = {result.name for result in model.results if result.name}
    found: dict[ast.Name, ast.stmt] = {}
    pending = list(model.loop.body) if isinstance(model.loop, ast.For) else []
    while pending:
        statement = pending.pop()
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        list_ = _grown(statement)
        if list_ is not None and list_.id in names:
            found[list_] = statement
        for block in ("body", "orelse", "finalbody"):
            pending += getattr(statement, block, [])
        pending += [inner for handler in getattr(statement, "handlers", []) for inner in handler.body]
    return found


def _grown(statement: ast.stmt) -> ast.Name | None:
    """The list, or the dict of lists, that ``statement`` adds a known number of entries to."""
    found = grown(statement)
    match found[0] if found is not None else None:
        case (ast.Name() as name) | ast.Subscript(value=ast.Name() as name, slice=ast.Constant(value=str())):
            return name
    return None


def _static(use: ast.Name, result: Result, model: LoopModel) -> bool:
    """``out.shape`` and ``out.dtype``: no write changes them."""
    parent = model.module.parents.get(use)
    buffer = bool(result.sinks) and result.sinks[0].collector == "buffer"
    return buffer and isinstance(parent, ast.Attribute) and parent.attr in {"shape", "ndim", "size", "dtype"}


def _own_row(use: ast.Name, result: Result, model: LoopModel) -> bool:
    """``out.at[i].set(f(out[i]))`` reads the row it is about to write, which no other iteration writes."""
    parent = model.module.parents.get(use)
    index = result.sinks[0].index if result.sinks else None
    return (
        index is not None
        and isinstance(parent, ast.Subscript)
        and parent.value is use
        and ast.dump(parent.slice) == ast.dump(index)
        and result.sinks[0].library == "jax"
        and use.lineno
        <= max((one.lineno for one in (result.statement, *result.scattered) if one is not None), default=0)
    )


def _updated(use: ast.Name, result: Result, model: LoopModel) -> bool:
    """The ``out.at`` of a write that not every iteration makes, the ``total`` of ``total = total + x`` of such a term."""
    parent = model.module.parents.get(use)
    if result.sinks[0].reduction is not None:
        return model.module.statement_of(use) in result.scattered
    return bool(result.scattered) and isinstance(parent, ast.Attribute) and parent.attr == "at"
