"""VM102: a comprehension, generator or ``map`` that is stacked, at once or through one name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from vmapify.loop import LoopModel, Obstacle, Result
from vmapify.patterns import spaces
from vmapify.patterns.indirect_stacks import changed_first, nearly_stacked
from vmapify.patterns.lists import Fate, fate_of, fate_of_columns
from vmapify.patterns.projections import zipped
from vmapify.patterns.sinks import foreign_sink, sink_of, structured, without_conversion
from vmapify.syntax.tree import children, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vmapify.loop import Sink
    from vmapify.patterns.names import Names


def recognise(names: Names) -> Iterator[LoopModel]:
    """``jnp.stack([f(x) for x in xs])`` and its spellings."""
    nodes: list[ast.Call | ast.Assign] = names.module.of(ast.Call, ast.Assign)
    for node in nodes:
        model = _in_place(node, names) if isinstance(node, ast.Call) else _named(node, names)
        if model is not None:
            yield model


def _in_place(call: ast.Call, names: Names) -> LoopModel | None:
    if names.may_be(call.func, {"zip"}):
        return _zipped(call, names)
    found = sink_of(call, names) or foreign_sink(call, names)
    if found is None:
        return None
    sink, collected = found
    generated = generated_by(collected, names)
    if generated is None:
        return None
    return comprehended(call, generated, Fate((sink,)), None, names)


def _zipped(call: ast.Call, names: Names) -> LoopModel | None:
    """``a, b = zip(*[f(x) for x in xs])`` and ``map(jnp.stack, zip(*[f(x) for x in xs]))``."""
    match call:
        case ast.Call(args=[ast.Starred(value=collected)], keywords=[]):
            generated = generated_by(collected, names)
        case _:
            return None
    if generated is None or names.qualified(call.func) != "builtins.zip":
        return None
    found = zipped(call, names)
    if found is None:
        return None
    fate = fate_of_columns(found, names)
    loop = found.statement.value if isinstance(found.statement, ast.Assign) else found.sinks[0].node
    return comprehended(loop, generated, fate, None, names) if loop is not None and fate.sinks else None


def _named(statement: ast.Assign, names: Names) -> LoopModel | None:
    """``rows = [f(x) for x in xs]`` and later ``jnp.stack(rows)``."""
    match statement.targets:
        case [ast.Name(id=name)]:
            pass
        case _:
            return None
    generated = generated_by(statement.value, names)
    if generated is None or isinstance(statement.value, ast.GeneratorExp):
        return None
    scope = names.module.function_of(statement) or names.module.tree
    fate = fate_of(name, names, scope, statement)
    nearly = nearly_stacked(name, names, scope, statement) if not fate.sinks else None
    if nearly is not None:
        fate = Fate(sinks=(nearly,), obstacles=changed_first(name, nearly, statement))
    return comprehended(statement.value, generated, fate, name, names) if fate.sinks else None


def generated_by(node: ast.expr, names: Names) -> ast.ListComp | ast.GeneratorExp | ast.Call | None:
    """The comprehension or ``map`` behind ``list(…)`` and ``tuple(…)``."""
    if isinstance(node, ast.Call) and not names.may_be(node.func, {"list", "tuple", "map", "starmap"}):
        return None
    while isinstance(node, ast.Call) and names.qualified(node.func) in {"builtins.list", "builtins.tuple"}:
        if len(node.args) != 1 or isinstance(node.args[0], ast.Starred):
            return None
        node = node.args[0]
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return node
    if isinstance(node, ast.Call) and names.qualified(node.func) in {"builtins.map", "itertools.starmap"}:
        return node if len(node.args) >= 2 and not node.keywords else None
    return None


def comprehended(
    loop: ast.expr,
    generated: ast.ListComp | ast.GeneratorExp | ast.Call,
    fate: Fate,
    name: str | None,
    names: Names,
) -> LoopModel:
    """The model of ``loop``, which collects what the comprehension or ``map`` ``generated`` gives."""
    if isinstance(generated, ast.Call):
        clause, element = _as_clause(generated, names)
        clauses = [clause]
    else:
        clauses, element = generated.generators, generated.elt
    nested, element = _nested_lists(element, fate.sinks)
    read = [spaces.read(clause, names) for clause in (*clauses, *nested)]
    reduced = any(sink.reduction is not None for sink in fate.sinks)
    filters = [_filter(test, reduced) for clause in (*clauses, *nested) for test in clause.ifs]
    element, converted = without_conversion(element, names)
    return LoopModel(
        rule="VM105" if any(structured(sink) for sink in fate.sinks) else "VM104" if reduced else "VM102",
        module=names.module,
        loop=loop,
        anchor=names.module.statement_of(loop),
        spaces=tuple(space for one in read for space in one.spaces),
        body=(),
        results=(Result(name, element, fate.sinks, converted=converted, apart=fate.apart),),
        obstacles=(*fate.obstacles, *filters, *(o for one in read for o in one.obstacles)),
        flat=len(clauses) > 1 or any(len(one.spaces) > 1 for one in read),
        progress=tuple(call for one in read for call in one.progress),
    )


def _filter(test: ast.expr, reduced: bool) -> Obstacle:
    return Obstacle.of("ragged-shapes", "filter-drops" if reduced else "filter-counts", test, test=test)


def _nested_lists(element: ast.expr, sinks: tuple[Sink, ...]) -> tuple[list[ast.comprehension], ast.expr]:
    """``jnp.array([[f(a, b) for b in B] for a in A])``: the inner list is a second level."""
    levels: list[ast.comprehension] = []
    while all(sink.collector == "array" for sink in sinks) and isinstance(element, ast.ListComp):
        if len(element.generators) != 1:
            break
        levels.append(element.generators[0])
        element = element.elt
    return levels, element


def _as_clause(call: ast.Call, names: Names) -> tuple[ast.comprehension, ast.expr]:
    """``map(f, xs, ys)`` as ``f(x, y) for x, y in zip(xs, ys)``; ``starmap(f, pairs)`` as ``f(*pair)``."""
    function, *iterables = call.args
    starred = names.qualified(call.func) == "itertools.starmap"
    if starred and _is_zip(iterables[0], names):
        iterables = iterables[0].args  # type: ignore[attr-defined]
        starred = False
    targets = [_element_name(k, call) for k in range(len(iterables))]
    loads: list[ast.expr] = [ast.copy_location(ast.Name(target.id, ast.Load()), target) for target in targets]
    if starred:
        loads = [ast.copy_location(ast.Starred(loads[0], ast.Load()), loads[0])]
    element = _applied(function, loads, call)
    if len(iterables) == 1:
        clause = ast.comprehension(targets[0], iterables[0], [], 0)
    else:
        zipped = ast.copy_location(ast.Call(ast.copy_location(ast.Name("zip", ast.Load()), call), iterables, []), call)
        clause = ast.comprehension(ast.copy_location(ast.Tuple(list(targets), ast.Store()), call), zipped, [], 0)
        _adopt(names, zipped, call)
    _adopt(names, element, call)
    return clause, element


def _is_zip(node: ast.expr, names: Names) -> bool:
    return isinstance(node, ast.Call) and names.qualified(node.func) == "builtins.zip" and not node.keywords


def _element_name(position: int, call: ast.Call) -> ast.Name:
    """A target that cannot collide with a name of the file; printing gives it a proper one."""
    made = ast.Name(f"_vmapify_{position}", ast.Store())
    return ast.copy_location(made, call)


def _applied(function: ast.expr, loads: list[ast.expr], call: ast.Call) -> ast.expr:
    return ast.copy_location(ast.Call(function, loads, []), call)


def _adopt(names: Names, node: ast.AST, parent: ast.AST) -> None:
    """Enter synthetic nodes into the parent map, so that lookups from them work."""
    parents = names.module.parents
    parents.setdefault(node, parent)
    for child in walk(node):
        for inner in children(child):
            parents.setdefault(inner, child)
