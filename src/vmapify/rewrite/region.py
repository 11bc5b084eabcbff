"""The region of a rewrite: whole statements of one block, in both versions, with what they read and what is read after."""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

from vmapify.diagnostic import Edit, Lane, Site, Span
from vmapify.loop.restore import Call, Method, Restore
from vmapify.syntax import loads, names_in, reads_after, stored_names, upward_reads
from vmapify.syntax.tree import children, walk

if TYPE_CHECKING:
    from vmapify.loop import LoopModel
    from vmapify.syntax import Module


def site_of(
    model: LoopModel,
    edits: tuple[Edit, ...],
    lanes: tuple[tuple[str, int], ...],
    missing: str | None,
    *,
    prints: bool,
) -> Site | None:
    """What the verifier needs; None if a ``return`` inside the region keeps it from being run by itself.

    ``lanes`` are the outputs with a batch axis; ``prints`` allows standard output to differ.
    """
    module = model.module
    sinks = [module.span(sink.node) for result in model.results for sink in result.sinks if sink.node is not None]
    changed = [*(edit.span for edit in edits), *sinks]
    region = _touched(model, changed)
    first, last = region[0], region[-1]
    if _returns_within(region):
        return None
    changing = _changing(module, last, edits)
    region, before, after = _versions(model, region, edits, changing)
    after_tree = ast.parse(after) if not isinstance(last, ast.Return) else _parse_returning(after)
    returns = isinstance(last, ast.Return) or changing is not None or _is_shown(module, last)
    live_out = _live_out(model, region, after_tree.body, last)
    owner = module.class_of(model.anchor)
    axes = dict(lanes)
    untold = (_constants(region) & _constants(after_tree.body)) | _kept_before(model, region, changed)
    telling = [name for name in live_out if name not in untold]
    outputs = [*telling, "return"] if returns else telling
    return Site(
        path=module.path,
        line=module.line_of(module.span(first).start),
        column=first.col_offset,
        function=module.qualified_name(model.anchor),
        before=before,
        after=after,
        imports=(missing,) if missing is not None else (),
        live_in=_live_in(model, region, after_tree.body),
        live_out=live_out,
        returns=returns,
        lanes=tuple(Lane(name, axes.get(name)) for name in outputs),
        class_name=owner.name if owner is not None else None,
        allowed=("stdout",) if prints else (),
    )


def _touched(model: LoopModel, changed: list[Span]) -> list[ast.stmt]:
    """The statements of the loop's block from the first to the last that changes."""
    block, _ = model.module.block_of(model.anchor)
    touched = [k for k, s in enumerate(block) if any(span.overlaps(_lines(model.module, s)) for span in changed)]
    return block[touched[0] : touched[-1] + 1]


def _returns_within(region: list[ast.stmt]) -> bool:
    """Whether a ``return`` other than the last statement itself may end the region."""
    inside = region[:-1] if isinstance(region[-1], ast.Return) else region
    return any(isinstance(node, ast.Return) for statement in inside for node in _own(statement))


def _versions(
    model: LoopModel, region: list[ast.stmt], edits: tuple[Edit, ...], changing: Edit | None
) -> tuple[list[ast.stmt], str, str]:
    """The statements that are judged, and their text before and after."""
    module = model.module
    if changing is not None:
        shorter = [*_up_to_changes(module, region, edits, changing), region[-1]]
        return shorter, *_valued(model, shorter, edits, changing)
    span = Span(_start_with_definition(module, region[0], edits), module.span(region[-1]).end)
    before, after = module.data[span.start : span.end].decode(), _apply(module, span, edits)
    return region, _dedented(before), _dedented(after)


def _start_with_definition(module: Module, first: ast.stmt, edits: tuple[Edit, ...]) -> int:
    """The same, or where a function is defined above the comments that lead to the statement."""
    start = _start(module, first)
    above = [edit.span.start for edit in edits if edit.span.end <= start]
    lines = module.data[min(above, default=start) : start].splitlines()
    return min(above, default=start) if all(not line.strip() or line.lstrip()[:1] == b"#" for line in lines) else start


def _start(module: Module, first: ast.stmt) -> int:
    """Where a region's text starts: with the indentation, or with the statement where more stands before it."""
    line, own = module.offset(first.lineno, 0), module.span(first).start
    return own if module.data[line:own].strip() else line


def _changing(module: Module, last: ast.stmt, edits: tuple[Edit, ...]) -> Edit | None:
    """The edit of the one expression that changes in a statement like ``print(jnp.stack(rows))``.

    Such a statement is judged by the value of that expression: what it is handed to stays as it is.
    """
    inside = [edit for edit in edits if edit.span.overlaps(module.span(last))]
    if not isinstance(last, ast.Expr) or len(inside) != 1:
        return None
    nodes = _spanning(module, last, inside[0])
    if not nodes or any(isinstance(outer, SOMETIMES) for outer in module.ancestors(nodes[0]) if outer is not last):
        return None
    return inside[0]


def _spanning(module: Module, statement: ast.stmt, edit: Edit) -> list[ast.expr]:
    """The expressions of ``statement`` that ``edit`` replaces as a whole, outermost first."""
    return [n for n in walk(statement) if isinstance(n, ast.expr) and module.span(n) == edit.span]


# what stands in these is evaluated more than once, not at all, or with names of their own
SOMETIMES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.BoolOp, ast.IfExp, ast.Compare)


def _up_to_changes(module: Module, region: list[ast.stmt], edits: tuple[Edit, ...], changing: Edit) -> list[ast.stmt]:
    """The statements up to the last that changes: those behind it stay, and do nothing to what ``changing`` reads."""
    *statements, last = region
    spans = [edit.span for edit in edits if edit is not changing]
    changed = [k for k, s in enumerate(statements) if any(span.overlaps(_lines(module, s)) for span in spans)]
    kept = statements[: changed[-1] + 1] if changed else []
    read = loads(_spanning(module, last, changing)[0])
    return statements if read & stored_names(statements[len(kept) :]) else kept


LISTS = {
    None: Restore((Call("list"),)),
    "item": Restore((Method("tolist"),)),
    "float": Restore((Call("map", ("float",)), Call("list"))),
    "int": Restore((Call("map", ("int",)), Call("list"))),
}
"""How a batched result is compared with the list in whose place it stands, by the conversion of the entries."""


def _compared(model: LoopModel, changed: ast.expr, new: str) -> tuple[str, str]:
    """The old and the ``new`` text of the expression ``changed`` as they are compared.

    Where an array stands for a list, these two alone are compared: as lists, or both as the array that NumPy makes of them.
    """
    module, result = model.module, model.results[0]
    container = result.sinks[0].container if isinstance(model.loop, ast.expr) else None
    if container not in {"array", "numpy"}:
        return module.text(changed), new
    assert isinstance(model.loop, ast.expr)
    old, new = module.text(model.loop), _in_its_place(changed, model.loop, new)
    if container == "array":
        return f"list({old})", LISTS[result.converted].of(new)
    numpy = new.partition(".asarray(")[0]
    return f"{numpy}.array({old})", f"{numpy}.array({new})"  # whether it may be written to makes no difference


def _in_its_place(whole: ast.expr, part: ast.expr, text: str) -> str:
    """What stands in ``text``, another version of ``whole``, where ``part`` stands in ``whole``."""
    text = f"({text})"
    old: ast.AST = whole
    new: ast.AST = ast.parse(text, mode="eval").body
    while old is not part:
        inside = list(ast.iter_child_nodes(old))
        position = next(k for k, child in enumerate(inside) if any(one is part for one in walk(child)))
        old, new = inside[position], list(ast.iter_child_nodes(new))[position]
    return ast.get_source_segment(text, new) or ""


def _valued(model: LoopModel, region: list[ast.stmt], edits: tuple[Edit, ...], changing: Edit) -> tuple[str, str]:
    """Both versions of a region whose last statement is reduced to the expression that changes in it."""
    module, head, last = model.module, region[:-1], region[-1]
    old, new = _compared(model, _spanning(module, last, changing)[0], changing.content.strip())
    indent, above = _indent(module, last), _inserted_above(module, last, edits)
    before, after = f"{indent}({old})", f"{above}{indent}({new})"
    if head:
        span = Span(_start(module, head[0]), module.span(head[-1]).end)
        before = f"{module.data[span.start : span.end].decode()}\n{before}"
        after = f"{_apply(module, span, edits)}\n{after}"
    return _dedented(before), _dedented(after)


def _indent(module: Module, statement: ast.stmt) -> str:
    return module.data[_start(module, statement) : module.span(statement).start].decode()


def _inserted_above(module: Module, statement: ast.stmt, edits: tuple[Edit, ...]) -> str:
    """A function or comments that come to stand right above ``statement``, with the comments that are there already."""
    start = _start(module, statement)
    places = [edit.span.start for edit in edits if edit.span.start == edit.span.end <= start]
    near = [at for at in places if all(line.lstrip()[:1] in {b"", b"#"} for line in module.data[at:start].splitlines())]
    return _apply(module, Span(min(near), start), edits).lstrip("\n") if near else ""


def _dedented(text: str) -> str:
    """``text`` from the left margin; ``dedent`` takes the carriage return of an empty line for something to keep."""
    return textwrap.dedent(text.replace("\r\n", "\n").replace("\r", "\n"))


def _is_shown(module: Module, statement: ast.stmt) -> bool:
    """Whether the value of ``statement`` is the output of a notebook cell."""
    cell = module.cell_of(statement)
    return cell is not None and module.shown(cell) is statement


def _constants(statements: list[ast.stmt]) -> set[str]:
    """Names that the region sets to a literal and to nothing else: no input can change them, so none need show it."""
    found: dict[str, bool] = {}
    for statement in statements:
        plain = _literals(statement)
        for name in stored_names([statement]):
            found[name] = name in plain and name not in found
    return {name for name, plain in found.items() if plain}


def _kept_before(model: LoopModel, region: list[ast.stmt], changed: list[Span]) -> set[str]:
    """Names that only statements before the loop bind which stay, and that nothing else here reads: they cannot differ."""
    module = model.module
    kept = [
        s
        for s in region
        if s.lineno < model.anchor.lineno and not any(span.overlaps(_lines(module, s)) for span in changed)
    ]
    others = [s for s in region if s not in kept]
    return stored_names(kept) - stored_names(others) - {node.id for node in names_in(others, ast.Load)}


def _literals(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant()):
            return {name}
        case ast.Assign(targets=[ast.Tuple(elts=elts)], value=ast.Tuple(elts=values)) if len(elts) == len(values):
            pairs = zip(elts, values, strict=True)
            return {a.id for a, b in pairs if isinstance(a, ast.Name) and isinstance(b, ast.Constant)}
    return set()


def _lines(module: Module, statement: ast.stmt) -> Span:
    span = module.span(statement)
    return Span(module.offset(statement.lineno, 0), max(span.end, span.start + 1))


def _own(statement: ast.stmt) -> list[ast.AST]:
    """The nodes of ``statement`` outside nested functions."""
    found: list[ast.AST] = [statement]
    for node in found:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            found.extend(children(node))
    return found


def _apply(module: Module, span: Span, edits: tuple[Edit, ...]) -> str:
    pieces: list[bytes] = []
    at = span.start
    for edit in sorted(edits, key=lambda one: one.span):
        if span.start <= edit.span.start <= span.end:
            pieces += [module.data[at : edit.span.start], edit.content.encode()]
            at = edit.span.end
    if at < span.end:
        pieces.append(module.data[at : span.end])
    return b"".join(pieces).decode().replace("\r\n", "\n")


def _parse_returning(text: str) -> ast.Module:
    """Parse statements that end in ``return``, which a module may not hold."""
    wrapped = ast.parse("def region():\n" + textwrap.indent(text, "    "))
    definition = wrapped.body[0]
    assert isinstance(definition, ast.FunctionDef)
    return ast.Module(definition.body, [])


def _bound_around(model: LoopModel) -> set[str]:
    """Names bound in the functions around the loop; at module level, the module's own variables."""
    module = model.module
    found: set[str] = set()
    owners = [
        n for n in module.ancestors(model.anchor) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    for owner in owners:
        spec = owner.args
        every = [
            *spec.posonlyargs,
            *spec.args,
            *spec.kwonlyargs,
            *(a for a in (spec.vararg, spec.kwarg) if a is not None),
        ]
        found |= {argument.arg for argument in every}
        found |= stored_names([owner.body] if isinstance(owner, ast.Lambda) else owner.body)
    if not owners:
        plain = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found |= stored_names(s for s in module.tree.body if not isinstance(s, plain))
    return found


def _live_in(model: LoopModel, before: list[ast.stmt], after: list[ast.stmt]) -> tuple[str, ...]:
    read = upward_reads(before) | upward_reads(after)
    return tuple(sorted(read & _bound_around(model)))


def _empty_lists(after: list[ast.stmt]) -> set[str]:
    """Names that the region only binds to an empty list, for what comes behind it: nothing there is to compare."""
    kept = [s for s in after if isinstance(s, ast.Assign) and isinstance(s.value, ast.List | ast.Tuple)]
    empty = [s for s in kept if not any(isinstance(n, ast.Name | ast.Constant) for n in walk(s.value))]
    return stored_names(empty) - stored_names([s for s in after if s not in empty])


def _live_out(model: LoopModel, before: list[ast.stmt], after: list[ast.stmt], last: ast.stmt) -> tuple[str, ...]:
    if isinstance(last, ast.Return):
        return ()
    both = (stored_names(before) & stored_names(after)) - _empty_lists(after)
    if model.module.cells:
        both -= _lists_left(model, before)
    if model.module.function_of(model.anchor) is None:
        return tuple(sorted(both))
    return tuple(sorted(name for name in both if reads_after(model.module, last, name) is not None))


def _lists_left(model: LoopModel, region: list[ast.stmt]) -> set[str]:
    """The lists that still are lists behind the region: in a notebook nobody but the stack calls reads them."""
    lists = {result.name for result in model.results if result.name and all(sink.node for sink in result.sinks)}
    behind = [statement for statement in region if statement.lineno > model.anchor.lineno]
    return lists - stored_names(behind)
