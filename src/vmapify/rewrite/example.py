"""The per-example function: the callee itself, a lambda, or a local definition, whichever is the shortest clear form."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vmapify.infer import Kind
from vmapify.loop import IndexSource
from vmapify.loop.occurrences import occurrences
from vmapify.rewrite import naming
from vmapify.rewrite.definition import definition
from vmapify.rewrite.function_name import function_name
from vmapify.rewrite.simplify import simplify
from vmapify.rewrite.substitute import render

if TYPE_CHECKING:
    from vmapify.infer import Frame, Machine
    from vmapify.loop import LoopModel
    from vmapify.loop.reader import Argument, Mapping
    from vmapify.rewrite.simplify import Body
    from vmapify.rewrite.spelling import Spelling

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


@dataclass(frozen=True, slots=True)
class PerExample:
    """``vmap(function, in_axes=axes)(*arguments)``; ``definition`` is the text to put where the loop stood.

    ``axes`` holds one entry an argument, None for an unmapped one. ``count`` is the number of results if the function
    returns a tuple of them, else 1.
    """

    function: str
    arguments: tuple[str, ...]
    axes: tuple[int | None, ...]
    definition: str | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """What printing one rewrite needs to know.

    ``outside`` are the names that mean something around the loop, which a new local function must not hide, ``inside``
    those that mean something in it.
    """

    machine: Machine
    model: LoopModel
    mapping: Mapping
    frame: Frame
    width: int
    outside: frozenset[str]
    inside: frozenset[str]
    words: Spelling


def per_example(writer: Writer, collected: list[str], *, allow_lambda: bool) -> PerExample:
    """The per-example function of the loop; ``collected`` are the names its results get, best first."""
    body = simplify(writer.model, writer.mapping)
    if not body.statements and not body.kept:
        direct = _direct(writer, body)
        if direct is not None:
            return direct
        if allow_lambda and not _needs_definition(writer, body):
            return _lambda(writer, body)
    return _local(writer, body, collected)


def _direct(writer: Writer, body: Body) -> PerExample | None:
    """``f(x, w)`` with a lane-independent ``f``: pass ``f`` itself."""
    if len(body.outputs) != 1:
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
            passed.append(argument.text)
            axes.append(argument.axis)
            used.append(argument)
        elif _touches(arg, lanes | set(body.aliases.values())) or not _may_be_unmapped(writer, arg):
            return None
        else:
            passed.append(writer.model.module.text(arg))
            axes.append(None)
    if len(used) != len(writer.mapping.arguments) or len({id(one) for one in used}) != len(used):
        return None
    return PerExample(writer.model.module.text(function), tuple(passed), tuple(axes))


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
        for node in ast.walk(source.target)
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
        if arg in argument.reads and _rest(arg, argument) == []:
            return argument
    return None


def _rest(read: ast.expr, argument: Argument) -> list[ast.expr]:
    """The index entries that remain on the row: ``xs[i, 0]`` leaves ``[0]``, ``xs[:, i]`` none."""
    assert isinstance(read, ast.Subscript)
    parts = read.slice.elts if isinstance(read.slice, ast.Tuple) else [read.slice]
    parts = parts[argument.prefix :]
    position = argument.axis if argument.axis >= 0 else len(parts) - 1
    left = parts[:position] if argument.axis >= 0 else []
    rest = [*left, *parts[position + 1 :]]
    return [] if all(isinstance(part, ast.Slice) and ast.unparse(part) == ":" for part in rest) else rest


def parameters(writer: Writer, body: Body) -> tuple[list[str], dict[ast.AST, str]]:
    """A name for every mapped argument, and the replacements that put these names into the body."""
    names: list[str] = []
    replaced: dict[ast.AST, str] = {}
    taken = _names(body) | set(dir(builtins))
    reads: list[tuple[ast.Subscript, Argument, str]] = []
    for k, argument in enumerate(writer.mapping.arguments):
        name = _parameter(writer, argument, body.aliases.get(k), taken)
        taken.add(name)
        names.append(name)
        reads += [(read, argument, name) for read in argument.reads]
    for read, argument, name in sorted(reads, key=lambda entry: _length(writer, entry[0])):
        rest = [render(writer.model.module, part, replaced) for part in _rest(read, argument)]
        replaced[read] = f"{name}[{', '.join(rest)}]" if rest else name
        power = writer.model.module.parents.get(read)
        if not rest and isinstance(power, ast.BinOp) and _simple_power(power, read):
            # the operand is a plain name now, and formatters let `**` hug those
            replaced[power] = f"{name}**{writer.model.module.text(power.right)}"
    return names, replaced


def _simple_power(node: ast.BinOp, base: ast.expr) -> bool:
    return isinstance(node.op, ast.Pow) and node.left is base and isinstance(node.right, ast.Constant | ast.Name)


def _length(writer: Writer, node: ast.expr) -> int:
    span = writer.model.module.span(node)
    return span.end - span.start


def _names(body: Body) -> set[str]:
    """Names that mean something in ``body``, those that its inner functions and lambdas bind included."""
    found = set(body.kept.values())
    for node in (node for part in (*body.statements, *body.outputs) for node in ast.walk(part)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
    return found


def _parameter(writer: Writer, argument: Argument, alias: str | None, taken: set[str]) -> str:
    if alias is not None:
        return alias
    if isinstance(argument.target, ast.Name) and not argument.target.id.startswith("_vmapify_"):
        return argument.target.id
    if not argument.reads:
        return naming.fresh(naming.row_name(argument.base), taken)
    index = _index_name(writer)
    name = naming.read_name(argument.base, index, argument.axis)
    if argument.offset and _neighbours(writer, argument):
        name = name.removesuffix(f"_{naming.short(index)}")
        name += {1: "_next", -1: "_prev"}.get(argument.offset, f"_{abs(argument.offset)}")
    return naming.fresh(name, taken, naming.short(index))


def _index_name(writer: Writer) -> str:
    """The loop index that row reads such as ``xs[i]`` use."""
    sources = [source for space in writer.model.spaces for source in space.sources]
    return next((source.target.id for source in sources if isinstance(source, IndexSource)), "i")


def _neighbours(writer: Writer, argument: Argument) -> bool:
    """Whether other rows of the same array are read, too."""
    assert argument.base is not None
    bases = [one.base for one in writer.mapping.arguments if one.base is not None and one is not argument]
    return any(ast.unparse(base) == ast.unparse(argument.base) for base in bases)


def _needs_definition(writer: Writer, body: Body) -> bool:
    """Whether a lambda cannot hold the body: it would need an assignment, or a replacement inside an f-string."""
    targets = [argument.target for argument in writer.mapping.arguments if isinstance(argument.target, ast.Tuple)]
    if any(not isinstance(part, ast.Name) for target in targets for part in target.elts):
        return True
    return any(isinstance(node, ast.NamedExpr | ast.JoinedStr) for output in body.outputs for node in ast.walk(output))


def _lambda(writer: Writer, body: Body) -> PerExample:
    names, replaced = parameters(writer, body)
    unpacked = _unpacked(writer, body, names)
    texts = [_output(writer, output, {**replaced, **unpacked}, names) for output in body.outputs]
    result = texts[0] if len(texts) == 1 else f"({', '.join(texts)})"
    if len(texts) == 1 and isinstance(body.outputs[0], ast.Tuple) and not result.startswith("("):
        result = f"({result})"
    return PerExample(f"lambda {', '.join(names)}: {result}", _texts(writer), _axes(writer))


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
    return tuple(argument.text for argument in writer.mapping.arguments)


def _axes(writer: Writer) -> tuple[int | None, ...]:
    return tuple(argument.axis for argument in writer.mapping.arguments)


def _local(writer: Writer, body: Body, collected: list[str]) -> PerExample:
    names, replaced = parameters(writer, body)
    taken = writer.outside | _names(body) | set(names)
    function = function_name(writer.model, writer.mapping, collected, taken)
    unpacking = [
        f"{writer.model.module.text(argument.target)} = {parameter}"
        for argument, parameter in zip(writer.mapping.arguments, names, strict=True)
        if isinstance(argument.target, ast.Tuple)
    ]
    text = definition(writer.model, body, function, names, replaced, unpacking)
    return PerExample(function, _texts(writer), _axes(writer), text)
