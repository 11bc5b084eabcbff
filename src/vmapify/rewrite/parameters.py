"""The parameters of the per-example function: their names, and where they stand in the body."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from vmapify.loop import IndexSource
from vmapify.loop.reader import rest_of
from vmapify.rewrite import naming
from vmapify.rewrite.substitute import render
from vmapify.syntax import same_code
from vmapify.syntax.tree import walk

if TYPE_CHECKING:
    from vmapify.loop.reader import Argument
    from vmapify.rewrite.call_text import Writer
    from vmapify.rewrite.simplify import Body


def parameters(writer: Writer, body: Body) -> tuple[list[str], dict[ast.AST, str]]:
    """A name for every mapped argument, and the replacements that put these names into the body."""
    names: list[str] = []
    replaced: dict[ast.AST, str] = {}
    taken = names_in_body(body) | set(dir(builtins))
    reads: list[tuple[ast.expr, Argument, str]] = []
    for k, argument in enumerate(writer.mapping.arguments):
        name = _parameter(writer, argument, body.aliases.get(k), taken)
        taken.add(name)
        names.append(name)
        reads += [(read, argument, name) for read in argument.reads]
    for read, argument, name in sorted(reads, key=lambda entry: _length(writer, entry[0])):
        rest = [render(writer.model.module, part, replaced) for part in rest_of(read, argument)]
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


def names_in_body(body: Body) -> set[str]:
    """Names that mean something in ``body``, those that its inner functions and lambdas bind included."""
    found = set(body.kept.values())
    for node in (node for part in (*body.statements, *body.outputs) for node in walk(part)):
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
    if {name, f"{name}_{naming.short(index)}"} <= taken and isinstance(argument.base, ast.Name):
        name = f"{argument.base.id}_{naming.short(index)}"
    return naming.fresh(name, taken, naming.short(index))


def _index_name(writer: Writer) -> str:
    """The loop index that row reads such as ``xs[i]`` use."""
    sources = [source for space in writer.model.spaces for source in space.sources]
    return next((source.target.id for source in sources if isinstance(source, IndexSource)), "i")


def _neighbours(writer: Writer, argument: Argument) -> bool:
    """Whether other rows of the same array are read, too."""
    assert argument.base is not None
    bases = [one.base for one in writer.mapping.arguments if one.base is not None and one is not argument]
    return any(same_code(base, argument.base) for base in bases)
