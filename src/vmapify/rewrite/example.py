"""The per-example function: the callee itself, a lambda, or a local definition, whichever is the shortest clear form."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.infer import Kind
from vmapify.loop.occurrences import occurrences
from vmapify.loop.reader import rest_of
from vmapify.rewrite import naming
from vmapify.rewrite.definition import definition, with_part
from vmapify.rewrite.function_name import function_name
from vmapify.rewrite.parameters import names_in_body, parameters
from vmapify.rewrite.simplify import simplify
from vmapify.rewrite.substitute import render
from vmapify.syntax import dotted
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.loop.reader import Argument, Mapping
    from vmapify.rewrite.call_text import Writer
    from vmapify.rewrite.simplify import Body

# values that belong in an `in_axes=None` position; anything else is closed over
UNMAPPED = {
    Kind.ARRAY,
    Kind.NDARRAY,
    Kind.PYTREE,
    Kind.DICT,
    Kind.TUPLE,
    Kind.LIST,
    Kind.UNKNOWN,
    Kind.INSTANCE,
}

MOST_UNMAPPED = 2  # arguments of an inner level that `in_axes` may name as unmapped


@dataclass(frozen=True, slots=True)
class PerExample:
    """``vmap(function, in_axes=axes)(*arguments)``; ``definition`` is the text to put where the loop stood.

    ``axes`` holds one entry an argument, None for an unmapped one.
    """

    function: str
    arguments: tuple[str, ...]
    axes: tuple[int | None, ...]
    definition: str | None = None


def per_example(writer: Writer, collected: list[str], *, allow_lambda: bool) -> PerExample:
    """The per-example function of the loop; ``collected`` are the names its results get, best first."""
    body = simplify(writer.model, writer.mapping)
    if not body.statements and not body.kept:
        direct = _direct(writer, body)
        if direct is not None:
            return direct
        if allow_lambda and not _needs_definition(writer, body):
            written = _lambda(writer, body)
            partial = _partial(writer, body)
            return partial if partial is not None and len(partial.function) < len(written.function) else written
    return _local(writer, body, collected)


def _direct(writer: Writer, body: Body) -> PerExample | None:
    """``f(x, w)`` with a lane-independent ``f``: pass ``f`` itself."""
    if len(body.outputs) != 1 or body.part:
        return None
    match body.outputs[0]:
        case ast.Call(func=function, args=args, keywords=[]) if args:
            pass
        case _:
            return None
    lanes = _lane_names(writer)
    if _touches(function, lanes | set(body.aliases.values())) or any(isinstance(arg, ast.Starred) for arg in args):
        return None
    passed: list[str] = []
    axes: list[int | None] = []
    used: list[Argument] = []
    for arg in args:
        argument = _whole_argument(writer.mapping, arg, body)
        if argument is not None:
            passed.append(writer.words.text_of(argument.spelled))
            axes.append(argument.axis)
            used.append(argument)
        elif _touches(arg, lanes | set(body.aliases.values())) or not _may_be_unmapped(writer, arg):
            return None
        else:
            passed.append(writer.model.module.text(arg))
            axes.append(None)
    if len(used) != len(writer.mapping.arguments) or len({id(one) for one in used}) != len(used):
        return None
    if axes.count(None) > MOST_UNMAPPED and _is_inner(writer):
        return None
    return PerExample(writer.model.module.text(function), tuple(passed), tuple(axes))


def _is_inner(writer: Writer) -> bool:
    """Whether a loop or comprehension is around this one: `in_axes` within `in_axes` are hard to read."""
    outer = writer.model.module.ancestors(writer.model.loop)
    return any(isinstance(node, ast.For | ast.ListComp | ast.GeneratorExp) for node in outer)


def _may_be_unmapped(writer: Writer, arg: ast.expr) -> bool:
    """Arrays and pytrees read well as unmapped arguments; literals, strings and functions are closed over."""
    if isinstance(arg, ast.Constant | ast.Lambda | ast.JoinedStr):
        return False
    value = writer.machine.value(arg, writer.frame)
    plain = {Kind.NUMBER, Kind.STRING, Kind.NONE}
    return value.kind in UNMAPPED and not any(item.kind in plain for item in value.items or ())


def _lane_names(writer: Writer) -> set[str]:
    return {
        node.id
        for space in writer.model.spaces
        for source in space.sources
        for node in walk(source.target)
        if isinstance(node, ast.Name)
    }


def _touches(node: ast.expr, lanes: set[str]) -> bool:
    return any(occurrences(name, [node]) for name in lanes)


def _whole_argument(mapping: Mapping, arg: ast.expr, body: Body) -> Argument | None:
    """The mapped argument that ``arg`` is exactly: its loop target, a name for it, or one of its row reads."""
    for k, argument in enumerate(mapping.arguments):
        if isinstance(arg, ast.Name) and arg.id == body.aliases.get(k):
            return argument
        if isinstance(arg, ast.Name) and isinstance(argument.target, ast.Name) and arg.id == argument.target.id:
            return argument
        if arg in argument.reads and rest_of(arg, argument) == []:
            return argument
    return None


def _needs_definition(writer: Writer, body: Body) -> bool:
    """Whether a lambda cannot hold the body: it would need an assignment, or a replacement inside an f-string."""
    targets = [argument.target for argument in writer.mapping.arguments if isinstance(argument.target, ast.Tuple)]
    if any(not isinstance(part, ast.Name) for target in targets for part in target.elts):
        return True
    return any(isinstance(node, ast.NamedExpr | ast.JoinedStr) for output in body.outputs for node in walk(output))


def _lambda(writer: Writer, body: Body) -> PerExample:
    names, replaced = parameters(writer, body)
    unpacked = _unpacked(writer, body, names)
    texts = [_output(writer, output, {**replaced, **unpacked}, names) for output in body.outputs]
    result = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    if len(texts) == 1 and isinstance(body.outputs[0], ast.Tuple) and _is_bare(result):
        result = f"({result})"
    result = with_part(body.outputs[0], result, body.part)
    return PerExample(f"lambda {', '.join(names)}: {result}", _texts(writer), _axes(writer))


def _is_bare(text: str) -> bool:
    """Whether the tuple ``text`` has no parentheses around it, so that a lambda would end at its first comma."""
    try:
        return not isinstance(ast.parse(f"(lambda: {text}\n)", mode="eval").body, ast.Lambda)
    except SyntaxError:  # ``*a, b``
        return True


def _partial(writer: Writer, body: Body) -> PerExample | None:
    """``partial(f, w, k=k)`` for ``f(w, x, k=k)``, where the file has ``partial`` and the rest is names and literals."""
    match body.outputs:
        case [ast.Call(func=function, args=args, keywords=keywords)] if writer.words.partial and not body.part:
            pass
        case _:
            return None
    used = [_whole_argument(writer.mapping, arg, body) for arg in args]
    rows = [one for one in used if one is not None]
    fixed = args[: len(args) - len(rows)]
    if (
        not rows
        or rows != writer.mapping.arguments
        or used[len(fixed) :] != rows
        or any(k.arg is None for k in keywords)
    ):
        return None
    rest = [function, *fixed, *(keyword.value for keyword in keywords)]
    lanes = _lane_names(writer) | set(body.aliases.values())
    if any(_touches(part, lanes) or not _is_atom(part) for part in rest):
        return None
    text = writer.model.module.text
    parts = [*(text(part) for part in rest[: 1 + len(fixed)]), *(f"{k.arg}={text(k.value)}" for k in keywords)]
    return PerExample(f"{writer.words.partial}({', '.join(parts)})", _texts(writer), _axes(writer))


def _is_atom(node: ast.expr) -> bool:
    """A literal or a dotted name: evaluated once or for each row, it is the same."""
    return isinstance(node, ast.Constant) or dotted(node) is not None


def _is_row(writer: Writer, args: list[ast.expr]) -> bool:
    """``f(q, p)`` for ``for q, p in table``: the whole row, in order, and nothing else."""
    arguments = writer.mapping.arguments
    target = arguments[0].target if len(arguments) == 1 else None
    wanted = (
        [part.id if isinstance(part, ast.Name) else None for part in target.elts]
        if isinstance(target, ast.Tuple)
        else []
    )
    return (
        bool(wanted) and None not in wanted and [arg.id if isinstance(arg, ast.Name) else "" for arg in args] == wanted
    )


def _output(writer: Writer, node: ast.expr, replaced: dict[ast.AST, str], names: list[str]) -> str:
    match node:
        case ast.Call(func=function, args=[ast.Starred(value=ast.Name(id=name))]) if name.startswith("_vmapify_"):
            row = naming.fresh(naming.row_name(writer.mapping.arguments[0].base), writer.inside)
            return f"{writer.model.module.text(function)}(*{row})"
        case ast.Call(func=function, args=args, keywords=[]) if _is_row(writer, args):
            return f"{writer.model.module.text(function)}(*{names[0]})"
    return render(writer.model.module, node, replaced)


def _unpacked(writer: Writer, body: Body, names: list[str]) -> dict[ast.AST, str]:
    """``for q, p in table`` in a lambda: ``row[0]`` for q, ``row[1]`` for p."""
    replaced: dict[ast.AST, str] = {}
    for argument, name in zip(writer.mapping.arguments, names, strict=True):
        if isinstance(argument.target, ast.Tuple):
            for position, part in enumerate(argument.target.elts):
                if isinstance(part, ast.Name):
                    for use in occurrences(part.id, body.outputs):
                        replaced[use] = f"{name}[{position}]"
    return replaced


def _texts(writer: Writer) -> tuple[str, ...]:
    return tuple(writer.words.text_of(argument.spelled) for argument in writer.mapping.arguments)


def _axes(writer: Writer) -> tuple[int | None, ...]:
    return tuple(argument.axis for argument in writer.mapping.arguments)


def _local(writer: Writer, body: Body, collected: list[str]) -> PerExample:
    names, replaced = parameters(writer, body)
    taken = writer.outside | names_in_body(body) | set(names)
    function = function_name(writer.model, writer.mapping, collected, taken)
    unpacking = [
        f"{writer.model.module.text(argument.target)} = {parameter}"
        for argument, parameter in zip(writer.mapping.arguments, names, strict=True)
        if isinstance(argument.target, ast.Tuple)
    ]
    text = definition(writer.model, body, function, names, replaced, unpacking, writer.style)
    return PerExample(function, _texts(writer), _axes(writer), text)
