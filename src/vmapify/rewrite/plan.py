"""How one loop is written: the ways its results are restored, then the edits of its statements."""

from __future__ import annotations

import ast
import builtins
from dataclasses import replace
from typing import TYPE_CHECKING

from vmapify.infer.expressions import extent
from vmapify.loop.bounds import sliced
from vmapify.loop.buffers import scattered, write_offset, written_rows
from vmapify.loop.gathers import indices
from vmapify.rewrite.buffer_text import filled, same_rank
from vmapify.rewrite.call_text import Writer
from vmapify.rewrite.collector_text import Collected, kept_list
from vmapify.rewrite.combined_results import interleaved, keyed, tables
from vmapify.rewrite.comments import with_comments
from vmapify.rewrite.pytree_results import Shaping, shaped
from vmapify.rewrite.reduction_text import reduced
from vmapify.rewrite.write_expression import written_expression
from vmapify.rewrite.write_loop import written_loop
from vmapify.syntax import loads, stored_names
from vmapify.syntax.tree import children, walk

if TYPE_CHECKING:
    from vmapify.infer import Machine, Value
    from vmapify.legality import Legality
    from vmapify.loop import LoopModel, Result
    from vmapify.rewrite.call_text import Written
    from vmapify.rewrite.collector_text import Way
    from vmapify.rewrite.combined_results import Joined
    from vmapify.rewrite.layout import Style
    from vmapify.rewrite.pytree_results import Pair
    from vmapify.rewrite.spelling import Spelling


def plan(machine: Machine, model: LoopModel, legality: Legality, words: Spelling, style: Style) -> Written | None:
    """The edits that turn ``model`` into ``vmap``, laid out as ``style`` says; None if there is no exact counterpart."""
    shape = _shape(machine, model, legality, words)
    if shape is None:
        return None
    pairs, joined = shape
    ways = [way for _, way in pairs]
    elements = [way.element if isinstance(way, Collected) else None for way in ways]
    results = [replace(r, element=e) if e is not None else r for (r, _), e in zip(pairs, elements, strict=True)]
    model = replace(model, results=tuple(results))
    names = _outside(model), _inside(model)
    writer = Writer(machine, model, legality.mapping, legality.frame, style, *names, words, joined)
    write = written_loop if isinstance(model.loop, ast.For) else written_expression
    written = write(writer, ways, legality)
    return replace(written, edits=with_comments(model.module, written.edits)) if written is not None else None


def _outside(model: LoopModel) -> frozenset[str]:
    """Names that mean something around the loop, which a new local function must not hide."""
    scope = model.module.function_of(model.anchor) or model.module.tree
    return frozenset(_visible(scope, model.loop) | set(dir(builtins)))


def _inside(model: LoopModel) -> frozenset[str]:
    """Names that mean something in the loop, which no parameter may capture; those of inner lambdas, too."""
    found = set(dir(builtins))
    for node in walk(model.loop):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
    return frozenset(found)


def _visible(node: ast.AST, loop: ast.AST) -> set[str]:
    """Names that mean something in the scope of ``node``, the ``loop`` left out; lambda parameters mean nothing there."""
    if node is loop:
        return set()
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.arg):
        return {node.arg}
    inner = {name for child in children(node) for name in _visible(child, loop)}
    if isinstance(node, ast.Lambda):
        return inner - {argument.arg for argument in walk(node.args) if isinstance(argument, ast.arg)}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return inner | {node.name}
    if isinstance(node, ast.alias):
        return {node.asname or node.name.partition(".")[0]}
    return inner


def _shape(machine: Machine, model: LoopModel, legality: Legality, words: Spelling) -> tuple[list[Pair], Joined] | None:
    """The results as they are written, each with the way it is restored, and what several of them are joined to."""
    shaping = Shaping(machine, model, legality, words, set(_outside(model)) | _read_only(model))
    pairs: list[Pair] = []
    joined: Joined = ()
    for position, result in enumerate(model.results):
        if result.slot:
            continue  # done with the first entry of its list
        if result.slot is not None:
            slots = [k for k, other in enumerate(model.results) if other.name == result.name]
            both = interleaved(shaping, slots)
            more, joined = (both[0], (*joined, *both[1])) if both is not None else (None, joined)
        else:
            more = _pair(shaping, position, result)
        if more is None:
            return None
        pairs += more
    return pairs, (*joined, *tables(model, pairs))


def _pair(shaping: Shaping, position: int, result: Result) -> list[Pair] | None:
    if result.key is not None:
        return keyed(shaping, position, result)
    row, sink = shaping.legality.values[position], result.sinks[0]
    if sink.reduction is not None:
        reduced_by = reduced(shaping.model, result, sink, row, shaping.legality.starts[position], shaping.words)
        return [(result, reduced_by)] if reduced_by is not None else None
    if sink.collector == "list":
        way = kept_list(shaping.model, result, row, shaping.words)
        return [(result, way)] if way is not None else None
    if sink.collector != "buffer":
        return shaped(shaping, position, result)
    way = _buffer(shaping.machine, shaping.model, shaping.legality, result, row, shaping.words)
    return [(result, way)] if way is not None else None


def _read_only(model: LoopModel) -> set[str]:
    """Names that the loop reads and does not bind: giving a result such a name would hide what they mean."""
    bound = {n.id for space in model.spaces for s in space.sources for n in walk(s.target) if isinstance(n, ast.Name)}
    return loads(model.loop) - stored_names(model.body) - bound


def _buffer(
    machine: Machine, model: LoopModel, legality: Legality, result: Result, row: Value, words: Spelling
) -> Way | None:
    mapping = legality.mapping
    name, axis = result.name or "", result.sinks[0].axis
    buffer = legality.frame.values.get(name) or machine.lookup(name, legality.frame)
    if result.sinks[0].library == "jax" and not same_rank(buffer, row):
        return None
    order = scattered(model, result)
    if order is not None:
        index = indices(model.module.text(order), machine.value(order, legality.frame))
        return filled(model, result, words.text_of(index), None, row, None, words)
    visited = written_rows(result, mapping)
    if visited is None or not isinstance(visited.step, int) or visited.step < 1:
        return None
    start, stop = visited.start, visited.stop
    if start.offset < 0 and not start.text:
        return None
    rows = sliced(start, stop, extent(buffer, axis))
    if visited.step != 1:
        rows = f"{rows or ':'}{':' if ' ' not in (rows or '') else ' : '}{visited.step}"
    if any(argument.fills(name, axis, write_offset(result)) for argument in mapping.arguments):
        rows = None  # vmap itself sees to it that the buffer has one row an iteration
    first = start.is_zero and visited.step == 1
    return filled(model, result, rows, buffer if first else None, row, mapping.trip if first else None, words)
