"""Nested loops, inside out: the inner loop is rewritten first, then the outer one sees ordinary code.

A model of several levels is first spelled as one level around a stacked inner level (`peeled`). A rewrite found in
changed text is carried back as edits of the original lines (`edits_between`).
"""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Span
from vmapify.rewrite import naming
from vmapify.rewrite.edited import edited
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.loop import LoopModel
    from vmapify.rewrite.spelling import Spelling
    from vmapify.syntax import Module


def peeled(model: LoopModel, words: Spelling) -> bytes | None:
    """The file with the innermost level of ``model`` stacked on its own; None if its spelling is not known here."""
    change = _comprehension(model, words) if isinstance(model.loop, ast.expr) else _statement(model, words)
    if change is None:
        return None
    return edited(model.module.data, change)


def _stack(words: Spelling, element: str, target: str, iterable: str) -> str:
    return f"{words.jnp}.stack([{element} for {target} in {iterable}])"


def _comprehension(model: LoopModel, words: Spelling) -> list[Edit] | None:
    module = model.module
    sink = model.results[0].sinks[0]
    generated = next((n for n in walk(model.loop) if isinstance(n, ast.ListComp | ast.GeneratorExp)), None)
    if generated is None or len(model.spaces) != 2:
        return None
    if isinstance(generated.elt, ast.ListComp) and not model.flat:
        # [[f(a, b) for b in B] for a in A]
        inner = generated.elt
        return [Edit(module.span(inner), f"{words.jnp}.stack({module.text(inner)})")]
    if not model.flat or sink.node is not model.loop or sink.library != "jax" or sink.axis or sink.dtype is not None:
        return None
    levels = _two_levels(generated, module)
    if levels is None or sink.collector not in {"stack", "array"}:
        return None
    (outer, outer_iter), (inner_target, inner_iter) = levels
    stacked = _stack(words, module.text(generated.elt), inner_target, inner_iter)
    text = f"{words.jnp}.concatenate([{stacked} for {outer} in {outer_iter}])"
    return [Edit(module.span(model.loop), text)]


Level = tuple[str, str]


def _two_levels(node: ast.ListComp | ast.GeneratorExp, module: Module) -> tuple[Level, Level] | None:
    """Two ``for`` clauses, or one over ``itertools.product(A, B)``."""
    match node.generators:
        case [ast.comprehension(ifs=[]) as one, ast.comprehension(ifs=[]) as two]:
            return (module.text(one.target), module.text(one.iter)), (
                module.text(two.target),
                module.text(two.iter),
            )
        case [
            ast.comprehension(target=ast.Tuple(elts=[a, b]), iter=ast.Call(args=[first, second], keywords=[]), ifs=[])
        ]:
            return (module.text(a), module.text(first)), (module.text(b), module.text(second))
    return None


def _statement(model: LoopModel, words: Spelling) -> list[Edit] | None:
    """``for i in I: for j in J: out = out.at[i, j].set(e)`` as ``for i in I: out = out.at[i].set(stack([e for j in J]))``."""
    module = model.module
    loop = model.loop
    if not isinstance(loop, ast.For) or len(model.spaces) != 2 or len(model.results) != 1:
        return None
    match loop.body:
        case [ast.For(orelse=[]) as inner]:
            pass
        case _:
            return None
    result = model.results[0]
    sink = result.sinks[0]
    if model.body:
        return _with_body(model, inner, words)
    stacked = _stack(words, module.text(result.element), module.text(inner.target), module.text(inner.iter))
    if sink.collector == "buffer" and sink.library == "jax" and isinstance(sink.index, ast.Tuple) and sink.axis == 0:
        rows = module.text(sink.index.elts[0])
        text = f"{result.name} = {result.name}.at[{rows}].{sink.method}({stacked})"
        return [Edit(module.span(inner), text)]
    if sink.node is None or sink.collector not in {"stack", "array"} or sink.library != "jax" or len(result.sinks) != 1:
        return None
    if sink.axis or sink.dtype is not None or result.converted is not None:
        return None
    joined = f"{words.jnp}.concatenate({result.name})"
    return [
        Edit(module.span(inner), f"{result.name}.append({stacked})"),
        Edit(module.span(sink.node), joined),
    ]


def _with_body(model: LoopModel, inner: ast.For, words: Spelling) -> list[Edit] | None:
    """The innermost loop appends to a list of its own, whose stack is the outer level's row."""
    module, result = model.module, model.results[0]
    sink, statement = result.sinks[0], result.statement
    if sink.collector != "buffer" or sink.library != "jax" or sink.axis or not isinstance(sink.index, ast.Tuple):
        return None
    if statement is None or inner.body[0].lineno == inner.lineno or len(sink.index.elts) != 2 or result.converted:
        return None
    taken = {node.id for node in module.of(ast.Name)}
    rows = naming.fresh(f"{result.name}_row", taken)
    start, end = module.span(inner).start, module.span(inner).end
    indent = " " * inner.col_offset
    written = f"{result.name} = {result.name}.at[{module.text(sink.index.elts[0])}]"
    return [
        Edit(Span(start, start), f"{rows} = []\n{indent}"),
        Edit(module.span(statement), f"{rows}.append({module.text(result.element)})"),
        Edit(Span(end, end), f"\n{indent}{written}.{sink.method}({words.jnp}.stack({rows}))"),
    ]


def edits_between(before: bytes, after: bytes) -> tuple[Edit, ...]:
    """Line-wise edits that turn ``before`` into ``after``."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Edit(Span(starts[i1], starts[i2]), b"".join(new[j1:j2]).decode())
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
        if tag != "equal"
    )
