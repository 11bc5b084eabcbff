"""Which statements change: the loop, the empty lists before it, the stack calls after it, names nothing uses any more."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.loop.bounds import sliced
from vmapify.rewrite.collect import Collected, Filled, collected, filled
from vmapify.rewrite.comments import comments_in
from vmapify.rewrite.example import PerExample, Writer, per_example
from vmapify.rewrite.layout import vmap_call
from vmapify.rewrite.leftovers import delete_statement, unused_assignments

if TYPE_CHECKING:
    from vmapify.infer import Machine
    from vmapify.legality import Legality
    from vmapify.loop import LoopModel, Result, Sink
    from vmapify.rewrite.spelling import Spelling
    from vmapify.syntax import Module

SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)


@dataclass(frozen=True, slots=True)
class Plan:
    """The edits of one rewrite; ``replacement`` is the new line to show; ``lanes`` maps outputs to their batch axis."""

    edits: tuple[Edit, ...]
    replacement: str
    lanes: tuple[tuple[str, int], ...]


def plan(machine: Machine, model: LoopModel, legality: Legality, words: Spelling, width: int) -> Plan | None:
    """The edits that turn ``model`` into ``vmap``; None if its shape has no exact counterpart."""
    if any(result.sinks[0].collector == "buffer" for result in model.results):
        ways = _buffers(machine, model, legality, words)
    else:
        ways = _lists(model, legality, words)
    if ways is None:
        return None
    elements = [way.element if isinstance(way, Collected) else None for way in ways]
    results = tuple(replace(r, element=e) if e is not None else r for r, e in zip(model.results, elements, strict=True))
    model = replace(model, results=results)
    writer = Writer(machine, model, legality.mapping, legality.frame, width, _taken(model))
    if isinstance(model.loop, ast.For):
        return _loop(writer, ways, words)
    return _expression(writer, ways[0], words)


def _taken(model: LoopModel) -> frozenset[str]:
    scope = model.module.function_of(model.anchor) or model.module.tree
    names = {node.id for node in ast.walk(scope) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(scope) if isinstance(node, ast.arg)}
    return frozenset(names | set(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__))


def _lists(model: LoopModel, legality: Legality, words: Spelling) -> list[Collected | Filled] | None:
    ways: list[Collected | Filled] = []
    for result, value in zip(model.results, legality.values, strict=True):
        options = {collected(model, result, sink, value, words) for sink in result.sinks}
        way = options.pop()
        if options or way is None:
            return None
        ways.append(way)
    return ways


def _buffers(machine: Machine, model: LoopModel, legality: Legality, words: Spelling) -> list[Collected | Filled] | None:
    ways: list[Collected | Filled] = []
    mapping = legality.mapping
    if mapping.start is None or mapping.stop is None:
        return None
    for result, row in zip(model.results, legality.values, strict=True):
        if result.sinks[0].collector != "buffer":
            return None
        name = result.name or ""
        buffer = legality.frame.values.get(name) or machine.lookup(name, legality.frame)
        offset = _write_offset(result)
        start, stop = mapping.start.plus(offset), mapping.stop.plus(offset)
        length = buffer.shape[result.sinks[0].axis] if buffer.shape and len(buffer.shape) > result.sinks[0].axis else None
        rows = sliced(start, stop, length)
        count = mapping.trip if start.is_zero else None
        way = filled(model, result, rows, buffer if start.is_zero else None, row, count, words)
        if way is None or (start.offset < 0 and not start.text):
            return None
        ways.append(way)
    return ways


def _write_offset(result: Result) -> int:
    index = result.sinks[0].index
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    part = parts[result.sinks[0].axis]
    match part:
        case ast.BinOp(op=ast.Add(), right=ast.Constant(value=int() as more)):
            return more
        case ast.BinOp(op=ast.Sub(), right=ast.Constant(value=int() as less)):
            return -less
        case ast.BinOp(left=ast.Constant(value=int() as more)):
            return more
    return 0


def _call(writer: Writer, example: PerExample, ways: list[Collected | Filled], words: Spelling, room: int | None = None) -> str:
    indent = _indent(writer.model.module, writer.model.anchor)
    text = vmap_call(example, words.vmap, tuple(way.out_axis for way in ways), room, indent)
    return text.replace("{jnp}", words.jnp)


def _indent(module: Module, statement: ast.stmt) -> str:
    start = module.offset(statement.lineno, 0)
    line = module.data[start : module.span(statement).start].decode()
    return line[: len(line) - len(line.lstrip())]


def _expression(writer: Writer, way: Collected | Filled, words: Spelling) -> Plan | None:
    """A comprehension: the collecting call becomes the ``vmap`` call."""
    model = writer.model
    module = model.module
    assert isinstance(model.loop, ast.expr)
    result = model.results[0]
    example = per_example(writer, None, allow_lambda=True)
    if example.definition is not None:
        return None
    anchor = model.anchor
    room = writer.width - _column(module, model.loop) - _behind(module, model.loop)
    text = way.text.format(_call(writer, example, [way], words, room - len(way.text) + 2))
    if result.name is None:
        return Plan((Edit(module.span(model.loop), text),), text, _lanes_of(anchor, model.loop, way))
    return _named(writer, result, way, text)


def _column(module: Module, node: ast.expr) -> int:
    span = module.span(node)
    start = module.offset(module.line_of(span.start), 0)
    return len(module.data[start : span.start].decode())


def _behind(module: Module, node: ast.expr) -> int:
    """Characters between the end of ``node`` and the end of its line."""
    end = module.span(node).end
    rest = module.data[end:].split(b"\n", 1)[0].decode().split("#", 1)[0].rstrip()
    return len(rest)


def _lanes_of(anchor: ast.stmt, node: ast.expr, way: Collected | Filled) -> tuple[tuple[str, int], ...]:
    """The batch axis of the value the statement makes, if that is the batched result itself."""
    if way.text not in {"{}", "numpy.array({})", "np.array({})"}:
        return ()
    match anchor:
        case ast.Return(value=value) if value is node:
            return (("return", way.out_axis),)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node:
            return ((name, way.out_axis),)
    return ()


def _named(writer: Writer, result: Result, way: Collected | Filled, text: str) -> Plan | None:
    """``rows = [f(x) for x in xs]`` and a later ``jnp.stack(rows)``."""
    model = writer.model
    module = model.module
    assert isinstance(model.loop, ast.expr) and isinstance(model.anchor, ast.Assign)
    block, index = module.block_of(model.anchor)
    sink = _adjacent(result, block, index, module)
    if sink is not None:
        assert sink.node is not None
        edits = [delete_statement(module, model.anchor), Edit(module.span(sink.node), text)]
        return Plan(tuple(edits), text, _lanes_of(block[index + 1], sink.node, way))
    whole = Edit(module.span(model.anchor.value), text)
    edits = [whole, *(_sink_edit(module, one, result.name or "") for one in result.sinks)]
    return Plan(tuple(edits), text, ((result.name or "", way.out_axis),))


def _sink_edit(module: Module, sink: Sink, name: str) -> Edit:
    """``jnp.stack(rows)`` becomes ``rows``; ``rows = jnp.stack(rows)`` goes."""
    assert sink.node is not None
    statement = module.statement_of(sink.node)
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name and value is sink.node:
            return delete_statement(module, statement)
    return Edit(module.span(sink.node), name)


def _adjacent(result: Result, block: list[ast.stmt], index: int, module: Module) -> Sink | None:
    """The only sink, if it stands in the simple statement right behind the loop, outside any nested scope."""
    if len(result.sinks) != 1 or index + 1 >= len(block):
        return None
    sink = result.sinks[0]
    if sink.node is None or not isinstance(block[index + 1], SIMPLE):
        return None
    for outer in module.ancestors(sink.node):
        if outer is block[index + 1]:
            return sink
        if isinstance(outer, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.DictComp | ast.SetComp | ast.IfExp | ast.BoolOp):
            return None
    return None


def _loop(writer: Writer, ways: list[Collected | Filled], words: Spelling) -> Plan | None:
    model = writer.model
    module = model.module
    block, index = module.block_of(model.anchor)
    first = model.results[0]
    sink = _adjacent(first, block, index, module) if len(model.results) == 1 else None
    target = _target_name(first, block, index, module) if len(model.results) == 1 else None
    example = per_example(writer, target or first.name, allow_lambda=True)
    if sink is not None and isinstance(ways[0], Collected):
        return _into_sink(writer, example, ways[0], sink, words)
    return _assigned(writer, example, ways, words)


def _target_name(result: Result, block: list[ast.stmt], index: int, module: Module) -> str | None:
    """The name that the stacked results get right behind the loop."""
    sink = _adjacent(result, block, index, module)
    match block[index + 1] if sink is not None else None:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if sink is not None and value is sink.node:
            return name
    return None


def _into_sink(writer: Writer, example: PerExample, way: Collected, sink: Sink, words: Spelling) -> Plan | None:
    """The stack call right behind the loop becomes the ``vmap`` call."""
    model = writer.model
    module = model.module
    assert sink.node is not None
    statement = module.statement_of(sink.node)
    room = writer.width - _column(module, sink.node) - _behind(module, sink.node)
    text = way.text.format(_call(writer, example, [way], words, room - len(way.text) + 2))
    edits = [*_loop_edits(writer, example, ""), Edit(module.span(sink.node), text)]
    edits += _dead(model, edits)
    return Plan(tuple(edits), text, _lanes_of(statement, sink.node, way))


def _loop_edits(writer: Writer, example: PerExample, statement: str) -> list[Edit]:
    """The loop becomes the local function (if any) and ``statement``; the empty lists before it go."""
    model = writer.model
    module = model.module
    indent = _indent(module, model.anchor)
    inits = {result.init for result in model.results if result.init is not None and result.sinks[0].collector != "buffer"}
    edits = [delete_statement(module, init) for init in inits]
    pieces = [] if example.definition is not None else _comments(model, indent)
    gap = "\n\n\n" if not indent else "\n\n"
    body = "\n".join([*pieces, statement] if statement else pieces)
    if example.definition is not None:
        definition = example.definition if not statement else f"{example.definition}{gap}{indent}{statement}"
        return [*edits, _replace_loop(module, model, _spaced(model, inits, definition, indent, closing=not statement))]
    if not body:
        return [*edits, delete_statement(module, model.anchor)]
    if not statement:
        body += ""
    return [*edits, _replace_loop(module, model, body if statement or not pieces else "\n".join(pieces))]


def _comments(model: LoopModel, indent: str) -> list[str]:
    """Comments of a loop whose lines go, to stand above what replaces it; the last keeps the code's first line free."""
    found = comments_in(model.module, model.module.span(model.loop))
    return [comment if k == 0 else f"{indent}{comment}" for k, comment in enumerate(found)]


def _replace_loop(module: Module, model: LoopModel, text: str) -> Edit:
    newline = "\r\n" if b"\r\n" in module.data else "\n"
    return Edit(module.span(model.anchor), text.replace("\n", newline))


def _spaced(model: LoopModel, inits: set[ast.stmt], text: str, indent: str, *, closing: bool) -> str:
    """Blank lines around a local function, as Black sets them."""
    module = model.module
    block, index = module.block_of(model.anchor)
    before = [statement for statement in block[:index] if statement not in inits]
    blank = "\n" if indent else "\n\n"
    head = ""
    if before:
        gap = module.data[module.span(before[-1]).end : module.span(model.anchor).start].decode()
        kept = [line for line in gap.splitlines()[1:] if not line.strip() or line.strip().startswith("#")]
        head = "" if any(not line.strip() for line in kept[-2:-1] or kept) and inits == set() else blank + indent
    behind = module.data[module.span(model.anchor).end :].decode().split("\n")
    spaced = len(behind) > 1 and not behind[1].strip()
    tail = blank if closing and not spaced else ""
    return head + text + tail


def _assigned(writer: Writer, example: PerExample, ways: list[Collected | Filled], words: Spelling) -> Plan | None:
    """``values, grads = jax.vmap(f)(xs)`` where the loop stood; the stack calls become the names."""
    model = writer.model
    module = model.module
    block, index = module.block_of(model.anchor)
    indent = _indent(module, model.anchor)
    names, edits = _targets(model, ways, block, index, module)
    head = ", ".join(names)
    in_place = [way for way in ways if isinstance(way, Filled) and way.in_place]
    if in_place and len(ways) > 1:
        return None
    if len(ways) > 1 and any(way.text != "{}" for way in ways):
        return _assigned_separately(writer, example, ways, words, names, edits)
    prefix = "" if in_place else f"{head} = "
    room = writer.width - len(indent) - len(prefix) - len(ways[0].text) + 2
    call = _call(writer, example, ways, words, room)
    statement = f"{prefix}{ways[0].text.format(call) if len(ways) == 1 else call}"
    edits = [*_loop_edits(writer, example, statement), *edits, *_inits(model, ways)]
    edits += _dead(model, edits)
    lanes = tuple((name, way.out_axis) for name, way in zip(names, ways, strict=True) if way.text == "{}")
    return Plan(tuple(edits), statement, lanes)


def _assigned_separately(
    writer: Writer, example: PerExample, ways: list[Collected | Filled], words: Spelling, names: list[str], edits: list[Edit]
) -> Plan | None:
    """Several results of which some need restoring: name the batched rows first, then restore one by one."""
    model = writer.model
    indent = _indent(model.module, model.anchor)
    rows = [name if way.text == "{}" else f"{name}_rows" for name, way in zip(names, ways, strict=True)]
    prefix = f"{', '.join(rows)} = "
    call = _call(writer, example, ways, words, writer.width - len(indent) - len(prefix))
    lines = [prefix + call]
    lines += [f"{name} = {way.text.format(row)}" for name, row, way in zip(names, rows, ways, strict=True) if way.text != "{}"]
    statement = f"\n{indent}".join(lines)
    every = [*_loop_edits(writer, example, statement), *edits, *_inits(model, ways)]
    every += _dead(model, every)
    lanes = tuple((name, way.out_axis) for name, way in zip(names, ways, strict=True) if way.text == "{}")
    return Plan(tuple(every), lines[0], lanes)


def _inits(model: LoopModel, ways: list[Collected | Filled]) -> list[Edit]:
    """Buffers that are filled completely need no ``jnp.zeros`` any more."""
    return [
        delete_statement(model.module, result.init)
        for result, way in zip(model.results, ways, strict=True)
        if isinstance(way, Filled) and way.replaces_init and result.init is not None
    ]


def _targets(
    model: LoopModel, ways: list[Collected | Filled], block: list[ast.stmt], index: int, module: Module
) -> tuple[list[str], list[Edit]]:
    """A name for every result, and the edits that make the stack calls use it."""
    names: list[str] = []
    edits: list[Edit] = []
    removed: set[ast.stmt] = set()
    for result in model.results:
        if result.sinks[0].node is None:
            names.append(result.name or "")
            continue
        name = _assigned_name(result, block, index, removed)
        if name is not None:
            sink = result.sinks[0]
            assert sink.node is not None
            removed.add(module.statement_of(sink.node))
            edits.append(delete_statement(module, module.statement_of(sink.node)))
        else:
            edits += [_sink_edit(module, sink, result.name or "") for sink in result.sinks]
        names.append(name or result.name or "")
    return names, edits


def _assigned_name(result: Result, block: list[ast.stmt], index: int, removed: set[ast.stmt]) -> str | None:
    """T of ``T = jnp.stack(results)``, if only such statements stand between it and the loop."""
    if len(result.sinks) != 1:
        return None
    for statement in block[index + 1 :]:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is result.sinks[0].node:
                return name
        if statement not in removed:
            return None
    return None


def _dead(model: LoopModel, edits: list[Edit]) -> list[Edit]:
    new = {name for edit in edits for name in _names_of(edit.content)}
    spans: list[Span] = [edit.span for edit in edits]
    return [delete_statement(model.module, statement) for statement in unused_assignments(model, spans, new)]


def _names_of(text: str) -> set[str]:
    import re

    return set(re.findall(r"[A-Za-z_]\w*", text))
